//! The rules of the targets, written down apart from the code that writes the files: headers, required values, keys that
//! lead somewhere, unique keys, escaping, what is in a zip file.

mod together;

use calamine::Reader;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

/// The targets of the matrix.
pub const TARGETS: &[&str] = &[
    "apple-school-manager",
    "dnp-file",
    "dugga",
    "itslearning",
    "lexplore",
    "lightspeed",
    "oneroster-1-1-target",
    "oneroster-1-2-target",
    "prorenata",
    "sds",
    "sds-v1-target",
    "skola24",
];

/// Files by name.
type Files = BTreeMap<String, Vec<u8>>;

/// A table: its header, and rows by column.
struct Table {
    file: &'static str,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// What a file must be like.
struct Rule {
    file: &'static str,
    /// The columns in order; one that ends with `*` stands for its name and numbered ones after it.
    header: &'static [&'static str],
    required: &'static [&'static str],
    key: &'static [&'static str],
    /// Column, file and column that it leads to. A column with `,` before it holds a list.
    references: &'static [(&'static str, &'static str, &'static str)],
    /// Columns with the only values that they may have.
    words: &'static [(&'static str, &'static [&'static str])],
}

/// How many rows each file has, if the delivery keeps the rules of its target.
pub fn delivered(target: &str, files: &Files) -> Result<BTreeMap<String, usize>, String> {
    let tables = match target {
        "apple-school-manager" => apple(files)?,
        "oneroster-1-1-target" => oneroster(files, "1.1", ONEROSTER_1_1)?,
        "oneroster-1-2-target" => oneroster(files, "1.2", ONEROSTER_1_2)?,
        "sds-v1-target" => plain(files, SDS_V1, b',')?,
        "sds" => plain(files, SDS, b',')?,
        "lightspeed" => lightspeed(files)?,
        "skola24" => skola24(files)?,
        "lexplore" => workbooks(files, LEXPLORE, &["Personal", "Elever"])?,
        "dugga" => workbooks(files, DUGGA, &["Users"])?,
        "dnp-file" => together::national_tests(files)?,
        "itslearning" => together::itslearning(files)?,
        "prorenata" => together::prorenata(files)?,
        _ => return Err("no such target".into()),
    };
    Ok(tables.iter().map(|table| (table.file.to_string(), table.rows.len())).collect())
}

fn names(files: &Files) -> BTreeSet<&str> {
    files.keys().map(String::as_str).collect()
}

fn same_files(files: &Files, rules: &[Rule], more: &[&str]) -> Result<(), String> {
    let wanted: BTreeSet<&str> = rules.iter().map(|rule| rule.file).chain(more.iter().copied()).collect();
    match names(files) == wanted {
        true => Ok(()),
        false => Err(format!("the files are {:?}, expected {wanted:?}", names(files))),
    }
}

/// The members of a zip file; none lies in a folder.
fn unzip(files: &Files, name: &str) -> Result<Files, String> {
    if names(files) != BTreeSet::from([name]) {
        return Err(format!("the files are {:?}, expected {name} alone", names(files)));
    }
    let mut zip = zip::ZipArchive::new(Cursor::new(&files[name])).map_err(|error| error.to_string())?;
    let mut members = Files::new();
    for index in 0..zip.len() {
        let mut member = zip.by_index(index).map_err(|error| error.to_string())?;
        let name = member.name().map_err(|error| error.to_string())?.into_owned();
        if name.contains('/') {
            return Err(format!("{name} lies in a folder"));
        }
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        members.insert(name, bytes);
    }
    Ok(members)
}

fn text<'f>(files: &'f Files, name: &str) -> Result<&'f str, String> {
    let bytes = files.get(name).ok_or_else(|| format!("{name} is missing"))?;
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return Err(format!("{name} starts with a byte order mark"));
    }
    std::str::from_utf8(bytes).map_err(|_| format!("{name} is no UTF-8"))
}

/// Reads a file by RFC 4180, with the `csv` crate.
fn read(files: &Files, rule: &Rule, separator: u8, header: bool) -> Result<Table, String> {
    let text = text(files, rule.file)?;
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).has_headers(false).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| format!("{}: {error}", rule.file))?;
        rows.push(row.iter().map(String::from).collect::<Vec<String>>());
    }
    let header = if header { rows.remove(0) } else { rule.header.iter().map(|name| name.to_string()).collect() };
    Ok(Table { file: rule.file, header, rows })
}

fn plain(files: &Files, rules: &'static [Rule], separator: u8) -> Result<Vec<Table>, String> {
    same_files(files, rules, &[])?;
    let tables: Vec<Table> = rules.iter().map(|rule| read(files, rule, separator, true)).collect::<Result<_, _>>()?;
    judge(rules, &tables)?;
    Ok(tables)
}

impl Table {
    fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|known| known == name)
    }

    /// The values under a column, and under the numbered columns of its list, where a row has some.
    fn values(&self, name: &str) -> Vec<Vec<String>> {
        let list = name.strip_prefix(',');
        let name = list.unwrap_or(name);
        let columns: Vec<usize> = match name.strip_suffix('*') {
            None => self.column(name).into_iter().collect(),
            Some(first) => (0..self.header.len())
                .filter(|&at| self.header[at] == first || self.header[at].starts_with(&format!("{first}_")))
                .collect(),
        };
        let cells = |row: &Vec<String>| -> Vec<String> {
            let cells = columns.iter().map(|&at| row[at].as_str());
            let split = |cell: &str| -> Vec<String> {
                if list.is_some() { cell.split(',').map(String::from).collect() } else { vec![cell.to_string()] }
            };
            cells.flat_map(split).filter(|cell| !cell.is_empty()).collect()
        };
        self.rows.iter().map(cells).collect()
    }
}

/// True if a header is as the rule says.
fn is_header(found: &[String], wanted: &[&str]) -> bool {
    let mut found = found.iter().map(String::as_str).peekable();
    for name in wanted {
        let first = name.trim_end_matches('*');
        if found.next() != Some(first) {
            return false;
        }
        let mut number = 2;
        while name.ends_with('*') && found.peek().is_some_and(|next| *next == format!("{first}_{number}")) {
            found.next();
            number += 1;
        }
    }
    found.next().is_none()
}

fn judge(rules: &[Rule], tables: &[Table]) -> Result<(), String> {
    for (rule, table) in rules.iter().zip(tables) {
        let fail = |why: String| Err(format!("{}: {why}", rule.file));
        if !is_header(&table.header, rule.header) {
            return fail(format!("the header is {:?}, expected {:?}", table.header, rule.header));
        }
        if let Some(row) = table.rows.iter().find(|row| row.len() != table.header.len()) {
            return fail(format!("a row has {} cells, the header {}", row.len(), table.header.len()));
        }
        if table.rows.iter().flatten().any(|cell| cell.contains(['\r', '\n', '\0'])) {
            return fail("a value holds a line break".into());
        }
        for column in rule.required {
            if table.values(column).iter().any(Vec::is_empty) {
                return fail(format!("{column} is required, and empty in a row"));
            }
        }
        let mut seen = BTreeSet::new();
        for row in &table.rows {
            let key: Vec<&String> = rule.key.iter().filter_map(|name| row.get(table.column(name)?)).collect();
            if key.len() != rule.key.len() || !seen.insert(key) {
                return fail(format!("two rows have one key {:?}", rule.key));
            }
        }
        for (column, file, to) in rule.references {
            let Some(other) = tables.iter().find(|table| table.file == *file) else {
                return fail(format!("{file} is missing"));
            };
            let known: BTreeSet<String> = other.values(to).into_iter().flatten().collect();
            if let Some(lost) = table.values(column).into_iter().flatten().find(|key| !known.contains(key)) {
                return fail(format!("{column} {lost} is not in {file}"));
            }
        }
        for (column, words) in rule.words {
            if let Some(odd) = table.values(column).into_iter().flatten().find(|word| !words.contains(&word.as_str())) {
                return fail(format!("{column} cannot be {odd}"));
            }
        }
    }
    Ok(())
}

/// Reads a line as Apple writes it: a backslash stands before quotes in quoted cells, and only cells with a blank, a comma or
/// a quote are quoted.
fn apple_line(line: &str) -> Result<Vec<String>, String> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let (cell, after) = if let Some(quoted) = rest.strip_prefix('"') {
            let mut cell = String::new();
            let mut chars = quoted.char_indices();
            let end = loop {
                match chars.next() {
                    Some((at, '"')) => break at,
                    Some((_, '\\')) => cell.push(chars.next().ok_or("a backslash ends the line")?.1),
                    Some((_, c)) => cell.push(c),
                    None => return Err("a quote is not closed".into()),
                }
            };
            if !cell.contains([' ', ',', '"', '\\', '\t']) {
                return Err(format!("{cell} is quoted, and need not be"));
            }
            (cell, &quoted[end + 1..])
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            if rest[..end].contains([' ', '"']) {
                return Err(format!("{} must be quoted", &rest[..end]));
            }
            (rest[..end].to_string(), &rest[end..])
        };
        cells.push(cell);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(cells),
            None => return Err("text stands behind a quote".into()),
        }
    }
}

fn apple(files: &Files) -> Result<Vec<Table>, String> {
    let files = unzip(files, "roster.zip")?;
    same_files(&files, APPLE, &[])?;
    let mut tables = Vec::new();
    for rule in APPLE {
        let text = text(&files, rule.file)?;
        if text.contains('\r') || !text.ends_with('\n') {
            return Err(format!("{}: lines end with LF", rule.file));
        }
        let mut rows: Vec<Vec<String>> = text.lines().map(apple_line).collect::<Result<_, _>>()?;
        let header = rows.remove(0);
        tables.push(Table { file: rule.file, header, rows });
    }
    judge(APPLE, &tables)?;
    let ids = |file: &str, column: &str| -> Vec<String> {
        tables.iter().filter(|table| table.file == file).flat_map(|table| table.values(column)).flatten().collect()
    };
    let people = [ids("students.csv", "person_id"), ids("staff.csv", "person_id")].concat();
    if people.iter().collect::<BTreeSet<_>>().len() != people.len() {
        return Err("a person is both in students.csv and in staff.csv".into());
    }
    let odd = |id: &&String| !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if let Some(odd) = people.iter().find(odd) {
        return Err(format!("{odd} is no identifier of letters, digits and hyphens"));
    }
    Ok(tables)
}

fn oneroster(files: &Files, version: &str, rules: &'static [Rule]) -> Result<Vec<Table>, String> {
    let files = unzip(files, "oneroster.zip")?;
    same_files(&files, rules, &["manifest.csv"])?;
    let tables: Vec<Table> = rules.iter().map(|rule| read(&files, rule, b',', true)).collect::<Result<_, _>>()?;
    judge(rules, &tables)?;
    for table in &tables {
        for column in ["status", "dateLastModified"] {
            if table.values(column).iter().any(|values| !values.is_empty()) {
                return Err(format!("{}: {column} is empty in bulk files", table.file));
            }
        }
    }
    let manifest: BTreeMap<String, String> = csv::Reader::from_reader(text(&files, "manifest.csv")?.as_bytes())
        .records()
        .map(|row| row.map(|row| (row[0].to_string(), row[1].to_string())).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    if manifest.get("oneroster.version").map(String::as_str) != Some(version) {
        return Err("the manifest names another version".into());
    }
    for (name, word) in manifest.iter().filter_map(|(name, word)| Some((name.strip_prefix("file.")?, word))) {
        let there = files.contains_key(&format!("{name}.csv"));
        if (word == "bulk") != there || (word == "absent") == there {
            return Err(format!("the manifest says of {name}: {word}"));
        }
    }
    let told = |rule: &Rule| manifest.contains_key(&format!("file.{}", rule.file.trim_end_matches(".csv")));
    match rules.iter().find(|rule| !told(rule)) {
        Some(rule) => Err(format!("the manifest does not tell of {}", rule.file)),
        None => Ok(tables),
    }
}

fn lightspeed(files: &Files) -> Result<Vec<Table>, String> {
    for name in files.keys() {
        let text = text(files, name)?;
        if text.contains('"') || *name != name.to_lowercase() {
            return Err(format!("{name}: nothing is quoted, and names are in lower case"));
        }
    }
    plain(files, LIGHTSPEED, b',')
}

fn skola24(files: &Files) -> Result<Vec<Table>, String> {
    same_files(files, SKOLA24, &[])?;
    let tables: Vec<Table> = SKOLA24.iter().map(|rule| read(files, rule, b';', false)).collect::<Result<_, _>>()?;
    judge(SKOLA24, &tables)?;
    for (file, columns) in [
        ("barn.csv", &["personnummer"][..]),
        ("vardnadshavare.csv", &["elev", "vårdnadshavare", "mobil"]),
        ("personal.csv", &["personnummer"]),
    ] {
        let table = tables.iter().find(|table| table.file == file).ok_or("a table is missing")?;
        for value in columns.iter().flat_map(|column| table.values(column)).flatten() {
            if !value.chars().all(|c| c.is_ascii_digit()) {
                return Err(format!("{file}: numbers are digits alone"));
            }
        }
    }
    Ok(tables)
}

fn workbooks(files: &Files, rules: &'static [Rule], sheets: &[&str]) -> Result<Vec<Table>, String> {
    same_files(files, rules, &[])?;
    let tables: Vec<Table> = rules
        .iter()
        .zip(sheets)
        .map(|(rule, sheet)| page(files, rule.file, rule.file, sheet))
        .collect::<Result<_, _>>()?;
    judge(rules, &tables)?;
    Ok(tables)
}

/// A sheet of a workbook, all of whose cells are text; the table goes by `name`.
fn page(files: &Files, file: &str, name: &'static str, sheet: &str) -> Result<Table, String> {
    let bytes = files.get(file).ok_or_else(|| format!("{file} is missing"))?;
    let mut book: calamine::Xlsx<_> =
        Reader::new(Cursor::new(bytes)).map_err(|error: calamine::XlsxError| error.to_string())?;
    let range = book.worksheet_range(sheet).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for row in range.rows() {
        let cell = |cell: &calamine::Data| match cell {
            calamine::Data::String(text) => Ok(text.clone()),
            calamine::Data::Empty => Ok(String::new()),
            other => Err(format!("{file}: {other:?} is no text cell")),
        };
        rows.push(row.iter().map(cell).collect::<Result<Vec<_>, _>>()?);
    }
    if rows.is_empty() {
        return Err(format!("{file}: the sheet {sheet} has no header"));
    }
    let header = rows.remove(0);
    Ok(Table { file: name, header, rows })
}

const APPLE: &[Rule] = &[
    Rule {
        file: "locations.csv",
        header: &["location_id", "location_name"],
        required: &["location_id", "location_name"],
        key: &["location_id"],
        references: &[],
        words: &[],
    },
    Rule {
        file: "students.csv",
        header: &[
            "person_id",
            "person_number",
            "first_name",
            "middle_name",
            "last_name",
            "grade_level",
            "email_address",
            "sis_username",
            "password_policy",
            "location_id*",
        ],
        required: &["person_id", "first_name", "last_name", "location_id*"],
        key: &["person_id"],
        references: &[("location_id*", "locations.csv", "location_id")],
        words: &[("password_policy", &["4", "6", "8"])],
    },
    Rule {
        file: "staff.csv",
        header: &[
            "person_id",
            "person_number",
            "first_name",
            "middle_name",
            "last_name",
            "email_address",
            "sis_username",
            "location_id*",
        ],
        required: &["person_id", "first_name", "last_name", "location_id*"],
        key: &["person_id"],
        references: &[("location_id*", "locations.csv", "location_id")],
        words: &[],
    },
    Rule {
        file: "courses.csv",
        header: &["course_id", "course_number", "course_name", "location_id"],
        required: &["course_id", "location_id"],
        key: &["course_id"],
        references: &[("location_id", "locations.csv", "location_id")],
        words: &[],
    },
    Rule {
        file: "classes.csv",
        header: &["class_id", "class_number", "course_id", "instructor_id*", "location_id"],
        required: &["class_id", "course_id", "location_id"],
        key: &["class_id"],
        references: &[
            ("course_id", "courses.csv", "course_id"),
            ("instructor_id*", "staff.csv", "person_id"),
            ("location_id", "locations.csv", "location_id"),
        ],
        words: &[],
    },
    Rule {
        file: "rosters.csv",
        header: &["roster_id", "class_id", "student_id"],
        required: &["roster_id", "class_id", "student_id"],
        key: &["roster_id"],
        references: &[("class_id", "classes.csv", "class_id"), ("student_id", "students.csv", "person_id")],
        words: &[],
    },
];

const SESSIONS: Rule = Rule {
    file: "academicSessions.csv",
    header: &[
        "sourcedId",
        "status",
        "dateLastModified",
        "title",
        "type",
        "startDate",
        "endDate",
        "parentSourcedId",
        "schoolYear",
    ],
    required: &["sourcedId", "title", "type", "startDate", "endDate", "schoolYear"],
    key: &["sourcedId"],
    references: &[],
    words: &[("type", &["gradingPeriod", "semester", "schoolYear", "term"])],
};

const ORGS: Rule = Rule {
    file: "orgs.csv",
    header: &["sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId"],
    required: &["sourcedId", "name", "type"],
    key: &["sourcedId"],
    references: &[],
    words: &[("type", &["department", "school", "district", "local", "state", "national"])],
};

const COURSES: Rule = Rule {
    file: "courses.csv",
    header: &[
        "sourcedId",
        "status",
        "dateLastModified",
        "schoolYearSourcedId",
        "title",
        "courseCode",
        "grades",
        "orgSourcedId",
        "subjects",
        "subjectCodes",
    ],
    required: &["sourcedId", "title", "orgSourcedId"],
    key: &["sourcedId"],
    references: &[
        ("schoolYearSourcedId", "academicSessions.csv", "sourcedId"),
        ("orgSourcedId", "orgs.csv", "sourcedId"),
    ],
    words: &[],
};

const CLASSES: Rule = Rule {
    file: "classes.csv",
    header: &[
        "sourcedId",
        "status",
        "dateLastModified",
        "title",
        "grades",
        "courseSourcedId",
        "classCode",
        "classType",
        "location",
        "schoolSourcedId",
        "termSourcedIds",
        "subjects",
        "subjectCodes",
        "periods",
    ],
    required: &["sourcedId", "title", "courseSourcedId", "classType", "schoolSourcedId", "termSourcedIds"],
    key: &["sourcedId"],
    references: &[
        ("courseSourcedId", "courses.csv", "sourcedId"),
        ("schoolSourcedId", "orgs.csv", "sourcedId"),
        (",termSourcedIds", "academicSessions.csv", "sourcedId"),
    ],
    words: &[("classType", &["homeroom", "scheduled"])],
};

const ENROLLMENTS: Rule = Rule {
    file: "enrollments.csv",
    header: &[
        "sourcedId",
        "status",
        "dateLastModified",
        "classSourcedId",
        "schoolSourcedId",
        "userSourcedId",
        "role",
        "primary",
        "beginDate",
        "endDate",
    ],
    required: &["sourcedId", "classSourcedId", "schoolSourcedId", "userSourcedId", "role"],
    key: &["sourcedId"],
    references: &[
        ("classSourcedId", "classes.csv", "sourcedId"),
        ("schoolSourcedId", "orgs.csv", "sourcedId"),
        ("userSourcedId", "users.csv", "sourcedId"),
    ],
    words: &[("role", &["administrator", "proctor", "student", "teacher"]), ("primary", &["true", "false"])],
};

const ONEROSTER_1_1: &[Rule] = &[
    SESSIONS,
    ORGS,
    COURSES,
    CLASSES,
    ENROLLMENTS,
    Rule {
        file: "users.csv",
        header: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "enabledUser",
            "orgSourcedIds",
            "role",
            "username",
            "userIds",
            "givenName",
            "familyName",
            "middleName",
            "identifier",
            "email",
            "sms",
            "phone",
            "agentSourcedIds",
            "grades",
            "password",
        ],
        required: &["sourcedId", "enabledUser", "orgSourcedIds", "role", "username", "givenName", "familyName"],
        key: &["sourcedId"],
        references: &[(",orgSourcedIds", "orgs.csv", "sourcedId"), (",agentSourcedIds", "users.csv", "sourcedId")],
        words: &[
            ("role", &["administrator", "aide", "guardian", "parent", "proctor", "relative", "student", "teacher"]),
            ("enabledUser", &["true", "false"]),
        ],
    },
];

const ONEROSTER_1_2: &[Rule] = &[
    SESSIONS,
    ORGS,
    COURSES,
    CLASSES,
    ENROLLMENTS,
    Rule {
        file: "users.csv",
        header: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "enabledUser",
            "username",
            "userIds",
            "givenName",
            "familyName",
            "middleName",
            "identifier",
            "email",
            "sms",
            "phone",
            "agentSourcedIds",
            "grades",
            "password",
            "userMasterIdentifier",
            "preferredGivenName",
            "preferredMiddleName",
            "preferredFamilyName",
            "primaryOrgSourcedId",
            "pronouns",
        ],
        required: &["sourcedId", "enabledUser", "givenName", "familyName"],
        key: &["sourcedId"],
        references: &[("primaryOrgSourcedId", "orgs.csv", "sourcedId")],
        words: &[("enabledUser", &["true", "false"])],
    },
    Rule {
        file: "roles.csv",
        header: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "userSourcedId",
            "roleType",
            "role",
            "beginDate",
            "endDate",
            "orgSourcedId",
            "userProfileSourcedId",
        ],
        required: &["sourcedId", "userSourcedId", "roleType", "role", "orgSourcedId"],
        key: &["sourcedId"],
        references: &[("userSourcedId", "users.csv", "sourcedId"), ("orgSourcedId", "orgs.csv", "sourcedId")],
        words: &[("roleType", &["primary", "secondary"])],
    },
];

const SDS_V1: &[Rule] = &[
    Rule {
        file: "School.csv",
        header: &["SIS ID", "Name", "School Number"],
        required: &["SIS ID", "Name"],
        key: &["SIS ID"],
        references: &[],
        words: &[],
    },
    Rule {
        file: "Student.csv",
        header: &["SIS ID", "School SIS ID", "First Name", "Last Name", "Username", "Middle Name", "Grade", "Status"],
        required: &["SIS ID", "School SIS ID", "Username"],
        key: &["SIS ID"],
        references: &[("School SIS ID", "School.csv", "SIS ID")],
        words: &[("Status", &["Active", "Inactive"])],
    },
    Rule {
        file: "Teacher.csv",
        header: &["SIS ID", "School SIS ID", "First Name", "Last Name", "Username", "Middle Name", "Status"],
        required: &["SIS ID", "School SIS ID", "Username"],
        key: &["SIS ID"],
        references: &[("School SIS ID", "School.csv", "SIS ID")],
        words: &[("Status", &["Active", "Inactive"])],
    },
    Rule {
        file: "Section.csv",
        header: &["SIS ID", "School SIS ID", "Section Name", "Status"],
        required: &["SIS ID", "School SIS ID", "Section Name"],
        key: &["SIS ID"],
        references: &[("School SIS ID", "School.csv", "SIS ID")],
        words: &[],
    },
    Rule {
        file: "StudentEnrollment.csv",
        header: &["Section SIS ID", "SIS ID"],
        required: &["Section SIS ID", "SIS ID"],
        key: &["Section SIS ID", "SIS ID"],
        references: &[("Section SIS ID", "Section.csv", "SIS ID"), ("SIS ID", "Student.csv", "SIS ID")],
        words: &[],
    },
    Rule {
        file: "TeacherRoster.csv",
        header: &["Section SIS ID", "SIS ID"],
        required: &["Section SIS ID", "SIS ID"],
        key: &["Section SIS ID", "SIS ID"],
        references: &[("Section SIS ID", "Section.csv", "SIS ID"), ("SIS ID", "Teacher.csv", "SIS ID")],
        words: &[],
    },
];

const SDS: &[Rule] = &[
    Rule {
        file: "orgs.csv",
        header: &["sourcedId", "name", "type", "parentSourcedId"],
        required: &["sourcedId", "name", "type"],
        key: &["sourcedId"],
        references: &[("parentSourcedId", "orgs.csv", "sourcedId")],
        words: &[],
    },
    Rule {
        file: "users.csv",
        header: &[
            "sourcedId",
            "username",
            "givenName",
            "familyName",
            "password",
            "activeDirectoryMatchId",
            "email",
            "phone",
            "sms",
        ],
        required: &["sourcedId", "username", "givenName", "familyName"],
        key: &["sourcedId"],
        references: &[],
        words: &[],
    },
    Rule {
        file: "roles.csv",
        header: &[
            "userSourcedId",
            "orgSourcedId",
            "role",
            "sessionSourcedId",
            "grade",
            "isPrimary",
            "roleStartDate",
            "roleEndDate",
        ],
        required: &["userSourcedId", "orgSourcedId", "role"],
        key: &["userSourcedId", "orgSourcedId", "role"],
        references: &[("userSourcedId", "users.csv", "sourcedId"), ("orgSourcedId", "orgs.csv", "sourcedId")],
        words: &[],
    },
    Rule {
        file: "classes.csv",
        header: &["sourcedId", "orgSourcedId", "title", "sessionSourcedIds", "courseSourcedId"],
        required: &["sourcedId", "orgSourcedId", "title"],
        key: &["sourcedId"],
        references: &[("orgSourcedId", "orgs.csv", "sourcedId")],
        words: &[],
    },
    Rule {
        file: "enrollments.csv",
        header: &["classSourcedId", "userSourcedId", "role"],
        required: &["classSourcedId", "userSourcedId", "role"],
        key: &["classSourcedId", "userSourcedId", "role"],
        references: &[("classSourcedId", "classes.csv", "sourcedId"), ("userSourcedId", "users.csv", "sourcedId")],
        words: &[("role", &["student", "teacher"])],
    },
];

const LIGHTSPEED: &[Rule] = &[
    Rule {
        file: "users-v2.csv",
        header: &[
            "unique_sis_user_id",
            "username",
            "first_name",
            "last_name",
            "unique_sis_school_id",
            "grade",
            "email",
            "user_type",
            "password",
            "authentication",
        ],
        required: &["unique_sis_user_id", "username", "first_name", "last_name", "unique_sis_school_id", "user_type"],
        key: &["unique_sis_user_id"],
        references: &[],
        words: &[("user_type", &["1", "2"]), ("authentication", &["0", "1"])],
    },
    Rule {
        file: "groups-v2.csv",
        header: &["unique_sis_group_id", "group_name", "unique_sis_school_id"],
        required: &["unique_sis_group_id", "group_name", "unique_sis_school_id"],
        key: &["unique_sis_group_id"],
        references: &[],
        words: &[],
    },
    Rule {
        file: "memberships-v2.csv",
        header: &["unique_sis_group_id", "unique_sis_user_id", "membership_type"],
        required: &["unique_sis_group_id", "unique_sis_user_id", "membership_type"],
        key: &["unique_sis_group_id", "unique_sis_user_id"],
        references: &[
            ("unique_sis_group_id", "groups-v2.csv", "unique_sis_group_id"),
            ("unique_sis_user_id", "users-v2.csv", "unique_sis_user_id"),
        ],
        words: &[("membership_type", &["1", "2"])],
    },
];

const SKOLA24: &[Rule] = &[
    Rule {
        file: "barn.csv",
        header: &["skola", "avdelning", "personnummer", "förnamn", "efternamn", "sekretess"],
        required: &["skola", "avdelning", "personnummer", "förnamn", "efternamn"],
        key: &["personnummer", "skola"],
        references: &[],
        words: &[("sekretess", &["1"])],
    },
    Rule {
        file: "vardnadshavare.csv",
        header: &["elev", "vårdnadshavare", "förnamn", "efternamn", "epost", "mobil"],
        required: &["elev", "vårdnadshavare", "förnamn", "efternamn"],
        key: &["elev", "vårdnadshavare"],
        references: &[("elev", "barn.csv", "personnummer")],
        words: &[],
    },
    Rule {
        file: "personal.csv",
        header: &["skola", "avdelning", "personnummer", "förnamn", "efternamn", "signatur", "epost", "sekretess"],
        required: &["skola", "personnummer", "förnamn", "efternamn"],
        key: &["personnummer", "skola"],
        references: &[],
        words: &[("sekretess", &["1"])],
    },
];

const LEXPLORE: &[Rule] = &[
    Rule {
        file: "personal.xlsx",
        header: &["Förnamn", "Efternamn", "Email", "Skola", "Klass", "Screenare", "Lärare", "Rektor"],
        required: &["Förnamn", "Efternamn", "Email", "Skola", "Klass", "Screenare", "Lärare", "Rektor"],
        key: &["Email", "Skola", "Klass"],
        references: &[],
        words: &[("Screenare", &["JA", "NEJ"]), ("Lärare", &["JA", "NEJ"]), ("Rektor", &["JA", "NEJ"])],
    },
    Rule {
        file: "elever.xlsx",
        header: &["Elev-id", "Förnamn", "Efternamn", "Födelsedatum", "Skola", "Klass"],
        required: &["Elev-id", "Förnamn", "Efternamn", "Skola", "Klass"],
        key: &["Elev-id"],
        references: &[],
        words: &[],
    },
];

const DUGGA: &[Rule] = &[Rule {
    file: "users.xlsx",
    header: &["Email", "First name", "Last name", "Role", "School", "Class"],
    required: &["Email", "First name", "Last name", "Role", "School"],
    key: &["Email"],
    references: &[],
    words: &[("Role", &["Student", "Teacher"])],
}];
