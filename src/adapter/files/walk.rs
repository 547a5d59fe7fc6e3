//! One walk over a JSON record that fills its cells, texts sixteen bytes at a time.
//!
//! It knows what records nearly always look like. Where it meets something else it gives up, and [`record`](super::record) reads
//! the record with serde: what is no JSON and where, escapes in keys, numbers where a structure is expected. What it does
//! read it reads as serde does.

use super::record::{Sink, Target};
use crate::adapter::{Cell, Wrong};
use crate::protocol::files::shape::{Fields, Kind};
use wide::u8x16;

/// Structures that lie deeper in one another are left to serde.
const DEEP: u32 = 60;

/// The elements of the list under a path; none if there is no list. `None` if this walk cannot tell.
pub(super) fn elements<'a>(record: &'a str, path: &[String]) -> Option<Vec<&'a str>> {
    let mut walk = Walk { sink: &mut Sink::default(), text: record, base: 0, at: 0, depth: 0 };
    for name in path {
        if walk.next() != b'{' {
            return Some(Vec::new());
        }
        let (mut found, mut more) = (None, walk.enter(b'}')?);
        while more {
            let key = walk.plain_key()?;
            let value = (walk.next(), walk.at).1;
            walk.skip()?;
            if key == name.as_bytes() {
                found = Some(value);
            }
            more = walk.goes_on(b'}')?;
        }
        match found {
            None => return Some(Vec::new()),
            Some(value) => walk.at = value,
        }
    }
    if walk.next() != b'[' {
        return Some(Vec::new());
    }
    let (mut all, mut more) = (Vec::new(), walk.enter(b']')?);
    while more {
        let start = (walk.next(), walk.at).1;
        walk.skip()?;
        all.push(&record[start..walk.at]);
        more = walk.goes_on(b']')?;
    }
    Some(all)
}

/// A record while it is walked.
pub(super) struct Walk<'a> {
    sink: &'a mut Sink,
    /// The record.
    text: &'a str,
    /// Where it starts in the text of the sink.
    base: usize,
    /// The byte that comes next.
    at: usize,
    /// How deep in the record that is.
    depth: u32,
}

/// Where the cell of a value goes.
#[derive(Clone, Copy)]
enum To {
    /// Into a slot.
    Slot(Target, usize),
    /// To the list that is open.
    List,
}

/// What a text in quotes holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Escapes {
    /// None: it stands there as it is meant.
    None,
    /// Signs after a backslash.
    Signs,
    /// Characters by their number, which may be half of one.
    Numbers,
}

impl<'a> Walk<'a> {
    /// A walk over a record that lies in the text of a sink.
    pub(super) fn new(sink: &'a mut Sink, text: &'a str) -> Walk<'a> {
        let base = sink.place(text);
        Walk { sink, text, base, at: 0, depth: 0 }
    }

    /// Fills the slots that lie in the value, which is all of the text. `None` if this walk cannot; slots may be filled in part then.
    pub(super) fn fill(mut self, fields: &Fields, target: Target) -> Option<()> {
        self.inside(fields, target)?;
        (self.next() == 0 && self.at == self.text.len()).then_some(())
    }

    /// The next byte that is no blank; 0 at the end, where JSON has no byte like it.
    #[inline]
    fn next(&mut self) -> u8 {
        let (at, byte) = next(self.text.as_bytes(), self.at);
        self.at = at;
        byte
    }

    /// After a value of a list or structure: true if another follows.
    #[inline]
    fn goes_on(&mut self, end: u8) -> Option<bool> {
        let (at, byte) = next(self.text.as_bytes(), self.at);
        self.at = at + 1;
        match byte {
            b',' => Some(true),
            byte if byte == end => Some(false),
            _ => None,
        }
    }

    /// Goes into a list or structure, behind its bracket; true if there is something in it.
    fn enter(&mut self, end: u8) -> Option<bool> {
        self.at += 1;
        self.depth += 1;
        let empty = self.next() == end;
        self.at += usize::from(empty);
        (self.depth < DEEP).then_some(!empty)
    }

    /// A key and the colon behind it, with what the key holds.
    #[inline(always)]
    fn key(&mut self) -> Option<(&'a [u8], Escapes)> {
        let bytes = self.text.as_bytes();
        let (open, quote) = next(bytes, self.at);
        let (close, escapes) = if quote == b'"' { text_end(bytes, open + 1)? } else { return None };
        let (at, colon) = next(bytes, close);
        self.at = at + 1;
        (colon == b':').then_some((&bytes[open + 1..close - 1], escapes))
    }

    /// A key that is written as it is meant.
    #[inline(always)]
    fn plain_key(&mut self) -> Option<&'a [u8]> {
        self.key().filter(|(_, escapes)| *escapes == Escapes::None).map(|(key, _)| key)
    }

    /// Fills the slots that lie in the value that comes next.
    fn inside(&mut self, fields: &Fields, target: Target) -> Option<()> {
        if self.next() != b'{' {
            return match self.other()? {
                None => Some(()),
                Some(what) => {
                    self.sink.wrong(fields, target, what);
                    Some(())
                }
            };
        }
        let mut expected = 0;
        let mut more = self.enter(b'}')?;
        while more {
            let key = self.plain_key()?;
            match find(&fields.members, expected, key) {
                None => drop(self.skip()?),
                Some(index) => {
                    expected = index + 1;
                    self.member(fields, index, target)?;
                }
            }
            more = self.goes_on(b'}')?;
        }
        self.depth -= 1;
        Some(())
    }

    /// The value of one member that is needed.
    #[inline]
    fn member(&mut self, fields: &Fields, index: usize, target: Target) -> Option<()> {
        let member = &fields.members[index].1;
        match (member.slots.as_slice(), member.inside.members.is_empty()) {
            ([(slot, kind)], true) => self.value(kind, To::Slot(target, *slot)),
            ([], _) => self.inside(&member.inside, target),
            // Several fields want the same value, so it is read once for each of them.
            (slots, _) if member.inside.whole.is_empty() => {
                let start = self.at;
                for (slot, kind) in slots {
                    self.at = start;
                    self.value(kind, To::Slot(target, *slot))?;
                }
                self.at = start;
                self.inside(&member.inside, target)
            }
            _ => None,
        }
    }

    /// Puts a cell where it goes. It is made here, as moving it costs more than making it.
    #[inline(always)]
    fn put(&mut self, to: To, cell: Cell) -> Option<()> {
        match to {
            To::Slot(target, slot) => self.sink.put(target, slot, cell),
            To::List => self.sink.open.push(cell),
        }
        Some(())
    }

    /// Puts the cell of the value that comes next.
    fn value(&mut self, kind: &Kind, to: To) -> Option<()> {
        match (kind, self.next()) {
            (Kind::Scalar, first) => self.scalar(first, to),
            (Kind::List(element), b'[') => {
                let first = self.sink.open.len();
                let mut more = self.enter(b']')?;
                while more {
                    self.value(element, To::List)?;
                    more = self.goes_on(b']')?;
                }
                self.depth -= 1;
                let list = self.sink.close(first);
                self.put(to, list)
            }
            (Kind::Struct(fields, width), b'{') => {
                let first = self.sink.add_inner(*width);
                self.inside(fields, Target::Inner(first))?;
                self.put(to, Cell::Struct { first: first as u32 })
            }
            _ => {
                let what = self.other()?;
                self.put(to, what.map_or(Cell::Null, Cell::Wrong))
            }
        }
    }

    /// Puts the cell of a text, number, bool or null that starts with this byte.
    #[inline(always)]
    fn scalar(&mut self, first: u8, to: To) -> Option<()> {
        let start = self.at;
        match first {
            b'"' => {
                let (stop, escapes) = text_end(self.text.as_bytes(), start + 1)?;
                self.at = stop;
                if escapes == Escapes::None {
                    let (start, len) = (self.base + start + 1, stop - start - 2);
                    return self.put(to, Cell::Text { start: start as u32, len: len as u32 });
                }
                self.decoded(start, to)
            }
            b'-' | b'0'..=b'9' => {
                self.number()?;
                let (len, start) = ((self.at - start) as u32, (self.base + start) as u32);
                self.put(to, Cell::Number { start, len })
            }
            _ => self.rarer(first, to),
        }
    }

    /// Puts the cell of a text with escapes, which started here and was passed over.
    #[inline(never)]
    fn decoded(&mut self, start: usize, to: To) -> Option<()> {
        let decoded: String = serde_json::from_str(&self.text[start..self.at]).ok()?;
        let cell = self.sink.decoded(&decoded);
        self.put(to, cell)
    }

    /// Puts the cell of a bool or null, or of what is none of these and no text or number.
    #[inline(never)]
    fn rarer(&mut self, first: u8, to: To) -> Option<()> {
        let cell = match first {
            b't' => self.word(b"true", Cell::Bool(true))?,
            b'f' => self.word(b"false", Cell::Bool(false))?,
            b'n' => self.word(b"null", Cell::Null)?,
            b'{' => self.skip().map(|_| Cell::Wrong(Wrong::Structure))?,
            b'[' => self.skip().map(|_| Cell::Wrong(Wrong::List))?,
            _ => return None,
        };
        self.put(to, cell)
    }

    /// A value that stands where a list or structure is expected: what it is, `None` for null.
    fn other(&mut self) -> Option<Option<Wrong>> {
        let what = match self.next() {
            b'n' => None,
            b'"' => Some(Wrong::Text),
            b'[' => Some(Wrong::List),
            b'{' => Some(Wrong::Structure),
            _ => Some(Wrong::Other),
        };
        let start = self.at;
        let escapes = self.skip()?;
        // Serde reads texts, keys and numbers here in full, and refuses halves of characters and numbers without measure.
        let whole = match what {
            Some(Wrong::Other) => self.at - start <= 40 && !self.text[start..self.at].contains(['e', 'E']),
            Some(Wrong::List) => true,
            _ => escapes <= Escapes::Signs,
        };
        let literal = matches!(self.text.as_bytes()[start], b't' | b'f');
        (whole || literal).then_some(what)
    }

    /// Passes over the value that comes next; gives the escapes that it holds.
    fn skip(&mut self) -> Option<Escapes> {
        let (mut depth, mut lists, mut escapes) = (0_u32, 0_u64, Escapes::None);
        loop {
            let byte = self.next();
            match byte {
                b'"' => {
                    let (stop, held) = text_end(self.text.as_bytes(), self.at + 1)?;
                    (self.at, escapes) = (stop, escapes.max(held));
                }
                b'{' | b'[' => {
                    self.at += 1;
                    let list = byte == b'[';
                    if self.next() != if list { b']' } else { b'}' } {
                        (depth, lists) = (depth + 1, lists << 1 | u64::from(list));
                        if depth > DEEP {
                            return None;
                        }
                        if !list {
                            escapes = escapes.max(self.key()?.1);
                        }
                        continue;
                    }
                    self.at += 1;
                }
                b'-' | b'0'..=b'9' => self.number()?,
                b't' => self.word(b"true", ())?,
                b'f' => self.word(b"false", ())?,
                b'n' => self.word(b"null", ())?,
                _ => return None,
            }
            loop {
                if depth == 0 {
                    return Some(escapes);
                }
                let list = lists & 1 == 1;
                if self.goes_on(if list { b']' } else { b'}' })? {
                    if !list {
                        escapes = escapes.max(self.key()?.1);
                    }
                    break;
                }
                (depth, lists) = (depth - 1, lists >> 1);
            }
        }
    }

    #[inline]
    fn word<T>(&mut self, word: &[u8], is: T) -> Option<T> {
        self.text.as_bytes()[self.at..].starts_with(word).then(|| {
            self.at += word.len();
            is
        })
    }

    /// Passes over a number.
    fn number(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        let digits = |at: usize| at + bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let start = self.at + usize::from(byte(self.at) == b'-');
        let mut at = digits(start);
        if at == start || byte(start) == b'0' && at > start + 1 {
            return None;
        }
        if byte(at) == b'.' {
            let from = at + 1;
            at = digits(from);
            (at > from).then_some(())?;
        }
        if matches!(byte(at), b'e' | b'E') {
            let from = at + 1 + usize::from(matches!(byte(at + 1), b'+' | b'-'));
            at = digits(from);
            (at > from).then_some(())?;
        }
        self.at = at;
        Some(())
    }
}

/// The next byte from a place on that is no blank, and where it stands; 0 at the end.
#[inline(always)]
fn next(bytes: &[u8], mut at: usize) -> (usize, u8) {
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            Some(byte) => return (at, *byte),
            None => return (at, 0),
        }
    }
}

/// The byte behind the closing quote of a text that starts at a place, behind its opening one.
#[inline(always)]
fn text_end(bytes: &[u8], at: usize) -> Option<(usize, Escapes)> {
    if let Some(chunk) = bytes[at..].first_chunk() {
        let end = at + signs(chunk).trailing_zeros() as usize;
        if bytes.get(end) == Some(&b'"') && end < at + 16 {
            return Some((end + 1, Escapes::None));
        }
    }
    long_text_end(bytes, at)
}

/// The same for a text that is long, stands at the end, or holds escapes.
#[inline(never)]
fn long_text_end(bytes: &[u8], mut at: usize) -> Option<(usize, Escapes)> {
    let mut escapes = Escapes::None;
    loop {
        at += match bytes[at..].first_chunk() {
            Some(chunk) => match signs(chunk) {
                0 => {
                    at += 16;
                    continue;
                }
                found => found.trailing_zeros() as usize,
            },
            None => bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F))?,
        };
        match bytes[at] {
            b'"' => return Some((at + 1, escapes)),
            b'\\' => {
                let (len, held) = escape(&bytes[at + 1..])?;
                (at, escapes) = (at + 1 + len, escapes.max(held));
            }
            _ => return None,
        }
    }
}

/// The bytes of a text that end it, escape something or are none: a bit for each, the first byte lowest.
#[inline(always)]
fn signs(chunk: &[u8; 16]) -> u32 {
    let bytes = u8x16::new(*chunk);
    let control = bytes.min(u8x16::splat(0x1F)).simd_eq(bytes);
    (control | bytes.simd_eq(u8x16::splat(b'"')) | bytes.simd_eq(u8x16::splat(b'\\'))).to_bitmask()
}

/// How long an escape is, without its backslash.
#[cold]
fn escape(rest: &[u8]) -> Option<(usize, Escapes)> {
    match rest.first()? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some((1, Escapes::Signs)),
        b'u' if rest.get(1..5)?.iter().all(u8::is_ascii_hexdigit) => Some((5, Escapes::Numbers)),
        _ => None,
    }
}

/// Finds a key among the members that are needed. Records of a list mostly have their members in one order.
#[inline]
fn find<T>(members: &[(String, T)], expected: usize, key: &[u8]) -> Option<usize> {
    let same = |(name, _): &(String, T)| name.len() == key.len() && name.as_bytes() == key;
    if members.get(expected).is_some_and(same) {
        return Some(expected);
    }
    // The first byte tells most names apart.
    let first = key.first();
    members.iter().position(|member| member.0.as_bytes().first() == first && same(member))
}

#[cfg(test)]
mod tests;
