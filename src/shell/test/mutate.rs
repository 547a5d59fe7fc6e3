//! `koppla test --mutate`: changes the rules one by one, and lists the changes that no case notices.

use super::{Chosen, outcomes};
use crate::finding::layout::counted;
use crate::model::Test;
use crate::run::cases::mutants::{self, Mutant};
use crate::shell::project::{Documents, Project};
use crate::source::Span;
use crate::world::World;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A change that no case notices.
pub struct Survivor {
    /// File.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What it belongs to.
    pub of: String,
    /// What was changed.
    pub what: String,
    /// The line as it is.
    pub old: String,
    /// The line as it was without anybody noticing.
    pub new: String,
}

/// How it went.
#[derive(Default)]
pub struct Mutated {
    /// How many changes some case noticed.
    pub noticed: usize,
    /// Those that none did.
    pub survivors: Vec<Survivor>,
}

/// A change, and the paths of the test documents whose cases should notice it.
type Tried = (Mutant, BTreeSet<String>);

/// Changes the mappings and overlays that have cases, one place at a time, and works the cases of what was changed. `told` hears
/// how many changes there are, and of each that is done.
pub fn mutate(
    project: &Project,
    documents: &Documents,
    chosen: &Chosen<'_>,
    world: &dyn World,
    told: &mut dyn FnMut(Option<u64>),
) -> Mutated {
    let mutants = mutants_of(project, chosen);
    told(Some(mutants.len() as u64));
    let mut mutated = Mutated::default();
    for (mutant, tests) in mutants {
        match is_noticed(project, documents, &tests, &mutant, world) {
            Some(true) => mutated.noticed += 1,
            Some(false) => mutated.survivors.push(survivor(project, &mutant)),
            None => {}
        }
        told(None);
    }
    mutated
}

/// All changes, in the order of files and places.
fn mutants_of(project: &Project, chosen: &Chosen<'_>) -> Vec<Tried> {
    let (model, sources) = (&project.model, &project.sources);
    let mut all: BTreeMap<(Span, String), Tried> = BTreeMap::new();
    let mut add = |mutants: Vec<Mutant>, test: &Test| {
        for mutant in mutants.into_iter().filter(|mutant| project.is_own(mutant.span.file)) {
            let place = (mutant.span, mutant.what.clone());
            let (_, tests) = all.entry(place).or_insert_with(|| (mutant, BTreeSet::new()));
            tests.insert(sources.file(test.file).path.clone());
        }
    };
    for test in &chosen.tests {
        let Some(sync) = test.sync else {
            let typed = &project.typed.mappings[test.mapping.0 as usize];
            add(mutants::of(model, sources, model.mapping(test.mapping), typed), test);
            continue;
        };
        let routes = project.typed.routes.iter();
        let stages =
            routes.filter(|route| route.sync == sync).flat_map(|route| route.mappings.iter().zip(&route.typed));
        for (mapping, typed) in stages {
            add(mutants::of(model, sources, mapping, typed), test);
            add(mutants::of_overlays(model, sources, model.sync(sync), mapping, typed), test);
        }
    }
    all.into_values().collect()
}

/// Whether some case fails now; `None` if the change is none: the documents do not check.
fn is_noticed(
    project: &Project,
    documents: &Documents,
    tests: &BTreeSet<String>,
    mutant: &Mutant,
    world: &dyn World,
) -> Option<bool> {
    let path = &project.sources.file(mutant.span.file).path;
    let mut changed = documents.clone();
    let (_, bytes) = changed.iter_mut().find(|(known, _)| known == path)?;
    *bytes = with(project, mutant).into_bytes();
    let changed = Project::of_needed(&project.folder, &changed);
    let chosen = Chosen::of_files(&changed, tests);
    let files = chosen.made_of(&changed);
    let breaks = |finding: &crate::finding::Finding| {
        finding.severity == crate::finding::Severity::Error && files.contains(&finding.span.file)
    };
    if chosen.tests.len() < tests.len() || changed.findings.iter().any(breaks) {
        return None;
    }
    let files = outcomes(&changed, &chosen, world, None);
    Some(files.iter().flat_map(|file| &file.outcomes).any(|outcome| !outcome.differences.is_empty()))
}

/// The text of the file with the change in it.
fn with(project: &Project, mutant: &Mutant) -> String {
    let text = &project.sources.file(mutant.span.file).text;
    let range = mutant.span.range();
    format!("{}{}{}", &text[..range.start], mutant.text, &text[range.end..])
}

fn survivor(project: &Project, mutant: &Mutant) -> Survivor {
    let file = project.sources.file(mutant.span.file);
    let (line, _) = project.sources.position(mutant.span);
    let squeezed = |text: &str| {
        let line = text.lines().nth(line - 1).unwrap_or_default();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let removed = mutant.text.is_empty() && mutant.what.ends_with("removed");
    Survivor {
        file: file.path.clone(),
        line,
        of: mutant.of.clone(),
        what: mutant.what.clone(),
        old: squeezed(&file.text),
        new: if removed { String::new() } else { squeezed(&with(project, mutant)) },
    }
}

impl Mutated {
    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if !self.survivors.is_empty() {
            text += "changes that no case notices\n";
        }
        for survivor in &self.survivors {
            text += &format!("  {}:{}  {}: {}\n", survivor.file, survivor.line, survivor.of, survivor.what);
            text += &format!("    - {}\n", survivor.old);
            if !survivor.new.is_empty() {
                text += &format!("    + {}\n", survivor.new);
            }
        }
        let all = counted((self.noticed + self.survivors.len()) as u64, "change");
        text + &format!("\n{all}: {} noticed, {} not\n", self.noticed, self.survivors.len())
    }

    /// For programs; the form is written down in `grammar/schemas/output/test.json`.
    pub fn json(&self) -> Value {
        let survivor = |survivor: &Survivor| {
            json!({
                "file": survivor.file, "line": survivor.line, "of": survivor.of, "what": survivor.what,
                "old": survivor.old, "new": survivor.new,
            })
        };
        json!({ "noticed": self.noticed, "survivors": self.survivors.iter().map(survivor).collect::<Vec<_>>() })
    }
}
