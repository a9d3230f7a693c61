//! What comes in packets: MP3, Ogg Vorbis and FLAC, and WAV files whose samples are encoded.
//! The only file that names symphonia.

use std::io::Cursor;

use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP3, CODEC_ID_VORBIS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::packet::Packet;
use symphonia::core::units::Duration;
use symphonia::default::formats::{FlacReader, MpaReader, OggReader, WavReader};
use symphonia::default::get_codecs;

use super::bounds::format;
use super::codebooks;
use super::intake::Intake;
use super::kind::Kind;
use super::mpeg::Shape;
use super::refusal::Refusal;

/// Packets in a row that give no samples: a file of them is no sound.
const MAX_BARREN: usize = 1_000;
/// Sounds in one file, one after the other: each is looked for to its end before it is played.
const MAX_LINKS: usize = 100;
/// Packets that a page of Ogg can hold, so no more of them are beyond the sound's end.
const MAX_PADDED: usize = 255;

/// Decodes `bytes`, which are `kind`, into `intake`. Delay and padding that an encoder added are left
/// out.
pub(super) fn decode(kind: Kind, bytes: &[u8], intake: &mut Intake<'_>) -> Result<(), Refusal> {
    let mut reader = reader(kind, bytes).map_err(|error| refusal(kind, bytes.len(), error))?;
    for number in 0..MAX_LINKS {
        let mut section = match Section::begin(&*reader) {
            Ok(section) => section,
            // What is there was played.
            Err(_) if number > 0 => break,
            Err(refusal) => return Err(refusal),
        };
        if section.play(&mut *reader, intake)? == End::Sound {
            break;
        }
    }
    Ok(())
}

/// Reads `bytes` as `kind`, and as nothing else: symphonia would look for any kind that it finds, whose
/// headers nobody has looked at.
fn reader(kind: Kind, bytes: &[u8]) -> Result<Box<dyn FormatReader + '_>, Error> {
    let source = Box::new(Cursor::new(bytes));
    let source = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let options = FormatOptions::default();
    Ok(match kind {
        Kind::Wav => Box::new(WavReader::try_new(source, options)?),
        Kind::Mp3 => Box::new(MpaReader::try_new(source, options)?),
        Kind::Ogg => Box::new(OggReader::try_new(source, options)?),
        Kind::Flac => Box::new(FlacReader::try_new(source, options)?),
    })
}

/// What a sound is followed by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Another sound in the same file: Ogg files may be chains of them.
    Another,
    /// Nothing that is wanted.
    Sound,
}

/// A sound whose packets one decoder knows, but for an MP3 that changes its rate or channels.
struct Section {
    id: u32,
    parameters: AudioCodecParameters,
    decoder: Box<dyn AudioDecoder>,
    tail: Tail,
    /// What the decoder was made for, of an MP3.
    shape: Option<Shape>,
    /// A packet of another shape, if that was the last one.
    odd: Option<Packet>,
    /// Packets in a row without a sample.
    barren: usize,
}

impl Section {
    fn begin(reader: &dyn FormatReader) -> Result<Self, Refusal> {
        let track = reader
            .default_track(TrackType::Audio)
            .ok_or("contains no sound")?;
        let parameters = track.codec_params.as_ref().and_then(|codec| codec.audio());
        let parameters = parameters.ok_or("the header names no encoding")?;
        check_header(parameters)?;
        Ok(Self {
            id: track.id,
            parameters: parameters.clone(),
            decoder: decoder(parameters)?,
            tail: Tail::of(track, parameters),
            shape: None,
            odd: None,
            barren: 0,
        })
    }

    /// Plays to the end, or to where it is damaged or cut off.
    fn play(
        &mut self,
        reader: &mut dyn FormatReader,
        intake: &mut Intake<'_>,
    ) -> Result<End, Refusal> {
        loop {
            let (packets, end) = match reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.id => (self.tail.push(packet), None),
                Ok(Some(_)) => (Vec::new(), None),
                Err(Error::ResetRequired) => (self.tail.finish(), Some(End::Another)),
                Ok(None) | Err(_) => (self.tail.finish(), Some(End::Sound)),
            };
            self.barren += 1;
            for packet in packets {
                if !self.take(packet, intake)? {
                    return Ok(End::Sound);
                }
            }
            if self.barren > MAX_BARREN {
                return Err("too much data without sound".into());
            }
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    /// Decodes `packet`, if the decoder is one for it. Returns whether more is wanted.
    fn take(&mut self, packet: Packet, intake: &mut Intake<'_>) -> Result<bool, Refusal> {
        if self.parameters.codec != CODEC_ID_MP3 {
            return self.decode(&packet, intake);
        }
        let shape = Shape::of(&packet.data);
        if *self.shape.get_or_insert(shape) == shape {
            self.odd = None;
            return self.decode(&packet, intake);
        }
        // One alone is no frame: other bytes may look like one.
        match self.odd.take() {
            Some(odd) if Shape::of(&odd.data) == shape => {
                self.decoder = decoder(&self.parameters)?;
                self.shape = Some(shape);
                Ok(self.decode(&odd, intake)? && self.decode(&packet, intake)?)
            }
            _ => {
                self.odd = Some(packet);
                Ok(true)
            }
        }
    }

    fn decode(&mut self, packet: &Packet, intake: &mut Intake<'_>) -> Result<bool, Refusal> {
        let decoded = match self.decoder.decode(packet) {
            Ok(decoded) => decoded,
            Err(Error::DecodeError(_)) => return Ok(true),
            Err(_) => return Ok(false),
        };
        let more = decoded.samples_interleaved();
        if more == 0 {
            return Ok(true);
        }
        let spec = decoded.spec();
        let format = format(spec.rate(), spec.channels().count())?;
        let mut samples = vec![0.0; more];
        decoded.copy_to_slice_interleaved(&mut samples);
        self.barren = 0;
        intake.take(format, samples)
    }
}

/// Holds back the packets that go beyond the end that a sound says it has, until it is known whether they
/// are its last: what it says may be guessed or wrong.
struct Tail {
    /// Frames of an MP3 by its encoder's tag, with what it added; none if there is no such tag, for then
    /// the end is guessed from the first packets. Of other sounds unknown.
    made: Option<u64>,
    came: u64,
    held: Vec<Packet>,
}

impl Tail {
    fn of(track: &Track, parameters: &AudioCodecParameters) -> Self {
        let made = || {
            let added = track.delay? + track.padding?;
            Some(track.num_frames? + u64::from(added))
        };
        let is_mp3 = parameters.codec == CODEC_ID_MP3;
        Self {
            made: is_mp3.then(|| made().unwrap_or_default()),
            came: 0,
            held: Vec::new(),
        }
    }

    /// Takes a packet, and gives those that are to be played now.
    fn push(&mut self, packet: Packet) -> Vec<Packet> {
        let may_be_last = match self.made {
            Some(made) => {
                self.came += Shape::of(&packet.data).samples();
                self.came <= made
            }
            None => self.held.len() < MAX_PADDED,
        };
        let is_held = packet.trim_end > Duration::ZERO && may_be_last;
        self.held.push(packet);
        if is_held { Vec::new() } else { self.whole() }
    }

    /// Gives the last packets, without the padding if it is known to be there.
    fn finish(&mut self) -> Vec<Packet> {
        if self.made.is_none_or(|made| self.came == made) {
            return std::mem::take(&mut self.held);
        }
        self.whole()
    }

    /// What was held back, to its end.
    fn whole(&mut self) -> Vec<Packet> {
        let mut packets = std::mem::take(&mut self.held);
        for packet in &mut packets {
            packet.trim_end = Duration::ZERO;
        }
        packets
    }
}

fn decoder(parameters: &AudioCodecParameters) -> Result<Box<dyn AudioDecoder>, Refusal> {
    get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|_| "unsupported encoding".into())
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

/// Why there is nothing to decode in `len` bytes of `kind`.
fn refusal(kind: Kind, len: usize, error: Error) -> Refusal {
    let kind = match kind {
        Kind::Ogg => "Ogg Vorbis".to_owned(),
        kind => kind.to_string(),
    };
    let why = match error {
        Error::IoError(_) => {
            format!("truncated or damaged: the file ends after {len} bytes, before any sound")
        }
        Error::Unsupported(_) => format!("no {kind} sound in its {len} bytes"),
        error => format!("damaged header: {error}"),
    };
    why.into()
}
