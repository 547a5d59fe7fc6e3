//! What Koppla remembers between runs: links, last-synced values, journal, held records, runs.
//!
//! One SQLite file beside the project. The store does not know what a record means: keys are texts, values are bytes with
//! a hash. Everything that belongs together is one transaction; an intent is durable before its request leaves.

pub mod sqlite;

use jiff::Timestamp;
use std::fmt;

/// What is remembered of one left record and the right record that it was linked with. Its `Debug` shows no key and no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// Key of the left record (its parts joined; see `run::key`).
    pub left_key: String,
    /// Key of the right record as it was last written or read.
    pub right_key: String,
    /// The id that the target gave, where it gives ids.
    pub right_id: Option<String>,
    /// Whether the right record is in use.
    pub state: LinkState,
    /// True if this sync created the record or adopted it by a rule; a record that is not ours is never changed by `gone`.
    pub ours: bool,
    /// Hash of `values`.
    pub hash: u128,
    /// The values as last written: encoded by `run`.
    pub values: Vec<u8>,
    /// Keyed hashes of the record's other identities (`also:`), so that a changed key is followed.
    pub identities: Vec<u64>,
    /// The run that last saw the left record.
    pub seen: i64,
}

/// Whether a linked right record is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkState {
    /// It is.
    Active,
    /// It was deactivated by us.
    Deactivated,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("state", &self.state)
            .field("ours", &self.ours)
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

/// Something that is about to be done, journalled before it is done. Its `Debug` shows no key and no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Intent {
    /// Number in the journal; given by the store.
    pub id: u64,
    /// Operation word: `create update deactivate reactivate remove link adopt`.
    pub op: String,
    /// The right entity.
    pub entity: String,
    /// The link as it will be when it is done; for `remove` the link that goes away.
    pub link: Link,
    /// The left key under which the link stood before, if the key changed.
    pub old_left_key: Option<String>,
    /// Name of the whole delivery that carries it, if one does.
    pub set: Option<String>,
}

impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intent")
            .field("id", &self.id)
            .field("op", &self.op)
            .field("entity", &self.entity)
            .field("link", &self.link)
            .field("set", &self.set)
            .finish_non_exhaustive()
    }
}

/// What became of an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Done; with the id that the target gave.
    Done {
        /// The id that the target gave.
        right_id: Option<String>,
    },
    /// Not done: the target refused it, or it surely did not arrive.
    Failed {
        /// Why; no personal data.
        why: String,
    },
    /// Sent without an answer: held until somebody or the next read knows.
    Unknown {
        /// Why; no personal data.
        why: String,
    },
}

/// An intent that nobody has settled, or whose outcome nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsettled {
    /// The run that intended it.
    pub run: i64,
    /// What it intended.
    pub intent: Intent,
    /// If it was sent without an answer: why that is so. `None` if the run was killed.
    pub unknown: Option<String>,
}

/// A record that the engine could not decide about, or that a rule rejected. Its `Debug` shows no key.
#[derive(Clone, PartialEq, Eq)]
pub struct Held {
    /// The right entity.
    pub entity: String,
    /// The left key.
    pub left_key: String,
    /// `held` or `rejected`.
    pub kind: String,
    /// The reason; no personal data.
    pub reason: String,
    /// Since which run.
    pub since: i64,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held")
            .field("entity", &self.entity)
            .field("kind", &self.kind)
            .field("reason", &self.reason)
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// One run as history shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// Number.
    pub id: i64,
    /// The sync.
    pub sync: String,
    /// `run`, `apply`.
    pub command: String,
    /// When it began.
    pub began: Timestamp,
    /// When it ended; `None` while it runs, or if it was killed.
    pub ended: Option<Timestamp>,
    /// `done`, `failed`, `stopped`, or empty while it runs.
    pub outcome: String,
    /// Counts and reasons as JSON, without personal data.
    pub summary: String,
}

/// Why the store could not be used. The text says what to do; no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// Another run of this sync holds it, or another program is writing it.
    Locked(String),
    /// The disk is full, the file is damaged or of a newer version.
    Broken(String),
}

pub use sqlite::{RunLock, Store};
