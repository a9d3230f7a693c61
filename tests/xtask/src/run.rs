//! Runs `cargo xtask test`: every step, and a summary.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use crate::failure::Failure;
use crate::process::{cannot_run_cargo, cargo, target_dir};
use crate::program::{self, Ended, Program, Way};
use crate::results::{self, Tally};
use crate::steps::{self, Scope, Setting, Step};
use crate::{agents, say, setup};

pub(crate) fn run(scope: Scope) -> Result<(), Failure> {
    let start = Instant::now();
    say::step("what the tests need");
    match scope {
        Scope::Dist => setup::for_dist_tests()?,
        Scope::Agents | Scope::Codex => {
            setup::for_agents()?;
            agents::install(scope == Scope::Agents)?;
        }
        _ => setup::for_tests()?,
    }
    let plan = steps::plan(&Setting {
        scope,
        linux: cfg!(target_os = "linux"),
        instrumented: cfg!(all(
            target_os = "linux",
            target_arch = "x86_64",
            target_env = "gnu"
        ))
        .then_some("x86_64-unknown-linux-gnu"),
        target: &target_dir(),
        rustflags: std::env::var("RUSTFLAGS").ok(),
    });
    let mut tally = Tally::default();
    for step in &plan.steps {
        say::step(&step.name);
        say::line(&format!("    {}", step.command_line()));
        let began = Instant::now();
        let is_well = match step.has_programs {
            true => build_and_run(step, &mut tally)?,
            false => call(step, &mut tally)?,
        };
        if !is_well {
            say::error(&format!("{} failed (see above)", step.name));
        }
        say::line(&format!("    took {} s", began.elapsed().as_secs()));
    }
    let steps = plan.steps.len();
    say::step(&format!("{steps} steps in {} s", start.elapsed().as_secs()));
    report(&tally, &plan.left_out)
}

fn report(tally: &Tally, left_out: &[&str]) -> Result<(), Failure> {
    say::line("    the slowest tests:");
    tally
        .slowest()
        .iter()
        .for_each(|line| say::line(&format!("    {line}")));
    for test in tally.not_tested() {
        say::line(&format!("    not tested: {test}"));
    }
    for failure in tally.failures() {
        say::line(&format!("    failed: {failure}"));
    }
    let mut sum = tally.sum();
    if !left_out.is_empty() {
        sum += &format!("; left out: {}", left_out.join("; "));
    }
    say::line(&sum);
    match tally.is_well() {
        true => Ok(()),
        false => Err(Failure::shown()),
    }
}

/// Builds the programs of `step` and runs them.
fn build_and_run(step: &Step, tally: &mut Tally) -> Result<bool, Failure> {
    let programs = match program::build(&step.args, &step.env) {
        Ok(programs) => programs,
        Err(failure) => {
            say::error(&failure.to_string());
            tally.fail(step.name.clone());
            return Ok(false);
        }
    };
    let way = Way {
        processors: program::processors(),
        wrapper: &[],
        env: &step.env,
        seed: None,
    };
    let ended = side_by_side(&programs, &way, &|program, ended, seconds| {
        let tests = ended.tests();
        say::line(&format!(
            "    {:<16} {tests:>4} tests in {seconds:.1} s",
            program.name
        ));
    });
    let mut is_well = true;
    for (program, ended) in programs.iter().zip(&ended) {
        is_well &= add(tally, program, ended);
        if let Some(complaint) = &ended.complaint {
            say::line(&format!(
                "---- {} said:\n{complaint}",
                program.path.display()
            ));
        }
    }
    Ok(is_well)
}

/// Adds a program's results to `tally`. Returns whether it succeeded.
pub(crate) fn add(tally: &mut Tally, program: &Program, ended: &Ended) -> bool {
    let before = tally.failures().len();
    for line in &ended.lines {
        tally.add(&program.name, line);
    }
    if ended.complaint.is_some() && tally.failures().len() == before {
        // It ended within a test, or was killed.
        tally.fail(program.name.clone());
    }
    ended.complaint.is_none()
}

/// Runs all programs, as many at once as there are processors, the longest first. Calls `done` with each as
/// it ends, and its duration in seconds.
pub(crate) fn side_by_side(
    programs: &[Program],
    way: &Way<'_>,
    done: &(dyn Fn(&Program, &Ended, f64) + Sync),
) -> Vec<Ended> {
    let size = |program: &Program| std::fs::metadata(&program.path).map_or(0, |file| file.len());
    let mut order: Vec<usize> = (0..programs.len()).collect();
    // The largest has most tests, and takes longest.
    order.sort_by_key(|&n| size(&programs[n]));
    let order = Mutex::new(order);
    let ended: Mutex<Vec<Option<Ended>>> = Mutex::new(programs.iter().map(|_| None).collect());
    let next = || order.lock().ok()?.pop();
    thread::scope(|scope| {
        for _ in 0..way.processors {
            scope.spawn(|| {
                while let Some(n) = next() {
                    let began = Instant::now();
                    let outcome = program::run(&programs[n], way);
                    done(&programs[n], &outcome, began.elapsed().as_secs_f64());
                    if let Ok(mut ended) = ended.lock() {
                        ended[n] = Some(outcome);
                    }
                }
            });
        }
    });
    let ended = ended.into_inner().unwrap_or_default();
    ended.into_iter().map(Option::unwrap_or_default).collect()
}

/// Lets cargo run the step, and parses its output.
fn call(step: &Step, tally: &mut Tally) -> Result<bool, Failure> {
    let mut child = cargo()
        .args(&step.args)
        .envs(step.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(cannot_run_cargo)?;
    let before = tally.failures().len();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            tally.add(&step.name, &results::read(&line));
            say::line(&line);
        }
    }
    let is_well = child.wait().is_ok_and(|status| status.success());
    if !is_well && tally.failures().len() == before {
        tally.fail(step.name.clone());
    }
    Ok(is_well)
}
