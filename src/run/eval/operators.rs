//! Operators: logic with undecided conditions, texts of values. What works one value alone, the checks use too.

use super::Machine;
use super::block::Block;
use crate::check::typed::ExprId;
use crate::value::{Value, show};
use std::fmt::Write;

pub use crate::check::operators::{
    arithmetic, capture, compare, contained, equal, literal_value, negate, same_literal,
};

impl<'m, 't> Machine<'m, 't> {
    /// `a and b`: false if one is false; undecided if one is undecided.
    pub(super) fn both<'a>(
        &self,
        left: ExprId,
        right: ExprId,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        self.connected(left, right, false, rows, block, out);
    }

    /// `a or b`: true if one is true; undecided if one is undecided.
    pub(super) fn either<'a>(
        &self,
        left: ExprId,
        right: ExprId,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        self.connected(left, right, true, rows, block, out);
    }

    /// Connects two conditions, where one of them alone can decide: `decides`.
    fn connected<'a>(
        &self,
        left: ExprId,
        right: ExprId,
        decides: bool,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let is = |value: Value<'a>, wanted: bool| matches!(value, Value::Bool(value) if value == wanted);
        let mark = block.mark();
        self.fill(left, rows, block, out);
        let open = block.left(rows, mark);
        let open: Vec<u32> = open.iter().copied().filter(|&row| !is(out[row as usize], decides)).collect();
        let seconds = self.column(right, &open, block);
        for &row in block.left(&open, mark).iter() {
            out[row as usize] = match (out[row as usize], seconds[row as usize]) {
                (_, second) if is(second, decides) => second,
                (first, second) if is(first, !decides) && is(second, !decides) => first,
                _ => Value::Absent,
            };
        }
        block.give_back(seconds);
    }
}

/// Appends a simple value as text: texts as they are, numbers and dates in their plain form.
pub fn push_text(text: &mut impl Write, value: Value<'_>) {
    // Writing into memory cannot fail.
    let _ = match value {
        Value::Text(value) => text.write_str(value),
        value => show::write_plain(value, text),
    };
}
