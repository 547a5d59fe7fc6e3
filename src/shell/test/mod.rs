//! `koppla test [NAME …]`: the cases of test documents, and the examples of the mappings' own functions.

mod coverage;
mod mutate;
mod record;
mod report;
mod show;

use super::args::{CasesFormat, CoverageFormat, TestArgs};
use super::progress::Progress;
use super::project::{self, Documents, Project};
use super::{Exit, Out};
use crate::finding::{github, junit, sarif, suggest};
use crate::model::overlay::all_changes;
use crate::model::{Mapping, MappingId, SyncId, Test};
use crate::run::cases::{self, Bench, Outcome};
use crate::run::stage::{self, Worked};
use crate::source::FileId;
use crate::value::Arena;
use crate::world::World;
use coverage::Covered;
use jiff::tz::TimeZone;
use mutate::Mutated;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The outcomes of one file.
struct File {
    /// The file.
    id: FileId,
    /// Its path.
    path: String,
    /// The mapping that is tested.
    mapping: String,
    /// How its cases went.
    outcomes: Vec<Outcome>,
}

/// Runs the cases, prints how they went, and says with its exit code whether all passed.
pub fn run(args: &TestArgs, world: &dyn World, out: &mut Out) -> Exit {
    match tested(args, world, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn tested(args: &TestArgs, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let folder = &args.project.project;
    let documents = project::documents(folder, world).map_err(|why| {
        out.error(&why);
        Exit::Usage
    })?;
    let project = Project::of_needed(folder, &documents);
    if let Some(sync) = &args.record {
        return record::record(args, sync, (&project, documents), world, out);
    }
    let chosen = Chosen::of(&project, args);
    names_exist(&project, &args.names, out)?;
    gate(&project, &chosen, args, out)?;
    let mut covered = args.coverage.map(|_| Covered::of(&project, &chosen, args.library));
    let files = outcomes(&project, &chosen, world, covered.as_mut());
    if let Some(covered) = &mut covered {
        covered.settle(&project);
    }
    let all = || files.iter().flat_map(|file| &file.outcomes);
    let failed = all().filter(|outcome| !outcome.differences.is_empty()).count();
    let passed = all().count() - failed;
    let mutated = (args.mutate && failed == 0).then(|| mutated(&project, &documents, &chosen, world, out));
    let more = More { covered: covered.as_ref(), mutated: mutated.as_ref() };
    print(&project, &files, args, (passed, failed), &more, out);
    if let (Some(path), Some(covered), Some(format)) = (&args.coverage_out, &covered, args.coverage) {
        out.text_to(Some(path), &cover(&project, covered, format), args.project.quiet, world)?;
    }
    let missed = mutated.is_some_and(|mutated| !mutated.survivors.is_empty());
    Ok(if failed > 0 || (missed && args.exit_code) { Exit::Found } else { Exit::Done })
}

/// What is told beside the outcomes of cases.
struct More<'m> {
    covered: Option<&'m Covered>,
    mutated: Option<&'m Mutated>,
}

fn cover(project: &Project, covered: &Covered, format: CoverageFormat) -> String {
    match format {
        CoverageFormat::Human => covered.text(project),
        CoverageFormat::Json => format!("{:#}\n", covered.json(project)),
        CoverageFormat::Lcov => covered.lcov(project),
    }
}

/// Changes the rules one by one.
fn mutated(project: &Project, documents: &Documents, chosen: &Chosen<'_>, world: &dyn World, out: &mut Out) -> Mutated {
    let progress = Progress::new(out);
    mutate::mutate(project, documents, chosen, world, &mut |count| match count {
        Some(count) => progress.begin("changing the rules", Some(count)),
        None => progress.advance(1),
    })
}

/// The gate before the cases. What keeps them from being worked is told in the format that was asked for, where that is
/// one for findings.
fn gate(project: &Project, chosen: &Chosen<'_>, args: &TestArgs, out: &mut Out) -> Result<(), Exit> {
    let files = chosen.files(project, args);
    let about = || project.findings.iter().filter(|finding| files.contains(&finding.span.file)).cloned().collect();
    let passed = project.gate_of(&files, out);
    if passed.is_err() {
        let found: Vec<_> = about();
        match args.format {
            CasesFormat::Github => out.text(&github::render(&found, &project.sources, &project.root())),
            CasesFormat::Sarif => out.json(&sarif::render(&found, &project.sources, &project.root())),
            CasesFormat::Junit => {
                out.text(&junit::render("koppla test", &junit::of_findings(&found, &[], &project.sources)));
            }
            CasesFormat::Human | CasesFormat::Json => {}
        }
    }
    passed
}

/// Prints how the cases went. Coverage in a form for programs takes the place of that, unless it goes into a file.
fn print(
    project: &Project,
    files: &[File],
    args: &TestArgs,
    (passed, failed): (usize, usize),
    more: &More<'_>,
    out: &mut Out,
) {
    let told = more.covered.filter(|_| args.coverage_out.is_none()).zip(args.coverage);
    match (args.format, told) {
        (CasesFormat::Json, _) => {
            let mut value = show::as_json(project, files, passed, failed);
            if let Some((covered, _)) = told {
                value["coverage"] = covered.json(project);
            }
            if let Some(mutated) = more.mutated {
                value["mutants"] = mutated.json();
            }
            out.json(&value);
        }
        (CasesFormat::Github, _) => {
            out.text(&github::render(&report::findings(files), &project.sources, &project.root()));
        }
        (CasesFormat::Sarif, _) => {
            out.json(&sarif::render(&report::findings(files), &project.sources, &project.root()));
        }
        (CasesFormat::Junit, _) => out.text(&junit::render("koppla test", &report::suites(project, files))),
        (CasesFormat::Human, Some((covered, format @ (CoverageFormat::Json | CoverageFormat::Lcov)))) => {
            out.note(&format!("{passed} passed, {failed} failed"));
            out.text(&cover(project, covered, format));
        }
        (CasesFormat::Human, _) => {
            human(files, args, (passed, failed), out);
            if let Some((covered, _)) = told {
                out.text(&format!("\n{}", covered.text(project)));
            }
            if let Some(mutated) = more.mutated {
                out.text(&format!("\n{}", mutated.text()));
            }
        }
    }
}

fn human(files: &[File], args: &TestArgs, (passed, failed): (usize, usize), out: &mut Out) {
    files.iter().for_each(|file| show::print(file, args.project.quiet, out));
    if passed + failed == 0 {
        out.note("no cases: a test document is a file NAME.test.yaml; --library runs those of the library");
    } else {
        out.text(&format!("{passed} passed, {failed} failed\n"));
    }
}

/// Every name must be that of a mapping with cases, or of a file.
fn names_exist(project: &Project, names: &[String], out: &mut Out) -> Result<(), Exit> {
    for name in names {
        let known: Vec<&str> = project.model.tests.iter().flat_map(|test| names_of(project, test)).collect();
        let mapping = project.model.mappings.iter().any(|mapping| mapping.name.text == *name);
        if !mapping && !known.contains(&name.as_str()) {
            let near = suggest::nearest(name, known).map(|near| format!("; did you mean {near}?"));
            out.error(&format!("there is no mapping and no test document {name}{}", near.unwrap_or_default()));
            return Err(Exit::Usage);
        }
    }
    Ok(())
}

/// What a test document may be called: its mapping, its path, its file's name with and without ending.
fn names_of<'p>(project: &'p Project, test: &Test) -> [&'p str; 4] {
    let path = project.sources.file(test.file).path.as_str();
    let file = path.rsplit(['/', ':']).next().unwrap_or(path);
    let model = &project.model;
    let tested = test.sync.map_or(&model.mapping(test.mapping).name.text, |sync| &model.sync(sync).name.text);
    [tested, path, file, file.strip_suffix(".test.yaml").unwrap_or(file)]
}

/// What is run: mappings for the examples of their functions, test documents for their cases.
struct Chosen<'p> {
    mappings: Vec<MappingId>,
    tests: Vec<&'p Test>,
}

impl<'p> Chosen<'p> {
    fn of(project: &'p Project, args: &TestArgs) -> Chosen<'p> {
        let model = &project.model;
        let own = |file: FileId| args.library || project.is_own(file);
        let asked = |name: &str| args.names.iter().any(|asked| asked == name);
        let all = args.names.is_empty();
        let of_mapping = |mapping: &Mapping| if all { own(mapping.file) } else { asked(&mapping.name.text) };
        let of_test = |test: &Test| if all { own(test.file) } else { names_of(project, test).into_iter().any(asked) };
        let mappings = (0..).map(MappingId).zip(&model.mappings);
        Chosen {
            mappings: mappings.filter(|(_, mapping)| of_mapping(mapping)).map(|(id, _)| id).collect(),
            tests: model.tests.iter().filter(|test| of_test(test)).collect(),
        }
    }

    /// Test documents by their paths, and the mappings that they are about.
    fn of_files(project: &'p Project, paths: &BTreeSet<String>) -> Chosen<'p> {
        let here = |test: &&Test| paths.contains(&project.sources.file(test.file).path);
        let tests: Vec<&Test> = project.model.tests.iter().filter(here).collect();
        let mappings: BTreeSet<MappingId> = tests.iter().map(|test| test.mapping).collect();
        Chosen { mappings: mappings.into_iter().collect(), tests }
    }

    /// The files that must be without errors: what is run and what that is made of. Without names, every test document of
    /// the project, lest one whose mapping is not known be passed over in silence.
    fn files(&self, project: &Project, args: &TestArgs) -> BTreeSet<FileId> {
        let mut files = self.made_of(project);
        if args.names.is_empty() {
            let is_test = |file: &FileId| project.sources.file(*file).path.ends_with(".test.yaml");
            files.extend(project.sources.ids().filter(|&file| project.is_own(file)).filter(is_test));
        }
        files
    }

    /// The files of what is run, and of what that is made of.
    fn made_of(&self, project: &Project) -> BTreeSet<FileId> {
        let mut files: BTreeSet<FileId> = self.tests.iter().map(|test| test.file).collect();
        for test in &self.tests {
            project.files_of(test.mapping, &mut files);
            if let Some(sync) = test.sync.map(|sync| project.model.sync(sync)) {
                files.insert(sync.file);
                files.extend(all_changes(sync).flat_map(|(_, change)| change.lines.iter().map(|line| line.span.file)));
                sync.route.iter().for_each(|&mapping| project.files_of(mapping, &mut files));
            }
        }
        for &mapping in self.mappings.iter().filter(|&&mapping| has_examples(project.model.mapping(mapping))) {
            project.files_of(mapping, &mut files);
        }
        files
    }
}

fn has_examples(mapping: &Mapping) -> bool {
    mapping.functions.iter().any(|function| !function.examples.is_empty())
}

/// Works the cases of a whole sync.
fn of_sync(
    project: &Project,
    bench: &Bench<'_>,
    test: &Test,
    sync: SyncId,
    world: &dyn World,
    covered: Option<&mut Covered>,
) -> Vec<Outcome> {
    // Without a route a finding says so, and the gate stops before this.
    let Some(route) = project.typed.routes.iter().find(|route| route.sync == sync) else { return Vec::new() };
    let covered = RefCell::new(covered);
    let watch = |stage: usize, worked: &Worked<'_>| {
        let mut covered = covered.borrow_mut();
        if let Some(coverage) = covered.as_deref_mut().and_then(|covered| covered.stage(sync, stage)) {
            coverage.watch(worked);
        }
    };
    test.cases.iter().map(|case| cases::syncs::work(bench, route, test, case, world, &watch)).collect()
}

/// Works all cases that are chosen. `covered` counts what they touch.
fn outcomes(project: &Project, chosen: &Chosen<'_>, world: &dyn World, mut covered: Option<&mut Covered>) -> Vec<File> {
    let model = &project.model;
    let arena = Arena::new();
    let codecs = stage::lookup_codecs(model);
    let lookups = stage::lookups(model, &codecs, &arena);
    let today = world.now().to_zoned(TimeZone::UTC).date();
    let bench = Bench { model, lookups: &lookups, today };
    let mut files = Vec::new();
    for &id in &chosen.mappings {
        let (mapping, typed) = (model.mapping(id), &project.typed.mappings[id.0 as usize]);
        let coverage = covered.as_deref_mut().and_then(|covered| covered.mapping(id));
        files.push((mapping.file, &mapping.name.text, cases::examples(&bench, typed, coverage)));
    }
    for test in &chosen.tests {
        if let Some(sync) = test.sync {
            let outcomes = of_sync(project, &bench, test, sync, world, covered.as_deref_mut());
            files.push((test.file, &model.sync(sync).name.text, outcomes));
            continue;
        }
        let typed = &project.typed.mappings[test.mapping.0 as usize];
        let mut coverage = covered.as_deref_mut().and_then(|covered| covered.mapping(test.mapping));
        let mut watch = |worked: &Worked<'_>| {
            if let Some(coverage) = coverage.as_deref_mut() {
                coverage.watch(worked);
            }
        };
        let outcomes = test.cases.iter().map(|case| cases::watched(&bench, typed, test, case, &mut watch)).collect();
        files.push((test.file, &model.mapping(test.mapping).name.text, outcomes));
    }
    let path = |file| project.sources.file(file).path.clone();
    let files = files.into_iter().filter(|(_, _, outcomes)| !outcomes.is_empty());
    files
        .map(|(file, mapping, outcomes)| File { id: file, path: path(file), mapping: mapping.clone(), outcomes })
        .collect()
}
