//! The functions of the language for people: the list, and a page for each, both from their table entries.

use super::table::Table;
use crate::finding::layout::wrap;
use crate::finding::suggest;
use crate::function::{self, Absence, Effect, Function, Need, Param, Ty};
use crate::value::Classes;
use serde_json::{Value, json};
use std::borrow::Cow;

/// What `koppla functions` prints: every function by family, with its signature and what it does.
pub fn list(width: usize) -> String {
    let families = function::families().into_iter().filter(|(_, functions)| !functions.is_empty());
    let sections: Vec<String> = families.map(|(heading, functions)| section(heading, functions, width)).collect();
    sections.join("\n")
}

fn section(heading: &str, functions: &[Function], width: usize) -> String {
    let mut table = Table::new([heading, ""]);
    for function in functions {
        table.row([signature(function), first_sentence(function.doc).to_string()]);
    }
    table.text(width)
}

/// Every function for the manual: a heading for each family, and a Markdown table under it.
pub fn markdown() -> String {
    let families = function::families().into_iter().filter(|(_, functions)| !functions.is_empty());
    let sections = families.map(|(heading, functions)| {
        let mut table = Table::new(["function", "what it does"]);
        for function in functions {
            table.row([format!("`{}`", signature(function)), function.doc.to_string()]);
        }
        format!("\n### Functions: {heading}\n\n{}", table.markdown())
    });
    let text = sections.collect::<String>();
    if text.is_empty() { text } else { text + "\n" }
}

/// What `koppla functions NAME` prints: signature, what it does, what absence and failure do, examples.
pub fn page(function: &Function, width: usize) -> String {
    let mut text = format!("{}\n\n", signature(function));
    for line in wrap(function.doc, width) {
        text.push_str(&format!("{line}\n"));
    }
    text.push('\n');
    let rules = rules(function);
    let widest = rules.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
    for (name, rule) in &rules {
        for (index, line) in wrap(rule, width.saturating_sub(widest).max(20)).iter().enumerate() {
            text.push_str(&format!("{:widest$}{line}\n", if index == 0 { name } else { "" }));
        }
    }
    if !function.examples.is_empty() {
        text.push_str("\nExamples\n");
        let widest =
            function.examples.iter().map(|(example, _)| crate::finding::layout::width(example)).max().unwrap_or(0);
        for (example, result) in function.examples {
            let blanks = " ".repeat(widest - crate::finding::layout::width(example));
            text.push_str(&format!("  {example}{blanks}  -->  {result}\n"));
        }
    }
    text
}

/// What is said of a function that does not exist.
pub fn unknown(name: &str) -> String {
    let known = function::families().into_iter().flat_map(|(_, functions)| functions.iter().map(|known| known.name));
    match suggest::nearest(name, known) {
        Some(near) => format!("there is no function `{name}`; did you mean `{near}`?"),
        None => format!("there is no function `{name}`; `koppla functions` lists all functions"),
    }
}

/// All functions for programs: `{functions: [{name, family, signature, doc, params, gives, absence, fails, inverse, effect, examples}]}`.
pub fn json() -> Value {
    let all = function::families().into_iter().flat_map(|(_, functions)| functions.iter().map(object));
    json!({ "functions": all.collect::<Vec<_>>() })
}

/// One function for programs.
pub fn object(function: &Function) -> Value {
    let params = function.params.iter().map(|param| {
        let need = match param.need {
            Need::Required => "required",
            Need::Optional => "optional",
            Need::Rest => "rest",
        };
        json!({ "name": param.name, "type": type_word(param.ty), "need": need })
    });
    let examples =
        function.examples.iter().map(|(expression, result)| json!({ "expression": expression, "result": result }));
    json!({
        "name": function.name,
        "family": function.family,
        "signature": signature(function),
        "doc": function.doc,
        "params": params.collect::<Vec<_>>(),
        "gives": result_word(function),
        "absence": absence(function),
        "fails": function.fails,
        "inverse": function.inverse,
        "effect": effect(function.effect),
        "examples": examples.collect::<Vec<_>>(),
    })
}

/// `phone(number: text, region: text?) -> phone`. A `?` marks what may be left out, or what may come out absent.
pub fn signature(function: &Function) -> String {
    let params: Vec<String> = function.params.iter().map(parameter).collect();
    format!("{}({}) -> {}", function.name, params.join(", "), result_word(function))
}

fn parameter(param: &Param) -> String {
    let word = type_word(param.ty);
    match param.need {
        Need::Required => format!("{}: {word}", param.name),
        Need::Optional => format!("{}: {word}?", param.name),
        Need::Rest => format!("{}: {word}, …", param.name),
    }
}

fn result_word(function: &Function) -> String {
    format!("{}{}", type_word(function.gives), if function.may_be_absent { "?" } else { "" })
}

/// The word for a type in a signature. `T` is any one type, the same at each place.
pub fn type_word(ty: Ty) -> Cow<'static, str> {
    Cow::Borrowed(match ty {
        Ty::Word(words) => return Cow::Owned(one_of(words)),
        Ty::Text => "text",
        Ty::Int => "int",
        Ty::Number => "number",
        Ty::Decimal => "decimal",
        Ty::Bool => "bool",
        Ty::Date => "date",
        Ty::DateTime => "datetime",
        Ty::Duration => "duration",
        Ty::MonthDay => "month_day",
        Ty::Bytes => "bytes",
        Ty::Email => "email",
        Ty::Phone => "phone",
        Ty::Uuid => "uuid",
        Ty::Personnummer => "personnummer",
        Ty::Bsn => "bsn",
        Ty::Rijksregisternummer => "rijksregisternummer",
        Ty::Brin => "brin",
        Ty::Regex => "pattern",
        Ty::Same | Ty::Element => "T",
        Ty::Any => "any",
        Ty::Simple => "simple value",
        Ty::ListOfAny | Ty::ListOfElement => "list of T",
        Ty::ListOfText => "list of text",
        Ty::Special => "its own type",
        Ty::PerElement => "expression over each element",
        Ty::Orders => "orders",
    })
}

/// `("a" or "aa")`
fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("({})", quoted.join(" or "))
}

/// What must be known of a function beside its doc: name and text of each rule.
fn rules(function: &Function) -> Vec<(&'static str, String)> {
    let mut rules = vec![("Absence", absence(function).to_string())];
    rules.push((
        "Failure",
        match function.fails {
            Some(why) => format!("fails if {}", why.trim_end_matches('.')),
            None => "never fails".into(),
        },
    ));
    if let Some(inverse) = function.inverse {
        rules.push(("Backwards", format!("`{inverse}`: so it may stand in a two-way rule")));
    }
    rules.push(("Privacy", effect(function.effect)));
    rules
}

/// The absence rule in words.
fn absence(function: &Function) -> &'static str {
    match (function.absence, function.may_be_absent) {
        (Absence::Propagates, false) => "absent if an argument that it needs is absent",
        (Absence::Propagates, true) => "absent if an argument that it needs is absent, or if there is no result",
        (Absence::LeftOut, false) => "arguments and elements that are absent are left out",
        (Absence::LeftOut, true) => "arguments and elements that are absent are left out; absent if nothing is left",
        (Absence::Sees, false) => "takes absent arguments too; the result is never absent",
        (Absence::Sees, true) => "takes absent arguments too; the result may be absent",
    }
}

/// The effect on data classes in words.
fn effect(effect: Effect) -> String {
    match effect {
        Effect::Keeps => "the result has the data classes of its arguments".into(),
        Effect::Pseudonym => "the result is a pseudonym: `national_id` and `contact` become `personal`".into(),
        Effect::Coarsens => "the result is coarse: `national_id` and `contact` become `personal`".into(),
        Effect::Adds(classes) => {
            let known = Classes::default();
            let names: Vec<String> = classes.iter().map(|class| format!("`{}`", known.name(class))).collect();
            format!("the result has the data classes of its arguments and {}", names.join(", "))
        }
    }
}

/// The first sentence of a doc, without its full stop.
fn first_sentence(doc: &str) -> &str {
    let end = doc
        .match_indices(". ")
        .map(|(at, _)| at)
        .find(|&at| !doc[..at].ends_with("e.g") && !doc[..at].ends_with("i.e"));
    end.map_or(doc, |end| &doc[..end]).trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::{Outcome, Run};
    use crate::value::{Class, ClassSet};

    fn nothing<'a>(_: &function::Context<'a>, _: &[crate::value::Value<'a>]) -> Outcome<'a> {
        Ok(crate::value::Value::Absent)
    }

    static PHONE: Function = Function {
        fails_by_settings: false,
        name: "phone",
        family: "phones",
        doc: "Reads a phone number, e.g. `070-174 06 05`. Without `region`, a number needs its country code.",
        params: &[
            Param { name: "number", ty: Ty::Text, need: Need::Required },
            Param { name: "region", ty: Ty::Text, need: Need::Optional },
        ],
        gives: Ty::Phone,
        may_be_absent: false,
        absence: Absence::Propagates,
        fails: Some("the text is no phone number of that region"),
        inverse: None,
        effect: Effect::Keeps,
        examples: &[("\"070-174 06 05\" | phone(region = \"SE\")", "\"+46701740605\""), ("\"å\" | phone", "fails")],
        run: Run::Pure(nothing),
    };

    #[test]
    fn a_page_says_everything() {
        insta::assert_snapshot!(page(&PHONE, 60), @r#"
        phone(number: text, region: text?) -> phone

        Reads a phone number, e.g. `070-174 06 05`. Without
        `region`, a number needs its country code.

        Absence  absent if an argument that it needs is absent
        Failure  fails if the text is no phone number of that region
        Privacy  the result has the data classes of its arguments

        Examples
          "070-174 06 05" | phone(region = "SE")  -->  "+46701740605"
          "å" | phone                             -->  fails
        "#);
    }

    #[test]
    fn a_signature_shows_what_may_be_left_out() {
        let rest = Function {
            name: "words",
            params: &[Param { name: "texts", ty: Ty::Text, need: Need::Rest }],
            gives: Ty::Text,
            may_be_absent: true,
            absence: Absence::LeftOut,
            effect: Effect::Adds(ClassSet::of(Class::SECRET)),
            run: Run::Pure(nothing),
            ..PHONE_BASE
        };
        assert_eq!(signature(&rest), "words(texts: text, …) -> text?");
        assert!(page(&rest, 80).contains("`secret`"));
    }

    const PHONE_BASE: Function = Function {
        fails_by_settings: false,
        name: "",
        family: "",
        doc: "",
        params: &[],
        gives: Ty::Any,
        may_be_absent: false,
        absence: Absence::Sees,
        fails: None,
        inverse: None,
        effect: Effect::Keeps,
        examples: &[],
        run: Run::Pure(nothing),
    };

    #[test]
    fn a_doc_is_cut_after_its_first_sentence() {
        assert_eq!(first_sentence(PHONE.doc), "Reads a phone number, e.g. `070-174 06 05`");
        assert_eq!(first_sentence("Only one."), "Only one");
    }
}
