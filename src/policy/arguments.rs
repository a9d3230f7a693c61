//! Options and operands in a program's arguments.

/// Whether the space-separated list `words` contains `word`.
pub(super) fn is_among(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|one| one == word)
}

/// The index of the subcommand: the first argument after the options, of which `values` take a value.
pub(super) fn verb(arguments: &[String], values: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(option) = arguments.get(at).filter(|word| word.starts_with('-')) {
        at += 1 + usize::from(is_among(values, option));
    }
    (at < arguments.len()).then_some(at)
}

/// The possible indices of the subcommand if any other option may take a value, too.
pub(super) fn verbs(arguments: &[String], values: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut option = None;
    for (at, word) in arguments.iter().enumerate() {
        if word.starts_with('-') && option.is_none_or(|option| !is_among(values, option)) {
            option = Some(word.as_str());
            continue;
        }
        match option.take() {
            Some(option) if is_among(values, option) => {}
            Some(option) if option != "--" && !option.contains('=') => found.push(at),
            _ => {
                found.push(at);
                break;
            }
        }
    }
    found
}

/// Whether the arguments include one of the `short` options or the `long` one, which may be abbreviated. The
/// short options in `values` take a value.
pub(super) fn has(arguments: &[String], values: &str, short: &str, long: &str) -> bool {
    parts(arguments, values).any(|part| match part {
        Part::Short(option) => short.contains(option),
        Part::Long(name) => long.starts_with(name),
        Part::Operand(_) => false,
    })
}

/// The arguments that are neither options nor the values of short options.
pub(super) fn operands<'a>(
    arguments: &'a [String],
    values: &'a str,
) -> impl Iterator<Item = &'a str> {
    parts(arguments, values).filter_map(|part| match part {
        Part::Operand(operand) => Some(operand),
        _ => None,
    })
}

/// The values of an option: `-S VALUE`, `-vSVALUE`, `--split-string VALUE`, `--split-string=VALUE`.
pub(super) fn values(arguments: &[String], short: char, long: &str) -> Vec<String> {
    let after = |at: usize| arguments.get(at + 1).cloned();
    let value = |(at, word): (usize, &String)| match word.strip_prefix(long) {
        Some("") => after(at),
        Some(value) => value.strip_prefix('=').map(str::to_owned),
        None if word.starts_with("--") => None,
        None => match word.strip_prefix('-')?.split_once(short)?.1 {
            "" => after(at),
            value => Some(value.to_owned()),
        },
    };
    arguments.iter().enumerate().filter_map(value).collect()
}

/// A part of the arguments.
enum Part<'a> {
    Short(char),
    /// The name with its dashes.
    Long(&'a str),
    Operand(&'a str),
}

fn parts<'a>(arguments: &'a [String], values: &'a str) -> impl Iterator<Item = Part<'a>> {
    let mut words = arguments.iter();
    let mut options = "";
    let mut are_over = false;
    std::iter::from_fn(move || {
        loop {
            if let Some(option) = options.chars().next() {
                options = &options[option.len_utf8()..];
                if values.contains(option) && std::mem::take(&mut options).is_empty() {
                    words.next();
                }
                return Some(Part::Short(option));
            }
            let word = words.next()?.as_str();
            match word.strip_prefix('-').filter(|_| !are_over) {
                Some("-") => are_over = true,
                Some(long) if long.starts_with('-') => {
                    return word.split('=').next().map(Part::Long);
                }
                Some(short) if !short.is_empty() => options = short,
                _ => return Some(Part::Operand(word)),
            }
        }
    })
}
