//! Numbers that nobody has: national ids of test ranges, phone numbers and domains for examples.

use crate::value::ids::{Bsn, Personnummer, PersonnummerForm, PersonnummerKind, Rijksregisternummer, Sex, luhn};
use crate::value::phone;
use jiff::civil::Date;

/// A personnummer with one of the birth numbers that Skatteverket keeps for tests (238 for women, 239 for men), written as
/// another one is, of the same kind, with a check digit that is as right or wrong as that of the other. If it is not free,
/// the next day's is taken.
pub fn personnummer(
    number: &Personnummer,
    written: &str,
    born: Option<Date>,
    as_of: Date,
    free: &dyn Fn(&str) -> bool,
) -> String {
    let twelve = number.twelve();
    let mut day = born;
    for _ in 0..366 {
        let date = match day {
            Some(day) => {
                let raised = if number.kind() == PersonnummerKind::Coordination { 60 } else { 0 };
                format!("{:04}{:02}{:02}", day.year(), day.month(), day.day() + raised)
            }
            None => twelve[..8].to_string(),
        };
        let last = match number.kind() {
            PersonnummerKind::Temporary => "TF99".to_string(),
            kind => {
                let birth_number = if number.sex() == Some(Sex::Female) { "238" } else { "239" };
                let nine = format!("{}{birth_number}", &date[2..]);
                let check = check_digit(&nine, kind);
                let check = if number.checksum().is_ok() { check } else { (check + 1) % 10 };
                match kind {
                    PersonnummerKind::Interim => format!("{}{}{check}", &twelve[8..9], &birth_number[1..]),
                    _ => format!("{birth_number}{check}"),
                }
            }
        };
        let form = match written.trim().len() {
            10 => PersonnummerForm::Ten,
            11 => PersonnummerForm::TenDashed,
            13 => PersonnummerForm::TwelveDashed,
            _ => PersonnummerForm::Twelve,
        };
        let mut buffer = [0; 13];
        let invented = Personnummer::read(&format!("{date}{last}"), Some(as_of));
        let invented =
            invented.map(|invented| invented.write(form, as_of, &mut buffer).to_string()).unwrap_or_default();
        if !invented.is_empty() && (free(&invented) || day.is_none()) {
            return invented;
        }
        day = day.and_then(|day| day.tomorrow().ok());
    }
    written.to_string()
}

/// The digit that makes nine digits pass the Luhn check; the letter of an interim number counts as 1.
fn check_digit(nine: &str, kind: PersonnummerKind) -> u8 {
    let mut ten: Vec<u8> = nine.bytes().chain([b'0']).collect();
    if kind == PersonnummerKind::Interim {
        ten[6] = b'1';
    }
    (0..10u8)
        .find(|check| {
            ten[9] = b'0' + check;
            luhn(&ten)
        })
        .unwrap_or(0)
}

/// A rijksregisternummer whose sequence the register never gives: 999 for men, 000 for women. If it is not free, the next
/// day's is taken.
pub fn rijksregisternummer(
    number: &Rijksregisternummer,
    written: &str,
    born: Option<Date>,
    free: &dyn Fn(&str) -> bool,
) -> String {
    let eleven = number.eleven();
    let sequence = if number.sex() == Some(Sex::Female) { "000" } else { "999" };
    let raised = eleven[2..4].parse::<u64>().unwrap_or_default() / 20 * 20;
    let mut day = born;
    for _ in 0..366 {
        let date = day.map_or(eleven[..6].to_string(), |day| {
            format!("{:02}{:02}{:02}", day.year() % 100, day.month() as u64 + raised, day.day())
        });
        let nine: u64 = format!("{date}{sequence}").parse().unwrap_or_default();
        let prefix = if day.is_some_and(|day| day.year() >= 2000) { 2_000_000_000 } else { 0 };
        let invented = like(written, &format!("{nine:09}{:02}", 97 - (prefix + nine) % 97));
        if free(&invented) || day.is_none() {
            return invented;
        }
        day = day.and_then(|day| day.tomorrow().ok());
    }
    like(written, eleven)
}

/// The burgerservicenummer of a number among those that begin with 9999, which are for tests, and pass the check of eleven.
pub fn bsn(place: u32, original: &Bsn) -> String {
    let passes = |digits: &str| {
        let sum: i64 = digits
            .bytes()
            .zip((2..=9i64).rev().chain([-1]))
            .map(|(digit, weight)| i64::from(digit - b'0') * weight)
            .sum();
        sum % 11 == 0
    };
    let mut all = (0..100_000)
        .map(|number| format!("9999{number:05}"))
        .filter(|digits| passes(digits) && digits != original.nine());
    all.nth(place as usize).unwrap_or_else(|| "999999990".to_string())
}

/// Digits with the separators of another number.
pub fn like(written: &str, digits: &str) -> String {
    let mut digits = digits.chars();
    written
        .chars()
        .map(|letter| if letter.is_ascii_digit() { digits.next().unwrap_or(letter) } else { letter })
        .collect()
}

/// True for what is written like a phone number.
pub fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_mobile = text.starts_with("07") && text.len() == 10;
    let national = text.starts_with('0') && (text.contains(['-', ' ']) || is_mobile);
    let starts = text.starts_with('+') || text.starts_with("00") || national;
    starts
        && (7..=15).contains(&digits)
        && text.chars().all(|letter| letter.is_ascii_digit() || "+-/ .()".contains(letter))
}

/// A phone number of those that the Swedish regulator keeps for books and films: 070-174 06 05 to 99, 08-465 004 00 to 99. As
/// national as the other is written, and with its blanks and hyphens if it has as many digits.
pub fn phone(written: &str, place: usize) -> String {
    let written = written.trim();
    let number = phone::read(written, Some(phone::Region::SWEDEN));
    let is_mobile = number.as_ref().map_or(true, phone::is_mobile);
    let (area, rest) = match is_mobile {
        true => ("70", format!("17406{:02}", 5 + place % 95)),
        false => ("8", format!("465004{:02}", place % 100)),
    };
    let prefix = if written.starts_with('+') { "46" } else { ["0", "0046"][usize::from(written.starts_with("00"))] };
    let digits = format!("{prefix}{area}{rest}");
    if written.bytes().filter(u8::is_ascii_digit).count() == digits.len() {
        return like(written, &digits);
    }
    match written.starts_with('+') {
        true => format!("+{digits}"),
        false if written.contains('-') => format!("{prefix}{area}-{rest}"),
        false => digits,
    }
}

/// A domain for examples (RFC 2606), by its number.
pub fn domain(number: usize) -> String {
    match number {
        0 => "example.org".into(),
        1 => "example.net".into(),
        2 => "example.com".into(),
        _ => format!("school{number}.example"),
    }
}

/// True for a domain for examples.
pub fn is_example(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or(domain);
    let whole = |name: &str| domain == name || domain.ends_with(&format!(".{name}"));
    matches!(last, "example" | "test" | "invalid")
        || ["example.org", "example.net", "example.com"].into_iter().any(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const AS_OF: Date = date(2026, 9, 1);

    #[test]
    fn a_personnummer_keeps_its_kind_sex_form_and_check() {
        for (written, born) in [
            ("20121221-2391", Some(date(2012, 3, 4))),
            ("701063-2391", Some(date(1970, 2, 3))),
            ("20000101-T220", Some(date(2000, 6, 7))),
            ("120304-TF01", Some(date(2012, 6, 7))),
            ("201212212392", Some(date(2012, 3, 4))),
            ("193100602394", None),
        ] {
            let original = Personnummer::read(written, Some(AS_OF)).expect("a number");
            let text = personnummer(&original, written, born, AS_OF, &|text| text != written);
            let invented = Personnummer::read(&text, Some(AS_OF)).expect("a number");
            assert_eq!((invented.kind(), invented.sex()), (original.kind(), original.sex()), "{text}");
            assert_eq!((invented.checksum(), text.len()), (original.checksum(), written.len()), "{text}");
            assert_eq!(invented.birth_date(), born, "{text}");
        }
        let original = Personnummer::read("201203042390", None).expect("a number");
        let next = personnummer(&original, "201203042390", Some(date(2012, 3, 4)), AS_OF, &|text| {
            !text.starts_with("20120304")
        });
        assert!(next.starts_with("20120305239"), "{next}");
    }

    #[test]
    fn belgian_and_dutch_numbers_are_nobodys() {
        let original = Rijksregisternummer::read("00.01.25-567.77").expect("a number");
        let text = rijksregisternummer(&original, "00.01.25-567.77", Some(date(2000, 2, 3)), &|_| true);
        let invented = Rijksregisternummer::read(&text).expect("a number");
        assert!(text.starts_with("00.02.03-999.") && invented.birth_date() == Some(date(2000, 2, 3)), "{text}");
        let original = Bsn::read("111222333").expect("a number");
        let (one, other) = (bsn(1, &original), bsn(2, &original));
        assert!(one != other && one.starts_with("9999"));
        assert!(Bsn::read(&one).is_ok_and(|number| number.checksum().is_ok()));
        assert_eq!(like("1112.22.333", "999912345"), "9999.12.345");
    }

    #[test]
    fn phones_and_domains_are_for_examples() {
        assert_eq!(phone("+46 8 123 456 78", 3), "+46 8 465 004 03");
        assert_eq!(phone("+47 22 12 34 56", 3), "+46846500403");
        assert_eq!(phone("0046731234567", 1), "0046701740606");
        assert_eq!(phone("073-123 45 67", 0), "070-174 06 05");
        assert_eq!(phone("0455-123 45", 0), "08-46500400");
        assert!(
            is_phone("08-123 456")
                && is_phone("0731234567")
                && !is_phone("0412345678")
                && !is_phone("201203042390")
                && !is_phone("0012")
        );
        assert!(is_example("skola.example") && is_example("mail.example.org") && !is_example("skola.se"));
    }
}
