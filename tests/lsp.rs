//! The language server, driven over standard input and output by a scripted client, as an editor does it.

#![allow(clippy::disallowed_methods, reason = "the test writes projects and starts the program")]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

const REGISTER: &str = "model: register
entities:
  pupil:
    key: number
    fields:
      number: text
      given_name: { type: text, doc: \"what the child is called\" }
      family_name: text
      faith: { type: \"text?\", class: special }
      class: ref class?
  class:
    key: code
    fields:
      code: { type: text, class: public }
      title: { type: \"text?\", class: public }
";

const DIRECTORY: &str = "model: directory
entities:
  account:
    key: login
    fields:
      login: { type: text, max: 20 }
      name: text
      group: { type: \"text?\", class: public }
";

const MAPPING: &str = "mapping: register--directory
left: register
right: directory
options:
  from_year: { type: int, default: 7, doc: \"the first year\" }
sets:
  named: |
    pupil as p
    where p.given_name != \"Åsa 🙂\"
maps:
  pupils:
    between: pupil -> account
    fields: |
      Number:  number -> login
      \"Name: whole\":  f\"{given_name} {family_name}\"   -> name
      Group:  class.title   -> group
";

const TEST: &str = "test: register--directory
cases:
  - name: one
    given:
      pupil:
        - { number: \"1\", given_name: Åsa, family_name: Öberg }
    expect:
      account:
        - { login: \"1\", name: Åsa Öberg }
";

/// An editor with a folder open.
struct Editor {
    folder: TempDir,
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: i64,
    findings: BTreeMap<String, Vec<Value>>,
}

impl Editor {
    fn open(files: &[(&str, &str)]) -> Editor {
        let folder = TempDir::new().expect("a folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("a file");
        }
        let mut server = Command::new(env!("CARGO_BIN_EXE_koppla"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server");
        let input = server.stdin.take().expect("its input");
        let output = BufReader::new(server.stdout.take().expect("its output"));
        let mut editor = Editor { folder, server, input, output, next: 0, findings: BTreeMap::new() };
        let root = editor.uri("");
        let told = editor.ask("initialize", json!({ "capabilities": {}, "rootUri": root.trim_end_matches('/') }));
        assert_eq!(told["capabilities"]["positionEncoding"], "utf-16");
        editor.tell("initialized", json!({}));
        editor
    }

    fn project() -> Editor {
        Editor::open(&[
            ("register.model.yaml", REGISTER),
            ("directory.model.yaml", DIRECTORY),
            ("register--directory.mapping.yaml", MAPPING),
            ("one.test.yaml", TEST),
        ])
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.folder.path().display())
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("a message");
        self.input.flush().expect("sent");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).expect("a line") > 0, "the server went away");
            match line.trim_end().split_once(": ") {
                Some(("Content-Length", number)) => length = number.parse().expect("a length"),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).expect("a body");
        serde_json::from_slice(&body).expect("JSON")
    }

    /// The whole answer to a request; findings that come before it are kept.
    fn answer(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
            self.keep(&message);
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.answer(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn keep(&mut self, message: &Value) {
        assert_eq!(message["method"], "textDocument/publishDiagnostics", "{message}");
        let name = message["params"]["uri"].as_str().expect("a file").rsplit('/').next().expect("a name").to_string();
        let found = message["params"]["diagnostics"].as_array().expect("findings").clone();
        self.findings.insert(name, found);
    }

    /// The codes that the editor shows at a file, after all that was told has been worked.
    fn codes(&mut self, name: &str) -> Vec<String> {
        // Findings are sent when no message waits: the second question is answered after those of all changes before.
        for _ in 0..2 {
            let nowhere = json!({ "textDocument": { "uri": "untitled:x" }, "position": { "line": 0, "character": 0 } });
            self.ask("textDocument/hover", nowhere);
        }
        let found = self.findings.get(name).cloned().unwrap_or_default();
        found.iter().map(|finding| finding["code"].as_str().expect("a code").to_string()).collect()
    }

    fn edit(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        self.tell(
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": uri, "languageId": "yaml", "version": 1, "text": text } }),
        );
    }

    /// A place: the start of a word in a line that holds a text, and what is asked about it.
    fn at(&self, name: &str, text: &str, line_with: &str, word: &str, further: usize) -> Value {
        let (number, line) = text.lines().enumerate().find(|(_, line)| line.contains(line_with)).expect("the line");
        let column = line[..line.find(word).expect("the word")].encode_utf16().count() + further;
        json!({ "textDocument": { "uri": self.uri(name) }, "position": { "line": number, "character": column } })
    }

    fn labels(&mut self, params: Value) -> Vec<String> {
        let items = self.ask("textDocument/completion", params);
        items
            .as_array()
            .expect("items")
            .iter()
            .map(|item| item["label"].as_str().expect("a label").to_string())
            .collect()
    }

    /// The text after the edits of an answer.
    fn edited(&self, name: &str, text: &str, edits: &Value) -> String {
        let Some(list) = edits["changes"][self.uri(name)].as_array() else { return text.to_string() };
        apply(text, list)
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// Applies edits, from the last to the first.
fn apply(text: &str, edits: &[Value]) -> String {
    let place = |position: &Value| {
        let (line, unit) =
            (position["line"].as_u64().expect("a line"), position["character"].as_u64().expect("a column"));
        let start = text.split_inclusive('\n').take(line as usize).map(str::len).sum::<usize>();
        let mut units = 0;
        let inside = text[start..].char_indices().find(|(_, c)| {
            let here = units >= unit as usize;
            units += c.len_utf16();
            here
        });
        start + inside.map_or(text.len() - start, |(at, _)| at)
    };
    let mut all: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|edit| {
            (place(&edit["range"]["start"]), place(&edit["range"]["end"]), edit["newText"].as_str().expect("text"))
        })
        .collect();
    all.sort_unstable();
    let mut after = text.to_string();
    all.iter().rev().for_each(|(start, end, new)| after.replace_range(start..end, new));
    after
}

const FILE: &str = "register--directory.mapping.yaml";

#[test]
fn findings_come_as_one_types_and_go_when_mended() {
    let mut editor = Editor::project();
    assert_eq!(editor.codes(FILE), Vec::<String>::new());
    let wrong = MAPPING.replace("{family_name}", "{famly_name}");
    editor.edit(FILE, &wrong);
    assert_eq!(editor.codes(FILE), ["unknown-name"]);
    // The file on the disk is as it was: what counts is what the editor shows.
    assert_eq!(fs::read_to_string(editor.folder.path().join(FILE)).expect("the file"), MAPPING);
    let finding = editor.findings[FILE][0].clone();
    let (line, text) = wrong.lines().enumerate().find(|(_, line)| line.contains("famly")).expect("the line");
    let column = text.find("famly").expect("the word");
    assert_eq!(finding["range"]["start"], json!({ "line": line, "character": column }));
    assert_eq!(finding["range"]["end"], json!({ "line": line, "character": column + "famly_name".len() }));
    // The quick fix is offered, and is right.
    let actions = editor.ask("textDocument/codeAction", json!({ "textDocument": { "uri": editor.uri(FILE) }, "range": finding["range"], "context": { "diagnostics": [] } }));
    assert_eq!(actions[0]["title"], "replace `famly_name` by `family_name`");
    assert_eq!(editor.edited(FILE, &wrong, &actions[0]["edit"]), MAPPING);
    // One stroke, told as a range.
    let at = json!({ "line": line, "character": column + 3 });
    let uri = editor.uri(FILE);
    editor.tell("textDocument/didChange", json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": [{ "range": { "start": at, "end": at }, "text": "i" }] }));
    assert_eq!(editor.codes(FILE), Vec::<String>::new());
    // Closed unsaved, the file of the disk counts again.
    editor.edit(FILE, &wrong);
    assert_eq!(editor.codes(FILE), ["unknown-name"]);
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(editor.codes(FILE), Vec::<String>::new());
}

#[test]
fn a_mistake_in_one_file_shows_in_another() {
    let mut editor = Editor::project();
    editor.edit("register.model.yaml", &REGISTER.replace("given_name", "called"));
    assert!(editor.codes(FILE).contains(&"unknown-name".to_string()));
    assert_eq!(editor.codes("one.test.yaml"), ["test-unknown-field"]);
}

#[test]
fn columns_are_counted_in_utf_16_and_windows_line_ends_stay() {
    let wrong = MAPPING.replace("!= \"Åsa 🙂\"", "!= \"Åsa 🙂\" and famly_name == \"x\"").replace('\n', "\r\n");
    let mut editor = Editor::project();
    editor.edit(FILE, &wrong);
    assert!(editor.codes(FILE).contains(&"unknown-name".to_string()), "{:?}", editor.findings);
    let finding =
        editor.findings[FILE].iter().find(|finding| finding["code"] == "unknown-name").expect("there").clone();
    let (line, text) = wrong.lines().enumerate().find(|(_, line)| line.contains("famly")).expect("the line");
    let column = text[..text.find("famly").expect("the word")].encode_utf16().count();
    assert_eq!(finding["range"]["start"], json!({ "line": line, "character": column }));
    // Formatted, every line still ends as it did.
    let edits = editor.ask(
        "textDocument/formatting",
        json!({ "textDocument": { "uri": editor.uri(FILE) }, "options": { "tabSize": 2, "insertSpaces": true } }),
    );
    let after = apply(&wrong, edits.as_array().expect("edits"));
    assert_eq!(after.matches("\r\n").count(), wrong.matches("\r\n").count());
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
    assert!(after.contains("      Number:         number                        -> login\r\n"), "{after}");
}

#[test]
fn hover_tells_type_class_and_documentation() {
    let mut editor = Editor::project();
    let hover = |editor: &mut Editor, line: &str, word: &str| {
        let place = editor.at(FILE, MAPPING, line, word, 1);
        editor.ask("textDocument/hover", place)["contents"]["value"].as_str().unwrap_or_default().to_string()
    };
    let field = hover(&mut editor, "Name: whole", "given_name");
    assert!(field.contains("`pupil.given_name`: `text`") && field.contains("what the child is called"), "{field}");
    assert!(field.contains("special") || field.contains("personal"), "{field}");
    assert!(hover(&mut editor, "Group:", "group").contains("`account.group`: `text?` · public"));
    assert!(hover(&mut editor, "Group:", "title").contains("`class.title`"));
    assert!(hover(&mut editor, "between:", "between").contains("`between`: "));
    assert!(hover(&mut editor, "left:", "register").contains("model `register`"));
}

#[test]
fn completion_knows_fields_functions_options_labels_and_keys() {
    let mut editor = Editor::project();
    let with = |line: &str| MAPPING.replace("      Group:  class.title   -> group\n", line);
    let mut labels = |line: &str, word: &str, further: usize| {
        let text = with(line);
        editor.edit(FILE, &text);
        let place = editor.at(FILE, &text, line.lines().last().expect("a line").trim(), word, further);
        editor.labels(place)
    };
    let names = labels("      Group:  fam\n", "fam", 3);
    assert!(names.contains(&"family_name".to_string()) && names.contains(&"words".to_string()), "{names:?}");
    assert_eq!(labels("      Group:  class.\n", "class.", 6), ["code", "title"]);
    assert_eq!(labels("      Group:  class.code -> \n", "-> ", 3), ["group", "login", "name"]);
    assert_eq!(labels("      Group:  if $ then 1\n", "$", 1), ["from_year"]);
    let keys = labels("    gone: keep\n    matc\n", "matc", 4);
    assert!(keys.contains(&"match".to_string()) && !keys.contains(&"between".to_string()), "{keys:?}");
    assert_eq!(labels("    absent: \n", "absent: ", 8), ["clear", "keep"]);
    let sync = "sync: s\nleft: register\nright: directory\nmappings: [register--directory]\nchange:\n  pupils:\n    fields: |\n      N\n";
    editor.edit(FILE, MAPPING);
    editor.edit("s.sync.yaml", sync);
    let place = editor.at("s.sync.yaml", sync, "      N", "N", 1);
    assert_eq!(editor.labels(place), ["Group", "Name: whole", "Number"]);
}

#[test]
fn definitions_and_references_lead_through_files() {
    let mut editor = Editor::project();
    let place = editor.at(FILE, MAPPING, "Name: whole", "given_name", 2);
    let definition = editor.ask("textDocument/definition", place.clone());
    assert_eq!(definition["uri"], editor.uri("register.model.yaml"));
    assert_eq!(definition["range"]["start"], json!({ "line": 6, "character": 6 }));
    let mut asked = place;
    asked["context"] = json!({ "includeDeclaration": true });
    let places = editor.ask("textDocument/references", asked);
    let files: Vec<&str> = places
        .as_array()
        .expect("places")
        .iter()
        .map(|p| p["uri"].as_str().expect("a file").rsplit('/').next().expect("a name"))
        .collect();
    assert_eq!(files.iter().filter(|file| **file == FILE).count(), 2, "{places}");
    assert!(files.contains(&"register.model.yaml") && files.contains(&"one.test.yaml"), "{files:?}");
    // A function of the library has no file; a system of the library is shown as a copy to read.
    let other = "mapping: register--sds\nleft: register\nright: sds\n";
    editor.edit("register--sds.mapping.yaml", other);
    let place = editor.at("register--sds.mapping.yaml", other, "right:", "sds", 1);
    let definition = editor.ask("textDocument/definition", place);
    assert!(
        definition["uri"].as_str().expect("a file").ends_with("/.koppla/library/systems/sds/system.yaml"),
        "{definition}"
    );
}

#[test]
fn a_field_is_renamed_in_every_file_and_only_if_nothing_breaks() {
    let mut editor = Editor::project();
    let mut place = editor.at(FILE, MAPPING, "Name: whole", "given_name", 2);
    assert_eq!(editor.ask("textDocument/prepareRename", place.clone())["placeholder"], "given_name");
    place["newName"] = json!("förnamn");
    let edits = editor.ask("textDocument/rename", place.clone());
    assert_eq!(editor.edited(FILE, MAPPING, &edits), MAPPING.replace("given_name", "förnamn"));
    assert_eq!(editor.edited("register.model.yaml", REGISTER, &edits), REGISTER.replace("given_name", "förnamn"));
    assert_eq!(editor.edited("one.test.yaml", TEST, &edits), TEST.replace("given_name", "förnamn"));
    place["newName"] = json!("family_name");
    let refused = editor.answer("textDocument/rename", place.clone());
    assert!(refused["error"]["message"].as_str().expect("why").starts_with("not renamed: "), "{refused}");
    place["newName"] = json!("given name");
    assert!(
        editor.answer("textDocument/rename", place)["error"]["message"].as_str().expect("why").contains("is no name")
    );
    // Nothing was written.
    assert_eq!(fs::read_to_string(editor.folder.path().join(FILE)).expect("the file"), MAPPING);
}

#[test]
fn a_rule_is_renamed_in_the_mapping_and_in_overlays() {
    let mut editor = Editor::project();
    let sync = "sync: s\nleft: register\nright: directory\nmappings: [register--directory]\nchange:\n  pupils:\n    fields: |\n      \"Name: whole\":  given_name -> name because \"short\"\n";
    fs::write(editor.folder.path().join("s.sync.yaml"), sync).expect("a file");
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    let mut place = editor.at(FILE, MAPPING, "Name: whole", "Name", 2);
    place["newName"] = json!("Full name 🙂");
    let edits = editor.ask("textDocument/rename", place);
    assert_eq!(editor.edited(FILE, MAPPING, &edits), MAPPING.replace("\"Name: whole\"", "\"Full name 🙂\""));
    assert_eq!(editor.edited("s.sync.yaml", sync, &edits), sync.replace("\"Name: whole\"", "\"Full name 🙂\""));
}

#[test]
fn it_ends_when_told_and_answers_what_it_does_not_know() {
    let mut editor = Editor::project();
    assert_eq!(editor.answer("textDocument/foldingRange", json!({}))["error"]["code"], -32601);
    assert_eq!(editor.answer("textDocument/hover", json!({}))["error"]["code"], -32602);
    let untitled =
        json!({ "textDocument": { "uri": "untitled:Untitled-1" }, "position": { "line": 0, "character": 0 } });
    assert_eq!(editor.ask("textDocument/hover", untitled), Value::Null);
    editor.ask("shutdown", Value::Null);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.server.wait().expect("its end").code(), Some(0));
}

/// A system that is written over HTTP, with a mapping to it, a sync and a case of that.
const SENT: &[(&str, &str)] = &[
    (
        "systems/board/system.yaml",
        r#"system: board
roles: [target]
settings: { base: url }
connect:
  http: { base: "{{ settings.base }}" }
writes: { extent: records }
entities:
  card:
    key: id
    write:
      id: { owner: ours, from: id }
      create: { post: /cards, json: { number: "{{ record.id }}", holder: "{{ record.holder | upper }}" } }
      update: { put: "/cards/{{ key }}", json: { holder: "{{ record.holder }}" } }
    fields:
      id:     { type: text, class: personal }
      holder: text
      note:
        type: text?
      side: enum(left, right)
"#,
    ),
    (
        "cards.mapping.yaml",
        "mapping: cards\nleft: register\nright: board\nmaps:\n  cards:\n    between: pupil -> card\n    fields: |\n      Id:      number      -> id\n      Holder:  given_name  -> holder\n      Note:    family_name -> note\n      Side:    \"left\"  -> side\n",
    ),
    (
        "boards.sync.yaml",
        "sync: boards\nleft: register\nright: { system: board, settings: { base: \"https://board.example\" } }\nmappings: [cards]\n",
    ),
    (
        "boards.test.yaml",
        "test: boards\ncases:\n  - name: a night\n    given: { pupil: [{ number: \"1\", given_name: Åsa }] }\n    right: { card: [{ id: \"1\", holder: Asa }] }\n    links: { card: { \"1\": \"1\" } }\n    changes: { card: { update: [{ id: \"1\", holder: Åsa }] } }\n",
    ),
];

#[test]
fn templates_and_cases_of_syncs_follow_a_name_and_the_wire_stays() {
    let mut editor = Editor::project();
    for (path, text) in SENT {
        let path = editor.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    let text = |name: &str| SENT.iter().find(|(path, _)| *path == name).expect("there").1;
    let renamed = |editor: &mut Editor, word: &str, new: &str| {
        let mut place = editor.at("cards.mapping.yaml", text("cards.mapping.yaml"), &format!("-> {word}"), word, 1);
        place["newName"] = json!(new);
        editor.ask("textDocument/rename", place)
    };
    let edits = renamed(&mut editor, "holder", "owner");
    let system = editor.edited("systems/board/system.yaml", text("systems/board/system.yaml"), &edits);
    let expected = text("systems/board/system.yaml")
        .replace("record.holder", "record.owner")
        .replace("      holder: text\n", "      owner: { type: text, at: holder }\n");
    assert_eq!(system, expected);
    let case = text("boards.test.yaml");
    assert_eq!(editor.edited("boards.test.yaml", case, &edits), case.replace("holder", "owner"));
    let edits = renamed(&mut editor, "note", "remark");
    let system = editor.edited("systems/board/system.yaml", text("systems/board/system.yaml"), &edits);
    assert!(system.contains("      remark:\n        at: note\n        type: text?\n"), "{system}");
    let edits = renamed(&mut editor, "side", "hand");
    let system = editor.edited("systems/board/system.yaml", text("systems/board/system.yaml"), &edits);
    assert!(system.ends_with("      hand: { type: \"enum(left, right)\", at: side }\n"), "{system}");
    // A name that is none is told where it stands.
    let wrong = text("systems/board/system.yaml").replace("record.holder }}", "record.holdr }}");
    editor.edit("systems/board/system.yaml", &wrong);
    assert_eq!(editor.codes("system.yaml"), ["bad-template"]);
}

#[test]
fn a_file_that_is_half_written_is_worked_all_the_same() {
    let mut editor = Editor::project();
    // Every beginning of the mapping, cut anywhere: an answer comes to each question.
    for end in (0..MAPPING.len()).step_by(23).filter(|end| MAPPING.is_char_boundary(*end)) {
        let text = MAPPING[..end].replace('\n', "\r\n");
        editor.edit(FILE, &text);
        let line = text.lines().count().saturating_sub(1);
        let column = text.lines().last().map_or(0, |line| line.encode_utf16().count());
        let place =
            json!({ "textDocument": { "uri": editor.uri(FILE) }, "position": { "line": line, "character": column } });
        for method in ["hover", "completion", "definition", "prepareRename"] {
            let answer = editor.answer(&format!("textDocument/{method}"), place.clone());
            assert!(answer.get("error").is_none(), "{method} at {end}: {answer}");
        }
    }
    editor.edit(FILE, MAPPING);
    assert_eq!(editor.codes(FILE), Vec::<String>::new());
}
