//! Patterns with bounded compilation and search.
//!
//! Patterns match bytes, because automata for full Unicode take three times as long to build: case is ignored
//! for ASCII letters only, and classes contain ASCII characters.
//!
//! The search builds its automaton lazily ([`regex_automata::hybrid`]): a byte costs one step, or work
//! proportional to the pattern if the step is new. Both are bounded. An automaton that exceeds its memory
//! gives up, and so does every search after a [`Deadline`]. Giving up means that the result is unknown.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use regex_automata::Anchored;
use regex_automata::hybrid::dfa::{self, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::{start, syntax};

/// The longest pattern, in bytes.
const MAX_LEN: usize = 1_000;
/// The limit for the compiled form of a pattern, in bytes of memory.
const MAX_COMPILED_LEN: usize = 256 << 10;
/// The limit for the automaton of a pattern, in bytes of memory, and how often it may be reset when full.
/// Usual patterns need a tenth.
const MAX_BUILT_LEN: usize = 256 << 10;
const MAX_REBUILDS: usize = 1;
/// The amount of work between two looks at the clock. A step of a pattern counts as many units as its
/// compiled form has multiples of a short one's size, which is the worst case.
const WORK_PER_LOOK: usize = 16 << 10;
const SHORT_PATTERN_LEN: usize = 1 << 10;
/// The cost of starting a search, in the same unit.
const WORK_PER_TEXT: usize = 16;

#[derive(Clone, Debug)]
pub(super) struct Pattern(DFA);

/// Why a pattern cannot be compiled.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It exceeds a limit.
    Limit(String),
    /// It is invalid.
    Mistake(String),
}

/// It is unknown whether a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GaveUp;

/// The memory that compiled patterns may still take together, in bytes.
#[derive(Debug)]
pub(super) struct Allowance(usize);

impl Allowance {
    pub(super) const fn new(len: usize) -> Self {
        Self(len)
    }

    /// Compiles a pattern from a file. A failed attempt uses up the memory it was limited to.
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
    pub(super) fn built_in(pattern: &str) -> Option<Self> {
        Self::new(pattern, MAX_COMPILED_LEN).ok()
    }

    fn new(pattern: &str, max_len: usize) -> Result<Self, Fault> {
        let mistake = |why: &str| {
            // The previous lines show the pattern with a mark.
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

    /// The memory of its compiled form, in bytes.
    pub(super) fn compiled_len(&self) -> usize {
        self.0.get_nfa().memory_usage()
    }

    /// Whether one of `texts` contains a match.
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
        let weight = 1 + self.compiled_len() / SHORT_PATTERN_LEN;
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

/// A time limit. It counts the processor time of this thread, so that decisions do not depend on the load of
/// the machine.
#[derive(Debug)]
pub(super) struct Deadline {
    ends: Option<Duration>,
    time: Duration,
    /// The work since the last look at the clock.
    work: usize,
}

impl Deadline {
    /// A deadline `time` after the first look at the clock.
    pub(super) const fn after(time: Duration) -> Self {
        Self {
            ends: None,
            time,
            work: 0,
        }
    }

    /// Call before doing `work`. Looks at the clock from time to time.
    pub(super) fn spend(&mut self, work: usize) -> Result<(), GaveUp> {
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

/// The processor time of this thread; on systems without it, elapsed time.
fn processor_time() -> Duration {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, DynamicClockId, clock_gettime_dynamic};
        // Fails where a sandbox forbids it, which the plain call must not.
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
        /// Tests reading in pieces and giving up; the crate's own search must find the same.
        #[test]
        fn searches_agree_with_the_crates_own(
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
    fn searches_stop_at_the_deadline() {
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
        // Many short texts cost as much as a long one.
        let mut over = Deadline::after(Duration::ZERO);
        let texts = std::iter::repeat_n("a", WORK_PER_LOOK);
        assert_eq!(quick.is_in(texts, &mut over), Err(GaveUp));
        // An automaton that exceeds its memory gives up before the deadline.
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
        // The failed attempt used up the rest.
        assert!(matches!(allowance.compile("a"), Err(Fault::Limit(_))));
    }
}
