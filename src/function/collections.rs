//! Lists and sets. Absent elements are left out before anything else, and an absent list counts as an empty one.

use super::arguments::Arguments;
use super::{
    Absence, Context, Failure, Function, Look, Outcome, Param, Run, Special, Ty, optional, required, rest, text,
};
use crate::value::{Type, Value, normal};
use bumpalo::collections::Vec as ArenaVec;
use rust_decimal::Decimal;
use std::cmp::Ordering;

const LIST: &[Param] = &[required("list", Ty::ListOfAny)];

/// An entry of this family: of a list, without its absent elements.
const fn list(name: &'static str, run: for<'a> fn(&Context<'a>, &[Value<'a>]) -> Outcome<'a>) -> Function {
    Function { params: LIST, absence: Absence::LeftOut, ..Function::pure("collections", name, run) }
}

/// An entry of this family that looks at a list from outside.
const fn look(name: &'static str, what: Look) -> Function {
    Function { params: LIST, absence: Absence::LeftOut, ..Function::new("collections", name, Run::Look(what)) }
}

/// An entry of this family that the evaluator runs.
const fn special(name: &'static str, what: Special) -> Function {
    Function { params: LIST, absence: Absence::LeftOut, ..Function::special("collections", name, what) }
}

/// The functions of lists and sets.
pub static FUNCTIONS: &[Function] = &[
    Function {
        doc: "The first element; absent if there is none. A list of a system has the order in which it came: say \
              `best` or `sort` where the order matters.",
        gives: Ty::Element,
        may_be_absent: true,
        examples: &[(r#"["a", "b"] | first"#, r#""a""#), ("[] | first", "absent"), ("[absent, 2] | first", "2")],
        ..look("first", Look::First)
    },
    Function {
        doc: "The last element; absent if there is none.",
        gives: Ty::Element,
        may_be_absent: true,
        examples: &[(r#"["a", "b"] | last"#, r#""b""#), ("[] | last", "absent")],
        ..look("last", Look::Last)
    },
    Function {
        doc: "The element at a place, counted from 1; absent if the list is shorter: for numbered fields such as \
              Contact1 to Contact3.",
        params: &[required("list", Ty::ListOfAny), required("place", Ty::Int)],
        gives: Ty::Element,
        may_be_absent: true,
        fails: Some("the place is less than 1"),
        fails_by_settings: true,
        examples: &[
            (r#"["a", "b"] | nth(2)"#, r#""b""#),
            (r#"["a", "b"] | nth(3)"#, "absent"),
            (r#"["a"] | nth(0)"#, "fails"),
        ],
        ..list("nth", nth)
    },
    Function {
        doc: "The number of elements; 0 for an absent list. Absent elements do not count.",
        gives: Ty::Int,
        absence: Absence::Sees,
        examples: &[("[1, absent, 1] | count", "2"), ("count(absent)", "0")],
        ..look("count", Look::Count)
    },
    Function {
        doc: "True if the list is absent or has no element.",
        gives: Ty::Bool,
        absence: Absence::Sees,
        examples: &[("[] | is_empty", "true"), ("is_empty(absent)", "true"), ("[1] | is_empty", "false")],
        ..look("is_empty", Look::IsEmpty)
    },
    Function {
        doc: "Each element once, in the order of its first appearance. Texts are compared to the letter: bring \
              addresses to lower case before.",
        gives: Ty::ListOfElement,
        examples: &[("[2, 1, 2] | distinct", "[2, 1]"), ("distinct(absent)", "[]")],
        ..list("distinct", distinct)
    },
    Function {
        doc: "The elements in another order, by one or more expressions over the element, each `asc` (default) or \
              `desc`; without one, by the elements themselves. Elements that are equal in all keep their order, \
              absent values come last unless `absent first` is said.",
        params: &[required("list", Ty::ListOfAny), rest("orders", Ty::Orders)],
        gives: Ty::ListOfElement,
        examples: &[
            ("[2, 3, 1] | sort(it desc)", "[3, 2, 1]"),
            (r#"([{ name = "b", n = 1 }, { name = "a", n = 1 }] | sort(n desc, name)) | each(name)"#, r#"["a", "b"]"#),
            ("[] | sort(it)", "[]"),
        ],
        ..special("sort", Special::Sort)
    },
    Function {
        doc: "One expression over each element, as a list; `it` is the element, a name alone is its field. Elements \
              for which the expression is absent are left out.",
        params: &[required("list", Ty::ListOfAny), required("expression", Ty::PerElement)],
        gives: Ty::Special,
        examples: &[
            (r#"["Anna", "Bo"] | each(upper(it))"#, r#"["ANNA", "BO"]"#),
            (r#"["1", "x", "2"] | each(try int(it) else absent)"#, "[1, 2]"),
            ("[] | each(it)", "[]"),
        ],
        ..special("each", Special::Each)
    },
    Function {
        doc: "The first element by these orders, as `sort` understands them; absent if the list is empty.",
        params: &[required("list", Ty::ListOfAny), rest("orders", Ty::Orders)],
        gives: Ty::Element,
        may_be_absent: true,
        examples: &[
            (r#"([{ fte = 0.5, job = "a" }, { fte = 1.0, job = "b" }] | best(fte desc)).job"#, r#""b""#),
            ("[] | best(it)", "absent"),
        ],
        ..special("best", Special::Best)
    },
    Function {
        doc: "True if the condition holds for at least one element. An undecided condition does not hold.",
        params: &[required("list", Ty::ListOfAny), required("condition", Ty::PerElement)],
        gives: Ty::Bool,
        examples: &[("[1, 2] | any(it > 1)", "true"), ("[] | any(it > 1)", "false")],
        ..special("any", Special::AnyOf)
    },
    Function {
        doc: "True if the condition holds for every element; true for an empty list. An undecided condition does not \
              hold.",
        params: &[required("list", Ty::ListOfAny), required("condition", Ty::PerElement)],
        gives: Ty::Bool,
        examples: &[("[1, 2] | every(it > 1)", "false"), ("[] | every(it > 1)", "true")],
        ..special("every", Special::Every)
    },
    Function {
        doc: "Every record of an entity, or every row of a set, as a list: `all(pupil)[sex == \"V\"] | count`.",
        params: &[required("entity", Ty::Special)],
        gives: Ty::Special,
        absence: Absence::Propagates,
        examples: &[("all(pupil) | count", "2"), (r#"all(pupil)[sex == "X"] | count"#, "0")],
        ..special("all", Special::All)
    },
    Function {
        doc: "One list of values and of the elements of lists, in the order given; absent ones are left out.",
        params: &[rest("values", Ty::Any)],
        gives: Ty::Special,
        absence: Absence::Sees,
        examples: &[("all_of(1, [2, 3], absent)", "[1, 2, 3]"), ("all_of(absent) | count", "0")],
        ..special("all_of", Special::AllOf)
    },
    Function {
        doc: "True if an element equals the value; texts are compared to the letter. `value in list` says the same.",
        params: &[required("list", Ty::ListOfAny), required("value", Ty::Element)],
        gives: Ty::Bool,
        examples: &[
            (r#"["A", "B"] | has("A")"#, "true"),
            (r#"[] | has("A")"#, "false"),
            (r#"["A"] | has(absent)"#, "false"),
        ],
        ..list("has", has)
    },
    Function {
        doc: "The sum of the numbers; 0 for an empty list.",
        gives: Ty::Element,
        examples: &[("[1, 2, absent] | sum", "3"), ("[] | sum", "0"), (r#"["a"] | sum"#, "fails")],
        ..list("sum", sum)
    },
    Function {
        doc: "The smallest element; absent if there is none. Dates, numbers, times and texts have an order.",
        gives: Ty::Element,
        may_be_absent: true,
        examples: &[("[3, 1, 2] | min", "1"), ("[] | min", "absent")],
        ..list("min", min)
    },
    Function {
        doc: "The largest element; absent if there is none.",
        gives: Ty::Element,
        may_be_absent: true,
        examples: &[("[3, 1, 2] | max", "3"), ("[] | max", "absent"), (r#"["a", "B"] | max"#, r#""a""#)],
        ..list("max", max)
    },
    Function {
        doc: "The elements of the lists in a list, as one list.",
        gives: Ty::Element,
        examples: &[("[[1, 2], [], [3]] | flatten", "[1, 2, 3]"), ("flatten(absent)", "[]")],
        ..list("flatten", flatten)
    },
    Function {
        doc: "The first elements, at most this many.",
        params: &[required("list", Ty::ListOfAny), required("count", Ty::Int)],
        gives: Ty::ListOfElement,
        fails: Some("the count is negative"),
        fails_by_settings: true,
        examples: &[("[1, 2, 3] | take(2)", "[1, 2]"), ("[1] | take(2)", "[1]"), ("[1] | take(0 - 1)", "fails")],
        ..list("take", take)
    },
    Function {
        doc: "The elements from last to first.",
        gives: Ty::ListOfElement,
        inverse: Some("reverse"),
        examples: &[("[1, 2, 3] | reverse", "[3, 2, 1]"), ("[] | reverse", "[]")],
        ..list("reverse", reverse)
    },
    Function {
        doc: "The list without every element that equals one of these values.",
        params: &[required("list", Ty::ListOfAny), rest("values", Ty::Element)],
        gives: Ty::ListOfElement,
        absence: Absence::Sees,
        examples: &[(r#"["a", "b", "a"] | without("a")"#, r#"["b"]"#), (r#"["a"] | without(absent)"#, r#"["a"]"#)],
        ..list("without", without)
    },
    Function {
        doc: "The list without every element that another list has too.",
        params: &[required("list", Ty::ListOfAny), required("other", Ty::ListOfElement)],
        gives: Ty::ListOfElement,
        examples: &[("[1, 2, 3] | without_all([2, 4])", "[1, 3]"), ("[1] | without_all([])", "[1]")],
        ..list("without_all", without_all)
    },
    Function {
        doc: "The elements that another list has too.",
        params: &[required("list", Ty::ListOfAny), required("other", Ty::ListOfElement)],
        gives: Ty::ListOfElement,
        examples: &[("[1, 2, 3] | common([3, 2, 9])", "[2, 3]"), ("[1] | common([])", "[]")],
        ..list("common", common)
    },
    Function {
        doc: "The elements as one text with a separator between them; a blank if none is given. Absent if no element \
              is left. Dates, numbers and truth are written as `text` does.",
        params: &[required("list", Ty::ListOfAny), optional("separator", Ty::Text)],
        gives: Ty::Text,
        may_be_absent: true,
        inverse: Some("split"),
        examples: &[(r#"["sv", absent, "en"] | join(", ")"#, r#""sv, en""#), (r#"[] | join(",")"#, "absent")],
        ..list("join", join)
    },
    Function {
        doc: "True if a number of the list has this bit, counted from 0 for the lowest: for flags that systems pack \
              into one number.",
        params: &[required("list", Ty::ListOfAny), required("bit", Ty::Int)],
        gives: Ty::Bool,
        fails: Some("the bit is not 0 to 62"),
        fails_by_settings: true,
        examples: &[
            ("[4, 1] | any_bit(0)", "true"),
            ("[4, 2] | any_bit(0)", "false"),
            ("[] | any_bit(0)", "false"),
            ("[4] | any_bit(63)", "fails"),
        ],
        ..list("any_bit", any_bit)
    },
    Function {
        doc: "True if a number has this bit, counted from 0 for the lowest.",
        params: &[required("number", Ty::Int), required("bit", Ty::Int)],
        gives: Ty::Bool,
        fails: Some("the bit is not 0 to 62"),
        fails_by_settings: true,
        examples: &[("has_bit(5, 2)", "true"), ("has_bit(5, 1)", "false"), ("has_bit(5, 63)", "fails")],
        ..list("has_bit", has_bit)
    },
];

/// The elements of a list argument that are not absent; the evaluator leaves absent ones out, templates do not.
fn present<'a>(arguments: &[Value<'a>], place: usize) -> Result<impl DoubleEndedIterator<Item = Value<'a>>, Failure> {
    Ok(arguments.list(place)?.iter().copied().filter(|item| !item.is_absent()))
}

/// A list of what an iterator gives.
fn listed<'a>(context: &Context<'a>, items: impl Iterator<Item = Value<'a>>) -> Outcome<'a> {
    Ok(Value::List(ArenaVec::from_iter_in(items, context.arena).into_bump_slice()))
}

/// Equality without a type: texts in NFC, numbers by value.
fn same(a: Value<'_>, b: Value<'_>) -> bool {
    normal::equal(&Type::Unknown, a, b)
}

impl Look {
    /// What is seen of the list with these elements.
    pub fn of<'a>(self, items: &[Value<'a>]) -> Value<'a> {
        let mut present = items.iter().copied().filter(|item| !item.is_absent());
        match self {
            Look::First => present.next().unwrap_or(Value::Absent),
            Look::Last => present.next_back().unwrap_or(Value::Absent),
            Look::Count => Value::Int(present.count() as i64),
            Look::IsEmpty => Value::Bool(present.next().is_none()),
        }
    }

    /// What is seen of a value that is to be a list.
    pub fn at(self, value: Value<'_>) -> Outcome<'_> {
        Ok(self.of([value].list(0)?))
    }
}

fn nth<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let place = arguments.count(1)?.checked_sub(1).ok_or_else(|| Failure::because("needs a place, at least 1"))?;
    Ok(present(arguments, 0)?.nth(place).unwrap_or(Value::Absent))
}

fn distinct<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let items = present(arguments, 0)?;
    let mut kept: ArenaVec<'a, Value<'a>> = ArenaVec::new_in(context.arena);
    let mut texts = hashbrown::HashSet::new();
    for item in items {
        let is_new = match item {
            // Long lists are mostly of texts: those are looked up instead of compared one by one.
            Value::Text(text) => texts.insert(normal::nfc(text, context.arena)),
            other => !kept.iter().any(|known| same(*known, other)),
        };
        if is_new {
            kept.push(item);
        }
    }
    Ok(Value::List(kept.into_bump_slice()))
}

fn has<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let value = arguments.at(1);
    Ok(Value::Bool(present(arguments, 0)?.any(|item| same(item, value))))
}

fn sum<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let too_large = || Failure::because("is too large a sum");
    let mut sum = Value::Int(0);
    for item in present(arguments, 0)? {
        sum = match (sum, item) {
            (Value::Int(sum), Value::Int(number)) => Value::Int(sum.checked_add(number).ok_or_else(too_large)?),
            (Value::Int(sum), Value::Decimal(number)) => {
                Value::Decimal(Decimal::from(sum).checked_add(number).ok_or_else(too_large)?)
            }
            (Value::Decimal(sum), Value::Int(_) | Value::Decimal(_)) => {
                Value::Decimal(sum.checked_add([item].number(0)?).ok_or_else(too_large)?)
            }
            _ => return Err(Failure::because("needs numbers")),
        };
    }
    Ok(sum)
}

fn min<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    extreme(arguments, Ordering::Less)
}

fn max<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    extreme(arguments, Ordering::Greater)
}

/// The first element that stands on this side of all others.
fn extreme<'a>(arguments: &[Value<'a>], side: Ordering) -> Outcome<'a> {
    let mut found = Value::Absent;
    for item in present(arguments, 0)? {
        let is_better = match found {
            Value::Absent => true,
            found => {
                normal::compare(&Type::Unknown, item, found)
                    .ok_or_else(|| Failure::because("needs elements that have an order"))?
                    == side
            }
        };
        if is_better {
            found = item;
        }
    }
    Ok(found)
}

fn flatten<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let mut all = ArenaVec::new_in(context.arena);
    for item in present(arguments, 0)? {
        let Value::List(inner) = item else { return Err(Failure::because("needs a list of lists")) };
        all.extend(inner.iter().copied().filter(|item| !item.is_absent()));
    }
    Ok(Value::List(all.into_bump_slice()))
}

fn take<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let count = arguments.count(1)?;
    listed(context, present(arguments, 0)?.take(count))
}

fn reverse<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    listed(context, present(arguments, 0)?.rev())
}

fn without<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    if arguments.at(0).is_absent() {
        return Ok(Value::Absent);
    }
    without_all(context, arguments)
}

fn without_all<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let others = arguments.list(1)?;
    listed(context, present(arguments, 0)?.filter(|item| !others.iter().any(|other| same(*item, *other))))
}

fn common<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let others = arguments.list(1)?;
    listed(context, present(arguments, 0)?.filter(|item| others.iter().any(|other| same(*item, *other))))
}

fn join<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    text::together(context, arguments.optional_text(1)?.unwrap_or(" "), arguments.list(0)?)
}

fn any_bit<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let bit = bit(arguments)?;
    let mut is_set = false;
    for item in present(arguments, 0)? {
        is_set |= [item].int(0)? & bit != 0;
    }
    Ok(Value::Bool(is_set))
}

fn has_bit<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(arguments.int(0)? & bit(arguments)? != 0))
}

/// The bit in the second argument.
fn bit(arguments: &[Value<'_>]) -> Result<i64, Failure> {
    match arguments.int(1)? {
        bit @ 0..=62 => Ok(1 << bit),
        _ => Err(Failure::because("needs a bit from 0 to 62")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::calling::{call, shown};
    use crate::value::Arena;
    use proptest::prelude::*;

    fn of_numbers(name: &str, numbers: &[i64], more: &[i64]) -> String {
        let arena = Arena::new();
        let items: Vec<Value<'_>> = numbers.iter().map(|number| Value::Int(*number)).collect();
        let mut arguments = vec![Value::List(arena.alloc_slice_copy(&items))];
        arguments.extend(more.iter().map(|number| Value::Int(*number)));
        shown(call(&arena, name, &arguments))
    }

    #[test]
    fn absent_elements_never_count() {
        let arena = Arena::new();
        let list = Value::List(&[Value::Absent, Value::Int(1), Value::Absent]);
        for (name, expected) in
            [("first", "1"), ("last", "1"), ("count", "1"), ("sum", "1"), ("min", "1"), ("distinct", "[1]")]
        {
            assert_eq!(shown(call(&arena, name, &[list])), expected, "{name}");
        }
        assert_eq!(shown(call(&arena, "is_empty", &[Value::List(&[Value::Absent])])), "true");
        assert_eq!(shown(call(&arena, "count", &[Value::Absent])), "0");
        assert_eq!(shown(call(&arena, "first", &[Value::Absent])), "absent");
    }

    #[test]
    fn sums_of_both_kinds_of_numbers() {
        let arena = Arena::new();
        let half = Value::Decimal("0.5".parse().unwrap());
        let list = [Value::Int(1), half, Value::Int(2)];
        let list = Value::List(arena.alloc_slice_copy(&list));
        assert_eq!(shown(call(&arena, "sum", &[list])), "3.5");
        assert_eq!(of_numbers("sum", &[i64::MAX, 1], &[]), "fails: is too large a sum");
        assert_eq!(
            shown(call(&arena, "min", &[Value::List(&[Value::List(&[]), Value::List(&[])])])),
            "fails: needs elements that have an order"
        );
    }

    #[test]
    fn places_and_bits() {
        assert_eq!(of_numbers("nth", &[7, 8], &[2]), "8");
        assert_eq!(of_numbers("take", &[7, 8], &[-1]), "fails: needs a number that is not negative");
        assert_eq!(of_numbers("any_bit", &[4, 1], &[0]), "true");
        assert_eq!(of_numbers("any_bit", &[4], &[64]), "fails: needs a bit from 0 to 62");
    }

    proptest! {
        #[test]
        fn distinct_keeps_first_appearances(numbers in prop::collection::vec(0i64..5, 0..12)) {
            let mut expected: Vec<i64> = Vec::new();
            for number in &numbers {
                if !expected.contains(number) {
                    expected.push(*number);
                }
            }
            let expected: Vec<String> = expected.iter().map(i64::to_string).collect();
            prop_assert_eq!(of_numbers("distinct", &numbers, &[]), format!("[{}]", expected.join(", ")));
        }

        #[test]
        fn extremes_agree_with_the_standard_library(numbers in prop::collection::vec(any::<i64>(), 1..12)) {
            prop_assert_eq!(of_numbers("min", &numbers, &[]), numbers.iter().min().unwrap().to_string());
            prop_assert_eq!(of_numbers("max", &numbers, &[]), numbers.iter().max().unwrap().to_string());
        }
    }
}
