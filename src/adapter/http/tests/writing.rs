//! Records that are written, and what becomes of them.

use super::*;
use crate::adapter::{Arrived, Fault, Outcome, Then};
use crate::world::test::Effect;

const WRITE: &str = r#"
connect:
  base: "{{ settings.base }}"
  auth: { bearer: "{{ settings.token }}" }
  limits: { timeout: 2s, at_once: 3 }
  retry: { times: 2, first: 1s, jitter: none }
  errors:
    - { status: 422, then: missing-reference, say: "the directory does not know the user or the group" }
fields: [login, name.given]
id_at: "$.id"
write:
  create: { post: /users, json: "{{ wire }}" }
  update: { patch: "/users/{{ link.id }}", json: "{{ wire.changed }}", repeatable: yes }
  deactivate: { patch: "/users/{{ link.id }}", json: { active: false, by: koppla, since: "{{ as_of }}" }, repeatable: yes }
  remove: { delete: "/users/{{ link.id }}", means: destroyed }
"#;

const KEY: &str = "s3cr3t-of-the-directory";

fn writer(directory: &Directory) -> System {
    writer_of(directory, WRITE)
}

fn writer_of(directory: &Directory, text: &str) -> System {
    system(text, &[("base", json!(directory.base)), ("token", json!(KEY))], &["token"])
}

fn create(intent: u64, wire: Value) -> Item {
    Item { intent, id: None, changed: wire.clone(), wire }
}

fn of(id: &str, wire: Value, changed: Value) -> Item {
    Item { intent: 1, id: Some(id.to_string()), wire, changed }
}

/// The outcomes in words.
fn words(sent: Sent) -> Vec<String> {
    match sent {
        Sent::Each(outcomes) | Sent::Until(outcomes, _) => outcomes
            .into_iter()
            .map(|outcome| match outcome {
                Outcome::Done { id: Some(_) } => "done with an id".to_string(),
                Outcome::Done { id: None } => "done".to_string(),
                Outcome::Absent => "absent".to_string(),
                Outcome::Exists => "exists".to_string(),
                Outcome::Rejected(why) => format!("rejected: {why}"),
                Outcome::Unknown(why) => format!("unknown: {why}"),
            })
            .collect(),
        Sent::Nothing(Fault { arrived, say, then, .. }) => {
            assert_eq!(then, Then::Stop);
            vec![format!("nothing ({arrived:?}): {say}")]
        }
    }
}

#[tokio::test]
async fn a_record_is_created_and_its_id_is_taken_from_the_answer() {
    let directory = Directory::start();
    let system = writer(&directory);
    let sent = system.send(Operation::Create, &[create(1, json!({ "login": "a", "name": { "given": "Å" } }))]).await;
    let Sent::Each(outcomes) = sent else { panic!("a whole failure") };
    let [Outcome::Done { id: Some(id) }] = outcomes.as_slice() else { panic!("no id") };
    let records = directory.records("users");
    assert_eq!(records, [json!({ "login": "a", "name": { "given": "Å" }, "id": id })]);
}

#[tokio::test]
async fn a_record_is_changed_deactivated_and_removed() {
    let directory = Directory::start();
    let id = directory.put("users", json!({ "login": "a", "mobile": "1" }));
    let system = writer(&directory);
    let item = of(&id, json!({ "login": "b" }), json!({ "login": "b", "mobile": null }));
    assert_eq!(words(system.send(Operation::Update, std::slice::from_ref(&item)).await), ["done"]);
    assert_eq!(directory.records("users"), [json!({ "login": "b", "id": id })]);
    assert_eq!(words(system.send(Operation::Deactivate, std::slice::from_ref(&item)).await), ["done"]);
    assert_eq!(directory.records("users")[0]["since"], "2026-03-02");
    assert_eq!(directory.records("users")[0]["active"], false);
    assert_eq!(words(system.send(Operation::Remove, std::slice::from_ref(&item)).await), ["done"]);
    assert_eq!(words(system.send(Operation::Remove, std::slice::from_ref(&item)).await), ["absent"]);
    assert_eq!(words(system.send(Operation::Update, &[item]).await), ["absent"]);
    assert_eq!(directory.dump(), json!({ "groups": [], "memberships": [], "users": [] }));
}

#[tokio::test]
async fn an_id_never_changes_the_address() {
    let directory = Directory::start();
    let kept = directory.put("users", json!({ "login": "a" }));
    let system = writer(&directory);
    let item = |id: &str| of(id, json!({}), json!({}));
    assert_eq!(words(system.send(Operation::Remove, &[item("../groups")]).await), ["absent"]);
    let empty = words(system.send(Operation::Remove, &[item("")]).await);
    assert_eq!(empty, ["rejected: DELETE /users/…: `link.id` is empty, and the address needs it"]);
    let none = Item { id: None, ..item("") };
    let none = words(system.send(Operation::Remove, &[none]).await);
    assert_eq!(none, ["rejected: DELETE /users/…: `link.id` is absent, and the text needs it"]);
    assert_eq!(directory.seen().len(), 1);
    assert_eq!(directory.records("users")[0]["id"], json!(kept));
}

#[tokio::test]
async fn outcomes_are_told_apart_without_a_word_of_the_server() {
    let directory = Directory::start();
    directory.refuse("login", json!("bad"));
    let system = writer(&directory);
    let login = |login: &str| create(1, json!({ "login": login }));
    let sent = words(system.send(Operation::Create, &[login("a"), login("bad")]).await);
    // The server's message names a person; only its code is kept.
    assert_eq!(sent, ["done with an id", "rejected: 400 on POST /users: refused"]);
    assert_eq!(words(system.send(Operation::Create, &[login("a")]).await), ["exists"]);
    let memberships = WRITE.replace("post: /users", "post: /memberships");
    let item = create(1, json!({ "user_id": "x", "group_id": "y" }));
    let sent = writer_of(&directory, &memberships).send(Operation::Create, &[item]).await;
    assert_eq!(
        words(sent),
        ["rejected: 422 on POST /memberships: unknown-reference: the directory does not know the user or the group"]
    );
}

#[tokio::test]
async fn a_rule_may_say_what_the_server_said() {
    let directory = Directory::start();
    directory.refuse("login", json!("bad"));
    let text = WRITE.replace(
        "errors:",
        "errors:\n    - { status: 400, body: 'refused', then: reject, say: 'the server says: {{ answer.message }}' }",
    );
    let sent =
        words(writer_of(&directory, &text).send(Operation::Create, &[create(1, json!({ "login": "bad" }))]).await);
    assert_eq!(sent, ["rejected: 400 on POST /users: refused: the server says: Kalle Testsson could not be handled"]);
}

#[tokio::test]
async fn a_secret_that_comes_back_is_masked() {
    let directory = Directory::start();
    directory.trouble("POST", "/users", 1, Trouble::Say(format!("token.{KEY}.expired")));
    let text = WRITE.replace("errors:", "errors:\n    - { status: 400, then: reject, say: '{{ answer.message }}' }");
    let sent = words(writer_of(&directory, &text).send(Operation::Create, &[create(1, json!({ "login": "a" }))]).await);
    assert_eq!(sent, ["rejected: 400 on POST /users: token.•••.expired: token.•••.expired"]);
}

#[tokio::test]
async fn a_create_that_surely_did_nothing_is_sent_again() {
    let directory = Directory::start();
    directory.trouble("POST", "/users", 1, Trouble::TooMany(Some("5".into())));
    directory.trouble("POST", "/users", 1, Trouble::Status(503));
    let system = writer(&directory);
    assert_eq!(words(system.send(Operation::Create, &[create(1, json!({ "login": "a" }))]).await), ["done with an id"]);
    assert_eq!(directory.counts()["POST"], 3);
    let system = writer(&directory);
    system.world.fail(Effect::Connect, 1, std::io::ErrorKind::ConnectionRefused);
    assert_eq!(words(system.send(Operation::Create, &[create(2, json!({ "login": "b" }))]).await), ["done with an id"]);
    assert_eq!(directory.records("users").len(), 2);
}

#[tokio::test]
async fn a_create_that_may_have_happened_is_never_sent_again() {
    for (trouble, say) in [
        (Trouble::Drop, "unknown: the connection broke after POST /users was sent: it may or may not have happened"),
        (Trouble::Cut, "unknown: the connection broke after POST /users was sent: it may or may not have happened"),
        (
            Trouble::Hang(3_000),
            "unknown: no whole answer came in time after POST /users was sent: it may or may not have happened",
        ),
        (Trouble::Status(500), "unknown: 500 on POST /users: scripted"),
        (Trouble::Status(504), "unknown: 504 on POST /users: scripted"),
        (Trouble::Garbage, "unknown: 200 on POST /users: the answer is not JSON, and the id lies in it"),
        (Trouble::NoList, "unknown: 200 on POST /users: the answer has no id at $.id"),
    ] {
        let directory = Directory::start();
        directory.trouble("POST", "/users", 1, trouble.clone());
        let system = writer_of(&directory, &WRITE.replace("timeout: 2s", "timeout: 300ms"));
        let sent = words(system.send(Operation::Create, &[create(1, json!({ "login": "a" }))]).await);
        assert_eq!((sent.as_slice(), directory.counts()["POST"]), ([say.to_string()].as_slice(), 1), "{trouble:?}");
    }
}

#[tokio::test]
async fn what_may_be_repeated_is_sent_again() {
    for trouble in [Trouble::Drop, Trouble::Cut, Trouble::Status(500), Trouble::TooMany(None)] {
        let directory = Directory::start();
        let id = directory.put("users", json!({ "login": "a" }));
        directory.trouble("PATCH", "/users", 2, trouble.clone());
        let item = of(&id, json!({ "login": "b" }), json!({ "login": "b" }));
        assert_eq!(words(writer(&directory).send(Operation::Update, &[item]).await), ["done"], "{trouble:?}");
        assert_eq!(directory.counts()["PATCH"], 3);
    }
    // A removal whose answer was lost finds nothing the second time, and that is as good.
    let directory = Directory::start();
    let id = directory.put("users", json!({ "login": "a" }));
    directory.trouble("DELETE", "/users", 1, Trouble::Drop);
    assert_eq!(words(writer(&directory).send(Operation::Remove, &[of(&id, json!({}), json!({}))]).await), ["absent"]);
    assert!(directory.records("users").is_empty());
}

#[tokio::test]
async fn a_system_that_fails_as_a_whole_is_left_alone() {
    let directory = Directory::start();
    directory.trouble("POST", "/users", usize::MAX, Trouble::Status(503));
    let sent = words(writer(&directory).send(Operation::Create, &[create(1, json!({ "login": "a" }))]).await);
    assert_eq!(sent, ["nothing (No): 503 on POST /users: scripted; given up after 3 tries"]);
    let directory = Directory::start();
    directory.trouble("POST", "/users", 1, Trouble::LoginPage);
    let Sent::Nothing(fault) = writer(&directory).send(Operation::Create, &[create(1, json!({ "login": "a" }))]).await
    else {
        panic!("outcomes from a web page")
    };
    assert_eq!(fault.arrived, Arrived::Unknown);
    assert!(fault.say.contains("a web page, not with data"));
    // A wrong key: nothing was done, and the key is not said.
    let directory = Directory::start();
    let system = system(WRITE, &[("base", json!(directory.base)), ("token", json!("another-key"))], &["token"]);
    let sent = words(system.send(Operation::Create, &[create(1, json!({ "login": "a" }))]).await);
    assert_eq!(sent, ["nothing (No): 401 on POST /users: unauthorised: our log-in is not accepted"]);
}

#[tokio::test]
async fn many_records_keep_their_order_and_stop_together() {
    let directory = Directory::start();
    let items: Vec<Item> = (0..12).map(|n| create(n, json!({ "login": format!("u{n}") }))).collect();
    directory.refuse("login", json!("u7"));
    let sent = words(writer(&directory).send(Operation::Create, &items).await);
    let rejected: Vec<usize> = (0..12).filter(|n| sent[*n].starts_with("rejected")).collect();
    assert_eq!((sent.len(), rejected), (12, vec![7]));
    assert_eq!(directory.records("users").len(), 11);
    let directory = Directory::start();
    let system = writer_of(&directory, &WRITE.replace("at_once: 3", "at_once: 1"));
    directory.trouble("POST", "/users", usize::MAX, Trouble::Status(401));
    assert!(matches!(system.send(Operation::Create, &items).await, Sent::Nothing(_)));
    assert_eq!(directory.seen().len(), 1);
}

#[tokio::test]
async fn the_intent_may_travel_as_a_key() {
    let directory = Directory::start();
    let text = WRITE.replace(
        "post: /users,",
        "post: /users, repeatable: yes, headers: { Idempotency-Key: 'koppla-{{ run.intent }}' },",
    );
    directory.trouble("POST", "/users", 1, Trouble::Drop);
    let system = writer_of(&directory, &text);
    assert_eq!(words(system.send(Operation::Create, &[create(7, json!({ "login": "a" }))]).await), ["done with an id"]);
    assert_eq!((directory.counts()["POST"], directory.records("users").len()), (2, 1));
}

#[tokio::test]
async fn bodies_may_be_trees_of_fields() {
    let directory = Directory::start();
    let text = WRITE.replace(
        "json: \"{{ wire }}\"",
        "json: { login: '{{ record.login }}', title: '{{ record.name_given }} ({{ record.login }})', none: '{{ record.gone }}', tags: [a, '{{ record.login }}'], level: 3 }",
    );
    let item = create(1, json!({ "login": "a", "name": { "given": "Å" } }));
    let sent = writer_of(&directory, &text).send(Operation::Create, &[item]).await;
    assert_eq!(words(sent), ["done with an id"]);
    let mut record = directory.records("users").remove(0);
    record.as_object_mut().expect("a record").remove("id");
    assert_eq!(record, json!({ "login": "a", "title": "Å (a)", "tags": ["a", "a"], "level": 3 }));
}

#[tokio::test]
async fn a_write_never_follows_a_redirect() {
    let directory = Directory::start();
    directory.trouble("POST", "/users", 1, Trouble::Redirect("/groups".to_string()));
    let sent = words(writer(&directory).send(Operation::Create, &[create(1, json!({ "login": "a" }))]).await);
    assert_eq!(sent, ["nothing (No): 307 on POST /users"]);
    assert_eq!(directory.seen().len(), 1);
}

#[tokio::test]
async fn several_steps_are_refused_and_not_half_done() {
    let directory = Directory::start();
    let steps = "create: { steps: [ { id: new, post: /users, json: '{{ wire }}' }, { id: more, post: /more, json: '{{ wire }}' } ] }";
    let create_line = WRITE.lines().find(|line| line.contains("create:")).expect("a line");
    let system = writer_of(&directory, &WRITE.replace(create_line.trim(), steps));
    let sent = words(system.send(Operation::Create, &[create(1, json!({ "login": "a" }))]).await);
    assert_eq!(sent, ["nothing (No): `create` says `steps`, which cannot be executed yet"]);
    assert!(directory.seen().is_empty());
    let one = "create: { steps: [ { id: new, post: /users, json: '{{ wire }}', carries: all } ] }";
    let system = writer_of(&directory, &WRITE.replace(create_line.trim(), one));
    assert_eq!(words(system.send(Operation::Create, &[create(1, json!({ "login": "a" }))]).await), ["done with an id"]);
}

#[tokio::test]
async fn the_id_may_lie_anywhere_in_the_answer() {
    for (at, outcome) in [
        ("id", "done with an id"),
        ("'[''id'']'", "done with an id"),
        ("login", "done with an id"),
        ("a.id", "unknown: 201 on POST /users: the answer has no id at $['a']['id']"),
    ] {
        let directory = Directory::start();
        let system = writer_of(&directory, &WRITE.replace("id_at: \"$.id\"", &format!("id_at: {at}")));
        assert_eq!(
            words(system.send(Operation::Create, &[create(1, json!({ "login": "a" }))]).await),
            [outcome],
            "{at}"
        );
    }
}
