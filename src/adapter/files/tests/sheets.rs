//! Sheets of XLSX files.

use super::super::bundle;
use super::*;
use crate::protocol::{ListForm, SlotKind, Wide};
use crate::world::World;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

fn book(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book);
    book.save_to_buffer().expect("a workbook")
}

async fn read(dialect: Value, columns: &[&str], bytes: &[u8]) -> Seen {
    let mut setup = Setup::new(json!({ "folder": "data", "format": { "xlsx": dialect } }));
    let call = setup.reads(json!({ "file": "f.xlsx" }), &shape(columns));
    setup.read(&FakeWorld::with(&[("/p/data/f.xlsx", bytes)]), call).await
}

fn pupils() -> Vec<u8> {
    book(|book| {
        let page = book.add_worksheet();
        page.set_name("Elever").expect("a name");
        let day = Format::new().set_num_format("yyyy-mm-dd");
        for (column, name) in ["Nummer", "Namn", "Född", "Klar", "Annat"].into_iter().enumerate() {
            page.write_string(2, column as u16, name).expect("a cell");
        }
        page.write_string(3, 0, "0042").expect("a cell");
        page.write_string(3, 1, "Åsa Löv").expect("a cell");
        let date = ExcelDateTime::from_ymd(2014, 1, 31).expect("a date");
        page.write_datetime_with_format(3, 2, &date, &day).expect("a cell");
        page.write_boolean(3, 3, true).expect("a cell");
        page.write_number(5, 0, 201401312390_f64).expect("a cell");
        page.write_number(5, 1, 1.5).expect("a cell");
        page.write_string(5, 2, "NULL").expect("a cell");
    })
}

#[tokio::test]
async fn reads_text_numbers_days_and_bools() {
    let dialect = json!({ "sheet": "Elever", "header_row": 3, "absent_when": ["NULL"] });
    let seen = read(dialect, &["Nummer", "Namn", "Född", "Klar"], &pupils()).await;
    assert_eq!(
        seen.rows,
        ["data/f.xlsx:4 0042,Åsa Löv,2014-01-31,#true", "data/f.xlsx:6 201401312390,1.5,~,~"],
        "{seen:?}"
    );
    assert_eq!(seen.notes, ["data/f.xlsx: unknown columns: `Annat`"]);
    assert!(seen.complete);
}

#[tokio::test]
async fn what_is_no_sheet_is_told() {
    let seen = read(json!({ "sheet": "Personal" }), &["Nummer"], &pupils()).await;
    assert_eq!(seen.faults, ["data/f.xlsx: there is no sheet `Personal`; there is `Elever`"]);
    let seen = read(json!({}), &["Nummer"], &pupils()).await;
    let say = "data/f.xlsx: the header stands in row 3, so `header_row: 3` belongs to this sheet";
    assert_eq!(seen.faults, [say]);
    let empty = book(|book| drop(book.add_worksheet().set_name("Elever")));
    let seen = read(json!({}), &["Nummer"], &empty).await;
    assert_eq!(seen.faults, ["data/f.xlsx: row 1 is empty; the header stands there (`header_row`)"]);
    let seen = read(json!({ "header_row": 3 }), &["nummer"], &pupils()).await;
    assert!(seen.faults[0].contains("the header has `nummer` in other letters"), "{seen:?}");
    let seen = read(json!({ "header_row": 3 }), &["Numer"], &pupils()).await;
    assert!(seen.faults[0].contains("no declared column (`Numer`, …)"), "{seen:?}");
    let seen = read(json!({}), &["Nummer"], b"id,name\n").await;
    assert!(seen.faults[0].starts_with("data/f.xlsx: this is no XLSX file that can be read"), "{seen:?}");
    let seen = read(json!({}), &["Nummer"], &[0xD0, 0xCF, 0x11, 0xE0, 0, 0]).await;
    assert!(seen.faults[0].contains("an old .xls file, or one that is protected by a password"), "{seen:?}");
}

#[tokio::test]
async fn rows_that_show_nothing_are_no_records() {
    let bytes = book(|book| {
        let page = book.add_worksheet();
        for (row, text) in [(0, "Nummer"), (1, "1"), (2, ""), (3, "  "), (5, "2")] {
            page.write_string(row, 0, text).expect("a cell");
        }
    });
    let seen = read(json!({}), &["Nummer"], &bytes).await;
    assert_eq!(seen.rows, ["data/f.xlsx:2 1", "data/f.xlsx:6 2"], "{seen:?}");
    assert!(seen.complete);
}

/// The same sheet in a workbook that counts days from 1904.
#[tokio::test]
async fn days_are_counted_from_1904_where_the_workbook_says_so() {
    let packed = pupils();
    let members = bundle::unpack(&packed, &|_| true).expect("members");
    let files: Vec<(String, Vec<u8>)> = members
        .into_iter()
        .map(|member| {
            let mut bytes = member.content.to_vec();
            if member.name == "xl/workbook.xml" {
                let text = String::from_utf8(bytes).expect("UTF-8");
                bytes = text.replacen("<workbookPr", "<workbookPr date1904=\"1\"", 1).into_bytes();
            }
            (member.name, bytes)
        })
        .collect();
    let packed = bundle::pack(&files).expect("a workbook");
    let seen = read(json!({ "header_row": 3 }), &["Född"], &packed).await;
    assert!(seen.rows[0].ends_with("2018-02-01"), "{seen:?}");
}

#[tokio::test]
async fn what_is_written_is_text_and_is_read_again() {
    let mut setup = Setup::new(json!({ "folder": "data", "format": { "xlsx": { "sheet": "Import" } } }));
    let mut shape = shape(&["id", "name"]);
    let wide = Wide { first: "group".into(), before: "group_".into(), after: String::new(), from: 2, min: 1, max: 9 };
    let kind = || SlotKind::List(Box::new(SlotKind::Scalar));
    shape.slots.push(Slot { kind: kind(), list: ListForm::Wide(wide), ..slot("group") });
    shape.slots.push(Slot { kind: kind(), list: ListForm::Joined(";".into()), ..slot("tags") });
    let (write, read) =
        (setup.writes(json!({ "file": "f.xlsx" }), &shape), setup.reads(json!({ "file": "f.xlsx" }), &shape));
    let world = FakeWorld::with(&[]);
    let rows = [&["0042", "=1+1", "[\"a\",\"b\"]", "[\"x\",\"y\"]"][..], &["7", "-", "[]", "[]"]];
    deliver_texts(&setup, &world, write, &rows).await.expect("a delivery");
    let path = std::path::Path::new("/p/data/f.xlsx");
    let first = world.read(path).expect("a file");
    let seen = setup.read(&world, read).await;
    assert_eq!(seen.rows, ["data/f.xlsx:2 0042,=1+1,[a b],[x y]", "data/f.xlsx:3 7,-,[],[]"], "{seen:?}");
    deliver_texts(&setup, &world, write, &rows).await.expect("a delivery");
    assert_eq!(world.read(path).expect("a file"), first, "the same rows make the same bytes");
}
