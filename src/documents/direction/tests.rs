//! Paths of expressions; whole tables are tested with the library in `tests/suite.rs`.

use super::*;
use crate::finding::Findings;
use crate::source::{OffsetMap, Span};
use crate::syntax::parse::Fragment;

fn paths(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add("x", text);
    let mut found = Findings::default();
    let map = OffsetMap::identity(Span::new(file, 0..text.len()));
    let expr = crate::syntax::parse::expression(&Fragment { text, map: &map }, &mut found);
    let mut paths = Vec::new();
    collect_paths(&expr, &mut paths);
    paths
}

#[test]
fn paths_are_what_is_read_each_once() {
    assert_eq!(paths(r#"if home.own then "a" else home.own"#), ["home.own"]);
    assert_eq!(paths(r#"mails[type == "x"].value | first"#), ["mails.value"]);
    assert_eq!(paths("lookup($form, code, in = forms.name)"), ["code"]);
    assert_eq!(paths(r#"f"{given} {family}""#), ["given", "family"]);
}
