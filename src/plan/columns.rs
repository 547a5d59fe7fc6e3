//! Fields on the wire: which cells a plan needs, and how each becomes a value and back.

use crate::model::{Entity, EntityWrite, Field, Model};
use crate::protocol::{ListForm, Slot, SlotKind, WireShape};
use crate::value::wire::{Codec, Whole};
use crate::value::{EntityId, Type};
use std::collections::BTreeSet;

/// How the cell of a field becomes a value.
#[derive(Debug)]
pub enum Reader {
    /// One text, number or bool.
    Scalar(Codec),
    /// The key of a record.
    Reference {
        /// Of this entity.
        to: EntityId,
        /// Its key.
        codec: Codec,
        /// True if one that leads to nobody is none at all.
        or_none: bool,
    },
    /// A list of what is inside.
    List(Box<Reader>),
    /// A structure.
    Struct(Vec<Reader>),
}

impl Reader {
    /// Takes references that lead to nobody for none, where the system says so.
    fn allow_orphans(&mut self) {
        match self {
            Reader::Scalar(_) => {}
            Reader::Reference { or_none, .. } => *or_none = true,
            Reader::List(inner) => inner.allow_orphans(),
            Reader::Struct(members) => members.iter_mut().for_each(Reader::allow_orphans),
        }
    }

    /// True if something may be odd about a value that is read all the same.
    pub fn may_warn(&self) -> bool {
        match self {
            Reader::Scalar(codec) | Reader::Reference { codec, .. } => codec.may_warn(),
            Reader::List(inner) => inner.may_warn(),
            Reader::Struct(members) => members.iter().any(Reader::may_warn),
        }
    }

    /// Says which day is today.
    pub fn set_as_of(&mut self, as_of: jiff::civil::Date) {
        match self {
            Reader::Scalar(codec) | Reader::Reference { codec, .. } => codec.as_of = Some(as_of),
            Reader::List(inner) => inner.set_as_of(as_of),
            Reader::Struct(members) => members.iter_mut().for_each(|member| member.set_as_of(as_of)),
        }
    }
}

/// A field of a table: where its cells lie, and how they are read.
#[derive(Debug)]
pub struct Column {
    /// The slot in the batch.
    pub slot: usize,
    /// How cells are read.
    pub reader: Reader,
    /// The value of an absent cell.
    pub default: Option<Box<str>>,
    /// True if absence is an error in the data.
    pub required: bool,
    /// True if the text of a cell is its value.
    pub plain: bool,
    /// The field's name, for failures.
    pub name: Box<str>,
    /// The group of columns that it is compared with, if rows are joined, grouped or chosen by it.
    pub group: Option<u16>,
}

/// The wire shape of an entity for some of its fields, and the columns by field.
pub fn columns(model: &Model, entity: &Entity, fields: &BTreeSet<u16>) -> (WireShape, Vec<Option<Column>>) {
    let mut shape = WireShape {
        slots: Vec::new(),
        names: entity.names.clone(),
        each: entity.read.as_ref().and_then(|read| read.get("each")).and_then(|node| node.text()).map(str::to_string),
        ..WireShape::default()
    };
    let marks = entity.protected_when.as_ref().map(|condition| condition.names()).unwrap_or_default();
    let mut columns: Vec<Option<Column>> = (0..entity.fields.len()).map(|_| None).collect();
    for (index, field) in entity.fields.iter().enumerate() {
        // A field that nobody needs is known to the protocol all the same: its column is not an unknown one.
        if !fields.contains(&(index as u16)) {
            shape.unused.push(shape.slots.len());
            shape.slots.push(slot(field));
            continue;
        }
        if marks.contains(&field.name.text.as_str()) && field.default.is_none() {
            shape.marks.push(shape.slots.len());
        }
        let mut reader = reader(model, field, &field.ty, true);
        if model.system(entity.system).reads.orphans_ignored {
            reader.allow_orphans();
        }
        columns[index] = Some(Column {
            slot: shape.slots.len(),
            plain: matches!(&reader, Reader::Scalar(codec) if codec.is_plain()),
            reader,
            default: field.default.as_deref().map(Box::from),
            required: !field.optional && field.default.is_none() && !matches!(field.ty, Type::List(_) | Type::Set(_)),
            name: field.name.text.as_str().into(),
            group: None,
        });
        shape.slots.push(slot(field));
    }
    (shape, columns)
}

/// Turns the shape in which records are read into that in which they are written.
pub fn for_writing(shape: &mut WireShape, write: &EntityWrite) {
    shape.id_at = write.id_at.clone().filter(|_| write.id_theirs);
    shape.each = write.node.get("each").and_then(|node| node.text()).map(str::to_string);
}

/// Where a field lies on the wire.
pub fn slot(field: &Field) -> Slot {
    Slot {
        name: field.name.text.clone(),
        at: field.at.clone(),
        span: field.at_span,
        kind: kind(field, &field.ty),
        required: !field.optional && field.default.is_none(),
        list: field.list.clone(),
    }
}

fn kind(field: &Field, ty: &Type) -> SlotKind {
    match ty {
        Type::List(element) | Type::Set(element) => SlotKind::List(Box::new(kind(field, element))),
        Type::Struct(members) => SlotKind::Struct(
            members
                .iter()
                .map(|member| Slot {
                    name: member.name.to_string(),
                    at: part_path(field, &member.name).to_string(),
                    span: field.at_span,
                    kind: kind(field, &member.ty),
                    required: false,
                    list: ListForm::None,
                })
                .collect(),
        ),
        _ => SlotKind::Scalar,
    }
}

/// Where a member of a structure lies inside it.
pub fn part_path<'f>(field: &'f Field, member: &'f str) -> &'f str {
    field.parts.iter().find(|(name, _)| name == member).map_or(member, |(_, path)| path)
}

/// The reader of a field. `own` is true for the field's own type: what it declares about texts holds there.
pub fn reader(model: &Model, field: &Field, ty: &Type, own: bool) -> Reader {
    match ty {
        Type::List(element) | Type::Set(element) => Reader::List(Box::new(reader(model, field, element, own))),
        Type::Struct(members) => {
            Reader::Struct(members.iter().map(|member| reader(model, field, &member.ty, false)).collect())
        }
        Type::Ref(entity) => {
            let target = model.entity(*entity);
            let key = target.key.first().map_or(&Type::Text, |&key| &target.fields[key].ty);
            Reader::Reference { to: *entity, codec: codec(field, key, own), or_none: false }
        }
        _ => Reader::Scalar(codec(field, ty, own)),
    }
}

/// The codec of a field for a type.
pub fn codec(field: &Field, ty: &Type, own: bool) -> Codec {
    let mut codec = Codec::new(ty);
    if !own {
        return codec;
    }
    for format in &field.formats {
        // What a type does not know was a finding when the project was checked.
        let _ = codec.add_format(format);
    }
    let boxed = |pairs: &[(String, String)]| {
        pairs.iter().map(|(from, to)| (from.as_str().into(), to.as_str().into())).collect::<Vec<(Box<str>, Box<str>)>>()
    };
    codec.read_values = boxed(&field.read_values);
    codec.write_values = boxed(&field.write_values);
    codec.absent_when = field.absent_when.iter().map(|text| text.as_str().into()).collect();
    codec.empty_is_value = field.empty_is_value;
    codec.checksum_rejects = field.checksum_rejects;
    codec.pattern = field.pattern.as_deref().map(Whole::new);
    codec.max = field.max;
    codec.zone = field.zone.clone();
    codec
}
