//! Servers for tests, in this process, on a free port of this machine: a school register that is read and a directory that is written.
//!
//! Each runs on a thread of its own, so that tests with and without a runtime, and runs of the binary, can talk to it.
//! Both can be told to misbehave ([`Trouble`]) and remember every request ([`Seen`]). They stop when dropped.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(
    clippy::disallowed_methods,
    reason = "servers are the world outside, with files, clock and chance of their own"
)]

mod cut;
mod directory;
mod register;

pub use directory::Directory;
pub use register::Register;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use cut::{Connection, Listening};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// One request that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// `GET`
    pub method: String,
    /// `/persons`
    pub path: String,
    /// Parameters in the order of the address.
    pub query: Vec<(String, String)>,
    /// Headers by name, in small letters.
    pub headers: BTreeMap<String, String>,
    /// Page of the list, from 1.
    pub page: usize,
    /// What was answered; 0 if nothing was.
    pub status: u16,
}

impl Seen {
    /// The values of a parameter.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// What a server does wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// 429, with the text of `Retry-After`.
    TooMany(Option<String>),
    /// This status, with `{"code", "message"}`; the message holds a person's name, as real ones do.
    Status(u16),
    /// 400, with this text as code and message.
    Say(String),
    /// 200 with this body.
    Body(serde_json::Value),
    /// A login page with status 200.
    LoginPage,
    /// 200 and no body.
    Empty,
    /// 200 and a body that is no JSON.
    Garbage,
    /// The connection breaks in the middle of the body.
    Cut,
    /// The work is done, and the connection breaks before the answer.
    Drop,
    /// No answer for so many milliseconds.
    Hang(u64),
    /// The token of the next page is the one of this page.
    Loop,
    /// A redirect to this address.
    Redirect(String),
    /// The list is missing in the answer.
    NoList,
}

impl Trouble {
    /// The answer of troubles that do not depend on the request.
    fn answer(&self) -> Option<Response> {
        Some(match self {
            Trouble::TooMany(after) => {
                let mut response = error(429, "too-many-requests");
                if let Some(after) = after {
                    response.headers_mut().insert("retry-after", after.parse().expect("a header"));
                }
                response
            }
            Trouble::Status(status) => error(*status, "scripted"),
            Trouble::Say(text) => {
                (StatusCode::BAD_REQUEST, axum::Json(json!({ "code": text, "message": text }))).into_response()
            }
            Trouble::Body(body) => axum::Json(body).into_response(),
            Trouble::LoginPage => {
                let page = "<!DOCTYPE html><html><body><form>Logga in</form></body></html>";
                (StatusCode::OK, [("content-type", "text/html; charset=utf-8")], page).into_response()
            }
            Trouble::Empty => StatusCode::OK.into_response(),
            Trouble::Garbage => {
                (StatusCode::OK, [("content-type", "application/json")], "{\"data\": [ oops").into_response()
            }
            Trouble::Redirect(to) => (StatusCode::TEMPORARY_REDIRECT, [("location", to.clone())]).into_response(),
            Trouble::NoList => axum::Json(json!({ "message": "nothing here" })).into_response(),
            Trouble::Cut | Trouble::Drop | Trouble::Hang(_) | Trouble::Loop => return None,
        })
    }
}

/// An error as such servers write it: a code, and a text that names a person.
fn error(status: u16, code: &str) -> Response {
    let body = json!({ "code": code, "message": "Kalle Testsson could not be handled" });
    (StatusCode::from_u16(status).expect("a status"), axum::Json(body)).into_response()
}

/// About as many bytes as the head of an answer has.
const HEAD: usize = 120;

/// Does to an answer that is ready what a trouble says; gives how long it is held back.
fn misbehave(connection: &Connection, trouble: Option<&Trouble>, response: &Response) -> Duration {
    match trouble {
        Some(Trouble::Cut) => {
            use axum::body::HttpBody as _;
            let length = response.body().size_hint().exact().unwrap_or(0) as usize;
            connection.cut_after(HEAD + length / 2);
        }
        Some(Trouble::Drop) => connection.cut_after(0),
        Some(Trouble::Hang(milliseconds)) => return Duration::from_millis(*milliseconds),
        _ => {}
    }
    Duration::ZERO
}

/// Whether a trouble is meant for a request: method, path, page.
type Fits = Box<dyn Fn(&str, &str, usize) -> bool + Send>;

/// Troubles that are still to come: where, how often, what.
#[derive(Default)]
struct Script(Vec<(Fits, usize, Trouble)>);

impl Script {
    /// The trouble for a request, if one is left: method, path, page.
    fn take(&mut self, method: &str, path: &str, page: usize) -> Option<Trouble> {
        let index = self.0.iter().position(|(fits, left, _)| *left > 0 && fits(method, path, page))?;
        self.0[index].1 -= 1;
        Some(self.0[index].2.clone())
    }
}

/// Runs a server on a thread of its own; gives its address and what stops it.
fn serve(router: Router) -> (SocketAddr, Stop) {
    let (send_address, address) = std::sync::mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            send_address.send(listener.local_addr().expect("an address")).expect("a test that waits");
            let service = router.into_make_service_with_connect_info::<Connection>();
            tokio::select! {
                _ = axum::serve(Listening(listener), service).into_future() => {}
                _ = stopped => {}
            }
        });
    });
    (address.recv().expect("a server that starts"), Stop { stop: Some(stop), thread: Some(thread) })
}

/// Stops a server when dropped.
struct Stop {
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Stop {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Headers as they are remembered.
fn remembered(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

/// The token of `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?.to_string())
}

/// The parameters of an address, in order.
fn parameters(query: Option<&str>) -> Vec<(String, String)> {
    reqwest::Url::parse(&format!("http://x/?{}", query.unwrap_or("")))
        .map(|url| url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
        .unwrap_or_default()
}

/// Reads a JSON body; `None` if it is none.
async fn json_of(body: Body) -> Option<serde_json::Value> {
    let bytes = axum::body::to_bytes(body, 1 << 20).await.ok()?;
    serde_json::from_slice(&bytes).ok()
}
