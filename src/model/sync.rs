//! Syncs: one customer's deployment.

use super::language;
use super::layer::{self, Layer, Overlay};
use super::literal;
use super::mapping::{check_options, missing_options, unknown_system};
use super::provider::{self, Package, Provider};
use super::reader::{self, items, named_nodes, text};
use super::route::{self, Ends, Roads};
use super::schedule;
use super::shape::{Key, Shape, key, required};
use super::{
    Freeze, Guard, Limit, MapChange, Mapping, Model, Operation, Protected, Protection, Status, Sync, SyncSide, SystemId,
};
use crate::finding::codes::{document as codes, yaml as yaml_codes};
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::source::{FileId, Span};
use crate::syntax::ast::{Name, Path};
use crate::syntax::tree::{Entry, Node};
use crate::value::Type;

const SIDE: Shape = Shape::Either(&[Shape::Text, Shape::Keys(SIDE_KEYS)]);
const SIDES: Shape = Shape::Either(&[Shape::Text, Shape::List(&SIDE), Shape::Keys(SIDE_KEYS)]);
const ACTIONS: &[&str] = &["create", "update", "deactivate", "reactivate", "remove"];

/// Keys of a `sync:` document.
pub static KEYS: &[Key] = &[
    required("sync", Shape::Text, "the name of the sync"),
    key("title", Shape::Text, "its heading"),
    key("doc", Shape::Text, "what it is"),
    key("status", Shape::Word(&["planned", "active", "paused", "ended"]), "whether it runs; active is the default"),
    required(
        "left",
        SIDES,
        "the source: a system, with values for its settings; or a list, where its mappings read several",
    ),
    required("right", SIDE, "the target: a system, with values for its settings"),
    key("mappings", Shape::List(&Shape::Text), "the mappings from left to right, where there is more than one way"),
    key("provider", Shape::Text, "the integrator whose settings it inherits"),
    key("options", Shape::Entries(&Shape::Tree), "what its mappings let a customer choose"),
    key("scope", Shape::Rule, "which records are meant"),
    key("owns", Shape::Word(&["linked", "all"]), "all: it also takes over and removes what it did not make"),
    key(
        "protected",
        Shape::Word(&["exclude", "reduce", "alias"]),
        "what happens to protected people; exclude is the default",
    ),
    key("allow", Shape::Rule, "which data class may reach which field, and why"),
    key("allow_protected", Shape::Rule, "which data class of protected people may reach which field, and why"),
    key("alias", Shape::Rule, "what stands for the values of protected people: `\"Protected\" -> account.name`"),
    key("overlays", Shape::OneOrMore(&Shape::Text), "overlays that lie under its own changes"),
    key("change", Shape::Entries(&Shape::Keys(CHANGE_KEYS)), "the customer's changes, by map"),
    key("guard", Shape::Keys(GUARD_KEYS), "how much may change in one run"),
    key("freeze", Shape::List(&Shape::Keys(FREEZE_KEYS)), "times of the year in which nothing is taken away"),
    key("schedule", Shape::Text, "when it runs: minute, hour, day, month, weekday, zone"),
    key("support", Shape::Text, "a package of the provider"),
    key("starts", Shape::Text, "the day from which it runs: 2026-08-17"),
];

static SIDE_KEYS: &[Key] = &[
    required("system", Shape::Text, "the system"),
    key("settings", Shape::Entries(&Shape::Tree), "values of its settings"),
];

/// Keys of a change to one map.
pub static CHANGE_KEYS: &[Key] = &[
    key("fields", Shape::Rule, "rules that replace, add or switch off (`Label: off because \"…\"`)"),
    key("where", Shape::Rule, "a condition beside that of the standard"),
];

static GUARD_KEYS: &[Key] = &[
    key("remove", Shape::Text, "most removes: per cent of the linked records, a number, or off"),
    key("deactivate", Shape::Text, "most deactivates"),
    key("update", Shape::Text, "most updates"),
    key("create", Shape::Text, "most creates"),
    key("shrinks", Shape::Text, "by how much a source may shrink"),
    key("floor", Shape::Count, "a limit in per cent is never below this many records"),
];

static FREEZE_KEYS: &[Key] = &[
    required("from", Shape::Text, "the first day: 06-15"),
    required("to", Shape::Text, "the last day: 08-15"),
    key("actions", Shape::List(&Shape::Word(ACTIONS)), "which actions; deactivate and remove if it is not given"),
];

/// What a sync is read with.
pub struct Surroundings<'a> {
    /// Systems, mappings and tables, all read.
    pub model: &'a Model,
    /// The systems by name.
    pub system: &'a dyn Fn(&str) -> Option<SystemId>,
    /// All names of systems, for suggestions.
    pub systems: &'a [String],
    /// Which mapping leads where.
    pub roads: &'a Roads,
    /// All providers.
    pub providers: &'a [Provider],
    /// All overlays.
    pub overlays: &'a [Overlay],
}

/// Reads a sync. Without two known systems there is none.
pub fn read(root: &Node, name: Name, file: FileId, around: &Surroundings<'_>, found: &mut Findings) -> Option<Sync> {
    let provider = provider(root, around, found);
    let mut lefts = sources(root, provider, around, found);
    let right = root.get("right").and_then(|node| side(node, provider, around, found));
    let scope = root.get("scope").and_then(|rule| language::expr(rule, found));
    let allow = root.get("allow").map(|block| language::allow(block, found)).unwrap_or_default();
    let protection = protection(root, &name, found);
    let change = layer::changes(root, found);
    let of_provider = provider.filter(|provider| !provider.change.is_empty()).map(Provider::layer);
    let layers: Vec<Layer> = layer::under(root, of_provider, around.overlays, found);
    let guard = guard(root, found);
    let freeze = items(root, "freeze").iter().filter_map(|node| freeze(node, found)).collect();
    let (left, right) = (lefts.next()??, right?);
    let mut beside: Vec<SyncSide> = lefts.flatten().collect();
    let route = route(root, &Ends { sync: &name, left: left.system, right: right.system }, around, found);
    let mappings: Vec<&Mapping> = route.iter().map(|&id| around.model.mapping(id)).collect();
    unnamed(&left, &mut beside, &mappings, provider, around.model, found);
    let support = package(root, provider, found);
    let options = options(root, &name, provider, support, &mappings, found);
    Some(Sync {
        status: status(text(root, "status")),
        owns_all: text(root, "owns") == Some("all"),
        protection,
        schedule: root.get("schedule").and_then(|node| schedule::read(node, found)),
        starts: starts(root, found),
        support: support.cloned(),
        name,
        file,
        left,
        beside,
        right,
        route,
        options,
        scope,
        allow,
        layers,
        change,
        guard,
        freeze,
    })
}

fn status(word: Option<&str>) -> Status {
    match word {
        Some("planned") => Status::Planned,
        Some("paused") => Status::Paused,
        Some("ended") => Status::Ended,
        _ => Status::Active,
    }
}

fn protection(root: &Node, name: &Name, found: &mut Findings) -> Protection {
    let how = match text(root, "protected") {
        Some("reduce") => Protected::Reduce,
        Some("alias") => Protected::Alias,
        _ => Protected::Exclude,
    };
    let (allow, aliases) = (root.get("allow_protected"), root.get("alias"));
    let mut idle = |key: &str, node: Option<&Node>, needs: &str| {
        if let Some(node) = node {
            found.add(Finding::new(&codes::PROTECTED_SAYS_OTHERWISE, node.span).word("key", key).word("needs", needs));
        }
    };
    match how {
        Protected::Exclude => {
            idle("allow_protected", allow, "reduce");
            idle("alias", aliases, "alias");
        }
        Protected::Reduce => idle("alias", aliases, "alias"),
        Protected::Alias => {}
    }
    Protection {
        how,
        span: root.get("protected").map_or(name.span, |node| node.span),
        allow: allow.map(|block| language::allow(block, found)).unwrap_or_default(),
        aliases: aliases.map(|block| language::aliases(block, found)).unwrap_or_default(),
    }
}

fn provider<'a>(root: &Node, around: &Surroundings<'a>, found: &mut Findings) -> Option<&'a Provider> {
    let written = reader::name_at(root, "provider")?;
    let known = around.providers.iter().find(|provider| provider.name.text == written.text);
    if known.is_none() {
        let names = around.providers.iter().map(|provider| provider.name.text.as_str());
        let finding = Finding::new(&codes::UNKNOWN_PROVIDER, written.span).word("name", &written.text);
        found.add(finding.word_if("suggestion", nearest(&written.text, names)));
    }
    known
}

/// The systems on the left: one, or a list whose first leads the way to the right.
fn sources(
    root: &Node,
    provider: Option<&Provider>,
    around: &Surroundings<'_>,
    found: &mut Findings,
) -> impl Iterator<Item = Option<SyncSide>> + use<> {
    let all: Vec<Option<SyncSide>> =
        reader::one_or_more(root, "left").iter().map(|node| side(node, provider, around, found)).collect();
    all.into_iter()
}

/// Systems that the mappings read and the sync does not name: their settings have defaults, or are missing.
fn unnamed(
    left: &SyncSide,
    beside: &mut Vec<SyncSide>,
    mappings: &[&Mapping],
    provider: Option<&Provider>,
    model: &Model,
    found: &mut Findings,
) {
    let read = mappings.iter().flat_map(|mapping| &mapping.left).map(|side| side.system);
    for system in read.filter(|&system| model.system(system).connect.is_some()) {
        if system == left.system || beside.iter().any(|side| side.system == system) {
            continue;
        }
        let name = Name { text: model.system(system).name.text.clone(), span: left.span };
        beside.push(settled(system, &name, Vec::new(), provider, model, found));
    }
}

fn side(node: &Node, provider: Option<&Provider>, around: &Surroundings<'_>, found: &mut Findings) -> Option<SyncSide> {
    let written = reader::name(node).or_else(|| reader::name_at(node, "system"))?;
    let Some(system) = (around.system)(&written.text) else {
        found.add(unknown_system(&written, around.systems));
        return None;
    };
    Some(settled(system, &written, named_nodes(node, "settings"), provider, around.model, found))
}

/// A system with its own settings and those of the provider.
fn settled(
    system: SystemId,
    written: &Name,
    own: Vec<(Name, Node)>,
    provider: Option<&Provider>,
    model: &Model,
    found: &mut Findings,
) -> SyncSide {
    let declared = &model.system(system).settings;
    let has = |name: &str| declared.iter().any(|setting| setting.name.text == name);
    let settings = provider::inherit(own, provider.map_or(&[][..], |provider| &provider.settings), has);
    check_settings(&settings, model, system, written, found);
    SyncSide { system, settings, span: written.span }
}

fn check_settings(given: &[(Name, Node)], model: &Model, system: SystemId, side: &Name, found: &mut Findings) {
    let declared = &model.system(system).settings;
    for (name, value) in given {
        match declared.iter().find(|setting| setting.name.text == name.text) {
            Some(setting) => check_setting(setting, name, value, found),
            None => {
                let known = declared.iter().map(|setting| setting.name.text.as_str());
                let finding = Finding::new(&codes::UNKNOWN_SETTING, name.span).word("name", &name.text);
                found.add(finding.word("system", &side.text).word_if("suggestion", nearest(&name.text, known)));
            }
        }
    }
    let missing = |setting: &&super::Setting| {
        !setting.optional && setting.default.is_none() && given.iter().all(|(name, _)| name.text != setting.name.text)
    };
    for setting in declared.iter().filter(missing) {
        let finding = Finding::new(&codes::MISSING_SETTING, side.span)
            .word("name", &setting.name.text)
            .word("system", &side.text);
        found.add(finding.word_if("doc", setting.doc.clone()));
    }
}

fn check_setting(setting: &super::Setting, name: &Name, value: &Node, found: &mut Findings) {
    if value.is_missing() {
        found.add(Finding::new(&yaml_codes::KEY_WITHOUT_VALUE, name.span).word("key", &name.text));
        return;
    }
    let is_reference = value.text().is_some_and(literal::reference);
    if setting.ty == Type::Secret && !is_reference {
        found.add(
            Finding::new(&codes::LITERAL_SECRET, value.span)
                .word("name", &name.text)
                .word("variable", format!("${{{}}}", name.text.to_uppercase()))
                .word("file", "${file:/path}"),
        );
        return;
    }
    literal::check(value, &setting.ty, &name.text, found);
    literal::check_pattern(value, setting.pattern.as_deref(), &name.text, found);
}

fn route(root: &Node, ends: &Ends<'_>, around: &Surroundings<'_>, found: &mut Findings) -> Vec<super::MappingId> {
    match root.get("mappings").and_then(Node::items) {
        Some(named) => {
            let named: Vec<Name> = named.iter().filter_map(reader::name).collect();
            route::follow(around.model, around.roads, ends, &named, found)
        }
        None => route::find(around.model, around.roads, ends, found),
    }
}

/// The package of the provider that the sync names.
fn package<'a>(root: &Node, provider: Option<&'a Provider>, found: &mut Findings) -> Option<&'a Package> {
    let written = reader::name_at(root, "support")?;
    let packages = provider.map(|provider| provider.packages.as_slice()).unwrap_or_default();
    let known = packages.iter().find(|package| package.name.text == written.text);
    // Of a provider that is not known, or not named where one is asked for, the packages are not known either.
    if known.is_none() && (provider.is_some() || root.get("provider").is_none()) {
        let names = packages.iter().map(|package| package.name.text.as_str());
        let finding = Finding::new(&codes::UNKNOWN_PACKAGE, written.span).word("name", &written.text);
        let finding = finding.word_if("suggestion", nearest(&written.text, names));
        found.add(finding.word_if("provider", root.get("provider").is_none().then_some("provider: …")));
    }
    known
}

/// The day from which a sync runs.
fn starts(root: &Node, found: &mut Findings) -> Option<jiff::civil::Date> {
    let written = root.get("starts")?;
    let text = written.text()?;
    let day = literal::date(text);
    if day.is_none() {
        let finding = Finding::new(&codes::BAD_DATE, written.span).word("text", text).word("key", "starts");
        found.add(finding.word("form", "2026-08-17: year, month, day"));
    }
    day
}

fn options(
    root: &Node,
    sync: &Name,
    provider: Option<&Provider>,
    package: Option<&Package>,
    mappings: &[&Mapping],
    found: &mut Findings,
) -> Vec<(Name, Node)> {
    let has = |name: &str| mappings.iter().any(|mapping| mapping.options.iter().any(|choice| choice.name.text == name));
    let own = named_nodes(root, "options");
    let fixed = package.map_or(&[][..], |package| &package.options);
    for (name, value) in &own {
        let said = fixed.iter().find(|(known, _)| known.text == name.text);
        if let Some((_, said)) = said.filter(|(_, said)| said.text() != value.text()) {
            let package = package.map_or("", |package| package.name.text.as_str());
            let finding = Finding::new(&codes::PACKAGE_DECIDES, value.span).word("name", &name.text);
            found.add(finding.word("package", package).other(said.span, "the package fixes it"));
        }
    }
    let options = provider::inherit(own, fixed, has);
    let options = provider::inherit(options, provider.map_or(&[][..], |provider| &provider.options), has);
    if mappings.is_empty() {
        // Without a route nobody knows the options; the finding about the route is enough.
        return options;
    }
    check_options(&options, mappings, found);
    for (mapping, choice) in missing_options(&options, mappings) {
        found.add(
            Finding::new(&codes::MISSING_OPTION, sync.span)
                .word("name", &choice.name.text)
                .word("mapping", &mapping.name.text)
                .word_if("doc", choice.doc.clone())
                .other(choice.name.span, "declared here"),
        );
    }
    options
}

pub(super) fn map_change(entry: &Entry, found: &mut Findings) -> MapChange {
    let node = &entry.value;
    MapChange {
        map: map_path(&entry.key, entry.key_span),
        lines: node.get("fields").map(|block| language::overlay(block, found)).unwrap_or_default(),
        condition: node.get("where").and_then(|rule| language::map_where(rule, found)),
    }
}

/// `map`, or `mapping.map`; names of mappings may hold hyphens.
fn map_path(text: &str, span: Span) -> Path {
    let part = |text: &str| Name { text: text.to_string(), span };
    let names = match text.rsplit_once('.') {
        Some((mapping, map)) => vec![part(mapping), part(map)],
        None => vec![part(text)],
    };
    Path { names, span }
}

fn guard(root: &Node, found: &mut Findings) -> Guard {
    let standard = Guard::default();
    let Some(node) = root.get("guard") else { return standard };
    let mut limit = |key: &str, otherwise: Limit| {
        node.get(key)
            .filter(|written| written.text().is_some())
            .map_or(otherwise, |written| limit(written, key, otherwise, found))
    };
    Guard {
        remove: limit("remove", standard.remove),
        deactivate: limit("deactivate", standard.deactivate),
        update: limit("update", standard.update),
        create: limit("create", standard.create),
        shrinks: limit("shrinks", standard.shrinks),
        floor: reader::count(node, "floor").unwrap_or(standard.floor),
    }
}

/// `5%`, `12`, `off`
fn limit(node: &Node, key: &str, otherwise: Limit, found: &mut Findings) -> Limit {
    let text = node.text().unwrap_or_default();
    let per_cent = text.strip_suffix('%').map(|number| number.trim().parse::<f64>());
    match (per_cent, text) {
        (Some(Ok(number)), _) if (0.0..=100.0).contains(&number) => Limit::PerCent(number),
        (None, "off") => Limit::None,
        (None, number) if number.parse::<u32>().is_ok() => Limit::Count(number.parse().unwrap_or_default()),
        _ => {
            found.add(Finding::new(&codes::BAD_PERCENT, node.span).word("text", text).word("key", key));
            otherwise
        }
    }
}

fn freeze(node: &Node, found: &mut Findings) -> Option<Freeze> {
    let from = day(node, "from", found);
    let to = day(node, "to", found);
    let named = items(node, "actions").iter().filter_map(Node::text);
    let mut actions: Vec<Operation> =
        named.filter_map(|word| Operation::ALL.into_iter().find(|operation| operation.word() == word)).collect();
    if node.get("actions").is_none() {
        actions = vec![Operation::Deactivate, Operation::Remove];
    }
    Some(Freeze { from: from?, to: to?, actions })
}

fn day(node: &Node, key: &str, found: &mut Findings) -> Option<(i8, i8)> {
    let written = node.get(key)?;
    let text = written.text()?;
    let day = literal::month_day(text);
    if day.is_none() {
        found.add(
            Finding::new(&codes::BAD_DATE, written.span)
                .word("text", text)
                .word("key", key)
                .word("form", "06-15: month and day"),
        );
    }
    day
}
