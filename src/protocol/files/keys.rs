//! Reading the keys of a descriptor: known keys, words of a list, single characters, lengths of time.

use crate::finding::codes::system::{MISSING_CONNECTION_KEY, UNKNOWN_CONNECTION_KEY, WRONG_CONNECTION_VALUE};
use crate::finding::{Finding, Findings, suggest::nearest};
use crate::source::Span;
use crate::syntax::tree::Node;
use std::time::Duration;

/// A map of a descriptor while it is read.
pub struct Keys<'a> {
    /// What it is, for messages: `csv`, `read`.
    pub place: &'static str,
    /// The map.
    pub node: &'a Node,
}

impl<'a> Keys<'a> {
    /// Starts reading a map; unknown keys become findings. `None` if it is no map.
    pub fn of(
        place: &'static str,
        node: &'a Node,
        words: &[(&'static str, &'static str)],
        also: &[&[&'static str]],
        found: &mut Findings,
    ) -> Option<Keys<'a>> {
        let Some(entries) = node.entries() else {
            let first = words.first().map_or("…", |(name, _)| name);
            found.add(wrong(
                node.span,
                place,
                node.kind_word(),
                "a map belongs here",
                &format!("`{first}: …` below it"),
            ));
            return None;
        };
        for entry in entries {
            let known = || words.iter().map(|(name, _)| *name);
            if known().chain(also.iter().copied().flatten().copied()).any(|name| name == entry.key) {
                continue;
            }
            found.add(
                Finding::new(&UNKNOWN_CONNECTION_KEY, entry.key_span)
                    .word("place", place)
                    .word("key", entry.key.clone())
                    .word_if("suggestion", nearest(&entry.key, known()))
                    .word("allowed", known().collect::<Vec<_>>().join(", ")),
            );
        }
        Some(Keys { place, node })
    }

    /// The value under a key; a key without a value is a finding of the YAML frame, and counts as not there.
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.node.get(key).filter(|node| !node.is_missing())
    }

    /// The value under a key that must be there.
    pub fn required(&self, key: &'static str, example: &str, found: &mut Findings) -> Option<&'a Node> {
        // A key that is written wrong is not missing besides.
        let is_meant = self.node.entries().unwrap_or_default().iter().any(|entry| nearest(&entry.key, [key]).is_some());
        if self.node.get(key).is_none() && !is_meant {
            found.add(
                Finding::new(&MISSING_CONNECTION_KEY, self.node.span)
                    .word("place", self.place)
                    .word("key", key)
                    .word("example", example),
            );
        }
        self.get(key)
    }

    /// One of some words.
    pub fn one_of<T: Copy>(&self, key: &'static str, words: &[(&str, T)], found: &mut Findings) -> Option<T> {
        let node = self.get(key)?;
        let text = node.text();
        let value = words.iter().find(|(word, _)| Some(*word) == text);
        if value.is_none() {
            let allowed = words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            let finding = wrong(node.span, key, &shown(node), "no word that is known here", &allowed);
            found.add(
                finding.word_if("suggestion", text.and_then(|text| nearest(text, words.iter().map(|(word, _)| *word)))),
            );
        }
        value.map(|(_, value)| *value)
    }

    /// One ASCII character, or `none` where `or_none` allows it: `Some(None)`.
    pub fn sign(&self, key: &'static str, or_none: bool, found: &mut Findings) -> Option<Option<u8>> {
        let node = self.get(key)?;
        match node.text() {
            Some("none") if or_none => return Some(None),
            Some("tab") => return Some(Some(b'\t')),
            Some(text) if text.len() == 1 && !matches!(text, "\r" | "\n" | "\0") => {
                return Some(Some(text.as_bytes()[0]));
            }
            _ => {}
        }
        let allowed = if or_none { "one character, or `none`" } else { "one character, such as `;` or `tab`" };
        found.add(wrong(node.span, key, &shown(node), "one character of ASCII belongs here", allowed));
        None
    }

    /// A list of texts; one text alone is a list too.
    pub fn texts(&self, key: &'static str, found: &mut Findings) -> Option<Vec<(String, Span)>> {
        let node = self.get(key)?;
        if let Some(text) = node.text() {
            return Some(vec![(text.to_string(), node.span)]);
        }
        let texts: Option<Vec<_>> = node
            .items()
            .and_then(|items| items.iter().map(|item| Some((item.text()?.to_string(), item.span))).collect());
        if texts.is_none() {
            found.add(wrong(node.span, key, node.kind_word(), "a list of texts belongs here", "`[a, b]`"));
        }
        texts
    }

    /// A text without templates.
    pub fn text(&self, key: &'static str, found: &mut Findings) -> Option<&'a str> {
        let node = self.get(key)?;
        if node.text().is_none() {
            found.add(wrong(node.span, key, node.kind_word(), "a text belongs here", "a text"));
        }
        node.text()
    }

    /// A number of lines.
    pub fn lines(&self, key: &'static str, found: &mut Findings) -> Option<u32> {
        let node = self.get(key)?;
        let lines = node.text().and_then(|text| text.parse().ok());
        if lines.is_none() {
            found.add(wrong(node.span, key, &shown(node), "a number of lines belongs here", "`1`"));
        }
        lines
    }

    /// A length of time: `60s`, `15m`, `26h`, `2d`.
    pub fn time(&self, key: &'static str, found: &mut Findings) -> Option<Duration> {
        let node = self.get(key)?;
        let time = node.text().and_then(seconds).map(Duration::from_secs);
        if time.is_none() {
            found.add(wrong(node.span, key, &shown(node), "no length of time", "a number with `s`, `m`, `h` or `d`"));
        }
        time
    }
}

fn seconds(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let amount: u64 = text[..text.len() - unit.len_utf8()].parse().ok()?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    amount.checked_mul(factor)
}

/// A value that a key cannot have.
pub fn wrong(span: Span, key: &str, value: &str, why: &str, allowed: &str) -> Finding {
    Finding::new(&WRONG_CONNECTION_VALUE, span)
        .word("key", key)
        .word("value", value)
        .word("why", why)
        .word("allowed", allowed)
}

/// A value as messages show it.
fn shown(node: &Node) -> String {
    match node.text() {
        Some(text) if text.chars().count() <= 24 => format!("`{text}`"),
        _ => node.kind_word().to_string(),
    }
}
