//! Discards sounds in real time.

use std::io;

use super::device::{Device, Stream};
use super::paced::{FORMAT, Paced, Sink};
use crate::audio::Format;
use crate::engine::Renderer;
use crate::error::Result;

struct Null;

pub(super) fn open() -> Box<dyn Device> {
    Box::new(Null)
}

impl Device for Null {
    fn name(&self) -> String {
        "null".to_owned()
    }

    fn format(&self) -> Format {
        FORMAT
    }

    /// Reopening costs nothing.
    fn is_worth_keeping(&self) -> bool {
        false
    }

    fn start(self: Box<Self>, renderer: Renderer) -> Result<Box<dyn Stream>> {
        Ok(Box::new(Paced::start(renderer, *self)?))
    }
}

impl Sink for Null {
    fn write(&mut self, _: &[f32]) -> io::Result<()> {
        Ok(())
    }

    fn close(self) -> io::Result<()> {
        Ok(())
    }
}
