//! `koppla map [SYNC]`: the records that the mappings make. They go to standard output or a folder, never to a system.

use super::args::{Format, MapArgs};
use super::fmt::beside;
use super::job::{Job, runtime};
use super::progress::Progress;
use super::{Exit, Out, tell};
use crate::adapter::rows_of;
use crate::model::Field;
use crate::protocol::files::line;
use crate::run::gather::{Lots, open_list};
use crate::run::make::Made;
use crate::run::parallel::{Arenas, Ready, in_order};
use crate::run::record::to_json;
use crate::run::report::{ReadReport, Report};
use crate::run::route::{first_input, work_route};
use crate::run::stage::{Worked, lookup_codecs, lookups};
use crate::run::window::{self, Driving, Windows};
use crate::value::{EntityId, Row, Type, Value};
use crate::world::{World, WriteFile};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Runtime;

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
    let mut writer = Writer { job: &job, args, world, out, files: Vec::new() };
    let mut report = Report::default();
    let alone = |driving: &Driving| !driving.joins && args.format.format == Format::Human;
    match Driving::of(&job.plan).filter(alone) {
        Some(driving) => in_windows(&job, &driving, &runtime, &progress, &mut report, &mut writer)?,
        None => {
            let read = runtime.block_on(job.read(false, &progress));
            progress.begin("mapping", None);
            let (arenas, codecs) = (Arenas::new(job.threads), lookup_codecs(&project.model));
            let lookups = lookups(&project.model, &codecs, arenas.own());
            if let Some(worked) = work_route(&job.plan, &read, job.as_of, &arenas, &lookups, &mut report) {
                for made in &worked.made {
                    writer.add(Written::of(made, texts(&job, &worked, made, &arenas, args.format.format)))?;
                }
            }
        }
    }
    drop(progress);
    writer.done()?;
    let told = tell::odd_reads(&report) + &tell::fallen(&report, &job.keys());
    match args.out.is_some() {
        _ if args.project.quiet || told.is_empty() => {}
        true => out.text(&told),
        false => out.note(told.trim_end()),
    }
    let (rejected, held) = report.stopped_records();
    Ok(if rejected + held > 0 || !report.complete() { Exit::Found } else { Exit::Done })
}

/// Maps the driving list while it is read, window by window.
fn in_windows(
    job: &Job<'_>,
    driving: &Driving,
    runtime: &Runtime,
    progress: &Progress,
    report: &mut Report,
    writer: &mut Writer<'_, '_, '_>,
) -> Result<(), Exit> {
    let read = runtime.block_on(job.read_without(Some(driving.entity), false, progress));
    let model = &job.project.model;
    progress.begin(&format!("mapping {}", model.entity(driving.entity).name.text), None);
    let (arenas, codecs) = (Arenas::new(job.threads), lookup_codecs(model));
    let lookups = lookups(model, &codecs, arenas.own());
    let input = first_input(&job.plan, &read, report);
    let Some(windows) = Windows::of(&job.plan, driving, input, job.as_of, &arenas, &lookups) else {
        return Ok(());
    };
    let mut list = runtime.block_on(open_list(&job.plan, &job.sides, job.world, driving.entity));
    let list = list.as_mut().map(|(session, call)| (&mut **session, *call)).map_err(|fault| fault.clone());
    let mut lots = Lots::of(list, window::ROWS);
    let (mut done, mut rows, over) = (Ok(()), 0, AtomicBool::new(false));
    let writing = Ready::new(job.threads, |(count, written): (u64, Vec<Written>)| {
        rows += count;
        for written in written {
            if done.is_ok() {
                done = writer.add(written);
            }
        }
        over.store(done.is_err(), Ordering::Relaxed);
        progress.advance(count);
    });
    in_order(
        job.threads,
        // What cannot be written is not mapped.
        || if over.load(Ordering::Relaxed) { None } else { runtime.block_on(lots.next()) },
        |lot, turn, arenas| {
            let worked = windows.work(&lot, turn, arenas);
            let written = |made| Written::of(made, csv(job, &worked, made, arenas));
            writing.leave(turn, (rows_of(&lot) as u64, worked.made.iter().map(written).collect()));
        },
    );
    drop(writing);
    report.reads.push(ReadReport::of_rows(model, driving.entity, &lots.outcome(), rows));
    for (mapping, fallen) in job.plan.route.mappings.iter().zip(windows.fallen()) {
        report.replace(model, &fallen.replaced);
        report.add_stage(&mapping.name.text, &fallen, None);
    }
    done
}

/// Records of an entity as they are written.
struct Written {
    entity: EntityId,
    records: usize,
    texts: Vec<String>,
}

impl Written {
    fn of(made: &Made<'_>, texts: Vec<String>) -> Written {
        let records = made.rows.iter().filter(|row| row.fate.is_written()).count();
        Written { entity: made.entity, records, texts }
    }
}

/// Where the records go: a file for each entity, or standard output.
struct Writer<'w, 'o, 'p> {
    job: &'w Job<'p>,
    args: &'w MapArgs,
    world: &'w dyn World,
    out: &'w mut Out<'o>,
    files: Vec<File>,
}

/// The file of an entity.
struct File {
    entity: EntityId,
    /// Where it will lie when it is whole, and the file beside; none where the records go to standard output.
    open: Option<(PathBuf, Box<dyn WriteFile>)>,
    /// How many records are in it.
    records: usize,
}

impl Writer<'_, '_, '_> {
    /// Adds records.
    fn add(&mut self, Written { entity, records: more, texts }: Written) -> Result<(), Exit> {
        let known = self.files.iter().position(|file| file.entity == entity);
        let header = (known.is_none() && self.args.format.format == Format::Human).then(|| header(self.job, entity));
        let at = match known {
            Some(at) => at,
            None => self.begin(entity)?,
        };
        let mut texts = header.into_iter().chain(texts);
        let File { open, records, .. } = &mut self.files[at];
        *records += more;
        let Some((path, file)) = open else {
            texts.for_each(|text| self.out.text(&text));
            return Ok(());
        };
        let written = texts.try_for_each(|text| file.write_all(text.as_bytes())).map_err(|error| (path.clone(), error));
        written.map_err(|(path, error)| self.give_up(&path, &error))
    }

    /// Begins the file of an entity; gives its place among the files.
    fn begin(&mut self, entity: EntityId) -> Result<usize, Exit> {
        let name = &self.job.project.model.entity(entity).name.text;
        let ending = if self.args.format.format == Format::Json { "json" } else { "csv" };
        let open = match &self.args.out {
            None if self.args.format.format == Format::Human => {
                self.out.text(&format!("# {name}\n"));
                None
            }
            None => None,
            Some(folder) => {
                let path = folder.join(format!("{name}.{ending}"));
                let made = self.world.create_folder(folder).and_then(|()| self.world.create(&beside(&path), true));
                let file = made.map_err(|error| self.give_up(&path, &error))?;
                Some((path, file))
            }
        };
        self.files.push(File { entity, open, records: 0 });
        Ok(self.files.len() - 1)
    }

    /// Makes sure of what was written, puts it in its place, and says what it is.
    fn done(mut self) -> Result<(), Exit> {
        for at in 0..self.files.len() {
            let File { entity, open, records } = &mut self.files[at];
            let (entity, records) = (*entity, *records);
            let Some((path, mut file)) = open.take() else { continue };
            let synced = file.sync();
            drop(file);
            let whole = synced.and_then(|()| self.world.rename(&beside(&path), &path));
            whole.map_err(|error| self.give_up(&path, &error))?;
            if !self.args.project.quiet {
                let name = &self.job.project.model.entity(entity).name.text;
                self.out.text(&format!("{records:>8} {name} in {}\n", path.display()));
            }
        }
        Ok(())
    }

    /// Says why a file cannot be written, and takes away what there is of it and of all that are not whole.
    fn give_up(&mut self, path: &Path, error: &io::Error) -> Exit {
        let others = self.files.iter().filter_map(|file| Some(file.open.as_ref()?.0.as_path()));
        for path in others.chain([path]) {
            // Nobody is helped by hearing that this fails as well.
            drop(self.world.remove(&beside(path)));
        }
        self.out.cannot_write(path, error)
    }
}

/// The key by which a record refers to another one.
fn reference(all: &[Made<'_>], row: Row) -> Option<String> {
    let made = all.iter().find(|made| made.entity == EntityId(row.table))?;
    made.keys.owned(row.row as usize)
}

/// The texts of records.
fn texts(job: &Job<'_>, worked: &Worked<'_>, made: &Made<'_>, arenas: &Arenas, format: Format) -> Vec<String> {
    let name = &job.project.model.entity(made.entity).name.text;
    match format {
        Format::Json => vec![format!("{:#}\n", json!({ name.as_str(): records(job, worked, made) }))],
        Format::Human => csv(job, worked, made, arenas),
    }
}

fn records(job: &Job<'_>, worked: &Worked<'_>, made: &Made<'_>) -> Vec<Json> {
    let entity = job.project.model.entity(made.entity);
    let whole = (0..made.rows.len()).filter(|&row| made.rows[row].fate.is_written());
    whole
        .map(|row| {
            let mut record = Map::new();
            for (field, (value, _)) in entity.fields.iter().zip(made.row(row)) {
                if !value.is_absent() {
                    record.insert(
                        field.name.text.clone(),
                        to_json(&field.ty, value, &|row| reference(&worked.made, row)),
                    );
                }
            }
            Json::Object(record)
        })
        .collect()
}

/// The places of the fields of an entity that some rule writes: the columns of a CSV.
fn columns(job: &Job<'_>, entity: EntityId) -> Vec<usize> {
    let maps = job.plan.route.typed.last().into_iter().flat_map(|typed| &typed.maps);
    let maps = maps.filter(|map| map.right == entity);
    let targets = maps.flat_map(|map| &map.rules).filter_map(|rule| Some(usize::from(rule.target.as_ref()?.field)));
    targets.collect::<BTreeSet<usize>>().into_iter().collect()
}

/// The first line of a CSV.
fn header(job: &Job<'_>, entity: EntityId) -> String {
    let name = |field: &Field| if field.at.starts_with('$') { field.name.text.clone() } else { field.at.clone() };
    let names: Vec<String> = job.project.model.entity(entity).fields.iter().map(name).collect();
    let names: Vec<Value<'_>> = names.iter().map(|name| Value::Text(name)).collect();
    let mut line = String::new();
    push_line(&mut line, &columns(job, entity), |place| names[place], |_, _, _| {});
    line
}

/// The records as CSV (RFC 4180), piece by piece, without the first line.
fn csv(job: &Job<'_>, worked: &Worked<'_>, made: &Made<'_>, arenas: &Arenas) -> Vec<String> {
    let (entity, columns) = (job.project.model.entity(made.entity), columns(job, made.entity));
    let whole: Vec<usize> = (0..made.rows.len()).filter(|&row| made.rows[row].fate.is_written()).collect();
    let all = &worked.made;
    arenas.each(whole.chunks(PIECE), |rows, _| {
        // Most cells are short.
        let mut lines = String::with_capacity(rows.len() * columns.len() * 14);
        for &row in rows {
            let value = |field| made.value(row, field);
            push_line(&mut lines, &columns, value, |text, field, value| {
                push_value(text, &entity.fields[field].ty, value, all);
            });
        }
        lines
    })
}

/// How many records are written together.
const PIECE: usize = 1024;

/// Appends a cell of a line of CSV, quoted also where it would be a blank line.
#[inline]
fn push_cell(lines: &mut String, alone: bool, cell: &str) {
    if alone && cell.is_empty() {
        line::push_quoted(lines, cell);
    } else {
        line::push_cell(lines, b',', cell);
    }
}

/// Appends a line of CSV: the values in some places. Texts are cells as they are; `push` writes other values.
fn push_line<'v>(
    lines: &mut String,
    places: &[usize],
    value: impl Fn(usize) -> Value<'v>,
    push: impl Fn(&mut String, usize, Value<'v>),
) {
    let alone = places.len() == 1;
    for (number, &place) in places.iter().enumerate() {
        if number > 0 {
            lines.push(',');
        }
        match value(place) {
            Value::Text(text) => push_cell(lines, alone, text),
            Value::Absent if !alone => {}
            Value::Absent => push_cell(lines, alone, ""),
            other => {
                let mut text = String::new();
                push(&mut text, place, other);
                push_cell(lines, alone, &text);
            }
        }
    }
    lines.push('\n');
}

/// Appends the text of a value.
fn push_value(text: &mut String, ty: &Type, value: Value<'_>, all: &[Made<'_>]) {
    match value {
        Value::List(_) | Value::Struct(_) | Value::Row(_) => match to_json(ty, value, &|row| reference(all, row)) {
            Json::String(own) => text.push_str(&own),
            Json::Null => {}
            other => text.push_str(&other.to_string()),
        },
        simple => crate::run::eval::push_text(text, simple),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let line = |cells: &[Value<'static>]| {
            let mut line = String::new();
            let places: Vec<usize> = (0..cells.len()).collect();
            push_line(
                &mut line,
                &places,
                |place| cells[place],
                |text, _, value| crate::run::eval::push_text(text, value),
            );
            line
        };
        let text = Value::Text;
        assert_eq!(line(&[text("a"), Value::Absent, Value::Int(-7), text("")]), "a,,-7,\n");
        assert_eq!(
            line(&[text("a,b"), text("say \"x\""), text("two\nlines")]),
            "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n"
        );
        assert_eq!(line(&[Value::Absent]), "\"\"\n", "a line of nothing would be no line");
    }
}
