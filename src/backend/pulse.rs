//! The sound server: PulseAudio, or PipeWire through PulseAudio's protocol, on this machine or through a
//! tunnel.
//!
//! Uses the `pulseaudio` crate directly. cpal, which also includes it, only finds servers in this process's
//! environment, ignores `tcp:` addresses and then plays on another server, and cannot get access without a
//! cookie. Server behaviour and how it is handled:
//!
//! - The period is fixed: by default, a server buffers two seconds. A remote server buffers more, depending
//!   on its response time.
//! - A server requests its whole buffer before the stream runs.
//! - A server that exits closes the connection, and the crate drops the callback, which reports it within
//!   milliseconds. For a stream that ended alone, because its device is gone, querying the latency fails.
//! - A server that hangs reports nothing. Every request has a time limit, and closing the connection does not
//!   wait.
//! - The server moves a stream of the default device when the user chooses another default, or when the
//!   device disappears and another exists. This needs no action.

mod client;
pub(super) mod questions;
mod stream;
mod within;

use std::ffi::CStr;
use std::time::{Duration, Instant};

use pulseaudio::protocol::{self, ChannelMap, ChannelPosition, SampleFormat, SampleSpec, SinkInfo};

use self::client::PulseClient;
use self::stream::PulseStream;
use super::device::{BLUETOOTH_LEAD_IN, Device, Stream, is_bluetooth};
use super::pull::PERIOD_FRAMES;
use crate::audio::Format;
use crate::engine::Renderer;
use crate::error::{Error, ErrorKind, Result};
use crate::system::sound_server::SoundServer;

/// The maximum number of channels: clips are stereo at most, and the server maps them better.
const MAX_CHANNELS: u8 = 2;
/// A server that answers faster than this is local.
const NEAR: Duration = Duration::from_millis(5);
/// The maximum buffer.
const MAX_BUFFERED: Duration = Duration::from_secs(2);
/// The prefix of users' names for devices of sound servers.
const HOST: &str = "pulseaudio:";

/// A device of a sound server.
struct Pulse {
    connection: PulseClient,
    sink: SinkInfo,
    /// The additional buffer beyond two periods, for a remote server.
    ahead: Duration,
}

/// Opens the device called `wanted` of `server`, or the default one.
pub(super) fn open(server: &SoundServer, wanted: Option<&str>) -> Result<Box<dyn Device>> {
    let (addresses, key) = (server.addresses(), server.key());
    let mut reasons = Vec::new();
    for address in addresses {
        let device = PulseClient::to(&address, &key, server)
            .and_then(|connection| Pulse::find(connection, wanted));
        match device {
            Ok(device) => return Ok(Box::new(device)),
            Err(error) => reasons.push(error.to_string()),
        }
    }
    let what = match reasons.len() {
        0 => format!("no sound server: invalid PULSE_SERVER {server}"),
        _ => reasons.join("; "),
    };
    Err(Error::new(ErrorKind::Output, what))
}

impl Pulse {
    fn find(connection: PulseClient, wanted: Option<&str>) -> Result<Self> {
        let none = |why: String| {
            let what = match wanted {
                Some(name) => format!("no sound device {name:?} at the sound server"),
                None => "no sound device at the sound server".to_owned(),
            };
            Error::new(ErrorKind::Output, what).because(why)
        };
        let asked = Instant::now();
        let sink = match wanted {
            None => {
                let default = connection
                    .client
                    .sink_info_by_name(protocol::DEFAULT_SINK.to_owned());
                connection.ask(default)
            }
            Some(name) => connection
                .ask(connection.client.list_sinks())
                .and_then(|sinks| {
                    let found = sinks.into_iter().find(|sink| is_called(sink, name));
                    found.ok_or_else(|| "no device of that name".to_owned())
                }),
        };
        let way = asked.elapsed();
        Ok(Self {
            sink: sink.map_err(none)?,
            connection,
            ahead: buffer_for(way),
        })
    }

    fn spec(&self) -> SampleSpec {
        SampleSpec {
            format: match cfg!(target_endian = "little") {
                true => SampleFormat::Float32Le,
                false => SampleFormat::Float32Be,
            },
            channels: self.sink.channel_map.num_channels().clamp(1, MAX_CHANNELS),
            sample_rate: self.sink.sample_spec.sample_rate,
        }
    }

    /// The parameters of the stream.
    fn params(&self) -> protocol::PlaybackStreamParams {
        use ChannelPosition::{FrontLeft, FrontRight, Mono};
        let spec = self.spec();
        let frame_len = u32::from(spec.channels) * 4;
        let period = PERIOD_FRAMES * frame_len;
        let ahead = self.ahead.as_secs_f64() * f64::from(spec.sample_rate);
        let buffered = 2 * period + ahead as u32 * frame_len;
        let channels: &[ChannelPosition] = match spec.channels {
            1 => &[Mono],
            _ => &[FrontLeft, FrontRight],
        };
        // Marks it as an event sound, so that it is not ducked or routed as music.
        let mut props = protocol::Props::new();
        props.set(protocol::Prop::MediaRole, c"event");
        protocol::PlaybackStreamParams {
            props,
            sink_index: Some(self.sink.index),
            sample_spec: spec,
            channel_map: ChannelMap::new(channels.iter().copied()),
            buffer_attr: protocol::stream::BufferAttr {
                max_length: buffered,
                target_length: buffered,
                minimum_request_length: period,
                ..Default::default()
            },
            flags: protocol::stream::StreamFlags {
                start_corked: true,
                adjust_latency: true,
                ..Default::default()
            },
            ..Default::default()
        }
    }
}

impl Device for Pulse {
    fn name(&self) -> String {
        let sink = self.sink.description.as_ref().unwrap_or(&self.sink.name);
        let sink = text(sink);
        match &self.connection.named {
            Some(address) => format!("PulseAudio: {sink} at {address}"),
            None => format!("PulseAudio: {sink}"),
        }
    }

    fn format(&self) -> Format {
        let spec = self.spec();
        Format {
            rate: spec.sample_rate,
            channels: spec.channels.into(),
        }
    }

    fn lead_in(&self) -> Duration {
        match is_bluetooth(&text(&self.sink.name)) {
            true => BLUETOOTH_LEAD_IN,
            false => Duration::ZERO,
        }
    }

    /// An open stream keeps headsets awake and other programs' music ducked. Reopening takes milliseconds,
    /// and clicks on some devices.
    fn is_worth_keeping(&self) -> bool {
        true
    }

    fn start(self: Box<Self>, renderer: Renderer) -> Result<Box<dyn Stream>> {
        let what = format!("cannot play through {}", self.name());
        let (format, params) = (self.format(), self.params());
        let stream = PulseStream::start(self.connection, params, renderer, format);
        let stream = stream.map_err(|why| Error::new(ErrorKind::Output, what).because(why))?;
        Ok(Box::new(stream))
    }
}

fn is_called(sink: &SinkInfo, wanted: &str) -> bool {
    let name = text(&sink.name);
    let described = sink.description.as_deref().map(text);
    let wanted_name = wanted.strip_prefix(HOST).unwrap_or(wanted);
    name == wanted_name || described.is_some_and(|described| described == wanted)
}

/// The additional buffer for a server with the response time `way`: enough for a few such delays.
fn buffer_for(way: Duration) -> Duration {
    match way {
        near if near < NEAR => Duration::ZERO,
        far => (4 * far).min(MAX_BUFFERED),
    }
}

fn text(name: &CStr) -> String {
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sink(name: &CStr, description: Option<&CStr>) -> SinkInfo {
        SinkInfo {
            name: name.to_owned(),
            description: description.map(std::ffi::CString::from),
            ..SinkInfo::default()
        }
    }

    #[test]
    fn a_device_goes_by_its_name_and_by_what_people_call_it() {
        let sink = sink(c"alsa_output.usb", Some(c"USB Headset"));
        for wanted in [
            "alsa_output.usb",
            "pulseaudio:alsa_output.usb",
            "USB Headset",
        ] {
            assert!(is_called(&sink, wanted), "{wanted}");
        }
        for wanted in ["alsa_output", "pulseaudio:USB Headset", ""] {
            assert!(!is_called(&sink, wanted), "{wanted}");
        }
    }

    #[test]
    fn a_server_that_is_far_away_gets_more_ahead_and_never_too_much() {
        for (way_ms, ahead_ms) in [(0, 0), (4, 0), (50, 200), (9_000, 2_000)] {
            let ahead = buffer_for(Duration::from_millis(way_ms));
            assert_eq!(ahead, Duration::from_millis(ahead_ms), "{way_ms} ms");
        }
    }
}
