use super::*;
use std::io::{Seek, SeekFrom, Write};

const PHRASE: &str = "test test test test test test test test test test test junk";
const WALLET: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

fn lines(changes: &[(&str, Option<&str>)]) -> String {
    let mut all = vec![
        ("MNEMONIC", PHRASE.to_owned()),
        ("COMMISSION_WALLET_DEV", WALLET.to_owned()),
        ("RPC_URL_DEV", "http://127.0.0.1:8545".to_owned()),
        ("PRICES_URL", "http://127.0.0.1:8545/prices/v1/demo/tokens/by-symbol".to_owned()),
    ];
    for (name, value) in changes {
        all.retain(|(known, _)| known != name);
        if let Some(value) = value {
            all.push((name, (*value).to_owned()));
        }
    }
    all.iter().map(|(name, value)| format!("{name}=\"{value}\"\n")).collect()
}

fn refusal(changes: &[(&str, Option<&str>)]) -> String {
    let error = Secrets::parse(&lines(changes)).unwrap_err().to_string();
    assert!(error.ends_with('.'), "{error}");
    error
}

#[test]
fn a_whole_file_is_read_and_shown_to_nobody() {
    let secrets = Secrets::parse(&lines(&[])).unwrap();
    assert_eq!(secrets.chains.len(), 1);
    assert_eq!(secrets.chains[0].commission_wallet.to_string(), WALLET);
    assert_eq!(secrets.chains[0].tokens, []);
    let named = format!("{WALLET}, 0xa0Ee7A142d267C1f36714E4a8F75612F20a79720");
    let secrets = Secrets::parse(&lines(&[("TOKENS_DEV", Some(&named))])).unwrap();
    assert_eq!(secrets.chains[0].tokens.len(), 2);
    let shown = format!("{secrets:?}");
    assert!(!shown.contains("junk") && !shown.contains("8545"), "{shown}");
}

#[test]
fn what_is_missing_is_named() {
    for (name, told) in [
        ("MNEMONIC", "MNEMONIC"),
        ("COMMISSION_WALLET_DEV", "COMMISSION_WALLET_DEV"),
        ("RPC_URL_DEV", "RPC_URL_MAINNET"),
        ("PRICES_URL", "ALCHEMY_API_KEY"),
    ] {
        assert!(refusal(&[(name, None)]).contains(told), "{name}");
        assert!(refusal(&[(name, Some(""))]).contains(told), "{name}");
    }
}

#[test]
fn what_is_wrong_is_named_and_not_repeated() {
    let real = ("RPC_URL_BASE", Some("https://base.example/v2/canary"));
    let real_wallet = ("COMMISSION_WALLET_BASE", Some(WALLET));
    let key = ("ALCHEMY_API_KEY", Some("abcdefgh12345678"));
    let account = crate::keys::account_key(PHRASE).unwrap();
    let public = ("ACCOUNT_KEY", Some(account.as_str()));
    for (changes, name) in [
        (vec![("MNEMONIC", Some("canary canary"))], "MNEMONIC"),
        (
            vec![("MNEMONIC", Some("test test test test test test test test test test test test"))],
            "MNEMONIC",
        ),
        (vec![real, real_wallet], "MNEMONIC"),
        (vec![("ACCOUNT_KEY", Some("xprv9canary"))], "ACCOUNT_KEY"),
        (vec![("MNEMONIC", None), ("ACCOUNT_KEY", Some("xprv9canary"))], "ACCOUNT_KEY"),
        (vec![("MNEMONIC", None), public, real, real_wallet], "ACCOUNT_KEY"),
        (vec![real], "COMMISSION_WALLET_BASE"),
        (
            vec![("COMMISSION_WALLET_DEV", Some("0x70997970c51812dc3A010C7d01b50e0d17dc79C8"))],
            "COMMISSION_WALLET_DEV",
        ),
        (
            vec![("COMMISSION_WALLET_DEV", Some("0x0000000000000000000000000000000000000000"))],
            "COMMISSION_WALLET_DEV",
        ),
        (vec![("RESOLVER_WALLET_DEV", Some("canary"))], "RESOLVER_WALLET_DEV"),
        (vec![("RESOLVER_WALLET_BASE", Some("canary"))], "RESOLVER_WALLET_BASE"),
        (vec![("TOKENS_DEV", Some("canary"))], "TOKENS_DEV"),
        (vec![("TOKENS_DEV", Some("0x70997970c51812dc3A010C7d01b50e0d17dc79C8"))], "TOKENS_DEV"),
        (vec![("RPC_URL_DEV", Some("http://rpc.example/canary"))], "RPC_URL_DEV"),
        (vec![("RPC_URL_DEV", Some("canary"))], "RPC_URL_DEV"),
        (vec![("PRICES_URL", Some("ftp://127.0.0.1/canary"))], "PRICES_URL"),
        (vec![("ALCHEMY_API_KEY", Some("changeme"))], "ALCHEMY_API_KEY"),
        (vec![("ALCHEMY_NETWORK", Some("eth-mainnet"))], "ALCHEMY_API_KEY"),
        (vec![key, ("ALCHEMY_NETWORK", Some("canary-mainnet"))], "ALCHEMY_NETWORK"),
        (vec![("DB_PASSWORD", Some("canary"))], "DB_PASSWORD"),
    ] {
        let error = refusal(&changes);
        assert!(error.contains(name), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
}

#[test]
fn broken_lines_and_doubled_names_are_refused() {
    assert!(Secrets::parse("MNEMONIC").unwrap_err().to_string().contains("entry 1"));
    let doubled = format!("{}RPC_URL_DEV=http://127.0.0.1:1\n", lines(&[]));
    assert!(Secrets::parse(&doubled).unwrap_err().to_string().contains("RPC_URL_DEV"));
}

#[test]
fn a_key_of_alchemy_makes_addresses_where_none_is_given() {
    let phrase = crate::keys::new_mnemonic().unwrap();
    let secrets = Secrets::parse(&lines(&[
        ("MNEMONIC", Some(phrase.as_str())),
        ("ALCHEMY_API_KEY", Some("abcdefgh12345678")),
        ("ALCHEMY_NETWORK", Some("eth-sepolia, base-mainnet")),
        ("COMMISSION_WALLET_SEPOLIA", Some(WALLET)),
        ("COMMISSION_WALLET_BASE", Some(WALLET)),
        ("RPC_URL_BASE", Some("https://base.example/")),
        ("RPC_URL_DEV", None),
        ("PRICES_URL", None),
    ]))
    .unwrap();
    let urls: Vec<&str> = secrets.chains.iter().map(|chain| chain.url.expose_secret()).collect();
    assert_eq!(
        urls,
        ["https://eth-sepolia.g.alchemy.com/v2/abcdefgh12345678", "https://base.example/"]
    );
    assert!(secrets.prices_url.expose_secret().contains("abcdefgh12345678"));
}

#[test]
fn the_file_is_read_from_its_start_wherever_it_stands() {
    let path = std::env::temp_dir().join(format!("holdfast-secret-{}", std::process::id()));
    let mut file =
        File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    file.write_all(lines(&[]).as_bytes()).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    assert!(Secrets::read(&file).is_ok());
    file.set_len(u64::try_from(LENGTH_MAX).unwrap()).unwrap();
    assert!(Secrets::read(&file).is_err());
    std::fs::remove_file(path).unwrap();
}
