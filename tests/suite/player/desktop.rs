//! Rules about the desktop, over a private D-Bus.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

use nix::sys::socket::UnixAddr;
use rustbus::connection::Timeout;
use rustbus::connection::ll_conn::force_finish_on_error;
use rustbus::{RpcConn, standard_messages};
use serde_json::json;

use crate::support::desktop::{display, has, session_bus, started, with_sway};
use crate::support::rules::{becomes, doctor_about_rules, with_rules};
use crate::support::sandbox::{Running, Sandbox, output_of, wait_until, write_program};

/// A sandbox with a bus of its own, and no bus of the system.
fn sandbox() -> (Sandbox, Running) {
    let sandbox = Sandbox::new().with("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere");
    let bus = session_bus(&sandbox);
    (sandbox, bus)
}

/// A service called `name` that knows `member` of `interface`, as a method or a property: whether it is on.
struct Service(Arc<AtomicBool>);

impl Service {
    fn start(sandbox: &Sandbox, name: &str, interface: &'static str, member: &'static str) -> Self {
        let address = UnixAddr::new(&sandbox.path("run/bus")).unwrap();
        let mut bus = wait_until("the bus answers", || {
            RpcConn::connect_to_path(address, Timeout::Infinite).ok()
        });
        let mut named = standard_messages::request_name(name, 0);
        let asked = bus.send_message(&mut named).unwrap().write_all();
        let asked = asked.map_err(force_finish_on_error).unwrap();
        bus.wait_response(asked, Timeout::Infinite).unwrap();
        let is_on = Arc::new(AtomicBool::new(false));
        let says = is_on.clone();
        // It ends with the bus.
        thread::spawn(move || {
            while let Ok(call) = bus.wait_call(Timeout::Infinite) {
                let mut reply = call.dynheader.make_response();
                let header = &call.dynheader;
                let args: Vec<String> = [call.body.parser().get2::<String, String>()]
                    .into_iter()
                    .flatten()
                    .flat_map(|(interface, property)| [interface, property])
                    .collect();
                let is_on = says.load(SeqCst);
                if header.member.as_deref() == Some(member)
                    && header.interface.as_deref() == Some(interface)
                {
                    reply.body.push_param(is_on).unwrap();
                } else if args == [interface, member] {
                    reply.body.push_variant(is_on).unwrap();
                } else {
                    let error = "org.freedesktop.DBus.Error.UnknownMethod";
                    reply = header.make_error_response(error, None);
                }
                let sent = bus.send_message(&mut reply).unwrap().write_all();
                if sent.map_err(force_finish_on_error).is_err() {
                    return;
                }
            }
        });
        Self(is_on)
    }

    fn set(&self, is_on: bool) {
        self.0.store(is_on, SeqCst);
    }
}

#[test]
fn do_not_disturb_keeps_events_quiet_whoever_is_asked() {
    const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
    for (name, interface, member) in [
        (NOTIFICATIONS, NOTIFICATIONS, "Inhibited"),
        (NOTIFICATIONS, "org.dunstproject.cmd0", "paused"),
        (
            "org.erikreider.swaync.cc",
            "org.erikreider.swaync.cc",
            "GetDnd",
        ),
    ] {
        let (sandbox, _bus) = sandbox();
        with_rules(&sandbox, &json!({"quiet_on_do_not_disturb": true}));
        let service = Service::start(&sandbox, name, interface, member);
        becomes(&sandbox, "played");
        service.set(true);
        let line = becomes(&sandbox, "skipped");
        assert_eq!(
            line["reason"],
            "rules.quiet_on_do_not_disturb: do not disturb is on"
        );
        service.set(false);
        becomes(&sandbox, "played");
    }
}

#[test]
fn gnome_keeps_do_not_disturb_in_a_setting() {
    let (sandbox, _bus) = sandbox();
    with_rules(&sandbox, &json!({"quiet_on_do_not_disturb": true}));
    let programs = sandbox.path("programs");
    std::fs::create_dir(&programs).unwrap();
    let script = r#"[ "$*" = "get org.gnome.desktop.notifications show-banners" ] && echo false"#;
    write_program(&programs.join("gsettings"), script);
    let path = std::env::join_paths([programs, "/usr/bin".into(), "/bin".into()]).unwrap();
    let sandbox = sandbox.with("PATH", path.to_str().unwrap());
    becomes(&sandbox, "played");
    // It counts only where GNOME runs.
    let _shell = Service::start(&sandbox, "org.gnome.Shell", "org.gnome.Shell", "x");
    becomes(&sandbox, "skipped");
}

#[test]
fn a_locked_screen_keeps_events_quiet_whoever_is_asked() {
    for name in ["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver"] {
        let (sandbox, _bus) = sandbox();
        with_rules(&sandbox, &json!({"quiet_when_locked": true}));
        let service = Service::start(&sandbox, name, name, "GetActive");
        becomes(&sandbox, "played");
        service.set(true);
        let line = becomes(&sandbox, "skipped");
        assert_eq!(
            line["reason"],
            "rules.quiet_when_locked: the screen is locked"
        );
        let told = doctor_about_rules(&sandbox).concat();
        assert!(told.starts_with("rules.quiet_when_locked: "), "{told}");
        service.set(false);
        becomes(&sandbox, "played");
    }
}

#[test]
fn without_a_desktop_events_sound_and_doctor_says_why() {
    let (sandbox, bus) = sandbox();
    let rules = json!({"quiet_on_do_not_disturb": true, "quiet_when_locked": true});
    with_rules(&sandbox, &rules);
    becomes(&sandbox, "played");
    let told = doctor_about_rules(&sandbox);
    assert!(
        told[0].contains("no notification daemon that says so"),
        "{told:?}"
    );
    assert!(
        told[1].contains("no screen saver, and no session"),
        "{told:?}"
    );
    drop(bus);
    becomes(&sandbox, "played");
    let told = doctor_about_rules(&sandbox);
    assert!(told[0].contains("no D-Bus at unix:path="), "{told:?}");
}

#[test]
fn dunst_says_that_it_is_paused() {
    if !has(&["dunst", "dunstctl", "Xvfb"]) {
        return;
    }
    let (sandbox, _bus) = sandbox();
    with_rules(&sandbox, &json!({"quiet_on_do_not_disturb": true}));
    let (_server, display) = display(&sandbox);
    let sandbox = sandbox.with("DISPLAY", display);
    let _dunst = started(sandbox.command("dunst"));
    obeys(&sandbox, "dunstctl", &["set-paused", "true"]);
    becomes(&sandbox, "skipped");
    obeys(&sandbox, "dunstctl", &["set-paused", "false"]);
    becomes(&sandbox, "played");
}

#[test]
fn mako_says_that_its_mode_is_do_not_disturb() {
    if !has(&["mako", "makoctl", "sway", "unshare"]) {
        return;
    }
    let (sandbox, _bus) = sandbox();
    with_rules(&sandbox, &json!({"quiet_on_do_not_disturb": true}));
    let (sandbox, _sway) = with_sway(sandbox);
    let _mako = started(sandbox.command("mako"));
    obeys(&sandbox, "makoctl", &["mode", "-a", "do-not-disturb"]);
    becomes(&sandbox, "skipped");
    obeys(&sandbox, "makoctl", &["mode", "-r", "do-not-disturb"]);
    becomes(&sandbox, "played");
}

#[test]
fn xfce_keeps_do_not_disturb_in_its_settings() {
    if !has(&["xfconf-query"]) {
        return;
    }
    let (sandbox, _bus) = sandbox();
    with_rules(&sandbox, &json!({"quiet_on_do_not_disturb": true}));
    let key = ["-c", "xfce4-notifyd", "-p", "/do-not-disturb"];
    let set = |value: &[&str]| obeys(&sandbox, "xfconf-query", &[&key[..], value].concat());
    set(&["-n", "-t", "bool", "-s", "true"]);
    becomes(&sandbox, "skipped");
    set(&["-s", "false"]);
    becomes(&sandbox, "played");
}

/// Runs `program` until it succeeds, as what it controls has just been started.
fn obeys(sandbox: &Sandbox, program: &str, args: &[&str]) {
    wait_until(&format!("{program} succeeds"), || {
        let mut command = sandbox.command(program);
        command.args(args);
        output_of(command).status.success().then_some(())
    });
}
