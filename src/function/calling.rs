//! Calling functions by name in tests, as an evaluator would.

use super::*;
use crate::value::show;

/// Calls a pure function as the evaluator does: absent arguments as [`Absence`] says, further ones collected for `Rest`.
pub fn call<'a>(arena: &'a Arena, name: &str, arguments: &[Value<'a>]) -> Outcome<'a> {
    let function = find(name).unwrap_or_else(|| panic!("no function {name}"));
    let context = Context { arena, as_of: EXAMPLE_DAY };
    let mut laid_out = Vec::new();
    let mut given = arguments.iter().copied();
    for param in function.params {
        let value = match param.need {
            Need::Rest => context.list(&given.by_ref().collect::<Vec<_>>()),
            Need::Required | Need::Optional => given.next().unwrap_or(Value::Absent),
        };
        let must_be_there = param.need == Need::Required && function.absence == Absence::Propagates;
        if must_be_there && value.is_absent() {
            return Ok(Value::Absent);
        }
        laid_out.push(value);
    }
    function.run.once(&context, &laid_out).unwrap_or_else(|| panic!("{name} is special"))
}

/// The outcome as text: `absent`, `fails: why`, lists in brackets, else the plain text.
pub fn shown(outcome: Outcome<'_>) -> String {
    match outcome {
        Ok(Value::Absent) => "absent".into(),
        Ok(value) => show::display(&Type::Unknown, value),
        Err(failure) => format!("fails: {failure}"),
    }
}

/// Calls a function of texts; `-` stands for an absent argument.
pub fn of_texts(name: &str, arguments: &[&str]) -> String {
    let arena = Arena::new();
    let values: Vec<Value<'_>> =
        arguments.iter().map(|text| if *text == "-" { Value::Absent } else { Value::Text(text) }).collect();
    // Copied, so that nothing outlives the arena of this call.
    let values: Vec<Value<'_>> = values
        .into_iter()
        .map(|value| value.as_text().map_or(value, |text| Value::Text(arena.alloc_str(text))))
        .collect();
    shown(call(&arena, name, &values))
}
