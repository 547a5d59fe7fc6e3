//! The given records of a test document as tables of a run.

use koppla::model::Model;
use koppla::run::eval::Tables;
use koppla::run::table::Table;
use koppla::syntax::tree::{Kind, Node};
use koppla::value::wire::Codec;
use koppla::value::{Arena, EntityId, Row, Type, Value};
use std::collections::BTreeMap;

/// Reads records in the order of the document: what a record refers to stands before it.
pub struct Records<'t> {
    model: &'t Model,
    arena: &'t Arena,
    rows: BTreeMap<EntityId, Vec<Vec<Value<'t>>>>,
    keys: BTreeMap<(EntityId, String), Row>,
}

impl<'t> Records<'t> {
    /// The records of the first case of the first test document.
    pub fn of(model: &'t Model, arena: &'t Arena) -> BTreeMap<EntityId, Table<'t>> {
        let mut records = Records { model, arena, rows: BTreeMap::new(), keys: BTreeMap::new() };
        for (name, nodes) in &model.tests[0].cases[0].given {
            let left = model.mapping(model.tests[0].mapping).left[0].system;
            let entity = model.find_entity(left, &name.text).expect("the entity is there");
            nodes.iter().for_each(|node| records.add(entity, node));
        }
        let widths = |entity: EntityId| model.entity(entity).fields.len();
        let table =
            |(entity, rows): (EntityId, Vec<Vec<Value<'t>>>)| (entity, Table::values(widths(entity), &rows.concat()));
        records.rows.into_iter().map(table).collect()
    }

    fn add(&mut self, entity: EntityId, node: &'t Node) {
        let model = self.model;
        let fields = &model.entity(entity).fields;
        let value = |field: &'t koppla::model::Field| match node.get(&field.name.text) {
            Some(node) => self.value(node, &field.ty),
            None if field.ty.element().is_some() => Value::List(&[]),
            None => Value::Absent,
        };
        let values: Vec<Value<'t>> = fields.iter().map(value).collect();
        let key = fields[self.model.entity(entity).key[0]].name.text.clone();
        let rows = self.rows.entry(entity).or_default();
        let row = Row { table: Tables::entity(entity), row: rows.len() as u32 };
        self.keys.insert((entity, node.get(&key).and_then(Node::text).expect("a key").to_string()), row);
        rows.push(values);
    }

    fn value(&self, node: &'t Node, ty: &'t Type) -> Value<'t> {
        match (&node.kind, ty) {
            (Kind::List(items), Type::List(element) | Type::Set(element)) => {
                let items: Vec<Value<'t>> = items.iter().map(|item| self.value(item, element)).collect();
                Value::List(self.arena.alloc_slice_copy(&items))
            }
            (Kind::Map(_), Type::Struct(members)) => {
                let member = |member: &'t koppla::value::Member| match node.get(&member.name) {
                    Some(node) => self.value(node, &member.ty),
                    None => Value::Absent,
                };
                let members: Vec<Value<'t>> = members.iter().map(member).collect();
                Value::Struct(self.arena.alloc_slice_copy(&members))
            }
            (_, Type::Ref(entity)) => {
                let key = node.text().expect("the key of a record").to_string();
                Value::Row(*self.keys.get(&(*entity, key)).expect("the record stands before"))
            }
            _ => {
                let codec = Box::leak(Box::new(Codec::new(ty)));
                codec.decode(node.text().expect("a text"), self.arena).expect("a value of the field's type").value
            }
        }
    }
}
