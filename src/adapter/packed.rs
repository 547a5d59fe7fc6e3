//! Lists that stay in memory while others are read, column by column.
//!
//! In most columns of a list a text stands again and again: the school of an enrolment, a date, the group of a membership. Such a
//! text is kept once, and each row holds a number of one, two or four bytes. Columns that are compared with one another (by what
//! rows are joined, grouped and found) share their numbers, so that equal texts have equal numbers in all of them, and nobody has to
//! look at the texts. Of a column whose texts are all different each row holds where its text stands.

use super::{Batch, Cell, Cells, Wrong};
use hashbrown::HashTable;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    /// The numbers by their texts, each behind a part of the hash of its text: so most others are told apart without a look at
    /// theirs, and a shelf that grows looks at none. Shelves grow one by one, so that growing never needs room for everything twice.
    shelves: Vec<HashTable<(u32, u32)>>,
}

impl Numbers {
    /// With so many shelves, a power of two.
    fn new(shelves: usize) -> Numbers {
        Numbers { places: Vec::new(), shelves: (0..shelves).map(|_| HashTable::new()).collect() }
    }

    /// The shelf of a hash, by bits that the shelf itself does not look at.
    #[inline]
    fn shelf(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.shelves.len() - 1)
    }

    /// The number of a text with this hash; a new one for one that was not there.
    fn add(&mut self, texts: &mut String, kind: u32, text: &str, hash: u64) -> u32 {
        let (shelf, part, places) = (self.shelf(hash), hash as u32, &self.places);
        let same = |known: &(u32, u32)| {
            let place = places[known.1 as usize];
            known.0 == part && place & KIND == kind && text_of(texts, place & !KIND) == text
        };
        match self.shelves[shelf].entry(stand(part), same, |known| stand(known.0)) {
            hashbrown::hash_table::Entry::Occupied(known) => known.get().1,
            hashbrown::hash_table::Entry::Vacant(free) => {
                let number = places.len() as u32;
                free.insert((part, number));
                self.places.push(kind | add_text(texts, text));
                number
            }
        }
    }

    /// The number of a text with this hash, if it is there.
    fn find(&self, texts: &str, text: &str, hash: u64) -> Option<u32> {
        let (shelf, part) = (self.shelves.get(self.shelf(hash))?, hash as u32);
        let same = |known: &(u32, u32)| {
            let place = self.places[known.1 as usize];
            known.0 == part && place & KIND == TEXT && text_of(texts, place) == text
        };
        shelf.find(stand(part), same).map(|known| known.1)
    }

    /// For each hash the text that most likely has it. Numbers of long lists and their texts lie all over the memory: looked up like
    /// this, one step for all of them before the next, they are waited for together.
    fn guess(&self, texts: &str, hashes: &[u64], guesses: &mut Vec<Guess>) {
        let number = |&hash: &u64| {
            let part = hash as u32;
            let known = self.shelves[self.shelf(hash)].find(stand(part), |known| known.0 == part);
            Guess { number: known.map_or(NONE, |known| known.1), kind: OTHER, start: 0, len: 0 }
        };
        guesses.clear();
        guesses.extend(hashes.iter().map(number));
        for guess in guesses.iter_mut().filter(|guess| guess.number != NONE) {
            let place = self.places[guess.number as usize];
            (guess.kind, guess.start) = (place & KIND, place & !KIND);
        }
        for guess in guesses.iter_mut().filter(|guess| guess.kind != OTHER) {
            (guess.start, guess.len) = text_at(texts, guess.start);
        }
    }
}

/// A number that a text may have, and where the text lies that has it.
struct Guess {
    number: u32,
    kind: u32,
    start: u32,
    len: u32,
}

impl Guess {
    /// True if it is right: this text of this kind lies there.
    #[inline]
    fn is_right(&self, texts: &str, kind: u32, text: &[u8]) -> bool {
        self.kind == kind
            && self.len as usize == text.len()
            && texts.as_bytes().get(self.start as usize..(self.start + self.len) as usize) == Some(text)
    }
}

/// Where a text stands on its shelf, by a part of its hash.
#[inline]
fn stand(part: u32) -> u64 {
    u64::from(part).wrapping_mul(SPREAD)
}

#[inline]
fn hash_of(kind: u32, text: &[u8]) -> u64 {
    // The kinds of a text are few: one of them is turned around.
    let hash = xxh3_64(text);
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
        self.numbers.find(&self.texts, text, hash_of(TEXT, text.as_bytes()))
    }

    /// The same for many texts.
    pub fn find_all(&self, texts: &[&str]) -> Vec<Option<u32>> {
        let hashes: Vec<u64> = texts.iter().map(|text| hash_of(TEXT, text.as_bytes())).collect();
        let mut guesses = Vec::new();
        self.numbers.guess(&self.texts, &hashes, &mut guesses);
        let found = guesses.iter().zip(texts.iter().zip(&hashes)).map(|(guess, (text, &hash))| {
            let right = guess.is_right(&self.texts, TEXT, text.as_bytes());
            if right { Some(guess.number) } else { self.numbers.find(&self.texts, text, hash) }
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

    /// Adds the numbers of the rows that come next.
    fn extend(&mut self, more: &[u32]) {
        let most = more.iter().copied().max().unwrap_or(0);
        match self {
            Codes::One(codes) if most <= u8::MAX.into() => codes.extend(more.iter().map(|&code| code as u8)),
            Codes::Two(codes) if most <= u16::MAX.into() => codes.extend(more.iter().map(|&code| code as u16)),
            Codes::Four(codes) => codes.extend_from_slice(more),
            Codes::One(codes) if most <= u16::MAX.into() => {
                let mut wide = Vec::with_capacity(codes.capacity());
                wide.extend(codes.iter().map(|&code| u16::from(code)));
                *self = Codes::Two(wide);
                self.extend(more);
            }
            Codes::One(_) | Codes::Two(_) => {
                self.widen(|code| code);
                self.extend(more);
            }
        }
    }

    /// Makes room for so many more rows, if there is any.
    fn reserve(&mut self, rows: usize) {
        // What is not there now may be there when the rows are.
        let _ = match self {
            Codes::One(codes) => codes.try_reserve_exact(rows),
            Codes::Two(codes) => codes.try_reserve_exact(rows),
            Codes::Four(codes) => codes.try_reserve_exact(rows),
        };
    }

    /// Gives each row four bytes, and other numbers.
    fn widen(&mut self, other: impl Fn(u32) -> u32) {
        let (count, room) = match self {
            Codes::One(codes) => (codes.len(), codes.capacity()),
            Codes::Two(codes) => (codes.len(), codes.capacity()),
            Codes::Four(codes) => (codes.len(), codes.capacity()),
        };
        let mut wide = Vec::with_capacity(room);
        wide.extend((0..count).map(|row| other(self.get(row))));
        *self = Codes::Four(wide);
    }

    /// Gives rows of four bytes other numbers.
    fn each(&mut self, other: impl Fn(u32) -> u32) {
        if let Codes::Four(codes) = self {
            codes.iter_mut().for_each(|code| *code = other(*code));
        }
    }

    fn shrink(&mut self) {
        match self {
            Codes::One(codes) => codes.shrink_to_fit(),
            Codes::Two(codes) => codes.shrink_to_fit(),
            Codes::Four(codes) => codes.shrink_to_fit(),
        }
    }
}

/// The cell that an entry stands for.
#[inline]
fn cell_of(entry: Entry, texts: &str) -> Cell {
    match entry & KIND {
        OTHER => OTHERS[(entry & !KIND) as usize],
        kind => {
            let (start, len) = text_at(texts, entry & !KIND);
            if kind == TEXT { Cell::Text { start, len } } else { Cell::Number { start, len } }
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
        cell_of(entry, texts)
    }

    /// What stands in the rows, by numbers, if most of it stands there again and again.
    pub fn few(&self) -> Option<Few<'_>> {
        let Words::Own(entries) = &self.words else { return None };
        Some(Few { codes: &self.codes, entries, count: entries.len() })
    }

    /// The numbers of the texts of this column, if it shares them with others.
    pub fn shared(&self) -> Option<Numbered<'_>> {
        match (&self.words, &self.codes) {
            (Words::Shared(dictionary), Codes::Four(codes)) => Some(Numbered { dictionary, codes }),
            _ => None,
        }
    }
}

/// A column in which cells stand again and again: equal ones have equal numbers, counted from 0.
#[derive(Clone, Copy)]
pub struct Few<'b> {
    codes: &'b Codes,
    entries: &'b [Entry],
    /// How many numbers there are.
    pub count: usize,
}

impl Few<'_> {
    /// The number of the cell in a row.
    #[inline]
    pub fn get(&self, row: usize) -> u32 {
        self.codes.get(row)
    }

    /// The cell with a number. Texts lie in `texts`.
    pub fn cell(&self, number: u32, texts: &str) -> Cell {
        cell_of(self.entries[number as usize], texts)
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

/// Packs lists while they are read. Several may be read at the same time: they wait for one another only where their columns share
/// numbers.
pub struct Packer {
    shared: Vec<Mutex<Shared>>,
    /// How many bytes the texts of all lists may take at most, as far as they have been read.
    bytes: AtomicUsize,
}

/// Numbers that several columns share.
struct Shared {
    texts: String,
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
    /// Texts of columns that share no numbers. When all lists have been read they lie behind others, from `base` on.
    texts: String,
    base: u32,
    done: Vec<Half>,
    desk: Desk,
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

/// Some rows of a column while they are packed.
#[derive(Default)]
struct Desk {
    cells: Vec<Cell>,
    /// In how many rows each of these cells stands, one after the other.
    runs: Vec<usize>,
    hashes: Vec<u64>,
    guesses: Vec<Guess>,
    codes: Vec<u32>,
}

impl Desk {
    /// Clears it for other rows.
    fn clear(&mut self) {
        self.cells.clear();
        self.runs.clear();
        self.hashes.clear();
        self.codes.clear();
    }
}

/// So many rows of a column are packed together.
const TOGETHER: usize = 512;

/// A short text as a number that no other text has, nor nothing: its bytes, its kind and its length. It starts at a byte of `texts`.
#[inline]
fn short(kind: u32, texts: &[u8], start: u32, len: u32) -> Option<u128> {
    if len >= 15 {
        return None;
    }
    let (start, len) = (start as usize, len as usize);
    let bytes = match texts.get(start..start + 16) {
        Some(bytes) => u128::from_le_bytes(bytes.try_into().ok()?) & !(u128::MAX << (8 * len)),
        None => {
            let mut bytes = [0; 16];
            bytes[..len].copy_from_slice(texts.get(start..start + len)?);
            u128::from_le_bytes(bytes)
        }
    };
    Some(bytes | (if kind == TEXT { 1 } else { 2 }) << 112 | (len as u128) << 120)
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
    #[inline]
    fn add(&mut self, kind: u32, page: &Batch, (start, len): (u32, u32), texts: &mut String) -> u32 {
        let Meanings::Own { numbers, recent, .. } = self else {
            return kind | add_text(texts, page.text(start, len));
        };
        let whole = short(kind, page.texts.as_bytes(), start, len);
        let at = whole.map_or(0, |whole| (whole as u64 ^ (whole >> 64) as u64).wrapping_mul(SPREAD) >> 56) as usize;
        if whole.is_some_and(|whole| recent[at].0 == whole) {
            return recent[at].1;
        }
        let text = page.text(start, len);
        let number = numbers.add(texts, kind, text, hash_of(kind, text.as_bytes()));
        if let Some(whole) = whole {
            recent[at] = (whole, number);
        }
        number
    }

    /// What stands for a cell without a text.
    fn other(&mut self, cell: Cell) -> u32 {
        let same = |known: &Cell| match (known, cell) {
            (Cell::Text { .. }, Cell::Text { .. }) => true,
            (known, cell) => *known == cell,
        };
        let number = OTHERS.iter().position(same).unwrap_or(0);
        let entry = OTHER | number as u32;
        let Meanings::Own { numbers, others, .. } = self else { return entry };
        let code = &mut others[number];
        if *code == NONE {
            *code = numbers.places.len() as u32;
            numbers.places.push(entry);
        }
        *code
    }
}

impl Packer {
    /// Shelves of the numbers that columns share, which are many.
    const SHELVES: usize = 64;
    /// So many bytes of texts have a place.
    const MOST: usize = 1 << 30;

    /// A packer for lists with so many groups of columns that share their numbers.
    pub fn new(groups: usize) -> Packer {
        let shared = |_| {
            let numbers = Numbers::new(Packer::SHELVES);
            Mutex::new(Shared { texts: String::new(), numbers, exact: true })
        };
        Packer { shared: (0..groups).map(shared).collect(), bytes: AtomicUsize::new(0) }
    }

    /// A list, with the group of each of its columns that is in one.
    pub fn list(&self, shares: Vec<Option<u16>>) -> Packing<'_> {
        Packing { packer: self, shares, texts: String::new(), base: 0, done: Vec::new(), desk: Desk::default() }
    }

    /// Closes it, when all lists have been read: their texts come together.
    pub fn close<'a, 'p: 'a>(&'p self, lists: impl IntoIterator<Item = &'a mut Packing<'p>>) -> Packed {
        let taken = |shared: &Mutex<Shared>| {
            let shared = &mut *shared.lock().unwrap_or_else(PoisonError::into_inner);
            let empty = Shared { texts: String::new(), numbers: Numbers::new(1), exact: true };
            std::mem::replace(shared, empty)
        };
        let mut shared: Vec<Shared> = self.shared.iter().map(taken).collect();
        let mut lists: Vec<_> = lists.into_iter().collect();
        let mut parts = Vec::new();
        for Packing { texts, base, .. } in lists.iter_mut().map(|list| &mut **list) {
            parts.push((texts, Base::List(base)));
        }
        parts.extend(shared.iter_mut().map(|shared| (&mut shared.texts, Base::Shared(&mut shared.numbers))));
        // The others are moved behind the longest.
        parts.sort_by_key(|(texts, _)| std::cmp::Reverse(texts.len()));
        let whole: usize = parts.iter().map(|(texts, _)| texts.len()).sum();
        let mut all = String::new();
        for (texts, base) in parts {
            let texts = std::mem::take(texts);
            base.set(all.len() as u32);
            if all.is_empty() {
                all = texts;
                all.reserve_exact(whole - all.len());
            } else {
                all.push_str(&texts);
            }
        }
        all.shrink_to_fit();
        let texts = Arc::new(all);
        let dictionary = |Shared { mut numbers, exact, .. }| {
            numbers.places.shrink_to_fit();
            Arc::new(Dictionary { texts: texts.clone(), numbers, exact })
        };
        Packed { shared: shared.into_iter().map(dictionary).collect(), texts: texts.clone() }
    }

    /// Makes room for the texts of a page, so many bytes at most. False if there is none.
    fn take(&self, most: usize) -> bool {
        let fits = self.bytes.fetch_add(most, Ordering::Relaxed) + most <= Packer::MOST;
        if !fits {
            self.give_back(most);
        }
        fits
    }

    fn give_back(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Who learns where its texts begin among all.
enum Base<'b> {
    List(&'b mut u32),
    Shared(&'b mut Numbers),
}

impl Base<'_> {
    fn set(self, base: u32) {
        match self {
            Base::List(known) => *known = base,
            Base::Shared(numbers) => numbers.places.iter_mut().for_each(|place| *place = moved(*place, base)),
        }
    }
}

/// An entry whose text begins so many bytes later.
fn moved(entry: Entry, by: u32) -> Entry {
    if entry & KIND == OTHER { entry } else { entry + by }
}

impl Packing<'_> {
    /// Adds the rows of a page.
    pub fn add(&mut self, page: Batch) {
        let width = page.cells.width();
        // Each cell may need six bytes besides its text.
        let most = page.texts.len() + 6 * width * page.len();
        if !page.inner.is_empty() || !page.cells.are_flat() || !self.packer.take(most) {
            return self.done.push(Half::Whole(page));
        }
        let goes_on = matches!(self.done.last(), Some(Half::Packed { rest, columns, .. })
            if rest.from == page.from && rest.turn == page.turn && columns.len() == width);
        if !goes_on {
            let shares = (0..width).map(|slot| self.shares.get(slot).copied().flatten());
            let rows = page.len() + ahead(&page);
            let columns = shares.map(|group| Growing::of(group, rows)).collect();
            let rest = Batch { from: page.from.clone(), turn: page.turn, ..Batch::default() };
            self.done.push(Half::Packed { columns, rest, rows: 0 });
        }
        let Packing { packer, texts, done, desk, .. } = self;
        let Some(Half::Packed { columns, rest, rows }) = done.last_mut() else { return };
        rest.lines.append(&page.lines);
        *rows += page.len();
        let (before, mut more) = (texts.len(), 0);
        for (slot, column) in columns.iter_mut().enumerate() {
            match column.words {
                Meanings::Shared(group) => {
                    let shared = &packer.shared[usize::from(group)];
                    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    let before = shared.texts.len();
                    in_parts(page.len(), |rows| column.push_shared(&mut shared, texts, (&page, rows, slot), desk));
                    let added = shared.texts.len() - before;
                    expect(&mut shared.texts, added, goes_on, &page);
                    more += added;
                }
                _ => in_parts(page.len(), |rows| column.push_own(texts, (&page, rows, slot), desk)),
            }
            column.settle(*rows);
        }
        let added = texts.len() - before;
        expect(texts, added, goes_on, &page);
        packer.bytes.fetch_add(more + added, Ordering::Relaxed);
        packer.give_back(most);
    }

    /// The rows, when all lists have been read.
    pub fn batches(self, packed: &Packed) -> Vec<Batch> {
        let base = self.base;
        let batch = |half| match half {
            Half::Whole(batch) => batch,
            Half::Packed { columns, rest, .. } => {
                let columns = columns.into_iter().map(|column| column.done(packed, base)).collect();
                Batch { texts: packed.texts.clone(), cells: Cells::of_columns(columns), ..rest }
            }
        };
        self.done.into_iter().map(batch).collect()
    }
}

/// Goes over the rows of a page, some of them at a time.
fn in_parts(rows: usize, mut each: impl FnMut(Range<usize>)) {
    (0..rows).step_by(TOGETHER).for_each(|start| each(start..rows.min(start + TOGETHER)));
}

/// After the first page of a file: makes room for as much more as its other pages are likely to add.
fn expect(texts: &mut String, added: usize, goes_on: bool, page: &Batch) {
    if !goes_on && !page.is_empty() {
        let _ = texts.try_reserve((added.saturating_mul(ahead(page)) / page.len()).min(Packer::MOST));
    }
}

/// How many rows the file has at most after those of a page, as far as one can tell. A room that is too large costs nothing as long
/// as nobody uses it, and one that is too small is moved; but nobody asks for rooms that hardly any list needs.
fn ahead(page: &Batch) -> usize {
    let rows = page.ahead as usize;
    (rows + rows / 16).min(1 << 24)
}

impl Growing {
    fn of(group: Option<u16>, rows: usize) -> Growing {
        let mut column = match group {
            None => {
                let (numbers, others, recent) = (Numbers::new(1), [NONE; OTHERS.len()], Box::new([(0, NONE); 256]));
                Growing { codes: Codes::One(Vec::new()), words: Meanings::Own { numbers, others, recent } }
            }
            Some(group) => Growing { codes: Codes::Four(Vec::new()), words: Meanings::Shared(group) },
        };
        column.codes.reserve(rows);
        column
    }

    /// Adds the cells of some rows of a page, in a column that does not share its numbers.
    fn push_own(&mut self, texts: &mut String, (page, rows, slot): (&Batch, Range<usize>, usize), desk: &mut Desk) {
        desk.clear();
        page.cells.each(slot, rows, &page.texts, |cell| {
            desk.codes.push(match cell {
                Cell::Text { start, len: len @ 1.. } => self.words.add(TEXT, page, (start, len), texts),
                Cell::Number { start, len } => self.words.add(NUMBER, page, (start, len), texts),
                cell => self.words.other(cell),
            });
        });
        self.codes.extend(&desk.codes);
    }

    /// The same in a column that shares its numbers.
    fn push_shared(
        &mut self,
        Shared { texts, numbers, exact }: &mut Shared,
        own: &mut String,
        (page, rows, slot): (&Batch, Range<usize>, usize),
        desk: &mut Desk,
    ) {
        desk.clear();
        let Desk { cells, runs, hashes, guesses, codes } = desk;
        // What belongs to one record mostly follows one another: its text is looked for once.
        let mut before: &[u8] = &[];
        page.cells.each(slot, rows, &page.texts, |cell| {
            let text = match cell {
                Cell::Text { start, len } => page.bytes(start, len),
                _ => &[],
            };
            match runs.last_mut() {
                Some(run) if !text.is_empty() && text == before => *run += 1,
                _ => {
                    cells.push(cell);
                    runs.push(1);
                    hashes.push(hash_of(TEXT, text));
                    before = text;
                }
            }
        });
        numbers.guess(texts, hashes, guesses);
        for ((&cell, run), (&hash, guess)) in cells.iter().zip(runs).zip(hashes.iter().zip(guesses.iter())) {
            let code = match cell {
                Cell::Text { start, len: len @ 1.. } if guess.is_right(texts, TEXT, page.bytes(start, len)) => {
                    guess.number
                }
                Cell::Text { start, len: len @ 1.. } => {
                    let text = page.text(start, len);
                    *exact &= text.is_ascii();
                    numbers.add(texts, TEXT, text, hash)
                }
                Cell::Number { start, len } => {
                    *exact = false;
                    NUMBER | add_text(own, page.text(start, len))
                }
                cell => {
                    *exact &= !matches!(cell, Cell::Bool(_));
                    self.words.other(cell)
                }
            };
            codes.resize(codes.len() + *run, code);
        }
        self.codes.extend(codes);
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

    /// The column, when its list lies behind so many bytes of others.
    fn done(mut self, packed: &Packed, base: u32) -> Column {
        self.codes.shrink();
        let words = match self.words {
            Meanings::Own { numbers, .. } => {
                Words::Own(numbers.places.into_iter().map(|place| moved(place, base)).collect())
            }
            Meanings::Each => {
                self.codes.each(|code| moved(code, base));
                Words::Each
            }
            Meanings::Shared(group) => {
                self.codes.each(|code| if code & KIND == NUMBER { moved(code, base) } else { code });
                Words::Shared(packed.shared[usize::from(group)].clone())
            }
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
            let packed = packer.close([&mut list]);
            let batches = list.batches(&packed);
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
        let packed = packer.close([&mut list]);
        let batches = list.batches(&packed);
        assert_eq!(batches.len(), 1);
        assert_eq!(all(&batches), all(&read));
        let Cells::Columns(columns) = &batches[0].cells else { panic!("not packed") };
        assert!(matches!((&columns[0].codes, &columns[0].words), (Codes::One(_), Words::Own(_))));
        assert!(matches!((&columns[1].codes, &columns[1].words), (Codes::Two(_), Words::Own(_))));
        assert!(matches!((&columns[2].codes, &columns[2].words), (Codes::Four(_), Words::Each)));
    }

    #[test]
    fn lists_are_packed_side_by_side() {
        let packer = Packer::new(2);
        let lists = [vec![None, Some(0), Some(1), None], vec![Some(0), None, None, Some(1)]];
        // What is different in each row; what stands again and again; what is a number or nothing here and there.
        let row = |list: usize, row: usize| {
            let odd = match row % 700 {
                1 => (12, "7".to_string()),
                2 => (13, String::new()),
                other => (0, format!("{}", other % 50)),
            };
            let mut cells =
                vec![(0, format!("{list} {row}")), (0, format!("{}", row / 3)), odd, (0, format!("{}", row % 9))];
            cells.rotate_left(list);
            cells
        };
        let work = |number: usize, shares: &Vec<Option<u16>>| {
            let (mut list, mut read) = (packer.list(shares.clone()), Vec::new());
            for start in (0..9_000).step_by(1_000) {
                let rows: Vec<_> = (start..start + 1_000).map(|at| row(number, at)).collect();
                let ahead = [500, 90_000][number] * u32::from(start == 0);
                let page = Batch { ahead, ..page("a.csv", start as u32, &rows, 4) };
                read.push(page.clone());
                list.add(page);
            }
            (list, read)
        };
        let work = &work;
        let mut done: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = lists.iter().enumerate().map(|(at, of)| scope.spawn(move || work(at, of))).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        let packed = packer.close(done.iter_mut().map(|(list, _)| list));
        let both: Vec<_> = done.into_iter().map(|(list, read)| (list.batches(&packed), read)).collect();
        assert_eq!(both.len(), 2);
        for (batches, read) in &both {
            assert_eq!(batches.len(), 1);
            assert!(all(batches) == all(read));
        }
        // Equal texts of both lists have equal numbers.
        let [one, other] = [&both[0].0[0], &both[1].0[0]];
        let (one, other) = (one.cells.numbered(1).expect("numbers"), other.cells.numbered(0).expect("numbers"));
        assert!(Arc::ptr_eq(one.dictionary, other.dictionary) && one.dictionary.is_exact());
        for row in 0..9_000 {
            let number = one.dictionary.find(&format!("{}", row / 3));
            assert!(number.is_some() && number == one.get(row) && number == other.get(row));
        }
        assert!(!both[0].0[0].cells.numbered(2).expect("numbers").dictionary.is_exact());
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
