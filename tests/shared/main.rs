//! Checks against specifications and samples that others wrote, and that are no part of this project.
//!
//! They run only when they are asked for: `KOPPLA_SHARED=../shared cargo test --test shared`. Without the folder every one
//! of them fails, so that none is ever taken for passed.

#![allow(clippy::disallowed_methods, reason = "the checks read files outside of the project")]

mod columns;
mod faults;
mod formats;
mod ids;
mod names;
mod openapi;
mod rosters;
mod vectors;
#[path = "../servers/mod.rs"]
#[allow(unused_imports, reason = "these checks use the register alone")]
mod servers;

use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// A file or folder of the material.
fn shared(path: &str) -> PathBuf {
    let folder = std::env::var_os("KOPPLA_SHARED").expect("KOPPLA_SHARED names the folder of the specifications");
    let path = PathBuf::from(folder).join(path);
    assert!(path.exists(), "{} is missing", path.display());
    path
}

/// A file or folder of this project.
fn own(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: PathBuf) -> String {
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(path: PathBuf) -> Value {
    serde_json::from_str(&text(path)).expect("JSON")
}

/// A text under a key.
fn word<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("a text under {key}"))
}
