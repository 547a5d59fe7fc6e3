//! Proposing: from what was read to a change set. Touches nothing.

use super::agree::{Compared, Proposed};
use super::change::{Change, ChangeSet, Content, EntityChanges, FieldChange, Op, VERSION, hashed};
use super::decide::{Decision, Decisions, NAMELESS, PROTECTED, REMAINS};
use super::differ::{is_same, never_updated, wanted};
use super::eval::{Links, Odd};
use super::fate::Stopped;
use super::gather::Read;
use super::identity::Identities;
use super::lookup::Lookup;
use super::make::{Fate, Made, State};
use super::parallel::Arenas;
use super::record::{Record, Writer, to_json};
use super::report::{EntityReport, Report};
use super::right::{Finder, Held, Memory, Present, Right};
use super::route::{Watch, first_input, work_input};
use super::stage::{Input, Setting, Worked, lookup_codecs, lookups};
use super::table::Apart;
use super::work::PIECE;
use crate::check::protection::Treatment;
use crate::documents::keys::Keys;
use crate::model::{Access, Field, Model};
use crate::plan::Plan;
use crate::store::{Link, LinkState, Store, StoreFault};
use crate::syntax::ast::{GoneAction, Operation};
use crate::value::{Arena, Class, EntityId, Row, Value, normal};
use hashbrown::HashSet;
use jiff::civil::Date;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What a run would do, and everything that people want to know about it.
pub struct Proposal {
    /// The changes.
    pub set: ChangeSet,
    /// The report.
    pub report: Report,
    /// Of a saved change set: what would no longer be proposed just so.
    pub stale: Vec<EntityChanges>,
}

/// Compares what the maps made with the right side and gives the change set. Of a saved change set, only what would still
/// be proposed just so is proposed.
pub fn propose(plan: &Plan<'_>, read: &Read, wish: &Wish<'_>) -> Result<Proposal, StoreFault> {
    let arenas = Arenas::new(wish.threads);
    let codecs = lookup_codecs(plan.model);
    let lookups = lookups(plan.model, &codecs, arenas.own());
    let mut report = Report::default();
    let input = first_input(plan, read, &mut report);
    let given = Given { plan, read, lookups: &lookups, arenas: &arenas, loose: &[], watch: &|_, _| {} };
    propose_over(&given, input, wish, report)
}

/// What a proposal is made over, beside the left tables.
pub struct Given<'t> {
    /// The compiled sync.
    pub plan: &'t Plan<'t>,
    /// What was read; of it, only the right side counts here.
    pub read: &'t Read,
    /// Look-up tables.
    pub lookups: &'t [Lookup<'t>],
    /// Where values live.
    pub arenas: &'t Arenas,
    /// Right records that nobody has linked, where the right side is not read: their keys and values, with no left key.
    pub loose: &'t [(EntityId, Link)],
    /// Is shown what each mapping of the route gave.
    pub watch: &'t Watch<'t>,
}

/// The same over left tables that are there already: for test cases.
pub fn propose_over<'t>(
    given: &Given<'t>,
    input: Input<'t>,
    wish: &Wish<'_>,
    mut report: Report,
) -> Result<Proposal, StoreFault> {
    let Wish { store, saved, as_of, purpose, .. } = *wish;
    let Given { plan, read, lookups, arenas, loose, watch } = *given;
    let mut set = begin(plan, wish, &mut report)?;
    let Some(worked) = work_input(plan, input, as_of, arenas, lookups, watch, &mut report) else {
        return Ok(Proposal { set, report, stale: Vec::new() });
    };
    let identities = Identities::of(&worked);
    let stopped: Vec<Stopped> = report.stages.iter().flat_map(|stage| stage.fallen.stopped.clone()).collect();
    let waiting = waiting(store, &set.sync)?;
    let decisions = Decisions::of(store, &set.sync)?;
    let mut memory = Memory::of(plan, store, &set.sync)?;
    memory.add_loose(loose);
    let mut compared: Vec<Compared<'_>> = Vec::new();
    for write in &plan.target.entities {
        let Some(index) = worked.made.iter().position(|made| made.entity == write.entity) else { continue };
        let known = Known { identities: &identities, stopped: &stopped, waiting: &waiting, decisions: &decisions };
        let secret = store.map_or([0; 32], Store::key);
        let context = Context { plan, worked: &worked, index, secret, known, as_of, purpose };
        let right = Right::of(plan, write, read, &mut memory, arenas);
        if let Some(why) = &right.unreadable {
            report.blocked.push((plan.model.entity(write.entity).name.text.clone(), why.clone()));
            continue;
        }
        let one = context.compare(right, arenas);
        memory.learn(write.entity, one.changes.iter().map(|proposed| &*proposed.change));
        compared.push(one);
    }
    super::agree::settle(plan, &mut compared);
    if let Some(saved) = saved {
        compared.iter_mut().for_each(|one| one.only(saved, plan.model));
        // A change may lean on one that is stale.
        super::agree::settle(plan, &mut compared);
    }
    if purpose != Purpose::Write {
        compared.iter_mut().for_each(Compared::forget_links);
    }
    compared.iter_mut().for_each(|one| worked.locate(one.entity, &mut one.report.held));
    for one in compared {
        let (changes, entity_report) = one.into_changes(plan.model, purpose == Purpose::Names);
        report.entities.push(entity_report);
        set.entities.push(changes);
    }
    finish(plan, set, report, wish)
}

/// A change set without changes.
pub(super) fn begin(plan: &Plan<'_>, wish: &Wish<'_>, report: &mut Report) -> Result<ChangeSet, StoreFault> {
    let set = ChangeSet {
        version: VERSION,
        sync: plan.model.sync(plan.sync).name.text.clone(),
        as_of: wish.as_of.to_string(),
        made_at: wish.made_at.to_string(),
        entities: Vec::new(),
        digest: String::new(),
    };
    report.first_run = match wish.store {
        Some(store) => !store.has_links(&set.sync)? || store.recall(&set.sync, FILLED)?.is_none(),
        None => true,
    };
    Ok(set)
}

/// The proposal of a change set that is complete: judged by the guards, and compared with the saved one.
pub(super) fn finish(
    plan: &Plan<'_>,
    set: ChangeSet,
    mut report: Report,
    wish: &Wish<'_>,
) -> Result<Proposal, StoreFault> {
    super::guard::judge(plan, &set, &mut report, wish.store)?;
    let stale = wish.saved.map(|saved| saved.missing_in(&set)).unwrap_or_default();
    Ok(Proposal { set, report, stale })
}

/// The fact that a run of a sync has come to its end. Until then its next run is a first run, however far one came that was
/// killed or turned away: what is missing is to be made, not to be guarded.
pub const FILLED: &str = "filled";

/// Left records, by right entity and left key, that wait for somebody to decide about them because they are protected.
pub(super) fn waiting(store: Option<&Store>, sync: &str) -> Result<BTreeSet<(String, String)>, StoreFault> {
    let held = store.map_or(Ok(Vec::new()), |store| store.held(sync))?;
    let protected = held.into_iter().filter(|held| [PROTECTED, REMAINS].contains(&held.reason.as_str()));
    Ok(protected.map(|held| (held.entity, held.left_key)).collect())
}

/// What is known of left records beside what the maps made of them.
#[derive(Clone, Copy)]
pub(super) struct Known<'c> {
    /// What they are known by beside their keys.
    pub identities: &'c Identities,
    /// Rejected and held in any mapping of the route.
    pub stopped: &'c [Stopped],
    /// See [`waiting`].
    pub waiting: &'c BTreeSet<(String, String)>,
    /// What somebody has decided about records that wait.
    pub decisions: &'c Decisions,
}

/// What a proposal is made from, beside what was read.
#[derive(Clone, Copy)]
pub struct Wish<'w> {
    /// What was remembered before.
    pub store: Option<&'w Store>,
    /// A saved change set, of which only that is proposed which is still the same.
    pub saved: Option<&'w ChangeSet>,
    /// The date that the run takes for today.
    pub as_of: Date,
    /// The moment.
    pub made_at: &'w str,
    /// What it is for.
    pub purpose: Purpose,
    /// How many threads work on it.
    pub threads: usize,
}

/// What a proposal is made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Somebody looks at it.
    Look,
    /// Somebody asks which fields of which right records change, and for nothing else.
    Names,
    /// It is written, and what it says is remembered.
    Write,
}

/// A made record and the present one that it is compared with.
pub(super) struct Pair<'k> {
    /// The made record.
    pub row: usize,
    /// The key of its left record.
    pub left_key: &'k str,
    /// The present one.
    pub present: usize,
    /// How it was found.
    pub found: Found,
    /// How many changes stand before it.
    pub at: usize,
}

/// Comparing one entity.
pub(super) struct Context<'c, 't> {
    /// The compiled sync.
    pub plan: &'c Plan<'c>,
    /// What the last mapping gave.
    pub worked: &'c Worked<'t>,
    /// The entity, by its place among what was made.
    pub index: usize,
    /// The key of hashes that nobody else can compute.
    pub secret: [u8; 32],
    /// What is known of left records.
    pub known: Known<'c>,
    /// The run's date.
    pub as_of: Date,
    /// What it is for.
    pub purpose: Purpose,
}

impl<'c, 't> Context<'c, 't> {
    fn made(&self) -> &'c Made<'t> {
        &self.worked.made[self.index]
    }

    fn model(&self) -> &'c Model {
        self.plan.model
    }

    /// True if whole records are remembered after this. Who only looks remembers nothing.
    fn remembers(&self) -> bool {
        self.purpose == Purpose::Write
    }

    /// A reference as it is remembered: the key where we give the ids, else the left key behind `@`.
    fn reference(&self, row: Row) -> Option<String> {
        let entity = EntityId(row.table);
        let index = self.worked.made.iter().position(|made| made.entity == entity)?;
        let theirs = self.model().entity(entity).write.as_ref().is_some_and(|write| write.id_theirs);
        if theirs {
            self.worked.left_keys()[index].get(row.row as usize).map(|key| format!("@{key}"))
        } else {
            self.worked.made[index].keys.owned(row.row as usize)
        }
    }

    /// The values of a made record as JSON, by field; null where the maps say nothing or empty the field. Values that cannot
    /// be read back stand as hashes there, and as themselves in `secrets`.
    fn record(&self, row: usize, secrets: &mut Map<String, Json>) -> Vec<Json> {
        let made = self.made();
        let entity = self.model().entity(made.entity);
        let reference = |row| self.reference(row);
        (entity.fields.iter().zip(made.row(row)))
            .map(|(field, (value, _))| self.compared(field, to_json(&field.ty, value, &reference), secrets))
            .collect()
    }

    /// A value as it is compared and remembered: itself, or the hash of what cannot be read back, which goes to `secrets`.
    fn compared(&self, field: &Field, value: Json, secrets: &mut Map<String, Json>) -> Json {
        let hidden = match field.access {
            // A whole delivery holds it every time, whether it changed or not: so it is remembered, unless it is a secret.
            Access::Write => !self.plan.target.whole || field.classes.has(Class::SECRET),
            Access::Initial => true,
            Access::ReadWrite | Access::Read | Access::Create => false,
        };
        if value.is_null() || !hidden {
            return value;
        }
        let hash = hashed(keyed_hash(&self.secret, &value.to_string()));
        secrets.insert(field.name.text.clone(), value);
        hash
    }

    fn compare(&self, right: Right<'t>, arenas: &'t Arenas) -> Compared<'c> {
        let made = self.made();
        let entity = self.model().entity(made.entity);
        let mut report = EntityReport { entity: entity.name.text.clone(), ..EntityReport::default() };
        let mut changes: Vec<Proposed<'c>> = Vec::new();
        let mut taken = vec![false; right.present.len()];
        let mut seen: HashSet<&str> = HashSet::new();
        let keys = &self.worked.left_keys()[self.index];
        report.linked = right.links() as u64;
        if report.linked > 0 {
            seen.extend(keys.iter().flatten());
        }
        let setting = self.setting();
        // The right records stand where the machine looks for records of their entity.
        let tables = self.worked.tables.with(made.entity.0, right.table());
        let (none, odd) = (Links::default(), Odd::default());
        let machine = setting.machine(&tables, &none, &odd).inside(true);
        let mut finder = Finder::of(&right, made, &machine, arenas);
        let mut pairs = Vec::new();
        for (row, left_key) in keys.iter().enumerate() {
            let Some(left_key) = left_key else { continue };
            let linked = right.by_left(left_key);
            match &made.rows[row].fate {
                Fate::Whole => {}
                Fate::Reduced => report.reduced += 1,
                Fate::Protected => {
                    report.protected += 1;
                    if let Some(present) = linked {
                        taken[present] = true;
                        self.protect(present, &right, &mut changes, &mut report);
                    }
                    continue;
                }
                Fate::Outside => {
                    linked.into_iter().for_each(|present| taken[present] = true);
                    report.outside += 1;
                    continue;
                }
                Fate::Rejected(_) | Fate::Held(_) => {
                    linked.into_iter().for_each(|present| taken[present] = true);
                    continue;
                }
            }
            let found = match linked {
                Some(present) => Found::Linked(present),
                None => {
                    let identities = if right.has_identities() { self.identities(row) } else { Vec::new() };
                    finder.find(row, &identities, &seen, &taken)
                }
            };
            match found {
                Found::Moved(present) if self.is_in_doubt(&right.present[present]) => {
                    report
                        .hold(left_key, "may be a record that is linked already, whose left record could not be read");
                }
                Found::Linked(present) | Found::Matched(present) | Found::Moved(present) => {
                    if std::mem::replace(&mut taken[present], true) {
                        report.hold(left_key, "two records on the left lead to one record on the right");
                        continue;
                    }
                    if self.settle_remains(row, left_key, present, &right, &mut changes, &mut report) {
                        continue;
                    }
                    pairs.push(Pair { row, left_key, present, found, at: changes.len() });
                }
                Found::Nobody => changes.push(Proposed::new(self.creation(row, left_key))),
                Found::Several(candidates) if self.is_reduced(row) => {
                    report.hold(left_key, &format!("{} records on the right could be meant", candidates.len()));
                }
                Found::Several(candidates) => {
                    let keys = Keys::of(self.model(), self.plan.route);
                    let shown = candidates.iter().map(|&index| keys.right(&entity.name.text, right.present[index].key));
                    let shown = shown.take(5).collect::<Vec<_>>();
                    report.hold(
                        left_key,
                        &format!("{} records on the right could be meant: {}", candidates.len(), shown.join(", ")),
                    );
                }
            }
        }
        let mut changes = self.with_differences(changes, &pairs, &right, arenas);
        self.gone(&right, &seen, &taken, &mut changes, &mut report);
        Compared { entity: made.entity, right, changes, report }
    }

    /// Adds the changes of records that are there, each where it stands among the others.
    pub fn with_differences<'k>(
        &self,
        others: Vec<Proposed<'k>>,
        pairs: &[Pair<'k>],
        right: &Right<'t>,
        arenas: &Arenas,
    ) -> Vec<Proposed<'k>>
    where
        'c: 'k,
    {
        let pieces = arenas.each(pairs.chunks(PIECE), |pairs, _| {
            let mut arena = Arena::new();
            let difference = |pair: &Pair<'k>| {
                arena.reset();
                let change = self.difference(pair, right, &arena)?;
                Some((pair.at, Proposed::about(pair.present, change)))
            };
            pairs.iter().filter_map(difference).collect::<Vec<_>>()
        });
        let mut differences = pieces.into_iter().flatten().peekable();
        let mut changes = Vec::with_capacity(others.len());
        for (at, other) in others.into_iter().enumerate() {
            while let Some((_, difference)) = differences.next_if(|(before, _)| *before <= at) {
                changes.push(difference);
            }
            changes.push(other);
        }
        changes.extend(differences.map(|(_, difference)| difference));
        changes
    }

    /// The change that makes the record of a row.
    pub fn creation<'k>(&self, row: usize, left_key: &'k str) -> Change<'k>
    where
        'c: 'k,
    {
        let made = self.made();
        let entity = self.model().entity(made.entity);
        let mut secrets = Map::new();
        let values = self.record(row, &mut secrets);
        let mut record = Writer::default();
        let mut fields = Vec::new();
        for ((field, value), state) in entity.fields.iter().zip(values).zip(made.row(row).map(|(_, state)| state)) {
            if value.is_null() || field.access == Access::Read || state.has(State::UPDATE) {
                continue;
            }
            if self.remembers() {
                record.json(&field.name.text, &value);
            }
            fields.push(FieldChange { field: name_of(field), from: Content::Nothing, to: value.into() });
        }
        secrets.retain(|name, _| fields.iter().any(|change| *change.field == **name));
        Change {
            op: Op::Create,
            left_key: left_key.into(),
            old_left_key: None,
            key: made.keys.get(row).unwrap_or_default().into(),
            right_id: None,
            fields,
            record: record.done(),
            secrets,
            identities: self.identities(row),
            why: None,
        }
    }

    /// The change between a made record and the present one; `None` if there is nothing to do.
    fn difference<'k>(&self, pair: &Pair<'k>, right: &Right<'t>, arena: &Arena) -> Option<Change<'k>>
    where
        'c: 'k,
    {
        let Pair { row, left_key, present: index, ref found, .. } = *pair;
        let made = self.made();
        let entity = self.model().entity(made.entity);
        let present = &right.present[index];
        let mut secrets = Map::new();
        let mut fields = Vec::new();
        let reduced = self.is_reduced(row);
        // What is as it was made is not written down where nobody asks for it: then it is seen field by field.
        let plain = !reduced && !self.remembers() && !right.hides(index);
        let active = present.state != LinkState::Deactivated;
        let same = !plain && !reduced && active && self.is_as_made(row, right, index, arena);
        let record = if same {
            if matches!(found, Found::Linked(_)) && !present.needs_remembering(&self.identities(row)) {
                return None;
            }
            if self.remembers() { right.record(index) } else { Record::default() }
        } else {
            let (mut record, held) = (Writer::default(), right.held(index));
            let reference = |row| self.reference(row);
            for (position, (field, (value, state))) in entity.fields.iter().zip(made.row(row)).enumerate() {
                let read_back = !matches!(field.access, Access::Write | Access::Initial);
                if plain && read_back && self.is_field_as_made(position, value, state, &held, arena) {
                    continue;
                }
                let value = self.compared(field, to_json(&field.ty, value, &reference), &mut secrets);
                let now = held.json(position, arena);
                // Of a protected person nothing is remembered that is not sent, whatever the target holds.
                let kept = match (reduced, state.is_empty() || never_updated(field, state)) {
                    (false, _) => None,
                    (true, true) => Some(value.clone()),
                    (true, false) if state.has(State::SET) => None,
                    (true, false) => Some(Json::Null),
                };
                let value = wanted(field, state, value, &now).filter(|value| *value != now);
                let after = value.as_ref().unwrap_or(kept.as_ref().unwrap_or(&now));
                if self.remembers() {
                    record.json(&field.name.text, after);
                }
                // What is sent once was sent when the record was made.
                if after.is_null() || field.access != Access::Write {
                    secrets.remove(&field.name.text);
                }
                if let Some(to) = value {
                    // What was sent of somebody who is protected by now is not shown again.
                    let from = if reduced { Content::Nothing } else { now.into() };
                    fields.push(FieldChange { field: name_of(field), from, to: to.into() });
                }
            }
            record.done()
        };
        let renewed = present.needs_remembering(&self.identities(row)) || reduced && !present.remembers(&record);
        let back = present.state == LinkState::Deactivated;
        let moved = matches!(found, Found::Moved(_));
        let op = match (back, fields.is_empty(), found) {
            (true, _, _) => Op::Reactivate,
            (false, false, _) => Op::Update,
            (false, true, Found::Linked(_)) if !renewed => return None,
            (false, true, _) => Op::Link,
        };
        let theirs = entity.write.as_ref().is_some_and(|write| write.id_theirs);
        let mut change = Change {
            op,
            left_key: left_key.into(),
            old_left_key: present.left_key.filter(|old| *old != left_key).map(Cow::from),
            key: made.keys.get(row).filter(|_| !theirs).unwrap_or(present.key).into(),
            right_id: present.right_id.map(Cow::from),
            fields,
            record,
            secrets,
            identities: self.identities(row),
            why: moved.then(|| "the left record's key changed".into()),
        };
        if op == Op::Reactivate {
            self.on_operation(Operation::Reactivate, made.rows[row].map, right, index, &mut change);
            change.fields.iter_mut().filter(|_| reduced).for_each(|field| field.from = Content::Nothing);
        }
        Some(change)
    }

    /// True if a record is about a protected person, and less of them is sent.
    fn is_reduced(&self, row: usize) -> bool {
        self.made().rows[row].fate == Fate::Reduced
    }

    /// Settles a record that holds what cannot be taken back of a protected person, as somebody has decided. True if the record is
    /// taken away, so that nothing else is to be said of it.
    pub fn settle_remains(
        &self,
        row: usize,
        left_key: &str,
        present: usize,
        right: &Right<'t>,
        changes: &mut Vec<Proposed<'t>>,
        report: &mut EntityReport,
    ) -> bool {
        if !self.remains(row, right, present) {
            return false;
        }
        match (self.decided(left_key, report), self.removal()) {
            (Some(Decision::Remove), Some(op)) => {
                changes.push(Proposed::about(present, right.protected(present, op)));
                return true;
            }
            (Some(_), _) => report.kept_by_decision += 1,
            (None, _) => report.hold(left_key, REMAINS),
        }
        false
    }

    /// True if a present record holds what may not be sent of a protected person and cannot be taken back: it is written
    /// when a record is made, and never again. In a whole delivery every record is written anew.
    fn remains(&self, row: usize, right: &Right<'_>, index: usize) -> bool {
        if self.plan.target.whole || !self.is_reduced(row) {
            return false;
        }
        let made = self.made();
        let entity = self.model().entity(made.entity);
        let treated = self.plan.route.protection.iter().find(|treated| treated.entity == made.entity);
        let values = self.record(row, &mut Map::new());
        treated.into_iter().flat_map(|treated| &treated.fields).any(|(field, how)| {
            let at = usize::from(*field);
            let stays = matches!(entity.fields[at].access, Access::Create | Access::Initial);
            let now = right.json(index, at);
            stays && !matches!(how, Treatment::Sent(_) | Treatment::Constant) && !now.is_null() && now != values[at]
        })
    }

    /// True if nothing in a record differs from what was made, seen without writing anything down. False may be wrong: then
    /// the values are compared one by one.
    fn is_as_made(&self, row: usize, right: &Right<'t>, index: usize, arena: &Arena) -> bool {
        let (made, present) = (self.made(), right.held(index));
        let mut fields = made.row(row).enumerate();
        !right.hides(index)
            && fields.all(|(position, (value, state))| self.is_field_as_made(position, value, state, &present, arena))
    }

    /// The same for a field of a record that hides nothing.
    fn is_field_as_made(
        &self,
        position: usize,
        value: Value<'_>,
        state: State,
        present: &Held<'_, '_>,
        arena: &Arena,
    ) -> bool {
        if let Value::Text(text) = value
            && present.is_text(position, text)
        {
            return true;
        }
        let held = present.value(position, arena);
        if let (Value::Text(value), Value::Text(held)) = (value, held)
            && value == held
        {
            return true;
        }
        let field = &self.model().entity(self.made().entity).fields[position];
        if never_updated(field, state) || value.is_absent() && !state.has(State::CLEAR) {
            return true;
        }
        is_same(&field.ty, normal::normal_form(&field.ty, value, arena), held, &|row| self.reference(row))
    }

    /// Adds what rules for one operation alone (`on deactivate`) write.
    fn on_operation(&self, operation: Operation, map: u16, right: &Right<'t>, index: usize, change: &mut Change<'_>) {
        let last = self.plan.route.typed.last();
        let Some(map) = last.and_then(|typed| typed.maps.get(map as usize)) else { return };
        let entity = self.model().entity(map.right);
        let links = Links::default();
        let odd = Odd::default();
        let setting = self.setting();
        let machine = setting.machine(&self.worked.tables, &links, &odd);
        let arena = Arena::new();
        let frame = vec![Value::Absent; map.frame as usize + 1];
        for rule in map.rules.iter().filter(|rule| rule.on.contains(&operation)) {
            let (Some(target), Some(value)) = (&rule.target, rule.value) else { continue };
            // The left record may be gone: what such a rule needs of it is absent, and nothing is written then.
            let Ok(value) = machine.eval(value, &frame, &arena) else { continue };
            let field = &entity.fields[target.field as usize];
            let to = to_json(&field.ty, value, &|row| self.reference(row));
            let to = self.compared(field, to, &mut change.secrets);
            let now = right.json(index, target.field as usize);
            if field.is_nothing(value) || to == now || !target.steps.is_empty() {
                continue;
            }
            change.fields.retain(|change| *change.field != *field.name.text);
            let name = field.name.text.clone().into();
            change.fields.push(FieldChange { field: name, from: now.into(), to: to.clone().into() });
            if self.remembers() {
                let mut values = change.record.values();
                values.insert(field.name.text.clone(), to);
                change.record = Record::of(values.iter().map(|(name, value)| (name.as_str(), value.clone())));
            }
        }
    }

    fn setting(&self) -> Setting<'t> {
        // The tables borrow from the same plan; its parts live as long as the run.
        self.worked.setting.clone()
    }

    /// A linked record of somebody who is now protected: nothing about them is sent again. In whole files that takes the record
    /// away; elsewhere it is held until somebody has decided.
    pub fn protect(&self, index: usize, right: &Right<'t>, changes: &mut Vec<Proposed<'t>>, report: &mut EntityReport) {
        let present = &right.present[index];
        if self.plan.target.whole {
            return changes.push(Proposed::about(index, right.protected(index, Op::Remove)));
        }
        let Some(left_key) = present.left_key else { return };
        match (self.decided(left_key, report), self.removal()) {
            (Some(Decision::Remove), Some(op)) if op == Op::Remove || present.state != LinkState::Deactivated => {
                changes.push(Proposed::about(index, right.protected(index, op)));
            }
            (Some(_), _) => report.kept_by_decision += 1,
            (None, _) => report.protected_linked.push(left_key.to_string()),
        }
    }

    /// What somebody has decided about a record that waits.
    fn decided(&self, left_key: &str, report: &mut EntityReport) -> Option<Decision> {
        let entity = &self.model().entity(self.made().entity).name.text;
        let decision = self.known.decisions.about(entity, left_key)?;
        report.decided.push(left_key.to_string());
        Some(decision)
    }

    /// How the target takes a record away: it removes it, or can at least switch it off.
    fn removal(&self) -> Option<Op> {
        let write = self.model().entity(self.made().entity).write.as_ref()?;
        let has = |wanted| write.operations.iter().any(|(operation, _)| *operation == wanted);
        match (has(Operation::Remove), has(Operation::Deactivate)) {
            (true, _) => Some(Op::Remove),
            (false, true) => Some(Op::Deactivate),
            (false, false) => None,
        }
    }

    /// Why a left record leaves nowhere although no row of it is left: it is about somebody who is protected, or who waits for a
    /// decision since the marking; or about a record that is out of scope or was stopped before.
    fn apart(&self, present: &Present<'_>, map: &crate::check::typed::TypedMap) -> Apart {
        let Some(left_key) = present.left_key else { return Apart::No };
        let entity = &self.model().entity(self.made().entity).name.text;
        let waits = self.known.waiting.contains(&(entity.clone(), left_key.to_string()));
        if waits || self.known.decisions.is_about_protected(entity, left_key) {
            return Apart::Protected;
        }
        self.known.identities.apart(map.left, left_key)
    }

    /// What becomes of right records whose left record is gone.
    pub fn gone(
        &self,
        right: &Right<'t>,
        seen: &HashSet<&str>,
        taken: &[bool],
        changes: &mut Vec<Proposed<'t>>,
        report: &mut EntityReport,
    ) {
        let sync = self.model().sync(self.plan.sync);
        for (index, present) in right.present.iter().enumerate() {
            if taken[index] {
                continue;
            }
            match present.left_key {
                Some(key) if seen.contains(key) => continue,
                None if !sync.owns_all => continue,
                Some(_) if !present.ours && !sync.owns_all => {
                    report.not_ours += 1;
                    continue;
                }
                _ => {}
            }
            let map = self.map_of(present);
            let Some((map_index, map)) = map else { continue };
            match self.apart(present, map) {
                Apart::No => {}
                Apart::Protected | Apart::ProtectedOutside => {
                    self.protect(index, right, changes, report);
                    continue;
                }
                Apart::Outside => {
                    report.outside += 1;
                    continue;
                }
            }
            if let Some(why) = self.made().incomplete.get(&map_index) {
                report.spared += 1;
                report.spared_why.get_or_insert_with(|| why.clone());
                continue;
            }
            if self.is_stopped(present) {
                report.spared += 1;
                continue;
            }
            let action = map.gone.map_or(GoneAction::Keep, |gone| gone.action);
            let op = match action {
                GoneAction::Keep => {
                    report.kept += 1;
                    continue;
                }
                GoneAction::Deactivate => Op::Deactivate,
                GoneAction::Remove => Op::Remove,
            };
            if op == Op::Deactivate && present.state == LinkState::Deactivated {
                continue;
            }
            if self.may_be_protected(present, map, report) {
                continue;
            }
            if self.frozen(op) {
                report.frozen += 1;
                continue;
            }
            let mut change = right.gone(index, op, "gone");
            if self.remembers() {
                change.record = right.record(index);
            }
            if op == Op::Deactivate {
                self.on_operation(Operation::Deactivate, map_index, right, index, &mut change);
                let by_rules = map.rules.iter().any(|rule| rule.on.contains(&Operation::Deactivate));
                if by_rules && change.fields.is_empty() {
                    continue;
                }
            }
            changes.push(Proposed::about(index, change));
        }
    }

    /// True if a missing left record may be that of a protected person who has no key tonight, and nobody has decided that
    /// it is gone. A whole file holds neither: there it makes no difference.
    fn may_be_protected(
        &self,
        present: &Present<'_>,
        map: &crate::check::typed::TypedMap,
        report: &mut EntityReport,
    ) -> bool {
        let Some(left_key) = present.left_key.filter(|_| !self.plan.target.whole) else { return false };
        if !self.known.identities.may_be_nameless(map.left, left_key) {
            return false;
        }
        match self.decided(left_key, report) {
            Some(Decision::Remove) => return false,
            Some(Decision::Keep) => report.kept_by_decision += 1,
            None => report.hold(left_key, NAMELESS),
        }
        true
    }

    /// True if nobody knows whether the left record of a present one is gone. Its link is nobody else's to take over.
    fn is_in_doubt(&self, present: &Present<'_>) -> bool {
        let map = self.map_of(present);
        map.is_some_and(|(index, _)| self.made().incomplete.contains_key(&index)) || self.is_stopped(present)
    }

    /// True if the left record was stopped before its key could be worked out in full: it may be the one that is missed.
    fn is_stopped(&self, present: &Present<'_>) -> bool {
        let Some(key) = present.left_key else { return false };
        let bare = key.split_once(':').map_or(key, |(_, bare)| bare);
        self.known.stopped.iter().any(|Stopped { key, .. }| {
            key.as_ref().is_some_and(|stopped| {
                let stopped = stopped.split_once(':').map_or(stopped.as_str(), |(_, bare)| bare);
                bare == stopped || bare.strip_prefix(stopped).is_some_and(|rest| rest.starts_with('|'))
            })
        })
    }

    /// The map that made, or would make, a present record: by the name before the colon of its left key.
    fn map_of(&self, present: &Present<'_>) -> Option<(u16, &'c crate::check::typed::TypedMap)> {
        let typed = self.plan.route.typed.last()?;
        let entity = self.made().entity;
        let of_entity = typed.maps.iter().enumerate().filter(|(_, map)| map.right == entity && !map.only_supplements);
        let source = present.left_key.and_then(|key| key.split_once(':')).map(|(source, _)| source);
        let mut first = None;
        for (index, map) in of_entity {
            let name = match map.left {
                crate::value::RecordType::Entity(left) => &self.model().entity(left).name.text,
                crate::value::RecordType::Set(set) => &self.model().set(set).name.text,
                crate::value::RecordType::Layout(_) => continue,
            };
            if source == Some(name.as_str()) {
                return Some((index as u16, map));
            }
            first.get_or_insert((index as u16, map));
        }
        first
    }

    fn frozen(&self, op: Op) -> bool {
        let today = (self.as_of.month(), self.as_of.day());
        self.model().sync(self.plan.sync).freeze.iter().any(|freeze| {
            let inside = if freeze.from <= freeze.to {
                freeze.from <= today && today <= freeze.to
            } else {
                today >= freeze.from || today <= freeze.to
            };
            inside && op.operation().is_some_and(|op| freeze.actions.contains(&op))
        })
    }

    /// Keyed hashes of the left record's other identities.
    fn identities(&self, row: usize) -> Vec<u64> {
        if !self.known.identities.has_others() {
            return Vec::new();
        }
        let made = &self.made().rows[row];
        let left = self.plan.route.typed.last().and_then(|typed| typed.maps.get(made.map as usize)).map(|map| map.left);
        let (Some(left), Some(key)) = (left, self.worked.left_keys()[self.index].get(row)) else { return Vec::new() };
        let texts = self.known.identities.texts(left, key);
        texts.iter().map(|text| keyed_hash(&self.secret, text)).collect()
    }
}

/// Where the right record of a made record was found.
pub enum Found {
    /// By its link.
    Linked(usize),
    /// By a rule or its key, without a link.
    Matched(usize),
    /// By a rule or another identity, linked with a left record that is gone: its key changed.
    Moved(usize),
    /// Several could be meant.
    Several(Vec<usize>),
    /// Nowhere.
    Nobody,
}

/// The name of a field, for changes.
fn name_of(field: &Field) -> Cow<'_, str> {
    field.name.text.as_str().into()
}

/// A hash that nobody can compute without the store's key.
pub(super) fn keyed_hash(key: &[u8; 32], text: &str) -> u64 {
    use hmac::{Hmac, Mac};
    let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(key) else { return 0 };
    mac.update(text.as_bytes());
    let bytes = mac.finalize().into_bytes();
    u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
}
