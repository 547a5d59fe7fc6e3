//! Places in texts as editors count them: lines from 0, and in a line the code units of UTF-16; files as addresses.

use lsp_types::{Position, Range, Uri};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where a byte of a text stands.
pub fn position(text: &str, offset: usize) -> Position {
    let offset = floor(text, offset);
    let before = &text[..offset];
    let start = line_starts(before).last().unwrap_or(0);
    let line = line_starts(before).count() as u32;
    Position { line, character: before[start..].encode_utf16().count() as u32 }
}

/// The byte that stands at a place: the end of the line where the line is shorter, of the text where it has fewer lines.
pub fn offset(text: &str, position: Position) -> usize {
    let start = match position.line {
        0 => 0,
        line => match line_starts(text).nth(line as usize - 1) {
            Some(start) => start,
            None => return text.len(),
        },
    };
    let line = &text[start..];
    let end = line.find(['\n', '\r']).unwrap_or(line.len());
    let mut units = 0;
    for (at, character) in line[..end].char_indices() {
        if units >= position.character as usize {
            return start + at;
        }
        units += character.len_utf16();
    }
    start + end
}

/// The range of bytes of a text.
pub fn range(text: &str, bytes: std::ops::Range<usize>) -> Range {
    Range { start: position(text, bytes.start), end: position(text, bytes.end) }
}

/// Where lines begin after the first: behind `\n`, `\r\n` and `\r`.
fn line_starts(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let ends = |at: usize| bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    (0..bytes.len()).filter(move |&at| ends(at)).map(|at| at + 1)
}

/// The last boundary of characters at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The file that an address names; `None` if it names none (an unsaved buffer, a page of the web).
pub fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    // Windows writes `file:///c%3A/…`.
    let decoded = decoded(rest);
    let drive = decoded.as_bytes().get(2) == Some(&b':') && decoded.starts_with('/');
    Some(PathBuf::from(if drive { &decoded[1..] } else { &decoded }))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).to_string()
}

/// The address of a file.
pub fn uri(path: &Path) -> Option<Uri> {
    let text = path.to_string_lossy().replace('\\', "/");
    let mut address = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => address.push(byte as char),
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    Uri::from_str(&address).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_units_of_utf_16_and_lines_end_in_three_ways() {
        let text = "a🙂å\r\nsécond\rthird\n";
        let at = |needle: &str| position(text, text.find(needle).expect("there"));
        assert_eq!(at("å"), Position { line: 0, character: 3 });
        assert_eq!(at("cond"), Position { line: 1, character: 2 });
        assert_eq!(at("third"), Position { line: 2, character: 0 });
        assert_eq!(position(text, text.len()), Position { line: 3, character: 0 });
        for byte in (0..=text.len()).filter(|&at| text.is_char_boundary(at)) {
            // The two bytes of a line end are one place.
            if text.as_bytes().get(byte) != Some(&b'\n') || text.as_bytes()[byte - 1] != b'\r' {
                assert_eq!(offset(text, position(text, byte)), byte);
            }
        }
        assert_eq!(offset(text, Position { line: 0, character: 99 }), text.find('\r').expect("there"));
        assert_eq!(offset(text, Position { line: 99, character: 0 }), text.len());
    }

    #[test]
    fn addresses_lead_to_files_and_back() {
        let file = Path::new("/home/åsa/my project/50%.sync.yaml");
        let address = uri(file).expect("an address");
        assert_eq!(address.as_str(), "file:///home/%C3%A5sa/my%20project/50%25.sync.yaml");
        assert_eq!(path(&address).as_deref(), Some(file));
        let windows = Uri::from_str("file:///c%3A/skola/a.yaml").expect("an address");
        assert_eq!(path(&windows), Some(PathBuf::from("c:/skola/a.yaml")));
        assert_eq!(path(&Uri::from_str("untitled:Untitled-1").expect("an address")), None);
    }
}
