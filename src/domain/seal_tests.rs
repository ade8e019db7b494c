use super::*;

#[test]
fn terms_read_back_from_their_text() {
    assert_eq!(Terms::from_text(&sample().to_text()), Ok(sample()));
    assert_eq!(Terms::from_text(&sample_token().to_text()), Ok(sample_token()));
    for plain in [sample(), sample_token()] {
        let signed = Terms { signer: Some(EvmAddress::from_bytes([0x57; 20])), ..plain };
        assert!(signed.to_text().starts_with("holdfast sealed terms 3\n"));
        assert_eq!(Terms::from_text(&signed.to_text()), Ok(signed));
    }
    assert_eq!(sample_token().asset().shown(sample_token().due), "25 USDC");
}

#[test]
fn the_resolver_stands_before_the_signer() {
    for plain in [sample(), sample_token()] {
        let address = |byte| Some(EvmAddress::from_bytes([byte; 20]));
        let terms = Terms { resolver: address(0x57), signer: address(0x58), ..plain };
        let text = terms.to_text();
        assert!(text.starts_with("holdfast sealed terms 3\n"), "{text}");
        let names: Vec<&str> =
            text.lines().filter_map(|row| row.split_once(": ")).map(|(name, _)| name).collect();
        let at = names.iter().position(|name| *name == "commission bps").unwrap();
        assert_eq!(
            names[at..at + 4],
            ["commission bps", "resolver address", "signer address", "handling hours"]
        );
        assert_eq!(Terms::from_text(&text), Ok(terms));
    }
}

#[test]
fn a_resolver_stands_in_a_layout_of_its_own_with_and_without_a_token() {
    for plain in [sample(), sample_token()] {
        let terms = Terms { resolver: Some(EvmAddress::from_bytes([0x57; 20])), ..plain.clone() };
        let text = terms.to_text();
        assert!(text.starts_with("holdfast sealed terms 3\n"), "{text}");
        assert_eq!(Terms::from_text(&text), Ok(terms));
        assert_eq!(Terms::from_text(&plain.to_text()), Ok(plain), "the earlier ones still read");
        for layout in ["1", "2"] {
            let other = text.replace("terms 3", &format!("terms {layout}"));
            assert_eq!(Terms::from_text(&other), Err(Unreadable("form")));
        }
    }
}

#[test]
fn a_referral_stands_after_the_commission_that_it_is_a_part_of() {
    for plain in [sample(), sample_token()] {
        let address = EvmAddress::from_bytes([0x59; 20]);
        let referral = Some(ReferralTerms { address, share: Bps::HALF });
        let terms = Terms { referral, ..plain.clone() };
        let text = terms.to_text();
        let rows = format!(
            "commission bps: 500\nreferral address: {address}\n\
             referral bps of the commission: 5000\nhandling hours: 72\n"
        );
        assert!(text.starts_with("holdfast sealed terms 3\n") && text.contains(&rows), "{text}");
        assert_eq!(Terms::from_text(&text), Ok(terms.clone()));
        assert_eq!(terms.without_referral(), plain);
        for (row, other) in [
            ("referral bps of the commission: 5000\n", ""),
            ("commission: 5000", "commission: 10001"),
            ("commission: 5000", "commission: 05000"),
        ] {
            assert!(Terms::from_text(&text.replace(row, other)).is_err(), "{other}");
        }
        let orphan = format!("referral address: {address}\n");
        assert!(Terms::from_text(&text.replace(&orphan, "")).is_err(), "a share for nobody");
    }
}

#[test]
fn a_token_belongs_to_its_layout() {
    for (text, other) in [
        (sample().to_text(), ("terms 1", "terms 2")),
        (sample_token().to_text(), ("terms 2", "terms 1")),
        (sample().to_text(), ("terms 1", "terms 3")),
        (sample_token().to_text(), ("terms 2", "terms 3")),
        (sample_token().to_text(), ("decimals: 6", "decimals: 25")),
        (sample_token().to_text(), ("symbol: USDC", "symbol: US DC")),
    ] {
        assert!(Terms::from_text(&text.replace(other.0, other.1)).is_err(), "{other:?}");
    }
}

#[test]
fn a_consent_is_bound_to_chain_address_order_act_and_number() {
    let consent = sample().consent(Pledge::Release, 7, 1_800_000_000);
    assert_eq!((consent.chain, consent.escrow), (31_337, sample().escrow));
    assert_eq!((consent.order.as_str(), consent.action.as_str()), (ORDER, "release"));
    assert_eq!((consent.nonce, consent.deadline), (7, 1_800_000_000));
    let share = Bps::percent(40);
    for (pledge, words) in [
        (Pledge::Accept(share), "accept: 40 % to the buyer"),
        (Pledge::Offer(share), "offer: 40 % to the buyer"),
        (Pledge::Rule(share), "rule: 40 % to the buyer"),
        (Pledge::Confirm { ruling: 2, buyer: share }, "confirm ruling 2: 40 % to the buyer"),
    ] {
        assert_eq!(sample().consent(pledge, 7, 1_800_000_000).action, words);
    }
}

const ORDER: &str = "01010101010101010101010101010101";

#[test]
fn a_text_with_anything_moved_added_or_respelled_is_refused() {
    let text = sample().to_text();
    let swapped: Vec<&str> = {
        let mut rows: Vec<&str> = text.lines().collect();
        rows.swap(1, 2);
        rows
    };
    for other in [
        text.replace(" 1\n", " 2\n"),
        text.replace("due: 1", "due: 01"),
        format!("{text}extra: 1\n"),
        text.replace("order: ", "order:  "),
        text.trim_end().to_owned(),
        swapped.join("\n"),
        String::new(),
    ] {
        assert!(Terms::from_text(&other).is_err(), "{other}");
    }
}

/// A token that knows no authorizations has no row of a domain; a row that is none does not read.
#[test]
fn a_token_without_a_domain_is_sealed_without_that_row() {
    let mut terms = sample_token();
    let with = terms.to_text();
    terms.token = terms.token.map(|token| TokenTerms { domain: None, ..token });
    let text = terms.to_text();
    assert_eq!(Terms::from_text(&text), Ok(terms));
    assert_eq!(text.lines().count() + 1, with.lines().count());
    assert!(!text.contains("token domain"));
    for bad in ["token domain: ", "token domain: 0x00"] {
        let text = text.replace("token fee of a leg", &format!("{bad}\ntoken fee of a leg"));
        assert!(Terms::from_text(&text).is_err(), "{bad}");
    }
}
