//! Where a rule of a block begins and ends.

use crate::finding::{Finding, Findings, codes::syntax};
use crate::source::Span;
use crate::syntax::ast::Name;
use crate::syntax::parse::scan::{Scan, Token, TokenKind, begins_comment, first_arrow, is_arrow};
use crate::syntax::parse::{Fragment, Piece, lines};
use std::ops::Range;

/// A block: its text without comments, its tokens, and its rules or lines.
pub struct Block<'a> {
    fragment: Fragment<'a>,
    text: String,
    scan: Scan,
    /// The rules or lines, in order.
    pub rows: Vec<Row>,
}

/// One rule or line, which may run over several physical lines.
#[derive(Clone, Debug)]
pub struct Row {
    /// The label; empty where a block has none.
    pub label: Name,
    /// False for a further rule of a row.
    pub first: bool,
    body: Range<usize>,
    /// Its tokens, by number.
    pub tokens: Range<usize>,
    /// How deep its first line is indented.
    pub indent: usize,
    /// How many brackets are open at its end.
    open: usize,
    /// True once an arrow stands outside all brackets.
    arrow: bool,
    /// True for a first rule that has no label: a finding says so.
    pub unlabelled: bool,
}

impl Row {
    /// Its bytes, without the label.
    pub fn body(&self) -> Range<usize> {
        self.body.clone()
    }
}

impl<'a> Block<'a> {
    /// A block whose lines are to be found.
    pub fn new(fragment: &Fragment<'a>) -> Block<'a> {
        Block { fragment: *fragment, text: String::new(), scan: Scan::default(), rows: Vec::new() }
    }

    /// Parts a block in which a line that is deeper than the one above continues it; so does one that only closes brackets.
    pub fn by_indentation(mut self) -> Block<'a> {
        for line in lines(self.fragment.text) {
            let Some(start) = self.solid(&line) else { continue };
            let tokens = self.scanned(start..line.end);
            let first = self.scan.tokens[tokens.clone()].first();
            let closes = first.is_some_and(|token| matches!(token.kind, TokenKind::Close(_)));
            let continues = |row: &Row| start - line.start > row.indent || (closes && row.open > 0);
            match self.rows.last().is_some_and(continues) {
                true => self.extend(line.end, tokens.end),
                false => self.begin(
                    Name { text: String::new(), span: self.place(start) },
                    true,
                    start..line.end,
                    tokens,
                    &line,
                ),
            }
        }
        self.finish()
    }

    /// Parts a block with labels.
    pub fn by_label(mut self, found: &mut Findings) -> Block<'a> {
        for line in lines(self.fragment.text) {
            let Some(start) = self.solid(&line) else { continue };
            let indent = start - line.start;
            // In open brackets only a line that stands as far out as the first label begins a new row: its label is one.
            let inside = self.rows.last().is_some_and(|row| row.open > 0 && indent > self.rows[0].indent);
            let label = if inside { None } else { self.label(start..line.end) };
            match label {
                Some((label, body)) => {
                    let tokens = self.scanned(body..line.end);
                    self.begin(label, true, body..line.end, tokens, &line);
                }
                None => self.unlabelled(start..line.end, &line, found),
            }
        }
        self.finish()
    }

    fn unlabelled(&mut self, body: Range<usize>, line: &Range<usize>, found: &mut Findings) {
        let tokens = self.scanned(body.clone());
        if tokens.is_empty() {
            return;
        }
        let Some(row) = self.rows.last() else {
            found.add(self.missing_label(&tokens));
            let span = self.place(body.start);
            self.begin(Name { text: String::new(), span }, true, body, tokens, line);
            return self.rows.iter_mut().for_each(|row| row.unlabelled = true);
        };
        let further =
            row.open == 0 && row.arrow && first_arrow(self.fragment.text, &self.scan.tokens[tokens.clone()]).is_some();
        match further {
            true => self.begin(row.label.clone(), false, body, tokens, line),
            false => self.extend(body.end, tokens.end),
        }
    }

    /// The finding for a first rule without a label; one like `Name:field` has a colon that no blank follows.
    fn missing_label(&self, tokens: &Range<usize>) -> Finding {
        let tokens = &self.scan.tokens[tokens.clone()];
        let word = |index: usize| tokens.get(index).map_or("", |token| &self.fragment.text[token.range.clone()]);
        let finding = Finding::new(&syntax::MISSING_LABEL, self.fragment.map.span(tokens[0].range.clone()));
        finding.word_if("instead", (word(1) == ":").then(|| format!("{}:", word(0))))
    }

    /// The first byte of a line that is neither blank nor a comment. A comment is noted.
    fn solid(&mut self, line: &Range<usize>) -> Option<usize> {
        let text = &self.fragment.text[line.clone()];
        let start = line.start + (text.len() - text.trim_start().len());
        if start >= line.end {
            return None;
        }
        if self.fragment.text[start..].starts_with('#') && begins_comment(self.fragment.text, line.start, start) {
            self.scan.blanks.push(start..line.end);
            return None;
        }
        Some(start)
    }

    /// Scans a part of a line and gives the numbers of its tokens.
    fn scanned(&mut self, range: Range<usize>) -> Range<usize> {
        let before = self.scan.tokens.len();
        self.scan.line(self.fragment.text, range, self.fragment.map);
        before..self.scan.tokens.len()
    }

    /// The label at the start of a line, and where the rule behind it begins.
    fn label(&self, line: Range<usize>) -> Option<(Name, usize)> {
        let text = &self.fragment.text[line.clone()];
        let (end, label) = match text.strip_prefix('"') {
            Some(rest) => quoted_label(rest)?,
            None => plain_label(text)?,
        };
        let span = self.fragment.map.span(line.start..line.start + text[..end].trim_end().len());
        let colon = end + text[end..].find(':')?;
        Some((Name { text: label, span }, line.start + colon + 1))
    }

    fn begin(&mut self, label: Name, first: bool, body: Range<usize>, tokens: Range<usize>, line: &Range<usize>) {
        let text = &self.fragment.text[line.clone()];
        let indent = text.len() - text.trim_start().len();
        let (none, end) = (tokens.start..tokens.start, body.end);
        self.rows.push(Row { label, first, body, tokens: none, indent, open: 0, arrow: false, unlabelled: false });
        self.extend(end, tokens.end);
    }

    /// Adds a line to the last row. Only the new tokens are looked at, and the one before them, whose arrow may depend on
    /// what follows: a row of many lines is read once.
    fn extend(&mut self, end: usize, tokens_end: usize) {
        let Some(row) = self.rows.last_mut() else { return };
        row.body.end = end;
        let (text, tokens) = (self.fragment.text, &self.scan.tokens[row.tokens.start..tokens_end]);
        let before = row.tokens.len();
        row.tokens.end = tokens_end;
        row.arrow |= row.open == 0 && before > 0 && is_arrow(text, tokens, before - 1);
        for (index, token) in tokens.iter().enumerate().skip(before) {
            match token.kind {
                TokenKind::Open(_) => row.open += 1,
                TokenKind::Close(_) => row.open = row.open.saturating_sub(1),
                _ => row.arrow |= row.open == 0 && is_arrow(text, tokens, index),
            }
        }
    }

    fn place(&self, at: usize) -> Span {
        self.fragment.map.span(at..at)
    }

    fn finish(mut self) -> Block<'a> {
        self.text = self.scan.without_comments(self.fragment.text);
        self
    }

    /// The tokens of a row.
    pub fn tokens(&self, row: &Row) -> &[Token] {
        &self.scan.tokens[row.tokens.clone()]
    }

    /// The piece to parse for a row.
    pub fn piece(&self, row: &Row) -> Piece<'_> {
        let tokens = &self.scan.tokens[row.tokens.clone()];
        Piece { text: &self.text, range: row.body.clone(), scan: &self.scan, tokens, map: self.fragment.map }
    }
}

/// A label without quotes: it ends before the first `:` that a blank or the end of the line follows. Gives its length.
fn plain_label(text: &str) -> Option<(usize, String)> {
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let last = characters.peek().is_none_or(|(_, next)| next.is_whitespace());
        match character {
            '"' => return None,
            '#' if begins_comment(text, 0, at) => return None,
            ':' if last => return Some((at, text[..at].trim().to_string())).filter(|(_, label)| !label.is_empty()),
            _ => {}
        }
    }
    None
}

/// A label in quotes; `rest` stands behind the opening quote. Gives the length up to behind the closing one.
fn quoted_label(rest: &str) -> Option<(usize, String)> {
    let mut label = String::new();
    let mut characters = rest.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => label.push(match characters.next()?.1 {
                'n' => '\n',
                't' => '\t',
                other => other,
            }),
            '"' => {
                let after = rest[at + 1..].trim_start().strip_prefix(':')?;
                return after.chars().next().is_none_or(char::is_whitespace).then_some((at + 2, label));
            }
            other => label.push(other),
        }
    }
    None
}

/// The text with the line ends that YAML has folded away, if it has; then a finding says so. Where a line began can be seen
/// from the map, which has a gap there, but how deep it was indented cannot: so what such a text means is a guess.
pub fn unfolded(fragment: &Fragment<'_>, found: &mut Findings) -> Option<String> {
    let gaps: Vec<usize> = gaps(fragment).collect();
    let first = *gaps.first()?;
    let start = first + (fragment.text[first..].len() - fragment.text[first..].trim_start().len());
    let len = fragment.text[start..].find(char::is_whitespace).unwrap_or(fragment.text.len() - start);
    found.add(Finding::new(&syntax::LINES_ARE_FOLDED, fragment.map.span(start..start + len)));
    let mut text = fragment.text.to_string();
    for gap in gaps.into_iter().filter(|&gap| fragment.text[gap..].starts_with(' ')) {
        text.replace_range(gap..gap + 1, "\n");
    }
    Some(text)
}

/// Where lines begin that YAML has joined to those before: the map has a gap, and no line end stands before it.
fn gaps<'t>(fragment: &'t Fragment<'_>) -> impl Iterator<Item = usize> + 't {
    fragment.map.runs.windows(2).filter_map(|pair| {
        let (before, run) = (pair[0], pair[1]);
        let at = run.at as usize;
        let gap = run.file_at > before.file_at + before.file_len && !run.escape;
        (gap && fragment.text.is_char_boundary(at) && !fragment.text[..at].ends_with('\n')).then_some(at)
    })
}
