//! Waits for a future with a time limit.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The output of `future` if it completes within `limit`; otherwise it is dropped.
pub(super) fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut context = Context::from_waker(&waker);
    let deadline = Instant::now() + limit;
    loop {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut context) {
            return Some(answer);
        }
        let rest = deadline.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return None;
        }
        thread::park_timeout(rest);
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn, ready};

    use super::*;

    #[test]
    fn waiting_for_an_answer_has_a_limit() {
        let plenty = Duration::from_secs(60);
        assert_eq!(within(plenty, ready(7)), Some(7));
        assert_eq!(within(Duration::from_millis(1), pending::<()>()), None);
        let mut asked = 0;
        let later = poll_fn(|context| {
            asked += 1;
            if asked < 3 {
                let waker = context.waker().clone();
                thread::spawn(move || waker.wake());
                return Poll::Pending;
            }
            Poll::Ready(asked)
        });
        assert_eq!(within(plenty, later), Some(3));
    }
}
