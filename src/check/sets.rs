//! Sets and their steps: what a row holds, and what its key is.

use super::checker::Checker;
use super::consent::telling;
use super::scope::Scope;
use super::trace::{deciding, sources};
use super::typed::{Binding, Dropped, ExprId, KeyPart, Layout, Node, TypedOrder, TypedSet, TypedStep, Typing};
use crate::finding::codes::rule as code;
use crate::model::SystemId;
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, Expr, ExprKind, Source, StepKind};
use crate::value::{ClassSet, EntityId, RecordType, SetId, Type};
use std::sync::Arc;

/// A set while its steps are checked.
struct Rows {
    scope: Scope,
    steps: Vec<TypedStep>,
    key: Vec<KeyPart>,
}

impl Checker<'_> {
    /// The entity or set that a source name means: a set of the mapping, an entity of a left system, `alias.entity`.
    pub(super) fn find_source_name(&self, text: &str) -> Option<RecordType> {
        let model = self.model;
        match text.split_once('.') {
            Some((alias, entity)) => {
                let side = self.mapping.left.iter().find(|side| side.alias.text == alias)?;
                model.find_entity(side.system, entity).map(RecordType::Entity)
            }
            None => {
                let set = self.mapping.sets.iter().copied().find(|&set| model.set(set).name.text == text);
                set.map(RecordType::Set).or_else(|| {
                    let mut found = self.left_systems().filter_map(|system| model.find_entity(system, text));
                    found.next().map(RecordType::Entity)
                })
            }
        }
    }

    fn left_systems(&self) -> impl Iterator<Item = SystemId> + '_ {
        self.mapping.left.iter().map(|side| side.system)
    }

    /// A source of a step or map; a finding if it is not known.
    pub(super) fn source(&mut self, source: &Source) -> Option<RecordType> {
        let text = source.path.text();
        let found = self.find_source_name(&text);
        if found.is_none() {
            self.unknown_source(&text, source.path.span);
        }
        found
    }

    /// A finding about an entity or set that is not known on the left.
    pub(super) fn unknown_source(&mut self, text: &str, span: Span) {
        let model = self.model;
        if self.mapping.left.is_empty() {
            // The side itself is not known, which was said; its entities cannot be.
            return;
        }
        let sets = self.mapping.sets.iter().map(|&set| model.set(set).name.text.clone());
        let entities = self.left_systems().flat_map(|system| model.system(system).entities.iter());
        let entities = entities.map(|&entity| model.entity(entity).name.text.clone());
        let known: Vec<String> = sets.chain(entities).collect();
        self.find_named(&code::UNKNOWN_SOURCE, span, text, known.iter().map(String::as_str));
    }

    /// Checks all sets in an order in which each needs only those before it.
    pub(super) fn check_sets(&mut self) -> Vec<TypedSet> {
        let model = self.model;
        let mut done: Vec<TypedSet> = Vec::new();
        let mut waiting: Vec<SetId> = self.mapping.sets.clone();
        while !waiting.is_empty() {
            let ready = waiting.iter().position(|&set| {
                let needs = self.needed_sets(set);
                needs.iter().all(|need| done.iter().any(|known| known.set == *need))
            });
            let Some(index) = ready else { break };
            let set = waiting.remove(index);
            let typed = self.check_set(set);
            self.sets.insert(set, typed.layout.clone());
            done.push(typed);
        }
        if let Some(&first) = waiting.first() {
            let names = waiting.iter().map(|&set| model.set(set).name.text.as_str()).collect::<Vec<_>>().join(" → ");
            let name = &model.set(first).name;
            self.find(&code::SET_CYCLE, name.span, [("name", name.text.clone()), ("sets", names)]);
        }
        done
    }

    /// The sets that a set's steps name as sources or in expressions.
    fn needed_sets(&self, set: SetId) -> Vec<SetId> {
        let model = self.model;
        let mut names = Vec::new();
        for step in &model.set(set).steps {
            names_in_step(step, &mut names);
        }
        let own = &self.mapping.sets;
        let named = |name: &String| own.iter().copied().find(|&other| model.set(other).name.text == *name);
        let mut needs: Vec<SetId> = names.iter().filter_map(named).collect();
        // A binding may have the name of a set; only what stands as a source or a call is a need.
        needs.dedup();
        needs
    }

    fn check_set(&mut self, set: SetId) -> TypedSet {
        let model = self.model;
        let definition = model.set(set);
        let mut rows = Rows {
            scope: Scope::of(format!("the set `{}`", definition.name.text)),
            steps: Vec::new(),
            key: Vec::new(),
        };
        for (index, step) in definition.steps.iter().enumerate() {
            // The first step is a source, or the parser has said what is wrong with it.
            if index > 0 && matches!(step.kind, StepKind::From(_) | StepKind::Union(_)) {
                self.find(&code::SOURCE_ONLY_FIRST, step.span, []);
                continue;
            }
            self.step(step, &mut rows);
        }
        let mut layout = layout_of(&rows.scope);
        layout.in_key = self.in_key(&rows);
        layout.seen = self.seen(&rows.steps);
        layout.slots.iter_mut().for_each(|slot| slot.classes = slot.classes.and(layout.seen));
        TypedSet { set, steps: rows.steps, layout, key: rows.key, frame: rows.scope.most }
    }

    /// The classes that the key of a row carries.
    fn in_key(&self, rows: &Rows) -> ClassSet {
        let slots = rows.key.iter().filter_map(|part| match part {
            KeyPart::Slot(slot) => rows.scope.variables.iter().find(|known| known.local == *slot),
            KeyPart::Position(_) => None,
        });
        slots.map(|slot| slot.classes.and(self.record_key(&slot.ty))).fold(ClassSet::NONE, ClassSet::and)
    }

    /// The classes that the key of a record carries; none for what is no record.
    pub(super) fn record_key(&self, ty: &Type) -> ClassSet {
        let of_entity = |entity: EntityId| {
            let definition = self.model.entity(entity);
            let own = |&index: &usize| definition.fields[index].classes;
            definition.key.iter().map(own).fold(ClassSet::NONE, ClassSet::and)
        };
        match ty {
            Type::Ref(entity) | Type::Record(RecordType::Entity(entity)) => of_entity(*entity),
            Type::Record(RecordType::Set(set)) => self.sets.get(set).map(|layout| layout.in_key).unwrap_or_default(),
            Type::Record(RecordType::Layout(number)) => {
                let union = self.layouts[*number as usize].union.iter();
                union.map(|&record| self.record_key(&Type::Record(record))).fold(ClassSet::NONE, ClassSet::and)
            }
            _ => ClassSet::NONE,
        }
    }

    /// The classes of what decides which rows there are.
    fn seen(&self, steps: &[TypedStep]) -> ClassSet {
        let mut seen = ClassSet::NONE;
        for step in steps {
            for expr in deciding(step) {
                seen = seen.and(telling(self.nodes.typing(expr).classes));
            }
            for source in sources(step) {
                seen = seen.and(self.seen_in(*source));
            }
        }
        seen
    }

    /// The classes of what decides which rows a source has.
    pub(super) fn seen_in(&self, source: RecordType) -> ClassSet {
        match source {
            RecordType::Set(set) => self.sets.get(&set).map(|layout| layout.seen).unwrap_or_default(),
            RecordType::Entity(entity) => {
                let skipping = self.skipping.get(&entity).copied().unwrap_or_default();
                self.incoming.seen(entity).and(skipping)
            }
            RecordType::Layout(_) => ClassSet::NONE,
        }
    }

    fn step(&mut self, step: &ast::Step, rows: &mut Rows) {
        match &step.kind {
            StepKind::Broken => rows.scope.add_unknown(""),
            StepKind::From(source) => {
                let name = &source.name().text;
                let Some(record) = self.source(source) else { return rows.scope.add_unknown(name) };
                let slot = rows.scope.add(name, Type::Record(record), false, ClassSet::NONE, true);
                self.assume_row(record, slot, &mut rows.scope);
                rows.key = vec![KeyPart::Slot(slot)];
                rows.steps.push(TypedStep::From(record));
            }
            StepKind::Union(sources) => self.union_step(sources, rows),
            StepKind::Each { list, alias, optional } => self.each_step(list, alias, *optional, rows),
            StepKind::Join { source, on, optional, drop } => {
                let name = source.name();
                let Some(record) = self.source(source) else { return rows.scope.add_unknown(&name.text) };
                self.must_be_new(name, &rows.scope);
                let slot = rows.scope.add(&name.text, Type::Record(record), false, ClassSet::NONE, true);
                self.assume_row(record, slot, &mut rows.scope);
                let (equal, rest) = self.join_condition(on, slot, &mut rows.scope);
                if !optional {
                    let facts = self.facts_of_pairs(&equal, rest);
                    rows.scope.assume(facts);
                    rows.scope.asked.extend(rest.map(|rest| self.asked_if(rest)).unwrap_or_default());
                } else if let Some(variable) = rows.scope.variables.last_mut() {
                    variable.optional = true;
                }
                rows.key.push(KeyPart::Slot(slot));
                let (optional, drop, span) = (*optional, dropped(drop), step.span);
                rows.steps.push(TypedStep::Join { record, slot, equal, rest, optional, drop, span });
            }
            StepKind::With { source, on, without, drop } => {
                let Some(record) = self.source(source) else { return };
                let slot = rows.scope.add(&source.name().text, Type::Record(record), false, ClassSet::NONE, true);
                let (equal, rest) = self.join_condition(on, slot, &mut rows.scope);
                rows.scope.variables.pop();
                rows.scope.next -= 1;
                let (without, drop, span) = (*without, dropped(drop), step.span);
                rows.steps.push(TypedStep::With { record, slot, equal, rest, without, drop, span });
            }
            StepKind::Where(condition) => {
                let drop = dropped(&condition.drop);
                let condition = self.condition(&condition.condition, &mut rows.scope);
                let facts = self.facts_if(condition);
                rows.scope.assume(facts);
                rows.scope.asked.extend(self.asked_if(condition));
                rows.steps.push(TypedStep::Where { condition, drop, span: step.span });
            }
            StepKind::Let(binding) => {
                let value = self.infer(&binding.value, &mut rows.scope);
                self.must_be_new(&binding.name, &rows.scope);
                let typing = self.nodes.typing(value).clone();
                let slot = rows.scope.add(&binding.name.text, typing.ty, typing.optional, typing.classes, false);
                rows.steps.push(TypedStep::Let { value, slot });
            }
            StepKind::GroupBy(keys) => self.group_step(keys, rows),
            StepKind::OnePer(keys, orders) => {
                let keys: Vec<ExprId> = keys.iter().map(|key| self.infer(&key.value, &mut rows.scope)).collect();
                let orders: Vec<TypedOrder> =
                    orders.iter().map(|order| self.order(&order.value, order.words, &mut rows.scope)).collect();
                rows.key = self.key_slots(&keys, &mut rows.scope, &mut rows.steps);
                rows.steps.push(TypedStep::OnePer { keys, orders });
            }
        }
    }

    /// What a set knows of its rows is known of a row of it.
    fn assume_row(&self, record: RecordType, row: u16, scope: &mut Scope) {
        if let RecordType::Set(set) = record
            && let Some(layout) = self.sets.get(&set)
        {
            scope.assume_row(layout, row);
        }
    }

    /// The slots of key expressions: those that are no variable yet get a slot of their own, which has no name.
    fn key_slots(&mut self, keys: &[ExprId], scope: &mut Scope, steps: &mut Vec<TypedStep>) -> Vec<KeyPart> {
        keys.iter()
            .map(|&key| match self.nodes.node(key) {
                Node::Local(local) => KeyPart::Slot(*local),
                _ => {
                    let typing = self.nodes.typing(key).clone();
                    let slot = scope.add("", typing.ty, typing.optional, typing.classes, false);
                    steps.push(TypedStep::Let { value: key, slot });
                    KeyPart::Slot(slot)
                }
            })
            .collect()
    }

    fn union_step(&mut self, sources: &[Source], rows: &mut Rows) {
        let records: Vec<_> = sources.iter().filter_map(|source| self.source(source)).collect();
        if records.len() < sources.len() {
            return rows.scope.add_unknown("row");
        }
        let kinds = sources.iter().map(|source| source.name().text.as_str().into()).collect();
        self.layouts.push(Layout { union: records.clone(), kinds, ..Layout::default() });
        let ty = Type::Record(RecordType::Layout(self.layouts.len() as u32 - 1));
        let slot = rows.scope.add("row", ty, false, ClassSet::NONE, true);
        rows.key = vec![KeyPart::Slot(slot)];
        rows.steps.push(TypedStep::Union(records));
    }

    fn each_step(&mut self, list: &Expr, alias: &ast::Name, optional: bool, rows: &mut Rows) {
        let list = self.infer(list, &mut rows.scope);
        let typing = self.nodes.typing(list).clone();
        let element = match &typing.ty {
            Type::List(element) | Type::Set(element) => (**element).clone(),
            Type::Unknown => Type::Unknown,
            other => {
                let words =
                    [("type", super::names::type_name(self.model, other)), ("text", self.source_text(typing.span))];
                self.find(&code::NOT_A_LIST, typing.span, words);
                Type::Unknown
            }
        };
        let element = match element {
            Type::Ref(entity) => Type::Record(RecordType::Entity(entity)),
            other => other,
        };
        self.must_be_new(alias, &rows.scope);
        let slot = rows.scope.add(&alias.text, element.clone(), optional, typing.classes, true);
        let position = rows.scope.add("", Type::Int, optional, ClassSet::NONE, false);
        // A record is known by its key; any other element by its text, or by its number in the list.
        let by_value = matches!(element, Type::Record(_)) || element.is_textual() || element == Type::Int;
        rows.key.push(if by_value { KeyPart::Slot(slot) } else { KeyPart::Position(position) });
        rows.steps.push(TypedStep::Each { list, slot, position, optional });
    }

    fn group_step(&mut self, keys: &[ast::Key], rows: &mut Rows) {
        let before = layout_of(&rows.scope);
        self.layouts.push(before);
        let layout = self.layouts.len() as u32 - 1;
        let mut scope = Scope::of(rows.scope.place.clone());
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            let value = self.infer(&key.value, &mut rows.scope);
            let typing = self.nodes.typing(value).clone();
            let name = match (&key.alias, &key.value.kind) {
                (Some(alias), _) => alias.text.clone(),
                (None, ExprKind::Name(name)) => name.clone(),
                (None, ExprKind::Field(_, name)) => name.text.clone(),
                _ => {
                    self.find(&code::KEY_NEEDS_NAME, key.value.span, []);
                    String::new()
                }
            };
            let binding = matches!(typing.ty, Type::Record(_));
            scope.add(&name, typing.ty, typing.optional, typing.classes, binding);
            values.push(value);
        }
        let rows_type = Type::List(Arc::new(Type::Record(RecordType::Layout(layout))));
        scope.add("rows", rows_type, false, ClassSet::NONE, false);
        scope.most = scope.most.max(rows.scope.most);
        rows.key = (0..keys.len() as u16).map(KeyPart::Slot).collect();
        rows.scope = scope;
        rows.steps.push(TypedStep::GroupBy { keys: values, layout });
    }

    /// Splits `a == b and c == d and rest` into pairs that an index can serve, and what is left.
    fn join_condition(
        &mut self,
        on: &Expr,
        slot: u16,
        scope: &mut Scope,
    ) -> (Vec<(ExprId, ExprId, u32)>, Option<ExprId>) {
        let mut equal = Vec::new();
        let mut rest: Option<ExprId> = None;
        for part in conjuncts(on) {
            if let ExprKind::Binary(BinaryOp::Equal, left, right) = &part.kind {
                let (left, right) = (self.infer(left, scope), self.infer(right, scope));
                let ty = self.operand_type(left, right);
                let ty = self.nodes.type_number(ty);
                match (self.uses(left, slot), self.uses(right, slot)) {
                    (false, true) => equal.push((left, right, ty)),
                    (true, false) => equal.push((right, left, ty)),
                    _ => {
                        let typing = Typing::plain(Type::Bool, part.span);
                        let node = Node::Compare { op: BinaryOp::Equal, ty, left, right };
                        let condition = self.nodes.add(node, typing);
                        rest = Some(self.both(rest, condition));
                    }
                }
                continue;
            }
            let condition = self.condition(part, scope);
            rest = Some(self.both(rest, condition));
        }
        (equal, rest)
    }

    fn both(&mut self, one: Option<ExprId>, other: ExprId) -> ExprId {
        match one {
            None => other,
            Some(one) => {
                let mut typing = self.nodes.typing(one).clone();
                typing.take(&self.nodes.typing(other).clone());
                self.nodes.add(Node::And(one, other), typing)
            }
        }
    }

    /// True if an expression reads a variable of the frame.
    fn uses(&self, expr: ExprId, local: u16) -> bool {
        match self.nodes.node(expr) {
            Node::Local(used) => *used == local,
            node => super::typed::children(node).into_iter().any(|child| self.uses(child, local)),
        }
    }

    fn must_be_new(&mut self, name: &ast::Name, scope: &Scope) {
        if scope.find(&name.text).is_some() {
            self.find(&code::NAME_TAKEN, name.span, [("name", name.text.clone())]);
        }
    }

    /// The types of the key of a record, for calls by key.
    pub(super) fn key_types(&self, record: RecordType) -> Vec<Type> {
        match record {
            RecordType::Entity(entity) => self.entity_key_types(entity),
            RecordType::Set(set) => {
                let model = self.model;
                let Some(layout) = self.sets.get(&set) else { return Vec::new() };
                let last = model.set(set).steps.iter().rev().find_map(|step| match &step.kind {
                    StepKind::GroupBy(keys) | StepKind::OnePer(keys, _) => Some(keys.len()),
                    _ => None,
                });
                match last {
                    // `group by` and `one per` replace the key: one argument for each of their keys.
                    Some(count) => {
                        let named = layout.slots.iter().take(count).map(|slot| slot.ty.clone());
                        match model.set(set).steps.iter().any(|step| matches!(step.kind, StepKind::GroupBy(_))) {
                            true => named.collect(),
                            false => vec![Type::Unknown; count],
                        }
                    }
                    None => match layout.slots.first().map(|slot| &slot.ty) {
                        Some(Type::Record(first)) => self.key_types(*first),
                        _ => Vec::new(),
                    },
                }
            }
            RecordType::Layout(_) => Vec::new(),
        }
    }

    fn entity_key_types(&self, entity: EntityId) -> Vec<Type> {
        let entity = self.model.entity(entity);
        entity.key.iter().map(|&index| entity.fields[index].ty.clone()).collect()
    }
}

fn dropped(drop: &Option<ast::Drop>) -> Option<Dropped> {
    drop.as_ref().map(|drop| Dropped { reject: drop.reject, reason: drop.reason.as_str().into() })
}

fn layout_of(scope: &Scope) -> Layout {
    let slots = scope
        .variables
        .iter()
        .map(|variable| Binding {
            name: variable.name.clone(),
            ty: variable.ty.clone(),
            optional: variable.optional,
            classes: variable.classes,
        })
        .collect();
    let (present, asked) = (scope.present.iter().cloned().collect(), scope.asked.clone());
    Layout { slots, present, asked, ..Layout::default() }
}

/// The parts of `a and b and c`.
pub(super) fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Binary(BinaryOp::And, left, right) => {
            let mut parts = conjuncts(left);
            parts.extend(conjuncts(right));
            parts
        }
        _ => vec![expr],
    }
}

/// Names that may be sets: sources, calls, arguments of `all`.
fn names_in_step(step: &ast::Step, names: &mut Vec<String>) {
    let source = |source: &Source, names: &mut Vec<String>| names.push(source.path.text());
    match &step.kind {
        StepKind::From(from) => source(from, names),
        StepKind::Union(sources) => sources.iter().for_each(|from| source(from, names)),
        StepKind::Join { source: from, on, .. } | StepKind::With { source: from, on, .. } => {
            source(from, names);
            names_in_expr(on, names);
        }
        StepKind::Each { list, .. } => names_in_expr(list, names),
        StepKind::Where(condition) => names_in_expr(&condition.condition, names),
        StepKind::Let(binding) => names_in_expr(&binding.value, names),
        StepKind::GroupBy(keys) => keys.iter().for_each(|key| names_in_expr(&key.value, names)),
        StepKind::OnePer(keys, orders) => {
            keys.iter().for_each(|key| names_in_expr(&key.value, names));
            orders.iter().for_each(|order| names_in_expr(&order.value, names));
        }
        StepKind::Broken => {}
    }
}

fn names_in_expr(expr: &Expr, names: &mut Vec<String>) {
    if let ExprKind::Call { name, args, .. } = &expr.kind {
        names.push(name.text.clone());
        if name.text == "all"
            && let [arg] = args.as_slice()
            && let Some((text, _)) = super::calls::dotted(&arg.value)
        {
            names.push(text);
        }
    }
    for child in expr.children() {
        names_in_expr(child, names);
    }
}
