//! Providers: settings of the integrator that all its syncs inherit.

use super::reader::named_nodes;
use super::shape::{Key, Shape, key, required};
use crate::syntax::ast::Name;
use crate::syntax::tree::Node;

/// Keys of a `provider:` document.
pub static KEYS: &[Key] = &[
    required("provider", Shape::Text, "the name of the provider"),
    key("title", Shape::Text, "its heading"),
    key("doc", Shape::Text, "what it is"),
    key(
        "settings",
        Shape::Entries(&Shape::Tree),
        "values of settings, for every system of its syncs that has such a setting",
    ),
    key(
        "options",
        Shape::Entries(&Shape::Tree),
        "values of options, for every mapping of its syncs that has such an option",
    ),
    key("packages", Shape::NotBuilt, "support packages, which syncs name under `support`"),
];

/// What the syncs of a provider inherit.
#[derive(Debug)]
pub struct Provider {
    /// Its name.
    pub name: Name,
    /// Values of settings.
    pub settings: Vec<(Name, Node)>,
    /// Values of options.
    pub options: Vec<(Name, Node)>,
}

/// Reads a provider.
pub fn read(root: &Node, name: Name) -> Provider {
    Provider { name, settings: named_nodes(root, "settings"), options: named_nodes(root, "options") }
}

/// What a sync says, and after that what it inherits: values that the sync does not give itself and that are `wanted`.
pub fn inherit(own: Vec<(Name, Node)>, inherited: &[(Name, Node)], wanted: impl Fn(&str) -> bool) -> Vec<(Name, Node)> {
    let missing = |name: &Name| own.iter().all(|(known, _)| known.text != name.text);
    let more: Vec<_> = inherited.iter().filter(|(name, _)| wanted(&name.text) && missing(name)).cloned().collect();
    own.into_iter().chain(more).collect()
}
