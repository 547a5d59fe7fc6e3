//! `koppla docs NAME`: the table of fields and directions of a mapping or sync, as schools know it.

use super::args::{DocsArgs, DocumentFormat};
use super::project::Project;
use super::{Exit, Out};
use crate::documents::direction::{self, Directions, Subject, directions};
use crate::documents::{html, site};
use crate::finding::{layout, suggest};
use crate::model::MappingId;
use crate::source::FileId;
use crate::world::World;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

/// Prints the table, or writes it into a file.
pub fn run(args: &DocsArgs, world: &dyn World, out: &mut Out) -> Exit {
    let project = match Project::read(&args.project.project, world) {
        Ok(project) => project,
        Err(why) => {
            out.error(&why);
            return Exit::Usage;
        }
    };
    let outcome = match (&args.site, &args.name) {
        (Some(folder), _) => whole_site(&project, folder, args.project.quiet, world, out),
        (None, Some(name)) => table(&project, name, args, world, out),
        (None, None) => site(&project, args, world, out),
    };
    outcome.err().unwrap_or(Exit::Done)
}

/// The table of one mapping or sync.
fn table(project: &Project, name: &str, args: &DocsArgs, world: &dyn World, out: &mut Out) -> Result<(), Exit> {
    let Some(files) = files(project, name) else {
        let model = &project.model;
        let syncs = model.syncs.iter().map(|sync| sync.name.text.as_str());
        let known = syncs.chain(model.mappings.iter().map(|mapping| mapping.name.text.as_str()));
        let near = suggest::nearest(name, known).map(|near| format!("; did you mean {near}?"));
        out.error(&format!("there is no mapping or sync {name}{}", near.unwrap_or_default()));
        return Err(Exit::Usage);
    };
    project.gate_of(&files, out)?;
    let text = render(&tables(project, name), args.format, out.style().width);
    out.text_to(args.out.as_deref(), &text, args.project.quiet, world)
}

/// A page for each sync of the project, each mapping of its own and each that a sync leads over, and an index.
fn site(project: &Project, args: &DocsArgs, world: &dyn World, out: &mut Out) -> Result<(), Exit> {
    let (Some(folder), DocumentFormat::Html) = (&args.out, args.format) else {
        out.error(
            "whose table? Name a mapping or sync, or let all pages be written: koppla docs --format html --out DIR",
        );
        return Err(Exit::Usage);
    };
    project.gate(out)?;
    let model = &project.model;
    let used: BTreeSet<_> = model.syncs.iter().flat_map(|sync| sync.route.iter().copied()).collect();
    let mappings = (0..model.mappings.len() as u32).map(MappingId);
    let mappings = mappings.filter(|id| used.contains(id) || project.is_own(model.mapping(*id).file));
    let mappings: Vec<&str> = mappings.map(|id| model.mapping(id).name.text.as_str()).collect();
    let syncs: Vec<&str> = model.syncs.iter().map(|sync| sync.name.text.as_str()).collect();
    let page = |name: &str| format!("{}.html", name.replace(['/', '\\'], "-"));
    let mut index = String::new();
    world.create_folder(folder).map_err(|error| out.cannot_write(folder, &error))?;
    for (heading, names) in [("Syncs", &syncs), ("Mappings", &mappings)] {
        if names.is_empty() {
            continue;
        }
        index.push_str(&html::heading(heading));
        index.push_str("<ul>\n");
        for name in names {
            let all = tables(project, name);
            let link = format!("<a href=\"{}\">{}</a>", html::escaped(&page(name)), html::escaped(name));
            index.push_str(&format!("<li>{link}: {}</li>\n", html::escaped(&title(&all))));
            let text = render(&all, DocumentFormat::Html, 0);
            out.file(&folder.join(page(name)), text.as_bytes(), false, world)?;
        }
        index.push_str("</ul>\n");
    }
    let text = html::page("Fields and directions", &index);
    out.file(&folder.join("index.html"), text.as_bytes(), false, world)?;
    if !args.project.quiet {
        let pages = layout::counted((syncs.len() + mappings.len()) as u64, "page");
        out.note(&format!("{pages} and an index written to {}", folder.join("index.html").display()));
    }
    Ok(())
}

/// The manual, the functions, the findings, all systems and the tables of everything, as one site.
fn whole_site(project: &Project, folder: &Path, quiet: bool, world: &dyn World, out: &mut Out) -> Result<(), Exit> {
    project.gate(out)?;
    let model = &project.model;
    let syncs = model.syncs.iter().map(|sync| (&sync.name.text, true));
    let all = syncs.chain(model.mappings.iter().map(|mapping| (&mapping.name.text, false)));
    let table = |(name, is_sync): (&String, bool)| {
        let all = tables(project, name);
        let body = all.iter().map(|one| html::heading(&one.title) + &direction::html(one)).collect();
        site::Directions { name: name.clone(), title: title(&all), is_sync, body }
    };
    let pages = site::pages(model, &all.map(table).collect::<Vec<_>>());
    world.create_folder(folder).map_err(|error| out.cannot_write(folder, &error))?;
    for (name, text) in &pages {
        out.file(&folder.join(name), text.as_bytes(), false, world)?;
    }
    if !quiet {
        let count = layout::counted(pages.len() as u64, "page");
        out.note(&format!("{count} written; begin with {}", folder.join("index.html").display()));
    }
    Ok(())
}

fn title(all: &[Directions]) -> String {
    all.iter().map(|one| one.title.as_str()).collect::<Vec<_>>().join(" · ")
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
        DocumentFormat::Html => {
            let part = |one: &Directions| {
                let heading = if all.len() > 1 { html::heading(&one.title) } else { String::new() };
                heading + &direction::html(one)
            };
            html::page(&title(all), &all.iter().map(part).collect::<String>())
        }
        DocumentFormat::Json => {
            let tables: Vec<_> = all.iter().map(direction::json).collect();
            format!("{:#}\n", json!({ "tables": tables }))
        }
    }
}
