//! `koppla preview [SYNC]`: what a run would change. Nothing is written.

use super::args::{ChangesFormat, PreviewArgs};
use super::job::{Job, ending, runtime, store_trouble};
use super::progress::Progress;
use super::{Exit, Out, tell};
use crate::documents::keys::Keys;
use crate::finding::layout;
use crate::run::propose::{Proposal, Purpose};
use crate::store::Store;
use crate::world::World;

/// Reads both sides, compares, prints. Ends as a run would that no guard stops and whose changes the target takes: 0 also with
/// changes, unless `--exit-code` asks.
pub fn run(args: &PreviewArgs, world: &dyn World, out: &mut Out) -> Exit {
    match preview(args, world, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn preview(args: &PreviewArgs, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let project = super::project::open(&args.project.project, world, out)?;
    let job = Job::ready(&project, args.sync.sync.as_deref(), args.sync.as_of, false, world, out)?;
    let job = job.with_threads(args.sync.threads);
    let progress = Progress::new(out);
    let runtime = runtime().map_err(|why| usage(&why, out))?;
    let store = Store::open_read(world, &job.store_path()).map_err(|fault| usage(&store_trouble(&fault), out))?;
    let shows_values = args.format != ChangesFormat::Csv || args.out.is_some();
    let purpose = if shows_values { Purpose::Look } else { Purpose::Names };
    let proposal = runtime
        .block_on(job.propose(store.as_ref(), None, purpose, &progress))
        .map_err(|fault| usage(&store_trouble(&fault), out))?;
    drop(progress);
    if let Some(file) = &args.out {
        out.file(file, &proposal.set.to_file(), true, world)?;
        out.note(&format!("{} kept in {}", layout::counted(proposal.set.writes(), "change"), file.display()));
    }
    match args.format {
        ChangesFormat::Csv => tell::changes_csv(&job.keys(), &proposal.set, out),
        ChangesFormat::Json => out.json(&tell::changes_json(&job.keys(), &proposal.set, &proposal.report)),
        ChangesFormat::Human => human(&job.keys(), &proposal, out),
    }
    let changes = args.exit_code && proposal.set.writes() > 0;
    let exit = ending(&proposal.report).max(if changes { Exit::Found } else { Exit::Done });
    // The program ends here: taking millions of changes apart would be for nothing.
    std::mem::forget(proposal);
    Ok(exit)
}

fn usage(why: &str, out: &mut Out) -> Exit {
    out.error(why);
    Exit::Usage
}

/// The preview for people.
pub fn human(keys: &Keys<'_>, proposal: &Proposal, out: &mut Out) {
    out.text("read\n");
    out.text(&tell::reads(&proposal.report));
    tell::not_written(&proposal.report, keys, out);
    if !proposal.set.entities.is_empty() {
        out.text("\nchanges\n");
    }
    out.text(&tell::counts(&proposal.set));
    tell::changes(keys, &proposal.set, 5, out);
    if !proposal.report.stopped.is_empty() {
        out.text("\nA guard would stop this run:\n");
        out.text(&tell::guards(&proposal.report));
    }
    let changes = layout::counted(proposal.set.writes(), "change");
    out.text(&format!("\n{changes}; nothing was written\n"));
}
