//! A run that is killed at each of its effects, one after the other: the next run ends where an undisturbed one does.

use crate::town::{Town, same};
use koppla::shell::Exit;
use std::collections::BTreeMap;

/// How the nights before and after look without a kill.
struct Nights {
    /// Before the night that is killed.
    town: Town,
    before: BTreeMap<String, String>,
    after: BTreeMap<String, String>,
    remembered: BTreeMap<String, Vec<String>>,
    effects: u64,
}

impl Nights {
    /// The nights around the next run of a town.
    fn around(town: Town) -> Nights {
        let undisturbed = town.copied();
        undisturbed.run().ends(Exit::Found);
        let effects = undisturbed.world.effects();
        // The night after has nothing to do, and remembers what it always remembers.
        undisturbed.reborn().run().ends(Exit::Found).says(&["0 changes written"]);
        let (after, remembered) = (undisturbed.output(), undisturbed.remembered());
        Nights { before: town.output(), town, after, remembered, effects }
    }

    /// Kills the run at an effect, looks at what can be seen, and runs again.
    fn kill(&self, nth: u64) {
        let town = self.town.copied();
        town.world.kill_at(nth);
        town.run();
        assert!(town.world.killed(), "effect {nth}");
        let next = town.reborn();
        self.all_old_or_all_new(&next, nth);
        next.run();
        eprintln!("killed at effect {nth}");
        same(&next.output(), &self.after);
        same(&next.remembered(), &self.remembered);
    }

    /// Whoever takes the files sees the old ones or the new ones; in the moments between, the marker says so.
    fn all_old_or_all_new(&self, town: &Town, nth: u64) {
        let mut seen = town.output();
        let marked = seen.contains_key(".koppla-set.json");
        seen.retain(|name, _| name.ends_with(".csv") && !name.contains('/'));
        let whole = seen == self.before || seen == self.after;
        assert!(whole || marked, "files of two nights without a marker after a kill at effect {nth}");
    }
}

/// The few people of the loops are of every kind: each of the ten files and each of the delivered ones has rows, some are
/// held, some rejected, some protected.
#[test]
fn few_people_of_every_kind() {
    let town = Town::hamlet();
    let said = town.run().ends(Exit::Found).says(&["rejected", "held", "protected people", "outside the scope"]);
    for kind in ["org", "user", "role", "class", "enrollment", "relationship"] {
        let created = said.result.lines().any(|line| line.trim().starts_with("create") && line.ends_with(kind));
        assert!(created, "{kind}: {}", said.result);
    }
    assert!(town.rows("users.csv").len() < 25);
    town.is_sound();
}

/// Files of many pieces: a run of the whole municipality, killed here and there.
#[test]
fn a_run_of_many_people_killed_here_and_there() {
    let nights = Nights::around(Town::new());
    assert!(nights.effects > 40, "{} effects", nights.effects);
    for nth in [12, nights.effects / 2, nights.effects - 9] {
        nights.kill(nth);
    }
}

/// The part of the effects that is this test's, so that the parts run beside each other.
fn kill_every(nights: &Nights, part: u64, parts: u64) {
    for nth in (1..=nights.effects).filter(|nth| nth % parts == part) {
        nights.kill(nth);
    }
}

/// A night with creates, updates and removes.
fn eventful(town: Town) -> Nights {
    town.newcomer();
    town.leaves("5077");
    town.replace("Elev", "5003;", ";Elis;", ";Elise;");
    Nights::around(town)
}

#[test]
fn a_first_run_killed_anywhere() {
    let nights = Nights::around(Town::hamlet());
    kill_every(&nights, 0, 1);
}

#[test]
fn a_run_killed_at_even_effects() {
    kill_every(&eventful(Town::settled_hamlet()), 0, 2);
}

#[test]
fn a_run_killed_at_odd_effects() {
    kill_every(&eventful(Town::settled_hamlet()), 1, 2);
}

/// The command that makes good what a killed run left is killed too.
#[test]
fn a_recovery_killed_anywhere() {
    let nights = eventful(Town::settled_hamlet());
    // Killed in the middle of the renames: everything is written, not everything is in its place.
    let middle = nights.effects - 8;
    let torn = nights.town.copied();
    torn.world.kill_at(middle);
    torn.run();
    let whole = torn.reborn();
    whole.run();
    let effects = torn.reborn().copied();
    effects.run();
    for nth in 1..=effects.world.effects() {
        let town = torn.copied();
        town.world.kill_at(nth);
        town.run();
        let last = town.reborn();
        last.run();
        eprintln!("recovery killed at effect {nth}");
        same(&last.output(), &nights.after);
        same(&last.remembered(), &nights.remembered);
    }
}
