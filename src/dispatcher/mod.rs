//! [`Dispatcher`]: takes an event; plays its sound, and returns a reply and a report.
//!
//! `herald hook` uses it, and it corresponds to the original Herald's `HeraldDispatcher`. It has no lock and
//! no state: any number of threads may dispatch at the same time.

mod reply;
mod terminal;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::agents::{Agent, Role};
use crate::error::Error;
use crate::event::official;
use crate::manager::{AudioManager, Report};
use crate::payload::Payload;
use crate::payload::typed::HookEvent;
use crate::policy::{self, CALL, Policy};
use crate::state_file::TRUNCATED;
use reply::Reply;

/// Plays the sound of an event, and determines the reply: does what a hook does, in an agent's own process.
/// Any number of threads may dispatch at the same time.
///
/// ```
/// use herald_audio::{AudioManager, Dispatcher, Options};
///
/// # let dir = tempfile::tempdir()?;
/// # let options = Options::new().state_dir(dir.path()).output("null");
/// let dispatcher = Dispatcher::new(AudioManager::open(options)?);
/// let report = dispatcher.dispatch("Notification", r#"{"notification_type": "permission_prompt"}"#);
/// println!("played: {} ({})", report.sound.played, report.sound.reason);
/// assert_eq!(report.reply().trim_end(), r#"{"continue": true}"#);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Dispatcher {
    manager: AudioManager,
}

/// An event to dispatch.
#[derive(Debug)]
pub struct DispatchContext {
    /// The event in any spelling, but not in the agent's own terms.
    pub event_type: String,
    /// Whether it may sound.
    pub enable_audio: bool,
    /// Whether the report is read for decisions that no reply contains: those about the end of a subagent.
    pub is_reported: bool,
    agent: &'static Agent,
    is_meaningless: bool,
    payload: Payload,
    /// The complete payload, unless it is too long for rules.
    bytes: Option<Vec<u8>>,
    /// Why the payload could not be read.
    unreadable: Option<String>,
}

impl DispatchContext {
    /// An event of `agent`: the fields read from its payload, with an error if that is not all, and all bytes
    /// of the payload, unless they are too many. The event defaults to the payload's own name for it; the
    /// agent to the one that the payload indicates, else Claude Code.
    pub fn new(
        event_type: Option<&str>,
        agent: Option<&'static Agent>,
        (mut payload, unreadable): (Payload, Option<Error>),
        bytes: Option<Vec<u8>>,
    ) -> Self {
        let agent = agent_of(agent, &payload);
        let name = name_of(event_type, &payload);
        let meaning = agent.meaning(name, |role| payload.value(role));
        let event_type = meaning.unwrap_or(name).to_owned();
        let is_meaningless = meaning.is_none();
        let kind = payload.notification_type.as_deref();
        let kind = kind.and_then(|kind| agent.value(Role::NotificationType, kind));
        if let Some(kind) = kind {
            payload.notification_type = Some(kind.to_owned());
        }
        payload.agent = Some(agent);
        Self {
            event_type,
            enable_audio: true,
            is_reported: true,
            agent,
            is_meaningless,
            payload,
            bytes,
            unreadable: unreadable.map(|error| error.to_string()),
        }
    }

    /// The event called `event_type`, with its whole payload.
    pub fn of(event_type: &str, payload: &[u8]) -> Self {
        let bytes = Some(payload.to_owned());
        Self::new(Some(event_type), None, Payload::read(payload), bytes)
    }

    /// The agent that gets the reply.
    pub const fn agent(&self) -> &'static Agent {
        self.agent
    }

    /// The event with all fields of its payload, named `name`; else the reason as an issue, with a message in
    /// `errors` unless there is one already.
    fn event(&self, name: &str, errors: &mut Vec<String>) -> Result<HookEvent, &'static str> {
        if self.unreadable.is_some() {
            return Err("unreadable_payload");
        }
        let Some(bytes) = self.bytes.as_deref() else {
            errors.push("payload: too long for the decision policy".to_owned());
            return Err("payload_too_long");
        };
        if self.event_type.is_empty() {
            errors.push("payload: it names no event".to_owned());
            return Err("missing_event");
        }
        HookEvent::parse(Some(name), bytes).map_err(|error| {
            errors.push(error.to_string());
            "unreadable_payload"
        })
    }

    /// The payload's fields, in Claude Code's terms.
    pub const fn payload(&self) -> &Payload {
        &self.payload
    }

    /// Whether the agent's event has no meaning for users.
    pub const fn is_meaningless(&self) -> bool {
        self.is_meaningless
    }

    /// The directory of the event.
    pub fn cwd(&self) -> Option<&str> {
        place_of(&self.payload)
    }
}

/// The agent that wrote `payload`: the named one, else the one that the payload indicates, else Claude Code.
pub fn agent_of(named: Option<&'static Agent>, payload: &Payload) -> &'static Agent {
    let by_event = || Agent::with_event(payload.event.as_deref()?);
    let shown = named.or(payload.agent).or_else(by_event);
    shown.unwrap_or_else(Agent::claude)
}

/// The event's name in the agent's terms: the given one, else the payload's.
pub fn name_of<'a>(event_type: Option<&'a str>, payload: &'a Payload) -> &'a str {
    let told = payload.event.as_deref().or(payload.kind.as_deref());
    event_type.or(told).unwrap_or_default()
}

/// The directory of the event: the project's, if the agent names it, else its working directory.
pub fn place_of(payload: &Payload) -> Option<&str> {
    payload.project.as_deref().or(payload.cwd.as_deref())
}

/// The result of an event: its sound, and the reply.
///
/// See [`Dispatcher`] for an example.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DispatchReport {
    /// The event, as it was given.
    pub event: String,
    /// The result of its sound.
    pub sound: Report,
    /// Whether the policy denied, blocked, or asks.
    pub blocked: bool,
    /// Errors of the payload or the policy's files.
    pub errors: Vec<String>,
    pub(crate) response: Map<String, Value>,
    pub(crate) decision_payload: Option<Map<String, Value>>,
    policy_errors: Vec<String>,
    line: String,
}

impl DispatchReport {
    /// The line to write to the hook's standard output; empty if the agent expects none.
    pub fn reply(&self) -> &str {
        &self.line
    }

    /// The decision of the policy, in one word: `allow`, `ask`, `deny`, `block`, `approve`.
    pub fn decision(&self) -> Option<&str> {
        let decision = self.decision_payload.as_ref()?;
        let said = decision
            .get("permissionDecision")
            .or_else(|| decision.get("decision"));
        said?.as_str()
    }

    /// Those of the errors that concern the policy.
    #[doc(hidden)]
    pub fn policy_errors(&self) -> &[String] {
        &self.policy_errors
    }
}

impl Dispatcher {
    /// A dispatcher that plays sounds with `manager`.
    pub const fn new(manager: AudioManager) -> Self {
        Self { manager }
    }

    /// The manager that plays the sounds.
    pub const fn manager(&self) -> &AudioManager {
        &self.manager
    }

    /// Plays the sound of `event`, unless the throttle suppresses it, and determines the reply. `payload` is
    /// what the agent writes to a hook's standard input: a JSON object.
    ///
    /// Does not wait, except to read the files of a decision policy. A payload that cannot be read is an
    /// error in the report; its event sounds nevertheless.
    pub fn dispatch(&self, event: &str, payload: impl AsRef<[u8]>) -> DispatchReport {
        self.dispatch_context(&DispatchContext::of(event, payload.as_ref()))
    }

    /// For the packages of this repository: no promise.
    #[doc(hidden)]
    pub fn dispatch_context(&self, context: &DispatchContext) -> DispatchReport {
        let sound = match &context.unreadable {
            Some(why) if context.event_type.is_empty() => {
                self.manager.log_nameless(why);
                Report::not_played("disabled")
            }
            _ if context.is_meaningless => Report::not_played("disabled"),
            _ if context.enable_audio => self
                .manager
                .handle_event(&context.event_type, &context.payload),
            _ => Report::not_played("disabled"),
        };
        let mut policy_errors = Vec::new();
        let mut reply = self.reply(context, &mut policy_errors);
        if let (Some(member), Some(terminal)) = (context.agent.replies.terminal, sound.terminal) {
            let event = || format!("{}: {}", context.agent.title, official(&context.event_type));
            let what = context.payload.message.clone().unwrap_or_else(event);
            let (root, env) = (self.manager.project_root(), self.manager.env());
            reply.add(member, terminal::sequence(terminal, &what, root, env));
        }
        let errors = context.unreadable.iter().chain(&policy_errors).cloned();
        DispatchReport {
            event: context.event_type.clone(),
            sound,
            blocked: reply.blocked,
            errors: errors.collect(),
            response: reply.response(),
            policy_errors,
            line: reply.line(),
            decision_payload: reply.decision,
        }
    }

    /// The reply; problems of its policy are added to `errors`.
    fn reply(&self, context: &DispatchContext, errors: &mut Vec<String>) -> Reply {
        // An unnamed event may be a tool call.
        let name = match official(&context.event_type) {
            "" => CALL,
            name => name,
        };
        let silence = Reply::silence(context.agent);
        let env = self.manager.env();
        let is_reported = context.is_reported && name == policy::REPORTED;
        if !is_reported && !policy::concerns(name, env) {
            return silence;
        }
        let config = self.manager.config();
        let Some(policy) = Policy::load_for(name, env, &config) else {
            return silence;
        };
        let issues: Vec<_> = policy.issues().iter().map(ToString::to_string).collect();
        if !issues.is_empty() {
            self.manager.log_failure("policy", &issues.join("; "));
            errors.extend(issues);
        }
        let is_call = name == CALL && policy.speaks();
        let issue = match context.event(name, errors) {
            Ok(event) => {
                let reply = Reply::new(&event, &policy, context.agent, &config);
                // A call whose state file was tampered with is not allowed unnoticed.
                let is_disturbed = is_call && self.manager.was_state_truncated();
                if reply.blocked || !is_disturbed {
                    return reply;
                }
                errors.push(TRUNCATED.to_owned());
                "state_file_truncated"
            }
            Err(issue) => issue,
        };
        match is_call {
            true => Reply::to_obscure_call(issue, &policy, context.agent),
            false => silence,
        }
    }
}
