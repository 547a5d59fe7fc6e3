//! Reading CSV: what is good, and everything that is bad.

use super::*;
use proptest::prelude::*;

const PEOPLE: &[u8] = "nr;namn;ort\n1;Åsa;Umeå\n2;\"Ö;sten\";\n3;\"Ib \"\"X\"\"\";Piteå\n".as_bytes();

async fn read_with(dialect: Value, columns: &[&str], bytes: &[u8]) -> Seen {
    let mut setup = Setup::csv(dialect);
    let call = setup.reads(json!({ "file": "people.csv" }), &shape(columns));
    setup.read(&FakeWorld::with(&[("/p/data/people.csv", bytes)]), call).await
}

/// What a file of the columns `nr;namn` says of itself when it cannot be read, or not as a whole.
async fn trouble(bytes: &[u8]) -> Seen {
    read_with(json!({ "separator": ";" }), &["nr", "namn"], bytes).await
}

#[tokio::test]
async fn reads_rows_in_pages_of_any_size() {
    let seen = read_with(json!({ "separator": ";" }), &["namn", "nr", "ort"], PEOPLE).await;
    assert_eq!(
        seen.rows,
        ["data/people.csv:2 Åsa,1,Umeå", "data/people.csv:3 Ö;sten,2,", "data/people.csv:4 Ib \"X\",3,Piteå"]
    );
    assert!(seen.complete);
    assert_eq!((seen.torn.len(), seen.notes.len(), seen.faults.len()), (0, 0, 0));
}

#[tokio::test]
async fn texts_without_escapes_stay_in_the_bytes_that_were_read() {
    let mut setup = Setup::csv(json!({ "separator": ";" }));
    let call = setup.reads(json!({ "file": "people.csv" }), &shape(&["namn"]));
    let world = FakeWorld::with(&[("/p/data/people.csv", PEOPLE)]);
    let outcome = setup.read_pages(&world, call, PAGE).await;
    let start = b"nr;namn;ort\n".len();
    let read = &PEOPLE[start..];
    assert_eq!(outcome.batches[0].texts.as_bytes()[..read.len()], *read);
    let decoded = |cell: &Cell| matches!(cell, Cell::Text { start, .. } if *start as usize >= read.len());
    let batch = &outcome.batches[0];
    let places: Vec<bool> = (0..batch.len()).flat_map(|row| batch.row(row)).map(|cell| decoded(&cell)).collect();
    assert_eq!(places, [false, false, true]);
}

#[tokio::test]
async fn several_files_are_one_list_in_order_of_their_names() {
    let mut setup = Setup::csv(json!({ "separator": ";" }));
    let call = setup.reads(json!({ "file": "{{ settings.prefix }}Elev*.csv" }), &shape(&["nr"]));
    let world = FakeWorld::with(&[
        ("/p/data/Kba_Elev2.csv", b"nr\n3\n"),
        ("/p/data/Kba_Elev1.csv", b"nr\n1\n2\n"),
        ("/p/data/Kba_Enhet.csv", b"nr\n9\n"),
        ("/p/data/.Kba_Elev3.csv", b"nr\n9\n"),
    ]);
    let seen = setup.read(&world, call).await;
    assert_eq!(seen.rows, ["data/Kba_Elev1.csv:2 1", "data/Kba_Elev1.csv:3 2", "data/Kba_Elev2.csv:2 3"]);
}

#[tokio::test]
async fn a_missing_file_is_a_fault_with_a_suggestion() {
    let mut setup = Setup::csv(json!({}));
    let call = setup.reads(json!({ "file": "pupils.csv" }), &shape(&["nr"]));
    let seen = setup.read(&FakeWorld::with(&[("/p/data/pupil.csv", b"nr\n")]), call).await;
    assert_eq!(seen.faults, ["data/pupils.csv: there is no such file; did you mean `pupil.csv`?"]);
    assert!(!seen.complete);
    let seen = setup.read(&FakeWorld::with(&[("/p/other/x", b"")]), call).await;
    assert_eq!(seen.faults, ["data: there is no such folder"]);
}

#[tokio::test]
async fn an_empty_file_is_no_list_without_rows() {
    for empty in [&b""[..], b"\n\n", b"\xEF\xBB\xBF"] {
        assert_eq!(
            trouble(empty).await.faults,
            ["data/people.csv: the file is empty; a list without rows still has its header"]
        );
    }
    let seen = trouble(b"nr;namn\n").await;
    assert!(seen.complete && seen.rows.is_empty());
}

#[tokio::test]
async fn headers_are_checked() {
    let fault = |seen: Seen| seen.faults.into_iter().next().expect("a fault");
    assert_eq!(
        fault(trouble(b"nr;name\n1;x\n").await),
        "data/people.csv: the column `namn` is missing (did you mean `name`?)"
    );
    assert_eq!(fault(trouble(b"nr;namn;nr\n1;x;2\n").await), "data/people.csv: the column `nr` is there twice");
    // Without a header the first line is a person, and no word of it is shown.
    let headless = fault(trouble(b"1;Anna Andersson\n2;Bo Berg\n").await);
    assert!(headless.contains("does the file have no header") && !headless.contains("Anna"), "{headless}");
    let seen = trouble("nr;namn;\u{e5}lder;x\n1;a;2;3\n".as_bytes()).await;
    assert_eq!(seen.notes, ["data/people.csv: unknown columns: `ålder`, `x`"]);
    assert!(seen.complete);
}

#[tokio::test]
async fn an_optional_column_may_be_missing_and_an_unused_one_is_not_decoded() {
    let mut setup = Setup::csv(json!({}));
    let optional = Slot { required: false, ..slot("mail") };
    let shape = WireShape {
        slots: vec![slot("a"), optional, slot("b"), slot("c")],
        unused: vec![2, 3],
        ..WireShape::default()
    };
    let call = setup.reads(json!({ "file": "f.csv" }), &shape);
    let seen = setup.read(&FakeWorld::with(&[("/p/data/f.csv", b"a,b,e-mail\n1,2,3\n")]), call).await;
    assert_eq!(seen.rows, ["data/f.csv:2 1,-,-,-"]);
    assert_eq!(
        seen.notes,
        ["data/f.csv: the column `mail` is missing (did you mean `e-mail`?)", "data/f.csv: unknown columns: `e-mail`"]
    );
}

#[tokio::test]
async fn torn_rows_are_named_and_the_others_are_read() {
    let seen = trouble(b"nr;namn\n1;a\n2\n3;b;c\n4;\"x\"y\n5;e\n").await;
    assert_eq!(seen.rows, ["data/people.csv:2 1,a", "data/people.csv:6 5,e"]);
    assert_eq!(
        seen.torn,
        [
            "data/people.csv, line 3: 1 cell, 2 expected",
            "data/people.csv, line 4: 3 cells, 2 expected",
            "data/people.csv, line 5: text stands between a closing quote and the next separator",
        ]
    );
    assert!(!seen.complete);
}

#[tokio::test]
async fn a_file_that_is_cut_is_torn_at_its_end() {
    let seen = trouble(b"nr;namn\n1;a\n2").await;
    assert_eq!(seen.rows.len(), 1);
    assert_eq!(seen.torn, ["data/people.csv, line 3: the file ends in the middle of a record: 1 cell, 2 expected"]);
    let seen = trouble(b"nr;namn\n1;a\n2;\"b\n3;c\n").await;
    assert_eq!(
        seen.torn,
        ["data/people.csv, line 3: a quote is opened and never closed: the file ends in the middle of a record"]
    );
    assert!(!seen.complete);
    // A last line without its end is whole if all its cells are there.
    assert!(trouble(b"nr;namn\n1;a\n2;b").await.complete);
}

#[tokio::test]
async fn invalid_utf8_is_found_wherever_it_stands() {
    let mut bytes = b"nr;namn\n".to_vec();
    for number in 0..1000 {
        bytes.extend_from_slice(format!("{number};abc\n").as_bytes());
    }
    bytes.extend_from_slice(b"1000;\xE5sa\n1001;x\n");
    let seen = trouble(&bytes).await;
    assert_eq!(seen.rows.len(), 1001);
    assert_eq!(
        seen.torn,
        ["data/people.csv, line 1002: byte 6 of the row is no UTF-8 (0xE5); is the file windows-1252?"]
    );
}

#[tokio::test]
async fn nul_bytes_and_lone_returns_tear_their_row() {
    let seen = trouble(b"nr;namn\r\n1;a\0\r\n2;b\rc\r\n3;\"d\re\"\r\n").await;
    assert_eq!(seen.rows, ["data/people.csv:4 3,d\re"]);
    assert_eq!(
        seen.torn,
        [
            "data/people.csv, line 2: byte 4 of the row is NUL; a text never holds one",
            "data/people.csv, line 3: a carriage return stands inside the row, without a line feed",
        ]
    );
}

/// A cell as it stands in a file, what is read of it, and true if nothing can be.
fn cell() -> impl Strategy<Value = (String, String, bool)> {
    let texts = ("[a-zåé\\t]{1,70}", "[a-zåé ]{1,70}");
    (texts, 0..16).prop_map(|((one, other), kind)| match kind {
        0 => (format!("{one}\0{other}"), String::new(), true),
        1 => (format!("{one}\r{other}"), String::new(), true),
        2 => (format!("\"{one}\0{other}\""), String::new(), true),
        3 => (format!("\"{one}\r{other}\""), format!("{one}\r{other}"), false),
        4 => (format!("\"{one}\r\n;{other}\""), format!("{one}\r\n;{other}"), false),
        5 => (format!("\"{one};\"\"{other}\""), format!("{one};\"{other}"), false),
        6 => (format!("\"{one}\""), one, false),
        7 => (format!("{one}\"{other}"), format!("{one}\"{other}"), false),
        _ => (other.clone(), other, false),
    })
}

proptest! {
    #[test]
    fn rows_are_told_from_rows_that_no_text_holds(
        rows in prop::collection::vec((cell(), cell()), 0..20),
        crlf: bool,
        ended: bool,
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let lines: Vec<String> = rows.iter().map(|(one, other)| format!("{};{}", one.0, other.0)).collect();
        let text = format!("nr;namn\n{}{}", lines.join(end), if ended { end } else { "" });
        let (mut line, mut good, mut torn) = (2, Vec::new(), Vec::new());
        for ((one, other), row) in rows.iter().zip(&lines) {
            match one.2 || other.2 {
                true => torn.push(format!("data/people.csv, line {line}")),
                false => good.push(format!("data/people.csv:{line} {},{}", one.1, other.1)),
            }
            line += 1 + row.matches('\n').count();
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let seen = runtime.block_on(trouble(text.as_bytes()));
        prop_assert_eq!(&seen.rows, &good, "{:?}", text);
        let places: Vec<&str> = seen.torn.iter().filter_map(|torn| torn.split_once(": ")).map(|(place, _)| place).collect();
        prop_assert_eq!(places, torn, "{:?}", text);
    }
}

#[tokio::test]
async fn old_files_may_end_their_lines_with_returns() {
    assert_eq!(trouble(b"nr;namn\r1;a\r2;b\r").await.rows, ["data/people.csv:2 1,a", "data/people.csv:3 2,b"]);
}

#[tokio::test]
async fn encodings_are_declared() {
    let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let text = "\u{feff}nr;namn\n1;Åsa\n2;\"Ł\"\"€ 𝕏\"\n";
    let expected = ["data/people.csv:2 1,Åsa", "data/people.csv:3 2,Ł\"€ 𝕏"];
    let dialect = json!({ "separator": ";", "encoding": "utf-16" });
    assert_eq!(read_with(dialect.clone(), &["nr", "namn"], &utf16(text)).await.rows, expected);
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(read_with(dialect.clone(), &["nr", "namn"], &big).await.rows, expected);
    let mut odd = utf16(text);
    odd.pop();
    assert!(!read_with(dialect, &["nr", "namn"], &odd).await.complete);
    let ansi = json!({ "separator": ";", "encoding": "windows-1252" });
    let seen = read_with(ansi, &["nr", "namn"], b"nr;namn\n1;\xC5sa \x80\n2;\xF6\n").await;
    assert_eq!(seen.rows, ["data/people.csv:2 1,Åsa €", "data/people.csv:3 2,ö"]);
    assert_eq!(trouble(&utf16(text)).await.faults, ["data/people.csv: the file is UTF-16, and `encoding` says utf-8"]);
}

#[tokio::test]
async fn byte_order_marks() {
    let marked = b"\xEF\xBB\xBFnr;namn\n1;a\n";
    assert!(trouble(marked).await.complete);
    let none = read_with(json!({ "separator": ";", "bom": "none" }), &["nr"], marked).await;
    assert_eq!(none.rows.len(), 1);
    assert!(none.notes[0].contains("byte order mark"));
    let double = b"\xEF\xBB\xBF\xEF\xBB\xBFnr\n1\n";
    assert!(read_with(json!({ "bom": "double" }), &["nr"], double).await.complete);
}

#[tokio::test]
async fn dialects_say_how_columns_are_found() {
    let bytes = b"1;a\n2;b\n";
    let none = json!({ "separator": ";", "header": "none", "columns": "by-position" });
    assert_eq!(
        read_with(none.clone(), &["nr", "namn"], bytes).await.rows,
        ["data/people.csv:1 1,a", "data/people.csv:2 2,b"]
    );
    let mut setup = Setup::csv(none);
    let call = setup.reads(json!({ "file": "people.csv", "columns": ["nr", "namn"] }), &shape(&["namn"]));
    let seen = setup.read(&FakeWorld::with(&[("/p/data/people.csv", bytes)]), call).await;
    assert_eq!(seen.rows, ["data/people.csv:1 a", "data/people.csv:2 b"]);
    let optional = json!({ "separator": ";", "header": "optional" });
    assert_eq!(read_with(optional.clone(), &["nr", "namn"], bytes).await.rows.len(), 2);
    let seen = read_with(optional, &["nr", "namn"], b"# c\nnamn;nr\na;1\n").await;
    assert_eq!(seen.rows.len(), 2, "a comment is a row where no comment sign is declared: {seen:?}");
    let declared = json!({ "separator": ";", "columns": "as-declared" });
    let seen = read_with(declared, &["nr", "namn"], b"nr;namn;x\n1;a;b\n").await;
    assert_eq!(seen.faults, ["data/people.csv: unknown columns: `x`"]);
}

#[tokio::test]
async fn dialects_say_what_cells_mean() {
    let dialect = json!({
        "separator": ";", "quote": "none", "trim": "both", "absent_when": ["", "NULL"], "comment": "#", "ragged": "pad"
    });
    let seen = read_with(dialect, &["nr", "namn"], b"# people\nnr; namn \n 1 ;\"a\"\n2;NULL\n#x\n3; \n4\n").await;
    assert_eq!(
        seen.rows,
        ["data/people.csv:3 1,\"a\"", "data/people.csv:4 2,~", "data/people.csv:6 3,~", "data/people.csv:7 4,-",]
    );
}

#[tokio::test]
async fn a_set_is_read_when_it_is_complete() {
    let complete = json!({ "fresh": "26h", "spread": "3h", "still": "60s", "marker": "done.txt" });
    let mut setup = Setup::new(json!({ "folder": "data", "complete": complete }));
    let one = setup.reads(json!({ "file": "one.csv" }), &shape(&["a"]));
    setup.reads(json!({ "file": "two.csv" }), &shape(&["a"]));
    let world = FakeWorld::with(&[("/p/data/one.csv", b"a\n1\n"), ("/p/data/two.csv", b"a\n1\n")]);
    let fault = async |world: &FakeWorld| setup.read(world, one).await.faults.first().cloned().unwrap_or_default();
    assert_eq!(fault(&world).await, "data/done.txt: the set is not complete, its marker is not there");
    world.put("/p/data/done.txt", b"");
    world.age("/p/data/one.csv", 27 * 3600);
    assert_eq!(fault(&world).await, "data/one.csv is 27 h old, and at most 26 h is allowed (`fresh`)");
    world.age("/p/data/one.csv", 4 * 3600);
    assert_eq!(
        fault(&world).await,
        "data/one.csv and data/two.csv are 4 h apart, and at most 3 h is allowed (`spread`)"
    );
    world.age("/p/data/one.csv", 10);
    let before = world.now();
    assert!(setup.read_pages(&world, one, PAGE).await.complete);
    assert_eq!((world.now() - before).get_seconds(), 50, "it waited until the file had been still for a minute");
}

#[tokio::test]
async fn a_file_that_changes_under_the_reader_is_read_again() {
    let mut setup = Setup::csv(json!({}));
    let call = setup.reads(json!({ "file": "f.csv" }), &shape(&["a"]));
    let world = FakeWorld::with(&[("/p/data/f.csv", b"a\n1\n2\n3\n")]);
    let files = Files { page: 2 };
    let mut session = files.open(&*setup.dialect, &world, &setup.settings).await.expect("a session");
    let first = session.page(call, None).await.expect("a page");
    world.put("/p/data/f.csv", b"a\n1\n2\n3\n4\n");
    let fault = session.page(call, first.next.as_ref()).await.err().expect("a fault");
    assert_eq!(fault.then, crate::adapter::Then::Restart);
    let outcome = read_all(&mut *session, call, &mut |_| {}).await;
    assert_eq!((outcome.rows(), outcome.complete), (4, true));
}

#[tokio::test]
async fn a_quote_that_is_never_closed_does_not_fill_the_memory() {
    let mut setup = Setup::csv(json!({ "separator": ";" }));
    let call = setup.reads(json!({ "file": "f.csv" }), &shape(&["a"]));
    let mut bytes = b"a;b\n1;2\n3;\"4\n".to_vec();
    bytes.resize(2 * piece::RECORD, b'x');
    let seen = Seen::of(&setup.read_pages(&FakeWorld::with(&[("/p/data/f.csv", &bytes)]), call, PAGE).await);
    assert_eq!(seen.rows, ["data/f.csv:2 1"]);
    assert_eq!(seen.torn.len(), 1);
    assert!(seen.torn[0].starts_with("data/f.csv, line 3: "), "{seen:?}");
}

#[tokio::test]
async fn a_file_that_is_torn_everywhere_is_not_listed_line_by_line() {
    let bytes = format!("nr;namn\n{}", "1\n".repeat(5000));
    let mut setup = Setup::csv(json!({ "separator": ";" }));
    let call = setup.reads(json!({ "file": "f.csv" }), &shape(&["nr"]));
    let world = FakeWorld::with(&[("/p/data/f.csv", bytes.as_bytes())]);
    let seen = Seen::of(&setup.read_pages(&world, call, PAGE).await);
    assert_eq!(seen.torn.len(), 101);
    assert_eq!(seen.torn[100], "data/f.csv, line 5001: 4900 further rows up to here cannot be read");
}
