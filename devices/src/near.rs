//! What was probably meant by an unknown name.

/// Most names that a suggestion lists.
const NAMES_MAX: usize = 3;

/// Most names that are listed where none is near.
const LIST_MAX: usize = 40;

/// Words that end an "unknown name" error: the nearest names if there are any near, else all of them if they are few.
#[must_use]
pub fn suggestion(name: &str, known: &[&str]) -> String {
    let near = nearest(name, known);
    if near.is_empty() && known.len() > LIST_MAX {
        format!("none of the {} known names is near: see `tightfit list`; a path must end in .toml", known.len())
    } else if near.is_empty() {
        format!("known are {}; a path must end in .toml", known.join(", "))
    } else {
        format!("did you mean {}? (a path must end in .toml)", near.join(", "))
    }
}

/// The known names nearest to `name`, best first: one where it is the same but for case and dashes, none where none is near.
#[must_use]
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Vec<&'k str> {
    let name = plain(name);
    let mut near: Vec<(usize, &str)> =
        known.iter().filter_map(|candidate| Some((nearness(&name, &plain(candidate))?, *candidate))).collect();
    near.sort_unstable();
    let best = if near.first().is_some_and(|(distance, _)| *distance == 0) { 1 } else { NAMES_MAX };
    near.into_iter().take(best).map(|(_, candidate)| candidate).collect()
}

/// Letters apart, if one contains the other or at most a quarter of the letters differ.
fn nearness(name: &str, candidate: &str) -> Option<usize> {
    let distance = distance(name, candidate);
    let contained = !name.is_empty() && (candidate.contains(name) || name.contains(candidate));
    (contained || distance * 4 <= candidate.len()).then_some(distance)
}

/// Lower case, letters and digits only: "iPhone 15 Pro" and "iphone-15-pro" are the same.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Levenshtein distance in bytes.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, a) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (column, b) in right.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_levenshtein() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }

    #[test]
    fn near_names_ignore_case_and_dashes() {
        let known = ["iphone-15-pro", "oneplus-12"];
        assert_eq!(suggestion("iPhone 15Pro", &known), "did you mean iphone-15-pro? (a path must end in .toml)");
        assert_eq!(suggestion("fridge", &known), "known are iphone-15-pro, oneplus-12; a path must end in .toml");
        let many = suggestion("fridge", &["galaxy-s23"; LIST_MAX + 1]);
        assert_eq!(many, "none of the 41 known names is near: see `tightfit list`; a path must end in .toml");
    }
}
