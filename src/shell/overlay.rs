//! `koppla overlay [SYNC]`: what a customer has otherwise than the standard, and why; and what a change of the standard
//! means for that.

use super::args::{Format, OverlayArgs};
use super::project::Project;
use super::{Exit, Out};
use crate::documents::{overlay, upgrade};
use crate::finding::{Finding, Severity};
use crate::model::SyncId;
use crate::world::World;

/// Findings that this command is there to solve: they keep nobody from it.
const OWN: [&str; 6] = [
    "vanished-rule",
    "standard-has-changed",
    "overlay-changes-nothing",
    "unknown-label-in-overlay",
    "unknown-map-in-overlay",
    "replaced-twice",
];

/// Prints the differences, what an upgrade changes, or whom it touches; or notes the standard as it is.
pub fn run(args: &OverlayArgs, world: &dyn World, out: &mut Out) -> Exit {
    shown(args, world, out).unwrap_or_else(|exit| exit)
}

fn shown(args: &OverlayArgs, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let project = super::project::open(&args.project.project, world, out)?;
    gate(&project, out)?;
    if let Some(mapping) = &args.impact {
        return impact(args, &project, mapping, out);
    }
    let id = project.named(args.sync.as_deref(), out)?;
    if args.note {
        return note(args, &project, id, world, out);
    }
    if args.merge {
        return merge(args, &project, id, out);
    }
    let name = &project.model.sync(id).name.text;
    let all = overlay::differences(&project.model, &project.sources, id);
    match args.format.format {
        Format::Json => out.json(&overlay::json(name, &all)),
        Format::Human => out.text(&overlay::text(name, &all, out.style().width)),
    }
    Ok(Exit::Done)
}

fn gate(project: &Project, out: &mut Out) -> Result<(), Exit> {
    let others: Vec<Finding> =
        project.findings.iter().filter(|finding| !OWN.contains(&finding.code.slug)).cloned().collect();
    if others.iter().any(|finding| finding.severity == Severity::Error) {
        project.print_findings(&others, out);
        return Err(Exit::Found);
    }
    Ok(())
}

/// Walks through what the standard has changed since it was noted.
fn merge(args: &OverlayArgs, project: &Project, id: SyncId, out: &mut Out) -> Result<Exit, Exit> {
    let name = &project.model.sync(id).name.text;
    let Some(all) = upgrade::changed(&project.model, id, None) else {
        out.error(&format!("the standard of {name} was never noted; koppla overlay {name} --note notes it as it is"));
        return Err(Exit::Usage);
    };
    match args.format.format {
        Format::Json => out.json(&upgrade::json(name, &all)),
        Format::Human => out.text(&upgrade::text(name, &all, out.style().width)),
    }
    let open = all.iter().filter(|row| row.outcome.needs_decision()).count();
    if args.format.format == Format::Human && !args.project.quiet {
        let next = format!("koppla overlay {name} --note takes the standard of today for looked at");
        out.note(&match open {
            0 if all.is_empty() => "nothing to decide".to_string(),
            0 => format!("nothing to decide; {next}"),
            open => format!("{open} to decide; when that is done, {next}"),
        });
    }
    Ok(if open > 0 { Exit::Found } else { Exit::Done })
}

/// Says which syncs of the folder a change of a mapping touches.
fn impact(args: &OverlayArgs, project: &Project, mapping: &str, out: &mut Out) -> Result<Exit, Exit> {
    if project.model.find_mapping(mapping).is_none() {
        let known = project.model.mappings.iter().map(|known| known.name.text.as_str());
        let near = crate::finding::suggest::nearest(mapping, known);
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        out.error(&format!("there is no mapping {mapping}{hint}"));
        return Err(Exit::Usage);
    }
    let all = upgrade::impact(&project.model, mapping);
    match args.format.format {
        Format::Json => out.json(&upgrade::impact_json(mapping, &all)),
        Format::Human => out.text(&upgrade::impact_text(mapping, &all)),
    }
    let rows = all.iter().flat_map(|one| one.changed.iter().flatten());
    Ok(if rows.into_iter().any(|row| row.outcome.needs_decision()) { Exit::Found } else { Exit::Done })
}

/// Notes the standard of a sync as it is, in a document beside the sync.
fn note(args: &OverlayArgs, project: &Project, id: SyncId, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let sync = project.model.sync(id);
    let beside = &project.sources.file(sync.file).path;
    let folder = beside.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let known = upgrade::noted(&project.model, id).map(|noted| &project.sources.file(noted.sync.span.file).path);
    let shown = known.cloned().unwrap_or_else(|| format!("{folder}{}.standard.yaml", sync.name.text));
    let text = upgrade::document(&project.model, id);
    let path = args.project.project.join(&shown);
    super::fmt::replaced(&path, text.as_bytes(), world).map_err(|error| {
        out.error(&format!("{shown} cannot be written: {error}"));
        Exit::Usage
    })?;
    out.text(&format!("{shown}\n"));
    if !args.project.quiet {
        out.note(&format!("the standard of {} is noted as it is today", sync.name.text));
    }
    Ok(Exit::Done)
}
