//! The cells of a batch: row by row as they were read, or column by column.
//!
//! A list of a million records has tens of millions of cells, and nearly all of them are short texts that stand close to where their
//! row starts. So a cell is told in four bytes, by how far from there it starts and how long it is; what is told otherwise stands aside.

use super::Cell;
use super::packed::{Column, Few, Numbered};
use std::ops::Range;
use std::sync::Arc;

/// Cells of rows of one width.
#[derive(Clone)]
pub enum Cells {
    /// As they were read.
    Near(Near),
    /// Of a list that stays in memory.
    Columns(Arc<[Column]>),
}

impl Default for Cells {
    fn default() -> Self {
        Cells::Near(Near::default())
    }
}

impl Cells {
    /// Cells of rows that are so wide.
    pub fn pack(cells: &[Cell], width: usize) -> Cells {
        Cells::Near(Near::pack(cells, width))
    }

    /// Cells of rows in columns.
    pub fn of_columns(columns: Vec<Column>) -> Cells {
        Cells::Columns(columns.into())
    }

    /// One cell. Its text lies in `texts`.
    #[inline]
    pub fn get(&self, row: usize, slot: usize, texts: &str) -> Cell {
        match self {
            Cells::Near(near) => near.get(row, slot),
            Cells::Columns(columns) => columns[slot].get(row, texts),
        }
    }

    /// Goes over the cells of a column in some rows that follow one another.
    #[inline]
    pub fn each(&self, slot: usize, rows: Range<usize>, texts: &str, mut each: impl FnMut(Cell)) {
        match self {
            Cells::Near(near) => near.column(slot, rows).for_each(each),
            Cells::Columns(columns) => rows.for_each(|row| each(columns[slot].get(row, texts))),
        }
    }

    /// Cells a row.
    pub fn width(&self) -> usize {
        match self {
            Cells::Near(near) => near.width,
            Cells::Columns(columns) => columns.len(),
        }
    }

    /// True if there are no lists and structures.
    pub fn are_flat(&self) -> bool {
        match self {
            Cells::Near(near) => near.wide.iter().all(|cell| !matches!(cell, Cell::List { .. } | Cell::Struct { .. })),
            Cells::Columns(_) => true,
        }
    }

    /// True if all cells of a column hold a text, or nothing at all; of a column that has to be `filled`, a text alone that is not
    /// empty.
    pub fn are_texts(&self, slot: usize, filled: bool) -> bool {
        match self {
            Cells::Near(near) if !near.mixed => !filled || near.is_filled(slot),
            Cells::Near(near) => near.column(slot, 0..near.starts.len()).all(|cell| match cell {
                Cell::Text { len, .. } => len > 0 || !filled,
                Cell::Missing | Cell::Null => !filled,
                _ => false,
            }),
            Cells::Columns(_) => false,
        }
    }

    /// The numbers of the cells of a column, where they stand again and again.
    pub fn few(&self, slot: usize) -> Option<Few<'_>> {
        match self {
            Cells::Near(_) => None,
            Cells::Columns(columns) => columns[slot].few(),
        }
    }

    /// The numbers of the texts of a column, where it shares them with others.
    pub fn numbered(&self, slot: usize) -> Option<Numbered<'_>> {
        match self {
            Cells::Near(_) => None,
            Cells::Columns(columns) => columns[slot].shared(),
        }
    }
}

/// Cells, row after row, four bytes each.
#[derive(Clone, Debug, Default)]
pub struct Near {
    width: usize,
    /// True if some cell holds something else than a text.
    mixed: bool,
    /// Where the first text or number of each row starts.
    starts: Vec<u32>,
    packed: Vec<Packed>,
    /// Cells for which four bytes do not do.
    wide: Vec<Cell>,
}

/// A cell: two bits for what it is; then start and length, or the place among the wide ones.
#[derive(Clone, Copy, Debug)]
struct Packed(u32);

impl Packed {
    const MISSING: Packed = Packed(0);
    const NULL: Packed = Packed(1);
    /// The first two bits.
    const TEXT: u32 = 1 << 30;
    const NUMBER: u32 = 2 << 30;
    const WIDE: u32 = 3 << 30;
    const KIND: u32 = 3 << 30;
    /// Bits of a length.
    const LENGTH: u32 = 12;
    /// Bits of a start, seen from the start of the row.
    const START: u32 = 18;

    /// A text or number, if it is short and near.
    #[inline]
    fn near(kind: u32, start: u32, len: u32) -> Option<Packed> {
        let fits = start >> Packed::START == 0 && len >> Packed::LENGTH == 0;
        fits.then_some(Packed(kind | start << Packed::LENGTH | len))
    }

    /// Where a near text or number of a row that starts here begins, and how long it is.
    #[inline]
    fn span(self, start: u32) -> (u32, u32) {
        let Packed(packed) = self;
        (start.wrapping_add((packed & !Packed::KIND) >> Packed::LENGTH), packed & ((1 << Packed::LENGTH) - 1))
    }

    /// The same, if it is a near text.
    #[inline]
    fn text(self, start: u32) -> Option<(u32, u32)> {
        (self.0 & Packed::KIND == Packed::TEXT).then(|| self.span(start))
    }
}

impl Near {
    /// Room for about so many rows that are so wide.
    pub fn of(width: usize, rows: usize) -> Near {
        let (starts, packed) = (Vec::with_capacity(rows), Vec::with_capacity(rows * width));
        Near { width, mixed: false, starts, packed, wide: Vec::new() }
    }

    /// Packs the cells of rows that are so wide.
    fn pack(cells: &[Cell], width: usize) -> Near {
        let mut near = Near::of(width, cells.len().checked_div(width).unwrap_or(0));
        for row in cells.chunks_exact(width.max(1)) {
            let start = row.iter().find_map(|cell| match cell {
                Cell::Text { start, .. } | Cell::Number { start, .. } => Some(*start),
                _ => None,
            });
            near.add(start.unwrap_or(0), row.iter().copied());
        }
        near
    }

    /// Adds the cells of a row whose texts stand close behind a place.
    #[inline]
    pub fn add(&mut self, first: u32, row: impl ExactSizeIterator<Item = Cell>) {
        self.starts.push(first);
        let (wide, mut kinds) = (&mut self.wide, 0);
        self.packed.extend(row.map(|cell| {
            let near = match cell {
                // What starts before that place is far from it too.
                Cell::Text { start, len } => Packed::near(Packed::TEXT, start.wrapping_sub(first), len),
                Cell::Number { start, len } => Packed::near(Packed::NUMBER, start.wrapping_sub(first), len),
                Cell::Missing => Some(Packed::MISSING),
                Cell::Null => Some(Packed::NULL),
                Cell::Bool(_) | Cell::List { .. } | Cell::Struct { .. } | Cell::Wrong(_) => None,
            };
            let near = near.unwrap_or_else(|| {
                wide.push(cell);
                Packed(Packed::WIDE | (wide.len() as u32 - 1))
            });
            kinds |= near.0;
            near
        }));
        // Of numbers and wide ones the first bit is set.
        self.mixed |= kinds & Packed::NUMBER != 0;
    }

    /// The same for a row of texts, by their places and lengths, and cells without anything. Adds nothing, and says so, where four
    /// bytes do not do for one of them.
    #[inline]
    pub fn add_texts(&mut self, first: u32, row: impl ExactSizeIterator<Item = Option<(u32, u32)>>) -> bool {
        let (before, mut too_long) = (self.packed.len(), 0);
        self.packed.extend(row.map(|text| {
            let Some((start, len)) = text else { return Packed::MISSING };
            let start = start.wrapping_sub(first);
            too_long |= start >> Packed::START | len >> Packed::LENGTH;
            Packed(Packed::TEXT | start << Packed::LENGTH | len)
        }));
        if too_long == 0 {
            self.starts.push(first);
        } else {
            self.packed.truncate(before);
        }
        too_long == 0
    }

    /// True if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// True if all cells of a column, which are texts or nothing, are texts that are not empty.
    fn is_filled(&self, slot: usize) -> bool {
        let column = self.packed.iter().skip(slot).step_by(self.width.max(1));
        column.fold(true, |filled, cell| filled & cell.text(0).is_some_and(|(_, len)| len > 0))
    }

    /// The cells of all rows, one row after the other.
    pub fn cells(&self) -> impl Iterator<Item = Cell> {
        (0..self.starts.len()).flat_map(move |row| (0..self.width).map(move |slot| self.get(row, slot)))
    }

    /// One cell.
    #[inline]
    fn get(&self, row: usize, slot: usize) -> Cell {
        debug_assert!(slot < self.width, "a row has {} cells", self.width);
        self.cell(self.starts[row], self.packed[row * self.width + slot])
    }

    /// Where the texts in some cells of a row start, and how long they are; none for one that is no text, or a long or far one.
    #[inline]
    pub fn texts(&self, row: usize, slots: &[usize]) -> impl Iterator<Item = Option<(u32, u32)>> {
        let (start, cells) = (self.starts[row], &self.packed[row * self.width..(row + 1) * self.width]);
        slots.iter().map(move |&slot| cells[slot].text(start))
    }

    /// The cells of a column in some rows that follow one another.
    #[inline]
    fn column(&self, slot: usize, rows: Range<usize>) -> impl Iterator<Item = Cell> + '_ {
        let packed = self.packed[rows.start * self.width..rows.end * self.width].chunks_exact(self.width.max(1));
        packed.zip(&self.starts[rows]).map(move |(row, &start)| self.cell(start, row[slot]))
    }

    /// A cell of a row whose first text or number starts here.
    #[inline]
    fn cell(&self, start: u32, cell: Packed) -> Cell {
        let (Packed(packed), (start, len)) = (cell, cell.span(start));
        match packed & Packed::KIND {
            Packed::TEXT => Cell::Text { start, len },
            Packed::NUMBER => Cell::Number { start, len },
            Packed::WIDE => self.wide[(packed & !Packed::KIND) as usize],
            _ if packed == Packed::NULL.0 => Cell::Null,
            _ => Cell::Missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::Wrong;
    use proptest::prelude::*;

    fn cell() -> impl Strategy<Value = Cell> {
        let start = prop_oneof![0..2_000u32, 260_000..264_000u32, any::<u32>()];
        let len = prop_oneof![0..40u32, 4_090..4_100u32, any::<u32>()];
        prop_oneof![
            Just(Cell::Missing),
            Just(Cell::Null),
            any::<bool>().prop_map(Cell::Bool),
            Just(Cell::Wrong(Wrong::Several)),
            (start.clone(), len.clone()).prop_map(|(start, len)| Cell::Text { start, len }),
            (start.clone(), len.clone()).prop_map(|(start, len)| Cell::Number { start, len }),
            (start.clone(), len).prop_map(|(first, len)| Cell::List { first, len }),
            start.prop_map(|first| Cell::Struct { first }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_packed_is_found_again(width in 1..5usize, cells in prop::collection::vec(cell(), 0..40)) {
            let cells = &cells[..cells.len() / width * width];
            let packed = Near::pack(cells, width);
            let found: Vec<Cell> = (0..cells.len()).map(|at| packed.get(at / width, at % width)).collect();
            prop_assert_eq!(&found[..], cells);
            let rows = found.chunks(width).skip(1);
            let columns = (0..width).map(|slot| rows.clone().map(|row| row[slot]).collect::<Vec<_>>());
            let again = (0..width).map(|slot| packed.column(slot, 1.min(found.len() / width)..found.len() / width).collect::<Vec<_>>());
            prop_assert_eq!(again.collect::<Vec<_>>(), columns.collect::<Vec<_>>());
        }
    }

    proptest! {
        #[test]
        fn columns_of_texts_are_known(width in 1..4usize, cells in prop::collection::vec(prop_oneof![
            4 => (0..9u32, 0..3u32).prop_map(|(start, len)| Cell::Text { start, len }),
            1 => prop_oneof![Just(Cell::Missing), Just(Cell::Null), Just(Cell::Bool(true)), Just(Cell::Text { start: 0, len: 5000 })],
        ], 0..9)) {
            let packed = Cells::pack(&cells, width);
            for slot in 0..width {
                let column = || cells.chunks_exact(width).map(|row| row[slot]);
                let filled = column().all(|cell| matches!(cell, Cell::Text { len: 1.., .. }));
                prop_assert_eq!(packed.are_texts(slot, true), filled);
                let texts = column().all(|cell| matches!(cell, Cell::Text { .. } | Cell::Missing | Cell::Null));
                prop_assert_eq!(packed.are_texts(slot, false), texts);
            }
        }
    }

    #[test]
    fn a_cell_of_a_list_takes_four_bytes() {
        assert_eq!(size_of::<Packed>(), 4);
        let cells = [Cell::Text { start: 7, len: 4 }, Cell::Missing, Cell::Text { start: 12, len: 300 }];
        assert!(Near::pack(&cells, 3).wide.is_empty());
    }
}
