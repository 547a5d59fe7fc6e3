//! Fields that the left record of a map has and its right record could take, and that no rule sends: of the same name, of a
//! type that fits, and of no class that would need a consent.

use super::Typed;
use super::consent::needs_consent;
use super::needs::{self, Needs};
use super::targets::fits;
use super::typed::{TypedMap, TypedMapping};
use crate::finding::codes::rule as code;
use crate::finding::{Finding, Findings};
use crate::model::{Access, Field, Model};
use crate::syntax::ast::Arrow;
use crate::value::{EntityId, RecordType, Type};
use std::collections::BTreeSet;

/// A finding names no more fields than this.
const NAMED: usize = 3;

/// Looks at every mapping as it stands. Where something is wrong elsewhere, a rule that sends the field may not have been
/// understood.
pub(super) fn not_taken(model: &Model, typed: &Typed, found: &mut Findings) {
    if found.has_errors() {
        return;
    }
    for mapping in &typed.mappings {
        let of_syncs = || {
            let routes = typed.routes.iter().flat_map(|route| &route.typed);
            routes.filter(|other| other.mapping == mapping.mapping)
        };
        let used: Vec<Needs> =
            std::iter::once(mapping).chain(of_syncs()).map(|typed| needs::of_mapping(model, typed)).collect();
        let mut seen = BTreeSet::new();
        for map in mapping.maps.iter().filter(|map| !map.off && map.arrow != Arrow::Left) {
            let written = written_into(map.right, std::iter::once(mapping).chain(of_syncs()));
            let Some(left) = first_record(mapping, map.left).filter(|left| seen.insert((*left, map.right))) else {
                continue;
            };
            let pairs = pairs(model, left, map.right, &used, &written);
            tell(model, map, left, &pairs, found);
        }
    }
}

/// The entity whose records the rows of a map are made of, one from one.
fn first_record(mapping: &TypedMapping, record: RecordType) -> Option<EntityId> {
    match record {
        RecordType::Entity(entity) => Some(entity),
        RecordType::Set(set) => {
            let slots = mapping.sets.iter().find(|known| known.set == set).map(|set| &set.layout.slots)?;
            match slots.first().map(|slot| &slot.ty) {
                Some(Type::Record(first)) => first_record(mapping, *first),
                _ => None,
            }
        }
        RecordType::Layout(_) => None,
    }
}

/// The fields of an entity that any rule writes.
fn written_into<'t>(entity: EntityId, mappings: impl Iterator<Item = &'t TypedMapping>) -> BTreeSet<u16> {
    let maps = mappings.flat_map(|mapping| &mapping.maps).filter(|map| map.right == entity);
    maps.flat_map(|map| &map.rules).filter_map(|rule| rule.target.as_ref()).map(|target| target.field).collect()
}

/// What could go where.
fn pairs<'m>(
    model: &'m Model,
    left: EntityId,
    right: EntityId,
    used: &[Needs],
    written: &BTreeSet<u16>,
) -> Vec<(&'m Field, &'m Field)> {
    let is_used = |field: u16| used.iter().any(|needs| needs.get(&left).is_some_and(|fields| fields.contains(&field)));
    let unused = model.entity(left).fields.iter().enumerate().filter(|(index, _)| !is_used(*index as u16));
    let takes = |from: &Field| {
        let fields = model.entity(right).fields.iter().enumerate();
        let mut free =
            fields.filter(|(index, field)| !written.contains(&(*index as u16)) && field.access != Access::Read);
        free.find(|(_, to)| {
            plain(&to.name.text) == plain(&from.name.text) && is_simple(&to.ty) && fits(&from.ty, &to.ty)
        })
    };
    let sent_freely = |field: &Field| !field.classes.iter().any(needs_consent);
    let unused = unused.map(|(_, field)| field).filter(|field| sent_freely(field) && is_simple(&field.ty));
    unused.filter_map(|from| Some((from, takes(from)?.1))).collect()
}

/// A name without what is only its spelling.
fn plain(name: &str) -> String {
    name.to_lowercase().replace('_', "")
}

fn is_simple(ty: &Type) -> bool {
    ty.is_textual() || ty.is_number() || matches!(ty, Type::Bool | Type::Date | Type::DateTime | Type::MonthDay)
}

fn tell(model: &Model, map: &TypedMap, left: EntityId, pairs: &[(&Field, &Field)], found: &mut Findings) {
    let [(from, to), ..] = pairs else { return };
    let mut names: Vec<String> = pairs.iter().take(NAMED).map(|(from, _)| from.name.text.clone()).collect();
    if pairs.len() > NAMED {
        names.push(format!("{} more", pairs.len() - NAMED));
    }
    let mut finding = Finding::new(&code::FIELD_NOT_TAKEN, map.span)
        .word("entity", &model.entity(map.right).name.text)
        .word("source", &model.entity(left).name.text)
        .word("fields", names.join(", "))
        .word("from", &from.name.text)
        .word("to", &to.name.text);
    for (from, to) in pairs.iter().take(NAMED) {
        finding = finding.other(from.name.span, "no rule uses it").other(to.name.span, "no rule writes it");
    }
    found.add(finding);
}
