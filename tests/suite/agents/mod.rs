//! The agents' side: the hook, its reply, its decisions, and its installation.

#[cfg(target_os = "linux")]
mod claude_plugin;
mod decisions;
mod defaults;
#[cfg(target_os = "linux")]
mod denied_system_calls;
mod hook;
#[cfg(target_os = "linux")]
mod install;
#[cfg(target_os = "linux")]
mod linked_libraries;
#[cfg(target_os = "linux")]
mod plugin;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod system_calls;
mod table;
mod terminal;
