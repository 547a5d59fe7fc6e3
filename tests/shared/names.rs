//! The naming vectors: what connectors in use today make of Dutch names, against the functions of the job `j08-names`.
//!
//! Each vector becomes an example of the function of its name, and the examples are run as `koppla test` runs them.

use crate::{json, own, shared, text};
use koppla::run::cases::{self, Bench};
use koppla::run::stage;
use koppla::shell::project::Project;
use koppla::value::Arena;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Letters that do not decompose: the connectors drop them, we spell them.
const DROPPED: &str = "øØþÞðÐłŁđĐ";

/// Functions of the field and ours, where ours has another name.
const RENAMED: &[(&str, &str)] = &[
    ("EntraID.mailNickname[Create]", "entra_name"),
    ("EntraID.displayName[Create+Update]", "generateDisplayNameOption1"),
    ("EntraID.surname[Create+Update]", "generateSurnameOption1"),
    ("EntraID.userPrincipalName[Create]", "entra_sign_in"),
    ("EntraID.mail[Create]", "entra_sign_in"),
    ("Google-Workspace.PrimaryEmail[Create+Update]", "generateMailOption11"),
    ("Google-Workspace.Container[Create+Update]", "google_unit"),
    ("Canvas.short_name[Create+Update]", "canvas_short_name"),
    ("Canvas.sortable_name[Create+Update]", "canvas_sortable_name"),
    ("MultiBel.lastName[Create+Update]", "full_surname"),
    ("SQL.DisplayName[Create+Update]", "sql_display_name"),
    ("SQL.NamePrefix[Create+Update]", "first_prefix_of"),
];

/// A person as an argument, with the letters replaced that connectors drop where `as_dropped`.
fn person(person: &Value, convention: &str, as_dropped: bool) -> Value {
    let keys = [
        ("nick", "NickName"),
        ("initials", "Initials"),
        ("prefix", "FamilyNamePrefix"),
        ("name", "FamilyName"),
        ("partner_prefix", "FamilyNamePartnerPrefix"),
        ("partner", "FamilyNamePartner"),
    ];
    let mut all = serde_json::Map::new();
    for (ours, theirs) in keys {
        let name = person[theirs].as_str().expect("a name");
        // An apostrophe is dropped by both, and counts as a character before that.
        let name = if as_dropped { name.replace(|c| DROPPED.contains(c), "'") } else { name.to_string() };
        if !name.is_empty() {
            all.insert(ours.into(), name.into());
        }
    }
    all.insert("convention".into(), convention.into());
    Value::Object(all)
}

/// The arguments of a function: what it takes stands in its text.
fn arguments(takes: &str, person: Value, turn: usize, expected: &Value) -> Value {
    let mut given = serde_json::Map::new();
    let has = |name: &str| takes.contains(&format!("{name}: "));
    if has("department") {
        let unit = expected.as_str().expect("a unit").trim_start_matches('/');
        return serde_json::json!({ "department": unit });
    }
    given.insert("p".into(), person);
    if has("n") {
        given.insert("n".into(), turn.into());
    }
    if has("domain") {
        let first = expected.as_array().map_or(expected, |list| &list[0]);
        let domain = first.as_str().and_then(|text| text.rsplit_once('@')).expect("an address").1;
        given.insert("domain".into(), domain.into());
    }
    Value::Object(given)
}

/// The vectors of one file as examples by function, and those functions whose vectors are one constant.
fn examples(file: &str, mapping: &str, non_decomposing: bool) -> (BTreeMap<String, Vec<String>>, BTreeSet<String>) {
    let vectors = json(shared(&format!("real/derived/{file}.json")));
    let people = vectors["people"].as_array().expect("people");
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut constants = BTreeSet::new();
    for (theirs, by_person) in vectors["expected"].as_object().expect("functions") {
        let ours = RENAMED.iter().find(|(name, _)| name == theirs).map_or(theirs.as_str(), |(_, ours)| ours);
        let Some(takes) = takes(mapping, ours) else {
            let values: BTreeSet<String> =
                by_person.as_object().expect("people").values().flat_map(all_texts).collect();
            assert_eq!(values.len(), 1, "{theirs} is no constant, and there is no function for it");
            constants.insert(theirs.clone());
            continue;
        };
        for (id, by_convention) in by_person.as_object().expect("people") {
            let who = people.iter().find(|person| person["id"] == id.as_str()).expect("the person");
            for (convention, turns) in by_convention.as_object().expect("conventions") {
                for (turn, expected) in turns.as_array().expect("turns").iter().enumerate() {
                    // Names that people read keep every letter; only addresses lose some.
                    let ascii = !expected.to_string().chars().any(|c| DROPPED.contains(c));
                    let given = arguments(takes, person(who, convention, non_decomposing && ascii), turn, expected);
                    let example = match expected {
                        Value::Null => serde_json::json!({ "given": given }),
                        expected => serde_json::json!({ "given": given, "gives": expected }),
                    };
                    all.entry(ours.to_string()).or_default().push(example.to_string());
                }
            }
        }
    }
    (all, constants)
}

fn all_texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(all_texts).collect(),
        Value::Object(entries) => entries.values().flat_map(all_texts).collect(),
        other => vec![other.to_string()],
    }
}

/// The line `takes` of a function.
fn takes<'m>(mapping: &'m str, function: &str) -> Option<&'m str> {
    let body = mapping.split_once(&format!("\n  {function}:\n"))?.1;
    body.lines().find(|line| line.trim_start().starts_with("takes:"))
}

/// The mapping with further examples.
fn with_examples(mapping: &str, all: &BTreeMap<String, Vec<String>>) -> String {
    let mut text = mapping.to_string();
    for (function, examples) in all {
        let start = text.find(&format!("\n  {function}:\n")).expect("the function");
        let place = start + text[start..].find("    examples:\n").expect("examples") + "    examples:\n".len();
        let lines: String = examples.iter().map(|example| format!("      - {example}\n")).collect();
        text.insert_str(place, &lines);
    }
    text
}

fn assert_vectors(file: &str, non_decomposing: bool) -> usize {
    let folder = own("tests/suite/jobs/j08-names");
    let mapping = text(folder.join("names.mapping.yaml"));
    let (examples, constants) = examples(file, &mapping, non_decomposing);
    assert_eq!(constants.len(), 13, "{constants:?}");
    let document = |name: &str| (name.to_string(), text(folder.join(name)));
    let texts = [
        document("hr.model.yaml"),
        document("accounts.model.yaml"),
        ("names.mapping.yaml".to_string(), with_examples(&mapping, &examples)),
    ];
    let project = Project::of_texts(&texts);
    let slugs: BTreeSet<&str> = project.findings.iter().map(|finding| finding.code.slug).collect();
    assert_eq!(slugs, BTreeSet::new());
    let model = &project.model;
    let arena = Arena::new();
    let codecs = stage::lookup_codecs(model);
    let lookups = stage::lookups(model, &codecs, &arena);
    let bench = Bench { model, lookups: &lookups, today: jiff::civil::date(2026, 9, 1) };
    let id = model.find_mapping("names").expect("the mapping");
    let outcomes = cases::examples(&bench, &project.typed.mappings[id.0 as usize], None);
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.differences.is_empty()).collect();
    assert!(failed.is_empty(), "{} of {}: {:#?}", failed.len(), outcomes.len(), &failed[..failed.len().min(20)]);
    examples.values().map(Vec::len).sum()
}

#[test]
fn all_names_are_built_as_connectors_build_them() {
    let count = assert_vectors("naming_vectors", false);
    assert!(count >= 4800, "{count} vectors");
}

/// The rules are the same for letters that the connectors drop; the letters are not, which the job's own examples show.
#[test]
fn names_with_letters_that_do_not_decompose_follow_the_same_rules() {
    let count = assert_vectors("naming_vectors_nondecomposing", true);
    assert!(count >= 1280, "{count} vectors");
}
