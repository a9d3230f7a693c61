//! Commands of the user's config that run beside a sound, once for an event across all players.
//!
//! # Invariants
//!
//! - The command is the user's own, by the event's name. A message says that an event was admitted and what
//!   it says; it names no program.
//! - A command runs only for a throttle mark of that event which stands, is under ten seconds old and was not
//!   used before. The use is a firing of its own, so of several players one runs it. Whoever reaches the
//!   inbox without reading the state file, such as a sandboxed program, has no mark.
//! - It runs without a shell, in a process group of its own, for at most ten seconds.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::authority::Authority;
use super::protocol::{Request, Run};
use crate::Throttle;
use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::config::CommandLine;
use crate::sync::{AtomicU64, Ordering::Relaxed};
use crate::system::env::Env;
use crate::system::external;
use crate::system::log::{Level, Line, Log};

/// The age at which a mark is too old.
const MAX_AGE: Duration = Duration::from_secs(10);
/// For how long a mark counts as used: longer than it could be used again.
const USED_FOR: Duration = Duration::from_secs(60);
/// How long a command may run.
const LIMIT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// How many commands run at once.
const MAX_RUNNING: u64 = 8;
/// How many bytes of its output are logged, from the end.
const MAX_OUTPUT: u64 = 500;

/// Runs commands.
pub(super) struct Runs {
    env: Env,
    throttle: Arc<Throttle>,
    log: Arc<Log>,
    level: Level,
    /// Relaxed: a plain count; no other memory depends on it.
    running: Arc<AtomicU64>,
}

impl Runs {
    pub(super) fn new(
        throttle: Arc<Throttle>,
        state_dir: &Path,
        env: &Env,
        authority: &Authority,
    ) -> Self {
        Self {
            env: env.clone(),
            throttle,
            log: Log::new(state_dir).into(),
            level: authority.log,
            running: Arc::default(),
        }
    }

    /// Whether a command runs.
    pub(super) fn is_busy(&self) -> bool {
        self.running.load(Relaxed) > 0
    }

    /// Starts the command for `request`, if it asks for one and may.
    pub(super) fn start(&self, request: &Request) {
        let Some(run) = &request.run else {
            return;
        };
        if let Err(why) = self.try_start(request, run) {
            write(&self.log, self.level, &request.event, "refused", &why, None);
        }
    }

    fn try_start(&self, request: &Request, run: &Run) -> Result<(), String> {
        let event = &request.event;
        // Only the user's files are read: no project names a command.
        let config = config::load(&self.env, None);
        let command = config.command(event);
        let command = command
            .ok_or("your config names no command for it")?
            .clone();
        self.use_up(request, run)?;
        let now = SystemClock.unix_ms();
        if let Some(silence) = self.throttle.state_file().controls(now).silence(now) {
            return Err(silence.reason().to_owned());
        }
        if self.running.fetch_add(1, Relaxed) >= MAX_RUNNING {
            self.running.fetch_sub(1, Relaxed);
            return Err(format!("{MAX_RUNNING} commands run already"));
        }
        self.throttle.mark("rule/run", SystemTime::now());
        let (log, level, running) = (self.log.clone(), self.level, self.running.clone());
        let (env, run, event) = (self.env.clone(), run.clone(), event.clone());
        let in_background = move || {
            let (status, reason) = match finish(&command, &env, &run) {
                Ok(output) => ("ran", output),
                Err(why) => ("failed", why),
            };
            write(
                &log,
                level,
                &event,
                status,
                &reason,
                Some(command.program()),
            );
            running.fetch_sub(1, Relaxed);
        };
        let thread = thread::Builder::new().name("herald-run".to_owned());
        thread.spawn(in_background).map(drop).map_err(|error| {
            self.running.fetch_sub(1, Relaxed);
            format!("no thread: {error}")
        })
    }

    /// Uses the mark of `run` up.
    fn use_up(&self, request: &Request, run: &Run) -> Result<(), String> {
        let is_of_event = run.key.split('\0').nth(1) == Some(&request.event);
        let mut marks = request.admissions();
        let mark = marks.find(|mark| is_of_event && self.throttle.stands(&*run.key, *mark));
        let mark = mark.ok_or("its throttle mark does not stand")?;
        let fired = self.throttle.recall(&*run.key);
        let age = fired.and_then(|fired| SystemTime::now().duration_since(fired.at).ok());
        if age.is_some_and(|age| age > MAX_AGE) {
            return Err("its throttle mark is too old".to_owned());
        }
        let (index, bits) = mark.to_parts();
        let used = format!("run/{index}/{bits:016x}");
        match self.throttle.admit(&*used, USED_FOR).is_admitted() {
            true => Ok(()),
            false => Err("its throttle mark was used already".to_owned()),
        }
    }
}

/// Runs `command` to its end. Returns its output, or why it failed.
fn finish(command: &CommandLine, env: &Env, run: &Run) -> Result<String, String> {
    let name = command.program();
    let program = env.expand(name);
    let program = match program.is_absolute() {
        true => Some(program),
        false => external::on_path(name, env),
    };
    let program = program.ok_or_else(|| format!("{name} is not installed"))?;
    let cannot = |error: io::Error| format!("cannot run {name}: {error}");
    let mut output = tempfile::tempfile().map_err(cannot)?;
    let clone = || output.try_clone().map_err(cannot);
    let mut process = Command::new(program);
    process
        .args(command.args(&run.fields))
        .envs(run.variables())
        .stdin(Stdio::null())
        .stdout(clone()?)
        .stderr(clone()?);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut process, 0);
    #[cfg(windows)]
    {
        // From winbase.h: CREATE_NO_WINDOW.
        const NO_WINDOW: u32 = 0x0800_0000;
        std::os::windows::process::CommandExt::creation_flags(&mut process, NO_WINDOW);
    }
    let mut child = process.spawn().map_err(cannot)?;
    let ended = wait(&mut child).map_err(cannot)?;
    let said = end_of(&mut output).unwrap_or_default();
    match ended {
        Some(status) if status.success() => Ok(said),
        Some(status) => Err(format!("{name} failed ({status}): {said}")),
        None => Err(format!(
            "{name} did not finish within {LIMIT:?} and was stopped"
        )),
    }
}

/// Waits for the end of `child`, and stops it with its children after [`LIMIT`].
fn wait(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    while started.elapsed() < LIMIT {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(LOOK_AGAIN);
    }
    // Not reaped yet: its group has its process id.
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    let _ = child.kill();
    child.wait().map(|_| None)
}

fn end_of(output: &mut std::fs::File) -> io::Result<String> {
    let len = output.seek(SeekFrom::End(0))?;
    output.seek(SeekFrom::Start(len.saturating_sub(MAX_OUTPUT)))?;
    let mut text = Vec::new();
    output.take(MAX_OUTPUT).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).trim().to_owned())
}

fn write(log: &Log, level: Level, event: &str, status: &str, reason: &str, through: Option<&str>) {
    let line = Line {
        time_ms: SystemClock.unix_ms(),
        event,
        status,
        reason: Some(reason).filter(|reason| !reason.is_empty()),
        through,
        ..Line::default()
    };
    log.write(&line, level);
}
