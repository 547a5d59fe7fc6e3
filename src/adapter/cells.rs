//! The cells of a batch, four bytes each.
//!
//! A list of a million records has tens of millions of cells, and nearly all of them are short texts that stand close to where their
//! row starts. So a cell is told by how far from there it starts and how long it is; what is told otherwise stands aside.

use super::Cell;

/// Cells of rows of one width, row after row.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    width: usize,
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
}

impl Cells {
    /// Packs the cells of rows that are so wide.
    pub fn pack(cells: &[Cell], width: usize) -> Cells {
        let rows = cells.len().checked_div(width).unwrap_or(0);
        let (mut starts, mut packed) = (Vec::with_capacity(rows), Vec::with_capacity(cells.len()));
        let mut wide = Vec::new();
        for row in cells.chunks_exact(width.max(1)) {
            let start = row.iter().find_map(|cell| match cell {
                Cell::Text { start, .. } | Cell::Number { start, .. } => Some(*start),
                _ => None,
            });
            let first = start.unwrap_or(0);
            starts.push(first);
            packed.extend(row.iter().map(|&cell| {
                let near = match cell {
                    // What starts before the first text is far from it too.
                    Cell::Text { start, len } => Packed::near(Packed::TEXT, start.wrapping_sub(first), len),
                    Cell::Number { start, len } => Packed::near(Packed::NUMBER, start.wrapping_sub(first), len),
                    Cell::Missing => Some(Packed::MISSING),
                    Cell::Null => Some(Packed::NULL),
                    Cell::Bool(_) | Cell::List { .. } | Cell::Struct { .. } | Cell::Wrong(_) => None,
                };
                near.unwrap_or_else(|| {
                    wide.push(cell);
                    Packed(Packed::WIDE | (wide.len() as u32 - 1))
                })
            }));
        }
        Cells { width, starts, packed, wide }
    }

    /// One cell.
    #[inline]
    pub fn get(&self, row: usize, slot: usize) -> Cell {
        debug_assert!(slot < self.width, "a row has {} cells", self.width);
        let Packed(packed) = self.packed[row * self.width + slot];
        let start = self.starts[row].wrapping_add((packed & !Packed::KIND) >> Packed::LENGTH);
        let len = packed & ((1 << Packed::LENGTH) - 1);
        match packed & Packed::KIND {
            Packed::TEXT => Cell::Text { start, len },
            Packed::NUMBER => Cell::Number { start, len },
            Packed::WIDE => self.wide[(packed & !Packed::KIND) as usize],
            _ if packed == Packed::NULL.0 => Cell::Null,
            _ => Cell::Missing,
        }
    }

    /// The cells of a row.
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = Cell> + '_ {
        (0..self.width).map(move |slot| self.get(row, slot))
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
            let packed = Cells::pack(cells, width);
            let found: Vec<Cell> = (0..cells.len() / width).flat_map(|row| packed.row(row).collect::<Vec<_>>()).collect();
            prop_assert_eq!(&found[..], cells);
        }
    }

    #[test]
    fn a_cell_of_a_list_takes_four_bytes() {
        assert_eq!(size_of::<Packed>(), 4);
        let cells = [Cell::Text { start: 7, len: 4 }, Cell::Missing, Cell::Text { start: 12, len: 300 }];
        assert!(Cells::pack(&cells, 3).wide.is_empty());
    }
}
