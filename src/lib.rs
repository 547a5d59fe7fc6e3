//! Koppla: a checked language for mapping school records, and an engine that keeps systems in step.
//!
//! # The pipeline
//!
//! `parse → Syntax`, `resolve → Model`, `check → Typed`, `lower → Plan`, `propose → ChangeSet`, `apply → Summary`.
//!
//! The modules below stand in reading order, and a module imports only modules declared above it (a test holds that).
//! The first half is pure: no IO, no clock, no async; it fails only by findings and returns what it could.
//! The second half is effectful, and `world` is its only door to files, clock, environment and sockets.
//!
//! # Invariants
//!
//! * Only a change set can write. No path leads from an expression to the network; preview is not a flag in the writer.
//! * Absence is dangerous: only a complete read can make a record gone, and the type that carries a read says whether it was.
//! * Adapters never see mappings; the runtime never sees SQL, LDAP or JSONPath.
//! * A name is a string only until `model`; after it, ids.
//! * Personal data leaves only through renderers that redact by data class.

// The documentation is for those who work on the house: it may lead into its private rooms.
#![allow(rustdoc::private_intra_doc_links)]
#![warn(clippy::iter_over_hash_type)]

// -- pure: no IO, no clock, no async; fails only by findings --
pub mod source;
pub mod value;
pub mod finding;
pub mod function;
pub mod syntax;
pub mod protocol;
pub mod model;
pub mod check;
pub mod plan;
pub mod documents;
// -- effectful --
pub mod world;
pub mod adapter;
pub mod store;
pub mod run;
pub mod shell;
