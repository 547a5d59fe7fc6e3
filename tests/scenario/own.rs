//! A project that a consultant writes from nothing: two systems of files, one mapping, one sync, as little said as can be.

use crate::town::Town;
use koppla::shell::Exit;

const DOCUMENTS: [(&str, &str); 4] = [
    (
        "systems/staff-list/system.yaml",
        "system: staff-list
connect:
  files: { folder: input, format: { csv: { separator: \";\", header: required, columns: by-name, encoding: windows-1252 } } }
entities:
  teacher:
    key: number
    read: { file: \"teachers*.csv\" }
    fields:
      number: { type: text, at: Nr }
      name:   { type: text, at: Namn, class: personal }
      mail:   { type: \"email?\", at: E-post, class: contact }
      since:  { type: date, at: Sedan, format: [yyyy-MM-dd, d/M/yyyy] }
",
    ),
    (
        "systems/address-list/system.yaml",
        "system: address-list
connect:
  files: { folder: output, format: { csv: { separator: \",\", header: required, columns: by-name, encoding: utf-8 } } }
entities:
  address:
    key: id
    write: { file: addresses.csv }
    fields:
      id:    { type: text, class: public }
      name:  { type: text, class: personal }
      mail:  { type: email, class: contact }
      since: { type: date, class: personal }
",
    ),
    (
        "addresses.mapping.yaml",
        "mapping: addresses
left: staff-list
right: address-list
maps:
  teachers:
    between: teacher -> address
    gone: remove
    fields: |
      Id:    number -> id
      Name:  name   -> name
      Mail:  mail   -> mail    else reject \"no address\"
      Since: since  -> since
",
    ),
    ("addresses.sync.yaml", "sync: addresses\nleft: staff-list\nright: address-list\n"),
];

/// The project with two teachers who can be written and one who cannot.
fn project() -> Town {
    let Town { world } = Town::empty();
    for (path, text) in DOCUMENTS {
        world.put(path, text);
    }
    world.put(
        "input/teachers1.csv",
        b"Nr;Namn;E-post;Sedan\r\n1;\xc5sa \xd6berg;asa@example.se;2020-08-01\r\n2;Bo Ek;;2021-01-01\r\n3;Cia Al;cia@example.se;1/8/2021\r\n",
    );
    Town { world }
}

#[test]
fn a_file_that_is_written_is_delivered_whole() {
    let town = project();
    town.command("koppla check --project .").ends(Exit::Done);
    town.run().ends(Exit::Found).says(&["no address", "input/teachers1.csv:3", "2 changes written"]);
    let written =
        "id,name,mail,since\r\n1,Åsa Öberg,asa@example.se,2020-08-01\r\n3,Cia Al,cia@example.se,2021-08-01\r\n";
    assert_eq!(town.output()["addresses.csv"].replace("\r\n", "\n"), written.replace("\r\n", "\n"));
    town.reborn().run().ends(Exit::Found).says(&["0 changes written"]);
    // Who is no longer in the list is no longer in the file.
    town.world.put("input/teachers1.csv", b"Nr;Namn;E-post;Sedan\r\n1;\xc5sa \xd6berg;asa@example.se;2020-08-01\r\n");
    town.reborn().run().ends(Exit::Done).says(&["1 change written"]);
    assert_eq!(town.rows("addresses.csv"), ["1,Åsa Öberg,asa@example.se,2020-08-01"]);
}

#[test]
fn a_missing_file_takes_nobody_away() {
    let town = project();
    town.run().ends(Exit::Found);
    let before = town.output();
    std::fs::remove_file(town.world.path("input/teachers1.csv")).expect("the file is there");
    town.reborn().run().ends(Exit::Found).says(&["teachers*.csv", "nothing of it counts as gone"]);
    assert_eq!(town.output(), before);
}

/// A target that can be read back, and that nobody has delivered to yet.
#[test]
fn the_first_delivery_finds_nothing_to_read() {
    let town = project();
    let (name, text) = DOCUMENTS[1];
    town.world.put(name, text.replace("    write:", "    read:  { file: addresses.csv }\n    write:"));
    town.preview().ends(Exit::Found).says(&["create address (2)"]);
    town.run().ends(Exit::Found).says(&["2 changes written"]);
    town.reborn().run().ends(Exit::Found).says(&["0 changes written"]);
    // Once something was delivered, a file that is not there is a fault: nobody is made anew behind its back.
    std::fs::remove_file(town.world.path("output/addresses.csv")).expect("the file is there");
    town.reborn().run().ends(Exit::Found).says(&["there is no such file"]);
    assert!(town.output().is_empty());
    town.command("koppla history --project .").says(&["partly done"]);
}

#[test]
fn pages_of_all_tables_with_an_index() {
    let town = project();
    let (name, text) = DOCUMENTS[2];
    town.world.put(name, text.replace("Name:  name ", "\"<b>Name & more</b>\": name "));
    town.command("koppla docs --format html --out site --project .").ends(Exit::Done).says(&["2 pages and an index"]);
    let index = town.world.text("site/index.html").expect("the index");
    let links: Vec<&str> = index.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(links.len(), 2, "{index}");
    for link in links {
        let page = town.world.text(format!("site/{link}")).expect("the page of a link");
        assert!(page.contains("<td>&lt;b&gt;Name &amp; more&lt;/b&gt;</td>") && !page.contains("<b>"), "{page}");
    }
    town.command("koppla docs --project .").ends(Exit::Usage).says(&["--format html --out DIR"]);
}

/// A field that cannot be read back is in every delivery of a whole file, also in those in which it did not change.
#[test]
fn what_cannot_be_read_back_stays_in_the_file() {
    let town = project();
    let (name, text) = DOCUMENTS[1];
    town.world.put(name, text.replace("class: contact }", "class: contact, access: write }"));
    town.run().ends(Exit::Found).says(&["2 changes written"]);
    town.world.put(
        "input/teachers1.csv",
        b"Nr;Namn;E-post;Sedan\r\n1;\xc5sa \xd6berg;asa@example.se;2020-08-01\r\n2;Bo Ek;bo@example.se;2021-01-01\r\n3;Cia Al;cia@example.se;1/8/2021\r\n",
    );
    town.reborn().run().ends(Exit::Done).says(&["1 change written"]);
    let mails: Vec<String> = town.rows("addresses.csv").iter().map(|row| crate::town::cells(row)[2].into()).collect();
    assert_eq!(mails, ["asa@example.se", "bo@example.se", "cia@example.se"]);
    town.reborn().run().ends(Exit::Done).says(&["0 changes written"]);
}

/// A first password: sent when the record is made, seen in no preview and no file of changes, and never sent again.
#[test]
fn a_first_password_goes_out_once() {
    let town = project();
    let put = |index: usize, from: &str, to: &str| {
        let (name, text) = DOCUMENTS[index];
        town.world.put(name, text.replace(from, to));
    };
    put(0, "      since:  {", "      pin:    { type: \"secret?\", at: Pin }\n      since:  {");
    put(1, "      since: {", "      code:  { type: \"secret?\", access: initial }\n      since: {");
    put(2, "      Since: since", "      Code:  pin    -> code\n      Since: since");
    let allowed = format!("{}allow: |\n  secret -> address.code because \"first sign-in\"\n", DOCUMENTS[3].1);
    town.world.put(DOCUMENTS[3].0, allowed);
    let list = |rows: &str| town.world.put("input/teachers1.csv", format!("Nr;Namn;E-post;Pin;Sedan\r\n{rows}"));
    list("1;Asa;asa@example.se;qwerty-1;2020-08-01\r\n");
    town.command("koppla preview --project . --as-of 2026-09-01 --out changes.json")
        .ends(Exit::Done)
        .hides(&["qwerty"]);
    let changes = town.world.text("changes.json").expect("the changes");
    assert!(changes.contains("$hash") && !changes.contains("qwerty"), "{changes}");
    town.run().ends(Exit::Done).says(&["1 change written"]).hides(&["qwerty"]);
    assert_eq!(town.rows("addresses.csv"), ["1,Asa,asa@example.se,qwerty-1,2020-08-01"]);
    let store = std::fs::read(town.world.path(crate::town::STORE)).expect("the store");
    assert!(!store.windows(6).any(|part| part == b"qwerty"), "the store holds the password");
    list("1;Asa;asa@example.se;qwerty-9;2020-08-01\r\n2;Bo;bo@example.se;qwerty-2;2021-08-01\r\n");
    town.reborn().run().ends(Exit::Done).says(&["1 change written"]);
    let rows = town.rows("addresses.csv");
    assert_eq!(rows, ["1,Asa,asa@example.se,,2020-08-01", "2,Bo,bo@example.se,qwerty-2,2021-08-01"]);
}
