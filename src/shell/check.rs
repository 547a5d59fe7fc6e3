//! `koppla check [NAME …]`: everything that is wrong with the documents of a project.

use super::args::{CheckArgs, FindingsFormat};
use super::project::Project;
use super::{Exit, Out};
use crate::finding::{Finding, Severity, github, json, sarif, terminal};
use crate::world::World;

/// Checks, prints, and says with its exit code whether there are errors.
pub fn run(args: &CheckArgs, world: &dyn World, out: &mut Out) -> Exit {
    let project = match Project::read(&args.project.project, world) {
        Ok(project) => project,
        Err(why) => {
            out.error(&why);
            return Exit::Usage;
        }
    };
    let findings = match named(&project, &args.names, out) {
        Ok(findings) => findings,
        Err(exit) => return exit,
    };
    match args.format {
        FindingsFormat::Json => out.json(&json::render(&findings, &project.sources)),
        FindingsFormat::Sarif => out.json(&sarif::render(&findings, &project.sources)),
        FindingsFormat::Github => out.text(&github::render(&findings, &project.sources)),
        FindingsFormat::Concise => out.text(&terminal::concise(&findings, &project.sources)),
        FindingsFormat::Human => {
            if !findings.is_empty() {
                let text = terminal::render(&findings, &project.sources, out.style());
                out.text(&text);
            } else if !args.project.quiet {
                out.text(&summary(&project));
            }
        }
    }
    let errors = findings.iter().any(|finding| finding.severity == Severity::Error);
    if errors { Exit::Found } else { Exit::Done }
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
