//! Lists that stay in memory while others are read, column by column.
//!
//! In most columns of a list a text stands again and again: the school of an enrolment, a date, the group of a membership. Such a
//! text is kept once, and each row holds a number of one, two or four bytes. Columns that are compared with one another (by what
//! rows are joined, grouped and found) share their numbers, so that equal texts have equal numbers in all of them, and nobody has to
//! look at the texts. Of a column whose texts are all different each row holds where its text stands.

use super::{Batch, Cell, Cells, Wrong};
use hashbrown::HashTable;
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_64;

/// What a cell holds, in four bytes: two bits of kind, and the place of a text, its number, or what there is instead of one.
type Entry = u32;

const KIND: u32 = 3 << 30;
/// The place of a text, or in columns that share their numbers the number of a text.
const TEXT: u32 = 0;
/// The place of a number as it is written.
const NUMBER: u32 = 1 << 30;
/// No text: the place in [`OTHERS`].
const OTHER: u32 = 2 << 30;

/// Cells that hold no text.
const OTHERS: [Cell; 11] = [
    Cell::Missing,
    Cell::Null,
    Cell::Text { start: 0, len: 0 },
    Cell::Bool(false),
    Cell::Bool(true),
    Cell::Wrong(Wrong::Text),
    Cell::Wrong(Wrong::List),
    Cell::Wrong(Wrong::Structure),
    Cell::Wrong(Wrong::Other),
    Cell::Wrong(Wrong::Several),
    Cell::Wrong(Wrong::Error),
];

/// No number.
const NONE: u32 = u32::MAX;

/// A text with so many bytes or more has its length behind [`LONG`].
const LONG: usize = 127;

/// Texts, each behind its length: a byte, or five of seven bits where it is long. All of these are ASCII, so that the whole is text.
fn add_text(texts: &mut String, text: &str) -> u32 {
    let at = texts.len() as u32;
    if text.len() < LONG {
        texts.push(char::from(text.len() as u8));
    } else {
        texts.push(char::from(LONG as u8));
        (0..5).for_each(|byte| texts.push(char::from((text.len() >> (7 * byte) & 0x7F) as u8)));
    }
    texts.push_str(text);
    at
}

/// Where the text begins that was put at a place, and how long it is.
#[inline]
fn text_at(texts: &str, at: u32) -> (u32, u32) {
    let bytes = &texts.as_bytes()[at as usize..];
    if usize::from(bytes[0]) < LONG {
        return (at + 1, u32::from(bytes[0]));
    }
    let len = (0..5).map(|byte| u32::from(bytes[1 + byte]) << (7 * byte)).sum();
    (at + 6, len)
}

/// The same as a text.
#[inline]
fn text_of(texts: &str, at: u32) -> &str {
    let (start, len) = text_at(texts, at);
    &texts[start as usize..(start + len) as usize]
}

/// Numbers for texts, counted from 0.
#[derive(Default)]
struct Numbers {
    /// The place of each text.
    places: Vec<Entry>,
    /// The numbers by their texts. Shelves grow one by one, so that growing never needs room for everything twice.
    shelves: Vec<HashTable<u32>>,
}

impl Numbers {
    /// With so many shelves, a power of two.
    fn new(shelves: usize) -> Numbers {
        Numbers { places: Vec::new(), shelves: (0..shelves).map(|_| HashTable::new()).collect() }
    }

    /// The shelf of a hash, by bits that the shelf itself does not look at.
    fn shelf(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.shelves.len() - 1)
    }

    /// The number of a text with this hash; a new one for one that was not there.
    fn add(&mut self, texts: &mut String, kind: u32, text: &str, hash: u64) -> u32 {
        let shelf = self.shelf(hash);
        let (places, before) = (&self.places, &*texts);
        let same = |number: &u32| {
            let place = places[*number as usize];
            place & KIND == kind && text_of(before, place & !KIND) == text
        };
        let hash_again = |number: &u32| {
            let place = places[*number as usize];
            hash_of(place & KIND, text_of(before, place & !KIND))
        };
        match self.shelves[shelf].entry(hash, same, hash_again) {
            hashbrown::hash_table::Entry::Occupied(known) => *known.get(),
            hashbrown::hash_table::Entry::Vacant(free) => {
                let number = places.len() as u32;
                free.insert(number);
                self.places.push(kind | add_text(texts, text));
                number
            }
        }
    }

    /// The number of a text with this hash, if it is there.
    fn find(&self, texts: &str, text: &str, hash: u64) -> Option<u32> {
        let shelf = self.shelves.get(self.shelf(hash))?;
        let same = |number: &u32| {
            let place = self.places[*number as usize];
            place & KIND == TEXT && text_of(texts, place) == text
        };
        shelf.find(hash, same).copied()
    }

    /// For each hash the number that it most likely has, with the place of its text. Numbers of long lists and their texts lie all over
    /// the memory: looked up like this, one step for all of them before the next, they are waited for together.
    fn guess(&self, hashes: &[u64]) -> Vec<(u32, Entry)> {
        let guess = |&hash: &u64| self.shelves[self.shelf(hash)].find(hash, |_| true).copied();
        let mut guesses: Vec<_> = hashes.iter().map(|hash| (guess(hash).unwrap_or(NONE), NONE)).collect();
        for (number, place) in guesses.iter_mut().filter(|(number, _)| *number != NONE) {
            *place = self.places[*number as usize];
        }
        guesses
    }
}

/// True if a guess is right: this text of this kind lies at its place.
#[inline]
fn is_right(guess: (u32, Entry), texts: &str, kind: u32, text: &str) -> bool {
    guess.0 != NONE && guess.1 & KIND == kind && text_of(texts, guess.1 & !KIND) == text
}

fn hash_of(kind: u32, text: &str) -> u64 {
    // The kinds of a text are few: one of them is turned around.
    let hash = xxh3_64(text.as_bytes());
    if kind == TEXT { hash } else { !hash }
}

/// The numbers of the texts of some columns.
pub struct Dictionary {
    texts: Arc<String>,
    numbers: Numbers,
    exact: bool,
}

impl Dictionary {
    /// How many texts there are. Their numbers are counted from 0.
    pub fn len(&self) -> usize {
        self.numbers.places.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True if texts are equal just where their numbers are: all of them are ASCII, and no cell of the columns is a number or bool,
    /// which stand for texts too.
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// The text with a number.
    pub fn text(&self, number: u32) -> &str {
        text_of(&self.texts, self.numbers.places[number as usize])
    }

    /// The number of a text, if it is there.
    pub fn find(&self, text: &str) -> Option<u32> {
        self.numbers.find(&self.texts, text, hash_of(TEXT, text))
    }

    /// The same for many texts.
    pub fn find_all(&self, texts: &[&str]) -> Vec<Option<u32>> {
        let hashes: Vec<u64> = texts.iter().map(|text| hash_of(TEXT, text)).collect();
        let guesses = self.numbers.guess(&hashes).into_iter();
        let found = guesses.zip(texts.iter().zip(&hashes)).map(|(guess, (text, &hash))| {
            let right = is_right(guess, &self.texts, TEXT, text);
            if right { Some(guess.0) } else { self.numbers.find(&self.texts, text, hash) }
        });
        found.collect()
    }
}

/// Numbers of rows, in as few bytes as they need.
enum Codes {
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
}

impl Codes {
    #[inline]
    fn get(&self, row: usize) -> u32 {
        match self {
            Codes::One(codes) => codes[row].into(),
            Codes::Two(codes) => codes[row].into(),
            Codes::Four(codes) => codes[row],
        }
    }

    fn push(&mut self, code: u32) {
        match self {
            Codes::One(codes) if code <= u8::MAX.into() => codes.push(code as u8),
            Codes::Two(codes) if code <= u16::MAX.into() => codes.push(code as u16),
            Codes::Four(codes) => codes.push(code),
            Codes::One(codes) => {
                *self = Codes::Two(codes.iter().map(|&code| code.into()).collect());
                self.push(code);
            }
            Codes::Two(_) => {
                self.widen(|code| code);
                self.push(code);
            }
        }
    }

    /// Gives each row four bytes, and other numbers.
    fn widen(&mut self, other: impl Fn(u32) -> u32) {
        let count = match self {
            Codes::One(codes) => codes.len(),
            Codes::Two(codes) => codes.len(),
            Codes::Four(codes) => codes.len(),
        };
        *self = Codes::Four((0..count).map(|row| other(self.get(row))).collect());
    }

    fn shrink(&mut self) {
        match self {
            Codes::One(codes) => codes.shrink_to_fit(),
            Codes::Two(codes) => codes.shrink_to_fit(),
            Codes::Four(codes) => codes.shrink_to_fit(),
        }
    }
}

/// The cells of a column.
pub struct Column {
    codes: Codes,
    words: Words,
}

/// What the numbers of the rows of a column stand for.
enum Words {
    /// Entries of the column.
    Own(Vec<Entry>),
    /// The entry is the number.
    Each,
    /// Texts of several columns, by their numbers; what is no text is its own number.
    Shared(Arc<Dictionary>),
}

impl Column {
    /// The cell of a row. Texts lie in `texts`.
    #[inline]
    pub fn get(&self, row: usize, texts: &str) -> Cell {
        let code = self.codes.get(row);
        let entry = match &self.words {
            Words::Own(entries) => entries[code as usize],
            Words::Each => code,
            Words::Shared(dictionary) if code & KIND == TEXT => dictionary.numbers.places[code as usize],
            Words::Shared(_) => code,
        };
        match entry & KIND {
            OTHER => OTHERS[(entry & !KIND) as usize],
            kind => {
                let (start, len) = text_at(texts, entry & !KIND);
                if kind == TEXT { Cell::Text { start, len } } else { Cell::Number { start, len } }
            }
        }
    }

    /// The numbers of the texts of this column, if it shares them with others.
    pub fn shared(&self) -> Option<Numbered<'_>> {
        match (&self.words, &self.codes) {
            (Words::Shared(dictionary), Codes::Four(codes)) => Some(Numbered { dictionary, codes }),
            _ => None,
        }
    }
}

/// A column whose texts have numbers that other columns share.
#[derive(Clone, Copy)]
pub struct Numbered<'b> {
    /// The texts.
    pub dictionary: &'b Arc<Dictionary>,
    codes: &'b [u32],
}

impl Numbered<'_> {
    /// The number of the text in a row; none where there is no text, or an empty one.
    #[inline]
    pub fn get(&self, row: usize) -> Option<u32> {
        let code = self.codes[row];
        (code & KIND == TEXT).then_some(code)
    }
}

/// Packs lists while they are read. Several may be read at the same time.
pub struct Packer(Mutex<Open>);

/// What lists have in common.
struct Open {
    texts: String,
    shared: Vec<Shared>,
}

/// Numbers that several columns share.
struct Shared {
    numbers: Numbers,
    exact: bool,
}

/// What all lists have in common, when all of them have been read.
pub struct Packed {
    texts: Arc<String>,
    shared: Vec<Arc<Dictionary>>,
}

/// A list that is being packed.
pub struct Packing<'p> {
    packer: &'p Packer,
    /// By slot, which numbers a column shares with others.
    shares: Vec<Option<u16>>,
    done: Vec<Half>,
}

/// Rows of a file.
enum Half {
    /// Packed, but for the texts.
    Packed { columns: Vec<Growing>, rest: Batch, rows: usize },
    /// Rows with lists and structures stay as they are.
    Whole(Batch),
}

/// A column that is being packed.
struct Growing {
    codes: Codes,
    words: Meanings,
}

/// So many rows of a column are packed together.
const TOGETHER: usize = 512;

/// What kind of entry a cell becomes, and where its text lies.
fn kind_of(cell: Cell) -> (u32, (u32, u32)) {
    match cell {
        Cell::Text { start, len } if len > 0 => (TEXT, (start, len)),
        Cell::Number { start, len } => (NUMBER, (start, len)),
        _ => (OTHER, (0, 0)),
    }
}

/// A short text as a number that no other text has, nor nothing.
fn short(kind: u32, text: &[u8]) -> Option<u128> {
    let mut bytes = [0; 16];
    bytes.get_mut(..text.len()).filter(|_| text.len() < 15)?.copy_from_slice(text);
    (bytes[14], bytes[15]) = (if kind == TEXT { 1 } else { 2 }, text.len() as u8);
    Some(u128::from_le_bytes(bytes))
}

/// Spreads numbers that are alike.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// See [`Words`].
enum Meanings {
    Own {
        numbers: Numbers,
        /// The number of each of [`OTHERS`].
        others: [u32; OTHERS.len()],
        /// Short texts that were there not long ago, whole, and their numbers.
        recent: Box<[(u128, u32); 256]>,
    },
    Each,
    Shared(u16),
}

impl Meanings {
    /// What stands for a text or number of a page, in a column that does not share its numbers.
    fn add(&mut self, kind: u32, page: &Batch, (start, len): (u32, u32), open: &mut Open) -> u32 {
        let Meanings::Own { numbers, recent, .. } = self else {
            return kind | add_text(&mut open.texts, page.text(start, len));
        };
        let whole = short(kind, page.bytes(start, len));
        let at = whole.map_or(0, |whole| (whole as u64 ^ (whole >> 64) as u64).wrapping_mul(SPREAD) >> 56) as usize;
        if whole.is_some_and(|whole| recent[at].0 == whole) {
            return recent[at].1;
        }
        let text = page.text(start, len);
        let number = numbers.add(&mut open.texts, kind, text, hash_of(kind, text));
        if let Some(whole) = whole {
            recent[at] = (whole, number);
        }
        number
    }

    /// What stands for a cell without a text.
    fn other(&mut self, cell: Cell, open: &mut Open) -> u32 {
        let same = |known: &Cell| match (known, cell) {
            (Cell::Text { .. }, Cell::Text { .. }) => true,
            (known, cell) => *known == cell,
        };
        let number = OTHERS.iter().position(same).unwrap_or(0);
        let entry = OTHER | number as u32;
        match self {
            Meanings::Own { numbers, others, .. } => {
                let code = &mut others[number];
                if *code == NONE {
                    *code = numbers.places.len() as u32;
                    numbers.places.push(entry);
                }
                *code
            }
            Meanings::Each => entry,
            Meanings::Shared(group) => {
                open.shared[usize::from(*group)].exact &= !matches!(cell, Cell::Bool(_));
                entry
            }
        }
    }
}

impl Packer {
    /// Shelves of the numbers that columns share, which are many.
    const SHELVES: usize = 64;
    /// So many bytes of texts have a place.
    const MOST: usize = 1 << 30;

    /// A packer for lists with so many groups of columns that share their numbers.
    pub fn new(groups: usize) -> Packer {
        let shared = (0..groups).map(|_| Shared { numbers: Numbers::new(Packer::SHELVES), exact: true }).collect();
        Packer(Mutex::new(Open { texts: String::new(), shared }))
    }

    /// A list, with the group of each of its columns that is in one.
    pub fn list(&self, shares: Vec<Option<u16>>) -> Packing<'_> {
        Packing { packer: self, shares, done: Vec::new() }
    }

    /// Closes it, when all lists have been read.
    pub fn close(&self) -> Packed {
        let Open { texts, shared } = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut texts = std::mem::take(texts);
        texts.shrink_to_fit();
        let texts = Arc::new(texts);
        let dictionary = |Shared { mut numbers, exact }| {
            numbers.places.shrink_to_fit();
            Arc::new(Dictionary { texts: texts.clone(), numbers, exact })
        };
        Packed { shared: std::mem::take(shared).into_iter().map(dictionary).collect(), texts }
    }
}

impl Packing<'_> {
    /// Adds the rows of a page.
    pub fn add(&mut self, page: Batch) {
        let mut open = self.packer.0.lock().unwrap_or_else(PoisonError::into_inner);
        let width = page.cells.width();
        // Each cell may need six bytes besides its text.
        let most = open.texts.len() + page.texts.len() + 6 * width * page.len();
        if !page.inner.is_empty() || !page.cells.are_flat() || most > Packer::MOST {
            return self.done.push(Half::Whole(page));
        }
        let goes_on = matches!(self.done.last(), Some(Half::Packed { rest, columns, .. })
            if rest.from == page.from && rest.turn == page.turn && columns.len() == width);
        if !goes_on {
            let columns = (0..width).map(|slot| Growing::of(self.shares.get(slot).copied().flatten())).collect();
            let rest = Batch { from: page.from.clone(), turn: page.turn, ..Batch::default() };
            self.done.push(Half::Packed { columns, rest, rows: 0 });
        }
        let Some(Half::Packed { columns, rest, rows }) = self.done.last_mut() else { return };
        rest.lines.append(&page.lines);
        *rows += page.len();
        for (slot, column) in columns.iter_mut().enumerate() {
            for start in (0..page.len()).step_by(TOGETHER) {
                let rows = start..page.len().min(start + TOGETHER);
                column.push_all(&page, rows.map(|row| page.cell(row, slot)), &mut open);
            }
            column.settle(*rows);
        }
    }

    /// The rows, when all lists have been read.
    pub fn batches(self, packed: &Packed) -> Vec<Batch> {
        let batch = |half| match half {
            Half::Whole(batch) => batch,
            Half::Packed { columns, rest, .. } => {
                let columns = columns.into_iter().map(|column| column.done(packed)).collect();
                Batch { texts: packed.texts.clone(), cells: Cells::of_columns(columns), ..rest }
            }
        };
        self.done.into_iter().map(batch).collect()
    }
}

impl Growing {
    fn of(group: Option<u16>) -> Growing {
        match group {
            None => {
                let (numbers, others, recent) = (Numbers::new(1), [NONE; OTHERS.len()], Box::new([(0, NONE); 256]));
                Growing { codes: Codes::One(Vec::new()), words: Meanings::Own { numbers, others, recent } }
            }
            Some(group) => Growing { codes: Codes::Four(Vec::new()), words: Meanings::Shared(group) },
        }
    }

    /// Adds the cells of the rows that come next.
    fn push_all(&mut self, page: &Batch, cells: impl Iterator<Item = Cell>, open: &mut Open) {
        match self.words {
            Meanings::Shared(group) => self.push_shared(usize::from(group), page, cells, open),
            _ => cells.for_each(|cell| {
                let code = match kind_of(cell) {
                    (OTHER, _) => self.words.other(cell, open),
                    (kind, place) => self.words.add(kind, page, place, open),
                };
                self.codes.push(code);
            }),
        }
    }

    /// The same for a column that shares its numbers.
    fn push_shared(&mut self, group: usize, page: &Batch, cells: impl Iterator<Item = Cell>, open: &mut Open) {
        let cells = cells.map(|cell| match kind_of(cell) {
            (OTHER, _) => (cell, OTHER, ""),
            (kind, (start, len)) => (cell, kind, page.text(start, len)),
        });
        let cells: Vec<(Cell, u32, &str)> = cells.collect();
        let hashes: Vec<u64> = cells.iter().map(|(_, kind, text)| hash_of(*kind, text)).collect();
        let guesses = open.shared[group].numbers.guess(&hashes);
        for ((cell, kind, text), (hash, guess)) in cells.into_iter().zip(hashes.into_iter().zip(guesses)) {
            let code = match kind {
                OTHER => self.words.other(cell, open),
                NUMBER => {
                    open.shared[group].exact = false;
                    kind | add_text(&mut open.texts, text)
                }
                _ if is_right(guess, &open.texts, kind, text) => guess.0,
                _ => {
                    open.shared[group].exact &= text.is_ascii();
                    open.shared[group].numbers.add(&mut open.texts, kind, text, hash)
                }
            };
            self.codes.push(code);
        }
    }

    /// Keeps each text of its own where most of them are different.
    fn settle(&mut self, rows: usize) {
        let Meanings::Own { numbers, .. } = &self.words else { return };
        let count = numbers.places.len();
        if count > 1024 && count * 2 > rows || count > 1 << 16 && count * 4 > rows {
            self.codes.widen(|code| numbers.places[code as usize]);
            self.words = Meanings::Each;
        }
    }

    fn done(mut self, packed: &Packed) -> Column {
        self.codes.shrink();
        let words = match self.words {
            Meanings::Own { numbers, .. } => Words::Own(numbers.places),
            Meanings::Each => Words::Each,
            Meanings::Shared(group) => Words::Shared(packed.shared[usize::from(group)].clone()),
        };
        Column { codes: self.codes, words }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a cell says, wherever its text lies.
    fn said(batch: &Batch, cell: Cell) -> (Cell, String) {
        match cell {
            Cell::Text { start, len } => (Cell::Text { start: 0, len: 0 }, batch.text(start, len).to_string()),
            Cell::Number { start, len } => (Cell::Number { start: 0, len: 0 }, batch.text(start, len).to_string()),
            other => (other, String::new()),
        }
    }

    fn all(batches: &[Batch]) -> Vec<(String, u32, (Cell, String))> {
        let rows = batches.iter().flat_map(|batch| (0..batch.len()).map(move |row| (batch, row)));
        let cells = rows.flat_map(|(batch, row)| {
            batch.row(row).map(move |cell| (batch.from.to_string(), batch.lines.get(row), said(batch, cell)))
        });
        cells.collect()
    }

    /// A page of rows, each cell a kind and a text.
    fn page(from: &str, first: u32, rows: &[Vec<(u8, String)>], width: usize) -> Batch {
        let (mut texts, mut cells, mut inner) = (String::new(), Vec::new(), Vec::new());
        for (kind, text) in rows.iter().flatten() {
            let (start, len) = (texts.len() as u32, text.len() as u32);
            texts.push_str(text);
            cells.push(match kind {
                0..12 => Cell::Text { start, len },
                12 => Cell::Number { start, len },
                13 => Cell::Missing,
                14 => Cell::Null,
                15 => Cell::Bool(len % 2 == 0),
                16 => Cell::Wrong(Wrong::Several),
                _ => {
                    inner.push(Cell::Text { start, len });
                    Cell::List { first: inner.len() as u32 - 1, len: 1 }
                }
            });
        }
        let lines: Vec<u32> = (first..).step_by(1 + rows.len() % 2).take(rows.len()).collect();
        let cells = Cells::pack(&cells, width);
        Batch { texts: Arc::new(texts), cells, inner, from: from.into(), lines: lines.into(), ..Batch::default() }
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[ab]{0,2}", "[åé]{1,2}", "[a-z]{120,135}", (16_300..16_500usize).prop_map(|len| "x".repeat(len)),]
    }

    fn rows() -> impl Strategy<Value = Vec<Vec<(u8, String)>>> {
        let cell = |most: u8| (0..most, text());
        let row = |most| prop::collection::vec(cell(most), 3);
        prop_oneof![
            8 => prop::collection::vec(row(17), 0..20),
            1 => prop::collection::vec(row(18), 1..5),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_packed_is_what_was_read(pages in prop::collection::vec((0..2u8, rows()), 0..6)) {
            let packer = Packer::new(1);
            let mut list = packer.list(vec![None, Some(0), Some(0)]);
            let mut read = Vec::new();
            let mut line = 1;
            for (file, rows) in pages.iter().filter(|(_, rows)| !rows.is_empty()) {
                let page = page(if *file == 0 { "a.csv" } else { "b.csv" }, line, rows, 3);
                line += 100;
                read.push(page.clone());
                list.add(page);
            }
            let batches = list.batches(&packer.close());
            prop_assert_eq!(all(&batches), all(&read));
            for batch in &batches {
                let (Some(one), Some(two)) = (batch.cells.numbered(1), batch.cells.numbered(2)) else { continue };
                for row in 0..batch.len() {
                    for (part, slot) in [(one, 1), (two, 2)] {
                        let text = match said(batch, batch.cell(row, slot)) {
                            (Cell::Text { .. }, text) if !text.is_empty() => Some(text),
                            _ => None,
                        };
                        let number = part.get(row);
                        prop_assert_eq!(number.map(|number| part.dictionary.text(number).to_string()), text.clone());
                        prop_assert_eq!(text.as_deref().and_then(|text| part.dictionary.find(text)), number);
                        prop_assert_eq!(part.dictionary.find_all(&[text.as_deref().unwrap_or("no such text")]), [number]);
                        prop_assert!(!part.dictionary.is_exact() || text.is_none_or(|text| text.is_ascii()));
                    }
                }
            }
        }
    }

    #[test]
    fn a_column_grows_from_few_texts_to_many() {
        let packer = Packer::new(0);
        let mut list = packer.list(vec![None; 3]);
        // Few texts; many of which each stands often; and one for each row.
        let row = |row: usize| vec![(0, format!("{}", row % 3)), (0, format!("{}", row % 300)), (0, format!("{row}"))];
        let mut read = Vec::new();
        for start in (0..6_000).step_by(1_000) {
            let rows: Vec<_> = (start..start + 1_000).map(row).collect();
            let page = page("a.csv", start as u32, &rows, 3);
            read.push(page.clone());
            list.add(page);
        }
        let batches = list.batches(&packer.close());
        assert_eq!(batches.len(), 1);
        assert_eq!(all(&batches), all(&read));
        let Cells::Columns(columns) = &batches[0].cells else { panic!("not packed") };
        assert!(matches!((&columns[0].codes, &columns[0].words), (Codes::One(_), Words::Own(_))));
        assert!(matches!((&columns[1].codes, &columns[1].words), (Codes::Two(_), Words::Own(_))));
        assert!(matches!((&columns[2].codes, &columns[2].words), (Codes::Four(_), Words::Each)));
    }

    #[test]
    fn lines_are_found_again() {
        let lines = [3, 4, 5, 9, 9, 10, 2];
        let (one, two) = lines.split_at(4);
        let mut together = super::super::Lines::from(one.to_vec());
        together.append(&two.to_vec().into());
        assert_eq!(together.iter().collect::<Vec<_>>(), lines);
        assert_eq!(together, lines.to_vec().into());
    }
}
