//! Suggests the closest known name.

/// The name in `known` that `name` most likely means: the most similar one, else the only one that begins
/// with it.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// The similarity of typing mistakes is above this, that of different words below.
    const MIN_SIMILARITY: f64 = 0.7;
    /// Much longer than any known name.
    const MAX_LEN: usize = 64;
    /// Shorter texts begin too many names by chance.
    const MIN_PREFIX: usize = 3;
    if name.len() > MAX_LEN {
        return None;
    }
    let known: Vec<&str> = known.into_iter().collect();
    let name = name.to_lowercase();
    let len = name.chars().count();
    // Names of very different length cannot be similar; skipping them saves comparisons.
    let is_comparable = |known: &&str| {
        let known = known.chars().count();
        len.min(known) as f64 >= MIN_SIMILARITY * len.max(known) as f64
    };
    let likeness =
        |known: &str| strsim::normalized_damerau_levenshtein(&name, &known.to_lowercase());
    let alike = known
        .iter()
        .copied()
        .filter(is_comparable)
        .map(|known| (likeness(known), known))
        .filter(|(likeness, _)| *likeness >= MIN_SIMILARITY)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known);
    alike.or_else(|| {
        let mut begun = known
            .iter()
            .filter(|known| len >= MIN_PREFIX && known.to_lowercase().starts_with(&name));
        let first = begun.next();
        first.copied().filter(|_| begun.next().is_none())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mistyped_is_recognised_and_other_words_are_not() {
        let known = ["volume", "throttle_seconds", "overlap", "Notification"];
        for (name, meant) in [
            ("volumne", Some("volume")),
            ("Volume", Some("volume")),
            ("throttleSeconds", Some("throttle_seconds")),
            ("Notifcation", Some("Notification")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), meant, "{name}");
        }
    }

    #[test]
    fn the_beginning_of_one_name_alone_means_it() {
        let known = [
            "idle_prompt",
            "permission_prompt",
            "agent_needs_input",
            "agent_completed",
        ];
        for (name, meant) in [
            ("idle", Some("idle_prompt")),
            ("Permission", Some("permission_prompt")),
            ("agent", None),
            ("id", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), meant, "{name}");
        }
    }

    #[test]
    fn categories_are_recognised_and_long_names_cost_nothing() {
        let known = ["task.complete", "session.start", "input.required"];
        for (name, meant) in [
            ("task.completed", Some("task.complete")),
            ("sesion.start", Some("session.start")),
            ("input-required", Some("input.required")),
            ("zzz", None),
        ] {
            assert_eq!(nearest(name, known), meant, "{name}");
        }
        assert_eq!(nearest(&"ä".repeat(1_000_000), known), None);
    }
}
