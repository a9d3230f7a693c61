//! From bytes that chance finds to texts that say something.

/// `data` with one of `words` in the place of each byte from 128 on.
#[allow(dead_code, reason = "each target is a program of its own")]
pub(crate) fn spelled(data: &[u8], words: &[&str]) -> Vec<u8> {
    let word = |byte: &u8| match byte.checked_sub(128) {
        Some(number) => words[usize::from(number) % words.len()].as_bytes().to_vec(),
        None => vec![*byte],
    };
    data.iter().flat_map(word).collect()
}

/// `good`, a text, with something else in the place of a part of it: `data` says of which, and `spell`
/// makes it of the rest.
#[allow(dead_code, reason = "each target is a program of its own")]
pub(crate) fn spliced(good: &[u8], data: &[u8], spell: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut text = good.to_vec();
    if let [low, high, removed, new @ ..] = data {
        let at = (usize::from(*low) + 256 * usize::from(*high)) % text.len();
        let end = text.len().min(at + usize::from(*removed));
        text.splice(at..end, spell(new));
    }
    text
}
