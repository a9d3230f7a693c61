//! Sounds as samples: decoded or generated, and converted to the output's format. No devices, no threads.

mod cache;
mod child;
mod chime;
mod clip;
mod decode;
mod examine;
mod limit;
mod load;
mod loudness;
mod places;
mod resample;

pub use cache::ClipCache;
#[doc(hidden)]
pub(crate) use child::serve;
pub use clip::{Clip, Format};
pub(crate) use decode::MAX_LEN;
pub use decode::{MAX_SECONDS, decode, decode_or_panic};
pub(crate) use examine::examine;
pub(crate) use limit::{MAX_PROJECTS, cut_for_project};
pub use load::{Treatment, load};
