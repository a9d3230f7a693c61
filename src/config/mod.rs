//! Configuration: one immutable value, swapped atomically.
//!
//! | file | responsibility |
//! |---|---|
//! | `document` | the format of config files, for serde and the JSON Schema |
//! | `text`, `tree`, `read_text`, `value` | parsing; a wrong value only costs itself |
//! | `names`, `missing`, `unplayable`, `mistakes`, `issue` | problems and suggestions |
//! | `load`, `layer` | the files, and combining their values |
//! | `model`, `key`, `quiet`, `remind`, `directories`, `fleet` | the effective values |
//! | `in_force` | the rules in force, and what they need |
//! | `show`, `places` | the effective values as JSON, and the source of each |
//! | `choices` | the candidate sounds of an event |
//! | `pack_choice`, `pack` | the active packs |
//! | `owner` | the owner of a sound file |
//! | `live` | sharing it between readers and reloads |
//! | `edit` | changing one key of a file and preserving the rest |
//! | `watch` | watching the files for changes |
//! | `last_good` | the last valid version of a file, for later processes |

mod choices;
mod command_line;
mod directories;
mod document;
#[cfg(feature = "editing")]
pub(crate) mod edit;
pub(crate) mod fleet;
mod in_force;
mod issue;
mod key;
mod last_good;
mod layer;
mod live;
mod load;
mod missing;
mod mistakes;
mod model;
mod names;
mod owner;
mod pack;
mod pack_choice;
mod places;
mod quiet;
mod read_text;
mod remind;
mod show;
#[cfg(test)]
mod tests;
mod text;
mod time_of_day;
mod time_span;
mod tree;
#[cfg(feature = "editing")]
mod unplayable;
mod value;
#[cfg(feature = "watch")]
mod watch;

#[cfg(feature = "playback")]
pub(crate) use command_line::CommandLine;
pub(crate) use command_line::FIELDS;
pub use in_force::RuleInForce;
pub use issue::{ConfigIssue, Position, Severity};
pub use key::Key;
pub(crate) use last_good::LastGood;
pub use live::{ConfigReader, LiveConfig};
#[cfg(feature = "editing")]
pub use load::check_text;
pub(crate) use load::load_remembering;
#[cfg(feature = "playback")]
pub(crate) use load::understanding;
pub(crate) use load::{Reading, read_as};
pub use load::{check_file, files, load, project_file, project_root, user_file};
pub(crate) use model::Terminal;
pub use model::{Config, NONE, Scope};
pub(crate) use pack_choice::{ActivePacks, Rotation};
pub use quiet::QuietHours;
pub use quiet::no_time_zone;
pub(crate) use remind::{MAX_TIMES, Remind};
pub use show::rounded;
#[cfg(feature = "editing")]
pub use show::schema;
pub use show::{Setting, Source};
pub use text::MAX_LEN;
pub use text::{Unreadable, deviation, parse};
pub use time_of_day::TimeOfDay;
pub(crate) use tree::{Maybe, MaybeSeed};
pub(crate) use value::Whole;
#[cfg(feature = "watch")]
pub use watch::FileWatch;
