//! Look-ups in tables.
//!
//! Two look-ups look like calls but are names of the project: a set is called by its key, `team(group, subject)`, and gives its row;
//! a table has no call, its columns are reached through `lookup`.

use super::{Function, Special, Ty, required};

/// The functions of look-ups.
pub static FUNCTIONS: &[Function] = &[Function {
    doc: "The value in a column of a table, in the row that has this key. A key that the table does not have is a \
          failure, or what the table's `unmapped:` says. Where the rows of a table have validity dates, those of the \
          run's date count. A table used in a two-way rule must be one-to-one; then it is its own inverse.",
    params: &[required("key", Ty::Any), required("in", Ty::Special)],
    gives: Ty::Special,
    fails: Some("the table has no row with this key"),
    inverse: Some("lookup"),
    examples: &[
        (r#""GR" | lookup(in = school_form.name)"#, r#""Grundskola""#),
        (r#""XX" | lookup(in = school_form.name)"#, "fails"),
        ("lookup(absent, in = school_form.name)", "absent"),
    ],
    ..Function::special("look-up", "lookup", Special::Lookup)
}];
