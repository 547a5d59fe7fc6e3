//! Lists that are read as they should be.

use super::*;
use crate::world::World as _;

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let register = register(25);
    let read = list(&register).read().await;
    assert_eq!(said(&read), [""; 0]);
    assert!(read.complete);
    assert_eq!(first_cells(&read), (1..=25).map(|n| format!("p{n}")).collect::<Vec<_>>());
    let seen = register.seen();
    assert_eq!(seen.iter().map(|seen| seen.page).collect::<Vec<_>>(), [1, 2, 3]);
    // The standard: nothing but the limit goes with a page token.
    assert_eq!((seen[0].values("status"), seen[0].values("limit")), (vec!["aktiv"], vec!["10"]));
    assert_eq!((seen[1].values("status"), seen[1].values("limit")), (vec![], vec!["10"]));
    assert_eq!(register.token_requests(), 1);
    assert_eq!(&*read.batches[2].from, "/persons, page 3");
    assert_eq!(read.batches[2].lines, vec![1, 2, 3, 4, 5].into());
}

#[tokio::test]
async fn a_last_page_that_names_null_as_the_next_one_is_the_last() {
    let register = register(25);
    register.says_null();
    let read = list(&register).read().await;
    assert_eq!(said(&read), [""; 0]);
    assert_eq!((read.complete, read.rows()), (true, 25));
}

#[tokio::test]
async fn an_empty_list_is_whole() {
    let read = list(&register(0)).read().await;
    assert!(read.complete && read.faults.is_empty());
    assert_eq!(read.rows(), 0);
}

#[tokio::test]
async fn a_token_that_expires_mid_read_is_renewed_and_the_page_is_read_again() {
    let register = register(45);
    register.tokens_last(2);
    let system = list(&register);
    let read = system.read().await;
    assert!(read.complete, "{:?}", said(&read));
    assert_eq!(first_cells(&read).len(), 45);
    assert_eq!(register.token_requests(), 3);
    let pages: Vec<_> = register.seen().iter().map(|seen| (seen.page, seen.status)).collect();
    assert_eq!(pages, [(1, 200), (2, 200), (3, 401), (3, 200), (4, 200), (5, 401), (5, 200)]);
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end_and_kept_until_then() {
    let register = register(15);
    register.tokens_expire_in(600);
    let system = list(&register);
    let mut session = HttpOpener.open(&*system.dialect, &system.world, &system.settings).await.expect("a session");
    let list = system.list.expect("a list");
    for (after, tokens) in [(0, 1), (539, 1), (2, 2)] {
        system.world.sleep(std::time::Duration::from_secs(after)).await;
        assert!(read_all(&mut *session, list, &mut |_| {}).await.complete);
        assert_eq!(register.token_requests(), tokens, "after {after} s");
    }
}

#[tokio::test]
async fn the_client_may_stand_in_a_header() {
    let register = register(5);
    let text = LIST.replace("credentials_in: form", "credentials_in: basic");
    assert!(described(&register, &text).read().await.complete);
}

#[tokio::test]
async fn tokens_may_come_from_a_call_of_the_systems_own() {
    let register = register(5);
    let oauth2 = LIST.lines().find(|line| line.contains("oauth2:")).expect("a line");
    let token = r#"    token: { call: { post: "{{ settings.token_url }}", form: { grant_type: client_credentials, client_id: "{{ settings.client_id }}", client_secret: "{{ settings.client_secret }}" } }, take: "$.access_token", lasts: "$.expires_in", send: { header: { Authorization: "Bearer {{ value }}" } } }"#;
    assert!(described(&register, &LIST.replace(oauth2, token)).read().await.complete);
}

#[tokio::test]
async fn rows_may_lie_inside_records() {
    let text = LIST.replace("fields: [id, givenName]", "each: enrolments\nfields: [school, ^.id]");
    let read = described(&register(25), &text).read().await;
    assert!(read.complete, "{:?}", said(&read));
    assert_eq!(first_cells(&read)[24], "s25");
}

#[tokio::test]
async fn a_list_in_a_query_repeats_its_name_and_absent_leaves_it_out() {
    let register = register(1);
    let query = r#"query: { limit: '{{ settings.page_size }}', groupType: [Klass, Mentor], after: '{{ as_of }}', scope: '{{ settings.scope }}', fields: '{{ needed | join(",") }}' }"#;
    let text = LIST.replace("query: { limit: 10, status: aktiv }", query);
    assert!(described(&register, &text).read().await.complete);
    let seen = &register.seen()[0];
    let query: Vec<(&str, &str)> = seen.query.iter().map(|(name, value)| (&**name, &**value)).collect();
    let expected = [
        ("limit", "10"),
        ("groupType", "Klass"),
        ("groupType", "Mentor"),
        ("after", "2026-03-02"),
        ("fields", "id,givenName"),
    ];
    assert_eq!(query, expected);
}

/// The directory, whose pages name the next one by its address.
const USERS: &str = r#"
connect:
  base: "{{ settings.base }}"
  auth: { bearer: "{{ settings.token }}" }
  limits: { timeout: 2s }
  retry: { times: 2, first: 1s, jitter: none }
path: /users
fields: [login]
read:
  get: "{{ entity.path }}"
  select: "$.items[*]"
  query: { limit: 4 }
  page: { next: "$.next" }
"#;

fn directory(count: usize) -> Directory {
    let directory = Directory::start();
    for number in 1..=count {
        directory.put("users", json!({ "login": format!("u{number}") }));
    }
    directory
}

fn users(directory: &Directory, text: &str) -> System {
    let settings = [("base", json!(directory.base)), ("token", json!("s3cr3t-of-the-directory"))];
    system(text, &settings, &["token"])
}

#[tokio::test]
async fn pages_may_go_on_at_an_address() {
    let directory = directory(10);
    let read = users(&directory, USERS).read().await;
    assert!(read.complete, "{:?}", said(&read));
    assert_eq!((read.rows(), directory.seen().len()), (10, 3));
}

#[tokio::test]
async fn pages_may_go_on_at_an_address_in_a_header() {
    let directory = directory(10);
    let text = USERS.replace("{ next: \"$.next\" }", "{ next: { header: Link } }");
    let read = users(&directory, &text).read().await;
    assert!(read.complete, "{:?}", said(&read));
    assert_eq!((read.rows(), directory.seen().len()), (10, 3));
}

#[tokio::test]
async fn pages_may_go_on_by_offset() {
    let directory = directory(10);
    directory.most(3);
    let paged = |total: &str| {
        let page = format!(
            r#"page: {{ offset: 0, limit: 4{total}, send: {{ query: {{ offset: "{{{{ page.offset }}}}", limit: "{{{{ page.limit }}}}" }} }} }}"#
        );
        USERS.replace("page: { next: \"$.next\" }", &page)
    };
    let read = users(&directory, &paged(", total: $.total")).read().await;
    assert!(read.complete, "{:?}", said(&read));
    assert_eq!((read.rows(), directory.seen().len()), (10, 4));
    // Without a total, a page that is not full proves nothing: the first empty one does.
    directory.forget_requests();
    let read = users(&directory, &paged("")).read().await;
    assert!(read.complete, "{:?}", said(&read));
    assert_eq!((read.rows(), directory.seen().len()), (10, 5));
}

#[tokio::test]
async fn the_first_way_that_works_is_used_and_remembered() {
    let register = register(5);
    register.does_not_know("unit");
    let ways = r#"
read:
  ways:
    - name: per part
      get: /persons
      select: "$.data[*]"
      parts: { unit: { list: [a, b] } }
      query: { unit: "{{ part.unit }}" }
    - name: per unit
      get: /persons
      select: "$.data[*]"
      query: { unit: all }
      errors: [ { status: 400, then: next-way } ]
    - name: everyone
      get: /persons
      select: "$.data[*]"
"#;
    let text = format!("{}{ways}", LIST.split("read:").next().expect("a connection"));
    let system = described(&register, &text);
    let mut session = HttpOpener.open(&*system.dialect, &system.world, &system.settings).await.expect("a session");
    for requests in [2, 3] {
        let read = read_all(&mut *session, system.list.expect("a list"), &mut |_| {}).await;
        assert!(read.complete && read.rows() == 5, "{:?}", said(&read));
        assert_eq!(register.seen().len(), requests);
    }
    let shown = system.dialect.show(system.list.expect("a list"));
    assert!(shown.contains("[cannot be executed yet: parts, {{ part.unit }}]"), "{shown}");
}

#[tokio::test]
async fn calls_keep_to_their_number_a_second() {
    let register = register(25);
    let system = described(&register, &LIST.replace("timeout: 2s", "timeout: 2s, per_second: 2"));
    assert!(system.read().await.complete);
    // Three pages and one token: half a second before each but the first.
    assert_eq!(system.waited(), 1.5);
}
