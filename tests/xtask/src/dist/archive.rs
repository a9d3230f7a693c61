//! Archives whose bytes depend on nothing but what is in them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use super::{Dist, cannot_read, cannot_write};
use crate::failure::Failure;
use crate::process::{first_line, run_all};

/// Packs a directory: every file in order of its name, of the same time, and nobody's.
pub(super) fn pack(dist: &Dist, stage: &Path) -> Result<(), Failure> {
    let (Some(dir), Some(name)) = (stage.parent(), stage.file_name()) else {
        return Err(Failure::new(format!(
            "{} is no directory to pack",
            stage.display()
        )));
    };
    let mut files = Vec::new();
    collect(stage, &mut files)?;
    files.sort();
    let time = UNIX_EPOCH + Duration::from_secs(dist.time);
    for file in &files {
        let open = File::options().append(true).open(file);
        open.and_then(|open| open.set_modified(time))
            .map_err(cannot_write(file))?;
        set_mode(file)?;
    }
    let names = files.iter().filter_map(|file| file.strip_prefix(dir).ok());
    let archive = dist.results.join(name);
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(dir);
    if cfg!(windows) {
        // By its ending.
        tar.arg("-acf")
            .arg(format!("{}.zip", archive.display()))
            .args(names);
        return run_all([("the archive", tar)]);
    }
    let is_gnu =
        first_line(Command::new("tar").arg("--version")).is_some_and(|line| line.contains("GNU"));
    match is_gnu {
        true => tar.args(["--owner=0", "--group=0", "--numeric-owner"]),
        false => tar.args(["--uid", "0", "--gid", "0", "--uname", "", "--gname", ""]),
    };
    let archive = format!("{}.tar", archive.display());
    tar.args(["--format=ustar", "-cf", &archive]).args(names);
    let mut gzip = Command::new("gzip");
    gzip.args(["--no-name", "--force", "-9", &archive]);
    run_all([("the archive", tar), ("packed", gzip)])
}

/// Every file in `dir`.
pub(super) fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in fs::read_dir(dir).map_err(cannot_read(dir))? {
        let path = entry.map_err(cannot_read(dir))?.path();
        match path.is_dir() {
            true => collect(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}

/// Programs may be run, and all may be read.
#[cfg(unix)]
fn set_mode(file: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let is_program = file.parent().is_some_and(|dir| dir.ends_with("bin"));
    let mode = if is_program { 0o755 } else { 0o644 };
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).map_err(cannot_write(file))
}

#[cfg(not(unix))]
fn set_mode(_: &Path) -> Result<(), Failure> {
    Ok(())
}
