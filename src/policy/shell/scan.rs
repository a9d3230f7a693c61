//! From text to simple commands.

use std::mem;

use super::command::Command;
use super::{MAX_DEPTH, Unclear, Work};

/// What a text consists of.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The words of each simple command, those within substitutions before the one around them.
    pub(super) commands: Vec<Vec<String>>,
    /// What commands are given to read: here-documents and here-strings.
    pub(super) inputs: Vec<String>,
}

/// A here-document that begins behind the current line.
#[derive(Debug)]
struct HereDocument {
    delimiter: String,
    /// Whether nothing in it is expanded.
    is_quoted: bool,
    /// Whether its lines may be indented by tabs.
    is_indented: bool,
}

/// Reads a text. On an error nothing more is to be read with it, unless it is put back to where it
/// was ([`Scanner::try_arithmetic`]).
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    depth: usize,
    pub(super) work: &'a mut Work,
    pub(super) found: &'a mut Found,
    documents: Vec<HereDocument>,
}

/// What ends a list of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Text,
    Parenthesis,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(
        text: &'a [u8],
        depth: usize,
        work: &'a mut Work,
        found: &'a mut Found,
    ) -> Self {
        Self {
            text,
            at: 0,
            depth,
            work,
            found,
            documents: Vec::new(),
        }
    }

    /// A scanner of a text within this one.
    pub(super) fn within<'b>(&'b mut self, text: &'b [u8]) -> Scanner<'b> {
        Scanner::new(text, self.depth, self.work, self.found)
    }

    /// Reads all of the text.
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

    /// What comes next, which is then behind.
    pub(super) fn next(&mut self) -> Result<u8, Unclear> {
        let next = self.peek().ok_or(Unclear::Grammar)?;
        self.skip(1)?;
        Ok(next)
    }

    /// Reads what is nested.
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

    /// Reads commands up to the end, and the end.
    fn list(&mut self, end: End) -> Result<(), Unclear> {
        self.nested(|scanner| scanner.commands(end))
    }

    /// The commands of a substitution, behind its opening parenthesis. A here-document of the line
    /// around it begins behind the substitution, and one of its own ends within it.
    pub(super) fn substitution(&mut self) -> Result<(), Unclear> {
        let around = mem::take(&mut self.documents);
        self.list(End::Parenthesis)?;
        let within = mem::replace(&mut self.documents, around);
        within.is_empty().then_some(()).ok_or(Unclear::Grammar)
    }

    fn commands(&mut self, end: End) -> Result<(), Unclear> {
        let mut command = Command::default();
        let mut cases = 0;
        loop {
            let Some(next) = self.peek() else {
                self.finish(&mut command);
                let is_end = end == End::Text && cases == 0;
                return is_end.then_some(()).ok_or(Unclear::Grammar);
            };
            match next {
                b' ' | b'\t' | b'\r' => self.skip(1)?,
                b'\\' if self.goes_on(b"\\\n") => self.skip(2)?,
                b'#' => self.comment()?,
                b'\n' => {
                    self.skip(1)?;
                    self.here_documents()?;
                    // Its `in` may be on the next line.
                    if !command.is_case(false) {
                        self.finish(&mut command);
                    }
                }
                b'&' if self.goes_on(b"&>") => self.redirection()?,
                b';' | b'&' | b'|' => {
                    self.finish(&mut command);
                    let ends_case = self.goes_on(b";;") || self.goes_on(b";&");
                    while matches!(self.peek(), Some(b';' | b'&' | b'|')) {
                        if self.goes_on(b"&>") {
                            break;
                        }
                        self.skip(1)?;
                    }
                    if ends_case && cases > 0 && self.patterns()? {
                        cases -= 1;
                    }
                }
                b'<' | b'>' => match self.process_substitution()? {
                    true => command.push("<()".to_owned()),
                    false => self.redirection()?,
                },
                b'(' => self.parenthesis(&mut command)?,
                b')' => {
                    self.finish(&mut command);
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
                        command.clear();
                        if !self.patterns()? {
                            cases += 1;
                        }
                    }
                }
            }
        }
    }

    fn finish(&mut self, command: &mut Command) {
        self.found.commands.extend(mem::take(command).into_words());
    }

    fn comment(&mut self) -> Result<(), Unclear> {
        while self.peek().is_some_and(|next| next != b'\n') {
            self.skip(1)?;
        }
        Ok(())
    }

    fn blanks(&mut self) -> Result<(), Unclear> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r') => self.skip(1)?,
                Some(b'\\') if self.goes_on(b"\\\n") => self.skip(2)?,
                _ => return Ok(()),
            }
        }
    }

    /// An arithmetic command, a function's parentheses, or a subshell.
    fn parenthesis(&mut self, command: &mut Command) -> Result<(), Unclear> {
        if self.goes_on(b"((") && self.try_arithmetic(false)? {
            return Ok(());
        }
        self.skip(1)?;
        if let Some(last) = command.words().last() {
            // A pattern for names: where it is a negation, it is reserved.
            if last == "!" {
                return self.enclosed(Some(b'('), b')', false);
            }
            self.blanks()?;
            if self.peek() == Some(b')') {
                command.clear();
                return self.skip(1);
            }
            // No shell of today's would go on; whichever does runs what is within.
            self.finish(command);
        }
        self.list(End::Parenthesis)
    }

    /// The patterns of a case, up to the commands behind them; or the end of all cases, then it is
    /// true.
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

    /// The inside of `[[ … ]]`, where operators are not the shell's.
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

    /// `<(…)` or `>(…)`, if that is what comes.
    pub(super) fn process_substitution(&mut self) -> Result<bool, Unclear> {
        let is_one = self.goes_on(b"<(") || self.goes_on(b">(");
        if is_one {
            self.skip(2)?;
            self.substitution()?;
        }
        Ok(is_one)
    }

    /// A redirection, and what it is about: that is no word of the command.
    fn redirection(&mut self) -> Result<(), Unclear> {
        if self.goes_on(b"<<<") {
            self.skip(3)?;
            self.blanks()?;
            let input = self.word()?;
            self.found.inputs.push(input);
            return Ok(());
        }
        if self.goes_on(b"<<") {
            self.skip(2)?;
            let is_indented = self.peek() == Some(b'-');
            self.skip(usize::from(is_indented))?;
            self.blanks()?;
            let from = self.at;
            let delimiter = self.word()?;
            let written = &self.text[from..self.at];
            self.documents.push(HereDocument {
                delimiter,
                is_quoted: written.iter().any(|byte| b"'\"\\".contains(byte)),
                is_indented,
            });
            return Ok(());
        }
        while matches!(self.peek(), Some(b'<' | b'>' | b'&' | b'|')) && !self.goes_on(b">(") {
            self.skip(1)?;
        }
        // `<&-` and `<&3-` end there: what stands behind is another word.
        if self.text[..self.at].ends_with(b"&") {
            let rest = &self.text[self.at..];
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if rest.get(digits) == Some(&b'-') {
                return self.skip(digits + 1);
            }
        }
        self.blanks()?;
        if !self.process_substitution()? {
            self.word()?;
        }
        Ok(())
    }

    /// The here-documents that the line before has named.
    fn here_documents(&mut self) -> Result<(), Unclear> {
        for document in mem::take(&mut self.documents) {
            let mut body = Vec::new();
            loop {
                if self.peek().is_none() {
                    // Shells warn, and take the rest. Or it was none, and the rest is run.
                    return Err(Unclear::Grammar);
                }
                let rest = &self.text[self.at..];
                let end = rest.iter().position(|byte| *byte == b'\n');
                let line = &rest[..end.unwrap_or(rest.len())];
                self.skip(line.len() + usize::from(end.is_some()))?;
                let tabs = line.iter().take_while(|byte| **byte == b'\t').count();
                let line = &line[if document.is_indented { tabs } else { 0 }..];
                let is_last =
                    line.strip_suffix(b"\r").unwrap_or(line) == document.delimiter.as_bytes();
                if is_last {
                    break;
                }
                body.extend_from_slice(line);
                body.push(b'\n');
            }
            if !document.is_quoted {
                self.within(&body).expansions()?;
            }
            let body = String::from_utf8_lossy(&body).into_owned();
            self.found.inputs.push(body);
        }
        Ok(())
    }

    /// An arithmetic expression in double parentheses, if it is one: what looks like it may be a
    /// subshell in a subshell, and is then still to be read.
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
        // Not what is behind the text, or out of work.
        self.work.spend(1).map(|()| false)
    }
}
