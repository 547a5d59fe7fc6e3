//! `koppla test --mutate`: changes the rules one by one, and lists the changes that no case notices.

use super::{Chosen, outcomes};
use crate::finding::layout::counted;
use crate::model::MappingId;
use crate::run::cases::mutants::{self, Mutant};
use crate::shell::project::{Documents, Project};
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;

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

/// Changes the mappings that have cases, one place at a time, and works the cases of the changed mapping. `told` hears how
/// many changes there are, and of each that is done.
pub fn mutate(
    project: &Project,
    documents: &Documents,
    chosen: &Chosen<'_>,
    world: &dyn World,
    told: &mut dyn FnMut(Option<u64>),
) -> Mutated {
    let mappings: BTreeSet<u32> = chosen.tests.iter().map(|test| test.mapping.0).collect();
    let mut mutants: Vec<(u32, Mutant)> = Vec::new();
    for &id in &mappings {
        let mapping = project.model.mapping(MappingId(id));
        let own = mutants::of(&project.model, &project.sources, mapping).into_iter();
        mutants.extend(own.filter(|mutant| project.is_own(mutant.span.file)).map(|mutant| (id, mutant)));
    }
    told(Some(mutants.len() as u64));
    let mut mutated = Mutated::default();
    for (id, mutant) in mutants {
        match is_noticed(project, documents, id, &mutant, world) {
            Some(true) => mutated.noticed += 1,
            Some(false) => mutated.survivors.push(survivor(project, &mutant)),
            None => {}
        }
        told(None);
    }
    mutated
}

/// Whether some case of the mapping fails now; `None` if the change is none: the documents do not check.
fn is_noticed(project: &Project, documents: &Documents, id: u32, mutant: &Mutant, world: &dyn World) -> Option<bool> {
    let path = &project.sources.file(mutant.span.file).path;
    let mut changed = documents.clone();
    let (_, bytes) = changed.iter_mut().find(|(known, _)| known == path)?;
    *bytes = with(project, mutant).into_bytes();
    let changed = Project::of_needed(&project.folder, &changed);
    let name = &project.model.mapping(MappingId(id)).name.text;
    let id = changed.model.find_mapping(name)?;
    let mut files = BTreeSet::new();
    changed.files_of(id, &mut files);
    let breaks = |finding: &crate::finding::Finding| {
        finding.severity == crate::finding::Severity::Error && files.contains(&finding.span.file)
    };
    if changed.findings.iter().any(breaks) {
        return None;
    }
    let chosen = Chosen::of_mapping(&changed, id);
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
