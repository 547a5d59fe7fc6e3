//! Targets that take several lists in one file: the sheets of a workbook, the elements of an XML document.

use super::{Files, Rule, Table, judge, page, same_files};
use calamine::Reader;
use quick_xml::events::Event;
use std::collections::BTreeMap;
use std::io::Cursor;

/// The four sheets for national tests: all there, in this order, whatever lies in them.
pub fn national_tests(files: &Files) -> Result<Vec<Table>, String> {
    let file = "provtjansten.xlsx";
    let sheets = ["Klasser", "Ämnesgrupp & provaktiviteter", "Elevinskrivningar", "Personalstjänstgöringar"];
    book_has(files, file, &sheets)?;
    let pages = DNP.iter().zip(sheets).map(|(rule, sheet)| page(files, file, rule.file, sheet));
    let tables: Vec<Table> = pages.collect::<Result<_, _>>()?;
    judge(DNP, &tables)?;
    let groups: Vec<String> = tables[1].values("Ämnesgrupp").into_iter().flatten().collect();
    for table in &tables {
        let odd = |value: &String, digits: usize| value.len() != digits || !value.bytes().all(|b| b.is_ascii_digit());
        if let Some(odd) = table.values("Skolenhetskod").iter().flatten().find(|code| odd(code, 8)) {
            return Err(format!("{}: {odd} is no code of a school unit", table.file));
        }
        if let Some(odd) = table.values("Personnummer").iter().flatten().find(|number| odd(number, 12)) {
            return Err(format!("{}: {odd} has no twelve digits", table.file));
        }
        if table.values("Ta bort").iter().any(|cell| !cell.is_empty()) {
            return Err(format!("{}: nobody asked for a removal", table.file));
        }
        let named = table.values("Ämnesgrupper").into_iter().flatten();
        let named: Vec<String> =
            named.flat_map(|cell| cell.split(", ").map(String::from).collect::<Vec<_>>()).collect();
        if let Some(lost) = named.iter().find(|name| !groups.contains(name)) {
            return Err(format!("{}: {lost} is no group with a test", table.file));
        }
    }
    Ok(tables)
}

fn book_has(files: &Files, file: &str, sheets: &[&str]) -> Result<(), String> {
    if files.keys().ne([file]) {
        return Err(format!("the files are {:?}, expected {file} alone", files.keys()));
    }
    let book: calamine::Xlsx<_> =
        Reader::new(Cursor::new(&files[file])).map_err(|error: calamine::XlsxError| error.to_string())?;
    match book.sheet_names() == sheets {
        true => Ok(()),
        false => Err(format!("{file} has the sheets {:?}, expected {sheets:?}", book.sheet_names())),
    }
}

/// One sheet; civic numbers are text, with a dash.
pub fn prorenata(files: &Files) -> Result<Vec<Table>, String> {
    book_has(files, "prorenata.xlsx", &["Elever"])?;
    let tables = vec![page(files, "prorenata.xlsx", "prorenata.xlsx", "Elever")?];
    judge(PRORENATA, &tables)?;
    for column in ["Personnummer", "Vårdnadshavare 1 personnummer", "Vårdnadshavare 2 personnummer"] {
        let odd = |number: &&String| number.len() != 13 || number.as_bytes()[8] != b'-';
        if let Some(odd) = tables[0].values(column).iter().flatten().find(odd) {
            return Err(format!("{column}: {odd} is not written with a dash"));
        }
    }
    Ok(tables)
}

/// An element: its path of names and attributes, and its text.
type Leaf = (String, String);

/// IMS Enterprise: the elements stand in the order of the standard, ids are unique, members lead to persons and groups.
pub fn itslearning(files: &Files) -> Result<Vec<Table>, String> {
    same_files(files, &[], &["itslearning.xml"])?;
    let text = std::str::from_utf8(&files["itslearning.xml"]).map_err(|_| "the document is no UTF-8")?;
    let children = elements(text, "enterprise")?;
    let order = ["properties", "person", "group", "membership"];
    let place = |name: &str| order.iter().position(|known| *known == name);
    let places: Option<Vec<usize>> = children.iter().map(|(name, _)| place(name)).collect();
    let places = places.ok_or("an element that the standard does not know")?;
    if !places.is_sorted() || places.iter().filter(|place| **place == 0).count() != 1 {
        return Err("properties, persons, groups and memberships stand in this order".into());
    }
    let head = &children[0].1;
    if text_of(head, "datasource").is_none() || text_of(head, "datetime").is_none() {
        return Err("the head names no source or no time".into());
    }
    let mut tables: Vec<Table> = ITSLEARNING
        .iter()
        .map(|rule| Table {
            file: rule.file,
            header: rule.header.iter().map(|name| name.to_string()).collect(),
            rows: Vec::new(),
        })
        .collect();
    let mut groups = Vec::new();
    for (name, leaves) in &children[1..] {
        match name.as_str() {
            "membership" => members(leaves, &mut groups, &mut tables[2])?,
            _ => {
                let table = &mut tables[usize::from(name == "group")];
                let cell = |path: &String| text_of(leaves, path).unwrap_or_default();
                let row = table.header.iter().map(cell).collect();
                table.rows.push(row);
            }
        }
    }
    if groups.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err("the members of a group lie in two elements".into());
    }
    judge(ITSLEARNING, &tables)?;
    Ok(tables)
}

/// The members of one membership, each a row.
fn members(leaves: &[Leaf], groups: &mut Vec<String>, table: &mut Table) -> Result<(), String> {
    let group = text_of(leaves, "sourcedid/id").ok_or("a membership without a group")?;
    let mut rows: Vec<BTreeMap<String, String>> = Vec::new();
    for (path, text) in leaves {
        let Some(path) = path.strip_prefix("member/") else { continue };
        if path == "sourcedid/source" {
            rows.push(BTreeMap::from([("group".to_string(), group.clone())]));
        }
        rows.last_mut().ok_or("a member without an id")?.insert(path.to_string(), text.clone());
    }
    if rows.is_empty() {
        return Err(format!("the membership of {group} holds nobody"));
    }
    let header = &table.header;
    let cells = rows.iter().map(|row| header.iter().map(|name| row.get(name).cloned().unwrap_or_default()).collect());
    table.rows.extend(cells);
    groups.push(group);
    Ok(())
}

fn text_of(leaves: &[Leaf], path: &str) -> Option<String> {
    leaves.iter().find(|(known, _)| known == path).map(|(_, text)| text.clone())
}

/// The elements under the root, each with its texts and attributes by path, in the order of the document.
fn elements(text: &str, root: &str) -> Result<Vec<(String, Vec<Leaf>)>, String> {
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut open, mut found): (Vec<String>, Vec<(String, Vec<Leaf>)>) = (Vec::new(), Vec::new());
    let mut own = String::new();
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        let (tag, empty) = match &event {
            Event::Start(tag) => (tag, false),
            Event::Empty(tag) => (tag, true),
            Event::End(_) => {
                if let (Some((_, leaves)), false) = (found.last_mut(), own.trim().is_empty()) {
                    leaves.push((open[2..].join("/"), own.clone()));
                }
                own.clear();
                open.pop();
                continue;
            }
            Event::Text(text) => {
                own.push_str(&text.xml10_content());
                continue;
            }
            Event::GeneralRef(name) => {
                own.push(match AsRef::<str>::as_ref(name) {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    "apos" => '\'',
                    other => return Err(format!("&{other}; is no entity of XML")),
                });
                continue;
            }
            Event::Eof => return if open.is_empty() { Ok(found) } else { Err("the document is cut".into()) },
            _ => continue,
        };
        let name = tag.name().as_ref().to_string();
        if open.is_empty() && name != root {
            return Err(format!("the root is {name}"));
        }
        if open.len() == 1 {
            found.push((name.clone(), Vec::new()));
        }
        open.push(name);
        own.clear();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            if let Some((_, leaves)) = found.last_mut() {
                let path = [&open[2..], &[format!("@{}", AsRef::<str>::as_ref(&attribute.key))]].concat().join("/");
                leaves.push((path, attribute.value.to_string()));
            }
        }
        if empty {
            open.pop();
        }
    }
}

const DNP: &[Rule] = &[
    Rule {
        file: "Klasser",
        header: &["Skolenhetskod", "Klass", "Ta bort"],
        required: &["Skolenhetskod", "Klass"],
        key: &["Skolenhetskod", "Klass"],
        references: &[],
        words: &[],
    },
    Rule {
        file: "Ämnesgrupp",
        header: &["Skolenhetskod", "Ämnesgrupp", "Provaktivitet", "Ta bort"],
        required: &["Skolenhetskod", "Ämnesgrupp", "Provaktivitet"],
        key: &["Skolenhetskod", "Ämnesgrupp"],
        references: &[],
        words: &[],
    },
    Rule {
        file: "Elevinskrivningar",
        header: &[
            "Personnummer",
            "Förnamn",
            "Efternamn",
            "EPPN",
            "Skolenhetskod",
            "Skolform",
            "Årskurs",
            "Studievägskod",
            "Klass",
            "Ämnesgrupper",
            "Ta bort",
        ],
        required: &["Personnummer", "Förnamn", "Efternamn", "EPPN", "Skolenhetskod", "Skolform"],
        key: &["Personnummer", "Skolenhetskod"],
        references: &[("Klass", "Klasser", "Klass")],
        words: &[("Skolform", &["GR", "GRS", "SAM", "SP", "GY", "GYS", "SFI", "VUXSFI"])],
    },
    Rule {
        file: "Personalstjänstgöringar",
        header: &[
            "Personnummer",
            "Förnamn",
            "Efternamn",
            "EPPN",
            "Skolenhetskod",
            "Tjänstgöringsroll",
            "Ämnesgrupper",
            "Ta bort",
        ],
        required: &["Personnummer", "Förnamn", "Efternamn", "EPPN", "Skolenhetskod", "Tjänstgöringsroll"],
        key: &["Personnummer", "Skolenhetskod", "Tjänstgöringsroll"],
        references: &[],
        words: &[],
    },
];

const PRORENATA: &[Rule] = &[Rule {
    file: "prorenata.xlsx",
    header: &[
        "Personnummer",
        "Förnamn",
        "Efternamn",
        "Årskurs",
        "Klass",
        "Gatuadress",
        "Postnummer",
        "Postort",
        "Land",
        "Telefon 1",
        "Telefon 2",
        "Telefon 3",
        "E-post",
        "Vårdnadshavare 1 förnamn",
        "Vårdnadshavare 1 efternamn",
        "Vårdnadshavare 1 personnummer",
        "Vårdnadshavare 1 gatuadress",
        "Vårdnadshavare 1 postnummer",
        "Vårdnadshavare 1 postort",
        "Vårdnadshavare 1 land",
        "Vårdnadshavare 1 telefon 1",
        "Vårdnadshavare 1 telefon 2",
        "Vårdnadshavare 1 telefon 3",
        "Vårdnadshavare 1 e-post",
        "Vårdnadshavare 2 förnamn",
        "Vårdnadshavare 2 efternamn",
        "Vårdnadshavare 2 personnummer",
        "Vårdnadshavare 2 gatuadress",
        "Vårdnadshavare 2 postnummer",
        "Vårdnadshavare 2 postort",
        "Vårdnadshavare 2 land",
        "Vårdnadshavare 2 telefon 1",
        "Vårdnadshavare 2 telefon 2",
        "Vårdnadshavare 2 telefon 3",
        "Vårdnadshavare 2 e-post",
    ],
    required: &["Personnummer", "Förnamn", "Efternamn"],
    key: &["Personnummer"],
    references: &[],
    words: &[],
}];

const ITSLEARNING: &[Rule] = &[
    Rule {
        file: "person",
        header: &[
            "sourcedid/source",
            "sourcedid/id",
            "userid",
            "name/fn",
            "name/n/family",
            "name/n/given",
            "demographics/bday",
            "email",
            "institutionrole/@primaryrole",
            "institutionrole/@institutionroletype",
        ],
        required: &[
            "sourcedid/source",
            "sourcedid/id",
            "name/fn",
            "name/n/family",
            "name/n/given",
            "institutionrole/@primaryrole",
            "institutionrole/@institutionroletype",
        ],
        key: &["sourcedid/id"],
        references: &[],
        words: &[("institutionrole/@institutionroletype", &["Staff", "Student"])],
    },
    Rule {
        file: "group",
        header: &[
            "sourcedid/source",
            "sourcedid/id",
            "grouptype/scheme",
            "grouptype/typevalue/@level",
            "grouptype/typevalue",
            "description/short",
            "relationship/@relation",
            "relationship/sourcedid/id",
            "relationship/label",
        ],
        required: &["sourcedid/source", "sourcedid/id", "grouptype/scheme", "grouptype/typevalue", "description/short"],
        key: &["sourcedid/id"],
        references: &[("relationship/sourcedid/id", "group", "sourcedid/id")],
        words: &[("grouptype/typevalue", &["Class", "Course", "School"]), ("relationship/@relation", &["1"])],
    },
    Rule {
        file: "membership",
        header: &["group", "sourcedid/source", "sourcedid/id", "idtype", "role/@roletype", "role/status"],
        required: &["group", "sourcedid/source", "sourcedid/id", "idtype", "role/@roletype", "role/status"],
        key: &["group", "sourcedid/id", "role/@roletype"],
        references: &[("group", "group", "sourcedid/id"), ("sourcedid/id", "person", "sourcedid/id")],
        words: &[("idtype", &["1"]), ("role/@roletype", &["01", "02"]), ("role/status", &["1"])],
    },
];
