//! Claude Code, whose terms all others are translated into.

use super::description::{Agent, CLAUDES, Checked};

pub(super) static AGENT: Agent = Agent {
    name: "claude",
    title: "Claude Code",
    checked: Checked::Run,
    fields: &[],
    events: &[],
    values: &[],
    replies: CLAUDES,
};
