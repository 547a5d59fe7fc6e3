//! Test cases of mappings: given left records in, made right records compared with the expected ones.
//!
//! A case works its mapping exactly as a run does, without systems, store and network. Its records are test data that
//! stand in the project, so they may be shown; values of class `secret` never are.

mod compare;
pub mod coverage;
mod functions;
mod given;
pub mod mutants;
mod observe;
pub mod recording;
pub mod syncs;

pub use functions::examples;

use super::fate::{Fallen, Reason};
use super::lookup::Lookup;
use super::parallel::Arenas;
use super::stage::{self, Input, Setting, Worked};
use super::table::Table;
use super::written;
use crate::check::{TypedMapping, needs};
use crate::model::{Case, Dropped, Model, Test};
use crate::source::Span;
use crate::value::EntityId;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// How a case went.
#[derive(Debug)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// Where its name stands.
    pub span: Span,
    /// What was not as expected; empty if the case passed.
    pub differences: Vec<Difference>,
    /// What a failed case's reader should know: which records were rejected or held, and why.
    pub notes: Vec<String>,
}

/// One thing that was not as expected.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// The case itself cannot be worked.
    Unreadable {
        /// What cannot be read.
        what: String,
        /// Why.
        why: String,
    },
    /// A record has other values.
    Differs {
        /// Its entity.
        entity: String,
        /// Its key, as far as it has one.
        key: Option<String>,
        /// Field, expected value, value that was made.
        fields: Vec<(String, String, String)>,
    },
    /// A record was expected and not made.
    Missing {
        /// Its entity.
        entity: String,
        /// Field and expected value.
        fields: Vec<(String, String)>,
    },
    /// A record was made and not expected.
    Surplus {
        /// Its entity.
        entity: String,
        /// Its key, as far as it has one.
        key: Option<String>,
        /// Field and value.
        fields: Vec<(String, String)>,
    },
    /// Something happened more or less often than expected.
    Count {
        /// `skipped`, `rejected`, `held`, `protected`
        what: &'static str,
        /// The map or set; empty for `protected`.
        of: String,
        /// The only reason that counts, if the case names one.
        reason: Option<String>,
        /// How often it was expected.
        expected: u64,
        /// How often it happened.
        got: u64,
    },
    /// An example of a function gives something else.
    Gives {
        /// What was expected.
        expected: String,
        /// What came.
        got: String,
    },
}

/// What all cases of a project are worked with.
pub struct Bench<'t> {
    /// The documents.
    pub model: &'t Model,
    /// Look-up tables.
    pub lookups: &'t [Lookup<'t>],
    /// The date of a case that names none.
    pub today: Date,
}

/// Works one case of a test document; `typed` is the document's mapping as it stands.
pub fn work(bench: &Bench<'_>, typed: &TypedMapping, test: &Test, case: &Case) -> Outcome {
    watched(bench, typed, test, case, &mut |_| {})
}

/// The same, for somebody who also looks at what was worked.
pub fn watched(
    bench: &Bench<'_>,
    typed: &TypedMapping,
    test: &Test,
    case: &Case,
    watch: &mut dyn FnMut(&Worked<'_>),
) -> Outcome {
    let arenas = Arenas::new(1);
    let arena = arenas.own();
    let mut outcome =
        Outcome { name: case.name.text.clone(), span: case.name.span, differences: Vec::new(), notes: Vec::new() };
    let mapping = bench.model.mapping(test.mapping);
    outcome.differences.extend(syncs::misplaced_in_mapping(case));
    let tables = given::tables(bench.model, &mapping.left, case, arena, &mut outcome.differences);
    let options = written::options(mapping, &[&test.options, &case.options], arena);
    let options = match options {
        Ok(options) => options,
        Err(why) => {
            outcome.differences.push(Difference::Unreadable { what: "options".into(), why });
            return outcome;
        }
    };
    if !outcome.differences.is_empty() {
        return outcome;
    }
    let as_of = case.as_of.as_ref().or(test.as_of.as_ref()).and_then(|text| text.parse().ok());
    let setting = Setting {
        model: bench.model,
        typed,
        options: arena.alloc_slice_copy(&options),
        lookups: bench.lookups,
        as_of: as_of.unwrap_or(bench.today),
        target: None,
    };
    unread(bench.model, typed, &tables, &mut outcome.differences);
    let worked = stage::work(&setting, Input { tables, ..Input::default() }, &arenas);
    watch(&worked);
    compare::records(bench.model, &mapping.right, case, &worked.made, arena, &mut outcome.differences);
    let fates = Fates { fallen: vec![&worked.fallen], compared: Vec::new(), protected: protected(&worked) };
    counts(case, &fates, &mut outcome.differences);
    if !outcome.differences.is_empty() {
        outcome.notes = notes(&worked.fallen);
    }
    outcome
}

/// A value that cannot be read, of a field that no rule reads, is a slip of whoever wrote the case.
fn unread(
    model: &Model,
    typed: &TypedMapping,
    tables: &BTreeMap<EntityId, Table<'_>>,
    differences: &mut Vec<Difference>,
) {
    let needs = needs::of_mapping(model, typed);
    for (entity, table) in tables {
        let read = needs.get(entity);
        for (_, field, why) in
            table.broken.iter().filter(|(_, field, _)| !read.is_some_and(|read| read.contains(field)))
        {
            let entity = model.entity(*entity);
            let what = format!("given {}.{}", entity.name.text, entity.fields[usize::from(*field)].name.text);
            differences.push(Difference::Unreadable { what, why: why.to_string() });
        }
    }
}

/// What became of the given records beside what was made of them.
struct Fates<'f> {
    /// What fell in each mapping.
    fallen: Vec<&'f Fallen>,
    /// Of a sync: records that the comparison with the right side held, with their entity.
    compared: Vec<(&'f str, &'f str)>,
    /// How many records are set aside because a person is protected.
    protected: u64,
}

/// How many left records of a mapping are set aside because a person is protected.
fn protected(worked: &Worked<'_>) -> u64 {
    let tables = &worked.tables.tables[..worked.tables.entities as usize];
    let marked = |table: &Table<'_>| table.living().filter(|&row| table.apart(row).is_protected()).count() as u64;
    tables.iter().map(|table| marked(table)).sum()
}

fn counts(case: &Case, fates: &Fates<'_>, differences: &mut Vec<Difference>) {
    let mut compare = |what, of: &str, reason: &Option<String>, expected: u64, got: u64| {
        if expected != got {
            let (of, reason) = (of.to_string(), reason.clone());
            differences.push(Difference::Count { what, of, reason, expected, got });
        }
    };
    for dropped in &case.skipped {
        let got = fates.fallen.iter().map(|fallen| skipped(fallen, dropped)).sum();
        compare("skipped", &dropped.of.text, &dropped.reason, u64::from(dropped.count), got);
    }
    for (what, expected, held) in [("rejected", &case.rejected, false), ("held", &case.held, true)] {
        for dropped in expected {
            let all = fates.fallen.iter().flat_map(|fallen| &fallen.stopped).filter(|stopped| stopped.held == held);
            let all = all.map(|stopped| (stopped.place.as_str(), &*stopped.why));
            let compared = fates.compared.iter().copied().filter(|_| held);
            let here = all.chain(compared).filter(|(place, why)| *place == dropped.of.text && is_reason(dropped, why));
            compare(what, &dropped.of.text, &dropped.reason, u64::from(dropped.count), here.count() as u64);
        }
    }
    if let Some(expected) = case.protected {
        compare("protected", "", &None, u64::from(expected), fates.protected);
    }
}

/// How often something fell in a map or set. The losers of a `one per` do not count: the record is there.
fn skipped(fallen: &Fallen, dropped: &Dropped) -> u64 {
    fallen
        .counts()
        .filter(|(place, reason, _)| *place == dropped.of.text && **reason != Reason::NotBest)
        .filter(|(_, reason, _)| is_reason(dropped, reason.text()))
        .map(|(_, _, count)| count)
        .sum()
}

/// True if a case asks for this reason: as the rule says it, with or without the rule's label in front.
fn is_reason(dropped: &Dropped, why: &str) -> bool {
    dropped.reason.as_ref().is_none_or(|reason| why == reason || why.ends_with(&format!(": {reason}")))
}

fn notes(fallen: &Fallen) -> Vec<String> {
    let mut notes = Vec::new();
    for stopped in &fallen.stopped {
        let word = if stopped.held { "held" } else { "rejected" };
        let key = stopped.key.as_ref().map(|key| format!(" {key}")).unwrap_or_default();
        notes.push(format!("{} {word}{key}: {}", stopped.place, stopped.why));
    }
    for (place, reason, count) in fallen.counts() {
        notes.push(format!("{place} skipped {count}: {}", reason.text()));
    }
    notes
}
