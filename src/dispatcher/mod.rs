//! [`Dispatcher`]: an event goes in; a sound, a reply and a report come out.
//!
//! This is what `herald hook` runs, and what the original Herald's `HeraldDispatcher` was. It holds
//! no lock and no state of its own: any number of threads may dispatch at the same moment.

mod reply;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::agents::{Agent, Role};
use crate::error::Error;
use crate::event::{Event, official};
use crate::manager::{AudioManager, Report};
use crate::payload::Payload;
use crate::payload::typed::HookEvent;
use crate::policy::{self, CALL, Policy};
use crate::state_file::TRUNCATED;
use reply::Reply;

/// Makes the sound of an event, and says what to reply.
#[derive(Clone, Debug, Default)]
pub struct Dispatcher {
    manager: AudioManager,
}

/// An event that is to be dispatched.
#[derive(Debug)]
pub struct DispatchContext {
    /// The event, in whatever spelling, but not in the agent's own words.
    pub event_type: String,
    /// Whether it may sound.
    pub enable_audio: bool,
    /// Whether somebody reads in the report what no reply tells: what is decided about the end of a
    /// subagent.
    pub is_reported: bool,
    agent: &'static Agent,
    is_meaningless: bool,
    payload: Payload,
    /// The whole payload, unless it is too long for rules.
    bytes: Option<Vec<u8>>,
    /// Why the payload could not be read.
    unreadable: Option<String>,
}

impl DispatchContext {
    /// Of what `agent` wrote: what was read of its payload, with the reason if that is not all, and,
    /// unless they are too many, all of its bytes. Without a name, the event is the payload's; without
    /// an agent, it is the one that the payload shows, else Claude Code.
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

    /// The agent that is answered.
    pub const fn agent(&self) -> &'static Agent {
        self.agent
    }

    /// The event with all that its payload says, as event `name`; else why it is not known, in a word,
    /// with a line in `errors` if nothing else tells.
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

    /// What was read of the payload, in Claude Code's words.
    pub const fn payload(&self) -> &Payload {
        &self.payload
    }

    /// Whether the agent's event means nothing that anybody needs to hear of.
    pub const fn is_meaningless(&self) -> bool {
        self.is_meaningless
    }

    /// The directory in which it happened.
    pub fn cwd(&self) -> Option<&str> {
        place_of(&self.payload)
    }
}

/// The agent that wrote `payload`: the one that is named, else the one that it shows, else Claude Code.
pub fn agent_of(named: Option<&'static Agent>, payload: &Payload) -> &'static Agent {
    let by_event = || Agent::with_event(payload.event.as_deref()?);
    let shown = named.or(payload.agent).or_else(by_event);
    shown.unwrap_or_else(Agent::claude)
}

/// The event's name in its agent's words: the one that is given, else the payload's.
pub fn name_of<'a>(event_type: Option<&'a str>, payload: &'a Payload) -> &'a str {
    let told = payload.event.as_deref().or(payload.kind.as_deref());
    event_type.or(told).unwrap_or_default()
}

/// The directory in which it happened: the project's, if the agent says which it is, else that in which
/// it works.
pub fn place_of(payload: &Payload) -> Option<&str> {
    payload.project.as_deref().or(payload.cwd.as_deref())
}

/// What became of an event. Members are called as the original's are.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DispatchReport {
    /// The event, as it was given.
    pub event_type: String,
    /// The event's name where it is known, which is what handles it.
    pub handler_name: Option<&'static str>,
    /// Whether the event is known.
    pub handled: bool,
    /// Whose sound was to be heard.
    pub audio_type: Option<String>,
    /// Whether it was handed to the player.
    pub audio_played: bool,
    /// The sound's file, unless it is built in or there is none.
    pub audio_path: Option<PathBuf>,
    /// Whether it was suppressed by the throttle.
    pub throttled: bool,
    /// The reply.
    pub response: Map<String, Value>,
    /// Why it was not heard, and what else there is to say.
    pub notes: Vec<String>,
    /// What went wrong: with the payload, or with the policy's files.
    pub errors: Vec<String>,
    /// Those of them that have to do with the policy.
    #[serde(skip)]
    pub policy_errors: Vec<String>,
    /// What the policy decided.
    pub decision_payload: Option<Map<String, Value>>,
    /// Whether the policy denied, blocked, or asks.
    pub blocked: bool,
    /// The reply, as one line.
    #[serde(skip)]
    pub line: String,
}

impl DispatchReport {
    /// The reply as the line that a hook writes to its standard output.
    pub fn reply(&self) -> &str {
        &self.line
    }

    /// What was decided, in one word of the original's: `allow`, `ask`, `deny`, `block`, `approve`.
    pub fn decision(&self) -> Option<&str> {
        let decision = self.decision_payload.as_ref()?;
        let said = decision
            .get("permissionDecision")
            .or_else(|| decision.get("decision"));
        said?.as_str()
    }
}

impl Dispatcher {
    /// A dispatcher that makes its sounds with `manager`.
    pub const fn new(manager: AudioManager) -> Self {
        Self { manager }
    }

    /// Who makes the sounds.
    pub const fn manager(&self) -> &AudioManager {
        &self.manager
    }

    /// What is to be dispatched: an event and its payload. It may sound, unless `enable_audio` is
    /// taken away.
    pub fn create_context(
        &self,
        event_type: &str,
        payload: &Map<String, Value>,
    ) -> DispatchContext {
        let bytes = serde_json::to_vec(payload).unwrap_or_default();
        DispatchContext::new(Some(event_type), None, Payload::read(&bytes), Some(bytes))
    }

    /// Makes the event's sound, unless it was heard a moment ago, and decides what to reply.
    ///
    /// Waits for nothing but, where there is a decision policy, for reading its files.
    pub fn dispatch(&self, context: &DispatchContext) -> DispatchReport {
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
        let reply = self.reply(context, &mut policy_errors);
        let errors = context.unreadable.iter().chain(&policy_errors).cloned();
        let mut notes = Vec::new();
        match sound.throttled {
            Some(window) => notes.push(format!("Throttled (<= {}s)", window.as_secs_f64())),
            None if !sound.reason.is_empty() => notes.push(sound.reason),
            None => {}
        }
        let event = Event::find(&context.event_type);
        DispatchReport {
            event_type: context.event_type.clone(),
            handler_name: event.map(|event| event.name),
            handled: event.is_some(),
            audio_type: Some(official(&context.event_type).to_owned()),
            audio_played: sound.played,
            audio_path: sound.path,
            throttled: sound.throttled.is_some(),
            response: reply.response(),
            notes,
            errors: errors.collect(),
            policy_errors,
            line: reply.line(),
            decision_payload: reply.decision,
            blocked: reply.blocked,
        }
    }

    /// The reply, and in `errors` what is wrong with the policy that it comes from.
    fn reply(&self, context: &DispatchContext, errors: &mut Vec<String>) -> Reply {
        // An event that does not say which it is may be a call that is about to run.
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
                // Whoever interferes with a call's hook does not get it through unseen.
                let is_disturbed = is_call && self.manager.throttle().state_file().was_truncated();
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
