//! Command lines without a project: help, explanations, lists, exit codes, streams.

use super::*;
use crate::finding::terminal::Style;
use crate::world::TestWorld;
use std::io::Write;

/// Runs a command line; gives the exit, the result and the notes.
fn run(line: &str) -> (Exit, String, String) {
    let (mut result, mut notes) = (Vec::new(), Vec::new());
    let mut out = Out::new(&mut result, &mut notes, Style::default());
    let args = std::iter::once("koppla").chain(line.split_whitespace()).map(OsString::from);
    let exit = run_on(args, &TestWorld::new(), &mut out);
    (exit, String::from_utf8(result).unwrap(), String::from_utf8(notes).unwrap())
}

/// A stream that refuses every byte.
struct Refusing(io::ErrorKind);

impl Write for Refusing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn run_into(kind: io::ErrorKind) -> (Exit, String) {
    let (mut result, mut notes) = (Refusing(kind), Vec::new());
    let mut out = Out::new(&mut result, &mut notes, Style::default());
    let exit = run_on(["koppla", "functions", "--format", "json"].map(OsString::from), &TestWorld::new(), &mut out);
    (exit, String::from_utf8(notes).unwrap())
}

#[test]
fn wrong_arguments_exit_2_and_say_so_beside_the_result() {
    for line in ["", "explian", "explain --wrong", "functions --format xml", "explain a b"] {
        let (exit, result, notes) = run(line);
        assert_eq!((exit.code(), result.as_str()), (2, ""), "{line}");
        assert!(!notes.is_empty(), "{line}");
    }
    assert!(run("explian").2.contains("explain"), "a slip has a suggestion");
}

#[test]
fn unknown_names_exit_2() {
    let (exit, result, notes) = run("explain no-such-code-at-all");
    assert_eq!((exit, result.as_str()), (Exit::Usage, ""));
    assert!(notes.contains("`koppla explain` lists all codes"), "{notes}");
    assert_eq!(run("functions no_such_function_at_all").0, Exit::Usage);
}

#[test]
fn every_command_shows_examples() {
    let (exit, help, _) = run("--help");
    assert_eq!(exit, Exit::Done);
    let commands: Vec<String> = <Arguments as clap::CommandFactory>::command()
        .get_subcommands()
        .map(|command| command.get_name().to_string())
        .collect();
    for command in commands {
        assert!(help.contains(&command));
        let (exit, help, notes) = run(&format!("{command} --help"));
        assert_eq!((exit, notes.as_str()), (Exit::Done, ""));
        assert!(help.contains(&format!("Examples:\n  koppla {command}")), "{help}");
    }
}

#[test]
fn the_arguments_are_consistent() {
    <Arguments as clap::CommandFactory>::command().debug_assert();
}

#[test]
fn lists_come_as_json() {
    for (line, key) in [("explain --format json", "codes"), ("functions --format json", "functions")] {
        let (exit, result, _) = run(line);
        let value: serde_json::Value = serde_json::from_str(&result).unwrap();
        assert_eq!(exit, Exit::Done);
        assert!(value[key].is_array());
    }
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    assert_eq!(run_into(io::ErrorKind::BrokenPipe), (Exit::Done, String::new()));
}

#[test]
fn a_full_disk_is_a_failure() {
    let (exit, notes) = run_into(io::ErrorKind::StorageFull);
    assert_eq!(exit, Exit::Usage);
    assert!(notes.starts_with("error: the result could not be written"), "{notes}");
}

#[test]
fn colour_only_on_a_terminal_without_no_color() {
    let world = TestWorld::new();
    assert!(out::style(&world, true).colour);
    assert!(!out::style(&world, false).colour);
    world.set("NO_COLOR", "1");
    assert!(!out::style(&world, true).colour);
}

#[test]
fn plain_characters_where_the_locale_has_no_others() {
    let world = TestWorld::new();
    assert!(out::style(&world, true).unicode);
    world.set("LANG", "C");
    assert!(!out::style(&world, true).unicode);
    world.set("LC_ALL", "sv_SE.UTF-8");
    assert!(out::style(&world, true).unicode);
}

/// Commands are added to the command line one by one; their arguments must be sound before that.
#[test]
fn arguments_of_commands_to_come_are_sound() {
    fn sound<A: clap::Args>(name: &'static str) {
        let mut command = A::augment_args(clap::Command::new(name));
        let help = command.render_long_help().to_string();
        assert!(help.contains(&format!("Examples:\n  koppla {name}")), "{help}");
        command.debug_assert();
    }
    sound::<args::CheckArgs>("check");
    sound::<args::TestArgs>("test");
    sound::<args::DocsArgs>("docs");
    sound::<args::PlanArgs>("plan");
    sound::<args::MapArgs>("map");
    sound::<args::PreviewArgs>("preview");
    sound::<args::ApplyArgs>("apply");
    sound::<args::RunArgs>("run");
    sound::<args::HistoryArgs>("history");
    sound::<args::PrivacyArgs>("privacy");
    sound::<args::OverlayArgs>("overlay");
    sound::<args::DiffArgs>("diff");
    sound::<args::HeldArgs>("held");
    sound::<args::DecideArgs>("decide");
    sound::<args::TryArgs>("try");
    sound::<args::NewArgs>("new");
}
