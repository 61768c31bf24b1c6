//! The engine has no dependencies: its manifest says so, and stays so.

#[test]
fn the_library_has_no_dependencies() {
    let manifest = include_str!("../../Cargo.toml");
    let sections: Vec<(&str, Vec<&str>)> = manifest.lines().fold(Vec::new(), |mut sections, line| {
        let line = line.trim();
        if line.starts_with('[') {
            sections.push((line, Vec::new()));
        } else if let Some((_, entries)) = sections.last_mut().filter(|_| !line.is_empty() && !line.starts_with('#')) {
            entries.push(line);
        }
        sections
    });
    let entries = |name: &str| sections.iter().find(|(section, _)| *section == name).map(|(_, entries)| entries.len());
    assert_eq!(entries("[dependencies]"), Some(0), "of the library");
    let elsewhere =
        |name: &str| name.contains("dependencies") && name != "[dependencies]" && name != "[dev-dependencies]";
    let found: Vec<_> = sections.iter().filter(|(name, _)| elsewhere(name)).collect();
    assert!(found.is_empty(), "dependencies by another name: {found:?}");
    assert!(entries("[dev-dependencies]").is_some_and(|count| count > 0), "the manifest was read");
}
