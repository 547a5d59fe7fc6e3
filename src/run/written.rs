//! Values that are written in documents, as values of a run: options of a mapping, records of test cases.

use crate::model::Mapping;
use crate::syntax::ast::Name;
use crate::syntax::tree::{Kind, Node};
use crate::value::wire::Codec;
use crate::value::{Arena, EntityId, Failure, Row, Type, Value};

/// Finds the record that a written reference leads to.
pub type Lead<'f> = dyn Fn(EntityId, &Node) -> Option<Row> + 'f;

/// The value that a node of a document stands for. Lists stand for lists, maps for structures; what is missing is absent.
pub fn value<'t>(node: &Node, ty: &Type, lead: &Lead<'_>, arena: &'t Arena) -> Result<Value<'t>, Failure> {
    match (&node.kind, ty) {
        (Kind::Missing, _) => Ok(Value::Absent),
        (_, Type::Ref(entity)) => match lead(*entity, node) {
            Some(row) => Ok(Value::Row(row)),
            None => Err(Failure::because("leads to no record that is given")),
        },
        (Kind::List(items), Type::List(element) | Type::Set(element)) => {
            let values: Result<Vec<_>, _> = items.iter().map(|item| value(item, element, lead, arena)).collect();
            Ok(Value::List(arena.alloc_slice_copy(&values?)))
        }
        (Kind::Map(_), Type::Struct(members)) => {
            let missing = Node { kind: Kind::Missing, span: node.span };
            let values: Result<Vec<_>, _> = members
                .iter()
                .map(|member| value(node.get(&member.name).unwrap_or(&missing), &member.ty, lead, arena))
                .collect();
            Ok(Value::Struct(arena.alloc_slice_copy(&values?)))
        }
        (Kind::Scalar(scalar), _) => text(&scalar.text, ty, arena),
        _ => Err(Failure(format!("is {}, but the field holds {}", node.kind_word(), ty.word()).into())),
    }
}

/// The value of a text by its type.
pub fn text<'t>(text: &str, ty: &Type, arena: &'t Arena) -> Result<Value<'t>, Failure> {
    let text = match (ty, text) {
        (Type::Bool, "yes") => "true",
        (Type::Bool, "no") => "false",
        _ => text,
    };
    let codec = Codec::new(ty);
    let scratch = Arena::new();
    codec.decode(text, &scratch).map(|decoded| copied(decoded.value, arena))
}

/// A value that borrows from nothing but the arena.
fn copied<'t>(value: Value<'_>, arena: &'t Arena) -> Value<'t> {
    match value {
        Value::Text(text) => Value::Text(arena.alloc_str(text)),
        Value::Bytes(bytes) => Value::Bytes(arena.alloc_slice_copy(bytes)),
        Value::List(items) => Value::List(arena.alloc_slice_fill_iter(items.iter().map(|item| copied(*item, arena)))),
        Value::Struct(items) => {
            Value::Struct(arena.alloc_slice_fill_iter(items.iter().map(|item| copied(*item, arena))))
        }
        Value::Absent => Value::Absent,
        Value::Bool(value) => Value::Bool(value),
        Value::Int(value) => Value::Int(value),
        Value::Decimal(value) => Value::Decimal(value),
        Value::Date(value) => Value::Date(value),
        Value::DateTime(value) => Value::DateTime(value),
        Value::Duration(value) => Value::Duration(value),
        Value::MonthDay(month, day) => Value::MonthDay(month, day),
        Value::Row(row) => Value::Row(row),
    }
}

/// The values of a mapping's options, in their order: the last layer that gives one counts, then the default. Fails with
/// the name of an option that must be given and is not, or whose value cannot be read.
pub fn options<'t>(mapping: &Mapping, layers: &[&[(Name, Node)]], arena: &'t Arena) -> Result<Vec<Value<'t>>, String> {
    mapping
        .options
        .iter()
        .map(|choice| {
            let name = &choice.name.text;
            let given = layers.iter().rev().flat_map(|layer| layer.iter()).find(|(known, _)| known.text == *name);
            let Some(node) = given.map(|(_, node)| node).or(choice.default.as_ref()) else {
                return if choice.optional {
                    Ok(Value::Absent)
                } else {
                    Err(format!("the option {name} has no value"))
                };
            };
            value(node, &choice.ty, &|_, _| None, arena).map_err(|why| format!("the option {name} {why}"))
        })
        .collect()
}
