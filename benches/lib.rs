//! Benches of Herald; see `throttle/main.rs`, `engine.rs` and `hook.rs`. Run with
//! `cargo bench -p benches`.
