//! `koppla docs NAME`: the table of fields and directions of a mapping or sync, as schools know it.

use super::args::{DocsArgs, DocumentFormat};
use super::project::Project;
use super::{Exit, Out};
use crate::documents::direction::{self, Directions, Subject, directions};
use crate::finding::suggest;
use crate::source::FileId;
use crate::world::World;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Write;

/// Prints the table, or writes it into a file.
pub fn run(args: &DocsArgs, world: &dyn World, out: &mut Out) -> Exit {
    let project = match Project::read(&args.project.project, world) {
        Ok(project) => project,
        Err(why) => {
            out.error(&why);
            return Exit::Usage;
        }
    };
    let Some(files) = files(&project, &args.name) else {
        let model = &project.model;
        let syncs = model.syncs.iter().map(|sync| sync.name.text.as_str());
        let known = syncs.chain(model.mappings.iter().map(|mapping| mapping.name.text.as_str()));
        let near = suggest::nearest(&args.name, known).map(|near| format!("; did you mean {near}?"));
        out.error(&format!("there is no mapping or sync {}{}", args.name, near.unwrap_or_default()));
        return Exit::Usage;
    };
    if let Err(exit) = project.gate_of(&files, out) {
        return exit;
    }
    let all = tables(&project, &args.name);
    let text = render(&all, args.format, out.style().width);
    match &args.out {
        None => out.text(&text),
        Some(path) => {
            let written = world.create(path, false).and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync()
            });
            if let Err(error) = written {
                out.error(&format!("{} cannot be written: {error}", path.display()));
                return Exit::Usage;
            }
            if !args.project.quiet {
                out.note(&format!("written to {}", path.display()));
            }
        }
    }
    Exit::Done
}

/// The files that a sync or mapping is made of; `None` if there is none of this name.
fn files(project: &Project, name: &str) -> Option<BTreeSet<FileId>> {
    let model = &project.model;
    let mut files = BTreeSet::new();
    if let Some(id) = model.find_sync(name) {
        files.insert(model.sync(id).file);
        model.sync(id).route.iter().for_each(|&mapping| project.files_of(mapping, &mut files));
    } else {
        project.files_of(model.find_mapping(name)?, &mut files);
    }
    Some(files)
}

/// The tables of a sync, one for each mapping of its route, or that of a mapping.
fn tables(project: &Project, name: &str) -> Vec<Directions> {
    let model = &project.model;
    let subject = |mapping, typed, sync| Subject { model, sources: &project.sources, mapping, typed, sync };
    if let Some(id) = model.find_sync(name) {
        let route = project.typed.routes.iter().find(|route| route.sync == id);
        let both = route.into_iter().flat_map(|route| route.mappings.iter().zip(&route.typed));
        return both.map(|(mapping, typed)| directions(&subject(mapping, typed, Some(model.sync(id))))).collect();
    }
    let mapping = |id| directions(&subject(model.mapping(id), &project.typed.mappings[id.0 as usize], None));
    model.find_mapping(name).into_iter().map(mapping).collect()
}

fn render(all: &[Directions], format: DocumentFormat, width: usize) -> String {
    let each = |one: &dyn Fn(&Directions) -> String| all.iter().map(one).collect::<Vec<_>>().join("\n\n");
    match format {
        DocumentFormat::Human => each(&|one| direction::text(one, width)),
        DocumentFormat::Markdown => each(&direction::markdown),
        DocumentFormat::Csv => direction::csv(all),
        DocumentFormat::Json => {
            let tables: Vec<_> = all.iter().map(direction::json).collect();
            format!("{:#}\n", json!({ "tables": tables }))
        }
    }
}
