//! A direction table as text, Markdown, CSV and JSON.

use super::{Cell, Directions, Kind, Row, Section};
use crate::documents::html;
use crate::documents::table::{Table, csv_line};
use crate::finding::layout::{width, wrap};
use serde_json::{Value, json};

/// Marks a field without a known public counterpart.
const MARK: &str = " (?)";

/// As plain text of at most `width` columns.
pub fn text(directions: &Directions, room: usize) -> String {
    let mut text = format!("{}\n", directions.title);
    let notes = numbered_notes(directions);
    for section in &directions.sections {
        text.push('\n');
        if let Some(heading) = &section.heading {
            wrap(heading, room).iter().for_each(|line| text.push_str(&format!("{line}\n")));
            text.push('\n');
        }
        text.push_str(&narrow_table(directions, section, &notes).text(room));
    }
    text.push('\n');
    let numbered = notes.iter().enumerate().map(|(number, note)| format!("{:>3}  {note}", number + 1));
    let mark = has_marks(directions).then(|| format!("{}  {}", MARK.trim(), directions.words.unknown));
    let remarks = directions.remarks.iter().map(|remark| format!("     {remark}"));
    for line in numbered.chain(mark).chain(remarks) {
        // What is too wide goes on under its own beginning.
        let indent = " ".repeat(5);
        let wrapped = wrap(line.get(5..).unwrap_or_default(), room.saturating_sub(5));
        for (number, part) in wrapped.iter().enumerate() {
            let before = if number == 0 { &line[..5] } else { &indent };
            text.push_str(&format!("{before}{part}\n"));
        }
    }
    text
}

/// All notes, each once, in order: many rows share one.
fn numbered_notes(directions: &Directions) -> Vec<&str> {
    let mut notes: Vec<&str> = Vec::new();
    for note in directions.sections.iter().flat_map(|section| &section.rows).flat_map(|row| &row.notes) {
        if !notes.contains(&note.as_str()) {
            notes.push(note);
        }
    }
    notes
}

/// A table with numbers of notes in place of notes.
fn narrow_table(directions: &Directions, section: &Section, notes: &[&str]) -> Table {
    let words = directions.words;
    let arrow = width(&directions.left) + width(&directions.right) + " --> ".len();
    let mut table = Table::new([words.field, words.direction, &directions.left, &directions.right, words.note])
        .at_least(1, arrow.min(30));
    for row in &section.rows {
        let numbers = row.notes.iter().filter_map(|note| notes.iter().position(|known| known == note));
        let numbers = numbers.map(|number| (number + 1).to_string()).collect::<Vec<_>>().join(", ");
        let directions = row.directions.join("\n");
        table.row([shown_name(section, row), directions, lines(&row.left), lines(&row.right), numbers]);
    }
    table
}

/// The name of a row; where rows of several maps stand together without an order of their own, with the map's.
fn shown_name(section: &Section, row: &Row) -> String {
    if section.kind == Kind::Other { format!("{} ({})", row.name, row.map) } else { row.name.clone() }
}

/// As Markdown.
pub fn markdown(directions: &Directions) -> String {
    let mut text = format!("# {}\n\n", directions.title);
    for section in &directions.sections {
        if let Some(heading) = &section.heading {
            text.push_str(&format!("\n## {heading}\n\n"));
        }
        text.push_str(&table(directions, section).markdown());
    }
    if has_marks(directions) {
        text.push_str(&format!("\n{}: {}\n", MARK.trim(), directions.words.unknown));
    }
    for remark in &directions.remarks {
        text.push_str(&format!("\n{remark}\n"));
    }
    text
}

/// As HTML, without the page around it.
pub fn html(directions: &Directions) -> String {
    let mut text = String::new();
    for section in &directions.sections {
        text.extend(section.heading.as_deref().map(html::heading));
        text.push_str(&table(directions, section).html());
    }
    if has_marks(directions) {
        text.push_str(&html::paragraph(&format!("{}: {}", MARK.trim(), directions.words.unknown)));
    }
    text.extend(directions.remarks.iter().map(|remark| html::paragraph(remark)));
    text
}

/// As CSV: a line a row; its headings are the same in all languages.
pub fn csv(all: &[Directions]) -> String {
    let headings =
        ["table", "section", "map", "label", "name", "direction", "left", "right", "notes", "unknown", "overlay"];
    let mut text = csv_line(headings);
    for directions in all {
        for section in &directions.sections {
            for row in &section.rows {
                text.push_str(&csv_row(directions, section, row));
            }
        }
    }
    text
}

fn csv_row(directions: &Directions, section: &Section, row: &Row) -> String {
    let written = |cells: &[Cell]| cells.iter().map(|cell| cell.written.as_str()).collect::<Vec<_>>().join("\n");
    let cells = [
        directions.title.clone(),
        word(section.kind).to_string(),
        row.map.clone(),
        row.label.clone(),
        row.name.clone(),
        row.directions.join("\n"),
        written(&row.left),
        written(&row.right),
        row.notes.join("\n"),
        unknown_fields(row).join("\n"),
        row.overlay.clone().unwrap_or_default(),
    ];
    csv_line(cells.iter().map(String::as_str))
}

/// As JSON: `{title, left, right, sections: [{kind, heading, rows: […]}]}`
pub fn json(directions: &Directions) -> Value {
    let cells = |cells: &[Cell]| -> Vec<Value> {
        cells.iter().map(|cell| json!({ "written": cell.written, "unknown": cell.unknown })).collect()
    };
    let row = |row: &Row| {
        json!({
            "map": row.map,
            "label": row.label,
            "name": row.name,
            "directions": row.directions,
            "left": cells(&row.left),
            "right": cells(&row.right),
            "notes": row.notes,
            "overlay": row.overlay,
        })
    };
    let section = |section: &Section| {
        let rows: Vec<Value> = section.rows.iter().map(row).collect();
        json!({ "kind": word(section.kind), "heading": section.heading, "rows": rows })
    };
    let sections: Vec<Value> = directions.sections.iter().map(section).collect();
    let remarks = &directions.remarks;
    json!({ "title": directions.title, "left": directions.left, "right": directions.right, "sections": sections, "remarks": remarks })
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Main => "main",
        Kind::AddOn => "add-on",
        Kind::Other => "other",
    }
}

fn table(directions: &Directions, section: &Section) -> Table {
    let words = directions.words;
    let mut table = Table::new([words.field, words.direction, &directions.left, &directions.right, words.notes]);
    for row in &section.rows {
        let directions = row.directions.join("\n");
        table.row([
            shown_name(section, row),
            directions,
            written(&row.left),
            written(&row.right),
            row.notes.join("\n"),
        ]);
    }
    table
}

/// One line a rule, shortened.
fn lines(cells: &[Cell]) -> String {
    cells.iter().map(|cell| marked(&cell.text, cell)).collect::<Vec<_>>().join("\n")
}

/// One line a rule, as it is written.
fn written(cells: &[Cell]) -> String {
    cells.iter().map(|cell| marked(&cell.written, cell)).collect::<Vec<_>>().join("\n")
}

fn marked(text: &str, cell: &Cell) -> String {
    format!("{text}{}", if cell.unknown { MARK } else { "" })
}

fn unknown_fields(row: &Row) -> Vec<String> {
    row.left.iter().chain(&row.right).filter(|cell| cell.unknown).map(|cell| cell.written.clone()).collect()
}

fn has_marks(directions: &Directions) -> bool {
    let mut cells =
        directions.sections.iter().flat_map(|section| &section.rows).flat_map(|row| row.left.iter().chain(&row.right));
    cells.any(|cell| cell.unknown)
}
