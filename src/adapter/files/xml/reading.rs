//! One piece of an XML file, event by event: elements outside of records are followed, records become elements.

use super::super::element::Element;
use super::super::part::Part;
use super::super::record::Sink;
use super::{DEPTH, Open, Place, Stop, XmlFile};
use crate::adapter::Torn;
use crate::adapter::files::part::Bytes;
use quick_xml::errors::{IllFormedError, SyntaxError};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader, XmlVersion};
use std::borrow::Cow;

/// A piece while it is read.
pub(super) struct Reading<'a> {
    pub file: XmlFile<'a>,
    /// The names that lead to a record.
    pub names: Vec<String>,
    pub text: &'a str,
    pub reader: Reader<&'a [u8]>,
    /// True if the piece ends where the file ends.
    pub last: bool,
    /// True if something stands behind the text that is no text.
    pub broken: bool,
    pub place: Place,
    pub sink: Sink,
    pub part: Part,
    /// The byte up to which lines are counted.
    pub counted: usize,
}

impl<'a> Reading<'a> {
    pub fn all(mut self) -> (Part, Place) {
        loop {
            match self.step() {
                Ok(true) => {}
                Ok(false) => break,
                Err(Stop::More) if !self.last && !self.broken => break,
                Err(stop) => {
                    let why = match stop {
                        Stop::Broken(why) => why,
                        Stop::More => "the file ends in the middle of a record".into(),
                    };
                    self.count(self.at());
                    self.tear(why);
                    self.part.finished = true;
                    break;
                }
            }
        }
        self.part.cells = self.sink.cells;
        self.part.inner = self.sink.inner;
        self.part.bytes = Bytes::Raw(self.sink.tail);
        (self.part, self.place)
    }

    fn at(&self) -> usize {
        (self.reader.buffer_position() as usize).min(self.text.len())
    }

    /// Counts lines up to a byte.
    fn count(&mut self, to: usize) {
        let to = to.max(self.counted);
        self.part.line += memchr::memchr_iter(b'\n', &self.text.as_bytes()[self.counted..to]).count() as u32;
        self.counted = to;
    }

    fn tear(&mut self, why: String) {
        let origin = format!("{}, line {}", self.file.name, self.part.line);
        self.part.tear(Torn::row(origin, why));
    }

    /// Everything up to here is read.
    fn consume(&mut self) {
        let at = self.at();
        self.count(at);
        self.part.consumed = at;
    }

    fn event(&mut self) -> Result<Event<'a>, Stop> {
        self.reader.read_event().map_err(|error| {
            let cut = match &error {
                Error::Syntax(SyntaxError::InvalidBangMarkup) => {
                    self.reader.error_position() as usize + 16 > self.text.len()
                }
                Error::Syntax(_) | Error::IllFormed(IllFormedError::UnclosedReference) => true,
                _ => false,
            };
            if cut && !self.last {
                Stop::More
            } else if cut {
                Stop::Broken("the file ends in the middle of a tag, a comment or an entity: was it cut off?".into())
            } else {
                Stop::Broken(format!("the file is no XML from here on: {error}"))
            }
        })
    }

    /// One event outside of records; false at the end.
    fn step(&mut self) -> Result<bool, Stop> {
        let start = self.at();
        match self.event()? {
            Event::Start(tag) => self.enter(start, &tag, false)?,
            Event::Empty(tag) => self.enter(start, &tag, true)?,
            Event::End(tag) => {
                let name = tag.name();
                let open = self.place.open.pop();
                if open.as_ref().is_none_or(|open| open.name != name.as_ref()) {
                    return Err(mismatched(open.as_ref().map(|open| open.name.as_str()), name.as_ref()));
                }
                self.place.matched = self.place.matched.min(self.place.open.len());
            }
            Event::DocType(text) if text.contains("<!ENTITY") => {
                self.count(start);
                let why = "the document type declares entities; they are never expanded, and such a file is not read";
                return Err(Stop::Broken(why.into()));
            }
            Event::Eof => return self.end(),
            _ => {}
        }
        self.consume();
        Ok(true)
    }

    /// The end of the piece.
    fn end(&mut self) -> Result<bool, Stop> {
        if self.broken {
            let encoding = self.place.encoding.word();
            return Err(Stop::Broken(format!("the file is no {encoding} from here on; is its encoding another one?")));
        }
        if !self.last {
            return Ok(false);
        }
        if let Some(open) = self.place.open.last() {
            return Err(Stop::Broken(format!("the file ends before `{}` is closed", open.name)));
        }
        if !self.place.rooted {
            return Err(Stop::Broken("the file holds no element".into()));
        }
        self.consume();
        self.part.finished = true;
        Ok(false)
    }

    /// An element begins.
    fn enter(&mut self, start: usize, tag: &BytesStart<'a>, empty: bool) -> Result<(), Stop> {
        let depth = self.place.open.len();
        if depth >= DEPTH {
            return Err(Stop::Broken(format!("elements are nested deeper than {DEPTH}")));
        }
        let open = Open { name: tag.name().as_ref().to_string(), spaces: self.spaces(tag)? };
        self.place.open.push(open);
        let name = self.name(tag.name().as_ref());
        let on_path = self.place.matched == depth && self.names.get(depth).is_some_and(|wanted| *wanted == name);
        if depth == 0 {
            if !on_path {
                self.count(start);
                return Err(Stop::Broken(format!(
                    "the root element is `{name}`, and `select` begins with `{}`",
                    self.names[0]
                )));
            }
            self.place.rooted = true;
        }
        if on_path && depth + 1 == self.names.len() {
            self.count(start);
            self.place.record = true;
            // What was opened by the record is closed by it, or the piece is read again from before it.
            let before = self.place.open.len() - 1;
            let record = self.record(tag, empty);
            self.place.open.truncate(before);
            return record;
        }
        if on_path {
            self.place.matched = depth + 1;
            self.place.parent |= depth + 2 == self.names.len();
        }
        if empty {
            self.place.open.pop();
            self.place.matched = self.place.matched.min(depth);
        }
        Ok(())
    }

    /// Reads a record up to its end, and adds its rows.
    fn record(&mut self, tag: &BytesStart<'a>, empty: bool) -> Result<(), Stop> {
        let mut trouble = None;
        let first = self.element(tag, &mut trouble);
        let mut stack = vec![first];
        let root = self.place.open.len();
        if !empty {
            while self.inside(&mut stack, root, &mut trouble)? {}
        }
        let Some(element) = stack.pop() else { return Ok(()) };
        if let Some(why) = trouble {
            self.tear(why);
            return Ok(());
        }
        self.sink.element(self.file.shape, &element);
        self.part.lines.resize(self.sink.rows, self.part.line);
        Ok(())
    }

    /// One event inside a record; false at its end.
    fn inside(
        &mut self,
        stack: &mut Vec<Element<'a>>,
        root: usize,
        trouble: &mut Option<String>,
    ) -> Result<bool, Stop> {
        match self.event()? {
            Event::Start(tag) => {
                if self.place.open.len() >= DEPTH {
                    return Err(Stop::Broken(format!("elements are nested deeper than {DEPTH}")));
                }
                let open = Open { name: tag.name().as_ref().to_string(), spaces: self.spaces(&tag)? };
                self.place.open.push(open);
                let element = self.element(&tag, trouble);
                stack.push(element);
            }
            Event::Empty(tag) => {
                let open = Open { name: String::new(), spaces: self.spaces(&tag)? };
                self.place.open.push(open);
                let element = self.element(&tag, trouble);
                self.place.open.pop();
                add(stack, element);
            }
            Event::End(tag) => {
                let name = tag.name();
                let closes = self.place.open.last().is_some_and(|open| open.name == name.as_ref());
                if !closes {
                    let open = self.place.open.last().map(|open| open.name.as_str());
                    return Err(mismatched(open, name.as_ref()));
                }
                if let Some(top) = stack.last_mut() {
                    trim(&mut top.text);
                }
                if self.place.open.len() == root {
                    return Ok(false);
                }
                self.place.open.pop();
                if let Some(element) = stack.pop() {
                    add(stack, element);
                }
            }
            Event::Text(text) => append(stack, text.xml10_content()),
            Event::CData(text) => append(stack, text.xml10_content()),
            Event::GeneralRef(reference) => match expanded(&reference) {
                Some(text) => append(stack, Cow::Owned(text)),
                None => *trouble = trouble.take().or_else(|| Some(unknown_entity(&reference))),
            },
            Event::Eof => {
                return Err(if self.broken { Stop::Broken(self.encoding_trouble()) } else { Stop::More });
            }
            Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => {}
        }
        Ok(true)
    }

    fn encoding_trouble(&self) -> String {
        format!("the file is no {} from here on; is its encoding another one?", self.place.encoding.word())
    }

    /// An element with its attributes.
    fn element(&self, tag: &BytesStart<'a>, trouble: &mut Option<String>) -> Element<'a> {
        let mut element = Element { name: self.name(tag.name().as_ref()), ..Element::default() };
        for attribute in tag.attributes() {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => {
                    trouble.get_or_insert_with(|| format!("an attribute cannot be read: {error}"));
                    break;
                }
            };
            let name: &str = attribute.key.as_ref();
            if name == "xmlns" || name.starts_with("xmlns:") {
                continue;
            }
            let Ok(value) = attribute.normalized_value(XmlVersion::Implicit1_0) else {
                trouble.get_or_insert_with(|| "an attribute holds an entity that is not one of XML's own".into());
                continue;
            };
            element.nil |= name.ends_with(":nil") && matches!(&*value, "true" | "1");
            // An attribute without a prefix is in no namespace, whatever the namespace of its element.
            let name = if name.contains(':') { self.name(name) } else { self.cased(name) };
            let value = match value {
                Cow::Borrowed(value) => self.lasting(value),
                Cow::Owned(value) => Cow::Owned(value),
            };
            element.attributes.push((name, value));
        }
        element
    }

    /// Namespaces that a tag declares.
    fn spaces(&self, tag: &BytesStart<'a>) -> Result<Vec<(String, String)>, Stop> {
        if self.file.dialect.namespaces.is_empty() {
            return Ok(Vec::new());
        }
        let mut spaces = Vec::new();
        for attribute in tag.attributes().flatten() {
            let name: &str = attribute.key.as_ref();
            let prefix = if name == "xmlns" { Some("") } else { name.strip_prefix("xmlns:") };
            let Some(prefix) = prefix else { continue };
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|_| Stop::Broken("the address of a namespace cannot be read".into()))?;
            spaces.push((prefix.to_string(), value.into_owned()));
        }
        Ok(spaces)
    }

    /// A name as paths know it.
    fn name(&self, written: &str) -> Cow<'a, str> {
        let (prefix, local) = written.split_once(':').unwrap_or(("", written));
        let local = self.cased(local);
        let named = &self.file.dialect.namespaces;
        if named.is_empty() {
            return local;
        }
        let spaces = self.place.open.iter().rev().flat_map(|open| open.spaces.iter().rev());
        let address = spaces.into_iter().find(|(known, _)| known == prefix).map(|(_, address)| address.as_str());
        match address.filter(|address| !address.is_empty()) {
            None => local,
            Some(address) => match named.iter().find(|(_, known)| known == address) {
                Some((name, _)) => Cow::Owned(format!("{name}:{local}")),
                // Of a namespace that nobody named: no path leads to it.
                None => Cow::Owned(format!("?:{local}")),
            },
        }
    }

    fn cased(&self, name: &str) -> Cow<'a, str> {
        match self.file.dialect.any_case && name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(name.to_ascii_lowercase()),
            false => self.lasting(name),
        }
    }

    /// A part of the text that outlives the event which it came with.
    fn lasting(&self, part: &str) -> Cow<'a, str> {
        let start = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        match self.text.get(start..start.saturating_add(part.len())) {
            Some(same) if same.as_ptr() == part.as_ptr() => Cow::Borrowed(same),
            _ => Cow::Owned(part.to_string()),
        }
    }
}

fn mismatched(open: Option<&str>, closed: &str) -> Stop {
    Stop::Broken(match open {
        Some(open) => format!("`{closed}` is closed where `{open}` is open"),
        None => format!("`{closed}` is closed, and nothing is open"),
    })
}

fn add<'t>(stack: &mut [Element<'t>], element: Element<'t>) {
    if let Some(parent) = stack.last_mut() {
        parent.children.push(element);
    }
}

fn append<'t>(stack: &mut [Element<'t>], text: Cow<'t, str>) {
    let Some(top) = stack.last_mut() else { return };
    if top.text.is_empty() {
        top.text = text;
    } else {
        top.text.to_mut().push_str(&text);
    }
}

/// Takes away the blanks around a text.
fn trim(text: &mut Cow<'_, str>) {
    let blank = [' ', '\t', '\r', '\n'];
    match text {
        Cow::Borrowed(text) => *text = text.trim_matches(blank),
        Cow::Owned(text) => {
            let trimmed = text.trim_matches(blank);
            if trimmed.len() < text.len() {
                *text = trimmed.to_string();
            }
        }
    }
}

/// The text of an entity of XML itself.
fn expanded(reference: &quick_xml::events::BytesRef<'_>) -> Option<String> {
    match reference.resolve_char_ref() {
        Ok(Some(c)) => Some(c.to_string()),
        Ok(None) => resolve_predefined_entity(reference).map(String::from),
        Err(_) => None,
    }
}

fn unknown_entity(reference: &str) -> String {
    let name: String = reference.chars().take(24).collect();
    format!("`&{name};` is no entity of XML itself; entities of a document type are never expanded")
}
