//! The hook: from an agent's event to an action, without doing any of it.
//!
//! [`event`] knows the events, [`payload`] what agents say about them, [`dispatch`] decides,
//! [`typed`] reads all that they say, [`caller`] is which agent it is, [`reply`] what it gets. Nothing
//! here touches a file, a clock or a sound.

pub mod caller;
pub mod dispatch;
pub mod event;
pub mod payload;
pub mod reply;
mod skip;
pub(crate) mod text;
pub mod typed;
