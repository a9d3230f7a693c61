//! The functions that C sees. Their comments appear in `herald.h`.

mod config;
mod controls;
mod open;
mod sound;
mod throttle;
mod times;
