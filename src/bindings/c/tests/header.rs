//! `herald.h` says what the library does.

use std::path::Path;

/// In the order in which the header tells of them.
const SOURCES: [&str; 7] = [
    "failure.rs",
    "table.rs",
    "api/open.rs",
    "api/throttle.rs",
    "api/sound.rs",
    "api/config.rs",
    "api/controls.rs",
];
const UPDATE: &str = "HERALD_UPDATE_HEADER";

fn generated() -> String {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(package.join("cbindgen.toml")).unwrap();
    let builder = SOURCES
        .into_iter()
        .fold(cbindgen::Builder::new(), |builder, source| {
            builder.with_src(package.join("src").join(source))
        });
    let mut header = Vec::new();
    let bindings = builder.with_config(config).generate().unwrap();
    bindings.write(&mut header);
    String::from_utf8(header).unwrap()
}

#[test]
fn the_header_is_what_the_source_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("herald.h");
    let generated = generated();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, generated).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "herald.h is out of date (to make it anew: {UPDATE}=1 cargo test -p herald-c --test header)"
    );
}
