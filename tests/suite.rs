//! The suite: every folder of `tests/suite` is a project, and its documents say what is found in them.
//!
//! A comment `# error: code` (or `# warning:`, `# hint:`) says that the next line that is no such comment has a finding of
//! this code; with a text in backticks, also which part of the line is underlined. Everything else is clean. A new case is
//! a new file. Each project is checked a second time with the line ends of Windows: nothing may change but the bytes.

#![allow(clippy::disallowed_methods, reason = "the test reads the suite")]

use koppla::documents::direction::{self, Kind, Subject, directions};
use koppla::finding::layout;
use koppla::run::cases::{self, Bench, Outcome};
use koppla::run::stage;
use koppla::shell::library;
use koppla::shell::project::Project;
use koppla::value::Arena;
use koppla::world::TestWorld;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A finding: file, line, severity and code.
type Place = (String, usize, String);

/// What comments expect: the underlined text, where the comment says it.
type Expected = BTreeMap<Place, Option<String>>;

fn folders(under: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(under).expect("a folder of the suite").map(|entry| entry.expect("an entry").path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite")
}

fn jobs() -> Vec<PathBuf> {
    folders(&suite().join("jobs"))
}

/// The documents of a project: path inside it, and text.
fn documents(folder: &Path) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).expect("a project of the suite") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().to_string();
        texts.push((name, fs::read_to_string(&path).expect("a document in UTF-8")));
    }
    texts.sort();
    texts
}

/// What the comments of a document expect.
fn expected(path: &str, text: &str, into: &mut Expected) {
    let mut waiting: Vec<(String, Option<String>)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let comment = ["# error: ", "# warning: ", "# hint: "].into_iter().find_map(|word| {
            let rest = line.trim_start().strip_prefix(word)?;
            let (code, slice) = rest.split_once(' ').unwrap_or((rest, ""));
            let slice = slice.trim().strip_prefix('`').and_then(|slice| slice.strip_suffix('`'));
            Some((format!("{}{code}", &word[2..]), slice.map(String::from)))
        });
        match comment {
            Some(comment) => waiting.push(comment),
            None => {
                for (finding, slice) in waiting.drain(..) {
                    into.insert((path.to_string(), index + 1, finding), slice);
                }
            }
        }
    }
}

fn all_expected(texts: &[(String, String)]) -> Expected {
    let mut all = Expected::new();
    texts.iter().for_each(|(path, text)| expected(path, text, &mut all));
    all
}

/// What is found: each place with the underlined text.
fn found(project: &Project) -> Vec<(Place, String)> {
    let one = |finding: &koppla::finding::Finding| {
        let file = project.sources.file(finding.span.file).path.clone();
        let line = project.sources.position(finding.span).0;
        let word = format!("{}: {}", finding.severity.word(), finding.code.slug);
        ((file, line, word), project.sources.slice(finding.span).replace("\r\n", "\n"))
    };
    project.findings.iter().map(one).collect()
}

/// A project of the suite, checked once for all tests.
struct Checked {
    /// The name of its folder.
    name: String,
    /// True for one of the jobs.
    job: bool,
    /// Its documents.
    texts: Vec<(String, String)>,
    /// What came of them.
    project: Project,
}

fn suite_projects() -> &'static [Checked] {
    static ALL: LazyLock<Vec<Checked>> = LazyLock::new(|| {
        let checked = |folder: &PathBuf, job| {
            let name = folder.file_name().expect("a name").to_string_lossy().to_string();
            let texts = documents(folder);
            Checked { name, job, project: Project::of_texts(&texts), texts }
        };
        let others = folders(&suite()).into_iter().filter(|folder| !folder.ends_with("jobs"));
        let others: Vec<Checked> = others.map(|folder| checked(&folder, false)).collect();
        others.into_iter().chain(jobs().iter().map(|folder| checked(folder, true))).collect()
    });
    &ALL
}

/// What differs between the findings of a project and its comments.
fn differences(name: &str, texts: &[(String, String)], project: &Project, wrong: &mut Vec<String>) {
    let expected = all_expected(texts);
    let found = found(project);
    for ((file, line, what), slice) in &expected {
        let here: Vec<&String> =
            found.iter().filter(|((f, l, w), _)| (f, l, w) == (file, line, what)).map(|(_, slice)| slice).collect();
        match (here.as_slice(), slice) {
            ([], _) => wrong.push(format!("{name}/{file}:{line}: not found: {what}")),
            ([got], Some(wanted)) if *got != wanted => {
                wrong.push(format!("{name}/{file}:{line}: {what} underlines `{got}`, not `{wanted}`"));
            }
            ([_], _) => {}
            _ => wrong.push(format!("{name}/{file}:{line}: found {} times: {what}", here.len())),
        }
    }
    for ((file, line, what), slice) in &found {
        if !expected.contains_key(&(file.clone(), *line, what.clone())) {
            wrong.push(format!("{name}/{file}:{line}: not expected: {what} at `{slice}`"));
        }
    }
}

#[test]
fn every_project_gives_what_its_comments_say() {
    let mut wrong = Vec::new();
    for checked in suite_projects() {
        differences(&checked.name, &checked.texts, &checked.project, &mut wrong);
        // What line ends change, the other projects show; the jobs are many.
        if !checked.job {
            let crlf = |(path, text): &(String, String)| (path.clone(), text.replace('\n', "\r\n"));
            let windows: Vec<(String, String)> = checked.texts.iter().map(crlf).collect();
            differences(&format!("{} with CRLF", checked.name), &windows, &Project::of_texts(&windows), &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_mistakes_are_fifty_of_at_least_thirty_five_codes() {
    let expected = all_expected(&documents(&suite().join("mistakes")));
    let codes: BTreeSet<&String> = expected.keys().map(|(_, _, what)| what).collect();
    assert_eq!(expected.len(), 50);
    assert!(codes.len() >= 35, "{} codes", codes.len());
}

#[test]
fn underlines_are_asserted_where_bytes_and_characters_differ() {
    let texts = documents(&suite().join("underlines"));
    let expected = all_expected(&texts);
    assert!(expected.len() >= 8, "{} underlines", expected.len());
    for ((file, line, what), slice) in &expected {
        assert!(slice.is_some(), "{file}:{line}: {what} does not say what is underlined");
    }
    let wide = texts.iter().flat_map(|(_, text)| text.lines()).filter(|line| line.chars().any(|c| c.len_utf8() > 2));
    assert!(wide.count() > 0, "no character of more than two bytes");
}

/// All cases of a project (of the library too, if asked) with the name of their mapping.
fn outcomes(project: &Project, library: bool) -> Vec<(String, Outcome)> {
    let model = &project.model;
    let arena = Arena::new();
    let codecs = stage::lookup_codecs(model);
    let lookups = stage::lookups(model, &codecs, &arena);
    let bench = Bench { model, lookups: &lookups, today: jiff::civil::date(2026, 8, 1) };
    let mut all = Vec::new();
    for (mapping, typed) in model.mappings.iter().zip(&project.typed.mappings) {
        if library || project.is_own(mapping.file) {
            let name = &mapping.name.text;
            all.extend(cases::examples(&bench, typed, None).into_iter().map(|outcome| (name.clone(), outcome)));
        }
    }
    for test in model.tests.iter().filter(|test| library || project.is_own(test.file)) {
        let typed = &project.typed.mappings[test.mapping.0 as usize];
        if let Some(sync) = test.sync {
            let route =
                project.typed.routes.iter().find(|route| route.sync == sync).expect("a sync with cases has a route");
            let world = TestWorld::new();
            let work = |case| cases::syncs::work(&bench, route, test, case, &world, &|_, _| {});
            all.extend(test.cases.iter().map(|case| (model.sync(sync).name.text.clone(), work(case))));
            continue;
        }
        let name = &model.mapping(test.mapping).name.text;
        all.extend(test.cases.iter().map(|case| (name.clone(), cases::work(&bench, typed, test, case))));
    }
    all
}

fn assert_passed(outcomes: &[(String, Outcome)]) {
    let failed = outcomes.iter().filter(|(_, outcome)| !outcome.differences.is_empty());
    let failed: Vec<String> = failed.map(|(mapping, outcome)| format!("{mapping}: {outcome:#?}")).collect();
    assert!(failed.is_empty(), "\n{}\n", failed.join("\n"));
}

#[test]
fn the_library_checks_without_a_finding_and_passes_its_cases() {
    let project = Project::of_texts(&[]);
    assert_eq!(found(&project), []);
    let outcomes = outcomes(&project, true);
    assert_passed(&outcomes);
    assert!(outcomes.len() >= 25, "{} cases", outcomes.len());
}

#[test]
fn example_projects_check_without_a_finding_and_pass_their_cases() {
    for name in ["files", "rest"] {
        let is_document = |path: &str| path.ends_with(".yaml");
        let files = library::example(name).into_iter().filter(|(path, _)| is_document(path));
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).expect("UTF-8").to_string();
        let texts: Vec<(String, String)> = files.map(|(path, bytes)| (path, text(bytes))).collect();
        assert!(!texts.is_empty(), "no example {name}");
        let project = Project::of_texts(&texts);
        assert_eq!(found(&project), [], "{name}");
        assert_passed(&outcomes(&project, false));
    }
}

#[test]
fn projects_of_the_suite_pass_their_cases() {
    let mut count = 0;
    for checked in suite_projects() {
        if !checked.project.has_errors() {
            let outcomes = outcomes(&checked.project, false);
            assert_passed(&outcomes);
            count += outcomes.len();
        }
    }
    assert!(count >= 10, "{count} cases");
}

/// A job that lost its cases would pass every other test.
#[test]
fn every_job_has_cases_and_stands_in_the_list() {
    let list = fs::read_to_string(suite().join("jobs/README.md")).expect("the list");
    let mut count = 0;
    for Checked { name, project, .. } in suite_projects().iter().filter(|checked| checked.job) {
        assert!(list.contains(&format!("]({name})")), "{name} is not in the list");
        assert!(!project.has_errors(), "{name}");
        assert!(!project.model.tests.iter().all(|test| !project.is_own(test.file)), "{name} has no cases");
        count += 1;
    }
    assert_eq!(count, list.matches("](j").count(), "a job of the list is missing");
}

/// The table that this project was asked for: 48 rows with the names and in the order of the schools' help page.
#[test]
fn the_founding_table_has_its_rows_and_directions() {
    let project = Project::of_texts(&[]);
    let model = &project.model;
    let id = model.find_mapping("informat--smartschool").expect("the mapping");
    let (mapping, typed) = (model.mapping(id), &project.typed.mappings[id.0 as usize]);
    let table = directions(&Subject { model, sources: &project.sources, mapping, typed, sync: None });
    let main: Vec<_> =
        table.sections.iter().filter(|section| section.kind == Kind::Main).flat_map(|s| &s.rows).collect();
    assert_eq!(main.len(), 48);
    let row = |name: &str| *main.iter().find(|row| row.name.starts_with(name)).expect(name);
    assert_eq!(row("Extra voornamen").directions, ["Informat --> Smartschool"]);
    assert_eq!(row("Huisdokter telefoon").directions, ["In 2 richtingen"]);
    assert_eq!(row("Eigen foto").directions, ["In 2 richtingen, instelbaar"]);
    assert_eq!(row("3 wachtwoorden").directions, ["Eenmalig Informat --> Smartschool"]);
    assert_eq!(row("3 wachtwoorden").right.len(), 3);
    assert!(row("3 wachtwoorden").left.iter().all(|cell| cell.unknown), "no public counterpart");
    assert_eq!(row("Taalkeuze").notes, ["enkel als $education == \"SO\""]);
    let both = main.iter().filter(|row| row.directions[0].starts_with("In 2 richtingen")).count();
    assert_eq!(both, 21, "as many as on the help page");
    let add_ons: Vec<&str> =
        table.sections.iter().filter(|s| s.kind == Kind::AddOn).map(|s| s.rows[0].map.as_str()).collect();
    assert_eq!(add_ons, ["co_accounts", "absences"]);
    let text = direction::text(&table, 100);
    assert!(text.lines().all(|line| layout::width(line) <= 100), "{text}");
}

/// Overlays show whose they are, in the table too.
#[test]
fn the_table_of_a_sync_shows_its_overlay() {
    let texts = documents(&suite().join("clean"));
    let project = Project::of_texts(&texts);
    let model = &project.model;
    let sync = model.find_sync("overlays").expect("the sync");
    let route = project.typed.routes.iter().find(|route| route.sync == sync).expect("its route");
    let (mapping, typed) = (&route.mappings[0], &route.typed[0]);
    let table = directions(&Subject { model, sources: &project.sources, mapping, typed, sync: Some(model.sync(sync)) });
    let rows: Vec<_> = table.sections.iter().flat_map(|section| &section.rows).collect();
    let overlaid: Vec<(&str, &str)> = rows
        .iter()
        .filter(|row| row.overlay.is_some())
        .map(|row| (row.label.as_str(), row.directions[0].as_str()))
        .collect();
    assert_eq!(overlaid, [("Mejl", "skola --> katalog"), ("Ort", "skola --> katalog"), ("Telefon", "Off")]);
    assert_eq!(table.remarks.len(), 1);
}
