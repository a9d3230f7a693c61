//! Words: quotes and expansions.

use super::scan::Scanner;
use super::work::Unclear;

impl Scanner<'_> {
    /// Reads a word without its quotes. It may be empty: then something else follows.
    pub(super) fn word(&mut self) -> Result<String, Unclear> {
        let mut word = Vec::new();
        while let Some(next) = self.peek() {
            match next {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b')' => break,
                b'(' => match word.as_slice() {
                    [.., b'='] => self.nested(Self::array)?,
                    // A pattern, unless it is a negation.
                    [_, .., b'!'] | [.., b'@' | b'?' | b'*' | b'+'] => {
                        self.skip(1)?;
                        self.enclosed(Some(b'('), b')', false)?;
                    }
                    _ => break,
                },
                b'\\' => {
                    self.skip(1)?;
                    match self.peek() {
                        None => word.push(b'\\'),
                        Some(b'\n') => self.skip(1)?,
                        Some(_) => word.push(self.next()?),
                    }
                }
                b'\'' => {
                    self.skip(1)?;
                    self.until_quote(&mut word)?;
                }
                b'"' => self.quoted(&mut word)?,
                b'$' => self.expansion(&mut word, false)?,
                b'`' => self.backquoted(&mut word, false)?,
                _ => word.push(self.next()?),
            }
        }
        Ok(String::from_utf8_lossy(&word).into_owned())
    }

    /// The values of an array.
    fn array(&mut self) -> Result<(), Unclear> {
        self.skip(1)?;
        loop {
            match self.peek().ok_or(Unclear::Grammar)? {
                b')' => return self.skip(1),
                b'#' => {
                    while self.peek().is_some_and(|next| next != b'\n') {
                        self.skip(1)?;
                    }
                }
                b'<' | b'>' if self.process_substitution()? => {}
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' => {
                    self.skip(1)?;
                }
                _ => {
                    self.word()?;
                }
            }
        }
    }

    fn until_quote(&mut self, word: &mut Vec<u8>) -> Result<(), Unclear> {
        loop {
            match self.next()? {
                b'\'' => return Ok(()),
                other => word.push(other),
            }
        }
    }

    /// A text in double quotes.
    fn quoted(&mut self, word: &mut Vec<u8>) -> Result<(), Unclear> {
        self.skip(1)?;
        loop {
            match self.peek().ok_or(Unclear::Grammar)? {
                b'"' => return self.skip(1),
                b'\\' => {
                    self.skip(1)?;
                    match self.next()? {
                        b'\n' => {}
                        escaped @ (b'$' | b'`' | b'"' | b'\\') => word.push(escaped),
                        other => word.extend([b'\\', other]),
                    }
                }
                b'$' => self.expansion(word, true)?,
                b'`' => self.backquoted(word, true)?,
                _ => word.push(self.next()?),
            }
        }
    }

    /// The expansions of a here-document.
    pub(super) fn expansions(mut self) -> Result<(), Unclear> {
        let mut ignored = Vec::new();
        while let Some(next) = self.peek() {
            match next {
                b'\\' => self.skip(if self.at + 1 < self.text.len() { 2 } else { 1 })?,
                b'$' => self.expansion(&mut ignored, true)?,
                b'`' => self.backquoted(&mut ignored, true)?,
                _ => self.skip(1)?,
            }
        }
        Ok(())
    }

    /// An expansion, which stays in the word as written.
    fn expansion(&mut self, word: &mut Vec<u8>, is_quoted: bool) -> Result<(), Unclear> {
        let from = self.at;
        self.skip(1)?;
        match self.peek() {
            Some(b'(') if self.goes_on(b"((") && self.try_arithmetic(is_quoted)? => {}
            Some(b'(') => {
                self.skip(1)?;
                self.substitution()?;
            }
            Some(b'{') => {
                self.skip(1)?;
                let inside = self.at;
                let runs = matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'|'));
                self.enclosed(runs.then_some(b'{'), b'}', is_quoted && !runs)?;
                if runs {
                    // Newer shells run the content, as in `$(…)`.
                    let commands = self.text[inside..self.at - 1].trim_ascii_start();
                    let commands = commands.strip_prefix(b"|").unwrap_or(commands);
                    self.within(commands).all()?;
                }
            }
            Some(b'\'') if !is_quoted => {
                self.skip(1)?;
                return self.escaped(word);
            }
            Some(b'"') if !is_quoted => return self.quoted(word),
            _ => {}
        }
        word.extend_from_slice(&self.text[from..self.at]);
        Ok(())
    }

    /// Reads up to and including `close`; `open` begins a nested part.
    pub(super) fn enclosed(
        &mut self,
        open: Option<u8>,
        close: u8,
        is_quoted: bool,
    ) -> Result<(), Unclear> {
        self.nested(|scanner| {
            let mut ignored = Vec::new();
            let from = scanner.at;
            let mut still_open = 0;
            loop {
                let next = scanner.peek().ok_or(Unclear::Grammar)?;
                match next {
                    _ if next == close => {
                        scanner.skip(1)?;
                        if still_open == 0 {
                            return Ok(());
                        }
                        still_open -= 1;
                    }
                    _ if Some(next) == open => {
                        scanner.skip(1)?;
                        still_open += 1;
                    }
                    b'\\' => {
                        scanner.skip(1)?;
                        scanner.next()?;
                    }
                    b'\'' if !is_quoted || is_pattern(&scanner.text[from..scanner.at]) => {
                        scanner.skip(1)?;
                        scanner.until_quote(&mut ignored)?;
                    }
                    b'"' => scanner.quoted(&mut ignored)?,
                    b'$' => scanner.expansion(&mut ignored, is_quoted)?,
                    b'`' => scanner.backquoted(&mut ignored, is_quoted)?,
                    b'<' | b'>' if scanner.process_substitution()? => {}
                    _ => scanner.skip(1)?,
                }
            }
        })
    }

    /// A substitution in backquotes: a separate text in which backquotes are escaped.
    fn backquoted(&mut self, word: &mut Vec<u8>, is_quoted: bool) -> Result<(), Unclear> {
        let from = self.at;
        self.skip(1)?;
        let mut text = Vec::new();
        loop {
            match self.next()? {
                b'`' => break,
                b'\\' => match self.next()? {
                    escaped @ (b'`' | b'\\' | b'$') => text.push(escaped),
                    b'"' if is_quoted => text.push(b'"'),
                    other => text.extend([b'\\', other]),
                },
                other => text.push(other),
            }
        }
        self.within(&text).all()?;
        word.extend_from_slice(&self.text[from..self.at]);
        Ok(())
    }

    /// The rest of `$'…'`.
    fn escaped(&mut self, word: &mut Vec<u8>) -> Result<(), Unclear> {
        loop {
            let next = self.next()?;
            match next {
                b'\'' => return Ok(()),
                b'\\' => {
                    let escape = self.next()?;
                    match escape {
                        b'x' => self.code(word, 16, 2)?,
                        b'u' => self.code(word, 16, 4)?,
                        b'U' => self.code(word, 16, 8)?,
                        b'0'..=b'7' => {
                            self.at -= 1;
                            self.code(word, 8, 3)?;
                        }
                        b'n' => word.push(b'\n'),
                        b't' => word.push(b'\t'),
                        b'r' => word.push(b'\r'),
                        b'a' | b'b' | b'e' | b'E' | b'f' | b'v' => word.push(b' '),
                        b'c' => {
                            self.next()?;
                            word.push(b' ');
                        }
                        other => word.push(other),
                    }
                }
                other => word.push(other),
            }
        }
    }

    /// A character by its number, with at most this many digits.
    fn code(&mut self, word: &mut Vec<u8>, radix: u32, max: usize) -> Result<(), Unclear> {
        let digits = self.text[self.at..].iter().take(max);
        let digits = digits.map_while(|byte| char::from(*byte).to_digit(radix));
        let digits: Vec<_> = digits.collect();
        self.skip(digits.len())?;
        let number = digits.into_iter().fold(0, |number: u32, digit| {
            number.wrapping_mul(radix).wrapping_add(digit)
        });
        let found = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
        word.extend(found.encode_utf8(&mut [0; 4]).bytes());
        Ok(())
    }
}

/// Whether an expansion within double quotes has a pattern, in which single quotes are quotes.
fn is_pattern(expansion: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_!@*[]".contains(byte);
    let operator = expansion.iter().find(|byte| !is_name(byte));
    operator.is_some_and(|operator| b"#%/^,".contains(operator))
}
