use domain::asset::Asset;
use domain::chain::ChainId;
use domain::money::Amount;

use super::*;
use crate::ui::url;

const TO: EvmAddress = EvmAddress::from_bytes([0x5a; 20]);

#[test]
fn paying_shows_the_whole_sum_and_address_and_a_link_for_wallets() {
    let money =
        Money { amount: Amount::from_u128(10_000_000_000_000_001), decimals: 18, coin: "ETH" };
    let markup = pay_box(PayBox {
        money,
        address: &TO,
        explorer: None,
        uri: url::eip681(&Asset::native_of(ChainId::DEVELOPMENT), &TO, money.amount),
        chain: "Dev <chain>",
        by: Time::from_secs(0),
        extra: html! {},
    })
    .into_string();
    let link = format!("href=\"ethereum:{TO}@31337?value=10000000000000001\"");
    for part in
        [">0.010000000000000001<", &format!(">{TO}</code>"), &link, "Dev &lt;chain&gt;", "<svg"]
    {
        assert!(markup.contains(part), "{part} in {markup}");
    }
}

#[test]
fn a_confirmation_names_the_act_and_carries_the_token() {
    let markup = confirm(Confirm {
        title: "Pay the vendor?",
        action: Url::fixed("/orders/release"),
        csrf: "t",
        verb: "Pay the vendor",
        look: Look::Primary,
        facts: vec![("To", address(&TO, None))],
        warning: Some("It cannot be undone."),
        fields: html! {},
        sends_files: false,
        back: Url::fixed("/orders"),
        back_label: "Not yet",
    })
    .into_string();
    for part in [
        &TO.to_string(),
        ">Pay the vendor</button>",
        "name=\"csrf\"",
        "cannot be undone",
        "Not yet",
    ] {
        assert!(markup.contains(part), "{part} in {markup}");
    }
}

#[test]
fn a_receipt_counts_only_what_is_more_than_one() {
    let cents = |n| Cents::new(n).unwrap();
    let markup = receipt(&[("Mug", 2, cents(5_600)), ("Ship <ping>", 1, cents(490))], cents(6_090))
        .into_string();
    assert_eq!(markup.matches("×").count(), 1);
    assert!(markup.contains("Ship &lt;ping&gt;"), "{markup}");
}

#[test]
fn secrets_can_be_copied_together() {
    let markup = secrets("Recovery codes", &["aa-bb".to_owned(), "cc-dd".to_owned()]).into_string();
    assert!(markup.contains("data-copy=\"aa-bb\ncc-dd\""), "{markup}");
    assert_eq!(markup.matches("<li>").count(), 2);
    assert!(secret("API key", "hf_1").into_string().contains(">hf_1</code>"));
}
