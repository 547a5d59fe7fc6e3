//! Rules, steps, types and the small texts of a map.

use super::{expression, quoted};
use crate::syntax::ast::{
    Alias, Between, Binding, Clauses, Drop, Free, Gone, GoneAction, Grant, Key, MatchLine, Name, Operation, Order,
    OrderWords, Otherwise, OverlayChange, OverlayLine, Path, Prefer, Rule, Source, Step, StepKind, TypeExpr, TypeKind,
};

/// A label with its colon; in quotes if it could not be told from the rule otherwise.
pub fn label(label: &Name) -> String {
    let text = label.text.as_str();
    let plain = !text.is_empty()
        && text.trim() == text
        && !text.contains(['"', '\n', '\t', '\\'])
        && !text.split(' ').any(|word| word == "#" || word.ends_with(':'));
    if plain { format!("{text}:") } else { format!("{}:", quoted(text)) }
}

/// A rule: with its label if it is the first of its row.
pub fn rule(rule: &Rule) -> String {
    let label = if rule.first_of_row { format!("{} ", label(&rule.label)) } else { String::new() };
    let clauses = clauses(&rule.clauses);
    let gap = if clauses.is_empty() { "" } else { " " };
    format!("{label}{} {} {}{gap}{clauses}", expression(&rule.left), rule.arrow.text(), expression(&rule.right))
}

/// Clauses, in a fixed order.
pub fn clauses(clauses: &Clauses) -> String {
    let flags = [
        ("once", clauses.once),
        ("fill", clauses.fill),
        ("clear", clauses.clear),
        ("keep", clauses.keep),
        ("add", clauses.add),
    ];
    let mut words: Vec<String> =
        flags.iter().filter(|(_, span)| span.is_some()).map(|(word, _)| (*word).to_string()).collect();
    if let Some((operations, _)) = &clauses.on {
        let operations: Vec<&str> = operations.iter().map(|&operation| Operation::word(operation)).collect();
        words.push(format!("on {}", operations.join(", ")));
    }
    if let Some((prefer, _)) = &clauses.prefer {
        words.push(format!("prefer {}", prefer_word(*prefer)));
    }
    words.extend(clauses.when.as_ref().map(|when| format!("when {}", expression(when))));
    words.extend(clauses.back.as_ref().map(|back| format!("back {}", expression(back))));
    words.extend(clauses.otherwise.as_ref().map(|(value, _)| format!("else {}", otherwise(value))));
    words.extend(clauses.because.as_ref().map(because));
    words.join(" ")
}

fn prefer_word(prefer: Prefer) -> &'static str {
    match prefer {
        Prefer::Left => "left",
        Prefer::Right => "right",
        Prefer::Newest => "newest",
        Prefer::Review => "review",
    }
}

fn because(reason: &Name) -> String {
    format!("because {}", quoted(&reason.text))
}

fn otherwise(value: &Otherwise) -> String {
    match value {
        Otherwise::Skip(reason) => format!("skip {}", quoted(reason)),
        Otherwise::Reject(reason) => format!("reject {}", quoted(reason)),
        Otherwise::Clear => "clear".into(),
        Otherwise::Keep => "keep".into(),
        Otherwise::Value(value) => {
            let value = expression(value);
            // As bare names these are clauses.
            if matches!(value.as_str(), "clear" | "keep" | "skip" | "reject") { format!("({value})") } else { value }
        }
    }
}

/// `name = value`
pub fn binding(binding: &Binding) -> String {
    format!("{} = {}", binding.name.text, expression(&binding.value))
}

/// `left == right and left == right`
pub fn match_line(line: &MatchLine) -> String {
    let side = |side| {
        let text = expression(side);
        if super::tightness(side) < super::Flow { format!("({text})") } else { text }
    };
    let pairs: Vec<String> =
        line.pairs.iter().map(|(left, right)| format!("{} == {}", side(left), side(right))).collect();
    pairs.join(" and ")
}

/// `a.b`
pub fn path(path: &Path) -> String {
    path.text()
}

/// `path as name`
pub fn source(source: &Source) -> String {
    format!("{}{}", path(&source.path), alias(&source.alias))
}

fn alias(alias: &Option<Name>) -> String {
    alias.as_ref().map_or(String::new(), |alias| format!(" as {}", alias.text))
}

/// `source <-> source`
pub fn between(between: &Between) -> String {
    format!("{} {} {}", source(&between.left), between.arrow.text(), source(&between.right))
}

/// `deactivate after 30d`
pub fn gone(gone: &Gone) -> String {
    let action = match gone.action {
        GoneAction::Keep => "keep",
        GoneAction::Deactivate => "deactivate",
        GoneAction::Remove => "remove",
    };
    gone.after.map_or(action.to_string(), |after| format!("{action} after {}", super::duration(after)))
}

/// An expression that orders.
pub fn order(order: &Order) -> String {
    format!("{}{}", expression(&order.value), order_words(order.words))
}

/// ` desc absent first`: the words that order, each after a blank. Words that say nothing else are `asc`.
pub fn order_words(words: Option<OrderWords>) -> String {
    let Some(words) = words else { return String::new() };
    let direction = match (words.descending, words.absent_first) {
        (true, _) => " desc",
        (false, None) => " asc",
        (false, Some(_)) => "",
    };
    let absents = match words.absent_first {
        Some(true) => " absent first",
        Some(false) => " absent last",
        None => "",
    };
    format!("{direction}{absents}")
}

/// A step of a set.
pub fn step(step: &Step) -> String {
    let optional = |optional: &bool| if *optional { "optional " } else { "" };
    match &step.kind {
        StepKind::From(from) => source(from),
        StepKind::Union(sources) => format!("union {}", all(sources, source)),
        StepKind::Each { list, alias, optional: loose } => {
            format!("{}each {} as {}", optional(loose), expression(list), alias.text)
        }
        StepKind::Join { source: joined, on, optional: loose, drop: dropped } => {
            format!("{}join {} on {}{}", optional(loose), source(joined), expression(on), drop(dropped))
        }
        StepKind::With { source: other, on, without, drop: dropped } => {
            let word = if *without { "without" } else { "with" };
            format!("{word} {} on {}{}", source(other), expression(on), drop(dropped))
        }
        StepKind::Where(condition) => format!("where {}{}", expression(&condition.condition), drop(&condition.drop)),
        StepKind::Let(bound) => format!("let {}", binding(bound)),
        StepKind::GroupBy(keys) => format!("group by {}", all(keys, key)),
        StepKind::OnePer(keys, orders) if orders.is_empty() => format!("one per {}", all(keys, key)),
        StepKind::OnePer(keys, orders) => format!("one per {} best {}", all(keys, key), all(orders, order)),
        StepKind::Broken => "…".into(),
    }
}

fn all<T>(items: &[T], print: impl Fn(&T) -> String) -> String {
    items.iter().map(print).collect::<Vec<_>>().join(", ")
}

fn key(key: &Key) -> String {
    format!("{}{}", expression(&key.value), alias(&key.alias))
}

fn drop(drop: &Option<Drop>) -> String {
    drop.as_ref().map_or(String::new(), |drop| {
        format!(" else {} {}", if drop.reject { "reject" } else { "skip" }, quoted(&drop.reason))
    })
}

/// A line of an overlay.
pub fn overlay_line(line: &OverlayLine) -> String {
    match &line.change {
        OverlayChange::Rule(change) => rule(change),
        OverlayChange::Off(None) => format!("{} off", label(&line.label)),
        OverlayChange::Off(Some(reason)) => format!("{} off {}", label(&line.label), because(reason)),
    }
}

/// A line of `allow`.
pub fn grant(grant: &Grant) -> String {
    format!("{} -> {} {}", grant.class.text, path(&grant.field), because(&grant.because))
}

/// A line of `alias`.
pub fn stand_in(alias: &Alias) -> String {
    format!("{} -> {}", expression(&alias.value), path(&alias.field))
}

/// A line of `free in`.
pub fn free(free: &Free) -> String {
    format!("{} {}", path(&free.field), expression(&free.value))
}

/// A type.
pub fn type_expression(written: &TypeExpr) -> String {
    let optional = if written.optional { "?" } else { "" };
    let kind = match &written.kind {
        TypeKind::Simple(name) => name.text.clone(),
        TypeKind::Enum(values) => format!("enum({})", all(values, choice)),
        TypeKind::List(element) => format!("list of {}", type_expression(element)),
        TypeKind::Set(element) => format!("set of {}", type_expression(element)),
        TypeKind::Map(element) => format!("map of {}", type_expression(element)),
        TypeKind::Struct(members) => {
            format!("{{ {} }}", all(members, |(name, member)| format!("{}: {}", name.text, type_expression(member))))
        }
        TypeKind::Ref(entity) => format!("ref {}", path(entity)),
        TypeKind::Broken => "…".into(),
    };
    format!("{kind}{optional}")
}

/// A value of an `enum`: in quotes unless it is plain words.
fn choice(value: &Name) -> String {
    let plain = |character: char| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_' | '.' | '/');
    let text = value.text.as_str();
    let is_plain = !text.is_empty() && text.trim() == text && text.chars().all(plain);
    if is_plain { text.to_string() } else { quoted(text) }
}
