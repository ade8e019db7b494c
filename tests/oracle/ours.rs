//! Escrow's own derivation, asked through the program `derive` of `tests/escrow`.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::{tool, wallet};

/// What to derive: an order's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// A phrase, or nothing for a new one.
    pub(crate) phrase: String,
    pub(crate) generation: u32,
    pub(crate) index: u32,
}

impl Question {
    pub(crate) fn path(&self) -> String {
        format!("m/44'/60'/0'/{}/{}", self.generation, self.index)
    }

    /// As `derive` and `accounts.py` read it.
    pub(crate) fn line(&self) -> String {
        format!("{}|{}|{}\n", self.phrase, self.generation, self.index)
    }
}

/// What escrow makes of a question.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The question, with the phrase that was used.
    pub(crate) question: Question,
    /// With EIP-55's capitals.
    pub(crate) address: String,
    /// Of the installation that has this phrase.
    pub(crate) fingerprint: String,
}

/// Asks escrow.
pub(crate) fn ask(questions: &[Question]) -> Vec<Answer> {
    let lines = talk(&mut Command::new(tool("HOLDFAST_DERIVE")), questions);
    lines.iter().map(|line| answer(line)).collect()
}

fn answer(line: &str) -> Answer {
    let fields: Vec<&str> = line.split('|').collect();
    let [phrase, generation, index, address, fingerprint] = fields[..] else {
        panic!("derive says {line:?}")
    };
    let question = Question {
        phrase: phrase.to_owned(),
        generation: generation.parse().unwrap(),
        index: index.parse().unwrap(),
    };
    Answer { question, address: address.to_owned(), fingerprint: fingerprint.to_owned() }
}

/// Gives a program the questions, a line each; the lines that it answers.
pub(crate) fn talk(command: &mut Command, questions: &[Question]) -> Vec<String> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut ear = child.stdin.take().unwrap();
    let text: String = questions.iter().map(Question::line).collect();
    let writer = std::thread::spawn(move || ear.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{command:?} failed");
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<String> = said.lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), questions.len(), "a line for each question");
    lines
}

/// What the other wallet says to the same question: address and fingerprint in lower-case digits.
pub(crate) fn other(question: &Question, seed: &[u8]) -> (String, String) {
    let address = wallet::address(&wallet::key(seed, &question.path()));
    let site = wallet::address(&wallet::key(seed, "m/44'/60'/3'/0/0"));
    let text = |bytes: &[u8]| format!("0x{}", wallet::hex(bytes));
    (text(&address), text(&wallet::keccak(&site)))
}
