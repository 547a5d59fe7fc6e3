//! What of a value people may see, by its data class.
//!
//! The reader of a preview must recognise *which* change is meant without learning who it is about: previews are sent by
//! mail, pasted into tickets, kept in logs. So each class has one rule, and of several classes the strictest holds:
//!
//! | class | shown | example |
//! |---|---|---|
//! | `public` | as it is | `Norrskolan` |
//! | `personal` | the first letter of a text of three letters or more, else nothing | `Å…`, `…` |
//! | `contact` | the domain of an e-mail address, else nothing | `…@example.se`, `…` |
//! | `national_id` | nothing, not even its length | `********` |
//! | `special`, `secret`, classes of a project | that there is a value | `(hidden)` |
//!
//! `personal` and `contact` together show nothing but `…`: a name could stand where a domain is expected. Short texts,
//! numbers and dates of people show nothing, because their first character is most of what they say.
//!
//! Protected people are not shown at all, redacted or not; that is decided before anything is handed to this module.

use crate::finding::layout::{cut, harmless};
use crate::value::{Class, ClassSet};

/// What stands for a value of which nothing may be seen.
pub const NOTHING: &str = "…";
/// What stands for a national id.
pub const NATIONAL_ID: &str = "********";
/// What stands for a value whose very content is sensitive.
pub const HIDDEN: &str = "(hidden)";

/// A value's text as people may see it, in at most `limit` columns; characters that steer a terminal become `�`.
pub fn shown(text: &str, classes: ClassSet, limit: usize) -> String {
    let others = [Class::PERSONAL, Class::CONTACT, Class::NATIONAL_ID].into_iter().fold(classes, ClassSet::without);
    if !others.is_empty() {
        HIDDEN.to_string()
    } else if classes.has(Class::NATIONAL_ID) {
        NATIONAL_ID.to_string()
    } else if classes.has(Class::CONTACT) {
        if classes.has(Class::PERSONAL) { NOTHING.to_string() } else { contact(text, limit) }
    } else if classes.has(Class::PERSONAL) {
        personal(text)
    } else {
        cut(&harmless(text), limit).into_owned()
    }
}

/// A change as people may see it: `old → new`, each as [`shown`]; `None` stands for no value.
///
/// Where both look alike although they differ, the change says so, lest it look like a mistake.
pub fn changed(before: Option<&str>, after: Option<&str>, classes: ClassSet, limit: usize) -> String {
    let side = |text: Option<&str>| text.map_or_else(|| "(none)".to_string(), |text| shown(text, classes, limit));
    let (old, new) = (side(before), side(after));
    if old == new && before != after { format!("{old} → {new} (another)") } else { format!("{old} → {new}") }
}

/// The first letter of a name.
fn personal(text: &str) -> String {
    let letters = text.chars().filter(|character| character.is_alphabetic()).count();
    match text.chars().next() {
        Some(first) if first.is_alphabetic() && letters >= 3 => format!("{first}…"),
        _ => NOTHING.to_string(),
    }
}

/// The domain of an e-mail address.
fn contact(text: &str, limit: usize) -> String {
    match text.split_once('@') {
        Some((local, domain)) if !local.is_empty() && is_domain(domain) => {
            cut(&format!("…@{domain}"), limit).into_owned()
        }
        _ => NOTHING.to_string(),
    }
}

/// True for `example.se`: labels of letters, digits and hyphens, at least two.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    text.contains('.') && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(class: Class) -> ClassSet {
        ClassSet::of(class)
    }

    #[test]
    fn each_class_has_its_rule() {
        assert_eq!(shown("Norrskolan", of(Class::PUBLIC), 40), "Norrskolan");
        assert_eq!(shown("Åsa-Lena", of(Class::PERSONAL), 40), "Å…");
        assert_eq!(shown("asa@example.se", of(Class::CONTACT), 40), "…@example.se");
        assert_eq!(shown("+46701740605", of(Class::CONTACT), 40), "…");
        assert_eq!(shown("191212121212", of(Class::NATIONAL_ID), 40), "********");
        assert_eq!(shown("anything", of(Class::SPECIAL), 40), "(hidden)");
        assert_eq!(shown("anything", of(Class::SECRET), 40), "(hidden)");
    }

    #[test]
    fn short_values_and_numbers_of_people_show_nothing() {
        for text in ["M", "Bo", "2017-01-01", "7", "", "-1,5", "å"] {
            assert_eq!(shown(text, of(Class::PERSONAL), 40), "…", "{text}");
        }
    }

    #[test]
    fn the_strictest_class_holds() {
        let both = of(Class::PERSONAL).and(of(Class::CONTACT));
        assert_eq!(shown("a@asa.berg", both, 40), "…");
        assert_eq!(shown("a@b.se", both.and(of(Class::NATIONAL_ID)), 40), "********");
        assert_eq!(shown("a@b.se", both.and(of(Class::SECRET)), 40), "(hidden)");
        assert_eq!(shown("x", of(Class(17)).and(of(Class::PERSONAL)), 40), "(hidden)");
    }

    #[test]
    fn a_change_never_looks_like_none() {
        let personal = of(Class::PERSONAL);
        assert_eq!(changed(Some("Berg"), Some("Bergström"), personal, 40), "B… → B… (another)");
        assert_eq!(changed(None, Some("Åberg"), personal, 40), "(none) → Å…");
        assert_eq!(changed(Some("7A"), Some("8A"), ClassSet::NONE, 40), "7A → 8A");
    }

    #[test]
    fn public_values_are_cut_and_made_harmless() {
        assert_eq!(shown("ab\u{1b}[2Jcd", ClassSet::NONE, 40), "ab\u{fffd}[2Jcd");
        assert_eq!(shown("abcdefgh", ClassSet::NONE, 5), "abcd…");
    }

    proptest! {
        /// Of a personal text nothing but its first letter is ever seen.
        #[test]
        fn personal_texts_stay_inside(text in "\\PC{0,20}") {
            let seen = shown(&text, of(Class::PERSONAL), 40);
            prop_assert!(seen.chars().count() <= 2);
            prop_assert!(seen.ends_with('…'));
        }

        /// What is before the `@` never shows.
        #[test]
        fn contact_texts_show_a_domain_at_most(local in "[a-z0-9 @.]{0,12}", domain in "[a-z0-9. @]{0,12}") {
            let text = format!("{local}@{domain}");
            let seen = shown(&text, of(Class::CONTACT), 80);
            prop_assert!(seen == "…" || seen == format!("…@{domain}"), "{}", seen);
        }
    }
}
