//! Whether a made record fits its entity: nothing required is empty, and what goes out is as the target wants it.
//!
//! Judged before references are followed, so that whoever refers to a record that does not fit is held with it, and
//! before anything is delivered, so that one bad value never keeps a whole delivery back.

use super::eval::Machine;
use super::fate::{Fallen, Who};
use super::make::{Fate, Made, State};
use super::table::Apart;
use crate::model::{Access, Entity, Field};
use crate::plan::columns::reader;
use crate::plan::{Reader, Target};
use crate::protocol::{CallId, Dialect};
use crate::value::normal::{self, COMPOSED_BELOW};
use crate::value::wire::Codec;
use crate::value::{Arena, EntityId, Type, Value};

/// Rejects records that do not fit.
pub fn judge(machine: &Machine<'_, '_>, made: &mut [Made<'_>], fallen: &mut Fallen) {
    for this in made.iter_mut() {
        // Most fields are filled and fit in all records, which is seen field by field.
        let mut needed = needed(machine.model.entity(this.entity));
        needed.retain(|(index, _)| !this.values.all(*index, |value| !value.is_absent()));
        let mut fits = fits(machine, this.entity);
        fits.retain(|fit| !this.values.all(fit.index, |value| fit.takes(value)));
        if needed.is_empty() && fits.is_empty() {
            continue;
        }
        let mut arena = Arena::new();
        for row in 0..this.rows.len() {
            if !this.rows[row].fate.is_written() {
                continue;
            }
            let trouble = empty(&needed, this, row).or_else(|| unfit(&fits, this, row, &arena));
            arena.reset();
            if let Some(why) = trouble {
                let reduced = this.rows[row].fate == Fate::Reduced;
                let place = &machine.typed.maps[this.rows[row].map as usize].name;
                let apart = if reduced { Apart::Protected } else { Apart::No };
                fallen.rejected(place, Who::left(machine, this.rows[row].left), &why, apart);
                this.rows[row].fate = this.rows[row].fate.fallen(Fate::Rejected(why));
            }
        }
    }
}

/// The fields that may not be empty after all rules.
fn needed(entity: &Entity) -> Vec<(usize, &Field)> {
    let theirs = entity.write.as_ref().is_some_and(|write| write.id_theirs);
    let needed = |(index, field): &(usize, &Field)| {
        let id = theirs && entity.key.contains(index);
        let list = matches!(field.ty, Type::List(_) | Type::Set(_));
        !field.optional && field.default.is_none() && field.access != Access::Read && !id && !list
    };
    entity.fields.iter().enumerate().filter(needed).collect()
}

/// The first needed field that is empty.
fn empty(needed: &[(usize, &Field)], made: &Made<'_>, row: usize) -> Option<String> {
    let missing = needed
        .iter()
        .find(|(index, _)| made.value(row, *index).is_absent() && !made.values.state(row, *index).has(State::UPDATE));
    missing.map(|(_, field)| format!("{} is required, but empty", field.name.text))
}

/// What a field says about the texts that may be written into it.
struct Fit<'m> {
    index: usize,
    field: &'m Field,
    reader: Reader,
    /// The file that they are written into, which may have no place for some.
    file: Option<(&'m dyn Dialect, CallId)>,
    /// Texts of bytes from a blank to below this one surely fit.
    sure_below: u8,
}

impl Fit<'_> {
    /// True if a value surely fits: a text that is written as it stands, or nothing.
    #[inline]
    fn takes(&self, value: Value<'_>) -> bool {
        match value {
            Value::Absent => true,
            Value::Text(text) => {
                let sure = b' '..self.sure_below;
                text.bytes().fold(!sure.is_empty(), |fits, byte| fits & sure.contains(&byte))
            }
            _ => false,
        }
    }

    /// Why the file has no place for a text, if it has none.
    fn no_place(&self, text: &str) -> Option<String> {
        let (dialect, call) = self.file?;
        dialect.unfit(call, self.index, text)
    }
}

/// The fields of an entity whose values may turn out not to fit. Entities that nothing is written to (those of a model
/// in the middle of a route) say how values are, not what may leave.
fn fits<'m>(machine: &Machine<'m, '_>, entity: EntityId) -> Vec<Fit<'m>> {
    let definition = machine.model.entity(entity);
    if definition.write.is_none() {
        return Vec::new();
    }
    let file = machine.target.and_then(|target| file_of(target, entity));
    let fields = definition.fields.iter().enumerate();
    let fields = fields
        .filter(|(_, field)| field.access != Access::Read && (is_choosy(field) || file.is_some() && is_text(field)));
    fields
        .map(|(index, field)| {
            let mut reader = reader(machine.model, field, &field.ty, true);
            reader.set_as_of(machine.as_of);
            let sure_below = match &reader {
                Reader::Scalar(codec) if codec.is_verbatim() => {
                    file.map_or(COMPOSED_BELOW, |(dialect, call)| dialect.sure_below(call, index).min(COMPOSED_BELOW))
                }
                _ => 0,
            };
            Fit { index, field, reader, file, sure_below }
        })
        .collect()
}

/// The file that an entity is delivered in.
fn file_of(target: &Target, entity: EntityId) -> Option<(&dyn Dialect, CallId)> {
    let (_, dialect) = target.connection.as_ref()?;
    let write = target.entities.iter().find(|write| write.entity == entity)?;
    Some((&**dialect, write.deliver?))
}

/// True if a field holds texts of its own, so not if it leads to another record: the key of that one was judged there.
fn is_text(field: &Field) -> bool {
    !matches!(field.ty.element().unwrap_or(&field.ty), Type::Ref(_))
}

/// True if some text that a rule can give may not be written into the field.
fn is_choosy(field: &Field) -> bool {
    let by_type = match field.ty.element().unwrap_or(&field.ty) {
        Type::Ref(_) => false,
        Type::Email | Type::Phone | Type::Url | Type::Uuid | Type::Country | Type::MonthDay | Type::Struct(_) => true,
        _ => false,
    };
    by_type || field.max.is_some() || field.pattern.is_some() || !field.write_values.is_empty()
}

fn unfit(fits: &[Fit<'_>], made: &Made<'_>, row: usize, arena: &Arena) -> Option<String> {
    fits.iter().find_map(|fit| {
        let value = made.value(row, fit.index);
        let why = match &fit.reader {
            Reader::Scalar(codec) => simple(fit, codec, value, arena),
            reader => trouble(&fit.field.ty, reader, value, arena).or_else(|| no_place_for_list(fit, value, arena)),
        }?;
        Some(format!("{}: {why}", fit.field.name.text))
    })
}

/// Why a simple value may not be written, or the file of its field has no place for it.
fn simple(fit: &Fit<'_>, codec: &Codec, value: Value<'_>, arena: &Arena) -> Option<String> {
    if value.is_absent() {
        return None;
    }
    match written(&fit.field.ty, codec, normal::normal_form(&fit.field.ty, value, arena), arena) {
        Ok(text) => fit.no_place(text),
        Err(why) => Some(why),
    }
}

/// Why the file of a field has no place for a list, if it has none.
fn no_place_for_list(fit: &Fit<'_>, value: Value<'_>, arena: &Arena) -> Option<String> {
    fit.file?;
    match (&fit.reader, value) {
        (Reader::List(inner), Value::List(items)) => {
            let Reader::Scalar(codec) = &**inner else { return None };
            let element = fit.field.ty.element()?;
            let mut texts: Vec<String> = Vec::with_capacity(items.len());
            for item in items {
                texts.extend(codec.encode(normal::normal_form(element, *item, arena), arena).ok().map(String::from));
            }
            fit.no_place(&serde_json::to_string(&texts).ok()?)
        }
        _ => None,
    }
}

/// Why a value may not be written, in words without the value.
fn trouble(ty: &Type, reader: &Reader, value: Value<'_>, arena: &Arena) -> Option<String> {
    match (reader, value) {
        (_, Value::Absent) | (Reader::Reference { .. }, _) => None,
        (Reader::List(inner), Value::List(items)) => {
            let element = ty.element().unwrap_or(&Type::Unknown);
            items.iter().find_map(|item| trouble(element, inner, *item, arena))
        }
        (Reader::Struct(readers), Value::Struct(parts)) => {
            let Type::Struct(members) = ty else { return None };
            let mut parts = members.iter().zip(readers).zip(parts);
            parts.find_map(|((member, reader), part)| trouble(&member.ty, reader, *part, arena))
        }
        (Reader::Scalar(codec), value) => written(ty, codec, normal::normal_form(ty, value, arena), arena).err(),
        _ => Some("does not have the shape of its field".into()),
    }
}

/// The text of a simple value, or why it may not be written. A text that a rule gave may be no e-mail address, no phone number.
fn written<'a>(ty: &Type, codec: &'a Codec, value: Value<'a>, arena: &'a Arena) -> Result<&'a str, String> {
    if let Value::Text(text) = value
        && !matches!(ty, Type::Text | Type::Secret)
    {
        Codec::new(ty).decode(text, arena).map_err(|why| why.0.to_string())?;
    }
    codec.encode(value, arena).map_err(|why| why.0.to_string())
}
