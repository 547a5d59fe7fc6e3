//! Types as written become types as meant: references find their entities.

use super::language;
use super::reader;
use super::system::SETTING_TYPES;
use crate::finding::codes::document as codes;
use crate::finding::codes::syntax as rule_codes;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::source::Span;
use crate::syntax::ast::{Name, TypeExpr, TypeKind};
use crate::syntax::tree::Node;
use crate::value::{EntityId, Member, Type};
use std::collections::{BTreeSet, HashMap};

/// The words of simple types, for findings.
const WORDS: &[&str] = &[
    "text",
    "int",
    "decimal",
    "bool",
    "date",
    "datetime",
    "duration",
    "month_day",
    "bytes",
    "uuid",
    "url",
    "email",
    "phone",
    "personnummer",
    "bsn",
    "rijksregisternummer",
    "brin",
    "country",
    "secret",
    "direction",
    "enum",
    "list",
    "set",
    "ref",
];

/// Where types are read: the entities that `ref` can name, and the types that a mapping has named itself.
#[derive(Debug, Default)]
pub struct TypeScope<'a> {
    entities: HashMap<&'a str, EntityId>,
    names: Vec<&'a str>,
    own: HashMap<String, Type>,
}

impl<'a> TypeScope<'a> {
    /// The entities of a system, numbered from `first` on.
    pub fn of(names: impl Iterator<Item = &'a str>, first: u32) -> TypeScope<'a> {
        let names: Vec<&str> = names.collect();
        let entities = names.iter().zip(first..).map(|(&name, id)| (name, EntityId(id))).collect();
        TypeScope { entities, names, own: HashMap::new() }
    }

    /// The types that stand under `types:` of a mapping, each of which may be made of those above it. A name that is a
    /// type already is a finding, and keeps its meaning.
    pub fn of_own(node: &Node, found: &mut Findings) -> TypeScope<'static> {
        let mut scope = TypeScope::default();
        for entry in reader::entries(node, "types") {
            let (ty, optional) = scope.read(&entry.value, found);
            if optional {
                let expected = "a type without `?`; who uses it says whether a value may be absent";
                found.add(Finding::new(&rule_codes::BAD_TYPE, entry.value.span).word("expected", expected));
            }
            match scope.known(&entry.key) {
                Some(_) => found.add(Finding::new(&codes::TYPE_NAME_TAKEN, entry.key_span).word("name", &entry.key)),
                None => drop(scope.own.insert(entry.key.clone(), ty)),
            }
        }
        scope
    }

    /// For tables, options and functions: nothing can be referred to.
    pub fn without_entities() -> TypeScope<'static> {
        TypeScope::default()
    }

    /// The type that a scalar names, and whether it may be absent. What is wrong is [`Type::Unknown`] and a finding.
    pub fn read(&self, node: &Node, found: &mut Findings) -> (Type, bool) {
        match language::type_expr(node, found) {
            Some(written) => (self.meant(&written, found), written.optional),
            None => (Type::Unknown, false),
        }
    }

    fn meant(&self, written: &TypeExpr, found: &mut Findings) -> Type {
        match &written.kind {
            TypeKind::Simple(word) => self.simple(word, found),
            TypeKind::List(one) => Type::List(self.meant(one, found).into()),
            TypeKind::Set(one) => Type::Set(self.meant(one, found).into()),
            TypeKind::Ref(entity) => self.reference(&entity.text(), entity.span, found),
            TypeKind::Map(_) => self.unknown("map of", written.span, found),
            TypeKind::Enum(members) if members.is_empty() => {
                found.add(Finding::new(&codes::EMPTY_ENUM, written.span));
                Type::Unknown
            }
            TypeKind::Enum(members) => Type::Enum(members.iter().map(|name| name.text.as_str().into()).collect()),
            TypeKind::Struct(members) => {
                Type::Struct(members.iter().map(|(name, ty)| self.member(name, ty, found)).collect())
            }
            TypeKind::Broken => Type::Unknown,
        }
    }

    fn member(&self, name: &Name, written: &TypeExpr, found: &mut Findings) -> Member {
        Member { name: name.text.as_str().into(), ty: self.meant(written, found), optional: written.optional }
    }

    fn simple(&self, word: &Name, found: &mut Findings) -> Type {
        self.known(&word.text).unwrap_or_else(|| self.unknown(&word.text, word.span, found))
    }

    fn known(&self, word: &str) -> Option<Type> {
        let setting = || SETTING_TYPES.iter().find(|(known, _)| *known == word).map(|(_, ty)| ty.clone());
        Type::simple(word).or_else(setting).or_else(|| self.own.get(word).cloned())
    }

    fn unknown(&self, word: &str, span: Span, found: &mut Findings) -> Type {
        let reference = self.entities.contains_key(word).then(|| format!("ref {word}"));
        let own = self.own.keys().map(String::as_str).collect::<BTreeSet<_>>();
        let words = WORDS.iter().copied().chain(own);
        let suggestion = reference.or_else(|| nearest(word, words).map(String::from));
        found.add(
            Finding::new(&codes::UNKNOWN_TYPE, span)
                .word("name", word)
                .word_if("suggestion", suggestion)
                .word("known", WORDS.join(", ")),
        );
        Type::Unknown
    }

    fn reference(&self, entity: &str, span: Span, found: &mut Findings) -> Type {
        if let Some(&id) = self.entities.get(entity) {
            return Type::Ref(id);
        }
        found.add(
            Finding::new(&codes::UNKNOWN_ENTITY, span)
                .word("name", entity)
                .word_if("suggestion", nearest(entity, self.names.iter().copied()))
                .word("known", self.names.join(", ")),
        );
        Type::Unknown
    }
}
