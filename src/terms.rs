//! `holdfast verify-terms`: says of signed terms who signed them and what they are. It needs no shop
//! and no network.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use domain::EvmAddress;
use domain::limits::RESOLVER_FEE;
use domain::seal::Terms;
use domain::signed;
use verify::message;
use verify::signature::Signature;
use web::ui::rfc3339;

use crate::{Stop, tell};

/// Signed terms are a page of text; anything longer is something else.
const LENGTH_MAX: u64 = 16 << 10;

/// Checks the text in a file, or on the standard input for `-`.
pub(crate) fn verify(file: &Path, expected: Option<EvmAddress>) -> Result<(), Stop> {
    let text = read(file)
        .map_err(|error| Stop::Failed(format!("{} cannot be read: {error}", file.display())))?;
    let told = check(&text, expected).map_err(Stop::Failed)?;
    tell(&told);
    Ok(())
}

fn read(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        io::stdin().lock().take(LENGTH_MAX).read_to_string(&mut text)?;
    } else {
        fs::File::open(file)?.take(LENGTH_MAX).read_to_string(&mut text)?;
    }
    Ok(text)
}

/// What a text says, if it is signed by the one who is expected to have signed it.
fn check(text: &str, expected: Option<EvmAddress>) -> Result<String, String> {
    let (text, signature) = signed::split(text)
        .ok_or("these are no signed terms: a text is wanted that ends in a row `signature: 0x…`")?;
    let signature: Signature = signature.parse().map_err(|error| format!("{error}"))?;
    let signer = signature.signer(&message::digest(&text)).map_err(|error| format!("{error}"))?;
    match expected {
        Some(expected) if expected != signer => Err(format!(
            "NOT the terms that {expected} signed: the text was changed, or another key signed it \
             ({signer}). Do not pay."
        )),
        _ => {
            let terms = Terms::from_text(&text).map_err(|error| error.to_string())?;
            let known = match expected {
                Some(_) => format!("Signed by {signer}, as expected, and unchanged."),
                None => format!(
                    "Signed by {signer}. That proves something only if it is the key of the site: \
                     compare it with what the site has published elsewhere, or give it with --signer."
                ),
            };
            Ok(format!("{known}\n{}", sentences(&terms).join("\n")))
        }
    }
}

/// What terms come to.
fn sentences(terms: &Terms) -> Vec<String> {
    let asset = terms.asset();
    let chain = terms.chain.spec().map_or_else(
        || format!("chain {}", terms.chain.get()),
        |spec| format!("{} (chain {})", spec.name, spec.id.get()),
    );
    let token = asset.token.map(|token| format!(" (token {token})")).unwrap_or_default();
    let least = terms.due.minus(terms.due.share(terms.tolerance));
    let consent = terms.signer.map_or_else(
        || "The buyer releases the money without a wallet's signature.".to_owned(),
        |signer| format!("The buyer releases the money by a signature of {signer} alone."),
    );
    vec![
        format!("Order {} is paid by {}{token} on {chain}", terms.order, asset.shown(terms.due)),
        format!("to {} before {}.", terms.escrow, rfc3339(terms.expires_at)),
        format!("From {} on it counts as paid.", asset.shown(least)),
        format!("Then the money goes to the vendor at {},", terms.payout),
        fees(terms),
        format!("or back to the buyer at {}, and nowhere else.", terms.refund),
        format!(
            "It is to be sent within {} hours of the payment; then there are {} hours to look at it.",
            terms.handling_hours, terms.inspection_hours
        ),
        consent,
    ]
}

/// What of the money is not the parties'.
fn fees(terms: &Terms) -> String {
    let site = format!("less {} for the site at {}", terms.commission, terms.commission_wallet);
    let invited = terms.referral.map(|referral| {
        let (share, address) = (referral.share, referral.address);
        format!(" (of which {share} for whoever invited the buyer, at {address})")
    });
    let ruling = terms.resolver.map(|resolver| {
        format!(", less {RESOLVER_FEE} of all where staff rule in a dispute, at {resolver}")
    });
    format!("{site}{}{},", invited.unwrap_or_default(), ruling.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_left_out_of_who_is_paid() {
        let text = TERMS.split("signature").next().unwrap().replace(
            "commission bps: 500\n",
            "commission bps: 500\n\
             referral address: 0x5959595959595959595959595959595959595959\n\
             referral bps of the commission: 5000\n\
             resolver address: 0x5858585858585858585858585858585858585858\n",
        );
        let told = sentences(&Terms::from_text(&text).unwrap()).join(" ");
        for part in [
            "(of which 50 % for whoever invited the buyer, at 0x5959595959595959595959595959595959595959)",
            "less 10 % of all where staff rule in a dispute, at 0x5858585858585858585858585858585858585858",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    /// Signed with eth-account by the key of all `11` bytes.
    const TERMS: &str = "holdfast sealed terms 3\n\
                         order: 01010101010101010101010101010101\n\
                         buyer: 02020202020202020202020202020202\n\
                         store: 03030303030303030303030303030303\n\
                         lines: 0x0404040404040404040404040404040404040404040404040404040404040404\n\
                         total cents: 2500\n\
                         chain: 31337\n\
                         usd micros per coin: 2500000000\n\
                         due: 10000000000000000\n\
                         tolerance bps: 100\n\
                         escrow address: 0x5151515151515151515151515151515151515151\n\
                         refund address: 0x5252525252525252525252525252525252525252\n\
                         payout address: 0x5353535353535353535353535353535353535353\n\
                         commission address: 0x5454545454545454545454545454545454545454\n\
                         commission bps: 500\n\
                         signer address: 0x5757575757575757575757575757575757575757\n\
                         handling hours: 72\n\
                         inspection hours: 336\n\
                         placed at micros: 1800000000000000\n\
                         expires at micros: 1800003600000000\n\
                         signature: 0x4c06f77c7f2e8d99d5ad95991b9d13abe9c9b32090aef44e761d829e97c63e580aa409652c1f248a3d497d6b442b187b51ee39fb7154d9e9bb31f27aa240d0791c\n";
    const SIGNER: &str = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A";

    #[test]
    fn terms_that_another_wallet_signed_are_told_in_sentences() {
        let told = check(TERMS, Some(SIGNER.parse().unwrap())).unwrap();
        assert!(told.starts_with(&format!("Signed by {SIGNER}, as expected")), "{told}");
        for part in [
            "0.01 ETH on Development chain",
            "to 0x5151515151515151515151515151515151515151 before 2027-01-15T09:00:00Z",
            "vendor at 0x5353535353535353535353535353535353535353",
            "less 5 % for the site",
            "buyer at 0x5252525252525252525252525252525252525252, and nowhere else",
            "by a signature of 0x5757575757575757575757575757575757575757 alone",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(check(TERMS, None).unwrap().contains("only if it is the key of the site"));
    }

    #[test]
    fn a_changed_text_another_signer_and_no_terms_are_refused() {
        let signer = Some(SIGNER.parse().unwrap());
        for (changed, to) in
            [("0x5151", "0x6151"), ("due: 1", "due: 2"), ("hours: 72", "hours: 73")]
        {
            let refused = check(&TERMS.replace(changed, to), signer).unwrap_err();
            assert!(refused.contains("NOT the terms"), "{changed}: {refused}");
        }
        let other = Some(EvmAddress::from_bytes([1; 20]));
        assert!(check(TERMS, other).unwrap_err().contains("Do not pay"));
        for text in ["", "hello", &TERMS.replace("signature: 0x", "signature: ")] {
            assert!(check(text, signer).is_err(), "{text}");
        }
        // A text of somebody's own, well signed, is still not one of ours.
        assert!(check(GREETING, None).unwrap_err().contains("cannot be read"));
    }

    /// "hello", signed by the same key.
    const GREETING: &str = "hello\n\
                         signature: 0x455ea67972b112dacb16e7cb2351036f0b3832a15d1600cab04df7b4e01a13bc0a840b9fd743faefc17388c88bb5a5615cb1ea353a611cc64d9e4d3560e493c71c";
}
