//! A project in a scratch git repository.

use crate::scene::project;
use koppla::world::{TestWorld, World};
use std::path::Path;

/// What the register left in the night.
pub const PUPILS: &str = "PupilNo;GivenName;FamilyName;Class;Email;Marking
1001;Åsa;Öberg;7A;asa.oberg@elev.example;
1002;Örjan;Ek;7A;;
1003;Wojciech;Łukasik;7B;wojciech.lukasik@elev.example;
1004;Nour;van der Berg;;nour.vanderberg@elev.example;
1005;Ture;Testsson;7B;ture.testsson@elev.example;protected
";

/// Runs git in the folder of a world.
#[track_caller]
pub fn git(world: &TestWorld, args: &[&str]) -> String {
    let who = ["-c", "user.name=Test", "-c", "user.email=test@koppla.example", "-c", "commit.gpgsign=false"];
    let args: Vec<&str> = who.iter().chain(args).copied().collect();
    let ended = world.program("git", &args, Path::new(""), b"").expect("git is installed");
    assert!(ended.success, "git {args:?}: {}", String::from_utf8_lossy(&ended.errors));
    String::from_utf8_lossy(&ended.output).trim().to_string()
}

/// The project with its data, committed on the branch `main`.
pub fn committed() -> TestWorld {
    let world = project();
    world.put("input/pupils.csv", PUPILS);
    git(&world, &["init", "--quiet", "--initial-branch=main"]);
    commit(&world, "The project");
    world
}

/// Commits everything.
#[track_caller]
pub fn commit(world: &TestWorld, message: &str) {
    git(world, &["add", "--all"]);
    git(world, &["commit", "--quiet", "--message", message]);
}
