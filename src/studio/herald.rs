//! Runs plain commands of `herald`: whatever a screen does, it does by one of them.

use std::io;
use std::process::{Child, Command, Output, Stdio};

use herald_audio::internals::system::external::of_herald;

/// The command, with its words as a person would type them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plain(pub(crate) Vec<String>);

impl Plain {
    pub(crate) fn new(args: &[&str]) -> Self {
        Self(args.iter().map(|arg| (*arg).to_owned()).collect())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(of_herald("herald"));
        command.args(&self.0);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self) -> io::Result<Output> {
        self.command().output()
    }

    /// Starts it. Nothing that it says is read, but for its standard output.
    pub(crate) fn start(&self) -> io::Result<Child> {
        self.command().stderr(Stdio::null()).spawn()
    }

    /// What it has done, in a line: its first one, or its error.
    pub(crate) fn done(&self) -> String {
        let first = |text: &[u8]| {
            let text = String::from_utf8_lossy(text);
            text.lines().next().unwrap_or_default().to_owned()
        };
        match self.run() {
            Ok(output) if output.status.success() => first(&output.stdout),
            Ok(output) => first(&output.stderr),
            Err(error) => format!("error: cannot run herald: {error}"),
        }
    }
}
