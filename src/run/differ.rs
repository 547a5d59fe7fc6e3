//! Whether a made value differs from what the target holds, and what is written then.

use super::make::State;
use crate::model::{Access, Field};
use crate::value::{Row, Type, Value};
use serde_json::Value as Json;

/// True if a made value is what the target holds, as far as can be said at a glance; both in normal form.
pub fn is_same(ty: &Type, made: Value<'_>, held: Value<'_>, reference: &dyn Fn(Row) -> Option<String>) -> bool {
    match (made, held) {
        (Value::Absent, Value::Absent) => true,
        (Value::Text(made), Value::Text(held)) => made == held,
        (Value::Bool(made), Value::Bool(held)) => made == held,
        (Value::Int(made), Value::Int(held)) => made == held,
        (Value::Date(made), Value::Date(held)) => made == held,
        (Value::DateTime(made), Value::DateTime(held)) => made == held,
        (Value::Row(made), Value::Text(held)) => reference(made).is_some_and(|made| made == held),
        (Value::List(made), Value::List(held)) => match ty {
            Type::List(element) => {
                made.len() == held.len()
                    && made.iter().zip(held).all(|(made, held)| is_same(element, *made, *held, reference))
            }
            _ => made.is_empty() && held.is_empty(),
        },
        (Value::Struct(made), Value::Struct(held)) => match ty {
            Type::Struct(members) => made
                .iter()
                .zip(held)
                .zip(members.iter())
                .all(|((made, held), member)| is_same(&member.ty, *made, *held, reference)),
            _ => false,
        },
        _ => false,
    }
}

/// The value that a field should have after the run; `None` if nothing is to be written.
pub fn wanted(field: &Field, state: State, value: Json, now: &Json) -> Option<Json> {
    if never_updated(field, state) {
        return None;
    }
    if state.has(State::CLEAR) && !state.has(State::SET) {
        let empty = now.is_null() || now.as_array().is_some_and(Vec::is_empty);
        return (!empty).then_some(Json::Null);
    }
    if value.is_null() {
        return None;
    }
    if state.has(State::FILL) && !now.is_null() {
        return None;
    }
    if state.has(State::ADD) {
        return Some(united(now, value, matches!(field.ty, Type::Set(_))));
    }
    if state.has(State::PART) {
        return Some(overlaid(now, value));
    }
    Some(value)
}

/// True if a field of a record that is there stays as it is.
pub fn never_updated(field: &Field, state: State) -> bool {
    let never = matches!(field.access, Access::Read | Access::Create | Access::Initial);
    state.is_empty() || never || state.has(State::ONCE)
}

/// The elements of both, those that are there first; a set in its sorted order.
fn united(now: &Json, value: Json, sorted: bool) -> Json {
    let mut items = now.as_array().cloned().unwrap_or_default();
    let more = match value {
        Json::Array(more) => more,
        one => vec![one],
    };
    for item in more {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    if sorted {
        items.sort_by_cached_key(Json::to_string);
    }
    Json::Array(items)
}

/// A structure or list with some places written over: members by name, elements by those members that are the same.
fn overlaid(now: &Json, value: Json) -> Json {
    match (now, value) {
        (Json::Object(now), Json::Object(value)) => {
            let mut whole = now.clone();
            for (name, part) in value {
                let part = overlaid(now.get(&name).unwrap_or(&Json::Null), part);
                whole.insert(name, part);
            }
            Json::Object(whole)
        }
        (Json::Array(now), Json::Array(value)) => {
            let mut whole = now.clone();
            for part in value {
                let same = whole.iter().position(|known| same_element(known, &part));
                match same {
                    Some(index) => whole[index] = overlaid(&whole[index].clone(), part),
                    None => whole.push(part),
                }
            }
            Json::Array(whole)
        }
        (_, value) => value,
    }
}

/// True if two elements are the same one: they agree in a member that tells elements apart.
fn same_element(known: &Json, part: &Json) -> bool {
    ["type", "kind"].iter().any(|name| known.get(name).is_some() && known.get(name) == part.get(name)) || known == part
}
