//! A review for a terminal, as Markdown for a comment, and as JSON.

use super::review::{PrivacyReview, Records, Review, RuleReview, State, SyncReview};
use crate::documents::edits::Edit;
use crate::documents::table::{Align, Table};
use crate::finding::layout::{counted, harmless, wrap};
use crate::run::impact::Turn;
use serde_json::{Value, json};

/// Columns of a page.
const WIDTH: usize = 100;
/// More edits than this are counted.
const EDITS: usize = 60;
/// Columns of one side of an edit.
const EDIT: usize = 200;

/// For a terminal.
pub fn text(review: &Review) -> String {
    let mut page = Page { text: String::new() };
    page.put(&heading(review));
    for sync in &review.syncs {
        page.put(&format!("\n{}", sync.name));
        page.sync(sync);
    }
    if !review.edits.is_empty() {
        page.put("\nwritten otherwise");
        page.edits(&review.edits);
    }
    page.text
}

/// What was compared, and whether anything changes.
fn heading(review: &Review) -> String {
    let (old, new) = (&review.old, &review.new);
    let compared = format!("{new} against {old}");
    match (review.empty, review.is_empty()) {
        (true, _) => format!("{compared}: there was no project, so everything is new"),
        (false, true) if review.is_blind() => {
            format!("{compared}: nothing is written otherwise; not all records could be read")
        }
        (false, true) => format!("{compared}: nothing changes"),
        (false, false) => format!("{compared}: {} of the documents", counted(review.edits.len() as u64, "change")),
    }
}

struct Page {
    text: String,
}

impl Page {
    fn put(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A paragraph with a margin.
    fn say(&mut self, margin: usize, paragraph: &str) {
        for (index, line) in wrap(&harmless(paragraph), WIDTH - margin - 2).iter().enumerate() {
            self.put(&format!("{:1$}{line}", "", if index == 0 { margin } else { margin + 2 }));
        }
    }

    fn sync(&mut self, sync: &SyncReview) {
        self.say(2, &state(sync));
        for records in &sync.records {
            self.say(2, &format!("{}{}", summary(records), examples(&records.samples)));
        }
        for rule in &sync.rules {
            self.say(
                2,
                &format!(
                    "{} writes other values into {} for {} of {} records",
                    named(rule),
                    rule.field,
                    rule.count,
                    rule.of
                ),
            );
            rule.samples.iter().for_each(|(key, change)| self.say(6, &format!("{key}: {change}")));
        }
        privacy(&sync.privacy).iter().for_each(|line| self.say(2, line));
    }

    fn edits(&mut self, edits: &[Edit]) {
        for edit in edits.iter().take(EDITS) {
            self.put(&format!("  {}:{}  {}", harmless(&edit.file), edit.line, harmless(&edit.shown())));
            for (sign, side) in [('-', &edit.old), ('+', &edit.new)] {
                if let Some(text) = side {
                    self.say(4, &format!("{sign} {}", cut(text)));
                }
            }
        }
        if edits.len() > EDITS {
            self.put(&format!("  and {} more", edits.len() - EDITS));
        }
    }
}

fn cut(text: &str) -> String {
    crate::finding::layout::cut(&harmless(text), EDIT).into_owned()
}

/// What was read, or why nothing was.
fn state(sync: &SyncReview) -> String {
    let rows = |(system, entity, rows, whole): &(String, String, u64, bool)| {
        let rows = counted(*rows, "row");
        format!("{rows} of {system}.{entity}{}", if *whole { "" } else { " (not read in full)" })
    };
    let read: Vec<String> = sync.reads.iter().map(rows).collect();
    let read = if read.is_empty() { "nothing is read".into() } else { format!("worked over {}", read.join(", ")) };
    match &sync.state {
        State::Unknown(why) => format!("records cannot be compared: {why}"),
        State::New => format!("a new sync, {read}"),
        State::Ended => format!("the sync is gone, {read}"),
        State::Compared if sync.is_blind() => format!("{read}: more may change than is said here"),
        State::Compared if sync.is_empty() => format!("nothing changes, {read}"),
        State::Compared => read,
    }
}

/// `account: 3 would be changed`
fn summary(records: &Records) -> String {
    format!("{}: {} would be {}", records.entity, records.count, records.turn.words())
}

fn examples(samples: &[String]) -> String {
    if samples.is_empty() { String::new() } else { format!(": {}", samples.join(", ")) }
}

/// `Name (pupils)`
fn named(rule: &RuleReview) -> String {
    match rule.label.is_empty() {
        true => "no rule".to_string(),
        false => format!("{} ({})", rule.label, rule.map),
    }
}

/// What the proof gained and lost, a line each.
fn privacy(review: &PrivacyReview) -> Vec<String> {
    let mut lines = Vec::new();
    for (field, class, consent) in &review.gained {
        lines.push(format!("personal data: {class} reaches {field} now (consent: {consent})"));
    }
    for (field, class, _) in &review.lost {
        lines.push(format!("personal data: {class} reaches {field} no more"));
    }
    for (field, class, before, now) in &review.changed {
        lines.push(format!("personal data: {class} reaches {field}; consent was: {before}, is: {now}"));
    }
    for (what, before, now) in &review.protection {
        let side = |text: &Option<String>| text.clone().unwrap_or("nothing".to_string());
        lines.push(format!("protected people, {what}: was {}, is {}", side(before), side(now)));
    }
    lines
}

/// Markdown, for a comment.
pub fn markdown(review: &Review) -> String {
    let mut text = format!("### What this change does\n\n{}.\n", sentence(review));
    for (version, errors) in [(&review.old, &review.found.old_places), (&review.new, &review.found.new_places)] {
        if !errors.is_empty() {
            text += &format!("\n**{}** has {}:\n\n", escaped(version), counted(errors.len() as u64, "error"));
            text += &fenced("text", errors.iter().take(10).cloned());
        }
    }
    for sync in &review.syncs {
        text += &sync_markdown(sync);
    }
    if !review.edits.is_empty() {
        let count = review.edits.len();
        text += &format!("\n<details><summary>What is written otherwise ({count})</summary>\n\n");
        text += &fenced("diff", review.edits.iter().take(EDITS).flat_map(edit_lines));
        if count > EDITS {
            text += &format!("\nand {} more\n", count - EDITS);
        }
        text += "\n</details>\n";
    }
    text
}

/// What a reviewer wants to know first.
fn sentence(review: &Review) -> String {
    let compared = format!("{} against {}", code(&review.new), code(&review.old));
    if review.empty {
        return format!("{compared}: there was no project, so everything is new");
    }
    let count = |turns: &[Turn]| -> usize {
        let records = review.syncs.iter().flat_map(|sync| &sync.records);
        records.filter(|records| turns.contains(&records.turn)).map(|records| records.count).sum()
    };
    let counts = [
        (count(&[Turn::Create, Turn::Unprotect]), "created"),
        (count(&[Turn::Update]), "changed"),
        (count(&[Turn::Reduce]), "sent in part"),
        (count(&[Turn::Deactivate]), "deactivated"),
        (count(&[Turn::Remove]), "removed"),
        (count(&[Turn::Leave, Turn::Outside, Turn::Protect, Turn::Reject, Turn::Hold]), "no longer sent"),
    ];
    let parts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("**{count} {word}**")).collect();
    let unknown = review.syncs.iter().filter(|sync| matches!(sync.state, State::Unknown(_))).count() as u64;
    let privacy = review.syncs.iter().any(|sync| !sync.privacy.is_empty());
    let records = match (parts.is_empty(), unknown) {
        (true, 0) if review.is_blind() => "**not all records could be read**, so nobody knows who changes".to_string(),
        (false, 0) if review.is_blind() => {
            format!("records {} at least, as **not all could be read**", parts.join(", "))
        }
        (true, 0) => "no record changes".to_string(),
        (true, _) => format!("records of {} cannot be compared", counted(unknown, "sync")),
        (false, 0) => format!("records {}", parts.join(", ")),
        (false, _) => format!("records {}; {} cannot be compared", parts.join(", "), counted(unknown, "sync")),
    };
    let privacy = if privacy { "; **where personal data goes changes**" } else { "; personal data goes where it went" };
    format!("{compared}: {records}{}", if unknown > 0 && privacy.starts_with("; personal") { "" } else { privacy })
}

fn sync_markdown(sync: &SyncReview) -> String {
    let mut text = format!("\n#### {}\n\n{}\n", escaped(&sync.name), capital(&escaped(&state(sync))));
    if !sync.records.is_empty() {
        let mut table = Table::new(["entity", "records", "", "for example"]).align(1, Align::Right);
        for records in &sync.records {
            let samples: Vec<String> = records.samples.iter().map(|key| code(key)).collect();
            let words = format!("would be {}", records.turn.words());
            table.row([escaped(&records.entity), records.count.to_string(), words, samples.join(", ")]);
        }
        text += &format!("\n{}", table.markdown());
    }
    if !sync.rules.is_empty() {
        let mut table = Table::new(["rule", "field", "other values for", "for example"]);
        for rule in &sync.rules {
            let samples: Vec<String> =
                rule.samples.iter().map(|(key, change)| code(&format!("{key}: {change}"))).collect();
            let count = format!("{} of {}", rule.count, rule.of);
            table.row([escaped(&named(rule)), escaped(&rule.field), count, samples.join("\n")]);
        }
        text += &format!("\n{}", table.markdown());
    }
    let lines = privacy(&sync.privacy);
    if !lines.is_empty() {
        text.push('\n');
        lines.iter().for_each(|line| text += &format!("- {}\n", capital(&escaped(line))));
    }
    text
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn edit_lines(edit: &Edit) -> Vec<String> {
    let mut lines = vec![format!("# {}:{}  {}", edit.file, edit.line, edit.shown())];
    lines.extend(edit.old.as_ref().map(|text| format!("- {}", cut(text))));
    lines.extend(edit.new.as_ref().map(|text| format!("+ {}", cut(text))));
    lines
}

/// Lines as they are, whatever stands in them.
fn fenced(language: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.map(|line| harmless(&line).into_owned()).collect();
    let longest = lines.iter().map(|line| ticks(line)).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

/// The longest run of backticks.
fn ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A text as it is, in the midst of others; nobody is called by an `@` in it.
fn code(text: &str) -> String {
    let text = harmless(text);
    let fence = "`".repeat(ticks(&text) + 1);
    let edge = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{edge}{text}{edge}{fence}")
}

/// A text without meaning for Markdown.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            // A word behind it is no person to be called.
            '@' => out.push_str("@\u{200b}"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// For programs; the form is written down in `grammar/schemas/output/diff.json`.
pub fn json(review: &Review) -> Value {
    json!({
        "old": review.old,
        "new": review.new,
        "changes": !review.is_empty(),
        "findings": { "old": review.found.old_places, "new": review.found.new_places },
        "syncs": review.syncs.iter().map(sync_json).collect::<Vec<_>>(),
        "documents": review.edits.iter().map(|edit| json!({
            "document": edit.document, "file": edit.file, "line": edit.line, "place": edit.place,
            "old": edit.old, "new": edit.new,
        })).collect::<Vec<_>>(),
    })
}

fn sync_json(sync: &SyncReview) -> Value {
    let (state, why) = match &sync.state {
        State::Compared => ("compared", None),
        State::New => ("new", None),
        State::Ended => ("ended", None),
        State::Unknown(why) => ("unknown", Some(why)),
    };
    let flow = |(field, class, consent): &(String, String, String)| json!({ "field": field, "class": class, "consent": consent });
    let privacy = &sync.privacy;
    json!({
        "sync": sync.name, "state": state, "why": why,
        "reads": sync.reads.iter().map(|(system, entity, rows, complete)| {
            json!({ "system": system, "entity": entity, "rows": rows, "complete": complete })
        }).collect::<Vec<_>>(),
        "records": sync.records.iter().map(|records| json!({
            "entity": records.entity, "turn": records.turn.word(), "count": records.count, "samples": records.samples,
        })).collect::<Vec<_>>(),
        "rules": sync.rules.iter().map(|rule| json!({
            "mapping": rule.mapping, "map": rule.map, "label": rule.label, "field": rule.field,
            "count": rule.count, "of": rule.of,
            "samples": rule.samples.iter().map(|(key, change)| json!({ "key": key, "change": change })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "privacy": {
            "gained": privacy.gained.iter().map(flow).collect::<Vec<_>>(),
            "lost": privacy.lost.iter().map(flow).collect::<Vec<_>>(),
            "changed": privacy.changed.iter().map(|(field, class, old, new)| {
                json!({ "field": field, "class": class, "old": old, "new": new })
            }).collect::<Vec<_>>(),
            "protection": privacy.protection.iter().map(|(what, old, new)| {
                json!({ "what": what, "old": old, "new": new })
            }).collect::<Vec<_>>(),
        },
    })
}
