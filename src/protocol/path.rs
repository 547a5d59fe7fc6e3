//! JSONPath (RFC 9535), compiled once: where a list, a page token or an id lies in an answer.
//!
//! Paths of fields are plain child paths and never come here, unless they start with `$`. The parser that we use accepts some
//! ill-typed forms; [`JsonPath::compile`] refuses them, so that a path means the same here and in every other tool.

use jsonpath_rust::parser::model::{
    Comparable, Filter, FilterAtom, FnArg, JpQuery, Segment, Selector, SingularQuery, SingularQuerySegment, Test,
    TestFunction,
};
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use serde_json::Value;

/// A compiled path.
#[derive(Clone, Debug)]
pub struct JsonPath {
    text: String,
    query: JpQuery,
}

/// How records are found in an answer.
#[derive(Clone, Debug)]
pub enum Select {
    /// The whole answer is one record.
    Whole,
    /// The elements of the list under these keys: `$.data[*]`. Read in a stream.
    List(Vec<String>),
    /// Any other path.
    Query(JsonPath),
}

/// The integers that every JSON tool can hold exactly (RFC 9535, section 2.1).
const SAFE: i64 = (1 << 53) - 1;

impl JsonPath {
    /// Compiles a path. The error says what is wrong with it, in words.
    pub fn compile(text: &str) -> Result<JsonPath, &'static str> {
        if !text.starts_with('$') {
            return Err("a path into an answer starts with $");
        }
        let query = parse_json_path(text).map_err(|_| "this is no JSONPath (RFC 9535)")?;
        segments(&query.segments)?;
        Ok(JsonPath { text: text.to_string(), query })
    }

    /// The path that follows these keys.
    pub fn of_keys(keys: &[String]) -> Result<JsonPath, &'static str> {
        let quoted = |key: &String| format!("['{}']", key.chars().map(escaped).collect::<String>());
        JsonPath::compile(&format!("${}", keys.iter().map(quoted).collect::<String>()))
    }

    /// The path as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The keys to follow, if the path follows nothing else.
    pub fn keys(&self) -> Option<Vec<String>> {
        self.query.segments.iter().map(|segment| key(segment).map(str::to_string)).collect()
    }

    /// How records are found by this path.
    pub fn select(self) -> Select {
        match self.query.segments.as_slice() {
            [] => Select::Whole,
            [keys @ .., last] if is_wildcard(last) => match keys.iter().map(key).collect::<Option<Vec<_>>>() {
                Some(keys) => Select::List(keys.into_iter().map(str::to_string).collect()),
                None => Select::Query(self),
            },
            _ => Select::Query(self),
        }
    }

    /// The path without its last step, where that step picks among the elements of a list: it finds the lists themselves.
    pub fn holder(&self) -> Option<JsonPath> {
        let (last, rest) = self.query.segments.split_last()?;
        let picks =
            |selector: &Selector| matches!(selector, Selector::Wildcard | Selector::Filter(_) | Selector::Slice(..));
        let picks_all = match last {
            Segment::Selector(selector) => picks(selector),
            Segment::Selectors(all) => all.iter().all(picks),
            Segment::Descendant(_) => false,
        };
        picks_all.then(|| JsonPath { text: self.text.clone(), query: JpQuery::new(rest.to_vec()) })
    }

    /// The values that the path finds, in document order.
    pub fn find<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        js_path_process(&self.query, value)
            .map(|found| found.into_iter().map(|found| found.val()).collect())
            .unwrap_or_default()
    }

    /// The first value that the path finds; null counts as none.
    pub fn first<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.find(value).into_iter().find(|value| !value.is_null())
    }
}

impl Select {
    /// The path, for people.
    pub fn text(&self) -> String {
        match self {
            Select::Whole => "$".to_string(),
            Select::List(keys) => format!("${}[*]", keys.iter().map(|key| format!(".{key}")).collect::<String>()),
            Select::Query(path) => path.text().to_string(),
        }
    }
}

/// A letter of a key between single quotes (RFC 9535, section 2.3.1.1).
fn escaped(letter: char) -> String {
    match letter {
        '\'' | '\\' => format!("\\{letter}"),
        '\0'..='\x1F' => format!("\\u{:04x}", u32::from(letter)),
        _ => letter.to_string(),
    }
}

/// The key that a segment follows, if it follows one.
fn key(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Selector(Selector::Name(name)) => Some(name),
        Segment::Selectors(all) => match all.as_slice() {
            [Selector::Name(name)] => Some(name),
            _ => None,
        },
        _ => None,
    }
}

fn is_wildcard(segment: &Segment) -> bool {
    match segment {
        Segment::Selector(Selector::Wildcard) => true,
        Segment::Selectors(all) => matches!(all.as_slice(), [Selector::Wildcard]),
        _ => false,
    }
}

/// True if segments can find one value at most (RFC 9535, section 2.3.5.1).
fn is_singular(segments: &[Segment]) -> bool {
    segments.iter().all(|segment| match segment {
        Segment::Selector(Selector::Name(_) | Selector::Index(_)) => true,
        Segment::Selectors(all) => matches!(all.as_slice(), [Selector::Name(_) | Selector::Index(_)]),
        _ => false,
    })
}

// What follows is the type check of RFC 9535, section 2.4.3.

type Typed = Result<(), &'static str>;

fn segments(all: &[Segment]) -> Typed {
    all.iter().try_for_each(segment)
}

fn segment(segment_: &Segment) -> Typed {
    match segment_ {
        // The library visits the whole tree for each name, the standard each place for all names.
        Segment::Descendant(inner) if matches!(&**inner, Segment::Selectors(all) if all.len() > 1) => {
            Err("one name or place stands after `..`: several are found in another order than the standard has")
        }
        Segment::Descendant(inner) => segment(inner),
        Segment::Selector(one) => selector(one),
        Segment::Selectors(all) => all.iter().try_for_each(selector),
    }
}

fn selector(selector: &Selector) -> Typed {
    match selector {
        Selector::Name(_) | Selector::Wildcard => Ok(()),
        Selector::Index(index) => safe(Some(*index)),
        Selector::Slice(start, end, step) => safe(*start).and(safe(*end)).and(safe(*step)),
        Selector::Filter(inner) => filter(inner),
    }
}

fn safe(number: Option<i64>) -> Typed {
    match number {
        Some(number) if number.abs() > SAFE => Err("a number in the path is too large"),
        _ => Ok(()),
    }
}

fn filter(inner: &Filter) -> Typed {
    match inner {
        Filter::Or(all) | Filter::And(all) => all.iter().try_for_each(filter),
        Filter::Atom(FilterAtom::Filter { expr, .. }) => filter(expr),
        Filter::Atom(FilterAtom::Test { expr, .. }) => test(expr),
        Filter::Atom(FilterAtom::Comparison(comparison)) => {
            let (left, right) = comparison.vals();
            comparable(left).and(comparable(right))
        }
    }
}

fn test(inner: &Test) -> Typed {
    match inner {
        Test::RelQuery(all) => unconditional(all),
        Test::AbsQuery(query) => unconditional(&query.segments),
        Test::Function(function) => match **function {
            TestFunction::Match(..) | TestFunction::Search(..) => call(function),
            _ => Err("only match() and search() are conditions; compare what the other functions give"),
        },
    }
}

/// A path inside a condition. Conditions inside it would find nothing in the library that we use.
fn unconditional(all: &[Segment]) -> Typed {
    fn has_filter(segment: &Segment) -> bool {
        match segment {
            Segment::Descendant(inner) => has_filter(inner),
            Segment::Selector(one) => matches!(one, Selector::Filter(_)),
            Segment::Selectors(all) => all.iter().any(|one| matches!(one, Selector::Filter(_))),
        }
    }
    match all.iter().any(has_filter) {
        true => Err("a condition cannot stand inside a condition"),
        false => segments(all),
    }
}

fn comparable(side: &Comparable) -> Typed {
    match side {
        Comparable::Literal(_) => Ok(()),
        Comparable::SingularQuery(SingularQuery::Current(all) | SingularQuery::Root(all)) => {
            all.iter().try_for_each(|segment| match segment {
                SingularQuerySegment::Index(index) => safe(Some(*index)),
                SingularQuerySegment::Name(_) => Ok(()),
            })
        }
        Comparable::Function(function) => match function {
            TestFunction::Match(..) | TestFunction::Search(..) => {
                Err("match() and search() are conditions and cannot be compared")
            }
            _ => call(function),
        },
    }
}

/// A function and its arguments.
fn call(function: &TestFunction) -> Typed {
    match function {
        TestFunction::Length(one) => value(one),
        TestFunction::Value(one) | TestFunction::Count(one) => nodes(one),
        TestFunction::Search(one, two) | TestFunction::Match(one, two) => value(one).and(value(two)),
        TestFunction::Custom(..) => Err("JSONPath knows length, count, value, match and search"),
    }
}

/// An argument that is one value: a literal, a path to one value at most, or a function that gives a value.
fn value(argument: &FnArg) -> Typed {
    const WRONG: &str = "a function of the path needs one value here, and this can be several";
    match argument {
        FnArg::Literal(_) => Ok(()),
        FnArg::Filter(_) => Err(WRONG),
        FnArg::Test(inner) => match &**inner {
            Test::RelQuery(all) if is_singular(all) => segments(all),
            Test::AbsQuery(query) if is_singular(&query.segments) => segments(&query.segments),
            Test::Function(function) if function.is_comparable() => call(function),
            _ => Err(WRONG),
        },
    }
}

/// An argument that is a list of places: a path.
fn nodes(argument: &FnArg) -> Typed {
    match argument {
        FnArg::Test(inner) => match &**inner {
            Test::RelQuery(all) => unconditional(all),
            Test::AbsQuery(query) => unconditional(&query.segments),
            Test::Function(_) => Err("count() and value() take a path"),
        },
        _ => Err("count() and value() take a path"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_the_first_value_that_is_not_null() {
        let answer = json!({ "pageToken": null, "@odata.nextLink": "http://x/2", "a": [{ "b": 1 }, { "b": 2 }] });
        let first = |path: &str| JsonPath::compile(path).expect(path).first(&answer).cloned();
        assert_eq!(first("$.pageToken"), None);
        assert_eq!(first("$['@odata.nextLink']"), Some(json!("http://x/2")));
        assert_eq!(first("$.a[?@.b > 1].b"), Some(json!(2)));
        assert_eq!(first("$.nothing.at.all"), None);
    }

    /// Forms of the standard that the library finds otherwise.
    #[test]
    fn what_would_find_something_else_is_refused() {
        for path in ["$..['a','d']", "$[?@[?@>1]]", "$[?count(@[?@>1])>0]", "$[?!$.a[?@.b]]"] {
            assert!(JsonPath::compile(path).is_err(), "{path}");
        }
        for path in ["$..['a']", "$..a", "$['a','d']", "$[?@.a][?@.b]", "$[?count(@.*)>0]"] {
            assert!(JsonPath::compile(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn knows_the_lists_that_it_picks_from() {
        let answer = json!({ "a": [], "b": { "c": [1] } });
        let lists = |path: &str| {
            let holder = JsonPath::compile(path).expect(path).holder();
            holder.map(|holder| holder.find(&answer).into_iter().filter(|value| value.is_array()).count())
        };
        assert_eq!(lists("$.a[?@.x]"), Some(1));
        assert_eq!(lists("$.b.c[*]"), Some(1));
        assert_eq!(lists("$.gone[*]"), Some(0));
        assert_eq!(lists("$..group"), None);
    }

    #[test]
    fn knows_what_can_be_streamed() {
        let select = |path: &str| JsonPath::compile(path).expect(path).select();
        assert!(matches!(select("$"), Select::Whole));
        assert!(matches!(select("$[*]"), Select::List(keys) if keys.is_empty()));
        assert!(matches!(select("$.data[*]"), Select::List(keys) if keys == ["data"]));
        assert!(matches!(select("$['a.b']['c'].*"), Select::List(keys) if keys == ["a.b", "c"]));
        assert!(matches!(select("$..group"), Select::Query(_)));
        assert!(matches!(select("$.a[*].b[*]"), Select::Query(_)));
        assert!(matches!(select("$.a[0][*]"), Select::Query(_)));
    }

    /// The other implementation of the RFC is the oracle: what it refuses, we refuse, and the other way round.
    #[test]
    fn refuses_what_the_rfc_refuses() {
        let paths = [
            "$",
            "$.a",
            "$.a.b[*]",
            "$..a",
            "$['a']['b']",
            "$[\"a\"]",
            "$[0]",
            "$[-1]",
            "$[1:3]",
            "$[::2]",
            "$.a[?@.b]",
            "$[?@.a == 1]",
            "$[?@.a == $.b]",
            "$[?length(@.a) > 1]",
            "$[?count(@.*) > 1]",
            "$[?match(@.a, 'x.*')]",
            "$[?!search(@.a, 'x')]",
            "$[?(@.a || @.b) && @.c]",
            "$[?value(@..a) == 1]",
            "$[?length(value(@..a)) == 1]",
            // ill-typed or no path at all
            "",
            "a",
            "a.b",
            "$.",
            "$..",
            "$[",
            "$.a[?]",
            "$[?length(@.a)]",
            "$[?count(@.a)]",
            "$[?count(1) > 1]",
            "$[?length(@.*) > 1]",
            "$[?match(@.a, 'x') == true]",
            "$[?value(1) == 1]",
            "$[?match(@.*, 'x')]",
            "$[?unknown(@.a)]",
            "$[?@.* == 1]",
            "$[?@..a == 1]",
            "$[?length(@.a, @.b) > 1]",
            "$[?1 == 1 ==1]",
            "$[9007199254740992]",
            "$[?count(length(@.a)) == 1]",
            "$[?value(@.a)]",
        ];
        for path in paths {
            let oracle = serde_json_path::JsonPath::parse(path).is_ok();
            assert_eq!(JsonPath::compile(path).is_ok(), oracle, "{path}");
        }
    }
}
