//! Applying: a change set is written, record by record or as one delivery. An intent is journalled before anything leaves.

use super::change::{Change, ChangeSet, Op, is_hashed};
use super::gather::{Sides, open};
use super::record::{place, to_wire};
use crate::adapter::{Arrived, Fault, Item, Outcome, Receipt, Sent, Session, Then};
use crate::documents::keys::Keys;
use crate::model::Access;
use crate::plan::columns::part_path;
use crate::plan::{EntityWrite, Plan};
use crate::protocol::CallId;
use crate::store::{Intent, Link, LinkState, Settled, Store, StoreFault};
use crate::syntax::ast::Operation;
use crate::value::{EntityId, Type};
use crate::world::World;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_128;

/// What was done.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Changes done, by entity and operation.
    pub done: BTreeMap<(String, Op), u64>,
    /// Changes that were not done.
    pub failed: Vec<Failed>,
    /// Files of a delivery.
    pub receipt: Option<Receipt>,
    /// Why the whole was given up, if it was.
    pub fault: Option<String>,
}

impl Summary {
    /// How many changes were done, links not counted.
    pub fn written(&self) -> u64 {
        self.done.iter().filter(|((_, op), _)| *op != Op::Link).map(|(_, count)| count).sum()
    }

    pub(super) fn count(&mut self, entity: &str, op: Op) {
        *self.done.entry((entity.to_string(), op)).or_default() += 1;
    }
}

/// A change that was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The entity of the target.
    pub entity: String,
    /// What was to be done.
    pub op: Op,
    /// The left key of the record.
    pub left_key: String,
    /// Why not: what the target said, where it said something. No value of the record.
    pub why: String,
}

/// Why applying could not go on.
#[derive(Debug)]
pub enum Trouble {
    /// The store.
    Store(StoreFault),
    /// The target.
    Target(Fault),
}

impl From<StoreFault> for Trouble {
    fn from(fault: StoreFault) -> Trouble {
        Trouble::Store(fault)
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        Trouble::Target(fault)
    }
}

/// How many records are journalled at a time: after a kill, so many are looked at again.
const CHUNK: usize = 32;

/// Finishes or takes back what a killed run left behind. Called before every command that writes.
pub async fn recover(
    plan: &Plan<'_>,
    sides: &Sides,
    world: &dyn World,
    store: &mut Store,
) -> Result<Vec<String>, Trouble> {
    let mut told = Vec::new();
    let sync = &plan.model.sync(plan.sync).name.text;
    let open_intents = store.unsettled(sync)?;
    if plan.target.whole {
        let Some((protocol, dialect)) = &plan.target.connection else { return Ok(told) };
        let mut session = open(protocol, &**dialect, &sides.right, world).await?;
        let unfinished = session.unfinished().await?;
        let mut sets: Vec<(String, i64)> = Vec::new();
        for unsettled in &open_intents {
            if let Some(set) = &unsettled.intent.set
                && !sets.iter().any(|(known, _)| known == set)
            {
                sets.push((set.clone(), unsettled.run));
            }
        }
        if let Some(unfinished) = &unfinished {
            session.resolve(&unfinished.set, unfinished.whole).await?;
            let run = sets.iter().find(|(set, _)| *set == unfinished.set).map(|(_, run)| *run);
            match (unfinished.whole, run) {
                (true, Some(run)) => {
                    store.settle_set(run, &unfinished.set)?;
                    told.push("finished a delivery that was interrupted".to_string());
                }
                (false, Some(run)) => {
                    store.drop_set(run, &unfinished.set)?;
                    told.push("took back a delivery that was interrupted".to_string());
                }
                // Delivered and remembered: only its marker was left.
                (_, None) => {}
            }
            session.settle(&unfinished.set).await?;
        }
        for (set, run) in sets {
            if unfinished.as_ref().is_none_or(|known| known.set != set) {
                store.drop_set(run, &set)?;
                told.push("forgot a delivery that was interrupted before anything of it could be seen".to_string());
            }
        }
    } else {
        let mut again = 0_u64;
        for unsettled in &open_intents {
            let readable = plan.target.entities.iter().any(|entity| {
                plan.model.entity(entity.entity).name.text == unsettled.intent.entity && entity.read.is_some()
            });
            if readable {
                let why = "the run was interrupted; the target is read again".to_string();
                store.settle(unsettled.run, &[(unsettled.intent.id, Settled::Failed { why })])?;
                again += 1;
            }
        }
        if again > 0 {
            let changes = crate::finding::layout::counted(again, "change");
            told.push(format!("{changes} of an interrupted run: compared again with what the target holds"));
        }
    }
    Ok(told)
}

/// Writes a change set.
pub async fn apply(
    plan: &Plan<'_>,
    sides: &Sides,
    world: &dyn World,
    store: &mut Store,
    run: i64,
    set: &ChangeSet,
    told: &mut (dyn FnMut(&str, usize) + Send),
) -> Result<Summary, StoreFault> {
    let mut summary = Summary::default();
    match write_all(plan, sides, world, store, run, set, &mut summary, told).await {
        Ok(()) => {}
        Err(Trouble::Store(fault)) => return Err(fault),
        // What was written before the target had to be left alone stays written, and is counted.
        Err(Trouble::Target(fault)) => summary.fault = Some(fault.say),
    }
    Ok(summary)
}

#[allow(clippy::too_many_arguments)]
async fn write_all(
    plan: &Plan<'_>,
    sides: &Sides,
    world: &dyn World,
    store: &mut Store,
    run: i64,
    set: &ChangeSet,
    summary: &mut Summary,
    told: &mut (dyn FnMut(&str, usize) + Send),
) -> Result<(), Trouble> {
    let Some((protocol, dialect)) = &plan.target.connection else {
        return Err(Trouble::Target(Fault::stop("the target has no connection that this version can open")));
    };
    let mut session = open(protocol, &**dialect, &sides.right, world).await?;
    if plan.target.whole {
        super::deliver::deliver(plan, &mut *session, store, run, set, summary, told).await
    } else {
        send_all(plan, &mut *session, store, run, set, summary, told).await
    }
}

/// The link that a change leaves behind.
fn link_of(change: &Change<'_>, run: i64) -> Link {
    let values = change.record.text().as_bytes().to_vec();
    Link {
        left_key: change.left_key.to_string(),
        right_key: change.key.to_string(),
        right_id: owned(&change.right_id),
        state: if change.op == Op::Deactivate { LinkState::Deactivated } else { LinkState::Active },
        ours: true,
        hash: xxh3_128(&values),
        values,
        identities: change.identities.clone(),
        seen: run,
    }
}

fn owned(text: &Option<Cow<'_, str>>) -> Option<String> {
    text.as_deref().map(String::from)
}

pub(super) fn intent_of(change: &Change<'_>, entity: &str, set: Option<&str>, run: i64) -> Intent {
    Intent {
        id: 0,
        op: change.op.word().to_string(),
        entity: entity.to_string(),
        link: link_of(change, run),
        old_left_key: owned(&change.old_left_key),
        set: set.map(str::to_string),
    }
}

/// Settles changes that write nothing.
pub(super) fn remember_links(
    store: &mut Store,
    run: i64,
    set: &ChangeSet,
    summary: &mut Summary,
) -> Result<(), Trouble> {
    for entity in &set.entities {
        let links = entity.changes.only(|op| op == Op::Link);
        let mut intents: Vec<Intent> = links.map(|change| intent_of(&change, &entity.entity, None, run)).collect();
        if intents.is_empty() {
            continue;
        }
        store.intend(run, &mut intents)?;
        let done: Vec<(u64, Settled)> = intents
            .iter()
            .map(|intent| (intent.id, Settled::Done { right_id: intent.link.right_id.clone() }))
            .collect();
        store.settle(run, &done)?;
        intents.iter().for_each(|_| summary.count(&entity.entity, Op::Link));
    }
    Ok(())
}

/// All changes one by one: made and changed in the order of references, taken away in the reverse.
async fn send_all(
    plan: &Plan<'_>,
    session: &mut dyn Session,
    store: &mut Store,
    run: i64,
    set: &ChangeSet,
    summary: &mut Summary,
    told: &mut (dyn FnMut(&str, usize) + Send),
) -> Result<(), Trouble> {
    remember_links(store, run, set, summary)?;
    let mut ids = ids_by_left(plan, store, &set.sync)?;
    let passes: [(&[Op], bool); 2] =
        [(&[Op::Create, Op::Update, Op::Reactivate, Op::Deactivate], false), (&[Op::Remove], true)];
    for (ops, reversed) in passes {
        let mut order: Vec<&EntityWrite> = plan.target.entities.iter().collect();
        if reversed {
            order.reverse();
        }
        for write in order {
            let entity = &plan.model.entity(write.entity).name.text;
            let Some(changes) = set.entities.iter().find(|changes| changes.entity == *entity) else { continue };
            let mut due = changes.changes.only(|op| ops.contains(&op));
            loop {
                let chunk: Vec<Change<'_>> = due.by_ref().take(CHUNK).collect();
                if chunk.is_empty() {
                    break;
                }
                told(entity, chunk.len());
                send_chunk(plan, write, session, store, run, &chunk, &mut ids, summary).await?;
            }
        }
    }
    Ok(())
}

/// The ids that the target gave, by right entity and left key: one left record may have become records of several entities.
type Ids = BTreeMap<(EntityId, String), String>;

fn ids_by_left(plan: &Plan<'_>, store: &Store, sync: &str) -> Result<Ids, StoreFault> {
    let mut ids = Ids::new();
    for write in &plan.target.entities {
        store.links(sync, &plan.model.entity(write.entity).name.text, &mut |link| {
            ids.insert((write.entity, link.left_key), link.right_id.unwrap_or(link.right_key));
        })?;
    }
    Ok(ids)
}

#[allow(clippy::too_many_arguments)]
async fn send_chunk(
    plan: &Plan<'_>,
    write: &EntityWrite,
    session: &mut dyn Session,
    store: &mut Store,
    run: i64,
    chunk: &[Change<'_>],
    ids: &mut Ids,
    summary: &mut Summary,
) -> Result<(), Trouble> {
    let entity = &plan.model.entity(write.entity).name.text;
    let mut intents: Vec<Intent> = chunk.iter().map(|change| intent_of(change, entity, None, run)).collect();
    store.intend(run, &mut intents)?;
    let mut sending = Sending { plan, write, session, stop: None, outcomes: chunk.iter().map(|_| None).collect() };
    sending.all(chunk, &intents, ids).await;
    let Sending { stop, outcomes, .. } = sending;
    let mut settled: Vec<(u64, Settled)> = Vec::with_capacity(chunk.len());
    for ((change, intent), outcome) in chunk.iter().zip(&intents).zip(outcomes) {
        let mut outcome = outcome.unwrap_or_else(not_sent);
        match &mut outcome {
            Settled::Done { right_id } => {
                summary.count(entity, change.op);
                ids.insert((write.entity, change.left_key.to_string()), known_by(change, right_id));
            }
            Settled::Failed { why } | Settled::Unknown { why } => {
                *why = Keys::of(plan.model, plan.route).scrub(write.entity, &change.sent(), why);
                summary.failed.push(Failed {
                    entity: entity.clone(),
                    op: change.op,
                    left_key: change.left_key.to_string(),
                    why: why.clone(),
                });
            }
        }
        settled.push((intent.id, outcome));
    }
    store.settle(run, &settled)?;
    match stop {
        Some(fault) => Err(Trouble::Target(fault)),
        None => Ok(()),
    }
}

/// How others refer to a record that was written.
fn known_by(change: &Change<'_>, right_id: &Option<String>) -> String {
    right_id.clone().or_else(|| owned(&change.right_id)).unwrap_or_else(|| change.key.to_string())
}

fn not_sent() -> Settled {
    Settled::Failed { why: "not sent: the target stopped answering".into() }
}

/// Sending the changes of one chunk: those of one call together, as many at one time as the target allows.
struct Sending<'s, 'p> {
    plan: &'s Plan<'p>,
    write: &'s EntityWrite,
    session: &'s mut dyn Session,
    /// Why the target must be left alone from here on.
    stop: Option<Fault>,
    /// By change; `None` if it was not sent.
    outcomes: Vec<Option<Settled>>,
}

impl Sending<'_, '_> {
    async fn all(&mut self, chunk: &[Change<'_>], intents: &[Intent], ids: &mut Ids) {
        let mut groups: Vec<(CallId, Vec<usize>, Vec<Item>)> = Vec::new();
        for (index, (change, intent)) in chunk.iter().zip(intents).enumerate() {
            let (calls, item) = match item(self.plan, self.write, change, intent.id, ids) {
                Ok(made) => made,
                Err(why) => {
                    self.outcomes[index] = Some(Settled::Failed { why });
                    continue;
                }
            };
            match calls.as_slice() {
                [call] if !self.goes_alone(change) => match groups.iter_mut().find(|(known, ..)| known == call) {
                    Some((_, indexes, items)) => {
                        indexes.push(index);
                        items.push(item);
                    }
                    None => groups.push((*call, vec![index], vec![item])),
                },
                _ if self.stop.is_none() => {
                    let outcome = send_one(self.session, change, &calls, &item, &mut self.stop).await;
                    if let Settled::Done { right_id } = &outcome {
                        ids.insert((self.write.entity, change.left_key.to_string()), known_by(change, right_id));
                    }
                    self.outcomes[index] = Some(outcome);
                }
                _ => {}
            }
        }
        for (call, indexes, items) in groups {
            if self.stop.is_none() {
                self.together(chunk, call, &indexes, &items).await;
            }
        }
    }

    /// True for a change that others of the chunk may depend on: records of the entity refer to each other, or a value that
    /// must be unique is given up here and taken there.
    fn goes_alone(&self, change: &Change<'_>) -> bool {
        let entity = self.plan.model.entity(self.write.entity);
        let own = |ty: &Type| *ty.element().unwrap_or(ty) == Type::Ref(self.write.entity);
        let unique = |name: &str| entity.field(name).is_some_and(|index| entity.fields[index].unique);
        entity.fields.iter().any(|field| own(&field.ty))
            || change.op != Op::Create && change.fields.iter().any(|field| unique(&field.field))
    }

    /// Sends records by one call.
    async fn together(&mut self, chunk: &[Change<'_>], call: CallId, indexes: &[usize], items: &[Item]) {
        let outcomes = match self.session.send(call, items).await {
            Sent::Each(outcomes) => outcomes,
            Sent::Until(outcomes, fault) => {
                self.stop = Some(fault).filter(|fault| fault.then == Then::Stop);
                outcomes
            }
            Sent::Nothing(fault) => {
                for &index in indexes {
                    self.outcomes[index] = Some(given_up(&fault));
                }
                self.stop = Some(fault).filter(|fault| fault.then == Then::Stop);
                return;
            }
        };
        let mut outcomes = outcomes.into_iter();
        for &index in indexes {
            self.outcomes[index] = Some(settle(&chunk[index], outcomes.next()));
        }
    }
}

/// Whether a call that failed as a whole happened is known for sure only if it surely did not arrive.
fn given_up(fault: &Fault) -> Settled {
    let why = fault.say.clone();
    if fault.arrived == Arrived::No { Settled::Failed { why } } else { Settled::Unknown { why } }
}

/// The calls of one change, until one is not done. `stop` says that the target must be left alone from here on.
async fn send_one(
    session: &mut dyn Session,
    change: &Change<'_>,
    calls: &[CallId],
    item: &Item,
    stop: &mut Option<Fault>,
) -> Settled {
    let mut settled = Settled::Failed { why: "nothing to write".into() };
    for &call in calls {
        settled = match session.send(call, std::slice::from_ref(item)).await {
            Sent::Each(mut outcomes) => settle(change, outcomes.pop()),
            Sent::Until(mut outcomes, fault) => {
                *stop = Some(fault).filter(|fault| fault.then == Then::Stop);
                settle(change, outcomes.pop())
            }
            Sent::Nothing(fault) => {
                let settled = given_up(&fault);
                *stop = Some(fault).filter(|fault| fault.then == Then::Stop);
                settled
            }
        };
        if !matches!(settled, Settled::Done { .. }) {
            break;
        }
    }
    settled
}

fn settle(change: &Change<'_>, outcome: Option<Outcome>) -> Settled {
    match outcome {
        Some(Outcome::Done { id }) => Settled::Done { right_id: id.or_else(|| owned(&change.right_id)) },
        Some(Outcome::Absent) if matches!(change.op, Op::Remove | Op::Deactivate) => {
            Settled::Done { right_id: owned(&change.right_id) }
        }
        Some(Outcome::Absent) => {
            Settled::Failed { why: "the target does not know the record any more; the next run makes it again".into() }
        }
        Some(Outcome::Exists) => Settled::Failed { why: "the target has such a record already".into() },
        Some(Outcome::Rejected(why)) => Settled::Failed { why },
        Some(Outcome::Unknown(why)) => Settled::Unknown { why },
        None => Settled::Unknown { why: "the target gave no outcome".into() },
    }
}

/// The calls that make a change, in order. Switching off and on have calls of their own that say nothing but that; fields that
/// change besides are written before or after.
fn calls_of(write: &EntityWrite, change: &Change<'_>) -> Result<Vec<CallId>, String> {
    let call = |operation: Operation| write.operations.iter().find(|(op, _)| *op == operation).map(|(_, call)| *call);
    let wanted = change.op.operation().ok_or("nothing to write")?;
    let update = if change.fields.is_empty() { None } else { call(Operation::Update) };
    match (call(wanted), change.op) {
        (Some(own), Op::Deactivate) => Ok(update.into_iter().chain([own]).collect()),
        (Some(own), Op::Reactivate) => Ok([own].into_iter().chain(update).collect()),
        (Some(own), _) => Ok(vec![own]),
        (None, op) => {
            update.map(|call| vec![call]).ok_or_else(|| format!("the target has no call to {} it", op.word()))
        }
    }
}

/// The calls and the item of a change.
fn item(
    plan: &Plan<'_>,
    write: &EntityWrite,
    change: &Change<'_>,
    intent: u64,
    ids: &Ids,
) -> Result<(Vec<CallId>, Item), String> {
    let calls = calls_of(write, change)?;
    let mut wire = Json::Object(Map::new());
    let mut changed = Json::Object(Map::new());
    let entity = plan.model.entity(write.entity);
    let sent = change.sent();
    for (field, codec) in entity.fields.iter().zip(&write.codecs) {
        if field.access == Access::Read {
            continue;
        }
        let name = &field.name.text;
        let json = sent.get(name).filter(|value| !is_hashed(value)).unwrap_or(&Json::Null);
        let reference = |text: &str| match (text.strip_prefix('@'), field.ty.element().unwrap_or(&field.ty)) {
            (Some(left), Type::Ref(to)) => ids.get(&(*to, left.to_string())).cloned(),
            _ => Some(text.to_string()),
        };
        let out = to_wire(&field.ty, codec, json, &reference, &|member| part_path(field, member).to_string())
            .map_err(|why| format!("{name}: {why}"))?;
        let differs = change.fields.iter().any(|change| *change.field == **name);
        if differs {
            place(&mut changed, &field.at, out.clone());
        }
        if !out.is_null() {
            place(&mut wire, &field.at, out);
        }
    }
    let id = owned(&change.right_id).or_else(|| (change.op != Op::Create).then(|| change.key.to_string()));
    Ok((calls, Item { intent, id, wire, changed }))
}
