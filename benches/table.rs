//! Figures as tables for the documentation.

/// Rows of cells; the first is the heading.
pub type Table = Vec<Vec<String>>;

/// A table with these columns after the one for names.
pub fn heading(columns: impl IntoIterator<Item = String>) -> Table {
    vec![row("", columns)]
}

/// A row of these cells after its name.
pub fn row(name: &str, cells: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut row = vec![name.to_owned()];
    row.extend(cells);
    row
}

/// A time with two or three digits.
pub fn show(ns: f64) -> String {
    let (value, unit) = match ns {
        ..1e3 => (ns, "ns"),
        ..1e6 => (ns / 1e3, "µs"),
        _ => (ns / 1e6, "ms"),
    };
    let digits = usize::from(value < 20.0);
    format!("{value:.digits$} {unit}")
}

/// Prints `table`, in Markdown.
pub fn print(table: &Table) {
    let columns = table[0].len();
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    for (number, row) in table.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            print!("| {cell:width$} ");
        }
        println!("|");
        if number == 0 {
            println!("|{}", "---|".repeat(columns));
        }
    }
    println!();
}
