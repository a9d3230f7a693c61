//! Commands that `herald-studio` runs.

use std::fs;

use crate::support::sandbox::{Sandbox, herald_alone, run, write_program};

const COMMANDS: [&[&str]; 8] = [
    &["choose"],
    &["status", "--watch"],
    &["pack", "install", "gh:owner/repo/peon@v1", "--force"],
    &["pack", "install", "https://example.com/a.tar.gz", "--json"],
    &["pack", "install", "registry:peon"],
    &["pack", "install", "missing.ZIP"],
    &["pack", "search", "orc", "two words"],
    &["pack", "update", "--json"],
];

#[test]
fn it_gets_the_arguments_and_its_exit_code_is_heralds() {
    let (sandbox, dir) = (Sandbox::new(), herald_alone());
    let script = "printf '<%s>' \"$@\"\necho complaint >&2\nexit 7\n";
    write_program(&dir.path().join("herald-studio"), script);
    for args in COMMANDS {
        let mut command = sandbox.command(dir.path().join("herald"));
        command.args(args);
        let output = run(command, b"");
        let expected: String = args.iter().map(|arg| format!("<{arg}>")).collect();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
        assert_eq!(output.stderr, b"complaint\n");
        assert_eq!(output.status.code(), Some(7));
    }
}

#[test]
fn without_it_the_error_says_how_to_have_it() {
    let (sandbox, dir) = (Sandbox::new().with("PATH", "/nonexistent"), herald_alone());
    for args in COMMANDS {
        let mut command = sandbox.command(dir.path().join("herald"));
        command.args(args);
        let output = run(command, b"");
        let why = String::from_utf8(output.stderr).unwrap();
        assert!(why.starts_with("error: cannot start"), "{why}");
        assert!(
            why.ends_with("\nhint: cargo xtask install --studio\n"),
            "{why}"
        );
        assert_eq!(output.status.code(), Some(1));
    }
    // A directory needs no other program, whatever it is called.
    let project = sandbox.path("project");
    fs::create_dir(project.join("pack.zip")).unwrap();
    let mut command = sandbox.command(dir.path().join("herald"));
    command
        .current_dir(project)
        .args(["pack", "install", "pack.zip"]);
    let why = String::from_utf8(run(command, b"").stderr).unwrap();
    assert!(why.contains("no openpeon.json in pack.zip"), "{why}");
}
