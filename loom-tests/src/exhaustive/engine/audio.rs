//! A clip that records the thread that frees it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use loom::thread::{self, ThreadId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) rate: u32,
    pub(crate) channels: u16,
}

impl Format {
    pub(crate) fn frames(self, time: Duration) -> usize {
        (time.as_secs_f64() * f64::from(self.rate)).round() as usize
    }
}

/// One frame lasts as long as a fade.
pub(crate) const FORMAT: Format = Format {
    rate: 200,
    channels: 1,
};

/// The threads that freed clips.
pub(crate) type Freed = Arc<Mutex<Vec<ThreadId>>>;

#[derive(Debug)]
pub(crate) struct Clip {
    samples: Vec<f32>,
    freed: Freed,
}

impl Clip {
    pub(crate) fn new(samples: &[f32], freed: &Freed) -> Arc<Self> {
        Arc::new(Self {
            samples: samples.to_vec(),
            freed: freed.clone(),
        })
    }

    pub(crate) fn format(&self) -> Format {
        FORMAT
    }

    pub(crate) fn samples(&self) -> &[f32] {
        &self.samples
    }
}

impl Drop for Clip {
    fn drop(&mut self) {
        self.freed.lock().unwrap().push(thread::current().id());
    }
}
