//! SS 12000: what the test register answers is what the standard's OpenAPI document describes.

use crate::servers::Register;
use crate::{own, shared, text, word};
use koppla::finding::Findings;
use koppla::source::Sources;
use koppla::syntax::tree::{Kind, Node, Style};
use koppla::world::{TestWorld, World};
use serde_json::{Map, Value, json};
use std::path::Path;

/// A YAML document, read as Koppla reads its own.
pub fn yaml(path: &Path) -> Node {
    let mut sources = Sources::default();
    let mut found = Findings::default();
    let file = sources.add(path.display().to_string(), text(path.to_path_buf()));
    koppla::syntax::yaml::read(&sources, file, &mut found)
        .unwrap_or_else(|| panic!("{} cannot be read", path.display()))
}

/// The document as JSON; plain words get the types that YAML 1.2 gives them.
fn plain(node: &Node) -> Value {
    match &node.kind {
        Kind::Missing => Value::Null,
        Kind::List(items) => items.iter().map(plain).collect(),
        Kind::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), plain(&entry.value))).collect(),
        Kind::Scalar(scalar) if scalar.style == Style::Plain => match scalar.text.as_str() {
            "null" | "~" | "" => Value::Null,
            "true" => json!(true),
            "false" => json!(false),
            text => text.parse::<serde_json::Number>().map_or_else(|_| json!(text), Value::Number),
        },
        Kind::Scalar(scalar) => json!(scalar.text),
    }
}

/// The standard's schemas.
struct Standard(Value);

/// Keywords that say nothing about validity.
const SILENT: [&str; 8] =
    ["description", "example", "title", "default", "readOnly", "deprecated", "externalDocs", "xml"];

impl Standard {
    fn read() -> Standard {
        Standard(plain(&yaml(&shared("specs/ss12000/openapi_ss12000_version2_1_0.yaml"))))
    }

    /// The schema of what a list answers.
    fn answer(&self, path: &str) -> &Value {
        let schema = &self.0["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "the standard has no list {path}");
        schema
    }

    fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        match schema["$ref"].as_str() {
            Some(reference) => self.resolve(self.0.pointer(&reference[1..]).expect("a reference inside the document")),
            None => schema,
        }
    }

    /// What is wrong with a value, each with its place. A member that the schema does not name is wrong, too: the
    /// standard lets it pass, but in a sample of ours it is a slip of the pen.
    fn faults(&self, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
        let schema = self.resolve(schema);
        if value.is_null() && schema["nullable"] == true {
            return;
        }
        for (keyword, rule) in schema.as_object().expect("a schema") {
            let holds = match keyword.as_str() {
                "type" => is_of_type(rule.as_str().expect("a type"), value),
                "enum" => rule.as_array().expect("values").contains(value),
                "format" => value.as_str().is_none_or(|text| has_format(rule.as_str().expect("a format"), text)),
                "required" => {
                    let names = rule.as_array().expect("names");
                    names.iter().all(|name| value.get(name.as_str().expect("a name")).is_some())
                }
                "minimum" => value.as_f64() >= rule.as_f64(),
                "maximum" => value.as_f64() <= rule.as_f64(),
                "minItems" => {
                    value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().expect("a number"))
                }
                "uniqueItems" => {
                    value.as_array().is_none_or(|items| (1..items.len()).all(|n| !items[..n].contains(&items[n])))
                }
                "properties" | "items" | "allOf" | "nullable" => true,
                silent => {
                    assert!(SILENT.contains(&silent), "this check does not know the keyword {silent}");
                    true
                }
            };
            if !holds {
                faults.push(format!("{place}: {keyword}"));
            }
        }
        self.faults_inside(schema, value, place, faults);
    }

    fn faults_inside(&self, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
        if let Some(items) = value.as_array().filter(|_| schema["items"].is_object()) {
            for (number, item) in items.iter().enumerate() {
                self.faults(&schema["items"], item, &format!("{place}[{number}]"), faults);
            }
        }
        let members = self.members(schema);
        for (name, member) in value.as_object().into_iter().flatten().filter(|_| !members.is_empty()) {
            let inner = format!("{place}.{name}");
            match members.get(name) {
                Some(schema) => self.faults(schema, member, &inner, faults),
                None => faults.push(format!("{inner}: not in the standard")),
            }
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let part = self.resolve(part);
            for rule in ["required", "type"].into_iter().filter(|rule| !part[rule].is_null()) {
                self.faults(&json!({ rule: part[rule] }), value, place, faults);
            }
        }
    }

    /// The members that a schema and the parts of its `allOf` name.
    fn members(&self, schema: &Value) -> Map<String, Value> {
        let mut members = schema["properties"].as_object().cloned().unwrap_or_default();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            members.extend(self.members(self.resolve(part)));
        }
        members
    }
}

fn is_of_type(ty: &str, value: &Value) -> bool {
    match ty {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("this check does not know the type {other}"),
    }
}

fn has_format(format: &str, text: &str) -> bool {
    match format {
        "date" => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        "uuid" => text.len() == 36 && uuid::Uuid::parse_str(text).is_ok(),
        "email" => text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.')),
        "uri" => reqwest::Url::parse(text).is_ok(),
        pattern if pattern.starts_with('^') => regex::Regex::new(pattern).expect("a pattern").is_match(text),
        _ => true,
    }
}

/// A person as the standard has it.
fn person() -> Value {
    json!({
        "id": "046b6c7f-0b8a-43b9-b35d-6489e6daee91",
        "meta": { "created": "2026-01-07T04:56:07Z", "modified": "2026-01-07T04:56:07.000+01:00" },
        "givenName": "Alva", "familyName": "Testsson", "birthDate": "2014-03-09", "sex": "Kvinna",
        "emails": [{ "value": "alva@skola.example", "type": "Skola elev" }],
        "enrolments": [{
            "enroledAt": { "id": "146b6c7f-0b8a-43b9-b35d-6489e6daee91" },
            "schoolType": "GR", "startDate": "2025-08-18", "schoolYear": 5
        }],
    })
}

/// Every answer of a list, page by page, as a client gets it.
async fn answers(register: &Register, list: &str) -> Vec<Value> {
    let client = TestWorld::new().http().build().expect("a client");
    register.allow("good-for-ever");
    let mut answers: Vec<Value> = Vec::new();
    loop {
        let mut query = vec![("limit", "3")];
        query.extend(answers.last().map(|last| ("pageToken", word(last, "pageToken"))));
        let request = client.get(format!("{}/{list}", register.base)).query(&query);
        let answer = request.bearer_auth("good-for-ever").send().await.expect("an answer");
        answers.push(serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON"));
        if answers.last().is_some_and(|last| last["pageToken"].is_null()) {
            return answers;
        }
    }
}

#[tokio::test]
async fn the_test_register_answers_the_example_as_the_standard_says() {
    let standard = Standard::read();
    let register = Register::from_folder(&own("mappings/examples/rest/register"));
    for list in ["organisations", "persons", "groups", "duties"] {
        let answers = answers(&register, list).await;
        assert!(answers.len() >= 3, "{list} has {} pages", answers.len());
        let mut faults = Vec::new();
        for (page, answer) in answers.iter().enumerate() {
            standard.faults(standard.answer(&format!("/{list}")), answer, &format!("{list}, page {page}"), &mut faults);
        }
        assert!(faults.is_empty(), "{} faults, first:\n{}", faults.len(), faults[..faults.len().min(20)].join("\n"));
    }
}

#[test]
fn the_check_finds_what_the_standard_forbids() {
    let standard = Standard::read();
    let faults = |change: fn(&mut Value)| {
        let mut answer = json!({ "data": [person()], "pageToken": null });
        change(&mut answer["data"][0]);
        let mut faults = Vec::new();
        standard.faults(standard.answer("/persons"), &answer, "persons", &mut faults);
        faults
    };
    assert_eq!(faults(|_| ()), [""; 0]);
    assert_eq!(faults(|person| person["sex"] = json!("kvinna")), ["persons.data[0].sex: enum"]);
    assert_eq!(faults(|person| person["birthDate"] = json!("20140309")), ["persons.data[0].birthDate: format"]);
    assert_eq!(faults(|person| person["id"] = json!(7)), ["persons.data[0].id: type"]);
    assert_eq!(
        faults(|person| person["givenname"] = json!("Alva")),
        ["persons.data[0].givenname: not in the standard"]
    );
    let without_name = |person: &mut Value| drop(person.as_object_mut().unwrap().remove("familyName"));
    assert_eq!(faults(without_name), ["persons.data[0]: required"]);
    let no_type = |person: &mut Value| person["enrolments"][0]["schoolType"] = json!("Grundskola");
    assert_eq!(faults(no_type), ["persons.data[0].enrolments[0].schoolType: enum"]);
}
