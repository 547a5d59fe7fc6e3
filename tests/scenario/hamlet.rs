//! The example's municipality made small: the same ten files, with few people of every kind, so that a run can be killed
//! at each of its effects in little time.

use crate::town::Town;
use std::collections::BTreeSet;

/// Pupils that stay, each for what is special about them.
const PUPILS: [&str; 11] = [
    "5001", // at two schools, and in a group that is not there
    "5002", // nothing special
    "5003", // nothing special; the night that is killed changes the name
    "5004", // nothing special
    "5005", // protected
    "5055", // without an e-mail address: rejected
    "5076", // an e-mail address that is none: rejected, and what leads to the pupil held
    "5077", // nothing special; leaves in the night that is killed
    "5097", // twice in a group
    "5073", // an e-mail address that somebody else has too: held
    "5074", // the other one
];

/// Staff that stay.
const STAFF: [&str; 5] = [
    "702", // a teacher who is a guardian
    "705", // another
    "713", // protected
    "721", // without an e-mail address: rejected
    "701", // a head
];

impl Town {
    /// The example with few people, never run.
    pub fn hamlet() -> Town {
        let town = Town::new();
        let pupils = BTreeSet::from(PUPILS);
        let staff = BTreeSet::from(STAFF);
        for file in ["Elev", "ElevSkolenhet", "ElevGrupp"] {
            town.keep(file, |cells| pupils.contains(cells[0]));
        }
        for file in ["Personal", "PersonalSkolenhet", "PersonalGrupp"] {
            town.keep(file, |cells| staff.contains(cells[0]));
        }
        let numbers: BTreeSet<String> =
            town.column("Elev", &[9, 19, 20]).chain(town.column("Personal", &[1])).collect();
        town.keep("Folkbokforing", |cells| numbers.contains(cells[0]));
        let groups: BTreeSet<String> =
            town.column("ElevGrupp", &[1]).chain(town.column("PersonalGrupp", &[1])).collect();
        town.keep("Grupp", |cells| groups.contains(cells[0]) || cells[0] == "1999");
        town
    }

    /// The example with few people after its first night.
    pub fn settled_hamlet() -> Town {
        let town = Town::hamlet();
        town.run().ends(koppla::shell::Exit::Found).says(&["changes written"]);
        town
    }

    /// Keeps the header and some rows of an input file.
    fn keep(&self, file: &str, stays: impl Fn(&[&str]) -> bool) {
        self.edit(file, |lines| {
            let mut first = true;
            lines.retain(|line| std::mem::take(&mut first) || stays(&line.split(';').collect::<Vec<_>>()));
            assert!(lines.len() > 1, "{file} keeps no row");
        });
    }

    /// The values of some columns of an input file.
    fn column(&self, file: &str, columns: &'static [usize]) -> impl Iterator<Item = String> {
        let text = self.input(file);
        let cells = |line: &str| -> Vec<String> {
            let cells: Vec<&str> = line.split(';').collect();
            columns.iter().map(|&column| cells[column].to_string()).collect()
        };
        text.lines().skip(1).flat_map(cells).filter(|value| !value.is_empty()).collect::<Vec<_>>().into_iter()
    }
}
