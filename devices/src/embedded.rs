//! The profiles that are built into the program, and the parts that several of them are built on.

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

/// Chips and systems: what a profile may name as its `base` besides another profile. Sorted by name.
const PARTS: &[(&str, &str)] = &[
    ("a15", include_str!("../socs/a15.toml")),
    ("a17-pro", include_str!("../socs/a17-pro.toml")),
    ("a18-pro", include_str!("../socs/a18-pro.toml")),
    ("a19-pro", include_str!("../socs/a19-pro.toml")),
    ("android", include_str!("../systems/android.toml")),
    ("iphone", include_str!("../systems/iphone.toml")),
    ("iphone-12gb", include_str!("../systems/iphone-12gb.toml")),
    ("iphone-6gb", include_str!("../systems/iphone-6gb.toml")),
    ("iphone-8gb", include_str!("../systems/iphone-8gb.toml")),
    ("m1-max", include_str!("../socs/m1-max.toml")),
    ("macbook", include_str!("../systems/macbook.toml")),
    ("snapdragon-8-gen-3", include_str!("../socs/snapdragon-8-gen-3.toml")),
    ("snapdragon-8-gen-5", include_str!("../socs/snapdragon-8-gen-5.toml")),
];

/// Text of an embedded profile.
pub(crate) fn profile(name: &str) -> Option<&'static str> {
    text(PROFILES, name)
}

/// Text of what a profile may be built on.
pub(crate) fn base(name: &str) -> Option<&'static str> {
    text(PARTS, name).or_else(|| profile(name))
}

/// Names of what a profile may be built on.
pub(crate) fn bases() -> Vec<&'static str> {
    PARTS.iter().chain(PROFILES).map(|(name, _)| *name).collect()
}

fn text(files: &'static [(&str, &str)], name: &str) -> Option<&'static str> {
    files.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

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
