//! A simple command's words, and those before it that are reserved.

/// Words that come before a command without being a part of it.
const RESERVED: [&str; 14] = [
    "!", "{", "}", "if", "then", "elif", "else", "fi", "while", "until", "do", "done", "esac",
    "coproc",
];

/// Those that begin what the others end, and those.
const OPENING: [&str; 4] = ["{", "if", "while", "until"];
const CLOSING: [&str; 3] = ["}", "fi", "done"];

/// A simple command as far as it is read.
#[derive(Debug, Default)]
pub(super) struct Command {
    words: Vec<String>,
    /// How many of the words are reserved ones before it.
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

    /// Its own words.
    pub(super) fn words(&self) -> &[String] {
        &self.words[self.reserved..]
    }

    /// Whether it is `case WORD`, and `in` if it is to be.
    pub(super) fn is_case(&self, has_in: bool) -> bool {
        match self.words() {
            [case, _] => case == "case" && !has_in,
            [case, _, within] => case == "case" && within == "in" && has_in,
            _ => false,
        }
    }

    /// The name of the function that it is the start of: `function f {`.
    pub(super) fn function(&self) -> Option<&str> {
        match without_reserved(&self.words) {
            [function, name, ..] if function == "function" => Some(name),
            _ => None,
        }
    }

    /// Whether what it does is turned around.
    pub(super) fn is_negated(&self) -> bool {
        self.words[..self.reserved].iter().any(|word| word == "!")
    }

    /// How many compound commands are open behind it, if as many as `open` are before.
    pub(super) fn open_behind(&self, mut open: usize) -> usize {
        let (reserved, words) = self.words.split_at(self.reserved);
        for word in reserved.iter().map(String::as_str) {
            open += usize::from(OPENING.contains(&word));
            open = open.saturating_sub(usize::from(CLOSING.contains(&word)));
        }
        let is_loop = |word: &String| ["for", "select"].contains(&word.as_str());
        open + usize::from(words.first().is_some_and(is_loop))
    }

    /// Its own words, if there are any.
    pub(super) fn into_words(mut self) -> Option<Vec<String>> {
        self.words.drain(..self.reserved);
        (!self.words.is_empty()).then_some(self.words)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The words behind those that are reserved.
pub(super) fn without_reserved(words: &[String]) -> &[String] {
    let reserved = words
        .iter()
        .take_while(|word| RESERVED.contains(&word.as_str()));
    &words[reserved.count()..]
}
