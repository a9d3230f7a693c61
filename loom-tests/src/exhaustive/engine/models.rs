//! The models, for each copy.

/// Makes the models of copy `$copy`: a module of functions.
macro_rules! models {
    ($copy:ident) => {
        #[allow(
            dead_code,
            reason = "a broken copy is given to the models that must catch it"
        )]
        pub(crate) mod $copy {
            use std::sync::{Arc, Mutex};
            use std::time::Duration;

            use crate::exhaustive::engine::audio::{Clip, FORMAT, Freed};
            use crate::exhaustive::engine::copies::$copy as engine;
            use crate::exhaustive::engine::{both, explore, three};
            use engine::life::{Life, VoiceState};
            use engine::{Engine, Master, Renderer};

            /// Every accepted value is received once and in order; and neither end meets a half-done
            /// operation of the other, or the queue panics.
            pub(crate) fn lane_gives_every_value_once(capacity: usize) {
                explore(2, move |rotation| {
                    let (mut sender, mut receiver) = engine::lane::lane(capacity);
                    let send = move || {
                        let mut sent = Vec::new();
                        for n in 0..3 {
                            match sender.push(n) {
                                Ok(()) => sent.push(n),
                                Err(back) => assert_eq!(back, n),
                            }
                        }
                        (sender, sent)
                    };
                    let receive = move || {
                        let received: Vec<i32> = (0..3).filter_map(|_| receiver.pop()).collect();
                        (receiver, received)
                    };
                    let ((mut sender, sent), (mut receiver, mut received)) =
                        both(rotation, send, receive);
                    received.extend(std::iter::from_fn(|| receiver.pop()));
                    assert_eq!(received, sent);
                    assert!(sent.len() >= capacity, "it was not full");
                    assert_eq!(sender.push(9), Ok(()), "it is empty now");
                });
            }

            /// A voice ends once, as its stoppers were told.
            pub(crate) fn life_ends_as_it_was_told() {
                explore(3, |rotation| {
                    let life = Life::shared(1.0, 0);
                    let stop = |life: &Arc<Life>| {
                        let life = life.clone();
                        move || life.stop()
                    };
                    let (first, second) = (stop(&life), stop(&life));
                    let rendered = life.clone();
                    // Like a voice, in two callbacks.
                    let render = move || {
                        if !rendered.begin() {
                            rendered.end();
                            return false;
                        }
                        assert!(!rendered.state().is_over());
                        rendered.end();
                        assert!(rendered.state().is_over());
                        true
                    };
                    let (sounded, stopped, stopped_too) = three(rotation, render, first, second);
                    let end = life.state();
                    assert_eq!(stopped, stopped_too, "both were told the same");
                    match end {
                        VoiceState::Finished => assert!(!stopped),
                        VoiceState::Stopped => assert!(stopped),
                        _ => panic!("it ended as {end:?}"),
                    }
                    assert!(sounded || stopped, "it never began, and nobody stopped it");
                });
            }

            /// Renders `frames` callbacks of one frame.
            fn render(renderer: &mut Renderer, frames: usize) -> f32 {
                let mut sum = 0.0;
                for _ in 0..frames {
                    let mut out = [0.0];
                    renderer.render(&mut out);
                    sum += out[0];
                }
                sum
            }

            fn new_engine() -> (Engine, Renderer) {
                Engine::with(FORMAT, Duration::ZERO, Arc::<Master>::default())
            }

            /// Voices that start, stop and end; handles dropped while they play; full lanes. Every accepted
            /// voice plays to its end unless stopped, and the callback frees none.
            pub(crate) fn voices_are_heard_and_freed_elsewhere() {
                explore(2, |rotation| {
                    let freed = Freed::default();
                    let rendering = Arc::new(Mutex::new(None));
                    let (mut engine, mut renderer) = new_engine();
                    let clips = [0.0, 0.25, 0.5].map(|level| Clip::new(&[level], &freed));
                    let control = move || {
                        let [silent, quiet, loud] = clips;
                        let stopped = engine.play(silent, 1.0).unwrap();
                        drop(engine.play(quiet, 1.0).unwrap());
                        stopped.stop();
                        let heard = match engine.play(loud, 1.0) {
                            Ok(_) => 0.75,
                            Err(_) => 0.25,
                        };
                        (engine, heard)
                    };
                    let id = rendering.clone();
                    let callback = move || {
                        *id.lock().unwrap() = Some(loom::thread::current().id());
                        let sum = render(&mut renderer, 2);
                        (renderer, sum)
                    };
                    let ((mut engine, expected), (mut renderer, mut sum)) =
                        both(rotation, control, callback);
                    let callback = rendering.lock().unwrap().unwrap();
                    let on_time = freed.lock().unwrap().clone();
                    assert!(!on_time.contains(&callback), "freed by the callback");
                    for _ in 0..4 {
                        sum += render(&mut renderer, 1);
                        engine.free_ended();
                    }
                    assert_eq!(sum, expected, "a voice was lost, or heard twice");
                    assert_eq!(freed.lock().unwrap().len(), 3, "a clip was not freed");
                });
            }

            /// The control side is dropped while the callback continues.
            pub(crate) fn the_engine_may_go_first() {
                explore(2, |rotation| {
                    let freed = Freed::default();
                    let (mut engine, mut renderer) = new_engine();
                    let clips = [0.25, 0.5].map(|level| Clip::new(&[level], &freed));
                    let control = move || {
                        for clip in clips {
                            drop(engine.play(clip, 1.0));
                        }
                        drop(engine);
                    };
                    let seen = freed.clone();
                    let callback = move || {
                        let own = loom::thread::current().id();
                        let sum = render(&mut renderer, 3);
                        let by_us = seen.lock().unwrap().contains(&own);
                        assert!(!by_us, "freed by the callback");
                        (renderer, sum)
                    };
                    let ((), (mut renderer, sum)) = both(rotation, control, callback);
                    assert_eq!(sum + render(&mut renderer, 3), 0.75);
                    drop(renderer);
                    assert_eq!(freed.lock().unwrap().len(), 2, "a clip was not freed");
                });
            }
        }
    };
}

models!(engine_shipped);
models!(engine_loads_that_write);
models!(push_announced_too_early);
models!(pop_announced_too_early);
models!(push_announced_relaxed);
models!(pop_announced_relaxed);
models!(push_learnt_relaxed);
models!(pop_learnt_relaxed);
models!(pop_without_a_look);
models!(push_without_a_look);
models!(one_more_than_fits);
models!(end_by_store);
models!(stop_by_store);
models!(begin_by_store);
models!(freed_in_the_callback);
models!(full_lane_forgotten);
