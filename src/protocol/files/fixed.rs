//! The dialect of a file with cells of fixed width.

use super::csv::Csv;
use super::keys::Keys;
use super::{format, words};
use crate::finding::codes::system::BAD_WIRE_PATH;
use crate::finding::{Finding, Findings};
use crate::protocol::{Slot, SlotKind, WireShape};
use crate::syntax::tree::Node;

/// How lines with cells of fixed width are read and written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Lines before the first record.
    pub skip_lines: u32,
    /// What it shares with CSV: encoding, line ends, blanks, words for nothing, comments, short lines.
    pub table: Csv,
}

impl Default for Fixed {
    fn default() -> Fixed {
        // Such cells are filled up with blanks.
        Fixed { skip_lines: 0, table: Csv { trim_left: true, trim_right: true, ..format::without_header() } }
    }
}

/// The place of a cell in its line, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// Characters before it.
    pub start: usize,
    /// The first character after it.
    pub end: usize,
}

impl Range {
    /// Reads `1-12`: from the first character to the twelfth; or `7`.
    pub fn read(text: &str) -> Option<Range> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| text.trim().parse::<usize>().ok().filter(|number| (1..=65_536).contains(number));
        let (first, last) = (number(first)?, number(last)?);
        (first <= last).then_some(Range { start: first - 1, end: last })
    }
}

impl Fixed {
    /// Reads a dialect; what it does not say is as in this one.
    pub fn with(mut self, node: &Node, found: &mut Findings) -> Fixed {
        let Some(keys) = Keys::of("fixed", node, words::FIXED, &[words::EVERYWHERE], found) else { return self };
        if let Some(lines) = keys.lines("skip_lines", found) {
            self.skip_lines = lines;
        }
        self.table.take_lines(&keys, found);
        self
    }
}

/// The places of the cells; those that cannot be become findings.
pub fn ranges(shape: &WireShape, write: bool, found: &mut Findings) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::with_capacity(shape.slots.len());
    for slot in &shape.slots {
        let range = Range::read(&slot.at);
        let overlaps = range.is_some_and(|range| ranges.iter().any(|other| meet(*other, range)));
        if !matches!(slot.kind, SlotKind::Scalar) {
            found.add(bad(slot, "a cell of fixed width is one text"));
        } else if range.is_none() {
            found.add(bad(slot, "in a file of fixed width a field lies from one character to another"));
        } else if write && overlaps {
            found.add(bad(slot, "another field is written there"));
        }
        ranges.push(range.unwrap_or(Range { start: 0, end: 0 }));
    }
    ranges
}

fn meet(one: Range, other: Range) -> bool {
    one.start < other.end && other.start < one.end
}

fn bad(slot: &Slot, why: &str) -> Finding {
    Finding::new(&BAD_WIRE_PATH, slot.span)
        .word("path", slot.at.clone())
        .word("why", why)
        .word("example", "the first and the last character, from 1: `at: 1-12`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_from_one() {
        assert_eq!(Range::read("1-12"), Some(Range { start: 0, end: 12 }));
        assert_eq!(Range::read("7"), Some(Range { start: 6, end: 7 }));
        for odd in ["", "0-3", "5-4", "a-b", "1-", "1-99999999"] {
            assert_eq!(Range::read(odd), None, "{odd}");
        }
    }
}
