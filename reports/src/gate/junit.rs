//! `JUnit` XML, in the form that Jenkins and GitLab read: a suite a scenario, a case a result, a case an expectation that
//! does not hold. What nobody can measure is said in the output of its case; a result of which nothing can be measured is
//! skipped.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Case, Judgement, Side, Verdict, text::failures};

/// The judgement as one report.
#[must_use]
pub fn junit(judgement: &Judgement) -> String {
    let mut report = Report::new("tightfit gate");
    for scenario in scenarios(judgement) {
        let mut suite = TestSuite::new(scenario);
        let of_scenario = judgement.results.iter().filter(|case| case.entry.scenario == scenario);
        suite.add_test_cases(of_scenario.map(test_case));
        for unmet in judgement.unmet.iter().filter(|unmet| unmet.scenario == scenario) {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("expectation").set_message(unmet.text.as_str());
            let mut case = TestCase::new(format!("{}: {}", unmet.label, unmet.text), status);
            case.set_classname(format!("{scenario}.expect"));
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    let text = report.to_string().expect("XML into memory");
    // Jenkins' schema (junit-10.xsd) counts what is skipped in suites only, and refuses it at the root.
    let skipped: usize = report.test_suites.iter().map(|suite| suite.skipped).sum();
    text.replacen(&format!(" skipped=\"{skipped}\""), "", 1)
}

/// Scenarios in the order of their first result.
fn scenarios(judgement: &Judgement) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    let all = judgement.results.iter().map(|case| case.entry.scenario.as_str());
    for name in all.chain(judgement.unmet.iter().map(|unmet| unmet.scenario.as_str())) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn test_case(case: &Case) -> TestCase {
    let of = |verdict| move |judged: &&super::Judged| judged.verdict == verdict;
    let unmeasured: Vec<&str> =
        case.metrics.iter().filter(of(Verdict::NotMeasurable)).map(|judged| judged.metric.as_str()).collect();
    let status = if !case.passes() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        let lines = failures(case);
        status
            .set_type(kind(case))
            .set_message(lines.first().map_or("", String::as_str))
            .set_description(lines.join("\n"));
        status
    } else if unmeasured.len() == case.metrics.len() {
        let mut status = TestCaseStatus::skipped();
        status.set_message("nothing can be measured here");
        status
    } else {
        TestCaseStatus::success()
    };
    let mut test = TestCase::new(case.label.as_str(), status);
    test.set_classname(format!("{}.{}", case.entry.scenario, case.entry.device));
    if !unmeasured.is_empty() {
        test.set_system_out(format!("not measurable: {}", unmeasured.join(", ")));
    }
    test
}

/// What kind of failure.
fn kind(case: &Case) -> &'static str {
    match case.side {
        Side::New => "new",
        Side::Missing => "missing",
        Side::Both if case.failing().any(|judged| judged.verdict == Verdict::Worse) => "worse",
        Side::Both => "changed",
    }
}
