//! The environment for a block of command lines: a project with the files they name, and stand-ins for other
//! programs.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::repository;
use crate::support::sandbox::{Sandbox, payload, wav, write_program};

/// Programs in the lines that a test must not call, or that may be missing.
const STAND_INS: &[&str] = &["docker", "gh", "notify-send", "pactl", "scp", "ssh"];

pub(super) fn place_for(page: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let project = sandbox.path("project");
    fs::write(project.join("payload.json"), payload("Stop")).unwrap();
    fs::write(project.join("bell.wav"), wav(&[1, 2, 3, 4])).unwrap();
    for name in ["peon", "my-pack"] {
        write_pack(&project.join(name), name);
    }
    if page.ends_with("original.md") {
        write_original(&project);
    }
    with_programs(sandbox)
}

fn write_pack(dir: &Path, name: &str) {
    fs::create_dir(dir).unwrap();
    fs::write(dir.join("done.wav"), wav(&[1, 2, 3, 4])).unwrap();
    let manifest = json!({
        "cesp_version": "1.0",
        "name": name,
        "display_name": name,
        "version": "1.0.0",
        "categories": {"task.complete": {"sounds": [{"file": "done.wav", "label": "Done"}]}},
    });
    fs::write(dir.join("openpeon.json"), manifest.to_string()).unwrap();
}

fn write_original(project: &Path) {
    let fixture = repository().join("tests/fixtures/original");
    let utils = project.join(".claude/hooks/utils");
    fs::create_dir_all(&utils).unwrap();
    let config = "audio_config.json";
    fs::copy(fixture.join(config), utils.join(config)).unwrap();
}

/// `sandbox` with the programs of this build, and stand-ins for others.
fn with_programs(sandbox: Sandbox) -> Sandbox {
    let bin = sandbox.path("bin");
    fs::create_dir(&bin).unwrap();
    for name in STAND_INS {
        write_program(&bin.join(name), "");
    }
    let of_build = |program: &str| Path::new(program).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = [
        bin,
        of_build(env!("CARGO_BIN_EXE_herald")),
        of_build(env!("CARGO_BIN_EXE_herald-player")),
    ];
    let path = std::env::join_paths(dirs.into_iter().chain(std::env::split_paths(&path)));
    sandbox.with("PATH", path.unwrap())
}
