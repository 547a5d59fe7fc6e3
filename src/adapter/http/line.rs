//! The line to a system: one call at a time goes out over it, is tried again where that is safe, and comes back with an
//! answer or with what its failure means.

use super::answer::Answer;
use super::build::{self, Made, Page, Unmade};
use super::judge::{Failure, Next};
use super::pause::{Pace, Tries};
use super::token::{Access, Tokens};
use crate::adapter::{Fault, Later, Settings};
use crate::protocol::http::connection::{Connection, Redirects};
use crate::protocol::http::request::Request;
use crate::protocol::template::{Scope, Template};
use crate::world::World;
use reqwest::header::{ACCEPT, HeaderMap};
use reqwest::{Client, Url, tls};
use serde_json::Value;
use std::time::Duration;

/// Most redirects of one call.
const MOST_REDIRECTS: usize = 10;

/// What happened to a call that was sent, in words.
const BROKE: &str = "the connection broke";
const TOO_LONG: &str = "no whole answer came in time";

/// The line to a system.
pub struct Line<'a> {
    /// What was compiled.
    pub connection: &'a Connection,
    /// The door.
    pub world: &'a dyn World,
    pub(super) tokens: Tokens,
    client: Client,
    base: Url,
    settings: Value,
    as_of: Value,
    secrets: Vec<String>,
    pace: Pace,
}

/// A call that is to be made.
pub struct Ask<'r> {
    /// The compiled call.
    pub request: &'r Request,
    /// What its templates may name.
    pub scope: &'r Scope<'r>,
    /// What a page adds.
    pub page: Page<'r>,
    /// Number of the page, for messages; 0 if the call has no pages.
    pub number: u64,
}

impl<'r> Ask<'r> {
    /// A call without pages.
    pub fn once(request: &'r Request, scope: &'r Scope<'r>) -> Ask<'r> {
        Ask { request, scope, page: Page::default(), number: 0 }
    }

    /// The call, for people: `GET /persons (page 3)`.
    pub fn place(&self) -> String {
        let Request { method, shown, .. } = self.request;
        if self.number > 1 { format!("{method} {shown} (page {})", self.number) } else { format!("{method} {shown}") }
    }
}

/// An answer that all is well with, and what is odd about it.
pub struct Good {
    /// The answer.
    pub answer: Answer,
    /// What is odd, where a rule says `ok-with-finding`.
    pub odd: Option<String>,
}

/// Why a try gave no answer.
pub enum Broken {
    /// It never reached the system: which host that is, and why, in words.
    NotSent(String),
    /// It was sent, and no whole answer came: why, in words.
    Sent(&'static str),
    /// The answer is larger than it may be.
    TooLarge,
    /// It could not be made.
    Unmade(Unmade),
    /// There is no token.
    NoAccess(Failure),
}

impl<'a> Line<'a> {
    /// Opens a line. Nothing is sent yet.
    pub fn open(connection: &'a Connection, world: &'a dyn World, settings: &Settings) -> Result<Line<'a>, Fault> {
        if let Some(word) = connection.refused.first() {
            return Err(Fault::stop(format!("the connection says `{word}`, which this version cannot execute yet")));
        }
        let values = Value::Object(settings.values.iter().cloned().collect());
        let as_of = Value::String(settings.as_of.clone());
        let scope = Scope::new().with("settings", &values).with("as_of", &as_of);
        let base = connection.base.render_text(&scope).map_err(|why| Fault::stop(why.0))?;
        let base = Url::parse(&base).ok().filter(|base| matches!(base.scheme(), "http" | "https") && base.has_host());
        let base = base.ok_or_else(|| Fault::stop("`base` is no address: it starts with https:// and names a host"))?;
        let client = client(connection, world, &scope)?;
        drop(scope);
        Ok(Line {
            connection,
            world,
            tokens: Tokens::default(),
            client,
            base,
            settings: values,
            as_of,
            secrets: settings.secrets.iter().filter(|secret| !secret.is_empty()).cloned().collect(),
            pace: Pace::new(connection.limits.per_second),
        })
    }

    /// What every template may name.
    pub fn scope(&self) -> Scope<'_> {
        Scope::new().with("settings", &self.settings).with("as_of", &self.as_of)
    }

    /// An address that an answer names, if it lies on the same host. Relative ones start from the base.
    pub fn same_host(&self, address: &str) -> Option<Url> {
        let base = format!("{}/", self.base.as_str().trim_end_matches('/'));
        let url = Url::parse(&base).and_then(|base| base.join(address)).ok()?;
        (url.origin() == self.base.origin()).then_some(url)
    }

    /// Takes out of a text what must never be shown.
    pub fn mask(&self, text: &str) -> String {
        let masked = self.secrets.iter().fold(text.to_string(), |text, secret| text.replace(secret, "•••"));
        self.tokens.mask(masked)
    }

    /// Makes a call. Tries again where that is safe: the call may be repeated, or it surely did nothing.
    pub async fn call(&self, ask: &Ask<'_>) -> Result<Good, Failure> {
        let mut tries = Tries::new(&self.connection.retry, self.world);
        let mut renewed = false;
        loop {
            self.pace.wait(self.world).await;
            let mut access = None;
            let next = match self.attempt(ask, &mut access).await {
                Ok(answer) => self.judge(ask, answer),
                Err(broken) => self.after_break(ask, broken),
            };
            let mut failure = match next {
                Next::Good(good) => return Ok(good),
                Next::End(failure) => failure,
                Next::Renew(_) if !renewed && self.tokens.drop(access.as_ref()).await => {
                    renewed = true;
                    continue;
                }
                Next::Renew(failure) => failure.log_in_refused(renewed),
                Next::Again { asked, within, mut failure } => match tries.next(self.world, asked, within) {
                    Ok(pause) => {
                        self.world.sleep(pause).await;
                        continue;
                    }
                    Err(given_up) => {
                        failure.say = format!("{}; {given_up}", failure.say);
                        failure
                    }
                },
            };
            failure.say = self.mask(&failure.say);
            return Err(failure);
        }
    }

    /// One try: the request, who we are, redirects, the body.
    async fn attempt(&self, ask: &Ask<'_>, access: &mut Option<Access>) -> Result<Answer, Broken> {
        let mut made =
            build::make(self.connection, &self.base, ask.request, ask.scope, &ask.page).map_err(Broken::Unmade)?;
        if !ask.request.anonymous {
            if made.url.origin() != self.base.origin() {
                let why = "the call leads to another host, where we do not say who we are; `auth: none` allows it";
                return Err(Broken::Unmade(Unmade(why.to_string())));
            }
            let access = access.insert(self.access().await.map_err(Broken::NoAccess)?);
            access.put_on(&mut made).map_err(Broken::Unmade)?;
        }
        self.follow(&made).await
    }

    /// Sends a request; a read goes where redirects lead, as far as it may.
    async fn follow(&self, made: &Made) -> Result<Answer, Broken> {
        let mut url = made.url.clone();
        for _ in 0..MOST_REDIRECTS {
            let answer = self.send(made, &url).await?;
            let redirected = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
            // A write is never sent elsewhere: as a GET, which browsers make of it, its 200 would look like success.
            if !redirected || made.method != reqwest::Method::GET {
                return Ok(answer);
            }
            match answer.location.as_deref().and_then(|to| url.join(to).ok()) {
                Some(to) if self.may_follow(&made.url, &to) => url = to,
                _ => return Ok(answer),
            }
        }
        Err(Broken::Sent("the address leads around in a circle"))
    }

    fn may_follow(&self, from: &Url, to: &Url) -> bool {
        match self.connection.limits.redirects {
            Redirects::None => false,
            Redirects::SameHost => from.origin() == to.origin(),
            Redirects::Any => matches!(to.scheme(), "http" | "https"),
        }
    }

    async fn send(&self, made: &Made, url: &Url) -> Result<Answer, Broken> {
        // Elsewhere we do not say who we are, and a key may stand in any header.
        let headers = if url.origin() == made.url.origin() { made.headers.clone() } else { only_accept(&made.headers) };
        let mut request = self.client.request(made.method.clone(), url.clone()).headers(headers);
        if let Some(body) = &made.body {
            request = request.body(body.clone());
        }
        let mut response = request.send().await.map_err(|error| broken(&error))?;
        let mut answer = Answer::head(response.status().as_u16(), response.headers());
        loop {
            let chunk = response.chunk().await;
            match chunk.map_err(|error| Broken::Sent(if error.is_timeout() { TOO_LONG } else { BROKE }))? {
                None => return Ok(answer),
                Some(chunk) if (answer.body.len() + chunk.len()) as u64 > self.connection.limits.answer_max => {
                    return Err(Broken::TooLarge);
                }
                Some(chunk) => answer.body.extend_from_slice(&chunk),
            }
        }
    }

    /// A call, boxed: a call asks for a token, and that is a call.
    pub(super) fn boxed_call<'b>(&'b self, ask: &'b Ask<'b>) -> Later<'b, Result<Good, Failure>> {
        Box::pin(self.call(ask))
    }
}

/// What broke before there was an answer.
fn broken(error: &reqwest::Error) -> Broken {
    if error.is_connect() {
        let host = error.url().and_then(Url::host_str).unwrap_or("the system");
        let port = error.url().and_then(Url::port).map(|port| format!(":{port}")).unwrap_or_default();
        Broken::NotSent(format!("{host}{port} cannot be reached: {}", unreached(error)))
    } else if error.is_timeout() {
        Broken::Sent(TOO_LONG)
    } else {
        Broken::Sent(BROKE)
    }
}

/// Why a connection was not made.
fn unreached(error: &reqwest::Error) -> &'static str {
    let causes = || std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let io = causes().filter_map(|cause| cause.downcast_ref::<std::io::Error>()).map(std::io::Error::kind);
    let says = |words: &[&str]| {
        causes().map(ToString::to_string).any(|cause| words.iter().any(|word| cause.to_lowercase().contains(word)))
    };
    if error.is_timeout() {
        "it does not answer"
    } else if io.into_iter().any(|kind| kind == std::io::ErrorKind::ConnectionRefused) {
        "it refuses the connection"
    } else if says(&["dns", "lookup"]) {
        "its name is not known here"
    } else if says(&["certificate", "tls", "handshake"]) {
        "its certificate is not trusted, or it does not speak TLS"
    } else {
        "the connection failed"
    }
}

fn only_accept(headers: &HeaderMap) -> HeaderMap {
    headers.get(ACCEPT).map(|accept| (ACCEPT, accept.clone())).into_iter().collect()
}

/// The client: certificates and times; redirects are our own business.
fn client(connection: &Connection, world: &dyn World, scope: &Scope<'_>) -> Result<Client, Fault> {
    let timeout = connection.limits.timeout;
    let mut builder = world
        .http()
        .user_agent(concat!("koppla/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(30)))
        .tls_version_min(if connection.tls.only_13 { tls::Version::TLS_1_3 } else { tls::Version::TLS_1_2 });
    if let Some(pem) = pem(connection.tls.client.as_ref(), scope)? {
        let identity = reqwest::Identity::from_pem(pem.as_bytes());
        builder = builder.identity(identity.map_err(|_| bad_pem("client", "a certificate and its private key"))?);
    }
    if let Some(pem) = pem(connection.tls.authority.as_ref(), scope)? {
        let authority = reqwest::Certificate::from_pem(pem.as_bytes());
        builder = builder.tls_certs_merge([authority.map_err(|_| bad_pem("authority", "a certificate"))?]);
    }
    builder.build().map_err(|_| Fault::stop("the connection cannot be set up: look at `tls`"))
}

fn pem(template: Option<&Template>, scope: &Scope<'_>) -> Result<Option<String>, Fault> {
    let Some(template) = template else { return Ok(None) };
    match template.render(scope).map_err(|why| Fault::stop(why.0))? {
        Some(Value::String(pem)) if !pem.is_empty() => Ok(Some(pem)),
        _ => Ok(None),
    }
}

fn bad_pem(key: &str, what: &str) -> Fault {
    Fault::stop(format!("`tls: {key}` is no PEM text with {what}"))
}
