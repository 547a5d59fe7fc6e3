//! The values of cells: text by the codec of its field, references by the key that they name, lists and structures of these.

use crate::adapter::{Batch, Cell};
use crate::plan::Reader;
use crate::value::wire::Codec;
use crate::value::{Arena, EntityId, Failure, Row, Value};

/// Why a cell gave no value: the failure, and the text that was there for whoever may see it.
pub struct BadCell<'t> {
    /// Why; holds no personal data.
    pub why: Failure,
    /// What stood there.
    pub text: Option<&'t str>,
}

/// Where references lead: gives the row of a key text in an entity.
pub trait References {
    /// The row of the record with this key.
    fn find(&self, entity: EntityId, key: Value<'_>) -> Option<Row>;
}

/// The value of a cell. Warnings (a wrong check digit that is let through) go to `warn`.
pub fn read_cell<'a>(
    reader: &'a Reader,
    batch: &'a Batch,
    cell: Cell,
    references: &dyn References,
    arena: &'a Arena,
    warn: &mut dyn FnMut(&'static str),
) -> Result<Value<'a>, BadCell<'a>> {
    let text = match cell {
        Cell::Missing | Cell::Null => return Ok(Value::Absent),
        Cell::Text { start, len } | Cell::Number { start, len } => batch.text(start, len),
        Cell::Bool(truth) if matches!(reader, Reader::Scalar(codec) if codec.is_truth()) => {
            return Ok(Value::Bool(truth));
        }
        Cell::Bool(true) => "true",
        Cell::Bool(false) => "false",
        Cell::List { first, len } => {
            let Reader::List(inner) = reader else { return Err(bad("a list stands where one value is expected")) };
            let cells = &batch.inner[first as usize..(first + len) as usize];
            let mut items = bumpalo::collections::Vec::with_capacity_in(cells.len(), arena);
            // The members of all structures of a list lie in one place.
            let members = if let Reader::Struct(members) = &**inner { &members[..] } else { &[] };
            let mut room = arena.alloc_slice_fill_copy(cells.len() * members.len(), Value::Absent);
            for &cell in cells {
                let value = match cell {
                    Cell::Struct { first } if !members.is_empty() => {
                        let (values, left) = room.split_at_mut(members.len());
                        room = left;
                        read_members(members, batch, first, values, references, arena, warn)?;
                        Value::Struct(values)
                    }
                    _ => read_cell(inner, batch, cell, references, arena, warn)?,
                };
                if !value.is_absent() {
                    items.push(value);
                }
            }
            return Ok(Value::List(items.into_bump_slice()));
        }
        Cell::Struct { first } => {
            let Reader::Struct(members) = reader else {
                return Err(bad("a structure stands where one value is expected"));
            };
            let values = arena.alloc_slice_fill_copy(members.len(), Value::Absent);
            read_members(members, batch, first, values, references, arena, warn)?;
            return Ok(Value::Struct(values));
        }
        Cell::Wrong(what) => return Err(bad(what.why())),
    };
    match reader {
        Reader::Scalar(codec) => decode(codec, text, arena, warn),
        Reader::Reference { to, codec, or_none } => {
            let key = decode(codec, text, arena, warn)?;
            if key.is_absent() {
                return Ok(Value::Absent);
            }
            match references.find(*to, key) {
                Some(row) => Ok(Value::Row(row)),
                None if *or_none => Ok(Value::Absent),
                None => {
                    Err(BadCell { why: Failure::because("refers to a record that is not there"), text: Some(text) })
                }
            }
        }
        Reader::List(inner) => {
            // One value where a list is expected is a list of one: systems leave the brackets out when there is one.
            let value = read_cell(inner, batch, cell, references, arena, warn)?;
            Ok(Value::List(if value.is_absent() { &[] } else { arena.alloc_slice_copy(&[value]) }))
        }
        Reader::Struct(_) => Err(bad("a text stands where a structure is expected")),
    }
}

/// The values of the members of a structure, whose cells start at `first`.
fn read_members<'a>(
    members: &'a [Reader],
    batch: &'a Batch,
    first: u32,
    into: &mut [Value<'a>],
    references: &dyn References,
    arena: &'a Arena,
    warn: &mut dyn FnMut(&'static str),
) -> Result<(), BadCell<'a>> {
    let cells = &batch.inner[first as usize..first as usize + members.len()];
    for (index, member) in members.iter().enumerate() {
        match (&cells[index], member) {
            (&Cell::Text { start, len: len @ 1.. }, Reader::Scalar(codec)) if codec.is_plain() => {
                into[index] = Value::Text(batch.text(start, len));
            }
            (Cell::Missing | Cell::Null, _) => {}
            (cell, _) => into[index] = read_cell(member, batch, *cell, references, arena, warn)?,
        }
    }
    Ok(())
}

fn decode<'a>(
    codec: &'a Codec,
    text: &'a str,
    arena: &'a Arena,
    warn: &mut dyn FnMut(&'static str),
) -> Result<Value<'a>, BadCell<'a>> {
    match codec.decode(text, arena) {
        Ok(decoded) => {
            if let Some(warning) = decoded.warning {
                warn(warning);
            }
            Ok(decoded.value)
        }
        Err(why) => Err(BadCell { why, text: Some(text) }),
    }
}

fn bad<'t>(why: &'static str) -> BadCell<'t> {
    BadCell { why: Failure::because(why), text: None }
}
