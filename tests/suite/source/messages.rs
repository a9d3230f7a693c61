//! Every text of the source that a user can see stands in `messages.txt`, once: errors, hints, findings,
//! answers. Help texts stand in `tests/suite/cli/help.txt`.
//!
//! After a change of a message: `HERALD_BLESS=1 cargo test -p herald-cli --test suite -- messages help`, then read
//! what has changed as a user would.
//!
//! # Limits
//!
//! A text is a string of two words or more outside of tests, attributes and panics. So strings for programs
//! are there, too, if they look like words.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ExprMethodCall, Item, LitStr, Macro};

use super::imports::is_for_tests;
use super::sources;
use crate::support::{is_recording, repository};

const SNAPSHOT: &str = "tests/suite/source/messages.txt";

/// Macros whose texts only developers see.
const FOR_DEVELOPERS: [&str; 9] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "panic",
    "unreachable",
    "compile_error",
];

#[derive(Default)]
struct Texts(Vec<String>);

impl Texts {
    fn add(&mut self, text: &str) {
        let words = text.split_whitespace().filter(|word| {
            let letters = word.chars().filter(char::is_ascii_alphabetic);
            letters.count() >= 2
        });
        // JSON and documentation are no messages.
        let is_other = text.starts_with("{\"") || text.starts_with(' ') && text.ends_with('.');
        if words.count() >= 2 && !is_other {
            self.0.push(text.to_owned());
        }
    }

    fn add_tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string()) {
                        self.add(&text.value());
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Texts {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method != "expect" {
            visit::visit_expr_method_call(self, call);
        }
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let name = call.path.segments.last().map(|name| name.ident.to_string());
        if !name.is_some_and(|name| FOR_DEVELOPERS.contains(&&*name)) {
            self.add_tokens(call.tokens.clone());
        }
    }

    fn visit_lit_str(&mut self, text: &'ast LitStr) {
        self.add(&text.value());
    }
}

/// The snapshot as the source has it: each text under the first file that says it.
fn listed() -> String {
    let mut files: Vec<_> = sources().into_iter().collect();
    files.sort();
    let mut seen = BTreeSet::new();
    let mut listing = String::new();
    for (path, text) in files {
        let is_test = path.components().any(|part| {
            let name = part.as_os_str().to_string_lossy();
            matches!(&*name, "tests" | "tests.rs" | "testing.rs" | "build.rs")
        });
        if is_test {
            continue;
        }
        let mut texts = Texts::default();
        texts.visit_file(&syn::parse_file(&text).unwrap());
        texts.0.retain(|text| seen.insert(text.clone()));
        if texts.0.is_empty() {
            continue;
        }
        let path = path.to_str().unwrap().replace('\\', "/");
        let _ = writeln!(listing, "\n# {path}\n");
        for text in texts.0 {
            let text = text.escape_debug().to_string();
            let text = text.replace("\\\"", "\"").replace("\\'", "'");
            let _ = writeln!(listing, "{text}");
        }
    }
    listing
}

#[test]
fn each_text_that_a_user_can_see_is_in_the_snapshot() {
    let listed = listed();
    let path = repository().join(SNAPSHOT);
    if is_recording() {
        fs::write(&path, &listed).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let stored_lines: BTreeSet<_> = stored.lines().collect();
    let listed_lines: BTreeSet<_> = listed.lines().collect();
    let new: Vec<_> = listed_lines.difference(&stored_lines).collect();
    let gone: Vec<_> = stored_lines.difference(&listed_lines).collect();
    assert!(
        listed == stored,
        "{SNAPSHOT} is not what the source says: run \
         HERALD_BLESS=1 cargo test -p herald-cli --test suite -- messages help, and read it\n\
         new: {new:#?}\ngone: {gone:#?}"
    );
    assert!(stored_lines.len() > 300, "the texts are gone");
}
