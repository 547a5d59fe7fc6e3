//! Rows that are read once more, each at its place.

use super::*;
use crate::protocol::SlotKind;
use crate::protocol::files::csv::Encoding;
use proptest::prelude::*;

/// Reads a list in pages of this size, then rows of it again: those that `picks` names, each a number among all rows. Gives
/// both as they are shown, the second time without their lines.
async fn twice(
    setup: &Setup,
    call: CallId,
    world: &FakeWorld,
    page: usize,
    picks: &[usize],
) -> (Vec<String>, Vec<String>) {
    let files = Files { page };
    let mut session = files.open(&*setup.dialect, world, &setup.settings).await.expect("a session");
    let outcome = read_all(&mut *session, call, &mut |_| {}).await;
    let rows: Vec<(String, Place)> =
        outcome.batches.iter().flat_map(|batch| (0..batch.len()).map(|row| of(batch, row))).collect();
    if rows.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let picked: Vec<&(String, Place)> = picks.iter().map(|pick| &rows[pick % rows.len()]).collect();
    let places: Vec<Place> = picked.iter().map(|(_, place)| *place).collect();
    let again = session.again(call, &places).await.unwrap_or_else(|fault| panic!("{}", fault.say));
    let found = (0..again.len()).map(|row| cells(&again, row)).collect();
    (picked.into_iter().map(|(shown, _)| shown.clone()).collect(), found)
}

fn cells(batch: &Batch, row: usize) -> String {
    batch.row(row).map(|cell| shown(batch, cell, &batch.inner)).collect::<Vec<_>>().join("|")
}

fn of(batch: &Batch, row: usize) -> (String, Place) {
    (cells(batch, row), batch.place(row).expect("a place"))
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// The bytes of a text.
fn encoded(text: &str, encoding: Encoding, big_endian: bool, mark: bool) -> Vec<u8> {
    let text = if mark { format!("\u{FEFF}{text}") } else { text.to_string() };
    match encoding {
        Encoding::Utf8 => text.into_bytes(),
        // The letters of these tests are the same in both.
        Encoding::Windows1252 | Encoding::Latin1 => text.chars().map(|c| c as u8).collect(),
        Encoding::Utf16 => text
            .encode_utf16()
            .flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect(),
    }
}

/// A line of CSV: a row of two cells, one that is torn, a blank line or a comment.
fn line() -> impl Strategy<Value = String> {
    let bare = "[a-zåé]{0,6}( [a-z]{1,3})?";
    let quoted = "\"([a-zåé;\n# ]|\r\n|\"\"){0,6}\"";
    let cell = prop_oneof![bare, quoted];
    prop_oneof![
        8 => (cell.clone(), cell.clone()).prop_map(|(one, other)| format!("{one};{other}")),
        1 => cell.clone(),
        1 => (cell.clone(), cell.clone(), cell).prop_map(|(one, two, three)| format!("{one};{two};{three}")),
        1 => Just(String::new()),
        1 => Just("# none".into()),
    ]
}

fn encoding() -> impl Strategy<Value = (Encoding, bool, bool)> {
    prop_oneof![
        any::<bool>().prop_map(|mark| (Encoding::Utf8, false, mark)),
        Just((Encoding::Windows1252, false, false)),
        Just((Encoding::Latin1, false, false)),
        any::<bool>().prop_map(|big| (Encoding::Utf16, big, true)),
    ]
}

proptest! {
    #[test]
    fn rows_of_csv_are_the_same_again(
        lines in prop::collection::vec(line(), 0..20),
        (encoding, big_endian, mark) in encoding(),
        end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        ended: bool,
        trim in prop::sample::select(vec!["none", "both"]),
        ragged in prop::sample::select(vec!["error", "pad"]),
        page in prop::sample::select(vec![1usize, 30, PAGE]),
        picks in prop::collection::vec(any::<usize>(), 0..30),
    ) {
        let mut text = format!("namn;nr{end}{}", lines.join(end));
        text.push_str(if ended { end } else { "" });
        let dialect = json!({
            "separator": ";", "comment": "#", "encoding": encoding.word(), "trim": trim, "ragged": ragged, "absent_when": ["a"]
        });
        let mut setup = Setup::csv(dialect);
        let call = setup.reads(json!({ "file": "f.csv" }), &shape(&["nr", "namn"]));
        let world = FakeWorld::with(&[("/p/data/f.csv", &encoded(&text, encoding, big_endian, mark))]);
        let (before, after) = run(twice(&setup, call, &world, page, &picks));
        prop_assert_eq!(before, after, "{:?}", text);
    }

    #[test]
    fn records_are_the_same_again(
        records in prop::collection::vec((any::<i32>(), "[a-zåé\"\\\\\u{1}]{0,5}", prop::collection::vec("[a-z\n]{0,3}", 0..3)), 0..12),
        lines: bool,
        end in prop::sample::select(vec!["\n", "\r\n", "\n\n"]),
        ended: bool,
        page in prop::sample::select(vec![1usize, 30, PAGE]),
        picks in prop::collection::vec(any::<usize>(), 0..30),
    ) {
        let records: Vec<String> =
            records.iter().map(|(id, name, tags)| json!({ "id": id, "name": { "of": name }, "tags": tags }).to_string()).collect();
        let text = match lines {
            true => format!("{}{}", records.join(end), if ended { end } else { "" }),
            false => format!("[{}]{}", records.join(&format!(",{end}")), if ended { end } else { "" }),
        };
        let mut setup = Setup::new(json!({ "folder": "data", "format": if lines { "ndjson" } else { "json" } }));
        let tags = Slot { kind: SlotKind::List(Box::new(SlotKind::Scalar)), ..slot("tags") };
        let shape = WireShape { slots: vec![slot("id"), tags, slot("name.of"), slot("none")], ..WireShape::default() };
        let call = setup.reads(json!({ "file": "f.json" }), &shape);
        let world = FakeWorld::with(&[("/p/data/f.json", text.as_bytes())]);
        let (before, after) = run(twice(&setup, call, &world, page, &picks));
        prop_assert_eq!(before, after, "{:?}", text);
    }

    #[test]
    fn lines_of_fixed_width_are_the_same_again(
        lines in prop::collection::vec(prop_oneof!["[a-zåé ]{0,8}", Just("* no".to_string())], 0..12),
        (encoding, big_endian, mark) in encoding(),
        end in prop::sample::select(vec!["\n", "\r\n"]),
        ended: bool,
        ragged in prop::sample::select(vec!["error", "pad"]),
        page in prop::sample::select(vec![1usize, 30, PAGE]),
        picks in prop::collection::vec(any::<usize>(), 0..30),
    ) {
        let text = format!("head of it{end}{}{}", lines.join(end), if ended { end } else { "" });
        let dialect = json!({ "encoding": encoding.word(), "comment": "*", "ragged": ragged, "skip_lines": 1 });
        let mut setup = Setup::new(json!({ "folder": "data", "format": { "fixed": dialect } }));
        let call = setup.reads(json!({ "file": "f.dat" }), &shape(&["1-2", "3-5"]));
        let world = FakeWorld::with(&[("/p/data/f.dat", &encoded(&text, encoding, big_endian, mark))]);
        let (before, after) = run(twice(&setup, call, &world, page, &picks));
        prop_assert_eq!(before, after, "{:?}", text);
    }
}

#[tokio::test]
async fn rows_of_several_files_come_in_the_order_asked_for() {
    let mut setup = Setup::csv(json!({ "separator": ";" }));
    let call = setup.reads(json!({ "file": "f*.csv" }), &shape(&["nr", "namn"]));
    let world = FakeWorld::with(&[
        ("/p/data/f1.csv", b"nr;namn\n1;\"a \"\"x\"\"\"\n2;b\n"),
        ("/p/data/f2.csv", b"namn;nr\n\"c\"\"\";3"),
    ]);
    let (before, after) = twice(&setup, call, &world, PAGE, &[2, 0, 2, 1]).await;
    assert_eq!(before, ["3|c\"", "1|a \"x\"", "3|c\"", "2|b"]);
    assert_eq!(before, after);
}

#[tokio::test]
async fn rows_of_files_in_a_zip_file_are_read_again() {
    let mut setup = Setup::new(json!({ "folder": "data", "zip": "x.zip" }));
    let call = setup.reads(json!({ "file": "f.csv" }), &shape(&["id"]));
    let world = FakeWorld::with(&[("/p/data/x.zip", &zips::packed(&[("f.csv", "id\n1\n\"2\n3\"\n")]))]);
    let (before, after) = twice(&setup, call, &world, PAGE, &[1, 0]).await;
    assert_eq!(before, ["2\n3", "1"]);
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_file_that_has_changed_is_told() {
    let mut setup = Setup::csv(json!({}));
    let call = setup.reads(json!({ "file": "f.csv" }), &shape(&["a", "b"]));
    let old = b"a,b\n1,2\n3,4\n";
    let again = async |new: Option<&[u8]>, read: bool| {
        let world = FakeWorld::with(&[("/p/data/f.csv", old)]);
        let files = Files::default();
        let mut session = files.open(&*setup.dialect, &world, &setup.settings).await.expect("a session");
        let outcome = read_all(&mut *session, call, &mut |_| {}).await;
        let place = outcome.batches[0].place(1).expect("a place");
        let mut other = files.open(&*setup.dialect, &world, &setup.settings).await.expect("a session");
        if let Some(new) = new {
            world.put("/p/data/f.csv", new);
        }
        let session = if read { &mut session } else { &mut other };
        session.again(call, &[place]).await.map(|batch| cells(&batch, 0)).map_err(|fault| fault.say)
    };
    assert_eq!(again(None, true).await.as_deref(), Ok("3|4"));
    assert_eq!(again(None, false).await.unwrap_err(), "the list is not open");
    let changed = "data/f.csv was changed while it was read";
    assert_eq!(again(Some(b"a,b\n1,2\n3,4\n5,6\n"), true).await.unwrap_err(), changed);
}

/// The world whose file changes although its size and time do not.
#[tokio::test]
async fn bytes_that_are_no_row_any_more_are_told() {
    let mut setup = Setup::csv(json!({}));
    let call = setup.reads(json!({ "file": "f*.csv" }), &shape(&["a", "b"]));
    for new in [
        &b"a,b\n1,2\n3\n4\n"[..],
        b"a,b\n1,2\n3x4\n",
        b"a,b\n1,2\n\"x\n\n",
        b"a,b\n1,2\n\n\n\n\n",
        b"a,b\n1,2\n3,\xff\n",
    ] {
        let world = FakeWorld::with(&[("/p/data/f1.csv", b"a,b\n1,2\n3,4\n"), ("/p/data/f2.csv", b"a,b\n")]);
        let files = Files::default();
        let mut session = files.open(&*setup.dialect, &world, &setup.settings).await.expect("a session");
        let outcome = read_all(&mut *session, call, &mut |_| {}).await;
        // The second file was opened last, so the first one is opened anew.
        world.put("/p/data/f1.csv", new);
        let place = outcome.batches[0].place(1).expect("a place");
        let fault = session.again(call, &[place]).await.err().expect("a fault");
        assert_eq!(fault.say, "data/f1.csv was changed while it was read", "{new:?}");
    }
}

#[tokio::test]
async fn rows_of_one_record_and_of_other_formats_have_no_places() {
    let places = async |setup: &Setup, call: CallId, text: &[u8]| {
        let world = FakeWorld::with(&[("/p/data/f", text)]);
        let outcome = setup.read_pages(&world, call, PAGE).await;
        assert!(outcome.complete && outcome.rows() > 0, "{:?}", Seen::of(&outcome));
        outcome.batches.iter().flat_map(|batch| (0..batch.len()).map(|row| batch.place(row))).flatten().count()
    };
    let mut setup = Setup::new(json!({ "folder": "data", "format": "ndjson" }));
    let inner = WireShape { each: Some("all".into()), ..shape(&["a"]) };
    let call = setup.reads(json!({ "file": "f" }), &inner);
    assert_eq!(places(&setup, call, b"{\"all\": [{\"a\": 1}, {\"a\": 2}]}\n").await, 0);
    let mut setup = Setup::new(json!({ "folder": "data", "format": { "json": { "select": "$" } } }));
    let call = setup.reads(json!({ "file": "f" }), &shape(&["a"]));
    assert_eq!(places(&setup, call, b"{\"a\": 1}").await, 0);
}
