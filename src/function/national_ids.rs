//! National ids and codes of schools. They validate and normalise, and never repair.

use super::arguments::Arguments;
use super::{Class, ClassSet, Context, Effect, Failure, Function, Outcome, Ty, optional, required};
use crate::value::ids::{
    Brin, Bsn, Checksum, Personnummer, PersonnummerForm, PersonnummerKind, Rijksregisternummer,
    RijksregisternummerKind, luhn, onderwijsnummer, organisationsnummer, school_unit_code,
};
use crate::value::{Value, wire};

/// An entry of this family that looks at an id.
const fn id(name: &'static str, ty: &'static [super::Param], run: Run) -> Function {
    Function { params: ty, ..Function::pure("national ids", name, run) }
}

type Run = for<'a> fn(&Context<'a>, &[Value<'a>]) -> Outcome<'a>;

const TEXT: &[super::Param] = &[required("text", Ty::Text)];
const TEXT_AND_CHECK: &[super::Param] =
    &[required("text", Ty::Text), optional("check_digit", Ty::Word(&["reject", "ignore"]))];
const PERSONNUMMER: &[super::Param] = &[required("number", Ty::Personnummer)];
const RIJKSREGISTERNUMMER: &[super::Param] = &[required("number", Ty::Rijksregisternummer)];
const BRIN: &[super::Param] = &[required("brin", Ty::Brin)];

/// What becomes a national id is one from there on, whatever class its text had.
const BECOMES_NATIONAL_ID: Effect = Effect::Adds(ClassSet::of(Class::NATIONAL_ID));

/// The functions of national ids. Those of an id, and not of a text, count as never failing: a field of the type has been
/// read as one. Given a text that is none, they fail all the same.
pub static FUNCTIONS: &[Function] = &[
    Function {
        doc: "A Swedish personnummer in twelve digits, of any of its forms, with samordningsnummer, interim numbers \
              (a letter first of the last four) and the temporary TF numbers of schools. Ten digits get their \
              century from `+` or `-` and the run's date. A wrong check digit fails, or passes with `check_digit = \
              \"ignore\"`; no digit is ever changed.",
        gives: Ty::Personnummer,
        fails: Some("the text is no personnummer, or its check digit is wrong"),
        effect: BECOMES_NATIONAL_ID,
        examples: &[
            (r#""121221-2391" | personnummer"#, r#""201212212391""#),
            (r#""121212+1212" | personnummer"#, r#""191212121212""#),
            (r#""20120304-TF01" | personnummer"#, r#""20120304TF01""#),
            (r#""121221-2392" | personnummer"#, "fails"),
            (r#""121221-2392" | personnummer(check_digit = "ignore")"#, r#""201212212392""#),
            ("personnummer(absent)", "absent"),
        ],
        ..id("personnummer", TEXT_AND_CHECK, personnummer)
    },
    Function {
        doc: "The personnummer as `YYYYMMDDNNNN`, its normal form.",
        inverse: Some("personnummer"),
        examples: &[
            (r#""20121221-2391" | personnummer_12"#, r#""201212212391""#),
            ("personnummer_12(absent)", "absent"),
        ],
        ..id("personnummer_12", PERSONNUMMER, |context, arguments| form(context, arguments, PersonnummerForm::Twelve))
    },
    Function {
        doc: "The personnummer as `YYYYMMDD-NNNN`.",
        inverse: Some("personnummer"),
        examples: &[
            (r#""201212212391" | personnummer_dashed"#, r#""20121221-2391""#),
            ("personnummer_dashed(absent)", "absent"),
        ],
        ..id("personnummer_dashed", PERSONNUMMER, |context, arguments| {
            form(context, arguments, PersonnummerForm::TwelveDashed)
        })
    },
    Function {
        doc: "The personnummer as `YYMMDDNNNN`. The century is lost: two people born a hundred years apart may look \
              the same.",
        examples: &[
            (r#""201212212391" | personnummer_10"#, r#""1212212391""#),
            (r#""1212" | personnummer_10"#, "fails"),
        ],
        ..id("personnummer_10", PERSONNUMMER, |context, arguments| form(context, arguments, PersonnummerForm::Ten))
    },
    Function {
        doc: "The personnummer as `YYMMDD-NNNN`, with `+` from the year in which the person turns 100.",
        inverse: Some("personnummer"),
        examples: &[
            (r#""201212212391" | personnummer_10_dashed"#, r#""121221-2391""#),
            (r#""191212121212" | personnummer_10_dashed"#, r#""121212+1212""#),
        ],
        ..id("personnummer_10_dashed", PERSONNUMMER, |context, arguments| {
            form(context, arguments, PersonnummerForm::TenDashed)
        })
    },
    Function {
        doc: "True if the text is a personnummer of any kind with a right check digit.",
        gives: Ty::Bool,
        examples: &[(r#""121221-2391" | is_personnummer"#, "true"), (r#""121221-2392" | is_personnummer"#, "false")],
        ..id("is_personnummer", TEXT, |context, arguments| {
            Ok(Value::Bool(read_personnummer(context, arguments)?.is_some_and(|number| number.checksum().is_ok())))
        })
    },
    Function {
        doc: "True if the number is a samordningsnummer: 60 is added to its day.",
        gives: Ty::Bool,
        examples: &[
            (r#""701063-2391" | is_coordination_number"#, "true"),
            (r#""201212212391" | is_coordination_number"#, "false"),
        ],
        ..id("is_coordination_number", PERSONNUMMER, |context, arguments| {
            is_kind(context, arguments, PersonnummerKind::Coordination)
        })
    },
    Function {
        doc: "True if the number is an interim number: a letter is the first of its last four.",
        gives: Ty::Bool,
        examples: &[
            (r#""20000101-T220" | is_interim_number"#, "true"),
            (r#""20120304TF01" | is_interim_number"#, "false"),
        ],
        ..id("is_interim_number", PERSONNUMMER, |context, arguments| {
            is_kind(context, arguments, PersonnummerKind::Interim)
        })
    },
    Function {
        doc: "True if the number is a temporary number of a school, with `TF`. Schools choose them freely: two \
              schools may give the same one, so match people by it only together with name and birth date.",
        gives: Ty::Bool,
        examples: &[(r#""20120304TF01" | is_temporary_number"#, "true"), (r#""okänt" | is_temporary_number"#, "false")],
        ..id("is_temporary_number", PERSONNUMMER, |context, arguments| {
            is_kind(context, arguments, PersonnummerKind::Temporary)
        })
    },
    Function {
        doc: "The date of birth that a Swedish personnummer begins with; absent for a samordningsnummer whose date \
              is not known in full.",
        gives: Ty::Date,
        may_be_absent: true,
        effect: Effect::Coarsens,
        examples: &[
            (r#""701063-2391" | birth_date_of"#, r#"date("1970-10-03")"#),
            (r#""193100602394" | birth_date_of"#, "absent"),
            (r#""okänt" | birth_date_of"#, "fails"),
        ],
        ..id("birth_date_of", PERSONNUMMER, |context, arguments| {
            let number = Personnummer::read(arguments.text(0)?, Some(context.as_of))?;
            Ok(number.birth_date().map_or(Value::Absent, Value::Date))
        })
    },
    Function {
        doc: "`male` or `female`, by the third of the last four of a Swedish personnummer; absent for interim and \
              temporary numbers, which do not tell. It is what the register says, and no more.",
        may_be_absent: true,
        effect: Effect::Coarsens,
        examples: &[(r#""201212212391" | sex_of"#, r#""male""#), (r#""20120304TF01" | sex_of"#, "absent")],
        ..id("sex_of", PERSONNUMMER, |context, arguments| {
            let number = Personnummer::read(arguments.text(0)?, Some(context.as_of))?;
            Ok(number.sex().map_or(Value::Absent, |sex| Value::Text(sex.word())))
        })
    },
    Function {
        doc: "A Belgian rijksregisternummer, or BIS number, in eleven digits. A wrong check number fails, or passes \
              with `check_digit = \"ignore\"`.",
        gives: Ty::Rijksregisternummer,
        fails: Some("the text is no rijksregisternummer, or its check number is wrong"),
        effect: BECOMES_NATIONAL_ID,
        inverse: Some("rijksregisternummer_dotted"),
        examples: &[
            (r#""00.01.25-567.77" | rijksregisternummer"#, r#""00012556777""#),
            (r#""00.01.25-567.78" | rijksregisternummer"#, "fails"),
            ("rijksregisternummer(absent)", "absent"),
        ],
        ..id("rijksregisternummer", TEXT_AND_CHECK, rijksregisternummer)
    },
    Function {
        doc: "The rijksregisternummer as `YY.MM.DD-NNN.CC`.",
        inverse: Some("rijksregisternummer"),
        examples: &[
            (r#""00012556777" | rijksregisternummer_dotted"#, r#""00.01.25-567.77""#),
            (r#""0001255677" | rijksregisternummer_dotted"#, "fails"),
        ],
        ..id("rijksregisternummer_dotted", RIJKSREGISTERNUMMER, |context, arguments| {
            Ok(context.text(Rijksregisternummer::read(arguments.text(0)?)?.dotted(&mut [0; 15])))
        })
    },
    Function {
        doc: "True if the text is a rijksregisternummer or BIS number with a right check number.",
        gives: Ty::Bool,
        examples: &[
            (r#""00012556777" | is_rijksregisternummer"#, "true"),
            (r#""00012556778" | is_rijksregisternummer"#, "false"),
        ],
        ..id("is_rijksregisternummer", TEXT, |_, arguments| {
            Ok(Value::Bool(Rijksregisternummer::read(arguments.text(0)?).is_ok_and(|number| number.checksum().is_ok())))
        })
    },
    Function {
        doc: "True if the number is a BIS number: 20 or 40 is added to its month.",
        gives: Ty::Bool,
        examples: &[(r#""85473003317" | is_bis_number"#, "true"), (r#""00012556777" | is_bis_number"#, "false")],
        ..id("is_bis_number", RIJKSREGISTERNUMMER, |_, arguments| {
            let number = Rijksregisternummer::read(arguments.text(0)?);
            Ok(Value::Bool(number.is_ok_and(|number| number.kind() != RijksregisternummerKind::National)))
        })
    },
    Function {
        doc: "The date of birth in a rijksregisternummer; absent if day or month are unknown or the check number, \
              which tells the century, is wrong.",
        gives: Ty::Date,
        may_be_absent: true,
        effect: Effect::Coarsens,
        examples: &[
            (r#""00012556777" | rijksregisternummer_birth_date"#, r#"date("2000-01-25")"#),
            (r#""85000000138" | rijksregisternummer_birth_date"#, "absent"),
        ],
        ..id("rijksregisternummer_birth_date", RIJKSREGISTERNUMMER, |_, arguments| {
            let number = Rijksregisternummer::read(arguments.text(0)?)?;
            Ok(number.birth_date().map_or(Value::Absent, Value::Date))
        })
    },
    Function {
        doc: "`male` or `female`, by the sequence in a rijksregisternummer; absent for BIS numbers given when it was \
              unknown.",
        may_be_absent: true,
        effect: Effect::Coarsens,
        examples: &[
            (r#""00012556777" | rijksregisternummer_sex"#, r#""male""#),
            (r#""85273003371" | rijksregisternummer_sex"#, "absent"),
        ],
        ..id("rijksregisternummer_sex", RIJKSREGISTERNUMMER, |_, arguments| {
            let number = Rijksregisternummer::read(arguments.text(0)?)?;
            Ok(number.sex().map_or(Value::Absent, |sex| Value::Text(sex.word())))
        })
    },
    Function {
        doc: "A Dutch BSN in nine digits. Eight digits fail: whether a zero was lost is a guess. A wrong check digit \
              fails, or passes with `check_digit = \"ignore\"`.",
        gives: Ty::Bsn,
        fails: Some("the text is no BSN, or its check digit is wrong"),
        effect: BECOMES_NATIONAL_ID,
        examples: &[
            (r#""1112.22.333" | bsn"#, r#""111222333""#),
            (r#""123456789" | bsn"#, "fails"),
            (r#""10464554" | bsn"#, "fails"),
        ],
        ..id("bsn", TEXT_AND_CHECK, |context, arguments| {
            let number = Bsn::read(arguments.text(0)?)?;
            checked(arguments, number.checksum())?;
            Ok(context.text(number.nine()))
        })
    },
    Function {
        doc: "True if the text is a BSN with a right check digit.",
        gives: Ty::Bool,
        examples: &[(r#""111222333" | is_bsn"#, "true"), (r#""000000000" | is_bsn"#, "false")],
        ..id("is_bsn", TEXT, |_, arguments| {
            Ok(Value::Bool(Bsn::read(arguments.text(0)?).is_ok_and(|number| number.checksum().is_ok())))
        })
    },
    Function {
        doc: "A Dutch onderwijsnummer, of pupils without BSN, in nine digits. A wrong check digit fails, or passes \
              with `check_digit = \"ignore\"`.",
        fails: Some("the text is no onderwijsnummer, or its check digit is wrong"),
        effect: BECOMES_NATIONAL_ID,
        examples: &[
            (r#""133456785" | onderwijsnummer"#, r#""133456785""#),
            (r#""111222333" | onderwijsnummer"#, "fails"),
        ],
        ..id("onderwijsnummer", TEXT_AND_CHECK, |context, arguments| {
            let (nine, checksum) = onderwijsnummer(arguments.text(0)?)?;
            checked(arguments, checksum)?;
            Ok(context.text(std::str::from_utf8(&nine).unwrap_or_default()))
        })
    },
    Function {
        doc: "A Dutch PGN in nine digits: a BSN, or an onderwijsnummer. Fails if it is neither.",
        fails: Some("the text is neither BSN nor onderwijsnummer"),
        effect: BECOMES_NATIONAL_ID,
        examples: &[
            (r#""133456785" | pgn"#, r#""133456785""#),
            (r#""111222333" | pgn"#, r#""111222333""#),
            (r#""123456789" | pgn"#, "fails"),
        ],
        ..id("pgn", TEXT, |context, arguments| {
            let number = Bsn::read(arguments.text(0)?)?;
            let is_other = onderwijsnummer(number.nine()).is_ok_and(|(_, checksum)| checksum.is_ok());
            if number.checksum().is_ok() || is_other {
                Ok(context.text(number.nine()))
            } else {
                Err(Failure::because("is neither BSN nor onderwijsnummer"))
            }
        })
    },
    Function {
        doc: "A Dutch BRIN in upper case, with its location if it was given: `21QW`, `21QW00`, `21QW.00`.",
        gives: Ty::Brin,
        fails: Some("the text is no BRIN"),
        examples: &[(r#""21qw.00" | brin"#, r#""21QW00""#), (r#""2QW1" | brin"#, "fails")],
        ..id("brin", TEXT, |context, arguments| Ok(context.text(Brin::read(arguments.text(0)?)?.text())))
    },
    Function {
        doc: "The four characters of the school in a BRIN.",
        examples: &[(r#""21QW00" | brin_school"#, r#""21QW""#), ("brin_school(absent)", "absent")],
        ..id("brin_school", BRIN, |context, arguments| Ok(context.text(Brin::read(arguments.text(0)?)?.school())))
    },
    Function {
        doc: "The two digits of the location in a BRIN; absent if it has none.",
        may_be_absent: true,
        examples: &[(r#""21QW00" | brin_location"#, r#""00""#), (r#""21QW" | brin_location"#, "absent")],
        ..id("brin_location", BRIN, |context, arguments| {
            Ok(Brin::read(arguments.text(0)?)?.location().map_or(Value::Absent, |location| context.text(location)))
        })
    },
    Function {
        doc: "A Swedish school unit code (skolenhetskod): eight digits.",
        fails: Some("the text has not eight digits"),
        examples: &[
            (r#""12345678" | school_unit_code"#, r#""12345678""#),
            (r#""1234567" | school_unit_code"#, "fails"),
        ],
        ..id("school_unit_code", TEXT, |_, arguments| school_unit_code(arguments.text(0)?).map(Value::Text))
    },
    Function {
        doc: "A Swedish organisation number in ten digits. A wrong check digit fails, or passes with `check_digit = \
              \"ignore\"`. That of a sole trader is a personnummer and is refused.",
        fails: Some("the text is no organisation number, or its check digit is wrong"),
        examples: &[
            (r#""202100-5489" | organisation_number"#, r#""2021005489""#),
            (r#""202100-5488" | organisation_number"#, "fails"),
        ],
        ..id("organisation_number", TEXT_AND_CHECK, |context, arguments| {
            let (ten, checksum) = organisationsnummer(arguments.text(0)?)?;
            checked(arguments, checksum)?;
            Ok(context.text(std::str::from_utf8(&ten).unwrap_or_default()))
        })
    },
    Function {
        doc: "True if the digits of a text pass the Luhn check (modulus 10), as on library cards and in many member \
              numbers.",
        gives: Ty::Bool,
        examples: &[
            (r#""701063-2391" | passes_luhn"#, "true"),
            (r#""701063-2392" | passes_luhn"#, "false"),
            (r#""-" | passes_luhn"#, "false"),
        ],
        ..id("passes_luhn", TEXT, |_, arguments| {
            let digits: Vec<u8> = arguments.text(0)?.bytes().filter(|byte| !matches!(byte, b'-' | b' ')).collect();
            Ok(Value::Bool(luhn(&digits)))
        })
    },
];

/// Fails on a wrong check digit, unless the second argument says to ignore it.
fn checked(arguments: &[Value<'_>], checksum: Checksum) -> Result<(), Failure> {
    if checksum.is_ok() || arguments.optional_text(1)? == Some("ignore") {
        Ok(())
    } else {
        Err(Failure::because(wire::WRONG_CHECK_DIGIT))
    }
}

fn personnummer<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.text(0)?;
    let number = Personnummer::read(text, Some(context.as_of))?;
    checked(arguments, number.checksum())?;
    Ok(if number.twelve() == text { Value::Text(text) } else { context.text(number.twelve()) })
}

fn form<'a>(context: &Context<'a>, arguments: &[Value<'a>], form: PersonnummerForm) -> Outcome<'a> {
    let number = Personnummer::read(arguments.text(0)?, Some(context.as_of))?;
    Ok(context.text(number.write(form, context.as_of, &mut [0; 13])))
}

/// The number, or none if the text is no personnummer.
fn read_personnummer(context: &Context<'_>, arguments: &[Value<'_>]) -> Result<Option<Personnummer>, Failure> {
    Ok(Personnummer::read(arguments.text(0)?, Some(context.as_of)).ok())
}

fn is_kind<'a>(context: &Context<'a>, arguments: &[Value<'a>], kind: PersonnummerKind) -> Outcome<'a> {
    Ok(Value::Bool(read_personnummer(context, arguments)?.is_some_and(|number| number.kind() == kind)))
}

fn rijksregisternummer<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let number = Rijksregisternummer::read(arguments.text(0)?)?;
    checked(arguments, number.checksum())?;
    Ok(context.text(number.eleven()))
}

#[cfg(test)]
mod tests {
    use crate::function::calling::of_texts;

    #[test]
    fn check_digits_fail_or_are_ignored_and_never_mended() {
        assert_eq!(of_texts("personnummer", &["20121221-2392"]), "fails: has a wrong check digit");
        assert_eq!(of_texts("personnummer", &["20121221-2392", "ignore"]), "201212212392");
        assert_eq!(of_texts("bsn", &["133456785"]), "fails: has a wrong check digit");
        assert_eq!(of_texts("pgn", &["133456785"]), "133456785");
        assert_eq!(of_texts("organisation_number", &["121212-1212"]), "fails: is no organisation number (NNNNNN-NNNN)");
    }
}
