//! `herald-relay` as people use it, against a real server: the first of `redis-server` and `valkey-server` on the
//! `PATH`, in a directory of its own.

#![cfg(target_os = "linux")]

mod controls;
mod figures;
mod hooks;
mod join;
mod machine;
mod own_server;
mod refused;
mod rights;
mod server;
