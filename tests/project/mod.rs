//! A project of a few documents beside the demo models, checked as `koppla check` and the start of a run do.

use koppla::check;
use koppla::finding::page::{self, ExampleFile};
use koppla::finding::{Finding, Findings};
use koppla::model;
use koppla::source::Sources;

/// Everything that is found in these documents, also what keeps their syncs from running.
pub fn run(files: &[ExampleFile]) -> (Sources, Vec<Finding>) {
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
    for route in &typed.routes {
        check::executable(&model, route, true, &mut found);
    }
    (sources, found.sorted())
}
