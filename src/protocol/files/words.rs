//! The words of the files protocol, each with its line of the reference page.

use super::super::Words;

/// All words, by place.
pub static WORDS: Words = Words {
    key: "files",
    connect: &[
        ("at", "Where the files are: `local` (default), `sftp`, `ftps`, `ftps-implicit`, `http`."),
        ("folder", "The folder; a relative path starts from the folder of the project."),
        (
            "format",
            "How all files are written: `csv`, `json`, `ndjson`, `xml`, `xlsx`, `fixed` or `ldif`, with the words of that format below it.",
        ),
        (
            "zip",
            "The files lie in this zip file of the folder, and are delivered in it. A pattern (`export-*.zip`) reads the newest.",
        ),
        ("manifest", "A file of a delivery that tells which other files are in it: `file`, `header`, `rows`."),
        (
            "deliveries",
            "Several deliveries that are read as one, the last whole one and the changes after it: `names`, `order`, `manifest`.",
        ),
        ("complete", "When a set of files may be read: `fresh`, `spread`, `still`, `marker`, `done`."),
        ("host", "The server (not for `local`)."),
        ("port", "Its port (not for `local`)."),
        ("login", "`user` and `password` (not for `local`)."),
        ("host_key", "The fingerprint of the server (`sftp`)."),
        ("key", "A private key (`sftp`)."),
        ("passive", "Passive mode (`ftps`)."),
        ("session_reuse", "Reuse of the TLS session (`ftps`)."),
    ],
    read: &[
        (
            "file",
            "The name of the file, or a pattern with `*` and `?`: several files are one list, in order of their names.",
        ),
        ("format", "What differs here from the format of the connection."),
        (
            "columns",
            "The columns of a file without a header, in their order. Of a file with one: columns that are known, so that no note tells of them.",
        ),
        (
            "select",
            "Where the records lie in a JSON file: `$.data[*]`; without it the file is one list. In an XML file: `enterprise.person[*]`.",
        ),
        (
            "optional",
            "`yes`: the element around the records of an XML file may be missing, and the list is empty then. Default `no`: such a file is half a file.",
        ),
        ("sheet", "The name of the sheet in an XLSX file; without it the first one."),
    ],
    write: &[
        (
            "file",
            "The name of the file. Entities with one name lie in one file: as elements of an XML document, or as sheets of a workbook.",
        ),
        ("format", "What differs here from the format of the connection."),
        ("columns", "The columns in their order; one that no field lies in stays empty."),
        (
            "select",
            "Where the records lie in a JSON file: `$.data[*]`; without it the file is one list. In an XML file: `enterprise.person[*]`.",
        ),
        ("sheet", "The name of the sheet in an XLSX file (default `Sheet1`)."),
    ],
};

/// Keys of `remove` in a `write`.
pub const REMOVE: &[(&str, &str)] = &[
    ("by", "How a removal is told: `absence`, since whoever is not in the file is gone."),
    ("means", "What a removal means, for people: `destroyed`, `bin`, `detached`, `emptied`, `left`."),
    ("loses", "What a removal loses, for people."),
    ("restorable", "How long it can be taken back, for people."),
];

/// Keys of `complete`.
pub const COMPLETE: &[(&str, &str)] = &[
    ("fresh", "Older files are stale: nothing is read (`26h`)."),
    ("spread", "The newest and the oldest file may differ so much (`3h`)."),
    ("still", "Files must have been unchanged for so long (`60s`)."),
    ("marker", "A file that must be there before any other is read."),
    ("done", "What happens to the files after reading: `leave`."),
];

/// Keys of `deliveries`.
pub const DELIVERIES: &[(&str, &str)] = &[
    (
        "names",
        "A pattern for the names of folders and zip files, each of which is one delivery. Without it, or with an empty text, the folder is the only one.",
    ),
    (
        "order",
        "How they follow one another: `name` (default; numbers in it count as numbers), or `time`, when their files were written.",
    ),
    (
        "manifest",
        "The file of each delivery that tells what the others in it hold: `file`, `about`, `whole`, `changes`, `nothing`. Without it each delivery is whole.",
    ),
];

/// Keys of the `manifest` of `deliveries`.
pub const DELIVERY_MANIFEST: &[(&str, &str)] = &[
    ("file", "Its name. Its lines have two cells: what they are about, and a word."),
    ("about", "What the line about a file is called: `file.*`, where `*` stands for its name without the ending."),
    ("whole", "The word for a file with all records."),
    ("changes", "The word for a file with those that have changed; a row replaces the one with the same key."),
    ("nothing", "The word for a file that is not there."),
];

/// Keys of `csv`.
pub const CSV: &[(&str, &str)] = &[
    ("separator", "The character between cells (default `,`); `tab` for the tabulator."),
    ("quote", "The character around quoted cells (default `\"`), or `none`."),
    (
        "quote_when",
        "Which cells are quoted in a file that is written: `needed` (default), `always`, `text` (all but numbers), `blank` (those with a blank, and those that need it).",
    ),
    ("escape", "How a quote stands in a quoted cell: `double` (default), or the character before it."),
    ("skip_lines", "So many lines stand before the header, or before the first row of a file without one (default 0)."),
    ("header", "The first line names the columns: `required` (default), `fixed`, `none`, `optional`."),
    ("columns", "How columns are found: `by-name` (default), `as-declared` (by name, and no others), `by-position`."),
    ("encoding", "`utf-8` (default), `windows-1252`, `iso-8859-1`, `utf-16`."),
    ("bom", "The byte order mark: `tolerate` (default: read, not written), `none`, `write`, `double`."),
    ("line_end", "`any` (default: written as `lf`), `lf`, `crlf`."),
    ("trim", "Blanks around a cell that mean nothing: `none` (default), `both`, `left`, `right`."),
    ("absent_when", "Texts that mean that there is no value."),
    ("empty", "What is written where there is no value (default: nothing)."),
    ("comment", "A line that starts with this character is skipped; `none` (default)."),
    ("ragged", "A row with too few cells: `error` (default) or `pad`."),
    (
        "formulas",
        "`guard` puts ' before a cell that a spreadsheet would run (= + - @). Default `as-is`: a guard changes values, `+46…` too.",
    ),
];

/// Keys of `json`.
pub const JSON: &[(&str, &str)] =
    &[("select", "Where the records lie: `$.data[*]`; without it the file is one list of records.")];

/// Keys of `xml`.
pub const XML: &[(&str, &str)] = &[
    ("select", "The elements that lead to a record, the root first: `enterprise.person[*]`."),
    ("encoding", "`declared` (default: what the file itself says), `utf-8`, `windows-1252`, `iso-8859-1`, `utf-16`."),
    (
        "namespaces",
        "`ignore` (default: names without their prefix), or names for addresses: `{ e: \"http://…\" }` makes a path `e:person`.",
    ),
    ("any_case", "`yes`: upper and lower case of names mean nothing. Default `no`."),
    ("root_namespace", "The address of the namespace that a file which is written declares at its root."),
    (
        "head",
        "Elements that stand before all records in the root of a file that is written: `{ properties: { datetime: \"{{ as_of }}\" } }`.",
    ),
];

/// Keys of `xlsx`.
pub const XLSX: &[(&str, &str)] = &[
    ("sheet", "The name of the sheet; without it the first one (`Sheet1` in a file that is written)."),
    ("header_row", "The row that names the columns, or the first row without a header (default 1)."),
    ("header", "The row of the header names the columns: `required` (default), `none`."),
    ("columns", "How columns are found: `by-name` (default), `as-declared`, `by-position`."),
    ("trim", "Blanks around a cell that mean nothing: `none` (default), `both`, `left`, `right`."),
    ("absent_when", "Texts that mean that there is no value."),
    ("empty", "What is written where there is no value (default: nothing)."),
];

/// Keys of `fixed`.
pub const FIXED: &[(&str, &str)] = &[
    ("skip_lines", "So many lines stand before the first record (default 0)."),
    ("encoding", "`utf-8` (default), `windows-1252`, `iso-8859-1`, `utf-16`. Places are counted in characters."),
    ("bom", "The byte order mark: `tolerate` (default: read, not written), `none`, `write`, `double`."),
    ("line_end", "`any` (default: written as `lf`), `lf`, `crlf`."),
    ("trim", "Blanks around a cell that mean nothing: `both` (default), `none`, `left`, `right`."),
    ("absent_when", "Texts that mean that there is no value."),
    ("empty", "What is written where there is no value (default: nothing)."),
    ("comment", "A line that starts with this character is skipped; `none` (default)."),
    ("ragged", "A line that ends before a cell: `error` (default) or `pad`."),
];

/// Keys of `manifest`.
pub const MANIFEST: &[(&str, &str)] = &[
    ("file", "The name of the file."),
    ("header", "Its first line."),
    (
        "rows",
        "Its lines, in order: lists of cells, or `{ file: users.csv, sent: […], absent: […] }` for one that depends on whether that file is in the delivery.",
    ),
];

/// Keys of a row of a `manifest`.
pub const MANIFEST_ROW: &[(&str, &str)] = &[
    ("file", "The file that the row is about."),
    ("sent", "The cells if that file is in the delivery; `{{ rows }}` is the number of its rows."),
    ("absent", "The cells if it is not; without it there is no such line."),
];

/// Keys of `deliver`.
pub const DELIVER: &[(&str, &str)] = &[
    ("as", "`files`: each file by itself, all of them together."),
    ("when", "`changed` (default): only if something in it changes. `always`: in every run."),
    (
        "holds",
        "The entities that make up the set, in the order of its files and of what lies together in one; without it all that are written.",
    ),
    ("always", "`filled` (default): files that have rows. `all`: the others too, with their header alone."),
    ("put", "`temp` and `rename`: files are always written beside and renamed, so this changes nothing for `files`."),
    ("refuse", "Troubles that stop the delivery: `orphan-reference`, `duplicate-key`, `missing-required`."),
    ("receipt", "How the other side answers: `none`."),
];

/// Keys that may stand anywhere: they say how well something is known, or belong to the engine.
pub const EVERYWHERE: &[&str] = &["evidence", "unsure", "doc"];

/// Keys of a `read` or `write` that the engine itself understands.
pub const ENGINE: &[&str] = &["each", "skip", "remove", "id"];
