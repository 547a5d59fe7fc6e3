//! YAML text to the spanned tree.
//!
//! The parser of the YAML grammar is granit-parser; this module alone knows it. Nothing is guessed about types here:
//! `no`, `0755` and `1.10` stay what was written. What YAML would silently do to a rule (cut it at ` #`, take its first
//! character for a tag) is a finding instead.

mod align;
mod build;
mod trouble;

use super::tree::Node;
use crate::finding::{Finding, Findings, codes};
use crate::source::{FileId, Sources, Span};
use granit_parser::{Event, Parser};

/// Maps and lists may lie this deep in each other.
pub const MAX_DEPTH: usize = 64;
/// A document may hold this many values.
pub const MAX_NODES: usize = 250_000;
/// A document may have this many bytes.
pub const MAX_BYTES: usize = 8 << 20;

/// Reads a document. What cannot be read is a finding, and what stands before it is returned; `None` if that is nothing.
///
/// Aliases are never expanded, so no document can be larger in memory than on disk.
pub fn read(sources: &Sources, file: FileId, found: &mut Findings) -> Option<Node> {
    let text = &sources.file(file).text;
    let before = found.len();
    if let Some(at) = text.find(char::REPLACEMENT_CHARACTER) {
        // Some tool has read the file in a wrong encoding, and this is what it wrote for what it could not read.
        let line = 1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count();
        found.add(NotUtf8 { at, line }.finding(lost_character(file, at)));
        return None;
    }
    if text.len() > MAX_BYTES {
        found.add(too_big(Span::start_of(file), format!("has more than {} MB", MAX_BYTES >> 20)));
        return None;
    }
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut builder = build::Builder::new(text, file);
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((Event::DocumentStart(..), span)) if builder.has_document() => {
                found.add(Finding::new(&codes::yaml::SEVERAL_DOCUMENTS, builder.span(&span)));
                break;
            }
            Ok((event, span)) => builder.event(event, &span, found),
            Err(error) => {
                builder.fails(&error, found);
                break;
            }
        }
        if builder.nodes > MAX_NODES {
            found.add(too_big(Span::start_of(file), format!("holds more than {MAX_NODES} values")));
            break;
        }
    }
    let root = builder.finish();
    if root.is_none() && found.len() == before {
        found.add(Finding::new(&codes::yaml::EMPTY_DOCUMENT, Span::start_of(file)));
    }
    root
}

/// The finding for a document beyond a limit: `what` completes "the document …".
fn too_big(span: Span, what: String) -> Finding {
    Finding::new(&codes::yaml::DOCUMENT_TOO_BIG, span).word("what", what)
}

/// Bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotUtf8 {
    /// The first byte that does not belong.
    pub at: usize,
    /// Its line, from 1.
    pub line: usize,
}

/// The text of a file. Koppla reads UTF-8, with or without a byte order mark, and guesses no other encoding.
pub fn decode(bytes: &[u8]) -> Result<String, NotUtf8> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let at = error.valid_up_to();
        NotUtf8 { at, line: 1 + memchr::memchr_iter(b'\n', &bytes[..at]).count() }
    })
}

impl NotUtf8 {
    /// The finding, at a place in the file as far as it could be shown.
    pub fn finding(self, span: Span) -> Finding {
        Finding::new(&codes::yaml::NOT_UTF_8, span)
            .word("offset", self.at.to_string())
            .word("line", self.line.to_string())
    }
}

/// Adds a file to the sources. If its bytes are not UTF-8, a finding says where, and the returned flag is false: the
/// text that was added then serves only to show the place, with what could not be decoded replaced.
pub fn add(sources: &mut Sources, path: impl Into<String>, bytes: &[u8], found: &mut Findings) -> (FileId, bool) {
    match decode(bytes) {
        Ok(text) => (sources.add(path, text), true),
        Err(error) => {
            // Up to the first bad byte the lossy text is the same as the file, so that the offset holds in both.
            let file = sources.add(path, String::from_utf8_lossy(bytes));
            found.add(error.finding(lost_character(file, error.at)));
            (file, false)
        }
    }
}

/// The place of the sign that stands for a character that could not be read.
fn lost_character(file: FileId, at: usize) -> Span {
    Span::new(file, at..at + char::REPLACEMENT_CHARACTER.len_utf8())
}

#[cfg(test)]
mod tests;
