//! `auth`: how a connection says who it is.

use super::reader::{Inputs, Reader, Table, at};
use super::request::{self, Body, Request};
use crate::protocol::path::JsonPath;
use crate::protocol::template::Template;
use crate::syntax::tree::Node;
use std::time::Duration;

/// How a connection says who it is.
#[derive(Clone, Debug)]
pub enum Auth {
    /// It does not.
    None,
    /// With a name and a password in each request.
    Basic {
        /// The name.
        user: Template,
        /// The password.
        password: Template,
    },
    /// With a key in each request.
    Key {
        /// Where the key stands.
        place: Place,
        /// Name of the header, parameter or cookie.
        name: String,
        /// The key.
        value: Template,
    },
    /// With a token that the customer was given.
    Bearer(Template),
    /// With a token that is asked for: client credentials (RFC 6749, section 4.4), or a call of the system's own.
    Token(Box<TokenCall>),
    /// In a way that this version does not execute.
    Refused(&'static str),
}

/// Where a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a header.
    Header,
    /// In a parameter of the address.
    Query,
    /// In a cookie.
    Cookie,
}

/// A call that gives a token.
#[derive(Clone, Debug)]
pub struct TokenCall {
    /// The call.
    pub request: Request,
    /// Where the token lies in its answer.
    pub take: JsonPath,
    /// Where its life in seconds lies.
    pub lasts: Option<JsonPath>,
    /// How long before its end a token is renewed.
    pub renew_before: Duration,
    /// The header that carries it; `Authorization: Bearer` if not said. The token is `{{ value }}`.
    pub send: Inputs,
    /// Who asks and what proves it, where they stand in `Authorization: Basic` of the call.
    pub basic: Option<(Template, Template)>,
}

const KINDS: Table = &[
    ("basic", "a name and a password in each request"),
    ("key", "a key in a header, parameter or cookie of each request"),
    ("bearer", "a token that the customer was given"),
    ("oauth2", "client credentials: a token that is asked for"),
    ("token", "a token that a call of the system's own gives"),
    ("none", "nothing"),
    ("wsse", "WS-Security"),
    ("oauth1", "OAuth 1"),
];
const BASIC: Table = &[("user", "the name"), ("password", "the password: a secret setting")];
const KEY: Table = &[
    ("in", "header, query or cookie"),
    ("name", "name of the header, parameter or cookie"),
    ("value", "the key: a secret setting"),
];
const BEARER: Table = &[("token", "the token: a secret setting")];
const OAUTH2: Table = &[
    ("grant", "client_credentials, or jwt-bearer for a signed assertion"),
    ("token_url", "where tokens are asked for"),
    ("client_id", "who asks"),
    ("client_secret", "what proves it: a secret setting"),
    ("assertion", "a signed assertion instead of a secret"),
    ("scope", "what is asked for"),
    ("credentials_in", "form or basic"),
    ("extra", "more fields of the form"),
    ("renew_before", "how long before its end a token is renewed"),
];
const TOKEN: Table = &[
    ("call", "the call"),
    ("take", "where the token lies in its answer"),
    ("lasts", "where its life in seconds lies"),
    ("renew_before", "how long before its end a token is renewed"),
    ("send", "the header that carries it"),
];

/// Tokens are renewed so long before their end.
const RENEW_BEFORE: Duration = Duration::from_secs(60);

/// Reads `auth`.
pub fn auth(reader: &mut Reader<'_>, node: &Node) -> Auth {
    if let Some(word) = node.text() {
        return match word {
            "none" => Auth::None,
            _ => {
                reader.wrong(node, "auth", "none, basic, key, bearer, oauth2 or token");
                Auth::None
            }
        };
    }
    let Some([entry, rest @ ..]) = reader.map("auth", node, &[KINDS]).and_then(Node::entries) else {
        return Auth::None;
    };
    if !rest.is_empty() {
        reader.wrong(node, "auth", "one way to say who we are");
    }
    let value = &entry.value;
    let auth = match entry.key.as_str() {
        "basic" => basic(reader, value),
        "key" => key(reader, value),
        "bearer" => bearer(reader, value),
        "oauth2" => oauth2(reader, value),
        "token" => token(reader, value),
        "wsse" => Some(Auth::Refused("auth: wsse")),
        "oauth1" => Some(Auth::Refused("auth: oauth1")),
        _ => None,
    };
    auth.unwrap_or(Auth::None)
}

/// A leaf that must be there.
fn needed(reader: &mut Reader<'_>, node: &Node, key: &str, of: &str) -> Option<Template> {
    reader.need(node, key, of);
    reader.leaf_at(node, key)
}

/// A secret that must be there.
fn needed_secret(reader: &mut Reader<'_>, node: &Node, key: &str, of: &str) -> Option<Template> {
    reader.need(node, key, of);
    reader.secret(node, key)
}

fn basic(reader: &mut Reader<'_>, node: &Node) -> Option<Auth> {
    let node = reader.map("basic", node, &[BASIC])?;
    let user = needed(reader, node, "user", "basic");
    let password = needed_secret(reader, node, "password", "basic");
    Some(Auth::Basic { user: user?, password: password? })
}

fn key(reader: &mut Reader<'_>, node: &Node) -> Option<Auth> {
    let node = reader.map("key", node, &[KEY])?;
    let place = match reader.word(node, "in", &["header", "query", "cookie"]) {
        Some("query") => Place::Query,
        Some("cookie") => Place::Cookie,
        _ => Place::Header,
    };
    let value = needed_secret(reader, node, "value", "key");
    reader.need(node, "name", "key");
    let name = at(node, "name").and_then(Node::text)?;
    Some(Auth::Key { place, name: name.to_string(), value: value? })
}

/// `bearer: "{{ settings.token }}"` or `bearer: { token: … }`.
fn bearer(reader: &mut Reader<'_>, node: &Node) -> Option<Auth> {
    if node.entries().is_some() {
        let node = reader.map("bearer", node, &[BEARER])?;
        return needed_secret(reader, node, "token", "bearer").map(Auth::Bearer);
    }
    if node.is_missing() {
        return None;
    }
    reader.secret_leaf(node, "bearer").map(Auth::Bearer)
}

fn oauth2(reader: &mut Reader<'_>, node: &Node) -> Option<Auth> {
    let node = reader.map("oauth2", node, &[OAUTH2])?;
    if reader.word(node, "grant", &["client_credentials", "jwt-bearer"]) == Some("jwt-bearer") {
        reader.refused.push("grant: jwt-bearer (in oauth2)".to_string());
    }
    let basic = reader.word(node, "credentials_in", &["form", "basic"]) == Some("basic");
    let renew_before = reader.duration(node, "renew_before").unwrap_or(RENEW_BEFORE);
    let scope = reader.leaf_at(node, "scope");
    let extra = at(node, "extra").map(|extra| reader.inputs(extra, "extra")).unwrap_or_default();
    let token_url = needed(reader, node, "token_url", "oauth2");
    let client_id = needed(reader, node, "client_id", "oauth2");
    let client_secret = match (at(node, "client_secret"), at(node, "assertion")) {
        (None, Some(_)) => {
            reader.refused.push("assertion (in oauth2)".to_string());
            Some(Template::fixed(""))
        }
        // With both, the secret is used; without it, the call is refused when it is to be made.
        _ => needed_secret(reader, node, "client_secret", "oauth2"),
    };
    let mut form = vec![("grant_type".to_string(), vec![Template::fixed("client_credentials")])];
    let mut add = |name: &str, value: Option<Template>| form.extend(value.map(|value| (name.to_string(), vec![value])));
    let basic = if basic {
        Some((client_id?, client_secret?))
    } else {
        add("client_id", client_id);
        add("client_secret", client_secret);
        None
    };
    add("scope", scope);
    form.extend(extra);
    let request = Request::for_token(token_url?, Body::Form(form));
    let (take, lasts) = (JsonPath::compile("$.access_token").ok()?, JsonPath::compile("$.expires_in").ok());
    Some(Auth::Token(Box::new(TokenCall { request, take, lasts, renew_before, send: Vec::new(), basic })))
}

fn token(reader: &mut Reader<'_>, node: &Node) -> Option<Auth> {
    let node = reader.map("token", node, &[TOKEN])?;
    reader.need(node, "call", "token");
    reader.need(node, "take", "token");
    let request = at(node, "call").and_then(|call| request::request(reader, call, &[]));
    let take = at(node, "take").and_then(|take| reader.path(take, "take"));
    let lasts = at(node, "lasts").and_then(|lasts| reader.path(lasts, "lasts"));
    let renew_before = reader.duration(node, "renew_before").unwrap_or(RENEW_BEFORE);
    let (roots, executed) = (reader.roots, reader.executed);
    (reader.roots, reader.executed) = (&["value"], &["value"]);
    let send = at(node, "send").and_then(|send| at(send, "header").or_else(|| at(send, "headers")));
    let send = send.map(|send| reader.inputs(send, "send")).unwrap_or_default();
    (reader.roots, reader.executed) = (roots, executed);
    let request = Request { anonymous: true, repeatable: true, during: vec!["token"], ..request? };
    Some(Auth::Token(Box::new(TokenCall { request, take: take?, lasts, renew_before, send, basic: None })))
}
