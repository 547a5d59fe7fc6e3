//! Documents: kinds, keys, names between them.

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
        "{kind} stands here"; ["write `{block}: |`; the lines under it are then rules", "write {wanted}"]
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
    TABLE_FILE_NAME "table-file-name" Error "`{name}` is not read as a file of a table";
        "the name must end in `.table.csv`"; ["call it `{better}`, here and in the folder of this document"]
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
    BAD_SCHEDULE "bad-schedule" Error "`{text}` says no time to run at";
        "{why}"; ["did you mean `{suggestion}`?", "write it as `30 18 * * 1-5 Europe/Stockholm`"]
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
    PROTECTED_SAYS_OTHERWISE "protected-says-otherwise" Error "`{key}` does nothing here";
        "needs `protected: {needs}`"; ["write `protected: {needs}`, or remove the block"]
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
