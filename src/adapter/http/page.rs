//! Reading a list: which way, which page, where it goes on.

use super::build;
use super::judge::{Failed, Failure};
use super::line::{Ask, Line};
use super::rows::{self, Rows};
use crate::adapter::{Arrived, Fault, Mark, Note, Page};
use crate::protocol::files::shape::Shape;
use crate::protocol::http::read::{By, Paging, Read, Way};
use crate::protocol::path::JsonPath;
use serde_json::Value;
use std::collections::BTreeMap;

/// More pages than any list has.
const MOST_PAGES: u64 = 100_000;

/// So many empty pages in a row are no list any more.
const MOST_EMPTY: u64 = 1_000;

/// What a session remembers of a list while it is read.
#[derive(Default)]
pub struct Reading {
    /// The way that worked; later reads begin with it.
    way: usize,
    /// Each page that was named, with its number.
    named: BTreeMap<String, u64>,
}

/// Where a page stands. The text of it is the mark.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Position {
    way: usize,
    /// From 1.
    page: u64,
    /// Records so far.
    records: u64,
    /// Empty pages just before.
    empty: u64,
    /// The token or the address of the page.
    named: Option<String>,
}

impl Position {
    fn first(way: usize) -> Position {
        Position { way, page: 1, records: 0, empty: 0, named: None }
    }

    fn mark(&self) -> Mark {
        let value = Value::from(vec![
            Value::from(self.way),
            Value::from(self.page),
            Value::from(self.records),
            Value::from(self.empty),
            self.named.clone().map_or(Value::Null, Value::from),
        ]);
        Mark(value.to_string())
    }

    fn read(mark: &Mark) -> Option<Position> {
        let (way, page, records, empty, named) = serde_json::from_str(&mark.0).ok()?;
        Some(Position { way, page, records, empty, named })
    }
}

/// A page of a list, and the same page for each of the entities whose rows lie in the same records.
type Pages = (Page, Vec<Option<Page>>);

/// Reads a page of a list; makes rows of other shapes of its records too.
pub async fn page(
    line: &Line<'_>,
    read: &Read,
    shapes: &[&Shape],
    reading: &mut Reading,
    mark: Option<&Mark>,
) -> Result<Pages, Fault> {
    if let Some(mark) = mark {
        let position = Position::read(mark).filter(|position| position.way < read.ways.len());
        let position = position.ok_or_else(|| Fault::stop("this mark is none of this list"))?;
        return page_at(line, read, shapes, reading, position).await.map_err(Failure::fault);
    }
    reading.named.clear();
    let mut failure = None;
    for way in reading.way..read.ways.len() {
        if !read.ways[way].refused.is_empty() {
            continue;
        }
        match page_at(line, read, shapes, reading, Position::first(way)).await {
            Ok(pages) => {
                reading.way = way;
                return Ok(pages);
            }
            Err(next_way) if next_way.failed == Failed::NextWay => failure = Some(next_way),
            Err(failure) => return Err(failure.fault()),
        }
    }
    Err(failure.map_or_else(|| cannot(read), Failure::fault))
}

/// None of the ways can be executed.
fn cannot(read: &Read) -> Fault {
    let way = &read.ways[0];
    let words = way.refused.join(", ");
    Fault::stop(format!("{} {} says `{words}`, which cannot be executed yet", way.request.method, way.request.shown))
}

async fn page_at(
    line: &Line<'_>,
    read: &Read,
    shapes: &[&Shape],
    reading: &mut Reading,
    position: Position,
) -> Result<Pages, Failure> {
    let way = &read.ways[position.way];
    let place = format!("{} {}", way.request.method, way.request.shown);
    let scope = scope(line, read, &way.paging, &position).map_err(|why| Failure::stop(why, Arrived::No))?;
    let ask = Ask { request: &way.request, scope: &scope, page: added(line, way, &position)?, number: position.page };
    let good = line.call(&ask).await?;
    let from = if matches!(way.paging.by, By::Nothing) {
        way.request.shown.clone()
    } else {
        format!("{}, page {}", way.request.shown, position.page)
    };
    let paths = paths(&way.paging.by);
    let broken = |why: rows::Unreadable| {
        let of = match why {
            rows::Unreadable::NoList(_) => format!(" (`select: {}`)", way.select.text()),
            _ => String::new(),
        };
        Failure::list(format!("{}: {why}{of}", ask.place()), Arrived::Yes)
    };
    let link = good.answer.next_link.clone().map(Value::from);
    let body = &good.answer.body;
    let others = shapes.iter().map(|shape| rows::read(body.clone(), &way.select, shape, &paths, &from).ok());
    let others: Vec<Option<Rows>> = others.collect();
    let rows = rows::read(good.answer.body, &way.select, &read.shape, &paths, &from).map_err(broken)?;
    let next = next(line, way, &position, &rows, link.as_ref()).map_err(|why| {
        let page = position.page;
        Failure::list(line.mask(&format!("{place}: {why} (page {page})")), Arrived::Yes)
    })?;
    let next = next.map(|next| reading.go_on(next, &position)).transpose();
    let next = next.map_err(|why| Failure::list(format!("{place}: {why}"), Arrived::Yes))?;
    let notes = good.odd.map(|what| Note { origin: from, what }).into_iter().collect();
    let next = next.map(|next| next.mark());
    let page = |rows: Rows, notes| Page { rows: rows.batch, next: next.clone(), torn: Vec::new(), notes };
    let others = others.into_iter().map(|rows| rows.map(|rows| page(rows, Vec::new()))).collect();
    Ok((page(rows, notes), others))
}

/// What a page's templates may name.
fn scope<'r>(
    line: &'r Line<'_>,
    read: &Read,
    paging: &Paging,
    position: &Position,
) -> Result<crate::protocol::template::Scope<'r>, String> {
    let names = read.names.iter().map(|(name, word)| (name.clone(), Value::from(word.as_str()))).collect();
    let scope =
        line.scope().with_own("entity", Value::Object(names)).with_own("needed", Value::from(read.needed.clone()));
    let mut page = serde_json::Map::new();
    let mut size = None;
    match &paging.by {
        By::Token(_) => {
            page.extend(position.named.clone().map(|token| ("token".to_string(), Value::from(token))));
        }
        By::Offset { first, limit, .. } => {
            page.insert("offset".to_string(), Value::from(first + position.records));
            size = limit.as_ref().map(|limit| ("limit", limit));
        }
        By::Number { first, size: asked, .. } => {
            page.insert("number".to_string(), Value::from(first + position.page - 1));
            size = asked.as_ref().map(|size| ("size", size));
        }
        By::Next(_) | By::Link | By::Nothing => {}
    }
    if let Some((name, template)) = size
        && let Some(value) = template.render(&scope).map_err(|why| why.0)?
    {
        page.insert(name.to_string(), value);
    }
    Ok(scope.with_own("page", Value::Object(page)))
}

/// What the page adds to its call.
fn added<'r>(line: &Line<'_>, way: &'r Way, position: &Position) -> Result<build::Page<'r>, Failure> {
    let paging = &way.paging;
    let counted = matches!(paging.by, By::Offset { .. } | By::Number { .. });
    Ok(match (&paging.by, &position.named) {
        (By::Next(_) | By::Link, Some(address)) => {
            let elsewhere = || {
                let say = format!("{} {}: the next page lies on another host", way.request.method, way.request.shown);
                Failure::list(say, Arrived::No)
            };
            let address = line.same_host(address).ok_or_else(elsewhere)?;
            build::Page { address: Some(address), headers: &paging.send_headers, ..build::Page::default() }
        }
        (_, None) if !counted => build::Page { query: &paging.first, ..build::Page::default() },
        _ => build::Page {
            address: None,
            keep: if position.page > 1 { paging.keep.as_deref() } else { None },
            query: &paging.send,
            headers: &paging.send_headers,
        },
    })
}

/// The paths that say how the list goes on.
fn paths(by: &By) -> Vec<&JsonPath> {
    match by {
        By::Nothing | By::Link => Vec::new(),
        By::Token(path) | By::Next(path) => vec![path],
        By::Offset { total, .. } => total.iter().collect(),
        By::Number { last, .. } => last.iter().collect(),
    }
}

/// Where the list goes on, if it does.
fn next(
    line: &Line<'_>,
    way: &Way,
    position: &Position,
    rows: &Rows,
    link: Option<&Value>,
) -> Result<Option<Position>, String> {
    let records = position.records + rows.records;
    let empty = if rows.records == 0 { position.empty + 1 } else { 0 };
    let next = Position { way: position.way, page: position.page + 1, records, empty, named: None };
    let found = match &way.paging.by {
        By::Link => link,
        _ => rows.found.first().and_then(Option::as_ref),
    };
    let goes_on = match (&way.paging.by, found) {
        (By::Nothing, _) | (By::Token(_) | By::Next(_) | By::Link, None) => return Ok(None),
        (By::Token(_) | By::Next(_) | By::Link, Some(named)) => return named_next(line, way, next, named),
        (By::Offset { total: Some(_), .. }, None) => {
            return Err("the answer does not say how many records there are".into());
        }
        (By::Offset { .. }, Some(total)) => {
            let total = number(total).ok_or("the number of all records is no number")?;
            if records < total && rows.records == 0 {
                return Err(format!("the list ends after {records} of {total} records"));
            }
            records < total
        }
        (By::Number { last: Some(_), .. }, None) => return Err("the answer does not say which page is the last".into()),
        (By::Number { .. }, Some(Value::Bool(is_last))) => !is_last,
        (By::Number { first, .. }, Some(last)) => {
            number(last).ok_or("the number of the last page is no number")? > first + position.page - 1
        }
        // A page that is not full may still have others after it, where the system gives fewer than it was asked for.
        (By::Offset { total: None, .. } | By::Number { last: None, .. }, None) => rows.records > 0,
    };
    Ok(goes_on.then_some(next))
}

/// A page that the answer names.
fn named_next(line: &Line<'_>, way: &Way, mut next: Position, named: &Value) -> Result<Option<Position>, String> {
    let text = match named {
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::Null | Value::Bool(false) => return Ok(None),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err("what names the next page is neither text nor number".into()),
    };
    if matches!(way.paging.by, By::Next(_) | By::Link) && line.same_host(&text).is_none() {
        return Err("the next page lies on another host".into());
    }
    next.named = Some(text);
    Ok(Some(next))
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

impl Reading {
    /// Notes the page that comes next; an error if the list would never end.
    fn go_on(&mut self, next: Position, now: &Position) -> Result<Position, String> {
        if next.page > MOST_PAGES {
            return Err(format!("the list has more than {MOST_PAGES} pages"));
        }
        if next.empty > MOST_EMPTY {
            return Err(format!("{MOST_EMPTY} pages in a row are empty"));
        }
        let Some(named) = &next.named else { return Ok(next) };
        let before = self.named.get(named).copied().filter(|page| *page != next.page);
        let here = (now.named.as_ref() == Some(named)).then_some(now.page);
        if let Some(page) = here.or(before) {
            return Err(format!("page {} leads back to page {page}: the list turns in a circle", now.page));
        }
        self.named.insert(named.clone(), next.page);
        Ok(next)
    }
}
