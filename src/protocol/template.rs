//! Templates of descriptors: texts in which `{{ path | filter(literal) }}` stands for a value.
//!
//! This is the part of minijinja that needs no programming: no `{% %}`, no operators, no loops. Everything that can be
//! checked is checked without data: the root of the path, the name of the setting, the filter and its arguments, and that no
//! secret gets into a text that people see. The filters run in a minijinja environment (strict, without
//! escaping), where [`filters::filters`] is the place to add more of them.
//!
//! A leaf that is one `{{ … }}` keeps the type of its value, and is left out if the value is absent. Inside composed text
//! an absent value is an error, unless `| default("…")` or `| or_empty` answers it.

mod parse;
pub mod filters;

use crate::finding::codes::system::{BAD_TEMPLATE, SECRET_IN_PATH, UNDECLARED_SETTING};
use crate::finding::{Finding, Findings, suggest::nearest};
use crate::protocol::ScopeNames;
use crate::source::Span;
use crate::syntax::tree::{Kind, Node, Scalar, Style};
use parse::{Insert, Trouble};
use serde_json::Value;
use std::borrow::Cow;

/// Everything that a path of a template can start with; what is known in one place is said by its [`Place`].
pub const ROOTS: &[&str] =
    &["settings", "entity", "key", "record", "wire", "changed", "page", "since", "as_of", "part", "run"];

/// What is known where a template stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// What its paths can start with: some of [`ROOTS`].
    pub roots: &'a [&'a str],
    /// True where a secret may stand: headers, bodies, log-ins. Never in an address or the name of a file.
    pub secrets: bool,
    /// The words under `names:` of the entity, where `entity` is a root.
    pub entity: &'a [(String, String)],
}

/// A checked template.
#[derive(Clone, Debug)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Value(Insert),
}

/// Why a template gave no text. Names the path in words; holds no value, hence no personal data and no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrendered(pub String);

impl std::fmt::Display for Unrendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The values that paths lead to.
#[derive(Clone, Default)]
pub struct Scope<'a> {
    roots: Vec<(&'static str, Cow<'a, Value>)>,
}

impl<'a> Scope<'a> {
    /// Nothing is known.
    pub fn new() -> Scope<'a> {
        Scope::default()
    }

    /// With a root that is borrowed.
    #[must_use]
    pub fn with(mut self, root: &'static str, value: &'a Value) -> Scope<'a> {
        self.roots.push((root, Cow::Borrowed(value)));
        self
    }

    /// With a root of its own.
    #[must_use]
    pub fn with_own(mut self, root: &'static str, value: Value) -> Scope<'a> {
        self.roots.push((root, Cow::Owned(value)));
        self
    }

    /// The value under a path; later roots of the same name win.
    fn find(&self, path: &[String]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        let (_, root) = self.roots.iter().rev().find(|(name, _)| name == first)?;
        rest.iter().try_fold(root.as_ref(), |value, name| value.get(name))
    }
}

impl Template {
    /// Checks a template. Everything wrong becomes a finding at its place in the file.
    pub fn compile(node: &Node, names: &ScopeNames, place: &Place<'_>, found: &mut Findings) -> Option<Template> {
        let Some(scalar) = node.scalar() else {
            found.add(bad(node.span, format!("a text belongs here, this is {}", node.kind_word()), None));
            return None;
        };
        let pieces = match pieces(&scalar.text) {
            Ok(pieces) => pieces,
            Err(trouble) => {
                found.add(bad(scalar.map.span(trouble.range), trouble.why, None));
                return None;
            }
        };
        let before = found.len();
        for piece in &pieces {
            if let Piece::Value(insert) = piece {
                check(insert, scalar, names, place, found);
            }
        }
        (found.len() == before).then(|| Template { text: scalar.text.clone(), pieces })
    }

    /// A text without values.
    pub fn fixed(text: impl Into<String>) -> Template {
        let text = text.into();
        Template { pieces: vec![Piece::Text(text.clone())], text }
    }

    /// As it is written. It names settings and fields, never their values.
    pub fn source(&self) -> &str {
        &self.text
    }

    /// The text, if no value stands in it.
    pub fn as_fixed(&self) -> Option<&str> {
        self.paths().next().is_none().then_some(&self.text)
    }

    /// The paths that it needs, in order.
    pub fn paths(&self) -> impl Iterator<Item = &[String]> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(insert) => Some(insert.path.as_slice()),
            Piece::Text(_) => None,
        })
    }

    /// The value. A template that is one `{{ … }}` keeps the type of its value, and gives `None` if that is absent.
    pub fn render(&self, scope: &Scope<'_>) -> Result<Option<Value>, Unrendered> {
        match self.pieces.as_slice() {
            [Piece::Value(insert)] => insert.value(scope.find(&insert.path)),
            _ => self.render_text(scope).map(|text| Some(Value::String(text))),
        }
    }

    /// The text. Absent values are errors, and so are lists and structures.
    pub fn render_text(&self, scope: &Scope<'_>) -> Result<String, Unrendered> {
        self.render_with(scope, |_, value| Ok(value))
    }

    /// The text, each value written as `write` says: it gets the path and the value, and may refuse it with the reason.
    pub fn render_with(
        &self,
        scope: &Scope<'_>,
        write: impl Fn(&[String], String) -> Result<String, &'static str>,
    ) -> Result<String, Unrendered> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Value(insert) => {
                    let value = insert.value(scope.find(&insert.path)).and_then(|value| insert.as_text(value))?;
                    let refused = |why: &str| Unrendered(format!("`{}` {why}", insert.path.join(".")));
                    text.push_str(&write(&insert.path, value).map_err(refused)?);
                }
            }
        }
        Ok(text)
    }
}

/// A tree of templates: the body of a request. Leaves that are absent are left out, and so are their keys.
#[derive(Clone, Debug)]
pub enum Tree {
    /// A template.
    Leaf(Template),
    /// A number, `true`, `false` or `null`, written plainly.
    Fixed(Value),
    /// A list.
    List(Vec<Tree>),
    /// A structure, in the order of the descriptor.
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// Checks a tree. Gives what it could; everything wrong becomes a finding.
    pub fn compile(node: &Node, names: &ScopeNames, place: &Place<'_>, found: &mut Findings) -> Option<Tree> {
        match &node.kind {
            Kind::Missing => None,
            Kind::Scalar(scalar) => match plain(scalar) {
                Some(value) => Some(Tree::Fixed(value)),
                None => Template::compile(node, names, place, found).map(Tree::Leaf),
            },
            Kind::List(items) => {
                Some(Tree::List(items.iter().filter_map(|item| Tree::compile(item, names, place, found)).collect()))
            }
            Kind::Map(entries) => Some(Tree::Map(
                entries
                    .iter()
                    .filter_map(|entry| Some((entry.key.clone(), Tree::compile(&entry.value, names, place, found)?)))
                    .collect(),
            )),
        }
    }

    /// The value; `None` if a leaf is absent. A structure whose leaves are all absent is an empty structure.
    pub fn render(&self, scope: &Scope<'_>) -> Result<Option<Value>, Unrendered> {
        match self {
            Tree::Leaf(template) => template.render(scope),
            Tree::Fixed(value) => Ok(Some(value.clone())),
            Tree::List(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| item.render(scope)).collect();
                Ok(Some(Value::Array(items?.into_iter().flatten().collect())))
            }
            Tree::Map(entries) => {
                let mut map = serde_json::Map::new();
                for (key, tree) in entries {
                    if let Some(value) = tree.render(scope)? {
                        map.insert(key.clone(), value);
                    }
                }
                Ok(Some(Value::Object(map)))
            }
        }
    }

    /// All templates in it, in order.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Tree::Leaf(template) => vec![template],
            Tree::Fixed(_) => Vec::new(),
            Tree::List(items) => items.iter().flat_map(Tree::templates).collect(),
            Tree::Map(entries) => entries.iter().flat_map(|(_, tree)| tree.templates()).collect(),
        }
    }
}

/// A scalar that stands for itself in a body: `true`, `12`, `null`. Quoted it is text, and so is what JSON would not read (`0755`).
fn plain(scalar: &Scalar) -> Option<Value> {
    if scalar.style != Style::Plain {
        return None;
    }
    serde_json::from_str(&scalar.text).ok().filter(|value: &Value| !value.is_object() && !value.is_array())
}

/// Parts a text into fixed pieces and values.
fn pieces(text: &str) -> Result<Vec<Piece>, Trouble> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find('{').map(|found| at + found) {
        match text[open..].chars().nth(1) {
            Some('{') => {
                push_text(&mut pieces, &text[at..open]);
                let (insert, end) = parse::insert(text, open)?;
                pieces.push(Piece::Value(insert));
                at = end;
            }
            Some('%' | '#') => {
                return Err(Trouble::new(open..open + 2, "only values stand in templates: no statements, no comments"));
            }
            _ => {
                push_text(&mut pieces, &text[at..=open]);
                at = open + 1;
            }
        }
    }
    push_text(&mut pieces, &text[at..]);
    Ok(pieces)
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.to_string())),
    }
}

/// What stands in the `{{ … }}` of a text: where, and which path. Nothing where the text is no template.
pub fn inserts(text: &str) -> Vec<(std::ops::Range<usize>, Vec<String>)> {
    let inserts = pieces(text).unwrap_or_default().into_iter().filter_map(|piece| match piece {
        Piece::Value(insert) => Some((insert.span, insert.path)),
        Piece::Text(_) => None,
    });
    inserts.collect()
}

/// Checks the names of one `{{ … }}`.
fn check(insert: &Insert, scalar: &Scalar, names: &ScopeNames, place: &Place<'_>, found: &mut Findings) {
    let span = scalar.map.span(insert.span.clone());
    let root = insert.path[0].as_str();
    if !place.roots.contains(&root) {
        let why = format!("`{root}` is not known here; known: {}", place.roots.join(", "));
        found.add(bad(span, why, nearest(root, place.roots.iter().copied())));
        return;
    }
    match (root, insert.path.get(1)) {
        ("settings", Some(name)) => check_setting(name, span, names, place, found),
        ("entity", Some(name)) if !place.entity.iter().any(|(known, _)| known == name) => {
            let known = place.entity.iter().map(|(known, _)| known.as_str());
            found.add(bad(span, format!("the entity has no `{name}` under `names:`"), nearest(name, known)));
        }
        ("settings" | "entity", None) => {
            found.add(bad(span, format!("`{root}` has many values; say which: `{root}.name`"), None));
        }
        ("as_of", Some(_)) => found.add(bad(span, "`as_of` is a date, nothing stands under it".into(), None)),
        _ => {}
    }
}

fn check_setting(name: &str, span: Span, names: &ScopeNames, place: &Place<'_>, found: &mut Findings) {
    match names.settings.iter().find(|(known, _)| known == name) {
        None => found.add(
            Finding::new(&UNDECLARED_SETTING, span)
                .word("name", name)
                .word_if("suggestion", nearest(name, names.settings.iter().map(|(known, _)| known.as_str()))),
        ),
        Some((_, true)) if !place.secrets => found.add(Finding::new(&SECRET_IN_PATH, span).word("name", name)),
        Some(_) => {}
    }
}

fn bad(span: Span, why: String, suggestion: Option<&str>) -> Finding {
    Finding::new(&BAD_TEMPLATE, span)
        .word("why", why)
        .word_if("suggestion", suggestion)
        .word("form", "`{{ path | filter(\"text\") }}`")
}

#[cfg(test)]
mod tests;
