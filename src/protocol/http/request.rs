//! A call as it leaves the machine: method, address, parameters, headers, body.

use super::reader::{Inputs, Reader, Table, at};
use super::rules::{self, Rule};
use crate::finding::Finding;
use crate::finding::codes::system as codes;
use crate::protocol::template::{Template, Tree};
use crate::syntax::tree::{Entry, Node};

/// The verbs of a call: what is said in YAML, and what it is on the wire.
pub const VERBS: Table = &[
    ("get", "GET this path"),
    ("post", "POST to this path"),
    ("put", "PUT to this path"),
    ("patch", "PATCH this path"),
    ("delete", "DELETE this path"),
    ("soap", "call this SOAP operation (not executed yet)"),
];

/// What goes with a verb.
pub const INPUTS: Table = &[
    ("query", "parameters of the address; a list repeats its name, an absent value leaves it out"),
    ("headers", "headers beside those of the connection"),
    ("json", "body as JSON: a tree whose leaves may be templates"),
    ("form", "body as a form"),
    ("xml", "body as XML (not executed yet)"),
    ("multipart", "body in parts (not executed yet)"),
    ("csv", "body as CSV (not executed yet)"),
    ("with", "SOAP: the arguments (not executed yet)"),
    ("first", "SOAP: what is put before the arguments (not executed yet)"),
    ("decode", "unwraps an answer that is packed in a text (not executed yet)"),
    ("answer", "how the answer is written: json"),
    ("errors", "what answers mean, before the rules of the connection"),
    ("repeatable", "may be sent twice with the same effect"),
    ("auth", "`none`: this call does not say who it is"),
    ("via", "the connection that it goes through (not executed yet)"),
    ("name", "its name, for rules and reports"),
    ("doc", "a remark"),
    ("say", "what is said about it"),
    ("evidence", "what it was verified against"),
    ("unsure", "what is not sure about it"),
    ("needs", "what must be granted for it"),
    ("cost", "what it costs of the system's allowance"),
];

/// What a body is made of.
#[derive(Clone, Debug)]
pub enum Body {
    /// There is none.
    None,
    /// JSON.
    Json(Tree),
    /// A form.
    Form(Inputs),
}

/// A compiled call.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, …
    pub method: &'static str,
    /// Below the connection's base, unless it is a whole address.
    pub path: Template,
    /// The path for people: names of the entity filled in, other values as `…`.
    pub shown: String,
    /// Parameters of the address.
    pub query: Inputs,
    /// Headers beside those of the connection.
    pub headers: Inputs,
    /// The body.
    pub body: Body,
    /// What answers mean: these rules come before those of the connection.
    pub errors: Vec<Rule>,
    /// May be sent twice with the same effect.
    pub repeatable: bool,
    /// True if the call does not say who it is.
    pub anonymous: bool,
    /// The operations that rules may name with `during`.
    pub during: Vec<&'static str>,
}

impl Request {
    /// Asks for a token: a POST that may be sent twice and does not say who we are in the way of the connection.
    pub fn for_token(address: Template, body: Body) -> Request {
        Request {
            shown: shown(address.source()),
            path: address,
            body,
            repeatable: true,
            anonymous: true,
            during: vec!["token"],
            ..Request::nothing()
        }
    }

    /// True if a template of it names this root: `{{ needed }}`.
    pub fn names(&self, root: &str) -> bool {
        let inputs = self.query.iter().chain(&self.headers).flat_map(|(_, values)| values);
        let body: Vec<&Template> = match &self.body {
            Body::None => Vec::new(),
            Body::Json(tree) => tree.templates(),
            Body::Form(inputs) => inputs.iter().flat_map(|(_, values)| values).collect(),
        };
        let mut all = std::iter::once(&self.path).chain(inputs).chain(body);
        all.any(|template| template.paths().any(|path| path.first().is_some_and(|first| first == root)))
    }

    /// Stands where a write cannot be executed.
    pub fn nothing() -> Request {
        Request {
            method: "POST",
            path: Template::fixed(""),
            shown: String::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::None,
            errors: Vec::new(),
            repeatable: false,
            anonymous: false,
            during: Vec::new(),
        }
    }
}

/// The entry of the verb; none, or several, is a finding.
fn verb<'n>(reader: &mut Reader<'_>, node: &'n Node) -> Option<&'n Entry> {
    let mut verbs = node.entries()?.iter().filter(|entry| VERBS.iter().any(|(word, _)| *word == entry.key));
    let Some(first) = verbs.next() else {
        reader.found.add(Finding::new(&codes::CALL_WITHOUT_VERB, node.span));
        return None;
    };
    if let Some(second) = verbs.next() {
        let finding = Finding::new(&codes::TWO_VERBS, second.key_span)
            .word("first", &first.key)
            .word("second", &second.key)
            .other(first.key_span, "the other one");
        reader.found.add(finding);
    }
    Some(first)
}

/// Reads a call. `more` are the words that it may have beside those of every call.
pub fn request(reader: &mut Reader<'_>, node: &Node, more: &[Table]) -> Option<Request> {
    let tables: Vec<Table> = [VERBS, INPUTS].into_iter().chain(more.iter().copied()).collect();
    let node = reader.map("call", node, &tables)?;
    let verb = verb(reader, node);
    reader.refuse(node, &["soap", "xml", "multipart", "csv", "with", "first", "decode", "via"]);
    reader.ignore(node, &["cost"]);
    if at(node, "answer").is_some_and(|answer| answer.text() != Some("json")) {
        reader.refused.push("answer".to_string());
    }
    let query = at(node, "query").map(|query| reader.inputs(query, "query")).unwrap_or_default();
    let headers = at(node, "headers").map(|headers| self::headers(reader, headers)).unwrap_or_default();
    let body = body(reader, node);
    let errors = at(node, "errors").map(|errors| rules::rules(reader, errors)).unwrap_or_default();
    let repeatable = reader.flag(node, "repeatable");
    let anonymous = reader.word(node, "auth", &["none"]).is_some();
    let verb = verb?;
    let method = method(&verb.key);
    let path = reader.template(&verb.value, &verb.key, false)?;
    if verb.value.text().is_some_and(|text| text.trim().is_empty()) {
        reader.wrong(&verb.value, &verb.key, "a path like /persons");
    }
    Some(Request {
        method,
        shown: shown(&reader.with_names(path.source())),
        path,
        query,
        headers,
        body,
        errors,
        repeatable: repeatable.unwrap_or(matches!(method, "GET" | "PUT" | "DELETE")),
        anonymous,
        during: Vec::new(),
    })
}

fn method(verb: &str) -> &'static str {
    match verb {
        "get" => "GET",
        "put" => "PUT",
        "patch" => "PATCH",
        "delete" => "DELETE",
        _ => "POST",
    }
}

/// Headers; a token or key that stands there as it is is a finding.
pub fn headers(reader: &mut Reader<'_>, node: &Node) -> Inputs {
    for entry in node.entries().unwrap_or_default() {
        let secret = ["authorization", "cookie", "proxy-authorization"]
            .contains(&entry.key.to_ascii_lowercase().as_str())
            || ["api-key", "apikey", "token", "secret", "password"]
                .iter()
                .any(|word| entry.key.to_ascii_lowercase().contains(word));
        if secret && entry.value.text().is_some_and(|text| !text.contains("{{")) {
            reader.found.add(Finding::new(&codes::SECRET_NOT_A_SETTING, entry.value.span).word("key", &entry.key));
        }
    }
    reader.inputs(node, "headers")
}

fn body(reader: &mut Reader<'_>, node: &Node) -> Body {
    match (at(node, "json"), node.entry("form")) {
        (Some(json), second) => {
            if let Some(second) = second {
                reader.wrong(&second.value, "form", "nothing, since the body is JSON");
            }
            reader.tree(json, "json").map_or(Body::None, Body::Json)
        }
        (None, Some(form)) => Body::Form(reader.inputs(&form.value, "form")),
        (None, None) => Body::None,
    }
}

/// A template for people: each value is `…`.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        shown.push_str(before);
        shown.push('…');
        rest = after.split_once("}}").map_or("", |(_, rest)| rest);
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_values() {
        assert_eq!(shown("/users/{{ link.id }}/photo"), "/users/…/photo");
        assert_eq!(shown("/users"), "/users");
        assert_eq!(shown("{{ settings.a }}{{ b }}"), "……");
    }
}
