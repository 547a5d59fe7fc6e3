//! Tokens of rule texts, before the grammar sees them.
//!
//! The grammar needs to know three things that it cannot find out itself: where comments are (they are blanked out),
//! where a line of a block ends, and that nothing nests so deep that reading it would exhaust the stack. The scan also
//! knows slips of the hand that would lead a grammar astray: a missing quote, quotes of a word processor, `&&`.

use crate::finding::{Code, codes::syntax};
use crate::source::OffsetMap;
use std::ops::Range;

/// A token: what it is and where, in bytes of the scanned text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub range: Range<usize>,
}

/// Kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `name`, `when`
    Word,
    /// `12`, `1.5`, `30d`
    Number,
    /// `"text"`, `r"regex"`, and what stands between the values of an f-text
    Text,
    /// `$option`
    Option,
    /// `->`, `<-`, `<->`
    Arrow,
    /// `(`, `[`, `{`
    Open(char),
    /// `)`, `]`, `}`
    Close(char),
    /// Any other sign
    Symbol,
}

/// Something that no rule can hold, wherever it stands.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub code: &'static Code,
    pub range: Range<usize>,
    /// What is written there, and what is meant, for the texts of the code.
    pub words: [(&'static str, String); 2],
}

/// A scanned text.
#[derive(Default, Debug)]
pub struct Scan {
    pub tokens: Vec<Token>,
    pub troubles: Vec<Trouble>,
    /// Comments, and the hard blanks that word processors write: blanks stand for them in what the grammar sees.
    pub blanks: Vec<Range<usize>>,
}

/// Where reading is: between tokens, or in an f-text.
enum Mode {
    /// Outside all texts, or in the braces of an f-text that open at `brace`; `open` counts braces inside them.
    Code { brace: Option<usize>, open: usize },
    /// In an f-text that begins at `start`; `piece` is where the present piece of text began.
    Interpolated { start: usize, piece: usize },
}

impl Scan {
    /// Scans one physical line, or what of it lies in `range`. Texts end with their line.
    pub fn line(&mut self, text: &str, range: Range<usize>, map: &OffsetMap) {
        let mut at = range.start;
        let mut modes = vec![Mode::Code { brace: None, open: 0 }];
        while at < range.end {
            let rest = &text[at..range.end];
            let Some(first) = rest.chars().next() else { break };
            let outermost = modes.len() == 1;
            at += match modes.last() {
                Some(&Mode::Interpolated { piece, .. }) => self.interpolated(rest, at, piece, &mut modes),
                _ if outermost && first == '#' && begins_comment(text, range.start, at) => {
                    let end = comment_end(text, range.end, at, map);
                    self.blanks.push(at..end);
                    end - at
                }
                _ => self.code(rest, first, at, &mut modes),
            };
        }
        self.unfinished(modes, range.end, text);
    }

    /// One step inside an f-text.
    fn interpolated(&mut self, rest: &str, at: usize, piece: usize, modes: &mut Vec<Mode>) -> usize {
        if rest.starts_with("{{") || rest.starts_with("}}") {
            return 2;
        }
        match rest.as_bytes()[0] {
            b'"' => {
                modes.pop();
                self.push(TokenKind::Text, piece..at + 1);
                1
            }
            b'{' => {
                self.push(TokenKind::Text, piece..at);
                self.push(TokenKind::Open('{'), at..at + 1);
                modes.push(Mode::Code { brace: Some(at), open: 0 });
                1
            }
            b'}' => {
                self.trouble(&syntax::STRAY_BRACE, at..at + 1, "", "");
                1
            }
            b'\\' => self.escape(rest, at),
            _ => char_len(rest),
        }
    }

    /// One token, or a run of blanks.
    fn code(&mut self, rest: &str, first: char, at: usize, modes: &mut Vec<Mode>) -> usize {
        let (kind, len) = match first {
            _ if first.is_whitespace() => {
                if !first.is_ascii() {
                    self.blanks.push(at..at + first.len_utf8());
                }
                return first.len_utf8();
            }
            '"' => return self.text(rest, at, 0),
            '\'' => return self.single_quoted(rest, at),
            '“' | '”' | '„' | '‟' | '«' | '»' | '‘' | '’' | '‚' | '′' | '″' => {
                return self.curly(rest, at);
            }
            _ if is_invisible(first) => return self.invisible(first, at),
            _ if first.is_alphabetic() => return self.word(rest, at, modes),
            _ if first.is_ascii_digit() => return self.number(rest, at),
            '$' => (TokenKind::Option, 1 + word_len(&rest[1..])),
            '(' | '[' | '{' => {
                if let (Some(Mode::Code { open, .. }), '{') = (modes.last_mut(), first) {
                    *open += 1;
                }
                (TokenKind::Open(first), 1)
            }
            ')' | ']' | '}' => {
                if first == '}' {
                    close_brace(modes, at);
                }
                (TokenKind::Close(first), 1)
            }
            _ => self.symbol(rest, first, at),
        };
        self.push(kind, at..at + len);
        len
    }

    fn symbol(&mut self, rest: &str, first: char, at: usize) -> (TokenKind, usize) {
        for arrow in ["<->", "->", "<-"] {
            if rest.starts_with(arrow) {
                return (TokenKind::Arrow, arrow.len());
            }
        }
        for (sign, word) in [("&&", "and"), ("||", "or"), ("&", "and")] {
            if rest.starts_with(sign) {
                self.trouble(&syntax::SYMBOL_FOR_WORD, at..at + sign.len(), sign, word);
                return (TokenKind::Symbol, sign.len());
            }
        }
        for sign in ["==", "!=", "<=", ">=", "=>", "??"] {
            if rest.starts_with(sign) {
                return (TokenKind::Symbol, sign.len());
            }
        }
        if first == '!' {
            self.trouble(&syntax::SYMBOL_FOR_WORD, at..at + 1, "!", "not");
        }
        (TokenKind::Symbol, first.len_utf8())
    }

    fn word(&mut self, rest: &str, at: usize, modes: &mut Vec<Mode>) -> usize {
        let len = word_len(rest);
        match &rest[..len] {
            "f" if rest[len..].starts_with('"') => {
                modes.push(Mode::Interpolated { start: at, piece: at });
                2
            }
            "r" if rest[len..].starts_with('"') || rest[len..].starts_with("#\"") => self.regex(rest, at),
            _ => {
                self.push(TokenKind::Word, at..at + len);
                len
            }
        }
    }

    /// `30d`, `1.5`: digits with what is written on to them.
    fn number(&mut self, rest: &str, at: usize) -> usize {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut len = digits(rest);
        if rest[len..].starts_with('.') && digits(&rest[len + 1..]) > 0 {
            len += 1 + digits(&rest[len + 1..]);
        }
        let unit = word_len(&rest[len..]);
        let whole = !rest[..len].contains('.');
        if unit > 0 && !(whole && matches!(&rest[len..len + unit], "d" | "w" | "mo" | "y")) {
            self.trouble(&syntax::BAD_NUMBER, at..at + len + unit, &rest[..len + unit], "");
        }
        self.push(TokenKind::Number, at..at + len + unit);
        len + unit
    }

    /// A text in double quotes; `rest` begins with the quote.
    fn text(&mut self, rest: &str, at: usize, mut len: usize) -> usize {
        len += 1;
        while let Some(next) = rest[len..].chars().next() {
            len += match next {
                '"' => {
                    self.push(TokenKind::Text, at..at + len + 1);
                    return len + 1;
                }
                '\\' => self.escape(&rest[len..], at + len),
                other => other.len_utf8(),
            };
        }
        self.trouble(&syntax::UNFINISHED_TEXT, at..at + rest.trim_end().len(), "", "");
        self.push(TokenKind::Text, at..at + len);
        len
    }

    fn escape(&mut self, rest: &str, at: usize) -> usize {
        let Some(next) = rest[1..].chars().next() else { return 1 };
        let len = 1 + next.len_utf8();
        if !matches!(next, '"' | '\\' | 'n' | 't') {
            self.trouble(&syntax::BAD_ESCAPE, at..at + len, &rest[..len], "");
        }
        len
    }

    fn regex(&mut self, rest: &str, at: usize) -> usize {
        let (open, close) = if rest.starts_with("r#") { (3, "\"#") } else { (2, "\"") };
        let len = match rest[open..].find(close) {
            Some(found) => open + found + close.len(),
            None => {
                self.trouble(&syntax::UNFINISHED_TEXT, at..at + rest.trim_end().len(), "", "");
                rest.len()
            }
        };
        self.push(TokenKind::Text, at..at + len);
        len
    }

    fn single_quoted(&mut self, rest: &str, at: usize) -> usize {
        let len = rest[1..].find('\'').map_or(1, |close| close + 2);
        self.trouble(&syntax::SINGLE_QUOTED_TEXT, at..at + len, "", "");
        self.push(TokenKind::Text, at..at + len);
        len
    }

    fn curly(&mut self, rest: &str, at: usize) -> usize {
        let first = char_len(rest);
        let closes = ['“', '”', '»', '«', '’', '‘', '′', '″', '"'];
        let close = rest[first..].find(closes).map(|found| first + found);
        let len = close.map_or(first, |close| close + char_len(&rest[close..]));
        self.trouble(&syntax::CURLY_QUOTE, at..at + len, &rest[..first], "");
        self.push(TokenKind::Text, at..at + len);
        len
    }

    fn invisible(&mut self, first: char, at: usize) -> usize {
        let name = format!("U+{:04X}", first as u32);
        self.trouble(&syntax::INVISIBLE_CHARACTER, at..at + first.len_utf8(), &name, "");
        first.len_utf8()
    }

    /// The line is over: in a text, or in the braces of one?
    fn unfinished(&mut self, modes: Vec<Mode>, end: usize, text: &str) {
        let trimmed = |start: usize| start..start + text[start..end].trim_end().len();
        match modes.last() {
            Some(Mode::Interpolated { start, .. }) => self.trouble(&syntax::UNFINISHED_TEXT, trimmed(*start), "", ""),
            Some(Mode::Code { brace: Some(brace), .. }) => {
                // What was taken for a text in these braces is the rest of the line: the brace is the cause.
                self.troubles.retain(|trouble| trouble.range.start < *brace);
                self.trouble(&syntax::UNCLOSED_BRACE, *brace..*brace + 1, "", "");
            }
            _ => {}
        }
    }

    fn push(&mut self, kind: TokenKind, range: Range<usize>) {
        self.tokens.push(Token { kind, range });
    }

    fn trouble(&mut self, code: &'static Code, range: Range<usize>, found: &str, meant: &str) {
        let words = [("found", found.to_string()), ("meant", meant.to_string())];
        self.troubles.push(Trouble { code, range, words });
    }

    /// The first trouble in a range.
    pub fn trouble_in(&self, range: &Range<usize>) -> Option<&Trouble> {
        self.troubles
            .iter()
            .filter(|trouble| range.contains(&trouble.range.start))
            .min_by_key(|trouble| trouble.range.start)
    }

    /// The text as the grammar sees it: with blanks for comments, so that all offsets hold.
    pub fn without_comments(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut at = 0;
        for blank in &self.blanks {
            masked.push_str(&text[at..blank.start]);
            masked.extend(std::iter::repeat_n(' ', blank.len()));
            at = blank.end;
        }
        masked.push_str(&text[at..]);
        masked
    }
}

/// The first arrow outside all brackets, which may be an option between two values.
pub fn first_arrow(text: &str, tokens: &[Token]) -> Option<usize> {
    let mut open = 0_usize;
    (0..tokens.len()).find(|&index| {
        match tokens[index].kind {
            TokenKind::Open(_) => open += 1,
            TokenKind::Close(_) => open = open.saturating_sub(1),
            _ => {}
        }
        open == 0 && is_arrow(text, tokens, index)
    })
}

/// `->` and its like, or an option that stands directly between two values: `foto $photo photo`.
pub fn is_arrow(text: &str, tokens: &[Token], index: usize) -> bool {
    // After these words a value follows, so that an option behind them is that value.
    const BEFORE_VALUES: [&str; 16] = [
        "when", "back", "else", "if", "then", "try", "not", "and", "or", "in", "is", "match", "like", "because",
        "prefer", "on",
    ];
    let word = |token: &Token| &text[token.range.clone()];
    match tokens[index].kind {
        TokenKind::Arrow => true,
        TokenKind::Option => {
            let before = index.checked_sub(1).map(|before| &tokens[before]);
            before.is_some_and(|before| match before.kind {
                TokenKind::Word => !BEFORE_VALUES.contains(&word(before)),
                kind => matches!(kind, TokenKind::Number | TokenKind::Text | TokenKind::Option | TokenKind::Close(_)),
            }) && tokens.get(index + 1).is_some_and(|after| {
                matches!(after.kind, TokenKind::Word | TokenKind::Text | TokenKind::Open(_) | TokenKind::Number)
            })
        }
        _ => false,
    }
}

/// The bytes of the plain field path at the start of these tokens.
pub fn path_after(text: &str, tokens: &[Token]) -> Option<Range<usize>> {
    let first = tokens.first().filter(|token| token.kind == TokenKind::Word)?;
    let mut end = first.range.end;
    for pair in tokens[1..].chunks_exact(2) {
        if &text[pair[0].range.clone()] != "." || pair[1].kind != TokenKind::Word {
            break;
        }
        end = pair[1].range.end;
    }
    Some(first.range.start..end)
}

fn close_brace(modes: &mut Vec<Mode>, at: usize) {
    match modes.last_mut() {
        Some(Mode::Code { open, .. }) if *open > 0 => *open -= 1,
        Some(Mode::Code { brace: Some(_), .. }) => {
            modes.pop();
            if let Some(Mode::Interpolated { piece, .. }) = modes.last_mut() {
                *piece = at + 1;
            }
        }
        _ => {}
    }
}

/// `#` at the start of the line or after a blank, followed by a blank or the end of the line.
pub fn begins_comment(text: &str, line_start: usize, at: usize) -> bool {
    let before = text[line_start..at].chars().next_back();
    let after = text[at + 1..].chars().next();
    before.is_none_or(char::is_whitespace) && after.is_none_or(char::is_whitespace)
}

/// A comment ends with its line in the file, also where YAML folds several lines into one: there the map has a gap.
fn comment_end(text: &str, end: usize, at: usize, map: &OffsetMap) -> usize {
    let after = map.runs.partition_point(|run| run.at as usize <= at);
    let gap = (after.max(1)..map.runs.len()).find(|&index| {
        let (before, run) = (map.runs[index - 1], map.runs[index]);
        run.file_at > before.file_at + before.file_len
    });
    let gap = gap.map_or(end, |index| map.runs[index].at as usize);
    if text.is_char_boundary(gap) { gap.clamp(at + 1, end) } else { end }
}

fn char_len(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// Length of the name, or rest of a name, at the start of `text`. Combining marks belong to the letter before them.
fn word_len(text: &str) -> usize {
    let part = |character: char| character.is_alphanumeric() || character == '_' || is_mark(character);
    text.find(|character| !part(character)).unwrap_or(text.len())
}

/// Combining marks: an å that a Macintosh wrote is an a and a ring.
fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
}

/// Characters that take no room: nobody can see why a name with one is not known.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
        || (character.is_control() && !character.is_whitespace())
}

#[cfg(test)]
mod tests;
