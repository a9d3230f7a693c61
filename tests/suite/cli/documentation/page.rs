//! The content of a page: commands, tables, links.

use std::fs;
use std::path::PathBuf;

use crate::support::repository;

/// README.md, a page of src/docs, or one for contributors.
pub(super) struct Page {
    /// The path from the repository's root.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// A fenced block of command lines.
pub(super) struct Block {
    /// The shell for its lines.
    pub(super) shell: &'static str,
    pub(super) lines: Vec<Line>,
}

/// A command line with its comment.
pub(super) struct Line {
    /// The command to run.
    pub(super) command: String,
    /// The text after it.
    pub(super) comment: String,
}

/// README.md and the pages, sorted by name.
pub(super) fn pages() -> Vec<Page> {
    let root = repository();
    let mut names = vec!["README.md".to_owned(), "src/crate.md".to_owned()];
    for dir in [".github", "src/docs"] {
        for entry in fs::read_dir(root.join(dir)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            // `links.md` only defines links.
            if name.ends_with(".md") && name != "links.md" {
                names.push(format!("{dir}/{name}"));
            }
        }
    }
    names.sort();
    assert!(names.len() > 10, "the pages are gone");
    let page = |name: String| {
        let path = root.join(&name);
        let text = fs::read_to_string(&path).unwrap();
        Page { name, path, text }
    };
    names.into_iter().map(page).collect()
}

impl Page {
    /// Blocks of command lines.
    pub(super) fn blocks(&self) -> Vec<Block> {
        let shells = [("sh", "sh"), ("bash", "bash"), ("console", "sh")];
        let mut blocks = Vec::new();
        for (language, lines) in self.fences() {
            let shell = shells.iter().find(|(name, _)| *name == language);
            if let Some((_, shell)) = shell {
                let lines = commands(&lines, language == "console");
                blocks.push(Block { shell, lines });
            }
        }
        blocks
    }

    fn fences(&self) -> Vec<(&str, Vec<&str>)> {
        let mut fences = Vec::new();
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            if let Some(language) = line.strip_prefix("```") {
                let inside = lines.by_ref().take_while(|line| *line != "```");
                fences.push((language, inside.collect()));
            }
        }
        fences
    }

    /// The lines outside of fenced blocks.
    pub(super) fn prose(&self) -> impl Iterator<Item = &str> {
        let mut is_inside = false;
        self.text.lines().filter(move |line| {
            let is_fence = line.starts_with("```");
            is_inside ^= is_fence;
            !is_inside && !is_fence
        })
    }

    /// The texts between backticks in the first column of its table of commands.
    pub(super) fn command_spans(&self) -> Vec<String> {
        let table = self
            .prose()
            .skip_while(|line| !line.starts_with("| command |"));
        let rows = table.skip(2).take_while(|line| line.starts_with('|'));
        let cells = rows.map(|row| row.replace("\\|", "\u{0}"));
        let cells = cells.map(|row| row.split('|').nth(1).unwrap().replace('\u{0}', "|"));
        let spans = cells.flat_map(|cell| {
            let odd = cell.split('`').skip(1).step_by(2).map(str::to_owned);
            odd.collect::<Vec<_>>()
        });
        spans.collect()
    }

    /// The targets of its links inside the repository.
    pub(super) fn links(&self) -> Vec<String> {
        let mut links = Vec::new();
        for line in self.prose() {
            let definition = line
                .strip_prefix('[')
                .and_then(|line| line.split_once("]: "));
            links.extend(definition.map(|(_, target)| target.to_owned()));
            for rest in line.split("](").skip(1) {
                links.push(rest.split(')').next().unwrap().to_owned());
            }
        }
        links.retain(|link| !link.contains("://"));
        links
    }

    /// Names in brackets, which must be defined at the end of the page.
    pub(super) fn references(&self) -> Vec<String> {
        let is_definition = |line: &&str| line.starts_with('[') && line.contains("]: ");
        let prose = self.prose().filter(|line| !is_definition(line));
        let prose = prose.collect::<Vec<_>>().join(" ");
        // Brackets in code are not links.
        let text: String = prose.split('`').step_by(2).collect();
        let bracketed = text
            .split('[')
            .skip(1)
            .filter_map(|rest| rest.split_once(']'));
        // `[text](target)` and `[text][name]`: the text is not a name, nor is the box of a task.
        let names = bracketed.filter(|(name, rest)| {
            !rest.is_empty() && !rest.starts_with('(') && !name.trim().is_empty()
        });
        names.map(|(name, _)| name.to_owned()).collect()
    }

    /// The anchors of the page's headings.
    pub(super) fn anchors(&self) -> Vec<String> {
        let headings = self.prose().filter(|line| line.starts_with('#'));
        let anchor = |heading: &str| {
            let text = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = text
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.collect::<String>().replace(' ', "-")
        };
        headings.map(anchor).collect()
    }
}

/// The command lines of a block; in a terminal session, those after a prompt.
fn commands(lines: &[&str], is_session: bool) -> Vec<Line> {
    let shown = lines.iter().filter_map(|line| match is_session {
        true => line.strip_prefix("$ "),
        false => Some(line),
    });
    // A backslash at the end continues on the next line.
    let joined = shown.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let lines = joined.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = |line: &str| {
        let (command, comment) = line.split_once(" # ").unwrap_or((line, ""));
        Line {
            command: command.trim_end().to_owned(),
            comment: comment.trim().to_owned(),
        }
    };
    lines.map(line).collect()
}

impl Line {
    /// The exit code in its comment, else 0.
    pub(super) fn exit_code(&self) -> i32 {
        let said = self.comment.split_once("exit code ");
        let digits = said.map(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next());
        digits.flatten().map_or(0, |digits| digits.parse().unwrap())
    }

    /// The output in its comment, if it is JSON.
    pub(super) fn json(&self) -> Option<&str> {
        Some(self.comment.as_str()).filter(|comment| comment.starts_with('{'))
    }
}
