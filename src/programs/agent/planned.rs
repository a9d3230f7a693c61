//! What is to be written into an agent's files, and what was done to one.

/// What was done to a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The text after the change.
    pub text: String,
    /// Events whose hook was added or removed.
    pub events: Vec<String>,
    /// Events whose hook ran another program before.
    pub replaced: Vec<String>,
    /// Those of `replaced` whose hook was the original Herald's.
    pub originals: Vec<String>,
}

/// The command of a hook, with programs quoted if necessary.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// The program of a new hook, and of one that is stale.
    pub program: &'a str,
    /// The program that replaces the original's.
    pub in_place_of_original: &'a str,
    /// Everything behind the program of a new hook.
    pub args: &'a str,
    /// The program's path, for a hook without a shell.
    pub path: &'a str,
    /// Whether a new hook may do without a shell, if the agent can.
    pub may_exec: bool,
}

impl<'a> Command<'a> {
    /// The arguments without what only a shell understands.
    pub(super) fn plain_args(&self) -> Vec<&'a str> {
        let args = self.args.split(' ');
        args.take_while(|arg| !arg.contains('>')).collect()
    }
}

impl Planned {
    pub(super) fn of(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            events: Vec::new(),
            replaced: Vec::new(),
            originals: Vec::new(),
        }
    }
}
