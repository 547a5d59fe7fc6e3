//! Write operations: one call for each record.

use super::reader::{Reader, Table, answer_path, at};
use super::request::{self, Request};
use crate::protocol::WireShape;
use crate::protocol::path::JsonPath;
use crate::syntax::ast::Operation;
use crate::syntax::tree::Node;

/// Keys of a write operation beside those of every call.
pub const WRITE: Table = &[
    ("take", "what is taken from the answer: id"),
    ("id", "name of a step"),
    ("steps", "several calls; one without a condition is executed, more are not yet"),
    ("carries", "the fields that the call transports: all, or some (not executed yet)"),
    ("means", "what a removal means: destroyed, bin, detached, emptied, left"),
    ("loses", "what a removal loses"),
    ("restorable", "how long it can be taken back"),
    ("by", "how a removal is told: call; absence and flag are not executed yet"),
    ("undo", "the call that takes it back"),
    ("probe", "how to learn whether an unanswered call happened"),
    ("clear", "what is written for a cleared field: null"),
    ("order", "parents-first"),
    ("choose", "the case that is used (not executed yet)"),
    ("cases", "the cases (not executed yet)"),
    ("do", "a step of another operation (not executed yet)"),
    ("when", "a condition for the step (not executed yet)"),
    ("without", "fields that are left out (not executed yet)"),
    ("set", "fields that are set (not executed yet)"),
    ("fixed", "values that are always sent (not executed yet)"),
    ("each", "a call for each of these (not executed yet)"),
    ("per", "a call for each field (not executed yet)"),
    ("delta", "a set as differences (not executed yet)"),
    ("batch", "many records in one call (not executed yet)"),
    ("job", "an answer that is ready later (not executed yet)"),
    ("whole", "the call overwrites everything (not executed yet)"),
    ("leave", "what is sent before a removal (not executed yet)"),
    ("continue", "the operation to go on with (not executed yet)"),
    ("find_deleted", "a removed record to restore (not executed yet)"),
    ("locked", "records that somebody else owns (not executed yet)"),
    ("select", "where the record lies in the answer"),
    ("same_as", "the operation that this one equals (not executed yet)"),
];
const TAKE: Table = &[("id", "where the id lies in the answer: $.id")];
/// What templates of a write may name in this version.
pub const EXECUTED: &[&str] =
    &["settings", "entity", "record", "wire", "changed", "sent", "key", "link", "as_of", "run", "answer", "status"];

/// A compiled write operation.
#[derive(Clone, Debug)]
pub struct Write {
    /// The call.
    pub request: Request,
    /// The operation.
    pub op: Operation,
    /// Where the id of a new record lies in the answer.
    pub take_id: Option<JsonPath>,
    /// The shape of its records, for `record.field`.
    pub shape: WireShape,
    /// Words that this version cannot execute.
    pub refused: Vec<String>,
    /// Words that are left aside.
    pub ignored: Vec<String>,
}

/// Words that change what is sent and are not built: the call would send something else than the descriptor says.
const REFUSED: &[&str] = &[
    "choose",
    "cases",
    "do",
    "when",
    "without",
    "set",
    "fixed",
    "each",
    "per",
    "delta",
    "batch",
    "job",
    "whole",
    "leave",
    "continue",
    "find_deleted",
    "locked",
    "same_as",
];

/// Reads a write operation. `remove: none` says that there is none.
pub fn write(reader: &mut Reader<'_>, node: &Node, op: Operation, shape: &WireShape) -> Option<Write> {
    if node.text() == Some("none") {
        return None;
    }
    let call = one_call(reader, node, op)?;
    let request = match call {
        Some(call) => request(reader, call, op)?,
        None => Request::nothing(),
    };
    let take_id = call.and_then(|call| take_id(reader, call)).or_else(|| match op {
        Operation::Create => shape.id_at.as_deref().and_then(|at| answer_path(at).ok()),
        _ => None,
    });
    let mut refused = std::mem::take(&mut reader.refused);
    refused.sort();
    refused.dedup();
    let ignored = std::mem::take(&mut reader.ignored);
    Some(Write { request, op, take_id, shape: shape.clone(), refused, ignored })
}

/// The one call of an operation: itself, or its one step. `Some(None)` if there are several, which are checked and refused.
fn one_call<'n>(reader: &mut Reader<'_>, node: &'n Node, op: Operation) -> Option<Option<&'n Node>> {
    let (steps, choose) = (at(node, "steps"), at(node, "choose"));
    if steps.or(choose).is_none() {
        return Some(Some(node));
    }
    reader.map(op.word(), node, &[request::VERBS, request::INPUTS, WRITE])?;
    reader.refuse(node, REFUSED);
    let Some(steps) = steps else { return Some(None) };
    match steps.items() {
        Some([one]) => Some(Some(one)),
        Some(several) => {
            reader.refused.push("steps".to_string());
            several.iter().for_each(|each| step(reader, each));
            Some(None)
        }
        None => {
            reader.wrong(steps, "steps", "a list of calls");
            None
        }
    }
}

fn request(reader: &mut Reader<'_>, node: &Node, op: Operation) -> Option<Request> {
    let mut request = request::request(reader, node, &[WRITE])?;
    reader.refuse(node, REFUSED);
    reader.ignore(node, &["probe", "undo"]);
    if at(node, "carries").is_some_and(|carries| carries.text() != Some("all")) {
        reader.refused.push("carries".to_string());
    }
    if at(node, "by").is_some_and(|by| by.text() != Some("call")) {
        reader.refused.push("by".to_string());
    }
    if at(node, "clear").is_some_and(|clear| clear.text() != Some("null")) {
        reader.refused.push("clear".to_string());
    }
    request.during = vec!["write", op.word()];
    Some(request)
}

/// Checks a step that is not executed.
fn step(reader: &mut Reader<'_>, node: &Node) {
    let calls = node
        .entries()
        .is_some_and(|entries| entries.iter().any(|entry| request::VERBS.iter().any(|(verb, _)| *verb == entry.key)));
    if calls {
        request::request(reader, node, &[WRITE]);
    } else {
        reader.map("step", node, &[request::INPUTS, WRITE]);
    }
}

/// Where the id of a new record lies in the answer: `take: { id: $.id }`.
fn take_id(reader: &mut Reader<'_>, node: &Node) -> Option<JsonPath> {
    let take = at(node, "take")?;
    let id = at(reader.map("take", take, &[TAKE])?, "id")?;
    reader.path(id, "id")
}
