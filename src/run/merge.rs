//! Making one record of all rows with one key, and leading references to it.

use super::eval::Machine;
use super::fate::{Fallen, Who};
use super::key::Keys;
use super::make::{Fate, Made};
use super::table::Apart;
use crate::model::Entity;
use crate::value::{Arena, EntityId, Row, Type, Value, normal};
use hashbrown::{HashMap, HashSet};

/// Where a provisional row of an entity went: its record, or nowhere.
type Places = HashMap<EntityId, Vec<Option<u32>>>;

/// Finishes all entities, those whose keys are parts of others' keys first.
pub fn finish<'t>(
    machine: &Machine<'_, 't>,
    mut made: Vec<Made<'t>>,
    arena: &'t Arena,
    fallen: &mut Fallen,
) -> Vec<Made<'t>> {
    let order = key_order(machine, &made);
    let mut places: Places = HashMap::new();
    for entity in order {
        let Some(index) = made.iter().position(|known| known.entity == entity) else { continue };
        let keys = keys(machine, &made, index, &places);
        let (merged, place) = merge(machine, std::mem::replace(&mut made[index], Made::of(entity, 0)), keys, fallen);
        places.insert(entity, place);
        made[index] = merged;
    }
    super::fit::judge(machine, &mut made, fallen);
    lead_references(machine, &mut made, &places, arena, fallen);
    made
}

/// Entities in an order in which keys know the keys that are parts of them.
fn key_order(machine: &Machine<'_, '_>, made: &[Made<'_>]) -> Vec<EntityId> {
    let mut order: Vec<EntityId> = Vec::new();
    let mut waiting: Vec<EntityId> = made.iter().map(|made| made.entity).collect();
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|&entity| {
            let definition = machine.model.entity(entity);
            definition.key.iter().all(|&field| match definition.fields[field].ty {
                Type::Ref(to) => to == entity || !waiting.contains(&to),
                _ => true,
            })
        });
        // A circle of keys cannot be ordered; the first is as good as any, and its parts stay unknown.
        order.push(waiting.remove(ready.unwrap_or(0)));
    }
    order
}

/// The key of each provisional row as text.
fn keys(machine: &Machine<'_, '_>, made: &[Made<'_>], index: usize, places: &Places) -> Keys {
    let this = &made[index];
    let entity = machine.model.entity(this.entity);
    let mut arena = Arena::new();
    let mut keys = Keys::default();
    for row in 0..this.rows.len() {
        keys.write(|text| write_key(text, made, (this, row), entity, places, &arena));
        arena.reset();
    }
    keys
}

/// Writes the key of a record behind a text.
fn write_key(
    text: &mut String,
    made: &[Made<'_>],
    (this, row): (&Made<'_>, usize),
    entity: &Entity,
    places: &Places,
    arena: &Arena,
) -> Option<()> {
    let first = text.len();
    for (position, &field) in entity.key.iter().enumerate() {
        let value = normal::normal_form(&entity.fields[field].ty, this.value(row, field), arena);
        if value.is_absent() && entity.first_present {
            continue;
        }
        if position > 0 && !entity.first_present {
            text.push('|');
        }
        let start = text.len();
        match value {
            Value::Absent => return None,
            Value::Row(to) => text.push_str(referenced_key(made, places, to)?),
            simple => {
                super::eval::push_text(text, simple);
                super::key::escape(text, start);
            }
        }
        if entity.first_present {
            break;
        }
    }
    (text.len() > first).then_some(())
}

fn referenced_key<'m>(made: &'m [Made<'_>], places: &Places, to: Row) -> Option<&'m str> {
    let entity = EntityId(to.table);
    let record = (*places.get(&entity)?.get(to.row as usize)?)?;
    made.iter().find(|known| known.entity == entity)?.keys.get(record as usize)
}

/// One record for each key. The first row that has a value for a field decides it; two rows of one map with one key
/// and different values cannot both be right, so the second is held.
fn merge<'t>(
    machine: &Machine<'_, 't>,
    from: Made<'t>,
    keys: Keys,
    fallen: &mut Fallen,
) -> (Made<'t>, Vec<Option<u32>>) {
    let alone = from.rows.iter().all(|row| !machine.typed.maps[row.map as usize].only_supplements);
    if alone && are_different(&keys) {
        let places = (0..from.rows.len() as u32).map(Some).collect();
        return (keyed(machine, from, keys, fallen), places);
    }
    let mut into = Made { incomplete: from.incomplete.clone(), ..Made::of(from.entity, from.values.width()) };
    let mut places = Vec::with_capacity(from.rows.len());
    let mut by_key: HashMap<&str, u32> = HashMap::with_capacity(from.rows.len());
    for (row, key) in keys.iter().enumerate() {
        let map = &machine.typed.maps[from.rows[row].map as usize];
        let supplements = map.only_supplements;
        let known = key.and_then(|key| by_key.get(key).copied());
        match known {
            Some(record) => {
                places.push(Some(record));
                join(machine, &from, row, &mut into, record as usize, fallen);
            }
            None if supplements => {
                places.push(None);
                fallen.count(&map.name, super::fate::Reason::Skipped("nobody to supplement".into()), 1);
            }
            None => {
                let record = into.rows.len() as u32;
                if let Some(key) = key {
                    by_key.insert(key, record);
                }
                into.rows.push(from.rows[row].clone());
                into.values.push(&from.values, row);
                into.keys.push(key);
                places.push(Some(record));
            }
        }
    }
    let keys = std::mem::take(&mut into.keys);
    (keyed(machine, into, keys, fallen), places)
}

/// True if no two rows have one key.
fn are_different(keys: &Keys) -> bool {
    let mut seen: HashSet<&str> = HashSet::with_capacity(keys.iter().len());
    keys.iter().flatten().all(|key| seen.insert(key))
}

/// The records with their keys; one without a key is rejected, unless the target gives it.
fn keyed<'t>(machine: &Machine<'_, 't>, mut made: Made<'t>, keys: Keys, fallen: &mut Fallen) -> Made<'t> {
    let entity = machine.model.entity(made.entity);
    let theirs = entity.write.as_ref().is_some_and(|write| write.id_theirs);
    for (row, key) in made.rows.iter_mut().zip(keys.iter()) {
        if key.is_none() && !theirs && row.fate == Fate::Reduced {
            row.fate = Fate::Protected;
        }
        if key.is_none() && !theirs && row.fate == Fate::Whole {
            let why = format!("the key of {} is empty", entity.name.text);
            let place = &machine.typed.maps[row.map as usize].name;
            fallen.rejected(place, Who::left(machine, row.left), &why, Apart::No);
            row.fate = Fate::Rejected(why);
        }
    }
    made.keys = keys;
    made
}

/// Joins a row to a record with the same key.
fn join<'t>(
    machine: &Machine<'_, 't>,
    from: &Made<'t>,
    row: usize,
    into: &mut Made<'t>,
    record: usize,
    fallen: &mut Fallen,
) {
    let entity = machine.model.entity(from.entity);
    let (fate, other) = (from.rows[row].fate.clone(), into.rows[record].fate.clone());
    let same_map = from.rows[row].map == into.rows[record].map;
    let mut differs = false;
    for (field, (value, state)) in from.row(row).enumerate() {
        if into.values.state(record, field).is_empty() {
            into.values.set(record, field, value, state);
        } else if !state.is_empty() {
            differs |= !normal::equal(&entity.fields[field].ty, value, into.value(record, field));
        }
    }
    // Two rows of a protected person that say different things, or of which one would be sent in full: in doubt neither.
    let reduced = (fate == Fate::Reduced) != (other == Fate::Reduced) || fate == Fate::Reduced && same_map && differs;
    if fate == Fate::Protected || other == Fate::Protected || reduced {
        into.rows[record].fate = Fate::Protected;
    } else if other == Fate::Outside && fate == Fate::Whole {
        into.rows[record].fate = Fate::Whole;
    } else if same_map && differs && fate == Fate::Whole {
        let place = &machine.typed.maps[from.rows[row].map as usize].name;
        let why = format!("another record has the same key and other values: {} counts the first", entity.name.text);
        fallen.held(place, Who::left(machine, from.rows[row].left), why);
    }
}

/// Leads references to the records that their rows became part of, and holds who needs somebody that was not made.
fn lead_references<'t>(
    machine: &Machine<'_, 't>,
    made: &mut [Made<'t>],
    places: &Places,
    arena: &'t Arena,
    fallen: &mut Fallen,
) {
    let refers = |entity: EntityId| {
        let fields = &machine.model.entity(entity).fields;
        fields.iter().any(|field| matches!(field.ty.element().unwrap_or(&field.ty), Type::Ref(_)))
    };
    if !made.iter().any(|made| refers(made.entity)) {
        return;
    }
    let lead = |of: &Fate, value: Value<'t>, fates: &HashMap<EntityId, Vec<Fate>>| -> (Value<'t>, Option<Fate>) {
        let Value::Row(row) = value else { return (value, None) };
        let entity = EntityId(row.table);
        let Some(record) = places.get(&entity).and_then(|place| place.get(row.row as usize).copied().flatten()) else {
            return (Value::Absent, Some(Fate::Held("refers to a record that was not made".into())));
        };
        let fate = fates.get(&entity).map(|fates| fates[record as usize].clone());
        (Value::Row(Row { table: row.table, row: record }), fate.filter(|fate| !of.may_refer_to(fate)))
    };
    // Fates flow along references until nothing changes: a membership of a group of a rejected school.
    for _ in 0..made.len().max(1) {
        let fates: HashMap<EntityId, Vec<Fate>> =
            made.iter().map(|made| (made.entity, made.rows.iter().map(|row| row.fate.clone()).collect())).collect();
        let mut changed = false;
        for this in made.iter_mut() {
            let entity = machine.model.entity(this.entity);
            for row in 0..this.rows.len() {
                for (index, field) in entity.fields.iter().enumerate() {
                    if !matches!(field.ty, Type::Ref(_)) || !this.rows[row].fate.is_written() {
                        continue;
                    }
                    let (_, fate) = lead(&this.rows[row].fate, this.value(row, index), &fates);
                    let Some(fate) = fate else { continue };
                    let needed = !field.optional || entity.key.contains(&index);
                    if needed {
                        let reason = this.rows[row].fate.fallen(because_of(&fate, &field.name.text));
                        if let Fate::Held(why) = &reason {
                            let place = &machine.typed.maps[this.rows[row].map as usize].name;
                            fallen.held(place, Who::left(machine, this.rows[row].left), why.clone());
                        }
                        this.rows[row].fate = reason;
                        changed = true;
                    }
                }
            }
        }
        if !changed {
            break;
        }
    }
    let fates: HashMap<EntityId, Vec<Fate>> =
        made.iter().map(|made| (made.entity, made.rows.iter().map(|row| row.fate.clone()).collect())).collect();
    for this in made.iter_mut() {
        let rows = &this.rows;
        this.values.change(|row, value| {
            // A reference to somebody who is not written is left out; but a record that is not written itself keeps its
            // references, so that the next mapping knows whose it is.
            let of = &rows[row].fate;
            let keeps = !of.is_written();
            let led = |value: Value<'t>| match lead(of, value, &fates) {
                (led, Some(_)) if keeps => led,
                (_, Some(_)) => Value::Absent,
                (led, None) => led,
            };
            match *value {
                Value::Row(_) => *value = led(*value),
                Value::List(items) if items.iter().any(|item| matches!(item, Value::Row(_))) => {
                    let kept = items.iter().map(|item| led(*item)).filter(|item| !item.is_absent());
                    let kept: Vec<Value<'t>> = kept.collect();
                    *value = Value::List(arena.alloc_slice_copy(&kept));
                }
                _ => {}
            }
        });
    }
}

fn because_of(fate: &Fate, field: &str) -> Fate {
    match fate {
        Fate::Protected | Fate::Reduced => Fate::Protected,
        Fate::Outside => Fate::Outside,
        _ => Fate::Held(format!("{field} leads to a record that is not written")),
    }
}
