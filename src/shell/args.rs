//! The arguments of every command, and the help that shows how they are used.
//!
//! A command is one struct here, one line in [`Command`], and one file beside this one.

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use std::path::PathBuf;

/// Koppla maps records of schools between systems and keeps systems in step.
///
/// A project is a folder of documents; every command works on the project in the current folder unless --project names
/// another.
#[derive(Debug, Parser)]
#[command(name = "koppla", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done · 1 findings, or records that were not written · \
                        2 wrong arguments or environment · 3 stopped by a guard · 130 interrupted")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands, in the order in which a mapping is written, tried and run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the documents of a project
    Check(CheckArgs),
    /// Show what a sync reads, maps and writes, in which order
    Plan(PlanArgs),
    /// Print the mapped records; no system is written to
    Map(MapArgs),
    /// Show what a run would change; nothing is written
    Preview(PreviewArgs),
    /// Write the changes that a preview kept
    Apply(ApplyArgs),
    /// Read, map, compare and write, under the guards
    Run(RunArgs),
    /// Show the last runs
    History(HistoryArgs),
    /// List the records that wait for a decision
    Held(HeldArgs),
    /// Decide about records of protected people
    Decide(DecideArgs),
    /// Write a project to begin with
    New(NewArgs),
    /// Try an example: check, preview, run, run again
    Try(TryArgs),
    /// Explain a finding by its code, or list all codes
    Explain(ExplainArgs),
    /// List the functions of the language, or show one of them
    Functions(FunctionsArgs),
    /// Run the cases of the test documents
    Test(TestArgs),
    /// Print the table of fields and directions of a mapping
    Docs(DocsArgs),
    /// Put the columns of rules under one another
    Fmt(FmtArgs),
    /// Show where personal data goes, and who has agreed
    Privacy(PrivacyArgs),
    /// Show what a sync has otherwise than the standard, and why
    Overlay(OverlayArgs),
    /// Print the JSON Schema of documents, for editors
    Schema(SchemaArgs),
    /// Serve an editor: findings as you type, hover, completion, renaming (Language Server Protocol)
    Lsp(LspArgs),
    /// Show what a change of rules does, and to whom
    Diff(DiffArgs),
    /// Pause a sync: nothing is written until it is resumed
    Pause(PauseArgs),
    /// Let a paused sync go on
    Resume(ResumeArgs),
    /// Make a secret that people would otherwise invent
    Secret(SecretArgs),
}

/// How a result is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// For programs: one JSON value
    Json,
}

/// How findings are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum FindingsFormat {
    /// For people: the line with its underline, why it is wrong, what to do
    #[default]
    Human,
    /// One line a finding, for editors: place, severity, code, message
    Concise,
    /// For programs: one JSON value
    Json,
    /// Annotations of GitHub Actions, shown at the lines of a pull request
    Github,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// JUnit XML, for build servers
    Junit,
}

/// How the outcomes of cases are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum CasesFormat {
    /// For people: a line a case, and of a failed one what differs
    #[default]
    Human,
    /// For programs: one JSON value
    Json,
    /// Annotations of GitHub Actions at the failed cases
    Github,
    /// SARIF 2.1.0 with the failed cases
    Sarif,
    /// JUnit XML, for build servers
    Junit,
}

/// How coverage is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum CoverageFormat {
    /// For people: counts, and what no case touches
    #[default]
    Human,
    /// For programs: one JSON value
    Json,
    /// lcov, onto the lines of the documents
    Lcov,
}

/// How changes are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum ChangesFormat {
    /// For people: every change with what differs; values of people are redacted
    #[default]
    Human,
    /// For programs: one JSON value
    Json,
    /// A line a change: op,key,changed
    Csv,
}

/// How a document for people is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum DocumentFormat {
    /// For a terminal
    #[default]
    Human,
    /// A Markdown table
    Markdown,
    /// Comma-separated values
    Csv,
    /// A page
    Html,
    /// For programs: one JSON value
    Json,
}

/// How a review of a change is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum ReviewFormat {
    /// For a terminal
    #[default]
    Human,
    /// Markdown, for a comment on a pull request
    Markdown,
    /// For programs: one JSON value
    Json,
}

/// How a report for people outside is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum ReportFormat {
    /// For a terminal
    #[default]
    Human,
    /// Markdown
    Markdown,
    /// A page of its own
    Html,
    /// For programs: one JSON value
    Json,
}

/// `--format`, for people or programs.
#[derive(Debug, Args)]
pub struct FormatArg {
    /// How the result is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `--project` and `--quiet`: of every command that works on a project.
#[derive(Debug, Args)]
pub struct ProjectArgs {
    /// The folder of the project
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub project: PathBuf,
    /// Say nothing but the result and errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// The sync that a command works on, and the date that it takes for today.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// The name of the sync; may be left out where the project has one only
    pub sync: Option<String>,
    /// The date that the run takes for today (default: today)
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    /// How many threads work (default: one for each processor); the result is the same
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

/// Reads a date of an argument.
fn date(text: &str) -> Result<Date, &'static str> {
    text.parse().map_err(|_| "a date is written like 2026-08-17")
}

/// `koppla check`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla check                           check every document of the project
  koppla check exempelkommun-haldor      check one sync and what it uses
  koppla check --format concise          one line a finding, for editors
  koppla check --format github           annotations in a pull request on GitHub
  koppla check --format sarif > koppla.sarif   a report for code hosts and editors
  koppla check --format junit > koppla.xml     the same for build servers
  koppla check --deny warnings           warnings fail too
  koppla check --baseline old.json --write-baseline   keep what is found today; later runs tell what is new
  koppla check --baseline old.json       tell what is new; what is settled goes out of the file
  koppla check --project kunder/norr     check another project")]
pub struct CheckArgs {
    /// Names of syncs or mappings (default: all)
    pub names: Vec<String>,
    /// Findings of this code are errors; `warnings` stands for all warnings
    #[arg(long, value_name = "CODE")]
    pub deny: Vec<String>,
    /// Findings of this code are warnings; what runs a sync still takes them for what they are
    #[arg(long, value_name = "CODE")]
    pub warn: Vec<String>,
    /// A file of old findings, which are not told again
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write all findings of today into the baseline, and end with 0
    #[arg(long, requires = "baseline")]
    pub write_baseline: bool,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: FindingsFormat,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla fmt`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Only blanks in the lines of `fields: |` change; every other byte stays.

Examples:
  koppla fmt                             format every document of the project
  koppla fmt skolon.mapping.yaml         format one file
  koppla fmt --check                     change nothing; exit 1 and name the files that differ")]
pub struct FmtArgs {
    /// Files (default: all documents of the project)
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Change nothing: name the files that differ, and exit 1 if there are any
    #[arg(long)]
    pub check: bool,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla explain`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla explain unknown-field           what the finding means, with a wrong and a right example
  koppla explain                         all codes, by area
  koppla explain --all                   the pages of all codes, one after the other
  koppla explain --format json           the same for programs")]
pub struct ExplainArgs {
    /// The code of a finding, as it stands in brackets: unknown-field
    pub code: Option<String>,
    /// The pages of all codes
    #[arg(long, conflicts_with = "code")]
    pub all: bool,
    /// The format.
    #[command(flatten)]
    pub format: FormatArg,
}

/// `koppla test`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla test                            run every case of the project
  koppla test skolplatsen--roster        run the cases of this mapping
  koppla test namn.test.yaml             run the cases of this file
  koppla test --library                  run the cases of the built-in library too
  koppla test --format json              the outcome of every case for programs
  koppla test --format junit > cases.xml the same for build servers
  koppla test --coverage                 also what the cases touch, and what none does
  koppla test --coverage=lcov --coverage-out koppla.info   the same onto the lines of the documents
  koppla test --mutate                   change the rules one by one; list what no case notices
  koppla test --record --record-out natt.test.yaml
                                         a case out of what the source holds, with invented people

What --record writes. It reads the source, picks a smallest set of records that touches every
rule, outcome, branch and row of a table that the whole source touches, and writes them as a
case that passes. Every value of a field that is not public is replaced by an invented one of
the same shape: as long, with its capitals, diacritics and missing parts; equal values by equal
ones, also in references and inside addresses. National ids are of test ranges (Sweden: birth
numbers 238 and 239; Netherlands: 9999…; Belgium: sequences 000 and 999, which are never given),
phone numbers of those that the Swedish regulator keeps for books and films, mail of domains for
examples. Dates move inside their part of the year. What stays: words of an enum, yes and no,
countries, codes of at most three characters, numbers of at most three digits, years, and texts
that the rules or their tables name themselves, also inside others (of `like r\"(?i)skydd\"` the
letters that it finds). Fields of class public stay too, but for national ids, e-mail addresses,
and what somebody of the source has in a field that is not public; a note lists them. What
cannot be read is replaced by what cannot be read for the same reason. Nothing is written if an
original is found in it. Read it before you commit it all the same.

The same source gives the same file, byte for byte; give --as-of, since the date of the run
stands in it. A file that is there already is not written over. The search for a smallest set
ends after work for 150,000 records, which a source of some thousand records can need; then the
case is larger than it must be, and a note says so. What only thousands of records touch together,
such as two far apart with one key, is not recorded; the command says what, and ends with 1.")]
pub struct TestArgs {
    /// Names of mappings, or files of test documents (default: all of the project)
    pub names: Vec<String>,
    /// Also run the cases of the built-in library
    #[arg(long)]
    pub library: bool,
    /// How the outcomes are printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: CasesFormat,
    /// Also say what the cases touch: rules, outcomes, branches, rows of tables
    #[arg(long, value_enum, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "human")]
    pub coverage: Option<CoverageFormat>,
    /// Write the coverage into this file
    #[arg(long, value_name = "FILE", requires = "coverage")]
    pub coverage_out: Option<PathBuf>,
    /// Also change the rules one by one, and list the changes that no case notices
    #[arg(long)]
    pub mutate: bool,
    /// Exit 1 if there are changes that no case notices
    #[arg(long, requires = "mutate")]
    pub exit_code: bool,
    /// Write a case out of what the source of a sync holds, with invented people; the sync may be left out where there is one only
    #[arg(long, value_name = "SYNC", num_args = 0..=1, require_equals = true, default_missing_value = "",
          conflicts_with_all = ["names", "library", "coverage", "mutate", "format"])]
    pub record: Option<String>,
    /// Write the case into this file, which must not be there yet, instead of standard output
    #[arg(long, value_name = "FILE", requires = "record")]
    pub record_out: Option<PathBuf>,
    /// The date that the run of the recorded case takes for today (default: today)
    #[arg(long, value_name = "DATE", value_parser = date, requires = "record")]
    pub as_of: Option<Date>,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla docs`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla docs informat--smartschool                          the table of fields and directions
  koppla docs informat--smartschool --format markdown        the same, to paste into a document
  koppla docs informat--smartschool --format csv --out tabel.csv
  koppla docs --format html --out site                       a page for each sync and mapping, and an index
  koppla docs --site site                                    the manual, functions, findings, systems and all tables")]
pub struct DocsArgs {
    /// The name of a mapping or sync; may be left out for pages of all of them
    pub name: Option<String>,
    /// How the table is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: DocumentFormat,
    /// Write into this file instead of standard output; without a name: into this folder
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// Write everything there is to read into this folder, as a site of its own
    #[arg(long, value_name = "DIR", conflicts_with_all = ["name", "format", "out"])]
    pub site: Option<PathBuf>,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla plan`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla plan exempelkommun-haldor       what is read, joined, mapped, matched and written, in which order
  koppla plan --format json              the same for programs")]
pub struct PlanArgs {
    /// The name of the sync; may be left out where the project has one only
    pub sync: Option<String>,
    /// The format.
    #[command(flatten)]
    pub format: FormatArg,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla map`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla map skolplatsen-sds --out mapped       the mapped records, as files in a folder; no system is written to
  koppla map skolplatsen-sds --as-of 2026-08-17 as the records will be on that day")]
pub struct MapArgs {
    /// The sync and the date.
    #[command(flatten)]
    pub sync: SyncArgs,
    /// Write into this folder instead of standard output
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The format.
    #[command(flatten)]
    pub format: FormatArg,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla preview`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla preview skolplatsen-sds                   what a run would change; nothing is written
  koppla preview skolplatsen-sds --out tonight.changes     keep the changes, for koppla apply
  koppla preview --format csv                      a line a change: op,key,changed
  koppla preview --exit-code                       exit 1 if something would change")]
pub struct PreviewArgs {
    /// The sync and the date.
    #[command(flatten)]
    pub sync: SyncArgs,
    /// How changes are printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: ChangesFormat,
    /// Keep the changes in this file, readable by its owner alone
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit 1 if there are changes
    #[arg(long)]
    pub exit_code: bool,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla apply`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla apply tonight.changes           write the changes that a preview kept")]
pub struct ApplyArgs {
    /// The file that `koppla preview --out` wrote
    pub changes: PathBuf,
    /// The format.
    #[command(flatten)]
    pub format: FormatArg,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla run`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla run skolplatsen-sds             read, map, match, compare and write, under the guards
  koppla run --quiet --format json       from a scheduler")]
pub struct RunArgs {
    /// The sync and the date.
    #[command(flatten)]
    pub sync: SyncArgs,
    /// Exit 1 if something was changed
    #[arg(long)]
    pub exit_code: bool,
    /// The format.
    #[command(flatten)]
    pub format: FormatArg,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla history`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla history skolplatsen-sds         the last runs: when, how they ended, what they changed
  koppla history --last 100 --format json")]
pub struct HistoryArgs {
    /// The name of the sync; may be left out where the project has one only
    pub sync: Option<String>,
    /// How many runs are shown
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub last: usize,
    /// The format.
    #[command(flatten)]
    pub format: FormatArg,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla held`
#[derive(Debug, Args)]
#[command(after_long_help = "\
A record that was sent before stays on the right as it is when the person becomes protected, until somebody
decides. Keys are shown as far as they may be seen; the number stands for the record in koppla decide.

Examples:
  koppla held exempelkommunen-directory        what waits for a decision, each with its number
  koppla held --all                            also what is held or rejected for other reasons
  koppla held --format json                    the same for programs")]
pub struct HeldArgs {
    /// The name of the sync; may be left out where the project has one only
    pub sync: Option<String>,
    /// Also list what is held or rejected for other reasons
    #[arg(long)]
    pub all: bool,
    /// The format.
    #[command(flatten)]
    pub format: FormatArg,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla decide`
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("decision").required(true).args(["keep", "remove"]))]
#[command(group = clap::ArgGroup::new("records").required(true).args(["numbers", "all"]))]
#[command(after_long_help = "\
A decision holds until the person is no longer protected. It is written into the history with its reason; nothing
is sent before the next run. Removing passes the guards and is not kept back by a freeze.

Examples:
  koppla decide kommun-katalog 3f2a9c1d --remove --because \"the account moves to a hidden tenant\"
  koppla decide kommun-katalog 3f2a9c1d 8c01e7aa --keep --because \"agreed with the school, 2026-09-02\"
  koppla decide kommun-katalog --all --remove --because \"protected people have no account here\"")]
pub struct DecideArgs {
    /// The name of the sync
    pub sync: String,
    /// Numbers of records, as koppla held shows them
    #[arg(value_name = "NUMBER")]
    pub numbers: Vec<String>,
    /// All records that wait
    #[arg(long)]
    pub all: bool,
    /// They stay on the right as they are, and no longer wait
    #[arg(long)]
    pub keep: bool,
    /// The next run takes them away on the right
    #[arg(long)]
    pub remove: bool,
    /// Why, for the history; name nobody
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub because: String,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla privacy`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla privacy exempelkommun-haldor                         each class, its way and the consent
  koppla privacy --format html --out privacy.html             a page for the data protection officer
  koppla privacy --format markdown                            the same, to paste into a document

The second half is a draft of the record that article 30 of the GDPR asks for; what nobody can know from a
sync stands there as [to be filled in].")]
pub struct PrivacyArgs {
    /// The name of the sync; may be left out where the project has one only
    pub sync: Option<String>,
    /// How the report is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: ReportFormat,
    /// Write into this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla overlay`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla overlay exempelkommun-haldor    each rule that is replaced, switched off or added, beside the standard's
  koppla overlay --format json           the same for programs
  koppla overlay exempelkommun-haldor --note     note the standard as it is, in a document beside the sync
  koppla overlay exempelkommun-haldor --merge    what the standard has changed since: taken, conflict, redundant
  koppla overlay --impact roster--haldor         which syncs a change of this mapping touches, and which must decide

From the note on, koppla check says which changes of a sync were written over a standard that is no more.")]
pub struct OverlayArgs {
    /// The name of the sync; may be left out where the project has one only
    pub sync: Option<String>,
    /// Note the standard as it is today: what the sync has otherwise was looked at
    #[arg(long, conflicts_with_all = ["merge", "impact"])]
    pub note: bool,
    /// Show what the standard has changed since it was noted, row by row; exit 1 if something is to be decided
    #[arg(long, conflicts_with = "impact")]
    pub merge: bool,
    /// Show which syncs of the project a change of this mapping touches; exit 1 if one has something to decide
    #[arg(long, value_name = "MAPPING", conflicts_with = "sync")]
    pub impact: Option<String>,
    /// The format.
    #[command(flatten)]
    pub format: FormatArg,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla diff`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Old and new rules are worked over the same records: those that the sources of the project hold now.
The target is taken to hold what the old rules make; neither it nor the store is read, and nothing
is written.

Examples:
  koppla diff main                               what the documents here change against main
  koppla diff v1 v2                              between two git revisions
  koppla diff ../yesterday                       against the documents in another folder
  koppla diff origin/main --format markdown      a comment for a pull request
  koppla diff main --exit-code                   exit 1 if something changes")]
pub struct DiffArgs {
    /// A git revision, or a folder with a project
    pub old: String,
    /// What it is compared with: a git revision or a folder (default: the documents as they lie here)
    pub new: Option<String>,
    /// Only this sync
    #[arg(long, value_name = "NAME")]
    pub sync: Option<String>,
    /// The date that is taken for today (default: today)
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    /// How the review is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: ReviewFormat,
    /// Write into this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit 1 if something changes
    #[arg(long)]
    pub exit_code: bool,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla pause`
#[derive(Debug, Args)]
#[command(after_long_help = "\
The word under `status` in the document of the sync is changed, and nothing else. Preview, map and plan work all the
same.

Examples:
  koppla pause exempelkommun-haldor      nothing is written until it is resumed")]
pub struct PauseArgs {
    /// The sync.
    #[command(flatten)]
    pub standing: StandingArgs,
}

/// `koppla resume`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla resume exempelkommun-haldor     a paused sync goes on where it was")]
pub struct ResumeArgs {
    /// The sync.
    #[command(flatten)]
    pub standing: StandingArgs,
}

/// Which sync is paused or resumed.
#[derive(Debug, Args)]
pub struct StandingArgs {
    /// The name of the sync
    pub sync: String,
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `koppla secret`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla secret verification-code 21QW00     a code by which a school and a learning platform know each other")]
pub struct SecretArgs {
    /// Which secret.
    #[command(subcommand)]
    pub kind: SecretKind,
}

/// The secrets that are made.
#[derive(Debug, Subcommand)]
pub enum SecretKind {
    /// A code by which a school and a learning platform know each other
    VerificationCode(VerificationCodeArgs),
}

/// `koppla secret verification-code`
#[derive(Debug, Args)]
#[command(after_long_help = "\
The code begins with the BRIN and the location of the school and has 30 characters. It is typed into the
administration of the school and into the learning platform. Whoever removes it pauses the exchange, whoever sets it
again resumes it.

Examples:
  koppla secret verification-code 21QW00                          print a code
  koppla secret verification-code 21QW00 --out secrets/snappet    keep it in a file that its owner alone may read")]
pub struct VerificationCodeArgs {
    /// The BRIN of the school with its location, six characters
    #[arg(value_name = "BRIN")]
    pub brin: String,
    /// Write into this file, which must not be there yet, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `koppla functions`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla functions                       every function with what it does, by family
  koppla functions phone                 signature, absence, failure and examples of one
  koppla functions --format json         the same for programs")]
pub struct FunctionsArgs {
    /// The name of a function
    pub name: Option<String>,
    /// The format.
    #[command(flatten)]
    pub format: FormatArg,
}

/// `koppla new`
#[derive(Debug, Args)]
#[command(after_long_help = "\
The project is green as it lies: two systems of files with invented people, a mapping, a sync with its overlay,
cases, pipelines for GitHub and GitLab, a hook for commits, settings for editors.

Examples:
  koppla new norrskolan                  a project in the folder norrskolan
  koppla new norrskolan --folder .       in this folder, which must be empty")]
pub struct NewArgs {
    /// The name of its sync: small letters, digits, hyphens
    pub name: String,
    /// The folder (default: the name)
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Say nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// `koppla try`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla try                             check, preview and run an example, twice, in a folder of its own
  koppla try --folder /tmp/koppla        in this folder")]
pub struct TryArgs {
    /// The folder that the example is put into
    #[arg(long, value_name = "DIR", default_value = ".koppla-try")]
    pub folder: PathBuf,
}

/// `koppla schema`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla schema                    one schema for all documents; the first key says which part holds
  koppla schema mapping            the schema of mappings alone
  koppla schema --out .koppla      a file for each kind, for the settings of an editor")]
pub struct SchemaArgs {
    /// model, system, mapping, sync, provider, table or test
    pub kind: Option<String>,
    /// Write koppla.schema.json and a file for each kind into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "kind")]
    pub out: Option<PathBuf>,
}

/// `koppla lsp`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  koppla lsp                       the editor says which folder it has open
  koppla lsp --project schools     the project lies in this folder")]
pub struct LspArgs {
    /// The folder of the project, if it is not the one that the editor has open
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub project: PathBuf,
}
