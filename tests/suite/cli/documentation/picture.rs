//! The terminal that README.md shows: real commands and what they print. `cargo xtask pictures` names the
//! optimised programs in `HERALD_PROGRAMS`.

use std::fs;
use std::path::Path;

use anstyle_svg::Term;

use super::place::place_for;
use crate::sound::sound_server::server::{SoundServer, address};
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, run};
use crate::support::{is_recording, repository};

const PICTURE: &str = "src/docs/pictures/terminal.svg";

const TYPED: &[&str] = &[
    "herald install",
    "herald test",
    "herald log -n 1",
    "herald snooze 30",
];

#[test]
fn the_terminal_is_as_it_is_drawn() {
    in_real_time(|| {
        let fresh = Term::new().min_width_px(0).render_svg(&session());
        let path = repository().join(PICTURE);
        let stored = fs::read_to_string(&path).unwrap_or_default();
        let is_same = without_numbers(&stored) == without_numbers(&fresh);
        if is_recording() && !is_same {
            fs::write(&path, &fresh).unwrap();
        } else {
            assert!(
                is_same,
                "run cargo xtask pictures: commands print what README.md does not show:\n{fresh}"
            );
        }
    });
}

/// What is typed at a terminal, and what is printed there.
fn session() -> String {
    let place = place_for("README.md").with("HERALD_OUTPUT", "auto");
    let server = address(&place, "pulse");
    let place = place
        .with("PULSE_SERVER", server)
        .with("CLICOLOR_FORCE", "1");
    let _server = SoundServer::start(&place, &["speakers"]);
    let printed = TYPED.iter().map(|line| printed(&place, line));
    printed.collect::<Vec<_>>().join("\n")
}

fn printed(place: &Sandbox, line: &str) -> String {
    let script = match std::env::var("HERALD_PROGRAMS") {
        Ok(dir) => format!("PATH={dir}:$PATH\n{line}"),
        Err(_) => line.to_owned(),
    };
    let mut shell = place.command("sh");
    shell.args(["-c", &script]);
    let output = run(shell, b"");
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{line}: {text}");
    let text = text.replace(&as_text(&place.path("home")), "~");
    // Steps are slow while a machine is busy, and only then are they named.
    let lines = text.lines();
    let lines = lines.map(|line| line.split("slow: ").next().unwrap());
    let lines = lines.map(|line| line.trim_end_matches([',', ' ']));
    let lines = lines.collect::<Vec<_>>().join("\n");
    format!("\u{1b}[1m$ {line}\u{1b}[0m\n{lines}\n")
}

fn as_text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Times and process numbers differ from run to run, and with them the width of columns.
fn without_numbers(svg: &str) -> String {
    let digits = svg.split(|c: char| c.is_ascii_digit());
    let parts = digits.filter(|part| !part.is_empty());
    let text = parts.collect::<Vec<_>>().join("0");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
