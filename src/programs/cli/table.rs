//! Tables, as wide as the terminal allows.

use super::terminal;
use herald_audio::internals::system::printable::printable;

/// Rows under headings, in aligned columns. Where the terminal is narrower, the cells of a row stand below
/// its first one, each after its heading. Cells are escaped to one line each.
pub fn table<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let rows: Vec<_> = rows.into_iter().map(|row| row.map(printable)).collect();
    let aligned = columns(headings, &rows);
    match terminal::width() {
        Some(width) if widest(&aligned) > width => stacked(headings, &rows, width),
        _ => aligned,
    }
}

/// The length of the longest line, in characters.
pub(super) fn widest(text: &str) -> usize {
    let lengths = text.lines().map(|line| line.chars().count());
    lengths.max().unwrap_or(0)
}

fn columns<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let headings = headings.map(str::to_owned);
    let lines = || [&headings].into_iter().chain(rows);
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = lines().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    });
    let line = |row: &[String; N]| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    lines().map(line).collect()
}

/// A cell that is longer than a line goes on below. A word that is, stays whole, so that it can be copied.
fn stacked<const N: usize>(headings: [&str; N], rows: &[[String; N]], width: usize) -> String {
    const GAP: &str = "  ";
    const INDENT: &str = "    ";
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        let is_filled = |(_, cell): &(&&str, &String)| !cell.is_empty();
        for (column, (heading, cell)) in headings.iter().zip(row).filter(is_filled).enumerate() {
            let detail = match heading.is_empty() || column == 0 {
                true => cell.clone(),
                false => format!("{heading} {cell}"),
            };
            let len = [&line, GAP, &detail].map(|part| part.chars().count());
            if !line.is_empty() && len.iter().sum::<usize>() <= width {
                line += GAP;
                line += &detail;
                continue;
            }
            if !line.is_empty() {
                text += &format!("{line}\n");
                INDENT.clone_into(&mut line);
            }
            let mut words = detail.split(' ');
            line += words.next().unwrap_or_default();
            for word in words {
                let fits = |len: usize| len + word.chars().count() <= width;
                if !fits(line.chars().count() + 1) && fits(INDENT.len() + GAP.len()) {
                    text += &format!("{line}\n");
                    line = format!("{INDENT}{GAP}{word}");
                } else {
                    line.push(' ');
                    line += word;
                }
            }
        }
        text += &format!("{line}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADINGS: [&str; 4] = ["EVENT", "SOUND", "HEARD", "ADMITTED"];

    fn rows() -> Vec<[String; 4]> {
        [
            ["Stop", "finished", "2m ago", "3"],
            ["  idle", "/a/name/that/is/longer/than/a/line.wav", "-", ""],
            ["Setup", "one of several sounds of the pack", "never", "0"],
        ]
        .map(|row| row.map(str::to_owned))
        .into()
    }

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let aligned = columns(HEADINGS, &rows()[..1]);
        let expected = "EVENT  SOUND     HEARD   ADMITTED\nStop   finished  2m ago  3\n";
        assert_eq!(aligned, expected);
        assert_eq!(widest(expected), 33);
    }

    #[test]
    fn cells_that_do_not_fit_stand_below_the_first_one() {
        let expected = "\
Stop  SOUND finished
    HEARD 2m ago  ADMITTED 3
  idle
    SOUND /a/name/that/is/longer/than/a/line.wav
    HEARD -
Setup
    SOUND one of several
      sounds of the pack
    HEARD never  ADMITTED 0
";
        assert_eq!(stacked(HEADINGS, &rows(), 30), expected);
    }
}
