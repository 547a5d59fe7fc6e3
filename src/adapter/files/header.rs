//! The start of a CSV file: byte order mark, header, and which column each slot lies in.

use super::chunk::{self, Chunk};
use super::guess;
use super::split::{Row, Splitter, Step};
use crate::adapter::Note;
use crate::finding::layout::counted;
use crate::finding::suggest::nearest;
use crate::protocol::ListForm;
use crate::protocol::files::csv::{Bom, Columns, Header};
use crate::protocol::files::{Column, Csv};

/// So many columns that nobody knows are named.
const NAMED: usize = 20;

/// What a page needs to know of the start of its file.
#[derive(Clone, Debug)]
pub struct Head {
    /// Where the first row starts, in bytes of the file.
    pub offset: u64,
    /// The line of the first row.
    pub line: u32,
    /// The column of each slot.
    pub columns: Vec<Option<usize>>,
    /// The columns of lists.
    pub lists: Vec<ListColumns>,
    /// Cells in a row.
    pub cells: usize,
    /// What ends a line.
    pub end: u8,
    /// The order of bytes in UTF-16.
    pub big_endian: bool,
}

/// The columns that a list lies in.
#[derive(Clone, Debug)]
pub struct ListColumns {
    /// Its slot.
    pub slot: usize,
    /// The columns, in order.
    pub columns: Vec<usize>,
    /// What stands between the elements, where all lie in one column.
    between: Option<String>,
}

impl ListColumns {
    /// The elements in the text of a cell; empty ones are none.
    pub fn split<'t>(&'t self, text: &'t str) -> impl Iterator<Item = &'t str> {
        let (joined, alone) = match &self.between {
            Some(between) => (Some(text.split(between.as_str()).map(str::trim)), None),
            None => (None, Some(text)),
        };
        joined.into_iter().flatten().chain(alone).filter(|text| !text.is_empty())
    }
}

/// Where the slots of a table lie.
#[derive(Debug)]
pub struct Places {
    /// The column of each slot.
    pub slots: Vec<Option<usize>>,
    /// The columns of lists.
    pub lists: Vec<ListColumns>,
}

/// A CSV file by its description.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    /// The file as people know it.
    pub name: &'a str,
    /// How it is written.
    pub csv: &'a Csv,
    /// The fields.
    pub slots: &'a [Column],
    /// The columns in order, where the call lists them.
    pub listed: Option<&'a [String]>,
}

/// Why the start of a file cannot be used, or that more of it is needed.
#[derive(Debug)]
pub enum Refused {
    /// In words.
    Fault(String),
    /// The header does not end in the bytes that were given.
    More,
}

impl<'a> Table<'a> {
    /// Reads the start of a file.
    pub fn head(&self, bytes: &[u8], last: bool, notes: &mut Vec<Note>) -> Result<Head, Refused> {
        if let Some(other) = chunk::other_encoding(bytes, self.csv.encoding) {
            return Err(self.fault(format!("the file is {other}, and `encoding` says {}", self.csv.encoding.word())));
        }
        let (skipped, big_endian) = self.marks(bytes, notes);
        let start = chunk::decode(bytes[skipped..].to_vec(), last, self.csv.encoding, big_endian);
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        if last && start.text.iter().all(blank) {
            return self.empty(skipped, big_endian, notes);
        }
        let end = if start.text.contains(&b'\n') || !start.text.contains(&b'\r') { b'\n' } else { b'\r' };
        let (at, next, line, first) = self.first_row(&start, end)?;
        let listed = self.csv.header == Header::None
            || self.csv.header == Header::Optional
                && !first.iter().any(|cell| self.slots.iter().any(|slot| slot.at == *cell));
        if !listed && let Some(why) = guess::no_header(self, &start.text, &first) {
            return Err(self.fault(why));
        }
        let (columns, cells) = if listed { self.without_header() } else { self.with_header(&first, notes)? };
        let lists = self.lists(&if listed { self.names() } else { first });
        let (used, line) = if listed { (at, line - 1) } else { (next, line) };
        let offset = skipped as u64 + chunk::raw_len(&start.text[..used], self.csv.encoding);
        Ok(Head { offset, line: line + 1, columns, lists, cells, end, big_endian })
    }

    /// Where slots lie under a header.
    pub fn named(&self, header: &[String], notes: &mut Vec<Note>) -> Result<Places, Refused> {
        let (slots, _) = self.with_header(header, notes)?;
        Ok(Places { slots, lists: self.lists(header) })
    }

    /// Where slots lie without one.
    pub fn by_place(&self) -> Places {
        Places { slots: self.without_header().0, lists: self.lists(&self.names()) }
    }

    /// Names of the columns of a file without a header.
    fn names(&self) -> Vec<String> {
        match self.listed {
            Some(listed) => listed.to_vec(),
            None => self.slots.iter().map(|slot| slot.at.clone()).collect(),
        }
    }

    /// The columns of lists.
    fn lists(&self, header: &[String]) -> Vec<ListColumns> {
        let mut lists = Vec::new();
        for (slot, column) in self.slots.iter().enumerate().filter(|(_, column)| !column.unused) {
            let (columns, between) = match &column.list {
                ListForm::None => continue,
                ListForm::Joined(between) => {
                    let at = header.iter().position(|name| *name == column.at);
                    (at.into_iter().collect(), Some(between.clone()))
                }
                ListForm::Wide(wide) => {
                    let mut found: Vec<(u32, usize)> =
                        header.iter().enumerate().filter_map(|(at, name)| Some((wide.index(name)?, at))).collect();
                    found.sort_unstable();
                    (found.into_iter().map(|(_, at)| at).collect(), None)
                }
            };
            lists.push(ListColumns { slot, columns, between });
        }
        lists
    }

    fn fault(&self, say: impl std::fmt::Display) -> Refused {
        Refused::Fault(format!("{}: {say}", self.name))
    }

    /// Skips byte order marks.
    fn marks(&self, bytes: &[u8], notes: &mut Vec<Note>) -> (usize, bool) {
        let (len, big_endian) = chunk::start(bytes, self.csv.encoding);
        if len == 0 {
            return (0, big_endian);
        }
        if self.csv.bom == Bom::None {
            notes.push(Note {
                origin: self.name.into(),
                what: "starts with a byte order mark, although `bom` says none".into(),
            });
        }
        let twice = self.csv.bom != Bom::None && chunk::mark(&bytes[len..], self.csv.encoding).is_some();
        if twice && self.csv.bom != Bom::Double {
            let what = "starts with two byte order marks; `bom: double` says that they belong there".to_string();
            notes.push(Note { origin: self.name.into(), what });
        }
        (if twice { 2 * len } else { len }, big_endian)
    }

    /// A file without anything in it: an accident, unless it has no header anyway.
    fn empty(&self, skipped: usize, big_endian: bool, notes: &mut Vec<Note>) -> Result<Head, Refused> {
        if self.csv.header != Header::None {
            return Err(self.fault("the file is empty; a list without rows still has its header"));
        }
        notes.push(Note { origin: self.name.into(), what: "the file is empty".into() });
        let (columns, cells) = self.without_header();
        let lists = self.lists(&self.names());
        Ok(Head { offset: skipped as u64, line: 1, columns, lists, cells, end: b'\n', big_endian })
    }

    /// The bytes of the lines before the header.
    fn skipped(&self, start: &Chunk, end: u8) -> Result<usize, Refused> {
        let Some(before) = self.csv.skip_lines.checked_sub(1) else { return Ok(0) };
        match memchr::memchr_iter(end, &start.text).nth(before as usize) {
            Some(last) => Ok(last + 1),
            None if start.last => {
                Err(self
                    .fault(format!("the file ends in the {} before its header", counted(self.csv.skip_lines, "line"))))
            }
            None => Err(Refused::More),
        }
    }

    /// The first row: where it starts and ends, its last line, its cells.
    fn first_row(&self, start: &Chunk, end: u8) -> Result<(usize, usize, u32, Vec<String>), Refused> {
        let splitter = Splitter::new(self.csv, end);
        let (mut at, mut line, mut row) = (self.skipped(start, end)?, self.csv.skip_lines + 1, Row::default());
        loop {
            match splitter.step(&start.text, at, start.last, &mut row) {
                Step::Skip { next } => (at, line) = (next, line + 1),
                Step::More | Step::End if !start.last => return Err(Refused::More),
                Step::Row { next, lines, .. } => {
                    let cells = row.cells.iter().map(|piece| self.name_of(row.bytes(&start.text, *piece)));
                    let cells = cells.collect::<Option<Vec<_>>>();
                    let unreadable = || {
                        let seen = guess::no_header(self, &start.text, &[]);
                        self.fault(seen.unwrap_or_else(|| format!("line {line} is no {}", self.csv.encoding.word())))
                    };
                    return Ok((at, next, line + lines - 1, cells.ok_or_else(unreadable)?));
                }
                Step::Torn { why, .. } => {
                    let seen = guess::no_header(self, &start.text, &[]);
                    return Err(self.fault(seen.unwrap_or_else(|| format!("line {line}: {why}"))));
                }
                Step::Unclosed => return Err(self.fault(format!("line {line}: a quote is opened and never closed"))),
                Step::More | Step::End => return Err(self.fault("the file holds comments and blank lines alone")),
            }
        }
    }

    /// A cell of the header as text.
    fn name_of(&self, bytes: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(bytes).ok()?;
        let text = if self.csv.trim_left { text.trim_start() } else { text };
        let text = if self.csv.trim_right { text.trim_end() } else { text };
        (!text.contains('\0')).then(|| text.to_string())
    }

    /// Columns of a file without a header: those of the list, else the fields in their order.
    fn without_header(&self) -> (Vec<Option<usize>>, usize) {
        match self.listed {
            Some(listed) => {
                let find = |slot: &Column| listed.iter().position(|name| *name == slot.at);
                (self.slots.iter().map(find).collect(), listed.len())
            }
            None => ((0..self.slots.len()).map(Some).collect(), self.slots.len()),
        }
    }

    fn with_header(&self, header: &[String], notes: &mut Vec<Note>) -> Result<(Vec<Option<usize>>, usize), Refused> {
        if self.csv.columns == Columns::ByPosition {
            let (columns, cells) = self.without_header();
            return match header.len() == cells {
                true => Ok((columns, cells)),
                false => Err(self
                    .fault(format!("the header has {}, {cells} are declared", counted(header.len() as u64, "column")))),
            };
        }
        let find = |slot: &Column| header.iter().position(|name| *name == slot.at);
        let columns: Vec<Option<usize>> = self.slots.iter().map(find).collect();
        // A first line without a single known name may be a row: its cells are people's data and are not shown.
        if !self.slots.is_empty() && columns.iter().all(Option::is_none) {
            let first = self.slots[0].at.as_str();
            return Err(self.fault(format!("no declared column (`{first}`, …) is in the first line; does the file have no header, or another separator?")));
        }
        self.check_missing(header, &columns, notes)?;
        self.check_present(header, &columns, notes)?;
        Ok((columns, header.len()))
    }

    /// Columns that are not there.
    fn check_missing(
        &self,
        header: &[String],
        columns: &[Option<usize>],
        notes: &mut Vec<Note>,
    ) -> Result<(), Refused> {
        let exact = self.csv.columns == Columns::AsDeclared;
        let unknown: Vec<&str> = self.unknown(header).collect();
        let mut faults = Vec::new();
        for (slot, _) in self.slots.iter().zip(columns).filter(|(_, column)| column.is_none()) {
            let hint = nearest(&slot.at, unknown.iter().copied()).map(|near| format!(" (did you mean `{near}`?)"));
            let missing = format!("the column `{}` is missing{}", slot.at, hint.unwrap_or_default());
            if slot.marks {
                faults.push(format!("{missing}, and by it protected people are known (`protected_when`)"));
            } else if exact || slot.required && !slot.unused {
                faults.push(missing);
            } else if !slot.unused {
                notes.push(Note { origin: self.name.into(), what: missing });
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(self.fault(faults.join("; "))) }
    }

    /// Columns that are there twice, in another order, or that nobody knows.
    fn check_present(
        &self,
        header: &[String],
        columns: &[Option<usize>],
        notes: &mut Vec<Note>,
    ) -> Result<(), Refused> {
        for (slot, column) in self.slots.iter().zip(columns) {
            let twice = column.is_some_and(|column| header[column + 1..].contains(&slot.at));
            if twice && !slot.unused {
                return Err(self.fault(format!("the column `{}` is there twice", slot.at)));
            }
        }
        let mut unknown: Vec<String> = self.unknown(header).map(|name| format!("`{name}`")).collect();
        let more = unknown.len().saturating_sub(NAMED);
        if more > 1 {
            unknown.truncate(NAMED);
            unknown.push(format!("and {more} more"));
        }
        let exact = self.csv.columns == Columns::AsDeclared;
        if exact && self.listed.is_some_and(|listed| listed != header) {
            return Err(self.fault("the columns are not the declared ones in their order"));
        }
        match (unknown.is_empty(), exact) {
            (true, _) => Ok(()),
            (false, true) => Err(self.fault(format!("unknown columns: {}", unknown.join(", ")))),
            (false, false) => {
                notes.push(Note { origin: self.name.into(), what: format!("unknown columns: {}", unknown.join(", ")) });
                Ok(())
            }
        }
    }

    /// Names in the header that no field and no list knows.
    fn unknown<'b>(&'b self, header: &'b [String]) -> impl Iterator<Item = &'b str> {
        let known = |name: &String| {
            self.slots.iter().any(|slot| slot.at == *name || slot.list.has_column(name))
                || self.listed.is_some_and(|listed| listed.contains(name))
        };
        header.iter().filter(move |name| !name.is_empty() && !known(name)).map(String::as_str)
    }
}
