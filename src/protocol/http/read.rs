//! `read`: a list of an entity, page after page, in one of several ways.

use super::reader::{Inputs, Reader, Table, at};
use super::request::{self, Request};
use super::rules::texts;
use crate::protocol::WireShape;
use crate::protocol::files::shape::{Shape, child_path};
use crate::protocol::path::{JsonPath, Select};
use crate::protocol::template::Template;
use crate::source::Span;
use crate::syntax::tree::Node;

/// Keys of `read` beside those of every call.
pub const READ: Table = &[
    ("select", "where the records lie in the answer: $.data[*]"),
    ("page", "how the list goes on: token, next, offset or number"),
    ("ways", "calls that are tried in order"),
    ("parts", "the call is made once for each part (not executed yet)"),
    ("changes", "reading only what changed (not executed yet: everything is read)"),
    ("find", "reading some records by key (not executed yet)"),
    ("detail", "a call for each record (not executed yet)"),
    ("of", "the entity whose records the rows lie inside"),
    ("each", "the list inside a record that makes the rows"),
    ("skip", "a condition for rows that are no records"),
    ("from", "several lists (not executed yet)"),
    ("flatten", "a tree of records (not executed yet)"),
    ("document", "one answer that several entities select from (not executed yet)"),
    ("outcomes", "answers that are no list (not executed yet)"),
    ("job", "an answer that is ready later (not executed yet)"),
    ("batch", "many keys in one call (not executed yet)"),
    ("keys", "where keys lie in the answer (not executed yet)"),
    ("cursor", "where reading goes on next time (not executed yet)"),
    ("deleted", "how removed records are told (not executed yet)"),
    ("at_once", "most calls at one time"),
    ("for", "the fields that need it"),
    ("take", "what is taken from the answer"),
];
const PAGE: Table = &[
    ("token", "where the token of the next page lies in the answer"),
    ("next", "where the address of the next page lies in the answer: $.next, or { header: Link }"),
    ("offset", "pages by number of records: the first one"),
    ("limit", "how many records a page is asked for"),
    ("total", "where the number of all records lies in the answer"),
    ("number", "pages by number: the first one"),
    ("size", "how many records a page is asked for"),
    ("last", "where the number of the last page, or true on it, lies in the answer"),
    ("keyset", "pages by the last key (not executed yet)"),
    ("cookie", "pages by a cookie (not executed yet)"),
    ("send", "what asks for a page: query, headers"),
    ("keep", "the parameters of the call that go with later pages too; all if not said"),
    ("first", "what goes with the first page only: query"),
    ("optional", "the system may answer everything at once"),
    ("loop", "what a page that was there before means: stop"),
];
const NEXT: Table = &[("header", "the header with the address: Link")];
const SEND: Table = &[("query", "parameters"), ("headers", "headers")];

/// What templates of a read may name in this version.
pub const EXECUTED: &[&str] = &["settings", "entity", "as_of", "page", "needed", "run", "answer", "status"];

/// A compiled read.
#[derive(Clone, Debug)]
pub struct Read {
    /// The ways, in order; at least one.
    pub ways: Vec<Way>,
    /// Where the slots of a record lie.
    pub shape: Shape,
    /// Names on the wire that are needed, for `{{ needed }}`: the first names of the paths, each once.
    pub needed: Vec<String>,
    /// Words under `names:` of the entity.
    pub names: Vec<(String, String)>,
    /// Words that are left aside.
    pub ignored: Vec<String>,
    /// Where the list stands in the descriptor. Entities whose rows lie inside the records of another one (`of:`) read the
    /// list of that one; its answers serve them all.
    pub list: Option<Span>,
}

/// One way to read a list.
#[derive(Clone, Debug)]
pub struct Way {
    /// The call.
    pub request: Request,
    /// Where the records lie.
    pub select: Select,
    /// How the list goes on.
    pub paging: Paging,
    /// Words that this version cannot execute.
    pub refused: Vec<String>,
}

/// How a list goes on.
#[derive(Clone, Debug)]
pub struct Paging {
    /// How the next page is known.
    pub by: By,
    /// Parameters that ask for a page.
    pub send: Inputs,
    /// Headers that ask for a page.
    pub send_headers: Inputs,
    /// Parameters of the first page.
    pub first: Inputs,
    /// Parameters of the call that go with later pages; all if `None`.
    pub keep: Option<Vec<String>>,
}

/// How the next page is known.
#[derive(Clone, Debug)]
pub enum By {
    /// There is one page.
    Nothing,
    /// By a token in the answer.
    Token(JsonPath),
    /// By an address in the answer.
    Next(JsonPath),
    /// By an address in the header `Link` of the answer (RFC 8288).
    Link,
    /// By the number of records so far. Without a total, the first empty page is the last.
    Offset {
        /// The first.
        first: u64,
        /// Records a page.
        limit: Option<Template>,
        /// Where the number of all records lies.
        total: Option<JsonPath>,
    },
    /// By the number of the page. Without `last`, the first empty page is the last.
    Number {
        /// The first.
        first: u64,
        /// Records a page.
        size: Option<Template>,
        /// Where the number of the last page, or true on it, lies.
        last: Option<JsonPath>,
    },
}

/// Reads what stands under `read`.
pub fn read(reader: &mut Reader<'_>, node: &Node, shape: &WireShape) -> Option<Read> {
    let ways = match at(node, "ways") {
        Some(ways) => {
            reader.map("read", node, &[request::VERBS, request::INPUTS, READ]);
            let Some(items) = ways.items() else {
                reader.wrong(ways, "ways", "a list of calls");
                return None;
            };
            items.iter().filter_map(|item| way(reader, item)).collect()
        }
        None => Vec::from_iter(way(reader, node)),
    };
    let mut ignored = std::mem::take(&mut reader.ignored);
    ignored.sort();
    ignored.dedup();
    let compiled = Shape::compile(shape, node.span, reader.found);
    // What is asked for by name differs between the entities.
    let own = ways.iter().any(|way| way.request.names("needed") || way.request.names("entity"));
    let list = (!own).then_some(node.span);
    let read = Read { ways, shape: compiled, needed: needed(shape), names: shape.names.clone(), ignored, list };
    (!read.ways.is_empty()).then_some(read)
}

/// The first names of the paths of all slots that somebody needs.
fn needed(shape: &WireShape) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (index, slot) in shape.slots.iter().enumerate() {
        let path = slot.at.trim_start_matches(['$', '.', '^']);
        let name = path.split(['.', '[']).next().unwrap_or("");
        if !name.is_empty() && !shape.unused.contains(&index) && !names.iter().any(|known| known == name) {
            names.push(name.to_string());
        }
    }
    names
}

fn way(reader: &mut Reader<'_>, node: &Node) -> Option<Way> {
    let request = match at(node, "document") {
        // The document has the verb; this selects from it.
        Some(_) => reader.map("read", node, &[request::INPUTS, READ]).map(|_| Request::nothing()),
        None => request::request(reader, node, &[READ]),
    };
    reader.ignore(node, &["changes", "find", "detail", "at_once"]);
    reader
        .refuse(node, &["parts", "from", "flatten", "document", "outcomes", "job", "batch", "keys", "cursor", "take"]);
    let select = match at(node, "select") {
        Some(path) => select(reader, path),
        None => Some(Select::Whole),
    };
    let paging = at(node, "page").and_then(|page| paging(reader, page)).unwrap_or(Paging {
        by: By::Nothing,
        send: Vec::new(),
        send_headers: Vec::new(),
        first: Vec::new(),
        keep: None,
    });
    let mut refused = std::mem::take(&mut reader.refused);
    refused.sort();
    refused.dedup();
    let mut request = request?;
    request.during = vec!["read"];
    // A read changes nothing, whatever its verb.
    request.repeatable = true;
    Some(Way { request, select: select?, paging, refused })
}

/// JSONPath; or a child path to the list, with or without `[*]`.
fn select(reader: &mut Reader<'_>, node: &Node) -> Option<Select> {
    match node.text() {
        Some(text) if !text.starts_with('$') => {
            let text = reader.with_names(text);
            match child_path(text.strip_suffix("[*]").unwrap_or(&text)) {
                Ok(keys) => Some(Select::List(keys)),
                Err(_) => reader.path(node, "select").map(JsonPath::select),
            }
        }
        _ => reader.path(node, "select").map(JsonPath::select),
    }
}

fn paging(reader: &mut Reader<'_>, node: &Node) -> Option<Paging> {
    let node = reader.map("page", node, &[PAGE])?;
    reader.refuse(node, &["keyset", "cookie"]);
    reader.word(node, "loop", &["stop"]);
    reader.flag(node, "optional");
    let by = by(reader, node);
    let send = at(node, "send").and_then(|send| reader.map("send", send, &[SEND]));
    let first = at(node, "first").and_then(|first| reader.map("first", first, &[SEND]));
    let mut part = |of: Option<&Node>, key: &str| {
        of.and_then(|of| at(of, key)).map(|inputs| reader.inputs(inputs, key)).unwrap_or_default()
    };
    let paging = Paging {
        send: part(send, "query"),
        send_headers: part(send, "headers"),
        first: part(first, "query"),
        keep: at(node, "keep").map(|keep| texts(Some(keep))),
        by: by?,
    };
    if !matches!(paging.by, By::Next(_) | By::Link | By::Nothing)
        && paging.send.is_empty()
        && paging.send_headers.is_empty()
    {
        reader.missing(node.span, "send", "page");
    }
    Some(paging)
}

/// How the next page is known: exactly one of the keys that say it.
fn by(reader: &mut Reader<'_>, node: &Node) -> Option<By> {
    let kinds: Vec<_> =
        node.entries()?.iter().filter(|entry| matches!(&*entry.key, "token" | "next" | "offset" | "number")).collect();
    let entry = match kinds.as_slice() {
        [entry] => *entry,
        [] if at(node, "keyset").is_some() || at(node, "cookie").is_some() => return Some(By::Nothing),
        [] => {
            reader.missing(node.span, "token", "page");
            return None;
        }
        [_, second, ..] => {
            reader.wrong(
                &second.value,
                &second.key,
                "nothing, since the page has another word that says how it goes on",
            );
            return None;
        }
    };
    if let Some(header) = at(node, "next").filter(|next| next.entries().is_some()) {
        reader.map("next", header, &[NEXT])?;
        reader.need(header, "header", "next");
        return reader.word(header, "header", &["Link"]).map(|_| By::Link);
    }
    let mut path = |key: &str| at(node, key).map(|value| reader.path(value, key));
    Some(match entry.key.as_str() {
        "token" => By::Token(path("token")??),
        "next" => By::Next(path("next")??),
        "offset" => {
            let total = path("total").flatten();
            By::Offset { first: first(reader, node, "offset")?, limit: reader.leaf_at(node, "limit"), total }
        }
        _ => {
            let last = path("last").flatten();
            By::Number { first: first(reader, node, "number")?, size: reader.leaf_at(node, "size"), last }
        }
    })
}

fn first(reader: &mut Reader<'_>, node: &Node, key: &str) -> Option<u64> {
    let value = at(node, key)?;
    let first = value.text().and_then(|text| text.parse().ok());
    if first.is_none() {
        reader.wrong(value, key, "the number of the first page: 0 or 1");
    }
    first
}
