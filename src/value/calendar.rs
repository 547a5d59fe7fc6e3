//! Moving along the calendar.

use super::{Duration, Unit};
use jiff::civil::{Date, DateTime, date};
use jiff::tz::Offset;
use jiff::{Span, Timestamp};

/// The first and the last day that a date can be. Systems write the last one where something has no end.
const DAYS: (Date, Date) = (date(1, 1, 1), date(9999, 12, 31));

impl Duration {
    /// The same length backwards.
    #[must_use]
    pub fn negated(self) -> Duration {
        Duration { amount: self.amount.saturating_neg(), ..self }
    }

    /// The date this much later, or earlier if the length is negative. A month later than the 31st is the last day of a
    /// shorter month. The calendar ends at 9999-12-31, which stands for "no end": nothing is later, and one day later
    /// than no end is no end.
    pub fn after(self, date: Date) -> Date {
        let end = if self.amount < 0 { DAYS.0 } else { DAYS.1 };
        let moved = self.span().and_then(|span| date.checked_add(span).ok());
        moved.filter(|moved| (DAYS.0..=DAYS.1).contains(moved)).unwrap_or(end)
    }

    /// The moment this much later, by the calendar of UTC; ends as [`Duration::after`] does.
    pub fn after_moment(self, moment: Timestamp) -> Timestamp {
        let at = Offset::UTC.to_datetime(moment);
        let moved = DateTime::from_parts(self.after(at.date()), at.time());
        // The very last hours of 9999 are no moments.
        Offset::UTC.to_timestamp(moved).unwrap_or(Timestamp::MAX)
    }

    fn span(self) -> Option<Span> {
        let span = Span::new();
        match self.unit {
            Unit::Days => span.try_days(self.amount),
            Unit::Weeks => span.try_weeks(self.amount),
            Unit::Months => span.try_months(self.amount),
            Unit::Years => span.try_years(self.amount),
        }
        .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(amount: i32, unit: Unit) -> Duration {
        Duration { amount, unit }
    }

    #[test]
    fn days_months_years() {
        assert_eq!(length(30, Unit::Days).after(date(2026, 8, 1)), date(2026, 8, 31));
        assert_eq!(length(2, Unit::Weeks).negated().after(date(2026, 8, 1)), date(2026, 7, 18));
        assert_eq!(length(1, Unit::Months).after(date(2026, 1, 31)), date(2026, 2, 28));
        assert_eq!(length(-1, Unit::Years).after(date(2024, 2, 29)), date(2023, 2, 28));
    }

    #[test]
    fn the_calendar_has_ends() {
        assert_eq!(length(1, Unit::Days).after(date(9999, 12, 31)), date(9999, 12, 31));
        assert_eq!(length(i32::MAX, Unit::Years).after(date(2026, 8, 1)), date(9999, 12, 31));
        assert_eq!(length(i32::MIN, Unit::Weeks).after(date(2026, 8, 1)), date(1, 1, 1));
        assert_eq!(length(i32::MIN, Unit::Days).negated().after(date(2026, 8, 1)), date(9999, 12, 31));
        let _ = length(1, Unit::Days).after_moment(Timestamp::MAX);
        let _ = length(-1, Unit::Days).after_moment(Timestamp::MIN);
    }
}
