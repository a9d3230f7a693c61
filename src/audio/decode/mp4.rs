//! Reads what an encoder added before the sound of an MPEG-4 file, from its edit list (ISO/IEC 14496-12, sections
//! 4.2 and 8.6.6). symphonia does not.

/// The type of an atom.
type Type = [u8; 4];

/// The number of frames to leave out at the beginning; 0 if the file does not say.
pub(super) fn delay(bytes: &[u8]) -> usize {
    let delay = inside(bytes, *b"moov").and_then(|moov| {
        let tracks = atoms(moov).filter(|(kind, _)| kind == b"trak");
        let mut edits = tracks.filter(|(_, track)| is_sound(track));
        edits.find_map(|(_, track)| first_edit(inside(inside(track, *b"edts")?, *b"elst")?))
    });
    delay.unwrap_or_default()
}

fn is_sound(track: &[u8]) -> bool {
    let handler = inside(track, *b"mdia").and_then(|media| inside(media, *b"hdlr"));
    handler.is_some_and(|handler| handler.get(8..12) == Some(&b"soun"[..]))
}

/// Where the first edit begins in the track, in frames: an entry of -1 is silence.
fn first_edit(list: &[u8]) -> Option<usize> {
    let (head, entries) = list.split_at_checked(8)?;
    let is_long = head[0] == 1;
    let (len, start) = if is_long { (20, 8..16) } else { (12, 4..8) };
    let mut starts = entries.chunks_exact(len).map(|entry| {
        let start = entry[start.clone()].iter();
        start.fold(0u64, |start, byte| start << 8 | u64::from(*byte))
    });
    let silence = if is_long { u64::MAX } else { u32::MAX.into() };
    let start = starts.find(|start| *start != silence)?;
    usize::try_from(start).ok()
}

/// The content of the first atom of `kind`.
fn inside(bytes: &[u8], kind: Type) -> Option<&[u8]> {
    atoms(bytes).find_map(|(found, content)| (found == kind).then_some(content))
}

/// The atoms in `bytes`, up to a damaged one.
fn atoms(mut bytes: &[u8]) -> impl Iterator<Item = (Type, &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = bytes.split_first_chunk::<8>()?;
        let [size @ .., a, b, c, d] = *head;
        let (size, head_len) = match u32::from_be_bytes(size) {
            // To the end.
            0 => (bytes.len(), 8),
            // A size of 64 bits follows.
            1 => {
                let size = u64::from_be_bytes(*rest.first_chunk()?);
                (usize::try_from(size).ok()?, 16)
            }
            size => (size as usize, 8),
        };
        let content = bytes.get(head_len..size)?;
        bytes = &bytes[size..];
        Some(([a, b, c, d], content))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(kind: &Type, content: &[u8]) -> Vec<u8> {
        let size = (8 + content.len() as u32).to_be_bytes();
        [&size[..], kind, content].concat()
    }

    fn track(handler: &Type, edits: &[u8]) -> Vec<u8> {
        let handler = atom(b"hdlr", &[&[0; 8][..], handler, &[0; 12]].concat());
        let edits = atom(b"edts", &atom(b"elst", edits));
        atom(b"trak", &[edits, atom(b"mdia", &handler)].concat())
    }

    fn list(version: u8, entries: &[&[u8]]) -> Vec<u8> {
        [
            &[version, 0, 0, 0, 0, 0, 0, entries.len() as u8][..],
            &entries.concat()[..],
        ]
        .concat()
    }

    #[test]
    fn the_first_edit_of_the_sound_counts() {
        let silence = [[0, 0, 0, 1], [0xFF; 4], [0, 1, 0, 0]].concat();
        let short = [[0, 0, 0, 250], [0, 0, 4, 0], [0, 1, 0, 0]].concat();
        let long = [[0; 4], [0, 0, 0, 250], [0; 4], [0, 0, 8, 64], [0, 1, 0, 0]].concat();
        let picture = track(b"vide", &list(0, &[&short]));
        for (edits, delay) in [
            (list(0, &[&short]), 1_024),
            (list(0, &[&silence, &short]), 1_024),
            (list(1, &[&long]), 2_112),
            (list(0, &[&silence]), 0),
            (list(0, &[]), 0),
            (vec![0; 7], 0),
        ] {
            let tracks = [picture.clone(), track(b"soun", &edits)].concat();
            let file = [atom(b"ftyp", b"M4A "), atom(b"moov", &tracks)].concat();
            assert_eq!(super::delay(&file), delay, "{edits:?}");
        }
    }

    #[test]
    fn damaged_sizes_end_the_search() {
        for bytes in [
            &b"\0\0\0\x01moov"[..],
            b"\0\0\0\x04moov\0\0\0\0",
            b"\xFF\xFF\xFF\xFFmoov",
            b"moov",
        ] {
            assert_eq!(delay(bytes), 0, "{bytes:?}");
        }
        assert_eq!(
            atoms(b"\0\0\0\0moovrest").next(),
            Some((*b"moov", &b"rest"[..]))
        );
    }
}
