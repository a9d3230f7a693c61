//! Whose word a file is, and whether it counts.

pub(crate) mod beneath;
pub mod project;

/// Whose something is, or whose word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The user's: what stands in the user's own directories, or in the environment.
    User,
    /// A project's, that is of whoever made the repository: it may name nothing but files inside it.
    Project,
}

impl Owner {
    /// `user` or `project`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
        }
    }
}
