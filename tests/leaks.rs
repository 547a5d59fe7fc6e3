//! Leaks, each with a twin that differs in one token and is right: whatever way a class takes out of the register, it is
//! found, with its way place by place; and nothing that is harmless asks for consent.
//!
//! The cases are the documents of `tests/suite/leaks`, one project that `koppla check --project` opens. A case is the
//! documents whose names begin alike (`match-key-1`); the other documents are there for all. The head of one document of
//! each case says what the test expects: `# twin:` which text becomes which, `# way:` the way that its first refusal
//! shows. Which findings there are, and where, is asserted by `tests/suite.rs`, by comments as everywhere in the suite.
//! A new case is a new file.

#![allow(clippy::disallowed_methods, reason = "the test reads the suite")]

mod project;

use koppla::finding::page::ExampleFile;
use koppla::finding::{Finding, Severity};
use project::Project;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Codes that refuse a leak.
const REFUSALS: [&str; 6] = [
    "class-reaches-target",
    "class-lost",
    "who-is-seen-tells",
    "matched-field-hides-class",
    "class-in-key",
    "class-in-address",
];

/// Kinds of leaks that must be there, each at least three times.
const KINDS: [&str; 19] = [
    "direct",
    "condition",
    "protected",
    "join-key",
    "look-up",
    "match-key",
    "function",
    "choice",
    "set",
    "finding",
    "log",
    "route",
    "overlay",
    "scope",
    "row",
    "allocation",
    "secret",
    "allow",
    "option",
];

/// Path and text of every document.
fn documents() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/leaks");
    let mut texts: Vec<(String, String)> = fs::read_dir(folder)
        .expect("the leaks")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), fs::read_to_string(&path)))
        .map(|(name, text)| (name, text.expect("UTF-8")))
        .collect();
    texts.sort();
    texts
}

/// What the head of a document says behind a word: `# twin:`.
fn said<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    text.lines().filter_map(|line| line.strip_prefix(word)).map(str::trim).collect()
}

/// A case: its name, the document with the head, and what becomes what in its twin.
struct Case {
    name: String,
    document: String,
    leak: String,
    harmless: String,
    way: Vec<String>,
}

/// The case that a document's name belongs to.
fn case_of(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

fn cases(texts: &[(String, String)]) -> Vec<Case> {
    let mut cases = Vec::new();
    for (path, text) in texts {
        for twin in said(text, "# twin:") {
            let quoted: Vec<&str> = twin.split('`').collect();
            let [_, leak, _, harmless, _] = quoted.as_slice() else { panic!("{path}: {twin}") };
            cases.push(Case {
                name: case_of(path).to_string(),
                document: path.clone(),
                leak: leak.to_string(),
                harmless: harmless.to_string(),
                way: said(text, "# way:").into_iter().map(String::from).collect(),
            });
        }
    }
    cases
}

/// The project of a case: its documents, and those that belong to no case.
fn project_of(case: &Case, names: &BTreeSet<String>, texts: &[(String, String)], twin: bool) -> Project {
    let mut files = Vec::new();
    for (path, text) in texts {
        let of = case_of(path);
        if names.contains(of) && of != case.name {
            continue;
        }
        let mut text = text.clone();
        if twin && *path == case.document {
            let is_head = |line: &&str| line.starts_with("# twin:") || line.starts_with("# way:");
            let head: usize = text.split_inclusive('\n').take_while(is_head).map(str::len).sum();
            let (head, body) = text.split_at(head);
            assert_eq!(body.matches(&case.leak).count(), 1, "{path}: the twin differs in one place");
            text = format!("{head}{}", body.replace(&case.leak, &case.harmless));
        }
        files.push(ExampleFile { path: path.clone(), text });
    }
    project::checked(&files)
}

fn told(project: &Project) -> String {
    let place = |finding: &Finding| {
        let path = &project.sources.file(finding.span.file).path;
        format!("{} {path}:{} {}", finding.code.slug, project.sources.position(finding.span).0, finding.message())
    };
    project.found.iter().map(place).collect::<Vec<_>>().join("\n")
}

/// The steps of the way that a refusal shows: `file:line` and what happens there.
fn way(project: &Project, refusal: &Finding) -> Vec<String> {
    let is_step = |text: &str| text.starts_with("also: ") || text.starts_with(|first: char| first.is_ascii_digit());
    let steps = refusal.others.iter().filter(|(_, text)| is_step(text));
    let shown = steps.map(|(span, text)| {
        let path = &project.sources.file(span.file).path;
        format!("{path}:{} {text}", project.sources.position(*span).0)
    });
    shown.collect()
}

#[test]
fn every_leak_is_refused_with_its_way_and_its_twin_is_accepted_as_it_is() {
    let texts = documents();
    let cases = cases(&texts);
    let names: BTreeSet<String> = cases.iter().map(|case| case.name.clone()).collect();
    assert_eq!(names.len(), cases.len(), "one head for each case");
    let mut wrong = Vec::new();
    for case in &cases {
        let project = project_of(case, &names, &texts, false);
        let errors = || project.found.iter().filter(|finding| finding.severity == Severity::Error);
        match errors().next() {
            Some(first) if errors().all(|finding| REFUSALS.contains(&finding.code.slug)) => {
                let shown = way(&project, first);
                if shown != case.way || shown.is_empty() {
                    wrong.push(format!("{}: the way is\n# way: {}", case.name, shown.join("\n# way: ")));
                }
            }
            _ => wrong.push(format!("{}: not refused as a leak\n{}", case.name, told(&project))),
        }
        let twin = project_of(case, &names, &texts, true);
        if !twin.found.is_empty() {
            wrong.push(format!("{}: the twin is refused\n{}", case.name, told(&twin)));
        }
        let granted = texts.iter().any(|(path, text)| case_of(path) == case.name && text.contains("\nallow:"));
        assert!(!granted || case.name.starts_with("allow"), "{}: a twin that needs no consent has none", case.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn there_are_forty_leaks_and_three_of_each_kind() {
    let cases = cases(&documents());
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &cases {
        *kinds.entry(case.name.rsplit_once('-').expect("a number").0).or_default() += 1;
    }
    assert!(cases.len() >= 40, "{}", cases.len());
    assert_eq!(kinds.keys().copied().collect::<BTreeSet<_>>(), BTreeSet::from(KINDS));
    assert!(kinds.values().all(|count| *count >= 3), "{kinds:?}");
}

/// Every way begins where a class is declared, a password is made, or an option is a secret.
#[test]
fn every_way_begins_where_the_class_does() {
    for case in cases(&documents()) {
        let first = case.way.first().expect("a way");
        let begins = [" is national_id", " is special", " is secret", "a password is made here", "is a secret"];
        assert!(begins.iter().any(|end| first.ends_with(end)), "{}: {first}", case.name);
    }
}
