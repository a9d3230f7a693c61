//! The types that threads may share. The compiler checks it; `tests/public-api` does not list it.

use herald_audio::internals::manager::KnownFiring;
use herald_audio::internals::throttle::Key;
use herald_audio::{AudioManager, Decision, Dispatcher, Error, Options, Report};

const fn shared<T: Send + Sync + 'static>() {}
const fn cloned<T: Clone + Send + Sync + 'static>() {}

#[test]
fn a_manager_is_for_any_number_of_threads() {
    cloned::<AudioManager>();
    shared::<Dispatcher>();
}

#[test]
fn inputs_and_results_can_be_sent_to_another_thread() {
    cloned::<Options>();
    cloned::<Key>();
    shared::<Decision>();
    cloned::<Report>();
    cloned::<KnownFiring>();
    shared::<Error>();
}
