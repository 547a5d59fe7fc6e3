//! One `{{ path | filter(literal) }}`: its syntax and its value.

use super::Unrendered;
use super::filters::{ENVIRONMENT, word};
use crate::finding::suggest::nearest;
use minijinja::value::Serde;
use serde_json::Value;
use std::ops::Range;

/// A value in a template.
#[derive(Clone, Debug)]
pub struct Insert {
    /// Root and names; never empty.
    pub path: Vec<String>,
    /// Where the path stands in the text.
    pub span: Range<usize>,
    filters: Vec<Call>,
}

/// A filter with its arguments.
#[derive(Clone, Debug)]
struct Call {
    name: String,
    args: Vec<Value>,
    sees_absence: bool,
}

/// What is wrong with the syntax, and where.
#[derive(Debug)]
pub struct Trouble {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Why, in words.
    pub why: String,
}

impl Trouble {
    /// Something wrong at a place.
    pub fn new(range: Range<usize>, why: impl Into<String>) -> Trouble {
        Trouble { range, why: why.into() }
    }
}

impl Insert {
    /// The value after all filters; `None` if it is absent. Absence passes by every filter that does not answer it.
    pub fn value(&self, value: Option<&Value>) -> Result<Option<Value>, Unrendered> {
        if self.filters.is_empty() {
            return Ok(value.cloned());
        }
        let mut value = value.map(|value| minijinja::Value::from(Serde(value)));
        let mut state = ENVIRONMENT.empty_state();
        for call in &self.filters {
            let absent = value.as_ref().is_none_or(|value| value.is_undefined() || value.is_none());
            if absent && !call.sees_absence {
                continue;
            }
            let mut args = vec![if absent { minijinja::Value::UNDEFINED } else { value.unwrap_or_default() }];
            args.extend(call.args.iter().map(|arg| minijinja::Value::from(Serde(arg))));
            // The filter's own words may hold the value, so they stay here.
            value = Some(state.apply_filter(&call.name, &args).map_err(|_| self.trouble(&call.name))?);
        }
        match value {
            Some(value) if !value.is_undefined() => {
                serde_json::to_value(&value).map(Some).map_err(|_| self.trouble("the last filter"))
            }
            _ => Ok(None),
        }
    }

    /// The value inside composed text.
    pub fn as_text(&self, value: Option<Value>) -> Result<String, Unrendered> {
        let path = self.path.join(".");
        match value {
            None | Some(Value::Null) => Err(Unrendered(format!("`{path}` is absent, and the text needs it"))),
            Some(Value::String(text)) => Ok(text),
            Some(Value::Bool(value)) => Ok(value.to_string()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(Value::Array(_)) => Err(Unrendered(format!("`{path}` is a list; `| join(\", \")` makes it a text"))),
            Some(Value::Object(_)) => Err(Unrendered(format!("`{path}` is a structure, and the text needs one value"))),
        }
    }

    fn trouble(&self, filter: &str) -> Unrendered {
        Unrendered(format!("`{filter}` gave nothing for `{}`", self.path.join(".")))
    }
}

/// Parses the value that opens at byte `open`; gives the byte after its `}}`.
pub fn insert(text: &str, open: usize) -> Result<(Insert, usize), Trouble> {
    let mut reader = Reader { text, at: open + 2 };
    reader.blanks();
    let start = reader.at;
    let mut path = vec![reader.name("the name of a value")?];
    while reader.take('.') {
        path.push(reader.name("a name after the dot")?);
    }
    let mut insert = Insert { path, span: start..reader.at, filters: Vec::new() };
    loop {
        reader.blanks();
        if reader.rest().starts_with("}}") {
            return Ok((insert, reader.at + 2));
        }
        if reader.rest().is_empty() {
            return Err(Trouble::new(open..open + 2, "this brace is never closed"));
        }
        if !reader.take('|') {
            return Err(reader.unexpected("a template is a path and filters, without operators"));
        }
        insert.filters.push(reader.filter()?);
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, wanted: char) -> bool {
        let taken = self.rest().starts_with(wanted);
        self.at += if taken { wanted.len_utf8() } else { 0 };
        taken
    }

    fn unexpected(&self, why: &str) -> Trouble {
        let len = self.rest().chars().next().map_or(0, char::len_utf8);
        Trouble::new(self.at..self.at + len, why)
    }

    fn name(&mut self, what: &str) -> Result<String, Trouble> {
        let rest = self.rest();
        let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = rest[..len].to_string();
        if len == 0 || name.starts_with(|c: char| c.is_numeric()) {
            return Err(self.unexpected(&format!("{what} belongs here")));
        }
        self.at += len;
        Ok(name)
    }

    /// A filter and its arguments, checked against the table.
    fn filter(&mut self) -> Result<Call, Trouble> {
        self.blanks();
        let start = self.at;
        let name = self.name("the name of a filter")?;
        let Some(known) = word(&name) else {
            let near = nearest(&name, super::filters::words().map(|word| word.name));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(Trouble::new(start..self.at, format!("there is no filter `{name}`{hint}")));
        };
        self.blanks();
        let args = if self.take('(') { self.args()? } else { Vec::new() };
        if args.len() < known.least || args.len() > known.most {
            return Err(Trouble::new(start..self.at, format!("`{name}` is written {}", known.form)));
        }
        if let Some(why) = known.check.and_then(|check| check(&args)) {
            return Err(Trouble::new(start..self.at, why));
        }
        Ok(Call { name, args, sees_absence: known.sees_absence })
    }

    fn args(&mut self) -> Result<Vec<Value>, Trouble> {
        let mut args = Vec::new();
        loop {
            self.blanks();
            if self.take(')') {
                return Ok(args);
            }
            args.push(self.literal()?);
            self.blanks();
            if !self.take(',') && !self.rest().starts_with(')') {
                return Err(self.unexpected("a comma or a closing parenthesis belongs here"));
            }
        }
    }

    fn literal(&mut self) -> Result<Value, Trouble> {
        if let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '"' | '\'')) {
            return self.quoted(quote);
        }
        let rest = self.rest();
        let len = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.' | '-')).unwrap_or(rest.len());
        let value = match &rest[..len] {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            number => serde_json::from_str(number).ok().filter(Value::is_number),
        };
        let value = value.ok_or_else(|| self.unexpected("arguments are literals: \"text\", 12, true, false"))?;
        self.at += len;
        Ok(value)
    }

    fn quoted(&mut self, quote: char) -> Result<Value, Trouble> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, other)) => text.push(other),
                    None => break,
                },
                _ if c == quote => {
                    self.at += at + 1;
                    return Ok(Value::String(text));
                }
                _ => text.push(c),
            }
        }
        Err(Trouble::new(start..start + 1, "this text is never closed"))
    }
}
