//! Sound cards through cpal, which is only used here: ALSA on Linux, where the sound server has priority
//! ([`super::pulse`]), CoreAudio and WASAPI. Workarounds for the behaviour of these systems:
//!
//! - The callback accepts any length. ALSA requests two thirds of a period before the stream runs, PipeWire
//!   slightly more.
//! - If a sound server behind ALSA's plugin exits, the plugin only repeats an error. From one call it means
//!   the end; from another, every other stream starts with it, and continues after a gap once the server
//!   answers.
//! - ALSA repeats an error 700,000 times per second, so the error callback sleeps.
//! - A hanging server causes no error. Only the frame count, which stands still, shows it; and closing the
//!   stream waits for the server.
//! - Opening has a time limit where cpal supports it.

mod callbacks;

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use ::cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use ::cpal::{
    BufferSize, FromSample, HostId, InterfaceType, OutputCallbackInfo, SampleFormat, SizedSample,
    StreamConfig,
};

use self::callbacks::ErrorFilter;
use super::device::{BLUETOOTH_LEAD_IN, Device, Stream, is_bluetooth};
use super::meter::Meter;
use super::pull::{PERIOD_FRAMES, Pull};
use crate::audio::Format;
use crate::engine::Renderer;
use crate::error::{Error, ErrorKind, Result};
use crate::sync::Ordering::Relaxed;
use crate::vocabulary::device::OutputDevice;

/// The time limit for opening a stream.
const OPEN_LIMIT: Duration = Duration::from_secs(3);
/// How long to wait for a stream to close.
const CLOSE_LIMIT: Duration = Duration::from_millis(500);
struct Cpal {
    host: HostId,
    device: ::cpal::Device,
    config: StreamConfig,
    sample_format: SampleFormat,
}

struct CpalStream {
    /// Present until it is closed.
    stream: Option<::cpal::Stream>,
    meter: Arc<Meter>,
}

/// The names of this system's hosts.
pub(super) fn hosts() -> impl Iterator<Item = &'static str> {
    ::cpal::ALL_HOSTS.iter().map(HostId::name)
}

/// Opens the device called `wanted` of the host called `host`, or the default one.
pub(super) fn open(host: &str, wanted: Option<&str>) -> Result<Box<dyn Device>> {
    #[cfg(target_os = "linux")]
    super::alsa::load()?;
    let none = |reason: ::cpal::Error| {
        let what = match wanted {
            Some(name) => format!("no sound device {name:?} at {host}"),
            None => format!("no sound device at {host}"),
        };
        Error::new(ErrorKind::Output, what).because(reason)
    };
    Ok(Box::new(open_at(host, wanted).map_err(none)?))
}

fn open_at(host: &str, wanted: Option<&str>) -> std::result::Result<Cpal, ::cpal::Error> {
    let not_there = || ::cpal::Error::new(::cpal::ErrorKind::DeviceNotAvailable);
    let id = ::cpal::ALL_HOSTS.iter().find(|id| id.name() == host);
    let id = *id.ok_or_else(not_there)?;
    let host = ::cpal::host_from_id(id)?;
    let device = match wanted {
        None => host.default_output_device().ok_or_else(not_there)?,
        Some(name) => host
            .output_devices()?
            .find(|device| is_called(device, name))
            .ok_or_else(not_there)?,
    };
    let default = device.default_output_config()?;
    // Queried once, because ALSA opens the device for it.
    let ranges: Vec<_> = device
        .supported_output_configs()
        .into_iter()
        .flatten()
        .collect();
    let takes = |channels, rate, samples: Option<SampleFormat>| {
        ranges.iter().any(|range| {
            range.channels() == channels
                && (range.min_sample_rate()..=range.max_sample_rate()).contains(&rate)
                && samples.is_none_or(|samples| range.sample_format() == samples)
        })
    };
    let (rate, channels) = (default.sample_rate(), default.channels());
    // Stereo if the device supports it: clips have at most two channels, and a server maps them better.
    let stereo = channels > 2 && takes(2, rate, None);
    let channels = if stereo { 2 } else { channels };
    Ok(Cpal {
        host: id,
        config: StreamConfig {
            channels,
            sample_rate: rate,
            buffer_size: BufferSize::Fixed(PERIOD_FRAMES),
        },
        sample_format: if takes(channels, rate, Some(SampleFormat::F32)) {
            SampleFormat::F32
        } else {
            default.sample_format()
        },
        device,
    })
}

/// What the device called `wanted`, or the default one, is.
#[cfg(windows)]
pub(super) fn device_type(wanted: Option<&str>) -> Option<::cpal::DeviceType> {
    let host = ::cpal::default_host();
    let device = match wanted {
        None => host.default_output_device(),
        Some(name) => host
            .output_devices()
            .ok()?
            .find(|device| is_called(device, name)),
    };
    Some(device?.description().ok()?.device_type())
}

/// The devices of the host called `host`; none if it does not say.
pub(super) fn devices(host: &str) -> Vec<OutputDevice> {
    #[cfg(target_os = "linux")]
    if super::alsa::load().is_err() {
        return Vec::new();
    }
    let id = ::cpal::ALL_HOSTS.iter().find(|id| id.name() == host);
    let Some(system) = id.and_then(|id| ::cpal::host_from_id(*id).ok()) else {
        return Vec::new();
    };
    let name_of = |device: &::cpal::Device| device.id().map(|id| id.to_string());
    let default = system.default_output_device();
    let default = default.and_then(|device| name_of(&device).ok());
    let devices = system.output_devices().into_iter().flatten();
    let described = devices.map(|device| {
        let description = device.to_string();
        let name = name_of(&device).unwrap_or_else(|_| description.clone());
        OutputDevice {
            is_default: default.as_ref() == Some(&name),
            name,
            description,
            host: host.to_owned(),
        }
    });
    described.collect()
}

fn is_called(device: &::cpal::Device, name: &str) -> bool {
    device.to_string() == name || device.id().is_ok_and(|id| id.to_string() == name)
}

impl Device for Cpal {
    fn name(&self) -> String {
        format!("{}: {}", self.host.name(), self.device)
    }

    fn format(&self) -> Format {
        Format {
            rate: self.config.sample_rate,
            channels: self.config.channels,
        }
    }

    fn lead_in(&self) -> Duration {
        if self.wakes_slowly() {
            BLUETOOTH_LEAD_IN
        } else {
            Duration::ZERO
        }
    }

    /// An open stream keeps headsets awake and other programs' music ducked. Reopening takes milliseconds,
    /// and clicks on some devices.
    fn is_worth_keeping(&self) -> bool {
        true
    }

    fn start(self: Box<Self>, renderer: Renderer) -> Result<Box<dyn Stream>> {
        let stream = match self.sample_format {
            SampleFormat::F32 => self.run::<f32>(renderer),
            SampleFormat::I16 => self.run::<i16>(renderer),
            SampleFormat::I24 => self.run::<::cpal::I24>(renderer),
            SampleFormat::I32 => self.run::<i32>(renderer),
            SampleFormat::U8 => self.run::<u8>(renderer),
            other => Err(::cpal::Error::with_message(
                ::cpal::ErrorKind::UnsupportedConfig,
                format!("samples of type {other}"),
            )),
        };
        let cannot = || {
            let what = format!("cannot play through {}", self.name());
            Error::new(ErrorKind::Output, what)
        };
        let stream = stream.map_err(|error| cannot().because(error))?;
        Ok(Box::new(stream))
    }
}

impl Cpal {
    /// Whether the device sleeps while idle and swallows the beginning of the next sound.
    fn wakes_slowly(&self) -> bool {
        let says_so =
            |what: ::cpal::DeviceDescription| what.interface_type() == InterfaceType::Bluetooth;
        let id = self.device.id();
        self.device.description().is_ok_and(says_so)
            || id.is_ok_and(|id| is_bluetooth(&id.to_string()))
    }

    fn run<T: SizedSample + FromSample<f32>>(
        &self,
        renderer: Renderer,
    ) -> std::result::Result<CpalStream, ::cpal::Error> {
        let meter = Arc::new(Meter::default());
        let mut pull = Pull::new(renderer, self.format(), meter.clone());
        let render = move |out: &mut [T], info: &OutputCallbackInfo| {
            let timestamp = info.timestamp();
            let ahead = timestamp.playback.duration_since(timestamp.callback);
            pull.fill(out, ahead);
        };
        let mut watch = ErrorFilter::new(meter.clone());
        let on_error = move |error| watch.see(&error, Instant::now());
        let stream =
            self.device
                .build_output_stream(self.config, render, on_error, Some(OPEN_LIMIT))?;
        stream.play()?;
        Ok(CpalStream {
            stream: Some(stream),
            meter,
        })
    }
}

impl Stream for CpalStream {
    fn frames(&self) -> u64 {
        self.meter.frames.load(Relaxed)
    }

    fn latency(&self) -> Duration {
        Duration::from_micros(self.meter.latency_us.load(Relaxed))
    }

    fn failure(&self) -> Option<String> {
        self.meter.lost.get().cloned()
    }
}

/// Closes the stream on a thread, which is abandoned if it takes too long.
impl Drop for CpalStream {
    fn drop(&mut self) {
        let stream = self.stream.take();
        let (closed, closing) = sync_channel::<()>(0);
        let closer = thread::Builder::new().name("herald-close".to_owned());
        let closer = closer.spawn(move || {
            drop(stream);
            drop(closed);
        });
        // Does not wait for a lost stream, because its sound continues elsewhere.
        if closer.is_ok() && self.meter.lost.get().is_none() {
            let _ = closing.recv_timeout(CLOSE_LIMIT);
        }
    }
}
