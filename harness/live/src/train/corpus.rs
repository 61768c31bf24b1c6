//! The text of a training: Markdown files of a folder, some of them held out.

use std::path::{Path, PathBuf};

use super::recipe::Text;
use crate::{LiveError, digest};

/// What is learned from and what is not, each one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corpus {
    /// The files that are learned from, in the order of their paths.
    pub learned: String,
    /// The files that are held out, in the recipe's order.
    pub held_out: String,
}

impl Corpus {
    /// Reads every `.md` file below a folder; refuses a text other than the recipe's.
    pub fn load(folder: &Path, text: &Text) -> Result<Self, LiveError> {
        let mut paths = Vec::new();
        collect(folder, &mut paths)?;
        paths.sort();
        let names: Vec<String> = paths.iter().map(|path| relative(path, folder)).collect();
        let contents = paths.iter().map(|path| super::read(path)).collect::<Result<Vec<_>, _>>()?;
        let found = digest::of_text(&contents.concat());
        if found != text.digest {
            let problem = format!(
                "in {} has digest {found}, where the recipe names {}; get it as the recipe says: {}",
                folder.display(),
                text.digest,
                text.from
            );
            return Err(LiveError::Text { problem });
        }
        let file = |name: &String| names.iter().position(|known| known == name);
        let mut held_out = String::new();
        for name in &text.held_out {
            let place = file(name).ok_or_else(|| LiveError::Text {
                problem: format!("has no file `{name}` to hold out; correct `text.held-out` of the recipe"),
            })?;
            held_out += &contents[place];
        }
        let learned = names.iter().zip(&contents).filter(|(name, _)| !text.held_out.contains(name));
        Ok(Self { learned: learned.map(|(_, content)| content.as_str()).collect(), held_out })
    }
}

/// All `.md` files below a folder.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), LiveError> {
    let failed = |source| LiveError::Read { path: folder.to_path_buf(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
    Ok(())
}

/// With forward slashes on every system.
fn relative(path: &Path, folder: &Path) -> String {
    let parts = path.strip_prefix(folder).unwrap_or(path).components();
    parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
