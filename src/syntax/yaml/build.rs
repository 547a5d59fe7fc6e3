//! Parser events to the tree.

use super::align::offset_map;
use super::mend::{Mend, Mended};
use super::trouble::{self, Trouble};
use crate::finding::{Finding, Findings, codes};
use crate::source::{FileId, OffsetMap, Span};
use crate::syntax::tree::{Entry, Kind, Node, Scalar, Style};
use granit_parser::{Event, ScalarStyle, ScanError, StructureStyle};
use std::collections::HashMap;

/// Builds the tree with a stack of its own, so that depth is a matter of the parser's limit alone.
pub struct Builder<'a> {
    mended: &'a Mended<'a>,
    text: &'a str,
    file: FileId,
    frames: Vec<Frame>,
    root: Option<Node>,
    documents: usize,
    /// How many values were read.
    pub nodes: usize,
    /// What was found: a syntax error on the same line has the same cause.
    reported: Vec<Finding>,
}

/// A list or map that is not finished.
struct Frame {
    start: usize,
    end: usize,
    flow: bool,
    kind: Open,
    /// True if the frame itself stands where a key is expected.
    is_key: bool,
}

enum Open {
    List(Vec<Node>),
    Map(Map),
}

#[derive(Default)]
struct Map {
    entries: Vec<Entry>,
    places: HashMap<String, usize>,
    key: Option<Key>,
    /// The last entry was put together from pieces that a comma had parted.
    joined: bool,
}

struct Key {
    text: String,
    span: Span,
    /// A finding says why the entry is not wanted.
    refused: bool,
}

/// Keys that YAML 1.1 tools take for booleans or null.
const MISREAD_KEYS: [&str; 8] = ["on", "off", "yes", "no", "true", "false", "null", "~"];

impl<'a> Builder<'a> {
    pub fn new(mended: &'a Mended<'a>, file: FileId) -> Builder<'a> {
        let text = mended.text();
        Builder { mended, text, file, frames: Vec::new(), root: None, documents: 0, nodes: 0, reported: Vec::new() }
    }

    /// True once a document has begun.
    pub fn has_document(&self) -> bool {
        self.documents > 0
    }

    /// The place of a span of the parser.
    pub fn span(&self, span: &granit_parser::Span) -> Span {
        Span::new(self.file, span.byte_range().unwrap_or(0..0))
    }

    /// Takes the next event.
    pub fn event(&mut self, event: Event<'_>, span: &granit_parser::Span, found: &mut Findings) {
        let place = self.span(span);
        let tagged = event.tag().and(span.tag_span());
        if let Some(tag) = tagged {
            self.reads_itself(self.span(&tag), "!", "a tag", found);
        }
        match event {
            // What is left of the text without its tag is not what was written.
            Event::Scalar(..) if tagged.is_some() && !self.expects_key() => self.leave_out(),
            Event::DocumentStart(..) => self.documents += 1,
            Event::Scalar(text, style, ..) => self.scalar(&text, style, place, found),
            Event::SequenceStart(style, ..) => self.open(Open::List(Vec::new()), style, place),
            Event::MappingStart(style, ..) => self.open(Open::Map(Map::default()), style, place),
            Event::SequenceEnd | Event::MappingEnd => self.close(place, found),
            Event::Anchor(..) => self.report(Finding::new(&codes::yaml::ANCHOR_OR_ALIAS, place), found),
            Event::Alias(_) => self.leave_out(),
            Event::UnresolvedAlias(_) => {
                if !self.is_merge() {
                    self.reads_itself(place, "*", "the name of another place", found);
                }
                self.leave_out();
            }
            _ => {}
        }
    }

    /// What the parser's error is, and how to go on. A finding on the same line, if there is one, says it better.
    pub fn fails(&self, error: &ScanError) -> Trouble {
        let at = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        let flow = |frame: &&Frame| frame.flow;
        let innermost = self.frames.iter().rev().find(flow).map(|frame| frame.start);
        let outermost = self.frames.iter().find(flow).map(|frame| frame.start);
        let line = trouble::line_start(self.text, at)..=trouble::line_end(self.text, at);
        if let Some(said) = self.reported.iter().find(|said| line.contains(&(said.span.start as usize))) {
            let start = trouble::value_on_line(self.text, at).unwrap_or(at);
            return Trouble { finding: said.clone(), sure: true, mend: Mend::Drop(start..*line.end()) };
        }
        trouble::trouble(self.text, self.file, error, at, innermost, outermost)
    }

    /// Closes what is open and gives the tree, as far as it was read. A key whose value did not come is left out.
    pub fn finish(mut self) -> Option<Node> {
        while let Some(frame) = self.frames.pop() {
            if frame.is_key {
                continue;
            }
            let node = self.node(frame, None);
            match self.frames.last_mut().map(|frame| &mut frame.kind) {
                Some(Open::List(items)) => items.push(node),
                Some(Open::Map(map)) => map.value(node),
                None => self.root = Some(node),
            }
        }
        self.root
    }

    fn report(&mut self, finding: Finding, found: &mut Findings) {
        self.reported.push(finding.clone());
        found.add(finding);
    }

    fn reads_itself(&mut self, place: Span, what: &str, meaning: &str, found: &mut Findings) {
        let finding = Finding::new(&codes::yaml::YAML_READS_THIS_ITSELF, place);
        self.report(finding.word("what", what).word("meaning", meaning), found);
    }

    fn open(&mut self, kind: Open, style: StructureStyle, place: Span) {
        let is_key = self.expects_key();
        let start = place.start as usize;
        let flow = style == StructureStyle::Flow;
        self.frames.push(Frame { start, end: place.end as usize, flow, kind, is_key });
    }

    fn close(&mut self, place: Span, found: &mut Findings) {
        let Some(frame) = self.frames.pop() else { return };
        let is_key = frame.is_key;
        let node = self.node(frame, Some(place));
        if is_key { self.key_is_no_text(node.span, found) } else { self.value(node) }
    }

    fn node(&self, frame: Frame, close: Option<Span>) -> Node {
        let end = if frame.flow { close.map_or(frame.end, |close| close.end as usize) } else { frame.end };
        let kind = match frame.kind {
            Open::List(items) => Kind::List(items),
            Open::Map(map) => Kind::Map(map.entries),
        };
        Node { kind, span: Span::new(self.file, frame.start..end.max(frame.start)) }
    }

    fn expects_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { kind: Open::Map(Map { key: None, .. }), .. }))
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, place: Span, found: &mut Findings) {
        if self.expects_key() {
            return self.key(text, style, place, found);
        }
        if style == ScalarStyle::Plain && place.start == place.end {
            return self.missing(place, found);
        }
        if self.mended.dropped(place.start as usize) {
            return self.leave_out();
        }
        let node = if let Some(range) = self.mended.kept(place.start as usize) {
            self.verbatim(range)
        } else if style == ScalarStyle::Plain && self.is_cut_by_comment(text, place) {
            let end = trouble::line_end(self.text, place.end as usize);
            self.reads_itself(Span { start: place.end + 1, end: end as u32, ..place }, "#", "a comment", found);
            self.verbatim(place.start as usize..end)
        } else {
            self.read_scalar(text, style, place)
        };
        self.value(node);
    }

    fn key(&mut self, text: &str, style: ScalarStyle, place: Span, found: &mut Findings) {
        if place.start == place.end {
            return self.key_is_no_text(place, found);
        }
        let plain = style == ScalarStyle::Plain;
        let refused = plain && text == "<<";
        if refused {
            self.report(Finding::new(&codes::yaml::ANCHOR_OR_ALIAS, place), found);
        } else if plain && MISREAD_KEYS.contains(&text.to_lowercase().as_str()) {
            self.report(Finding::new(&codes::yaml::KEY_MISREAD_ELSEWHERE, place).word("key", text), found);
        }
        let text = if plain { text.trim() } else { text };
        self.set_key(Key { text: text.to_string(), span: place, refused });
        self.duplicate(found);
    }

    fn key_is_no_text(&mut self, place: Span, found: &mut Findings) {
        self.report(Finding::new(&codes::yaml::KEY_NOT_A_TEXT, place), found);
        self.set_key(Key { text: String::new(), span: place, refused: true });
    }

    fn set_key(&mut self, key: Key) {
        if let Some(Frame { kind: Open::Map(map), end, .. }) = self.frames.last_mut() {
            *end = key.span.end as usize;
            map.key = Some(key);
        }
    }

    fn duplicate(&mut self, found: &mut Findings) {
        let Some(Open::Map(map)) = self.frames.last_mut().map(|frame| &mut frame.kind) else { return };
        let Some(key) = map.key.as_mut().filter(|key| !key.refused) else { return };
        let Some(&first) = map.places.get(&key.text) else { return };
        key.refused = true;
        let finding = Finding::new(&codes::yaml::DUPLICATE_KEY, key.span)
            .word("key", key.text.as_str())
            .other(map.entries[first].key_span, "first given here");
        self.report(finding, found);
    }

    fn is_merge(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { kind: Open::Map(Map { key: Some(key), .. }), .. }) if key.text == "<<")
    }

    /// An alias: a finding said so, and nothing stands in its place.
    fn leave_out(&mut self) {
        if self.expects_key() {
            let span = Span::start_of(self.file);
            self.set_key(Key { text: String::new(), span, refused: true });
        } else if let Some(Frame { kind: Open::Map(map), .. }) = self.frames.last_mut() {
            map.key = None;
        }
    }

    fn value(&mut self, node: Node) {
        self.nodes += 1;
        let end = node.span.end as usize;
        match self.frames.last_mut() {
            Some(frame) => {
                frame.end = frame.end.max(end);
                match &mut frame.kind {
                    Open::List(items) => items.push(node),
                    Open::Map(map) => map.value(node),
                }
            }
            None => self.root = Some(node),
        }
    }

    /// A key without a value, or an empty item. In `{ doc: one, two }` the comma ended the text `one`, and `two` is a
    /// key of its own: the pieces are put together again, so that one comma is one finding.
    fn missing(&mut self, place: Span, found: &mut Findings) {
        let Some(Frame { kind: Open::Map(map), flow, .. }) = self.frames.last_mut() else {
            return self.value(Node { kind: Kind::Missing, span: place });
        };
        let Some(key) = &map.key else { return };
        let span = key.span;
        let has_colon = self.text[span.end as usize..].trim_start().starts_with(':');
        let before = map.entries.last().filter(|entry| is_plain(&entry.value)).map(|entry| entry.value.span);
        let Some(before) = before.filter(|_| *flow && !has_colon && !key.refused) else {
            return self.value(Node { kind: Kind::Missing, span });
        };
        let first = !std::mem::replace(&mut map.joined, true);
        map.key = None;
        let joined = self.verbatim(before.start as usize..span.end as usize);
        if let Some(Open::Map(map)) = self.frames.last_mut().map(|frame| &mut frame.kind)
            && let Some(last) = map.entries.last_mut()
        {
            last.value = joined;
        }
        if first {
            self.report(Finding::new(&codes::yaml::COMMA_IN_PLAIN_TEXT, span), found);
        }
    }

    /// ` #` began a comment inside a text: a quote is open before it and closed behind it.
    fn is_cut_by_comment(&self, text: &str, place: Span) -> bool {
        let quotes = |text: &str| text.matches('"').count() % 2 == 1;
        let end = place.end as usize;
        let rest = &self.text[end..];
        let comment = || &rest[..trouble::line_end(self.text, end) - end];
        quotes(text) && rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#') && quotes(comment())
    }

    /// A scalar that stands in the file as it is.
    fn verbatim(&self, range: std::ops::Range<usize>) -> Node {
        let raw = &self.mended.original()[range.clone()];
        let text = raw.strip_prefix(['"', '\'']).filter(|rest| !rest.contains(['"', '\''])).unwrap_or(raw);
        let start = range.start + (raw.len() - text.len());
        let text = text.trim_end();
        let span = Span::new(self.file, start..start + text.len());
        let scalar = Scalar { text: text.to_string(), style: Style::Plain, map: OffsetMap::identity(span) };
        Node { kind: Kind::Scalar(scalar), span }
    }

    fn read_scalar(&self, text: &str, style: ScalarStyle, place: Span) -> Node {
        let range = place.range();
        let inner = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => range.start + 1..range.end - 1,
            _ => range.start..range.start + self.text[range.clone()].trim_end().len(),
        };
        // Hard blanks, as word processors write them, are no part of a plain text either.
        let (inner, text) = match style {
            ScalarStyle::Plain => {
                let blanks = text.len() - text.trim_start().len();
                (inner.start + blanks..inner.end, text.trim())
            }
            _ => (inner, text),
        };
        let map = offset_map(self.file, &self.text[inner.clone()], inner.start, text, style);
        let (style, span) = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => (Style::Quoted, range),
            ScalarStyle::Literal => (Style::Literal, inner),
            ScalarStyle::Folded => (Style::Folded, inner),
            ScalarStyle::Plain => (Style::Plain, inner),
        };
        let scalar = Scalar { text: text.to_string(), style, map };
        Node { kind: Kind::Scalar(scalar), span: Span::new(self.file, span) }
    }
}

impl Map {
    fn value(&mut self, value: Node) {
        let Some(key) = self.key.take() else { return };
        if key.refused {
            return;
        }
        self.joined = false;
        self.places.insert(key.text.clone(), self.entries.len());
        self.entries.push(Entry { key: key.text, key_span: key.span, value });
    }
}

fn is_plain(node: &Node) -> bool {
    matches!(&node.kind, Kind::Scalar(scalar) if scalar.style == Style::Plain)
}
