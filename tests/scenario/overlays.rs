//! Layers over the standard, and what becomes of them when the standard changes: a library is upgraded, and each customer
//! is told what that means, row by row.

use crate::town::{Town, takes_accounts};
use koppla::shell::Exit;

const LIST: &str = "system: list
connect:
  files: { folder: input, format: { csv: { separator: \";\" } } }
entities:
  pupil:
    key: number
    read: { file: pupils.csv }
    fields: { number: text, name: text, nick: text?, class: text?, town: text? }
";
const MAPPING: &str = "mapping: list--book
left: list
right: book
maps:
  pupils:
    between: pupil -> account
    fields: |
      Number:  number -> id
      Name:    name   -> name
      Class:   class  -> group
      Town:    town   -> place
";
const SYNC: &str = "sync: SCHOOL
provider: north
left: { system: list }
right: { system: book }
";

/// A project of one school; `change` is what stands behind its sync.
fn project(change: &str) -> Town {
    let Town { world } = Town::empty();
    world.put("systems/list/system.yaml", LIST);
    world.put(
        "systems/book/system.yaml",
        takes_accounts("book", "id: text, name: text, group: text?, place: text?, note: text?"),
    );
    world.put("list--book.mapping.yaml", MAPPING);
    world.put("north.provider.yaml", "provider: north\n");
    world.put("input/pupils.csv", "number;name;nick;class;town\n1;Anna;Nan;7A;Lund\n");
    let town = Town { world };
    school(&town, "norra", change);
    town
}

fn school(town: &Town, name: &str, change: &str) {
    town.world.put(format!("{name}.sync.yaml"), format!("{}{change}", SYNC.replace("SCHOOL", name)));
}

/// Another text in the standard.
fn upgrade(town: &Town, from: &str, to: &str) {
    let text = town.world.text("list--book.mapping.yaml").expect("the mapping");
    assert!(text.contains(from), "{from}");
    town.world.put("list--book.mapping.yaml", text.replace(from, to));
}

fn check(town: &Town) -> crate::town::Said {
    town.command("koppla check --project .")
}

#[test]
fn layers_of_provider_customer_and_school_lie_over_one_another_in_this_order() {
    let own = "overlays: kommunen\nchange:\n  pupils:\n    fields: |\n      Town: \"school\" -> place because \"c\"\n";
    let town = project(own);
    let rows = |text: &str| {
        let rows = ["Name", "Class", "Town"].iter().zip(["name", "group", "place"]);
        rows.map(|(label, field)| format!("      {label}: \"{text}\" -> {field} because \"{text}\"\n"))
            .collect::<String>()
    };
    let provider = rows("provider");
    town.world.put("north.provider.yaml", format!("provider: north\nchange:\n  pupils:\n    fields: |\n{provider}"));
    let customer = rows("customer").replace("      Name: \"customer\" -> name because \"customer\"\n", "");
    town.world
        .put("kommunen.overlay.yaml", format!("overlay: kommunen\nchange:\n  pupils:\n    fields: |\n{customer}"));
    check(&town).ends(Exit::Done);
    town.command("koppla run --project . --as-of 2026-09-01").ends(Exit::Done);
    let delivered = town.world.text("output/accounts.csv").expect("a file");
    assert_eq!(delivered.lines().nth(1), Some("1,provider,customer,school,"), "{delivered}");
    // Where a rule comes from is said where it is shown.
    town.command("koppla plan --project .").ends(Exit::Done).says(&[
        "(provider north)",
        "(overlay kommunen)",
        "(overlay of this sync)",
    ]);
    let shown = town.command("koppla overlay --project .").ends(Exit::Done);
    shown.says(&["6 differences", "by provider north", "by overlay kommunen"]);
}

#[test]
fn overlays_in_a_circle_and_two_of_one_level_are_found() {
    let town = project("overlays: [a]\n");
    let overlay = |name: &str, over: &str| {
        format!("overlay: {name}\n{over}change:\n  pupils:\n    fields: |\n      Town: off because \"{name}\"\n")
    };
    town.world.put("a.overlay.yaml", overlay("a", "over: b\n"));
    town.world.put("b.overlay.yaml", overlay("b", "over: a\n"));
    check(&town).ends(Exit::Found).says(&["error[cycle]", "leads back to itself"]);
    town.world.put("a.overlay.yaml", overlay("a", ""));
    town.world.put("b.overlay.yaml", overlay("b", "").replace("off because", "nick -> place because"));
    school(&town, "norra", "overlays: [a, b]\n");
    check(&town).ends(Exit::Found).says(&["error[replaced-twice]", "a.overlay.yaml", "b.overlay.yaml"]);
    // Shared overlays may speak of maps that this sync does not have, but not of maps that nobody has.
    town.world.put("b.overlay.yaml", "overlay: b\nchange:\n  pupls:\n    fields: |\n      Town: off\n");
    check(&town).ends(Exit::Found).says(&["error[unknown-map-in-overlay]", "did you mean `pupils`"]);
}

#[test]
fn an_upgrade_of_the_standard_is_walked_through_row_by_row() {
    let own = "change:\n  pupils:\n    fields: |\n      Name:  nick ?? name -> name because \"called so\"\n      Class: class -> group once because \"by hand later\"\n      Town:  off because \"not wanted\"\n";
    let town = project(own);
    check(&town).ends(Exit::Done).hides(&["warning", "error"]);
    town.command("koppla overlay norra --merge --project .").ends(Exit::Usage).says(&["was never noted"]);
    town.command("koppla overlay norra --note --project .").ends(Exit::Done).says(&["norra.standard.yaml"]);
    check(&town).ends(Exit::Done).hides(&["warning", "error"]);
    town.command("koppla overlay norra --merge --project .").ends(Exit::Done).says(&["nothing to decide"]);

    upgrade(&town, "Number:  number -> id", "Number:  f\"{number}\" -> id");
    upgrade(&town, "Name:    name   -> name", "Name:    f\"{name}.\" -> name");
    upgrade(&town, "Class:   class  -> group", "Class:   class  -> group  once");
    upgrade(&town, "Town:    town   -> place", "Place:   town   -> place");
    let said = check(&town).ends(Exit::Found);
    said.says(&["warning[standard-has-changed]", "error[unknown-label-in-overlay]", "koppla overlay --merge"]);
    let merge = town.command("koppla overlay norra --merge --project . --format json").ends(Exit::Found);
    let merge: serde_json::Value = serde_json::from_str(&merge.result).expect("JSON");
    let rows = merge["changed"].as_array().expect("rows").iter();
    let rows: Vec<(&str, &str)> =
        rows.map(|row| (row["label"].as_str().expect("a label"), row["outcome"].as_str().expect("a word"))).collect();
    assert_eq!(
        rows,
        [("Number", "taken"), ("Name", "conflict"), ("Class", "redundant"), ("Place", "taken"), ("Town", "vanished"),]
    );
    let shown = town.command("koppla overlay norra --merge --project .").ends(Exit::Found);
    shown.says(&["was name -> name", "is f\"{name}.\" -> name", "here nick ?? name -> name", "2 to decide"]);

    // The consultant decides, and notes that it was looked at.
    let decided = "change:\n  pupils:\n    fields: |\n      Name:  nick ?? name -> name because \"called so\"\n      Place: off because \"not wanted\"\n";
    school(&town, "norra", decided);
    town.command("koppla overlay norra --note --project .").ends(Exit::Done);
    check(&town).ends(Exit::Done).hides(&["warning", "error"]);
    let again = town.world.text("norra.standard.yaml").expect("a document");
    town.command("koppla overlay norra --note --project .").ends(Exit::Done);
    assert_eq!(town.world.text("norra.standard.yaml"), Some(again), "noting twice is noting once");
}

#[test]
fn a_row_that_a_line_replaced_and_that_is_gone_is_an_error_and_no_new_rule() {
    let town = project("change:\n  pupils:\n    fields: |\n      Town: nick -> place because \"so\"\n");
    town.command("koppla overlay --note --project .").ends(Exit::Done);
    upgrade(&town, "      Town:    town   -> place\n", "");
    check(&town).ends(Exit::Found).says(&["error[vanished-rule]", "`Town` is no row of the standard any more"]);
    // A whole map by another name.
    upgrade(&town, "  pupils:", "  children:");
    check(&town).ends(Exit::Found).says(&["error[unknown-map-in-overlay]"]);
    let merge = town.command("koppla overlay --merge --project .").ends(Exit::Found);
    merge.says(&["Town: vanished", "children Number: taken"]);
}

#[test]
fn the_impact_of_a_mapping_is_said_for_every_sync_of_a_folder() {
    let town = project("");
    school(&town, "södra", "change:\n  pupils:\n    fields: |\n      Class: nick -> group because \"so\"\n");
    school(&town, "västra", "");
    for name in ["norra", "södra"] {
        town.command(&format!("koppla overlay {name} --note --project .")).ends(Exit::Done);
    }
    let impact = |exit| town.command("koppla overlay --impact list--book --project .").ends(exit);
    impact(Exit::Done).says(&["3 syncs over it", "norra not touched", "södra not touched", "västra never noted"]);
    upgrade(&town, "Class:   class  -> group", "Class:   class  -> group  fill");
    impact(Exit::Found).says(&["norra 1 row changed, nothing to decide", "södra 1 row changed, TO DECIDE: Class"]);
    let near = town.command("koppla overlay --impact list-book --project .").ends(Exit::Usage);
    near.says(&["did you mean list--book?"]);
}
