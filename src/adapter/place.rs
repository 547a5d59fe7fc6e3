//! Where the rows of a batch stand in their file, so that some of them can be read once more.

/// Where a row stands, so that it can be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Place {
    /// The file, by its number among those of the list.
    pub file: u32,
    /// Bytes that it takes.
    pub len: u32,
    /// Where it starts in the file, in bytes.
    pub start: u64,
}

impl Place {
    /// Where it ends in the file.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(u64::from(self.len))
    }
}

/// The places of the rows of a batch; none where rows cannot be read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    file: u32,
    base: u64,
    /// Where each row starts, seen from the base, and where the last one stops.
    bounds: Vec<u32>,
    /// Where each row stops, once something that is no row stands between two of them.
    stops: Vec<u32>,
}

impl Places {
    /// Adds a row that stands behind the others.
    pub fn push(&mut self, start: u32, stop: u32) {
        match self.bounds.last_mut() {
            None => self.bounds.push(start),
            Some(end) if *end == start => {}
            Some(end) => {
                let end = std::mem::replace(end, start);
                if self.stops.is_empty() {
                    self.stops.extend_from_slice(&self.bounds[1..self.bounds.len() - 1]);
                    self.stops.push(end);
                }
            }
        }
        self.bounds.push(stop);
        if !self.stops.is_empty() {
            self.stops.push(stop);
        }
    }

    /// The same rows, seen from this byte of this file.
    pub fn within(self, file: usize, base: u64) -> Places {
        Places { file: file as u32, base, ..self }
    }

    /// The place of a row.
    pub fn get(&self, row: usize) -> Option<Place> {
        let next = *self.bounds.get(row + 1)?;
        let start = self.bounds[row];
        let stop = self.stops.get(row).copied().unwrap_or(next);
        Some(Place { file: self.file, len: stop - start, start: self.base + u64::from(start) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_are_found_again(rows in prop::collection::vec((prop_oneof![3 => Just(0u32), 1 => 1..9u32], 1..50u32), 0..20)) {
            let (mut places, mut at, mut expected) = (Places::default(), 0, Vec::new());
            for (gap, len) in rows {
                places.push(at + gap, at + gap + len);
                expected.push(Place { file: 3, len, start: u64::from(at + gap) + 1_000 });
                at += gap + len;
            }
            let places = places.within(3, 1_000);
            let found: Vec<Place> = (0..expected.len()).filter_map(|row| places.get(row)).collect();
            prop_assert_eq!(found, expected.clone());
            prop_assert_eq!(places.get(expected.len()), None);
        }
    }
}
