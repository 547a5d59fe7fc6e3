//! Invented words and numbers in the place of others: of the same length, with the same capitals and diacritics, and the
//! same one for the same original wherever it stands, whether it is written `Öberg`, `ÖBERG` or, in an address, `oberg`.
//!
//! An invented word depends on chance and on the shape of the original, never on its letters: nobody can guess an original
//! and see whether it gives the same.

use any_ascii::any_ascii_char;
use std::collections::{BTreeMap, BTreeSet};
use unicode_normalization::UnicodeNormalization;

/// Words between names that belong to a language, not to a person.
const PARTICLES: &[&str] = &[
    "af", "al", "av", "bin", "da", "de", "del", "den", "der", "di", "du", "el", "het", "in", "la", "le", "op", "te",
    "ten", "ter", "van", "vom", "von", "y", "zu",
];

/// Letters that stand for one another, so that an invented word can carry the diacritics of its original.
const LIKE: &[&str] = &["ao", "eiuy", "cnszlrdtg", "bfhjkmpv"];

/// Letters with diacritics that an invented word may have for its plain letters.
const DRESSED: &[(char, &str)] = &[
    ('a', "åäáàâ"),
    ('o', "öóôø"),
    ('e', "éèë"),
    ('i', "íï"),
    ('u', "üúů"),
    ('y', "ýÿ"),
    ('c', "çćč"),
    ('n', "ñń"),
    ('s', "šśş"),
    ('z', "žźż"),
    ('l', "łľ"),
    ('r', "řŕ"),
    ('d', "ďđ"),
    ('t', "ťţ"),
    ('g', "ğģ"),
];

/// Chance (xorshift64*), from a seed that nobody can guess who does not know the whole source.
#[derive(Clone)]
pub struct Chance(u64);

impl Chance {
    /// Chance from a seed.
    pub fn new(seed: u64) -> Chance {
        Chance(seed | 1)
    }

    /// A number below another one; 0 below 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize).checked_rem(end).unwrap_or(0)
    }

    fn of<T: Copy>(&mut self, among: &[T]) -> Option<T> {
        among.get(self.below(among.len())).copied()
    }
}

/// The words and numbers that have been invented so far.
pub struct Words {
    chance: Chance,
    /// Originals in plain lower-case letters, and what stands for them, in the same.
    invented: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    /// Words of people, in plain lower-case letters: none of them may be invented.
    originals: BTreeSet<String>,
    /// Words that stay: the rules name them themselves.
    kept: BTreeSet<String>,
    /// Of words of which the rules name a part: which letters stay.
    parts: BTreeMap<String, Vec<bool>>,
    /// Numbers of four digits that are a year of school near the run.
    years: std::ops::RangeInclusive<u32>,
}

impl Words {
    /// None yet. `kept` are texts whose words stay; `year` is that of the run.
    pub fn new<'k>(chance: Chance, kept: impl IntoIterator<Item = &'k str>, year: i16) -> Words {
        let kept = kept.into_iter().flat_map(pieces).filter(|piece| is_word(piece)).map(plain).collect();
        let year = u32::try_from(year).unwrap_or_default();
        let years = year.saturating_sub(2)..=year + 2;
        let (invented, parts) = (BTreeMap::new(), BTreeMap::new());
        Words { chance, invented, taken: BTreeSet::new(), originals: BTreeSet::new(), kept, parts, years }
    }

    /// Chance.
    pub fn chance(&mut self) -> &mut Chance {
        &mut self.chance
    }

    /// Remembers a text of a person: none of its words and numbers is invented for somebody else.
    pub fn forbid(&mut self, text: &str) {
        self.originals.extend(pieces(text).filter(|piece| is_piece(piece)).map(plain));
    }

    /// Remembers that a part of a text, from one byte to another, is what the rules look for: its letters stay, in whatever
    /// text its words stand.
    pub fn keep(&mut self, text: &str, part: std::ops::Range<usize>) {
        let mut start = 0;
        for piece in pieces(text) {
            let end = start + piece.len();
            if is_piece(piece) && start < part.end && part.start < end {
                let count = |end: usize| piece.get(..end).map_or(0, |part| part.nfc().count());
                let stay = count(part.start.saturating_sub(start))..count(part.end.min(end) - start);
                let key = plain(piece);
                let letters = self.parts.entry(key.clone()).or_insert_with(|| vec![false; key.chars().count()]);
                letters.iter_mut().enumerate().for_each(|(place, stays)| *stays |= stay.contains(&place));
                if letters.iter().all(|stays| *stays) {
                    self.kept.insert(key);
                }
            }
            start = end;
        }
    }

    /// True if a word or number of somebody stays as it is.
    fn stays(&self, piece: &str) -> bool {
        if !is_piece(piece) {
            return true;
        }
        if !is_word(piece) {
            let is_year = piece.len() == 4 && piece.parse().is_ok_and(|year| self.years.contains(&year));
            return piece.len() < 4 || is_year || self.kept.contains(piece);
        }
        piece.chars().count() < 2 || self.kept.contains(&plain(piece)) || PARTICLES.contains(&piece)
    }

    /// True for a word or number in whose place another one was invented.
    pub fn replaced(&self, piece: &str) -> bool {
        !self.stays(piece) && self.invented.contains_key(&plain(piece))
    }

    /// A text of a person with every word and every number of four or more digits invented. Codes of at most three characters,
    /// such as `7A`, stay.
    pub fn text(&mut self, text: &str) -> String {
        split(text, |letter| letter.is_alphanumeric() || is_mark(letter))
            .flat_map(|run| {
                if is_code(run) { vec![run.to_string()] } else { pieces(run).map(|piece| self.piece(piece)).collect() }
            })
            .collect()
    }

    /// A text that is about nobody: only what was invented for a person is replaced in it.
    pub fn known(&self, text: &str) -> String {
        let known = |piece: &str| match self.invented.get(&plain(piece)) {
            Some(invented) if piece.chars().count() > 3 && !self.stays(piece) => dress(invented, piece),
            _ => piece.to_string(),
        };
        pieces(text).map(known).collect()
    }

    fn piece(&mut self, piece: &str) -> String {
        if self.stays(piece) {
            return piece.to_string();
        }
        let key = plain(piece);
        let invented = match self.invented.get(&key) {
            Some(invented) => invented.clone(),
            None => {
                let invented = self.invent(&key);
                self.taken.insert(invented.clone());
                self.invented.insert(key, invented.clone());
                invented
            }
        };
        dress(&invented, piece)
    }

    /// Another word, or another number of as many digits.
    fn invent(&mut self, key: &str) -> String {
        let mut drawn = String::new();
        let part = self.parts.get(key).cloned().unwrap_or_default();
        let stays = |place: usize| part.get(place) == Some(&true);
        // Of short words there are few: after some attempts one that somebody else has is better than none.
        for attempt in 0..1000 {
            let letters = key.chars().enumerate();
            drawn =
                letters.map(|(place, letter)| if stays(place) { letter } else { self.letter(place, letter) }).collect();
            let is_original = drawn == key || self.originals.contains(&drawn) || self.holds_original(&drawn);
            if !is_original && (attempt > 500 || !self.taken.contains(&drawn)) {
                break;
            }
        }
        drawn
    }

    fn holds_original(&self, drawn: &str) -> bool {
        let letters: Vec<(usize, char)> = drawn.char_indices().collect();
        let parts = (0..letters.len()).flat_map(|from| (from + 4..=letters.len()).map(move |to| (from, to)));
        let end = |to: usize| letters.get(to).map_or(drawn.len(), |(at, _)| *at);
        parts.into_iter().any(|(from, to)| {
            let part = &drawn[letters[from].0..end(to)];
            self.originals.contains(part) && !self.kept.contains(part)
        })
    }

    fn letter(&mut self, place: usize, letter: char) -> char {
        if letter.is_ascii_digit() {
            let digits = if place == 0 && letter == '0' {
                "0"
            } else if place == 0 {
                "123456789"
            } else {
                "0123456789"
            };
            return self.chance.of(digits.as_bytes()).map_or(letter, char::from);
        }
        if let Some(like) = LIKE.iter().find(|like| like.contains(letter)) {
            return self.chance.of(like.as_bytes()).map_or(letter, char::from);
        }
        if letter.is_ascii() {
            return self.chance.of(b"bfhjkmpv").map_or(letter, char::from);
        }
        // Letters of other scripts: one nearby.
        let near = |step: u32| {
            char::from_u32(u32::from(letter) + step).filter(|near| near.is_lowercase() == letter.is_lowercase())
        };
        let step = 1 + self.chance.below(6) as u32;
        near(step).filter(|near| near.is_alphabetic()).unwrap_or(letter)
    }
}

/// True for `7A`: at most three characters, one of them a digit.
fn is_code(run: &str) -> bool {
    run.chars().count() <= 3 && run.contains(|letter: char| letter.is_ascii_digit())
}

/// Words, numbers and what is between them, in order.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    split(text, |letter| (letter.is_alphabetic() || is_mark(letter), letter.is_ascii_digit()))
}

/// A text cut where its letters turn from one kind to another.
fn split<K: PartialEq>(text: &str, kind: impl Fn(char) -> K) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = kind(rest.chars().next()?);
        let end = rest.char_indices().find(|(_, letter)| kind(*letter) != first).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

fn is_mark(letter: char) -> bool {
    unicode_normalization::char::is_combining_mark(letter)
}

/// True for a word or a number.
fn is_piece(piece: &str) -> bool {
    piece.chars().next().is_some_and(|letter| letter.is_alphabetic() || letter.is_ascii_digit())
}

fn is_word(piece: &str) -> bool {
    piece.chars().next().is_some_and(char::is_alphabetic)
}

/// A word in lower case without diacritics, letter by letter.
fn plain(word: &str) -> String {
    word.nfc().map(plain_letter).collect()
}

fn plain_letter(letter: char) -> char {
    let lower = letter.to_lowercase().next().unwrap_or(letter);
    let is_latin = letter < '\u{250}' || ('\u{1e00}'..'\u{1f00}').contains(&letter);
    let spelt = if is_latin { any_ascii_char(lower) } else { "" };
    spelt.chars().next().filter(char::is_ascii_alphabetic).unwrap_or(lower)
}

/// An invented word with the capitals and diacritics of another one.
fn dress(invented: &str, like: &str) -> String {
    let dressed = invented.chars().zip(like.nfc()).map(|(letter, like)| {
        let lower = like.to_lowercase().next().unwrap_or(like);
        let has_mark = lower != plain_letter(like) && lower < '\u{1f00}';
        let among = DRESSED.iter().find(|(plain, _)| *plain == letter).map_or("", |(_, dressed)| dressed);
        let same = among.chars().find(|dressed| mark(*dressed) == mark(lower)).or(among.chars().next());
        let letter = if has_mark { same.unwrap_or(letter) } else { letter };
        if like.is_uppercase() { letter.to_uppercase().collect::<String>() } else { letter.to_string() }
    });
    dressed.collect()
}

/// The diacritic of a letter, if it can be taken off.
fn mark(letter: char) -> Option<char> {
    std::iter::once(letter).nfd().nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(kept: &[&str]) -> Words {
        Words::new(Chance::new(7), kept.iter().copied(), 2026)
    }

    #[test]
    fn a_word_keeps_its_shape_and_is_the_same_everywhere() {
        let mut words = words(&[]);
        ["Åsa Öberg", "asa.oberg"].into_iter().for_each(|text| words.forbid(text));
        let (name, address) = (words.text("Åsa Öberg-ÖBERG"), words.text("asa.oberg"));
        let plain_name: String = name.chars().map(plain_letter).collect();
        assert_eq!(name.chars().count(), "Åsa Öberg-ÖBERG".chars().count());
        assert_eq!(plain_name.split([' ', '-']).take(2).collect::<Vec<_>>().join("."), address);
        assert!(name.starts_with(['Å', 'Ö']) && !name.contains("sa"), "{name}");
        assert_eq!(name.to_lowercase().split('-').next_back(), name.to_lowercase().split([' ', '-']).nth(1));
        assert!(!name.contains("berg"));
    }

    #[test]
    fn what_is_nobodys_stays() {
        let mut words = words(&["Lärare på skolan"]);
        assert_eq!(words.text("lärare"), "lärare");
        assert_eq!(words.text("van der 7A 12 2026 B"), "van der 7A 12 2026 B");
        assert_ne!(words.text("TE21A"), "TE21A");
        let number = words.text("0012345");
        assert!(number.starts_with('0') && number.len() == 7 && number != "0012345");
        assert_eq!(words.known("Bergaskolan 0012345"), format!("Bergaskolan {number}"));
    }

    #[test]
    fn what_rules_look_for_inside_a_word_stays() {
        let mut words = words(&[]);
        let text = "Skyddade uppgifter";
        words.forbid(text);
        words.forbid("skydd");
        words.keep(text, 0..5);
        words.keep("skydd", 0..5);
        let invented = words.text(text);
        assert!(invented.starts_with("Skydd") && invented.len() == text.len(), "{invented}");
        assert!(!invented.contains("Skyddade") && !invented.contains("uppgifter"), "{invented}");
        assert_eq!(words.text("SKYDDADE"), invented[..8].to_uppercase());
        assert_eq!(words.text("skydd"), "skydd");
    }

    #[test]
    fn other_scripts_have_other_letters() {
        let mut words = words(&[]);
        let name = words.text("Ольга");
        assert_eq!(name.chars().count(), 5);
        assert!(name != "Ольга" && name.chars().all(char::is_alphabetic));
    }
}
