//! `koppla apply FILE`: writes the changes that a preview kept, record by record, where nothing has moved on.

use super::args::{ApplyArgs, Format};
use super::job::{Job, runtime, store_trouble, summary_json};
use super::progress::Progress;
use super::run::{Ended, tell_run};
use super::{Exit, Out};
use crate::run::change::{Change, ChangeSet, EntityChanges, Op};
use crate::run::propose::Proposal;
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
    let (ended, stale) = runtime.block_on(async {
        let (mut store, _lock) = job.open_store(out).await?;
        let progress = Progress::new(out);
        let fresh = job.propose(Some(&store), &progress).await.map_err(|fault| usage(store_trouble(&fault), out))?;
        let (set, stale) = still_true(&saved, fresh.set);
        let mut proposal = Proposal { set, report: fresh.report };
        crate::run::guard::again(&job.plan, &proposal.set, &mut proposal.report, &store)
            .map_err(|fault| usage(store_trouble(&fault), out))?;
        if !proposal.report.stopped.is_empty() {
            job.stopped(&mut store, "apply", &proposal.report).map_err(|fault| usage(store_trouble(&fault), out))?;
            return Ok((Ended { proposal, summary: Default::default(), exit: Exit::Stopped }, stale));
        }
        let summary = job.write(&mut store, "apply", &proposal.set, &proposal.report, &progress).await;
        let summary = summary.map_err(|fault| usage(store_trouble(&fault), out))?;
        remember(&mut store, &saved).map_err(|fault| usage(store_trouble(&fault), out))?;
        let exit = match (&summary.fault, summary.failed.is_empty() && stale.is_empty()) {
            (Some(_), _) => Exit::Usage,
            (None, false) => Exit::Found,
            (None, true) => Exit::Done,
        };
        Ok::<_, Exit>((Ended { proposal, summary, exit }, stale))
    })?;
    match args.format.format {
        Format::Json => out.json(&json!({
            "sync": job.name(),
            "stale": stale.iter().map(|(entity, change)| json!({"entity": entity, "op": change.op.word(), "key": change.key})).collect::<Vec<_>>(),
            "summary": summary_json(&ended.summary, &ended.proposal.report),
        })),
        Format::Human => {
            tell_run(&ended, true, out);
            if !stale.is_empty() {
                out.text(&format!(
                    "{} changes are stale and were not written: since the preview they were applied already, or the source or target has moved on\n",
                    stale.len()
                ));
            }
        }
    }
    Ok(ended.exit)
}

/// The saved changes that would still be proposed just so, and the others.
fn still_true(saved: &ChangeSet, mut fresh: ChangeSet) -> (ChangeSet, Vec<(String, Change)>) {
    let mut stale = Vec::new();
    let mut entities = Vec::new();
    for wanted in &saved.entities {
        let now = fresh.entities.iter().find(|entity| entity.entity == wanted.entity);
        let mut changes = Vec::new();
        for change in &wanted.changes {
            let same = now.and_then(|now| now.changes.iter().find(|other| is_same(change, other)));
            match same {
                Some(same) => changes.push(same.clone()),
                None if change.op == Op::Link => {}
                None => stale.push((wanted.entity.clone(), change.clone())),
            }
        }
        entities.push(EntityChanges {
            entity: wanted.entity.clone(),
            linked: now.map_or(0, |now| now.linked),
            changes,
        });
    }
    fresh.entities = entities;
    (fresh, stale)
}

fn is_same(saved: &Change, fresh: &Change) -> bool {
    saved.op == fresh.op && saved.left_key == fresh.left_key && saved.key == fresh.key && saved.fields == fresh.fields
}

fn remember(store: &mut Store, saved: &ChangeSet) -> Result<(), crate::store::StoreFault> {
    store.remember(&saved.sync, "applied", &saved.digest)
}
