//! Swedish numbers: personnummer and its relatives, organisation numbers, school unit codes.

use super::{Checksum, Sex, ascii, luhn, without};
use crate::value::Failure;
use jiff::civil::Date;

/// What kind of number a [`Personnummer`] is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PersonnummerKind {
    /// A personnummer of the population register.
    Person,
    /// A samordningsnummer: 60 is added to the day. Its date may be unknown in part (month 00, day 60) or not exist.
    Coordination,
    /// An interim number, as universities give: a letter is the first of the last four.
    Interim,
    /// A temporary number of a school, `TF` before its last two; chosen by the school, so only unique within it.
    Temporary,
}

/// How a personnummer is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PersonnummerForm {
    /// `YYYYMMDDNNNC`: how registers store it, and its normal form.
    Twelve,
    /// `YYYYMMDD-NNNC`
    TwelveDashed,
    /// `YYMMDDNNNC`: the century is lost.
    Ten,
    /// `YYMMDD-NNNC`, with `+` from the year in which the person turns 100 (folkbokföringslagen 18 §).
    TenDashed,
}

/// A Swedish personal number with its century.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Personnummer {
    kind: PersonnummerKind,
    twelve: [u8; 12],
}

/// Personal data never appears in a `Debug`.
impl std::fmt::Debug for Personnummer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Personnummer({:?})", self.kind)
    }
}

/// Letters that begin the last four of an interim number.
const INTERIM_LETTERS: &[u8] = b"TRSUWXJKLMN";

const SHAPE: &str = "is no personnummer (YYYYMMDDNNNN, YYMMDD-NNNN)";

impl Personnummer {
    /// Reads `YYYYMMDDNNNN` and `YYMMDDNNNN`, either with `-` or `+` before the last four.
    ///
    /// Ten digits tell no century: it is found from the sign and `as_of`, and without `as_of` reading them fails. `+`
    /// means that the person turns 100 in the year of `as_of` or did so before; else the birth is the latest not after `as_of`.
    pub fn read(text: &str, as_of: Option<Date>) -> Result<Personnummer, Failure> {
        let text = text.trim().as_bytes();
        let (date, sign, last) = split(text).ok_or_else(|| Failure::because(SHAPE))?;
        let last = last.map(|byte| byte.to_ascii_uppercase());
        let kind = kind_of_last_four(last).ok_or_else(|| Failure::because(SHAPE))?;
        let written_day = two(&date[date.len() - 2..]);
        let is_raised = (60..=91).contains(&written_day);
        let kind = if is_raised && kind == PersonnummerKind::Person { PersonnummerKind::Coordination } else { kind };
        let day = if is_raised { written_day - 60 } else { written_day };
        let month = two(&date[date.len() - 4..date.len() - 2]);
        let year = if date.len() == 8 {
            i16::from(two(&date[..2])) * 100 + i16::from(two(&date[2..4]))
        } else {
            full_year(two(&date[..2]), month, day, sign, as_of)?
        };
        let is_date = Date::new(year, month, day).is_ok() || (is_raised && month <= 12);
        if !(1800..2100).contains(&year) || !is_date {
            return Err(Failure::because("is no personnummer: it does not begin with a date"));
        }
        let mut twelve = [0; 12];
        twelve[0] = b'0' + (year / 1000) as u8;
        twelve[1] = b'0' + (year / 100 % 10) as u8;
        twelve[2..8].copy_from_slice(&date[date.len() - 6..]);
        twelve[8..].copy_from_slice(&last);
        Ok(Personnummer { kind, twelve })
    }

    /// What kind of number it is.
    pub fn kind(&self) -> PersonnummerKind {
        self.kind
    }

    /// The normal form: `YYYYMMDDNNNC`.
    pub fn twelve(&self) -> &str {
        ascii(&self.twelve)
    }

    /// What the check digit says: modulus 10 over the ten-digit form (SKV 704). In an interim number the letter counts
    /// as 1, as the public test numbers have it; a temporary number has none.
    pub fn checksum(&self) -> Checksum {
        let mut ten = [0; 10];
        ten.copy_from_slice(&self.twelve[2..]);
        match self.kind {
            PersonnummerKind::Temporary => return Checksum::Ok,
            PersonnummerKind::Interim => ten[6] = b'1',
            PersonnummerKind::Person | PersonnummerKind::Coordination => {}
        }
        Checksum::of(luhn(&ten))
    }

    /// The year of birth that the number begins with.
    pub fn birth_year(&self) -> i16 {
        i16::from(two(&self.twelve[..2])) * 100 + i16::from(two(&self.twelve[2..4]))
    }

    /// The date of birth that the number begins with; none where a samordningsnummer has no date that exists.
    pub fn birth_date(&self) -> Option<Date> {
        let day = two(&self.twelve[6..8]);
        Date::new(self.birth_year(), two(&self.twelve[4..6]), if day > 60 { day - 60 } else { day }).ok()
    }

    /// The sex that the third of the last four tells; none for interim and temporary numbers.
    pub fn sex(&self) -> Option<Sex> {
        match self.kind {
            PersonnummerKind::Person | PersonnummerKind::Coordination => Some(Sex::of_digit(self.twelve[10])),
            PersonnummerKind::Interim | PersonnummerKind::Temporary => None,
        }
    }

    /// Writes it in a form into `buffer`. `as_of` decides between `-` and `+`.
    pub fn write<'b>(&self, form: PersonnummerForm, as_of: Date, buffer: &'b mut [u8; 13]) -> &'b str {
        let from = match form {
            PersonnummerForm::Twelve | PersonnummerForm::TwelveDashed => 0,
            PersonnummerForm::Ten | PersonnummerForm::TenDashed => 2,
        };
        let sign: &[u8] = match form {
            PersonnummerForm::Twelve | PersonnummerForm::Ten => b"",
            PersonnummerForm::TwelveDashed => b"-",
            PersonnummerForm::TenDashed if as_of.year() - self.birth_year() >= 100 => b"+",
            PersonnummerForm::TenDashed => b"-",
        };
        let date = 8 - from;
        buffer[..date].copy_from_slice(&self.twelve[from..8]);
        buffer[date..date + sign.len()].copy_from_slice(sign);
        let length = date + sign.len() + 4;
        buffer[date + sign.len()..length].copy_from_slice(&self.twelve[8..]);
        ascii(&buffer[..length])
    }
}

/// Date digits (six or eight), sign if any, last four.
fn split(text: &[u8]) -> Option<(&[u8], Option<u8>, [u8; 4])> {
    let (date, rest) = match text.len() {
        10 | 11 => text.split_at(6),
        12 | 13 => text.split_at(8),
        _ => return None,
    };
    let (sign, last) = match rest {
        [sign @ (b'-' | b'+'), last @ ..] => (Some(*sign), last),
        last => (None, last),
    };
    date.iter().all(u8::is_ascii_digit).then_some(())?;
    Some((date, sign, last.try_into().ok()?))
}

/// The kind that the last four tell. Birth numbers run from 001 to 999.
fn kind_of_last_four(last: [u8; 4]) -> Option<PersonnummerKind> {
    if last.iter().all(u8::is_ascii_digit) {
        return (last[..3] != *b"000").then_some(PersonnummerKind::Person);
    }
    if last.starts_with(b"TF") {
        return last[2..].iter().all(u8::is_ascii_alphanumeric).then_some(PersonnummerKind::Temporary);
    }
    let interim = INTERIM_LETTERS.contains(&last[0]) && last[1..].iter().all(u8::is_ascii_digit);
    interim.then_some(PersonnummerKind::Interim)
}

/// The year that two digits mean.
fn full_year(two_digits: i8, month: i8, day: i8, sign: Option<u8>, as_of: Option<Date>) -> Result<i16, Failure> {
    let as_of =
        as_of.ok_or_else(|| Failure::because("has no century: a personnummer of twelve digits is needed here"))?;
    let latest = if sign == Some(b'+') { as_of.year() - 100 } else { as_of.year() };
    let century = latest - latest.rem_euclid(100);
    let year = if century + i16::from(two_digits) > latest { century - 100 } else { century } + i16::from(two_digits);
    let unborn = sign != Some(b'+') && year == as_of.year() && (month, day) > (as_of.month(), as_of.day());
    Ok(if unborn { year - 100 } else { year })
}

/// The number that two ASCII digits write.
fn two(digits: &[u8]) -> i8 {
    ((digits[0] - b'0') * 10 + (digits[1] - b'0')) as i8
}

/// The ten digits of a Swedish organisation number, also written `NNNNNN-NNNN` or with the century digits `16` before,
/// and what its check digit says. Its third digit is at least 2, which tells it from a personnummer.
pub fn organisationsnummer(text: &str) -> Result<([u8; 10], Checksum), Failure> {
    let ten = without::<10>(text, b"-").or_else(|| match without::<12>(text, b"-")? {
        [b'1', b'6', ten @ ..] => Some(ten),
        _ => None,
    });
    match ten {
        Some(ten) if ten.iter().all(u8::is_ascii_digit) && ten[2] >= b'2' => Ok((ten, Checksum::of(luhn(&ten)))),
        _ => Err(Failure::because("is no organisation number (NNNNNN-NNNN)")),
    }
}

/// A Swedish school unit code (skolenhetskod): eight digits.
pub fn school_unit_code(text: &str) -> Result<&str, Failure> {
    let code = text.trim();
    if code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(code)
    } else {
        Err(Failure::because("is no school unit code (eight digits)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const AS_OF: Date = date(2026, 8, 1);

    fn read(text: &str) -> Option<Personnummer> {
        Personnummer::read(text, Some(AS_OF)).ok()
    }

    fn twelve(text: &str) -> Option<String> {
        read(text).map(|number| number.twelve().to_string())
    }

    #[test]
    fn every_way_of_writing_gives_twelve_digits() {
        for text in ["201212212391", "20121221-2391", "121221-2391", "1212212391", " 121221-2391 "] {
            assert_eq!(twelve(text).as_deref(), Some("201212212391"));
        }
        assert_eq!(twelve("20121221 2396"), None, "a blank is no separator");
        assert_eq!(twelve("2012992123"), None, "ten digits, and no date");
        assert_eq!(twelve("20121321-2396"), None, "there is no month 13");
        assert_eq!(twelve("20121221-0006"), None, "birth numbers begin at 001");
        assert_eq!(twelve("21121221-2391"), None, "nobody is born in 2112");
        assert_eq!(twelve("é0121221-239"), None);
        assert_eq!(twelve(""), None);
    }

    #[test]
    fn ten_digits_get_their_century_from_sign_and_date() {
        assert_eq!(twelve("260801-2390").as_deref(), Some("202608012390"), "born on the day");
        assert_eq!(twelve("260802-2390").as_deref(), Some("192608022390"), "nobody is born tomorrow");
        assert_eq!(twelve("260802+2390").as_deref(), Some("192608022390"), "turns 100 this year");
        assert_eq!(twelve("270101+2390").as_deref(), Some("182701012390"));
        assert_eq!(twelve("270101-2390").as_deref(), Some("192701012390"));
        assert!(Personnummer::read("121221-2391", None).is_err());
    }

    #[test]
    fn the_kinds() {
        let kind = |text| read(text).map(|number| number.kind());
        assert_eq!(kind("20121221-2391"), Some(PersonnummerKind::Person));
        assert_eq!(kind("701063-2391"), Some(PersonnummerKind::Coordination), "the published example");
        assert_eq!(
            kind("193100602394"),
            Some(PersonnummerKind::Coordination),
            "an official test number without month and day"
        );
        assert_eq!(read("193100602394").unwrap().birth_date(), None);
        assert_eq!(kind("20000101-T220"), Some(PersonnummerKind::Interim));
        assert_eq!(kind("20000101-E220"), None, "E begins no interim number");
        assert_eq!(kind("120304-TF01"), Some(PersonnummerKind::Temporary));
        assert_eq!(twelve("20120304tf01").as_deref(), Some("20120304TF01"));
    }

    #[test]
    fn what_a_number_tells() {
        let coordination = read("701063-2391").unwrap();
        assert_eq!(coordination.birth_date(), Some(date(1970, 10, 3)));
        assert_eq!(coordination.sex(), Some(Sex::Male));
        assert_eq!(coordination.checksum(), Checksum::Ok);
        assert_eq!(read("701063-2392").unwrap().checksum(), Checksum::Wrong);
        assert_eq!(read("120304-TF01").unwrap().sex(), None);
        assert_eq!(read("20000101-T220").unwrap().checksum(), Checksum::Ok);
        assert_eq!(format!("{coordination:?}"), "Personnummer(Coordination)");
    }

    #[test]
    fn the_forms() {
        let mut buffer = [0; 13];
        let number = read("191212121212").unwrap();
        assert_eq!(number.write(PersonnummerForm::Twelve, AS_OF, &mut buffer), "191212121212");
        assert_eq!(number.write(PersonnummerForm::TwelveDashed, AS_OF, &mut buffer), "19121212-1212");
        assert_eq!(number.write(PersonnummerForm::Ten, AS_OF, &mut buffer), "1212121212");
        assert_eq!(number.write(PersonnummerForm::TenDashed, AS_OF, &mut buffer), "121212+1212");
        assert_eq!(
            read("20121221-2391").unwrap().write(PersonnummerForm::TenDashed, AS_OF, &mut buffer),
            "121221-2391"
        );
    }

    #[test]
    fn organisations_and_school_units() {
        assert_eq!(organisationsnummer("202100-5489"), Ok((*b"2021005489", Checksum::Ok)));
        assert_eq!(organisationsnummer("162021005489").map(|(_, checksum)| checksum), Ok(Checksum::Ok));
        assert_eq!(organisationsnummer("202100-5488").map(|(_, checksum)| checksum), Ok(Checksum::Wrong));
        assert!(organisationsnummer("121212-1212").is_err(), "a personnummer");
        assert_eq!(school_unit_code(" 12345678 "), Ok("12345678"));
        assert!(school_unit_code("1234567").is_err());
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC{0,14}") {
            let _ = Personnummer::read(&text, Some(AS_OF));
        }

        #[test]
        fn every_form_reads_back(days in 0i32..36_000, serial in 1u32..1000, check in 0u32..10) {
            let born = AS_OF - jiff::Span::new().days(days);
            let text = format!("{:04}{:02}{:02}{serial:03}{check}", born.year(), born.month(), born.day());
            let number = read(&text).unwrap();
            prop_assert_eq!(number.birth_date(), Some(born));
            let mut buffer = [0; 13];
            for form in [PersonnummerForm::Twelve, PersonnummerForm::TwelveDashed, PersonnummerForm::TenDashed] {
                prop_assert_eq!(read(number.write(form, AS_OF, &mut buffer)), Some(number));
            }
        }
    }
}
