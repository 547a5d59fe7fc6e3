//! Documents in, model and findings out.

use super::*;
use crate::finding::{Finding, Findings, codes};
use crate::source::Sources;
use crate::value::Class;

const REGISTER: &str = include_str!("../finding/demo/register.model.yaml");
const DIRECTORY: &str = include_str!("../finding/demo/directory.model.yaml");

/// The model of these files beside the two of the demonstration, with what was found.
fn read(files: &[(&str, &str)]) -> (Sources, Model, Vec<Finding>) {
    let mut sources = Sources::default();
    sources.add("register.model.yaml", REGISTER);
    sources.add("directory.model.yaml", DIRECTORY);
    for (path, text) in files {
        sources.add(*path, *text);
    }
    let ids: Vec<_> = sources.ids().collect();
    let mut found = Findings::default();
    let model = resolve(&sources, &ids, &mut found);
    for index in 0..model.syncs.len() as u32 {
        with_overlay(&model, SyncId(index), &mut found);
    }
    (sources, model, found.sorted())
}

/// Each finding as `code: underlined text`.
fn shown(sources: &Sources, found: &[Finding]) -> Vec<String> {
    found.iter().map(|finding| format!("{}: {}", finding.code.slug, sources.slice(finding.span))).collect()
}

/// The findings of one document.
fn findings_of(path: &str, text: &str) -> Vec<String> {
    let (sources, _, found) = read(&[(path, text)]);
    shown(&sources, &found)
}

/// A document that has no findings.
fn clean(files: &[(&str, &str)]) -> Model {
    let (sources, model, found) = read(files);
    assert_eq!(shown(&sources, &found), Vec::<String>::new());
    model
}

fn files_of(block: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("# file: ") {
            Some(name) => files.push((name.trim().to_string(), String::new())),
            None => {
                if files.is_empty() {
                    files.push(("example.mapping.yaml".into(), String::new()));
                }
                let text = &mut files.last_mut().expect("a file was begun").1;
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    files
}

fn block<'a>(page: &'a str, kind: &str) -> &'a str {
    let start = page.find(&format!("```yaml {kind}\n")).expect("the page has such a block");
    let text = &page[start..];
    let text = &text[text.find('\n').expect("a line end") + 1..];
    &text[..text.find("\n```").expect("the block ends")]
}

#[test]
fn pages_show_what_they_are_about() {
    let mut wrong = Vec::new();
    for code in codes::document::ALL {
        for (kind, expected) in [("bad", vec![code.slug]), ("good", vec![])] {
            let files = files_of(block(code.page, kind));
            let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
            let (sources, _, found) = read(&files);
            let slugs: Vec<&str> = found.iter().map(|finding| finding.code.slug).collect();
            if slugs != expected {
                wrong.push(format!("{} {kind}: {:?}", code.slug, shown(&sources, &found)));
            }
            for finding in &found {
                assert!(finding.message().chars().count() <= 70, "{}: {}", code.slug, finding.message());
                assert!(
                    !finding.message().contains('{') && !finding.label().contains('{') && finding.help().is_some(),
                    "{}",
                    code.slug
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const ROOM: &str = "    key: code\n    fields:\n      code: text\n";

#[test]
fn documents_find_each_other() {
    let model = clean(&[(
        "example.mapping.yaml",
        "mapping: example\nleft: register\nright: { dir: directory }\nmaps:\n  pupils:\n    between: pupil -> account\n",
    )]);
    let register = model.find_system("register").expect("the model is there");
    let pupil = model.find_entity(register, "pupil").expect("the entity is there");
    let class = model.find_entity(register, "class").expect("the entity is there");
    let entity = model.entity(pupil);
    assert_eq!(entity.key, [entity.field("number").expect("the field is there")]);
    assert_eq!(entity.fields[entity.field("class").expect("the field is there")].ty, Type::Ref(class));
    assert!(entity.protected_when.is_some());
    let mapping = model.mapping(model.find_mapping("example").expect("the mapping is there"));
    assert_eq!((mapping.left[0].alias.text.as_str(), mapping.left[0].system), ("register", register));
    assert_eq!(mapping.right[0].alias.text, "dir");
    assert_eq!(mapping.maps[0].between.arrow.text(), "->");
}

#[test]
fn unclassified_fields_of_people_are_personal() {
    let model = clean(&[(
        "example.model.yaml",
        concat!(
            "model: example\nentities:\n",
            "  person:\n    key: id\n    fields:\n      id: text\n      mail: { type: email, class: contact }\n      open: { type: text, class: public }\n",
            "  child:\n    key: id\n    protected_when: id == \"1\"\n    fields: { id: text, person: ref person }\n",
            "  citizen:\n    key: id\n    fields: { id: text, numbers: \"list of { no: personnummer, from: date }\" }\n",
            "  room:\n    key: code\n    fields: { code: text, door: secret }\n",
        ),
    )]);
    let example = model.find_system("example").expect("the model is there");
    let classes = |entity: &str, field: &str| {
        let entity = model.entity(model.find_entity(example, entity).expect("the entity is there"));
        entity.fields[entity.field(field).expect("the field is there")].classes
    };
    let personal = ClassSet::of(Class::PERSONAL);
    assert_eq!(classes("person", "id"), personal);
    assert_eq!(classes("person", "mail"), ClassSet::of(Class::CONTACT));
    assert_eq!(classes("person", "open"), ClassSet::NONE);
    assert_eq!(classes("child", "person"), personal);
    assert_eq!(classes("citizen", "id"), personal);
    assert_eq!(classes("citizen", "numbers"), ClassSet::of(Class::NATIONAL_ID));
    assert_eq!(classes("room", "code"), ClassSet::NONE);
    assert_eq!(classes("room", "door"), ClassSet::of(Class::SECRET));
}

#[test]
fn a_model_adds_classes() {
    let text = "model: example\nclasses: [health]\nentities:\n  room:\n    key: code\n    fields: { code: { type: text, class: [health, contact] } }\n";
    let model = clean(&[("example.model.yaml", text)]);
    let health = model.classes.find("health").expect("the class was added");
    let field = &model.entities.last().expect("an entity").fields[0];
    assert!(field.classes.has(health) && field.classes.has(Class::CONTACT));
}

#[test]
fn a_system_takes_from_its_model_what_it_does_not_say() {
    let system = concat!(
        "system: example\nimplements: register\nentities:\n  teacher: off\n  class:\n    fields: { mentor: off }\n",
        "  pupil:\n    read: { file: pupils.csv }\n    fields:\n",
        "      sex: off\n      email: { at: mail }\n      extra: text?\n      number: { at: no, max: 9 }\n",
    );
    let model = clean(&[("example.system.yaml", system)]);
    let id = model.find_system("example").expect("the system is there");
    assert_eq!(model.system(id).implements, model.find_system("register"));
    assert_eq!(model.find_entity(id, "teacher"), None);
    let pupil = model.entity(model.find_entity(id, "pupil").expect("the entity is there"));
    assert!(pupil.protected_when.is_some() && pupil.read.is_some());
    let order: Vec<&str> = pupil.fields.iter().map(|field| field.name.text.as_str()).collect();
    assert_eq!(&order[..5], ["email", "extra", "number", "given_name", "family_name"]);
    assert_eq!(pupil.field("sex"), None);
    assert_eq!((pupil.fields[0].at.as_str(), &pupil.fields[0].ty), ("mail", &Type::Email));
    assert_eq!(pupil.fields[0].classes, ClassSet::of(Class::CONTACT));
    assert_eq!((pupil.fields[2].at.as_str(), pupil.fields[2].max), ("no", Some(9)));
    assert_eq!(pupil.key, [2]);
    // A reference finds the entity of this system, not that of the model.
    let class = model.find_entity(id, "class").expect("the entity is there");
    assert_eq!(pupil.fields[pupil.field("class").expect("the field is there")].ty, Type::Ref(class));
}

#[test]
fn a_variant_changes_its_base() {
    let base = concat!(
        "system: base\nsettings: { base: url, size: { type: int, default: 500 } }\n",
        "connect: { http: { base: \"{{ settings.base }}\", limits: { at_once: 4, timeout: 60s }, errors: [{ status: 401, then: renew }] } }\n",
        "shared: { list: { select: \"$.data[*]\", page: { next: \"$.next\" } }, all: { use: list, get: /all } }\n",
        "defaults: { unsure: everything }\n",
        "entities:\n  room:\n    key: code\n    read: { use: all, page: off }\n    fields: { code: text, floor: int? }\n",
        "evidence: [{ id: E1, grade: A }]\n",
    );
    let variant = concat!(
        "system: variant\nbased_on: base\nsettings: { size: { default: 100 } }\n",
        "connect: { http: { limits: { timeout: 600s }, errors: { before: [{ status: 403, then: stop }] } } }\n",
        "shared: { list: { select: \"$.items[*]\" } }\n",
        "entities:\n  room:\n    fields: { floor: off, code: { max: 3, evidence: E1 } }\n",
        "evidence: [{ id: E2, grade: tried }]\n",
    );
    let model = clean(&[("a.system.yaml", variant), ("b.system.yaml", base)]);
    let system = model.system(model.find_system("variant").expect("the variant is there"));
    assert_eq!(system.settings.iter().map(|setting| setting.name.text.as_str()).collect::<Vec<_>>(), ["base", "size"]);
    assert_eq!(system.settings[1].default.as_ref().and_then(Node::text), Some("100"));
    assert_eq!(system.settings[1].ty, Type::Int);
    let (protocol, http) = system.connect.as_ref().expect("it has a connection");
    assert_eq!(protocol.text, "http");
    let limits = http.get("limits").expect("limits");
    assert_eq!(
        (limits.get("at_once").and_then(Node::text), limits.get("timeout").and_then(Node::text)),
        (Some("4"), Some("600s"))
    );
    let statuses: Vec<_> = http
        .get("errors")
        .and_then(Node::items)
        .expect("a list")
        .iter()
        .map(|e| e.get("status").and_then(Node::text))
        .collect();
    assert_eq!(statuses, [Some("403"), Some("401")]);
    assert_eq!(system.evidence.len(), 2);
    let room = model.entity(system.entities[0]);
    assert_eq!(room.fields.len(), 1);
    let read = room.read.as_ref().expect("a call");
    assert_eq!(read.get("select").and_then(Node::text), Some("$.items[*]"));
    assert_eq!(read.get("get").and_then(Node::text), Some("/all"));
    assert!(read.get("page").is_none() && read.get("use").is_none());
}

#[test]
fn circles_are_found_once() {
    let one = format!("model: one\nbased_on: two\nentities:\n  room:\n{ROOM}");
    let two = format!("model: two\nbased_on: one\nentities:\n  room:\n{ROOM}");
    let (sources, _, found) = read(&[("one.model.yaml", &one), ("two.model.yaml", &two)]);
    assert_eq!(shown(&sources, &found), ["cycle: one"]);
}

#[test]
fn values_go_both_ways() {
    let text = concat!(
        "model: example\nentities:\n  room:\n    key: code\n    fields:\n      code: text\n",
        "      open: { type: bool, values: { \"1\": true, Ja: true, \"0\": false }, absent_when: [\"\", \"NULL\"] }\n",
        "      sex: { type: \"enum(male, female)?\", values: { read: { m: male, f: female, v: female }, write: { male: m, female: v } } }\n",
    );
    let model = clean(&[("example.model.yaml", text)]);
    let fields = &model.entities.last().expect("an entity").fields;
    let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
    assert_eq!(fields[1].write_values, [pair("true", "1"), pair("false", "0")]);
    assert_eq!(fields[1].absent_when, ["", "NULL"]);
    assert_eq!(fields[2].read_values.len(), 3);
    assert_eq!(fields[2].write_values, [pair("male", "m"), pair("female", "v")]);
}

#[test]
fn tables_take_their_rows_from_a_file() {
    let table = "table: codes\nkey: code\ncolumns: { code: text, name: \"text?\", places: { type: \"int?\" } }\nunmapped: { value: none }\nfile: codes.table.csv\nseparator: \";\"\n";
    let csv = "\u{feff}name;code\r\nHall;A\r\n\"Lab; upper floor\";B\r\n;C\r\n";
    let model = clean(&[("tables/codes.table.yaml", table), ("tables/codes.table.csv", csv)]);
    let table = &model.tables[0];
    assert_eq!(table.unmapped, Unmapped::Gives("none".into()));
    let rows: Vec<Vec<&str>> =
        table.rows.iter().map(|row| row.iter().map(|cell| cell.as_deref().unwrap_or("-")).collect()).collect();
    assert_eq!(rows, [["A", "Hall", "-"], ["B", "Lab; upper floor", "-"], ["C", "-", "-"]]);
    let (sources, _, found) = read(&[
        ("tables/codes.table.yaml", table_text()),
        ("tables/codes.table.csv", "code,places\nA,1\nB\nC,x\nA,2\n"),
    ]);
    assert_eq!(shown(&sources, &found), ["table-row-width: B", "table-value-type: C,x", "table-duplicate-key: A,2"]);
}

fn table_text() -> &'static str {
    "table: codes\nkey: code\ncolumns: { code: text, places: int }\nfile: codes.table.csv\n"
}

#[test]
fn unmapped_says_what_it_says() {
    for (written, meant) in [
        ("", Unmapped::Fails),
        ("unmapped: fail\n", Unmapped::Fails),
        ("unmapped: absent\n", Unmapped::Absent),
        ("unmapped: keep\n", Unmapped::Keeps),
        ("unmapped: Annan personal\n", Unmapped::Gives("Annan personal".into())),
        ("unmapped: { value: fail }\n", Unmapped::Gives("fail".into())),
    ] {
        let text = format!("table: codes\nkey: code\ncolumns: {{ code: text }}\n{written}rows:\n  - [A]\n");
        assert_eq!(clean(&[("codes.table.yaml", &text)]).tables[0].unmapped, meant);
    }
}

fn mapping(name: &str, left: &str, right: &str) -> (String, String) {
    (format!("{name}.mapping.yaml"), format!("mapping: {name}\nleft: {left}\nright: {right}\n"))
}

fn model_named(name: &str) -> (String, String) {
    (format!("{name}.model.yaml"), format!("model: {name}\nentities:\n  room:\n{ROOM}"))
}

fn route(mappings: &[(&str, &str, &str)], sync: &str) -> Vec<String> {
    let mut files: Vec<(String, String)> = ["a", "b", "c", "d"].map(model_named).into();
    files.extend(mappings.iter().map(|(name, left, right)| mapping(name, left, right)));
    files.push(("s.sync.yaml".into(), format!("sync: s\n{sync}")));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (sources, model, found) = read(&files);
    match shown(&sources, &found) {
        none if none.is_empty() => model.syncs[0].route.iter().map(|&id| model.mapping(id).name.text.clone()).collect(),
        found => found,
    }
}

#[test]
fn routes_are_the_shortest_chain() {
    let sync = "left: a\nright: d\n";
    let chain =
        [("ab", "a", "b"), ("bc", "b", "c"), ("cd", "c", "d"), ("bd", "b", "{ x: { system: d } }"), ("da", "d", "a")];
    assert_eq!(route(&chain, sync), ["ab", "bd"]);
    assert_eq!(route(&chain[..3], sync), ["ab", "bc", "cd"]);
    assert_eq!(route(&chain[..2], sync), ["no-route: s"]);
    assert_eq!(route(&chain, "left: d\nright: b\n"), ["da", "ab"]);
    assert_eq!(route(&chain, "left: a\nright: a\n"), ["no-route: s"]);
    // A system that is only looked into leads nowhere.
    assert_eq!(route(&[("ab", "a", "{ b: b, d: { system: d, use: read } }")], sync), ["no-route: s"]);
    // A mapping that is named wins over a shorter chain.
    let two = [("ab", "a", "b"), ("bd", "b", "d"), ("ad", "a", "d"), ("ad2", "a", "d")];
    assert_eq!(route(&two, &format!("{sync}mappings: [ab, bd]\n")), ["ab", "bd"]);
    assert_eq!(route(&two, sync), ["ambiguous-route: s"]);
    assert_eq!(route(&two, &format!("{sync}mappings: [bd, ab]\n")), ["broken-route: bd"]);
    assert_eq!(route(&two, &format!("{sync}mappings: [ab]\n")), ["broken-route: ab"]);
}

#[test]
fn what_is_unknown_gives_one_finding() {
    let text = "mapping: example\nleft: registr\nright: directory\nmaps:\n  pupils:\n    between: pupil -> account\n";
    assert_eq!(findings_of("example.mapping.yaml", text), ["unknown-system: registr"]);
    let text =
        "model: example\nentities:\n  room:\n    key: code\n    fields: { code: txt, kind: \"list of enum()\" }\n";
    assert_eq!(findings_of("example.model.yaml", text), ["unknown-type: txt", "empty-enum: enum()"]);
    let text = "model:\nentities: {}\n";
    assert_eq!(findings_of("example.model.yaml", text), ["key-without-value: model"]);
    let text = "model: example\nentities:\n  room:\n    keys: code\n    fields: [code]\n";
    assert_eq!(findings_of("example.model.yaml", text), ["unknown-key: keys", "wrong-kind: [code]"]);
}

#[test]
fn a_provider_gives_what_the_sync_does_not() {
    let system = "system: rooms\nsettings: { partner: text, key: secret, folder: { type: text, default: input } }\nentities:\n  room:\n    key: code\n    fields: { code: text }\n";
    let provider = "provider: north\nsettings: { partner: P1, key: \"${NORTH}\", other: x }\noptions: { kind: long, unknown: 1 }\n";
    let mapping = "mapping: m\nleft: rooms\nright: directory\noptions: { kind: \"enum(short, long)\" }\n";
    let sync = "sync: s\nprovider: north\nleft: { system: rooms, settings: { partner: P2 } }\nright: directory\n";
    let model = clean(&[
        ("r.system.yaml", system),
        ("n.provider.yaml", provider),
        ("m.mapping.yaml", mapping),
        ("s.sync.yaml", sync),
    ]);
    let given = |list: &[(Name, Node)]| -> Vec<String> {
        list.iter().map(|(name, node)| format!("{}={}", name.text, node.text().unwrap_or("?"))).collect()
    };
    assert_eq!(given(&model.syncs[0].left.settings), ["partner=P2", "key=${NORTH}"]);
    assert_eq!(given(&model.syncs[0].options), ["kind=long"]);
}

#[test]
fn guards_and_freezes_are_read() {
    let mapping = "mapping: m\nleft: register\nright: directory\n";
    let sync = "sync: s\nstatus: paused\nleft: register\nright: directory\nowns: all\nguard: { remove: 2.5%, create: off, update: 12, floor: 3 }\nfreeze: [{ from: 06-15, to: 08-15 }]\n";
    let model = clean(&[("m.mapping.yaml", mapping), ("s.sync.yaml", sync)]);
    let sync = &model.syncs[0];
    assert_eq!(sync.status, Status::Paused);
    assert!(sync.owns_all && sync.protection.how == Protected::Exclude);
    let guard = Guard {
        remove: Limit::PerCent(2.5),
        create: Limit::None,
        update: Limit::Count(12),
        floor: 3,
        ..Guard::default()
    };
    assert_eq!(sync.guard, guard);
    assert_eq!(sync.freeze[0].from, (6, 15));
    assert_eq!(sync.freeze[0].actions, [Operation::Deactivate, Operation::Remove]);
}

const PUPILS: &str = "mapping: first\nleft: register\nright: directory\nmaps:\n  pupils:\n    between: pupil -> account\n    where: born is not absent\n    fields: |\n      Login: number -> login\n      Name:  family_name -> name\n             given_name -> first_name\n      Mail:  email -> mail\n";

fn overlaid(change: &str) -> (Vec<Mapping>, Vec<String>) {
    let sync = format!("sync: s\nleft: register\nright: directory\nchange:\n{change}");
    let (sources, model, found) = read(&[("first.mapping.yaml", PUPILS), ("s.sync.yaml", &sync)]);
    let mappings = with_overlay(&model, SyncId(0), &mut Findings::default());
    (mappings, shown(&sources, &found))
}

/// Each rule as `label text origin`.
fn rules(mapping: &Mapping) -> Vec<String> {
    let target = |expr: &Expr| match &expr.kind {
        crate::syntax::ast::ExprKind::Name(name) => name.clone(),
        _ => "?".into(),
    };
    let origin = |rule: &MapRule| if rule.overlay.is_some() { "own" } else { "standard" };
    mapping.maps[0]
        .rules
        .iter()
        .map(|rule| format!("{} {} {}", rule.rule.label.text, target(&rule.rule.right), origin(rule)))
        .collect()
}

#[test]
fn an_overlay_replaces_removes_adds_and_narrows() {
    let (mappings, found) = overlaid(
        "  first.pupils:\n    where: sex == \"V\"\n    fields: |\n      Points: credits -> points because \"agreed\"\n      Name: given_name -> name because \"agreed\"\n      Mail: off because \"not yet\"\n",
    );
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(rules(&mappings[0]), ["Login login standard", "Name name own", "Points points own"]);
    assert_eq!(mappings[0].maps[0].conditions.len(), 2);
}

#[test]
fn an_overlay_of_one_row_may_have_several_rules() {
    let (mappings, found) =
        overlaid("  pupils:\n    fields: |\n      Login: number -> name\n             email -> mail\n");
    assert_eq!(found, Vec::<String>::new());
    let expected =
        ["Login name own", "Login mail own", "Name name standard", "Name first_name standard", "Mail mail standard"];
    assert_eq!(rules(&mappings[0]), expected);
}

#[test]
fn an_overlay_that_has_rotted_is_found() {
    let (mappings, found) = overlaid("  pupls:\n    fields: |\n      Mail: off\n");
    assert_eq!(found, ["unknown-map-in-overlay: pupls"]);
    assert_eq!(rules(&mappings[0]).len(), 4);
    assert_eq!(overlaid("  second.pupils:\n    where: true\n").1, ["unknown-map-in-overlay: second.pupils"]);
    assert_eq!(overlaid("  pupils:\n    fields: |\n      Mial: off\n").1, ["unknown-label-in-overlay: Mial"]);
    assert_eq!(
        overlaid("  pupils:\n    fields: |\n      New: number -> name\n      New: sex -> name\n").1,
        ["label-twice: New"]
    );
}

#[test]
fn a_map_has_all_its_parts() {
    let text = concat!(
        "mapping: example\nleft: register\nright: directory\noptions: { extra: { type: bool, default: no }, photo: { type: direction, default: both } }\n",
        "sets:\n  seat: |\n    pupil as p\n    each p.languages as language\n",
        "maps:\n  pupils:\n    between: pupil as p <-> account\n    when: $extra\n    match: number == login\n    gone: deactivate after 30d\n",
        "    let: |\n      full = words(given_name, family_name)\n    absent: clear\n    create: never\n",
        "    allocate:\n      short:\n        candidates: |\n          lower(given_name)\n          lower(family_name)\n",
        "        then: count from 2\n        max: 20\n        free in: |\n          directory.account.login  short\n        never again: true\n",
        "      first_password: { secret: \"14 characters, upper lower digit\" }\n",
        "    fields: |\n      Name: full -> name\n",
        "rows: [pupils.Name: Full name]\n",
        "functions:\n  twice:\n    takes: { s: \"text?\" }\n    gives: text?\n    is: f\"{s}{s}\"\n    examples:\n      - { given: { s: a }, gives: aa }\n      - { given: { s: ~ }, gives: ~ }\n",
    );
    let model = clean(&[("example.mapping.yaml", text)]);
    let mapping = &model.mappings[0];
    assert_eq!(model.set(mapping.sets[0]).steps.len(), 2);
    let map = &mapping.maps[0];
    assert!(map.when.is_some() && map.gone.is_some() && map.absent_clears && map.only_supplements);
    assert_eq!((map.matches.len(), map.lets.len(), map.rules.len()), (1, 1, 1));
    let short = &map.allocations[0];
    assert_eq!((short.candidates.len(), short.count_from, short.max, short.free_in.len()), (2, Some(2), Some(20), 1));
    assert!(short.never_again && map.allocations[1].secret.is_some());
    let row = &mapping.rows[0];
    assert_eq!((row.map.as_str(), row.label.as_str(), row.shown.as_deref()), ("pupils", "Name", Some("Full name")));
    let function = &mapping.functions[0];
    assert_eq!((&function.takes[0].1, function.takes[0].2), (&Type::Text, true));
    assert_eq!(function.gives, Some((Type::Text, true)));
    assert!(function.examples[1].gives.is_missing() && function.examples[1].given[0].1.is_missing());
    assert_eq!(mapping.options[1].ty, Type::Direction);
}

#[test]
fn a_broken_map_is_one_finding() {
    let text = "mapping: example\nleft: register\nright: directory\nrows: [pupils.Name]\nmaps:\n  pupils:\n    fields: |\n      Name: family_name -> name\n";
    assert_eq!(findings_of("example.mapping.yaml", text), ["missing-key: pupils"]);
}

#[test]
fn sides_have_aliases() {
    let text = "mapping: example\nleft: { here: register, rooms: { system: directory, use: read } }\nright: { system: directory, as: north }\n";
    let model = clean(&[("example.mapping.yaml", text)]);
    let aliases = |sides: &[Side]| -> Vec<String> {
        sides.iter().map(|side| format!("{} {}", side.alias.text, side.read_only)).collect()
    };
    assert_eq!(aliases(&model.mappings[0].left), ["here false", "rooms true"]);
    assert_eq!(aliases(&model.mappings[0].right), ["north false"]);
    let twice = "mapping: example\nleft: [register, register]\nright: directory\n";
    assert_eq!(findings_of("example.mapping.yaml", twice), ["name-twice: register"]);
}

#[test]
fn cases_are_read() {
    let text = concat!(
        "test: first\nas_of: 2026-09-01\ncases:\n  - name: one\n    as_of: 2026-10-01\n",
        "    given: { pupil: [{ number: \"1\", religion: ~, languages: [sv] }], register.class: [] }\n",
        "    expect: { directory.account: [{ login: \"1\" }] }\n",
        "    skipped: { pupils: 2 }\n    rejected: [{ map: pupils, reason: no name }]\n    protected: 1\n",
    );
    let model = clean(&[("first.mapping.yaml", PUPILS), ("first.test.yaml", text)]);
    let case = &model.tests[0].cases[0];
    assert_eq!(case.as_of.as_deref(), Some("2026-10-01"));
    assert!(case.given[0].1[0].get("religion").is_some_and(Node::is_missing));
    assert_eq!((case.skipped[0].count, case.skipped[0].of.text.as_str()), (2, "pupils"));
    assert_eq!((case.rejected[0].count, case.rejected[0].reason.as_deref()), (1, Some("no name")));
    assert_eq!(case.protected, Some(1));
    let wrong = text.replace("[sv]", "sv").replace("directory.account", "account.user").replace("10-01", "13-01");
    let (sources, _, found) = read(&[("first.mapping.yaml", PUPILS), ("first.test.yaml", &wrong)]);
    let expected = ["bad-date: 2026-13-01", "wrong-kind: sv", "test-unknown-entity: account.user"];
    assert_eq!(shown(&sources, &found), expected);
}

#[test]
fn every_key_says_what_it_means() {
    fn visit(shape: shape::Shape, path: &str) {
        use shape::Shape;
        match shape {
            Shape::List(one) | Shape::OneOrMore(one) | Shape::Named(one) | Shape::Entries(one) => visit(*one, path),
            Shape::Either(shapes) => shapes.iter().for_each(|shape| visit(*shape, path)),
            Shape::Keys(keys) => {
                for (index, key) in keys.iter().enumerate() {
                    assert!(!key.doc.is_empty() && !key.doc.ends_with('.'), "{path}.{}", key.name);
                    assert!(keys[..index].iter().all(|other| other.name != key.name), "{path}.{} twice", key.name);
                    visit(key.shape, &format!("{path}.{}", key.name));
                }
            }
            _ => {}
        }
    }
    for (kind, keys) in resolve::KINDS {
        assert_eq!(keys[0].name, *kind);
        visit(shape::Shape::Keys(keys), kind);
    }
}

#[test]
fn an_unknown_side_is_one_finding() {
    let mapping = PUPILS.replace("right: directory", "right: directry");
    let sync = "sync: s\nleft: register\nright: directory\nchange:\n  pupils:\n    where: true\n";
    let test = "test: first\ncases:\n  - name: one\n    given: { pupil: [{ number: \"1\" }] }\n    expect: { account: [] }\n    skipped: { pupils: 1 }\n";
    let (sources, model, found) = read(&[("m.mapping.yaml", &mapping), ("s.sync.yaml", sync), ("t.test.yaml", test)]);
    assert_eq!(shown(&sources, &found), ["unknown-system: directry"]);
    assert!(model.mappings[0].incomplete && model.mappings[0].maps.is_empty());
}

#[test]
fn a_slip_is_one_finding_although_others_speak_of_what_it_hides() {
    let overlay = "sync: s\nleft: register\nright: directory\nchange:\n  pupils:\n    fields: |\n      Name:  off  because \"no names\"\n";
    let slips = [
        ("between: pupil -> account", "between: pupil > account", "unexpected-text: >"),
        ("fields: |", "fields:", "wrong-kind: Login:"),
        ("left:", "lefft:", "unknown-key: lefft"),
    ];
    for (right, wrong, expected) in slips {
        let mapping = PUPILS.replacen(right, wrong, 1);
        assert_ne!(mapping, PUPILS, "{right}");
        let (sources, _, found) = read(&[("m.mapping.yaml", &mapping), ("s.sync.yaml", overlay)]);
        let shown = shown(&sources, &found);
        assert_eq!(shown.len(), 1, "{shown:?}");
        assert!(shown[0].starts_with(expected), "{shown:?}");
    }
}
