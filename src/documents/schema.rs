//! JSON Schemas of the documents, for editors: made of the tables by which documents are read, so that they say the same.
//!
//! A schema speaks of the YAML around the rules; what stands in a block of rules is a text to it. Systems and models may be
//! written as variants of others (`based_on`, `implements`, `use`), so nothing inside them can be demanded of the text that
//! is written.

use crate::model::resolve::KINDS;
use crate::model::shape::{BOOLS, Key, Shape};
use crate::plan;
use crate::protocol::Words;
use serde_json::{Map, Value, json};

/// The draft that editors understand.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The names of the kinds of documents.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(kind, _)| *kind)
}

/// The schema of the documents that begin with this key; `None` if there is no such kind.
pub fn of_kind(kind: &str) -> Option<Value> {
    let (kind, keys) = KINDS.iter().find(|(known, _)| *known == kind)?;
    let mut schema = Map::new();
    schema.insert("$schema".into(), DRAFT.into());
    schema.insert("title".into(), format!("Koppla: {kind}").into());
    schema.extend(document(kind, keys));
    Some(Value::Object(schema))
}

/// One schema for all documents: the key that a document has says which part of it holds.
pub fn of_all() -> Value {
    let definitions: Map<String, Value> =
        KINDS.iter().map(|(kind, keys)| (kind.to_string(), Value::Object(document(kind, keys)))).collect();
    let one = |kind: &str| {
        let names = json!({ "type": "object", "required": [kind] });
        json!({ "if": names, "then": { "$ref": format!("#/definitions/{kind}") } })
    };
    let known: Vec<Value> = kinds().map(|kind| json!({ "required": [kind] })).collect();
    json!({
        "$schema": DRAFT,
        "title": "Koppla: every kind of document",
        "type": "object",
        "anyOf": known,
        "allOf": kinds().map(one).collect::<Vec<_>>(),
        "definitions": definitions,
    })
}

fn document(kind: &str, keys: &'static [Key]) -> Map<String, Value> {
    let variant = matches!(kind, "system" | "model");
    let writer = Writer { variant };
    let mut schema = writer.keys(keys);
    // The name is demanded also of a variant.
    schema.insert(
        "required".into(),
        json!(keys.iter().filter(|k| k.required && (!variant || k.name == kind)).map(|k| k.name).collect::<Vec<_>>()),
    );
    schema
}

/// Writes shapes as schemas.
struct Writer {
    /// True where maps may be parts of variants: nothing in them is demanded, and pieces may be put in.
    variant: bool,
}

impl Writer {
    /// A map with these keys and no others.
    fn keys(&self, keys: &'static [Key]) -> Map<String, Value> {
        let mut properties: Map<String, Value> = keys.iter().map(|key| (key.name.to_string(), self.key(key))).collect();
        let mut schema = Map::new();
        schema.insert("type".into(), "object".into());
        if self.variant {
            properties
                .entry("use")
                .or_insert_with(|| json!({ "description": "a named piece of `shared`, or several" }));
        } else {
            let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
            schema.insert("required".into(), json!(required));
        }
        schema.insert("properties".into(), Value::Object(properties));
        schema.insert("additionalProperties".into(), false.into());
        schema
    }

    fn key(&self, key: &'static Key) -> Value {
        let mut schema = match key.name {
            "connect" => self.connect(),
            "read" | "write" if matches!(key.shape, Shape::Tree) => self.call(key.name),
            _ => self.shape(key.shape),
        };
        schema.insert("description".into(), key.doc.into());
        if matches!(key.shape, Shape::NotBuilt) {
            schema.insert("deprecationMessage".into(), "understood, but without effect in this version".into());
        }
        Value::Object(schema)
    }

    fn shape(&self, shape: Shape) -> Map<String, Value> {
        let value = match shape {
            // A text may look like a number or a truth to YAML; Koppla reads it as it is written.
            Shape::Text => json!({ "type": ["string", "number", "boolean", "null"] }),
            Shape::Type => {
                json!({ "type": "string", "examples": ["text", "text?", "int", "date?", "list of text", "enum(a, b)", "ref pupil"] })
            }
            Shape::Rule => json!({ "type": ["string", "number", "boolean"] }),
            Shape::Bool => json!({ "enum": words_of(BOOLS) }),
            Shape::Count => json!({ "type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]+$" }),
            Shape::Word(words) => json!({ "enum": words_of(words) }),
            Shape::List(one) => json!({ "type": "array", "items": self.value(*one) }),
            Shape::OneOrMore(one) => {
                json!({ "anyOf": [self.value(*one), { "type": "array", "items": self.value(*one) }] })
            }
            Shape::Keys(keys) => Value::Object(self.keys(keys)),
            Shape::Named(one) => self.entries(*one, Some(r"^\p{L}[\p{L}\p{N}_]*$")),
            Shape::Entries(one) => self.entries(*one, None),
            Shape::Either(shapes) => {
                json!({ "anyOf": shapes.iter().map(|shape| self.value(*shape)).collect::<Vec<_>>() })
            }
            Shape::Tree | Shape::NotBuilt => json!({}),
        };
        let Value::Object(schema) = self.with_edits(shape, value) else { return Map::new() };
        schema
    }

    /// In a variant a list may be edited, and a field given in part.
    fn with_edits(&self, shape: Shape, value: Value) -> Value {
        match shape {
            Shape::List(_) | Shape::OneOrMore(_) if self.variant => {
                let edit = |what: &str| json!({ "type": "array", "description": what });
                let edits = json!({ "type": "object", "additionalProperties": false, "properties": {
                    "before": edit("put in front"), "after": edit("put behind"), "replace": edit("instead") } });
                json!({ "anyOf": [value, edits, { "const": "off" }] })
            }
            _ => value,
        }
    }

    fn value(&self, shape: Shape) -> Value {
        Value::Object(self.shape(shape))
    }

    fn entries(&self, one: Shape, names: Option<&str>) -> Value {
        let one = match self.variant {
            true => json!({ "anyOf": [self.value(one), { "const": "off" }] }),
            false => self.value(one),
        };
        let mut schema = json!({ "type": "object", "additionalProperties": one });
        if let Some(pattern) = names {
            schema["propertyNames"] = json!({ "pattern": pattern });
        }
        schema
    }

    /// One protocol, with the words that it knows.
    fn connect(&self) -> Map<String, Value> {
        let of = |words: &'static Words| {
            let one =
                json!({ "type": "object", "properties": described(words.connect), "additionalProperties": false });
            (words.key.to_string(), one)
        };
        let properties: Map<String, Value> = protocols().map(of).collect();
        object(json!({ "type": "object", "properties": properties, "additionalProperties": false, "maxProperties": 1 }))
    }

    /// The words of a call, of whatever protocol.
    fn call(&self, key: &str) -> Map<String, Value> {
        let mut properties = Map::new();
        for words in protocols() {
            properties.extend(described(if key == "read" { words.read } else { words.write }));
        }
        object(json!({ "type": "object", "properties": properties }))
    }
}

fn protocols() -> impl Iterator<Item = &'static Words> {
    plan::protocols().into_iter().map(|(_, protocol)| protocol.words())
}

fn described(words: &[(&str, &str)]) -> Map<String, Value> {
    words.iter().map(|(name, doc)| (name.to_string(), json!({ "description": doc }))).collect()
}

fn words_of(words: &[&str]) -> Vec<Value> {
    // YAML reads the bare words `true` and `false` as truth.
    let mut all: Vec<Value> = words.iter().map(|word| json!(word)).collect();
    all.extend(words.iter().filter_map(|word| word.parse::<bool>().ok()).map(Value::from));
    all
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
