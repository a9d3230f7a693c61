//! Checksums of a release, and what has them in it: `SHA256SUMS`, `install.sh` and `herald.rb`.

use std::fs;
use std::process::Command;

use super::{Dist, cannot_read, cannot_write, value_of};
use crate::failure::Failure;
use crate::process::{first_line, repository};
use crate::say;

const SUMS: &str = "SHA256SUMS";
/// What is filled in, and is not there before.
const FILLED_IN: [&str; 2] = ["install.sh", "herald.rb"];

pub(super) fn run(dist: &Dist) -> Result<(), Failure> {
    say::step("checksums, install.sh and the Homebrew formula");
    let files = fs::read_dir(&dist.results).map_err(cannot_read(&dist.results))?;
    let files = files
        .flatten()
        .filter_map(|file| file.file_name().into_string().ok());
    let mut files: Vec<_> = files.filter(|file| !is_written(file)).collect();
    files.sort();
    let mut sums = Vec::new();
    for file in files {
        sums.push((checksum(dist, &file)?, file));
    }
    let homepage = homepage();
    let url = match &homepage {
        Some(page) => format!("{page}/releases/download/v{}", dist.version),
        None => format!("file://{}", dist.results.display()),
    };
    for name in FILLED_IN {
        let template = repository().join(".github/dist").join(name);
        let template = fs::read_to_string(&template).map_err(cannot_read(&template))?;
        let homepage = homepage.as_deref().unwrap_or(&url);
        let text = fill_in(&template, &dist.version, homepage, &url, &sums);
        write(dist, name, &text)?;
        sums.push((checksum(dist, name)?, name.to_owned()));
    }
    write(dist, SUMS, &lines(&sums))?;
    say::line(&format!("    in {}:", dist.results.display()));
    sums.iter()
        .for_each(|(_, file)| say::line(&format!("    {file}")));
    Ok(())
}

/// Whether a file is one of those that are written here.
pub(super) fn is_written(file: &str) -> bool {
    file == SUMS || FILLED_IN.contains(&file)
}

/// The page of this repository: the one in its manifest, or that of whoever builds it on GitHub.
pub(super) fn homepage() -> Option<String> {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).ok()?;
    let of_github = || {
        let server = std::env::var("GITHUB_SERVER_URL").ok()?;
        Some(format!(
            "{server}/{}",
            std::env::var("GITHUB_REPOSITORY").ok()?
        ))
    };
    value_of(&manifest, "repository")
        .map(String::from)
        .or_else(of_github)
}

fn write(dist: &Dist, name: &str, text: &str) -> Result<(), Failure> {
    let file = dist.results.join(name);
    fs::write(&file, text).map_err(cannot_write(&file))
}

/// As `sha256sum` writes them.
fn lines(sums: &[(String, String)]) -> String {
    let lines = sums.iter().map(|(sum, file)| format!("{sum}  {file}\n"));
    lines.collect()
}

fn fill_in(
    template: &str,
    version: &str,
    homepage: &str,
    url: &str,
    sums: &[(String, String)],
) -> String {
    let text = template
        .replace("@VERSION@", version)
        .replace("@HOMEPAGE@", homepage)
        .replace("@URL@", url)
        .replace("@CHECKSUMS@", lines(sums).trim_end());
    sums.iter().fold(text, |text, (sum, file)| {
        text.replace(&format!("@SHA256 {file}@"), sum)
    })
}

fn checksum(dist: &Dist, file: &str) -> Result<String, Failure> {
    let tools: [&[&str]; 2] = [&["sha256sum"], &["shasum", "-a", "256"]];
    let sum = tools.iter().find_map(|tool| {
        let mut command = Command::new(tool[0]);
        command
            .args(&tool[1..])
            .arg(file)
            .current_dir(&dist.results);
        first_line(&mut command)?
            .split(' ')
            .next()
            .map(String::from)
    });
    sum.ok_or_else(|| {
        Failure::new(format!(
            "no checksum of {file}: neither sha256sum nor shasum works"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_in() {
        let sums = [("12ab".to_owned(), "herald-1.0-x.tar.gz".to_owned())];
        let fill_in =
            |template| fill_in(template, "1.0", "https://page", "https://page/v1.0", &sums);
        assert_eq!(
            fill_in("@VERSION@ at @URL@, @HOMEPAGE@"),
            "1.0 at https://page/v1.0, https://page"
        );
        assert_eq!(fill_in("'@CHECKSUMS@'"), "'12ab  herald-1.0-x.tar.gz'");
        assert_eq!(fill_in("@SHA256 herald-@VERSION@-x.tar.gz@"), "12ab");
    }
}
