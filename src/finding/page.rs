//! The pages that explain codes: parsed from Markdown, printed by `koppla explain`, executed by the tests.
//!
//! A page is `# slug`, prose, and blocks of whole documents: ```` ```yaml bad ```` gives exactly that code,
//! ```` ```yaml good ```` gives none. A line `# file: NAME` begins another file of the block; the first is
//! [`FIRST_FILE`] unless the block begins with such a line. Beside them lie the [`DEMO`] models.

use super::layout::wrap;
use super::{Code, codes, suggest};

/// The file of an example that names none.
pub const FIRST_FILE: &str = "example.mapping.yaml";

/// The documents that lie beside every example: path and text.
pub const DEMO: [(&str, &str); 2] = [
    ("register.model.yaml", include_str!("demo/register.model.yaml")),
    ("directory.model.yaml", include_str!("demo/directory.model.yaml")),
];

/// A page, parsed.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<'a> {
    /// The heading: the slug of its code.
    pub title: &'a str,
    /// Everything after it, in order.
    pub parts: Vec<Part<'a>>,
}

/// A part of a page.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A paragraph, on one line.
    Paragraph(String),
    /// An item of a list, on one line.
    Item(String),
    /// Lines shown as they are.
    Code(Vec<&'a str>),
    /// Documents that give exactly the code of the page.
    Bad(Vec<ExampleFile>),
    /// Documents that give no finding.
    Good(Vec<ExampleFile>),
}

/// A file of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleFile {
    /// Its path in the test project.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl<'a> Page<'a> {
    /// Parses a page. The error says what is wrong with its form.
    pub fn parse(text: &'a str) -> Result<Page<'a>, String> {
        let mut lines = text.lines();
        let title = lines.next().and_then(|line| line.strip_prefix("# ")).ok_or("the first line is not `# slug`")?;
        let mut parts = Vec::new();
        let mut open = false;
        while let Some(line) = lines.next() {
            let trimmed = line.trim();
            if let Some(kind) = trimmed.strip_prefix("```") {
                parts.push(fenced(kind.trim(), &mut lines)?);
                open = false;
            } else if trimmed.is_empty() {
                open = false;
            } else {
                prose(&mut parts, trimmed, open);
                open = true;
            }
        }
        Ok(Page { title: title.trim(), parts })
    }

    /// The blocks that must give exactly the code.
    pub fn bad(&self) -> impl Iterator<Item = &[ExampleFile]> {
        self.parts.iter().filter_map(|part| if let Part::Bad(files) = part { Some(files.as_slice()) } else { None })
    }

    /// The blocks that must give no finding.
    pub fn good(&self) -> impl Iterator<Item = &[ExampleFile]> {
        self.parts.iter().filter_map(|part| if let Part::Good(files) = part { Some(files.as_slice()) } else { None })
    }

    /// The page for a terminal of `width` columns: prose wrapped, examples indented under what they are.
    pub fn text(&self, width: usize) -> String {
        let mut text = String::new();
        for (index, part) in self.parts.iter().enumerate() {
            let in_list = matches!(
                (index.checked_sub(1).map(|before| &self.parts[before]), part),
                (Some(Part::Item(_)), Part::Item(_))
            );
            if index > 0 && !in_list {
                text.push('\n');
            }
            text.push_str(&part.text(width));
        }
        text
    }
}

impl Part<'_> {
    fn text(&self, width: usize) -> String {
        match self {
            Part::Paragraph(prose) => paragraph("", "", prose, width),
            Part::Item(prose) => paragraph("  - ", "    ", prose, width),
            Part::Code(lines) => indented(lines.iter().copied()),
            Part::Bad(files) => format!("Gives this finding:\n\n{}", example(files)),
            Part::Good(files) => format!("Gives none:\n\n{}", example(files)),
        }
    }
}

/// A paragraph whose first line begins with `first`, the others with `rest`.
fn paragraph(first: &str, rest: &str, prose: &str, width: usize) -> String {
    let lines = wrap(prose, width.saturating_sub(rest.len()).max(20));
    let starts = std::iter::once(first).chain(std::iter::repeat(rest));
    lines.iter().zip(starts).map(|(line, start)| format!("{start}{line}\n")).collect()
}

fn indented<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    lines.map(|line| if line.is_empty() { "\n".to_string() } else { format!("    {line}\n") }).collect()
}

/// The files of an example, each under its name unless there is one that needs none.
fn example(files: &[ExampleFile]) -> String {
    let alone = files.len() == 1 && files[0].path == FIRST_FILE;
    let named = |file: &ExampleFile| {
        let heading = if alone { String::new() } else { format!("    # file: {}\n", file.path) };
        heading + &indented(file.text.lines())
    };
    files.iter().map(named).collect::<Vec<_>>().join("\n")
}

/// Adds a line of prose: to the part before it, or as a new paragraph or item.
fn prose(parts: &mut Vec<Part<'_>>, line: &str, open: bool) {
    if let Some(item) = line.strip_prefix("- ") {
        parts.push(Part::Item(item.to_string()));
        return;
    }
    match parts.last_mut() {
        Some(Part::Paragraph(text) | Part::Item(text)) if open => {
            text.push(' ');
            text.push_str(line);
        }
        _ => parts.push(Part::Paragraph(line.to_string())),
    }
}

/// Reads a fenced block up to its end.
fn fenced<'a>(kind: &str, lines: &mut std::str::Lines<'a>) -> Result<Part<'a>, String> {
    let mut body = Vec::new();
    loop {
        match lines.next() {
            None => return Err(format!("the block ```{kind} has no end")),
            Some(line) if line.trim() == "```" => break,
            Some(line) => body.push(line),
        }
    }
    match kind {
        "yaml bad" => Ok(Part::Bad(files(&body)?)),
        "yaml good" => Ok(Part::Good(files(&body)?)),
        _ if kind.starts_with("yaml ") => Err(format!("a block is `yaml bad` or `yaml good`, not `{kind}`")),
        _ => Ok(Part::Code(body)),
    }
}

/// The files of a block of whole documents, parted by lines `# file: NAME`.
pub fn files(lines: &[&str]) -> Result<Vec<ExampleFile>, String> {
    let mut files: Vec<ExampleFile> = Vec::new();
    for line in lines {
        if let Some(path) = line.strip_prefix("# file:") {
            files.push(ExampleFile { path: path.trim().to_string(), text: String::new() });
            continue;
        }
        if files.is_empty() {
            files.push(ExampleFile { path: FIRST_FILE.to_string(), text: String::new() });
        }
        if let Some(file) = files.last_mut() {
            file.text.push_str(line);
            file.text.push('\n');
        }
    }
    match files.iter().find(|file| file.text.trim().is_empty()) {
        _ if files.is_empty() => Err("an example is empty".into()),
        Some(file) => Err(format!("the example's file {} is empty", file.path)),
        None => Ok(files),
    }
}

/// What `koppla explain CODE` prints: the fact, the page, the examples.
pub fn explain(code: &Code, width: usize) -> String {
    let heading =
        paragraph("", "  ", &format!("{}[{}]: {}", code.severity.word(), code.slug, open(code.message)), width);
    match Page::parse(code.page) {
        Ok(page) => format!("{heading}\n{}", page.text(width)),
        // A page of wrong form fails a test; until it is mended its text is shown as it is.
        Err(_) => format!("{heading}\n{}", code.page),
    }
}

/// What `koppla explain` says of a code that does not exist.
pub fn unknown(slug: &str) -> String {
    let known = codes::all().map(|code| code.slug);
    match suggest::nearest(slug, known) {
        Some(near) => format!("no finding has the code `{slug}`; did you mean `{near}`?"),
        None => format!("no finding has the code `{slug}`; `koppla explain` lists all codes"),
    }
}

/// All codes by area: code, severity, message.
pub fn list(width: usize) -> String {
    let widest = codes::all().map(|code| code.slug.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (heading, codes) in codes::areas().into_iter().filter(|(_, codes)| !codes.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("{heading}\n"));
        for code in codes {
            let start = format!("  {:widest$}  {:7}  ", code.slug, code.severity.word());
            text.push_str(&paragraph(&start, &" ".repeat(start.len()), &open(code.message), width));
        }
    }
    text
}

/// A message whose words are not known yet: `{name}` becomes `…`.
pub fn open(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, after)) = after.split_once('}') else { break };
        text.push_str(before);
        text.push('…');
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;

    const PAGE: &str = "# unknown-field\n\nA rule names a field\nthat nobody has.\n\n- first\n  goes on\n- second\n\n\
        ```yaml bad\nmapping: example\n\nleft: register\n```\n\n```yaml good\n# file: a.model.yaml\nmodel: a\n# file: b.model.yaml\nmodel: b\n```\n";

    #[test]
    fn a_page_has_prose_and_examples() {
        let page = Page::parse(PAGE).unwrap();
        assert_eq!(page.title, "unknown-field");
        assert_eq!(page.parts[0], Part::Paragraph("A rule names a field that nobody has.".into()));
        assert_eq!(page.parts[1], Part::Item("first goes on".into()));
        let bad: Vec<_> = page.bad().collect();
        assert_eq!(bad[0][0].path, "example.mapping.yaml");
        assert_eq!(bad[0][0].text, "mapping: example\n\nleft: register\n");
        let good: Vec<&str> = page.good().flatten().map(|file| file.path.as_str()).collect();
        assert_eq!(good, ["a.model.yaml", "b.model.yaml"]);
    }

    #[test]
    fn a_page_of_wrong_form_says_why() {
        assert_eq!(Page::parse("unknown-field\n").unwrap_err(), "the first line is not `# slug`");
        assert_eq!(Page::parse("# x\n```yaml bad\na: 1\n").unwrap_err(), "the block ```yaml bad has no end");
        assert_eq!(Page::parse("# x\n```yaml bad\n```\n").unwrap_err(), "an example is empty");
        assert!(Page::parse("# x\n```yaml bda\na: 1\n```\n").unwrap_err().contains("yaml bda"));
    }

    #[test]
    fn a_page_is_printed_in_full() {
        let code = Code {
            slug: "unknown-field",
            severity: Severity::Error,
            message: "no field `{name}`",
            label: "",
            help: &[],
            page: PAGE,
        };
        insta::assert_snapshot!(explain(&code, 30), @r#"
        error[unknown-field]: no
          field `…`

        A rule names a field that
        nobody has.

          - first goes on
          - second

        Gives this finding:

            mapping: example

            left: register

        Gives none:

            # file: a.model.yaml
            model: a

            # file: b.model.yaml
            model: b
        "#);
    }

    #[test]
    fn words_of_a_message_stay_open() {
        assert_eq!(open("`{of}` has no field `{name}`"), "`…` has no field `…`");
        assert_eq!(open("a brace { alone"), "a brace { alone");
    }
}
