//! A compiled sync for people: what is read, made, matched and written, in which order.

use crate::check::record_name;
use crate::check::typed::{TypedMap, TypedMapping, TypedRule, TypedSet, TypedStep};
use crate::finding::layout;
use crate::model::provider::COLUMNS;
use crate::model::{Limit, Protected, SyncSide};
use crate::plan::{EntityRead, Plan};
use crate::source::{Sources, Span};
use crate::syntax::ast::GoneAction;
use crate::syntax::tree::{Kind, Node};
use crate::value::{RecordType, Type};
use serde_json::{Value, json};
use std::fmt::Write;

/// Columns of a page.
const WIDTH: usize = 100;

/// Where the text behind a name begins.
const INDENT: usize = 24;

/// The plan as text. `is_set` says whether the environment has a variable.
pub fn text(plan: &Plan<'_>, sources: &Sources, is_set: &dyn Fn(&str) -> bool) -> String {
    let mut page = Page { plan, sources, text: String::new() };
    page.heading(is_set);
    page.reads();
    for (mapping, typed) in plan.route.mappings.iter().zip(&plan.route.typed) {
        page.line(&format!("\nmap by {}", mapping.name.text));
        for set in &typed.sets {
            page.set(typed, set);
        }
        for map in &typed.maps {
            page.map(typed, map);
        }
    }
    page.compares();
    page.writes();
    page.text
}

/// A plan while it is written.
struct Page<'p, 'm> {
    plan: &'p Plan<'m>,
    sources: &'p Sources,
    text: String,
}

impl Page<'_, '_> {
    fn line(&mut self, line: &str) {
        // Writing into memory cannot fail.
        let _ = writeln!(self.text, "{}", line.trim_end());
    }

    /// A name, and what is said of it behind: broken at the width of a page.
    fn item(&mut self, indent: usize, name: &str, said: &str) {
        let name = format!("{:indent$}{name}", "");
        let fits = layout::width(&name) < INDENT;
        if !fits {
            self.line(&name);
        }
        for (index, part) in layout::wrap(said, WIDTH - INDENT).iter().enumerate() {
            let first = if index == 0 && fits { name.as_str() } else { "" };
            let pad = INDENT - layout::width(first);
            self.line(&format!("{first}{:pad$}{part}", ""));
        }
    }

    /// A text of the documents on one line.
    fn source(&self, span: Span) -> String {
        self.sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn heading(&mut self, is_set: &dyn Fn(&str) -> bool) {
        let model = self.plan.model;
        let sync = model.sync(self.plan.sync);
        let left = model.system(sync.left.system).name.text.as_str();
        let way = self.plan.route.mappings.iter();
        let way = way.map(|mapping| mapping.right.first().map_or("?", |side| &model.system(side.system).name.text));
        let systems: Vec<&str> = std::iter::once(left).chain(way).collect();
        self.line(&format!("{}: {}", sync.name.text, systems.join(" → ")));
        for side in sync.sources().chain([&sync.right]) {
            let settings = settings(self.plan, side, is_set);
            if !settings.is_empty() {
                self.line(&format!("\nsettings of {}", model.system(side.system).name.text));
                settings.iter().for_each(|(name, value)| self.item(2, name, value));
            }
        }
        let values: Vec<(String, String)> =
            sync.options.iter().map(|(name, node)| (name.text.clone(), node_text(node))).collect();
        if !values.is_empty() {
            self.line("\noptions");
            values.iter().for_each(|(name, value)| self.item(2, name, value));
        }
        if let Some(scope) = &sync.scope {
            self.line("\nscope");
            let scope = self.source(scope.span);
            self.line(&format!("  {scope}"));
        }
    }

    fn reads(&mut self) {
        let (plan, model) = (self.plan, self.plan.model);
        for system in &plan.reads {
            let name = &model.system(system.system).name.text;
            self.line(&format!("\nread {name} ({})", system.protocol));
            let side = model.sync(plan.sync).source(system.system);
            for entity in &system.entities {
                let call = filled(plan, side, &system.dialect.show(entity.call));
                self.item(2, &model.entity(entity.entity).name.text, &call);
                self.item(2, "", &fields_read(plan, entity));
            }
        }
    }

    fn set(&mut self, typed: &TypedMapping, set: &TypedSet) {
        let model = self.plan.model;
        let name = |record: RecordType| match record {
            RecordType::Entity(id) => model.entity(id).name.text.as_str(),
            RecordType::Set(id) => model.set(id).name.text.as_str(),
            RecordType::Layout(_) => "rows",
        };
        let mut parts: Vec<String> = Vec::new();
        for step in &set.steps {
            let expr = |id| self.source(typed.nodes.typing(id).span);
            parts.push(match step {
                TypedStep::From(record) => name(*record).to_string(),
                TypedStep::Union(records) => {
                    format!("union {}", records.iter().map(|&record| name(record)).collect::<Vec<_>>().join(", "))
                }
                TypedStep::Each { list, .. } => format!("each {}", expr(*list)),
                TypedStep::Join { record, optional, .. } => {
                    format!("{}join {}", if *optional { "optional " } else { "" }, name(*record))
                }
                TypedStep::With { record, without, .. } => {
                    format!("{} {}", if *without { "without" } else { "with" }, name(*record))
                }
                TypedStep::Where { condition, .. } => format!("where {}", expr(*condition)),
                TypedStep::Let { .. } => continue,
                TypedStep::GroupBy { keys, .. } => format!("group by {}", self.exprs(typed, keys)),
                TypedStep::OnePer { keys, .. } => format!("one per {}", self.exprs(typed, keys)),
            });
        }
        self.item(2, &format!("set {}", model.set(set.set).name.text), &parts.join("; "));
    }

    fn exprs(&self, typed: &TypedMapping, exprs: &[crate::check::typed::ExprId]) -> String {
        let texts = exprs.iter().map(|&expr| self.source(typed.nodes.typing(expr).span));
        texts.collect::<Vec<_>>().join(", ")
    }

    fn map(&mut self, typed: &TypedMapping, map: &TypedMap) {
        let model = self.plan.model;
        let from = record_name(model, map.left);
        self.item(2, &format!("map {}", map.name), &format!("{from} → {}", model.entity(map.right).name.text));
        if let Some(when) = map.when {
            let when = self.source(typed.nodes.typing(when).span);
            self.item(4, "only when", &when);
        }
        for (condition, drop, _) in &map.conditions {
            let otherwise = drop
                .as_ref()
                .map(|drop| format!(" else {} \"{}\"", if drop.reject { "reject" } else { "skip" }, drop.reason));
            let condition = self.source(typed.nodes.typing(*condition).span);
            self.item(4, "where", &format!("{condition}{}", otherwise.unwrap_or_default()));
        }
        for pairs in &map.matches {
            let pair = |(left, right, _): &(_, _, u32)| {
                let text = |expr| self.source(typed.nodes.typing(expr).span);
                format!("{} == {}", text(*left), text(*right))
            };
            let rule = pairs.iter().map(pair).collect::<Vec<_>>().join(" and ");
            self.item(4, "match", &rule);
        }
        if map.off {
            return self.item(4, "off", "switched off, or nothing behind it needs what it makes");
        }
        for rule in map.rules.iter().filter(|rule| !rule.off) {
            let said = self.rule(rule);
            self.item(4, &rule.label, &said);
        }
        let off: Vec<&str> = map.rules.iter().filter(|rule| rule.off).map(|rule| &*rule.label).collect();
        if !off.is_empty() {
            self.item(4, "not made", &format!("{} (switched off, or not needed behind it)", off.join(", ")));
        }
        let word = match map.gone.map(|gone| gone.action) {
            Some(GoneAction::Remove) => "removed on the right",
            Some(GoneAction::Deactivate) => "switched off on the right",
            Some(GoneAction::Keep) | None => return,
        };
        self.item(4, "who is gone", word);
    }

    /// A rule as it is written, its arrow in one column where that is possible.
    fn rule(&self, rule: &TypedRule) -> String {
        let whole = self.source(rule.span);
        let left = self.source(rule.left_span);
        let layer = if rule.overlay { format!("  ({})", rule.layer) } else { String::new() };
        match whole.split_once(&left) {
            Some((_, rest)) if !left.is_empty() => format!("{left} {}{layer}", rest.trim_start()),
            _ => format!("{whole}{layer}"),
        }
    }

    fn compares(&mut self) {
        let sync = self.plan.model.sync(self.plan.sync);
        let guard = &sync.guard;
        self.line("\ncompare, and stop before the first write if more than this would change");
        let per_cent = "of what is linked";
        for (name, value) in [
            ("create", guard.create),
            ("update", guard.update),
            ("deactivate", guard.deactivate),
            ("remove", guard.remove),
        ] {
            self.item(2, name, &limit(value, per_cent));
        }
        self.item(2, "source shrinks", &limit(guard.shrinks, "of what was read last time"));
        self.item(2, "always free", &layout::counted(guard.floor, "record"));
        for freeze in &sync.freeze {
            let actions: Vec<&str> = freeze.actions.iter().map(|action| action.word()).collect();
            let day = |(month, day): (i8, i8)| format!("{month:02}-{day:02}");
            self.item(
                2,
                "freeze",
                &format!("{} to {}: no {}", day(freeze.from), day(freeze.to), actions.join(", no ")),
            );
        }
        self.item(
            2,
            "owns",
            if sync.owns_all { "all: also what it did not make" } else { "linked: what it made or adopted" },
        );
        let protected = match sync.protection.how {
            Protected::Exclude => "excluded: nothing about them is sent",
            Protected::Reduce => "sent in part",
            Protected::Alias => "sent under an alias",
        };
        self.item(2, "protected people", protected);
        for (field, what) in super::privacy::of_protected(self.plan.model, self.sources, self.plan.route) {
            self.item(2, "", &format!("{field}: {what}"));
        }
        for grant in &sync.allow {
            let said = format!("{} -> {}", grant.class.text, grant.field.text());
            self.item(2, "allowed", &said);
        }
        if let Some(schedule) = &sync.schedule {
            self.line("\nwhen");
            self.item(2, "schedule", schedule);
            self.item(2, "", "for whoever starts `koppla run`: this version starts no run by itself");
        }
        if let Some(package) = &sync.support {
            self.line(&format!("\nsupport package {}", package.name.text));
            for ((_, heading), said) in COLUMNS.iter().zip(&package.terms) {
                self.item(2, heading, said);
            }
        }
    }

    fn writes(&mut self) {
        let (plan, model) = (self.plan, self.plan.model);
        let side = &model.sync(plan.sync).right;
        let how = if plan.target.whole {
            "as one delivery of whole files"
        } else {
            "record by record; what is removed goes in the reverse order"
        };
        self.line(&format!("\nwrite {} in this order, {how}", model.system(plan.target.system).name.text));
        for write in &plan.target.entities {
            let name = &model.entity(write.entity).name.text;
            match (&plan.target.connection, write.deliver) {
                (Some((_, dialect)), Some(call)) => self.item(2, name, &filled(plan, Some(side), &dialect.show(call))),
                (Some((_, dialect)), None) => {
                    for (index, (op, call)) in write.operations.iter().enumerate() {
                        let name = if index == 0 { name.as_str() } else { "" };
                        let call = filled(plan, Some(side), &dialect.show(*call));
                        self.item(2, name, &format!("{:<11} {call}", op.word()));
                    }
                }
                (None, _) => self.item(2, name, "no connection of this version"),
            }
        }
    }
}

/// The settings of a side by name. A secret is not shown, nor what a reference leads to.
fn settings(plan: &Plan<'_>, side: &SyncSide, is_set: &dyn Fn(&str) -> bool) -> Vec<(String, String)> {
    let system = plan.model.system(side.system);
    let mut settings = Vec::new();
    for setting in &system.settings {
        let given = side.settings.iter().find(|(name, _)| name.text == setting.name.text).map(|(_, node)| node);
        let text = match (given, &setting.default) {
            (Some(node), _) => node_text(node),
            (None, Some(node)) => format!("{} (default)", node_text(node)),
            (None, None) if setting.optional => continue,
            (None, None) => "missing".to_string(),
        };
        let variable = text.split_once("${").and_then(|(_, rest)| rest.split_once('}')).map(|(name, _)| name);
        let note = match variable {
            Some(name) if name.starts_with("file:") => "",
            Some(name) if is_set(name) => " (set)",
            Some(_) => " (NOT SET in this environment)",
            None => "",
        };
        let text = match (&setting.ty, variable) {
            (Type::Secret, None) => "(hidden)".to_string(),
            (Type::Secret, Some(name)) => format!("${{{name}}}, a secret"),
            _ => text,
        };
        settings.push((setting.name.text.clone(), format!("{text}{note}")));
    }
    settings
}

/// A call with the settings filled in that are no secrets.
fn filled(plan: &Plan<'_>, side: Option<&SyncSide>, call: &str) -> String {
    let Some(side) = side else { return call.to_string() };
    let mut call = call.to_string();
    for setting in &plan.model.system(side.system).settings {
        let given = side.settings.iter().find(|(name, _)| name.text == setting.name.text).map(|(_, node)| node);
        let text = match (given.or(setting.default.as_ref()), &setting.ty) {
            (_, Type::Secret) => "…".to_string(),
            (Some(node), _) => node_text(node),
            (None, _) => String::new(),
        };
        call = call.replace(&format!("{{{{ settings.{} }}}}", setting.name.text), &text);
    }
    call
}

/// A value of YAML on one line.
fn node_text(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.text.clone(),
        Kind::List(items) => format!("[{}]", items.iter().map(node_text).collect::<Vec<_>>().join(", ")),
        Kind::Map(entries) => {
            let parts = entries.iter().map(|entry| format!("{}: {}", entry.key, node_text(&entry.value)));
            format!("{{ {} }}", parts.collect::<Vec<_>>().join(", "))
        }
        Kind::Missing => String::new(),
    }
}

fn fields_read(plan: &Plan<'_>, read: &EntityRead) -> String {
    let entity = plan.model.entity(read.entity);
    let needed: Vec<&str> = (entity.fields.iter().zip(&read.columns))
        .filter(|(_, column)| column.is_some())
        .map(|(field, _)| field.name.text.as_str())
        .collect();
    let all = entity.fields.len();
    match all == needed.len() {
        true => format!("all {all} fields: {}", needed.join(", ")),
        false => format!("{} of {all} fields: {}", needed.len(), needed.join(", ")),
    }
}

fn limit(limit: Limit, of: &str) -> String {
    match limit {
        Limit::PerCent(per_cent) => format!("{per_cent}% {of}"),
        Limit::Count(count) => layout::counted(count, "record"),
        Limit::None => "any number".into(),
    }
}

/// The plan for programs.
pub fn json(plan: &Plan<'_>) -> Value {
    let model = plan.model;
    let reads: Vec<Value> = plan
        .reads
        .iter()
        .flat_map(|system| system.entities.iter().map(move |entity| (system, entity)))
        .map(|(system, read)| {
            let entity = model.entity(read.entity);
            let fields: Vec<&str> = (entity.fields.iter().zip(&read.columns))
                .filter(|(_, column)| column.is_some())
                .map(|(field, _)| field.name.text.as_str())
                .collect();
            json!({"system": model.system(system.system).name.text, "entity": entity.name.text, "call": system.dialect.show(read.call), "fields": fields})
        })
        .collect();
    let mappings: Vec<Value> = plan
        .route
        .mappings
        .iter()
        .zip(&plan.route.typed)
        .map(|(mapping, typed)| {
            let maps: Vec<Value> = typed.maps.iter().map(|map| map_json(plan, map)).collect();
            json!({"mapping": mapping.name.text, "maps": maps})
        })
        .collect();
    let order: Vec<&str> =
        plan.target.entities.iter().map(|write| model.entity(write.entity).name.text.as_str()).collect();
    let support = model.sync(plan.sync).support.as_ref().map(|package| {
        let terms = COLUMNS.iter().zip(&package.terms).map(|((key, _), said)| (key.to_string(), json!(said)));
        json!({"package": package.name.text, "terms": terms.collect::<serde_json::Map<_, _>>()})
    });
    json!({"schedule": model.sync(plan.sync).schedule, "support": support, "sync": model.sync(plan.sync).name.text, "reads": reads, "mappings": mappings, "writes": order})
}

fn map_json(plan: &Plan<'_>, map: &TypedMap) -> Value {
    let entity = plan.model.entity(map.right);
    let rules: Vec<Value> = map
        .rules
        .iter()
        .map(|rule| {
            let target = rule.target.as_ref().map(|target| entity.fields[target.field as usize].name.text.as_str());
            let classes: Vec<&str> = rule.classes.iter().map(|class| plan.model.classes.name(class)).collect();
            json!({"label": rule.label, "arrow": rule.arrow.text(), "field": target, "classes": classes, "overlay": rule.overlay, "layer": rule.layer, "off": rule.off})
        })
        .collect();
    json!({"map": map.name, "from": record_name(plan.model, map.left), "to": entity.name.text, "off": map.off, "rules": rules})
}
