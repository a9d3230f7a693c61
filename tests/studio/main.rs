//! `herald-studio`: what it fetches, what it unpacks, and its commands as a program.

mod archives;
mod packed;
mod packs;
#[cfg(target_os = "linux")]
mod screens;
mod server;
mod web;
