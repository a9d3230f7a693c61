//! From text to simple commands.

use std::mem;

use super::command::Command;
use super::found::{Found, HereDocument, Simple};
use super::work::{MAX_DEPTH, Unclear, Work};

/// Reads a text. After an error it must not be used, unless it is reset to its previous position
/// ([`Scanner::try_arithmetic`]).
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    depth: usize,
    /// Whether this is the outermost text.
    is_outermost: bool,
    /// Whether `((a))` is an arithmetic command.
    has_arithmetic: bool,
    pub(super) work: &'a mut Work,
    pub(super) found: &'a mut Found,
    pub(super) documents: Vec<HereDocument>,
}

/// The end of a list of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Text,
    Parenthesis,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(
        text: &'a [u8],
        depth: usize,
        has_arithmetic: bool,
        work: &'a mut Work,
        found: &'a mut Found,
    ) -> Self {
        Self {
            text,
            at: 0,
            depth,
            is_outermost: true,
            has_arithmetic,
            work,
            found,
            documents: Vec::new(),
        }
    }

    /// A scanner for a text within this one.
    pub(super) fn within<'b>(&'b mut self, text: &'b [u8]) -> Scanner<'b> {
        let (depth, has_arithmetic) = (self.depth, self.has_arithmetic);
        Scanner {
            is_outermost: false,
            ..Scanner::new(text, depth, has_arithmetic, self.work, self.found)
        }
    }

    /// Reads the whole text.
    pub(super) fn all(mut self) -> Result<(), Unclear> {
        self.list(End::Text)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn goes_on(&self, with: &[u8]) -> bool {
        self.text[self.at..].starts_with(with)
    }

    pub(super) fn skip(&mut self, count: usize) -> Result<(), Unclear> {
        self.at += count;
        self.work.spend(count)
    }

    /// Consumes the next byte.
    pub(super) fn next(&mut self) -> Result<u8, Unclear> {
        let next = self.peek().ok_or(Unclear::Grammar)?;
        self.skip(1)?;
        Ok(next)
    }

    /// Reads something nested.
    pub(super) fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Unclear>,
    ) -> Result<T, Unclear> {
        if self.depth == MAX_DEPTH {
            return Err(Unclear::TooMuch);
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// Reads commands up to and including the end.
    fn list(&mut self, end: End) -> Result<(), Unclear> {
        let around = self.found.chain;
        self.found.next_chain();
        let read = self.nested(|scanner| scanner.commands(end));
        self.found.chain = around;
        read
    }

    /// Reads a substitution after its opening parenthesis. A here-document of the surrounding line begins
    /// after the substitution, and one of its own ends within it.
    pub(super) fn substitution(&mut self) -> Result<(), Unclear> {
        let around = mem::take(&mut self.documents);
        self.list(End::Parenthesis)?;
        let within = mem::replace(&mut self.documents, around);
        within.is_empty().then_some(()).ok_or(Unclear::Grammar)
    }

    fn commands(&mut self, end: End) -> Result<(), Unclear> {
        let mut command = Command::default();
        let mut cases = 0;
        let mut open = 0;
        let is_within = end == End::Parenthesis || !self.is_outermost;
        // Whether the previous command is in the same pipeline, and whether another command must follow.
        let (mut is_piped, mut goes_on) = (false, false);
        loop {
            let Some(next) = self.peek() else {
                self.finish(&mut command, &mut open);
                let is_end = end == End::Text && cases == 0;
                return is_end.then_some(()).ok_or(Unclear::Grammar);
            };
            goes_on &= b" \t\r\n\\#".contains(&next);
            match next {
                b' ' | b'\t' | b'\r' => self.skip(1)?,
                b'\\' if self.goes_on(b"\\\n") => self.skip(2)?,
                b'#' => self.comment()?,
                b'\n' => {
                    self.skip(1)?;
                    self.here_documents()?;
                    // Its `in` may be on the next line.
                    if !command.is_case(false) && !goes_on {
                        self.finish(&mut command, &mut open);
                        is_piped = false;
                        self.found.separate(is_within || open + cases > 0, false);
                    }
                }
                b'&' if self.goes_on(b"&>") => self.redirection()?,
                b';' | b'&' | b'|' => {
                    self.finish(&mut command, &mut open);
                    let from = self.at;
                    while matches!(self.peek(), Some(b';' | b'&' | b'|')) {
                        if self.goes_on(b"&>") {
                            break;
                        }
                        self.skip(1)?;
                    }
                    let operator = &self.text[from..self.at];
                    let is_pipe = [&b"|"[..], b"|&"].contains(&operator);
                    let in_statement = is_within || is_pipe || open + cases > 0;
                    self.found
                        .separate(in_statement, operator == b"&&" && !is_piped);
                    is_piped = is_pipe;
                    goes_on = is_pipe || operator == b"&&" || operator == b"||";
                    let ends_case = operator.starts_with(b";;") || operator.starts_with(b";&");
                    if ends_case && cases > 0 && self.patterns()? {
                        cases -= 1;
                    }
                }
                b'<' | b'>' => match self.process_substitution()? {
                    true => command.push("<()".to_owned()),
                    false => self.redirection()?,
                },
                b'(' => self.parenthesis(&mut command, &mut open)?,
                b')' => {
                    self.finish(&mut command, &mut open);
                    let is_end = end == End::Parenthesis && cases == 0;
                    self.skip(1)?;
                    return is_end.then_some(()).ok_or(Unclear::Grammar);
                }
                _ => {
                    let word = self.word()?;
                    let is_descriptor = matches!(self.peek(), Some(b'<' | b'>'))
                        && !word.is_empty()
                        && (word.bytes().all(|byte| byte.is_ascii_digit())
                            || word.starts_with('{') && word.ends_with('}'));
                    if is_descriptor {
                        continue;
                    }
                    let is_first = command.words().is_empty();
                    match word.as_str() {
                        "[[" if is_first => self.test()?,
                        "esac" if is_first && cases > 0 => cases -= 1,
                        _ => command.push(word),
                    }
                    if command.is_case(true) {
                        open = command.open_behind(open);
                        command.clear();
                        if !self.patterns()? {
                            cases += 1;
                        }
                    }
                }
            }
        }
    }

    /// Ends a command. `open` is the number of surrounding compound commands.
    fn finish(&mut self, command: &mut Command, open: &mut usize) {
        let command = mem::take(command);
        *open = command.open_behind(*open);
        let found = &mut *self.found;
        if let Some(function) = command.function() {
            found.define(function);
        }
        let is_negated = command.is_negated();
        let simple = command.into_words().map(|words| Simple {
            words,
            statement: found.statement,
            chain: found.chain,
            is_negated,
        });
        found.commands.extend(simple);
    }

    fn comment(&mut self) -> Result<(), Unclear> {
        while self.peek().is_some_and(|next| next != b'\n') {
            self.skip(1)?;
        }
        Ok(())
    }

    pub(super) fn blanks(&mut self) -> Result<(), Unclear> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r') => self.skip(1)?,
                Some(b'\\') if self.goes_on(b"\\\n") => self.skip(2)?,
                _ => return Ok(()),
            }
        }
    }

    /// Reads an arithmetic command, a function's parentheses, or a subshell.
    fn parenthesis(&mut self, command: &mut Command, open: &mut usize) -> Result<(), Unclear> {
        let (text, from) = (self.text, self.at);
        if self.goes_on(b"((") && self.try_arithmetic(false)? {
            if self.has_arithmetic {
                return Ok(());
            }
            let commands = &text[from + 2..self.at - 2];
            let read = self.within(commands).all();
            return read.or_else(Unclear::unless_grammar);
        }
        self.skip(1)?;
        if let Some(last) = command.words().last() {
            // A pattern for names; for a negation it would be reserved.
            if last == "!" {
                return self.enclosed(Some(b'('), b')', false);
            }
            self.blanks()?;
            if self.peek() == Some(b')') {
                self.found
                    .define(&command.words()[command.words().len() - 1]);
                *open = command.open_behind(*open);
                command.clear();
                return self.skip(1);
            }
            // Today's shells refuse this; one that accepts it runs the content.
            self.finish(command, open);
        }
        self.list(End::Parenthesis)
    }

    /// Reads the patterns of a case up to their commands; returns true at the end of all cases.
    fn patterns(&mut self) -> Result<bool, Unclear> {
        let mut is_first = true;
        loop {
            match self.peek().ok_or(Unclear::Grammar)? {
                b' ' | b'\t' | b'\r' | b'\n' => self.skip(1)?,
                b'#' if is_first => self.comment()?,
                b'(' if is_first => self.skip(1)?,
                b')' => return self.skip(1).map(|()| false),
                b'|' => self.skip(1)?,
                b'(' | b';' | b'&' | b'<' | b'>' => return Err(Unclear::Grammar),
                _ => {
                    if self.word()? == "esac" && is_first {
                        return Ok(true);
                    }
                    is_first = false;
                }
            }
        }
    }

    /// Reads the inside of `[[ … ]]`, in which shell operators have no meaning.
    fn test(&mut self) -> Result<(), Unclear> {
        loop {
            match self.peek().ok_or(Unclear::Grammar)? {
                b'<' | b'>' if self.process_substitution()? => {}
                b' ' | b'\t' | b'\r' | b'\n' | b'(' | b')' | b'<' | b'>' | b'|' | b'&' | b';' => {
                    self.skip(1)?;
                }
                _ => {
                    if self.word()? == "]]" {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Reads `<(…)` or `>(…)`, if present.
    pub(super) fn process_substitution(&mut self) -> Result<bool, Unclear> {
        let is_one = self.goes_on(b"<(") || self.goes_on(b">(");
        if is_one {
            self.skip(2)?;
            self.substitution()?;
        }
        Ok(is_one)
    }

    /// Reads an arithmetic expression in double parentheses, if it is one. Otherwise it may be a nested
    /// subshell, and the position is unchanged.
    pub(super) fn try_arithmetic(&mut self, is_quoted: bool) -> Result<bool, Unclear> {
        let (from, depth) = (self.at, self.depth);
        let documents = self.documents.len();
        self.skip(2)?;
        let read = self.enclosed(Some(b'('), b')', is_quoted);
        if read.is_ok() && self.peek() == Some(b')') {
            self.skip(1)?;
            return Ok(true);
        }
        (self.at, self.depth) = (from, depth);
        self.documents.truncate(documents);
        // Fails at the end of the text, or without work left.
        self.work.spend(1).map(|()| false)
    }
}
