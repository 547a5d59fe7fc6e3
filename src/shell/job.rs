//! What preview, apply, run and try have in common: a sync made ready, read, compared, written, told.

use super::progress::Progress;
use super::project::Project;
use super::standing::may_write;
use super::{Exit, Out};
use crate::check::typed::{TypedMap, TypedRule};
use crate::check::{Route, executable};
use crate::documents::keys::Keys;
use crate::finding::Findings;
use crate::model::SyncId;
use crate::plan::{Plan, lower};
use crate::run::apply::{Failed, Summary, Trouble, apply, recover};
use crate::run::change::ChangeSet;
use crate::run::decide::{Decisions, PROTECTED};
use crate::run::gather::{Read, Sides, Unready, gather, settings};
use crate::run::guard::size_name;
use crate::run::parallel::processors;
use crate::run::propose::{FILLED, Proposal, Purpose, Wish, propose};
use crate::run::report::Report;
use crate::run::sweep::{Sources, sweep};
use crate::run::window;
use crate::source::Span;
use crate::store::{Held, Store, StoreFault};
use crate::syntax::ast::Operation;
use crate::value::EntityId;
use crate::world::World;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use std::path::PathBuf;

/// A sync that can be worked.
pub struct Job<'p> {
    /// The project.
    pub project: &'p Project,
    /// The sync.
    pub sync: SyncId,
    /// The compiled route.
    pub plan: Plan<'p>,
    /// Settings with their secrets.
    pub sides: Sides,
    /// The run's date.
    pub as_of: Date,
    /// The world.
    pub world: &'p dyn World,
    /// How many threads work on it.
    pub threads: usize,
}

/// Says what is wrong with the store.
pub fn store_trouble(fault: &StoreFault) -> String {
    match fault {
        StoreFault::Locked(why) | StoreFault::Broken(why) => why.clone(),
    }
}

impl<'p> Job<'p> {
    /// Makes a sync ready: the gate, what cannot be run yet, settings and secrets. `writes` says whether it is to be written.
    pub fn ready(
        project: &'p Project,
        name: Option<&str>,
        as_of: Option<Date>,
        writes: bool,
        world: &'p dyn World,
        out: &mut Out,
    ) -> Result<Job<'p>, Exit> {
        project.gate(out)?;
        let (sync, route): (SyncId, &'p Route) = project.sync(name, out)?;
        let mut found = Findings::default();
        executable(&project.model, route, writes, &mut found);
        let mut plan = lower(&project.model, route, &mut found);
        let has_errors = found.has_errors();
        let found = found.sorted();
        if has_errors {
            project.print_findings(&found, out);
            return Err(Exit::Found);
        }
        let definition = project.model.sync(sync);
        if writes && let Err(why) = may_write(definition, today(world)) {
            out.error(&why);
            return Err(Exit::Usage);
        }
        let unbuilt = &plan.target.delivery.unbuilt;
        if writes && !unbuilt.is_empty() {
            let target = &project.model.system(plan.target.system).name.text;
            out.error(&format!("{target}: {} cannot be executed yet, so nothing is delivered", unbuilt.join(", ")));
            return Err(Exit::Found);
        }
        let as_of = as_of.unwrap_or_else(|| today(world));
        plan.set_as_of(as_of);
        let side = |side| settings(&project.model, side, &project.folder, &as_of.to_string(), world);
        let left =
            definition.sources().map(|source| Ok((source.system, side(source)?))).collect::<Result<_, Unready>>();
        let sides = left.and_then(|left| Ok(Sides { left, right: side(&definition.right)? }));
        match sides {
            Ok(sides) => Ok(Job { project, sync, plan, sides, as_of, world, threads: processors() }),
            Err(Unready::Wrong(why)) => {
                out.error(&why);
                Err(Exit::Usage)
            }
            Err(Unready::Paused(why)) => {
                let name = &definition.name.text;
                out.error(&format!("the sync {name} is paused, and nothing is read or written: {why}"));
                Err(Exit::Usage)
            }
        }
    }

    /// The same with so many threads, where somebody has asked for that.
    #[must_use]
    pub fn with_threads(self, threads: Option<u16>) -> Job<'p> {
        Job { threads: threads.map_or(self.threads, usize::from), ..self }
    }

    /// The name of the sync.
    pub fn name(&self) -> &str {
        &self.project.model.sync(self.sync).name.text
    }

    /// The rule for keys in what people see.
    pub fn keys(&self) -> Keys<'_> {
        Keys::of(self.plan.model, self.plan.route)
    }

    /// The file of the store.
    pub fn store_path(&self) -> PathBuf {
        store_path(&self.project.folder)
    }

    /// Reads both sides.
    pub async fn read(&self, with_right: bool, progress: &Progress) -> Read {
        self.read_without(None, with_right, progress).await
    }

    /// The same without a list that is read in another way.
    pub async fn read_without(&self, list: Option<EntityId>, with_right: bool, progress: &Progress) -> Read {
        let mut told = |what: &str, rows: usize| progress.read(what, rows);
        gather(&self.plan, &self.sides, self.world, with_right, list, self.threads, &mut told).await
    }

    /// Reads and compares. Of a saved change set, only what would still be proposed just so is proposed.
    pub async fn propose(
        &self,
        store: Option<&Store>,
        saved: Option<&ChangeSet>,
        purpose: Purpose,
        progress: &Progress,
    ) -> Result<Proposal, StoreFault> {
        let made_at = self.world.now().to_string();
        let wish = Wish { store, saved, as_of: self.as_of, made_at: &made_at, purpose, threads: self.threads };
        let from = Sources { sides: &self.sides, world: self.world, rows: window::ROWS };
        if let Some(proposal) = sweep(&self.plan, from, &wish, &mut |what, rows| progress.read(what, rows))? {
            return Ok(proposal);
        }
        let read = self.read(true, progress).await;
        progress.begin("comparing", None);
        propose(&self.plan, &read, &wish)
    }

    /// Opens the store for a command that writes, takes the lock and finishes what a killed run left behind.
    pub async fn open_store(&self, out: &mut Out<'_>) -> Result<(Store, crate::store::RunLock), Exit> {
        let path = self.store_path();
        let trouble = |out: &mut Out, fault: &StoreFault| {
            out.error(&store_trouble(fault));
            Exit::Usage
        };
        let lock = Store::lock(self.world, &path, self.name()).map_err(|fault| trouble(out, &fault))?;
        let mut store = Store::open(self.world, &path).map_err(|fault| trouble(out, &fault))?;
        match recover(&self.plan, &self.sides, self.world, &mut store).await {
            Ok(told) => told.iter().for_each(|line| out.note(line)),
            Err(trouble) => {
                out.error(&words(&trouble));
                return Err(Exit::Usage);
            }
        }
        Ok((store, lock))
    }

    /// Writes a change set that passed the guards, and remembers the run.
    pub async fn write(
        &self,
        store: &mut Store,
        command: &str,
        set: &ChangeSet,
        report: &Report,
        progress: &Progress,
    ) -> Result<Summary, StoreFault> {
        let run = store.begin(self.name(), command, self.world.now())?;
        let mut told = |what: &str, records: usize| {
            if records == 0 {
                progress.begin(what, None);
            } else {
                progress.begin(&format!("writing {what}"), None);
                progress.advance(records as u64);
            }
        };
        let summary = apply(&self.plan, &self.sides, self.world, store, run, set, &mut told).await?;
        for entity in &report.entities {
            store.blank(self.name(), &entity.entity, entity.protected_linked.iter().map(String::as_str))?;
        }
        store.hold(self.name(), run, &held(report, run))?;
        if summary.fault.is_none() && report.complete() {
            let decided = report
                .entities
                .iter()
                .flat_map(|entity| entity.decided.iter().map(|left_key| (entity.entity.as_str(), left_key.as_str())));
            let decided: Vec<_> = decided.collect();
            Decisions::of(Some(store), self.name())?.forget_others(store, self.name(), &decided)?;
        }
        if summary.fault.is_none() {
            store.remember(self.name(), FILLED, "yes")?;
            for read in report.reads.iter().filter(|read| read.complete) {
                store.remember(self.name(), &size_name(&read.system, &read.entity), &read.rows.to_string())?;
            }
        }
        let word = match (&summary.fault, summary.failed.is_empty() && report.blocked.is_empty()) {
            (Some(_), _) => "failed",
            (None, false) => "partly done",
            (None, true) => "done",
        };
        store.finish(run, word, &summary_json(&summary, report).to_string(), self.world.now())?;
        Ok(summary)
    }

    /// Where a change that was not done comes from, a line each: the call of the target's document, and the rules that fill
    /// what its answer speaks of, or else the maps that make such records.
    pub fn origins(&self, failed: &Failed) -> Vec<String> {
        let (model, sources) = (self.plan.model, &self.project.sources);
        let place = |span: Span| {
            let (line, column) = sources.position(span);
            format!("{}:{line}:{column}", sources.path_from(&self.project.root(), span.file))
        };
        let written = self.plan.target.entities.iter().map(|write| model.entity(write.entity));
        let entity = written.into_iter().find(|entity| entity.name.text == failed.entity);
        let calls = entity.and_then(|entity| entity.write.as_ref()).map(|write| write.operations.as_slice());
        let call = |wanted| calls?.iter().find(|(operation, _)| Some(*operation) == wanted);
        let call = call(failed.op.operation()).or_else(|| call(Some(Operation::Update)));
        let sent = call.map(|(_, node)| format!("sent by the call at {}", place(node.span)));
        let maps = self.plan.route.typed.last().map_or(&[][..], |typed| typed.maps.as_slice());
        let maps = maps.iter().filter(|map| !map.off && model.entity(map.right).name.text == failed.entity);
        // What stands before is the call.
        let said = failed.why.split_once(": ").map_or("", |(_, said)| said).to_lowercase();
        let speaks_of = |map: &TypedMap, rule: &TypedRule| {
            let field = rule.target.as_ref().map(|target| &model.entity(map.right).fields[target.field as usize]);
            field.is_some_and(|field| {
                let wire = field.at.rsplit('.').next().unwrap_or(&field.at);
                [field.name.text.as_str(), wire].iter().any(|name| names(&said, &name.to_lowercase()))
            })
        };
        let mut rules = Vec::new();
        for map in maps.clone() {
            for rule in map.rules.iter().filter(|rule| !rule.off && speaks_of(map, rule)) {
                rules.push(format!("made by the rule `{}` at {}", rule.label, place(rule.span)));
            }
        }
        if rules.is_empty() {
            rules.extend(maps.map(|map| format!("made by the map `{}` at {}", map.name, place(map.span))));
        }
        sent.into_iter().chain(rules).collect()
    }

    /// The changes that were not done, for programs.
    pub fn failed_json(&self, summary: &Summary) -> serde_json::Value {
        let keys = self.keys();
        let one = |failed: &Failed| {
            json!({
                "entity": failed.entity, "op": failed.op.word(), "key": keys.left(&failed.left_key),
                "why": failed.why, "from": self.origins(failed),
            })
        };
        summary.failed.iter().map(one).collect()
    }

    /// Remembers a run that a guard stopped.
    pub fn stopped(&self, store: &mut Store, command: &str, report: &Report) -> Result<(), StoreFault> {
        let run = store.begin(self.name(), command, self.world.now())?;
        store.hold(self.name(), run, &held(report, run))?;
        store.finish(run, "stopped", &json!({ "stopped": report.stopped }).to_string(), self.world.now())
    }
}

/// How a command ends that has read and compared: whether a list is incomplete, and records were rejected or held. A guard
/// stops who writes; who only looks is told of it.
pub fn ending(report: &Report) -> Exit {
    let (rejected, held) = report.stopped_records();
    if rejected + held > 0 || !report.complete() { Exit::Found } else { Exit::Done }
}

/// How a command ends that has written besides.
pub fn after(summary: &Summary, report: &Report) -> Exit {
    let refused = if summary.failed.is_empty() { Exit::Done } else { Exit::Found };
    let broken = if summary.fault.is_some() { Exit::Usage } else { Exit::Done };
    ending(report).max(refused).max(broken)
}

/// True if a text holds a name as a word or part of one: `email_taken` holds `email`.
fn names(text: &str, name: &str) -> bool {
    let ends = |part: Option<char>| part.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(name)
        .any(|(at, _)| ends(text[..at].chars().next_back()) && ends(text[at + name.len()..].chars().next()))
}

/// The store of a project.
pub fn store_path(folder: &std::path::Path) -> PathBuf {
    folder.join(".koppla").join("store.sqlite")
}

/// The date of today where the machine stands.
pub fn today(world: &dyn World) -> Date {
    world.now().to_zoned(TimeZone::system()).date()
}

/// A trouble in words.
pub fn words(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Store(fault) => store_trouble(fault),
        Trouble::Target(fault) => fault.say.clone(),
    }
}

/// Held and rejected records for the store.
fn held(report: &Report, run: i64) -> Vec<Held> {
    let mut all = Vec::new();
    for stage in &report.stages {
        for stopped in &stage.fallen.stopped {
            all.push(Held {
                entity: stopped.place.clone(),
                left_key: stopped.key.clone().or_else(|| stopped.origin.clone()).unwrap_or_default(),
                kind: if stopped.held { "held" } else { "rejected" }.to_string(),
                reason: stopped.why.clone(),
                since: run,
            });
        }
    }
    for entity in &report.entities {
        let compared = entity.held.iter().map(|held| (&held.left_key, held.why.as_str()));
        let protected = entity.protected_linked.iter().map(|key| (key, PROTECTED));
        for (key, why) in compared.chain(protected) {
            all.push(Held {
                entity: entity.entity.clone(),
                left_key: key.clone(),
                kind: "held".into(),
                reason: why.to_string(),
                since: run,
            });
        }
    }
    all
}

/// What history remembers of a run: counts and reasons, no personal data.
pub fn summary_json(summary: &Summary, report: &Report) -> serde_json::Value {
    let (rejected, held) = report.stopped_records();
    json!({
        "done": summary.done.iter().map(|((entity, op), count)| json!({"entity": entity, "op": op.word(), "count": count})).collect::<Vec<_>>(),
        "failed": summary.failed.len(),
        "rejected": rejected,
        "held": held,
        "fault": summary.fault,
        "complete": report.complete(),
    })
}

/// A runtime for the effectful half.
pub fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("the machine gives no threads: {error}"))
}
