//! Inventing: records of people as records of nobody.
//!
//! Every value of a field that is about people is replaced by one of the same shape; equal values by equal ones, so that
//! joins still join. National ids and phone numbers are of ranges that nobody has. Fields that are public keep their values,
//! but for words and numbers that were invented for a person, for texts that somebody of the source has in a field that is not
//! public, and for national ids and e-mail addresses. What the rules themselves name stays, and so do words of an
//! enum, yes and no, and numbers of up to three digits.

use super::dates::Dates;
use super::numbers;
use super::patterns::{self, Sought};
use super::pick::{Chosen, Pool};
use super::words::{Chance, Words, pieces};
use crate::check::TypedMapping;
use crate::check::typed::{Literal, Node, TypedPattern};
use crate::model::{Field, Model};
use crate::run::written;
use crate::value::ids::{Bsn, Personnummer, Rijksregisternummer};
use crate::value::{ClassSet, EntityId, Row, Type, Value, show};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A value as it is written in a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// Nothing.
    Absent,
    /// A simple value.
    Text(String),
    /// A list, or the parts of a key.
    List(Vec<Written>),
    /// A structure.
    Struct(Vec<(String, Written)>),
}

/// A record as it is written: values by field, in order.
pub type Record = Vec<(String, Written)>;

/// What has been invented.
pub struct Invention<'i> {
    model: &'i Model,
    as_of: Date,
    words: Words,
    dates: Dates,
    /// Whole texts of people, and what stands for them.
    whole: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    /// Texts that the rules name.
    kept: BTreeSet<String>,
    /// What the rules look for inside texts.
    sought: Vec<Sought>,
    phones: usize,
    bsns: u32,
    /// Public fields whose texts stay as they are, by entity.
    public: BTreeMap<EntityId, BTreeSet<usize>>,
}

/// What rules name themselves.
pub struct Named<'m> {
    /// Literals, and cells of the tables that they look into.
    texts: BTreeSet<&'m str>,
    /// What they look for inside texts.
    sought: Vec<Sought>,
}

/// What the rules of a sync name themselves.
pub fn named<'m>(model: &'m Model, typed: &'m [TypedMapping]) -> Named<'m> {
    let mut named = BTreeSet::new();
    for node in typed.iter().flat_map(|typed| typed.nodes.all()) {
        match node {
            Node::Literal(Literal::Text(text)) => drop(named.insert(&**text)),
            Node::Match { arms, .. } => {
                named.extend(arms.iter().flat_map(|arm| &arm.patterns).filter_map(|pattern| match pattern {
                    TypedPattern::Literal(Literal::Text(text)) => Some(&**text),
                    _ => None,
                }));
            }
            Node::Lookup { table, .. } => {
                named.extend(model.table(*table).rows.iter().flatten().filter_map(|cell| cell.as_deref()));
            }
            _ => {}
        }
    }
    Named { texts: named, sought: typed.iter().flat_map(patterns::sought).collect() }
}

impl<'i> Invention<'i> {
    /// Nothing yet. What is `named` stays.
    pub fn new(model: &'i Model, named: Named<'_>, as_of: Date, seed: u64) -> Invention<'i> {
        let Named { texts: named, sought } = named;
        Invention {
            model,
            as_of,
            words: Words::new(Chance::new(seed), named.iter().copied(), as_of.year()),
            dates: Dates::new(as_of),
            whole: BTreeMap::new(),
            taken: BTreeSet::new(),
            kept: named.iter().map(|text| text.to_string()).collect(),
            sought,
            phones: 0,
            bsns: 0,
            public: BTreeMap::new(),
        }
    }

    /// Invents all chosen records.
    pub fn records(&mut self, pool: &Pool<'_>, chosen: &Chosen) -> Vec<(EntityId, Vec<Record>)> {
        let mut originals = Vec::new();
        for &row in chosen {
            self.texts(pool, row, false, &mut originals);
        }
        self.others(pool, chosen, &mut originals);
        for (_, text) in &originals {
            self.words.forbid(text);
            for part in self.sought.iter().flat_map(|sought| sought.parts(text)) {
                self.words.keep(text, part);
            }
            self.dates.note(day_of(text, self.as_of));
        }
        self.dates.settle(self.words.chance());
        for (ty, text) in &originals {
            self.simple(ty, text, false);
        }
        let mut records: BTreeMap<EntityId, Vec<Record>> = BTreeMap::new();
        for &row in chosen {
            records.entry(EntityId(row.table)).or_default().push(self.record(pool, row));
        }
        records.into_iter().collect()
    }

    /// Adds the texts of public fields that are about somebody who was not chosen, such as the id of a person in a record that
    /// leads nowhere now.
    fn others(&self, pool: &Pool<'_>, chosen: &Chosen, originals: &mut Vec<(Type, String)>) {
        let mut public = Vec::new();
        chosen.iter().for_each(|row| self.texts(pool, *row, true, &mut public));
        public.retain(|(ty, text)| ty.is_textual() && text.chars().count() > 3 && date_of(text).is_none());
        let public: BTreeSet<String> = public.into_iter().map(|(_, text)| text).collect();
        let mut of_row = Vec::new();
        for row in pool.all().into_iter().filter(|row| !chosen.contains(row)) {
            self.texts(pool, row, false, &mut of_row);
            originals.extend(of_row.drain(..).filter(|(_, text)| public.contains(text)));
        }
    }

    /// The simple texts of the public fields of a record, or of those that are about somebody, with their types.
    fn texts(&self, pool: &Pool<'_>, row: Row, public: bool, into: &mut Vec<(Type, String)>) {
        let fields = &self.model.entity(EntityId(row.table)).fields;
        for (index, (field, value)) in fields.iter().zip(pool.values(row)).enumerate() {
            if is_public(field) != public {
                continue;
            }
            into.extend(pool.broken(row, index as u16).map(|text| (Type::Text, text.to_string())));
            let mut open = vec![(&field.ty, *value)];
            while let Some((ty, value)) = open.pop() {
                match (ty, value) {
                    (Type::Struct(members), Value::Struct(values)) => {
                        open.extend(members.iter().map(|member| &member.ty).zip(values.iter().copied()));
                    }
                    (ty, Value::List(values)) => {
                        open.extend(values.iter().map(|value| (ty.element().unwrap_or(ty), *value)));
                    }
                    (ty, value) if !stays(ty) => into.extend(plain(value).map(|text| (ty.clone(), text))),
                    _ => {}
                }
            }
        }
    }

    fn record(&mut self, pool: &Pool<'_>, row: Row) -> Record {
        let model = self.model;
        let fields = &model.entity(EntityId(row.table)).fields;
        let mut record = Record::new();
        for (index, (field, value)) in fields.iter().zip(pool.values(row)).enumerate() {
            let written = match pool.broken(row, index as u16) {
                Some(text) => Written::Text(self.unreadable(field, text)),
                None => self.value(pool, &field.ty, *value, is_public(field)),
            };
            if is_public(field) && plain(*value).is_some_and(|text| self.tells(&field.ty, &text, &written)) {
                self.public.entry(EntityId(row.table)).or_default().insert(index);
            }
            if written != Written::Absent {
                record.push((field.name.text.clone(), written));
            }
        }
        record
    }

    /// True for a text of some length that stays, and that no rule names.
    fn tells(&self, ty: &Type, text: &str, written: &Written) -> bool {
        let stays = matches!(written, Written::Text(written) if written == text);
        stays && ty.is_textual() && text.chars().count() > 3 && !self.kept.contains(text)
    }

    /// The public fields whose texts stay, as people name them: `school.name`.
    pub fn public(&self) -> Vec<String> {
        let fields = |(entity, fields): (&EntityId, &BTreeSet<usize>)| {
            let entity = self.model.entity(*entity);
            let name = |&index: &usize| format!("{}.{}", entity.name.text, entity.fields[index].name.text);
            fields.iter().map(name).collect::<Vec<_>>()
        };
        self.public.iter().flat_map(fields).collect()
    }

    fn value(&mut self, pool: &Pool<'_>, ty: &Type, value: Value<'_>, public: bool) -> Written {
        match (value, ty) {
            (Value::Absent, _) => Written::Absent,
            (Value::Row(row), _) => self.key(pool, row),
            (Value::Bytes(_), _) => Written::Text("AAAA".into()),
            (Value::List(values), ty) => {
                let element = ty.element().unwrap_or(&Type::Text);
                Written::List(values.iter().map(|value| self.value(pool, element, *value, public)).collect())
            }
            (Value::Struct(values), Type::Struct(members)) => {
                let parts = members
                    .iter()
                    .zip(values)
                    .map(|(member, value)| (member.name.to_string(), self.value(pool, &member.ty, *value, public)));
                Written::Struct(parts.filter(|(_, part)| *part != Written::Absent).collect())
            }
            (value, ty) => plain(value).map_or(Written::Absent, |text| Written::Text(self.simple(ty, &text, public))),
        }
    }

    /// In the place of a text that its type cannot read another one that it cannot read for the same reason.
    fn unreadable(&mut self, field: &Field, text: &str) -> String {
        let arena = crate::value::Arena::new();
        let why = |text: &str| written::text(text, &field.ty, &arena).err();
        let shape = |digit: char| -> String {
            let letter = |letter: char| if letter.is_alphabetic() { 'x' } else { letter };
            text.chars().map(|each| if each.is_ascii_digit() { digit } else { letter(each) }).collect()
        };
        let wanted = why(text);
        let invented = self.simple(&Type::Text, text, is_public(field));
        if wanted.is_none() || why(&invented) == wanted {
            return invented;
        }
        let others = [self.words.text(text), shape('9'), shape('0'), "?".to_string()];
        let found = others.into_iter().find(|other| why(other) == wanted && other != text);
        let invented = found.unwrap_or(invented);
        self.whole.insert(text.to_string(), invented.clone());
        invented
    }

    /// The key of a record.
    fn key(&mut self, pool: &Pool<'_>, row: Row) -> Written {
        let model = self.model;
        let entity = model.entity(EntityId(row.table));
        let part = |invention: &mut Self, index: usize| {
            let field = &entity.fields[index];
            invention.value(pool, &field.ty, pool.values(row)[index], is_public(field))
        };
        if entity.first_present {
            let parts = entity.key.iter().map(|&index| part(self, index)).collect::<Vec<_>>();
            return parts.into_iter().find(|part| *part != Written::Absent).unwrap_or(Written::Absent);
        }
        let mut parts: Vec<Written> = entity.key.iter().map(|&index| part(self, index)).collect();
        if parts.len() == 1 { parts.remove(0) } else { Written::List(parts) }
    }

    /// A simple value by its text.
    fn simple(&mut self, ty: &Type, text: &str, public: bool) -> String {
        if stays(ty) || self.kept.contains(text) {
            return text.to_string();
        }
        if let Some(known) = self.whole.get(text) {
            return known.clone();
        }
        if public && !(ty.is_textual() && self.is_somebodys(text)) {
            return if ty.is_textual() { self.words.known(text) } else { text.to_string() };
        }
        let invented = self.invent(ty, text);
        self.taken.insert(invented.clone());
        self.whole.insert(text.to_string(), invented.clone());
        invented
    }

    fn invent(&mut self, ty: &Type, text: &str) -> String {
        match ty {
            Type::Secret => "invented".into(),
            Type::Uuid => self.uuid(text),
            Type::Phone => self.phone(text),
            Type::Email => self.email(text),
            Type::Int if text.parse().is_ok_and(|year: i64| (1900..=2100).contains(&year)) => text.into(),
            Type::Date | Type::DateTime | Type::MonthDay => self.date(text).unwrap_or_else(|| text.into()),
            _ => self.text(text),
        }
    }

    /// A text of any type, by what it looks like.
    fn text(&mut self, text: &str) -> String {
        if let Some(id) = self.national_id(text) {
            return id;
        }
        if is_uuid(text) {
            return self.uuid(text);
        }
        if text.contains('@') && !text.contains(char::is_whitespace) {
            return self.email(text);
        }
        if numbers::is_phone(text) {
            return self.phone(text);
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            let path = rest.find('/').map_or("", |at| &rest[at..]);
            return format!("{scheme}://example.org{}", self.words.text(path));
        }
        self.date(text).unwrap_or_else(|| self.words.text(text))
    }

    fn date(&mut self, text: &str) -> Option<String> {
        let (date, rest) = date_of(text)?;
        Some(format!("{}{rest}", self.dates.of(date)))
    }

    /// A number of a test range in the place of a national id; nothing for what is none.
    fn national_id(&mut self, text: &str) -> Option<String> {
        if let Ok(number) = Personnummer::read(text, Some(self.as_of))
            && (number.checksum().is_ok() || text.len() > 11)
        {
            let born = number.birth_date().map(|born| self.dates.of(born));
            let free = |invented: &str| !self.taken.contains(invented);
            return Some(numbers::personnummer(&number, text, born, self.as_of, &free));
        }
        if let Ok(number) = Rijksregisternummer::read(text)
            && number.checksum().is_ok()
        {
            let born = number.birth_date().map(|born| self.dates.of(born));
            let free = |invented: &str| !self.taken.contains(invented);
            return Some(numbers::rijksregisternummer(&number, text, born, &free));
        }
        let number = Bsn::read(text).ok().filter(|number| number.checksum().is_ok())?;
        self.bsns += 1;
        Some(numbers::like(text, &numbers::bsn(self.bsns, &number)))
    }

    /// True for what is about somebody wherever it stands: a national id, an e-mail address.
    fn is_somebodys(&self, text: &str) -> bool {
        let swedish = || Personnummer::read(text, Some(self.as_of)).is_ok_and(|number| number.checksum().is_ok());
        let belgian = || Rijksregisternummer::read(text).is_ok_and(|number| number.checksum().is_ok());
        (text.contains('@') && !text.contains(char::is_whitespace)) || swedish() || belgian()
    }

    fn phone(&mut self, text: &str) -> String {
        self.phones += 1;
        numbers::phone(text, self.phones - 1)
    }

    fn email(&mut self, text: &str) -> String {
        let Some((local, domain)) = text.rsplit_once('@') else { return self.words.text(text) };
        let domain = match self.whole.get(domain) {
            Some(known) => known.clone(),
            None if numbers::is_example(domain) => domain.to_string(),
            None => {
                let known = self.whole.values().filter(|text| numbers::is_example(text) && !text.contains('@')).count();
                let invented = numbers::domain(known);
                self.whole.insert(domain.to_string(), invented.clone());
                invented
            }
        };
        format!("{}@{domain}", self.words.text(local))
    }

    fn uuid(&mut self, text: &str) -> String {
        let chance = self.words.chance();
        let digit = |(place, letter): (usize, char)| match letter {
            '-' | '{' | '}' => letter,
            // The version and the variant stay.
            _ if place == 14 || place == 19 => letter,
            _ => char::from(b"0123456789abcdef"[chance.below(16)]),
        };
        text.chars().enumerate().map(digit).collect()
    }

    /// What is left of the originals in some values: whole texts of people of more than three characters, and of those that
    /// were invented word by word their words and numbers.
    pub fn left_in(&self, values: &str) -> Vec<&str> {
        let there: BTreeSet<&str> = pieces(values).collect();
        let is_left = |original: &str, invented: &str| {
            let whole =
                original.chars().count() > 3 && original != invented && values.lines().any(|value| value == original);
            whole
                || pieces(original)
                    .any(|piece| piece.chars().count() > 3 && there.contains(piece) && self.words.replaced(piece))
        };
        let left = self.whole.iter().filter(|(original, invented)| is_left(original, invented));
        left.map(|(original, _)| original.as_str()).collect()
    }
}

impl Written {
    /// The texts in it, a line for each.
    pub fn texts(&self, into: &mut String) {
        match self {
            Written::Absent => {}
            Written::Text(text) => {
                into.push_str(text);
                into.push('\n');
            }
            Written::List(items) => items.iter().for_each(|item| item.texts(into)),
            Written::Struct(members) => members.iter().for_each(|(_, member)| member.texts(into)),
        }
    }
}

/// True for types whose values say nothing about who somebody is.
fn stays(ty: &Type) -> bool {
    matches!(ty, Type::Bool | Type::Enum(_) | Type::Country | Type::Duration | Type::Brin)
}

fn is_public(field: &Field) -> bool {
    field.classes == ClassSet::NONE
}

fn plain(value: Value<'_>) -> Option<String> {
    let arena = crate::value::Arena::new();
    show::plain(value, &arena).map(String::from)
}

/// The date that a text begins with: a date, or a moment.
fn date_of(text: &str) -> Option<(Date, &str)> {
    let date = text.get(..10)?.parse().ok()?;
    let rest = &text[10..];
    (rest.is_empty() || rest.starts_with(['T', ' '])).then_some((date, rest))
}

/// The date that a text stands for, also that of a birth in a national id.
fn day_of(text: &str, as_of: Date) -> Option<Date> {
    let personnummer = || Personnummer::read(text, Some(as_of)).ok()?.birth_date();
    let belgian = || Rijksregisternummer::read(text).ok()?.birth_date();
    date_of(text).map(|(date, _)| date).or_else(personnummer).or_else(belgian)
}

fn is_uuid(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok() && text.len() == 36
}
