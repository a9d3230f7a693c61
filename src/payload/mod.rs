//! The payload: the JSON object that an agent writes to the hook's standard input.
//!
//! [`PayloadReader`] reads it as it arrives and keeps only the fields that Herald uses. Megabytes of tool
//! output cost one pass over the bytes and no memory. Values of other fields are not validated.
//!
//! Every spelling of a field name that agents use is accepted. A field of an unexpected type counts as
//! missing. Text that is not quite Unicode is repaired, because agents cut strings in the middle of a
//! character.

mod limit;
mod skip;
pub(crate) mod text;
pub(crate) mod typed;

use serde::Deserialize;
use serde_json::Value;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

use crate::agents::{self, Agent, Role};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Field};
use skip::{Skipped, skip};
use text::{start_of, unescape};

/// The field that names the event.
const NAMES: [&str; 2] = ["hook_event_name", "hookEventName"];
/// The number of characters shown of a truncated name.
const MAX_SHOWN: usize = 60;
/// The field whose value is the list of tasks.
const TASKS: [&str; 2] = ["background_tasks", "backgroundTasks"];
/// The field whose value is what a tool is called with.
const INPUTS: [&str; 2] = ["tool_input", "toolInput"];
/// The longest beginning of a command, in bytes.
const MAX_COMMAND_LEN: usize = 256;
/// The longest value of a field, in bytes of JSON; a longer one counts as missing.
const MAX_TEXT_LEN: usize = 64 << 10;

/// The fields of a payload that Herald uses.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// The event's name.
    pub event: Option<String>,
    /// Codex's name for the event, as it passes it to its `notify` program.
    pub kind: Option<String>,
    /// The agent that has a field which no other agent has.
    pub agent: Option<&'static Agent>,
    /// The agent's working directory.
    pub cwd: Option<String>,
    /// The project's directory, if the agent says so.
    pub project: Option<String>,
    /// The text of a notification.
    pub message: Option<String>,
    /// The type of a notification, such as `permission_prompt` or `idle_prompt`.
    pub notification_type: Option<String>,
    /// How the agent asks for permission.
    pub permission_mode: Option<String>,
    /// The agent's session.
    pub session_id: Option<String>,
    /// The subagent in which the event happened.
    pub agent_id: Option<String>,
    /// The type of the subagent.
    pub agent_type: Option<String>,
    /// The tool.
    pub tool_name: Option<String>,
    /// The command that expands to a prompt.
    pub command_name: Option<String>,
    /// Why a session started, or which config changed.
    pub source: Option<String>,
    /// Why a session ended.
    pub reason: Option<String>,
    /// The failure.
    pub error: Option<String>,
    /// More about the failure.
    pub error_details: Option<String>,
    /// The agent's last message; after a failure, how it reports that.
    pub last_message: Option<String>,
    /// How something ended, if the agent has one event for several ends.
    pub status: Option<String>,
    /// The trigger of a compaction or a setup.
    pub trigger: Option<String>,
    /// The agent's background tasks: a raw JSON list.
    background_tasks: Option<Vec<u8>>,
    /// What the tool is called with: a raw JSON object.
    tool_input: Option<Vec<u8>>,
    /// The original Herald's throttle marker.
    pub marker: Option<String>,
    /// The XXH3 hash of the payload's bytes. It identifies a payload that arrives twice.
    pub digest: Option<u64>,
}

impl Payload {
    /// Parses a complete payload.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Payload`] if `bytes` do not begin with a JSON object.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        match Self::read(bytes) {
            (payload, None) => Ok(payload),
            (_, Some(error)) => Err(error),
        }
    }

    /// Reads as much as possible of a payload, and returns the error if that is not all.
    pub fn read(bytes: &[u8]) -> (Self, Option<Error>) {
        let mut reader = PayloadReader::default();
        reader.feed(bytes);
        reader.finish()
    }

    /// The detail of `event`, from the field that holds it.
    pub fn about(&self, event: &Event) -> Option<&str> {
        let told = match event.told_by? {
            Field::NotificationType => &self.notification_type,
            Field::ToolName => &self.tool_name,
            Field::AgentType => &self.agent_type,
            Field::CommandName => &self.command_name,
            Field::Source => &self.source,
            Field::Reason => &self.reason,
            Field::Error => &self.error,
            Field::Trigger => &self.trigger,
        };
        told.as_deref().filter(|told| !told.is_empty())
    }

    /// The XXH3 hash of what the tool is called with.
    pub(crate) fn input_hash(&self) -> Option<u64> {
        self.tool_input.as_deref().map(xxh3_64)
    }

    /// The beginning of the command that the tool runs, with single spaces, if it runs one.
    pub fn command(&self) -> Option<String> {
        let input: Value = serde_json::from_slice(self.tool_input.as_deref()?).ok()?;
        let command = start_of(input.get("command")?.as_str()?, MAX_COMMAND_LEN);
        let words: Vec<_> = command.split_whitespace().collect();
        Some(words.join(" "))
    }

    /// Whether the agent reports running background tasks.
    pub fn has_running_tasks(&self) -> bool {
        self.has_running_task(|_| true)
    }

    /// Whether the agent reports running subagents, whose end it will act on; a development server may run
    /// for good.
    pub fn has_running_subagents(&self) -> bool {
        self.has_running_task(|task| {
            let kind = task.kind.as_deref();
            kind.is_some_and(|kind| kind.eq_ignore_ascii_case("subagent"))
        })
    }

    /// Whether the turn goes on after it: a subagent works in the session of its agent, which goes on when the
    /// subagent has finished.
    pub(crate) fn is_inside_turn(&self) -> bool {
        self.agent_id.is_some() || self.has_running_subagents()
    }

    fn has_running_task(&self, is_it: impl Fn(&Task) -> bool) -> bool {
        const ENDED: [&str; 6] = [
            "completed",
            "failed",
            "killed",
            "stopped",
            "cancelled",
            "canceled",
        ];
        let tasks = self.background_tasks.as_deref();
        let tasks = tasks.and_then(|tasks| serde_json::from_slice::<Vec<Task>>(tasks).ok());
        let runs = |task: &Task| {
            let status = task.status.as_deref();
            status
                .is_none_or(|status| !ENDED.iter().any(|ended| status.eq_ignore_ascii_case(ended)))
        };
        tasks.is_some_and(|tasks| tasks.iter().any(|task| runs(task) && is_it(task)))
    }

    /// The value of the field with this role.
    pub(crate) fn value(&self, role: Role) -> Option<&str> {
        let value = match role {
            Role::Event => &self.event,
            Role::Session => &self.session_id,
            Role::Project => &self.project,
            Role::NotificationType => &self.notification_type,
            Role::Status => &self.status,
            Role::Error => &self.error,
            Role::Mark => return None,
        };
        value.as_deref()
    }

    /// Takes the text of a field in.
    fn take(&mut self, name: &str, text: String) {
        if let Some(field) = self.field(name) {
            *field = Some(text);
            return;
        }
        let Some((role, agent)) = agents::field(name) else {
            return;
        };
        self.agent = self.agent.or(agent);
        let field = match role {
            Role::Event => &mut self.event,
            Role::Session => &mut self.session_id,
            Role::Project => &mut self.project,
            Role::NotificationType => &mut self.notification_type,
            Role::Status => &mut self.status,
            Role::Error => &mut self.error,
            Role::Mark => return,
        };
        // What the agent says in Claude Code's words as well is the same.
        field.get_or_insert(text);
    }

    /// The field that Claude Code calls so, in either spelling.
    fn field(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "hook_event_name" | "hookEventName" => &mut self.event,
            "type" => &mut self.kind,
            "cwd" => &mut self.cwd,
            "message" => &mut self.message,
            "notification_type" | "notificationType" => &mut self.notification_type,
            "marker" => &mut self.marker,
            "permission_mode" | "permissionMode" => &mut self.permission_mode,
            "session_id" | "sessionId" => &mut self.session_id,
            "agent_id" | "agentId" => &mut self.agent_id,
            "agent_type" | "agentType" => &mut self.agent_type,
            "tool_name" | "toolName" | "tool" => &mut self.tool_name,
            "command_name" | "commandName" => &mut self.command_name,
            "source" => &mut self.source,
            "reason" => &mut self.reason,
            "error" => &mut self.error,
            "error_details" | "errorDetails" => &mut self.error_details,
            "last_assistant_message" | "lastAssistantMessage" => &mut self.last_message,
            "trigger" => &mut self.trigger,
            _ => return None,
        })
    }
}

/// A background task of the agent.
#[derive(Deserialize)]
struct Task {
    #[serde(default)]
    status: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

/// Reads a payload in pieces.
#[derive(Default)]
pub struct PayloadReader {
    payload: Payload,
    digest: Xxh3Default,
    state: State,
    /// The number of open objects and lists.
    depth: usize,
    /// Whether the next string in the outermost object is a field name.
    expects_name: bool,
    /// The name of the field whose value follows.
    name: Option<String>,
    /// The raw string being read; in the outermost object only.
    text: Option<Vec<u8>>,
    /// The list or object that the next value is, if it is wanted.
    expected: Option<List>,
    /// The raw list or object being read.
    list: Option<(List, Vec<u8>)>,
}

/// A list or an object in the outermost object that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    /// [`TASKS`]
    Tasks,
    /// [`INPUTS`]
    Input,
    /// The directories of a project.
    Roots,
}

/// The position of the reader in the payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before the opening brace.
    #[default]
    Before,
    Between,
    InString,
    /// After a backslash in a string.
    Escaped,
    /// After the closing brace.
    Complete,
    /// Not a JSON object.
    Hopeless,
}

impl PayloadReader {
    /// Reads the next bytes. Returns whether the result is final: the object is complete, or the input cannot
    /// become one. Later bytes are ignored.
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        while let (false, Some((&byte, after))) = (self.is_over(), rest.split_first()) {
            let before = rest;
            rest = match self.state {
                State::InString | State::Escaped if self.text.is_none() => self.skip_text(rest),
                State::InString => {
                    let (plain, after) = rest.split_at(plain_len(rest));
                    self.keep(plain);
                    self.end_or_escape(after)
                }
                State::Escaped => {
                    self.keep(&[byte]);
                    self.state = State::InString;
                    after
                }
                _ => {
                    self.step(byte);
                    after
                }
            };
            if self.list.is_some() {
                self.keep_list(&before[..before.len() - rest.len()]);
            }
        }
        self.digest.update(&bytes[..bytes.len() - rest.len()]);
        self.is_over()
    }

    /// The fields read so far.
    pub const fn so_far(&self) -> &Payload {
        &self.payload
    }

    /// The fields, and an error of kind [`ErrorKind::Payload`] if the payload is not a complete JSON object.
    pub fn finish(mut self) -> (Payload, Option<Error>) {
        let cut_name = self.name.as_deref().zip(self.text.as_deref());
        let cut_name = cut_name.filter(|(name, _)| NAMES.contains(name));
        let wrong = match self.state {
            State::Complete => {
                self.payload.digest = Some(self.digest.digest());
                return (self.payload, None);
            }
            State::Before => "empty".to_owned(),
            State::Hopeless => "not a JSON object".to_owned(),
            _ => match cut_name {
                Some((name, read)) => {
                    let read: String = unescape(read).chars().take(MAX_SHOWN).collect();
                    format!("truncated in {name}, after {read:?}")
                }
                None => "truncated".to_owned(),
            },
        };
        let error = Error::new(ErrorKind::Payload, "payload").because(wrong);
        (self.payload, Some(error))
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Complete | State::Hopeless)
    }

    /// Processes a byte outside of strings.
    fn step(&mut self, byte: u8) {
        let outermost = self.depth == 1;
        match byte {
            // White space or a byte order mark.
            b' ' | b'\n' | b'\r' | b'\t' | 0xef | 0xbb | 0xbf => {}
            b'{' if self.state == State::Before => {
                self.state = State::Between;
                self.depth = 1;
                self.expects_name = true;
            }
            _ if self.state == State::Before => self.state = State::Hopeless,
            b'{' | b'[' => {
                self.depth += 1;
                if outermost && let Some(list) = self.expected.take() {
                    self.list = Some((list, Vec::new()));
                }
            }
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.state = State::Complete;
                }
            }
            b'"' => {
                let wanted = outermost && (self.expects_name || self.name.is_some());
                self.text = wanted.then(Vec::new);
                self.state = State::InString;
            }
            b',' if outermost => {
                self.expects_name = true;
                self.name = None;
                self.expected = None;
            }
            b':' if outermost => self.expects_name = false,
            _ => {}
        }
    }

    /// Skips through a string whose value is not kept.
    fn skip_text<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        match skip(rest, self.state == State::Escaped) {
            Skipped::ToEnd(len) => {
                self.state = State::Between;
                &rest[len..]
            }
            Skipped::All { escaped } => {
                self.state = match escaped {
                    true => State::Escaped,
                    false => State::InString,
                };
                &[]
            }
        }
    }

    /// Processes a quote, a backslash, or the end of the input within a string.
    fn end_or_escape<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let Some((&byte, after)) = rest.split_first() else {
            return rest;
        };
        if byte == b'\\' {
            self.keep(&[byte]);
            self.state = State::Escaped;
        } else {
            self.state = State::Between;
            if let Some(text) = self.text.take() {
                self.take_text(&text);
            }
        }
        after
    }

    fn keep(&mut self, piece: &[u8]) {
        if let Some(text) = &mut self.text {
            if text.len() + piece.len() <= MAX_TEXT_LEN {
                text.extend_from_slice(piece);
            } else {
                self.text = None;
                self.name = None;
            }
        }
    }

    /// Keeps a piece of a list or an object, which ends at the depth where it began.
    fn keep_list(&mut self, piece: &[u8]) {
        let Some((list, mut text)) = self.list.take() else {
            return;
        };
        if text.len() + piece.len() > MAX_TEXT_LEN {
            return;
        }
        text.extend_from_slice(piece);
        match (self.depth, list) {
            (0 | 1, List::Tasks) => self.payload.background_tasks = Some(text),
            (0 | 1, List::Input) => self.payload.tool_input = Some(text),
            (0 | 1, List::Roots) => self.payload.project = first_text(&text),
            _ => self.list = Some((list, text)),
        }
    }

    /// Handles a string of the outermost object: a field name, or a value to keep.
    fn take_text(&mut self, text: &[u8]) {
        if self.expects_name {
            let name = unescape(text);
            let is_claudes = self.payload.field(&name).is_some();
            let field = (!is_claudes).then(|| agents::field(&name)).flatten();
            self.expected = match field {
                _ if TASKS.contains(&&*name) => Some(List::Tasks),
                _ if INPUTS.contains(&&*name) => Some(List::Input),
                Some((Role::Project, _)) => Some(List::Roots),
                _ => None,
            };
            self.name = (is_claudes || field.is_some()).then(|| name.into());
        } else if let Some(name) = self.name.take() {
            self.payload.take(&name, unescape(text).into());
        }
    }
}

/// The first item of a JSON list, if that is a text.
fn first_text(list: &[u8]) -> Option<String> {
    let list: Vec<Value> = serde_json::from_slice(list).ok()?;
    Some(list.first()?.as_str()?.to_owned())
}

/// The number of bytes before the first quote or backslash.
fn plain_len(bytes: &[u8]) -> usize {
    let special = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\'));
    special.unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests;
