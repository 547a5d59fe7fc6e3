//! The proof and the draft as text, Markdown, HTML and JSON.

use super::{Consent, Flow, Privacy};
use crate::documents::html::{self, escaped};
use crate::documents::table::Table;
use crate::finding::layout;
use serde_json::{Value, json};
use std::fmt::Write;

/// The headings of the proof.
const HEADINGS: [&str; 4] = ["field", "class", "way", "consent"];

/// What is said where nothing of a kind is there.
const NONE: &str = "none";

fn way(flow: &Flow) -> Vec<String> {
    flow.way.iter().map(|(place, text)| format!("{place} {text}")).collect()
}

/// A summary: how many flows, and how many of them lack consent.
fn summary(privacy: &Privacy) -> String {
    let missing = privacy.flows.iter().filter(|flow| flow.consent == Consent::Missing).count() as u64;
    let given = privacy.flows.iter().filter(|flow| matches!(flow.consent, Consent::Given(_))).count() as u64;
    let flows = layout::counted(privacy.flows.len() as u64, "flow");
    format!("{flows} of personal data: {given} under consent, {missing} without consent that is needed")
}

/// For a terminal.
pub fn text(privacy: &Privacy, width: usize) -> String {
    let mut text = String::new();
    let mut put = |line: &str| {
        // Writing into memory cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    };
    wrapped(&format!("{}: {}", privacy.sync, privacy.systems.join(" → ")), width, 0, &mut put);
    put("\nwhat reaches the target, from where, and who has agreed\n");
    for flow in &privacy.flows {
        put(&format!("  {:<32} {}", flow.field, flow.class));
        for line in way(flow) {
            wrapped(&line, width, 6, &mut put);
        }
        wrapped(&flow.consent.words(), width, 6, &mut put);
    }
    put(&format!("\n{}", summary(privacy)));
    put("\nwhere a class is taken off a value");
    for one in &privacy.declassified {
        let classes = format!("{} becomes {}", one.before.join(", "), or_none(&one.after));
        wrapped(&format!("{} {}: {classes}", one.place, one.text), width, 2, &mut put);
    }
    if privacy.declassified.is_empty() {
        put("  nowhere");
    }
    put("\nwho is protected");
    for (entity, condition) in &privacy.protected {
        wrapped(&format!("{entity}: {condition}"), width, 2, &mut put);
    }
    if privacy.protected.is_empty() {
        put("  no system of this route says who is protected");
    }
    if !privacy.of_protected.is_empty() {
        put("\nwhat is sent of protected people");
        privacy.of_protected.iter().for_each(|(field, what)| wrapped(&format!("{field}: {what}"), width, 2, &mut put));
    }
    put("\ndraft of the record of processing (GDPR, article 30)");
    for (heading, lines) in &privacy.record {
        put(&format!("\n  {heading}"));
        lines.iter().for_each(|line| wrapped(line, width, 4, &mut put));
    }
    text
}

fn wrapped(line: &str, width: usize, indent: usize, put: &mut impl FnMut(&str)) {
    for (index, part) in layout::wrap(line, width.saturating_sub(indent + 2)).iter().enumerate() {
        let more = if index == 0 { 0 } else { 2 };
        put(&format!("{:1$}{part}", "", indent + more));
    }
}

fn or_none(classes: &[String]) -> String {
    if classes.is_empty() { NONE.to_string() } else { classes.join(", ") }
}

fn flows(privacy: &Privacy) -> Table {
    let mut table = Table::new(HEADINGS);
    for flow in &privacy.flows {
        table.row([flow.field.clone(), flow.class.clone(), way(flow).join("\n"), flow.consent.words()]);
    }
    table
}

fn declassified(privacy: &Privacy) -> Table {
    let mut table = Table::new(["place", "as it is written", "before", "after"]);
    for one in &privacy.declassified {
        table.row([one.place.clone(), one.text.clone(), one.before.join(", "), or_none(&one.after)]);
    }
    table
}

fn protected(privacy: &Privacy) -> Table {
    let mut table = Table::new(["entity", "protected when"]);
    privacy.protected.iter().for_each(|(entity, condition)| table.row([entity.clone(), condition.clone()]));
    table
}

fn of_protected(privacy: &Privacy) -> Table {
    let mut table = Table::new(["field", "of protected people"]);
    privacy.of_protected.iter().for_each(|(field, what)| table.row([field.clone(), what.clone()]));
    table
}

/// The parts with their headings, each a table; `None` if it is empty.
fn parts(privacy: &Privacy) -> Vec<(&'static str, Option<Table>)> {
    let full = |table: Table| (!table.is_empty()).then_some(table);
    let mut all = vec![
        ("What reaches the target, from where, and who has agreed", full(flows(privacy))),
        ("Where a class is taken off a value", full(declassified(privacy))),
        ("Who is protected", full(protected(privacy))),
    ];
    if !privacy.of_protected.is_empty() {
        all.push(("What is sent of protected people", full(of_protected(privacy))));
    }
    all
}

/// To be pasted into a document.
pub fn markdown(privacy: &Privacy) -> String {
    let mut text = format!("# {}: {}\n\n{}\n", privacy.sync, privacy.systems.join(" → "), summary(privacy));
    for (heading, table) in parts(privacy) {
        let table = table.map_or_else(|| format!("{NONE}\n"), |table| table.markdown());
        let _ = write!(text, "\n## {heading}\n\n{table}");
    }
    text.push_str("\n## Record of processing, a draft (GDPR, article 30)\n");
    for (heading, lines) in &privacy.record {
        let _ = write!(text, "\n### {heading}\n\n");
        text.extend(lines.iter().map(|line| format!("- {line}\n")));
    }
    text
}

/// A page of its own, to be printed or filed.
pub fn html(privacy: &Privacy) -> String {
    let mut text = html::paragraph(&summary(privacy));
    for (heading, table) in parts(privacy) {
        text.push_str(&html::heading(heading));
        match table {
            Some(table) => text.push_str(&table.html()),
            None => text.push_str("<p>none</p>\n"),
        }
    }
    text.push_str(&html::heading("Record of processing, a draft (GDPR, article 30)"));
    for (heading, lines) in &privacy.record {
        let _ = writeln!(text, "<h3>{}</h3>\n<ul>", escaped(heading));
        text.extend(lines.iter().map(|line| format!("<li>{}</li>\n", escaped(line))));
        text.push_str("</ul>\n");
    }
    html::page(&format!("{}: {}", privacy.sync, privacy.systems.join(" → ")), &text)
}

/// For programs.
pub fn json(privacy: &Privacy) -> Value {
    let flow = |flow: &Flow| {
        let (state, because) = match &flow.consent {
            Consent::NotNeeded => ("not needed", None),
            Consent::Given(because) => ("given", Some(because)),
            Consent::Missing => ("missing", None),
        };
        json!({
            "field": flow.field, "class": flow.class, "consent": state, "because": because,
            "way": flow.way.iter().map(|(place, text)| json!({"place": place, "text": text})).collect::<Vec<_>>(),
        })
    };
    json!({
        "sync": privacy.sync,
        "systems": privacy.systems,
        "flows": privacy.flows.iter().map(flow).collect::<Vec<_>>(),
        "declassified": privacy.declassified.iter().map(|one| json!({
            "place": one.place, "text": one.text, "before": one.before, "after": one.after,
        })).collect::<Vec<_>>(),
        "allowed": privacy.allowed.iter().map(|one| json!({
            "place": one.place, "class": one.class, "field": one.field, "because": one.because,
        })).collect::<Vec<_>>(),
        "protected": privacy.protected.iter().map(|(entity, condition)| json!({
            "entity": entity, "when": condition,
        })).collect::<Vec<_>>(),
        "of_protected": privacy.of_protected.iter().map(|(field, what)| json!({
            "field": field, "what": what,
        })).collect::<Vec<_>>(),
        "record": privacy.record.iter().map(|(heading, lines)| json!({"heading": heading, "text": lines})).collect::<Vec<_>>(),
    })
}
