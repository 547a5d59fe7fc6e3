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
    codes! {
        BAD_TEMPLATE "bad-template" Error "this template cannot be read"; "{why}";
            ["did you mean `{suggestion}`?", "write it like this: {form}"]
        UNKNOWN_SETTING "unknown-setting" Error "the setting `{name}` is not declared"; "no such name under `settings:`";
            ["did you mean `{suggestion}`?", "declare `{name}` under `settings:`"]
        SECRET_IN_PATH "secret-in-path" Error "the secret `{name}` would be seen in a path"; "paths are shown and logged";
            ["use a setting here that is not secret"]
        UNKNOWN_CONNECTION_KEY "unknown-connection-key" Error "`{place}` has no key `{key}`"; "no word of this connection";
            ["did you mean `{suggestion}`?", "write one of {allowed}"]
        WRONG_CONNECTION_VALUE "wrong-connection-value" Error "`{key}` cannot be {value}"; "{why}";
            ["did you mean `{suggestion}`?", "write {allowed}"]
        MISSING_CONNECTION_KEY "missing-connection-key" Error "`{place}` does not say `{key}`"; "`{key}` is missing here";
            ["add {example}"]
        DIALECT_CONTRADICTION "dialect-contradiction" Error "{one} and {other} do not go together"; "{why}";
            ["change one of the two"]
        BAD_WIRE_PATH "bad-wire-path" Error "the path `{path}` cannot be followed here"; "{why}";
            ["write {example}"]
        LIST_IN_CSV "list-in-csv" Error "`{field}` is a {kind}, and a CSV cell is one text"; "a row of CSV has no place for it";
            ["declare it as text, or read it from JSON"]
        COLUMN_NOT_LISTED "column-not-listed" Error "the column `{column}` is not listed under `columns`"; "this field has no place in the file";
            ["did you mean `{suggestion}`?", "add `{column}` to the list under `columns`"]
        FILES_ARE_WHOLE "files-are-whole" Error "a file cannot take single records: `{operation}`"; "files are delivered whole";
            ["say `write` with `file` instead: it delivers the whole file"]
        CALL_WITHOUT_VERB "call-without-verb" Error "this call does not say what it does"; "no get, post, put, patch or delete here";
            ["add a verb with a path: `get: /persons`"]
        TWO_VERBS "two-verbs" Error "a call is either `{first}` or `{second}`"; "this is the second verb";
            ["make two calls of it, or leave one out"]
        BAD_JSONPATH "bad-jsonpath" Error "this path into an answer cannot be used"; "{why}";
            ["write a path like `$.data[*]` or `$.pageToken`"]
        LITERAL_SECRET "literal-secret" Error "`{key}` must come from a secret setting"; "everybody who sees this file would see it";
            ["declare the setting `{setting}` with the type `secret`", "declare a setting of type `secret` and name it here"]
    }
}
/// What a sync cannot do, and what a run found in data.
pub mod sync {
    use super::*;
    codes! {}
}

/// Every code, in order of area.
pub fn all() -> impl Iterator<Item = &'static Code> {
    [yaml::ALL, syntax::ALL, document::ALL, rule::ALL, privacy::ALL, system::ALL, sync::ALL].into_iter().flatten().copied()
}

/// The code of this slug.
pub fn find(slug: &str) -> Option<&'static Code> {
    all().find(|code| code.slug == slug)
}
