//! `herald status --watch`: events as they come, and what became of each.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::{Constraint, Layout};
use ratatui::widgets::{Block, List, ListItem};
use serde::Deserialize;

use herald_audio::Result;
use herald_audio::internals::system::printable::printable;

use crate::herald::Plain;
use crate::screen::{self, View};

/// How often the status is asked for.
const INTERVAL: Duration = Duration::from_secs(1);
/// The lines of the log that are read at first, and the most events that are kept.
const MAX_LINES: &str = "500";
const MAX_SHOWN: usize = 200;
const MAX_AGENTS: usize = 100;
const INSTEAD: &str = "herald status, herald log -f";

pub(crate) fn run() -> Result<u8> {
    screen::show(INSTEAD, Watch::start)
}

/// A line of the log.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Entry {
    time_ms: u64,
    event: String,
    agent: Option<String>,
    project: Option<String>,
    status: String,
    reason: Option<String>,
    sound: Option<String>,
}

/// What `herald status --json` says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    volume: f32,
    silence: Option<String>,
    failure: Option<String>,
    output: Option<String>,
    player: Option<Player>,
    events: Vec<Counted>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Player {
    open: u64,
    /// The loudest sample since the last status, from 0 to 1.
    peak: f32,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Counted {
    name: String,
    window_ms: Option<u64>,
    suppressed: Option<u64>,
}

/// An agent in a project.
#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    event: String,
    at_ms: u64,
    count: u64,
}

enum News {
    Line(Entry),
    Status(Status),
}

#[derive(Default)]
struct Watch {
    news: Option<Receiver<News>>,
    /// The program that reads the log.
    log: Option<LogReader>,
    status: Status,
    events: VecDeque<Entry>,
    agents: BTreeMap<(String, String), Seen>,
    /// How often each event was suppressed when that was last asked, and in the log since.
    suppressed: BTreeMap<String, u64>,
    logged: BTreeMap<String, u64>,
    is_paused: bool,
    message: String,
}

impl Watch {
    fn start() -> Self {
        let (send, news) = channel();
        let mut watch = Self {
            news: Some(news),
            ..Self::default()
        };
        let statuses = send.clone();
        thread::spawn(move || {
            let command = Plain::new(&["status", "--all", "--json"]);
            loop {
                let began = Instant::now();
                let answer = command.run().ok();
                let status = answer.and_then(|answer| serde_json::from_slice(&answer.stdout).ok());
                if status.is_some_and(|status| statuses.send(News::Status(status)).is_err()) {
                    return;
                }
                thread::sleep(INTERVAL.saturating_sub(began.elapsed()));
            }
        });
        match Plain::new(&["log", "--follow", "--lines", MAX_LINES, "--json"]).start() {
            Ok(mut child) => {
                let lines = child.stdout.take();
                watch.log = Some(LogReader(child));
                thread::spawn(move || {
                    let lines = lines
                        .into_iter()
                        .flat_map(|out| BufReader::new(out).lines());
                    for line in lines.map_while(std::result::Result::ok) {
                        let entry = serde_json::from_str(&line);
                        if entry.is_ok_and(|entry| send.send(News::Line(entry)).is_err()) {
                            return;
                        }
                    }
                });
            }
            Err(error) => watch.message = format!("error: cannot run herald: {error}"),
        }
        watch
    }

    fn line(&mut self, entry: Entry) {
        if entry.status == "suppressed" {
            *self.logged.entry(entry.event.clone()).or_default() += 1;
        }
        if let Some(agent) = &entry.agent {
            let project = entry.project.clone().unwrap_or_default();
            let key = (agent.clone(), project);
            if self.agents.len() < MAX_AGENTS || self.agents.contains_key(&key) {
                let seen = self.agents.entry(key).or_default();
                seen.event.clone_from(&entry.event);
                seen.at_ms = entry.time_ms;
                seen.count += 1;
            }
        }
        self.show(entry);
    }

    fn show(&mut self, entry: Entry) {
        self.events.push_front(entry);
        self.events.truncate(MAX_SHOWN);
    }

    /// What hooks have suppressed is in no log, but counted.
    fn status(&mut self, status: Status, now_ms: u64) {
        for event in &status.events {
            let Some(count) = event.suppressed else {
                continue;
            };
            let before = self.suppressed.insert(event.name.clone(), count);
            let logged = self.logged.remove(&event.name).unwrap_or_default();
            let more = before.map_or(0, |before| count.saturating_sub(before));
            let more = more.saturating_sub(logged);
            if more > 0 {
                let window = event.window_ms.unwrap_or_default() / 1_000;
                let times = if more > 1 {
                    format!("{more} x, ")
                } else {
                    String::new()
                };
                self.show(Entry {
                    time_ms: now_ms,
                    event: event.name.clone(),
                    status: "suppressed".to_owned(),
                    reason: Some(format!("{times}window {window} s")),
                    ..Entry::default()
                });
            }
        }
        self.status = status;
    }

    fn summary(&self) -> String {
        let Status {
            volume,
            silence,
            failure,
            output,
            player,
            ..
        } = &self.status;
        let sound = match (silence, failure) {
            (Some(silence), _) => silence.clone(),
            (None, Some(why)) => format!("the last one failed: {why}"),
            (None, None) => "on".to_owned(),
        };
        let player = match player {
            Some(Player { open: 0, peak }) if *peak == 0.0 => "waits".to_owned(),
            Some(Player { open, peak }) => format!("{open} open, level {}", level(*peak)),
            None => "not running".to_owned(),
        };
        let output = output.as_deref().unwrap_or("none");
        printable(format_args!(
            "sound: {sound}   volume: {volume:.2}   player: {player}   output: {output}"
        ))
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A meter of 36 decibels.
fn level(peak: f32) -> String {
    const WIDTH: f32 = 12.0;
    if peak <= 0.0 {
        return "silent".to_owned();
    }
    let decibels = 20.0 * peak.log10();
    let filled = (WIDTH + decibels / 3.0).clamp(0.0, WIDTH) as usize;
    format!("[{:.<12}] {decibels:.0} dB", "#".repeat(filled))
}

/// The time of day.
fn local_time(unix_ms: u64) -> String {
    let ms = i64::try_from(unix_ms).unwrap_or_default();
    let time = Timestamp::from_millisecond(ms).unwrap_or_default();
    time.to_zoned_datetime(TimeZone::system())
        .strftime("%H:%M:%S")
        .to_string()
}

/// The last part of a path.
fn short(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

impl Entry {
    fn words(&self) -> String {
        let what = match (&self.reason, &self.sound) {
            (Some(reason), _) => reason.as_str(),
            (None, Some(sound)) => short(sound).trim_start_matches("builtin:"),
            (None, None) => "",
        };
        printable(format_args!(
            "{} {:18} {:10} {:7} {:10} {what}",
            local_time(self.time_ms),
            self.event,
            self.status,
            self.agent.as_deref().unwrap_or_default(),
            short(self.project.as_deref().unwrap_or_default()),
        ))
    }
}

impl View for Watch {
    fn press(&mut self, key: KeyCode) -> bool {
        match key {
            KeyCode::Char('q') | KeyCode::Esc => return false,
            KeyCode::Char('m') => self.message = Plain::new(&["mute", "--toggle"]).done(),
            KeyCode::Char('p') => self.is_paused = !self.is_paused,
            _ => {}
        }
        true
    }

    fn tick(&mut self) {
        if self.is_paused {
            return;
        }
        let news: Vec<_> = self.news.iter().flat_map(Receiver::try_iter).collect();
        for news in news {
            match news {
                News::Line(entry) => self.line(entry),
                News::Status(status) => self.status(status, now_ms()),
            }
        }
    }

    fn draw(&mut self, frame: &mut Frame<'_>) {
        let [summary, events, agents, message, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Min(5),
            Constraint::Length(7),
            Constraint::Length(1),
            Constraint::Length(1),
        ])
        .areas(frame.area());
        screen::line(frame, summary, &self.summary());
        let lines = self.events.iter().map(|entry| ListItem::new(entry.words()));
        let title = if self.is_paused {
            "Events (paused)"
        } else {
            "Events"
        };
        frame.render_widget(
            List::new(lines).block(Block::bordered().title(title)),
            events,
        );
        let mut seen: Vec<_> = self.agents.iter().collect();
        seen.sort_by_key(|(_, seen)| std::cmp::Reverse(seen.at_ms));
        let lines = seen.iter().map(|((agent, project), seen)| {
            ListItem::new(printable(format_args!(
                "{} {:18} {agent:8} {:20} {} heard of",
                local_time(seen.at_ms),
                seen.event,
                short(project),
                seen.count
            )))
        });
        frame.render_widget(
            List::new(lines).block(Block::bordered().title("Agents")),
            agents,
        );
        screen::line(frame, message, &self.message);
        screen::line(frame, keys, "m: mute or unmute  p: pause  q: quit");
    }
}

/// The program that reads the log, until this is dropped.
struct LogReader(Child);

impl Drop for LogReader {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(suppressed: u64) -> Status {
        Status {
            events: vec![Counted {
                name: "Stop".to_owned(),
                window_ms: Some(5_000),
                suppressed: Some(suppressed),
            }],
            ..Status::default()
        }
    }

    fn reasons(watch: &Watch) -> Vec<&str> {
        let reasons = watch.events.iter().map(|entry| entry.reason.as_deref());
        reasons.map(Option::unwrap_or_default).collect()
    }

    #[test]
    fn what_the_throttle_suppresses_is_shown_once() {
        let mut watch = Watch::default();
        watch.status(status(7), 0);
        assert_eq!(reasons(&watch), [""; 0], "what was before is no news");
        watch.status(status(8), 1);
        watch.status(status(8), 2);
        watch.status(status(11), 3);
        assert_eq!(reasons(&watch), ["3 x, window 5 s", "window 5 s"]);
        // With HERALD_LOG=debug the log has it.
        watch.line(Entry {
            event: "Stop".to_owned(),
            status: "suppressed".to_owned(),
            reason: Some("less than 5 s after the last".to_owned()),
            ..Entry::default()
        });
        watch.status(status(12), 4);
        assert_eq!(watch.events.len(), 3);
    }

    #[test]
    fn the_level_is_in_decibels_below_full_scale() {
        assert_eq!(level(1.0), "[############] 0 dB");
        assert_eq!(level(0.5), "[#########...] -6 dB");
        assert_eq!(level(0.001), "[............] -60 dB");
        assert_eq!(level(0.0), "silent");
    }

    #[test]
    fn an_agent_is_one_line_for_each_project_and_hostile_names_are_escaped() {
        let mut watch = Watch::default();
        for (project, time_ms) in [("/a/one", 1), ("/a/one", 2), ("/b/\u{1b}[31mtwo", 3)] {
            watch.line(Entry {
                time_ms,
                event: "Stop".to_owned(),
                agent: Some("claude".to_owned()),
                project: Some(project.to_owned()),
                ..Entry::default()
            });
        }
        let counts: Vec<_> = watch.agents.values().map(|seen| seen.count).collect();
        assert_eq!(counts, [2, 1]);
        let words = watch.events[0].words();
        assert!(words.contains("\\u{1b}[31mtwo"), "{words}");
        crate::screen::tests::draw_in_every_size(&mut watch);
    }
}
