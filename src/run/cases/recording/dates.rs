//! Invented dates: another day of the same part of the same year, in the same order, on the same side of the day of the run.
//! So ages, years of school and who is active stay as they were.

use super::words::Chance;
use jiff::civil::{Date, date};
use std::collections::BTreeMap;

/// Dates and what stands for them.
pub struct Dates {
    as_of: Date,
    invented: BTreeMap<Date, Date>,
}

impl Dates {
    /// None yet.
    pub fn new(as_of: Date) -> Dates {
        Dates { as_of, invented: BTreeMap::new() }
    }

    /// Remembers a date that has to be replaced.
    pub fn note(&mut self, date: Option<Date>) {
        // The day of the run is in the case anyway, and the ends of time stand for "always".
        let noted = date.filter(|date| *date != self.as_of && (1901..2100).contains(&date.year()));
        self.invented.extend(noted.map(|date| (date, date)));
    }

    /// Chooses for every date another one.
    pub fn settle(&mut self, chance: &mut Chance) {
        let mut parts: BTreeMap<(Date, Date), Vec<Date>> = BTreeMap::new();
        for &date in self.invented.keys() {
            parts.entry(self.part(date)).or_default().push(date);
        }
        for ((first, last), dates) in parts {
            let days = std::iter::successors(Some(first), |day| day.tomorrow().ok()).take_while(|day| *day <= last);
            let days: Vec<Date> = days.collect();
            let free: Vec<Date> = days.iter().copied().filter(|day| !dates.contains(day)).collect();
            let free = if free.len() < dates.len() { days } else { free };
            let share = (free.len() / dates.len()).max(1);
            for (place, date) in dates.iter().enumerate() {
                let day = free.get(place * share + chance.below(share)).or(free.last());
                self.invented.insert(*date, day.copied().unwrap_or(*date));
            }
        }
    }

    /// What stands for a date.
    pub fn of(&self, date: Date) -> Date {
        self.invented.get(&date).copied().unwrap_or(date)
    }

    /// The days that may stand for a date: those of its part of the year, on its side of the day of the run.
    fn part(&self, day: Date) -> (Date, Date) {
        let year = day.year();
        let (first, last) = match day.month() {
            ..7 => (date(year, 1, 1), date(year, 6, 30)),
            7 => (date(year, 7, 1), date(year, 7, 31)),
            8.. => (date(year, 8, 1), date(year, 12, 31)),
        };
        // The birthday of people of other years is on the side of the run's day, too.
        let turn = Date::new(year, self.as_of.month(), self.as_of.day()).unwrap_or(date(year, 2, 28));
        match (first..=last).contains(&turn) {
            true if day <= turn => (first, turn),
            true => (turn.tomorrow().unwrap_or(turn), last),
            false => (first, last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_year_and_side_of_the_run_stay() {
        let as_of = date(2026, 9, 1);
        let mut dates = Dates::new(as_of);
        let all = [date(2012, 3, 4), date(2012, 5, 1), date(2012, 8, 30), date(2012, 9, 2), date(2026, 8, 17)];
        all.iter().for_each(|day| dates.note(Some(*day)));
        dates.note(Some(as_of));
        dates.settle(&mut Chance::new(3));
        let invented: Vec<Date> = all.iter().map(|day| dates.of(*day)).collect();
        assert!(invented.is_sorted() && invented.iter().all(|day| !all.contains(day)), "{invented:?}");
        assert!(invented.iter().zip(&all).all(|(new, old)| new.year() == old.year()));
        assert!(invented[2] <= date(2012, 9, 1) && invented[3] > date(2012, 9, 1) && invented[4] <= as_of);
        assert_eq!(dates.of(as_of), as_of);
    }
}
