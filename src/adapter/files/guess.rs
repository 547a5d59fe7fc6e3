//! What a file seems to be whose first line holds no declared column. Only names that the descriptor declares are ever
//! shown: what else stands there may be somebody's data.

use super::header::Table;
use crate::protocol::files::csv::Columns;

/// So many lines are looked at.
pub const LINES: usize = 20;

/// Why the first line is no header, if that can be seen. `first` are its cells; `text` is the start of the file.
pub fn no_header(table: &Table<'_>, text: &[u8], first: &[String]) -> Option<String> {
    let declared = |name: &str| table.slots.iter().any(|slot| slot.at == name);
    if table.slots.is_empty() || first.iter().any(|cell| declared(cell)) {
        return None;
    }
    let text = String::from_utf8_lossy(&text[..text.len().min(1 << 14)]);
    other_format(&text)
        .map(|what| format!("this is {what}, not CSV"))
        .or_else(|| other_case(table, first))
        .or_else(|| other_separator(table, &text))
        .or_else(|| later(table, &text))
}

/// What the first characters give away.
fn other_format(text: &str) -> Option<&'static str> {
    Some(match text.trim_start() {
        text if text.starts_with("PK\u{3}\u{4}") => "a zip file or a workbook",
        text if text.starts_with('<') => "HTML or XML (a page that asks to sign in?)",
        text if text.starts_with(['{', '[']) => "JSON",
        text if text.starts_with("%PDF") => "a PDF",
        text if text.starts_with("\u{1f}") => "a packed file (gzip?)",
        _ => return None,
    })
}

/// Why a file that should be JSON is none, if its first characters give that away.
pub fn no_json(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&text[..text.len().min(64)]);
    let what = other_format(&text).filter(|what| *what != "JSON")?;
    Some(format!("this is {what}, not JSON"))
}

/// Why a row of a sheet is no header, if it holds no declared column: `later` are the rows below it with their numbers.
pub fn no_header_in_sheet(
    table: &Table<'_>,
    header: &[String],
    number: u32,
    mut later: impl Iterator<Item = (u32, Vec<String>)>,
) -> Option<String> {
    let declared = |cells: &[String]| table.slots.iter().any(|slot| cells.contains(&slot.at));
    let first = table.slots.first().filter(|_| table.csv.columns != Columns::ByPosition && !declared(header))?;
    Some(other_case(table, header).unwrap_or_else(|| match later.find(|(_, cells)| declared(cells)) {
        Some((row, _)) => format!("the header stands in row {row}, so `header_row: {row}` belongs to this sheet"),
        None if header.is_empty() => format!("row {number} is empty; the header stands there (`header_row`)"),
        None => format!("no declared column (`{}`, …) is in row {number}; does the sheet have no header?", first.at),
    }))
}

/// Names that differ in upper and lower case alone.
fn other_case(table: &Table<'_>, first: &[String]) -> Option<String> {
    let same = |name: &str| first.iter().any(|cell| cell.trim().to_lowercase() == name.to_lowercase());
    let slot = table.slots.iter().find(|slot| same(&slot.at))?;
    Some(format!(
        "the header has `{}` in other letters or with blanks; upper and lower case count (`trim` takes blanks away)",
        slot.at
    ))
}

/// The separator under which the first line holds a declared name.
fn other_separator(table: &Table<'_>, text: &str) -> Option<String> {
    let first = text.lines().nth(table.csv.skip_lines as usize)?;
    let other = [';', ',', '\t', '|']
        .into_iter()
        .find(|&sign| sign != char::from(table.csv.separator) && first.contains(sign) && names(table, first, sign))?;
    let shown = |sign: char| if sign == '\t' { "tab".to_string() } else { format!("`{sign}`") };
    Some(format!(
        "the columns are parted by {}, and `separator` says {}",
        shown(other),
        shown(char::from(table.csv.separator))
    ))
}

/// A later line that holds a declared name.
fn later(table: &Table<'_>, text: &str) -> Option<String> {
    let separator = char::from(table.csv.separator);
    let skipped = table.csv.skip_lines as usize;
    let found = text.lines().take(LINES).skip(skipped + 1).position(|line| names(table, line, separator))?;
    let lines = found + skipped + 1;
    Some(format!("the header stands in line {}, so `skip_lines: {lines}` belongs to this file", lines + 1))
}

/// True if a line parted by a sign holds a declared name.
fn names(table: &Table<'_>, line: &str, sign: char) -> bool {
    let quotes = |c: char| c == '"' || c.is_whitespace();
    line.split(sign).any(|cell| table.slots.iter().any(|slot| slot.at == cell.trim_matches(quotes)))
}
