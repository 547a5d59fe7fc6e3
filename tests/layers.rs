//! The order of the rooms: a module imports only modules declared above it in `src/lib.rs`.

#![allow(clippy::disallowed_methods, reason = "the test reads the sources")]

use std::fs;
use std::path::{Path, PathBuf};

/// A file larger than this is likely two rooms.
const MOST_BYTES: usize = 40_000;

/// The rooms in the order of their declaration.
fn rooms() -> Vec<String> {
    let lib = fs::read_to_string(source("lib.rs")).expect("src/lib.rs");
    let declared = code_of(&lib);
    declared
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(String::from)
        .collect()
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path)
}

/// Every Rust file under `src`: its path seen from there, with `/`, and its text.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![source("")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name =
                    path.strip_prefix(source("")).expect("a path under src").to_string_lossy().replace('\\', "/");
                files.push((name, fs::read_to_string(&path).expect("a source file in UTF-8")));
            }
        }
    }
    files.sort();
    files
}

/// The names of the modules that lead to a file: `store/sqlite/links.rs` is `["store", "sqlite", "links"]`.
fn module_of(file: &str) -> Vec<&str> {
    let mut names: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    if names.last() == Some(&"mod") {
        names.pop();
    }
    names
}

/// The text with comments and the insides of literals blanked out, line by line as before.
fn code_of(text: &str) -> String {
    let blank = |text: &str| -> String { text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect() };
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => quoted(rest, '"'),
            '\'' if rest[1..].starts_with('\\') || rest.chars().nth(2) == Some('\'') => quoted(rest, '\''),
            'r' if !code.ends_with(|before: char| before.is_alphanumeric() || before == '_') => raw(rest),
            _ => 0,
        };
        if length > 0 {
            code.push_str(&blank(&rest[..length]));
            rest = &rest[length..];
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    code
}

/// The length of the literal that `text` begins with.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text[1..].find(|c| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

/// The length of the raw text that `text` begins with; 0 if it begins with none.
fn raw(text: &str) -> usize {
    let hashes = text[1..].chars().take_while(|&c| c == '#').count();
    if !text[1 + hashes..].starts_with('"') {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    text[2 + hashes..].find(&close).map_or(text.len(), |end| 2 + hashes + end + close.len())
}

/// The rooms that a file names, with the line of each: `crate::x`, `crate::{x, y::z}`, and `super::` up to the root.
fn imports(text: &str, depth: usize) -> Vec<(usize, String)> {
    let code = code_of(text);
    let mut found = Vec::new();
    let to_root = format!("{}::", vec!["super"; depth].join("::"));
    for start in ["crate::", to_root.as_str()] {
        for (at, _) in code.match_indices(start) {
            let continues =
                code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':');
            if continues {
                continue;
            }
            let line = code[..at].matches('\n').count();
            found.extend(
                first_names(&code[at + start.len()..]).into_iter().map(|(lines, name)| (1 + line + lines, name)),
            );
        }
    }
    found
}

/// The first name of a path, or of each path of a group, with the number of lines before it.
fn first_names(path: &str) -> Vec<(usize, String)> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = path.strip_prefix('{') else { return vec![(0, name(path))] };
    let mut names = Vec::new();
    let (mut depth, mut lines, mut begins) = (0, 0, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            '\n' => lines += 1,
            _ if begins && !c.is_whitespace() => {
                names.push((lines, name(&group[at..])));
                begins = false;
            }
            _ => {}
        }
    }
    names
}

/// What is wrong with the imports of a file.
fn upward(file: &str, text: &str, rooms: &[String]) -> Vec<String> {
    let module = module_of(file);
    let Some(own) = rooms.iter().position(|room| *room == module[0]) else { return Vec::new() };
    let later = |name: &str| rooms.iter().position(|room| room == name).is_some_and(|room| room > own);
    imports(text, module.len())
        .into_iter()
        .filter(|(_, name)| later(name))
        .map(|(line, name)| format!("src/{file}:{line}: `{}` imports `{name}`, which is declared below it", module[0]))
        .collect()
}

#[test]
fn a_module_imports_only_modules_declared_above_it() {
    let rooms = rooms();
    assert!(rooms.len() >= 10, "the rooms are declared in src/lib.rs: {rooms:?}");
    let wrong: Vec<String> = files().iter().flat_map(|(file, text)| upward(file, text, &rooms)).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_file_belongs_to_a_room() {
    let rooms = rooms();
    let known =
        |file: &str| matches!(file, "lib.rs" | "main.rs") || rooms.iter().any(|room| room == module_of(file)[0]);
    let stray: Vec<_> = files().into_iter().map(|(file, _)| file).filter(|file| !known(file)).collect();
    assert!(stray.is_empty(), "declared nowhere in src/lib.rs: {stray:?}");
}

#[test]
fn every_file_says_first_what_it_is() {
    let silent: Vec<_> = files()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(file, _)| format!("src/{file}"))
        .collect();
    assert!(silent.is_empty(), "no `//!` on the first line: {silent:?}");
}

#[test]
fn no_file_is_larger_than_a_room() {
    let large: Vec<_> = files()
        .into_iter()
        .filter(|(_, text)| text.len() > MOST_BYTES)
        .map(|(file, text)| format!("src/{file}: {} bytes", text.len()))
        .collect();
    assert!(large.is_empty(), "likely two rooms each: {large:?}");
}

#[test]
fn imports_are_found_wherever_they_stand() {
    let text = r##"
        //! Not here: crate::run::x
        use crate::value::Value; // nor here: crate::run
        use crate::{
            finding::{Code, run},
            shell,
        };
        use super::super::store::Link;
        fn f<'a>(c: char) -> &'a str { if c == '"' { "crate::run" } else { r#"crate::"run""# } }
        fn g() -> crate::plan::Plan { mycrate::run() + $crate::world::x }
    "##;
    let found = imports(text, 2);
    let expected = [(3, "value"), (5, "finding"), (6, "shell"), (10, "plan"), (10, "world"), (8, "store")];
    assert_eq!(found, expected.map(|(line, name)| (line, name.to_string())));
    let rooms = ["value", "finding", "plan", "world", "store", "shell"].map(String::from);
    assert_eq!(
        upward("world/os.rs", text, &rooms),
        [
            "src/world/os.rs:6: `world` imports `shell`, which is declared below it",
            "src/world/os.rs:8: `world` imports `store`, which is declared below it"
        ]
    );
    assert_eq!(upward("shell/cli/mod.rs", text, &rooms), [""; 0]);
}
