//! Plays sounds by name.

use std::path::{Path, PathBuf};
use std::time::Instant;

use herald_audio::internals::event::Event;
use herald_audio::internals::original::{defaults, play_audio_as};
use herald_audio::internals::sound::{Chime, Sound};
use herald_audio::internals::system::env::Env;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use serde_json::{Map, Value};

use crate::error::{HeraldError, raised};
use crate::json;
use crate::manager::{Manager, OpenManager};
use crate::seconds::Seconds;
use crate::wait::{LOOK_EVERY, answer, waiting};

/// The caller's own sounds directory, and the file that the name maps to there.
type Own = (PathBuf, Option<String>);

/// The first members of the context, in the original's order. Later values override earlier ones.
const FIRST: [&str; 5] = ["audioType", "enabled", "playerCmd", "volume", "filePath"];
const LAST: [&str; 4] = ["status", "reason", "returnCode", "error"];

impl OpenManager {
    /// The sound for `name`. If the caller's own directory is set, nothing else applies.
    fn sound(&self, name: &str, own: Option<&Own>, takes_turn: bool) -> Option<Sound> {
        match (own, takes_turn) {
            (Some((dir, file)), _) => own_sound(name, dir, file.as_deref(), &self.env),
            // Advances to the next one of several.
            (None, true) => self.core.pick_sound(name),
            (None, false) => self.core.config().sound(name),
        }
    }

    fn volume(&self, name: &str, own: Option<f64>) -> f32 {
        own.map_or_else(
            || self.core.config().volume_of(name),
            |volume| volume as f32,
        )
    }

    /// A sound by name or file.
    fn named_sound(&self, name: &str, own: Option<&Own>) -> herald_audio::Result<Sound> {
        let named = self.sound(name, own, true);
        named.map_or_else(|| self.core.sound_in_file(name), Ok)
    }
}

/// The file of `name` in `dir`; by default the original's file name.
fn own_sound(name: &str, dir: &Path, file: Option<&str>, env: &Env) -> Option<Sound> {
    let of_original = || Some(defaults(Event::find(name)?.name)?.file);
    let file = file.or_else(of_original)?;
    if let Some(chime) = file.strip_prefix("builtin:") {
        return Chime::named(chime).map(Sound::Chime);
    }
    let path = std::path::absolute(dir.join(env.expand(file))).ok()?;
    // Requests to the player are JSON, which requires Unicode.
    let is_usable = path.is_file() && path.to_str().is_some();
    is_usable.then_some(Sound::File(path))
}

/// Sounds: the methods of AudioManager, with its attributes.
#[pymethods]
impl Manager {
    #[pyo3(signature = (audio_type, own = None))]
    fn _resolve(
        &self,
        py: Python<'_>,
        audio_type: &Bound<'_, PyAny>,
        own: Option<Own>,
    ) -> PyResult<Option<PathBuf>> {
        let open = self.open()?;
        let Ok(audio_type) = audio_type.extract::<&str>() else {
            return Ok(None);
        };
        Ok(py.detach(|| match own {
            Some(_) => open
                .sound(audio_type, own.as_ref(), false)
                .and_then(|sound| sound.path().map(PathBuf::from)),
            None => open.core.resolve_file(audio_type),
        }))
    }

    #[pyo3(signature = (audio_type, enabled, context, own = None, volume = None))]
    fn _play<'py>(
        &self,
        py: Python<'py>,
        audio_type: &Bound<'py, PyAny>,
        enabled: bool,
        context: Option<Bound<'py, PyAny>>,
        own: Option<Own>,
        volume: Option<f64>,
    ) -> PyResult<(bool, Option<PathBuf>, Bound<'py, PyDict>)> {
        let open = self.open()?;
        // Before playing, so that a wrong type is detected first.
        let of_caller = PyDict::new(py);
        if let Some(context) = context {
            of_caller.call_method1("update", (context,))?;
        }
        let name = audio_type.extract::<&str>().ok();
        let (played, path, told) = py.detach(|| {
            // A value that is not a name has no sound.
            let sound = name.and_then(|name| open.sound(name, own.as_ref(), enabled));
            let name = name.unwrap_or_default();
            let volume = open.volume(name, volume);
            play_audio_as(&open.core, name, sound, volume, enabled, None)
        });
        let context = PyDict::new(py);
        put(&context, &FIRST, &told)?;
        if name.is_none() {
            context.set_item("audioType", audio_type)?;
        }
        context.update(of_caller.as_mapping())?;
        put(&context, &LAST, &told)?;
        Ok((played, path, context))
    }

    #[pyo3(signature = (sound, timeout, own = None, volume = None))]
    fn _play_and_wait(
        &self,
        py: Python<'_>,
        sound: &Bound<'_, PyAny>,
        timeout: Seconds,
        own: Option<Own>,
        volume: Option<f64>,
    ) -> PyResult<String> {
        let open = self.open()?;
        let name = match sound.cast::<PyString>() {
            Ok(name) => name.extract::<String>()?,
            Err(_) => text_of(sound.extract::<PathBuf>()?)?,
        };
        let heard = py.detach(|| {
            let volume = open.volume(&name, volume);
            let event = Event::find(&name).map_or("play", |event| event.name);
            let sound = open.named_sound(&name, own.as_ref())?;
            let core = open.core.clone();
            waiting(move || core.play_and_wait(event, sound, volume, timeout.wait()))
        });
        answer(py, heard.map_err(raised)?)?.map_err(raised)
    }

    /// Waits until the sounds of this process have ended, at most timeout seconds.
    ///
    /// Returns whether they have. Sounds of the resident player are not waited for.
    fn wait_until_silent(&self, py: Python<'_>, timeout: Seconds) -> PyResult<bool> {
        let open = self.open()?;
        let end = Instant::now() + timeout.wait();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if py.detach(|| open.core.wait_until_silent(left.min(LOOK_EVERY))) {
                return Ok(true);
            }
            py.check_signals()?;
            if left <= LOOK_EVERY {
                return Ok(false);
            }
        }
    }
}

fn text_of(path: PathBuf) -> PyResult<String> {
    path.into_os_string().into_string().map_err(|path| {
        let path = path.to_string_lossy();
        HeraldError::new_err(format!(
            "cannot play {path}: the name is not Unicode (rename it)"
        ))
    })
}

fn put(context: &Bound<'_, PyDict>, names: &[&str], told: &Map<String, Value>) -> PyResult<()> {
    for name in names {
        if let Some(value) = told.get(*name) {
            context.set_item(name, json::to_python(context.py(), value)?)?;
        }
    }
    Ok(())
}
