//! Forms: the only way in which a page changes anything.

use std::collections::HashSet;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use super::page::Ctx;
use super::{Extracting, body, session};
use crate::error::{AppError, PageError};

/// Name of the field, and end of the name of the header, that carries the form's token.
pub(crate) const TOKEN: &str = "csrf";
const TOKEN_HEADER: &str = "x-csrf-token";

/// What a form sent, once it is known to be a form of ours.
#[derive(Debug, Clone)]
pub struct Form<T>(pub T);

/// A form of nothing but a button.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

/// Says that a request's token was checked; [`super::outcome`] insists on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checked;

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = PageError;
    type Future = Extracting<Self, PageError>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let ctx = Ctx::of(request.clone()).await?;
            let bytes =
                body::read(&request, &mut payload, "application/x-www-form-urlencoded").await?;
            let mut pairs = pairs(&bytes)?;
            let token = take(&mut pairs, TOKEN);
            check(&ctx, &request, token.as_deref())?;
            Ok(Self(fields(&pairs)?))
        })
    }
}

/// Looks at the token in a form's field, or else in a header, and notes that it fits.
pub(crate) fn check(
    ctx: &Ctx,
    request: &HttpRequest,
    in_field: Option<&str>,
) -> Result<(), AppError> {
    let in_header = request.headers().get(TOKEN_HEADER).and_then(|value| value.to_str().ok());
    let token = in_field.or(in_header).unwrap_or_default();
    if !bool::from(token.as_bytes().ct_eq(ctx.csrf().as_bytes())) {
        return Err(stale(ctx, request));
    }
    request.extensions_mut().insert(Checked);
    Ok(())
}

/// Why a token does not fit: whoever was signed out meanwhile has to sign in again first.
fn stale(ctx: &Ctx, request: &HttpRequest) -> AppError {
    let had_session = session::sent(ctx.app(), request.headers()).is_some();
    if had_session && ctx.viewer().is_none() {
        return AppError::SignIn;
    }
    AppError::Denied(
        "stale-form",
        "This form is out of date, so nothing was done. Please go back, load the page again and send it once more.".into(),
    )
}

/// Names and values of a form, each name once.
fn pairs(bytes: &[u8]) -> Result<Vec<(String, String)>, AppError> {
    let mut seen = HashSet::new();
    let mut pairs = Vec::new();
    for part in bytes.split(|b| *b == b'&').filter(|part| !part.is_empty()) {
        let mut halves = part.splitn(2, |b| *b == b'=');
        let name = decoded(halves.next().unwrap_or_default())?;
        let value = decoded(halves.next().unwrap_or_default())?;
        if !seen.insert(name.clone()) {
            return Err(twice());
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// For a field that is there twice.
pub(crate) fn twice() -> AppError {
    AppError::malformed(
        StatusCode::BAD_REQUEST,
        "duplicate-field",
        "The form has a field twice, so it is not clear which one counts.",
    )
}

/// The text behind `+` and `%41`. Unlike browsers' own reading nothing is replaced by a mark.
pub(crate) fn decoded(text: &[u8]) -> Result<String, AppError> {
    let digit = |byte: Option<u8>| byte.map(char::from).and_then(|c| c.to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let code = digit(rest.next()).zip(digit(rest.next())).map(|(a, b)| a * 16 + b);
                code.and_then(|code| u8::try_from(code).ok()).ok_or_else(|| {
                    AppError::malformed(
                        StatusCode::BAD_REQUEST,
                        "broken-encoding",
                        "The request is not encoded as forms are.",
                    )
                })?
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok().ok_or_else(body::not_text)
}

/// Takes a field out of a form.
pub(crate) fn take(pairs: &mut Vec<(String, String)>, name: &str) -> Option<String> {
    let at = pairs.iter().position(|(key, _)| key == name)?;
    Some(pairs.swap_remove(at).1)
}

/// Reads names and values into a struct. What is wrong here is wrong with the sender's form, not
/// with what a person typed.
pub(crate) fn fields<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, AppError> {
    let text = serde_urlencoded::to_string(pairs).unwrap_or_default();
    serde_urlencoded::from_str(&text).map_err(|error| {
        AppError::malformed(
            StatusCode::UNPROCESSABLE_ENTITY,
            "unexpected-fields",
            format!("The fields are not those of this form: {error}."),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        name: String,
        #[serde(default)]
        count: Option<u32>,
    }

    fn read(text: &[u8]) -> Result<Input, AppError> {
        fields(&pairs(text)?)
    }

    fn code(text: &[u8]) -> &'static str {
        read(text).unwrap_err().code()
    }

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let input = read(b"name=Fern+%26+Kiln%20%C3%A4%2B&count=2").unwrap();
        assert_eq!(input, Input { name: "Fern & Kiln ä+".to_owned(), count: Some(2) });
        assert_eq!(read(b"name=").unwrap().name, "");
    }

    #[test]
    fn what_browsers_never_send_is_refused() {
        assert_eq!(code(b"name=a&name=b"), "duplicate-field");
        assert_eq!(code(b"name=a&role=admin"), "unexpected-fields");
        assert_eq!(code(b"count=1"), "unexpected-fields");
        assert_eq!(code(b"name=%ff"), "not-utf-8");
        assert_eq!(code(b"name=\xff"), "not-utf-8");
        assert_eq!(code(b"name=%4"), "broken-encoding");
        assert_eq!(code(b"name=%zz"), "broken-encoding");
    }
}
