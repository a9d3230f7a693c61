use crate::support::doctor::{assert_found, found};
use crate::support::sandbox::Sandbox;

#[test]
fn an_ssh_session_without_sound_gets_the_lines_to_use() {
    let sandbox = Sandbox::new()
        .with("HERALD_OUTPUT", "cpal")
        .with("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22")
        .with("USER", "me");
    let socket = sandbox.path("home/.herald-pulse");
    let export = format!("export PULSE_SERVER=unix:{}", socket.display());
    let findings = found(&sandbox, "remote");
    assert_found(&findings, "warning", "an SSH session", &export);
    let forward = format!(
        "ssh -R {}:$XDG_RUNTIME_DIR/pulse/native me@192.0.2.1",
        socket.display()
    );
    assert_found(&findings, "warning", "an SSH session", &forward);
}

#[test]
fn a_codespace_is_told_from_other_containers() {
    let sandbox = Sandbox::new()
        .with("HERALD_OUTPUT", "cpal")
        .with("CODESPACES", "true")
        .with("CODESPACE_NAME", "fluffy-waffle");
    let forward = "gh codespace ssh -c fluffy-waffle -- -R ";
    assert_found(
        &found(&sandbox, "remote"),
        "warning",
        "a codespace",
        forward,
    );
}
