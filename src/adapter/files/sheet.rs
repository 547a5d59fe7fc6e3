//! Sheets of XLSX files, read and written.
//!
//! Read: a text cell is its text, a number is written without an exponent, a day as `2026-08-17`, also in workbooks that
//! count from 1904. Written: every cell is a text cell, so that leading zeros and dashes stay.

use super::grid::Grid;
use super::header::{Refused, Table};
use super::part::Part;
use super::writer::{List, Refusal, SHARED};
use super::{bundle, guess};
use crate::adapter::{Cell, Note, Rows as RowSource, Torn, Wrong};
use crate::protocol::files::fit::trimmed;
use crate::protocol::files::sheet::Sheet;
use crate::protocol::files::{Column, Layout};
use calamine::{Data, ExcelDateTime, Range, Reader, Xlsx, XlsxError};
use rust_xlsxwriter::{DocProperties, ExcelDateTime as Moment, Format, Workbook, Worksheet, XlsxError as WriteError};
use std::io::Cursor;

/// What the first bytes of an old or an encrypted file are.
const OLD: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

/// Reads a sheet: its rows, and what is odd about it.
pub fn read(bytes: &[u8], sheet: &Sheet, table: &Table<'_>) -> Result<(Part, Vec<Note>), String> {
    let fail = |why: String| format!("{}: {why}", table.name);
    if bytes.starts_with(OLD) {
        return Err(fail("this is no XLSX file but an old .xls file, or one that is protected by a password; save it as XLSX without one".into()));
    }
    bundle::check(bytes).map_err(|why| fail(format!("this is no XLSX file that can be read: {why}")))?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| fail(words(&error)))?;
    let names = book.sheet_names();
    let name = match &sheet.name {
        Some(name) if names.contains(name) => name.clone(),
        Some(name) => return Err(fail(format!("there is no sheet `{name}`; there is {}", quoted(&names)))),
        None => names.first().cloned().ok_or_else(|| fail("the workbook has no sheet".into()))?,
    };
    let range = book.worksheet_range(&name).map_err(|error| fail(words(&error)))?;
    let mut notes = Vec::new();
    let part = rows(&range, sheet, table, &mut notes).map_err(|refused| match refused {
        Refused::Fault(say) => say,
        Refused::More => fail("the sheet has no header".into()),
    })?;
    Ok((part, notes))
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn words(error: &XlsxError) -> String {
    format!("this is no XLSX file that can be read: {error}")
}

fn rows(range: &Range<Data>, sheet: &Sheet, table: &Table<'_>, notes: &mut Vec<Note>) -> Result<Part, Refused> {
    let end = range.end().map_or((0, 0), |(row, column)| (row + 1, column + 1));
    let line = |row: u32| -> Vec<&Data> {
        (0..end.1).map(|column| range.get_value((row, column)).unwrap_or(&Data::Empty)).collect()
    };
    let start = sheet.start();
    let mut reading = Reading { sheet, table, part: Part::default() };
    let (columns, first) = if sheet.has_header() {
        let mut header: Vec<String> = line(start).iter().map(|cell| reading.header(cell)).collect();
        while header.last().is_some_and(String::is_empty) {
            header.pop();
        }
        let names = |row: u32| line(row).iter().map(|cell| reading.header(cell)).collect::<Vec<_>>();
        let later = || (start + 1..end.0.min(start + guess::LINES as u32)).map(|row| (row + 1, names(row)));
        if let Some(why) = guess::no_header_in_sheet(table, &header, start + 1, later()) {
            return Err(Refused::Fault(format!("{}: {why}", table.name)));
        }
        (table.named(&header, notes)?, start + 1)
    } else {
        (table.by_place(), start)
    };
    for row in first..end.0 {
        let cells = line(row);
        if !cells.iter().all(|cell| is_blank(cell)) {
            reading.row(row + 1, &cells, &columns.slots);
            reading.lists(&cells, &columns.lists);
        }
    }
    reading.part.finished = true;
    reading.part.consumed = reading.part.bytes.len();
    Ok(reading.part)
}

/// True for a cell that shows nothing: rows of them lie below what people have deleted.
fn is_blank(cell: &Data) -> bool {
    match cell {
        Data::Empty => true,
        Data::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// A sheet while it is read.
struct Reading<'a> {
    sheet: &'a Sheet,
    table: &'a Table<'a>,
    part: Part,
}

impl Reading<'_> {
    fn header(&self, cell: &Data) -> String {
        let text = text(cell).ok().flatten().unwrap_or_default();
        trimmed(&self.sheet.table, &text).to_string()
    }

    fn row(&mut self, number: u32, cells: &[&Data], columns: &[Option<usize>]) {
        if number == u32::MAX {
            let why = "the sheet has too many rows".to_string();
            return self.part.tear(Torn::row(format!("{}, row {number}", self.table.name), why));
        }
        for (slot, column) in self.table.slots.iter().zip(columns) {
            let cell = match column.and_then(|column| cells.get(column)).filter(|_| !slot.unused) {
                None => Cell::Missing,
                Some(data) => self.cell(data),
            };
            self.part.cells.push(cell);
        }
        self.part.lines.push(number);
    }

    /// Puts the lists of the last row into their cells.
    fn lists(&mut self, cells: &[&Data], lists: &[super::header::ListColumns]) {
        for list in lists {
            let texts: Vec<String> =
                list.columns.iter().filter_map(|column| text(cells.get(*column)?).ok().flatten()).collect();
            let first = self.part.inner.len() as u32;
            for text in texts.iter().flat_map(|text| list.split(text)) {
                let cell = self.text(text);
                self.part.inner.push(cell);
            }
            let len = self.part.inner.len() as u32 - first;
            let row = self.part.cells.len() - self.table.slots.len();
            self.part.cells[row + list.slot] = Cell::List { first, len };
        }
    }

    fn cell(&mut self, data: &Data) -> Cell {
        match (data, text(data)) {
            (Data::Bool(value), _) => Cell::Bool(*value),
            (_, Err(why)) => Cell::Wrong(why),
            (_, Ok(None)) => Cell::Null,
            (_, Ok(Some(text))) => {
                let dialect = &self.sheet.table;
                let text = trimmed(dialect, &text);
                let absent = dialect.absent_when.iter().any(|word| word == text)
                    || !dialect.empty.is_empty() && dialect.empty == text;
                if absent { Cell::Null } else { self.text(text) }
            }
        }
    }

    fn text(&mut self, text: &str) -> Cell {
        let start = self.part.bytes.len() as u32;
        self.part.bytes.push_str(text);
        Cell::Text { start, len: text.len() as u32 }
    }
}

/// The text of a cell; `None` if it is empty.
fn text(data: &Data) -> Result<Option<String>, Wrong> {
    Ok(Some(match data {
        Data::Empty => return Ok(None),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(value) => value.to_string(),
        Data::DateTime(moment) => moment_text(moment),
        Data::Error(_) => return Err(Wrong::Error),
    }))
}

/// `2026-08-17`, `2026-08-17T08:30:00`, and `08:30:00` for a time of no day.
fn moment_text(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let value = moment.as_f64();
    if moment.is_duration() || (0.0..1.0).contains(&value) {
        let seconds = (value * 86_400.0).round() as i64;
        return format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) { date } else { format!("{date}T{hour:02}:{minute:02}:{second:02}") }
}

/// Rows that a sheet can hold, with its header.
const ROWS: u64 = 1_048_576;

/// A workbook with a sheet of text cells for each list; gives its bytes and how many rows it has.
pub fn write(lists: &mut [List<'_>]) -> Result<(Vec<u8>, u64), Refusal> {
    let mut book = Workbook::new();
    // The same rows make the same bytes, whenever they are written.
    let day = Moment::from_ymd(2000, 1, 1).map_err(broken)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&day));
    let mut rows = 0;
    for list in lists {
        let Layout::Xlsx { sheet, listed } = &list.call.layout else { return Err(Refusal::Row(SHARED.into())) };
        let page = book.add_worksheet();
        page.set_name(sheet.written_name()).map_err(broken)?;
        rows += fill(page, sheet, listed.as_deref(), &list.call.slots, list.rows)?;
    }
    Ok((book.save_to_buffer().map_err(broken)?, rows))
}

/// Writes the rows of a sheet.
fn fill(
    page: &mut Worksheet,
    sheet: &Sheet,
    listed: Option<&[String]>,
    slots: &[Column],
    rows: &mut dyn RowSource,
) -> Result<u64, Refusal> {
    let as_text = Format::new().set_num_format("@");
    let (grid, mut rows) = Grid::of(slots, listed, rows);
    let mut line = sheet.start();
    if sheet.has_header() {
        for (column, name) in grid.names.iter().enumerate() {
            page.write_string_with_format(line, column as u16, name, &as_text).map_err(broken)?;
        }
        line += 1;
    }
    let mut number = 0;
    while let Some(row) = rows.next() {
        number += 1;
        if u64::from(line) >= ROWS {
            return Err(Refusal::Row(format!("row {number}: a sheet holds {ROWS} rows")));
        }
        for (column, value) in grid.cells(row).enumerate() {
            let value = value.as_deref().unwrap_or(&sheet.table.empty);
            if !value.is_empty() {
                let refused = |error| Refusal::Row(format!("row {number}: column `{}`: {error}", grid.names[column]));
                page.write_string_with_format(line, column as u16, value, &as_text).map_err(refused)?;
            }
        }
        line += 1;
    }
    Ok(number)
}

fn broken(error: WriteError) -> Refusal {
    Refusal::Row(format!("the workbook cannot be written: {error}"))
}
