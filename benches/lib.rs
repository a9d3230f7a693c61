//! Benches of Herald; see `throttle.rs`, `engine.rs` and `hook.rs`. Run with
//! `cargo bench -p benches`.
