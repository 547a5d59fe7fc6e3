//! Fields of entities.

use super::language;
use super::literal;
use super::reader::{self, flag, pairs, string, text, texts};
use super::shape::{Key, Shape, key, required};
use super::types::TypeScope;
use super::{Access, Field};
use crate::finding::codes::document as codes;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::protocol::{ListForm, Wide};
use crate::syntax::ast::Expr;
use crate::syntax::tree::{Entry, Node};
use crate::value::{Class, ClassSet, Classes, Type};
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Who may write a field when.
const ACCESS: &[&str] = &["read-write", "read", "write", "create", "initial"];

/// What stands under `values:` of a field: a map of texts, or `read` and `write` apart.
const VALUES: Shape = Shape::Entries(&Shape::Either(&[Shape::Text, Shape::Entries(&Shape::Text)]));

/// Keys of a list in numbered columns.
static COLUMNS: &[Key] = &[
    required("first", Shape::Text, "the name of the first column"),
    required("more", Shape::Text, "the names of the others; `{{ n }}` is their number"),
    key("from", Shape::Count, "the number of the second column; 2 if it is not given"),
    key("min", Shape::Count, "at least so many columns are written; 1 if it is not given"),
    required("max", Shape::Count, "there are never more columns"),
];

/// Keys of a field.
pub static KEYS: &[Key] = &[
    required("type", Shape::Type, "its type; `T?` may be absent"),
    key(
        "class",
        Shape::OneOrMore(&Shape::Text),
        "its data class: public, personal, contact, national_id, special, secret",
    ),
    key("at", Shape::Text, "where it lies on the wire; its own name if it is not given"),
    key("parts", Shape::Entries(&Shape::Text), "where the members of a structure lie inside the record"),
    key(
        "format",
        Shape::OneOrMore(&Shape::Text),
        "how dates and numbers are written; all are read, the first is written",
    ),
    key(
        "values",
        VALUES,
        "texts on the wire and the values that they mean; `read` and `write` apart where they differ",
    ),
    key("absent_when", Shape::OneOrMore(&Shape::Text), "texts on the wire that mean: no value"),
    key("empty_is_value", Shape::Bool, "the empty text is a value; else it means: no value"),
    key("default", Shape::Text, "the value of an absent field"),
    key("zone", Shape::Text, "the time zone of moments that are written without one"),
    key("max", Shape::Text, "longest text, in characters; for bytes a size such as 1MB"),
    key("pattern", Shape::Text, "a regular expression for the whole text"),
    key("access", Shape::Word(ACCESS), "who may write it when; `initial` is for passwords"),
    key("checksum", Shape::Word(&["warn", "reject"]), "what a wrong check digit does; warn is the default"),
    key(
        "unique",
        Shape::Word(&["true", "false", "yes", "no", "siblings", "domain", "forest"]),
        "no two records may have the same value",
    ),
    key("evidence", Shape::Text, "what is known of it: the id of an evidence entry, or a grade"),
    key("unsure", Shape::OneOrMore(&Shape::Text), "what is unsure about it"),
    key("label", Shape::Text, "its name for people"),
    key("example", Shape::Text, "an example"),
    key("needs", Shape::OneOrMore(&Shape::Text), "what the vendor must open before it can be read or written"),
    key("doc", Shape::Text, "what it is"),
    key("as", Shape::NotBuilt, "how a protocol's own type is read"),
    key("bit", Shape::NotBuilt, "one bit of a number"),
    key("inverted", Shape::NotBuilt, "the bit means the opposite"),
    key("by", Shape::NotBuilt, "how a reference is written on the wire, or the operation that changes the field"),
    key("columns", Shape::Keys(COLUMNS), "a list in numbered columns of a file: `location_id`, `location_id_2`, …"),
    key("joined_by", Shape::Text, "a list in one cell of a file: the text between its elements"),
    key("slots", Shape::NotBuilt, "a list in numbered fields"),
    key("parameter", Shape::NotBuilt, "the name of the field in a call of its own"),
    key("compare", Shape::NotBuilt, "compared by a hash or as read back"),
    key("narrow", Shape::NotBuilt, "the type holds less here"),
    key("min", Shape::NotBuilt, "shortest text"),
    key("min_items", Shape::NotBuilt, "fewest elements"),
    key("max_items", Shape::NotBuilt, "most elements"),
    key("unseen", Shape::NotBuilt, "what a read of it leaves out"),
    key("normal", Shape::NotBuilt, "its normal form"),
    key("when", Shape::NotBuilt, "the records that have it"),
    key("from", Shape::NotBuilt, "derived from something else on the wire"),
    key("tls", Shape::NotBuilt, "only over an encrypted connection"),
    key("verify", Shape::NotBuilt, "checked at each customer"),
    key("absent", Shape::NotBuilt, "what the vendor never delivers"),
];

/// Reads the fields of an entity. Classes are as declared; [`classify`] completes them.
pub fn read_all(node: &Node, scope: &TypeScope<'_>, classes: &Classes, found: &mut Findings) -> Vec<Field> {
    reader::entries(node, "fields").iter().map(|entry| read(entry, scope, classes, found)).collect()
}

fn read(entry: &Entry, scope: &TypeScope<'_>, classes: &Classes, found: &mut Findings) -> Field {
    let node = &entry.value;
    let (ty, optional) = match node.get("type") {
        Some(written) => scope.read(written, found),
        None => (Type::Unknown, false),
    };
    let (read_values, write_values) = values(node, &ty, found);
    let list = list_form(entry, &ty, found);
    let at = string(node, "at").unwrap_or_else(|| match &list {
        ListForm::Wide(wide) => wide.first.clone(),
        _ => entry.key.clone(),
    });
    let unique = text(node, "unique").is_some_and(|word| reader::bool_word(word) != Some(false));
    Field {
        name: reader::key_name(entry),
        classes: declared_classes(node, classes, found),
        at,
        list,
        at_span: node.get("at").map_or(entry.key_span, |at| at.span),
        parts: pairs(node, "parts"),
        formats: texts(node, "format"),
        read_values,
        write_values,
        absent_when: texts(node, "absent_when"),
        empty_is_value: flag(node, "empty_is_value").unwrap_or(false),
        default: default(entry, &ty, found),
        max: max(node, found),
        pattern: pattern(node, found),
        zone: zone(node, found),
        access: access(text(node, "access")),
        checksum_rejects: text(node, "checksum") == Some("reject"),
        unique,
        evidence: string(node, "evidence"),
        unsure: texts(node, "unsure"),
        doc: string(node, "doc").or_else(|| string(node, "label")),
        ty,
        optional,
    }
}

/// How a list lies in a row of cells.
fn list_form(entry: &Entry, ty: &Type, found: &mut Findings) -> ListForm {
    let node = &entry.value;
    let form = match (node.get("columns"), node.get("joined_by").and_then(Node::text)) {
        (Some(columns), _) => wide(columns, found).map_or(ListForm::None, ListForm::Wide),
        (None, Some(between)) if !between.is_empty() => ListForm::Joined(between.to_string()),
        (None, _) => ListForm::None,
    };
    if form != ListForm::None && !matches!(ty, Type::List(_) | Type::Set(_) | Type::Unknown) {
        found.add(Finding::new(&codes::COLUMNS_NEED_LIST, entry.key_span).word("field", entry.key.clone()));
        return ListForm::None;
    }
    form
}

fn wide(node: &Node, found: &mut Findings) -> Option<Wide> {
    let number = |key: &str| text(node, key).and_then(|text| text.parse::<u32>().ok());
    let more = node.get("more")?;
    let pattern = more.text()?;
    let parts = pattern.split_once("{{").and_then(|(before, rest)| Some((before, rest.split_once("}}")?)));
    let Some((before, (_, after))) = parts.filter(|(_, (name, _))| name.trim() == "n") else {
        let why = "`{{ n }}` stands for the number of the column, once";
        found.add(Finding::new(&crate::finding::codes::system::BAD_TEMPLATE, more.span).word("why", why));
        return None;
    };
    Some(Wide {
        first: string(node, "first")?,
        before: before.to_string(),
        after: after.to_string(),
        from: number("from").unwrap_or(2),
        min: number("min").unwrap_or(1).max(1),
        max: number("max")?.max(1),
    })
}

fn access(word: Option<&str>) -> Access {
    match word {
        Some("read") => Access::Read,
        Some("write") => Access::Write,
        Some("create") => Access::Create,
        Some("initial") => Access::Initial,
        _ => Access::ReadWrite,
    }
}

/// The classes that a field names; `public` said outright is kept apart from nothing said by [`said_class`].
fn declared_classes(node: &Node, classes: &Classes, found: &mut Findings) -> ClassSet {
    let mut set = ClassSet::NONE;
    for item in reader::one_or_more(node, "class") {
        let Some(word) = item.text() else { continue };
        match classes.find(word) {
            Some(class) => set = set.and(ClassSet::of(class)),
            None => found.add(
                Finding::new(&codes::UNKNOWN_CLASS, item.span)
                    .word("name", word)
                    .word_if("suggestion", nearest(word, classes.names().iter().map(String::as_str)))
                    .word("known", classes.names().join(", ")),
            ),
        }
    }
    set
}

/// Gives a class to the fields that name none.
///
/// The rule: a field says its class, and its type says it too (national ids are `national_id`, secrets `secret`, inside
/// lists and structures too). An entity is about people if it has `protected_when`, or a field of class `personal`, `contact`,
/// `national_id` or `special`. Every other field of such an entity is `personal`, references and keys included: that
/// somebody belongs to something is a fact about that person. Fields of all other entities are `public`.
pub fn classify(fields: &mut [Field], node: &Node, protected: bool) {
    let written = node.get("fields");
    let says = |field: &Field| {
        written.and_then(|fields| fields.get(&field.name.text)).is_some_and(|f| f.get("class").is_some())
    };
    for field in fields.iter_mut() {
        // A national id stays one whatever else its field says.
        let own = class_of_type(&field.ty);
        field.classes = if says(field) { field.classes.and(own) } else { own };
    }
    let marks = [Class::PERSONAL, Class::CONTACT, Class::NATIONAL_ID, Class::SPECIAL];
    let of_people = protected || fields.iter().any(|field| marks.iter().any(|&mark| field.classes.has(mark)));
    if of_people {
        for field in fields.iter_mut().filter(|field| field.classes.is_empty() && !says(field)) {
            field.classes = ClassSet::of(Class::PERSONAL);
        }
    }
}

/// Makes a field that says no class `special` if `protected_when` reads it to know who is protected: the only field that it
/// reads, or one that says yes or no or one of a few words. That somebody is protected is what an attacker wants to know
/// first.
pub fn mark_protected(fields: &mut [Field], node: &Node, condition: &Expr) {
    let written = node.get("fields");
    let names = condition.names();
    let read: usize = fields.iter().filter(|field| names.contains(&field.name.text.as_str())).count();
    for field in fields.iter_mut() {
        let name = &field.name.text;
        let marks = read == 1 || matches!(field.ty, Type::Bool | Type::Enum(_));
        let says = written.and_then(|fields| fields.get(name)).is_some_and(|field| field.get("class").is_some());
        if !says && marks && names.contains(&name.as_str()) {
            field.classes = ClassSet::of(Class::SPECIAL);
        }
    }
}

/// The class that a type has by itself.
fn class_of_type(ty: &Type) -> ClassSet {
    match ty {
        Type::Personnummer | Type::Bsn | Type::Rijksregisternummer => ClassSet::of(Class::NATIONAL_ID),
        Type::Secret => ClassSet::of(Class::SECRET),
        Type::List(one) | Type::Set(one) => class_of_type(one),
        Type::Struct(members) => members.iter().fold(ClassSet::NONE, |set, member| set.and(class_of_type(&member.ty))),
        _ => ClassSet::NONE,
    }
}

fn default(entry: &Entry, ty: &Type, found: &mut Findings) -> Option<String> {
    let node = entry.value.get("default")?;
    literal::check(node, ty, &entry.key, found);
    node.text().map(String::from)
}

fn max(node: &Node, found: &mut Findings) -> Option<u32> {
    let written = node.get("max")?;
    let text = written.text()?;
    let size = literal::size(text);
    if size.is_none() {
        found.add(Finding::new(&codes::BAD_COUNT, written.span).word("text", text).word("key", "max"));
    }
    size
}

fn pattern(node: &Node, found: &mut Findings) -> Option<String> {
    language::pattern(node.get("pattern")?, found)
}

fn zone(node: &Node, found: &mut Findings) -> Option<TimeZone> {
    let written = node.get("zone")?;
    let name = written.text()?;
    let known = TimeZoneDatabase::bundled();
    let zone = known.get(name).ok().filter(|_| name == "UTC" || name.contains('/'));
    if zone.is_none() {
        let names: Vec<String> = known.available().map(|known| known.to_string()).collect();
        found.add(
            Finding::new(&codes::UNKNOWN_ZONE, written.span)
                .word("name", name)
                .word_if("suggestion", nearest(name, names.iter().map(String::as_str))),
        );
    }
    zone
}

/// `(wire, model)` for reading, `(model, wire)` for writing.
type Codec = (Vec<(String, String)>, Vec<(String, String)>);

fn values(node: &Node, ty: &Type, found: &mut Findings) -> Codec {
    let Some(written) = node.get("values") else { return Codec::default() };
    let apart = written.entries().unwrap_or_default().iter().any(|entry| entry.value.entries().is_some());
    let (read, write) = match apart {
        true => (pairs(written, "read"), pairs(written, "write")),
        false => (pairs(node, "values"), Vec::new()),
    };
    check_values(if apart { written.get("read") } else { Some(written) }, ty, found);
    let write = if write.is_empty() { backwards(&read) } else { write };
    (read, write)
}

/// The first spelling of each value is the one that is written.
fn backwards(read: &[(String, String)]) -> Vec<(String, String)> {
    let mut write: Vec<(String, String)> = Vec::new();
    for (wire, value) in read {
        if write.iter().all(|(known, _)| known != value) {
            write.push((value.clone(), wire.clone()));
        }
    }
    write
}

fn check_values(read: Option<&Node>, ty: &Type, found: &mut Findings) {
    let element = ty.element().unwrap_or(ty);
    for entry in read.and_then(Node::entries).unwrap_or_default() {
        if !matches!(element, Type::Struct(_)) {
            literal::check(&entry.value, element, &entry.key, found);
        }
    }
}
