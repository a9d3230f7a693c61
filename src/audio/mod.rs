//! Sounds as samples: decoded or generated, and converted to the output's format. No devices, no threads.

mod cache;
mod child;
mod chime;
mod clip;
mod decode;
mod examine;
mod limit;
mod load;
mod places;
mod resample;

pub use cache::ClipCache;
#[doc(hidden)]
pub use child::serve;
pub use clip::{Clip, Format, LOUDEST};
pub use decode::{MAX_LEN, MAX_SECONDS, decode, decode_or_panic};
pub use examine::examine;
pub use limit::{FADE, MAX_PROJECTS, cut_for_project};
pub use load::load;
