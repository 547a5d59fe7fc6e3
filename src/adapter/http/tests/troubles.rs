//! Lists that cannot be read as they should be.

use super::*;
use crate::adapter::Then;
use crate::world::test::Effect;

/// Reads 25 people in three pages, with a trouble on page 3.
async fn with_trouble(times: usize, trouble: Trouble) -> (ReadOutcome, Register, System) {
    let register = register(25);
    register.trouble("/persons", 3, times, trouble);
    let system = list(&register);
    let read = system.read().await;
    (read, register, system)
}

/// The one fault of a read that must not be taken for a whole one; other lists are read.
async fn fault(times: usize, trouble: Trouble) -> String {
    fault_with(times, trouble, Then::Reject).await
}

/// The same, with what becomes of the system.
async fn fault_with(times: usize, trouble: Trouble, then: Then) -> String {
    let (read, ..) = with_trouble(times, trouble).await;
    assert!(!read.complete);
    // What was read before is there: creates and updates go on.
    assert_eq!(read.rows(), 20);
    assert_eq!(read.faults.len(), 1);
    assert_eq!(read.faults[0].then, then);
    read.faults[0].say.clone()
}

const ALWAYS: usize = usize::MAX;

#[tokio::test]
async fn waits_as_long_as_the_system_asks() {
    let (read, register, system) = with_trouble(2, Trouble::TooMany(Some("17".into()))).await;
    assert!(read.complete && read.rows() == 25);
    assert_eq!(register.seen().iter().filter(|seen| seen.page == 3).count(), 3);
    assert_eq!(system.waited(), 34.0);
}

#[tokio::test]
async fn waits_until_the_date_that_the_system_names() {
    let (read, _, system) = with_trouble(1, Trouble::TooMany(Some("Mon, 02 Mar 2026 06:01:30 GMT".into()))).await;
    assert!(read.complete);
    assert_eq!(system.waited(), 90.0);
}

#[tokio::test]
async fn gives_up_where_the_system_asks_too_much() {
    assert_eq!(
        fault_with(1, Trouble::TooMany(Some("86400".into())), Then::Stop).await,
        "429 on GET /persons (page 3): too-many-requests; it asks to wait 86400 s, longer than we may"
    );
}

#[tokio::test]
async fn tries_again_with_growing_pauses() {
    let (read, _, system) = with_trouble(3, Trouble::Status(500)).await;
    assert!(read.complete);
    assert_eq!(system.waited(), 1.0 + 2.0 + 4.0);
}

#[tokio::test]
async fn gives_up_after_so_many_tries() {
    let say = fault(ALWAYS, Trouble::Status(502)).await;
    assert_eq!(say, "502 on GET /persons (page 3): scripted; given up after 4 tries");
}

#[tokio::test]
async fn a_connection_that_breaks_in_a_page_is_tried_again() {
    let (read, ..) = with_trouble(2, Trouble::Cut).await;
    assert!(read.complete && read.rows() == 25, "{:?}", said(&read));
}

#[tokio::test]
async fn a_connection_that_keeps_breaking_names_the_page() {
    let say = fault(ALWAYS, Trouble::Cut).await;
    assert_eq!(say, "the connection broke while page 3 of /persons was read; given up after 4 tries");
}

#[tokio::test]
async fn an_answer_that_never_comes_is_no_empty_list() {
    let register = register(25);
    register.trouble("/persons", 3, ALWAYS, Trouble::Hang(5_000));
    let read = described(&register, &LIST.replace("timeout: 2s", "timeout: 200ms").replace("times: 3", "times: 1"))
        .read()
        .await;
    assert!(!read.complete);
    assert_eq!(said(&read), ["no whole answer came in time while page 3 of /persons was read; given up after 2 tries"]);
}

#[tokio::test]
async fn a_web_page_is_no_data() {
    assert_eq!(
        fault(1, Trouble::LoginPage).await,
        "GET /persons (page 3): the address answered with a web page, not with data: is the address right, or is a login needed?"
    );
}

#[tokio::test]
async fn answers_that_are_no_list_are_faults() {
    assert_eq!(
        fault(1, Trouble::Empty).await,
        "GET /persons (page 3): the answer is empty, which is not an empty list"
    );
    assert_eq!(fault(1, Trouble::Garbage).await, "GET /persons (page 3): the answer is not JSON (line 1, column 12)");
    assert_eq!(
        fault(1, Trouble::NoList).await,
        "GET /persons (page 3): the answer has nothing where the list of records should be (`select: $.data[*]`)"
    );
}

#[tokio::test]
async fn a_list_that_turns_in_a_circle_is_no_list() {
    let (read, ..) = with_trouble(ALWAYS, Trouble::Loop).await;
    assert!(!read.complete);
    assert_eq!(said(&read), ["GET /persons: page 3 leads back to page 3: the list turns in a circle"]);
}

#[tokio::test]
async fn a_refused_log_in_stops_the_system() {
    let (read, register, _) = with_trouble(ALWAYS, Trouble::Status(401)).await;
    assert_eq!(said(&read), ["401 on GET /persons (page 3): scripted: also with a new token"]);
    assert_eq!(register.token_requests(), 2);
}

#[tokio::test]
async fn a_refused_client_is_said_without_its_secret() {
    let register = register(1);
    let mut settings = of_register(&register);
    settings[3].1 = json!("wrong-s3cr3t");
    let read = system(LIST, &settings, &["client_secret"]).read().await;
    assert_eq!(said(&read), ["no token was given: 401 on POST …: invalid_client: our log-in is not accepted"]);
}

#[tokio::test]
async fn a_rule_says_what_an_answer_means() {
    let say = fault_with(ALWAYS, Trouble::Status(403), Then::Stop).await;
    assert_eq!(say, "403 on GET /persons (page 3): scripted: the provider has not opened this list for us");
}

#[tokio::test]
async fn an_expired_page_token_begins_the_list_again() {
    let (read, register, _) = with_trouble(1, Trouble::Status(410)).await;
    assert!(read.complete && read.rows() == 25, "{:?}", said(&read));
    assert_eq!(register.seen().iter().map(|seen| seen.page).collect::<Vec<_>>(), [1, 2, 3, 1, 2, 3]);
}

#[tokio::test]
async fn a_page_token_that_always_expires_is_a_fault() {
    let (read, ..) = with_trouble(ALWAYS, Trouble::Status(410)).await;
    assert!(!read.complete);
    assert!(said(&read)[0].starts_with("410 on GET /persons (page 3): scripted: the page token expired"));
}

#[tokio::test]
async fn redirects_are_followed_to_the_same_host_only() {
    let (register, elsewhere) = (register(5), register(5));
    register.trouble("/people", 1, ALWAYS, Trouble::Redirect("/v2.0/persons".to_string()));
    let moved = LIST.replace("get: /persons", "get: /people");
    assert!(described(&register, &moved).read().await.complete);
    register.trouble("/elsewhere", 1, ALWAYS, Trouble::Redirect(format!("{}/persons", elsewhere.base)));
    let read = described(&register, &LIST.replace("get: /persons", "get: /elsewhere")).read().await;
    let to = elsewhere.base.trim_end_matches("/v2.0");
    let why = format!("it leads to {to}, where this call may not follow (`limits: redirects`)");
    assert_eq!(said(&read), [format!("307 on GET /elsewhere: {why}")]);
    let never = moved.replace("timeout: 2s", "timeout: 2s, redirects: none");
    assert_eq!(said(&described(&register, &never).read().await), ["307 on GET /people"]);
    assert!(elsewhere.seen().is_empty());
    // Anywhere, but without saying who we are.
    let any = LIST.replace("get: /persons", "get: /elsewhere").replace("timeout: 2s", "timeout: 2s, redirects: any");
    let read = described(&register, &any).read().await;
    assert!(said(&read)[0].starts_with("401 on GET /elsewhere"), "{:?}", said(&read));
}

#[tokio::test]
async fn an_answer_may_be_too_large() {
    let register = register(25);
    let read = described(&register, &LIST.replace("timeout: 2s", "timeout: 2s, answer_max: 100")).read().await;
    assert_eq!(said(&read), ["the answer to GET /persons is larger than `answer_max`, 100 bytes"]);
}

#[tokio::test]
async fn a_system_that_is_not_there_is_no_empty_list() {
    let register = register(5);
    let system = list(&register);
    drop(register);
    let read = system.read().await;
    assert!(!read.complete);
    let said = said(&read).concat();
    assert!(said.starts_with("no token was given: 127.0.0.1:"), "{said}");
    assert!(said.ends_with(" cannot be reached: it refuses the connection; POST …; given up after 4 tries"), "{said}");
}

#[tokio::test]
async fn a_connection_that_cannot_be_opened_once_is_tried_again() {
    let register = register(5);
    let system = list(&register);
    system.world.fail(Effect::Connect, 2, std::io::ErrorKind::ConnectionRefused);
    assert!(system.read().await.complete);
    assert_eq!(system.world.effects_of(Effect::Connect), 3);
}

#[tokio::test]
async fn what_cannot_be_executed_is_refused_and_never_guessed() {
    let register = register(5);
    let parts = LIST.replace("get: /persons", "get: /persons\n  parts: { unit: { list: [a, b] } }");
    let read = described(&register, &parts).read().await;
    assert_eq!(said(&read), ["GET /persons says `parts`, which cannot be executed yet"]);
    let soap = LIST.replace("headers:", "soap: { version: \"1.1\" }\n  headers:");
    let system = described(&register, &soap);
    let opened = HttpOpener.open(&*system.dialect, &system.world, &system.settings).await;
    assert_eq!(
        opened.err().map(|fault| fault.say).as_deref(),
        Some("the connection says `soap`, which this version cannot execute yet")
    );
    assert!(register.seen().is_empty());
}

#[tokio::test]
async fn changes_are_left_aside_and_everything_is_read() {
    let changes = LIST.replace("get: /persons", "get: /persons\n  changes: { cursor: { at: meta.modified } }");
    let register = register(5);
    let system = described(&register, &changes);
    assert!(system.read().await.complete);
    assert!(system.dialect.show(system.list.expect("a list")).ends_with("[left aside: changes]"));
}
