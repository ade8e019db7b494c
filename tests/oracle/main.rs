//! Holds the addresses of escrow against those that other people's wallets derive: hdwallet, which
//! the published vectors vouch for, anvil, and eth-account. `bin/test oracle` installs them and says
//! where they are.

mod ours;
mod peers;
mod vectors;
mod wallet;

use hdwallet::ring::rand::{SecureRandom, SystemRandom};
use ours::Question;

/// Paths to compare, spread over this many phrases.
const PATHS: usize = 1_000;
const PHRASES: usize = 100;
/// The largest number that is not hardened.
const NUMBER_MAX: u32 = (1 << 31) - 1;

/// A program that `bin/test` names.
fn tool(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set; use bin/test oracle"))
}

fn random_number() -> u32 {
    let mut bytes = [0; 4];
    SystemRandom::new().fill(&mut bytes).expect("the system has random bytes");
    u32::from_le_bytes(bytes) & NUMBER_MAX
}

/// So many random places for each phrase; the last ones possible are among them.
fn places(phrases: &[String], each: usize) -> Vec<Question> {
    let place = |phrase: &String, at: usize| {
        let (generation, index) = match at {
            0 => (0, 0),
            1 => (NUMBER_MAX, NUMBER_MAX),
            _ => (random_number(), random_number()),
        };
        Question { phrase: phrase.clone(), generation, index }
    };
    phrases.iter().flat_map(|phrase| (0..each).map(move |at| place(phrase, at))).collect()
}

/// Phrases that escrow makes for this run.
fn new_phrases(count: usize) -> Vec<String> {
    let question = Question { phrase: String::new(), generation: 0, index: 0 };
    ours::ask(&vec![question; count]).into_iter().map(|answer| answer.question.phrase).collect()
}

/// Escrow and hdwallet give the same address and the same fingerprint to every question.
fn agree(questions: &[Question]) {
    let (mut phrase, mut seed) = (String::new(), [0; 64]);
    for (question, answer) in questions.iter().zip(ours::ask(questions)) {
        assert_eq!(answer.question, *question);
        if phrase != question.phrase {
            (phrase, seed) = (question.phrase.clone(), wallet::seed(&question.phrase, ""));
        }
        let ours = (answer.address.to_lowercase(), answer.fingerprint);
        assert_eq!(ours, ours::other(question, &seed), "{question:?}");
    }
}

#[test]
fn a_thousand_random_paths() {
    let phrases = new_phrases(PHRASES);
    let mut unlike = phrases.clone();
    unlike.sort();
    unlike.dedup();
    assert_eq!(unlike.len(), PHRASES, "the phrases are new ones");
    agree(&places(&phrases, PATHS / PHRASES));
}

#[test]
fn the_phrases_of_the_vectors() {
    let phrases: Vec<String> = vectors::phrases().into_iter().map(|phrase| phrase.words).collect();
    agree(&places(&phrases, 3));
}

#[test]
fn a_wrong_address_would_be_noticed() {
    let phrases = new_phrases(1);
    let [here, there] =
        [0, 1].map(|index| Question { phrase: phrases[0].clone(), generation: 0, index });
    let seed = wallet::seed(&phrases[0], "");
    assert_ne!(ours::other(&here, &seed).0, ours::other(&there, &seed).0);
    let salted = wallet::seed(&phrases[0], "salt");
    assert_ne!(ours::other(&here, &seed), ours::other(&here, &salted));
}
