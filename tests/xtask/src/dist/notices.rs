//! The licences of what is linked into the programs, which ask to come with them.

use std::fs;

use super::cannot_read;
use super::crates;
use crate::failure::Failure;

/// Every package with the text of its licences. Equal texts are shown once.
pub(super) fn of(target: &str) -> Result<String, Failure> {
    let mut notices = String::from(
        "Herald's programs contain these packages, whose source is at https://crates.io.\n",
    );
    let mut shown: Vec<(String, String)> = Vec::new();
    for package in crates::of(target)? {
        let name = format!("{} {}", package.name, package.version);
        notices += &format!("\n{}\n{name}: {}\n", "=".repeat(72), package.licence);
        let source = package.source()?;
        let files = fs::read_dir(&source).map_err(cannot_read(&source))?;
        let mut files: Vec<_> = files.flatten().map(|file| file.path()).collect();
        files.retain(|file| {
            file.is_file() && is_licence(&file.file_name().unwrap_or_default().to_string_lossy())
        });
        files.sort();
        for file in files {
            let text = fs::read_to_string(&file).map_err(cannot_read(&file))?;
            match shown.iter().find(|(known, _)| *known == text) {
                Some((_, earlier)) => {
                    notices += &format!("\nits licence is word for word that of {earlier}\n")
                }
                None => {
                    notices += &format!("\n{}\n", text.trim());
                    shown.push((text, name.clone()));
                }
            }
        }
    }
    Ok(notices)
}

fn is_licence(file: &str) -> bool {
    let file = file.to_uppercase();
    let words = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];
    words.iter().any(|word| file.starts_with(word)) && !file.ends_with(".RS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_have_many_names() {
        for file in [
            "LICENSE",
            "LICENSE-MIT",
            "license.txt",
            "COPYING",
            "UNLICENSE",
            "NOTICE.md",
        ] {
            assert!(is_licence(file), "{file}");
        }
        for file in ["src", "README.md", "license.rs"] {
            assert!(!is_licence(file), "{file}");
        }
    }
}
