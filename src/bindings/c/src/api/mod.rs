//! The functions that C sees. What is said of them here is what `herald.h` says.

mod config;
mod controls;
mod open;
mod sound;
mod throttle;
mod times;
