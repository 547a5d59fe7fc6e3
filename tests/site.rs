//! The manual as a site: every link leads somewhere inside, nothing is fetched, everything is in the list that is searched.

#![allow(clippy::disallowed_methods, reason = "the test reads the site")]

use koppla::finding::codes;
use koppla::function;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// The site of the example project: pages by name.
fn site() -> &'static BTreeMap<String, String> {
    static SITE: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
        let folder = tempfile::TempDir::new().expect("a folder");
        let out = folder.path().join("new/site");
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/examples/files");
        let run = Command::new(env!("CARGO_BIN_EXE_koppla"))
            .args(["docs", "--project"])
            .arg(project)
            .arg("--site")
            .arg(&out)
            .output()
            .expect("the program");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let page = |entry: fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().to_string();
            (name, fs::read_to_string(entry.path()).expect("a page in UTF-8"))
        };
        fs::read_dir(&out).expect("the site").map(|entry| page(entry.expect("an entry"))).collect()
    });
    &SITE
}

/// The values of an attribute in a page.
fn attributes<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    let start = format!(" {name}=\"");
    page.split(start.as_str()).skip(1).map(|rest| rest.split('"').next().expect("a value")).collect()
}

#[test]
fn every_link_leads_to_a_place_that_is_there() {
    let ids: BTreeMap<&str, BTreeSet<&str>> =
        site().iter().map(|(name, page)| (name.as_str(), attributes(page, "id").into_iter().collect())).collect();
    let (mut wrong, mut links) = (Vec::new(), 0);
    for (name, page) in site() {
        for link in attributes(page, "href") {
            links += 1;
            let (file, place) = link.split_once('#').map_or((link, None), |(file, place)| (file, Some(place)));
            let file = if file.is_empty() { name } else { file };
            match (ids.get(file), place) {
                (None, _) => wrong.push(format!("{name}: {link}")),
                (Some(there), Some(place)) if !there.contains(place) => wrong.push(format!("{name}: {link}")),
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{} links lead nowhere\n{}", wrong.len(), wrong.join("\n"));
    assert!(links > 2000, "{links} links");
}

#[test]
fn nothing_is_fetched_and_a_phone_can_read_it() {
    for (name, page) in site() {
        for word in ["http://", "https://", "src=", "<link", "<img", "<iframe", "@import", "url("] {
            // Texts of the pages speak of addresses; markup must not.
            let markup: String =
                page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()).collect();
            assert!(!markup.contains(word), "{name} has {word}");
        }
        assert!(page.contains("<meta name=\"viewport\" content=\"width=device-width\">"), "{name}");
        assert!(page.contains("overflow-x: auto"), "{name}");
        assert_eq!(page.matches("<h1>").count(), 1, "{name}");
        assert_eq!(page.matches("<script>").count(), usize::from(name == "index.html"), "{name}");
    }
}

#[test]
fn everything_is_in_the_list_that_is_searched() {
    let index = &site()["index.html"];
    for code in codes::all() {
        assert!(index.contains(&format!("href=\"finding-{}.html\"", code.slug)), "{}", code.slug);
    }
    for function in function::families().into_iter().flat_map(|(_, functions)| functions) {
        assert!(index.contains(&format!("href=\"functions.html#{}\"", function.name)), "{}", function.name);
    }
    for place in [
        "manual.html#absence",
        "system-sds.html",
        "system-roster.html",
        "mapping-roster--sds.html",
        "sync-exempelkommunen-sds.html",
    ] {
        assert!(index.contains(&format!("href=\"{place}\"")), "{place}");
    }
}

#[test]
fn pages_hold_what_they_are_named_after() {
    let finding = &site()["finding-unknown-field.html"];
    assert!(finding.contains("<p class=\"mark\">wrong</p>") && finding.contains("<p class=\"mark\">right</p>"));
    let system = &site()["system-sds.html"];
    assert!(system.contains("sourcedId") && system.contains("What is known, and from where"));
    let manual = &site()["manual.html"];
    assert!(
        manual.contains("<h2 id=\"two-way-rules\">") && manual.contains("gives <a href=\"finding-no-inverse.html\">")
    );
    assert!(site()["functions.html"].contains("<h3 id=\"transliterate\">"));
}

#[test]
fn the_pages_of_all_codes_come_in_one() {
    let run = |further: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_koppla")).args(["explain", "--all"]).args(further).output();
        String::from_utf8(run.expect("the program").stdout).expect("UTF-8")
    };
    let text = run(&[]);
    for code in codes::all() {
        assert!(text.contains(&format!("{}[{}]: ", code.severity.word(), code.slug)), "{}", code.slug);
    }
    let json: serde_json::Value = serde_json::from_str(&run(&["--format", "json"])).expect("JSON");
    assert_eq!(json["codes"].as_array().map(Vec::len), Some(codes::all().count()));
    assert!(
        json["codes"]
            .as_array()
            .expect("codes")
            .iter()
            .all(|code| code["page"].as_str().is_some_and(|page| !page.is_empty()))
    );
}
