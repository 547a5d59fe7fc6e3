//! Long lists of invented pupils and their classes, with everything that real lists have, and the documents that send them to
//! a directory. Each test adds the rules that it is about.

use crate::town::{Town, takes_accounts};

const REGISTER: &str = "system: register
connect:
  files: { folder: input, format: { csv: { separator: \";\" } } }
entities:
  pupil:
    key: number
    protected_when: marking is not absent
    read: { file: \"pupils*.csv\" }
    fields:
      number:  { type: text, class: personal }
      name:    { type: text, class: personal }
      born:    { type: \"date?\", class: personal }
      marking: { type: \"text?\", class: personal }
      MORE
  school:
    key: code
    read: { file: schools.csv }
    fields:
      code: { type: text, class: public }
      name: { type: text, class: public }
  place:
    key: [number, class]
    read: { file: places.csv }
    fields:
      number: { type: WHO }
      class:  { type: text, class: public }
      since:  { type: \"date?\", class: personal }
";

/// The fields of an account.
const ACCOUNT: &str = "\
    id: { type: text, class: personal }, \
    name: { type: text, class: personal }, \
    year: { type: \"text?\", class: personal }, \
    class: { type: \"text?\", class: public }, \
    others: { type: \"text?\", class: public }, \
    more: { type: \"text?\", class: personal }";

const MAPPING: &str = "mapping: register--directory
left:  register
right: directory
sets:
  newest: |
    place as q
    where q.since is not absent else skip \"not begun\"
    one per q.number best q.since desc, q.class
  classes: |
    place as q
    group by q.number as pupil
  everybody: |
    pupil as p
    where p.name != \"Nobody\" else reject \"has no name\"
    optional join newest as n on n.q.number == WHO
    optional join classes as c on c.pupil == WHO
maps:
  pupils:
    between: everybody -> account
    WHERE
    gone: remove
    fields: |
      Number:  p.number              -> id
      Name:    p.name | title_case   -> name
      Year:    p.born | year | text  -> year
      Class:   n.q.class             -> class
";

/// What differs between the tests.
pub struct Lists {
    /// The column of a pupil that leads elsewhere.
    pub column: &'static str,
    /// True if a place refers to its pupil; otherwise it names the number.
    pub refers: bool,
    /// Who takes part, under the key of the map.
    pub condition: &'static str,
    /// Further rules.
    pub rules: &'static str,
}

impl Lists {
    /// The mapping.
    pub fn mapping(&self) -> String {
        let who = if self.refers { "p" } else { "p.number" };
        let condition = match self.condition {
            "" => String::new(),
            condition => format!("    where: {condition}\n"),
        };
        MAPPING.replace("WHO", who).replace("    WHERE\n", &condition) + self.rules
    }

    /// All documents, with this mapping.
    pub fn documents(&self, mapping: &str) -> Vec<(String, String)> {
        let who = if self.refers { "ref pupil" } else { "text, class: personal" };
        let register = REGISTER.replace("MORE", self.column).replace("WHO", who);
        let read = "    read:  { file: accounts.csv }\n    write:";
        let directory = takes_accounts("directory", ACCOUNT).replace("    write:", read);
        let documents = [
            ("systems/register/system.yaml", register.as_str()),
            ("systems/directory/system.yaml", directory.as_str()),
            ("register--directory.mapping.yaml", mapping),
            ("school.sync.yaml", "sync: school\nleft: register\nright: directory\n"),
        ];
        documents.into_iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
    }

    /// A folder with the documents and the places of so many pupils.
    pub fn town(&self, pupils: usize) -> Town {
        let town = Town::empty();
        for (path, text) in self.documents(&self.mapping()) {
            town.world.put(path, text);
        }
        let mut places = String::from("number;class;since\n");
        for number in 0..pupils {
            for class in 0..number % 3 {
                let since = if number % 5 == 0 { "" } else { "2026-08-17" };
                places.push_str(&format!("{number};{}{};{since}\n", number % 9 + 1, ["B", "A"][class]));
            }
        }
        town.world.put("input/places.csv", places);
        town
    }
}

/// The row of a pupil: some have no name, some a day of birth that cannot be read, some are protected.
pub fn pupil(number: usize, key: &str, name: Option<&str>, more: &str) -> String {
    let named = if number % 997 == 3 { "Nobody".into() } else { format!("åsa {number} ek") };
    let name = name.map_or(named, String::from);
    let born = if number % 1_009 == 7 { "soon".into() } else { format!("2012-03-{:02}", number % 28 + 1) };
    let marking = if number % 500 == 11 { "protected" } else { "" };
    format!("{key};{name};{born};{marking};{more}\n")
}
