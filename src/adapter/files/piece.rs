//! One piece of a file, read in the format of its call.

use super::chunk::{self, Chunk, Opened};
use super::documents::Documents;
use super::fixed::Lines;
use super::header::{Head, Refused, Table};
use super::ldif::LdifFile;
use super::locate::{Found, refuse, trouble};
use super::part::Part;
use super::xml::{self, XmlFile};
use super::{Position, sheet};
use crate::adapter::{Fault, Note, Then, Torn};
use crate::protocol::files::csv::Encoding;
use crate::protocol::files::shape::Rows;
use crate::protocol::files::sheet::Sheet;
use crate::world::World;
use std::collections::BTreeMap;

/// No record is longer than this: a quote that is opened by accident would read the whole file into one cell.
pub(super) const RECORD: usize = 64 << 20;

/// A workbook is read as a whole, and not if it is larger.
const WORKBOOK: usize = 512 << 20;

/// One piece of a file that is to be read.
pub struct Piece<'a> {
    /// The world that it lies in.
    pub world: &'a dyn World,
    /// Its file.
    pub file: &'a Found,
    /// Bytes that are read at once.
    pub page: usize,
}

/// Rows, the byte of the file after them, and notes.
pub type Read = (Part, u64, Vec<Note>);

impl Piece<'_> {
    /// Up to so many bytes from a place on, and whether the file ends with them.
    pub fn bytes(&self, opened: &mut Opened, offset: u64, want: usize) -> Result<(Vec<u8>, bool), Fault> {
        if let Some(content) = &self.file.content {
            let start = (offset as usize).min(content.len());
            let stop = start.saturating_add(want).min(content.len());
            return Ok((content[start..stop].to_vec(), stop == content.len()));
        }
        let read = opened.read(self.world, &self.file.path, offset, want);
        read.map_err(|error| trouble(&self.file.name, "read", &error))
    }

    /// Rows of CSV.
    pub fn table(
        &self,
        opened: &mut Opened,
        table: &Table<'_>,
        position: Position,
        known: &mut BTreeMap<usize, Head>,
    ) -> Result<Read, Fault> {
        let mut notes = Vec::new();
        let head = match known.get(&position.file) {
            Some(head) => head.clone(),
            None => self.head(opened, table, &mut notes)?,
        };
        known.insert(position.file, head.clone());
        let (offset, line) =
            if position.line == 0 { (head.offset, head.line) } else { (position.offset, position.line) };
        if position.line != 0 {
            notes.clear();
        }
        let encoding = table.csv.encoding;
        let mut part = self.grow(opened, offset, |bytes, last| {
            Ok(table.rows(&head, chunk::decode(bytes, last, encoding, head.big_endian), line))
        })?;
        part.places = part.places.within(position.file, offset);
        if part.consumed == 0 && !part.finished {
            part.finished = true;
            let why = "no record ends in the next 64 MB: is a quote opened and never closed? The rest of the file was not read";
            part.tear(Torn::row(format!("{}, line {line}", table.name), why));
        }
        let after = offset + chunk::raw_len(&part.bytes[..part.consumed], encoding);
        Ok((part, after, notes))
    }

    /// The start of a CSV file.
    pub fn head(&self, opened: &mut Opened, table: &Table<'_>, notes: &mut Vec<Note>) -> Result<Head, Fault> {
        let mut want = 1 << 16;
        loop {
            let (bytes, last) = self.bytes(opened, 0, want)?;
            match table.head(&bytes, last, notes) {
                Ok(head) => return Ok(head),
                Err(Refused::Fault(say)) => return Err(refuse(say)),
                Err(Refused::More) if want > RECORD => {
                    return Err(refuse(format!("{}: the first line does not end", self.file.name)));
                }
                Err(Refused::More) => {
                    notes.clear();
                    want *= 4;
                }
            }
        }
    }

    /// Reads more and more until something could be read, or a record is longer than any record is.
    fn grow(
        &self,
        opened: &mut Opened,
        offset: u64,
        mut read: impl FnMut(Vec<u8>, bool) -> Result<Part, Fault>,
    ) -> Result<Part, Fault> {
        let mut want = self.page;
        loop {
            let (bytes, last) = self.bytes(opened, offset, want)?;
            let part = read(bytes, last)?;
            if part.consumed > 0 || part.finished || want > RECORD {
                return Ok(part);
            }
            want *= 4;
        }
    }

    /// Records of a JSON file.
    pub fn json(
        &self,
        opened: &mut Opened,
        documents: &Documents<'_>,
        rows: &Rows,
        position: Position,
    ) -> Result<Read, Fault> {
        let Rows::List(path) = rows else { return self.whole(opened, documents) };
        let (offset, number) = if position.line == 0 {
            (self.list_start(opened, documents, path)?, 1)
        } else {
            (position.offset, position.line)
        };
        let part = self.grow(opened, offset, |bytes, last| {
            let chunk = Chunk { text: bytes, last, broken: Vec::new() };
            Ok(documents.list(&chunk, number, path.is_empty()).with_text(chunk))
        })?;
        self.after(documents, position, part, offset)
    }

    /// Records that stand in a line each.
    pub fn ndjson(&self, opened: &mut Opened, documents: &Documents<'_>, position: Position) -> Result<Read, Fault> {
        let mut notes = Vec::new();
        let (offset, line) = if position.line == 0 {
            let (start, last) = self.bytes(opened, 0, 16)?;
            if start.is_empty() && last {
                notes.push(Note { origin: documents.name.into(), what: "the file is empty".into() });
            }
            (documents.mark(&start).map_err(refuse)? as u64, 1)
        } else {
            (position.offset, position.line)
        };
        let part = self.grow(opened, offset, |bytes, last| {
            let chunk = Chunk { text: bytes, last, broken: Vec::new() };
            Ok(documents.lines(&chunk, line).with_text(chunk))
        })?;
        self.after(documents, position, part, offset).map(|(part, after, _)| (part, after, notes))
    }

    /// Records of an XML file. `known` is what was open where the last page ended.
    pub fn xml(
        &self,
        opened: &mut Opened,
        file: &XmlFile<'_>,
        position: Position,
        known: &mut Option<(usize, xml::Place)>,
    ) -> Result<Read, Fault> {
        let (place, line) = match known {
            Some((number, place))
                if position.line > 0 && (*number, place.offset) == (position.file, position.offset) =>
            {
                (place.clone(), position.line)
            }
            _ if position.line == 0 => (file.start(&self.bytes(opened, 0, 512)?.0).map_err(refuse)?, 1),
            _ => {
                return Err(Fault {
                    then: Then::Restart,
                    ..refuse(format!("{}: the place is not known any more", file.name))
                });
            }
        };
        let mut after = place.clone();
        let mut part = self.grow(opened, place.offset, |bytes, last| {
            let chunk = chunk::decode(bytes, last, place.encoding, place.big_endian);
            let (part, next) = file.records(&chunk, &place, line);
            after = next;
            Ok(part.with_text(chunk))
        })?;
        if part.consumed == 0 && !part.finished {
            part.finished = true;
            let why = "no element ends in the next 64 MB; the rest of the file was not read";
            part.tear(Torn::row(format!("{}, line {line}", file.name), why));
        }
        after.offset = place.offset + chunk::raw_len(&part.bytes[..part.consumed], place.encoding);
        let mut notes = Vec::new();
        if part.finished && part.torn.is_empty() && after.is_empty() {
            match after.missing_parent(file.dialect).filter(|_| !file.dialect.optional) {
                Some(parent) => {
                    let why =
                        format!("there is no element `{parent}`; where it may be missing, `read` says `optional: yes`");
                    part.tear(Torn::row(file.name, why));
                }
                None => {
                    let what = format!("there is no element `{}`: the list is empty", file.dialect.path.join("."));
                    notes.push(Note { origin: file.name.into(), what });
                }
            }
        }
        let offset = after.offset;
        *known = Some((position.file, after));
        Ok((part, offset, notes))
    }

    /// All rows of a sheet.
    pub fn sheet(&self, opened: &mut Opened, sheet: &Sheet, table: &Table<'_>) -> Result<Read, Fault> {
        let (bytes, last) = self.bytes(opened, 0, WORKBOOK)?;
        if !last {
            return Err(refuse(format!("{}: the workbook is larger than {} MB", table.name, WORKBOOK >> 20)));
        }
        let (part, notes) = sheet::read(&bytes, sheet, table).map_err(refuse)?;
        Ok((part, bytes.len() as u64, notes))
    }

    /// Lines of cells with fixed widths.
    pub fn lines(&self, opened: &mut Opened, lines: &Lines<'_>, position: Position) -> Result<Read, Fault> {
        let encoding = lines.dialect.table.encoding;
        let (start, last) = self.bytes(opened, 0, 16)?;
        if let Some(other) = chunk::other_encoding(&start, encoding) {
            return Err(refuse(format!(
                "{}: the file is {other}, and `encoding` says {}",
                lines.name,
                encoding.word()
            )));
        }
        let (skipped, big_endian) = chunk::start(&start, encoding);
        let mut notes = Vec::new();
        if position.line == 0 && last && start.len() == skipped {
            notes.push(Note { origin: lines.name.into(), what: "the file is empty".into() });
        }
        let (offset, line) = if position.line == 0 { (skipped as u64, 1) } else { (position.offset, position.line) };
        let mut part = self.grow(opened, offset, |bytes, last| {
            Ok(lines.rows(chunk::decode(bytes, last, encoding, big_endian), line))
        })?;
        part.places = part.places.within(position.file, offset);
        self.endless(lines.name, "line", &mut part);
        let after = offset + chunk::raw_len(&part.bytes[..part.consumed], encoding);
        Ok((part, after, notes))
    }

    /// Entries of a directory.
    pub fn ldif(&self, opened: &mut Opened, file: &LdifFile<'_>, position: Position) -> Result<Read, Fault> {
        let (offset, line) = if position.line == 0 {
            let (start, _) = self.bytes(opened, 0, 16)?;
            (chunk::mark(&start, Encoding::Utf8).map_or(0, |(len, _)| len as u64), 1)
        } else {
            (position.offset, position.line)
        };
        let mut part = self.grow(opened, offset, |bytes, last| {
            let chunk = Chunk { text: bytes, last, broken: Vec::new() };
            Ok(file.entries(&chunk, line).with_text(chunk))
        })?;
        self.endless(file.name, "line", &mut part);
        let after = offset + part.consumed as u64;
        Ok((part, after, Vec::new()))
    }

    /// Ends a file whose next record does not end.
    fn endless(&self, name: &str, what: &str, part: &mut Part) {
        if part.consumed == 0 && !part.finished {
            part.finished = true;
            let why = "the record does not end in the next 64 MB; the rest of the file was not read";
            part.tear(Torn::row(format!("{name}, {what} {}", part.line), why));
        }
    }

    /// A file that is one record.
    fn whole(&self, opened: &mut Opened, documents: &Documents<'_>) -> Result<Read, Fault> {
        let (bytes, last) = self.bytes(opened, 0, RECORD)?;
        if !last {
            return Err(refuse(format!("{}: one record is larger than 64 MB", documents.name)));
        }
        let mark = documents.mark(&bytes).map_err(refuse)?;
        let chunk = Chunk { text: bytes[mark..].to_vec(), last, broken: Vec::new() };
        let part = documents.whole(&chunk);
        Ok((part.with_text(chunk), 0, Vec::new()))
    }

    /// The byte behind the bracket that opens the list.
    fn list_start(&self, opened: &mut Opened, documents: &Documents<'_>, path: &[String]) -> Result<u64, Fault> {
        // What a file is shows in its first bytes, however few of them a page holds.
        let mut want = self.page.max(512);
        loop {
            let (bytes, last) = self.bytes(opened, 0, want)?;
            match documents.start(&bytes, path, last).map_err(refuse)? {
                Some(start) => return Ok(start as u64),
                None if want > 16 * RECORD => {
                    return Err(refuse(format!("{}: the list of records does not begin within 1 GB", documents.name)));
                }
                None => want *= 4,
            }
        }
    }

    /// The byte after a part of a file whose text is UTF-8.
    fn after(&self, documents: &Documents<'_>, position: Position, mut part: Part, offset: u64) -> Result<Read, Fault> {
        part.places = part.places.within(position.file, offset);
        self.endless(documents.name, "record", &mut part);
        let after = offset + chunk::raw_len(&part.bytes[..part.consumed], Encoding::Utf8);
        Ok((part, after, Vec::new()))
    }
}
