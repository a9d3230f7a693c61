//! The slim program links few libraries.

use std::ffi::OsStr;
use std::process::Command;

use crate::support::examples::example;
use crate::support::sandbox::output_of;

fn needed_libraries(program: impl AsRef<OsStr>) -> String {
    let mut readelf = Command::new("readelf");
    readelf.arg("-d").arg(program);
    let text = String::from_utf8(output_of(readelf).stdout).unwrap();
    text.lines()
        .filter(|line| line.contains("NEEDED"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_hook_program_links_no_audio_library() {
    let herald = needed_libraries(env!("CARGO_BIN_EXE_herald"));
    assert!(herald.contains("libc.so"), "readelf says nothing: {herald}");
    assert!(!herald.contains("libasound"), "{herald}");
    let player = needed_libraries(env!("CARGO_BIN_EXE_herald-player"));
    assert!(
        player.contains("libasound"),
        "the check cannot see what it looks for: {player}"
    );
}

/// Independent of the library's features.
#[test]
fn a_program_that_does_not_play_by_itself_links_none_either() {
    for (name, plays) in [
        ("ask_throttle", false),
        ("dispatch", false),
        ("play_in_process", true),
    ] {
        let needed = needed_libraries(example(name));
        assert_eq!(needed.contains("libasound"), plays, "{name}: {needed}");
    }
}
