//! Benches of Herald; see `throttle/main.rs`, `engine/main.rs` and `hook.rs`. Run with
//! `cargo bench -p benches`.

/// The median of `times`.
pub fn median(mut times: Vec<f64>) -> f64 {
    let middle = times.len() / 2;
    *times.select_nth_unstable_by(middle, f64::total_cmp).1
}
