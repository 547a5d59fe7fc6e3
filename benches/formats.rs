//! Reading and writing people in every format: through Koppla's sessions, and in a plain loop over the same library without a
//! descriptor. `benches/run --formats` runs it, a process for each figure, and measures time and peak memory.
//!
//! `formats VERB FORMAT FOLDER N`: VERB is `write`, `read`, `plain-write` or `plain-read`. It prints rows and letters, so that
//! two ways of reading one file can be compared.

#![allow(clippy::disallowed_methods, reason = "the plain loops open their own files")]

use calamine::Reader as _;
use koppla::adapter::files::Files;
use koppla::adapter::{Batch, Cell, Mark, Opener, Part, Rows, Settings};
use koppla::finding::Findings;
use koppla::model::resolve;
use koppla::plan::columns::{columns, for_writing};
use koppla::protocol::files::Files as Protocol;
use koppla::protocol::{CallId, Dialect, Protocol as _, ScopeNames};
use koppla::source::Sources;
use koppla::world::OsWorld;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What went wrong, in words.
type Trouble = Box<dyn std::error::Error>;

/// Fields of a person, and how wide their cells are in a file of fixed width.
const FIELDS: [(&str, usize); 8] = [
    ("id", 12),
    ("given", 16),
    ("family", 16),
    ("born", 10),
    ("email", 40),
    ("class", 4),
    ("school", 20),
    ("phone", 14),
];

/// Formats by name: how the descriptor says them, and the name of the file.
const FORMATS: [(&str, &str, &str); 7] = [
    ("csv", "csv", "people.csv"),
    ("json", "{ json: { select: \"$[*]\" } }", "people.json"),
    ("ndjson", "ndjson", "people.ndjson"),
    ("xml", "{ xml: { select: \"people.person[*]\" } }", "people.xml"),
    ("xlsx", "xlsx", "people.xlsx"),
    ("fixed", "{ fixed: {} }", "people.txt"),
    ("zip", "csv", "people.csv"),
];

/// The invented person of a number; every letter is always the same.
fn person(number: usize) -> [String; 8] {
    const GIVEN: [&str; 8] = ["Åsa", "Örjan", "Märta", "Wojciech", "Nour", "Ture", "Łucja", "Anna-Karin"];
    const FAMILY: [&str; 8] = ["Berg", "Öberg", "von Hjälm", "O'Neill", "Żuk", "Lind, yngre", "Testsson", "Ek"];
    let (given, family) = (GIVEN[number % 8], FAMILY[number / 8 % 8]);
    [
        format!("p{number:09}"),
        given.to_string(),
        family.to_string(),
        format!("20{:02}-{:02}-{:02}", number % 18, number % 12 + 1, number % 28 + 1),
        format!("person.{number}@elev.example.se"),
        format!("{}{}", number % 9 + 1, ["A", "B", "C"][number % 3]),
        format!("Skolan nummer {}", number % 40),
        format!("070-{:03} {:02} {:02}", number % 1000, number % 100, number / 7 % 100),
    ]
}

/// People as rows to be written.
struct People {
    next: usize,
    count: usize,
    row: Vec<Option<String>>,
}

impl Rows for People {
    fn next(&mut self) -> Option<&[Option<String>]> {
        if self.next == self.count {
            return None;
        }
        self.row = person(self.next).into_iter().map(Some).collect();
        self.next += 1;
        Some(&self.row)
    }
}

fn main() -> Result<(), Trouble> {
    let given: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [verb, format, folder, count] = given.as_slice() else {
        return Err("formats VERB FORMAT FOLDER N".into());
    };
    let (name, words, file) =
        FORMATS.into_iter().find(|(name, ..)| name == format).ok_or_else(|| format!("there is no format {format}"))?;
    let (folder, count) = (PathBuf::from(folder), count.parse()?);
    let path = folder.join(if name == "zip" { "people.zip" } else { file });
    let seen = match verb.as_str() {
        "write" => through(name, words, file, &folder, Some(count))?,
        "read" => through(name, words, file, &folder, None)?,
        "plain-write" => plain_write(name, &path, count)?,
        "plain-read" => plain_read(name, &path)?,
        _ => return Err("the verbs are write, read, plain-write and plain-read".into()),
    };
    println!("{} {}", seen.rows, seen.letters);
    Ok(())
}

/// How many rows, and how many letters in them.
#[derive(Default)]
struct Seen {
    rows: usize,
    letters: usize,
}

/// Reads or writes through a session.
fn through(name: &str, words: &str, file: &str, folder: &Path, write: Option<usize>) -> Result<Seen, Trouble> {
    let (dialect, call) = compiled(name, words, file, write.is_some())?;
    let settings = Settings { folder: folder.to_path_buf(), as_of: "2026-09-01".into(), ..Settings::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let files = Files::default();
        let mut session = files.open(&*dialect, &OsWorld, &settings).await.map_err(|fault| fault.say)?;
        let Some(count) = write else {
            let (mut seen, mut mark): (Seen, Option<Mark>) = Default::default();
            loop {
                let page = session.page(call, mark.as_ref()).await.map_err(|fault| fault.say)?;
                if let Some(torn) = page.torn.first() {
                    return Err(torn.why.clone().into());
                }
                look(&page.rows, &mut seen);
                mark = page.next;
                if mark.is_none() {
                    return Ok(seen);
                }
            }
        };
        let mut people = People { next: 0, count, row: Vec::new() };
        session.deliver("bench", &mut [Part { call, rows: &mut people }]).await.map_err(|fault| fault.say)?;
        session.settle("bench").await.map_err(|fault| fault.say)?;
        Ok(Seen { rows: count, letters: 0 })
    })
}

fn look(batch: &Batch, seen: &mut Seen) {
    seen.rows += batch.len();
    for cell in (0..batch.len()).flat_map(|row| batch.row(row)) {
        if let Cell::Text { start, len } = cell {
            seen.letters += batch.text(start, len).len();
        }
    }
}

/// The compiled call of a system with one entity.
fn compiled(name: &str, words: &str, file: &str, write: bool) -> Result<(Box<dyn Dialect>, CallId), Trouble> {
    let mut at = 1;
    let mut fields = String::new();
    for (field, width) in FIELDS {
        let place = if name == "fixed" { format!("{at}-{}", at + width - 1) } else { field.to_string() };
        fields.push_str(&format!("      {field}: {{ type: text, at: {place} }}\n"));
        at += width;
    }
    let zip = if name == "zip" { ", zip: people.zip" } else { "" };
    let document = format!(
        "system: bench\nconnect:\n  files: {{ folder: .{zip}, format: {words} }}\nentities:\n  person:\n    key: id\n    read: {{ file: {file} }}\n    write: {{ file: {file} }}\n    fields:\n{fields}"
    );
    let (mut sources, mut found) = (Sources::default(), Findings::default());
    let id = sources.add("systems/bench/system.yaml", document.as_str());
    let model = resolve(&sources, &[id], &mut found);
    let (_, connect) = model.systems[0].connect.as_ref().ok_or("the document has no connection")?;
    let mut dialect = Protocol.compile(connect, &ScopeNames::default(), &mut found).ok_or("no dialect")?;
    let entity = &model.entities[0];
    let all: BTreeSet<u16> = (0..entity.fields.len() as u16).collect();
    let (mut shape, _) = columns(&model, entity, &all);
    let call = match (write, &entity.write, &entity.read) {
        (true, Some(spec), _) => {
            for_writing(&mut shape, spec);
            dialect.write(&spec.node, None, &shape, &mut found)
        }
        (false, _, Some(read)) => dialect.read(read, &shape, &mut found),
        _ => None,
    };
    let call = call.ok_or_else(|| found.sorted().first().map_or("no call".to_string(), |finding| finding.message()))?;
    Ok((dialect, call))
}

fn plain_write(name: &str, path: &Path, count: usize) -> Result<Seen, Trouble> {
    let people = (0..count).map(person);
    let mut out = BufWriter::new(File::create(path)?);
    let names = FIELDS.map(|(field, _)| field);
    match name {
        "csv" | "zip" => {
            let mut writer: csv::Writer<Box<dyn Write>> = csv::Writer::from_writer(match name {
                "csv" => Box::new(out),
                _ => Box::new(std::io::Cursor::new(Vec::new())),
            });
            writer.write_record(names)?;
            for person in people {
                writer.write_record(&person)?;
            }
            writer.flush()?;
        }
        "json" | "ndjson" => {
            for (number, person) in people.enumerate() {
                let record: serde_json::Map<String, serde_json::Value> =
                    names.iter().zip(person).map(|(name, text)| (name.to_string(), text.into())).collect();
                out.write_all(match (name, number) {
                    ("ndjson", _) => b"",
                    (_, 0) => b"[",
                    _ => b",\n",
                })?;
                serde_json::to_writer(&mut out, &record)?;
                if name == "ndjson" {
                    out.write_all(b"\n")?;
                }
            }
            out.write_all(if name == "json" { b"]" } else { b"" })?;
            out.flush()?;
        }
        "xml" => {
            let mut writer = quick_xml::Writer::new_with_indent(out, b' ', 2);
            writer.create_element("people").write_inner_content(|writer| {
                for person in people {
                    writer.create_element("person").write_inner_content(|writer| {
                        for (name, text) in names.iter().zip(&person) {
                            writer.create_element(*name).write_text_content(quick_xml::events::BytesText::new(text))?;
                        }
                        Ok(())
                    })?;
                }
                Ok(())
            })?;
            writer.into_inner().flush()?;
        }
        "xlsx" => {
            let mut book = rust_xlsxwriter::Workbook::new();
            let page = book.add_worksheet();
            for (column, name) in names.iter().enumerate() {
                page.write_string(0, column as u16, *name)?;
            }
            for (line, person) in people.enumerate() {
                for (column, text) in person.iter().enumerate() {
                    page.write_string(line as u32 + 1, column as u16, text)?;
                }
            }
            book.save_to_writer(&mut out)?;
            out.flush()?;
        }
        _ => {
            for person in people {
                for (text, (_, width)) in person.iter().zip(FIELDS) {
                    write!(out, "{text:<width$}")?;
                }
                out.write_all(b"\n")?;
            }
            out.flush()?;
        }
    }
    Ok(Seen { rows: count, letters: 0 })
}

fn plain_read(name: &str, path: &Path) -> Result<Seen, Trouble> {
    let mut seen = Seen::default();
    match name {
        "csv" => table(csv::Reader::from_path(path)?, &mut seen)?,
        "zip" => {
            let mut archive = zip::ZipArchive::new(BufReader::new(File::open(path)?))?;
            table(csv::Reader::from_reader(archive.by_index(0)?), &mut seen)?;
        }
        "json" => {
            let people: Vec<serde_json::Map<String, serde_json::Value>> =
                serde_json::from_reader(BufReader::new(File::open(path)?))?;
            people.iter().for_each(|person| record(person, &mut seen));
        }
        "ndjson" => {
            for line in BufReader::new(File::open(path)?).lines() {
                record(&serde_json::from_str(&line?)?, &mut seen);
            }
        }
        "xml" => {
            let mut reader = quick_xml::Reader::from_file(path)?;
            let (mut buffer, mut own) = (Vec::new(), 0);
            loop {
                match reader.read_event_into(&mut buffer)? {
                    quick_xml::events::Event::Start(_) => own = 0,
                    // A text with an apostrophe comes in three pieces.
                    quick_xml::events::Event::Text(text) => own += text.trim().len(),
                    quick_xml::events::Event::GeneralRef(_) => own += 1,
                    quick_xml::events::Event::End(tag) => {
                        seen.letters += own;
                        seen.rows += usize::from(AsRef::<str>::as_ref(&tag.name()) == "person");
                        own = 0;
                    }
                    quick_xml::events::Event::Eof => break,
                    _ => {}
                }
                buffer.clear();
            }
        }
        "xlsx" => {
            let mut book: calamine::Xlsx<_> = calamine::open_workbook(path)?;
            let range = book.worksheet_range_at(0).ok_or("no sheet")??;
            for row in range.rows().skip(1) {
                seen.rows += 1;
                seen.letters += row.iter().map(|cell| cell.to_string().len()).sum::<usize>();
            }
        }
        _ => {
            for line in BufReader::new(File::open(path)?).lines() {
                let line = line?;
                let (mut letters, mut text) = (line.chars(), String::new());
                seen.rows += 1;
                for (_, width) in FIELDS {
                    text.clear();
                    text.extend(letters.by_ref().take(width));
                    seen.letters += text.trim().len();
                }
            }
        }
    }
    Ok(seen)
}

fn table(mut reader: csv::Reader<impl Read>, seen: &mut Seen) -> Result<(), Trouble> {
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row)? {
        seen.rows += 1;
        seen.letters += row.iter().map(str::len).sum::<usize>();
    }
    Ok(())
}

fn record(person: &serde_json::Map<String, serde_json::Value>, seen: &mut Seen) {
    seen.rows += 1;
    seen.letters += person.values().filter_map(|value| value.as_str()).map(str::len).sum::<usize>();
}
