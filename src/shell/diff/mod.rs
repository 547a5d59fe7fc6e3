//! `koppla diff OLD [NEW]`: what a change of rules does, and to whom.

mod review;
mod show;
mod sync;

use super::args::{DiffArgs, ReviewFormat};
use super::version::{self, Version};
use super::{Exit, Out, job};
use crate::documents::edits::{State, edits};
use crate::finding::{Finding, Severity, terminal};
use crate::world::World;
use review::{Findings, Review};
use std::collections::BTreeSet;

/// Compares, prints. Exit 1 if the new documents have errors, or something changes where `--exit-code` asks.
pub fn run(args: &DiffArgs, world: &dyn World, out: &mut Out) -> Exit {
    match compared(args, world, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn compared(args: &DiffArgs, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let folder = &args.project.project;
    let usage = |why: String, out: &mut Out| {
        out.error(&why);
        Exit::Usage
    };
    let old = version::named(&args.old, folder, world).map_err(|why| usage(why, out))?;
    let new = match &args.new {
        Some(name) => version::named(name, folder, world),
        None => version::present(folder, world),
    };
    let new = new.map_err(|why| usage(why, out))?;
    let names = names(&old, &new, args.sync.as_deref()).map_err(|why| usage(why, out))?;
    let runtime = job::runtime().map_err(|why| usage(why, out))?;
    let review = review(&old, &new, &names, args, &runtime, world);
    let text = match args.format {
        ReviewFormat::Human => show::text(&review),
        ReviewFormat::Markdown => show::markdown(&review),
        ReviewFormat::Json => format!("{:#}\n", show::json(&review)),
    };
    if args.format == ReviewFormat::Human {
        told(&old, &review.found.old, out);
        told(&new, &review.found.new, out);
    }
    out.text_to(args.out.as_deref(), &text, args.project.quiet, world)?;
    let broken = review.found.new.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if broken || (args.exit_code && !review.is_empty()) { Exit::Found } else { Exit::Done })
}

/// The syncs that are compared: those of both versions, by name.
fn names(old: &Version, new: &Version, asked: Option<&str>) -> Result<Vec<String>, String> {
    let of = |version: &Version| -> Vec<String> {
        version.project.model.syncs.iter().map(|sync| sync.name.text.clone()).collect()
    };
    let all: BTreeSet<String> = of(new).into_iter().chain(of(old)).collect();
    match asked {
        None => Ok(all.into_iter().collect()),
        Some(name) if all.contains(name) => Ok(vec![name.to_string()]),
        Some(name) => {
            let near = crate::finding::suggest::nearest(name, all.iter().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean {near}?"));
            Err(format!("neither version has a sync {name}{}", hint.unwrap_or_default()))
        }
    }
}

fn review(
    old: &Version,
    new: &Version,
    names: &[String],
    args: &DiffArgs,
    runtime: &tokio::runtime::Runtime,
    world: &dyn World,
) -> Review {
    let (before, after) = (old.project.own(), new.project.own());
    let edits = edits(
        State { sources: &old.project.sources, files: &before },
        State { sources: &new.project.sources, files: &after },
    );
    let as_of = args.as_of.unwrap_or_else(|| job::today(world));
    let bench = sync::Bench { old, new, edits: &edits, as_of, world, runtime };
    let syncs = names.iter().map(|name| bench.compare(name)).collect();
    let errors = |version: &Version| -> Vec<Finding> {
        let all = version.project.findings.iter();
        all.filter(|finding| finding.severity == Severity::Error).cloned().collect()
    };
    let found = Findings { old: errors(old), new: errors(new), old_places: places(old), new_places: places(new) };
    Review { old: old.name.clone(), new: new.name.clone(), empty: before.is_empty(), edits, syncs, found }
}

/// The errors of a version, a line each.
fn places(version: &Version) -> Vec<String> {
    let errors = version.project.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let errors: Vec<Finding> = errors.cloned().collect();
    terminal::concise(&errors, &version.project.sources).lines().map(String::from).collect()
}

/// Prints the errors of a version beside the result.
fn told(version: &Version, errors: &[Finding], out: &mut Out) {
    if !errors.is_empty() {
        out.note(&format!("{}:\n", version.name));
        version.project.print_findings(errors, out);
    }
}
