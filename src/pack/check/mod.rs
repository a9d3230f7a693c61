//! Checks a pack against CESP 1.0.
//!
//! Each broken rule is a finding with place, problem and hint. An error makes the pack unusable or unsafe to
//! install; a warning costs one of its sounds, or may matter to other players or the registry. Nothing in the
//! pack is executed, files are read up to a limit, and only the beginning of very large directories and
//! manifests is checked.

mod checked;
mod fields;
mod report;
mod sounds;
mod walk;

pub use crate::severity::Severity;
pub(super) use checked::{Checked, checked};
pub use checked::{PackReport, check};
pub use report::PackIssue;
