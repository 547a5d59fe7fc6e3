//! A source that sends all records now and then, and what has changed in between: OneRoster in CSV.

use crate::town::Town;
use koppla::shell::Exit;

const DOCUMENTS: [(&str, &str); 3] = [
    (
        "systems/accounts/system.yaml",
        "system: accounts
connect:
  files: { folder: output, format: { csv: {} } }
writes: { extent: whole }
deliver: { as: files, holds: [account], always: all }
entities:
  account:
    key: id
    write: { file: accounts.csv, remove: { by: absence } }
    fields: { id: text, name: text }
",
    ),
    (
        "accounts.mapping.yaml",
        "mapping: accounts
left:  oneroster-1-1
right: accounts
maps:
  pupils:
    between: user -> account
    where: role == \"student\"
    gone: remove
    fields: |
      Id:   id                             -> id
      Name: f\"{given_name} {family_name}\"  -> name
",
    ),
    (
        "accounts.sync.yaml",
        "sync: accounts
left:  { system: oneroster-1-1, settings: { deliveries: \"*\" } }
right: accounts
guard: { remove: 50%, shrinks: 10%, floor: 0 }
",
    ),
];

const HEADER: &str = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n";

/// A row of a user: id, status, given name.
fn user((id, status, name): &(&str, &str, &str)) -> String {
    let changed = if status.is_empty() { "" } else { "2026-09-01T06:00:00.000Z" };
    format!("{id},{status},{changed},true,s1,student,{id}@elev.example,,{name},Ek,,,,,,,7,\n")
}

fn town() -> Town {
    let Town { world } = Town::empty();
    DOCUMENTS.iter().for_each(|(path, text)| world.put(path, text));
    Town { world }
}

impl Town {
    /// A delivery of users.
    fn delivered(&self, name: &str, word: &str, users: &[(&str, &str, &str)]) {
        let manifest = format!("propertyName,value\noneroster.version,1.1\nfile.users,{word}\n");
        self.world.put(format!("input/{name}/manifest.csv"), manifest);
        let rows: String = users.iter().map(user).collect();
        self.world.put(format!("input/{name}/users.csv"), format!("{HEADER}{rows}"));
    }
}

/// The first night of ten pupils.
fn settled() -> Town {
    let town = town();
    let names = ["Åsa", "Bo", "Cia", "Dag", "Eva", "Finn", "Gry", "Hans", "Ida", "Jon"];
    let ids: Vec<String> = (1..=10).map(|number| format!("p{number}")).collect();
    let users: Vec<_> = ids.iter().zip(names).map(|(id, name)| (id.as_str(), "", name)).collect();
    town.delivered("2026-09-01", "bulk", &users);
    town.run().ends(Exit::Done).says(&["10 changes written"]);
    town
}

#[test]
fn changes_are_read_onto_the_last_whole_delivery() {
    let town = settled();
    town.delivered("2026-09-02", "delta", &[("p2", "active", "Bosse"), ("p11", "active", "Kim")]);
    town.run().ends(Exit::Done).says(&["2 changes written", "have changed or ended: 1"]);
    town.delivered("2026-09-03", "delta", &[("p2", "active", "Bo Ivar"), ("p3", "tobedeleted", "Cia")]);
    town.run().ends(Exit::Done).says(&["2 changes written", "remove          1"]);
    let mapped = town.command("koppla map --project .").ends(Exit::Done).says(&["changed or ended: 3"]);
    assert_eq!(mapped.result.matches("p2,").count(), 1, "{}", mapped.result);
    assert!(mapped.result.contains("p2,Bo Ivar Ek\n") && !mapped.result.contains("p3,"), "{}", mapped.result);
    let rows = town.rows("accounts.csv");
    assert_eq!(rows.len(), 10, "{rows:?}");
    assert!(rows.contains(&"p2,Bo Ivar Ek".to_string()) && rows.contains(&"p11,Kim Ek".to_string()), "{rows:?}");
    assert!(!rows.iter().any(|row| row.starts_with("p3,")), "{rows:?}");
    town.run().ends(Exit::Done).says(&["0 changes written"]);
    // Rows that were changed or ended are not counted: the next whole delivery is no source that shrank.
    let names = ["Åsa", "Bo Ivar", "Dag", "Eva", "Finn", "Gry", "Hans", "Ida", "Jon", "Kim"];
    let ids = ["p1", "p2", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11"];
    let users: Vec<_> = ids.iter().zip(names).map(|(id, name)| (*id, "", name)).collect();
    town.delivered("2026-09-07", "bulk", &users);
    town.run().ends(Exit::Done).says(&["0 changes written"]).hides(&[
        "shrank",
        "earlier deliveries",
        "unknown columns",
    ]);
}

/// Somebody who was ended comes back with a later delivery.
#[test]
fn the_later_row_counts_also_when_it_brings_somebody_back() {
    let town = settled();
    town.delivered("2026-09-02", "delta", &[("p3", "tobedeleted", "Cia")]);
    town.run().ends(Exit::Done).says(&["1 change written"]);
    town.delivered("2026-09-03", "delta", &[("p3", "active", "Cia")]);
    town.run().ends(Exit::Done).says(&["1 change written"]);
    assert_eq!(town.rows("accounts.csv").len(), 10);
}

/// Works a night with deliveries that cannot be read: nothing is lost.
#[track_caller]
fn nothing_is_lost(spoil: impl FnOnce(&Town), words: &[&str]) {
    let town = settled();
    let before = town.output();
    spoil(&town);
    town.run().ends(Exit::Found).says(words).says(&["INCOMPLETE: nothing of it counts as gone", "0 changes written"]);
    assert_eq!(town.output(), before);
}

#[test]
fn changes_without_the_whole_delivery_make_nobody_gone() {
    let spoil = |town: &Town| {
        std::fs::remove_dir_all(town.world.path("input/2026-09-01")).expect("a delivery");
        town.delivered("2026-09-02", "delta", &[("p2", "active", "Bosse")]);
    };
    nothing_is_lost(spoil, &["input/2026-09-02/users.csv holds only what has changed"]);
}

#[test]
fn a_delivery_that_is_there_by_half_makes_nobody_gone() {
    let spoil = |town: &Town| {
        town.delivered("2026-09-02", "delta", &[]);
        std::fs::remove_file(town.world.path("input/2026-09-02/users.csv")).expect("a file");
    };
    nothing_is_lost(spoil, &["input/2026-09-02/users.csv: there is no such file, although", "says `delta`"]);
    let spoil = |town: &Town| {
        town.delivered("2026-09-02", "delta", &[("p2", "active", "Bosse")]);
        std::fs::remove_file(town.world.path("input/2026-09-02/manifest.csv")).expect("a file");
    };
    nothing_is_lost(spoil, &["input/2026-09-02/manifest.csv: there is no such file; it tells whether"]);
}

#[test]
fn an_unknown_word_in_a_manifest_makes_nobody_gone() {
    let spoil = |town: &Town| town.delivered("2026-09-02", "partial", &[("p2", "active", "Bosse")]);
    nothing_is_lost(spoil, &["input/2026-09-02/manifest.csv, line 3: the word for `file.users` is none of `bulk`"]);
}

/// Changes from before the whole delivery are in it already.
#[test]
fn changes_from_before_the_whole_delivery_do_not_count() {
    let town = settled();
    town.delivered("2026-08-31", "delta", &[("p2", "active", "Bosse"), ("p3", "tobedeleted", "Cia")]);
    town.run().ends(Exit::Done).says(&["0 changes written"]);
}
