//! Records of XML files, read piece by piece. Nothing that a document names is ever fetched, and no entity is expanded
//! but the five of XML itself.

mod reading;

use super::chunk::{self, Chunk};
use super::part::Part;
use super::record::Sink;
use crate::protocol::files::csv::Encoding;
use crate::protocol::files::shape::Shape;
use crate::protocol::files::xml::Xml;
use quick_xml::Reader;
use reading::Reading;

/// Elements are not nested deeper: a file that is, was made to do harm.
const DEPTH: usize = 256;

/// An XML file by its description.
#[derive(Clone, Copy)]
pub struct XmlFile<'a> {
    /// The file as people know it.
    pub name: &'a str,
    /// How it is written.
    pub dialect: &'a Xml,
    /// Where the fields lie in a record.
    pub shape: &'a Shape,
}

/// A place between two records: what is open there.
#[derive(Clone, Debug)]
pub struct Place {
    /// The byte of the file.
    pub offset: u64,
    /// The encoding of the file.
    pub encoding: Encoding,
    /// The order of bytes in UTF-16.
    pub big_endian: bool,
    /// The elements that are open.
    open: Vec<Open>,
    /// How many of them lie on the path to the records.
    matched: usize,
    /// True if the root was seen.
    rooted: bool,
    /// True if the element that holds the records was seen.
    parent: bool,
    /// True if a record was seen.
    record: bool,
}

#[derive(Clone, Debug)]
struct Open {
    /// As it is written.
    name: String,
    /// Namespaces that it declares: prefix and address.
    spaces: Vec<(String, String)>,
}

/// What stopped the reading of a record.
enum Stop {
    /// The text goes on behind the piece.
    More,
    /// The file cannot be read from here on.
    Broken(String),
}

impl<'a> XmlFile<'a> {
    /// The start of a file.
    pub fn start(&self, bytes: &[u8]) -> Result<Place, String> {
        let (encoding, skipped, big_endian) = self.encoding(bytes)?;
        let offset = skipped as u64;
        let open = Vec::new();
        Ok(Place { offset, encoding, big_endian, open, matched: 0, rooted: false, parent: false, record: false })
    }

    /// The encoding: what the dialect says, else the byte order mark, else the declaration.
    fn encoding(&self, bytes: &[u8]) -> Result<(Encoding, usize, bool), String> {
        for encoding in [Encoding::Utf16, Encoding::Utf8] {
            if let Some((skipped, big_endian)) = chunk::mark(bytes, encoding) {
                // Some systems write the mark twice.
                let twice = chunk::mark(&bytes[skipped..], encoding).is_some();
                return Ok((encoding, if twice { 2 * skipped } else { skipped }, big_endian));
            }
        }
        let unmarked = chunk::unmarked_utf16(bytes);
        let encoding = match (self.dialect.encoding, declared(bytes)) {
            (None | Some(Encoding::Utf16), None) if unmarked.is_some() => Encoding::Utf16,
            (Some(encoding), None) if unmarked.is_some() => {
                let said = encoding.word();
                return Err(format!("{}: the file is UTF-16, and `encoding` says {said}", self.name));
            }
            (Some(encoding), _) => encoding,
            (None, None) => Encoding::Utf8,
            (None, Some(name)) => match name.to_ascii_lowercase().as_str() {
                "utf-8" | "utf8" | "us-ascii" | "ascii" => Encoding::Utf8,
                "iso-8859-1" | "latin1" => Encoding::Latin1,
                "windows-1252" => Encoding::Windows1252,
                "utf-16" => Encoding::Utf16,
                _ => {
                    return Err(format!(
                        "{}: the file says that its encoding is {name}; known are utf-8, iso-8859-1, windows-1252, utf-16",
                        self.name
                    ));
                }
            },
        };
        Ok((encoding, 0, unmarked == Some(true)))
    }

    /// The records of a piece that starts at a place, on a line; gives the place behind them too.
    pub fn records(&self, chunk: &Chunk, place: &Place, line: u32) -> (Part, Place) {
        let (text, broken) = readable(chunk);
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        let reading = Reading {
            file: *self,
            names: self.dialect.names(),
            text,
            reader,
            last: chunk.last,
            broken,
            place: place.clone(),
            sink: Sink::new(&chunk.text),
            part: Part { line, ..Part::default() },
            counted: 0,
        };
        reading.all()
    }
}

/// The text of a piece, and whether something stands behind it that is no text.
fn readable(chunk: &Chunk) -> (&str, bool) {
    let stop = chunk.broken.first().copied().unwrap_or(chunk.text.len());
    match std::str::from_utf8(&chunk.text[..stop]) {
        Ok(text) => (text, stop < chunk.text.len() || !chunk.broken.is_empty()),
        Err(error) => {
            let cut = error.error_len().is_none() && !chunk.last;
            (std::str::from_utf8(&chunk.text[..error.valid_up_to()]).unwrap_or(""), !cut)
        }
    }
}

/// The encoding that an XML declaration names.
fn declared(bytes: &[u8]) -> Option<String> {
    let start = &bytes[..bytes.len().min(256)];
    let text = String::from_utf8_lossy(start);
    let declaration = text.strip_prefix("<?xml")?.split("?>").next()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split(quote).next().map(String::from)
}

impl Place {
    /// The element that is missing around the records of a file which was read to its end; the file is half a file then,
    /// unless the element is optional.
    pub fn missing_parent(&self, dialect: &Xml) -> Option<String> {
        let parents = dialect.path.len().checked_sub(1).filter(|parents| *parents > 1 && !self.parent)?;
        Some(dialect.path[..parents].join("."))
    }

    /// True if there was no record at all.
    pub fn is_empty(&self) -> bool {
        !self.record
    }
}
