//! Events of hooks: their sounds and replies.

use herald_audio::Dispatcher;
use herald_audio::internals::dispatcher::DispatchContext;
use herald_audio::internals::original::Record;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::json;
use crate::manager::Manager;

/// The implementation of HeraldDispatcher.
#[pymethods]
impl Manager {
    fn _dispatch<'py>(
        &self,
        py: Python<'py>,
        event_type: &str,
        payload: &Bound<'py, PyDict>,
        enable_audio: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let core = &self.open()?.core;
        let payload = json::object(payload)?;
        let report = py.detach(|| {
            let payload = serde_json::to_vec(&payload).unwrap_or_default();
            let mut context = DispatchContext::of(event_type, &payload);
            context.enable_audio = enable_audio;
            let report = Dispatcher::new(core.clone()).dispatch_context(&context);
            serde_json::to_value(Record::of(&report)).unwrap_or_default()
        });
        json::to_python(py, &report)
    }
}
