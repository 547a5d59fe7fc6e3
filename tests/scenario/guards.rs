//! Guards stop a run before its first write, and say why.

use crate::town::{Town, same};
use koppla::shell::Exit;

#[test]
fn a_fifth_of_the_pupils_gone() {
    let town = Town::settled();
    let before = (town.output(), town.remembered()["links"].clone());
    for pupil in 5001..=5030 {
        town.leaves(&pupil.to_string());
    }
    let words = ["skolplatsen pupil: ", "the source lost ", "linked records to remove, the guard allows "];
    let said = town.run().ends(Exit::Stopped);
    let said =
        said.says(&words).says(&["stopped by a guard, nothing was written", "0 changes written: stopped by a guard"]);
    same(&town.output(), &before.0);
    assert_eq!(town.remembered()["links"], before.1);
    town.preview().ends(Exit::Found).says(&["A guard would stop this run", "remove user"]).says(&words);
    town.command("koppla history --project .").ends(Exit::Done).says(&["stopped"]);
    // What was stopped is not remembered as the size of the source: it stops again.
    town.run().ends(Exit::Stopped);
    same(&town.output(), &before.0);
    assert_eq!(town.remembered()["links"], before.1);
    // How to go on if it is right was said, and it works.
    let advice = said.all().split_whitespace().collect::<Vec<_>>().join(" ");
    let limits = advice.split_once("`guard: {").and_then(|(_, rest)| rest.split_once('}')).expect("limits").0;
    let sync = town.world.text("exempelkommunen-sds.sync.yaml").expect("the sync");
    let (before, rest) = sync.split_once("guard: {").expect("a guard");
    let rest = rest.split_once('}').expect("its end").1;
    town.world.put("exempelkommunen-sds.sync.yaml", format!("{before}guard: {{{limits}}}{rest}"));
    town.run().ends(Exit::Found).says(&["remove", "changes written"]);
    town.is_sound();
}

#[test]
fn keys_that_have_all_changed_are_asked_about() {
    let town = Town::settled();
    town.edit("Grupp", |lines| {
        for line in lines.iter_mut().skip(1) {
            *line = format!("9{line}");
        }
    });
    for file in ["ElevGrupp", "PersonalGrupp"] {
        town.edit(file, |lines| {
            for line in lines.iter_mut().skip(1) {
                let (person, rest) = line.split_once(';').expect("two columns");
                *line = format!("{person};9{rest}");
            }
        });
    }
    town.run().ends(Exit::Stopped).says(&["class: nearly all records are new", "has the source changed its keys?"]);
}

#[test]
fn a_source_that_shrank() {
    let town = Town::settled();
    let before = town.output();
    town.edit("Folkbokforing", |lines| lines.retain(|line| !line.contains("@example.org") || line.contains("a")));
    town.edit("Folkbokforing", |lines| lines.truncate(lines.len() - 30));
    town.run().ends(Exit::Stopped).says(&["skolplatsen citizen: ", "261 at the last run: the source lost "]);
    same(&town.output(), &before);
}

#[test]
fn a_few_may_leave() {
    let town = Town::settled();
    for pupil in 5061..=5064 {
        town.leaves(&pupil.to_string());
    }
    town.run().ends(Exit::Found).says(&["remove          4  role"]);
    town.is_sound();
    town.run().says(&["0 changes written"]);
}

/// A store that was lost makes a first run: it takes nothing away and doubles nothing.
#[test]
fn a_run_without_its_store_is_a_first_run() {
    let town = Town::settled();
    let before = town.output();
    std::fs::remove_dir_all(town.world.path(".koppla")).expect("the store");
    town.leaves("5077");
    town.run().ends(Exit::Found).says(&["create"]).hides(&["  remove "]);
    assert_eq!(town.rows("users.csv").len(), before["users.csv"].lines().count() - 2);
    town.is_sound();
}

#[test]
fn a_sync_that_is_paused_is_not_run() {
    let town = Town::settled();
    let before = town.world.tree();
    let sync = town.world.text("exempelkommunen-sds.sync.yaml").expect("the sync");
    town.world.put("exempelkommunen-sds.sync.yaml", sync.replace("status: active", "status: paused"));
    town.run().ends(Exit::Usage).says(&["exempelkommunen-sds is not active"]);
    town.preview().ends(Exit::Found);
    town.world.put("exempelkommunen-sds.sync.yaml", sync);
    assert_eq!(town.world.tree(), before);
}

/// In the summer nothing is taken away.
#[test]
fn a_freeze_keeps_what_is_gone() {
    let town = Town::settled();
    let before = town.rows("users.csv").len();
    town.leaves("5077");
    let said = town.command("koppla run --project . --as-of 2027-07-01");
    said.hides(&["  remove "]).says(&["a freeze is on"]);
    assert_eq!(town.rows("users.csv").len(), before);
}
