//! Which text stands in which column of a table that is written: fields in columns, lists in several columns or in one.

use crate::adapter::Rows as RowSource;
use crate::protocol::ListForm;
use crate::protocol::files::Column;
use serde_json::Value;
use std::borrow::Cow;

/// The columns of a table.
#[derive(Debug)]
pub struct Grid {
    /// Their names.
    pub names: Vec<String>,
    sources: Vec<Source>,
}

/// Where the text of a column comes from.
#[derive(Clone, Debug)]
enum Source {
    /// Nothing lies there.
    Nothing,
    /// The text of a slot.
    Slot(usize),
    /// An element of a list.
    Item(usize, usize),
    /// All elements of a list, with this text between them.
    Joined(usize, String),
}

/// Rows that had to be kept until the widest list was known, or rows as they come.
pub enum Kept<'r> {
    /// As they come.
    Streamed(&'r mut dyn RowSource),
    /// Kept: the rows, and the next one.
    Rows(Vec<Vec<Option<String>>>, usize),
}

impl Kept<'_> {
    /// The next row.
    pub fn next(&mut self) -> Option<&[Option<String>]> {
        match self {
            Kept::Streamed(rows) => rows.next(),
            Kept::Rows(rows, next) => {
                *next += 1;
                rows.get(*next - 1).map(Vec::as_slice)
            }
        }
    }
}

impl Grid {
    /// The columns of a call: those that it lists, else all fields in their order.
    pub fn of<'r>(slots: &[Column], listed: Option<&[String]>, rows: &'r mut dyn RowSource) -> (Grid, Kept<'r>) {
        let wide = |slot: &Column| matches!(slot.list, ListForm::Wide(_));
        let rows = match listed.is_none() && slots.iter().any(wide) {
            false => Kept::Streamed(rows),
            true => {
                let mut kept = Vec::new();
                while let Some(row) = rows.next() {
                    kept.push(row.to_vec());
                }
                Kept::Rows(kept, 0)
            }
        };
        let grid = match listed {
            Some(names) => {
                Grid { names: names.to_vec(), sources: names.iter().map(|name| source(slots, name)).collect() }
            }
            None => all(slots, &rows),
        };
        (grid, rows)
    }

    /// The texts of a row, by column.
    pub fn cells<'a>(&'a self, row: &'a [Option<String>]) -> impl Iterator<Item = Option<Cow<'a, str>>> {
        self.sources.iter().map(|source| {
            let text = |slot: &usize| row.get(*slot).and_then(Option::as_deref);
            match source {
                Source::Nothing => None,
                Source::Slot(slot) => text(slot).map(Cow::Borrowed),
                Source::Item(slot, index) => {
                    text(slot).and_then(|list| items(list).into_iter().nth(*index)).map(Cow::Owned)
                }
                Source::Joined(slot, between) => {
                    text(slot).map(items).filter(|items| !items.is_empty()).map(|items| Cow::Owned(items.join(between)))
                }
            }
        })
    }
}

fn source(slots: &[Column], name: &str) -> Source {
    for (index, slot) in slots.iter().enumerate() {
        match &slot.list {
            ListForm::None if slot.at == name => return Source::Slot(index),
            ListForm::Joined(between) if slot.at == name => return Source::Joined(index, between.clone()),
            ListForm::Wide(wide) => {
                if let Some(item) = wide.index(name) {
                    return Source::Item(index, item as usize);
                }
            }
            _ => {}
        }
    }
    Source::Nothing
}

fn all(slots: &[Column], rows: &Kept<'_>) -> Grid {
    let mut grid = Grid { names: Vec::new(), sources: Vec::new() };
    for (index, slot) in slots.iter().enumerate() {
        match &slot.list {
            ListForm::None => grid.add(slot.at.clone(), Source::Slot(index)),
            ListForm::Joined(between) => grid.add(slot.at.clone(), Source::Joined(index, between.clone())),
            ListForm::Wide(wide) => {
                let longest = match rows {
                    Kept::Rows(rows, _) => {
                        rows.iter().map(|row| row[index].as_deref().map_or(0, |list| items(list).len())).max()
                    }
                    Kept::Streamed(_) => None,
                };
                let columns = (longest.unwrap_or(0) as u32).clamp(wide.min.min(wide.max), wide.max);
                for column in 0..columns {
                    grid.add(wide.name(column), Source::Item(index, column as usize));
                }
            }
        }
    }
    grid
}

impl Grid {
    fn add(&mut self, name: String, source: Source) {
        self.names.push(name);
        self.sources.push(source);
    }
}

/// The elements of a list, which is given as JSON.
fn items(list: &str) -> Vec<String> {
    match serde_json::from_str(list) {
        Ok(Value::Array(items)) => items.into_iter().filter_map(text).collect(),
        _ => Vec::new(),
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}
