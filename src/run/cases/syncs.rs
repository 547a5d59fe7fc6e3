//! Cases of whole syncs: given what both sides hold and which records belong together, the changes that a run makes.
//!
//! A case is compared and guarded exactly as a run is; only reading and writing are left out. The target is what the case
//! says, whether or not it could be read.

use super::given::{self, record_key, reference_key};
use super::{Bench, Difference, Fates, Outcome, counts, protected};
use crate::adapter::drive::ReadOutcome;
use crate::check::{Route, executable};
use crate::finding::{Findings, Severity};
use crate::model::cases::entity;
use crate::model::{Case, Mapping, Model, Test};
use crate::plan::{Plan, lower};
use crate::run::change::{Change, ChangeSet, Op, is_hashed};
use crate::run::gather::Read;
use crate::run::guard::size_name;
use crate::run::parallel::Arenas;
use crate::run::propose::{FILLED, Given, Proposal, Purpose, Wish, propose_over};
use crate::run::record::{Record, to_json};
use crate::run::report::{ReadReport, Report};
use crate::run::route::Watch;
use crate::run::stage::{Input, Worked};
use crate::run::written;
use crate::store::{Intent, Link, LinkState, Settled, Store, StoreFault};
use crate::syntax::tree::Node;
use crate::value::{Arena, EntityId, RecordType, Type};
use crate::world::World;
use jiff::civil::Date;
use serde_json::Value as Json;
use std::cell::Cell;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_128;

/// What stands in a difference for a field that stays as it is.
const NO_CHANGE: &str = "no change";

/// A difference that says what cannot be read, and why.
fn unreadable(what: impl Into<String>, why: impl Into<String>) -> Difference {
    Difference::Unreadable { what: what.into(), why: why.into() }
}

/// Works one case of a test document of a sync. `watch` is shown what its mappings give.
pub fn work(
    bench: &Bench<'_>,
    route: &Route,
    test: &Test,
    case: &Case,
    world: &dyn World,
    watch: &Watch<'_>,
) -> Outcome {
    let (name, span) = (case.name.text.clone(), case.name.span);
    let (differences, notes) = match proposed(bench, route, test, case, world, watch) {
        Err(differences) => (differences, Vec::new()),
        Ok(proposed) => {
            let differences = compared(bench.model, route, case, &proposed);
            let notes = if differences.is_empty() { Vec::new() } else { notes(&proposed.proposal.report) };
            (differences, notes)
        }
    };
    Outcome { name, span, differences, notes }
}

/// What a run would do.
pub struct Proposed {
    /// Its changes, and what became of the others.
    pub proposal: Proposal,
    /// How many left records are set aside because a person is protected.
    pub protected: u64,
}

/// What a run would do with what a case gives; else what of the case makes no sense.
pub fn proposed(
    bench: &Bench<'_>,
    route: &Route,
    test: &Test,
    case: &Case,
    world: &dyn World,
    watch: &Watch<'_>,
) -> Result<Proposed, Vec<Difference>> {
    let model = bench.model;
    let as_of: Option<Date> = case.as_of.as_ref().or(test.as_of.as_ref()).and_then(|text| text.parse().ok());
    let as_of = as_of.unwrap_or(bench.today);
    let plan = plan(model, route, as_of).map_err(|why| vec![unreadable("the sync", why)])?;
    let arenas = Arenas::new(1);
    let mut wrong = misplaced(case);
    let left = route.mappings.first().map_or(&[][..], |mapping| &mapping.left);
    let tables = given::tables(model, left, case, arenas.own(), &mut wrong);
    let (linked, loose) = right(model, route, case, &mut wrong);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let aside = Cell::new(0);
    let watch = |stage: usize, worked: &Worked<'_>| {
        if stage == 0 {
            aside.set(protected(worked));
        }
        watch(stage, worked);
    };
    let work = || -> Result<Proposal, StoreFault> {
        let sync = &model.sync(route.sync).name.text;
        let mut store = filled(model, sync, &linked, world)?;
        let mut report = Report::default();
        for (name, before) in &case.before {
            let Some(id) = entity(model, left, &name.text) else { continue };
            let rows = tables.get(&id).map_or(0, |table| u64::from(table.len));
            let size = ReadReport::of_rows(model, id, &ReadOutcome { complete: true, ..ReadOutcome::default() }, rows);
            store.remember(sync, &size_name(&size.system, &size.entity), &before.to_string())?;
            report.reads.push(size);
        }
        let read = Read { left: BTreeMap::new(), right: BTreeMap::new() };
        let wish = Wish { store: Some(&store), saved: None, as_of, made_at: "", purpose: Purpose::Look, threads: 1 };
        let given =
            Given { plan: &plan, read: &read, lookups: bench.lookups, arenas: &arenas, loose: &loose, watch: &watch };
        propose_over(&given, Input { tables, ..Input::default() }, &wish, report)
    };
    match work() {
        Ok(proposal) => Ok(Proposed { proposal, protected: aside.get() }),
        Err(StoreFault::Locked(why) | StoreFault::Broken(why)) => Err(vec![unreadable("links", why)]),
    }
}

/// The compiled sync; in words why it cannot be run.
fn plan<'m>(model: &'m Model, route: &'m Route, as_of: Date) -> Result<Plan<'m>, String> {
    let mut found = Findings::default();
    executable(model, route, false, &mut found);
    let mut plan = lower(model, route, &mut found);
    match found.sorted().iter().find(|finding| finding.severity == Severity::Error) {
        Some(error) => Err(error.message()),
        None => {
            plan.set_as_of(as_of);
            Ok(plan)
        }
    }
}

/// Keys that only a case of a mapping has.
fn misplaced(case: &Case) -> Vec<Difference> {
    let of_mapping = [("expect", !case.expect.is_empty()), ("options", !case.options.is_empty())];
    told_as(&of_mapping, "belongs to a case of a mapping; a case of a sync has `changes`, and the options of the sync")
}

/// Keys that only a case of a sync has.
pub fn misplaced_in_mapping(case: &Case) -> Vec<Difference> {
    let of_sync = [
        ("right", !case.right.is_empty()),
        ("links", !case.links.is_empty()),
        ("before", !case.before.is_empty()),
        ("changes", case.changes.is_some()),
        ("stopped", case.stopped),
    ];
    told_as(&of_sync, "belongs to a case of a sync; name the sync under `test`, or write `expect`")
}

fn told_as(keys: &[(&str, bool)], why: &str) -> Vec<Difference> {
    keys.iter().filter(|(_, is)| *is).map(|(key, _)| unreadable(*key, why)).collect()
}

/// Links by entity.
type Links = Vec<(EntityId, Link)>;

/// The right records of a case: those that are linked, and the others.
fn right(model: &Model, route: &Route, case: &Case, wrong: &mut Vec<Difference>) -> (Links, Links) {
    let (mut linked, mut loose) = (Links::new(), Links::new());
    let Some(last) = route.mappings.last() else { return (linked, loose) };
    let mut links = links(model, route, last, case, wrong);
    for (name, records) in &case.right {
        let Some(entity) = entity(model, &last.right, &name.text) else { continue };
        for record in records {
            let Some(key) = record_key(model, entity, record) else {
                wrong.push(unreadable(format!("right {}", name.text), "a record has no key"));
                continue;
            };
            let values = values(model, entity, record, wrong);
            let left_key = links.remove(&(entity, key.clone()));
            let into = if left_key.is_some() { &mut linked } else { &mut loose };
            into.push((entity, link(model, entity, left_key.unwrap_or_default(), key, values)));
        }
    }
    for ((entity, key), _) in links {
        let what = format!("links {}", model.entity(entity).name.text);
        wrong.push(unreadable(what, format!("there is no record {key} under `right`")));
    }
    (linked, loose)
}

/// Left keys by entity and right key.
fn links(
    model: &Model,
    route: &Route,
    last: &Mapping,
    case: &Case,
    wrong: &mut Vec<Difference>,
) -> BTreeMap<(EntityId, String), String> {
    let mut links = BTreeMap::new();
    for (name, pairs) in &case.links {
        let Some(entity) = entity(model, &last.right, &name.text) else {
            wrong.push(unreadable(format!("links {}", name.text), "the target has no such entity"));
            continue;
        };
        for (left, right) in pairs {
            links.insert((entity, right.clone()), left_key(model, route, entity, &left.text));
        }
    }
    links
}

/// A left key as it is remembered: with the name of what it is a key of, which need not be written.
fn left_key(model: &Model, route: &Route, entity: EntityId, key: &str) -> String {
    let maps = route.typed.last().into_iter().flat_map(|typed| &typed.maps).filter(|map| map.right == entity);
    let sources: Vec<&str> = maps
        .filter_map(|map| match map.left {
            RecordType::Entity(id) => Some(model.entity(id).name.text.as_str()),
            RecordType::Set(id) => Some(model.set(id).name.text.as_str()),
            RecordType::Layout(_) => None,
        })
        .collect();
    match sources.first() {
        Some(_) if sources.iter().any(|source| key.starts_with(&format!("{source}:"))) => key.to_string(),
        Some(source) => format!("{source}:{key}"),
        None => key.to_string(),
    }
}

/// The values of a written record, by field.
fn values(model: &Model, entity: EntityId, record: &Node, wrong: &mut Vec<Difference>) -> Vec<(String, Json)> {
    let definition = model.entity(entity);
    let mut values = Vec::new();
    for entry in record.entries().unwrap_or_default() {
        let Some(index) = definition.field(&entry.key) else { continue };
        match json(model, &definition.fields[index].ty, &entry.value) {
            Ok(value) => values.push((entry.key.clone(), value)),
            Err(why) => wrong.push(unreadable(format!("{}.{}", definition.name.text, entry.key), why)),
        }
    }
    values
}

/// A written value as it is remembered; a reference is the key that it names.
fn json(model: &Model, ty: &Type, node: &Node) -> Result<Json, String> {
    if node.is_missing() {
        return Ok(Json::Null);
    }
    if let Type::Ref(to) = ty {
        return reference_key(model, *to, node).map(Json::String).ok_or("is no key".to_string());
    }
    if let Some(Type::Ref(to)) = ty.element() {
        let keys = node.items().unwrap_or_default().iter().map(|item| reference_key(model, *to, item));
        let keys: Option<Vec<Json>> = keys.map(|key| key.map(Json::String)).collect();
        return keys.map(Json::Array).ok_or("holds what is no key".to_string());
    }
    let arena = Arena::new();
    let value = written::value(node, ty, &|_, _| None, &arena).map_err(|why| why.to_string())?;
    Ok(to_json(ty, value, &|_| None))
}

fn link(model: &Model, entity: EntityId, left_key: String, key: String, values: Vec<(String, Json)>) -> Link {
    let record = Record::of(values.iter().map(|(field, value)| (field.as_str(), value.clone())));
    let bytes = record.text().as_bytes().to_vec();
    let theirs = model.entity(entity).write.as_ref().is_some_and(|write| write.id_theirs);
    Link {
        ours: !left_key.is_empty(),
        left_key,
        right_id: theirs.then(|| key.clone()),
        right_key: key,
        state: LinkState::Active,
        hash: xxh3_128(&bytes),
        values: bytes,
        identities: Vec::new(),
        seen: 0,
    }
}

/// A store that remembers the links, as after a run that came to its end. Without links, nothing has run yet.
fn filled(model: &Model, sync: &str, links: &[(EntityId, Link)], world: &dyn World) -> Result<Store, StoreFault> {
    let mut store = Store::in_memory(world)?;
    if links.is_empty() {
        return Ok(store);
    }
    let run = store.begin(sync, "run", world.now())?;
    let intent = |(entity, link): &(EntityId, Link)| Intent {
        id: 0,
        op: "adopt".into(),
        entity: model.entity(*entity).name.text.clone(),
        link: link.clone(),
        old_left_key: None,
        set: None,
    };
    let mut intents: Vec<Intent> = links.iter().map(intent).collect();
    store.intend(run, &mut intents)?;
    let done: Vec<(u64, Settled)> =
        intents.iter().map(|intent| (intent.id, Settled::Done { right_id: intent.link.right_id.clone() })).collect();
    store.settle(run, &done)?;
    store.remember(sync, FILLED, "yes")?;
    store.finish(run, "done", "{}", world.now())?;
    Ok(store)
}

/// What of the proposal is not as expected.
fn compared(model: &Model, route: &Route, case: &Case, proposed: &Proposed) -> Vec<Difference> {
    let (proposal, mut differences) = (&proposed.proposal, Vec::new());
    for (entity, why) in &proposal.report.blocked {
        differences.push(unreadable(entity.clone(), why.clone()));
    }
    let stops = &proposal.report.stopped;
    if case.stopped == stops.is_empty() {
        let why = match stops.first() {
            Some(why) => format!("would stop this run: {why}; a case that means that says `stopped: true`"),
            None => "would not stop this run, though the case says `stopped: true`".to_string(),
        };
        differences.push(unreadable("a guard", why));
    }
    if let (Some(expected), Some(last)) = (&case.changes, route.mappings.last()) {
        let mut open = changes_of(&proposal.set);
        for of_entity in expected {
            let Some(entity) = entity(model, &last.right, &of_entity.entity.text) else { continue };
            for (operation, records) in &of_entity.operations {
                let mut side = Side { model, entity, operation: &operation.text, open: &mut open };
                records.iter().for_each(|record| side.expect(record, &mut differences));
            }
        }
        differences.extend(open.into_iter().map(surplus));
    }
    let report = &proposal.report;
    let held = report.entities.iter().flat_map(|entity| entity.held.iter().map(|held| (&*entity.entity, &*held.why)));
    let fates = Fates {
        fallen: report.stages.iter().map(|stage| &stage.fallen).collect(),
        compared: held.collect(),
        protected: proposed.protected,
    };
    counts(case, &fates, &mut differences);
    differences
}

/// A change with the name of its entity.
type Open<'c> = (&'c str, Change<'c>);

fn changes_of(set: &ChangeSet) -> Vec<Open<'_>> {
    set.entities.iter().flat_map(|entity| entity.writing().map(|change| (entity.entity.as_str(), change))).collect()
}

fn shown_key(change: &Change<'_>) -> String {
    match change.key.is_empty() {
        true => change.left_key.split_once(':').map_or(&*change.left_key, |(_, key)| key).to_string(),
        false => change.key.to_string(),
    }
}

fn surplus((entity, change): Open<'_>) -> Difference {
    let fields = change.fields.iter().map(|field| (field.field.to_string(), shown(&field.to.json()))).collect();
    Difference::Surplus { entity: format!("{} {entity}", change.op.word()), key: Some(shown_key(&change)), fields }
}

/// A value as it stands in a difference. What stands as a hash is never shown.
fn shown(value: &Json) -> String {
    match value {
        Json::Null => "absent".into(),
        Json::String(text) => text.clone(),
        hidden if is_hashed(hidden) => "(hidden)".into(),
        other => other.to_string(),
    }
}

/// The expected changes of one operation of an entity, against those that are still open.
struct Side<'s, 'c> {
    model: &'s Model,
    entity: EntityId,
    operation: &'s str,
    open: &'s mut Vec<Open<'c>>,
}

impl Side<'_, '_> {
    fn expect(&mut self, record: &Node, differences: &mut Vec<Difference>) {
        let name = &self.model.entity(self.entity).name.text;
        let mut wrong = Vec::new();
        let wanted = values(self.model, self.entity, record, &mut wrong);
        if !wrong.is_empty() {
            return differences.extend(wrong);
        }
        let key = record_key(self.model, self.entity, record);
        let mine = |(entity, change): &Open<'_>| *entity == name.as_str() && change.op.word() == self.operation;
        let found = match &key {
            Some(key) => self.open.iter().position(|open| mine(open) && open.1.key == *key),
            // Where the target gives the key, a record is known by its values.
            None => self.open.iter().position(|open| mine(open) && self.wrong(&open.1, &wanted).is_empty()),
        };
        let entity = format!("{} {name}", self.operation);
        match found {
            None => {
                let fields = wanted.iter().map(|(field, value)| (field.clone(), shown(value))).collect();
                differences.push(Difference::Missing { entity, fields });
            }
            Some(at) => {
                let (_, change) = self.open.remove(at);
                let fields = self.wrong(&change, &wanted);
                if !fields.is_empty() {
                    differences.push(Difference::Differs { entity, key: Some(shown_key(&change)), fields });
                }
            }
        }
    }

    /// The fields of a change that are not as expected: field, expected, got. Of an update, every field counts; its key only
    /// says which record it is.
    fn wrong(&self, change: &Change<'_>, wanted: &[(String, Json)]) -> Vec<(String, String, String)> {
        let entity = self.model.entity(self.entity);
        let is_key = |field: &str| entity.key.iter().any(|&index| entity.fields[index].name.text == field);
        let got = |name: &str| change.fields.iter().find(|field| *field.field == *name).map(|field| field.to.json());
        let mut wrong = Vec::new();
        if matches!(change.op, Op::Deactivate | Op::Remove) {
            return wrong;
        }
        for (field, value) in wanted.iter().filter(|(field, _)| change.op == Op::Create || !is_key(field)) {
            let to = got(field);
            let same = match &to {
                Some(to) => bare(to) == bare(value) || is_hashed(to),
                None => change.op == Op::Create && value.is_null(),
            };
            if !same {
                let stays = if change.op == Op::Create { "absent" } else { NO_CHANGE };
                wrong.push((field.clone(), shown(value), to.as_ref().map_or(stays.to_string(), shown)));
            }
        }
        if change.op != Op::Create {
            let unnamed = change.fields.iter().filter(|field| wanted.iter().all(|(name, _)| **name != *field.field));
            wrong
                .extend(unnamed.map(|field| (field.field.to_string(), NO_CHANGE.to_string(), shown(&field.to.json()))));
        }
        wrong
    }
}

/// A value with references as the case writes them: without the `@source:` before a left key.
fn bare(value: &Json) -> Json {
    match value {
        Json::String(text) => match text.strip_prefix('@').and_then(|text| text.split_once(':')) {
            Some((_, key)) => Json::String(key.to_string()),
            None => value.clone(),
        },
        Json::Array(items) => Json::Array(items.iter().map(bare).collect()),
        other => other.clone(),
    }
}

/// What a failed case's reader should know: what fell in the mappings, and what was held or spared.
fn notes(report: &Report) -> Vec<String> {
    let mut all: Vec<String> = report.stages.iter().flat_map(|stage| super::notes(&stage.fallen)).collect();
    for entity in &report.entities {
        let held = entity.held.iter().map(|held| format!("{} held: {}", entity.entity, held.why));
        all.extend(held);
        for (count, what) in [
            (entity.protected, "about protected people: nothing is sent"),
            (entity.reduced, "about protected people: only what may be sent of them"),
            (entity.kept, "gone on the left, kept on the right (`gone: keep`)"),
            (entity.spared, "missing on the left, but not taken for gone"),
            (entity.frozen, "would be taken away, but a freeze is on"),
            (entity.not_ours, "on the right that this sync did not make: left alone"),
        ] {
            if count > 0 {
                all.push(format!("{} {count} {what}", entity.entity));
            }
        }
    }
    all.extend(report.stopped.iter().map(|why| format!("a guard: {why}")));
    all
}
