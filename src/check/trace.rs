//! Where a data class comes from: the way of a value from the field that declares the class to the rule that sends it.

use super::typed::{ExprId, Node, OnNone, TypedMap, TypedMapping, TypedRule, TypedSet, TypedStep, children};
use crate::model::{Mapping, Model};
use crate::source::Span;
use crate::value::{Class, EntityId, RecordType, SetId, Type};

/// A place on the way, in the order in which the value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub span: Span,
    /// What happens there.
    pub text: String,
}

/// The mappings of a route, to be searched for ways.
pub struct Trace<'c> {
    /// The documents.
    pub model: &'c Model,
    /// The mappings, in order.
    pub mappings: &'c [Mapping],
    /// The same, checked.
    pub typed: &'c [TypedMapping],
}

/// What the variables of an expression are.
#[derive(Clone, Copy)]
enum Frame<'c> {
    Map(&'c TypedMap),
    Set(&'c TypedSet),
}

/// A way is not followed through more expressions than this.
const DEEPEST: usize = 400;

impl<'c> Trace<'c> {
    /// The way of a class into the target field of a rule of a mapping, the rule itself left out.
    pub fn way(&self, stage: usize, map: &'c TypedMap, rule: &'c TypedRule, class: Class) -> Vec<Step> {
        let mut way = Vec::new();
        self.rule(stage, map, rule, class, 0, &mut way);
        way.dedup();
        way
    }

    fn rule(
        &self,
        stage: usize,
        map: &'c TypedMap,
        rule: &'c TypedRule,
        class: Class,
        depth: usize,
        way: &mut Vec<Step>,
    ) -> bool {
        let typed = &self.typed[stage];
        let has = |expr: &ExprId| typed.nodes.typing(*expr).classes.has(class);
        let frame = Frame::Map(map);
        if let Some(value) = rule.value.filter(has) {
            return self.expr(stage, frame, value, class, depth, way);
        }
        if let OnNone::Value(other) = &rule.absent
            && has(other)
        {
            return self.expr(stage, frame, *other, class, depth, way);
        }
        if let Some(when) = rule.when.filter(has) {
            let found = self.expr(stage, frame, when, class, depth, way);
            self.step(way, typed.nodes.typing(when).span, "the condition of the rule tells it");
            return found;
        }
        if let Some((condition, ..)) = map.conditions.iter().find(|(condition, ..)| has(condition)) {
            let found = self.expr(stage, frame, *condition, class, depth, way);
            self.step(way, typed.nodes.typing(*condition).span, "who takes part tells it");
            return found;
        }
        match map.left {
            RecordType::Set(set) => self.seen(stage, set, class, depth, way),
            _ => false,
        }
    }

    fn step(&self, way: &mut Vec<Step>, span: Span, text: impl Into<String>) {
        way.push(Step { span, text: text.into() });
    }

    /// The way of a class into an expression. True if its beginning was found.
    fn expr(
        &self,
        stage: usize,
        frame: Frame<'c>,
        expr: ExprId,
        class: Class,
        depth: usize,
        way: &mut Vec<Step>,
    ) -> bool {
        if depth > DEEPEST {
            return false;
        }
        let typed = &self.typed[stage];
        let node = typed.nodes.node(expr);
        let depth = depth + 1;
        match node {
            Node::Field { entity, field, .. } if self.field(stage, *entity, *field, class, depth, way) => return true,
            Node::UnionField { fields, .. } => {
                let mut fields = fields.iter();
                if fields.any(|(entity, field)| self.field(stage, *entity, *field, class, depth, way)) {
                    return true;
                }
            }
            Node::Local(local) => return self.local(stage, frame, *local, class, depth, way),
            Node::RowSlot { of, slot } => {
                if let Type::Record(RecordType::Set(set)) = typed.nodes.typing(*of).ty
                    && let Some(set) = typed.sets.iter().find(|known| known.set == set)
                    && self.slot(stage, set, *slot, class, depth, way)
                {
                    return true;
                }
            }
            Node::All(RecordType::Set(set)) | Node::ByKey { record: RecordType::Set(set), .. }
                if self.seen(stage, *set, class, depth, way) =>
            {
                return true;
            }
            _ => {}
        }
        // Helpers between (the list of a rest parameter) carry no classes of their own.
        let carries = |child: &ExprId| typed.nodes.typing(*child).classes.has(class);
        let (first, others): (Vec<ExprId>, Vec<ExprId>) = children(node).into_iter().partition(carries);
        first.into_iter().chain(others).any(|child| self.expr(stage, frame, child, class, depth, way))
    }

    /// A field of an entity on the left: what an earlier mapping let flow into it, or what it declares itself.
    fn field(
        &self,
        stage: usize,
        entity: EntityId,
        field: u16,
        class: Class,
        depth: usize,
        way: &mut Vec<Step>,
    ) -> bool {
        let definition = &self.model.entity(entity).fields[usize::from(field)];
        if stage > 0 {
            let maps = self.typed[stage - 1].maps.iter().filter(|map| map.right == entity);
            for map in maps {
                let into = |rule: &&TypedRule| {
                    rule.classes.has(class) && rule.target.as_ref().is_some_and(|target| target.field == field)
                };
                if let Some(rule) = map.rules.iter().find(into) {
                    self.rule(stage - 1, map, rule, class, depth, way);
                    let name = format!("{}.{}", self.model.entity(entity).name.text, definition.name.text);
                    self.step(
                        way,
                        rule.left_span,
                        format!("{} writes it into {name}", self.mappings[stage - 1].name.text),
                    );
                    return true;
                }
            }
        }
        if !definition.classes.has(class) {
            return false;
        }
        let entity = self.model.entity(entity);
        let system = &self.model.system(entity.system).name.text;
        let name = format!("{system} {}.{}", entity.name.text, definition.name.text);
        self.step(way, definition.name.span, format!("{name} is {}", self.model.classes.name(class)));
        true
    }

    fn local(
        &self,
        stage: usize,
        frame: Frame<'c>,
        local: u16,
        class: Class,
        depth: usize,
        way: &mut Vec<Step>,
    ) -> bool {
        let typed = &self.typed[stage];
        match frame {
            Frame::Set(set) => self.slot(stage, set, local, class, depth, way),
            Frame::Map(map) => {
                if let Some((_, value)) = map.lets.iter().find(|(slot, _)| *slot == local) {
                    let found = self.expr(stage, frame, *value, class, depth, way);
                    self.step(way, typed.nodes.typing(*value).span, "goes through this `let`");
                    return found;
                }
                let RecordType::Set(set) = map.left else { return false };
                match typed.sets.iter().find(|known| known.set == set) {
                    Some(known) if local < map.record => self.slot(stage, known, local, class, depth, way),
                    _ => self.seen(stage, set, class, depth, way),
                }
            }
        }
    }

    /// The way of a class into a binding of a set's rows: its own value, or what decides which rows there are.
    fn slot(
        &self,
        stage: usize,
        set: &'c TypedSet,
        slot: u16,
        class: Class,
        depth: usize,
        way: &mut Vec<Step>,
    ) -> bool {
        let typed = &self.typed[stage];
        let carries = |expr: ExprId| typed.nodes.typing(expr).classes.has(class);
        let grouped = set.steps.iter().rposition(|step| matches!(step, TypedStep::GroupBy { .. }));
        let steps = set.steps.iter().enumerate().rev();
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
            if carries(value) && depth <= DEEPEST && self.expr(stage, Frame::Set(set), value, class, depth + 1, way) {
                let name = &self.model.set(set.set).name.text;
                self.step(way, typed.nodes.typing(value).span, format!("goes through the set {name}"));
                return true;
            }
        }
        self.seen(stage, set.set, class, depth, way)
    }

    /// The way of a class into the rows of a set as such: a condition, a join, a choice among rows tells it.
    fn seen(&self, stage: usize, set: SetId, class: Class, depth: usize, way: &mut Vec<Step>) -> bool {
        let typed = &self.typed[stage];
        let Some(set) = typed.sets.iter().find(|known| known.set == set) else { return false };
        // Which rows there are tells nothing about the number of anybody.
        if depth > DEEPEST || class == Class::NATIONAL_ID {
            return false;
        }
        let name = &self.model.set(set.set).name.text;
        for step in &set.steps {
            for expr in deciding(step) {
                if !typed.nodes.typing(expr).classes.has(class) {
                    continue;
                }
                let found = self.expr(stage, Frame::Set(set), expr, class, depth + 1, way);
                self.step(way, typed.nodes.typing(expr).span, format!("which rows the set {name} has tells it"));
                return found;
            }
            let sources: &[RecordType] = match step {
                TypedStep::From(record) | TypedStep::Join { record, .. } | TypedStep::With { record, .. } => {
                    std::slice::from_ref(record)
                }
                TypedStep::Union(records) => records,
                _ => &[],
            };
            for source in sources {
                if let RecordType::Set(inner) = source
                    && self.seen(stage, *inner, class, depth + 1, way)
                {
                    return true;
                }
            }
        }
        false
    }
}

/// The expressions of a step that decide which rows there are, and of which record. A key by which rows become one tells
/// nothing about its value.
pub fn deciding(step: &TypedStep) -> Vec<ExprId> {
    match step {
        TypedStep::Where { condition, .. } => vec![*condition],
        TypedStep::Join { equal, rest, .. } | TypedStep::With { equal, rest, .. } => {
            equal.iter().flat_map(|(left, right, _)| [*left, *right]).chain(*rest).collect()
        }
        TypedStep::OnePer { orders, .. } => orders.iter().map(|order| order.value).collect(),
        TypedStep::GroupBy { .. } | TypedStep::From(_) | TypedStep::Union(_) => Vec::new(),
        TypedStep::Each { .. } | TypedStep::Let { .. } => Vec::new(),
    }
}
