//! Sessions over HTTP: lists page by page, records one call each; retry, tokens and what answers mean.
//!
//! `line` is the one way out: it builds a request, says who we are, sends, tries again where that is safe, and judges the
//! answer. `page` and `send` say what is asked and make rows and outcomes of what comes back. No text of an answer reaches a
//! [`Fault`] or an [`Outcome`]: servers write names into their messages. A code does, and what a rule's `say` asks for.
//!
//! [`Outcome`]: super::Outcome

mod answer;
mod build;
mod judge;
mod line;
mod page;
mod pause;
mod rows;
mod send;
mod token;

use super::{Fault, Item, Later, Mark, Opener, Page, Part, Receipt, Sent, Session, Settings, Unfinished};
use crate::protocol::files::shape::Shape;
use crate::protocol::http::read::Read;
use crate::protocol::http::{Call, HttpDialect};
use crate::protocol::{CallId, Dialect};
use crate::world::World;
use line::Line;
use page::Reading;
use std::collections::BTreeMap;

/// Opens connections over HTTP.
#[derive(Debug)]
pub struct HttpOpener;

impl Opener for HttpOpener {
    fn open<'a>(
        &'a self,
        dialect: &'a dyn Dialect,
        world: &'a dyn World,
        settings: &'a Settings,
    ) -> Later<'a, Result<Box<dyn Session + 'a>, Fault>> {
        Box::pin(async move {
            let dialect = dialect.as_any().downcast_ref::<HttpDialect>();
            let dialect = dialect.ok_or_else(|| Fault::stop("this connection is not HTTP"))?;
            let line = Line::open(&dialect.connection, world, settings)?;
            Ok(Box::new(HttpSession { dialect, line, readings: BTreeMap::new(), shared: Shared::new() })
                as Box<dyn Session + 'a>)
        })
    }
}

/// An open connection.
struct HttpSession<'s> {
    dialect: &'s HttpDialect,
    line: Line<'s>,
    readings: BTreeMap<CallId, Reading>,
    shared: Shared,
}

/// Pages that came with those of another entity, until they are asked for: by their call and mark.
type Shared = BTreeMap<(CallId, Option<String>), Page>;

impl Session for HttpSession<'_> {
    fn page<'a>(&'a mut self, call: CallId, mark: Option<&'a Mark>) -> Later<'a, Result<Page, Fault>> {
        Box::pin(async move {
            let Some(Call::Read(read)) = self.dialect.call(call) else {
                return Err(Fault::stop("this call does not read"));
            };
            let name = mark.map(|mark| mark.0.clone());
            if let Some(page) = self.shared.remove(&(call, name.clone())) {
                return Ok(page);
            }
            let siblings: Vec<(CallId, &Read)> = self.dialect.siblings(call, read).collect();
            let reading = self.readings.entry(call).or_default();
            let shapes: Vec<&Shape> = siblings.iter().map(|(_, read)| &read.shape).collect();
            let (page, others) = page::page(&self.line, read, &shapes, reading, mark).await?;
            if mark.is_none() {
                // The list begins anew: what came with its pages before belongs to another reading.
                self.shared.retain(|(other, _), _| !siblings.iter().any(|(sibling, _)| sibling == other));
            }
            for ((sibling, _), page) in siblings.iter().zip(others) {
                self.shared.extend(page.map(|page| ((*sibling, name.clone()), page)));
            }
            Ok(page)
        })
    }

    fn send<'a>(&'a mut self, call: CallId, items: &'a [Item]) -> Later<'a, Sent> {
        Box::pin(async move {
            match self.dialect.call(call) {
                Some(Call::Write(write)) => send::send(&self.line, write, items).await,
                _ => Sent::Nothing(Fault::stop("this call does not write")),
            }
        })
    }

    fn deliver<'a>(&'a mut self, _: &'a str, _: &'a mut [Part<'a>]) -> Later<'a, Result<Receipt, Fault>> {
        Box::pin(async { Err(Fault::stop("whole sets are delivered as files, not over HTTP")) })
    }

    fn unfinished<'a>(&'a mut self) -> Later<'a, Result<Option<Unfinished>, Fault>> {
        Box::pin(async { Ok(None) })
    }

    fn resolve<'a>(&'a mut self, _: &'a str, _: bool) -> Later<'a, Result<(), Fault>> {
        Box::pin(async { Ok(()) })
    }

    fn settle<'a>(&'a mut self, _: &'a str) -> Later<'a, Result<(), Fault>> {
        Box::pin(async { Ok(()) })
    }
}

#[cfg(test)]
mod tests;
