//! Errors of the YAML parser as findings: which slip of the hand it was, and where it can be seen.

use super::mend::Mend;
use super::slip::slip;
use crate::finding::{Code, Finding, codes::yaml};
use crate::source::{FileId, Span};
use granit_parser::{ErrorKind, ScanError};
use std::ops::Range;

/// An error of the grammar.
pub struct Trouble {
    /// What is wrong.
    pub finding: Finding,
    /// True if it is certain what was meant, so that what follows is not the fault of the mend.
    pub sure: bool,
    /// How to go on.
    pub mend: Mend,
}

/// What an error at byte `at` is; `innermost` and `outermost` are where a `[` or `{` stands that is not closed yet.
pub fn trouble(
    text: &str,
    file: FileId,
    error: &ScanError,
    at: usize,
    innermost: Option<usize>,
    outermost: Option<usize>,
) -> Trouble {
    if let Some(trouble) = slip(text, file, error.kind(), at, innermost.is_some()) {
        return trouble;
    }
    let place = |code: &'static Code, range: Range<usize>| Finding::new(code, Span::new(file, range));
    let to_line_end = |start: usize| start..line_end(text, start);
    let (finding, mend) = match error.kind() {
        kind if is_tab(kind) => {
            let tabs = tab_near(text, at);
            (place(&yaml::TAB_INDENTATION, tabs.clone()), Mend::Blank(tabs))
        }
        ErrorKind::RecursionLimitExceeded => {
            let finding =
                place(&yaml::DOCUMENT_TOO_BIG, token(text, at)).word("what", "nests more than 64 levels deep");
            (finding, outermost.map_or(Mend::Stop, |start| Mend::Drop(to_line_end(start))))
        }
        kind if is_escape(kind) => {
            let range = bad_escape(text, at);
            let mend = Mend::Letters(range.start..range.start + 1);
            (place(&yaml::YAML_ESCAPE, range.clone()).word("escape", &text[range]), mend)
        }
        kind if is_open_quote(kind) => {
            let quote = opening_quote(text, at);
            let mend = Mend::Keep(to_line_end(quote.start));
            (place(&yaml::UNCLOSED_QUOTE, quote), mend)
        }
        kind if is_bracket(kind) => {
            let range = token(text, bracket(kind, text, at, innermost));
            let finding = place(&yaml::UNCLOSED_LIST_OR_MAP, range.clone());
            // The parser may tell of a bracket that it has not opened yet.
            let outermost = outermost.or_else(|| text[at..].starts_with(['[', '{']).then_some(at));
            (
                finding,
                outermost.map_or(Mend::Blank(range), |start| Mend::Drop(start..with_deeper_lines(text, start).end)),
            )
        }
        kind => match read_by_yaml(kind, text, at).filter(|read| innermost.is_none_or(|open| read.value == open)) {
            Some(read) => {
                let finding = place(&yaml::YAML_READS_THIS_ITSELF, read.range).word("what", read.what);
                let value = to_line_end(read.value);
                // These signs may begin a rule; the others mean nothing in one, which need not be said as well.
                let is_rule = matches!(read.what, "\"" | "[" | "{" | ":");
                (finding.word("meaning", read.meaning), if is_rule { Mend::Keep(value) } else { Mend::Drop(value) })
            }
            None if is_indentation(kind, text, at) => {
                (place(&yaml::WRONG_INDENTATION, rest_of_line(text, at)), Mend::Blank(with_deeper_lines(text, at)))
            }
            None => {
                let finding = place(&yaml::YAML_SYNTAX, token(text, at)).word("detail", error.info());
                (finding, Mend::Blank(with_deeper_lines(text, at)))
            }
        },
    };
    let sure = [&yaml::YAML_READS_THIS_ITSELF, &yaml::YAML_ESCAPE].iter().any(|code| std::ptr::eq(*code, finding.code));
    Trouble { finding, sure, mend }
}

fn is_escape(kind: &ErrorKind) -> bool {
    use ErrorKind::*;
    matches!(
        kind,
        UnknownQuotedScalarEscape
            | InvalidQuotedScalarHexEscape
            | InvalidUnicodeEscape
            | InvalidLowSurrogateHexEscape
            | InvalidLowSurrogate
            | MissingLowSurrogate
            | UnpairedLowSurrogate
    )
}

/// The line at byte `at` and the lines below it that are deeper, which belong to it.
pub fn with_deeper_lines(text: &str, at: usize) -> Range<usize> {
    let at = if text[at..].trim().is_empty() { text.trim_end().len() } else { at };
    let start = line_start(text, at);
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let own = depth(&text[start..]);
    let mut end = text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1);
    for line in text[end..].split_inclusive('\n') {
        if !line.trim().is_empty() && depth(line) <= own {
            break;
        }
        end += line.len();
    }
    start..text[..end].trim_end().len().max(start)
}

/// The first byte of the line that byte `at` lies in.
pub fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The end of the line that byte `at` lies in, without its line break.
pub fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    if text[..end].ends_with('\r') && end > at { end - 1 } else { end }
}

fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    )
}

/// The tabs that indent the line at `at`, or the next line that is indented so.
fn tab_near(text: &str, at: usize) -> Range<usize> {
    let from = line_start(text, at);
    let start = text[from..].find('\t').map_or(at, |tab| from + tab);
    let tabs = text[start..].bytes().take_while(|&byte| byte == b'\t').count();
    start..start + tabs
}

fn is_open_quote(kind: &ErrorKind) -> bool {
    use ErrorKind::*;
    matches!(kind, UnclosedQuotedScalar | InvalidQuotedScalarIndent | DocumentIndicatorInQuotedScalar)
}

/// The quote that opened the text which byte `at` still belongs to: the last one that follows a blank or a bracket.
fn opening_quote(text: &str, at: usize) -> Range<usize> {
    if text[at..].starts_with(['"', '\'']) {
        return at..at + 1;
    }
    let opens = |&(index, _): &(usize, &str)| text[..index].ends_with([' ', '\t', '\n', '[', '{', ',', '(']);
    let quote = text[..at].rmatch_indices(['"', '\'']).find(opens);
    quote.map_or_else(|| token(text, at), |(index, _)| index..index + 1)
}

/// The escape that YAML does not know, in the double-quoted text that starts at or holds byte `at`.
fn bad_escape(text: &str, at: usize) -> Range<usize> {
    const KNOWN: &str = "0abt\tnvfre \"/\\N_LP\n\r";
    let mut from = at;
    while let Some(found) = text[from..].find('\\') {
        let start = from + found;
        let Some(next) = text[start + 1..].chars().next() else { break };
        let digits = match next {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let end = start + 1 + next.len_utf8();
        let written = text[end..].chars().take_while(char::is_ascii_hexdigit).take(digits).count();
        if (digits == 0 && !KNOWN.contains(next)) || written < digits {
            return start..end + written;
        }
        from = end;
    }
    token(text, at)
}

fn is_bracket(kind: &ErrorKind) -> bool {
    use ErrorKind::*;
    matches!(
        kind,
        UnexpectedEofFlowSequence
            | UnexpectedEofFlowMapping
            | UnexpectedEofImplicitFlowMapping
            | UnclosedFlowCollection { .. }
            | MismatchedFlowCollectionEnd { .. }
            | MisplacedFlowCollectionEnd
            | ExpectedFlowMappingSeparator
            | ExpectedFlowSequenceSeparator
            | InvalidColonPlacement
            | BlockEntryInFlowCollection
            | InvalidFlowScalarIndent
    )
}

/// Where the trouble with a bracket is best seen: at the bracket that is still open, if the parser ran on past its line.
fn bracket(kind: &ErrorKind, text: &str, at: usize, open: Option<usize>) -> usize {
    match open {
        Some(open) if !matches!(kind, ErrorKind::MismatchedFlowCollectionEnd { .. }) && line_end(text, open) < at => {
            open
        }
        _ => at,
    }
}

/// What YAML took for its own.
struct Read<'t> {
    /// The place.
    range: Range<usize>,
    /// The characters.
    what: &'t str,
    /// What it takes them for.
    meaning: &'static str,
    /// Where the value begins that they belong to.
    value: usize,
}

fn read_by_yaml<'t>(kind: &ErrorKind, text: &'t str, at: usize) -> Option<Read<'t>> {
    let value = value_on_line(text, at)?;
    let first = text[value..].chars().next()?;
    let start = value..value + first.len_utf8();
    let what = &text[start.clone()];
    let read = |meaning| Some(Read { range: start, what, meaning, value });
    match (kind, first) {
        (ErrorKind::MappingValueNotAllowed, _) if value < at => {
            Some(Read { range: at..at + 1, what: ":", meaning: "a key and its value", value })
        }
        (ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar, '"' | '\'') => {
            read("a text that ends at the next quote")
        }
        (_, '"' | '\'') => None,
        (ErrorKind::ExpectedBlockMappingKey, '[') => read("a list"),
        (ErrorKind::ExpectedBlockMappingKey, '{') => read("a map"),
        (ErrorKind::InvalidBlockScalarHeader, _) => read("the start of a block"),
        (ErrorKind::UnexpectedCharacter { .. }, '%' | '@' | '`') => read("a sign of its own"),
        (_, '&') => read("the name of this place"),
        (_, '*') => read("the name of another place"),
        (_, '!') => read("a tag"),
        _ => None,
    }
}

/// Where the value after the first `: ` or `- ` of the line at `at` begins, if that is at or before `at`.
pub fn value_on_line(text: &str, at: usize) -> Option<usize> {
    let start = line_start(text, at);
    let line = &text[start..line_end(text, at)];
    let after = line
        .find(": ")
        .map(|colon| colon + 2)
        .or_else(|| line.trim_start().starts_with("- ").then(|| line.len() - line.trim_start().len() + 2))?;
    let value = start + after + (line[after..].len() - line[after..].trim_start().len());
    (value <= at).then_some(value)
}

/// True if the error stands at the first word of its line: then the line is indented as none of those around it.
fn is_indentation(kind: &ErrorKind, text: &str, at: usize) -> bool {
    use ErrorKind::*;
    let first = text[line_start(text, at)..at].trim_start().is_empty();
    match kind {
        ExpectedBlockMappingKey | ExpectedBlockSequenceEntry | InvalidIndentation | InvalidBlockScalarIndent => first,
        // The key is not the first word, but what stands before the colon is.
        MappingValueNotAllowed | BlockSequenceEntryNotAllowed => true,
        _ => false,
    }
}

/// The rest of the line: what stands at the wrong place.
fn rest_of_line(text: &str, at: usize) -> Range<usize> {
    let start = line_start(text, at);
    let start = start + (text[start..].len() - text[start..].trim_start_matches([' ', '\t']).len());
    let end = line_end(text, start);
    start.min(at)..text[..end].trim_end().len().max(at)
}

/// The word, or the one character, at byte `at`; the last word of the text if that is its end.
fn token(text: &str, at: usize) -> Range<usize> {
    let at = if text[at..].trim().is_empty() { text.trim_end().len() } else { at };
    let word = |character: char| character.is_alphanumeric() || character == '_';
    let ahead: usize = text[at..].chars().take_while(|&character| word(character)).map(char::len_utf8).sum();
    if ahead > 0 {
        return at..at + ahead;
    }
    match text[at..].chars().next().filter(|character| !character.is_whitespace()) {
        Some(character) => at..at + character.len_utf8(),
        None => {
            let before: usize = text[..at].chars().rev().take_while(|&c| word(c)).map(char::len_utf8).sum();
            let last = text[..at].chars().next_back().map_or(0, char::len_utf8);
            at - before.max(last)..at
        }
    }
}
