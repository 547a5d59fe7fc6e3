//! Every example of every function, and what real mappings make of them, checked and evaluated as rules would be.

use koppla::check::{TypedMapping, check};
use koppla::finding::Findings;
use koppla::function::{self, EXAMPLE_DAY, EXAMPLE_RECORDS, EXAMPLE_TABLE};
use koppla::model::{Model, resolve};
use koppla::run::eval::{Links, Machine, Odd, Tables};
use koppla::run::lookup::Lookup;
use koppla::run::table::Table;
use koppla::source::Sources;
use koppla::value::wire::Codec;
use koppla::value::{Arena, Value, normal, show};
use std::fmt::Write;

const REGISTER: &str = include_str!("../src/finding/demo/register.model.yaml");
const DIRECTORY: &str = include_str!("../src/finding/demo/directory.model.yaml");

/// An example: what it is an example of, the expression, the result.
type Example = (&'static str, &'static str, &'static str);

/// Columns of nightly exports, as consultants would write them.
const COLUMNS: &[Example] = &[
    (
        "key",
        r#"f"{(date("2012-12-21") | format_date("yyyy")) | first_chars(2)}{"121221-2391" | digits}""#,
        r#""201212212391""#,
    ),
    (
        "user name",
        r#"joined("", "Åsa" | fold | first_chars(3), "Öberg-Li" | fold | first_chars(3), "p00017x" | first_chars(6))"#,
        r#""asaobep00017""#,
    ),
    (
        "user name without letters",
        r#"joined("", "??" | fold | first_chars(3), "p00017x" | first_chars(6))"#,
        r#""p00017""#,
    ),
    ("given name", r#"" anna-lENA " | trim | title_case"#, r#""Anna-Lena""#),
    ("display name", r#"f"{joined(", ", "Berg", "Anna")}{f" ({absent ?? "7A"})"}""#, r#""Berg, Anna (7A)""#),
    ("match key", r#"(" " | trim | lower) ?? "201212212391""#, r#""201212212391""#),
    (
        "phone",
        r#"("0046 70-174" | keep("0-9+") | replace(r"^00", "+") | replace(r"^0", "+46") | ensure_prefix("+"))"#,
        r#""+4670174""#,
    ),
    ("phone at home", r#"("070-174" | keep("0-9+") | replace(r"^00", "+") | replace(r"^0", "+46"))"#, r#""+4670174""#),
    ("postal code", r####"try ("SE-12345" | digits | shape("### ##")) else absent"####, r#""123 45""#),
    ("no postal code", r####"try ("1234" | digits | shape("### ##")) else absent"####, "absent"),
    ("school form", r#"try ("XX" | lookup(in = school_form.name)) else absent"#, "absent"),
    ("unit", r#"ou("OU=Students", absent, absent) ?? "OU=Students""#, r#""OU=Students""#),
    (
        "modified",
        r#"datetime("2026-03-01 12:00:00", format = "yyyy-MM-dd HH:mm:ss", zone = "UTC") | text"#,
        r#""2026-03-01T12:00:00Z""#,
    ),
    ("BRIN with point", r#""99xx.00" | brin | brin_location"#, r#""00""#),
    ("contract", r#"school_year_end("2024-2025") | add(1d)"#, r#"date("2025-08-01")"#),
    ("file name", r#""7A: Musik / Å" | replace(r"[~#%&*{}:<>?/|]+", "_") | transliterate"#, r#""7A_ Musik _ A""#),
];

fn examples() -> Vec<Example> {
    let all = function::families().into_iter().flat_map(|(_, functions)| functions);
    let of_functions =
        all.flat_map(|function| function.examples.iter().map(move |(given, gives)| (function.name, *given, *gives)));
    of_functions.chain(COLUMNS.iter().copied()).collect()
}

/// A mapping with two functions for each example: `given_0` and `gives_0`, `given_1` …
fn mapping(examples: &[Example]) -> String {
    let mut text = String::from("mapping: examples\nleft: register\nright: directory\nfunctions:\n");
    for (number, (_, given, gives)) in examples.iter().enumerate() {
        let gives = if *gives == "fails" { "absent" } else { gives };
        for (name, expression) in [("given", given), ("gives", &gives)] {
            writeln!(text, "  {name}_{number}:\n    is: |\n      {expression}").expect("a string takes all");
        }
    }
    let maps = "maps:\n  pupil:\n    between: pupil -> account\n    fields: |\n      Login: number -> login\n      Name: family_name -> name\n";
    text + maps
}

/// The table of the examples, from its CSV.
fn table() -> String {
    let mut lines = EXAMPLE_TABLE.lines();
    let columns: Vec<String> =
        lines.next().unwrap_or_default().split(',').map(|name| format!("  {name}: text\n")).collect();
    let rows: Vec<String> = lines.map(|line| format!("  - [{}]\n", line.replace(',', ", "))).collect();
    format!("table: school_form\ncolumns:\n{}key: code\nrows:\n{}", columns.concat(), rows.concat())
}

/// The records of the examples, in the order of the entity's fields.
fn records<'a>(model: &Model) -> Table<'a> {
    let entity = model.entities.iter().find(|entity| entity.name.text == "pupil").expect("pupil");
    let mut lines = EXAMPLE_RECORDS.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let mut values = Vec::new();
    for line in lines {
        let cells: Vec<&'static str> = line.split(',').collect();
        let cell = |name: &str| {
            names.iter().position(|known| *known == name).map_or(Value::Absent, |place| Value::Text(cells[place]))
        };
        values.extend(entity.fields.iter().map(|field| cell(&field.name.text)));
    }
    Table::values(entity.fields.len(), &values)
}

#[test]
fn every_example_gives_what_it_says() {
    let examples = examples();
    assert!(examples.len() > 200, "examples are missing");
    let mut sources = Sources::default();
    let documents = [("register.model.yaml", REGISTER.to_string()), ("directory.model.yaml", DIRECTORY.to_string())];
    let own = [("examples.mapping.yaml", mapping(&examples)), ("school_form.table.yaml", table())];
    let files: Vec<_> = documents.into_iter().chain(own).map(|(path, text)| sources.add(path, text)).collect();
    let mut found = Findings::default();
    let model = resolve(&sources, &files, &mut found);
    let typed = check(&model, &sources, &mut found);
    let findings: Vec<String> = found
        .sorted()
        .iter()
        .filter(|finding| finding.severity == koppla::finding::Severity::Error)
        .map(|finding| format!("{}: {}: {}", finding.code.slug, finding.message(), sources.slice(finding.span)))
        .collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    let wrong = wrong_examples(&model, &typed.mappings[0], &examples);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is not as an example says.
fn wrong_examples(model: &Model, typed: &TypedMapping, examples: &[Example]) -> Vec<String> {
    let arena = Arena::new();
    let codecs: Vec<Codec> = model.tables[0].columns.iter().map(|column| Codec::new(&column.ty)).collect();
    let lookups = [Lookup::of(&model.tables[0], &codecs, &arena)];
    let mut tables: Vec<Table<'_>> = model.entities.iter().map(|_| Table::values(0, &[])).collect();
    let pupil = model.entities.iter().position(|entity| entity.name.text == "pupil").expect("pupil");
    tables[pupil] = records(model);
    let count = tables.len() as u32;
    let tables =
        Tables { tables: tables.into_iter().map(std::sync::Arc::new).collect(), entities: count, layouts: count };
    let (links, odd) = (Links::new(), Odd::default());
    let machine = Machine {
        model,
        typed,
        tables: &tables,
        options: &[],
        as_of: EXAMPLE_DAY,
        links: &links,
        right: None,
        lookups: &lookups,
        odd: &odd,
        target: None,
        inside: false,
    };
    let mut wrong = Vec::new();
    for (number, (what, given, gives)) in examples.iter().enumerate() {
        let run = |name: String| {
            let function = typed.functions.iter().find(|function| *function.name == *name).expect("a function");
            let frame = vec![Value::Absent; function.frame as usize];
            (machine.eval(function.body, &frame, &arena), typed.nodes.typing(function.body).clone())
        };
        let ((value, typing), (expected, _)) = (run(format!("given_{number}")), run(format!("gives_{number}")));
        let fits = match (&value, *gives) {
            (Err(_), "fails") => true,
            (Err(_), _) | (Ok(_), "fails") => false,
            (Ok(value), _) => expected.is_ok_and(|expected| normal::equal(&typing.ty, *value, expected)),
        };
        let shown = match value {
            Ok(value) => show::display(&typing.ty, value),
            Err(stop) => format!("fails: {}", stop.why),
        };
        if !fits {
            wrong.push(format!("{what}: {given} gives {shown}, not {gives}"));
        }
        // What may come out absent must be known before: a required field would be left empty.
        if *gives == "absent" && !typing.optional {
            wrong.push(format!("{what}: {given} is absent, and its type does not say so"));
        }
    }
    wrong
}
