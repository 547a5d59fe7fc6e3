//! Many changes in little room. There may be one for every record of a municipality, so each is packed as it comes, and
//! unpacked whenever somebody looks at it.

use super::change::{Change, Content, FieldChange, Op};
use super::record::Record;
use crate::model::Entity;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A list of changes.
#[derive(Clone, Default)]
pub struct Changes {
    /// The names of fields, which the packed changes give by number.
    names: Vec<String>,
    /// True if the values of fields are not kept, and left keys only of records that are made.
    only_names: bool,
    /// The changes, packed: of each a [`Head`] and a [`Body`].
    packed: Vec<u8>,
    /// Where each begins.
    starts: Vec<usize>,
    /// How many there are of each operation.
    counts: BTreeMap<Op, u64>,
}

/// What is done to which record: the operation, its key, and the key of the left record.
type Head<'c> = (Op, &'c str, Left<'c>);

/// The key of a left record.
#[derive(Serialize, Deserialize)]
enum Left<'c> {
    Whole(&'c str),
    /// It ends with the key of the right record, as most do; this stands before.
    Before(&'c str),
}

impl<'c> Left<'c> {
    fn of(left_key: &'c str, key: &str) -> Left<'c> {
        let before = left_key.strip_suffix(key).filter(|_| !key.is_empty());
        before.map_or(Left::Whole(left_key), Left::Before)
    }

    fn text(self, key: &str) -> Cow<'c, str> {
        match self {
            Left::Whole(left_key) => left_key.into(),
            Left::Before(before) => [before, key].concat().into(),
        }
    }
}

/// The fields, what stands in each and what will, the record, and what few changes have.
type Body<'c> = (Vec<usize>, Vec<(Piece<'c>, Piece<'c>)>, &'c str, Option<Rare<'c>>);

/// The left key before, the id of the target, why, other identities, and secrets as JSON.
type Rare<'c> = (Option<&'c str>, Option<&'c str>, Option<&'c str>, Cow<'c, [u64]>, String);

/// What stands in a field.
#[derive(Serialize, Deserialize)]
enum Piece<'c> {
    Nothing,
    Text(&'c str),
    /// Its JSON.
    Other(String),
}

impl<'c> Piece<'c> {
    fn of(content: &'c Content<'_>) -> Piece<'c> {
        match content {
            Content::Nothing => Piece::Nothing,
            Content::Text(text) => Piece::Text(text),
            Content::Other(value) => Piece::Other(value.to_string()),
        }
    }

    fn content(self) -> Content<'c> {
        match self {
            Piece::Nothing => Content::Nothing,
            Piece::Text(text) => Content::Text(text.into()),
            Piece::Other(text) => serde_json::from_str::<Json>(&text).map_or(Content::Nothing, Content::from),
        }
    }
}

impl Changes {
    /// No changes yet, of an entity; with `only_names`, the names of the fields that change are kept and not their values, and
    /// left keys only of records that are made, for which the guards ask.
    pub fn of(entity: &Entity, only_names: bool) -> Changes {
        let names = entity.fields.iter().map(|field| field.name.text.clone()).collect();
        Changes { names, only_names, ..Changes::default() }
    }

    /// Adds a change.
    pub fn push(&mut self, change: &Change<'_>) {
        let mut after = 0;
        let fields = change.fields.iter().map(|field| {
            after = self.number(&field.field, after) + 1;
            after - 1
        });
        let fields = fields.collect();
        let values = change.fields.iter().filter(|_| !self.only_names);
        let values = values.map(|field| (Piece::of(&field.from), Piece::of(&field.to))).collect();
        let Change { op, left_key, old_left_key, key, right_id, record, secrets, identities, why, .. } = change;
        let has_rare = old_left_key.is_some() || right_id.is_some() || why.is_some();
        let rare = (has_rare || !secrets.is_empty() || !identities.is_empty()).then(|| {
            let secrets = serde_json::to_string(secrets).unwrap_or_default();
            (old_left_key.as_deref(), right_id.as_deref(), why.as_deref(), Cow::Borrowed(&**identities), secrets)
        });
        let is_bare = self.only_names && *op != Op::Create;
        let left = if is_bare { Left::Whole("") } else { Left::of(left_key, key) };
        let head: Head<'_> = (*op, key, left);
        let body: Body<'_> = (fields, values, record.text(), rare);
        *self.counts.entry(*op).or_default() += 1;
        self.starts.push(self.packed.len());
        postcard::to_io(&(head, body), &mut self.packed).expect("writing into memory does not fail");
    }

    /// The number of a field. Fields come in order, so it is looked for behind the last one first.
    fn number(&mut self, field: &str, after: usize) -> usize {
        let behind = self.names.iter().skip(after).position(|name| name == field).map(|place| place + after);
        behind.or_else(|| self.names.iter().position(|name| name == field)).unwrap_or_else(|| {
            self.names.push(field.to_string());
            self.names.len() - 1
        })
    }

    /// Adds the changes of another list behind these.
    pub fn append(&mut self, more: &Changes) {
        if self.starts.is_empty() {
            self.names.clone_from(&more.names);
            self.only_names = more.only_names;
        }
        if (&self.names, self.only_names) != (&more.names, more.only_names) {
            return more.iter().for_each(|change| self.push(&change));
        }
        let before = self.packed.len();
        self.packed.extend_from_slice(&more.packed);
        self.starts.extend(more.starts.iter().map(|start| before + start));
        more.counts.iter().for_each(|(op, count)| *self.counts.entry(*op).or_default() += count);
    }

    /// Puts them in order of their keys.
    pub fn sort(&mut self) {
        // Most keys are told apart by how they begin.
        let mut order: Vec<(u128, usize)> =
            self.starts.iter().map(|&start| (begins(self.head(start).1), start)).collect();
        let whole = |start: usize| {
            let (op, key, left) = self.head(start);
            (key, op, left.text(key))
        };
        order.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| whole(*one).cmp(&whole(*other))));
        self.starts.iter_mut().zip(order).for_each(|(start, (_, next))| *start = next);
    }

    /// The changes, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = Change<'_>> {
        self.only(|_| true)
    }

    /// The changes of some operations.
    pub fn only(&self, is_wanted: impl Fn(Op) -> bool) -> impl Iterator<Item = Change<'_>> {
        let wanted = self.starts.iter().filter(move |&&start| is_wanted(self.op(start)));
        wanted.map(|&start| self.change(start))
    }

    /// What is done to which record, change by change: the operation and the key of the left record.
    pub fn heads(&self) -> impl Iterator<Item = (Op, Cow<'_, str>)> {
        self.starts.iter().map(|&start| {
            let (op, key, left) = self.head(start);
            (op, left.text(key))
        })
    }

    /// The changes of the records with a key, of a list that is in order.
    pub fn with_key(&self, key: &str) -> impl Iterator<Item = Change<'_>> {
        let from = self.starts.partition_point(|&start| self.head(start).1 < key);
        let same = self.starts[from..].iter().take_while(move |&&start| self.head(start).1 == key);
        same.map(|&start| self.change(start))
    }

    /// How many there are of an operation.
    pub fn count(&self, op: Op) -> u64 {
        self.counts.get(&op).copied().unwrap_or_default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    fn op(&self, start: usize) -> Op {
        postcard::from_bytes(&self.packed[start..]).expect(WHOLE)
    }

    fn head(&self, start: usize) -> Head<'_> {
        postcard::from_bytes(&self.packed[start..]).expect(WHOLE)
    }

    fn change(&self, start: usize) -> Change<'_> {
        let packed: (Head<'_>, Body<'_>) = postcard::from_bytes(&self.packed[start..]).expect(WHOLE);
        let ((op, key, left), (fields, values, record, rare)) = packed;
        let (old_left_key, right_id, why, identities, secrets) = rare.unwrap_or_default();
        let mut values = values.into_iter();
        let fields = fields.into_iter().map(|field| {
            let (from, to) = values.next().unwrap_or((Piece::Nothing, Piece::Nothing));
            FieldChange { field: self.names[field].as_str().into(), from: from.content(), to: to.content() }
        });
        Change {
            op,
            left_key: left.text(key),
            old_left_key: old_left_key.map(Cow::from),
            key: key.into(),
            right_id: right_id.map(Cow::from),
            fields: fields.collect(),
            record: Record::from_text(record),
            secrets: if secrets.is_empty() { Map::new() } else { serde_json::from_str(&secrets).unwrap_or_default() },
            identities: identities.into_owned(),
            why: why.map(Cow::from),
        }
    }
}

/// Nobody but [`Changes::push`] packs changes.
const WHOLE: &str = "what was packed can be unpacked";

/// How a text begins, in the order of texts.
pub fn begins(text: &str) -> u128 {
    let mut begin = [0; 16];
    begin.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
    u128::from_be_bytes(begin)
}

impl PartialEq for Changes {
    fn eq(&self, other: &Changes) -> bool {
        self.iter().eq(other.iter())
    }
}

impl std::fmt::Debug for Changes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Changes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Changes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Changes, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Changes;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("a list of changes")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Changes, A::Error> {
                let mut changes = Changes::default();
                while let Some(change) = list.next_element::<Change<'_>>()? {
                    changes.push(&change);
                }
                Ok(changes)
            }
        }
        deserializer.deserialize_seq(List)
    }
}

impl<'c> FromIterator<Change<'c>> for Changes {
    fn from_iter<I: IntoIterator<Item = Change<'c>>>(all: I) -> Changes {
        let mut changes = Changes::default();
        all.into_iter().for_each(|change| changes.push(&change));
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::change::hashed;
    use serde_json::json;

    fn field(name: &'static str, from: Json, to: Json) -> FieldChange<'static> {
        FieldChange { field: name.into(), from: from.into(), to: to.into() }
    }

    fn change(op: Op, key: &'static str) -> Change<'static> {
        Change {
            op,
            left_key: format!("person:{key}").into(),
            old_left_key: None,
            key: key.into(),
            right_id: None,
            fields: vec![field("mail", Json::Null, json!("")), field("name", json!("Åsa"), json!(["a", {"b": 1}]))],
            record: Record::of([("mail", json!("å@x.example"))]),
            secrets: Map::new(),
            identities: Vec::new(),
            why: None,
        }
    }

    /// A change that has all that few have.
    fn rare() -> Change<'static> {
        Change {
            old_left_key: Some("person:before".into()),
            right_id: Some("7f".into()),
            fields: vec![field("password", hashed(1), hashed(2)), field("mail", json!("x"), Json::Null)],
            secrets: Map::from_iter([("password".to_string(), json!("geheim"))]),
            identities: vec![0, u64::MAX],
            why: Some("gone".into()),
            ..change(Op::Reactivate, "rare")
        }
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        let other = Change { left_key: "class:c".into(), ..change(Op::Update, "b") };
        let all = [change(Op::Create, "b"), rare(), other, change(Op::Remove, ""), change(Op::Create, "a")];
        let changes: Changes = all.iter().cloned().collect();
        assert!(changes.iter().eq(all.iter().cloned()));
        assert_eq!(changes.count(Op::Create), 2);
        assert_eq!(changes.only(|op| op == Op::Remove).map(|change| change.key).collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn names_of_fields_may_be_kept_without_their_values() {
        let mut changes = Changes { only_names: true, ..Changes::default() };
        [change(Op::Create, "b"), rare()].iter().for_each(|change| changes.push(change));
        let mut all = Changes::default();
        all.append(&changes);
        let bare = |change: Change<'static>| {
            let fields = change.fields.into_iter().map(|FieldChange { field, .. }| FieldChange {
                field,
                from: Content::Nothing,
                to: Content::Nothing,
            });
            let left_key = if change.op == Op::Create { change.left_key } else { "".into() };
            Change { left_key, fields: fields.collect(), ..change }
        };
        let kept = [change(Op::Create, "b"), rare()].map(bare);
        assert!(all.iter().eq(kept.iter().cloned()), "{all:?}");
    }

    #[test]
    fn lists_whose_fields_have_other_numbers_are_joined() {
        let of = |names: [&str; 2]| Changes { names: names.map(String::from).to_vec(), ..Changes::default() };
        let mut changes = of(["name", "mail"]);
        changes.push(&change(Op::Update, "a"));
        let mut others = of(["mail", "name"]);
        others.push(&rare());
        let mut all = Changes::default();
        [&changes, &others, &changes].into_iter().for_each(|more| all.append(more));
        assert!(all.iter().eq([change(Op::Update, "a"), rare(), change(Op::Update, "a")]));
        assert_eq!((all.len(), all.count(Op::Update), all.count(Op::Reactivate)), (3, 2, 1));
    }

    #[test]
    fn they_stand_in_order_of_their_keys_also_where_long_ones_begin_alike() {
        let keys = ["elev-00000000000000002", "b", "elev-00000000000000001", "", "elev-0000000000000000"];
        let mut changes: Changes = keys.into_iter().map(|key| change(Op::Update, key)).collect();
        changes.push(&change(Op::Create, "b"));
        changes.sort();
        let sorted: Vec<(Op, String)> = changes.iter().map(|change| (change.op, change.key.into_owned())).collect();
        let mut expected = sorted.clone();
        expected.sort_by(|one, other| (&one.1, one.0).cmp(&(&other.1, other.0)));
        assert_eq!(sorted, expected);
        assert_eq!(changes.with_key("b").map(|change| change.op).collect::<Vec<_>>(), [Op::Create, Op::Update]);
        assert_eq!(changes.with_key("elev-0").count(), 0);
    }

    #[test]
    fn a_file_holds_them_but_no_secrets() {
        let changes: Changes = [change(Op::Create, "a"), rare()].into_iter().collect();
        let text = serde_json::to_string(&changes).expect("JSON");
        assert!(!text.contains("geheim") && !text.contains("secrets"), "{text}");
        let read: Changes = serde_json::from_str(&text).expect("changes");
        assert!(read.iter().eq([change(Op::Create, "a"), Change { secrets: Map::new(), ..rare() }]));
    }
}
