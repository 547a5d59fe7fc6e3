//! Change sets: what one run wants to do. Only a change set can write.

use super::changes::Changes;
use super::record::Record;
use crate::syntax::ast::Operation;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// What is done to a right record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// It is made.
    Create,
    /// Some fields change.
    Update,
    /// It is switched off.
    Deactivate,
    /// It is switched on again.
    Reactivate,
    /// It is taken away.
    Remove,
    /// Nothing is written: a link is remembered between records that found each other.
    Link,
}

impl Op {
    /// All that write, in order.
    pub const WRITING: [Op; 5] = [Op::Create, Op::Update, Op::Deactivate, Op::Reactivate, Op::Remove];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Op::Create => "create",
            Op::Update => "update",
            Op::Deactivate => "deactivate",
            Op::Reactivate => "reactivate",
            Op::Remove => "remove",
            Op::Link => "link",
        }
    }

    /// The operation of a descriptor that does it.
    pub fn operation(self) -> Option<Operation> {
        Some(match self {
            Op::Create => Operation::Create,
            Op::Update => Operation::Update,
            Op::Deactivate => Operation::Deactivate,
            Op::Reactivate => Operation::Reactivate,
            Op::Remove => Operation::Remove,
            Op::Link => return None,
        })
    }
}

/// One field that changes; null where there is no value. Values that cannot be read back stand as [`hashed`] ones.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FieldChange<'c> {
    /// The field.
    pub field: Cow<'c, str>,
    /// What stands there now.
    #[serde(borrow)]
    pub from: Content<'c>,
    /// What will stand there.
    #[serde(borrow)]
    pub to: Content<'c>,
}

/// What stands in a field. Nearly always that is a text or nothing.
#[derive(Clone, PartialEq, Debug)]
pub enum Content<'c> {
    /// No value.
    Nothing,
    /// A text.
    Text(Cow<'c, str>),
    /// Anything else.
    Other(Box<Json>),
}

impl Content<'_> {
    /// The value as JSON.
    pub fn json(&self) -> Json {
        match self {
            Content::Nothing => Json::Null,
            Content::Text(text) => Json::String(text.to_string()),
            Content::Other(value) => (**value).clone(),
        }
    }
}

impl From<Json> for Content<'_> {
    fn from(value: Json) -> Self {
        match value {
            Json::Null => Content::Nothing,
            Json::String(text) => Content::Text(text.into()),
            other => Content::Other(Box::new(other)),
        }
    }
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Content::Nothing => serializer.serialize_unit(),
            Content::Text(text) => serializer.serialize_str(text),
            Content::Other(value) => value.serialize(serializer),
        }
    }
}

impl<'de: 'c, 'c> Deserialize<'de> for Content<'c> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyContent)
    }
}

/// Reads a [`Content`]; texts are borrowed where they stand as they are.
struct AnyContent;

impl<'de> Visitor<'de> for AnyContent {
    type Value = Content<'de>;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Content<'de>, E> {
        Ok(Content::Nothing)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Content<'de>, E> {
        Ok(Content::Text(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Content<'de>, E> {
        Ok(Content::Text(text.to_string().into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content<'de>, E> {
        Ok(Json::from(value).into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content<'de>, E> {
        Ok(Json::from(value).into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content<'de>, E> {
        Ok(Json::from(value).into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content<'de>, E> {
        Ok(Json::from(value).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Content<'de>, A::Error> {
        Json::deserialize(SeqAccessDeserializer::new(items)).map(Content::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Content<'de>, A::Error> {
        Json::deserialize(MapAccessDeserializer::new(members)).map(Content::from)
    }
}

/// What stands in a record for a value that cannot be read back.
pub fn hashed(hash: u64) -> Json {
    json!({ HASH: hash })
}

/// True of a value that [`hashed`] made.
pub fn is_hashed(value: &Json) -> bool {
    value.as_object().is_some_and(|object| object.len() == 1 && object.contains_key(HASH))
}

const HASH: &str = "$hash";

/// One change of one right record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Change<'c> {
    /// What is done.
    pub op: Op,
    /// The key of the left record; empty if there is none (a record that nobody on the left has).
    pub left_key: Cow<'c, str>,
    /// The left key under which the link stood, if the key changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub old_left_key: Option<Cow<'c, str>>,
    /// The key of the right record: as it will be; for deactivate and remove as it is.
    pub key: Cow<'c, str>,
    /// The id that the target gave, where it gives ids.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub right_id: Option<Cow<'c, str>>,
    /// What changes, in the order of the entity's fields.
    #[serde(borrow)]
    pub fields: Vec<FieldChange<'c>>,
    /// The whole record as it will be remembered; empty in a proposal that somebody only looks at.
    pub record: Record<'c>,
    /// What stands as a hash in `record` and `fields`, by field. It lives as long as the run that made it: it is sent, and
    /// neither saved nor remembered.
    #[serde(skip)]
    pub secrets: Map<String, Json>,
    /// Keyed hashes of other identities.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub identities: Vec<u64>,
    /// Why it happens, where that is not plain: `protected`, `gone`, `key change`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<Cow<'c, str>>,
}

impl Change<'_> {
    /// The whole record as it is sent.
    pub fn sent(&self) -> Map<String, Json> {
        let mut record = self.record.values();
        record.extend(self.secrets.iter().map(|(field, value)| (field.clone(), value.clone())));
        record
    }

    /// True if the same is done to the same record.
    pub fn is_same(&self, other: &Change<'_>) -> bool {
        self.op == other.op && self.left_key == other.left_key && self.key == other.key && self.fields == other.fields
    }
}

/// The changes of one right entity.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EntityChanges {
    /// The entity.
    pub entity: String,
    /// Records that are linked before the run.
    pub linked: u64,
    /// The changes, in order of their keys.
    pub changes: Changes,
}

impl EntityChanges {
    /// The changes, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = Change<'_>> {
        self.changes.iter()
    }

    /// The changes that write something.
    pub fn writing(&self) -> impl Iterator<Item = Change<'_>> {
        self.changes.only(|op| op != Op::Link)
    }

    /// How many changes of an operation there are.
    pub fn count(&self, op: Op) -> u64 {
        self.changes.count(op)
    }
}

/// What one run wants to do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ChangeSet {
    /// Version of this format.
    pub version: u32,
    /// The sync.
    pub sync: String,
    /// The date that the run took for today.
    pub as_of: String,
    /// When it was made.
    pub made_at: String,
    /// Entities in the order in which they are written.
    pub entities: Vec<EntityChanges>,
    /// SHA-256 over all of the above.
    pub digest: String,
}

impl ChangeSet {
    /// How many changes write something.
    pub fn writes(&self) -> u64 {
        self.entities.iter().map(|entity| entity.changes.len() as u64 - entity.count(Op::Link)).sum()
    }

    /// True if it holds this change of an entity just so.
    pub fn holds(&self, entity: &str, change: &Change<'_>) -> bool {
        let of_entity = self.entities.iter().filter(|changes| changes.entity == entity);
        of_entity.flat_map(|all| all.changes.with_key(&change.key)).any(|other| other.is_same(change))
    }

    /// The changes that another set does not hold just so, by entity. Links that are only remembered do not count.
    pub fn missing_in(&self, other: &ChangeSet) -> Vec<EntityChanges> {
        let missing = self.entities.iter().map(|EntityChanges { entity, linked, changes }| {
            let missing = changes.only(|op| op != Op::Link).filter(|change| !other.holds(entity, change));
            EntityChanges { entity: entity.clone(), linked: *linked, changes: missing.collect() }
        });
        missing.filter(|entity| !entity.changes.is_empty()).collect()
    }

    /// The digest of the content.
    pub fn digest_of(&self) -> String {
        let bare = ChangeSet { digest: String::new(), ..self.clone() };
        let mut digest = Sha256::new();
        // Hashing does not fail.
        let _ = serde_json::to_writer(&mut digest, &bare);
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The file of a change set.
    pub fn to_file(&self) -> Vec<u8> {
        let sealed = ChangeSet { digest: self.digest_of(), ..self.clone() };
        let mut bytes = serde_json::to_vec_pretty(&sealed).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads a file; says in words what is wrong with it.
    pub fn from_file(bytes: &[u8]) -> Result<ChangeSet, String> {
        let set: ChangeSet = serde_json::from_slice(bytes).map_err(|error| {
            format!("this is no change set, or it was cut off (line {}, column {})", error.line(), error.column())
        })?;
        if set.version != VERSION {
            return Err(format!(
                "this change set has version {}, and this koppla reads version {VERSION}",
                set.version
            ));
        }
        if set.digest != set.digest_of() {
            return Err(
                "this change set was altered after it was made: its digest does not fit; make a new preview".into()
            );
        }
        Ok(set)
    }
}

/// Version of the file format.
pub const VERSION: u32 = 1;
