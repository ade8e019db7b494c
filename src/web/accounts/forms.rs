//! What the forms of accounts carry. Passwords are secrets from here on.

use secrecy::SecretString;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Register {
    pub(super) username: String,
    pub(super) password: SecretString,
    pub(super) repeat: SecretString,
    /// The code of whoever sent them here.
    #[serde(default)]
    pub(super) invite: String,
    #[serde(default)]
    pub(super) next: Option<String>,
}

/// The query of the form that opens an account.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Invited {
    #[serde(default)]
    pub(super) next: Option<String>,
    /// The code of whoever sent them here.
    #[serde(default, rename = "ref")]
    pub(super) invite: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    pub(super) username: String,
    pub(super) password: SecretString,
    #[serde(default)]
    pub(super) next: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recover {
    pub(super) username: String,
    pub(super) code: String,
    pub(super) password: SecretString,
    pub(super) repeat: SecretString,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Theme {
    pub(super) theme: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundAddress {
    pub(super) refund_address: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePassword {
    pub(super) current: SecretString,
    pub(super) password: SecretString,
    pub(super) repeat: SecretString,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Password {
    pub(super) password: SecretString,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirm {
    pub(super) password: SecretString,
    #[serde(default)]
    pub(super) next: Option<String>,
}

/// The query of the pages that lead on to another one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Next {
    #[serde(default)]
    pub(super) next: Option<String>,
}
