//! Names and paths: what a name means, and what follows a dot.

use super::checker::Checker;
use super::names::type_name;
use super::scope::{Scope, Variable};
use super::typed::{ExprId, Layout, Node, Typing};
use crate::finding::codes::rule as code;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Name};
use crate::value::{Class, EntityId, RecordType, Type};
use std::sync::Arc;

/// Where a name without a dot in front can lead.
enum Meaning {
    /// A variable.
    Variable(Variable),
    /// A field of the record in a variable.
    FieldOf(Variable),
}

impl Checker<'_> {
    /// A name that stands alone.
    pub(super) fn name(&mut self, name: &str, span: Span, scope: &mut Scope) -> ExprId {
        if let Some(element) = scope.elements.last().cloned() {
            let of = Typing { classes: element.classes, ..Typing::plain(element.ty.clone(), span) };
            if name == "it" {
                return self.nodes.add(Node::Local(element.local), of);
            }
            if self.has_member(&element.ty, name) {
                let it = self.nodes.add(Node::Local(element.local), of);
                return self.member(it, &Name { text: name.into(), span }, scope);
            }
        }
        self.row_name(name, span, scope)
    }

    /// A name of the row: `let`s, bindings, fields that one binding has, the run's date.
    fn row_name(&mut self, name: &str, span: Span, scope: &mut Scope) -> ExprId {
        match self.meanings(name, scope).as_slice() {
            [Meaning::Variable(variable)] => self.variable(&variable.clone(), span),
            [Meaning::FieldOf(variable)] => {
                let record = self.variable(&variable.clone(), span);
                let record = self.settle(record, scope);
                self.member(record, &Name { text: name.into(), span }, scope)
            }
            [] if name == "as_of" => self.nodes.add(Node::AsOf, Typing::plain(Type::Date, span)),
            [] => {
                self.unknown_name(name, span, scope);
                self.broken(span)
            }
            several => {
                let candidates: Vec<_> = several
                    .iter()
                    .map(|meaning| match meaning {
                        Meaning::Variable(variable) => variable.name.to_string(),
                        Meaning::FieldOf(variable) => format!("{}.{name}", variable.name),
                    })
                    .collect();
                let words = [("name", name.to_string()), ("candidates", candidates.join(", "))];
                self.find(&code::AMBIGUOUS_NAME, span, words);
                self.broken(span)
            }
        }
    }

    /// True if a name means something here.
    pub(super) fn knows(&self, name: &str, scope: &Scope) -> bool {
        !self.meanings(name, scope).is_empty()
    }

    fn meanings(&self, name: &str, scope: &Scope) -> Vec<Meaning> {
        if let Some(variable) = scope.find(name) {
            return vec![Meaning::Variable(variable.clone())];
        }
        scope
            .variables
            .iter()
            .filter(|variable| variable.binding && self.has_member(&variable.ty, name))
            .map(|variable| Meaning::FieldOf(variable.clone()))
            .collect()
    }

    pub(super) fn unknown_name(&mut self, name: &str, span: Span, scope: &Scope) {
        if scope.is_blurred() {
            return;
        }
        let unasked = scope.unasked.as_ref().is_some_and(|record| self.has_member(record, name));
        if unasked {
            let words = [("name", name.to_string()), ("place", scope.place.clone()), ("clause", "where".to_string())];
            return self.find(&code::UNKNOWN_NAME, span, words);
        }
        let is_source = self.find_source_name(name).is_some();
        if is_source {
            return self.find(&code::NOT_A_VALUE, span, [("name", name.to_string())]);
        }
        if crate::function::find(name).is_some() || self.mapping.functions.iter().any(|f| f.name.text == name) {
            return self.find(&code::FUNCTION_WITHOUT_CALL, span, [("name", name.to_string())]);
        }
        if self.mapping.options.iter().any(|option| option.name.text == name) {
            return self.find(&code::OPTION_WITHOUT_DOLLAR, span, [("name", name.to_string())]);
        }
        let mut known: Vec<String> = Vec::new();
        if let Some(element) = scope.elements.last() {
            known.extend(self.member_names(&element.ty));
            known.push("it".into());
        }
        for variable in scope.variables.iter().rev() {
            known.push(variable.name.to_string());
            if variable.binding {
                known.extend(self.member_names(&variable.ty));
            }
        }
        // What other languages call it.
        let word = match name.to_lowercase().as_str() {
            "null" | "nil" | "none" | "empty" | "undefined" => Some("absent"),
            "yes" => Some("true"),
            "no" => Some("false"),
            _ => None,
        };
        let near = || crate::finding::suggest::nearest(name, known.iter().map(String::as_str));
        let finding = crate::finding::Finding::new(&code::UNKNOWN_NAME, span)
            .word("name", name)
            .word("place", &*scope.place)
            .word_if("suggestion", word.or_else(near));
        self.found.add(finding);
    }

    fn variable(&mut self, variable: &Variable, span: Span) -> ExprId {
        let typing = Typing {
            ty: variable.ty.clone(),
            optional: variable.optional,
            fails: None,
            classes: variable.classes,
            span,
        };
        self.nodes.add(Node::Local(variable.local), typing)
    }

    /// `of.name`
    pub(super) fn path(&mut self, of: &Expr, name: &Name, span: Span, scope: &mut Scope) -> ExprId {
        if let ExprKind::Name(first) = &of.kind {
            match first.as_str() {
                "outer" if !scope.elements.is_empty() => {
                    let elements = std::mem::take(&mut scope.elements);
                    let value = self.row_name(&name.text, name.span, scope);
                    scope.elements = elements;
                    return value;
                }
                "right" if scope.find("right").is_none() => return self.right_value(of, name, span, scope),
                _ => {}
            }
        }
        let of = self.infer(of, scope);
        self.member(of, name, scope)
    }

    /// `right.x`: the present right value.
    fn right_value(&mut self, of: &Expr, name: &Name, span: Span, scope: &Scope) -> ExprId {
        let Some(entity) = scope.right else {
            self.find(&code::RIGHT_ONLY_IN_RULES, of.span, []);
            return self.broken(span);
        };
        let model = self.model;
        let fields = &model.entity(entity).fields;
        match fields.iter().position(|field| field.name.text == name.text) {
            Some(index) => {
                let field = &fields[index];
                // Where a secret may not go is told by its class.
                if !field.classes.has(Class::SECRET) {
                    self.must_be_readable(entity, index as u16, span);
                }
                let typing = Typing { optional: true, classes: field.classes, ..Typing::plain(field.ty.clone(), span) };
                self.nodes.add(Node::Right(index as u16), typing)
            }
            None => {
                self.unknown_field(entity, name);
                self.broken(span)
            }
        }
    }

    /// What follows a dot.
    pub(super) fn member(&mut self, of: ExprId, name: &Name, scope: &mut Scope) -> ExprId {
        let typing = self.nodes.typing(of).clone();
        let span = if typing.span.file == name.span.file { typing.span.to(name.span) } else { name.span };
        match &typing.ty {
            Type::Unknown => self.broken(span),
            Type::Ref(entity) | Type::Record(RecordType::Entity(entity)) => self.field(of, *entity, name, span),
            Type::Record(RecordType::Set(set)) => {
                let layout = self.sets.get(set).cloned().unwrap_or_default();
                self.slot(of, &layout, name, span, scope)
            }
            Type::Record(RecordType::Layout(number)) => {
                let layout = self.layouts[*number as usize].clone();
                if layout.union.is_empty() {
                    self.slot(of, &layout, name, span, scope)
                } else {
                    self.union_field(of, &layout, name, span)
                }
            }
            Type::Struct(members) => match members.iter().position(|member| *member.name == *name.text) {
                Some(index) => {
                    let optional = typing.optional || members[index].optional;
                    let result = Typing { ty: members[index].ty.clone(), optional, span, ..typing.clone() };
                    self.nodes.add(Node::Member { of, index: index as u16 }, result)
                }
                None => {
                    let known: Vec<_> = members.iter().map(|member| member.name.to_string()).collect();
                    self.find_named(&code::UNKNOWN_MEMBER, name.span, &name.text, known.iter().map(String::as_str));
                    self.broken(span)
                }
            },
            Type::List(element) | Type::Set(element) => self.projected(of, &element.clone(), name, span, scope),
            other => {
                let words = [("name", name.text.clone()), ("type", type_name(self.model, other))];
                self.find(&code::NO_MEMBERS, name.span, words);
                self.broken(span)
            }
        }
    }

    /// A name after a list: the values of every element.
    fn projected(&mut self, list: ExprId, element: &Type, name: &Name, span: Span, scope: &mut Scope) -> ExprId {
        let of = self.nodes.typing(list).clone();
        let local = scope.take();
        let it = Typing { classes: of.classes, ..Typing::plain(element.clone(), of.span) };
        let it = self.nodes.add(Node::Local(local), it);
        let body = self.member(it, name, scope);
        scope.next -= 1;
        let value = self.nodes.typing(body).clone();
        let (ty, flatten) = match &value.ty {
            Type::List(inner) | Type::Set(inner) => (Type::List(inner.clone()), true),
            Type::Unknown => return self.broken(span),
            other => (Type::List(Arc::new(other.clone())), false),
        };
        let typing =
            Typing { ty, optional: of.optional, fails: of.fails, classes: of.classes.and(value.classes), span };
        self.nodes.add(Node::Each { list, element: local, body, flatten }, typing)
    }

    /// A field of an entity, or the records that refer to it.
    fn field(&mut self, of: ExprId, entity: EntityId, name: &Name, span: Span) -> ExprId {
        let model = self.model;
        let outer = self.nodes.typing(of).clone();
        let fields = &model.entity(entity).fields;
        if let Some(index) = fields.iter().position(|field| field.name.text == name.text) {
            let field = &fields[index];
            let incoming = self.incoming.field(entity, index as u16);
            let ty = match &field.ty {
                Type::Ref(to) => Type::Record(RecordType::Entity(*to)),
                Type::List(inner) if matches!(**inner, Type::Ref(_)) => field.ty.clone(),
                other => other.clone(),
            };
            let typing = Typing {
                ty,
                optional: outer.optional || (field.optional && field.default.is_none()),
                fails: outer.fails,
                classes: outer.classes.and(field.classes).and(incoming),
                span,
            };
            return self.nodes.add(Node::Field { of, entity, field: index as u16 }, typing);
        }
        if let Some(referrers) = self.referrers(of, entity, name, span) {
            return referrers;
        }
        self.unknown_field(entity, name);
        self.broken(span)
    }

    /// `pupil.enrolments`: the records of the entity `name` whose one `ref` leads here.
    fn referrers(&mut self, of: ExprId, entity: EntityId, name: &Name, span: Span) -> Option<ExprId> {
        let model = self.model;
        let other = model.find_entity(model.entity(entity).system, &name.text)?;
        let refs: Vec<_> = (model.entity(other).fields.iter().enumerate())
            .filter(|(_, field)| field.ty == Type::Ref(entity))
            .map(|(index, _)| index as u16)
            .collect();
        match refs.as_slice() {
            [] => None,
            [field] => {
                let outer = self.nodes.typing(of).clone();
                let ty = Type::List(Arc::new(Type::Record(RecordType::Entity(other))));
                let typing = Typing { ty, span, ..outer };
                Some(self.nodes.add(Node::Referrers { of, entity: other, field: *field }, typing))
            }
            several => {
                let fields = several.iter().map(|&index| model.entity(other).fields[index as usize].name.text.as_str());
                let candidates = fields.map(|field| format!("{}.{field}", name.text)).collect::<Vec<_>>().join(", ");
                self.find(&code::AMBIGUOUS_NAME, name.span, [("name", name.text.clone()), ("candidates", candidates)]);
                Some(self.broken(span))
            }
        }
    }

    /// A binding of a row, or a field that exactly one of its bindings has.
    fn slot(&mut self, of: ExprId, layout: &Layout, name: &Name, span: Span, scope: &mut Scope) -> ExprId {
        let outer = self.nodes.typing(of).clone();
        let slot = |index: usize, span| {
            let binding = &layout.slots[index];
            let typing = Typing {
                ty: binding.ty.clone(),
                optional: outer.optional || binding.optional,
                fails: outer.fails,
                classes: outer.classes.and(binding.classes),
                span,
            };
            (Node::RowSlot { of, slot: index as u16 }, typing)
        };
        if let Some(index) = layout.slots.iter().position(|binding| *binding.name == *name.text) {
            let (node, typing) = slot(index, span);
            return self.nodes.add(node, typing);
        }
        let with: Vec<_> =
            (0..layout.slots.len()).filter(|&index| self.has_own_member(&layout.slots[index].ty, &name.text)).collect();
        match with.as_slice() {
            [index] => {
                let (node, typing) = slot(*index, outer.span);
                let record = self.nodes.add(node, typing);
                self.member(record, name, scope)
            }
            [] => {
                let known: Vec<_> = layout.slots.iter().map(|binding| binding.name.to_string()).collect();
                self.find_named(&code::UNKNOWN_MEMBER, name.span, &name.text, known.iter().map(String::as_str));
                self.broken(span)
            }
            several => {
                let names = several.iter().map(|&index| format!("{}.{}", layout.slots[index].name, name.text));
                let candidates = names.collect::<Vec<_>>().join(", ");
                self.find(&code::AMBIGUOUS_NAME, name.span, [("name", name.text.clone()), ("candidates", candidates)]);
                self.broken(span)
            }
        }
    }

    /// A field that all entities of a union have, or `kind`.
    fn union_field(&mut self, of: ExprId, layout: &Layout, name: &Name, span: Span) -> ExprId {
        let (model, union) = (self.model, &layout.union);
        let outer = self.nodes.typing(of).clone();
        if name.text == "kind" {
            let names: Box<[_]> = union.iter().copied().zip(layout.kinds.iter().cloned()).collect();
            let values = names.iter().map(|(_, name): &(_, Box<str>)| name.clone()).collect::<Vec<_>>();
            let typing = Typing { ty: Type::Enum(values.into()), span, ..outer };
            return self.nodes.add(Node::UnionKind { of, names }, typing);
        }
        let mut fields = Vec::new();
        let mut typing = Typing { ty: Type::Nothing, span, ..outer };
        for &record in union {
            let RecordType::Entity(entity) = record else {
                self.find(&code::UNION_OF_SETS, span, []);
                return self.broken(span);
            };
            let Some(index) = model.entity(entity).field(&name.text) else {
                self.unknown_field(entity, name);
                return self.broken(span);
            };
            let field = &model.entity(entity).fields[index];
            let ty = match &field.ty {
                Type::Ref(to) => Type::Record(RecordType::Entity(*to)),
                other => other.clone(),
            };
            let Some(ty) = self.joined(&typing.ty, &ty) else {
                let words = [("one", type_name(model, &typing.ty)), ("other", type_name(model, &ty))];
                self.find(&code::BRANCHES_DIFFER, name.span, words);
                return self.broken(span);
            };
            typing.ty = ty;
            typing.optional |= field.optional;
            let incoming = self.incoming.field(entity, index as u16);
            typing.classes = typing.classes.and(field.classes).and(incoming);
            fields.push((entity, index as u16));
        }
        self.nodes.add(Node::UnionField { of, fields: fields.into() }, typing)
    }

    /// A finding about a field that an entity does not have.
    pub(super) fn unknown_field(&mut self, entity: EntityId, name: &Name) {
        let model = self.model;
        let entity = model.entity(entity);
        let known = entity.fields.iter().map(|field| field.name.text.as_str());
        let finding = crate::finding::Finding::new(&code::UNKNOWN_FIELD, name.span)
            .word("name", &name.text)
            .word("entity", &entity.name.text)
            .word_if("suggestion", crate::finding::suggest::nearest(&name.text, known.clone()))
            .word("known", super::checker::few(known));
        self.found.add(finding);
    }

    /// True if a value of this type has something of this name after a dot (or its elements have).
    fn has_member(&self, ty: &Type, name: &str) -> bool {
        self.has_own_member(ty, name)
            || match ty {
                Type::Ref(entity) | Type::Record(RecordType::Entity(entity)) => {
                    let model = self.model;
                    (model.find_entity(model.entity(*entity).system, name)).is_some_and(|other| {
                        model.entity(other).fields.iter().any(|field| field.ty == Type::Ref(*entity))
                    })
                }
                Type::Record(RecordType::Set(set)) => self.sets.get(set).is_some_and(|layout| {
                    layout.slots.iter().filter(|slot| self.has_own_member(&slot.ty, name)).count() == 1
                }),
                Type::Record(RecordType::Layout(number)) => {
                    let layout = &self.layouts[*number as usize];
                    layout.slots.iter().filter(|slot| self.has_own_member(&slot.ty, name)).count() == 1
                }
                _ => false,
            }
    }

    /// True if a record or structure of this type has a field, member or binding of this name.
    fn has_own_member(&self, ty: &Type, name: &str) -> bool {
        match ty {
            Type::Ref(entity) | Type::Record(RecordType::Entity(entity)) => {
                self.model.entity(*entity).field(name).is_some()
            }
            Type::Record(RecordType::Set(set)) => {
                self.sets.get(set).is_some_and(|layout| layout.slots.iter().any(|slot| *slot.name == *name))
            }
            Type::Record(RecordType::Layout(number)) => {
                let layout = &self.layouts[*number as usize];
                let common = |record: &RecordType| match record {
                    RecordType::Entity(entity) => self.model.entity(*entity).field(name).is_some(),
                    _ => false,
                };
                layout.slots.iter().any(|slot| *slot.name == *name)
                    || (!layout.union.is_empty() && (name == "kind" || layout.union.iter().all(common)))
            }
            Type::Struct(members) => members.iter().any(|member| *member.name == *name),
            _ => false,
        }
    }

    /// Names after a dot, for suggestions.
    fn member_names(&self, ty: &Type) -> Vec<String> {
        match ty {
            Type::Ref(entity) | Type::Record(RecordType::Entity(entity)) => {
                self.model.entity(*entity).fields.iter().map(|field| field.name.text.clone()).collect()
            }
            Type::Record(RecordType::Set(set)) => self
                .sets
                .get(set)
                .map(|layout| layout.slots.iter().map(|slot| slot.name.to_string()).collect())
                .unwrap_or_default(),
            Type::Record(RecordType::Layout(number)) => {
                self.layouts[*number as usize].slots.iter().map(|slot| slot.name.to_string()).collect()
            }
            Type::Struct(members) => members.iter().map(|member| member.name.to_string()).collect(),
            _ => Vec::new(),
        }
    }
}
