//! Phone numbers: E.164 by the numbering plans of libphonenumber.

use super::{Arena, Failure};
use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, PhoneNumber};

/// The country by whose rules a number without country code is read: `SE`, `NL`, `BE`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region(Id);

impl Region {
    /// The region of two letters (ISO 3166), in any case.
    pub fn new(letters: &str) -> Option<Region> {
        let letters = letters.trim().to_ascii_uppercase();
        // The crate reads three-letter codes too; here a region has two.
        (letters.len() == 2).then(|| letters.parse().ok()).flatten().map(Region)
    }

    /// Sweden.
    pub const SWEDEN: Region = Region(Id::SE);
}

/// Reads a number. Digits, blanks and `+ - / . ( )` may stand in it; the trunk zero in `+32 (0)492` is left out.
/// Without a region only numbers with their country code are read.
pub fn read(text: &str, region: Option<Region>) -> Result<PhoneNumber, Failure> {
    let mut plain = [0u8; 40];
    let plain = plain_number(text, &mut plain).ok_or_else(|| Failure::because("is no phone number"))?;
    if region.is_none() && !plain.starts_with('+') {
        return Err(Failure::because("has no country code, and no region is given"));
    }
    let number = phonenumber::parse(region.map(|region| region.0), plain);
    number.ok().filter(PhoneNumber::is_valid).ok_or_else(|| Failure::because("is no phone number of its country"))
}

/// The number as `+46701234567` (E.164). See [`read`].
pub fn e164<'a>(text: &'a str, region: Option<Region>, arena: &'a Arena) -> Result<&'a str, Failure> {
    if is_swedish_mobile(text.as_bytes()) {
        return Ok(text);
    }
    if region == Some(Region::SWEDEN)
        && let Some(mobile) = from_swedish_mobile(text, arena)
    {
        return Ok(mobile);
    }
    Ok(written(&read(text, region)?, Mode::E164, arena))
}

/// A number as people write it: nationally (`070-123 45 67`) or internationally.
pub fn written<'a>(number: &PhoneNumber, mode: Mode, arena: &'a Arena) -> &'a str {
    use std::fmt::Write;
    let mut text = bumpalo::collections::String::new_in(arena);
    // Writing to a string does not fail.
    let _ = write!(text, "{}", number.format().mode(mode));
    text.into_bump_str()
}

/// True if the number is one of a mobile phone.
pub fn is_mobile(number: &PhoneNumber) -> bool {
    use phonenumber::Type;
    matches!(number.number_type(&DATABASE), Type::Mobile | Type::FixedLineOrMobile)
}

/// The normal form of a phone field: E.164 where the text is a number, else the text without blanks around it.
/// What is written as E.164 already is left alone, so that comparing clean data costs nothing.
pub fn normal<'a>(text: &'a str, region: Region, arena: &'a Arena) -> &'a str {
    let text = text.trim();
    if is_e164(text) {
        return text;
    }
    e164(text, Some(region), arena).unwrap_or(text)
}

/// The number without its decoration: digits, with `+` in front where a country code follows. None if other characters stand in it.
fn plain_number<'b>(text: &str, buffer: &'b mut [u8; 40]) -> Option<&'b str> {
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let international = text.starts_with('+') || text.starts_with("00");
    let mut length = 0;
    let mut rest = text.strip_prefix("00").unwrap_or(text).chars();
    if international && !text.starts_with('+') {
        buffer[0] = b'+';
        length = 1;
    }
    while let Some(letter) = rest.next() {
        match letter {
            '(' if international && rest.as_str().starts_with("0)") => rest = rest.as_str()[2..].chars(),
            '0'..='9' => {
                *buffer.get_mut(length)? = letter as u8;
                length += 1;
            }
            '+' if length == 0 => {
                buffer[0] = b'+';
                length = 1;
            }
            // Hyphens and dashes of every kind, and the blanks that word processors put in.
            ' ' | '-' | '/' | '.' | '(' | ')' | '\u{a0}' | '\u{202f}' | '\u{2010}'..='\u{2013}' => {}
            _ => return None,
        }
    }
    std::str::from_utf8(&buffer[..length]).ok().filter(|plain| !plain.is_empty())
}

/// True if a text is written as E.164 asks: `+`, a country code, and no trunk zero behind it (Italy has none to leave out),
/// eight to fifteen digits in all. Whether the number exists is another question, see [`read`].
pub fn is_e164(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+').map(str::as_bytes) else { return false };
    if !(8..=15).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let (code, national) = digits.split_at(country_code_length([digits[0], digits[1]]));
    code[0] != b'0' && (national[0] != b'0' || code == b"39")
}

/// How many digits the country code has that begins with these two (ITU-T E.164, list of assigned codes).
fn country_code_length(first: [u8; 2]) -> usize {
    match first {
        [b'1' | b'7', _] => 1,
        [b'2', b'0' | b'7']
        | [b'3', b'0'..=b'4' | b'6' | b'9']
        | [b'4', b'0' | b'1' | b'3'..=b'9']
        | [b'5', b'1'..=b'8']
        | [b'6', b'0'..=b'6']
        | [b'8', b'1' | b'2' | b'4' | b'6']
        | [b'9', b'0'..=b'5' | b'8'] => 2,
        _ => 3,
    }
}

/// True for `+467` and the eight digits of a Swedish mobile number (70, 72, 73, 76, 79), as the Swedish numbering plan has them.
fn is_swedish_mobile(text: &[u8]) -> bool {
    matches!(text, [b'+', b'4', b'6', b'7', b'0' | b'2' | b'3' | b'6' | b'9', rest @ ..]
        if rest.len() == 7 && rest.iter().all(u8::is_ascii_digit))
}

/// `070-123 45 67` as E.164, without the detour through the metadata: most numbers in Swedish registers are of this form.
fn from_swedish_mobile<'a>(text: &str, arena: &'a Arena) -> Option<&'a str> {
    let mut number = *b"+46000000000";
    let mut place = 2;
    for byte in text.trim().bytes() {
        match byte {
            b'0'..=b'9' if place == 2 => {
                if byte != b'0' {
                    return None;
                }
                place += 1;
            }
            b'0'..=b'9' => {
                *number.get_mut(place)? = byte;
                place += 1;
            }
            b' ' | b'-' => {}
            _ => return None,
        }
    }
    (place == number.len() && is_swedish_mobile(&number))
        .then(|| &*arena.alloc_str(std::str::from_utf8(&number).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn e164_of(text: &str, region: &str) -> Result<String, Failure> {
        e164(text, Region::new(region), &Arena::new()).map(str::to_string)
    }

    #[test]
    fn numbers_of_several_countries() {
        for (text, region, expected) in [
            ("070-174 06 05", "SE", "+46701740605"),
            ("+46 (0)70 174 06 05", "SE", "+46701740605"),
            ("0046701740605", "", "+46701740605"),
            ("08-465 004 00", "se", "+46846500400"),
            ("06-12345678", "NL", "+31612345678"),
            ("0492 12 34 56", "BE", "+32492123456"),
            ("04 222 33 44", "BE", "+3242223344"),
            ("+32 (0)492/12.34.56", "BE", "+32492123456"),
            ("+31612345678", "SE", "+31612345678"),
        ] {
            assert_eq!(e164_of(text, region).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for text in
            ["", "saknas", "070-174 06 05 (mamma)", "112", "070-174 06", "0701740605070174060507017406050701740605"]
        {
            assert!(e164_of(text, "SE").is_err(), "{text}");
        }
        assert_eq!(e164_of("070-174 06 05", ""), Err(Failure::because("has no country code, and no region is given")));
        assert_eq!(Region::new("Sverige"), None);
    }

    #[test]
    fn what_is_e164_already() {
        for text in ["+46701740605", "+31612345678", "+3242223344", "+12125550123", "+358401234567", "+390612345678"] {
            assert!(is_e164(text), "{text}");
        }
        for text in ["", "+", "+460701740605", "+3104123456", "+4670-1740605", "0701740605", "+4670", "+0701740605"] {
            assert!(!is_e164(text), "{text}");
        }
    }

    #[test]
    fn the_kind_of_a_number() {
        assert!(is_mobile(&read("0492 12 34 56", Region::new("BE")).unwrap()));
        assert!(!is_mobile(&read("04 222 33 44", Region::new("BE")).unwrap()), "a landline of Liège, by its length");
    }

    proptest! {
        #[test]
        fn the_short_way_agrees_with_the_metadata(subscriber in 0u32..10_000_000, prefix in prop::sample::select(vec![70, 72, 73, 76, 79])) {
            let arena = Arena::new();
            let text = format!("0{prefix}-{subscriber:07}");
            let long_way = read(&text, Some(Region::SWEDEN)).map(|number| written(&number, Mode::E164, &arena).to_string());
            prop_assert_eq!(from_swedish_mobile(&text, &arena).map(str::to_string), long_way.ok());
        }

        #[test]
        fn normal_is_idempotent(text in "[0-9+() /.-]{0,18}") {
            let arena = Arena::new();
            let once = normal(&text, Region::SWEDEN, &arena);
            prop_assert_eq!(normal(once, Region::SWEDEN, &arena), once);
        }
    }
}
