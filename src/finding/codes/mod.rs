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
    codes! {
        AMBIGUOUS_NAME "ambiguous-name" Error "`{name}` can mean several things here"; "one of: {candidates}"; ["write which one: {candidates}"]
        ARM_NEVER_REACHED "arm-never-reached" Warning "this arm of `match` is never reached"; "an arm above has this pattern already"; ["remove one of the two"]
        ARGUMENT_TWICE "argument-twice" Error "`{param}` is given twice to `{function}`"; "given already"; ["remove one of the two"]
        ADD_NEEDS_SET "add-needs-set" Error "`add` needs a set or list as its target"; "the target takes {type}"; ["remove `add`, or write into a field that is a set"]
        ARROW_AGAINST_MAP "arrow-against-map" Error "a rule with `{arrow}` in a map with `{map}`"; "goes against its map"; ["make the map `<->`, or turn the arrow of the rule"]
        BAD_REGEX "bad-regex" Error "this regular expression is not valid"; "{why}"; ["a dot, bracket, plus or star that is meant as itself has a backslash before it"]
        BRANCHES_DIFFER "branches-differ" Error "the values here are of different types"; "here {other}, but before {one}"; ["make them one type, for example with text(…)"]
        CANNOT_BE_TEXT "cannot-be-text" Error "a {type} cannot stand inside a text"; "is {type}"; ["choose one value of it, or write `| joined(\", \")`"]
        CANNOT_COMPARE "cannot-compare" Error "{left} and {right} are never equal"; "is {right}"; ["make both sides one type: text(…), int(…), date(…)"]
        CANNOT_FAIL "cannot-fail" Warning "`try` around something that cannot fail"; "cannot fail"; ["remove `try … else`; for absence write `??`"]
        CLAUSES_CONTRADICT "clauses-contradict" Error "`{one}` and `{other}` contradict each other"; "contradicts"; ["keep one of the two"]
        ELSE_NEVER_USED "else-never-used" Warning "this `else` is never used"; "the value is always there and cannot fail"; ["remove the `else`"]
        FOCUS_NEEDS_LIST "focus-needs-list" Error "only a list of structures has elements to choose"; "is {type}"; ["remove the brackets from the target"]
        FUNCTION_CALLS_ITSELF "function-calls-itself" Error "`{name}` is not defined yet where it is called"; "a function sees only those above it"; ["move the called function up; a function cannot call itself"]
        FUNCTION_WITHOUT_CALL "function-without-call" Error "`{name}` is a function and needs parentheses"; "is a function"; ["write {name}(…), or … | {name}"]
        GIVES_ABSENT "gives-absent" Error "`{function}` may give absent, but does not say so"; "may be absent"; ["write a `?` after the type under `gives`, or add `?? …`"]
        GIVES_SOMETHING_ELSE "gives-something-else" Error "`{function}` gives {given}, not {wanted}"; "is {given}"; ["change `gives`, or the expression"]
        KEY_COUNT "key-count" Error "`{name}` has a key of {wanted}, but {given} given"; "{given} given"; ["give one value for each part of the key"]
        KEY_NEEDS_NAME "key-needs-name" Error "this key needs a name"; "no plain path"; ["write `… as name`"]
        MATCH_NOT_EXHAUSTIVE "match-not-exhaustive" Error "this `match` does not say what {missing} becomes"; "no arm for {missing}"; ["add an arm, or `else => …`"]
        MAY_BE_ABSENT "may-be-absent" Error "`{text}` may be absent, but `{field}` is required"; "may be absent"; ["say what happens then: `?? \"…\"`, or `else skip \"why\"`, or `else reject \"why\"`"]
        MAY_FAIL "may-fail" Warning "`{text}` may fail: {why}"; "rejects the record when it fails"; ["say what happens then: `else skip \"why\"`, `else keep`, or `try … else …`"]
        MEMBER_TWICE "member-twice" Error "`{name}` stands twice in this structure"; "given already"; ["remove one of the two"]
        MISSING_ARGUMENT "missing-argument" Error "`{function}` needs `{param}`"; "`{param}` is missing"; ["koppla functions {function} shows how it is called"]
        NAME_TAKEN "name-taken" Error "the name `{name}` is taken"; "means something already"; ["choose another name: … as other_name"]
        NEVER_ABSENT "never-absent" Warning "`{text}` is never absent"; "always has a value, so `??` does nothing"; ["remove `?? …`"]
        NO_INVERSE "no-inverse" Error "this rule cannot be taken back"; "{what}"; ["say how with `back …`, or make the arrow `->`"]
        NO_MEMBERS "no-members" Error "{type} has nothing called `{name}`"; "is {type}"; ["remove `.{name}`"]
        NO_ORDER "no-order" Error "{type} has no order"; "is {type}"; ["compare a number, a date or a text of it"]
        NO_POSITIONS "no-positions" Error "brackets hold a condition, not a position"; "a number"; ["write `| first` or `| last`; which one is first is said with `| sort(…)`"]
        NOBODY_MAKES "nobody-makes" Error "no map of this mapping makes a {entity}"; "leads to nobody"; ["add a map that makes {entity}, or remove the rule"]
        NOT_A_CONDITION "not-a-condition" Error "`{text}` is no condition"; "is {type}"; ["compare it: … == \"…\", or … is not absent"]
        NOT_A_LIST "not-a-list" Error "`{text}` is no list"; "is {type}"; ["put it into brackets to make a list of it: [ … ]"]
        NOT_A_NUMBER "not-a-number" Error "cannot calculate with {type}"; "is {type}"; ["read a number from it: … | int"]
        NOT_A_VALUE "not-a-value" Error "`{name}` is an entity or set, not a value here"; "many records"; ["write all({name}), or join it in a set"]
        NOT_IN_ENUM "not-in-enum" Error "\"{value}\" is none of the values here"; "can be {values}"; ["did you mean {suggestion}?", "use one of {values}"]
        NUMBER_TOO_LARGE "number-too-large" Error "this number is too large"; "too large"; ["numbers have at most 18 digits; an id that looks like a number is a text: \"…\""]
        OPTION_IS_NO_DIRECTION "option-is-no-direction" Error "`${name}` is no direction"; "is {type}"; ["declare it with `type: direction`"]
        OPTION_WITHOUT_DOLLAR "option-without-dollar" Error "`{name}` is an option and starts with $"; "is an option"; ["write ${name}"]
        ORDER_NOT_HERE "order-not-here" Error "`{function}` takes no order"; "asc and desc mean nothing here"; ["orders stand in sort(…), best(…) and `one per … best`"]
        READ_ONLY_FIELD "read-only-field" Error "`{field}` of {entity} is read-only"; "cannot be written"; ["remove the rule; the target fills this field itself"]
        REASON_NOT_LITERAL "reason-not-literal" Error "the reason must be a text in quotes"; "no text in quotes"; ["write declassify(value, \"why\")"]
        REGEX_NOT_LITERAL "regex-not-literal" Error "`{function}` needs its regular expression as a text in quotes"; "no text in quotes"; ["write it as r\"…\""]
        REQUIRED_CANNOT_BE_CLEARED "required-cannot-be-cleared" Error "`{field}` is required and cannot be cleared"; "would empty it"; ["write `else keep`, or `else reject \"why\"`"]
        REQUIRED_FIELD_MISSING "required-field-missing" Error "map `{map}` does not fill {fields}"; "{entity} requires {fields}"; ["add a rule for each; `create: never` says that this map only supplements"]
        RIGHT_ONLY_IN_RULES "right-only-in-rules" Error "`right` can be read in rules of a map alone"; "there is no right record here"; ["move this into a rule"]
        SET_CYCLE "set-cycle" Error "the set `{name}` needs itself"; "{sets}"; ["take the step that leads back into a set of its own"]
        SOURCE_FIRST "source-first" Error "the first line of a set names where its rows come from"; "rows of what?"; ["begin with the name of an entity or set"]
        SOURCE_ONLY_FIRST "source-only-first" Error "a source stands on the first line of a set alone"; "there are rows already"; ["to add records, write `join … on …`"]
        TEXT_PLUS_TEXT "text-plus-text" Error "texts are not added with `+`"; "is {type}"; ["write f\"{open}one{close}{open}other{close}\", or words(one, other)", "write an f-text, or words(one, other)"]
        TEXT_TOO_LONG "text-too-long" Error "this text is longer than `{field}` can hold"; "at most {max} characters"; ["shorten it"]
        TOO_MANY_ARGUMENTS "too-many-arguments" Error "`{function}` is given too much"; "one too many"; ["koppla functions {function} shows how it is called"]
        TYPE_MISMATCH "type-mismatch" Error "{given} does not fit into `{field}`"; "is {given}"; ["{fix}", "the field takes {wanted}"]
        UNION_OF_SETS "union-of-sets" Error "fields of a union of sets cannot be read"; "rows of several sets"; ["make a union of entities"]
        UNKNOWN_ARGUMENT "unknown-argument" Error "`{function}` has no argument `{name}`"; "not known"; ["did you mean `{suggestion}`?", "it takes {known}"]
        UNKNOWN_COLUMN "unknown-column" Error "the table has no column `{name}`"; "not known"; ["did you mean `{suggestion}`?", "it has {known}"]
        UNKNOWN_FIELD "unknown-field" Error "{entity} has no field `{name}`"; "not a field of {entity}"; ["did you mean `{suggestion}`?", "it has {known}"]
        UNKNOWN_FUNCTION "unknown-function" Error "there is no function `{name}`"; "not known"; ["did you mean `{suggestion}`?", "koppla functions lists all"]
        UNKNOWN_MEMBER "unknown-member" Error "there is no `{name}` here"; "not known"; ["did you mean `{suggestion}`?", "there is {known}"]
        UNKNOWN_NAME "unknown-name" Error "`{name}` is not known here"; "not known in {place}"; ["did you mean `{suggestion}`?", "names here are fields, `let`s and bindings; a text stands in quotes"]
        UNKNOWN_OPTION "unknown-option" Error "there is no option `${name}`"; "not known"; ["did you mean `${suggestion}`?", "declare it under `options:`; there is {known}"]
        UNKNOWN_SOURCE "unknown-source" Error "there is no entity or set `{name}` on the left"; "not known"; ["did you mean `{suggestion}`?", "there is {known}"]
        UNKNOWN_TABLE "unknown-table" Error "there is no table `{name}`"; "not known"; ["did you mean `{suggestion}`?", "there is {known}"]
        UNKNOWN_TARGET_ENTITY "unknown-target-entity" Error "there is no entity `{name}` on the right"; "not known"; ["did you mean `{suggestion}`?", "there is {known}"]
        WRITTEN_TWICE "written-twice" Error "`{field}` is written twice in map `{map}`"; "written again"; ["remove one; or give each its own `when` or `on`"]
        WRONG_ARGUMENT "wrong-argument" Error "`{function}` needs {wanted}, not {given}"; "is {given}"; ["{fix}", "`{param}` takes {wanted}"]
    }
}
/// Data classes.
pub mod privacy {
    use super::*;
    codes! {
        ALLOW_GRANTS_NOTHING "allow-grants-nothing" Warning "no {class} ever reaches {field}"; "grants nothing"; ["remove the line: consent that nobody needs hides the one that somebody does"]
        CLASS_LOST "class-lost" Error "{class} flows into `{field}`, which does not say so"; "carries {class}"; ["give the field `class: {class}`, or do not send it"]
        CLASS_REACHES_TARGET "class-reaches-target" Error "{class} reaches {field} without consent"; "carries {class}"; ["remove the rule, or add to the sync under `allow: |` the line  {class} -> {field} because \"…\""]
    }
}
/// System descriptors: connections, calls, templates.
pub mod system {
    use super::*;
    codes! {}
}
/// What a sync cannot do, and what a run found in data.
pub mod sync {
    use super::*;
    codes! {
        ALLOCATION_NOT_EXECUTABLE "allocation-not-executable" Error "map `{map}` allocates, which cannot be run yet"; "checked, but not run by this version"; ["switch the map off in this sync, or write the value with a rule"]
        GRACE_NOT_EXECUTABLE "grace-not-executable" Error "map `{map}` waits before it acts, which cannot be run yet"; "checked, but not run by this version"; ["leave out `after …`, or write `gone: keep`"]
        PROTECTED_NOT_EXECUTABLE "protected-not-executable" Error "only `protected: exclude` can be run yet"; "asks for more"; ["write `protected: exclude`"]
        SCOPE_NAMES_NOTHING "scope-names-nothing" Error "the scope names no entity of this sync"; "which entity?"; ["write entity.field, for example organisation.school_unit_code in [\"…\"]"]
        TARGET_CANNOT "target-cannot" Error "{system} cannot {operation} a {entity}"; "asks for {operation}"; ["write `gone: keep`; or give {entity} a `{operation}:` call in its system document"]
        TWO_WAY_NOT_EXECUTABLE "two-way-not-executable" Error "`{label}` goes left with `{arrow}`, which cannot be run yet"; "checked, but not run by this version"; ["switch the rule off in this sync's overlay, or replace it by one with `->`"]
    }
}

/// Every code, in order of area.
pub fn all() -> impl Iterator<Item = &'static Code> {
    [yaml::ALL, syntax::ALL, document::ALL, rule::ALL, privacy::ALL, system::ALL, sync::ALL].into_iter().flatten().copied()
}

/// The code of this slug.
pub fn find(slug: &str) -> Option<&'static Code> {
    all().find(|code| code.slug == slug)
}
