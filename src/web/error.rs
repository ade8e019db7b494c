//! What can go wrong with a request, each kind with one status and one sentence.
//!
//! Whoever asked gets the sentence; the cause goes into the log, once, where the answer is made
//! ([`crate::http::outcome`]).

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use db::DbError;
use domain::refusal::{Fault, Faults, OrderRefusal, Refusal};

/// A sentence for a person.
pub type Text = Cow<'static, str>;

/// What a page handler gives.
pub type PageResult = Result<HttpResponse, PageError>;
/// What an API handler gives.
pub type ApiResult = Result<HttpResponse, ApiError>;

/// Why a request is not answered as it asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppError {
    /// There is nothing here, or nothing that the caller may know of.
    NotFound,
    /// Whoever asks has to say who he is first.
    SignIn,
    /// Known, but not allowed: a word for machines and a sentence.
    Denied(&'static str, Text),
    /// Inputs that cannot be accepted.
    Invalid(Vec<Fault>),
    /// It does not fit the state of things: a word for machines and a sentence.
    Conflict(&'static str, Text),
    /// Too often; again after so many seconds.
    Limited(u32),
    /// Not at the moment.
    Unavailable(&'static str, Text),
    /// The request itself is not what this address takes.
    Malformed(Malformed),
    /// A fault of ours; the text is for the log alone.
    Internal(String),
}

/// A request that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// A status from 400 to 499.
    pub status: StatusCode,
    /// A word for machines.
    pub code: &'static str,
    /// What would be read.
    pub sentence: Text,
}

/// Shown when the database cannot take a write.
pub(crate) const CANNOT_SAVE: &str = "The shop cannot save anything at the moment, and nothing was changed. Please try again in a minute.";
/// Shown when the database cannot be read.
pub(crate) const CANNOT_READ: &str =
    "The shop cannot reach its records at the moment. Please try again in a minute.";
const FAULTS: &str = "Please correct the marked fields.";

impl AppError {
    /// The faults of a form.
    pub fn invalid(faults: Faults) -> Self {
        Self::Invalid(faults.into_vec())
    }

    /// A single fault.
    pub fn fault(field: &'static str, message: impl ToString) -> Self {
        Self::Invalid(vec![Fault::new(field, message)])
    }

    /// A request that could not be read.
    pub fn malformed(status: StatusCode, code: &'static str, sentence: impl Into<Text>) -> Self {
        Self::Malformed(Malformed { status, code, sentence: sentence.into() })
    }

    /// The status that it is answered with.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Denied(..) => StatusCode::FORBIDDEN,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(..) => StatusCode::CONFLICT,
            Self::Limited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(..) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Malformed(malformed) => malformed.status,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A stable word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::SignIn => "not-signed-in",
            Self::Denied(code, _) | Self::Conflict(code, _) => code,
            Self::Invalid(_) => "invalid-input",
            Self::Limited(_) => "too-many-requests",
            Self::Unavailable(code, _) => code,
            Self::Malformed(malformed) => malformed.code,
            Self::Internal(_) => "internal",
        }
    }

    /// A few words above the sentence.
    pub fn title(&self) -> &'static str {
        match self {
            Self::NotFound => "Not found",
            Self::SignIn => "Please log in",
            Self::Denied(..) => "Not allowed",
            Self::Invalid(_) => "Something needs another look",
            Self::Conflict(..) => "That is not possible now",
            Self::Limited(_) => "A little slower, please",
            Self::Unavailable(..) => "Not available at the moment",
            Self::Malformed(malformed) => {
                malformed.status.canonical_reason().unwrap_or("Not understood")
            }
            Self::Internal(_) => "Something went wrong",
        }
    }

    /// The sentence for whoever asked.
    pub fn sentence(&self) -> Text {
        match self {
            Self::NotFound => "There is nothing at this address.".into(),
            Self::SignIn => "This needs a login, or an API key that is valid.".into(),
            Self::Denied(_, text) | Self::Conflict(_, text) | Self::Unavailable(_, text) => text.clone(),
            Self::Invalid(_) => FAULTS.into(),
            Self::Limited(secs) => format!("That was too often. Please try again in {}.", wait(*secs)).into(),
            Self::Malformed(malformed) => malformed.sentence.clone(),
            Self::Internal(_) => {
                "This is a fault of the shop, and it was noted. Please try again; if it stays, tell us the number below.".into()
            }
        }
    }

    /// Seconds after which it may go better; the `Retry-After` of the answer.
    pub const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Limited(secs) => Some(*secs),
            Self::Unavailable(..) => Some(10),
            _ => None,
        }
    }
}

/// How long a wait is in words: `30 seconds`, `2 minutes`.
fn wait(secs: u32) -> String {
    match secs {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{secs} seconds"),
        91..=5_400 => format!("{} minutes", secs.div_ceil(60)),
        _ => format!("{} hours", secs.div_ceil(3_600)),
    }
}

impl From<DbError> for AppError {
    fn from(error: DbError) -> Self {
        let said = match &error {
            DbError::NotFound => return Self::NotFound,
            DbError::Busy | DbError::Full | DbError::ReadOnly => CANNOT_SAVE,
            DbError::Timeout | DbError::Down(_) => CANNOT_READ,
            DbError::Unique(_)
            | DbError::Constraint(_)
            | DbError::Corrupt(_)
            | DbError::Schema(_)
            | DbError::Failed(_) => return Self::Internal(error.to_string()),
        };
        tracing::warn!(cause = %error, "the database refused");
        Self::Unavailable("unavailable", said.into())
    }
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            // Whoever has no part in it does not learn that it exists.
            Refusal::NotYours => Self::NotFound,
            Refusal::OtherParty => Self::Denied(refusal.code(), refusal.to_string().into()),
            _ => Self::Conflict(refusal.code(), refusal.to_string().into()),
        }
    }
}

impl From<OrderRefusal> for AppError {
    fn from(refusal: OrderRefusal) -> Self {
        match refusal {
            OrderRefusal::Faults(faults) => Self::Invalid(faults),
            OrderRefusal::Paused | OrderRefusal::Chain | OrderRefusal::NoRate => {
                Self::Unavailable(refusal.code(), refusal.to_string().into())
            }
            _ => Self::Conflict(refusal.code(), refusal.to_string().into()),
        }
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

impl std::error::Error for AppError {}

macro_rules! doors {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(pub AppError);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl<E: Into<AppError>> From<E> for $name {
            fn from(error: E) -> Self {
                Self(error.into())
            }
        }

        impl ResponseError for $name {
            fn status_code(&self) -> StatusCode {
                self.0.status()
            }

            /// Bare: the body is written where the request is known.
            fn error_response(&self) -> HttpResponse {
                HttpResponse::new(self.0.status())
            }
        }
    )*};
}

doors! {
    /// An error that a person reads on a page.
    PageError;
    /// An error that a machine reads as problem+json.
    ApiError;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_status() {
        let text = || Text::from("x");
        for (error, status) in [
            (AppError::NotFound, 404),
            (AppError::SignIn, 401),
            (AppError::Denied("a", text()), 403),
            (AppError::Invalid(Vec::new()), 422),
            (AppError::Conflict("a", text()), 409),
            (AppError::Limited(1), 429),
            (AppError::Unavailable("x", text()), 503),
            (AppError::malformed(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "x"), 413),
            (AppError::Internal("secret".to_owned()), 500),
        ] {
            assert_eq!(error.status().as_u16(), status, "{error:?}");
            assert!(!error.sentence().contains("secret"));
        }
    }

    #[test]
    fn a_database_in_trouble_is_not_the_callers_fault() {
        for trouble in [
            DbError::Busy,
            DbError::Timeout,
            DbError::Full,
            DbError::ReadOnly,
            DbError::Down("gone".to_owned()),
        ] {
            assert_eq!(AppError::from(trouble).status().as_u16(), 503);
        }
        assert_eq!(AppError::from(DbError::Corrupt("x".to_owned())).status().as_u16(), 500);
        assert_eq!(AppError::from(DbError::NotFound), AppError::NotFound);
    }

    #[test]
    fn a_stranger_does_not_learn_that_an_order_exists() {
        assert_eq!(AppError::from(Refusal::NotYours), AppError::NotFound);
        assert_eq!(AppError::from(Refusal::OtherParty).status().as_u16(), 403);
        assert_eq!(AppError::from(Refusal::Paid).code(), "already-paid");
        assert_eq!(AppError::from(OrderRefusal::Paused).retry_after(), Some(10));
    }

    #[test]
    fn waits_read_well() {
        assert_eq!(wait(1), "a second");
        assert_eq!(wait(60), "60 seconds");
        assert_eq!(wait(91), "2 minutes");
        assert_eq!(wait(7_200), "2 hours");
    }
}
