//! Links, and the list of pages.

use std::fs;

use super::page::{Page, pages};
use crate::support::repository;

/// Lists every page in src/docs.
const INDEX: &str = "README.md";

#[test]
fn links_lead_somewhere() {
    let pages = pages();
    let mut wrong = Vec::new();
    for page in &pages {
        for link in page.links() {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => page.path.clone(),
                file => page.path.parent().unwrap().join(file),
            };
            if !target.exists() {
                wrong.push(format!("{}: {link}: there is no such file", page.name));
            }
            if !anchor.is_empty() {
                let same =
                    |page: &&Page| page.path.canonicalize().ok() == target.canonicalize().ok();
                let there = pages.iter().find(same);
                if !there.is_some_and(|page| page.anchors().iter().any(|there| there == anchor)) {
                    wrong.push(format!("{}: {link}: there is no such heading", page.name));
                }
            }
        }
        for name in page.references() {
            if !page.text.contains(&format!("\n[{name}]: ")) {
                wrong.push(format!("{}: [{name}] is not defined", page.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_link_of_a_page_is_redefined_for_the_documentation() {
    let links = fs::read_to_string(repository().join("src/docs/links.md")).unwrap();
    let mut missing = Vec::new();
    for page in pages() {
        if !page.name.starts_with("src/docs/") || page.name.ends_with(INDEX) {
            continue;
        }
        for line in page.prose() {
            let definition = line
                .strip_prefix('[')
                .and_then(|line| line.split_once("]: "));
            let Some((name, target)) = definition else {
                continue;
            };
            if !target.starts_with("https:") && !links.contains(&format!("[{name}]: ")) {
                missing.push(format!("{}: {line}", page.name));
            }
        }
    }
    assert_eq!(missing, [""; 0], "not in links.md");
}

#[test]
fn every_page_is_in_the_documentation_and_in_the_index() {
    let docs = repository().join("src/docs");
    let read = |name: &str| fs::read_to_string(docs.join(name)).unwrap();
    let (modules, links, index) = (read("mod.rs"), read("links.md"), read(INDEX));
    for page in pages() {
        let Some(file) = page.name.strip_prefix("src/docs/") else {
            continue;
        };
        let titles = page.prose().filter(|line| line.starts_with("# "));
        assert_eq!(titles.count(), 1, "titles of {file}");
        if file == INDEX {
            continue;
        }
        let name = file.trim_end_matches(".md");
        for (text, what) in [
            (&modules, format!("include_str!({file:?})")),
            (&modules, format!("pub mod {name} {{}}")),
            (&links, format!("[{name}]: crate::docs::{name}\n")),
            (&index, format!("[{name}]: {file}\n")),
        ] {
            assert!(text.contains(&what), "{what} is missing");
        }
    }
}
