//! Adds a member to an object or an array in its own style; the other bytes stay.
//!
//! jsonc-parser's tree, which edits configs, splits a line into several when it adds a member and does
//! not join them when it removes it: `{"a":1}` would not be restored.

use std::ops::Range;

use jsonc_parser::ast::{Array, Object};
use jsonc_parser::common::Ranged;

/// The place of an object or an array, and of its items.
pub(super) struct Span {
    /// Offset of its opening bracket.
    pub(super) open: usize,
    /// Offset of its closing bracket.
    pub(super) close: usize,
    pub(super) items: Vec<Range<usize>>,
}

impl Span {
    pub(super) fn of_object(object: &Object<'_>) -> Self {
        let items = object.properties.iter();
        Self {
            open: object.range.start,
            close: object.range.end - 1,
            items: items.map(|item| item.range.start..item.range.end).collect(),
        }
    }

    pub(super) fn of_array(array: &Array<'_>) -> Self {
        let items = array.elements.iter().map(Ranged::range);
        Self {
            open: array.range.start,
            close: array.range.end - 1,
            items: items.map(|item| item.start..item.end).collect(),
        }
    }

    /// Its range, with its brackets.
    pub(super) fn range(&self) -> Range<usize> {
        self.open..self.close + 1
    }

    /// The range between its brackets.
    pub(super) fn inside(&self) -> Range<usize> {
        self.open + 1..self.close
    }
}

/// The formatting of a document.
#[derive(Clone, Debug)]
pub(super) struct Style {
    newline: &'static str,
    /// One step of indentation.
    unit: String,
    /// Between a key and its value: `: ` or `:`.
    colon: &'static str,
    /// Whether the whole document is one line.
    inline: bool,
}

impl Style {
    /// The style of `text`, whose outermost object is `root`.
    pub(super) fn of(text: &str, root: Option<&Object<'_>>) -> Self {
        let first = root.and_then(|root| Some((root, root.properties.first()?)));
        let own_line = first.map(|(root, first)| {
            let before = &text[root.range.start + 1..first.range.start];
            before.rsplit_once('\n').map(|(_, indent)| indent)
        });
        let is_blank = |indent: &&str| indent.trim().is_empty();
        let spaced = first.is_none_or(|(_, first)| {
            let value = first.value.range().start;
            text[..value].ends_with([' ', '\t', '\r', '\n'])
        });
        Self {
            newline: if text.contains("\r\n") { "\r\n" } else { "\n" },
            unit: own_line
                .flatten()
                .filter(is_blank)
                .unwrap_or("  ")
                .to_owned(),
            colon: if spaced { ": " } else { ":" },
            inline: own_line.is_some_and(|indent| indent.is_none()),
        }
    }

    pub(super) const fn newline(&self) -> &'static str {
        self.newline
    }
}

/// A value to add.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
    String(String),
    Number(u32),
}

impl Node {
    /// Its text: over several lines that begin with `indent`, or in one line.
    pub(super) fn write(&self, style: &Style, indent: Option<&str>) -> String {
        let inner = indent.map(|indent| format!("{indent}{}", style.unit));
        let (brackets, items): (_, Vec<_>) = match self {
            Self::String(text) => return quoted(text),
            Self::Number(number) => return number.to_string(),
            Self::Array(items) => {
                let items = items.iter().map(|item| item.write(style, inner.as_deref()));
                (("[", "]"), items.collect())
            }
            Self::Object(members) => {
                let members = members
                    .iter()
                    .map(|(key, value)| member(key, value, style, inner.as_deref()));
                (("{", "}"), members.collect())
            }
        };
        let (open, close) = brackets;
        let newline = style.newline;
        match (indent, inner) {
            (Some(indent), Some(inner)) => {
                let items = items.join(&format!(",{newline}{inner}"));
                format!("{open}{newline}{inner}{items}{newline}{indent}{close}")
            }
            _ => {
                let gap = style.gap();
                format!("{open}{}{close}", items.join(&format!(",{gap}")))
            }
        }
    }
}

impl Style {
    /// The space after a comma within a line.
    fn gap(&self) -> &'static str {
        self.colon.strip_prefix(':').unwrap_or_default()
    }
}

fn member(key: &str, value: &Node, style: &Style, indent: Option<&str>) -> String {
    let value = value.write(style, indent);
    format!("{}{}{value}", quoted(key), style.colon)
}

/// `text` as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A member of an object, or an item of an array, to add.
pub(super) struct Item<'n> {
    pub(super) key: Option<&'n str>,
    pub(super) value: &'n Node,
}

impl Item<'_> {
    fn write(&self, style: &Style, indent: Option<&str>) -> String {
        match self.key {
            Some(key) => member(key, self.value, style, indent),
            None => self.value.write(style, indent),
        }
    }
}

/// The text with `item` as the last one inside `span`.
pub(super) fn append(text: &str, span: &Span, item: &Item<'_>, style: &Style) -> String {
    match span.items.last() {
        Some(last) => append_after(text, span, last, item, style),
        None => append_first(text, span, item, style),
    }
}

fn append_first(text: &str, span: &Span, item: &Item<'_>, style: &Style) -> String {
    let outer = line_indent(text, span.open);
    let inner = format!("{outer}{}", style.unit);
    let newline = style.newline;
    let on_own_line = || {
        let item = item.write(style, Some(&inner));
        format!("{newline}{inner}{item}")
    };
    match things(text, span.inside()).last() {
        None if style.inline => spliced(text, [(span.inside(), item.write(style, None))]),
        None => {
            let lines = format!("{}{newline}{outer}", on_own_line());
            spliced(text, [(span.inside(), lines)])
        }
        Some(comment) => {
            let item = match style.inline && comment.kind != Kind::LineComment {
                true => format!(" {}", item.write(style, None)),
                false => on_own_line(),
            };
            spliced(text, [(comment.range.end..comment.range.end, item)])
        }
    }
}

fn append_after(
    text: &str,
    span: &Span,
    last: &Range<usize>,
    item: &Item<'_>,
    style: &Style,
) -> String {
    let tail = things(text, last.end..span.close);
    let comma = tail.iter().find(|thing| thing.kind == Kind::Comma);
    // Comments in the same line belong to the item before them.
    let mut at = comma.map_or(last.end, |comma| comma.range.end);
    let mut after_line_comment = false;
    for thing in &tail {
        if thing.range.start < at {
            continue;
        }
        if text[at..thing.range.start].contains('\n') {
            break;
        }
        at = thing.range.end;
        after_line_comment = thing.kind == Kind::LineComment;
    }
    let before_last = text[..last.start].trim_end_matches([' ', '\t']);
    let indent = match before_last.ends_with('\n') {
        true => Some(text[before_last.len()..last.start].to_owned()),
        false if after_line_comment => Some(line_indent(text, span.open) + &style.unit),
        false => None,
    };
    let written = item.write(style, indent.as_deref());
    let item = match indent {
        Some(indent) => format!("{}{indent}{written}", style.newline),
        None => format!("{}{written}", style.gap()),
    };
    match comma {
        Some(_) => spliced(text, [(at..at, format!("{item},"))]),
        None => spliced(text, [(last.end..last.end, ",".to_owned()), (at..at, item)]),
    }
}

/// The text with some parts replaced; the parts are in order.
pub(super) fn spliced(
    text: &str,
    parts: impl IntoIterator<Item = (Range<usize>, String)>,
) -> String {
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    for (part, new) in parts {
        result += &text[done..part.start];
        result += &new;
        done = part.end;
    }
    result + &text[done..]
}

/// The indentation of the line around `offset`.
fn line_indent(text: &str, offset: usize) -> String {
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let line = &text[start..offset];
    let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
    line[..indent].to_owned()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Comma,
    LineComment,
    BlockComment,
}

/// A comma or comment between two items.
#[derive(Debug)]
pub(super) struct Thing {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// The commas and comments in a part of the text without values.
pub(super) fn things(text: &str, part: Range<usize>) -> Vec<Thing> {
    let mut found = Vec::new();
    let mut at = part.start;
    while at < part.end {
        let rest = &text[at..part.end];
        let (kind, len) = match rest.as_bytes() {
            [b',', ..] => (Kind::Comma, 1),
            [b'/', b'/', ..] => {
                let line = rest.find('\n').unwrap_or(rest.len());
                (Kind::LineComment, rest[..line].trim_end_matches('\r').len())
            }
            [b'/', b'*', ..] => {
                let end = rest.find("*/").map_or(rest.len(), |end| end + 2);
                (Kind::BlockComment, end)
            }
            _ => {
                at += rest.chars().next().map_or(1, char::len_utf8);
                continue;
            }
        };
        found.push(Thing {
            kind,
            range: at..at + len,
        });
        at += len;
    }
    found
}
