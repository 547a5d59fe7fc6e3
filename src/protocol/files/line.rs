//! Records as lines of CSV (RFC 4180): cells are quoted where they have to be, and nowhere else.

/// Appends a cell, quoted where it holds a separator, a quote or a line end.
#[inline]
pub fn push_cell(line: &mut String, separator: u8, cell: &str) {
    if has_special(cell.as_bytes(), separator) {
        push_quoted(line, cell);
    } else {
        line.push_str(cell);
    }
}

/// Appends a cell in quotes.
#[inline(never)]
pub fn push_quoted(line: &mut String, cell: &str) {
    line.push('"');
    for (place, part) in cell.split('"').enumerate() {
        line.push_str(if place > 0 { "\"\"" } else { "" });
        line.push_str(part);
    }
    line.push('"');
}

/// True if a cell must be quoted for one of its bytes. They are looked at eight at once, those at the end perhaps twice: most
/// cells are short, and of many lengths, so that loops over their bytes cost more than what is done in them.
#[inline(always)]
pub fn has_special(cell: &[u8], separator: u8) -> bool {
    let is_special = |word| is_special(word, separator);
    if let Some(last) = cell.last_chunk() {
        return is_special(u64::from_ne_bytes(*last))
            || cell.as_chunks().0.iter().any(|word| is_special(u64::from_ne_bytes(*word)));
    }
    let word = match (cell.first_chunk(), cell.last_chunk(), cell) {
        (Some(first), Some(last), _) => {
            u64::from(u32::from_ne_bytes(*first)) << 32 | u64::from(u32::from_ne_bytes(*last))
        }
        (_, _, [first, .., last]) => u64::from(*first) << 16 | u64::from(cell[cell.len() / 2]) << 8 | u64::from(*last),
        (_, _, [only]) => u64::from(*only),
        _ => 0,
    };
    is_special(word)
}

/// True if one of eight bytes is one for which a cell must be quoted.
#[inline]
fn is_special(word: u64, separator: u8) -> bool {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    // The highest bit of a byte is set where it is less; above that byte, nothing is said.
    let is_less = |word: u64, than: u8| word.wrapping_sub(EACH * u64::from(than)) & !word;
    let is = |byte: u8| is_less(word ^ (EACH * u64::from(byte)), 1);
    // Letters and digits stand behind all of them.
    let most = separator.max(b'"') + 1;
    is_less(word, most) & (EACH << 7) != 0 && (is(separator) | is(b'"') | is(b'\n') | is(b'\r')) & (EACH << 7) != 0
}

/// The bytes of a text that are a line of CSV, if they are: cells that stand one behind the other, by where each starts and
/// how long it is. Without cells, there is no line.
#[inline]
pub fn line_of(text: &[u8], separator: u8, cells: impl Iterator<Item = Option<(u32, u32)>>) -> Option<&[u8]> {
    // Where the line begins, and where the next cell does.
    let (mut begin, mut next) = (None, 0);
    for cell in cells {
        let (start, len) = cell?;
        let (start, end) = (start as usize, start as usize + len as usize);
        if begin.is_none() {
            next = start - usize::from(start > 0 && is_quoted(text, start - 1, end, separator));
            begin = Some(next);
        }
        next = match start == next {
            true => end + 1,
            false if start == next + 1 && is_quoted(text, next, end, separator) => end + 2,
            false => return None,
        };
    }
    text.get(begin?..next - 1)
}

/// True if a cell stands between these quotes, and has to.
#[inline(never)]
fn is_quoted(text: &[u8], open: usize, close: usize, separator: u8) -> bool {
    let quotes = text.get(open) == Some(&b'"') && text.get(close) == Some(&b'"');
    quotes && text.get(open + 1..close).is_some_and(|cell| has_special(cell, separator))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(cells: &[String]) -> String {
        let mut line = String::new();
        for (number, cell) in cells.iter().enumerate() {
            line.push_str(if number > 0 { ";" } else { "" });
            push_cell(&mut line, b';', cell);
        }
        line
    }

    proptest! {
        #[test]
        fn a_cell_is_quoted_for_what_would_end_it(text in "[a-zå, \"\r\n.+-]{0,20}|[a-zå#+!\u{8c}\u{a2}]{0,20}[,\"\r\n]?[a-z!#-]{0,3}") {
            prop_assert_eq!(has_special(text.as_bytes(), b','), text.contains([',', '"', '\r', '\n']));
        }

        #[test]
        fn other_cells_make_another_line(
            one in prop::collection::vec("[a;\"\n]{0,3}", 2..4), other in prop::collection::vec("[a;\"\n]{0,3}", 2..4),
        ) {
            prop_assert_eq!(line(&one) == line(&other), one == other);
        }

        #[test]
        fn a_line_is_found_where_its_cells_stand(
            before in "[\"a]{0,2}", quotes in "[01]{5}", cells in prop::collection::vec("[ab]{0,3}|[a;]{1,3}", 1..6),
        ) {
            let (mut text, mut places) = (before.clone(), Vec::new());
            for (cell, quoted) in cells.iter().zip(quotes.bytes()) {
                let quote = if quoted == b'1' || cell.contains(';') { "\"" } else { "" };
                text.push_str(quote);
                places.push(Some((text.len() as u32, cell.len() as u32)));
                text.extend([cell, quote, ";"]);
            }
            let found = line_of(text.as_bytes(), b';', places.iter().copied());
            let expected = line(&cells);
            let written = &text[before.len()..text.len() - 1];
            if written == expected {
                prop_assert_eq!(found, Some(expected.as_bytes()));
            } else {
                // Not even one that is quoted without need is taken for another.
                prop_assert!(found.is_none_or(|found| found == expected.as_bytes()));
            }
        }
    }
}
