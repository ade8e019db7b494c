//! The wallets of a development chain and of a library that many shops use.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::ours::{self, Question};
use crate::{new_phrases, places, tool};

/// How long anvil may take to start.
const PATIENCE: Duration = Duration::from_secs(30);
/// Accounts that anvil shows at a time.
const ACCOUNTS: u32 = 10;

/// The addresses with EIP-55's capitals: both sides write them so.
fn addresses(questions: &[Question]) -> Vec<String> {
    ours::ask(questions).into_iter().map(|answer| answer.address).collect()
}

#[test]
fn eth_account() {
    let questions = places(&new_phrases(20), 5);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("accounts.py");
    let theirs = ours::talk(Command::new(tool("HOLDFAST_PYTHON")).arg(script), &questions);
    assert_eq!(addresses(&questions), theirs);
}

#[test]
fn anvil() {
    let well_known = "test test test test test test test test test test test junk".to_owned();
    for (phrase, generation) in
        new_phrases(4).into_iter().chain([well_known]).zip([0, 1, 7, 1_000_000, 0])
    {
        let question = |index| Question { phrase: phrase.clone(), generation, index };
        let questions: Vec<_> = (0..ACCOUNTS).map(question).collect();
        // Its file has no capitals.
        let ours: Vec<_> = addresses(&questions).iter().map(|one| one.to_lowercase()).collect();
        assert_eq!(ours, accounts(&phrase, generation), "generation {generation}");
    }
}

/// A process that ends with the test.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// The first accounts that anvil derives below a generation.
fn accounts(phrase: &str, generation: u32) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("anvil.json");
    let child = Command::new(tool("HOLDFAST_ANVIL"))
        .args(["--mnemonic", phrase, "--accounts", &ACCOUNTS.to_string(), "--port", "0"])
        .args(["--derivation-path", &format!("m/44'/60'/0'/{generation}/"), "--config-out"])
        .arg(&file)
        .stdout(Stdio::null())
        .spawn()
        .expect("anvil starts");
    let _anvil = Ends(child);
    let until = Instant::now() + PATIENCE;
    loop {
        let text = fs::read_to_string(&file).unwrap_or_default();
        if let Ok(config) = serde_json::from_str::<serde_json::Value>(&text) {
            let all = config["available_accounts"].as_array().expect("accounts");
            return all.iter().map(|one| one.as_str().unwrap().to_owned()).collect();
        }
        assert!(Instant::now() < until, "anvil does not tell its accounts: {text}");
        thread::sleep(Duration::from_millis(5));
    }
}
