//! `koppla privacy`: the proof and the draft, in every form.

use crate::town::{Town, said};
use koppla::shell::Exit;
use koppla::world::TestWorld;
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn every_flow_has_its_way_and_its_consent() {
    let town = Town::new();
    let said = town.command("koppla privacy --project . --format json").ends(Exit::Done);
    let report = json(&said.result);
    let flows = report["flows"].as_array().expect("flows");
    assert!(flows.len() > 15, "{}", said.result);
    for flow in flows {
        assert_eq!(flow["consent"], "not needed", "nothing here needs consent: {flow}");
        let way = flow["way"].as_array().expect("a way");
        assert!(way.len() >= 2, "{flow}");
        for step in way {
            let place = step["place"].as_str().expect("a place");
            let (file, line) = place.rsplit_once(':').expect("file and line");
            assert!(file.ends_with(".yaml") && line.parse::<u32>().is_ok_and(|line| line > 0), "{flow}");
        }
    }
    // A telephone number of a guardian: over both mappings back to the list of citizens or staff.
    let phone = flows.iter().find(|flow| flow["field"] == "user.phone" && flow["class"] == "contact").expect("a flow");
    let places: Vec<&str> =
        phone["way"].as_array().expect("a way").iter().filter_map(|step| step["place"].as_str()).collect();
    assert!(places[0].starts_with("library:systems/skolplatsen/system.yaml:"), "{phone}");
    assert!(
        places.iter().any(|place| place.starts_with("library:systems/skolplatsen/skolplatsen--roster.mapping.yaml:"))
    );
    assert!(places.last().expect("the rule").starts_with("library:systems/sds/roster--sds.mapping.yaml:"), "{phone}");
    assert!(!report["protected"].as_array().expect("a list").is_empty());
    assert!(report["record"].as_array().expect("a draft").len() >= 10);
}

#[test]
fn all_forms_say_the_same() {
    let town = Town::new();
    let of =
        |format: &str| town.command(&format!("koppla privacy --project . --format {format}")).ends(Exit::Done).result;
    let report = json(&of("json"));
    let (human, markdown, html) = (of("human"), of("markdown"), of("html"));
    let flat = human.split_whitespace().collect::<Vec<_>>().join(" ");
    for flow in report["flows"].as_array().expect("flows") {
        let field = flow["field"].as_str().expect("a field");
        let class = flow["class"].as_str().expect("a class");
        assert!(flat.contains(&format!("{field} {class}")), "{field} {class}");
        assert!(markdown.contains(&format!("| {field} | {class} |")), "{field} {class}");
        assert!(html.contains(&format!("<td>{field}</td><td>{class}</td>")), "{field} {class}");
    }
    for text in [&human, &markdown, &html] {
        assert!(text.contains("[to be filled in: why the data is passed on]"), "{text}");
    }
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
    assert_eq!(html.matches("<tr>").count(), html.matches("</tr>").count());
    let written = town.command("koppla privacy --project . --format html --out privacy.html").ends(Exit::Done);
    written.says(&["written to privacy.html"]);
    assert_eq!(town.world.text("privacy.html").as_deref(), Some(html.as_str()));
}

const SCHOOL: &str = "system: school\nconnect:\n  files: { folder: input, format: { csv: { separator: \";\" } } }\nentities:\n  pupil:\n    key: number\n    read: { file: pupils.csv }\n    fields:\n      number:   { type: text, class: personal }\n      civic_no: { type: personnummer, class: national_id }\n";

const ACCOUNTS: &str = "system: accounts\nconnect:\n  files: { folder: output, format: { csv: { separator: \",\" } } }\nwrites: { extent: whole }\ndeliver: { as: files, holds: [account], always: all }\nentities:\n  account:\n    key: id\n    write: { file: accounts.csv, remove: { by: absence } }\n    fields:\n      id:  { type: text, class: personal }\n      num: { type: \"text?\", class: national_id }\n      age: { type: \"text?\", class: personal }\n";

fn school(allow: &str) -> TestWorld {
    let world = TestWorld::new();
    world.put("systems/school/system.yaml", SCHOOL);
    world.put("systems/accounts/system.yaml", ACCOUNTS);
    world.put(
        "school--accounts.mapping.yaml",
        "mapping: school--accounts\nleft: school\nright: accounts\nmaps:\n  pupils:\n    between: pupil -> account\n    fields: |\n      Id: number -> id\n      Number: f\"{civic_no}\" -> num\n      Age: declassify(f\"{civic_no}\" | first_chars(4), \"the year of birth is on the class list\") -> age\n",
    );
    world
        .put("one.sync.yaml", format!("sync: one\nleft: {{ system: school }}\nright: {{ system: accounts }}\n{allow}"));
    world
}

#[test]
fn consent_that_is_missing_is_shown_and_ends_with_1() {
    let world = school("");
    let missing = said("koppla privacy --project .", &world).ends(Exit::Found);
    missing.says(&["account.num national_id", "MISSING: the sync is refused", "1 without consent that is needed"]);
    said("koppla check --project .", &world).ends(Exit::Found).says(&[
        "class-reaches-target",
        "1. school pupil.civic_no is national_id",
        "school--accounts.mapping.yaml",
    ]);
}

#[test]
fn consent_and_what_is_declassified_are_listed() {
    let world = school("allow: |\n  national_id -> account.num because \"contract of 1 March\"\n");
    said("koppla privacy --project .", &world).ends(Exit::Done).says(&[
        "allowed: contract of 1 March",
        "1 under consent, 0 without",
        "declassify(f\"{civic_no}\" | first_chars(4), \"the year of birth is on the class list\"): national_id becomes personal",
        "national_id in account.num: contract of 1 March",
    ]);
    // Consent that nobody needs is a warning, and is shown where it stands.
    let world = school(
        "allow: |\n  national_id -> account.num because \"contract\"\n  special -> account.age because \"in case\"\n",
    );
    said("koppla check --project .", &world).ends(Exit::Done).says(&["allow-grants-nothing", "one.sync.yaml"]);
}

#[test]
fn what_a_customer_has_otherwise_is_shown_beside_the_standard() {
    let town = Town::new();
    let said = town.command("koppla overlay --project .").ends(Exit::Done);
    assert!(said.result.lines().all(|line| line.chars().count() <= 100), "{}", said.result);
    said.says(&[
        "exempelkommunen-sds: 3 differences from the standard",
        "classes (roster--sds) title replaced standard g.display_name -> title (library:systems/sds/roster--sds.mapping.yaml:",
        "here f\"{g.display_name} {school.o.display_name}\" -> title because \"3A exists at two schools\" (exempelkommunen-sds.sync.yaml:",
        "sms off standard",
        "because text messages go through another system, agreed 2026-05-02",
        "desks (roster--sds) where narrowed here t.duty.duty_role != \"Fritidspedagog\"",
    ]);
    let report = json(&town.command("koppla overlay --project . --format json").ends(Exit::Done).result);
    let what: Vec<&str> =
        report["differences"].as_array().expect("a list").iter().filter_map(|one| one["what"].as_str()).collect();
    assert_eq!(what, ["replaced", "off", "narrowed"]);
}

/// A rule that the customer once wanted and that the standard has now.
#[test]
fn a_difference_that_is_none_is_a_finding() {
    let town = Town::new();
    let sync = town.world.text("exempelkommunen-sds.sync.yaml").expect("the sync");
    let own = "f\"{g.display_name} {school.o.display_name}\" -> title";
    assert!(sync.contains(own));
    town.world.put("exempelkommunen-sds.sync.yaml", sync.replace(own, "g.display_name -> title"));
    town.command("koppla check --project .")
        .ends(Exit::Done)
        .says(&["overlay-changes-nothing", "the standard says the same"]);
}

/// A system that knows its people by their national ids alone: each sync that uses it says that this is meant.
#[test]
fn a_national_id_in_an_address_needs_a_consent_of_its_own() {
    let system = "system: accounts
settings: { base: url }
connect:
  http: { base: \"{{ settings.base }}\" }
entities:
  account:
    key: civic_no
    read: { get: /accounts, select: \"$.data[*]\" }
    write:
      create: { post: /accounts, json: \"{{ wire }}\" }
      update: { patch: \"/accounts/{{ record.civic_no }}\", json: \"{{ wire.changed }}\", repeatable: yes }
    fields:
      civic_no: { type: personnummer, class: national_id }
      name:     { type: text, class: personal }
";
    let school = "system: school
connect:
  files: { folder: input, format: { csv: { separator: \";\" } } }
entities:
  pupil:
    key: civic_no
    read: { file: pupils.csv }
    fields:
      civic_no: { type: personnummer, class: national_id }
      name:     { type: text, class: personal }
";
    let mapping = "mapping: school--accounts
left:  school
right: accounts
maps:
  pupils:
    between: pupil -> account
    fields: |
      Number: civic_no -> civic_no
      Name:   name     -> name
";
    let sync = |name: &str, grants: &str| {
        let right = "{ system: accounts, settings: { base: \"https://accounts.example\" } }";
        format!(
            "sync: {name}\nleft: school\nright: {right}\nallow: |\n  national_id -> account.civic_no because \"agreed\"\n{grants}"
        )
    };
    let said = |syncs: &[(&str, &str)]| {
        let world = TestWorld::new();
        world.put("systems/accounts/system.yaml", system);
        world.put("systems/school/system.yaml", school);
        world.put("school--accounts.mapping.yaml", mapping);
        for (name, grants) in syncs {
            world.put(format!("{name}.sync.yaml"), sync(name, grants));
        }
        Town { world }.command("koppla check --project .")
    };
    let meant = "  national_id -> address.account.civic_no because \"it knows no other key\"\n";
    said(&[("north", "")])
        .ends(Exit::Found)
        .says(&["class-in-address", "allow `national_id -> address.account.civic_no`"]);
    said(&[("north", meant)]).ends(Exit::Done).says(&["no findings"]);
    said(&[("north", meant), ("south", "")]).ends(Exit::Found).says(&["class-in-address"]);
    let name = "  national_id -> address.account.name because \"nobody sends this\"\n";
    said(&[("north", &format!("{meant}{name}"))]).says(&["allow-grants-nothing", "address.account.name"]);
    let special = "  special -> address.account.civic_no because \"no such thing\"\n";
    said(&[("north", special)]).ends(Exit::Found).says(&["class-in-address", "allow-grants-nothing"]);
}
