//! A blessing as a line of a change log.

use super::Blessing;

/// The heading under which results stand.
const RESULTS: &str = "### Results";

/// `text`, a change log in Markdown, with the blessing under "Results" of its first section: the newest one. The heading
/// is made where that section has none. Nothing if the text has no section (`## …`).
#[must_use]
pub fn with_blessing(text: &str, blessing: &Blessing) -> Option<String> {
    let Blessing { reason, scenarios, commit, .. } = blessing;
    let line = format!("- Baselines of {} blessed on {commit}: {reason}", scenarios.join(", "));
    let lines: Vec<&str> = text.lines().collect();
    let section = lines.iter().position(|line| line.starts_with("## "))?;
    let end =
        lines[section + 1..].iter().position(|line| line.starts_with("## ")).map_or(lines.len(), |at| section + 1 + at);
    let heading = lines[section..end].iter().position(|line| line.trim_end() == RESULTS).map(|at| section + at);
    let mut out: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    match heading {
        Some(heading) => {
            // At the end of the list, before the empty line that closes it.
            let next = lines[heading + 1..end].iter().position(|line| line.starts_with('#'));
            let mut place = next.map_or(end, |at| heading + 1 + at);
            while place > heading + 1 && lines[place - 1].trim().is_empty() {
                place -= 1;
            }
            out.insert(place, line);
        }
        None => {
            out.splice(section + 1..=section, [String::new(), RESULTS.to_owned(), line]);
        }
    }
    Some(out.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn blessing() -> Blessing {
        Blessing {
            date: chrono::NaiveDate::default(),
            version: "0.1.0".to_owned(),
            commit: "525e1af".to_owned(),
            reason: "a wider window".to_owned(),
            scenarios: vec!["quickstart".to_owned()],
        }
    }

    #[test]
    fn the_line_ends_the_results_of_the_newest_section() {
        let log = "# Log\n\n## New\n\n### Results\n- One.\n\n### Features\n- Two.\n\n## Old\n\n### Results\n- Three.\n";
        assert_snapshot!(with_blessing(log, &blessing()).expect("a section"), @"
        # Log

        ## New

        ### Results
        - One.
        - Baselines of quickstart blessed on 525e1af: a wider window

        ### Features
        - Two.

        ## Old

        ### Results
        - Three.
        ");
    }

    #[test]
    fn a_section_without_results_gets_the_heading() {
        let log = "# Log\n\n## New\n\n### Features\n- Two.\n";
        assert_snapshot!(with_blessing(log, &blessing()).expect("a section"), @"
        # Log

        ## New

        ### Results
        - Baselines of quickstart blessed on 525e1af: a wider window

        ### Features
        - Two.
        ");
        assert_eq!(with_blessing("# Log\n", &blessing()), None);
    }
}
