//! `koppla test [NAME …]`: the cases of test documents, and the examples of the mappings' own functions.

use super::args::{Format, TestArgs};
use super::project::Project;
use super::{Exit, Out};
use crate::finding::suggest;
use crate::model::{Mapping, MappingId, Test};
use crate::run::cases::{self, Bench, Difference, Outcome};
use crate::run::stage;
use crate::source::FileId;
use crate::value::Arena;
use crate::world::World;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The outcomes of one file.
struct File {
    /// Its path.
    path: String,
    /// The mapping that is tested.
    mapping: String,
    /// How its cases went.
    outcomes: Vec<Outcome>,
}

/// Runs the cases, prints how they went, and says with its exit code whether all passed.
pub fn run(args: &TestArgs, world: &dyn World, out: &mut Out) -> Exit {
    let project = match Project::read(&args.project.project, world) {
        Ok(project) => project,
        Err(why) => {
            out.error(&why);
            return Exit::Usage;
        }
    };
    let chosen = Chosen::of(&project, args);
    let ready =
        names_exist(&project, &args.names, out).and_then(|()| project.gate_of(&chosen.files(&project, args), out));
    if let Err(exit) = ready {
        return exit;
    }
    let files = work(&project, &chosen, world);
    let all = || files.iter().flat_map(|file| &file.outcomes);
    let failed = all().filter(|outcome| !outcome.differences.is_empty()).count();
    let passed = all().count() - failed;
    match args.format.format {
        Format::Json => out.json(&as_json(&project, &files, passed, failed)),
        Format::Human => {
            for file in &files {
                print(file, args.project.quiet, out);
            }
            if passed + failed == 0 {
                out.note("no cases: a test document is a file NAME.test.yaml; --library runs those of the library");
            } else {
                out.text(&format!("{passed} passed, {failed} failed\n"));
            }
        }
    }
    if failed > 0 { Exit::Found } else { Exit::Done }
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
    let mapping = &project.model.mapping(test.mapping).name.text;
    [mapping, path, file, file.strip_suffix(".test.yaml").unwrap_or(file)]
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

    /// The files that must be without errors: what is run and what that is made of. Without names, every test document of
    /// the project, lest one whose mapping is not known be passed over in silence.
    fn files(&self, project: &Project, args: &TestArgs) -> BTreeSet<FileId> {
        let mut files: BTreeSet<FileId> = self.tests.iter().map(|test| test.file).collect();
        for test in &self.tests {
            project.files_of(test.mapping, &mut files);
        }
        for &mapping in self.mappings.iter().filter(|&&mapping| has_examples(project.model.mapping(mapping))) {
            project.files_of(mapping, &mut files);
        }
        if args.names.is_empty() {
            let is_test = |file: &FileId| project.sources.file(*file).path.ends_with(".test.yaml");
            files.extend(project.sources.ids().filter(|&file| project.is_own(file)).filter(is_test));
        }
        files
    }
}

fn has_examples(mapping: &Mapping) -> bool {
    mapping.functions.iter().any(|function| !function.examples.is_empty())
}

fn work(project: &Project, chosen: &Chosen<'_>, world: &dyn World) -> Vec<File> {
    let model = &project.model;
    let arena = Arena::new();
    let codecs = stage::lookup_codecs(model);
    let lookups = stage::lookups(model, &codecs, &arena);
    let today = world.now().to_zoned(TimeZone::UTC).date();
    let bench = Bench { model, lookups: &lookups, today };
    let mut files = Vec::new();
    for &id in &chosen.mappings {
        let (mapping, typed) = (model.mapping(id), &project.typed.mappings[id.0 as usize]);
        files.push((mapping.file, &mapping.name.text, cases::examples(&bench, typed)));
    }
    for test in &chosen.tests {
        let typed = &project.typed.mappings[test.mapping.0 as usize];
        let outcomes = test.cases.iter().map(|case| cases::work(&bench, typed, test, case)).collect();
        files.push((test.file, &model.mapping(test.mapping).name.text, outcomes));
    }
    let path = |file| project.sources.file(file).path.clone();
    let files = files.into_iter().filter(|(_, _, outcomes)| !outcomes.is_empty());
    files.map(|(file, mapping, outcomes)| File { path: path(file), mapping: mapping.clone(), outcomes }).collect()
}

/// One line a case; of a failed one what differs. With `quiet`, failed ones only.
fn print(file: &File, quiet: bool, out: &mut Out) {
    let shown = |outcome: &&Outcome| !quiet || !outcome.differences.is_empty();
    if !file.outcomes.iter().any(|outcome| shown(&outcome)) {
        return;
    }
    out.text(&format!("{} ({})\n", file.path, file.mapping));
    for outcome in file.outcomes.iter().filter(shown) {
        let word = if outcome.differences.is_empty() { "ok    " } else { "failed" };
        out.text(&format!("  {word}  {}\n", outcome.name));
        for difference in &outcome.differences {
            out.text(&difference_text(difference));
        }
        if !outcome.notes.is_empty() {
            out.text("          what fell in this case:\n");
            outcome.notes.iter().for_each(|note| out.text(&format!("            {note}\n")));
        }
    }
    out.text("\n");
}

fn difference_text(difference: &Difference) -> String {
    let key = |key: &Option<String>| key.as_ref().map(|key| format!(" {key}")).unwrap_or_default();
    let list = |fields: &[(String, String)]| {
        let fields = fields.iter().map(|(field, value)| format!("            {field}: {value}\n"));
        fields.collect::<String>()
    };
    match difference {
        Difference::Unreadable { what, why } => format!("          {what}: {why}\n"),
        Difference::Differs { entity, key: of, fields } => {
            let mut text = format!("          {entity}{}\n", key(of));
            for (field, expected, got) in fields {
                text.push_str(&format!(
                    "            {field}\n              expected  {expected}\n              got       {got}\n"
                ));
            }
            text
        }
        Difference::Missing { entity, fields } => {
            format!("          {entity} expected, but not made\n{}", list(fields))
        }
        Difference::Surplus { entity, key: of, fields } => {
            format!("          {entity}{} made, but not expected\n{}", key(of), list(fields))
        }
        Difference::Count { what, of, reason, expected, got } => {
            let of = if of.is_empty() { String::new() } else { format!("{of} ") };
            let reason = reason.as_ref().map(|reason| format!(" for \"{reason}\"")).unwrap_or_default();
            format!("          {of}{what}{reason}\n            expected  {expected}\n            got       {got}\n")
        }
        Difference::Gives { expected, got } => {
            format!("            expected  {expected}\n            got       {got}\n")
        }
    }
}

/// `{passed, failed, cases: [{file, line, mapping, name, passed, differences, notes}]}`
fn as_json(project: &Project, files: &[File], passed: usize, failed: usize) -> Value {
    let case = |file: &File, outcome: &Outcome| {
        json!({
            "file": file.path,
            "line": project.sources.position(outcome.span).0,
            "mapping": file.mapping,
            "name": outcome.name,
            "passed": outcome.differences.is_empty(),
            "differences": outcome.differences.iter().map(difference_json).collect::<Vec<_>>(),
            "notes": outcome.notes,
        })
    };
    let cases = files.iter().flat_map(|file| file.outcomes.iter().map(move |outcome| case(file, outcome)));
    json!({ "passed": passed, "failed": failed, "cases": cases.collect::<Vec<_>>() })
}

fn difference_json(difference: &Difference) -> Value {
    let map = |fields: &[(String, String)]| -> Value {
        fields
            .iter()
            .map(|(field, value)| (field.clone(), Value::from(value.clone())))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    match difference {
        Difference::Unreadable { what, why } => json!({ "kind": "unreadable", "what": what, "why": why }),
        Difference::Differs { entity, key, fields } => {
            let fields =
                fields.iter().map(|(field, expected, got)| json!({ "field": field, "expected": expected, "got": got }));
            json!({ "kind": "differs", "entity": entity, "key": key, "fields": fields.collect::<Vec<_>>() })
        }
        Difference::Missing { entity, fields } => json!({ "kind": "missing", "entity": entity, "fields": map(fields) }),
        Difference::Surplus { entity, key, fields } => {
            json!({ "kind": "surplus", "entity": entity, "key": key, "fields": map(fields) })
        }
        Difference::Count { what, of, reason, expected, got } => {
            json!({ "kind": what, "of": of, "reason": reason, "expected": expected, "got": got })
        }
        Difference::Gives { expected, got } => json!({ "kind": "gives", "expected": expected, "got": got }),
    }
}
