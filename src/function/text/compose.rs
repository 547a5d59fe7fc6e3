//! Putting texts together, and the escapes of the places that they go to.

use super::{Arguments, Context, Failure, Outcome, Value};
use crate::value::show;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bumpalo::collections::String as ArenaString;

/// `words(parts…)`
pub(super) fn words<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    together(context, " ", arguments.list(0)?)
}

/// `joined(separator, parts…)`
pub(super) fn joined<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments.optional_text(0)? {
        Some(separator) => together(context, separator, arguments.list(1)?),
        None => Ok(Value::Absent),
    }
}

/// Values with a separator between; absent ones and empty texts are left out, lists inside are taken apart.
pub(in crate::function) fn together<'a>(context: &Context<'a>, separator: &str, parts: &[Value<'a>]) -> Outcome<'a> {
    if let [Value::Text(only)] = parts {
        return Ok(Value::text_or_absent(only));
    }
    let mut result = ArenaString::with_capacity_in(32, context.arena);
    add(context, separator, parts, &mut result)?;
    Ok(Value::text_or_absent(result.into_bump_str()))
}

fn add<'a>(
    context: &Context<'a>,
    separator: &str,
    parts: &[Value<'a>],
    result: &mut ArenaString<'a>,
) -> Result<(), Failure> {
    for part in parts {
        match part {
            Value::Absent | Value::Text("") => {}
            Value::List(inner) => add(context, separator, inner, result)?,
            part => {
                let text = show::plain(*part, context.arena).ok_or_else(|| Failure::because("needs texts"))?;
                if !result.is_empty() {
                    result.push_str(separator);
                }
                result.push_str(text);
            }
        }
    }
    Ok(())
}

/// `ou(root, parts…)`
pub(super) fn ou<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (Some(root), parts) = (arguments.optional_text(0)?, arguments.list(1)?) else { return Ok(Value::Absent) };
    let mut dn = ArenaString::with_capacity_in(root.len() + 32, context.arena);
    for part in parts.iter().rev() {
        match part {
            Value::Text("") | Value::Absent => {}
            Value::Text(part) => {
                dn.push_str(if dn.is_empty() { "OU=" } else { ",OU=" });
                escape(part, &mut dn);
            }
            _ => return Err(Failure::because("needs texts")),
        }
    }
    if dn.is_empty() && !parts.is_empty() {
        return Ok(Value::Absent);
    }
    if !dn.is_empty() && !root.is_empty() {
        dn.push(',');
    }
    dn.push_str(root);
    Ok(Value::text_or_absent(dn.into_bump_str()))
}

/// `dn_value(text)`
pub(super) fn dn_value<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.text(0)?;
    let mut escaped = ArenaString::with_capacity_in(text.len() + 4, context.arena);
    escape(text, &mut escaped);
    Ok(Value::Text(escaped.into_bump_str()))
}

/// Escapes a value of a distinguished name (RFC 4514, section 2.4), with `=` as directories like it.
fn escape(text: &str, into: &mut ArenaString<'_>) {
    let last = text.len().saturating_sub(1);
    for (place, letter) in text.char_indices() {
        match letter {
            '\0' => into.push_str("\\00"),
            '\n' => into.push_str("\\0A"),
            '\r' => into.push_str("\\0D"),
            '"' | '+' | ',' | ';' | '<' | '=' | '>' | '\\' => {
                into.push('\\');
                into.push(letter);
            }
            ' ' if place == 0 || place == last => into.push_str("\\ "),
            '#' if place == 0 => into.push_str("\\#"),
            _ => into.push(letter),
        }
    }
}

/// `base64(value)`
pub(super) fn base64<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments.at(0) {
        Value::Bytes(bytes) => Ok(context.text(&BASE64.encode(bytes))),
        _ => Ok(context.text(&BASE64.encode(arguments.text(0)?))),
    }
}

/// `base64_text(text)`
pub(super) fn base64_text<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let bytes = BASE64.decode(arguments.text(0)?.trim()).map_err(|_| Failure::because("is no base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::because("is no base64 of a text"))?;
    Ok(Value::text_or_absent(context.arena.alloc_str(&text)))
}

/// `url_encode(text)`
pub(super) fn url_encode<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let text = arguments.text(0)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if text.bytes().all(is_plain) {
        return Ok(Value::Text(text));
    }
    let mut encoded = ArenaString::with_capacity_in(text.len() * 3, context.arena);
    for byte in text.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', char::from(HEX[usize::from(byte >> 4)]), char::from(HEX[usize::from(byte & 15)])]);
        }
    }
    Ok(Value::Text(encoded.into_bump_str()))
}

/// `url_decode(text)`
pub(super) fn url_decode<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.text(0)?;
    if !text.contains('%') {
        return Ok(Value::Text(text));
    }
    let failure = Failure::because("is no percent-encoded text");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let digit = |place: usize| after.get(place).and_then(|digit| char::from(*digit).to_digit(16));
        let (Some(high), Some(low)) = (digit(0), digit(1)) else { return Err(failure) };
        bytes.push((high * 16 + low) as u8);
        rest = &after[2..];
    }
    let decoded = std::str::from_utf8(&bytes).map_err(|_| failure)?;
    Ok(Value::text_or_absent(context.arena.alloc_str(decoded)))
}

/// `odata(text)`
pub(super) fn odata<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.text(0)?;
    let mut quoted = ArenaString::with_capacity_in(text.len() + 2, context.arena);
    quoted.push('\'');
    for letter in text.chars() {
        quoted.push_str(if letter == '\'' { "'" } else { "" });
        quoted.push(letter);
    }
    quoted.push('\'');
    Ok(Value::Text(quoted.into_bump_str()))
}
