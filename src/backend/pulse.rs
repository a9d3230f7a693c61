//! The sound server: PulseAudio, or PipeWire in its place, by PulseAudio's own protocol, on this
//! machine or at the other end of a tunnel.
//!
//! The `pulseaudio` crate speaks the protocol. cpal, which brings it, too, finds servers by this
//! process's environment only, takes `tcp:` for nothing and then plays at a server that was not
//! asked for, and cannot be let in where the user has no cookie. How servers behave, and what is
//! done about it:
//!
//! - The period is fixed: left to itself a server buffers two seconds. A server that is far away
//!   gets as much more as its answers take.
//! - A server asks for all that it buffers before the stream runs.
//! - A server that ends closes the connection, and the crate lets go of the callback: that tells
//!   within milliseconds. A stream that was ended alone, for want of a device, fails to tell its
//!   latency.
//! - A server that hangs says nothing. Every question is bounded in time, and closing the
//!   connection waits for nobody.
//! - A stream of the default device is moved by the server when the user chooses another default
//!   device, or when its device goes and there is another one. Nobody is told, and need not be.

mod client;
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

/// The most channels that are sent: clips are stereo at most, and the server maps better.
const MAX_CHANNELS: u8 = 2;
/// A server that answers faster than this is near.
const NEAR: Duration = Duration::from_millis(5);
/// What is buffered at most.
const MAX_BUFFERED: Duration = Duration::from_secs(2);
/// What users call devices of sound servers with, before the device's own name.
const HOST: &str = "pulseaudio:";

/// A device of a sound server.
struct Pulse {
    connection: PulseClient,
    sink: SinkInfo,
    /// What is buffered beyond two periods, for the way to the server.
    ahead: Duration,
}

/// Opens the device called `wanted` of `server`, or its default one.
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

    /// What the stream is to be like.
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
        // So that nobody ducks or routes it as music.
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

    /// An open stream keeps headsets awake and other programs' music ducked, but opening it again
    /// takes milliseconds, and on some devices a click.
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

/// What is to be buffered for a server that took `way` to answer: enough for a few answers that
/// take as long, as they do on a bad day.
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
