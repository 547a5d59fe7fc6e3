//! `koppla map [SYNC]`: the records that the mappings make. They go to standard output or a folder, never to a system.

use super::args::{Format, MapArgs};
use super::job::{Job, runtime};
use super::progress::Progress;
use super::{Exit, Out, tell};
use crate::model::Field;
use crate::run::make::Made;
use crate::run::parallel::Arenas;
use crate::run::propose::work_route;
use crate::run::record::to_json;
use crate::run::report::Report;
use crate::run::stage::{Worked, lookup_codecs, lookups};
use crate::value::{EntityId, Row, Type, Value};
use crate::world::World;
use serde_json::{Map, Value as Json, json};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Maps and prints. What was skipped, rejected and held goes to the notes.
pub fn run(args: &MapArgs, world: &dyn World, out: &mut Out) -> Exit {
    match mapped(args, world, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn mapped(args: &MapArgs, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let project = super::project::open(&args.project.project, world, out)?;
    let job = Job::ready(&project, args.sync.sync.as_deref(), args.sync.as_of, false, world, out)?;
    let job = job.with_threads(args.sync.threads);
    let progress = Progress::new(out);
    let runtime = runtime().map_err(|why| {
        out.error(&why);
        Exit::Usage
    })?;
    let read = runtime.block_on(job.read(false, &progress));
    progress.begin("mapping", None);
    let (arenas, codecs) = (Arenas::new(job.threads), lookup_codecs(&project.model));
    let lookups = lookups(&project.model, &codecs, arenas.own());
    let mut report = Report::default();
    let Some(worked) = work_route(&job.plan, &read, job.as_of, &arenas, &lookups, &mut report) else {
        return Ok(Exit::Done);
    };
    drop(progress);
    for made in &worked.made {
        let name = &project.model.entity(made.entity).name.text;
        let pieces = match args.format.format {
            Format::Json => vec![format!("{:#}\n", json!({ name.as_str(): records(&job, &worked, made) }))],
            Format::Human => csv(&job, &worked, made, &arenas),
        };
        match &args.out {
            None => {
                if args.format.format == Format::Human {
                    out.text(&format!("# {name}\n"));
                }
                pieces.iter().for_each(|piece| out.text(piece));
            }
            Some(folder) => {
                let ending = if args.format.format == Format::Json { "json" } else { "csv" };
                let file = folder.join(format!("{name}.{ending}"));
                world.create_folder(folder).map_err(|error| out.cannot_write(&file, &error))?;
                out.file_in_pieces(&file, &pieces, true, world)?;
                if !args.project.quiet {
                    let whole = made.rows.iter().filter(|row| row.fate.is_written()).count();
                    out.text(&format!("{whole:>8} {name} in {}\n", file.display()));
                }
            }
        }
    }
    if !args.project.quiet && args.out.is_some() {
        out.text(&tell::fallen(&report, &job.keys()));
    }
    let (rejected, held) = report.stopped_records();
    Ok(if rejected + held > 0 || !report.complete() { Exit::Found } else { Exit::Done })
}

/// The key by which a record refers to another one.
fn reference(all: &[Made<'_>], row: Row) -> Option<String> {
    let made = all.iter().find(|made| made.entity == EntityId(row.table))?;
    made.keys[row.row as usize].clone()
}

fn records(job: &Job<'_>, worked: &Worked<'_>, made: &Made<'_>) -> Vec<Json> {
    let entity = job.project.model.entity(made.entity);
    let whole = (0..made.rows.len()).filter(|&row| made.rows[row].fate.is_written());
    whole
        .map(|row| {
            let mut record = Map::new();
            for (field, value) in entity.fields.iter().zip(made.row(row)) {
                if !value.is_absent() {
                    record.insert(
                        field.name.text.clone(),
                        to_json(&field.ty, *value, &|row| reference(&worked.made, row)),
                    );
                }
            }
            Json::Object(record)
        })
        .collect()
}

/// The records as CSV (RFC 4180), piece by piece: the columns are the fields that some rule writes.
fn csv(job: &Job<'_>, worked: &Worked<'_>, made: &Made<'_>, arenas: &Arenas) -> Vec<String> {
    let entity = job.project.model.entity(made.entity);
    let maps = job.plan.route.typed.last().into_iter().flat_map(|typed| &typed.maps);
    let maps = maps.filter(|map| map.right == made.entity);
    let targets = maps.flat_map(|map| &map.rules).filter_map(|rule| Some(usize::from(rule.target.as_ref()?.field)));
    let written: BTreeSet<usize> = targets.collect();
    let columns: Vec<(usize, &Field)> = written.iter().map(|&index| (index, &entity.fields[index])).collect();
    let name = |field: &Field| if field.at.starts_with('$') { field.name.text.clone() } else { field.at.clone() };
    let mut header = String::new();
    push_line(&mut header, columns.iter().map(|(_, field)| Cow::Owned(name(field))));
    let whole: Vec<usize> = (0..made.rows.len()).filter(|&row| made.rows[row].fate.is_written()).collect();
    let all = &worked.made;
    let lines = arenas.each(whole.chunks(PIECE), |rows, _| {
        let mut lines = String::new();
        for &row in rows {
            let values = made.row(row);
            push_line(&mut lines, columns.iter().map(|(index, field)| cell(&field.ty, values[*index], all)));
        }
        lines
    });
    std::iter::once(header).chain(lines).collect()
}

/// How many records are written together.
const PIECE: usize = 4096;

/// Appends a line of CSV. A cell is quoted where it holds a separator, a quote or a line end, and where the line would be blank.
fn push_line<'c>(lines: &mut String, cells: impl ExactSizeIterator<Item = Cow<'c, str>>) {
    let lonely = cells.len() == 1;
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            lines.push(',');
        }
        if cell.bytes().any(|byte| SPECIAL[usize::from(byte)]) || lonely && cell.is_empty() {
            lines.push('"');
            for (place, part) in cell.split('"').enumerate() {
                lines.push_str(if place > 0 { "\"\"" } else { "" });
                lines.push_str(part);
            }
            lines.push('"');
        } else {
            lines.push_str(&cell);
        }
    }
    lines.push('\n');
}

/// The bytes for which a cell must be quoted.
static SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    (special[b',' as usize], special[b'"' as usize]) = (true, true);
    (special[b'\n' as usize], special[b'\r' as usize]) = (true, true);
    special
};

fn cell<'v>(ty: &Type, value: Value<'v>, all: &[Made<'_>]) -> Cow<'v, str> {
    match value {
        Value::Absent => Cow::Borrowed(""),
        Value::Text(text) => Cow::Borrowed(text),
        Value::List(_) | Value::Struct(_) | Value::Row(_) => match to_json(ty, value, &|row| reference(all, row)) {
            Json::String(text) => Cow::Owned(text),
            Json::Null => Cow::Borrowed(""),
            other => Cow::Owned(other.to_string()),
        },
        simple => {
            let mut text = String::new();
            crate::run::eval::push_text(&mut text, simple);
            Cow::Owned(text)
        }
    }
}
