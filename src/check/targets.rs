//! Targets: the field that a rule writes, the place in it, and whether a value fits.

use super::checker::Checker;
use super::names::type_name;
use super::scope::Scope;
use super::typed::{ExprId, Literal, Node, Place, TypedTarget, Typing};
use crate::finding::codes::rule as code;
use crate::model::Access;
use crate::source::Span;
use crate::syntax::ast::{self, TargetStep};
use crate::value::{Class, EntityId, Member, RecordType, Type};
use std::sync::Arc;

impl Checker<'_> {
    /// The field and place that a target names on an entity.
    pub(super) fn target(&mut self, target: &ast::Target, entity: EntityId) -> Option<TypedTarget> {
        let model = self.model;
        let Some(index) = model.entity(entity).field(&target.field.text) else {
            self.unknown_field(entity, &target.field);
            return None;
        };
        let field = &model.entity(entity).fields[index];
        if field.access == Access::Read {
            let words = [("field", target.field.text.clone()), ("entity", model.entity(entity).name.text.clone())];
            self.find(&code::READ_ONLY_FIELD, target.span, words);
            return None;
        }
        let mut typed = TypedTarget {
            field: index as u16,
            steps: Vec::new(),
            ty: field.ty.clone(),
            optional: field.optional || field.default.is_some(),
            span: target.span,
        };
        for step in &target.steps {
            self.target_step(step, &mut typed)?;
        }
        Some(typed)
    }

    /// A field that the target never tells again cannot be asked for. What lies in a whole file is read from there, unless
    /// it is a secret.
    pub(super) fn must_be_readable(&mut self, entity: EntityId, field: u16, span: Span) {
        let definition = self.model.entity(entity);
        let field = &definition.fields[usize::from(field)];
        let whole = self.model.system(definition.system).writes.whole;
        let hidden = match field.access {
            Access::Initial => true,
            Access::Write => !whole || field.classes.has(Class::SECRET),
            Access::ReadWrite | Access::Read | Access::Create => false,
        };
        if hidden {
            let words = [("field", field.name.text.clone()), ("entity", definition.name.text.clone())];
            self.find(&code::WRITE_ONLY_FIELD, span, words);
        }
    }

    fn target_step(&mut self, step: &TargetStep, typed: &mut TypedTarget) -> Option<()> {
        match step {
            TargetStep::Member(name) => {
                let Type::Struct(members) = typed.ty.clone() else {
                    let words = [("name", name.text.clone()), ("type", type_name(self.model, &typed.ty))];
                    self.find(&code::NO_MEMBERS, name.span, words);
                    return None;
                };
                let index = self.struct_member(&members, name)?;
                typed.steps.push(Place::Member(index as u16));
                typed.optional |= members[index].optional;
                typed.ty = members[index].ty.clone();
            }
            TargetStep::Focus(conditions) => {
                let element = typed.ty.element().cloned();
                let Some(Type::Struct(members)) = element.clone() else {
                    let words = [("type", type_name(self.model, &typed.ty))];
                    self.find(&code::FOCUS_NEEDS_LIST, typed.span, words);
                    return None;
                };
                let mut known = Vec::new();
                for (name, literal) in conditions {
                    let index = self.struct_member(&members, name)?;
                    let (literal, ty) = self.plain_literal(literal, name.span)?;
                    self.common_type(&members[index].ty, &ty, Some(&literal), name.span);
                    known.push((index as u16, literal));
                }
                typed.steps.push(Place::Element(known));
                // An element that is not there is made, so a list in focus never makes its field required.
                typed.optional = true;
                typed.ty = Type::Struct(members);
            }
        }
        Some(())
    }

    fn struct_member(&mut self, members: &[Member], name: &ast::Name) -> Option<usize> {
        let found = members.iter().position(|member| *member.name == *name.text);
        if found.is_none() {
            self.find_named(&code::UNKNOWN_MEMBER, name.span, &name.text, members.iter().map(|member| &*member.name));
        }
        found
    }

    /// True if a value of one type may be written where another is wanted.
    pub(super) fn fits(&self, value: &Type, wanted: &Type) -> bool {
        fits(value, wanted)
    }

    /// The value in the shape that a field wants: records through their links, structures in the field's order.
    pub(super) fn shaped(&mut self, value: ExprId, wanted: &Type, scope: &mut Scope) -> ExprId {
        let typing = self.nodes.typing(value).clone();
        match (&typing.ty, wanted) {
            (Type::Record(_) | Type::Ref(_), Type::Ref(entity)) => {
                let linked = Typing { ty: wanted.clone(), ..typing.clone() };
                self.nodes.add(Node::Linked { of: value, entity: *entity }, linked)
            }
            (Type::List(of) | Type::Set(of), Type::List(inner) | Type::Set(inner)) => match (&**of, &**inner) {
                (Type::Record(_) | Type::Ref(_), Type::Ref(entity)) => {
                    let linked = Typing { ty: wanted.clone(), ..typing.clone() };
                    self.nodes.add(Node::Linked { of: value, entity: *entity }, linked)
                }
                (Type::Struct(given), Type::Struct(members)) if given != members => {
                    let local = scope.take();
                    let it = self.nodes.add(Node::Local(local), Typing { ty: (**of).clone(), ..typing.clone() });
                    let body = self.shaped(it, inner, scope);
                    scope.next -= 1;
                    let list = Typing { ty: Type::List(Arc::new((**inner).clone())), ..typing };
                    self.nodes.add(Node::Each { list: value, element: local, body, flatten: false }, list)
                }
                _ => value,
            },
            (Type::Struct(given), Type::Struct(members)) if given != members => {
                let absent = self.literal(Literal::Absent, Type::Nothing, typing.span);
                let mut parts = Vec::with_capacity(members.len());
                for member in members.iter() {
                    parts.push(match given.iter().position(|other| other.name == member.name) {
                        None => absent,
                        Some(index) => {
                            let ty = given[index].ty.clone();
                            let part = Node::Member { of: value, index: index as u16 };
                            let part = self.nodes.add(part, Typing { ty, ..typing.clone() });
                            self.shaped(part, &member.ty, scope)
                        }
                    });
                }
                self.nodes.add(Node::Struct(parts.into()), Typing { ty: wanted.clone(), ..typing })
            }
            _ => value,
        }
    }
}

/// True if a value of one type may be written where another is wanted. Texts become e-mail addresses, phone numbers
/// and the like when they are written, and are refused then if they are none.
pub(super) fn fits(value: &Type, wanted: &Type) -> bool {
    match (value, wanted) {
        (Type::Unknown, _) | (_, Type::Unknown) | (Type::Nothing, _) => true,
        (a, b) if a == b => true,
        (Type::Int, Type::Decimal) => true,
        (Type::Enum(a), Type::Enum(b)) => a.iter().all(|value| b.contains(value)),
        (_, Type::Enum(_)) => false,
        (_, Type::Personnummer | Type::Bsn | Type::Rijksregisternummer | Type::Brin) => false,
        (a, Type::Text | Type::Secret) => a.is_textual(),
        (Type::Text | Type::Enum(_) | Type::Url | Type::Email, Type::Uuid | Type::Url | Type::Email) => true,
        (Type::Text | Type::Enum(_), Type::Phone | Type::Country) => true,
        (Type::Text, Type::MonthDay) => true,
        (Type::List(a) | Type::Set(a), Type::List(b) | Type::Set(b)) => fits(a, b),
        (Type::Struct(given), Type::Struct(wanted)) => {
            let known = |member: &Member| wanted.iter().any(|other| other.name == member.name);
            let served = |member: &Member| match given.iter().find(|other| other.name == member.name) {
                Some(given) => fits(&given.ty, &member.ty) && (member.optional || !given.optional),
                None => member.optional,
            };
            given.iter().all(known) && wanted.iter().all(served)
        }
        (Type::Record(RecordType::Entity(a)) | Type::Ref(a), Type::Record(RecordType::Entity(b)) | Type::Ref(b)) => {
            a == b
        }
        (Type::Record(_), Type::Ref(_)) => true,
        _ => false,
    }
}
