//! Configuration: one immutable value, swapped atomically.
//!
//! | file | responsibility |
//! |---|---|
//! | `document` | what a file may say: read by serde, described by the JSON Schema |
//! | `text`, `tree`, `read_text`, `value` | from a file's bytes to that, a mistake costing the value it is in |
//! | `names`, `missing`, `unplayable`, `mistakes`, `issue` | what is wrong, where, and what was most likely meant |
//! | `load`, `layer` | where files are, and how one's values are laid over another's |
//! | `model`, `key`, `quiet` | the effective values |
//! | `show`, `places` | the effective values as JSON, and where each comes from |
//! | `choices` | what an event may sound like |
//! | `pack` | the active pack |
//! | `owner` | whose a sound file is |
//! | `live` | sharing it with threads that read while others reload |
//! | `edit` | changing one key of a file, as it is written |
//! | `watch` | noticing that files change |
//! | `last_good` | what a file said when it was last understood, for processes that begin later |

mod choices;
mod document;
#[cfg(feature = "editing")]
pub mod edit;
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
mod places;
mod quiet;
mod read_text;
mod show;
#[cfg(test)]
mod tests;
mod text;
mod time_of_day;
mod tree;
#[cfg(feature = "editing")]
mod unplayable;
mod value;
#[cfg(feature = "watch")]
mod watch;

pub use issue::{ConfigIssue, Position, Severity};
pub(crate) use last_good::LastGood;
pub use live::{ConfigReader, LiveConfig, Observer};
#[cfg(feature = "playback")]
pub(crate) use load::understanding;
pub(crate) use load::{Reading, read_as};
pub use load::{check_file, files, load, load_remembering, project_file, project_root, user_file};
pub use model::{Config, DEFAULT_VOLUME, NONE, Scope};
pub use quiet::QuietHours;
pub use quiet::no_time_zone;
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
