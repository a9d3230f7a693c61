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

struct Cpal {
    device: ::cpal::Device,
    name: String,
    config: StreamConfig,
    sample_format: SampleFormat,
}

struct CpalStream {
    /// Dropped first: closing it joins the threads that use the rest.
    _stream: ::cpal::Stream,
    meter: Arc<Meter>,
    period: Duration,
}

/// What the callbacks tell the control side. Relaxed throughout: independent numbers.
#[derive(Default)]
struct Meter {
    frames: AtomicU64,
    latency_us: AtomicU64,
    lost: OnceLock<String>,
}

/// Opens the device called `wanted`, or the default one of the first host that has one.
pub(super) fn open(wanted: Option<&str>) -> Result<Box<dyn Device>> {
    let mut reasons = Vec::new();
    for id in hosts() {
        match open_at(id, wanted) {
            Ok(backend) => return Ok(Box::new(backend)),
            Err(reason) => reasons.push(format!("{}: {reason}", id.name())),
        }
    }
    let what = match wanted {
        Some(name) => format!("no sound device {name:?}"),
        None => "no sound device".to_owned(),
    };
    Err(Error::new(ErrorKind::Output, what)
        .because(reasons.join("; "))
        .mend("start a sound server, or set HERALD_OUTPUT=wav:PATH to render to a file"))
}

/// The hosts of this system, the sound server's own protocol first.
fn hosts() -> Vec<HostId> {
    let mut hosts = ::cpal::ALL_HOSTS.to_vec();
    hosts.sort_by_key(|host| host.name() != "PulseAudio");
    hosts
}

fn open_at(id: HostId, wanted: Option<&str>) -> std::result::Result<Cpal, ::cpal::Error> {
    let host = ::cpal::host_from_id(id)?;
    let not_there = || ::cpal::Error::new(::cpal::ErrorKind::DeviceNotAvailable);
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
        device,
    })
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

    /// An open stream keeps headsets awake and other programs' music ducked, but opening it again
    /// takes milliseconds, and on some devices a click.
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
        let stream = stream.map_err(|error| {
            Error::new(
                ErrorKind::Output,
                format!("cannot play through {}", self.name),
            )
            .because(error)
        })?;
        Ok(Box::new(stream))
    }
}

impl Cpal {
    fn run<T: SizedSample + FromSample<f32>>(
        &self,
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

    fn failure(&self) -> Option<String> {
        self.meter.lost.get().cloned()
    }
}
