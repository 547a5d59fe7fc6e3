//! Evaluating expressions: nodes over the columns of a block.
//!
//! A value borrows from the batch that it was read from or from an arena, so nothing is allocated for a field that is only
//! passed on. Absence goes through everything unless an operator says otherwise; a failure stops the expression in its row
//! and says where.

pub mod block;
pub mod operators;
mod calls;
mod records;
mod unread;
pub mod lists;

use super::parallel::Arenas;
use super::table::Table;
use crate::check::TypedMapping;
use crate::check::typed::{ExprId, Literal, Node, TypedArm, TypedPattern};
use crate::model::Model;
use crate::syntax::ast::BinaryOp;
use crate::value::{Arena, EntityId, Row, SetId, Type, Value, normal};
use block::{Block, Column};
use hashbrown::HashMap;
use jiff::civil::Date;
use std::borrow::Cow;
use std::sync::{Arc, Mutex};

pub use operators::{literal_value, push_text};

/// All tables of a stage: entities by their id, then sets, then rows inside groups.
pub struct Tables<'t> {
    /// The tables.
    pub tables: Vec<Arc<Table<'t>>>,
    /// How many entities there are: the number of the first set.
    pub entities: u32,
    /// How many entities and sets there are: the number of the first layout.
    pub layouts: u32,
}

impl<'t> Tables<'t> {
    /// The number of the table of an entity.
    pub fn entity(entity: EntityId) -> u32 {
        entity.0
    }
    /// The number of the table of a set.
    pub fn set(&self, set: SetId) -> u32 {
        self.entities + set.0
    }
    /// The number of the table of the rows of a layout.
    pub fn layout(&self, layout: u32) -> u32 {
        self.layouts + layout
    }
    /// The same tables, with another in the place of one.
    pub fn with(&self, number: u32, table: Arc<Table<'t>>) -> Tables<'t> {
        let mut tables = self.tables.clone();
        tables[number as usize] = table;
        Tables { tables, entities: self.entities, layouts: self.layouts }
    }
    /// A table that is being prepared; nobody shares it yet.
    pub fn change(&mut self, number: u32) -> &mut Table<'t> {
        Arc::get_mut(&mut self.tables[number as usize]).expect("tables are shared only when all of them are prepared")
    }
    /// Puts a table in its place.
    pub fn put(&mut self, number: u32, table: Table<'t>) {
        self.tables[number as usize] = Arc::new(table);
    }
    /// A table by number.
    pub fn table(&self, number: u32) -> &Table<'t> {
        &self.tables[number as usize]
    }
}

/// Why an expression gave no value.
#[derive(Clone, Debug)]
pub struct Stop {
    /// Why; holds no personal data.
    pub why: Cow<'static, str>,
    /// The node that failed.
    pub at: ExprId,
    /// Where the value came from, if it came from data: file and line, and the field.
    pub origin: Option<String>,
    /// If a reference leads to nobody: in which entity, and the key that it names.
    pub nobody: Option<(EntityId, Box<str>)>,
}

/// A value, or why there is none.
pub type Result<'a> = std::result::Result<Value<'a>, Box<Stop>>;

/// Left records as the right records that maps made of them: `(left table, left row, right entity)` to the provisional row.
pub type Links = HashMap<(u32, u32, u32), Linked>;

/// What maps made of a left record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// This row of the right entity's table, made of the record itself.
    Own(u32),
    /// This row, made of a row that brings the record in.
    Brought(u32),
    /// Several different ones: nobody can say which is meant.
    Several,
}

/// What expressions of a stage can see.
#[derive(Clone, Copy)]
pub struct Machine<'m, 't> {
    /// The documents.
    pub model: &'t Model,
    /// The checked mapping.
    pub typed: &'t TypedMapping,
    /// Records and rows.
    pub tables: &'m Tables<'t>,
    /// Values of options.
    pub options: &'t [Value<'t>],
    /// The run's date.
    pub as_of: Date,
    /// What maps made of left records.
    pub links: &'m Links,
    /// The present right record, for `right.x`.
    pub right: Option<Row>,
    /// Look-up tables, by number.
    pub lookups: &'t [super::lookup::Lookup<'t>],
    /// What is odd in the data: warnings by text, with the first place and a count.
    pub odd: &'m Odd,
    /// The system that the records are written to, where this mapping is the last of its route.
    pub target: Option<&'t crate::plan::Target>,
    /// True while rows that leave nowhere are worked on: only then do references lead to such records.
    pub inside: bool,
}

/// Counts what is odd in the data without stopping: wrong check digits, references to nobody.
#[derive(Default)]
pub struct Odd(Mutex<Vec<Oddity>>);

/// What is odd, the first place, and how often.
pub type Oddity = (String, String, u64);

impl Odd {
    /// Counts one: what, and where.
    pub fn add(&self, what: &str, place: impl FnOnce() -> String) {
        self.count(what, place, 1);
    }

    /// Counts what was counted elsewhere.
    pub fn take(&self, others: Odd) {
        for (what, place, count) in others.all() {
            self.count(&what, || place, count);
        }
    }

    fn count(&self, what: &str, place: impl FnOnce() -> String, more: u64) {
        // Whoever panicked while counting has left nothing half done.
        let mut all = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match all.iter_mut().find(|(known, _, _)| known == what) {
            Some((_, _, count)) => *count += more,
            None => all.push((what.to_string(), place(), more)),
        }
    }

    /// All, in order of first appearance.
    pub fn all(&self) -> Vec<Oddity> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

/// The variables of a row.
pub type Frame<'a> = Vec<Value<'a>>;

impl<'m, 't> Machine<'m, 't> {
    /// The same, for rows that leave nowhere (`true`) or for others.
    #[must_use]
    pub fn inside(&self, inside: bool) -> Machine<'m, 't> {
        Machine { inside, ..*self }
    }

    /// Works pieces side by side and gives the results in their order. What is odd in each is counted in their order too.
    pub fn side_by_side<P: Send, R: Send>(
        &self,
        arenas: &'t Arenas,
        pieces: impl ExactSizeIterator<Item = P> + Send,
        work: impl Fn(&Machine<'_, 't>, P, &'t Arena) -> R + Sync,
    ) -> Vec<R> {
        let results = arenas.each(pieces, |piece, arena| {
            let odd = Odd::default();
            (work(&Machine { odd: &odd, ..*self }, piece, arena), odd)
        });
        let counted = |(result, odd)| {
            self.odd.take(odd);
            result
        };
        results.into_iter().map(counted).collect()
    }

    /// The same for results that are handed on in their order, each as soon as it is its turn.
    pub fn in_turn<P: Send, R: Send>(
        &self,
        arenas: &'t Arenas,
        pieces: impl ExactSizeIterator<Item = P> + Send,
        work: impl Fn(&Machine<'_, 't>, P, &'t Arena) -> R + Sync,
        mut take: impl FnMut(R) + Send,
    ) {
        let work = |piece, arena| {
            let odd = Odd::default();
            (work(&Machine { odd: &odd, ..*self }, piece, arena), odd)
        };
        arenas.each_in_turn(pieces, work, |(result, odd)| {
            self.odd.take(odd);
            take(result);
        });
    }

    /// The value of an expression for one row.
    pub fn eval<'a>(&self, id: ExprId, frame: &Frame<'a>, arena: &'a Arena) -> Result<'a>
    where
        't: 'a,
    {
        let mut block = Block::new(1, frame.len(), arena);
        for (number, value) in frame.iter().enumerate().filter(|(_, value)| !value.is_absent()) {
            block.set(number as u16, vec![*value]);
        }
        let mut out = [Value::Absent];
        self.fill(id, &[0], &mut block, &mut out);
        match block.recover(0).pop() {
            Some((_, stop)) => Err(stop),
            None => Ok(out[0]),
        }
    }

    /// The values of an expression for some rows of a block. Look at [`Block::left`] for those that have failed.
    pub fn column<'a>(&self, id: ExprId, rows: &[u32], block: &mut Block<'a>) -> Column<'a>
    where
        't: 'a,
    {
        let mut out = block.column();
        self.fill(id, rows, block, &mut out);
        out
    }

    /// Writes the values of an expression for some rows of a block, none of which has failed, to their places.
    pub fn fill<'a>(&self, id: ExprId, rows: &[u32], block: &mut Block<'a>, out: &mut [Value<'a>])
    where
        't: 'a,
    {
        if rows.is_empty() {
            return;
        }
        let nodes = &self.typed.nodes;
        let arena = block.arena();
        match nodes.node(id) {
            Node::Local(local) => match block.variable(*local) {
                [] => match block.unread(*local) {
                    Some(unread) => unread.read(rows, out, arena),
                    None => all(rows, out, Value::Absent),
                },
                column if rows.len() == column.len() => out.copy_from_slice(column),
                column => rows.iter().for_each(|&row| out[row as usize] = column[row as usize]),
            },
            Node::Literal(literal) => all(rows, out, literal_value(literal)),
            Node::Option(index) => all(rows, out, self.options[*index as usize]),
            Node::AsOf => all(rows, out, Value::Date(self.as_of)),
            Node::Field { of, entity, field } => self.fields(id, *of, *entity, *field, rows, block, out),
            Node::Call { function, args } => self.call(id, function, args, rows, block, out),
            Node::ProjectCall { function, args } => self.project_call(*function, args, rows, block, out),
            Node::Interpolate(pieces) => self.interpolate(pieces, rows, block, out),
            Node::If(condition, then, other) => self.choose(*condition, *then, *other, rows, block, out),
            Node::Match { on, arms } => self.matched(*on, arms, rows, block, out),
            Node::And(left, right) => self.both(*left, *right, rows, block, out),
            Node::Or(left, right) => self.either(*left, *right, rows, block, out),
            Node::RowSlot { of, slot } => self.once(id, rows, block, out, |rows, block, out| {
                self.each_row(*of, rows, block, out, |value| match value {
                    Value::Row(row) => self.tables.table(row.table).slot_value(row.row, *slot, arena),
                    _ => Value::Absent,
                });
            }),
            Node::Member { of, index } => match self.unread(*of, block) {
                Some(unread) => unread.member(*index, rows, out),
                None => self.each_row(*of, rows, block, out, |value| match value {
                    Value::Struct(members) if (*index as usize) < members.len() => members[*index as usize],
                    _ => Value::Absent,
                }),
            },
            Node::IsAbsent { value, negated } => {
                self.each_row(*value, rows, block, out, |value| Value::Bool(value.is_absent() != *negated));
            }
            Node::Not(value) => self.each_row(*value, rows, block, out, |value| match value {
                Value::Bool(value) => Value::Bool(!value),
                _ => Value::Absent,
            }),
            Node::Negate(value) => {
                self.each_try(id, *value, rows, block, out, |value| operators::negate(value));
            }
            Node::UnionKind { of, names } => self.each_row(*of, rows, block, out, |value| {
                let Value::Row(row) = value else { return Value::Absent };
                let name = names.iter().find(|(record, _)| self.number(*record) == row.table);
                name.map_or(Value::Absent, |(_, name)| Value::Text(name))
            }),
            Node::Referrers { of, entity, field } => {
                self.each_row(*of, rows, block, out, |value| self.referrers(value, *entity, *field, arena));
            }
            Node::Try(value, otherwise) => {
                let mark = block.mark();
                self.fill(*value, rows, block, out);
                let failed: Vec<u32> = block.recover(mark).into_iter().map(|(row, _)| row).collect();
                self.fill(*otherwise, &failed, block, out);
            }
            Node::Coalesce(left, right) => {
                let mark = block.mark();
                self.fill(*left, rows, block, out);
                let left = block.left(rows, mark);
                let absent: Vec<u32> = left.iter().copied().filter(|&row| out[row as usize].is_absent()).collect();
                self.fill(*right, &absent, block, out);
            }
            Node::Compare { op, ty, left, right } => {
                let ty = &nodes.types[*ty as usize];
                match (op, ty, self.constant(*right)) {
                    (BinaryOp::Equal | BinaryOp::NotEqual, Type::Text, Some(Value::Text(text))) => {
                        let is = normal::same_text(text);
                        let equal = *op == BinaryOp::Equal;
                        self.each_row(*left, rows, block, out, |left| match left {
                            Value::Text(left) => Value::Bool(is(left) == equal),
                            other => operators::compare(*op, ty, other, Value::Text(text)),
                        });
                    }
                    _ => self.pairs(*left, *right, rows, block, out, |left, right| {
                        Ok(operators::compare(*op, ty, left, right))
                    }),
                }
            }
            Node::In { value, list, ty, negated } => {
                let ty = &nodes.types[*ty as usize];
                self.pairs(*value, *list, rows, block, out, |value, list| {
                    Ok(operators::contained(ty, value, list, *negated))
                });
            }
            Node::Arithmetic(op, left, right) => {
                self.pairs(*left, *right, rows, block, out, |left, right| {
                    operators::arithmetic(*op, left, right).map_err(|why| self.stop(id, why))
                });
            }
            Node::List(items) => self.list(items, rows, block, out, false),
            Node::AllOf(items) => self.list(items, rows, block, out, true),
            Node::Struct(items) => self.structure(items, rows, block, out),
            Node::Each { list, element, body, flatten } => {
                self.each(*list, *element, *body, *flatten, rows, block, out);
            }
            Node::Filter { list, element, condition } => {
                self.filter(*list, *element, *condition, rows, block, out);
            }
            Node::Quantified { list, element, condition, every } => {
                self.quantified(*list, *element, *condition, *every, rows, block, out);
            }
            Node::Sorted { list, element, orders, first } => {
                self.sorted(*list, *element, orders, *first, rows, block, out);
            }
            Node::Capture { text, pattern } => {
                let pattern = &nodes.patterns[*pattern as usize];
                self.each_row(*text, rows, block, out, |text| operators::capture(pattern, text, arena));
            }
            Node::All(record) => {
                let every = self.all(*record, arena);
                all(rows, out, every);
            }
            Node::ByKey { record, key } => self.by_key(id, *record, key, rows, block, out),
            Node::Lookup { table, column, key } => self.lookup(id, *table, *column, key, rows, block, out),
            Node::UnionField { of, fields } => self.union_field(id, *of, fields, rows, block, out),
            Node::Linked { of, entity } => {
                self.each_try(id, *of, rows, block, out, |left| self.linked(id, left, *entity, arena));
            }
            Node::Right(field) => {
                let value = match self.right {
                    Some(row) => self.field(id, Value::Row(row), EntityId(row.table), *field, arena),
                    None => Ok(Value::Absent),
                };
                match value {
                    Ok(value) => all(rows, out, value),
                    Err(stop) => rows.iter().for_each(|&row| block.fail(row, stop.clone())),
                }
            }
            Node::Allocated(_) | Node::Broken => {
                rows.iter().for_each(|&row| block.fail(row, self.stop(id, "this cannot be run yet")));
            }
        }
    }

    /// The structures that an expression stands for, if they were not read yet.
    fn unread<'b, 'a>(&self, id: ExprId, block: &'b Block<'a>) -> Option<&'b unread::Unread<'a>> {
        match self.typed.nodes.node(id) {
            Node::Local(local) => block.unread(*local),
            _ => None,
        }
    }

    /// Works a node that looks at one value, and cannot fail itself.
    fn each_row<'a>(
        &self,
        of: ExprId,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
        work: impl Fn(Value<'a>) -> Value<'a>,
    ) where
        't: 'a,
    {
        let mark = block.mark();
        self.fill(of, rows, block, out);
        for &row in block.left(rows, mark).iter() {
            out[row as usize] = work(out[row as usize]);
        }
    }

    /// Works a node that looks at one value.
    fn each_try<'a, E: IntoStop>(
        &self,
        id: ExprId,
        of: ExprId,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
        work: impl Fn(Value<'a>) -> std::result::Result<Value<'a>, E>,
    ) where
        't: 'a,
    {
        let mark = block.mark();
        self.fill(of, rows, block, out);
        for &row in block.left(rows, mark).iter() {
            match work(out[row as usize]) {
                Ok(value) => out[row as usize] = value,
                Err(why) => block.fail(row, why.into_stop(self, id)),
            }
        }
    }

    /// Works a node that looks at two values.
    fn pairs<'a>(
        &self,
        left: ExprId,
        right: ExprId,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
        work: impl Fn(Value<'a>, Value<'a>) -> Result<'a>,
    ) where
        't: 'a,
    {
        let mark = block.mark();
        self.fill(left, rows, block, out);
        let rows = block.left(rows, mark);
        if let Some(second) = self.constant(right) {
            for &row in rows.iter() {
                match work(out[row as usize], second) {
                    Ok(value) => out[row as usize] = value,
                    Err(stop) => block.fail(row, stop),
                }
            }
            return;
        }
        let seconds = self.column(right, &rows, block);
        for &row in block.left(&*rows, mark).iter() {
            match work(out[row as usize], seconds[row as usize]) {
                Ok(value) => out[row as usize] = value,
                Err(stop) => block.fail(row, stop),
            }
        }
        block.give_back(seconds);
    }

    /// `if`: an undecided condition is not fulfilled.
    fn choose<'a>(
        &self,
        condition: ExprId,
        then: ExprId,
        other: ExprId,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let mark = block.mark();
        self.fill(condition, rows, block, out);
        let left = block.left(rows, mark);
        let mut sides = [Branch::of(self, then, left.len()), Branch::of(self, other, left.len())];
        for &row in left.iter() {
            let value = &mut out[row as usize];
            sides[usize::from(!matches!(value, Value::Bool(true)))].take(row, value);
        }
        sides.into_iter().for_each(|side| self.fill(side.expr, &side.rows, block, out));
    }

    /// `match`: each row goes to the first arm that fits.
    fn matched<'a>(&self, on: ExprId, arms: &'t [TypedArm], rows: &[u32], block: &mut Block<'a>, out: &mut [Value<'a>])
    where
        't: 'a,
    {
        let mark = block.mark();
        self.fill(on, rows, block, out);
        let rows = block.left(rows, mark);
        let mut branches: Vec<Branch<'a>> = arms.iter().map(|arm| Branch::of(self, arm.value, 0)).collect();
        for &row in rows.iter() {
            let value = &mut out[row as usize];
            let fits = |pattern: &TypedPattern| match (pattern, &*value) {
                // Nearly all patterns are words, and nearly all values are one of them.
                (TypedPattern::Literal(Literal::Text(word)), Value::Text(text)) => normal::are_same_texts(word, text),
                _ => self.typed.nodes.fits(pattern, *value),
            };
            match arms.iter().position(|arm| arm.patterns.is_empty() || arm.patterns.iter().any(fits)) {
                Some(arm) => branches[arm].take(row, value),
                None => *value = Value::Absent,
            }
        }
        branches.into_iter().for_each(|branch| self.fill(branch.expr, &branch.rows, block, out));
    }

    /// A failure at a node.
    pub fn stop(&self, at: ExprId, why: impl Into<Cow<'static, str>>) -> Box<Stop> {
        Box::new(Stop { why: why.into(), at, origin: None, nobody: None })
    }
}

/// One side of an `if`, or an arm of a `match`.
struct Branch<'a> {
    /// What is to be worked for its rows.
    expr: ExprId,
    /// The value of that, if it is the same in every row.
    constant: Option<Value<'a>>,
    /// The rows that have no value yet.
    rows: Vec<u32>,
}

impl<'a> Branch<'a> {
    fn of<'t: 'a>(machine: &Machine<'_, 't>, expr: ExprId, rows: usize) -> Branch<'a> {
        let constant = match machine.typed.nodes.node(expr) {
            Node::Literal(Literal::Absent) => Some(Value::Absent),
            _ => machine.constant(expr),
        };
        Branch { expr, constant, rows: Vec::with_capacity(if constant.is_some() { 0 } else { rows }) }
    }

    /// A row goes this way: its value is known, or is to be worked.
    fn take(&mut self, row: u32, value: &mut Value<'a>) {
        match self.constant {
            Some(constant) => *value = constant,
            None => self.rows.push(row),
        }
    }
}

/// What can be said of a failure at a node.
trait IntoStop {
    /// The failure.
    fn into_stop(self, machine: &Machine<'_, '_>, at: ExprId) -> Box<Stop>;
}

impl IntoStop for Box<Stop> {
    fn into_stop(self, _: &Machine<'_, '_>, _: ExprId) -> Box<Stop> {
        self
    }
}

impl IntoStop for &'static str {
    fn into_stop(self, machine: &Machine<'_, '_>, at: ExprId) -> Box<Stop> {
        machine.stop(at, self)
    }
}

/// Gives some rows one value.
fn all<'a>(rows: &[u32], out: &mut [Value<'a>], value: Value<'a>) {
    if rows.len() == out.len() {
        return out.fill(value);
    }
    rows.iter().for_each(|&row| out[row as usize] = value);
}
