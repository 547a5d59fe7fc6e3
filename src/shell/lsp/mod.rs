//! `koppla lsp`: the language server, for editors (Language Server Protocol 3.17 over standard input and output).
//!
//! Messages are answered one after the other. What is open in the editor counts, saved or not; everything else is read
//! from the folder. A project is checked again when something has changed and no further message waits.

mod text;
mod index;
mod shown;
mod hover;
mod complete;
mod change;

use super::args::LspArgs;
use super::project::Project;
use super::{Exit, Out};
use crate::finding::Severity;
use crate::source::{FileId, Span};
use crate::world::World;
use index::Index;
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::{Location, Position, TextDocumentPositionParams, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::path::{Path, PathBuf};

/// Serves an editor until it says `exit`. Exit 1 if it goes away without saying so.
pub fn run(args: &LspArgs, world: &dyn World, out: &mut Out) -> Exit {
    serve(&args.project, &mut std::io::stdin().lock(), world, out)
}

/// Serves the messages of a stream; answers are the result.
pub fn serve(folder: &Path, input: &mut dyn BufRead, world: &dyn World, out: &mut Out) -> Exit {
    let mut server = Server::new(folder, world);
    let mut input = std::io::BufReader::new(input);
    loop {
        let message = match Message::read(&mut input) {
            Ok(Some(message)) => message,
            Ok(None) => return Exit::Found,
            Err(error) => {
                out.error(&format!("the editor sent what is no message: {error}"));
                return Exit::Usage;
            }
        };
        if let Message::Notification(note) = &message
            && note.method == "exit"
        {
            return if server.ended { Exit::Done } else { Exit::Found };
        }
        server.take(message);
        // While more has come already, there is no use in checking what is about to change.
        if input.buffer().is_empty() {
            server.publish();
        }
        for answer in std::mem::take(&mut server.answers) {
            let mut bytes = Vec::new();
            if answer.write(&mut bytes).is_ok() {
                out.send(&bytes);
            }
        }
        if out.is_closed() {
            return Exit::Found;
        }
    }
}

/// What is known between two messages.
struct Server<'w> {
    world: &'w dyn World,
    folder: PathBuf,
    /// Texts that are open in the editor, by path inside the folder.
    open: BTreeMap<String, String>,
    project: Option<Project>,
    index: Option<Index>,
    /// Files that the editor shows findings of.
    published: BTreeSet<String>,
    /// True if something changed since the last check.
    stale: bool,
    /// True if something changed since findings were last sent.
    untold: bool,
    /// True after `shutdown`.
    ended: bool,
    answers: Vec<Message>,
}

impl<'w> Server<'w> {
    fn new(folder: &Path, world: &'w dyn World) -> Server<'w> {
        Server {
            world,
            folder: folder.to_path_buf(),
            open: BTreeMap::new(),
            project: None,
            index: None,
            published: BTreeSet::new(),
            stale: false,
            untold: false,
            ended: false,
            answers: Vec::new(),
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Request(request) => self.request(request),
            Message::Notification(note) => self.notification(&note),
            Message::Response(_) => {}
        }
    }

    fn request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        match method.as_str() {
            "initialize" => self.initialize(id, &params),
            "shutdown" => {
                self.ended = true;
                self.answer(id, Value::Null);
            }
            "textDocument/hover" => self.at_place(id, params, |here| json!(hover::hover(here))),
            "textDocument/definition" => self.at_place(id, params, |here| json!(here.definition())),
            "textDocument/references" => self.at_place(id, params, |here| json!(here.references())),
            "textDocument/completion" => self.at_place(id, params, |here| json!(complete::items(here))),
            "textDocument/prepareRename" => self.at_place(id, params, |here| json!(change::prepare(here))),
            "textDocument/rename" => self.rename(id, params),
            "textDocument/formatting" => self.format(id, params),
            "textDocument/codeAction" => self.fixes(id, params),
            _ => {
                let unknown = format!("{method} is not served");
                self.answers.push(Response::new_err(id, ErrorCode::MethodNotFound as i32, unknown).into());
            }
        }
    }

    fn answer(&mut self, id: RequestId, result: impl Serialize) {
        self.answers.push(Response::new_ok(id, result).into());
    }

    fn refuse(&mut self, id: RequestId, why: String) {
        self.answers.push(Response::new_err(id, ErrorCode::RequestFailed as i32, why).into());
    }

    /// Parameters in their type; what cannot be read is answered as such.
    fn read<T: DeserializeOwned>(&mut self, id: &RequestId, params: Value) -> Option<T> {
        match serde_json::from_value(params) {
            Ok(params) => Some(params),
            Err(error) => {
                let error = Response::new_err(id.clone(), ErrorCode::InvalidParams as i32, error.to_string());
                self.answers.push(error.into());
                None
            }
        }
    }

    fn initialize(&mut self, id: RequestId, params: &Value) {
        let folders = params["workspaceFolders"].as_array().and_then(|folders| folders.first());
        let root = folders.map_or(&params["rootUri"], |folder| &folder["uri"]);
        let root = serde_json::from_value::<Uri>(root.clone()).ok().and_then(|uri| text::path(&uri));
        if let Some(root) = root.filter(|_| self.folder == Path::new(".")) {
            self.folder = root;
        }
        self.answer(
            id,
            json!({
                "serverInfo": { "name": "koppla", "version": env!("CARGO_PKG_VERSION") },
                "capabilities": {
                    "positionEncoding": "utf-16",
                    "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                    "hoverProvider": true,
                    "definitionProvider": true,
                    "referencesProvider": true,
                    "documentFormattingProvider": true,
                    "renameProvider": { "prepareProvider": true },
                    "completionProvider": { "triggerCharacters": [".", "$", ">", "|"] },
                    "codeActionProvider": { "codeActionKinds": ["quickfix"] },
                },
            }),
        );
    }

    fn notification(&mut self, note: &Notification) {
        // The project is there, or files of it changed outside of the editor.
        if ["initialized", "workspace/didChangeWatchedFiles"].contains(&note.method.as_str()) {
            return self.changed();
        }
        let document = &note.params["textDocument"];
        let Some(path) = self.path_of(&document["uri"]) else { return };
        match note.method.as_str() {
            "textDocument/didOpen" => {
                let text = document["text"].as_str().unwrap_or_default();
                self.open.insert(path, without_mark(text).to_string());
            }
            "textDocument/didChange" => {
                let text = self.open.entry(path).or_default();
                for change in note.params["contentChanges"].as_array().into_iter().flatten() {
                    apply(text, change);
                }
            }
            "textDocument/didClose" => drop(self.open.remove(&path)),
            "textDocument/didSave" => {}
            _ => return,
        }
        self.changed();
    }

    fn changed(&mut self) {
        self.stale = true;
        self.untold = true;
    }

    /// The path inside the folder of a file.
    fn path_of(&self, uri: &Value) -> Option<String> {
        let path = text::path(&serde_json::from_value(uri.clone()).ok()?)?;
        let inside = path.strip_prefix(&self.folder).ok()?;
        Some(inside.to_string_lossy().replace('\\', "/"))
    }

    /// Checks the project again if something changed. A folder that cannot be read has no project.
    fn refresh(&mut self) {
        if self.stale {
            self.stale = false;
            self.index = None;
            self.project = Project::with_open(&self.folder, &self.open, self.world).ok();
        }
    }

    /// Sends the findings of all files that have some, and of those that have none any more.
    fn publish(&mut self) {
        if !std::mem::take(&mut self.untold) {
            return;
        }
        self.refresh();
        let Some(project) = &self.project else { return };
        let mut by_file = shown::diagnostics(project, &self.folder);
        for path in std::mem::take(&mut self.published) {
            by_file.entry(path).or_default();
        }
        for (path, findings) in by_file {
            if !findings.is_empty() {
                self.published.insert(path.clone());
            }
            if let Some(uri) = text::uri(&self.folder.join(&path)) {
                let params = json!({ "uri": uri, "diagnostics": findings });
                self.answers.push(Notification::new("textDocument/publishDiagnostics".into(), params).into());
            }
        }
    }

    /// Answers a question about a place; nothing where there is no such place.
    fn at_place(&mut self, id: RequestId, params: Value, question: impl Fn(&Here<'_>) -> Value) {
        let Some(params) = self.read::<TextDocumentPositionParams>(&id, params) else { return };
        let answer = match self.here(&params.text_document.uri, params.position) {
            Some(here) => question(&here),
            None => Value::Null,
        };
        self.answer(id, answer);
    }

    fn here(&mut self, uri: &Uri, position: Position) -> Option<Here<'_>> {
        self.refresh();
        let path = self.path_of(&json!(uri))?;
        let project = self.project.as_ref()?;
        let index = self.index.get_or_insert_with(|| Index::of(project));
        let file = project.sources.by_path(&path)?;
        let offset = text::offset(&project.sources.file(file).text, position);
        Some(Here { project, index, folder: &self.folder, world: self.world, file, offset })
    }

    fn rename(&mut self, id: RequestId, params: Value) {
        let Some(params) = self.read::<lsp_types::RenameParams>(&id, params) else { return };
        let at = &params.text_document_position;
        let renamed = match self.here(&at.text_document.uri, at.position) {
            Some(here) => change::rename(&here, &params.new_name),
            None => Err("nothing here can be renamed".into()),
        };
        let changed = renamed.and_then(|edits| {
            let project = self.project.as_ref().ok_or("there is no project")?;
            change::proven(project, &edits, &self.folder, self.world)?;
            Ok(change::workspace_edit(project, &edits, &self.folder))
        });
        match changed {
            Ok(edit) => self.answer(id, edit),
            Err(why) => self.refuse(id, why),
        }
    }

    fn format(&mut self, id: RequestId, params: Value) {
        let Some(params) = self.read::<lsp_types::DocumentFormattingParams>(&id, params) else { return };
        let uri = params.text_document.uri;
        let path = self.path_of(&json!(uri));
        let open = path.as_ref().and_then(|path| self.open.get(path));
        let edits = open.map(|text| change::formatted(text)).unwrap_or_default();
        self.answer(id, edits);
    }

    fn fixes(&mut self, id: RequestId, params: Value) {
        let Some(params) = self.read::<lsp_types::CodeActionParams>(&id, params) else { return };
        let actions = match self.here(&params.text_document.uri, params.range.start) {
            Some(here) => change::fixes(&here, params.range),
            None => Vec::new(),
        };
        self.answer(id, actions);
    }
}

/// A place that the editor asks about.
struct Here<'s> {
    project: &'s Project,
    index: &'s Index,
    folder: &'s Path,
    world: &'s dyn World,
    file: FileId,
    offset: usize,
}

impl Here<'_> {
    /// The text around the place.
    fn text(&self) -> &str {
        &self.project.sources.file(self.file).text
    }

    fn definition(&self) -> Option<Location> {
        let mark = self.index.at(self.file, self.offset)?;
        let span = self.index.definition(&self.project.model, &mark.symbol)?;
        shown::location(self.project, span, self.folder, self.world)
    }

    /// Every place of what stands here, those in the library too.
    fn references(&self) -> Vec<Location> {
        let Some(mark) = self.index.at(self.file, self.offset) else { return Vec::new() };
        let places = self.index.places(&self.project.model, &mark.symbol);
        places.iter().filter_map(|span| shown::location(self.project, *span, self.folder, self.world)).collect()
    }

    /// The range of a span of this file.
    fn range(&self, span: Span) -> lsp_types::Range {
        text::range(&self.project.sources.file(span.file).text, span.range())
    }
}

/// One change of an editor: a range and its new text, or the whole text.
fn apply(text: &mut String, change: &Value) {
    let new = change["text"].as_str().unwrap_or_default();
    match serde_json::from_value::<lsp_types::Range>(change["range"].clone()) {
        Ok(range) => {
            let (start, end) = (text::offset(text, range.start), text::offset(text, range.end));
            text.replace_range(start..end.max(start), new);
        }
        Err(_) => *text = without_mark(new).to_string(),
    }
}

/// A text without the byte-order mark that some editors leave in it.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The severity as the protocol numbers it.
fn severity(severity: Severity) -> lsp_types::DiagnosticSeverity {
    match severity {
        Severity::Error => lsp_types::DiagnosticSeverity::ERROR,
        Severity::Warning => lsp_types::DiagnosticSeverity::WARNING,
        Severity::Hint => lsp_types::DiagnosticSeverity::HINT,
    }
}
