//! Writing an XML document: its head, then the lists in their order, each between the elements that lead to it.

use super::markup::Markup;
use super::nest::Records;
use super::writer::{List, Out, Refusal, SHARED, encode};
use crate::protocol::files::csv::Encoding;
use crate::protocol::files::xml::Xml;
use crate::protocol::files::{Call, Layout};
use serde_json::{Map, Value};

/// Writes the document; gives the number of its rows.
pub fn write(lists: &mut [List<'_>], head: Option<&Map<String, Value>>, out: &mut Out) -> Result<u64, Refusal> {
    let Some(first) = lists.first().and_then(|list| dialect(list.call)) else { return Ok(0) };
    let encoding = first.encoding.unwrap_or(Encoding::Utf8);
    if encoding == Encoding::Utf16 {
        out.buffer.extend_from_slice(&[0xFF, 0xFE]);
    }
    let mut markup = Markup::of(first);
    put(&markup.declaration(), encoding, out)?;
    let mut rows = 0;
    for (index, list) in lists.iter_mut().enumerate() {
        let dialect = dialect(list.call).ok_or_else(|| Refusal::Row(SHARED.into()))?;
        let Some((record, parents)) = dialect.path.split_last() else {
            return Err(Refusal::Row("nobody says which element a record is".into()));
        };
        if index == 0 && !parents.is_empty() {
            put(&markup.open(&parents[..1]), encoding, out)?;
            put(&markup.head(head)?, encoding, out)?;
        }
        put(&markup.open(parents), encoding, out)?;
        rows += records(list, record, &markup, encoding, out)?;
    }
    put(&markup.open(&[]), encoding, out)?;
    Ok(rows)
}

fn records(
    list: &mut List<'_>,
    name: &str,
    markup: &Markup<'_>,
    encoding: Encoding,
    out: &mut Out,
) -> Result<u64, Refusal> {
    let each = match &list.call.layout {
        Layout::Xml { shape, .. } => shape.each.as_ref().map(|(each, _)| each.as_slice()),
        _ => None,
    };
    let mut records = Records::of(&list.call.slots, each, list.rows)?;
    let mut number = 0;
    while let Some(record) = records.next()? {
        number += 1;
        if markup.is_bare() && number > 1 {
            return Err(Refusal::Row("the root element is the record, and there are several".into()));
        }
        put(&markup.record(name, record)?, encoding, out)?;
        out.drain()?;
    }
    Ok(records.rows())
}

fn dialect(call: &Call) -> Option<&Xml> {
    match &call.layout {
        Layout::Xml { dialect, .. } => Some(dialect),
        _ => None,
    }
}

fn put(text: &str, encoding: Encoding, out: &mut Out) -> Result<(), Refusal> {
    encode(text, encoding, &mut out.buffer).map_err(|lacking| {
        Refusal::Row(format!("{} has no character U+{:04X} ({lacking})", encoding.word(), u32::from(lacking)))
    })
}
