//! People who are protected. From the moment of their marking nothing about them is sent, remembered or shown.

use crate::town::{Said, Town, same};
use koppla::shell::Exit;

/// Words that lead to the pupil 5003, who has a name that nobody else has.
const PLANTED: [&str; 6] =
    ["Zebulonia", "Kvarnskymling", "zebulonia.k@example.se", "201407022399", "2014-07-02", "140702-2399"];

/// The example with a pupil whose every word is found again.
fn planted() -> Town {
    plant(Town::new())
}

fn plant(town: Town) -> Town {
    town.replace("Elev", "5003;", ";Elis;Hägg;", ";Zebulonia;Kvarnskymling;");
    town.replace("Folkbokforing", "elis.hagg@", ";Elis;Hägg;elis.hagg@", ";Zebulonia;Kvarnskymling;zebulonia.k@");
    town
}

/// Marks the pupil.
fn mark(town: &Town) {
    town.replace("Elev", "5003;", "Ängsstigen 28", "Skyddad adress");
    town.replace("Folkbokforing", "zebulonia.k@", "Ängsstigen 28", "Skyddad adress");
}

/// Asserts that none of the planted words is in any byte that was written: files, store, what was said.
#[track_caller]
fn nowhere(town: &Town, said: &[Said]) {
    for (path, bytes) in town.world.tree() {
        if path.starts_with("input/") || path == "generate.py" {
            continue;
        }
        for word in PLANTED {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "`{word}` is in {path}");
        }
    }
    for said in said {
        for word in PLANTED {
            assert!(!said.all().contains(word), "`{word}` is said:\n{}", said.all());
        }
    }
}

/// Everything that a night can say.
fn every_preview(town: &Town) -> Vec<Said> {
    let line = "koppla preview --project . --as-of 2026-09-01";
    ["", " --format json", " --format csv", " --out tonight.changes"]
        .iter()
        .map(|more| town.command(&format!("{line}{more}")).ends(Exit::Found))
        .collect()
}

/// Without the column that tells who is protected, everybody would pass for unprotected: the list is not read at all.
#[test]
fn a_column_that_tells_who_is_protected_and_is_missing() {
    for town in [plant(Town::settled()), planted()] {
        mark(&town);
        town.edit("Elev", |lines| {
            let column = lines[0].split(';').position(|name| name == "adress").expect("the column");
            for line in lines.iter_mut() {
                let cells: Vec<&str> = line.split(';').collect();
                *line = [&cells[..column], &cells[column + 1..]].concat().join(";");
            }
        });
        let said = town.run().ends(Exit::Found);
        let said = said.says(&["INCOMPLETE", "the column `adress` is missing, and by it protected people are known"]);
        nowhere(&town, &[said]);
    }
}

#[test]
fn a_marking_that_was_always_there() {
    let town = planted();
    mark(&town);
    let mut said = every_preview(&town);
    said.push(town.run().ends(Exit::Found));
    said.push(town.command("koppla run --project . --as-of 2026-09-01 --format json"));
    nowhere(&town, &said);
    town.is_sound();
}

#[test]
fn a_marking_that_arrives_later() {
    let town = planted();
    town.run().ends(Exit::Found);
    let users = town.rows("users.csv").len();
    assert!(town.output()["users.csv"].contains("Kvarnskymling"));
    mark(&town);
    let said = every_preview(&town);
    for said in &said[..2] {
        assert!(said.all().contains("protected"), "{}", said.all());
    }
    assert!(said[2].result.contains("remove,"), "{}", said[2].result);
    let run = town.run().ends(Exit::Found).says(&["remove          1  user", "remove          1  role", "protected"]);
    assert_eq!(town.rows("users.csv").len(), users - 1);
    town.is_sound();
    let after = town.run().ends(Exit::Found).says(&["0 changes written"]);
    nowhere(&town, &[run, after]);
    nowhere(&town, &said);
}

/// The rows that only name the person (a membership, who is whose guardian) go with them.
#[test]
fn what_refers_to_somebody_who_is_marked_goes_too() {
    let town = planted();
    town.run().ends(Exit::Found);
    let row = town.rows("users.csv").into_iter().find(|row| row.contains("Kvarnskymling")).expect("the pupil");
    let id = row.split(',').next().expect("an id").to_string();
    assert!(town.output()["enrollments.csv"].contains(&id));
    mark(&town);
    town.run().ends(Exit::Found);
    for (file, text) in town.output() {
        assert!(!text.contains(&id), "{file}");
    }
}

/// A marking and broken data in one night: who is protected is not sent as last delivered.
#[test]
fn a_marking_in_a_row_that_cannot_be_read_otherwise() {
    let town = planted();
    town.run().ends(Exit::Found);
    mark(&town);
    town.replace("Folkbokforing", "zebulonia.k@", "zebulonia.k@example.se", "saknas");
    let run = town.run().ends(Exit::Found).says(&["remove          1  user"]);
    nowhere(&town, &[run]);
}

/// Leaving people out counts as removing them.
#[test]
fn many_markings_in_one_night_are_stopped() {
    let town = Town::settled();
    let before = town.output();
    town.edit("Elev", |lines| {
        for line in &mut lines[20..60] {
            let mut cells: Vec<&str> = line.split(';').collect();
            cells[10] = "Skyddad adress";
            *line = cells.join(";");
        }
    });
    town.run().ends(Exit::Stopped).says(&["linked records to remove, the guard allows "]);
    same(&town.output(), &before);
}

/// A marking that is taken back makes a new record.
#[test]
fn a_marking_that_is_taken_back() {
    let town = planted();
    town.run().ends(Exit::Found);
    let before = town.output();
    mark(&town);
    town.run().ends(Exit::Found);
    town.replace("Elev", "5003;", "Skyddad adress", "Ängsstigen 28");
    town.replace("Folkbokforing", "zebulonia.k@", "Skyddad adress", "Ängsstigen 28");
    town.run().ends(Exit::Found).says(&["create          1  user"]);
    same(&town.output(), &before);
    town.is_sound();
}

/// A temporary number that becomes a personnummer is one person: nothing is removed, nothing made.
#[test]
fn a_temporary_number_becomes_a_personnummer() {
    let town = Town::new();
    town.edit("Folkbokforing", |lines| {
        lines.push("20150714TF01;Björn;van den Broek;bjorn.vandenbroek@example.se;;;Skolgatan 26;;99911;ÅS;Exempelkommunen;;;2026-08-30;e0000000-0000-4000-8fff-0123456789ab;".into());
    });
    town.run().ends(Exit::Found);
    assert!(town.output()["users.csv"].contains("bjorn.vandenbroek@"));
    let before = town.output();
    town.edit("Elev", |lines| lines.iter_mut().for_each(|line| *line = line.replace("20150714TF01", "201507142394")));
    town.replace("Folkbokforing", "20150714TF01", "20150714TF01", "201507142394");
    town.run().ends(Exit::Found).hides(&["  remove ", "  create "]);
    same(&town.output(), &before);
    town.is_sound();
}

/// Whatever is asked on the day of the marking and on the day after it, in whatever form: nobody is named, in what is said
/// and in what is written.
#[test]
fn no_command_names_somebody_who_is_protected() {
    let town = plant(Town::hamlet());
    town.run().ends(Exit::Found);
    mark(&town);
    let on = " --as-of 2026-09-01";
    let mut said = Vec::new();
    for night in 0..2 {
        for line in
            ["check", "plan", "privacy", "overlay", "test", "held", "held --all", "history", "docs exempelkommunen-sds"]
        {
            said.push(town.command(&format!("koppla {line} --project .")));
            if !line.starts_with("docs") && line != "check" {
                said.push(town.command(&format!("koppla {line} --project . --format json")));
            }
        }
        for line in
            ["map", "map --format json", "map --out mapped", "preview --out kept.changes", "preview --format json"]
        {
            said.push(town.command(&format!("koppla {line} --project .{on}")));
        }
        let write =
            if night == 0 { "koppla apply kept.changes --project ." } else { "koppla run --project . --format json" };
        said.push(town.command(write));
    }
    assert!(
        said.iter().all(|said| said.exit <= Exit::Found),
        "{:?}",
        said.iter().map(|said| said.exit).collect::<Vec<_>>()
    );
    nowhere(&town, &said);
}
