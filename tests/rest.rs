//! The example of HTTP to HTTP, end to end: a register that speaks SS 12000 and a directory that gives its own ids, both in this
//! process; every command through the shell, in a world of the test's own.

#![expect(clippy::disallowed_methods, reason = "tests read their own files")]

#[path = "servers/mod.rs"]
mod servers;

#[path = "rest/scene.rs"]
mod scene;

#[path = "rest/steady.rs"]
mod steady;

#[path = "rest/private.rs"]
mod private;

#[path = "rest/changes.rs"]
mod changes;

#[path = "rest/troubles.rs"]
mod troubles;

#[path = "rest/kills.rs"]
mod kills;

#[path = "rest/saved.rs"]
mod saved;

#[path = "rest/numbers.rs"]
mod numbers;

#[path = "rest/decisions.rs"]
mod decisions;

#[path = "rest/reduced.rs"]
mod reduced;
