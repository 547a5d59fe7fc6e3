//! Types as they are written in models.

use super::convert::Reader;
use super::grammar::Rule as Grammar;
use crate::syntax::ast::{Name, Path, TypeExpr, TypeKind};
use pest::iterators::Pair;

impl Reader<'_, '_> {
    /// A type; its `?` belongs to the whole of it, so that `list of text?` is a list that may be absent.
    pub fn type_of(&mut self, pair: Pair<'_, Grammar>) -> TypeExpr {
        let span = self.span(&pair);
        let optional = pair.as_str().trim_end().ends_with('?');
        let kind = pair.into_inner().next().map_or(TypeKind::Broken, |inner| self.type_kind(inner));
        TypeExpr { kind, optional, span }
    }

    fn type_kind(&mut self, pair: Pair<'_, Grammar>) -> TypeKind {
        match pair.as_rule() {
            Grammar::collection => self.collection(pair),
            Grammar::choice => TypeKind::Enum(pair.into_inner().map(|inner| self.choice(inner)).collect()),
            Grammar::record => {
                let members = pair.into_inner().filter_map(|member| {
                    let mut inner = member.into_inner();
                    let name = self.name(&inner.next()?);
                    Some((name, self.type_of(inner.next()?)))
                });
                TypeKind::Struct(members.collect())
            }
            Grammar::reference => {
                let span = self.span(&pair);
                let path = pair.into_inner().find(|inner| inner.as_rule() == Grammar::path);
                TypeKind::Ref(path.map_or(Path { names: Vec::new(), span }, |path| self.path(path)))
            }
            _ => TypeKind::Simple(self.name(&pair)),
        }
    }

    fn collection(&mut self, pair: Pair<'_, Grammar>) -> TypeKind {
        let mut word = String::new();
        let mut element = TypeKind::Broken;
        let mut span = self.span(&pair);
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Grammar::collection_word => word = inner.as_str().to_string(),
                Grammar::of => {}
                _ => {
                    span = self.span(&inner);
                    element = self.type_kind(inner);
                }
            }
        }
        let element = Box::new(TypeExpr { kind: element, optional: false, span });
        match word.as_str() {
            "list" => TypeKind::List(element),
            "set" => TypeKind::Set(element),
            _ => TypeKind::Map(element),
        }
    }

    /// A value of an `enum`, in quotes or not.
    fn choice(&mut self, pair: Pair<'_, Grammar>) -> Name {
        match pair.clone().into_inner().next() {
            Some(inner) if inner.as_rule() == Grammar::text => self.text(&inner),
            _ => Name { text: pair.as_str().trim().to_string(), span: self.span(&pair) },
        }
    }
}
