//! The limits of sounds.

use super::refusal::{Hint, Refusal};
use crate::audio::clip::Format;

/// The largest sound file, in bytes.
pub(crate) const MAX_LEN: u64 = 32 << 20;
/// The part of a sound that is played, in seconds.
pub const MAX_SECONDS: u32 = 60;
/// Rates and channel counts outside these limits indicate damage.
pub(super) const RATES: std::ops::RangeInclusive<u32> = 1_000..=384_000;
pub(super) const MAX_CHANNELS: usize = 8;
/// The maximum number of decoded samples: one minute of 192 kHz stereo.
pub(super) const MAX_SAMPLES: usize = MAX_SECONDS as usize * 192_000 * 2;

/// The format with `rate` and `channels`, if they are within the limits.
pub(super) fn format(rate: u32, channels: usize) -> Result<Format, Refusal> {
    if !RATES.contains(&rate) {
        let (min, most) = (RATES.start(), RATES.end());
        let why = format!("unsupported sample rate: {rate} Hz (supported: {min} to {most} Hz)");
        return Err(Refusal::from(why).with_hint(Hint::UsualRate));
    }
    if !(1..=MAX_CHANNELS).contains(&channels) {
        let why =
            format!("unsupported number of channels: {channels} (supported: 1 to {MAX_CHANNELS})");
        return Err(Refusal::from(why).with_hint(Hint::FewerChannels));
    }
    Ok(Format {
        rate,
        channels: channels as u16,
    })
}
