//! `parse(print(x)) == x` for generated trees, apart from places.

use super::*;
use crate::finding::Findings;
use crate::source::{FileId, OffsetMap, Span};
use crate::syntax::ast::{
    Alias, Arm, Arrow, Between, Binding, Clauses, Drop, Free, Gone, GoneAction, Grant, Key, MatchLine, Operation,
    Order, OrderWords, Otherwise, OverlayChange, OverlayLine, Path, Pattern, Prefer, Rule, Source, Step, StepKind,
    TypeExpr, TypeKind, Where,
};
use crate::syntax::{block, parse, parse::Fragment};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const PLACE: Span = Span { file: FileId(0), start: 0, end: 0 };

/// Words that could be taken for something else wherever they stand.
const WORDS: [&str; 24] = [
    "a",
    "b",
    "naam",
    "förnamn",
    "x1",
    "first_name",
    "f",
    "r",
    "when",
    "else_",
    "on",
    "asc",
    "desc",
    "first",
    "keep",
    "clear",
    "skip",
    "off",
    "as",
    "by",
    "group",
    "once",
    "best",
    "each",
];
/// Words that are names only after a dot and before `=`.
const RESERVED: [&str; 6] = ["if", "match", "in", "absent", "true", "not"];

fn name() -> impl Strategy<Value = Name> {
    proptest::sample::select(&WORDS[..]).prop_map(|text| Name { text: text.into(), span: PLACE })
}

fn member() -> impl Strategy<Value = Name> {
    let reserved = proptest::sample::select(&RESERVED[..]).prop_map(|text| Name { text: text.into(), span: PLACE });
    prop_oneof![4 => name(), 1 => reserved]
}

fn text_value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zåäö ]{0,6}",
        3 => r#"[a"\\{}#\n\t:' |\-]{0,6}"#,
        1 => Just("a # b: c -> d".to_string()),
    ]
}

/// What a regular expression can hold in a mapping: all but quotes that would end it, and line ends.
fn regex_value() -> impl Strategy<Value = String> {
    r"[a-zå0-9^$.*+(\[\\#]{0,8}"
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9]{1,4}", "[0-9]{1,3}\\.[0-9]{1,3}"]
}

fn duration_value() -> impl Strategy<Value = Duration> {
    let unit = prop_oneof![Just(Unit::Days), Just(Unit::Weeks), Just(Unit::Months), Just(Unit::Years)];
    (0..1000, unit).prop_map(|(amount, unit)| Duration { amount, unit })
}

fn literal_value() -> impl Strategy<Value = Literal> {
    prop_oneof![
        text_value().prop_map(Literal::Text),
        number().prop_map(Literal::Number),
        number().prop_map(|number| Literal::Number(format!("-{number}"))),
        duration_value().prop_map(Literal::Duration),
        any::<bool>().prop_map(Literal::Bool),
    ]
}

fn of(kind: ExprKind) -> Expr {
    Expr { kind, span: PLACE }
}

fn words() -> impl Strategy<Value = Option<OrderWords>> {
    option::of((any::<bool>(), option::of(any::<bool>())).prop_map(|(descending, absent_first)| OrderWords {
        descending,
        absent_first,
        span: PLACE,
    }))
}

fn leaf() -> impl Strategy<Value = Expr> {
    prop_oneof![
        4 => name().prop_map(|name| ExprKind::Name(name.text)),
        2 => text_value().prop_map(ExprKind::Text),
        1 => number().prop_map(ExprKind::Number),
        1 => duration_value().prop_map(ExprKind::Duration),
        1 => any::<bool>().prop_map(ExprKind::Bool),
        1 => Just(ExprKind::Absent),
        1 => name().prop_map(|name| ExprKind::Option(name.text)),
    ]
    .prop_map(of)
}

fn operator() -> impl Strategy<Value = BinaryOp> {
    use BinaryOp::*;
    proptest::sample::select(
        &[
            Or,
            And,
            Equal,
            NotEqual,
            Less,
            LessOrEqual,
            Greater,
            GreaterOrEqual,
            In,
            NotIn,
            Else,
            Add,
            Subtract,
            Multiply,
            Divide,
        ][..],
    )
}

fn argument_of(expr: impl Strategy<Value = Expr>) -> impl Strategy<Value = Arg> {
    (option::of(member()), expr, words()).prop_map(|(name, value, order)| Arg { name, value, order })
}

fn arm_of(expr: impl Strategy<Value = Expr>) -> impl Strategy<Value = Arm> {
    let pattern = prop_oneof![
        3 => literal_value().prop_map(PatternKind::Literal),
        1 => Just(PatternKind::Absent),
        1 => regex_value().prop_map(PatternKind::Like),
    ]
    .prop_map(|kind| Pattern { kind, span: PLACE });
    (vec(pattern, 0..3), expr).prop_map(|(patterns, value)| Arm { patterns, value, span: PLACE })
}

/// Texts and values in turn: two texts beside each other are one.
fn pieces_of(expr: impl Strategy<Value = Expr>) -> impl Strategy<Value = Vec<Piece>> {
    vec((text_value(), option::of(expr)), 0..3).prop_map(|parts| {
        let mut pieces = Vec::new();
        for (text, value) in parts {
            match pieces.last_mut() {
                Some(Piece::Text(before)) => before.push_str(&text),
                _ if text.is_empty() => {}
                _ => pieces.push(Piece::Text(text)),
            }
            pieces.extend(value.map(Piece::Value));
        }
        pieces
    })
}

fn expr() -> impl Strategy<Value = Expr> {
    leaf().prop_recursive(4, 24, 3, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            6 => (operator(), boxed(), boxed()).prop_map(|(op, left, right)| ExprKind::Binary(op, left, right)),
            2 => boxed().prop_map(ExprKind::Not),
            2 => boxed().prop_map(ExprKind::Negate),
            2 => (boxed(), any::<bool>()).prop_map(|(value, negated)| ExprKind::IsAbsent { value, negated }),
            2 => (boxed(), member()).prop_map(|(base, name)| ExprKind::Field(base, name)),
            2 => (boxed(), boxed()).prop_map(|(base, condition)| ExprKind::Filter(base, condition)),
            2 => (name(), vec(argument_of(inner.clone()), 0..3))
                .prop_map(|(name, args)| ExprKind::Call { name, args, piped: false }),
            3 => (inner.clone(), name(), vec(argument_of(inner.clone()), 0..2)).prop_map(|(value, name, mut args)| {
                args.insert(0, Arg { name: None, value, order: None });
                ExprKind::Call { name, args, piped: true }
            }),
            1 => vec(inner.clone(), 0..3).prop_map(ExprKind::List),
            1 => vec((member(), inner.clone()), 1..3).prop_map(ExprKind::Struct),
            1 => (boxed(), vec(arm_of(inner.clone()), 1..3)).prop_map(|(on, arms)| ExprKind::Match { on, arms }),
            1 => (boxed(), boxed(), boxed()).prop_map(|(a, b, c)| ExprKind::If(a, b, c)),
            1 => (boxed(), boxed()).prop_map(|(a, b)| ExprKind::Try(a, b)),
            1 => pieces_of(inner.clone()).prop_map(ExprKind::Interpolated),
        ]
        .prop_map(of)
    })
}

fn reason() -> impl Strategy<Value = Name> {
    text_value().prop_map(|text| Name { text, span: PLACE })
}

fn clauses_value() -> impl Strategy<Value = Clauses> {
    let flag = || option::of(Just(PLACE));
    let on = vec(proptest::sample::select(&Operation::ALL[..]), 1..3).prop_map(|all| (all, PLACE));
    let prefer = proptest::sample::select(&[Prefer::Left, Prefer::Right, Prefer::Newest, Prefer::Review][..]);
    let otherwise = prop_oneof![
        text_value().prop_map(Otherwise::Skip),
        text_value().prop_map(Otherwise::Reject),
        Just(Otherwise::Clear),
        Just(Otherwise::Keep),
        expr().prop_map(Otherwise::Value),
    ];
    (
        (flag(), flag(), flag(), flag(), flag()),
        (option::of(on), option::of(expr()), option::of(expr()), option::of(reason())),
        (option::of(prefer.prop_map(|side| (side, PLACE))), option::of(otherwise.prop_map(|value| (value, PLACE)))),
    )
        .prop_map(|((once, fill, clear, keep, add), (on, when, back, because), (prefer, otherwise))| Clauses {
            once,
            fill,
            clear,
            keep,
            add,
            on,
            when,
            back,
            because,
            prefer,
            otherwise,
        })
}

fn label_value() -> impl Strategy<Value = Name> {
    let text = prop_oneof!["[A-Za-zåäö][a-z åäö()/-]{0,8}", r#"[a"\\#: ]{1,6}"#];
    text.prop_map(|text| Name { text: text.trim_end().to_string(), span: PLACE })
}

fn arrow_value() -> impl Strategy<Value = Arrow> {
    prop_oneof![
        Just(Arrow::Right),
        Just(Arrow::Left),
        Just(Arrow::Both),
        name().prop_map(|name| Arrow::Option(name.text)),
    ]
}

fn rule_value() -> impl Strategy<Value = Rule> {
    (label_value(), expr(), arrow_value(), expr(), clauses_value()).prop_map(|(label, left, arrow, right, clauses)| {
        Rule { label, first_of_row: true, left, arrow, arrow_span: PLACE, right, clauses, span: PLACE }
    })
}

fn path_value() -> impl Strategy<Value = Path> {
    (name(), vec(member(), 0..2))
        .prop_map(|(first, rest)| Path { names: std::iter::once(first).chain(rest).collect(), span: PLACE })
}

fn source_value() -> impl Strategy<Value = Source> {
    (path_value(), option::of(name())).prop_map(|(path, alias)| Source { path, alias })
}

fn drop_value() -> impl Strategy<Value = Option<Drop>> {
    option::of((any::<bool>(), text_value()).prop_map(|(reject, reason)| Drop { reject, reason, span: PLACE }))
}

fn key_value() -> impl Strategy<Value = Key> {
    (expr(), option::of(name())).prop_map(|(value, alias)| Key { value, alias })
}

fn order_value() -> impl Strategy<Value = Order> {
    (expr(), words()).prop_map(|(value, words)| Order { value, words })
}

fn step_value() -> impl Strategy<Value = Step> {
    prop_oneof![
        (expr(), name(), any::<bool>()).prop_map(|(list, alias, optional)| StepKind::Each { list, alias, optional }),
        (source_value(), expr(), any::<bool>(), drop_value()).prop_map(|(source, on, optional, drop)| StepKind::Join {
            source,
            on,
            optional,
            drop
        }),
        (source_value(), expr(), any::<bool>(), drop_value()).prop_map(|(source, on, without, drop)| StepKind::With {
            source,
            on,
            without,
            drop
        }),
        (expr(), drop_value()).prop_map(|(condition, drop)| StepKind::Where(Where { condition, drop })),
        (name(), expr()).prop_map(|(name, value)| StepKind::Let(Binding { name, value })),
        vec(key_value(), 1..3).prop_map(StepKind::GroupBy),
        (vec(key_value(), 1..3), vec(order_value(), 0..3)).prop_map(|(keys, orders)| StepKind::OnePer(keys, orders)),
    ]
    .prop_map(|kind| Step { kind, span: PLACE })
}

fn type_value() -> impl Strategy<Value = TypeExpr> {
    let simple = prop_oneof![
        proptest::sample::select(&["text", "email", "bytes-size"][..])
            .prop_map(|text| TypeKind::Simple(Name { text: text.into(), span: PLACE })),
        vec("[a-zå ,)\"]{1,5}".prop_map(|text| Name { text, span: PLACE }), 0..3).prop_map(TypeKind::Enum),
        path_value().prop_map(TypeKind::Ref),
    ]
    .prop_map(|kind| TypeExpr { kind, optional: false, span: PLACE });
    let nested = simple.prop_recursive(3, 8, 2, |inner| {
        let optional = (inner.clone(), any::<bool>()).prop_map(|(inner, optional)| TypeExpr { optional, ..inner });
        let element = || inner.clone().prop_map(Box::new);
        prop_oneof![
            element().prop_map(TypeKind::List),
            element().prop_map(TypeKind::Set),
            element().prop_map(TypeKind::Map),
            vec((member(), optional), 1..3).prop_map(TypeKind::Struct),
        ]
        .prop_map(|kind| TypeExpr { kind, optional: false, span: PLACE })
    });
    (nested, any::<bool>()).prop_map(|(written, optional)| TypeExpr { optional, ..written })
}

/// The tree without its places.
fn placeless(tree: &impl std::fmt::Debug) -> String {
    let place = regex::Regex::new(r"Span \{ file: FileId\(\d+\), start: \d+, end: \d+ \}").unwrap();
    place.replace_all(&format!("{tree:?}"), "@").into_owned()
}

/// Parses what was printed, which must give no finding, and the same tree.
fn returns<T: std::fmt::Debug>(tree: &T, text: &str, parse: impl FnOnce(&Fragment<'_>, &mut Findings) -> T) {
    let map = OffsetMap::identity(Span::new(FileId(0), 0..text.len()));
    let mut found = Findings::default();
    let parsed = parse(&Fragment { text, map: &map }, &mut found);
    let found: Vec<_> = found.sorted().into_iter().map(|finding| (finding.code.slug, finding.span.range())).collect();
    assert!(found.is_empty(), "{text}\n{found:?}");
    assert_eq!(placeless(&parsed), placeless(tree), "{text}");
}

fn single<T>(mut all: Vec<T>) -> T {
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn a_rule_of_an_overlay_may_begin_with_a_field_called_off() {
    for text in ["x: off -> y", "x: off in a $a -a", "x: off is absent $direction y"] {
        let map = OffsetMap::identity(Span::new(FileId(0), 0..text.len()));
        let mut found = Findings::default();
        let line = single(block::overlay(&Fragment { text, map: &map }, &mut found));
        assert!(matches!(line.change, OverlayChange::Rule(_)) && found.sorted().is_empty(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expressions_return(tree in expr()) {
        returns(&tree, &expression(&tree), parse::expression);
    }

    #[test]
    fn rules_return(tree in rule_value()) {
        returns(&tree, &rule(&tree), |fragment, found| single(block::fields(fragment, found)));
    }

    #[test]
    fn overlay_lines_return(tree in rule_value(), reason in option::of(reason()), off in any::<bool>()) {
        let label = tree.label.clone();
        let change = if off { OverlayChange::Off(reason) } else { OverlayChange::Rule(Box::new(tree)) };
        let line = OverlayLine { label, change, span: PLACE };
        returns(&line, &overlay_line(&line), |fragment, found| single(block::overlay(fragment, found)));
    }

    #[test]
    fn sets_return(first in prop_oneof![
        source_value().prop_map(StepKind::From), vec(source_value(), 1..3).prop_map(StepKind::Union)
    ], rest in vec(step_value(), 0..3)) {
        let mut steps = vec![Step { kind: first, span: PLACE }];
        steps.extend(rest);
        let text: Vec<String> = steps.iter().map(step).collect();
        returns(&steps, &text.join("\n"), block::steps);
    }

    #[test]
    fn small_texts_return(
        bound in (name(), expr()), pairs in vec((expr(), expr()), 1..3), field in path_value(), value in expr(),
        ordered in order_value(), sides in (source_value(), source_value()), why in reason(),
    ) {
        let bound = Binding { name: bound.0, value: bound.1 };
        returns(&bound, &binding(&bound), |fragment, found| single(block::bindings(fragment, found)));
        let line = MatchLine { pairs, span: PLACE };
        returns(&line, &match_line(&line), |fragment, found| single(block::match_lines(fragment, found)));
        let spelling = Free { field: field.clone(), value };
        returns(&spelling, &free(&spelling), |fragment, found| single(block::free_in(fragment, found)));
        returns(&ordered, &order(&ordered), |fragment, found| parse::order(fragment, found).unwrap());
        let both = Between { left: sides.0, arrow: Arrow::Both, right: sides.1, span: PLACE };
        returns(&both, &between(&both), |fragment, found| parse::between(fragment, found).unwrap());
        let granted = Grant { class: bound.name.clone(), field, because: why, span: PLACE };
        returns(&granted, &grant(&granted), |fragment, found| single(block::grants(fragment, found)));
        let alias = Alias { value: bound.value, field: granted.field, span: PLACE };
        returns(&alias, &stand_in(&alias), |fragment, found| single(block::aliases(fragment, found)));
    }

    #[test]
    fn conditions_return(condition in expr(), drop in drop_value()) {
        let whole = Where { condition, drop };
        let step = Step { kind: StepKind::Where(whole.clone()), span: PLACE };
        returns(&whole, step_text(&step).trim_start_matches("where "), parse::map_where);
    }

    #[test]
    fn types_return(tree in type_value()) {
        returns(&tree, &type_expression(&tree), parse::type_expression);
    }

    #[test]
    fn targets_return(field in name(), steps in vec(prop_oneof![
        member().prop_map(TargetStep::Member),
        vec((name(), literal_value()), 1..3).prop_map(TargetStep::Focus),
    ], 0..3)) {
        let tree = Target { field, steps, span: PLACE };
        returns(&tree, &target(&tree), |fragment, found| {
            let written = parse::expression(fragment, found);
            parse::target(&written, found).unwrap()
        });
    }
}

fn step_text(written: &Step) -> String {
    step(written)
}

#[test]
fn gone_returns() {
    for action in [GoneAction::Keep, GoneAction::Deactivate, GoneAction::Remove] {
        let after = (action != GoneAction::Keep).then_some(Duration { amount: 30, unit: Unit::Days });
        let tree = Gone { action, after, span: PLACE };
        returns(&tree, &gone(&tree), |fragment, found| parse::gone(fragment, found).unwrap());
    }
}

#[test]
fn parentheses_only_where_needed() {
    for text in [
        "a or b and not c == d + e * -f.g",
        "(a or b) and c",
        "a - (b - c)",
        "a ?? b | lower",
        "a + (b | count)",
        "(a | count) + 1",
        "x | first.name",
        "(a ?? b).c",
        "(a == b) == c",
        "not (a and b)",
        "(if a then b else c) + d",
        "if a then b else if c then d else e",
        "(not a) == b",
        "f\"{ { a = b } } {{x}}\"",
        "r\"[0-9]+\\.\"",
        "match x { \"a\" or -1 => b, like r\"x\" => c, absent => d, else => e }",
    ] {
        let map = OffsetMap::identity(Span::new(FileId(0), 0..text.len()));
        let mut found = Findings::default();
        let parsed = parse::expression(&Fragment { text, map: &map }, &mut found);
        assert!(found.is_empty(), "{text}");
        assert_eq!(expression(&parsed), text);
    }
}
