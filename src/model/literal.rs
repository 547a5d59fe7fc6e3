//! Values that stand in the YAML frame: settings, options, defaults, cells of tables. Each is read by its declared type.

use crate::finding::codes::document as codes;
use crate::finding::{Finding, Findings};
use crate::syntax::tree::{Kind, Node};
use crate::value::{Duration, Type, Unit};
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;

/// The words of an option of type `direction`.
pub const DIRECTIONS: &[&str] = &["right", "left", "both"];

/// True if the text is a value of this type. National ids, phone numbers and the like are left to whoever normalises
/// them: registers hold wrong ones.
pub fn fits(text: &str, ty: &Type) -> bool {
    match ty {
        Type::Int => text.parse::<i64>().is_ok(),
        Type::Decimal => text.parse::<Decimal>().is_ok(),
        Type::Bool => super::reader::bool_word(text).is_some(),
        Type::Date => date(text).is_some(),
        Type::DateTime => text.parse::<Timestamp>().is_ok(),
        Type::Duration => duration(text).is_some(),
        Type::MonthDay => month_day(text).is_some(),
        Type::Uuid => uuid::Uuid::parse_str(text).is_ok(),
        Type::Url => text.contains("://"),
        Type::Email => text.contains('@'),
        Type::Country => text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()),
        Type::Direction => DIRECTIONS.contains(&text),
        Type::Enum(members) => members.iter().any(|member| **member == *text),
        Type::List(_) | Type::Set(_) | Type::Struct(_) => false,
        _ => true,
    }
}

/// A calendar date, `2026-08-01`.
pub fn date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok())?
}

/// Month and day, `08-01`; the 29th of February is one.
pub fn month_day(text: &str) -> Option<(i8, i8)> {
    let (month, day) = text.split_once('-').filter(|(month, day)| month.len() == 2 && day.len() == 2)?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    Date::new(2024, month, day).ok().map(|_| (month, day))
}

/// A length of time, `30d`, `2w`, `3mo`, `1y`.
pub fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let unit = match &text[digits..] {
        "d" => Unit::Days,
        "w" => Unit::Weeks,
        "mo" => Unit::Months,
        "y" => Unit::Years,
        _ => return None,
    };
    Some(Duration { amount: text[..digits].parse().ok()?, unit })
}

/// A size: a number of characters or bytes, or `1MB`, `500kB`.
pub fn size(text: &str) -> Option<u32> {
    let (digits, factor) = match text {
        _ if text.ends_with("MB") => (&text[..text.len() - 2], 1_000_000),
        _ if text.ends_with("kB") => (&text[..text.len() - 2], 1_000),
        _ => (text, 1),
    };
    digits.parse::<u32>().ok()?.checked_mul(factor)
}

/// Checks a value of the frame against its declared type, lists and structures included, and reports the exact place.
/// A `${…}` reference is not looked into: its value is known only when it runs.
pub fn check(node: &Node, ty: &Type, name: &str, found: &mut Findings) {
    match (&node.kind, ty) {
        (_, Type::Unknown) | (Kind::Missing, _) => {}
        (Kind::Scalar(scalar), _) if reference(&scalar.text) => {}
        (Kind::Scalar(scalar), _) if fits(&scalar.text, ty) => {}
        (Kind::List(items), Type::List(one) | Type::Set(one)) => {
            items.iter().for_each(|item| check(item, one, name, found));
        }
        (Kind::Map(entries), Type::Struct(members)) => {
            for entry in entries {
                if let Some(member) = members.iter().find(|member| *member.name == *entry.key) {
                    check(&entry.value, &member.ty, &entry.key, found);
                }
            }
        }
        _ => found.add(
            Finding::new(&codes::BAD_VALUE, node.span)
                .word("name", name)
                .word("type", describe(ty))
                .word("value", node.text().unwrap_or_else(|| node.kind_word())),
        ),
    }
}

/// True if a pattern describes all of a text. One that cannot be read has its finding, and describes everything.
pub fn whole(pattern: &str, text: &str) -> bool {
    regex::Regex::new(&format!("^(?:{pattern})$")).map_or(true, |regex| regex.is_match(text))
}

/// Checks a text of the frame against a pattern, which must describe all of it.
pub fn check_pattern(node: &Node, pattern: Option<&str>, name: &str, found: &mut Findings) {
    let (Some(text), Some(pattern)) = (node.text().filter(|text| !reference(text)), pattern) else { return };
    if !whole(pattern, text) {
        let finding = Finding::new(&codes::PATTERN_NOT_MET, node.span).word("name", name);
        found.add(finding.word("pattern", pattern).word("value", text));
    }
}

/// A type in words, with the members of an enumeration.
pub fn describe(ty: &Type) -> String {
    match ty {
        Type::Enum(members) => format!("enum({})", members.join(", ")),
        Type::List(one) => format!("list of {}", describe(one)),
        Type::Set(one) => format!("set of {}", describe(one)),
        other => other.word().to_string(),
    }
}

/// True for `${NAME}` and `${file:…}`: the value stands somewhere else.
pub fn reference(text: &str) -> bool {
    text.strip_prefix("${").is_some_and(|rest| rest.len() > 1 && rest.find('}') == Some(rest.len() - 1))
}
