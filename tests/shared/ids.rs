//! National ids and phone numbers: the official test numbers of each country.

use crate::{json, shared, word};
use jiff::civil::{Date, date};
use koppla::value::ids::{Brin, Bsn, Checksum, Personnummer, PersonnummerKind, Rijksregisternummer, Sex};
use koppla::value::ids::{RijksregisternummerKind, onderwijsnummer, organisationsnummer};
use koppla::value::{Arena, phone};
use serde_json::Value;

/// The vectors were written before this day and speak of people up to 119 years old.
const AS_OF: Date = date(2025, 1, 1);

fn read(text: &str) -> Option<Personnummer> {
    Personnummer::read(text, Some(AS_OF)).ok().filter(|number| number.checksum() == Checksum::Ok)
}

fn list(path: &str) -> Vec<Value> {
    let list = json(shared(path)).as_array().expect("a list").clone();
    assert!(!list.is_empty(), "{path} is empty");
    list
}

#[test]
fn personnummer_and_samordningsnummer() {
    for vector in list("specs/personnummer/list.json") {
        let (kind, sex) = match word(&vector, "type") {
            "con" => (PersonnummerKind::Coordination, &vector["isMale"]),
            "ssn" => (PersonnummerKind::Person, &vector["isMale"]),
            other => panic!("unknown type {other}"),
        };
        let sex = if sex.as_bool() == Some(true) { Sex::Male } else { Sex::Female };
        check(&vector, kind, Some(sex));
    }
}

#[test]
fn interim_numbers() {
    for vector in list("specs/personnummer/interim.json") {
        check(&vector, PersonnummerKind::Interim, None);
    }
}

/// Every way of writing a number gives the same twelve digits, or every way is refused. Ten digits without a sign
/// cannot tell that somebody is over a hundred.
fn check(vector: &Value, kind: PersonnummerKind, sex: Option<Sex>) {
    let twelve = word(vector, "long_format");
    let over_hundred = word(vector, "separated_format").contains('+');
    for form in ["long_format", "short_format", "separated_format", "separated_long"] {
        let written = word(vector, form);
        let number = read(written);
        assert_eq!(number.is_some(), vector["valid"] == true, "{written}");
        let Some(number) = number else { continue };
        assert_eq!((number.kind(), number.sex()), (kind, sex), "{written}");
        assert_eq!(number.twelve() == twelve, !(over_hundred && form == "short_format"), "{written}");
    }
}

#[test]
fn all_published_coordination_numbers() {
    let all = list("specs/personnummer/allCoords.json");
    for vector in &all {
        let number = read(vector.as_str().expect("a text"));
        assert_eq!(number.map(|number| number.kind()), Some(PersonnummerKind::Coordination), "{vector}");
    }
    assert!(all.len() > 2000);
}

#[test]
fn organisation_numbers_are_no_personnummer() {
    for vector in list("specs/personnummer/orgnumber.json") {
        for form in ["short_format", "separated_format"] {
            let written = word(&vector, form);
            assert!(read(written).is_none(), "{written}");
            assert_eq!(organisationsnummer(written).map(|(_, checksum)| checksum), Ok(Checksum::Ok), "{written}");
        }
    }
}

#[test]
fn belgian_and_dutch_numbers() {
    let vectors = json(shared("specs/validation/vectors.json"));
    for (kind, list) in vectors.as_object().expect("an object") {
        for vector in list.as_array().expect("a list") {
            let Some(valid) = is_valid(kind, vector) else { continue };
            assert_eq!(valid, vector["valid"] == true, "{kind}: {vector}");
        }
    }
}

/// What Koppla says of a vector; `None` for kinds that it has no type for.
fn is_valid(kind: &str, vector: &Value) -> Option<bool> {
    let value = || word(vector, "value");
    Some(match kind {
        "rijksregisternummer" => Rijksregisternummer::read(value()).is_ok_and(|number| {
            let is_bis = number.kind() != RijksregisternummerKind::National;
            number.checksum().is_ok() && is_bis == (vector["kind"] == "BIS")
        }),
        "bsn" => Bsn::read(value()).is_ok_and(|number| number.checksum().is_ok()),
        "onderwijsnummer" => onderwijsnummer(value()).is_ok_and(|(_, checksum)| checksum.is_ok()),
        // The vectors ask for the normal form; reading takes lower case, too.
        "brin" => Brin::read(value()).is_ok_and(|brin| brin.text() == value()),
        "phone"
        | "esis_verificatiecode"
        | "rio"
        | "instellingsnummer_be"
        | "postcode_be"
        | "postcode_nl"
        | "schoolyear"
        | "gender" => return None,
        other => panic!("{other} is new: check it here, or say that Koppla has no type for it"),
    })
}

#[test]
fn phone_numbers() {
    let arena = Arena::new();
    let vectors = json(shared("specs/validation/vectors.json"));
    for vector in vectors["phone"].as_array().expect("a list") {
        let region = phone::Region::new(word(vector, "cc")).expect("a country");
        let read = phone::e164(word(vector, "value"), Some(region), &arena);
        assert_eq!(read.ok(), vector["e164"].as_str(), "{vector}");
    }
}
