//! Who we are, and that nobody else learns it.

use super::*;
use crate::adapter::http::line::{Ask, Line};
use crate::protocol::http::{Call, HttpDialect};

/// The headers and the parameters of the first request to a directory that is reached with this `auth`.
async fn first_request(auth: &str) -> servers::Seen {
    let directory = Directory::start();
    let text = format!(
        "connect:\n  base: '{{{{ settings.base }}}}'\n  auth: {auth}\nfields: [login]\nread: {{ get: /users, select: '$.items[*]' }}\n"
    );
    let settings = [("base", json!(directory.base)), ("token", json!("s3cr3t å&=")), ("key", json!("s3cr3t"))];
    system(&text, &settings, &["token", "key"]).read().await;
    directory.seen().remove(0)
}

#[tokio::test]
async fn says_who_we_are_as_the_descriptor_says() {
    let seen = first_request("{ basic: { user: me, password: '{{ settings.token }}' } }").await;
    // "me:s3cr3t å&=" in Base64.
    assert_eq!(seen.headers["authorization"], "Basic bWU6czNjcjN0IMOlJj0=");
    let seen = first_request("{ bearer: '{{ settings.key }}' }").await;
    assert_eq!(seen.headers["authorization"], "Bearer s3cr3t");
    let seen = first_request("{ key: { in: header, name: X-Key, value: '{{ settings.key }}' } }").await;
    assert_eq!((seen.headers["x-key"].as_str(), seen.headers.get("authorization")), ("s3cr3t", None));
    let seen = first_request("{ key: { in: query, name: apiKey, value: '{{ settings.token }}' } }").await;
    assert_eq!(seen.values("apiKey"), ["s3cr3t å&="]);
    let seen = first_request("{ key: { in: cookie, name: session, value: '{{ settings.key }}' } }").await;
    assert_eq!(seen.headers["cookie"], "session=s3cr3t");
    assert_eq!(first_request("none").await.headers.get("authorization"), None);
}

#[tokio::test]
async fn calls_at_one_time_ask_for_one_token() {
    let register = register(5);
    let system = list(&register);
    let dialect = system.dialect.as_any().downcast_ref::<HttpDialect>().expect("HTTP");
    let Some(Call::Read(read)) = dialect.call(system.list.expect("a list")) else { panic!("no list") };
    let line = Line::open(&dialect.connection, &system.world, &system.settings).expect("a line");
    let scope = line.scope();
    let call =
        || async { line.call(&Ask::once(&read.ways[0].request, &scope)).await.expect("an answer").answer.status };
    assert_eq!(tokio::join!(call(), call(), call()), (200, 200, 200));
    assert_eq!(register.token_requests(), 1);
    // The token runs out under all of them: one new one is enough.
    register.forget_tokens();
    assert_eq!(tokio::join!(call(), call(), call()), (200, 200, 200));
    assert_eq!(register.token_requests(), 2);
}

#[tokio::test]
async fn a_call_to_another_host_does_not_say_who_we_are() {
    let (register, elsewhere) = (register(5), register(5));
    let text = LIST.replace("get: /persons", &format!("get: {}/persons", elsewhere.base));
    let read = described(&register, &text).read().await;
    assert!(said(&read)[0].contains("leads to another host"), "{:?}", said(&read));
    assert!(elsewhere.seen().is_empty());
    elsewhere.allow("unused");
    let read = described(&register, &text.replace("select:", "auth: none\n  select:")).read().await;
    assert!(said(&read)[0].starts_with("401 on GET"), "{:?}", said(&read));
    assert_eq!(elsewhere.seen()[0].headers.get("authorization"), None);
}

#[tokio::test]
async fn a_next_page_on_another_host_is_not_asked() {
    let directory = Directory::start();
    directory.trouble("GET", "/users", 1, Trouble::Body(json!({ "items": [], "next": "http://127.0.0.1:9/users" })));
    let settings = [("base", json!(directory.base)), ("token", json!("s3cr3t-of-the-directory"))];
    let text = "connect:\n  base: '{{ settings.base }}'\n  auth: { bearer: '{{ settings.token }}' }\nfields: [login]\nread: { get: /users, select: '$.items[*]', page: { next: $.next } }\n";
    let read = system(text, &settings, &["token"]).read().await;
    assert_eq!(said(&read), ["GET /users: the next page lies on another host (page 1)"]);
}

#[tokio::test]
async fn certificates_are_checked_when_the_connection_is_opened() {
    let register = register(1);
    let text = LIST.replace("headers:", "tls: { client: '{{ settings.client_secret }}', min: '1.2' }\n  headers:");
    let system = described(&register, &text);
    let opened = HttpOpener.open(&*system.dialect, &system.world, &system.settings).await;
    assert_eq!(
        opened.err().map(|fault| fault.say).as_deref(),
        Some("`tls: client` is no PEM text with a certificate and its private key")
    );
    // A certificate that is not given is none.
    let text = text.replace("settings.client_secret }}', min", "settings.scope }}', min");
    assert!(described(&register, &text).read().await.complete);
}

#[tokio::test]
async fn an_address_that_is_none_is_said_without_the_address() {
    for base in ["ftp://s3cr3t.example", "register", "http://"] {
        let text = "connect: { base: '{{ settings.base }}' }\nfields: [id]\nread: { get: /x }\n";
        let system = system(text, &[("base", json!(base))], &[]);
        let opened = HttpOpener.open(&*system.dialect, &system.world, &system.settings).await;
        let say = opened.err().map(|fault| fault.say).expect("a fault");
        assert_eq!(say, "`base` is no address: it starts with https:// and names a host");
    }
}
