//! What comes in packets: MP3, Ogg Vorbis and FLAC, and WAV files that hound does not know.
//! The only file that names symphonia.

use std::io::Cursor;

use symphonia::core::codecs::audio::well_known::CODEC_ID_VORBIS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::default::{get_codecs, get_probe};

use super::intake::Intake;
use super::{Refusal, codebooks, format};

/// Packets in a row that give no samples: a file of them is no sound.
const MAX_BARREN: usize = 1_000;

/// Decodes `bytes` into `intake`. Delay and padding that an encoder added are left out.
pub(super) fn decode(bytes: &[u8], intake: &mut Intake<'_>) -> Result<(), Refusal> {
    let source = Box::new(Cursor::new(bytes));
    let source = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let mut reader = get_probe().probe(
        &Hint::new(),
        source,
        FormatOptions::default(),
        MetadataOptions::default(),
    )?;
    let track = reader
        .default_track(TrackType::Audio)
        .ok_or("it holds no sound")?;
    let id = track.id;
    let parameters = track.codec_params.as_ref().and_then(|codec| codec.audio());
    let parameters = parameters.ok_or("it does not say how its sound is encoded")?;
    check_header(parameters)?;
    let mut decoder = get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|_| "its sound is encoded in a way that Herald does not know")?;

    let mut barren = 0;
    // To the end, or to where it is damaged or cut off.
    while let Ok(Some(packet)) = reader.next_packet() {
        barren += 1;
        if barren > MAX_BARREN {
            return Err("it goes on without a sound".into());
        }
        if packet.track_id != id {
            continue;
        }
        let decoded = match decoder.decode(&packet) {
            Ok(decoded) => decoded,
            Err(Error::DecodeError(_)) => continue,
            Err(_) => break,
        };
        let more = decoded.samples_interleaved();
        if more == 0 {
            continue;
        }
        let spec = decoded.spec();
        let format = format(spec.rate(), spec.channels().count())?;
        let mut samples = vec![0.0; more];
        decoded.copy_to_slice_interleaved(&mut samples);
        if !intake.take(format, samples)? {
            break;
        }
        barren = 0;
    }
    Ok(())
}

/// Whether a decoder can be made of `parameters` without more memory than a sound needs. These are
/// the very bytes that the decoder is given, so no other reading of the file leads past this.
fn check_header(parameters: &AudioCodecParameters) -> Result<(), Refusal> {
    let channels = parameters
        .channels
        .as_ref()
        .map(|channels| channels.count());
    if let Some(rate) = parameters.sample_rate {
        format(rate, channels.unwrap_or(1))?;
    }
    if parameters.codec == CODEC_ID_VORBIS {
        codebooks::check(parameters.extra_data.as_deref().unwrap_or_default())?;
    }
    Ok(())
}
