//! Columns whose texts are compared with one another: by what rows are joined, grouped and chosen.

use super::{Column, SystemRead};
use crate::check::TypedMapping;
use crate::check::typed::{ExprId, Node, TypedStep};
use crate::value::{EntityId, RecordType, Type};
use std::collections::BTreeSet;

/// A field of an entity.
type Field = (EntityId, u16);

/// Gives the columns of lists that are compared with one another the number of their group.
pub fn group(reads: &mut [SystemRead], typed: &TypedMapping) {
    let mut number = 0;
    for fields in compared(typed) {
        let columns = reads.iter_mut().flat_map(|system| &mut system.entities).flat_map(|read| {
            let (entity, fields) = (read.entity, &fields);
            let columns = read.columns.iter_mut().enumerate();
            let chosen = columns.filter(move |(field, _)| fields.contains(&(entity, *field as u16)));
            chosen.filter_map(|(_, column)| column.as_mut())
        });
        // A text that stands for an empty cell is no text of the column.
        let plain = |column: &&mut Column| column.plain && column.default.is_none();
        let columns: Vec<_> = columns.filter(plain).collect();
        if !columns.is_empty() {
            columns.into_iter().for_each(|column| column.group = Some(number));
            number += 1;
        }
    }
}

/// The fields of a mapping that are compared with one another, in groups.
fn compared(typed: &TypedMapping) -> Vec<BTreeSet<Field>> {
    let mut groups: Vec<BTreeSet<Field>> = Vec::new();
    for step in typed.sets.iter().flat_map(|set| &set.steps) {
        match step {
            TypedStep::Join { equal, .. } | TypedStep::With { equal, .. } => {
                let texts = equal.iter().filter(|(_, _, ty)| typed.nodes.types[*ty as usize] == Type::Text);
                for (left, right, _) in texts {
                    add(&mut groups, [field(typed, *left), field(typed, *right)].into_iter().flatten().collect());
                }
            }
            TypedStep::GroupBy { keys, .. } | TypedStep::OnePer { keys, .. } => {
                keys.iter().for_each(|&key| add(&mut groups, field(typed, key).into_iter().collect()));
            }
            _ => {}
        }
    }
    groups
}

/// Adds a group, together with those that share a field with it.
fn add(groups: &mut Vec<BTreeSet<Field>>, mut fields: BTreeSet<Field>) {
    if fields.is_empty() {
        return;
    }
    let same: Vec<BTreeSet<Field>> = groups.extract_if(.., |known| !known.is_disjoint(&fields)).collect();
    fields.extend(same.into_iter().flatten());
    groups.push(fields);
}

/// The field that an expression reads, of a record or of a row of groups that were made by it.
fn field(typed: &TypedMapping, expr: ExprId) -> Option<Field> {
    match typed.nodes.node(expr) {
        Node::Field { entity, field, .. } => Some((*entity, *field)),
        Node::RowSlot { of, slot } => {
            let Type::Record(RecordType::Set(set)) = typed.nodes.typing(*of).ty else { return None };
            let set = typed.sets.iter().find(|typed| typed.set == set)?;
            let keys = set.steps.iter().rev().find_map(|step| match step {
                TypedStep::GroupBy { keys, .. } => Some(keys),
                _ => None,
            })?;
            field(typed, *keys.get(usize::from(*slot))?)
        }
        _ => None,
    }
}
