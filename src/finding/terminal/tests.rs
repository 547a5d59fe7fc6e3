//! What findings look like, by snapshot.

use super::*;
use crate::finding::Code;
use crate::source::Span;
use insta::assert_snapshot;

static UNKNOWN: Code = Code {
    slug: "unknown-field",
    severity: Severity::Error,
    message: "`{of}` has no field `{name}`",
    label: "no such field",
    help: &["did you mean `{suggestion}`?", "`koppla plan` lists the fields"],
    page: "",
};
static TWICE: Code = Code {
    slug: "duplicate-name",
    severity: Severity::Warning,
    message: "two models are called `{name}`",
    label: "the second one",
    help: &[],
    page: "",
};

fn at(sources: &Sources, file: FileId, needle: &str) -> Span {
    let start = sources.file(file).text.find(needle).unwrap();
    Span::new(file, start..start + needle.len())
}

fn unknown(sources: &Sources, file: FileId, needle: &str) -> Finding {
    Finding::new(&UNKNOWN, at(sources, file, needle)).word("of", "pupil").word("name", needle)
}

#[test]
fn one_finding_underlines_exactly_its_token() {
    let mut sources = Sources::default();
    let file =
        sources.add("häst.mapping.yaml", "fields: |\r\n\tÅäö 漢字: givenname -> name\r\n\tÅlder: born -> birth\r\n");
    let finding = unknown(&sources, file, "givenname").word("suggestion", "given_name");
    assert_snapshot!(render(&[finding], &sources, &Style::default()), @r#"
    error[unknown-field]: `pupil` has no field `givenname`
       ╭─[häst.mapping.yaml:2:10]
     1 │ fields: |
     2 │     Åäö 漢字: givenname -> name
       ·               ────┬────
       ·                   ╰── no such field
     3 │     Ålder: born -> birth
       ╰────
      help: did you mean `given_name`?

    explain: koppla explain unknown-field

    1 error in 1 of 1 file
    "#);
}

#[test]
fn other_places_are_shown_in_their_own_files() {
    let mut sources = Sources::default();
    let one = sources.add("one.model.yaml", "model: register\ntitle: The first\n");
    let two = sources.add("two.model.yaml", "# ours\nmodel: register\n");
    let finding = Finding::new(&TWICE, at(&sources, two, "register"))
        .word("name", "register")
        .other(at(&sources, one, "register"), "the first one");
    assert_snapshot!(render(&[finding], &sources, &Style::default()), @r#"
    warning[duplicate-name]: two models are called `register`
       ╭─[two.model.yaml:2:8]
     1 │ # ours
     2 │ model: register
       ·        ────┬───
       ·            ╰── the second one
       ╰────
       ╭─[one.model.yaml:1:8]
     1 │ model: register
       ·        ────┬───
       ·            ╰── the first one
     2 │ title: The first
       ╰────

    explain: koppla explain duplicate-name

    1 warning in 1 of 2 files
    "#);
}

#[test]
fn two_places_in_one_file_share_a_frame() {
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", "a: x\nb: 1\nc: y\nd: 2\n");
    let finding =
        Finding::new(&TWICE, at(&sources, file, "y")).word("name", "x").other(at(&sources, file, "x"), "first");
    assert_snapshot!(render(&[finding], &sources, &Style { unicode: false, ..Style::default() }), @r#"
    warning[duplicate-name]: two models are called `x`
       ,-[a.yaml:3:4]
     1 | a: x
       :    |
       :    `-- first
     2 | b: 1
     3 | c: y
       :    |
       :    `-- the second one
     4 | d: 2
       `----

    explain: koppla explain duplicate-name

    1 warning in 1 of 1 file
    "#);
}

#[test]
fn long_texts_wrap_and_long_lines_are_cut() {
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", format!("x: {}wrong{}\n", "a ".repeat(300), " b".repeat(300)));
    let finding = Finding::new(&TWICE, at(&sources, file, "wrong"))
        .word("name", "a name that is so very long that the message cannot stand on one line")
        .other(
            Span::new(file, 0..1),
            "a label that has to say much more than fits beside its mark, and so goes on below",
        );
    let text = render(&[finding], &sources, &Style { width: 60, ..Style::default() });
    assert!(text.lines().all(|line| crate::finding::layout::width(line) <= 60), "{text}");
    assert_snapshot!(text, @r#"
    warning[duplicate-name]: two models are called `a name that
      │ is so very long that the message
      │ cannot stand on one line`
       ╭─[a.yaml:1:604]
     1 │ …a a a a a a a a wrong b b b b b b b b b b b b b…
       · ▲                ──┬──
       · │                  ╰── the second one
       · ╰─┤ a label that has to say much more than fits
       ·   │ beside its mark, and so goes on below
       ╰────

    explain: koppla explain duplicate-name

    1 warning in 1 of 1 file
    "#);
}

#[test]
fn colours_only_where_they_are_wanted() {
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", "a: x\n");
    let findings = [unknown(&sources, file, "x")];
    assert!(!render(&findings, &sources, &Style::default()).contains('\u{1b}'));
    let coloured = render(&findings, &sources, &Style { colour: true, ..Style::default() });
    assert!(coloured.contains("\u{1b}[31"));
    let linked = render(&findings, &sources, &Style { links: Some("file:///p/".into()), ..Style::default() });
    assert!(linked.contains("\u{1b}]8;;file:///p/a.yaml\u{1b}\\a.yaml\u{1b}]8;;"));
}

#[test]
fn a_whole_file_and_an_empty_file_can_be_meant() {
    let mut sources = Sources::default();
    let empty = sources.add("empty.yaml", "");
    let full = sources.add("full.yaml", "a: 1\n");
    let findings = [
        Finding::new(&TWICE, Span::start_of(empty)).word("name", "x"),
        Finding::new(&TWICE, Span::new(full, 5..5)).word("name", "y"),
    ];
    assert_snapshot!(render(&findings, &sources, &Style::default()), @r#"
    warning[duplicate-name]: two models are called `x`
       ╭─[empty.yaml:1:1]
     1 │
       · ▲
       · ╰── the second one
       ╰────

    warning[duplicate-name]: two models are called `y`
       ╭─[full.yaml:2:1]
     1 │ a: 1
     2 │
       · ▲
       · ╰── the second one
       ╰────

    explain: koppla explain duplicate-name

    2 warnings in 2 of 2 files
    "#);
}

#[test]
fn concise_lines_and_counts() {
    let mut sources = Sources::default();
    let one = sources.add("one.yaml", "a: åäö x\n");
    sources.add("two.yaml", "b: 1\n");
    sources.add("library:models/roster.model.yaml", "model: roster\n");
    let findings = [unknown(&sources, one, "x"), Finding::new(&TWICE, at(&sources, one, "a")).word("name", "q")];
    assert_snapshot!(concise(&findings, &sources), @r#"
    one.yaml:1:8: error[unknown-field]: `pupil` has no field `x`
    one.yaml:1:1: warning[duplicate-name]: two models are called `q`
    "#);
    assert_eq!(summary(&findings, &sources), "1 error and 1 warning in 1 of 2 files");
    assert_eq!(summary(&findings[..1], &sources), "1 error in 1 of 2 files");
    assert_eq!(summary(&[], &sources), "no findings in 2 files");
}

#[test]
fn many_findings_are_grouped() {
    let mut sources = Sources::default();
    let one = sources.add("one.yaml", "a: x\n".repeat(60));
    let two = sources.add("two.yaml", "a: y\n");
    let mut findings: Vec<Finding> = (0..60)
        .map(|line| {
            Finding::new(&UNKNOWN, Span::new(one, line * 5 + 3..line * 5 + 4)).word("of", "pupil").word("name", "x")
        })
        .collect();
    findings.push(unknown(&sources, two, "y"));
    findings.push(Finding::new(&TWICE, at(&sources, two, "a")).word("name", "y"));
    let text = render(&findings, &sources, &Style::default());
    assert!(text.starts_with("unknown-field: 61 findings (one.yaml 60, two.yaml 1)\n"), "{text}");
    assert_eq!(text.matches("╭─[").count(), 4);
    assert!(text.contains("\none.yaml:4:4 unknown-field `pupil` has no field `x`\n"));
    assert!(text.contains("\nand 8 more of these; with `--format json` all are listed\n"));
    assert!(text.ends_with("explain: koppla explain unknown-field\nexplain: koppla explain duplicate-name\n\n61 errors and 1 warning in 2 of 2 files\n"));
}

#[test]
fn places_on_one_line_and_inside_each_other_are_drawn() {
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", "fields: given_name -> name\n");
    let finding = Finding::new(&TWICE, Span::new(file, 8..26))
        .word("name", "x")
        .other(Span::new(file, 8..18), "inside")
        .other(Span::new(file, 22..26), "also inside")
        .other(Span::new(file, 22..26), "the same place");
    let text = render(&[finding], &sources, &Style::default());
    for label in ["the second one", "inside", "also inside", "the same place"] {
        assert!(text.contains(label), "{text}");
    }
}
