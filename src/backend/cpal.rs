//! Sound devices, through cpal: the only file that names it.
//!
//! On Linux the sound server's own protocol comes first (PulseAudio, or PipeWire in its place),
//! then ALSA. What is done here because of how the systems behave:
//!
//! - The period is fixed: left to itself the native host buffers two seconds.
//! - The callback trusts no length: it renders whatever it is given.
//! - The error callback may run a hundred thousand times a second: only the first error that ends
//!   a stream is kept, the others cost a comparison.
//! - Opening is bounded in time where cpal lets it be.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use ::cpal::{
    BufferSize, FromSample, HostId, OutputCallbackInfo, SampleFormat, SizedSample, StreamConfig,
};

use super::{Device, Stream};
use crate::audio::Format;
use crate::engine::Renderer;
use crate::error::{Error, ErrorKind, Result};
use crate::sync::{AtomicU64, Ordering::Relaxed};

/// Frames the device asks for at a time: 10 ms at 48 kHz.
const PERIOD_FRAMES: u32 = 480;
/// How long opening a stream may take.
const OPEN_LIMIT: Duration = Duration::from_secs(3);

/// Silence before the first sound on a Bluetooth device: what was found to be enough
/// (PeonPing/peon-ping#543).
const BLUETOOTH_LEAD_IN: Duration = Duration::from_millis(300);

struct Cpal {
    device: ::cpal::Device,
    /// The host whose default device it was, unless it was asked for by name.
    default_of: Option<::cpal::Host>,
    name: String,
    config: StreamConfig,
    sample_format: SampleFormat,
}

struct CpalStream {
    /// Dropped first: closing it joins the threads that use the rest.
    _stream: ::cpal::Stream,
    meter: Arc<Meter>,
    period: Duration,
    device: ::cpal::Device,
    default_of: Option<::cpal::Host>,
}

/// What the callbacks tell the control side. Relaxed throughout: independent numbers.
#[derive(Default)]
struct Meter {
    frames: AtomicU64,
    latency_us: AtomicU64,
    lost: OnceLock<String>,
}

/// The hosts of this system by name, the sound server's own protocol first.
pub(super) fn hosts() -> Vec<&'static str> {
    let mut hosts: Vec<_> = ::cpal::ALL_HOSTS.iter().map(HostId::name).collect();
    hosts.sort_by_key(|host| *host != "PulseAudio");
    hosts
}

/// Opens the device called `wanted` of the host called `host`, or its default one.
pub(super) fn open(host: &str, wanted: Option<&str>) -> Result<Box<dyn Device>> {
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
    // Stereo where the device takes it: clips are stereo at most, and a server maps better.
    let channels = if default.channels() > 2 && takes_stereo(&device, default.sample_rate()) {
        2
    } else {
        default.channels()
    };
    Ok(Cpal {
        name: format!("{}: {device}", id.name()),
        config: StreamConfig {
            channels,
            sample_rate: default.sample_rate(),
            buffer_size: BufferSize::Fixed(PERIOD_FRAMES),
        },
        sample_format: takes_floats(&device, channels, default.sample_rate())
            .unwrap_or(default.sample_format()),
        default_of: wanted.is_none().then_some(host),
        device,
    })
}

/// Whether a device's name or id says that it is a wireless one: PulseAudio and PipeWire call
/// those `bluez_output.…` and `bluez_sink.…`.
fn is_bluetooth(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["bluez", "bluetooth", "airpods"]
        .iter()
        .any(|sign| name.contains(sign))
}

fn is_called(device: &::cpal::Device, name: &str) -> bool {
    device.to_string() == name || device.id().is_ok_and(|id| id.to_string() == name)
}

fn takes_stereo(device: &::cpal::Device, rate: u32) -> bool {
    supported(device).any(|range| range.channels() == 2 && covers(&range, rate))
}

fn takes_floats(device: &::cpal::Device, channels: u16, rate: u32) -> Option<SampleFormat> {
    supported(device)
        .any(|range| {
            range.sample_format() == SampleFormat::F32
                && range.channels() == channels
                && covers(&range, rate)
        })
        .then_some(SampleFormat::F32)
}

fn supported(device: &::cpal::Device) -> impl Iterator<Item = ::cpal::SupportedStreamConfigRange> {
    device.supported_output_configs().into_iter().flatten()
}

fn covers(range: &::cpal::SupportedStreamConfigRange, rate: u32) -> bool {
    (range.min_sample_rate()..=range.max_sample_rate()).contains(&rate)
}

impl Device for Cpal {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn format(&self) -> Format {
        Format {
            rate: self.config.sample_rate,
            channels: self.config.channels,
        }
    }

    /// Headsets that sleep swallow the beginning of what wakes them.
    fn lead_in(&self) -> Duration {
        let id = self.device.id().map(|id| id.to_string());
        if is_bluetooth(&self.name) || id.is_ok_and(|id| is_bluetooth(&id)) {
            BLUETOOTH_LEAD_IN
        } else {
            Duration::ZERO
        }
    }

    /// An open stream keeps headsets awake and other programs' music ducked, but opening it again
    /// takes milliseconds, and on some devices a click.
    fn is_worth_keeping(&self) -> bool {
        true
    }

    fn start(self: Box<Self>, renderer: Renderer) -> Result<Box<dyn Stream>> {
        let name = self.name.clone();
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
        let cannot = || Error::new(ErrorKind::Output, format!("cannot play through {name}"));
        let stream = stream.map_err(|error| cannot().because(error))?;
        Ok(Box::new(stream))
    }
}

impl Cpal {
    fn run<T: SizedSample + FromSample<f32>>(
        self,
        mut renderer: Renderer,
    ) -> std::result::Result<CpalStream, ::cpal::Error> {
        let meter = Arc::new(Meter::default());
        let (of_data, of_errors) = (meter.clone(), meter.clone());
        let channels = usize::from(self.config.channels).max(1);
        // Rendered here, in whole frames, and from here into the device's type of samples.
        let mut scratch = vec![0.0f32; PERIOD_FRAMES as usize * channels];
        let render = move |out: &mut [T], info: &OutputCallbackInfo| {
            for out in out.chunks_mut(scratch.len()) {
                let Some(scratch) = scratch.get_mut(..out.len()) else {
                    continue;
                };
                renderer.render(scratch);
                for (out, sample) in out.iter_mut().zip(scratch) {
                    *out = T::from_sample(*sample);
                }
            }
            let timestamp = info.timestamp();
            let ahead = timestamp.playback.duration_since(timestamp.callback);
            of_data.latency_us.store(ahead.as_micros() as u64, Relaxed);
            of_data
                .frames
                .fetch_add((out.len() / channels) as u64, Relaxed);
        };
        let on_error = move |error: ::cpal::Error| {
            use ::cpal::ErrorKind::{DeviceNotAvailable, HostUnavailable, StreamInvalidated};
            // Anything else may pass: a stream that stands still is noticed by its meter.
            if matches!(
                error.kind(),
                DeviceNotAvailable | HostUnavailable | StreamInvalidated
            ) {
                of_errors.lost.get_or_init(|| error.to_string());
            }
        };
        let stream =
            self.device
                .build_output_stream(self.config, render, on_error, Some(OPEN_LIMIT))?;
        stream.play()?;
        let period = f64::from(PERIOD_FRAMES) / f64::from(self.config.sample_rate.max(1));
        Ok(CpalStream {
            _stream: stream,
            meter,
            period: Duration::from_secs_f64(period),
            device: self.device,
            default_of: self.default_of,
        })
    }
}

impl Stream for CpalStream {
    fn frames(&self) -> u64 {
        self.meter.frames.load(Relaxed)
    }

    fn latency(&self) -> Duration {
        Duration::from_micros(self.meter.latency_us.load(Relaxed)) + self.period
    }

    /// The native host connects to one device for good; the server does not move the stream when
    /// another one becomes the default.
    fn is_current(&self) -> bool {
        let Some(host) = &self.default_of else {
            return true;
        };
        let default = host.default_output_device();
        default.is_some_and(|device| device.id().ok() == self.device.id().ok())
    }

    fn failure(&self) -> Option<String> {
        self.meter.lost.get().cloned()
    }
}
