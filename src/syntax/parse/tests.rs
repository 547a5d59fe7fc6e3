//! Which token a finding underlines, what it suggests, and the limits.

use super::*;
use crate::source::Sources;
use crate::syntax::ast::{Arrow, BinaryOp, GoneAction, TargetStep};
use crate::syntax::{block, print};

/// What a text is parsed as.
#[derive(Clone, Copy, Debug)]
enum As {
    Expression,
    Where,
    Order,
    Between,
    Gone,
    Type,
    Fields,
    Overlay,
    Steps,
    Let,
    Match,
    Grants,
    Free,
    Candidates,
}

/// Codes with the text that each underlines. The text stands behind others in its file, so that places count.
fn findings(kind: As, text: &str) -> Vec<(&'static str, String)> {
    let before = "åäö\r\n";
    let mut sources = Sources::default();
    let file = sources.add("example.mapping.yaml", format!("{before}{text}"));
    let map = OffsetMap::identity(Span::new(file, before.len()..before.len() + text.len()));
    let fragment = Fragment { text, map: &map };
    let mut found = Findings::default();
    match kind {
        As::Expression => drop(expression(&fragment, &mut found)),
        As::Where => drop(map_where(&fragment, &mut found)),
        As::Order => drop(order(&fragment, &mut found)),
        As::Between => drop(between(&fragment, &mut found)),
        As::Gone => drop(gone(&fragment, &mut found)),
        As::Type => drop(type_expression(&fragment, &mut found)),
        As::Fields => drop(block::fields(&fragment, &mut found)),
        As::Overlay => drop(block::overlay(&fragment, &mut found)),
        As::Steps => drop(block::steps(&fragment, &mut found)),
        As::Let => drop(block::bindings(&fragment, &mut found)),
        As::Match => drop(block::match_lines(&fragment, &mut found)),
        As::Grants => drop(block::grants(&fragment, &mut found)),
        As::Free => drop(block::free_in(&fragment, &mut found)),
        As::Candidates => drop(block::candidates(&fragment, &mut found)),
    }
    let all = found.sorted();
    for finding in &all {
        assert!(finding.message().chars().count() <= 70, "{}", finding.message());
        assert!(!finding.message().contains('{') && !finding.label().is_empty() && finding.help().is_some(), "{text}");
    }
    all.iter().map(|finding| (finding.code.slug, sources.slice(finding.span).to_string())).collect()
}

fn parsed(text: &str) -> Expr {
    let map = OffsetMap::identity(Span::new(crate::source::FileId(0), 0..text.len()));
    let mut found = Findings::default();
    let expr = expression(&Fragment { text, map: &map }, &mut found);
    assert!(found.is_empty(), "{text}: {:?}", findings(As::Expression, text));
    expr
}

#[test]
fn underlines_the_token_that_is_wrong() {
    use As::*;
    let cases: &[(As, &str, &str, &str)] = &[
        (Expression, "å == ", "ends-too-early", "=="),
        (Expression, "f(å b)", "unexpected-text", "b"),
        (Expression, "f(å = b, c == )", "unexpected-text", ")"),
        (Expression, "å and then", "unexpected-text", "then"),
        (Expression, "if å then b", "ends-too-early", "b"),
        (Expression, "å | has\"A\"", "unexpected-text", "\"A\""),
        (Expression, "match å { P => 1 }", "unexpected-text", "P"),
        (Expression, "match å { \"P\": 1 }", "unexpected-text", ":"),
        (Expression, "å is b", "unexpected-text", "b"),
        (Expression, "f\"{å b}\"", "unexpected-text", "b"),
        (Expression, "å = b", "single-equals", "="),
        (Expression, "f(å)[b = \"c\"]", "single-equals", "="),
        (Expression, "{ värde: it }", "colon-for-equals", ":"),
        (Expression, "f(region: \"NL\")", "colon-for-equals", ":"),
        (Expression, "å <-5", "arrow-in-expression", "<-"),
        (Expression, "å -> b", "arrow-in-expression", "->"),
        (Expression, "å + if b then c else d", "needs-parentheses", "if"),
        (Expression, "å + not b", "needs-parentheses", "not"),
        (Expression, "å == b == c", "chained-comparison", "=="),
        (Expression, "å < b and c < d <= e", "chained-comparison", "<="),
        (Expression, "å is absent is not absent", "chained-comparison", "is not absent"),
        (Expression, "å | count + 1", "pipe-needs-parentheses", "+"),
        (Expression, "f(å | count * 2 > 3)", "pipe-needs-parentheses", "*"),
        (Expression, "å | in", "reserved-word", "in"),
        (Expression, "å == \"b", "unfinished-text", "\"b"),
        (Expression, "å == r\"b", "unfinished-text", "r\"b"),
        (Expression, "f\"å", "unfinished-text", "f\"å"),
        (Expression, "f\"å {b\"", "unclosed-brace", "{"),
        (Expression, "f\"å }\"", "stray-brace", "}"),
        (Expression, "f(å, [b)", "unbalanced-bracket", "["),
        (Expression, "f(å]", "unbalanced-bracket", "]"),
        (Expression, "å)", "unbalanced-bracket", ")"),
        (Expression, "å == 'b c' and d", "single-quoted-text", "'b c'"),
        (Expression, "å == “b” and d", "curly-quote", "“b”"),
        (Expression, "å && b", "symbol-for-word", "&&"),
        (Expression, "å || b", "symbol-for-word", "||"),
        (Expression, "!å", "symbol-for-word", "!"),
        (Expression, "å == 30days", "bad-number", "30days"),
        (Expression, "å == 99999999999d", "bad-number", "99999999999d"),
        (Expression, "å == \"\\d+\"", "bad-escape", "\\d"),
        (Expression, "å\u{200b}b", "invisible-character", "\u{200b}"),
        (Where, "å els skip \"x\"", "unexpected-text", "els"),
        (Where, "å else skip x", "unexpected-text", "x"),
        (Order, "å ascending", "unexpected-text", "ascending"),
        (Between, "å -> b-c", "unexpected-text", "-"),
        (Between, "å $x b", "unexpected-text", "$x"),
        (Between, "å", "ends-too-early", "å"),
        (Gone, "delete", "unknown-word", "delete"),
        (Gone, "remove after 3", "unexpected-text", "3"),
        (Gone, "keep after 3d", "unexpected-text", "after"),
        (Type, "list text", "bad-type", "text"),
        (Type, "string|int", "bad-type", "|"),
        (Type, "{ å text }", "bad-type", "å"),
        (Type, "", "bad-type", ""),
        (Fields, "Näm: å", "missing-arrow", "å"),
        (Fields, "Näm: å => b", "missing-arrow", "=>"),
        (Fields, "Näm: å - > b", "missing-arrow", "- >"),
        (Fields, "Näm: å b", "missing-arrow", "b"),
        (Fields, "Näm: å > b", "missing-arrow", ">"),
        (Fields, "Näm: å -> b else skipp \"c\"", "unexpected-text", "skipp"),
        (Fields, "Näm: å -> b -> c", "two-arrows", "->"),
        (Fields, "å -> b", "missing-label", "å"),
        (Fields, "Näm:å -> b", "missing-label", "Näm"),
        (Fields, "Näm:   # later", "empty-rule", "Näm"),
        (Fields, "Näm: å -> b wen c", "unknown-clause", "wen"),
        (Fields, "Näm: å -> b once when c once", "clause-twice", "once"),
        (Fields, "Näm: å -> b on creat", "unknown-word", "creat"),
        (Fields, "Näm: å -> b prefer lft", "unknown-word", "lft"),
        (Fields, "Näm: å -> in", "reserved-word", "in"),
        (Fields, "Näm: å -> b because c", "unexpected-text", "c"),
        (Fields, "Näm: å -> b else skip", "ends-too-early", "skip"),
        (Fields, "Näm: å ->", "ends-too-early", "->"),
        (Overlay, "Näm: of", "missing-arrow", "of"),
        (Overlay, "Näm: off why", "unexpected-text", "why"),
        (Steps, "å\njoins b as c on d == e", "unknown-step", "joins"),
        (Steps, "å\nfiltrera b == c", "unknown-step", "filtrera"),
        (Steps, "å\neech as b", "unknown-step", "eech"),
        (Steps, "å\nb", "unknown-step", "b"),
        (Steps, "where å == b", "set-without-source", "where"),
        (Steps, "å\njoin b onn c == d", "unexpected-text", "onn"),
        (Steps, "å\neach b.c", "ends-too-early", "c"),
        (Steps, "å\nlet in = b", "reserved-word", "in"),
        (Steps, "elev e", "unexpected-text", "e"),
        (Let, "å == b", "unexpected-text", "=="),
        (Let, "å = 1\n  b = 2", "unexpected-text", "b"),
        (Match, "å != b", "not-a-match", "å != b"),
        (Match, "å == b or c == d", "not-a-match", "å == b or c == d"),
        (Grants, "national-id -> å.b because \"c\"", "unexpected-text", "-"),
        (Grants, "å -> b.c", "ends-too-early", "c"),
        (Free, "å.b = c", "unexpected-text", "="),
        (Candidates, "å |", "ends-too-early", "|"),
    ];
    for (kind, text, slug, slice) in cases {
        assert_eq!(findings(*kind, text), [(*slug, slice.to_string())], "{kind:?} {text}");
    }
}

#[test]
fn suggests_what_is_meant() {
    for (kind, text, help) in [
        (As::Fields, "A: b -> c wen d", "did you mean `when`?"),
        (As::Fields, "A: b => c", "did you mean `->`?"),
        (As::Fields, "A: b > c", "did you mean `->`?"),
        (As::Fields, "A: b —> c", "did you mean `->`?"),
        (As::Fields, "A: b -> c\nD e  f -> g", "write `D e:`"),
        (As::Fields, "A: b -> c else skipp \"d\"", "did you mean `skip`?"),
        (As::Fields, "A: F\"{b}\" -> c", "write `f\"{b}\"`"),
        (As::Where, "a is nt absent", "did you mean `not`?"),
        (As::Where, "a not absent", "write `is not absent`"),
        (As::Fields, "A:b -> c", "put a blank behind the colon: `A: `"),
        (As::Fields, "A: b -> c because d", "write `\"d\"`"),
        (As::Steps, "a\njoins b on c", "did you mean `join`?"),
        (As::Where, "a els skip \"b\"", "did you mean `else`?"),
        (As::Expression, "a | has\"A\"", "write `has(\"A\")`"),
        (As::Expression, "a <-5", "write `< -` if a comparison is meant"),
        (As::Gone, "removed", "did you mean `remove`?"),
        (As::Grants, "national-id -> a.b because \"c\"", "write `national_id`"),
        (As::Let, "a = 1\n  b = 2", "this line continues the one above it, because it is indented deeper"),
    ] {
        let map = OffsetMap::identity(Span::new(crate::source::FileId(0), 0..text.len()));
        let (fragment, mut found) = (Fragment { text, map: &map }, Findings::default());
        match kind {
            As::Fields => drop(block::fields(&fragment, &mut found)),
            As::Steps => drop(block::steps(&fragment, &mut found)),
            As::Where => drop(map_where(&fragment, &mut found)),
            As::Gone => drop(gone(&fragment, &mut found)),
            As::Grants => drop(block::grants(&fragment, &mut found)),
            As::Let => drop(block::bindings(&fragment, &mut found)),
            _ => drop(expression(&fragment, &mut found)),
        }
        assert_eq!(found.sorted()[0].help().as_deref(), Some(help), "{text}");
    }
}

#[test]
fn spans_hold_what_was_written() {
    let text = "(å.b)  ==  ( c | f(d) . e )";
    let expr = parsed(text);
    assert_eq!(&text[expr.span.range()], text);
    let ExprKind::Binary(BinaryOp::Equal, left, right) = &expr.kind else { panic!("{expr:?}") };
    assert_eq!(&text[left.span.range()], "(å.b)");
    assert_eq!(&text[right.span.range()], "( c | f(d) . e )");
    let ExprKind::Field(call, name) = &right.kind else { panic!("{right:?}") };
    assert_eq!(&text[call.span.range()], "c | f(d)");
    assert_eq!(&text[name.span.range()], "e");
}

#[test]
fn words_are_words_only_where_they_are_expected() {
    for text in
        ["when", "on.off", "keep(first, by)", "a.match.if", "f(in = 1, else = 2)", "{ true = a }", "group as", "asc"]
    {
        if text != "group as" {
            parsed(text);
        }
    }
    assert_eq!(findings(As::Steps, "group as g\neach as_ as by\ngroup by g\nwhere where"), []);
    assert_eq!(findings(As::Steps, "union as u"), []);
    assert_eq!(findings(As::Fields, "A: when -> once once\n   on -> keep when when on create"), []);
    assert_eq!(findings(As::Fields, "A: a -> b else keep when c\nB: a -> b else keep.c"), []);
}

#[test]
fn names_are_compared_in_composed_form() {
    let decomposed = parsed("a\u{30a}ngstro\u{308}m");
    assert_eq!(decomposed.kind, ExprKind::Name("ångström".into()));
    assert!(matches!(parsed("a\u{a0}==\u{a0}b").kind, ExprKind::Binary(BinaryOp::Equal, ..)));
}

#[test]
fn targets() {
    let written = |text: &str| {
        let mut found = Findings::default();
        (target(&parsed(text), &mut found), found.sorted())
    };
    let (focused, _) = written("phones[type == \"work\" and rank == -1].value");
    let focused = focused.expect("a target");
    assert_eq!((focused.field.text.as_str(), focused.steps.len()), ("phones", 2));
    assert!(matches!(&focused.steps[0], TargetStep::Focus(pairs) if pairs.len() == 2));
    assert_eq!(print::target(&focused), "phones[type == \"work\" and rank == -1].value");
    for (text, wrong) in [
        ("lower(a)", "lower(a)"),
        ("a[b]", "b"),
        ("a[b == c].d", "c"),
        ("a[b.c == 1]", "b.c"),
        ("a ?? b", "a ?? b"),
        ("\"a\"", "\"a\""),
        ("f(a).b", "f(a)"),
    ] {
        let (target, found) = written(text);
        assert!(target.is_none());
        assert_eq!((found[0].code.slug, &text[found[0].span.range()]), ("not-a-target", wrong));
    }
}

#[test]
fn small_texts() {
    let read = |text: &'static str| {
        let map = Box::leak(Box::new(OffsetMap::identity(Span::new(crate::source::FileId(0), 0..text.len()))));
        Fragment { text, map }
    };
    let mut found = Findings::default();
    let both = between(&read("register.pupil as p <-> account"), &mut found).unwrap();
    assert_eq!((both.left.name().text.as_str(), both.left.path.text().as_str()), ("p", "register.pupil"));
    assert_eq!((both.arrow, both.right.name().text.as_str()), (Arrow::Both, "account"));
    let after = gone(&read("deactivate  after 30d"), &mut found).unwrap();
    assert_eq!((after.action, after.after.unwrap().amount), (GoneAction::Deactivate, 30));
    let kept = map_where(&read("active(a) # now\n else skip \"no\""), &mut found);
    assert_eq!(kept.drop.unwrap().reason, "no");
    let list = type_expression(&read("list of text?"), &mut found);
    assert!(list.optional && matches!(&list.kind, TypeKind::List(element) if !element.optional));
    let TypeKind::Enum(values) = type_expression(&read("enum(a b, \"c, d\", 2.1, é-f)"), &mut found).kind else {
        panic!()
    };
    assert_eq!(values.iter().map(|value| value.text.as_str()).collect::<Vec<_>>(), ["a b", "c, d", "2.1", "é-f"]);
    assert!(found.is_empty());
}

#[test]
fn limits_hold() {
    let deep = |open: &str, close: &str, times: usize| format!("{}x{}", open.repeat(times), close.repeat(times));
    for text in [
        deep("(", ")", 10_000),
        deep("[", "]", 10_000),
        deep("f(", ")", 10_000),
        deep("{ a = ", "}", 10_000),
        deep("f\"{", "}\"", 10_000),
        deep("x[", "]", 10_000),
        deep("not ", "", 10_000),
        deep("-", "", 10_000),
        deep("if a then ", " else b", 3_000),
        deep("if a then b else ", "", 3_000),
        deep("try ", " else b", 3_000),
        deep("match x { 1 => ", "}", 3_000),
        deep("a + ", "", 10_000),
        deep("a or ", "", 10_000),
        deep("a ?? ", "", 10_000),
        deep("", ".b", 10_000),
        deep("", " | f", 10_000),
        deep("", "[a]", 10_000),
        format!("f({})", "a, ".repeat(50_000)),
        format!("\"{}\"", "å".repeat(50_000)),
    ] {
        let found = findings(As::Expression, &text);
        assert_eq!(found.iter().map(|(slug, _)| *slug).collect::<Vec<_>>(), ["expression-too-big"], "{}", &text[..20]);
    }
    let found = findings(As::Type, &format!("{}text", "list of ".repeat(10_000)));
    assert_eq!(found[0].0, "expression-too-big");
    // What a consultant may write is far from the limits, and fits in the stack of any thread.
    let wide = [
        deep("(", ")", 60),
        deep("if a then b else ", "", 60),
        deep("a or ", "", 200),
        deep("f(a, [{ b = ", "}])", 20),
    ];
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let thread = small.spawn(move || wide.iter().for_each(|text| drop(parsed(text)))).expect("a thread");
    thread.join().expect("no finding");
    parsed(&format!("x in [{}]", "\"a\", ".repeat(5_000)));
    parsed(&format!("match x {{ {} else => 1 }}", "\"a\" => 1, ".repeat(2_000)));
}

#[test]
fn two_thousand_rules_are_read_at_once() {
    let rule = "f\"{voornaam} {naam}\" | lower | first_chars(8) -> name when a.b != \"c\" and (d or e) else skip \"f\"";
    let text: String = (0..2000).map(|number| format!("Rij {number}: {rule}\n")).collect();
    let map = OffsetMap::identity(Span::new(crate::source::FileId(0), 0..text.len()));
    let mut found = Findings::default();
    let start = std::time::Instant::now();
    assert_eq!(block::fields(&Fragment { text: &text, map: &map }, &mut found).len(), 2000);
    // Some hundred milliseconds on a quiet machine; a grammar that reads brackets twice would take minutes.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    assert!(found.is_empty());
    println!("2000 rules in {:?}", start.elapsed());
}
