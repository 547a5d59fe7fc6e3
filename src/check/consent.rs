//! Where data classes may go: into fields that say so, of targets whose customer has agreed, and into no key and no address.

use super::routes::Route;
use super::trace::{Step, Trace};
use super::typed::{TypedMap, TypedRule};
use crate::finding::codes::{document, privacy};
use crate::finding::{Code, Finding, Findings};
use crate::model::{Field, Model, Sync};
use crate::syntax::ast::Grant;
use crate::value::{Class, ClassSet};

/// True for classes that must not reach a target without the customer's consent.
pub fn needs_consent(class: Class) -> bool {
    !matches!(class, Class::PUBLIC | Class::PERSONAL | Class::CONTACT)
}

/// The classes that being seen tells about: that somebody is in a list of those with a religion is as much as the religion.
/// Of a national id it does not tell the number: that two records have the same one, or one at all, is how people are found.
pub fn telling(classes: ClassSet) -> ClassSet {
    let quiet = |class: &Class| !needs_consent(*class) || *class == Class::NATIONAL_ID;
    classes.iter().filter(quiet).fold(classes, ClassSet::without)
}

/// A class that needs consent may only flow into a field that says that it holds it: the proof of what follows rests on it.
pub(super) fn declared(trace: &Trace<'_>, stage: usize, found: &mut Findings) {
    for map in &trace.typed[stage].maps {
        for class in map.seen.iter() {
            seen_is_declared(trace, stage, map, class, found);
        }
        for rule in &map.rules {
            let Some(field) = field_of(trace.model, map, rule) else { continue };
            let lost = |class: &Class| needs_consent(*class) && !field.classes.has(*class) && !map.seen.has(*class);
            for class in rule.classes.iter().filter(lost) {
                let at = rule.target.as_ref().map_or(rule.span, |target| target.span);
                let finding = Finding::new(&privacy::CLASS_LOST, at)
                    .word("class", trace.model.classes.name(class))
                    .word("field", &field.name.text);
                found.add(with_ways(finding, trace.ways(stage, map, rule, class)));
            }
        }
        compared(trace, stage, map, found);
    }
}

/// The field that a rule writes.
fn field_of<'m>(model: &'m Model, map: &TypedMap, rule: &TypedRule) -> Option<&'m Field> {
    rule.target.as_ref().map(|target| &model.entity(map.right).fields[usize::from(target.field)])
}

/// The fields of a map that do not say that they hold a class.
pub(super) fn undeclared<'m>(model: &'m Model, map: &TypedMap, class: Class) -> Vec<&'m str> {
    let fields = map.rules.iter().filter_map(|rule| field_of(model, map, rule));
    fields.filter(|field| !field.classes.has(class)).map(|field| field.name.text.as_str()).collect()
}

/// Who takes part in a map tells a class in every field: one finding, where some field does not say that it holds it.
fn seen_is_declared(trace: &Trace<'_>, stage: usize, map: &TypedMap, class: Class, found: &mut Findings) {
    let fields = undeclared(trace.model, map, class);
    if fields.is_empty() {
        return;
    }
    let finding = Finding::new(&privacy::WHO_IS_SEEN_TELLS, map.span)
        .word("class", trace.model.classes.name(class))
        .word("map", &*map.name)
        .word("fields", super::checker::few(fields.into_iter()));
    found.add(with_ways(finding, trace.who(stage, map, class)));
}

/// A right field that is compared with a national id to find a record holds national ids, and must say so.
fn compared(trace: &Trace<'_>, stage: usize, map: &TypedMap, found: &mut Findings) {
    if map.off {
        return;
    }
    let nodes = &trace.typed[stage].nodes;
    for (left, right, _) in map.matches.iter().flatten() {
        let (from, to) = (nodes.typing(*left), nodes.typing(*right));
        let class = Class::NATIONAL_ID;
        if from.classes.has(class) && !to.classes.has(class) {
            let finding = Finding::new(&privacy::MATCHED_FIELD_HIDES_CLASS, to.span)
                .word("class", trace.model.classes.name(class))
                .word("map", &*map.name);
            found.add(with_ways(finding, trace.value(stage, map, *left, class)));
        }
    }
}

/// A finding with the ways of a class: the first one step by step, of the others where they begin.
pub(super) fn with_ways(mut finding: Finding, ways: Vec<Vec<Step>>) -> Finding {
    let mut ways = ways.into_iter();
    for (index, step) in ways.next().unwrap_or_default().into_iter().enumerate() {
        finding = finding.other(step.span, format!("{}. {}", index + 1, step.text));
    }
    for first in ways.filter_map(|way| way.into_iter().next()) {
        finding = finding.other(first.span, format!("also: {}", first.text));
    }
    finding
}

/// Every class that reaches a field of the target needs a grant; every grant must grant something.
pub(super) fn check_consent(model: &Model, route: &Route, found: &mut Findings) {
    let sync = model.sync(route.sync);
    let Some(last) = route.typed.last() else { return };
    let stage = route.typed.len() - 1;
    let trace = Trace { model, mappings: &route.mappings, typed: &route.typed };
    let mut used: Vec<bool> = sync.allow.iter().map(|grant| super::addresses::grants(model, sync, grant)).collect();
    for map in &last.maps {
        for rule in &map.rules {
            let Some(field) = field_of(model, map, rule) else { continue };
            // A class that the field does not declare has its finding already.
            for class in rule.classes.iter().filter(|&class| needs_consent(class) && field.classes.has(class)) {
                let name = format!("{}.{}", model.entity(map.right).name.text, field.name.text);
                match granted(model, sync, class, &name) {
                    Some(index) => used[index] = true,
                    None => found.add(refusal(&trace, sync, (stage, map, rule), class, name)),
                }
            }
        }
        key_is_harmless(&trace, sync, stage, map, found);
    }
    unused(model, &sync.allow, &used, found);
}

/// The line of `allow` that lets a class into a field, `entity.field`.
fn granted(model: &Model, sync: &Sync, class: Class, field: &str) -> Option<usize> {
    let name = model.classes.name(class);
    sync.allow.iter().position(|grant| grant.class.text == name && grant.field.text() == field)
}

fn refusal<'c>(
    trace: &Trace<'c>,
    sync: &Sync,
    (stage, map, rule): (usize, &'c TypedMap, &'c TypedRule),
    class: Class,
    field: String,
) -> Finding {
    let finding = Finding::new(&privacy::CLASS_REACHES_TARGET, rule.left_span)
        .word("class", trace.model.classes.name(class))
        .word("field", field)
        .word("sync", &sync.name.text);
    let at = rule.target.as_ref().map_or(rule.span, |target| target.span);
    with_ways(finding, trace.ways(stage, map, rule, class))
        .other(at, "goes out here")
        .other(sync.name.span, "this sync does not allow it")
}

/// The key of a record stands in findings, in the history and in the store. National ids are masked there, and registers
/// that have no other key are many; health, religion and secrets are nobody's name.
fn key_is_harmless(trace: &Trace<'_>, sync: &Sync, stage: usize, map: &TypedMap, found: &mut Findings) {
    for class in telling(map.in_key).iter() {
        let finding = Finding::new(&privacy::CLASS_IN_KEY, map.span)
            .word("class", trace.model.classes.name(class))
            .word("map", &*map.name);
        let ways = trace.key(stage, map, class);
        found.add(with_ways(finding, ways).other(sync.name.span, "this sync would name records by it"));
    }
}

/// Findings about grants of a class that is not known, and about those that grant nothing.
pub(super) fn unused(model: &Model, grants: &[Grant], used: &[bool], found: &mut Findings) {
    for (grant, used) in grants.iter().zip(used) {
        let about = |code: &'static Code| Finding::new(code, grant.class.span).word("name", &grant.class.text);
        if model.classes.find(&grant.class.text).is_none() {
            let known = model.classes.names().iter().map(String::as_str);
            let near = crate::finding::suggest::nearest(&grant.class.text, known);
            let finding = about(&document::UNKNOWN_CLASS).word_if("suggestion", near);
            found.add(finding.word("known", model.classes.names().join(", ")));
        } else if !used {
            let words = Finding::new(&privacy::ALLOW_GRANTS_NOTHING, grant.span)
                .word("class", &grant.class.text)
                .word("field", grant.field.text());
            found.add(words);
        }
    }
}
