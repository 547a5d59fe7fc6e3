//! What became of records that were not written: skipped, rejected, held, protected; counted with their reasons.

use super::eval::{Machine, Stop};
use super::key::{key_text, origin};
use super::make::left_key;
use super::table::Apart;
use crate::value::{EntityId, RecordType, Row};
use std::collections::BTreeMap;

/// Why rows fell without being reported one by one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A condition without `else` was false.
    Condition,
    /// A condition was undecided: something in it is absent.
    Undecided,
    /// `else skip "why"`
    Skipped(String),
    /// Lost a `one per`.
    NotBest,
}

impl Reason {
    /// In words.
    pub fn text(&self) -> &str {
        match self {
            Reason::Condition => "condition not met",
            Reason::Undecided => "condition undecided (a value is absent)",
            Reason::Skipped(why) => why,
            Reason::NotBest => "not the best of its key",
        }
    }
}

/// A record that was rejected by a rule, or that the engine could not decide about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The set or map.
    pub place: String,
    /// The key of the row, as far as it is known.
    pub key: Option<String>,
    /// Why; holds no personal data.
    pub why: String,
    /// File and line, where it is known.
    pub origin: Option<String>,
    /// True if the engine held it; false if a rule (or bad data) rejected it.
    pub held: bool,
    /// True if its row goes on under its key, or is no record of its own: nobody else is in doubt because of it.
    pub keyed: bool,
}

/// A record that falls, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Who {
    /// Its key.
    pub key: Option<String>,
    /// File and line.
    pub origin: Option<String>,
}

impl Who {
    /// The left record of a map.
    pub fn row(machine: &Machine<'_, '_>, row: Row, record: RecordType) -> Who {
        Who { key: key_text(machine, row, record), origin: origin(machine, row) }
    }

    /// A left record, its key with the name of what it is a record of.
    pub fn left(machine: &Machine<'_, '_>, row: Row) -> Who {
        Who { key: left_key(machine, row), origin: origin(machine, row) }
    }
}

/// Everything that fell.
#[derive(Default, Debug, Clone)]
pub struct Fallen {
    counts: BTreeMap<(String, Reason), u64>,
    /// Records rejected and held.
    pub stopped: Vec<Stopped>,
    /// Protected people, by place: how many rows.
    pub protected: BTreeMap<String, u64>,
    /// Rows of earlier deliveries that gave way to later rows with their key: how many.
    pub replaced: BTreeMap<EntityId, u64>,
    /// Oddities: what, where first, how often.
    pub oddities: Vec<(String, String, u64)>,
    /// Sets whose fallen rows cannot be named by the key of their final rows.
    blurred: Vec<String>,
}

impl Fallen {
    /// Counts rows that fell for a reason.
    pub fn count(&mut self, place: &str, reason: Reason, count: u64) {
        if count > 0 {
            *self.counts.entry((place.to_string(), reason)).or_default() += count;
        }
    }

    /// Adds what fell elsewhere, after this.
    pub fn add(&mut self, others: Fallen) {
        for ((place, reason), count) in others.counts {
            *self.counts.entry((place, reason)).or_default() += count;
        }
        self.stopped.extend(others.stopped);
        for (place, count) in others.protected {
            *self.protected.entry(place).or_default() += count;
        }
        for (entity, count) in others.replaced {
            *self.replaced.entry(entity).or_default() += count;
        }
        for (what, place, count) in others.oddities {
            self.oddity(what, || place, count);
        }
        self.blurred.extend(others.blurred);
    }

    /// A row that failed: its data could not be read, or a function gave nothing.
    pub fn failed(&mut self, place: &str, who: Who, stop: &Stop, apart: Apart) {
        let origin = stop.origin.clone().or(who.origin);
        self.stop(place, Who { origin, ..who }, stop.why.to_string(), apart, false);
    }

    /// A row that failed and goes on, for its key is known all the same.
    pub fn failed_with_key(&mut self, place: &str, who: Who, stop: &Stop, apart: Apart) {
        let before = self.stopped.len();
        self.failed(place, who, stop, apart);
        self.stopped[before..].iter_mut().for_each(|stopped| stopped.keyed = true);
    }

    /// A row that a rule rejected.
    pub fn rejected(&mut self, place: &str, who: Who, why: &str, apart: Apart) {
        self.stop(place, who, why.to_string(), apart, false);
    }

    /// A row that the engine cannot decide about.
    pub fn held(&mut self, place: &str, who: Who, why: impl Into<String>) {
        self.stop(place, who, why.into(), Apart::No, true);
    }

    fn stop(&mut self, place: &str, who: Who, why: String, apart: Apart, held: bool) {
        if apart.is_protected() {
            *self.protected.entry(place.to_string()).or_default() += 1;
        }
        if apart != Apart::No {
            return;
        }
        let Who { key, origin } = who;
        self.stopped.push(Stopped { place: place.to_string(), key, why, origin, held, keyed: false });
    }

    /// Something odd that stops nothing.
    pub fn odd(&mut self, stop: &Stop, origin: impl FnOnce() -> Option<String>) {
        let place = || stop.origin.clone().or_else(origin).unwrap_or_default();
        self.oddity(stop.why.to_string(), place, 1);
    }

    fn oddity(&mut self, what: String, place: impl FnOnce() -> String, more: u64) {
        match self.oddities.iter_mut().find(|(known, _, _)| *known == what) {
            Some((_, _, count)) => *count += more,
            None => self.oddities.push((what, place(), more)),
        }
    }

    /// True if rows fell in a set whose keys nobody knows.
    pub fn is_in_doubt(&self, place: &str) -> bool {
        self.stopped.iter().any(|stopped| stopped.place == place && !stopped.keyed)
    }

    /// From here on, rows of a set have other keys than those that fell.
    pub fn keys_replaced(&mut self, place: &str) {
        if self.is_in_doubt(place) {
            self.blurred.push(place.to_string());
        }
    }

    /// True if rows fell in a set that cannot be named by the key of its final rows: nobody may count as gone then.
    pub fn is_blurred(&self, place: &str) -> bool {
        self.blurred.iter().any(|known| known == place)
    }

    /// How many rows fell, for whatever reason.
    pub fn total(&self) -> u64 {
        self.counts.values().sum::<u64>() + self.stopped.len() as u64 + self.protected.values().sum::<u64>()
    }

    /// Counts by place and reason, in order.
    pub fn counts(&self) -> impl Iterator<Item = (&str, &Reason, u64)> {
        self.counts.iter().map(|((place, reason), count)| (place.as_str(), reason, *count))
    }
}
