//! The config, and the original's attributes for it.

use std::path::PathBuf;

use herald_audio::internals::event::{Event, official};
use herald_audio::internals::original::player_command;
use herald_audio::internals::state_file::Storage;
use herald_audio::internals::state_file::layout::FILE_NAME;
use herald_audio::internals::system::state_dir;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::json;
use crate::manager::{Manager, OpenManager};
use crate::name::Name;
use crate::seconds::{Seconds, shown};

/// Where the original searched for sounds, below the project.
const SOUNDS_DIR: &str = ".claude/sounds";

impl OpenManager {
    fn base_path(&self) -> PathBuf {
        let config = self.core.config();
        let root = self.core.project_root().unwrap_or("".as_ref());
        let configured = config.base_path().map(PathBuf::from);
        configured.unwrap_or_else(|| root.join(SOUNDS_DIR))
    }
}

/// The config, and the original's attributes.
#[pymethods]
impl Manager {
    /// The throttle window of audio_type in seconds, from the config files; else default_seconds, but at
    /// least 0.
    fn get_throttle_window<'py>(
        &self,
        py: Python<'py>,
        audio_type: Name<'_>,
        default_seconds: Seconds,
    ) -> PyResult<Bound<'py, PyAny>> {
        let configured = self.open()?.core.config().configured_window(&audio_type);
        let configured = configured.map(|window| window.as_secs_f64());
        shown(py, configured.unwrap_or(default_seconds.get().max(0.0)))
    }

    /// The effective value of a dotted key, such as audio_settings.volume; default if there is none.
    #[pyo3(signature = (key, default = None))]
    fn get_config<'py>(
        &self,
        py: Python<'py>,
        key: &str,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let open = self.open()?;
        match py.detach(|| open.core.get_config(key)) {
            Some(value) => json::to_python(py, &value).map(Some),
            None => Ok(default),
        }
    }

    /// The problems of the config files and the state directory, and what is missing because of them.
    fn notes(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let open = self.open()?;
        Ok(py.detach(|| {
            let mut notes = open.core.notes();
            let config = open.core.config();
            notes.extend(config.issues().iter().map(ToString::to_string));
            notes
        }))
    }

    /// The project's directory.
    #[getter]
    fn project_dir(&self) -> PyResult<Option<PathBuf>> {
        let root = self.open()?.core.project_root();
        Ok(root.map(PathBuf::from))
    }

    /// The official name of an event in any spelling. Other names, and values that are not names, are
    /// returned unchanged.
    #[staticmethod]
    fn _normalize_key<'py>(py: Python<'py>, raw: Bound<'py, PyAny>) -> Bound<'py, PyAny> {
        let event = raw.extract::<&str>().ok().and_then(Event::find);
        match event {
            Some(event) => PyString::new(py, event.name).into_any(),
            None => raw,
        }
    }

    /// Whether the throttle is shared with other processes.
    fn _use_file_locking(&self, py: Python<'_>) -> PyResult<bool> {
        let open = self.open()?;
        let health = py.detach(|| open.core.throttle().state_file().health());
        Ok(health.storage != Storage::InProcess)
    }

    /// The throttle's state file; None if there is none.
    #[getter]
    fn _throttle_path(&self, py: Python<'_>) -> PyResult<Option<PathBuf>> {
        let open = self.open()?;
        let found = py.detach(|| state_dir::find(&open.env));
        Ok(found.ok().map(|(dir, _)| dir.join(FILE_NAME)))
    }

    /// The configured throttle windows in seconds, by event.
    #[getter]
    fn _throttle_cfg<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let windows = PyDict::new(py);
        for (name, window) in self.open()?.core.config().windows() {
            windows.set_item(name, shown(py, window.as_secs_f64())?)?;
        }
        Ok(windows)
    }

    /// The program that plays.
    #[getter]
    fn _player_cmd(&self) -> PyResult<String> {
        Ok(player_command(&self.open()?.env).0)
    }

    /// Its arguments before the file.
    #[getter]
    fn _player_base_args(&self) -> PyResult<Vec<String>> {
        Ok(player_command(&self.open()?.env).1)
    }

    /// Its time limit, in seconds.
    #[getter]
    fn _timeout_s(&self) -> PyResult<f64> {
        Ok(player_command(&self.open()?.env).2.as_secs_f64())
    }

    /// Reads the config's files again.
    fn _reload(&self, py: Python<'_>) -> PyResult<()> {
        let open = self.open()?;
        py.detach(|| open.core.reload_config());
        Ok(())
    }

    /// The sounds directory, the configured files by event, and the volume.
    fn _configured<'py>(&self, py: Python<'py>) -> PyResult<(PathBuf, Bound<'py, PyDict>, f64)> {
        let open = self.open()?;
        let config = open.core.config();
        let mappings = PyDict::new(py);
        for (name, file) in config.mappings() {
            mappings.set_item(official(&name), file)?;
        }
        // Converts through decimal: 0.2 instead of the nearest 32-bit float.
        let volume = config.volume();
        let shortest = volume.to_string().parse().unwrap_or(f64::from(volume));
        Ok((open.base_path(), mappings, shortest))
    }

    /// The whole effective config, in the format of config files.
    fn _effective<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let open = self.open()?;
        let effective = py.detach(|| open.core.config().effective());
        json::to_python(py, &effective)
    }
}
