//! The effectful half of every protocol: sessions that read pages, send records and deliver whole sets.
//!
//! An adapter knows its protocol, never a mapping. It gets files, sockets, clock and secrets from [`World`] alone.
//! Everything that goes wrong is a [`Fault`], which says in words what happened, where, and what the engine should do.

pub mod cells;
pub mod place;
pub mod drive;
pub mod files;
pub mod http;
pub mod packed;

pub use cells::Cells;
pub use place::{Place, Places};

use crate::protocol::files::line;
use crate::protocol::{CallId, Dialect};
use crate::world::World;
use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A future of a session.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Opens what a protocol compiled.
pub trait Opener: Sync {
    /// Opens a connection with the customer's settings (secrets resolved).
    fn open<'a>(
        &'a self,
        dialect: &'a dyn Dialect,
        world: &'a dyn World,
        settings: &'a Settings,
    ) -> Later<'a, Result<Box<dyn Session + 'a>, Fault>>;
}

/// The settings of one side of a sync, with secrets resolved. Its `Debug` shows names alone.
#[derive(Clone, Default)]
pub struct Settings {
    /// Name and value; lists and maps as JSON.
    pub values: Vec<(String, serde_json::Value)>,
    /// Values that must never be shown, wherever they appear.
    pub secrets: Vec<String>,
    /// The folder that relative paths start from: that of the project.
    pub folder: std::path::PathBuf,
    /// The run's date, `yyyy-mm-dd`.
    pub as_of: String,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.iter().map(|(name, _)| name)).finish()
    }
}

/// An open connection.
pub trait Session: Send {
    /// One page of rows of a read call. `mark` is what the page before gave as `next`; it is opaque.
    fn page<'a>(&'a mut self, call: CallId, mark: Option<&'a Mark>) -> Later<'a, Result<Page, Fault>>;

    /// Reads some rows of a list once more, in the order asked for, as one batch. The list was read with this call from this
    /// session before; a file that has changed since is a fault. Whether a session can do so is seen by [`Batch::place`].
    fn again<'a>(&'a mut self, call: CallId, places: &'a [Place]) -> Later<'a, Result<Batch, Fault>> {
        let _ = (call, places);
        Box::pin(async { Err(Fault::stop("rows of this connection cannot be read once more")) })
    }

    /// One write call with one or many records. Gives exactly one outcome for each, in their order.
    fn send<'a>(&'a mut self, call: CallId, items: &'a [Item]) -> Later<'a, Sent>;

    /// Writes whole files beside the old ones and makes all of them visible together. The marker that names `set` stays
    /// until [`Session::settle`], so that a kill in between is seen by [`Session::unfinished`].
    fn deliver<'a>(&'a mut self, set: &'a str, parts: &'a mut [Part<'a>]) -> Later<'a, Result<Receipt, Fault>>;

    /// The set that a killed run left half delivered: its name and whether its files are all written, so that it can be finished.
    fn unfinished<'a>(&'a mut self) -> Later<'a, Result<Option<Unfinished>, Fault>>;

    /// Makes all files of an unfinished set visible (`finish`), or takes back those that are (`!finish`); the marker stays until `settle`.
    fn resolve<'a>(&'a mut self, set: &'a str, finish: bool) -> Later<'a, Result<(), Fault>>;

    /// Removes the marker of a set: the store knows of it now.
    fn settle<'a>(&'a mut self, set: &'a str) -> Later<'a, Result<(), Fault>>;
}

/// A half delivered set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Its name.
    pub set: String,
    /// True if every file of it was written in full, so that it can be finished.
    pub whole: bool,
}

/// One file of a delivery.
pub struct Part<'a> {
    /// The write call of the entity.
    pub call: CallId,
    /// Its rows.
    pub rows: &'a mut dyn Rows,
}

/// Rows to be written, in order. Each cell is the wire text of a slot, `None` where absent.
pub trait Rows: Send {
    /// The next row, or `None` at the end.
    fn next(&mut self) -> Option<&[Option<String>]>;
}

/// What a delivery says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Files written: path as people know it, rows, bytes.
    pub files: Vec<(String, u64, u64)>,
}

/// Where the next page starts. Opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(pub String);

/// A page of rows.
pub struct Page {
    /// The rows.
    pub rows: Batch,
    /// Where the next page starts; `None` after the last.
    pub next: Option<Mark>,
    /// Rows that could not be read at all (a torn line): the entity is then incomplete, and each is reported.
    pub torn: Vec<Torn>,
    /// What is odd about the page although its rows can be used: a file with unknown columns.
    pub notes: Vec<Note>,
}

/// A row that could not be read, or the rest of many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Where it stands; of the rest of many, the last.
    pub origin: String,
    /// What is wrong with it; holds no personal data.
    pub why: String,
    /// How many rows this is: more than one for the rest of many.
    pub rows: u64,
}

impl Torn {
    /// One row.
    pub fn row(origin: impl Into<String>, why: impl Into<String>) -> Torn {
        Torn { origin: origin.into(), why: why.into(), rows: 1 }
    }
}

/// Something odd, for the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where.
    pub origin: String,
    /// What; holds no personal data.
    pub what: String,
}

/// Lines of CSV.
#[derive(Clone, Copy, Debug)]
pub struct Csv {
    /// What stands between two cells.
    pub separator: u8,
    /// How many bytes of the texts are lines. Behind them stand cells that had to be decoded.
    pub input: u32,
}

/// Rows that borrow their texts from one buffer.
#[derive(Clone, Default)]
pub struct Batch {
    /// The texts: input as it was read, and after it texts that had to be decoded (escapes, other encodings).
    pub texts: Arc<String>,
    /// The cells.
    pub cells: Cells,
    /// If the rows are lines of a CSV whose cells are quoted as RFC 4180 says.
    pub csv: Option<Csv>,
    /// Cells inside lists and structures.
    pub inner: Vec<Cell>,
    /// The file or the part of the list that the rows come from, as people know it.
    pub from: Arc<str>,
    /// Line in the file (from 1), or number in the page, of each row; 0 if the row was read again.
    pub lines: Lines,
    /// Where the rows stand in their file.
    pub places: Places,
    /// The delivery that the rows come from, counted from the last: rows of an earlier one give way to later rows with their
    /// key.
    pub turn: u32,
    /// About how many rows of the file come after these, as far as one can tell from how long it is.
    pub ahead: u32,
}

impl Batch {
    /// The bytes of an input as texts, each at its place. Bytes that are no UTF-8 lie in rows that were torn, where no cell
    /// points; question marks stand for them.
    pub fn texts_of(bytes: &[u8]) -> Arc<String> {
        let sound = sound(bytes);
        let mut whole = String::with_capacity(bytes.len());
        whole.push_str(sound);
        for chunk in bytes[sound.len()..].utf8_chunks() {
            whole.push_str(chunk.valid());
            whole.extend(std::iter::repeat_n('?', chunk.invalid().len()));
        }
        Arc::new(whole)
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Where a row stands, if it can be read again.
    pub fn place(&self, row: usize) -> Option<Place> {
        self.places.get(row)
    }

    /// The cells of a row.
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = Cell> + '_ {
        (0..self.cells.width()).map(move |slot| self.cell(row, slot))
    }

    /// One cell.
    #[inline]
    pub fn cell(&self, row: usize, slot: usize) -> Cell {
        self.cells.get(row, slot, &self.texts)
    }

    /// The cells of some slots of a row as a line of CSV, if they stand in the input as that line.
    pub fn line(&self, row: usize, slots: &[usize], separator: u8) -> Option<&[u8]> {
        let Cells::Near(near) = &self.cells else { return None };
        let csv = self.csv.filter(|csv| csv.separator == separator)?;
        line::line_of(&self.texts.as_bytes()[..csv.input as usize], separator, near.texts(row, slots))
    }

    /// The text under a text or number cell.
    #[inline]
    pub fn text(&self, start: u32, len: u32) -> &str {
        // Cells point at whole characters; a defect in an adapter shows as an empty text in a test, never as a crash at night.
        self.texts.get(start as usize..start as usize + len as usize).unwrap_or("")
    }

    /// The bytes under a text or number cell.
    #[inline]
    pub fn bytes(&self, start: u32, len: u32) -> &[u8] {
        self.texts.as_bytes().get(start as usize..start as usize + len as usize).unwrap_or_default()
    }
}

/// How many rows some batches have.
pub fn rows_of(batches: &[Batch]) -> usize {
    batches.iter().map(Batch::len).sum()
}

/// The start of some bytes, as far as they are UTF-8. Looks at them many at a time, which the standard library does not.
pub fn sound(bytes: &[u8]) -> &str {
    fn whole(bytes: &[u8]) -> Option<&str> {
        match encoding_rs::UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
            Some(Cow::Borrowed(text)) => Some(text),
            _ => None,
        }
    }
    let start = || whole(&bytes[..encoding_rs::Encoding::utf8_valid_up_to(bytes)]);
    whole(bytes).or_else(start).unwrap_or_default()
}

/// The lines of rows. Rows mostly stand one after the other, so only those that do not are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Each row after which lines go on one by one, and its line.
    runs: Vec<(u32, u32)>,
    len: u32,
}

impl Lines {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The line of a row.
    pub fn get(&self, row: usize) -> u32 {
        let run = self.runs.partition_point(|(first, _)| *first as usize <= row).checked_sub(1);
        run.map_or(0, |run| self.runs[run].1 + (row as u32 - self.runs[run].0))
    }

    /// All lines, in order of rows.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Adds the lines of the rows that come next.
    pub fn append(&mut self, more: &Lines) {
        for &(row, line) in &more.runs {
            let row = self.len + row;
            if self.runs.last().is_none_or(|(first, at)| row - first + at != line) {
                self.runs.push((row, line));
            }
        }
        self.len += more.len;
    }
}

impl From<Vec<u32>> for Lines {
    fn from(lines: Vec<u32>) -> Lines {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for (row, &line) in lines.iter().enumerate() {
            let row = row as u32;
            if runs.last().is_none_or(|(first, at)| row - first + at != line) {
                runs.push((row, line));
            }
        }
        Lines { runs, len: lines.len() as u32 }
    }
}

/// One value of a row, undecoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The key or column is not there.
    Missing,
    /// `null`.
    Null,
    /// A text: bytes `start..start + len`.
    Text {
        /// First byte.
        start: u32,
        /// Length in bytes.
        len: u32,
    },
    /// A number as it is written (JSON).
    Number {
        /// First byte.
        start: u32,
        /// Length in bytes.
        len: u32,
    },
    /// `true` or `false` (JSON).
    Bool(bool),
    /// A list: cells `first..first + len` of `inner`.
    List {
        /// First cell.
        first: u32,
        /// How many.
        len: u32,
    },
    /// A structure: cells `first..` of `inner`, one for each slot of its shape.
    Struct {
        /// First cell.
        first: u32,
    },
    /// Something else lies there: a structure where a text is expected.
    Wrong(Wrong),
}

/// What lies where something else is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A text.
    Text,
    /// A list.
    List,
    /// A structure.
    Structure,
    /// A number or bool.
    Other,
    /// Several values.
    Several,
    /// An error in the place of a value.
    Error,
}

impl Wrong {
    /// Why a field has no value because of it.
    pub fn why(self) -> &'static str {
        match self {
            Wrong::Text => "a text stands where a value of another kind is expected",
            Wrong::List => "a list stands where one value is expected",
            Wrong::Structure => "a structure stands where one value is expected",
            Wrong::Other => "a number or bool stands where a value of another kind is expected",
            Wrong::Several => "several values stand where one is expected",
            Wrong::Error => "an error of the sheet, such as #REF!, stands where a value is expected",
        }
    }
}

/// One record to be written.
#[derive(Clone, Debug)]
pub struct Item {
    /// Number of the intent in the journal; may travel as an idempotency key.
    pub intent: u64,
    /// How the target knows the record: its own id; `None` for a create where the target gives the id.
    pub id: Option<String>,
    /// The whole record on the wire, placed by the fields' paths. An absent field has no key; a cleared one is null.
    pub wire: serde_json::Value,
    /// The changed part alone.
    pub changed: serde_json::Value,
}

/// What became of a write call.
#[derive(Debug)]
pub enum Sent {
    /// One outcome for each item.
    Each(Vec<Outcome>),
    /// The same, but the system had to be left alone on the way: for this reason.
    Until(Vec<Outcome>, Fault),
    /// The call failed as a whole.
    Nothing(Fault),
}

/// What became of one record.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Written.
    Done {
        /// The id that the target gave.
        id: Option<String>,
    },
    /// The target does not know the record (any more).
    Absent,
    /// The target has such a record already.
    Exists,
    /// The target refuses this record; the text holds no personal data and no secret.
    Rejected(String),
    /// Sent, and no answer: it may or may not have happened.
    Unknown(String),
}

/// What went wrong with a call.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What the engine should do.
    pub then: Then,
    /// Whether the call arrived.
    pub arrived: Arrived,
    /// How long to wait first.
    pub wait: Option<Duration>,
    /// True if nothing is there: a file that nobody has written yet.
    pub nothing: bool,
    /// In words; names the place (file and line, or method and address); no personal data, no secret.
    pub say: String,
}

impl Fault {
    /// A fault that stops the system.
    pub fn stop(say: impl Into<String>) -> Fault {
        Fault { then: Then::Stop, arrived: Arrived::No, wait: None, nothing: false, say: say.into() }
    }
}

/// Whether a call arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// Surely not.
    No,
    /// Surely.
    Yes,
    /// Nobody knows.
    Unknown,
}

/// What the engine should do after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The same call again.
    Retry,
    /// The same call again after `wait`.
    Wait,
    /// A new token, then the same call again.
    Renew,
    /// This list again from its first page.
    Restart,
    /// This record is not written; where a list is read: it is not read, or not to its end, and others are.
    Reject,
    /// No more calls to this system in this run; what was read of it is incomplete.
    Stop,
}
