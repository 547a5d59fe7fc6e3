//! Change sets that are kept in a file: by whom they may be read, and what becomes of them when the world has moved on.

use crate::town::{Town, same};
use koppla::shell::Exit;

const FILE: &str = "tonight.changes";

/// Keeps what a night would change.
fn kept(town: &Town) {
    town.command("koppla preview --project . --as-of 2026-09-01 --out tonight.changes")
        .says(&["kept in tonight.changes"]);
}

fn apply(town: &Town) -> crate::town::Said {
    town.command("koppla apply tonight.changes --project .")
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let town = Town::new();
    town.world.put(FILE, "an older file that everybody may read");
    kept(&town);
    let mode = std::fs::metadata(town.world.path(FILE)).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn applied_and_applied_again() {
    let town = Town::new();
    kept(&town);
    apply(&town).ends(Exit::Found).says(&["902 changes written"]);
    town.is_sound();
    let before = (town.output(), town.remembered());
    apply(&town).ends(Exit::Found).says(&["0 changes written", "902 changes are stale and were not written"]);
    same(&town.output(), &before.0);
    same(&town.remembered(), &before.1);
    town.run().says(&["0 changes written"]);
}

/// Of a change set whose world has moved on, only what is still true is written.
#[test]
fn what_has_moved_on_is_not_written() {
    let town = Town::settled();
    town.replace("Elev", "5003;", ";Elis;", ";Elise;");
    town.replace("Elev", "5004;", ";Otto;", ";Ottokar;");
    kept(&town);
    town.replace("Elev", "5003;", ";Elise;", ";Elisa;");
    apply(&town).ends(Exit::Found).says(&["1 change written", "1 change is stale and was not written"]);
    let users = &town.output()["users.csv"];
    assert!(
        users.contains("Ottokar") && users.contains(",Elis,") && !users.contains("Elise") && !users.contains("Elisa")
    );
    town.is_sound();
}

/// A change that leans on one that is stale is not written either: nothing refers to somebody who is not there.
#[test]
fn what_leans_on_a_stale_change_is_stale() {
    let town = Town::settled();
    let before = town.output();
    town.newcomer();
    kept(&town);
    town.replace("Elev", "5900;", ";Ny;", ";Nya;");
    apply(&town).ends(Exit::Found).says(&["0 changes written", "stale"]);
    same(&town.output(), &before);
    town.is_sound();
    town.run().ends(Exit::Found).says(&["create          1  user"]);
    town.is_sound();
}

#[test]
fn altered_by_somebody() {
    let town = Town::new();
    kept(&town);
    let text = town.world.text(FILE).expect("the file");
    town.world.put(FILE, text.replacen("Björkskolan", "Bjorkskolan", 1));
    let before = town.world.tree();
    apply(&town).ends(Exit::Usage).says(&["tonight.changes: this change set was altered after it was made"]);
    assert_eq!(town.world.tree(), before);
}

#[test]
fn cut_off() {
    let town = Town::new();
    kept(&town);
    let text = town.world.text(FILE).expect("the file");
    for cut in [0, 1, text.len() / 2, text.len() - 3] {
        town.world.put(FILE, &text[..text.floor_char_boundary(cut)]);
        let before = town.world.tree();
        apply(&town).ends(Exit::Usage).says(&["tonight.changes: this is no change set, or it was cut off"]);
        assert_eq!(town.world.tree(), before);
    }
    std::fs::remove_file(town.world.path(FILE)).expect("the file");
    apply(&town).ends(Exit::Usage).says(&["tonight.changes cannot be read"]);
}

/// A guard judges what is applied, as it judges a run.
#[test]
fn guards_stop_what_is_applied() {
    let town = Town::settled();
    let before = town.output();
    for pupil in 5001..=5030 {
        town.leaves(&pupil.to_string());
    }
    kept(&town);
    apply(&town).ends(Exit::Stopped).says(&["stopped by a guard"]);
    same(&town.output(), &before);
}

/// A full disk in the middle of the file leaves no file that could be taken for whole.
#[test]
fn the_disk_is_full_when_it_is_kept() {
    let town = Town::new();
    town.world.fill_disk_at(1);
    let said = town.command("koppla preview --project . --as-of 2026-09-01 --out tonight.changes");
    said.ends(Exit::Usage).says(&["tonight.changes cannot be written"]);
    apply(&town.reborn()).ends(Exit::Usage);
}
