//! The slim program stays slim.

use std::process::Command;

fn needed_libraries(program: &str) -> String {
    let output = Command::new("readelf")
        .args(["-d", program])
        .output()
        .expect("readelf runs");
    let text = String::from_utf8(output.stdout).unwrap();
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
