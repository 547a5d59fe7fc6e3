//! Writing a recorded case as the text of a test document.

use super::invent::{Record, Written};
use crate::model::{Model, Side};
use crate::run::cases::syncs::Proposed;
use crate::run::change::is_hashed;
use crate::run::fate::Reason;
use crate::value::{EntityId, Type};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The document as far as it says what is given.
pub fn given(
    model: &Model,
    left: &[Side],
    (sync, as_of): (&str, &str),
    heading: &str,
    records: &[(EntityId, Vec<Record>)],
) -> String {
    let mut text =
        format!("# {heading}\ntest: {sync}\nas_of: {as_of}\ncases:\n  - name: recorded from {sync}\n    given:\n");
    for (entity, records) in records {
        text += &format!("      {}:\n", entity_name(model, left, *entity));
        for record in records {
            let parts = record.iter().map(|(field, value)| format!("{field}: {}", flow(value)));
            text += &format!("        - {}\n", braces(parts));
        }
    }
    text
}

/// What a run does with it, as the rest of the case.
pub fn expected(model: &Model, right: &[Side], proposed: &Proposed) -> String {
    let (set, report) = (&proposed.proposal.set, &proposed.proposal.report);
    let mut text = String::new();
    let changed: Vec<_> = set.entities.iter().filter(|entity| !entity.changes.is_empty()).collect();
    text += if changed.is_empty() { "    changes: {}\n" } else { "    changes:\n" };
    for changes in changed {
        let found = right.iter().find_map(|side| model.find_entity(side.system, &changes.entity));
        let Some(entity) = found else { continue };
        text += &format!("      {}:\n", entity_name(model, right, entity));
        let mut operations: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for change in changes.iter() {
            let fields = change.fields.iter().map(|field| (field, field.to.json()));
            let fields = fields.filter(|(_, to)| !is_hashed(to) && !to.is_null());
            let fields = fields.filter_map(|(change, to)| {
                let ty = &model.entity(entity).fields[model.entity(entity).field(&change.field)?].ty;
                Some(format!("{}: {}", change.field, flow(&json(ty, &to))))
            });
            operations.entry(change.op.word()).or_default().push(braces(fields));
        }
        for (operation, records) in operations {
            text += &format!("        {operation}:\n");
            records.iter().for_each(|record| text += &format!("          - {record}\n"));
        }
    }
    let fallen = || report.stages.iter().map(|stage| &stage.fallen);
    let mut skipped: Counts = Counts::new();
    for (place, reason, count) in fallen().flat_map(|fallen| fallen.counts()) {
        if *reason != Reason::NotBest {
            *skipped.entry((place.into(), reason.text().into())).or_default() += count;
        }
    }
    let (mut rejected, mut held) = (Counts::new(), Counts::new());
    for stopped in fallen().flat_map(|fallen| &fallen.stopped) {
        let into = if stopped.held { &mut held } else { &mut rejected };
        *into.entry((stopped.place.clone(), stopped.why.clone())).or_default() += 1;
    }
    for entity in &report.entities {
        for one in &entity.held {
            *held.entry((entity.entity.clone(), one.why.clone())).or_default() += 1;
        }
    }
    for (word, counts) in [("skipped", skipped), ("rejected", rejected), ("held", held)] {
        text += &if counts.is_empty() { String::new() } else { format!("    {word}:\n") };
        for ((place, reason), count) in counts {
            text += &format!("      - {{ map: {place}, count: {count}, reason: {} }}\n", scalar(&reason));
        }
    }
    if proposed.protected > 0 {
        text += &format!("    protected: {}\n", proposed.protected);
    }
    text + if report.stopped.is_empty() { "" } else { "    stopped: true\n" }
}

/// The texts that a run would write, a line for each.
pub fn texts(model: &Model, right: &[Side], proposed: &Proposed) -> String {
    let mut texts = String::new();
    for changes in &proposed.proposal.set.entities {
        let found = right.iter().find_map(|side| model.find_entity(side.system, &changes.entity));
        let Some(entity) = found.map(|entity| model.entity(entity)) else { continue };
        for field in changes.iter().flat_map(|change| change.fields) {
            let ty = entity.field(&field.field).map_or(&Type::Text, |index| &entity.fields[index].ty);
            json(ty, &field.to.json()).texts(&mut texts);
        }
    }
    texts
}

/// How often something happened, by place and reason.
type Counts = BTreeMap<(String, String), u64>;

/// The name of an entity in a case: with that of its side, where another side has one of the same name.
fn entity_name(model: &Model, sides: &[Side], entity: EntityId) -> String {
    let name = &model.entity(entity).name.text;
    let first = sides.iter().find_map(|side| model.find_entity(side.system, name));
    let own = sides.iter().find(|side| model.find_entity(side.system, name) == Some(entity));
    match own {
        Some(side) if first != Some(entity) => format!("{}.{name}", side.alias.text),
        _ => name.clone(),
    }
}

/// A value of a change as a case writes it.
fn json(ty: &Type, value: &Json) -> Written {
    match value {
        Json::Null => Written::Absent,
        Json::String(text) if matches!(ty, Type::Ref(_)) => {
            let key =
                text.strip_prefix('@').and_then(|text| text.split_once(':')).map_or(text.as_str(), |(_, key)| key);
            let mut parts: Vec<Written> = key_parts(key).into_iter().map(Written::Text).collect();
            if parts.len() == 1 { parts.remove(0) } else { Written::List(parts) }
        }
        Json::String(text) => Written::Text(text.clone()),
        Json::Array(items) => {
            let element = ty.element().unwrap_or(&Type::Text);
            Written::List(items.iter().map(|item| json(element, item)).collect())
        }
        Json::Object(members) => {
            let ty = |name: &str| match ty {
                Type::Struct(known) => known.iter().find(|member| &*member.name == name).map(|member| &member.ty),
                _ => None,
            };
            let part = |(name, value): (&String, &Json)| (name.clone(), json(ty(name).unwrap_or(&Type::Text), value));
            Written::Struct(members.iter().map(part).collect())
        }
        other => Written::Text(other.to_string()),
    }
}

/// The parts of a key as the store writes it.
fn key_parts(key: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = key.chars();
    while let Some(letter) = letters.next() {
        match (letter, parts.last_mut()) {
            ('|', _) => parts.push(String::new()),
            ('\\', Some(part)) => part.extend(letters.next()),
            (letter, Some(part)) => part.push(letter),
            _ => {}
        }
    }
    parts
}

fn flow(value: &Written) -> String {
    match value {
        Written::Absent => String::new(),
        Written::Text(text) => scalar(text),
        Written::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Written::Struct(members) => braces(members.iter().map(|(name, value)| format!("{name}: {}", flow(value)))),
    }
}

fn braces(parts: impl Iterator<Item = String>) -> String {
    let mut text = String::from("{ ");
    for (place, part) in parts.enumerate() {
        let between = if place > 0 { ", " } else { "" };
        // Writing to a string does not fail.
        let _ = write!(text, "{between}{part}");
    }
    if text.len() > 2 { text + " }" } else { "{}".into() }
}

/// A text as YAML: plain where nobody could take it for something else.
fn scalar(text: &str) -> String {
    let plain = text.starts_with(char::is_alphabetic)
        && text.chars().all(|letter| letter.is_alphanumeric() || " ._/@-".contains(letter))
        && !text.ends_with(' ')
        && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&&*text.to_lowercase());
    if plain { text.to_string() } else { Json::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_yaml_could_take_for_something_else_stand_in_quotes() {
        for text in ["Åsa Öberg", "a.b@example.org", "van der Berg"] {
            assert_eq!(scalar(text), text);
        }
        for (text, written) in
            [("1001", "\"1001\""), ("no", "\"no\""), ("a: b", "\"a: b\""), ("", "\"\""), ("a\"b", "\"a\\\"b\"")]
        {
            assert_eq!(scalar(text), written);
        }
    }

    #[test]
    fn keys_come_apart_as_they_were_joined() {
        assert_eq!(key_parts("a|b\\|c\\\\"), ["a", "b|c\\"]);
        assert_eq!(
            json(&Type::Ref(EntityId(0)), &Json::from("@pupil:a|b")),
            Written::List(vec![Written::Text("a".into()), Written::Text("b".into())])
        );
    }
}
