//! Files: lists read piece by piece, sets delivered together.
//!
//! Reading: a page is the rows of one piece of a file, and a mark names the file, the byte and the line where the next
//! piece starts. Cells of CSV without quotes and texts of JSON without escapes point into the bytes as they were read.
//! Writing: see [`set`].

mod chunk;
mod documents;
mod header;
mod locate;
mod part;
pub mod record;
mod scan;
mod set;
mod split;
mod table;
mod writer;

use super::{Batch, Fault, Item, Later, Mark, Note, Opener, Page, Receipt, Sent, Session, Settings, Torn, Unfinished};
use crate::protocol::files::csv::Encoding;
use crate::protocol::files::shape::Rows;
use crate::protocol::files::{Call, Connection, Layout};
use crate::protocol::template::{Scope, Template};
use crate::protocol::{CallId, Dialect};
use crate::world::{Held, World};
use chunk::Chunk;
use documents::Documents;
use header::{Head, Refused, Table};
use locate::{Folder, Found, refuse, trouble};
use part::Part;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// Opens connections to files.
#[derive(Clone, Copy, Debug)]
pub struct Files {
    /// Bytes that a page reads at once.
    pub page: usize,
}

/// Bytes of a page: large enough that the cost of a page is nothing, small enough to stay in the cache of the machine.
const PAGE: usize = 4 << 20;

/// No record is longer than this: a quote that is opened by accident would read the whole file into one cell.
const RECORD: usize = 64 << 20;

impl Default for Files {
    fn default() -> Files {
        Files { page: PAGE }
    }
}

impl Opener for Files {
    fn open<'a>(
        &'a self,
        dialect: &'a dyn Dialect,
        world: &'a dyn World,
        settings: &'a Settings,
    ) -> Later<'a, Result<Box<dyn Session + 'a>, Fault>> {
        Box::pin(async move {
            let Some(connection) = dialect.as_any().downcast_ref::<Connection>() else {
                return Err(Fault::stop("this connection is not one to files"));
            };
            if !connection.unbuilt.is_empty() {
                return Err(Fault::stop(unbuilt(&connection.unbuilt)));
            }
            let values: Map<String, Value> = settings.values.iter().cloned().collect();
            let mut session = FileSession {
                world,
                connection,
                settings: Value::Object(values),
                as_of: Value::String(settings.as_of.clone()),
                folder: Folder { path: settings.folder.clone(), name: String::new() },
                page: self.page,
                lists: BTreeMap::new(),
                lock: None,
            };
            let name = session.render(&connection.folder, &[])?;
            session.folder = Folder { path: settings.folder.join(&name), name };
            let session: Box<dyn Session + 'a> = Box::new(session);
            Ok(session)
        })
    }
}

/// Why a connection with words that are not built yet is not opened.
fn unbuilt(words: &[String]) -> String {
    let hint = if words.iter().any(|word| word.starts_with("`at:")) {
        "; set `at: local` and fetch the files by other means"
    } else {
        ""
    };
    format!("{} cannot be executed yet{hint}", words.join(", "))
}

/// An open connection to files.
struct FileSession<'a> {
    world: &'a dyn World,
    connection: &'a Connection,
    settings: Value,
    as_of: Value,
    folder: Folder,
    page: usize,
    /// The lists that are being read.
    lists: BTreeMap<CallId, List>,
    /// Held from the start of a delivery until its set is settled, so that two runs never write into one folder.
    lock: Option<Box<dyn Held>>,
}

/// A list while it is read.
struct List {
    files: Vec<Found>,
    /// The file that was begun last, by number, and its start.
    head: Option<(usize, Head)>,
}

/// Where a page starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    file: usize,
    offset: u64,
    /// Line, or number of the record; 0 at the start of a file.
    line: u32,
}

impl Position {
    fn of(mark: Option<&Mark>) -> Option<Position> {
        let Some(mark) = mark else { return Some(Position { file: 0, offset: 0, line: 0 }) };
        let mut numbers = mark.0.split(':').map(str::parse::<u64>);
        let mut next = || numbers.next()?.ok();
        Some(Position { file: next()? as usize, offset: next()?, line: next()? as u32 })
    }

    fn mark(self) -> Mark {
        Mark(format!("{}:{}:{}", self.file, self.offset, self.line))
    }
}

impl<'a> FileSession<'a> {
    fn render(&self, template: &Template, names: &[(String, String)]) -> Result<String, Fault> {
        let entity = names.iter().map(|(name, word)| (name.clone(), Value::String(word.clone()))).collect();
        let scope = Scope::new()
            .with("settings", &self.settings)
            .with("as_of", &self.as_of)
            .with_own("entity", Value::Object(entity));
        template.render_text(&scope).map_err(|why| Fault::stop(format!("`{}`: {why}", template.source())))
    }

    fn call(&self, id: CallId, write: bool) -> Result<&'a Call, Fault> {
        let call = self.connection.call(id).filter(|call| call.write == write);
        call.ok_or_else(|| Fault::stop(if write { "this call does not deliver" } else { "this call does not read" }))
    }

    /// The files of a call, and how long to wait before they may be read.
    fn locate(&self, call: &Call) -> Result<(List, Duration), Fault> {
        let rule = &self.connection.complete;
        let files = locate::find(self.world, &self.folder, &self.render(&call.file, &call.names)?)?;
        let all = if rule.spread.is_some() { self.all_files() } else { Vec::new() };
        let wait = locate::complete(self.world, rule, &self.folder, &files, &all)?;
        Ok((List { files, head: None }, wait))
    }

    /// All files of the set that are there.
    fn all_files(&self) -> Vec<Found> {
        let calls = self.connection.calls.iter().filter(|call| !call.write);
        let names = calls.filter_map(|call| self.render(&call.file, &call.names).ok());
        names.filter_map(|name| locate::find(self.world, &self.folder, &name).ok()).flatten().collect()
    }

    async fn read(&mut self, id: CallId, mark: Option<&Mark>) -> Result<Page, Fault> {
        let call = self.call(id, false)?;
        let position = Position::of(mark).ok_or_else(|| refuse("this mark is of another connection".into()))?;
        if mark.is_none() || !self.lists.contains_key(&id) {
            let (list, wait) = self.locate(call)?;
            if !wait.is_zero() {
                // Each page looks whether its file has changed since it was found.
                self.world.sleep(wait).await;
            }
            self.lists.insert(id, list);
        }
        let Some(list) = self.lists.get_mut(&id) else { return Err(refuse("the list is not open".into())) };
        let Some(file) = list.files.get(position.file).cloned() else {
            return Err(refuse("this mark is of another list".into()));
        };
        locate::unchanged(self.world, &file)?;
        let piece = Piece { world: self.world, file: &file, page: self.page };
        let (part, offset, notes) = match &call.layout {
            Layout::Csv { dialect, listed } => {
                let table = Table { name: &file.name, csv: dialect, slots: &call.slots, listed: listed.as_deref() };
                piece.table(&table, position, &mut list.head)?
            }
            Layout::Json { rows, shape } => piece.json(&Documents { name: &file.name, shape }, rows, position)?,
            Layout::Ndjson { shape } => piece.ndjson(&Documents { name: &file.name, shape }, position)?,
        };
        let next = match (part.finished, position.file + 1 < list.files.len()) {
            (false, _) => Some(Position { file: position.file, offset, line: part.line }.mark()),
            (true, true) => Some(Position { file: position.file + 1, offset: 0, line: 0 }.mark()),
            (true, false) => None,
        };
        Ok(page(part, call.slots.len(), &file.name, next, notes))
    }
}

fn page(part: Part, width: usize, name: &str, next: Option<Mark>, notes: Vec<Note>) -> Page {
    let rows = Batch {
        texts: Batch::texts_of(part.bytes),
        cells: part.cells,
        inner: part.inner,
        width,
        from: name.into(),
        lines: part.lines,
    };
    Page { rows, next, torn: part.torn, notes }
}

/// One piece of a file that is to be read.
struct Piece<'a> {
    world: &'a dyn World,
    file: &'a Found,
    page: usize,
}

/// Rows, the byte of the file after them, and notes.
type Read = (Part, u64, Vec<Note>);

impl Piece<'_> {
    fn bytes(&self, offset: u64, want: usize) -> Result<(Vec<u8>, bool), Fault> {
        chunk::read(self.world, &self.file.path, offset, want).map_err(|error| trouble(&self.file.name, "read", &error))
    }

    /// Rows of CSV.
    fn table(&self, table: &Table<'_>, position: Position, known: &mut Option<(usize, Head)>) -> Result<Read, Fault> {
        let mut notes = Vec::new();
        let head = match known {
            Some((file, head)) if *file == position.file => head.clone(),
            _ => self.head(table, &mut notes)?,
        };
        *known = Some((position.file, head.clone()));
        let (offset, line) =
            if position.line == 0 { (head.offset, head.line) } else { (position.offset, position.line) };
        if position.line != 0 {
            notes.clear();
        }
        let encoding = table.csv.encoding;
        let mut part = self.grow(offset, |bytes, last| {
            Ok(table.rows(&head, chunk::decode(bytes, last, encoding, head.big_endian), line))
        })?;
        if part.consumed == 0 && !part.finished {
            part.finished = true;
            let why = "no record ends in the next 64 MB: is a quote opened and never closed? The rest of the file was not read";
            part.tear(Torn { origin: format!("{}, line {line}", table.name), why: why.into() });
        }
        let after = offset + chunk::raw_len(&part.bytes[..part.consumed], encoding);
        Ok((part, after, notes))
    }

    /// The start of a CSV file.
    fn head(&self, table: &Table<'_>, notes: &mut Vec<Note>) -> Result<Head, Fault> {
        let mut want = 1 << 16;
        loop {
            let (bytes, last) = self.bytes(0, want)?;
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
    fn grow(&self, offset: u64, mut read: impl FnMut(Vec<u8>, bool) -> Result<Part, Fault>) -> Result<Part, Fault> {
        let mut want = self.page;
        loop {
            let (bytes, last) = self.bytes(offset, want)?;
            let part = read(bytes, last)?;
            if part.consumed > 0 || part.finished || want > RECORD {
                return Ok(part);
            }
            want *= 4;
        }
    }

    /// Records of a JSON file.
    fn json(&self, documents: &Documents<'_>, rows: &Rows, position: Position) -> Result<Read, Fault> {
        let Rows::List(path) = rows else { return self.whole(documents) };
        let (offset, number) =
            if position.line == 0 { (self.list_start(documents, path)?, 1) } else { (position.offset, position.line) };
        let part = self.grow(offset, |bytes, last| {
            let chunk = Chunk { text: bytes, last, broken: Vec::new() };
            Ok(with_text(documents.list(&chunk, number, path.is_empty()), chunk))
        })?;
        self.after(documents, part, offset)
    }

    fn ndjson(&self, documents: &Documents<'_>, position: Position) -> Result<Read, Fault> {
        let mut notes = Vec::new();
        let (offset, line) = if position.line == 0 {
            let (start, last) = self.bytes(0, 16)?;
            if start.is_empty() && last {
                notes.push(Note { origin: documents.name.into(), what: "the file is empty".into() });
            }
            (documents.mark(&start).map_err(refuse)? as u64, 1)
        } else {
            (position.offset, position.line)
        };
        let part = self.grow(offset, |bytes, last| {
            let chunk = Chunk { text: bytes, last, broken: Vec::new() };
            Ok(with_text(documents.lines(&chunk, line), chunk))
        })?;
        self.after(documents, part, offset).map(|(part, after, _)| (part, after, notes))
    }

    /// A file that is one record.
    fn whole(&self, documents: &Documents<'_>) -> Result<Read, Fault> {
        let (bytes, last) = self.bytes(0, RECORD)?;
        if !last {
            return Err(refuse(format!("{}: one record is larger than 64 MB", documents.name)));
        }
        let mark = documents.mark(&bytes).map_err(refuse)?;
        let chunk = Chunk { text: bytes[mark..].to_vec(), last, broken: Vec::new() };
        let part = documents.whole(&chunk);
        Ok((with_text(part, chunk), 0, Vec::new()))
    }

    /// The byte behind the bracket that opens the list.
    fn list_start(&self, documents: &Documents<'_>, path: &[String]) -> Result<u64, Fault> {
        let mut want = self.page;
        loop {
            let (bytes, last) = self.bytes(0, want)?;
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
    fn after(&self, documents: &Documents<'_>, mut part: Part, offset: u64) -> Result<Read, Fault> {
        if part.consumed == 0 && !part.finished {
            part.finished = true;
            let why = "the record does not end in the next 64 MB; the rest of the file was not read";
            part.tear(Torn { origin: format!("{}, record {}", documents.name, part.line), why: why.into() });
        }
        let after = offset + chunk::raw_len(&part.bytes[..part.consumed], Encoding::Utf8);
        Ok((part, after, Vec::new()))
    }
}

/// Puts decoded texts behind the text that they come from.
fn with_text(mut part: Part, chunk: Chunk) -> Part {
    let mut bytes = chunk.text;
    bytes.append(&mut part.bytes);
    Part { bytes, ..part }
}

impl Session for FileSession<'_> {
    fn page<'a>(&'a mut self, call: CallId, mark: Option<&'a Mark>) -> Later<'a, Result<Page, Fault>> {
        Box::pin(self.read(call, mark))
    }

    fn send<'a>(&'a mut self, _: CallId, _: &'a [Item]) -> Later<'a, Sent> {
        Box::pin(async { Sent::Nothing(Fault::stop("files are delivered whole, never record by record")) })
    }

    fn deliver<'a>(&'a mut self, set: &'a str, parts: &'a mut [super::Part<'a>]) -> Later<'a, Result<Receipt, Fault>> {
        Box::pin(async move { self.deliver_set(set, parts) })
    }

    fn unfinished<'a>(&'a mut self) -> Later<'a, Result<Option<Unfinished>, Fault>> {
        Box::pin(async move { self.unfinished_set() })
    }

    fn resolve<'a>(&'a mut self, set: &'a str, finish: bool) -> Later<'a, Result<(), Fault>> {
        Box::pin(async move { self.resolve_set(set, finish) })
    }

    fn settle<'a>(&'a mut self, set: &'a str) -> Later<'a, Result<(), Fault>> {
        Box::pin(async move { self.settle_set(set) })
    }
}

#[cfg(test)]
mod tests;
