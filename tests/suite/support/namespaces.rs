//! Separate namespaces for tests, as in containers.

use std::process::Command;

use super::sandbox::{Sandbox, run};

/// Creates an `unshare` command, to which the program is to be added; none where this user may not have such
/// namespaces.
pub(crate) fn unshared(sandbox: &Sandbox, namespaces: &[&str]) -> Option<impl Fn() -> Command> {
    let unshare = move || {
        let mut unshare = sandbox.command("unshare");
        unshare.args(namespaces);
        unshare
    };
    let mut probe = unshare();
    probe.arg("true");
    let may = run(probe, b"").status.success();
    if !may {
        test_support::not_tested("this user may not have namespaces here");
    }
    may.then_some(unshare)
}
