//! Running a plan: read, shape, map, match, compare, guard, apply, record.
//!
//! `propose` gives a change set and touches nothing; only `apply` writes, and only a change set.

mod cell;
pub mod table;
pub mod parallel;
pub mod key;
pub mod lookup;
pub mod fate;
pub mod eval;
mod alike;
mod numbers;
mod pieces;
mod columns;
pub mod shape;
pub mod make;
mod work;
mod fit;
mod merge;
mod marks;
mod prepare;
pub mod stage;
pub mod record;
pub mod change;
pub mod changes;
pub mod report;
pub mod gather;
pub mod route;
mod rows;
pub mod window;
mod identity;
mod right;
mod shelf;
mod differ;
mod agree;
pub mod decide;
pub mod guard;
pub mod propose;
pub mod sweep;
pub mod impact;
mod deliver;
pub mod apply;
pub mod written;
pub mod cases;
