//! `koppla apply FILE`: writes the changes that a preview kept, record by record, where nothing has moved on.

use super::args::{ApplyArgs, Format};
use super::job::{Job, after, runtime, store_trouble, summary_json};
use super::progress::Progress;
use super::run::{Ended, tell_run};
use super::{Exit, Out, tell};
use crate::finding::layout;
use crate::run::change::{ChangeSet, EntityChanges};
use crate::run::propose::Purpose;
use crate::store::Store;
use crate::world::World;
use serde_json::json;

/// Applies a change set. Both sides are read again; a change that is no longer the same is stale and is not written.
pub fn run(args: &ApplyArgs, world: &dyn World, out: &mut Out) -> Exit {
    match applied(args, world, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn applied(args: &ApplyArgs, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let usage = |why: String, out: &mut Out| {
        out.error(&why);
        Exit::Usage
    };
    let bytes = world
        .read(&args.changes)
        .map_err(|error| usage(format!("{} cannot be read: {error}", args.changes.display()), out))?;
    let saved = ChangeSet::from_file(&bytes).map_err(|why| usage(format!("{}: {why}", args.changes.display()), out))?;
    let as_of = saved.as_of.parse().map_err(|_| usage("the change set has no date".into(), out))?;
    let project = super::project::open(&args.project.project, world, out)?;
    let job = Job::ready(&project, Some(&saved.sync), Some(as_of), true, world, out)?;
    let runtime = runtime().map_err(|why| usage(why, out))?;
    let ended = runtime.block_on(async {
        let (mut store, _lock) = job.open_store(out).await?;
        let progress = Progress::new(out);
        let proposal = job.propose(Some(&store), Some(&saved), Purpose::Write, &progress).await;
        let proposal = proposal.map_err(|fault| usage(store_trouble(&fault), out))?;
        if !proposal.report.stopped.is_empty() {
            job.stopped(&mut store, "apply", &proposal.report).map_err(|fault| usage(store_trouble(&fault), out))?;
            return Ok(Ended { proposal, summary: Default::default(), exit: Exit::Stopped });
        }
        let summary = job.write(&mut store, "apply", &proposal.set, &proposal.report, &progress).await;
        let summary = summary.map_err(|fault| usage(store_trouble(&fault), out))?;
        remember(&mut store, &saved).map_err(|fault| usage(store_trouble(&fault), out))?;
        let stale = if proposal.stale.is_empty() { Exit::Done } else { Exit::Found };
        let exit = after(&summary, &proposal.report).max(stale);
        Ok::<_, Exit>(Ended { proposal, summary, exit })
    })?;
    let stale = &ended.proposal.stale;
    match args.format.format {
        Format::Json => out.json(&json!({
            "sync": job.name(),
            "stale": stale.iter().flat_map(|EntityChanges { entity, changes, .. }| changes.iter().map(move |change| (entity, change))).map(|(entity, change)| json!({"entity": entity, "op": change.op.word(), "key": tell::key_shown(&job.keys(), entity, &change)})).collect::<Vec<_>>(),
            "summary": summary_json(&ended.summary, &ended.proposal.report),
            "failed": job.failed_json(&ended.summary),
        })),
        Format::Human => {
            tell_run(&ended, &job, true, out);
            if !stale.is_empty() {
                let count: usize = stale.iter().map(|entity| entity.changes.len()).sum();
                let were = if count == 1 { "change is stale and was" } else { "changes are stale and were" };
                let why = "since the preview the source or the target has moved on, or the change was applied already";
                let said = format!("{count} {were} not written: {why}");
                layout::wrap(&said, 100).iter().for_each(|line| out.text(&format!("{line}\n")));
            }
        }
    }
    Ok(ended.exit)
}

fn remember(store: &mut Store, saved: &ChangeSet) -> Result<(), crate::store::StoreFault> {
    store.remember(&saved.sync, "applied", &saved.digest)
}
