//! `connect: http`: the address, and how much, how fast and how often is asked.

use super::auth::{self, Auth};
use super::reader::{Inputs, Reader, Table, at};
use super::request;
use super::rules::{self, Rule};
use crate::protocol::template::Template;
use crate::syntax::tree::Node;
use std::time::Duration;

/// Keys under `http`.
pub const CONNECT: Table = &[
    ("base", "the address that all paths start from, without a slash at the end"),
    ("headers", "headers of every call"),
    ("tls", "client certificate, trusted authority, least version"),
    ("auth", "how we say who we are: none, basic, key, bearer, oauth2, token"),
    ("limits", "how much and how fast: at_once, per_second, timeout, answer_max, redirects"),
    ("retry", "how often a call is tried again: times, first, factor, most, within, jitter"),
    ("errors", "what answers mean"),
    ("soap", "the SOAP envelope (not executed yet)"),
    ("bundle", "many calls in one request (not executed yet)"),
];
const TLS: Table = &[
    ("client", "certificate and key of ours, PEM: a certificate or secret setting"),
    ("authority", "the authority to trust beside the system's, PEM"),
    ("min", "least version: 1.2 or 1.3"),
    ("pin", "pinned certificate (not executed yet)"),
];
const LIMITS: Table = &[
    ("at_once", "most calls at one time"),
    ("per_second", "most calls a second"),
    ("timeout", "longest time for one call"),
    ("body_max", "largest body of a call"),
    ("answer_max", "largest answer"),
    ("redirects", "none, same-host or any"),
    ("groups", "limits for some operations (not executed yet: the system's 429 slows us down)"),
];
const GROUP: Table = &[
    ("during", "the operations"),
    ("per_second", "most calls a second"),
    ("bucket", "most calls in a time"),
    ("cost", "what a call costs"),
    ("shared", "name of an allowance that several syncs share"),
];
const RETRY: Table = &[
    ("times", "most tries after the first"),
    ("first", "the first pause"),
    ("factor", "by which the pause grows"),
    ("most", "the longest pause"),
    ("within", "no try after this time"),
    ("jitter", "full (a random part of the pause) or none"),
];
const SOAP: Table = &[
    ("version", "1.1 or 1.2"),
    ("style", "document or rpc"),
    ("use", "literal or encoded"),
    ("namespace", "the name space"),
    ("namespaces", "prefixes and their name spaces"),
    ("action", "the SOAPAction"),
    ("header", "the header of the envelope"),
    ("first", "what is put before the arguments of every operation"),
    ("arguments", "all-in-order or present"),
    ("answer", "where the answer lies"),
];

/// Whether redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// Never.
    None,
    /// To the same host only.
    SameHost,
    /// Anywhere; who we are is said to the same host only.
    Any,
}

/// How much and how fast.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most calls at one time.
    pub at_once: usize,
    /// Most calls a second.
    pub per_second: Option<f64>,
    /// Longest time for one call.
    pub timeout: Duration,
    /// Largest body, in bytes.
    pub body_max: Option<u64>,
    /// Largest answer, in bytes.
    pub answer_max: u64,
    /// Whether redirects are followed.
    pub redirects: Redirects,
}

/// How often a call is tried again.
#[derive(Clone, Debug)]
pub struct Retry {
    /// Most tries after the first.
    pub times: u32,
    /// The first pause.
    pub first: Duration,
    /// By which it grows.
    pub factor: f64,
    /// The longest pause.
    pub most: Duration,
    /// No try after this time.
    pub within: Duration,
    /// True if a pause is a random part of itself.
    pub jitter: bool,
}

/// Certificates.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// Certificate and key of ours.
    pub client: Option<Template>,
    /// The authority to trust beside the system's.
    pub authority: Option<Template>,
    /// True if nothing below TLS 1.3 is accepted.
    pub only_13: bool,
}

/// A compiled connection.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The address that all paths start from.
    pub base: Template,
    /// Headers of every call.
    pub headers: Inputs,
    /// Certificates.
    pub tls: Tls,
    /// How we say who we are.
    pub auth: Auth,
    /// How much and how fast.
    pub limits: Limits,
    /// How often a call is tried again.
    pub retry: Retry,
    /// What answers mean.
    pub errors: Vec<Rule>,
    /// Words that this version cannot execute: the connection is not opened.
    pub refused: Vec<String>,
    /// Words that are left aside.
    pub ignored: Vec<String>,
}

/// Reads what stands under `http`.
pub fn connection(reader: &mut Reader<'_>, node: &Node) -> Option<Connection> {
    let node = reader.map("http", node, &[CONNECT])?;
    let tls = at(node, "tls").and_then(|tls| self::tls(reader, tls)).unwrap_or_default();
    let auth = at(node, "auth").map_or(Auth::None, |auth| auth::auth(reader, auth));
    if let Auth::Refused(word) = auth {
        reader.refused.push(word.to_string());
    }
    let headers = at(node, "headers").map(|headers| request::headers(reader, headers)).unwrap_or_default();
    let limits = limits(reader, at(node, "limits"));
    let retry = retry(reader, at(node, "retry"));
    let errors = at(node, "errors").map(|errors| rules::rules(reader, errors)).unwrap_or_default();
    if let Some(soap) = at(node, "soap") {
        reader.map("soap", soap, &[SOAP]);
    }
    // A bundle saves calls and means nothing else: each call goes alone.
    reader.ignore(node, &["bundle"]);
    reader.refuse(node, &["soap"]);
    reader.need(node, "base", "http");
    let base = at(node, "base").and_then(|base| reader.template(base, "base", false))?;
    let (refused, ignored) = (std::mem::take(&mut reader.refused), std::mem::take(&mut reader.ignored));
    Some(Connection { base, headers, tls, auth, limits, retry, errors, refused, ignored })
}

fn tls(reader: &mut Reader<'_>, node: &Node) -> Option<Tls> {
    let node = reader.map("tls", node, &[TLS])?;
    reader.refuse(node, &["pin"]);
    Some(Tls {
        client: reader.leaf_at(node, "client"),
        authority: reader.leaf_at(node, "authority"),
        only_13: reader.word(node, "min", &["1.2", "1.3"]) == Some("1.3"),
    })
}

fn limits(reader: &mut Reader<'_>, node: Option<&Node>) -> Limits {
    let mut limits = Limits {
        at_once: 4,
        per_second: None,
        timeout: Duration::from_secs(60),
        body_max: None,
        answer_max: 256 << 20,
        redirects: Redirects::SameHost,
    };
    let Some(node) = node.and_then(|node| reader.map("limits", node, &[LIMITS])) else { return limits };
    limits.at_once = reader.count(node, "at_once").map_or(limits.at_once, |count| count as usize);
    limits.per_second = reader.number(node, "per_second");
    limits.timeout = reader.duration(node, "timeout").unwrap_or(limits.timeout);
    limits.body_max = reader.size(node, "body_max");
    // Cells point into an answer with 32 bits.
    limits.answer_max = reader.size(node, "answer_max").unwrap_or(limits.answer_max).min(1 << 31);
    limits.redirects = match reader.word(node, "redirects", &["none", "same-host", "any"]) {
        Some("none") => Redirects::None,
        Some("any") => Redirects::Any,
        _ => Redirects::SameHost,
    };
    for group in at(node, "groups").and_then(Node::items).unwrap_or_default() {
        reader.map("groups", group, &[GROUP]);
    }
    reader.ignore(node, &["groups"]);
    limits
}

fn retry(reader: &mut Reader<'_>, node: Option<&Node>) -> Retry {
    let mut retry = Retry {
        times: 5,
        first: Duration::from_secs(1),
        factor: 2.0,
        most: Duration::from_secs(60),
        within: Duration::from_secs(600),
        jitter: true,
    };
    let Some(node) = node.and_then(|node| reader.map("retry", node, &[RETRY])) else { return retry };
    retry.times = match at(node, "times").and_then(Node::text) {
        Some("0") => 0,
        _ => reader.count(node, "times").unwrap_or(retry.times),
    };
    retry.first = reader.duration(node, "first").unwrap_or(retry.first);
    retry.factor = reader.number(node, "factor").map_or(retry.factor, |factor| factor.max(1.0));
    retry.most = reader.duration(node, "most").unwrap_or(retry.most);
    retry.within = reader.duration(node, "within").unwrap_or(retry.within);
    retry.jitter = reader.word(node, "jitter", &["full", "none"]) != Some("none");
    retry
}
