use std::sync::{Arc, Mutex, PoisonError};

use super::*;
use crate::audio::{Treatment, load};
use crate::error::{Error, ErrorKind};
use crate::sound::Chime;
use crate::system::env::Env;
use crate::system::sound_server::SoundServer;

/// A device pulled by a test.
#[derive(Clone, Default)]
struct Hand(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    renderer: Option<Renderer>,
    frames: u64,
    latency: Duration,
    failure: Option<String>,
    refuses: bool,
}

impl Hand {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pulls `frames` frames.
    fn pull(&self, frames: usize) -> Vec<f32> {
        let mut state = self.state();
        let mut out = vec![0.0; 2 * frames];
        state.renderer.as_mut().unwrap().render(&mut out);
        state.frames += frames as u64;
        out
    }
}

impl Device for Hand {
    fn name(&self) -> String {
        "hand".to_owned()
    }

    fn format(&self) -> Format {
        Format {
            rate: 48_000,
            channels: 2,
        }
    }

    fn start(self: Box<Self>, renderer: Renderer) -> Result<Box<dyn Stream>> {
        if self.state().refuses {
            return Err(Error::new(ErrorKind::Output, "not today"));
        }
        self.state().renderer = Some(renderer);
        Ok(self)
    }

    fn is_worth_keeping(&self) -> bool {
        true
    }
}

impl Stream for Hand {
    fn frames(&self) -> u64 {
        self.state().frames
    }

    fn latency(&self) -> Duration {
        self.state().latency
    }

    fn failure(&self) -> Option<String> {
        self.state().failure.clone()
    }
}

fn mixed() -> (Mixed, Hand) {
    let hand = Hand::default();
    let context = Context {
        master: Arc::default(),
        server: SoundServer::from_env(&Env::of::<&str, &str>([])),
        lead_in: None,
        state_dir: None,
    };
    (Mixed::new(Box::new(hand.clone()), &context), hand)
}

fn cue(from_ms: u64) -> Cue {
    let sound = Sound::Chime(Chime::Started);
    let format = Hand::default().format();
    Cue {
        clip: Some(Arc::new(load(&sound, format).unwrap())),
        sound,
        treatment: Treatment::default(),
        gain: 1.0,
        sides: [1.0; 2],
        from: Duration::from_millis(from_ms),
    }
}

#[test]
fn a_sound_is_heard_when_its_last_frame_had_time_to_reach_the_ear() {
    let (mut mixed, hand) = mixed();
    let voice = mixed.play(cue(0)).unwrap();
    mixed.start().unwrap();
    let frames = (voice.length.as_secs_f64() * 48_000.0) as usize;
    let first = hand.pull(frames - 1);
    assert!(
        first[..480].iter().any(|sample| *sample != 0.0),
        "from the start"
    );
    assert_eq!(mixed.progress(voice.id), Progress::Sounding);
    hand.state().latency = Duration::from_secs(3_600);
    hand.pull(2);
    assert_eq!(mixed.progress(voice.id), Progress::Fading);
    assert_eq!(
        mixed.heard(voice.id),
        Duration::ZERO,
        "an hour is on its way"
    );
    hand.state().latency = Duration::ZERO;
    assert_eq!(mixed.heard(voice.id), voice.length);
    assert_eq!(mixed.progress(voice.id), Progress::Heard);
}

#[test]
fn where_a_sound_goes_on_is_what_was_surely_heard() {
    let (mut mixed, hand) = mixed();
    let voice = mixed.play(cue(20)).unwrap();
    mixed.start().unwrap();
    assert_eq!(mixed.heard(voice.id).as_millis(), 20);
    hand.pull(4_800);
    hand.state().latency = Duration::from_millis(30);
    assert_eq!(mixed.heard(voice.id).as_millis(), 20 + 100 - 30);
}

#[test]
fn a_stopped_sound_is_stopped() {
    let (mut mixed, hand) = mixed();
    let voice = mixed.play(cue(0)).unwrap();
    mixed.start().unwrap();
    hand.pull(100);
    mixed.stop(voice.id);
    assert_eq!(mixed.progress(voice.id), Progress::Sounding, "it fades out");
    hand.pull(480);
    assert_eq!(mixed.progress(voice.id), Progress::Stopped);
}

#[test]
fn a_device_that_ends_or_does_not_start_says_why() {
    let (mut mixed, hand) = self::mixed();
    mixed.play(cue(0)).unwrap();
    mixed.start().unwrap();
    hand.pull(1);
    assert_eq!(mixed.failure(), None);
    hand.state().failure = Some("unplugged".to_owned());
    assert_eq!(mixed.failure().as_deref(), Some("unplugged"));

    let (mut mixed, hand) = self::mixed();
    hand.state().refuses = true;
    assert!(mixed.start().unwrap_err().to_string().contains("not today"));
    assert_eq!(mixed.failure(), None);
}

#[test]
fn a_device_that_stands_still_with_something_to_play_is_dead() {
    let (mut mixed, hand) = mixed();
    let voice = mixed.play(cue(0)).unwrap();
    mixed.start().unwrap();
    let long_ago = Instant::now().checked_sub(STALL_LIMIT).unwrap();
    mixed.pulled.1 = long_ago;
    assert!(mixed.failure().unwrap().contains("took no samples"));
    hand.pull(480);
    assert_eq!(mixed.failure(), None, "it moves");
    mixed.pulled.1 = long_ago;
    hand.pull(48_000);
    assert_eq!(mixed.progress(voice.id), Progress::Heard);
    mixed.pulled = (mixed.stream().unwrap().frames(), long_ago);
    assert_eq!(mixed.failure(), None, "nothing to play");
}
