//! Zip files: a bundle whose members are the files of a set. What leads out of its folder is refused, and so is what was
//! made to fill the memory.

use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// A bundle never unpacks to more.
const TOTAL: u64 = 4 << 30;

/// A member that unpacks to more than this is looked at closely …
const SMALL: u64 = 16 << 20;

/// … and refused if it was packed more densely than any register is.
const RATIO: u64 = 200;

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path in the bundle, with `/`.
    pub name: String,
    /// Its bytes.
    pub content: Arc<Vec<u8>>,
}

/// Checks an archive without keeping anything of it.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    walk(bytes, &mut |_, _| {})
}

/// Unpacks the members whose names are wanted.
pub fn unpack(bytes: &[u8], wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Member>, String> {
    let mut members = Vec::new();
    walk(bytes, &mut |name, content| {
        if wanted(name) {
            let content = Arc::new(content.to_vec());
            members.push(Member { name: name.to_string(), content });
        }
    })?;
    members.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(members)
}

fn walk(bytes: &[u8], visit: &mut dyn FnMut(&str, &[u8])) -> Result<(), String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable(bytes).to_string())?;
    let mut total = 0;
    let mut content = Vec::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
                format!("member {} is protected by a password; such a file is not read", index + 1)
            }
            error => format!("member {}: {error}", index + 1),
        })?;
        let name = member.name().map(|name| name.into_owned());
        let name = name.map_err(|error| format!("member {}: {error}", index + 1))?;
        if name.starts_with('/') || name.contains('\\') || name.contains(':') || member.enclosed_name().is_none() {
            return Err(format!(
                "member {} has a name that leads out of the folder; such a file is not read",
                index + 1
            ));
        }
        if member.is_dir() {
            continue;
        }
        if member.is_symlink() {
            return Err(format!("`{name}` is a link to something else; such a file is not read"));
        }
        if !matches!(member.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(format!("`{name}` is packed in another way than by deflate, which is all that is known here"));
        }
        let limit = (TOTAL - total).min((member.compressed_size().saturating_mul(RATIO)).max(SMALL));
        content.clear();
        let mut limited = (&mut member).take(limit + 1);
        limited.read_to_end(&mut content).map_err(|error| format!("`{name}` cannot be unpacked: {error}"))?;
        if content.len() as u64 > limit {
            return Err(format!(
                "`{name}` unpacks to more than {} MB, far more than it was packed from; such a file is not read",
                limit >> 20
            ));
        }
        total += content.len() as u64;
        visit(&name, &content);
    }
    Ok(())
}

/// Why bytes cannot be read as an archive.
fn unreadable(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "the file is empty",
        [b'P', b'K', ..] => {
            "the zip file is cut off or damaged: the list of its members, which ends it, cannot be read"
        }
        _ => "it is no zip file",
    }
}

/// Packs files; the same files make the same bytes.
pub fn pack(files: &[(String, Vec<u8>)]) -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .large_file(files.iter().any(|(_, bytes)| bytes.len() as u64 >= 1 << 32));
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options).map_err(io::Error::other)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish().map_err(io::Error::other)?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked() {
        let files = [("b.csv".to_string(), b"id\n1\n".to_vec()), ("a.csv".to_string(), "Åsa".as_bytes().to_vec())];
        let packed = pack(&files).expect("a zip file");
        assert_eq!(packed, pack(&files).expect("a zip file"));
        let members = unpack(&packed, &|_| true).expect("members");
        let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(names, ["a.csv", "b.csv"]);
        assert_eq!(*members[0].content, "Åsa".as_bytes());
        assert_eq!(unpack(&packed, &|name| name == "b.csv").expect("members").len(), 1);
    }

    #[test]
    fn names_that_lead_out_of_the_folder_are_refused() {
        for name in ["../a.csv", "/etc/a.csv", "a/../../b.csv", "c:\\a.csv", "..\\a.csv"] {
            let packed = pack(&[(name.to_string(), b"x".to_vec())]).expect("a zip file");
            let why = check(&packed).expect_err(name);
            assert!(why.contains("leads out of the folder"), "{name}: {why}");
        }
    }

    #[test]
    fn bombs_are_refused() {
        let packed = pack(&[("a.csv".to_string(), vec![b' '; 64 << 20])]).expect("a zip file");
        assert!(packed.len() < 1 << 20);
        let why = check(&packed).expect_err("a bomb");
        assert!(why.contains("unpacks to more than 16 MB"), "{why}");
        assert!(check(b"PK\x03\x04 and nothing else").is_err());
    }
}
