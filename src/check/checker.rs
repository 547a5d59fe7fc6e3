//! The state of checking one mapping.

use super::typed::{Layout, Looked, Nodes, TypedFunction};
use crate::finding::{Code, Finding, Findings, suggest};
use crate::model::{Mapping, MappingId, Model, Protection};
use crate::source::{Sources, Span};
use crate::syntax::ast::{Expr, Name};
use crate::syntax::tree::Node;
use crate::value::{ClassSet, EntityId, SetId};
use std::collections::HashMap;

/// What flows into the left side of a mapping on its way from the source, beside what its fields declare.
#[derive(Clone, Debug, Default)]
pub struct Incoming {
    /// Classes of values that rules before it write into a field.
    pub fields: HashMap<(EntityId, u16), ClassSet>,
    /// Classes of what decides which records of an entity there are.
    pub seen: HashMap<EntityId, ClassSet>,
}

impl Incoming {
    /// The classes that flow into a field.
    pub fn field(&self, entity: EntityId, field: u16) -> ClassSet {
        self.fields.get(&(entity, field)).copied().unwrap_or_default()
    }

    /// The classes of what decides which records of an entity there are.
    pub fn seen(&self, entity: EntityId) -> ClassSet {
        self.seen.get(&entity).copied().unwrap_or_default()
    }
}

/// A mapping to check, at its place on the way.
pub struct Stage<'m> {
    /// Which.
    pub id: MappingId,
    /// The mapping, with the overlay of the sync if there is one.
    pub mapping: &'m Mapping,
    /// What flows into its left side.
    pub incoming: &'m Incoming,
    /// The sync's `scope`, if it is about an entity on its left.
    pub scope: Option<(EntityId, &'m Expr)>,
    /// Values that the sync gives to options; `None` where a mapping is checked by itself.
    pub options: Option<&'m [(Name, Node)]>,
    /// What the sync does about protected people, at the last mapping of the way.
    pub protection: Option<&'m Protection>,
}

/// The state of checking one mapping.
pub struct Checker<'m> {
    /// All documents.
    pub model: &'m Model,
    /// The texts, for names in findings.
    pub sources: &'m Sources,
    /// The mapping, with the overlay of the sync if there is one.
    pub mapping: &'m Mapping,
    /// What flows into the fields of its left systems.
    pub incoming: &'m Incoming,
    /// Where findings go.
    pub found: &'m mut Findings,
    /// Expressions so far.
    pub nodes: Nodes,
    /// Layouts so far.
    pub layouts: Vec<Layout>,
    /// Layouts of the sets that were checked.
    pub sets: HashMap<SetId, Layout>,
    /// Functions of the project so far.
    pub functions: Vec<TypedFunction>,
    /// Allocations that rules read.
    pub allocations: Vec<(Box<str>, Span)>,
    /// Classes of what decides which rows of an entity are records that take part: its own `skip`, and the sync's scope.
    pub skipping: HashMap<EntityId, ClassSet>,
    /// Look-ups in tables so far.
    pub looked: Vec<Looked>,
    /// Values that the sync gives to options.
    pub options: Option<&'m [(Name, Node)]>,
    /// What the sync does about protected people, where this is the last mapping of the way.
    pub protection: Option<&'m Protection>,
}

impl Checker<'_> {
    /// Adds a finding.
    pub fn find<const N: usize>(&mut self, code: &'static Code, span: Span, words: [(&'static str, String); N]) {
        let mut finding = Finding::new(code, span);
        finding.words.extend(words);
        self.found.add(finding);
    }

    /// Adds a finding about a name that is not known, with the nearest known one.
    pub fn find_named<'n>(
        &mut self,
        code: &'static Code,
        span: Span,
        name: &str,
        known: impl Iterator<Item = &'n str> + Clone,
    ) {
        let finding = Finding::new(code, span)
            .word("name", name)
            .word_if("suggestion", suggest::nearest(name, known.clone()))
            .word("known", few(known));
        self.found.add(finding);
    }

    /// The text of a span, shortened, for messages.
    pub fn source_text(&self, span: Span) -> String {
        let text = self.sources.slice(span);
        let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= 40 { line } else { line.chars().take(39).chain(['…']).collect() }
    }
}

/// A few names for a message: the first eight.
pub fn few<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<_> = names.collect();
    let mut text = names.iter().take(8).copied().collect::<Vec<_>>().join(", ");
    if names.len() > 8 {
        text.push_str(", …");
    }
    if text.is_empty() { "none".into() } else { text }
}
