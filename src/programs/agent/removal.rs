//! Removes hooks from an agent's settings; the other bytes stay.
//!
//! Removing what `splice` has added restores the text from before. Only the space inside brackets that
//! were empty cannot be known from the text; it comes from the text from before.
//!
//! All hooks are removed in one pass.

use std::ops::Range;

use jsonc_parser::ast::{ObjectProp, Value};
use jsonc_parser::common::Ranged;

use super::document::{Document, Hook, last};
use super::splice::{Kind, Span, Thing, spliced, things};

/// The text without these hooks, which are in text order; none if there are none.
pub(super) fn without(
    document: &Document<'_>,
    own: &[Hook],
    base: Option<&Document<'_>>,
) -> Option<String> {
    let text = document.text;
    let (root, hooks) = (document.root()?, document.hooks().ok()??);
    let mut edits = vec![Edit::Keep; hooks.properties.len()];
    for own in own.chunk_by(|one, other| one.place.event == other.place.event) {
        let number = own.first()?.place.event;
        edits[number] = event_without(text, &hooks.properties[number], own, base)?;
    }
    if own.is_empty() {
        return None;
    }
    let span = Span::of_object(hooks);
    let known = base.and_then(|base| base.inside(None));
    let left = edited(text, &span, &edits, blank(known));
    if known.is_some() || !left.is_emptied {
        return Some(spliced(text, [(span.range(), left.text)]));
    }
    let span = Span::of_object(root);
    let known = base.and_then(Document::root).map(Span::of_object);
    let known = known.and_then(|span| Some(&base?.text[span.inside()]));
    let mut edits = vec![Edit::Keep; root.properties.len()];
    edits[last(root, "hooks")?.0] = Edit::Remove;
    let left = edited(text, &span, &edits, blank(known));
    Some(spliced(text, [(span.range(), left.text)]))
}

/// The edit of an event's member that removes these hooks.
fn event_without(
    text: &str,
    event: &ObjectProp<'_>,
    own: &[Hook],
    base: Option<&Document<'_>>,
) -> Option<Edit> {
    let groups = event.value.as_array()?;
    let mut edits = vec![Edit::Keep; groups.elements.len()];
    for own in own.chunk_by(|one, other| one.place.group == other.place.group) {
        let number = own.first()?.place.group;
        edits[number] = group_without(text, &groups.elements[number], own)?;
    }
    let span = Span::of_array(groups);
    let known = base.and_then(|base| base.inside(Some(event.name.as_str())));
    let left = edited(text, &span, &edits, blank(known));
    Some(match known.is_none() && left.is_emptied {
        true => Edit::Remove,
        false => Edit::Write(spliced_in(text, event, span.range(), &left.text)),
    })
}

/// The edit of a group that removes these hooks. A group that contains a comment is not removed.
fn group_without(text: &str, group: &Value<'_>, own: &[Hook]) -> Option<Edit> {
    if own.iter().any(|hook| hook.place.hook.is_none()) {
        return Some(Edit::Remove);
    }
    let hooks = last(group.as_object()?, "hooks")?.1.value.as_array()?;
    let span = Span::of_array(hooks);
    let mut edits = vec![Edit::Keep; hooks.elements.len()];
    let mut without = |hooks: &[Hook]| {
        for number in hooks.iter().filter_map(|hook| hook.place.hook) {
            edits[number] = Edit::Remove;
        }
        let left = edited(text, &span, &edits, "");
        let text = spliced_in(text, group, span.range(), &left.text);
        (text, left.is_emptied)
    };
    let (last, others) = own.split_last()?;
    let (with_last, _) = without(others);
    let (left, is_emptied) = without(std::slice::from_ref(last));
    Some(match is_emptied && is_strict(&with_last) {
        true => Edit::Remove,
        false => Edit::Write(left),
    })
}

/// Whether the text has no comments and no trailing commas.
fn is_strict(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The text of `outer` with `inner`, a part of it, replaced by `new`.
fn spliced_in(text: &str, outer: &impl Ranged, inner: Range<usize>, new: &str) -> String {
    let outer = outer.range();
    let (before, after) = (&text[outer.start..inner.start], &text[inner.end..outer.end]);
    format!("{before}{new}{after}")
}

/// The text between brackets, if it is only space.
fn blank(inside: Option<&str>) -> &str {
    inside
        .filter(|inside| inside.trim().is_empty())
        .unwrap_or_default()
}

/// What to do with an item.
#[derive(Clone, Debug, Default)]
enum Edit {
    #[default]
    Keep,
    /// Replace it by this text.
    Write(String),
    Remove,
}

/// An object or an array whose items were edited.
struct Edited {
    /// Its text, with its brackets.
    text: String,
    /// Whether the only item was removed, and nothing else was there.
    is_emptied: bool,
}

/// Applies `edits`, one per item, to `span`. `empty` is put between the brackets if nothing is left. The
/// result is the same as if the items were removed one by one.
fn edited(text: &str, span: &Span, edits: &[Edit], empty: &str) -> Edited {
    let end = |item: Option<&Range<usize>>| item.map_or(span.close, |item| item.start);
    let mut result = text[span.open..=span.open].to_owned();
    // The text between the last kept item and the next one.
    let mut gap = text[span.open + 1..end(span.items.first())].to_owned();
    let mut left = span.items.len();
    let mut is_first = true;
    let mut is_emptied = false;
    for (number, item) in span.items.iter().enumerate() {
        let next = span.items.get(number + 1);
        let after = &text[item.end..end(next)];
        match edits.get(number) {
            Some(Edit::Remove) => {
                is_emptied = left == 1 && is_bare(&gap, after);
                gap = match is_emptied {
                    true => empty.to_owned(),
                    false => joined(&gap, after, is_first, next.is_some()),
                };
                left -= 1;
                continue;
            }
            Some(Edit::Write(new)) => result += &format!("{gap}{new}"),
            Some(Edit::Keep) | None => result += &format!("{gap}{}", &text[item.clone()]),
        }
        gap = after.to_owned();
        is_first = false;
    }
    result += &gap;
    result += &text[span.close..=span.close];
    Edited {
        text: result,
        is_emptied,
    }
}

/// Whether no comment is before an item, and only a comma after it.
fn is_bare(before: &str, after: &str) -> bool {
    let is_comma = |thing: &Thing| thing.kind == Kind::Comma;
    things(before, 0..before.len()).is_empty() && things(after, 0..after.len()).iter().all(is_comma)
}

/// The text that stays of what is `before` and `after` a removed item.
fn joined(before: &str, after: &str, is_first: bool, has_next: bool) -> String {
    let things_before = things(before, 0..before.len());
    let things_after = things(after, 0..after.len());
    let comma = |things: &[Thing]| {
        let comma = things.iter().find(|thing| thing.kind == Kind::Comma);
        comma.map(|comma| comma.range.clone())
    };
    let mut kept = things_before.last().map_or(0, |thing| thing.range.end);
    let ends_line = || {
        let rest = after.trim_start_matches([' ', '\t', '\r', ',']);
        rest.starts_with('\n')
    };
    let is_comment = |thing: &Thing| thing.kind == Kind::LineComment;
    if things_before.last().is_some_and(is_comment) && !ends_line() {
        // Otherwise the text that follows would become part of the comment.
        kept = before.len();
    }
    let Some(comma_after) = comma(&things_after) else {
        let before = match comma(&things_before) {
            Some(comma) => format!("{}{}", &before[..comma.start], &before[comma.end..kept]),
            None => before[..kept].to_owned(),
        };
        return before + after;
    };
    let rest = &after[comma_after.end..];
    let is_first_in_line = is_first && !before[kept..].contains('\n');
    let next_follows = things_after.len() == 1 && !rest.contains('\n');
    let to_comma = &after[..comma_after.start];
    match is_first_in_line && has_next && next_follows {
        true => format!("{before}{to_comma}"),
        false => format!("{}{to_comma}{rest}", &before[..kept]),
    }
}
