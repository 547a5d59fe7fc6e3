//! Entries of LDIF files (RFC 2849): what a directory holds. Names of attributes mean the same in upper and lower case.

use super::chunk::Chunk;
use super::element::Element;
use super::part::{Bytes, Part};
use super::record::Sink;
use crate::adapter::Torn;
use crate::protocol::files::shape::Shape;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use memchr::memchr;
use std::borrow::Cow;

/// An LDIF file by its description.
#[derive(Clone, Copy)]
pub struct LdifFile<'a> {
    /// The file as people know it.
    pub name: &'a str,
    /// Where the fields lie in an entry.
    pub shape: &'a Shape,
}

/// A line without its line end.
struct Line {
    start: usize,
    stop: usize,
    next: usize,
}

/// The lines of an entry.
struct Entry {
    /// With their numbers in it, from 0.
    lines: Vec<(Line, u32)>,
    /// Where the next entry starts.
    next: usize,
    /// How many lines that is.
    count: u32,
}

impl<'a> LdifFile<'a> {
    /// The entries of a piece; the first one starts at its start, on this line.
    pub fn entries(&self, chunk: &'a Chunk, line: u32) -> Part {
        let mut sink = Sink::new(&chunk.text);
        let mut part = Part { line, ..Part::default() };
        while let Some(Entry { lines, next, count }) = entry(&chunk.text, part.consumed, chunk.last) {
            if !lines.is_empty() {
                let own = lines.iter().find(|(line, _)| chunk.text[line.start] != b'#');
                let origin = part.line + own.map_or(0, |(_, number)| *number);
                match self.entry(&chunk.text, &lines) {
                    Ok(Some(element)) => {
                        sink.element(self.shape, &element);
                        part.lines.resize(sink.rows, origin);
                    }
                    Ok(None) => {}
                    Err((at, why)) => {
                        let origin = format!("{}, line {}", self.name, part.line + at);
                        part.tear(Torn::row(origin, why));
                    }
                }
            }
            part.consumed = next;
            part.line += count;
        }
        part.finished = chunk.last && part.consumed == chunk.text.len();
        part.cells = sink.cells;
        part.inner = sink.inner;
        part.bytes = Bytes::Raw(sink.tail);
        part
    }

    /// The element of an entry; none for the line that names the version. The error names its line, from the first one.
    fn entry(&self, text: &'a [u8], lines: &[(Line, u32)]) -> Result<Option<Element<'a>>, (u32, String)> {
        let mut element = Element::default();
        for (piece, at) in join(text, lines) {
            let fail = |why: &str| (at, why.to_string());
            let readable = match piece {
                Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).ok(),
                Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).ok(),
            };
            let line = readable.ok_or_else(|| fail("the line is no UTF-8"))?;
            if line.starts_with('#') {
                continue;
            }
            let colon = line.find(':').ok_or_else(|| fail("a line is a name, a colon and a value"))?;
            let name = line[..colon].to_ascii_lowercase();
            if name == "version" && element.children.is_empty() && lines.len() == 1 {
                return Ok(None);
            }
            if name == "version" && element.children.is_empty() {
                continue;
            }
            if name == "changetype" && line[colon + 1..].trim() != "add" {
                return Err(fail("the entry is a change, not a record; LDIF is read as what a directory holds"));
            }
            let value = value(&line, colon).map_err(fail)?;
            element.children.push(Element::leaf(name, value));
        }
        match element.children.first() {
            None => Ok(None),
            Some(first) if first.name == "dn" => Ok(Some(element)),
            Some(_) => Err((lines[0].1, "an entry starts with `dn:`".into())),
        }
    }
}

/// The value behind a colon.
fn value<'t>(line: &Cow<'t, str>, colon: usize) -> Result<Cow<'t, str>, &'static str> {
    let rest = &line[colon + 1..];
    if let Some(encoded) = rest.strip_prefix(':') {
        let bytes = BASE64.decode(encoded.trim()).map_err(|_| "a value after `::` is no base64")?;
        // Pictures and certificates are no texts: nobody can ask for them here.
        return Ok(Cow::Owned(String::from_utf8(bytes).unwrap_or_default()));
    }
    if rest.starts_with('<') {
        return Err("a value that lies elsewhere (`:<`) is never fetched");
    }
    let start = colon + 1 + (rest.len() - rest.trim_start_matches(' ').len());
    Ok(match line {
        Cow::Borrowed(line) => Cow::Borrowed(&line[start..]),
        Cow::Owned(line) => Cow::Owned(line[start..].to_string()),
    })
}

/// The next entry. `None` if it goes on behind the text, or nothing is left.
fn entry(text: &[u8], at: usize, last: bool) -> Option<Entry> {
    let mut lines = Vec::new();
    let (mut here, mut count) = (at, 0);
    while here < text.len() {
        let line = line(text, here, last)?;
        here = line.next;
        count += 1;
        if line.start < line.stop {
            lines.push((line, count - 1));
        } else if !lines.is_empty() {
            return Some(Entry { lines, next: here, count });
        }
    }
    (last && here > at).then_some(Entry { lines, next: here, count })
}

fn line(text: &[u8], start: usize, last: bool) -> Option<Line> {
    let (stop, next) = match memchr(b'\n', &text[start..]) {
        Some(found) => (start + found, start + found + 1),
        None if last => (text.len(), text.len()),
        None => return None,
    };
    let stop = if stop > start && text[stop - 1] == b'\r' { stop - 1 } else { stop };
    Some(Line { start, stop, next })
}

/// Lines of an entry; those that start with a blank go on with the line before.
fn join<'t>(text: &'t [u8], lines: &[(Line, u32)]) -> Vec<(Cow<'t, [u8]>, u32)> {
    let mut joined: Vec<(Cow<'t, [u8]>, u32)> = Vec::with_capacity(lines.len());
    for (line, number) in lines {
        let bytes = &text[line.start..line.stop];
        match joined.last_mut() {
            Some((before, _)) if bytes[0] == b' ' => before.to_mut().extend_from_slice(&bytes[1..]),
            _ => joined.push((Cow::Borrowed(bytes), *number)),
        }
    }
    joined
}
