//! Calls: functions of the library and of the project, and texts made of pieces.

use super::block::Block;
use super::{Machine, literal_value, operators::push_text};
use crate::check::typed::{ExprId, Node, TypedPiece};
use crate::function::{Absence, Calls, Context, Failure, Function, Need, Run};
use crate::value::Value;
use std::borrow::Cow;

/// No function of the library has more parameters than this.
const MOST: usize = 8;

impl<'m, 't> Machine<'m, 't> {
    /// A call of a function of the library.
    pub(super) fn call<'a>(
        &self,
        id: ExprId,
        function: &'static Function,
        args: &[Option<ExprId>],
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let run = match function.run {
            Run::Pure(run) => run,
            Run::Column(run) => return self.column_call(id, function, run, args, rows, block, out),
            Run::Look(look) => return self.look(id, look, args, rows, block, out),
            Run::Special(_) => {
                return rows.iter().for_each(|&row| block.fail(row, self.stop(id, "this cannot be run yet")));
            }
        };
        let mut values = [Value::Absent; MOST];
        let mut columns: [Vec<Value<'a>>; MOST] = Default::default();
        let mut rows = Cow::Borrowed(rows);
        for (place, param) in function.params.iter().enumerate() {
            let Some(Some(arg)) = args.get(place) else { continue };
            let needed = param.need == Need::Required && function.absence == Absence::Propagates;
            if let Some(value) = self.constant(*arg) {
                values[place] = value;
                continue;
            }
            let mark = block.mark();
            columns[place] = match param.need {
                Need::Rest => self.rest(*arg, function, &mut rows, block, out),
                _ => self.column(*arg, &rows, block),
            };
            rows = block.left(rows, mark);
            if needed {
                rows = present(rows, &columns[place], out);
            }
        }
        let context = Context { arena: block.arena(), as_of: self.as_of };
        let count = function.params.len();
        let varying: Vec<usize> = (0..count).filter(|&place| !columns[place].is_empty()).collect();
        for &row in rows.iter() {
            for &place in &varying {
                values[place] = columns[place][row as usize];
            }
            match run(&context, &values[..count]) {
                Ok(value) => out[row as usize] = value,
                Err(failure) => block.fail(row, self.stop(id, failure.0)),
            }
        }
        columns.into_iter().for_each(|column| block.give_back(column));
    }

    /// A call of a function that works many rows at once: in the places where the results come to stand.
    #[allow(clippy::too_many_arguments)]
    fn column_call<'a>(
        &self,
        id: ExprId,
        function: &'static Function,
        run: for<'c, 'v> fn(&mut Calls<'c, 'v>) -> Result<(), Failure>,
        args: &[Option<ExprId>],
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let Some((Some(first), others)) = args.split_first() else { return };
        let mark = block.mark();
        self.fill(*first, rows, block, out);
        let mut rows = block.left(rows, mark);
        let propagates = function.absence == Absence::Propagates;
        let mut values = [Value::Absent; MOST];
        let mut varying = Vec::new();
        for (place, (arg, param)) in others.iter().zip(&function.params[1..]).enumerate() {
            let Some(arg) = arg else { continue };
            if let Some(value) = self.constant(*arg) {
                values[place + 1] = value;
                continue;
            }
            if propagates && varying.is_empty() {
                rows = Cow::Owned(rows.iter().copied().filter(|&row| !out[row as usize].is_absent()).collect());
            }
            let mark = block.mark();
            let column = self.column(*arg, &rows, block);
            rows = block.left(rows, mark);
            if propagates && param.need == Need::Required {
                rows = present(rows, &column, out);
            }
            varying.push((place + 1, column));
        }
        let context = Context { arena: block.arena(), as_of: self.as_of };
        let mut run = |rows: &[u32], values: &[Value<'a>]| {
            let mut calls = Calls::of(&context, values, rows, out);
            let failure = run(&mut calls).err();
            let failed = calls.failed;
            for (row, failure) in failed {
                block.fail(row, self.stop(id, failure.0));
            }
            if let Some(failure) = failure {
                let asked = rows.iter().filter(|&&row| !(propagates && out[row as usize].is_absent()));
                asked.for_each(|&row| block.fail(row, self.stop(id, failure.0.clone())));
            }
        };
        if varying.is_empty() {
            run(&rows, &values);
        } else {
            for &row in rows.iter() {
                varying.iter().for_each(|(place, column)| values[*place] = column[row as usize]);
                run(&[row], &values);
            }
        }
        varying.into_iter().for_each(|(_, column)| block.give_back(column));
    }

    /// The value of an expression that has the same one in every row, and has one.
    pub(super) fn constant<'a>(&self, id: ExprId) -> Option<Value<'a>>
    where
        't: 'a,
    {
        let value = match self.typed.nodes.node(id) {
            Node::Literal(literal) => literal_value(literal),
            Node::Option(index) => self.options[*index as usize],
            Node::AsOf => Value::Date(self.as_of),
            _ => return None,
        };
        Some(value).filter(|value| !value.is_absent())
    }

    /// The arguments of a rest parameter as one list for each row; absents are kept only by functions that see them. Rows
    /// whose result is absent without a call are taken out.
    fn rest<'a>(
        &self,
        list: ExprId,
        function: &Function,
        rows: &mut Cow<'_, [u32]>,
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) -> Vec<Value<'a>>
    where
        't: 'a,
    {
        let Node::List(items) = self.typed.nodes.node(list) else { return self.column(list, rows, block) };
        let mut columns = Vec::with_capacity(items.len());
        for &item in items.iter() {
            let mark = block.mark();
            let column = self.column(item, rows, block);
            *rows = block.left(std::mem::take(rows), mark);
            if function.absence == Absence::Propagates {
                *rows = present(std::mem::take(rows), &column, out);
            }
            columns.push(column);
        }
        let mut lists = block.column();
        let mut values = Vec::with_capacity(columns.len());
        for &row in rows.iter() {
            values.clear();
            for column in &columns {
                let value = column[row as usize];
                if !(value.is_absent() && function.absence == Absence::LeftOut) {
                    values.push(value);
                }
            }
            lists[row as usize] = Value::List(block.arena().alloc_slice_copy(&values));
        }
        columns.into_iter().for_each(|column| block.give_back(column));
        lists
    }

    /// A call of a function of the project: arguments into variables of its own, then the body.
    pub(super) fn project_call<'a>(
        &self,
        number: u16,
        args: &[Option<ExprId>],
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let function = &self.typed.functions[number as usize];
        let mut own = Block::new(block.rows(), function.frame as usize, block.arena());
        let mut rows = Cow::Borrowed(rows);
        for (place, (arg, param)) in args.iter().zip(&function.params).enumerate() {
            let mark = block.mark();
            let column = match arg {
                Some(arg) => self.column(*arg, &rows, block),
                None => vec![Value::Absent; block.rows()],
            };
            rows = block.left(rows, mark);
            if !param.optional {
                rows = present(rows, &column, out);
            }
            own.set(place as u16, column);
        }
        self.fill(function.body, &rows, &mut own, out);
        own.recover(0).into_iter().for_each(|(row, stop)| block.fail(row, stop));
    }

    /// Texts and values one after the other; absent if one is.
    pub(super) fn interpolate<'a>(
        &self,
        pieces: &'t [TypedPiece],
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let mut rows = Cow::Borrowed(rows);
        let mut columns = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let TypedPiece::Value(value) = piece else { continue };
            let mark = block.mark();
            let column = self.column(*value, &rows, block);
            rows = block.left(rows, mark);
            rows = present(rows, &column, out);
            columns.push(column);
        }
        let mut text = String::new();
        let mut ends = Vec::new();
        for &row in rows.iter() {
            let mut values = columns.iter();
            for piece in pieces {
                match (piece, values.as_slice()) {
                    (TypedPiece::Text(piece), _) => text.push_str(piece),
                    (TypedPiece::Value(_), [column, ..]) => {
                        push_text(&mut text, column[row as usize]);
                        values.next();
                    }
                    (TypedPiece::Value(_), []) => {}
                }
            }
            if ends.is_empty() {
                // The texts of the other rows are about as long.
                text.reserve(text.len() * rows.len());
                ends.reserve_exact(rows.len());
            }
            ends.push((row, text.len()));
        }
        let text = &*block.arena().alloc_str(&text);
        let mut start = 0;
        for (row, end) in ends {
            out[row as usize] = Value::Text(&text[start..end]);
            start = end;
        }
        columns.into_iter().for_each(|column| block.give_back(column));
    }
}

/// The rows that have a value in a column; the result of the others is absent.
fn present<'r, 'a>(rows: Cow<'r, [u32]>, column: &[Value<'a>], out: &mut [Value<'a>]) -> Cow<'r, [u32]> {
    if !rows.iter().any(|&row| column[row as usize].is_absent()) {
        return rows;
    }
    let mut kept = Vec::with_capacity(rows.len());
    for &row in rows.iter() {
        if column[row as usize].is_absent() {
            out[row as usize] = Value::Absent;
        } else {
            kept.push(row);
        }
    }
    Cow::Owned(kept)
}
