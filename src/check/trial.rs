//! Working an expression on values that are tried: constants, functions, tables, conditions. What needs other records, an
//! option or the present right side has no answer here, which is no finding.

use super::checker::Checker;
use super::operators::{arithmetic, capture, compare, contained, literal_value, negate};
use super::presence::Fact;
use super::typed::{ExprId, Node, TypedPiece, children};
use crate::function::{Absence, Context, EXAMPLE_DAY, Function, Need};
use crate::model::{Table, TableId, Unmapped};
use crate::value::{Arena, Type, Value, normal, show};

/// A table with more rows is not searched for a value that is tried.
const MOST_ROWS: usize = 5_000;

/// Why there is no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stop {
    /// It fails with this value.
    Fails,
    /// It cannot be said without data.
    Unknown,
}

/// A value, or why there is none.
pub(super) type Worked<'a> = Result<Value<'a>, Stop>;

/// What stands for the fields that an expression reads.
#[derive(Clone, Debug)]
pub(super) struct Given<'a> {
    /// By the path of the field, with the node where it was found first.
    pub fields: Vec<(ExprId, Option<Fact>, Value<'a>)>,
    /// Parameters, inside a function of the project.
    locals: Option<Vec<Value<'a>>>,
}

impl<'a> Given<'a> {
    /// These fields have these values.
    pub fn of(fields: Vec<(ExprId, Option<Fact>, Value<'a>)>) -> Given<'a> {
        Given { fields, locals: None }
    }

    /// The same with another value for one field.
    pub fn with(&self, leaf: ExprId, value: Value<'a>) -> Given<'a> {
        let mut given = self.clone();
        given.fields.iter_mut().filter(|(known, ..)| *known == leaf).for_each(|field| field.2 = value);
        given
    }
}

impl Checker<'_> {
    /// The fields that an expression reads, each once: paths that begin at its record. With `valued`, only those whose value it
    /// takes, not those that a condition asks. Nothing if it reads something else, or a field of which no value is tried.
    pub(super) fn leaves(&self, expr: ExprId, valued: bool) -> Option<Vec<ExprId>> {
        let mut leaves = Vec::new();
        self.gather_leaves(expr, valued, &mut leaves)?;
        let fact = |leaf: &ExprId| self.fact(*leaf);
        let mut seen: Vec<Option<Fact>> = Vec::new();
        leaves.retain(|leaf| {
            let new = !seen.contains(&fact(leaf));
            seen.push(fact(leaf));
            new
        });
        Some(leaves)
    }

    fn gather_leaves(&self, expr: ExprId, valued: bool, into: &mut Vec<ExprId>) -> Option<()> {
        let node = self.nodes.node(expr);
        match node {
            Node::Field { .. } | Node::RowSlot { .. } | Node::Member { .. } if self.fact(expr).is_some() => {
                into.push(expr);
                return is_tried(&self.nodes.typing(expr).ty).then_some(());
            }
            Node::If(_, then, other) if valued => {
                self.gather_leaves(*then, valued, into)?;
                return self.gather_leaves(*other, valued, into);
            }
            Node::Match { arms, .. } if valued => {
                return arms.iter().try_for_each(|arm| self.gather_leaves(arm.value, valued, into));
            }
            Node::Local(_)
            | Node::Option(_)
            | Node::Field { .. }
            | Node::RowSlot { .. }
            | Node::UnionField { .. }
            | Node::UnionKind { .. }
            | Node::Referrers { .. }
            | Node::Each { .. }
            | Node::Filter { .. }
            | Node::Quantified { .. }
            | Node::Sorted { .. }
            | Node::All(_)
            | Node::ByKey { .. }
            | Node::Linked { .. }
            | Node::Right(_)
            | Node::Allocated(_)
            | Node::Broken => return None,
            _ => {}
        }
        children(node).into_iter().try_for_each(|child| self.gather_leaves(child, valued, into))
    }

    /// Works an expression.
    pub(super) fn work<'a>(&self, expr: ExprId, given: &Given<'a>, arena: &'a Arena) -> Worked<'a> {
        if let Some(value) = self.given(expr, given) {
            return Ok(value);
        }
        let node = self.nodes.node(expr);
        let value = |expr: &ExprId| self.work(*expr, given, arena);
        let all = |exprs: &[ExprId]| exprs.iter().map(value).collect::<Result<Vec<_>, _>>();
        let fails = |result: Result<Value<'a>, &'static str>| result.map_err(|_| Stop::Fails);
        Ok(match node {
            // A literal lives as long as the mapping, a value as long as the arena.
            Node::Literal(literal) => in_arena(literal_value(literal), arena),
            Node::AsOf => Value::Date(EXAMPLE_DAY),
            Node::Local(local) => {
                let known = given.locals.as_ref().and_then(|locals| locals.get(usize::from(*local)));
                *known.ok_or(Stop::Unknown)?
            }
            Node::Member { of, index } => match value(of)? {
                Value::Struct(members) => members.get(usize::from(*index)).copied().unwrap_or(Value::Absent),
                _ => Value::Absent,
            },
            Node::Lookup { table, column, key } => self.look_up(*table, *column, &all(key)?, arena)?,
            Node::Call { function, args } => self.call_with(function, args, given, arena)?,
            Node::ProjectCall { function, args } => {
                let function = &self.functions[usize::from(*function)];
                let args = args.iter().map(|arg| arg.as_ref().map_or(Ok(Value::Absent), value));
                let args = args.collect::<Result<Vec<_>, _>>()?;
                if args.iter().zip(&function.params).any(|(arg, param)| arg.is_absent() && !param.optional) {
                    return Ok(Value::Absent);
                }
                self.work(function.body, &Given { fields: Vec::new(), locals: Some(args) }, arena)?
            }
            Node::Capture { text, pattern } => capture(&self.nodes.patterns[*pattern as usize], value(text)?, arena),
            Node::AllOf(items) => {
                let items = all(items)?.into_iter().flat_map(|item| match item {
                    Value::List(items) => items.to_vec(),
                    item => vec![item],
                });
                Value::List(arena.alloc_slice_copy(&items.filter(|item| !item.is_absent()).collect::<Vec<_>>()))
            }
            Node::List(items) => Value::List(arena.alloc_slice_copy(&all(items)?)),
            Node::Struct(items) => Value::Struct(arena.alloc_slice_copy(&all(items)?)),
            Node::Interpolate(pieces) => self.interpolated_with(pieces, given, arena)?,
            Node::If(condition, then, other) => {
                value(if matches!(value(condition)?, Value::Bool(true)) { then } else { other })?
            }
            Node::Try(tried, otherwise) => match value(tried) {
                Err(Stop::Fails) => value(otherwise)?,
                worked => worked?,
            },
            Node::Match { on, arms } => {
                let on = value(on)?;
                let fits = |arm: &&super::typed::TypedArm| {
                    arm.patterns.is_empty() || arm.patterns.iter().any(|pattern| self.nodes.fits(pattern, on))
                };
                arms.iter().find(fits).map_or(Ok(Value::Absent), |arm| value(&arm.value))?
            }
            Node::Not(of) => match value(of)? {
                Value::Bool(truth) => Value::Bool(!truth),
                _ => Value::Absent,
            },
            Node::Negate(of) => fails(negate(value(of)?))?,
            Node::And(one, other) => connected(value(one)?, value(other)?, false),
            Node::Or(one, other) => connected(value(one)?, value(other)?, true),
            Node::Compare { op, ty, left, right } => {
                compare(*op, &self.nodes.types[*ty as usize], value(left)?, value(right)?)
            }
            Node::In { value: of, list, ty, negated } => {
                contained(&self.nodes.types[*ty as usize], value(of)?, value(list)?, *negated)
            }
            Node::Arithmetic(op, one, other) => fails(arithmetic(*op, value(one)?, value(other)?))?,
            Node::Coalesce(one, other) => match value(one)? {
                Value::Absent => value(other)?,
                there => there,
            },
            Node::IsAbsent { value: of, negated } => Value::Bool(value(of)?.is_absent() != *negated),
            _ => return Err(Stop::Unknown),
        })
    }

    fn given<'a>(&self, expr: ExprId, given: &Given<'a>) -> Option<Value<'a>> {
        if given.fields.is_empty() {
            return None;
        }
        let fact = self.fact(expr);
        let is =
            |(leaf, path, _): &&(ExprId, Option<Fact>, Value<'a>)| *leaf == expr || path.is_some() && *path == fact;
        given.fields.iter().find(is).map(|(.., value)| *value)
    }

    fn interpolated_with<'a>(&self, pieces: &[TypedPiece], given: &Given<'a>, arena: &'a Arena) -> Worked<'a> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                TypedPiece::Text(piece) => text.push_str(piece),
                TypedPiece::Value(value) => match self.work(*value, given, arena)? {
                    Value::Absent => return Ok(Value::Absent),
                    // Writing into memory cannot fail.
                    value => show::write_plain(value, &mut text).unwrap_or_default(),
                },
            }
        }
        Ok(Value::Text(arena.alloc_str(&text)))
    }

    fn call_with<'a>(
        &self,
        function: &Function,
        args: &[Option<ExprId>],
        given: &Given<'a>,
        arena: &'a Arena,
    ) -> Worked<'a> {
        let mut values = Vec::with_capacity(args.len());
        for (param, arg) in function.params.iter().zip(args) {
            let value = arg.map_or(Ok(Value::Absent), |arg| self.work(arg, given, arena))?;
            values.push(match (value, param.need, function.absence) {
                (Value::List(items), Need::Rest, Absence::LeftOut) => {
                    let there: Vec<_> = items.iter().copied().filter(|item| !item.is_absent()).collect();
                    Value::List(arena.alloc_slice_copy(&there))
                }
                (Value::List(items), Need::Rest, Absence::Propagates) if items.iter().any(|item| item.is_absent()) => {
                    return Ok(Value::Absent);
                }
                (Value::Absent, Need::Required, Absence::Propagates) => return Ok(Value::Absent),
                (value, ..) => value,
            });
        }
        run(function, &values, arena)
    }

    fn look_up<'a>(&self, table: TableId, column: u16, key: &[Value<'a>], arena: &'a Arena) -> Worked<'a> {
        let table = self.model.table(table);
        if key.iter().any(|part| part.is_absent()) {
            return Ok(Value::Absent);
        }
        match (found(table, &table.key, key)?, &table.unmapped) {
            (Some(row), _) => cell(table, row, usize::from(column), arena),
            (None, Unmapped::Absent) => Ok(Value::Absent),
            (None, Unmapped::Keeps) => Ok(key.first().copied().unwrap_or(Value::Absent)),
            (None, Unmapped::Gives(text)) => Ok(Value::Text(arena.alloc_str(text))),
            (None, Unmapped::Fails) => Err(Stop::Fails),
        }
    }
}

/// A function of the library on values that are there.
pub(super) fn run<'a>(function: &Function, values: &[Value<'a>], arena: &'a Arena) -> Worked<'a> {
    let outcome = function.run.once(&Context { arena, as_of: EXAMPLE_DAY }, values).ok_or(Stop::Unknown)?;
    outcome.map_err(|_| Stop::Fails)
}

/// The row of a table that has these values in these columns.
pub(super) fn found(table: &Table, columns: &[usize], values: &[Value<'_>]) -> Result<Option<usize>, Stop> {
    if table.rows.len() > MOST_ROWS || !columns.iter().all(|&column| table.columns[column].ty.is_textual()) {
        return Err(Stop::Unknown);
    }
    let has = |row: &Vec<Option<String>>| {
        columns.iter().zip(values).all(|(&column, value)| {
            let cell = row[column].as_deref().map_or(Value::Absent, Value::Text);
            normal::equal(&table.columns[column].ty, cell, *value)
        })
    };
    Ok(table.rows.iter().position(has))
}

/// What stands in a cell of a table.
pub(super) fn cell<'a>(table: &Table, row: usize, column: usize, arena: &'a Arena) -> Worked<'a> {
    match (&table.rows[row][column], &table.columns[column].ty) {
        (None, _) => Ok(Value::Absent),
        (Some(text), ty) => read(ty, arena.alloc_str(text)).ok_or(Stop::Unknown),
    }
}

/// True for types of which values are tried.
fn is_tried(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Decimal | Type::Date | Type::DateTime | Type::Bool) || ty.is_textual()
}

/// A text as a value of a type, where the type is one of those that are tried.
pub(super) fn read<'a>(ty: &Type, text: &'a str) -> Option<Value<'a>> {
    match ty {
        Type::Int => text.parse().ok().map(Value::Int),
        Type::Decimal => text.parse().ok().map(Value::Decimal),
        Type::Date => text.parse().ok().map(Value::Date),
        Type::DateTime => text.parse().ok().map(Value::DateTime),
        Type::Bool => text.parse().ok().map(Value::Bool),
        ty => is_tried(ty).then_some(Value::Text(text)),
    }
}

/// `and` and `or`: one of the two alone can decide; undecided where nothing does.
fn connected<'a>(one: Value<'a>, other: Value<'a>, decides: bool) -> Value<'a> {
    match (one, other) {
        (Value::Bool(truth), _) | (_, Value::Bool(truth)) if truth == decides => Value::Bool(decides),
        (Value::Bool(_), Value::Bool(_)) => Value::Bool(!decides),
        _ => Value::Absent,
    }
}

fn in_arena<'a>(value: Value<'_>, arena: &'a Arena) -> Value<'a> {
    match value {
        Value::Text(text) => Value::Text(arena.alloc_str(text)),
        Value::Bool(truth) => Value::Bool(truth),
        Value::Int(number) => Value::Int(number),
        Value::Decimal(number) => Value::Decimal(number),
        Value::Date(date) => Value::Date(date),
        Value::DateTime(moment) => Value::DateTime(moment),
        Value::Duration(duration) => Value::Duration(duration),
        Value::MonthDay(month, day) => Value::MonthDay(month, day),
        _ => Value::Absent,
    }
}
