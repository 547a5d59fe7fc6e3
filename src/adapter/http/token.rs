//! Who we are, on each request: keys, passwords, and tokens that are asked for, kept and renewed.

use super::build::{self, Made, Unmade};
use super::judge::{Failed, Failure};
use super::line::{Ask, Line};
use crate::adapter::Arrived;
use crate::protocol::http::auth::{Auth, Place, TokenCall};
use crate::protocol::template::{Scope, Template};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue};
use serde_json::Value;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::Mutex;

/// What is put on a request.
#[derive(Clone)]
pub struct Access {
    headers: Vec<(HeaderName, HeaderValue)>,
    parameter: Option<(String, String)>,
    /// Which token it was; `None` if it is none that can be renewed.
    token: Option<u64>,
}

impl Access {
    /// Puts it on a request.
    pub fn put_on(&self, made: &mut Made) -> Result<(), Unmade> {
        for (name, value) in &self.headers {
            made.headers.insert(name.clone(), value.clone());
        }
        if let Some((name, value)) = &self.parameter {
            made.url.query_pairs_mut().append_pair(name, value);
        }
        Ok(())
    }
}

/// The token of a line. The lock is held while one is asked for, so that calls at one time ask once.
#[derive(Default)]
pub struct Tokens {
    current: Mutex<Current>,
    /// Tokens so far, to be taken out of texts.
    seen: std::sync::Mutex<Vec<String>>,
}

#[derive(Default)]
struct Current {
    access: Option<Access>,
    renew_at: Option<Timestamp>,
    number: u64,
}

impl Tokens {
    /// Drops the token that a call was made with, if it is still the one in use. False if there is nothing to renew.
    pub async fn drop(&self, access: Option<&Access>) -> bool {
        let Some(number) = access.and_then(|access| access.token) else { return false };
        let mut current = self.current.lock().await;
        if current.number == number {
            current.access = None;
        }
        true
    }

    /// Takes tokens out of a text.
    pub fn mask(&self, text: String) -> String {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().fold(text, |text, token| text.replace(token, "•••"))
    }

    fn remember(&self, token: &str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.iter().any(|known| known == token) {
            seen.push(token.to_string());
        }
    }
}

impl Line<'_> {
    /// What is put on the next request.
    pub(super) async fn access(&self) -> Result<Access, Failure> {
        match &self.connection.auth {
            Auth::Token(call) => self.token(call).await,
            auth => fixed(auth, &self.scope()).map_err(|why| Failure::stop(why.0, Arrived::No)),
        }
    }

    /// The token in use, or a new one.
    async fn token(&self, call: &TokenCall) -> Result<Access, Failure> {
        let mut current = self.tokens.current.lock().await;
        let now = self.world.now();
        if let Some(access) = current.access.as_ref().filter(|_| current.renew_at.is_none_or(|renew_at| now < renew_at))
        {
            return Ok(access.clone());
        }
        let stop = |say: String| Failure::stop(self.mask(&say), Arrived::No);
        let scope = self.scope();
        let mut request = call.request.clone();
        if let Some((user, password)) = &call.basic {
            let header = basic(user, password, &scope, true).map_err(|why| stop(why.0))?;
            request.headers.push(("Authorization".to_string(), vec![Template::fixed(header)]));
        }
        let ask = Ask::once(&request, &scope);
        let good = self.boxed_call(&ask).await.map_err(|failure| {
            let say = format!("no token was given: {}", failure.say);
            Failure { failed: Failed::Stop, say, ..failure }
        })?;
        let answer = good.answer;
        let no_token = || stop(format!("{} answered without a token at {}", request.shown, call.take.text()));
        let token = answer.first(&call.take).ok().flatten();
        let token = token.as_ref().and_then(Value::as_str).filter(|token| !token.is_empty()).ok_or_else(no_token)?;
        self.tokens.remember(token);
        let lasts = call.lasts.as_ref().and_then(|lasts| answer.first(lasts).ok().flatten());
        current.number += 1;
        current.renew_at = lasts.as_ref().and_then(seconds).map(|lasts| renew_at(now, lasts, call.renew_before));
        let access = carried(call, token, current.number).map_err(|why| stop(why.0))?;
        current.access = Some(access.clone());
        Ok(access)
    }
}

/// The life of a token in seconds: a number, or a text that is one.
fn seconds(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// Some time before its end, but never before half its life: a short token would else be renewed at every call.
fn renew_at(now: Timestamp, lasts: u64, before: Duration) -> Timestamp {
    let lasts = Duration::from_secs(lasts.min(10 * 365 * 86_400));
    now + (lasts - before.min(lasts / 2))
}

/// The token as `send` says; `Authorization: Bearer` if it says nothing.
fn carried(call: &TokenCall, token: &str, number: u64) -> Result<Access, Unmade> {
    let mut headers = Vec::new();
    if call.send.is_empty() {
        headers.push((AUTHORIZATION, build::header_value("Authorization", &format!("Bearer {token}"))?));
    } else {
        let scope = Scope::new().with_own("value", Value::String(token.to_string()));
        for (name, value) in build::texts(&call.send, &scope)? {
            headers.push((build::header_name(&name)?, build::header_value(&name, &value)?));
        }
    }
    Ok(Access { headers, parameter: None, token: Some(number) })
}

/// What needs no token to be asked for.
fn fixed(auth: &Auth, scope: &Scope<'_>) -> Result<Access, Unmade> {
    let header = |name: HeaderName, value: String| -> Result<Access, Unmade> {
        let value = build::header_value(name.as_str(), &value)?;
        Ok(Access { headers: vec![(name, value)], parameter: None, token: None })
    };
    match auth {
        Auth::Basic { user, password } => header(AUTHORIZATION, basic(user, password, scope, false)?),
        Auth::Bearer(token) => header(AUTHORIZATION, format!("Bearer {}", token.render_text(scope)?)),
        Auth::Key { place, name, value } => {
            let value = value.render_text(scope)?;
            match place {
                Place::Header => header(build::header_name(name)?, value),
                Place::Cookie => header(COOKIE, format!("{name}={value}")),
                Place::Query => Ok(Access { headers: Vec::new(), parameter: Some((name.clone(), value)), token: None }),
            }
        }
        Auth::None | Auth::Token(_) | Auth::Refused(_) => {
            Ok(Access { headers: Vec::new(), parameter: None, token: None })
        }
    }
}

/// `Basic …`. The client of a token call is written like a form first (RFC 6749, section 2.3.1).
fn basic(user: &Template, password: &Template, scope: &Scope<'_>, like_form: bool) -> Result<String, Unmade> {
    let part = |template: &Template| -> Result<String, Unmade> {
        let text = template.render_text(scope)?;
        if !like_form {
            return Ok(text);
        }
        let pair = build::form(&[(String::new(), text)], &mut Default::default());
        Ok(String::from_utf8_lossy(&pair[1..]).into_owned())
    };
    Ok(format!("Basic {}", STANDARD.encode(format!("{}:{}", part(user)?, part(password)?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_before_its_end_and_not_before_half_its_life() {
        let now: Timestamp = "2026-03-02T06:00:00Z".parse().expect("a time");
        let after = |lasts, before| renew_at(now, lasts, Duration::from_secs(before)).duration_since(now).as_secs();
        assert_eq!(after(3600, 60), 3540);
        assert_eq!(after(40, 60), 20);
        assert_eq!(after(0, 60), 0);
    }
}
