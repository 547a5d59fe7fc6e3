//! Overlays over the standard: rules replaced, switched off and added, conditions narrowed, layer by layer.

use super::map::check_labels;
use super::{Map, MapChange, MapRule, Mapping, Model, Sync, SyncId};
use crate::finding::codes::document as codes;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::syntax::ast::{OverlayChange, OverlayLine, Rule};
use crate::syntax::print;

/// The mappings of a sync's route with its overlays applied, the lowest layer first. Every rule says by its `overlay` and
/// `layer` where it came from; a rule that replaces stands in the place of the row that it replaces, a new one at the end.
pub fn with_overlay(model: &Model, id: SyncId, found: &mut Findings) -> Vec<Mapping> {
    let sync = model.sync(id);
    let mut mappings: Vec<Mapping> = sync.route.iter().map(|&id| model.mapping(id).clone()).collect();
    if mappings.is_empty() {
        // Without a route no map is known; the finding about the route is enough.
        return mappings;
    }
    for (index, layer) in sync.layers.iter().enumerate() {
        let by = By { sync: id, said: &layer.said };
        for change in &layer.change {
            // A layer that others share may speak of maps that are not on this way.
            if let Some((mapping, map)) = place(&mappings, change, &mut Findings::default()) {
                once_a_level(sync, index, change, found);
                apply(&mut mappings[mapping].maps[map], change, by, found);
            }
        }
    }
    let by = By { sync: id, said: OWN_LAYER };
    for change in &sync.change {
        if let Some((mapping, map)) = place(&mappings, change, found) {
            apply(&mut mappings[mapping].maps[map], change, by, found);
        }
    }
    rot(model, id, found);
    mappings
}

/// The layer of a sync's own changes, for people.
pub const OWN_LAYER: &str = "overlay of this sync";

/// Whose change it is.
#[derive(Clone, Copy)]
struct By<'l> {
    sync: SyncId,
    said: &'l str,
}

/// All changes of a sync with the name of their layer, the lowest first.
pub fn all_changes(sync: &Sync) -> impl Iterator<Item = (&str, &MapChange)> {
    let under = sync.layers.iter().flat_map(|layer| layer.change.iter().map(|change| (layer.said.as_str(), change)));
    under.chain(sync.change.iter().map(|change| (OWN_LAYER, change)))
}

/// Two overlays that do not lie over one another must not change the same row: nobody has said which one counts.
fn once_a_level(sync: &Sync, index: usize, change: &MapChange, found: &mut Findings) {
    let layer = &sync.layers[index];
    for other in &sync.layers[..index] {
        if other.of_provider || layer.beneath.contains(&other.name.text) {
            continue;
        }
        let same = other.change.iter().filter(|earlier| earlier.map.text() == change.map.text());
        let lines: Vec<&OverlayLine> = same.flat_map(|earlier| &earlier.lines).collect();
        for line in &change.lines {
            if let Some(first) = lines.iter().find(|known| known.label.text == line.label.text) {
                found.add(
                    Finding::new(&codes::REPLACED_TWICE, line.label.span)
                        .word("label", &line.label.text)
                        .word("one", &other.name.text)
                        .word("other", &layer.name.text)
                        .other(first.label.span, "changed here too")
                        .other(sync.name.span, "this sync has both"),
                );
            }
        }
    }
}

/// Changes whose standard is not what it was when somebody last looked at them.
fn rot(model: &Model, id: SyncId, found: &mut Findings) {
    let sync = model.sync(id);
    let Some(noted) = model.standards.iter().find(|standard| standard.sync.text == sync.name.text) else { return };
    for (_, change) in all_changes(sync) {
        let Some((mapping, map)) = standard_of(model, id, change) else { continue };
        let name = format!("{}.{}", mapping.name.text, map.name.text);
        for line in &change.lines {
            let label = &line.label.text;
            let Some(was) = noted.row(&name, label) else { continue };
            let is: Vec<&Rule> =
                map.rules.iter().map(|known| &known.rule).filter(|rule| rule.label.text == *label).collect();
            if was.iter().eq(is.iter().map(|rule| said(rule)).collect::<Vec<_>>().iter()) {
                continue;
            }
            let code = if is.is_empty() { &codes::VANISHED_RULE } else { &codes::STANDARD_HAS_CHANGED };
            let finding = Finding::new(code, line.label.span).word("label", label).word("map", &map.name.text);
            let finding = finding.word("was", if was.is_empty() { "nothing".into() } else { was.join("; ") });
            found.add(is.iter().fold(finding, |finding, rule| finding.other(rule.span, "the standard is this now")));
        }
    }
}

/// The mapping and the map of the standard that a change of a sync speaks of.
pub fn standard_of<'m>(model: &'m Model, sync: SyncId, change: &MapChange) -> Option<(&'m Mapping, &'m Map)> {
    let route = &model.sync(sync).route;
    let mappings: Vec<Mapping> = route.iter().map(|&id| model.mapping(id).clone()).collect();
    let (mapping, map) = place(&mappings, change, &mut Findings::default())?;
    let mapping = model.mapping(route[mapping]);
    Some((mapping, &mapping.maps[map]))
}

/// The mapping and the map that a change speaks of: `map` where one mapping of the route has it, else `mapping.map`.
fn place(mappings: &[Mapping], change: &MapChange, found: &mut Findings) -> Option<(usize, usize)> {
    let (mapping, map) = match change.map.names.as_slice() {
        [map] => (None, map),
        [mapping, map] => (Some(mapping), map),
        _ => return None,
    };
    let meant = |candidate: &Mapping| mapping.is_none_or(|name| candidate.name.text == name.text);
    let places: Vec<(usize, usize)> = mappings
        .iter()
        .enumerate()
        .filter(|(_, candidate)| meant(candidate))
        .flat_map(|(index, candidate)| {
            let maps = candidate.maps.iter().enumerate().filter(|(_, known)| known.name.text == map.text);
            maps.map(move |(map, _)| (index, map))
        })
        .collect();
    match places.as_slice() {
        [one] => return Some(*one),
        // The map may be one of those that could not be read: that is said already.
        [] if mappings.iter().any(|mapping| mapping.incomplete) => {}
        [] => found.add(unknown_map(mappings, change)),
        [(first, _), ..] => {
            let names: Vec<&str> = places.iter().map(|&(index, _)| mappings[index].name.text.as_str()).collect();
            found.add(
                Finding::new(&codes::AMBIGUOUS_MAP_IN_OVERLAY, change.map.span)
                    .word("map", &map.text)
                    .word("mappings", names.join(", "))
                    .word("first", format!("{}.{}", mappings[*first].name.text, map.text)),
            );
        }
    }
    None
}

pub(super) fn unknown_map(mappings: &[Mapping], change: &MapChange) -> Finding {
    let written = change.map.text();
    let short = mappings.iter().flat_map(|mapping| &mapping.maps).map(|map| map.name.text.clone());
    let long = mappings
        .iter()
        .flat_map(|mapping| mapping.maps.iter().map(|map| format!("{}.{}", mapping.name.text, map.name.text)));
    let known: Vec<String> = if change.map.names.len() == 1 { short.collect() } else { long.collect() };
    Finding::new(&codes::UNKNOWN_MAP_IN_OVERLAY, change.map.span)
        .word("map", &written)
        .word_if("suggestion", nearest(&written, known.iter().map(String::as_str)))
}

fn apply(map: &mut Map, change: &MapChange, by: By<'_>, found: &mut Findings) {
    map.conditions.extend(change.condition.clone());
    let rules = |line: &OverlayLine| match &line.change {
        OverlayChange::Rule(rule) => Some((**rule).clone()),
        OverlayChange::Off(_) => None,
    };
    let written: Vec<Rule> = change.lines.iter().filter_map(rules).collect();
    check_labels(&written, found);
    for line in &change.lines {
        match &line.change {
            OverlayChange::Rule(rule) if rule.first_of_row => replace(map, row(&written, &rule.label.text), by, found),
            OverlayChange::Rule(_) => {}
            OverlayChange::Off(_) => switch_off(map, line, found),
        }
    }
}

/// All rules of the row with this label.
fn row(written: &[Rule], label: &str) -> Vec<Rule> {
    written.iter().filter(|rule| rule.label.text == label).cloned().collect()
}

fn replace(map: &mut Map, row: Vec<Rule>, by: By<'_>, found: &mut Findings) {
    let Some(label) = row.first().map(|rule| rule.label.text.clone()) else { return };
    let beneath = map.rules.iter().filter(|known| known.rule.label.text == label && known.layer != by.said);
    let standard: Vec<&Rule> = beneath.map(|known| &known.rule).collect();
    let same = standard.iter().map(|rule| said(rule)).eq(row.iter().map(said));
    if let (true, [first, ..], [new, ..]) = (same, standard.as_slice(), row.as_slice()) {
        found.add(
            Finding::new(&codes::OVERLAY_CHANGES_NOTHING, new.label.span)
                .word("label", &label)
                .word("map", &map.name.text)
                .other(first.span, "says the same already"),
        );
    }
    let at = map.rules.iter().position(|known| known.rule.label.text == label).unwrap_or(map.rules.len());
    map.rules.retain(|known| known.rule.label.text != label);
    let at = at.min(map.rules.len());
    map.rules.splice(
        at..at,
        row.into_iter().map(|rule| MapRule { rule, overlay: Some(by.sync), layer: by.said.to_string() }),
    );
}

/// A rule as it is printed, without its label and the reason.
pub fn said(rule: &Rule) -> String {
    let mut rule = rule.clone();
    rule.clauses.because = None;
    rule.first_of_row = false;
    print::rule(&rule)
}

fn switch_off(map: &mut Map, line: &OverlayLine, found: &mut Findings) {
    let label = &line.label.text;
    let before = map.rules.len();
    map.rules.retain(|known| known.rule.label.text != *label);
    if map.rules.len() == before {
        let known = map.rules.iter().map(|known| known.rule.label.text.as_str());
        found.add(
            Finding::new(&codes::UNKNOWN_LABEL_IN_OVERLAY, line.label.span)
                .word("label", label)
                .word("map", &map.name.text)
                .word_if("suggestion", nearest(label, known)),
        );
    }
}
