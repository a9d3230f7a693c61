//! Checking a pack against the rules of CESP 1.0.
//!
//! Every rule that is broken is a finding of its own, which says where, what, and how to fix it.
//! An error is what makes a pack unusable, or unsafe to install; a warning is what costs one of its
//! sounds, or what other players or the registry may not like. Nothing of the pack is run, every file is
//! read up to a limit, and of endless directories and endless manifests only the beginning is looked at.

mod checked;
mod fields;
mod report;
mod sounds;
mod walk;

pub use crate::severity::Severity;
pub use checked::check;
pub(super) use checked::{Checked, checked};
pub use report::PackIssue;
