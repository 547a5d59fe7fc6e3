//! Dates and times. There is no clock: `as_of` is the run's date, so that a run can be replayed.

mod calendar;
mod school_years;

pub(super) use calendar::age;

use super::arguments::Arguments;
use super::{Absence, Calls, Context, Effect, Failure, Function, Outcome, Param, Ty, Value, optional, required, rest};

const DATE: &[Param] = &[required("date", Ty::Date)];

/// An entry of this family: of a date.
const fn date(name: &'static str, run: for<'a> fn(&Context<'a>, &[Value<'a>]) -> Outcome<'a>) -> Function {
    Function { params: DATE, ..Function::pure("dates", name, run) }
}

/// An entry of this family that is worked in many rows at once.
const fn dates(name: &'static str, run: for<'c, 'a> fn(&mut Calls<'c, 'a>) -> Result<(), Failure>) -> Function {
    Function { params: DATE, ..Function::column("dates", name, run) }
}

/// The functions of dates.
pub static FUNCTIONS: &[Function] = &[
    Function {
        doc: "A date of a text, of a date, or of a time. A text is read as `yyyy-MM-dd` or by `format`; a time gives \
              the date in `zone` (UTC if none is named). Fields of type `date` are read by the system's own format \
              and need no call.",
        params: &[required("value", Ty::Any), optional("format", Ty::Text), optional("zone", Ty::Text)],
        gives: Ty::Date,
        fails: Some("the text is no date of this form"),
        inverse: Some("format_date"),
        examples: &[
            (r#"date("26/08/2009", format = "dd/MM/yyyy")"#, r#"date("2009-08-26")"#),
            (r#"date(datetime("2026-08-01T23:30:00Z"), zone = "Europe/Stockholm")"#, r#"date("2026-08-02")"#),
            (r#"date("0000-00-00")"#, "fails"),
            (r#"date("2026-02-29")"#, "fails"),
            ("date(absent)", "absent"),
        ],
        ..date("date", calendar::date)
    },
    Function {
        doc: "A moment of a text, of a moment, or of a date (its beginning). A text is read as ISO 8601 or by \
              `format`; where it has no offset it is a time in `zone`, and without `zone` it fails.",
        params: &[required("value", Ty::Any), optional("format", Ty::Text), optional("zone", Ty::Text)],
        gives: Ty::DateTime,
        fails: Some("the text is no time of this form, or has no time zone"),
        inverse: Some("format_date"),
        examples: &[
            (
                r#"datetime("2026-08-01 11:00", format = "yyyy-MM-dd HH:mm", zone = "Europe/Stockholm")"#,
                r#"datetime("2026-08-01T09:00:00Z")"#,
            ),
            (r#"datetime(date("2026-08-01"))"#, r#"datetime("2026-08-01T00:00:00Z")"#),
            (r#"datetime("2026-08-01T11:00:00")"#, "fails"),
        ],
        ..date("datetime", calendar::datetime)
    },
    Function {
        doc: "A date or time as text by a pattern of `yyyy yy MM M dd d HH mm ss SSS XXX`; other letters stand \
              between apostrophes. Without a pattern it is written as ISO 8601 has it. A time is written in `zone` (UTC if none is named).",
        params: &[required("value", Ty::Any), optional("format", Ty::Text), optional("zone", Ty::Text)],
        inverse: Some("date"),
        fails: Some("the format is no date pattern"),
        fails_by_settings: true,
        examples: &[
            (r#"date("2009-08-26") | format_date("dd/MM/yyyy")"#, r#""26/08/2009""#),
            (r#"format_date(datetime("2026-08-01T09:00:00Z"), "HH:mm", zone = "Europe/Stockholm")"#, r#""11:00""#),
            (r#"date("2009-08-26") | format_date("DD/MM")"#, "fails"),
            (r#"format_date(absent, "yyyy")"#, "absent"),
        ],
        ..date("format_date", calendar::format_date)
    },
    Function {
        doc: "The year of a date.",
        gives: Ty::Int,
        examples: &[(r#"date("2009-08-26") | year"#, "2009"), ("year(absent)", "absent")],
        ..dates("year", calendar::year)
    },
    Function {
        doc: "The month of a date, 1 to 12.",
        gives: Ty::Int,
        examples: &[(r#"date("2009-08-26") | month"#, "8"), ("month(absent)", "absent")],
        ..dates("month", calendar::month)
    },
    Function {
        doc: "The day of the month of a date, 1 to 31.",
        gives: Ty::Int,
        examples: &[(r#"date("2009-08-26") | day"#, "26"), ("day(absent)", "absent")],
        ..dates("day", calendar::day)
    },
    Function {
        doc: "The day of the week, 1 for Monday to 7 for Sunday (ISO 8601).",
        gives: Ty::Int,
        examples: &[(r#"date("2026-08-01") | weekday"#, "6"), ("weekday(absent)", "absent")],
        ..dates("weekday", calendar::weekday)
    },
    Function {
        doc: "The date this much later, or earlier with a minus sign. A month later than 31 January is the last of \
              February. 9999-12-31, which stands for no end, stays; `date + 30d` says the same.",
        params: &[required("date", Ty::Date), required("duration", Ty::Duration)],
        gives: Ty::Date,
        inverse: Some("subtract"),
        examples: &[
            (r#"date("2026-08-01") | add(30d)"#, r#"date("2026-08-31")"#),
            (r#"date("2026-01-31") | add(1mo)"#, r#"date("2026-02-28")"#),
            (r#"date("9999-12-31") | add(1d)"#, r#"date("9999-12-31")"#),
        ],
        ..date("add", calendar::add)
    },
    Function {
        doc: "The date this much earlier.",
        params: &[required("date", Ty::Date), required("duration", Ty::Duration)],
        gives: Ty::Date,
        inverse: Some("add"),
        examples: &[
            (r#"date("2026-08-01") | subtract(2w)"#, r#"date("2026-07-18")"#),
            (r#"subtract(absent, 1d)"#, "absent"),
        ],
        ..date("subtract", calendar::subtract)
    },
    Function {
        doc: "The number of days from one date to another; negative if the second is earlier.",
        params: &[required("from", Ty::Date), required("to", Ty::Date)],
        gives: Ty::Int,
        examples: &[
            (r#"days_between(date("2026-02-28"), date("2026-03-01"))"#, "1"),
            (r#"days_between(as_of, date("2026-07-31"))"#, "-1"),
        ],
        ..date("days_between", calendar::days_between)
    },
    Function {
        doc: "The age in whole years on a day, the run's date if none is named. Who was born on 29 February turns a \
              year older on 1 March in other years. Absent if the day lies before the birth.",
        params: &[required("born", Ty::Date), optional("on", Ty::Date)],
        gives: Ty::Int,
        may_be_absent: true,
        effect: Effect::Coarsens,
        examples: &[
            (r#"date("2010-08-01") | age_on(date("2026-08-01"))"#, "16"),
            (r#"date("2010-08-02") | age_on(as_of)"#, "15"),
            (r#"date("2026-08-02") | age_on"#, "absent"),
            ("age_on(absent)", "absent"),
        ],
        ..dates("age_on", calendar::age_on)
    },
    Function {
        doc: "True if the run's date, or the day `on`, lies between start and end, both included. An absent start or \
              end is open. `before` and `after` widen the time: `before = 10d` is true already ten days before the \
              start.",
        params: &[
            required("start", Ty::Date),
            required("end", Ty::Date),
            optional("before", Ty::Duration),
            optional("after", Ty::Duration),
            optional("on", Ty::Date),
        ],
        gives: Ty::Bool,
        absence: Absence::Sees,
        examples: &[
            (r#"active(date("2026-01-01"), date("2026-08-01"))"#, "true"),
            (r#"active(date("2026-08-11"), absent, before = 10d)"#, "true"),
            (r#"active(date("2026-08-12"), absent, before = 10d)"#, "false"),
            (r#"active(absent, date("2026-07-31"))"#, "false"),
            ("active(absent, absent)", "true"),
        ],
        ..date("active", calendar::active)
    },
    Function {
        doc: "The school year that a date lies in, as text. `style` says how: `yyyy` or `yy` first for its first \
              year, then for its second; `yyyy-yyyy` if none is given. It begins on `starts` (08-01 if not given).",
        params: &[required("date", Ty::Date), optional("style", Ty::Text), optional("starts", Ty::MonthDay)],
        fails: Some("the style does not begin with a year"),
        fails_by_settings: true,
        examples: &[
            (r#"date("2026-08-01") | school_year"#, r#""2026-2027""#),
            (r#"date("2026-07-31") | school_year("yyyy/yy")"#, r#""2025/26""#),
            (r#"date("2026-08-15") | school_year("yyyy", starts = "09-01")"#, r#""2025""#),
            (r#"date("2026-08-15") | school_year("läsår")"#, "fails"),
            ("school_year(absent)", "absent"),
        ],
        ..date("school_year", school_years::school_year)
    },
    Function {
        doc: "The first day of a school year: of the one that a date lies in, or of one written as `2025-2026`, \
              `2025/26`, `2025`.",
        params: &[required("value", Ty::Any), optional("starts", Ty::MonthDay)],
        gives: Ty::Date,
        fails: Some("the value is no date and no school year"),
        examples: &[
            (r#"school_year_start("2025 / 2026")"#, r#"date("2025-08-01")"#),
            (r#"date("2026-03-15") | school_year_start(starts = "09-01")"#, r#"date("2025-09-01")"#),
            (r#"school_year_start("2025-2027")"#, "fails"),
        ],
        ..date("school_year_start", school_years::school_year_start)
    },
    Function {
        doc: "The last day of a school year, the day before the next one begins. See `school_year_start`.",
        params: &[required("value", Ty::Any), optional("starts", Ty::MonthDay)],
        gives: Ty::Date,
        fails: Some("the value is no date and no school year"),
        examples: &[
            (r#"school_year_end("2025/26")"#, r#"date("2026-07-31")"#),
            (r#"date("2026-08-01") | school_year_end"#, r#"date("2027-07-31")"#),
            (r#"school_year_end("VT26")"#, "fails"),
            ("school_year_end(absent)", "absent"),
        ],
        ..date("school_year_end", school_years::school_year_end)
    },
    Function {
        doc: "The earliest of the dates; absent ones are left out, and if none is left the result is absent. For a \
              list see `min`.",
        params: &[rest("dates", Ty::Date)],
        gives: Ty::Date,
        absence: Absence::LeftOut,
        examples: &[
            (r#"earliest(date("2026-08-20"), absent, date("2026-08-18"))"#, r#"date("2026-08-18")"#),
            ("earliest(absent)", "absent"),
        ],
        ..date("earliest", calendar::earliest)
    },
    Function {
        doc: "The latest of the dates; absent ones are left out, and if none is left the result is absent. For a \
              list see `max`.",
        params: &[rest("dates", Ty::Date)],
        gives: Ty::Date,
        absence: Absence::LeftOut,
        examples: &[
            (r#"latest(date("2026-08-20"), date("2026-08-18"))"#, r#"date("2026-08-20")"#),
            ("latest(absent, absent)", "absent"),
        ],
        ..date("latest", calendar::latest)
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::calling::{call, shown};
    use crate::value::{Arena, Duration, Unit};
    use jiff::civil::date;
    use proptest::prelude::*;

    fn result(name: &str, arguments: &[Value<'static>]) -> String {
        let arena = Arena::new();
        // Copied into this call's arena by way of a fresh slice: the values are constants.
        let arguments: Vec<Value<'_>> = arguments.to_vec();
        shown(call(&arena, name, &arguments))
    }

    fn day(text: &str) -> Value<'static> {
        text.parse().map_or(Value::Absent, Value::Date)
    }

    #[test]
    fn ages() {
        let age = |born, on| result("age_on", &[day(born), day(on)]);
        assert_eq!(age("2010-08-01", "2026-08-01"), "16");
        assert_eq!(age("2010-08-01", "2026-07-31"), "15");
        assert_eq!(age("2012-02-29", "2026-02-28"), "13");
        assert_eq!(age("2012-02-29", "2026-03-01"), "14");
        assert_eq!(age("2027-01-01", "2026-03-01"), "absent");
        assert_eq!(result("age_on", &[day("2010-08-01")]), "16", "on the run's date");
    }

    #[test]
    fn active_counts_both_ends() {
        let span = |days| Value::Duration(Duration { amount: days, unit: Unit::Days });
        let active = |start, end| result("active", &[day(start), day(end)]);
        assert_eq!(active("2026-08-01", "2026-08-01"), "true");
        assert_eq!(active("2026-08-02", "9999-12-31"), "false");
        assert_eq!(active("", "2026-07-31"), "false");
        assert_eq!(result("active", &[day(""), day("2026-07-31"), Value::Absent, span(1)]), "true");
        assert_eq!(
            result("active", &[day(""), day("9999-12-31"), Value::Absent, span(1)]),
            "true",
            "an open end cannot be widened"
        );
        assert_eq!(result("active", &[Value::Text("2026-01-01"), day("")]), "fails: needs a date");
    }

    #[test]
    fn school_years() {
        let year = |text, style| result("school_year", &[day(text), Value::Text(style)]);
        assert_eq!(year("2026-08-01", "yyyy-yyyy"), "2026-2027");
        assert_eq!(year("2026-07-31", "yyyy/yyyy"), "2025/2026");
        assert_eq!(year("2099-12-01", "yy/yy"), "99/00");
        assert_eq!(year("2026-08-01", "yyyy"), "2026");
        let start = |text| result("school_year_start", &[Value::Text(text)]);
        for text in ["2025-2026", "2025/26", "2025 / 2026", "2025", "25/26"] {
            assert_eq!(start(text), "2025-08-01", "{text}");
        }
        assert_eq!(start("1999/00"), "1999-08-01");
        for text in ["2025-2027", "2025/25", "läsår", "", "20252026x"] {
            assert!(start(text).starts_with("fails"), "{text}");
        }
    }

    #[test]
    fn times_in_zones() {
        let at = |text: &str| text.parse().map_or(Value::Absent, Value::DateTime);
        assert_eq!(
            result(
                "format_date",
                &[at("2026-01-15T23:30:00Z"), Value::Text("d/M HH:mm"), Value::Text("Europe/Brussels")]
            ),
            "16/1 00:30"
        );
        assert_eq!(result("date", &[Value::Text("2026-08-01"), Value::Absent, Value::Text("Nowhere")]), "2026-08-01");
        assert_eq!(
            result("date", &[at("2026-01-15T23:30:00Z"), Value::Absent, Value::Text("Nowhere")]),
            "fails: needs a time zone (Europe/Stockholm)"
        );
    }

    proptest! {
        #[test]
        fn each_day_lies_in_its_school_year(days in 0i32..80_000, month in 1i8..=12, first in 1i8..=28) {
            let on = date(1900, 1, 1) + jiff::Span::new().days(days);
            let arena = Arena::new();
            let arguments = [Value::Date(on), Value::MonthDay(month, first)];
            let Ok(Value::Date(start)) = call(&arena, "school_year_start", &arguments) else { panic!("no start") };
            let Ok(Value::Date(end)) = call(&arena, "school_year_end", &arguments) else { panic!("no end") };
            prop_assert!(start <= on && on <= end);
            prop_assert!((364..=365).contains(&(end - start).get_days()));
        }

        #[test]
        fn a_formatted_date_reads_back(days in 0i32..80_000) {
            let on = Value::Date(date(1900, 1, 1) + jiff::Span::new().days(days));
            let arena = Arena::new();
            let format = Value::Text("d.M.yyyy");
            let text = call(&arena, "format_date", &[on, format]).unwrap();
            prop_assert_eq!(shown(call(&arena, "date", &[text, format])), shown(Ok(on)));
        }
    }
}
