//! Made records against expected ones: only the fields that are named, in any order.

use super::Difference;
use super::given::{reference_key, simple_key};
use crate::model::cases::entity;
use crate::model::{Case, Field, Model, Side};
use crate::run::make::Made;
use crate::run::written;
use crate::syntax::tree::Node;
use crate::value::{Arena, Class, EntityId, Row, Type, Value, normal, show};
use std::collections::BTreeMap;

/// What a case expects of a field.
enum Wanted<'t> {
    /// This value.
    Value(Value<'t>),
    /// A reference to the record with this key.
    Record(String),
    /// References to the records with these keys.
    Records(Vec<String>),
}

/// An expected record: field and what is expected of it.
type Expected<'t> = Vec<(usize, Wanted<'t>)>;

/// The records that a mapping made.
struct All<'m, 't> {
    model: &'m Model,
    made: &'m [Made<'t>],
}

/// Compares all entities that a case names.
pub fn records<'t>(
    model: &Model,
    right: &[Side],
    case: &Case,
    made: &[Made<'t>],
    arena: &'t Arena,
    differences: &mut Vec<Difference>,
) {
    let all = All { model, made };
    let mut wanted: BTreeMap<EntityId, Vec<&Node>> = BTreeMap::new();
    for (name, nodes) in &case.expect {
        if let Some(entity) = entity(model, right, &name.text) {
            wanted.entry(entity).or_default().extend(nodes);
        }
    }
    for (entity, nodes) in wanted {
        let mut expected: Vec<Expected<'t>> = Vec::new();
        for node in nodes {
            expected.push(read(model, entity, node, arena, differences));
        }
        all.compare(entity, &expected, differences);
    }
}

fn read<'t>(
    model: &Model,
    entity: EntityId,
    node: &Node,
    arena: &'t Arena,
    differences: &mut Vec<Difference>,
) -> Expected<'t> {
    let definition = model.entity(entity);
    let mut expected = Expected::new();
    for entry in node.entries().unwrap_or_default() {
        let Some(index) = definition.field(&entry.key) else { continue };
        match wanted(model, &definition.fields[index], &entry.value, arena) {
            Ok(wanted) => expected.push((index, wanted)),
            Err(why) => {
                let what = format!("expected {}.{}", definition.name.text, entry.key);
                differences.push(Difference::Unreadable { what, why });
            }
        }
    }
    expected
}

fn wanted<'t>(model: &Model, field: &Field, node: &Node, arena: &'t Arena) -> Result<Wanted<'t>, String> {
    let key = |entity: EntityId, node: &Node| {
        let none = || format!("is no key of {}", model.entity(entity).name.text);
        reference_key(model, entity, node).or_else(|| node.text().map(String::from)).ok_or_else(none)
    };
    match (&field.ty, node.is_missing()) {
        (Type::Ref(entity), false) => key(*entity, node).map(Wanted::Record),
        (ty, false) if let Some(Type::Ref(entity)) = ty.element() => {
            let items = node.items().unwrap_or_default();
            items.iter().map(|item| key(*entity, item)).collect::<Result<_, _>>().map(Wanted::Records)
        }
        (ty, _) => written::value(node, ty, &|_, _| None, arena).map(Wanted::Value).map_err(|why| why.to_string()),
    }
}

impl<'t> All<'_, 't> {
    fn compare(&self, entity: EntityId, expected: &[Expected<'t>], differences: &mut Vec<Difference>) {
        let none = Vec::new();
        let made = self.made.iter().find(|made| made.entity == entity);
        let whole = |made: &&Made<'t>| (0..made.rows.len()).filter(|&row| made.rows[row].fate.is_written()).collect();
        let rows: Vec<usize> = made.as_ref().map(whole).unwrap_or(none);
        let Some(made) = made else {
            return differences.extend(expected.iter().map(|expected| self.missing(entity, expected)));
        };
        let fits = |one: usize, other: usize| self.wrong_fields(made, rows[other], &expected[one]).is_empty();
        let pairs = pairs(expected.len(), rows.len(), &fits);
        let mut open: Vec<usize> = (0..expected.len()).filter(|one| pairs[*one].is_none()).collect();
        let mut free: Vec<usize> = (0..rows.len()).filter(|other| !pairs.contains(&Some(*other))).collect();
        // What fits nothing is compared with the record of its key, else with the one that is most like it.
        while let Some((at, with)) = self.nearest(made, &rows, expected, &open, &free) {
            let (one, other) = (open.remove(at), free.remove(with));
            differences.push(self.differs(made, rows[other], &expected[one]));
        }
        differences.extend(open.into_iter().map(|one| self.missing(entity, &expected[one])));
        let named: Vec<usize> = expected.iter().flatten().map(|(field, _)| *field).collect();
        differences.extend(free.into_iter().map(|other| self.surplus(made, rows[other], &named)));
    }

    /// The fields of a record that are not as expected.
    fn wrong_fields(&self, made: &Made<'t>, row: usize, expected: &Expected<'t>) -> Vec<usize> {
        let wrong = |(field, wanted): &&(usize, Wanted<'t>)| !self.is(made, made.value(row, *field), *field, wanted);
        expected.iter().filter(wrong).map(|(field, _)| *field).collect()
    }

    fn is(&self, made: &Made<'t>, value: Value<'t>, field: usize, wanted: &Wanted<'t>) -> bool {
        let ty = &self.model.entity(made.entity).fields[field].ty;
        match (wanted, value) {
            (Wanted::Value(Value::Absent), Value::List(items)) => items.is_empty(),
            (Wanted::Value(Value::List(items)), Value::Absent) => items.is_empty(),
            (Wanted::Value(wanted), value) => normal::equal(ty, *wanted, value),
            (Wanted::Record(key), Value::Row(row)) => self.names(row).contains(key),
            (Wanted::Records(keys), Value::List(items)) => {
                let same = |key: &usize, item: &usize| match items[*item] {
                    Value::Row(row) => self.names(row).contains(&keys[*key]),
                    _ => false,
                };
                keys.len() == items.len()
                    && pairs(keys.len(), items.len(), &|key, item| same(&key, &item)).iter().all(Option::is_some)
            }
            (Wanted::Records(keys), Value::Absent) => keys.is_empty(),
            _ => false,
        }
    }

    /// The keys by which a case may name a made record: its key, and its other identities where the target gives the key.
    fn names(&self, row: Row) -> Vec<String> {
        let Some(made) = self.made.iter().find(|made| made.entity.0 == row.table) else { return Vec::new() };
        let entity = self.model.entity(made.entity);
        let also = entity
            .also
            .iter()
            .filter_map(|&field| simple_key(&entity.fields[field].ty, made.value(row.row as usize, field)));
        made.keys.owned(row.row as usize).into_iter().chain(also).collect()
    }

    /// The best pair of an expected record and a made one that is free: places in `open` and `free`.
    fn nearest(
        &self,
        made: &Made<'t>,
        rows: &[usize],
        expected: &[Expected<'t>],
        open: &[usize],
        free: &[usize],
    ) -> Option<(usize, usize)> {
        let key = &self.model.entity(made.entity).key;
        let mut best: Option<((usize, usize), (usize, usize))> = None;
        for (at, &one) in open.iter().enumerate() {
            for (with, &other) in free.iter().enumerate() {
                let wrong = self.wrong_fields(made, rows[other], &expected[one]);
                let right = expected[one].iter().filter(|(field, _)| !wrong.contains(field));
                let keys = right.clone().filter(|(field, _)| key.contains(field)).count();
                let score = (keys, right.count());
                if score > best.map_or((0, 0), |(score, _)| score) {
                    best = Some((score, (at, with)));
                }
            }
        }
        best.map(|(_, pair)| pair)
    }

    fn differs(&self, made: &Made<'t>, row: usize, expected: &Expected<'t>) -> Difference {
        let entity = self.model.entity(made.entity);
        let wrong = self.wrong_fields(made, row, expected);
        let of = |field: &usize| {
            let wanted = expected.iter().find(|(known, _)| known == field).map(|(_, wanted)| wanted);
            let wanted = wanted.map_or_else(String::new, |wanted| self.shown_wanted(made.entity, *field, wanted));
            (entity.fields[*field].name.text.clone(), wanted, self.shown(made.entity, *field, made.value(row, *field)))
        };
        let (key, fields) = (made.keys.owned(row), wrong.iter().map(of).collect());
        Difference::Differs { entity: entity.name.text.clone(), key, fields }
    }

    fn missing(&self, entity: EntityId, expected: &Expected<'t>) -> Difference {
        let definition = self.model.entity(entity);
        let of = |(field, wanted): &(usize, Wanted<'t>)| {
            (definition.fields[*field].name.text.clone(), self.shown_wanted(entity, *field, wanted))
        };
        Difference::Missing { entity: definition.name.text.clone(), fields: expected.iter().map(of).collect() }
    }

    /// A record that nobody expected, with the fields that other expected records name, or else all that it has.
    fn surplus(&self, made: &Made<'t>, row: usize, named: &[usize]) -> Difference {
        let entity = self.model.entity(made.entity);
        let all = entity.fields.iter().enumerate();
        let fields = all
            .filter(|(field, _)| named.is_empty() || named.contains(field))
            .filter(|(field, _)| !made.value(row, *field).is_absent())
            .map(|(field, of)| (of.name.text.clone(), self.shown(made.entity, field, made.value(row, field))));
        let (key, fields) = (made.keys.owned(row), fields.collect());
        Difference::Surplus { entity: entity.name.text.clone(), key, fields }
    }

    fn shown_wanted(&self, entity: EntityId, field: usize, wanted: &Wanted<'t>) -> String {
        match wanted {
            Wanted::Value(value) => self.shown(entity, field, *value),
            Wanted::Record(key) => key.clone(),
            Wanted::Records(keys) => format!("[{}]", keys.join(", ")),
        }
    }

    /// A value as the reader of a case sees it.
    fn shown(&self, entity: EntityId, field: usize, value: Value<'t>) -> String {
        let field = &self.model.entity(entity).fields[field];
        let secret = field.classes.has(Class::SECRET) || field.ty == Type::Secret;
        match value {
            _ if secret && !value.is_absent() => crate::documents::redact::HIDDEN.to_string(),
            Value::Row(row) => self.shown_row(row),
            Value::List(items) if items.iter().any(|item| matches!(item, Value::Row(_))) => {
                let keys =
                    items.iter().map(|item| if let Value::Row(row) = item { self.shown_row(*row) } else { "–".into() });
                format!("[{}]", keys.collect::<Vec<_>>().join(", "))
            }
            value => show::display(&field.ty, value),
        }
    }

    fn shown_row(&self, row: Row) -> String {
        self.names(row).into_iter().next().unwrap_or_else(|| "a record without a key".into())
    }
}

/// The largest number of pairs that fit, each of either side in one pair at most: for each of the first its partner.
fn pairs(first: usize, second: usize, fits: &dyn Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    let mut partner: Vec<Option<usize>> = vec![None; second];
    for one in 0..first {
        seek(one, &mut vec![false; second], &mut partner, fits);
    }
    (0..first).map(|one| partner.iter().position(|known| *known == Some(one))).collect()
}

/// Finds a partner for one, moving others to another of theirs if need be.
fn seek(one: usize, tried: &mut [bool], partner: &mut [Option<usize>], fits: &dyn Fn(usize, usize) -> bool) -> bool {
    for other in 0..partner.len() {
        if tried[other] || !fits(one, other) {
            continue;
        }
        tried[other] = true;
        if partner[other].is_none_or(|before| seek(before, tried, partner, fits)) {
            partner[other] = Some(one);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_partner_moves_on_for_another() {
        // The first fits both, the second only the first place.
        let fits = |one: usize, other: usize| matches!((one, other), (0, _) | (1, 0));
        assert_eq!(pairs(2, 2, &fits), [Some(1), Some(0)]);
        assert_eq!(pairs(3, 2, &fits), [Some(1), Some(0), None]);
        assert_eq!(pairs(0, 2, &fits), []);
    }

    proptest! {
        /// No order of records hides a full set of pairs.
        #[test]
        fn a_shuffled_list_fits_itself(mut order in Just((0..7usize).collect::<Vec<_>>()).prop_shuffle()) {
            let found = pairs(7, 7, &|one, other| order[other] == one);
            prop_assert!(found.iter().all(Option::is_some));
            order.sort();
        }
    }
}
