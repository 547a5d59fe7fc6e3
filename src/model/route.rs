//! Routes: the chain of mappings from one system to another.

use super::mapping::is_partner;
use super::{Mapping, MappingId, Model, SystemId};
use crate::finding::codes::document as codes;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::source::Span;
use crate::syntax::ast::Name;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// At most so many routes are listed in a finding.
const SHOWN: usize = 4;

/// Which mapping leads from which system to which. Built once for all syncs; its maps are asked, never walked.
#[derive(Debug, Default)]
pub struct Roads {
    from: HashMap<SystemId, Vec<(MappingId, SystemId)>>,
    to: HashMap<SystemId, Vec<(MappingId, SystemId)>>,
    names: HashMap<String, MappingId>,
    /// True if a mapping has a side that could not be resolved: it may be the one that is missing.
    incomplete: bool,
}

impl Roads {
    /// The roads of all mappings, in their order.
    pub fn new(mappings: &[Mapping]) -> Roads {
        let mut roads = Roads::default();
        for (index, mapping) in mappings.iter().enumerate() {
            let id = MappingId(index as u32);
            roads.incomplete |= mapping.left.is_empty() || mapping.right.is_empty();
            roads.names.insert(mapping.name.text.clone(), id);
            for left in mapping.left.iter().filter(is_partner) {
                for right in mapping.right.iter().filter(is_partner) {
                    roads.from.entry(left.system).or_default().push((id, right.system));
                    roads.to.entry(right.system).or_default().push((id, left.system));
                }
            }
        }
        roads
    }

    /// The mapping of this name.
    pub fn mapping(&self, name: &str) -> Option<MappingId> {
        self.names.get(name).copied()
    }

    /// The shortest chains from one system to another, a few of them; empty if none leads there.
    fn shortest(&self, left: SystemId, right: SystemId) -> Vec<Vec<MappingId>> {
        let distances = self.distances(left, right);
        let mut chains = Vec::new();
        if distances.contains_key(&right) {
            self.back(left, right, &distances, &mut Vec::new(), &mut chains);
        }
        chains
    }

    /// How many mappings lie between `left` and each system that is no farther than `right`.
    fn distances(&self, left: SystemId, right: SystemId) -> HashMap<SystemId, usize> {
        let mut distances = HashMap::from([(left, 0)]);
        let mut reached = vec![left];
        while !reached.is_empty() && !distances.contains_key(&right) {
            let mut next = Vec::new();
            for system in &reached {
                let distance = distances[system] + 1;
                for &(_, to) in self.from.get(system).into_iter().flatten() {
                    if let Entry::Vacant(entry) = distances.entry(to) {
                        entry.insert(distance);
                        next.push(to);
                    }
                }
            }
            reached = next;
        }
        distances
    }

    /// Walks back from `at` to `left` on every shortest way; `after` is the chain behind `at`, last mapping first.
    fn back(
        &self,
        left: SystemId,
        at: SystemId,
        distances: &HashMap<SystemId, usize>,
        after: &mut Vec<MappingId>,
        chains: &mut Vec<Vec<MappingId>>,
    ) {
        if at == left {
            chains.push(after.iter().rev().copied().collect());
            return;
        }
        for &(mapping, before) in self.to.get(&at).into_iter().flatten() {
            let nearer = distances.get(&before).is_some_and(|&distance| distance + 1 == distances[&at]);
            if nearer && chains.len() <= SHOWN {
                after.push(mapping);
                self.back(left, before, distances, after, chains);
                after.pop();
            }
        }
    }
}

/// The ends of a sync, for which a route is wanted.
pub struct Ends<'a> {
    /// The name of the sync: stands under findings.
    pub sync: &'a Name,
    /// The source.
    pub left: SystemId,
    /// The target.
    pub right: SystemId,
}

/// Finds the route of a sync that names no mappings.
pub fn find(model: &Model, roads: &Roads, ends: &Ends<'_>, found: &mut Findings) -> Vec<MappingId> {
    let name = |id: SystemId| model.system(id).name.text.clone();
    let mut chains = roads.shortest(ends.left, ends.right);
    match chains.len() {
        0 if roads.incomplete => {}
        0 => found.add(
            Finding::new(&codes::NO_ROUTE, ends.sync.span)
                .word("left", name(ends.left))
                .word("right", name(ends.right)),
        ),
        1 if chains[0].is_empty() => found.add(same_side(model, ends)),
        1 => return chains.remove(0),
        _ => {
            let shown: Vec<String> =
                chains.iter().take(SHOWN).map(|chain| format!("[{}]", names(model, chain))).collect();
            found.add(
                Finding::new(&codes::AMBIGUOUS_ROUTE, ends.sync.span)
                    .word("left", name(ends.left))
                    .word("right", name(ends.right))
                    .word("routes", shown.join(", "))
                    .word("first", shown[0].clone()),
            );
        }
    }
    Vec::new()
}

/// Both sides are one system: nothing leads from a system to itself.
fn same_side(model: &Model, ends: &Ends<'_>) -> Finding {
    let name = model.system(ends.left).name.text.clone();
    Finding::new(&codes::NO_ROUTE, ends.sync.span).word("left", name.clone()).word("right", name)
}

fn names(model: &Model, chain: &[MappingId]) -> String {
    chain.iter().map(|&id| model.mapping(id).name.text.as_str()).collect::<Vec<_>>().join(", ")
}

/// Follows the mappings that a sync names: each must begin where the one before ends.
pub fn follow(model: &Model, roads: &Roads, ends: &Ends<'_>, named: &[Name], found: &mut Findings) -> Vec<MappingId> {
    let mut chain = Vec::new();
    for name in named {
        match roads.mapping(&name.text) {
            Some(id) => chain.push(id),
            None => {
                found.add(unknown_mapping(model, name));
                return Vec::new();
            }
        }
    }
    match break_of(model, ends, &chain) {
        None => chain,
        Some((index, wanted)) => {
            let span = named.get(index).or(named.last()).map_or(ends.sync.span, |name| name.span);
            found.add(broken(model, span, index, wanted, chain.len()));
            Vec::new()
        }
    }
}

/// The finding for a mapping that nobody wrote.
pub fn unknown_mapping(model: &Model, name: &Name) -> Finding {
    let known = model.mappings.iter().map(|mapping| mapping.name.text.as_str());
    Finding::new(&codes::UNKNOWN_MAPPING, name.span)
        .word("name", &name.text)
        .word_if("suggestion", nearest(&name.text, known))
}

/// Where a chain does not hold: the index of the mapping, and the system that it should begin with. An index past the
/// end means that the last mapping does not end at the target.
fn break_of(model: &Model, ends: &Ends<'_>, chain: &[MappingId]) -> Option<(usize, SystemId)> {
    let mut at = vec![ends.left];
    for (index, &id) in chain.iter().enumerate() {
        let mapping = model.mapping(id);
        if !mapping.left.iter().filter(is_partner).any(|side| at.contains(&side.system)) {
            return Some((index, at[0]));
        }
        at = mapping.right.iter().filter(is_partner).map(|side| side.system).collect();
        if at.is_empty() {
            // Its right side could not be resolved; a finding says so.
            return None;
        }
    }
    (!at.contains(&ends.right)).then_some((chain.len(), ends.right))
}

fn broken(model: &Model, span: Span, index: usize, wanted: SystemId, length: usize) -> Finding {
    let place = if index >= length { "end" } else { "begin" };
    Finding::new(&codes::BROKEN_ROUTE, span).word("place", place).word("system", &model.system(wanted).name.text)
}
