//! Naming the wallet that signs, and taking it away; pages and routes both call these.

use db::addresses::{self, AddressRequest, Book, Purpose};
use db::{DbError, turns};
use domain::EvmAddress;
use domain::clock::Span;
use domain::ids::AddressRequestId;
use domain::refusal::{BadText, Faults};
use verify::consent;

use crate::error::AppError;
use crate::http::limits::{self, Limit};
use crate::http::viewer::Account;
use crate::state::App;

const CHANGES: Limit = Limit { name: "signer", max: 10, window: Span::days(1) };
/// Stands in the book where nobody signs any more.
const NOBODY: EvmAddress = EvmAddress::from_bytes([0; 20]);

/// A text for a wallet to sign, and the request that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Names the request; it is entered once.
    pub request: AddressRequestId,
    /// What the wallet signs.
    pub text: String,
}

/// What somebody typed or sent to name a wallet.
#[derive(Debug, Clone, Copy)]
pub struct Naming<'a> {
    /// The request of the challenge.
    pub request: &'a str,
    /// The wallet.
    pub address: &'a str,
    /// Its signature over the challenge.
    pub signature: &'a str,
}

/// A new challenge.
pub fn challenge(app: &App, who: &Account) -> Challenge {
    of_request(who, AddressRequestId::from_random(app.random()))
}

/// The challenge of a request.
pub fn of_request(who: &Account, request: AddressRequestId) -> Challenge {
    Challenge { request, text: consent::challenge(&who.id.to_string(), &request.to_string()) }
}

/// What the book says about the account's wallet.
pub async fn book(app: &App, who: &Account) -> Result<Book, AppError> {
    let purpose = Purpose::Signer(who.id);
    Ok(app.read(move |conn| addresses::book(conn, purpose)).await?)
}

/// Asks escrow to want the signature of a wallet with the account's next orders.
pub async fn name(app: &App, who: &Account, input: Naming<'_>) -> Result<(), AppError> {
    let mut faults = Faults::default();
    let unknown = BadText::Form("Please load the page again; its text to sign is out of date.");
    let request =
        faults.take("signature", input.request.parse::<AddressRequestId>().ok().ok_or(unknown));
    let address =
        faults.take("address", EvmAddress::parse_payee(input.address).map_err(BadText::from));
    let (Some(request), Some(address)) = (request, address) else {
        return Err(AppError::invalid(faults));
    };
    let signature = input.signature.trim();
    let named = (who.id.to_string(), request.to_string());
    if !consent::is_proven(address, (&named.0, &named.1), signature) {
        return Err(AppError::fault(
            "signature",
            "This is not the signature of that wallet over the text above.",
        ));
    }
    ask(app, who, (request, address, Some(signature.to_owned()))).await
}

/// Asks escrow to want no signature with the account's next orders any more.
pub async fn remove(app: &App, who: &Account) -> Result<(), AppError> {
    ask(app, who, (AddressRequestId::from_random(app.random()), NOBODY, None)).await
}

async fn ask(
    app: &App,
    who: &Account,
    (id, address, proof): (AddressRequestId, EvmAddress, Option<String>),
) -> Result<(), AppError> {
    limits::admit(app, CHANGES, &who.id.to_string()).await?;
    let purpose = Purpose::Signer(who.id);
    let request = AddressRequest { id, purpose, address, by: who.id, at: app.now(), proof };
    app.write("signer", move |tx| -> Result<(), AppError> {
        turns::of_user(tx, request.by)?;
        let before = addresses::asked(tx, purpose)?.map(|(_, asked, _)| asked);
        if before.unwrap_or(NOBODY) == address {
            let same = match address.is_zero() {
                true => "No wallet signs for you, so there is none to take away.",
                false => "This wallet signs for you already.",
            };
            return Err(AppError::Conflict("same-signer", same.into()));
        }
        addresses::insert(tx, &request).map_err(|error| match error {
            DbError::Unique(_) => AppError::fault(
                "signature",
                "This signature was used already. Please load the page again.",
            ),
            other => other.into(),
        })
    })
    .await
}
