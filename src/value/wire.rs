//! How the text of a field on the wire becomes a value, and back.
//!
//! A [`Codec`] is compiled once per field and then reads millions of texts: plain text is borrowed and never copied.
//! Reading is strict: what is not of the type fails, with a text that names the expected form and never the data.
//! Blanks around a value count only in text; columns of fixed width pad with them.

use super::ids::{Brin, Bsn, Checksum, Personnummer, PersonnummerForm, Rijksregisternummer};
use super::pattern::{Pattern, read_iso_date};
use super::phone::{self, Region};
use super::{Arena, Duration, Failure, Type, Value, country, normal, show};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date, civil::Time};
use regex::Regex;
use rust_decimal::Decimal;
use std::sync::OnceLock;

/// How one field is written on the wire. For a list or set: how each element is.
#[derive(Clone, Debug)]
pub struct Codec {
    /// The type of the field, or of its elements.
    pub ty: Type,
    /// Patterns of dates and times; the first is written. None: ISO 8601.
    pub formats: Vec<Pattern>,
    /// How ids and phone numbers are written.
    pub form: Form,
    /// Wire text and model text, for reading. Not empty: other words of an enum or bool are refused.
    pub read_values: Vec<(Box<str>, Box<str>)>,
    /// Model text and wire text, for writing.
    pub write_values: Vec<(Box<str>, Box<str>)>,
    /// `1,5` instead of `1.5`.
    pub decimal_comma: bool,
    /// Wire texts that mean absent.
    pub absent_when: Vec<Box<str>>,
    /// True if the empty text is a value and not absence.
    pub empty_is_value: bool,
    /// The value of an absent field, as model text.
    pub default: Option<Box<str>>,
    /// True if a wrong check digit is a failure; false: a warning.
    pub checksum_rejects: bool,
    /// What a text must match as a whole. A warning when read, a failure when written.
    pub pattern: Option<Whole>,
    /// Longest text that may be written, in characters.
    pub max: Option<u32>,
    /// The time zone of times that are written without one.
    pub zone: Option<TimeZone>,
    /// The country of phone numbers without country code.
    pub region: Region,
    /// The day from which the century of a ten-digit personnummer is found.
    pub as_of: Option<Date>,
}

/// How ids and phone numbers are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// In their normal form.
    Normal,
    /// A personnummer in one of its forms.
    Personnummer(PersonnummerForm),
    /// A rijksregisternummer as `YY.MM.DD-NNN.CC`.
    Dotted,
    /// A phone number as people of its country write it.
    National,
}

/// What a text on the wire said.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// The value.
    pub value: Value<'a>,
    /// What is odd about it, though it was read.
    pub warning: Option<&'static str>,
}

impl<'a> From<Value<'a>> for Decoded<'a> {
    fn from(value: Value<'a>) -> Decoded<'a> {
        Decoded { value, warning: None }
    }
}

/// Reading a text, or why it cannot be read.
type Reading<'a> = Result<Decoded<'a>, Failure>;

impl Codec {
    /// The codec of a type with nothing declared; of a list or set, of its elements.
    pub fn new(ty: &Type) -> Codec {
        Codec {
            ty: ty.element().unwrap_or(ty).clone(),
            formats: Vec::new(),
            form: Form::Normal,
            read_values: Vec::new(),
            write_values: Vec::new(),
            decimal_comma: false,
            absent_when: Vec::new(),
            empty_is_value: false,
            default: None,
            checksum_rejects: false,
            pattern: None,
            max: None,
            zone: None,
            region: Region::SWEDEN,
            as_of: None,
        }
    }

    /// Adds one entry of a field's `format:`. The error says what this type knows.
    pub fn add_format(&mut self, format: &str) -> Result<(), String> {
        self.form = match (&self.ty, format) {
            (Type::Personnummer, "12 digits") => Form::Personnummer(PersonnummerForm::Twelve),
            (Type::Personnummer, "12 digits with dash" | "with dash") => {
                Form::Personnummer(PersonnummerForm::TwelveDashed)
            }
            (Type::Personnummer, "10 digits") => Form::Personnummer(PersonnummerForm::Ten),
            (Type::Personnummer, "10 digits with dash") => Form::Personnummer(PersonnummerForm::TenDashed),
            (Type::Personnummer, _) => {
                return Err("12 digits, 12 digits with dash, 10 digits, 10 digits with dash".into());
            }
            (Type::Rijksregisternummer, "11 digits") | (Type::Phone, "international") => Form::Normal,
            (Type::Rijksregisternummer, "with dots") => Form::Dotted,
            (Type::Rijksregisternummer, _) => return Err("11 digits, with dots".into()),
            (Type::Phone, "national") => Form::National,
            (Type::Phone, _) => return Err("international, national".into()),
            (Type::Decimal, "decimal comma" | "decimal point") => {
                self.decimal_comma = format == "decimal comma";
                return Ok(());
            }
            (Type::Decimal, _) => return Err("decimal comma, decimal point".into()),
            (Type::Date | Type::DateTime, pattern) => {
                self.formats.push(Pattern::new(pattern)?);
                return Ok(());
            }
            (ty, _) => return Err(format!("no formats for {}", ty.word())),
        };
        Ok(())
    }

    /// True if a text is its own value, and only the empty one means: absent.
    #[inline]
    pub fn is_plain(&self) -> bool {
        matches!(self.ty, Type::Text)
            && self.absent_when.is_empty()
            && self.read_values.is_empty()
            && self.pattern.is_none()
            && self.max.is_none()
            && self.default.is_none()
            && !self.empty_is_value
    }

    /// True if every text in normal form is written as it stands.
    pub fn is_verbatim(&self) -> bool {
        self.ty == Type::Text && self.write_values.is_empty() && self.max.is_none() && self.pattern.is_none()
    }

    /// True if something may be odd about a text that is read all the same.
    pub fn may_warn(&self) -> bool {
        self.pattern.is_some()
            || self.max.is_some()
            || matches!(self.ty, Type::Phone | Type::Personnummer | Type::Bsn | Type::Rijksregisternummer | Type::Brin)
    }

    /// True if it reads `true` and `false`, and nothing is said about these two.
    #[inline]
    pub fn is_truth(&self) -> bool {
        matches!(self.ty, Type::Bool) && self.absent_when.is_empty() && self.read_values.is_empty()
    }

    /// Reads a text of the wire.
    pub fn decode<'a>(&'a self, text: &'a str, arena: &'a Arena) -> Reading<'a> {
        if self.absent_when.iter().any(|absent| **absent == *text) {
            return self.absent(arena);
        }
        let text = if matches!(self.ty, Type::Text | Type::Secret) { text } else { normal::trimmed(text) };
        if text.is_empty() && !(self.empty_is_value && self.ty.is_textual()) {
            return self.absent(arena);
        }
        if !self.read_values.is_empty() {
            if let Some((_, model)) = self.read_values.iter().find(|(wire, _)| **wire == *text) {
                return self.read(model, arena);
            }
            if matches!(self.ty, Type::Bool | Type::Enum(_)) {
                return Err(none_of(self.read_values.iter().map(|(wire, _)| &**wire)));
            }
        }
        let mut decoded = self.read(text, arena)?;
        if let (Some(pattern), Value::Text(text)) = (&self.pattern, decoded.value)
            && !pattern.is_match(text)
        {
            decoded.warning = decoded.warning.or(Some("does not have the form that the field declares"));
        }
        if let (Some(max), Value::Text(text)) = (self.max, decoded.value)
            && is_longer(text, max)
        {
            decoded.warning = decoded.warning.or(Some("is longer than the field declares"));
        }
        Ok(decoded)
    }

    /// What an absent field is: its default, if it has one.
    fn absent<'a>(&'a self, arena: &'a Arena) -> Reading<'a> {
        match &self.default {
            Some(model) => self.read(model, arena),
            None => Ok(Value::Absent.into()),
        }
    }

    /// Reads a text by the type alone.
    fn read<'a>(&'a self, text: &'a str, arena: &'a Arena) -> Reading<'a> {
        let value = match &self.ty {
            Type::Text | Type::Secret => Value::Text(text),
            Type::Int => Value::Int(whole_number(text)?),
            Type::Decimal => Value::Decimal(self.read_decimal(text)?),
            Type::Bool => Value::Bool(truth(text)?),
            Type::Date => Value::Date(self.read_date(text)?),
            Type::DateTime => Value::DateTime(self.read_moment(text)?),
            Type::Duration => Value::Duration(
                Duration::read(text).ok_or_else(|| Failure::because("is no duration (30d, 2w, 3mo, 1y)"))?,
            ),
            Type::MonthDay => {
                let (month, day) =
                    show::read_month_day(text).ok_or_else(|| Failure::because("is no day of the year (08-01)"))?;
                Value::MonthDay(month, day)
            }
            Type::Bytes => Value::Bytes(arena.alloc_slice_copy(&read_base64(text)?)),
            Type::Uuid => Value::Text(normal::uuid(text, arena).ok_or_else(|| Failure::because("is no UUID"))?),
            Type::Url => Value::Text(url(text)?),
            Type::Email => Value::Text(email(text)?),
            Type::Country => Value::Text(
                country::code(text).ok_or_else(|| Failure::because("is no country (two letters, ISO 3166)"))?,
            ),
            Type::Enum(words) if !words.iter().any(|word| **word == *text) => {
                return Err(none_of(words.iter().map(|word| &**word)));
            }
            Type::Phone => return self.read_phone(text, arena),
            Type::Personnummer | Type::Bsn | Type::Rijksregisternummer | Type::Brin => {
                return self.read_id(text, arena);
            }
            _ => Value::Text(text),
        };
        Ok(value.into())
    }

    fn read_decimal(&self, text: &str) -> Result<Decimal, Failure> {
        let failure = || {
            Failure::because(match self.decimal_comma {
                true => "is no number (1,5)",
                false if text.contains(',') => "is no number (1.5); `format: decimal comma` reads 1,5",
                false => "is no number (1.5)",
            })
        };
        let point = if self.decimal_comma { ',' } else { '.' };
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == point as u8);
        if !plain {
            return Err(failure());
        }
        let number = if self.decimal_comma { text.replacen(',', ".", 1).parse() } else { text.parse() };
        number.map_err(|_| failure())
    }

    fn read_date(&self, text: &str) -> Result<Date, Failure> {
        match &self.formats[..] {
            [] => read_iso_date(text),
            [only] => only.read(text).map(|parsed| parsed.at.date()),
            [first, others @ ..] => {
                let found = others.iter().fold(first.read(text), |found, next| found.or_else(|_| next.read(text)));
                found.map(|parsed| parsed.at.date()).map_err(|failure| self.of_all_formats(failure))
            }
        }
    }

    fn read_moment(&self, text: &str) -> Result<Timestamp, Failure> {
        if self.formats.is_empty() {
            return read_iso_moment(text, self.zone.as_ref());
        }
        let mut failure = Failure::because("is no time");
        for format in &self.formats {
            match format.read(text) {
                Ok(parsed) => return moment(parsed.at, parsed.offset, self.zone.as_ref()),
                Err(why) => failure = why,
            }
        }
        Err(self.of_all_formats(failure))
    }

    /// The failure of the last format, naming all.
    fn of_all_formats(&self, failure: Failure) -> Failure {
        if self.formats.len() < 2 || !failure.0.contains('(') {
            return failure;
        }
        let word = if self.ty == Type::Date { "date" } else { "time" };
        let forms: Vec<&str> = self.formats.iter().map(Pattern::source).collect();
        Failure(format!("is no {word} ({})", forms.join(" or ")).into())
    }

    /// A number of the field's country, or text that at least looks like a number: kept with a warning, since registers
    /// hold extensions, short numbers and lost digits. Text with letters is refused.
    fn read_phone<'a>(&self, text: &'a str, arena: &'a Arena) -> Reading<'a> {
        if phone::is_e164(text) {
            return Ok(Value::Text(text).into());
        }
        match phone::e164(text, Some(self.region), arena) {
            Ok(number) => Ok(Value::Text(number).into()),
            Err(failure)
                if text.chars().any(char::is_alphabetic) || !text.bytes().any(|byte| byte.is_ascii_digit()) =>
            {
                Err(failure)
            }
            Err(_) => Ok(Decoded { value: Value::Text(text), warning: Some("is no phone number of its country") }),
        }
    }

    fn read_id<'a>(&self, text: &'a str, arena: &'a Arena) -> Reading<'a> {
        let same_or_copy = |id: &str| Value::Text(if id == text { text } else { arena.alloc_str(id) });
        let (value, checksum) = match self.ty {
            Type::Personnummer => {
                let id = Personnummer::read(text, self.as_of)?;
                (same_or_copy(id.twelve()), id.checksum())
            }
            Type::Bsn => {
                let id = Bsn::read(text)?;
                (same_or_copy(id.nine()), id.checksum())
            }
            Type::Rijksregisternummer => {
                let id = Rijksregisternummer::read(text)?;
                (same_or_copy(id.eleven()), id.checksum())
            }
            _ => (same_or_copy(Brin::read(text)?.text()), Checksum::Ok),
        };
        match (checksum, self.checksum_rejects) {
            (Checksum::Ok, _) => Ok(value.into()),
            (Checksum::Wrong, true) => Err(Failure::because(WRONG_CHECK_DIGIT)),
            (Checksum::Wrong, false) => Ok(Decoded { value, warning: Some(WRONG_CHECK_DIGIT) }),
        }
    }

    /// Writes a value. Absence has no text: whoever writes decides what it is on this wire.
    pub fn encode<'a>(&'a self, value: Value<'a>, arena: &'a Arena) -> Result<&'a str, Failure> {
        let text = self.write(value, arena)?;
        let text = self.mapped(text)?;
        if let Some(max) = self.max
            && is_longer(text, max)
        {
            return Err(Failure(format!("is longer than {max} characters").into()));
        }
        match &self.pattern {
            Some(pattern) if !pattern.is_match(text) => {
                Err(Failure::because("does not have the form that the field declares"))
            }
            _ => Ok(text),
        }
    }

    /// The wire text of a model text, where values are declared.
    fn mapped<'a>(&'a self, text: &'a str) -> Result<&'a str, Failure> {
        if let Some((_, wire)) = self.write_values.iter().find(|(model, _)| **model == *text) {
            return Ok(wire);
        }
        let declared = !self.write_values.is_empty() || !self.read_values.is_empty();
        if declared && matches!(self.ty, Type::Bool | Type::Enum(_)) {
            return Err(none_of(self.write_values.iter().map(|(model, _)| &**model)));
        }
        Ok(text)
    }

    /// Writes a value by its type.
    fn write<'a>(&self, value: Value<'a>, arena: &'a Arena) -> Result<&'a str, Failure> {
        match (&self.ty, value) {
            (_, Value::Absent) => Err(Failure::because("is absent")),
            (_, Value::Bytes(bytes)) => Ok(arena.alloc_str(&BASE64.encode(bytes))),
            (Type::Date, Value::Date(date)) if let Some(pattern) = self.formats.first() => {
                Ok(written(pattern, date.to_datetime(Time::midnight()), 0, arena))
            }
            (Type::DateTime, Value::DateTime(moment)) if let Some(pattern) = self.formats.first() => {
                let offset = self.zone.as_ref().map_or(jiff::tz::Offset::UTC, |zone| zone.to_offset(moment));
                Ok(written(pattern, offset.to_datetime(moment), offset.seconds(), arena))
            }
            (Type::Decimal, Value::Decimal(_)) if self.decimal_comma => {
                Ok(arena.alloc_str(&show::plain(value, arena).unwrap_or_default().replacen('.', ",", 1)))
            }
            (Type::Phone, Value::Text(text)) => Ok(self.write_phone(text, arena)),
            (Type::Personnummer | Type::Rijksregisternummer, Value::Text(text)) => self.write_id(text, arena),
            (Type::Enum(words), Value::Text(text)) if !words.iter().any(|word| **word == *text) => {
                Err(none_of(words.iter().map(|word| &**word)))
            }
            _ => show::plain(value, arena).ok_or_else(|| Failure::because("has no text form")),
        }
    }

    fn write_phone<'a>(&self, text: &'a str, arena: &'a Arena) -> &'a str {
        let number = if self.form == Form::National { phone::read(text, Some(self.region)).ok() } else { None };
        match number {
            Some(number) => phone::written(&number, phonenumber::Mode::National, arena),
            None => phone::normal(text, self.region, arena),
        }
    }

    fn write_id<'a>(&self, text: &'a str, arena: &'a Arena) -> Result<&'a str, Failure> {
        match self.form {
            Form::Personnummer(PersonnummerForm::Twelve) | Form::Normal | Form::National => Ok(text),
            Form::Dotted => Ok(arena.alloc_str(Rijksregisternummer::read(text)?.dotted(&mut [0; 15]))),
            Form::Personnummer(form) => {
                let id = Personnummer::read(text, self.as_of)?;
                let as_of = match (form, self.as_of) {
                    (PersonnummerForm::TenDashed, None) => {
                        return Err(Failure::because("cannot be written without a day to count from"));
                    }
                    (_, as_of) => as_of.unwrap_or(Date::ZERO),
                };
                Ok(arena.alloc_str(id.write(form, as_of, &mut [0; 13])))
            }
        }
    }
}

/// What is said of a number whose check digit does not fit.
pub const WRONG_CHECK_DIGIT: &str = "has a wrong check digit";

/// Fails with the words that would have been right; they are of the descriptor and nobody's data.
fn none_of<'w>(words: impl Iterator<Item = &'w str>) -> Failure {
    let words: Vec<&str> = words.collect();
    let more = if words.len() > 12 { ", …" } else { "" };
    Failure(format!("is none of {}{more}", words[..words.len().min(12)].join(", ")).into())
}

/// True if a regular expression matches all of a text.
/// A regular expression that whole texts must match. It is compiled when the first text comes: most systems of a library are
/// not spoken to, and compiling costs more than reading their documents.
#[derive(Clone, Debug)]
pub struct Whole {
    source: Box<str>,
    compiled: OnceLock<Option<Regex>>,
}

impl Whole {
    /// The pattern of a field. That it can be compiled was found out when its document was read.
    pub fn new(source: &str) -> Whole {
        Whole { source: source.into(), compiled: OnceLock::new() }
    }

    /// True if the whole text matches.
    pub fn is_match(&self, text: &str) -> bool {
        let pattern = self.compiled.get_or_init(|| whole_pattern(&self.source).ok());
        let whole = |found: regex::Match<'_>| found.start() == 0 && found.end() == text.len();
        pattern.as_ref().is_none_or(|pattern| pattern.find(text).is_some_and(whole))
    }
}

/// True if a text has more characters.
fn is_longer(text: &str, max: u32) -> bool {
    text.len() > max as usize && text.chars().count() > max as usize
}

/// The regular expression of a `pattern:`, matching whole texts.
fn whole_pattern(pattern: &str) -> Result<Regex, regex::Error> {
    // Compiled bare first, so that a stray bracket cannot close the group below.
    Regex::new(pattern)?;
    Regex::new(&format!("^(?:{pattern})$"))
}

/// Reads a whole number: ASCII digits, perhaps with `-` in front.
pub fn whole_number(text: &str) -> Result<i64, Failure> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let shaped = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    shaped.then(|| text.parse().ok()).flatten().ok_or_else(|| Failure::because("is no whole number"))
}

fn truth(text: &str) -> Result<bool, Failure> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Failure::because("is none of true, false")),
    }
}

/// Reads a moment as ISO 8601 and RFC 3339 write it; without an offset it is in `zone`, and fails if there is none.
pub fn read_iso_moment(text: &str, zone: Option<&TimeZone>) -> Result<Timestamp, Failure> {
    if let Some(moment) = whole_seconds_in_utc(text) {
        return Ok(moment);
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let has_time = text.len() > 10 && text.is_char_boundary(10) && read_iso_date(&text[..10]).is_ok();
    match text.parse() {
        Ok(at) if has_time => moment(at, None, zone),
        _ => Err(read_iso_date(text)
            .err()
            .filter(|failure| failure.0.starts_with("0000"))
            .unwrap_or(Failure::because("is no time (yyyy-MM-ddTHH:mm:ssZ)"))),
    }
}

/// Reads `yyyy-MM-ddTHH:mm:ssZ`, which most systems write; `None` for all other forms, and for what is no time.
fn whole_seconds_in_utc(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_at_checked(10)?;
    let [b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'Z'] = time.as_bytes() else { return None };
    let two = |tens: &u8, ones: &u8| match (tens, ones) {
        (b'0'..=b'9', b'0'..=b'9') => Some(((tens - b'0') * 10 + (ones - b'0')) as i8),
        _ => None,
    };
    let time = Time::new(two(h1, h2)?, two(m1, m2)?, two(s1, s2)?, 0).ok()?;
    jiff::tz::Offset::UTC.to_timestamp(read_iso_date(date).ok()?.to_datetime(time)).ok()
}

/// The moment of a local time: by its offset, else by the zone.
pub fn moment(at: jiff::civil::DateTime, offset: Option<i32>, zone: Option<&TimeZone>) -> Result<Timestamp, Failure> {
    let outside = |_| Failure::because("is outside the years 1 to 9999");
    match (offset, zone) {
        (Some(seconds), _) => {
            jiff::tz::Offset::from_seconds(seconds).and_then(|offset| offset.to_timestamp(at)).map_err(outside)
        }
        // An hour that the clocks skip or repeat is read as RFC 5545 does: with the offset before the change.
        (None, Some(zone)) => zone.to_timestamp(at).map_err(outside),
        (None, None) => Err(Failure::because("has no time zone, and the field declares none")),
    }
}

fn written<'a>(pattern: &Pattern, at: jiff::civil::DateTime, offset: i32, arena: &'a Arena) -> &'a str {
    let mut text = bumpalo::collections::String::with_capacity_in(pattern.source().len() + 4, arena);
    // Writing to a string does not fail.
    let _ = pattern.write(at, offset, &mut text);
    text.into_bump_str()
}

/// Base64, also with the line breaks of MIME.
fn read_base64(text: &str) -> Result<Vec<u8>, Failure> {
    let bytes = BASE64
        .decode(text)
        .or_else(|_| BASE64.decode(text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<u8>>()));
    bytes.map_err(|_| Failure::because("is no base64"))
}

/// `scheme:rest` without blanks (RFC 3986, section 3).
fn url(text: &str) -> Result<&str, Failure> {
    let shaped = text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
            && !rest.is_empty()
    });
    if shaped && !text.contains(char::is_whitespace) {
        Ok(text)
    } else {
        Err(Failure::because("is no web address (https://…)"))
    }
}

/// Something before the last `@`, something after it, no blanks and no control characters.
pub fn email(text: &str) -> Result<&str, Failure> {
    let shaped = text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    let odd = |letter: char| letter.is_whitespace() || letter.is_control() || matches!(letter, ',' | ';' | '<' | '>');
    if shaped && !text.contains(odd) { Ok(text) } else { Err(Failure::because("is no e-mail address")) }
}

#[cfg(test)]
mod tests;
