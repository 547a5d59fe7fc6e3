//! Phone numbers, by the numbering plans of libphonenumber.

use super::arguments::Arguments;
use super::{Context, Failure, Function, Outcome, Param, Ty, optional, required};
use crate::value::Value;
use crate::value::phone::{self, Region};
use phonenumber::{Mode, PhoneNumber};

const NUMBER: &[Param] = &[required("number", Ty::Text), optional("region", Ty::Text)];

/// An entry of this family: of a number, perhaps with its region.
const fn phone(name: &'static str, run: for<'a> fn(&Context<'a>, &[Value<'a>]) -> Outcome<'a>) -> Function {
    Function { params: NUMBER, ..Function::pure("phones", name, run) }
}

const NO_NUMBER: Option<&str> = Some("it is no phone number of the region");

/// The functions of phone numbers.
pub static FUNCTIONS: &[Function] = &[
    Function {
        doc: "The number as systems exchange it, `+46701740605` (E.164). A number without country code needs the \
              `region` whose rules it follows (two letters); blanks and `- / . ( )` are allowed. Fails if it is no \
              number of its country: use `phone_or_absent` where that happens often.",
        gives: Ty::Phone,
        fails: NO_NUMBER,
        inverse: Some("phone_national"),
        examples: &[
            (r#""070-174 06 05" | phone(region = "SE")"#, r#""+46701740605""#),
            (r#""+32 (0)492/12.34.56" | phone"#, r#""+32492123456""#),
            (r#""070-174 06 05" | phone"#, "fails"),
            (r#""saknas" | phone(region = "SE")"#, "fails"),
            ("phone(absent)", "absent"),
        ],
        ..phone("phone", e164)
    },
    Function {
        doc: "The number as `phone` gives it, or absent if it is none.",
        gives: Ty::Phone,
        may_be_absent: true,
        fails: Some("the region is none"),
        fails_by_settings: true,
        examples: &[
            (r#""06-12345678" | phone_or_absent(region = "NL")"#, r#""+31612345678""#),
            (r#""saknas" | phone_or_absent(region = "NL")"#, "absent"),
        ],
        ..phone("phone_or_absent", e164_or_absent)
    },
    Function {
        doc: "The number as people of its own country write it, without country code: `070-174 06 05`.",
        fails: NO_NUMBER,
        inverse: Some("phone"),
        examples: &[
            (r#""+46701740605" | phone_national"#, r#""070-174 06 05""#),
            (r#""0701740605" | phone_national(region = "SE")"#, r#""070-174 06 05""#),
            (r#""112" | phone_national(region = "SE")"#, "fails"),
        ],
        ..phone("phone_national", national)
    },
    Function {
        doc: "The number as people of other countries write it: `+46 70 174 06 05`.",
        fails: NO_NUMBER,
        inverse: Some("phone"),
        examples: &[
            (r#""070-1740605" | phone_international(region = "SE")"#, r#""+46 70 174 06 05""#),
            (r#""112" | phone_international(region = "SE")"#, "fails"),
            ("phone_international(absent)", "absent"),
        ],
        ..phone("phone_international", international)
    },
    Function {
        doc: "True if the text is a number of its country.",
        gives: Ty::Bool,
        fails: Some("the region is none"),
        fails_by_settings: true,
        examples: &[
            (r#""070-174 06 05" | is_phone(region = "SE")"#, "true"),
            (r#""070-174" | is_phone(region = "SE")"#, "false"),
        ],
        ..phone("is_phone", is_phone)
    },
    Function {
        doc: "True if the number is one of a mobile phone. In countries that do not tell mobile and fixed numbers \
              apart, every number that may be mobile is. False if the text is no number.",
        gives: Ty::Bool,
        fails: Some("the region is none"),
        fails_by_settings: true,
        examples: &[
            (r#""0492 12 34 56" | is_mobile(region = "BE")"#, "true"),
            (r#""04 222 33 44" | is_mobile(region = "BE")"#, "false"),
            (r#""saknas" | is_mobile(region = "BE")"#, "false"),
        ],
        ..phone("is_mobile", is_mobile)
    },
];

/// The region in the second argument, if given.
fn region(arguments: &[Value<'_>]) -> Result<Option<Region>, Failure> {
    let Some(letters) = arguments.optional_text(1)? else { return Ok(None) };
    Region::new(letters).map(Some).ok_or_else(|| Failure::because("needs a region of two letters (SE, NL, BE)"))
}

fn number(arguments: &[Value<'_>]) -> Result<PhoneNumber, Failure> {
    phone::read(arguments.text(0)?, region(arguments)?)
}

fn e164<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    phone::e164(arguments.text(0)?, region(arguments)?, context.arena).map(Value::Text)
}

fn e164_or_absent<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, region) = (arguments.text(0)?, region(arguments)?);
    Ok(phone::e164(text, region, context.arena).map_or(Value::Absent, Value::Text))
}

fn national<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Text(phone::written(&number(arguments)?, Mode::National, context.arena)))
}

fn international<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Text(phone::written(&number(arguments)?, Mode::International, context.arena)))
}

fn is_phone<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(phone::read(arguments.text(0)?, region(arguments)?).is_ok()))
}

fn is_mobile<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(phone::read(arguments.text(0)?, region(arguments)?).is_ok_and(|number| phone::is_mobile(&number))))
}

#[cfg(test)]
mod tests {
    use crate::function::calling::of_texts;

    #[test]
    fn regions_are_explicit() {
        assert_eq!(of_texts("phone", &["0492 12 34 56", "BE"]), "+32492123456");
        assert_eq!(of_texts("phone", &["0492 12 34 56"]), "fails: has no country code, and no region is given");
        assert_eq!(
            of_texts("phone", &["0492 12 34 56", "Belgium"]),
            "fails: needs a region of two letters (SE, NL, BE)"
        );
        assert_eq!(of_texts("phone_or_absent", &["x", "BE"]), "absent");
    }
}
