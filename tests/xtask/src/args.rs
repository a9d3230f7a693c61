//! The command line.

use crate::dist::Registry;
use crate::failure::Failure;
use crate::install::{EXTRAS, Extra};
use crate::steps::Scope;

pub(crate) const USAGE: &str = "\
Herald's chores. They need the Rust toolchain and set up the rest.

Usage: cargo xtask <COMMAND>

Commands:
  first-sound      Install what the build needs, build, and make the first sound
  install          Install what the build needs, then herald and herald-player into Cargo's bin
                   directory; on Linux herald is linked statically, which starts soonest
  install --fleet  As well: herald-relay, to hear agents on other machines
  install --studio As well: herald-studio, which fetches sound packs and draws screens
  test             Install what the tests need and run them: formatting, lints, the library, the
                   programs, the C library, and the loom models in the small; some minutes
  test --all       As well: the other features, the public interface, the models in full, random
                   schedules, ThreadSanitizer, the fuzzer, the Python package, the benches once
  test --stress N  Run Herald's tests N times in changing order on a machine made busy, and show
                   what failed how often, in all such rounds since the last build
  test --soak      Run for minutes what could fail once in a thousand times
  test --fuzz N    Run every target of the fuzzer for N seconds
  test --dist      Build what is released for Linux, and install each of it where nothing else is
  test --agents [codex]
                   Run Codex, Qwen Code, Gemini CLI and OpenCode with Herald, or Codex alone, offline,
                   against a stub of their models (the first time downloads 1 GB from npm)
  lint             Check the workflows, and the licences and sources of all dependencies
  lint --advisories
                   As well: known vulnerabilities, from the RustSec database (needs the network)
  dist [TARGET...] Build what is installed without Rust, into target/dist: archives, wheels and
                   Debian packages for the targets (by default this machine's), checksums, install.sh
  dist --again [TARGET...]
                   Build them once more elsewhere: the same source must give the same bytes
  dist --finish    Write checksums, install.sh and the Homebrew formula for all in target/dist
  publish github|crates|pypi [--dry-run]
                   Publish what is in target/dist, or the packages; for the release workflow
  python           Install the Python package into an environment of its own and test it there
  order            Record which functions a hook runs, so that the linker puts them side by side
  pictures         Record the pictures of the documentation: the terminal, the modules' imports
  site             Build the website into target/site, follow its links, and try it in a browser

Examples:
  cargo xtask first-sound     # from a fresh clone to a sound (or, with no sound device, a WAV file)
  cargo xtask install         # then hook it into your agent
  cargo xtask test            # while working
  cargo xtask test --all      # what CI runs
  cargo xtask test --stress 20

System packages are installed with apt-get alone (Debian, Ubuntu); elsewhere the command to run
is printed. Exit codes: 0 done, 1 failed, 2 wrong usage.
";

/// What the user asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    FirstSound,
    /// With these programs.
    Install(Vec<&'static Extra>),
    Test(Scope),
    /// So many rounds.
    Stress(u32),
    Lint {
        advisories: bool,
    },
    Python,
    Order,
    Pictures,
    Site,
    /// What is released, for these targets.
    Dist(Vec<String>),
    /// The same once more, to compare with.
    DistAgain(Vec<String>),
    DistFinish,
    Publish {
        registry: Registry,
        dry_run: bool,
    },
}

pub(crate) fn parse(args: &[String]) -> Result<Task, Failure> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if args.iter().any(|arg| matches!(*arg, "--help" | "-h")) {
        return Ok(Task::Help);
    }
    match *args.as_slice() {
        [] | ["help"] => Ok(Task::Help),
        ["first-sound"] => Ok(Task::FirstSound),
        ["install", ref options @ ..] => extras(options).map(Task::Install),
        ["test"] => Ok(Task::Test(Scope::Quick)),
        ["test", "--all"] => Ok(Task::Test(Scope::All)),
        ["test", "--soak"] => Ok(Task::Test(Scope::Soak)),
        ["test", "--agents"] => Ok(Task::Test(Scope::Agents)),
        ["test", "--agents", "codex"] => Ok(Task::Test(Scope::Codex)),
        ["test", "--dist"] => Ok(Task::Test(Scope::Dist)),
        ["test", "--stress", rounds] => number("rounds", rounds).map(Task::Stress),
        ["test", "--fuzz", seconds] => {
            number("seconds", seconds).map(|seconds| Task::Test(Scope::Fuzz(seconds)))
        }
        ["test", option @ ("--stress" | "--fuzz")] => {
            Err(Failure::usage(format!("{option} needs a number")))
        }
        ["lint"] => Ok(Task::Lint { advisories: false }),
        ["lint", "--advisories"] => Ok(Task::Lint { advisories: true }),
        ["python"] => Ok(Task::Python),
        ["order"] => Ok(Task::Order),
        ["pictures"] => Ok(Task::Pictures),
        ["site"] => Ok(Task::Site),
        ["dist", "--finish"] => Ok(Task::DistFinish),
        ["dist", "--again", ref targets @ ..] => targets_in(targets).map(Task::DistAgain),
        ["dist", ref targets @ ..] => targets_in(targets).map(Task::Dist),
        ["publish", registry] => publish(registry, false),
        ["publish", registry, "--dry-run"] => publish(registry, true),
        [
            "first-sound" | "python" | "order" | "pictures" | "site",
            extra,
            ..,
        ]
        | ["lint", "--advisories", extra, ..]
        | ["lint", extra, ..]
        | [
            "test",
            "--all" | "--soak" | "--agents" | "--dist",
            extra,
            ..,
        ]
        | ["test", "--stress" | "--fuzz", _, extra, ..]
        | ["test", extra, ..] => Err(usage("argument", extra)),
        [command, ..] => Err(usage("command", command)),
    }
}

fn extras(options: &[&str]) -> Result<Vec<&'static Extra>, Failure> {
    let extra = |option: &&str| {
        let named = EXTRAS.iter().find(|extra| extra.option == *option);
        named.ok_or_else(|| usage("argument", option))
    };
    options.iter().map(extra).collect()
}

fn targets_in(args: &[&str]) -> Result<Vec<String>, Failure> {
    match args.iter().find(|arg| arg.starts_with('-')) {
        Some(option) => Err(usage("argument", option)),
        None => Ok(args.iter().map(|&arg| arg.to_owned()).collect()),
    }
}

fn publish(registry: &str, dry_run: bool) -> Result<Task, Failure> {
    let registry = match registry {
        "github" => Registry::GitHub,
        "crates" => Registry::Crates,
        "pypi" => Registry::PyPi,
        unknown => return Err(usage("registry", unknown)),
    };
    Ok(Task::Publish { registry, dry_run })
}

/// How many `of` something; at least one.
fn number(of: &str, arg: &str) -> Result<u32, Failure> {
    match arg.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err(usage(&format!("number of {of}"), arg)),
    }
}

fn usage(what: &str, arg: &str) -> Failure {
    Failure::usage(format!("unknown {what} '{arg}' (see cargo xtask --help)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, Failure> {
        let args: Vec<String> = line.split_whitespace().map(String::from).collect();
        parse(&args)
    }

    #[test]
    fn commands() {
        assert_eq!(parsed("first-sound"), Ok(Task::FirstSound));
        assert_eq!(parsed("install"), Ok(Task::Install(Vec::new())));
        for extra in &EXTRAS {
            let line = format!("install {}", extra.option);
            assert_eq!(parsed(&line), Ok(Task::Install(vec![extra])));
        }
        assert_eq!(parsed("test"), Ok(Task::Test(Scope::Quick)));
        assert_eq!(parsed("test --all"), Ok(Task::Test(Scope::All)));
        assert_eq!(parsed("test --stress 20"), Ok(Task::Stress(20)));
        assert_eq!(parsed("test --soak"), Ok(Task::Test(Scope::Soak)));
        assert_eq!(parsed("test --agents"), Ok(Task::Test(Scope::Agents)));
        let codex = parsed("test --agents codex");
        assert_eq!(codex, Ok(Task::Test(Scope::Codex)));
        assert_eq!(parsed("test --dist"), Ok(Task::Test(Scope::Dist)));
        assert_eq!(parsed("test --fuzz 60"), Ok(Task::Test(Scope::Fuzz(60))));
        assert_eq!(parsed("lint"), Ok(Task::Lint { advisories: false }));
        let advisories = Ok(Task::Lint { advisories: true });
        assert_eq!(parsed("lint --advisories"), advisories);
        assert_eq!(parsed("python"), Ok(Task::Python));
        assert_eq!(parsed("pictures"), Ok(Task::Pictures));
        assert_eq!(parsed("site"), Ok(Task::Site));
        assert_eq!(parsed("dist"), Ok(Task::Dist(Vec::new())));
        let targets = ["a-target", "another"].map(String::from).to_vec();
        assert_eq!(
            parsed("dist a-target another"),
            Ok(Task::Dist(targets.clone()))
        );
        assert_eq!(
            parsed("dist --again a-target another"),
            Ok(Task::DistAgain(targets))
        );
        assert_eq!(parsed("dist --finish"), Ok(Task::DistFinish));
        for (line, registry, dry_run) in [
            ("publish github", Registry::GitHub, false),
            ("publish crates --dry-run", Registry::Crates, true),
            ("publish pypi", Registry::PyPi, false),
        ] {
            assert_eq!(
                parsed(line),
                Ok(Task::Publish { registry, dry_run }),
                "{line}"
            );
        }
    }

    /// What is shown is what there is.
    #[test]
    fn lines_in_the_documentation_are_understood() {
        let readme = include_str!("../../../README.md");
        let contributing = include_str!("../../../.github/CONTRIBUTING.md");
        let shown = |page: &'static str| {
            let lines = page.lines();
            let lines = lines.filter_map(|line| line.strip_prefix("cargo xtask "));
            let lines = lines.filter_map(|line| line.split('#').next());
            lines.map(str::trim).collect::<Vec<_>>()
        };
        assert_eq!(shown(readme), ["first-sound", "install", "test"]);
        assert_eq!(shown(contributing), ["test", "order", "pictures"]);
        for line in [shown(readme), shown(contributing)].concat() {
            assert!(!matches!(parsed(line), Ok(Task::Help) | Err(_)), "{line}");
        }
    }

    #[test]
    fn help_is_shown_when_asked_for_or_when_nothing_is() {
        for line in ["", "help", "--help", "-h", "test --help", "first-sound -h"] {
            assert_eq!(parsed(line), Ok(Task::Help), "{line}");
        }
    }

    #[test]
    fn unknown_arguments_are_usage_errors() {
        for (line, named) in [
            ("frist-sound", "command 'frist-sound'"),
            ("--fast", "command '--fast'"),
            ("test --slow", "argument '--slow'"),
            ("test --fast", "argument '--fast'"),
            ("test --all twice", "argument 'twice'"),
            ("test --stress", "needs a number"),
            ("test --fuzz", "--fuzz needs a number"),
            ("test --fuzz 0", "number of seconds '0'"),
            ("test --soak 1", "argument '1'"),
            ("lint now", "argument 'now'"),
            ("lint --advisories now", "argument 'now'"),
            ("dist --all", "argument '--all'"),
            ("publish", "command 'publish'"),
            ("publish npm", "registry 'npm'"),
            ("test --stress many", "number of rounds 'many'"),
            ("test --stress 0", "number of rounds '0'"),
            ("test --stress 2 3", "argument '3'"),
            ("first-sound now", "argument 'now'"),
            ("install --all", "argument '--all'"),
            ("python 2", "argument '2'"),
            ("site 2", "argument '2'"),
        ] {
            let failure = parsed(line).unwrap_err();
            assert!(failure.to_string().contains(named), "{failure}");
            assert_eq!(
                format!("{:?}", failure.exit_code()),
                format!("{:?}", std::process::ExitCode::from(2))
            );
        }
    }
}
