//! Mappings in the pipelines of customers: what check and test print for the tools around, what is forgiven and what is not.

#![allow(clippy::disallowed_methods, reason = "the tests look at files of the project")]

mod repository;
mod scene;

mod baselines;
mod begin;
mod cases;
mod checks;
mod coverage;
mod diffs;
mod pull_request;
mod records;
mod syncs;
