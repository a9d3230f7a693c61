//! The native half of the Python package `herald_audio`: its module `_native`.
//!
//! | file | responsibility |
//! |---|---|
//! | `manager` | the class |
//! | `throttle` | the checks, in nanoseconds |
//! | `dictionary` | the throttle as the dictionary that the original kept in a file |
//! | `record` | what Python code has read and written of it |
//! | `sound` | playing sounds |
//! | `config` | the config, and the original's attributes |
//! | `controls` | mute, snooze, volume |
//! | `dispatch` | events of hooks |
//! | `name`, `seconds`, `json`, `error` | conversion of values |
//!
//! # The interpreter's lock
//!
//! Calls that may access a file or wait release the lock for other Python threads. Checks of the throttle
//! keep it: they take less time than releasing and reacquiring it, which can take milliseconds if threads
//! compete.
//!
//! # Panics
//!
//! No panic is reachable: numbers are checked at the boundary (`seconds`).

mod config;
mod controls;
mod dictionary;
mod dispatch;
mod error;
mod json;
mod manager;
mod name;
mod record;
mod seconds;
mod sound;
mod throttle;
mod wait;

#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::controls::Controls;
    #[pymodule_export]
    use crate::error::HeraldError;
    #[pymodule_export]
    use crate::manager::Manager;
    #[pymodule_export]
    use crate::throttle::Decision;
}
