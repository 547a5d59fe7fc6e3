//! What `koppla plan` says, and that nothing that people read is wider than a page.

use crate::town::{Said, Town};
use koppla::shell::Exit;

#[test]
fn an_operator_reads_what_a_run_will_do() {
    let town = Town::new();
    let said = town.command("koppla plan --project .").ends(Exit::Done);
    let places: Vec<usize> = [
        "settings of skolplatsen",
        "read skolplatsen (files)",
        "map by skolplatsen--roster",
        "map by roster--sds",
        "compare, and stop",
        "write sds in this order",
    ]
    .iter()
    .map(|heading| said.result.find(heading).unwrap_or_else(|| panic!("no `{heading}`:\n{}", said.result)))
    .collect();
    assert!(places.is_sorted(), "the plan goes from the left to the right: {places:?}");
    said.says(&[
        // Settings are filled in, in what is read and in what is written.
        "unit read input/Exk_EnhetData.csv: CSV",
        "5 of 18 fields: id, namn, enhnamn, skolenhetskod, slutdatum",
        "user write output/users.csv: CSV",
        // Rules are said as they are written: from the left to the right, with all that they say.
        "E-post elev own.c.epost -> emails[type == \"Skola elev\"].value when row.kind == \"pupil\"",
        "else reject \"no e-mail address for the role\"",
        "title f\"{g.display_name} {school.o.display_name}\" -> title because \"3A exists at two schools\" (overlay of this sync)",
        "who is gone removed on the right",
        "remove 5% of what is linked",
        "freeze 06-15 to 08-15: no deactivate, no remove",
        "protected people excluded",
    ])
    .hides(&["{{", "1 steps"]);
}

/// A system whose every call needs secrets.
const VAULT: &str = r#"
settings:
  base:  { type: url }
  token: { type: secret }
  key:   { type: secret }
connect:
  http:
    base: "{{ settings.base }}"
    auth: { bearer: "{{ settings.token }}" }
entities:
  thing:
    key: id
    read: { get: /things, select: "$[*]", headers: { key: "{{ settings.key }}" } }
    write:
      id: { owner: theirs, at: id, from: answer }
      create: { post: /things, json: "{{ wire }}" }
    fields:
      id:   { type: text, access: read }
      name: text
"#;

#[test]
fn secrets_are_not_in_the_plan() {
    let town = Town::new();
    for name in ["vault", "other"] {
        let system = format!("system: {name}\n{VAULT}");
        town.world.put(format!("systems/{name}/system.yaml"), system);
    }
    let mapping = "mapping: vault--other\nleft: vault\nright: other\nmaps:\n  things:\n    between: thing -> thing\n    fields: |\n      Name: name -> name\n";
    town.world.put("vault--other.mapping.yaml", mapping);
    town.world.put(
        "vault.sync.yaml",
        "sync: vault\nleft: { system: vault, settings: { base: \"https://a.example\", token: \"${VAULT_TOKEN}\", key: \"${file:key.txt}\" } }\nright: { system: other, settings: { base: \"https://b.example\", token: \"${OTHER_TOKEN}\", key: \"${VAULT_TOKEN}\" } }\n",
    );
    town.world.put("key.txt", "s3cr3t-of-a-file");
    town.world.set("VAULT_TOKEN", "s3cr3t-of-the-vault");
    for format in ["human", "json"] {
        let said = town.command(&format!("koppla plan vault --project . --format {format}"));
        let said = said.ends(Exit::Done).hides(&["s3cr3t"]);
        if format == "human" {
            said.says(&[
                "base https://a.example",
                "token ${VAULT_TOKEN}, a secret (set)",
                "NOT SET in this environment",
            ]);
        }
    }
}

/// Whatever a command says to people: no line is wider than a page, and one thing is not several.
#[test]
fn what_people_read_fits_a_page() {
    let town = Town::new();
    town.replace("Elev", "5003;", "2026-08-17", "0000-00-00");
    let mut said = Vec::new();
    for line in [
        "check",
        "plan",
        "privacy",
        "preview --as-of 2026-09-01",
        "preview --as-of 2026-09-01 --out kept.changes",
        "run --as-of 2026-09-01",
        "run --as-of 2026-09-01",
        "apply kept.changes",
        "history",
        "held",
        "held --all",
        "test",
        "map --out mapped --as-of 2026-09-01",
        "docs roster--sds",
        "docs skolplatsen--roster",
        "docs exempelkommunen-sds",
    ] {
        said.push((line.to_string(), town.command(&format!("koppla {line} --project ."))));
    }
    town.leaves("5077");
    said.push(("run".into(), town.command("koppla run --project . --as-of 2026-09-01")));
    for line in
        ["functions", "functions phone", "explain", "explain may-be-absent", "--help", "run --help", "decide --help"]
    {
        said.push((line.to_string(), town.command(&format!("koppla {line}"))));
    }
    for (line, said) in &said {
        assert!(said.exit <= Exit::Found, "{line}: {}", said.all());
        fits(line, said);
    }
}

#[track_caller]
fn fits(command: &str, said: &Said) {
    for line in said.all().lines() {
        let width = line.chars().count();
        assert!(width <= 100, "koppla {command} says {width} columns: {line}");
        for wrong in ["1 records", "1 changes", "1 rows", "1 files", "1 errors", "1 warnings", "1 cases", "1 syncs"] {
            let apart =
                line.match_indices(wrong).all(|(at, _)| line[..at].ends_with(|before: char| before.is_ascii_digit()));
            assert!(apart, "koppla {command} says `{wrong}`: {line}");
        }
    }
}
