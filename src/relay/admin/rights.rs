//! What each login may do at the server: as little as its machine needs.

use herald_audio::internals::config::fleet::Role;

use crate::engine::redis::keys::Keys;

/// The rules for `ACL SETUSER` of `machine`, without its key. Everything that is not named is refused.
pub(crate) fn rules(keys: &Keys, machine: &str, role: Role) -> Vec<String> {
    let own = keys.stream(machine);
    match role {
        // It appends to its own stream, so nobody else is silenced by what it says.
        Role::Box => vec![
            format!("%W~{own}"),
            "+xadd".to_owned(),
            format!("(%R~{} %R~{} +get)", keys.mute(), keys.present()),
        ],
        Role::Desk | Role::Both => vec![
            format!("%R~{}", keys.stream("*")),
            format!("%R~{}", keys.signal()),
            "+xread".to_owned(),
            "+time".to_owned(),
            "+ping".to_owned(),
            // For herald doctor: the version, and what the server keeps.
            "+info".to_owned(),
            format!("(%W~{own} %W~{} +xadd)", keys.signal()),
            format!("(%W~{} +xtrim)", keys.stream("*")),
            format!("(%R~{} +hgetall)", keys.boxes()),
            format!(
                "(~{} ~{} ~{} ~{} +get +mget +set +del +pttl)",
                keys.mute(),
                keys.present(),
                keys.desk("*"),
                keys.claim("*")
            ),
        ],
    }
}

/// What a login is called in the hash of machines.
pub(crate) const fn name(role: Role) -> &'static str {
    match role {
        Role::Box => "box",
        Role::Desk => "desk",
        Role::Both => "both",
    }
}
