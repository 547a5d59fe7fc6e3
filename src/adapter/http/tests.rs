//! Sessions against servers in this process: every trouble that a system can make, and what becomes of it.

#[path = "../../../tests/servers/mod.rs"]
mod servers;

mod access;
mod reading;
mod troubles;
mod writing;

use super::HttpOpener;
use crate::adapter::drive::{ReadOutcome, read_all};
use crate::adapter::{Cell, Item, Opener, Sent, Settings};
use crate::finding::Findings;
use crate::protocol::http::Http;
use crate::protocol::{CallId, Dialect, Protocol, ScopeNames, Slot, SlotKind, WireShape};
use crate::source::{Sources, Span};
use crate::syntax::ast::Operation;
use crate::syntax::tree::Node;
use crate::syntax::yaml;
use crate::world::TestWorld;
use serde_json::{Value, json};
use servers::{Directory, Register, Trouble};

/// A system as a test describes it, and the world that it is reached from.
struct System {
    dialect: Box<dyn Dialect>,
    settings: Settings,
    world: TestWorld,
    list: Option<CallId>,
    writes: Vec<(Operation, CallId)>,
}

/// Reads YAML.
fn node(text: &str) -> Node {
    let (mut sources, mut found) = (Sources::default(), Findings::default());
    let file = sources.add("system.yaml", text);
    let node = yaml::read(&sources, file, &mut found).expect("a document");
    assert!(found.is_empty(), "{found:?}");
    node
}

fn shape(node: &Node) -> WireShape {
    let span = Span::start_of(crate::source::FileId(0));
    let text = |node: Option<&Node>| node.and_then(Node::text).map(str::to_string);
    let fields = node.get("fields").and_then(Node::items).unwrap_or_default();
    WireShape {
        slots: fields
            .iter()
            .map(|field| {
                let at = field.text().expect("a path").to_string();
                let name = at.replace(['.', '^'], "_").trim_start_matches('_').to_string();
                Slot { name, at, span, kind: SlotKind::Scalar, required: false, list: Default::default() }
            })
            .collect(),
        names: vec![("path".to_string(), text(node.get("path")).unwrap_or_default())],
        each: text(node.get("each")),
        id_at: text(node.get("id_at")),
        ..WireShape::default()
    }
}

/// Compiles `connect`, `read` and `write` of a description; gives the findings.
fn compile(text: &str, settings: &[(&str, Value)], secrets: &[&str]) -> (Option<System>, Findings) {
    let node = node(text);
    let scope =
        ScopeNames { settings: settings.iter().map(|(name, _)| (name.to_string(), secrets.contains(name))).collect() };
    let mut found = Findings::default();
    let Some(mut dialect) = Http.compile(node.get("connect").expect("connect"), &scope, &mut found) else {
        return (None, found);
    };
    let shape = shape(&node);
    let list = node.get("read").and_then(|read| dialect.read(read, &shape, &mut found));
    let mut writes = Vec::new();
    for op in Operation::ALL {
        if let Some(call) = node.get("write").and_then(|write| write.get(op.word())) {
            writes.extend(dialect.write(call, Some(op), &shape, &mut found).map(|id| (op, id)));
        }
    }
    let values = settings.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let secret_values = settings.iter().filter(|(name, _)| secrets.contains(name));
    let settings = Settings {
        values,
        secrets: secret_values.filter_map(|(_, value)| value.as_str().map(str::to_string)).collect(),
        as_of: "2026-03-02".to_string(),
        ..Settings::default()
    };
    (Some(System { dialect, settings, world: TestWorld::new(), list, writes }), found)
}

/// Compiles a description that is right.
fn system(text: &str, settings: &[(&str, Value)], secrets: &[&str]) -> System {
    let (system, found) = compile(text, settings, secrets);
    let messages: Vec<String> =
        found.sorted().iter().map(|finding| format!("{}: {}", finding.message(), finding.label())).collect();
    assert!(messages.is_empty(), "{messages:?}");
    system.expect("a system")
}

impl System {
    /// Reads the list.
    async fn read(&self) -> ReadOutcome {
        let mut session = HttpOpener.open(&*self.dialect, &self.world, &self.settings).await.expect("a session");
        read_all(&mut *session, self.list.expect("a list"), &mut |_| {}).await
    }

    /// Sends records.
    async fn send(&self, op: Operation, items: &[Item]) -> Sent {
        let mut session = HttpOpener.open(&*self.dialect, &self.world, &self.settings).await.expect("a session");
        let (_, call) = self.writes.iter().find(|(known, _)| *known == op).expect("an operation");
        session.send(*call, items).await
    }

    /// Seconds that went by on the clock of the world.
    fn waited(&self) -> f64 {
        let began = TestWorld::new();
        use crate::world::World as _;
        self.world.now().duration_since(began.now()).as_secs_f64()
    }
}

/// The texts of the first cell of every row.
fn first_cells(read: &ReadOutcome) -> Vec<String> {
    let mut texts = Vec::new();
    for batch in &read.batches {
        for row in 0..batch.len() {
            texts.push(match batch.cell(row, 0) {
                Cell::Text { start, len } | Cell::Number { start, len } => batch.text(start, len).to_string(),
                other => format!("{other:?}"),
            });
        }
    }
    texts
}

/// What was said of faults.
fn said(read: &ReadOutcome) -> Vec<&str> {
    read.faults.iter().map(|fault| fault.say.as_str()).collect()
}

/// Invented people, numbered.
fn persons(count: usize) -> Vec<Value> {
    (1..=count)
        .map(|n| json!({ "id": format!("p{n}"), "givenName": "Test", "enrolments": [{ "school": format!("s{n}") }] }))
        .collect()
}

/// The list of a register, as SS 12000 is described.
const LIST: &str = r#"
connect:
  base: "{{ settings.base }}"
  headers: { Accept: application/json }
  auth:
    oauth2: { grant: client_credentials, token_url: "{{ settings.token_url }}", client_id: "{{ settings.client_id }}", client_secret: "{{ settings.client_secret }}", scope: "{{ settings.scope }}", credentials_in: form }
  limits: { timeout: 2s }
  retry: { times: 3, first: 1s, within: 10m, jitter: none }
  errors:
    - { status: 401, then: renew }
    - { status: 410, then: restart, say: "the page token expired; the list is read again from its first page" }
    - { status: [429, 503], then: wait }
    - { status: 403, then: stop, say: "the provider has not opened this list for us" }
fields: [id, givenName]
read:
  get: /persons
  select: "$.data[*]"
  query: { limit: 10, status: aktiv }
  page: { token: "$.pageToken", send: { query: { pageToken: "{{ page.token }}", limit: 10 } }, keep: [], loop: stop }
"#;

/// A system that reads 25 people in three pages from a register.
fn list(register: &Register) -> System {
    described(register, LIST)
}

fn described(register: &Register, text: &str) -> System {
    system(text, &of_register(register), &["client_secret"])
}

fn of_register(register: &Register) -> [(&'static str, Value); 6] {
    [
        ("base", json!(register.base)),
        ("token_url", json!(register.token_url)),
        ("client_id", json!("koppla-test")),
        ("client_secret", json!("s3cr3t-of-the-register")),
        ("scope", Value::Null),
        ("page_size", json!(10)),
    ]
}

fn register(count: usize) -> Register {
    Register::start([("persons", persons(count))])
}
