//! A Valkey or Redis server, 7.0 or later.
//!
//! # Commands
//!
//! A box sends `XADD`, and `GET` of two keys; a desk what its login may do: see [`Keys`]. No script, no function,
//! no setting.
//!
//! # Age
//!
//! An entry that comes while a desk waits is fresh, whatever its place says. After a connection, a second without
//! reading (a suspended machine), or a read that was full, a desk reads without waiting and asks for the server's
//! time: these entries have an age.
//!
//! # Limits
//!
//! The client reads a whole reply before anything is checked, so a box can cost a desk as much memory as the
//! server's `proto-max-bulk-len` allows.

pub mod keys;
mod replies;
#[cfg(all(test, unix))]
mod tests;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant};

use ::redis::io::tcp::TcpSettings;
use ::redis::{
    Client, Cmd, Connection, ConnectionInfo, RedisConnectionInfo, RedisError, RedisResult, Value,
    cmd,
};
use herald_audio::internals::clock::boot_ms;
use herald_audio::internals::config::fleet::Fleet;
use herald_audio::{Error, ErrorKind, LONGEST_SNOOZE, Result};

use super::{Claim, Desk, Engine, Entry, EntryId, Followed, Mute};
use keys::Keys;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// The first pause after a failure, and the longest.
const MIN_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(3);
/// After this time without reading, entries are judged by their age, in milliseconds.
const GAP_MS: u64 = 1_000;
/// How often the list of boxes is read again: who wrote it may not have told.
const LIST_INTERVAL: Duration = Duration::from_secs(30);
/// The number of entries of a stream in one read.
const READ_COUNT: usize = 64;
/// The number of entries that the server keeps of a box.
const KEPT: usize = 256;
/// How long a desk counts as present after it said so.
pub const PRESENCE: Duration = Duration::from_secs(90);
/// A later sign of life at a desk is news for the others after this time, in milliseconds.
const NEWS_MS: u64 = 60_000;
/// The shortest claim, so that desks agree about an event without a window.
const MIN_CLAIM: Duration = Duration::from_secs(1);

/// A connection to the server, made again when it is lost.
pub struct Server {
    fleet: Fleet,
    keys: Keys,
    connection: Option<Connection>,
    /// The pause after the next failure, and when the last one ends.
    pause: Duration,
    paused_until: Option<Instant>,
    reading: Reading,
}

/// How far a desk has read.
#[derive(Default)]
struct Reading {
    /// The other boxes, and the last place that was read of each.
    boxes: BTreeMap<String, EntryId>,
    /// All desks, this one included.
    desks: Vec<String>,
    signal: EntryId,
    /// Whether the connection is new, so that reading begins again.
    is_new: bool,
    /// When the list of boxes was read; none if it must be read.
    listed: Option<Instant>,
    /// Whether more may be there that came before this desk waited.
    is_behind: bool,
    /// When the last read ended, in milliseconds since boot.
    read_ms: u64,
}

/// Connects to the server of `fleet` within `limit`, as `login` (a user and a password) or as this machine. A reply
/// that takes longer than `limit` is an error, too.
///
/// # Errors
///
/// [`ErrorKind::State`] if the server cannot be reached or refuses the login, [`ErrorKind::Config`] if the URL or
/// the key file is unusable.
pub fn connect(fleet: &Fleet, login: Option<(&str, &str)>, limit: Duration) -> Result<Connection> {
    let key;
    let (user, password) = match login {
        Some(login) => login,
        None => {
            key = fleet.key()?;
            (fleet.name.as_str(), key.as_str())
        }
    };
    // Of several providers of cryptography in one build rustls would choose none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let info: RedisResult<ConnectionInfo> = fleet.url.parse();
    let info = info.map_err(|error| {
        Error::new(
            ErrorKind::Config,
            format!("fleet.url {:?} is invalid", fleet.url),
        )
        .because(error)
    })?;
    let login = RedisConnectionInfo::default()
        .set_username(user)
        .set_password(password)
        .set_skip_set_lib_name();
    let info = info
        .set_redis_settings(login)
        .set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let connect = || {
        let connection = Client::open(info)?.get_connection_with_timeout(limit)?;
        connection.set_read_timeout(Some(limit))?;
        connection.set_write_timeout(Some(limit))?;
        Ok(connection)
    };
    connect().map_err(|error| unreachable(fleet, error))
}

/// The error for a server that cannot be reached or refuses something.
pub fn unreachable(fleet: &Fleet, error: RedisError) -> Error {
    let is_login = error.kind() == ::redis::ErrorKind::AuthenticationFailed
        || matches!(error.code(), Some("NOPERM" | "NOAUTH" | "WRONGPASS"));
    let text = error.to_string();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let (what, hint) = if is_login {
        (
            "refuses the login",
            "ask for a new join line: herald fleet init",
        )
    } else if says(&["certificate"]) {
        (
            "has a certificate that is not trusted",
            "add its authority to the system's certificates",
        )
    } else if says(&["corrupt message", "InvalidContentType"])
        || (fleet.url.starts_with("rediss:") && error.is_timeout())
    {
        // A server without TLS may wait for the end of what it takes for a command.
        (
            "does not answer, or does not encrypt",
            "let it listen with TLS, or reach it through ssh -L and redis://localhost",
        )
    } else {
        ("cannot be reached", "herald doctor")
    };
    let what = format!("the fleet's server {} {what}", fleet.url);
    Error::new(ErrorKind::State, what)
        .because(error)
        .with_hint(hint)
}

impl Server {
    /// The server of `fleet`, not connected yet.
    pub fn new(fleet: Fleet) -> Self {
        Self {
            keys: Keys::new(fleet.fleet()),
            fleet,
            connection: None,
            pause: MIN_PAUSE,
            paused_until: None,
            reading: Reading::default(),
        }
    }

    /// How long the next call fails at once, because the last one did.
    pub fn pause(&self) -> Duration {
        let until = self.paused_until.filter(|_| self.connection.is_none());
        until.map_or(Duration::ZERO, |until| {
            until.saturating_duration_since(Instant::now())
        })
    }

    fn connected(&mut self) -> Result<&mut Connection> {
        if self.connection.is_none() {
            if !self.pause().is_zero() {
                return Err(Error::new(
                    ErrorKind::State,
                    format!("the fleet's server {} is away", self.fleet.url),
                ));
            }
            match connect(&self.fleet, None, PATIENCE) {
                Ok(connection) => {
                    self.reading.is_new = true;
                    self.connection = Some(connection);
                }
                Err(error) => {
                    self.lose();
                    return Err(error);
                }
            }
        }
        let missing = || Error::new(ErrorKind::State, "no connection");
        self.connection.as_mut().ok_or_else(missing)
    }

    /// Runs `operation` on the connection. After an error nothing is known of its state, so it is closed.
    fn with<T>(&mut self, operation: impl FnOnce(&mut Connection) -> RedisResult<T>) -> Result<T> {
        match operation(self.connected()?) {
            Ok(value) => {
                self.pause = MIN_PAUSE;
                Ok(value)
            }
            Err(error) => {
                self.lose();
                Err(unreachable(&self.fleet, error))
            }
        }
    }

    fn lose(&mut self) {
        self.connection = None;
        // Many boxes lose the same server at the same moment: they come back at different ones.
        let percent = 50 + RandomState::new().hash_one(0) % 51;
        let pause = self.pause.mul_f64(percent as f64 / 100.0);
        self.paused_until = Some(Instant::now() + pause);
        self.pause = (self.pause * 2).min(MAX_PAUSE);
    }

    /// Reads who is in the fleet. A server that has forgotten everything is not believed.
    fn list(&mut self) -> Result<()> {
        let boxes = self.keys.boxes();
        let (listed, time): (BTreeMap<String, String>, _) = self.with(|connection| {
            let (listed, time) = ::redis::pipe()
                .add_command(cmd("HGETALL").arg(boxes).take())
                .add_command(cmd("TIME"))
                .query::<(BTreeMap<String, String>, Value)>(connection)?;
            Ok((listed, replies::time_ms(&time)))
        })?;
        let ttl_ms = u64::try_from(self.fleet.ttl.as_millis()).unwrap_or(u64::MAX);
        let start = EntryId {
            ms: time.saturating_sub(ttl_ms),
            number: 0,
        };
        let own = self.fleet.machine();
        let reading = &mut self.reading;
        if !listed.is_empty() {
            let is_desk = |(_, role): &(&String, &String)| *role != "box";
            reading.desks = listed
                .iter()
                .filter(is_desk)
                .map(|(name, _)| name.clone())
                .collect();
            reading.boxes.retain(|name, _| listed.contains_key(name));
            for name in listed.into_keys().filter(|name| name != own) {
                reading.boxes.entry(name).or_insert_with(|| {
                    reading.is_behind = true;
                    start
                });
            }
        }
        if std::mem::take(&mut reading.is_new) {
            // The clock of another server, after a failover, is another one.
            reading.boxes.values_mut().for_each(|place| *place = start);
            reading.signal = start;
            reading.is_behind = true;
        }
        reading.listed = Some(Instant::now());
        Ok(())
    }

    fn read(&self, patience: Option<Duration>) -> Cmd {
        let mut read = cmd("XREAD");
        read.arg("COUNT").arg(READ_COUNT);
        if let Some(patience) = patience {
            // 0 would wait for ever.
            read.arg("BLOCK").arg(patience.as_millis().max(1) as u64);
        }
        read.arg("STREAMS");
        let Reading { boxes, signal, .. } = &self.reading;
        boxes
            .keys()
            .for_each(|name| _ = read.arg(self.keys.stream(name)));
        read.arg(self.keys.signal());
        let places = boxes.values().chain([signal]);
        places.for_each(|place| _ = read.arg(place.to_string()));
        read
    }

    fn time_ms(&mut self) -> Result<u64> {
        let time = self.with(|connection| cmd("TIME").query::<Value>(connection))?;
        Ok(replies::time_ms(&time))
    }

    fn signal(&self, what: &str) -> Cmd {
        let mut add = cmd("XADD");
        add.arg(self.keys.signal())
            .arg("MAXLEN")
            .arg("~")
            .arg(16)
            .arg("*")
            .arg("s")
            .arg(what);
        add
    }
}

impl Engine for Server {
    fn append(&mut self, body: &[u8]) -> Result<()> {
        let stream = self.keys.stream(self.fleet.machine());
        let mut add = cmd("XADD");
        add.arg(stream)
            .arg("MAXLEN")
            .arg("~")
            .arg(KEPT)
            .arg("*")
            .arg("m")
            .arg(body);
        self.with(|connection| add.exec(connection))
    }

    fn follow(&mut self, patience: Duration) -> Result<Followed> {
        thread::sleep(self.pause().min(patience));
        self.connected()?;
        let mut is_news = self.reading.is_new;
        let is_old = |listed: Instant| listed.elapsed() > LIST_INTERVAL;
        if is_news || self.reading.listed.is_none_or(is_old) {
            self.list()?;
        }
        let started_ms = boot_ms();
        let is_behind = self.reading.is_behind || started_ms - self.reading.read_ms > GAP_MS;
        let read = self.read(Some(patience).filter(|_| !is_behind));
        let (streams, mut time_ms) = self.with(|connection| match is_behind {
            true => {
                let (streams, time) = ::redis::pipe()
                    .add_command(read)
                    .add_command(cmd("TIME"))
                    .query::<(Value, Value)>(connection)?;
                Ok((streams, Some(replies::time_ms(&time))))
            }
            false => {
                connection.set_read_timeout(Some(patience + PATIENCE))?;
                let streams = read.query::<Value>(connection)?;
                connection.set_read_timeout(Some(PATIENCE))?;
                Ok((streams, None))
            }
        })?;
        let waited_ms = boot_ms() - started_ms;
        if time_ms.is_none()
            && waited_ms > GAP_MS + u64::try_from(patience.as_millis()).unwrap_or(u64::MAX)
        {
            // The machine was suspended meanwhile.
            time_ms = Some(self.time_ms()?);
        }
        let mut entries = Vec::new();
        self.reading.is_behind = false;
        for (key, read) in replies::streams(streams) {
            let Some((last, _)) = read.last() else {
                continue;
            };
            let last = *last;
            let Some(from) = self.keys.machine_of(&key) else {
                self.reading.signal = last;
                self.reading.listed = None;
                is_news = true;
                continue;
            };
            self.reading.is_behind |= read.len() >= READ_COUNT;
            if let Some(place) = self.reading.boxes.get_mut(from) {
                *place = last;
            }
            let age =
                |id: EntryId| Some(time_ms? as i64 - i64::try_from(id.ms).unwrap_or(i64::MAX));
            entries.extend(read.into_iter().filter_map(|(id, body)| {
                Some(Entry {
                    from: from.to_owned(),
                    id,
                    age_ms: age(id),
                    body: body?,
                })
            }));
        }
        entries.sort_by_key(|entry| entry.id);
        self.reading.read_ms = boot_ms();
        Ok(Followed { entries, is_news })
    }

    fn claim(&mut self, key: &str, window: Duration) -> Result<Claim> {
        let (key, own) = (self.keys.claim(key), self.fleet.machine().to_owned());
        let ms = u64::try_from(window.max(MIN_CLAIM).as_millis()).unwrap_or(u64::MAX);
        self.with(|connection| {
            let mut set = cmd("SET");
            set.arg(&key)
                .arg(&own)
                .arg("NX")
                .arg("PX")
                .arg(ms)
                .arg("GET");
            let held: Option<String> = set.query(connection)?;
            Ok(match held {
                None => Claim::Won,
                Some(by) if by == own => {
                    let mut renew = cmd("SET");
                    renew.arg(&key).arg(&own).arg("XX").arg("PX").arg(ms);
                    renew.exec(connection)?;
                    Claim::Won
                }
                Some(_) => Claim::Lost,
            })
        })
    }

    fn release(&mut self, key: &str) -> Result<()> {
        let (key, own) = (self.keys.claim(key), self.fleet.machine().to_owned());
        self.with(|connection| {
            let held: Option<String> = cmd("GET").arg(&key).query(connection)?;
            match held.is_some_and(|by| by == own) {
                true => cmd("DEL").arg(&key).exec(connection),
                false => Ok(()),
            }
        })
    }

    fn controls(&mut self) -> Result<Option<Mute>> {
        let mute = self.keys.mute();
        let left_ms: i64 = self.with(|connection| cmd("PTTL").arg(mute).query(connection))?;
        Ok(match left_ms {
            // It has no end.
            -1 => Some(LONGEST_SNOOZE),
            left_ms => u64::try_from(left_ms)
                .ok()
                .filter(|left| *left > 0)
                .map(Duration::from_millis),
        }
        .map(|ends_in| Mute { ends_in }))
    }

    fn set_controls(&mut self, time: Option<Duration>) -> Result<()> {
        let mute = self.keys.mute();
        let change = match time {
            Some(time) => {
                let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
                cmd("SET").arg(mute).arg(1).arg("PX").arg(ms).take()
            }
            None => cmd("DEL").arg(mute).take(),
        };
        let signal = self.signal("mute");
        self.with(|connection| {
            ::redis::pipe()
                .add_command(change)
                .add_command(signal)
                .exec(connection)
        })
    }

    fn presence(&mut self) -> Result<Vec<Desk>> {
        if self.reading.listed.is_none() {
            self.list()?;
        }
        let names = self.reading.desks.clone();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut get = cmd("MGET");
        names
            .iter()
            .for_each(|name| _ = get.arg(self.keys.desk(name)));
        let (active, time): (Vec<Option<String>>, Value) = self.with(|connection| {
            ::redis::pipe()
                .add_command(get)
                .add_command(cmd("TIME"))
                .query(connection)
        })?;
        let now_ms = replies::time_ms(&time);
        let present = names.into_iter().zip(active).filter_map(|(name, active)| {
            let active_ms: u64 = active?.parse().ok()?;
            let ago = Duration::from_millis(now_ms.saturating_sub(active_ms));
            let active_ago = Some(ago).filter(|_| active_ms > 0);
            Some(Desk { name, active_ago })
        });
        Ok(present.collect())
    }

    fn announce(&mut self, active_ago: Option<Duration>) -> Result<()> {
        let desk = self.keys.desk(self.fleet.machine());
        let mut get = cmd("GET");
        get.arg(&desk);
        let (said, time): (Option<String>, Value) = self.with(|connection| {
            ::redis::pipe()
                .add_command(get)
                .add_command(cmd("TIME"))
                .query(connection)
        })?;
        let now_ms = replies::time_ms(&time);
        let known_ms: Option<u64> = said.and_then(|said| said.parse().ok());
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let active_ms = active_ago.map_or(0, |ago| now_ms.saturating_sub(ms(ago)));
        let latest_ms = active_ms.max(known_ms.unwrap_or(0));
        let mut pipe = ::redis::pipe();
        let own = self.fleet.machine().to_owned();
        let present = [(desk, latest_ms.to_string()), (self.keys.present(), own)];
        for (key, value) in present {
            pipe.add_command(
                cmd("SET")
                    .arg(key)
                    .arg(value)
                    .arg("PX")
                    .arg(ms(PRESENCE))
                    .take(),
            );
        }
        let oldest_ms = now_ms.saturating_sub(ms(self.fleet.ttl));
        for name in self.reading.boxes.keys() {
            let mut trim = cmd("XTRIM");
            trim.arg(self.keys.stream(name))
                .arg("MINID")
                .arg("~")
                .arg(oldest_ms);
            pipe.add_command(trim);
        }
        if known_ms.is_none_or(|known_ms| latest_ms > known_ms + NEWS_MS) {
            pipe.add_command(self.signal("here"));
        }
        self.with(|connection| pipe.exec(connection))
    }

    fn is_attended(&mut self) -> Result<bool> {
        let keys = [self.keys.present(), self.keys.mute()];
        let mut pipe = ::redis::pipe();
        keys.iter()
            .for_each(|key| _ = pipe.add_command(cmd("GET").arg(key).take()));
        let found: Vec<Option<String>> = self.with(|connection| pipe.query(connection))?;
        Ok(found.iter().any(Option::is_some))
    }
}
