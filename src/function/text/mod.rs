//! Text: case, cutting, replacing, conversion, composition.

mod case;
mod compose;
mod convert;
mod cut;
mod replace;

use super::arguments::Arguments;
use super::{
    Absence, Calls, Context, Failure, Function, Outcome, Param, Special, Ty, Written, optional, required, rest,
};
use crate::value::Value;

pub(super) use case::{capitals, same_ignoring_case};
pub(super) use compose::together;
pub(super) use replace::kept;

const TEXT: &[Param] = &[required("text", Ty::Text)];

/// An entry of this family: of a text.
const fn text(name: &'static str, run: for<'a> fn(&Context<'a>, &[Value<'a>]) -> Outcome<'a>) -> Function {
    Function { params: TEXT, ..Function::pure("text", name, run) }
}

/// An entry of this family that is worked in many rows at once.
const fn texts(name: &'static str, run: for<'c, 'a> fn(&mut Calls<'c, 'a>) -> Result<(), Failure>) -> Function {
    Function { params: TEXT, ..Function::column("text", name, run) }
}

/// The functions of text.
pub static FUNCTIONS: &[Function] = &[
    Function {
        doc: "The text in lower case. E-mail addresses need it for no comparison: their type compares without case.",
        examples: &[(r#""ÅSA Berg" | lower"#, r#""åsa berg""#), ("lower(absent)", "absent")],
        ..texts("lower", case::lower)
    },
    Function {
        doc: "The text in upper case.",
        examples: &[
            (r#""7a" | upper"#, r#""7A""#),
            (r#""straße" | upper"#, r#""STRASSE""#),
            ("upper(absent)", "absent"),
        ],
        ..texts("upper", case::upper)
    },
    Function {
        doc: "The first letter and each letter after a blank or hyphen in upper case, every other letter in lower \
              case. Words in `small` are written in lower case unless they come first. It leaves blanks at the ends: \
              use `trim` before it. For names of people see `name_case`.",
        params: &[required("text", Ty::Text), optional("small", Ty::ListOfText)],
        examples: &[
            (r#""anna-lena VON döbeln" | title_case"#, r#""Anna-Lena Von Döbeln""#),
            (r#""lezen en schrijven" | title_case(small = ["En", "De", "Van"])"#, r#""Lezen en Schrijven""#),
            ("title_case(absent)", "absent"),
        ],
        ..texts("title_case", case::title_case)
    },
    Function {
        doc: "The first letter in upper case, every other letter in lower case.",
        examples: &[(r#""MUSIK ÅK 7" | sentence_case"#, r#""Musik åk 7""#), ("sentence_case(absent)", "absent")],
        ..text("sentence_case", case::sentence_case)
    },
    Function {
        doc: "The text without blanks at both ends; absent if nothing else stood there. Blanks are all white space \
              of Unicode, the hard blank of word processors included.",
        may_be_absent: true,
        examples: &[(r#""  Anna  Berg " | trim"#, r#""Anna  Berg""#), (r#""   " | trim"#, "absent")],
        ..texts("trim", cut::trim)
    },
    Function {
        doc: "The text without blanks at both ends and with one blank between words, also for tabs and line breaks; \
              absent if it holds no word.",
        may_be_absent: true,
        examples: &[
            (r#""  Anna \t Berg\n" | collapse_spaces"#, r#""Anna Berg""#),
            (r#"" \n" | collapse_spaces"#, "absent"),
        ],
        ..text("collapse_spaces", cut::collapse_spaces)
    },
    Function {
        doc: "The first characters of the text, or all of it if it is shorter. Counts letters as people see them \
              written, not bytes.",
        params: &[required("text", Ty::Text), required("count", Ty::Int)],
        fails: Some("the count is less than 1"),
        fails_by_settings: true,
        examples: &[
            (r#""åsa" | first_chars(2)"#, r#""ås""#),
            (r#""bo" | first_chars(3)"#, r#""bo""#),
            (r#""bo" | first_chars(0)"#, "fails"),
        ],
        ..texts("first_chars", cut::first_chars)
    },
    Function {
        doc: "The last characters of the text, or all of it if it is shorter.",
        params: &[required("text", Ty::Text), required("count", Ty::Int)],
        fails: Some("the count is less than 1"),
        fails_by_settings: true,
        examples: &[(r#""SA7Å" | last_chars(2)"#, r#""7Å""#), (r#""A" | last_chars(2)"#, r#""A""#)],
        ..texts("last_chars", cut::last_chars)
    },
    Function {
        doc: "What stands before the first separator; absent if the separator is missing or nothing stands before \
              it.",
        params: &[required("text", Ty::Text), required("separator", Ty::Text)],
        may_be_absent: true,
        examples: &[
            (r#""anna.berg@skola.example" | before("@")"#, r#""anna.berg""#),
            (r#""anna" | before("@")"#, "absent"),
        ],
        ..texts("before", cut::before)
    },
    Function {
        doc: "What stands after the first separator; absent if the separator is missing or nothing stands after it.",
        params: &[required("text", Ty::Text), required("separator", Ty::Text)],
        may_be_absent: true,
        examples: &[
            (r#""anna@skola.example" | after("@")"#, r#""skola.example""#),
            (r#""anna" | after("@")"#, "absent"),
        ],
        ..texts("after", cut::after)
    },
    Function {
        doc: "What stands before the last separator; absent if the separator is missing or nothing stands before it.",
        params: &[required("text", Ty::Text), required("separator", Ty::Text)],
        may_be_absent: true,
        examples: &[(r#""sv-1-a" | before_last("-")"#, r#""sv-1""#), (r#""sv" | before_last("-")"#, "absent")],
        ..texts("before_last", cut::before_last)
    },
    Function {
        doc: "What stands after the last separator; absent if the separator is missing or nothing stands after it.",
        params: &[required("text", Ty::Text), required("separator", Ty::Text)],
        may_be_absent: true,
        examples: &[(r#""sv-1-a" | after_last("-")"#, r#""a""#), (r#""sv-" | after_last("-")"#, "absent")],
        ..texts("after_last", cut::after_last)
    },
    Function {
        doc: "The parts between separators as a list, each without blanks at its ends; empty parts are left out.",
        params: &[required("text", Ty::Text), required("separator", Ty::Text)],
        gives: Ty::ListOfText,
        fails: Some("the separator is empty"),
        fails_by_settings: true,
        inverse: Some("join"),
        examples: &[
            (r#""sv; en;;ma" | split(";")"#, r#"["sv", "en", "ma"]"#),
            (r#"";" | split(";")"#, "[]"),
            (r#"split(absent, ";")"#, "absent"),
        ],
        ..text("split", cut::split)
    },
    Function {
        doc: "The text without this beginning; the text itself if it begins otherwise; absent if nothing is left.",
        params: &[required("text", Ty::Text), required("prefix", Ty::Text)],
        may_be_absent: true,
        inverse: Some("ensure_prefix"),
        examples: &[
            (r#""S1234" | drop_prefix("S")"#, r#""1234""#),
            (r#""1234" | drop_prefix("S")"#, r#""1234""#),
            (r#""S" | drop_prefix("S")"#, "absent"),
        ],
        ..texts("drop_prefix", cut::drop_prefix)
    },
    Function {
        doc: "The text without this end; the text itself if it ends otherwise; absent if nothing is left.",
        params: &[required("text", Ty::Text), required("suffix", Ty::Text)],
        may_be_absent: true,
        inverse: Some("ensure_suffix"),
        examples: &[(r#""7A-2026" | drop_suffix("-2026")"#, r#""7A""#), (r#""7A" | drop_suffix("-2026")"#, r#""7A""#)],
        ..texts("drop_suffix", cut::drop_suffix)
    },
    Function {
        doc: "The text with this beginning: it is put in front unless it stands there already.",
        params: &[required("text", Ty::Text), required("prefix", Ty::Text)],
        inverse: Some("drop_prefix"),
        examples: &[
            (r#""7A" | ensure_prefix("NB-")"#, r#""NB-7A""#),
            (r#""NB-7A" | ensure_prefix("NB-")"#, r#""NB-7A""#),
        ],
        ..text("ensure_prefix", cut::ensure_prefix)
    },
    Function {
        doc: "The text with this end: it is put behind unless it stands there already.",
        params: &[required("text", Ty::Text), required("suffix", Ty::Text)],
        inverse: Some("drop_suffix"),
        examples: &[
            (r#""anna" | ensure_suffix("@skola.example")"#, r#""anna@skola.example""#),
            (r#"ensure_suffix(absent, "@skola.example")"#, "absent"),
        ],
        ..text("ensure_suffix", cut::ensure_suffix)
    },
    Function {
        doc: "The text with something in front, or the empty text where the text is absent: for a part that brings \
              its separator along, as a box number does.",
        params: &[required("text", Ty::Text), required("prefix", Ty::Text)],
        absence: Absence::Sees,
        examples: &[(r#"f"12{"3" | prefixed("/")}""#, r#""12/3""#), (r#"f"12{absent | prefixed("/")}""#, r#""12""#)],
        ..text("prefixed", cut::prefixed)
    },
    Function {
        doc: "The text with something behind, or the empty text where the text is absent.",
        params: &[required("text", Ty::Text), required("suffix", Ty::Text)],
        absence: Absence::Sees,
        examples: &[
            (r#"f"{"van" | suffixed(" ")}Dam""#, r#""van Dam""#),
            (r#"f"{absent | suffixed(" ")}Dam""#, r#""Dam""#),
        ],
        ..text("suffixed", cut::suffixed)
    },
    Function {
        doc: "The text with one character put in front until it has this length; `0` if none is named. A longer text \
              stays as it is.",
        params: &[required("text", Ty::Text), required("length", Ty::Int), optional("with", Ty::Text)],
        fails: Some("the length is negative or above 1000, or the padding is not one character"),
        fails_by_settings: true,
        examples: &[
            (r#""1234" | pad_left(6)"#, r#""001234""#),
            (r#""1234567" | pad_left(6)"#, r#""1234567""#),
            (r#""7" | pad_left(3, with = "ab")"#, "fails"),
        ],
        ..text("pad_left", cut::pad_left)
    },
    Function {
        doc: "Puts the characters of the text into a form: each `#` takes the next one, all else stands for itself. \
              Fails if the text has more or fewer characters than the form has places.",
        params: &[required("text", Ty::Text), required("form", Ty::Text)],
        fails: Some("the text has not as many characters as the form has places"),
        examples: &[
            (r####""SE-123 45" | digits | shape("### ##")"####, r#""123 45""#),
            (r####""1234" | shape("### ##")"####, "fails"),
            (r####"shape(absent, "### ##")"####, "absent"),
        ],
        ..text("shape", cut::shape)
    },
    Function {
        doc: "True if the text begins with this part, to the letter.",
        params: &[required("text", Ty::Text), required("part", Ty::Text)],
        gives: Ty::Bool,
        examples: &[(r#""7A" | starts_with("7")"#, "true"), (r#"starts_with(absent, "7")"#, "absent")],
        ..texts("starts_with", cut::starts_with)
    },
    Function {
        doc: "True if the text ends with this part, to the letter.",
        params: &[required("text", Ty::Text), required("part", Ty::Text)],
        gives: Ty::Bool,
        examples: &[(r#""7A" | ends_with("a")"#, "false"), (r#"ends_with(absent, "a")"#, "absent")],
        ..texts("ends_with", cut::ends_with)
    },
    Function {
        doc: "True if this part stands anywhere in the text, to the letter. For elements of lists see `has`.",
        params: &[required("text", Ty::Text), required("part", Ty::Text)],
        gives: Ty::Bool,
        examples: &[(r#""SA7A" | contains("7")"#, "true"), (r#"contains(absent, "7")"#, "absent")],
        ..texts("contains", cut::contains)
    },
    Function {
        doc: "True if two texts are the same but for upper and lower case and blanks at the ends.",
        params: &[required("text", Ty::Text), required("other", Ty::Text)],
        gives: Ty::Bool,
        examples: &[(r#""Åsa " | same_letters("åsa")"#, "true"), (r#"same_letters("a", absent)"#, "absent")],
        ..text("same_letters", cut::same_letters)
    },
    Function {
        doc: "True if the regular expression fits somewhere in the text; `^` and `$` tie it to the ends, `(?i)` in \
              front makes it blind to case.",
        params: &[required("text", Ty::Text), required("pattern", Ty::Regex)],
        gives: Ty::Bool,
        examples: &[
            (r###""##test" | matches(r"^(##|~~)")"###, "true"),
            (r#""Fritidspedagog" | matches(r"fritids")"#, "false"),
            (r#""Fritidspedagog" | matches(r"(?i)fritids")"#, "true"),
        ],
        ..text("matches", cut::matches)
    },
    Function {
        doc: "True if the text is one of these names or fits one of these patterns as a whole, whatever the case: \
              `*` stands for any characters, `?` for one. False if the list is empty.",
        params: &[required("text", Ty::Text), required("patterns", Ty::ListOfText)],
        gives: Ty::Bool,
        examples: &[
            (r#"matches_any("Testgrupp 1", ["mentor", "test*"])"#, "true"),
            (r#"matches_any("7A", ["7?", "8?"])"#, "true"),
            (r#"matches_any("7A", [])"#, "false"),
        ],
        ..text("matches_any", cut::matches_any)
    },
    Function {
        doc: "The named groups of a regular expression as a structure, such as `{ school = …, name = … }`; absent if \
              the expression does not fit. A group that took no part is an absent member.",
        params: &[required("text", Ty::Text), required("pattern", Ty::Regex)],
        gives: Ty::Special,
        may_be_absent: true,
        examples: &[
            (r##"("norra#7A" | capture(r#"(?<school>.*)#(?<name>.*)"#)).name"##, r#""7A""#),
            (r##""7A" | capture(r#"(?<school>.*)#(?<name>.*)"#)"##, "absent"),
        ],
        ..Function::special("text", "capture", Special::Capture)
    },
    Function {
        doc: "Every place where the regular expression fits is replaced; `$1` or `${name}` in the new text stand for \
              groups, `$$` for a dollar. The new text must not be empty: `remove` takes out.",
        params: &[required("text", Ty::Text), required("pattern", Ty::Regex), required("with", Ty::Text)],
        fails: Some("the new text is empty"),
        fails_by_settings: true,
        examples: &[
            (r#""7A: Musik?" | replace(r"[~#%&*{}:<>?/|]+", "_")"#, r#""7A_ Musik_""#),
            (r#""Berg, Anna" | replace(r"^(\w+), (\w+)$", "$2 $1")"#, r#""Anna Berg""#),
            (r#""000" | replace(r"^0+", "")"#, "fails"),
        ],
        ..text("replace", replace::replace)
    },
    Function {
        doc: "Every occurrence of a text is replaced by another, to the letter. Neither may be empty: `remove` takes \
              out.",
        params: &[required("text", Ty::Text), required("old", Ty::Text), required("new", Ty::Text)],
        fails: Some("the old or the new text is empty"),
        fails_by_settings: true,
        examples: &[
            (r#""a.b.c" | replace_text(".", "-")"#, r#""a-b-c""#),
            (r#""7A" | replace_text("", "-")"#, "fails"),
            (r#"replace_text(absent, ".", "-")"#, "absent"),
        ],
        ..text("replace_text", replace::replace_text)
    },
    Function {
        doc: "The text without every place where the regular expression fits; absent if nothing is left.",
        params: &[required("text", Ty::Text), required("pattern", Ty::Regex)],
        may_be_absent: true,
        examples: &[(r#""000123" | remove(r"^0+")"#, r#""123""#), (r#""000" | remove(r"^0+")"#, "absent")],
        ..text("remove", replace::remove)
    },
    Function {
        doc: "The characters of the text that are in a list of characters; absent if none is. `a-z` in the list is a \
              range, a hyphen at its end is a hyphen.",
        params: &[required("text", Ty::Text), required("characters", Ty::Text)],
        may_be_absent: true,
        examples: &[
            (r#""+46 (0)70-174" | keep("0-9+")"#, r#""+46070174""#),
            (r#""Åsa-Li 2" | keep("a-zå-öA-ZÅ-Ö-")"#, r#""Åsa-Li""#),
            (r#""?!" | keep("0-9")"#, "absent"),
        ],
        ..texts("keep", replace::keep)
    },
    Function {
        doc: "The digits 0 to 9 of the text; absent if it has none.",
        may_be_absent: true,
        examples: &[(r#""SE-123 45" | digits"#, r#""12345""#), (r#""okänt" | digits"#, "absent")],
        ..texts("digits", replace::digits)
    },
    Function {
        doc: "A simple value as text: a date as `2026-08-01`, a number as it is, true as `true`, a time in UTC as \
              `2026-08-01T09:00:00Z`. `format_date` and `format_number` write other forms.",
        params: &[required("value", Ty::Simple)],
        examples: &[
            ("text(7)", r#""7""#),
            (r#"date("2026-08-01") | text"#, r#""2026-08-01""#),
            ("text(absent)", "absent"),
        ],
        ..texts("text", convert::text)
    },
    Function {
        doc: "A whole number of a text or a number. Blanks around it and zeros in front are allowed, decimals are \
              not.",
        params: &[required("value", Ty::Any)],
        gives: Ty::Int,
        fails: Some("the value is no whole number"),
        inverse: Some("text"),
        examples: &[
            (r#""007" | int"#, "7"),
            (r#""7A" | int"#, "fails"),
            (r#"try int("7A") else 0"#, "0"),
            ("int(absent)", "absent"),
        ],
        ..text("int", convert::int)
    },
    Function {
        doc: "A decimal number of a text or a number; `separator = \",\"` reads `1,5`. Groups of thousands are \
              refused.",
        params: &[required("value", Ty::Any), optional("separator", Ty::Word(&[".", ","]))],
        gives: Ty::Decimal,
        fails: Some("the value is no number"),
        examples: &[
            (r#"decimal("1,5", separator = ",") == 1.5"#, "true"),
            (r#"decimal("1,5")"#, "fails"),
            (r#"decimal("1.234,50", separator = ",")"#, "fails"),
        ],
        ..text("decimal", convert::decimal)
    },
    Function {
        doc: "True or false of a text. Alone it reads `true` and `false`. With `true_when` these words are true and \
              every other is false; with `false_when` too, a word in neither list fails.",
        params: &[
            required("text", Ty::Any),
            optional("true_when", Ty::ListOfText),
            optional("false_when", Ty::ListOfText),
        ],
        gives: Ty::Bool,
        fails: Some("the text is neither true nor false"),
        examples: &[
            (r#""Ja" | bool(true_when = ["Ja", "1"])"#, "true"),
            (r#""?" | bool(true_when = ["Ja"], false_when = ["Nej"])"#, "fails"),
            (r#""1" | bool"#, "fails"),
            ("bool(absent)", "absent"),
        ],
        ..text("bool", convert::truth)
    },
    Function {
        doc: "The number of characters of a text. For lists see `count`.",
        gives: Ty::Int,
        examples: &[(r#""Åsa" | length"#, "3"), ("length(absent)", "absent")],
        ..texts("length", convert::length)
    },
    Function {
        doc: "The number rounded, to a whole number if no decimals are named. Half is rounded away from zero.",
        params: &[required("number", Ty::Number), optional("decimals", Ty::Int)],
        gives: Ty::Decimal,
        fails: Some("the decimals are not 0 to 20"),
        fails_by_settings: true,
        examples: &[
            ("round(2.5) == 3", "true"),
            ("round(0.125, decimals = 2) == 0.13", "true"),
            ("round(absent)", "absent"),
        ],
        ..text("round", convert::round)
    },
    Function {
        doc: "A number as text, with a fixed number of decimals if named, and with a comma if `separator = \",\"`.",
        params: &[
            required("number", Ty::Number),
            optional("decimals", Ty::Int),
            optional("separator", Ty::Word(&[".", ","])),
        ],
        fails: Some("the decimals are not 0 to 20"),
        fails_by_settings: true,
        examples: &[
            (r#"format_number(12.5, decimals = 2, separator = ",")"#, r#""12,50""#),
            ("format_number(7)", r#""7""#),
            ("format_number(absent)", "absent"),
        ],
        ..text("format_number", convert::format_number)
    },
    Function {
        doc: "A whole number, or the text of one, plus another: for templates, which have no `+`.",
        params: &[required("number", Ty::Any), required("more", Ty::Int)],
        gives: Ty::Int,
        fails: Some("the value is no whole number, or the sum is too large"),
        examples: &[(r#""41" | plus(1)"#, "42"), (r#""x" | plus(1)"#, "fails")],
        ..text("plus", convert::plus)
    },
    Function {
        doc: "The texts with one blank between them; absent and empty ones are left out, and if none is left the \
              result is absent.",
        params: &[rest("parts", Ty::Text)],
        absence: Absence::LeftOut,
        examples: &[(r#"words("Anna", absent, "Berg")"#, r#""Anna Berg""#), ("words(absent, absent)", "absent")],
        ..text("words", compose::words)
    },
    Function {
        doc: "The texts with a separator between them; absent and empty ones are left out, and if none is left the \
              result is absent. For a list of texts see `join`.",
        params: &[required("separator", Ty::Text), rest("parts", Ty::Text)],
        absence: Absence::LeftOut,
        examples: &[
            (r#"joined(", ", "Berg", absent, "Anna")"#, r#""Berg, Anna""#),
            (r#"joined("-", absent)"#, "absent"),
        ],
        ..text("joined", compose::joined)
    },
    Function {
        doc: "The text of a value, or the empty text where it is absent: for templates, where an absent value inside \
              a text is an error. A rule that writes the empty text writes nothing; `clear` empties a field.",
        params: &[required("value", Ty::Simple)],
        absence: Absence::Sees,
        examples: &[(r#"f"Storgatan {absent | or_empty}""#, r#""Storgatan ""#), (r#"7 | or_empty"#, r#""7""#)],
        ..text("or_empty", convert::or_empty)
    },
    Function {
        doc: "The value, or another where it is absent: for templates. Rules write `value ?? other`.",
        params: &[required("value", Ty::Same), required("other", Ty::Same)],
        gives: Ty::Same,
        absence: Absence::Sees,
        examples: &[(r#"absent | default("okänd")"#, r#""okänd""#), (r#""7A" | default("okänd")"#, r#""7A""#)],
        ..text("default", convert::default)
    },
    Function {
        doc: "The value, or absent if it is one of those that stand for nothing in a system, such as the date \
              9999-12-31 or the text `Okänd`. A field can say so for all rules with `absent_when`.",
        params: &[required("value", Ty::Same), rest("values", Ty::Same)],
        gives: Ty::Same,
        may_be_absent: true,
        absence: Absence::Sees,
        examples: &[
            (r#"date("9999-12-31") | absent_if(date("9999-12-31"))"#, "absent"),
            (r#""7A" | absent_if("-", "Okänd")"#, r#""7A""#),
        ],
        ..text("absent_if", convert::absent_if)
    },
    Function {
        doc: "The address of an organisational unit in a directory: the units from the outermost to the innermost \
              under a root, escaped as RFC 4514 asks. Absent units are left out; if all are absent, so is the \
              result.",
        params: &[required("root", Ty::Text), rest("units", Ty::Text)],
        may_be_absent: true,
        absence: Absence::Sees,
        examples: &[
            (r#"ou("DC=skola,DC=example", "Norra", "7A")"#, r#""OU=7A,OU=Norra,DC=skola,DC=example""#),
            (r#"ou("OU=Students", "12345678", absent)"#, r#""OU=12345678,OU=Students""#),
            (r#"ou("DC=example", "Berg, Dal & Co")"#, r#""OU=Berg\\, Dal & Co,DC=example""#),
            (r#"ou("DC=example", absent)"#, "absent"),
        ],
        ..text("ou", compose::ou)
    },
    Function {
        doc: "The text as it may stand as one value inside a distinguished name (RFC 4514, section 2.4): with a \
              backslash before the characters that part names. What `ou` and the fields of a directory do by \
              themselves.",
        examples: &[(r#""Berg, Anna" | dn_value"#, r#""Berg\\, Anna""#), (r##""#1" | dn_value"##, r##""\\#1""##)],
        ..text("dn_value", compose::dn_value)
    },
    Function {
        doc: "Bytes, or the UTF-8 bytes of a text, as base64 with padding (RFC 4648, section 4).",
        params: &[required("value", Ty::Any)],
        inverse: Some("base64_text"),
        examples: &[(r#""Åsa" | base64"#, r#""w4VzYQ==""#), ("base64(absent)", "absent")],
        ..text("base64", compose::base64)
    },
    Function {
        doc: "The text that base64 holds as UTF-8; absent if it is empty.",
        may_be_absent: true,
        fails: Some("it is no base64, or not of a text"),
        inverse: Some("base64"),
        examples: &[(r#""w4VzYQ==" | base64_text"#, r#""Åsa""#), (r#""/w==" | base64_text"#, "fails")],
        ..text("base64_text", compose::base64_text)
    },
    Function {
        doc: "The text percent-encoded for a web address (RFC 3986, section 2): all but letters a to z, digits and \
              `-._~`.",
        inverse: Some("url_decode"),
        examples: &[(r#""åk 7" | url_encode"#, r#""%C3%A5k%207""#), (r#""7A" | url_encode"#, r#""7A""#)],
        ..text("url_encode", compose::url_encode)
    },
    Function {
        doc: "The text that was percent-encoded. A plus sign stays a plus sign.",
        may_be_absent: true,
        fails: Some("a percent sign is not followed by two hexadecimal digits, or the bytes are no UTF-8"),
        inverse: Some("url_encode"),
        examples: &[(r#""%C3%A5k%207" | url_decode"#, r#""åk 7""#), (r#""100%" | url_decode"#, "fails")],
        ..text("url_decode", compose::url_decode)
    },
    Function {
        doc: "The text as a literal in an OData filter: between apostrophes, those inside doubled (OData 4.01, URL \
              Conventions, section 5.1.1.14).",
        examples: &[(r#""O'Neill" | odata"#, r#""'O''Neill'""#), ("odata(absent)", "absent")],
        ..text("odata", compose::odata)
    },
];

#[cfg(test)]
mod tests;
