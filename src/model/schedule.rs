//! When a sync runs: five fields as schedulers read them, and a time zone.

use crate::finding::codes::document::BAD_SCHEDULE;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::syntax::tree::Node;
use jiff::tz::TimeZoneDatabase;

/// What each field counts, with its smallest and largest number and the words that may stand for numbers.
const FIELDS: [(&str, u8, u8, &[&str]); 5] = [
    ("minute", 0, 59, &[]),
    ("hour", 0, 23, &[]),
    ("day", 1, 31, &[]),
    ("month", 1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    ("weekday", 0, 7, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// The schedule under a key, as it is written; a finding if nothing could run by it.
pub fn read(node: &Node, found: &mut Findings) -> Option<String> {
    let text = node.text()?;
    if let Some((why, suggestion)) = trouble(text) {
        let finding = Finding::new(&BAD_SCHEDULE, node.span).word("text", text).word("why", why);
        found.add(finding.word_if("suggestion", suggestion));
    }
    Some(text.to_string())
}

/// What is wrong with a schedule, and what was meant.
fn trouble(text: &str) -> Option<(String, Option<String>)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if !(5..=6).contains(&words.len()) {
        return Some(("minute, hour, day, month, weekday and zone belong here".into(), None));
    }
    for (word, (name, least, most, names)) in words.iter().zip(FIELDS) {
        if !word.split(',').all(|part| is_field(part, least, most, names)) {
            return Some((format!("`{word}` is no {name}: {least} to {most}, `*`, `1-5`, `*/15` or `1,3`"), None));
        }
    }
    let zone = words.get(5)?;
    let zones = TimeZoneDatabase::bundled();
    let known = zones.get(zone).is_ok() && (*zone == "UTC" || zone.contains('/'));
    let near = || {
        let names: Vec<String> = zones.available().map(|name| name.to_string()).collect();
        nearest(zone, names.iter().map(String::as_str)).map(|name| text.replace(zone, name))
    };
    (!known).then(|| (format!("`{zone}` is no time zone"), near()))
}

/// `*`, `7`, `1-5`, `*/15`, `mon`.
fn is_field(part: &str, least: u8, most: u8, names: &[&str]) -> bool {
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    let number = |text: &str| {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        let number = named.map(|at| at as u8 + if names.len() == 12 { 1 } else { 0 }).or_else(|| text.parse().ok());
        number.filter(|number| (least..=most).contains(number))
    };
    let stepped = step.is_none_or(|step| step.parse().is_ok_and(|step: u8| step > 0 && step <= most));
    let ranged = match range.split_once('-') {
        _ if range == "*" => true,
        Some((from, to)) => number(from).zip(number(to)).is_some_and(|(from, to)| from <= to),
        None => number(range).is_some(),
    };
    stepped && ranged
}

#[cfg(test)]
mod tests {
    use super::trouble;

    #[test]
    fn what_a_scheduler_reads_is_a_schedule() {
        for text in ["30 18 * * 1-5 Europe/Stockholm", "*/15 6,18 1 jan,Jul * UTC", "0 0 * * 7", "0 8-16/2 * * mon-fri"]
        {
            assert_eq!(trouble(text), None, "{text}");
        }
    }

    #[test]
    fn what_never_comes_is_none() {
        for text in [
            "30 25 * * *",
            "60 1 * * *",
            "1 1 0 * *",
            "1 1 * 13 *",
            "1 1 * * 5-1",
            "1 1 * *",
            "every night",
            "*/0 * * * *",
        ] {
            assert!(trouble(text).is_some(), "{text}");
        }
        let (why, meant) = trouble("30 18 * * * Europe/Stokholm").expect("no such place");
        assert_eq!(
            (why.as_str(), meant.as_deref()),
            ("`Europe/Stokholm` is no time zone", Some("30 18 * * * Europe/Stockholm"))
        );
    }
}
