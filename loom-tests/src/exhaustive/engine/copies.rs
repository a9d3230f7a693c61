//! The engine's source and its copies, as modules.

macro_rules! copy {
    ($module:ident) => {
        #[allow(
            clippy::all,
            clippy::disallowed_macros,
            clippy::disallowed_methods,
            clippy::disallowed_types,
            dead_code,
            missing_docs,
            unreachable_pub,
            unused_imports,
            unused_variables
        )]
        pub(crate) mod $module {
            include!(concat!(env!("OUT_DIR"), "/", stringify!($module), ".rs"));
        }
    };
}

copy!(engine_shipped);
copy!(engine_loads_that_write);
copy!(push_announced_too_early);
copy!(pop_announced_too_early);
copy!(push_announced_relaxed);
copy!(pop_announced_relaxed);
copy!(push_learnt_relaxed);
copy!(pop_learnt_relaxed);
copy!(pop_without_a_look);
copy!(push_without_a_look);
copy!(one_more_than_fits);
copy!(end_by_store);
copy!(stop_by_store);
copy!(begin_by_store);
copy!(freed_in_the_callback);
copy!(full_lane_forgotten);
