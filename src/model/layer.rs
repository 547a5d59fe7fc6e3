//! Layers over the standard: what an integrator changes for all its customers, what a document of its own changes for
//! several syncs, and what the sync itself changes. They lie over one another in this order.

use super::reader::{entries, name_at, one_or_more};
use super::shape::{Key, Shape, key, required};
use super::sync::{CHANGE_KEYS, map_change};
use super::{MapChange, Mapping};
use crate::finding::codes::document as codes;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::syntax::ast::Name;
use crate::syntax::tree::Node;

/// Keys of an `overlay:` document.
pub static KEYS: &[Key] = &[
    required("overlay", Shape::Text, "the name of the overlay"),
    key("title", Shape::Text, "its heading"),
    key("doc", Shape::Text, "what it is"),
    key("over", Shape::Text, "another overlay, over which this one lies"),
    required("change", Shape::Entries(&Shape::Keys(CHANGE_KEYS)), "changes of the standard, by map"),
];

/// Changes of one layer that lies under those of a sync.
#[derive(Clone, Debug)]
pub struct Layer {
    /// What it is, for people: `provider north`, `overlay kommunen`.
    pub said: String,
    /// Its name.
    pub name: Name,
    /// Overlays over which it lies by its own word; nobody else of its level may change the same row.
    pub beneath: Vec<String>,
    /// True for the provider's, over which everything lies.
    pub of_provider: bool,
    /// The changes.
    pub change: Vec<MapChange>,
}

/// An `overlay:` document.
#[derive(Debug)]
pub struct Overlay {
    /// Its name.
    pub name: Name,
    /// The overlay over which it lies.
    pub over: Option<Name>,
    /// The changes.
    pub change: Vec<MapChange>,
}

/// The changes under `change`.
pub fn changes(root: &Node, found: &mut Findings) -> Vec<MapChange> {
    entries(root, "change").iter().map(|entry| map_change(entry, found)).collect()
}

/// Reads an overlay.
pub fn read(root: &Node, name: Name, found: &mut Findings) -> Overlay {
    Overlay { name, over: name_at(root, "over"), change: changes(root, found) }
}

/// An overlay may lie over another one, and never over itself.
pub fn check_circles(overlays: &[Overlay], found: &mut Findings) {
    for overlay in overlays {
        let Some(over) = &overlay.over else { continue };
        if !overlays.iter().any(|known| known.name.text == over.text) {
            found.add(unknown(over, overlays));
        } else if chain(overlays, &overlay.name.text).is_none() {
            found.add(Finding::new(&codes::CYCLE, over.span).word("key", "over").word("name", &over.text));
        }
    }
}

fn unknown(name: &Name, overlays: &[Overlay]) -> Finding {
    let known = overlays.iter().map(|overlay| overlay.name.text.as_str());
    let finding = Finding::new(&codes::UNKNOWN_OVERLAY, name.span).word("name", &name.text);
    finding.word_if("suggestion", nearest(&name.text, known))
}

/// An overlay and those under it, the lowest first; `None` if they go round in a circle.
fn chain<'o>(overlays: &'o [Overlay], name: &str) -> Option<Vec<&'o Overlay>> {
    let mut chain: Vec<&Overlay> = Vec::new();
    let mut next = overlays.iter().find(|overlay| overlay.name.text == name);
    while let Some(overlay) = next {
        if chain.iter().any(|known| known.name.text == overlay.name.text) {
            return None;
        }
        chain.push(overlay);
        let over = overlay.over.as_ref();
        next = over.and_then(|over| overlays.iter().find(|known| known.name.text == over.text));
    }
    chain.reverse();
    Some(chain)
}

/// The layers under a sync, the lowest first: its provider's, then those of the overlays that it names.
pub fn under(root: &Node, provider: Option<Layer>, overlays: &[Overlay], found: &mut Findings) -> Vec<Layer> {
    let mut layers: Vec<Layer> = provider.into_iter().collect();
    for name in one_or_more(root, "overlays").iter().filter_map(super::reader::name) {
        if !overlays.iter().any(|overlay| overlay.name.text == name.text) {
            found.add(unknown(&name, overlays));
        }
        let mut beneath: Vec<String> = Vec::new();
        for overlay in chain(overlays, &name.text).unwrap_or_default() {
            let text = overlay.name.text.clone();
            if !layers.iter().any(|layer| !layer.of_provider && layer.name.text == text) {
                layers.push(Layer {
                    said: format!("overlay {text}"),
                    name: overlay.name.clone(),
                    beneath: beneath.clone(),
                    of_provider: false,
                    change: overlay.change.clone(),
                });
            }
            beneath.push(text);
        }
    }
    layers
}

/// A layer that several syncs share may speak of maps that some of them do not have; but not of maps that nobody has.
pub fn check_maps(changes: &[MapChange], mappings: &[Mapping], found: &mut Findings) {
    for change in changes {
        let known = mappings.iter().any(|mapping| {
            mapping.maps.iter().any(|map| match change.map.names.as_slice() {
                [name] => name.text == map.name.text,
                [of, name] => of.text == mapping.name.text && name.text == map.name.text,
                _ => false,
            })
        });
        if !known && !mappings.iter().any(|mapping| mapping.incomplete) {
            found.add(super::overlay::unknown_map(mappings, change));
        }
    }
}
