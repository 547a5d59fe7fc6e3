//! `koppla try`: the example project of files, checked, previewed, run, and run again.

use super::args::TryArgs;
use super::job::Job;
use super::{Exit, Out, library, run, tell};
use crate::finding::{Severity, layout};
use crate::run::propose::Purpose;
use crate::world::World;
use jiff::civil::Date;
use std::path::Path;

/// The date that the example is made for.
const AS_OF: Date = Date::constant(2026, 9, 1);

/// Puts the example into a folder of its own and works it twice. Exit 0 exactly when the second run has nothing to do.
pub fn run(args: &TryArgs, world: &dyn World, out: &mut Out) -> Exit {
    match tried(&args.folder, world, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn tried(folder: &Path, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    if let Err(error) = unpack(folder, world) {
        out.error(&format!("the folder {} cannot be written: {error}", folder.display()));
        return Err(Exit::Usage);
    }
    heading("Check", out);
    let project = super::project::open(folder, world, out)?;
    project.gate(out)?;
    let warnings = project.findings.iter().filter(|finding| finding.severity == Severity::Warning).count();
    let files = layout::counted(project.files as u64, "file");
    let warnings = layout::counted(warnings as u64, "warning");
    out.text(&format!("{files} in {}: no errors, {warnings}\n", folder.display()));
    let job = Job::ready(&project, None, Some(AS_OF), true, world, out)?;
    heading("Preview", out);
    show_preview(&job, out)?;
    heading("Run", out);
    let first = run::run_job(&job, out)?;
    run::tell_run(&first, &job, false, out);
    if first.exit >= Exit::Usage {
        return Ok(first.exit);
    }
    heading("Second run", out);
    let second = run::run_job(&job, out)?;
    run::tell_run(&second, &job, true, out);
    let changes = second.summary.written();
    let (rejected, held) = second.proposal.report.stopped_records();
    out.text(&format!(
        "The files are in {}; {} {} rejected and {held} held, each with its reason above.\n",
        folder.join("output").display(),
        layout::counted(rejected, "record"),
        if rejected == 1 { "was" } else { "were" }
    ));
    out.text(&format!("{}\n", layout::counted(changes, "change")));
    Ok(if changes == 0 && second.exit <= Exit::Found { Exit::Done } else { Exit::Found })
}

fn heading(text: &str, out: &mut Out) {
    out.text(&format!("\n== {text} ==\n\n"));
}

fn show_preview(job: &Job<'_>, out: &mut Out) -> Result<(), Exit> {
    let runtime = super::job::runtime().map_err(|why| {
        out.error(&why);
        Exit::Usage
    })?;
    let progress = super::progress::Progress::new(out);
    match runtime.block_on(job.propose(None, None, Purpose::Look, &progress)) {
        Ok(proposal) => {
            drop(progress);
            out.text(&tell::counts(&proposal.set));
            tell::changes(&job.keys(), &proposal.set, 1, out);
            let changes = layout::counted(proposal.set.writes(), "change");
            out.text(&format!("\n{changes}; nothing was written\n"));
            Ok(())
        }
        Err(fault) => {
            out.error(&super::job::store_trouble(&fault));
            Err(Exit::Usage)
        }
    }
}

/// Writes the example's files; what an earlier try left (output, store) is removed, so that a repeat begins afresh.
fn unpack(folder: &Path, world: &dyn World) -> std::io::Result<()> {
    for old in ["output", ".koppla"] {
        let old = folder.join(old);
        if world.stat(&old)?.is_some() {
            world.remove_folder(&old)?;
        }
    }
    for (path, bytes) in library::example("files") {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            world.create_folder(parent)?;
        }
        world.create(&path, false)?.write_all(bytes)?;
    }
    Ok(())
}
