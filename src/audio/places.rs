//! Positions of channels, and their shares in stereo.

use std::f32::consts::FRAC_1_SQRT_2;

/// The positions of a sound's channels, in order: bits as in the channel mask of WAV files (Microsoft,
/// Multiple Channel Audio Data and WAVE Files).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Places(u32);

/// The shares of a channel in left and right: a centre or rear channel is 3 dB softer on each side, and the
/// low-frequency channel has its own loudspeaker (ITU-R BS.775, table 2).
pub(super) type Sides = (f32, f32);

const LEFT: Sides = (1.0, 0.0);
const RIGHT: Sides = (0.0, 1.0);
const CENTRE: Sides = (FRAC_1_SQRT_2, FRAC_1_SQRT_2);
const LOW: Sides = (0.0, 0.0);
const BEHIND_LEFT: Sides = (FRAC_1_SQRT_2, 0.0);
const BEHIND_RIGHT: Sides = (0.0, FRAC_1_SQRT_2);
const BEHIND: Sides = (0.5, 0.5);

/// For each bit of a mask. Channels above count like those behind.
const SIDES: [Sides; 18] = [
    LEFT,
    RIGHT,
    CENTRE,
    LOW,
    BEHIND_LEFT,
    BEHIND_RIGHT,
    // Left and right of centre.
    LEFT,
    RIGHT,
    BEHIND,
    // At the sides.
    BEHIND_LEFT,
    BEHIND_RIGHT,
    BEHIND,
    BEHIND_LEFT,
    BEHIND,
    BEHIND_RIGHT,
    BEHIND_LEFT,
    BEHIND,
    BEHIND_RIGHT,
];

/// The default positions for 2 to 8 channels: the order of WAV and FLAC files (RFC 9639, section 9.1.3).
const USUAL: [u32; 7] = [0x3, 0x7, 0x33, 0x37, 0x3F, 0x70F, 0x63F];

impl Places {
    /// The default positions of `channels` channels.
    pub(super) fn usual(channels: u16) -> Self {
        let usual = USUAL.get(usize::from(channels).wrapping_sub(2));
        Self(usual.copied().unwrap_or(USUAL[0]))
    }

    /// The positions in a file's `mask`, unless they are the default. An invalid mask is ignored.
    pub(super) fn unusual(mask: u32, channels: u16) -> Option<Self> {
        let is_known = mask >> SIDES.len() == 0;
        let is_right = mask.count_ones() == u32::from(channels) && channels > 1;
        let places = Self(mask);
        (is_known && is_right && places != Self::usual(channels)).then_some(places)
    }

    /// The shares of each channel in left and right.
    pub(super) fn sides(self) -> Vec<Sides> {
        self.bits().map(|bit| SIDES[bit as usize]).collect()
    }

    /// The channel to play on each of `channels` loudspeakers at their default positions.
    pub(super) fn sources(self, channels: u16) -> Vec<Option<usize>> {
        let usual = Self::usual(channels).bits();
        let mut sources: Vec<_> = usual
            .map(|bit| self.bits().position(|own| own == bit))
            .collect();
        sources.resize(channels.into(), None);
        sources
    }

    fn bits(self) -> impl Iterator<Item = u32> {
        (0..u32::BITS).filter(move |bit| self.0 >> bit & 1 == 1)
    }
}
