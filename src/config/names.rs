//! Reports unknown names in a config file.
//!
//! An unknown event is not an error: agents add events, and programs may use their own sound names. A name
//! that is similar to a known one is probably a typing mistake.

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::Ranged;

use super::directories::{self, Directories};
use super::fleet::has_login;
use super::issue::Severity;
use super::key::Key;
use super::mistakes::{ANY, Issues, unknown};
use super::model::{NONE, known};

use crate::agents::{self, Agent};
use crate::event::{Event, Meant};
use crate::nearest::nearest;
use crate::pack::category;
use crate::quiet_rule::QuietRule;

/// The number of names checked per kind; nobody writes more by hand.
const MOST: usize = 200;
/// The objects with a value per event.
pub(super) const BY_EVENT: [(&str, &str); 3] = [
    ("sound_files", "mappings"),
    ("audio_settings", "throttle_seconds"),
    ("packs", "categories"),
];

/// The keys that a project's config must not set.
pub(super) const USERS_OWN: [&[&str]; 14] = [
    &["audio_settings", "output"],
    &["events", ANY, "remind"],
    &["events", ANY, "run"],
    &["fleet"],
    &["packs", "by_agent"],
    &["packs", "by_path"],
    &["packs", "registry"],
    &["rules", "exclude"],
    &["rules", "quiet_in_calls"],
    &["rules", "only_headphones"],
    &["rules", "quiet_on_do_not_disturb"],
    &["rules", "quiet_when_locked"],
    &["rules", "quiet_if"],
    &["trusted_projects"],
];
/// Adds a problem for each unknown name in `tree`.
pub(super) fn check(tree: &Value<'_>, issues: &Issues<'_>) {
    let Value::Object(tree) = tree else { return };
    for (outer, inner) in BY_EVENT {
        let values = member(tree, outer).and_then(|outer| member(outer, inner));
        check_events(values, &format!("{outer}.{inner}"), issues);
    }
    check_events(member(tree, "events"), "events", issues);
    check_effects(member(tree, "events"), issues);
    check_quiet_rules(member(tree, "rules"), issues);
    check_fleet(member(tree, "fleet"), issues);
    let Some(packs) = member(tree, "packs") else {
        return;
    };
    check_keys(
        member(packs, "by_agent"),
        "packs.by_agent",
        issues,
        |agent| {
            let is_unknown = Agent::known(agent).is_none();
            is_unknown.then(|| unknown(["agent", "agents"], agent, &agent_names()))
        },
    );
    check_keys(member(packs, "by_path"), "packs.by_path", issues, |path| {
        let is_wrong = Directories::parse(path).is_none();
        is_wrong.then(|| format!("expected {}", directories::EXPECTED))
    });
    let categories = member(packs, "categories").into_iter();
    let categories = categories.flat_map(|categories| &categories.properties);
    for category in categories.take(MOST) {
        let name = category.name.as_str();
        check_category(&category.value, &format!("packs.categories.{name}"), issues);
    }
    let muted = packs
        .properties
        .iter()
        .find(|member| member.name.as_str() == "muted");
    if let Some(Value::Array(muted)) = muted.map(|muted| &muted.value) {
        for category in muted.elements.iter().take(MOST) {
            check_category(category, "packs.muted", issues);
        }
    }
}

/// Adds a problem for each key in `tree`, a project's config, that only the user may set.
pub(super) fn check_project(tree: &Value<'_>, issues: &Issues<'_>) {
    let Value::Object(tree) = tree else { return };
    for path in USERS_OWN {
        check_users_own(tree, path, "", issues);
    }
}

fn check_users_own(object: &Object<'_>, path: &[&str], above: &str, issues: &Issues<'_>) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    let members = object.properties.iter();
    for member in members.filter(|member| *first == ANY || member.name.as_str() == *first) {
        let key = format!("{above}{}", member.name.as_str());
        match &member.value {
            _ if rest.is_empty() => {
                let start = member.value.range().start;
                issues.note(Severity::Error, start, key, || {
                    "only allowed in your own config, not in a project's".to_owned()
                });
            }
            Value::Object(inner) => check_users_own(inner, rest, &format!("{key}."), issues),
            _ => {}
        }
    }
}

fn member<'t>(object: &'t Object<'t>, name: &str) -> Option<&'t Object<'t>> {
    let mut members = object.properties.iter().rev();
    match &members.find(|member| member.name.as_str() == name)?.value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

fn check_events(values: Option<&Object<'_>>, key: &str, issues: &Issues<'_>) {
    let members = values.into_iter().flat_map(|values| &values.properties);
    for member in members.take(MOST) {
        check_event(member, key, issues);
    }
}

fn check_event(member: &ObjectProp<'_>, key: &str, issues: &Issues<'_>) {
    let name = member.name.as_str();
    let warn = |what: &dyn Fn() -> String| {
        let key = format_args!("{key}.{name}");
        issues.note(Severity::Warning, member.range.start, key, what);
    };
    let parts = Key::of(name);
    if let Some(agent) = unknown_agent(name, &parts) {
        return warn(&|| unknown(["agent", "agents"], agent, &agent_names()));
    }
    if parts.command == Some("") {
        return warn(&|| "expected a command after the colon, such as \"git commit*\"".to_owned());
    }
    match Meant::by(&parts.plain()) {
        None => {}
        Some(Meant::Event(meant)) => warn(&|| format!("unknown event; did you mean {meant}?")),
        Some(Meant::About(_, meant)) => {
            warn(&|| format!("unknown kind of event; did you mean {meant}?"))
        }
    }
}

/// Adds a problem for each name in `values` of which `what_is_wrong` returns one.
fn check_keys(
    values: Option<&Object<'_>>,
    key: &str,
    issues: &Issues<'_>,
    what_is_wrong: impl Fn(&str) -> Option<String>,
) {
    let members = values.into_iter().flat_map(|values| &values.properties);
    for member in members.take(MOST) {
        let name = member.name.as_str();
        if let Some(what) = what_is_wrong(name) {
            let key = format_args!("{key}.{name}");
            issues.note(Severity::Error, member.range.start, key, || what);
        }
    }
}

/// The names of all agents.
fn agent_names() -> Vec<&'static str> {
    agents::ALL.iter().map(|agent| agent.name).collect()
}

/// The agent that `name`, whose parts are `key`, probably names, if Herald does not know it.
fn unknown_agent<'n>(name: &'n str, key: &Key<'_>) -> Option<&'n str> {
    let (rest, agent) = name.rsplit_once('@').filter(|_| key.agent.is_none())?;
    // A detail may have any character.
    let is_agent = match rest.contains('/') {
        true => nearest(agent, agent_names()).is_some(),
        false => Event::find(rest).is_some(),
    };
    is_agent.then_some(agent)
}

/// Adds a problem for each setting that has no effect on its event.
fn check_effects(events: Option<&Object<'_>>, issues: &Issues<'_>) {
    let members = events.into_iter().flat_map(|events| &events.properties);
    for member in members.take(MOST) {
        let name = member.name.as_str();
        let Value::Object(settings) = &member.value else {
            continue;
        };
        for setting in &settings.properties {
            let key = setting.name.as_str();
            if let Some(event) = known(name)
                && let Some(why) = no_effect(event, key, &setting.value)
            {
                let key = format_args!("events.{name}.{key}");
                issues.note(Severity::Warning, setting.range.start, key, || {
                    format!("no effect: {why}")
                });
            }
        }
    }
}

/// Why the setting `key` has no effect on `event`, if so.
fn no_effect(event: &Event, key: &str, value: &Value<'_>) -> Option<&'static str> {
    let is_reset = || matches!(value, Value::StringLit(text) if text.value == "reset");
    match key {
        "min_turn" if !event.finishes() => {
            Some("only for events that finish something, such as Stop")
        }
        "remind" if event.name != "StopFailure" && is_reset() => {
            Some("only StopFailure can say when a limit ends")
        }
        _ => None,
    }
}

/// Adds a problem for each rule about which this system cannot be asked.
fn check_quiet_rules(rules: Option<&Object<'_>>, issues: &Issues<'_>) {
    for member in rules.into_iter().flat_map(|rules| &rules.properties) {
        let name = member.name.as_str();
        let is_off = matches!(&member.value, Value::BooleanLit(value) if !value.value);
        if let Some(why) = QuietRule::named(name).and_then(QuietRule::unsupported)
            && !is_off
        {
            let key = format_args!("rules.{name}");
            issues.note(Severity::Warning, member.range.start, key, || {
                format!("no effect here: {why}")
            });
        }
    }
}

/// Adds a problem for a login in the URL of the fleet, without repeating what may be a password; and for a URL
/// without a name.
fn check_fleet(fleet: Option<&Object<'_>>, issues: &Issues<'_>) {
    let members = fleet.map_or(&[][..], |fleet| &fleet.properties);
    let has_name = members.iter().any(|member| member.name.as_str() == "name");
    for url in members
        .iter()
        .filter(|member| member.name.as_str() == "url")
    {
        let Value::StringLit(text) = &url.value else {
            continue;
        };
        let (severity, what) = match has_login(&text.value) {
            true => (
                Severity::Error,
                "contains a login; hint: write its name into fleet.name, and its password into the key file",
            ),
            false if has_name => continue,
            false => (
                Severity::Warning,
                "no effect without fleet.name; hint: herald fleet join URL --key-file FILE",
            ),
        };
        let start = text.range.start;
        issues.note(severity, start, "fleet.url", || what.to_owned());
    }
}

fn check_category(value: &Value<'_>, key: &str, issues: &Issues<'_>) {
    let Value::StringLit(name) = value else {
        return;
    };
    if name.value != NONE && !category::is_known(&name.value) {
        let known: Vec<_> = category::all().collect();
        issues.note(Severity::Warning, name.range.start, key, || {
            unknown(["category", "categories"], &name.value, &known)
        });
    }
}
