//! Wire formats, there and back.

use super::*;
use jiff::civil::date;
use proptest::prelude::*;

fn codec(ty: Type) -> Codec {
    Codec { as_of: Some(date(2026, 8, 1)), ..Codec::new(&ty) }
}

fn with_formats(ty: Type, formats: &[&str]) -> Codec {
    let mut codec = codec(ty);
    for format in formats {
        codec.add_format(format).unwrap();
    }
    codec
}

/// What a codec reads, as text of the value: `absent`, the text and perhaps `!` and the warning, or `fails: why`.
fn read(codec: &Codec, text: &str) -> String {
    let arena = Arena::new();
    match codec.decode(text, &arena) {
        Err(failure) => format!("fails: {failure}"),
        Ok(Decoded { value: Value::Absent, .. }) => "absent".into(),
        Ok(Decoded { value, warning }) => {
            let text = show::plain(value, &arena).unwrap_or("?").to_string();
            warning.map_or(text.clone(), |warning| format!("{text} ! {warning}"))
        }
    }
}

fn written(codec: &Codec, value: Value<'_>) -> String {
    let arena = Arena::new();
    // The arena lives as long as the value only inside this function.
    let text = match value {
        Value::Text(text) => Value::Text(arena.alloc_str(text)),
        Value::Date(date) => Value::Date(date),
        Value::Bool(truth) => Value::Bool(truth),
        Value::Decimal(number) => Value::Decimal(number),
        Value::DateTime(moment) => Value::DateTime(moment),
        _ => Value::Absent,
    };
    match codec.encode(text, &arena) {
        Ok(text) => text.to_string(),
        Err(failure) => format!("fails: {failure}"),
    }
}

#[test]
fn text_is_borrowed_and_only_the_empty_text_is_absent() {
    let (arena, text) = (Arena::new(), codec(Type::Text));
    let source = " Åsa ";
    let Value::Text(read_text) = text.decode(source, &arena).unwrap().value else { panic!("no text") };
    assert!(std::ptr::eq(read_text, source));
    assert_eq!(arena.allocated_bytes(), 0);
    assert_eq!(read(&text, ""), "absent");
    assert_eq!(read(&text, " "), " ");
    assert_eq!(read(&Codec { empty_is_value: true, ..text.clone() }, ""), "");
    assert_eq!(read(&Codec { absent_when: vec!["NULL".into()], ..text.clone() }, "NULL"), "absent");
    assert_eq!(read(&Codec { default: Some("x".into()), ..text }, ""), "x");
}

#[test]
fn numbers_are_strict() {
    let int = codec(Type::Int);
    assert_eq!(read(&int, "007"), "7");
    assert_eq!(read(&int, " -3 "), "-3");
    for text in ["1.0", "1e3", "+5", "-", "1 000", "99999999999999999999"] {
        assert_eq!(read(&int, text), "fails: is no whole number");
    }
    let point = codec(Type::Decimal);
    let comma = with_formats(Type::Decimal, &["decimal comma"]);
    assert_eq!(read(&point, "12.50"), "12.50");
    assert_eq!(read(&point, "12,50"), "fails: is no number (1.5); `format: decimal comma` reads 1,5");
    assert_eq!(read(&point, "12x"), "fails: is no number (1.5)");
    assert_eq!(read(&comma, "12,50"), "12.50");
    assert_eq!(read(&comma, "1.234,50"), "fails: is no number (1,5)");
    assert_eq!(written(&comma, Value::Decimal("12.50".parse().unwrap())), "12,50");
}

#[test]
fn truth_and_words() {
    let truth = codec(Type::Bool);
    assert_eq!(read(&truth, "true"), "true");
    assert_eq!(read(&truth, "1"), "fails: is none of true, false");
    let pair = |a: &str, b: &str| (a.into(), b.into());
    let mapped = Codec {
        read_values: vec![pair("1", "true"), pair("0", "false"), pair("Ja", "true")],
        write_values: vec![pair("true", "1"), pair("false", "0")],
        ..truth
    };
    assert_eq!(read(&mapped, "Ja"), "true");
    assert_eq!(read(&mapped, "true"), "fails: is none of 1, 0, Ja");
    assert_eq!(written(&mapped, Value::Bool(false)), "0");
    let sex = codec(Type::Enum(["male".into(), "female".into()].into()));
    assert_eq!(read(&sex, "male"), "male");
    assert_eq!(read(&sex, "Male"), "fails: is none of male, female");
    assert_eq!(written(&sex, Value::Text("other")), "fails: is none of male, female");
    let coded = Codec {
        read_values: vec![pair("m", "male"), pair("f", "female"), pair("v", "female")],
        write_values: vec![pair("male", "m"), pair("female", "f")],
        ..sex
    };
    assert_eq!(read(&coded, "v"), "female");
    assert_eq!(written(&coded, Value::Text("female")), "f");
}

#[test]
fn dates_are_iso_unless_declared() {
    let iso = codec(Type::Date);
    assert_eq!(read(&iso, "2026-08-01"), "2026-08-01");
    assert_eq!(read(&iso, "9999-12-31"), "9999-12-31");
    assert_eq!(read(&iso, "0000-00-00"), "fails: 0000-00-00 is no date");
    assert_eq!(read(&iso, "2026-02-29"), "fails: is no date (yyyy-MM-dd)");
    assert_eq!(read(&iso, "2026-08-01T00:00:00"), "fails: is no date (yyyy-MM-dd)");
    let belgian = with_formats(Type::Date, &["yyyy-MM-dd", "dd/MM/yyyy"]);
    assert_eq!(read(&belgian, "26/08/2009"), "2009-08-26");
    assert_eq!(read(&belgian, "2009-08-26"), "2009-08-26");
    assert_eq!(read(&belgian, "26.08.2009"), "fails: is no date (yyyy-MM-dd or dd/MM/yyyy)");
    assert_eq!(written(&with_formats(Type::Date, &["yyyyMMdd"]), Value::Date(date(2009, 8, 26))), "20090826");
    let timed = with_formats(Type::Date, &["yyyy-MM-ddTHH:mm:ss"]);
    assert_eq!(read(&timed, "2009-08-26T00:00:00"), "2009-08-26");
}

proptest! {
    #[test]
    fn moments_in_utc_are_read_as_the_library_reads_them(
        text in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z|[0-9TZ:. åz-]{18,22}",
    ) {
        let parsed = text.parse::<Timestamp>().ok();
        prop_assert!(whole_seconds_in_utc(&text).is_none_or(|moment| Some(moment) == parsed));
    }
}

#[test]
fn moments_need_a_zone() {
    let iso = codec(Type::DateTime);
    assert_eq!(read(&iso, "2026-08-01T11:00:00+02:00"), "2026-08-01T09:00:00Z");
    assert_eq!(read(&iso, "2026-08-01T11:00:00"), "fails: has no time zone, and the field declares none");
    assert_eq!(read(&iso, "2026-08-01"), "fails: is no time (yyyy-MM-ddTHH:mm:ssZ)");
    let zone = TimeZone::get("Europe/Stockholm").ok();
    let local = Codec { zone: zone.clone(), ..iso };
    assert_eq!(read(&local, "2026-08-01T11:00:00"), "2026-08-01T09:00:00Z");
    assert_eq!(read(&local, "2026-01-15 11:00:00"), "2026-01-15T10:00:00Z");
    let declared = Codec { zone, ..with_formats(Type::DateTime, &["yyyy-MM-dd HH:mm"]) };
    assert_eq!(read(&declared, "2026-08-01 11:00"), "2026-08-01T09:00:00Z");
    assert_eq!(written(&declared, Value::DateTime("2026-08-01T09:00:00Z".parse().unwrap())), "2026-08-01 11:00");
}

#[test]
fn national_ids_normalise_and_warn_of_their_check_digit() {
    let id = codec(Type::Personnummer);
    assert_eq!(read(&id, "121221-2391"), "201212212391");
    assert_eq!(read(&id, "121221-2392"), "201212212392 ! has a wrong check digit");
    assert_eq!(read(&id, "121221-239"), "fails: is no personnummer (YYYYMMDDNNNN, YYMMDD-NNNN)");
    let strict = Codec { checksum_rejects: true, ..id };
    assert_eq!(read(&strict, "121221-2392"), "fails: has a wrong check digit");
    assert_eq!(
        written(&with_formats(Type::Personnummer, &["with dash"]), Value::Text("201212212391")),
        "20121221-2391"
    );
    assert_eq!(
        written(&with_formats(Type::Personnummer, &["10 digits with dash"]), Value::Text("201212212391")),
        "121221-2391"
    );
    assert_eq!(read(&codec(Type::Brin), "21qw00"), "21QW00");
    assert_eq!(read(&codec(Type::Bsn), "133456785"), "133456785 ! has a wrong check digit");
    assert_eq!(
        written(&with_formats(Type::Rijksregisternummer, &["with dots"]), Value::Text("00012556777")),
        "00.01.25-567.77"
    );
}

#[test]
fn addresses_and_numbers_of_people() {
    assert_eq!(read(&codec(Type::Email), " Anna@Skola.Example "), "Anna@Skola.Example");
    for text in ["anna", "@skola.example", "anna@", "a b@skola.example", "a@x.example;b@x.example"] {
        assert_eq!(read(&codec(Type::Email), text), "fails: is no e-mail address");
    }
    assert_eq!(read(&codec(Type::Phone), "070-174 06 05"), "+46701740605");
    assert_eq!(read(&codec(Type::Phone), "174 06"), "174 06 ! is no phone number of its country");
    assert_eq!(read(&codec(Type::Phone), "saknas"), "fails: is no phone number");
    assert_eq!(written(&with_formats(Type::Phone, &["national"]), Value::Text("+46701740605")), "070-174 06 05");
    assert_eq!(read(&codec(Type::Url), "www.skola.example"), "fails: is no web address (https://…)");
    assert_eq!(read(&codec(Type::Uuid), "6BA7B8129DAD11D180B400C04FD430C8"), "6ba7b812-9dad-11d1-80b4-00c04fd430c8");
    assert_eq!(read(&codec(Type::Country), "se"), "SE");
}

#[test]
fn declared_forms_warn_when_read_and_refuse_when_written() {
    let coded = Codec { pattern: Some(Whole::new(r"\d{7}")), max: Some(7), ..codec(Type::Text) };
    assert_eq!(read(&coded, "1234567"), "1234567");
    assert_eq!(read(&coded, "12345678"), "12345678 ! does not have the form that the field declares");
    let long = Codec { max: Some(3), ..codec(Type::Text) };
    assert_eq!(
        (read(&long, "åäö"), read(&long, "åäö!")),
        ("åäö".into(), "åäö! ! is longer than the field declares".into())
    );
    assert!(!long.is_plain());
    assert_eq!(written(&coded, Value::Text("12345678")), "fails: is longer than 7 characters");
    assert_eq!(written(&coded, Value::Text("123456é")), "fails: does not have the form that the field declares");
    assert!(whole_pattern("a)|(b").is_err());
    let both = Whole::new("a|ab");
    assert!(both.is_match("ab") && !both.is_match("abc"));
}

#[test]
fn unknown_formats_name_the_known_ones() {
    assert_eq!(codec(Type::Phone).add_format("nice"), Err("international, national".into()));
    assert_eq!(codec(Type::Date).add_format("YYYY"), Err("YYYY is not known in a date pattern".into()));
    assert_eq!(codec(Type::Text).add_format("x"), Err("no formats for text".into()));
}

/// Types, and texts that may be theirs.
fn case() -> impl Strategy<Value = (Type, String)> {
    prop_oneof![
        "\\PC{1,12}".prop_map(|text| (Type::Text, text)),
        any::<i64>().prop_map(|number| (Type::Int, number.to_string())),
        "-?[0-9]{1,9}\\.[0-9]{1,4}".prop_map(|text| (Type::Decimal, text)),
        "[12][0-9]{3}-[01][0-9]-[0-3][0-9]".prop_map(|text| (Type::Date, text)),
        "[12][0-9]{3}-0[1-9]-[0-2][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z".prop_map(|text| (Type::DateTime, text)),
        "[0-1][0-9]-[0-3][0-9]".prop_map(|text| (Type::MonthDay, text)),
        "-?[0-9]{1,4}(d|w|mo|y)".prop_map(|text| (Type::Duration, text)),
        "(19|20)[0-9]{2}(0[1-9]|1[0-2])[0-2][0-9]23[89][0-9]".prop_map(|text| (Type::Personnummer, text)),
        "07[02369][0-9]{7}".prop_map(|text| (Type::Phone, text)),
        "[A-Za-zåäö.]{1,8}@[a-z]{1,8}".prop_map(|text| (Type::Email, text)),
        "[A-Za-z0-9+/]{4}".prop_map(|text| (Type::Bytes, text)),
    ]
}

proptest! {
    #[test]
    fn what_was_read_is_written_and_read_again((ty, text) in case()) {
        let (arena, codec) = (Arena::new(), codec(ty.clone()));
        let Ok(first) = codec.decode(&text, &arena) else { return Ok(()) };
        prop_assume!(!first.value.is_absent());
        let written = codec.encode(first.value, &arena).unwrap();
        let second = codec.decode(written, &arena).unwrap();
        prop_assert!(normal::equal(&ty, first.value, second.value), "{ty:?}");
        prop_assert_eq!(codec.encode(second.value, &arena).unwrap(), written);
    }

    #[test]
    fn failures_do_not_repeat_what_stood_there(text in "[a-z]{6,12}", which in 0usize..9) {
        let types = [
            Type::Int, Type::Decimal, Type::Bool, Type::Date, Type::DateTime, Type::Personnummer, Type::Bsn, Type::Phone, Type::Email,
        ];
        let (arena, codec) = (Arena::new(), codec(types[which].clone()));
        prop_assume!(codec.decode(&text, &arena).is_err());
        let failure = codec.decode(&text, &arena).unwrap_err();
        prop_assert!(!failure.0.contains(&text) || ["number", "personnummer", "digits"].contains(&&*text));
    }
}
