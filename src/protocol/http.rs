//! The words of HTTP: `connect: http`, calls with a verb, bodies as trees, pages, what answers mean.
//!
//! All words of the descriptor language for HTTP are read and checked here. Those that this version cannot execute fall in
//! two kinds: left aside, where the call is right without them (`changes`: everything is read instead), and refused, where it
//! would not be (`parts`): the call checks clean, [`Dialect::show`] says so, and opening it is a fault, never a guess.

pub mod auth;
pub mod connection;
pub mod read;
pub mod reader;
pub mod request;
pub mod rules;
pub mod write;

use crate::finding::Findings;
use crate::protocol::{CallId, CallTraits, Dialect, Protocol, ScopeNames, WireShape, Words};
use crate::syntax::ast::Operation;
use crate::syntax::tree::Node;
use connection::Connection;
use read::{By, Read};
use reader::Reader;
use request::{Body, Request};
use std::any::Any;
use write::Write;

/// The words of this protocol.
pub static WORDS: Words = Words { key: "http", connect: connection::CONNECT, read: read::READ, write: write::WRITE };

/// HTTP.
#[derive(Debug)]
pub struct Http;

impl Protocol for Http {
    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn compile(&self, connect: &Node, scope: &ScopeNames, found: &mut Findings) -> Option<Box<dyn Dialect>> {
        let mut reader = Reader::of_connection(scope, found);
        let connection = connection::connection(&mut reader, connect)?;
        Some(Box::new(HttpDialect { connection, scope: scope.clone(), calls: Vec::new() }))
    }
}

/// A compiled connection and its calls.
#[derive(Debug)]
pub struct HttpDialect {
    /// The connection.
    pub connection: Connection,
    scope: ScopeNames,
    calls: Vec<Call>,
}

/// A compiled call.
#[derive(Debug)]
pub enum Call {
    /// A list that is read.
    Read(Box<Read>),
    /// A record that is written.
    Write(Box<Write>),
}

impl HttpDialect {
    /// The call of this id.
    pub fn call(&self, id: CallId) -> Option<&Call> {
        self.calls.get(id.0 as usize)
    }

    /// The other reads that the answers of this one serve too.
    pub fn siblings<'d>(&'d self, id: CallId, read: &'d Read) -> impl Iterator<Item = (CallId, &'d Read)> {
        let calls = self.calls.iter().enumerate().map(|(index, call)| (CallId(index as u32), call));
        calls.filter_map(move |(other, call)| match call {
            Call::Read(same) if other != id && read.list.is_some() && same.list == read.list => Some((other, &**same)),
            _ => None,
        })
    }

    fn add(&mut self, call: Call) -> CallId {
        self.calls.push(call);
        CallId(self.calls.len() as u32 - 1)
    }
}

impl Dialect for HttpDialect {
    fn read(&mut self, call: &Node, shape: &WireShape, found: &mut Findings) -> Option<CallId> {
        let scope = self.scope.clone();
        let mut reader = Reader::of_call(&scope, &shape.names, read::EXECUTED, found);
        let read = read::read(&mut reader, call, shape)?;
        Some(self.add(Call::Read(Box::new(read))))
    }

    fn write(&mut self, call: &Node, op: Option<Operation>, shape: &WireShape, found: &mut Findings) -> Option<CallId> {
        let scope = self.scope.clone();
        let mut reader = Reader::of_call(&scope, &shape.names, write::EXECUTED, found);
        let Some(op) = op else {
            // HTTP writes records; a whole delivery over it is not built.
            reader.wrong(call, "deliver", "a connection to files");
            return None;
        };
        let write = write::write(&mut reader, call, op, shape)?;
        Some(self.add(Call::Write(Box::new(write))))
    }

    fn traits(&self, call: CallId) -> CallTraits {
        let repeatable = match self.call(call) {
            Some(Call::Read(_)) => true,
            Some(Call::Write(write)) => write.request.repeatable,
            None => false,
        };
        CallTraits { repeatable, batch: 1, whole: false }
    }

    fn show(&self, call: CallId) -> String {
        match self.call(call) {
            Some(Call::Read(read)) => show_read(read, &self.connection),
            Some(Call::Write(write)) => show_write(write, &self.connection),
            None => String::new(),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn show_read(read: &Read, connection: &Connection) -> String {
    let ways: Vec<String> = read
        .ways
        .iter()
        .map(|way| {
            let pages = match way.paging.by {
                By::Nothing => "in one answer",
                By::Token(_) => "page by page (token)",
                By::Next(_) => "page by page (next address)",
                By::Link => "page by page (next address, in a header)",
                By::Offset { .. } => "page by page (offset)",
                By::Number { .. } => "page by page (number)",
            };
            let line = format!("{}, {}, {pages}", show_request(&way.request), way.select.text());
            line + &not_executed(&way.refused, &connection.refused)
        })
        .collect();
    ways.join("; or ") + &left_aside(&read.ignored)
}

fn show_write(write: &Write, connection: &Connection) -> String {
    let call = if write.request.shown.is_empty() { "several calls".to_string() } else { show_request(&write.request) };
    call + &not_executed(&write.refused, &connection.refused) + &left_aside(&write.ignored)
}

/// Method, path and names of parameters; no values.
fn show_request(request: &Request) -> String {
    let names: Vec<String> = request.query.iter().map(|(name, _)| format!("{name}=…")).collect();
    let query = if names.is_empty() { String::new() } else { format!("?{}", names.join("&")) };
    let body = match request.body {
        Body::None => "",
        Body::Json(_) => " (JSON)",
        Body::Form(_) => " (form)",
    };
    format!("{} {}{query}{body}", request.method, request.shown)
}

fn not_executed(of_call: &[String], of_connection: &[String]) -> String {
    let words: Vec<&str> = of_connection.iter().chain(of_call).map(String::as_str).collect();
    if words.is_empty() { String::new() } else { format!(" [cannot be executed yet: {}]", words.join(", ")) }
}

fn left_aside(words: &[String]) -> String {
    if words.is_empty() { String::new() } else { format!(" [left aside: {}]", words.join(", ")) }
}

#[cfg(test)]
mod tests;
