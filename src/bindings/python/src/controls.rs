//! Mute, snooze and master volume, with immediate effect in all processes of a user.

use herald_audio::internals::clock::{Clock, SystemClock};
use herald_audio::internals::controls::Controls as CoreControls;
use pyo3::prelude::*;

use crate::error::raised;
use crate::manager::Manager;
use crate::seconds::Seconds;

/// The controls in force for all sounds of a user, at the moment of the call.
#[pyclass(frozen, get_all, module = "herald_audio")]
pub(crate) struct Controls {
    /// Whether everything is muted, until unmute().
    muted: bool,
    /// Seconds until a snooze ends; None if there is none.
    snoozed_for: Option<f64>,
    /// The master volume, a factor from 0 to 1 on top of every configured volume; None if never set.
    volume: Option<f64>,
    /// Whether sound is off for one of these reasons.
    silent: bool,
}

#[pymethods]
impl Controls {
    fn __repr__(&self) -> String {
        let shown = |number: Option<f64>| number.map_or("None".to_owned(), |n| format!("{n:?}"));
        let python = |truth: bool| if truth { "True" } else { "False" };
        format!(
            "Controls(muted={}, snoozed_for={}, volume={}, silent={})",
            python(self.muted),
            shown(self.snoozed_for),
            shown(self.volume),
            python(self.silent),
        )
    }
}

impl Controls {
    fn of(controls: CoreControls) -> Self {
        let now = SystemClock.unix_ms();
        let snoozed_for = controls.snooze().left(now);
        let thousandths = controls.thousandths();
        Self {
            muted: controls.is_muted(),
            snoozed_for: snoozed_for.map(|left| left.as_secs_f64()),
            volume: thousandths.map(|volume| f64::from(volume) / 1_000.0),
            silent: controls.silence(now).is_some(),
        }
    }
}

/// Mute, snooze and master volume.
#[pymethods]
impl Manager {
    /// The controls in force now, for all projects and processes of this user.
    fn controls(&self, py: Python<'_>) -> PyResult<Controls> {
        let open = self.open()?;
        Ok(py.detach(|| Controls::of(open.core.controls())))
    }

    /// Mutes everything, including sounds that are playing, until unmute().
    fn mute(&self, py: Python<'_>) -> PyResult<Controls> {
        self.change(py, herald_audio::AudioManager::mute)
    }

    /// Ends a mute and a snooze.
    fn unmute(&self, py: Python<'_>) -> PyResult<Controls> {
        self.change(py, herald_audio::AudioManager::unmute)
    }

    /// Mutes everything for this many seconds, from 1 to a week, replacing an earlier snooze.
    fn snooze(&self, py: Python<'_>, seconds: Seconds) -> PyResult<Controls> {
        self.change(py, |core| core.snooze(seconds.duration()))
    }

    /// Sets the master volume, a factor from 0 to 1 on top of every configured volume; None resets it.
    #[pyo3(signature = (volume))]
    fn set_volume(&self, py: Python<'_>, volume: Option<f64>) -> PyResult<Controls> {
        self.change(py, |core| {
            core.set_volume(volume.map(|volume| volume as f32))
        })
    }
}

impl Manager {
    fn change(
        &self,
        py: Python<'_>,
        change: impl Fn(&herald_audio::AudioManager) -> herald_audio::Result<CoreControls> + Sync,
    ) -> PyResult<Controls> {
        let open = self.open()?;
        py.detach(|| change(&open.core).map(Controls::of))
            .map_err(raised)
    }
}
