//! Descriptors, and what is found in them.

use super::*;
use crate::finding::Finding;
use crate::protocol::{Slot, SlotKind};
use crate::source::{FileId, Sources, Span};
use crate::syntax::yaml;

const CONNECT: &str = r#"connect:
  base: "{{ settings.base }}"
  auth: { bearer: "{{ settings.token }}" }
"#;
const READ: &str = "read: { get: /persons, select: '$.data[*]' }\n";

/// Compiles; gives the dialect, the calls, and `code: underlined text` of each finding.
fn compile(text: &str) -> (Option<Box<dyn Dialect>>, Vec<CallId>, Vec<String>) {
    let (mut sources, mut found) = (Sources::default(), Findings::default());
    let file = sources.add("system.yaml", text);
    let node = yaml::read(&sources, file, &mut found).expect("a document");
    let settings = [("base", false), ("token", true), ("plain", false), ("page_size", false)];
    let scope = ScopeNames { settings: settings.iter().map(|(name, secret)| (name.to_string(), *secret)).collect() };
    let span = Span::start_of(FileId(0));
    let slot = |name: &str| Slot {
        name: name.into(),
        at: name.into(),
        span,
        kind: SlotKind::Scalar,
        required: false,
        list: Default::default(),
    };
    let shape = WireShape {
        slots: vec![slot("id"), slot("name")],
        names: vec![("path".into(), "/persons".into())],
        ..WireShape::default()
    };
    let mut dialect = Http.compile(node.get("connect").expect("connect"), &scope, &mut found);
    let mut calls = Vec::new();
    if let Some(dialect) = &mut dialect {
        calls.extend(node.get("read").and_then(|read| dialect.read(read, &shape, &mut found)));
        for op in Operation::ALL {
            let call = node.get("write").and_then(|write| write.get(op.word()));
            calls.extend(call.and_then(|call| dialect.write(call, Some(op), &shape, &mut found)));
        }
    }
    let line = |finding: &Finding| format!("{}: {}", finding.code.slug, sources.slice(finding.span));
    let found = found.sorted();
    for finding in &found {
        assert!(finding.message().chars().count() <= 90 && !finding.message().contains('{'), "{}", finding.message());
    }
    (dialect, calls, found.iter().map(line).collect())
}

/// The findings of a description.
fn findings(text: &str) -> Vec<String> {
    compile(text).2
}

/// The findings of a connection with these lines more.
fn of_connection(lines: &str) -> Vec<String> {
    let mut text = CONNECT.to_string();
    for line in lines.lines() {
        text.push_str(&format!("  {line}\n"));
    }
    findings(&(text + READ))
}

/// The findings of a call.
fn of_read(call: &str) -> Vec<String> {
    findings(&format!("{CONNECT}read: {call}\n"))
}

/// The findings of a write operation.
fn of_write(operation: &str) -> Vec<String> {
    findings(&format!("{CONNECT}write:\n  {operation}\n"))
}

#[test]
fn words_that_are_not_known_are_findings() {
    assert_eq!(of_connection("hedaers: { A: b }"), ["unknown-connection-key: hedaers"]);
    assert_eq!(of_connection("limits: { at_one: 4 }"), ["unknown-connection-key: at_one"]);
    assert_eq!(of_connection("retry: { tims: 4 }"), ["unknown-connection-key: tims"]);
    assert_eq!(of_read("{ get: /a, selec: $ }"), ["unknown-connection-key: selec"]);
    assert_eq!(of_read("{ get: /a, page: { token: $.t, sent: { query: {} } } }").len(), 2);
    assert_eq!(of_write("create: { post: /a, jsn: {} }"), ["unknown-connection-key: jsn"]);
}

#[test]
fn a_call_has_one_verb() {
    assert_eq!(of_read("{ select: $ }"), ["call-without-verb: { select: $ }"]);
    assert_eq!(of_read("{ get: /a, post: /b }"), ["two-verbs: post"]);
    assert_eq!(of_write("create: { json: {} }"), ["call-without-verb: { json: {} }"]);
}

#[test]
fn values_are_of_their_kind() {
    assert_eq!(of_connection("limits: { timeout: soon }"), ["wrong-connection-value: soon"]);
    assert_eq!(of_connection("limits: { at_once: 0 }"), ["wrong-connection-value: 0"]);
    assert_eq!(of_connection("limits: { answer_max: big }"), ["wrong-connection-value: big"]);
    assert_eq!(of_connection("limits: { redirects: some }"), ["wrong-connection-value: some"]);
    assert_eq!(of_connection("retry: { jitter: half }"), ["wrong-connection-value: half"]);
    assert_eq!(of_connection("errors: [ { status: 99, then: stop } ]"), ["wrong-connection-value: 99"]);
    assert_eq!(of_connection("errors: [ { status: [401, 4xx], then: stop } ]"), ["wrong-connection-value: 4xx"]);
    assert_eq!(of_connection("errors: [ { status: 401, then: stopp } ]"), ["wrong-connection-value: stopp"]);
    assert_eq!(of_connection("errors: [ { body: '(', then: stop } ]"), ["wrong-connection-value: '('"]);
    assert_eq!(of_connection("errors: [ { status: 401 } ]"), ["missing-connection-key: { status: 401 }"]);
    assert_eq!(of_read("{ get: /a, page: { token: $.t } }"), ["missing-connection-key: { token: $.t }"]);
    assert_eq!(of_read("{ get: /a, page: { next: $.n, token: $.t } }"), ["wrong-connection-value: $.t"]);
    assert_eq!(of_read("{ get: /a, repeatable: perhaps }"), ["wrong-connection-value: perhaps"]);
    assert_eq!(of_read("{ post: /a, json: {}, form: {} }"), ["wrong-connection-value: {}"]);
}

#[test]
fn an_operation_may_be_said_to_be_none() {
    let (_, calls, found) = compile(&format!("{CONNECT}write:\n  remove: none\n"));
    assert_eq!((calls.len(), found), (0, Vec::<String>::new()));
}

#[test]
fn a_connection_has_an_address() {
    assert_eq!(findings("connect: { headers: { A: b } }\n"), ["missing-connection-key: { headers: { A: b } }"]);
}

#[test]
fn secrets_come_from_secret_settings() {
    let auth = |auth: &str| findings(&format!("connect:\n  base: https://x\n  auth: {auth}\n{READ}"));
    assert_eq!(auth("{ bearer: abc }"), ["secret-not-a-setting: abc"]);
    assert_eq!(auth("{ bearer: '{{ settings.plain }}' }"), ["secret-not-a-setting: '{{ settings.plain }}'"]);
    assert_eq!(auth("{ basic: { user: me, password: summer } }"), ["secret-not-a-setting: summer"]);
    assert_eq!(auth("{ key: { in: header, name: X-Key, value: abc } }"), ["secret-not-a-setting: abc"]);
    assert_eq!(
        auth("{ oauth2: { token_url: https://t, client_id: me, client_secret: abc } }"),
        ["secret-not-a-setting: abc"]
    );
    assert_eq!(of_connection("headers: { X-Api-Key: abc }"), ["secret-not-a-setting: abc"]);
    assert_eq!(of_connection("headers: { X-Api-Key: '{{ settings.token }}' }"), [""; 0]);
    assert_eq!(of_read("{ get: '/a/{{ settings.token }}' }"), ["secret-in-path: settings.token"]);
    let say = "errors: [ { status: 400, then: stop, say: '{{ settings.token }}' } ]";
    assert_eq!(of_connection(say), ["secret-in-path: settings.token"]);
}

#[test]
fn ways_to_log_in_are_whole() {
    let auth = |auth: &str| findings(&format!("connect:\n  base: https://x\n  auth: {auth}\n{READ}"));
    assert_eq!(auth("none"), [""; 0]);
    assert_eq!(auth("sometimes"), ["wrong-connection-value: sometimes"]);
    assert_eq!(auth("{ beerer: x }"), ["unknown-connection-key: beerer"]);
    assert_eq!(auth("{ basic: { user: me } }"), ["missing-connection-key: { user: me }"]);
    let missing = auth("{ oauth2: { grant: client_credentials } }");
    assert_eq!(missing.len(), 3, "{missing:?}");
    assert_eq!(
        auth(
            "{ oauth2: { grant: password, token_url: https://t, client_id: a, client_secret: '{{ settings.token }}' } }"
        ),
        ["wrong-connection-value: password"]
    );
    assert_eq!(
        auth("{ token: { call: { post: https://t } } }"),
        ["missing-connection-key: { call: { post: https://t } }"]
    );
}

#[test]
fn paths_into_answers_are_checked() {
    assert_eq!(of_read("{ get: /a, select: data, page: { next: meta.next } }"), [""; 0]);
    assert_eq!(of_read("{ get: /a, select: 'data[*].rows[*]' }"), ["bad-jsonpath: 'data[*].rows[*]'"]);
    assert_eq!(of_read("{ get: /a, select: '$.data[' }"), ["bad-jsonpath: '$.data['"]);
    assert_eq!(of_read("{ get: /a, select: '$[?count(1) > 1]' }"), ["bad-jsonpath: '$[?count(1) > 1]'"]);
    assert_eq!(of_read("{ get: /a, page: { next: a..b } }"), ["bad-jsonpath: a..b"]);
    assert_eq!(of_write("create: { post: /a, json: '{{ wire }}', take: { id: '$.[' } }"), ["bad-jsonpath: '$.['"]);
}

#[test]
fn templates_name_what_is_known() {
    assert_eq!(of_read("{ get: '/a/{{ sittings.base }}' }"), ["bad-template: sittings.base"]);
    assert_eq!(of_read("{ get: '/a/{{ settings.bas }}' }"), ["undeclared-setting: settings.bas"]);
    assert_eq!(of_read("{ get: '{{ entity.path }}/x', query: { limit: '{{ settings.page_size }}' } }"), [""; 0]);
    assert_eq!(of_write("update: { patch: '/a/{{ link.id }}', json: { a: '{{ wire.changed }}' } }"), [""; 0]);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let text =
        "connect:\n  base: https://x\n  limits: { timeout: soon }\nread: { get: /a, selec: $, page: { next: '$[' } }\n";
    assert_eq!(findings(text).len(), 3);
}

/// The words of DESCRIPTORS that this version does not execute check clean, and show says so.
#[test]
fn words_that_are_not_executed_check_clean() {
    let text = r#"connect:
  base: "{{ settings.base }}"
  auth: { bearer: "{{ settings.token }}" }
  limits: { at_once: 4, groups: [ { during: write, bucket: { size: 3000, per: 150s } } ] }
  bundle: { post: /$batch, max: 20, json: { requests: "{{ calls }}" } }
  errors:
    before:
      - { status: 404, during: update, after_create: 5m, then: retry, within: 2m }
      - { status: 403, then: stop, say: "{{ facts.reason }}" }
read:
  get: "{{ entity.path }}"
  select: "$.data[*]"
  parts: { unit: { from: organisation, give: id } }
  query: { unit: "{{ part.unit }}" }
  changes: { cursor: { at: meta.modified } }
write:
  create:
    steps:
      - { id: new, post: /a, json: "{{ wire }}", carries: { but: [members] }, probe: { get: /a } }
      - { do: members }
  remove: { delete: "/a/{{ link.id }}", means: bin, restorable: 30d }
"#;
    let (dialect, calls, found) = compile(text);
    assert_eq!(found, [""; 0]);
    let dialect = dialect.expect("a dialect");
    assert_eq!(
        dialect.show(calls[0]),
        "GET /persons?unit=…, $.data[*], in one answer [cannot be executed yet: parts, {{ part.unit }}] [left aside: changes]"
    );
    assert_eq!(dialect.show(calls[1]), "several calls [cannot be executed yet: steps]");
    assert_eq!(dialect.show(calls[2]), "DELETE /a/…");
}

#[test]
fn what_may_be_repeated_follows_from_the_verb() {
    let text = format!(
        "{CONNECT}{READ}write:\n  create: {{ post: /a, json: '{{{{ wire }}}}' }}\n  update: {{ patch: '/a/{{{{ link.id }}}}', repeatable: yes }}\n  deactivate: {{ patch: '/a/{{{{ link.id }}}}' }}\n  remove: {{ delete: '/a/{{{{ link.id }}}}' }}\n"
    );
    let (dialect, calls, found) = compile(&text);
    assert_eq!(found, [""; 0]);
    let dialect = dialect.expect("a dialect");
    let repeatable: Vec<bool> = calls.iter().map(|call| dialect.traits(*call).repeatable).collect();
    assert_eq!(repeatable, [true, false, true, false, true]);
    assert!(calls.iter().all(|call| dialect.traits(*call).batch == 1 && !dialect.traits(*call).whole));
}
