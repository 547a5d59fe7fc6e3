//! The outcomes of cases for the tools around: failed cases as findings, and all of them as JUnit suites.

use super::File;
use super::show::difference_text;
use crate::finding::junit::{Case, Suite};
use crate::finding::{Finding, codes};
use crate::run::cases::Outcome;
use crate::shell::project::Project;

/// A finding for each failed case, at its name.
pub fn findings(files: &[File]) -> Vec<Finding> {
    let outcomes = files.iter().flat_map(|file| &file.outcomes);
    let failed = outcomes.filter(|outcome| !outcome.differences.is_empty());
    let finding = |outcome: &Outcome| {
        let found = Finding::new(&codes::sync::CASE_FAILED, outcome.span).word("name", &outcome.name);
        found.word("differences", differences(outcome))
    };
    failed.map(finding).collect()
}

/// A suite for each file.
pub fn suites(project: &Project, files: &[File]) -> Vec<Suite> {
    let case = |file: &File, outcome: &Outcome| Case {
        name: outcome.name.clone(),
        class: file.mapping.clone(),
        line: project.sources.position(outcome.span).0,
        failure: failure(outcome),
        output: None,
    };
    let cases = |file: &File| file.outcomes.iter().map(|outcome| case(file, outcome)).collect();
    files.iter().map(|file| Suite { name: project.sources.file(file.id).path.clone(), cases: cases(file) }).collect()
}

/// Why a case failed: its first line, and all there is to say.
fn failure(outcome: &Outcome) -> Option<(String, String)> {
    let text = differences(outcome);
    let first = text.lines().next()?.to_string();
    let notes: String = outcome.notes.iter().map(|note| format!("\nfell: {note}")).collect();
    Some((first, text + &notes))
}

/// What differs, without the margin that it has on a terminal.
fn differences(outcome: &Outcome) -> String {
    let text: String = outcome.differences.iter().map(difference_text).collect();
    let margin = text.lines().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    text.lines().map(|line| &line[margin..]).collect::<Vec<_>>().join("\n")
}
