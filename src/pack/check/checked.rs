//! Checks a whole pack.

use std::path::Path;

use super::report::{PackIssue, Report};
use super::sounds::{self, CheckedSounds};
use super::{fields, walk};
use crate::decodings::Decode;
use crate::loudness::Level;
use crate::pack::inside::Located;
use crate::pack::{MANIFEST, Pack};
use crate::severity::Severity;

/// A pack with its findings.
pub(in crate::pack) struct Checked {
    pub(in crate::pack) pack: Option<Pack>,
    pub(in crate::pack) findings: Vec<PackIssue>,
    /// The usable sounds and pictures of the manifest.
    pub(in crate::pack) files: Vec<Located>,
    /// The number of unusable sounds.
    pub(in crate::pack) left_out: usize,
    levels: Vec<(String, Level)>,
}

/// What there is to say about a pack.
#[derive(Debug)]
pub struct PackReport {
    /// The findings in the order of the manifest, then those of decoding; none if the pack is fine.
    pub findings: Vec<PackIssue>,
    /// How loud the sounds are that were decoded and are not silent, by their names in the manifest.
    pub levels: Vec<(String, Level)>,
}

/// Checks the pack in `dir`.
pub fn check(dir: &Path, decode: Decode<'_>) -> PackReport {
    let Checked {
        findings, levels, ..
    } = checked(dir, decode);
    PackReport { findings, levels }
}

pub(in crate::pack) fn checked(dir: &Path, decode: Decode<'_>) -> Checked {
    let mut report = Report::default();
    let pack = match Pack::open(dir) {
        Ok(pack) => pack,
        Err(error) => {
            let hint = error.hint().map(|hint| hint.to_owned().into());
            report.add(Severity::Error, MANIFEST, error.without_hint(), hint);
            return Checked {
                pack: None,
                findings: report.findings(),
                files: Vec::new(),
                left_out: 0,
                levels: Vec::new(),
            };
        }
    };
    fields::check(&mut report, &pack);
    let CheckedSounds {
        files,
        left_out,
        levels,
    } = sounds::check(&mut report, &pack, decode);
    walk::check(&mut report, pack.root());
    Checked {
        pack: Some(pack),
        findings: report.findings(),
        files,
        left_out,
        levels,
    }
}
