//! The table as the documents show it. `HOLDFAST_RECORD=1` writes it into them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::*;
use crate::life::Standing;
use crate::life::tests::reachable;

const DATA_MODEL: &str = "DATA_MODEL.md";
const MONEY: &str = "MONEY.md";

fn words<T: ToString>(all: impl IntoIterator<Item = T>, between: &str) -> String {
    all.into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(between)
}

/// What sets a move off, in words.
fn trigger(made: &Move) -> String {
    let on = match made.on {
        Trigger::Act(act, by) => {
            let (verb, by) = (act.verb().unwrap(), words(by, " or "));
            match act {
                Act::Ask(action) => format!("intent *{action}* of {by}"),
                _ => format!("*{verb}* of {by}"),
            }
        }
        Trigger::Site(when) | Trigger::Chain(when) => when.to_owned(),
        Trigger::Expiry if made.writer == Desk => {
            "the time to pay is over before there is an address".to_owned()
        }
        Trigger::Expiry => "the final head passed the time to pay without the sum".to_owned(),
        Trigger::Deadline(kind) => format!("the deadline *{kind}* is over"),
        Trigger::Notice => "the notice of a ruling is over".to_owned(),
    };
    let guard = match made.guard {
        None => return on,
        Some(Guard::Undispatched) => "once",
        Some(Guard::NotExtended) => "once",
        Some(Guard::Disputed) => "where a dispute was opened",
        Some(Guard::Undisputed) => "once",
        Some(Guard::OfferStands) => "of the other party's last offer",
        Some(Guard::MayRule) => "who are no party, where no ruling stands",
        Some(Guard::MayContest) => "within the notice of a first ruling",
        Some(Guard::MayConfirm) => "other than the first, staff for 72 h",
        Some(Guard::ResealUnasked) => "once",
        Some(Guard::ResealWaits) => "while it waits",
    };
    format!("{on}, {guard}")
}

fn line(made: &Move) -> String {
    let from = match made.from {
        all if all == Phase::ALL => "any".to_owned(),
        all if all == ISSUED => "any but new".to_owned(),
        some => words(some, ", "),
    };
    let written = match made.written {
        Written::Event(kind) => format!("`{kind}`"),
        Written::Row(table) => format!("row in `{table}`"),
    };
    let change = match made.change {
        Nothing => "as before".to_owned(),
        To(status) => status.to_string(),
        Dispatched => "as before, dispatched".to_owned(),
        Extended => "as before, with 7 d more".to_owned(),
        Disputed => "FROZEN, disputed".to_owned(),
        Pay(kind) => format!("as before, paying ({kind})"),
    };
    let writer = match made.writer {
        Writer::Web => "web",
        Desk => "escrow, desk lane",
        Chain => "escrow, chain lane",
        Either => "escrow, either lane",
    };
    format!("| {written} | {from} | {} | {change} | {writer} |\n", trigger(made))
}

fn table() -> String {
    let head = "| written | in | trigger | status after | writer |\n|---|---|---|---|---|\n";
    head.to_owned() + &MOVES.iter().map(line).collect::<String>()
}

/// Phases are the nodes of the diagram; the three ends are told apart.
fn node(now: Standing) -> String {
    match now.phase() {
        Ended => now.status.to_string().to_lowercase(),
        phase => phase.to_string().replace('-', "_"),
    }
}

fn label(made: &Move) -> String {
    match (made.on, made.written) {
        (Trigger::Act(act, by), _) => format!("{} ({})", act.verb().unwrap(), words(by, " or ")),
        (Trigger::Deadline(kind), _) => format!("{kind} over"),
        (Trigger::Notice, _) => "ruling carried out".to_owned(),
        (_, Written::Event(kind)) => kind.to_string(),
        (_, Written::Row(table)) => table.to_owned(),
    }
}

fn diagram() -> String {
    let mut edges: BTreeMap<(Phase, String, String), Vec<String>> = BTreeMap::new();
    let ordered: BTreeMap<String, Standing> =
        reachable().into_iter().map(|now| (format!("{now:?}"), now)).collect();
    for made in MOVES {
        for now in ordered.values().filter(|now| made.from.contains(&now.phase())) {
            let (from, to) = (node(*now), node(now.after(made.change)));
            if from == to {
                continue;
            }
            let labels = edges.entry((now.phase(), from, to)).or_default();
            if !labels.contains(&label(made)) {
                labels.push(label(made));
            }
        }
    }
    let mut text = "```mermaid\nstateDiagram-v2\n    [*] --> new\n".to_owned();
    for ((_, from, to), labels) in &edges {
        text.push_str(&format!("    {from} --> {to}: {}\n", labels.join(", ")));
    }
    for end in ["released", "cancelled", "failed"] {
        text.push_str(&format!("    {end} --> [*]\n"));
    }
    text + "```\n"
}

/// Compares what stands between two marks in a document with what it should be.
fn recorded(document: &str, mark: &str, wanted: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(document);
    let text = fs::read_to_string(&path).unwrap();
    let (start, end) = (format!("<!-- {mark} -->\n"), format!("<!-- end of {mark} -->\n"));
    let (before, rest) = text.split_once(&start).unwrap();
    let (found, after) = rest.split_once(&end).unwrap();
    if std::env::var_os("HOLDFAST_RECORD").is_some() {
        fs::write(&path, format!("{before}{start}{wanted}{end}{after}")).unwrap();
        return;
    }
    let differs = found.lines().zip(wanted.lines()).find(|(found, wanted)| found != wanted);
    assert!(found == wanted, "{document} is not as HOLDFAST_RECORD=1 would write it: {differs:?}");
}

#[test]
fn the_documents_show_the_table() {
    recorded(DATA_MODEL, "moves", &table());
    recorded(MONEY, "diagram", &diagram());
}
