//! The reply to an event under a policy: one JSON object with members of the agent's schema.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::agents::{Agent, REASON};
use crate::config::Config;
use crate::original;
use crate::payload::typed::{HookEvent, ToolCall};
use crate::policy::{Action, Policy, Ruling};

/// The reply to an agent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    agent: &'static Agent,
    /// The members of the reply; none for no reply.
    members: Option<Map<String, Value>>,
    /// The decision, in the original's terms.
    pub(super) decision: Option<Map<String, Value>>,
    /// Whether the agent's action is denied, blocked or asked about.
    pub(super) blocked: bool,
}

impl Reply {
    /// An empty reply.
    pub(super) const fn silence(agent: &'static Agent) -> Self {
        Self {
            agent,
            members: None,
            decision: None,
            blocked: false,
        }
    }

    /// The reply to `event` of `agent` under `policy` and `config`.
    pub(super) fn new(
        event: &HookEvent,
        policy: &Policy,
        agent: &'static Agent,
        config: &Config,
    ) -> Self {
        let is_original = is_original(policy, agent);
        let reply = match (&*event.name, event.tool_call()) {
            ("PreToolUse", Some(call)) => {
                let call = match is_original {
                    true => original::as_read(call, &event.other),
                    false => Cow::Borrowed(call),
                };
                let ruling = policy.on_call(&call, &event.other);
                ruling.map_or_else(
                    || Self::silence(agent),
                    |ruling| Self::to_call(ruling, &call, agent, is_original),
                )
            }
            ("PostToolUse", Some(call)) => {
                let failure = policy.on_outcome(call, &event.other);
                Self::to_outcome(failure, agent, is_original)
            }
            ("Stop" | "SubagentStop", _) => {
                Self::to_stop(policy.on_stop(event), agent, is_original)
            }
            _ => Self::silence(agent),
        };
        match is_original {
            true => reply.with_context(event, config),
            false => reply,
        }
    }

    /// The reply to a call that cannot be examined, before it runs.
    pub(super) fn to_obscure_call(
        issue: &'static str,
        policy: &Policy,
        agent: &'static Agent,
    ) -> Self {
        let is_original = is_original(policy, agent);
        Self::to_call(Ruling::ask(issue), &ToolCall::default(), agent, is_original)
    }

    fn to_call(
        mut ruling: Ruling,
        call: &ToolCall,
        agent: &'static Agent,
        is_original: bool,
    ) -> Self {
        let replies = &agent.replies;
        if ruling.action == Action::Ask && replies.ask.is_none() && !ruling.is_built_in {
            ruling.action = Action::Deny;
        }
        let form = match ruling.action {
            Action::Allow => replies.allow,
            Action::Ask => replies.ask,
            Action::Deny => replies.deny,
        };
        // The agent's own approval decides.
        let Some(form) = form else {
            return Self::silence(agent);
        };
        let blocked = ruling.action != Action::Allow;
        let mut permission = json!({"permissionDecision": ruling.action});
        if let Some(reason) = &ruling.reason {
            permission["permissionDecisionReason"] = json!(reason);
        }
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
        let mut members = filled(form, ruling.reason.as_deref().unwrap_or_default());
        if blocked && is_original {
            // The original told the agent to stop, so it does not ask its user.
            members.insert("continue".to_owned(), false.into());
        }
        Self {
            agent,
            members: Some(members),
            decision: Some(members_of(permission)),
            blocked,
        }
    }

    fn to_outcome(failure: Option<String>, agent: &'static Agent, is_original: bool) -> Self {
        let Some(reason) = failure else {
            let allowed = || members_of(json!({"permissionDecision": "allow"}));
            return Self {
                decision: is_original.then(allowed),
                ..Self::silence(agent)
            };
        };
        let Some(form) = agent.replies.block else {
            return Self::silence(agent);
        };
        let mut members = filled(form, &reason);
        if is_original {
            members.insert("continue".to_owned(), false.into());
        }
        Self {
            agent,
            members: Some(members),
            decision: Some(members_of(json!({"decision": "block", "reason": reason}))),
            blocked: true,
        }
    }

    /// Blocking a stop would make the agent continue, which does not end a loop. So the decision is only in
    /// the report, and the agent may stop.
    fn to_stop(looped: Option<String>, agent: &'static Agent, is_original: bool) -> Self {
        let blocked = looped.is_some();
        let decision = match looped {
            Some(reason) => Some(json!({"decision": "block", "reason": reason})),
            None => is_original.then(|| json!({"decision": "approve"})),
        };
        Self {
            decision: decision.map(members_of),
            blocked,
            ..Self::silence(agent)
        }
    }

    /// Adds the original's context for the agent, if any: JSON in a string.
    fn with_context(mut self, event: &HookEvent, config: &Config) -> Self {
        if let Some(context) = original::context(event, self.blocked, config) {
            let output =
                json!({"hookEventName": event.name, "additionalContext": context.to_string()});
            let mut members = self.response();
            members.insert("hookSpecificOutput".to_owned(), output);
            self.members = Some(members);
        }
        self
    }

    /// Adds a member.
    pub(super) fn add(&mut self, name: &str, value: String) {
        let mut members = self.response();
        members.insert(name.to_owned(), value.into());
        self.members = Some(members);
    }

    /// The JSON object.
    pub(super) fn response(&self) -> Map<String, Value> {
        let silence = || filled(self.agent.replies.silence, "");
        self.members.clone().unwrap_or_else(silence)
    }

    /// The text for standard output.
    pub(super) fn line(&self) -> String {
        match &self.members {
            Some(members) => format!("{}\n", json!(members)),
            None => self.agent.replies.silence.to_owned(),
        }
    }
}

/// Whether replies follow the original Herald: only for the agent it was made for.
fn is_original(policy: &Policy, agent: &Agent) -> bool {
    policy.is_original() && agent.is_claude()
}

/// A reply's form with its reason; empty for an empty form.
fn filled(form: &str, reason: &str) -> Map<String, Value> {
    let form = serde_json::from_str(form).unwrap_or_default();
    members_of(with_reason(form, reason))
}

fn with_reason(form: Value, reason: &str) -> Value {
    match form {
        Value::String(text) if text == REASON => reason.into(),
        Value::Object(members) => {
            let members = members.into_iter();
            let filled = members.map(|(key, value)| (key, with_reason(value, reason)));
            Value::Object(filled.collect())
        }
        other => other,
    }
}

fn members_of(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
