//! Vectors of others: JSONPath by its standard, national ids, phones, e-mail addresses, Dutch names.

use crate::formats::{read, strings, texts};
use crate::{json, shared, word};
use jiff::civil::{Date, date};
use koppla::finding::terminal::Style;
use koppla::protocol::path::JsonPath;
use koppla::shell::{Exit, Out, run_on};
use koppla::value::ids::{Brin, Bsn, Checksum, Personnummer, PersonnummerForm, Rijksregisternummer};
use koppla::value::ids::{RijksregisternummerKind, Sex, luhn};
use koppla::value::{Arena, phone, wire};
use koppla::world::TestWorld;
use serde_json::Value;
use std::ffi::OsString;

/// Cases of JSONPath in which the library that we use differs from the standard. They are refused when a document is checked, so
/// that no path means something else here than in other tools.
const REFUSED: &[&str] = &[
    "basic, descendant segment, multiple selectors",
    "basic, descendant segment, object traversal, multiple selectors",
    "filter, nested",
];

#[test]
fn jsonpath_is_as_the_standard_says_or_is_refused() {
    let cases = json(shared("real/conformance/jsonpath-standard__jsonpath-compliance-test-suite/cts.json"));
    let cases = cases["tests"].as_array().expect("cases");
    assert_eq!(cases.len(), 703);
    let (mut wrong, mut refused) = (Vec::new(), Vec::new());
    for case in cases {
        let (name, selector) = (word(case, "name"), word(case, "selector"));
        let compiled = JsonPath::compile(selector);
        if case["invalid_selector"] == true {
            if compiled.is_ok() {
                wrong.push(format!("{name}: {selector} is taken"));
            }
            continue;
        }
        let Ok(path) = compiled else {
            refused.push(name);
            continue;
        };
        let found: Vec<Value> = path.find(&case["document"]).into_iter().cloned().collect();
        let one = case["result"].as_array().is_some_and(|result| *result == found);
        let among = |results: &Vec<Value>| results.iter().any(|result| result.as_array() == Some(&found));
        if !one && !case["results"].as_array().is_some_and(among) {
            wrong.push(format!("{name}: {selector} finds {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(refused, REFUSED);
}

/// The day that the vectors of national ids speak from.
const AS_OF: Date = date(2025, 1, 1);

/// What Koppla gives for a case, written as the vectors write it; `None` where it has no such function.
fn national_id(module: &str, function: &str, args: &str) -> Option<Result<String, ()>> {
    let text = args.split('\'').nth(1)?;
    let quoted = |text: &str| format!("'{text}'");
    let day = |date: Date| format!("datetime.date({}, {}, {})", date.year(), date.month(), date.day());
    let sex = |sex: Sex| quoted(if sex == Sex::Male { "M" } else { "F" });
    Some(match module {
        "luhn" if function == "validate" && !args.contains("alphabet") => {
            if luhn(text.as_bytes()) {
                Ok(quoted(text))
            } else {
                Err(())
            }
        }
        "be.nn" | "be.bis" => {
            let number = Rijksregisternummer::read(text).map_err(|_| ()).and_then(|number| {
                let is_bis = number.kind() != RijksregisternummerKind::National;
                (number.checksum().is_ok() && is_bis == (module == "be.bis")).then_some(number).ok_or(())
            });
            match function {
                "validate" | "compact" => number.map(|number| quoted(number.eleven())),
                "format" => number.map(|number| quoted(number.dotted(&mut [0; 15]))),
                "get_birth_date" => number.and_then(|number| number.birth_date().map(day).ok_or(())),
                "get_gender" => number.and_then(|number| number.sex().map(sex).ok_or(())),
                // Koppla gives whole dates of birth, never a year or a month of a number that knows no more.
                _ => return None,
            }
        }
        "nl.bsn" => Bsn::read(text)
            .map_err(|_| ())
            .and_then(|number| if number.checksum().is_ok() { Ok(quoted(number.nine())) } else { Err(()) }),
        "nl.brin" => Brin::read(text).map(|brin| quoted(brin.text())).map_err(|_| ()),
        "se.personnummer" => {
            let text = if args.contains('*') { &text.repeat(if args.contains("11") { 11 } else { 10 }) } else { text };
            let number = Personnummer::read(text, Some(AS_OF))
                .map_err(|_| ())
                .and_then(|number| if number.checksum() == Checksum::Ok { Ok(number) } else { Err(()) });
            match function {
                "validate" | "format" => {
                    number.map(|number| quoted(number.write(PersonnummerForm::TenDashed, AS_OF, &mut [0; 13])))
                }
                "get_birth_date" => number.and_then(|number| number.birth_date().map(day).ok_or(())),
                "get_gender" => number.and_then(|number| number.sex().map(sex).ok_or(())),
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// Where Koppla says something else, and why.
const OTHERWISE: &[(&str, &str, &str)] = &[
    // Two dashes are no way to write a number: it is told, never repaired.
    ("se.personnummer", "validate", "8803-20-0016"),
];

#[test]
fn national_ids_are_what_another_library_says() {
    let vectors = json(shared("real/derived/national_id_vectors.json"));
    let (mut wrong, mut looked) = (Vec::new(), 0);
    for case in vectors["cases"].as_array().expect("cases") {
        let (module, function, args) = (word(case, "module"), word(case, "function"), word(case, "args"));
        let Some(ours) = national_id(module, function, args) else { continue };
        looked += 1;
        let theirs = word(case, "expected");
        let same = match &ours {
            Ok(text) => text == theirs,
            Err(()) => theirs.starts_with("raises"),
        };
        let known =
            OTHERWISE.iter().any(|(other, call, text)| *other == module && *call == function && args.contains(text));
        if same == known {
            wrong.push(format!("{module}.{function}({args}) is {ours:?}, they say {theirs}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(looked > 40, "{looked}");
}

#[test]
fn example_numbers_of_every_country_are_read() {
    let vectors = json(shared("real/derived/phone_examples.json"));
    let arena = Arena::new();
    let cases = vectors["cases"].as_array().expect("cases");
    assert!(cases.len() > 40);
    for case in cases {
        let region = phone::Region::new(word(case, "region")).expect("a country");
        let expected = word(case, "e164");
        let national = format!("{}{}", case["nationalPrefix"].as_str().unwrap_or(""), word(case, "national"));
        for written in [national.as_str(), expected, &expected.replacen('+', "00", 1)] {
            assert_eq!(phone::e164(written, Some(region), &arena).ok(), Some(expected), "{case}: {written}");
        }
    }
}

/// Addresses that their standards forbid, and that are taken: Koppla looks at the shape alone, since a mail system decides
/// what it takes, and a pupil must not be left out for two points in a row.
#[tokio::test]
async fn addresses_that_are_valid_are_taken() {
    let path = shared("real/conformance/dominicsayers__isemail/test/tests.xml");
    let places = strings(&["@id", "address", "category", "diagnosis"]);
    let outcome = read(&path, "{ xml: { select: \"tests.test[*]\" } }", "", &places).await;
    assert!(outcome.complete, "{:?} {:?}", outcome.torn, outcome.faults);
    let rows = texts(&outcome);
    assert!(rows.len() > 150);
    let (mut wrong, mut refused, mut taken) = (Vec::new(), 0, 0);
    for row in &rows {
        let [id, address, category, diagnosis] = row.as_slice() else { panic!("four places") };
        // The material shows control characters as their pictures.
        let address: String = address
            .chars()
            .map(|c| match u32::from(c) {
                code @ 0x2400..=0x2420 => char::from_u32(code - 0x2400).expect("a control character"),
                _ => c,
            })
            .collect();
        let ok = wire::email(&address).is_ok();
        match category.as_str() {
            "ISEMAIL_VALID_CATEGORY" | "ISEMAIL_DNSWARN" if !ok => wrong.push(format!("{id} {address:?} is refused")),
            "ISEMAIL_ERR" if ok => taken += 1,
            "ISEMAIL_ERR" => refused += 1,
            _ => {}
        }
        // What can never be delivered, and what would end a line.
        let fatal = ["ISEMAIL_ERR_NOLOCALPART", "ISEMAIL_ERR_NODOMAIN", "ISEMAIL_ERR_CR_NO_LF"];
        if fatal.contains(&diagnosis.as_str()) && ok {
            wrong.push(format!("{id} {address:?} is taken: {diagnosis}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused >= 30, "{refused} refused, {taken} taken");
}

/// Surnames and names for display by the choice between own and partner's name, as public connectors build them.
#[test]
fn dutch_names_are_built_as_others_build_them() {
    let vectors = json(shared("real/derived/naming_vectors.json"));
    let mut functions = String::new();
    let mut examples = 0;
    for (generator, is, longest) in
        [("generateSurnameOption1", "surname", 64), ("generateDisplayNameOption1", "f\"{nick} {surname}\"", 256)]
    {
        let surname = "surname_by_convention(convention, own, own_prefix = own_prefix, partner = partner, partner_prefix = partner_prefix, separator = \" - \")";
        functions.push_str(&format!(
            "  {generator}:\n    doc: As the connector does.\n    takes: {{ convention: text, nick: text, own: text, own_prefix: \"text?\", partner: \"text?\", partner_prefix: \"text?\" }}\n    gives: text?\n    is: |\n      first_chars({}, {longest})\n    examples:\n",
            is.replace("surname", surname)
        ));
        for person in vectors["people"].as_array().expect("people") {
            let expected = &vectors["expected"][generator][word(person, "id")];
            for (convention, names) in expected.as_object().into_iter().flatten() {
                let mut given = vec![format!("convention: {convention}")];
                for (name, key) in [
                    ("nick", "NickName"),
                    ("own", "FamilyName"),
                    ("own_prefix", "FamilyNamePrefix"),
                    ("partner", "FamilyNamePartner"),
                    ("partner_prefix", "FamilyNamePartnerPrefix"),
                ] {
                    if !word(person, key).is_empty() {
                        given.push(format!("{name}: {}", Value::from(word(person, key))));
                    }
                }
                examples += 1;
                functions.push_str(&format!("      - {{ given: {{ {} }}, gives: {} }}\n", given.join(", "), names[0]));
            }
        }
    }
    assert!(examples > 40, "{examples}");
    let world = TestWorld::new();
    world.put("a.model.yaml", "model: left\nentities: { a: { key: id, fields: { id: text } } }\n");
    world.put("b.model.yaml", "model: right\nentities: { b: { key: id, fields: { id: text } } }\n");
    world.put(
        "names.mapping.yaml",
        format!("mapping: names\nleft: left\nright: right\nfunctions:\n{functions}maps: {{}}\n"),
    );
    let (mut result, mut notes) = (Vec::new(), Vec::new());
    let mut out = Out::new(&mut result, &mut notes, Style::default());
    let exit = run_on(["koppla", "test", "--project", "."].map(OsString::from), &world, &mut out);
    let said = String::from_utf8_lossy(&[result, notes].concat()).into_owned();
    assert_eq!(exit, Exit::Done, "{said}");
    assert!(said.contains(&format!("{examples} passed, 0 failed")), "{said}");
}
