//! What a customer's overlay changes of the standard, line by line: what stood there, what stands there now, and why.

use crate::finding::layout;
use crate::model::overlay::{OWN_LAYER, all_changes};
use crate::model::{MapRule, Model, SyncId, standard_of};
use crate::source::{Sources, Span};
use crate::syntax::ast::OverlayChange;
use serde_json::{Value, json};
use std::fmt::Write;

/// What an overlay does to a row or to a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Another rule in the place of the standard's.
    Replaces,
    /// The row is not sent.
    SwitchesOff,
    /// A row that the standard has not.
    Adds,
    /// Fewer records take part.
    Narrows,
}

impl What {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            What::Replaces => "replaced",
            What::SwitchesOff => "off",
            What::Adds => "added",
            What::Narrows => "narrowed",
        }
    }
}

/// A change to the standard.
pub struct Difference {
    /// The mapping.
    pub mapping: String,
    /// The map.
    pub map: String,
    /// The row; `None` where the whole map is narrowed.
    pub label: Option<String>,
    /// What is done.
    pub what: What,
    /// What the standard says: text and place.
    pub standard: Vec<(String, String)>,
    /// What the overlay says: text and place.
    pub here: Vec<(String, String)>,
    /// Why; `None` if nobody has said so.
    pub because: Option<String>,
    /// The layer that does it, for people.
    pub layer: String,
}

/// The differences of a sync from the standard, in the order of its overlay.
pub fn differences(model: &Model, sources: &Sources, sync: SyncId) -> Vec<Difference> {
    let place = |span: Span| {
        let (line, _) = sources.position(span);
        format!("{}:{line}", sources.file(span.file).path)
    };
    let text = |span: Span| sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
    let both = |span: Span| (text(span), place(span));
    let mut all = Vec::new();
    for (layer, change) in all_changes(model.sync(sync)) {
        let Some((mapping, map)) = standard_of(model, sync, change) else { continue };
        let of = |label: Option<String>, what| Difference {
            mapping: mapping.name.text.clone(),
            map: map.name.text.clone(),
            label,
            what,
            standard: Vec::new(),
            here: Vec::new(),
            because: None,
            layer: layer.to_string(),
        };
        if let Some(condition) = &change.condition {
            all.push(Difference {
                standard: map.conditions.iter().map(|standard| both(standard.condition.span)).collect(),
                here: vec![both(condition.condition.span)],
                ..of(None, What::Narrows)
            });
        }
        for line in &change.lines {
            let label = &line.label.text;
            let has_label = |rule: &&MapRule| rule.rule.label.text == *label;
            let standard: Vec<_> = map.rules.iter().filter(has_label).map(|rule| both(rule.rule.span)).collect();
            match &line.change {
                OverlayChange::Off(because) => all.push(Difference {
                    standard,
                    here: vec![both(line.span)],
                    because: because.as_ref().map(|because| because.text.clone()),
                    ..of(Some(label.clone()), What::SwitchesOff)
                }),
                OverlayChange::Rule(rule) => {
                    let because = rule.clauses.because.as_ref().map(|because| because.text.clone());
                    let here = both(rule.span);
                    // A further rule of a row belongs to the rule above it.
                    if let (false, Some(last)) = (rule.first_of_row, all.last_mut()) {
                        last.here.push(here);
                        last.because = last.because.take().or(because);
                        continue;
                    }
                    let what = if standard.is_empty() { What::Adds } else { What::Replaces };
                    all.push(Difference { standard, here: vec![here], because, ..of(Some(label.clone()), what) });
                }
            }
        }
    }
    all
}

/// For a terminal.
pub fn text(sync: &str, all: &[Difference], width: usize) -> String {
    let mut text = String::new();
    let count = layout::counted(all.len() as u64, "difference");
    // Writing into memory cannot fail.
    let _ = writeln!(text, "{sync}: {count} from the standard");
    let mut map = "";
    for one in all {
        if map != one.map {
            let _ = writeln!(text, "\n{} ({})", one.map, one.mapping);
            map = &one.map;
        }
        let _ = writeln!(text, "  {:<20} {}", one.label.as_deref().unwrap_or("where"), one.what.word());
        let mut item = |name: &str, said: &str| {
            for (index, part) in layout::wrap(said, width.saturating_sub(14)).iter().enumerate() {
                let name = if index == 0 { name } else { "" };
                let _ = writeln!(text, "    {name:<9} {part}");
            }
        };
        one.standard.iter().for_each(|(said, place)| item("standard", &format!("{said}  ({place})")));
        one.here.iter().for_each(|(said, place)| item("here", &format!("{said}  ({place})")));
        if one.layer != OWN_LAYER {
            item("by", &one.layer);
        }
        match (&one.because, one.what) {
            (Some(because), _) => item("because", because),
            (None, What::Narrows) => {}
            (None, _) => item("because", "(nobody has said why)"),
        }
    }
    text
}

/// For programs.
pub fn json(sync: &str, all: &[Difference]) -> Value {
    let said = |said: &[(String, String)]| -> Vec<Value> {
        said.iter().map(|(text, place)| json!({"text": text, "place": place})).collect()
    };
    let one = |one: &Difference| {
        json!({
            "mapping": one.mapping, "map": one.map, "label": one.label, "what": one.what.word(),
            "standard": said(&one.standard), "here": said(&one.here), "because": one.because, "layer": one.layer,
        })
    };
    json!({ "sync": sync, "differences": all.iter().map(one).collect::<Vec<_>>() })
}
