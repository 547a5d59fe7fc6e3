//! Files: lists read piece by piece, sets delivered together.
//!
//! Reading: a page is the rows of one piece of a file, and a mark names the file, the byte and the line where the next
//! piece starts. Cells of CSV without quotes and texts of JSON without escapes point into the bytes as they were read.
//! Writing: see [`set`].

mod again;
mod bundle;
mod chunk;
mod deliveries;
mod document;
mod documents;
mod element;
mod fixed;
mod grid;
mod guess;
mod header;
mod ldif;
mod locate;
mod markup;
mod nest;
mod part;
mod piece;
pub mod record;
mod scan;
mod set;
mod sheet;
mod split;
mod table;
mod walk;
mod writer;
mod xml;

use super::{
    Batch, Fault, Item, Later, Mark, Note, Opener, Page, Place, Places, Receipt, Sent, Session, Settings, Unfinished,
};
use crate::protocol::files::{Call, Connection, Layout};
use crate::protocol::template::{Scope, Template};
use crate::protocol::{CallId, Dialect};
use crate::world::{Held, World};
use chunk::Opened;
use deliveries::{Delivery, Followed};
use documents::Documents;
use fixed::Lines;
use header::{Head, Table};
use ldif::LdifFile;
use locate::{Folder, Found, refuse};
use part::Part;
use piece::Piece;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// Opens connections to files.
#[derive(Clone, Copy, Debug)]
pub struct Files {
    /// Bytes that a page reads at once.
    pub page: usize,
}

/// Bytes of a page: large enough that the cost of a page is nothing, small enough to stay in the cache of the machine, and that a
/// list which is worked while it is read takes little room.
const PAGE: usize = 1 << 19;

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
    /// The starts of the files that were begun, by their numbers.
    heads: BTreeMap<usize, Head>,
    /// The file that was read last.
    opened: Opened,
    /// What was open in an XML file where the last page ended.
    open: Option<(usize, xml::Place)>,
    /// What is odd about its files; told with its first page.
    notes: Vec<Note>,
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
        let name = self.render(&call.file, &call.names)?;
        let deliveries = self.deliveries()?;
        let Some(last) = deliveries.first() else { return Err(refuse(format!("{name}: there is no such file"))) };
        let told = self.connection.deliveries.as_ref().and_then(|deliveries| deliveries.manifest.as_ref());
        let followed = match told {
            Some(told) => deliveries::follow(self.world, &deliveries, told, &self.manifest_dialect(), &name)?,
            None => {
                let files = last.find(self.world, &name)?;
                Followed { last: files.clone(), files, notes: Vec::new() }
            }
        };
        let all = if rule.spread.is_some() { self.all_files(last) } else { Vec::new() };
        let wait = locate::complete(self.world, rule, &last.folder, &followed.last, &all)?;
        let list = List {
            files: followed.files,
            heads: BTreeMap::new(),
            opened: Opened::default(),
            open: None,
            notes: followed.notes,
        };
        Ok((list, wait))
    }

    /// The deliveries that there are, the last one first.
    fn deliveries(&self) -> Result<Vec<Delivery>, Fault> {
        if let Some(deliveries) = &self.connection.deliveries {
            let pattern = self.render(&deliveries.names, &[])?;
            if !pattern.is_empty() {
                return deliveries::all(self.world, &self.folder, &pattern, deliveries.by_time);
            }
        }
        let zip = match &self.connection.zip {
            None => None,
            Some(zip) => Some(locate::newest_zip(self.world, &self.folder, &self.render(zip, &[])?)?),
        };
        Ok(vec![Delivery { folder: self.folder.clone(), zip }])
    }

    /// All files of a delivery that are there.
    fn all_files(&self, delivery: &Delivery) -> Vec<Found> {
        // Files of one zip file are of one moment.
        if delivery.zip.is_some() {
            return Vec::new();
        }
        let calls = self.connection.calls.iter().filter(|call| !call.write);
        let names = calls.filter_map(|call| self.render(&call.file, &call.names).ok());
        names.filter_map(|name| delivery.find(self.world, &name).ok()).flatten().collect()
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
        let opened = &mut list.opened;
        let (mut part, offset, mut notes) = match &call.layout {
            Layout::Csv { dialect, listed } => {
                let table = Table { name: &file.name, csv: dialect, slots: &call.slots, listed: listed.as_deref() };
                piece.table(opened, &table, position, &mut list.heads)?
            }
            Layout::Json { rows, shape } => {
                piece.json(opened, &Documents { name: &file.name, shape }, rows, position)?
            }
            Layout::Ndjson { shape } => piece.ndjson(opened, &Documents { name: &file.name, shape }, position)?,
            Layout::Xml { dialect, shape } => {
                piece.xml(opened, &xml::XmlFile { name: &file.name, dialect, shape }, position, &mut list.open)?
            }
            Layout::Xlsx { sheet, listed } => {
                let csv = &sheet.table;
                let table = Table { name: &file.name, csv, slots: &call.slots, listed: listed.as_deref() };
                piece.sheet(opened, sheet, &table)?
            }
            Layout::Fixed { dialect, ranges } => {
                let lines = Lines { name: &file.name, dialect, ranges, slots: &call.slots };
                piece.lines(opened, &lines, position)?
            }
            Layout::Ldif { shape } => piece.ldif(opened, &LdifFile { name: &file.name, shape }, position)?,
        };
        let next = match (part.finished, position.file + 1 < list.files.len()) {
            (false, _) => Some(Position { file: position.file, offset, line: part.line }.mark()),
            (true, true) => Some(Position { file: position.file + 1, offset: 0, line: 0 }.mark()),
            (true, false) => None,
        };
        notes.append(&mut list.notes);
        // Rows of an earlier delivery give way to later ones: what was asked for would have to be settled again.
        if list.files.iter().any(|file| file.turn > 0) {
            part.places = Places::default();
        }
        let torn = std::mem::take(&mut part.torn);
        let mut rows = batch(part, call.slots.len(), &file.name, file.turn);
        rows.ahead = ahead(&rows, &file, position.offset..offset);
        Ok(Page { rows, next, torn, notes })
    }
}

/// About how many rows of a file come after some that were read from these bytes of it.
fn ahead(rows: &Batch, file: &Found, read: Range<u64>) -> u32 {
    let size = file.content.as_ref().map_or(file.stat.len, |content| content.len() as u64);
    let left = (rows.len() as u64).saturating_mul(size.saturating_sub(read.end));
    let rows = left.checked_div(read.end.saturating_sub(read.start)).unwrap_or(0);
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// The rows of a part.
fn batch(mut part: Part, width: usize, from: &str, turn: u32) -> Batch {
    let cells = part.all_cells(width);
    Batch {
        texts: part.bytes.into_texts(),
        cells,
        csv: part.csv,
        inner: part.inner,
        from: from.into(),
        lines: part.lines.into(),
        places: part.places,
        turn,
        ahead: 0,
    }
}

impl Session for FileSession<'_> {
    fn page<'a>(&'a mut self, call: CallId, mark: Option<&'a Mark>) -> Later<'a, Result<Page, Fault>> {
        Box::pin(self.read(call, mark))
    }

    fn again<'a>(&'a mut self, call: CallId, places: &'a [Place]) -> Later<'a, Result<Batch, Fault>> {
        Box::pin(async move { self.read_again(call, places) })
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
