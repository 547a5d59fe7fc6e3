//! Markdown of our own pages to HTML: the manual, the pages of findings, the documentation of functions.

use crate::finding::codes;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// A heading of a page: its level, its text, the name that links lead to.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading {
    /// 2, 3, …
    pub level: u8,
    /// What it says.
    pub text: String,
    /// The name of the place.
    pub id: String,
}

/// Markdown as HTML, and its headings. The heading of the first level is the title of the page and is left out; codes of
/// findings lead to their pages.
pub fn render(markdown: &str) -> (String, Vec<Heading>) {
    let events: Vec<Event<'_>> = Parser::new_ext(markdown, Options::ENABLE_TABLES).collect();
    let (mut out, mut headings, mut at) = (Vec::with_capacity(events.len()), Vec::new(), 0);
    let mut linked = 0;
    while at < events.len() {
        match &events[at] {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
                at = end_of_heading(&events, at);
            }
            Event::Start(Tag::Heading { level, .. }) => {
                let text = text_of(&events[at..end_of_heading(&events, at)]);
                let id = anchor(&text);
                out.push(Event::Start(Tag::Heading {
                    level: *level,
                    id: Some(CowStr::from(id.clone())),
                    classes: Vec::new(),
                    attrs: Vec::new(),
                }));
                headings.push(Heading { level: *level as u8, text, id });
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                out.extend(caption(info).map(|caption| Event::Html(CowStr::from(caption))));
                let language = info.split_whitespace().next().unwrap_or_default().to_string();
                out.push(Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(CowStr::from(language)))));
            }
            Event::Start(Tag::Link { .. }) => {
                linked += 1;
                out.push(events[at].clone());
            }
            Event::End(TagEnd::Link) => {
                linked -= 1;
                out.push(events[at].clone());
            }
            Event::Code(text) if linked == 0 && codes::find(text).is_some() => {
                out.push(Event::Html(CowStr::from(finding_link(text))));
            }
            other => out.push(other.clone()),
        }
        at += 1;
    }
    let mut page = String::new();
    html::push_html(&mut page, out.into_iter());
    (page, headings)
}

/// The link to the page of a finding.
pub fn finding_link(slug: &str) -> String {
    format!("<a href=\"finding-{slug}.html\"><code>{slug}</code></a>")
}

/// What is said above an example: whether it is right, or which finding it has.
fn caption(info: &str) -> Option<String> {
    let (_, rest) = info.split_once(' ')?;
    let said = match rest.trim() {
        "bad" => "wrong".to_string(),
        "good" => "right".to_string(),
        rest => format!("gives {}", finding_link(rest.strip_prefix("finding: ")?.trim())),
    };
    Some(format!("<p class=\"mark\">{said}</p>\n"))
}

fn end_of_heading(events: &[Event<'_>], start: usize) -> usize {
    let end = events[start..].iter().position(|event| matches!(event, Event::End(TagEnd::Heading(_))));
    end.map_or(events.len() - 1, |end| start + end)
}

fn text_of(events: &[Event<'_>]) -> String {
    let texts = events.iter().filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
        _ => None,
    });
    texts.collect()
}

/// The name of a heading as code hosts make it: small letters, no signs, hyphens for blanks.
pub fn anchor(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_captions_and_codes_are_rendered() {
        let text = "# Title\n\nSee `unknown-field`, not `number`.\n\n## A *first* mapping: `x`\n\n```yaml bad\na: 1\n```\n\n```yaml finding: no-inverse\nb: <x>\n```\n";
        let (page, headings) = render(text);
        assert_eq!(headings, [Heading { level: 2, text: "A first mapping: x".into(), id: "a-first-mapping-x".into() }]);
        assert!(!page.contains("Title"));
        assert!(page.contains("<a href=\"finding-unknown-field.html\"><code>unknown-field</code></a>"), "{page}");
        assert!(page.contains("<code>number</code>") && page.contains("<h2 id=\"a-first-mapping-x\">"));
        assert!(page.contains("<p class=\"mark\">wrong</p>\n<pre><code class=\"language-yaml\">a: 1\n</code></pre>"));
        assert!(page.contains("gives <a href=\"finding-no-inverse.html\">") && page.contains("b: &lt;x&gt;"), "{page}");
    }
}
