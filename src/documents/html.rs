//! Pages in HTML: one file each, without scripts and without anything that is fetched.

use crate::finding::layout::harmless;

/// A whole page; the body is HTML already.
pub fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<h1>{0}</h1>\n{body}</body>\n</html>\n",
        escaped(title)
    )
}

/// A page of a site: with ways to the other pages, and narrow enough for a phone.
pub fn site_page(title: &str, ways: &str, body: &str) -> String {
    let (head, rest) = (page(title, body), "</style>");
    head.replacen(rest, &format!("{NARROW}{rest}"), 1).replacen("<body>\n", &format!("<body>\n{ways}"), 1)
}

/// Wide tables and examples are moved inside their own frame, never the whole page.
const NARROW: &str = "\
nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem; border-bottom: 1px solid #8888; padding-bottom: .5rem; }
table { display: block; overflow-x: auto; }
pre { overflow-x: auto; background: #8881; padding: .6rem; }
code { overflow-wrap: anywhere; }
pre code { overflow-wrap: normal; }
.mark { font-weight: bold; margin-bottom: 0; }
.kind { opacity: .7; }
input { font: inherit; max-width: 100%; }
#all { padding-left: 1rem; }
@media (max-width: 40rem) { body { margin: .5rem auto; padding: 0 .6rem; } }
";

/// Readable on a screen and on paper, by day and by night.
const STYLE: &str = "\
:root { color-scheme: light dark; }
body { font-family: system-ui, sans-serif; line-height: 1.4; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #8888; padding: .3rem .6rem; text-align: left; vertical-align: top; }
th { background: #8882; }
";

/// A heading of the second level.
pub fn heading(text: &str) -> String {
    format!("<h2>{}</h2>\n", escaped(text))
}

/// A paragraph.
pub fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

/// A text in which what stands between backticks is code.
pub fn with_code(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return escaped(text);
    }
    let piece = |(index, piece): (usize, &&str)| match index % 2 {
        0 => escaped(piece),
        _ => format!("<code>{}</code>", escaped(piece)),
    };
    pieces.iter().enumerate().map(piece).collect()
}

/// A text in which nothing is markup, and nothing steers the reader's screen.
pub fn escaped(text: &str) -> String {
    harmless(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
