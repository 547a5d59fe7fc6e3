//! The quick start and the tour of `README.md`, done as they are written: files are made, commands are run, and what they
//! print is compared line by line.
//!
//! A block `LANGUAGE file=NAME` is a file, `sh tour` are commands of the tour (`exit=1`: the last one gives that code), and
//! the block `text` behind commands is what they print. A line `[…]` in it stands for any lines.

#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "the test makes the files that the README shows")]

use std::path::Path;
use std::process::Command;
use std::{env, fs};

const README: &str = include_str!("../README.md");
const GAP: &str = "[…]";

/// A fenced block.
struct Block<'t> {
    /// The line of the README that it begins in.
    line: usize,
    /// What stands behind the fence.
    words: Vec<&'t str>,
    text: String,
}

impl Block<'_> {
    fn word(&self, name: &str) -> Option<&str> {
        self.words.iter().find_map(|word| word.strip_prefix(name))
    }
}

/// The blocks under a heading of the second level.
fn blocks(heading: &str) -> Vec<Block<'static>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let (mut inside, mut open) = (false, false);
    for (index, line) in README.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(words) if !open => {
                open = true;
                let words = words.split_whitespace().collect();
                blocks.push(Block { line: index + 1, words, text: String::new() });
            }
            Some(_) => open = false,
            None if open => {
                let block = blocks.last_mut().expect("an open block");
                block.text += line;
                block.text.push('\n');
            }
            None => {
                if let Some(title) = line.strip_prefix("## ") {
                    if !inside {
                        blocks.clear();
                    } else {
                        return blocks;
                    }
                    inside = title == heading;
                }
            }
        }
    }
    assert!(inside, "README.md has no heading `## {heading}`");
    blocks
}

/// Runs commands with the built program; what they print on both streams, and the exit code.
fn shell(commands: &str, folder: &Path) -> (String, i32) {
    let program = Path::new(env!("CARGO_BIN_EXE_koppla")).parent().expect("the folder of the program");
    let path = env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .args(["-c", &format!("exec 2>&1\n{commands}")])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", program.display()))
        .env("LC_ALL", "C.UTF-8")
        .env_remove("TERM")
        .output()
        .expect("bash runs");
    (String::from_utf8(output.stdout).expect("output in UTF-8"), output.status.code().unwrap_or(-1))
}

/// Whether lines are those that were expected, where a gap stands for any.
fn fits(expected: &[&str], said: &[&str]) -> bool {
    match expected.split_first() {
        None => said.is_empty(),
        Some((&GAP, rest)) => (0..=said.len()).any(|start| fits(rest, &said[start..])),
        Some((line, rest)) => said.first() == Some(line) && fits(rest, &said[1..]),
    }
}

/// The text with runs of blanks as one blank: columns grow with the numbers in them.
fn without_columns(text: &str) -> String {
    let line = |line: &str| line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn compare(block: &Block<'_>, said: &str, plain: fn(&str) -> String) {
    let (expected, lines) = (plain(block.text.trim_matches('\n')), plain(said.trim_matches('\n')));
    let expected: Vec<&str> = expected.trim_end().lines().collect();
    let lines: Vec<&str> = lines.trim_end().lines().collect();
    assert!(fits(&expected, &lines), "README.md:{}: shown is\n{}\nbut printed was\n{said}", block.line, block.text);
}

#[test]
fn the_tour_works_as_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut said = None;
    let (mut files, mut compared) = (0, 0);
    for block in blocks("A mapping in five minutes") {
        if let Some(name) = block.word("file=") {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, &block.text).expect("a file");
            files += 1;
        } else if block.words == ["text"] {
            let said: String = said.take().expect("commands before their output");
            compare(&block, &said, str::to_string);
            compared += 1;
        } else {
            assert!(block.words.starts_with(&["sh", "tour"]), "README.md:{}: {:?}", block.line, block.words);
            let wanted: i32 = block.word("exit=").map_or(0, |code| code.parse().expect("an exit code"));
            let (text, code) = shell(&block.text, folder.path());
            assert_eq!(code, wanted, "README.md:{}: the exit code is another:\n{text}", block.line);
            said = Some(text);
        }
    }
    assert!(files >= 6 && compared >= 4, "the tour has {files} files and {compared} outputs");
}

#[test]
fn the_quick_start_prints_what_is_shown() {
    let blocks = blocks("Quick start");
    let [command, shown] = blocks.as_slice() else { panic!("a command and what it prints") };
    assert_eq!(command.text, "cargo run --quiet -- try\n", "the command that .ci/run takes");
    let folder = tempfile::tempdir().expect("a folder");
    let (said, code) = shell("koppla try", folder.path());
    assert_eq!(code, 0, "{said}");
    compare(shown, &said, without_columns);
    assert!(said.trim_end().ends_with("\n0 changes"), "{said}");
}

#[test]
fn a_gap_stands_for_any_lines() {
    assert!(fits(&["a", GAP, "d"], &["a", "b", "c", "d"]));
    assert!(fits(&["a", GAP], &["a"]));
    assert!(!fits(&["a", GAP, "d"], &["a", "b"]));
    assert!(!fits(&["a"], &["a", "b"]));
}
