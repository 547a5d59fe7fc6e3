//! The words of the files protocol, each with its line of the reference page.

use super::super::Words;

/// All words, by place.
pub static WORDS: Words = Words {
    key: "files",
    connect: &[
        ("at", "Where the files are: `local` (default), `sftp`, `ftps`, `ftps-implicit`, `http`."),
        ("folder", "The folder; a relative path starts from the folder of the project."),
        ("format", "How all files are written: `csv`, `json` or `ndjson`, with the words of that format below it."),
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
        ("columns", "The columns of a file without a header, in their order."),
        ("select", "Where the records lie in a JSON file: `$.data[*]`; without it the file is one list."),
    ],
    write: &[
        ("file", "The name of the file."),
        ("format", "What differs here from the format of the connection."),
        ("columns", "The columns in their order; one that no field lies in stays empty."),
        ("select", "Where the records lie in a JSON file: `$.data[*]`; without it the file is one list."),
    ],
};

/// Keys of `complete`.
pub const COMPLETE: &[(&str, &str)] = &[
    ("fresh", "Older files are stale: nothing is read (`26h`)."),
    ("spread", "The newest and the oldest file may differ so much (`3h`)."),
    ("still", "Files must have been unchanged for so long (`60s`)."),
    ("marker", "A file that must be there before any other is read."),
    ("done", "What happens to the files after reading: `leave`."),
];

/// Keys of `csv`.
pub const CSV: &[(&str, &str)] = &[
    ("separator", "The character between cells (default `,`); `tab` for the tabulator."),
    ("quote", "The character around quoted cells (default `\"`), or `none`."),
    (
        "quote_when",
        "Which cells are quoted in a file that is written: `needed` (default), `always`, `text` (all but numbers).",
    ),
    ("escape", "How a quote stands in a quoted cell: `double` (default), or the character before it."),
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

/// Keys of `deliver`.
pub const DELIVER: &[(&str, &str)] = &[
    ("as", "`files`: each file by itself, all of them together."),
    ("when", "`changed` (default): only if something in it changes. `always`: in every run."),
    ("holds", "The entities that make up the set; without it all that are written."),
    ("always", "`filled` (default): files that have rows. `all`: the others too, with their header alone."),
    ("put", "`temp` and `rename`: files are always written beside and renamed, so this changes nothing for `files`."),
    ("refuse", "Troubles that stop the delivery: `orphan-reference`, `duplicate-key`, `missing-required`."),
    ("receipt", "How the other side answers: `none`."),
];

/// Keys that may stand anywhere: they say how well something is known, or belong to the engine.
pub const EVERYWHERE: &[&str] = &["evidence", "unsure", "doc"];

/// Keys of a `read` or `write` that the engine itself understands.
pub const ENGINE: &[&str] = &["each", "skip", "remove", "id"];
