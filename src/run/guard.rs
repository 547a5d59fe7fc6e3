//! Guards: how much may change in one run before somebody must look.

use super::change::{ChangeSet, Op};
use super::report::Report;
use crate::model::{Guard, Limit};
use crate::plan::Plan;
use crate::store::{Store, StoreFault};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Says in the report which guards stop this change set. The first run has no links: its creates are not guarded, and it
/// takes nothing away.
pub fn judge(plan: &Plan<'_>, set: &ChangeSet, report: &mut Report, store: Option<&Store>) -> Result<(), StoreFault> {
    let guard = &plan.model.sync(plan.sync).guard;
    // Limits that would let it pass, by their keys in the sync.
    let mut enough: BTreeMap<&'static str, u64> = BTreeMap::new();
    for entity in &set.entities {
        for op in [Op::Create, Op::Update, Op::Deactivate, Op::Remove] {
            let count = entity.count(op);
            if count == 0 {
                continue;
            }
            if report.first_run {
                if matches!(op, Op::Deactivate | Op::Remove) {
                    report.stopped.push(format!(
                        "{}: {count} to {}, but no run has come to its end yet: a first run takes nothing away",
                        entity.entity,
                        op.word()
                    ));
                }
                continue;
            }
            // Nothing of this entity is linked yet: a share of nothing is no measure for the first records of it.
            if op == Op::Create && entity.linked == 0 {
                continue;
            }
            let Some(most) = most(guard, op, entity.linked).filter(|most| count > *most) else { continue };
            // What passed a guard before, and was only not taken by the target, is nothing new.
            let tried = match (op, store) {
                (Op::Create, Some(store)) => store.tried(&set.sync, &entity.entity)?,
                _ => BTreeSet::new(),
            };
            let is_new = |(of, left_key): &(Op, Cow<'_, str>)| *of == op && !tried.contains(&**left_key);
            let count = entity.changes.heads().filter(is_new).count() as u64;
            if count > most {
                report.stopped.push(format!(
                    "{}: {count} of {} linked records to {}, the guard allows {most} ({})",
                    entity.entity,
                    entity.linked,
                    op.word(),
                    words(limit(guard, op), guard.floor)
                ));
                let least = enough.entry(op.word()).or_default();
                *least = count.max(*least);
            }
        }
        let nearly_all = |count: u64| entity.linked > 1 && count * 10 >= entity.linked * 8;
        if !report.first_run && nearly_all(entity.count(Op::Create)) {
            let gone = entity.count(Op::Remove) + entity.count(Op::Deactivate);
            if nearly_all(gone) {
                report.advice.push(format!(
                    "{}: nearly all records are new, and nearly all others gone: has the source changed its keys?",
                    entity.entity
                ));
            }
        }
    }
    if let Some(lost) = shrinking(guard, &set.sync, report, store)? {
        enough.insert("shrinks", lost);
    }
    if !enough.is_empty() {
        let limits: Vec<String> = enough.iter().map(|(key, most)| format!("{key}: {most}")).collect();
        report.advice.push(format!(
            "if this is right, allow it for one run with `guard: {{ {} }}` in the sync, and put the old limits back afterwards",
            limits.join(", ")
        ));
    }
    Ok(())
}

fn limit(guard: &Guard, op: Op) -> Limit {
    match op {
        Op::Create => guard.create,
        Op::Update => guard.update,
        Op::Deactivate => guard.deactivate,
        Op::Remove => guard.remove,
        Op::Reactivate | Op::Link => Limit::None,
    }
}

/// The most changes of an operation that a guard lets pass: per cent of the linked records rounded up, never below the floor.
fn most(guard: &Guard, op: Op, linked: u64) -> Option<u64> {
    match limit(guard, op) {
        Limit::None => None,
        Limit::Count(count) => Some(u64::from(count)),
        Limit::PerCent(per_cent) => {
            let share = (linked as f64 * per_cent / 100.0 - 1e-9).ceil().max(0.0) as u64;
            Some(share.max(u64::from(guard.floor)))
        }
    }
}

fn words(limit: Limit, floor: u32) -> String {
    match limit {
        Limit::PerCent(per_cent) => format!("{per_cent}%, at least {floor}"),
        Limit::Count(count) => format!("{count}"),
        Limit::None => "no limit".into(),
    }
}

/// A source that shrank by more than it may since the last run that wrote: how many records at most.
fn shrinking(guard: &Guard, sync: &str, report: &mut Report, store: Option<&Store>) -> Result<Option<u64>, StoreFault> {
    let mut most_lost = None;
    let Some(store) = store else { return Ok(most_lost) };
    let mut stopped = Vec::new();
    for read in report.reads.iter().filter(|read| !read.part) {
        let Some(before) =
            store.recall(sync, &size_name(&read.system, &read.entity))?.and_then(|text| text.parse::<u64>().ok())
        else {
            continue;
        };
        let lost = before.saturating_sub(read.rows);
        let most = match guard.shrinks {
            Limit::None => continue,
            Limit::Count(count) => u64::from(count),
            Limit::PerCent(per_cent) => ((before as f64 * per_cent / 100.0).ceil() as u64).max(u64::from(guard.floor)),
        };
        if read.complete && lost > most {
            let say = format!(
                "{} {}: {} records, {} at the last run: the source lost {lost}, the guard allows {most} ({})",
                read.system,
                read.entity,
                read.rows,
                before,
                words(guard.shrinks, guard.floor)
            );
            stopped.push(say);
            most_lost = most_lost.max(Some(lost));
        }
    }
    report.stopped.append(&mut stopped);
    Ok(most_lost)
}

/// The name under which the size of a source is remembered.
pub fn size_name(system: &str, entity: &str) -> String {
    format!("size:{system}.{entity}")
}
