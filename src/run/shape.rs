//! Shaping: the rows of a set, step by step.

use super::alike::Alike;
use super::eval::block::{BLOCK, Block};
use super::eval::lists::compare_orders;
use super::eval::{Machine, Stop};
use super::fate::{Fallen, Reason};
use super::key::{ByHash, Hasher};
use super::numbers::{ByNumber, Numbered, Translated};
use super::parallel::Arenas;
use super::pieces::{Grown, Joined, On, Piece, Rows, hashes};
use super::table::{Apart, END, Index, Slot, Table, apart_of, by_inside};
use super::work::large_piece;
use crate::check::typed::{Dropped, ExprId, KeyPart, TypedOrder, TypedSet, TypedStep};
use crate::value::{Arena, RecordType, Row, SetId, Type, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

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
    let mut table = Table::slots(slots(rows.slots, set.layout.slots.len()), count);
    if rows.apart.iter().any(|&apart| apart != Apart::No) {
        table.apart = Some(rows.apart);
    }
    Shaped { table, groups: shaper.groups }
}

/// The first columns of rows.
fn slots<'t>(slots: Vec<Arc<Slot<'t>>>, count: usize) -> Vec<Slot<'t>> {
    slots.into_iter().take(count).map(Arc::unwrap_or_clone).collect()
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
                let on = self.on(&joined, (*record, *slot), equal, *rest, rows);
                let out = self.join(&on, *optional, drop.as_ref(), rows);
                self.key.push(KeyPart::Slot(*slot));
                out
            }
            TypedStep::With { record, slot, equal, rest, without, drop, .. } => {
                let joined = self.joined(*record, *slot, equal);
                let on = self.on(&joined, (*record, *slot), equal, *rest, rows);
                self.with(&on, *without, drop.as_ref(), rows)
            }
            TypedStep::GroupBy { keys, layout } => self.group(keys, *layout, rows),
            TypedStep::OnePer { keys, orders } => self.one_per(keys, orders, rows),
        }
    }

    fn none(&self) -> Rows<'t> {
        let width = usize::from(self.set.frame).max(1);
        Rows { slots: vec![Arc::default(); width], apart: Vec::new() }
    }

    fn from(&mut self, records: &[RecordType]) -> Rows<'t> {
        let (mut rows, mut first) = (self.none(), Slot::default());
        for &record in records {
            let number = self.machine.number(record);
            let table = self.machine.tables.table(number);
            let living = table.all_living();
            match &table.apart {
                None => rows.apart.resize(rows.apart.len() + living.len(), Apart::No),
                Some(apart) => rows.apart.extend(living.iter().map(|&row| apart[row as usize])),
            }
            if !living.is_empty() {
                first.append(Slot::Records { table: number, rows: living });
            }
        }
        rows.slots[0] = Arc::new(first);
        self.key = vec![KeyPart::Slot(0)];
        rows
    }

    /// Goes over all rows, block by block and side by side. `each` gets a block, the numbers of the rows in it that belong
    /// together, and says what comes out of them, which `take` gets in order.
    fn pieces(
        &mut self,
        rows: &Rows<'t>,
        each: impl Fn(&mut Piece<'_, 't>, &[u32]) + Sync,
        mut take: impl FnMut(Grown<'t>) + Send,
    ) {
        let (count, size) = (rows.len(), large_piece(rows.len()));
        let (name, key, fallen) = (self.name, &*self.key, &mut *self.fallen);
        let work = |machine: &Machine<'_, 't>, number: usize, arena| {
            let end = count.min((number + 1) * size);
            let mut piece = Piece::of(*machine, (name, key), rows, end - number * size, arena);
            for start in (number * size..end).step_by(BLOCK) {
                let stop = end.min(start + BLOCK);
                piece.begin(start, stop);
                for (inside, chosen) in by_inside(stop - start, |row| rows.apart[start + row]) {
                    piece.machine.inside = inside;
                    each(&mut piece, &chosen);
                    piece.failures();
                }
            }
            piece.out
        };
        self.machine.in_turn(self.arenas, 0..count.div_ceil(size), work, |mut grown| {
            fallen.add(std::mem::take(&mut grown.fallen));
            take(grown.in_order());
        });
    }

    /// The rows that come out of others, with new values of some variables.
    fn grow(&mut self, rows: &Rows<'t>, set: &[u16], each: impl Fn(&mut Piece<'_, 't>, &[u32]) + Sync) -> Rows<'t> {
        let (mut from, mut apart) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
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
            out.slots[usize::from(number)] = Arc::new(slot);
        }
        out
    }

    fn let_value(&mut self, value: ExprId, slot: u16, rows: &Rows<'t>) -> Rows<'t> {
        let in_key = self.set.key.contains(&KeyPart::Slot(slot));
        let numbered = Numbered::of(&self.machine, value);
        let way = numbered.as_ref().and_then(|numbered| numbered.way(&self.machine, &rows.slots));
        let alike = if numbered.is_none() { self.alike(value, rows) } else { None };
        self.grow(rows, &[slot], |piece, chosen| {
            if let Some(numbered) = &numbered {
                for (row, number) in piece.numbers(numbered, way.as_ref(), chosen) {
                    let from = piece.number(row);
                    piece.out.push(from, piece.rows.apart[from as usize]);
                    piece.out.set[0].push_text(numbered.dictionary, number);
                }
                return;
            }
            let column = piece.column(value, alike.as_ref(), chosen);
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
        let alike = self.alike(condition, rows);
        self.grow(rows, &[], |piece, chosen| {
            let column = piece.column(condition, alike.as_ref(), chosen);
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
            let column = piece.column(list, None, chosen);
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
            match (on.index, &on.left, on.rest) {
                (Joined::Numbered(index), Some(left), None) => {
                    let mut found = piece.numbers(left, on.way.as_ref(), chosen);
                    // First all of them, which lie all over the memory.
                    found.iter_mut().for_each(|(_, number)| *number = index.first(*number));
                    for (row, first) in found {
                        piece.join(on, (optional, drop), row, index.rows_from(first));
                    }
                }
                _ => {
                    let mut found = piece.candidates(on, chosen).into_iter().peekable();
                    for &row in piece.block.left(chosen, 0).iter() {
                        while found.next_if(|(at, _)| *at < row).is_some() {}
                        let of_row = std::iter::from_fn(|| found.next_if(|(at, _)| *at == row).map(|(_, found)| found));
                        piece.join(on, (optional, drop), row, of_row);
                    }
                }
            }
            piece.count(drop);
        })
    }

    /// The values of an expression that asks for one column, for all rows with one text.
    fn alike<'r>(&self, expr: ExprId, rows: &'r Rows<'t>) -> Option<Alike<'r, 't>>
    where
        's: 'r,
    {
        Alike::of(&self.machine, expr, &rows.slots, rows.len(), self.arenas)
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
        let rows = table.all_living().into_iter().map(|row| Row { table: number, row }).collect::<Vec<_>>();
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
        (record, slot): (RecordType, u16),
        equal: &'e [(ExprId, ExprId, u32)],
        rest: Option<ExprId>,
        rows: &'e Rows<'t>,
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
        let way = left.as_ref().and_then(|left: &Numbered<'e, 'e, 't>| left.way(&self.machine, &rows.slots));
        On { number: self.machine.number(record), slot, equal, rest, index, left, way }
    }

    fn group(&mut self, keys: &[ExprId], layout: u32, rows: &Rows<'t>) -> Rows<'t> {
        let number = self.machine.tables.layout(layout);
        let width = self.machine.typed.layouts[layout as usize].slots.len();
        self.fallen.keys_replaced(self.name);
        let numbered = self.key_numbers(keys);
        let (mut out, mut of_keys) = (self.none(), vec![Slot::default(); keys.len()]);
        // The rows inside are those whose key could be worked out, in their order.
        let (mut from, mut group_of, mut marks) = (Vec::new(), Vec::new(), Vec::<Apart>::new());
        self.keyed(keys, &[], numbered.as_ref(), rows, |row, group, key, values| {
            let apart = rows.apart[row as usize];
            match marks.get_mut(group as usize) {
                Some(mark) => *mark = (*mark).min(apart),
                None => {
                    marks.push(apart);
                    match &numbered {
                        Some(numbered) => of_keys[0].push_text(numbered.dictionary, key as u32),
                        None => of_keys.iter_mut().zip(values).for_each(|(slot, value)| slot.push(*value)),
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
        let lists = if done { lists } else { lists.with_lists(self.arenas.own()) };
        out.slots.iter_mut().zip(of_keys.into_iter().chain([lists])).for_each(|(slot, of)| *slot = Arc::new(of));
        out.apart = marks;
        self.key = (0..keys.len() as u16).map(KeyPart::Slot).collect();
        let inner = rows.of(&members, Vec::new());
        self.groups.push((layout, Table::slots(slots(inner.slots, width), members.len())));
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
        mut each: impl FnMut(u32, u32, u128, &[Value<'t>]) + Send,
    ) {
        let mut groups = Groups::of(numbered);
        let way = numbered.and_then(|numbered| numbered.way(&self.machine, &rows.slots));
        let alikes: Vec<_> = orders.iter().map(|order| self.alike(order.value, rows)).collect();
        let work = |piece: &mut Piece<'_, 't>, chosen: &[u32]| {
            let machine = piece.machine;
            let column = |expr, alike: Option<&Alike<'_, 't>>, piece: &mut Piece<'_, 't>| {
                let left = piece.block.left(chosen, 0);
                piece.column(expr, alike, &left)
            };
            let numbers = numbered.map(|numbered| piece.numbers(numbered, way.as_ref(), chosen));
            let hashed = if numbers.is_none() { keys } else { &[] };
            let parts: Vec<_> = hashed.iter().map(|&key| column(key, None, piece)).collect();
            let by = orders.iter().zip(&alikes).map(|(order, alike)| column(order.value, alike.as_ref(), piece));
            let by: Vec<_> = by.collect();
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
    let pieces = machine.side_by_side(arenas, rows.chunks(large_piece(rows.len())), |machine, rows, _| {
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
    let pieces = machine.side_by_side(arenas, rows.chunks(large_piece(rows.len())), |machine, rows, _| {
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
