//! Splitting CSV into cells, sixty-four bytes at a time.

use crate::protocol::files::Csv;
use memchr::memchr;
use wide::u8x16;

/// How a file is split.
#[derive(Clone, Copy, Debug)]
pub struct Splitter {
    separator: u8,
    quote: Option<u8>,
    escape: Option<u8>,
    comment: Option<u8>,
    trim_left: bool,
    trim_right: bool,
    /// What ends a line: LF (a CR before it belongs to it), or CR in files that have no LF.
    end: u8,
    signs: Signs,
}

/// What stands at a place of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A row; its cells are in [`Row`].
    Row {
        /// The first byte after it.
        next: usize,
        /// Lines that it takes.
        lines: u32,
        /// True if a line end stands after it; false only at the end of the file.
        ended: bool,
    },
    /// A blank line or a comment.
    Skip {
        /// The first byte after it.
        next: usize,
    },
    /// A row that cannot be split.
    Torn {
        /// Where the next line starts.
        next: usize,
        /// Lines that are lost.
        lines: u32,
        /// Why.
        why: &'static str,
    },
    /// A quote is opened and never closed: the rest of the file cannot be split.
    Unclosed,
    /// The row goes on behind the text that was given.
    More,
    /// The end of the text.
    End,
}

/// The cells of a row.
#[derive(Debug, Default)]
pub struct Row {
    /// The cells, in order.
    pub cells: Vec<Piece>,
    /// Where decoded cells are appended; they stay there over the rows of a page.
    pub tail: Vec<u8>,
    /// True if it holds a NUL, or a carriage return without a line feed.
    pub odd: bool,
    /// The signs that come next in the text.
    ahead: Ahead,
}

/// A cell: bytes of the text, or of the tail if it had to be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// First byte.
    pub start: u32,
    /// Length.
    pub len: u32,
    /// True if it lies in the tail.
    pub decoded: bool,
}

impl Piece {
    fn of(start: usize, stop: usize, decoded: bool) -> Piece {
        Piece { start: start as u32, len: (stop - start) as u32, decoded }
    }
}

impl Splitter {
    /// A splitter for a dialect; `end` is LF, or CR for files without LF.
    pub fn new(csv: &Csv, end: u8) -> Splitter {
        let quote = csv.quote.unwrap_or(end);
        Splitter {
            separator: csv.separator,
            quote: csv.quote,
            escape: csv.escape,
            comment: csv.comment,
            trim_left: csv.trim_left,
            trim_right: csv.trim_right,
            end,
            signs: Signs::of(csv.separator, quote, csv.escape),
        }
    }

    /// Splits the row at `at`. `last` says that the text ends where the file ends. A row is used for one text only.
    pub fn step(&self, text: &[u8], at: usize, last: bool, row: &mut Row) -> Step {
        let Some(&first) = text.get(at) else { return Step::End };
        row.cells.clear();
        row.odd = false;
        if self.comment == Some(first) {
            return match memchr(self.end, &text[at..]) {
                Some(found) => Step::Skip { next: at + found + 1 },
                None if last => Step::Skip { next: text.len() },
                None => Step::More,
            };
        }
        // Nobody else looks at it meanwhile.
        let mut ahead = row.ahead;
        ahead.go_to(at);
        let (mut start, mut lines) = (at, 1);
        loop {
            start = ahead.cells(start, &mut row.cells);
            let Some(sign) = ahead.other() else {
                if ahead.look(&self.signs, text) {
                    continue;
                }
                let whole = Step::Row { next: text.len(), lines, ended: false };
                return if last { self.last_cell(text, at, start, text.len(), whole, row) } else { Step::More };
            };
            let byte = text[sign];
            if byte == self.end {
                row.ahead = ahead;
                return self.last_cell(text, at, start, sign, Step::Row { next: sign + 1, lines, ended: true }, row);
            }
            if self.quote != Some(byte) || sign != self.blanks(text, start, self.trim_left) {
                row.odd |= self.is_odd(text, sign);
                continue;
            }
            row.ahead = ahead;
            let after = match self.quoted_cell(text, sign + 1, last, row, &mut lines) {
                Ok(after) => after,
                Err(step) => return step,
            };
            let after = self.blanks(text, after, self.trim_right);
            match &text[after..] {
                [] if last => return Step::Row { next: after, lines, ended: false },
                [] => return Step::More,
                [sign, ..] if *sign == self.separator => {
                    start = after + 1;
                    ahead = row.ahead;
                    ahead.go_to(start);
                }
                [sign, ..] if *sign == self.end => return Step::Row { next: after + 1, lines, ended: true },
                [b'\r', b'\n', ..] => return Step::Row { next: after + 2, lines, ended: true },
                [b'\r'] if last => return Step::Row { next: after + 1, lines, ended: false },
                [b'\r'] => return Step::More,
                _ => return self.after_quote(text, after, last, lines),
            }
        }
    }

    /// True if no text holds what stands at a place: NUL, or a carriage return that belongs to no line end.
    fn is_odd(&self, text: &[u8], at: usize) -> bool {
        match &text[at..] {
            [0, ..] => true,
            [b'\r', next, ..] => self.end == b'\n' && *next != b'\n',
            _ => false,
        }
    }

    /// The last cell of a row, which is not quoted; a line with nothing on it is no row.
    fn last_cell(&self, text: &[u8], at: usize, start: usize, stop: usize, whole: Step, row: &mut Row) -> Step {
        let stop = self.without_return(text, start, stop);
        match whole {
            Step::Row { next, .. } if stop == at => Step::Skip { next },
            whole => {
                row.cells.push(Piece::of(start, stop, false));
                whole
            }
        }
    }

    /// The end of a line without the CR that belongs to its LF.
    fn without_return(&self, text: &[u8], start: usize, stop: usize) -> usize {
        if self.end == b'\n' && stop > start && text[stop - 1] == b'\r' { stop - 1 } else { stop }
    }

    /// A row that has text behind a closing quote: lost up to the end of its line.
    fn after_quote(&self, text: &[u8], at: usize, last: bool, lines: u32) -> Step {
        let next = match memchr(self.end, &text[at..]) {
            Some(found) => at + found + 1,
            None if last => text.len(),
            None => return Step::More,
        };
        Step::Torn { next, lines, why: "text stands between a closing quote and the next separator" }
    }

    /// A quoted cell whose first byte is `open`; gives the byte after the closing quote, and counts the lines that end in it.
    fn quoted_cell(&self, text: &[u8], open: usize, last: bool, row: &mut Row, lines: &mut u32) -> Result<usize, Step> {
        let quote = self.quote.unwrap_or(b'"');
        let escape = self.escape.unwrap_or(quote);
        let endless = if last { Step::Unclosed } else { Step::More };
        let mut decoded = None;
        let mut from = open;
        let close = loop {
            let at = row.ahead.next(&self.signs, text).ok_or(endless)?;
            let sign = text[at];
            if sign != quote && sign != escape {
                *lines += u32::from(sign == self.end);
                row.odd |= self.is_odd(text, at);
                continue;
            }
            match text.get(at + 1) {
                None if !last => return Err(Step::More),
                Some(next) if sign == escape && (*next == quote || *next == escape) => {
                    decoded.get_or_insert(row.tail.len());
                    row.tail.extend_from_slice(&text[from..at]);
                    from = at + 1;
                    // The sign that was escaped means nothing.
                    row.ahead.next(&self.signs, text);
                }
                _ if sign == quote => break at,
                _ => {}
            }
        };
        row.cells.push(match decoded {
            None => Piece::of(open, close, false),
            Some(start) => {
                row.tail.extend_from_slice(&text[from..close]);
                Piece::of(start, row.tail.len(), true)
            }
        });
        Ok(close + 1)
    }

    fn blanks(&self, text: &[u8], at: usize, trim: bool) -> usize {
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\t') && **byte != self.separator;
        if trim { at + text[at..].iter().take_while(blank).count() } else { at }
    }
}

/// Bytes that mean something: separators, and others that may end a line, open and close a quote, escape, or stand in no text at
/// all. They are found sixty-four bytes at a time.
#[derive(Clone, Copy, Debug)]
struct Signs {
    separator: u8x16,
    quote: u8x16,
    /// The sign that escapes, if it is none of these.
    escape: Option<u8x16>,
    /// A byte that is none of them.
    none: u8,
}

/// The separators and the other signs of a block; the first byte is the lowest bit.
type Found = (u64, u64);

impl Signs {
    /// Bytes that are looked at together.
    const BLOCK: usize = 64;
    /// Line ends, NUL and a few bytes that mean nothing are not above this one.
    const LOW: u8 = b'\r';

    fn of(separator: u8, quote: u8, escape: Option<u8>) -> Signs {
        let escape = escape.filter(|sign| *sign != separator && *sign != quote);
        let is_none = |byte: &u8| *byte != separator && *byte != quote && escape != Some(*byte);
        Signs {
            separator: u8x16::splat(separator),
            quote: u8x16::splat(quote),
            escape: escape.map(u8x16::splat),
            none: (Signs::LOW + 1..=u8::MAX).find(is_none).unwrap_or_default(),
        }
    }

    /// The signs among the bytes of the block at a place.
    #[inline(always)]
    fn find(&self, text: &[u8], at: usize) -> Found {
        match text[at..].first_chunk() {
            Some(block) => self.find_in(block),
            None => self.find_at_end(&text[at..]),
        }
    }

    /// The same in the last bytes of a text.
    #[cold]
    fn find_at_end(&self, rest: &[u8]) -> Found {
        let mut block = [self.none; Signs::BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        self.find_in(&block)
    }

    #[inline(always)]
    fn find_in(&self, block: &[u8; Signs::BLOCK]) -> Found {
        let (quarters, _) = block.as_chunks::<16>();
        let (mut separators, mut all) = (0, 0);
        for (place, bytes) in quarters.iter().enumerate() {
            let bytes = u8x16::new(*bytes);
            let separator = bytes.simd_eq(self.separator);
            let other = bytes.simd_eq(self.quote) | bytes.min(u8x16::splat(Signs::LOW)).simd_eq(bytes);
            let other = self.escape.map_or(other, |escape| other | bytes.simd_eq(escape));
            separators |= u64::from(separator.to_bitmask()) << (16 * place);
            all |= u64::from(other.to_bitmask()) << (16 * place);
        }
        (separators, all & !separators)
    }
}

/// The signs that come next in a text.
#[derive(Clone, Copy, Debug, Default)]
struct Ahead {
    /// Where the block that was looked at ends.
    looked: usize,
    /// The separators of that block that were not passed yet.
    separators: u64,
    /// The other signs.
    others: u64,
}

impl Ahead {
    /// Goes on at a place: what stands before it is not given any more.
    #[inline]
    fn go_to(&mut self, at: usize) {
        if at < self.looked && at + Signs::BLOCK >= self.looked {
            let left = u64::MAX << (at + Signs::BLOCK - self.looked);
            self.separators &= left;
            self.others &= left;
        } else {
            *self = Ahead { looked: at, ..Ahead::default() };
        }
    }

    /// Looks at the next block; false if there is none.
    #[inline(always)]
    fn look(&mut self, signs: &Signs, text: &[u8]) -> bool {
        let more = self.looked < text.len();
        if more {
            (self.separators, self.others) = signs.find(text, self.looked);
            self.looked += Signs::BLOCK;
        }
        more
    }

    /// The place of a bit of the block that was looked at.
    #[inline(always)]
    fn place(&self, bits: u64) -> usize {
        self.looked - Signs::BLOCK + bits.trailing_zeros() as usize
    }

    /// Adds the cells that separators end before another sign stands, the first of which starts here; gives where the next one
    /// does.
    #[inline(always)]
    fn cells(&mut self, mut start: usize, cells: &mut Vec<Piece>) -> usize {
        // Below the lowest of the others, or all.
        let before = self.others.wrapping_sub(1) & !self.others;
        let mut separators = self.separators & before;
        self.separators &= !before;
        while separators != 0 {
            let stop = self.place(separators);
            cells.push(Piece::of(start, stop, false));
            start = stop + 1;
            separators &= separators - 1;
        }
        start
    }

    /// The place of the next other sign of the block that was looked at.
    #[inline(always)]
    fn other(&mut self) -> Option<usize> {
        let found = (self.others != 0).then(|| self.place(self.others))?;
        self.others &= self.others - 1;
        Some(found)
    }

    /// The place of the next other sign of the text; separators before it mean nothing.
    #[inline]
    fn next(&mut self, signs: &Signs, text: &[u8]) -> Option<usize> {
        while self.others == 0 {
            if !self.look(signs, text) {
                return None;
            }
        }
        self.separators &= u64::MAX << self.others.trailing_zeros();
        self.other()
    }
}

impl Row {
    /// The bytes of a cell.
    pub fn bytes<'a>(&'a self, text: &'a [u8], piece: Piece) -> &'a [u8] {
        let all = if piece.decoded { &self.tail } else { text };
        &all[piece.start as usize..][..piece.len as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits a text given in pieces of every length, and shows rows and troubles.
    fn split(csv: &Csv, text: &str) -> Vec<String> {
        let splitter = Splitter::new(csv, b'\n');
        let mut shown = Vec::new();
        let (mut at, mut row) = (0, Row::default());
        loop {
            let whole = splitter.step(text.as_bytes(), at, true, &mut row);
            // Whatever can be split before the text is all there must be split in the same way.
            for stop in at..text.len() {
                let mut early = Row::default();
                let step = splitter.step(&text.as_bytes()[..stop], at, false, &mut early);
                assert!(
                    matches!(step, Step::More | Step::End) || step == whole,
                    "{text:?} {at} {stop} {step:?} {whole:?}"
                );
            }
            let next = match whole {
                Step::Row { next, lines, ended } => {
                    let cell = |piece: &Piece| String::from_utf8_lossy(row.bytes(text.as_bytes(), *piece)).into_owned();
                    let cells: Vec<String> = row.cells.iter().map(cell).collect();
                    shown.push(format!(
                        "{}{}{}",
                        cells.join("|"),
                        "+".repeat(lines as usize - 1),
                        if ended { "" } else { "~" }
                    ));
                    next
                }
                Step::Torn { next, why, .. } => {
                    shown.push(why[..4].to_string());
                    next
                }
                Step::Skip { next } => next,
                Step::Unclosed => {
                    shown.push("unclosed".into());
                    text.len()
                }
                Step::More => panic!("the text is all there"),
                Step::End => return shown,
            };
            assert!(next > at);
            at = next;
        }
    }

    #[test]
    fn splits_rows_and_cells() {
        let csv = Csv::default();
        assert_eq!(split(&csv, "a,b,c\n1,,3\r\n\n,,\n"), ["a|b|c", "1||3", "||"]);
        assert_eq!(split(&csv, "a,b\n1,2"), ["a|b", "1|2~"]);
        assert_eq!(split(&csv, "a,"), ["a|~"]);
        assert_eq!(split(&csv, "\"a,1\",\"b\"\"c\"\"\",\"\"\r\n"), ["a,1|b\"c\"|"]);
        assert_eq!(split(&csv, "\"a\nb\",\"x\r\ny\"\nc,d\n"), ["a\nb|x\r\ny++", "c|d"]);
        assert_eq!(split(&csv, "5\" disk,x\"\n"), ["5\" disk|x\""]);
        assert_eq!(split(&csv, "\"a\",\n\"\",\"b\""), ["a|", "|b~"]);
    }

    #[test]
    fn tells_what_cannot_be_split() {
        let csv = Csv::default();
        assert_eq!(split(&csv, "\"a\"x,b\nc,d\n"), ["text", "c|d"]);
        assert_eq!(split(&csv, "a,b\n\"c,d\ne,f\n"), ["a|b", "unclosed"]);
        assert_eq!(split(&csv, "\"a\"\""), ["unclosed"]);
    }

    #[test]
    fn heeds_the_dialect() {
        let none = Csv { quote: None, separator: b';', ..Csv::default() };
        assert_eq!(split(&none, "\"a;b\"\n"), ["\"a|b\""]);
        let escape = Csv { escape: Some(b'\\'), ..Csv::default() };
        assert_eq!(split(&escape, "\"a\\\"b\\\\\",\"c\\d\"\n"), ["a\"b\\|c\\d"]);
        let trim = Csv { trim_left: true, trim_right: true, comment: Some(b'#'), ..Csv::default() };
        assert_eq!(split(&trim, "# no\n \"a\" , \"b\"\n"), ["a|b"]);
    }
}
