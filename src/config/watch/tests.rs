use super::*;
use std::fs;
use std::sync::mpsc::{Receiver, channel};

/// How long a test waits for an expected event.
const PATIENCE: Duration = test_support::PATIENCE;

/// The visible state of a file: whether its directory exists, and its content.
type Seen = (bool, Option<String>);

fn see(file: &Path) -> Seen {
    let is_dir = file.parent().is_some_and(Path::is_dir);
    (is_dir, fs::read_to_string(file).ok())
}

/// Watches `file`, and sends its state at each notification.
fn watch(file: &Path) -> (FileWatch, Receiver<Seen>) {
    let (sender, receiver) = channel();
    let seen = file.to_owned();
    let watch = FileWatch::new(move || _ = sender.send(see(&seen))).unwrap();
    watch.set_files([file.to_owned()]).unwrap();
    (watch, receiver)
}

/// Waits until the current state is sent. Intermediate states may come first.
#[track_caller]
fn noticed(changes: &Receiver<Seen>, file: &Path) {
    let now = see(file);
    while changes.recv_timeout(PATIENCE).unwrap() != now {}
}

#[test]
fn every_way_of_saving_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.json");
    fs::write(&file, "{}").unwrap();
    let (_watch, changes) = watch(&file);
    fs::write(&file, "{ }").unwrap();
    noticed(&changes, &file);
    // As sed -i does.
    let beside = dir.path().join("sedXYZ");
    fs::write(&beside, "{  }").unwrap();
    fs::rename(&beside, &file).unwrap();
    noticed(&changes, &file);
    // As vim does.
    fs::rename(&file, dir.path().join("config.json~")).unwrap();
    fs::write(&file, "{   }").unwrap();
    fs::remove_file(dir.path().join("config.json~")).unwrap();
    noticed(&changes, &file);
    fs::remove_file(&file).unwrap();
    noticed(&changes, &file);
}

#[test]
fn a_directory_that_comes_later_is_noticed_with_its_file() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join(".config/herald");
    let file = dir.join("config.json");
    let (_watch, changes) = watch(&file);
    fs::create_dir_all(&dir).unwrap();
    noticed(&changes, &file);
    fs::write(&file, "{}").unwrap();
    noticed(&changes, &file);
    fs::remove_dir_all(home.path().join(".config")).unwrap();
    noticed(&changes, &file);
    fs::create_dir_all(&dir).unwrap();
    noticed(&changes, &file);
    fs::write(&file, "{}").unwrap();
    noticed(&changes, &file);
}

/// A system on which a directory disappears just before it is watched.
struct Late(PathBuf);

impl Watcher for Late {
    fn new<H: notify::EventHandler>(_: H, _: notify::Config) -> notify::Result<Self> {
        unreachable!()
    }

    fn watch(&mut self, dir: &Path, _: RecursiveMode) -> notify::Result<()> {
        let _ = fs::remove_dir_all(&self.0);
        dir.is_dir()
            .then_some(())
            .ok_or_else(notify::Error::path_not_found)
    }

    fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
        Ok(())
    }

    fn kind() -> notify::WatcherKind {
        notify::WatcherKind::NullWatcher
    }
}

#[test]
fn a_directory_that_goes_before_it_is_watched_is_waited_for_above() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join(".config");
    fs::create_dir(&config).unwrap();
    let mut watched = Watched {
        watcher: Late(config.clone()),
        files: vec![config.join("herald/config.json")],
        dirs: BTreeSet::new(),
    };
    watched.update().unwrap();
    assert_eq!(watched.dirs, BTreeSet::from([home.path().to_owned()]));
}

#[cfg(unix)]
#[test]
fn a_link_is_watched_at_both_ends() {
    let dir = tempfile::tempdir().unwrap();
    let dotfiles = tempfile::tempdir().unwrap();
    let real = dotfiles.path().join("herald.json");
    fs::write(&real, "{}").unwrap();
    let file = dir.path().join("config.json");
    std::os::unix::fs::symlink(&real, &file).unwrap();
    let (_watch, changes) = watch(&file);
    fs::write(&real, "{ }").unwrap();
    noticed(&changes, &file);
    fs::remove_file(&file).unwrap();
    fs::write(&file, "{  }").unwrap();
    noticed(&changes, &file);
}

/// Changes a watched file and another one next to it. Returns the reported file names, in order, with whether
/// the watch is affected; ends at `last`, after which no event of an earlier change can come.
fn told(act: impl Fn(&Path, &Path), last: (&str, bool)) -> Vec<(String, bool)> {
    let dir = tempfile::tempdir().unwrap();
    let [file, other] = ["config.json", "other"].map(|name| dir.path().join(name));
    fs::write(&file, "{}").unwrap();
    let (sender, events) = channel();
    let watcher = notify::recommended_watcher(move |event| _ = sender.send(event));
    let mut watched = Watched {
        watcher: watcher.unwrap(),
        files: vec![file.clone()],
        dirs: BTreeSet::new(),
    };
    watched.update().unwrap();
    act(&file, &other);
    let mut told = Vec::new();
    while told.last() != Some(&(last.0.to_owned(), last.1)) {
        let event = events.recv_timeout(PATIENCE).unwrap();
        let concerns_us = watched.is_concerned_by(&event);
        let name = event.unwrap().paths[0].file_name().map(ToOwned::to_owned);
        told.push((name.unwrap().into_string().unwrap(), concerns_us));
    }
    told
}

/// Otherwise reading in response to a notification would loop forever.
#[test]
fn reading_is_no_change() {
    let read = |file: &Path, other: &Path| {
        for _ in 0..10 {
            fs::read(file).unwrap();
        }
        fs::write(other, "").unwrap();
    };
    let told = told(read, ("other", false));
    assert!(told.iter().all(|(_, concerns_us)| !concerns_us), "{told:?}");
}

#[test]
fn other_files_are_nobodys_business() {
    let write = |file: &Path, other: &Path| {
        for n in 0..10 {
            fs::write(other, n.to_string()).unwrap();
        }
        fs::write(file, "{ }").unwrap();
    };
    let told = told(write, ("config.json", true));
    let (last, others) = told.split_last().unwrap();
    assert!(last.1, "{told:?}");
    assert!(
        others.iter().all(|(_, concerns_us)| !concerns_us),
        "{told:?}"
    );
}
