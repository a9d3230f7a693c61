//! Determines from the set-up header how much memory a Vorbis decoder would need for codebooks, before the
//! decoder sees it. A few hundred bytes can demand gigabytes, because codebooks can be declared without being
//! written out (Vorbis I specification, section 3.2.1).

use crate::error::Cause;

/// The length of the identification header, which precedes the set-up header in symphonia's decoder
/// parameters.
const IDENTIFICATION_LEN: usize = 30;
/// `\x05vorbis`.
const SETUP_MAGIC: &[u8] = b"\x05vorbis";
const SYNC: u32 = 0x56_43_42;
/// The limit for the entries of all codebooks. The decoder's tables take at most about 400 bytes per entry.
const MAX_ENTRIES: u32 = 128 << 10;
/// The limit for the numbers in the vectors of all codebooks, four bytes each in the decoder.
const MAX_VALUES: u32 = 1 << 20;

/// Checks the codebooks declared in `headers`.
pub(super) fn check(headers: &[u8]) -> Result<(), Cause> {
    let setup = headers.get(IDENTIFICATION_LEN..);
    let books = setup.and_then(|setup| setup.strip_prefix(SETUP_MAGIC));
    let mut bits = Bits {
        bytes: books.ok_or("damaged header")?,
        at: 0,
    };
    let (mut entries, mut values) = (0u32, 0u32);
    let count = bits.take(8).ok_or("truncated header")? + 1;
    for _ in 0..count {
        let book = Book::begin(&mut bits).ok_or("damaged header")?;
        // Malicious files exaggerate the counts, so they are checked before reading by them.
        entries = entries.saturating_add(book.entries);
        if entries > MAX_ENTRIES {
            return Err(format!("the codebooks have more than {MAX_ENTRIES} entries").into());
        }
        let own = book.skip(&mut bits).ok_or("damaged header")?;
        values = values.saturating_add(own);
        if values > MAX_VALUES {
            return Err(format!("the codebooks have more than {MAX_VALUES} values").into());
        }
    }
    Ok(())
}

struct Book {
    dimensions: u32,
    entries: u32,
}

impl Book {
    fn begin(bits: &mut Bits<'_>) -> Option<Self> {
        if bits.take(24)? != SYNC {
            return None;
        }
        let (dimensions, entries) = (bits.take(16)?, bits.take(24)?);
        (dimensions > 0).then_some(Self {
            dimensions,
            entries,
        })
    }

    /// Skips the rest of the codebook and returns the count of numbers in its vectors.
    fn skip(&self, bits: &mut Bits<'_>) -> Option<u32> {
        self.skip_lengths(bits)?;
        let values = self.entries.saturating_mul(self.dimensions);
        let written = match bits.take(4)? {
            0 => return Some(0),
            1 => self.values_a_dimension(),
            2 => values,
            _ => return None,
        };
        // Minimum and step.
        bits.skip(32 + 32)?;
        let width = bits.take(4)? + 1;
        // The sequence flag.
        bits.skip(1)?;
        // Too many are refused as such, even if fewer are present.
        if values <= MAX_VALUES {
            bits.skip(u64::from(written) * u64::from(width))?;
        }
        Some(values)
    }

    /// Skips the lengths of the code words.
    fn skip_lengths(&self, bits: &mut Bits<'_>) -> Option<()> {
        let is_ordered = bits.take(1)? == 1;
        if is_ordered {
            bits.take(5)?;
            let mut rest = self.entries;
            while rest > 0 {
                rest = rest.checked_sub(bits.take(u32::BITS - rest.leading_zeros())?)?;
            }
            return Some(());
        }
        let is_sparse = bits.take(1)? == 1;
        for _ in 0..self.entries {
            if !is_sparse || bits.take(1)? == 1 {
                bits.take(5)?;
            }
        }
        Some(())
    }

    /// The greatest number whose power with exponent `dimensions` is at most `entries`.
    fn values_a_dimension(&self) -> u32 {
        let fits = |value: &u32| {
            let power = value.checked_pow(self.dimensions);
            power.is_some_and(|power| power <= self.entries)
        };
        (1..=self.entries).take_while(fits).last().unwrap_or(0)
    }
}

/// Bit fields, least significant bit first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: u64,
}

impl Bits<'_> {
    /// The next `count` bits, at most 32.
    fn take(&mut self, count: u32) -> Option<u32> {
        let first = self.at;
        self.skip(count.into())?;
        let bit = |at: u64| u32::from(self.bytes[(at / 8) as usize] >> (at % 8) & 1);
        Some((0..count).fold(0, |number, n| number | bit(first + u64::from(n)) << n))
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        let end = self.at.checked_add(count)?;
        if end > self.bytes.len() as u64 * 8 {
            return None;
        }
        self.at = end;
        Some(())
    }
}
