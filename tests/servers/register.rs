//! A school register after SS 12000:2020: lists in JSON, opaque page tokens, client credentials.

use super::cut::Connection;
use super::{Script, Seen, Stop, Trouble, bearer, error, misbehave, parameters, remembered, serve};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

/// The running register. `GET <base>/<list>` gives pages of `{data, pageToken}`; `POST <token_url>` gives tokens.
pub struct Register {
    /// The address that the lists lie under, with the version and without a slash at the end.
    pub base: String,
    /// Where tokens are asked for.
    pub token_url: String,
    book: Shared,
    _stop: Stop,
}

/// What may ask for tokens.
pub const CLIENT: (&str, &str) = ("koppla-test", "s3cr3t-of-the-register");

type Shared = Arc<Mutex<Book>>;

/// What the register knows.
struct Book {
    lists: BTreeMap<String, Vec<Value>>,
    most: usize,
    calls_per_token: usize,
    expires_in: u64,
    /// Token and how many calls it is still good for.
    tokens: Vec<(String, usize)>,
    pages: Vec<(String, String, usize, usize)>,
    script: Script,
    seen: Vec<Seen>,
    counter: u64,
    reject_parameters: Vec<String>,
    says_null: bool,
}

impl Register {
    /// Starts with these lists: `("persons", […])`.
    pub fn start(lists: impl IntoIterator<Item = (&'static str, Vec<Value>)>) -> Register {
        Register::with(lists.into_iter().map(|(name, list)| (name.to_string(), list)).collect())
    }

    /// Starts with the lists of a folder: `persons.json` is an array, or has one under `data`.
    pub fn from_folder(folder: &Path) -> Register {
        let mut lists = BTreeMap::new();
        for entry in std::fs::read_dir(folder).expect("a folder of lists") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let text = std::fs::read_to_string(&path).expect("a list");
                let value: Value = serde_json::from_str(&text).expect("JSON");
                let list = value.get("data").unwrap_or(&value).as_array().expect("an array").clone();
                lists.insert(path.file_stem().expect("a name").to_string_lossy().into_owned(), list);
            }
        }
        Register::with(lists)
    }

    fn with(lists: BTreeMap<String, Vec<Value>>) -> Register {
        let book = Arc::new(Mutex::new(Book {
            lists,
            most: usize::MAX,
            calls_per_token: usize::MAX,
            expires_in: 3600,
            tokens: Vec::new(),
            pages: Vec::new(),
            script: Script::default(),
            seen: Vec::new(),
            counter: 0,
            says_null: false,
            reject_parameters: Vec::new(),
        }));
        let (address, stop) = serve(Router::new().fallback(answer).with_state(Arc::clone(&book)));
        Register {
            base: format!("http://{address}/v2.0"),
            token_url: format!("http://{address}/oauth/token"),
            book,
            _stop: stop,
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("a server that did not panic")
    }

    /// Gives at most so many records a page, whatever is asked for.
    pub fn most(&self, records: usize) {
        self.book().most = records;
    }

    /// Each token is good for so many calls: with fewer calls than pages it expires in the middle of a list.
    pub fn tokens_last(&self, calls: usize) {
        self.book().calls_per_token = calls;
    }

    /// The last page of a list says that there is no next one: `null`. Otherwise it says nothing.
    pub fn says_null(&self) {
        self.book().says_null = true;
    }

    /// What tokens say of their life, in seconds.
    pub fn tokens_expire_in(&self, seconds: u64) {
        self.book().expires_in = seconds;
    }

    /// Replaces a list.
    pub fn set(&self, list: &str, records: Vec<Value>) {
        self.book().lists.insert(list.to_string(), records);
    }

    /// No token that was given is good any more.
    pub fn forget_tokens(&self) {
        self.book().tokens.clear();
    }

    /// A list as it stands now.
    pub fn list_now(&self, list: &str) -> Vec<Value> {
        self.book().lists[list].clone()
    }

    /// A token that is always good.
    pub fn allow(&self, token: &str) {
        self.book().tokens.push((token.to_string(), usize::MAX));
    }

    /// Answers 400 to requests with this parameter, as providers do that do not know a filter.
    pub fn does_not_know(&self, parameter: &str) {
        self.book().reject_parameters.push(parameter.to_string());
    }

    /// Misbehaves so many times on a page (from 1) of a list: `("/persons", 3)`. The token endpoint is `("/oauth/token", 1)`.
    pub fn trouble(&self, path: &'static str, page: usize, times: usize, trouble: Trouble) {
        let fits = move |_: &str, asked: &str, asked_page: usize| asked == path && asked_page == page;
        self.book().script.0.push((Box::new(fits), times, trouble));
    }

    /// Every request so far, without those for tokens.
    pub fn seen(&self) -> Vec<Seen> {
        self.book().seen.iter().filter(|seen| seen.path != "/oauth/token").cloned().collect()
    }

    /// How many tokens were asked for.
    pub fn token_requests(&self) -> usize {
        self.book().seen.iter().filter(|seen| seen.path == "/oauth/token").count()
    }
}

/// Answers a request and remembers it.
async fn answer(
    State(book): State<Shared>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().trim_start_matches("/v2.0").to_string();
    let query = parameters(parts.uri.query());
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let (response, held_back) = {
        let mut book = book.lock().expect("a server that did not panic");
        let page = book.page_of(&query);
        let trouble = book.script.take(parts.method.as_str(), &path, page);
        let response = match trouble.as_ref().and_then(Trouble::answer) {
            Some(response) => response,
            None if path == "/oauth/token" => book.token(&parts.headers, &body),
            None => book.list(&parts.headers, &path, &query, trouble == Some(Trouble::Loop)),
        };
        let status = response.status().as_u16();
        let headers = remembered(&parts.headers);
        book.seen.push(Seen { method: parts.method.to_string(), path, query, headers, page, status });
        let held_back = misbehave(&connection, trouble.as_ref(), &response);
        (response, held_back)
    };
    tokio::time::sleep(held_back).await;
    response
}

impl Book {
    /// A token that nobody can guess or take for a number.
    fn opaque(&mut self) -> String {
        self.counter += 1;
        let salt = self.counter.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        base64::engine::general_purpose::STANDARD.encode(format!("{salt:x}+/{}", self.counter))
    }

    fn page_of(&self, query: &[(String, String)]) -> usize {
        let token = query.iter().find(|(name, _)| name == "pageToken").map(|(_, value)| value);
        token.and_then(|token| self.pages.iter().find(|(known, ..)| known == token)).map_or(1, |(_, _, page, _)| *page)
    }

    fn token(&mut self, headers: &HeaderMap, body: &[u8]) -> Response {
        let form = parameters(std::str::from_utf8(body).ok());
        let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let pair = format!("{}:{}", CLIENT.0, CLIENT.1);
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
        let by_header = headers.get("authorization").is_some_and(|header| header.as_bytes() == basic.as_bytes());
        let by_form = field("client_id") == Some(CLIENT.0) && field("client_secret") == Some(CLIENT.1);
        if field("grant_type") != Some("client_credentials") {
            return error(400, "unsupported_grant_type");
        }
        if !by_header && !by_form {
            return error(401, "invalid_client");
        }
        let token = self.opaque();
        self.tokens.push((token.clone(), self.calls_per_token));
        axum::Json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": self.expires_in }))
            .into_response()
    }

    /// Uses one call of the request's token; false if it is not, or no longer, good.
    fn admit(&mut self, headers: &HeaderMap) -> bool {
        let Some(token) = bearer(headers) else { return false };
        match self.tokens.iter_mut().find(|(known, _)| *known == token) {
            Some((_, usize::MAX)) => true,
            Some((_, left)) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    fn list(&mut self, headers: &HeaderMap, path: &str, query: &[(String, String)], same_again: bool) -> Response {
        if !self.admit(headers) {
            return error(401, "invalid_token");
        }
        let Some(list) = self.lists.get(path.trim_start_matches('/')).cloned() else {
            return error(404, "no-such-list");
        };
        if query.iter().any(|(name, _)| self.reject_parameters.contains(name)) {
            return error(400, "unknown-filter");
        }
        let value = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let token = value("pageToken");
        // The standard: a page token goes with `limit` alone.
        if token.is_some() && query.iter().any(|(name, _)| name != "pageToken" && name != "limit") {
            return error(400, "filter-with-page-token");
        }
        let (page, from) = match &token {
            None => (1, 0),
            Some(token) => match self.pages.iter().find(|(known, list, ..)| known == token && list == path) {
                Some((_, _, page, from)) => (*page, *from),
                None => return error(410, "page-token-expired"),
            },
        };
        let limit = value("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX).min(self.most);
        let until = from.saturating_add(limit).min(list.len());
        let mut body = json!({ "data": list[from..until] });
        if same_again {
            body["pageToken"] = json!(token.unwrap_or_default());
        } else if until < list.len() {
            let next = self.opaque();
            self.pages.push((next.clone(), path.to_string(), page + 1, until));
            body["pageToken"] = json!(next);
        } else if self.says_null {
            body["pageToken"] = Value::Null;
        }
        (StatusCode::OK, axum::Json(body)).into_response()
    }
}
