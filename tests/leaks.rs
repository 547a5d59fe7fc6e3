//! Leaks, each with a twin that differs in one place and is right: whatever way a class takes to the target, it is found,
//! with the place where it begins; and nothing that is harmless asks for consent.

mod project;

use koppla::finding::page::ExampleFile;
use koppla::finding::{Finding, Severity};
use project::Project;

const SCHOOL: &str = r#"
system: school
connect:
  files: { folder: input, format: { csv: { separator: ";" } } }
entities:
  pupil:
    key: number
    read: { file: pupils.csv }
    fields:
      number:   { type: text, class: personal }
      name:     { type: text, class: personal }
      nick:     { type: "text?", class: personal }
      born:     { type: "date?", class: personal }
      civic_no: { type: "personnummer?", class: national_id }
      faith:    { type: "text?", class: special }
      words:    { type: "list of text", class: special, at: Words, joined_by: "," }
      school:   { type: "ref school?" }
  school:
    key: code
    read: { file: schools.csv }
    fields:
      code:  { type: text, class: public }
      title: { type: "text?", class: public }
      creed: { type: "text?", class: special }
"#;

const MIDDLE: &str = r#"
model: middle
entities:
  person:
    key: id
    fields:
      id:    { type: text, class: personal }
      name:  { type: text, class: personal }
      faith: { type: "text?", class: special }
      plain: { type: "text?", class: personal }
"#;

const ACCOUNTS: &str = r#"
system: accounts
connect:
  files: { folder: output, format: { csv: { separator: "," } } }
writes: { extent: whole }
deliver: { as: files, holds: [account], always: all }
entities:
  account:
    key: id
    write: { file: accounts.csv, remove: { by: absence } }
    fields:
      id:   { type: text, class: personal }
      name: { type: text, class: personal }
      note: { type: "text?", class: personal }
      mark: { type: "text?", class: special }
      flag: { type: "bool?", class: special }
      num:  { type: "text?", class: national_id }
"#;

const TABLE: &str = r#"
table: groups
columns: { word: text, group: text }
key: word
unmapped: absent
rows:
  - { word: a, group: b }
"#;

/// What varies: sets, the left side of the map, what stands above `fields`, the rule, what the sync adds.
#[derive(Clone, Copy)]
struct Case {
    kind: &'static str,
    sets: &'static str,
    left: &'static str,
    above: &'static str,
    rule: &'static str,
    sync: &'static str,
}

const PLAIN: Case = Case { kind: "", sets: "", left: "pupil", above: "", rule: "", sync: "" };

/// The leak, the token that makes it one, and what stands there in its twin.
fn pairs() -> Vec<(Case, &'static str, &'static str)> {
    let rule = |kind, rule| Case { kind, rule, ..PLAIN };
    let set = |kind, sets, rule| Case { kind, sets, rule, left: "chosen", ..PLAIN };
    vec![
        (rule("direct", "faith -> mark"), "faith", "nick"),
        (rule("direct", "civic_no -> num"), "civic_no", "nick"),
        (rule("direct, into a field that does not say so", "faith -> note"), "faith", "nick"),
        (rule("direct, an element of a list", "words | first -> mark"), "words | first", "nick"),
        (rule("a reference", "school.creed -> mark"), "creed", "title"),
        (rule("the fallback", "nick ?? faith -> mark"), "faith", "name"),
        (rule("the else of a rule", "nick -> mark else faith"), "faith", "name"),
        (rule("the condition of a rule", "name -> mark when faith == \"x\""), "faith", "nick"),
        (rule("the condition of an if", "if faith is absent then \"a\" else \"b\" -> mark"), "faith", "nick"),
        (rule("what is matched", "match faith { absent => \"a\", else => \"b\" } -> mark"), "faith", "nick"),
        (rule("a comparison", "faith == \"x\" -> flag"), "faith", "nick"),
        (rule("a function", "upper(faith) -> mark"), "faith", "nick"),
        (rule("a chain of functions", "civic_no | first_chars(8) | upper -> num"), "civic_no", "name"),
        (rule("a text with values", "f\"{name} {civic_no}\" -> num"), "civic_no", "nick"),
        (rule("a list put together", "joined(\" \", name, faith) -> mark"), "faith", "nick"),
        (rule("a look-up", "faith | lookup(in = groups.group) -> mark"), "faith", "nick"),
        (rule("a function of the project", "shout(faith) -> mark"), "faith", "nick"),
        (
            Case { kind: "a let", above: "    let: |\n      day = f\"of {faith}\"\n", rule: "day -> mark", ..PLAIN },
            "faith",
            "nick",
        ),
        (
            Case {
                kind: "who takes part",
                above: "    where: faith == \"x\" else skip \"other\"\n",
                rule: "name -> mark",
                ..PLAIN
            },
            "faith",
            "nick",
        ),
        (
            Case {
                kind: "who takes part, seen in a constant",
                above: "    where: faith is not absent else skip \"none\"\n",
                rule: "\"yes\" -> mark",
                ..PLAIN
            },
            "faith",
            "nick",
        ),
        (
            set("a condition of a set", "  chosen: |\n    pupil as p\n    where p.faith == \"x\"\n", "p.name -> mark"),
            "faith",
            "nick",
        ),
        (set("a value of a set", "  chosen: |\n    pupil as p\n    let x = p.faith\n", "x -> mark"), "faith", "nick"),
        (
            set(
                "a join",
                "  chosen: |\n    pupil as p\n    join school as s on s.creed == p.name\n",
                "s.title -> mark",
            ),
            "creed",
            "title",
        ),
        (
            set(
                "who has a match",
                "  chosen: |\n    pupil as p\n    with school as s on s.creed == p.name\n",
                "p.name -> mark",
            ),
            "creed",
            "title",
        ),
        (
            set(
                "which row is the best",
                "  chosen: |\n    pupil as p\n    one per p.number best p.faith desc\n",
                "p.name -> mark",
            ),
            "faith",
            "nick",
        ),
        (
            set("the elements of a list", "  chosen: |\n    pupil as p\n    each p.words as w\n", "w -> mark"),
            "p.words",
            "[p.name]",
        ),
        (
            set(
                "a set of a set",
                "  inner: |\n    pupil as p\n    where p.faith == \"x\"\n  chosen: |\n    inner as i\n    let n = i.p.name\n",
                "n -> mark",
            ),
            "faith",
            "nick",
        ),
        (
            Case {
                kind: "an overlay",
                rule: "nick -> mark",
                sync: "change:\n  pupils:\n    fields: |\n      Extra: faith -> mark because \"wanted\"\n",
                ..PLAIN
            },
            "faith -> mark because",
            "nick -> mark because",
        ),
        (
            Case {
                kind: "an overlay that narrows",
                rule: "nick -> mark",
                sync: "change:\n  pupils:\n    where: faith == \"x\"\n",
                ..PLAIN
            },
            "faith ==",
            "nick ==",
        ),
        (rule("a pseudonym that is none", "uuid5(civic_no) -> num"), "uuid5(civic_no)", "uuid5(name)"),
        (rule("a choice among them", "words | sort | first -> mark"), "words", "[name]"),
    ]
}

fn file(path: &str, text: impl Into<String>) -> ExampleFile {
    ExampleFile { path: path.into(), text: text.into() }
}

fn checked(case: &Case) -> Project {
    let number = if case.left == "chosen" && !case.rule.starts_with("n ->") { "p.number" } else { "number" };
    let (number, name) = match case.sets.contains("inner as i") {
        true => ("i.p.number", "i.p.name"),
        false => (number, if number == "p.number" { "p.name" } else { "name" }),
    };
    let sets = if case.sets.is_empty() { String::new() } else { format!("sets:\n{}", case.sets) };
    let mapping = format!(
        "mapping: leaks\nleft: school\nright: accounts\nfunctions:\n  shout:\n    doc: Louder.\n    takes: {{ text: text? }}\n    gives: text?\n    is: text | upper\n    examples:\n      - {{ given: {{ text: a }}, gives: A }}\n{sets}maps:\n  pupils:\n    between: {} -> account\n{}    fields: |\n      Id: {number} -> id\n      Name: {name} -> name\n      Extra: {}\n",
        case.left, case.above, case.rule
    );
    let sync = format!("sync: leaks\nleft: {{ system: school }}\nright: {{ system: accounts }}\n{}", case.sync);
    project::of(&[
        file("systems/school/system.yaml", SCHOOL),
        file("systems/accounts/system.yaml", ACCOUNTS),
        file("groups.table.yaml", TABLE),
        file("leaks.mapping.yaml", mapping),
        file("leaks.sync.yaml", sync),
    ])
}

fn errors(project: &Project) -> Vec<&Finding> {
    project.found.iter().filter(|finding| finding.severity == Severity::Error).collect()
}

fn told(project: &Project) -> String {
    let told = project.found.iter().map(|finding| {
        let (line, column) = project.sources.position(finding.span);
        format!(
            "{} {}:{line}:{column} {}",
            finding.code.slug,
            project.sources.file(finding.span.file).path,
            finding.message()
        )
    });
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_leak_is_refused_and_its_twin_is_not() {
    let mut wrong = Vec::new();
    for (leak, token, harmless) in pairs() {
        let project = checked(&leak);
        let found = errors(&project);
        let leaks = |finding: &&&Finding| ["class-reaches-target", "class-lost"].contains(&finding.code.slug);
        if found.iter().filter(leaks).count() == 0 || found.iter().any(|finding| !leaks(&finding)) {
            wrong.push(format!("{}: the leak is not refused as one\n{}", leak.kind, told(&project)));
        }
        let twin = Case {
            sets: Box::leak(leak.sets.replace(token, harmless).into_boxed_str()),
            above: Box::leak(leak.above.replace(token, harmless).into_boxed_str()),
            rule: Box::leak(leak.rule.replace(token, harmless).into_boxed_str()),
            sync: Box::leak(leak.sync.replace(token, harmless).into_boxed_str()),
            ..leak
        };
        let project = checked(&twin);
        if !errors(&project).is_empty() {
            wrong.push(format!("{}: the twin is refused\n{}", leak.kind, told(&project)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(pairs().len() >= 30);
}

/// The way of each leak begins where the class is declared, in the file of the system.
#[test]
fn a_refusal_shows_the_whole_way() {
    let mut seen = 0;
    for (leak, ..) in pairs() {
        let project = checked(&leak);
        for finding in errors(&project).into_iter().filter(|finding| finding.code.slug == "class-reaches-target") {
            let (span, text) = finding.others.first().expect("a way");
            assert!(text.starts_with("1. school "), "{}: {text}", leak.kind);
            assert_eq!(project.sources.file(span.file).path, "systems/school/system.yaml", "{}", leak.kind);
            let declared = project.sources.slice(*span);
            assert!(["faith", "civic_no", "words", "creed"].contains(&declared), "{}: {declared}", leak.kind);
            seen += 1;
        }
    }
    assert!(seen >= 25, "{seen}");
}

/// Through two mappings: the way leads from the rule of the second over the rule of the first to the field.
#[test]
fn a_composed_route_is_followed_to_its_beginning() {
    for (value, leaks) in [("faith", true), ("nick", false)] {
        let first = format!(
            "mapping: one\nleft: school\nright: middle\nmaps:\n  people:\n    between: pupil -> person\n    fields: |\n      Id: number -> id\n      Name: name -> name\n      Faith: {value} -> faith\n"
        );
        let second = "mapping: two\nleft: middle\nright: accounts\nmaps:\n  accounts:\n    between: person -> account\n    fields: |\n      Id: id -> id\n      Name: name -> name\n      Mark: faith -> mark\n";
        let project = project::of(&[
            file("systems/school/system.yaml", SCHOOL),
            file("middle.model.yaml", MIDDLE),
            file("systems/accounts/system.yaml", ACCOUNTS),
            file("one.mapping.yaml", first),
            file("two.mapping.yaml", second),
            file("leaks.sync.yaml", "sync: leaks\nleft: { system: school }\nright: { system: accounts }\n"),
        ]);
        let found = errors(&project);
        // The model in the middle says that its field is of this class: it is, whatever flows into it today.
        assert_eq!(found.len(), 1, "{}", told(&project));
        let way: Vec<&str> =
            found[0].others.iter().map(|(span, _)| project.sources.file(span.file).path.as_str()).collect();
        if leaks {
            assert_eq!(way[..2], ["systems/school/system.yaml", "one.mapping.yaml"], "{way:?}");
        } else {
            assert_eq!(way[0], "middle.model.yaml", "{way:?}");
        }
        assert_eq!(way.last(), Some(&"leaks.sync.yaml"));
    }
}
