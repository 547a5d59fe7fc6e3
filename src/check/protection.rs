//! What may be sent about protected people where a sync says `protected: reduce` or `alias`.
//!
//! It is the privacy proof once more, and stricter: of a protected person every value that depends on the record needs a
//! consent of its own, also of those classes that go where rules send them for everybody else. A field into which something
//! flows without one is not sent; under `alias`, something else stands in its place. An entity whose records cannot be told
//! apart without such a value, or do not fit the target without such a field, is left out as under `exclude`.

use super::consent::unused;
use super::routes::Route;
use super::typed::{ExprId, Literal, Mode, Node, OnNone, TypedMap, TypedMapping, TypedRule, Typing, children};
use crate::finding::codes::{privacy, rule as rule_codes};
use crate::finding::{Finding, Findings, suggest};
use crate::model::{Access, Entity, Model, Protected, Protection};
use crate::source::Span;
use crate::syntax::ast::{Alias, Arrow, Operation};
use crate::value::{Class, ClassSet, EntityId, Type};

/// What becomes of the records of an entity that are about protected people.
#[derive(Debug)]
pub struct Treated {
    /// The entity of the target.
    pub entity: EntityId,
    /// What becomes of each field that rules write.
    pub fields: Vec<(u16, Treatment)>,
    /// Why none of its records about protected people is sent, if none is.
    pub excluded: Option<String>,
}

/// What becomes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It is the same for everybody.
    Constant,
    /// It is sent as for everybody: with these classes, or `public` if there are none, all of them allowed.
    Sent(ClassSet),
    /// Something else is sent.
    Alias,
    /// It is left out, and emptied where it was sent before: these classes, or `public`, are not allowed.
    LeftOut(ClassSet),
}

/// Works out what is sent of protected people, and gives each map of the last mapping its rules for them.
pub(super) fn protect(model: &Model, route: &mut Route, found: &mut Findings) {
    let protection = &model.sync(route.sync).protection;
    let Some(last) = route.typed.last_mut() else { return };
    if protection.how == Protected::Exclude {
        return;
    }
    let mut wrong = Findings::default();
    let mut entities: Vec<EntityId> = last.maps.iter().filter(|map| is_live(map)).map(|map| map.right).collect();
    entities.sort_unstable();
    entities.dedup();
    let mut used = vec![false; protection.allow.len()];
    for &entity in &entities {
        let treated = treated(model, protection, last, entity, &mut used);
        alias_findings(model, last, &treated, &mut wrong);
        match &treated.excluded {
            Some(why) => lacks(model, protection, &treated, why, &mut wrong),
            None => give_rules(last, &treated),
        }
        route.protection.push(treated);
    }
    unknown_fields(model, protection, &entities, &mut wrong);
    unused(model, &protection.allow, &used, &mut wrong);
    let about_people = |treated: &&Treated| model.entity(treated.entity).is_about_people();
    let mut people = route.protection.iter().filter(about_people).peekable();
    let first = people.peek().and_then(|treated| treated.excluded.clone());
    let first = first.unwrap_or_else(|| "no record of the target is about a person".into());
    if people.all(|treated| treated.excluded.is_some()) && !wrong.has_errors() {
        wrong.add(Finding::new(&privacy::PROTECTED_SENDS_NOTHING, protection.span).word("why", first));
    }
    found.append(wrong);
}

fn is_live(map: &TypedMap) -> bool {
    !map.off && map.arrow != Arrow::Left
}

/// True for a rule that exists when a record is made or changed.
fn is_written(rule: &TypedRule) -> bool {
    let made = |operation: &Operation| matches!(operation, Operation::Create | Operation::Update);
    !rule.off && (rule.on.is_empty() || rule.on.iter().any(made))
}

/// `entity.field`, as grants and aliases name it.
fn full_name(entity: &Entity, field: u16) -> String {
    format!("{}.{}", entity.name.text, entity.fields[usize::from(field)].name.text)
}

fn treated(model: &Model, protection: &Protection, typed: &TypedMapping, id: EntityId, used: &mut [bool]) -> Treated {
    let entity = model.entity(id);
    let maps: Vec<&TypedMap> = typed.maps.iter().filter(|map| map.right == id && is_live(map)).collect();
    // What is not allowed of what flows; of values without a class, whether they are.
    let mut refused = |name: &str, classes: ClassSet| {
        let (mut rest, mut public) = (classes, !classes.is_empty());
        for (grant, used) in
            protection.allow.iter().zip(used.iter_mut()).filter(|(grant, _)| grant.field.text() == name)
        {
            match model.classes.find(&grant.class.text) {
                Some(Class::PUBLIC) if classes.is_empty() => (*used, public) = (true, true),
                Some(class) if classes.has(class) => {
                    *used = true;
                    rest = rest.without(class);
                }
                _ => {}
            }
        }
        (!rest.is_empty() || !public).then_some(rest)
    };
    let mut fields = Vec::new();
    for field in 0..entity.fields.len() as u16 {
        let name = full_name(entity, field);
        let rules = || maps.iter().flat_map(|map| &map.rules).filter(|rule| is_written(rule) && writes(rule, field));
        if rules().next().is_none() {
            continue;
        }
        let to = match entity.fields[usize::from(field)].ty.element().unwrap_or(&entity.fields[usize::from(field)].ty) {
            // Who somebody belongs to says as much as a name.
            Type::Ref(to) if model.entity(*to).is_about_people() => ClassSet::of(Class::PERSONAL),
            _ => ClassSet::NONE,
        };
        let classes = rules().map(|rule| rule.classes).fold(to, ClassSet::and);
        let treatment = if maps.iter().flat_map(|map| &map.aliases).any(|rule| writes(rule, field)) {
            Treatment::Alias
        } else if rules().all(|rule| says_the_same(typed, rule)) {
            Treatment::Constant
        } else {
            refused(&name, classes).map_or(Treatment::Sent(classes), Treatment::LeftOut)
        };
        fields.push((field, treatment));
    }
    let mut treated = Treated { entity: id, fields, excluded: None };
    treated.excluded = excluded(model, &maps, entity, &treated);
    treated
}

fn writes(rule: &TypedRule, field: u16) -> bool {
    rule.target.as_ref().is_some_and(|target| target.field == field)
}

/// Why no record of an entity about a protected person can be sent.
fn excluded(model: &Model, maps: &[&TypedMap], entity: &Entity, treated: &Treated) -> Option<String> {
    let known_by = maps.iter().map(|map| map.in_key).fold(ClassSet::NONE, ClassSet::and).without(Class::PERSONAL);
    if !known_by.is_empty() {
        return Some(format!(
            "on the left, {} is known by {}, which would stand in the store and in reports",
            entity.name.text,
            names(model, known_by)
        ));
    }
    if !treated.fields.iter().any(|(_, how)| matches!(how, Treatment::Sent(_) | Treatment::Alias)) {
        return Some(format!("nothing of {} is allowed", entity.name.text));
    }
    let system = model.system(entity.system);
    let whole = system.writes.whole || system.deliver.is_some();
    let theirs = entity.write.as_ref().is_some_and(|write| write.id_theirs);
    for &(index, treatment) in &treated.fields {
        let field = &entity.fields[usize::from(index)];
        let is_key = !theirs && entity.key.contains(&usize::from(index));
        let list = matches!(field.ty, Type::List(_) | Type::Set(_));
        let required = !field.optional && field.default.is_none() && field.access != Access::Read && !list;
        let name = full_name(entity, index);
        match treatment {
            Treatment::LeftOut(classes) if is_key => {
                return Some(format!("{name} is the key, and {} is not allowed there", names(model, classes)));
            }
            Treatment::LeftOut(classes) if required => {
                return Some(format!("{name} is required, and {} is not allowed there", names(model, classes)));
            }
            Treatment::Alias if is_key && !whole => {
                return Some(format!("{name} is the key, which cannot change where records are sent one by one"));
            }
            _ => {}
        }
    }
    None
}

/// Names of classes, for people; `public` for none.
pub fn names(model: &Model, classes: ClassSet) -> String {
    if classes.is_empty() {
        return model.classes.name(Class::PUBLIC).to_string();
    }
    classes.iter().map(|class| model.classes.name(class)).collect::<Vec<_>>().join(", ")
}

/// An entity is left out although the sync says what of it is sent.
fn lacks(model: &Model, protection: &Protection, treated: &Treated, why: &str, found: &mut Findings) {
    let entity = &model.entity(treated.entity).name.text;
    let names_it = |path: &crate::syntax::ast::Path| path.names.first().is_some_and(|name| name.text == *entity);
    let grant = protection.allow.iter().find(|grant| names_it(&grant.field)).map(|grant| grant.span);
    let alias = || protection.aliases.iter().find(|alias| names_it(&alias.field)).map(|alias| alias.span);
    if let Some(span) = grant.or_else(alias) {
        found.add(Finding::new(&privacy::PROTECTED_LACKS_FIELD, span).word("entity", entity).word("why", why));
    }
}

/// What is wrong with aliases of an entity.
fn alias_findings(model: &Model, typed: &TypedMapping, treated: &Treated, found: &mut Findings) {
    let entity = model.entity(treated.entity);
    for map in typed.maps.iter().filter(|map| map.right == treated.entity) {
        let is_sent =
            |field: u16| treated.fields.iter().any(|(known, how)| *known == field && matches!(how, Treatment::Sent(_)));
        let sent = map.rules.iter().filter(|rule| is_written(rule) && rule.when.is_none());
        let sent = sent.filter(|rule| rule.target.as_ref().is_some_and(|target| is_sent(target.field)));
        let sent: Vec<ExprId> = sent.filter_map(|rule| Some(typed.nodes.first(rule.value?))).collect();
        for rule in &map.aliases {
            let (Some(target), Some(value)) = (&rule.target, rule.value) else { continue };
            let (field, name) = (&entity.fields[usize::from(target.field)], full_name(entity, target.field));
            let about = |code, span: Span| Finding::new(code, span).word("field", &name);
            if !tells_nothing_new(typed, value, &sent) {
                let classes = names(model, typed.nodes.typing(value).classes);
                found.add(about(&privacy::ALIAS_TELLS, rule.left_span).word("class", classes));
            }
            let unique = field.unique || entity.key == [usize::from(target.field)];
            if unique && is_constant(typed, value) {
                found.add(about(&privacy::ALIAS_NOT_UNIQUE, rule.left_span).other(target.span, "must be unique"));
            }
            if !treated.fields.iter().any(|(field, _)| *field == target.field) {
                found.add(about(&privacy::ALIAS_FOR_NOTHING, target.span));
            }
        }
    }
}

/// True if a value is made of constants and of values that are sent as they are anyway.
fn tells_nothing_new(typed: &TypedMapping, value: ExprId, sent: &[ExprId]) -> bool {
    if is_constant(typed, value) || sent.contains(&typed.nodes.first(value)) {
        return true;
    }
    let node = typed.nodes.node(value);
    !reads_records(node) && children(node).into_iter().all(|child| tells_nothing_new(typed, child, sent))
}

/// True if a value is the same for every record.
fn is_constant(typed: &TypedMapping, value: ExprId) -> bool {
    match typed.nodes.node(value) {
        Node::Literal(_) | Node::Option(_) | Node::AsOf => true,
        node => !reads_records(node) && children(node).into_iter().all(|child| is_constant(typed, child)),
    }
}

/// True if a rule writes the same for every record.
fn says_the_same(typed: &TypedMapping, rule: &TypedRule) -> bool {
    let other = match &rule.absent {
        OnNone::Value(value) => Some(*value),
        _ => None,
    };
    rule.value.into_iter().chain(rule.when).chain(other).all(|value| is_constant(typed, value))
}

/// True for what reads a record, or what was made of one, and may read more of it than what is sent; all else works with
/// what it is given.
fn reads_records(node: &Node) -> bool {
    matches!(
        node,
        Node::Local(_)
            | Node::Field { .. }
            | Node::RowSlot { .. }
            | Node::UnionField { .. }
            | Node::UnionKind { .. }
            | Node::Referrers { .. }
            | Node::Linked { .. }
            | Node::Member { .. }
            | Node::All(_)
            | Node::ByKey { .. }
            | Node::Lookup { .. }
            | Node::Right(_)
            | Node::Allocated(_)
            | Node::Each { .. }
            | Node::Filter { .. }
            | Node::Quantified { .. }
            | Node::Sorted { .. }
            | Node::ProjectCall { .. }
            | Node::Broken
    )
}

/// Aliases of entities that nothing is written to, and two for one field.
fn unknown_fields(model: &Model, protection: &Protection, entities: &[EntityId], found: &mut Findings) {
    let known = || entities.iter().map(|&id| model.entity(id).name.text.as_str());
    for (index, alias) in protection.aliases.iter().enumerate() {
        let Alias { field, .. } = alias;
        let entity = field.names.first().map_or("", |name| name.text.as_str());
        if field.names.len() != 2 || !known().any(|name| name == entity) {
            let finding = Finding::new(&rule_codes::UNKNOWN_TARGET_ENTITY, field.span)
                .word("name", entity)
                .word_if("suggestion", suggest::nearest(entity, known()))
                .word("known", super::checker::few(known()));
            found.add(finding);
        }
        if let Some(first) = protection.aliases[..index].iter().find(|first| first.field.text() == field.text()) {
            let finding = Finding::new(&privacy::ALIAS_TWICE, field.span).word("field", field.text());
            found.add(finding.other(first.field.span, "the first one"));
        }
    }
}

/// The rules for records of protected people.
fn give_rules(typed: &mut TypedMapping, treated: &Treated) {
    for map in typed.maps.iter_mut().filter(|map| map.right == treated.entity && is_live(map)) {
        let mut rules: Vec<TypedRule> = Vec::new();
        for rule in map.rules.iter().filter(|rule| is_written(rule)) {
            let Some(target) = &rule.target else { continue };
            let treatment = treated.fields.iter().find(|(field, _)| *field == target.field).map(|(_, how)| *how);
            match treatment {
                Some(Treatment::Sent(_) | Treatment::Constant) => rules.push(rule.clone()),
                _ if rules.iter().any(|known| writes(known, target.field)) => {}
                Some(Treatment::Alias) => {
                    let alias = map.aliases.iter().find(|alias| writes(alias, target.field));
                    rules.extend(alias.map(|alias| TypedRule { absent: OnNone::Clear, ..alias.clone() }));
                }
                _ => {
                    let absent = Typing::plain(Type::Nothing, rule.span);
                    let value = typed.nodes.add(Node::Literal(Literal::Absent), absent);
                    rules.push(emptied(rule, value));
                }
            }
        }
        map.protected = Some(rules);
    }
}

/// A rule that empties its field.
fn emptied(rule: &TypedRule, value: ExprId) -> TypedRule {
    let mut emptied = TypedRule {
        value: Some(value),
        when: None,
        on: Vec::new(),
        mode: Mode::default(),
        absent: OnNone::Clear,
        fails: None,
        classes: ClassSet::NONE,
        ..rule.clone()
    };
    if let Some(target) = &mut emptied.target {
        target.steps.clear();
    }
    emptied
}
