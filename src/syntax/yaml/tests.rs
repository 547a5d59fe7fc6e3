//! Trees, places of generated scalars in all styles, and slips of the hand.

use super::*;
use crate::syntax::tree::{Kind, Scalar, Style};
use proptest::prelude::*;

fn sources(text: &str) -> (Sources, FileId) {
    let mut sources = Sources::default();
    let file = sources.add("example.mapping.yaml", text);
    (sources, file)
}

/// Codes with the text that each underlines.
fn findings(text: &str) -> Vec<(&'static str, String)> {
    let (sources, file) = sources(text);
    let mut found = Findings::default();
    read(&sources, file, &mut found);
    found.sorted().iter().map(|finding| (finding.code.slug, sources.slice(finding.span).to_string())).collect()
}

fn tree(text: &str) -> (Sources, Node) {
    let (sources, file) = sources(text);
    let mut found = Findings::default();
    let root = read(&sources, file, &mut found).expect("a tree");
    assert!(found.is_empty(), "{text}: {:?}", findings(text));
    (sources, root)
}

#[test]
fn keeps_what_was_written() {
    let (sources, root) = tree("a: no\nb: [0755, 1.10, ~]\nc: { d: 'x', e: }\nf:\n");
    assert_eq!(root.get("a").unwrap().text(), Some("no"));
    let items: Vec<_> = root.get("b").unwrap().items().unwrap().iter().map(|item| item.text().unwrap()).collect();
    assert_eq!(items, ["0755", "1.10", "~"]);
    assert_eq!(sources.slice(root.get("b").unwrap().span), "[0755, 1.10, ~]");
    let map = root.get("c").unwrap();
    assert_eq!(sources.slice(map.span), "{ d: 'x', e: }");
    assert_eq!(sources.slice(map.get("d").unwrap().span), "'x'");
    assert!(map.get("e").unwrap().is_missing());
    assert!(root.get("f").unwrap().is_missing());
    assert_eq!(sources.slice(root.get("f").unwrap().span), "f");
}

#[test]
fn styles_and_places() {
    let text =
        "\u{feff}å: |  # note\r\n  åäö -> x\r\n\r\n    y\r\nb: >-\r\n  x\r\n  y\r\nc: 'it''s'\r\nd: plain\r\n  on\r\n";
    let (sources, root) = tree(text);
    let style = |key: &str| root.get(key).unwrap().scalar().unwrap().style;
    assert_eq!(
        [style("å"), style("b"), style("c"), style("d")],
        [Style::Literal, Style::Folded, Style::Quoted, Style::Plain]
    );
    assert_eq!(root.get("å").unwrap().text(), Some("åäö -> x\n\n  y\n"));
    assert_eq!(sources.slice(root.get("å").unwrap().span), "åäö -> x\r\n\r\n    y");
    assert_eq!(root.get("b").unwrap().text(), Some("x y"));
    assert_eq!(sources.slice(root.get("d").unwrap().span), "plain\r\n  on");
    assert_eq!(sources.slice(root.entry("å").unwrap().key_span), "å");
}

#[test]
fn slips_of_the_hand() {
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("", &[("empty-document", "")]),
        ("# only a comment\n", &[("empty-document", "")]),
        ("å: 1\nb: 2\nå: 3\n", &[("duplicate-key", "å")]),
        ("a: {b: 1, b: 2}\n", &[("duplicate-key", "b")]),
        ("a:\n\tb: c\n", &[("tab-indentation", "\t")]),
        ("a:\n  å: c\n\td: e\n", &[("tab-indentation", "\t")]),
        ("a: |\n\t\tx\n", &[("tab-indentation", "\t\t")]),
        ("a:\n  b: c\n d: e\n", &[("wrong-indentation", "d: e")]),
        ("a:\n  - b\n å\n", &[("wrong-indentation", "å")]),
        ("a: å\n  c: d\n", &[("wrong-indentation", "c: d")]),
        ("a: |\n    x\n  y\nb: c\n", &[("wrong-indentation", "y")]),
        ("a: \"å\nd: e\n", &[("unclosed-quote", "\"")]),
        ("a: 'it's'\n", &[("yaml-reads-this-itself", "'")]),
        ("a: \"x\ny: z", &[("unclosed-quote", "\"")]),
        ("a: [b, å\nd: e\n", &[("unclosed-list-or-map", "[")]),
        ("a: {b: å\n", &[("unclosed-list-or-map", "{")]),
        ("a:\n  - { b: \"1\", c: å\nd: e\n", &[("unclosed-list-or-map", "{")]),
        ("a: {b: å}}\n", &[("unclosed-list-or-map", "}")]),
        ("a: [b}\n", &[("unclosed-list-or-map", "[")]),
        ("å: \"DOMAIN\\user\"\n", &[("yaml-escape", "\\u")]),
        ("å: \"å\\q\"\n", &[("yaml-escape", "\\q")]),
        ("a: å\nb\nd: e\n", &[("missing-colon", "b")]),
        ("a  å\nb: c\n", &[("missing-colon", "a")]),
        ("a: b\nc  å\nd: e\n", &[("missing-colon", "c")]),
        ("a: b\nc |\n  å: x -> y\nd: e\n", &[("missing-colon", "c")]),
        ("a:\n  b\n    c: d\n    e: f\n", &[("missing-colon", "b")]),
        ("a:\n  b c\n  d: e\n", &[("missing-colon", "b")]),
        ("a: b\nc:å\nd: e\n", &[("missing-blank", ":")]),
        ("a: b\nc:\u{a0}å\nd: e\n", &[("missing-blank", ":")]),
        ("a:\n  -b: c\n    d: e\n", &[("missing-blank", "-")]),
        ("a: { b: \"å\" c: d }\n", &[("missing-comma", "c")]),
        ("a: { b: å c: d }\n", &[("missing-comma", "c")]),
        ("a: [\"b\" \"c\"]\n", &[("missing-comma", "\"")]),
        ("  a: b\nc: d\n", &[("wrong-indentation", "a: b")]),
        ("a:\n   b: c\n    d: e\n    f: g\n", &[("wrong-indentation", "b: c")]),
        ("a:\n  b: |\n    x: y -> z\n  å: y -> z\n    c: y -> z\n", &[("wrong-indentation", "å: y -> z")]),
        ("å: b\n---\nc: d\n", &[("several-documents", "---")]),
        (
            "on: x\nOff: y\n~: z\n\"no\": w\n",
            &[("key-misread-elsewhere", "on"), ("key-misread-elsewhere", "Off"), ("key-misread-elsewhere", "~")],
        ),
        ("? [å]\n: z\n", &[("key-not-a-text", "[å]")]),
        ("{a: b}: c\n", &[("key-not-a-text", "{a: b}")]),
        (": c\n", &[("key-not-a-text", "")]),
        ("a: &x { b: c }\nd: *x\ne: *x\n", &[("anchor-or-alias", "&x")]),
        ("a:\n  <<: *x\n  b: c\n", &[("anchor-or-alias", "<<")]),
        ("a: { doc: ett, två, tre, type: text }\n", &[("comma-in-plain-text", "två")]),
        ("a: { type: text, när }\n", &[("comma-in-plain-text", "när")]),
    ];
    for (text, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|(slug, slice)| (*slug, slice.to_string())).collect();
        assert_eq!(findings(text), expected, "{text}");
    }
}

#[test]
fn rules_that_yaml_reads_itself() {
    for (rule, slice) in [
        ("\"å\" == b", "\""),
        ("'å' == b", "'"),
        ("[å] == b", "["),
        ("{å} == b", "{"),
        ("!a", "!a"),
        ("!a == b", "!a"),
        ("! a", "!"),
        ("*å == b", "*å"),
        ("| a", "|"),
        ("> 5", ">"),
        ("%a", "%"),
        ("@a", "@"),
        ("`a`", "`"),
        ("a == \"å: b\"", ":"),
        ("a == \"å #b\"", "#b\""),
    ] {
        let text = format!("mapping: x\nmaps:\n  m:\n    where: {rule}\n    gone: keep\n");
        assert_eq!(findings(&text), [("yaml-reads-this-itself", slice.to_string())], "{rule}");
    }
    // A comment behind a rule is a comment.
    assert!(findings("where: a == \"b\"   # only these\n").is_empty());
    assert_eq!(findings("where: &å b\n"), [("anchor-or-alias", "&å".to_string())]);
}

#[test]
fn one_slip_spoils_nothing_else() {
    for (slip, slug) in [
        ("d: [x, y", "unclosed-list-or-map"),
        ("d: {x: y", "unclosed-list-or-map"),
        ("d: [x,\n    {y: z]", "unclosed-list-or-map"),
        ("d: x]", ""),
        ("d: [x]]", "unclosed-list-or-map"),
        ("d: \"x y", "unclosed-quote"),
        ("d: 'x\n    y", "unclosed-quote"),
        ("d: \"x\\y\"", "yaml-escape"),
        ("\td: x", "tab-indentation"),
        ("   d: x\n     y: z", "wrong-indentation"),
        ("d", "missing-colon"),
        ("d  x", "missing-colon"),
        ("d:x", "missing-blank"),
        ("d: {x: \"y\" z: 5}", "missing-comma"),
        ("d: \"x\" == y", "yaml-reads-this-itself"),
        ("d: x: y", "yaml-reads-this-itself"),
        ("d: *x == y", "yaml-reads-this-itself"),
        ("d: !x y", "yaml-reads-this-itself"),
        ("d: @x", "yaml-reads-this-itself"),
    ] {
        let text = format!("a: 1\nb:\n  c: 2\n  {slip}\n  e: [3]\nf: 4\n");
        let found: Vec<_> = findings(&text).into_iter().map(|(slug, _)| slug).collect();
        assert_eq!(found.concat(), slug, "{text}");
        let (sources, file) = sources(&text);
        let root = read(&sources, file, &mut Findings::default()).expect("a tree");
        assert_eq!(root.get("a").and_then(Node::text), Some("1"), "{text}");
        assert_eq!(root.get("b").and_then(|b| b.get("c")).and_then(Node::text), Some("2"), "{text}");
        let items = root.get("b").and_then(|b| b.get("e")).and_then(Node::items);
        assert_eq!(items.and_then(|items| items[0].text()), Some("3"), "{text}");
        assert_eq!(root.get("f").and_then(Node::text), Some("4"), "{text}");
    }
}

#[test]
fn hard_blanks_around_a_text_are_no_part_of_it() {
    let (sources, root) = tree("a:  \u{a0}å\u{a0}\nb\u{a0}: c\n");
    let node = root.get("a").expect("a key");
    assert_eq!((node.text(), sources.slice(node.span)), (Some("å"), "å"));
    assert_eq!(root.get("b").and_then(Node::text), Some("c"));
    // In quotes they were meant.
    assert_eq!(tree("a: \"å\u{a0}\"\n").1.get("a").and_then(Node::text), Some("å\u{a0}"));
}

#[test]
fn a_rule_that_yaml_would_cut_is_read_whole() {
    for rule in ["\"å\" == b", "[å] == b", "{ a = å } == b", "a == \"å: b\"", "a == \"å #b\""] {
        let (sources, file) = sources(&format!("where: {rule}\nscope: {rule}\n"));
        let mut found = Findings::default();
        let root = read(&sources, file, &mut found).expect("a tree");
        assert_eq!(found.len(), 2, "{rule}");
        for key in ["where", "scope"] {
            let node = root.get(key).expect(key);
            assert_eq!((node.text(), sources.slice(node.span)), (Some(rule), rule));
        }
    }
}

#[test]
fn a_comma_in_prose_keeps_the_prose() {
    let (sources, file) = sources("a: { doc: ett, två,  tre, type: text }\n");
    let root = read(&sources, file, &mut Findings::default()).unwrap();
    let doc = root.get("a").unwrap().get("doc").unwrap();
    assert_eq!(doc.text(), Some("ett, två,  tre"));
    assert_eq!(sources.slice(doc.span), "ett, två,  tre");
    assert_eq!(root.get("a").unwrap().get("type").unwrap().text(), Some("text"));
}

#[test]
fn limits_hold() {
    let deep_block: String = (0..2000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let aliases: String = (1..10).map(|n| format!("l{n}: &l{n} [*l{m}, *l{m}, *l{m}]\n", m = n - 1)).collect();
    for (text, slug) in [
        ("[".repeat(10_000), "document-too-big"),
        ("{a: ".repeat(10_000), "document-too-big"),
        ("- ".repeat(10_000), "document-too-big"),
        (deep_block, "document-too-big"),
        (format!("a: {}x", "b".repeat(MAX_BYTES)), "document-too-big"),
        (format!("[{}]", "a,".repeat(MAX_NODES + 1)), "document-too-big"),
        (format!("l0: &l0 [x, x]\n{aliases}"), "anchor-or-alias"),
    ] {
        let found = findings(&text);
        assert!(!found.is_empty() && found.iter().all(|(found, _)| *found == slug), "{found:?}");
    }
}

#[test]
fn bytes_that_are_no_text() {
    assert_eq!(decode("å\r\n".as_bytes()), Ok("å\r\n".to_string()));
    let latin = b"namn: A\nstad: V\xe4ster\xe5s\n";
    assert_eq!(decode(latin), Err(NotUtf8 { at: 15, line: 2 }));
    let (mut sources, mut found) = (Sources::default(), Findings::default());
    let (file, readable) = add(&mut sources, "a.mapping.yaml", latin, &mut found);
    assert!(!readable);
    let finding = &found.sorted()[0];
    assert_eq!((finding.span.file, finding.span.start), (file, 15));
    assert_eq!(sources.slice(finding.span), "\u{FFFD}");
    assert_eq!(finding.label(), "byte 15, on line 2, could not be read as UTF-8");
    // A text in which another tool has lost characters already is no better.
    assert_eq!(findings("namn: A\nstad: V\u{fffd}ster\n"), [("not-utf-8", "\u{fffd}".to_string())]);
}

/// Every solid character of the decoded text leads to itself in the file, or to the escape that stands for it; places
/// never run backwards; and a range of the whole leads to the whole.
fn check_map(sources: &Sources, scalar: &Scalar) {
    let mut before = 0;
    for (at, character) in scalar.text.char_indices() {
        let span = scalar.map.span(at..at + character.len_utf8());
        assert!(span.start >= before, "places run backwards at {at} of {:?}", scalar.text);
        before = span.start;
        let file = sources.slice(span);
        if !character.is_whitespace() {
            let escaped = file.starts_with('\\') || file == "''";
            assert!(
                escaped || file == character.to_string(),
                "{character:?} at {at} leads to {file:?}: {:?}",
                scalar.text
            );
        }
    }
}

fn indented(text: &str, indent: usize, newline: &str) -> String {
    let pad = " ".repeat(indent);
    text.split('\n')
        .map(|line| if line.trim().is_empty() { line.to_string() } else { format!("{pad}{line}") })
        .collect::<Vec<_>>()
        .join(newline)
}

fn double_quoted(text: &str, escape_all: bool, newline: &str) -> String {
    text.chars()
        .map(|character| match character {
            '"' => "\\\"".to_string(),
            '\\' => "\\\\".to_string(),
            '\n' => newline.to_string(),
            '\t' => "\\t".to_string(),
            'å' => "\\xe5".to_string(),
            '😀' => "\\uD83D\\uDE00".to_string(),
            other if escape_all && !other.is_ascii() => format!("\\u{:04x}", other as u32),
            other => other.to_string(),
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_solid_byte_leads_to_its_file_byte(
        words in proptest::collection::vec(r#"[a-zåäöß"'\\#:>|€-]{1,5}😀?( {1,2}| ?\n{1,3} {0,2})"#, 1..8),
        style in 0..7, chomp in proptest::sample::select(&["", "-", "+"][..]), crlf in any::<bool>(), bom in any::<bool>(),
        indent in 1_usize..4, escape_all in any::<bool>(),
    ) {
        let newline = if crlf { "\r\n" } else { "\n" };
        let text: String = words.concat();
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let value = match style {
            // The first line must not be indented deeper than the rest: the parser would take that for the indentation.
            0 => format!("|{chomp}{newline}{}", indented(text.trim_start(), indent, newline)),
            1 => format!(">{chomp}{newline}{}", indented(text.trim_start(), indent, newline)),
            2 => format!("\"{}\"", double_quoted(&text, escape_all, "\\n")),
            3 => format!("\"{}\"", indented(&double_quoted(text.trim(), escape_all, "\n"), indent, newline)),
            4 => format!("'{}'", indented(&text.trim().replace('\'', "''"), indent, newline)),
            5 => format!("x{}", indented(&flat.replace(['#', ':'], "-"), 0, newline)),
            _ => format!("x{}", indented(&text.trim().replace(['#', ':'], "-"), indent, newline)),
        };
        let document = format!("{}äkey: {value}{newline}after: ö{newline}", if bom { "\u{feff}" } else { "" });
        let (sources, file) = sources(&document);
        let mut found = Findings::default();
        let root = read(&sources, file, &mut found);
        prop_assert!(found.is_empty(), "{document:?} {:?}", findings(&document));
        let root = root.unwrap();
        let node = root.get("äkey").unwrap();
        let scalar = node.scalar().unwrap();
        check_map(&sources, scalar);
        let solid = |text: &str| text.chars().filter(|character| !character.is_whitespace()).collect::<String>();
        if matches!(style, 0..=4) {
            prop_assert_eq!(solid(&scalar.text), solid(&text), "{:?}", document);
        }
        prop_assert_eq!(root.get("after").unwrap().text(), Some("ö"));
    }

    #[test]
    fn any_text_is_read_or_refused(text in r#"([ \t]{0,3}[a-c"'å]{0,2}[:,\-?&*!|>%@`#{}\[\]]{0,2}[ \r]?\n?){0,12}"#) {
        let (sources, file) = sources(&text);
        let mut found = Findings::default();
        let root = read(&sources, file, &mut found);
        prop_assert!(root.is_some() || !found.is_empty());
        fn visit(sources: &Sources, node: &Node, sound: bool) {
            sources.slice(node.span);
            match &node.kind {
                Kind::Scalar(scalar) if sound => check_map(sources, scalar),
                Kind::Scalar(scalar) => assert!(sources.slice(scalar.map.span(0..scalar.text.len())).len() < 1_000),
                Kind::List(items) => items.iter().for_each(|item| visit(sources, item, sound)),
                Kind::Map(entries) => entries.iter().for_each(|entry| visit(sources, &entry.value, sound)),
                Kind::Missing => {}
            }
        }
        let sound = found.is_empty();
        root.iter().for_each(|root| visit(&sources, root, sound));
        prop_assert!(found.sorted().iter().all(|finding| sources.slice(finding.span).len() <= text.len()));
    }
}
