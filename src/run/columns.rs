//! The values of made records, field by field.
//!
//! Most fields of most mappings are fields of another system under another name. Their values are not copied: a column says in
//! which field of the left records they stand.

use super::make::State;
use super::table::{Rows, Table};
use crate::adapter::{Batch, Cell};
use crate::plan;
use crate::value::Value;
use std::sync::Arc;

/// The values of some records, and what is known of each.
#[derive(Default)]
pub struct Columns<'t> {
    rows: usize,
    columns: Vec<Column<'t>>,
    lender: Option<Lender<'t>>,
}

/// The values of a field.
enum Column<'t> {
    /// Nobody says anything of it.
    Unset,
    /// Values of any kind.
    Given(Vec<Value<'t>>, Vec<State>),
    /// The texts of a field of the lender, with the state of a text and that of none.
    Lent { field: u16, text: State, none: State },
}

/// The left records, one for each record.
struct Lender<'t> {
    table: Arc<Table<'t>>,
    /// Their rows; none if these are all rows of the table, in order.
    rows: Option<Vec<u32>>,
}

/// Where the values of a field of some rows go. There is no place where nobody says anything of the field.
#[derive(Default)]
pub struct Places<'p, 't> {
    /// The values.
    pub values: &'p mut [Value<'t>],
    /// Their states.
    pub states: &'p mut [State],
}

impl<'t> Columns<'t> {
    /// Of so many records, of whose fields nobody says anything so far.
    pub fn new(rows: usize, width: usize) -> Columns<'t> {
        Columns { rows, columns: (0..width).map(|_| Column::Unset).collect(), lender: None }
    }

    /// Of values that stand record by record.
    pub fn of_records(width: usize, values: &[Value<'t>]) -> Columns<'t> {
        let rows = values.len().checked_div(width).unwrap_or(0);
        let column = |field| values.iter().skip(field).step_by(width).copied().collect();
        let given = |field| Column::Given(column(field), vec![State::SET; rows]);
        Columns { rows, columns: (0..width).map(given).collect(), lender: None }
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// How many fields a record has.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// A value.
    #[inline(always)]
    pub fn value(&self, row: usize, field: usize) -> Value<'t> {
        match &self.columns[field] {
            Column::Given(values, _) => values[row],
            Column::Unset => Value::Absent,
            Column::Lent { field, .. } => self.lent(row, *field),
        }
    }

    #[inline(never)]
    fn lent(&self, row: usize, field: u16) -> Value<'t> {
        self.lender.as_ref().map_or(Value::Absent, |lender| lender.table.record(lender.row(row)).text(field))
    }

    /// The values of a record and what is known of each, field by field.
    pub fn record(&self, row: usize) -> impl Iterator<Item = (Value<'t>, State)> + '_ {
        // The left record is looked for once for all fields.
        let left = self.lender.as_ref().map(|lender| lender.table.record(lender.row(row)));
        self.columns.iter().map(move |column| match column {
            Column::Unset => (Value::Absent, State::default()),
            Column::Given(values, states) => (values[row], states[row]),
            Column::Lent { field, text, none } => match left.as_ref().map(|left| left.text(*field)) {
                Some(value) if !value.is_absent() => (value, *text),
                _ => (Value::Absent, *none),
            },
        })
    }

    /// What is known of a value.
    pub fn state(&self, row: usize, field: usize) -> State {
        match &self.columns[field] {
            Column::Unset => State::default(),
            Column::Given(_, states) => states[row],
            Column::Lent { text, none, .. } => *if self.value(row, field).is_absent() { none } else { text },
        }
    }

    /// The slots in which the values of some fields stand, if all of them are lent by rows as they were read.
    pub fn slots(&self, fields: impl Iterator<Item = usize>) -> Option<Vec<usize>> {
        let Rows::Wire { columns, .. } = &self.lender.as_ref()?.table.rows else { return None };
        let slot = |field: usize| match &self.columns[field] {
            Column::Lent { field, .. } => columns[usize::from(*field)].as_ref().map(|column| column.slot),
            _ => None,
        };
        fields.map(slot).collect()
    }

    /// What stands in some slots of the record that lends those of this one; see [`Batch::line`].
    pub fn line(&self, row: usize, slots: &[usize], separator: u8) -> Option<&[u8]> {
        let lender = self.lender.as_ref()?;
        let (batch, row) = lender.table.place(lender.row(row), &mut 0);
        batch.line(row, slots, separator)
    }

    /// The values of a field in order of rows, if they stand like this somewhere.
    pub fn given(&self, field: usize) -> Option<&[Value<'t>]> {
        match &self.columns[field] {
            Column::Given(values, _) => Some(values),
            Column::Lent { field, .. } => {
                let lender = self.lender.as_ref().filter(|lender| lender.rows.is_none())?;
                let Rows::Made(columns) = &lender.table.rows else { return None };
                columns.given(usize::from(*field))
            }
            Column::Unset => None,
        }
    }

    /// True if something holds of all values of a field.
    pub fn all(&self, field: usize, mut holds: impl FnMut(Value<'t>) -> bool) -> bool {
        match &self.columns[field] {
            Column::Given(values, _) => values.iter().all(|value| holds(*value)),
            Column::Unset => self.rows == 0 || holds(Value::Absent),
            Column::Lent { field, .. } => match &self.lender {
                Some(Lender { table, rows: None }) => table.all_texts(*field, holds),
                _ => (0..self.rows).all(|row| holds(self.lent(row, *field))),
            },
        }
    }

    /// True if a field has texts alone, or nothing.
    pub fn are_texts(&self, field: usize) -> bool {
        match &self.columns[field] {
            Column::Given(values, _) => values.iter().all(|value| matches!(value, Value::Text(_) | Value::Absent)),
            Column::Unset | Column::Lent { .. } => true,
        }
    }

    /// Makes room for the values of a field.
    pub fn expect(&mut self, field: usize) {
        if matches!(self.columns[field], Column::Unset) {
            self.columns[field] = Column::Given(vec![Value::Absent; self.rows], vec![State::default(); self.rows]);
        } else if let Column::Lent { .. } = self.columns[field] {
            let values = (0..self.rows).map(|row| self.value(row, field)).collect();
            let states = (0..self.rows).map(|row| self.state(row, field)).collect();
            self.columns[field] = Column::Given(values, states);
        }
    }

    /// From now on fields may be those of the records of a table, one for each row.
    pub fn borrow_from(&mut self, table: Arc<Table<'t>>, rows: impl ExactSizeIterator<Item = u32> + Clone) {
        let all = rows.len() == table.len as usize && rows.clone().eq(0..table.len);
        self.lender = Some(Lender { table, rows: (!all).then(|| rows.collect()) });
    }

    /// The values of a field are those of a field of the lender, which has texts alone. A text has the one state, a value that is
    /// not there the other.
    pub fn lend(&mut self, field: usize, from: u16, text: State, none: State) {
        self.columns[field] = Column::Lent { field: from, text, none };
    }

    /// Sets a value and what is known of it.
    pub fn set(&mut self, row: usize, field: usize, value: Value<'t>, state: State) {
        self.expect(field);
        if let Column::Given(values, states) = &mut self.columns[field] {
            (values[row], states[row]) = (value, state);
        }
    }

    /// Adds a record of others.
    pub fn push(&mut self, others: &Columns<'t>, row: usize) {
        for field in 0..self.columns.len() {
            self.expect(field);
            if let Column::Given(values, states) = &mut self.columns[field] {
                values.push(others.value(row, field));
                states.push(others.state(row, field));
            }
        }
        self.rows += 1;
    }

    /// Changes values. What is lent stays: these are texts.
    pub fn change(&mut self, mut change: impl FnMut(usize, &mut Value<'t>)) {
        for column in &mut self.columns {
            if let Column::Given(values, _) = column {
                values.iter_mut().enumerate().for_each(|(row, value)| change(row, value));
            }
        }
    }

    /// The places of all fields for so many rows each, the last for the others.
    pub fn pieces(&mut self, size: usize) -> Vec<Vec<Places<'_, 't>>> {
        let width = self.columns.len();
        let mut pieces: Vec<Vec<_>> = (0..self.rows.div_ceil(size)).map(|_| Vec::with_capacity(width)).collect();
        for column in &mut self.columns {
            if let Column::Given(values, states) = column {
                let places = values.chunks_mut(size).zip(states.chunks_mut(size));
                let places = places.map(|(values, states)| Places { values, states });
                pieces.iter_mut().zip(places).for_each(|(piece, places)| piece.push(places));
            } else {
                pieces.iter_mut().for_each(|piece| piece.push(Places::default()));
            }
        }
        pieces
    }
}

impl<'t> Lender<'t> {
    #[inline]
    fn row(&self, row: usize) -> u32 {
        self.rows.as_ref().map_or(row as u32, |rows| rows[row])
    }
}

/// The text of a cell, if it is not empty.
fn text_of(batch: &Batch, cell: Cell) -> Option<&str> {
    if let Cell::Text { start, len: len @ 1.. } = cell { Some(batch.text(start, len)) } else { None }
}

impl<'t> Table<'t> {
    /// True if all values of a field are texts as they stand, or nothing, so that others may borrow them.
    pub fn has_texts_alone(&self, field: u16) -> bool {
        let lends = |column: &plan::Column| column.plain && column.default.is_none();
        match &self.rows {
            _ if !self.broken.is_empty() => false,
            Rows::Wire { batches, columns, .. } => columns[usize::from(field)].as_ref().is_some_and(|column| {
                lends(column) && batches.iter().all(|batch| batch.cells.are_texts(column.slot, column.required))
            }),
            Rows::Made(columns) => columns.are_texts(usize::from(field)),
            Rows::Slots(_) => false,
        }
    }

    /// True if something holds of all values of such a field.
    fn all_texts(&self, field: u16, mut holds: impl FnMut(Value<'t>) -> bool) -> bool {
        let Rows::Wire { batches, columns, .. } = &self.rows else {
            return (0..self.len).all(|row| holds(self.record(row).text(field)));
        };
        let Some(column) = &columns[usize::from(field)] else { return self.len == 0 || holds(Value::Absent) };
        batches.iter().all(|batch| {
            let mut all = true;
            batch.cells.each(column.slot, 0..batch.len(), &batch.texts, |cell| {
                all = all && holds(text_of(batch, cell).map_or(Value::Absent, Value::Text));
            });
            all
        })
    }

    /// A record that lends its texts.
    #[inline]
    fn record(&self, row: u32) -> Lending<'_, 't> {
        match &self.rows {
            Rows::Wire { columns, .. } => {
                let (batch, row) = self.place(row, &mut 0);
                Lending::Wire { columns, batch, row }
            }
            Rows::Made(columns) => Lending::Made(columns, row as usize),
            Rows::Slots(_) => Lending::Nothing,
        }
    }
}

/// A record of the lender.
enum Lending<'c, 't> {
    /// As it was read.
    Wire { columns: &'t [Option<plan::Column>], batch: &'t Batch, row: usize },
    /// As it was made.
    Made(&'c Columns<'t>, usize),
    /// Rows of sets lend nothing.
    Nothing,
}

impl<'t> Lending<'_, 't> {
    /// The text in a field that has texts alone.
    #[inline]
    fn text(&self, field: u16) -> Value<'t> {
        match self {
            Lending::Wire { columns, batch, row } => {
                let Some(column) = &columns[usize::from(field)] else { return Value::Absent };
                text_of(batch, batch.cell(*row, column.slot)).map_or(Value::Absent, Value::Text)
            }
            Lending::Made(columns, row) => columns.value(*row, usize::from(field)),
            Lending::Nothing => Value::Absent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(columns: &Columns<'_>) -> Vec<String> {
        let cell = |row, field| {
            let (value, state) = (columns.value(row, field), columns.state(row, field));
            let sign = if state.has(State::SET) {
                "+"
            } else if state.has(State::CLEAR) {
                "-"
            } else {
                ""
            };
            format!("{sign}{}", value.as_text().unwrap_or_default())
        };
        let row = |row| (0..columns.width()).map(|field| cell(row, field)).collect::<Vec<_>>().join(" ");
        (0..columns.len()).map(row).collect()
    }

    /// Three records with the second and first field of left ones, and one of their own.
    fn lent(rows: &[u32]) -> Columns<'static> {
        let [a, b, c] = ["a", "b", "c"].map(Value::Text);
        let table = Table::values(2, &[a, Value::Absent, b, c, Value::Absent, c]);
        let mut columns = Columns::new(rows.len(), 3);
        assert!(table.has_texts_alone(0) && table.has_texts_alone(1));
        columns.borrow_from(Arc::new(table), rows.iter().copied());
        columns.lend(0, 1, State::SET, State::CLEAR);
        columns.lend(1, 0, State::SET, State::default());
        columns
    }

    #[test]
    fn what_is_lent_is_there() {
        assert_eq!(shown(&lent(&[0, 1, 2])), ["- +a ", "+c +b ", "+c  "]);
        assert_eq!(shown(&lent(&[2, 0])), ["+c  ", "- +a "]);
        assert_eq!(lent(&[0, 1, 2]).given(1).map(<[_]>::len), Some(3));
        assert!(lent(&[2, 0]).given(1).is_none() && lent(&[0, 1, 2]).given(2).is_none());
    }

    #[test]
    fn what_is_lent_can_be_changed_here() {
        let mut columns = lent(&[0, 1, 2]);
        columns.set(0, 0, Value::Text("x"), State::SET);
        assert_eq!(shown(&columns), ["+x +a ", "+c +b ", "+c  "]);
        let mut others = Columns::new(0, 3);
        [1, 0].into_iter().for_each(|row| others.push(&columns, row));
        assert_eq!(shown(&others), ["+c +b ", "+x +a "]);
    }

    #[test]
    fn places_are_those_of_the_rows_of_a_piece() {
        let mut columns = lent(&[0, 1, 2]);
        columns.expect(2);
        for (number, mut piece) in columns.pieces(2).into_iter().enumerate() {
            assert_eq!([0, 1, 2].map(|field| piece[field].values.len()), [0, 0, [2, 1][number]]);
            (piece[2].values[0], piece[2].states[0]) = (Value::Text("new"), State::SET);
        }
        assert_eq!(shown(&columns), ["- +a +new", "+c +b ", "+c  +new"]);
    }

    #[test]
    fn numbers_are_not_lent() {
        assert!(!Table::values(1, &[Value::Text("a"), Value::Int(1)]).has_texts_alone(0));
    }
}
