//! The owners of files, and which files of a project are trusted.

pub(crate) mod beneath;
pub(crate) mod project;

/// The owner of a file or setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The user: files in the user's own directories, and the environment.
    User,
    /// A project, hence whoever wrote the repository. It may only name files inside itself.
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
