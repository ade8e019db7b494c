//! Whether a new password would withstand guessing: by the estimate of zxcvbn (Wheeler, USENIX
//! Security 2016), which knows common passwords, words, names, dates and patterns of the keyboard.

use domain::refusal::BadText;
use domain::user::check_password;
use zxcvbn::zxcvbn;

/// Estimated guesses below which a password is refused: what a guesser who is slowed down by limits
/// could still try. The hundred thousand commonest passwords lie below it.
const GUESSES: u64 = 1_000_000;
/// Characters that are looked at: enough to be strong, and few enough that no text takes the estimate
/// more than some milliseconds.
const LOOKED_AT: usize = 40;
/// What a guesser of this site's passwords tries besides: words of the site and of its trade.
const CONTEXT: [&str; 6] = ["holdfast", "escrow", "market", "ethereum", "bitcoin", "wallet"];

/// Checks a new password of the account `username`.
///
/// # Errors
/// One sentence: too short, too long, with the name in it, or soon guessed.
pub(crate) fn check(password: &str, username: &str) -> Result<(), BadText> {
    check_password(password, username)?;
    let known: Vec<&str> = CONTEXT.into_iter().chain([username]).collect();
    let begin: String = password.chars().take(LOOKED_AT).collect();
    if zxcvbn(&begin, &known).guesses() < GUESSES {
        return Err(BadText::Form(
            "This one would soon be guessed. Take a longer one: some words that do not belong together are best.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_guessers_try_first_is_refused() {
        let first = [
            "password",
            "PASSWORD1",
            "p4ssw0rd",
            "qwertyuiop",
            "12345678",
            "11112222",
            "iloveyou2",
            "trustno1",
            "aaaaaaaaaaaaaaaa",
            "19841984",
            "Holdfast1",
            "superman!",
            "liverpool1",
        ];
        for bad in first {
            assert!(check(bad, "ada").is_err(), "{bad}");
        }
        assert!(check("ada-lovelace", "Ada").is_err());
        for good in ["correct horse", "tr0mb0ne-Übung", "Kx7#mQ2v", "a b c d e f g h i j"] {
            assert_eq!(check(good, "ada"), Ok(()), "{good}");
        }
    }
}
