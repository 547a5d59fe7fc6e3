//! Templates: what they give, and what is found wrong with them.

use super::*;
use crate::source::{FileId, OffsetMap};
use serde_json::json;

fn leaf(text: &str) -> Node {
    let span = Span { file: FileId(0), start: 100, end: 100 + text.len() as u32 };
    Node {
        kind: Kind::Scalar(Scalar { text: text.into(), style: Style::Quoted, map: OffsetMap::identity(span) }),
        span,
    }
}

fn names() -> ScopeNames {
    ScopeNames { settings: vec![("prefix".into(), false), ("password".into(), true)] }
}

fn compile(text: &str) -> Result<Template, (String, String)> {
    let entity = [("path".to_string(), "persons".to_string())];
    let place = Place { roots: &["settings", "record", "entity", "as_of"], secrets: false, entity: &entity };
    let mut found = Findings::default();
    let template = Template::compile(&leaf(text), &names(), &place, &mut found);
    match found.sorted().into_iter().next() {
        None => Ok(template.expect("no finding, so a template")),
        Some(finding) => {
            assert!(template.is_none());
            let range = finding.span.start as usize - 100..finding.span.end as usize - 100;
            Err((finding.code.slug.to_string(), format!("{}: {}", &text[range], finding.label())))
        }
    }
}

fn render(text: &str) -> Result<Option<Value>, Unrendered> {
    let settings = json!({ "prefix": "Kba_" });
    let record = json!({ "age": 7, "mail": null, "tags": ["a", "b"], "name": " Åsa ", "born": "2015-03-09", "deep": { "x": true } });
    let scope = Scope::new().with("settings", &settings).with("record", &record).with_own("as_of", json!("2026-08-01"));
    compile(text).expect("a good template").render(&scope)
}

#[test]
fn composes_text() {
    assert_eq!(render("{{ settings.prefix }}Elev*.csv"), Ok(Some(json!("Kba_Elev*.csv"))));
    assert_eq!(render("{a} {{record.age}}/{{ record.deep.x }}{"), Ok(Some(json!("{a} 7/true{"))));
    assert_eq!(render("no value"), Ok(Some(json!("no value"))));
    assert_eq!(render("{{ as_of | date('%Y%m%d') }}.csv"), Ok(Some(json!("20260801.csv"))));
}

#[test]
fn keeps_the_type_of_one_value() {
    assert_eq!(render("{{ record.age }}"), Ok(Some(json!(7))));
    assert_eq!(render("{{ record.tags }}"), Ok(Some(json!(["a", "b"]))));
    assert_eq!(render("{{ record.deep }}"), Ok(Some(json!({ "x": true }))));
    assert_eq!(render("{{ record.mail }}"), Ok(Some(Value::Null)));
    assert_eq!(render("{{ record.nothing.at.all }}"), Ok(None));
    assert_eq!(render("{{ record.nothing | lower | date(\"%Y\") }}"), Ok(None));
}

#[test]
fn filters_work() {
    assert_eq!(render("{{ record.name | trim | upper }}"), Ok(Some(json!("ÅSA"))));
    assert_eq!(render("{{ record.tags | join(\"}} | \") }}"), Ok(Some(json!("a}} | b"))));
    assert_eq!(render("{{ record.nothing | default(5) }}"), Ok(Some(json!(5))));
    assert_eq!(render("x{{ record.nothing | lower | or_empty }}y"), Ok(Some(json!("xy"))));
    assert_eq!(render("{{ record.born | date('%d.%m.%Y') | replace('.', '/') }}"), Ok(Some(json!("09/03/2015"))));
    assert_eq!(render("{{ record.name | trim | base64 }}"), Ok(Some(json!("w4VzYQ=="))));
}

#[test]
fn absent_values_inside_text_are_errors_without_data() {
    let wrong = |text: &str| render(text).expect_err("nothing to say").0;
    assert_eq!(wrong("x{{ record.nothing }}"), "`record.nothing` is absent, and the text needs it");
    assert_eq!(wrong("x{{ record.mail }}"), "`record.mail` is absent, and the text needs it");
    assert_eq!(wrong("x{{ record.tags }}"), "`record.tags` is a list; `| join(\", \")` makes it a text");
    assert_eq!(wrong("{{ record.name | date('%Y') }}"), "`date` gave nothing for `record.name`");
}

#[test]
fn says_what_is_wrong_and_where() {
    let wrong = |text: &str| compile(text).expect_err("a finding");
    assert_eq!(wrong("a{{ settings.prefx }}").0, "undeclared-setting");
    assert_eq!(wrong("å{{ settings.password }}").0, "secret-in-path");
    for (text, place) in [
        ("x {{ rekord.age }}", "rekord.age: `rekord` is not known here; known: settings, record, entity, as_of"),
        ("x {{ record.age", "{{: this brace is never closed"),
        ("x {% if a %}", "{%: only values stand in templates: no statements, no comments"),
        ("{{ record.age + 1 }}", "+: a template is a path and filters, without operators"),
        ("{{ record.age | lwer }}", "lwer: there is no filter `lwer`; did you mean `lower`?"),
        ("{{ record.age | replace('a') }}", "replace('a'): `replace` is written `replace(\"old\", \"new\")`"),
        ("{{ record.age | default(record.x) }}", "r: arguments are literals: \"text\", 12, true, false"),
        ("{{ record.age | default(\"x) }}", "\": this text is never closed"),
        ("{{ record.born | date('%Q!') }}", "date('%Q!'): the form of a date is written with %Y %m %d %H %M %S"),
        ("{{ }}", "}: the name of a value belongs here"),
        ("{{ settings }}", "settings: `settings` has many values; say which: `settings.name`"),
        ("{{ entity.pth }}", "entity.pth: the entity has no `pth` under `names:`"),
        ("{{ as_of.year }}", "as_of.year: `as_of` is a date, nothing stands under it"),
    ] {
        assert_eq!(wrong(text), ("bad-template".to_string(), place.to_string()), "{text}");
    }
}

#[test]
fn trees_leave_absent_keys_out() {
    let scalar = |text: &str, style| Node {
        kind: Kind::Scalar(Scalar { text: text.into(), style, map: OffsetMap::identity(leaf(text).span) }),
        span: leaf(text).span,
    };
    let entry = |key: &str, value: Node| crate::syntax::tree::Entry { key: key.into(), key_span: value.span, value };
    let node = Node {
        kind: Kind::Map(vec![
            entry("id", leaf("{{ record.age }}")),
            entry("gone", leaf("{{ record.nothing }}")),
            entry("active", scalar("true", Style::Plain)),
            entry("code", scalar("0755", Style::Plain)),
            entry(
                "list",
                Node { kind: Kind::List(vec![leaf("{{ record.nothing }}"), leaf("x")]), span: leaf("").span },
            ),
        ]),
        span: leaf("").span,
    };
    let place = Place { roots: &["record"], secrets: true, entity: &[] };
    let mut found = Findings::default();
    let tree = Tree::compile(&node, &names(), &place, &mut found).expect("a tree");
    assert!(found.is_empty());
    let record = json!({ "age": 7 });
    let body = tree.render(&Scope::new().with("record", &record)).expect("a body");
    assert_eq!(body, Some(json!({ "id": 7, "active": true, "code": "0755", "list": ["x"] })));
}
