//! A sync as a whole: its mappings one after the other, what flows through them, and what the customer allows.

use super::check_mapping;
use super::checker::{Checker, Incoming};
use super::scope::Scope;
use super::trace::Trace;
use super::typed::{Binding, ExprId, TypedFunction, TypedMapping};
use crate::finding::codes::{document, privacy, rule as code, sync as sync_code};
use crate::finding::{Finding, Findings};
use crate::model::{Mapping, Model, SyncId};
use crate::source::{Sources, Span};
use crate::syntax::ast::{Expr, ExprKind};
use crate::value::{Class, ClassSet, EntityId, RecordType, Type};
use std::collections::HashMap;

/// A checked sync: its mappings in order, with the customer's overlay.
#[derive(Debug)]
pub struct Route {
    /// The sync.
    pub sync: SyncId,
    /// The mappings with the overlay.
    pub mappings: Vec<Mapping>,
    /// The same, checked.
    pub typed: Vec<TypedMapping>,
}

/// Checks a sync; `None` if it has no route.
pub fn check_route(model: &Model, sources: &Sources, id: SyncId, found: &mut Findings) -> Option<Route> {
    let sync = model.sync(id);
    if sync.route.is_empty() {
        return None;
    }
    let mappings = crate::model::with_overlay(model, id, found);
    let mut incoming = Incoming::new();
    let mut typed = Vec::with_capacity(mappings.len());
    for (mapping, &mapping_id) in mappings.iter().zip(&sync.route) {
        let checked = check_mapping(model, sources, mapping_id, mapping, &incoming, found);
        incoming = flows(&checked);
        typed.push(checked);
    }
    let mut route = Route { sync: id, mappings, typed };
    check_scope(model, sources, &mut route, found);
    check_consent(model, &route, found);
    check_operations(model, &route, found);
    Some(route)
}

/// The classes that a mapping lets flow into the fields of its right systems.
fn flows(typed: &TypedMapping) -> Incoming {
    let mut flows = Incoming::new();
    for map in &typed.maps {
        for rule in &map.rules {
            if let Some(target) = &rule.target {
                let entry = flows.entry((map.right, target.field)).or_insert(ClassSet::NONE);
                *entry = entry.and(rule.classes);
            }
        }
    }
    flows
}

/// True for classes that must not reach a target without the customer's consent.
pub fn needs_consent(class: Class) -> bool {
    !matches!(class, Class::PUBLIC | Class::PERSONAL | Class::CONTACT)
}

/// Every class that reaches a field of the target needs a grant; every grant must grant something.
fn check_consent(model: &Model, route: &Route, found: &mut Findings) {
    let sync = model.sync(route.sync);
    let Some(last) = route.typed.last() else { return };
    let last_stage = route.typed.len() - 1;
    let trace = Trace { model, mappings: &route.mappings, typed: &route.typed };
    let mut used = vec![false; sync.allow.len()];
    for map in &last.maps {
        let entity = model.entity(map.right);
        for rule in &map.rules {
            let Some(target) = &rule.target else { continue };
            let field = &entity.fields[target.field as usize];
            // A class that the field does not declare has its finding already.
            for class in rule.classes.iter().filter(|&class| needs_consent(class) && field.classes.has(class)) {
                let name = model.classes.name(class);
                let granted = sync.allow.iter().position(|grant| {
                    let path: Vec<&str> = grant.field.names.iter().map(|name| name.text.as_str()).collect();
                    grant.class.text == name && path == [entity.name.text.as_str(), field.name.text.as_str()]
                });
                match granted {
                    Some(index) => used[index] = true,
                    None => {
                        let mut finding = Finding::new(&privacy::CLASS_REACHES_TARGET, rule.left_span)
                            .word("class", name)
                            .word("field", format!("{}.{}", entity.name.text, field.name.text))
                            .word("sync", &sync.name.text);
                        for (index, step) in trace.way(last_stage, map, rule, class).into_iter().enumerate() {
                            finding = finding.other(step.span, format!("{}. {}", index + 1, step.text));
                        }
                        found.add(
                            finding
                                .other(target.span, "goes out here")
                                .other(sync.name.span, "this sync does not allow it"),
                        );
                    }
                }
            }
        }
    }
    for (grant, used) in sync.allow.iter().zip(used) {
        if model.classes.find(&grant.class.text).is_none() {
            let known = model.classes.names().iter().map(String::as_str);
            let near = crate::finding::suggest::nearest(&grant.class.text, known);
            let finding = Finding::new(&document::UNKNOWN_CLASS, grant.class.span).word("name", &grant.class.text);
            found.add(finding.word_if("suggestion", near).word("known", model.classes.names().join(", ")));
        } else if !used {
            let words = Finding::new(&privacy::ALLOW_GRANTS_NOTHING, grant.span)
                .word("class", &grant.class.text)
                .word("field", grant.field.text());
            found.add(words);
        }
    }
}

/// What a map asks of the target must be among its operations.
fn check_operations(model: &Model, route: &Route, found: &mut Findings) {
    use crate::syntax::ast::{GoneAction, Operation};
    let Some(last) = route.typed.last() else { return };
    for map in &last.maps {
        let entity = model.entity(map.right);
        let system = model.system(entity.system);
        let (Some(gone), true) = (map.gone, system.is_system) else { continue };
        let wanted = match gone.action {
            GoneAction::Keep => continue,
            GoneAction::Deactivate => Operation::Deactivate,
            GoneAction::Remove => Operation::Remove,
        };
        let has = entity.write.as_ref().is_some_and(|write| write.operations.iter().any(|(op, _)| *op == wanted));
        let by_rule = map.rules.iter().any(|rule| rule.on.contains(&wanted));
        let by_absence = system.writes.whole && wanted == Operation::Remove;
        if !has && !by_rule && !by_absence {
            found.add(
                Finding::new(&sync_code::TARGET_CANNOT, gone.span)
                    .word("operation", wanted.word())
                    .word("entity", &entity.name.text)
                    .word("system", &system.name.text),
            );
        }
    }
}

/// Types the sync's `scope` against the first mapping whose left side has the entity that it names.
fn check_scope(model: &Model, sources: &Sources, route: &mut Route, found: &mut Findings) {
    let Some(scope) = &model.sync(route.sync).scope else { return };
    let named = first_names(scope);
    let on_left = |mapping: &Mapping| {
        let systems: Vec<_> = mapping.left.iter().map(|side| side.system).collect();
        named.iter().find_map(|name| systems.iter().find_map(|&system| model.find_entity(system, name)))
    };
    let Some(stage) = (0..route.mappings.len()).find(|&stage| on_left(&route.mappings[stage]).is_some()) else {
        found.add(Finding::new(&sync_code::SCOPE_NAMES_NOTHING, scope.span));
        return;
    };
    let Some(entity) = on_left(&route.mappings[stage]) else { return };
    let incoming = Incoming::new();
    let mut checker =
        Checker::resume(model, sources, &route.mappings[stage], &mut route.typed[stage], &incoming, found);
    let mut names = Scope::of("the sync's scope");
    let name = &model.entity(entity).name.text;
    names.add(name, Type::Record(RecordType::Entity(entity)), false, ClassSet::NONE, true);
    let condition = checker.condition(scope, &mut names);
    let nodes = checker.nodes;
    route.typed[stage].nodes = nodes;
    route.typed[stage].scope = Some((entity, condition));
}

/// The names that paths of an expression start with.
fn first_names(expr: &Expr) -> Vec<String> {
    match &expr.kind {
        ExprKind::Name(name) => vec![name.clone()],
        _ => expr.children().into_iter().flat_map(first_names).collect(),
    }
}

impl<'m> Checker<'m> {
    /// Goes on checking expressions of a mapping that was checked: takes its nodes, which are to be put back.
    fn resume(
        model: &'m Model,
        sources: &'m Sources,
        mapping: &'m Mapping,
        typed: &mut TypedMapping,
        incoming: &'m Incoming,
        found: &'m mut Findings,
    ) -> Checker<'m> {
        Checker {
            model,
            sources,
            mapping,
            incoming,
            found,
            nodes: std::mem::take(&mut typed.nodes),
            layouts: typed.layouts.clone(),
            sets: HashMap::new(),
            functions: Vec::new(),
            allocations: Vec::new(),
        }
    }

    /// Types the bodies of the project's functions, in order: each sees only those before it, so none can recur.
    pub(super) fn check_functions(&mut self) {
        let mapping = self.mapping;
        for function in &mapping.functions {
            let mut scope = Scope::of(format!("the function `{}`", function.name.text));
            for (name, ty, optional) in &function.takes {
                scope.add(&name.text, ty.clone(), *optional, ClassSet::NONE, matches!(ty, Type::Struct(_)));
            }
            let params: Vec<Binding> = function
                .takes
                .iter()
                .map(|(name, ty, optional)| Binding {
                    name: name.text.as_str().into(),
                    ty: ty.clone(),
                    optional: *optional,
                    classes: ClassSet::NONE,
                })
                .collect();
            let body = self.infer(&function.body, &mut scope);
            self.gives_what_it_says(function, body);
            let name = function.name.text.as_str().into();
            self.functions.push(TypedFunction { name, body, params, frame: scope.most });
        }
    }

    fn gives_what_it_says(&mut self, function: &crate::model::ProjectFunction, body: ExprId) {
        let Some((ty, optional)) = &function.gives else { return };
        let of = self.nodes.typing(body).clone();
        if !self.fits(&of.ty, ty) {
            let words = [
                ("function", function.name.text.clone()),
                ("given", super::names::type_name(self.model, &of.ty)),
                ("wanted", super::names::type_name(self.model, ty)),
            ];
            self.find(&code::GIVES_SOMETHING_ELSE, of.span, words);
        } else if of.optional && !optional {
            self.find(&code::GIVES_ABSENT, of.span, [("function", function.name.text.clone())]);
        }
    }

    /// Conditions that entities on the left declare: who is protected, which rows are no records.
    pub(super) fn record_conditions(&mut self) -> (Conditions, Conditions) {
        let model = self.model;
        let (mut protected, mut skipped) = (Vec::new(), Vec::new());
        let systems: Vec<_> = self.mapping.left.iter().map(|side| side.system).collect();
        for system in systems {
            for &id in &model.system(system).entities {
                let entity = model.entity(id);
                for (condition, into) in [(&entity.protected_when, &mut protected), (&entity.skip, &mut skipped)] {
                    let Some(condition) = condition else { continue };
                    let mut scope = Scope::of(format!("the entity `{}`", entity.name.text));
                    let ty = Type::Record(RecordType::Entity(id));
                    scope.add(&entity.name.text, ty, false, ClassSet::NONE, true);
                    into.push((id, self.condition(condition, &mut scope)));
                }
            }
        }
        (protected, skipped)
    }
}

/// Conditions about records, by entity.
type Conditions = Vec<(EntityId, ExprId)>;

/// The place of a sync's name, for findings that are about all of it.
pub(super) fn name_span(model: &Model, sync: SyncId) -> Span {
    model.sync(sync).name.span
}
