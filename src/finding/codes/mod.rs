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
    codes! {
        YAML_SYNTAX "yaml-syntax" Error "this is not valid YAML";
            "YAML cannot go on here"; ["the YAML reader says: {detail}"]
        WRONG_INDENTATION "wrong-indentation" Error "this line is indented like none of the lines around it";
            "not in line with the keys around it"; ["indent it with blanks exactly as deep as the keys that it stands beside"]
        MISSING_COLON "missing-colon" Error "a colon is missing after `{word}`";
            "a key ends in a colon and a blank"; ["write `{word}: …`"]
        MISSING_BLANK "missing-blank" Error "a blank is missing after `{sign}`";
            "{why}"; ["write a blank behind it"]
        MISSING_COMMA "missing-comma" Error "a comma is missing in front of this";
            "begins without a comma before it"; ["write a comma before it"]
        TAB_INDENTATION "tab-indentation" Error "a tab stands where YAML wants blanks";
            "a tab"; ["replace the tab with blanks"]
        UNCLOSED_QUOTE "unclosed-quote" Error "a quoted text is never closed";
            "opened here"; ["put the same quote at the end of the text"]
        UNCLOSED_LIST_OR_MAP "unclosed-list-or-map" Error "the brackets of a list or map do not match";
            "its partner is missing, or it does not belong here"; ["give every [ its ] and every opening brace its closing one"]
        YAML_ESCAPE "yaml-escape" Error "`{escape}` means nothing in double quotes";
            "YAML knows no such escape"; ["put the text in single quotes, or double the backslash"]
        YAML_READS_THIS_ITSELF "yaml-reads-this-itself" Error "YAML reads `{what}` itself, not as part of the text";
            "YAML takes this for {meaning}"; ["write the value as a block: `|` after the key, the text on the next line"]
        DUPLICATE_KEY "duplicate-key" Error "the key `{key}` is given twice";
            "given again here"; ["remove one of the two"]
        KEY_WITHOUT_VALUE "key-without-value" Error "the key `{key}` has no value";
            "nothing follows it"; ["write a value, or remove the key"]
        KEY_NOT_A_TEXT "key-not-a-text" Error "a key is not a text";
            "a list, a map or nothing stands where a key is expected"; ["write the key as a plain word or a quoted text"]
        KEY_MISREAD_ELSEWHERE "key-misread-elsewhere" Warning "other YAML tools do not read the key `{key}` as a text";
            "taken for yes, no or nothing by many tools"; ["put the key in quotes"]
        COMMA_IN_PLAIN_TEXT "comma-in-plain-text" Error "a comma has ended the text before it";
            "YAML takes this for a key of its own"; ["put the whole text in quotes"]
        ANCHOR_OR_ALIAS "anchor-or-alias" Error "anchors, aliases and merges of YAML are not used here";
            "YAML would copy a piece of the document"; ["write the piece out where it is needed, or give it a name as a set"]
        SEVERAL_DOCUMENTS "several-documents" Error "a file holds one document only";
            "a second document begins here"; ["put it into a file of its own"]
        EMPTY_DOCUMENT "empty-document" Error "the file holds nothing";
            "no key was found"; ["begin with the kind of the document, such as `mapping: name`"]
        DOCUMENT_TOO_BIG "document-too-big" Error "the document {what}";
            "beyond the limit"; ["part the document into several files"]
        NOT_UTF_8 "not-utf-8" Error "the file is not written in UTF-8";
            "byte {offset}, on line {line}, could not be read as UTF-8"; ["save the file with the encoding UTF-8"]
    }
}
/// Rules, steps and expressions as text.
pub mod syntax {
    use super::*;
    codes! {
        UNEXPECTED_TEXT "unexpected-text" Error "`{found}` cannot stand here";
            "{expected} is expected here"; [
                "did you mean `{suggestion}`?", "write `{instead}`", "this line continues the one above it, because {cause}",
                "remove it, or write what is missing before it"
            ]
        ENDS_TOO_EARLY "ends-too-early" Error "something is missing at the end";
            "{expected} is expected after this"; ["write what is missing"]
        UNFINISHED_TEXT "unfinished-text" Error "a text has no closing quote on its line";
            "begins here"; ["put a quote at the end of the text"]
        UNCLOSED_BRACE "unclosed-brace" Error "a value inside a text is not closed";
            "no brace closes this one before the text ends"; ["close the brace; a brace that is meant as text is written twice"]
        STRAY_BRACE "stray-brace" Error "a brace inside a text closes nothing";
            "no value was opened before this"; ["write the brace twice if it is meant as text"]
        UNBALANCED_BRACKET "unbalanced-bracket" Error "`{found}` has no partner";
            "no `{meant}` belongs to this"; ["add `{meant}`, or remove `{found}`"]
        MISSING_ARROW "missing-arrow" Error "this rule has no arrow";
            "which field is written is not said"; ["did you mean `{suggestion}`?", "write `-> field` after the value"]
        TWO_ARROWS "two-arrows" Error "a rule has one arrow only";
            "a second arrow"; ["write `{apart}` for the first one if a comparison is meant", "write the second rule on a line of its own"]
        ARROW_IN_EXPRESSION "arrow-in-expression" Error "`{found}` is an arrow";
            "no arrow can stand here"; ["write `{apart}` if a comparison is meant", "remove it"]
        MISSING_LABEL "missing-label" Error "the first rule has no label";
            "`Label:` is missing before this"; ["put a blank behind the colon: `{instead} `", "write what the school calls this field, a colon and a blank"]
        EMPTY_RULE "empty-rule" Error "nothing stands after this label";
            "a rule is expected"; ["write `value -> field` after the label, or remove the line"]
        CLAUSE_TWICE "clause-twice" Error "`{found}` is given twice";
            "given again here"; ["keep one of the two"]
        UNKNOWN_CLAUSE "unknown-clause" Error "`{found}` is no clause of a rule";
            "a clause such as `when` or `else` is expected here"; [
                "did you mean `{suggestion}`?",
                "known are once, fill, clear, keep, add, on, when, back, because, prefer, else"
            ]
        UNKNOWN_STEP "unknown-step" Error "`{found}` is no step of a set";
            "a step such as `join`, `each` or `where` is expected here"; [
                "did you mean `{suggestion}`?", "known are union, each, join, with, without, where, let, group by, one per"
            ]
        SET_WITHOUT_SOURCE "set-without-source" Error "the set does not say what it is made from";
            "the first line names an entity, a set or a `union`"; ["put a line such as `pupil as p` before this one"]
        UNKNOWN_WORD "unknown-word" Error "`{found}` is not known here";
            "one of {known} is expected"; ["did you mean `{suggestion}`?", "write one of {known}"]
        CHAINED_COMPARISON "chained-comparison" Error "comparisons cannot be chained";
            "a second comparison"; ["join two comparisons with `and`: `a < b and b < c`"]
        PIPE_NEEDS_PARENTHESES "pipe-needs-parentheses" Error "`{found}` after `|` needs parentheses";
            "it is not clear what this belongs to"; ["put parentheses around the part with `|`"]
        NEEDS_PARENTHESES "needs-parentheses" Error "`{found}` needs parentheses here";
            "a plain value is expected here"; ["put parentheses around `{found} …`"]
        SINGLE_EQUALS "single-equals" Error "`=` does not compare";
            "a comparison is written `==`"; ["write `==`"]
        COLON_FOR_EQUALS "colon-for-equals" Error "`:` cannot stand in an expression";
            "members and named arguments are written with `=`"; ["write `=`"]
        SYMBOL_FOR_WORD "symbol-for-word" Error "`{found}` is written as the word `{meant}`";
            "this sign is not known"; ["write `{meant}`"]
        CURLY_QUOTE "curly-quote" Error "`{found}` is not the quote of the keyboard";
            "texts stand in straight double quotes"; ["replace it with a straight double quote"]
        SINGLE_QUOTED_TEXT "single-quoted-text" Error "texts stand in double quotes";
            "single quotes are not known here"; ["replace the single quotes with double ones"]
        INVISIBLE_CHARACTER "invisible-character" Error "an invisible character stands here";
            "the character {found}, which cannot be seen"; ["delete it, or type the word again"]
        RESERVED_WORD "reserved-word" Error "`{found}` is a word of the language";
            "it cannot be a name here"; ["choose another name; after a dot it may stand: `row.{found}`"]
        BAD_NUMBER "bad-number" Error "`{found}` is neither a number nor a length of time";
            "cannot be read as either"; ["lengths of time are `30d`, `2w`, `3mo`, `1y`; a text stands in double quotes"]
        BAD_ESCAPE "bad-escape" Error "`{found}` means nothing in a text";
            "known are a backslash before a quote, a backslash, n and t"; ["double the backslash, or write a regular expression as r\"…\""]
        NOT_A_TARGET "not-a-target" Error "this is not a field that can be written";
            "a target is a field, a member of it or one element of a list"; ["write a plain field, such as `mail` or `phones[kind == \"work\"].value`"]
        NOT_A_MATCH "not-a-match" Error "a line of `match` compares a left with a right field";
            "`left == right` is expected"; ["write `left == right`, several with `and`"]
        BAD_TYPE "bad-type" Error "this is not a type";
            "{expected} is expected here"; ["write a type such as `text?`, `enum(a, b)`, `list of text` or `ref pupil`"]
        EXPRESSION_TOO_BIG "expression-too-big" Error "the expression {what}";
            "beyond the limit"; ["part it: give pieces names with `let`, or use a table"]
        LINES_ARE_FOLDED "lines-are-folded" Error "YAML has joined these lines into one";
            "the second line begins here"; ["write `|` after the key, and every rule on a line of its own"]
    }
}
pub mod document;
pub mod rule;
/// Data classes.
pub mod privacy {
    use super::*;
    codes! {
        ALIAS_FOR_NOTHING "alias-for-nothing" Error "no rule writes {field}"; "stands for nothing"; ["remove the line: an alias stands for a value that is sent of everybody else"]
        ALIAS_NOT_UNIQUE "alias-not-unique" Error "the alias of {field} is the same for everybody"; "of two protected people neither could be sent"; ["make it of something that differs from record to record and is sent anyway, such as the number"]
        ALIAS_TELLS "alias-tells" Error "the alias of {field} tells something of the person"; "carries {class}"; ["make it of texts, and of values that are sent of protected people as they are"]
        ALIAS_TWICE "alias-twice" Error "there are two aliases for {field}"; "which one counts?"; ["remove one of the two"]
        ALLOW_GRANTS_NOTHING "allow-grants-nothing" Warning "no {class} ever reaches {field}"; "grants nothing"; ["remove the line: consent that nobody needs hides the one that somebody does"]
        CLASS_IN_ADDRESS "class-in-address" Error "`{field}` is {class} and stands in an address"; "addresses are logged by every machine on the way"; ["send it in the body; if the address must hold it, allow `{grant}` with a reason in each sync", "send it in the body, or address the record by an id that says nothing"]
        CLASS_IN_KEY "class-in-key" Error "{class} is in the key of the records of map `{map}`"; "keys stand in findings, in the history and in the store"; ["make the key of something else: the number of the record, or `hmac_id` of it"]
        CLASS_LOST "class-lost" Error "{class} flows into `{field}`, which does not say so"; "carries {class}"; ["give the field `class: {class}`, or do not send it"]
        MATCHED_FIELD_HIDES_CLASS "matched-field-hides-class" Error "a field that {class} is compared with does not say so"; "holds {class}, as what is on the left of `==`"; ["give this field `class: {class}`, or let records find each other by something else"]
        PROTECTED_LACKS_FIELD "protected-lacks-field" Error "no {entity} of a protected person can be sent"; "would have no effect: {why}"; ["allow it under `allow_protected: |`, give it an alias, or remove this line"]
        PROTECTED_SENDS_NOTHING "protected-sends-nothing" Error "nothing of protected people would be sent"; "{why}"; ["allow what is needed under `allow_protected: |`, or write `protected: exclude`"]
        WHO_IS_SEEN_TELLS "who-is-seen-tells" Error "who takes part in map `{map}` tells {class}"; "being there tells it: {fields}"; ["choose the records by something else; where it is meant, give each field of the target `class: {class}`"]
        CLASS_REACHES_TARGET "class-reaches-target" Error "{class} reaches {field} without consent"; "carries {class}"; ["remove the rule, or add to the sync under `allow: |` the line  {class} -> {field} because \"…\""]
    }
}
/// System descriptors: connections, calls, templates.
pub mod system {
    use super::*;
    codes! {
        BAD_TEMPLATE "bad-template" Error "this template cannot be read"; "{why}";
            ["did you mean `{suggestion}`?", "write it like this: {form}"]
        UNDECLARED_SETTING "undeclared-setting" Error "the setting `{name}` is not declared"; "no such name under `settings:`";
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
            ["say how it lies there with `joined_by` or `columns`, or read it from JSON"]
        COLUMN_NOT_LISTED "column-not-listed" Error "the column `{column}` is not listed under `columns`"; "this field has no place in the file";
            ["did you mean `{suggestion}`?", "add `{column}` to the list under `columns`"]
        FILES_ARE_WHOLE "files-are-whole" Error "a file cannot take single records: `{operation}`"; "files are delivered whole";
            ["say `write` with `file` instead: it delivers the whole file"]
        ONE_FILE_FOR_TWO "one-file-for-two" Error "two entities are written into `{file}`"; "{why}";
            ["give each entity a file, or a sheet or an element with a name of its own"]
        CALL_WITHOUT_VERB "call-without-verb" Error "this call does not say what it does"; "no get, post, put, patch or delete here";
            ["add a verb with a path: `get: /persons`"]
        TWO_VERBS "two-verbs" Error "a call is either `{first}` or `{second}`"; "this is the second verb";
            ["make two calls of it, or leave one out"]
        BAD_JSONPATH "bad-jsonpath" Error "this path into an answer cannot be used"; "{why}";
            ["write a path like `$.data[*]` or `$.pageToken`"]
        SECRET_NOT_A_SETTING "secret-not-a-setting" Error "`{key}` must come from a secret setting"; "everybody who sees this file would see it";
            ["declare the setting `{setting}` with the type `secret`", "declare a setting of type `secret` and name it here"]
    }
}
/// What a sync cannot do, and what a run found in data.
pub mod sync {
    use super::*;
    codes! {
        ALLOCATION_NOT_EXECUTABLE "allocation-not-executable" Error "map `{map}` allocates, which cannot be run yet"; "checked, but not run by this version"; ["switch the map off in this sync, or write the value with a rule"]
        CASE_FAILED "case-failed" Error "the case does not come out: {name}"; "{differences}"; ["put the rules right, or the case, if it no longer says what is wanted"]
        GRACE_NOT_EXECUTABLE "grace-not-executable" Error "map `{map}` waits before it acts, which cannot be run yet"; "checked, but not run by this version"; ["leave out `after …`, or write `gone: keep`"]
        SCOPE_NAMES_NOTHING "scope-names-nothing" Error "the scope names no entity of this sync"; "which entity?"; ["write entity.field, for example organisation.school_unit_code in [\"…\"]"]
        TARGET_CANNOT "target-cannot" Error "{system} cannot {operation} a {entity}"; "asks for {operation}"; ["write `gone: keep`; or give {entity} a `{operation}:` call in its system document"]
        TWO_WAY_NOT_EXECUTABLE "two-way-not-executable" Error "`{label}` goes left with `{arrow}`, which cannot be run yet"; "checked, but not run by this version"; ["switch the rule off in this sync's overlay, or replace it by one with `->`"]
    }
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
