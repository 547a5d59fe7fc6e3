//! The manual as a site: pages that lead to one another and to nothing outside, readable on a phone.
//!
//! One page each for the manual, the functions, the findings with a page for each, the systems with a page for each, and the
//! tables of directions. The first page lists everything and can be searched; that is its only script.

use super::html::{self, escaped, heading, paragraph, with_code};
use super::markdown;
use super::{functions, site_system};
use crate::finding::page::open;
use crate::finding::{Code, codes};
use crate::function::{self, Function};
use crate::model::Model;

/// The text of the manual.
const MANUAL: &str = include_str!("../../grammar/reference.md");

/// A page with a table of directions that was made elsewhere: name, heading, HTML.
pub struct Directions {
    /// The name of the sync or mapping.
    pub name: String,
    /// Its heading.
    pub title: String,
    /// True for a sync.
    pub is_sync: bool,
    /// The tables.
    pub body: String,
}

/// Something that can be searched for: what it is called, what kind it is, where it lies.
struct Entry {
    name: String,
    kind: &'static str,
    said: String,
    place: String,
}

/// All pages: file name and text. The first is the one to begin with.
pub fn pages(model: &Model, tables: &[Directions]) -> Vec<(String, String)> {
    let mut site = Site { pages: Vec::new(), entries: Vec::new() };
    site.manual();
    site.functions();
    site.findings();
    site.systems(model);
    site.tables(tables);
    let index = site.index();
    let mut pages = vec![("index.html".to_string(), page("Koppla", &index))];
    pages.append(&mut site.pages);
    pages
}

/// The ways through the site, on every page.
const WAYS: &[(&str, &str)] = &[
    ("index.html", "Contents"),
    ("manual.html", "Manual"),
    ("functions.html", "Functions"),
    ("findings.html", "Findings"),
    ("systems.html", "Systems"),
    ("tables.html", "Tables"),
];

fn page(title: &str, body: &str) -> String {
    let ways: Vec<String> = WAYS.iter().map(|(file, name)| format!("<a href=\"{file}\">{name}</a>")).collect();
    html::site_page(title, &format!("<nav>{}</nav>\n", ways.join(" ")), body)
}

struct Site {
    pages: Vec<(String, String)>,
    entries: Vec<Entry>,
}

impl Site {
    fn add(&mut self, file: &str, title: &str, body: &str) {
        self.pages.push((file.to_string(), page(title, body)));
    }

    fn entry(&mut self, kind: &'static str, name: &str, said: &str, place: String) {
        self.entries.push(Entry { name: name.into(), kind, said: said.into(), place });
    }

    fn manual(&mut self) {
        let (body, headings) = markdown::render(MANUAL);
        for heading in headings.iter().filter(|heading| !heading.text.starts_with("Functions: ")) {
            self.entry("manual", &heading.text, "", format!("manual.html#{}", heading.id));
        }
        self.add("manual.html", "The Koppla language", &body);
    }

    fn functions(&mut self) {
        let mut body = String::new();
        let families = function::families().into_iter().filter(|(_, functions)| !functions.is_empty());
        for (family, all) in families {
            body.push_str(&heading(family));
            for function in all {
                body.push_str(&one_function(function));
                let place = format!("functions.html#{}", function.name);
                self.entry("function", function.name, first_sentence(function.doc), place);
            }
        }
        self.add("functions.html", "Functions", &body);
    }

    fn findings(&mut self) {
        let mut list = paragraph("What koppla check can find. Each has a page with a wrong and a right example.");
        for (area, all) in codes::areas() {
            list.push_str(&heading(area));
            list.push_str("<ul>\n");
            for code in all {
                let link = markdown::finding_link(code.slug);
                list.push_str(&format!(
                    "<li>{link} {}: {}</li>\n",
                    code.severity.word(),
                    with_code(&open(code.message))
                ));
                self.finding(code);
            }
            list.push_str("</ul>\n");
        }
        self.add("findings.html", "Findings", &list);
    }

    fn finding(&mut self, code: &Code) {
        let file = format!("finding-{}.html", code.slug);
        let (body, _) = markdown::render(code.page);
        let told = format!(
            "<p class=\"mark\">{}: {}</p>\n{}",
            code.severity.word(),
            with_code(&open(code.message)),
            // What depends on the words of one finding helps nobody here.
            code.help
                .iter()
                .filter(|help| !help.contains('{'))
                .map(|help| format!("<p>Help: {}</p>\n", with_code(help)))
                .collect::<String>()
        );
        self.entry("finding", code.slug, &open(code.message), file.clone());
        self.add(&file, code.slug, &(told + &body));
    }

    fn systems(&mut self, model: &Model) {
        let mut list = String::from("<ul>\n");
        let mut all: Vec<_> = model.systems.iter().collect();
        all.sort_by(|a, b| a.name.text.cmp(&b.name.text));
        for system in all {
            let file = format!("system-{}.html", file_name(&system.name.text));
            let title = system.title.clone().unwrap_or_else(|| system.name.text.clone());
            let kind = if system.is_system { "system" } else { "model" };
            list.push_str(&format!(
                "<li><a href=\"{file}\">{}</a> {kind}: {}</li>\n",
                escaped(&system.name.text),
                escaped(&title)
            ));
            self.entry("system", &system.name.text, &title, file.clone());
            self.add(&file, &title, &site_system::body(model, system));
        }
        self.add("systems.html", "Systems and models", &(list + "</ul>\n"));
    }

    fn tables(&mut self, tables: &[Directions]) {
        let mut list = paragraph("Which field goes where: of each sync of this project, and of each mapping.");
        list.push_str("<ul>\n");
        for table in tables {
            let kind = if table.is_sync { "sync" } else { "mapping" };
            let file = format!("{kind}-{}.html", file_name(&table.name));
            let (name, title) = (escaped(&table.name), escaped(&table.title));
            list.push_str(&format!("<li><a href=\"{file}\">{name}</a> {kind}: {title}</li>\n"));
            self.entry(kind, &table.name, &table.title, file.clone());
            self.add(&file, &table.title, &table.body);
        }
        self.add("tables.html", "Tables of directions", &(list + "</ul>\n"));
    }

    /// Everything that the site holds, to be searched.
    fn index(&self) -> String {
        let mut body = String::from(SEARCH);
        body.push_str("<ul id=\"all\">\n");
        for entry in &self.entries {
            let said = if entry.said.is_empty() { String::new() } else { format!(" {}", with_code(&entry.said)) };
            body.push_str(&format!(
                "<li><a href=\"{}\">{}</a> <span class=\"kind\">{}</span>{said}</li>\n",
                entry.place,
                escaped(&entry.name),
                entry.kind
            ));
        }
        body.push_str("</ul>\n");
        body.push_str(SCRIPT);
        body
    }
}

/// The field to search with. Without scripts the list below it is whole.
const SEARCH: &str = "<p><label>Search: <input id=\"search\" type=\"search\" autocomplete=\"off\"></label></p>\n";

/// Shows the entries that hold every word.
const SCRIPT: &str = "<script>\n\
const field = document.getElementById('search'), all = [...document.querySelectorAll('#all li')];\n\
field.addEventListener('input', () => {\n\
  const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);\n\
  for (const item of all) item.hidden = !words.every(word => item.textContent.toLowerCase().includes(word));\n\
});\n\
</script>\n";

fn one_function(function: &Function) -> String {
    let mut body = format!("<h3 id=\"{0}\"><code>{0}</code></h3>\n", function.name);
    body.push_str(&format!("<pre><code>{}</code></pre>\n", escaped(&functions::signature(function))));
    body.push_str(&markdown::render(function.doc).0);
    if let Some(fails) = function.fails {
        body.push_str(&paragraph(&format!("Fails where {fails}.")));
    }
    let examples = function.examples.iter().map(|(example, result)| format!("{example}  -->  {result}\n"));
    let examples = examples.collect::<String>();
    if !examples.is_empty() {
        body.push_str(&format!("<pre><code>{}</code></pre>\n", escaped(&examples)));
    }
    body
}

fn first_sentence(doc: &str) -> &str {
    doc.split_inclusive(". ").next().unwrap_or(doc).trim_end()
}

/// A name as a part of the name of a file.
pub fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_lead_nowhere_else() {
        assert_eq!(file_name("a/b c.ö"), "a-b-c.ö");
        assert_eq!(file_name("../x\\y"), "..-x-y");
    }
}
