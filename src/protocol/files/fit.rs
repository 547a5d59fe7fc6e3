//! What a format has no place for: judged before anything is delivered, so that one text never keeps a delivery back.

use super::csv::{Csv, Encoding};
use super::{Call, Layout};
use crate::protocol::ListForm;

/// Cells of a sheet hold no more characters.
const SHEET_CELL: usize = 32_767;

/// Why a text cannot be written into a slot, if it cannot. Names what stands in the way, never the text.
pub fn unfit(call: &Call, slot: usize, text: &str) -> Option<String> {
    let column = call.slots.get(slot)?;
    let cell = |text: &str| match &call.layout {
        Layout::Csv { dialect, .. } => csv(dialect, text),
        Layout::Xlsx { sheet, .. } => absent(&sheet.table, text).or_else(|| sheet_cell(text)),
        Layout::Fixed { dialect, ranges } => {
            let width = ranges.get(slot).map_or(0, |range| range.end - range.start);
            absent(&dialect.table, text).or_else(|| lacking(&dialect.table, text)).or_else(|| fixed(text, width))
        }
        Layout::Xml { dialect, .. } => {
            xml(text).or_else(|| dialect.encoding.and_then(|encoding| lacks(encoding, text)))
        }
        Layout::Json { .. } | Layout::Ndjson { .. } | Layout::Ldif { .. } => None,
    };
    if !column.nested {
        return cell(text);
    }
    let items: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
    let texts = || items.iter().filter_map(serde_json::Value::as_str);
    match &column.list {
        ListForm::Joined(between) if texts().any(|text| text.contains(between.as_str()) || text.is_empty()) => {
            Some(format!("`{between}` stands in an element, and that parts the elements in this file"))
        }
        ListForm::Wide(wide) if items.len() > wide.max as usize => {
            Some(format!("it has {} elements, and the file has columns for {}", items.len(), wide.max))
        }
        _ => texts().find_map(cell),
    }
}

/// Texts of bytes from a blank to below this one surely have a place in a slot.
pub fn sure_below(call: &Call, slot: usize) -> u8 {
    let letters = |encoding: Encoding| match encoding {
        Encoding::Utf8 | Encoding::Utf16 => u8::MAX,
        // Of U+00FF the first byte is 0xC3.
        Encoding::Latin1 => 0xC4,
        Encoding::Windows1252 => 0x80,
    };
    match &call.layout {
        _ if call.slots.get(slot).is_none_or(|column| column.nested) => 0,
        Layout::Csv { dialect, .. } => {
            let takes_all = dialect.quote.is_some() && dialect.empty.is_empty() && dialect.absent_when.is_empty();
            if takes_all { letters(dialect.encoding) } else { 0 }
        }
        // Of U+FFFE, which XML has no form for, it is 0xEF.
        Layout::Xml { dialect, .. } => dialect.encoding.map_or(u8::MAX, letters).min(0xEF),
        Layout::Json { .. } | Layout::Ndjson { .. } | Layout::Ldif { .. } => u8::MAX,
        Layout::Xlsx { .. } | Layout::Fixed { .. } => 0,
    }
}

/// Why a cell of CSV cannot hold a text.
pub fn csv(csv: &Csv, text: &str) -> Option<String> {
    if text.contains('\0') {
        return Some("a NUL byte stands in it".into());
    }
    let text = trimmed(csv, text);
    absent(csv, text).or_else(|| unquoted(csv, text)).or_else(|| lacking(csv, text))
}

/// A text without the blanks that mean nothing.
pub fn trimmed<'t>(csv: &Csv, text: &'t str) -> &'t str {
    let text = if csv.trim_left { text.trim_start_matches([' ', '\t']) } else { text };
    if csv.trim_right { text.trim_end_matches([' ', '\t']) } else { text }
}

/// A text that means that there is no value.
fn absent(csv: &Csv, text: &str) -> Option<String> {
    let means_nothing = !text.is_empty() && (text == csv.empty || csv.absent_when.iter().any(|word| word == text));
    means_nothing.then(|| format!("the text `{text}` means that there is no value in this dialect"))
}

fn unquoted(csv: &Csv, text: &str) -> Option<String> {
    if csv.quote.is_some() {
        return None;
    }
    let what = if text.contains(csv.separator as char) {
        "the separator stands in it"
    } else if text.contains(['\n', '\r']) {
        "a line end stands in it"
    } else {
        return None;
    };
    Some(format!("{what}, and nothing is quoted in this dialect"))
}

fn lacking(csv: &Csv, text: &str) -> Option<String> {
    lacks(csv.encoding, text)
}

/// The first character that an encoding has no bytes for.
pub fn lacks(encoding: Encoding, text: &str) -> Option<String> {
    let lacking = match encoding {
        Encoding::Utf8 | Encoding::Utf16 => None,
        Encoding::Latin1 => text.chars().find(|c| u32::from(*c) > 0xFF),
        Encoding::Windows1252 => {
            text.chars().find(|c| !c.is_ascii() && encoding_rs::WINDOWS_1252.encode(c.encode_utf8(&mut [0; 4])).2)
        }
    }?;
    Some(format!("{} has no character U+{:04X} ({lacking})", encoding.word(), u32::from(lacking)))
}

fn sheet_cell(text: &str) -> Option<String> {
    if text.encode_utf16().count() > SHEET_CELL {
        return Some(format!("a cell of a sheet holds {SHEET_CELL} characters"));
    }
    control(text)
}

fn xml(text: &str) -> Option<String> {
    control(text)
}

/// Control characters that XML has no form for (XML 1.0, section 2.2); sheets are XML too.
fn control(text: &str) -> Option<String> {
    let odd = |c: &char| matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}');
    let odd = text.chars().find(odd)?;
    Some(format!("the control character U+{:04X} stands in it, and XML has no form for it", u32::from(odd)))
}

fn fixed(text: &str, width: usize) -> Option<String> {
    if text.contains(['\n', '\r', '\0']) {
        return Some("a line end stands in it, and each record is one line".into());
    }
    let length = text.chars().count();
    (length > width).then(|| format!("it has {length} characters, and its cell {width}"))
}
