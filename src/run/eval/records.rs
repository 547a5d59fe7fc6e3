//! Records: fields, references both ways, rows by key, look-ups, links.

use super::block::{self, Block};
use super::lists::{Given, Lists};
use super::unread::Structures;
use super::{Linked, Machine, Odd, Result, Tables};
use crate::adapter::{Batch, Cell};
use crate::check::typed::ExprId;
use crate::model::{TableId, Unmapped};
use crate::plan::{Column, Reader};
use crate::run::cell::{References, read_cell};
use crate::run::key::{Hasher, hash_key, row_hash};
use crate::run::table::{Apart, Index, Rows, Table, batch_of};
use crate::value::{Arena, EntityId, RecordType, Row, Type, Value};
use std::ops::Range;
use std::rc::Rc;

/// No rows at all.
static EMPTY: std::sync::LazyLock<Batch> = std::sync::LazyLock::new(Batch::default);

impl<'m, 't> Machine<'m, 't> {
    /// The number of the table of a record type.
    pub fn number(&self, record: RecordType) -> u32 {
        match record {
            RecordType::Entity(entity) => Tables::entity(entity),
            RecordType::Set(set) => self.tables.set(set),
            RecordType::Layout(layout) => self.tables.layout(layout),
        }
    }

    /// A field of the records of some rows.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn fields<'a>(
        &self,
        id: ExprId,
        of: ExprId,
        entity: EntityId,
        field: u16,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        self.once(id, rows, block, out, |rows, block, out| {
            let mark = block.mark();
            self.fill(of, rows, block, out);
            let rows = block.left(rows, mark);
            self.read_fields(id, entity, field, &rows, block, out);
        });
    }

    /// Reads something for some rows. What several nodes read is read once.
    pub(super) fn once<'a>(
        &self,
        id: ExprId,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
        read: impl FnOnce(&[u32], &mut Block<'a>, &mut [Value<'a>]),
    ) {
        let shared = self.typed.nodes.shared(id).map(|first| first.0);
        let unknown = shared.and_then(|first| block.recall(first, rows, out));
        let rows = unknown.as_deref().unwrap_or(rows);
        if rows.is_empty() {
            return;
        }
        read(rows, block, out);
        if let Some(first) = shared {
            block.remember(first, rows, out);
        }
    }

    /// The lists in a field of the records of some rows, if they are of structures as they were read; the structures stay where
    /// they are.
    pub(super) fn unread_lists<'r, 'a>(
        &self,
        id: ExprId,
        of: ExprId,
        entity: EntityId,
        field: u16,
        rows: &'r [u32],
        block: &mut Block<'a>,
    ) -> Option<Given<'r, 'a>>
    where
        't: 'a,
    {
        let table = self.tables.table(Tables::entity(entity));
        let Rows::Wire { columns, .. } = &table.rows else { return None };
        let columns: &'t [Option<Column>] = columns;
        let column = columns[field as usize].as_ref().filter(|column| column.default.is_none() && !column.required)?;
        let Reader::List(element) = &column.reader else { return None };
        let Reader::Struct(readers) = &**element else { return None };
        // What is odd about a value is counted once, so what may be odd is read once.
        if readers.is_empty() || self.typed.nodes.shared(id).is_some() && element.may_warn() {
            return None;
        }
        let mark = block.mark();
        let records = self.column(of, rows, block);
        let (mut structures, mut spans, mut near) = (Structures::of(readers), Vec::with_capacity(rows.len()), 0);
        let asked = block.left(rows, mark);
        let arena = block.arena();
        for &row in asked.iter() {
            let Value::Row(record) = records[row as usize] else {
                spans.push(None);
                continue;
            };
            let (batch, cell) = table.cell(record.row, column.slot, &mut near);
            let added = match cell {
                Cell::List { first, len } => {
                    let cells = &batch.inner[first as usize..(first + len) as usize];
                    let mut warn = |what| self.warn(entity, column, record, what);
                    let added = structures.add(element, batch, cells, self, arena, &mut warn);
                    added.map(Some).map_err(|bad| self.bad_field(id, record, entity, &column.name, &bad.why.0))
                }
                // What is no list is absent, or says why it cannot be read.
                _ => self.decoded(id, record, entity, field, column, (batch, cell), arena).map(|_| None),
            };
            match added {
                Ok(span) => spans.push(span),
                Err(stop) => block.fail(row, stop),
            }
        }
        block.give_back(records);
        let which = (0..structures.len() as u32).collect();
        let lists = Lists::Unread { structures: Rc::new(structures), which, spans };
        Some(Given { rows: block.left(asked, mark), lists })
    }

    /// Counts what is odd about a value.
    fn warn(&self, entity: EntityId, column: &Column, row: Row, what: &'static str) {
        self.odd.add(&format!("{} {}: {what}", self.model.entity(entity).name.text, column.name), || {
            self.tables.table(row.table).origin(row.row).unwrap_or_default()
        });
    }

    /// Puts a field of the records that stand in some rows into their places.
    fn read_fields<'a>(
        &self,
        id: ExprId,
        entity: EntityId,
        field: u16,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let table = self.tables.table(Tables::entity(entity));
        if let (Rows::Made(made), []) = (&table.rows, table.broken.as_slice()) {
            for &row in rows {
                let value = &mut out[row as usize];
                *value = match *value {
                    Value::Row(record) => made.value(record.row as usize, usize::from(field)),
                    _ => Value::Absent,
                };
                if matches!(value, Value::Row(_) | Value::List(_)) {
                    *value = self.visible(*value, block.arena());
                }
            }
            return;
        }
        let Rows::Wire { batches, first, columns } = &table.rows else {
            for &row in rows {
                match self.field(id, out[row as usize], entity, field, block.arena()) {
                    Ok(value) => out[row as usize] = value,
                    Err(stop) => block.fail(row, stop),
                }
            }
            return;
        };
        let (batches, columns): (&'t [Batch], &'t [Option<Column>]) = (batches, columns);
        let Some(column) = &columns[field as usize] else {
            return rows.iter().for_each(|&row| out[row as usize] = Value::Absent);
        };
        // Most fields are plain texts. What is none is decoded afterwards, one by one.
        let odd = column.plain.then(|| plain_texts(batches, first, column, rows, out));
        let mut near = 0;
        for &row in odd.as_deref().unwrap_or(rows) {
            let Value::Row(record) = out[row as usize] else {
                out[row as usize] = Value::Absent;
                continue;
            };
            let cell = table.cell(record.row, column.slot, &mut near);
            match self.decoded(id, record, entity, field, column, cell, block.arena()) {
                Ok(value) => out[row as usize] = value,
                Err(stop) => block.fail(row, stop),
            }
        }
    }

    /// The hashes of the keys of some records of an entity; `None` where a part is absent or cannot be read.
    pub fn hash_keys(&self, entity: EntityId, rows: &[u32]) -> Vec<Option<u128>> {
        let table = self.tables.table(Tables::entity(entity));
        let arena = Arena::new();
        let plain = self.plain_key(entity);
        let mut near = 0;
        let mut as_it_stands = |row: u32, slots: &[usize]| {
            let mut hasher = Hasher::default();
            for &slot in slots {
                let (batch, Cell::Text { start, len: len @ 1.. }) = table.cell(row, slot, &mut near) else {
                    return None;
                };
                hasher.value(&Type::Text, Value::Text(batch.text(start, len)), &arena);
            }
            Some(hasher.finish())
        };
        let hash = |row: u32| {
            if let Some(hash) = plain.as_ref().and_then(|slots| as_it_stands(row, slots)) {
                return Some(hash);
            }
            let scratch = Arena::new();
            hash_key(self, Row { table: Tables::entity(entity), row }, RecordType::Entity(entity), &scratch)
        };
        rows.iter().copied().map(hash).collect()
    }

    /// The slots of the parts of a key, if all of them are plain texts, which most are.
    pub fn plain_key(&self, entity: EntityId) -> Option<Vec<usize>> {
        let definition = self.model.entity(entity);
        let Rows::Wire { columns, .. } = &self.tables.table(Tables::entity(entity)).rows else { return None };
        let slot = |&field: &usize| columns[field].as_ref().filter(|column| column.plain).map(|column| column.slot);
        if definition.first_present { None } else { definition.key.iter().map(slot).collect() }
    }

    /// A field that all entities of a union have.
    pub(super) fn union_field<'a>(
        &self,
        id: ExprId,
        of: ExprId,
        fields: &[(EntityId, u16)],
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let arena = block.arena();
        self.each_try(id, of, rows, block, out, |record| {
            let Value::Row(row) = record else { return Ok(Value::Absent) };
            match fields.iter().find(|(entity, _)| Tables::entity(*entity) == row.table) {
                Some((entity, field)) => self.field(id, record, *entity, *field, arena),
                None => Ok(Value::Absent),
            }
        });
    }

    /// A field of a record; fails where its text cannot be read. `id` is the expression that asks.
    pub fn field<'a>(&self, id: ExprId, record: Value<'a>, entity: EntityId, field: u16, arena: &'a Arena) -> Result<'a>
    where
        't: 'a,
    {
        let Value::Row(row) = record else { return Ok(Value::Absent) };
        self.field_in(id, self.tables.table(row.table), row, entity, field, &mut 0, arena)
    }

    /// A field of a record of a table. `near` is the batch that the last record lay in.
    #[inline]
    #[allow(clippy::too_many_arguments)]
    fn field_in<'a>(
        &self,
        id: ExprId,
        table: &Table<'t>,
        row: Row,
        entity: EntityId,
        field: u16,
        near: &mut usize,
        arena: &'a Arena,
    ) -> Result<'a>
    where
        't: 'a,
    {
        let Rows::Wire { columns, .. } = &table.rows else {
            if let Some((.., why)) = table.broken.iter().find(|(at, of, _)| (*at, *of) == (row.row, field)) {
                let name = &self.model.entity(entity).fields[field as usize].name.text;
                return Err(self.bad_field(id, row, entity, name, &why.0));
            }
            return Ok(self.visible(table.slot(row.row, field), arena));
        };
        let columns: &'t [Option<Column>] = columns;
        let Some(column) = &columns[field as usize] else { return Ok(Value::Absent) };
        let (batch, cell) = table.cell(row.row, column.slot, near);
        if column.plain
            && let Cell::Text { start, len } = cell
            && len > 0
        {
            return Ok(Value::Text(batch.text(start, len)));
        }
        self.decoded(id, row, entity, field, column, (batch, cell), arena)
    }

    /// The value of a cell that has to be decoded, or is empty.
    #[inline(never)]
    #[allow(clippy::too_many_arguments)]
    fn decoded<'a>(
        &self,
        id: ExprId,
        row: Row,
        entity: EntityId,
        field: u16,
        column: &'t Column,
        (batch, cell): (&'t Batch, Cell),
        arena: &'a Arena,
    ) -> Result<'a>
    where
        't: 'a,
    {
        let mut warn = |what: &'static str| self.warn(entity, column, row, what);
        match read_cell(&column.reader, batch, cell, self, arena, &mut warn) {
            Ok(Value::Absent) => match &column.default {
                Some(default) => Ok(Value::Text(default)),
                None if column.required => Err(self.bad_field(id, row, entity, &column.name, "is required, but empty")),
                None => Ok(Value::Absent),
            },
            Ok(value) => Ok(self.visible(value, arena)),
            Err(bad)
                if bad.why.0.starts_with("refers to")
                    && !column.required
                    && matches!(self.model.entity(entity).fields[field as usize].ty, Type::Ref(_)) =>
            {
                warn("refers to a record that is not there");
                Ok(Value::Absent)
            }
            Err(bad) => {
                let mut stop = self.bad_field(id, row, entity, &column.name, &bad.why.0);
                if let (Reader::Reference { to, .. }, Some(key)) = (&column.reader, bad.text) {
                    stop.nobody = bad.why.0.starts_with("refers to").then(|| (*to, key.into()));
                }
                Err(stop)
            }
        }
    }

    /// The key that a reference names which leads to nobody.
    pub fn nobody<'a>(&self, row: Row, entity: EntityId, field: u16, arena: &'a Arena) -> Option<&'a str>
    where
        't: 'a,
    {
        let stop = self.field(ExprId(0), Value::Row(row), entity, field, arena).err()?;
        stop.nobody.map(|(_, key)| &*arena.alloc_str(&key))
    }

    /// What may be seen of a reference: one to a record that leaves nowhere (protected, out of scope) is absent, unless the
    /// row itself leaves nowhere.
    fn visible<'a>(&self, value: Value<'a>, arena: &'a Arena) -> Value<'a> {
        let hidden = |value: &Value<'_>| match value {
            Value::Row(row) => self.tables.table(row.table).apart(row.row) != Apart::No,
            _ => false,
        };
        match value {
            Value::Row(_) if !self.inside && hidden(&value) => Value::Absent,
            Value::List(items) if !self.inside && items.iter().any(hidden) => {
                let kept: Vec<Value<'a>> = items.iter().copied().filter(|item| !hidden(item)).collect();
                Value::List(arena.alloc_slice_copy(&kept))
            }
            value => value,
        }
    }

    fn bad_field(&self, id: ExprId, row: Row, entity: EntityId, column: &str, why: &str) -> Box<super::Stop> {
        let entity = &self.model.entity(entity).name.text;
        let mut stop = self.stop(id, format!("{entity} {column}: {why}"));
        stop.origin = self.tables.table(row.table).origin(row.row);
        stop
    }

    /// The records whose `ref` field leads to a record.
    pub(super) fn referrers<'a>(&self, record: Value<'a>, entity: EntityId, field: u16, arena: &'a Arena) -> Value<'a>
    where
        't: 'a,
    {
        let Value::Row(target) = record else { return Value::Absent };
        let number = Tables::entity(entity);
        let table = self.tables.table(number);
        let Some((_, cell)) = table.referrers.iter().find(|(known, _)| *known == field) else {
            return Value::List(&[]);
        };
        let index = cell.get_or_init(|| {
            let mut index = Index::of(table.len);
            let scratch = Arena::new();
            for row in table.living() {
                let value = self.plain_field(Row { table: number, row }, entity, field, &scratch);
                if let Value::Row(to) = value {
                    index.add(row_hash(to), row);
                }
            }
            index
        });
        let rows = index.rows(row_hash(target)).map(|row| Value::Row(Row { table: number, row }));
        let rows: Vec<Value<'a>> = rows.collect();
        self.visible(Value::List(arena.alloc_slice_copy(&rows)), arena)
    }

    /// A field of a record without failures: what cannot be read is absent.
    pub fn plain_field<'a>(&self, row: Row, entity: EntityId, field: u16, arena: &'a Arena) -> Value<'a>
    where
        't: 'a,
    {
        self.field(ExprId(0), Value::Row(row), entity, field, arena).unwrap_or(Value::Absent)
    }

    /// Every record of an entity or set.
    pub(super) fn all<'a>(&self, record: RecordType, arena: &'a Arena) -> Value<'a>
    where
        't: 'a,
    {
        let number = self.number(record);
        let table = self.tables.table(number);
        let rows: Vec<Value<'a>> = table.living().map(|row| Value::Row(Row { table: number, row })).collect();
        self.visible(Value::List(arena.alloc_slice_copy(&rows)), arena)
    }

    /// The columns of key values; takes out the rows in which one is absent, whose result is absent.
    fn key_columns<'a>(
        &self,
        key: &[ExprId],
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) -> (Vec<block::Column<'a>>, Vec<u32>)
    where
        't: 'a,
    {
        let mut rows = rows.to_vec();
        let mut columns = Vec::with_capacity(key.len());
        for &part in key {
            let mark = block.mark();
            let column = self.column(part, &rows, block);
            rows = block.left(rows, mark).into_owned();
            rows.retain(|&row| {
                let absent = column[row as usize].is_absent();
                if absent {
                    out[row as usize] = Value::Absent;
                }
                !absent
            });
            columns.push(column);
        }
        (columns, rows)
    }

    /// `set(key, …)`
    pub(super) fn by_key<'a>(
        &self,
        id: ExprId,
        record: RecordType,
        key: &[ExprId],
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let (columns, rows) = self.key_columns(key, rows, block, out);
        let number = self.number(record);
        for row in rows {
            let hash = self.given_key(record, columns.iter().map(|column| column[row as usize]), block.arena());
            match self.with_key(number, record, hash) {
                Some(found) => out[row as usize] = Value::Row(Row { table: number, row: found }),
                None => {
                    let why = format!("no {} with this key", crate::check::record_name(self.model, record));
                    block.fail(row, self.stop(id, why));
                }
            }
        }
        columns.into_iter().for_each(|column| block.give_back(column));
    }

    /// The hash of key values that somebody gives.
    fn given_key<'a>(&self, record: RecordType, values: impl Iterator<Item = Value<'a>>, arena: &'a Arena) -> u128 {
        let mut hasher = Hasher::default();
        match record {
            RecordType::Entity(entity) => {
                let entity = self.model.entity(entity);
                for (value, &field) in values.zip(&entity.key) {
                    hasher.value(&entity.fields[field].ty, value, arena);
                }
            }
            _ => {
                for value in values {
                    hasher.value(&Type::Unknown, value, arena);
                }
            }
        }
        hasher.finish()
    }

    /// Rows of a table by their key.
    pub fn key_index(&self, number: u32, record: RecordType) -> &Index {
        let table = self.tables.table(number);
        table.by_key.get_or_init(|| {
            let mut index = Index::of(table.len);
            let living: Vec<u32> = table.living().collect();
            let mut arena = Arena::new();
            let hashes = match record {
                // What is odd about a key was counted when the list was looked through for keys that are there twice.
                RecordType::Entity(entity) => Machine { odd: &Odd::default(), ..*self }.hash_keys(entity, &living),
                _ => {
                    let hash = |&row: &u32| {
                        let hash = hash_key(self, Row { table: number, row }, record, &arena);
                        arena.reset();
                        hash
                    };
                    living.iter().map(hash).collect()
                }
            };
            for (row, hash) in living.into_iter().zip(hashes) {
                hash.map(|hash| index.add(hash, row));
            }
            index
        })
    }

    /// The first record with a key that takes part.
    fn with_key(&self, number: u32, record: RecordType, hash: u128) -> Option<u32> {
        let table = self.tables.table(number);
        self.key_index(number, record).rows(hash).find(|&row| table.is_alive(row))
    }

    /// `key | lookup(in = table.column)`
    #[allow(clippy::too_many_arguments)]
    pub(super) fn lookup<'a>(
        &self,
        id: ExprId,
        table: TableId,
        column: u16,
        key: &[ExprId],
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let definition = self.model.table(table);
        let lookup = &self.lookups[table.0 as usize];
        let (columns, rows) = self.key_columns(key, rows, block, out);
        for row in rows {
            let at = row as usize;
            let mut hasher = Hasher::default();
            for (values, &part) in columns.iter().zip(&definition.key) {
                hasher.value(&definition.columns[part].ty, values[at], block.arena());
            }
            match (lookup.find(hasher.finish(), column), &definition.unmapped) {
                (Some(value), _) => out[at] = value,
                (None, Unmapped::Absent) => out[at] = Value::Absent,
                (None, Unmapped::Keeps) => out[at] = columns.first().map_or(Value::Absent, |values| values[at]),
                (None, Unmapped::Gives(text)) => out[at] = Value::Text(text),
                (None, Unmapped::Fails) => {
                    let why = format!("the table {} does not have this value", definition.name.text);
                    block.fail(row, self.stop(id, why));
                }
            }
        }
        columns.into_iter().for_each(|column| block.give_back(column));
    }

    /// A left record as the right record that a map made of it.
    pub(super) fn linked<'a>(&self, id: ExprId, left: Value<'a>, entity: EntityId, arena: &'a Arena) -> Result<'a>
    where
        't: 'a,
    {
        match left {
            Value::Row(row) => match self.links.get(&(row.table, row.row, entity.0)) {
                Some(Linked::Own(made) | Linked::Brought(made)) => Ok(Value::Row(Row { table: entity.0, row: *made })),
                Some(Linked::Several) => {
                    Err(self
                        .stop(id, format!("several {} were made of this record", self.model.entity(entity).name.text)))
                }
                None => {
                    Err(self.stop(id, format!("no {} was made of this record", self.model.entity(entity).name.text)))
                }
            },
            Value::List(items) => {
                let mut values = bumpalo::collections::Vec::with_capacity_in(items.len(), arena);
                for &item in items {
                    // A member that was not made (protected, rejected) is left out of a list, and counted.
                    match self.linked(id, item, entity, arena) {
                        Ok(Value::Absent) => {}
                        Ok(value) => values.push(value),
                        Err(stop) => self.odd.add(&stop.why, String::new),
                    }
                }
                Ok(Value::List(values.into_bump_slice()))
            }
            _ => Ok(Value::Absent),
        }
    }
}

/// Puts the texts of a plain column into the places of the records that stand in some rows. Gives the rows with something else.
fn plain_texts<'a>(
    batches: &'a [Batch],
    first: &[u32],
    column: &Column,
    rows: &[u32],
    out: &mut [Value<'a>],
) -> Vec<u32> {
    let may_be_empty = column.default.is_none() && !column.required;
    let text = |batch: &'a Batch, cell: Cell| match cell {
        Cell::Text { start, len: len @ 1.. } => Some(Value::Text(batch.text(start, len))),
        Cell::Text { len: 0, .. } | Cell::Missing | Cell::Null if may_be_empty => Some(Value::Absent),
        _ => None,
    };
    let mut odd = Vec::new();
    if let Some((batch, records)) = in_a_row(batches, first, rows, out) {
        let mut rows = rows.iter();
        batch.cells.each(column.slot, records, &batch.texts, |cell| {
            let Some(&row) = rows.next() else { return };
            match text(batch, cell) {
                Some(found) => out[row as usize] = found,
                None => odd.push(row),
            }
        });
        return odd;
    }
    // First all cells, then all texts: records of a side list lie anywhere, and a loop that does little has many of them on
    // their way from memory at once.
    for (row, batch, cell) in found_cells(batches, first, column.slot, rows, out) {
        match text(batch, cell) {
            Some(found) => out[row as usize] = found,
            None => odd.push(row),
        }
    }
    odd
}

/// The batch that the records of all rows lie in, one after the other, and which of its records they are.
fn in_a_row<'t>(
    batches: &'t [Batch],
    first: &[u32],
    rows: &[u32],
    out: &[Value<'_>],
) -> Option<(&'t Batch, Range<usize>)> {
    let record = |row: &u32| if let Value::Row(record) = out[*row as usize] { Some(record.row) } else { None };
    let start = record(rows.first()?)?;
    let number = batch_of(first, start);
    let (batch, start_there) = (&batches[number], (start - first[number]) as usize);
    let records = start_there..start_there + rows.len();
    let are = records.end <= batch.len() && rows.iter().zip(start..).all(|(row, next)| record(row) == Some(next));
    are.then_some((batch, records))
}

/// The cells of a column for the records that stand in some rows, each with its row and batch. Where no record stands, nothing
/// is left.
fn found_cells<'t>(
    batches: &'t [Batch],
    first: &[u32],
    slot: usize,
    rows: &[u32],
    out: &mut [Value<'_>],
) -> Vec<(u32, &'t Batch, Cell)> {
    let mut cells = Vec::with_capacity(rows.len());
    // The batch that the record before lay in, and the numbers of its rows: the next one mostly lies there too.
    let mut near: (&'t Batch, Range<u32>) = (&EMPTY, 0..0);
    for &row in rows {
        let value = &mut out[row as usize];
        let Value::Row(record) = *value else {
            *value = Value::Absent;
            continue;
        };
        if !near.1.contains(&record.row) {
            let number = batch_of(first, record.row);
            near = (&batches[number], first[number]..first[number] + batches[number].len() as u32);
        }
        cells.push((row, near.0, near.0.cell((record.row - near.1.start) as usize, slot)));
    }
    cells
}

impl<'m, 't> References for Machine<'m, 't> {
    fn find(&self, entity: EntityId, key: Value<'_>) -> Option<Row> {
        let definition = self.model.entity(entity);
        let number = Tables::entity(entity);
        let arena = Arena::new();
        let mut hasher = Hasher::default();
        hasher.value(&definition.fields[*definition.key.first()?].ty, key, &arena);
        let row = self.with_key(number, RecordType::Entity(entity), hasher.finish())?;
        Some(Row { table: number, row })
    }
}
