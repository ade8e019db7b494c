//! The wallet that signs, over JSON.

use db::addresses::{Book, Entry};
use domain::clock::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::actions::{self, Challenge, Naming};
use crate::error::ApiResult;
use crate::http::api::{self, rfc3339};
use crate::http::json::Json;
use crate::http::viewer::{Account, ApiCaller};
use crate::state::State;

/// Routes of signers for `/openapi.json`.
#[derive(utoipa::OpenApi)]
#[openapi(paths(show, name, remove))]
pub(crate) struct Doc;

/// A wallet that signs, or that signs no more.
#[derive(Debug, Serialize, ToSchema)]
struct SignerEntryJson {
    /// The wallet; absent where none signs.
    address: Option<String>,
    /// From when orders are sealed with it.
    counts_from: String,
}

impl From<&Entry> for SignerEntryJson {
    fn from(entry: &Entry) -> Self {
        let wallet = (!entry.address.is_zero()).then(|| entry.address.to_string());
        Self { address: wallet, counts_from: rfc3339(entry.counts_from) }
    }
}

/// What a wallet signs to be named.
#[derive(Debug, Serialize, ToSchema)]
struct ChallengeJson {
    /// To be sent back with the signature; good for one request.
    request: String,
    /// To be signed as it is (EIP-191, `personal_sign`).
    text: String,
}

/// The wallet that signs for the account.
#[derive(Debug, Serialize, ToSchema)]
struct SignerJson {
    /// What new orders are sealed with.
    in_force: Option<SignerEntryJson>,
    /// What comes after it.
    next: Option<SignerEntryJson>,
    /// Whether escrow has still to enter the last change.
    unanswered: bool,
    /// For naming a wallet.
    challenge: ChallengeJson,
}

impl SignerJson {
    fn new(book: &Book, challenge: Challenge, now: Time) -> Self {
        Self {
            in_force: book.in_force(now).map(SignerEntryJson::from),
            next: book.waiting(now).map(SignerEntryJson::from),
            unanswered: book.unanswered().is_some(),
            challenge: ChallengeJson {
                request: challenge.request.to_string(),
                text: challenge.text,
            },
        }
    }
}

/// A wallet to be named.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSigner {
    /// `request` of the challenge.
    request: String,
    /// The wallet, EIP-55.
    address: String,
    /// Its signature over the text of the challenge.
    signature: String,
}

/// The wallet that signs for the account, and a text by which another is named.
#[utoipa::path(get, path = "/api/v1/me/signer", tag = "account", security(("key" = [])),
    responses((status = 200, body = SignerJson)))]
pub(super) async fn show(app: State, caller: ApiCaller) -> ApiResult {
    answer(&app, &caller.account).await
}

/// Names the wallet that signs: a first one counts at once, a later one after 48 hours.
#[utoipa::path(post, path = "/api/v1/me/signer", tag = "account", request_body = NewSigner,
    security(("key" = [])), responses((status = 200, body = SignerJson), (status = 409), (status = 422)))]
pub(super) async fn name(app: State, caller: ApiCaller, body: Json<NewSigner>) -> ApiResult {
    let NewSigner { request, address, signature } = &body.0;
    actions::name(&app, caller.write()?, Naming { request, address, signature }).await?;
    answer(&app, &caller.account).await
}

/// Takes the wallet away: in 48 hours new orders want no signature any more.
#[utoipa::path(delete, path = "/api/v1/me/signer", tag = "account", security(("key" = [])),
    responses((status = 200, body = SignerJson), (status = 409)))]
pub(super) async fn remove(app: State, caller: ApiCaller) -> ApiResult {
    actions::remove(&app, caller.write()?).await?;
    answer(&app, &caller.account).await
}

async fn answer(app: &State, who: &Account) -> ApiResult {
    let book = actions::book(app, who).await?;
    Ok(api::ok(&SignerJson::new(&book, actions::challenge(app, who), app.now())))
}
