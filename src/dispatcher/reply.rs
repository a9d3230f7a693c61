//! The reply: from an event and what a policy says about it, to the one JSON object that the agent
//! gets. Only members of the agents' schema are written.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::original;
use crate::payload::caller::Caller;
use crate::payload::reply::REPLY;
use crate::payload::typed::{HookEvent, ToolCall};
use crate::policy::{Action, Policy, Ruling};

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
    /// The reply to `event` of `caller` under `policy`, where `config` is in force.
    pub(super) fn new(event: &HookEvent, policy: &Policy, caller: Caller, config: &Config) -> Self {
        let is_original = is_original(policy, caller);
        let reply = match (&*event.name, event.tool_call()) {
            ("PreToolUse", Some(call)) => {
                let call = match is_original {
                    true => original::as_read(call, &event.other),
                    false => Cow::Borrowed(call),
                };
                let ruling = policy.on_call(&call, &event.other);
                ruling.map_or_else(Self::default, |ruling| {
                    Self::to_call(ruling, &call, caller, is_original)
                })
            }
            ("PostToolUse", Some(call)) => {
                Self::to_outcome(policy.on_outcome(call, &event.other), is_original)
            }
            ("Stop" | "SubagentStop", _) => Self::to_stop(policy.on_stop(event), is_original),
            _ => Self::default(),
        };
        match is_original {
            true => reply.with_context(event, config),
            false => reply,
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

    fn to_outcome(failure: Option<String>, is_original: bool) -> Self {
        let blocked = failure.is_some();
        let reply = match &failure {
            Some(reason) => json!({"decision": "block", "reason": reason}),
            None => json!({}),
        };
        let decision = match (blocked, is_original) {
            (true, _) => Some(members(reply.clone())),
            (false, true) => Some(members(json!({"permissionDecision": "allow"}))),
            (false, false) => None,
        };
        Self {
            members: members(reply),
            goes_on: match blocked && is_original {
                true => GoesOn::No,
                false => GoesOn::Yes,
            },
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

    /// With what the original tells the agent of an event, if anything: JSON in a string.
    fn with_context(mut self, event: &HookEvent, config: &Config) -> Self {
        if let Some(context) = original::context(event, self.blocked, config) {
            let output =
                json!({"hookEventName": event.name, "additionalContext": context.to_string()});
            self.members.insert("hookSpecificOutput".to_owned(), output);
        }
        self
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

/// The members of an object.
fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
