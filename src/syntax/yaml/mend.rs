//! Texts with errors of the YAML grammar blanked out, byte for byte, so that all offsets hold.

use super::trouble::line_end;
use std::borrow::Cow;
use std::ops::Range;

/// How to go on after an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mend {
    /// The value in this range is taken as it stands, whatever YAML makes of it.
    Keep(Range<usize>),
    /// The value in this range is left out, with its key.
    Drop(Range<usize>),
    /// The bytes in this range become blanks.
    Blank(Range<usize>),
    /// The bytes in this range become letters.
    Letters(Range<usize>),
    /// This sign stands in the place of a blank.
    Put(usize, u8),
    /// There is no way on.
    Stop,
}

impl Mend {
    /// What cannot be read any more after it: a part of the text, or all that follows.
    pub fn loses(&self, text: &str) -> Option<Range<usize>> {
        match self {
            // A value that is left out takes its key along.
            Mend::Drop(range) => Some(text[..range.start].rfind('\n').map_or(0, |newline| newline + 1)..range.end),
            Mend::Blank(range) => Some(range.start..line_end(text, range.end)),
            Mend::Stop => Some(0..text.len()),
            Mend::Keep(_) | Mend::Letters(_) | Mend::Put(..) => None,
        }
    }
}

/// A text, mended.
pub struct Mended<'a> {
    original: &'a str,
    text: Cow<'a, str>,
    kept: Vec<Range<usize>>,
    dropped: Vec<usize>,
}

impl<'a> Mended<'a> {
    /// A text with nothing mended.
    pub fn new(text: &'a str) -> Mended<'a> {
        Mended { original: text, text: Cow::Borrowed(text), kept: Vec::new(), dropped: Vec::new() }
    }

    /// The text to read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands in the file.
    pub fn original(&self) -> &'a str {
        self.original
    }

    /// The range of the value at this place, if it is to be taken as it stands.
    pub fn kept(&self, start: usize) -> Option<Range<usize>> {
        self.kept.iter().find(|range| range.start == start).cloned()
    }

    /// True if the value at this place is to be left out.
    pub fn dropped(&self, start: usize) -> bool {
        self.dropped.contains(&start)
    }

    /// Mends the text. False if that would change nothing.
    pub fn apply(&mut self, mend: Mend) -> bool {
        match mend {
            Mend::Keep(range) => {
                self.kept.push(range.clone());
                self.fill(range, b'x')
            }
            Mend::Drop(range) => {
                self.dropped.push(range.start);
                self.fill(range, b'x')
            }
            Mend::Blank(range) => self.fill(range, b' '),
            Mend::Letters(range) => self.fill(range, b'x'),
            Mend::Put(at, sign) => {
                let is_blank = self.text.as_bytes().get(at) == Some(&b' ');
                if is_blank {
                    self.text.to_mut().replace_range(at..=at, char::from(sign).encode_utf8(&mut [0; 4]));
                }
                is_blank
            }
            Mend::Stop => false,
        }
    }

    /// Fills a range, blanks and line ends excepted, so that lines stay as deep as they were. True if a byte has changed.
    fn fill(&mut self, range: Range<usize>, with: u8) -> bool {
        if !self.text.is_char_boundary(range.start) || !self.text.is_char_boundary(range.end) {
            return false;
        }
        let filled: String = self.text[range.clone()]
            .bytes()
            .map(|byte| if matches!(byte, b'\n' | b'\r' | b' ') { byte as char } else { with as char })
            .collect();
        let changed = filled != self.text[range.clone()];
        if changed {
            self.text.to_mut().replace_range(range, &filled);
        }
        changed
    }
}
