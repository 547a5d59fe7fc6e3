//! Leads decoded scalars back to the file.
//!
//! Indentation, folding, chomping and CRLF change only blanks. So the units of the raw text that are not blank follow
//! each other exactly as the characters of the decoded text that are not blank do; a unit is a character, or an escape
//! of a quoted scalar. Blanks between two such units are paired from the back, where they touch the next unit.

use crate::source::{FileId, OffsetMap, Run};
use granit_parser::ScalarStyle;

/// The map from `decoded` to the file, where `raw` stands at byte `start` (quotes and block header not included).
pub fn offset_map(file: FileId, raw: &str, start: usize, decoded: &str, style: ScalarStyle) -> OffsetMap {
    let mut runs = Runs { runs: Vec::new(), base: start };
    let mut units = Units { raw, at: 0, style };
    let (mut blanks, mut raw_blanks) = (Vec::new(), Vec::new());
    for (at, character) in decoded.char_indices() {
        if is_blank(character) {
            blanks.push((at, character));
            continue;
        }
        raw_blanks.clear();
        let unit = units.until_solid(&mut raw_blanks);
        runs.blanks(&blanks, &raw_blanks, unit.map_or(units.at, |unit| unit.at));
        blanks.clear();
        if let Some(unit) = unit {
            runs.push(at, character.len_utf8(), unit.at, unit.len);
        }
    }
    let end = units.at;
    raw_blanks.clear();
    units.until_solid(&mut raw_blanks);
    runs.blanks(&blanks, &raw_blanks, end);
    OffsetMap { file, runs: runs.runs, len: decoded.len() as u32, file_end: (start + end) as u32 }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// A unit of the raw text: a character, a line break, or an escape.
#[derive(Clone, Copy)]
struct Unit {
    at: usize,
    len: usize,
    /// What it stands for; `None` for an escaped line break, which stands for nothing.
    value: Option<char>,
}

struct Units<'a> {
    raw: &'a str,
    at: usize,
    style: ScalarStyle,
}

impl Units<'_> {
    /// The next unit that is not blank; the blank ones before it are put into `blanks`.
    fn until_solid(&mut self, blanks: &mut Vec<Unit>) -> Option<Unit> {
        while let Some(unit) = self.peek() {
            match unit.value {
                Some(value) if !is_blank(value) => {
                    self.at += unit.len;
                    return Some(unit);
                }
                _ => blanks.push(unit),
            }
            self.at += unit.len;
        }
        None
    }

    fn peek(&self) -> Option<Unit> {
        let rest = &self.raw[self.at..];
        let first = rest.chars().next()?;
        let (len, value) = match first {
            '\r' if rest.starts_with("\r\n") => (2, Some('\n')),
            '\r' => (1, Some('\n')),
            '\'' if self.style == ScalarStyle::SingleQuoted && rest.starts_with("''") => (2, Some('\'')),
            '\\' if self.style == ScalarStyle::DoubleQuoted => escape(rest),
            other => (other.len_utf8(), Some(other)),
        };
        Some(Unit { at: self.at, len, value })
    }
}

/// Length and meaning of the escape at the start of `rest` (YAML 1.2.2, section 5.7).
fn escape(rest: &str) -> (usize, Option<char>) {
    let Some(kind) = rest[1..].chars().next() else { return (1, Some('\\')) };
    match kind {
        'x' => hexadecimal(rest, 2),
        'u' => hexadecimal(rest, 4),
        'U' => hexadecimal(rest, 8),
        '\r' if rest[1..].starts_with("\r\n") => (3, None),
        '\n' | '\r' => (2, None),
        't' | '\t' => (2, Some('\t')),
        'n' => (2, Some('\n')),
        'r' => (2, Some('\r')),
        ' ' => (2, Some(' ')),
        // All others stand for something that is no blank; which one it is does not matter here.
        other => (1 + other.len_utf8(), Some(other)),
    }
}

fn hexadecimal(rest: &str, digits: usize) -> (usize, Option<char>) {
    let code = |from: usize| u32::from_str_radix(rest.get(from..from + digits)?, 16).ok();
    let len = (2 + digits).min(rest.len());
    match code(2) {
        // The first half of a surrogate pair: both escapes are one character.
        Some(0xD800..=0xDBFF) if digits == 4 => (12.min(rest.len()), Some('\u{FFFD}')),
        Some(code) => (len, Some(char::from_u32(code).unwrap_or('\u{FFFD}'))),
        None => (len, Some('\u{FFFD}')),
    }
}

struct Runs {
    runs: Vec<Run>,
    base: usize,
}

impl Runs {
    /// Pairs decoded blanks with raw ones, from the back; one without a partner leads to the place before the next unit.
    fn blanks(&mut self, decoded: &[(usize, char)], raw: &[Unit], next: usize) {
        let mut partners = vec![(next, 0); decoded.len()];
        let mut raw = raw.iter().rev().peekable();
        for (partner, &(_, character)) in partners.iter_mut().zip(decoded).rev() {
            let fits = |unit: &Unit| match character {
                ' ' => matches!(unit.value, Some(' ' | '\n')),
                other => unit.value == Some(other),
            };
            if let Some(unit) = raw.by_ref().find(|unit| fits(unit)) {
                *partner = (unit.at, unit.len);
            }
        }
        // Those before the first partner lie at its start, so that places never run backwards.
        let mut least = next;
        for partner in partners.iter_mut().rev() {
            match partner.1 {
                0 => partner.0 = partner.0.min(least),
                _ => least = partner.0,
            }
        }
        for (&(at, character), &(raw_at, raw_len)) in decoded.iter().zip(&partners) {
            self.push(at, character.len_utf8(), raw_at, raw_len);
        }
    }

    /// Adds `len` decoded bytes at `at` that come from `raw_len` bytes at `raw_at`; continues the last run where it can.
    fn push(&mut self, at: usize, len: usize, raw_at: usize, raw_len: usize) {
        let (at, file_at) = (at as u32, (self.base + raw_at) as u32);
        let escape = len != raw_len;
        if let Some(last) = self.runs.last_mut()
            && !escape
            && !last.escape
            && last.at + last.file_len == at
            && last.file_at + last.file_len == file_at
        {
            last.file_len += len as u32;
            return;
        }
        self.runs.push(Run { at, file_at, escape, file_len: raw_len as u32 });
    }
}
