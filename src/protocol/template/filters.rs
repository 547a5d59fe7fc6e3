//! The filters of templates. One entry in the table and one function in [`filters`] add a filter.

use base64::Engine;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::{Timestamp, tz::TimeZone};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};
use std::sync::LazyLock;

/// A filter as people know it.
#[derive(Debug)]
pub struct FilterWord {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub form: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Fewest arguments, besides the value.
    pub least: usize,
    /// Most arguments.
    pub most: usize,
    /// True if it answers absence; absence passes by all others.
    pub sees_absence: bool,
    /// What is wrong with the literals, if something is.
    pub check: Option<CheckLiterals>,
}

/// Looks at the arguments of a filter without any data.
pub type CheckLiterals = fn(&[serde_json::Value]) -> Option<String>;

const fn plain(name: &'static str, form: &'static str, doc: &'static str, args: (usize, usize)) -> FilterWord {
    FilterWord { name, form, doc, least: args.0, most: args.1, sees_absence: false, check: None }
}

static WORDS: &[FilterWord] = &[
    FilterWord {
        sees_absence: true,
        ..plain("default", "`default(\"text\")`", "The given value where there is none.", (1, 1))
    },
    FilterWord {
        sees_absence: true,
        ..plain("or_empty", "`or_empty`", "An empty text where there is no value.", (0, 0))
    },
    plain("lower", "`lower`", "The text in small letters.", (0, 0)),
    plain("upper", "`upper`", "The text in capital letters.", (0, 0)),
    plain("trim", "`trim`", "The text without blanks around it.", (0, 0)),
    plain("join", "`join(\", \")`", "The values of a list as one text.", (0, 1)),
    plain("replace", "`replace(\"old\", \"new\")`", "The text with every `old` replaced.", (2, 2)),
    FilterWord {
        check: Some(check_pattern),
        ..plain(
            "date",
            "`date(\"%Y%m%d\")`",
            "A date or moment (UTC) in the given form, `2026-08-01` if none is given; `%Y %m %d %H %M %S`.",
            (0, 1),
        )
    },
    plain(
        "datetime",
        "`datetime`",
        "A date or moment as `2026-08-01T07:30:00Z`; a date begins at midnight, UTC.",
        (0, 0),
    ),
    plain("odata", "`odata`", "The text as OData filters need it: in quotes, with quotes inside doubled.", (0, 0)),
    FilterWord {
        sees_absence: true,
        ..plain(
            "before",
            "`before(\"/\")`",
            "The value with the given text before it; nothing where there is no value.",
            (1, 1),
        )
    },
    plain("base64", "`base64`", "The text in Base64.", (0, 0)),
];

/// All filters, in the order of the manual.
pub fn words() -> impl Iterator<Item = &'static FilterWord> {
    WORDS.iter()
}

/// The filter of this name.
pub fn word(name: &str) -> Option<&'static FilterWord> {
    WORDS.iter().find(|word| word.name == name)
}

/// Where filters run: strict about absence, without escaping. Templates have no loops, so each filter runs once.
pub(super) static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    filters(&mut environment);
    environment
});

/// Registers every filter of the table.
pub fn filters(environment: &mut Environment<'static>) {
    environment.add_filter(
        "default",
        |value: &Value, other: Value| {
            if value.is_undefined() || value.is_none() { other } else { value.clone() }
        },
    );
    environment.add_filter("or_empty", |value: &Value| {
        if value.is_undefined() || value.is_none() { Value::from("") } else { value.clone() }
    });
    environment.add_filter("lower", |value: &Value| text(value).map(|text| text.to_lowercase()));
    environment.add_filter("upper", |value: &Value| text(value).map(|text| text.to_uppercase()));
    environment.add_filter("trim", |value: &Value| text(value).map(|text| text.trim().to_string()));
    environment
        .add_filter("replace", |value: &Value, old: &str, new: &str| text(value).map(|text| text.replace(old, new)));
    environment.add_filter("join", join);
    environment.add_filter("date", |value: &Value, pattern: Option<&str>| date(value, pattern.unwrap_or("%Y-%m-%d")));
    environment.add_filter("datetime", |value: &Value| date(value, "%Y-%m-%dT%H:%M:%SZ"));
    environment.add_filter("odata", |value: &Value| text(value).map(|text| format!("'{}'", text.replace('\'', "''"))));
    environment.add_filter("before", |value: &Value, before: &str| {
        if value.is_undefined() || value.is_none() {
            Ok(String::new())
        } else {
            text(value).map(|text| format!("{before}{text}"))
        }
    });
    environment.add_filter("base64", |value: &Value| {
        text(value).map(|text| base64::engine::general_purpose::STANDARD.encode(text))
    });
}

/// The text of a text, number or bool.
fn text(value: &Value) -> Result<String, Error> {
    use minijinja::value::ValueKind;
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => Ok(value.to_string()),
        _ => Err(Error::new(ErrorKind::InvalidOperation, "one value is needed")),
    }
}

fn join(value: &Value, between: Option<&str>) -> Result<String, Error> {
    let parts: Result<Vec<String>, Error> = value.try_iter()?.map(|part| text(&part)).collect();
    Ok(parts?.join(between.unwrap_or("")))
}

fn date(value: &Value, pattern: &str) -> Result<String, Error> {
    let text = text(value)?;
    let moment: Option<DateTime> = text
        .parse::<Timestamp>()
        .map(|moment| TimeZone::UTC.to_datetime(moment))
        .or_else(|_| text.parse::<DateTime>())
        .or_else(|_| text.parse::<Date>().map(DateTime::from))
        .ok();
    moment
        .and_then(|moment| strtime::format(pattern, moment).ok())
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "a date is needed"))
}

fn check_pattern(args: &[serde_json::Value]) -> Option<String> {
    let sample = jiff::civil::date(2026, 8, 1).at(7, 30, 0, 0);
    let works = args[0].as_str().is_some_and(|pattern| strtime::format(pattern, sample).is_ok());
    (!works).then(|| "the form of a date is written with %Y %m %d %H %M %S".to_string())
}
