//! Tables for people: as plain text for a terminal, as Markdown, as CSV.
//!
//! One [`Table`] holds columns and cells; each form shows the same cells in the same order. Plain text counts columns of
//! the screen (`漢` takes two) and wraps what does not fit.

use crate::finding::layout::{harmless, width, wrap};
use crate::protocol::files::line;

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Where its cells stand.
    pub align: Align,
    /// In plain text it is made no narrower than this while others can give way.
    pub least: usize,
}

/// Where the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Texts.
    Left,
    /// Numbers.
    Right,
    /// Signs: arrows, marks.
    Centre,
}

/// Between two columns of plain text.
const GAP: &str = "  ";
/// No column of plain text is made narrower than this.
const LEAST: usize = 8;

impl Table {
    /// A table with these headings, all cells on the left.
    pub fn new<'a>(headings: impl IntoIterator<Item = &'a str>) -> Table {
        let column = |heading: &str| Column { heading: heading.to_string(), align: Align::Left, least: LEAST };
        Table { columns: headings.into_iter().map(column).collect(), rows: Vec::new() }
    }

    /// Places the cells of a column (from 0).
    #[must_use]
    pub fn align(mut self, column: usize, align: Align) -> Table {
        if let Some(column) = self.columns.get_mut(column) {
            column.align = align;
        }
        self
    }

    /// Gives a column (from 0) a width below which it does not go.
    #[must_use]
    pub fn at_least(mut self, column: usize, width: usize) -> Table {
        if let Some(column) = self.columns.get_mut(column) {
            column.least = width;
        }
        self
    }

    /// Adds a row. Missing cells are empty, surplus ones are left out.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let mut row: Vec<String> = cells.into_iter().take(self.columns.len()).map(Into::into).collect();
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Plain text of at most `room` columns, as long as each column can keep eight: headings, a line, the rows.
    pub fn text(&self, room: usize) -> String {
        let widths = self.widths(room);
        let headings: Vec<String> = self.columns.iter().map(|column| column.heading.clone()).collect();
        let rule: Vec<String> = widths.iter().map(|&width| "─".repeat(width)).collect();
        let rows = [headings, rule].into_iter().chain(self.rows.iter().cloned());
        rows.map(|row| self.text_row(&row, &widths)).collect()
    }

    /// A row of plain text; as many lines as its fullest cell needs.
    fn text_row(&self, row: &[String], widths: &[usize]) -> String {
        let cells: Vec<Vec<String>> = row.iter().zip(widths).map(|(cell, &room)| cell_lines(cell, room)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        let mut text = String::new();
        for line in 0..height {
            let parts: Vec<String> = cells
                .iter()
                .zip(widths.iter().zip(&self.columns))
                .map(|(cell, (&room, column))| pad(cell.get(line).map_or("", String::as_str), room, column.align))
                .collect();
            text.push_str(parts.join(GAP).trim_end());
            text.push('\n');
        }
        text
    }

    /// The width of each column: as wide as its widest cell, and while all together do not fit, the widest gives way.
    fn widths(&self, room: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let cells = self.rows.iter().map(|row| row[column].as_str());
                let lines = cells.chain([self.columns[column].heading.as_str()]).flat_map(str::lines);
                lines.map(|line| width(&harmless(line))).max().unwrap_or(0)
            })
            .collect();
        let gaps = GAP.len() * self.columns.len().saturating_sub(1);
        let mut surplus = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
        while surplus > 0 {
            let least = self.columns.iter().map(|column| column.least.max(LEAST));
            let wider = widths.iter_mut().zip(least).filter(|(width, least)| **width > *least);
            let Some((widest, _)) = wider.max_by_key(|(width, _)| **width) else { break };
            *widest -= 1;
            surplus -= 1;
        }
        widths
    }

    /// A Markdown table. Line ends in a cell become `<br>`.
    pub fn markdown(&self) -> String {
        let cell = |text: &String| {
            let escaped = text.replace('|', "\\|");
            escaped.lines().map(|line| harmless(line).into_owned()).collect::<Vec<_>>().join("<br>")
        };
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let rule = self.columns.iter().map(|column| match column.align {
            Align::Left => "---".to_string(),
            Align::Right => "--:".to_string(),
            Align::Centre => ":-:".to_string(),
        });
        let mut text = line(self.columns.iter().map(|column| cell(&column.heading)).collect());
        text.push_str(&line(rule.collect()));
        text.extend(self.rows.iter().map(|row| line(row.iter().map(cell).collect())));
        text
    }

    /// An HTML table. Line ends in a cell become `<br>`.
    pub fn html(&self) -> String {
        let cell = |text: &str| text.lines().map(super::html::escaped).collect::<Vec<_>>().join("<br>");
        let line = |tag: &str, cells: Vec<&str>| {
            let cells: String = cells.into_iter().map(|text| format!("<{tag}>{}</{tag}>", cell(text))).collect();
            format!("<tr>{cells}</tr>\n")
        };
        let headings = self.columns.iter().map(|column| column.heading.as_str()).collect();
        let mut text = format!("<table>\n{}", line("th", headings));
        text.extend(self.rows.iter().map(|row| line("td", row.iter().map(String::as_str).collect())));
        text.push_str("</table>\n");
        text
    }

    /// CSV as in RFC 4180, with line feeds: cells hold exactly what the table holds.
    pub fn csv(&self) -> String {
        let headings = self.columns.iter().map(|column| column.heading.as_str());
        let mut text = csv_line(headings);
        for row in &self.rows {
            text.push_str(&csv_line(row.iter().map(String::as_str)));
        }
        text
    }
}

/// One line of CSV; a cell is quoted where it must be. A lone empty cell is quoted, so that its line is not empty.
pub fn csv_line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    push_csv_line(&mut line, cells);
    line
}

/// Appends such a line.
pub fn push_csv_line<'a>(text: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    let start = text.len();
    for (number, cell) in cells.into_iter().enumerate() {
        text.push_str(if number > 0 { "," } else { "" });
        if cell.trim() != cell {
            line::push_quoted(text, cell);
        } else {
            line::push_cell(text, b',', cell);
        }
    }
    text.push_str(if text.len() == start { "\"\"\n" } else { "\n" });
}

/// The lines of a cell: its own line ends, and breaks where it is too wide, inside a word if need be.
fn cell_lines(cell: &str, room: usize) -> Vec<String> {
    let own_lines = cell.lines().map(harmless);
    let wrapped =
        own_lines.flat_map(|line| if width(&line) <= room { vec![line.into_owned()] } else { wrap(&line, room) });
    let lines: Vec<String> = wrapped.flat_map(|line| torn(line, room)).collect();
    if lines.is_empty() { vec![String::new()] } else { lines }
}

/// A line in pieces of at most `room` columns.
fn torn(line: String, room: usize) -> Vec<String> {
    if width(&line) <= room {
        return vec![line];
    }
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for character in line.chars() {
        let columns = crate::finding::layout::char_width(character);
        if used + columns > room && used > 0 {
            pieces.push(String::new());
            used = 0;
        }
        used += columns;
        if let Some(piece) = pieces.last_mut() {
            piece.push(character);
        }
    }
    pieces
}

/// A line filled with blanks to `room` columns.
fn pad(line: &str, room: usize, align: Align) -> String {
    let blanks = room.saturating_sub(width(line));
    let before = match align {
        Align::Left => 0,
        Align::Right => blanks,
        Align::Centre => blanks / 2,
    };
    format!("{}{line}{}", " ".repeat(before), " ".repeat(blanks - before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Table {
        let mut table = Table::new(["Gegeven", "Richting", "Aantal"]).align(1, Align::Centre).align(2, Align::Right);
        table.row(["Förnamn", "→", "12"]);
        table.row(["漢字 | x", "↔", "1234"]);
        table.row(["Eigen foto"]);
        table
    }

    #[test]
    fn plain_text_lines_up() {
        insta::assert_snapshot!(sample().text(100), @r#"
        Gegeven     Richting  Aantal
        ──────────  ────────  ──────
        Förnamn        →          12
        漢字 | x       ↔        1234
        Eigen foto
        "#);
    }

    #[test]
    fn a_narrow_screen_wraps_the_widest_column() {
        let mut table = Table::new(["code", "what it says"]);
        table.row(["a", "a sentence that is wider than the room"]);
        table.row(["b", "averyveryverylongwordthatfitsnowhere"]);
        insta::assert_snapshot!(table.text(24), @r#"
        code  what it says
        ────  ──────────────────
        a     a sentence that is
              wider than the
              room
        b     averyveryverylongw
              ordthatfitsnowhere
        "#);
    }

    #[test]
    fn markdown_escapes_what_would_part_cells() {
        assert_eq!(
            sample().markdown(),
            "| Gegeven | Richting | Aantal |\n| --- | :-: | --: |\n| Förnamn | → | 12 |\n| 漢字 \\| x | ↔ | 1234 |\n| Eigen foto |  |  |\n"
        );
    }

    #[test]
    fn csv_quotes_only_where_it_must() {
        assert_eq!(csv_line(["a", "b,c", "say \"hi\"", "", " x"]), "a,\"b,c\",\"say \"\"hi\"\"\",,\" x\"\n");
        assert_eq!(csv_line([""]), "\"\"\n");
    }

    proptest! {
        #[test]
        fn csv_gives_back_every_cell(rows in proptest::collection::vec(proptest::collection::vec("[a-zåäö,\"\n\r; ]{0,8}", 3), 0..5)) {
            let mut table = Table::new(["a", "b", "c"]);
            for row in &rows {
                table.row(row.iter().map(String::as_str));
            }
            let text = table.csv();
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let read: Vec<Vec<String>> = reader.records().map(|record| record.unwrap().iter().map(String::from).collect()).collect();
            prop_assert_eq!(read, rows);
        }

        #[test]
        fn plain_text_fits_where_it_can(cells in proptest::collection::vec("[a-zåäö漢 ]{0,60}", 3), room in 28usize..100) {
            let mut table = Table::new(["one", "two", "three"]);
            table.row(cells);
            for line in table.text(room).lines() {
                prop_assert!(width(line) <= room, "{}", line);
            }
        }
    }
}
