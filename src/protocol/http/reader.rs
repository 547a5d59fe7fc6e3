//! Reads the nodes of a descriptor: keys that are known, values of a kind, leaves that are templates.

use crate::finding::codes::system as codes;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::protocol::ScopeNames;
use crate::protocol::files::shape::child_path;
use crate::protocol::path::JsonPath;
use crate::protocol::template::{Place, Template, Tree};
use crate::source::Span;
use crate::syntax::tree::{Kind, Node};
use std::time::Duration;

/// A table of words: name and one line of documentation.
pub type Table = &'static [(&'static str, &'static str)];

/// Parameters, headers or form fields: a list repeats its name, and so does a template that gives a list.
pub type Inputs = Vec<(String, Vec<Template>)>;

/// What a compilation has at hand.
pub struct Reader<'a> {
    /// Settings, for templates.
    pub scope: &'a ScopeNames,
    /// Words under `names:` of the entity.
    pub names: &'a [(String, String)],
    /// What a template may name here.
    pub roots: &'static [&'static str],
    /// What this version fills in; a call whose templates need other roots checks clean and is refused when it is to be made.
    pub executed: &'static [&'static str],
    /// Words that are legal and that this version cannot execute: their call is refused when it is to be made.
    pub refused: Vec<String>,
    /// Words that are legal and left aside: the call is right without them.
    pub ignored: Vec<String>,
    /// Where findings go.
    pub found: &'a mut Findings,
}

/// What templates of a connection may name.
pub const CONNECTION: &[&str] = &["settings", "facts", "as_of", "base", "soap", "call", "calls"];

/// What this version fills in there.
pub const CONNECTION_EXECUTED: &[&str] = &["settings", "as_of"];

/// What templates of calls may name (DESCRIPTORS, templates).
pub const CALL: &[&str] = &[
    "settings", "facts", "entity", "record", "wire", "changed", "sent", "key", "keys", "ident", "link", "change",
    "since", "as_of", "run", "part", "page", "job", "item", "items", "batch", "answer", "needed", "value", "field",
    "call", "calls", "records", "found", "name", "status",
];

impl<'a> Reader<'a> {
    /// A reader of what stands under `connect:`.
    pub fn of_connection(scope: &'a ScopeNames, found: &'a mut Findings) -> Reader<'a> {
        Reader {
            scope,
            names: &[],
            roots: CONNECTION,
            executed: CONNECTION_EXECUTED,
            refused: Vec::new(),
            ignored: Vec::new(),
            found,
        }
    }

    /// A reader of a call of an entity with these names.
    pub fn of_call(
        scope: &'a ScopeNames,
        names: &'a [(String, String)],
        executed: &'static [&'static str],
        found: &'a mut Findings,
    ) -> Reader<'a> {
        Reader { scope, names, roots: CALL, executed, refused: Vec::new(), ignored: Vec::new(), found }
    }

    /// A map whose keys stand in the tables. Something else is a finding, and so are other keys.
    pub fn map<'n>(&mut self, place: &str, node: &'n Node, tables: &[Table]) -> Option<&'n Node> {
        let Some(entries) = node.entries() else {
            self.wrong(node, place, "keys with values below it");
            return None;
        };
        for entry in entries {
            let known = || tables.iter().flat_map(|table| table.iter()).map(|(word, _)| *word);
            if !known().any(|word| word == entry.key) {
                let finding = Finding::new(&codes::UNKNOWN_CONNECTION_KEY, entry.key_span)
                    .word("place", place)
                    .word("key", &entry.key)
                    .word_if("suggestion", nearest(&entry.key, known()))
                    .word("allowed", known().collect::<Vec<_>>().join(", "));
                self.found.add(finding);
            }
        }
        Some(node)
    }

    /// A finding: the value of a key is not what it takes.
    pub fn wrong(&mut self, node: &Node, key: &str, takes: &str) {
        let finding = self.wrong_value(node, key, takes);
        self.found.add(finding);
    }

    fn wrong_value(&self, node: &Node, key: &str, takes: &str) -> Finding {
        let value = match node.text() {
            Some(text) if text.chars().count() <= 24 => format!("`{text}`"),
            _ => node.kind_word().to_string(),
        };
        Finding::new(&codes::WRONG_CONNECTION_VALUE, node.span)
            .word("key", key)
            .word("value", value)
            .word("why", format!("`{key}` takes {takes}"))
            .word("allowed", takes)
    }

    /// A finding: a key that must be there is not.
    pub fn missing(&mut self, span: Span, key: &str, place: &str) {
        let finding = Finding::new(&codes::MISSING_CONNECTION_KEY, span).word("place", place).word("key", key);
        self.found.add(finding.word("example", format!("`{key}: …`")));
    }

    /// A finding if a key that must be there is not. A key without a value is a finding of the YAML frame.
    pub fn need(&mut self, node: &Node, key: &str, place: &str) {
        // A key that is written wrong is not missing besides.
        let is_meant = node.entries().unwrap_or_default().iter().any(|entry| nearest(&entry.key, [key]).is_some());
        if node.get(key).is_none() && !is_meant {
            self.missing(node.span, key, place);
        }
    }

    /// Notes words of a map that this version refuses to execute.
    pub fn refuse(&mut self, node: &Node, words: &[&str]) {
        self.refused.extend(words.iter().filter(|word| at(node, word).is_some()).map(|word| word.to_string()));
    }

    /// Notes words of a map that this version leaves aside.
    pub fn ignore(&mut self, node: &Node, words: &[&str]) {
        self.ignored.extend(words.iter().filter(|word| at(node, word).is_some()).map(|word| word.to_string()));
    }

    /// The text under a key of a map that must be one of some words.
    pub fn word<'w>(&mut self, node: &Node, key: &str, words: &[&'w str]) -> Option<&'w str> {
        let value = at(node, key)?;
        let text = value.text().unwrap_or("");
        let found = words.iter().copied().find(|word| *word == text);
        if found.is_none() {
            let finding = self.wrong_value(value, key, &words.join(" or "));
            self.found.add(finding.word_if("suggestion", nearest(text, words.iter().copied())));
        }
        found
    }

    /// A duration: `500ms`, `60s`, `10m`, `2h`, `7d`.
    pub fn duration(&mut self, node: &Node, key: &str) -> Option<Duration> {
        self.parsed(node, key, "a time like 500ms, 60s, 10m, 2h or 7d", parse_duration)
    }

    /// A number of bytes: `200KB`, `512MB`, `1GB`, `100`.
    pub fn size(&mut self, node: &Node, key: &str) -> Option<u64> {
        self.parsed(node, key, "a size like 512MB", parse_size)
    }

    /// A number above zero.
    pub fn number(&mut self, node: &Node, key: &str) -> Option<f64> {
        let parse = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
        self.parsed(node, key, "a number above zero", parse)
    }

    /// A whole number above zero.
    pub fn count(&mut self, node: &Node, key: &str) -> Option<u32> {
        self.parsed(node, key, "a whole number above zero", |text| text.parse().ok().filter(|number| *number > 0))
    }

    fn parsed<T>(&mut self, node: &Node, key: &str, takes: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = at(node, key)?;
        let parsed = value.text().and_then(parse);
        if parsed.is_none() {
            self.wrong(value, key, takes);
        }
        parsed
    }

    /// `yes` or `no`.
    pub fn flag(&mut self, node: &Node, key: &str) -> Option<bool> {
        let word = at(node, key).and_then(Node::text);
        if matches!(word, Some("true" | "false")) {
            return word.map(|word| word == "true");
        }
        self.word(node, key, &["yes", "no"]).map(|word| word == "yes")
    }

    /// A path into an answer: JSONPath, or a child path like `meta.next`.
    pub fn path(&mut self, node: &Node, key: &str) -> Option<JsonPath> {
        let Some(text) = node.text() else {
            self.wrong(node, key, "a JSONPath like $.data[*]");
            return None;
        };
        match answer_path(&self.with_names(text)) {
            Ok(path) => Some(path),
            Err(why) => {
                self.found.add(Finding::new(&codes::BAD_JSONPATH, node.span).word("path", text).word("why", why));
                None
            }
        }
    }

    /// A text with `{{ entity.name }}` filled in: that much is known when a descriptor is compiled.
    pub fn with_names(&self, text: &str) -> String {
        self.names
            .iter()
            .fold(text.to_string(), |text, (name, word)| text.replace(&format!("{{{{ entity.{name} }}}}"), word))
    }

    /// A text that may be a template, where a secret may stand.
    pub fn leaf(&mut self, node: &Node, key: &str) -> Option<Template> {
        self.template(node, key, true)
    }

    /// A text that may be a template.
    pub fn template(&mut self, node: &Node, key: &str, secrets: bool) -> Option<Template> {
        match &node.kind {
            Kind::Scalar(_) => {
                let place = Place { roots: self.roots, secrets, entity: self.names };
                let template = Template::compile(node, self.scope, &place, self.found)?;
                self.note(&[&template]);
                Some(template)
            }
            Kind::Map(_) if node.get("choose").is_some() => {
                self.refused.push(format!("choose (under {key})"));
                Some(Template::fixed(""))
            }
            _ => {
                self.wrong(node, key, "one text");
                None
            }
        }
    }

    /// A leaf under a key of a map, if it is there.
    pub fn leaf_at(&mut self, node: &Node, key: &str) -> Option<Template> {
        let value = at(node, key)?;
        self.leaf(value, key)
    }

    /// A leaf under a key of a map that must name a secret setting, if it is there.
    pub fn secret(&mut self, node: &Node, key: &str) -> Option<Template> {
        let value = at(node, key)?;
        self.secret_leaf(value, key)
    }

    /// A leaf that must name a secret setting: what stands in a descriptor stands in every repository, and what is not
    /// known to be secret would not be masked.
    pub fn secret_leaf(&mut self, node: &Node, key: &str) -> Option<Template> {
        let leaf = self.leaf(node, key)?;
        let named = |path: &[String]| (path.first()? == "settings").then(|| path.get(1).cloned()).flatten();
        let settings: Vec<String> = leaf.paths().filter_map(named).collect();
        if !settings.iter().any(|setting| self.is_secret(setting)) {
            let finding = Finding::new(&codes::SECRET_NOT_A_SETTING, node.span).word("key", key);
            self.found.add(finding.word_if("setting", settings.first()));
        }
        Some(leaf)
    }

    /// True for a setting of a secret type.
    pub fn is_secret(&self, setting: &str) -> bool {
        self.scope.settings.iter().any(|(name, secret)| name == setting && *secret)
    }

    /// Notes the roots of templates that this version cannot fill in.
    fn note(&mut self, templates: &[&Template]) {
        for path in templates.iter().flat_map(|template| template.paths()) {
            if !self.executed.contains(&path[0].as_str()) {
                self.refused.push(format!("{{{{ {} }}}}", path.join(".")));
            }
        }
    }

    /// Parameters, headers or form fields.
    pub fn inputs(&mut self, node: &Node, key: &str) -> Inputs {
        let Some(entries) = node.entries() else {
            self.wrong(node, key, "names with values");
            return Vec::new();
        };
        let mut inputs = Vec::new();
        for entry in entries {
            let items = entry.value.items().unwrap_or(std::slice::from_ref(&entry.value));
            let values = items.iter().filter_map(|item| self.leaf(item, &entry.key)).collect();
            inputs.push((entry.key.clone(), values));
        }
        inputs
    }

    /// A body.
    pub fn tree(&mut self, node: &Node, key: &str) -> Option<Tree> {
        if let Some(word) = unbuilt(node) {
            self.refused.push(format!("{word} (under {key})"));
            return Some(Tree::Map(Vec::new()));
        }
        let place = Place { roots: self.roots, secrets: true, entity: self.names };
        let tree = Tree::compile(node, self.scope, &place, self.found);
        if let Some(tree) = &tree {
            self.note(&tree.templates());
        } else if node.is_missing() {
            self.wrong(node, key, "a body");
        }
        tree
    }
}

/// The value under a key. A key without a value is a finding of the YAML frame, and counts as not there.
pub fn at<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|value| !value.is_missing())
}

/// JSONPath, or a child path like `meta.next`.
pub fn answer_path(text: &str) -> Result<JsonPath, &'static str> {
    if text.starts_with('$') { JsonPath::compile(text) } else { JsonPath::of_keys(&child_path(text)?) }
}

/// A word in a body that chooses or repeats, which this version does not execute.
fn unbuilt(node: &Node) -> Option<&'static str> {
    match &node.kind {
        Kind::Map(_) if node.get("choose").is_some() && node.get("cases").is_some() => Some("choose"),
        Kind::Map(_) if node.get("each").is_some() && node.get("give").is_some() => Some("each"),
        Kind::Map(entries) => entries.iter().find_map(|entry| unbuilt(&entry.value)),
        Kind::List(items) => items.iter().find_map(unbuilt),
        _ => None,
    }
}

/// `500ms`, `60s`, `10m`, `2h`, `7d`.
fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    let seconds = match &text[digits..] {
        "ms" => return Some(Duration::from_millis(number)),
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

/// `200KB`, `512MB`, `1GB`, `100`: in units of 1024.
fn parse_size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok().filter(|number| *number > 0)?;
    let unit = match &text[digits..] {
        "" => 1,
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations_and_sizes() {
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("10m"), Some(Duration::from_secs(600)));
        assert_eq!(parse_duration("60"), None);
        assert_eq!(parse_duration("soon"), None);
        assert_eq!(parse_duration("1 week"), None);
        assert_eq!(parse_size("200KB"), Some(204_800));
        assert_eq!(parse_size("1GB"), Some(1 << 30));
        assert_eq!(parse_size("0"), None);
        assert_eq!(parse_size("many"), None);
    }
}
