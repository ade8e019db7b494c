use super::*;

/// Compiles only as long as none of these kinds can be shown by `{:?}`.
macro_rules! never_shown {
    ($($kind:ty),+) => {$(
        const _: fn() = || {
            struct Shown;
            trait Told<A> {
                fn told() {}
            }
            impl<T: ?Sized> Told<()> for T {}
            impl<T: ?Sized + fmt::Debug> Told<Shown> for T {}
            // Of two that fit neither can be chosen.
            let _ = <$kind as Told<_>>::told;
        };
    )+};
}
never_shown!(Held, Locked<Held>, KeySource);

// What is secret is printed by nobody and copied by nobody: a change here would not compile.
static_assertions::assert_not_impl_any!(Held: fmt::Debug, fmt::Display, Clone);
static_assertions::assert_not_impl_any!(Locked<Held>: fmt::Debug, fmt::Display, Clone);
static_assertions::assert_not_impl_any!(KeySource: fmt::Debug, fmt::Display, Clone);
static_assertions::assert_not_impl_any!(Keys: fmt::Display, Clone);
static_assertions::assert_not_impl_any!(crate::secret::Secrets: fmt::Display, Clone);

pub(crate) const PHRASE: &str = "test test test test test test test test test test test junk";

/// The first accounts that every tool derives from the well-known phrase.
#[test]
fn the_well_known_phrase_has_its_well_known_addresses() {
    let keys = Keys::from_phrase(PHRASE).unwrap();
    for (index, address) in [
        (0, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
        (1, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        (9, "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"),
    ] {
        assert_eq!(keys.address(0, index).unwrap().to_string(), address);
    }
}

#[test]
fn the_account_key_alone_gives_the_same_keys() {
    let phrase = new_mnemonic().unwrap();
    let key = account_key(&phrase).unwrap();
    let (whole, part) = (Keys::from_phrase(&phrase).unwrap(), Keys::from_account_key(&key));
    let part = part.unwrap();
    assert_eq!(whole.fingerprint(), part.fingerprint());
    for place in [(0, 0), (0, 77), (3, 1)] {
        assert_eq!(whole.address(place.0, place.1), part.address(place.0, place.1));
    }
    assert!(is_account_key(&key));
}

#[test]
fn a_key_of_another_place_is_no_account_key() {
    let root: XPrv = account_key(PHRASE).unwrap().parse().unwrap();
    let below = hardened(&root, ORDERS).unwrap().to_string(Prefix::XPRV);
    let public = root.public_key().to_string(Prefix::XPUB);
    for text in [below.as_str(), &public, "", "xprv", PHRASE] {
        assert!(!is_account_key(text));
    }
}

#[test]
fn generations_and_phrases_differ() {
    let keys = Keys::from_phrase(PHRASE).unwrap();
    let other = Keys::from_phrase(&new_mnemonic().unwrap()).unwrap();
    assert_ne!(keys.address(0, 0).unwrap(), keys.address(1, 0).unwrap());
    assert_ne!(keys.fingerprint(), other.fingerprint());
    assert_eq!(keys.fingerprint(), Keys::from_phrase(PHRASE).unwrap().fingerprint());
}

#[test]
fn a_new_phrase_has_24_words_and_a_good_checksum() {
    let phrase = new_mnemonic().unwrap();
    assert_eq!(phrase.split(' ').count(), 24);
    assert!(Keys::from_phrase(&phrase).is_ok());
    assert_ne!(phrase, new_mnemonic().unwrap());
}

#[test]
fn a_phrase_with_a_wrong_word_is_refused_and_not_repeated() {
    let wrong = PHRASE.replace("junk", "test");
    let error = Keys::from_phrase(&wrong).unwrap_err().to_string();
    assert!(!error.contains("test"), "{error}");
    assert_eq!(format!("{:?}", Keys::from_phrase(PHRASE).unwrap()), "Keys(..)");
}

#[test]
fn a_key_signs_only_for_its_own_address() {
    let keys = Keys::from_phrase(PHRASE).unwrap();
    let leg = LegTx { from: keys.address(0, 1).unwrap(), ..crate::evm::tx::sample() };
    assert!(keys.sign((0, 1), Signable::Leg(&leg)).is_ok());
    assert!(keys.sign((0, 0), Signable::Leg(&leg)).is_err());
    let asked = Authorization { from: leg.from, ..crate::evm::eip3009::sample() };
    assert!(keys.authorize((0, 0), &asked).is_err());
    let carried = keys.authorize((0, 1), &asked).unwrap();
    let LegTx { chain, nonce, max_tip, max_fee, gas_limit, .. } = leg;
    let relay = RelayTx { from: leg.from, chain, nonce, max_tip, max_fee, gas_limit, carried };
    assert!(keys.sign((0, 1), Signable::Relay(&relay)).is_err(), "the wallet's key alone");
    let relay = RelayTx { from: keys.gas_wallet(0).unwrap(), ..relay };
    assert!(keys.sign((0, 1), Signable::Relay(&relay)).is_ok());
    assert_ne!(keys.gas_wallet(0).unwrap(), keys.gas_wallet(1).unwrap());
}

#[test]
fn the_gas_wallet_sends_coin_to_addresses_of_ours_alone() {
    let keys = Keys::from_phrase(PHRASE).unwrap();
    let (wallet, ours) = (keys.gas_wallet(0).unwrap(), keys.address(0, 1).unwrap());
    let top_up = |to, index| TopUpTx {
        coin: LegTx { from: wallet, to, ..crate::evm::tx::sample() },
        place: (0, index).into(),
    };
    assert!(keys.sign((0, 0), Signable::TopUp(&top_up(ours, 1))).is_ok());
    let stranger = EvmAddress::from_bytes([9; 20]);
    for bad in [top_up(stranger, 1), top_up(ours, 2), top_up(wallet, 1)] {
        assert!(keys.sign((0, 0), Signable::TopUp(&bad)).is_err());
    }
}
