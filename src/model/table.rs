//! Look-up tables: rows in the document, or in a CSV file beside it.

use super::literal;
use super::reader::{self, items, key_name, one_or_more};
use super::shape::{Key, Shape, key, required};
use super::types::TypeScope;
use super::{Column, Table, Unmapped};
use crate::finding::codes::document as codes;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::source::{FileId, Sources, Span};
use crate::syntax::ast::Name;
use crate::syntax::tree::{Entry, Kind, Node};
use crate::value::Type;
use std::collections::HashMap;

/// Keys of a `table:` document.
pub static KEYS: &[Key] = &[
    required("table", Shape::Text, "the name of the table"),
    key("title", Shape::Text, "its heading"),
    key("doc", Shape::Text, "what it is"),
    required(
        "columns",
        Shape::Named(&Shape::Either(&[Shape::Type, Shape::Keys(COLUMN_KEYS)])),
        "its columns with their types",
    ),
    required("key", Shape::OneOrMore(&Shape::Text), "the column or columns that rows are found by"),
    key(
        "unmapped",
        Shape::Either(&[Shape::Text, Shape::Keys(UNMAPPED_KEYS)]),
        "what a key that is in no row gives: fail (the default), absent, keep, or a value",
    ),
    key("rows", Shape::List(&Shape::Tree), "its rows: maps by column, or lists in the order of the columns"),
    key("file", Shape::Text, "the file beside this document that holds its rows; its name ends in `.table.csv`"),
    key("separator", Shape::Text, "what parts the cells of the CSV file; a comma if it is not given"),
    key("evidence", Shape::List(&Shape::Tree), "what it was verified against"),
];

static COLUMN_KEYS: &[Key] = &[
    required("type", Shape::Type, "its type; `T?` may be absent"),
    key("doc", Shape::Text, "what it is"),
    key("evidence", Shape::Text, "what is known of it"),
    key("unsure", Shape::OneOrMore(&Shape::Text), "what is unsure about it"),
];

static UNMAPPED_KEYS: &[Key] = &[required("value", Shape::Text, "the value that a key that is in no row gives")];

/// What the names of CSV files end in that hold rows of tables.
pub const FILE_ENDING: &str = ".table.csv";

/// A cell and where it stands.
type Cell = (Option<String>, Span);

/// Reads a table.
pub fn read(
    sources: &Sources,
    root: &Node,
    name: Name,
    file: FileId,
    scope: &TypeScope<'_>,
    found: &mut Findings,
) -> Table {
    let columns: Vec<Column> =
        reader::entries(root, "columns").iter().map(|entry| column(entry, scope, found)).collect();
    let key = key_columns(root, &columns, found);
    let mut rows = written_rows(root, &columns, found);
    if let Some(written) = root.get("file") {
        rows.extend(file_rows(sources, root, written, file, &columns, found));
    }
    for (cells, _) in &rows {
        check_cells(cells, &columns, found);
    }
    check_keys(&rows, &key, found);
    let places = rows.iter().map(|(_, span)| *span).collect();
    let rows = rows.into_iter().map(|(cells, _)| cells.into_iter().map(|(text, _)| text).collect()).collect();
    Table { name, columns, key, rows, places, unmapped: unmapped(root) }
}

fn column(entry: &Entry, scope: &TypeScope<'_>, found: &mut Findings) -> Column {
    let written = entry.value.get("type").or(entry.value.scalar().map(|_| &entry.value));
    let (ty, optional) = written.map_or((Type::Unknown, false), |written| scope.read(written, found));
    Column { name: key_name(entry), ty, optional }
}

fn key_columns(root: &Node, columns: &[Column], found: &mut Findings) -> Vec<usize> {
    let mut indices = Vec::new();
    for item in one_or_more(root, "key") {
        let Some(word) = item.text() else { continue };
        match columns.iter().position(|column| column.name.text == word) {
            Some(index) => indices.push(index),
            None if columns.is_empty() => {}
            None => found.add(unknown_column(word, item.span, columns)),
        }
    }
    indices
}

fn unknown_column(word: &str, span: Span, columns: &[Column]) -> Finding {
    Finding::new(&codes::NOT_A_COLUMN, span)
        .word("name", word)
        .word_if("suggestion", nearest(word, columns.iter().map(|column| column.name.text.as_str())))
        .word("known", columns.iter().map(|column| column.name.text.as_str()).collect::<Vec<_>>().join(", "))
}

/// A row: its cells and where it stands.
type Row = (Vec<Cell>, Span);

fn written_rows(root: &Node, columns: &[Column], found: &mut Findings) -> Vec<Row> {
    items(root, "rows").iter().filter_map(|row| written_row(row, columns, found)).collect()
}

fn written_row(row: &Node, columns: &[Column], found: &mut Findings) -> Option<Row> {
    let cells = match &row.kind {
        Kind::List(cells) if cells.len() == columns.len() => cells.iter().map(cell).collect(),
        Kind::List(cells) => {
            found.add(width(row.span, cells.len(), columns.len()));
            return None;
        }
        Kind::Map(entries) => {
            for entry in entries.iter().filter(|entry| columns.iter().all(|column| column.name.text != entry.key)) {
                found.add(unknown_column(&entry.key, entry.key_span, columns));
            }
            columns.iter().map(|column| row.get(&column.name.text).map_or((None, row.span), cell)).collect()
        }
        _ => {
            let finding = Finding::new(&codes::WRONG_KIND, row.span).word("key", "rows");
            found.add(finding.word("wanted", "a map or a list").word("kind", row.kind_word()));
            return None;
        }
    };
    Some((cells, row.span))
}

/// `~` and nothing at all are absent.
fn cell(node: &Node) -> Cell {
    (reader::with_absent(node).text().map(String::from), node.span)
}

fn width(span: Span, cells: usize, columns: usize) -> Finding {
    Finding::new(&codes::TABLE_ROW_WIDTH, span).word("cells", cells.to_string()).word("columns", columns.to_string())
}

/// The rows of the CSV file beside the document. Its first line names the columns, in any order.
fn file_rows(
    sources: &Sources,
    root: &Node,
    written: &Node,
    table: FileId,
    columns: &[Column],
    found: &mut Findings,
) -> Vec<Row> {
    let Some(text) = written.text() else { return Vec::new() };
    if !text.ends_with(FILE_ENDING) {
        let stem = text.rsplit_once('.').map_or(text, |(stem, _)| stem);
        let better = format!("{}{FILE_ENDING}", stem.trim_end_matches(".table"));
        found.add(Finding::new(&codes::TABLE_FILE_NAME, written.span).word("name", text).word("better", better));
        return Vec::new();
    }
    let Some(file) = sources.by_path(&beside(&sources.file(table).path, text)) else {
        found.add(Finding::new(&codes::NO_TABLE_FILE, written.span).word("name", text));
        return Vec::new();
    };
    let content = &sources.file(file).text;
    let content = content.strip_prefix('\u{feff}').unwrap_or(content);
    let offset = sources.file(file).text.len() - content.len();
    let separator = reader::text(root, "separator").and_then(|text| text.bytes().next()).unwrap_or(b',');
    let mut csv = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(content.as_bytes());
    let mut lines = csv.records().map_while(Result::ok);
    let Some(header) = lines.next() else { return Vec::new() };
    let places = columns_of_file(&header, line_span(file, content, offset, &header), columns, found);
    lines.filter_map(|line| file_row(&line, line_span(file, content, offset, &line), &header, &places, found)).collect()
}

/// The path of a file that lies beside another.
fn beside(path: &str, name: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}"),
        None => match path.split_once(':') {
            Some((library, _)) => format!("{library}:{name}"),
            None => name.to_string(),
        },
    }
}

/// For each column of the table its place in the file; `None` if the file has no such column.
fn columns_of_file(
    header: &csv::StringRecord,
    span: Span,
    columns: &[Column],
    found: &mut Findings,
) -> Vec<Option<usize>> {
    for name in header.iter().filter(|name| columns.iter().all(|column| column.name.text != name.trim())) {
        found.add(unknown_column(name.trim(), span, columns));
    }
    columns.iter().map(|column| header.iter().position(|name| name.trim() == column.name.text)).collect()
}

fn file_row(
    line: &csv::StringRecord,
    span: Span,
    header: &csv::StringRecord,
    places: &[Option<usize>],
    found: &mut Findings,
) -> Option<Row> {
    if line.len() != header.len() {
        found.add(width(span, line.len(), header.len()));
        return None;
    }
    let cell =
        |place: &Option<usize>| (place.map(|place| line[place].to_string()).filter(|text| !text.is_empty()), span);
    Some((places.iter().map(cell).collect(), span))
}

/// The line of the file that a record begins on, without its end.
fn line_span(file: FileId, content: &str, offset: usize, record: &csv::StringRecord) -> Span {
    let start = record.position().map_or(0, |position| position.byte() as usize).min(content.len());
    // A record may be said to begin at the line end before it.
    let start = start + content[start..].len() - content[start..].trim_start_matches(['\r', '\n']).len();
    let end = content[start..].find(['\r', '\n']).map_or(content.len(), |end| start + end);
    Span::new(file, start + offset..end + offset)
}

fn check_cells(cells: &[Cell], columns: &[Column], found: &mut Findings) {
    for ((text, span), column) in cells.iter().zip(columns) {
        let wrong = match text {
            Some(text) => column.ty != Type::Unknown && !literal::fits(text, &column.ty),
            None => !column.optional,
        };
        if wrong {
            found.add(
                Finding::new(&codes::TABLE_VALUE_TYPE, *span)
                    .word("value", text.as_deref().unwrap_or("nothing"))
                    .word("column", &column.name.text)
                    .word("type", literal::describe(&column.ty)),
            );
        }
    }
}

/// Two rows with one key: only the first would ever be found.
fn check_keys(rows: &[Row], key: &[usize], found: &mut Findings) {
    if key.is_empty() {
        return;
    }
    let mut first: HashMap<Vec<Option<&str>>, Span> = HashMap::with_capacity(rows.len());
    for (cells, _) in rows {
        let value: Vec<Option<&str>> = key.iter().map(|&index| cells[index].0.as_deref()).collect();
        let span = cells[key[0]].1;
        let shown = value.iter().map(|part| part.unwrap_or("nothing")).collect::<Vec<_>>().join(", ");
        if let Some(&earlier) = first.get(&value) {
            found.add(
                Finding::new(&codes::TABLE_DUPLICATE_KEY, span)
                    .word("value", shown)
                    .other(earlier, "the first row with it"),
            );
        } else {
            first.insert(value, span);
        }
    }
}

fn unmapped(root: &Node) -> Unmapped {
    let Some(node) = root.get("unmapped") else { return Unmapped::Fails };
    match node.text() {
        Some("fail" | "fails") => Unmapped::Fails,
        Some("absent") => Unmapped::Absent,
        Some("keep" | "keeps") => Unmapped::Keeps,
        Some(value) => Unmapped::Gives(value.to_string()),
        None => reader::string(node, "value").map_or(Unmapped::Fails, Unmapped::Gives),
    }
}
