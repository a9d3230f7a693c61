//! Built-in patterns: compiled when they are needed, which few calls do.
//!
//! Compiling a pattern takes longer than all else that a policy does about a usual call. So each comes with
//! words, at least one of which is part of everything that it matches, in either case: where a text has
//! none of them, the pattern is not in it. A test derives this from the patterns.

use std::sync::OnceLock;

use super::pattern::{Deadline, GaveUp, Pattern};

/// How many bytes are searched for words with the work of one step of an automaton.
const BYTES_A_STEP: usize = 8;

/// A built-in pattern.
#[derive(Debug)]
pub(super) struct LazyPattern {
    pattern: &'static str,
    /// In lower case.
    words: &'static [&'static str],
    compiled: OnceLock<Option<Pattern>>,
}

impl LazyPattern {
    pub(super) const fn new(pattern: &'static str, words: &'static [&'static str]) -> Self {
        Self {
            pattern,
            words,
            compiled: OnceLock::new(),
        }
    }

    /// Whether it is in one of `texts`.
    pub(super) fn is_in<'t>(
        &self,
        texts: impl Iterator<Item = &'t str>,
        deadline: &mut Deadline,
    ) -> Result<bool, GaveUp> {
        let mut possible = Vec::new();
        for text in texts {
            deadline.spend(1 + text.len() / BYTES_A_STEP)?;
            let lower = text.to_ascii_lowercase();
            if self.words.iter().any(|word| lower.contains(word)) {
                possible.push(text);
            }
        }
        if possible.is_empty() {
            return Ok(false);
        }
        let compiled = self
            .compiled
            .get_or_init(|| Pattern::built_in(self.pattern));
        let pattern = compiled.as_ref().ok_or(GaveUp)?;
        pattern.is_in(possible.into_iter(), deadline)
    }
}

#[cfg(test)]
mod tests {
    use regex_syntax::hir::{Hir, HirKind};
    use regex_syntax::{ParserBuilder, hir};

    use super::super::builtin::BUILTIN;
    use super::super::tag::TAGS;
    use super::*;

    /// Whether everything that `pattern` matches contains one of `words`.
    fn needs(pattern: &Hir, words: &[&str]) -> bool {
        match pattern.kind() {
            HirKind::Literal(hir::Literal(bytes)) => {
                let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
                words.iter().any(|word| text.contains(word))
            }
            HirKind::Capture(capture) => needs(&capture.sub, words),
            HirKind::Repetition(repetition) => repetition.min > 0 && needs(&repetition.sub, words),
            HirKind::Concat(parts) => parts.iter().any(|part| needs(part, words)),
            HirKind::Alternation(parts) => parts.iter().all(|part| needs(part, words)),
            HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) => false,
        }
    }

    #[test]
    fn every_match_of_a_pattern_contains_one_of_its_words() {
        let of_rules = BUILTIN
            .iter()
            .flat_map(|rule| [&rule.pattern, &rule.original]);
        let all = of_rules
            .flatten()
            .chain(TAGS.iter().map(|tag| &tag.pattern));
        for lazy in all {
            let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
            let pattern = parser.parse(lazy.pattern).unwrap();
            let words = lazy.words;
            assert!(needs(&pattern, words), "{words:?}: {}", lazy.pattern);
            assert!(Pattern::built_in(lazy.pattern).is_some());
            let is_lower = |word: &&str| word.to_ascii_lowercase() == **word;
            assert!(words.iter().all(is_lower), "{words:?}");
        }
    }

    #[test]
    fn a_text_without_its_words_compiles_nothing() {
        let pattern = LazyPattern::new(r"\bid_(?:rsa|ed25519)$", &["id_"]);
        let mut deadline = Deadline::after(std::time::Duration::from_secs(60));
        let mut is_in = |texts: &[&str]| pattern.is_in(texts.iter().copied(), &mut deadline);
        assert_eq!(is_in(&["src/main.rs", "README.md"]), Ok(false));
        assert!(pattern.compiled.get().is_none());
        assert_eq!(is_in(&["src/main.rs", "an id_"]), Ok(false));
        assert!(pattern.compiled.get().is_some());
        assert_eq!(is_in(&["src/main.rs", ".ssh/ID_RSA"]), Ok(true));
    }
}
