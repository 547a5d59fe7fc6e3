//! The sources of the matrix: invented files in the format of each.

use koppla::shell::library;
use koppla::world::TestWorld;
use rust_xlsxwriter::Workbook;
use std::path::Path;

/// A source with its files.
pub struct Source {
    /// Its name in the table; the folder of its files.
    pub name: &'static str,
    /// The system of the library.
    pub system: &'static str,
    /// Options of the mapping.
    pub options: &'static [(&'static str, &'static str)],
    /// Settings of the system.
    pub settings: &'static str,
}

const fn source(name: &'static str, system: &'static str) -> Source {
    Source { name, system, options: &[("owner", "\"9999\"")], settings: "" }
}

/// All of them.
pub const SOURCES: &[Source] = &[
    source("edexml-be", "edexml"),
    source("edexml-nl", "edexml"),
    source("ims-ist", "ims-enterprise"),
    source("ims-plain", "ims-enterprise"),
    source("oneroster-1-1", "oneroster-1-1"),
    source("oneroster-1-2", "oneroster-1-2"),
    source("school-list", "school-list"),
    source("school-list-xlsx", "school-list-xlsx"),
    source("schoolsoft", "schoolsoft"),
    source("sds-v1", "sds-v1"),
    Source {
        name: "sds-v2-1",
        system: "sds-v2-1",
        options: &[("owner", "\"9999\""), ("class_titles", "[7A, 8B]")],
        settings: "",
    },
    Source {
        name: "skolplatsen",
        system: "skolplatsen",
        options: &[("municipality", "\"9999\"")],
        settings: " folder: input, prefix: Exk_ ",
    },
];

impl Source {
    /// Puts its files into a world.
    pub fn put(&self, world: &TestWorld) {
        match self.name {
            "skolplatsen" => {
                for (path, bytes) in
                    library::example("files").into_iter().filter(|(path, _)| path.starts_with("input/"))
                {
                    world.put(path, bytes);
                }
            }
            "school-list-xlsx" => world.put("input/school.xlsx", workbook(&folder("school-list"))),
            _ => {
                let entries = std::fs::read_dir(folder(self.name)).expect("the files of the source");
                for entry in entries {
                    let path = entry.expect("a file").path();
                    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                    world.put(format!("input/{name}"), std::fs::read(&path).expect("a file"));
                }
            }
        }
    }
}

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrix/sources").join(name)
}

/// The lists of a school as the sheets of one workbook.
fn workbook(folder: &Path) -> Vec<u8> {
    let mut book = Workbook::new();
    for (list, title) in [
        ("schools", "Schools"),
        ("classes", "Classes"),
        ("pupils", "Pupils"),
        ("teachers", "Teachers"),
        ("guardians", "Guardians"),
    ] {
        let page = book.add_worksheet();
        page.set_name(title).expect("a name");
        let path = folder.join(format!("{list}.csv"));
        let mut rows = csv::ReaderBuilder::new().delimiter(b';').has_headers(false).from_path(path).expect("a list");
        for (line, row) in rows.records().enumerate() {
            for (column, cell) in row.expect("a row").iter().enumerate() {
                page.write_string(line as u32, column as u16, cell).expect("a cell");
            }
        }
    }
    book.save_to_buffer().expect("a workbook")
}
