//! Plots for the documentation, and the tables of numbers that they are drawn from.
//!
//! A bench stores its numbers as `src/docs/pictures/NAME.csv`, with the machine and the date, and draws
//! them beside it: `HERALD_BLESS=1 cargo bench -p benches --bench NAME`. In a run that measures nothing,
//! it checks instead that the drawing is that of the numbers.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::table::show;

/// The drawing's width, and where its bars begin, in pixels.
const WIDTH: f64 = 720.0;
const BARS: f64 = 300.0;
/// The longest bar, which leaves room for its number.
const LONGEST: f64 = 320.0;
const ROW: f64 = 26.0;
const HEAD: f64 = 40.0;

/// A plot: a bar for each contestant.
pub struct Plot {
    /// The name of its files.
    pub name: &'static str,
    /// What is shown, above the bars.
    pub title: &'static str,
    /// How long the bars are.
    pub scale: Scale,
}

/// How a number becomes a length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Twice the number is twice the length.
    Linear,
    /// From one nanosecond on, ten times the number is one step longer.
    Logarithmic,
}

impl Plot {
    /// Stores `times`, in nanoseconds, if asked to; else, if `is_trial`, checks what is stored.
    ///
    /// # Panics
    ///
    /// If the drawing is not that of the stored numbers, or a file cannot be read or written.
    pub fn finish(&self, times: &[(String, f64)], is_trial: bool) {
        let (table, drawing) = (self.file("csv"), self.file("svg"));
        if is_trial {
            let stored = fs::read_to_string(table).expect("the stored numbers");
            let drawn = fs::read_to_string(drawing).expect("the stored drawing");
            assert_eq!(drawn, self.draw(&stored), "{}", self.name);
        } else if std::env::var_os("HERALD_BLESS").is_some_and(|value| value == "1") {
            let table_text = self.table(times);
            fs::write(drawing, self.draw(&table_text)).expect("the drawing can be written");
            fs::write(table, table_text).expect("the numbers can be written");
        }
    }

    fn file(&self, kind: &str) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/docs/pictures");
        root.join(self.name).with_extension(kind)
    }

    fn table(&self, times: &[(String, f64)]) -> String {
        let mut table = format!("# {}, {}, {}\n", self.title, machine(), today());
        table.push_str("name,ns\n");
        for (name, ns) in times {
            _ = writeln!(table, "\"{name}\",{ns:.1}");
        }
        table
    }

    /// The drawing of a stored table.
    fn draw(&self, table: &str) -> String {
        let source = table.lines().next().unwrap_or_default();
        let bars: Vec<(&str, f64)> = table.lines().filter_map(bar).collect();
        let height = HEAD + ROW * bars.len() as f64 + 34.0;
        let most = bars
            .iter()
            .map(|(_, ns)| self.weight(*ns))
            .fold(0.0, f64::max);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
             font-family=\"sans-serif\" font-size=\"13\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
             <text x=\"12\" y=\"24\" font-weight=\"bold\">{}</text>\n",
            escaped(self.title)
        );
        for (n, (name, ns)) in bars.iter().enumerate() {
            let y = HEAD + ROW * n as f64;
            let length = LONGEST * self.weight(*ns) / most;
            let colour = if name.contains("erald") {
                "#2a7"
            } else {
                "#999"
            };
            _ = writeln!(
                svg,
                "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\
                 <rect x=\"{BARS:.0}\" y=\"{:.0}\" width=\"{length:.1}\" height=\"18\" fill=\"{colour}\"/>\
                 <text x=\"{:.1}\" y=\"{:.0}\">{}</text>",
                BARS - 8.0,
                y + 14.0,
                escaped(name),
                y,
                BARS + length + 6.0,
                y + 14.0,
                show(*ns)
            );
        }
        let how = match self.scale {
            Scale::Linear => "",
            Scale::Logarithmic => "; logarithmic",
        };
        let source = source.trim_start_matches("# ").replacen(self.title, "", 1);
        _ = writeln!(
            svg,
            "<text x=\"12\" y=\"{:.0}\" font-size=\"11\" fill=\"#666\">{}{how}</text>\n</svg>",
            height - 12.0,
            escaped(source.trim_start_matches(", "))
        );
        svg
    }

    fn weight(&self, ns: f64) -> f64 {
        match self.scale {
            Scale::Linear => ns,
            Scale::Logarithmic => ns.max(1.0).log10(),
        }
    }
}

/// The bar of a line such as `"name",12.3`.
fn bar(line: &str) -> Option<(&str, f64)> {
    let (name, ns) = line.strip_prefix('"')?.split_once("\",")?;
    Some((name, ns.parse().ok()?))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The processor, how many there are, and the system.
fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name\t: "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let system = said(Command::new("uname").args(["-s", "-r"]));
    format!(
        "{} ({cores} cores), {system}",
        model.unwrap_or("unknown processor")
    )
}

fn today() -> String {
    said(Command::new("date").args(["-u", "+%F"]))
}

fn said(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
