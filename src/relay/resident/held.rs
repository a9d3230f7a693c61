//! Permission requests that wait for a moment: an event that the call went on by itself takes them back, and then
//! nobody has to hear them, here or at a desk. As in the player, whose keys of the throttle these are.

use std::time::Duration;

use herald_audio::internals::player::protocol::Request;
use herald_audio::internals::throttle::Firing;
use herald_audio::{AudioManager, Throttle};

/// The maximum number of requests that wait.
const MAX_HELD: usize = 64;

/// The requests that wait, each with the mark that holds it.
#[derive(Default)]
pub(super) struct Held(Vec<(Request, Option<Firing>)>);

impl Held {
    /// Takes a request. Returns it if it does not wait.
    pub(super) fn hold(&mut self, request: Request, manager: &AudioManager) -> Option<Request> {
        let Some(key) = request.held_by.first().filter(|_| self.0.len() < MAX_HELD) else {
            return Some(request);
        };
        let mark = manager.throttle().recall(&**key);
        self.0.push((request, mark));
        None
    }

    /// How long until the next one has waited.
    pub(super) fn next(&self) -> Option<Duration> {
        self.0.iter().map(|(request, _)| left(request)).min()
    }

    /// The requests that have waited, and are to be heard.
    pub(super) fn due(&mut self, manager: &AudioManager) -> Vec<Request> {
        let throttle = manager.throttle();
        let is_due = |held: &mut (Request, Option<Firing>)| left(&held.0).is_zero();
        let due = self.0.extract_if(.., is_due);
        let heard = due.filter_map(|(mut request, mark)| {
            let is_needless = is_needless(&request, throttle);
            if let (Some(key), Some(mark)) = (request.held_by.first(), mark) {
                throttle.reset_if_last(&**key, mark);
            }
            if is_needless {
                manager.take_back(&request);
                return None;
            }
            request.held_by.clear();
            Some(request)
        });
        heard.collect()
    }
}

fn left(request: &Request) -> Duration {
    request
        .playback
        .settle()
        .saturating_sub(request.asked.age())
}

fn is_needless(request: &Request, throttle: &Throttle) -> bool {
    let mut marks = request
        .held_by
        .iter()
        .filter_map(|key| throttle.recall(&**key));
    marks.any(|mark| mark.is_cancelled)
}
