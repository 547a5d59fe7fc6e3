//! Writing a file: rows to text, text to bytes. What the dialect cannot hold is refused with the number of its row.

use super::grid::Grid;
use super::nest::Records;
use super::{document, sheet};
use crate::adapter::Rows as RowSource;
use crate::protocol::files::csv::{Bom, Encoding, Header, QuoteWhen};
use crate::protocol::files::fixed::{Fixed, Range};
use crate::protocol::files::shape::Rows;
use crate::protocol::files::{Call, Column, Csv, Layout, fit};
use crate::world::WriteFile;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io;

/// Why a file was not written.
#[derive(Debug)]
pub enum Refusal {
    /// The disk.
    Disk(io::Error),
    /// A row that the file cannot hold; names row and column, never the value.
    Row(String),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        Refusal::Disk(error)
    }
}

/// What a file that was written is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub digest: String,
}

/// Rows that lie in a file, alone or with others.
pub struct List<'r> {
    /// How they are written.
    pub call: &'r Call,
    /// The rows.
    pub rows: &'r mut dyn RowSource,
}

/// Writes all rows of a file and waits until they are on the disk. Several lists lie in one XML document or workbook,
/// in their order. `head` is what an XML document holds before all records.
pub fn write(
    lists: &mut [List<'_>],
    head: Option<&Map<String, Value>>,
    file: Box<dyn WriteFile>,
) -> Result<Written, Refusal> {
    let mut out = Out { file, buffer: Vec::with_capacity(BUFFER + 4096), digest: Sha256::new(), bytes: 0 };
    let rows = match lists {
        [] => 0,
        [List { call: Call { layout: Layout::Xml { .. }, .. }, .. }, ..] => document::write(lists, head, &mut out)?,
        [List { call: Call { layout: Layout::Xlsx { .. }, .. }, .. }, ..] => {
            let (bytes, rows) = sheet::write(lists)?;
            out.buffer = bytes;
            rows
        }
        [list] => alone(list, &mut out)?,
        _ => return Err(Refusal::Row(SHARED.into())),
    };
    out.finish(rows)
}

/// Why a file cannot be written.
pub const SHARED: &str = "two entities are written into this file";

/// Writes the rows of a file that holds one list.
fn alone(list: &mut List<'_>, out: &mut Out) -> Result<u64, Refusal> {
    let List { call, rows } = list;
    match &call.layout {
        Layout::Csv { dialect, listed } => csv(dialect, listed.as_deref(), &call.slots, *rows, out),
        Layout::Json { rows: place, shape } => {
            json(place, Records::of(&call.slots, shape.each.as_ref().map(|(each, _)| each.as_slice()), *rows)?, out)
        }
        Layout::Ndjson { shape } => {
            ndjson(Records::of(&call.slots, shape.each.as_ref().map(|(each, _)| each.as_slice()), *rows)?, out)
        }
        Layout::Fixed { dialect, ranges } => fixed(dialect, ranges, *rows, out),
        Layout::Xml { .. } | Layout::Xlsx { .. } | Layout::Ldif { .. } => {
            Err(Refusal::Row("LDIF is read, not written".into()))
        }
    }
}

/// Writes lines that are no records: a manifest.
pub fn write_lines(dialect: &Csv, lines: &[Vec<String>], file: Box<dyn WriteFile>) -> Result<Written, Refusal> {
    let mut out = Out { file, buffer: Vec::new(), digest: Sha256::new(), bytes: 0 };
    let width = lines.iter().map(Vec::len).max().unwrap_or(0);
    let mut text = CsvText { dialect, names: vec!["manifest".into(); width], line: String::new(), at_start: true };
    text.mark(&mut out.buffer);
    for line in lines {
        let cells = line.iter().map(|cell| Some(Cow::Borrowed(cell.as_str())));
        text.row(cells, &mut out.buffer).map_err(|why| Refusal::Row(format!("the manifest: {why}")))?;
    }
    out.finish(lines.len() as u64)
}

const BUFFER: usize = 1 << 18;

/// The file, its digest and its size.
pub struct Out {
    file: Box<dyn WriteFile>,
    /// What was not written yet.
    pub buffer: Vec<u8>,
    digest: Sha256,
    bytes: u64,
}

impl Out {
    fn flush(&mut self) -> io::Result<()> {
        self.digest.update(&self.buffer);
        self.bytes += self.buffer.len() as u64;
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// Writes what has gathered, if it is worth a call.
    pub fn drain(&mut self) -> io::Result<()> {
        if self.buffer.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    fn finish(mut self, rows: u64) -> Result<Written, Refusal> {
        self.flush()?;
        self.file.flush()?;
        self.file.sync()?;
        Ok(Written { rows, bytes: self.bytes, digest: hex(&self.digest.finalize()) })
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn csv(
    dialect: &Csv,
    listed: Option<&[String]>,
    slots: &[Column],
    rows: &mut dyn RowSource,
    out: &mut Out,
) -> Result<u64, Refusal> {
    let (grid, mut rows) = Grid::of(slots, listed, rows);
    let mut text = CsvText { dialect, names: grid.names.clone(), line: String::new(), at_start: true };
    text.mark(&mut out.buffer);
    if dialect.header != Header::None {
        text.header(&mut out.buffer).map_err(|why| Refusal::Row(format!("the header: {why}")))?;
    }
    let mut number = 0;
    while let Some(row) = rows.next() {
        number += 1;
        text.row(grid.cells(row), &mut out.buffer).map_err(|why| Refusal::Row(format!("row {number}: {why}")))?;
        out.drain()?;
    }
    Ok(number)
}

/// Turns rows into lines of CSV.
struct CsvText<'a> {
    dialect: &'a Csv,
    names: Vec<String>,
    line: String,
    /// True until the first line is written.
    at_start: bool,
}

impl CsvText<'_> {
    /// The byte order mark.
    fn mark(&self, out: &mut Vec<u8>) {
        let mark: &[u8] = match self.dialect.encoding {
            Encoding::Utf8 => &[0xEF, 0xBB, 0xBF],
            Encoding::Utf16 => &[0xFF, 0xFE],
            Encoding::Windows1252 | Encoding::Latin1 => &[],
        };
        match self.dialect.bom {
            Bom::Write => out.extend_from_slice(mark),
            Bom::Double => out.extend_from_slice(&mark.repeat(2)),
            Bom::None | Bom::Tolerate => {}
        }
    }

    fn header(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        for column in 0..self.names.len() {
            self.name(column).map_err(|why| format!("column `{}`: {why}", self.names[column]))?;
        }
        self.end_line(out)
    }

    fn row<'c>(&mut self, cells: impl Iterator<Item = Option<Cow<'c, str>>>, out: &mut Vec<u8>) -> Result<(), String> {
        for (column, value) in cells.enumerate() {
            self.cell(column, value.as_deref()).map_err(|why| format!("column `{}`: {why}", self.names[column]))?;
        }
        self.end_line(out)
    }

    fn end_line(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        self.line.push_str(if self.dialect.crlf { "\r\n" } else { "\n" });
        let encoded = encode(&self.line, self.dialect.encoding, out);
        self.line.clear();
        self.at_start = false;
        encoded.map_err(|lacking| {
            format!("{} has no character U+{:04X} ({lacking})", self.dialect.encoding.word(), u32::from(lacking))
        })
    }

    fn separate(&mut self, column: usize) {
        if column > 0 {
            self.line.push(self.dialect.separator as char);
        }
    }

    /// A name in the header; a name is never a formula and never absent.
    fn name(&mut self, column: usize) -> Result<(), String> {
        self.separate(column);
        let name = self.names[column].clone();
        self.put(column, &name)
    }

    fn cell(&mut self, column: usize, value: Option<&str>) -> Result<(), String> {
        self.separate(column);
        let csv = self.dialect;
        let Some(value) = value else { return self.put(column, &csv.empty) };
        if let Some(why) = fit::csv(csv, value) {
            return Err(why);
        }
        let value = fit::trimmed(csv, value);
        if csv.guard_formulas && value.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            return self.put(column, &format!("'{value}"));
        }
        self.put(column, value)
    }

    fn put(&mut self, column: usize, text: &str) -> Result<(), String> {
        let csv = self.dialect;
        if text.contains('\0') {
            return Err("a NUL byte stands in it".into());
        }
        let trouble = self.trouble(column, text);
        let Some(quote) = csv.quote.map(char::from) else {
            self.line.push_str(text);
            return trouble.map_or(Ok(()), |why| Err(format!("{why}, and nothing is quoted in this dialect")));
        };
        let quoted = match csv.quote_when {
            QuoteWhen::Always => true,
            QuoteWhen::Text => trouble.is_some() || !text.is_empty() && !is_number(text),
            QuoteWhen::Needed => trouble.is_some(),
            QuoteWhen::Blank => trouble.is_some() || text.contains([' ', '\t']),
        };
        if !quoted {
            self.line.push_str(text);
            return Ok(());
        }
        let escape = csv.escape.map_or(quote, char::from);
        self.line.push(quote);
        for c in text.chars() {
            if c == quote || c == escape {
                self.line.push(escape);
            }
            self.line.push(c);
        }
        self.line.push(quote);
        Ok(())
    }

    /// Why a text would be misread without quotes, if it would.
    fn trouble(&self, column: usize, text: &str) -> Option<&'static str> {
        let csv = self.dialect;
        let holds = |sign: u8| memchr::memchr(sign, text.as_bytes()).is_some();
        if holds(csv.separator) {
            Some("the separator stands in it")
        } else if holds(b'\n') || holds(b'\r') {
            Some("a line end stands in it")
        } else if csv.quote.is_some_and(holds) {
            Some("a quote stands in it")
        } else if column == 0 && csv.comment.is_some_and(|sign| text.as_bytes().first() == Some(&sign)) {
            Some("it starts like a comment")
        } else if column == 0 && self.at_start && text.starts_with('\u{FEFF}') {
            Some("it starts like a byte order mark")
        } else if self.names.len() == 1 && text.is_empty() {
            Some("the line would be blank")
        } else {
            None
        }
    }
}

fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    match text.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(text),
    }
}

/// Encodes a text; a character that the encoding lacks is refused.
pub fn encode(text: &str, encoding: Encoding, out: &mut Vec<u8>) -> Result<(), char> {
    match encoding {
        Encoding::Utf8 => out.extend_from_slice(text.as_bytes()),
        Encoding::Utf16 => out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
        Encoding::Latin1 => {
            for c in text.chars() {
                out.push(u8::try_from(u32::from(c)).map_err(|_| c)?);
            }
        }
        Encoding::Windows1252 => {
            let (bytes, _, lacking) = encoding_rs::WINDOWS_1252.encode(text);
            if lacking {
                let lacks = |c: &char| encoding_rs::WINDOWS_1252.encode(c.encode_utf8(&mut [0; 4])).2;
                return Err(text.chars().find(lacks).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            out.extend_from_slice(&bytes);
        }
    }
    Ok(())
}

/// Lines of cells with fixed widths.
fn fixed(dialect: &Fixed, ranges: &[Range], rows: &mut dyn RowSource, out: &mut Out) -> Result<u64, Refusal> {
    let table = &dialect.table;
    let mut order: Vec<(usize, Range)> = ranges.iter().copied().enumerate().collect();
    order.sort_by_key(|(_, range)| range.start);
    let mut number = 0;
    while let Some(row) = rows.next() {
        number += 1;
        let (mut line, mut length) = (String::new(), 0);
        for (slot, range) in &order {
            let text = row.get(*slot).and_then(Option::as_deref).unwrap_or(&table.empty);
            let width = text.chars().count();
            if text.contains(['\n', '\r']) || width > range.end - range.start {
                return Err(Refusal::Row(format!(
                    "row {number}: a cell does not fit into {} characters",
                    range.end - range.start
                )));
            }
            line.extend(std::iter::repeat_n(' ', range.start - length));
            line.push_str(text);
            length = range.start + width;
        }
        let end = order.last().map_or(0, |(_, range)| range.end);
        line.extend(std::iter::repeat_n(' ', end - length));
        line.push_str(if table.crlf { "\r\n" } else { "\n" });
        encode(&line, table.encoding, &mut out.buffer).map_err(|lacking| {
            Refusal::Row(format!(
                "row {number}: {} has no character U+{:04X}",
                table.encoding.word(),
                u32::from(lacking)
            ))
        })?;
        out.drain()?;
    }
    Ok(number)
}

/// The list of records between the brackets that lead to it.
fn json(place: &Rows, mut records: Records<'_>, out: &mut Out) -> Result<u64, Refusal> {
    let path: &[String] = match place {
        Rows::List(path) => path,
        Rows::Whole => &[],
    };
    let whole = *place == Rows::Whole;
    for key in path {
        out.buffer.extend_from_slice(format!("{{{}:", Value::String(key.clone())).as_bytes());
    }
    out.buffer.extend_from_slice(if whole { b"" } else { b"[" });
    let mut number = 0;
    while let Some(record) = records.next()? {
        let before: &[u8] = match (number, whole) {
            (0, true) => b"",
            (0, false) => b"\n",
            _ => b",\n",
        };
        out.buffer.extend_from_slice(before);
        number += 1;
        put(&record, number, &mut out.buffer)?;
        out.drain()?;
    }
    if whole && number != 1 {
        return Err(Refusal::Row(format!("the file is one record, and there are {number}")));
    }
    out.buffer.extend_from_slice(if whole { b"" } else { b"\n]" });
    out.buffer.extend_from_slice("}".repeat(path.len()).as_bytes());
    out.buffer.push(b'\n');
    Ok(records.rows())
}

fn ndjson(mut records: Records<'_>, out: &mut Out) -> Result<u64, Refusal> {
    while let Some(record) = records.next()? {
        put(&record, records.rows(), &mut out.buffer)?;
        out.buffer.push(b'\n');
        out.drain()?;
    }
    Ok(records.rows())
}

fn put(record: &Map<String, Value>, number: u64, out: &mut Vec<u8>) -> Result<(), Refusal> {
    serde_json::to_writer(out, record).map_err(|_| Refusal::Row(format!("row {number} cannot be written as JSON")))
}
