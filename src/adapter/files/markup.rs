//! Writing XML: records as elements, their fields where the paths say.

use super::writer::Refusal;
use crate::protocol::files::xml::Xml;
use quick_xml::escape::escape;
use serde_json::{Map, Value};

/// The text of a document, piece by piece.
pub struct Markup<'a> {
    dialect: &'a Xml,
    /// The elements that are open.
    open: Vec<String>,
}

impl<'a> Markup<'a> {
    /// Of a dialect that says how the document begins.
    pub fn of(dialect: &'a Xml) -> Markup<'a> {
        Markup { dialect, open: Vec::new() }
    }

    /// True if no element is open: the record is the root then, and there is one.
    pub fn is_bare(&self) -> bool {
        self.open.is_empty()
    }

    /// The first line.
    pub fn declaration(&self) -> String {
        let encoding = self.dialect.encoding.map_or("UTF-8".to_string(), |encoding| encoding.word().to_uppercase());
        format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n")
    }

    /// Closes and opens elements until these are open, the root first.
    pub fn open(&mut self, names: &[String]) -> String {
        let common = self.open.iter().zip(names).take_while(|(open, name)| open == name).count();
        let mut text = String::new();
        for (depth, name) in self.open.drain(common..).enumerate().collect::<Vec<_>>().into_iter().rev() {
            text.push_str(&format!("{}</{name}>\n", "  ".repeat(common + depth)));
        }
        for name in &names[common..] {
            let depth = self.open.len();
            text.push_str(&format!("{}<{name}", "  ".repeat(depth)));
            if depth == 0 {
                self.declare(&mut text);
            }
            text.push_str(">\n");
            self.open.push(name.clone());
        }
        text
    }

    fn declare(&self, text: &mut String) {
        if let Some(address) = &self.dialect.root_namespace {
            text.push_str(&format!(" xmlns=\"{}\"", escape(address.as_str())));
        }
        for (name, address) in &self.dialect.namespaces {
            text.push_str(&format!(" xmlns:{name}=\"{}\"", escape(address.as_str())));
        }
    }

    /// The elements that stand before all records.
    pub fn head(&self, elements: Option<&Map<String, Value>>) -> Result<String, Refusal> {
        let mut text = String::new();
        for (name, value) in elements.into_iter().flatten() {
            element(name, value, self.open.len(), &mut text)?;
        }
        Ok(text)
    }

    /// One record.
    pub fn record(&self, name: &str, record: Map<String, Value>) -> Result<String, Refusal> {
        let mut text = String::new();
        element(name, &Value::Object(record), self.open.len(), &mut text)?;
        Ok(text)
    }
}

fn element(name: &str, value: &Value, depth: usize, text: &mut String) -> Result<(), Refusal> {
    let indent = "  ".repeat(depth);
    match value {
        Value::Null => {}
        Value::Array(items) => {
            for item in items {
                element(name, item, depth, text)?;
            }
        }
        Value::Object(members) => {
            text.push_str(&format!("{indent}<{name}"));
            for (attribute, value) in members {
                if let Some(attribute) = attribute.strip_prefix('@') {
                    let value = simple(value).ok_or_else(|| odd(attribute))?;
                    text.push_str(&format!(" {attribute}=\"{}\"", attribute_text(&value)));
                }
            }
            let own = members.get("#").and_then(simple);
            let children: Vec<_> =
                members.iter().filter(|(name, _)| !name.starts_with('@') && name.as_str() != "#").collect();
            match (own, children.is_empty()) {
                (None, true) => text.push_str("/>\n"),
                (Some(own), true) => text.push_str(&format!(">{}</{name}>\n", own_text(&own))),
                (Some(_), false) => return Err(odd(name)),
                (None, false) => {
                    text.push_str(">\n");
                    for (child, value) in children {
                        element(child, value, depth + 1, text)?;
                    }
                    text.push_str(&format!("{indent}</{name}>\n"));
                }
            }
        }
        simple => {
            let value = self::simple(simple).unwrap_or_default();
            text.push_str(&format!("{indent}<{name}>{}</{name}>\n", own_text(&value)));
        }
    }
    Ok(())
}

fn simple(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A carriage return is kept by a reference; else a reader makes a line end of it (XML 1.0, section 2.11).
fn own_text(text: &str) -> String {
    escape(text).replace('\r', "&#13;")
}

/// Line ends and tabs of an attribute are kept by references; else a reader makes blanks of them.
fn attribute_text(text: &str) -> String {
    escape(text).replace('\n', "&#10;").replace('\r', "&#13;").replace('\t', "&#9;")
}

fn odd(name: &str) -> Refusal {
    Refusal::Row(format!("`{name}` holds a text and elements, or several values where XML has one"))
}
