//! Finding where JSON values end, without reading them: so a long list is read record by record.

use memchr::memchr2;

/// The end of something in a text that may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan<T> {
    /// Found.
    At(T),
    /// The text ends before it.
    More,
    /// This is no JSON; the byte where it is seen.
    Broken(usize),
}

/// The first byte that is no blank.
pub fn blanks(text: &[u8], at: usize) -> usize {
    at + text[at.min(text.len())..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count()
}

/// One past the end of the value that starts at `at`. Brackets and quotes are matched; what is between them is not read.
pub fn value_end(text: &[u8], at: usize, last: bool) -> Scan<usize> {
    match text.get(at) {
        None => Scan::More,
        Some(b'"') => string_end(text, at),
        Some(b'{' | b'[') => nested_end(text, at),
        Some(_) => {
            match text[at..].iter().position(|byte| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r')) {
                Some(0) => Scan::Broken(at),
                Some(len) => Scan::At(at + len),
                None if last => Scan::At(text.len()),
                None => Scan::More,
            }
        }
    }
}

fn string_end(text: &[u8], open: usize) -> Scan<usize> {
    let mut at = open + 1;
    loop {
        let Some(found) = text.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) else { return Scan::More };
        at += found;
        if text[at] == b'"' {
            return Scan::At(at + 1);
        }
        at += 2;
    }
}

fn nested_end(text: &[u8], open: usize) -> Scan<usize> {
    let mut depth = 0_usize;
    let mut at = open;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => match string_end(text, at) {
                Scan::At(after) => {
                    at = after;
                    continue;
                }
                other => return other,
            },
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Scan::At(at);
        }
    }
    Scan::More
}

/// One past the bracket that opens the list under these keys.
pub fn list_start(text: &[u8], path: &[String], last: bool) -> Scan<Result<usize, String>> {
    let mut at = blanks(text, 0);
    for (depth, key) in path.iter().enumerate() {
        match text.get(at) {
            None => return Scan::More,
            Some(b'{') => {}
            Some(_) => return Scan::At(Err(format!("no structure that holds `{}`", path[..=depth].join(".")))),
        }
        at = match member(text, at + 1, key, last) {
            Scan::At(Some(value)) => value,
            Scan::At(None) => return Scan::At(Err(format!("no `{}` in it", path[..=depth].join(".")))),
            Scan::More => return Scan::More,
            Scan::Broken(at) => return Scan::Broken(at),
        };
    }
    match text.get(at) {
        None => Scan::More,
        Some(b'[') => Scan::At(Ok(at + 1)),
        Some(_) if path.is_empty() => Scan::At(Err("no list; where the records lie is said by `select`".into())),
        Some(_) => Scan::At(Err(format!("no list under `{}`", path.join(".")))),
    }
}

/// Where the value of a key starts, in the structure whose members start at `at`.
fn member(text: &[u8], mut at: usize, wanted: &str, last: bool) -> Scan<Option<usize>> {
    loop {
        at = blanks(text, at);
        match text.get(at) {
            None => return Scan::More,
            Some(b'}') => return Scan::At(None),
            Some(b'"') => {}
            Some(_) => return Scan::Broken(at),
        }
        let Scan::At(after) = string_end(text, at) else { return Scan::More };
        let key: Option<String> = serde_json::from_slice(&text[at..after]).ok();
        let colon = blanks(text, after);
        match text.get(colon) {
            None => return Scan::More,
            Some(b':') => {}
            Some(_) => return Scan::Broken(colon),
        }
        let value = blanks(text, colon + 1);
        if value >= text.len() {
            return Scan::More;
        }
        if key.as_deref() == Some(wanted) {
            return Scan::At(Some(value));
        }
        let Scan::At(end) = value_end(text, value, last) else { return Scan::More };
        at = blanks(text, end);
        match text.get(at) {
            None => return Scan::More,
            Some(b',') => at += 1,
            Some(b'}') => {}
            Some(_) => return Scan::Broken(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_of_values() {
        let end = |text: &str| value_end(text.as_bytes(), 0, false);
        assert_eq!(end(r#"{"a":"}\"","b":[1,{}]} x"#), Scan::At(22));
        assert_eq!(end("12,"), Scan::At(2));
        assert_eq!(end("12"), Scan::More);
        assert_eq!(end(r#"{"a":"#), Scan::More);
        assert_eq!(end(r#""a\""#), Scan::More);
        assert_eq!(value_end(b"true", 0, true), Scan::At(4));
        assert_eq!(end(","), Scan::Broken(0));
    }

    #[test]
    fn finds_the_list() {
        let path = |keys: &[&str]| keys.iter().map(|key| key.to_string()).collect::<Vec<_>>();
        let text = r#" {"meta": {"data": 1}, "data": {"rows": [ {"#;
        assert_eq!(
            list_start(text.as_bytes(), &path(&["data", "rows"]), true),
            Scan::At(Ok(text.find('[').expect("a list") + 1))
        );
        for stop in 0..text.find('[').expect("a list") {
            assert_eq!(list_start(&text.as_bytes()[..stop], &path(&["data", "rows"]), false), Scan::More, "{stop}");
        }
        assert!(matches!(list_start(b"{\"a\":1}", &path(&["b"]), true), Scan::At(Err(_))));
        assert!(matches!(list_start(b"{\"a\":1}", &[], true), Scan::At(Err(_))));
        assert!(matches!(list_start(b"{a:1}", &path(&["a"]), true), Scan::Broken(1)));
    }
}
