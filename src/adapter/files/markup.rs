//! Writing XML: records as elements, their fields where the paths say.

use super::writer::Refusal;
use crate::protocol::files::xml::Xml;
use quick_xml::escape::escape;
use serde_json::{Map, Value};

/// Writes records between the elements that lead to them.
pub struct Markup<'a> {
    dialect: &'a Xml,
    record: &'a str,
    parents: &'a [String],
}

impl<'a> Markup<'a> {
    /// Of a dialect whose path was checked when the project was.
    pub fn of(dialect: &'a Xml) -> Option<Markup<'a>> {
        let (record, parents) = dialect.path.split_last()?;
        Some(Markup { dialect, record, parents })
    }

    /// True if the record is the root: then there is one.
    pub fn is_alone(&self) -> bool {
        self.parents.is_empty()
    }

    /// What stands before the first record.
    pub fn head(&self) -> String {
        let encoding = self.dialect.encoding.map_or("UTF-8".to_string(), |encoding| encoding.word().to_uppercase());
        let mut head = format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n");
        for (depth, name) in self.parents.iter().enumerate() {
            head.push_str(&"  ".repeat(depth));
            head.push('<');
            head.push_str(name);
            if depth == 0 {
                self.declare(&mut head);
            }
            head.push_str(">\n");
        }
        head
    }

    fn declare(&self, head: &mut String) {
        if let Some(address) = &self.dialect.root_namespace {
            head.push_str(&format!(" xmlns=\"{}\"", escape(address.as_str())));
        }
        for (name, address) in &self.dialect.namespaces {
            head.push_str(&format!(" xmlns:{name}=\"{}\"", escape(address.as_str())));
        }
    }

    /// What stands behind the last one.
    pub fn tail(&self) -> String {
        let names = self.parents.iter().enumerate().rev();
        names.map(|(depth, name)| format!("{}</{name}>\n", "  ".repeat(depth))).collect()
    }

    /// One record.
    pub fn record(&self, record: &Map<String, Value>) -> Result<String, Refusal> {
        let mut text = String::new();
        element(self.record, &Value::Object(record.clone()), self.parents.len(), &mut text)?;
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
                (Some(own), true) => text.push_str(&format!(">{}</{name}>\n", escape(own.as_str()))),
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
            text.push_str(&format!("{indent}<{name}>{}</{name}>\n", escape(value.as_str())));
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

/// Line ends and tabs of an attribute are kept by references; else a reader makes blanks of them.
fn attribute_text(text: &str) -> String {
    escape(text).replace('\n', "&#10;").replace('\r', "&#13;").replace('\t', "&#9;")
}

fn odd(name: &str) -> Refusal {
    Refusal::Row(format!("`{name}` holds a text and elements, or several values where XML has one"))
}
