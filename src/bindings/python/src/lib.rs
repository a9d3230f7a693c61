//! The native half of the Python package `herald_audio`: its module `_native`.
//!
//! | file | responsibility |
//! |---|---|
//! | `manager` | the class: how a manager is made |
//! | `throttle` | the checks, in nanoseconds |
//! | `dictionary` | the throttle as the dictionary that the original kept in a file |
//! | `record` | what Python code was told of it, and what it said |
//! | `sound` | from a name to a sound that is heard |
//! | `config` | what is configured, and what the original's attributes show |
//! | `controls` | mute, snooze, volume |
//! | `dispatch` | a hook's event, its sound and its reply |
//! | `name`, `seconds`, `json`, `error` | values on their way between the languages |
//!
//! # The interpreter's lock
//!
//! Whatever may touch a file or wait for something lets other Python threads run meanwhile. Checks of
//! the throttle do not: they take less time than it takes to let go of the lock and to get it back, and
//! where threads compete for it, getting it back can take milliseconds.
//!
//! # Panics
//!
//! There are none to reach: numbers are checked where they come in (`seconds`).

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
