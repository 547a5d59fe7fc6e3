//! `koppla run [SYNC]`: read, compare, guard, write.

use super::args::{Format, RunArgs};
use super::job::{Job, after, runtime, store_trouble, summary_json};
use super::progress::Progress;
use super::{Exit, Out, tell};
use crate::run::apply::Summary;
use crate::run::propose::{Proposal, Purpose};
use crate::world::World;
use serde_json::json;

/// Runs a sync. Exit 3 if a guard stopped it, 1 if records were rejected, held or refused, 0 if all is well.
pub fn run(args: &RunArgs, world: &dyn World, out: &mut Out) -> Exit {
    let mut work = || -> Result<Exit, Exit> {
        let project = super::project::open(&args.project.project, world, out)?;
        let job = Job::ready(&project, args.sync.sync.as_deref(), args.sync.as_of, true, world, out)?;
        let job = job.with_threads(args.sync.threads);
        let done = run_job(&job, out)?;
        match args.format.format {
            Format::Json => out.json(&json!({
                "sync": job.name(),
                "summary": summary_json(&done.summary, &done.proposal.report),
                "failed": job.failed_json(&done.summary),
                "report": done.proposal.report.json(&job.keys()),
            })),
            Format::Human => tell_run(&done, &job, args.project.quiet, out),
        }
        let changed = args.exit_code && done.summary.written() > 0;
        Ok(done.exit.max(if changed { Exit::Found } else { Exit::Done }))
    };
    match work() {
        Ok(exit) | Err(exit) => exit,
    }
}

/// A run that ended.
pub struct Ended {
    /// What was proposed.
    pub proposal: Proposal,
    /// What was done.
    pub summary: Summary,
    /// How it ended.
    pub exit: Exit,
}

/// Runs a sync that is ready.
pub fn run_job(job: &Job<'_>, out: &mut Out) -> Result<Ended, Exit> {
    let usage = |why: &str, out: &mut Out| {
        out.error(why);
        Exit::Usage
    };
    let runtime = runtime().map_err(|why| usage(&why, out))?;
    runtime.block_on(async {
        let (mut store, _lock) = job.open_store(out).await?;
        let progress = Progress::new(out);
        let proposal = job
            .propose(Some(&store), None, Purpose::Write, &progress)
            .await
            .map_err(|fault| usage(&store_trouble(&fault), out))?;
        if !proposal.report.stopped.is_empty() {
            job.stopped(&mut store, "run", &proposal.report).map_err(|fault| usage(&store_trouble(&fault), out))?;
            return Ok(Ended { proposal, summary: Summary::default(), exit: Exit::Stopped });
        }
        let summary = job.write(&mut store, "run", &proposal.set, &proposal.report, &progress).await;
        let summary = summary.map_err(|fault| usage(&store_trouble(&fault), out))?;
        drop(progress);
        let exit = after(&summary, &proposal.report);
        Ok(Ended { proposal, summary, exit })
    })
}

/// A run for people.
pub fn tell_run(done: &Ended, job: &Job<'_>, quiet: bool, out: &mut Out) {
    if !quiet {
        out.text("read\n");
        out.text(&tell::reads(&done.proposal.report));
        tell::not_written(&done.proposal.report, &job.keys(), out);
        out.text("\n");
    }
    if !done.proposal.report.stopped.is_empty() {
        out.error("stopped by a guard, nothing was written");
        out.note(tell::guards(&done.proposal.report).trim_end());
        out.text(&tell::counts(&done.proposal.set));
        out.text("0 changes written: stopped by a guard; koppla preview shows what would have changed\n");
        return;
    }
    tell::summary(&done.summary, &done.proposal.report, job, out);
}
