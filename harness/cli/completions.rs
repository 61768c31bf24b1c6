//! `tightfit completions` and `tightfit man`: what shells and `man` want to know, from the options themselves.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use tightfit::{RunError, reports::write};

use super::{args::Arguments, output};

/// Prints a shell's completions.
pub(crate) fn completions(shell: Shell) -> Result<(), RunError> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "tightfit", &mut text);
    output::print(&String::from_utf8_lossy(&text))
}

/// Prints the manual page, or writes those of all commands to a folder.
pub(crate) fn man(out: Option<&Path>) -> Result<(), RunError> {
    let mut command = Arguments::command();
    let Some(folder) = out else { return output::print(&String::from_utf8_lossy(&page(command))) };
    std::fs::create_dir_all(folder)
        .map_err(|problem| RunError::File { path: folder.display().to_string(), problem })?;
    command.build();
    let mut pages = vec![("tightfit".to_owned(), page(command.clone()))];
    collect(&command, "tightfit", &mut pages);
    let files: Vec<_> = pages.into_iter().map(|(name, page)| (folder.join(format!("{name}.1")), page)).collect();
    write::files(&files)?;
    output::note(&format!("wrote {} pages to {}", files.len(), folder.display()));
    Ok(())
}

/// Adds the pages of a command's commands, named as `git` names its own: `tightfit-trace-info`.
fn collect(command: &clap::Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) {
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        let name = format!("{name}-{}", inner.get_name());
        // A page's title is its command's name.
        let titled: &'static str = Box::leak(name.clone().into_boxed_str());
        pages.push((name.clone(), page(inner.clone().name(titled))));
        collect(inner, &name, pages);
    }
}

fn page(command: clap::Command) -> Vec<u8> {
    let mut text = Vec::new();
    Man::new(command).render(&mut text).expect("into memory");
    text
}
