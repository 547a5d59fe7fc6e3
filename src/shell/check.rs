//! `koppla check [NAME …]`: everything that is wrong with the documents of a project.

use super::args::{CheckArgs, FindingsFormat};
use super::project::Project;
use super::{Exit, Out};
use crate::finding::baseline::{Baseline, Parted};
use crate::finding::weights::Weights;
use crate::finding::{Finding, Severity, github, json, junit, layout, sarif, terminal};
use crate::world::World;
use std::io::ErrorKind;
use std::path::Path;

/// Checks, prints, and says with its exit code whether there are errors.
pub fn run(args: &CheckArgs, world: &dyn World, out: &mut Out) -> Exit {
    match checked(args, world, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn checked(args: &CheckArgs, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let weights = Weights::of(&args.deny, &args.warn).map_err(|why| usage(&why, out))?;
    let project = Project::read(&args.project.project, world).map_err(|why| usage(&why, out))?;
    let mut findings = named(&project, &args.names, out)?;
    weights.weigh(&mut findings);
    let mut known = None;
    if let Some(path) = &args.baseline {
        if args.write_baseline {
            return written(path, &Baseline::of(&findings, &project.sources), args.project.quiet, world, out);
        }
        let parted = part(path, findings, &project, world, out)?;
        settle(path, &parted, args, world, out);
        known = Some((parted.known, parted.settled));
        findings = parted.new;
    }
    print(args, &project, &findings, known, out);
    let errors = findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if errors { Exit::Found } else { Exit::Done })
}

/// Prints findings. `known` says how many are in the baseline, and how many of it are gone.
fn print(args: &CheckArgs, project: &Project, findings: &[Finding], known: Option<(u64, u64)>, out: &mut Out) {
    let (sources, root) = (&project.sources, project.root());
    match args.format {
        FindingsFormat::Json => out.json(&json::render_beside(findings, sources, known)),
        FindingsFormat::Sarif => out.json(&sarif::render(findings, sources, &root)),
        FindingsFormat::Github => out.text(&github::render(findings, sources, &root)),
        FindingsFormat::Concise => out.text(&terminal::concise(findings, sources)),
        FindingsFormat::Junit => {
            out.text(&junit::render("koppla check", &junit::of_findings(findings, &project.own(), sources)));
        }
        FindingsFormat::Human => {
            if !findings.is_empty() {
                let text = terminal::render(findings, sources, out.style());
                out.text(&text);
            } else if !args.project.quiet {
                out.text(&summary(project));
            }
            if let Some((known, _)) = known.filter(|(known, _)| *known > 0 && !args.project.quiet) {
                out.text(&format!("{} in the baseline\n", layout::counted(known, "finding")));
            }
        }
    }
}

fn usage(why: &str, out: &mut Out) -> Exit {
    out.error(why);
    Exit::Usage
}

/// Parts the findings by the baseline in a file.
fn part(path: &Path, found: Vec<Finding>, project: &Project, world: &dyn World, out: &mut Out) -> Result<Parted, Exit> {
    let shown = path.display();
    let bytes = world.read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => usage(&format!("there is no {shown}; --write-baseline makes it"), out),
        _ => usage(&format!("{shown} cannot be read: {error}"), out),
    })?;
    let baseline = Baseline::read(&bytes).map_err(|why| usage(&format!("{shown} {why}"), out))?;
    Ok(baseline.part(found, &project.sources))
}

/// Takes out of the baseline what was not found any more. Only where everything was looked at: a new error may hide what
/// else is in its file, and with names not every file is looked at.
fn settle(path: &Path, parted: &Parted, args: &CheckArgs, world: &dyn World, out: &mut Out) {
    let hidden = parted.new.iter().any(|finding| finding.severity == Severity::Error);
    if parted.settled == 0 || hidden || !args.names.is_empty() {
        return;
    }
    let gone = format!("{} of {} settled", layout::counted(parted.settled, "finding"), path.display());
    let written = world.create(path, false).and_then(|mut file| {
        file.write_all(parted.left.text().as_bytes())?;
        file.sync()
    });
    // A working copy that cannot be written to is no fault of the documents.
    match written {
        Ok(()) => out.note(&format!("{gone} and taken out of it: commit the file")),
        Err(error) => out.note(&format!("{gone}, but the file cannot be written: {error}")),
    }
}

/// Writes a new baseline.
fn written(path: &Path, baseline: &Baseline, quiet: bool, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    out.file(path, baseline.text().as_bytes(), false, world)?;
    if !quiet {
        out.note(&format!("{} kept in {}", layout::counted(baseline.len(), "finding"), path.display()));
    }
    Ok(Exit::Done)
}

/// The findings in the files of the named syncs and mappings; all without names.
fn named(project: &Project, names: &[String], out: &mut Out) -> Result<Vec<Finding>, Exit> {
    if names.is_empty() {
        return Ok(project.findings.clone());
    }
    let model = &project.model;
    let mut files = Vec::new();
    for name in names {
        match (model.find_sync(name), model.find_mapping(name)) {
            (Some(sync), _) => {
                files.push(model.sync(sync).file);
                files.extend(model.sync(sync).route.iter().map(|&mapping| model.mapping(mapping).file));
            }
            (None, Some(mapping)) => files.push(model.mapping(mapping).file),
            (None, None) => {
                let syncs = model.syncs.iter().map(|sync| sync.name.text.as_str());
                let known = syncs.chain(model.mappings.iter().map(|mapping| mapping.name.text.as_str()));
                let hint = crate::finding::suggest::nearest(name, known).map(|near| format!("; did you mean {near}?"));
                out.error(&format!("there is no sync or mapping {name}{}", hint.unwrap_or_default()));
                return Err(Exit::Usage);
            }
        }
    }
    Ok(project.findings.iter().filter(|finding| files.contains(&finding.span.file)).cloned().collect())
}

/// What was checked, where nothing is wrong.
fn summary(project: &Project) -> String {
    let model = &project.model;
    let own = |file| project.is_own(file);
    let mappings = model.mappings.iter().filter(|mapping| own(mapping.file)).count();
    let syncs = model.syncs.len();
    if project.files == 0 {
        return "no documents here: a project has files such as NAME.sync.yaml and NAME.mapping.yaml\n".to_string();
    }
    format!(
        "no findings: {} file{} with {} sync{} and {} own mapping{}, over {} mappings of the library\n",
        project.files,
        if project.files == 1 { "" } else { "s" },
        syncs,
        if syncs == 1 { "" } else { "s" },
        mappings,
        if mappings == 1 { "" } else { "s" },
        model.mappings.len() - mappings,
    )
}
