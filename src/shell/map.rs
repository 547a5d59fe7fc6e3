//! `koppla map [SYNC]`: the records that the mappings make. They go to standard output or a folder, never to a system.

use super::args::{Format, MapArgs};
use super::job::{Job, runtime};
use super::progress::Progress;
use super::{Exit, Out, tell};
use crate::run::make::{Fate, Made};
use crate::run::parallel::Arenas;
use crate::run::propose::work_route;
use crate::run::record::to_json;
use crate::run::report::Report;
use crate::run::stage::{Worked, lookup_codecs, lookups};
use crate::value::{EntityId, Value};
use crate::world::World;
use serde_json::{Map, Value as Json, json};

/// Maps and prints. What was skipped, rejected and held goes to the notes.
pub fn run(args: &MapArgs, world: &dyn World, out: &mut Out) -> Exit {
    match mapped(args, world, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn mapped(args: &MapArgs, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let project = super::project::open(&args.project.project, world, out)?;
    let job = Job::ready(&project, args.sync.sync.as_deref(), args.sync.as_of, false, world, out)?;
    let progress = Progress::new(out);
    let runtime = runtime().map_err(|why| {
        out.error(&why);
        Exit::Usage
    })?;
    let read = runtime.block_on(job.read(false, &progress));
    progress.begin("mapping", None);
    let (arenas, codecs) = (Arenas::of_machine(), lookup_codecs(&project.model));
    let lookups = lookups(&project.model, &codecs, arenas.own());
    let mut report = Report::default();
    let Some(worked) = work_route(&job.plan, &read, job.as_of, &arenas, &lookups, &mut report) else {
        return Ok(Exit::Done);
    };
    drop(progress);
    for made in &worked.made {
        let name = &project.model.entity(made.entity).name.text;
        let text = match args.format.format {
            Format::Json => format!("{:#}\n", json!({ name.as_str(): records(&job, &worked, made) })),
            Format::Human => csv(&job, &worked, made),
        };
        match &args.out {
            None => {
                if args.format.format == Format::Human {
                    out.text(&format!("# {name}\n"));
                }
                out.text(&text);
            }
            Some(folder) => {
                let ending = if args.format.format == Format::Json { "json" } else { "csv" };
                let file = folder.join(format!("{name}.{ending}"));
                world.create_folder(folder).map_err(|error| out.cannot_write(&file, &error))?;
                out.file(&file, text.as_bytes(), true, world)?;
                if !args.project.quiet {
                    let whole = made.rows.iter().filter(|row| row.fate == Fate::Whole).count();
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
fn reference(worked: &Worked<'_>, row: crate::value::Row) -> Option<String> {
    let made = worked.made.iter().find(|made| made.entity == EntityId(row.table))?;
    made.keys[row.row as usize].clone()
}

fn records(job: &Job<'_>, worked: &Worked<'_>, made: &Made<'_>) -> Vec<Json> {
    let entity = job.project.model.entity(made.entity);
    let whole = (0..made.rows.len()).filter(|&row| made.rows[row].fate == Fate::Whole);
    whole
        .map(|row| {
            let mut record = Map::new();
            for (field, value) in entity.fields.iter().zip(made.row(row)) {
                if !value.is_absent() {
                    record.insert(field.name.text.clone(), to_json(&field.ty, *value, &|row| reference(worked, row)));
                }
            }
            Json::Object(record)
        })
        .collect()
}

/// The records as CSV: the columns are the fields that some rule writes.
fn csv(job: &Job<'_>, worked: &Worked<'_>, made: &Made<'_>) -> String {
    let entity = job.project.model.entity(made.entity);
    let last = job.plan.route.typed.last();
    let written = |field: usize| {
        last.into_iter().flat_map(|typed| &typed.maps).any(|map| {
            map.right == made.entity
                && map
                    .rules
                    .iter()
                    .any(|rule| rule.target.as_ref().is_some_and(|target| target.field as usize == field))
        })
    };
    let columns: Vec<usize> = (0..entity.fields.len()).filter(|&field| written(field)).collect();
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing into memory cannot fail.
    let _ = writer.write_record(columns.iter().map(|&field| {
        let field = &entity.fields[field];
        if field.at.starts_with('$') { field.name.text.as_str() } else { field.at.as_str() }
    }));
    for row in (0..made.rows.len()).filter(|&row| made.rows[row].fate == Fate::Whole) {
        let values = made.row(row);
        for &field in &columns {
            let _ = match values[field] {
                Value::Text(text) => writer.write_field(text),
                value => writer.write_field(cell(&entity.fields[field].ty, value, worked)),
            };
        }
        let _ = writer.write_record(None::<&[u8]>);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn cell(ty: &crate::value::Type, value: Value<'_>, worked: &Worked<'_>) -> String {
    match value {
        Value::Absent => String::new(),
        Value::List(_) | Value::Struct(_) | Value::Row(_) => match to_json(ty, value, &|row| reference(worked, row)) {
            Json::String(text) => text,
            Json::Null => String::new(),
            other => other.to_string(),
        },
        simple => {
            let mut text = String::new();
            crate::run::eval::push_text(&mut text, simple);
            text
        }
    }
}
