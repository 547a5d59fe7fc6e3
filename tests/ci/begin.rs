//! `koppla new`, and the pieces for pipelines that it writes and the README shows.

use crate::repository::{commit, git};
use crate::scene::{koppla, text, validator};
use koppla::shell::{Exit, library};
use koppla::world::TestWorld;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A new project in a scratch repository of its own.
fn begun() -> TestWorld {
    let world = TestWorld::new();
    koppla("new exempelskolan --folder .", &world).ends(Exit::Done).says(&["exempelskolan.sync.yaml", "next: "]);
    git(&world, &["init", "--quiet", "--initial-branch=main"]);
    commit(&world, "A new project");
    git(&world, &["update-ref", "refs/remotes/origin/main", "main"]);
    world
}

/// Runs commands as a pipeline does, stopping at the first that fails; what they print, and the exit code.
fn shell(world: &TestWorld, commands: &str, environment: &[(&str, &str)]) -> (String, i32) {
    let program = Path::new(env!("CARGO_BIN_EXE_koppla")).parent().expect("the folder of the program");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let folder: PathBuf = world.folder().to_path_buf();
    let output = Command::new("bash")
        .args(["-e", "-o", "pipefail", "-c", commands])
        .current_dir(&folder)
        .env("PATH", path)
        .env("HOME", &folder)
        .envs(environment.iter().copied())
        .output()
        .expect("bash runs");
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8(said).expect("output in UTF-8"), output.status.code().unwrap_or(-1))
}

/// The commands behind `run:` in a workflow, one text for each step.
fn steps(workflow: &str) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    let mut inside = false;
    for line in workflow.lines() {
        match line.trim().strip_prefix("run: ") {
            Some("|") => {
                steps.push(String::new());
                inside = true;
            }
            Some(command) => steps.push(command.to_string()),
            None if inside && line.starts_with("          ") => {
                let step = steps.last_mut().expect("a step");
                step.push_str(line.trim());
                step.push('\n');
            }
            None => inside = false,
        }
    }
    steps
}

#[test]
fn a_new_project_is_green() {
    let world = begun();
    koppla("check --deny warnings", &world).ends(Exit::Done).says(&["no findings"]);
    koppla("test --coverage", &world).ends(Exit::Done).says(&["3 passed, 0 failed", "everything is touched by a case"]);
    koppla("fmt --check", &world).ends(Exit::Done);
    koppla("overlay", &world).ends(Exit::Done).says(&["E-mail"]);
    koppla("preview", &world).ends(Exit::Done).says(&["3 changes; nothing was written"]);
    koppla("run --quiet", &world).ends(Exit::Done).says(&["3 changes written"]);
    koppla("run --quiet", &world).ends(Exit::Done).says(&["0 changes written"]);
    assert_eq!(git(&world, &["status", "--porcelain"]), "", "what a run leaves behind is kept out of version control");
    koppla("test --mutate", &world).ends(Exit::Done).says(&["0 not"]);
}

#[test]
fn a_new_project_has_settings_that_an_editor_can_use() {
    let world = begun();
    let json = |path: &str| -> Value { serde_json::from_str(&text(&world, path)).expect("JSON") };
    let settings = json(".vscode/settings.json");
    let server = &settings["glspc.server.command"];
    let arguments = settings["glspc.server.commandArguments"].as_array().expect("arguments");
    let arguments: Vec<&str> = arguments.iter().filter_map(Value::as_str).collect();
    assert_eq!((server.as_str(), arguments.as_slice()), (Some("koppla"), ["lsp"].as_slice()));
    assert!(json(".vscode/extensions.json")["recommendations"][0].as_str().is_some_and(readme));
    let schemas = settings["yaml.schemas"].as_object().expect("schemas");
    let (path, patterns) = schemas.iter().next().expect("a schema");
    let schema = validator(&text(&world, path));
    for own in ["register--directory.mapping.yaml", "exempelskolan.sync.yaml", "systems/directory/system.yaml"] {
        let ending = own.rsplit('/').next().expect("a name").split_once('.').expect("an ending").1;
        let pattern = if ending == "yaml" { "system.yaml".to_string() } else { format!("*.{ending}") };
        assert!(patterns.as_array().expect("patterns").contains(&Value::from(pattern)), "{own}");
    }
    assert!(
        schema.is_valid(&serde_json::json!({ "sync": "a", "left": { "system": "b" }, "right": { "system": "c" } }))
    );
    assert!(!schema.is_valid(&serde_json::json!({ "sync": "a", "lft": { "system": "b" } })));
}

/// True if the README says something.
fn readme(word: &str) -> bool {
    include_str!("../../README.md").contains(word)
}

#[test]
fn nothing_is_written_over_and_a_name_is_one() {
    let world = TestWorld::new();
    koppla("new skola", &world).ends(Exit::Done);
    assert!(text(&world, "skola/skola.sync.yaml").contains("sync: skola\n"));
    koppla("new skola", &world).ends(Exit::Usage).says(&["skola holds something already"]);
    for name in ["Skola", "å", "-a", "a--b", "a/b", ".."] {
        let said = crate::scene::words(&["new", "--", name], &world).ends(Exit::Usage);
        said.says(&["is no name"]);
    }
}

#[test]
fn the_workflow_for_github_checks_tests_and_tells() {
    let world = begun();
    let steps = steps(&text(&world, ".github/workflows/koppla.yml"));
    assert_eq!(steps.len(), 3, "{steps:#?}");
    let folder = world.folder().display().to_string();
    let environment =
        [("GITHUB_BASE_REF", "main"), ("GITHUB_WORKSPACE", folder.as_str()), ("GITHUB_STEP_SUMMARY", "summary.md")];
    for step in &steps {
        let (said, code) = shell(&world, step, &environment);
        assert_eq!(code, 0, "{step}\n{said}");
    }
    assert!(text(&world, "summary.md").contains("`the documents here` against `origin/main`: no record changes"));
    let mapping = "register--directory.mapping.yaml";
    world.put(mapping, text(&world, mapping).replace("{given_name} {family_name}", "{family_name} {given_name}"));
    let (said, code) = shell(&world, &steps[1], &environment);
    assert!(code == 1 && said.contains("::error file=register--directory.test.yaml,line=5"), "{said}");
    let (said, code) = shell(&world, &steps[2], &environment);
    assert!(code == 0 && text(&world, "comment.md").contains("records **3 changed**"), "{said}");
}

#[test]
fn the_job_for_gitlab_does_the_same() {
    let world = begun();
    let job = text(&world, ".gitlab-ci.yml");
    let (_, script) = job.split_once("  script:\n").expect("a script");
    let script: Vec<&str> = script.lines().map_while(|line| line.strip_prefix("    - ")).collect();
    let base = git(&world, &["rev-parse", "HEAD"]);
    let run = || shell(&world, &script.join("\n"), &[("CI_MERGE_REQUEST_DIFF_BASE_SHA", &base)]);
    let (said, code) = run();
    assert!(script.len() == 4 && code == 0, "{script:#?}\n{said}");
    assert!(text(&world, "changes.md").starts_with("### What this change does"));
    assert!(text(&world, "cases.xml").contains("tests=\"3\" failures=\"0\""));
    // A case that fails fails the job, and the reviewer has the comment all the same.
    let mapping = "register--directory.mapping.yaml";
    world.put(mapping, text(&world, mapping).replace("{given_name} {family_name}", "{family_name} {given_name}"));
    let (said, code) = run();
    assert!(code == 1 && text(&world, "changes.md").contains("records **3 changed**"), "{said}");
    assert!(!text(&world, "cases.xml").contains("failures=\"0\""), "{said}");
}

#[test]
fn the_hooks_for_commits_pass_and_stop_a_slip() {
    let world = begun();
    let entries = |world: &TestWorld| -> Vec<String> {
        let config = text(world, ".pre-commit-config.yaml");
        config.lines().filter_map(|line| Some(line.split_once("entry: ")?.1.split_once(',')?.0.to_string())).collect()
    };
    let entries = entries(&world);
    assert_eq!(entries.len(), 3);
    for entry in &entries {
        let (said, code) = shell(&world, entry, &[]);
        assert_eq!(code, 0, "{entry}\n{said}");
    }
    let mapping = "register--directory.mapping.yaml";
    world.put(mapping, text(&world, mapping).replace("{family_name}", "{family_nama}"));
    assert_eq!(shell(&world, &entries[1], &[]).1, 1);
    // Git itself runs them before a commit, as pre-commit has them run.
    let who = "git -c user.name=Test -c user.email=test@koppla.example -c commit.gpgsign=false";
    let hook = world.folder().join(".git/hooks/pre-commit");
    std::fs::write(&hook, format!("#!/bin/bash -e\n{}\n", entries.join("\n"))).expect("a hook");
    let commit = format!("chmod +x .git/hooks/pre-commit; {who} commit --quiet --all --message change");
    let (said, code) = shell(&world, &commit, &[]);
    assert!(code == 1 && said.contains("family_nama"), "{said}");
    world.put(
        mapping,
        text(&world, mapping).replace("{family_nama}", "{family_name}").replace("Class:    ", "Group:    "),
    );
    let (said, code) = shell(&world, &commit, &[]);
    assert!(code == 0 && git(&world, &["log", "-1", "--format=%s"]) == "change", "{said}");
}

/// The script that comments, with an API that writes down what it is asked.
#[test]
fn the_script_of_the_workflow_writes_one_comment() {
    let world = begun();
    let workflow = text(&world, ".github/workflows/koppla.yml");
    let (_, script) = workflow.split_once("          script: |\n").expect("a script");
    let script: String =
        script.lines().map_while(|line| line.strip_prefix("            ")).map(|line| format!("{line}\n")).collect();
    let program = format!(
        r#"
const asked = [];
const context = {{ repo: {{ owner: "o", repo: "r" }}, issue: {{ number: 7 }} }};
const note = (what) => async (given) => {{ asked.push([what, given]); }};
const issues = {{ listComments: "list", updateComment: note("update"), createComment: note("create") }};
const github = {{ rest: {{ issues }}, paginate: async (list, pull) => JSON.parse(process.env.COMMENTS) }};
(async () => {{
{script}
}})().then(() => console.log(JSON.stringify(asked)));
"#
    );
    world.put("comment.js", program);
    world.put("comment.md", "### What this change does\n");
    let asked = |comments: &str| -> Value {
        // Node runs the action's scripts; without it nothing of this is shown.
        let (said, code) = shell(&world, "node comment.js", &[("COMMENTS", comments)]);
        assert_eq!(code, 0, "node (18 or later) is needed for this test: {said}");
        serde_json::from_str(&said).expect("JSON")
    };
    let first = asked("[]");
    assert_eq!((&first[0][0], &first[0][1]["issue_number"]), (&Value::from("create"), &Value::from(7)));
    let body = first[0][1]["body"].as_str().expect("a body");
    assert_eq!(body, "<!-- koppla diff -->\n### What this change does\n");
    let again = asked(r#"[{"id": 1, "body": "other"}, {"id": 3, "body": "<!-- koppla diff -->\nold"}]"#);
    assert_eq!(
        (&again[0][0], &again[0][1]["comment_id"], again.as_array().map(Vec::len)),
        (&Value::from("update"), &Value::from(3), Some(1))
    );
}

/// A block of the README that is the content of a file.
fn shown(name: &str) -> String {
    let readme = include_str!("../../README.md").replace("\r\n", "\n");
    let start = format!(" piece={name}\n");
    let (_, after) = readme.split_once(&start).unwrap_or_else(|| panic!("README.md shows {name}"));
    after.split_once("```\n").expect("the block has an end").0.to_string()
}

#[test]
fn the_readme_shows_the_pieces_as_they_are_written() {
    let files = library::example("start");
    for name in [".github/workflows/koppla.yml", ".gitlab-ci.yml", ".pre-commit-config.yaml"] {
        let (_, bytes) = files.iter().find(|(path, _)| path == name).expect("the piece is written");
        assert_eq!(shown(name), String::from_utf8_lossy(bytes), "README.md shows another {name}");
    }
    let container = include_str!("../../Containerfile");
    assert_eq!(shown("Containerfile"), container);
}

/// The image cannot be built here: it needs a network. What it copies must be there and be a package with the program that is
/// built and copied further, and its Rust must be ours.
#[test]
fn the_container_file_copies_what_there_is() {
    let container = include_str!("../../Containerfile");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let image = TestWorld::new();
    for line in
        container.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--from"))
    {
        let mut words: Vec<&str> = line.split(' ').collect();
        words.pop();
        words.iter().for_each(|word| assert!(root.join(word).exists(), "{word} is not there"));
        let copied = words.iter().map(|word| format!("cp -r '{}' .", root.join(word).display())).collect::<Vec<_>>();
        assert_eq!(shell(&image, &copied.join("\n"), &[]).1, 0, "{line}");
    }
    let build = container.lines().find_map(|line| line.strip_prefix("RUN cargo build ")).expect("a build");
    let program = build.rsplit_once("--bin ").expect("a program").1;
    let home = std::env::var("HOME").unwrap_or_default();
    let metadata = "cargo metadata --locked --offline --no-deps --format-version 1";
    let (said, code) = shell(&image, metadata, &[("HOME", home.as_str())]);
    assert!(
        code == 0 && said.contains(&format!("\"kind\":[\"bin\"],\"crate_types\":[\"bin\"],\"name\":\"{program}\"")),
        "{said}"
    );
    assert!(container.contains(&format!("COPY --from=build /koppla/target/release/{program} ")), "{container}");
    let manifest = include_str!("../../Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).expect("a version");
    assert!(container.contains(&format!("rust:{}-slim", version.trim_matches('"'))));
}
