//! The words of a simple command, after reserved words.

/// Reserved words that can precede a command.
const RESERVED: [&str; 14] = [
    "!", "{", "}", "if", "then", "elif", "else", "fi", "while", "until", "do", "done", "esac",
    "coproc",
];

/// Reserved words that open a compound command, and those that close one.
const OPENING: [&str; 4] = ["{", "if", "while", "until"];
const CLOSING: [&str; 3] = ["}", "fi", "done"];

/// The part of a simple command read so far.
#[derive(Debug, Default)]
pub(super) struct Command {
    words: Vec<String>,
    /// The number of reserved words at its beginning.
    reserved: usize,
}

impl Command {
    pub(super) fn push(&mut self, word: String) {
        let is_reserved = match self.words() {
            [] => RESERVED.contains(&word.as_str()),
            [function, _] if function == "function" => {
                self.reserved += 2;
                RESERVED.contains(&word.as_str())
            }
            // The name of a coprocess.
            [_] if word == "{" && self.words[..self.reserved].ends_with(&["coproc".to_owned()]) => {
                self.reserved += 1;
                true
            }
            _ => false,
        };
        self.words.push(word);
        self.reserved += usize::from(is_reserved);
    }

    /// Its words without the reserved ones.
    pub(super) fn words(&self) -> &[String] {
        &self.words[self.reserved..]
    }

    /// Whether it is `case WORD`, followed by `in` if `has_in`.
    pub(super) fn is_case(&self, has_in: bool) -> bool {
        match self.words() {
            [case, _] => case == "case" && !has_in,
            [case, _, within] => case == "case" && within == "in" && has_in,
            _ => false,
        }
    }

    /// The name of the function whose definition begins here: `function f {`.
    pub(super) fn function(&self) -> Option<&str> {
        match without_reserved(&self.words) {
            [function, name, ..] if function == "function" => Some(name),
            _ => None,
        }
    }

    /// Whether its status is negated.
    pub(super) fn is_negated(&self) -> bool {
        self.words[..self.reserved].iter().any(|word| word == "!")
    }

    /// The number of open compound commands after it, given `open` before it.
    pub(super) fn open_behind(&self, mut open: usize) -> usize {
        let (reserved, words) = self.words.split_at(self.reserved);
        for word in reserved.iter().map(String::as_str) {
            open += usize::from(OPENING.contains(&word));
            open = open.saturating_sub(usize::from(CLOSING.contains(&word)));
        }
        let is_loop = |word: &String| ["for", "select"].contains(&word.as_str());
        open + usize::from(words.first().is_some_and(is_loop))
    }

    /// Its words without the reserved ones, if any.
    pub(super) fn into_words(mut self) -> Option<Vec<String>> {
        self.words.drain(..self.reserved);
        (!self.words.is_empty()).then_some(self.words)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The words after the reserved ones.
pub(super) fn without_reserved(words: &[String]) -> &[String] {
    let reserved = words
        .iter()
        .take_while(|word| RESERVED.contains(&word.as_str()));
    &words[reserved.count()..]
}
