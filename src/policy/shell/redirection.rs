use std::mem;

use super::found::{HereDocument, Input};
use super::scan::Scanner;
use super::work::Unclear;

impl Scanner<'_> {
    /// Skips a redirection and its target, which is not a word of the command.
    pub(super) fn redirection(&mut self) -> Result<(), Unclear> {
        if self.goes_on(b"<<<") {
            self.skip(3)?;
            self.blanks()?;
            let statement = self.found.statement;
            let text = self.word()?;
            self.found.inputs.push(Input { statement, text });
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
                statement: self.found.statement,
                delimiter,
                is_quoted: written.iter().any(|byte| b"'\"\\".contains(byte)),
                is_indented,
            });
            return Ok(());
        }
        while matches!(self.peek(), Some(b'<' | b'>' | b'&' | b'|')) && !self.goes_on(b">(") {
            self.skip(1)?;
        }
        // `<&-` and `<&3-` end there; what follows is another word.
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

    /// Reads the here-documents named in the previous line.
    pub(super) fn here_documents(&mut self) -> Result<(), Unclear> {
        for document in mem::take(&mut self.documents) {
            let mut body = Vec::new();
            loop {
                if self.peek().is_none() {
                    // Shells warn and use the rest. Or it was not a here-document, and the rest runs.
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
            self.found.inputs.push(Input {
                statement: document.statement,
                text: String::from_utf8_lossy(&body).into_owned(),
            });
        }
        Ok(())
    }
}
