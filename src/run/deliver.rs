//! Delivering: what is linked after a change set is written as one set of files.
//!
//! The files hold all that is linked, not what is read today: whoever was rejected or held is sent as last delivered.

use super::apply::{Summary, Trouble, intent_of, remember_links};
use super::change::{ChangeSet, Content, EntityChanges, Op, is_hashed};
use super::record::{Record, to_wire};
use super::rows::PackedRows;
use crate::adapter::{Arrived, Fault, Part, Rows, Session};
use crate::documents::keys::Keys;
use crate::model::{Access, Entity, Field};
use crate::plan::columns::part_path;
use crate::plan::{EntityWrite, Plan, Reader};
use crate::protocol::files::Trouble as Refused;
use crate::store::{Intent, Store, StoreFault};
use crate::value::{EntityId, Type};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// So many changes are journalled in one go.
const TOGETHER: usize = 10_000;

/// Records by left key. They are all there at once, so each is its text until somebody looks at it.
type Records = BTreeMap<String, Record<'static>>;

/// What is delivered of one entity.
struct Delivered<'p> {
    write: &'p EntityWrite,
    records: Records,
    /// True if the store knew records of it before: then its file was delivered.
    known: bool,
    /// True if a map feeds it in this run; one that is switched off does not.
    fed: bool,
}

/// One delivery of all files.
pub async fn deliver(
    plan: &Plan<'_>,
    session: &mut dyn Session,
    store: &mut Store,
    run: i64,
    set: &ChangeSet,
    summary: &mut Summary,
    told: &mut (dyn FnMut(&str, usize) + Send),
) -> Result<(), Trouble> {
    if set.writes() == 0 && !plan.target.delivery.always {
        return remember_links(store, run, set, summary);
    }
    told("writing", 0);
    let mut contents = contents(plan, store, set)?;
    refuse(plan, &contents)?;
    contents.sort_by_key(|content| plan.target.place(plan.model, content.write.entity));
    let mut files = Vec::new();
    for content in contents.into_iter().filter(|content| is_sent(plan, content)) {
        if let Some(call) = content.write.deliver {
            files.push((call, rows(plan, content.write, content.records)?));
        }
    }
    let name = format!("{}-{run}", set.sync);
    for entity in &set.entities {
        let mut intents = entity.iter().map(|change| intent_of(&change, &entity.entity, Some(&name), run));
        loop {
            let mut some: Vec<Intent> = intents.by_ref().take(TOGETHER).collect();
            if some.is_empty() {
                break;
            }
            store.intend(run, &mut some)?;
        }
    }
    let mut parts: Vec<Part<'_>> =
        files.iter_mut().map(|(call, rows)| Part { call: *call, rows: rows as &mut dyn Rows }).collect();
    match session.deliver(&name, &mut parts).await {
        Ok(receipt) => {
            store.settle_set(run, &name)?;
            session.settle(&name).await?;
            summary.receipt = Some(receipt);
            for entity in &set.entities {
                entity.changes.heads().for_each(|(op, _)| summary.count(&entity.entity, op));
            }
            Ok(())
        }
        Err(fault) => {
            // A delivery that may yet be finished keeps its intents: the next command asks the files how it ended.
            if fault.arrived != Arrived::Unknown {
                store.drop_set(run, &name)?;
            }
            Err(Trouble::Target(fault))
        }
    }
}

fn contents<'p>(plan: &'p Plan<'_>, store: &Store, set: &ChangeSet) -> Result<Vec<Delivered<'p>>, StoreFault> {
    let mut contents = Vec::with_capacity(plan.target.entities.len());
    for write in &plan.target.entities {
        let entity = &plan.model.entity(write.entity).name.text;
        let changes = set.entities.iter().find(|changes| changes.entity == *entity);
        let mut records = linked(store, &set.sync, entity)?;
        let known = !records.is_empty();
        change(&mut records, changes);
        contents.push(Delivered { write, records, known, fed: changes.is_some() });
    }
    Ok(contents)
}

fn linked(store: &Store, sync: &str, entity: &str) -> Result<Records, StoreFault> {
    let mut records = Records::new();
    store.links(sync, entity, &mut |link| {
        // Of a protected person nothing is remembered.
        if !link.values.is_empty() {
            let text = String::from_utf8(link.values).unwrap_or_default();
            records.insert(link.left_key, Record::from(text));
        }
    })?;
    Ok(records)
}

/// The records after a change set: those that are linked, changed and made, without those removed. All that goes away
/// goes first, since a left key may pass from one record to another.
fn change(records: &mut Records, changes: Option<&EntityChanges>) {
    let Some(EntityChanges { changes, .. }) = changes else { return };
    for change in changes.iter() {
        if let Some(old) = change.old_left_key.as_deref() {
            records.remove(old);
        }
        if change.op == Op::Remove {
            records.remove(&*change.left_key);
        }
    }
    for change in changes.only(|op| op != Op::Remove) {
        let record = match change.secrets.is_empty() {
            true => change.record.into_owned(),
            false => Record::of(change.sent().iter().map(|(field, value)| (field.as_str(), value.clone()))),
        };
        records.insert(change.left_key.into_owned(), record);
    }
}

/// True if the file of an entity is part of the set. One without rows is, where the descriptor says so and a map feeds it;
/// and where it was delivered with rows before: the other side would go on with the old one.
fn is_sent(plan: &Plan<'_>, content: &Delivered<'_>) -> bool {
    plan.target.delivery.empty_files && content.fed || content.known || !content.records.is_empty()
}

/// Stops a delivery that holds what its descriptor refuses. Changes that would bring it about were held before; what is
/// found here was there already, or its descriptor has changed.
fn refuse(plan: &Plan<'_>, contents: &[Delivered<'_>]) -> Result<(), Fault> {
    let refused = |trouble| plan.target.delivery.refuse.contains(&trouble);
    for content in contents {
        let entity = plan.model.entity(content.write.entity);
        let name = &entity.name.text;
        if refused(Refused::MissingRequired)
            && let Some((key, field)) = missing_required(entity, &content.records)
        {
            return Err(stopped(plan, name, key, &format!("{field} is required, but empty")));
        }
        if refused(Refused::DuplicateKey)
            && let Some(key) = duplicate_key(entity, &content.records)
        {
            return Err(stopped(plan, name, key, "another record has the same key"));
        }
        if refused(Refused::OrphanReference)
            && let Some((key, field)) = orphan(plan, contents, content)
        {
            return Err(stopped(plan, name, key, &format!("{field} leads to a record that is not in the delivery")));
        }
    }
    Ok(())
}

fn stopped(plan: &Plan<'_>, entity: &str, left_key: &str, why: &str) -> Fault {
    let key = Keys::of(plan.model, plan.route).left(left_key);
    Fault::stop(format!("{entity} {key}: {why}; the target refuses such a delivery, nothing was delivered"))
}

fn value<'r>(record: &'r Map<String, Json>, field: &Field) -> Option<&'r Json> {
    record.get(&field.name.text).filter(|value| !value.is_null())
}

fn missing_required<'r>(entity: &'r Entity, records: &'r Records) -> Option<(&'r str, &'r str)> {
    let is_needed = |field: &&Field| {
        let list = matches!(field.ty, Type::List(_) | Type::Set(_));
        !field.optional && field.default.is_none() && !list && field.access != Access::Read
    };
    records.iter().find_map(|(key, record)| {
        let record = record.values();
        let missing = entity.fields.iter().filter(is_needed).find(|field| value(&record, field).is_none())?;
        Some((key.as_str(), missing.name.text.as_str()))
    })
}

fn duplicate_key<'r>(entity: &Entity, records: &'r Records) -> Option<&'r str> {
    let mut seen: BTreeSet<Vec<String>> = BTreeSet::new();
    records.iter().find_map(|(left_key, record)| {
        let record = record.values();
        let parts = entity.key.iter().filter_map(|&field| value(&record, &entity.fields[field]));
        let key: Vec<String> =
            parts.take(if entity.first_present { 1 } else { usize::MAX }).map(Json::to_string).collect();
        (!seen.insert(key)).then_some(left_key.as_str())
    })
}

fn orphan<'r>(
    plan: &'r Plan<'_>,
    contents: &[Delivered<'_>],
    content: &'r Delivered<'_>,
) -> Option<(&'r str, &'r str)> {
    let entity = plan.model.entity(content.write.entity);
    for field in &entity.fields {
        let Type::Ref(to) = field.ty.element().unwrap_or(&field.ty) else { continue };
        let Some(known) = keys_of(plan, contents, *to) else { continue };
        let lost = content.records.iter().find(|(_, record)| {
            let record = record.values();
            let keys = value(&record, field).map_or(&[][..], |value| match value {
                Json::Array(items) => items.as_slice(),
                one => std::slice::from_ref(one),
            });
            keys.iter().filter_map(Json::as_str).any(|key| !known.contains(key))
        });
        if let Some((key, _)) = lost {
            return Some((key, &field.name.text));
        }
    }
    None
}

/// The keys of an entity of the delivery, where they are one field; others are references to references.
fn keys_of(plan: &Plan<'_>, contents: &[Delivered<'_>], entity: EntityId) -> Option<BTreeSet<String>> {
    let definition = plan.model.entity(entity);
    let [key] = definition.key.as_slice() else { return None };
    let content = contents.iter().find(|content| content.write.entity == entity)?;
    let field = &definition.fields[*key];
    let key = |record: &Record<'_>| value(&record.values(), field)?.as_str().map(String::from);
    Some(content.records.values().filter_map(key).collect())
}

fn rows(plan: &Plan<'_>, write: &EntityWrite, records: Records) -> Result<PackedRows, Fault> {
    let entity = plan.model.entity(write.entity);
    let (mut rows, keys) = (PackedRows::new(entity.fields.len()), Keys::of(plan.model, plan.route));
    for (left_key, record) in records {
        let of_record = |why: &str| {
            let key = keys.left(&left_key);
            Fault::stop(format!("{} {key}: {why}; nothing was delivered", entity.name.text))
        };
        let mut values = vec![Content::Nothing; entity.fields.len()];
        let read = record.each(|name, value| {
            if let Some(field) = entity.field(name) {
                values[field] = value;
            }
        });
        read.map_err(|_| of_record("what the store remembers of it cannot be read"))?;
        for ((field, codec), value) in entity.fields.iter().zip(&write.codecs).zip(values) {
            let why = |why: String| of_record(&format!("{}: {why}", field.name.text));
            rows.cell(cell(field, codec, value).map_err(why)?.as_deref());
        }
    }
    rows.sort();
    Ok(rows)
}

/// The text of a cell; a list or structure is written as JSON, and its format lays it out. What cannot be read back is not
/// remembered either: it went out when the record was made.
fn cell<'c>(field: &Field, reader: &Reader, value: Content<'c>) -> Result<Option<Cow<'c, str>>, String> {
    let value = match (reader, value) {
        (_, Content::Nothing) => return Ok(None),
        (Reader::Scalar(codec), Content::Text(text)) if codec.is_verbatim() => return Ok(Some(text)),
        (_, value) => value.json(),
    };
    if is_hashed(&value) {
        return Ok(None);
    }
    let reference = |text: &str| Some(text.to_string());
    let wire = to_wire(&field.ty, reader, &value, &reference, &|member| part_path(field, member).to_string())?;
    Ok(match wire {
        Json::Null => None,
        Json::String(text) => Some(text.into()),
        Json::Array(items) if items.is_empty() => None,
        other => Some(other.to_string().into()),
    })
}
