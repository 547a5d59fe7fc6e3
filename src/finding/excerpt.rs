//! The lines around the places of a finding, made fit to be shown.
//!
//! Tabs become blanks, line ends of every kind become one, characters that steer a terminal become `�`, and a line that
//! is wider than the screen is cut around its mark. Each [`Mark`] is carried along, so that its underline still stands
//! under exactly the bytes that the finding named.

use super::layout::{char_width, steers};
use super::{Finding, Severity};
use crate::source::{FileId, SourceFile, Sources, Span};
use std::ops::Range;

/// A mark over more lines than this is drawn under its first line alone.
const LINES_MARKED: usize = 6;
/// Columns between tab stops.
const TAB: usize = 4;

/// What is shown of the sources for one finding.
#[derive(Debug)]
pub struct Excerpt {
    /// Runs of neighbouring lines, each from one file; that of the finding's own place first.
    pub pieces: Vec<Piece>,
    /// The marked places; that of the finding itself first.
    pub marks: Vec<Mark>,
    /// The weight of the finding.
    pub severity: Severity,
}

/// Neighbouring lines of a file.
#[derive(Debug)]
pub struct Piece {
    /// The path of the file.
    pub path: String,
    /// Number of the first line, from 1.
    pub first_line: usize,
    /// Where `text` begins among the texts of all pieces, one after the other.
    pub at: usize,
    /// The lines; each ends in a line feed.
    pub text: String,
}

/// A marked place.
#[derive(Debug)]
pub struct Mark {
    /// First byte among the texts of all pieces.
    pub at: usize,
    /// Bytes marked; 0 for the place before `at`.
    pub len: usize,
    /// Line in the file, from 1.
    pub line: usize,
    /// Column in the file, from 1, in characters.
    pub column: usize,
    /// Columns on the screen before the mark.
    pub indent: usize,
    /// What stands beside it.
    pub label: String,
}

/// A place before it is laid out.
struct Place {
    file: FileId,
    range: Range<usize>,
    lines: Range<usize>,
    label: String,
}

/// The excerpt for a finding; no line is wider than `room` columns.
pub fn excerpt(finding: &Finding, sources: &Sources, room: usize) -> Excerpt {
    let places: Vec<Place> = std::iter::once((finding.span, finding.label()))
        .chain(finding.others.iter().cloned())
        .map(|(span, label)| place(sources.file(span.file), span, label))
        .collect();
    let mut pieces = Vec::new();
    let mut marks: Vec<Option<Mark>> = places.iter().map(|_| None).collect();
    for file in files_of(&places) {
        for lines in runs(&places, file, sources.file(file)) {
            let at = pieces.last().map_or(0, |piece: &Piece| piece.at + piece.text.len());
            pieces.push(lay_out(sources, file, lines, at, &places, &mut marks, room));
        }
    }
    Excerpt { pieces, marks: marks.into_iter().flatten().collect(), severity: finding.severity }
}

/// Where a span lies, with blanks at its end left out: block texts of YAML reach into the indentation after them.
fn place(file: &SourceFile, span: Span, label: String) -> Place {
    let text = &file.text;
    let start = text.floor_char_boundary((span.start as usize).min(text.len()));
    let end = text.floor_char_boundary((span.end as usize).min(text.len())).max(start);
    let end = match text[start..end].trim_end() {
        "" => end,
        kept => start + kept.len(),
    };
    let first = line_of(file, start);
    let last = line_of(file, end);
    if last - first < LINES_MARKED {
        return Place { file: span.file, range: start..end, lines: first..last + 1, label };
    }
    let end = start + text[start..].lines().next().map_or(0, |line| line.trim_end().len());
    Place { file: span.file, range: start..end, lines: first..first + 1, label }
}

/// Number of the line that a byte lies in, from 0.
fn line_of(file: &SourceFile, at: usize) -> usize {
    file.position(at).0 - 1
}

/// The files of the places, in order of first use.
fn files_of(places: &[Place]) -> Vec<FileId> {
    let mut files = Vec::new();
    for place in places {
        if !files.contains(&place.file) {
            files.push(place.file);
        }
    }
    files
}

/// The runs of lines to be shown of a file: every marked line, one before and one after; a single line between is filled.
fn runs(places: &[Place], file: FileId, source: &SourceFile) -> Vec<Range<usize>> {
    let last = line_of(source, source.text.trim_end().len());
    let mut wanted: Vec<Range<usize>> = places
        .iter()
        .filter(|place| place.file == file)
        .map(|place| place.lines.start.saturating_sub(1)..(place.lines.end + 1).min(last + 1).max(place.lines.end))
        .collect();
    wanted.sort_by_key(|lines| lines.start);
    let mut runs: Vec<Range<usize>> = Vec::new();
    for lines in wanted {
        match runs.last_mut() {
            Some(run) if lines.start <= run.end + 1 => run.end = run.end.max(lines.end),
            _ => runs.push(lines),
        }
    }
    runs
}

/// Lays out one run of lines and places its marks.
fn lay_out(
    sources: &Sources,
    file: FileId,
    lines: Range<usize>,
    at: usize,
    places: &[Place],
    marks: &mut [Option<Mark>],
    room: usize,
) -> Piece {
    let source = sources.file(file);
    let mut text = String::new();
    let mut ends: Vec<Option<usize>> = places.iter().map(|_| None).collect();
    for (number, start, line) in lines_of(source, lines.clone()) {
        let reach = start..start + line.len();
        let here = |byte: usize| line_of(source, byte) == number;
        let focus = places.iter().find(|place| place.file == file && here(place.range.start));
        let focus = focus.map_or(0, |place| place.range.start.min(reach.end) - start);
        let shown = show(line, focus, room);
        let offset = at + text.len();
        for (index, place) in places.iter().enumerate().filter(|(_, place)| place.file == file) {
            let within = |byte: usize| offset + shown.at[byte.clamp(start, reach.end) - start];
            if here(place.range.start) {
                marks[index] = Some(mark(source, place, within(place.range.start), &shown, offset));
            }
            if here(place.range.end) {
                ends[index] = Some(within(place.range.end));
            }
        }
        text.push_str(&shown.text);
        text.push('\n');
    }
    for (mark, end) in marks.iter_mut().zip(ends) {
        if let (Some(mark), Some(end)) = (mark, end) {
            mark.len = end.saturating_sub(mark.at);
        }
    }
    Piece { path: source.path.clone(), first_line: lines.start + 1, at, text }
}

/// A mark that starts at `at`; its length is known when its last line is laid out.
fn mark(source: &SourceFile, place: &Place, at: usize, shown: &ShownLine, line_at: usize) -> Mark {
    let (line, column) = source.position(place.range.start);
    let indent = shown.text[..at - line_at].chars().map(char_width).sum();
    Mark { at, len: 0, line, column, indent, label: place.label.clone() }
}

/// Number, first byte and text of each line, without its line end.
fn lines_of(source: &SourceFile, lines: Range<usize>) -> impl Iterator<Item = (usize, usize, &str)> {
    let mut start = 0;
    source
        .text
        .split_inclusive('\n')
        // The place after the last line end is a line of its own, and so is an empty file.
        .chain(std::iter::once("").filter(|_| source.text.is_empty() || source.text.ends_with('\n')))
        .enumerate()
        .map(move |(number, line)| {
            let at = start;
            start += line.len();
            (number, at, line.trim_end_matches('\n').trim_end_matches('\r'))
        })
        .skip(lines.start)
        .take(lines.len())
}

/// A line as it is shown.
struct ShownLine {
    text: String,
    /// For each byte of the line, and its end: where it lies in `text`.
    at: Vec<usize>,
}

/// Makes a line fit to be shown; if it is wider than `room`, the part around byte `focus` is kept.
fn show(line: &str, focus: usize, room: usize) -> ShownLine {
    let whole = expand(line);
    let columns: usize = whole.text.chars().map(char_width).sum();
    if columns <= room {
        return whole;
    }
    let focus_column: usize = whole.text[..whole.at[focus]].chars().map(char_width).sum();
    let first = if focus_column < room * 2 / 3 { 0 } else { focus_column - room / 3 };
    // Two columns for the ellipses, one for a wide character that the window would cut in half.
    window(&whole, first, room.saturating_sub(3).max(1))
}

/// Tabs become blanks, steering characters `�`; the byte order mark, which takes no column, vanishes.
fn expand(line: &str) -> ShownLine {
    let mut text = String::with_capacity(line.len());
    let mut at = Vec::with_capacity(line.len() + 1);
    let mut column = 0;
    for character in line.chars() {
        at.extend(std::iter::repeat_n(text.len(), character.len_utf8()));
        match character {
            '\t' => {
                let blanks = TAB - column % TAB;
                column += blanks;
                text.extend(std::iter::repeat_n(' ', blanks));
            }
            '\u{feff}' => {}
            _ => {
                let shown = if steers(character) { char::REPLACEMENT_CHARACTER } else { character };
                column += char_width(shown);
                text.push(shown);
            }
        }
    }
    at.push(text.len());
    ShownLine { text, at }
}

/// The columns `first..first + room` of a line, with an ellipsis for what is left out.
fn window(whole: &ShownLine, first: usize, room: usize) -> ShownLine {
    let byte_at = |limit: usize| {
        let mut column = 0;
        let over = whole.text.char_indices().find(|(_, character)| {
            column += char_width(*character);
            column > limit
        });
        over.map_or(whole.text.len(), |(at, _)| at)
    };
    let (start, end) = (byte_at(first), byte_at(first + room));
    let before = if start > 0 { "…" } else { "" };
    let after = if end < whole.text.len() { "…" } else { "" };
    let text = format!("{before}{}{after}", &whole.text[start..end]);
    let at = whole.at.iter().map(|&byte| match byte {
        byte if byte < start => 0,
        byte if byte <= end => before.len() + byte - start,
        _ => text.len(),
    });
    ShownLine { at: at.collect(), text: text.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Code;
    use proptest::prelude::*;

    static CODE: Code = Code { slug: "x", severity: Severity::Error, message: "m", label: "here", help: &[], page: "" };

    /// The text under the first mark of an excerpt, and the excerpt.
    fn marked(text: &str, range: Range<usize>, room: usize) -> (String, Excerpt) {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let excerpt = excerpt(&Finding::new(&CODE, Span::new(file, range)), &sources, room);
        let all: String = excerpt.pieces.iter().map(|piece| piece.text.as_str()).collect();
        let mark = &excerpt.marks[0];
        (all[mark.at..mark.at + mark.len].to_string(), excerpt)
    }

    #[test]
    fn marks_survive_tabs_and_line_ends() {
        let text = "a:\r\n\tåäö: 漢字 # x\r\nb:\r\n";
        let start = text.find('漢').unwrap();
        let (under, excerpt) = marked(text, start..start + "漢字".len(), 80);
        assert_eq!(under, "漢字");
        assert_eq!(excerpt.pieces[0].text, "a:\n    åäö: 漢字 # x\nb:\n");
        assert_eq!((excerpt.marks[0].line, excerpt.marks[0].column, excerpt.marks[0].indent), (2, 7, 9));
    }

    #[test]
    fn an_empty_file_and_the_end_of_a_file_have_a_place() {
        assert_eq!(marked("", 0..0, 80).1.pieces[0].text, "\n");
        let (_, excerpt) = marked("a: 1\n", 5..5, 80);
        assert_eq!(excerpt.pieces[0].text, "a: 1\n\n");
        assert_eq!((excerpt.marks[0].at, excerpt.marks[0].line), (5, 2));
    }

    #[test]
    fn a_long_line_is_cut_around_its_mark() {
        let text = format!("{}NEEDLE{}", "x".repeat(100_000), "y".repeat(100_000));
        let (under, excerpt) = marked(&text, 100_000..100_006, 60);
        assert_eq!(under, "NEEDLE");
        assert!(super::super::layout::width(excerpt.pieces[0].text.trim_end()) <= 60);
    }

    #[test]
    fn many_lines_are_marked_by_their_first() {
        let text = "a\n".repeat(20);
        let (under, excerpt) = marked(&text, 4..40, 80);
        assert_eq!(under, "a");
        assert_eq!(excerpt.pieces[0].text.lines().count(), 3);
    }

    #[test]
    fn places_in_other_files_are_pieces_of_their_own() {
        let mut sources = Sources::default();
        let one = sources.add("one.yaml", "model: a\n");
        let two = sources.add("two.yaml", "model: a\n");
        let finding = Finding::new(&CODE, Span::new(two, 7..8)).other(Span::new(one, 7..8), "the first");
        let excerpt = excerpt(&finding, &sources, 80);
        let paths: Vec<&str> = excerpt.pieces.iter().map(|piece| piece.path.as_str()).collect();
        assert_eq!(paths, ["two.yaml", "one.yaml"]);
        assert_eq!(excerpt.marks[1].at, excerpt.pieces[1].at + 7);
    }

    proptest! {
        /// Whatever a span is, and whatever the file holds, there is an excerpt, and it fits.
        #[test]
        fn any_span_has_an_excerpt(text in "[ -~åäö漢\t\r\n\u{1b}]{0,60}", start in 0usize..70, len in 0usize..70, room in 8usize..30) {
            let (_, excerpt) = marked(&text, start..start + len, room);
            for line in excerpt.pieces.iter().flat_map(|piece| piece.text.lines()) {
                prop_assert!(super::super::layout::width(line) <= room);
                prop_assert!(!line.chars().any(steers));
            }
        }

        /// A mark on one line that fits covers the very text that was named.
        #[test]
        fn the_mark_covers_the_text(before in "[a-zåäö漢]{0,20}", token in "[a-zåäö漢]{1,9}", after in "[a-z漢 ]{0,20}") {
            let text = format!("x:\n{before}{token}{after}\ny:\n");
            let start = 3 + before.len();
            prop_assert_eq!(marked(&text, start..start + token.len(), 200).0, token);
        }
    }
}
