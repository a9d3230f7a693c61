//! What somebody may have meant who wrote a name that there is not.

/// How like a name must be to be taken for what was meant; 1 is the same.
const LIKENESS: f64 = 0.7;

/// The one of `names` that is most like `name`, if any is much like it.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing takes time for each pair of characters.
    let name = name.get(..name.len().min(128))?;
    let likeness = |other: &str| strsim::jaro_winkler(name, other);
    names
        .into_iter()
        .map(|other| (likeness(other), other))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::category;

    #[test]
    fn a_slip_is_understood() {
        for (name, meant) in [
            ("task.completed", Some("task.complete")),
            ("sesion.start", Some("session.start")),
            ("input-required", Some("input.required")),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, category::all()), meant, "{name}");
        }
        assert_eq!(nearest(&"ä".repeat(1_000_000), category::all()), None);
    }
}
