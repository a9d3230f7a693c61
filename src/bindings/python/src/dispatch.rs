//! Events of hooks: their sounds and replies.

use herald_audio::{DispatchReport, Dispatcher};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::Value;

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
            let dispatcher = Dispatcher::new(core.clone());
            let mut context = dispatcher.create_context(event_type, &payload);
            context.enable_audio = enable_audio;
            fields(&dispatcher.dispatch(&context))
        });
        json::to_python(py, &report)
    }
}

/// The fields of the report, named as in the original.
fn fields(report: &DispatchReport) -> Value {
    serde_json::to_value(report).unwrap_or_default()
}
