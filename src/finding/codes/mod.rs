//! The table of all codes, by area. A finding is added by one entry here and one page under `pages/`.
//!
//! Message: at most 70 characters when filled, lower case, without a full stop. Label: why here. Help: one action.

use super::{Code, Severity};

/// Declares codes: `NAME "slug" Severity "message"; "label"; ["help", …]`.
macro_rules! codes {
    ($($name:ident $slug:literal $severity:ident $message:literal; $label:literal; [$($help:literal),*])*) => {
        $(
            #[doc = concat!("`", $slug, "`: ", $message)]
            pub static $name: Code = Code {
                slug: $slug,
                severity: Severity::$severity,
                message: $message,
                label: $label,
                help: &[$($help),*],
                page: include_str!(concat!("../pages/", $slug, ".md")),
            };
        )*
        /// All codes of this area.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

/// The YAML frame.
pub mod yaml {
    use super::*;
    codes! {}
}
/// Rules, steps and expressions as text.
pub mod syntax {
    use super::*;
    codes! {}
}
/// Documents: kinds, keys, names between them.
pub mod document {
    use super::*;
    codes! {}
}
/// Names, types, absence and failure of expressions; rules against their targets.
pub mod rule {
    use super::*;
    codes! {}
}
/// Data classes.
pub mod privacy {
    use super::*;
    codes! {}
}
/// System descriptors: connections, calls, templates.
pub mod system {
    use super::*;
    codes! {}
}
/// What a sync cannot do, and what a run found in data.
pub mod sync {
    use super::*;
    codes! {}
}

/// The areas in order: heading and codes.
pub fn areas() -> [(&'static str, &'static [&'static Code]); 7] {
    [
        ("YAML", yaml::ALL),
        ("rules, steps and expressions as text", syntax::ALL),
        ("documents and the names between them", document::ALL),
        ("names, types and absence in rules", rule::ALL),
        ("personal data", privacy::ALL),
        ("system descriptors", system::ALL),
        ("syncs and runs", sync::ALL),
    ]
}

/// Every code, in order of area.
pub fn all() -> impl Iterator<Item = &'static Code> {
    areas().into_iter().flat_map(|(_, codes)| codes.iter().copied())
}

/// The code of this slug.
pub fn find(slug: &str) -> Option<&'static Code> {
    all().find(|code| code.slug == slug)
}
