//! Evaluating expressions: nodes over the variables of a row.
//!
//! A value borrows from the batch that it was read from or from the arena of the chunk, so nothing is allocated for a
//! field that is only passed on. Absence goes through everything unless an operator says otherwise; a failure stops the
//! expression and says where.

pub mod operators;
mod records;
pub mod lists;

use super::table::Table;
use crate::check::TypedMapping;
use crate::check::typed::{ExprId, Literal, Node, TypedPattern, TypedPiece};
use crate::function::{Absence, Context, Function, Need, Run};
use crate::model::Model;
use crate::value::{Arena, EntityId, Row, SetId, Value};
use hashbrown::HashMap;
use jiff::civil::Date;
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

pub use operators::push_text;

/// All tables of a stage: entities by their id, then sets, then rows inside groups.
pub struct Tables<'t> {
    /// The tables.
    pub tables: Vec<Rc<Table<'t>>>,
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
    pub fn with(&self, number: u32, table: Rc<Table<'t>>) -> Tables<'t> {
        let mut tables = self.tables.clone();
        tables[number as usize] = table;
        Tables { tables, entities: self.entities, layouts: self.layouts }
    }
    /// A table that is being prepared; nobody shares it yet.
    pub fn change(&mut self, number: u32) -> &mut Table<'t> {
        Rc::get_mut(&mut self.tables[number as usize]).expect("tables are shared only when all of them are prepared")
    }
    /// Puts a table in its place.
    pub fn put(&mut self, number: u32, table: Table<'t>) {
        self.tables[number as usize] = Rc::new(table);
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
    /// True while a row that leaves nowhere is worked on: only then do references lead to such records.
    pub inside: std::cell::Cell<bool>,
}

/// Counts what is odd in the data without stopping: wrong check digits, references to nobody.
#[derive(Default)]
pub struct Odd(RefCell<Vec<(String, String, u64)>>);

impl Odd {
    /// Counts one: what, and where.
    pub fn add(&self, what: &str, place: impl FnOnce() -> String) {
        let mut all = self.0.borrow_mut();
        match all.iter_mut().find(|(known, _, _)| known == what) {
            Some((_, _, count)) => *count += 1,
            None => all.push((what.to_string(), place(), 1)),
        }
    }
    /// All, in order of first appearance: what, the first place, how often.
    pub fn all(&self) -> Vec<(String, String, u64)> {
        self.0.borrow().clone()
    }
}

/// The variables of a row.
pub type Frame<'a> = Vec<Value<'a>>;

impl<'m, 't> Machine<'m, 't> {
    /// The value of an expression.
    pub fn eval<'a>(&self, id: ExprId, frame: &mut Frame<'a>, arena: &'a Arena) -> Result<'a>
    where
        't: 'a,
    {
        let nodes = &self.typed.nodes;
        match nodes.node(id) {
            Node::Local(local) => Ok(frame[*local as usize]),
            Node::Field { of, entity, field } => {
                let record = self.eval(*of, frame, arena)?;
                self.field(id, record, *entity, *field, arena)
            }
            Node::Literal(literal) => Ok(literal_value(literal)),
            Node::Option(index) => Ok(self.options[*index as usize]),
            Node::AsOf => Ok(Value::Date(self.as_of)),
            Node::Call { function, args } => self.call(id, function, args, frame, arena),
            Node::If(condition, then, other) => match self.eval(*condition, frame, arena)? {
                Value::Bool(true) => self.eval(*then, frame, arena),
                // An undecided condition is not fulfilled.
                _ => self.eval(*other, frame, arena),
            },
            Node::Interpolate(pieces) => self.interpolate(pieces, frame, arena),
            node => self.other(id, node, frame, arena),
        }
    }

    /// The value of an expression that is not one of the most frequent. Apart, so that these need little room on the stack.
    #[inline(never)]
    fn other<'a>(&self, id: ExprId, node: &'t Node, frame: &mut Frame<'a>, arena: &'a Arena) -> Result<'a>
    where
        't: 'a,
    {
        let nodes = &self.typed.nodes;
        match node {
            Node::RowSlot { of, slot } => match self.eval(*of, frame, arena)? {
                Value::Row(row) => Ok(self.tables.table(row.table).slot(row.row, *slot)),
                _ => Ok(Value::Absent),
            },
            Node::Member { of, index } => match self.eval(*of, frame, arena)? {
                Value::Struct(members) => Ok(members.get(*index as usize).copied().unwrap_or(Value::Absent)),
                _ => Ok(Value::Absent),
            },
            Node::Try(value, otherwise) => match self.eval(*value, frame, arena) {
                Ok(value) => Ok(value),
                Err(_) => self.eval(*otherwise, frame, arena),
            },
            Node::Coalesce(left, right) => match self.eval(*left, frame, arena)? {
                Value::Absent => self.eval(*right, frame, arena),
                value => Ok(value),
            },
            Node::IsAbsent { value, negated } => {
                Ok(Value::Bool(self.eval(*value, frame, arena)?.is_absent() != *negated))
            }
            Node::Match { on, arms } => {
                let on = self.eval(*on, frame, arena)?;
                let arm = arms
                    .iter()
                    .find(|arm| arm.patterns.is_empty() || arm.patterns.iter().any(|pattern| self.fits(pattern, on)));
                arm.map_or(Ok(Value::Absent), |arm| self.eval(arm.value, frame, arena))
            }
            Node::Not(value) => Ok(match self.eval(*value, frame, arena)? {
                Value::Bool(value) => Value::Bool(!value),
                _ => Value::Absent,
            }),
            Node::And(left, right) => self.both(*left, *right, frame, arena),
            Node::Or(left, right) => self.either(*left, *right, frame, arena),
            Node::Compare { op, ty, left, right } => {
                let (left, right) = (self.eval(*left, frame, arena)?, self.eval(*right, frame, arena)?);
                Ok(operators::compare(*op, &nodes.types[*ty as usize], left, right))
            }
            Node::In { value, list, ty, negated } => {
                let (value, list) = (self.eval(*value, frame, arena)?, self.eval(*list, frame, arena)?);
                Ok(operators::contained(&nodes.types[*ty as usize], value, list, *negated))
            }
            Node::Arithmetic(op, left, right) => {
                let (left, right) = (self.eval(*left, frame, arena)?, self.eval(*right, frame, arena)?);
                operators::arithmetic(*op, left, right).map_err(|why| self.stop(id, why))
            }
            Node::Negate(value) => {
                let value = self.eval(*value, frame, arena)?;
                operators::negate(value).map_err(|why| self.stop(id, why))
            }
            Node::List(items) => self.list(items, frame, arena, false),
            Node::AllOf(items) => self.list(items, frame, arena, true),
            Node::Struct(items) => {
                let mut values = bumpalo::collections::Vec::with_capacity_in(items.len(), arena);
                for &item in items.iter() {
                    values.push(self.eval(item, frame, arena)?);
                }
                Ok(Value::Struct(values.into_bump_slice()))
            }
            Node::Each { list, element, body, flatten } => self.each(*list, *element, *body, *flatten, frame, arena),
            Node::Filter { list, element, condition } => self.filter(*list, *element, *condition, frame, arena),
            Node::Quantified { list, element, condition, every } => {
                self.quantified(*list, *element, *condition, *every, frame, arena)
            }
            Node::Sorted { list, element, orders, first } => self.sorted(*list, *element, orders, *first, frame, arena),
            Node::All(record) => Ok(self.all(*record, arena)),
            Node::ByKey { record, key } => self.by_key(id, *record, key, frame, arena),
            Node::Lookup { table, column, key } => self.lookup(id, *table, *column, key, frame, arena),
            Node::Capture { text, pattern } => self.capture(*text, *pattern, frame, arena),
            Node::ProjectCall { function, args } => self.project_call(*function, args, frame, arena),
            Node::UnionField { of, fields } => {
                let record = self.eval(*of, frame, arena)?;
                let Value::Row(row) = record else { return Ok(Value::Absent) };
                match fields.iter().find(|(entity, _)| Tables::entity(*entity) == row.table) {
                    Some((entity, field)) => self.field(id, record, *entity, *field, arena),
                    None => Ok(Value::Absent),
                }
            }
            Node::UnionKind { of, names } => {
                let Value::Row(row) = self.eval(*of, frame, arena)? else { return Ok(Value::Absent) };
                let name = names.iter().find(|(record, _)| self.number(*record) == row.table);
                Ok(name.map_or(Value::Absent, |(_, name)| Value::Text(name)))
            }
            Node::Referrers { of, entity, field } => {
                let record = self.eval(*of, frame, arena)?;
                Ok(self.referrers(record, *entity, *field, arena))
            }
            Node::Linked { of, entity } => {
                let left = self.eval(*of, frame, arena)?;
                self.linked(id, left, *entity, arena)
            }
            Node::Right(field) => match self.right {
                Some(row) => self.field(id, Value::Row(row), EntityId(row.table), *field, arena),
                None => Ok(Value::Absent),
            },
            Node::Local(_)
            | Node::Field { .. }
            | Node::Literal(_)
            | Node::Option(_)
            | Node::AsOf
            | Node::Call { .. }
            | Node::If(..)
            | Node::Interpolate(_) => self.eval(id, frame, arena),
            Node::Allocated(_) | Node::Broken => Err(self.stop(id, "this cannot be run yet")),
        }
    }

    /// A failure at a node.
    pub fn stop(&self, at: ExprId, why: impl Into<Cow<'static, str>>) -> Box<Stop> {
        Box::new(Stop { why: why.into(), at, origin: None, nobody: None })
    }

    fn fits(&self, pattern: &TypedPattern, value: Value<'_>) -> bool {
        match pattern {
            TypedPattern::Absent => value.is_absent(),
            TypedPattern::Like(number) => {
                value.as_text().is_some_and(|text| self.typed.nodes.patterns[*number as usize].is_match(text))
            }
            TypedPattern::Literal(literal) => operators::same_literal(literal, value),
        }
    }

    #[inline(never)]
    fn call<'a>(
        &self,
        id: ExprId,
        function: &'static Function,
        args: &[Option<ExprId>],
        frame: &mut Frame<'a>,
        arena: &'a Arena,
    ) -> Result<'a>
    where
        't: 'a,
    {
        // No function of the library has more parameters than this.
        let mut values = [Value::Absent; 8];
        for (index, param) in function.params.iter().enumerate() {
            if let Some(Some(arg)) = args.get(index) {
                values[index] = match param.need {
                    Need::Rest => self.rest(*arg, function, frame, arena)?,
                    _ => self.eval(*arg, frame, arena)?,
                };
            }
            let needed = param.need == Need::Required && function.absence == Absence::Propagates;
            if needed && values[index].is_absent() {
                return Ok(Value::Absent);
            }
        }
        let Run::Pure(run) = function.run else { return Err(self.stop(id, "this cannot be run yet")) };
        let context = Context { arena, as_of: self.as_of };
        run(&context, &values[..function.params.len()]).map_err(|failure| self.stop(id, failure.0))
    }

    /// The arguments of a rest parameter as one list; absents are kept only by functions that see them.
    fn rest<'a>(&self, list: ExprId, function: &Function, frame: &mut Frame<'a>, arena: &'a Arena) -> Result<'a>
    where
        't: 'a,
    {
        let Node::List(items) = self.typed.nodes.node(list) else { return self.eval(list, frame, arena) };
        let mut values = bumpalo::collections::Vec::with_capacity_in(items.len(), arena);
        for &item in items.iter() {
            let value = self.eval(item, frame, arena)?;
            match (value, function.absence) {
                (Value::Absent, Absence::LeftOut) => {}
                (Value::Absent, Absence::Propagates) => return Ok(Value::Absent),
                (value, _) => values.push(value),
            }
        }
        Ok(Value::List(values.into_bump_slice()))
    }

    fn project_call<'a>(
        &self,
        number: u16,
        args: &[Option<ExprId>],
        frame: &mut Frame<'a>,
        arena: &'a Arena,
    ) -> Result<'a>
    where
        't: 'a,
    {
        let function = &self.typed.functions[number as usize];
        let mut own: Frame<'a> = Vec::with_capacity(function.frame as usize);
        for (arg, param) in args.iter().zip(&function.params) {
            let value = match arg {
                Some(arg) => self.eval(*arg, frame, arena)?,
                None => Value::Absent,
            };
            if value.is_absent() && !param.optional {
                return Ok(Value::Absent);
            }
            own.push(value);
        }
        own.resize(function.frame as usize, Value::Absent);
        self.eval(function.body, &mut own, arena)
    }

    #[inline(never)]
    fn interpolate<'a>(&self, pieces: &'t [TypedPiece], frame: &mut Frame<'a>, arena: &'a Arena) -> Result<'a>
    where
        't: 'a,
    {
        let mut text = bumpalo::collections::String::new_in(arena);
        for piece in pieces {
            match piece {
                TypedPiece::Text(piece) => text.push_str(piece),
                TypedPiece::Value(value) => {
                    let value = self.eval(*value, frame, arena)?;
                    if value.is_absent() {
                        return Ok(Value::Absent);
                    }
                    push_text(&mut text, value);
                }
            }
        }
        Ok(Value::Text(text.into_bump_str()))
    }
}

/// A literal as a value.
pub fn literal_value(literal: &Literal) -> Value<'_> {
    match literal {
        Literal::Absent => Value::Absent,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Decimal(value) => Value::Decimal(*value),
        Literal::Text(text) => Value::Text(text),
        Literal::Duration(value) => Value::Duration(*value),
        Literal::Date(value) => Value::Date(*value),
        Literal::MonthDay(month, day) => Value::MonthDay(*month, *day),
    }
}
