//! Words that agents say in a payload's fields: those that are known, and any other as it is.

/// An enum of words, each with its spelling, and of all others.
macro_rules! words {
    ($($(#[$about:meta])* $name:ident { $($variant:ident = $word:literal,)+ })+) => {$(
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`")] $variant,)+
            /// One that is not known here, as it is written.
            Other(String),
        }

        impl $name {
            /// The words that are known.
            pub const KNOWN: &[&str] = &[$($word),+];

            /// The word as agents write it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word => Self::$variant,)+
                    _ => Self::Other(word),
                }
            }
        }
    )+};
}

words! {
    /// Why a session started.
    StartSource {
        Startup = "startup",
        Resume = "resume",
        Clear = "clear",
        Compact = "compact",
    }

    /// What brought a setup about.
    SetupTrigger {
        Init = "init",
        Maintenance = "maintenance",
    }

    /// Why a session ended.
    EndReason {
        Clear = "clear",
        Resume = "resume",
        Logout = "logout",
        PromptInputExit = "prompt_input_exit",
        BypassPermissionsDisabled = "bypass_permissions_disabled",
        Ended = "other",
    }

    /// What a notification is about.
    NotificationType {
        PermissionPrompt = "permission_prompt",
        IdlePrompt = "idle_prompt",
        AuthSuccess = "auth_success",
        ElicitationDialog = "elicitation_dialog",
        ElicitationComplete = "elicitation_complete",
        ElicitationResponse = "elicitation_response",
        AgentNeedsInput = "agent_needs_input",
        AgentCompleted = "agent_completed",
    }

    /// What kept the agent from going on.
    FailureKind {
        RateLimit = "rate_limit",
        AuthenticationFailed = "authentication_failed",
        BillingError = "billing_error",
        InvalidRequest = "invalid_request",
        ServerError = "server_error",
        MaxOutputTokens = "max_output_tokens",
        Unknown = "unknown",
    }

    /// What brought a compaction about.
    CompactTrigger {
        Manual = "manual",
        Auto = "auto",
    }
}
