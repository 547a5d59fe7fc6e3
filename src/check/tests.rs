//! What the way back of a rule shows: the values of its counter-example, as small as they get.

use super::check;
use crate::finding::{Findings, page};
use crate::model::resolve;
use crate::source::Sources;

/// What is said of a pupil's two-way rule to an account: of each finding its code, the value, what it became, what came back.
fn said(rule: &str) -> Vec<String> {
    let mapping = format!(
        "mapping: example\nleft:  register\nright: directory\nmaps:\n  pupils:\n    between: pupil <-> account\n    fields: |\n      \
         Number:  number -> login\n      Name:    family_name -> name\n      {rule}\n"
    );
    let mut sources = Sources::default();
    page::DEMO.iter().for_each(|(path, text)| {
        sources.add(*path, *text);
    });
    sources.add("example.mapping.yaml", mapping);
    let (ids, mut found): (Vec<_>, _) = (sources.ids().collect(), Findings::default());
    let model = resolve(&sources, &ids, &mut found);
    check(&model, &sources, &mut found);
    let shown = |finding: &crate::finding::Finding| {
        let word = |name: &str| finding.words.iter().find(|(known, _)| *known == name).map(|(_, text)| text.clone());
        let words = ["value", "between", "back"].into_iter().filter_map(word).collect::<Vec<_>>().join(" → ");
        format!("{} {words}", finding.code.slug).trim().to_string()
    };
    found.sorted().iter().map(shown).collect()
}

#[test]
fn a_way_back_by_conditions_is_tried_with_the_texts_of_both_ways() {
    let rule =
        |back: &str| format!(r#"First: if given_name == "Åsa" then "A" else given_name  <-> first_name  back {back}"#);
    assert_eq!(
        said(&rule(r#"if first_name == "A" then "Åsa" else first_name"#)),
        [r#"no-round-trip "A" → "A" → "Åsa""#]
    );
    assert_eq!(said(&rule("first_name")), [r#"no-round-trip "Åsa" → "A" → "A""#]);
}

#[test]
fn an_enum_is_tried_word_by_word() {
    let back = |arms: &str| {
        let rule = r#"Sex: match sex { "M" => "male", "V" => "female", "X" => "other" }  <-> gender  else skip "none"  back match gender"#;
        said(&format!("{rule} {{ {arms} }}").replace(r#"  else skip "none""#, ""))
    };
    assert_eq!(back(r#""male" => "M", "female" => "V", "other" => "X""#), [""; 0]);
    assert_eq!(back(r#""male" => "M", "female" => "X", "other" => "V""#), [r#"no-round-trip "V" → "female" → "X""#]);
    assert_eq!(back(r#""male" => "M", else => "V""#), [r#"no-round-trip "X" → "other" → "V""#]);
}

#[test]
fn what_stands_for_absence_may_come_back_as_absence() {
    assert_eq!(
        said(
            r#"Mail: phone ?? "+46701740605"  <-> first_name  back if first_name == "+46701740605" then absent else first_name"#
        ),
        [""; 0]
    );
    assert_eq!(said("Fee: credits ?? 0  <-> points  back points"), [""; 0]);
    assert_eq!(
        said(r#"Fee: text(fee) ?? "-"  <-> first_name  back if first_name == "12.5" then absent else decimal(first_name)"#).len(),
        1
    );
    assert_eq!(
        said("Fee: credits ?? 0  <-> points  back if points == 7 then absent else points"),
        [r#"no-round-trip "7" → "7" → nothing"#]
    );
}

#[test]
fn several_fields_come_back_by_name_or_the_first_of_them_does() {
    let rule = |back: &str| format!(r#"Both: f"{{sex}}/{{given_name}}"  <-> first_name  back {back}"#);
    assert_eq!(said(&rule(r#"{ sex = first_name | before("/"), given_name = first_name | after("/") }"#)), [""; 0]);
    assert_eq!(
        said(&rule(r#"{ sex = first_name | before("/"), given_name = first_name | after("/") | lower }"#)),
        [r#"no-round-trip given_name "A" → "M/A" → "a""#]
    );
    assert_eq!(said(&rule("first_name")), [r#"no-round-trip "M" → "M/a" → "M/a""#]);
    assert_eq!(said(&rule(r#"first_name | before("/")"#)), [""; 0]);
}

#[test]
fn a_way_back_reads_fields_that_other_rules_write() {
    let rules = |back: &str| {
        format!(
            "Sex: if sex == \"M\" then \"male\" else \"other\" -> gender\n      First: given_name | lower  <-> first_name  back {back}"
        )
    };
    assert_eq!(
        said(&rules(r#"if gender == "male" then first_name else (first_name | upper)"#)),
        [r#"no-round-trip "a" → "a" → "A""#]
    );
}

/// Nothing is said of samples that the records cannot hold.
#[test]
fn conditions_of_the_map_and_the_rule_leave_samples_out() {
    let rule = |when: &str| {
        format!(
            r#"Sex: if sex == "M" then "male" else "female"  <-> gender  when {when}  back if gender == "male" then "M" else "V""#
        )
    };
    assert_eq!(said(&rule(r#"sex != "X""#)), [""; 0]);
    assert_eq!(said(&rule(r#"sex in ["M", "X"]"#)), [r#"no-round-trip "X" → "female" → "V""#]);
}

#[test]
fn what_needs_other_records_is_not_tried() {
    assert_eq!(said(r#"First: (addresses | first).city  <-> first_name  back first_name | upper"#), [""; 0]);
    assert_eq!(said("Points: credits  <-> points  back points | text"), ["type-mismatch"]);
}
