//! `herald choose`: goes through the events, plays what each could sound like, and keeps one.

use std::process::Child;
use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, List, ListItem, ListState};

use herald_audio::internals::config::Config;
use herald_audio::internals::event::EVENTS;
use herald_audio::internals::sound::Sound;
use herald_audio::internals::system::printable::printable;
use herald_audio::{AudioManager, Result};
use herald_cli::cli::studio::{Listed, all_sounds};

use crate::herald::Plain;
use crate::screen::{self, View};

/// How long the cursor rests on a sound before that is played.
const REST: Duration = Duration::from_millis(150);
const STEP: f32 = 0.1;
const INSTEAD: &str =
    "herald sounds, herald play SOUND, herald config set events.EVENT.sound SOUND";

pub(crate) fn run() -> Result<u8> {
    screen::show(INSTEAD, || {
        let manager = AudioManager::new();
        Choose::new(&manager.config())
    })
}

/// An event, as the config has it.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    name: &'static str,
    category: Option<String>,
    is_on: bool,
    sound: Option<Sound>,
    /// Its own factor.
    volume: f32,
    /// Its own factor times that of all.
    total: f32,
}

impl Row {
    fn all(config: &Config) -> Vec<Self> {
        let all = config.volume();
        let rows = EVENTS.iter().map(|event| {
            let total = config.volume_of(event.name);
            Self {
                name: event.name,
                category: config.category(event.name).map(str::to_owned),
                is_on: config.is_enabled(event.name),
                sound: config.sound(event.name),
                volume: if all > 0.0 { total / all } else { 1.0 },
                total,
            }
        });
        rows.collect()
    }
}

/// What an event could sound like.
#[derive(Clone, Debug)]
enum Candidate {
    /// What the packs and the built-in defaults say.
    Usual,
    Sound(Listed),
}

/// Which list has the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Focus {
    Events,
    Sounds,
}

struct Choose {
    rows: Vec<Row>,
    sounds: Vec<Listed>,
    candidates: Vec<Candidate>,
    focus: Focus,
    event: ListState,
    sound: ListState,
    /// When the sound under the cursor is to be played.
    play_at: Option<Instant>,
    /// What plays.
    playing: Vec<Child>,
    message: String,
}

impl Choose {
    fn new(config: &Config) -> Self {
        let mut choose = Self {
            rows: Row::all(config),
            sounds: all_sounds(config),
            candidates: Vec::new(),
            focus: Focus::Events,
            event: ListState::default(),
            sound: ListState::default(),
            play_at: None,
            playing: Vec::new(),
            message: String::new(),
        };
        choose.event.select(Some(0));
        choose.list_candidates();
        choose
    }

    fn row(&self) -> &Row {
        &self.rows[self.event.selected().unwrap_or(0).min(self.rows.len() - 1)]
    }

    fn candidate(&self) -> Option<&Candidate> {
        self.candidates.get(self.sound.selected()?)
    }

    /// Built-in sounds, then those of packs for this kind of event, then all others. The cursor is on the
    /// present one.
    fn list_candidates(&mut self) {
        let category = self.row().category.clone();
        let fits = |sound: &Listed| {
            let mut categories = sound.about.split(", ");
            category
                .as_deref()
                .is_some_and(|own| categories.any(|category| category == own))
        };
        let rank = |sound: &Listed| match &sound.pack {
            None => 0,
            Some(_) if fits(sound) => 1,
            Some(_) => 2,
        };
        let mut sounds = self.sounds.clone();
        sounds.sort_by_key(rank);
        let sounds = sounds.into_iter().map(Candidate::Sound);
        self.candidates = [Candidate::Usual].into_iter().chain(sounds).collect();
        let present = self.row().sound.clone();
        let is_present = |candidate: &Candidate| match candidate {
            Candidate::Sound(listed) => Some(&listed.sound) == present.as_ref(),
            Candidate::Usual => false,
        };
        let present = self.candidates.iter().position(is_present);
        self.sound.select(present.or(Some(0)));
    }

    fn go(&mut self, by: isize) {
        let (state, count) = match self.focus {
            Focus::Events => (&mut self.event, self.rows.len()),
            Focus::Sounds => (&mut self.sound, self.candidates.len()),
        };
        let at = state.selected().unwrap_or(0);
        let to = at.saturating_add_signed(by).min(count.saturating_sub(1));
        state.select(Some(to));
        match self.focus {
            Focus::Events => self.list_candidates(),
            Focus::Sounds => self.play_at = Some(Instant::now() + REST),
        }
    }

    /// The sound to play: under the cursor, or the event's.
    fn heard(&self) -> Option<&Sound> {
        match (self.focus, self.candidate()) {
            (Focus::Sounds, Some(Candidate::Sound(listed))) => Some(&listed.sound),
            _ => self.row().sound.as_ref(),
        }
    }

    fn play(&mut self) {
        self.play_at = None;
        let Some(sound) = self.heard().map(Sound::to_string) else {
            self.message = format!("{} has no sound", self.row().name);
            return;
        };
        let volume = format!("{:.3}", self.row().total);
        let played = Plain::new(&["play", &sound, "--volume", &volume]).start();
        match played {
            Ok(child) => self.playing.push(child),
            Err(error) => self.message = format!("error: cannot run herald: {error}"),
        }
    }

    /// Keeps the sound under the cursor.
    fn keep(&mut self) {
        let key = format!("events.{}.sound", self.row().name);
        match self.candidate() {
            Some(Candidate::Sound(listed)) => {
                let sound = listed.sound.to_string();
                self.run(&["config", "set", &key, &sound]);
            }
            _ => self.run(&["config", "unset", &key]),
        }
    }

    fn set_volume(&mut self, by: f32) {
        let key = format!("events.{}.volume", self.row().name);
        let volume = (self.row().volume + by).clamp(0.0, 1.0);
        self.run(&["config", "set", &key, &format!("{volume:.1}")]);
        self.play();
    }

    fn switch(&mut self) {
        let row = self.row();
        let (name, to) = (row.name, if row.is_on { "off" } else { "on" });
        self.run(&["events", to, name]);
    }

    /// Runs a command of `herald`, says what became of it, and shows what has changed.
    fn run(&mut self, args: &[&str]) {
        self.message = Plain::new(args).done();
        self.rows = Row::all(&AudioManager::new().config());
    }
}

impl View for Choose {
    fn press(&mut self, key: KeyCode) -> bool {
        let page = 10;
        match (key, self.focus) {
            (KeyCode::Char('q'), _) | (KeyCode::Esc, Focus::Events) => return false,
            (KeyCode::Up | KeyCode::Char('k'), _) => self.go(-1),
            (KeyCode::Down | KeyCode::Char('j'), _) => self.go(1),
            (KeyCode::PageUp, _) => self.go(-page),
            (KeyCode::PageDown, _) => self.go(page),
            (KeyCode::Home, _) => self.go(isize::MIN),
            (KeyCode::End, _) => self.go(isize::MAX),
            (KeyCode::Right | KeyCode::Enter | KeyCode::Tab, Focus::Events) => {
                self.focus = Focus::Sounds;
                self.play_at = Some(Instant::now() + REST);
            }
            (KeyCode::Left | KeyCode::Esc | KeyCode::Tab, Focus::Sounds) => {
                self.focus = Focus::Events;
                self.list_candidates();
            }
            (KeyCode::Enter, Focus::Sounds) => self.keep(),
            (KeyCode::Char(' '), _) => self.play(),
            (KeyCode::Char('+' | '='), _) => self.set_volume(STEP),
            (KeyCode::Char('-'), _) => self.set_volume(-STEP),
            (KeyCode::Char('o'), _) => self.switch(),
            _ => {}
        }
        true
    }

    fn tick(&mut self) {
        if self.play_at.is_some_and(|at| at <= Instant::now()) {
            self.play();
        }
        self.playing
            .retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }

    fn draw(&mut self, frame: &mut Frame<'_>) {
        let [title, lists, message, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Min(3),
            Constraint::Length(1),
            Constraint::Length(1),
        ])
        .areas(frame.area());
        let [left, right] =
            Layout::horizontal([Constraint::Length(38), Constraint::Min(20)]).areas(lists);
        screen::line(frame, title, "herald choose: what each event sounds like");
        let events = self.rows.iter().map(|row| {
            let on = if row.is_on { "on " } else { "off" };
            let sound = row
                .sound
                .as_ref()
                .map_or_else(|| "-".to_owned(), |sound| self.short(sound));
            ListItem::new(format!("{:18} {on} {sound}", row.name))
        });
        let events: Vec<_> = events.collect();
        let name = self.row().name;
        let volume = format!("{name}, volume {:.0} %", self.row().volume * 100.0);
        let sounds = self.candidates.iter().map(|candidate| {
            ListItem::new(match candidate {
                Candidate::Usual => "as packs and defaults say".to_owned(),
                Candidate::Sound(listed) => label(listed),
            })
        });
        let sounds: Vec<_> = sounds.collect();
        for (items, state, area, heading, focus) in [
            (
                events,
                &mut self.event,
                left,
                "Events".to_owned(),
                Focus::Events,
            ),
            (sounds, &mut self.sound, right, volume, Focus::Sounds),
        ] {
            let has_focus = self.focus == focus;
            let style = match has_focus {
                true => Style::new().add_modifier(Modifier::REVERSED),
                false => Style::new(),
            };
            let list = List::new(items)
                .block(Block::bordered().title(heading))
                .highlight_symbol(if has_focus { "> " } else { "* " })
                .highlight_style(style);
            frame.render_stateful_widget(list, area, state);
        }
        screen::line(frame, message, &self.message);
        let text = match self.focus {
            Focus::Events => {
                "up/down: event  right: its sounds  space: play  +/-: volume  o: on/off  q: quit"
            }
            Focus::Sounds => {
                "up/down: hear  enter: keep  space: again  +/-: volume  left: events  q: quit"
            }
        };
        screen::line(frame, keys, text);
    }
}

impl Choose {
    /// A sound in few letters.
    fn short(&self, sound: &Sound) -> String {
        let Some(path) = sound.path() else {
            return sound.to_string().trim_start_matches("builtin:").to_owned();
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let listed = self.sounds.iter().find(|listed| listed.sound == *sound);
        match listed.and_then(|listed| listed.pack.as_deref()) {
            Some(pack) => printable(format_args!("{pack}: {name}")),
            None => printable(name),
        }
    }
}

fn label(listed: &Listed) -> String {
    let muted = if listed.is_muted { " (muted)" } else { "" };
    printable(match (&listed.pack, listed.sound.path()) {
        (Some(pack), Some(path)) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            format!("{pack}: {name}, {}{muted}", listed.about)
        }
        _ => {
            let name = listed.sound.to_string();
            format!(
                "{}: {}{muted}",
                name.trim_start_matches("builtin:"),
                listed.about
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_go_through_events_and_sounds() {
        let mut choose = Choose::new(&Config::builtin());
        let press = |choose: &mut Choose, keys: &[KeyCode]| {
            assert!(keys.iter().all(|key| choose.press(*key)), "{keys:?}");
        };
        let stop = EVENTS.iter().position(|event| event.name == "Stop");
        let down = vec![KeyCode::Down; stop.unwrap()];
        press(&mut choose, &down);
        assert_eq!(choose.row().name, "Stop");
        let heard = |choose: &Choose| choose.heard().map(Sound::to_string);
        assert_eq!(heard(&choose).as_deref(), Some("builtin:finished"));
        press(&mut choose, &[KeyCode::Right, KeyCode::Down]);
        assert_eq!(heard(&choose).as_deref(), Some("builtin:failed"));
        assert!(choose.play_at.is_some(), "it is heard without another key");
        press(&mut choose, &[KeyCode::End, KeyCode::Down, KeyCode::Home]);
        assert_eq!(
            heard(&choose).as_deref(),
            Some("builtin:finished"),
            "the usual one"
        );
        press(&mut choose, &[KeyCode::Esc, KeyCode::PageUp, KeyCode::Home]);
        assert_eq!(choose.focus, Focus::Events);
        assert_eq!(choose.row().name, EVENTS[0].name);
        assert!(!choose.press(KeyCode::Esc));
        crate::screen::tests::draw_in_every_size(&mut choose);
    }

    #[test]
    fn sounds_for_the_kind_of_event_come_first() {
        let mut choose = Choose::new(&Config::builtin());
        let packed = |name: &str, about: &str| Listed {
            sound: Sound::File(name.into()),
            pack: Some("peon".to_owned()),
            about: about.to_owned(),
            is_muted: false,
        };
        choose.sounds.push(packed("/work.wav", "task.acknowledge"));
        choose
            .sounds
            .push(packed("/done.wav", "greeting, task.complete"));
        let stop = EVENTS.iter().position(|event| event.name == "Stop");
        choose.event.select(stop);
        choose.list_candidates();
        let last = choose
            .candidates
            .iter()
            .rev()
            .take(2)
            .map(|candidate| match candidate {
                Candidate::Sound(listed) => label(listed),
                Candidate::Usual => String::new(),
            });
        assert_eq!(
            last.collect::<Vec<_>>(),
            [
                "peon: work.wav, task.acknowledge",
                "peon: done.wav, greeting, task.complete"
            ]
        );
    }
}
