//! What of a mapping its cases touch: rules, their outcomes, the branches of their expressions, rows of tables.
//!
//! Nothing is counted while records are worked. After a case, its records are looked at once more from outside (`observe`),
//! so a run without coverage costs nothing. Branches inside the steps of a set are not looked at, but for its `where`.

use super::observe;
use crate::check::TypedMapping;
use crate::check::typed::{ExprId, Node, OnNone, TypedMap, TypedRule, TypedSet, TypedStep, children};
use crate::model::{Model, TableId};
use crate::run::stage::Worked;
use crate::source::{FileId, Span};
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
    /// A `where` of a set: whether rows stay.
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
}

/// What the cases of a mapping touch.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    items: BTreeMap<Site, Item>,
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
        Coverage { items: listing.items }
    }

    /// Counts a touch, if the site counts.
    pub fn touch(&mut self, site: Site) {
        if let Some(item) = self.items.get_mut(&site) {
            item.count += 1;
        }
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
        self.items.insert(site, Item { kind, span, of: of.to_string(), what: what.into(), count: 0 });
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
            let TypedStep::Where { drop, span, .. } = step else { continue };
            let reason = drop.as_ref().map(|drop| format!(": \"{}\"", drop.reason)).unwrap_or_default();
            self.add(Site::Step(set.set.0, number as u16, true), Kind::Outcome, *span, &of, "rows stay");
            self.add(
                Site::Step(set.set.0, number as u16, false),
                Kind::Outcome,
                *span,
                &of,
                format!("rows fall{reason}"),
            );
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
            });
        }
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
