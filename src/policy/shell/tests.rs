use super::work::MAX_DEPTH;
use super::*;

/// The programs with their arguments, and whether the whole text is clear.
fn programs(text: &str) -> (Vec<String>, bool) {
    let mut seen = Vec::new();
    let mut see = |run: &Run<'_>| {
        seen.push(
            [&[run.program.to_owned()], run.arguments]
                .concat()
                .join("|"),
        );
    };
    let looked = look_at_text(text, &mut Work::default(), &mut see);
    (seen, looked.is_ok())
}

/// Whether the whole text is clear.
fn is_clear(text: &str) -> bool {
    look_at_text(text, &mut Work::default(), &mut |_| {}).is_ok()
}

#[test]
fn words_are_those_of_a_shell() {
    for (text, expected) in [
        ("a 'b c' \"d $e\" f\\ g", "a|b c|d $e|f g"),
        ("a\\\nb c", "ab|c"),
        ("a $'x\\ty\\'\\101\\u00e9'", "a|x\ty'Aé"),
        ("a \"b\\\"c\\d\\\ne\"", "a|b\"c\\de"),
        ("a >b 2>&1 c &>d <e >|f e<>g", "a|c|e"),
        ("a <<'E' b\nx\nE\n", "a|b"),
        ("a <<< \"x y\" b", "a|b"),
        ("A=1 a B=2", "a|B=2"),
        ("a # b", "a"),
        ("a b#c", "a|b#c"),
        ("a $((1+(2))) ${x:-\"}\"} b", "a|$((1+(2)))|${x:-\"}\"}|b"),
        ("a \"${x:-it's}\" b", "a|${x:-it's}|b"),
        ("a \"${x//'}'/y}\" b", "a|${x//'}'/y}|b"),
        ("a <(b) c", "b\na|<()|c"),
        ("a=(b 'c)' # )\n d) e", "e"),
        ("ls !(a|b) @(c) d", "ls|!|@|d"),
        ("if ! a; then { b; } fi", "a\nb"),
        ("function f { a; }; coproc g { b; }", "a\nb"),
        ("time { a; }", "time|{|a\na"),
        ("", ""),
    ] {
        let (programs, is_clear) = programs(text);
        assert_eq!(programs.join("\n"), expected, "{text}");
        assert!(is_clear, "{text}");
    }
}

#[test]
fn invalid_grammar_is_unclear() {
    for text in [
        "a 'b",
        "a \"b",
        "a `b",
        "a $(b",
        "a ${b",
        "(a",
        "a)",
        "a <(b",
        "[[ a",
        "a=(b",
        "a $'b",
        "case a in b) c",
        "a \"$(b\")",
        "$(a <<E)\nE\n",
        "a \"`b",
        "case a in b;; esac",
    ] {
        assert!(!is_clear(text), "{text}");
    }
    // Programs before it are reported.
    assert_eq!(programs("a; b 'c").0, ["a"]);
}

/// Any text costs a bounded amount of work, and no stack.
#[test]
fn hostile_text_is_limited() {
    let max = 64 << 10;
    let repeated = |part: &str| part.repeat(max / part.len());
    for part in [
        "(",
        "$(",
        "`",
        "${",
        "\"$(",
        "((",
        "$((",
        "a=(",
        "{ ",
        "<(",
        "\"${x:-",
        "case a in a) ",
        "sudo ",
        "sudo --a ",
        "find -exec rm ",
        "sh -c 'eval ",
        "<<a ",
        "a;",
        "if ",
        "[[ ",
        "!(",
        "eval \"",
        "\\",
        "$'\\",
        "&>",
        "$((`",
        "$[",
        "\u{1f600}",
        "\0",
        "bash<<<",
        ")",
        "}",
        "f()",
        "coproc ",
        "function f { ",
        "\n",
        "watch ",
        "env -S",
        "python -m ",
        "$((1))",
        "sh<<<''|",
        "eval sh<<<'a'|",
        "sh -c '((a))'|",
        "echo a|sh;",
        "bwrap x ",
        "cd x&&",
        "f(){ a;};",
        "tmux new 'a b';",
    ] {
        let text = repeated(part);
        is_clear(&text);
        let closed = part.chars().rev().map(|open| match open {
            '(' => ')',
            '{' => '}',
            other => other,
        });
        let closed: String = closed.collect();
        for depth in [2, 16, 31, 32, 33, 200] {
            is_clear(&format!("{}:{}", part.repeat(depth), closed.repeat(depth)));
        }
    }
    // Each level is read twice: as a substitution and as a script.
    let mut text = ":".to_owned();
    while text.len() < max {
        text = format!("bash -c \"$({})\"", text.replace('"', "\\\""));
    }
    assert!(!is_clear(&text[..max.min(text.len())]));
    let arithmetic = format!("{}:{}", "$((".repeat(31), ") )".repeat(31));
    assert!(!is_clear(&arithmetic), "twice as much at each level");
}

/// Nesting up to the limit is read; deeper nesting is unclear.
#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("{}a{}", "$(".repeat(depth), ")".repeat(depth));
    assert!(is_clear(&nested(MAX_DEPTH - 1)));
    assert!(!is_clear(&nested(MAX_DEPTH)));
}

proptest::proptest! {
    /// Reading any text terminates.
    #[test]
    fn every_text_comes_to_an_end(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "a", " ", "'", "\"", "`", "$", "(", ")", "{", "}", "<", "<<", "\n", ";", "&", "|",
                "\\", "case", "in", "esac", "[[", "]]", "#", "=", "sh", "-c", "sudo", "!", "é",
            ]),
            0..60,
        ),
    ) {
        is_clear(&parts.concat());
    }
}
