//! Documents that are made to hurt: `koppla check` has findings and ends with 1.

use crate::town::Town;
use koppla::shell::Exit;

/// Checks a project with one more document.
#[track_caller]
fn checked(name: &str, text: &str, words: &[&str]) {
    let town = Town::new();
    town.world.put(name, text);
    town.command("koppla check --project .").ends(Exit::Found).says(&[name]).says(words);
    town.run().ends(Exit::Found).hides(&["changes written"]);
}

#[test]
fn a_bomb_of_aliases() {
    let mut text = String::from("mapping: bomb\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    checked("bomb.mapping.yaml", &text, &["error["]);
}

#[test]
fn ten_thousand_levels_of_yaml() {
    checked(
        "deep.mapping.yaml",
        &format!("mapping: deep\nmaps: {}{}\n", "[".repeat(10_000), "]".repeat(10_000)),
        &["error["],
    );
    let stairs: String = (0..10_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    checked("stairs.mapping.yaml", &format!("mapping: stairs\nmaps:\n {}", stairs.replace('\n', "\n ")), &["error["]);
}

/// A mapping with one rule whose expression is given.
fn mapping(expression: &str) -> String {
    format!(
        "mapping: long\nleft: roster\nright: sds\nmaps:\n  classes:\n    between: group -> sds.class\n    fields: |\n      t: {expression} -> title\n"
    )
}

/// The `when` of a map knows options alone. Whoever asks it about a record is told where to ask.
#[test]
fn a_condition_about_records_in_the_when_of_a_map() {
    let with = |when: &str| mapping("display_name").replace("    fields:", &format!("    when: {when}\n    fields:"));
    for field in ["display_name", "end_date"] {
        checked("long.mapping.yaml", &with(&format!("{field} is absent")), &["write it under `where`"]);
    }
    checked("long.mapping.yaml", &with("first is absent"), &["needs parentheses"]);
}

#[test]
fn an_expression_of_a_hundred_kilobytes() {
    checked("long.mapping.yaml", &mapping(&vec!["display_name"; 7_000].join(" + ")), &["error["]);
    checked(
        "long.mapping.yaml",
        &mapping(&format!("{}display_name{}", "(".repeat(10_000), ")".repeat(10_000))),
        &["error["],
    );
    checked("long.mapping.yaml", &mapping(&vec!["display_name"; 7_000].join(" | lower | ")), &["error["]);
    checked("long.mapping.yaml", &mapping(&format!("{}display_name", "not ".repeat(25_000))), &["error["]);
}
