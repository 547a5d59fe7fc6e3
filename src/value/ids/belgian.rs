//! The Belgian national number (rijksregisternummer) and the BIS number of people outside the register.

use super::{Checksum, Sex, ascii, number, without};
use crate::value::Failure;
use jiff::civil::Date;

/// Whether a number is of the national register or a BIS number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RijksregisternummerKind {
    /// Of the national register.
    National,
    /// BIS, sex known: 40 is added to the month.
    Bis,
    /// BIS, sex unknown: 20 is added to the month.
    BisSexUnknown,
}

/// A Belgian national number: `YYMMDD`, a sequence of three digits (odd: male), two check digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rijksregisternummer {
    kind: RijksregisternummerKind,
    eleven: [u8; 11],
}

/// Personal data never appears in a `Debug`.
impl std::fmt::Debug for Rijksregisternummer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rijksregisternummer({:?})", self.kind)
    }
}

impl Rijksregisternummer {
    /// Reads eleven digits, also with the usual points, hyphens and blanks: `98.12.01-102-14`.
    /// Month and day may be zero, and the day may lie above 31: the date of birth is not fully known, or the sequences of
    /// a day were used up.
    pub fn read(text: &str) -> Result<Rijksregisternummer, Failure> {
        let shape = Failure::because("is no rijksregisternummer (YYMMDDNNNCC, YY.MM.DD-NNN.CC)");
        let Some(eleven) = without::<11>(text, b".- ").filter(|digits| digits.iter().all(u8::is_ascii_digit)) else {
            return Err(shape);
        };
        let kind = match number(&eleven[2..4]) {
            0..=12 => RijksregisternummerKind::National,
            20..=32 => RijksregisternummerKind::BisSexUnknown,
            40..=52 => RijksregisternummerKind::Bis,
            _ => return Err(shape),
        };
        Ok(Rijksregisternummer { kind, eleven })
    }

    /// The normal form: eleven digits.
    pub fn eleven(&self) -> &str {
        ascii(&self.eleven)
    }

    /// `YY.MM.DD-NNN.CC`, into `buffer`.
    pub fn dotted<'b>(&self, buffer: &'b mut [u8; 15]) -> &'b str {
        *buffer = *b"00.00.00-000.00";
        let mut digits = self.eleven.iter();
        for place in buffer.iter_mut().filter(|byte| **byte == b'0') {
            *place = *digits.next().unwrap_or(&b'0');
        }
        ascii(&buffer[..])
    }

    /// What kind of number it is.
    pub fn kind(&self) -> RijksregisternummerKind {
        self.kind
    }

    /// The century that the check digits tell: they are 97 minus the first nine digits modulo 97, and for people born
    /// since 2000 a 2 stands before the nine. None if they fit neither.
    fn century(&self) -> Option<i16> {
        let (nine, check) = (number(&self.eleven[..9]), number(&self.eleven[9..]));
        [(0, 1900), (2_000_000_000, 2000)]
            .into_iter()
            .find(|(prefix, _)| 97 - (prefix + nine) % 97 == check)
            .map(|(_, century)| century)
    }

    /// What the check digits say.
    pub fn checksum(&self) -> Checksum {
        Checksum::of(self.century().is_some())
    }

    /// The date of birth; none if month or day are unknown, or the check digits are wrong (they alone tell the century).
    pub fn birth_date(&self) -> Option<Date> {
        let year = self.century()? + number(&self.eleven[..2]) as i16;
        let month = number(&self.eleven[2..4]) % 20;
        Date::new(year, month as i8, number(&self.eleven[4..6]) as i8).ok()
    }

    /// The sex that the sequence tells; none for BIS numbers given when it was unknown.
    pub fn sex(&self) -> Option<Sex> {
        (self.kind != RijksregisternummerKind::BisSexUnknown).then(|| Sex::of_digit(self.eleven[8]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn read(text: &str) -> Rijksregisternummer {
        Rijksregisternummer::read(text).unwrap()
    }

    #[test]
    fn the_published_example_of_a_birth_since_2000() {
        let number = read("00.01.25-567.77");
        assert_eq!(number.eleven(), "00012556777");
        assert_eq!(number.checksum(), Checksum::Ok);
        assert_eq!(number.birth_date(), Some(date(2000, 1, 25)));
        assert_eq!(number.sex(), Some(Sex::Male));
        assert_eq!(number.dotted(&mut [0; 15]), "00.01.25-567.77");
    }

    #[test]
    fn bis_numbers() {
        assert_eq!(read("85473003317").kind(), RijksregisternummerKind::Bis);
        assert_eq!(read("85473003317").birth_date(), Some(date(1985, 7, 30)));
        assert_eq!(read("85273003371").sex(), None);
    }

    #[test]
    fn an_unknown_day_and_a_wrong_digit() {
        assert_eq!(read("85000000138").checksum(), Checksum::Ok);
        assert_eq!(read("85000000138").birth_date(), None);
        assert_eq!(read("85073500107").checksum(), Checksum::Ok, "a day above 31");
        assert_eq!(read("85073500107").birth_date(), None);
        assert_eq!(read("00012556778").checksum(), Checksum::Wrong);
        assert_eq!(read("00012556778").birth_date(), None);
    }

    #[test]
    fn what_is_none() {
        for text in ["", "0001255677", "000125567777", "00132556777", "00012x56777"] {
            assert!(Rijksregisternummer::read(text).is_err());
        }
    }
}
