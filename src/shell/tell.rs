//! Reports, change sets and summaries for people: values of people redacted by their class.

use super::Out;
use super::job::Job;
use crate::documents::keys::Keys;
use crate::documents::redact;
use crate::documents::table::{Table, push_csv_line};
use crate::finding::layout::{self, harmless};
use crate::run::apply::{Failed, Summary};
use crate::run::change::{Change, ChangeSet, Content, EntityChanges, FieldChange, Op};
use crate::run::fate::{Reason, Stopped};
use crate::run::report::{EntityReport, HeldRecord, ReadReport, Report, StageReport};
use crate::value::{Class, ClassSet};
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fmt::Write;

/// How many changes and reasons of a kind are shown one by one.
const SHOWN: usize = 10;

/// Columns of a page.
const WIDTH: usize = 100;

/// What was read: one line each entity, with what is wrong.
pub fn reads(report: &Report) -> String {
    reads_of(report, |_| true)
}

/// What was read and is not as it should be.
pub fn odd_reads(report: &Report) -> String {
    reads_of(report, |read| !read.complete || !read.notes.is_empty())
}

fn reads_of(report: &Report, wanted: impl Fn(&ReadReport) -> bool) -> String {
    let (mut lines, mut told) = (String::new(), BTreeSet::new());
    for read in report.reads.iter().filter(|read| wanted(read)) {
        let state = if read.complete { "" } else { "  INCOMPLETE: nothing of it counts as gone" };
        let rows = if read.rows == 1 { "row" } else { "rows" };
        lines += &format!("  {:<14} {:<20} {:>8} {rows}{state}\n", read.system, read.entity, read.rows);
        // What keeps all lists of a system from being read is told once.
        let troubles = read.trouble.iter().filter(|trouble| told.insert((&read.system, *trouble)));
        let notes = read.notes.iter().map(|note| format!("note: {note}"));
        for text in troubles.cloned().chain(notes) {
            for (index, line) in layout::wrap(&text, WIDTH - 8).iter().enumerate() {
                lines += &format!("{:1$}{line}\n", "", if index == 0 { 6 } else { 8 });
            }
        }
    }
    lines
}

/// A heading and what fell, if anything did.
pub fn not_written(report: &Report, keys: &Keys<'_>, out: &mut Out) {
    let lines = fallen(report, keys);
    if !lines.is_empty() {
        out.text("\nnot written, and why\n");
        out.text(&lines);
    }
}

/// What fell and why, a line each: skipped, rejected, held, protected, out of scope, odd.
pub fn fallen(report: &Report, keys: &Keys<'_>) -> String {
    let mut lines = String::new();
    for stage in &report.stages {
        if let Some(outside) = stage.outside.as_ref().filter(|outside| outside.count > 0) {
            let more = if outside.names.len() as u64 == outside.count { "" } else { ", …" };
            let names = harmless(&outside.names.join(", ")).into_owned();
            let called = if names.is_empty() { names } else { format!(" ({names}{more})") };
            lines +=
                &line("outside", outside.count, &format!("{}: outside the scope of this sync{called}", outside.entity));
        }
        for (place, reason, count) in stage.fallen.counts() {
            if !matches!(reason, Reason::NotBest | Reason::Condition) {
                lines += &line("skipped", count, &format!("{place}: {}", reason.text()));
            }
        }
        stopped(stage, keys, &mut lines);
        for (what, place, count) in &stage.fallen.oddities {
            let first = if place.is_empty() { String::new() } else { format!(" (first: {place})") };
            lines += &line("odd", count, &format!("{what}{first}"));
        }
    }
    for (entity, why) in &report.blocked {
        lines += &line("blocked", "", &format!("{entity}: the target could not be read: {why}"));
    }
    for entity in &report.entities {
        of_entity(entity, keys, &mut lines);
    }
    lines
}

/// What was not done for an entity of the target, and why.
fn of_entity(entity: &EntityReport, keys: &Keys<'_>, lines: &mut String) {
    let name = &entity.entity;
    for (count, what) in [
        (entity.protected, "about protected people: nothing is sent"),
        (entity.reduced, "about protected people: only what may be sent of them"),
        (
            entity.protected_linked.len() as u64,
            "about protected people, but linked before: held, and left as they are on the right until somebody decides",
        ),
        (entity.kept_by_decision, "left as they are on the right, as somebody decided"),
        (entity.kept, "gone on the left, kept on the right (`gone: keep`)"),
        (entity.frozen, "would be taken away, but a freeze is on"),
        (entity.not_ours, "on the right that this sync did not make: left alone"),
    ] {
        if count > 0 {
            *lines += &line("note", count, &format!("{name}: {what}"));
        }
    }
    if entity.spared > 0 {
        let why = entity.spared_why.as_deref().unwrap_or("their left records were rejected");
        *lines +=
            &line("spared", entity.spared, &format!("{name}: missing on the left, but not taken for gone: {why}"));
    }
    held(entity, keys, lines);
}

/// Records that the target cannot take as they are, grouped by reason, with the first few keys.
fn held(entity: &EntityReport, keys: &Keys<'_>, lines: &mut String) {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for HeldRecord { left_key, why, origin } in &entity.held {
        let key = origin.clone().unwrap_or_else(|| keys.left(left_key));
        match groups.iter_mut().find(|(known, _)| known == why) {
            Some((_, of)) => of.push(key),
            None => groups.push((why, vec![key])),
        }
    }
    for (why, keys) in groups.iter().take(SHOWN) {
        *lines += &line("held", keys.len(), &format!("{}: {why} ({})", entity.entity, first_few(keys)));
    }
    if groups.len() > SHOWN {
        let more: usize = groups[SHOWN..].iter().map(|(_, keys)| keys.len()).sum();
        *lines += &line("held", more, &format!("{}: for other reasons", entity.entity));
    }
}

/// The first three, and a sign that there are more.
fn first_few(places: &[String]) -> String {
    let more = if places.len() > 3 { ", …" } else { "" };
    format!("{}{more}", places[..places.len().min(3)].join(", "))
}

/// Why guards stop a run, a paragraph each.
pub fn guards(report: &Report) -> String {
    let mut lines = String::new();
    for why in report.stopped.iter().chain(&report.advice) {
        for (index, part) in layout::wrap(why, WIDTH - 4).iter().enumerate() {
            let indent = if index == 0 { "  " } else { "    " };
            // Writing into memory cannot fail.
            let _ = writeln!(lines, "{indent}{part}");
        }
    }
    lines
}

/// A word, a count and what it is about, broken at the width of a page.
fn line(word: &str, count: impl std::fmt::Display, what: &str) -> String {
    let mut lines = String::new();
    for (index, part) in layout::wrap(what, WIDTH - 21).iter().enumerate() {
        // Writing into memory cannot fail.
        // A key that is too wide for its place begins further to the left.
        let indent = 21.min(WIDTH.saturating_sub(layout::width(part)));
        let _ = match index {
            0 => writeln!(lines, "  {word:<10} {count:>6}  {part}"),
            _ => writeln!(lines, "{:indent$}{part}", ""),
        };
    }
    lines
}

/// Rejected and held records, grouped by reason, with the first few places.
fn stopped(stage: &StageReport, keys: &Keys<'_>, lines: &mut String) {
    let mut groups: Vec<(&str, &str, bool, Vec<&Stopped>)> = Vec::new();
    let mut rest = String::new();
    for stopped in &stage.fallen.stopped {
        match groups
            .iter_mut()
            .find(|(place, why, held, _)| *place == stopped.place && *why == stopped.why && *held == stopped.held)
        {
            Some((.., all)) => all.push(stopped),
            None => groups.push((&stopped.place, &stopped.why, stopped.held, vec![stopped])),
        }
    }
    let told = groups.len().min(SHOWN);
    for (held, word) in [(false, "rejected"), (true, "held")] {
        let more: usize = groups[told..].iter().filter(|group| group.2 == held).map(|group| group.3.len()).sum();
        if more > 0 {
            rest += &line(word, more, "for other reasons; --format json shows all");
        }
    }
    for (place, why, held, all) in groups.into_iter().take(told) {
        let word = if held { "held" } else { "rejected" };
        let places: Vec<String> = all
            .iter()
            .filter_map(|stopped| match (&stopped.origin, &stopped.key) {
                (Some(origin), _) => Some(origin.clone()),
                (None, Some(key)) => Some(keys.stopped(&stage.mapping, &stopped.place, key)),
                (None, None) => None,
            })
            .collect();
        let at = if places.is_empty() { String::new() } else { format!(" ({})", first_few(&places)) };
        *lines += &line(word, all.len(), &format!("{place}: {why}{at}"));
    }
    *lines += &rest;
}

/// A table of counts by entity and operation.
pub fn counts(set: &ChangeSet) -> String {
    if set.entities.is_empty() {
        return String::new();
    }
    let mut table = Table::new(["", "create", "update", "deactivate", "reactivate", "remove"]);
    for entity in &set.entities {
        let cells = Op::WRITING.iter().map(|&op| match entity.count(op) {
            0 => "·".to_string(),
            count => count.to_string(),
        });
        table.row(std::iter::once(entity.entity.clone()).chain(cells));
    }
    table.text(WIDTH)
}

/// The first changes of each entity and operation, one line each field, redacted.
pub fn changes(keys: &Keys<'_>, set: &ChangeSet, limit: usize, out: &mut Out) {
    for entity in &set.entities {
        for op in Op::WRITING {
            let count = entity.count(op);
            if count == 0 {
                continue;
            }
            out.text(&format!("\n{} {} ({count})\n", op.word(), entity.entity));
            for change in entity.changes.only(|of| of == op).take(limit) {
                let why = change.why.as_ref().map(|why| format!("  ({why})")).unwrap_or_default();
                out.text(&format!("  {}{why}\n", key_shown(keys, &entity.entity, &change)));
                for field in change.fields.iter().take(if op == Op::Create { 4 } else { 12 }) {
                    let value =
                        |content: &Content<'_>| value_shown(keys, &entity.entity, &field.field, &content.json());
                    let (from, to) = (value(&field.from), value(&field.to));
                    let line = if op == Op::Create { to } else { format!("{from} → {to}") };
                    out.text(&format!("      {:<18} {line}\n", field.field));
                }
            }
            if count > limit as u64 {
                out.text(&format!("  … and {} more (--format json shows all)\n", count - limit as u64));
            }
        }
    }
}

/// The key of the record that a change is about: the right one, or, where the target gives it, the left one.
pub fn key_shown(keys: &Keys<'_>, entity: &str, change: &Change<'_>) -> String {
    if change.key.is_empty() { keys.left(&change.left_key) } else { keys.right(entity, &change.key) }
}

/// A value of a field of the target, redacted.
fn value_shown(keys: &Keys<'_>, entity: &str, field: &str, value: &Json) -> String {
    let id = keys.right_entity(entity);
    let known = id.and_then(|id| Some((id, keys.model().entity(id).field(field)?)));
    shown(value, known.map_or(ClassSet::of(Class::PERSONAL), |(id, index)| keys.of_value(id, index, value)))
}

fn shown(value: &Json, classes: ClassSet) -> String {
    match value {
        Json::Null => "·".into(),
        Json::String(text) => redact::shown(text, classes, 60).to_string(),
        Json::Object(_) | Json::Array(_) if !classes.is_empty() => "(hidden)".into(),
        other => redact::shown(&other.to_string(), classes, 60).to_string(),
    }
}

/// A change set as JSON for programs: values redacted by class. The file of `--out` holds them in full.
pub fn changes_json<'s>(keys: &'s Keys<'s>, set: &'s ChangeSet, report: &'s Report) -> impl Serialize {
    #[derive(Serialize)]
    struct Changes<'s, E> {
        sync: &'s str,
        as_of: &'s str,
        changes: u64,
        entities: E,
        report: Json,
    }
    #[derive(Serialize)]
    struct Entity<'s, C> {
        entity: &'s str,
        linked: u64,
        changes: C,
    }
    let change = move |of: &EntityChanges, change: &Change<'_>| {
        let field = |field: &FieldChange<'_>| {
            let value = |content: &Content<'_>| value_shown(keys, &of.entity, &field.field, &content.json());
            json!({"field": field.field, "from": value(&field.from), "to": value(&field.to)})
        };
        let fields: Vec<Json> = change.fields.iter().map(field).collect();
        json!({"op": change.op.word(), "key": key_shown(keys, &of.entity, change), "why": change.why, "fields": fields})
    };
    let entity = move |of: &'s EntityChanges| Entity {
        entity: &of.entity,
        linked: of.linked,
        changes: Each(move || of.writing().map(move |one| change(of, &one))),
    };
    Changes {
        sync: &set.sync,
        as_of: &set.as_of,
        changes: set.writes(),
        entities: Each(move || set.entities.iter().map(entity)),
        report: report.json(keys),
    }
}

/// A list that is made while it is written: there may be a million changes.
struct Each<F>(F);

impl<F: Fn() -> I, I: Iterator<Item: Serialize>> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// `op,key,changed` lines of all entities. A program needs the keys as they are; one that is a national id or worse is
/// hidden all the same.
pub fn changes_csv(keys: &Keys<'_>, set: &ChangeSet, out: &mut Out) {
    let (mut text, mut changed) = (String::from("op,key,changed\n"), String::new());
    for entity in &set.entities {
        for change in entity.writing() {
            changed.clear();
            for field in change.fields.iter().filter(|_| change.op == Op::Update) {
                changed.push_str(if changed.is_empty() { "" } else { ";" });
                changed.push_str(&field.field);
            }
            let key = keys.for_programs(&entity.entity, &change.key);
            push_csv_line(&mut text, [change.op.word(), &key, &changed]);
            if text.len() > PIECE {
                out.text(&std::mem::take(&mut text));
            }
        }
    }
    out.text(&text);
}

/// A result is handed on in pieces of about as many bytes.
const PIECE: usize = 1 << 16;

/// Changes that were not done, grouped by what the target said, with the first few keys and where they come from.
fn failed(summary: &Summary, job: &Job<'_>, out: &mut Out) {
    let mut groups: Vec<(&Failed, Vec<String>)> = Vec::new();
    for failed in &summary.failed {
        let key = job.keys().left(&failed.left_key);
        let same = |known: &Failed| (&known.entity, known.op, &known.why) == (&failed.entity, failed.op, &failed.why);
        match groups.iter_mut().find(|(known, _)| same(known)) {
            Some((_, keys)) => keys.push(key),
            None => groups.push((failed, vec![key])),
        }
    }
    for (failed, keys) in groups.iter().take(SHOWN) {
        let Failed { entity, op, why, .. } = failed;
        let what = format!("{} {entity}: {why} ({})", op.word(), first_few(keys));
        out.text(&line("failed", keys.len(), &what));
        for place in job.origins(failed) {
            out.text(&line("", "", &place));
        }
    }
    if groups.len() > SHOWN {
        let more: usize = groups[SHOWN..].iter().map(|(_, keys)| keys.len()).sum();
        out.text(&line("failed", more, "for other reasons; --format json shows all"));
    }
}

/// What a run did.
pub fn summary(summary: &Summary, report: &Report, job: &Job<'_>, out: &mut Out) {
    for ((entity, op), count) in &summary.done {
        if *op != Op::Link {
            out.text(&format!("  {:<10} {count:>6}  {entity}\n", op.word()));
        }
    }
    if let Some(receipt) = &summary.receipt {
        for (file, rows, bytes) in &receipt.files {
            let word = if *rows == 1 { "row" } else { "rows" };
            out.text(&format!("  {:<10} {rows:>6}  {word} in {file} ({bytes} bytes)\n", "delivered"));
        }
    }
    failed(summary, job, out);
    if let Some(fault) = &summary.fault {
        out.error(&format!("nothing more was written: {fault}"));
    }
    let (rejected, held) = report.stopped_records();
    out.text(&format!(
        "{} written, {} failed, {} rejected, {held} held\n",
        layout::counted(summary.written(), "change"),
        summary.failed.len(),
        layout::counted(rejected, "record")
    ));
}
