//! Values that the target would refuse: they are found before anything is delivered, and keep nobody else back.

use crate::town::{STORE, Town, same, takes_accounts};
use koppla::shell::Exit;

#[test]
fn a_value_that_is_too_long_rejects_its_record_alone() {
    let town = Town::settled();
    let classes = town.rows("classes.csv");
    let long = "A".repeat(300);
    town.replace("Grupp", "1002;;", ";1A;", &format!(";{long};"));
    town.replace("Grupp", "1004;;", ";2A;", ";2 A;");
    let said = town.run().ends(Exit::Found);
    said.says(&["classes: title: is longer than 256 characters", "update          1  class"]).hides(&[&long]);
    let after = town.rows("classes.csv");
    assert_eq!(classes.iter().filter(|row| after.contains(row)).count(), classes.len() - 1);
    assert!(!town.output()["classes.csv"].contains(&long));
    town.is_sound();
}

#[test]
fn who_refers_to_a_record_that_does_not_fit_is_held_with_it() {
    let town = Town::new();
    town.replace("Grupp", "1002;;", ";1A;", &format!(";{};", "A".repeat(300)));
    town.run()
        .ends(Exit::Found)
        .says(&["classes: title: is longer than 256 characters", "seats: class leads to a record"]);
    town.is_sound();
}

/// What is rejected is sent as last delivered. Where nobody can tell any more what that was, nothing is delivered: the target
/// would take the record for gone. What is not rejected is remembered anew.
#[test]
fn what_the_store_cannot_tell_any_more_is_not_left_out_of_a_delivery() {
    let town = Town::settled();
    let files = town.output();
    let store = rusqlite::Connection::open(town.world.path(STORE)).expect("a store");
    let tear = "UPDATE links SET vals = substr(vals, 1, length(vals) - 1) WHERE entity = 'class' AND instr(CAST(vals AS TEXT), '\"1A ')";
    assert_eq!(store.execute(tear, []), Ok(2));
    drop(store);
    let group = |from: &str, to: &str| town.replace("Grupp", "1002;;", from, to);
    let long = format!(";{};", "A".repeat(300));
    group(";1A;", &long);
    town.newcomer();
    town.run().ends(Exit::Usage).says(&["class 238fd716-b795-57b8-848b-df8e9c65ac1a: ", "nothing was delivered"]);
    same(&town.output(), &files);
    group(&long, ";1A;");
    town.run().says(&["update          2  class"]);
    assert_eq!(town.rows("classes.csv").len(), files["classes.csv"].lines().count() - 1);
    town.is_sound();
}

/// `username` is unique: whose it is cannot be guessed, so nobody gets it who has not got it already.
#[test]
fn two_new_people_with_one_address_are_both_held() {
    let town = Town::settled();
    assert!(!town.output()["users.csv"].contains("alma.mullerlind@"));
    let said = town.run().ends(Exit::Found);
    said.says(&["username must be unique, and is also that of "]).hides(&["mullerlind"]);
    town.is_sound();
}

#[test]
fn somebody_who_takes_the_address_of_another_is_held_as_last_sent() {
    let town = Town::settled();
    let before = (town.output(), town.remembered()["links"].clone());
    town.replace("Folkbokforing", "elis.hagg@", "elis.hagg@", "otto.afugglas@");
    let said = town.preview().ends(Exit::Found);
    said.says(&["username must be unique, and is also that of "]).hides(&["otto.afugglas", "elis.hagg"]);
    town.run().ends(Exit::Found).says(&["username must be unique, and is also that of ", "0 changes written"]);
    same(&town.output(), &before.0);
    assert_eq!(town.remembered()["links"], before.1);
    // When the other one gives it up, it is free.
    town.replace("Folkbokforing", "af Ugglas;otto.afugglas@", "otto.afugglas@", "otto@");
    town.run().ends(Exit::Found).says(&["update          2  user"]);
    town.is_sound();
}

#[test]
fn two_people_may_exchange_their_addresses() {
    let town = Town::settled();
    town.replace("Folkbokforing", "elis.hagg@", "elis.hagg@", "somebody@");
    town.replace("Folkbokforing", "otto.afugglas@", "otto.afugglas@", "elis.hagg@");
    town.replace("Folkbokforing", "somebody@", "somebody@", "otto.afugglas@");
    town.run().ends(Exit::Found).says(&["update          2  user"]);
    town.is_sound();
}

/// The address of somebody who is rejected today is still theirs.
#[test]
fn the_address_of_a_held_record_is_not_free() {
    let town = Town::settled();
    town.replace("Elev", "5004;", "2026-08-17", "0000-00-00");
    town.replace("Folkbokforing", "elis.hagg@", "elis.hagg@", "otto.afugglas@");
    town.run().ends(Exit::Found).says(&["username must be unique, and is also that of ", "0 changes written"]);
    town.is_sound();
}

/// A file in which nothing is quoted has no place for a name with the separator in it: that class is left out with its
/// reason, the others go.
#[test]
fn a_text_that_the_file_has_no_place_for_rejects_its_record_alone() {
    let town = Town::new();
    let text = town.library_system("sds").replace("quote: '\"'", "quote: none").replace("quote_when: needed", "");
    town.world.put("systems/sds/system.yaml", text);
    town.replace("Grupp", "1002;;", ";1A;", ";1,A;");
    let said = town.run().ends(Exit::Found);
    said.says(&[
        "classes: title: the separator stands in it, and nothing is quoted in this dialect",
        "changes written",
    ]);
    assert!(town.output()["classes.csv"].lines().count() > 5);
    assert!(!town.output()["classes.csv"].contains("1,A"));
    town.is_sound();
}

/// A rule that gives the empty text gives nothing, but to a field that takes it for a value: there it is written, and read back.
#[test]
fn an_empty_text_is_a_value_only_where_the_field_says_so() {
    let cases = [
        ("text", ["users: login is required, but empty", "create          1  account"], "id,login\n1,anna\n"),
        ("text?", ["create          2  account", "0 failed"], "id,login\n1,anna\n2,\n"),
        ("text, empty_is_value: true", ["create          2  account", "0 failed"], "id,login\n1,anna\n2,\n"),
    ];
    for (login, words, delivered) in cases {
        let town = Town::empty();
        let ty = login.replacen("text?", "\"text?\"", 1);
        let fields = format!("id: {{ type: text, class: public }}, login: {{ type: {ty}, class: public }}");
        let read = "    read:  { file: accounts.csv }\n    write:";
        let register = "system: register
connect: { files: { folder: input, format: { csv: {} } } }
entities:
  pupil:
    key: id
    read: { file: pupils.csv }
    fields: { id: { type: text, class: public }, login: { type: \"text?\", class: public } }
";
        let mapping = "mapping: register--directory
left:  register
right: directory
maps:
  users:
    between: pupil -> account
    match: |
      id == id
    fields: |
      id:     id          -> id
      login:  login ?? \"\" -> login
";
        town.world.put("systems/register/system.yaml", register);
        town.world
            .put("systems/directory/system.yaml", takes_accounts("directory", &fields).replace("    write:", read));
        town.world.put("register--directory.mapping.yaml", mapping);
        town.world.put("school.sync.yaml", "sync: school\nleft: register\nright: directory\n");
        town.world.put("input/pupils.csv", "id,login\n1,anna\n2,\n");
        town.command("koppla run --project .").says(&words);
        assert_eq!(town.output()["accounts.csv"], delivered, "{login}");
        town.command("koppla run --project .").says(&["0 changes written"]);
    }
}
