//! Shaping: the rows of a set, step by step.

use super::eval::lists::compare_orders;
use super::eval::{Frame, Machine, Stop};
use super::fate::{Fallen, Reason, Who};
use super::key::{ByHash, Hasher, key_text};
use super::table::{Apart, Index, Table};
use crate::check::typed::{Dropped, ExprId, KeyPart, TypedOrder, TypedSet, TypedStep};
use crate::value::{Arena, RecordType, Row, Type, Value};

/// The rows of a set on their way: `width` variables each.
struct Rows<'t> {
    width: usize,
    values: Vec<Value<'t>>,
    apart: Vec<Apart>,
}

impl<'t> Rows<'t> {
    fn of(width: usize) -> Rows<'t> {
        Rows { width: width.max(1), values: Vec::new(), apart: Vec::new() }
    }
    fn len(&self) -> usize {
        self.apart.len()
    }
    fn row(&self, index: usize) -> &[Value<'t>] {
        &self.values[index * self.width..(index + 1) * self.width]
    }
    fn push(&mut self, row: &[Value<'t>], apart: Apart) {
        self.values.extend_from_slice(row);
        self.apart.push(apart);
    }
}

/// The rows of a set, and the tables of the groups that it makes (`(layout, table)`).
pub struct Shaped<'t> {
    /// The rows.
    pub table: Table<'t>,
    /// Rows inside groups.
    pub groups: Vec<(u32, Table<'t>)>,
}

/// Runs the steps of a set. Rows that fall are told to `fallen`.
pub fn shape<'m, 't>(machine: &Machine<'m, 't>, set: &TypedSet, arena: &'t Arena, fallen: &mut Fallen) -> Shaped<'t> {
    let name = &machine.model.set(set.set).name.text;
    let width = set.frame as usize;
    let mut shaper = Shaper { machine, arena, fallen, name, set, width, groups: Vec::new(), key: Vec::new() };
    let mut rows = Rows::of(shaper.width);
    for step in &set.steps {
        rows = shaper.step(step, rows);
    }
    let slots = set.layout.slots.len();
    let mut values = Vec::with_capacity(rows.len() * slots);
    for index in 0..rows.len() {
        values.extend_from_slice(&rows.row(index)[..slots]);
    }
    let mut table = Table::values(slots, values);
    if rows.apart.iter().any(|&apart| apart != Apart::No) {
        table.apart = Some(rows.apart);
    }
    Shaped { table, groups: shaper.groups }
}

struct Shaper<'s, 'm, 't> {
    machine: &'s Machine<'m, 't>,
    arena: &'t Arena,
    fallen: &'s mut Fallen,
    name: &'s str,
    set: &'s TypedSet,
    width: usize,
    groups: Vec<(u32, Table<'t>)>,
    /// The parts of the key so far, for rows that fall.
    key: Vec<KeyPart>,
}

impl<'s, 'm, 't> Shaper<'s, 'm, 't> {
    fn step(&mut self, step: &TypedStep, rows: Rows<'t>) -> Rows<'t> {
        match step {
            TypedStep::From(record) => self.from(&[*record]),
            TypedStep::Union(records) => self.from(records),
            TypedStep::Let { value, slot } => self.let_value(*value, *slot, rows),
            TypedStep::Where { condition, drop, .. } => self.keep_if(*condition, drop.as_ref(), rows),
            TypedStep::Each { list, slot, position, optional } => {
                let out = self.each(*list, *slot, *position, *optional, rows);
                self.key.push(KeyPart::Slot(*slot));
                out
            }
            TypedStep::Join { record, slot, equal, rest, optional, drop, .. } => {
                let out = self.join(*record, *slot, equal, *rest, *optional, drop.as_ref(), rows);
                self.key.push(KeyPart::Slot(*slot));
                out
            }
            TypedStep::With { record, slot, equal, rest, without, drop, .. } => {
                self.with(*record, *slot, equal, *rest, *without, drop.as_ref(), rows)
            }
            TypedStep::GroupBy { keys, layout } => self.group(keys, *layout, rows),
            TypedStep::OnePer { keys, orders } => self.one_per(keys, orders, rows),
        }
    }

    fn from(&mut self, records: &[RecordType]) -> Rows<'t> {
        let mut rows = Rows::of(self.width);
        let mut frame = vec![Value::Absent; rows.width];
        for &record in records {
            let number = self.machine.number(record);
            let table = self.machine.tables.table(number);
            for row in table.living() {
                frame[0] = Value::Row(Row { table: number, row });
                rows.push(&frame, table.apart(row));
            }
        }
        self.key = vec![KeyPart::Slot(0)];
        rows
    }

    /// Goes over all rows; `each` gets the frame of a row and says what comes out.
    fn rows(
        &mut self,
        rows: Rows<'t>,
        mut each: impl FnMut(&mut Self, &mut Frame<'t>, Apart, &mut Rows<'t>) -> Result<(), Box<Stop>>,
    ) -> Rows<'t> {
        let mut out = Rows::of(self.width);
        let mut frame: Frame<'t> = Vec::with_capacity(rows.width);
        for index in 0..rows.len() {
            frame.clear();
            frame.extend_from_slice(rows.row(index));
            let apart = rows.apart[index];
            self.machine.inside.set(apart != Apart::No);
            if let Err(stop) = each(self, &mut frame, apart, &mut out) {
                let key = self.who(&frame);
                self.fallen.failed(self.name, key, &stop, apart);
            }
        }
        self.machine.inside.set(false);
        out
    }

    fn let_value(&mut self, value: ExprId, slot: u16, rows: Rows<'t>) -> Rows<'t> {
        let in_key = self.set.key.contains(&KeyPart::Slot(slot));
        self.rows(rows, |this, frame, apart, out| {
            match this.machine.eval(value, frame, this.arena) {
                Ok(value) => {
                    frame[slot as usize] = value;
                    out.push(frame, apart);
                }
                Err(stop) => match &stop.nobody {
                    // A row whose key names a record that is not there is known by the name. It goes on and leaves nowhere.
                    Some((_, key)) if in_key => {
                        let so_far = this.who(frame);
                        this.fallen.failed_with_key(this.name, so_far, &stop, apart);
                        frame[slot as usize] = Value::Text(this.arena.alloc_str(key));
                        out.push(frame, apart.max(Apart::Outside));
                    }
                    _ => return Err(stop),
                },
            }
            Ok(())
        })
    }

    fn keep_if(&mut self, condition: ExprId, drop: Option<&Dropped>, rows: Rows<'t>) -> Rows<'t> {
        self.rows(rows, |this, frame, apart, out| {
            match this.machine.eval(condition, frame, this.arena)? {
                Value::Bool(true) => out.push(frame, apart),
                value => this.fall(drop, value.is_absent(), frame, apart),
            }
            Ok(())
        })
    }

    fn each(&mut self, list: ExprId, slot: u16, position: u16, optional: bool, rows: Rows<'t>) -> Rows<'t> {
        self.rows(rows, |this, frame, apart, out| {
            let items = match this.machine.eval(list, frame, this.arena)? {
                Value::List(items) => items,
                _ => &[],
            };
            if items.is_empty() && optional {
                frame[slot as usize] = Value::Absent;
                frame[position as usize] = Value::Absent;
                out.push(frame, apart);
            }
            for (index, item) in items.iter().enumerate() {
                frame[slot as usize] = *item;
                frame[position as usize] = Value::Int(index as i64);
                let about = apart.max(this.apart_of(*item));
                out.push(frame, about);
            }
            Ok(())
        })
    }

    fn apart_of(&self, value: Value<'_>) -> Apart {
        match value {
            Value::Row(row) => self.machine.tables.table(row.table).apart(row.row),
            _ => Apart::No,
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn join(
        &mut self,
        record: RecordType,
        slot: u16,
        equal: &[(ExprId, ExprId, u32)],
        rest: Option<ExprId>,
        optional: bool,
        drop: Option<&Dropped>,
        rows: Rows<'t>,
    ) -> Rows<'t> {
        let index = self.join_index(record, slot, equal);
        let mut found = Vec::new();
        self.rows(rows, |this, frame, apart, out| {
            let mut any = false;
            found.clear();
            this.candidates(&index, record, slot, equal, rest, frame, &mut found)?;
            for &candidate in &found {
                let about = this.apart_of(candidate);
                // What is looked up besides is left out if it leaves nowhere; what the row is about marks the row.
                if about != Apart::No && optional && apart == Apart::No {
                    continue;
                }
                any = true;
                frame[slot as usize] = candidate;
                out.push(frame, apart.max(about));
            }
            if !any {
                frame[slot as usize] = Value::Absent;
                if optional { out.push(frame, apart) } else { this.fall(drop, false, frame, apart) }
            }
            Ok(())
        })
    }

    #[allow(clippy::too_many_arguments)]
    fn with(
        &mut self,
        record: RecordType,
        slot: u16,
        equal: &[(ExprId, ExprId, u32)],
        rest: Option<ExprId>,
        without: bool,
        drop: Option<&Dropped>,
        rows: Rows<'t>,
    ) -> Rows<'t> {
        let index = self.join_index(record, slot, equal);
        let mut found = Vec::new();
        self.rows(rows, |this, frame, apart, out| {
            found.clear();
            this.candidates(&index, record, slot, equal, rest, frame, &mut found)?;
            frame[slot as usize] = Value::Absent;
            if found.is_empty() == without {
                out.push(frame, apart)
            } else {
                this.fall(drop, false, frame, apart)
            }
            Ok(())
        })
    }

    /// The rows of the joined table by what they are joined on.
    fn join_index(&mut self, record: RecordType, slot: u16, equal: &[(ExprId, ExprId, u32)]) -> Index {
        let number = self.machine.number(record);
        let table = self.machine.tables.table(number);
        let mut index = Index::of(table.len);
        let mut frame = vec![Value::Absent; self.width.max(slot as usize + 1)];
        self.machine.inside.set(true);
        for row in table.living() {
            frame[slot as usize] = Value::Row(Row { table: number, row });
            match self.join_hash(equal.iter().map(|(_, right, ty)| (*right, *ty)), &mut frame) {
                Ok(Some(hash)) => index.add(hash, row),
                Ok(None) => {}
                Err(stop) => self.fallen.odd(&stop, || table.origin(row)),
            }
        }
        self.machine.inside.set(false);
        index
    }

    /// The hash of what is joined on; `None` if a part of it is absent.
    fn join_hash(
        &self,
        parts: impl Iterator<Item = (ExprId, u32)>,
        frame: &mut Frame<'t>,
    ) -> Result<Option<u128>, Box<Stop>> {
        let mut hasher = Hasher::default();
        let scratch = Arena::new();
        for (expr, ty) in parts {
            let value = self.machine.eval(expr, frame, self.arena)?;
            if value.is_absent() {
                return Ok(None);
            }
            hasher.value(&self.machine.typed.nodes.types[ty as usize], value, &scratch);
        }
        Ok(Some(hasher.finish()))
    }

    /// Finds the rows that are joined to a row.
    #[allow(clippy::too_many_arguments)]
    fn candidates(
        &self,
        index: &Index,
        record: RecordType,
        slot: u16,
        equal: &[(ExprId, ExprId, u32)],
        rest: Option<ExprId>,
        frame: &mut Frame<'t>,
        found: &mut Vec<Value<'t>>,
    ) -> Result<(), Box<Stop>> {
        let number = self.machine.number(record);
        let Some(hash) = self.join_hash(equal.iter().map(|(left, _, ty)| (*left, *ty)), frame)? else {
            return Ok(());
        };
        for row in index.rows(hash) {
            let candidate = Value::Row(Row { table: number, row });
            let fits = match rest {
                None => true,
                Some(rest) => {
                    frame[slot as usize] = candidate;
                    matches!(self.machine.eval(rest, frame, self.arena)?, Value::Bool(true))
                }
            };
            if fits {
                found.push(candidate);
            }
        }
        Ok(())
    }

    fn group(&mut self, keys: &[ExprId], layout: u32, rows: Rows<'t>) -> Rows<'t> {
        let number = self.machine.tables.layout(layout);
        let mut groups: Vec<(Vec<Value<'t>>, Vec<u32>, Apart)> = Vec::new();
        let mut by_hash: ByHash<usize> = ByHash::default();
        let slots = self.machine.typed.layouts[layout as usize].slots.len();
        let mut inner: Vec<Value<'t>> = Vec::with_capacity(rows.len() * slots);
        let mut count = 0u32;
        self.fallen.keys_replaced(self.name);
        self.rows(rows, |this, frame, apart, _| {
            let mut values = Vec::with_capacity(keys.len());
            for &key in keys {
                values.push(this.machine.eval(key, frame, this.arena)?);
            }
            let hash = this.key_hash(keys, &values);
            let group = *by_hash.entry(hash).or_insert_with(|| {
                groups.push((values, Vec::new(), apart));
                groups.len() - 1
            });
            // A group leaves nowhere only if all its rows do; such rows are left out of the other groups.
            let (_, members, mark) = &mut groups[group];
            if apart == Apart::No && *mark != Apart::No {
                members.clear();
            }
            if apart == Apart::No || *mark != Apart::No {
                members.push(count);
            }
            *mark = (*mark).min(apart);
            inner.extend_from_slice(&frame[..slots]);
            count += 1;
            Ok(())
        });
        let mut out = Rows::of(self.width);
        let mut frame = vec![Value::Absent; out.width];
        for (values, members, apart) in groups {
            frame[..values.len()].copy_from_slice(&values);
            let members: Vec<Value<'t>> = members.iter().map(|&row| Value::Row(Row { table: number, row })).collect();
            frame[values.len()] = Value::List(self.arena.alloc_slice_copy(&members));
            out.push(&frame, apart);
        }
        self.key = (0..keys.len() as u16).map(KeyPart::Slot).collect();
        self.groups.push((layout, Table::values(slots, inner)));
        out
    }

    fn one_per(&mut self, keys: &[ExprId], orders: &[TypedOrder], rows: Rows<'t>) -> Rows<'t> {
        let types: Vec<Type> =
            orders.iter().map(|order| self.machine.typed.nodes.types[order.ty as usize].clone()).collect();
        let types: Vec<&Type> = types.iter().collect();
        // The best row of each key so far, and what it is ordered by: so many values a row.
        let mut best = Rows::of(self.width);
        let mut by: Vec<Value<'t>> = Vec::new();
        let mut values = Vec::with_capacity(keys.len());
        let mut by_hash: ByHash<usize> = ByHash::default();
        let mut losers = 0u64;
        self.fallen.keys_replaced(self.name);
        self.rows(rows, |this, frame, apart, _| {
            values.clear();
            for &key in keys {
                values.push(this.machine.eval(key, frame, this.arena)?);
            }
            let order = this.machine.order_values(orders, frame, this.arena)?;
            match by_hash.entry(this.key_hash(keys, &values)) {
                hashbrown::hash_map::Entry::Vacant(entry) => {
                    entry.insert(best.len());
                    best.push(frame, apart);
                    by.extend_from_slice(&order);
                }
                hashbrown::hash_map::Entry::Occupied(entry) => {
                    losers += 1;
                    let at = *entry.get();
                    let won = best.apart[at];
                    let order_at = at * orders.len()..(at + 1) * orders.len();
                    let better = compare_orders(orders, &types, &order, &by[order_at.clone()]).is_lt();
                    // If one row of a person is protected, the person is: never the unmarked one of two rows alone. A row that
                    // is only out of scope says nothing about one that is inside.
                    let protects = won == Apart::Protected || apart == Apart::Protected;
                    let inside = apart == Apart::No && won == Apart::Outside;
                    let outside = apart == Apart::Outside && won == Apart::No;
                    if inside || (better && !outside) {
                        by[order_at].copy_from_slice(&order);
                        best.values[at * best.width..(at + 1) * best.width].copy_from_slice(frame);
                        best.apart[at] = apart;
                    }
                    if protects {
                        best.apart[at] = Apart::Protected;
                    }
                }
            }
            Ok(())
        });
        self.fallen.count(self.name, Reason::NotBest, losers);
        best
    }

    fn key_hash(&self, keys: &[ExprId], values: &[Value<'t>]) -> u128 {
        let scratch = Arena::new();
        let mut hasher = Hasher::default();
        for (&key, &value) in keys.iter().zip(values) {
            hasher.value(&self.machine.typed.nodes.typing(key).ty, value, &scratch);
        }
        hasher.finish()
    }

    fn fall(&mut self, drop: Option<&Dropped>, undecided: bool, frame: &Frame<'t>, apart: Apart) {
        match drop {
            Some(drop) if drop.reject => {
                let key = self.who(frame);
                self.fallen.rejected(self.name, key, &drop.reason, apart);
            }
            Some(drop) => self.fallen.count(self.name, Reason::Skipped(drop.reason.to_string()), 1),
            None if undecided => self.fallen.count(self.name, Reason::Undecided, 1),
            None => self.fallen.count(self.name, Reason::Condition, 1),
        }
    }

    /// A row that falls, as far as it is known.
    fn who(&self, frame: &Frame<'t>) -> Who {
        let rows = frame.iter().filter_map(|value| match value {
            Value::Row(row) => Some(*row),
            _ => None,
        });
        let origin = rows.into_iter().find_map(|row| super::key::origin(self.machine, row));
        Who { key: self.key_so_far(frame), origin }
    }

    /// The key of a row that falls, as far as it is known.
    fn key_so_far(&self, frame: &Frame<'t>) -> Option<String> {
        let mut parts = Vec::new();
        for part in &self.key {
            let (KeyPart::Slot(slot) | KeyPart::Position(slot)) = part;
            match frame[*slot as usize] {
                Value::Row(row) => {
                    parts.push(key_text(self.machine, row, super::key::record_of(self.machine, row))?);
                }
                Value::Absent => parts.push(String::new()),
                value => {
                    let mut text = String::new();
                    super::eval::push_text(&mut text, value);
                    parts.push(text);
                }
            }
        }
        (!parts.is_empty()).then(|| parts.join("|"))
    }
}
