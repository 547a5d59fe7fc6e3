//! Text to syntax: the spanned YAML tree, the rules and expressions in it, and the printer.
//!
//! Everything here is total: it returns what it could and adds findings for the rest.

pub mod ast;
pub mod tree;
pub mod yaml;
pub mod parse;
pub mod block;
pub mod print;
