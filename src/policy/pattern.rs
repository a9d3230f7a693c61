//! Patterns: compiled once for a call, looked for within bounds.
//!
//! A pattern is one of bytes, since automata for all of Unicode take three times as long to make:
//! only ASCII letters are the same in either case, and a class holds ASCII characters.
//!
//! It is looked for by an automaton that is built while it reads ([`regex_automata::hybrid`]), so a
//! byte costs as much as one step, or as much as the pattern is long where the step is new. Both
//! are bounded: an automaton that outgrows its memory gives up, and so does everything when the
//! time of a [`Deadline`] is over. Who gives up has found out nothing.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use regex_automata::Anchored;
use regex_automata::hybrid::dfa::{self, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::{start, syntax};

/// The longest pattern, in bytes.
const MAX_LEN: usize = 1_000;
/// The most memory that the compiled form of one may take, in bytes.
const MAX_COMPILED_LEN: usize = 256 << 10;
/// How much memory the automaton may take that is built of it, in bytes, and how often it is thrown
/// away when that is full. Usual ones take a tenth.
const MAX_BUILT_LEN: usize = 256 << 10;
const MAX_REBUILDS: usize = 1;
/// How much is done before somebody looks at the clock again: one step of a pattern whose compiled
/// form has so many bytes is as much as that many steps of a short one, at worst.
const WORK_PER_LOOK: usize = 16 << 10;
const LEN_OF_A_SHORT_ONE: usize = 1 << 10;
/// What it costs to begin with a text, in the same measure.
const WORK_PER_TEXT: usize = 16;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern(DFA);

/// Why a pattern cannot be compiled.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is past a limit.
    Limit(String),
    /// It is no pattern.
    Mistake(String),
}

/// It was not found out whether a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GaveUp;

/// How much memory compiled patterns may still take together, in bytes.
#[derive(Debug)]
pub(super) struct Allowance(usize);

impl Allowance {
    pub(super) const fn new(len: usize) -> Self {
        Self(len)
    }

    /// Compiles a pattern that somebody wrote. What does not fit costs what it was tried with.
    pub(super) fn compile(&mut self, pattern: &str) -> Result<Pattern, Fault> {
        if pattern.len() > MAX_LEN {
            let what = format!("expected a pattern of at most {MAX_LEN} bytes");
            return Err(Fault::Limit(what));
        }
        let most = self.0.min(MAX_COMPILED_LEN);
        let compiled = Pattern::new(pattern, most);
        self.0 -= match &compiled {
            Ok(pattern) => most.min(pattern.compiled_len()),
            Err(Fault::Limit(_)) => most,
            Err(Fault::Mistake(_)) => 0,
        };
        compiled
    }
}

impl Pattern {
    /// Compiles a built-in pattern.
    pub(super) fn built_in(pattern: &str) -> Option<Self> {
        Self::new(pattern, MAX_COMPILED_LEN).ok()
    }

    fn new(pattern: &str, max_len: usize) -> Result<Self, Fault> {
        let mistake = |why: &str| {
            // What comes before is the pattern, with a mark below it.
            let why = why.lines().last().unwrap_or_default();
            let why = why.trim_start_matches("error: ");
            Fault::Mistake(format!(
                "expected a regular expression that runs in linear time: {why}"
            ))
        };
        let syntax = syntax::Config::new()
            .case_insensitive(true)
            .unicode(false)
            .utf8(false);
        let parsed = syntax::parse_with(pattern, &syntax);
        let parsed = parsed.map_err(|error| mistake(&error.to_string()))?;
        let config = thompson::Config::new()
            .utf8(false)
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(max_len));
        let compiled = thompson::Compiler::new()
            .configure(config)
            .build_from_hir(&parsed);
        let compiled = compiled.map_err(|error| match error.size_limit() {
            Some(_) => Fault::Limit(
                "expected a smaller pattern, with fewer or smaller repetitions".to_owned(),
            ),
            None => mistake(&error.to_string()),
        })?;
        let config = dfa::Config::new()
            .cache_capacity(MAX_BUILT_LEN)
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(MAX_REBUILDS));
        let automaton = DFA::builder().configure(config).build_from_nfa(compiled);
        let automaton = automaton.map_err(|error| mistake(&error.to_string()))?;
        Ok(Self(automaton))
    }

    /// How much memory its compiled form takes, in bytes.
    pub(super) fn compiled_len(&self) -> usize {
        self.0.get_nfa().memory_usage()
    }

    /// Whether it is found anywhere in one of `texts`.
    pub(super) fn is_in<'t>(
        &self,
        texts: impl Iterator<Item = &'t str>,
        deadline: &mut Deadline,
    ) -> Result<bool, GaveUp> {
        let mut built = None;
        for text in texts {
            let built = built.get_or_insert_with(|| self.0.create_cache());
            if self.is_in_one(text.as_bytes(), built, deadline)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_in_one(
        &self,
        text: &[u8],
        built: &mut dfa::Cache,
        deadline: &mut Deadline,
    ) -> Result<bool, GaveUp> {
        let weight = 1 + self.compiled_len() / LEN_OF_A_SHORT_ONE;
        deadline.spend(WORK_PER_TEXT)?;
        let start = start::Config::new().anchored(Anchored::No);
        let mut state = self.0.start_state(built, &start).map_err(|_| GaveUp)?;
        for piece in text.chunks(WORK_PER_LOOK.div_ceil(weight)) {
            deadline.spend(weight * piece.len())?;
            for byte in piece {
                let next = self.0.next_state(built, state, *byte);
                state = next.map_err(|_| GaveUp)?;
                if state.is_match() {
                    return Ok(true);
                }
                if state.is_dead() {
                    return Ok(false);
                }
            }
        }
        let end = self.0.next_eoi_state(built, state);
        Ok(end.map_err(|_| GaveUp)?.is_match())
    }
}

/// An amount of time of which something is left, or not: time in which this thread had a processor,
/// so that what is decided does not depend on what else the machine does.
#[derive(Debug)]
pub(super) struct Deadline {
    ends: Option<Duration>,
    time: Duration,
    /// What was done since the clock was last looked at.
    work: usize,
}

impl Deadline {
    /// As much time as `time`, from the first look at the clock on.
    pub(super) const fn after(time: Duration) -> Self {
        Self {
            ends: None,
            time,
            work: 0,
        }
    }

    /// Before `work` is done. Looks at the clock now and then.
    fn spend(&mut self, work: usize) -> Result<(), GaveUp> {
        self.work += work;
        if self.work < WORK_PER_LOOK {
            return Ok(());
        }
        let now = processor_time();
        let ends = *self.ends.get_or_insert(now + self.time);
        if now >= ends {
            return Err(GaveUp);
        }
        self.work = 0;
        Ok(())
    }
}

/// For how long this thread has had a processor; where nobody tells, for how long it has waited, too.
fn processor_time() -> Duration {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, DynamicClockId, clock_gettime_dynamic};
        // Fails where a sandbox forbids it, as the plain call may not.
        let time = clock_gettime_dynamic(DynamicClockId::Known(ClockId::ThreadCPUTime));
        if let Ok(Ok(time)) = time.map(Duration::try_from) {
            return time;
        }
    }
    static STARTED: OnceLock<Instant> = OnceLock::new();
    STARTED.get_or_init(Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_automata::Input;

    use super::*;

    const TIME: Duration = Duration::from_secs(3_600);

    fn pattern(text: &str) -> Pattern {
        Allowance::new(MAX_COMPILED_LEN).compile(text).unwrap()
    }

    fn is_in(pattern: &Pattern, text: &str) -> Result<bool, GaveUp> {
        let texts = [text].into_iter();
        pattern.is_in(texts, &mut Deadline::after(TIME))
    }

    proptest! {
        /// Reading in pieces, and giving up, is all that is done here: what is found is found by the
        /// crate's own search, too.
        #[test]
        fn what_is_found_is_there(
            which in 0..9usize,
            text in "[ab\n .-]{0,40}",
            filler in 0..40_000usize,
        ) {
            let patterns = ["a+b", "^ab?", "a$", r"\bab\b", "(?m)^b$", "", "^$", "a{3}[ab]*b{2}", r"\s-"];
            let pattern = pattern(patterns[which]);
            for text in [&text, &format!("{text}{}{text}", ".".repeat(filler))] {
                let mut built = pattern.0.create_cache();
                let known = pattern.0.try_search_fwd(&mut built, &Input::new(text.as_str()));
                prop_assert_eq!(is_in(&pattern, text), Ok(known.unwrap().is_some()));
            }
        }
    }

    #[test]
    fn what_takes_too_long_is_given_up() {
        let quick = pattern("x");
        let text = "a".repeat(4 * WORK_PER_LOOK);
        assert_eq!(is_in(&quick, &text), Ok(false));
        let mut over = Deadline::after(Duration::ZERO);
        assert_eq!(quick.is_in([&*text].into_iter(), &mut over), Err(GaveUp));
        assert_eq!(
            quick.is_in(["x"].into_iter(), &mut over),
            Err(GaveUp),
            "for good"
        );
        // Many texts are as long as one.
        let mut over = Deadline::after(Duration::ZERO);
        let texts = std::iter::repeat_n("a", WORK_PER_LOOK);
        assert_eq!(quick.is_in(texts, &mut over), Err(GaveUp));
        // An automaton that outgrows its memory does not wait for the clock.
        let slow = pattern("[ab]*a[ab]{400}c");
        let mut state = 1_u32;
        let letter = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state >> 31 == 0 { 'a' } else { 'b' }
        };
        let text: String = (0..60_000).map(letter).collect();
        assert_eq!(is_in(&slow, &text), Err(GaveUp));
        assert_eq!(is_in(&slow, "abc"), Ok(false));
    }

    #[test]
    fn patterns_share_their_memory() {
        let large = "(a{50}){60}1";
        let len = pattern(large).compiled_len();
        let mut allowance = Allowance::new(3 * len);
        assert!(allowance.compile(large).is_ok());
        assert!(matches!(allowance.compile("("), Err(Fault::Mistake(_))));
        assert!(allowance.compile(large).is_ok());
        assert!(matches!(allowance.compile(large), Err(Fault::Limit(_))));
        // What did not fit has used up what there was.
        assert!(matches!(allowance.compile("a"), Err(Fault::Limit(_))));
    }
}
