//! The one request builder: a compiled call and what its templates name become a request.

use crate::protocol::http::connection::Connection;
use crate::protocol::http::reader::Inputs;
use crate::protocol::http::request::{Body, Request};
use crate::protocol::template::{Scope, Template, Unrendered};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;

/// What a page of a list adds to its call.
#[derive(Default)]
pub struct Page<'a> {
    /// The whole address, where the page before named it.
    pub address: Option<Url>,
    /// The parameters of the call that stay; all if `None`.
    pub keep: Option<&'a [String]>,
    /// Parameters of this page; they replace those of the call.
    pub query: &'a [(String, Vec<Template>)],
    /// Headers of this page.
    pub headers: &'a [(String, Vec<Template>)],
}

/// Why a request could not be made. Names places, holds no value.
#[derive(Clone, Debug)]
pub struct Unmade(pub String);

impl From<Unrendered> for Unmade {
    fn from(unrendered: Unrendered) -> Unmade {
        Unmade(unrendered.0)
    }
}

/// A request that is ready but for who we are.
pub struct Made {
    /// The address.
    pub url: Url,
    /// The method.
    pub method: Method,
    /// Headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Option<Vec<u8>>,
}

/// Makes a request.
pub fn make(
    connection: &Connection,
    base: &Url,
    request: &Request,
    scope: &Scope<'_>,
    page: &Page<'_>,
) -> Result<Made, Unmade> {
    let url = match &page.address {
        Some(address) => address.clone(),
        None => address(base, request, scope, page)?,
    };
    let mut headers = HeaderMap::new();
    for inputs in [connection.headers.as_slice(), request.headers.as_slice(), page.headers] {
        add_headers(&mut headers, inputs, scope)?;
    }
    let body = body(request, scope, &mut headers)?;
    if let (Some(most), Some(body)) = (connection.limits.body_max, &body)
        && body.len() as u64 > most
    {
        return Err(Unmade(format!("the body has {} bytes, and `body_max` is {most}", body.len())));
    }
    let method = Method::from_bytes(request.method.as_bytes()).unwrap_or(Method::POST);
    Ok(Made { url, method, headers, body })
}

/// The address: base, path, parameters.
fn address(base: &Url, request: &Request, scope: &Scope<'_>, page: &Page<'_>) -> Result<Url, Unmade> {
    let path = request.path.render_with(scope, segment)?;
    let wrong = |_| Unmade(format!("{} is no address", request.shown));
    let mut url = if path.starts_with("http://") || path.starts_with("https://") {
        Url::parse(&path).map_err(wrong)?
    } else {
        let base = base.as_str().trim_end_matches('/');
        let slash = if path.is_empty() || path.starts_with(['/', '?']) { "" } else { "/" };
        Url::parse(&format!("{base}{slash}{path}")).map_err(wrong)?
    };
    let kept = |name: &str| page.keep.is_none_or(|keep| keep.iter().any(|kept| kept == name));
    let replaced = |name: &str| page.query.iter().any(|(known, _)| known == name);
    let mut pairs = Vec::new();
    for (name, values) in request.query.iter().filter(|(name, _)| kept(name) && !replaced(name)).chain(page.query) {
        add_texts(&mut pairs, name, values, scope)?;
    }
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(&pairs);
    }
    Ok(url)
}

/// A value in a path. One that is empty or made of dots would make another address of it (`DELETE /users/`), and is refused.
/// Settings and words of the entity are written by who describes the system, and may hold slashes.
fn segment(path: &[String], value: String) -> Result<String, &'static str> {
    if matches!(path[0].as_str(), "settings" | "entity") {
        return Ok(value);
    }
    if value.is_empty() || value == "." || value == ".." {
        return Err("is empty, and the address needs it");
    }
    let mut escaped = String::new();
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => escaped.push(byte as char),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(escaped)
}

/// The texts of an input: absent leaves it out, a list repeats it.
fn add_texts(
    pairs: &mut Vec<(String, String)>,
    name: &str,
    values: &[Template],
    scope: &Scope<'_>,
) -> Result<(), Unmade> {
    for template in values {
        match template.render(scope)? {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) => {
                for item in items {
                    pairs.push((name.to_string(), text(name, item)?));
                }
            }
            Some(value) => pairs.push((name.to_string(), text(name, value)?)),
        }
    }
    Ok(())
}

fn text(name: &str, value: Value) -> Result<String, Unmade> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        _ => Err(Unmade(format!("`{name}` needs one value, and it is a structure"))),
    }
}

/// The texts of all inputs.
pub fn texts(inputs: &Inputs, scope: &Scope<'_>) -> Result<Vec<(String, String)>, Unmade> {
    let mut pairs = Vec::new();
    for (name, values) in inputs {
        add_texts(&mut pairs, name, values, scope)?;
    }
    Ok(pairs)
}

fn add_headers(headers: &mut HeaderMap, inputs: &[(String, Vec<Template>)], scope: &Scope<'_>) -> Result<(), Unmade> {
    for (name, values) in inputs {
        let mut pairs = Vec::new();
        add_texts(&mut pairs, name, values, scope)?;
        // A header of the call replaces that of the connection.
        let key = header_name(name)?;
        headers.remove(&key);
        for (_, value) in pairs {
            headers.append(key.clone(), header_value(name, &value)?);
        }
    }
    Ok(())
}

/// The name of a header.
pub fn header_name(name: &str) -> Result<HeaderName, Unmade> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| Unmade(format!("`{name}` cannot be the name of a header")))
}

/// The value of a header; it is never shown.
pub fn header_value(name: &str, value: &str) -> Result<HeaderValue, Unmade> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        Unmade(format!("the header `{name}` cannot hold its value: line ends and signs beyond ASCII are out"))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn body(request: &Request, scope: &Scope<'_>, headers: &mut HeaderMap) -> Result<Option<Vec<u8>>, Unmade> {
    match &request.body {
        Body::None => Ok(None),
        Body::Json(tree) => {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
            let value = tree.render(scope)?.unwrap_or(Value::Null);
            serde_json::to_vec(&value).map(Some).map_err(|_| Unmade("the body cannot be written as JSON".to_string()))
        }
        Body::Form(inputs) => {
            let mut pairs = texts(inputs, scope)?;
            if request.during.contains(&"token") {
                // An empty `scope` asks for nothing at all, which some systems refuse.
                pairs.retain(|(_, value)| !value.is_empty());
            }
            Ok(Some(form(&pairs, headers)))
        }
    }
}

/// A form, as browsers write it.
pub fn form(pairs: &[(String, String)], headers: &mut HeaderMap) -> Vec<u8> {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    // The parameters of an address are written like a form.
    let mut url = Url::parse("http://form/").expect("a fixed address");
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or("").as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_never_changes_the_shape_of_an_address() {
        let id = vec!["link".to_string(), "id".to_string()];
        let write = |value: &str| segment(&id, value.to_string());
        assert_eq!(write("8f/3a?x=1#y å"), Ok("8f%2F3a%3Fx%3D1%23y%20%C3%A5".to_string()));
        assert!(write("").is_err());
        assert!(write("..").is_err());
        let setting = vec!["settings".to_string(), "base".to_string()];
        assert_eq!(segment(&setting, "a/b".to_string()), Ok("a/b".to_string()));
    }

    #[test]
    fn a_form_is_written_as_browsers_do() {
        let pairs = [("scope".to_string(), "a b".to_string()), ("secret".to_string(), "å&=+".to_string())];
        assert_eq!(form(&pairs, &mut HeaderMap::new()), b"scope=a+b&secret=%C3%A5%26%3D%2B");
    }
}
