//! What escrow sealed, and what a wallet has to sign, as JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::orders::actions::read::OrderView;
use crate::orders::consent::{Given, Wanted};

/// The terms by which alone money leaves, with this site's signature over them.
#[derive(Debug, Serialize, ToSchema)]
pub struct SealedJson {
    /// The canonical text, exactly as it was signed.
    terms: String,
    /// The site's key that signed it (EIP-191); compare it with the one that the site publishes.
    signer: Option<String>,
    /// The signature, 65 bytes.
    signature: Option<String>,
    /// The buyer's wallet that must sign a release.
    buyer_signer: Option<String>,
}

impl SealedJson {
    /// Of an order that escrow has sealed.
    pub(super) fn of(view: &OrderView) -> Option<Self> {
        let sealed = view.sealed.as_ref()?;
        let (signer, signature) = sealed.signed.clone().unzip();
        Some(Self {
            terms: sealed.terms.to_text(),
            signer: signer.map(|signer| signer.to_string()),
            signature,
            buyer_signer: sealed.terms.signer.map(|signer| signer.to_string()),
        })
    }
}

/// What an act wants of the buyer's wallet.
#[derive(Debug, Serialize, ToSchema)]
pub struct WantedJson {
    /// Whether it wants a signature at all; what follows is absent where it does not.
    wanted: bool,
    /// The wallet that must sign.
    signer: Option<String>,
    /// The `deadline` to send along: seconds since 1970.
    deadline: Option<u64>,
    /// Typed data for `eth_signTypedData_v4` (EIP-712).
    #[schema(value_type = Option<Object>)]
    typed_data: Option<serde_json::Value>,
}

impl From<Option<Wanted>> for WantedJson {
    fn from(wanted: Option<Wanted>) -> Self {
        let signed = wanted.as_ref();
        Self {
            wanted: signed.is_some(),
            signer: signed.map(|wanted| wanted.signer.to_string()),
            deadline: signed.map(|wanted| wanted.consent.deadline),
            typed_data: signed.map(Wanted::typed_data),
        }
    }
}

/// The consent of the buyer's wallet, where the act wants one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsent {
    /// The wallet's signature over the typed data.
    #[serde(default)]
    signature: Option<String>,
    /// The deadline in that data.
    #[serde(default)]
    deadline: Option<u64>,
}

impl NewConsent {
    /// As the act takes it.
    pub(super) fn given(self) -> Option<Given> {
        let (signature, deadline) = (self.signature?, self.deadline.unwrap_or_default());
        Some(Given { signature, deadline })
    }
}
