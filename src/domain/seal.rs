//! The terms of an order as escrow seals them: one canonical text, which a MAC covers and by which
//! alone money leaves.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use verify::consent::Consent;

use crate::EvmAddress;
use crate::asset::{Asset, DECIMALS_MAX, Symbol};
use crate::chain::ChainId;
use crate::clock::Time;
use crate::ids::{OrderId, StoreId, UserId};
use crate::money::{Amount, Bps, Cents, UsdMicros};
use crate::pledge::Pledge;

/// First line of the canonical text; another layout needs another one.
const HEADER: &str = "holdfast sealed terms 1";
/// The same where a token is named.
const HEADER_TOKEN: &str = "holdfast sealed terms 2";
/// The same where any row stands that the first two do not know, with a token or without.
const HEADER_MORE: &str = "holdfast sealed terms 3";

/// The kind of terms that are no order's.
const DEPOSIT: &str = "deposit";

/// The token that an order is paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenTerms {
    /// Its contract.
    pub address: EvmAddress,
    /// What it is called.
    pub symbol: Symbol,
    /// Its decimals.
    pub decimals: u8,
    /// The EIP-712 domain under which its holders sign, as its contract told and escrow computed. None
    /// where it knows no authorizations: then the escrow address itself transfers it.
    pub domain: Option<[u8; 32]>,
    /// What each leg of a payout is charged for its gas, in base units of the token.
    pub leg_fee: Amount,
}

/// What whoever brought the buyer is paid when the vendor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReferralTerms {
    /// Where.
    pub address: EvmAddress,
    /// Which share of the commission.
    pub share: Bps,
}

/// All that decides where an order's money may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The order.
    pub order: OrderId,
    /// Who placed it.
    pub buyer: UserId,
    /// The store it was placed at.
    pub store: StoreId,
    /// Digest of its lines ([`crate::order::lines_hash`]).
    pub lines_hash: [u8; 32],
    /// Sum of its lines.
    pub total: Cents,
    /// The chain that it is paid on.
    pub chain: ChainId,
    /// The token that it is paid in; none for the chain's coin.
    pub token: Option<TokenTerms>,
    /// Price of one coin when it was quoted.
    pub usd: UsdMicros,
    /// To be paid, in base units of the asset.
    pub due: Amount,
    /// How much less still counts.
    pub tolerance: Bps,
    /// The address to pay to.
    pub escrow: EvmAddress,
    /// Where a refund goes.
    pub refund: EvmAddress,
    /// Where the vendor is paid.
    pub payout: EvmAddress,
    /// Where the commission goes.
    pub commission_wallet: EvmAddress,
    /// The site's share of what goes to the vendor.
    pub commission: Bps,
    /// Who is paid a share of the commission for having brought the buyer, if anybody.
    pub referral: Option<ReferralTerms>,
    /// Where the fee for a ruling goes; none where the site takes none.
    pub resolver: Option<EvmAddress>,
    /// The wallet without whose signature the buyer's own acts do not part him from his money; none
    /// where the buyer has named none.
    pub signer: Option<EvmAddress>,
    /// Whether it is a vendor's deposit, which goes back to the refund address and nowhere else.
    pub deposit: bool,
    /// Hours from funding to dispatch.
    pub handling_hours: u32,
    /// Hours from dispatch until the buyer should have looked at it.
    pub inspection_hours: u32,
    /// When it was placed.
    pub placed_at: Time,
    /// Until when it must be paid, by block time.
    pub expires_at: Time,
}

/// A sealed text that does not read as terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed terms cannot be read: {0}")]
pub struct Unreadable(&'static str);

impl Terms {
    /// What it is paid in.
    pub fn asset(&self) -> Asset {
        match self.token {
            None => Asset::native_of(self.chain),
            Some(TokenTerms { address, symbol, decimals, .. }) => {
                Asset { chain: self.chain, token: Some(address), symbol, decimals }
            }
        }
    }

    /// The same where nobody brought the buyer: what the referral would get is the site's.
    pub fn without_referral(&self) -> Self {
        Self { referral: None, ..self.clone() }
    }

    /// The same for money at the order's address that is not what it is paid in: another token, or
    /// none for the chain's coin. No sum of it is due.
    pub fn paid_in(&self, token: Option<TokenTerms>) -> Self {
        Self { token, due: Amount::ZERO, ..self.without_referral() }
    }

    /// What a signer agrees to by an act under the number of its request, or of the offer that is
    /// made, until `deadline_secs` since 1970.
    pub fn consent(&self, pledge: Pledge, n: u32, deadline_secs: u64) -> Consent {
        Consent {
            order: self.order.to_string(),
            action: pledge.to_string(),
            nonce: n.into(),
            deadline: deadline_secs,
            chain: self.chain.get(),
            escrow: self.escrow,
        }
    }

    /// The canonical text: one `name: value` row a field in fixed order, so that it can be shown,
    /// signed and compared as it is.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.header());
        for (name, value) in self.fields() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}: {value}");
        }
        text
    }

    const fn header(&self) -> &'static str {
        if self.referral.is_some()
            || self.resolver.is_some()
            || self.signer.is_some()
            || self.deposit
        {
            return HEADER_MORE;
        }
        if self.token.is_some() { HEADER_TOKEN } else { HEADER }
    }
    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("order", self.order.to_string()),
            ("buyer", self.buyer.to_string()),
            ("store", self.store.to_string()),
            ("lines", hex(&self.lines_hash)),
            ("total cents", self.total.get().to_string()),
            ("chain", self.chain.get().to_string()),
        ];
        if let Some(token) = &self.token {
            fields.extend([
                ("token", token.address.to_string()),
                ("token symbol", token.symbol.to_string()),
                ("token decimals", token.decimals.to_string()),
            ]);
            fields.extend(token.domain.map(|domain| ("token domain", hex(&domain))));
            fields.push(("token fee of a leg", token.leg_fee.to_string()));
        }
        fields.extend([
            ("usd micros per coin", self.usd.get().to_string()),
            ("due", self.due.to_string()),
            ("tolerance bps", self.tolerance.get().to_string()),
            ("escrow address", self.escrow.to_string()),
            ("refund address", self.refund.to_string()),
            ("payout address", self.payout.to_string()),
            ("commission address", self.commission_wallet.to_string()),
            ("commission bps", self.commission.get().to_string()),
        ]);
        if let Some(referral) = &self.referral {
            fields.extend([
                ("referral address", referral.address.to_string()),
                ("referral bps of the commission", referral.share.get().to_string()),
            ]);
        }
        fields.extend(self.resolver.map(|address| ("resolver address", address.to_string())));
        fields.extend(self.signer.map(|signer| ("signer address", signer.to_string())));
        fields.extend(self.deposit.then(|| ("kind", DEPOSIT.to_owned())));
        fields.extend([
            ("handling hours", self.handling_hours.to_string()),
            ("inspection hours", self.inspection_hours.to_string()),
            ("placed at micros", self.placed_at.as_micros().to_string()),
            ("expires at micros", self.expires_at.as_micros().to_string()),
        ]);
        fields
    }

    /// Reads the canonical text, and nothing that is not exactly it.
    pub fn from_text(text: &str) -> Result<Self, Unreadable> {
        let (header, rest) = text.split_once('\n').ok_or(Unreadable("header"))?;
        if ![HEADER, HEADER_TOKEN, HEADER_MORE].contains(&header) {
            return Err(Unreadable("header"));
        }
        let fields: BTreeMap<&str, &str> =
            rest.lines().filter_map(|row| row.split_once(": ")).collect();
        let terms = Self {
            order: read(&fields, "order")?,
            buyer: read(&fields, "buyer")?,
            store: read(&fields, "store")?,
            lines_hash: fields
                .get("lines")
                .and_then(|text| unhex(text))
                .ok_or(Unreadable("lines"))?,
            total: Cents::new(read(&fields, "total cents")?).ok_or(Unreadable("total cents"))?,
            chain: ChainId::from(read::<u64>(&fields, "chain")?),
            token: optional(&fields, "token", || token(&fields))?,
            usd: UsdMicros::new(read(&fields, "usd micros per coin")?)
                .ok_or(Unreadable("usd micros per coin"))?,
            due: units(&fields, "due")?,
            tolerance: Bps::new(read(&fields, "tolerance bps")?)
                .ok_or(Unreadable("tolerance bps"))?,
            escrow: read(&fields, "escrow address")?,
            refund: read(&fields, "refund address")?,
            payout: read(&fields, "payout address")?,
            commission_wallet: read(&fields, "commission address")?,
            commission: Bps::new(read(&fields, "commission bps")?)
                .ok_or(Unreadable("commission bps"))?,
            referral: optional(&fields, "referral address", || referral(&fields))?,
            resolver: optional(&fields, "resolver address", || read(&fields, "resolver address"))?,
            signer: optional(&fields, "signer address", || read(&fields, "signer address"))?,
            // Any other word does not come out as it was.
            deposit: fields.contains_key("kind"),
            handling_hours: read(&fields, "handling hours")?,
            inspection_hours: read(&fields, "inspection hours")?,
            placed_at: Time::from_micros(read(&fields, "placed at micros")?),
            expires_at: Time::from_micros(read(&fields, "expires at micros")?),
        };
        // This holds the header to its rows as well.
        if terms.to_text() == text { Ok(terms) } else { Err(Unreadable("form")) }
    }
}

/// What a row says, where it stands.
fn optional<T>(
    fields: &BTreeMap<&str, &str>,
    name: &str,
    read: impl FnOnce() -> Result<T, Unreadable>,
) -> Result<Option<T>, Unreadable> {
    fields.contains_key(name).then(read).transpose()
}

fn token(fields: &BTreeMap<&str, &str>) -> Result<TokenTerms, Unreadable> {
    let domain = fields.get("token domain").copied();
    let domain = domain.map(|text| unhex(text).ok_or(Unreadable("token domain"))).transpose()?;
    let decimals = read(fields, "token decimals")?;
    Ok(TokenTerms {
        address: read(fields, "token")?,
        symbol: read(fields, "token symbol")?,
        decimals: if decimals <= DECIMALS_MAX {
            decimals
        } else {
            return Err(Unreadable("token decimals"));
        },
        domain,
        leg_fee: units(fields, "token fee of a leg")?,
    })
}

fn referral(fields: &BTreeMap<&str, &str>) -> Result<ReferralTerms, Unreadable> {
    const SHARE: &str = "referral bps of the commission";
    let share = Bps::new(read(fields, SHARE)?).ok_or(Unreadable(SHARE))?;
    Ok(ReferralTerms { address: read(fields, "referral address")?, share })
}

fn units(fields: &BTreeMap<&str, &str>, name: &'static str) -> Result<Amount, Unreadable> {
    let amount = fields.get(name).and_then(|text| Amount::parse_units(text).ok());
    amount.ok_or(Unreadable(name))
}

fn read<T: FromStr>(fields: &BTreeMap<&str, &str>, name: &'static str) -> Result<T, Unreadable> {
    fields.get(name).and_then(|text| text.parse().ok()).ok_or(Unreadable(name))
}

/// `0x` and two lower-case digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("0x"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads 32 bytes written by [`hex`].
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits =
        text.strip_prefix("0x").filter(|digits| digits.len() == 64 && digits.is_ascii())?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

/// Terms to test with.
#[cfg(test)]
pub(crate) fn sample() -> Terms {
    let address = |byte| EvmAddress::from_bytes([byte; 20]);
    Terms {
        order: OrderId::from_random([1; 16]),
        buyer: UserId::from_random([2; 16]),
        store: StoreId::from_random([3; 16]),
        lines_hash: [4; 32],
        total: Cents::new(2_500).unwrap(),
        chain: ChainId::DEVELOPMENT,
        token: None,
        usd: UsdMicros::new(2_500_000_000).unwrap(),
        due: Amount::from_u128(10_000_000_000_000_000),
        tolerance: Bps::percent(1),
        escrow: address(0x51),
        refund: address(0x52),
        payout: address(0x53),
        commission_wallet: address(0x54),
        commission: Bps::percent(5),
        referral: None,
        resolver: None,
        signer: None,
        deposit: false,
        handling_hours: 72,
        inspection_hours: 336,
        placed_at: Time::from_secs(1_800_000_000),
        expires_at: Time::from_secs(1_800_003_600),
    }
}

/// The same terms in a stablecoin.
#[cfg(test)]
pub(crate) fn sample_token() -> Terms {
    let token = TokenTerms {
        address: EvmAddress::from_bytes([0x55; 20]),
        symbol: "USDC".parse().unwrap(),
        decimals: 6,
        domain: Some([0x56; 32]),
        leg_fee: Amount::from_u128(150_000),
    };
    let usd = crate::asset::STABLE_USD;
    Terms { token: Some(token), usd, due: Amount::from_u128(25_000_000), ..sample() }
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
