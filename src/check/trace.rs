//! Where a data class comes from: the ways of a value from the fields that declare the class to the rule that sends it.

use super::typed::{ExprId, KeyPart, Node, OnNone, TypedMap, TypedMapping, TypedRule, TypedSet, TypedStep, children};
use crate::model::{Mapping, Model};
use crate::source::Span;
use crate::value::{Class, EntityId, RecordType, SetId, Type};
use std::collections::BTreeSet;

/// A place on the way, in the order in which the value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub span: Span,
    /// What happens there.
    pub text: String,
}

/// The mappings of a route, to be searched for ways.
#[derive(Clone, Copy)]
pub struct Trace<'c> {
    /// The documents.
    pub model: &'c Model,
    /// The mappings, in order.
    pub mappings: &'c [Mapping],
    /// The same, checked.
    pub typed: &'c [TypedMapping],
}

impl<'c> Trace<'c> {
    /// The ways of a class into the target field of a rule of a mapping, one from each field where it begins; the rule
    /// itself is left out.
    pub fn ways(&self, stage: usize, map: &'c TypedMap, rule: &'c TypedRule, class: Class) -> Vec<Vec<Step>> {
        self.walk(class, |walk| walk.rule(stage, map, rule))
    }

    /// The ways of a class into who takes part in a map.
    pub fn who(&self, stage: usize, map: &'c TypedMap, class: Class) -> Vec<Vec<Step>> {
        self.walk(class, |walk| walk.who(stage, map))
    }

    /// The ways of a class into an expression of a map.
    pub fn value(&self, stage: usize, map: &'c TypedMap, value: ExprId, class: Class) -> Vec<Vec<Step>> {
        self.walk(class, |walk| walk.expr(stage, Frame::Map(map), value))
    }

    /// The ways of a class into the key of the left records of a map.
    pub fn key(&self, stage: usize, map: &TypedMap, class: Class) -> Vec<Vec<Step>> {
        self.walk(class, |walk| walk.key(stage, map.left))
    }

    fn walk(&self, class: Class, go: impl FnOnce(&mut Walk<'c>)) -> Vec<Vec<Step>> {
        let mut walk = Walk { trace: *self, class, after: Vec::new(), been: BTreeSet::new(), ways: Vec::new() };
        go(&mut walk);
        walk.ways
    }
}

/// What the variables of an expression are.
#[derive(Clone, Copy)]
enum Frame<'c> {
    Map(&'c TypedMap),
    Set(&'c TypedSet),
}

/// A place that is walked through once: every field that leads to it is found the first time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Expr(usize, ExprId),
    Slot(usize, SetId, u16),
    Rows(usize, SetId),
    Records(usize, EntityId),
    Rule(usize, Span),
}

/// A way is not followed through more places than this.
const DEEPEST: usize = 2_000;

/// One search, from the target back to where a class begins.
struct Walk<'c> {
    trace: Trace<'c>,
    class: Class,
    /// The steps behind the place where the walk is, the last one first.
    after: Vec<Step>,
    been: BTreeSet<Place>,
    ways: Vec<Vec<Step>>,
}

impl<'c> Walk<'c> {
    /// True if an expression carries the class.
    fn has(&self, stage: usize, expr: ExprId) -> bool {
        self.trace.typed[stage].nodes.typing(expr).classes.has(self.class)
    }

    /// True the first time.
    fn enters(&mut self, place: Place) -> bool {
        self.been.len() < DEEPEST && self.been.insert(place)
    }

    /// Goes on behind a step.
    fn through(&mut self, span: Span, text: impl Into<String>, go: impl FnOnce(&mut Walk<'c>)) {
        self.after.push(Step { span, text: text.into() });
        go(self);
        self.after.pop();
    }

    /// Here the class begins.
    fn begins(&mut self, span: Span, text: String) {
        if self.ways.iter().any(|way| way[0].span == span) {
            return;
        }
        let mut way = vec![Step { span, text }];
        way.extend(self.after.iter().rev().cloned());
        way.dedup();
        self.ways.push(way);
    }

    fn rule(&mut self, stage: usize, map: &'c TypedMap, rule: &'c TypedRule) {
        if !self.enters(Place::Rule(stage, rule.span)) {
            return;
        }
        let frame = Frame::Map(map);
        if let Some(value) = rule.value.filter(|value| self.has(stage, *value)) {
            self.expr(stage, frame, value);
        }
        if let OnNone::Value(other) = &rule.absent
            && self.has(stage, *other)
        {
            self.expr(stage, frame, *other);
        }
        if let Some(when) = rule.when {
            self.through_expr(stage, frame, when, "the condition of the rule tells it");
        }
        if map.seen.has(self.class) {
            self.who(stage, map);
        }
    }

    fn span(&self, stage: usize, expr: ExprId) -> Span {
        self.trace.typed[stage].nodes.typing(expr).span
    }

    /// What decides who takes part in a map: its conditions, what finds its records, the rows that it is made of.
    fn who(&mut self, stage: usize, map: &'c TypedMap) {
        let frame = Frame::Map(map);
        for (condition, ..) in &map.conditions {
            self.through_expr(stage, frame, *condition, "who takes part tells it");
        }
        for (left, ..) in map.matches.iter().flatten() {
            self.through_expr(stage, frame, *left, "which record is found by it tells it");
        }
        self.records(stage, map.left);
    }

    /// Goes on into an expression that carries the class, behind a step at its place.
    fn through_expr(&mut self, stage: usize, frame: Frame<'c>, expr: ExprId, text: &str) {
        if self.has(stage, expr) {
            let span = self.span(stage, expr);
            self.through(span, text, |walk| walk.expr(stage, frame, expr));
        }
    }

    /// The way of a class into an expression.
    fn expr(&mut self, stage: usize, frame: Frame<'c>, expr: ExprId) {
        if !self.enters(Place::Expr(stage, expr)) {
            return;
        }
        let typed = &self.trace.typed[stage];
        let node = typed.nodes.node(expr);
        match node {
            Node::Field { entity, field, .. } => self.field(stage, *entity, *field),
            Node::UnionField { fields, .. } => {
                fields.iter().for_each(|(entity, field)| self.field(stage, *entity, *field));
            }
            Node::Local(local) => self.local(stage, frame, *local),
            Node::RowSlot { of, slot } => {
                if let Type::Record(RecordType::Set(set)) = typed.nodes.typing(*of).ty
                    && let Some(set) = typed.sets.iter().find(|known| known.set == set)
                {
                    self.slot(stage, set, *slot);
                }
            }
            Node::All(record) | Node::ByKey { record, .. } => self.records(stage, *record),
            Node::Option(index) => self.option(stage, *index),
            Node::Right(field) => self.right(frame, *field),
            _ => {}
        }
        for child in children(node) {
            if self.has(stage, child) {
                self.expr(stage, frame, child);
            }
        }
    }

    /// A field of an entity on the left: what an earlier mapping let flow into it, or what it declares itself.
    fn field(&mut self, stage: usize, entity: EntityId, field: u16) {
        let model = self.trace.model;
        let definition = &model.entity(entity).fields[usize::from(field)];
        let name = format!("{}.{}", model.entity(entity).name.text, definition.name.text);
        let mut written = false;
        if stage > 0 {
            let before: &'c TypedMapping = &self.trace.typed[stage - 1];
            let class = self.class;
            let into = |rule: &&'c TypedRule| {
                rule.classes.has(class) && rule.target.as_ref().is_some_and(|target| target.field == field)
            };
            for map in before.maps.iter().filter(|map| map.right == entity) {
                for rule in map.rules.iter().filter(into) {
                    written = true;
                    let text = format!("{} writes it into {name}", self.trace.mappings[stage - 1].name.text);
                    self.through(rule.left_span, text, |walk| walk.rule(stage - 1, map, rule));
                }
            }
        }
        if !written && definition.classes.has(self.class) {
            let system = &model.system(model.entity(entity).system).name.text;
            let text = format!("{system} {name} is {}", model.classes.name(self.class));
            self.begins(definition.name.span, text);
        }
    }

    /// The present value of a field on the right.
    fn right(&mut self, frame: Frame<'c>, field: u16) {
        let (Frame::Map(map), model) = (frame, self.trace.model) else { return };
        let entity = model.entity(map.right);
        let definition = &entity.fields[usize::from(field)];
        let class = model.classes.name(self.class);
        self.begins(definition.name.span, format!("{}.{} is {class}", entity.name.text, definition.name.text));
    }

    fn option(&mut self, stage: usize, index: u16) {
        let option = &self.trace.mappings[stage].options[usize::from(index)];
        self.begins(option.name.span, format!("the option {} is a secret", option.name.text));
    }

    fn local(&mut self, stage: usize, frame: Frame<'c>, local: u16) {
        let typed = &self.trace.typed[stage];
        let map = match frame {
            Frame::Set(set) => return self.slot(stage, set, local),
            Frame::Map(map) => map,
        };
        if let Some((_, value)) = map.lets.iter().find(|(slot, _)| *slot == local) {
            let span = self.span(stage, *value);
            return self.through(span, "goes through this `let`", |walk| walk.expr(stage, frame, *value));
        }
        if let Some((_, name, candidates)) = map.allocated.iter().find(|(slot, ..)| *slot == local) {
            return self.allocated(stage, frame, *name, candidates);
        }
        match map.left {
            RecordType::Set(set) if local < map.record => {
                if let Some(set) = typed.sets.iter().find(|known| known.set == set) {
                    self.slot(stage, set, local);
                }
            }
            record => self.records(stage, record),
        }
    }

    /// A value that is made once and kept: of its candidates, or a password out of nothing.
    fn allocated(&mut self, stage: usize, frame: Frame<'c>, name: Span, candidates: &'c [ExprId]) {
        if candidates.is_empty() {
            return self.begins(name, "a password is made here".into());
        }
        for candidate in candidates {
            self.through_expr(stage, frame, *candidate, "goes through this spelling");
        }
    }

    /// The way of a class into a binding of a set's rows: its own value, or what decides which rows there are.
    fn slot(&mut self, stage: usize, set: &'c TypedSet, slot: u16) {
        if !self.enters(Place::Slot(stage, set.set, slot)) {
            return;
        }
        let name = &self.trace.model.set(set.set).name.text;
        let grouped = set.steps.iter().rposition(|step| matches!(step, TypedStep::GroupBy { .. }));
        let steps = set.steps.iter().enumerate();
        for (index, step) in steps.filter(|(index, _)| grouped.is_none_or(|last| *index >= last)) {
            let value = match step {
                TypedStep::Let { value, slot: into } if *into == slot => *value,
                TypedStep::Each { list, slot: into, .. } if *into == slot => *list,
                TypedStep::GroupBy { keys, .. } if grouped == Some(index) => match keys.get(usize::from(slot)) {
                    Some(key) => *key,
                    None => continue,
                },
                _ => continue,
            };
            self.through_expr(stage, Frame::Set(set), value, &format!("goes through the set {name}"));
        }
        self.records(stage, RecordType::Set(set.set));
    }

    /// The way of a class into which records there are: a condition, a join, a choice among rows tells it.
    fn records(&mut self, stage: usize, record: RecordType) {
        // Which rows there are tells nothing about the number of anybody.
        if self.class == Class::NATIONAL_ID {
            return;
        }
        match record {
            RecordType::Set(set) => self.rows(stage, set),
            RecordType::Entity(entity) => self.entity(stage, entity),
            RecordType::Layout(_) => {}
        }
    }

    fn rows(&mut self, stage: usize, set: SetId) {
        if !self.enters(Place::Rows(stage, set)) {
            return;
        }
        let typed = &self.trace.typed[stage];
        let Some(set) = typed.sets.iter().find(|known| known.set == set) else { return };
        let name = &self.trace.model.set(set.set).name.text;
        for step in &set.steps {
            for expr in deciding(step) {
                let text = format!("which rows the set {name} has tells it");
                self.through_expr(stage, Frame::Set(set), expr, &text);
            }
            for source in sources(step) {
                self.records(stage, *source);
            }
        }
    }

    /// What decides which records of an entity there are: rows that are none, the sync's scope, the mapping before.
    fn entity(&mut self, stage: usize, entity: EntityId) {
        if !self.enters(Place::Records(stage, entity)) {
            return;
        }
        let typed = &self.trace.typed[stage];
        for (_, condition) in typed.skipped.iter().filter(|(of, _)| *of == entity) {
            self.tells(stage, *condition, "which rows are records tells it");
        }
        if let Some((_, scope)) = typed.scope {
            self.tells(stage, scope, "the scope of the sync tells it");
        }
        if stage > 0 {
            let before: &'c TypedMapping = &self.trace.typed[stage - 1];
            let class = self.class;
            for map in before.maps.iter().filter(|map| map.right == entity && map.seen.has(class)) {
                let text = format!("{} makes them", self.trace.mappings[stage - 1].name.text);
                self.through(map.span, text, |walk| walk.who(stage - 1, map));
            }
        }
    }

    /// A condition about one record of the left side.
    fn tells(&mut self, stage: usize, condition: ExprId, text: &str) {
        if !self.has(stage, condition) {
            return;
        }
        let span = self.span(stage, condition);
        self.through(span, text, |walk| walk.plain(stage, condition));
    }

    /// An expression whose only variable is one record.
    fn plain(&mut self, stage: usize, expr: ExprId) {
        let node = self.trace.typed[stage].nodes.node(expr);
        if let Node::Field { entity, field, .. } = node {
            self.field(stage, *entity, *field);
        }
        for child in children(node) {
            if self.has(stage, child) {
                self.plain(stage, child);
            }
        }
    }

    /// The way of a class into the key of a record.
    fn key(&mut self, stage: usize, record: RecordType) {
        match record {
            RecordType::Entity(entity) => {
                let model = self.trace.model;
                model.entity(entity).key.iter().for_each(|&field| self.field(stage, entity, field as u16));
            }
            RecordType::Set(set) => {
                let typed = &self.trace.typed[stage];
                let Some(set) = typed.sets.iter().find(|known| known.set == set) else { return };
                for part in &set.key {
                    let KeyPart::Slot(slot) = part else { continue };
                    match set.layout.slots.get(usize::from(*slot)).map(|slot| &slot.ty) {
                        Some(Type::Record(record)) => self.key(stage, *record),
                        _ => self.slot(stage, set, *slot),
                    }
                }
            }
            RecordType::Layout(_) => {}
        }
    }
}

/// The records that a step brings in.
pub(super) fn sources(step: &TypedStep) -> &[RecordType] {
    match step {
        TypedStep::From(record) | TypedStep::Join { record, .. } | TypedStep::With { record, .. } => {
            std::slice::from_ref(record)
        }
        TypedStep::Union(records) => records,
        _ => &[],
    }
}

/// The expressions of a step that decide which rows there are, and of which record.
pub fn deciding(step: &TypedStep) -> Vec<ExprId> {
    match step {
        TypedStep::Where { condition, .. } => vec![*condition],
        TypedStep::Join { equal, rest, .. } | TypedStep::With { equal, rest, .. } => {
            equal.iter().flat_map(|(left, right, _)| [*left, *right]).chain(*rest).collect()
        }
        TypedStep::OnePer { keys, orders } => {
            keys.iter().copied().chain(orders.iter().map(|order| order.value)).collect()
        }
        // Who shares a row with whom, and how many rows there are, tells the key and the list.
        TypedStep::GroupBy { keys, .. } => keys.clone(),
        TypedStep::Each { list, .. } => vec![*list],
        TypedStep::From(_) | TypedStep::Union(_) | TypedStep::Let { .. } => Vec::new(),
    }
}
