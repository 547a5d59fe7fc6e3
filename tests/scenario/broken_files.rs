//! Input files that are cut, renamed, empty or not there. What was read goes on; nothing that was not read is gone.

use crate::town::{Town, path_of, same};
use koppla::shell::Exit;

/// The ten files of the register.
const FILES: [&str; 10] = [
    "Elev",
    "ElevGrupp",
    "ElevSkolenhet",
    "Enhet",
    "Folkbokforing",
    "Grupp",
    "Personal",
    "PersonalGrupp",
    "PersonalSkolenhet",
    "Skolenhet",
];

/// Spoils the input of a settled town and works a night: nothing that was delivered is lost, and the night after the
/// input is whole again has nothing to do.
#[track_caller]
fn nothing_is_lost(spoil: impl FnOnce(&Town), words: &[&str]) {
    let town = Town::settled();
    let (before, input) = (town.output(), town.world.tree());
    spoil(&town);
    town.run().ends(Exit::Found).says(words).says(&["0 changes written"]);
    same(&town.output(), &before);
    town.is_sound();
    for name in FILES {
        town.put(name, &input[&path_of(name)]);
    }
    town.run().ends(Exit::Found).says(&["0 changes written"]).hides(&["INCOMPLETE"]);
    same(&town.output(), &before);
}

#[test]
fn a_file_cut_in_the_middle_of_a_record() {
    let cut = |town: &Town| {
        let text = town.input("Elev");
        let half = text.find("\r\n5070;").expect("a pupil") + 30;
        town.put("Elev", &text[..half]);
    };
    nothing_is_lost(cut, &["INCOMPLETE", "input/Exk_ElevData.csv, line 83: "]);
}

/// A preview ends as the run would, and more rows than are listed are counted rightly.
#[test]
fn very_many_rows_that_cannot_be_read_are_counted() {
    let tear = |town: &Town| {
        town.edit("ElevGrupp", |lines| {
            let torn: Vec<String> = (0..2_500).map(|number| format!("{number};9")).collect();
            lines.extend(torn);
        });
        town.preview().ends(Exit::Found).says(&["INCOMPLETE"]);
    };
    nothing_is_lost(tear, &["… and 2495 more rows that could not be read"]);
}

#[cfg(unix)]
#[test]
fn something_that_is_no_file() {
    let device = |town: &Town| {
        town.remove("Elev");
        std::os::unix::fs::symlink("/dev/zero", town.world.path(path_of("Elev"))).expect("a link");
        town.preview().says(&["input/Exk_ElevData.csv: this is a pipe or a device, and a file is read here"]);
        std::fs::remove_file(town.world.path(path_of("Elev"))).expect("the link");
        std::fs::create_dir(town.world.path(path_of("Elev"))).expect("a folder");
        town.preview().says(&["input/Exk_ElevData.csv: this is a folder, and a file is read here"]);
        std::fs::remove_dir(town.world.path(path_of("Elev"))).expect("the folder");
    };
    nothing_is_lost(device, &["INCOMPLETE", "there is no such file"]);
}

#[test]
fn a_header_renamed() {
    let rename = |town: &Town| town.replace("Elev", "elevid;", ";efternamn;", ";efternamm;");
    let words = ["INCOMPLETE", "input/Exk_ElevData.csv: the column `efternamn` is missing (did you mean `efternamm`?)"];
    nothing_is_lost(rename, &words);
}

/// Takes a column out of a file.
fn without_column(town: &Town, file: &str, column: &str) {
    town.edit(file, |lines| {
        let at = lines[0].split(';').position(|name| name == column).expect("the column");
        for line in lines {
            let mut cells: Vec<&str> = line.split(';').collect();
            cells.remove(at);
            *line = cells.join(";");
        }
    });
}

#[test]
fn a_needed_column_is_missing() {
    let words = ["INCOMPLETE", "input/Exk_PersonalData.csv: the column `Startdatum` is missing"];
    nothing_is_lost(|town| without_column(town, "Personal", "Startdatum"), &words);
}

#[test]
fn a_column_that_may_be_absent_is_missing() {
    let words = ["note: input/Exk_PersonalData.csv: the column `Telefon_mobil` is missing"];
    nothing_is_lost(|town| without_column(town, "Personal", "Telefon_mobil"), &words);
}

#[test]
fn a_new_column() {
    let add = |town: &Town| {
        town.edit("Grupp", |lines| {
            lines.iter_mut().enumerate().for_each(|(row, line)| line.push_str(if row == 0 { ";Sal" } else { ";B12" }));
        });
    };
    nothing_is_lost(add, &["note: input/Exk_GruppData.csv: unknown columns: `Sal`"]);
}

#[test]
fn a_row_with_too_many_cells() {
    let widen = |town: &Town| town.replace("Elev", "5003;", "Ängsstigen 28", "Ängsstigen; 28");
    nothing_is_lost(widen, &["INCOMPLETE", "input/Exk_ElevData.csv, line 4: ", "22 cells"]);
}

#[test]
fn bytes_that_are_no_utf_8_past_the_first_pages() {
    let spoil = |town: &Town| {
        let text = town.input("Folkbokforing");
        let mut bytes = text.clone().into_bytes();
        let line = text.lines().position(|line| line.contains("elis.hagg@")).expect("a line");
        assert!(line < 200);
        let far = text.find("Strand").filter(|&at| at > 4096).or_else(|| text.rfind("Strand")).expect("a name");
        assert!(far > 4096);
        bytes[far + 2] = 0xe5;
        town.put("Folkbokforing", bytes);
    };
    nothing_is_lost(spoil, &["INCOMPLETE", "input/Exk_FolkbokforingData.csv, line ", "UTF-8"]);
}

#[test]
fn an_empty_file() {
    let words =
        ["INCOMPLETE", "input/Exk_ElevGruppData.csv: the file is empty; a list without rows still has its header"];
    nothing_is_lost(|town| town.put("ElevGrupp", ""), &words);
}

#[test]
fn a_file_with_a_header_alone_is_a_source_that_shrank() {
    let town = Town::settled();
    let before = (town.output(), town.remembered()["links"].clone());
    town.edit("ElevGrupp", |lines| lines.truncate(1));
    town.run()
        .ends(Exit::Stopped)
        .says(&["stopped by a guard", "skolplatsen pupil_group: 0 records, 311 at the last run"]);
    same(&town.output(), &before.0);
    assert_eq!(town.remembered()["links"], before.1);
}

/// One of the ten files is not there. Creates go on, nothing is gone.
#[test]
fn each_of_the_ten_files_missing() {
    let settled = Town::settled();
    let before = settled.output();
    for name in FILES {
        let town = settled.copied();
        town.remove(name);
        let said = town.run().ends(Exit::Found);
        if name == "PersonalSkolenhet" {
            // No rule of this route reads it.
            said.says(&["0 changes written"]).hides(&["INCOMPLETE"]);
        } else {
            let said = said.says(&["INCOMPLETE", &format!("input/Exk_{name}Data.csv: there is no such file")]);
            said.hides(&["  remove "]);
        }
        town.is_sound();
        for (file, text) in &before {
            for row in text.lines() {
                // A telephone number may come from another list; nobody is lost.
                let key =
                    if file == "users.csv" { row.split_inclusive(',').take(4).collect() } else { row.to_string() };
                assert!(town.output()[file].contains(&key), "{file} lost a row without {name}: {row}");
            }
        }
    }
}

#[test]
fn creates_go_on_while_a_file_is_missing() {
    let town = Town::settled();
    let users = town.rows("users.csv").len();
    town.remove("PersonalGrupp");
    town.newcomer();
    town.run()
        .ends(Exit::Found)
        .says(&["create          1  user", "create          1  role", "INCOMPLETE"])
        .hides(&["  remove "]);
    assert_eq!(town.rows("users.csv").len(), users + 1);
    town.is_sound();
}

#[test]
fn the_folder_is_missing() {
    let town = Town::settled();
    let before = town.output();
    std::fs::rename(town.world.path("input"), town.world.path("elsewhere")).expect("a rename");
    town.run().ends(Exit::Found).says(&["INCOMPLETE", "input: there is no such folder", "0 changes written"]);
    same(&town.output(), &before);
}
