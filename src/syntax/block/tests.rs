//! Whole blocks: rows, continuations, and what one bad line does to the others.

use super::*;
use crate::source::Sources;
use crate::syntax::ast::{Arrow, ExprKind, OverlayChange, Prefer, StepKind};
use crate::syntax::tree::Node;
use crate::syntax::{parse, print, yaml};

/// A mapping with every kind of block, as a consultant would write it.
const MAPPING: &str = r##"mapping: register--katalog
left: register
right: katalog
functions:
  efternamn:
    takes: { sed: "text?", eget: "text?", partner: "text?" }
    is: >-
      match sed {   # a comment in folded lines ends with its line
        "P" => partner ?? eget,
        "B" or absent => eget,
        like r"^P" => words(partner, eget), else => eget }
sets:
  plats: |
    # one row per class and pupil
    klass as k
    each k.elever as nyckel
    optional join elev as e on e.nummer == nyckel and
      e.aktiv
    without spärrad as s on s.nummer == nyckel           else reject "spärrad"
    where e is not absent or k.öppen                     else skip "okänd elev"
    let kod = f"{k.kod}#{e.nummer | lower}"
    group by k, e.år as årskurs
    one per k best e.start desc absent last, e.nummer
  alla: |
    union elev as e, lärare
maps:
  elever:
    between: elev as e <-> konto
    where: active(start, slut, before = 10d)               else skip "slutat"
    match: |
      e.nummer == nummer
      e.epost == mail
        and e.född == birth
    gone: deactivate after 30d
    let: |
      hem = adresser[typ == "hem"] | first
      namn = words(
        tilltalsnamn,
        efternamn
      )
    fields: |
      Namn:            namn                     ->  name          # the whole name
      Förnamn:         tilltalsnamn             ->  first_name    once
                       förnamn ?? ""            ->  second_name   once because "reservnamn"
      "Vårdnad: ja":   vårdnad                 <->  guardian      prefer right
      Foto:            foto                   $foto photo         when foto.källa != "register"
      Gata:            match hem.land {
                         "SE" => hem.gata,     # our own
                         else => f"{hem.gata} ({hem.land})"
                       } -> street
                       when hem is not absent
      # Telefon:       telefon -> phone
      "E-post # 1":    epost <- mail
      Status:          true                     ->  active        on create, reactivate
      Grupp:           klass.kod | upper        ->  group         else reject "ingen klass"
    allocate:
      konto:
        candidates: |
          f"{tilltalsnamn}.{efternamn}" | ad_safe
          f"{initialer}.{efternamn}"
            | ad_safe
        free in: |
          katalog.konto.login   konto
          katalog.konto.mail    f"{konto}@{$domän}"
  enkel: { between: lärare -> konto, fields: "Namn: namn -> name" }
"##;

const SYNC: &str = "\u{feff}sync: exempel\r
allow: |\r
  national_id -> elev.personnummer because \"avtal: 2026-03-01\"\r
change:\r
  elever:\r
    fields: |\r
      E-post:   epost -> mail   because \"ny skola\"\r
                epost2 -> mail2\r
      Telefon:  off             because \"överenskommet\"\r
      Foto:     off\r
";

struct Read {
    sources: Sources,
    root: Node,
    found: Findings,
}

fn read(text: &str) -> Read {
    let (mut sources, mut found) = (Sources::default(), Findings::default());
    let file = sources.add("example.mapping.yaml", text);
    let root = yaml::read(&sources, file, &mut found).expect("a tree");
    Read { sources, root, found }
}

impl Read {
    fn block<T>(&mut self, path: &str, parse: impl FnOnce(&Fragment<'_>, &mut Findings) -> T) -> T {
        let node = path.split('/').fold(&self.root, |node, key| node.get(key).expect(path));
        parse(&Fragment::from(node.scalar().expect("a scalar")), &mut self.found)
    }

    fn no_findings(self) {
        let found = self.found.sorted();
        let all: Vec<_> = found.iter().map(|finding| (finding.code.slug, self.sources.slice(finding.span))).collect();
        assert!(all.is_empty(), "{all:?}");
    }
}

#[test]
fn a_whole_mapping_is_read() {
    let mut file = read(MAPPING);
    let surname = file.block("functions/efternamn/is", parse::expression);
    assert!(matches!(surname.kind, ExprKind::Match { arms, .. } if arms.len() == 4));
    let seats: Vec<String> = file.block("sets/plats", steps).iter().map(print::step).collect();
    assert_eq!(
        seats,
        [
            "klass as k",
            "each k.elever as nyckel",
            "optional join elev as e on e.nummer == nyckel and e.aktiv",
            "without spärrad as s on s.nummer == nyckel else reject \"spärrad\"",
            "where e is not absent or k.öppen else skip \"okänd elev\"",
            "let kod = f\"{k.kod}#{e.nummer | lower}\"",
            "group by k, e.år as årskurs",
            "one per k best e.start desc absent last, e.nummer",
        ]
    );
    assert!(matches!(&file.block("sets/alla", steps)[0].kind, StepKind::Union(all) if all.len() == 2));
    assert_eq!(
        file.block("maps/elever/match", match_lines).iter().map(|line| line.pairs.len()).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(file.block("maps/elever/let", bindings).len(), 2);
    assert_eq!(file.block("maps/elever/allocate/konto/candidates", candidates).len(), 2);
    assert_eq!(file.block("maps/elever/allocate/konto/free in", free_in).len(), 2);
    assert_eq!(file.block("maps/enkel/fields", fields).len(), 1);
    assert!(file.block("maps/elever/where", parse::map_where).drop.is_some());
    assert!(file.block("maps/elever/between", parse::between).is_some());
    assert!(file.block("maps/elever/gone", parse::gone).is_some());
    file.no_findings();
}

#[test]
fn labels_rows_and_comments() {
    let mut file = read(MAPPING);
    let rules = file.block("maps/elever/fields", fields);
    let labels: Vec<_> = rules.iter().map(|rule| (rule.label.text.as_str(), rule.first_of_row)).collect();
    assert_eq!(
        labels,
        [
            ("Namn", true),
            ("Förnamn", true),
            ("Förnamn", false),
            ("Vårdnad: ja", true),
            ("Foto", true),
            ("Gata", true),
            ("E-post # 1", true),
            ("Status", true),
            ("Grupp", true),
        ]
    );
    assert_eq!(rules[4].arrow, Arrow::Option("foto".into()));
    assert_eq!(rules[3].clauses.prefer.map(|(side, _)| side), Some(Prefer::Right));
    let slice = |span| file.sources.slice(span);
    assert_eq!(slice(rules[3].label.span), "\"Vårdnad: ja\"");
    assert_eq!(slice(rules[2].span), "förnamn ?? \"\"            ->  second_name   once because \"reservnamn\"");
    assert_eq!(slice(rules[0].right.span), "name");
    assert!(slice(rules[5].span).starts_with("match hem.land {") && slice(rules[5].span).ends_with("is not absent"));
    assert_eq!(slice(rules[6].arrow_span), "<-");
    file.no_findings();
}

#[test]
fn an_overlay_with_crlf_and_a_byte_order_mark() {
    let mut file = read(SYNC);
    let lines = file.block("change/elever/fields", overlay);
    let changes: Vec<_> = lines.iter().map(print::overlay_line).collect();
    assert_eq!(
        changes,
        [
            "E-post: epost -> mail because \"ny skola\"",
            "epost2 -> mail2",
            "Telefon: off because \"överenskommet\"",
            "Foto: off",
        ]
    );
    assert!(
        matches!(&lines[2].change, OverlayChange::Off(Some(reason)) if file.sources.slice(reason.span) == "\"överenskommet\"")
    );
    assert_eq!(file.sources.slice(lines[1].label.span), "E-post");
    let grants = file.block("allow", grants);
    assert_eq!(grants[0].field.text(), "elev.personnummer");
    assert_eq!(file.sources.slice(grants[0].class.span), "national_id");
    file.no_findings();
}

/// Codes with what they underline, and the labels of the rules that came out.
fn rules_of(text: &str) -> (Vec<(&'static str, String)>, Vec<String>) {
    let indented: String = text.lines().map(|line| format!("  {line}\n")).collect();
    let mut file = read(&format!("fields: |\n{indented}"));
    let described = |rule: &Rule| format!("{} {}", rule.label.text, print::expression(&rule.right));
    let rules = file.block("fields", fields).iter().map(described).collect();
    let found = std::mem::take(&mut file.found).sorted();
    (found.iter().map(|finding| (finding.code.slug, file.sources.slice(finding.span).to_string())).collect(), rules)
}

#[test]
fn a_bad_rule_spoils_no_other() {
    let expect = |text: &str, slug: &'static str, slice: &str, rules: &[&str]| {
        let (found, all) = rules_of(text);
        assert_eq!(found, [(slug, slice.to_string())], "{text}");
        assert_eq!(all, rules, "{text}");
    };
    // The rule keeps its label, and the field that it writes if that can be seen.
    expect("A: f(å -> b\nB: c -> d", "unbalanced-bracket", "(", &["A …", "B d"]);
    expect("A: å = -> b.c when d\nB: c -> d", "single-equals", "=", &["A b.c", "B d"]);
    expect("A: \"å -> b\nB: c -> d", "unfinished-text", "\"å -> b", &["A …", "B d"]);
    expect("A: a -> b\nB: match å {\n  1 => 2\nC: c -> d", "unbalanced-bracket", "{", &["A b", "B …", "C d"]);
    expect("A:\nB: c -> d", "empty-rule", "A", &["B d"]);
    expect("a -> b\n  c -> d\nB: å -> e", "missing-label", "a", &[" b", " d", "B e"]);
    expect("A: a ->\n    b\n    å c\nB: c -> d", "unknown-clause", "å", &["A b", "B d"]);
    expect("A: a -> b\n   å + -> c\nB: c -> d", "unexpected-text", "->", &["A b", "A c", "B d"]);
}

#[test]
fn lines_that_yaml_has_joined_give_one_finding() {
    for text in
        ["fields: >\n  A: å -> b\n  B: c -> d\n", "fields: 'A: å -> b\n  B: c -> d'\n", "fields: A -> å\n  B -> d\n"]
    {
        let mut file = read(text);
        assert_eq!(file.block("fields", fields).len(), 2);
        let found = std::mem::take(&mut file.found).sorted();
        let all: Vec<_> = found.iter().map(|finding| (finding.code.slug, file.sources.slice(finding.span))).collect();
        assert!(matches!(all[..], [("lines-are-folded", "B:" | "B")]), "{text}: {all:?}");
    }
    let mut escaped = read("fields: \"A: \\u00e5 -> b\\nB: \\\"c\\\" -> d\"\n");
    let rules = escaped.block("fields", fields);
    assert_eq!(rules.len(), 2);
    assert_eq!(escaped.sources.slice(rules[0].left.span), "\\u00e5");
    assert_eq!(escaped.sources.slice(rules[1].left.span), "\\\"c\\\"");
    escaped.no_findings();
}

#[test]
fn a_closing_bracket_at_the_start_of_a_line_continues() {
    let mut file =
        read("let: |\n  a = match b {\n    1 => 2\n  }\n  c = [\n    3\n  ] | count\nempty: |\n\n  # nothing\n");
    let names: Vec<_> = file.block("let", bindings).iter().map(print::binding).collect();
    assert_eq!(names, ["a = match b { 1 => 2 }", "c = [3] | count"]);
    assert!(file.block("empty", fields).is_empty() && file.block("empty", steps).is_empty());
    file.no_findings();
}

#[test]
fn a_broken_binding_keeps_its_name() {
    let mut file = read("let: |\n  a = b +\n  c = a\n");
    let bound: Vec<_> = file.block("let", bindings).iter().map(print::binding).collect();
    assert_eq!(bound, ["a = …", "c = a"]);
    assert_eq!(file.found.len(), 1);
}
