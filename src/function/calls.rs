//! Calls of one function in many rows at once.
//!
//! What a function of a value costs besides its work (looking at its arguments, finding room for a text) is paid once for
//! all rows: the further arguments, which mostly are literals, are looked at once, and the texts of all rows are written
//! into one.

use super::arguments::Arguments;
use super::{Context, Failure, Outcome, Run};
use crate::value::Value;

/// Calls of a function in some rows: what its first parameter takes stands in each row, and the result comes to stand there.
/// The further arguments are the same in all of them.
pub struct Calls<'c, 'a> {
    /// What a function may see besides its arguments.
    pub context: &'c Context<'a>,
    /// The arguments by place. What stands at the first place means nothing.
    pub arguments: &'c [Value<'a>],
    rows: &'c [u32],
    values: &'c mut [Value<'a>],
    /// The rows in which it failed, and why.
    pub failed: Vec<(u32, Failure)>,
}

/// What a function made of a value.
pub enum Written<'a> {
    /// This, and it wrote nothing.
    Is(Value<'a>),
    /// The text that it wrote; absent if that is empty.
    Text,
}

impl<'c, 'a> Calls<'c, 'a> {
    /// Calls in some rows of a column.
    pub fn of(
        context: &'c Context<'a>,
        arguments: &'c [Value<'a>],
        rows: &'c [u32],
        values: &'c mut [Value<'a>],
    ) -> Calls<'c, 'a> {
        Calls { context, arguments, rows, values, failed: Vec::new() }
    }

    /// Makes something of every value, absent ones as well.
    pub fn values(&mut self, work: impl Fn(Value<'a>) -> Outcome<'a>) {
        for &row in self.rows {
            let value = &mut self.values[row as usize];
            match work(*value) {
                Ok(result) => *value = result,
                Err(failure) => self.failed.push((row, failure)),
            }
        }
    }

    /// Makes something of every value that is there.
    pub fn present(&mut self, work: impl Fn(Value<'a>) -> Outcome<'a>) {
        self.values(|value| if value.is_absent() { Ok(value) } else { work(value) });
    }

    /// Makes something of every text.
    pub fn texts(&mut self, work: impl Fn(&'a str) -> Value<'a>) {
        for &row in self.rows {
            let value = &mut self.values[row as usize];
            match *value {
                Value::Text(text) => *value = work(text),
                Value::Absent => {}
                other => self.failed.extend([other].text(0).err().map(|failure| (row, failure))),
            }
        }
    }

    /// Writes a text for every text.
    pub fn write_texts(&mut self, work: impl Fn(&'a str, &mut String) -> Written<'a>) {
        self.write(|value, into| match value {
            Value::Text(text) => Ok(work(text, into)),
            other => [other].text(0).map(|_| Written::Text),
        });
    }

    /// Writes a text for every value that is there.
    pub fn write(&mut self, work: impl Fn(Value<'a>, &mut String) -> Result<Written<'a>, Failure>) {
        let mut text = String::new();
        let mut ends: Vec<(u32, usize)> = Vec::new();
        for &row in self.rows {
            let value = &mut self.values[row as usize];
            if value.is_absent() {
                continue;
            }
            match work(*value, &mut text) {
                Ok(Written::Is(result)) => *value = result,
                Ok(Written::Text) => {
                    if ends.is_empty() {
                        ends.reserve_exact(self.rows.len());
                        text.reserve(text.len() * (self.rows.len() - 1));
                    }
                    ends.push((row, text.len()));
                }
                Err(failure) => {
                    text.truncate(ends.last().map_or(0, |(_, end)| *end));
                    self.failed.push((row, failure));
                }
            }
        }
        self.context.cut(&text, &ends, self.values);
    }
}

impl<'a> Context<'a> {
    /// Gives rows their parts of a text in which those of all rows stand one after the other: each row with the end of its
    /// part. An empty part is absent.
    pub fn cut(&self, text: &str, ends: &[(u32, usize)], into: &mut [Value<'a>]) {
        let text = &*self.arena.alloc_str(text);
        let mut start = 0;
        for &(row, end) in ends {
            into[row as usize] = Value::text_or_absent(&text[start..end]);
            start = end;
        }
    }
}

impl Run {
    /// Computes one call; `None` for what the evaluator alone can do.
    pub fn once<'a>(&self, context: &Context<'a>, arguments: &[Value<'a>]) -> Option<Outcome<'a>> {
        match self {
            Run::Pure(run) => Some(run(context, arguments)),
            Run::Column(run) => {
                let mut value = [arguments.at(0)];
                let mut calls = Calls::of(context, arguments, &[0], &mut value);
                let failure = run(&mut calls).err().or_else(|| calls.failed.pop().map(|(_, failure)| failure));
                Some(failure.map_or(Ok(value[0]), Err))
            }
            Run::Look(look) => Some(look.at(arguments.at(0))),
            Run::Special(_) => None,
        }
    }
}
