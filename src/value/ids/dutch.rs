//! Dutch numbers: BSN, onderwijsnummer, BRIN.

use super::{Checksum, ascii, without};
use crate::value::Failure;

/// A burgerservicenummer: nine digits, a leading zero included.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bsn {
    nine: [u8; 9],
}

/// Personal data never appears in a `Debug`.
impl std::fmt::Debug for Bsn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bsn")
    }
}

impl Bsn {
    /// Reads nine digits, also grouped by points or blanks. Eight digits are refused: whether a zero was lost is a guess.
    pub fn read(text: &str) -> Result<Bsn, Failure> {
        match without::<9>(text, b". ") {
            Some(nine) if nine.iter().all(u8::is_ascii_digit) && nine != *b"000000000" => Ok(Bsn { nine }),
            _ => Err(Failure::because("is no BSN (nine digits)")),
        }
    }

    /// The normal form: nine digits.
    pub fn nine(&self) -> &str {
        ascii(&self.nine)
    }

    /// What the eleven test says: nine times the first digit plus … two times the eighth minus the ninth is a multiple
    /// of eleven (DUO, BasisSchema).
    pub fn checksum(&self) -> Checksum {
        let (sum, last) = weighted(&self.nine);
        Checksum::of((sum - last).rem_euclid(11) == 0)
    }
}

/// The nine digits of an onderwijsnummer (pupils without BSN) and what its check digit says: the weighted sum of the
/// first eight modulo eleven is the ninth plus five (DUO, BasisSchema).
pub fn onderwijsnummer(text: &str) -> Result<([u8; 9], Checksum), Failure> {
    let Ok(Bsn { nine }) = Bsn::read(text) else {
        return Err(Failure::because("is no onderwijsnummer (nine digits)"));
    };
    let (sum, last) = weighted(&nine);
    Ok((nine, Checksum::of(sum % 11 == last + 5)))
}

/// Nine times the first digit plus … two times the eighth; and the ninth.
fn weighted(nine: &[u8; 9]) -> (i32, i32) {
    let sum = nine[..8].iter().zip((2..=9).rev()).map(|(digit, weight)| i32::from(digit - b'0') * weight).sum();
    (sum, i32::from(nine[8] - b'0'))
}

/// A BRIN number of a school (`21QW`), with or without the two digits of its location (`21QW00`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Brin {
    six: [u8; 6],
    with_location: bool,
}

impl Brin {
    /// Reads it in any case, also with a point or blank before the location, as in `21QW.00`.
    pub fn read(text: &str) -> Result<Brin, Failure> {
        let (six, with_location) = match *text.trim().as_bytes() {
            [a, b, c, d] => ([a, b, c, d, b'0', b'0'], false),
            [a, b, c, d, e, f] | [a, b, c, d, b'.' | b' ', e, f] => ([a, b, c, d, e, f], true),
            _ => return Err(Failure::because(BRIN_SHAPE)),
        };
        let six = six.map(|byte| byte.to_ascii_uppercase());
        let [a, b, c, d, e, f] = six;
        let shaped = [a, b, e, f].iter().all(u8::is_ascii_digit) && [c, d].iter().all(u8::is_ascii_uppercase);
        if shaped { Ok(Brin { six, with_location }) } else { Err(Failure::because(BRIN_SHAPE)) }
    }

    /// The normal form: upper case, the location as it was given or not.
    pub fn text(&self) -> &str {
        if self.with_location { ascii(&self.six) } else { self.school() }
    }

    /// The first four.
    pub fn school(&self) -> &str {
        ascii(&self.six[..4])
    }

    /// The two digits of the location, if it was given.
    pub fn location(&self) -> Option<&str> {
        self.with_location.then(|| ascii(&self.six[4..]))
    }
}

const BRIN_SHAPE: &str = "is no BRIN (two digits, two letters, perhaps two digits of a location)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleven_tests() {
        assert_eq!(Bsn::read("111222333").unwrap().checksum(), Checksum::Ok);
        assert_eq!(Bsn::read("1112.22.333").unwrap().nine(), "111222333");
        assert_eq!(Bsn::read("123456789").unwrap().checksum(), Checksum::Wrong);
        assert_eq!(Bsn::read("010464554").unwrap().nine(), "010464554");
        assert!(Bsn::read("10464554").is_err(), "a lost zero is not put back");
        assert!(Bsn::read("000000000").is_err());
        assert_eq!(onderwijsnummer("133456785").map(|(_, checksum)| checksum), Ok(Checksum::Ok));
        assert_eq!(Bsn::read("133456785").unwrap().checksum(), Checksum::Wrong);
    }

    #[test]
    fn brin() {
        assert_eq!(Brin::read("21qw").unwrap().text(), "21QW");
        assert_eq!(Brin::read("21QW00").unwrap().location(), Some("00"));
        assert_eq!(Brin::read("99xx.01").unwrap().text(), "99XX01");
        assert_eq!(Brin::read(" 99XX 01").unwrap().text(), "99XX01");
        for text in ["", "2QW1", "21QW0", "21Q.W00", "21QW0A", "212W"] {
            assert!(Brin::read(text).is_err(), "{text}");
        }
    }
}
