//! A change of the standard beside what customers have otherwise: row by row for one sync, and for all syncs of a folder.

use crate::finding::layout;
use crate::model::overlay::all_changes;
use crate::model::standard::Standard;
use crate::model::{Mapping, Model, SyncId, said, standard_of};
use crate::syntax::ast::{OverlayChange, Rule};
use serde_json::{Value, json};
use std::fmt::Write;

/// What becomes of a row whose standard has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing of the customer's stands there: the new standard counts.
    Taken,
    /// The customer says otherwise, and the standard is another than the one that this was said of.
    Conflict,
    /// The customer says what the standard says now.
    Redundant,
    /// The customer speaks of a row that the standard has no more.
    Vanished,
}

impl Outcome {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Taken => "taken",
            Outcome::Conflict => "conflict",
            Outcome::Redundant => "redundant",
            Outcome::Vanished => "vanished",
        }
    }

    /// True if somebody has to decide.
    pub fn needs_decision(self) -> bool {
        matches!(self, Outcome::Conflict | Outcome::Vanished)
    }
}

/// A row whose standard has changed since it was noted.
pub struct Changed {
    /// The mapping.
    pub mapping: String,
    /// The map.
    pub map: String,
    /// The row.
    pub label: String,
    /// What becomes of it.
    pub outcome: Outcome,
    /// The rules of the standard as they were; none if there was no such row.
    pub was: Vec<String>,
    /// As they are; none if there is no such row any more.
    pub is: Vec<String>,
    /// What the customer says, with the layer that says it.
    pub own: Vec<(String, String)>,
}

/// What was noted of a sync's standard; nothing if nobody has noted it.
pub fn noted(model: &Model, sync: SyncId) -> Option<&Standard> {
    let name = &model.sync(sync).name.text;
    model.standards.iter().find(|standard| standard.sync.text == *name)
}

/// The rows of the sync's standard that have changed since it was noted, in the order of its mappings. With `only`, those
/// of one mapping. Nothing if nobody has noted it.
pub fn changed(model: &Model, sync: SyncId, only: Option<&str>) -> Option<Vec<Changed>> {
    let noted = noted(model, sync)?;
    let mut all = Vec::new();
    let meant = |mapping: &str| only.is_none_or(|only| only == mapping);
    for mapping in model.sync(sync).route.iter().map(|&id| model.mapping(id)).filter(|known| meant(&known.name.text)) {
        for map in &mapping.maps {
            let name = format!("{}.{}", mapping.name.text, map.name.text);
            let before = noted.maps.iter().find(|known| known.name == name);
            let old = before.map(|known| known.rows.as_slice()).unwrap_or_default();
            let rules = map.rules.iter().map(|known| &known.rule);
            for label in labels(old.iter().map(|(label, _)| label), rules.clone().map(|rule| &rule.label.text)) {
                let was = old.iter().find(|(known, _)| *known == label).map(|(_, rules)| rules.clone());
                let is: Vec<String> = rules.clone().filter(|rule| rule.label.text == label).map(said).collect();
                all.extend(row(model, sync, (mapping, &map.name.text, label), was.unwrap_or_default(), is));
            }
        }
        // Maps that were there and are no more, by another name perhaps.
        let prefix = format!("{}.", mapping.name.text);
        for gone in noted.maps.iter().filter(|known| known.name.starts_with(&prefix)) {
            let map = &gone.name[prefix.len()..];
            if mapping.maps.iter().all(|known| known.name.text != map) {
                let rows = gone.rows.iter();
                all.extend(
                    rows.flat_map(|(label, was)| {
                        row(model, sync, (mapping, map, label.clone()), was.clone(), Vec::new())
                    }),
                );
            }
        }
    }
    Some(all)
}

/// Labels of two lists, each once: those of the second in their order, then what only the first has.
fn labels<'l>(old: impl Iterator<Item = &'l String>, new: impl Iterator<Item = &'l String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for label in new.chain(old) {
        if !all.contains(label) {
            all.push(label.clone());
        }
    }
    all
}

fn row(
    model: &Model,
    sync: SyncId,
    (mapping, map, label): (&Mapping, &str, String),
    was: Vec<String>,
    is: Vec<String>,
) -> Option<Changed> {
    if was == is {
        return None;
    }
    let lines = own(model, sync, mapping, map, &label);
    let same = !lines.is_empty() && lines.iter().map(|(_, rule)| rule).eq(is.iter());
    let outcome = match lines.is_empty() {
        true => Outcome::Taken,
        false if is.is_empty() => Outcome::Vanished,
        false if same => Outcome::Redundant,
        false => Outcome::Conflict,
    };
    Some(Changed { mapping: mapping.name.text.clone(), map: map.to_string(), label, outcome, was, is, own: lines })
}

/// What the layers of a sync say of a row.
fn own(model: &Model, sync: SyncId, mapping: &Mapping, map: &str, label: &str) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for (layer, change) in all_changes(model.sync(sync)) {
        let speaks = match standard_of(model, sync, change) {
            Some((of, known)) => of.name.text == mapping.name.text && known.name.text == map,
            // The map is called otherwise now, or is gone.
            None => change.map.names.last().is_some_and(|name| name.text == map),
        };
        for line in change.lines.iter().filter(|line| speaks && line.label.text == label) {
            let text = match &line.change {
                OverlayChange::Rule(rule) => said(rule),
                OverlayChange::Off(_) => "off".to_string(),
            };
            lines.push((layer.to_string(), text));
        }
    }
    lines
}

/// The document that notes the standard of a sync as it is.
pub fn document(model: &Model, sync: SyncId) -> String {
    let name = &model.sync(sync).name.text;
    let mut text = format!(
        "# Written by koppla overlay {name} --note: the standard as it was when somebody last looked at what {name} has\n\
         # otherwise. koppla check compares it with the standard of today. Not to be edited by hand.\n\n\
         standard: {}\nmaps:\n",
        quoted(name)
    );
    for mapping in model.sync(sync).route.iter().map(|&id| model.mapping(id)) {
        for map in &mapping.maps {
            let _ = writeln!(text, "  {}:", quoted(&format!("{}.{}", mapping.name.text, map.name.text)));
            let rules: Vec<&Rule> = map.rules.iter().map(|known| &known.rule).collect();
            for label in labels(std::iter::empty(), rules.iter().map(|rule| &rule.label.text)) {
                let row: Vec<String> =
                    rules.iter().filter(|rule| rule.label.text == label).map(|rule| quoted(&said(rule))).collect();
                let value = if row.len() == 1 { row[0].clone() } else { format!("[{}]", row.join(", ")) };
                let _ = writeln!(text, "    {}: {value}", quoted(&label));
            }
        }
    }
    text
}

/// A text in double quotes, as YAML and JSON write it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The rows of one sync, for a terminal.
pub fn text(sync: &str, all: &[Changed], width: usize) -> String {
    let mut text = String::new();
    let count = layout::counted(all.len() as u64, "row");
    let _ = writeln!(text, "{sync}: the standard has changed in {count}");
    for one in all {
        let _ = writeln!(text, "\n{}.{}  {}: {}", one.mapping, one.map, one.label, one.outcome.word());
        let mut item = |name: &str, said: &str| {
            for (index, part) in layout::wrap(said, width.saturating_sub(12)).iter().enumerate() {
                let name = if index == 0 { name } else { "" };
                let _ = writeln!(text, "  {name:<8}  {part}");
            }
        };
        let side = |rules: &[String]| if rules.is_empty() { "(no such row)".to_string() } else { rules.join("; ") };
        item("was", &side(&one.was));
        item("is", &side(&one.is));
        one.own.iter().for_each(|(layer, said)| item("here", &format!("{said}  ({layer})")));
        match one.outcome {
            Outcome::Taken => {}
            Outcome::Redundant => item("", "remove the line: the standard says it now"),
            Outcome::Conflict => item("", "decide: keep the line, change it, or remove it"),
            Outcome::Vanished => item("", "decide: what is the row called now, or remove the line"),
        }
    }
    text
}

/// The rows of one sync, for programs.
pub fn json(sync: &str, all: &[Changed]) -> Value {
    let one = |one: &Changed| {
        let own: Vec<Value> = one.own.iter().map(|(layer, said)| json!({"layer": layer, "says": said})).collect();
        json!({
            "mapping": one.mapping, "map": one.map, "label": one.label, "outcome": one.outcome.word(),
            "decision": one.outcome.needs_decision(), "was": one.was, "is": one.is, "here": own,
        })
    };
    json!({ "sync": sync, "changed": all.iter().map(one).collect::<Vec<_>>() })
}

/// What a change of one mapping means for a sync.
pub struct Impact {
    /// The sync.
    pub sync: String,
    /// The rows that have changed; nothing if its standard was never noted.
    pub changed: Option<Vec<Changed>>,
}

/// The syncs that go over a mapping, with what has changed for each.
pub fn impact(model: &Model, mapping: &str) -> Vec<Impact> {
    let over = |index: &u32| {
        let route = &model.syncs[*index as usize].route;
        route.iter().any(|&id| model.mapping(id).name.text == mapping)
    };
    let all = (0..model.syncs.len() as u32).filter(over).map(SyncId);
    let of = |sync: SyncId| Impact {
        sync: model.sync(sync).name.text.clone(),
        changed: changed(model, sync, Some(mapping)),
    };
    all.map(of).collect()
}

/// A sync a line: what touches it, and whether somebody has to decide.
pub fn impact_text(mapping: &str, all: &[Impact]) -> String {
    let mut text = format!("{mapping}: {} over it\n\n", layout::counted(all.len() as u64, "sync"));
    let wide = all.iter().map(|one| layout::width(&one.sync)).max().unwrap_or_default();
    for one in all {
        let said = match &one.changed {
            None => "never noted: koppla overlay --note notes the standard".to_string(),
            Some(rows) if rows.is_empty() => "not touched".to_string(),
            Some(rows) => {
                let open: Vec<&str> =
                    rows.iter().filter(|row| row.outcome.needs_decision()).map(|row| row.label.as_str()).collect();
                let count = layout::counted(rows.len() as u64, "row");
                match open.is_empty() {
                    true => format!("{count} changed, nothing to decide"),
                    false => format!("{count} changed, TO DECIDE: {}", open.join(", ")),
                }
            }
        };
        let gap = " ".repeat(wide - layout::width(&one.sync));
        let _ = writeln!(text, "  {}{gap}  {said}", one.sync);
    }
    text
}

/// The same for programs.
pub fn impact_json(mapping: &str, all: &[Impact]) -> Value {
    let one = |one: &Impact| match &one.changed {
        None => json!({"sync": one.sync, "noted": false}),
        Some(rows) => {
            let whole = json(&one.sync, rows);
            let open = rows.iter().filter(|row| row.outcome.needs_decision()).count();
            json!({"sync": one.sync, "noted": true, "decisions": open, "changed": whole["changed"]})
        }
    };
    json!({ "mapping": mapping, "syncs": all.iter().map(one).collect::<Vec<_>>() })
}
