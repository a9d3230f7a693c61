//! Whole screens, for the keyboard alone. They need no colour and 80 columns by 24 lines, and leave the
//! terminal as it was, whatever ends them.

#[cfg(unix)]
mod guard;

use std::io::{self, IsTerminal};
use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::text::Line;

use herald_audio::{Error, ErrorKind, Result};

use crate::interrupt;

/// How long to wait for a key before the view may do something else.
const TICK: Duration = Duration::from_millis(100);

/// What is on a screen.
pub(crate) trait View {
    fn draw(&mut self, frame: &mut Frame<'_>);

    /// Handles a key. Returns whether to go on.
    fn press(&mut self, key: KeyCode) -> bool;

    /// Called about ten times in a second, and after each key.
    fn tick(&mut self);
}

/// Shows the view that `make` makes until it ends. `instead` names the plain commands, for whoever has no
/// terminal.
///
/// # Errors
///
/// [`ErrorKind::Output`] without a terminal, or if it cannot be read or written.
pub(crate) fn show<V: View>(instead: &'static str, make: impl FnOnce() -> V) -> Result<u8> {
    let cannot = || Error::new(ErrorKind::Output, "cannot show a screen");
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(cannot().because("this is no terminal").with_hint(instead));
    }
    #[cfg(unix)]
    if let Some(code) = guard::stand(|| cannot().with_hint(instead))? {
        return Ok(code);
    }
    let failed = |error| cannot().because(error);
    // A panic restores the terminal, too.
    let mut terminal = ratatui::try_init().map_err(failed)?;
    let shown = run(&mut make(), &mut terminal);
    ratatui::try_restore().map_err(failed)?;
    shown.map(|()| 0).map_err(failed)
}

fn run(view: &mut impl View, terminal: &mut ratatui::DefaultTerminal) -> io::Result<()> {
    loop {
        view.tick();
        terminal.draw(|frame| view.draw(frame))?;
        let is_over = || {
            #[cfg(unix)]
            if guard::is_gone() {
                return true;
            }
            interrupt::check().is_err()
        };
        if is_over() {
            return Ok(());
        }
        if !event::poll(TICK)? {
            continue;
        }
        if let Event::Key(key) = event::read()?
            && key.kind != KeyEventKind::Release
            && (is_end(key) || !view.press(key.code))
        {
            return Ok(());
        }
    }
}

/// Ctrl-C and Ctrl-D.
fn is_end(key: KeyEvent) -> bool {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    is_control && matches!(key.code, KeyCode::Char('c' | 'd'))
}

/// Draws text on one line, which is cut where the area ends.
pub(crate) fn line(frame: &mut Frame<'_>, area: Rect, text: &str) {
    frame.render_widget(Line::raw(text), area);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    /// Nothing panics, however small the terminal is.
    pub(crate) fn draw_in_every_size(view: &mut impl View) {
        for width in (0..90).step_by(3) {
            for height in 0..26 {
                let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
                terminal.draw(|frame| view.draw(frame)).unwrap();
            }
        }
    }
}
