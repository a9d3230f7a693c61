//! The parts of a tool call that rules examine: commands, the programs they run, and paths.

use serde_json::{Map, Value};

use super::pattern::{Deadline, GaveUp};
use super::shell::{self, See, Work};
use super::tag::{Subject, TAGS, Tag};
use crate::payload::text::start_of;
use crate::payload::typed::{MAX_VALUES, ToolCall, most_values};

/// The limits for the command, for all paths together (both in bytes), and for the number of paths, which
/// bound the time of a hook.
const MAX_COMMAND_LEN: usize = 64 << 10;
const MAX_PATHS_LEN: usize = 64 << 10;
const MAX_PATHS: usize = 1_000;
/// The longest text that is examined as a possible path.
const MAX_LINE_LEN: usize = 4_096;
/// Members that hold a command, a program, or (after it) its arguments. Names are in lower
/// case without `_` and `-`.
const COMMANDS: [&str; 13] = [
    "command",
    "commands",
    "commandline",
    "shellcommand",
    "cmd",
    "program",
    "executable",
    "script",
    "input",
    "prompt",
    "args",
    "arguments",
    "argv",
];
/// Members that only hold commands: if one cannot be parsed, the call is unclear.
const ONLY_COMMANDS: [&str; 5] = ["command", "commands", "commandline", "shellcommand", "cmd"];
/// Parts of member names whose values are paths.
const PATHS: [&str; 3] = ["path", "file", "target"];
/// Members whose value is a path if it is a single line.
const LINES: [&str; 3] = ["source", "destination", "uri"];
/// Words in a tool's name that mean its commands are not for a Unix shell.
const OTHERS: [&str; 5] = ["patch", "powershell", "pwsh", "slash", "slashcommand"];

/// The suffix of a path that names a file's content on Windows.
const STREAM: &str = "::$DATA";

/// The parts of a call that rules examine.
#[derive(Debug, Default)]
pub(super) struct Input {
    /// All commands as written.
    pub(super) command: String,
    /// The tags that match programs run by the commands.
    pub(super) tags: Vec<&'static str>,
    /// The commands that cannot be parsed.
    pub(super) unparsed: String,
    pub(super) paths: Vec<String>,
    /// Why the call is unclear.
    pub(super) issues: Vec<&'static str>,
}

impl Input {
    /// Reads a call; `other` are the payload's unknown fields.
    pub(super) fn of(call: &ToolCall, other: &Map<String, Value>) -> Self {
        let name = call.tool_name.as_deref().unwrap_or_default();
        let mut reader = Reader::new(name);
        match &call.tool_input {
            Some(Value::String(text)) => match json(text) {
                Some(value) => reader.take_input(&value),
                None => reader.issue("invalid_tool_input_json"),
            },
            Some(value) => reader.take_input(value),
            None => {
                if let Some(Value::String(command)) = other.get("command") {
                    reader.take_command("command", command);
                }
            }
        }
        if name.trim().is_empty() {
            reader.issue("missing_tool_name");
        }
        reader.input
    }

    /// Whether `tag` matches the call.
    pub(super) fn is_about(&self, tag: &Tag, deadline: &mut Deadline) -> Result<bool, GaveUp> {
        match tag.subject {
            Subject::Command if self.tags.contains(&tag.name) => Ok(true),
            Subject::Command if self.unparsed.is_empty() => Ok(false),
            Subject::Command => tag.is_in([&self.unparsed], deadline),
            Subject::Path => tag.is_in(&self.paths, deadline),
        }
    }
}

/// Reads the input of a call.
struct Reader {
    input: Input,
    /// Whether commands are for a Unix shell.
    has_shell: bool,
    /// The number of bytes of paths that may still be examined.
    room_for_paths: usize,
    work: Work,
}

impl Reader {
    fn new(tool: &str) -> Self {
        let tool = tool.to_ascii_lowercase();
        Self {
            input: Input::default(),
            has_shell: !tool
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| OTHERS.contains(&word)),
            room_for_paths: MAX_PATHS_LEN,
            work: Work::default(),
        }
    }

    fn issue(&mut self, issue: &'static str) {
        if !self.input.issues.contains(&issue) {
            self.input.issues.push(issue);
        }
    }

    fn take_input(&mut self, value: &Value) {
        match value {
            Value::Object(members) => self.take_members(members),
            // The words of a command.
            Value::Array(list) => {
                let words = texts(list);
                self.keep(&words.join(" "));
                self.look_at_words(words);
                self.take_within(value);
            }
            _ => self.issue("unsupported_tool_input_type"),
        }
    }

    fn take_members(&mut self, members: &Map<String, Value>) {
        let names = members.iter().map(|(name, value)| {
            let name = name.replace(['_', '-'], "").to_ascii_lowercase();
            let rank = COMMANDS.iter().position(|known| *known == name);
            (rank, name, value)
        });
        let mut ranked: Vec<_> = names.collect();
        ranked.sort_by_key(|(rank, ..)| *rank);
        // A program and its arguments may be separate members. The program may contain spaces, or be followed
        // by its first arguments.
        let mut words = Vec::new();
        let mut program = None;
        let mut parts = 0;
        for (rank, name, value) in &ranked {
            match value {
                _ if rank.is_none() => {}
                Value::String(text) => {
                    match name.as_str() {
                        "input" | "args" | "arguments" if self.take_json(text) => continue,
                        _ => self.take_command(name, text),
                    }
                    if parts == 0 && text.trim().contains(char::is_whitespace) {
                        program = Some(text.clone());
                    }
                    parts += 1;
                    words.extend(text.split_whitespace().map(str::to_owned));
                }
                Value::Array(list) => {
                    let list = self.take_list(name, list);
                    let whole = program.take().filter(|_| parts == 1);
                    if let Some(program) = whole {
                        self.look_at_words([&[program][..], &list].concat());
                    }
                    words.extend(list);
                    parts = 2;
                }
                Value::Number(number) => {
                    self.keep(&number.to_string());
                }
                _ => {}
            }
        }
        if parts > 1 {
            self.look_at_words(words);
        }
        for (_, name, value) in ranked {
            match value {
                _ if PATHS.iter().any(|part| name.contains(part)) => self.take_paths(value),
                Value::String(text) if LINES.contains(&name.as_str()) => self.take_line(text),
                _ => {}
            }
            self.take_within(value);
        }
    }

    /// Reads nested lists and members.
    fn take_within(&mut self, value: &Value) {
        match value {
            Value::Object(members) => self.take_members(members),
            Value::Array(list) => list.iter().for_each(|value| self.take_within(value)),
            _ => {}
        }
    }

    /// Reads JSON in a string; returns whether it was JSON.
    fn take_json(&mut self, text: &str) -> bool {
        let value = json(text).filter(|value| value.is_object() || value.is_array());
        value.as_ref().map(|value| self.take_input(value)).is_some()
    }

    fn take_command(&mut self, name: &str, text: &str) {
        let kept = self.keep(text);
        self.look_at_text(name, kept);
    }

    /// Reads the words of a command, which are returned, or several commands.
    fn take_list(&mut self, name: &str, list: &[Value]) -> Vec<String> {
        for words in list.iter().filter_map(Value::as_array) {
            let words = self.take_list("args", words);
            self.look_at_words(words);
        }
        let words = texts(list);
        let is_command = |word: &String| word.trim().contains(char::is_whitespace);
        let are_commands = name == "commands" || words.first().is_some_and(is_command);
        for word in &words {
            match are_commands {
                true => self.take_command(name, word),
                false => _ = self.keep(word),
            }
        }
        // The first may be a program with spaces in its name.
        words
    }

    fn take_paths(&mut self, value: &Value) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| self.take_paths(value)),
            Value::Object(members) => members.values().for_each(|value| self.take_paths(value)),
            Value::String(path) => self.take_path(path),
            Value::Number(number) => self.take_path(&number.to_string()),
            _ => {}
        }
    }

    /// Reads a path, unless it is another kind of text.
    fn take_line(&mut self, text: &str) {
        if text.len() <= MAX_LINE_LEN && !text.contains('\n') {
            self.take_path(text);
        }
    }

    /// Adds a path, and its normalised form.
    fn take_path(&mut self, path: &str) {
        let room = self.room_for_paths.checked_sub(path.len());
        let Some(room) = room.filter(|_| self.input.paths.len() < MAX_PATHS) else {
            return self.issue("tool_input_too_long");
        };
        self.room_for_paths = room;
        let plain = plain(path);
        if plain != path {
            self.input.paths.push(plain);
        }
        self.input.paths.push(path.to_owned());
    }

    /// Adds as much of a text as there is room for, and returns that part.
    fn keep<'a>(&mut self, text: &'a str) -> &'a str {
        let command = &mut self.input.command;
        let between = if command.is_empty() { "" } else { " \n" };
        let room = MAX_COMMAND_LEN.saturating_sub(command.len() + between.len());
        if room > 0 {
            command.push_str(between);
        }
        let kept = start_of(text, room);
        command.push_str(kept);
        if kept.len() < text.len() {
            self.issue("tool_input_too_long");
        }
        kept
    }

    fn look_at_text(&mut self, name: &str, text: &str) {
        let parsed = self.has_shell
            && self
                .see(|work, see| shell::look_at_text(text, work, see))
                .is_ok();
        if !parsed {
            self.input.unparsed.push_str(text);
            self.input.unparsed.push('\n');
            if self.has_shell && ONLY_COMMANDS.contains(&name) {
                self.issue("command_not_understood");
            }
        }
    }

    fn look_at_words(&mut self, words: Vec<String>) {
        if self.has_shell
            && self
                .see(|work, see| shell::look_at_words(words, work, see))
                .is_err()
        {
            self.issue("command_not_understood");
        }
    }

    /// Examines programs, and keeps the tags that match.
    fn see<T>(&mut self, look: impl FnOnce(&mut Work, &mut See<'_>) -> T) -> T {
        let tags = &mut self.input.tags;
        look(&mut self.work, &mut |run| {
            for tag in &TAGS {
                if !tags.contains(&tag.name) && tag.matches_program(run) {
                    tags.push(tag.name);
                }
            }
        })
    }
}

/// The JSON in a text, unless it has more values than a payload may have.
fn json(text: &str) -> Option<Value> {
    let is_fair = most_values(text.as_bytes()) <= MAX_VALUES;
    is_fair.then(|| serde_json::from_str(text).ok()).flatten()
}

/// The texts and numbers of a list.
fn texts(list: &[Value]) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    list.iter().filter_map(text).collect()
}

/// A path without trailing spaces, separators and dots, and with `..` resolved textually: `.env/`, `.env `
/// and `.env/x/..` become `.env`.
fn plain(path: &str) -> String {
    let is_blank = |part: char| part.is_whitespace() || part.is_control();
    let path = path.trim_matches(is_blank);
    // On Windows, it names the content of the file.
    let stream = path.len().checked_sub(STREAM.len());
    let stream =
        stream.filter(|at| path.is_char_boundary(*at) && path[*at..].eq_ignore_ascii_case(STREAM));
    let path = &path[..stream.unwrap_or(path.len())];
    let mut parts = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    let root = if path.starts_with(['/', '\\']) {
        "/"
    } else {
        ""
    };
    let path = format!("{root}{}", parts.join("/"));
    let path = path.trim_end_matches(|part| is_blank(part) || part == '.');
    path.to_owned()
}
