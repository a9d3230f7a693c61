//! Measures everything, and prints it as tables for a page of documentation.

use std::collections::HashMap;

use herald_audio::internals::clock::SystemClock;
use herald_audio::internals::throttle::{Key, SETS, WAYS};

use crate::contestants::{ClockAlone, Contestant, Governor, Herald};
use crate::files::BareCalls;
use benches::table::{heading, print, row, show};
use benches::{Figure, Plot, Scale, median};

use crate::measure::{Answer, Effort};
use crate::{ALL, ALONE, ENTRANTS, Entrant, OF_MANY_KEYS, Setting};

const ANSWERS: [Answer; 2] = [Answer::Suppressed, Answer::Admitted];
/// Processes that ask at the same moment.
const RACERS: usize = 8;
/// Checks of a walk through many keys.
const STEPS: usize = 20_000;
const KEYS: [usize; 3] = [8, 1_000, 10_000];

/// What 8 processes pay, for the first page of the documentation.
const PLOT: Plot = Plot {
    name: "throttle",
    title: "One throttle check, suppressed, while 8 processes ask about one key",
    scale: Scale::Logarithmic,
};

/// Something suppressed, and the same admitted.
type Pair<T> = [T; 2];

/// Prints who takes how long, alone and in company, and how that compares with the targets.
pub(crate) fn print_checks(effort: Effort) {
    let measured = Measured::all(effort);
    let medians = |pair: &Pair<Figure>| pair.map(|figure| figure.median);
    let in_company = |entrant: &&Entrant| entrant.settings != ALONE;

    println!("A check, suppressed / admitted, median:\n");
    let mut table = heading(ALL.iter().map(Setting::to_string));
    table[0].push(format!("one winner of {RACERS} processes"));
    for entrant in ENTRANTS.iter().filter(in_company) {
        let cells = ALL.iter().map(|&setting| {
            let pair = measured.of(entrant, setting);
            pair.as_ref().map(medians).map_or_else(none, cell)
        });
        let mut row = row(entrant.name, cells);
        row.push(race(entrant, effort));
        table.push(row);
    }
    print(&table);
    let crowd = Setting::Processes(RACERS);
    let shared = ENTRANTS.iter().filter(|entrant| entrant.settings == ALL);
    let times: Vec<_> = shared
        .map(|entrant| {
            (
                entrant.name.to_owned(),
                measured.median(entrant.name, crowd)[0],
            )
        })
        .collect();
    PLOT.finish(&times, effort.repeats == 1);

    println!(
        "Whoever waits for another is slow in few batches, long as they are, and the median does not show\n\
         it. So the same on average, without the time spent waiting for a processor:\n"
    );
    let company = || ALL.iter().filter(|setting| setting.participants() > 1);
    let mut table = heading(company().map(Setting::to_string));
    for entrant in ENTRANTS.iter().filter(|entrant| entrant.settings.len() > 1) {
        let cells = company().map(|&setting| {
            let counted = |figure: Figure| figure.mean / setting.crowding();
            let pair = measured.of(entrant, setting);
            pair.map(|pair| pair.map(counted)).map_or_else(none, cell)
        });
        table.push(row(entrant.name, cells));
    }
    print(&table);

    println!("Alone, with the time given; and what reading the clock or hashing a name takes:\n");
    let mut table = heading([ALONE[0].to_string()]);
    for entrant in ENTRANTS.iter().filter(|entrant| !in_company(entrant)) {
        let pair = measured.of(entrant, ALONE[0]);
        table.push(row(entrant.name, pair.as_ref().map(medians).map(cell)));
    }
    print(&table);
    print_targets(&measured);
}

/// What was measured of each entrant in each setting: the median of the repeats.
struct Measured(HashMap<(&'static str, Setting), Pair<Vec<Figure>>>);

impl Measured {
    fn all(effort: Effort) -> Self {
        let mut all = HashMap::new();
        for _ in 0..effort.repeats {
            for entrant in &ENTRANTS {
                for &setting in entrant.settings {
                    let pair: &mut Pair<Vec<Figure>> =
                        all.entry((entrant.name, setting)).or_default();
                    for (figures, answer) in pair.iter_mut().zip(ANSWERS) {
                        figures.push((entrant.figure)(setting, answer, effort));
                    }
                }
            }
        }
        Self(all)
    }

    fn of(&self, entrant: &Entrant, setting: Setting) -> Option<Pair<Figure>> {
        let pair = self.0.get(&(entrant.name, setting))?;
        Some(pair.each_ref().map(|repeats| Figure::middle(repeats)))
    }

    /// The medians of whom `name` names.
    fn median(&self, name: &str, setting: Setting) -> Pair<f64> {
        let entrant = ENTRANTS.iter().find(|entrant| entrant.name == name);
        let pair = entrant.and_then(|entrant| self.of(entrant, setting));
        pair.expect("it was measured").map(|figure| figure.median)
    }
}

fn print_targets(measured: &Measured) {
    const HERALD: &str = Herald::<SystemClock>::NAME;
    let alone = |name| measured.median(name, ALONE[0]);
    let (herald, clock, governor) = (
        alone(HERALD),
        alone(ClockAlone::NAME),
        alone(Governor::NAME),
    );
    let one_shot = |name| measured.median(name, Setting::OneShot);
    let (opened, bare) = (one_shot(HERALD), one_shot(BareCalls::NAME));
    let ratio = |a: f64, b: f64| format!("{:.2}", a / b);
    let targets = [
        (
            "suppressed, less the clock",
            "≤ 5 ns",
            show(herald[0] - clock[0]),
        ),
        (
            "admitted, less the clock",
            "≤ 10 ns",
            show(herald[1] - clock[1]),
        ),
        (
            "governor by Herald, suppressed",
            "≥ 5",
            ratio(governor[0], herald[0]),
        ),
        (
            "open to close by the bare system calls, suppressed",
            "≤ 1.3",
            ratio(opened[0], bare[0]),
        ),
        (
            "open to close by the bare system calls, admitted",
            "≤ 1.3",
            ratio(opened[1], bare[1]),
        ),
    ];
    println!("Herald beside what it is meant to be:\n");
    let mut table = heading(["target", "measured"].map(str::to_owned));
    for (what, target, measured) in targets {
        table.push(row(what, [target.to_owned(), measured]));
    }
    print(&table);
}

/// Whether exactly one of some processes wins, and how often.
fn race(entrant: &Entrant, effort: Effort) -> String {
    if entrant.settings.len() == 1 {
        return none();
    }
    let (won, rounds) = ((entrant.race)(RACERS, effort), effort.rounds as usize);
    let verdict = if won == rounds { "yes" } else { "no" };
    format!("{verdict}: {won} of {rounds}")
}

/// Prints how the time of a check grows with the number of keys.
pub(crate) fn print_keys(effort: Effort) {
    println!("A check in one thread, of keys picked at random, suppressed / admitted, median:\n");
    let mut table = heading(KEYS.iter().map(|count| format!("{count} keys")));
    let any = || (0..).map(|n| Key::new(&format!("key {n}")));
    let with_room = || {
        let mut room = vec![WAYS; SETS];
        any().filter(move |key| {
            let room = &mut room[key.set(SETS)];
            let had = *room > 0;
            *room = room.saturating_sub(1);
            had
        })
    };
    let [herald, others @ ..] = &OF_MANY_KEYS;
    let walks = KEYS.map(|count| walk(herald, any().take(count), effort));
    table.push(row(herald.name, walks.map(|(medians, _)| cell(medians))));
    let cells = KEYS.map(|count| cell(walk(herald, with_room().take(count), effort).0));
    table.push(row("Herald, keys that all have room", cells));
    for entrant in others {
        let cells = KEYS.map(|count| cell(walk(entrant, any().take(count), effort).0));
        table.push(row(entrant.name, cells));
    }
    print(&table);
    let ((_, forgotten), count) = (walks[KEYS.len() - 1], KEYS[KEYS.len() - 1]);
    println!(
        "Of more than {WAYS} keys in one set, the table forgets the one that fired longest ago: with {count}\n\
         keys, {:.0} % of the checks that should be suppressed are admitted for that reason.\n",
        forgotten * 100.0
    );
}

/// Medians, and the share of checks that was admitted although the key had fired.
fn walk(entrant: &Entrant, keys: impl Iterator<Item = Key>, effort: Effort) -> (Pair<f64>, f64) {
    let keys: Vec<Key> = keys.collect();
    // At random, so that a branch predictor cannot learn the walk; the same walk for everyone.
    let mut random = 1_u64;
    let mut step = || {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        keys[(random >> 33) as usize % keys.len()]
    };
    let steps: Vec<Key> = (0..STEPS).map(|_| step()).collect();
    let mut admitted = 0.0;
    let medians = ANSWERS.map(|answer| {
        let repeat = |_| {
            let (figure, share) = (entrant.walk)(&steps, answer, effort);
            if answer == Answer::Suppressed {
                admitted = share;
            }
            figure.median
        };
        median((0..effort.repeats).map(repeat).collect())
    });
    (medians, admitted)
}

fn none() -> String {
    "–".to_owned()
}

fn cell([suppressed, admitted]: Pair<f64>) -> String {
    format!("{} / {}", show(suppressed), show(admitted))
}
