//! National ids and codes: reading, check digits, what a number says about its bearer.
//!
//! Two things are kept apart. A text that has not the *shape* of an id is no id: reading fails. A number of the right
//! shape whose *check digit* is wrong stays readable, and the caller decides what that means: real registers, and even
//! samples of official schemas, hold such numbers. Nothing is ever repaired: no digit is added, dropped or changed.

mod belgian;
mod dutch;
mod swedish;

pub use belgian::{Rijksregisternummer, RijksregisternummerKind};
pub use dutch::{Brin, Bsn, onderwijsnummer};
pub use swedish::{Personnummer, PersonnummerForm, PersonnummerKind, organisationsnummer, school_unit_code};

/// What the check digits of a number say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checksum {
    /// They fit, or numbers of this kind have none.
    Ok,
    /// They do not fit: a digit is wrong somewhere.
    Wrong,
}

impl Checksum {
    /// `Ok` if the condition holds.
    fn of(fits: bool) -> Checksum {
        if fits { Checksum::Ok } else { Checksum::Wrong }
    }

    /// True for [`Checksum::Ok`].
    pub fn is_ok(self) -> bool {
        self == Checksum::Ok
    }
}

/// What a number says about the sex of its bearer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sex {
    /// An odd number.
    Male,
    /// An even number.
    Female,
}

impl Sex {
    /// `male` or `female`.
    pub fn word(self) -> &'static str {
        match self {
            Sex::Male => "male",
            Sex::Female => "female",
        }
    }

    /// By the rule that odd is male, of a digit as ASCII.
    fn of_digit(digit: u8) -> Sex {
        if digit % 2 == 1 { Sex::Male } else { Sex::Female }
    }
}

/// True if digits (ASCII) pass the Luhn check, modulus 10 (ISO/IEC 7812-1 annex B). False if a byte is no digit or there is none.
pub fn luhn(digits: &[u8]) -> bool {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(place, &digit)| luhn_share(place, u32::from(digit - b'0'))).sum();
    sum.is_multiple_of(10)
}

/// What a digit adds to the Luhn sum, by its place from the right: each second one is doubled, and its digits are added.
fn luhn_share(place: usize, digit: u32) -> u32 {
    match (place % 2, digit * 2) {
        (0, _) => digit,
        (_, double) if double > 9 => double - 9,
        (_, double) => double,
    }
}

/// The ASCII characters of a text without the separators given, if exactly `N` are left.
fn without<const N: usize>(text: &str, separators: &[u8]) -> Option<[u8; N]> {
    let mut kept = [0; N];
    let mut length = 0;
    for byte in text.trim().bytes().filter(|byte| !separators.contains(byte)) {
        *kept.get_mut(length)? = byte;
        length += 1;
    }
    (length == N).then_some(kept)
}

/// The number that ASCII digits write.
fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))
}

/// ASCII bytes as text; the ids here hold nothing else.
fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luhn_of_published_examples() {
        assert!(luhn(b"7010632391"), "the example of the tax agency for a coordination number");
        assert!(!luhn(b"7010632392"));
        assert!(!luhn(b""));
        assert!(!luhn(b"70106x2391"));
    }
}
