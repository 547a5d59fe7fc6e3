//! Which files of which deliveries a list is read from: the last one that holds all records, and changes after it.

use super::chunk::Opened;
use super::header::Table;
use super::locate::{self, Folder, Found, refuse};
use super::piece::Piece;
use super::{Position, batch};
use crate::adapter::{Fault, Note};
use crate::finding::suggest::nearest;
use crate::protocol::ListForm;
use crate::protocol::files::csv::Header;
use crate::protocol::files::deliveries::{Holds, Told};
use crate::protocol::files::{Column, Csv};
use crate::world::World;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Bytes of the longest manifest.
const MANIFEST: usize = 4 << 20;

/// A delivery: a folder, or a zip file in it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The folder.
    pub folder: Folder,
    /// The zip file that the files lie in.
    pub zip: Option<Found>,
}

/// The files of a list.
#[derive(Debug, Default)]
pub struct Followed {
    /// Its files, those of the last delivery first.
    pub files: Vec<Found>,
    /// The files of the last delivery, by which it is judged whether it is fresh.
    pub last: Vec<Found>,
    /// What is odd.
    pub notes: Vec<Note>,
}

impl Delivery {
    /// The files of a name or pattern; none is a fault.
    pub fn find(&self, world: &dyn World, file: &str) -> Result<Vec<Found>, Fault> {
        match &self.zip {
            None => locate::find(world, &self.folder, file),
            Some(zip) => locate::members(world, zip, file),
        }
    }

    /// A file in it as people know it.
    fn shown(&self, file: &str) -> String {
        match &self.zip {
            None => self.folder.shown(file),
            Some(zip) => format!("{}/{file}", zip.name),
        }
    }

    /// What its manifest says about a file, and the manifest.
    fn holds(&self, world: &dyn World, told: &Told, csv: &Csv, file: &str) -> Result<(Holds, Found), Fault> {
        let manifest = self.find(world, &told.file).map_err(|fault| {
            let say = format!("{}; it tells whether a file holds all records or what has changed", fault.say);
            Fault { nothing: false, say, ..fault }
        })?;
        let Some(manifest) = manifest.into_iter().next() else {
            return Err(refuse(format!("{}: there is no such file", self.shown(&told.file))));
        };
        let about = told.line_about(file);
        let lines: Vec<(u32, String)> = lines(world, &manifest, csv)?
            .into_iter()
            .filter(|(_, name, _)| *name == about)
            .map(|(line, _, word)| (line, word))
            .collect();
        let Some((line, word)) = lines.first() else {
            let needed = told.word(Holds::Whole);
            return Err(refuse(format!(
                "{} does not say what {file} holds: it has no line for `{about}`, such as `{about}` with `{needed}`",
                manifest.name
            )));
        };
        if let Some((other, _)) = lines.iter().find(|(_, other)| other != word) {
            let place = format!("{}, line {other}", manifest.name);
            return Err(refuse(format!("{place}: `{about}` stands in line {line} already, with another word")));
        }
        match told.words.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)) {
            Some((_, holds)) => Ok((*holds, manifest)),
            None => {
                let words = || told.words.iter().map(|(word, _)| word.as_str());
                let known = words().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
                let near = nearest(word, words()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                let place = format!("{}, line {line}", manifest.name);
                Err(refuse(format!("{place}: the word for `{about}` is none of {known}{near}")))
            }
        }
    }
}

/// The deliveries whose names fit a pattern, the last one first.
pub fn all(world: &dyn World, folder: &Folder, pattern: &str, by_time: bool) -> Result<Vec<Delivery>, Fault> {
    let (folder, name) = folder.of(pattern);
    let mut all = Vec::new();
    for (name, stat) in locate::matching(world, &folder, name)? {
        let (path, shown) = (folder.path.join(&name), folder.shown(&name));
        if stat.folder {
            let inner = Folder { path, name: shown };
            let newest = if by_time { locate::newest(world, &inner)? } else { None };
            all.push((newest.unwrap_or(stat.modified), name, Delivery { folder: inner, zip: None }));
        } else if name.to_ascii_lowercase().ends_with(".zip") {
            let zip = Found { path, name: shown, stat, content: None, turn: 0 };
            all.push((stat.modified, name, Delivery { folder: folder.clone(), zip: Some(zip) }));
        }
    }
    if all.is_empty() {
        let say = format!("{}: there is no such folder or zip file", folder.shown(name));
        return Err(Fault { nothing: true, ..refuse(say) });
    }
    match by_time {
        true => all.sort_by_key(|(time, name, _)| Reverse((*time, counted(name)))),
        false => all.sort_by_key(|(_, name, _)| Reverse(counted(name))),
    }
    Ok(all.into_iter().map(|(.., delivery)| delivery).collect())
}

/// A name in parts, so that numbers in it count as numbers: `delta-9` before `delta-10`.
fn counted(name: &str) -> Vec<(String, u128)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, after) = rest.split_at(digit);
        let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(end);
        parts.push((text.to_string(), number.parse().unwrap_or(u128::MAX)));
        rest = after;
    }
    parts
}

/// The files of a list, from the last delivery back to the one that holds all of it.
pub fn follow(
    world: &dyn World,
    deliveries: &[Delivery],
    told: &Told,
    csv: &Csv,
    file: &str,
) -> Result<Followed, Fault> {
    let mut followed = Followed::default();
    for (turn, delivery) in deliveries.iter().enumerate() {
        let (holds, manifest) = delivery.holds(world, told, csv, file)?;
        let (word, name) = (told.word(holds), manifest.name.clone());
        let files = match (delivery.find(world, file), holds) {
            (Err(fault), Holds::Nothing) if fault.nothing => Vec::new(),
            (Err(fault), _) if fault.nothing => {
                let say = format!("{}, although {name} says `{word}`", fault.say);
                return Err(Fault { nothing: false, say, ..fault });
            }
            (Err(fault), _) => return Err(fault),
            (Ok(files), Holds::Nothing) => {
                let file = files.first().map_or(file, |file| &file.name);
                return Err(refuse(format!("{file} is there, although {name} says `{word}`")));
            }
            (Ok(files), _) => files,
        };
        if turn == 0 {
            followed.last = files.iter().cloned().chain([manifest]).collect();
        }
        if holds == Holds::Whole {
            followed.notes = out_of_order(&followed.files, &files);
        }
        followed.files.extend(files.into_iter().map(|file| Found { turn: turn as u32, ..file }));
        if holds == Holds::Whole {
            return Ok(followed);
        }
    }
    let whole = told.word(Holds::Whole);
    let name = deliveries.first().map(|delivery| delivery.shown(file)).unwrap_or_default();
    Err(refuse(match followed.files.last() {
        Some(first) => format!(
            "{} holds only what has changed, and no delivery before it holds all records (`{whole}`): put the last one that does beside it",
            first.name
        ),
        None => format!("{name}: no delivery holds it; its manifest says `{}`", told.word(Holds::Nothing)),
    }))
}

/// Changes that were written before the whole list that they are read after.
fn out_of_order(changes: &[Found], whole: &[Found]) -> Vec<Note> {
    let Some(whole) = whole.iter().min_by_key(|file| file.stat.modified) else { return Vec::new() };
    let early = changes.iter().filter(|file| file.stat.modified < whole.stat.modified);
    let note = |file: &Found| Note {
        origin: file.name.clone(),
        what: format!(
            "was written before {}, and is read after it because of its name (`order: time` goes by age)",
            whole.name
        ),
    };
    early.map(note).collect()
}

/// The lines of a manifest: number, first cell, second cell.
fn lines(world: &dyn World, file: &Found, csv: &Csv) -> Result<Vec<(u32, String, String)>, Fault> {
    let column = |at: &str| Column {
        name: at.into(),
        at: at.into(),
        required: false,
        unused: false,
        marks: false,
        nested: false,
        list: ListForm::None,
    };
    let slots = [column("name"), column("word")];
    let csv = Csv { header: Header::None, skip_lines: 0, pad: true, trim_left: true, trim_right: true, ..csv.clone() };
    let table = Table { name: &file.name, csv: &csv, slots: &slots, listed: None };
    let start = Position { file: 0, offset: 0, line: 0 };
    let (part, ..) =
        Piece { world, file, page: MANIFEST }.table(&mut Opened::default(), &table, start, &mut BTreeMap::new())?;
    if !part.finished {
        return Err(refuse(format!("{}: a manifest of more than {} MB is none", file.name, MANIFEST >> 20)));
    }
    if let Some(torn) = part.torn.first() {
        return Err(refuse(format!("{}: {}", torn.origin, torn.why)));
    }
    let rows = batch(part, slots.len(), &file.name, 0);
    let text = |row: usize, cell: usize| match rows.cell(row, cell) {
        crate::adapter::Cell::Text { start, len } => rows.text(start, len).to_string(),
        _ => String::new(),
    };
    Ok((0..rows.len()).map(|row| (rows.lines.get(row), text(row, 0), text(row, 1))).collect())
}
