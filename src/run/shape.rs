//! Shaping: the rows of a set, step by step.

use super::eval::block::{BLOCK, Block};
use super::eval::lists::compare_orders;
use super::eval::{Frame, Machine, Stop};
use super::fate::{Fallen, Reason, Who};
use super::key::{ByHash, Hasher, key_text};
use super::numbers::{ByNumber, Numbered, Translated, numbers_of};
use super::parallel::Arenas;
use super::table::{Apart, END, Index, Slot, Table, apart_of, by_inside};
use super::work::PIECE;
use crate::check::typed::{Dropped, ExprId, KeyPart, TypedOrder, TypedSet, TypedStep};
use crate::value::{Arena, RecordType, Row, SetId, Type, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rows of a set on their way: a column for each variable.
pub struct Rows<'t> {
    slots: Vec<Slot<'t>>,
    apart: Vec<Apart>,
}

impl<'t> Rows<'t> {
    fn len(&self) -> usize {
        self.apart.len()
    }

    /// The variables of a row.
    fn frame(&self, row: usize) -> Frame<'t> {
        self.slots.iter().map(|slot| slot.get(row)).collect()
    }

    /// The variables of the rows that leave, one row after the other.
    pub fn frames(&self) -> impl Iterator<Item = Frame<'t>> + '_ {
        (0..self.len()).filter(|&row| self.apart[row] == Apart::No).map(|row| self.frame(row))
    }

    /// Some of the rows, in this order.
    fn of(&self, chosen: &[u32], apart: Vec<Apart>) -> Rows<'t> {
        let all = chosen.len() == self.len() && chosen.iter().enumerate().all(|(at, &row)| at == row as usize);
        let some = |slot: &Slot<'t>| if all { slot.clone() } else { slot.of(chosen) };
        Rows { slots: self.slots.iter().map(some).collect(), apart }
    }
}

/// The rows of a set, and the tables of the groups that it makes (`(layout, table)`).
pub struct Shaped<'t> {
    /// The rows.
    pub table: Table<'t>,
    /// Rows inside groups.
    pub groups: Vec<(u32, Table<'t>)>,
}

/// A step of a set that was taken.
pub struct Taken<'s, 't> {
    /// Its number.
    pub number: u16,
    /// The rows before it.
    pub before: &'s Rows<'t>,
    /// The rows after it.
    pub after: &'s Rows<'t>,
    /// True if rows fell.
    pub fell: bool,
}

/// Tables that sets are joined with, by what they are joined on: of each set, by the number of its step. Whoever shapes a set
/// again and again keeps them.
pub type Joins = BTreeMap<(SetId, usize), Joined>;

/// The rows of a table by what they are joined on.
#[derive(Clone)]
pub enum Joined {
    /// By hashes.
    Hashed(Arc<Index>),
    /// By the numbers of texts.
    Numbered(Arc<ByNumber>),
}

/// Runs the steps of a set. Rows that fall are told to `fallen`.
pub fn shape<'t>(
    machine: &Machine<'_, 't>,
    set: &TypedSet,
    joins: Option<&mut Joins>,
    arenas: &'t Arenas,
    fallen: &mut Fallen,
) -> Shaped<'t> {
    shape_watched(machine, set, joins, arenas, fallen, &mut |_| {})
}

/// The same, for somebody who looks at each step.
pub fn shape_watched<'t>(
    machine: &Machine<'_, 't>,
    set: &TypedSet,
    joins: Option<&mut Joins>,
    arenas: &'t Arenas,
    fallen: &mut Fallen,
    watch: &mut dyn FnMut(&Taken<'_, 't>),
) -> Shaped<'t> {
    let name = &machine.model.set(set.set).name.text;
    let mut shaper = Shaper {
        machine: *machine,
        arenas,
        fallen,
        name,
        set,
        joins,
        step: 0,
        groups: Vec::new(),
        key: Vec::new(),
        translated: Vec::new(),
    };
    let mut rows = shaper.none();
    for (number, step) in set.steps.iter().enumerate() {
        let fallen = shaper.fallen.total();
        shaper.step = number;
        let after = shaper.step(step, &rows);
        let fell = shaper.fallen.total() > fallen;
        watch(&Taken { number: number as u16, before: &rows, after: &after, fell });
        rows = after;
    }
    let count = rows.len();
    rows.slots.truncate(set.layout.slots.len());
    let mut table = Table::slots(rows.slots, count);
    if rows.apart.iter().any(|&apart| apart != Apart::No) {
        table.apart = Some(rows.apart);
    }
    Shaped { table, groups: shaper.groups }
}

struct Shaper<'s, 't> {
    machine: Machine<'s, 't>,
    arenas: &'t Arenas,
    fallen: &'s mut Fallen,
    name: &'s str,
    set: &'s TypedSet,
    joins: Option<&'s mut Joins>,
    /// The number of the step.
    step: usize,
    groups: Vec<(u32, Table<'t>)>,
    /// The parts of the key so far, for rows that fall.
    key: Vec<KeyPart>,
    /// Columns whose numbers several steps ask for.
    translated: Translated,
}

/// What a step makes of some rows.
#[derive(Default)]
struct Grown<'t> {
    /// The row that each new one comes from.
    from: Vec<u32>,
    apart: Vec<Apart>,
    /// The values of the variables that the step sets.
    set: [Slot<'t>; 2],
    /// Where keys are worked out: their hashes, or the numbers of their texts.
    keys: Vec<u128>,
    /// Values that go with the keys, so many a row.
    values: Vec<Value<'t>>,
    fallen: Fallen,
}

/// Groups of rows, numbered by their first rows.
#[derive(Default)]
struct Groups {
    by_hash: ByHash<u32>,
    /// By the number of a text; the last is that of absent.
    by_number: Option<Vec<u32>>,
    count: u32,
}

impl Groups {
    /// Groups by hashes, or by the numbers of the texts of a dictionary.
    fn of(numbered: Option<&Numbered<'_, '_, '_>>) -> Groups {
        let by_number = numbered.map(|numbered| vec![END; numbered.dictionary.len() + 1]);
        Groups { by_number, ..Groups::default() }
    }

    /// The group of a key, a new one if it has none.
    fn group(&mut self, key: u128) -> u32 {
        let group = match &mut self.by_number {
            Some(groups) => {
                let absent = groups.len() - 1;
                &mut groups[(key as usize).min(absent)]
            }
            None => self.by_hash.entry(key).or_insert(END),
        };
        if *group == END {
            *group = self.count;
            self.count += 1;
        }
        *group
    }
}

/// What rows are joined with.
struct On<'e, 't> {
    number: u32,
    slot: u16,
    equal: &'e [(ExprId, ExprId, u32)],
    rest: Option<ExprId>,
    index: &'e Joined,
    /// The left side, where it has numbers.
    left: Option<Numbered<'e, 'e, 't>>,
}

impl<'t> Grown<'t> {
    fn push(&mut self, from: u32, apart: Apart) {
        self.from.push(from);
        self.apart.push(apart);
    }

    fn push_with(&mut self, from: u32, apart: Apart, value: Value<'t>) {
        self.push(from, apart);
        self.set[0].push(value);
    }

    /// The same in the order of the rows that it comes from: rows of a block that leave nowhere are worked after the others.
    fn in_order(self) -> Grown<'t> {
        if self.from.is_sorted() {
            return self;
        }
        let mut order: Vec<u32> = (0..self.from.len() as u32).collect();
        order.sort_by_key(|&at| self.from[at as usize]);
        let width = self.values.len() / self.from.len();
        let values = |&at: &u32| &self.values[at as usize * width..(at as usize + 1) * width];
        Grown {
            from: order.iter().map(|&at| self.from[at as usize]).collect(),
            apart: order.iter().filter_map(|&at| self.apart.get(at as usize).copied()).collect(),
            set: [self.set[0].of(&order), self.set[1].of(&order)],
            keys: order.iter().filter_map(|&at| self.keys.get(at as usize).copied()).collect(),
            values: order.iter().flat_map(values).copied().collect(),
            fallen: self.fallen,
        }
    }
}

/// Some rows while a step works on them.
struct Piece<'p, 't> {
    machine: Machine<'p, 't>,
    name: &'p str,
    key: &'p [KeyPart],
    rows: &'p Rows<'t>,
    /// The number of the first row of the block.
    start: usize,
    block: Block<'t>,
    out: Grown<'t>,
    /// Rows that fell without being reported one by one: those about which it was decided, and the others.
    fell: [u64; 2],
}

impl<'s, 't> Shaper<'s, 't> {
    fn step(&mut self, step: &TypedStep, rows: &Rows<'t>) -> Rows<'t> {
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
                let joined = self.joined(*record, *slot, equal);
                let on = self.on(&joined, *record, *slot, equal, *rest);
                let out = self.join(&on, *optional, drop.as_ref(), rows);
                self.key.push(KeyPart::Slot(*slot));
                out
            }
            TypedStep::With { record, slot, equal, rest, without, drop, .. } => {
                let joined = self.joined(*record, *slot, equal);
                let on = self.on(&joined, *record, *slot, equal, *rest);
                self.with(&on, *without, drop.as_ref(), rows)
            }
            TypedStep::GroupBy { keys, layout } => self.group(keys, *layout, rows),
            TypedStep::OnePer { keys, orders } => self.one_per(keys, orders, rows),
        }
    }

    fn none(&self) -> Rows<'t> {
        let width = usize::from(self.set.frame).max(1);
        Rows { slots: vec![Slot::default(); width], apart: Vec::new() }
    }

    fn from(&mut self, records: &[RecordType]) -> Rows<'t> {
        let mut rows = self.none();
        for &record in records {
            let number = self.machine.number(record);
            let table = self.machine.tables.table(number);
            for row in table.living() {
                rows.slots[0].push(Value::Row(Row { table: number, row }));
                rows.apart.push(table.apart(row));
            }
        }
        self.key = vec![KeyPart::Slot(0)];
        rows
    }

    /// Goes over all rows, block by block and side by side. `each` gets a block, the numbers of the rows in it that belong
    /// together, and says what comes out of them, which `take` gets in order.
    fn pieces(
        &mut self,
        rows: &Rows<'t>,
        each: impl Fn(&mut Piece<'_, 't>, &[u32]) + Sync,
        mut take: impl FnMut(Grown<'t>),
    ) {
        let pieces = rows.len().div_ceil(PIECE);
        for first in (0..pieces).step_by(LOT) {
            for mut grown in self.lot(rows, first..pieces.min(first + LOT), &each) {
                self.fallen.add(std::mem::take(&mut grown.fallen));
                take(grown.in_order());
            }
        }
    }

    /// The same for some pieces.
    fn lot(
        &self,
        rows: &Rows<'t>,
        lot: std::ops::Range<usize>,
        each: &(impl Fn(&mut Piece<'_, 't>, &[u32]) + Sync),
    ) -> Vec<Grown<'t>> {
        let count = rows.len();
        let (name, key) = (self.name, &*self.key);
        self.machine.side_by_side(self.arenas, lot, |machine, number, arena| {
            let block = Block::new(0, 0, arena);
            let machine = *machine;
            let mut piece = Piece { machine, name, key, rows, start: 0, block, out: Grown::default(), fell: [0; 2] };
            let end = count.min((number + 1) * PIECE);
            for start in (number * PIECE..end).step_by(BLOCK) {
                let stop = end.min(start + BLOCK);
                piece.begin(start, stop);
                for (inside, chosen) in by_inside(stop - start, |row| rows.apart[start + row]) {
                    piece.machine.inside = inside;
                    each(&mut piece, &chosen);
                    piece.failures();
                }
            }
            piece.out
        })
    }

    /// The rows that come out of others, with new values of some variables.
    fn grow(&mut self, rows: &Rows<'t>, set: &[u16], each: impl Fn(&mut Piece<'_, 't>, &[u32]) + Sync) -> Rows<'t> {
        let (mut from, mut apart) = (Vec::new(), Vec::new());
        let mut slots: Vec<Slot<'t>> = set.iter().map(|_| Slot::default()).collect();
        self.pieces(rows, each, |mut piece| {
            for (slot, more) in slots.iter_mut().zip(piece.set) {
                slot.append(more);
            }
            from.append(&mut piece.from);
            apart.append(&mut piece.apart);
        });
        let mut out = rows.of(&from, apart);
        for (&number, slot) in set.iter().zip(slots) {
            out.slots[usize::from(number)] = slot;
        }
        out
    }

    fn let_value(&mut self, value: ExprId, slot: u16, rows: &Rows<'t>) -> Rows<'t> {
        let in_key = self.set.key.contains(&KeyPart::Slot(slot));
        let numbered = Numbered::of(&self.machine, value);
        self.grow(rows, &[slot], |piece, chosen| {
            if let Some(numbered) = &numbered {
                let machine = piece.machine;
                for (row, number) in numbered.column(&machine, chosen, &mut piece.block) {
                    let from = piece.number(row);
                    piece.out.push(from, piece.rows.apart[from as usize]);
                    piece.out.set[0].push_text(numbered.dictionary, number);
                }
                return;
            }
            let column = piece.machine.column(value, chosen, &mut piece.block);
            let mut failed = piece.block.recover(0).into_iter().peekable();
            for &row in chosen {
                let from = piece.number(row);
                let apart = piece.rows.apart[from as usize];
                match failed.next_if(|(at, _)| *at == row) {
                    None => piece.out.push_with(from, apart, column[row as usize]),
                    // A row whose key names a record that is not there is known by the name. It goes on and leaves nowhere.
                    Some((_, stop)) if in_key && stop.nobody.is_some() => {
                        let so_far = piece.who(from);
                        piece.out.fallen.failed_with_key(piece.name, so_far, &stop, apart);
                        let name = stop.nobody.as_ref().map_or("", |(_, key)| key);
                        let name = Value::Text(piece.block.arena().alloc_str(name));
                        piece.out.push_with(from, apart.and(Apart::Outside), name);
                    }
                    Some((_, stop)) => piece.block.fail(row, stop),
                }
            }
            piece.block.give_back(column);
        })
    }

    fn keep_if(&mut self, condition: ExprId, drop: Option<&Dropped>, rows: &Rows<'t>) -> Rows<'t> {
        self.grow(rows, &[], |piece, chosen| {
            let column = piece.machine.column(condition, chosen, &mut piece.block);
            for &row in piece.block.left(chosen, 0).iter() {
                let from = piece.number(row);
                let apart = piece.rows.apart[from as usize];
                match column[row as usize] {
                    Value::Bool(true) => piece.out.push(from, apart),
                    value => piece.fall(drop, value.is_absent(), from, apart),
                }
            }
            piece.count(drop);
            piece.block.give_back(column);
        })
    }

    fn each(&mut self, list: ExprId, slot: u16, position: u16, optional: bool, rows: &Rows<'t>) -> Rows<'t> {
        self.grow(rows, &[slot, position], |piece, chosen| {
            let column = piece.machine.column(list, chosen, &mut piece.block);
            for &row in piece.block.left(chosen, 0).iter() {
                let from = piece.number(row);
                let apart = piece.rows.apart[from as usize];
                let items = match column[row as usize] {
                    Value::List(items) => items,
                    _ => &[],
                };
                if items.is_empty() && optional {
                    piece.out.push_with(from, apart, Value::Absent);
                    piece.out.set[1].push(Value::Absent);
                }
                for (index, item) in items.iter().enumerate() {
                    let about = apart.and(apart_of(&piece.machine, *item));
                    piece.out.push_with(from, about, *item);
                    piece.out.set[1].push(Value::Int(index as i64));
                }
            }
            piece.block.give_back(column);
        })
    }

    fn join(&mut self, on: &On<'_, 't>, optional: bool, drop: Option<&Dropped>, rows: &Rows<'t>) -> Rows<'t> {
        self.grow(rows, &[on.slot], |piece, chosen| {
            let found = piece.candidates(on, chosen);
            let mut found = found.into_iter().peekable();
            for &row in piece.block.left(chosen, 0).iter() {
                let from = piece.number(row);
                let apart = piece.rows.apart[from as usize];
                let mut any = false;
                while let Some((at, candidate)) = found.next_if(|(at, _)| *at <= row) {
                    if at < row {
                        continue;
                    }
                    let candidate = Value::Row(Row { table: on.number, row: candidate });
                    let about = apart_of(&piece.machine, candidate);
                    // What is looked up besides is left out if it leaves nowhere; what the row is about marks the row.
                    if about != Apart::No && optional && apart == Apart::No {
                        continue;
                    }
                    any = true;
                    piece.out.push_with(from, apart.and(about), candidate);
                }
                match (any, optional) {
                    (true, _) => {}
                    (false, true) => piece.out.push_with(from, apart, Value::Absent),
                    (false, false) => piece.fall(drop, false, from, apart),
                }
            }
            piece.count(drop);
        })
    }

    fn with(&mut self, on: &On<'_, 't>, without: bool, drop: Option<&Dropped>, rows: &Rows<'t>) -> Rows<'t> {
        self.grow(rows, &[], |piece, chosen| {
            let mut found = piece.candidates(on, chosen).into_iter().map(|(row, _)| row).peekable();
            for &row in piece.block.left(chosen, 0).iter() {
                let mut any = false;
                while let Some(at) = found.next_if(|at| *at <= row) {
                    any |= at == row;
                }
                let from = piece.number(row);
                let apart = piece.rows.apart[from as usize];
                if any != without { piece.out.push(from, apart) } else { piece.fall(drop, false, from, apart) }
            }
            piece.count(drop);
        })
    }

    /// The rows of the joined table by what they are joined on.
    fn joined(&mut self, record: RecordType, slot: u16, equal: &[(ExprId, ExprId, u32)]) -> Joined {
        let of = (self.set.set, self.step);
        if let Some(joined) = self.joins.as_ref().and_then(|joins| joins.get(&of)) {
            return joined.clone();
        }
        let number = self.machine.number(record);
        let table = self.machine.tables.table(number);
        let rows = table.living().map(|row| Row { table: number, row }).collect::<Vec<_>>();
        let width = usize::from(self.set.frame).max(usize::from(slot) + 1);
        let machine = self.machine.inside(true);
        let is_text = |ty: u32| machine.typed.nodes.types[ty as usize] == Type::Text;
        let numbered = match equal {
            [(_, right, ty)] if is_text(*ty) => Numbered::of(&machine, *right),
            _ => None,
        };
        let (joined, stops) = match numbered {
            Some(numbered) => {
                let (index, stops) = numbers_of_rows(&machine, &rows, slot, width, &numbered, self.arenas);
                (Joined::Numbered(Arc::new(index)), stops)
            }
            None => {
                let sides: Vec<_> = equal.iter().map(|(_, right, ty)| (*right, *ty)).collect();
                let (index, stops) = index_of(&machine, &rows, slot, width, &sides, table.len, self.arenas);
                (Joined::Hashed(Arc::new(index)), stops)
            }
        };
        stops.into_iter().for_each(|(row, stop)| self.fallen.odd(&stop, || table.origin(row)));
        if let Some(joins) = &mut self.joins {
            joins.insert(of, joined.clone());
        }
        joined
    }

    /// What rows are joined with.
    fn on<'e>(
        &mut self,
        index: &'e Joined,
        record: RecordType,
        slot: u16,
        equal: &'e [(ExprId, ExprId, u32)],
        rest: Option<ExprId>,
    ) -> On<'e, 't>
    where
        's: 'e,
    {
        let left = match (index, equal) {
            (Joined::Numbered(index), [(left, ..)]) => {
                Numbered::within(&self.machine, *left, &index.dictionary, &mut self.translated, self.arenas)
            }
            _ => None,
        };
        On { number: self.machine.number(record), slot, equal, rest, index, left }
    }

    fn group(&mut self, keys: &[ExprId], layout: u32, rows: &Rows<'t>) -> Rows<'t> {
        let number = self.machine.tables.layout(layout);
        let slots = self.machine.typed.layouts[layout as usize].slots.len();
        self.fallen.keys_replaced(self.name);
        let numbered = self.key_numbers(keys);
        let mut out = self.none();
        // The rows inside are those whose key could be worked out, in their order.
        let (mut from, mut group_of, mut marks) = (Vec::new(), Vec::new(), Vec::<Apart>::new());
        self.keyed(keys, &[], numbered.as_ref(), rows, |row, group, key, values| {
            let apart = rows.apart[row as usize];
            match marks.get_mut(group as usize) {
                Some(mark) => *mark = (*mark).min(apart),
                None => {
                    marks.push(apart);
                    match &numbered {
                        Some(numbered) => out.slots[0].push_text(numbered.dictionary, key as u32),
                        None => out.slots.iter_mut().zip(values).for_each(|(slot, value)| slot.push(*value)),
                    }
                }
            }
            from.push(row);
            group_of.push(group);
        });
        // A group leaves nowhere only if all its rows do; such rows are left out of the other groups.
        let belongs =
            |row: u32, group: u32| marks[group as usize] != Apart::No || rows.apart[row as usize] == Apart::No;
        let mut ends = vec![0u32; marks.len()];
        for (&row, &group) in from.iter().zip(&group_of) {
            ends[group as usize] += u32::from(belongs(row, group));
        }
        let mut total = 0;
        for end in &mut ends {
            total += std::mem::replace(end, total);
        }
        // The rows of a group stand one after the other.
        let mut members = vec![0u32; total as usize];
        for (&row, &group) in from.iter().zip(&group_of).filter(|(row, group)| belongs(**row, **group)) {
            let end = &mut ends[group as usize];
            members[*end as usize] = row;
            *end += 1;
        }
        drop((from, group_of));
        let lists = Slot::Groups { table: number, ends };
        let done = self.step + 1 == self.set.steps.len();
        out.slots[keys.len()] = if done { lists } else { lists.with_lists(self.arenas.own()) };
        out.apart = marks;
        self.key = (0..keys.len() as u16).map(KeyPart::Slot).collect();
        let mut inner = rows.of(&members, Vec::new());
        inner.slots.truncate(slots);
        self.groups.push((layout, Table::slots(inner.slots, members.len())));
        out
    }

    fn one_per(&mut self, keys: &[ExprId], orders: &[TypedOrder], rows: &Rows<'t>) -> Rows<'t> {
        let types: Vec<&Type> = orders.iter().map(|order| &self.machine.typed.nodes.types[order.ty as usize]).collect();
        self.fallen.keys_replaced(self.name);
        let numbered = self.key_numbers(keys);
        // The best row of each key so far, and what it is ordered by.
        let (mut best, mut marks, mut by) = (Vec::<u32>::new(), Vec::<Apart>::new(), Vec::<Value<'t>>::new());
        let (mut losers, width) = (0u64, orders.len());
        self.keyed(keys, orders, numbered.as_ref(), rows, |row, group, _, values| {
            let (apart, group) = (rows.apart[row as usize], group as usize);
            let Some(&won) = marks.get(group) else {
                best.push(row);
                marks.push(apart);
                by.extend(values);
                return;
            };
            losers += 1;
            let held = &mut by[group * width..(group + 1) * width];
            let better = compare_orders(orders, &types, values, held).is_lt();
            // If one row of a person is protected, the person is: never the unmarked one of two rows alone. A row that
            // is only out of scope says nothing about one that is inside.
            let protects = won.is_protected() || apart.is_protected();
            let inside = !apart.is_outside() && won.is_outside();
            let outside = apart.is_outside() && !won.is_outside();
            if inside || (better && !outside) {
                best[group] = row;
                marks[group] = apart;
                held.copy_from_slice(values);
            }
            if protects {
                marks[group] = marks[group].and(Apart::Protected);
            }
        });
        self.fallen.count(self.name, Reason::NotBest, losers);
        rows.of(&best, marks)
    }

    /// The numbers of the texts of a key that is one text.
    fn key_numbers(&self, keys: &[ExprId]) -> Option<Numbered<'s, 't, 't>> {
        let [key] = keys else { return None };
        (self.machine.typed.nodes.typing(*key).ty == Type::Text).then(|| Numbered::of(&self.machine, *key))?
    }

    /// Goes over the rows whose key can be worked out, in order: `each` gets the row, its group, its key (a hash, or the number of a
    /// text), and the values of the orders, or without orders those of a key that has no numbers.
    fn keyed(
        &mut self,
        keys: &[ExprId],
        orders: &[TypedOrder],
        numbered: Option<&Numbered<'_, '_, 't>>,
        rows: &Rows<'t>,
        mut each: impl FnMut(u32, u32, u128, &[Value<'t>]),
    ) {
        let mut groups = Groups::of(numbered);
        let work = |piece: &mut Piece<'_, 't>, chosen: &[u32]| {
            let machine = piece.machine;
            let column = |expr, piece: &mut Piece<'_, 't>| {
                let left = piece.block.left(chosen, 0);
                machine.column(expr, &left, &mut piece.block)
            };
            let numbers = numbered.map(|numbered| numbered.column(&machine, chosen, &mut piece.block));
            let hashed = if numbers.is_none() { keys } else { &[] };
            let parts: Vec<_> = hashed.iter().map(|&key| column(key, piece)).collect();
            let by: Vec<_> = orders.iter().map(|order| column(order.value, piece)).collect();
            let scratch = Arena::new();
            let mut numbers = numbers.unwrap_or_default().into_iter().peekable();
            for &row in piece.block.left(chosen, 0).iter() {
                while numbers.next_if(|(at, _)| *at < row).is_some() {}
                let mut hasher = Hasher::default();
                for (&key, part) in hashed.iter().zip(&parts) {
                    hasher.value(&machine.typed.nodes.typing(key).ty, part[row as usize], &scratch);
                }
                let number = numbers.next_if(|(at, _)| *at == row).map(|(_, number)| u128::from(number));
                piece.out.from.push(piece.start as u32 + row);
                piece.out.keys.push(number.unwrap_or_else(|| hasher.finish()));
                let values = if orders.is_empty() { &parts } else { &by };
                piece.out.values.extend(values.iter().map(|column| column[row as usize]));
            }
            parts.into_iter().chain(by).for_each(|column| piece.block.give_back(column));
        };
        self.pieces(rows, work, |grown| {
            let width = grown.values.len().checked_div(grown.from.len()).unwrap_or(0);
            for (at, (&row, &key)) in grown.from.iter().zip(&grown.keys).enumerate() {
                each(row, groups.group(key), key, &grown.values[at * width..(at + 1) * width]);
            }
        });
    }
}

impl<'t> Piece<'_, 't> {
    /// Turns to the rows of a block.
    fn begin(&mut self, start: usize, end: usize) {
        self.start = start;
        self.block.begin(end - start, self.rows.slots.len());
        for (number, slot) in self.rows.slots.iter().enumerate().filter(|(_, slot)| !slot.is_unset()) {
            let mut column = self.block.column();
            for (at, value) in column.iter_mut().enumerate() {
                *value = slot.get(start + at);
            }
            self.block.set(number as u16, column);
        }
    }

    /// The number of a row of the block among all rows.
    fn number(&self, row: u32) -> u32 {
        self.start as u32 + row
    }

    /// Tells of the rows of the block that have failed.
    fn failures(&mut self) {
        for (row, stop) in self.block.recover(0) {
            let from = self.number(row);
            let who = self.who(from);
            self.out.fallen.failed(self.name, who, &stop, self.rows.apart[from as usize]);
        }
    }

    /// Finds the rows that are joined to rows of the block: pairs in order of these.
    fn candidates(&mut self, on: &On<'_, 't>, chosen: &[u32]) -> Vec<(u32, u32)> {
        let machine = self.machine;
        let pairs: Vec<(u32, u32)> = match on.index {
            Joined::Hashed(index) => {
                let sides = on.equal.iter().map(|(left, _, ty)| (*left, *ty));
                let hashes = hashes(&machine, sides, chosen, &mut self.block);
                hashes.into_iter().flat_map(|(row, hash)| index.rows(hash).map(move |found| (row, found))).collect()
            }
            Joined::Numbered(index) => {
                let numbers = match &on.left {
                    Some(left) => left.column(&machine, chosen, &mut self.block),
                    None => numbers_of(&machine, on.equal[0].0, &index.dictionary, chosen, &mut self.block),
                };
                numbers
                    .into_iter()
                    .flat_map(|(row, number)| index.rows(number).map(move |found| (row, found)))
                    .collect()
            }
        };
        let Some(rest) = on.rest else { return pairs };
        let (mut fitting, mut open) = (Vec::new(), Vec::new());
        for pair in pairs {
            open.push(pair);
            if open.len() == PAIRS {
                self.fitting(on, rest, &mut open, &mut fitting);
            }
        }
        self.fitting(on, rest, &mut open, &mut fitting);
        fitting
    }

    /// Keeps the pairs for which what else is asked of them holds.
    fn fitting(&mut self, on: &On<'_, 't>, rest: ExprId, open: &mut Vec<(u32, u32)>, fitting: &mut Vec<(u32, u32)>) {
        let width = self.block.variables().max(usize::from(on.slot) + 1);
        let mut inner = Block::new(open.len(), width, self.block.arena());
        for local in 0..self.block.variables() as u16 {
            let values = self.block.variable(local);
            if !values.is_empty() {
                let column = open.iter().map(|(row, _)| values[*row as usize]).collect();
                inner.set(local, column);
            }
        }
        let candidates = open.iter().map(|&(_, row)| Value::Row(Row { table: on.number, row }));
        inner.set(on.slot, candidates.collect());
        let all: Vec<u32> = (0..open.len() as u32).collect();
        let column = self.machine.column(rest, &all, &mut inner);
        for &at in inner.left(&all, 0).iter() {
            if matches!(column[at as usize], Value::Bool(true)) {
                fitting.push(open[at as usize]);
            }
        }
        inner.recover(0).into_iter().for_each(|(at, stop)| self.block.fail(open[at as usize].0, stop));
        open.clear();
    }

    fn fall(&mut self, drop: Option<&Dropped>, undecided: bool, from: u32, apart: Apart) {
        match drop {
            Some(drop) if drop.reject => {
                let key = self.who(from);
                self.out.fallen.rejected(self.name, key, &drop.reason, apart);
            }
            _ => self.fell[usize::from(undecided)] += 1,
        }
    }

    /// Counts the rows of the block that fell without being reported.
    fn count(&mut self, drop: Option<&Dropped>) {
        let [decided, undecided] = std::mem::take(&mut self.fell);
        let fallen = &mut self.out.fallen;
        match drop {
            Some(drop) => fallen.count(self.name, Reason::Skipped(drop.reason.to_string()), decided + undecided),
            None => {
                fallen.count(self.name, Reason::Condition, decided);
                fallen.count(self.name, Reason::Undecided, undecided);
            }
        }
    }

    /// A row that falls, as far as it is known.
    fn who(&self, from: u32) -> Who {
        let frame = self.rows.frame(from as usize);
        let rows = frame.iter().filter_map(|value| match value {
            Value::Row(row) => Some(*row),
            _ => None,
        });
        let origin = rows.into_iter().find_map(|row| super::key::origin(&self.machine, row));
        Who { key: self.key_so_far(&frame), origin }
    }

    /// The key of a row that falls, as far as it is known.
    fn key_so_far(&self, frame: &Frame<'t>) -> Option<String> {
        let mut parts = Vec::new();
        for part in self.key {
            let (KeyPart::Slot(slot) | KeyPart::Position(slot)) = part;
            match frame[*slot as usize] {
                Value::Row(row) => {
                    parts.push(key_text(&self.machine, row, super::key::record_of(&self.machine, row))?);
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

/// How many pairs of rows are looked at together.
const PAIRS: usize = 1024;

/// So many pieces are worked before what came out of them is put together.
const LOT: usize = 64;

/// Rows by what some expressions give for them, each in the variable `slot`; a row for which one is absent is not there. With it the
/// rows in which one failed.
pub(super) fn index_of<'t>(
    machine: &Machine<'_, 't>,
    rows: &[Row],
    slot: u16,
    variables: usize,
    sides: &[(ExprId, u32)],
    all_rows: u32,
    arenas: &'t Arenas,
) -> (Index, Stops) {
    let pieces = machine.side_by_side(arenas, rows.chunks(PIECE), |machine, rows, _| {
        let (mut found, mut stops) = (Vec::new(), Stops::new());
        for rows in rows.chunks(BLOCK) {
            // Nothing that is worked out here is needed after its hash.
            let arena = Arena::new();
            let mut block = Block::new(rows.len(), variables, &arena);
            block.set(slot, rows.iter().map(|row| Value::Row(*row)).collect());
            let chosen: Vec<u32> = (0..rows.len() as u32).collect();
            let hashes = hashes(machine, sides.iter().copied(), &chosen, &mut block);
            found.extend(hashes.into_iter().map(|(at, hash)| (hash, rows[at as usize].row)));
            stops.extend(block.recover(0).into_iter().map(|(at, stop)| (rows[at as usize].row, stop)));
        }
        (found, stops)
    });
    let (mut index, mut stopped) = (Index::of(all_rows), Stops::new());
    for (found, stops) in pieces {
        for (hash, row) in found {
            index.add(hash, row);
        }
        stopped.extend(stops);
    }
    (index, stopped)
}

/// Rows by the numbers of the texts that an expression gives for them, each in the variable `slot`. With it the rows in which it failed.
fn numbers_of_rows<'t>(
    machine: &Machine<'_, 't>,
    rows: &[Row],
    slot: u16,
    variables: usize,
    numbered: &Numbered<'_, '_, 't>,
    arenas: &'t Arenas,
) -> (ByNumber, Stops) {
    let pieces = machine.side_by_side(arenas, rows.chunks(PIECE), |machine, rows, _| {
        let (mut found, mut stops) = (Vec::with_capacity(rows.len()), Stops::new());
        for rows in rows.chunks(BLOCK) {
            let arena = Arena::new();
            let mut block = Block::new(rows.len(), variables, &arena);
            block.set(slot, rows.iter().map(|row| Value::Row(*row)).collect());
            let chosen: Vec<u32> = (0..rows.len() as u32).collect();
            let numbers = numbered.column(machine, &chosen, &mut block);
            found.extend(numbers.into_iter().map(|(at, number)| (rows[at as usize].row, number)));
            stops.extend(block.recover(0).into_iter().map(|(at, stop)| (rows[at as usize].row, stop)));
        }
        (found, stops)
    });
    let (mut all, mut stopped) = (Vec::with_capacity(rows.len()), Stops::new());
    for (found, stops) in pieces {
        all.extend(found);
        stopped.extend(stops);
    }
    (ByNumber::of(numbered.dictionary, all), stopped)
}

/// Rows that have failed, and why.
type Stops = Vec<(u32, Box<Stop>)>;

/// The hashes of what is joined on, for the rows in which no part of it is absent.
pub(super) fn hashes<'a, 't: 'a>(
    machine: &Machine<'_, 't>,
    sides: impl Iterator<Item = (ExprId, u32)>,
    rows: &[u32],
    block: &mut Block<'a>,
) -> Vec<(u32, u128)> {
    let scratch = Arena::new();
    let mut hashers: Vec<Hasher> = Vec::new();
    hashers.resize_with(block.rows(), Hasher::default);
    let mut rows = std::borrow::Cow::Borrowed(rows);
    for (expr, ty) in sides {
        let ty = &machine.typed.nodes.types[ty as usize];
        let column = machine.column(expr, &rows, block);
        rows = block.left(rows, 0);
        if rows.iter().any(|&row| column[row as usize].is_absent()) {
            rows = rows.iter().copied().filter(|&row| !column[row as usize].is_absent()).collect();
        }
        for &row in rows.iter() {
            hashers[row as usize].value(ty, column[row as usize], &scratch);
        }
        block.give_back(column);
    }
    rows.iter().map(|&row| (row, hashers[row as usize].finish())).collect()
}
