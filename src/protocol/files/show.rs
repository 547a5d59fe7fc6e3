//! A call as people may see it.

use super::csv::{Bom, Columns, Header, QuoteWhen};
use super::shape::Rows;
use super::{Call, Connection, Csv, Layout};

/// `read data/pupils*.csv: CSV, separator ";", no quotes, utf-8`
pub fn call(connection: &Connection, call: &Call) -> String {
    let verb = if call.write { "write" } else { "read" };
    let folder = connection.folder.source().trim_end_matches('/');
    let layout = match &call.layout {
        Layout::Csv { dialect, .. } => csv(dialect),
        Layout::Json { rows: Rows::Whole, .. } => "JSON, one record".into(),
        Layout::Json { rows: Rows::List(path), .. } if path.is_empty() => "JSON, one list".into(),
        Layout::Json { rows: Rows::List(path), .. } => format!("JSON, the list under {}", path.join(".")),
        Layout::Ndjson { .. } => "NDJSON".into(),
        Layout::Xml { dialect, .. } => format!("XML, the elements {}", dialect.path.join(".")),
        Layout::Xlsx { sheet, .. } => match &sheet.name {
            Some(name) => format!("XLSX, the sheet {name}"),
            None => "XLSX, the first sheet".into(),
        },
        Layout::Fixed { dialect, .. } => format!("cells of fixed width, {}", dialect.table.encoding.word()),
        Layout::Ldif { .. } => "LDIF".into(),
    };
    let zip = connection.zip.as_ref().map(|zip| format!("{}/", zip.source())).unwrap_or_default();
    let names = connection.deliveries.as_ref().map(|deliveries| deliveries.names.source()).unwrap_or_default();
    let names = if names.is_empty() || call.write { String::new() } else { format!("{names}/") };
    format!("{verb} {folder}/{zip}{names}{}: {layout}", call.file.source())
}

fn csv(csv: &Csv) -> String {
    let mut parts = vec!["CSV".to_string(), format!("separator {}", sign(csv.separator))];
    parts.push(match (csv.quote, csv.quote_when) {
        (None, _) => "no quotes".into(),
        (Some(quote), QuoteWhen::Needed) => format!("quote {}", sign(quote)),
        (Some(quote), QuoteWhen::Always) => format!("quote {} always", sign(quote)),
        (Some(quote), QuoteWhen::Blank) => format!("quote {} around texts with blanks", sign(quote)),
        (Some(quote), QuoteWhen::Text) => format!("quote {} around text", sign(quote)),
    });
    match (csv.header, csv.columns) {
        (Header::None, _) => parts.push("no header".into()),
        (_, Columns::ByName) => {}
        (_, Columns::AsDeclared) => parts.push("exactly the declared columns".into()),
        (_, Columns::ByPosition) => parts.push("columns by position".into()),
    }
    let mark = if matches!(csv.bom, Bom::Write | Bom::Double) { " with byte order mark" } else { "" };
    parts.push(format!("{}{mark}", csv.encoding.word()));
    parts.join(", ")
}

fn sign(byte: u8) -> String {
    if byte == b'\t' { "tab".into() } else { format!("{:?}", (byte as char).to_string()) }
}
