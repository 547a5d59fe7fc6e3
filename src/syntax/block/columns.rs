//! The columns of a block of rules: labels, left sides, arrows, right sides and clauses each stand under one another.
//!
//! Nothing but blanks is ever changed, so a formatted rule is the same rule.

use super::lines::{Block, Row};
use crate::finding::Findings;
use crate::source::Span;
use crate::syntax::parse::Fragment;
use crate::syntax::parse::rules::CLAUSE_WORDS;
use crate::syntax::parse::scan::{Token, TokenKind, first_arrow};
use std::ops::Range;
use unicode_width::UnicodeWidthStr;

/// A stretch of blanks of the file that becomes so many spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The blanks; empty where none stand.
    pub span: Span,
    /// How many spaces stand there afterwards.
    pub spaces: usize,
}

/// A cell that is wider than this does not push the columns of all other rules.
const WIDEST: usize = 48;
/// Nor does a label that is wider than this.
const WIDEST_LABEL: usize = 32;

/// The gaps of a block of rules that are not as wide as its columns want them. None of a block that cannot be parted.
pub fn columns(fragment: &Fragment<'_>) -> Vec<Gap> {
    let mut found = Findings::default();
    let block = Block::new(fragment).by_label(&mut found);
    if !found.is_empty() || block.rows.iter().any(|row| row.indent != block.rows[0].indent && row.first) {
        return Vec::new();
    }
    let rules: Vec<Cells> = block.rows.iter().filter_map(|row| Cells::of(fragment, &block, row)).collect();
    let grid = Grid::of(fragment.text, &rules);
    let mut gaps = Vec::new();
    rules.iter().for_each(|rule| rule.place(fragment, &grid, &mut gaps));
    gaps
}

/// The parts of one rule that stand in columns.
struct Cells {
    /// Where its first line starts.
    start: usize,
    /// The label with its colon, on the first line of a row.
    label: Option<Range<usize>>,
    /// First byte of the left side.
    left: usize,
    /// End of what stands before the arrow on its line, and the arrow.
    arrow: Option<(usize, Range<usize>)>,
    /// The right side, if it stands on the line of the arrow.
    right: Option<Range<usize>>,
    /// First byte of the clauses, if they stand on the line of the right side.
    clauses: Option<usize>,
    /// Ends of the lines but the last: where further lines of the rule start.
    further: Vec<usize>,
}

impl Cells {
    /// The cells of a rule; `None` if its left side does not begin on the line of its label.
    fn of(fragment: &Fragment<'_>, block: &Block<'_>, row: &Row) -> Option<Cells> {
        let text = fragment.text;
        let tokens = block.tokens(row);
        let body = row.body();
        let start = text[..body.start].rfind('\n').map_or(0, |end| end + 1);
        let same_line = |from: usize, to: usize| !text[from..to].contains('\n');
        let left = tokens.first()?.range.start;
        if !same_line(start, left) {
            return None;
        }
        let arrow_at = first_arrow(text, tokens).filter(|&index| index > 0);
        let arrow = arrow_at.map(|index| (tokens[index - 1].range.end, tokens[index].range.clone()));
        let behind = arrow_at.map_or(&[][..], |index| &tokens[index + 1..]);
        let (right, clauses) = parted(text, behind);
        let right = right.filter(|right| arrow.as_ref().is_some_and(|(_, arrow)| same_line(arrow.end, right.end)));
        let clauses = clauses.filter(|&at| right.as_ref().is_some_and(|right| same_line(right.end, at)));
        Some(Cells {
            start,
            label: (row.first && body.start > start).then(|| {
                let indent = text[start..].len() - text[start..].trim_start().len();
                start + indent..body.start
            }),
            left,
            arrow: arrow.filter(|(before, arrow)| same_line(*before, arrow.start)),
            right,
            clauses,
            further: text[start..body.end].match_indices('\n').map(|(at, _)| start + at + 1).collect(),
        })
    }

    /// True if everything before the arrow stands on the first line.
    fn is_plain(&self) -> bool {
        let arrow = self.arrow.as_ref();
        arrow.is_some_and(|(_, arrow)| self.further.first().is_none_or(|&further| arrow.end <= further))
    }

    /// The gaps of the rule.
    fn place(&self, fragment: &Fragment<'_>, grid: &Grid, gaps: &mut Vec<Gap>) {
        let text = fragment.text;
        let width = |range: Range<usize>| text[range].width();
        let mut set = |range: Range<usize>, spaces: usize| {
            if text[range.clone()].len() != spaces || !text[range.clone()].bytes().all(|byte| byte == b' ') {
                gaps.push(Gap { span: span_of(fragment, range), spaces });
            }
        };
        let before = width(self.start..self.left);
        let left = match &self.label {
            Some(label) => {
                let left = grid.left.max(width(self.start..label.end) + 1);
                set(label.end..self.left, left - width(self.start..label.end));
                left
            }
            None => {
                set(self.start..self.left, grid.left);
                grid.left
            }
        };
        for &line in &self.further {
            let blanks = text[line..].len() - text[line..].trim_start_matches([' ', '\t']).len();
            let is_blank = text[line + blanks..].starts_with('\n') || text[line + blanks..].is_empty();
            // Further lines keep their distance from the left side.
            if !is_blank && line + blanks < text.len() {
                let column = (width(line..line + blanks) + left).saturating_sub(before).max(1);
                set(line..line + blanks, column);
            }
        }
        let Some((end, arrow)) = self.arrow.as_ref().filter(|_| self.is_plain()) else { return };
        let mut at = left + width(self.left..*end);
        // Arrows stand under one another by their ends: ` ->` under `<->`.
        let blanks = (grid.arrow_end).saturating_sub(at + width(arrow.clone())).max(1);
        set(*end..arrow.start, blanks);
        at += blanks + width(arrow.clone());
        let Some(right) = &self.right else { return };
        set(arrow.end..right.start, 1);
        at += 1 + width(right.clone());
        if let Some(clauses) = self.clauses {
            set(right.end..clauses, grid.clauses.saturating_sub(at).max(2));
        }
    }
}

/// What stands behind an arrow: the right side, and where its clauses begin.
fn parted(text: &str, tokens: &[Token]) -> (Option<Range<usize>>, Option<usize>) {
    let mut open = 0_usize;
    let clause = tokens.iter().enumerate().position(|(index, token)| {
        match token.kind {
            TokenKind::Open(_) => open += 1,
            TokenKind::Close(_) => open = open.saturating_sub(1),
            _ => {}
        }
        let word = &text[token.range.clone()];
        let is_member = index > 0 && text[tokens[index - 1].range.clone()] == *".";
        open == 0 && index > 0 && token.kind == TokenKind::Word && CLAUSE_WORDS.contains(&word) && !is_member
    });
    let right = &tokens[..clause.unwrap_or(tokens.len())];
    let range = right.first().zip(right.last()).map(|(first, last)| first.range.start..last.range.end);
    (range, clause.map(|index| tokens[index].range.start))
}

/// The bytes of the file under blanks of the block; where none stand, the place between two bytes.
fn span_of(fragment: &Fragment<'_>, range: Range<usize>) -> Span {
    if range.is_empty() {
        let before = fragment.map.span(range.start.saturating_sub(1)..range.start);
        return Span { start: before.end, end: before.end, ..before };
    }
    fragment.map.span(range)
}

/// The columns, counted from the first character of the block.
struct Grid {
    /// Where left sides begin.
    left: usize,
    /// Where arrows end.
    arrow_end: usize,
    /// Where clauses begin.
    clauses: usize,
}

impl Grid {
    fn of(text: &str, rules: &[Cells]) -> Grid {
        let width = |range: Range<usize>| text[range].width();
        let widest = |widths: &mut dyn Iterator<Item = usize>, most: usize| widths.filter(|&width| width <= most).max();
        let labels = rules.iter().filter_map(|rule| Some(rule.start..rule.label.as_ref()?.end));
        let left = widest(&mut labels.map(width), WIDEST_LABEL).map_or(0, |label| label + 2);
        let plain = || rules.iter().filter(|rule| rule.is_plain());
        let arrows = || plain().filter_map(|rule| Some((rule, rule.arrow.as_ref()?)));
        let lefts = widest(&mut arrows().map(|(rule, (end, _))| width(rule.left..*end)), WIDEST).unwrap_or(0);
        let arrow = arrows().map(|(_, (_, arrow))| width(arrow.clone())).max().unwrap_or(0);
        let arrow_end = left + lefts + 1 + arrow;
        let with_clauses = plain().filter(|rule| rule.clauses.is_some());
        let rights = widest(&mut with_clauses.filter_map(|rule| rule.right.clone()).map(width), WIDEST).unwrap_or(0);
        Grid { left, arrow_end, clauses: arrow_end + 1 + rights + 2 }
    }
}

#[cfg(test)]
mod tests {
    use super::columns;
    use crate::source::{FileId, OffsetMap, Span};
    use crate::syntax::parse::Fragment;
    use proptest::prelude::*;

    fn formatted(text: &str) -> String {
        let map = OffsetMap::identity(Span::new(FileId(0), 0..text.len()));
        let mut gaps = columns(&Fragment { text, map: &map });
        gaps.sort_by_key(|gap| gap.span.start);
        let (mut after, mut at) = (String::new(), 0);
        for gap in gaps {
            let range = gap.span.range();
            after.push_str(&text[at..range.start]);
            after.push_str(&" ".repeat(gap.spaces));
            at = range.end;
        }
        after + &text[at..]
    }

    #[test]
    fn rules_stand_in_columns() {
        let text = "\
Id: number -> id
Förnamn:   given|trim ->   given_name else reject \"none\"  # as the register has it
Mail: if work is absent
    then home
    else work -> mail   fill
Flags:     a  <->  b when c.on == 1
      d $way e.f
# a comment
A label that is far too long to make room for: x -> y
";
        let wanted = "\
Id:       number       -> id
Förnamn:  given|trim   -> given_name  else reject \"none\"  # as the register has it
Mail:     if work is absent
        then home
        else work -> mail   fill
Flags:    a           <-> b           when c.on == 1
          d          $way e.f
# a comment
A label that is far too long to make room for: x -> y
";
        assert_eq!(formatted(text), wanted);
        assert_eq!(formatted(wanted), wanted);
    }

    #[test]
    fn what_cannot_be_parted_is_left_alone() {
        for text in ["a -> b\nX:   c -> d\n", "Name:\n  a   -> b\n", "", "# nothing\n"] {
            assert_eq!(formatted(text), text);
        }
    }

    proptest! {
        #[test]
        fn only_blanks_change(text in "([A-Cå]: {1,4}|  {0,3})([a-c.|\"#()$ ]{0,9}|->| <-> |else |when |\n){0,12}") {
            let after = formatted(&text);
            let bare = |text: &str| text.replace(' ', "");
            prop_assert_eq!(bare(&after), bare(&text));
            prop_assert_eq!(formatted(&after), after);
        }
    }
}
