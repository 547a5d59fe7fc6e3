//! The one answer reader: what came back, whether it is what was asked for, and what may be said about it.

use crate::protocol::http::rules::Words;
use crate::protocol::path::JsonPath;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LINK, RETRY_AFTER};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// What came back.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// True if it says that it is a web page.
    says_html: bool,
    /// How long the system asks to wait: seconds, or the date in `Retry-After`.
    pub retry_after: Option<RetryAfter>,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// The address of the next page, where the header `Link` names one.
    pub next_link: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// `Retry-After` (RFC 9110, section 10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// So long from now.
    For(Duration),
    /// Until then.
    Until(jiff::Timestamp),
}

impl RetryAfter {
    /// How long from now.
    pub fn from(self, now: jiff::Timestamp) -> Duration {
        match self {
            RetryAfter::For(time) => time,
            RetryAfter::Until(then) => Duration::try_from(then.duration_since(now)).unwrap_or_default(),
        }
    }

    fn parse(text: &str) -> Option<RetryAfter> {
        if let Ok(seconds) = text.trim().parse::<u64>() {
            return Some(RetryAfter::For(Duration::from_secs(seconds)));
        }
        let date = text.trim().replace(" GMT", " +0000");
        let zoned = jiff::fmt::rfc2822::parse(&date).ok()?;
        Some(RetryAfter::Until(zoned.timestamp()))
    }
}

impl Answer {
    /// An answer whose body is still to come.
    pub fn head(status: u16, headers: &HeaderMap) -> Answer {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let kind = text(CONTENT_TYPE).unwrap_or("").to_ascii_lowercase();
        Answer {
            status,
            says_html: kind.starts_with("text/html") || kind.starts_with("application/xhtml"),
            retry_after: text(RETRY_AFTER).and_then(RetryAfter::parse),
            location: text(reqwest::header::LOCATION).map(str::to_string),
            next_link: headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).find_map(next_link),
            body: Vec::new(),
        }
    }

    /// True for 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// True if a web page came where data should.
    pub fn is_web_page(&self) -> bool {
        let first = self.body.iter().find(|byte| !byte.is_ascii_whitespace());
        first == Some(&b'<') || (self.says_html && first.is_some())
    }

    /// What rules look at.
    pub fn words(&self) -> Words {
        Words::of(&self.body)
    }

    /// The code in the answer, if it looks like one. A message is never taken: it may name people.
    pub fn code(&self) -> Option<String> {
        self.words().code.filter(|code| is_code(code))
    }

    /// The first value that a path finds, without a tree of the rest where the path allows it.
    pub fn first(&self, path: &JsonPath) -> Result<Option<Value>, serde_json::Error> {
        let value = match path.keys() {
            Some(keys) => {
                let mut deserializer = serde_json::Deserializer::from_slice(&self.body);
                let value = Pick(&keys).deserialize(&mut deserializer)?;
                deserializer.end()?;
                value
            }
            None => path.first(&serde_json::from_slice(&self.body)?).cloned(),
        };
        Ok(value.filter(|value| !value.is_null()))
    }
}

/// The target of the link whose relation is `next` in a value of the header `Link` (RFC 8288, section 3): commas part links,
/// but may stand in an address too.
fn next_link(value: &str) -> Option<String> {
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('<') {
        let (address, after) = after.split_once('>')?;
        let end = after.find('<').unwrap_or(after.len());
        let relation = |part: &str| {
            let (name, value) = part.split_once('=')?;
            Some((
                name.trim().to_ascii_lowercase(),
                value.trim().trim_end_matches(',').trim().trim_matches('"').to_string(),
            ))
        };
        let is_next = |(name, value): (String, String)| {
            name == "rel" && value.split_whitespace().any(|word| word.eq_ignore_ascii_case("next"))
        };
        if after[..end].split(';').filter_map(relation).any(is_next) {
            return Some(address.to_string());
        }
        rest = &after[end..];
    }
    None
}

/// A code has letters, no blanks and no run of digits that could be somebody's number.
fn is_code(text: &str) -> bool {
    let signs = text.chars().all(|c| c.is_ascii_alphanumeric() || "_.:/#-".contains(c));
    let digits = text.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    let longest = digits.filter(|run| run[0].is_ascii_digit()).map(<[u8]>::len).max().unwrap_or(0);
    !text.is_empty() && text.len() <= 64 && signs && longest < 6 && text.bytes().filter(u8::is_ascii_digit).count() < 8
}

/// Follows keys into JSON; everything beside the way is skipped.
struct Pick<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for Pick<'_> {
    type Value = Option<Value>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Option<Value>, D::Error> {
        if self.0.is_empty() {
            return serde::Deserialize::deserialize(deserializer).map(Some);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Value>, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if *key == self.0[0] {
                found = map.next_value_seed(Pick(&self.0[1..]))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Option<Value>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<Value>, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer {
        let mut answer = Answer::head(200, &HeaderMap::new());
        answer.body = body.as_bytes().to_vec();
        answer
    }

    #[test]
    fn knows_a_web_page() {
        assert!(answer("\n <!DOCTYPE html>").is_web_page());
        assert!(!answer("{\"a\": \"<\"}").is_web_page());
        assert!(!answer("").is_web_page());
    }

    #[test]
    fn picks_a_value_and_skips_the_rest() {
        let path = JsonPath::compile("$.a.b").expect("a path");
        let first = |body: &str| answer(body).first(&path).expect("JSON");
        assert_eq!(first(r#"{"x": [1, {"a": 2}], "a": {"c": 1, "b": "t"}, "y": null}"#), Some(Value::from("t")));
        assert_eq!(first(r#"{"a": null}"#), None);
        assert_eq!(first(r#"{"a": [{"b": 1}]}"#), None);
        assert_eq!(first(r#"[1, 2]"#), None);
        assert_eq!(first(r#"{"a": {"b": null}}"#), None);
        assert!(answer("{\"a\": ").first(&path).is_err());
    }

    #[test]
    fn takes_codes_and_no_messages() {
        assert_eq!(
            answer(r#"{"code": "already-exists", "message": "Kalle Testsson"}"#).code().as_deref(),
            Some("already-exists")
        );
        assert_eq!(
            answer(r#"{"error": {"code": "Request_BadRequest"}}"#).code().as_deref(),
            Some("Request_BadRequest")
        );
        assert_eq!(answer(r#"{"code": "Kalle Testsson"}"#).code(), None);
        assert_eq!(answer(r#"{"code": "191212121212"}"#).code(), None);
        assert_eq!(answer(r#"{"code": "19121212-1212"}"#).code(), None);
    }

    #[test]
    fn reads_retry_after_in_seconds_and_as_a_date() {
        let now = "2026-03-02T06:00:00Z".parse().expect("a time");
        let wait = |text: &str| RetryAfter::parse(text).map(|after| after.from(now).as_secs());
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait("Mon, 02 Mar 2026 06:00:30 GMT"), Some(30));
        assert_eq!(wait("Mon, 02 Mar 2026 05:00:00 GMT"), Some(0));
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn the_next_page_is_found_among_links() {
        let found = |value: &str| next_link(value);
        assert_eq!(found("<https://a.example/b?c=1,2>; rel=\"next\"").as_deref(), Some("https://a.example/b?c=1,2"));
        assert_eq!(found("</b?p=1>; rel=prev, </b?p=3>; title=\"x\"; rel=NEXT").as_deref(), Some("/b?p=3"));
        assert_eq!(found("</b?p=3>; rel=\"last next\"").as_deref(), Some("/b?p=3"));
        assert_eq!(found("</b>; rel=\"nextish\", </c>; title=\"next\""), None);
        assert_eq!(found("</b; rel=next"), None);
        assert_eq!(found(""), None);
    }
}
