use super::*;

/// A loader in which nothing is loaded yet, and what those who wait have become.
struct Scene {
    loader: Loader,
    back: Sender<Message>,
}

impl Scene {
    fn new() -> (Self, std::sync::mpsc::Receiver<Message>) {
        let (back, messages) = std::sync::mpsc::channel();
        let loader = Loader::new(Arc::new(ClipCache::new(0)));
        (Self { loader, back }, messages)
    }

    /// Lets a sound of that name wait.
    fn wait(&mut self, project: &str, name: &str, is_users: bool, needs_somebody: bool) {
        let piece = crate::speaker::Piece {
            sounds: vec![Sound::File(Path::new("/nonexistent").join(name))],
            volume: 1.0,
            is_users,
            project: Some(project.to_owned()),
            needs_somebody,
            playback: Default::default(),
            variation: Default::default(),
            stopwatch: Default::default(),
        };
        let job = crate::speaker::job::Job {
            piece,
            asked: Instant::now(),
            listener: crate::speaker::job::Listener(None),
            back: self.back.clone(),
        };
        let (task, format) = (Task::new(job), FORMAT);
        assert!(self.loader.waiting.push(Wanted { task, format }).is_none());
    }

    /// The names of those whose turn it is now.
    fn begin(&mut self) -> Vec<String> {
        let before = self.loader.begun;
        self.loader.begin();
        let begun = self.loader.loading.iter();
        let begun = begun.filter(|loading| loading.number >= before);
        begun.map(|loading| name(&loading.task)).collect()
    }

    /// The one of that name is loaded.
    fn end(&mut self, name_of_it: &str) {
        self.loader
            .loading
            .retain(|loading| name(&loading.task) != name_of_it);
    }
}

fn name(task: &Task) -> String {
    let path = task.sound().unwrap().path().unwrap();
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

const FORMAT: Format = Format {
    rate: 48_000,
    channels: 2,
};

#[test]
fn projects_take_turns_and_leave_one_to_the_users_own() {
    let (mut scene, _messages) = Scene::new();
    for number in 0..10 {
        scene.wait("greedy", &format!("g{number}"), false, false);
    }
    assert_eq!(scene.begin(), ["g0", "g1"]);
    scene.wait("other", "o0", false, false);
    scene.wait("other", "o1", false, false);
    assert_eq!(scene.begin(), ["o0"], "three of projects");
    scene.wait("third", "users", true, false);
    assert_eq!(scene.begin(), ["users"]);
    scene.end("g0");
    assert_eq!(scene.begin(), [""; 0], "four in all, and one is the user's");
    scene.end("users");
    assert_eq!(scene.begin(), ["g2"], "its turn was longest ago");
    for name in ["g1", "o0", "g2"] {
        scene.end(name);
    }
    assert_eq!(scene.begin(), ["o1", "g3", "g4"]);
}

#[test]
fn of_one_project_the_users_own_go_first_then_what_needs_somebody() {
    let (mut scene, _messages) = Scene::new();
    scene.wait("p", "plain", false, false);
    scene.wait("p", "urgent", false, true);
    scene.wait("p", "users", true, false);
    scene.wait("p", "users urgent", true, true);
    let first = scene.begin();
    assert_eq!(first, ["users urgent", "users", "urgent"]);
    first.iter().for_each(|name| scene.end(name));
    assert_eq!(scene.begin(), ["plain"]);
}

#[test]
fn a_projects_own_files_do_not_hold_up_the_users_in_it() {
    let (mut scene, _messages) = Scene::new();
    for number in 0..3 {
        scene.wait("p", &format!("slow{number}"), false, false);
    }
    assert_eq!(scene.begin(), ["slow0", "slow1"]);
    scene.wait("p", "users", true, false);
    assert_eq!(scene.begin(), ["users"]);
    scene.end("users");
    for name in ["other0", "other1"] {
        scene.wait("other", name, false, false);
    }
    assert_eq!(scene.begin(), ["other0"], "three of projects");
    scene.wait("p", "users too", true, false);
    assert_eq!(scene.begin(), ["users too"]);
}

#[test]
fn a_file_takes_one_turn_however_many_want_it() {
    let (mut scene, _messages) = Scene::new();
    for name in ["same", "same", "other"] {
        scene.wait("p", name, false, false);
    }
    assert_eq!(scene.begin(), ["same", "other"]);
    scene.end("same");
    assert_eq!(scene.begin(), ["same"]);
}

#[test]
fn what_is_loaded_at_once_fits_in_the_memory_that_it_may_take() {
    let format = |rate, channels| Format { rate, channels };
    for (format, users, projects) in [
        (format(44_100, 1), 4, 3),
        (format(48_000, 2), 4, 3),
        (format(192_000, 2), 2, 1),
        (format(192_000, 8), 1, 1),
    ] {
        let found = [true, false].map(|is_users| at_once(format, is_users));
        assert_eq!(found, [users, projects], "{format:?}");
    }
}
