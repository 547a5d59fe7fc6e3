//! Findings as people read them on a terminal: the line with its underline, why it is wrong, what to do.
//!
//! This is the only place that knows miette: it draws the boxes. What is drawn is prepared by [`super::excerpt`].

use super::excerpt::{self, Excerpt, Mark, Piece};
use super::layout::{harmless, wrap};
use super::{Finding, Severity};
use crate::source::{FileId, Sources};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceSpan, ThemeCharacters,
    ThemeStyles,
};
use std::cmp::Reverse;
use std::fmt;

/// More findings than this are grouped by code.
const SHOWN_IN_FULL: usize = 50;
/// Of each group, so many are shown in full.
const FULL_OF_A_GROUP: usize = 3;
/// Of each group, so many more get a line each.
const LINES_OF_A_GROUP: usize = 50;
/// The heading of a group names so many files.
const FILES_OF_A_GROUP: usize = 8;
/// Columns for line numbers and the frame.
const FRAME: usize = 10;

/// How findings look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Colours and bold; off with `NO_COLOR` and outside a terminal.
    pub colour: bool,
    /// Columns.
    pub width: usize,
    /// Frames of lines (`╭─`); without, of plain characters (`,-`).
    pub unicode: bool,
    /// The address of the project's folder (`file:///…/`): file names then are links, on terminals that know links.
    pub links: Option<String>,
}

impl Default for Style {
    fn default() -> Style {
        Style { colour: false, width: 100, unicode: true, links: None }
    }
}

/// All findings, in the order given, with the commands that explain them and a last line that counts them.
///
/// Up to fifty stand in full. More are grouped by code: three of each in full, the others on a line each.
pub fn render(findings: &[Finding], sources: &Sources, style: &Style) -> String {
    let mut text = String::new();
    if findings.len() <= SHOWN_IN_FULL {
        for finding in findings {
            text.push_str(&block(finding, sources, style));
            text.push('\n');
        }
    } else {
        for group in groups(findings) {
            text.push_str(&grouped(&group, sources, style));
        }
    }
    text.push_str(&explanations(findings));
    text.push_str(&summary(findings, sources));
    text.push('\n');
    text
}

/// One line for each finding: `file:line:column: error[code]: message`. Editors jump to these.
pub fn concise(findings: &[Finding], sources: &Sources) -> String {
    findings
        .iter()
        .map(|finding| {
            let (severity, code) = (finding.severity.word(), finding.code.slug);
            format!("{}: {severity}[{code}]: {}\n", address(finding, sources), harmless(&finding.message()))
        })
        .collect()
}

/// How many of what, and in how many of the project's files: `3 errors and 1 warning in 2 of 14 files`.
///
/// Files of the built-in library count only where they have findings.
pub fn summary(findings: &[Finding], sources: &Sources) -> String {
    let mut with = vec![false; sources.ids().count()];
    findings.iter().for_each(|finding| with[finding.span.file.0 as usize] = true);
    let own = |id: FileId| !sources.file(id).path.starts_with("library:");
    let files = sources.ids().zip(&with).filter(|&(id, &has)| has || own(id)).count();
    let of_files = if files == 1 { "1 file".to_string() } else { format!("{files} files") };
    let counts = [Severity::Error, Severity::Warning, Severity::Hint]
        .map(|severity| (findings.iter().filter(|finding| finding.severity == severity).count(), severity.word()));
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    match parts.split_last() {
        None => format!("no findings in {of_files}"),
        Some((last, [])) => format!("{last} in {} of {of_files}", with.iter().filter(|&&has| has).count()),
        Some((last, rest)) => {
            format!("{} and {last} in {} of {of_files}", rest.join(", "), with.iter().filter(|&&has| has).count())
        }
    }
}

/// `file:line:column` of a finding.
fn address(finding: &Finding, sources: &Sources) -> String {
    let (line, column) = sources.position(finding.span);
    format!("{}:{line}:{column}", harmless(&sources.file(finding.span.file).path))
}

/// The commands that explain the codes of these findings, each once.
fn explanations(findings: &[Finding]) -> String {
    let mut codes: Vec<&str> = Vec::new();
    for finding in findings {
        if !codes.contains(&finding.code.slug) {
            codes.push(finding.code.slug);
        }
    }
    let lines: String = codes.iter().map(|code| format!("explain: koppla explain {code}\n")).collect();
    if lines.is_empty() { lines } else { lines + "\n" }
}

/// The findings by code, in order of the first of each.
fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        match groups.iter_mut().find(|group| group[0].code.slug == finding.code.slug) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// All findings of one code: how many in which file, the first in full, the others on a line each.
fn grouped(group: &[&Finding], sources: &Sources, style: &Style) -> String {
    let mut text = String::new();
    if group.len() > FULL_OF_A_GROUP {
        for line in wrap(&heading(group, sources), style.width) {
            text.push_str(&line);
            text.push('\n');
        }
        text.push('\n');
    }
    for finding in group.iter().take(FULL_OF_A_GROUP) {
        text.push_str(&block(finding, sources, style));
        text.push('\n');
    }
    for finding in group.iter().skip(FULL_OF_A_GROUP).take(LINES_OF_A_GROUP) {
        let message = finding.message();
        text.push_str(&format!("{} {} {}\n", address(finding, sources), finding.code.slug, harmless(&message)));
    }
    let left = group.len().saturating_sub(FULL_OF_A_GROUP + LINES_OF_A_GROUP);
    if left > 0 {
        text.push_str(&format!("and {left} more of these; with `--format json` all are listed\n"));
    }
    if group.len() > FULL_OF_A_GROUP {
        text.push('\n');
    }
    text
}

/// `unknown-field: 34 findings (a.mapping.yaml 20, b.mapping.yaml 14)`
fn heading(group: &[&Finding], sources: &Sources) -> String {
    let mut files: Vec<(FileId, usize)> = Vec::new();
    for finding in group {
        // Findings stand in order of files.
        match files.last_mut().filter(|(file, _)| *file == finding.span.file) {
            Some((_, count)) => *count += 1,
            None => files.push((finding.span.file, 1)),
        }
    }
    let count = files.len();
    files.sort_by_key(|(file, count)| (Reverse(*count), *file));
    let mut files: Vec<String> = files
        .iter()
        .take(FILES_OF_A_GROUP)
        .map(|(file, count)| format!("{} {count}", harmless(&sources.file(*file).path)))
        .collect();
    if count > files.len() {
        files.push(format!("and {} more files", count - files.len()));
    }
    format!("{}: {} findings ({})", group[0].code.slug, group.len(), files.join(", "))
}

/// One finding in full.
fn block(finding: &Finding, sources: &Sources, style: &Style) -> String {
    let excerpt = excerpt::excerpt(finding, sources, style.width.saturating_sub(FRAME).max(20));
    let drawing = Drawing { finding, excerpt, style };
    let handler = GraphicalReportHandler::new_themed(drawing.theme())
        .with_wrap_lines(false)
        .with_context_lines(1)
        .with_width(style.width)
        .without_syntax_highlighting();
    let mut text = String::new();
    if handler.render_report(&mut text, &drawing).is_err() {
        // Drawing into a text fails only if a mark lies outside its excerpt; the finding is still told.
        return concise(std::slice::from_ref(finding), sources);
    }
    let trimmed: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\n", trimmed.join("\n").trim_start())
}

/// A finding as miette sees it: one text made of all pieces, with marks in it.
struct Drawing<'a> {
    finding: &'a Finding,
    excerpt: Excerpt,
    style: &'a Style,
}

impl Drawing<'_> {
    /// What stands before the message: `error[unknown-field]:`.
    fn title(&self) -> String {
        format!("{}[{}]:", self.finding.severity.word(), self.finding.code.slug)
    }

    /// Characters and colours: the finding's own mark has the colour of its weight, the others that of help.
    fn theme(&self) -> GraphicalTheme {
        let mut characters = if self.style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
        (characters.error, characters.warning, characters.advice) = (self.title(), self.title(), self.title());
        let mut styles = if self.style.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
        let own = match self.finding.severity {
            Severity::Error => styles.error.bold(),
            Severity::Warning => styles.warning.bold(),
            Severity::Hint => styles.advice.bold(),
        };
        if self.style.colour {
            let mut order: Vec<usize> = (0..self.excerpt.marks.len()).collect();
            order.sort_by_key(|&mark| self.excerpt.marks[mark].at);
            styles.highlights = order.into_iter().map(|mark| if mark == 0 { own } else { styles.help }).collect();
        }
        GraphicalTheme { characters, styles }
    }

    /// The piece that a place lies in.
    fn piece(&self, at: usize) -> Option<&Piece> {
        self.excerpt.pieces.iter().find(|piece| (piece.at..piece.at + piece.text.len()).contains(&at))
    }

    /// The name of a piece's file, as a link where links are wanted.
    fn name(&self, piece: &Piece) -> String {
        let path = harmless(&piece.path);
        match &self.style.links {
            Some(folder) if !path.starts_with("library:") => {
                format!("\u{1b}]8;;{folder}{path}\u{1b}\\{path}\u{1b}]8;;\u{1b}\\")
            }
            _ => path.into_owned(),
        }
    }

    /// The label of a mark in lines that end before the right edge.
    fn label(&self, mark: &Mark) -> Option<String> {
        let room = self.style.width.saturating_sub(FRAME + mark.indent + 4).max(30);
        let text = harmless(&mark.label);
        (!text.is_empty()).then(|| wrap(&text, room).join("\n"))
    }
}

impl miette::Diagnostic for Drawing<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Hint => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.finding.help()?;
        Some(Box::new(wrap(&harmless(&help), self.style.width.saturating_sub(10)).join("\n")))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpt.marks.iter().enumerate().map(|(index, mark)| {
            let label = self.label(mark);
            if index == 0 {
                LabeledSpan::new_primary_with_span(label, (mark.at, mark.len))
            } else {
                LabeledSpan::new(label, mark.at, mark.len)
            }
        })))
    }
}

/// miette asks for a mark with lines around it to draw them, and for a mark alone to learn its line and column.
impl miette::SourceCode for Drawing<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, MietteError> {
        let piece = self.piece(span.offset()).ok_or(MietteError::OutOfBounds)?;
        if span.offset() + span.len() > piece.at + piece.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let lines = piece.text.lines().count();
        let whole = before + after > 0;
        let mark = self.excerpt.marks.iter().find(|mark| !whole && mark.at == span.offset());
        let (line, column) = mark.map_or((piece.first_line, 1), |mark| (mark.line, mark.column));
        Ok(Box::new(MietteSpanContents::new_named(
            self.name(piece),
            piece.text.as_bytes(),
            (piece.at, piece.text.len()).into(),
            line - 1,
            column - 1,
            lines,
        )))
    }
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.finding.message();
        let room = self.style.width.saturating_sub(self.title().len() + 1).max(30);
        f.write_str(&wrap(&harmless(&message), room).join("\n"))
    }
}

impl fmt::Debug for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.finding.code.slug)
    }
}

impl std::error::Error for Drawing<'_> {}

#[cfg(test)]
mod tests;
