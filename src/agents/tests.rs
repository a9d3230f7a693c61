use std::collections::BTreeSet;

use super::*;
use crate::event::{EVENTS, Event as Known, QUESTIONS, is_question};

#[test]
fn names_are_found_in_any_spelling() {
    for (name, found) in [
        ("claude", Some("claude")),
        ("Claude-Code", Some("claude")),
        ("CODEX", Some("codex")),
        ("surprise", Some("other")),
        ("", None),
    ] {
        let agent = Agent::named(name).map(|agent| agent.name);
        assert_eq!(agent, found, "{name}");
    }
    let names: BTreeSet<_> = ALL.iter().map(|agent| agent.name).collect();
    assert_eq!(names.len(), ALL.len());
}

/// Otherwise another agent could be recognised by it.
#[test]
fn what_shows_an_agent_shows_one() {
    for agent in ALL {
        let others = || ALL.iter().filter(|other| *other != agent);
        for field in agent.fields.iter().filter(|field| field.is_its_own) {
            let mut fields = others().flat_map(|other| other.fields);
            assert!(fields.all(|other| other.name != field.name), "{field:?}");
        }
        for event in agent.events.iter().filter(|event| event.is_its_own) {
            let mut events = others().flat_map(|other| other.events);
            assert!(events.all(|other| other.name != event.name), "{event:?}");
            let mut claudes = EVENTS.iter();
            assert!(claudes.all(|known| known.name != event.name), "{event:?}");
        }
    }
    // Of several agents with a field, the first determines its meaning.
    let fields = || ALL.iter().flat_map(|agent| agent.fields);
    for field in fields() {
        let mut others = fields().filter(|other| other.name == field.name);
        assert!(others.all(|other| other.role == field.role), "{field:?}");
    }
}

#[test]
fn replies_are_json_with_a_place_for_the_reason() {
    for agent in ALL {
        let Replies {
            silence,
            allow,
            ask,
            deny,
            block,
            terminal: _,
        } = agent.replies;
        assert!(silence.is_empty() || silence.ends_with('\n'));
        for (form, has_reason) in [
            (Some(silence).filter(|silence| !silence.is_empty()), false),
            (allow, false),
            (ask, true),
            (deny, true),
            (block, true),
        ] {
            let Some(form) = form else { continue };
            let form: serde_json::Value = serde_json::from_str(form).unwrap();
            assert!(form.is_object(), "{}", agent.name);
            let reason = serde_json::Value::from(REASON).to_string();
            assert_eq!(form.to_string().contains(&reason), has_reason, "{form}");
        }
    }
}

#[test]
fn an_event_means_one_that_herald_knows() {
    for agent in ALL {
        for event in agent.events {
            let is_known =
                |meaning| Known::find(meaning).is_some_and(|known| known.name == meaning);
            // Nothing that Herald knows is similar.
            let is_apart = event.name == "Interrupt";
            assert!(event.meaning.is_none_or(is_known) || is_apart, "{event:?}");
        }
    }
    let no_value = |_| None;
    let cursor = Agent::named("cursor").unwrap();
    assert_eq!(cursor.meaning("STOP", no_value), Some("Stop"));
    assert_eq!(
        cursor.meaning("workspaceOpen", no_value),
        Some("workspaceOpen")
    );
    let kiro = Agent::named("kiro").unwrap();
    assert_eq!(kiro.meaning("agentStop", no_value), Some("Stop"));
    assert_eq!(
        Agent::claude().meaning("agentStop", no_value),
        Some("agentStop")
    );
}

/// Other rooms know them by these names, however they are spelled.
#[test]
fn questions_are_those_that_count_as_requests() {
    let with_settings = ALL.iter().filter_map(|agent| agent.settings());
    for question in with_settings.flat_map(|settings| settings.questions) {
        assert!(is_question(question), "{question}");
    }
    assert_eq!(Agent::claude().settings().unwrap().questions, QUESTIONS);
}
