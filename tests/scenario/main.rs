//! Whole nights with faults: the example of files to files is worked, something goes wrong, and it is worked again.
//!
//! Each scenario asserts the exit code, the words that people get, and that nothing is lost or doubled: in the files that
//! are delivered, and in the store.

#![allow(clippy::disallowed_methods, reason = "scenarios look at real files")]

mod hamlet;
mod lists;
mod town;

mod alike;
mod broken_files;
mod broken_records;
mod cases;
mod change_sets;
mod copies;
mod deliveries;
mod documents;
mod founding;
mod guards;
mod killed;
mod overlays;
mod own;
mod plan;
mod privacy;
mod proofs;
mod protected;
mod quiet;
mod reduced;
mod sources;
mod sweeps;
mod targets;
mod threads;
mod values;
mod windows;
