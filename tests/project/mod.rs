//! A project of a few documents beside the demo models, checked as `koppla check` and the start of a run do.

#![allow(dead_code, reason = "each test program uses a part")]

pub mod records;

use koppla::check::{self, Typed};
use koppla::finding::page::{self, ExampleFile};
use koppla::finding::{Finding, Findings};
use koppla::model::{self, Model};
use koppla::source::Sources;

/// Documents, resolved and checked.
pub struct Project {
    /// The texts.
    pub sources: Sources,
    /// The documents.
    pub model: Model,
    /// The same, checked.
    pub typed: Typed,
    /// Everything that was found, also what keeps syncs from running.
    pub found: Vec<Finding>,
}

/// Checks these documents, and asks whether their syncs can be run.
pub fn of(files: &[ExampleFile]) -> Project {
    let Project { sources, model, typed, found } = checked(files);
    let mut all = Findings::default();
    found.into_iter().for_each(|finding| all.add(finding));
    for route in &typed.routes {
        check::executable(&model, route, true, &mut all);
    }
    Project { sources, model, typed, found: all.sorted() }
}

/// Checks these documents.
pub fn checked(files: &[ExampleFile]) -> Project {
    let mut sources = Sources::default();
    for (path, text) in page::DEMO {
        sources.add(path, text);
    }
    for file in files {
        sources.add(&file.path, &file.text);
    }
    let ids: Vec<_> = sources.ids().collect();
    let mut found = Findings::default();
    let model = model::resolve(&sources, &ids, &mut found);
    let typed = check::check(&model, &sources, &mut found);
    koppla::plan::check_systems(&model, &mut found);
    Project { sources, model, typed, found: found.sorted() }
}
