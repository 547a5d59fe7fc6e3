//! Two-way rules bring a value back as it was: tables one-to-one, proved over all their rows; functions and their inverses
//! tried on samples of the type, and so is a way back that the rule gives itself. What does not come back is shown, as short
//! as it gets.

use super::checker::Checker;
use super::typed::{ExprId, Literal, Node, TypedPiece};
use crate::finding::codes::rule as code;
use crate::function::{Context, EXAMPLE_DAY, Function, Need, Run, find};
use crate::model::{Table, TableId, Unmapped, literal};
use crate::source::Span;
use crate::value::{Arena, Type, Value, normal, show};

/// A step of a lens, from the left field to the right one.
enum Link<'c> {
    /// A function with its inverse if it has one, and the arguments behind the first.
    Function(&'static Function, Option<&'static Function>, Vec<Option<&'c Literal>>),
    /// A text with something before and behind it.
    Around(String, String),
    /// From one column of a table to another.
    Table(&'c Table, usize, usize),
}

impl Checker<'_> {
    /// Proves the left side of a two-way rule that has no `back`.
    pub(super) fn lens(&mut self, value: ExprId) {
        if let Some((table, column, span)) = self.ambiguous_table(value) {
            return self.not_one_to_one(table, column, span);
        }
        let Some((start, links)) = self.links(value, true) else { return };
        if links.is_empty() {
            return;
        }
        let Some((sample, between, back)) = self.counter_example(start, &links, None) else { return };
        let span = self.nodes.typing(value).span;
        self.find(&code::NO_ROUND_TRIP, span, [("value", sample), ("between", between), ("back", back)]);
    }

    /// Tries the way back that a rule gives: what it makes of the right field must be what was there on the left.
    pub(super) fn lens_with_back(&mut self, value: ExprId, target: u16, back: ExprId) {
        let (Some((start, links)), Some((end, way))) = (self.links(value, false), self.links(back, false)) else {
            return;
        };
        let plain = matches!(self.nodes.node(start), Node::Field { .. } | Node::RowSlot { .. });
        let same = matches!(self.nodes.node(end), Node::Field { field, .. } if *field == target);
        let (left, given) = (&self.nodes.typing(start).ty, &self.nodes.typing(back).ty);
        let comparable = left == given || left.is_textual() && given.is_textual();
        if !plain || !same || !comparable {
            return;
        }
        let Some((sample, between, came)) = self.counter_example(start, &links, Some((end, &way))) else { return };
        let (span, back) = (self.nodes.typing(value).span, self.nodes.typing(back).span);
        let finding = crate::finding::Finding::new(&code::NO_ROUND_TRIP, span)
            .word("value", sample)
            .word("between", between)
            .word("back", came)
            .word("given", self.source_text(back))
            .other(back, "the way back");
        self.found.add(finding);
    }

    /// The first table on the way in which two values become one.
    fn ambiguous_table(&self, value: ExprId) -> Option<(TableId, u16, Span)> {
        match self.nodes.node(value) {
            Node::Lookup { table, column, key } => {
                let known = self.model.table(*table);
                let twice = known.key.len() == 1 && collision(known, usize::from(*column)).is_some();
                let span = self.nodes.typing(value).span;
                if twice { Some((*table, *column, span)) } else { self.ambiguous_table(*key.first()?) }
            }
            Node::Call { args, .. } => self.ambiguous_table((*args.first()?)?),
            Node::Coalesce(inner, _) => self.ambiguous_table(*inner),
            _ => None,
        }
    }

    fn not_one_to_one(&mut self, table: TableId, column: u16, span: Span) {
        let table = self.model.table(table);
        let Some((one, other, same)) = collision(table, usize::from(column)) else { return };
        let finding = crate::finding::Finding::new(&code::NOT_ONE_TO_ONE, span)
            .word("one", one)
            .word("other", other)
            .word("same", same)
            .other(table.name.span, "in this table");
        self.found.add(finding);
    }

    /// The field or path that a lens begins with, and the steps behind it; nothing if a step cannot be tried, or, where it
    /// is to be taken back, has no inverse.
    fn links(&self, value: ExprId, inverted: bool) -> Option<(ExprId, Vec<Link<'_>>)> {
        match self.nodes.node(value) {
            Node::Interpolate(pieces) if !inverted => {
                let at = pieces.iter().position(|piece| matches!(piece, TypedPiece::Value(_)))?;
                let text = |pieces: &[TypedPiece]| {
                    let texts = pieces.iter().map(|piece| match piece {
                        TypedPiece::Text(text) => Some(text.to_string()),
                        TypedPiece::Value(_) => None,
                    });
                    texts.collect::<Option<String>>()
                };
                let TypedPiece::Value(inner) = &pieces[at] else { return None };
                let (start, mut links) = self.links(*inner, inverted)?;
                links.push(Link::Around(text(&pieces[..at])?, text(&pieces[at + 1..])?));
                Some((start, links))
            }
            Node::Call { function, args } => {
                let inverse = function.inverse.and_then(find);
                if inverted && inverse.is_none() {
                    return None;
                }
                let plain = |function: &Function| function.params.iter().all(|param| param.need != Need::Rest);
                let (start, mut links) = self.links((*args.first()?)?, inverted)?;
                let others = args.iter().skip(1).map(|arg| match arg.map(|arg| self.nodes.node(arg)) {
                    Some(Node::Literal(literal)) => Some(Some(literal)),
                    None => Some(None),
                    Some(_) => None,
                });
                let others = others.collect::<Option<Vec<_>>>()?;
                if !plain(function) || !inverse.is_none_or(plain) {
                    return None;
                }
                links.push(Link::Function(function, inverse, others));
                Some((start, links))
            }
            Node::Lookup { table, column, key } => {
                let table = self.model.table(*table);
                let [from] = table.key.as_slice() else { return None };
                let (start, mut links) = self.links(*key.first()?, inverted)?;
                links.push(Link::Table(table, *from, usize::from(*column)));
                Some((start, links))
            }
            Node::Coalesce(inner, _) if inverted => self.links(*inner, inverted),
            Node::Field { .. } | Node::RowSlot { .. } => Some((value, Vec::new())),
            _ if !inverted => None,
            _ => Some((value, Vec::new())),
        }
    }

    /// A sample that does not come back: as it was, what it became, as it came back.
    fn counter_example(
        &self,
        start: ExprId,
        links: &[Link<'_>],
        way: Option<(ExprId, &[Link<'_>])>,
    ) -> Option<(String, String, String)> {
        let ty = self.nodes.typing(start).ty.clone();
        let (end, way) = way.unzip();
        let arena = Arena::new();
        let broken = |text: &str| {
            let sample = read(&ty, arena.alloc_str(text));
            let (between, back) = there_and_back(sample, links, way, &arena).filter(|_| self.allows(start, text))?;
            if end.is_some_and(|end| between.as_text().is_some_and(|text| !self.allows(end, text))) {
                return None;
            }
            let same = normal::equal(&ty, sample, back);
            (!same).then(|| (quoted(sample, &arena), quoted(between, &arena), quoted(back, &arena)))
        };
        let given = around(&ty, links).into_iter().chain(around(&ty, way.unwrap_or_default()));
        let mut smallest = samples(&ty).into_iter().chain(given).find(|sample| broken(sample).is_some())?;
        while let Some(smaller) = shorter(&smallest).into_iter().find(|text| ty == Type::Text && broken(text).is_some())
        {
            smallest = smaller;
        }
        broken(&smallest)
    }

    /// True if the field that a node reads may hold this text.
    fn allows(&self, node: ExprId, text: &str) -> bool {
        let Node::Field { entity, field, .. } = self.nodes.node(node) else { return true };
        let field = &self.model.entity(*entity).fields[usize::from(*field)];
        let fits = field.pattern.as_deref().is_none_or(|pattern| literal::whole(pattern, text));
        let known = !matches!(&field.ty, Type::Enum(values) if !values.iter().any(|value| &**value == text));
        fits && known && field.max.is_none_or(|max| text.chars().count() <= max as usize)
    }
}

/// Two keys of a table that have one value in a column, and that value. A value for all keys that are not there is one too.
fn collision(table: &Table, column: usize) -> Option<(String, String, String)> {
    let key = *table.key.first()?;
    let cell = |row: &'_ Vec<Option<String>>| Some((row[key].clone()?, row[column].clone()?));
    let rows: Vec<(String, String)> = table.rows.iter().filter_map(cell).collect();
    let mut seen: std::collections::HashMap<&str, &str> = std::collections::HashMap::with_capacity(rows.len());
    for (key, value) in &rows {
        if let Some(first) = seen.insert(value, key) {
            return Some((format!("\"{first}\""), format!("\"{key}\""), format!("\"{value}\"")));
        }
    }
    match &table.unmapped {
        Unmapped::Gives(value) => {
            let first = seen.get(value.as_str()).map_or("any".to_string(), |key| format!("\"{key}\""));
            Some((first, "what is not in the table".into(), format!("\"{value}\"")))
        }
        _ => None,
    }
}

/// What a value becomes and what comes back; nothing where a step has no answer.
fn there_and_back<'a>(
    value: Value<'a>,
    links: &[Link<'_>],
    way: Option<&[Link<'_>]>,
    arena: &'a Arena,
) -> Option<(Value<'a>, Value<'a>)> {
    let along = |value, links: &[Link<'_>]| links.iter().try_fold(value, |value, link| link.there(value, arena));
    let there = along(value, links)?;
    let back = match way {
        Some(way) => along(there, way)?,
        None => links.iter().rev().try_fold(there, |value, link| link.back(value, arena))?,
    };
    Some((there, back))
}

impl Link<'_> {
    fn there<'a>(&self, value: Value<'a>, arena: &'a Arena) -> Option<Value<'a>> {
        match self {
            Link::Function(function, _, others) => {
                let others = others.iter().map(|literal| value_of(*literal, arena));
                call(function, std::iter::once(value).chain(others).collect(), arena)
            }
            Link::Around(before, behind) => {
                let text = value.as_text()?;
                Some(Value::Text(arena.alloc_str(&format!("{before}{text}{behind}"))))
            }
            Link::Table(table, from, to) => cell(table, *from, *to, value, arena),
        }
    }

    fn back<'a>(&self, value: Value<'a>, arena: &'a Arena) -> Option<Value<'a>> {
        match self {
            Link::Around(..) | Link::Function(_, None, _) => None,
            Link::Function(function, Some(inverse), others) => {
                // The inverse takes what the function was given, by name.
                let named = |name: &str| {
                    let at = function.params.iter().skip(1).position(|param| param.name == name);
                    value_of(at.and_then(|at| others.get(at).copied().flatten()), arena)
                };
                let others = inverse.params.iter().skip(1).map(|param| named(param.name));
                call(inverse, std::iter::once(value).chain(others).collect(), arena)
            }
            Link::Table(table, from, to) => cell(table, *to, *from, value, arena),
        }
    }
}

fn call<'a>(function: &Function, arguments: Vec<Value<'a>>, arena: &'a Arena) -> Option<Value<'a>> {
    let Run::Pure(run) = function.run else { return None };
    run(&Context { arena, as_of: EXAMPLE_DAY }, &arguments).ok().filter(|value| !value.is_absent())
}

fn cell<'a>(table: &Table, from: usize, to: usize, value: Value<'a>, arena: &'a Arena) -> Option<Value<'a>> {
    let text = value.as_text()?;
    let row = table.rows.iter().find(|row| row[from].as_deref() == Some(text))?;
    row[to].as_deref().map(|text| Value::Text(arena.alloc_str(text)))
}

fn value_of<'a>(literal: Option<&Literal>, arena: &'a Arena) -> Value<'a> {
    match literal {
        Some(Literal::Text(text)) => Value::Text(arena.alloc_str(text)),
        Some(Literal::Int(number)) => Value::Int(*number),
        Some(Literal::Bool(truth)) => Value::Bool(*truth),
        _ => Value::Absent,
    }
}

/// Values of a type, the plainest first. None of them is anybody's: national ids are of the official test ranges.
fn samples(ty: &Type) -> Vec<String> {
    let some: &[&str] = match ty {
        Type::Text => &["a", "A", "12", "0042", "Åsa Öberg", "a b", "a,b", "a-b", "é", "7A", " a"],
        Type::Email => &["a@b.se", "asa.oberg@skola.example"],
        Type::Phone => &["+46701740605", "+31612345678"],
        Type::Personnummer => &["201403092388", "191212121212"],
        Type::Bsn => &["111222333"],
        Type::Rijksregisternummer => &["85073003328"],
        Type::Brin => &["21QW", "21QW00"],
        Type::Int => &["0", "7", "-3", "1000000"],
        Type::Date => &["2014-03-09", "1912-12-12"],
        Type::Enum(values) => return values.iter().map(|value| value.to_string()).collect(),
        _ => &[],
    };
    some.iter().map(|text| text.to_string()).collect()
}

/// Texts with what the functions are given: a beginning that is there already, an end that is.
fn around(ty: &Type, links: &[Link<'_>]) -> Vec<String> {
    let given = links.iter().flat_map(|link| match link {
        Link::Function(_, _, others) => others.iter().filter_map(|literal| literal.and_then(plain_text)).collect(),
        Link::Around(before, behind) => vec![before.as_str(), behind.as_str()],
        Link::Table(..) => Vec::new(),
    });
    let texts = given.filter(|text| *ty == Type::Text && !text.is_empty());
    texts.flat_map(|text| [format!("{text}a"), format!("a{text}")]).collect()
}

fn plain_text(literal: &Literal) -> Option<&str> {
    match literal {
        Literal::Text(text) => Some(text),
        _ => None,
    }
}

/// A sample as a value of its type.
fn read<'a>(ty: &Type, text: &'a str) -> Value<'a> {
    match ty {
        Type::Int => text.parse().map_or(Value::Absent, Value::Int),
        Type::Date => text.parse().map_or(Value::Absent, Value::Date),
        _ => Value::Text(text),
    }
}

/// A text without each of its characters in turn.
fn shorter(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let without = |at: usize| letters[..at].iter().chain(&letters[at + 1..]).collect::<String>();
    let all = (0..letters.len()).map(without);
    all.filter(|text| !text.is_empty()).collect()
}

fn quoted(value: Value<'_>, arena: &Arena) -> String {
    show::plain(value, arena).map_or_else(|| "something else".to_string(), |text| format!("\"{text}\""))
}
