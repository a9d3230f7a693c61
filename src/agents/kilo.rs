//! Kilo, which uses OpenCode's plugins, but wants them exported in another way.

use super::description::{Agent, Checked, Format, Hooks, Settings};
use super::opencode::{EVENTS, REPLIES, SETTINGS};

pub(super) static AGENT: Agent = Agent {
    name: "kilo",
    title: "Kilo",
    checked: Checked::Read,
    fields: &[],
    events: &EVENTS,
    values: &[],
    replies: REPLIES,
    hooks: Hooks::Settings(&Settings {
        variable: Some(("XDG_CONFIG_HOME", "kilo")),
        dir: ".config/kilo",
        project: Some(".kilo/plugins/herald.js"),
        program: "kilo",
        format: Format::Plugin("export default { id: \"herald\", server: plugin }"),
        next: "restart running Kilo sessions to pick up the plugin",
        ..SETTINGS
    }),
};
