//! Rows of a list that are read once more, each at its place.

use super::chunk::{self, Chunk, Opened};
use super::documents::Documents;
use super::fixed::Lines;
use super::header::{Head, Table};
use super::locate::{self, Found, refuse, trouble};
use super::part::Part;
use super::piece::Piece;
use super::{FileSession, List, batch};
use crate::adapter::{Batch, Fault, Place, Places};
use crate::protocol::CallId;
use crate::protocol::files::csv::Encoding;
use crate::protocol::files::{Call, Layout};
use crate::world::World;
use std::collections::BTreeSet;
use std::io;

/// Rows that are so near to one another are read in one go.
const NEAR: u64 = 1 << 12;

/// So many bytes are read in one go at most, unless one row is longer.
const TOGETHER: u64 = 1 << 20;

impl FileSession<'_> {
    /// Reads rows of a list once more, in the order asked for.
    pub(super) fn read_again(&mut self, id: CallId, places: &[Place]) -> Result<Batch, Fault> {
        let call = self.call(id, false)?;
        let pattern = self.folder.shown(&self.render(&call.file, &call.names)?);
        let Some(list) = self.lists.get_mut(&id) else { return Err(refuse("the list is not open".into())) };
        let mut part = Part::default();
        for rows in places.chunk_by(|row, next| row.file == next.file) {
            let number = rows[0].file as usize;
            let Some(file) = list.files.get(number).cloned() else {
                return Err(refuse("this place is of another list".into()));
            };
            let again = Again { world: self.world, file: &file, number, call };
            part.append(again.rows(list, rows)?);
        }
        let numbers: BTreeSet<u32> = places.iter().map(|place| place.file).collect();
        let files: Vec<&Found> = numbers.iter().filter_map(|number| list.files.get(*number as usize)).collect();
        // Looked at after the rows were read, so that what happens meanwhile is seen as well.
        files.iter().try_for_each(|file| locate::unchanged(self.world, file))?;
        let (from, turn) = match files[..] {
            [file] => (file.name.as_str(), file.turn),
            _ => (pattern.as_str(), 0),
        };
        Ok(batch(part, call.slots.len(), from, turn))
    }
}

/// Rows of one file that are read once more.
struct Again<'a> {
    world: &'a dyn World,
    file: &'a Found,
    /// Its number among those of the list.
    number: usize,
    call: &'a Call,
}

impl Again<'_> {
    fn rows(&self, list: &mut List, places: &[Place]) -> Result<Part, Fault> {
        let name = &self.file.name;
        let slots = &self.call.slots;
        let (part, expected) = match &self.call.layout {
            Layout::Csv { dialect, listed } => {
                let table = Table { name, csv: dialect, slots, listed: listed.as_deref() };
                let head = self.head(&table, list)?;
                let rows = Raw { encoding: dialect.encoding, big_endian: head.big_endian, end: head.end };
                let (chunk, expected) = self.text(&mut list.opened, places, Some(&rows))?;
                (table.rows(&head, chunk, 0), expected)
            }
            Layout::Fixed { dialect, ranges } => {
                let piece = Piece { world: self.world, file: self.file, page: 0 };
                let encoding = dialect.table.encoding;
                let (start, _) = piece.bytes(&mut list.opened, 0, 16)?;
                let rows = Raw { encoding, big_endian: chunk::start(&start, encoding).1, end: b'\n' };
                let (chunk, expected) = self.text(&mut list.opened, places, Some(&rows))?;
                (Lines { name, dialect, ranges, slots }.rows(chunk, dialect.skip_lines + 1), expected)
            }
            Layout::Json { shape, .. } | Layout::Ndjson { shape } => {
                let (chunk, expected) = self.text(&mut list.opened, places, None)?;
                (Documents { name, shape }.again(chunk, &expected), expected)
            }
            Layout::Xml { .. } | Layout::Xlsx { .. } | Layout::Ldif { .. } => {
                return Err(refuse(format!("{name}: rows of this format cannot be read once more")));
            }
        };
        if !part.torn.is_empty() || part.places != expected {
            return Err(locate::changed(self.file));
        }
        let lines = vec![0; part.lines.len()];
        Ok(Part { lines, ..part })
    }

    /// The start of the file.
    fn head(&self, table: &Table<'_>, list: &mut List) -> Result<Head, Fault> {
        if let Some(head) = list.heads.get(&self.number) {
            return Ok(head.clone());
        }
        let piece = Piece { world: self.world, file: self.file, page: 0 };
        let head = piece.head(&mut list.opened, table, &mut Vec::new())?;
        list.heads.insert(self.number, head.clone());
        Ok(head)
    }

    /// The texts of rows one after the other, and where each lies, measured in bytes of the file. Where a form of rows is
    /// given, every row ends with a line end.
    fn text(&self, opened: &mut Opened, places: &[Place], form: Option<&Raw>) -> Result<(Chunk, Places), Fault> {
        let trouble = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => locate::changed(self.file),
            _ => trouble(&self.file.name, "read", &error),
        };
        let (raw, starts) = self.gather(opened, places).map_err(trouble)?;
        let mut chunk = Chunk { text: Vec::with_capacity(raw.len()), last: true, broken: Vec::new() };
        let (mut expected, mut at) = (Places::default(), 0);
        for (place, start) in places.iter().zip(starts) {
            let bytes = &raw[start..start + place.len as usize];
            let len = match form {
                Some(form) => form.add(bytes, &mut chunk).ok_or_else(|| locate::changed(self.file))?,
                None => {
                    chunk.text.extend_from_slice(bytes);
                    place.len
                }
            };
            expected.push(at, at + len);
            at += len;
        }
        Ok((chunk, expected))
    }

    /// The bytes of rows, and where each of them starts there. Rows that lie close together are read in one go.
    fn gather(&self, opened: &mut Opened, places: &[Place]) -> io::Result<(Vec<u8>, Vec<usize>)> {
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_unstable_by_key(|row| places[*row].start);
        let (mut raw, mut starts) = (Vec::new(), vec![0; places.len()]);
        let (mut rest, mut read) = (order.as_slice(), Vec::new());
        while let [first, others @ ..] = rest {
            let start = places[*first].start;
            let mut end = places[*first].end();
            let fits = |row: &&usize| {
                let place = &places[**row];
                let fits = place.start <= end.saturating_add(NEAR) && place.end() - start <= TOGETHER;
                end = end.max(if fits { place.end() } else { 0 });
                fits
            };
            let (rows, others) = rest.split_at(1 + others.iter().take_while(fits).count());
            self.exactly(opened, start, (end - start) as usize, &mut read)?;
            for row in rows {
                let from = (places[*row].start - start) as usize;
                starts[*row] = raw.len();
                raw.extend_from_slice(&read[from..from + places[*row].len as usize]);
            }
            rest = others;
        }
        Ok((raw, starts))
    }

    /// Reads so many bytes from a place.
    fn exactly(&self, opened: &mut Opened, start: u64, len: usize, into: &mut Vec<u8>) -> io::Result<()> {
        into.clear();
        if let Some(content) = &self.file.content {
            let start = usize::try_from(start).unwrap_or(usize::MAX);
            let bytes = content.get(start..).and_then(|rest| rest.get(..len));
            into.extend_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
            return Ok(());
        }
        into.resize(len, 0);
        opened.fill(self.world, &self.file.path, start, into)
    }
}

/// How rows that end with a line stand in their file.
struct Raw {
    encoding: Encoding,
    big_endian: bool,
    /// What ends a line.
    end: u8,
}

impl Raw {
    /// Adds a row to a text and gives the bytes that it takes in the file; the last row of a file may lack its line end, and
    /// gets one. `None` if the bytes cannot be decoded.
    fn add(&self, bytes: &[u8], chunk: &mut Chunk) -> Option<u32> {
        let before = chunk.text.len();
        if self.encoding == Encoding::Utf8 {
            chunk.text.extend_from_slice(bytes);
        } else {
            let mut row = chunk::decode(bytes.to_vec(), true, self.encoding, self.big_endian);
            if !row.broken.is_empty() {
                return None;
            }
            chunk.text.append(&mut row.text);
        }
        if chunk.text.last() != Some(&self.end) {
            chunk.text.push(self.end);
        }
        Some(chunk::raw_len(&chunk.text[before..], self.encoding) as u32)
    }
}
