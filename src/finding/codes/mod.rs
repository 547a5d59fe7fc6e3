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
/// Documents: kinds, keys, names between them.
pub mod document {
    use super::*;
    codes! {
        UNKNOWN_DOCUMENT "unknown-document" Error "`{key}` is no kind of document";
            "the first key says what kind of document this is"; ["did you mean `{suggestion}`?", "put `{later}` first: the first key names the kind", "begin with one of {known}"]
        FILE_NAME_OF_OTHER_KIND "file-name-of-other-kind" Hint "the file is named for a {named}, but holds a {kind}";
            "`{file}` says {named}"; ["rename the file to `….{kind}.yaml`"]
        UNKNOWN_KEY "unknown-key" Error "`{key}` is no key of `{in}`";
            "nothing would read this"; ["did you mean `{suggestion}`?", "known here are {known}"]
        MISSING_KEY "missing-key" Error "the key `{key}` is missing in `{in}`";
            "`{key}` must stand under this"; ["add `{key}:`"]
        WRONG_KIND "wrong-kind" Error "`{key}` takes {wanted}, not {kind}";
            "{kind} stands here"; ["write {wanted}"]
        NOT_ONE_OF "not-one-of" Error "`{word}` is none of the words that `{key}` takes";
            "not known here"; ["did you mean `{suggestion}`?", "one of {known}"]
        KEY_WITHOUT_EFFECT "key-without-effect" Warning "`{key}` has no effect in this version";
            "understood, but not built yet"; ["leave it if you can do without it; do not rely on it"]
        BAD_NAME "bad-name" Error "`{name}` cannot be a name in rules";
            "letters, digits and `_` only, a letter first"; ["write it with `_` instead of blanks and hyphens"]
        NAME_TWICE "name-twice" Error "there are two of the name `{name}` ({kind})";
            "the name is taken"; ["give one of them another name"]
        CYCLE "cycle" Error "`{key}: {name}` leads back to itself";
            "goes round in a circle"; ["remove one `{key}` of the circle"]
        OFF_WITHOUT_BASE "off-without-base" Error "`{key}: off` removes nothing";
            "there is no `{key}` to switch off"; ["did you mean `{suggestion}`?", "remove the line"]
        UNKNOWN_SHARED "unknown-shared" Error "there is no shared piece `{name}`";
            "`shared` has no such piece"; ["did you mean `{suggestion}`?", "add it under `shared:`"]
        SEVERAL_PROTOCOLS "several-protocols" Error "a system has one connection: `{first}` or `{name}`";
            "a second way to reach it"; ["remove one of them, or describe two systems"]
        UNKNOWN_SYSTEM "unknown-system" Error "there is no system `{name}`";
            "not known in the library nor in this project"; ["did you mean `{suggestion}`?"]
        UNKNOWN_MODEL "unknown-model" Error "there is no model `{name}`";
            "not known in the library nor in this project"; ["did you mean `{suggestion}`?"]
        UNKNOWN_ENTITY "unknown-entity" Error "`{name}` is no entity of this system";
            "a reference leads to an entity of its own system"; ["did you mean `{suggestion}`?", "known are {known}"]
        UNKNOWN_TYPE "unknown-type" Error "`{name}` is no type";
            "not known"; ["did you mean `{suggestion}`?", "known are {known}"]
        UNKNOWN_CLASS "unknown-class" Error "`{name}` is no data class";
            "not known"; ["did you mean `{suggestion}`?", "known are {known}"]
        SYSTEM_TWICE "system-twice" Error "this is the same system as `{name}`";
            "means the same records, under a second name"; ["describe the second as a system of its own: `based_on:` takes over all the rest"]
        TYPE_NAME_TAKEN "type-name-taken" Error "`{name}` is a type already";
            "means something already"; ["choose another name"]
        EMPTY_ENUM "empty-enum" Error "an enum needs at least one value";
            "nothing stands between the parentheses"; ["write the values: `enum(a, b)`"]
        KEY_IS_NO_FIELD "key-is-no-field" Error "`{name}` is no field of this entity";
            "`{key}` names fields"; ["did you mean `{suggestion}`?", "add the field under `fields:`"]
        BAD_COUNT "bad-count" Error "`{text}` is no whole number";
            "`{key}` takes a number from 0"; ["write digits only"]
        BAD_PATTERN "bad-pattern" Error "this is no regular expression";
            "{detail}"; ["a `\\` or a parenthesis may be missing; put the pattern in single quotes"]
        UNKNOWN_ZONE "unknown-zone" Error "`{name}` is no time zone";
            "is none of the time-zone database"; ["did you mean `{suggestion}`?", "write a place: Europe/Stockholm"]
        PATTERN_NOT_MET "pattern-not-met" Error "the value of `{name}` does not fit its pattern";
            "must fit `{pattern}`"; ["check the value"]
        BAD_VALUE "bad-value" Error "`{value}` is no {type}";
            "`{name}` takes {type}"; ["write a value of the type {type}"]
        SECRET_WITH_DEFAULT "secret-with-default" Error "the secret `{name}` cannot have a default";
            "would be the same for everybody who can read this"; ["remove the default; the sync names where the secret is kept"]
        UNKNOWN_EVIDENCE "unknown-evidence" Error "`{name}` is neither evidence nor a grade";
            "no entry of `evidence:` has this id"; ["did you mean `{suggestion}`?", "add an entry with this id under `evidence:`"]
        COLUMNS_NEED_LIST "columns-need-list" Error "`{field}` is one value, and not laid out as a list";
            "no list"; ["make its type a list: `list of text`"]
        NOT_A_COLUMN "not-a-column" Error "`{name}` is no column of this table";
            "not one of the columns"; ["did you mean `{suggestion}`?", "known are {known}"]
        TABLE_ROW_WIDTH "table-row-width" Error "this row has {cells} values, the table {columns} columns";
            "which value belongs to which column is not clear"; ["give a value for every column; `~` where there is none"]
        TABLE_VALUE_TYPE "table-value-type" Error "`{value}` cannot stand in the column `{column}`";
            "the column takes {type}"; ["correct the value, or the type of the column"]
        TABLE_DUPLICATE_KEY "table-duplicate-key" Error "the key `{value}` stands in two rows";
            "found before"; ["remove one of the rows, or add a column to the key"]
        NO_TABLE_FILE "no-table-file" Error "the file `{name}` is not there";
            "looked for beside this document"; ["put the file into the folder of this document, or correct the name"]
        UNKNOWN_PARAMETER "unknown-parameter" Error "`{name}` is no parameter of this function";
            "`takes` has no such name"; ["did you mean `{suggestion}`?", "add it under `takes:`"]
        ROWS_UNKNOWN "rows-unknown" Error "there is no row `{row}`";
            "no map has this label"; ["did you mean `{suggestion}`?", "write `map.label`"]
        LABEL_TWICE "label-twice" Error "the label `{label}` names two rows";
            "named before"; ["give one of the rows another label"]
        BAD_PERCENT "bad-percent" Error "`{text}` is no limit";
            "`{key}` takes a limit"; ["write a share such as `5%`, a number such as `12`, or `off`"]
        BAD_DATE "bad-date" Error "`{text}` is no date";
            "`{key}` takes {form}"; ["write it as {form}"]
        OPTION_NOT_DECLARED "option-not-declared" Error "there is no option `{name}`";
            "no mapping on the way has it"; ["did you mean `{suggestion}`?", "remove it"]
        BAD_OPTION_VALUE "bad-option-value" Error "`{value}` is no value of the option `{name}`";
            "the option takes {type}"; ["write a value of the type {type}"]
        MISSING_OPTION "missing-option" Error "the option `{name}` has no value";
            "`{mapping}` needs it"; ["add it under `options:`: {doc}", "add it under `options:`"]
        NO_ROUTE "no-route" Error "no mapping leads from `{left}` to `{right}`";
            "no chain of mappings connects its sides"; ["write a mapping from `{left}` to `{right}`, or to a model that others start from"]
        AMBIGUOUS_ROUTE "ambiguous-route" Error "several routes lead from `{left}` to `{right}`";
            "which of {routes} is meant?"; ["say which: `mappings: {first}`"]
        UNKNOWN_MAPPING "unknown-mapping" Error "there is no mapping `{name}`";
            "not known in the library nor in this project"; ["did you mean `{suggestion}`?"]
        BROKEN_ROUTE "broken-route" Error "the mappings do not lead from side to side";
            "must {place} at `{system}`"; ["put the mappings in order; each begins where the one before ends"]
        UNKNOWN_PROVIDER "unknown-provider" Error "there is no provider `{name}`";
            "no provider document has this name"; ["did you mean `{suggestion}`?"]
        UNKNOWN_PACKAGE "unknown-package" Error "there is no package `{name}`";
            "the provider has none of this name"; ["did you mean `{suggestion}`?", "name the provider that has it: `{provider}`", "write it under `packages:` of the provider"]
        PACKAGE_DECIDES "package-decides" Error "the package {package} fixes `{name}`";
            "says otherwise"; ["remove the line, or choose another package"]
        UNKNOWN_OVERLAY "unknown-overlay" Error "there is no overlay `{name}`";
            "no overlay document has this name"; ["did you mean `{suggestion}`?", "write it as a document: `overlay: {name}`"]
        REPLACED_TWICE "replaced-twice" Error "`{label}` is changed by `{one}` and by `{other}`";
            "which one counts is not said"; ["put one over the other with `over:`, or change the row in one of them only"]
        STANDARD_HAS_CHANGED "standard-has-changed" Warning "the standard of `{label}` is not what it was";
            "written over: {was}"; ["koppla overlay --merge shows what has changed; koppla overlay --note says that it was looked at"]
        VANISHED_RULE "vanished-rule" Error "`{label}` is no row of the standard any more";
            "would add a rule; it was written over: {was}"; ["find what the row is called now, or remove the line; then koppla overlay --note"]
        BEGINS_WITH_NOTHING "begins-with-nothing" Error "there is no setting `{name}` to begin with";
            "not a setting of this system"; ["did you mean `{suggestion}`?", "declare it under `settings:`"]
        UNKNOWN_SETTING "unknown-setting" Error "`{name}` is no setting of `{system}`";
            "the system does not ask for it"; ["did you mean `{suggestion}`?", "remove it"]
        MISSING_SETTING "missing-setting" Error "the setting `{name}` has no value";
            "`{system}` needs it"; ["add it under `settings:`: {doc}", "add it under `settings:`"]
        LITERAL_SECRET "literal-secret" Error "the secret `{name}` stands in the document";
            "everybody who can read this file can read it"; ["keep it elsewhere and write `{variable}` or `{file}` instead"]
        UNKNOWN_MAP_IN_OVERLAY "unknown-map-in-overlay" Error "no mapping on the way has a map `{map}`";
            "nothing would be changed"; ["did you mean `{suggestion}`?"]
        AMBIGUOUS_MAP_IN_OVERLAY "ambiguous-map-in-overlay" Error "several mappings on the way have a map `{map}`";
            "which of {mappings} is meant?"; ["write `{first}`"]
        UNKNOWN_LABEL_IN_OVERLAY "unknown-label-in-overlay" Error "no rule of `{map}` has the label `{label}`";
            "nothing would be switched off"; ["did you mean `{suggestion}`?", "remove the line"]
        OVERLAY_CHANGES_NOTHING "overlay-changes-nothing" Warning "`{label}` of `{map}` is replaced by the same rule";
            "changes nothing"; ["remove the line: the standard says the same"]
        TEST_UNKNOWN_ENTITY "test-unknown-entity" Error "`{name}` is no entity on the {side}";
            "records are given and expected by entity"; ["did you mean `{suggestion}`?"]
        TEST_UNKNOWN_FIELD "test-unknown-field" Error "`{name}` is no field of `{entity}`";
            "records name their fields as the model does"; ["did you mean `{suggestion}`?"]
        TEST_UNKNOWN_MAP "test-unknown-map" Error "`{name}` is no map or set of the mapping";
            "skips and rejections are counted by map or set"; ["did you mean `{suggestion}`?"]
    }
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
        CANNOT_BE_TEXT "cannot-be-text" Error "a {type} cannot stand inside a text"; "is {type}"; ["choose one value of it, or write `| join(\", \")`"]
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
        MAY_BE_ABSENT "may-be-absent" Error "`{text}` may be absent, but `{field}` is required"; "may be absent"; ["say what happens then: `?? \"…\"` gives a value, `else reject \"why\"` leaves the record out; `else skip` would too, as the field is required"]
        MAY_FAIL "may-fail" Warning "`{text}` may fail"; "{why}: then the record is rejected"; ["say what happens then: `else skip \"why\"`, `else keep`, or `try … else …`"]
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
        CLASS_IN_ADDRESS "class-in-address" Error "`{field}` is {class} and stands in an address"; "addresses are logged by every machine on the way"; ["send it in the body, or address the record by an id that says nothing"]
        CLASS_IN_KEY "class-in-key" Error "{class} is in the key of the records of map `{map}`"; "keys stand in findings, in the history and in the store"; ["make the key of something else: the number of the record, or `hmac_id` of it"]
        CLASS_LOST "class-lost" Error "{class} flows into `{field}`, which does not say so"; "carries {class}"; ["give the field `class: {class}`, or do not send it"]
        MATCHED_FIELD_HIDES_CLASS "matched-field-hides-class" Error "a field that {class} is compared with does not say so"; "holds {class}, as what is on the left of `==`"; ["give this field `class: {class}`, or let records find each other by something else"]
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
        PROTECTED_NOT_EXECUTABLE "protected-not-executable" Error "only `protected: exclude` can be run yet"; "asks for more"; ["write `protected: exclude`"]
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
