//! Normal form, equality and order of values by their type.
//!
//! Two values of a type are equal if their normal forms are: an e-mail address in lower case, a phone number as E.164,
//! text in Unicode NFC, a national id as its digits, a set without order. A value that is in normal form already is
//! returned as it is: no byte is copied for it.

use super::ids::{Brin, Bsn, Personnummer, Rijksregisternummer};
use super::phone::{self, Region};
use super::{Arena, Duration, Type, Unit, Value, country};
use rust_decimal::Decimal;
use std::cmp::Ordering;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The normal form of a value. Phone numbers without country code are taken for Swedish; see [`normal_form_in`].
pub fn normal_form<'a>(ty: &Type, value: Value<'a>, arena: &'a Arena) -> Value<'a> {
    normal_form_in(Region::SWEDEN, ty, value, arena)
}

/// The normal form of a value, phone numbers without country code taken for those of a region.
pub fn normal_form_in<'a>(region: Region, ty: &Type, value: Value<'a>, arena: &'a Arena) -> Value<'a> {
    match (ty, value) {
        (_, Value::Text(text)) => Value::Text(normal_text(region, ty, text, arena)),
        (Type::Decimal, Value::Int(number)) => Value::Decimal(Decimal::from(number)),
        (_, Value::Decimal(number)) => Value::Decimal(number.normalize()),
        (_, Value::Duration(length)) => Value::Duration(shortest(length)),
        (Type::List(element), Value::List(items)) => {
            Value::List(each_normal(items, arena, |_, item| normal_form_in(region, element, item, arena)))
        }
        (Type::Set(element), Value::List(items)) => {
            let items = each_normal(items, arena, |_, item| normal_form_in(region, element, item, arena));
            Value::List(ordered(element, items, arena))
        }
        (Type::Struct(members), Value::Struct(values)) => Value::Struct(each_normal(values, arena, |index, value| {
            members.get(index).map_or(value, |member| normal_form_in(region, &member.ty, value, arena))
        })),
        _ => value,
    }
}

/// The normal form of a text of a textual type.
fn normal_text<'a>(region: Region, ty: &Type, text: &'a str, arena: &'a Arena) -> &'a str {
    match ty {
        Type::Email => nfc(lower(text.trim(), arena), arena),
        Type::Phone => nfc(phone::normal(text, region, arena), arena),
        Type::Uuid => uuid(text, arena).unwrap_or(text),
        Type::Country => country::code(text).unwrap_or(text),
        Type::Personnummer => {
            same_or(text, Personnummer::read(text, None).ok().as_ref().map(Personnummer::twelve), arena)
        }
        Type::Bsn => same_or(text, Bsn::read(text).ok().as_ref().map(Bsn::nine), arena),
        Type::Brin => same_or(text, Brin::read(text).ok().as_ref().map(Brin::text), arena),
        Type::Rijksregisternummer => {
            same_or(text, Rijksregisternummer::read(text).ok().as_ref().map(Rijksregisternummer::eleven), arena)
        }
        // A password is what was typed, to the byte.
        Type::Secret => text,
        _ => nfc(text, arena),
    }
}

/// The normal form that was found, copied only if it differs; the text itself if none was found.
fn same_or<'a>(text: &'a str, normal: Option<&str>, arena: &'a Arena) -> &'a str {
    match normal {
        Some(normal) if normal != text => arena.alloc_str(normal),
        _ => text,
    }
}

/// All bytes of a text whose letters stand before U+0300 are below this one.
pub const COMPOSED_BELOW: u8 = 0xCC;

/// True of a text all of whose letters stand before U+0300, where marks begin that belong to the letter before them: it is in
/// normal form C as it stands, and its bytes tell. Nearly all names in the Latin script are.
#[inline]
pub fn is_composed(text: &[u8]) -> bool {
    text.iter().fold(0, |most: u8, byte| most.max(*byte)) < COMPOSED_BELOW
}

/// Text in Unicode normal form C (UAX 15), so that `é` is one thing however a system writes it.
pub fn nfc<'a>(text: &'a str, arena: &'a Arena) -> &'a str {
    if is_composed(text.as_bytes()) || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return text;
    }
    let mut composed = bumpalo::collections::String::with_capacity_in(text.len(), arena);
    composed.extend(text.nfc());
    if composed == text { text } else { composed.into_bump_str() }
}

/// The text without blanks (by Unicode) at both ends.
pub fn trimmed(text: &str) -> &str {
    let is_letter = |byte: &u8| byte.is_ascii_graphic();
    match text.as_bytes() {
        [first, .., last] if is_letter(first) && is_letter(last) => text,
        _ => text.trim(),
    }
}

/// Lower case by Unicode, not copied if it is lower already.
pub fn lower<'a>(text: &'a str, arena: &'a Arena) -> &'a str {
    if text.is_ascii() {
        // All bytes at once are looked at faster than one by one up to the first.
        if !text.bytes().fold(false, |any, byte| any | byte.is_ascii_uppercase()) {
            return text;
        }
        let copy = arena.alloc_str(text);
        copy.make_ascii_lowercase();
        return copy;
    }
    if text.contains('Σ') {
        // The only letter whose lower case depends on its place in the word.
        return arena.alloc_str(&text.to_lowercase());
    }
    let is_lower = |letter: char| match letter {
        'a'..='z' | 'å' | 'ä' | 'ö' | 'é' | 'ë' => true,
        _ if letter.is_ascii() => !letter.is_ascii_uppercase(),
        _ => letter.to_lowercase().eq([letter]),
    };
    if text.chars().all(is_lower) {
        return text;
    }
    let mut lowered = bumpalo::collections::String::with_capacity_in(text.len(), arena);
    lowered.extend(text.chars().flat_map(char::to_lowercase));
    lowered.into_bump_str()
}

/// A UUID in lower case with hyphens (RFC 9562); also read without hyphens, in braces, or as a URN.
pub fn uuid<'a>(text: &'a str, arena: &'a Arena) -> Option<&'a str> {
    let bytes = text.as_bytes();
    let hyphens = [8, 13, 18, 23];
    let canonical = bytes.len() == 36
        && bytes.iter().enumerate().all(|(place, byte)| match byte {
            b'-' => hyphens.contains(&place),
            b'0'..=b'9' | b'a'..=b'f' => !hyphens.contains(&place),
            _ => false,
        });
    if canonical {
        return Some(text);
    }
    let uuid = uuid::Uuid::try_parse(text.trim()).ok()?;
    let mut buffer = uuid::Uuid::encode_buffer();
    Some(arena.alloc_str(uuid.hyphenated().encode_lower(&mut buffer)))
}

/// Weeks as days, years as months: what can be compared is written alike.
fn shortest(length: Duration) -> Duration {
    let in_units = |factor: i32, unit| length.amount.checked_mul(factor).map(|amount| Duration { amount, unit });
    let shorter = match length.unit {
        Unit::Weeks => in_units(7, Unit::Days),
        Unit::Years => in_units(12, Unit::Months),
        Unit::Days | Unit::Months => None,
    };
    shorter.unwrap_or(length)
}

/// Items in normal form; the same slice if all were.
fn each_normal<'a>(
    items: &'a [Value<'a>],
    arena: &'a Arena,
    normal: impl Fn(usize, Value<'a>) -> Value<'a>,
) -> &'a [Value<'a>] {
    let Some(first) = items.iter().enumerate().position(|(index, item)| !is_same(*item, normal(index, *item))) else {
        return items;
    };
    let changed = arena.alloc_slice_copy(items);
    for (index, item) in changed.iter_mut().enumerate().skip(first) {
        *item = normal(index, *item);
    }
    changed
}

/// True if a normal form is the value itself, by address and not by content.
fn is_same(value: Value<'_>, normal: Value<'_>) -> bool {
    match (value, normal) {
        (Value::Text(a), Value::Text(b)) => std::ptr::eq(a, b),
        (Value::List(a), Value::List(b)) | (Value::Struct(a), Value::Struct(b)) => std::ptr::eq(a, b),
        (Value::Decimal(a), Value::Decimal(b)) => a.serialize() == b.serialize(),
        (Value::Int(_), Value::Decimal(_)) => false,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        _ => true,
    }
}

/// The elements of a set in the order of their type, each once.
fn ordered<'a>(element: &Type, items: &'a [Value<'a>], arena: &'a Arena) -> &'a [Value<'a>] {
    if items.windows(2).all(|pair| total_order(element, pair[0], pair[1]) == Ordering::Less) {
        return items;
    }
    let sorted = arena.alloc_slice_copy(items);
    sorted.sort_by(|a, b| total_order(element, *a, *b));
    let mut kept = bumpalo::collections::Vec::with_capacity_in(sorted.len(), arena);
    kept.extend_from_slice(sorted);
    kept.dedup_by(|a, b| total_order(element, *a, *b) == Ordering::Equal);
    kept.into_bump_slice()
}

/// True if two values of a type mean the same. Absent equals absent and nothing else.
pub fn equal(ty: &Type, a: Value<'_>, b: Value<'_>) -> bool {
    match (a, b) {
        (Value::Absent, Value::Absent) => true,
        (Value::Text(a), Value::Text(b)) => equal_text(ty, a, b),
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Date(a), Value::Date(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::List(_), Value::List(_)) | (Value::Struct(_), Value::Struct(_)) | (Value::Duration(_), _) => {
            let arena = Arena::new();
            total_order(ty, normal_form(ty, a, &arena), normal_form(ty, b, &arena)) == Ordering::Equal
        }
        _ => total_order(ty, a, b) == Ordering::Equal,
    }
}

/// Whether texts mean the same as this one, as [`Type::Text`] has it.
pub fn same_text(text: &str) -> impl Fn(&str) -> bool {
    let composed = is_composed(text.as_bytes());
    move |other| {
        if other.len() == text.len() && other == text {
            return true;
        }
        let differs = starts_apart(text, other) || composed && is_composed(other.as_bytes());
        !differs && equal_text(&Type::Text, other, text)
    }
}

/// Whether two texts mean the same, as [`Type::Text`] has it.
#[inline]
pub fn are_same_texts(a: &str, b: &str) -> bool {
    a == b || !starts_apart(a, b) && equal_text(&Type::Text, a, b)
}

/// True of texts that start with different characters of ASCII. Their normal forms differ: those characters are composed of
/// nothing, and what is composed of one of them is not composed of another.
#[inline]
fn starts_apart(a: &str, b: &str) -> bool {
    match (a.as_bytes().first(), b.as_bytes().first()) {
        (Some(a), Some(b)) => a != b && (a | b).is_ascii(),
        _ => false,
    }
}

/// Equality of texts: the common cases without any normal form.
fn equal_text(ty: &Type, a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    if a.is_ascii() && b.is_ascii() {
        match ty {
            Type::Email => return a.trim().eq_ignore_ascii_case(b.trim()),
            Type::Text | Type::Enum(_) | Type::Url | Type::Secret | Type::Direction => return false,
            _ => {}
        }
    } else if matches!(ty, Type::Text) && is_composed(a.as_bytes()) && is_composed(b.as_bytes()) {
        return false;
    }
    let arena = Arena::new();
    normal_text(Region::SWEDEN, ty, a, &arena) == normal_text(Region::SWEDEN, ty, b, &arena)
}

/// The order of two values of a type, for `<`, `sort`, `min`: numbers by size, dates and times by the calendar, `false`
/// before `true`, the words of an enum as declared, other text by the code points of its normal form. None where one is
/// absent or the type has no order.
pub fn compare(ty: &Type, a: Value<'_>, b: Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Some(order_text(ty, a, b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(&b)),
        (Value::Int(_) | Value::Decimal(_), Value::Int(_) | Value::Decimal(_)) => Some(decimal(a).cmp(&decimal(b))),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(&b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(&b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(&b)),
        (Value::MonthDay(..), Value::MonthDay(..)) => Some(total_order(ty, a, b)),
        (Value::Duration(a), Value::Duration(b)) => {
            let (a, b) = (shortest(a), shortest(b));
            (a.unit == b.unit).then(|| a.amount.cmp(&b.amount))
        }
        _ => None,
    }
}

fn order_text(ty: &Type, a: &str, b: &str) -> Ordering {
    if let Type::Enum(words) = ty {
        let place = |text: &str| words.iter().position(|word| **word == *text).unwrap_or(words.len());
        return place(a).cmp(&place(b)).then_with(|| a.cmp(b));
    }
    if matches!(ty, Type::Text) && is_composed(a.as_bytes()) && is_composed(b.as_bytes()) {
        return a.cmp(b);
    }
    let arena = Arena::new();
    normal_text(Region::SWEDEN, ty, a, &arena).cmp(normal_text(Region::SWEDEN, ty, b, &arena))
}

fn decimal(value: Value<'_>) -> Decimal {
    match value {
        Value::Int(number) => Decimal::from(number),
        Value::Decimal(number) => number,
        _ => Decimal::ZERO,
    }
}

/// An order of all values in normal form, so that sets have one. Values of different kinds stand in the order of [`rank`].
fn total_order(ty: &Type, a: Value<'_>, b: Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::MonthDay(..), Value::MonthDay(..)) | (Value::Row(_), Value::Row(_)) => small(a).cmp(&small(b)),
        (Value::Duration(x), Value::Duration(y)) => {
            compare(ty, a, b).unwrap_or_else(|| x.unit.letters().cmp(y.unit.letters()))
        }
        (Value::List(a), Value::List(b)) => lists(a, b, |_| ty.element().unwrap_or(&Type::Unknown)),
        (Value::Struct(a), Value::Struct(b)) => lists(a, b, |index| match ty {
            Type::Struct(members) => members.get(index).map_or(&Type::Unknown, |member| &member.ty),
            _ => &Type::Unknown,
        }),
        _ => compare(ty, a, b).unwrap_or_else(|| rank(a).cmp(&rank(b))),
    }
}

fn lists<'t>(a: &[Value<'_>], b: &[Value<'_>], ty: impl Fn(usize) -> &'t Type) -> Ordering {
    let pairs = a.iter().zip(b).enumerate();
    let first = pairs.map(|(index, (a, b))| total_order(ty(index), *a, *b)).find(|order| order.is_ne());
    first.unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// A day of the year or a record as a pair of numbers.
fn small(value: Value<'_>) -> (u32, u32) {
    match value {
        Value::MonthDay(month, day) => (month.unsigned_abs().into(), day.unsigned_abs().into()),
        Value::Row(row) => (row.table, row.row),
        _ => (0, 0),
    }
}

fn rank(value: Value<'_>) -> u8 {
    match value {
        Value::Absent => 0,
        Value::Bool(_) => 1,
        Value::Int(_) | Value::Decimal(_) => 2,
        Value::Text(_) => 3,
        Value::Bytes(_) => 4,
        Value::Date(_) => 5,
        Value::DateTime(_) => 6,
        Value::Duration(_) => 7,
        Value::MonthDay(..) => 8,
        Value::List(_) => 9,
        Value::Struct(_) => 10,
        Value::Row(_) => 11,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Member;
    use proptest::prelude::*;

    const TEXTUAL: [Type; 10] = [
        Type::Text,
        Type::Email,
        Type::Phone,
        Type::Uuid,
        Type::Url,
        Type::Personnummer,
        Type::Bsn,
        Type::Rijksregisternummer,
        Type::Brin,
        Type::Country,
    ];

    #[test]
    fn spellings_that_are_equal() {
        let same = |ty: Type, a, b| assert!(equal(&ty, Value::Text(a), Value::Text(b)), "{a} {b}");
        same(Type::Email, "Anna@Skola.Example ", "anna@skola.example");
        same(Type::Email, "Åsa@Skola.Example", "åsa@skola.example");
        same(Type::Phone, "070-174 06 05", "+46701740605");
        same(Type::Phone, "08-465 004 00", "+4684 650 0400");
        same(Type::Text, "Zo\u{eb}", "Zoe\u{308}");
        same(Type::Uuid, "{6BA7B812-9DAD-11D1-80B4-00C04FD430C8}", "6ba7b812-9dad-11d1-80b4-00c04fd430c8");
        same(Type::Personnummer, "20121221-2391", "201212212391");
        same(Type::Rijksregisternummer, "00.01.25-567.77", "00012556777");
        same(Type::Country, "se", "SE");
        assert!(!equal(&Type::Text, Value::Text("Anna"), Value::Text("anna")));
        assert!(!equal(&Type::Secret, Value::Text("e\u{301}"), Value::Text("é")), "a password is its bytes");
    }

    #[test]
    fn what_is_normal_is_not_copied() {
        let arena = Arena::new();
        for (ty, text) in [
            (Type::Text, "Ångström"),
            (Type::Email, "anna@skola.example"),
            (Type::Phone, "+46701740605"),
            (Type::Uuid, "6ba7b812-9dad-11d1-80b4-00c04fd430c8"),
            (Type::Personnummer, "201212212391"),
        ] {
            let normal = normal_form(&ty, Value::Text(text), &arena);
            assert!(is_same(Value::Text(text), normal), "{text}");
        }
        assert_eq!(arena.allocated_bytes(), 0);
    }

    #[test]
    fn numbers_lengths_and_absence() {
        let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
        let length = |amount, unit| Value::Duration(Duration { amount, unit });
        assert!(equal(&Type::Decimal, decimal("1.50"), decimal("1.5")));
        assert!(equal(&Type::Decimal, Value::Int(2), decimal("2.0")));
        assert!(equal(&Type::Duration, length(2, Unit::Weeks), length(14, Unit::Days)));
        assert!(!equal(&Type::Duration, length(1, Unit::Months), length(30, Unit::Days)));
        assert!(!equal(&Type::Text, Value::Absent, Value::Text("")));
        assert!(equal(&Type::Text, Value::Absent, Value::Absent));
        assert_eq!(compare(&Type::Int, Value::Absent, Value::Int(1)), None);
        assert_eq!(compare(&Type::Decimal, decimal("1.5"), Value::Int(2)), Some(Ordering::Less));
        assert_eq!(compare(&Type::Duration, length(1, Unit::Months), length(30, Unit::Days)), None);
    }

    #[test]
    fn sets_have_no_order_and_lists_have() {
        let (a, b, c) = (Value::Text("A@x.example"), Value::Text("a@x.example"), Value::Text("b@x.example"));
        let set = Type::Set(Type::Email.into());
        assert!(equal(&set, Value::List(&[c, a]), Value::List(&[b, a, c])));
        assert!(!equal(&set, Value::List(&[c]), Value::List(&[a, c])));
        let list = Type::List(Type::Email.into());
        assert!(!equal(&list, Value::List(&[c, a]), Value::List(&[b, c])));
        assert!(equal(&list, Value::List(&[a, c]), Value::List(&[b, c])));
    }

    #[test]
    fn structures_compare_by_the_types_of_their_members() {
        let member = |name: &str, ty| Member { name: name.into(), ty, optional: false };
        let ty = Type::Set(Type::Struct([member("value", Type::Phone), member("kind", Type::Text)].into()).into());
        let (a, b) =
            ([Value::Text("070-174 06 05"), Value::Text("work")], [Value::Text("+46701740605"), Value::Text("work")]);
        assert!(equal(&ty, Value::List(&[Value::Struct(&a)]), Value::List(&[Value::Struct(&b)])));
    }

    #[test]
    fn words_of_an_enum_are_ordered_as_declared() {
        let ty = Type::Enum(["low".into(), "high".into()].into());
        assert_eq!(compare(&ty, Value::Text("low"), Value::Text("high")), Some(Ordering::Less));
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own_normal_form(text in "\\PC{0,20}|[0-9+() -]{0,16}|[a-zÅÄÖ@. ]{0,12}", which in 0..TEXTUAL.len()) {
            let arena = Arena::new();
            let ty = &TEXTUAL[which];
            let once = normal_form(ty, Value::Text(&text), &arena);
            let twice = normal_form(ty, once, &arena);
            prop_assert_eq!(once.as_text(), twice.as_text());
            prop_assert!(equal(ty, once, Value::Text(&text)));
        }

        #[test]
        fn what_is_composed_is_in_normal_form(text in "[\u{0}-\u{2ff}]{0,12}|[a-z\u{2f0}-\u{310}]{0,12}") {
            let normal: String = text.nfc().collect();
            prop_assert!(!is_composed(text.as_bytes()) || normal == text);
            prop_assert_eq!(is_composed(text.as_bytes()), text.chars().all(|letter| letter < '\u{300}'));
        }

        #[test]
        fn texts_are_the_same_as_one_as_they_are_equal(one in "[aåK;\u{30a}\u{212a}\u{37e}]{0,3}", other in "[aåK;\u{30a}\u{212a}\u{37e}]{0,3}") {
            prop_assert_eq!(same_text(&one)(&other), equal(&Type::Text, Value::Text(&one), Value::Text(&other)));
        }

        #[test]
        fn texts_are_the_same_if_their_normal_forms_are(one in "[abåK=;\u{30a}\u{338}\u{212a}\u{37e}]{0,3}", other in "[abåK=≠;\u{30a}\u{338}\u{212a}\u{37e}]{0,3}") {
            let same = one.nfc().eq(other.nfc());
            prop_assert_eq!(are_same_texts(&one, &other), same);
            prop_assert_eq!(same_text(&one)(&other), same);
        }

        #[test]
        fn trimming_is_what_the_standard_library_does(text in "[ \t\u{a0}\u{3000}aå\u{7f}\u{1f}]{0,6}") {
            prop_assert_eq!(trimmed(&text), text.trim());
        }

        #[test]
        fn lower_is_what_the_standard_library_gives(text in "\\PC{0,20}") {
            let arena = Arena::new();
            prop_assert_eq!(lower(&text, &arena), text.to_lowercase());
        }
    }
}
