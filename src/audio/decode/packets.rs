//! Decodes packets: all formats but plain WAV. The only file that uses symphonia.

use std::io::Cursor;

use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP3, CODEC_ID_VORBIS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::packet::Packet;
use symphonia::core::units::Duration;
#[cfg(feature = "more-formats")]
use symphonia::default::formats::{AiffReader, CafReader, IsoMp4Reader};
use symphonia::default::formats::{FlacReader, MpaReader, OggReader, WavReader};
use symphonia::default::get_codecs;

use super::bounds::format;
use super::codebooks;
use super::intake::Intake;
use super::kind::Kind;
use super::mp4;
use super::mpeg::Shape;
use super::refusal::Refusal;

/// The limit of consecutive packets without samples.
const MAX_EMPTY_PACKETS: usize = 1_000;
/// The limit of sounds chained in one file: each is searched to its end before it is played.
const MAX_LINKS: usize = 100;
/// The limit of frames in a packet; of FLAC's, the largest that are usual.
const MAX_PACKET: u64 = 1 << 16;
/// The number of packets in a page of Ogg, hence the most that can follow the end of the sound.
const MAX_PADDED: usize = 255;

/// Decodes `bytes` of `kind` into `intake`, without the delay and padding that an encoder added.
pub(super) fn decode(kind: Kind, bytes: &[u8], intake: &mut Intake<'_>) -> Result<(), Refusal> {
    let mut reader = reader(kind, bytes).map_err(|error| refusal(kind, bytes.len(), error))?;
    let mut delay = match kind {
        Kind::Mp4 => mp4::delay(bytes),
        _ => 0,
    };
    for number in 0..MAX_LINKS {
        let mut section = match Section::begin(&*reader) {
            Ok(section) => section,
            // The sounds before it were played.
            Err(_) if number > 0 => break,
            Err(refusal) => return Err(refusal),
        };
        section.delay = std::mem::take(&mut delay);
        if section.play(&mut *reader, intake)? == End::Sound {
            break;
        }
    }
    Ok(())
}

/// Reads `bytes` as `kind` only. symphonia would probe other kinds, whose headers are not checked here.
fn reader(kind: Kind, bytes: &[u8]) -> Result<Box<dyn FormatReader + '_>, Error> {
    let source = Box::new(Cursor::new(bytes));
    let source = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let options = FormatOptions::default();
    Ok(match kind {
        Kind::Wav => Box::new(WavReader::try_new(source, options)?),
        Kind::Mp3 => Box::new(MpaReader::try_new(source, options)?),
        Kind::Ogg => Box::new(OggReader::try_new(source, options)?),
        Kind::Flac => Box::new(FlacReader::try_new(source, options)?),
        #[cfg(feature = "more-formats")]
        Kind::Aiff => Box::new(AiffReader::try_new(source, options)?),
        #[cfg(feature = "more-formats")]
        Kind::Caf => Box::new(CafReader::try_new(source, options)?),
        #[cfg(feature = "more-formats")]
        Kind::Mp4 => Box::new(IsoMp4Reader::try_new(source, options)?),
        #[cfg(not(feature = "more-formats"))]
        Kind::Aiff | Kind::Caf | Kind::Mp4 => return Err(Error::Unsupported("this build")),
    })
}

/// The end of a sound.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Another sound follows: Ogg files may be chained.
    Another,
    /// The end of the file, or of what is wanted.
    Sound,
}

/// A sound for one decoder, except an MP3 that changes its rate or channels.
struct Section {
    id: u32,
    parameters: AudioCodecParameters,
    decoder: Box<dyn AudioDecoder>,
    tail: Tail,
    /// The number of frames still to leave out, which an encoder added.
    delay: usize,
    /// The shape of an MP3 for which the decoder was created.
    shape: Option<Shape>,
    /// The last packet, if it had another shape.
    odd: Option<Packet>,
    /// Consecutive packets without a sample.
    empty_packets: usize,
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
            delay: 0,
            shape: None,
            odd: None,
            empty_packets: 0,
        })
    }

    /// Decodes to the end, or to where it is damaged or truncated.
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
            self.empty_packets += 1;
            for packet in packets {
                if !self.take(packet, intake)? {
                    return Ok(End::Sound);
                }
            }
            if self.empty_packets > MAX_EMPTY_PACKETS {
                return Err("too much data without sound".into());
            }
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    /// Decodes `packet`, if it fits the decoder. Returns whether to continue.
    fn take(&mut self, packet: Packet, intake: &mut Intake<'_>) -> Result<bool, Refusal> {
        if self.parameters.codec != CODEC_ID_MP3 {
            return self.decode(&packet, intake);
        }
        let shape = Shape::of(&packet.data);
        if *self.shape.get_or_insert(shape) == shape {
            self.odd = None;
            return self.decode(&packet, intake);
        }
        // A single one is not a frame: other bytes may look like one.
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
        self.empty_packets = 0;
        if self.delay > 0 {
            let channels = usize::from(format.channels);
            let frames = self.delay.min(samples.len() / channels);
            samples.drain(..frames * channels);
            self.delay -= frames;
        }
        if samples.is_empty() {
            return Ok(true);
        }
        intake.take(format, samples)
    }
}

/// Holds back packets beyond the declared end of a sound until it is known whether they are its last, because
/// the declaration may be estimated or wrong.
struct Tail {
    /// The frames of an MP3 by its encoder's tag, including what it added; none without a tag, because then
    /// the end is estimated from the first packets. Unknown for other sounds.
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

    /// Adds a packet; returns those to play now.
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

    /// Returns the last packets, without padding if it is known to exist.
    fn finish(&mut self) -> Vec<Packet> {
        if self.made.is_none_or(|made| self.came == made) {
            return std::mem::take(&mut self.held);
        }
        self.whole()
    }

    /// The packets held back, completely.
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

/// Checks that a decoder for `parameters` needs no more memory than a sound. It examines the same bytes that
/// the decoder gets, so a different parser cannot be tricked.
fn check_header(parameters: &AudioCodecParameters) -> Result<(), Refusal> {
    let channels = parameters
        .channels
        .as_ref()
        .map(|channels| channels.count());
    if let Some(rate) = parameters.sample_rate {
        format(rate, channels.unwrap_or(1))?;
    }
    if let Some(frames) = parameters
        .max_frames_per_packet
        .filter(|frames| *frames > MAX_PACKET)
    {
        return Err(format!("packets of {frames} frames (limit: {MAX_PACKET})").into());
    }
    if parameters.codec == CODEC_ID_VORBIS {
        codebooks::check(parameters.extra_data.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

/// Why nothing can be decoded in `len` bytes of `kind`.
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
