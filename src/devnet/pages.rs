//! The pages of the development chain.

use alloy_primitives::{B256, U256};
use maud::{DOCTYPE, Markup, html};

use crate::http::{Request, Response};
use crate::pay::{Coin, Offer};
use crate::site::Site;
use crate::{CHAIN_ID, DEMO_WALLET, DOLLAR, dollar};

/// wei in one ETH, as a power of ten.
const ETH_DECIMALS: usize = 18;

/// A page as an answer.
pub(crate) fn html(status: u16, page: Markup) -> Response {
    Response::new(status, "text/html; charset=utf-8", page.into_string())
}

/// What the demo wallet would pay.
pub(crate) fn offer(offer: &Offer, balance: U256, token: &str) -> Markup {
    let amount = offer.coin.shown(offer.value);
    // Ether pays its fee out of the same purse.
    let affordable = match offer.coin {
        Coin::Ether => balance > offer.value,
        Coin::Dollar => balance >= offer.value,
    };
    layout(
        &format!("Pay {amount}"),
        &html! {
            h1 { "Pay from the demo wallet" }
            p.lead { "Play money on a chain that lives on this machine only." }
            dl {
                dt { "Amount" }
                dd.amount { (amount) }
                dt { "To" }
                dd.code { (offer.to.to_checksum(None)) }
                dt { "In the wallet" }
                dd { (offer.coin.shown(balance)) }
            }
            @if affordable {
                form method="post" action="/pay" {
                    input type="hidden" name="token" value=(token);
                    button type="submit" { "Pay " (amount) }
                }
                p.note { "A small network fee comes on top." }
            } @else {
                p.notice role="alert" { "The demo wallet has too little for this payment." }
            }
            @if let Some(back) = &offer.back {
                p { a href=(back) { "Back to the shop without paying" } }
            }
        },
    )
}

/// What became of a payment: in which block it is, and whether it succeeded there.
pub(crate) fn paid(hash: B256, mined: Option<(u64, bool)>, back: Option<&str>) -> Markup {
    let (title, sentence) = match mined {
        Some((_, true)) => ("Paid", "The payment is in a block."),
        Some((_, false)) => ("Not paid", "The receiving contract refused the payment."),
        None => ("Sent", "The payment waits for its block."),
    };
    layout(
        title,
        &html! {
            h1 { (title) }
            p.lead role="status" { (sentence) }
            dl {
                dt { "Transaction" }
                dd.code { (hash) }
                @if let Some((number, _)) = mined {
                    dt { "Block" }
                    dd { (number) }
                }
            }
            @if let Some(back) = back {
                p { a.button href=(back) { "Back to the shop" } }
            }
        },
    )
}

/// What the demo wallet signed.
pub(crate) fn signed(shown: &str, signature: &str) -> Markup {
    layout(
        "Signed",
        &html! {
            h1 { "Signed by the demo wallet" }
            p.lead { "Copy the signature back into the shop. No money moves by it here." }
            dl {
                dt { "Address" }
                dd.code { (DEMO_WALLET.to_checksum(None)) }
                dt { "Signature" }
                dd.code { (signature) }
                dt { "Of" }
                dd.code { (shown) }
            }
        },
    )
}

/// Why something was not done.
pub(crate) fn refusal(sentence: &str) -> Markup {
    layout(
        "That did not work",
        &html! {
            h1 { "That did not work" }
            p.lead role="alert" { (sentence) }
        },
    )
}

/// What this chain is.
pub(crate) fn index(site: &Site, request: &Request) -> Markup {
    let head = site.chain.head();
    let host = request.header("host").unwrap_or_default();
    layout(
        "Development chain",
        &html! {
            h1 { "Development chain" }
            p.lead {
                "An Ethereum chain for trying the shop out. It runs the real virtual machine, but "
                "it lives on this machine only and its coins are worth nothing."
            }
            dl {
                dt { "Chain id" }
                dd { (CHAIN_ID) }
                dt { "Newest block" }
                dd { (head.number) }
                dt { "JSON-RPC" }
                dd.code { "http://" (host) "/" }
                dt { "Demo wallet" }
                dd.code { (DEMO_WALLET.to_checksum(None)) }
                dt { "In the wallet" }
                dd {
                    (Coin::Ether.shown(site.chain.balance(DEMO_WALLET))) ", "
                    (Coin::Dollar.shown(site.chain.dollars(DEMO_WALLET)))
                }
                dt { "Stablecoin" }
                dd.code { (DOLLAR.to_checksum(None)) }
            }
            p {
                "The demo wallet is the first development account of Hardhat and Anvil. Its key is "
                "public knowledge: never send it anything on a real chain."
            }
            h2 { "Moving things along" }
            p { "Besides Ethereum's methods the chain understands:" }
            ul {
                li { code { "devnet_faucet" } " (address, wei): coins out of nothing" }
                li { code { "evm_mine" } ", " code { "evm_setAutomine" } ": blocks by hand" }
                li {
                    code { "evm_increaseTime" } ", " code { "evm_setNextBlockTimestamp" }
                    ": time that passes at once"
                }
                li { code { "evm_snapshot" } ", " code { "evm_revert" } ": back to where it was" }
                li {
                    code { "devnet_reorg" } " (depth, keep), " code { "devnet_dropMempool" } ", "
                    code { "devnet_setFinalityLag" } ", " code { "devnet_setBaseFee" } ", "
                    code { "devnet_setPrice" } ": trouble, on order"
                }
            }
        },
    )
}

fn layout(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Demo wallet" }
                link rel="stylesheet" href="/pages.css";
                link rel="icon" type="image/svg+xml" href="/icon.svg";
            }
            body {
                main { (body) }
                footer { p { "Holdfast development chain" } }
            }
        }
    }
}

impl Coin {
    /// An amount of base units, exactly and without idle zeros.
    fn shown(self, units: U256) -> String {
        let (decimals, symbol) = match self {
            Self::Ether => (ETH_DECIMALS, "ETH"),
            Self::Dollar => (dollar::DECIMALS, dollar::SYMBOL),
        };
        let digits = format!("{units:0>width$}", width = decimals.saturating_add(1));
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(decimals));
        match fraction.trim_end_matches('0') {
            "" => format!("{whole} {symbol}"),
            fraction => format!("{whole}.{fraction} {symbol}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_amounts_exactly() {
        for (wei, shown) in [
            ("0", "0"),
            ("1", "0.000000000000000001"),
            ("1000000000000000000", "1"),
            ("1234500000000000000", "1.2345"),
            ("10000000000000000000000", "10000"),
        ] {
            let wei = U256::from_str_radix(wei, 10).unwrap();
            assert_eq!(Coin::Ether.shown(wei), format!("{shown} ETH"));
        }
        assert_eq!(Coin::Dollar.shown(U256::from(1_500_000)), "1.5 DUSD");
    }
}
