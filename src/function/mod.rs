//! The function library: one table entry each, one file per family.
//!
//! A function is added by one entry in the table of its family. Its examples are executed by the tests and printed by
//! `koppla functions NAME` and in the manual. In examples, `as_of` is [`EXAMPLE_DAY`], and the table [`EXAMPLE_TABLE`]
//! and the records [`EXAMPLE_RECORDS`] exist.
//!
//! A text that a function leaves empty is absent: `"abc" | digits` has no digits, and absence is what a rule can answer.
//! The filters of descriptors' templates are the pure functions of these tables, called without a checker: a function
//! therefore looks at the kind of every argument, and fails instead of guessing.

mod arguments;
mod calls;
pub mod regexes;
pub mod text;
pub mod names;
pub mod dates;
pub mod phones;
pub mod national_ids;
pub mod collections;
pub mod privacy;
pub mod look_up;

pub use crate::value::Failure;
use crate::value::{Arena, Class, ClassSet, Type, Value};
pub use calls::{Calls, Written};
use jiff::civil::Date;

/// One function of the language.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// The family that it belongs to.
    pub family: &'static str,
    /// One sentence, then what else a consultant must know.
    pub doc: &'static str,
    /// Its parameters in order; the first takes the piped value.
    pub params: &'static [Param],
    /// The type that it gives.
    pub gives: Ty,
    /// True if it can give absent although no argument is (`first` of an empty list).
    pub may_be_absent: bool,
    /// What absence of an argument does.
    pub absence: Absence,
    /// Why it can fail, if it can: `"the text is no whole number"`. What only a wrong type can cause is not named: the
    /// checker sees it.
    pub fails: Option<&'static str>,
    /// True if it fails because of the arguments behind its first parameter alone: with literals that are right it cannot.
    pub fails_by_settings: bool,
    /// The function that takes its result back, for two-way rules; it is called with the same further arguments.
    pub inverse: Option<&'static str>,
    /// What it does to the data classes of its arguments.
    pub effect: Effect,
    /// `(expression, result)`: the result is `fails`, or an expression of literals (and of `date`, `datetime` and
    /// `decimal` on a literal, since such values have none).
    pub examples: &'static [(&'static str, &'static str)],
    /// How it is computed.
    pub run: Run,
}

/// A parameter.
#[derive(Debug)]
pub struct Param {
    /// Its name, for `name = value`.
    pub name: &'static str,
    /// Its type.
    pub ty: Ty,
    /// Whether it must be given.
    pub need: Need,
}

/// Whether an argument must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Must be given.
    Required,
    /// May be left out: arrives as absent. Absence of an optional argument never makes the result absent.
    Optional,
    /// Takes all remaining arguments; they arrive as one list. A parameter behind it is given by name only.
    Rest,
}

/// Types in signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    /// Any textual type (arrives as text).
    Text,
    /// `int`
    Int,
    /// `int` or `decimal`
    Number,
    /// `decimal`
    Decimal,
    /// `bool`
    Bool,
    /// `date`
    Date,
    /// `datetime`
    DateTime,
    /// `duration`
    Duration,
    /// `month_day`, or a text literal of that form
    MonthDay,
    /// `bytes`
    Bytes,
    /// `email`
    Email,
    /// `phone`
    Phone,
    /// `uuid`
    Uuid,
    /// A national id of the named type, or text that is to become one
    Personnummer,
    /// `bsn`
    Bsn,
    /// `rijksregisternummer`
    Rijksregisternummer,
    /// `brin`
    Brin,
    /// A text literal that is a regular expression; compiled at check
    Regex,
    /// A text literal that is one of these words
    Word(&'static [&'static str]),
    /// Any type; every `Same` of a signature is this one type
    Same,
    /// Any type at all
    Any,
    /// One value that has a plain text: no list, structure, record or bytes
    Simple,
    /// A list or set of any element type; `Element` is that type
    ListOfAny,
    /// The element type of the `ListOfAny` of the signature
    Element,
    /// A list of the element type
    ListOfElement,
    /// A list of texts
    ListOfText,
    /// A structure that the function alone knows: typed by [`Special`]
    Special,
    /// An expression over each element of the list: typed and run by [`Special`]
    PerElement,
    /// Orders over each element: typed and run by [`Special`]
    Orders,
}

/// What absence of a required argument does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Absent in, absent out.
    Propagates,
    /// Absent arguments and elements are left out; an absent list counts as an empty one. A function of a [`Need::Rest`]
    /// gives absent if nothing of it is left.
    LeftOut,
    /// The function sees absence and decides itself.
    Sees,
}

/// What a function does to the data classes that flow into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The result has the classes of all arguments.
    Keeps,
    /// The result is pseudonymous: `national_id` and `contact` become `personal`, the `secret` of its parameter `key` ends.
    /// Listed in the privacy proof.
    Pseudonym,
    /// The result is coarse: `national_id` and `contact` become `personal`. Listed in the privacy proof.
    Coarsens,
    /// Adds a class.
    Adds(ClassSet),
}

/// How a function is computed.
pub enum Run {
    /// From its arguments alone. Absent arguments arrive only as [`Absence`] and [`Need`] say.
    Pure(for<'a> fn(&Context<'a>, &[Value<'a>]) -> Outcome<'a>),
    /// From what its first parameter takes, in many rows at once; the further arguments are the same in all of them. It fails
    /// as a whole, before it has looked at a row, where these are wrong. There is no [`Need::Rest`] among its parameters.
    Column(for<'c, 'a> fn(&mut Calls<'c, 'a>) -> Result<(), Failure>),
    /// From a list as it is seen from outside, which need not be made for that.
    Look(Look),
    /// By the evaluator itself.
    Special(Special),
}

/// What is seen of a list from outside. Absent elements do not count, and an absent list has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Its first element; absent if there is none.
    First,
    /// Its last element; absent if there is none.
    Last,
    /// How many elements there are.
    Count,
    /// True if there is none.
    IsEmpty,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Run::Pure(_) => f.write_str("pure"),
            Run::Column(_) => f.write_str("column"),
            Run::Look(look) => write!(f, "{look:?}"),
            Run::Special(special) => write!(f, "{special:?}"),
        }
    }
}

/// Functions that the checker and the evaluator know by themselves: they take expressions over elements, entities or tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// `list | each(expr)`
    Each,
    /// `list | best(order, …)`: the first element by these orders
    Best,
    /// `list | sort(order, …)`
    Sort,
    /// `list | any(condition)`
    AnyOf,
    /// `list | every(condition)`
    Every,
    /// `all(entity)`: every record of an entity or set
    All,
    /// `key | lookup(in = table.column)`
    Lookup,
    /// `text | capture(r"(?<name>…)")`: a structure of the named groups
    Capture,
    /// `all_of(a, b, …)`: one list of values and lists
    AllOf,
    /// `declassify(x, "reason")`
    Declassify,
}

/// A value, or why there is none.
pub type Outcome<'a> = Result<Value<'a>, Failure>;

/// What a pure function may see besides its arguments.
pub struct Context<'a> {
    /// Where results live.
    pub arena: &'a Arena,
    /// The run's date.
    pub as_of: Date,
}

impl<'a> Context<'a> {
    /// A text that lives as long as the results.
    pub fn text(&self, text: &str) -> Value<'a> {
        Value::Text(self.arena.alloc_str(text))
    }

    /// A list that lives as long as the results.
    pub fn list(&self, items: &[Value<'a>]) -> Value<'a> {
        Value::List(self.arena.alloc_slice_copy(items))
    }
}

/// The day that `as_of` is in examples.
pub const EXAMPLE_DAY: Date = jiff::civil::date(2026, 8, 1);

/// The look-up table of examples, as CSV: `school_form`, with the key `code`.
pub const EXAMPLE_TABLE: &str = "code,name\nGR,Grundskola\nGY,Gymnasieskola\n";

/// The records of the entity `pupil` in examples, as CSV.
pub const EXAMPLE_RECORDS: &str = "number,given_name,family_name,sex\n1,Anna,Berg,V\n2,Bo,Ek,M\n";

impl Function {
    /// A function of texts to text, in which absence propagates and nothing fails; entries say what differs.
    const fn pure(
        family: &'static str,
        name: &'static str,
        run: for<'a> fn(&Context<'a>, &[Value<'a>]) -> Outcome<'a>,
    ) -> Function {
        Function::new(family, name, Run::Pure(run))
    }

    /// The same, worked in many rows at once.
    const fn column(
        family: &'static str,
        name: &'static str,
        run: for<'c, 'a> fn(&mut Calls<'c, 'a>) -> Result<(), Failure>,
    ) -> Function {
        Function::new(family, name, Run::Column(run))
    }

    /// A function that the checker and the evaluator know by themselves.
    const fn special(family: &'static str, name: &'static str, special: Special) -> Function {
        Function::new(family, name, Run::Special(special))
    }

    const fn new(family: &'static str, name: &'static str, run: Run) -> Function {
        Function {
            name,
            family,
            doc: "",
            params: &[],
            gives: Ty::Text,
            may_be_absent: false,
            absence: Absence::Propagates,
            fails: None,
            fails_by_settings: false,
            inverse: None,
            effect: Effect::Keeps,
            examples: &[],
            run,
        }
    }
}

/// A parameter that must be given.
const fn required(name: &'static str, ty: Ty) -> Param {
    Param { name, ty, need: Need::Required }
}

/// A parameter that may be left out.
const fn optional(name: &'static str, ty: Ty) -> Param {
    Param { name, ty, need: Need::Optional }
}

/// A parameter that takes all remaining arguments.
const fn rest(name: &'static str, ty: Ty) -> Param {
    Param { name, ty, need: Need::Rest }
}

/// The families in the order of the manual: heading and functions.
pub fn families() -> [(&'static str, &'static [Function]); 8] {
    [
        ("text", text::FUNCTIONS),
        ("names", names::FUNCTIONS),
        ("dates", dates::FUNCTIONS),
        ("phones", phones::FUNCTIONS),
        ("national ids", national_ids::FUNCTIONS),
        ("collections", collections::FUNCTIONS),
        ("privacy", privacy::FUNCTIONS),
        ("look-up", look_up::FUNCTIONS),
    ]
}

/// The function of this name.
pub fn find(name: &str) -> Option<&'static Function> {
    families().iter().flat_map(|(_, functions)| functions.iter()).find(|function| function.name == name)
}

impl Ty {
    /// The type that a signature names, where it names one by itself.
    pub fn fixed(self) -> Option<Type> {
        Some(match self {
            Ty::Text | Ty::Regex | Ty::Word(_) => Type::Text,
            Ty::Int => Type::Int,
            Ty::Number | Ty::Decimal => Type::Decimal,
            Ty::Bool => Type::Bool,
            Ty::Date => Type::Date,
            Ty::DateTime => Type::DateTime,
            Ty::Duration => Type::Duration,
            Ty::MonthDay => Type::MonthDay,
            Ty::Bytes => Type::Bytes,
            Ty::Email => Type::Email,
            Ty::Phone => Type::Phone,
            Ty::Uuid => Type::Uuid,
            Ty::Personnummer => Type::Personnummer,
            Ty::Bsn => Type::Bsn,
            Ty::Rijksregisternummer => Type::Rijksregisternummer,
            Ty::Brin => Type::Brin,
            Ty::ListOfText => Type::List(std::sync::Arc::new(Type::Text)),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod calling;
#[cfg(test)]
mod tests;
