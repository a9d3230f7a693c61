use super::*;

fn plan_of(scope: Scope, linux: bool, rustflags: Option<&str>) -> Plan {
    plan(&Setting {
        scope,
        linux,
        instrumented: linux.then_some("the-platform"),
        target: Path::new("t"),
        rustflags: rustflags.map(String::from),
    })
}

fn lines(scope: Scope, linux: bool) -> Vec<String> {
    let steps = plan_of(scope, linux, None).steps;
    let lines = steps.iter().map(Step::command_line);
    lines.map(|line| line.replace('\\', "/")).collect()
}

const LINTED: &str = "RUSTC_WORKSPACE_WRAPPER='clippy-driver' \
    CLIPPY_ARGS='-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__'";
const IN_PARTS: &str = "CARGO_PROFILE_RELEASE_LTO='off' CARGO_PROFILE_RELEASE_CODEGEN_UNITS='16'";

#[test]
fn the_quick_ones() {
    assert_eq!(
        lines(Scope::Quick, true),
        [
            "cargo fmt --all --check".to_owned(),
            format!(
                "{LINTED} cargo test -p herald-throttle -p herald-audio -p herald-cli -p herald-relay -p herald-c -p xtask --all-features --lib --bins --tests --examples"
            ),
            format!("{LINTED} cargo test --doc --all-features -p herald-throttle -p herald-audio"),
            format!(
                "{LINTED} RUSTFLAGS='--cfg herald_loom' LOOM_MAX_PREEMPTIONS='3' {IN_PARTS} cargo test --release -p loom-tests --tests --target-dir t/loom"
            ),
        ]
    );
}

#[test]
fn all_has_the_quick_ones_and_the_models_in_full() {
    let all = lines(Scope::All, true);
    for line in lines(Scope::Quick, true) {
        let line = line.replace("LOOM_MAX_PREEMPTIONS='3' ", "");
        assert!(all.contains(&line), "{line}");
    }
    for (part, count) in [
        ("PKG_CONFIG_LIBDIR='/nonexistent-herald'", 2),
        ("public-api-tests", 1),
        ("t/shuttle", 1),
        ("t/tsan", 1),
        ("t/fuzz/", FUZZ_TARGETS.len()),
        ("xtask python", 1),
        ("xtask lint", 1),
        ("bench -p benches", 1),
    ] {
        let found = all.iter().filter(|line| line.contains(part)).count();
        assert_eq!(found, count, "{part}");
    }
    assert!(plan_of(Scope::All, true, None).left_out.is_empty());
}

#[test]
fn omitted_steps_are_reported() {
    let plan = plan_of(Scope::All, false, None);
    assert_eq!(plan.left_out.len(), 2);
    let lines = lines(Scope::All, false);
    for part in ["PKG_CONFIG", "tsan", "fuzz", "public-api", "xtask lint"] {
        assert!(lines.iter().all(|line| !line.contains(part)), "{part}");
    }
}

#[test]
fn the_long_ones() {
    let fuzz = lines(Scope::Fuzz(600), true);
    assert_eq!(fuzz.len(), FUZZ_TARGETS.len());
    for line in fuzz {
        assert!(line.contains("-max_total_time=600 -seed=0 "), "{line}");
    }
    let plan = plan_of(Scope::Fuzz(600), false, None);
    assert!(plan.steps.is_empty() && plan.left_out.len() == 1);
    for part in ["--test released", "xtask site"] {
        let mut dist = lines(Scope::Dist, true).into_iter();
        assert!(dist.any(|line| line.contains(part)), "{part}");
    }
    assert!(plan_of(Scope::Dist, false, None).steps.is_empty());
    let agents = lines(Scope::Agents, true);
    let agents_of = "cargo test -p herald-cli --all-features --test agents";
    assert_eq!(agents, [agents_of]);
    let codex = lines(Scope::Codex, true);
    assert_eq!(codex, [format!("{agents_of} codex")]);
    assert!(plan_of(Scope::Agents, false, None).steps.is_empty());
    for line in lines(Scope::Soak, false) {
        assert!(line.starts_with("HERALD_SOAK='1' "), "{line}");
    }
}

#[test]
fn the_users_rustflags_stay() {
    let plan = plan_of(Scope::Quick, true, Some(" -C debuginfo=0 "));
    let loom = plan.steps.last().unwrap().command_line();
    let flags = "RUSTFLAGS='-C debuginfo=0 --cfg herald_loom' ";
    assert!(loom.contains(flags), "{loom}");
    assert_eq!(appended(Some(""), "--cfg x"), "--cfg x");
}
