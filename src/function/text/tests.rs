//! The functions of texts.

use crate::function::calling::{call, of_texts, shown};
use crate::value::{Arena, Value};
use proptest::prelude::*;

#[test]
fn title_case_of_the_benchmark() {
    for (text, expected) in [
        ("anna-lena VON döbeln", "Anna-Lena Von Döbeln"),
        ("o'neill", "O'neill"),
        ("ÅSA", "Åsa"),
        ("  a", "  A"),
        ("Anna Berg", "Anna Berg"),
    ] {
        assert_eq!(of_texts("title_case", &[text]), expected);
    }
}

#[test]
fn replacing() {
    assert_eq!(of_texts("replace", &["a1b22c", r"\d+", "_"]), "a_b_c");
    assert_eq!(of_texts("replace", &["abc", r"\d+", "_"]), "abc");
    assert_eq!(of_texts("replace", &["Berg Anna", r"(?<a>\w+) (?<b>\w+)", "${b}-$a"]), "Anna-Berg");
    assert_eq!(of_texts("replace", &["12", r"\d", ""]), "fails: needs a text to put in its place; remove(…) takes out");
    assert_eq!(of_texts("replace", &["x", "(", "y"]), "fails: needs a regular expression");
    assert_eq!(of_texts("remove", &["000", "^0+"]), "absent");
    assert_eq!(of_texts("keep", &["a-b_c", "a-c_-"]), "a-b_c");
    assert_eq!(of_texts("keep", &["a-b", "-b"]), "-b");
    assert_eq!(of_texts("keep", &["Åsa Öl", "å-öÅ-Ö"]), "ÅÖ");
    assert_eq!(of_texts("digits", &["+46 70"]), "4670");
}

#[test]
fn shapes() {
    assert_eq!(of_texts("shape", &["12345", "### ##"]), "123 45");
    assert_eq!(of_texts("shape", &["1234", "### ##"]), "fails: has not as many characters as ### ## has places");
    assert_eq!(of_texts("shape", &["123456", "### ##"]), "fails: has not as many characters as ### ## has places");
}

#[test]
fn distinguished_names() {
    assert_eq!(of_texts("ou", &["DC=example", "A", "B"]), "OU=B,OU=A,DC=example");
    assert_eq!(of_texts("ou", &["DC=example", "-"]), "absent");
    assert_eq!(of_texts("ou", &["DC=example"]), "DC=example");
    assert_eq!(of_texts("dn_value", &[" a,b+c=\"d\"\\<e>; "]), r#"\ a\,b\+c\=\"d\"\\\<e\>\;\ "#);
    assert_eq!(of_texts("dn_value", &["#a#\0"]), r"\#a#\00");
}

#[test]
fn escapes_of_other_places() {
    assert_eq!(of_texts("url_encode", &["a b/ü~"]), "a%20b%2F%C3%BC~");
    assert_eq!(of_texts("url_decode", &["%zz"]), "fails: is no percent-encoded text");
    assert_eq!(of_texts("url_decode", &["%ff"]), "fails: is no percent-encoded text");
    assert_eq!(of_texts("odata", &["O'Neill"]), "'O''Neill'");
    assert_eq!(of_texts("base64_text", &["/w=="]), "fails: is no base64 of a text");
}

#[test]
fn absence_and_emptiness_in_compositions() {
    assert_eq!(of_texts("words", &["Anna", "-", "", "Berg"]), "Anna Berg");
    assert_eq!(of_texts("words", &["-", "-"]), "absent");
    assert_eq!(of_texts("prefixed", &["-", "/"]), "");
    assert_eq!(of_texts("prefixed", &["3", "/"]), "/3");
    assert_eq!(of_texts("or_empty", &["-"]), "");
    assert_eq!(of_texts("default", &["-", "x"]), "x");
    assert_eq!(of_texts("absent_if", &["Okänd", "x", "Okänd"]), "absent");
}

#[test]
fn truth() {
    let arena = Arena::new();
    let yes = Value::List(&[Value::Text("Ja"), Value::Text("1")]);
    let no = Value::List(&[Value::Text("Nej")]);
    let truth = |arguments: &[Value<'static>]| shown(call(&Arena::new(), "bool", arguments));
    assert_eq!(truth(&[Value::Text("1"), yes]), "true");
    assert_eq!(truth(&[Value::Text("x"), yes]), "false");
    assert_eq!(truth(&[Value::Text("x"), yes, no]), "fails: is neither true nor false");
    assert_eq!(shown(call(&arena, "bool", &[Value::Text("1")])), "fails: is neither true nor false");
}

#[test]
fn numbers_as_text() {
    let arena = Arena::new();
    let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
    assert_eq!(shown(call(&arena, "format_number", &[decimal("12.345"), Value::Int(2), Value::Text(",")])), "12,35");
    assert_eq!(shown(call(&arena, "format_number", &[decimal("-0.5"), Value::Int(0)])), "-1");
    assert_eq!(shown(call(&arena, "int", &[decimal("7.0")])), "7");
    assert_eq!(shown(call(&arena, "int", &[decimal("7.5")])), "fails: is no whole number");
}

proptest! {
    #[test]
    fn cutting_keeps_to_characters(text in "\\PC{1,12}", count in 1i64..15) {
        let arena = Arena::new();
        let first = call(&arena, "first_chars", &[Value::Text(&text), Value::Int(count)]).unwrap();
        let last = call(&arena, "last_chars", &[Value::Text(&text), Value::Int(count)]).unwrap();
        let letters: Vec<char> = text.chars().collect();
        let expected: String = letters.iter().take(count as usize).collect();
        prop_assert_eq!(first.as_text(), Some(&*expected));
        let expected: String = letters.iter().skip(letters.len().saturating_sub(count as usize)).collect();
        prop_assert_eq!(last.as_text(), Some(&*expected));
    }

    #[test]
    fn prefixes_come_and_go(text in "[a-c]{1,6}", prefix in "[a-c]{1,2}") {
        let arena = Arena::new();
        let with = call(&arena, "ensure_prefix", &[Value::Text(&text), Value::Text(&prefix)]).unwrap();
        let again = call(&arena, "ensure_prefix", &[with, Value::Text(&prefix)]).unwrap();
        prop_assert_eq!(with.as_text(), again.as_text());
        prop_assert!(with.as_text().unwrap().starts_with(&prefix));
    }

    #[test]
    fn codes_come_back(text in "\\PC{1,12}") {
        let arena = Arena::new();
        for (there, back) in [("url_encode", "url_decode"), ("base64", "base64_text")] {
            let coded = call(&arena, there, &[Value::Text(&text)]).unwrap();
            prop_assert_eq!(call(&arena, back, &[coded]).unwrap().as_text(), Some(&*text));
        }
    }

    #[test]
    fn case_is_what_the_standard_library_gives(text in "[a-zA-ZåäöÅÄÖß -]{0,12}") {
        prop_assume!(text != "-" && !text.is_empty());
        prop_assert_eq!(of_texts("upper", &[&text]), text.to_uppercase());
        prop_assert_eq!(of_texts("lower", &[&text]), text.to_lowercase());
    }
}
