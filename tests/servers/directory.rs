//! A directory of a school that is written over JSON: users, groups, memberships. The server gives the ids, and nobody can guess them.

use super::cut::Connection;
use super::{Script, Seen, Stop, Trouble, bearer, error, json_of, misbehave, parameters, remembered, serve};
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// The running directory.
///
/// `GET /users?offset=0&limit=100` gives `{items, total, next}` (`next` is an address, absent on the last page, and the header `Link` has it too), `POST /users` creates and
/// answers 201 with the record and its `id` (409 where the name is taken), `GET PATCH PUT DELETE /users/{id}`. So too `/groups`
/// and `/memberships`; a membership refers to a user and a group, and goes when either does.
pub struct Directory {
    /// The address, without a slash at the end.
    pub base: String,
    shelf: Shared,
    _stop: Stop,
}

/// The bearer token that the directory takes.
pub const KEY: &str = "s3cr3t-of-the-directory";

/// Each list, with the fields that are unique in it together.
const LISTS: [(&str, &[&str]); 3] =
    [("users", &["login"]), ("groups", &["name"]), ("memberships", &["user_id", "group_id"])];

type Shared = Arc<Mutex<Shelf>>;

/// What the directory holds.
struct Shelf {
    base: String,
    records: BTreeMap<&'static str, Vec<Map<String, Value>>>,
    most: usize,
    script: Script,
    refused: Vec<(String, Value)>,
    seen: Vec<Seen>,
    bodies: Vec<String>,
    keys: Vec<(String, String)>,
    running: usize,
    busiest: usize,
}

impl Directory {
    /// Starts empty.
    pub fn start() -> Directory {
        let shelf = Arc::new(Mutex::new(Shelf {
            base: String::new(),
            records: LISTS.iter().map(|(name, _)| (*name, Vec::new())).collect(),
            most: 100,
            script: Script::default(),
            refused: Vec::new(),
            seen: Vec::new(),
            bodies: Vec::new(),
            keys: Vec::new(),
            running: 0,
            busiest: 0,
        }));
        let (address, stop) = serve(Router::new().fallback(answer).with_state(Arc::clone(&shelf)));
        let base = format!("http://{address}");
        shelf.lock().expect("a new server").base = base.clone();
        Directory { base, shelf, _stop: stop }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().expect("a server that did not panic")
    }

    /// Gives at most so many records a page.
    pub fn most(&self, records: usize) {
        self.shelf().most = records;
    }

    /// Puts a record in as if somebody had made it there; gives its id.
    pub fn put(&self, list: &str, record: Value) -> String {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let mut record = record.as_object().expect("a record").clone();
        record.insert("id".to_string(), json!(id));
        self.shelf().records.get_mut(list).expect("users, groups or memberships").push(record);
        id
    }

    /// Takes a record out as if somebody had removed it there.
    pub fn take_out(&self, list: &str, id: &str) {
        self.shelf().records.get_mut(list).expect("users, groups or memberships").retain(|record| record["id"] != id);
    }

    /// Changes a field of a record as if somebody had changed it there.
    pub fn edit(&self, list: &str, id: &str, field: &str, value: Value) {
        let mut shelf = self.shelf();
        let records = shelf.records.get_mut(list).expect("users, groups or memberships");
        let record = records.iter_mut().find(|record| record["id"] == id).expect("a record with this id");
        record.insert(field.to_string(), value);
    }

    /// All records of a list, in the order in which they were made.
    pub fn records(&self, list: &str) -> Vec<Value> {
        self.shelf().records[list].iter().cloned().map(Value::Object).collect()
    }

    /// Everything: `{users: […], groups: […], memberships: […]}`.
    pub fn dump(&self) -> Value {
        json!(self.shelf().records)
    }

    /// Misbehaves so many times at a method and the paths that start so: `("POST", "/users")`.
    pub fn trouble(&self, method: &'static str, path: &'static str, times: usize, trouble: Trouble) {
        let fits = move |asked: &str, asked_path: &str, _: usize| asked == method && asked_path.starts_with(path);
        self.shelf().script.0.push((Box::new(fits), times, trouble));
    }

    /// Misbehaves so many times on a page (from 1) of a list.
    pub fn trouble_on_page(&self, path: &'static str, page: usize, times: usize, trouble: Trouble) {
        let fits = move |asked: &str, asked_path: &str, asked_page: usize| {
            asked == "GET" && asked_path == path && asked_page == page
        };
        self.shelf().script.0.push((Box::new(fits), times, trouble));
    }

    /// Refuses, with 400, every record whose field has this value.
    pub fn refuse(&self, field: &str, value: Value) {
        self.shelf().refused.push((field.to_string(), value));
    }

    /// Refuses nothing any more.
    pub fn refuse_nothing(&self) {
        self.shelf().refused.clear();
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shelf().seen.clone()
    }

    /// The body of every request that had one, as text: to see that something was never sent.
    pub fn bodies(&self) -> Vec<String> {
        self.shelf().bodies.clone()
    }

    /// How many requests of each method so far.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for seen in &self.shelf().seen {
            *counts.entry(seen.method.clone()).or_default() += 1;
        }
        counts
    }

    /// How many requests so far that could change something.
    pub fn writes(&self) -> usize {
        self.shelf().seen.iter().filter(|seen| seen.method != "GET").count()
    }

    /// How many requests were worked at one time, at most.
    pub fn busiest(&self) -> usize {
        self.shelf().busiest
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.shelf().seen.clear();
    }
}

/// Answers a request and remembers it.
async fn answer(
    State(shelf): State<Shared>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let (method, path) = (parts.method.to_string(), parts.uri.path().to_string());
    let query = parameters(parts.uri.query());
    let body = json_of(body).await;
    let (response, held_back) = {
        let mut shelf = shelf.lock().expect("a server that did not panic");
        let page = shelf.page_of(&query);
        shelf.bodies.extend(body.as_ref().map(Value::to_string));
        let trouble = shelf.script.take(&method, &path, page);
        let response = match trouble.as_ref().and_then(Trouble::answer) {
            Some(response) => response,
            None => shelf.serve(&parts.headers, &method, &path, &query, body, trouble == Some(Trouble::Loop)),
        };
        let status = if trouble == Some(Trouble::Drop) { 0 } else { response.status().as_u16() };
        let headers = remembered(&parts.headers);
        shelf.seen.push(Seen { method, path, query, headers, page, status });
        let held_back = misbehave(&connection, trouble.as_ref(), &response);
        shelf.running += 1;
        shelf.busiest = shelf.busiest.max(shelf.running);
        (response, held_back)
    };
    tokio::time::sleep(held_back).await;
    shelf.lock().expect("a server that did not panic").running -= 1;
    response
}

impl Shelf {
    fn page_of(&self, query: &[(String, String)]) -> usize {
        number(query, "offset").unwrap_or(0) / self.most.min(number(query, "limit").unwrap_or(usize::MAX)).max(1) + 1
    }

    fn serve(
        &mut self,
        headers: &HeaderMap,
        method: &str,
        path: &str,
        query: &[(String, String)],
        body: Option<Value>,
        same_again: bool,
    ) -> Response {
        if bearer(headers).as_deref() != Some(KEY) {
            return error(401, "unauthorised");
        }
        let mut segments = path.trim_start_matches('/').splitn(2, '/');
        let Some(&(list, unique)) = LISTS.iter().find(|(name, _)| Some(*name) == segments.clone().next()) else {
            return error(404, "no-such-list");
        };
        segments.next();
        match (method, segments.next(), body) {
            ("GET", None, _) => self.page(list, query, same_again),
            ("POST", None, Some(Value::Object(record))) => self.create(list, unique, headers, record),
            ("GET", Some(id), _) => match self.find(list, id) {
                Some(index) => axum::Json(self.records[list][index].clone()).into_response(),
                None => error(404, "not-found"),
            },
            ("PATCH" | "PUT", Some(id), Some(Value::Object(change))) => {
                self.change(list, unique, id, change, method == "PUT")
            }
            ("DELETE", Some(id), _) => self.remove(list, id),
            ("POST" | "PATCH" | "PUT", _, _) => error(400, "no-json-object"),
            _ => error(405, "method-not-allowed"),
        }
    }

    fn find(&self, list: &str, id: &str) -> Option<usize> {
        self.records[list].iter().position(|record| record["id"] == id)
    }

    fn page(&self, list: &str, query: &[(String, String)], same_again: bool) -> Response {
        let records = &self.records[list];
        let from = number(query, "offset").unwrap_or(0).min(records.len());
        let limit = number(query, "limit").unwrap_or(usize::MAX).min(self.most);
        let until = (from + limit).min(records.len());
        let mut body = json!({ "items": records[from..until], "total": records.len() });
        let next = if same_again { from } else { until };
        if next >= records.len() {
            return axum::Json(body).into_response();
        }
        let address = format!("{}/{list}?offset={next}&limit={limit}", self.base);
        // Some clients read the address in the body, others in a header (RFC 8288).
        let first = format!("{}/{list}?offset=0&limit={limit}", self.base);
        let link = format!("<{first}>; rel=\"first\", <{address}>; rel=\"next last\"");
        body["next"] = json!(address);
        ([("link", link)], axum::Json(body)).into_response()
    }

    /// Why a record cannot stand in a list, if it cannot.
    fn objection(&self, list: &str, unique: &[&str], id: &str, record: &Map<String, Value>) -> Option<Response> {
        if self.refused.iter().any(|(field, value)| record.get(field) == Some(value)) {
            return Some(error(400, "refused"));
        }
        if unique.iter().any(|field| record.get(*field).is_none_or(Value::is_null)) {
            return Some(error(400, "missing-field"));
        }
        let same = |other: &Map<String, Value>| unique.iter().all(|field| other.get(*field) == record.get(*field));
        if self.records[list].iter().any(|other| other["id"] != id && same(other)) {
            return Some(error(409, "already-exists"));
        }
        let refers = |field: &str, to: &str| match record.get(field) {
            Some(Value::String(id)) => self.find(to, id).is_some(),
            Some(_) => false,
            None => true,
        };
        if list == "memberships" && !(refers("user_id", "users") && refers("group_id", "groups")) {
            return Some(error(422, "unknown-reference"));
        }
        None
    }

    fn create(
        &mut self,
        list: &'static str,
        unique: &[&str],
        headers: &HeaderMap,
        mut record: Map<String, Value>,
    ) -> Response {
        let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_string);
        if let Some((_, id)) = self.keys.iter().find(|(known, _)| Some(known) == key.as_ref()) {
            let index = self.find(list, id);
            return match index {
                Some(index) => (StatusCode::CREATED, axum::Json(self.records[list][index].clone())).into_response(),
                None => error(409, "key-was-used"),
            };
        }
        if let Some(objection) = self.objection(list, unique, "", &record) {
            return objection;
        }
        let id = uuid::Uuid::new_v4().simple().to_string();
        record.retain(|_, value| !value.is_null());
        record.insert("id".to_string(), json!(id));
        self.records.get_mut(list).expect("a list").push(record.clone());
        self.keys.extend(key.map(|key| (key, id)));
        (StatusCode::CREATED, axum::Json(record)).into_response()
    }

    fn change(
        &mut self,
        list: &'static str,
        unique: &[&str],
        id: &str,
        change: Map<String, Value>,
        whole: bool,
    ) -> Response {
        let Some(index) = self.find(list, id) else { return error(404, "not-found") };
        let mut record = if whole { Map::new() } else { self.records[list][index].clone() };
        record.extend(change);
        record.insert("id".to_string(), json!(id));
        record.retain(|_, value| !value.is_null());
        if let Some(objection) = self.objection(list, unique, id, &record) {
            return objection;
        }
        self.records.get_mut(list).expect("a list")[index] = record.clone();
        axum::Json(record).into_response()
    }

    fn remove(&mut self, list: &'static str, id: &str) -> Response {
        let Some(index) = self.find(list, id) else { return error(404, "not-found") };
        self.records.get_mut(list).expect("a list").remove(index);
        let refers = match list {
            "users" => "user_id",
            "groups" => "group_id",
            _ => return StatusCode::NO_CONTENT.into_response(),
        };
        self.records
            .get_mut("memberships")
            .expect("a list")
            .retain(|membership| membership.get(refers).and_then(Value::as_str) != Some(id));
        StatusCode::NO_CONTENT.into_response()
    }
}

/// A parameter that is a number.
fn number(query: &[(String, String)], name: &str) -> Option<usize> {
    query.iter().find(|(known, _)| known == name)?.1.parse().ok()
}
