//! Items that the programs, bindings, tests, benches and fuzz targets of this repository use.
//!
//! No stability guarantee: anything in here may change or be removed in any version.

pub mod agents {
    pub use crate::agents::{
        ALL, Agent, Checked, Format, GROUPS, Hooks, Notifier, Settings, Shape, Surface, Switch,
    };
}
#[cfg(feature = "playback")]
pub mod audio {
    pub use crate::audio::{
        Clip, ClipCache, Format, MAX_SECONDS, Treatment, decode, decode_or_panic, load,
    };
}
pub mod clock {
    pub use crate::clock::{Clock, ManualClock, SystemClock};
    pub use crate::system::stopwatch::boot_ms;
}
pub mod config {
    pub use crate::config::{
        Config, ConfigIssue, Key, LiveConfig, MAX_LEN, NONE, Position, QuietHours, RuleInForce,
        Scope, Setting, Severity, Source, TimeOfDay, Unreadable, check_file, deviation, files,
        load, no_time_zone, parse, project_file, project_root, rounded, user_file,
    };
    #[cfg(feature = "editing")]
    pub use crate::config::{check_text, schema};

    #[cfg(feature = "editing")]
    pub mod edit {
        pub use crate::config::edit::{path_of, replace, set, user_file};
    }

    pub mod fleet {
        pub use crate::config::fleet::{
            Away, Desks, Fleet, Role, Scope, is_full_name, is_name, is_url, read_key,
        };
    }
}
#[cfg(any(feature = "editing", feature = "playback"))]
pub mod decodings {
    pub use crate::decodings::{DECODE, Decodings};
}
#[cfg(any(feature = "editing", feature = "playback"))]
pub mod device {
    pub use crate::vocabulary::device::{DEVICES, OutputDevice};
}
pub mod dispatcher {
    pub use crate::dispatcher::{
        DispatchContext, DispatchReport, Dispatcher, agent_of, name_of, place_of,
    };
}
#[cfg(feature = "playback")]
pub mod engine {
    pub use crate::engine::{
        Engine, MAX_STARTING, MAX_VOICES, Master, Renderer, VoiceHandle, VoiceState,
    };
}
pub mod event {
    pub use crate::event::{
        CALL, EVENTS, Event, Field, Meant, OWN, REQUEST, canonical, counter_line, key, official,
    };
}
#[cfg(any(feature = "editing", feature = "playback"))]
pub mod loudness {
    pub use crate::loudness::{Level, Target};
}
pub mod manager {
    pub use crate::manager::{KnownFiring, Played};

    pub mod decide {
        pub use crate::manager::decide::{Action, Circumstances, Gate, dispatch};
    }
}
pub mod nearest {
    pub use crate::nearest::nearest;
}
pub mod original {
    pub use crate::original::{
        PROGRAM, Record, defaults, is_own, is_policy, line, play_audio, play_audio_as,
        player_command,
    };
}
pub mod pack {
    pub use crate::pack::{Found, MANIFEST, Manifest, Pack, PackDirs};

    pub mod category {
        pub use crate::pack::category::all;
    }
    #[cfg(feature = "editing")]
    pub mod check {
        pub use crate::pack::check::{PackIssue, PackReport, Severity, check};
    }
    #[cfg(feature = "editing")]
    pub mod install {
        pub use crate::pack::install::{Installed, Outcome, Removed, install, remove};
    }
}
pub mod payload {
    pub use crate::payload::{Payload, PayloadReader};

    pub mod typed {
        pub use crate::payload::typed::HookEvent;
    }
}
pub mod playback {
    pub use crate::playback::Playback;
}
pub mod player {
    pub use crate::player::{Authority, FIRST_REQUEST, TO_HAVE_IT, cannot_start, program};

    pub mod client {
        pub use crate::player::client::PlayerClient;
    }
    #[cfg(feature = "playback")]
    pub mod decoder {
        pub use crate::player::decoder::{DECODE, run};
    }
    pub mod protocol {
        pub use crate::player::protocol::{
            MAX_ADMISSIONS, MAX_EVENT_LEN, MAX_MESSAGE_LEN, MAX_PATH_LEN, MAX_SOUNDS, Message,
            Moment, Reminder, ReplyTo, Request, Run, Status, Subject,
        };
    }
    #[cfg(feature = "relay")]
    pub mod relay {
        pub use crate::player::relay::{Incoming, RelayLock, first_request};
    }
    #[cfg(feature = "playback")]
    pub mod devices {
        pub use crate::player::devices::run;
    }
    #[cfg(feature = "playback")]
    pub mod quiet {
        pub use crate::player::quiet::run;
    }
    #[cfg(feature = "playback")]
    pub mod reminders {
        pub use crate::player::reminders::Reminders;
    }
    #[cfg(feature = "playback")]
    pub mod server {
        pub use crate::player::server::{run, run_for_hook, say};
    }
}
pub mod policy {
    pub use crate::policy::{
        Action, DECIDED, FILE_NAME, Policy, concerns, files, is_on, original_file,
    };
}
pub mod quiet_rule {
    pub use crate::quiet_rule::{ASK, Answer, PATIENCE, QuietRule};
}
pub mod sound {
    pub use crate::sound::{Chime, NO_OUTPUT_WORKS, Output, Sound, Theme};
}
pub mod system {
    pub use herald_throttle::internals::system::{env, file, state_dir};

    pub mod external {
        pub use crate::system::external::{
            ExternalPlayer, TO_HAVE_ONE, is_path_relative, of_herald, on_path,
        };
    }
    pub mod log {
        pub use crate::system::log::{Level, Line, Log, path};
    }
    #[cfg(any(feature = "editing", feature = "playback"))]
    pub mod printable {
        #[cfg(feature = "editing")]
        pub use crate::system::printable::printable_json;
        pub use crate::system::printable::{escaped, printable};
    }
    pub mod process {
        pub use crate::system::process::{kill_apart, start_apart};
    }
    #[cfg(feature = "editing")]
    pub mod replace {
        pub use crate::system::replace::{Replacement, has_other_names, remove};
    }
    pub mod sound_server {
        pub use crate::system::sound_server::{Address, SoundServer, let_in};
    }
    #[cfg(unix)]
    pub mod wait {
        pub use crate::system::wait::{is_ready, ready};
    }
}
pub mod trust {
    pub use crate::trust::Owner;

    pub mod project {
        pub use crate::trust::project::Project;
    }
}
pub mod variation {
    pub use crate::variation::{VARIATIONS, Variation, VoiceOf};
}
pub use herald_throttle::internals::{controls, state_file, sync, table as throttle};
