//! Examples of a mapping's own functions.

use super::coverage::Coverage;
use super::observe::observe_function;
use super::{Bench, Difference, Outcome};
use crate::check::TypedMapping;
use crate::check::typed::TypedFunction;
use crate::model::{Choice, FunctionExample, ProjectFunction};
use crate::run::eval::{Links, Odd};
use crate::run::stage::Setting;
use crate::run::written;
use crate::syntax::tree::{Kind, Node};
use crate::value::{Arena, Type, Value, normal, show};
use std::collections::BTreeMap;

/// Works every example of the functions of a mapping, in order. `coverage` counts what they touch.
pub fn examples(bench: &Bench<'_>, typed: &TypedMapping, mut coverage: Option<&mut Coverage>) -> Vec<Outcome> {
    let mapping = bench.model.mapping(typed.mapping);
    let mut outcomes = Vec::new();
    for function in &mapping.functions {
        let Some(checked) = typed.functions.iter().find(|known| *known.name == *function.name.text) else { continue };
        for (number, example) in function.examples.iter().enumerate() {
            let name = format!("{}, example {}", function.name.text, number + 1);
            let differences =
                one(bench, typed, function, checked, example, coverage.as_deref_mut()).err().into_iter().collect();
            outcomes.push(Outcome { name, span: example.span, differences, notes: Vec::new() });
        }
    }
    outcomes
}

fn one(
    bench: &Bench<'_>,
    typed: &TypedMapping,
    function: &ProjectFunction,
    checked: &TypedFunction,
    example: &FunctionExample,
    coverage: Option<&mut Coverage>,
) -> Result<(), Difference> {
    let arena = Arena::new();
    let ty = function.gives.as_ref().map_or_else(|| typed.nodes.typing(checked.body).ty.clone(), |(ty, _)| ty.clone());
    let expected = read(&example.gives, &ty, "gives", &arena)?;
    let missing = Node { kind: Kind::Missing, span: example.span };
    let mut frame = Vec::new();
    let mut undecided = false;
    for (name, ty, optional) in &function.takes {
        let given = example.given.iter().find(|(known, _)| known.text == name.text).map_or(&missing, |(_, node)| node);
        let value = read(given, ty, &name.text, &arena)?;
        undecided |= value.is_absent() && !optional;
        frame.push(value);
    }
    frame.resize(checked.frame as usize + 1, Value::Absent);
    let options = defaults(bench, typed, &arena);
    let (model, lookups, as_of) = (bench.model, bench.lookups, bench.today);
    let setting = Setting { model, typed, options: &options, lookups, as_of, target: None };
    let tables = setting.tables(BTreeMap::new());
    let (none, odd) = (Links::default(), Odd::default());
    // Absence of what a function needs gives absence without a look at the function.
    let got = if undecided {
        Ok(Value::Absent)
    } else {
        let machine = setting.machine(&tables, &none, &odd);
        if let Some(coverage) = coverage {
            observe_function(machine, checked, &frame, &arena, coverage);
        }
        machine.eval(checked.body, &frame, &arena)
    };
    match got {
        Ok(value) if normal::equal(&ty, value, expected) => Ok(()),
        Ok(value) => Err(Difference::Gives { expected: show::display(&ty, expected), got: show::display(&ty, value) }),
        Err(stop) => {
            Err(Difference::Gives { expected: show::display(&ty, expected), got: format!("a failure: {}", stop.why) })
        }
    }
}

/// The options as nobody chose them; what has no default is absent.
fn defaults<'t>(bench: &Bench<'_>, typed: &TypedMapping, arena: &'t Arena) -> Vec<Value<'t>> {
    let options = &bench.model.mapping(typed.mapping).options;
    let default = |choice: &Choice| {
        let node = choice.default.as_ref()?;
        written::value(node, &choice.ty, &|_, _| None, arena).ok()
    };
    options.iter().map(|choice| default(choice).unwrap_or(Value::Absent)).collect()
}

fn read<'t>(node: &Node, ty: &Type, name: &str, arena: &'t Arena) -> Result<Value<'t>, Difference> {
    written::value(node, ty, &|_, _| None, arena)
        .map_err(|why| Difference::Unreadable { what: name.to_string(), why: why.to_string() })
}
