//! Slips of one character that make YAML stumble somewhere else: a colon, a blank or a comma that is missing, and a line
//! that stands a blank too far to one side. What is told is the slip, not the place where YAML noticed it.

use super::mend::Mend;
use super::trouble::{Trouble, line_end, line_start, value_on_line, with_deeper_lines};
use crate::finding::{Finding, codes::yaml};
use crate::source::{FileId, Span};
use granit_parser::ErrorKind;
use std::ops::Range;

/// The slip behind an error of the grammar at byte `at`, if it is one of these; `in_brackets` says that a `[` or `{` is open.
pub fn slip(text: &str, file: FileId, kind: &ErrorKind, at: usize, in_brackets: bool) -> Option<Trouble> {
    let slips = Slips { text, file };
    if in_brackets {
        return slips.comma(kind, at);
    }
    match kind {
        ErrorKind::SimpleKeyExpected => slips.colon(Line::at(text, at)),
        ErrorKind::ExpectedDocumentStart => slips.first_line(),
        ErrorKind::MappingValueNotAllowed if value_on_line(text, at).is_some() => None,
        ErrorKind::MappingValueNotAllowed | ErrorKind::ExpectedBlockMappingKey => slips.line_before(at),
        _ => None,
    }
}

struct Slips<'t> {
    text: &'t str,
    file: FileId,
}

/// A line without its indentation, its comment left on it.
#[derive(Clone, Copy)]
struct Line<'t> {
    /// Where its first word begins.
    start: usize,
    /// How deep it is indented.
    depth: usize,
    words: &'t str,
}

impl<'t> Line<'t> {
    /// The line that byte `at` lies in.
    fn at(text: &'t str, at: usize) -> Line<'t> {
        let (from, to) = (line_start(text, at), line_end(text, at));
        let words = text[from..to].trim_start_matches(' ');
        let start = to - words.len();
        Line { start, depth: start - from, words: words.trim_end() }
    }

    /// The nearest line above that holds more than a comment.
    fn above(self, text: &'t str) -> Option<Line<'t>> {
        let mut start = line_start(text, self.start);
        while start > 0 {
            let line = Line::at(text, start - 1);
            if line.says_something() {
                return Some(line);
            }
            start = line_start(text, line.start);
        }
        None
    }

    /// The nearest line below that holds more than a comment.
    fn below(self, text: &'t str) -> Option<Line<'t>> {
        let mut end = line_end(text, self.start);
        while let Some(newline) = text[end..].find('\n') {
            let line = Line::at(text, end + newline + 1);
            if line.says_something() {
                return Some(line);
            }
            end = line_end(text, line.start);
        }
        None
    }

    fn says_something(self) -> bool {
        !self.words.is_empty() && !self.words.starts_with('#')
    }

    /// The first word, up to a blank.
    fn first(self) -> &'t str {
        self.words.split(char::is_whitespace).next().unwrap_or_default()
    }

    fn range(self) -> Range<usize> {
        self.start..self.start + self.words.len()
    }

    fn has_key(self) -> bool {
        self.words.contains(": ") || self.words.ends_with(':')
    }
}

impl<'t> Slips<'t> {
    fn trouble(&self, finding: Finding, mend: Mend, sure: bool) -> Option<Trouble> {
        Some(Trouble { finding, sure, mend })
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range)
    }

    /// A line that should begin with a key: its colon is missing, or the blank behind it, or the one behind the dash.
    fn colon(&self, line: Line<'t>) -> Option<Trouble> {
        let word = line.first();
        let lines = with_deeper_lines(self.text, line.start);
        if let Some(colon) = word.find(':').filter(|colon| *colon > 0 && !word.contains('"')) {
            let hard = word[colon + 1..].starts_with('\u{a0}') || line.words[colon + 1..].starts_with('\u{a0}');
            return self.blank(line.start + colon..line.start + colon + 1, ":", hard, lines);
        }
        if word.is_empty() || word.starts_with(['"', '\'', '[', '{', '?', '%', '@', '`', '&', '*', '!', '|', '>']) {
            return None;
        }
        let key = line.start..line.start + word.len();
        let finding = Finding::new(&yaml::MISSING_COLON, self.span(key.clone())).word("word", word);
        // Where a value stands apart, the colon has room behind the word.
        let roomy = self.text[key.end..].starts_with("  ") && line.words.len() > word.len();
        match roomy {
            true => self.trouble(finding, Mend::Put(key.end, b':'), true),
            false => self.trouble(finding, Mend::Blank(lines), false),
        }
    }

    fn blank(&self, range: Range<usize>, sign: &str, hard: bool, lines: Range<usize>) -> Option<Trouble> {
        let why = match hard {
            true => "behind it stands a hard blank, as word processors write it",
            false => "YAML takes it for a part of the word",
        };
        let finding = Finding::new(&yaml::MISSING_BLANK, self.span(range)).word("sign", sign).word("why", why);
        self.trouble(finding, Mend::Blank(lines), false)
    }

    /// Keys at the left edge below a first line that is indented.
    fn first_line(&self) -> Option<Trouble> {
        let begin = Line::at(self.text, 0);
        let first = if begin.says_something() { begin } else { begin.below(self.text)? };
        (first.depth > 0).then_some(())?;
        let finding = Finding::new(&yaml::WRONG_INDENTATION, self.span(first.range()));
        self.trouble(finding, Mend::Stop, false)
    }

    /// The line above the one where YAML stumbles is the one that is wrong.
    fn line_before(&self, at: usize) -> Option<Trouble> {
        let line = Line::at(self.text, at);
        let before = line.above(self.text)?;
        let above = before.above(self.text);
        let opens = above.is_some_and(|above| above.words.ends_with(':') && above.depth < before.depth);
        let begins = opens || above.is_none() && before.depth == 0;
        if begins && before.depth <= line.depth && !before.has_key() {
            return match before.words.strip_prefix('-') {
                Some(rest) if rest.starts_with(' ') => None,
                _ => self.colon(before),
            };
        }
        if let Some(rest) = before.words.strip_prefix('-')
            && before.depth < line.depth
            && !rest.starts_with([' ', '-'])
        {
            let dash = before.start..before.start + 1;
            return self.blank(dash, "-", rest.starts_with('\u{a0}'), with_deeper_lines(self.text, before.start));
        }
        // One line of a block, or the first of several keys, that is indented less deep than those around it.
        let in_block = above.is_some_and(|above| above.depth == line.depth);
        let beside = line.below(self.text).is_some_and(|below| below.depth == line.depth) && self.is_alone(before);
        let has_value = before.has_key() && !before.words.ends_with(':');
        let is_odd = before.depth < line.depth && (in_block || opens && beside) && has_value;
        is_odd.then_some(())?;
        let finding = Finding::new(&yaml::WRONG_INDENTATION, self.span(before.range()));
        self.trouble(finding, Mend::Blank(before.range()), false)
    }

    /// True if no line below, up to the end of what it is a part of, stands as deep as this one.
    fn is_alone(&self, line: Line<'t>) -> bool {
        let below = std::iter::successors(line.below(self.text), |below| below.below(self.text));
        below.take_while(|below| below.depth >= line.depth).all(|below| below.depth > line.depth)
    }

    /// Between two values in brackets.
    fn comma(&self, kind: &ErrorKind, at: usize) -> Option<Trouble> {
        use ErrorKind::*;
        let rest = &self.text[at..];
        let start = match kind {
            InvalidTrailingDoubleQuotedScalar | InvalidTrailingSingleQuotedScalar => at,
            // The colon of the second of two keys that YAML takes for one.
            ExpectedFlowMappingSeparator | ExpectedFlowSequenceSeparator | InvalidColonPlacement
                if rest.starts_with(':') =>
            {
                let word: usize =
                    self.text[..at].chars().rev().take_while(|c| !c.is_whitespace()).map(char::len_utf8).sum();
                at - word
            }
            _ => return None,
        };
        let line = Line::at(self.text, start);
        let before = self.text[line.start.min(start)..start].trim_end_matches(' ');
        if !self.text[..start].ends_with(' ') || before.ends_with([',', '{', '[', ':']) || before.is_empty() {
            return None;
        }
        let length = self.text[start..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .map(char::len_utf8)
            .sum::<usize>();
        let finding = Finding::new(&yaml::MISSING_COMMA, self.span(start..start + length.max(1)));
        self.trouble(finding, Mend::Put(start - 1, b','), true)
    }
}
