//! Checks that `herald.h` matches the source.

use std::collections::BTreeSet;
use std::path::Path;

/// In the order of the header.
const SOURCES: [&str; 7] = [
    "failure.rs",
    "table.rs",
    "api/open.rs",
    "api/throttle.rs",
    "api/sound.rs",
    "api/config.rs",
    "api/controls.rs",
];
const BLESS: &str = "HERALD_BLESS";

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
    if std::env::var(BLESS).as_deref() == Ok("1") {
        std::fs::write(&path, generated).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "herald.h is out of date (regenerate it: {BLESS}=1 cargo test -p herald-c --test header)"
    );
}

#[test]
fn the_page_tells_of_every_function_and_of_no_other() {
    let header = generated();
    let declarations = header
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let functions: BTreeSet<&str> = declarations
        .filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("herald_"))
        .collect();
    assert!(functions.len() > 20, "{functions:?}");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/c.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let told: BTreeSet<&str> = rows
        .flat_map(|row| row.split('`'))
        .filter(|span| span.starts_with("herald_"))
        .collect();
    assert_eq!(told, functions);
}
