//! A piece of a file, as text.

use crate::protocol::files::csv::Encoding;
use crate::world::{ReadFile, World};
use std::io::{self, Read, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes of a file from some place on, decoded.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The text: UTF-8, or what claims to be.
    pub text: Vec<u8>,
    /// True if it ends where the file ends.
    pub last: bool,
    /// Places in the text where something could not be decoded (UTF-16 only; UTF-8 is checked row by row).
    pub broken: Vec<usize>,
}

impl Chunk {
    /// The start of the text, as far as it is UTF-8.
    pub fn sound(&self) -> &str {
        crate::adapter::sound(&self.text)
    }

    /// True if all of the text is UTF-8, as its sound start tells; a character that goes on behind the chunk is no error.
    pub fn is_whole(&self, sound: &str) -> bool {
        let rest = std::str::from_utf8(&self.text[sound.len()..]);
        rest.map_or_else(|error| error.error_len().is_none() && !self.last, |_| true)
    }
}

/// A file that stays open between its pages.
#[derive(Default)]
pub struct Opened(Option<(PathBuf, Box<dyn ReadFile>)>);

impl Opened {
    /// The file of a path.
    fn file(&mut self, world: &dyn World, path: &Path) -> io::Result<&mut dyn ReadFile> {
        let opened = self.0.take().filter(|(known, _)| known == path);
        let (path, file) = match opened {
            Some(opened) => opened,
            None => (path.to_path_buf(), world.open(path)?),
        };
        Ok(&mut *self.0.insert((path, file)).1)
    }

    /// Fills a buffer with what stands at a place of a file.
    pub fn fill(&mut self, world: &dyn World, path: &Path, place: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file(world, path)?.read_at(place, buffer)
    }

    /// Reads up to `want` bytes from a place of a file.
    pub fn read(&mut self, world: &dyn World, path: &Path, offset: u64, want: usize) -> io::Result<(Vec<u8>, bool)> {
        let file = self.file(world, path)?;
        file.seek(SeekFrom::Start(offset))?;
        // One byte more than wanted tells whether the file goes on. The texts that will have to be decoded come to stand behind.
        let room = want.min(1 << 24);
        let mut bytes = Vec::with_capacity(room + room / 16 + 1);
        file.take(want as u64 + 1).read_to_end(&mut bytes)?;
        let last = bytes.len() <= want;
        bytes.truncate(want);
        Ok((bytes, last))
    }
}

/// Decodes bytes. UTF-8 stays as it is.
pub fn decode(mut bytes: Vec<u8>, last: bool, encoding: Encoding, big_endian: bool) -> Chunk {
    match encoding {
        Encoding::Utf8 => Chunk { text: bytes, last, broken: Vec::new() },
        Encoding::Windows1252 => {
            let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned();
            Chunk { text: text.into_bytes(), last, broken: Vec::new() }
        }
        Encoding::Latin1 => {
            let text = encoding_rs::mem::decode_latin1(&bytes).into_owned();
            Chunk { text: text.into_bytes(), last, broken: Vec::new() }
        }
        Encoding::Utf16 => {
            let odd = bytes.len() % 2 == 1 && bytes.pop().is_some();
            let mut chunk = utf16(&bytes, last, big_endian);
            if odd && last {
                // Half a character at the end is a row that cannot be read, not nothing.
                chunk.broken.push(chunk.text.len());
                chunk.text.extend_from_slice("\u{FFFD}".as_bytes());
            }
            chunk
        }
    }
}

fn utf16(bytes: &[u8], last: bool, big_endian: bool) -> Chunk {
    let unit = |pair: &[u8]| {
        let pair = [pair[0], pair[1]];
        if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    };
    let mut text = String::with_capacity(bytes.len());
    let mut broken = Vec::new();
    for decoded in char::decode_utf16(bytes.chunks_exact(2).map(unit)) {
        text.push(decoded.unwrap_or_else(|_| {
            broken.push(text.len());
            char::REPLACEMENT_CHARACTER
        }));
    }
    Chunk { text: text.into_bytes(), last, broken }
}

/// How many bytes of the file a stretch of decoded text takes.
pub fn raw_len(text: &[u8], encoding: Encoding) -> u64 {
    let continues = |byte: &&u8| **byte & 0xC0 == 0x80;
    match encoding {
        Encoding::Utf8 => text.len() as u64,
        // Every character is one byte there, and starts with one byte here that does not continue another.
        Encoding::Windows1252 | Encoding::Latin1 => (text.len() - text.iter().filter(continues).count()) as u64,
        // Characters of four bytes here are two units there.
        Encoding::Utf16 => {
            let chars = text.len() - text.iter().filter(continues).count();
            2 * (chars + text.iter().filter(|byte| **byte >= 0xF0).count()) as u64
        }
    }
}

/// The byte order mark of an encoding, if the bytes start with one: its length, and whether the bytes are big-endian.
pub fn mark(bytes: &[u8], encoding: Encoding) -> Option<(usize, bool)> {
    match encoding {
        Encoding::Utf16 if bytes.starts_with(&[0xFF, 0xFE]) => Some((2, false)),
        Encoding::Utf16 if bytes.starts_with(&[0xFE, 0xFF]) => Some((2, true)),
        Encoding::Utf8 if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) => Some((3, false)),
        _ => None,
    }
}

/// The length of the byte order mark, and whether the bytes are big-endian: as the mark says, or as it can be seen without
/// one.
pub fn start(bytes: &[u8], encoding: Encoding) -> (usize, bool) {
    let unmarked = || (0, encoding == Encoding::Utf16 && unmarked_utf16(bytes) == Some(true));
    mark(bytes, encoding).unwrap_or_else(unmarked)
}

/// Whether bytes without a byte order mark are UTF-16, and then whether they are big-endian: of the letters and signs that
/// a file starts with, nearly every second byte is zero.
pub fn unmarked_utf16(bytes: &[u8]) -> Option<bool> {
    let pairs = bytes[..bytes.len().min(256)].chunks_exact(2);
    let (count, mut little, mut big) = (pairs.len(), 0, 0);
    for pair in pairs {
        little += usize::from(pair[0] != 0 && pair[1] == 0);
        big += usize::from(pair[0] == 0 && pair[1] != 0);
    }
    match count {
        0..2 => None,
        _ if little * 4 > count * 3 => Some(false),
        _ if big * 4 > count * 3 => Some(true),
        _ => None,
    }
}

/// The encoding that a file shows itself to have, where that cannot be the declared one.
pub fn other_encoding(bytes: &[u8], declared: Encoding) -> Option<&'static str> {
    let marked = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    let utf16 = marked || unmarked_utf16(bytes).is_some();
    match declared {
        Encoding::Utf16 if !utf16 && bytes.len() >= 2 && !bytes.contains(&0) => Some("no UTF-16"),
        Encoding::Utf16 => None,
        _ if utf16 => Some("UTF-16"),
        Encoding::Windows1252 | Encoding::Latin1 if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) => Some("UTF-8"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_the_file_are_found_again() {
        let text = "Åsa ; Łukasz € 𝕏\n";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let chunk = decode(utf16.clone(), true, Encoding::Utf16, false);
        assert_eq!(chunk.text, text.as_bytes());
        assert_eq!(raw_len(&chunk.text, Encoding::Utf16), utf16.len() as u64);
        let ansi = decode(b"\xc5sa \x80".to_vec(), true, Encoding::Windows1252, false);
        assert_eq!(ansi.text, "Åsa €".as_bytes());
        assert_eq!(raw_len(&ansi.text, Encoding::Windows1252), 5);
    }

    #[test]
    fn broken_utf16_is_seen() {
        let lone = decode(vec![b'a', 0, 0x00, 0xD8, b'b', 0, 1], true, Encoding::Utf16, false);
        assert_eq!(lone.broken, [1, 5]);
    }

    #[test]
    fn utf16_is_seen_without_a_mark() {
        let text = "number;name\n1;Łucja\n";
        let bytes = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        for (bytes, big) in [(bytes(u16::to_le_bytes), false), (bytes(u16::to_be_bytes), true)] {
            assert_eq!(unmarked_utf16(&bytes), Some(big));
            assert_eq!(start(&bytes, Encoding::Utf16), (0, big));
            assert_eq!(other_encoding(&bytes, Encoding::Utf8), Some("UTF-16"));
            assert_eq!(other_encoding(&bytes, Encoding::Utf16), None);
        }
        assert_eq!(unmarked_utf16(text.as_bytes()), None);
        assert_eq!(unmarked_utf16(b"a\0"), None);
    }
}
