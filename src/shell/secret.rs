//! `koppla secret …`: makes secrets that people would otherwise invent.

use super::args::{SecretArgs, SecretKind, VerificationCodeArgs};
use super::{Exit, Out};
use crate::value::ids::Brin;
use crate::world::World;
use std::io;
use std::path::Path;

/// Characters that nobody takes for another one when a code is copied by hand.
const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Characters behind the school's own, which are six: 30 in all, where 20 to 50 are asked for.
const LENGTH: usize = 24;

/// Makes a secret.
pub fn run(args: &SecretArgs, world: &dyn World, out: &mut Out) -> Exit {
    match &args.kind {
        SecretKind::VerificationCode(args) => verification_code(args, world, out).unwrap_or_else(|exit| exit),
    }
}

/// A code by which a school's administration and a learning platform know each other (UWLR): it begins with the BRIN and
/// the location, and somebody at the school types it into both.
fn verification_code(args: &VerificationCodeArgs, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let brin = Brin::read(&args.brin).ok().filter(|brin| brin.location().is_some());
    let Some(brin) = brin else {
        out.error(&format!("{} is no BRIN with its location; it is written like 21QW00", args.brin));
        return Err(Exit::Usage);
    };
    let code = format!("{}{}", brin.text(), random_text(LENGTH, world));
    let Some(path) = &args.out else {
        out.text(&format!("{code}\n"));
        return Ok(Exit::Done);
    };
    let shown = path.display();
    match kept(path, &code, world) {
        Ok(true) => {
            out.note(&format!("the code is in {shown}, readable by its owner alone; name it as ${{file:{shown}}}"));
            Ok(Exit::Done)
        }
        Ok(false) => {
            out.error(&format!("{shown} is there already; whoever wants a new code removes it first"));
            Err(Exit::Usage)
        }
        Err(error) => {
            out.error(&format!("{shown} cannot be written: {error}"));
            Err(Exit::Usage)
        }
    }
}

/// Writes a secret into a new file; false if a file is there.
fn kept(path: &Path, secret: &str, world: &dyn World) -> io::Result<bool> {
    if world.stat(path)?.is_some() {
        return Ok(false);
    }
    let mut file = world.create(path, true)?;
    file.write_all(format!("{secret}\n").as_bytes())?;
    file.sync()?;
    Ok(true)
}

/// Letters and digits that nobody can guess, all equally likely.
fn random_text(length: usize, world: &dyn World) -> String {
    // Bytes that would make some letters likelier than others are left out.
    let most = 256 - 256 % LETTERS.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0u8; 32];
        world.random(&mut bytes);
        let usable = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < most);
        text.extend(usable.take(length - text.len()).map(|byte| char::from(LETTERS[byte % LETTERS.len()])));
    }
    text
}
