//! The decision policy: whether there is one, and which rules are ignored.

use super::finding::Finding;
use herald_audio::internals::config::{Config, ConfigIssue, Severity};
use herald_audio::internals::original;
use herald_audio::internals::policy::{self, FILE_NAME, Policy};
use herald_audio::internals::system::env::Env;
use herald_audio::internals::trust::project::Project;

const PART: &str = "policy";

pub(super) fn findings(env: &Env, config: &Config) -> Vec<Finding> {
    let project = config.project();
    let Some(policy) = Policy::load(env, config) else {
        return vec![Finding::ok(PART, "none; hooks make no decisions")];
    };
    let issues = policy.issues().iter();
    let mut findings: Vec<_> = issues
        .map(|issue| finding(issue, policy.speaks()))
        .collect();
    if policy.leaves_out_rules() {
        let what = "your policy exceeds the limits, so some rules are ignored: tool calls that no other rule decides are asked about, or denied if the agent cannot ask";
        let hint = "write fewer rules, or shorter patterns with smaller repetitions";
        findings.push(Finding::error(PART, what).with_hint(hint));
    }
    if policy.is_original() {
        let what = "HERALD_POLICY=original allows every tool call that no rule denies or asks about, without asking you";
        findings.push(
            Finding::warning(PART, what).with_hint("unset HERALD_POLICY, unless you want that"),
        );
    }
    if findings.is_empty() {
        let of_original = config.original_home().map(policy::original_file);
        let [of_user, of_project] = policy::files(env, project.map(Project::root));
        let of_project = of_project.filter(|file| !original::is_own(file, of_original.as_deref()));
        let files = [of_user, of_original, of_project].into_iter().flatten();
        let files = files.filter(|file| file.exists());
        let files: Vec<_> = files.map(|file| file.display().to_string()).collect();
        findings.push(Finding::ok(PART, files.join(", ")));
    }
    findings
}

/// What `issue` means for a policy that decides something, or nothing.
fn finding(issue: &ConfigIssue, speaks: bool) -> Finding {
    let mut finding = Finding::issue(PART, issue);
    let is_error = issue.severity == Severity::Error;
    if is_error && !speaks {
        finding.what += ", so tool calls are not checked";
    }
    let hint = match (is_error, issue.key.is_empty()) {
        (true, true) => "fix it".to_owned(),
        (true, false) => format!("fix it; until then, that part of {FILE_NAME} is ignored"),
        (false, _) => "correct or remove it".to_owned(),
    };
    finding.hint.get_or_insert(hint);
    finding
}
