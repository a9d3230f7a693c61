//! Programs that run another program named in their arguments.

use crate::policy::arguments::{has, verbs};

/// How a program runs another.
#[derive(Debug)]
pub(super) struct Runner {
    name: &'static str,
    /// The required subcommand, if any: words, with `|` between alternatives.
    verb: &'static str,
    /// The short options that take a value.
    values: &'static str,
    /// The number of operands before the program that it runs.
    operands: usize,
    start: Start,
    /// Whether it passes the rest to a shell.
    is_text: bool,
    /// Runs a shell if no program is named: always, or with one of these short options.
    shell: Option<&'static str>,
}

/// Where the other program may begin.
#[derive(Debug)]
enum Start {
    /// After options and operands.
    Operand,
    /// After one of these words.
    Behind(&'static [&'static str]),
    /// Anywhere, because options take several values.
    Anywhere,
}

/// Sorted by name.
static RUNNERS: &[Runner] = &[
    of("asdf").verb("exec"),
    of("builtin"),
    of("bun").verb("x"),
    of("bundle").verb("exec"),
    of("bunx"),
    of("busybox"),
    of("bwrap").start(Start::Anywhere),
    of("caffeinate").values("tw"),
    of("chroot").operands(1).shell(""),
    of("chrt").values("DPpT").operands(1),
    of("command"),
    of("conda").verb("run").values("np"),
    of("corepack"),
    of("cross-env"),
    of("dbus-run-session"),
    of("direnv").verb("exec").operands(1),
    of("doas").values("aCu").shell("s"),
    of("eatmydata"),
    of("env").values("CSu"),
    of("exec").values("a"),
    of("fakeroot").values("bils").shell(""),
    of("faketime").operands(1),
    of("fd").start(Start::Behind(&["-x", "--exec", "-X", "--exec-batch"])),
    of("find").start(Start::Behind(&["-exec", "-execdir", "-ok", "-okdir"])),
    of("firejail").shell(""),
    of("flock").values("Ew").operands(1),
    of("git").verb("bisect run"),
    of("git").verb("rebase").start(Start::Behind(&["-x", "--exec"])).text(),
    of("git").verb("submodule foreach").text(),
    of("gosu").operands(1),
    of("hatch").verb("run"),
    of("ionice").values("cnPpu"),
    of("ip").verb("netns exec").operands(1),
    of("linux32"),
    of("linux64"),
    of("ltrace").values("abeEIOoPpSsuX"),
    of("mise").verb("exec|x").start(Start::Behind(&["--"])),
    of("nice").values("n"),
    of("nix").verb("develop|shell").start(Start::Behind(&["-c", "--command"])),
    of("nocorrect"),
    of("noglob"),
    of("nohup"),
    of("npm").verb("exec|x").values("cpw"),
    of("npm")
        .verb("exec|x")
        .start(Start::Behind(&["-c", "--call"]))
        .text(),
    of("npx").values("cp"),
    of("nsenter").values("GNStW").shell(""),
    of("numactl").values("CimNpPw"),
    of("parallel").values("adEIjLnPs").text().shell(""),
    of("pdm").verb("run"),
    of("perf").verb("record|stat|trace").values("CceFGIoprt"),
    of("pipenv").verb("run"),
    of("pipx").verb("run"),
    of("pkexec").shell(""),
    of("pnpm").verb("dlx|exec").values("CF"),
    of("pnpx"),
    of("poetry").verb("run"),
    of("prlimit").values("op"),
    of("proxychains").values("f"),
    of("proxychains4").values("f"),
    of("run0").values("Dgu").shell(""),
    of("runuser").values("cgGsuw"),
    of("rye").verb("run"),
    of("screen").values("cehpRrsStTXx"),
    of("script").values("BcEIomOTt").operands(1).shell(""),
    of("setarch").operands(1).shell(""),
    of("setpriv"),
    of("setsid"),
    of("sg").values("c").operands(1).text().shell(""),
    of("ssh-agent").values("aEOPt"),
    of("stdbuf").values("eio"),
    of("strace").values("abeEIOoPpSsuX"),
    of("su").values("cgGsTw"),
    of("su-exec").operands(1),
    of("sudo").values("CDghpRrTtUu").shell("is"),
    of("systemd-run").values("CEGHMpu").shell("S"),
    of("taskset").operands(1),
    of("time").values("fo"),
    of("timeout").values("ks").operands(1),
    of("tmux")
        .verb("new|new-session|neww|new-window|splitw|split-window|respawnp|respawn-pane|run|run-shell")
        .values("ceFflnpstxy")
        .text(),
    of("torify"),
    of("torsocks").values("aPpu"),
    of("toybox"),
    of("unbuffer"),
    of("unshare").values("GRSw").shell(""),
    of("uv").verb("run").values("Cfipw"),
    of("valgrind"),
    of("watch").values("dn").text(),
    of("winpty"),
    of("xargs").values("adEILnPs"),
    of("xvfb-run").values("efnpsw"),
    of("yarn").verb("dlx|exec").values("p"),
];

const fn of(name: &'static str) -> Runner {
    Runner {
        name,
        verb: "",
        values: "",
        operands: 0,
        start: Start::Operand,
        is_text: false,
        shell: None,
    }
}

impl Runner {
    const fn verb(mut self, verb: &'static str) -> Self {
        self.verb = verb;
        self
    }

    const fn values(mut self, values: &'static str) -> Self {
        self.values = values;
        self
    }

    const fn operands(mut self, operands: usize) -> Self {
        self.operands = operands;
        self
    }

    const fn start(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    const fn text(mut self) -> Self {
        self.is_text = true;
        self
    }

    const fn shell(mut self, options: &'static str) -> Self {
        self.shell = Some(options);
        self
    }

    /// The entries called `name`. Long commands ask often, so this compares first letters first.
    pub(super) fn named(name: &str) -> &'static [Self] {
        let letter = name.as_bytes().first();
        let first = RUNNERS.partition_point(|runner| runner.name.as_bytes().first() < letter);
        let after = &RUNNERS[first..];
        let Some(first) = after
            .iter()
            .take_while(|runner| runner.name.as_bytes().first() == letter)
            .position(|runner| runner.name == name)
        else {
            return &[];
        };
        let after = &after[first..];
        let others = after.iter().position(|runner| runner.name != name);
        &after[..others.unwrap_or(after.len())]
    }

    /// Where the arguments after the subcommand begin, if it is present.
    pub(super) fn after_subcommand(&self, arguments: &[String]) -> Option<usize> {
        let mut at = 0;
        for verb in self.verb.split_terminator(' ') {
            let found = verbs(&arguments[at..], "").into_iter().find(|found| {
                let word = arguments[at + found].as_str();
                verb.split('|').any(|verb| verb == word)
            });
            at += found? + 1;
        }
        Some(at)
    }

    /// The possible beginnings of the other program. Both readings count where an option may take a value or
    /// not.
    pub(super) fn starts(&self, arguments: &[String]) -> Vec<usize> {
        let places = 0..arguments.len();
        match self.start {
            Start::Operand => self.after_options(arguments),
            Start::Behind(marks) => {
                let is_mark = |at: &usize| marks.contains(&arguments[*at].as_str());
                places.filter(is_mark).map(|at| at + 1).collect()
            }
            Start::Anywhere => places
                .filter(|at| !arguments[*at].starts_with('-'))
                .collect(),
        }
    }

    fn after_options(&self, arguments: &[String]) -> Vec<usize> {
        let mut starts = Vec::new();
        let mut at = 0;
        while let Some(word) = arguments.get(at) {
            let has_next = arguments
                .get(at + 1)
                .is_some_and(|next| !next.starts_with('-'));
            at += match word.as_str() {
                "--" => {
                    at += 1;
                    break;
                }
                // A flag, or an option with a value.
                long if long.starts_with("--") && !long.contains('=') && has_next => {
                    starts.push(at + 1 + self.operands);
                    2
                }
                options if options.starts_with('-') => {
                    match options[1..].find(|option| self.values.contains(option)) {
                        Some(last) if !options.starts_with("--") && last + 2 == options.len() => 2,
                        _ => 1,
                    }
                }
                _ => break,
            };
        }
        starts.push(at + self.operands);
        starts
    }

    /// The scripts that it passes to a shell.
    pub(super) fn scripts(&self, arguments: &[String]) -> Vec<String> {
        let starts = self.starts(arguments).into_iter().filter(|_| self.is_text);
        let words = starts.filter_map(|start| arguments.get(start..));
        // Separate words are a program, which was reported already.
        let is_text =
            |word: &String| word.contains([' ', '\t', '\n', ';', '&', '|', '<', '>', '(']);
        let texts = words.filter(|words| words.iter().any(is_text));
        texts.map(|words| words.join(" ")).collect()
    }

    /// Whether it runs a shell that reads standard input.
    pub(super) fn runs_shell(&self, arguments: &[String]) -> bool {
        let is_bare = || {
            let starts = self.starts(arguments);
            starts.iter().any(|start| *start >= arguments.len())
        };
        self.shell.is_some_and(|options| {
            let is_asked = options.is_empty()
                || has(arguments, self.values, options, "--shell")
                || has(arguments, self.values, "", "--login");
            is_asked && is_bare()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_looked_up_by_name() {
        assert!(RUNNERS.is_sorted_by_key(|runner| runner.name));
    }
}
