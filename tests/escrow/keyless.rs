//! What is written to the tables, whoever reads or copies them, tells no key.

use bip32::{ChildNumber, XPrv};
use bip39::Mnemonic;
use db::Owner;
use domain::intent::{ActorRole, IntentAction};
use domain::seal::hex;

use crate::world::{PHRASE, World};

/// The path of a key from the account down: hardened where it says so.
fn below(root: &XPrv, path: &[(u32, bool)]) -> [u8; 32] {
    let key = path.iter().fold(root.clone(), |key, (number, hardened)| {
        key.derive_child(ChildNumber::new(*number, *hardened).unwrap()).unwrap()
    });
    key.to_bytes()
}

#[test]
fn the_tables_hold_no_key_after_a_whole_journey() {
    let world = World::in_dollars();
    let engine = world.engine();
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");

    let seed = Mnemonic::parse_normalized(PHRASE).unwrap().to_seed_normalized("");
    let account = escrow::account_key(PHRASE).unwrap();
    let root: XPrv = account.parse().unwrap();
    let mut canaries = vec![
        PHRASE.as_bytes().to_vec(),
        account.as_bytes().to_vec(),
        seed.to_vec(),
        hex(&seed).as_bytes()[2..].to_vec(),
    ];
    let order_key = [(0, true), (0, false), (0, false)];
    let gas_key = [(2, true), (0, false), (0, false)];
    let site_key = [(3, true), (0, false), (0, false)];
    for path in [&[][..], &order_key[..1], &order_key, &gas_key, &site_key] {
        let key = below(&root, path);
        let backwards = key.into_iter().rev().collect();
        canaries.extend([key.to_vec(), hex(&key).as_bytes()[2..].to_vec(), backwards]);
    }
    for owner in Owner::ALL {
        let bytes = world.data.bytes(owner);
        for (n, canary) in canaries.iter().enumerate() {
            assert!(!bytes.windows(canary.len()).any(|part| part == canary), "{owner:?}: {n}");
        }
        if owner == Owner::Escrow {
            // Or else the scan would find nothing anywhere.
            let address = world.state(order).address.unwrap().to_string();
            assert!(bytes.windows(address.len()).any(|part| part == address.as_bytes()));
        }
    }
}
