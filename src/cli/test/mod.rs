//! `herald test`
mod args;
pub(super) use args::TestArgs;
pub(super) fn run(_: &TestArgs) -> u8 {
    0
}
