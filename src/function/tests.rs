//! What must hold of every entry.

use super::*;
use std::collections::HashSet;

fn all() -> impl Iterator<Item = &'static Function> {
    families().into_iter().flat_map(|(_, functions)| functions)
}

#[test]
fn names_are_unique_words_and_families_agree() {
    let mut names = HashSet::new();
    for (family, functions) in families() {
        for function in functions {
            assert!(names.insert(function.name), "{} twice", function.name);
            assert_eq!(function.family, family, "{}", function.name);
            let is_word =
                function.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            assert!(is_word, "{}", function.name);
            assert!(
                ![
                    "if", "then", "else", "try", "or", "and", "not", "in", "is", "absent", "true", "false", "match",
                    "like"
                ]
                .contains(&function.name)
            );
        }
    }
}

#[test]
fn every_function_is_documented_with_examples() {
    let mut unshown = Vec::new();
    for function in all() {
        assert!(function.doc.len() > 15 && function.doc.ends_with('.'), "{}", function.name);
        assert!(function.examples.len() >= 2, "{} has fewer than two examples", function.name);
        assert!(
            function.examples.iter().all(|(expression, _)| expression.contains(function.name)),
            "{}",
            function.name
        );
        let shows_failure = function.examples.iter().any(|(_, result)| *result == "fails");
        if function.fails.is_some() && !function.fails_by_settings && !shows_failure {
            unshown.push(function.name);
        }
    }
    assert!(unshown.is_empty(), "no example of a failure: {unshown:?}");
}

#[test]
fn parameters_stand_in_order() {
    for function in all() {
        let order: Vec<u8> = function
            .params
            .iter()
            .map(|param| match param.need {
                Need::Required => 0,
                Need::Rest => 1,
                Need::Optional if function.params.iter().any(|param| param.need == Need::Rest) => 2,
                Need::Optional => 1,
            })
            .collect();
        assert!(order.is_sorted(), "{}", function.name);
        assert!(!function.params.is_empty(), "{}", function.name);
        let mut names = HashSet::new();
        assert!(function.params.iter().all(|param| names.insert(param.name)), "{}", function.name);
    }
}

#[test]
fn inverses_exist() {
    for function in all() {
        if let Some(inverse) = function.inverse {
            assert!(find(inverse).is_some(), "{} names {inverse}", function.name);
        }
    }
}

#[test]
fn wrong_kinds_of_arguments_fail_and_never_panic() {
    let arena = Arena::new();
    let values = [
        Value::Absent,
        Value::Bool(true),
        Value::Int(-7),
        Value::Int(3),
        Value::Int(i64::MAX),
        Value::Decimal(rust_decimal::Decimal::MAX),
        Value::Text(""),
        Value::Text("é[("),
        Value::Bytes(&[255]),
        Value::Date(EXAMPLE_DAY),
        Value::Date(Date::MIN),
        Value::Date(Date::MAX),
        Value::DateTime(jiff::Timestamp::MAX),
        Value::Duration(crate::value::Duration { amount: i32::MIN, unit: crate::value::Unit::Years }),
        Value::MonthDay(2, 29),
        Value::List(&[Value::Int(1), Value::Text("x"), Value::Absent]),
        Value::Struct(&[]),
        Value::Row(crate::value::Row { table: 0, row: 0 }),
    ];
    let context = Context { arena: &arena, as_of: EXAMPLE_DAY };
    let mut outcomes = 0;
    for function in all() {
        if matches!(function.run, Run::Special(_)) {
            continue;
        }
        let run = |arguments: &[Value<'static>]| {
            function.run.once(&context, arguments).is_some_and(|outcome| outcome.is_ok())
        };
        for first in values {
            for second in values {
                for third in values {
                    outcomes += usize::from(run(&[first, second, third]));
                }
            }
        }
        let _ = run(&[]);
    }
    assert!(outcomes > 1000, "nearly nothing was computed");
}
