//! The rules of the founding documents (seeds 000 to 004), each with the place that it comes from, worked with the ordinary
//! documents of the library: what a customer's help page promises, a run keeps.

use crate::town::{Said, Town, takes_accounts};
use koppla::documents::direction::{Subject, directions};
use koppla::shell::Exit;
use koppla::shell::project::Project;

const SCHOOLS: &str = "code;name\n99990010;Norrskolan\n99990020;Söderskolan\n";
const CLASSES: &str =
    "code;name;school;kind\n7A;7A;99990010;class\n7MA;Matematik 7;99990010;teaching\n8B;8B;99990020;class\n";
const PUPILS: &str = "number;given_name;family_name;civic_no;born;email;school;year;classes;protected
1;Åsa;Öberg;20140309-2388;2014-03-09;asa.oberg@elev.example;99990010;7;7A,7MA;no
2;Örjan;Ek;20140131-2382;2014-01-31;orjan.ek@elev.example;99990010;7;7A;no
3;Nour;Berg;20130202-2387;2013-02-02;nour.berg@elev.example;99990020;8;8B;no
4;Bo;Al;20140101-2388;2014-01-01;bo.al@elev.example;99990010;7;7A;no
";
const TEACHERS: &str = "number;given_name;family_name;civic_no;email;signature;school;classes
T1;Björn;Ängmark;19820707-2383;bjorn.angmark@skola.example;BÄ;99990010;7MA
";
const GUARDIANS: &str = "pupil;number;given_name;family_name;civic_no;email;mobile
1;G1;Eva;Öberg;19850303-2388;eva.oberg@hem.example;070-174 06 05
";
/// What stands for the numbers of these people anywhere, with or without the hyphen.
const NUMBERS: [&str; 6] = ["140309", "140131", "130202", "140101", "820707", "850303"];

/// A municipality whose lists go to Haldor; `more` are further lines of its sync.
fn lists_to_haldor(more: &str) -> Town {
    let Town { world } = Town::empty();
    for (name, text) in [
        ("schools", SCHOOLS),
        ("classes", CLASSES),
        ("pupils", PUPILS),
        ("teachers", TEACHERS),
        ("guardians", GUARDIANS),
    ] {
        world.put(format!("input/{name}.csv"), text);
    }
    let left = "left: { system: school-list }\nright: { system: haldor }\n";
    world.put("kommun-haldor.sync.yaml", format!("sync: kommun-haldor\n{left}{more}"));
    Town { world }
}

/// The rows of a delivered file, the header left out.
fn rows(town: &Town, file: &str) -> Vec<String> {
    let text = town.world.text(format!("output/{file}")).unwrap_or_default();
    text.lines().skip(1).map(String::from).collect()
}

/// A column of a delivered file.
fn column(town: &Town, file: &str, name: &str) -> Vec<String> {
    let text = town.world.text(format!("output/{file}")).unwrap_or_default();
    let at = text.lines().next().expect("a header").split(';').position(|known| known == name).expect("the column");
    text.lines().skip(1).map(|line| line.split(';').nth(at).unwrap_or_default().to_string()).collect()
}

const LESSONS: &str = r#"[
  { "guid": "L1", "school": "S1", "subject": "MA", "starts": "2026-09-01 08:00", "ends": "2026-09-01 09:00", "teacher": "P1" },
  { "guid": "L2", "school": "S1", "subject": "SV", "starts": "2026-09-01 09:00", "ends": "2026-09-01 10:00", "teacher": "P2" }
]"#;

/// The same customer's lessons; the second teacher has an address, but not in the field for the one at work.
fn lessons_to_haldor(more: &str) -> Town {
    let Town { world } = Town::empty();
    world.put("input/organisation.json", r#"[{ "guid": "S1", "name": "Norrskolan" }]"#);
    let first = r#"{ "guid": "P1", "personnummer": "19820707-2383", "e-post arbete": "bjorn.angmark@skola.example", "e-post": "bjorn@hem.example" }"#;
    let second = r#"{ "guid": "P2", "e-post": "cia@hem.example" }"#;
    world.put("input/persons.json", format!("[{first}, {second}]"));
    world.put("input/lessons.json", LESSONS);
    let left = "left: { system: skola24-lessons }\nright: { system: haldor }\n";
    world.put("kommun-lessons.sync.yaml", format!("sync: kommun-lessons\n{left}{more}"));
    Town { world }
}

fn run(town: &Town) -> Said {
    town.command("koppla run --project . --as-of 2026-09-01")
}

/// Seed 000, first paragraph: people are identified by e-mail or by personnummer, as the customer has chosen, and by the
/// same in both systems.
#[test]
fn seed_000_people_are_known_by_what_the_customer_has_chosen_and_in_both_systems_by_the_same() {
    let chosen = [
        ("email", "bjorn.angmark@skola.example", "", ""),
        (
            "civic_no",
            "198207072383",
            "allow: |\n  national_id -> user.identity because \"no addresses at the schools\"\n",
            "allow: |\n  national_id -> lesson.teacher because \"no addresses at the schools\"\n",
        ),
    ];
    for (by, known_as, people, lessons) in chosen {
        let provider = format!("provider: kommunen\noptions: {{ identify_by: {by} }}\n");
        let people = lists_to_haldor(&format!("options: {{ owner: kommun }}\nprovider: kommunen\n{people}"));
        let lessons = lessons_to_haldor(&format!("provider: kommunen\n{lessons}"));
        for town in [&people, &lessons] {
            town.world.put("kommunen.provider.yaml", &provider);
        }
        run(&people).ends(Exit::Done);
        run(&lessons).ends(Exit::Found).says(&["e-post arbete"]);
        assert_eq!(column(&lessons, "lessons.csv", "teacher"), [known_as]);
        assert!(column(&people, "users.csv", "identity").contains(&known_as.to_string()), "{by}");
    }
}

/// Seed 000, second list, b: the address must stand in the field "e-post arbete"; another one does not count.
#[test]
fn seed_000_the_address_at_work_is_the_one_that_counts() {
    let town = lessons_to_haldor("");
    run(&town).ends(Exit::Found).says(&["the teacher has no e-post arbete or personnummer to be known by"]);
    assert_eq!(rows(&town, "lessons.csv").len(), 1);
    assert!(!town.world.text("output/lessons.csv").expect("lessons").contains("hem.example"));
}

/// Seed 000, after the first list: the synchronisation is set up for each school; a new school has to be ordered.
#[test]
fn seed_000_a_school_that_was_not_ordered_is_reported_and_nothing_of_it_is_sent() {
    let scope = "scope: |\n  organisation.school_unit_code in [\"99990010\"]\n";
    let town = lists_to_haldor(&format!("options: {{ owner: kommun }}\n{scope}"));
    run(&town).ends(Exit::Done).says(&["outside", "outside the scope of this sync", "Söderskolan"]);
    assert_eq!(column(&town, "schools.csv", "code"), ["99990010"]);
    assert!(!town.world.text("output/users.csv").expect("users").contains("Nour"));
}

/// Seed 001, third question: a personnummer is read, and never passed on unless the customer requires it.
#[test]
fn seed_001_a_personnummer_goes_nowhere_unless_the_customer_requires_it() {
    let town = lists_to_haldor("options: { owner: kommun }\n");
    let said = run(&town).ends(Exit::Done);
    assert_eq!(rows(&town, "users.csv").len(), 5);
    for (path, bytes) in town.world.tree().iter().filter(|(path, _)| !path.starts_with("input/")) {
        let text = String::from_utf8_lossy(bytes);
        assert!(NUMBERS.iter().all(|number| !text.contains(number)), "a number in {path}");
    }
    assert!(NUMBERS.iter().all(|number| !said.all().contains(number)), "a number in what was said");

    let required = "options: { owner: kommun, civic_no: true }\n";
    lists_to_haldor(required).command("koppla check --project .").ends(Exit::Found).says(&["class-reaches-target"]);
    let allowed = "allow: |\n  national_id -> user.civic_no because \"required by the customer, contract of May\"\n";
    let town = lists_to_haldor(&format!("{required}{allowed}"));
    run(&town).ends(Exit::Done);
    assert!(column(&town, "users.csv", "civic_no").contains(&"201403092388".to_string()));
}

/// Seed 001, second question: an e-mail address is recommended, and required in the bronze package. Who has none is
/// rejected for that reason, and is not taken for gone.
#[test]
fn seed_001_the_bronze_package_requires_an_address_and_who_has_none_is_not_gone() {
    let people = "options: { owner: kommun, identify_by: civic_no }\nprovider: support-packages\n";
    let allowed = "allow: |\n  national_id -> user.identity because \"agreed with the customer\"\n";
    let reason = "no e-mail address, which the support package requires";
    for (package, rejects) in [("bronze", true), ("silver", false)] {
        let town = lists_to_haldor(&format!("{people}support: {package}\n{allowed}"));
        run(&town).ends(Exit::Done);
        assert_eq!(rows(&town, "users.csv").len(), 5);
        let without = PUPILS.replace("asa.oberg@elev.example", "");
        town.world.put("input/pupils.csv", without);
        let said = run(&town);
        let said =
            if rejects { said.ends(Exit::Found).says(&[reason]) } else { said.ends(Exit::Done).hides(&[reason]) };
        assert!(!said.all().contains("remove"), "{}", said.all());
        assert!(column(&town, "users.csv", "identity").contains(&"201403092388".to_string()), "{package}");
    }
}

/// Seed 001, last question: names, e-mail address, position, and the relation to courses, classes and schools are what is
/// read by default. Whatever no rule uses is neither read nor stored.
#[test]
fn seed_001_the_default_information_is_read_and_nothing_more() {
    let town = lists_to_haldor("options: { owner: kommun }\n");
    let said = town.command("koppla plan --project . --format json").ends(Exit::Done);
    let plan: serde_json::Value = serde_json::from_str(&said.result).expect("JSON");
    let fields = |entity: &str| -> Option<Vec<&str>> {
        let read = plan["reads"].as_array()?.iter().find(|read| read["entity"] == entity)?;
        Some(read["fields"].as_array()?.iter().filter_map(|field| field.as_str()).collect())
    };
    let pupil = ["number", "given_name", "family_name", "civic_no", "email", "school", "classes", "protected"];
    assert_eq!(
        fields("pupil").expect("pupils"),
        pupil,
        "the personnummer is an identity: it follows people, and stays"
    );
    let teacher = ["number", "given_name", "family_name", "civic_no", "email", "school", "classes"];
    assert_eq!(fields("teacher").expect("teachers"), teacher);
    // Guardians are people of the register too; nothing but what makes them people is read of them.
    let guardian = ["pupil", "number", "given_name", "family_name", "civic_no", "email"];
    assert_eq!(fields("guardian").expect("guardians"), guardian);
}

/// Seed 001, demands on the environment: the integrator's partner id is one for all customers, the Extens id is each
/// customer's own.
#[test]
fn seed_001_the_partner_id_is_the_providers_and_the_extens_id_the_customers() {
    let town = lists_to_haldor("");
    town.world.put(
        "kommun-haldor.sync.yaml",
        "sync: kommun-haldor\nleft: { system: ims-enterprise, settings: { isi_extens_id: \"${ISI_EXTENS_ID}\" } }\n\
         right: { system: haldor }\noptions: { owner: kommun }\nprovider: support-packages\nsupport: gold\n",
    );
    let said = town.command("koppla plan --project .").ends(Exit::Done);
    said.says(&["${ISI_INTEGRATION_PARTNER_ID}", "${ISI_EXTENS_ID}"]);
}

/// Seed 002, support alternatives: three packages, each with its service account, support account, second factor,
/// components, start of the promised times and billing.
#[test]
fn seed_002_each_support_package_has_its_six_columns() {
    let columns = ["service_account", "support_account", "sign_in", "components", "sla", "billing"];
    let mut said = std::collections::BTreeSet::new();
    for package in ["bronze", "silver", "gold"] {
        let more = format!("options: {{ owner: kommun }}\nprovider: support-packages\nsupport: {package}\n");
        let town = lists_to_haldor(&more);
        let plan = town.command("koppla plan --project . --format json").ends(Exit::Done);
        let plan: serde_json::Value = serde_json::from_str(&plan.result).expect("JSON");
        assert_eq!(plan["support"]["package"], package);
        let terms = plan["support"]["terms"].as_object().expect("terms");
        assert!(columns.iter().all(|column| terms[*column].as_str().is_some_and(|text| !text.is_empty())));
        said.insert(terms["sign_in"].to_string());
        town.command("koppla plan --project .").ends(Exit::Done).says(&["support package", "billing"]);
    }
    assert_eq!(said.len(), 3, "the packages differ in who signs in how");
    // What the package fixes, a customer cannot undo.
    let against = "options: { owner: kommun, email_required: false }\nprovider: support-packages\nsupport: bronze\n";
    lists_to_haldor(against).command("koppla check --project .").ends(Exit::Found).says(&["package-decides"]);
}

/// Seed 003, the table: what is exchanged once, what only in secondary education, what may be chosen, what is added by
/// the couplings for absences and co-accounts; and the photo of the identity card is never exchanged.
#[test]
fn seed_003_directions_and_their_conditions_are_those_of_the_table() {
    let project = Project::of_texts(&[]);
    let model = &project.model;
    let id = model.find_mapping("informat--smartschool").expect("the mapping");
    let (mapping, typed) = (model.mapping(id), &project.typed.mappings[id.0 as usize]);
    let table = directions(&Subject { model, sources: &project.sources, mapping, typed, sync: None });
    let row = |name: &str| {
        let mut rows = table.sections.iter().flat_map(|section| &section.rows);
        rows.find(|row| row.name.starts_with(name)).expect(name)
    };
    assert_eq!(row("3 wachtwoorden").directions, ["Eenmalig Informat --> Smartschool"]);
    assert_eq!(row("Eigen foto").directions, ["In 2 richtingen, instelbaar"]);
    for only in ["Taalkeuze", "Keuzeoptie"] {
        assert_eq!(row(only).notes, ["enkel als $education == \"SO\""]);
    }
    let rules = mapping.maps.iter().flat_map(|map| &map.rules);
    let photo: Vec<_> = rules.filter(|rule| rule.rule.label.text.contains("foto")).collect();
    assert!(!photo.is_empty());
    for rule in photo {
        let when = rule.rule.clauses.when.as_ref().expect("a condition");
        assert!(project.sources.slice(when.span).contains("!= \"EID\""), "the photo of the identity card");
    }
    for add_on in ["co_accounts", "absences"] {
        let map = mapping.maps.iter().find(|map| map.name.text == add_on).expect(add_on);
        assert!(map.when.is_some(), "{add_on} is switched on by the school");
    }
}

const LIST: &str = "system: platform-list
settings:
  brin:              { type: text, pattern: '[0-9]{2}[A-Z]{2}[0-9]{2}' }
  verification_code: { type: secret, pattern: '.{20,50}', begins_with: brin, missing: pauses, doc: \"20 to 50 characters\" }
connect:
  files: { folder: input, format: { csv: { separator: \";\" } } }
entities:
  pupil:
    key: number
    read: { file: pupils.csv }
    fields: { number: text, name: text }
";
const MAPPING: &str = "mapping: list--platform
left: platform-list
right: platform
maps:
  pupils:
    between: pupil -> account
    fields: |
      Id:    number -> id
      Name:  name   -> name
";

/// A school whose list goes to a platform, under a verification code that lies in a file.
fn school_and_platform(more: &str) -> Town {
    let Town { world } = Town::empty();
    world.put("systems/platform-list/system.yaml", LIST);
    world.put("systems/platform/system.yaml", takes_accounts("platform", "id: text, name: text"));
    world.put("list--platform.mapping.yaml", MAPPING);
    world.put("input/pupils.csv", "number;name\n1;Anna\n");
    let settings = "settings: { brin: 21QW00, verification_code: \"${file:code}\" }";
    let left = format!("left: {{ system: platform-list, {settings} }}\nright: {{ system: platform }}\n");
    world.put("school.sync.yaml", format!("sync: school\n{left}{more}"));
    Town { world }
}

/// Seed 004, step 3: the code begins with the six characters of BRIN and location and has 20 to 50 characters; removing it
/// stops the exchange for a time, and filling it in again resumes it.
#[test]
fn seed_004_the_verification_code_is_made_checked_and_pauses_the_exchange_while_it_is_away() {
    let town = school_and_platform("");
    run(&town).ends(Exit::Usage).says(&["the sync school is paused", "verification_code"]);
    assert_eq!(rows(&town, "accounts.csv").len(), 0);

    let out = town.world.path("code");
    town.command(&format!("koppla secret verification-code 21QW00 --out {}", out.display())).ends(Exit::Done);
    let code = town.world.text("code").expect("a code").trim_end().to_string();
    assert!(code.starts_with("21QW00") && (20..=50).contains(&code.chars().count()), "{code}");
    let said = run(&town).ends(Exit::Done);
    assert!(!said.all().contains(&code), "a secret is not shown");
    assert_eq!(rows(&town, "accounts.csv").len(), 1);

    for (wrong, why) in [("21QW01abcdefghijklmnop", "must begin"), ("21QW00short", "20 to 50 characters")] {
        town.world.put("code", wrong);
        run(&town).ends(Exit::Usage).says(&[why]).hides(&[wrong]);
    }
    town.world.put("code", "");
    run(&town).ends(Exit::Usage).says(&["is paused"]);
    assert_eq!(rows(&town, "accounts.csv").len(), 1, "what was sent stays");
    town.world.put("code", format!("{code}\n"));
    run(&town).ends(Exit::Done);
    town.command("koppla secret verification-code 21QW").ends(Exit::Usage).says(&["21QW00"]);
    let again = format!("koppla secret verification-code 21QW00 --out {}", out.display());
    town.command(&again).ends(Exit::Usage).says(&["is there already"]);
    let one = town.command("koppla secret verification-code 21qw.00").ends(Exit::Done).result;
    let other = town.command("koppla secret verification-code 21qw.00").ends(Exit::Done).result;
    assert!(one.starts_with("21QW00") && one != other);
}

/// Seed 004, the list of connections: each has a start date and a status, and is ended or paused by the school.
#[test]
fn seed_004_a_connection_has_a_start_and_a_status() {
    let code = "21QW00abcdefghijklmnopq";
    for (more, why) in [
        ("status: planned\n", "it is planned"),
        ("status: planned\nstarts: 2026-09-02\n", "it starts on 2026-09-02"),
        ("starts: 2026-09-02\n", "it starts on 2026-09-02"),
        ("status: ended\n", "it has ended"),
        ("status: paused\n", "koppla resume school"),
    ] {
        let town = school_and_platform(more);
        town.world.put("code", code);
        run(&town).ends(Exit::Usage).says(&["the sync school is not active", why]);
        town.preview().ends(Exit::Done);
    }
    let town = school_and_platform("status: planned\nstarts: 2026-09-01\n");
    town.world.put("code", code);
    run(&town).ends(Exit::Done);

    let town = school_and_platform("");
    town.world.put("code", code);
    town.command("koppla pause school --project .").ends(Exit::Done).says(&["status: paused"]);
    run(&town).ends(Exit::Usage).says(&["it is paused"]);
    town.command("koppla pause school --project .").ends(Exit::Done).says(&["is paused already"]);
    town.command("koppla resume school --project .").ends(Exit::Done).says(&["goes on"]);
    run(&town).ends(Exit::Done);
    assert!(town.world.text("school.sync.yaml").expect("the sync").starts_with("sync: school\nstatus: active\nleft:"));
    town.command("koppla pause scool --project .").ends(Exit::Usage).says(&["did you mean school?"]);
}
