//! The profiles that are built into the program.

/// Name and text of every embedded profile, sorted by name; a test holds it to the folder.
pub(crate) const PROFILES: &[(&str, &str)] = &[
    ("iphone-13-pro", include_str!("../profiles/iphone-13-pro.toml")),
    ("iphone-15-pro", include_str!("../profiles/iphone-15-pro.toml")),
    ("iphone-15-pro-max", include_str!("../profiles/iphone-15-pro-max.toml")),
    ("iphone-16-pro", include_str!("../profiles/iphone-16-pro.toml")),
    ("iphone-17-pro", include_str!("../profiles/iphone-17-pro.toml")),
    ("macbook-pro-m1-max", include_str!("../profiles/macbook-pro-m1-max.toml")),
    ("oneplus-12", include_str!("../profiles/oneplus-12.toml")),
    ("oneplus-15r", include_str!("../profiles/oneplus-15r.toml")),
];

/// The names alone, in the same order.
pub(crate) const NAMES: &[&str] = &names();

const fn names() -> [&'static str; PROFILES.len()] {
    let mut names = [""; PROFILES.len()];
    let mut index = 0;
    while index < PROFILES.len() {
        names[index] = PROFILES[index].0;
        index += 1;
    }
    names
}
