//! Checks a whole pack.

use std::path::Path;

use super::report::{PackIssue, Report};
use super::{fields, sounds, walk};
use crate::decodings::Decode;
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
}

/// Checks the pack in `dir`. Returns the findings in the order of the manifest, then those of `decode`; none
/// if the pack is fine.
pub fn check(dir: &Path, decode: Decode<'_>) -> Vec<PackIssue> {
    checked(dir, decode).findings
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
            };
        }
    };
    fields::check(&mut report, &pack);
    let (files, left_out) = sounds::check(&mut report, &pack, decode);
    walk::check(&mut report, pack.root());
    Checked {
        pack: Some(pack),
        findings: report.findings(),
        files,
        left_out,
    }
}
