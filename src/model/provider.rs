//! Providers: settings of the integrator that all its syncs inherit.

use super::MapChange;
use super::layer::{Layer, changes};
use super::reader::{entries, key_name, named_nodes, string};
use super::shape::{Key, Shape, key, required};
use super::sync::CHANGE_KEYS;
use crate::finding::Findings;
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
    key("change", Shape::Entries(&Shape::Keys(CHANGE_KEYS)), "changes of the standard for all its syncs, by map"),
    key("packages", Shape::Entries(&Shape::Keys(PACKAGE_KEYS)), "support packages, which syncs name under `support`"),
];

static PACKAGE_KEYS: &[Key] = &[
    required("service_account", Shape::Text, "the account under which the programs work"),
    required("support_account", Shape::Text, "the account or accounts with which people help"),
    required("sign_in", Shape::Text, "whether these may need a second factor, or are opened when needed"),
    required("components", Shape::Text, "what may be installed at the customer's, and how it is reached"),
    required("sla", Shape::Text, "from when the promised times count"),
    required("billing", Shape::Text, "whether getting access is paid for"),
    key("options", Shape::Entries(&Shape::Tree), "values of options that the package fixes"),
];

/// The columns of a package: key and heading.
pub const COLUMNS: [(&str, &str); 6] = [
    ("service_account", "service account"),
    ("support_account", "support account"),
    ("sign_in", "sign-in"),
    ("components", "components"),
    ("sla", "promised times"),
    ("billing", "billing"),
];

/// A support package: what customer and integrator have agreed about access and help.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its name.
    pub name: Name,
    /// What is agreed, in the order of [`COLUMNS`].
    pub terms: Vec<String>,
    /// Values of options that it fixes.
    pub options: Vec<(Name, Node)>,
}

/// What the syncs of a provider inherit.
#[derive(Debug)]
pub struct Provider {
    /// Its name.
    pub name: Name,
    /// Values of settings.
    pub settings: Vec<(Name, Node)>,
    /// Values of options.
    pub options: Vec<(Name, Node)>,
    /// Support packages.
    pub packages: Vec<Package>,
    /// Changes of the standard.
    pub change: Vec<MapChange>,
}

impl Provider {
    /// Its changes as a layer under its syncs.
    pub fn layer(&self) -> Layer {
        Layer {
            said: format!("provider {}", self.name.text),
            name: self.name.clone(),
            beneath: Vec::new(),
            of_provider: true,
            change: self.change.clone(),
        }
    }
}

/// Reads a provider.
pub fn read(root: &Node, name: Name, found: &mut Findings) -> Provider {
    let packages = entries(root, "packages").iter().map(|entry| Package {
        name: key_name(entry),
        terms: COLUMNS.iter().map(|(key, _)| string(&entry.value, key).unwrap_or_default()).collect(),
        options: named_nodes(&entry.value, "options"),
    });
    let packages = packages.collect();
    Provider {
        name,
        settings: named_nodes(root, "settings"),
        options: named_nodes(root, "options"),
        packages,
        change: changes(root, found),
    }
}

/// What a sync says, and after that what it inherits: values that the sync does not give itself and that are `wanted`.
pub fn inherit(own: Vec<(Name, Node)>, inherited: &[(Name, Node)], wanted: impl Fn(&str) -> bool) -> Vec<(Name, Node)> {
    let missing = |name: &Name| own.iter().all(|(known, _)| known.text != name.text);
    let more: Vec<_> = inherited.iter().filter(|(name, _)| wanted(&name.text) && missing(name)).cloned().collect();
    own.into_iter().chain(more).collect()
}
