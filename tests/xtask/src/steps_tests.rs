use super::*;

fn lines(fast: bool, linux: bool, rustflags: Option<&str>) -> Vec<String> {
    let setting = Setting {
        fast,
        linux,
        instrumented: linux.then_some("the-platform"),
        target: Path::new("t"),
        rustflags: rustflags.map(String::from),
    };
    steps(&setting)
        .iter()
        .map(|step| step.command_line().replace('\\', "/"))
        .collect()
}

#[test]
fn all_of_it() {
    let fuzz = |target: &str, seconds: u32| {
        format!(
            "CARGO_PROFILE_RELEASE_OPT_LEVEL='1' RUSTFLAGS='{LIB_FUZZER}' cargo run --release --manifest-path tests/fuzz/Cargo.toml --bin {target} --target the-platform --target-dir t/fuzz -- -max_total_time={seconds} -timeout=20 -verbosity=0 -artifact_prefix=t/fuzz/"
        )
    };
    assert_eq!(
        lines(false, true, None),
        [
            "cargo fmt --all --check",
            "cargo clippy --workspace --all-targets --all-features -- -D warnings",
            "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --all-features -p herald-audio",
            "PKG_CONFIG_LIBDIR='/nonexistent-herald' PKG_CONFIG_PATH='' cargo clippy -p herald-audio --all-targets --no-default-features --target-dir t/slim -- -D warnings",
            "PKG_CONFIG_LIBDIR='/nonexistent-herald' PKG_CONFIG_PATH='' cargo clippy -p herald-audio --all-targets --no-default-features --features cli --target-dir t/slim -- -D warnings",
            "cargo clippy -p herald-audio --all-targets --no-default-features --features playback -- -D warnings",
            "cargo test --all-features -p herald-audio -p xtask",
            "cargo test --all-features -p herald-c",
            "PKG_CONFIG_LIBDIR='/nonexistent-herald' PKG_CONFIG_PATH='' cargo test --no-default-features -p herald-audio --target-dir t/slim",
            "cargo test -p public-api-tests",
            "RUSTFLAGS='--cfg herald_loom' CARGO_PROFILE_RELEASE_LTO='off' \
             CARGO_PROFILE_RELEASE_CODEGEN_UNITS='16' cargo test --release -p loom-tests --target-dir t/loom",
            "CARGO_PROFILE_RELEASE_LTO='off' CARGO_PROFILE_RELEASE_CODEGEN_UNITS='16' \
             cargo test --release -p loom-tests --target-dir t/shuttle",
            &format!(
                "RUSTC_BOOTSTRAP='1' TSAN_OPTIONS='suppressions=tests/threads/tsan.supp' RUSTFLAGS='{THREAD_SANITIZER}' cargo test -p herald-audio --no-default-features --test threads --target the-platform --target-dir t/tsan"
            ),
            &fuzz("state_file", 20),
            &fuzz("config", 8),
            &fuzz("decode_wav", 5),
            &fuzz("decode_mp3", 5),
            &fuzz("decode_ogg", 5),
            &fuzz("decode_flac", 5),
            &fuzz("pack_manifest", 5),
            "cargo xtask python",
            "CARGO_PROFILE_RELEASE_LTO='off' CARGO_PROFILE_RELEASE_CODEGEN_UNITS='16' \
             CARGO_PROFILE_RELEASE_OPT_LEVEL='0' cargo bench -p benches -- --test",
        ]
    );
}

#[test]
fn fast_leaves_out_features_slim_tests_and_benches() {
    let fast = lines(true, true, None);
    assert_eq!(fast.len(), 6);
    assert!(fast.iter().all(|line| !line.contains("no-default-features")
        && !line.contains("bench -p")
        && !line.contains("python")
        && !line.contains("slim")));
    assert!(fast.iter().any(|line| line.contains("loom-tests")));
}

#[test]
fn pkg_config_is_blinded_on_linux_alone() {
    let elsewhere = lines(false, false, None);
    assert!(elsewhere.iter().all(|line| !line.contains("PKG_CONFIG")));
    assert_eq!(
        elsewhere
            .iter()
            .filter(|line| line.contains("t/slim"))
            .count(),
        3
    );
}

#[test]
fn the_users_rustflags_stay() {
    let lines = lines(true, true, Some(" -C debuginfo=0 "));
    assert!(lines[5].starts_with("RUSTFLAGS='-C debuginfo=0 --cfg herald_loom' "));
    assert_eq!(appended(Some(""), "--cfg x"), "--cfg x");
}
