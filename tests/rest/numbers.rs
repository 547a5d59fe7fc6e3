//! A register whose keys are personal numbers: whatever becomes of a record, its number is shown nowhere, and the place
//! where it stands is.

use crate::scene::{AS_OF, Ran, koppla};
use crate::servers::Directory;
use koppla::shell::Exit;
use koppla::world::TestWorld;
use serde_json::json;

const SYSTEM: &str = r#"
system: numbers
connect:
  files: { folder: input, format: { csv: { separator: ";" } } }
reads: { duplicates: finding }
entities:
  pupil:
    key: number
    protected_when: marking is not absent
    read: { file: pupils.csv }
    fields:
      number:  { type: personnummer, at: Number, class: national_id }
      given:   { type: text, at: Given, class: personal }
      family:  { type: text, at: Family, class: personal }
      email:   { type: email, at: Email, class: contact }
      friend:  { type: "ref pupil?", at: Friend, class: national_id }
      marking: { type: "text?", at: Marking }
"#;

const MAPPING: &str = r#"
mapping: numbers--school-directory
left:  numbers
right: school-directory
sets:
  pair: |
    pupil as p
    join pupil as q on q.number == p.friend.number
    where p.given != "Rut" else reject "Rut has no pair"
maps:
  pupils:
    between: pupil -> user
    where: family != "Nej" else reject "is not wanted"
    match: |
      email == email
    gone: deactivate
    fields: |
      Login:        email | lower                 -> login   once
      Given name:   given                         -> given_name
      Family name:  family                        -> family_name
      E-mail:       email                         -> email
      Kind:         "student"                     -> kind
      Active:       true                          -> active   on create
  pairs:
    between: pair -> membership
    when: $pairs
    fields: |
      User:         p                             -> user
      Group:        absent                        -> group   else reject "has no group"
      Role:         "member"                      -> role
options:
  pairs: { type: bool, default: true }
"#;

const SYNC: &str = r#"
sync: numbers
left:  { system: numbers }
right: { system: school-directory, settings: { base: "${DIRECTORY_BASE}", token: "${DIRECTORY_TOKEN}" } }
guard: { floor: 50 }
"#;

/// Who there is: number, given and family name, address, friend, marking.
const PUPILS: [&str; 11] = [
    "201407212388;Ada;Ek;ada@example.se;;",
    "201407182391;Bo;Ek;bo@example.se;201407212388;", // a pair that has no group
    "201407182391;Bo;Ekman;bo@example.se;;",          // there twice
    "201407022399;Cleo;Ek;none;;",                    // an address that is none
    "200802182386;Dag;Ek;same@example.se;;",          // one address
    "200802162388;Eva;Ek;same@example.se;;",          // for two
    "200910132380;Fia;Ek;double@example.se;;",        // two accounts could be meant
    "200910102383;Gun;Ek;refused@example.se;;",       // the directory refuses it
    "201105052391;Ivar;Nej;ivar@example.se;;",        // a rule rejects it
    "201405292390;Rut;Ek;rut@example.se;201407212388;", // a step rejects the pair
    "202003082381;Skydd;Ek;skydd@example.se;;ja",     // protected
];

struct Numbers {
    world: TestWorld,
    directory: Directory,
}

impl Numbers {
    fn new() -> Numbers {
        let directory = Directory::start();
        for login in ["a", "b"] {
            directory.put("users", json!({"login": login, "email": "double@example.se", "given_name": "F", "family_name": "E", "kind": "student"}));
        }
        directory.refuse("login", json!("refused@example.se"));
        let world = TestWorld::new();
        world.put("systems/numbers/system.yaml", SYSTEM);
        world.put("numbers--school-directory.mapping.yaml", MAPPING);
        world.put("numbers.sync.yaml", SYNC);
        world.set("DIRECTORY_BASE", &directory.base);
        world.set("DIRECTORY_TOKEN", "s3cr3t-of-the-directory");
        let numbers = Numbers { world, directory };
        numbers.pupils(&PUPILS);
        numbers
    }

    fn pupils(&self, rows: &[&str]) {
        let header = "Number;Given;Family;Email;Friend;Marking";
        self.world.put("input/pupils.csv", format!("{header}\n{}\n", rows.join("\n")));
    }

    fn said(&self, line: &str) -> Ran {
        koppla(&self.world, &format!("{line} --as-of {AS_OF}"))
    }

    /// Everything that the commands say about a night.
    fn night(&self) -> Vec<Ran> {
        let mut all = Vec::new();
        for format in ["human", "json", "csv"] {
            all.push(self.said(&format!("preview --format {format}")));
        }
        all.push(self.said("map --out mapped"));
        all.push(self.said("run"));
        all.push(self.said("run --format json"));
        all.push(koppla(&self.world, "history"));
        all.push(koppla(&self.world, "history --format json"));
        all
    }
}

/// Asserts that no number, name or address of anybody is said; of a number not even its end or another spelling.
#[track_caller]
fn nobody_is_named(said: &[Ran]) {
    for ran in said {
        let said = ran.said();
        for row in PUPILS {
            let cells: Vec<&str> = row.split(';').collect();
            let number = cells[0];
            let ways = [number.to_string(), number[2..].to_string(), format!("{}-{}", &number[..8], &number[8..])];
            for word in ways.iter().map(String::as_str).chain([cells[1], cells[3]]) {
                // `bo` and `none` are parts of other words.
                assert!(word.len() < 5 || !said.contains(word), "{word} is said:\n{said}");
            }
        }
    }
}

#[test]
fn whatever_becomes_of_a_record_its_number_is_not_said() {
    let numbers = Numbers::new();
    let said = numbers.night();
    nobody_is_named(&said);
    let run = said[4].said();
    let flat = run.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "held 1 pupil: number: the key is there twice, and the first row counts (input/pupils.csv:4 after input/pupils.csv:3)",
        "pupil email: is no e-mail address (input/pupils.csv:5",
        "rejected 1 pupils: is not wanted (input/pupils.csv:10)",
        "rejected 1 pair: Rut has no pair (input/pupils.csv:11)",
        "has no group (input/pupils.csv:3)",
        "login must be unique, and is also that of ******** (input/pupils.csv:7, input/pupils.csv:6)",
        "2 records on the right could be meant: ",
        "failed 1 create user: ",
        "user: about protected people: nothing is sent",
    ] {
        assert!(flat.contains(words), "nobody says `{words}`:\n{run}");
    }
    assert!(said[5].exit == Exit::Found);
    // The next night, with changes, people who left, and somebody who is protected now.
    let mut rows = PUPILS.map(String::from).to_vec();
    rows[0] = "201407212388;Adele;Ek;adele@example.se;;ja".to_string();
    rows.remove(9);
    numbers.pupils(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    nobody_is_named(&numbers.night());
    assert!(numbers.directory.records("users").len() > 3);
}

/// A protected person comes without a number. Whoever is missing may be this person, and is not taken away before somebody
/// has decided; everybody else is kept in step.
#[test]
fn who_may_be_a_protected_person_without_a_key_waits() {
    let numbers = Numbers::new();
    numbers.directory.refuse_nothing();
    let rows = [PUPILS[0], PUPILS[1], PUPILS[7], PUPILS[9]];
    numbers.pupils(&rows);
    numbers.said("run").ends(Exit::Found);
    let before = numbers.directory.records("users").len();
    // Ada is protected and has no number; Gun has left; Rut has another name.
    numbers.pupils(&[";Ada;Ek;ada@example.se;;ja", PUPILS[1], "201405292390;Ruth;Ek;rut@example.se;201407212388;"]);
    for _ in 0..2 {
        let run = numbers.said("run --format json").ends(Exit::Found).json();
        assert!(
            run["summary"]["done"].as_array().is_none_or(|done| done.iter().all(|one| one["op"] == "update")),
            "{run}"
        );
        let user = &run["report"]["entities"][0];
        let held = user["held"].as_array().expect("a list").iter();
        let held = held.filter(|held| held["why"].as_str().is_some_and(|why| why.contains("has no key"))).count();
        assert_eq!((held, &user["spared"]), (2, &json!(0)), "{user:#}");
    }
    assert!(numbers.directory.records("users").iter().any(|user| user["given_name"] == "Ruth"));
    assert!(numbers.directory.records("users").iter().all(|user| user["active"] != false));
    let list = koppla(&numbers.world, "held --format json").ends(Exit::Done).json();
    let waiting = list["held"].as_array().expect("a list").iter().filter(|held| held["waits_for_decision"] == true);
    let numbers_of: Vec<&str> = waiting.map(|held| held["number"].as_str().expect("a number")).collect();
    assert_eq!(numbers_of.len(), 2);
    nobody_is_named(&[koppla(&numbers.world, "held --all")]);
    // Somebody knows who is who: one stays, the other goes as whoever is gone goes.
    for (number, what) in numbers_of.iter().zip(["--keep", "--remove"]) {
        koppla(&numbers.world, &format!("decide numbers {number} {what} --because known")).ends(Exit::Done);
    }
    for expected in [1, 0] {
        let run = numbers.said("run --format json").json();
        let done = run["summary"]["done"].as_array().expect("a list");
        let away: u64 =
            done.iter().filter(|one| one["op"] == "deactivate").filter_map(|one| one["count"].as_u64()).sum();
        assert_eq!(away, expected, "{run:#}");
    }
    let users = numbers.directory.records("users");
    assert_eq!(users.iter().filter(|user| user["active"] == false).count(), 1);
    assert_eq!(users.len(), before);
}
