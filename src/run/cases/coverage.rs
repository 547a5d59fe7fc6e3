//! What of a mapping its cases touch: rules, their outcomes, the branches of their expressions, rows of tables.
//!
//! Nothing is counted while records are worked. After a case, its records are looked at once more from outside (`observe`),
//! so a run without coverage costs nothing.

use super::observe;
use crate::check::TypedMapping;
use crate::check::typed::{Dropped, ExprId, Node, OnNone, TypedMap, TypedRule, TypedSet, TypedStep, children};
use crate::model::{Model, TableId};
use crate::run::stage::Worked;
use crate::source::{FileId, Span};
use crate::value::{Row, Value};
use std::collections::BTreeMap;

/// The kinds of things that a case can touch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A rule gives a value.
    Rule,
    /// Something else becomes of a rule or a record: it is absent, fails, is left out.
    Outcome,
    /// A branch of an expression is taken.
    Branch,
    /// A row of a table is found.
    Row,
}

impl Kind {
    /// All, in order.
    pub const ALL: [Kind; 4] = [Kind::Rule, Kind::Outcome, Kind::Branch, Kind::Row];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Rule => "rule",
            Kind::Outcome => "outcome",
            Kind::Branch => "branch",
            Kind::Row => "row",
        }
    }
}

/// What can be touched, as the mapping knows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Site {
    /// A rule of a map gives a value.
    Value(u16, u16),
    /// Its condition does not hold.
    NotWhen(u16, u16),
    /// Its value is absent.
    Absent(u16, u16),
    /// Its value fails.
    Fails(u16, u16),
    /// A condition of a map: whether it holds.
    Part(u16, u16, bool),
    /// A step of a set: whether rows stay, and find what they look for.
    Step(u32, u16, bool),
    /// A branch of a node, by its number.
    Branch(ExprId, u16),
    /// A row of a table.
    Row(TableId, u32),
}

/// Something that a case can touch.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its kind.
    pub kind: Kind,
    /// Where it is written.
    pub span: Span,
    /// What it belongs to: `pupils: Name`, `table grades`.
    pub of: String,
    /// What it is: `value`, `else`, `the condition does not hold`.
    pub what: String,
    /// How often it was touched.
    pub count: u64,
    /// The rows that touched it first.
    pub first: Vec<Row>,
}

/// How many rows an item remembers.
const FIRST: usize = 6;

/// What the cases of a mapping touch.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    items: BTreeMap<Site, Item>,
    /// The rows that are looked at.
    about: Vec<Row>,
}

impl Coverage {
    /// All that can be touched in a mapping, as far as it stands in files that count; nothing is touched yet.
    pub fn of(model: &Model, typed: &TypedMapping, counts: &dyn Fn(FileId) -> bool) -> Coverage {
        let mut listing = Listing { model, typed, items: BTreeMap::new() };
        typed.maps.iter().enumerate().for_each(|(index, map)| listing.map(index as u16, map));
        typed.sets.iter().for_each(|set| listing.set(set));
        for function in &typed.functions {
            listing.branches(&format!("function {}", function.name), function.body);
        }
        listing.items.retain(|_, item| counts(item.span.file));
        Coverage { items: listing.items, about: Vec::new() }
    }

    /// Says which rows what is touched from here on is about: those among some variables.
    pub fn about(&mut self, variables: &[Value<'_>]) {
        self.about.clear();
        for value in variables {
            match value {
                Value::Row(row) => self.about.push(*row),
                Value::List([Value::Row(row), ..]) => self.about.push(*row),
                _ => {}
            }
        }
    }

    /// Counts a touch, if the site counts.
    pub fn touch(&mut self, site: Site) {
        if let Some(item) = self.items.get_mut(&site) {
            item.count += 1;
            if item.first.len() < FIRST {
                item.first.extend(&self.about);
            }
        }
    }

    /// Adds what is touched in another coverage of the same texts. What of it stands in none of these comes back.
    #[must_use]
    pub fn join(&mut self, other: &Coverage) -> Coverage {
        let same = |item: &Item| (item.span, item.kind, item.of.clone(), item.what.clone());
        let mut known: BTreeMap<_, &mut Item> = self.items.values_mut().map(|item| (same(item), item)).collect();
        let mut rest = other.clone();
        rest.items.retain(|_, item| match known.get_mut(&same(item)) {
            Some(known) => {
                known.count += item.count;
                false
            }
            None => true,
        });
        rest
    }

    /// Looks at what a case has worked.
    pub fn watch(&mut self, worked: &Worked<'_>) {
        observe::observe(worked, self);
    }

    /// All, in the order of files and places.
    pub fn items(&self) -> Vec<&Item> {
        let mut items: Vec<&Item> = self.items.values().collect();
        items.sort_by_key(|item| (item.span.file, item.span.start, item.kind));
        items
    }

    /// What is at a site.
    pub fn item(&self, site: Site) -> Option<&Item> {
        self.items.get(&site)
    }

    /// The rows that touched something first.
    pub fn firsts(&self) -> impl Iterator<Item = &Row> + '_ {
        self.items.values().flat_map(|item| &item.first)
    }

    /// The sites that were touched, in order.
    pub fn touched(&self) -> impl Iterator<Item = Site> + '_ {
        self.items.iter().filter(|(_, item)| item.count > 0).map(|(site, _)| *site)
    }
}

/// Walks a mapping for what can be touched.
struct Listing<'m> {
    model: &'m Model,
    typed: &'m TypedMapping,
    items: BTreeMap<Site, Item>,
}

impl Listing<'_> {
    fn add(&mut self, site: Site, kind: Kind, span: Span, of: &str, what: impl Into<String>) {
        self.items
            .insert(site, Item { kind, span, of: of.to_string(), what: what.into(), count: 0, first: Vec::new() });
    }

    fn map(&mut self, index: u16, map: &TypedMap) {
        for (number, (condition, drop, span)) in map.conditions.iter().enumerate() {
            let falls = drop.as_ref().map_or("the record is left out".to_string(), |drop| {
                format!("the record is {} \"{}\"", if drop.reject { "rejected" } else { "skipped" }, drop.reason)
            });
            for (holds, what) in [(true, "the record takes part".to_string()), (false, falls)] {
                self.add(Site::Part(index, number as u16, holds), Kind::Outcome, *span, &map.name, what);
            }
            self.branches(&map.name, *condition);
        }
        map.lets.iter().for_each(|(_, value)| self.branches(&map.name, *value));
        for (number, rule) in map.rules.iter().enumerate() {
            self.rule((index, number as u16), map, rule);
        }
    }

    fn rule(&mut self, (map, number): (u16, u16), within: &TypedMap, rule: &TypedRule) {
        let (Some(value), Some(_)) = (rule.value, &rule.target) else { return };
        let of = format!("{}: {}", within.name, rule.label);
        self.add(Site::Value(map, number), Kind::Rule, rule.span, &of, "a value");
        if let Some(when) = rule.when {
            let span = self.typed.nodes.typing(when).span;
            self.add(Site::NotWhen(map, number), Kind::Outcome, span, &of, "the condition does not hold");
            self.branches(&of, when);
        }
        let typing = self.typed.nodes.typing(value);
        if typing.optional {
            let what = format!("the value is absent: {}", words(&rule.absent));
            self.add(Site::Absent(map, number), Kind::Outcome, rule.left_span, &of, what);
        }
        if let (Some(_), Some(fails)) = (typing.fails, &rule.fails) {
            let what = format!("the value fails: {}", words(fails));
            self.add(Site::Fails(map, number), Kind::Outcome, rule.left_span, &of, what);
        }
        self.branches(&of, value);
        for other in [Some(&rule.absent), rule.fails.as_ref()].into_iter().flatten() {
            if let OnNone::Value(other) = other {
                self.branches(&of, *other);
            }
        }
    }

    fn set(&mut self, set: &TypedSet) {
        let of = format!("set {}", self.model.set(set.set).name.text);
        for (number, step) in set.steps.iter().enumerate() {
            step.exprs().into_iter().for_each(|expr| self.branches(&of, expr));
            let place = |typed: &TypedMapping| match step {
                TypedStep::Join { span, .. } | TypedStep::With { span, .. } | TypedStep::Where { span, .. } => {
                    Some(*span)
                }
                _ => step.exprs().first().map(|first| typed.nodes.typing(*first).span),
            };
            let Some(span) = place(self.typed) else { continue };
            for (happens, what) in outcomes(step) {
                self.add(Site::Step(set.set.0, number as u16, happens), Kind::Outcome, span, &of, what);
            }
        }
    }

    /// The branches under an expression, and the rows of the tables that it looks into.
    fn branches(&mut self, of: &str, root: ExprId) {
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            let typed = self.typed;
            let node = typed.nodes.node(id);
            for (number, (branch, what)) in branches_of(node).into_iter().enumerate() {
                let span = typed.nodes.typing(branch).span;
                self.add(Site::Branch(id, number as u16), Kind::Branch, span, of, what);
            }
            if let Node::Lookup { table, .. } = node {
                self.rows(*table);
            }
            open.extend(children(node));
        }
    }

    fn rows(&mut self, id: TableId) {
        let table = self.model.table(id);
        let of = format!("table {}", table.name.text);
        for (row, (cells, place)) in table.rows.iter().zip(&table.places).enumerate() {
            let key: Vec<&str> =
                table.key.iter().map(|&column| cells[column].as_deref().unwrap_or("nothing")).collect();
            self.items.entry(Site::Row(id, row as u32)).or_insert_with(|| Item {
                kind: Kind::Row,
                span: *place,
                of: of.clone(),
                what: format!("the row {}", key.join(", ")),
                count: 0,
                first: Vec::new(),
            });
        }
    }
}

/// What a step may do with a row.
fn outcomes(step: &TypedStep) -> Vec<(bool, String)> {
    let falls = |drop: &Option<Dropped>| match drop {
        Some(drop) => format!("rows fall: \"{}\"", drop.reason),
        None => "rows fall".to_string(),
    };
    match step {
        TypedStep::Each { optional: true, .. } => {
            vec![(true, "the list has elements".into()), (false, "the list is empty: a row without one".into())]
        }
        TypedStep::Each { .. } => vec![(true, "the list has elements".into()), (false, "the list is empty".into())],
        TypedStep::Join { optional: true, .. } => {
            vec![(true, "one is found".into()), (false, "none is found: absent".into())]
        }
        TypedStep::Join { drop, .. } => vec![(true, "one is found".into()), (false, falls(drop))],
        TypedStep::With { drop, .. } | TypedStep::Where { drop, .. } => {
            vec![(true, "rows stay".into()), (false, falls(drop))]
        }
        TypedStep::OnePer { .. } => vec![(false, "one of several rows of a key stays".into())],
        _ => Vec::new(),
    }
}

/// The branches of a node: the expression that each leads to, and what it is.
pub fn branches_of(node: &Node) -> Vec<(ExprId, String)> {
    match node {
        Node::If(_, then, other) => vec![(*then, "then".into()), (*other, "else".into())],
        Node::Try(first, other) => vec![(*first, "try gives a value".into()), (*other, "else of try".into())],
        Node::Coalesce(first, other) => {
            vec![(*first, "a value before ??".into()), (*other, "the value behind ??".into())]
        }
        Node::Match { arms, .. } => {
            let arms = arms.iter().enumerate();
            arms.map(|(number, arm)| (arm.value, format!("arm {} of match", number + 1))).collect()
        }
        _ => Vec::new(),
    }
}

fn words(none: &OnNone) -> String {
    match none {
        OnNone::Keep => "the other side stays".into(),
        OnNone::Clear => "the other side is emptied".into(),
        OnNone::Skip(why) => format!("skipped \"{why}\""),
        OnNone::Reject(why) => format!("rejected \"{why}\""),
        OnNone::Value(_) => "another value".into(),
    }
}
