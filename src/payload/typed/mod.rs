//! Hook events with all their fields, typed.
//!
//! [`super::payload`] reads what a sound depends on, as fast as it can; this reads everything, for
//! programs that want to know more, and for the decision policy. Nothing makes it fail but a
//! payload that is no JSON object: an event it does not know is [`Detail::Unknown`], a field it
//! does not know, or of a type that was not to be expected, is found in [`HookEvent::other`].

mod count;
mod fields;
mod words;

use serde_json::{Deserializer, Map, Value};

pub(crate) use count::{MAX_VALUES, most_values};
pub use words::{
    CompactTrigger, EndReason, FailureKind, NotificationType, SetupTrigger, StartSource,
};

use crate::error::{Error, ErrorKind, Result};
use crate::event::official;
use fields::Fields;

/// A hook event: what an agent says at a moment of its work.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HookEvent {
    /// Its name; where it is known, as Claude Code writes it.
    pub name: String,
    /// The agent's session.
    pub session_id: Option<String>,
    /// The file with the session's transcript.
    pub transcript_path: Option<String>,
    /// The agent's working directory.
    pub cwd: Option<String>,
    /// How freely the agent may act: `default`, `plan`, `acceptEdits` and the like.
    pub permission_mode: Option<String>,
    /// The prompt that it belongs to.
    pub prompt_id: Option<String>,
    /// The subagent that it happened in.
    pub agent_id: Option<String>,
    /// That subagent's kind.
    pub agent_type: Option<String>,
    /// What it says beyond that.
    pub detail: Detail,
    /// Fields that are not known here, as they came.
    pub other: Map<String, Value>,
}

/// What an event says beyond what all of them say. Fields that did not come are `None`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "fields are called as in the payload")]
pub enum Detail {
    SessionStart {
        source: Option<StartSource>,
        model: Option<String>,
    },
    Setup {
        trigger: Option<SetupTrigger>,
    },
    SessionEnd {
        reason: Option<EndReason>,
    },
    UserPromptSubmit {
        prompt: Option<String>,
    },
    UserPromptExpansion {
        command_name: Option<String>,
        prompt: Option<String>,
    },
    PreToolUse(ToolCall),
    PostToolUse(ToolCall),
    PostToolUseFailure {
        call: ToolCall,
        error: Option<String>,
        is_interrupt: Option<bool>,
    },
    PostToolBatch {
        /// How many.
        tool_calls: Option<u64>,
    },
    PermissionRequest {
        call: ToolCall,
        permission_suggestions: Option<Vec<Value>>,
    },
    PermissionDenied {
        call: ToolCall,
        reason: Option<String>,
    },
    Notification {
        message: Option<String>,
        notification_type: Option<NotificationType>,
        title: Option<String>,
    },
    Stop(Stop),
    SubagentStop(Stop),
    SubagentStart,
    StopFailure {
        error: Option<FailureKind>,
        error_details: Option<String>,
        last_assistant_message: Option<String>,
    },
    /// TaskCreated and TaskCompleted.
    Task {
        task_id: Option<String>,
        task_subject: Option<String>,
    },
    TeammateIdle {
        teammate_name: Option<String>,
        team_name: Option<String>,
    },
    PreCompact {
        trigger: Option<CompactTrigger>,
        custom_instructions: Option<String>,
    },
    PostCompact {
        trigger: Option<CompactTrigger>,
    },
    ConfigChange {
        source: Option<String>,
        file_path: Option<String>,
    },
    InstructionsLoaded {
        file_path: Option<String>,
        memory_type: Option<String>,
    },
    CwdChanged {
        old_cwd: Option<String>,
        new_cwd: Option<String>,
    },
    FileChanged {
        file_path: Option<String>,
    },
    Elicitation {
        mcp_server_name: Option<String>,
        message: Option<String>,
    },
    ElicitationResult {
        mcp_server_name: Option<String>,
        action: Option<String>,
    },
    MessageDisplay {
        message: Option<String>,
    },
    /// WorktreeCreate and WorktreeRemove.
    Worktree {
        worktree_path: Option<String>,
    },
    /// An event that is not known here; all its fields are in [`HookEvent::other`].
    Unknown,
}

/// A call of a tool.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ToolCall {
    /// The tool.
    pub tool_name: Option<String>,
    /// What it is called with: mostly an object, of some agents a list or a string.
    pub tool_input: Option<Value>,
    /// The call.
    pub tool_use_id: Option<String>,
    /// What came of it, after it.
    pub tool_response: Option<Value>,
}

/// The end of a turn, or of a subagent's work.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Stop {
    /// Whether a hook has kept the agent from stopping before.
    pub stop_hook_active: Option<bool>,
    /// What goes on in the background.
    pub background_tasks: Option<Vec<Value>>,
    /// What is to start by itself later.
    pub session_crons: Option<Vec<Value>>,
    /// What the agent said last.
    pub last_assistant_message: Option<String>,
}

impl HookEvent {
    /// Reads the event from a payload's bytes; `name` if given, else its `hook_event_name`. What
    /// comes after the first object is passed over.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Payload`] if `payload` does not begin with a JSON object, or has more than some
    /// 50,000 values.
    pub fn parse(name: Option<&str>, payload: &[u8]) -> Result<Self> {
        const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
        let payload = payload.strip_prefix(BYTE_ORDER_MARK).unwrap_or(payload);
        let unreadable = || Error::new(ErrorKind::Payload, "payload");
        if most_values(payload) > MAX_VALUES {
            let why = format!("it has more than {MAX_VALUES} values");
            return Err(unreadable().because(why));
        }
        let mut values = Deserializer::from_slice(payload).into_iter();
        match values.next() {
            Some(Ok(fields)) => Ok(Self::new(name, fields)),
            Some(Err(error)) => Err(unreadable().because(error)),
            None => Err(unreadable().because("there is none")),
        }
    }

    /// The event that a payload with `fields` tells of; `name` if given, else its
    /// `hook_event_name`.
    pub fn new(name: Option<&str>, fields: Map<String, Value>) -> Self {
        let mut fields = Fields::new(fields);
        let told = fields.text(&["hook_event_name", "hookEventName"]);
        let name = name.or(told.as_deref()).unwrap_or_default();
        let name = official(name).to_owned();
        Self {
            session_id: fields.text(&["session_id", "sessionId"]),
            transcript_path: fields.text(&["transcript_path", "transcriptPath"]),
            cwd: fields.text(&["cwd"]),
            permission_mode: fields.text(&["permission_mode", "permissionMode"]),
            prompt_id: fields.text(&["prompt_id", "promptId"]),
            agent_id: fields.text(&["agent_id", "agentId"]),
            agent_type: fields.text(&["agent_type", "agentType"]),
            detail: Detail::take(&name, &mut fields),
            other: fields.rest(),
            name,
        }
    }

    /// The call that it is about, if it is about a tool.
    pub const fn tool_call(&self) -> Option<&ToolCall> {
        match &self.detail {
            Detail::PreToolUse(call)
            | Detail::PostToolUse(call)
            | Detail::PostToolUseFailure { call, .. }
            | Detail::PermissionRequest { call, .. }
            | Detail::PermissionDenied { call, .. } => Some(call),
            _ => None,
        }
    }
}

impl Detail {
    fn take(name: &str, fields: &mut Fields) -> Self {
        match name {
            "SessionStart" => Self::SessionStart {
                source: fields.word(&["source"]),
                model: fields.text(&["model"]),
            },
            "Setup" => Self::Setup {
                trigger: fields.word(&["trigger"]),
            },
            "SessionEnd" => Self::SessionEnd {
                reason: fields.word(&["reason"]),
            },
            "UserPromptSubmit" => Self::UserPromptSubmit {
                prompt: fields.text(&["prompt"]),
            },
            "UserPromptExpansion" => Self::UserPromptExpansion {
                command_name: fields.text(&["command_name", "commandName"]),
                prompt: fields.text(&["prompt"]),
            },
            "PreToolUse" => Self::PreToolUse(ToolCall::take(fields)),
            "PostToolUse" => Self::PostToolUse(ToolCall::take(fields)),
            "PostToolUseFailure" => Self::PostToolUseFailure {
                call: ToolCall::take(fields),
                error: fields.text(&["error"]),
                is_interrupt: fields.flag(&["is_interrupt", "isInterrupt"]),
            },
            "PostToolBatch" => Self::PostToolBatch {
                tool_calls: fields.number(&["tool_calls", "toolCalls"]),
            },
            "PermissionRequest" => Self::PermissionRequest {
                call: ToolCall::take(fields),
                permission_suggestions: fields
                    .list(&["permission_suggestions", "permissionSuggestions"]),
            },
            "PermissionDenied" => Self::PermissionDenied {
                call: ToolCall::take(fields),
                reason: fields.text(&["reason"]),
            },
            "Notification" => Self::Notification {
                message: fields.text(&["message"]),
                notification_type: fields.word(&["notification_type", "notificationType"]),
                title: fields.text(&["title"]),
            },
            "Stop" => Self::Stop(Stop::take(fields)),
            "SubagentStop" => Self::SubagentStop(Stop::take(fields)),
            "SubagentStart" => Self::SubagentStart,
            "StopFailure" => Self::StopFailure {
                error: fields.word(&["error"]),
                error_details: fields.text(&["error_details", "errorDetails"]),
                last_assistant_message: fields
                    .text(&["last_assistant_message", "lastAssistantMessage"]),
            },
            "TaskCreated" | "TaskCompleted" => Self::Task {
                task_id: fields.text(&["task_id", "taskId"]),
                task_subject: fields.text(&["task_subject", "taskSubject"]),
            },
            "TeammateIdle" => Self::TeammateIdle {
                teammate_name: fields.text(&["teammate_name", "teammateName"]),
                team_name: fields.text(&["team_name", "teamName"]),
            },
            _ => Self::take_of_surroundings(name, fields),
        }
    }

    /// Events that are not about the agent's work itself.
    fn take_of_surroundings(name: &str, fields: &mut Fields) -> Self {
        match name {
            "PreCompact" => Self::PreCompact {
                trigger: fields.word(&["trigger"]),
                custom_instructions: fields.text(&["custom_instructions", "customInstructions"]),
            },
            "PostCompact" => Self::PostCompact {
                trigger: fields.word(&["trigger"]),
            },
            "ConfigChange" => Self::ConfigChange {
                source: fields.text(&["source"]),
                file_path: fields.text(&["file_path", "filePath"]),
            },
            "InstructionsLoaded" => Self::InstructionsLoaded {
                file_path: fields.text(&["file_path", "filePath"]),
                memory_type: fields.text(&["memory_type", "memoryType"]),
            },
            "CwdChanged" => Self::CwdChanged {
                old_cwd: fields.text(&["old_cwd", "oldCwd"]),
                new_cwd: fields.text(&["new_cwd", "newCwd"]),
            },
            "FileChanged" => Self::FileChanged {
                file_path: fields.text(&["file_path", "filePath"]),
            },
            "Elicitation" => Self::Elicitation {
                mcp_server_name: fields.text(&["mcp_server_name", "mcpServerName"]),
                message: fields.text(&["message"]),
            },
            "ElicitationResult" => Self::ElicitationResult {
                mcp_server_name: fields.text(&["mcp_server_name", "mcpServerName"]),
                action: fields.text(&["action"]),
            },
            "MessageDisplay" => Self::MessageDisplay {
                message: fields.text(&["message"]),
            },
            "WorktreeCreate" | "WorktreeRemove" => Self::Worktree {
                worktree_path: fields.text(&["worktree_path", "worktreePath"]),
            },
            _ => Self::Unknown,
        }
    }
}

impl ToolCall {
    fn take(fields: &mut Fields) -> Self {
        Self {
            tool_name: fields.text(&["tool_name", "toolName", "tool"]),
            tool_input: fields.value(&["tool_input", "toolInput", "input", "args"]),
            tool_use_id: fields.text(&["tool_use_id", "toolUseId"]),
            tool_response: fields.value(&["tool_response", "toolResponse", "result", "output"]),
        }
    }
}

impl Stop {
    fn take(fields: &mut Fields) -> Self {
        Self {
            stop_hook_active: fields.flag(&["stop_hook_active", "stopHookActive"]),
            background_tasks: fields.list(&["background_tasks", "backgroundTasks"]),
            session_crons: fields.list(&["session_crons", "sessionCrons"]),
            last_assistant_message: fields
                .text(&["last_assistant_message", "lastAssistantMessage"]),
        }
    }
}

#[cfg(test)]
mod tests;
