//! Nights on which nothing goes wrong.

use crate::town::{Town, same};
use koppla::shell::Exit;

#[test]
fn the_second_night_has_nothing_to_do() {
    let town = Town::settled();
    town.is_sound();
    let (output, remembered) = (town.output(), town.remembered());
    town.run().ends(Exit::Found).says(&["0 changes written"]);
    same(&town.output(), &output);
    same(&town.remembered(), &remembered);
    assert_eq!(town.changes(), Vec::<String>::new());
}

#[test]
fn a_preview_leaves_nothing_behind() {
    let town = Town::new();
    let before = town.world.tree();
    town.preview().ends(Exit::Found).says(&["nothing was written"]);
    assert_eq!(town.world.tree(), before);
    let town = Town::settled();
    let before = town.world.tree();
    town.preview().ends(Exit::Found).says(&["0 changes"]);
    assert_eq!(town.world.tree(), before);
}
