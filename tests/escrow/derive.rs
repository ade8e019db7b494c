//! Reads PHRASE|GENERATION|INDEX lines and writes each again with the address that escrow derives
//! for it and the fingerprint of the installation; an empty phrase gets a new one. `tests/oracle`
//! compares them with other wallets.

use std::error::Error;
use std::io::{Write, stdin, stdout};

use escrow::Keys;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut last, mut out) = (None, stdout().lock());
    for line in stdin().lines() {
        let line = line?;
        let mut fields = line.splitn(3, '|');
        let [Some(phrase), Some(generation), Some(index)] = [(); 3].map(|()| fields.next()) else {
            return Err(format!("{line:?} is not PHRASE|GENERATION|INDEX").into());
        };
        let phrase = match phrase {
            "" => escrow::new_mnemonic()?.to_string(),
            given => given.to_owned(),
        };
        // A phrase takes thousands of hashes: the same one twice in a row is read once.
        let keys = match last.take() {
            Some((before, keys)) if before == phrase => keys,
            _ => Keys::from_phrase(&phrase)?,
        };
        let address = keys.address(generation.parse()?, index.parse()?)?;
        writeln!(out, "{phrase}|{generation}|{index}|{address}|{}", keys.fingerprint())?;
        last = Some((phrase, keys));
    }
    Ok(())
}
