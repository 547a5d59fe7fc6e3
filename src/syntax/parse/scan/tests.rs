//! Tokens, comments and arrows.

use super::*;
use crate::source::{FileId, Run, Span};

fn scan(text: &str) -> Scan {
    let map = OffsetMap::identity(Span::new(FileId(0), 0..text.len()));
    let mut scan = Scan::default();
    for line in crate::syntax::parse::lines(text) {
        scan.line(text, line, &map);
    }
    scan
}

fn words(text: &str) -> Vec<&str> {
    scan(text).tokens.iter().map(|token| &text[token.range.clone()]).collect()
}

#[test]
fn tokens_are_whole_words_texts_and_signs() {
    assert_eq!(words("å.b ?? f(\"c d\", r\"e\")"), ["å", ".", "b", "??", "f", "(", "\"c d\"", ",", "r\"e\"", ")"]);
    assert_eq!(words("a<-5 b->c d<->e f=>g"), ["a", "<-", "5", "b", "->", "c", "d", "<->", "e", "f", "=>", "g"]);
    assert_eq!(words("$åb 30d 1.50 if1"), ["$åb", "30d", "1.50", "if1"]);
    assert_eq!(words("r#\"a \"b\" c\"# x"), ["r#\"a \"b\" c\"#", "x"]);
}

#[test]
fn values_in_texts_are_scanned_too() {
    let text = r#"f"a {b | f("}", { c = d })} {{e}} {f"{g}"}""#;
    let inner = ["f\"a ", "{", "b", "|", "f", "(", "\"}\"", ",", "{", "c", "=", "d", "}", ")", "}", " {{e}} "];
    assert_eq!(words(text)[..16], inner);
    assert!(scan(text).troubles.is_empty(), "{:?}", scan(text).troubles);
}

#[test]
fn comments_begin_after_a_blank_and_before_one() {
    for (text, comments) in [
        ("a # b \"c", vec!["# b \"c"]),
        ("# a", vec!["# a"]),
        ("a #", vec!["#"]),
        ("\"a # b\" # c", vec!["# c"]),
        ("f\"a # {b # c}\"", vec![]),
        ("a# b", vec![]),
        ("a #b", vec![]),
        ("a # b\nc # d", vec!["# b", "# d"]),
    ] {
        let scanned = scan(text);
        assert_eq!(scanned.blanks.iter().map(|range| &text[range.clone()]).collect::<Vec<_>>(), comments, "{text}");
        assert_eq!(scanned.without_comments(text).len(), text.len());
    }
}

#[test]
fn a_comment_in_folded_lines_ends_with_its_line() {
    // a: >-
    //   b # c
    //   d
    let text = "b # c d";
    let run = |at, file_at, file_len| Run { at, file_at, escape: false, file_len };
    let map = OffsetMap { file: FileId(0), runs: vec![run(0, 8, 5), run(5, 15, 2)], len: 7, file_end: 17 };
    let mut scan = Scan::default();
    scan.line(text, 0..text.len(), &map);
    assert_eq!(scan.without_comments(text), "b     d");
}

#[test]
fn arrows_and_options_as_arrows() {
    for (text, arrow) in [
        ("a -> b", Some("->")),
        ("foto $photo photo", Some("$photo")),
        ("f(a -> b)", None),
        ("a when $b keep", None),
        ("a == $b", None),
        ("if $a then b", None),
        ("f(x) $a \"b\"", Some("$a")),
        ("$a", None),
        ("a | f(\"->\")", None),
    ] {
        let scanned = scan(text);
        let found = first_arrow(text, &scanned.tokens).map(|index| &text[scanned.tokens[index].range.clone()]);
        assert_eq!(found, arrow, "{text}");
    }
}
