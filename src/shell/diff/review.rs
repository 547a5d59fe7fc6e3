//! What a reviewer is told of a change. Everything in here may be seen: values and keys are redacted already.

use crate::documents::edits::Edit;
use crate::finding::Finding;
use crate::run::impact::Turn;

/// The whole review.
pub struct Review {
    /// What the old version is called.
    pub old: String,
    /// What the new version is called.
    pub new: String,
    /// True if the old version has no documents: the project is younger.
    pub empty: bool,
    /// What is written otherwise.
    pub edits: Vec<Edit>,
    /// Sync by sync.
    pub syncs: Vec<SyncReview>,
    /// What is wrong with the documents.
    pub found: Findings,
}

/// Errors of both versions; and the same, a line each.
pub struct Findings {
    /// Of the old version.
    pub old: Vec<Finding>,
    /// Of the new version.
    pub new: Vec<Finding>,
    /// Of the old version, a line each.
    pub old_places: Vec<String>,
    /// Of the new version, a line each.
    pub new_places: Vec<String>,
}

/// What changes for one sync.
#[derive(Default)]
pub struct SyncReview {
    /// Its name.
    pub name: String,
    /// Whether it is there, and could be worked.
    pub state: State,
    /// What was read: system, entity, rows, and whether that was all.
    pub reads: Vec<(String, String, u64, bool)>,
    /// What becomes of records.
    pub records: Vec<Records>,
    /// Which rules give other values.
    pub rules: Vec<RuleReview>,
    /// What the privacy proof gained and lost.
    pub privacy: PrivacyReview,
}

/// Whether a sync could be compared.
#[derive(Default, PartialEq, Eq)]
pub enum State {
    /// Both versions were worked.
    #[default]
    Compared,
    /// The old version has no such sync.
    New,
    /// The new version has no such sync.
    Ended,
    /// A version cannot be worked, for this reason.
    Unknown(String),
}

/// Records of which the same becomes.
pub struct Records {
    /// Their entity.
    pub entity: String,
    /// What becomes of them.
    pub turn: Turn,
    /// How many.
    pub count: usize,
    /// Keys of a few.
    pub samples: Vec<String>,
}

/// A rule that gives other values.
pub struct RuleReview {
    /// Its mapping.
    pub mapping: String,
    /// Its map.
    pub map: String,
    /// Its label; empty if no rule writes the field any more.
    pub label: String,
    /// Entity and field.
    pub field: String,
    /// For how many records.
    pub count: usize,
    /// Of how many that both versions write.
    pub of: usize,
    /// Key, and old and new value, of a few; none for mappings on the way to the target.
    pub samples: Vec<(String, String)>,
}

/// What the privacy proof gained and lost.
#[derive(Default)]
pub struct PrivacyReview {
    /// Classes that reach a field now: field, class, consent.
    pub gained: Vec<(String, String, String)>,
    /// Classes that reach it no more.
    pub lost: Vec<(String, String, String)>,
    /// Whose consent is another: field, class, before, now.
    pub changed: Vec<(String, String, String, String)>,
    /// Who is protected otherwise: what, before, now.
    pub protection: Vec<(String, Option<String>, Option<String>)>,
}

impl PrivacyReview {
    /// True if nothing changed.
    pub fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty() && self.changed.is_empty() && self.protection.is_empty()
    }
}

impl SyncReview {
    /// True if nothing changes.
    pub fn is_empty(&self) -> bool {
        self.state == State::Compared && self.records.is_empty() && self.rules.is_empty() && self.privacy.is_empty()
    }

    /// True if not all records could be read, or there was none: then nobody knows what else would change.
    pub fn is_blind(&self) -> bool {
        let known = !matches!(self.state, State::Unknown(_));
        let whole = self.reads.iter().all(|(.., complete)| *complete);
        known && (!whole || self.reads.iter().all(|(_, _, rows, _)| *rows == 0))
    }
}

impl Review {
    /// True if nothing changes.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.syncs.iter().all(SyncReview::is_empty)
    }

    /// True if the records of a sync could not all be read.
    pub fn is_blind(&self) -> bool {
        self.syncs.iter().any(SyncReview::is_blind)
    }
}
