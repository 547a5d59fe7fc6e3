//! The fuzz targets over their corpora, and over slips of the hand in them, with the stable toolchain. What libFuzzer finds
//! becomes a file of a corpus. `KOPPLA_FUZZ_SECONDS=60 cargo test --test fuzz` makes slips for so long.

#![allow(clippy::disallowed_methods, reason = "tests read their own files")]

#[path = "../fuzz/targets.rs"]
mod targets;

use std::panic::catch_unwind;
use std::path::Path;
use std::time::{Duration, Instant};
use targets::TARGETS;

/// The files of a corpus: name and bytes.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let path = entry.expect("a file").path();
            (path.file_name().expect("a name").to_string_lossy().into_owned(), std::fs::read(&path).expect("a file"))
        })
        .collect();
    files.sort();
    files
}

/// Numbers that look random and are the same every time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// Signs that mean something somewhere.
const SIGNS: &[&str] = &[
    "\"", "'", "\n", "\r\n", "\r", ";", ",", "\t", "\\", "<", ">", "&", "]]>", "{", "}", "[", "]", ":", "#", "|", "->",
    "==", "$", "..", "\0", "\u{feff}", "å", "𝕏", "é", " ", "  ", "0", "-", "*", "?", "@", "f\"{", "null", "if ",
    "else ", "(", ")",
];

/// A text with a few slips: pieces left out, doubled, taken from elsewhere, signs put in.
fn slipped(bytes: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len() + 1);
        let end = (at + numbers.below(12)).min(bytes.len());
        match numbers.below(6) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            2 => {
                let from = numbers.below(other.len() + 1);
                let piece = other[from..(from + numbers.below(30)).min(other.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => bytes.truncate(at),
            4 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
            _ => {
                let sign = SIGNS[numbers.below(SIGNS.len())];
                bytes.splice(at..at, sign.bytes());
            }
        }
    }
    bytes
}

/// Runs a target over its corpus and over slips in it.
fn work(name: &str, target: fn(&[u8])) {
    let files = corpus(name);
    assert!(files.len() >= 4, "{name} has {} files", files.len());
    for (file, bytes) in &files {
        assert!(catch_unwind(|| target(bytes)).is_ok(), "{name}/{file}");
    }
    let seconds = std::env::var("KOPPLA_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut numbers = Numbers(until.map_or(0x9E37_79B9_7F4A_7C15, |_| u64::from(std::process::id()) << 32 | 1));
    let mut worked = 0;
    while until.map_or(worked < 40, |until| Instant::now() < until) {
        let (_, bytes) = &files[numbers.below(files.len())];
        let (_, other) = &files[numbers.below(files.len())];
        let slip = slipped(bytes, other, &mut numbers);
        let shown = String::from_utf8_lossy(&slip).into_owned();
        assert!(catch_unwind(|| target(&slip)).is_ok(), "{name}: {shown:?}\n{slip:?}");
        worked += 1;
    }
    if until.is_some() {
        println!("{name}: {worked} texts");
    }
}

#[test]
fn documents_and_rules() {
    for (name, target) in TARGETS.iter().filter(|(name, _)| matches!(*name, "yaml" | "rules" | "printer")) {
        work(name, *target);
    }
}

#[test]
fn files() {
    for (name, target) in TARGETS.iter().filter(|(name, _)| matches!(*name, "csv" | "xml" | "json")) {
        work(name, *target);
    }
}

#[test]
fn paths_and_changes() {
    for (name, target) in TARGETS.iter().filter(|(name, _)| matches!(*name, "jsonpath" | "change_set")) {
        work(name, *target);
    }
}

/// Every target has its program and its corpus, and nothing else lies there.
#[test]
fn every_target_has_a_program_and_a_corpus() {
    let names = |folder: &str| -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
        let entries = std::fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let mut targets: Vec<String> = TARGETS.iter().map(|(name, _)| name.to_string()).collect();
    targets.sort();
    assert_eq!(names("fuzz_targets"), targets);
    assert_eq!(names("corpus"), targets);
    let manifest =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml")).expect("a manifest");
    assert!(targets.iter().all(|name| manifest.contains(&format!("name = \"{name}\""))));
}
