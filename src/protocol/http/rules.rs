//! `errors`: what an answer of the protocol means to the engine. The first rule that fits wins; a call's rules come before
//! its connection's, and those before what is built in.

use super::reader::{Reader, Table, at};
use crate::protocol::template::Template;
use crate::syntax::tree::Node;
use regex::Regex;
use serde_json::Value;
use std::time::Duration;

/// Keys of a rule.
pub const RULE: Table = &[
    ("status", "HTTP status, or a list of them"),
    ("body", "regular expression on the body of the answer"),
    ("message", "regular expression on the message in the answer"),
    ("code", "the code in the answer, or a list of them"),
    ("during", "only in these operations: read, write, create, update, …"),
    ("after_create", "only so long after the record was created"),
    ("then", "what it means"),
    ("within", "how long to try again"),
    ("say", "what is said about it"),
    ("answer", "SOAP: regular expression on the unwrapped answer"),
    ("answer_shorter", "SOAP: the answer is shorter than this"),
    ("fault", "SOAP: the fault code"),
    ("doc", "a remark"),
    ("evidence", "what it was verified against"),
];

/// What `say` may name: the answer, whose texts nothing else shows.
const SAY: &[&str] = &["settings", "answer", "status", "entity", "facts"];

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// All is well.
    Ok,
    /// All is well, and it is reported.
    OkWithFinding,
    /// The record is not there.
    Absent,
    /// Such a record is there already.
    Exists,
    /// The target misses a record that this one refers to.
    MissingReference,
    /// The same call again, after the back-off.
    Retry,
    /// The same call again, after `Retry-After` or the back-off.
    Wait,
    /// A new token, then the same call again.
    Renew,
    /// The list again from its first page.
    Restart,
    /// The cursor is void: read whole.
    Whole,
    /// Half the batch.
    Split,
    /// The next of the call's ways.
    NextWay,
    /// This record is not written.
    Reject,
    /// No more calls to this system.
    Stop,
}

/// The words of `then`.
pub const MEANINGS: &[(&str, Meaning)] = &[
    ("ok", Meaning::Ok),
    ("ok-with-finding", Meaning::OkWithFinding),
    ("absent", Meaning::Absent),
    ("exists", Meaning::Exists),
    ("missing-reference", Meaning::MissingReference),
    ("retry", Meaning::Retry),
    ("wait", Meaning::Wait),
    ("renew", Meaning::Renew),
    ("restart", Meaning::Restart),
    ("whole", Meaning::Whole),
    ("split", Meaning::Split),
    ("next-way", Meaning::NextWay),
    ("reject", Meaning::Reject),
    ("stop", Meaning::Stop),
];

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Statuses that it fits; any if empty.
    pub statuses: Vec<u16>,
    /// On the whole body.
    pub body: Option<Regex>,
    /// On the message in the answer.
    pub message: Option<Regex>,
    /// Codes in the answer; any if empty.
    pub codes: Vec<String>,
    /// Operations; any if empty.
    pub during: Vec<String>,
    /// What it means.
    pub then: Meaning,
    /// How long to try again, instead of the connection's `within`.
    pub within: Option<Duration>,
    /// What is said about it.
    pub say: Option<Template>,
}

impl Rule {
    /// True if the body decides.
    pub fn looks_inside(&self) -> bool {
        self.body.is_some() || self.message.is_some() || !self.codes.is_empty()
    }

    /// True if the rule fits an answer that was given during these operations.
    pub fn fits(&self, during: &[&str], status: u16, answer: &dyn Fn() -> Words) -> bool {
        if !self.statuses.is_empty() && !self.statuses.contains(&status) {
            return false;
        }
        if !self.during.is_empty() && !self.during.iter().any(|name| during.contains(&name.as_str())) {
            return false;
        }
        if !self.looks_inside() {
            return !self.statuses.is_empty();
        }
        let words = answer();
        self.body.as_ref().is_none_or(|body| body.is_match(&words.body))
            && self.message.as_ref().is_none_or(|message| message.is_match(&words.message))
            && (self.codes.is_empty() || words.code.is_some_and(|code| self.codes.contains(&code)))
    }
}

/// What rules look at in an answer. Never shown: it may name people.
pub struct Words {
    /// The whole body.
    pub body: String,
    /// Its message.
    pub message: String,
    /// Its code.
    pub code: Option<String>,
}

impl Words {
    /// The words of a body.
    pub fn of(body: &[u8]) -> Words {
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        Words {
            body: String::from_utf8_lossy(body).into_owned(),
            message: field(&value, &["message", "error_description", "detail", "title"]).unwrap_or_default(),
            code: field(&value, &["code", "error", "type"]),
        }
    }
}

/// The first text under one of these keys, at the top or inside `error`.
fn field(value: &Value, names: &[&str]) -> Option<String> {
    let inside = value.get("error").filter(|error| error.is_object());
    [Some(value), inside].into_iter().flatten().find_map(|value| {
        names.iter().find_map(|name| match value.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        })
    })
}

/// Reads `errors`: a list, or `before`, `after`, `replace` around what a variant is based on.
pub fn rules(reader: &mut Reader<'_>, node: &Node) -> Vec<Rule> {
    let lists: Vec<&Node> = match node.entries() {
        Some(_) => {
            const VARIANT: Table =
                &[("before", "rules before those"), ("after", "rules after those"), ("replace", "rules instead")];
            reader.map("errors", node, &[VARIANT]);
            ["before", "replace", "after"].iter().filter_map(|key| at(node, key)).collect()
        }
        None => vec![node],
    };
    let mut all = Vec::new();
    for list in lists {
        match list.items() {
            Some(items) => all.extend(items.iter().filter_map(|item| rule(reader, item))),
            None => reader.wrong(list, "errors", "a list of rules"),
        }
    }
    all
}

fn rule(reader: &mut Reader<'_>, node: &Node) -> Option<Rule> {
    let node = reader.map("errors", node, &[RULE])?;
    for word in ["answer", "answer_shorter", "fault"] {
        if at(node, word).is_some() {
            reader.refused.push(format!("{word} (in errors)"));
        }
    }
    let (roots, refused) = (reader.roots, reader.refused.len());
    reader.roots = SAY;
    let say = at(node, "say").and_then(|say| reader.template(say, "say", false));
    reader.roots = roots;
    // What cannot be filled in is not said; the rule means the same without it.
    reader.refused.truncate(refused);
    let rule = Rule {
        statuses: statuses(reader, node),
        body: regex(reader, node, "body"),
        message: regex(reader, node, "message"),
        codes: texts(at(node, "code")),
        during: texts(at(node, "during")),
        then: meaning(reader, node)?,
        within: reader.duration(node, "within"),
        say,
    };
    reader.duration(node, "after_create");
    Some(rule)
}

fn meaning(reader: &mut Reader<'_>, node: &Node) -> Option<Meaning> {
    reader.need(node, "then", "a rule of errors");
    let words: Vec<&str> = MEANINGS.iter().map(|(word, _)| *word).collect();
    let word = reader.word(node, "then", &words)?;
    MEANINGS.iter().find(|(known, _)| *known == word).map(|(_, meaning)| *meaning)
}

fn statuses(reader: &mut Reader<'_>, node: &Node) -> Vec<u16> {
    let Some(value) = at(node, "status") else { return Vec::new() };
    let items = value.items().unwrap_or(std::slice::from_ref(value));
    let mut statuses = Vec::new();
    for item in items {
        match item.text().and_then(|text| text.parse::<u16>().ok()).filter(|status| (100..=599).contains(status)) {
            Some(status) => statuses.push(status),
            None => reader.wrong(item, "status", "an HTTP status, 100 to 599"),
        }
    }
    statuses
}

fn regex(reader: &mut Reader<'_>, node: &Node, key: &str) -> Option<Regex> {
    let value = at(node, key)?;
    let regex = value.text().and_then(|text| Regex::new(text).ok());
    if regex.is_none() {
        reader.wrong(value, key, "a regular expression");
    }
    regex
}

/// One text or a list of texts.
pub fn texts(node: Option<&Node>) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    let items = node.items().unwrap_or(std::slice::from_ref(node));
    items.iter().filter_map(|item| item.text().map(str::to_string)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_codes_and_messages_where_servers_put_them() {
        let flat = Words::of(br#"{"code": "x-1", "message": "m"}"#);
        assert_eq!((flat.code.as_deref(), &*flat.message), (Some("x-1"), "m"));
        let nested = Words::of(br#"{"error": {"code": "Request_BadRequest", "message": "already exist"}}"#);
        assert_eq!((nested.code.as_deref(), &*nested.message), (Some("Request_BadRequest"), "already exist"));
        let token = Words::of(br#"{"error": "invalid_client"}"#);
        assert_eq!(token.code.as_deref(), Some("invalid_client"));
        assert_eq!(Words::of(b"<html>").code, None);
    }
}
