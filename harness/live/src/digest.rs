//! SHA-256 as lower-case hexadecimal: what ties a trace to its model file and its prompt.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::LiveError;

/// Digest of files' bytes one after another, read in pieces of 1 MiB.
pub(crate) fn of_files(paths: &[PathBuf]) -> Result<String, LiveError> {
    let mut hasher = Sha256::new();
    let mut piece = vec![0_u8; 1 << 20];
    for path in paths {
        let failed = |source| LiveError::Read { path: path.clone(), source };
        let mut file = File::open(path).map_err(failed)?;
        loop {
            let length = file.read(&mut piece).map_err(failed)?;
            if length == 0 {
                break;
            }
            hasher.update(&piece[..length]);
        }
    }
    Ok(hexadecimal(&hasher.finalize()))
}

/// Digest of a text's UTF-8 bytes.
pub(crate) fn of_text(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_the_published_ones() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(of_text("abc"), abc, "the example of FIPS 180-2");
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "abc").expect("written");
        assert_eq!(of_files(&[file.path().to_path_buf()]).expect("read"), abc);
        let halves = ["a", "bc"].map(|half| {
            let file = tempfile::NamedTempFile::new().expect("a temporary file");
            std::fs::write(file.path(), half).expect("written");
            file
        });
        let paths = halves.each_ref().map(|file| file.path().to_path_buf());
        assert_eq!(of_files(&paths).expect("read"), abc, "files are taken as one");
    }
}
