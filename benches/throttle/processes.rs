//! The same in several processes (this program, started again), and races between them.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use benches::Figure;
use herald_audio::internals::throttle::Key;

use crate::contestants::Contestant;
use crate::measure::{Answer, Effort, HOUR, KEY, checks, prepare};

/// The period of a race.
const ROUND: Duration = Duration::from_millis(2);

/// The time of a check in each of several processes.
pub(crate) fn processes<C: Contestant>(count: usize, answer: Answer, effort: Effort) -> Figure {
    let dir = prepare::<C>();
    // Later processes find the files.
    let first = C::open(dir.path(), answer.window());
    first.admit(KEY);
    let role = match answer {
        Answer::Suppressed => "suppressed",
        Answer::Admitted => "admitted",
    };
    let children = (0..count).map(|_| spawn::<C>(role, dir.path(), effort));
    let figure = |report: String| {
        let (median, mean) = report.split_once(' ').expect("median and mean");
        Figure {
            median: median.parse().unwrap(),
            mean: mean.parse().unwrap(),
        }
    };
    let figures = start(children.collect()).map(figure);
    Figure::of_all(&figures.collect::<Vec<_>>())
}

/// The number of questions with exactly one winner among `count` processes that asked at the same moment.
pub(crate) fn race<C: Contestant>(count: usize, effort: Effort) -> usize {
    let dir = prepare::<C>();
    let _first = C::open(dir.path(), HOUR);
    let children = (0..count).map(|_| spawn::<C>("race", dir.path(), effort));
    let mut winners = vec![0; effort.rounds as usize];
    for won in start(children.collect()) {
        for round in won.split_terminator(' ') {
            winners[round.parse::<usize>().unwrap()] += 1;
        }
    }
    winners.iter().filter(|&&winners| winners == 1).count()
}

/// Starts this program again as another process: see [`child`].
fn spawn<C: Contestant>(role: &str, dir: &Path, effort: Effort) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child", C::NAME, role])
        .arg(dir)
        .arg(effort.time.as_millis().to_string())
        .arg(effort.rounds.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program can be started")
}

/// Starts `children` together when all are ready; returns their reports.
fn start(children: Vec<Child>) -> impl Iterator<Item = String> {
    let ready = |mut child: Child| {
        let mut reports = BufReader::new(child.stdout.take().unwrap());
        reports.read_line(&mut String::new()).unwrap();
        (child, reports)
    };
    let mut children: Vec<_> = children.into_iter().map(ready).collect();
    let begin = since_1970() + Duration::from_millis(20);
    for (child, _) in &mut children {
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{}", begin.as_nanos()).unwrap();
    }
    children.into_iter().map(|(mut child, mut reports)| {
        let mut report = String::new();
        reports.read_to_string(&mut report).unwrap();
        assert!(child.wait().unwrap().success());
        report.trim_end().to_owned()
    })
}

/// The main function of a process started by [`spawn`], with the arguments after its name.
pub(crate) fn child<C: Contestant>(arguments: &[String]) {
    let [role, dir, time, rounds] = arguments else {
        panic!("not the arguments of a child");
    };
    let window = match role.as_str() {
        "admitted" => Duration::ZERO,
        _ => HOUR,
    };
    let contestant = C::open(Path::new(dir), window);
    // Excludes one-time costs, such as a first page fault or a prepared statement.
    contestant.admit(KEY);
    println!("ready");
    let mut begin = String::new();
    std::io::stdin().read_line(&mut begin).unwrap();
    let begin = Duration::from_nanos(begin.trim_end().parse().unwrap());
    if role == "race" {
        for round in 0..rounds.parse().unwrap() {
            let key = Key::new(&format!("round {round}"));
            sleep_until(begin + ROUND * round);
            if contestant.admit(key) {
                print!("{round} ");
            }
        }
    } else {
        sleep_until(begin);
        let time = Duration::from_millis(time.parse().unwrap());
        let Figure { median, mean } = checks(&contestant, time);
        println!("{median} {mean}");
    }
}

fn sleep_until(moment: Duration) {
    std::thread::sleep(moment.saturating_sub(since_1970()));
}

fn since_1970() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap()
}
