//! A sync as a whole: its mappings one after the other, what flows through them, and what the customer allows.

use super::check_mapping;
use super::checker::{Checker, Incoming, Stage};
use super::consent::{check_consent, declared, needs_consent, telling, undeclared};
use super::protection::Treated;
use super::scope::Scope;
use super::trace::Trace;
use super::typed::{Binding, ExprId, TypedFunction, TypedMapping};
use crate::finding::codes::{rule as code, sync as sync_code};
use crate::finding::{Finding, Findings};
use crate::model::{Mapping, Model, SyncId};
use crate::source::Sources;
use crate::syntax::ast::Expr;
use crate::value::{ClassSet, EntityId, RecordType, Type};

/// A checked sync: its mappings in order, with the customer's overlay.
#[derive(Debug)]
pub struct Route {
    /// The sync.
    pub sync: SyncId,
    /// The mappings with the overlay.
    pub mappings: Vec<Mapping>,
    /// The same, checked.
    pub typed: Vec<TypedMapping>,
    /// What is sent of protected people, by entity of the target; empty where nothing is.
    pub protection: Vec<Treated>,
}

/// Checks a sync; `None` if it has no route.
pub fn check_route(model: &Model, sources: &Sources, id: SyncId, found: &mut Findings) -> Option<Route> {
    let sync = model.sync(id);
    if sync.route.is_empty() {
        return None;
    }
    let mappings = crate::model::with_overlay(model, id, found);
    let scope = sync.scope.as_ref();
    let scoped = scope.and_then(|scope| Some((scope, scoped(model, scope, &mappings, found)?)));
    let mut incoming = Incoming::default();
    let mut typed = Vec::with_capacity(mappings.len());
    for (index, (mapping, &id)) in mappings.iter().zip(&sync.route).enumerate() {
        let scope = scoped.filter(|(_, (stage, _))| *stage == index).map(|(scope, (_, entity))| (entity, scope));
        let protection = (index + 1 == mappings.len()).then_some(&sync.protection);
        let stage = Stage { id, mapping, incoming: &incoming, scope, options: Some(&sync.options), protection };
        let checked = check_mapping(model, sources, &stage, found);
        incoming = flows(model, &checked);
        typed.push(checked);
    }
    super::needs::prune(model, &mut typed);
    let mut route = Route { sync: id, mappings, typed, protection: Vec::new() };
    super::protection::protect(model, &mut route, found);
    let trace = Trace { model, mappings: &route.mappings, typed: &route.typed };
    (0..route.typed.len()).for_each(|stage| declared(&trace, stage, found));
    check_consent(model, &route, found);
    check_operations(model, &route, found);
    Some(route)
}

/// The classes that a mapping lets flow into its right systems: into fields, and by who is there at all. What a field does
/// not declare has its finding here, and is not followed to a second one.
fn flows(model: &Model, typed: &TypedMapping) -> Incoming {
    let mut flows = Incoming::default();
    for map in &typed.maps {
        let told = map.seen.iter().filter(|&class| undeclared(model, map, class).is_empty());
        let seen = flows.seen.entry(map.right).or_default();
        *seen = told.map(ClassSet::of).fold(*seen, ClassSet::and);
        for rule in &map.rules {
            let Some(target) = &rule.target else { continue };
            let declared = model.entity(map.right).fields[usize::from(target.field)].classes;
            let kept = rule.classes.iter().filter(|&class| !needs_consent(class) || declared.has(class));
            let field = flows.fields.entry((map.right, target.field)).or_default();
            *field = kept.map(ClassSet::of).fold(*field, ClassSet::and);
        }
    }
    flows
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

/// The mapping whose left side has the entity that the sync's `scope` names first, and that entity.
fn scoped(model: &Model, scope: &Expr, mappings: &[Mapping], found: &mut Findings) -> Option<(usize, EntityId)> {
    let named = scope.names();
    let on_left = |mapping: &Mapping| {
        let systems: Vec<_> = mapping.left.iter().map(|side| side.system).collect();
        named.iter().find_map(|name| systems.iter().find_map(|&system| model.find_entity(system, name)))
    };
    let at = mappings.iter().enumerate().find_map(|(stage, mapping)| Some((stage, on_left(mapping)?)));
    if at.is_none() {
        found.add(Finding::new(&sync_code::SCOPE_NAMES_NOTHING, scope.span));
    }
    at
}

impl Checker<'_> {
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
        for (entity, condition) in &skipped {
            let classes = telling(self.classes(*condition));
            self.skipping.insert(*entity, classes);
        }
        (protected, skipped)
    }

    /// The condition of the sync's `scope`. What it tells, every record on the left tells: what refers to a record in scope
    /// stays, and what it refers to.
    pub(super) fn sync_scope(&mut self, entity: EntityId, scope: &Expr) -> ExprId {
        let model = self.model;
        let mut names = Scope::of("the sync's scope");
        let ty = Type::Record(RecordType::Entity(entity));
        names.add(&model.entity(entity).name.text, ty, false, ClassSet::NONE, true);
        let condition = self.condition(scope, &mut names);
        let told = telling(self.classes(condition));
        let systems: Vec<_> = self.mapping.left.iter().map(|side| side.system).collect();
        for entity in systems.into_iter().flat_map(|system| &model.system(system).entities) {
            let seen = self.skipping.entry(*entity).or_default();
            *seen = seen.and(told);
        }
        condition
    }
}

/// Conditions about records, by entity.
type Conditions = Vec<(EntityId, ExprId)>;
