//! `koppla held [SYNC]` and `koppla decide SYNC NUMBER … --keep|--remove`: records that wait for a decision, and the decision.

use super::args::{DecideArgs, Format, HeldArgs};
use super::job::{store_path, store_trouble};
use super::project::Project;
use super::{Exit, Out};
use crate::check::Route;
use crate::documents::keys::Keys;
use crate::documents::table::Table;
use crate::finding::layout;
use crate::model::SyncId;
use crate::run::decide::{Decision, Decisions, decide, number, waits};
use crate::store::{Held, Store, StoreFault};
use crate::syntax::ast::Operation;
use crate::world::World;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Lists what is held and rejected since the last run.
pub fn held(args: &HeldArgs, world: &dyn World, out: &mut Out) -> Exit {
    match listed(args, world, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn listed(args: &HeldArgs, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let project = super::project::open(&args.project.project, world, out)?;
    let (sync, route) = project.sync(args.sync.as_deref(), out)?;
    let store = Store::open_read(world, &store_path(&project.folder)).map_err(|fault| trouble(&fault, out))?;
    let Some(store) = store else {
        match args.format.format {
            Format::Json => out.json(&json!({ "held": [] })),
            Format::Human => out.text("no runs yet\n"),
        }
        return Ok(Exit::Done);
    };
    let list = List::of(&project, sync, route, &store).map_err(|fault| trouble(&fault, out))?;
    match args.format.format {
        Format::Json => out.json(&list.json()),
        Format::Human => list.tell(args.all, out),
    }
    Ok(Exit::Done)
}

fn trouble(fault: &StoreFault, out: &mut Out) -> Exit {
    out.error(&store_trouble(fault));
    Exit::Usage
}

/// What the last run held and rejected.
struct List<'p> {
    sync: &'p str,
    keys: Keys<'p>,
    rows: Vec<Row>,
}

/// A record in the list.
struct Row {
    held: Held,
    number: String,
    since: String,
    decision: Option<Decision>,
}

impl<'p> List<'p> {
    fn of(project: &'p Project, sync: SyncId, route: &'p Route, store: &Store) -> Result<List<'p>, StoreFault> {
        let name = project.model.sync(sync).name.text.as_str();
        let decisions = Decisions::of(Some(store), name)?;
        let runs: BTreeMap<i64, String> = store
            .history(Some(name), u32::MAX)?
            .into_iter()
            .map(|run| (run.id, run.began.strftime("%Y-%m-%d %H:%M").to_string()))
            .collect();
        let row = |held: Held| {
            let waits = waits(&held);
            Row {
                number: number(store, name, &held),
                since: runs.get(&held.since).cloned().unwrap_or_default(),
                decision: decisions.about(&held.entity, &held.left_key).filter(|_| waits),
                held,
            }
        };
        let rows = store.held(name)?.into_iter().map(row).collect();
        Ok(List { sync: name, keys: Keys::of(&project.model, route), rows })
    }

    /// The key as far as it may be seen. A right entity knows it by its left key, a map by the key of its left record.
    fn key(&self, held: &Held) -> String {
        if held.left_key.is_empty() { String::new() } else { self.keys.anywhere(&held.entity, &held.left_key) }
    }

    fn tell(&self, all: bool, out: &mut Out) {
        let (waiting, others): (Vec<&Row>, Vec<&Row>) = self.rows.iter().partition(|row| waits(&row.held));
        if waiting.is_empty() {
            out.text("nothing waits for a decision\n");
        } else {
            let count = waiting.len();
            let (s, them) = if count == 1 { (" waits", "it") } else { ("s wait", "them") };
            out.text(&format!("{count} record{s} for a decision, and stay on the right as they are until then\n\n"));
            self.groups(&waiting, out);
            out.text(&format!("\nDecide about {them}, by number:\n"));
            out.text(&format!("  koppla decide {} NUMBER … --keep|--remove --because \"…\"\n", self.sync));
        }
        if others.is_empty() {
            return;
        }
        if all {
            out.text("\nheld or rejected for other reasons: nothing is to be decided, the data is to be mended\n\n");
            self.groups(&others, out);
        } else {
            let were = if others.len() == 1 { "record is" } else { "records are" };
            out.text(&format!("{} more {were} held or rejected for other reasons (--all shows them)\n", others.len()));
        }
    }

    /// A table for each reason.
    fn groups(&self, rows: &[&Row], out: &mut Out) {
        let mut reasons: Vec<&str> = rows.iter().map(|row| row.held.reason.as_str()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        for (index, reason) in reasons.iter().enumerate() {
            if index > 0 {
                out.text("\n");
            }
            layout::wrap(reason, out.style().width).iter().for_each(|line| out.text(&format!("{line}\n")));
            let mut table = Table::new(["number", "since (UTC)", "of", "key", "decided"]);
            for row in rows.iter().filter(|row| row.held.reason == **reason) {
                let decided = row.decision.map_or("", Decision::word).to_string();
                let number = if waits(&row.held) { row.number.clone() } else { row.held.kind.clone() };
                table.row([number, row.since.clone(), row.held.entity.clone(), self.key(&row.held), decided]);
            }
            out.text(&table.text(out.style().width));
        }
    }

    fn json(&self) -> Json {
        let row = |row: &Row| {
            json!({
                "number": row.number, "of": row.held.entity, "key": self.key(&row.held), "kind": row.held.kind,
                "why": row.held.reason, "since_run": row.held.since, "waits_for_decision": waits(&row.held),
                "decided": row.decision.map(Decision::word),
            })
        };
        json!({ "sync": self.sync, "held": self.rows.iter().map(row).collect::<Vec<_>>() })
    }
}

/// Writes decisions down, as a run of their own in the history.
pub fn decided(args: &DecideArgs, world: &dyn World, out: &mut Out) -> Exit {
    match written_down(args, world, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn written_down(args: &DecideArgs, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let project = super::project::open(&args.project.project, world, out)?;
    let (sync, route) = project.sync(Some(&args.sync), out)?;
    let path = store_path(&project.folder);
    let _lock = Store::lock(world, &path, &args.sync).map_err(|fault| trouble(&fault, out))?;
    let mut store = Store::open(world, &path).map_err(|fault| trouble(&fault, out))?;
    let list = List::of(&project, sync, route, &store).map_err(|fault| trouble(&fault, out))?;
    let decision = if args.remove { Decision::Remove } else { Decision::Keep };
    let chosen = chosen(&list, args, out)?;
    if decision == Decision::Remove {
        let right = project.model.sync(sync).right.system;
        for row in &chosen {
            if !can_remove(&project, right, &row.held.entity) {
                out.error(&format!(
                    "{}: the target has neither a call that removes nor one that switches off; nothing was decided",
                    row.held.entity
                ));
                return Err(Exit::Usage);
            }
        }
    }
    let run = store.begin(&args.sync, "decide", world.now()).map_err(|fault| trouble(&fault, out))?;
    for row in &chosen {
        decide(&mut store, &args.sync, &row.held, decision).map_err(|fault| trouble(&fault, out))?;
    }
    let summary = json!({
        "decided": decision.word(), "because": args.because,
        "records": chosen.iter().map(|row| json!({"of": row.held.entity, "number": row.number})).collect::<Vec<_>>(),
    });
    store.finish(run, "done", &summary.to_string(), world.now()).map_err(|fault| trouble(&fault, out))?;
    let count = chosen.len();
    let s = if count == 1 { "" } else { "s" };
    let what = match (decision, count) {
        (Decision::Keep, 1) => "it stays on the right as it is, and no longer waits",
        (Decision::Keep, _) => "they stay on the right as they are, and no longer wait",
        (Decision::Remove, 1) => "the next run takes it away on the right",
        (Decision::Remove, _) => "the next run takes them away on the right",
    };
    out.text(&format!("{count} record{s} decided: {what}\n"));
    Ok(Exit::Done)
}

/// The records that are decided about; an error if one of the numbers is none of them.
fn chosen<'l>(list: &'l List<'_>, args: &DecideArgs, out: &mut Out) -> Result<Vec<&'l Row>, Exit> {
    let waiting: Vec<&Row> = list.rows.iter().filter(|row| waits(&row.held)).collect();
    let unknown = args.numbers.iter().find(|number| !waiting.iter().any(|row| row.number == **number));
    if let Some(number) = unknown {
        out.error(&format!("{number} is not the number of a record that waits; koppla held {} lists them", list.sync));
        return Err(Exit::Usage);
    }
    if waiting.is_empty() {
        out.error("nothing waits for a decision");
        return Err(Exit::Usage);
    }
    Ok(waiting.into_iter().filter(|row| args.all || args.numbers.contains(&row.number)).collect())
}

fn can_remove(project: &Project, right: crate::model::SystemId, entity: &str) -> bool {
    let Some(id) = project.model.find_entity(right, entity) else { return false };
    let by_absence = project.model.system(right).writes.whole;
    let calls = project.model.entity(id).write.as_ref().map(|write| &write.operations);
    let takes = |(operation, _): &(Operation, _)| matches!(operation, Operation::Remove | Operation::Deactivate);
    by_absence || calls.is_some_and(|calls| calls.iter().any(takes))
}
