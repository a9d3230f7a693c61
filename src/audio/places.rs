//! Where channels are heard, and what of them goes to two loudspeakers.

use std::f32::consts::FRAC_1_SQRT_2;

/// Which places a sound's channels have, in the order of its channels: bits as in the channel mask of
/// WAV files (Microsoft, Multiple Channel Audio Data and WAVE Files).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Places(u32);

/// What a channel gives to the left and to the right: a sound from the middle or from behind is
/// 3 dB softer on each side, the low frequencies have a loudspeaker of their own
/// (ITU-R BS.775, table 2).
pub(super) type Sides = (f32, f32);

const LEFT: Sides = (1.0, 0.0);
const RIGHT: Sides = (0.0, 1.0);
const CENTRE: Sides = (FRAC_1_SQRT_2, FRAC_1_SQRT_2);
const LOW: Sides = (0.0, 0.0);
const BEHIND_LEFT: Sides = (FRAC_1_SQRT_2, 0.0);
const BEHIND_RIGHT: Sides = (0.0, FRAC_1_SQRT_2);
const BEHIND: Sides = (0.5, 0.5);

/// Of each bit of a mask. What is above counts as what is behind.
const SIDES: [Sides; 18] = [
    LEFT,
    RIGHT,
    CENTRE,
    LOW,
    BEHIND_LEFT,
    BEHIND_RIGHT,
    // Left and right of the centre.
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

/// Of sounds that do not say it and have 2 to 8 channels: the order of WAV and FLAC files (RFC 9639,
/// section 9.1.3).
const USUAL: [u32; 7] = [0x3, 0x7, 0x33, 0x37, 0x3F, 0x70F, 0x63F];

impl Places {
    /// Those of a sound of `channels` that does not say it.
    pub(super) fn usual(channels: u16) -> Self {
        let usual = USUAL.get(usize::from(channels).wrapping_sub(2));
        Self(usual.copied().unwrap_or(USUAL[0]))
    }

    /// Those that a file's `mask` says, if they are others than usual. One that is wrong says nothing.
    pub(super) fn unusual(mask: u32, channels: u16) -> Option<Self> {
        let is_known = mask >> SIDES.len() == 0;
        let is_right = mask.count_ones() == u32::from(channels) && channels > 1;
        let places = Self(mask);
        (is_known && is_right && places != Self::usual(channels)).then_some(places)
    }

    /// What each channel gives to the left and to the right.
    pub(super) fn sides(self) -> Vec<Sides> {
        self.bits().map(|bit| SIDES[bit as usize]).collect()
    }

    /// Which of its channels is played by each of `channels` loudspeakers at the usual places, if one is.
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
