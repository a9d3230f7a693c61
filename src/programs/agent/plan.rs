//! Installs and uninstalls hooks in the text of an agent's settings: text in, text out.
//!
//! Installing appends, because agents identify hooks by position (Codex stores by it which ones the
//! user trusts): other hooks must not move. Uninstalling is the inverse: given the text from before
//! as the base, it restores that text byte for byte.

use super::command::Herald;
use super::document::{Document, Fault, Hook};
use super::removal::without;
use super::splice::{self, Item, Node, Span, quoted, spliced};

/// How long an agent waits for the hook, in seconds; both agents' default is ten minutes. A hook answers
/// in milliseconds, so the limit matters only if a disk or a file system hangs.
const TIMEOUT_S: u32 = 10;

const MARK: char = '\u{feff}';

/// What was done to a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The text after the change.
    pub text: String,
    /// Events whose hook was added or removed.
    pub events: Vec<String>,
    /// Events whose hook ran another program before.
    pub replaced: Vec<String>,
    /// Those of `replaced` whose hook was the original Herald's.
    pub originals: Vec<String>,
}

/// The hooks of this and the original Herald in `text`.
///
/// # Errors
///
/// If the text is not JSON, or hooks have the wrong type.
pub fn heralds(text: &str) -> Result<Vec<Hook>, Fault> {
    Document::parse(without_mark(text).1)?.heralds()
}

/// Whether the settings disable all hooks.
///
/// # Errors
///
/// If the text is not JSON.
pub fn disables_all_hooks(text: &str) -> Result<bool, Fault> {
    Ok(Document::parse(without_mark(text).1)?.disables_all_hooks())
}

/// Where `text` deviates from strict JSON, though Herald can read it: both agents ignore such a file as
/// a whole.
pub fn not_strict(text: &str) -> Option<Fault> {
    let (_, text) = without_mark(text);
    if text.trim().is_empty() {
        return None;
    }
    let (position, what) = herald_audio::internals::config::deviation(text)?;
    Some(Fault {
        position: Some(position),
        what: what.to_owned(),
    })
}

/// Whether `hook` runs this Herald.
pub fn is_own(hook: &Hook) -> bool {
    matches!(hook.herald, Herald::Own { .. })
}

/// Registers `program`, quoted if necessary, with `args` for each of `events` that has no hook yet.
/// Own hooks whose program `is_stale` are changed to run this one.
///
/// If the original Herald is registered, or was, this one replaces it for its events, and no others
/// are added: see [`keeps_events`].
///
/// # Errors
///
/// If the text is not JSON, or hooks have the wrong type.
pub fn install(
    text: &str,
    events: &[&str],
    program: &str,
    args: &str,
    is_stale: impl Fn(&str) -> bool,
) -> Result<Planned, Fault> {
    let (mark, text) = without_mark(text);
    let mut planned = Planned::of(text);
    planned.replace_stale(program, is_stale)?;
    planned.replace_original(program)?;
    for event in events {
        let document = Document::parse(&planned.text)?;
        let hooks = document.heralds()?;
        if keeps_events(&hooks) {
            break;
        }
        let is_there = hooks
            .iter()
            .any(|hook| is_own(hook) && hook.event == *event);
        if !is_there {
            planned.text = with_hook(&document, event, &format!("{program} {args}"))?;
            planned.events.push((*event).to_owned());
        }
    }
    planned.text.insert_str(0, mark);
    Ok(planned)
}

/// Whether a hook has the original Herald's arguments. Then the user has chosen the events, and no
/// others are added.
pub fn keeps_events(hooks: &[Hook]) -> bool {
    let is_chosen = |hook: &Hook| match hook.herald {
        Herald::Own { as_original, .. } => as_original,
        Herald::Original { .. } => true,
    };
    hooks.iter().any(is_chosen)
}

impl Planned {
    fn of(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            events: Vec::new(),
            replaced: Vec::new(),
            originals: Vec::new(),
        }
    }

    /// Replaces the original's program by `program`. Arguments stay; where an own hook exists, the
    /// original's hook is removed.
    fn replace_original(&mut self, program: &str) -> Result<(), Fault> {
        let document = Document::parse(&self.text)?;
        let (own, originals): (Vec<_>, Vec<_>) = document.heralds()?.into_iter().partition(is_own);
        let has_own = |original: &Hook| {
            let covers = |own: &Hook| own.matcher.is_none() || own.matcher == original.matcher;
            let mut own = own.iter().filter(|own| own.event == original.event);
            own.any(covers)
        };
        for hook in &originals {
            for events in [&mut self.replaced, &mut self.originals] {
                if !events.contains(&hook.event) {
                    events.push(hook.event.clone());
                }
            }
        }
        let (doubled, replaced): (Vec<_>, Vec<_>) = originals.into_iter().partition(has_own);
        let commands = replaced.iter().filter_map(|hook| {
            let Herald::Original { range } = &hook.herald else {
                return None;
            };
            let mut command = hook.command.clone();
            command.replace_range(range.clone(), program);
            Some((hook.place.command.clone(), quoted(&command)))
        });
        let text = spliced(&self.text, commands.collect::<Vec<_>>());
        let document = Document::parse(&text)?;
        self.text = without(&document, &doubled, None).unwrap_or(text);
        Ok(())
    }

    /// Undoes [`Self::replace_original`] for hooks that still have the position they have in `base`, the
    /// text from before.
    fn restore_original(&mut self, base: &Document<'_>) -> Result<(), Fault> {
        let document = Document::parse(&self.text)?;
        let originals = base.heralds()?;
        let parts = document.heralds()?.into_iter().filter_map(|hook| {
            let original = originals.iter().find(|original| original.was(&hook))?;
            if !self.events.contains(&hook.event) {
                self.events.push(hook.event);
            }
            let command = &base.text[original.place.command.clone()];
            Some((hook.place.command, command.to_owned()))
        });
        let parts: Vec<_> = parts.collect();
        self.text = spliced(&self.text, parts);
        Ok(())
    }

    fn replace_stale(
        &mut self,
        program: &str,
        is_stale: impl Fn(&str) -> bool,
    ) -> Result<(), Fault> {
        let hooks = Document::parse(&self.text)?.heralds()?;
        let mut parts = Vec::new();
        for hook in hooks {
            if let Herald::Own {
                program: old,
                range,
                ..
            } = &hook.herald
                && is_stale(old)
            {
                let mut command = hook.command.clone();
                command.replace_range(range.clone(), program);
                parts.push((hook.place.command, quoted(&command)));
                if !self.replaced.contains(&hook.event) {
                    self.replaced.push(hook.event);
                }
            }
        }
        self.text = spliced(&self.text, parts);
        Ok(())
    }
}

fn with_hook(document: &Document<'_>, event: &str, command: &str) -> Result<String, Fault> {
    let text = document.text;
    let style = document.style();
    let group = group(command);
    let Some(root) = document.root() else {
        let hooks = Node::Object(vec![(event.to_owned(), Node::Array(vec![group]))]);
        let root = Node::Object(vec![("hooks".to_owned(), hooks)]);
        let newline = style.newline();
        let gap = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            newline
        };
        return Ok(format!(
            "{text}{gap}{}{newline}",
            root.write(&style, Some(""))
        ));
    };
    if let Some(groups) = document.groups(event)? {
        let (key, value) = (None, &group);
        let span = Span::of_array(groups);
        return Ok(splice::append(text, &span, &Item { key, value }, &style));
    }
    let groups = Node::Array(vec![group]);
    if let Some(hooks) = document.hooks()? {
        let (key, value) = (Some(event), &groups);
        let span = Span::of_object(hooks);
        return Ok(splice::append(text, &span, &Item { key, value }, &style));
    }
    let hooks = Node::Object(vec![(event.to_owned(), groups)]);
    let (key, value) = (Some("hooks"), &hooks);
    let span = Span::of_object(root);
    Ok(splice::append(text, &span, &Item { key, value }, &style))
}

fn group(command: &str) -> Node {
    let member = |key: &str, value| (key.to_owned(), value);
    let hook = Node::Object(vec![
        member("type", Node::String("command".to_owned())),
        member("command", Node::String(command.to_owned())),
        member("timeout", Node::Number(TIMEOUT_S)),
    ]);
    Node::Object(vec![member("hooks", Node::Array(vec![hook]))])
}

/// Removes every own hook, and what installing created around it: whatever is empty then and not in
/// `base`, the text from before. Hooks of the original Herald in `base` are restored.
///
/// # Errors
///
/// If the text is not JSON, or hooks have the wrong type.
pub fn uninstall(text: &str, base: Option<&str>) -> Result<Planned, Fault> {
    let (mark, text) = without_mark(text);
    let base = base.map(|base| without_hooks_of_its_own(without_mark(base).1));
    let base = base.as_ref().map(|base| base.as_deref().unwrap_or("{}"));
    let known = base.map(Document::parse).transpose()?;
    let mut planned = Planned::of(text);
    if let Some(known) = &known {
        planned.restore_original(known)?;
    }
    // The last of several members of one name counts; when it is removed, the one before counts.
    loop {
        let document = Document::parse(&planned.text)?;
        let mut hooks = document.heralds()?;
        hooks.retain(is_own);
        let Some(left) = without(&document, &hooks, known.as_ref()) else {
            break;
        };
        planned.text = left;
        for hook in hooks {
            if !planned.events.contains(&hook.event) {
                planned.events.push(hook.event);
            }
        }
    }
    if !planned.events.is_empty() {
        planned.text = without_root(planned.text, known.as_ref());
    }
    planned.text.insert_str(0, mark);
    Ok(planned)
}

/// `base` without its own hooks; none if it is not JSON.
fn without_hooks_of_its_own(base: &str) -> Option<String> {
    let hooks = Document::parse(base).and_then(|base| base.heralds()).ok()?;
    match hooks.iter().any(is_own) {
        true => Some(uninstall(base, None).ok()?.text),
        false => Some(base.to_owned()),
    }
}

/// The text without its object, if that is empty and installing created it.
fn without_root(text: String, base: Option<&Document<'_>>) -> String {
    let root = Document::parse(&text);
    let span = root
        .as_ref()
        .ok()
        .and_then(Document::root)
        .map(Span::of_object);
    let Some(span) = span.filter(|span| text[span.inside()].trim().is_empty()) else {
        return text;
    };
    let (before, after) = (&text[..span.range().start], &text[span.range().end..]);
    let is_all = before.trim().is_empty() && after.trim().is_empty();
    match base {
        Some(base) if base.root().is_none() && before.trim_end() == base.text.trim_end() => {
            base.text.to_owned()
        }
        None if is_all => String::new(),
        _ => text,
    }
}

fn without_mark(text: &str) -> (&str, &str) {
    match text.strip_prefix(MARK) {
        Some(rest) => (&text[..MARK.len_utf8()], rest),
        None => ("", text),
    }
}

#[cfg(test)]
mod tests;
