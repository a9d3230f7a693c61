//! The reply: from an event and what a policy says about it, to the one JSON object that the agent
//! gets. Only members of the agents' schema are written.

use serde_json::{Map, Value, json};

use crate::hook::caller::Caller;
use crate::hook::reply::REPLY;
use crate::hook::typed::{Detail, HookEvent, ToolCall};
use crate::policy::{Action, Policy, Ruling};

/// How much of a prompt the original tells the agent again, in characters.
const MAX_PREVIEW: usize = 240;

/// What an agent is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reply {
    /// The members of the reply beside `continue`.
    members: Map<String, Value>,
    /// Whether the agent is to go on.
    goes_on: GoesOn,
    /// What was decided, in the original's words.
    pub(super) decision: Option<Map<String, Value>>,
    /// Whether what the agent is about to do is not to be done just so.
    pub(super) blocked: bool,
}

/// The reply's `continue`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum GoesOn {
    #[default]
    Yes,
    No,
    /// Beside a deny the member would say either that the agent is to stop, or to some that the
    /// call may run.
    Unsaid,
}

impl Reply {
    /// The reply to `event` of `caller` under `policy`.
    pub(super) fn new(event: &HookEvent, policy: &Policy, caller: Caller) -> Self {
        let is_original = is_original(policy, caller);
        match &event.detail {
            Detail::PreToolUse(call) => match policy.on_call(call, &event.other) {
                Some(ruling) => Self::to_call(ruling, call, caller, is_original),
                None => Self::default(),
            },
            Detail::PostToolUse(call) => {
                let failure = policy.on_outcome(call, &event.other);
                Self::to_outcome(failure, call, is_original)
            }
            Detail::Stop(_) | Detail::SubagentStop(_) => {
                Self::to_stop(policy.on_stop(event), is_original)
            }
            _ if is_original => Self::with_context(event),
            _ => Self::default(),
        }
    }

    /// To a call that cannot be looked at, before it runs.
    pub(super) fn to_obscure_call(issue: &'static str, policy: &Policy, caller: Caller) -> Self {
        let is_original = is_original(policy, caller);
        Self::to_call(
            Ruling::ask(issue),
            &ToolCall::default(),
            caller,
            is_original,
        )
    }

    fn to_call(mut ruling: Ruling, call: &ToolCall, caller: Caller, is_original: bool) -> Self {
        if !caller.can_ask() {
            match ruling.action {
                Action::Deny => {}
                Action::Ask if !ruling.is_built_in => ruling.action = Action::Deny,
                // Its own approval decides.
                Action::Ask | Action::Allow => return Self::default(),
            }
        }
        let blocked = ruling.action != Action::Allow;
        let mut permission = json!({"permissionDecision": ruling.action});
        if let Some(reason) = &ruling.reason {
            permission["permissionDecisionReason"] = json!(reason);
        }
        let mut output = permission.clone();
        output["hookEventName"] = json!("PreToolUse");
        let mut context = json!({"tool": call.tool_name.as_deref().unwrap_or("unknown")});
        if let Some(severity) = ruling.severity {
            context["severity"] = json!(severity);
        }
        for (name, list) in [
            ("tags", json!(ruling.tags)),
            ("issues", json!(ruling.issues)),
        ] {
            if list != json!([]) {
                context[name] = list;
            }
        }
        permission["additionalContext"] = context;
        Self {
            members: members(json!({"hookSpecificOutput": output})),
            goes_on: match ruling.action {
                // An agent that is told to stop does not ask its user. The original told it so.
                Action::Ask | Action::Deny if is_original => GoesOn::No,
                Action::Deny => GoesOn::Unsaid,
                Action::Ask | Action::Allow => GoesOn::Yes,
            },
            decision: Some(members(permission)),
            blocked,
        }
    }

    fn to_outcome(failure: Option<String>, call: &ToolCall, is_original: bool) -> Self {
        let blocked = failure.is_some();
        let mut reply = match &failure {
            Some(reason) => json!({"decision": "block", "reason": reason}),
            None => json!({}),
        };
        let decision = match (blocked, is_original) {
            (true, _) => Some(members(reply.clone())),
            (false, true) => Some(members(json!({"permissionDecision": "allow"}))),
            (false, false) => None,
        };
        if is_original {
            let context = json!({
                "tool": call.tool_name.as_deref().unwrap_or("unknown"),
                "status": if blocked { "error" } else { "success" },
            });
            reply["hookSpecificOutput"] = context_output("PostToolUse", &context);
        }
        Self {
            members: members(reply),
            goes_on: GoesOn::Yes,
            decision,
            blocked,
        }
    }

    /// A reply that blocks a stop keeps the agent going, which is no way out of a loop: what was
    /// decided is told in the report, and the agent may stop.
    fn to_stop(looped: Option<String>, is_original: bool) -> Self {
        let blocked = looped.is_some();
        let decision = match looped {
            Some(reason) => Some(json!({"decision": "block", "reason": reason})),
            None => is_original.then(|| json!({"decision": "approve"})),
        };
        Self {
            decision: decision.map(members),
            blocked,
            ..Self::default()
        }
    }

    /// What the original tells the agent of an event that it decides nothing about.
    fn with_context(event: &HookEvent) -> Self {
        let session = event.session_id.as_deref();
        let context = match &event.detail {
            Detail::SessionStart { source, .. } => {
                let source = source.as_ref().map(|source| source.as_str());
                json!({"sessionId": session, "source": source})
            }
            Detail::SessionEnd { reason } => {
                let reason = reason.as_ref().map(|reason| reason.as_str());
                json!({"sessionId": session, "reason": reason})
            }
            Detail::UserPromptSubmit { prompt } => {
                let prompt = prompt.as_deref().unwrap_or_default();
                let preview: String = prompt.chars().take(MAX_PREVIEW).collect();
                json!({"sessionId": session, "promptPreview": preview, "length": prompt.chars().count()})
            }
            _ => return Self::default(),
        };
        let output = context_output(&event.name, &context);
        Self {
            members: members(json!({"hookSpecificOutput": output})),
            ..Self::default()
        }
    }

    /// The JSON object.
    pub(super) fn response(&self) -> Map<String, Value> {
        let mut response = self.members.clone();
        if self.goes_on != GoesOn::Unsaid {
            let goes_on = Value::Bool(self.goes_on == GoesOn::Yes);
            response.insert("continue".to_owned(), goes_on);
        }
        response
    }

    /// The JSON object as one line.
    pub(super) fn line(&self) -> String {
        match self.members.is_empty() && self.goes_on == GoesOn::Yes {
            true => REPLY.to_owned(),
            false => format!("{}\n", Value::Object(self.response())),
        }
    }
}

/// Whether the original Herald's replies are wanted: they are for the agent that it was made for.
fn is_original(policy: &Policy, caller: Caller) -> bool {
    policy.is_original() && caller == Caller::ClaudeCode
}

/// What only the event called `name` can reply: context for the agent, JSON in a string.
fn context_output(name: &str, context: &Value) -> Value {
    json!({"hookEventName": name, "additionalContext": context.to_string()})
}

/// The members of an object.
fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
