//! Less of a person: pseudonyms, masks, coarse values, and ids made of parts.

use super::arguments::Arguments;
use super::{Context, Effect, Failure, Function, Outcome, Param, Special, Ty, dates, optional, required, rest};
use crate::value::ids::Personnummer;
use crate::value::{Value, normal, show};
use bumpalo::collections::String as ArenaString;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const TEXT: &[Param] = &[required("text", Ty::Text)];

/// An entry of this family: of a text.
const fn privacy(name: &'static str, run: for<'a> fn(&Context<'a>, &[Value<'a>]) -> Outcome<'a>) -> Function {
    Function { params: TEXT, ..Function::pure("privacy", name, run) }
}

/// The functions of privacy.
pub static FUNCTIONS: &[Function] = &[
    Function {
        doc: "A pseudonym of a text: 32 hexadecimal digits that always are the same for the same text and key, and \
              that nobody can turn back or guess without the key (HMAC-SHA-256, RFC 2104, cut to 128 bits as its \
              section 5 allows). The key is a secret of at least 16 characters; whoever changes it makes everybody a \
              new person.",
        params: &[required("text", Ty::Text), required("key", Ty::Text)],
        effect: Effect::Pseudonym,
        examples: &[
            (r#""201212212391" | hmac_id("a key of the examples") | length"#, "32"),
            (r#""201212212391" | hmac_id("short")"#, "fails"),
            (r#"hmac_id(absent, "a key of the examples")"#, "absent"),
        ],
        ..privacy("hmac_id", hmac_id)
    },
    Function {
        doc: "The SHA-256 digest of a text in hexadecimal digits (FIPS 180-4). It hides nothing that can be guessed: \
              there are so few national ids that all can be tried. Use `hmac_id` for people.",
        examples: &[
            (r#""abc" | sha256"#, r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#),
            ("sha256(absent)", "absent"),
        ],
        ..privacy("sha256", sha256)
    },
    Function {
        doc: "The text with `*` for each character but the last few: for lists that people compare by eye. Never \
              more than a quarter of the text stays readable, however many `keep` asks for.",
        params: &[required("text", Ty::Text), optional("keep", Ty::Int)],
        effect: Effect::Coarsens,
        fails: Some("`keep` is negative"),
        fails_by_settings: true,
        examples: &[
            (r#""201212212391" | mask(keep = 2)"#, r#""**********91""#),
            (r#""anna" | mask(keep = 4)"#, r#""***a""#),
            (r#""bo" | mask"#, r#""**""#),
            (r#""anna" | mask(keep = 0 - 1)"#, "fails"),
            ("mask(absent)", "absent"),
        ],
        ..privacy("mask", mask)
    },
    Function {
        doc: "The year of a date of birth, or of a personnummer.",
        params: &[required("value", Ty::Any)],
        gives: Ty::Int,
        effect: Effect::Coarsens,
        examples: &[
            (r#"date("2010-08-01") | year_of_birth"#, "2010"),
            (r#""701063-2391" | year_of_birth"#, "1970"),
            ("year_of_birth(absent)", "absent"),
        ],
        ..privacy("year_of_birth", year_of_birth)
    },
    Function {
        doc: "The age as a span of years, such as `10-14`: `width` years wide (5 if not given), on the run's date or \
              the day `on`. Absent if that day lies before the birth.",
        params: &[required("born", Ty::Date), optional("width", Ty::Int), optional("on", Ty::Date)],
        may_be_absent: true,
        effect: Effect::Coarsens,
        fails: Some("the width is less than 2"),
        fails_by_settings: true,
        examples: &[
            (r#"date("2012-03-04") | age_band"#, r#""10-14""#),
            (r#"date("2012-03-04") | age_band(width = 10)"#, r#""10-19""#),
            (r#"date("2012-03-04") | age_band(width = 1)"#, "fails"),
        ],
        ..privacy("age_band", age_band)
    },
    Function {
        doc: "A UUID made of texts: the same parts in the same order always give the same one (RFC 9562, version 5). \
              One part is hashed as it is; several are joined by a character that no field holds, so that `ab, c` \
              and `a, bc` differ. The namespace is that of object identifiers unless another is named. It is no \
              pseudonym: who knows the parts can make it.",
        params: &[rest("parts", Ty::Simple), optional("namespace", Ty::Uuid)],
        gives: Ty::Uuid,
        fails: Some("the namespace is no UUID"),
        fails_by_settings: true,
        examples: &[
            (r#"uuid5("7A", "norra")"#, r#""8e868812-6e28-5c4f-9286-a0d25a12c9f8""#),
            (
                r#"uuid5("www.example.com", namespace = "6ba7b810-9dad-11d1-80b4-00c04fd430c8")"#,
                r#""2ed6657d-e927-568b-95e1-2665a8aea6a2""#,
            ),
            (r#"uuid5("7A", absent)"#, "absent"),
        ],
        ..privacy("uuid5", uuid5)
    },
    Function {
        doc: "The value, said to be public: its data classes end here, and the privacy proof lists the reason. Only \
              where a person decided that it reveals nobody.",
        params: &[required("value", Ty::Same), required("reason", Ty::Text)],
        gives: Ty::Same,
        examples: &[
            (r#"declassify(3, "a number of pupils, never below ten")"#, "3"),
            (r#"declassify(absent, "an empty value")"#, "absent"),
        ],
        ..Function::special("privacy", "declassify", Special::Declassify)
    },
];

fn hmac_id<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, key) = (arguments.text(0)?, arguments.text(1)?);
    let short = Failure::because("needs a key of at least 16 characters");
    if key.chars().count() < 16 {
        return Err(short);
    }
    let mut hmac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_err(|_| short)?;
    hmac.update(normal::nfc(text, context.arena).as_bytes());
    Ok(hexadecimal(context, &hmac.finalize().into_bytes()[..16]))
}

fn sha256<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(hexadecimal(context, &Sha256::digest(arguments.text(0)?.as_bytes())))
}

fn hexadecimal<'a>(context: &Context<'a>, bytes: &[u8]) -> Value<'a> {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    let mut text = ArenaString::with_capacity_in(bytes.len() * 2, context.arena);
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    Value::Text(text.into_bump_str())
}

fn mask<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.text(0)?;
    let keep = if arguments.at(1).is_absent() { 0 } else { arguments.count(1)? };
    let length = text.chars().count();
    let hidden = length - keep.min(length / 4);
    let mut masked = ArenaString::with_capacity_in(text.len(), context.arena);
    masked.extend(text.chars().enumerate().map(|(place, letter)| if place < hidden { '*' } else { letter }));
    Ok(Value::Text(masked.into_bump_str()))
}

fn year_of_birth<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let year = match arguments.at(0) {
        Value::Date(born) => born.year(),
        _ => Personnummer::read(arguments.text(0)?, Some(context.as_of))?.birth_year(),
    };
    Ok(Value::Int(year.into()))
}

fn age_band<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let width = arguments.optional_int(1)?.unwrap_or(5);
    if !(2..=200).contains(&width) {
        return Err(Failure::because("needs a width of 2 to 200 years"));
    }
    let on = arguments.optional_date(2)?.unwrap_or(context.as_of);
    let Some(age) = dates::age(arguments.date(0)?, on) else { return Ok(Value::Absent) };
    let first = age - age % width;
    Ok(context.text(&format!("{first}-{}", first + width - 1)))
}

/// Stands between parts of a name: the unit separator of ASCII, which text fields do not hold.
const BETWEEN_PARTS: &str = "\u{1f}";

fn uuid5<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let namespace = match arguments.optional_text(1)? {
        Some(namespace) => {
            Uuid::try_parse(namespace).map_err(|_| Failure::because("needs a namespace that is a UUID"))?
        }
        None => Uuid::NAMESPACE_OID,
    };
    if arguments.at(0).is_absent() {
        return Ok(Value::Absent);
    }
    let mut name = ArenaString::with_capacity_in(80, context.arena);
    for (index, part) in arguments.list(0)?.iter().enumerate() {
        if part.is_absent() {
            return Ok(Value::Absent);
        }
        let text = show::plain(*part, context.arena).ok_or_else(|| Failure::because("needs texts"))?;
        name.push_str(if index == 0 { "" } else { BETWEEN_PARTS });
        name.push_str(text);
    }
    let mut buffer = Uuid::encode_buffer();
    Ok(context.text(Uuid::new_v5(&namespace, name.as_bytes()).hyphenated().encode_lower(&mut buffer)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::calling::{call, of_texts, shown};
    use crate::value::Arena;
    use proptest::prelude::*;

    #[test]
    fn pseudonyms_depend_on_text_and_key() {
        let id = |text, key| of_texts("hmac_id", &[text, key]);
        let key = "a key of the examples";
        assert_eq!(id("201212212391", key), id("201212212391", key));
        assert_ne!(id("201212212391", key), id("201212212392", key));
        assert_ne!(id("201212212391", key), id("201212212391", "another key for tests"));
        assert_eq!(id("Zoe\u{308}", key), id("Zo\u{eb}", key), "one letter however it is written");
        // RFC 4231, test case 2 has a key too short for us; this is its construction with a longer one.
        assert_eq!(id("what do ya want for nothing?", "JefeJefeJefeJefe").len(), 32);
    }

    #[test]
    fn ids_of_parts() {
        let arena = Arena::new();
        let namespace = Value::Text("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
        let Some(function) = crate::function::find("uuid5") else { panic!("no uuid5") };
        let crate::function::Run::Pure(run) = function.run else { panic!("special") };
        let context = Context { arena: &arena, as_of: crate::function::EXAMPLE_DAY };
        let example = run(&context, &[Value::List(&[Value::Text("www.example.com")]), namespace]);
        assert_eq!(shown(example), "2ed6657d-e927-568b-95e1-2665a8aea6a2", "RFC 9562, appendix A.4");
        let of = |parts: &[&'static str]| {
            let parts: Vec<Value<'_>> = parts.iter().map(|part| Value::Text(part)).collect();
            shown(call(&arena, "uuid5", &parts))
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_eq!(shown(call(&arena, "uuid5", &[Value::Text("a"), Value::Absent])), "absent");
    }

    proptest! {
        #[test]
        fn a_mask_hides_three_quarters(text in "\\PC{1,20}", keep in 0i64..30) {
            let arena = Arena::new();
            let masked = shown(call(&arena, "mask", &[Value::Text(&text), Value::Int(keep)]));
            let stars = masked.chars().take_while(|letter| *letter == '*').count();
            prop_assert!(stars * 4 >= text.chars().count() * 3);
            prop_assert_eq!(masked.chars().count(), text.chars().count());
        }
    }
}
