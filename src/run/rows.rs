//! Rows that wait to be written into a file.

use super::changes::begins;
use crate::adapter::Rows;

/// Rows of cells in little room: there may be one for each person of a municipality.
pub struct PackedRows {
    /// The texts of all cells, one after the other.
    text: String,
    /// How many bytes of it each cell takes, and one more; 0 for a cell that is absent.
    lengths: Vec<u32>,
    /// Cells in a row.
    width: usize,
    /// Where the text of each row begins, and its number, in the order in which they are written.
    order: Vec<(usize, usize)>,
    /// The row that is written.
    row: Vec<Option<String>>,
    next: usize,
}

impl PackedRows {
    /// No rows yet, of so many cells each.
    pub fn new(width: usize) -> PackedRows {
        PackedRows {
            text: String::new(),
            lengths: Vec::new(),
            width,
            order: Vec::new(),
            row: vec![None; width],
            next: 0,
        }
    }

    /// Adds a cell behind the others of the last row, or the first of the next.
    pub fn cell(&mut self, cell: Option<&str>) {
        if self.lengths.len() == self.order.len() * self.width {
            self.order.push((self.text.len(), self.order.len()));
        }
        let text = cell.unwrap_or_default();
        let length = cell.map_or(0, |text| text.len() + 1);
        self.lengths.push(u32::try_from(length).expect("a cell takes less than four gigabytes"));
        self.text.push_str(text);
    }

    /// Puts the rows in order of their cells.
    pub fn sort(&mut self) {
        let first = |at| begins(self.cells(at).next().flatten().unwrap_or_default());
        let mut order: Vec<(u128, (usize, usize))> = self.order.iter().map(|&at| (first(at), at)).collect();
        // Most rows are told apart by how they begin.
        order.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| self.cells(*a).cmp(self.cells(*b))));
        self.order = order.into_iter().map(|(_, at)| at).collect();
    }

    fn cells(&self, (mut at, number): (usize, usize)) -> impl Iterator<Item = Option<&str>> {
        self.lengths[number * self.width..][..self.width].iter().map(move |&length| {
            let text = self.text[at..].get(..(length as usize).checked_sub(1)?);
            at += text.map_or(0, str::len);
            text
        })
    }
}

impl Rows for PackedRows {
    fn next(&mut self) -> Option<&[Option<String>]> {
        let at = *self.order.get(self.next)?;
        self.next += 1;
        let mut row = std::mem::take(&mut self.row);
        for (place, cell) in row.iter_mut().zip(self.cells(at)) {
            match (place.as_mut(), cell) {
                (Some(text), Some(cell)) => text.replace_range(.., cell),
                (_, cell) => *place = cell.map(String::from),
            }
        }
        self.row = row;
        Some(&self.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_in_order_with_absent_and_empty_cells_apart() {
        let long = |end: &str| format!("en lång början{end}");
        let rows = [
            [Some(long("b")), None],
            [Some(String::new()), Some("2".into())],
            [None, Some("1".into())],
            [Some(long("a")), Some("ö".into())],
            [Some(long("b")), Some(String::new())],
            [None, None],
        ];
        let mut packed = PackedRows::new(2);
        rows.iter().flatten().for_each(|cell| packed.cell(cell.as_deref()));
        packed.sort();
        let mut sorted = rows.to_vec();
        sorted.sort();
        for row in &sorted {
            assert_eq!(packed.next(), Some(&row[..]));
        }
        assert_eq!(packed.next(), None);
    }
}
