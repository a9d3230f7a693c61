//! The sounds of the operating system, by their names.
//!
//! On Linux and other free systems by the lookup of the freedesktop.org Sound Theme Specification: the directories
//! for data in their order, in each the extensions in their order; and without a hit again for the name without
//! the part after its last dash. The profile is stereo, the theme `freedesktop` unless the name begins with
//! another one.

use std::path::{Path, PathBuf};

use crate::system::env::Env;

/// The beginning of a name in a config.
pub(crate) const SYSTEM: &str = "system:";
/// The theme that every system has.
const THEME: &str = "freedesktop";
const PROFILE: &str = "stereo";
/// The extension of an empty file that switches a sound off.
const DISABLED: &str = "disabled";

/// Where the system's sounds are. By default nowhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct SystemSounds {
    /// The first one that has a sound counts.
    dirs: Vec<PathBuf>,
    extensions: &'static [&'static str],
    is_themed: bool,
}

impl SystemSounds {
    /// The sounds of this system, for the user in `env`.
    pub(crate) fn of(env: &Env) -> Self {
        if cfg!(target_vendor = "apple") {
            Self::of_apple(env)
        } else if cfg!(windows) {
            Self::of_windows(env)
        } else {
            Self::of_freedesktop(env)
        }
    }

    fn of_apple(env: &Env) -> Self {
        let own = env.home().map(|home| home.join("Library/Sounds"));
        let shared = ["/Library/Sounds", "/System/Library/Sounds"].map(PathBuf::from);
        Self {
            dirs: own.into_iter().chain(shared).collect(),
            extensions: &["aiff", "aif", "caf", "wav", "m4a", "mp3"],
            is_themed: false,
        }
    }

    fn of_windows(env: &Env) -> Self {
        let windows = env.path("SystemRoot");
        Self {
            dirs: windows.map(|dir| dir.join("Media")).into_iter().collect(),
            extensions: &["wav"],
            is_themed: false,
        }
    }

    fn of_freedesktop(env: &Env) -> Self {
        let own = env.path("XDG_DATA_HOME");
        let own = own.or_else(|| Some(env.home()?.join(".local/share")));
        let shared = env.get("XDG_DATA_DIRS").filter(|dirs| !dirs.is_empty());
        let shared = shared.unwrap_or_else(|| "/usr/local/share:/usr/share".into());
        let dirs = own.into_iter().chain(std::env::split_paths(&shared));
        let dirs = dirs.filter(|dir| dir.is_absolute());
        Self {
            dirs: dirs.map(|dir| dir.join("sounds")).collect(),
            extensions: &[DISABLED, "oga", "ogg", "wav"],
            is_themed: true,
        }
    }

    /// The file of the sound called `name`, or `THEME/NAME`, if there is one.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        let (theme, name) = match name.split_once('/') {
            Some((theme, name)) if self.is_themed => (Some(theme), name),
            _ => (None, name),
        };
        if ![theme.unwrap_or(THEME), name].into_iter().all(is_plain) {
            return None;
        }
        if !self.is_themed {
            return self.look(Path::new(""), name);
        }
        let themes = theme.into_iter().chain([THEME]);
        let themes: Vec<_> = themes.map(|theme| Path::new(theme).join(PROFILE)).collect();
        let names = std::iter::successors(Some(name), |name| Some(name.rsplit_once('-')?.0));
        let mut places = names.flat_map(|name| themes.iter().map(move |theme| (theme, name)));
        let found = places.find_map(|(theme, name)| self.look(theme, name))?;
        let is_disabled = found
            .extension()
            .is_some_and(|extension| extension == DISABLED);
        (!is_disabled).then_some(found)
    }

    fn look(&self, below: &Path, name: &str) -> Option<PathBuf> {
        let files = self.dirs.iter().flat_map(|dir| {
            let extensions = self.extensions.iter();
            extensions.map(move |extension| dir.join(below).join(format!("{name}.{extension}")))
        });
        files.into_iter().find(|file| file.is_file())
    }

    /// Whether the file at `path` is one of them.
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.dirs.iter().any(|dir| path.starts_with(dir))
    }

    /// Where they are, for messages.
    pub(crate) fn places(&self) -> String {
        let dirs = self.dirs.iter().map(|dir| dir.display().to_string());
        dirs.collect::<Vec<_>>().join(", ")
    }
}

/// Whether a name is that of a file, and leads nowhere else.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0'])
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn freedesktops_sounds_are_found_by_theme_directory_extension_and_shorter_name() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        for file in [
            "own/sounds/freedesktop/stereo/bell.wav",
            "own/sounds/freedesktop/stereo/off.disabled",
            "shared/sounds/freedesktop/stereo/bell.oga",
            "shared/sounds/freedesktop/stereo/off.oga",
            "shared/sounds/freedesktop/stereo/dialog.oga",
            "shared/sounds/freedesktop/stereo/dialog-warning.wav",
            "shared/sounds/freedesktop/stereo/dialog-warning.ogg",
            "shared/sounds/nice/stereo/bell.ogg",
            "shared/secret.wav",
        ] {
            fs::create_dir_all(path(file).parent().unwrap()).unwrap();
            fs::write(path(file), "").unwrap();
        }
        let dirs = std::env::join_paths([path("missing"), path("shared")]).unwrap();
        let env = Env::of([
            ("XDG_DATA_HOME", path("own").into_os_string()),
            ("XDG_DATA_DIRS", dirs),
        ]);
        let sounds = SystemSounds::of_freedesktop(&env);
        for (name, file) in [
            ("bell", Some("own/sounds/freedesktop/stereo/bell.wav")),
            ("nice/bell", Some("shared/sounds/nice/stereo/bell.ogg")),
            (
                "nice/dialog",
                Some("shared/sounds/freedesktop/stereo/dialog.oga"),
            ),
            (
                "dialog-warning-auth",
                Some("shared/sounds/freedesktop/stereo/dialog-warning.ogg"),
            ),
            (
                "dialog-error",
                Some("shared/sounds/freedesktop/stereo/dialog.oga"),
            ),
            ("off", None),
            ("none", None),
            ("", None),
            ("../../../secret", None),
            ("nice/../secret", None),
            ("..", None),
        ] {
            let found = sounds.find(name);
            assert_eq!(found, file.map(path), "{name}");
            assert!(found.is_none_or(|found| sounds.has(&found)));
        }
        assert!(!sounds.has(&path("shared/secret.wav")));
    }

    #[test]
    fn other_systems_have_one_directory_after_the_other() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        for file in ["home/Library/Sounds/Glass.aiff", "windows/Media/chimes.wav"] {
            fs::create_dir_all(path(file).parent().unwrap()).unwrap();
            fs::write(path(file), "").unwrap();
        }
        let env = Env::of([
            ("HOME", path("home")),
            ("USERPROFILE", path("home")),
            ("SystemRoot", path("windows")),
        ]);
        let apple = SystemSounds::of_apple(&env);
        assert_eq!(
            apple.find("Glass"),
            Some(path("home/Library/Sounds/Glass.aiff"))
        );
        assert_eq!(apple.find("a/Glass"), None);
        assert_eq!(apple.find("No such sound"), None);
        let windows = SystemSounds::of_windows(&env);
        assert_eq!(
            windows.find("chimes"),
            Some(path("windows/Media/chimes.wav"))
        );
    }
}
