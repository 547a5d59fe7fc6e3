//! Records that cannot be right: each is rejected or held with file and line, and all others go on.

use crate::town::{Town, same};
use koppla::shell::Exit;

/// Changes the input of a settled town and works two nights: nothing is written, and the words are said in both.
#[track_caller]
fn nothing_changes(spoil: impl FnOnce(&Town), words: &[&str]) {
    let town = Town::settled();
    let before = (town.output(), town.linked());
    spoil(&town);
    for _ in 0..2 {
        town.run().ends(Exit::Found).says(words).says(&["0 changes written"]);
        same(&town.output(), &before.0);
        assert_eq!(town.linked(), before.1);
        town.is_sound();
    }
}

#[test]
fn a_duplicate_key() {
    let double = |town: &Town| town.edit("Grupp", |lines| lines.push(lines[2].replace(";1A;", ";1B;")));
    let words = [
        "group: id: the key is there twice, and the first row counts (input/Exk_GruppData.csv:57 after input/Exk_GruppData.csv:3)",
    ];
    nothing_changes(double, &words);
}

#[test]
fn a_reference_to_nobody() {
    let lose = |town: &Town| town.replace("Grupp", "1002;;", ";10;", ";77;");
    nothing_changes(lose, &["group unit: refers to a record that is not there (input/Exk_GruppData.csv:3"]);
}

/// A pupil whose school was mistyped is still there, and so is the person behind the row.
#[test]
fn a_key_that_refers_to_nobody() {
    let lose = |town: &Town| town.replace("Elev", "5077;", ";30;", ";77;");
    nothing_changes(lose, &["pupil unit: refers to a record that is not there", "input/Exk_ElevData.csv:90"]);
}

#[test]
fn dates_that_stand_for_no_date() {
    let open = |town: &Town| {
        town.replace("Elev", "5003;", "9999-12-31", "0000-00-00");
        town.replace("Grupp", "1002;;", "9999-12-31", "");
        town.replace("Personal", "SVDE;Lärare;10;", "9999-12-31", "0000-00-00");
    };
    nothing_changes(open, &["0 changes written"]);
}

#[test]
fn a_date_that_must_be_there_is_a_row_of_noughts() {
    let spoil = |town: &Town| town.replace("Elev", "5003;", "2026-08-17", "0000-00-00");
    nothing_changes(spoil, &["rejected", "pupil", "input/Exk_ElevData.csv:4"]);
}

#[test]
fn a_wrong_check_digit_is_a_warning() {
    let mistype = |town: &Town| {
        town.replace("Elev", "5003;", "201407022399", "201407022394");
        town.replace("Folkbokforing", "elis.hagg@", "201407022399", "201407022394");
    };
    nothing_changes(mistype, &["pupil personnummer: has a wrong check digit (first: input/Exk_ElevData.csv:4)"]);
}

/// Rejected today and linked before: not gone, and sent as last delivered.
#[test]
fn a_record_rejected_today_and_linked_before_stays_as_last_sent() {
    let spoil = |town: &Town| {
        town.replace("Folkbokforing", "elis.hagg@", "elis.hagg@example.se", "saknas");
        town.replace("Elev", "5003;", ";Elis;", ";Elise;");
    };
    let words = ["rejected", "citizen epost: is no e-mail address (input/Exk_FolkbokforingData.csv:7"];
    nothing_changes(spoil, &words);
}

/// While one record is rejected, others may leave: who is missing and was not rejected is gone.
#[test]
fn others_leave_while_a_record_is_rejected() {
    let town = Town::settled();
    let before = town.rows("users.csv").len();
    town.replace("Folkbokforing", "elis.hagg@", "elis.hagg@example.se", "saknas");
    town.leaves("5077");
    town.run().ends(Exit::Found).says(&["remove          1  user", "remove          1  role"]);
    assert_eq!(town.rows("users.csv").len(), before - 1);
    town.is_sound();
}

#[test]
fn a_pupil_leaves() {
    let town = Town::settled();
    let before = town.output();
    town.leaves("5077");
    town.run().ends(Exit::Found).says(&[
        "remove          1  user",
        "remove          1  role",
        "remove          2  enrollment",
    ]);
    assert_eq!(town.rows("users.csv").len(), before["users.csv"].lines().count() - 2);
    town.is_sound();
    town.run().says(&["0 changes written"]);
}
