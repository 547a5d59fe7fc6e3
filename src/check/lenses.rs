//! Two-way rules bring a value back as it was: tables one-to-one, proved over all their rows; functions and their inverses
//! tried on samples of the type, and so is a way back that the rule gives itself, whatever it is made of: `if`, `??`,
//! `match`, tables, functions, other fields. What does not come back is shown, as short as it gets.
//!
//! A value that becomes the same on the right as absence does stands for absence: it may come back as absent, and absence as
//! this value.

use super::checker::Checker;
use super::names::type_name;
use super::never::Asked;
use super::trial::{self, Given, Stop};
use super::typed::{ExprId, Literal, Looked, Node, TypedArm, TypedMap, TypedPattern, TypedPiece, TypedRule, children};
use crate::finding::Finding;
use crate::finding::codes::rule as code;
use crate::function::{Function, Need, find};
use crate::model::{Table, TableId, Unmapped, literal};
use crate::source::Span;
use crate::syntax::ast::Arrow;
use crate::value::{Arena, EntityId, Type, Value, normal, show};

/// A step of a lens that can be taken back by itself.
enum Link<'c> {
    /// A function with its inverse, and the arguments behind the first.
    Function(&'static Function, &'static Function, Vec<Option<&'c Literal>>),
    /// From one column of a table to another.
    Table(&'c Table, usize, usize),
}

/// A rule with `back`, to be tried.
struct Attempt<'c> {
    value: ExprId,
    back: ExprId,
    /// The fields that the way back brings: the first one that the value takes, or several that a structure names.
    brings: Vec<(ExprId, Option<usize>)>,
    /// What holds of the records that the rule is about, part by part.
    conditions: Vec<ExprId>,
    /// Fields on the right that the way back reads, and the values that rules write into them.
    written: Vec<(ExprId, ExprId)>,
    target: (EntityId, u16),
    known: &'c [Asked],
}

/// What did not come back: as it was, what it became, as it came.
type Shown = (String, String, String);

/// No more combinations of samples are tried.
const MOST: usize = 1_000;

impl Checker<'_> {
    /// Proves the left side of a two-way rule that has no `back`.
    pub(super) fn lens(&mut self, value: ExprId) {
        self.find_on_the_way_back(value);
        if let Some((table, column, span)) = self.ambiguous_table(value) {
            return self.not_one_to_one(table, column, span);
        }
        let Some((start, links)) = self.links(value) else { return };
        if links.is_empty() {
            return;
        }
        let ty = self.nodes.typing(start).ty.clone();
        let arena = Arena::new();
        let broken = |text: &str| {
            let sample = trial::read(&ty, arena.alloc_str(text)).filter(|_| self.allows(start, text))?;
            let given = Given::of(vec![(start, self.fact(start), sample)]);
            let between = self.work(value, &given, &arena).ok().filter(|between| !between.is_absent())?;
            let back = links.iter().rev().try_fold(between, |value, link| link.back(value, &arena))?;
            let same = normal::equal(&ty, sample, back);
            (!same).then(|| (quoted(sample, &arena), quoted(between, &arena), quoted(back, &arena)))
        };
        let samples = samples(&ty).into_iter().chain(around(&ty, &self.texts_in(value)));
        let Some(first) = samples.into_iter().find(|sample| broken(sample).is_some()) else { return };
        let is_text = ty == Type::Text;
        let Some((sample, between, back)) = broken(&smallest(first, is_text, |text| broken(text).is_some())) else {
            return;
        };
        let span = self.nodes.typing(value).span;
        self.find(&code::NO_ROUND_TRIP, span, [("value", sample), ("between", between), ("back", back)]);
    }

    /// On the way back every row of a table can be found, whatever its key is.
    fn find_on_the_way_back(&mut self, value: ExprId) {
        let node = self.nodes.node(value);
        if let Node::Lookup { table, key, .. } = node {
            self.looked.push(Looked { table: *table, keys: vec![None; key.len()] });
        }
        children(node).into_iter().for_each(|child| self.find_on_the_way_back(child));
    }

    /// Tries the ways back that rules of a map give themselves: what they make of the right fields must be what was there on
    /// the left.
    pub(super) fn lenses_with_back(&mut self, map: &TypedMap, known: &[Asked]) {
        for rule in map.rules.iter().filter(|rule| !matches!(rule.arrow, Arrow::Right | Arrow::Left)) {
            let Some(attempt) = self.attempt(map, rule, known) else { continue };
            if let Some((ty, field)) = self.brings_another_type(&attempt) {
                let (given, span) = (&self.nodes.typing(attempt.back).ty, self.nodes.typing(attempt.back).span);
                let finding = Finding::new(&code::TYPE_MISMATCH, span)
                    .word("given", type_name(self.model, given))
                    .word("wanted", type_name(self.model, &ty))
                    .word("field", field);
                self.found.add(finding);
                continue;
            }
            let Some((sample, between, came)) = self.counter_example(&attempt) else { continue };
            let (span, back) = (self.nodes.typing(attempt.value).span, self.nodes.typing(attempt.back).span);
            let finding = Finding::new(&code::NO_ROUND_TRIP, span)
                .word("value", sample)
                .word("between", between)
                .word("back", came)
                .word("given", self.source_text(back))
                .other(back, "the way back");
            self.found.add(finding);
        }
    }

    /// What there is to try of a rule; nothing if it cannot be tried without data.
    fn attempt<'c>(&self, map: &TypedMap, rule: &TypedRule, known: &'c [Asked]) -> Option<Attempt<'c>> {
        let (value, back) = (rule.value?, rule.back?);
        let target = rule.target.as_ref().filter(|target| target.steps.is_empty())?;
        let leaves = self.leaves(value, false)?;
        let brings = match &self.nodes.typing(back).ty {
            Type::Struct(members) => {
                let named = |leaf: &ExprId| members.iter().position(|member| *member.name == *self.leaf_name(*leaf));
                leaves.iter().filter_map(|leaf| named(leaf).map(|at| (*leaf, Some(at)))).collect()
            }
            _ => {
                // A field may stand in a condition first, and be the value behind it.
                let valued = self.leaves(value, true)?.first().map(|first| self.fact(*first));
                let first = valued.and_then(|fact| leaves.iter().find(|leaf| self.fact(**leaf) == fact));
                vec![(*first.or(leaves.first())?, None)]
            }
        };
        let mut written = Vec::new();
        for leaf in self.leaves(back, false)? {
            let Node::Field { entity, field, .. } = self.nodes.node(leaf) else { return None };
            let by = |other: &&TypedRule| {
                let whole = |target: &super::typed::TypedTarget| target.field == *field && target.steps.is_empty();
                other.arrow != Arrow::Left && other.when.is_none() && other.target.as_ref().is_some_and(whole)
            };
            let writer = if *field == target.field { Some(rule) } else { map.rules.iter().find(by) };
            written.push((leaf, writer.filter(|_| *entity == map.right)?.value?));
        }
        let conditions = map.conditions.iter().map(|(condition, ..)| *condition).chain(rule.when);
        let conditions = conditions.flat_map(|condition| self.parts(condition)).collect();
        let target = (map.right, target.field);
        (!brings.is_empty()).then_some(Attempt { value, back, brings, conditions, written, target, known })
    }

    /// The type of a field that the way back is to bring and does not fit, with the field's name.
    fn brings_another_type(&self, attempt: &Attempt<'_>) -> Option<(Type, String)> {
        let [(leaf, None)] = attempt.brings.as_slice() else { return None };
        let (wanted, given) = (&self.nodes.typing(*leaf).ty, &self.nodes.typing(attempt.back).ty);
        let fits = wanted.is_textual() && given.is_textual() || self.fits(given, wanted);
        (!fits).then(|| (wanted.clone(), self.leaf_name(*leaf)))
    }

    /// The name of a field that an expression reads.
    fn leaf_name(&self, leaf: ExprId) -> String {
        match self.nodes.node(leaf) {
            Node::Field { entity, field, .. } => {
                self.model.entity(*entity).fields[usize::from(*field)].name.text.clone()
            }
            _ => self.source_text(self.nodes.typing(leaf).span),
        }
    }

    /// Values of the left fields that do not come back.
    fn counter_example(&self, attempt: &Attempt<'_>) -> Option<Shown> {
        let mut leaves = self.leaves(attempt.value, false)?;
        for (_, value) in &attempt.written {
            let more = self.leaves(*value, false)?;
            let new = |leaf: &ExprId| leaves.iter().all(|known| self.fact(*known) != self.fact(*leaf));
            let more: Vec<ExprId> = more.into_iter().filter(new).collect();
            leaves.extend(more);
        }
        let mut texts = self.texts_in(attempt.value);
        texts.extend(self.texts_in(attempt.back));
        let of_leaf = |leaf: &ExprId| self.samples_of(*leaf, &texts, attempt.known);
        let samples: Vec<Vec<Option<String>>> = leaves.iter().map(of_leaf).collect();
        let most = (1..=64).rev().find(|most: &usize| most.pow(leaves.len() as u32) <= MOST)?;
        let tried = |chosen: &[Option<String>]| self.brings_back(attempt, &leaves, chosen);
        let mut found: Vec<Option<String>> = Vec::new();
        for chosen in combinations(&samples, most) {
            match tried(&chosen) {
                Err(Stop::Unknown) => return None,
                Ok(Some(_)) => {
                    found = chosen;
                    break;
                }
                _ => {}
            }
        }
        for (at, leaf) in leaves.iter().enumerate() {
            let is_text = self.nodes.typing(*leaf).ty == Type::Text;
            let Some(text) = found.get(at).cloned().flatten() else { continue };
            let with = |text: &str| {
                let mut chosen = found.clone();
                chosen[at] = Some(text.to_string());
                chosen
            };
            let text = smallest(text, is_text, |text| matches!(tried(&with(text)), Ok(Some(_))));
            found[at] = Some(text);
        }
        if found.is_empty() { None } else { tried(&found).ok().flatten() }
    }

    /// Values of a field that its type, its declaration and what is known at the rule allow; absence too, where it may be.
    fn samples_of(&self, leaf: ExprId, texts: &[String], known: &[Asked]) -> Vec<Option<String>> {
        let typing = self.nodes.typing(leaf);
        let only = self.only_texts(leaf, known).map(|only| only.iter().map(|text| text.to_string()).collect());
        let some: Vec<String> = only.unwrap_or_else(|| {
            let given = if typing.ty == Type::Text { texts.to_vec() } else { Vec::new() };
            samples(&typing.ty).into_iter().chain(given).chain(around(&typing.ty, texts)).collect()
        });
        let allowed = some.into_iter().filter(|text| self.allows(leaf, text) && !self.is_excluded(leaf, text, known));
        typing.optional.then_some(None).into_iter().chain(allowed.map(Some)).collect()
    }

    /// What one choice of values shows: that a value does not come back, or nothing.
    fn brings_back(
        &self,
        attempt: &Attempt<'_>,
        leaves: &[ExprId],
        chosen: &[Option<String>],
    ) -> Result<Option<Shown>, Stop> {
        let arena = Arena::new();
        let mut fields = Vec::with_capacity(leaves.len());
        for (leaf, text) in leaves.iter().zip(chosen) {
            let ty = &self.nodes.typing(*leaf).ty;
            let value = text.as_ref().map_or(Some(Value::Absent), |text| trial::read(ty, arena.alloc_str(text)));
            fields.push((*leaf, self.fact(*leaf), value.ok_or(Stop::Unknown)?));
        }
        let left = Given::of(fields);
        for condition in &attempt.conditions {
            match self.work(*condition, &left, &arena) {
                // What other fields decide may be so or so.
                Ok(Value::Bool(true)) | Err(Stop::Unknown) => {}
                _ => return Ok(None),
            }
        }
        let between = self.work_or_absent(attempt.value, &left, &arena)?;
        let (entity, field) = attempt.target;
        let fits = between.as_text().is_none_or(|text| self.field_allows(entity, field, text));
        if between.is_absent() || !fits {
            return Ok(None);
        }
        let mut right = Vec::with_capacity(attempt.written.len());
        for (leaf, value) in &attempt.written {
            let value = self.work_or_absent(*value, &left, &arena)?;
            right.push((*leaf, self.fact(*leaf), value));
        }
        let came = match self.work(attempt.back, &Given::of(right), &arena) {
            Err(Stop::Fails) => return Ok(None),
            worked => worked?,
        };
        for (leaf, member) in &attempt.brings {
            let came = match (member, came) {
                (Some(at), Value::Struct(members)) => members.get(*at).copied().unwrap_or(Value::Absent),
                (_, came) => came,
            };
            let ty = &self.nodes.typing(*leaf).ty;
            let was = left.fields.iter().find(|(known, ..)| known == leaf).map_or(Value::Absent, |(.., value)| *value);
            if normal::equal(ty, was, came) {
                continue;
            }
            // What becomes the same on the right as absence does stands for it, and may come back as absent; or absence as it.
            let again = self.work_or_absent(attempt.value, &left.with(*leaf, came), &arena);
            let same = again.is_ok_and(|again| normal::equal(&self.nodes.typing(attempt.value).ty, between, again));
            if same && (was.is_absent() || came.is_absent()) {
                continue;
            }
            let name = |shown: String| match attempt.brings.len() {
                1 => shown,
                _ => format!("{} {shown}", self.leaf_name(*leaf)),
            };
            return Ok(Some((name(quoted(was, &arena)), quoted(between, &arena), quoted(came, &arena))));
        }
        Ok(None)
    }

    /// What an expression gives; absent where it fails, since nothing is written then.
    fn work_or_absent<'a>(&self, expr: ExprId, given: &Given<'a>, arena: &'a Arena) -> trial::Worked<'a> {
        match self.work(expr, given, arena) {
            Err(Stop::Fails) => Ok(Value::Absent),
            worked => worked,
        }
    }

    /// The texts that stand in an expression: what it adds, compares with, looks for.
    fn texts_in(&self, expr: ExprId) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        let node = self.nodes.node(expr);
        let of = |literal: &Literal| match literal {
            Literal::Text(text) => Some(text.to_string()),
            _ => None,
        };
        match node {
            Node::Literal(literal) => texts.extend(of(literal)),
            Node::Interpolate(pieces) => texts.extend(pieces.iter().filter_map(|piece| match piece {
                TypedPiece::Text(text) => Some(text.to_string()),
                TypedPiece::Value(_) => None,
            })),
            Node::Match { arms, .. } => {
                let patterns = arms.iter().flat_map(|arm: &TypedArm| &arm.patterns);
                texts.extend(patterns.filter_map(|pattern| match pattern {
                    TypedPattern::Literal(literal) => of(literal),
                    _ => None,
                }));
            }
            _ => {}
        }
        children(node).into_iter().for_each(|child| texts.extend(self.texts_in(child)));
        texts.retain(|text| !text.is_empty());
        texts.sort();
        texts.dedup();
        texts
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
        let finding = Finding::new(&code::NOT_ONE_TO_ONE, span)
            .word("one", one)
            .word("other", other)
            .word("same", same)
            .other(table.name.span, "in this table");
        self.found.add(finding);
    }

    /// The field or path that a lens begins with, and the steps behind it; nothing if a step has no inverse.
    fn links(&self, value: ExprId) -> Option<(ExprId, Vec<Link<'_>>)> {
        match self.nodes.node(value) {
            Node::Call { function, args } => {
                let inverse = function.inverse.and_then(find)?;
                let plain = |function: &Function| function.params.iter().all(|param| param.need != Need::Rest);
                let (start, mut links) = self.links((*args.first()?)?)?;
                let others = args.iter().skip(1).map(|arg| match arg.map(|arg| self.nodes.node(arg)) {
                    Some(Node::Literal(literal)) => Some(Some(literal)),
                    None => Some(None),
                    Some(_) => None,
                });
                let others = others.collect::<Option<Vec<_>>>()?;
                if !plain(function) || !plain(inverse) {
                    return None;
                }
                links.push(Link::Function(function, inverse, others));
                Some((start, links))
            }
            Node::Lookup { table, column, key } => {
                let table = self.model.table(*table);
                let [from] = table.key.as_slice() else { return None };
                let (start, mut links) = self.links(*key.first()?)?;
                links.push(Link::Table(table, *from, usize::from(*column)));
                Some((start, links))
            }
            Node::Coalesce(inner, _) => self.links(*inner),
            _ => Some((value, Vec::new())),
        }
    }

    /// True if the field that a node reads may hold this text.
    fn allows(&self, node: ExprId, text: &str) -> bool {
        let Node::Field { entity, field, .. } = self.nodes.node(node) else { return true };
        self.field_allows(*entity, *field, text)
    }

    /// True if a field may hold this text.
    fn field_allows(&self, entity: EntityId, field: u16, text: &str) -> bool {
        let field = &self.model.entity(entity).fields[usize::from(field)];
        let fits = field.pattern.as_deref().is_none_or(|pattern| literal::whole(pattern, text));
        let known = !matches!(&field.ty, Type::Enum(values) if !values.iter().any(|value| &**value == text));
        fits && known && field.max.is_none_or(|max| text.chars().count() <= max as usize)
    }
}

/// Two keys of a table that have one value in a column, and that value. A value for all keys that are not there is one too.
fn collision(table: &Table, column: usize) -> Option<Shown> {
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

impl Link<'_> {
    fn back<'a>(&self, value: Value<'a>, arena: &'a Arena) -> Option<Value<'a>> {
        let came = match self {
            Link::Function(function, inverse, others) => {
                // The inverse takes what the function was given, by name.
                let named = |name: &str| {
                    let at = function.params.iter().skip(1).position(|param| param.name == name);
                    value_of(at.and_then(|at| others.get(at).copied().flatten()), arena)
                };
                let others = inverse.params.iter().skip(1).map(|param| named(param.name));
                trial::run(inverse, &std::iter::once(value).chain(others).collect::<Vec<_>>(), arena).ok()?
            }
            Link::Table(table, from, to) => {
                let row = trial::found(table, &[*to], &[value]).ok()??;
                trial::cell(table, row, *from, arena).ok()?
            }
        };
        Some(came).filter(|value| !value.is_absent())
    }
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
        Type::Decimal => &["0", "12.5", "-3.25"],
        Type::DateTime => &["2026-08-01T09:05:00Z", "2026-12-31T23:59:59Z"],
        Type::Uuid => &["6ba7b810-9dad-41d1-80b4-00c04fd430c8", "123e4567-e89b-42d3-a456-426614174000"],
        Type::Url => &["https://skola.example/7b", "http://example.org"],
        Type::Country => &["SE", "NL"],
        Type::Bool => &["true", "false"],
        Type::Enum(values) => return values.iter().map(|value| value.to_string()).collect(),
        _ => &[],
    };
    some.iter().map(|text| text.to_string()).collect()
}

/// Texts with those that stand in the rule before and behind them: a beginning that is there already, an end that is.
fn around(ty: &Type, texts: &[String]) -> Vec<String> {
    let texts = texts.iter().filter(|_| *ty == Type::Text);
    texts.flat_map(|text| [format!("{text}a"), format!("a{text}")]).collect()
}

/// All choices of one sample for each field, of so many of its samples at most.
fn combinations(samples: &[Vec<Option<String>>], most: usize) -> Vec<Vec<Option<String>>> {
    samples.iter().fold(vec![Vec::new()], |chosen, of_field| {
        let with = |before: &Vec<Option<String>>, sample: &Option<String>| {
            let mut longer = before.clone();
            longer.push(sample.clone());
            longer
        };
        let of_field = &of_field[..of_field.len().min(most)];
        chosen.iter().flat_map(|before| of_field.iter().map(move |sample| with(before, sample))).collect()
    })
}

/// A text made shorter, letter by letter, as long as it shows the same.
fn smallest(text: String, is_text: bool, shows: impl Fn(&str) -> bool) -> String {
    let mut smallest = text;
    while let Some(smaller) = shorter(&smallest).into_iter().find(|text| is_text && shows(text)) {
        smallest = smaller;
    }
    smallest
}

/// A text without each of its characters in turn.
fn shorter(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let without = |at: usize| letters[..at].iter().chain(&letters[at + 1..]).collect::<String>();
    let all = (0..letters.len()).map(without);
    all.filter(|text| !text.is_empty()).collect()
}

fn quoted(value: Value<'_>, arena: &Arena) -> String {
    match value {
        Value::Absent => "nothing".to_string(),
        value => show::plain(value, arena).map_or_else(|| "something else".to_string(), |text| format!("\"{text}\"")),
    }
}
