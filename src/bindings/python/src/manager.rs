//! The class of managers.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use herald_audio::internals::state_file::Storage;
use herald_audio::internals::system::env::Env;
use herald_audio::{AudioManager, Options};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::error::{HeraldError, raised};
use crate::record::Record;

/// The base of herald_audio.AudioManager: everything except assignable attributes.
#[pyclass(frozen, subclass, module = "herald_audio._native")]
pub(crate) struct Manager(OnceLock<OpenManager>);

/// An initialised manager.
pub(crate) struct OpenManager {
    pub(crate) core: AudioManager,
    /// The environment for locating files.
    pub(crate) env: Env,
    /// Whether a check of the throttle locks a file, and may wait for it.
    pub(crate) locks_files: bool,
    record: Mutex<Record>,
}

impl Manager {
    /// The manager, if it is initialised.
    pub(crate) fn open(&self) -> PyResult<&OpenManager> {
        self.0.get().ok_or_else(not_open)
    }
}

#[cold]
fn not_open() -> PyErr {
    HeraldError::new_err("this manager is not initialised (call super().__init__() in your class)")
}

impl OpenManager {
    /// What Python code has read and written. Only locked by threads that hold the interpreter's lock
    /// throughout, so no fork finds it locked, and nothing waits for it.
    pub(crate) fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new(
        project_dir: Option<PathBuf>,
        in_process: bool,
        player: Option<PathBuf>,
    ) -> herald_audio::Result<Self> {
        let env = project_dir.map_or_else(Env::snapshot, in_project);
        let mut options = Options::new().env(env.clone());
        if in_process {
            options = options.in_process();
        }
        if let Some(player) = player {
            options = options.player(player);
        }
        let core = AudioManager::open(options)?;
        // So that no fork happens during it.
        core.prepare();
        let storage = core.throttle().state_file().health().storage;
        Ok(Self {
            core,
            env,
            locks_files: storage == Storage::Locked,
            record: Mutex::default(),
        })
    }
}

/// This process's current environment, with another project.
fn in_project(dir: PathBuf) -> Env {
    let dir = std::path::absolute(&dir).unwrap_or(dir);
    Env::snapshot().with("CLAUDE_PROJECT_DIR", dir)
}

#[pymethods]
impl Manager {
    /// Accepts the arguments of any subclass's initializer.
    #[new]
    #[pyo3(
        signature = (*_args, **_options),
        text_signature = "(*, project_dir=None, in_process=False, player=None)"
    )]
    fn new(_args: &Bound<'_, PyTuple>, _options: Option<&Bound<'_, PyDict>>) -> Self {
        Self(OnceLock::new())
    }

    #[pyo3(signature = (*, project_dir = None, in_process = false, player = None))]
    fn __init__(
        &self,
        py: Python<'_>,
        project_dir: Option<PathBuf>,
        in_process: bool,
        player: Option<PathBuf>,
    ) -> PyResult<()> {
        if in_process && cfg!(not(feature = "playback")) {
            return Err(HeraldError::new_err(
                "this installation cannot play in process (reinstall it with \
                 pip install -C build-args='--features playback' and the path of src/bindings/python)",
            ));
        }
        // Reads the config and opens the state file.
        let open = py.detach(|| OpenManager::new(project_dir, in_process, player));
        let is_first = self.0.set(open.map_err(raised)?).is_ok();
        match is_first {
            true => Ok(()),
            false => Err(HeraldError::new_err(
                "this manager is initialised already (create another one)",
            )),
        }
    }

    /// Managers cannot be pickled or copied.
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a manager cannot be pickled (create one in each process; they share the throttle)",
        ))
    }
}
