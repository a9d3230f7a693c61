//! Desktops of freedesktop.org, over D-Bus.

use std::path::{Path, PathBuf};

use super::bus::{Bus, Call, Value};
use super::program::output_of;
use crate::system::env::Env;
use crate::system::external;

const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const GET: &str = "Get";

/// Who knows whether do not disturb is on.
const DO_NOT_DISTURB: [Call<'static>; 5] = [
    // KDE
    Call {
        name: NOTIFICATIONS,
        path: NOTIFICATIONS_PATH,
        interface: PROPERTIES,
        member: GET,
        args: &[NOTIFICATIONS, "Inhibited"],
    },
    // dunst
    Call {
        name: NOTIFICATIONS,
        path: NOTIFICATIONS_PATH,
        interface: PROPERTIES,
        member: GET,
        args: &["org.dunstproject.cmd0", "paused"],
    },
    // mako
    Call {
        name: NOTIFICATIONS,
        path: "/fr/emersion/Mako",
        interface: "fr.emersion.Mako",
        member: "ListModes",
        args: &[],
    },
    // SwayNotificationCenter
    Call {
        name: "org.erikreider.swaync.cc",
        path: "/org/erikreider/swaync/cc",
        interface: "org.erikreider.swaync.cc",
        member: "GetDnd",
        args: &[],
    },
    Call {
        name: "org.xfce.Xfconf",
        path: "/org/xfce/Xfconf",
        interface: "org.xfce.Xfconf",
        member: "GetProperty",
        args: &["xfce4-notifyd", "/do-not-disturb"],
    },
];
/// The mode of mako for it.
const MODE: &str = "do-not-disturb";
/// Desktops that keep it in a setting: the name on the bus, then schema and key, which is false when it is on.
const SETTINGS: [(&str, &str, &str); 2] = [
    (
        "org.gnome.Shell",
        "org.gnome.desktop.notifications",
        "show-banners",
    ),
    (
        "org.Cinnamon",
        "org.cinnamon.desktop.notifications",
        "display-notifications",
    ),
];

/// Who knows whether the screen is locked, each by the name of its screen saver.
const SCREEN_SAVERS: [(&str, &str); 5] = [
    (
        "org.freedesktop.ScreenSaver",
        "/org/freedesktop/ScreenSaver",
    ),
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    ("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"),
    ("org.mate.ScreenSaver", "/org/mate/ScreenSaver"),
    ("org.xfce.ScreenSaver", "/org/xfce/ScreenSaver"),
];
/// The same for programs such as hyprlock, at the system's bus.
const SESSION: Call<'static> = Call {
    name: "org.freedesktop.login1",
    path: "/org/freedesktop/login1/session/auto",
    interface: PROPERTIES,
    member: GET,
    args: &["org.freedesktop.login1.Session", "LockedHint"],
};

/// Whether do not disturb is on.
pub(crate) fn is_not_to_disturb(env: &Env) -> Result<bool, String> {
    let mut bus = Bus::connect(&session_bus(env))?;
    let mut answers = Vec::new();
    for call in &DO_NOT_DISTURB {
        answers.push(bus.call(call).and_then(is_on));
    }
    for (name, schema, key) in SETTINGS {
        answers.push(match bus.is_there(name) {
            Ok(true) => setting(schema, key, env).map(|shown| !shown),
            _ => Err(format!("no {name}")),
        });
    }
    one_of(answers, "no notification daemon that says so is running")
}

/// Whether the screen is locked.
pub(crate) fn is_locked(env: &Env) -> Result<bool, String> {
    let mut answers = Vec::new();
    if let Ok(mut bus) = Bus::connect(&session_bus(env)) {
        for (name, path) in SCREEN_SAVERS {
            let call = Call {
                name,
                path,
                interface: name,
                member: "GetActive",
                args: &[],
            };
            answers.push(bus.call(&call).and_then(is_on));
        }
    }
    let system = Bus::connect(&system_bus(env));
    answers.push(system.and_then(|mut bus| is_on(bus.call(&SESSION)?)));
    one_of(
        answers,
        "no screen saver, and no session of logind, says so",
    )
}

/// Whether one of the answers is yes; `nobody` is the reason if there is none.
fn one_of(answers: Vec<Result<bool, String>>, nobody: &str) -> Result<bool, String> {
    let known: Vec<_> = answers.into_iter().flatten().collect();
    match known.is_empty() {
        true => Err(nobody.to_owned()),
        false => Ok(known.contains(&true)),
    }
}

fn is_on(value: Value) -> Result<bool, String> {
    match value {
        Value::Bool(is_on) => Ok(is_on),
        Value::Texts(modes) => Ok(modes.iter().any(|mode| mode == MODE)),
        Value::Other => Err("an answer of another type".to_owned()),
    }
}

/// The value of a setting.
fn setting(schema: &str, key: &str, env: &Env) -> Result<bool, String> {
    let program = external::on_path("gsettings", env).ok_or("gsettings is not installed")?;
    match output_of(&program, &["get", schema, key])?.trim() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("gsettings does not know {schema} {key}")),
    }
}

fn session_bus(env: &Env) -> String {
    let own = || {
        let user = rustix::process::geteuid().as_raw();
        let dir = env.path("XDG_RUNTIME_DIR");
        dir.unwrap_or_else(|| format!("/run/user/{user}").into())
            .join("bus")
    };
    address(env, "DBUS_SESSION_BUS_ADDRESS", own)
}

fn system_bus(env: &Env) -> String {
    let own = || Path::new("/run/dbus/system_bus_socket").to_owned();
    address(env, "DBUS_SYSTEM_BUS_ADDRESS", own)
}

/// The address in `variable`, else that of the socket `own`.
fn address(env: &Env, variable: &str, own: impl FnOnce() -> PathBuf) -> String {
    let named = env.get(variable).and_then(|named| named.into_string().ok());
    named.unwrap_or_else(|| format!("unix:path={}", own().display()))
}
