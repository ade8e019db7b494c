//! Alarms: what the operator must look at, once each, and no more of them than he can read.

use db::{EscrowTx, alarms};
use domain::clock::{Span, Time};
use domain::ids::{AlarmId, OrderId};
use sha2::{Digest, Sha256};

use crate::fault::Fault;

/// Letters of an alarm's message that are kept.
const MESSAGE_MAX: usize = 300;
/// Kinds of alarms that rows of web's can set off, one each.
const FORGED: [&str; 5] = ["address", "intent", "offer", "order", "rejected"];
/// Alarms of such a kind that an hour takes.
const ALARMS_MAX: i64 = 100;
/// The kind of the alarm that says that there were more.
const FLOOD: &str = "flood";

/// What of a message is shown: it may repeat what a stranger wrote.
pub(crate) fn printable(message: &str) -> String {
    message.chars().filter(|letter| !letter.is_control()).take(MESSAGE_MAX).collect()
}

/// Raises an alarm within a write. Of the kinds that forged rows can set off, an hour takes a
/// hundred, and one more that says so.
pub(crate) fn raise(
    tx: &mut EscrowTx<'_>,
    kind: &'static str,
    order: Option<OrderId>,
    message: &str,
    at: Time,
) -> Result<(), Fault> {
    let told =
        || tracing::error!(kind, order = order.map(|order| order.to_string()), message, "alarm");
    let is_flood = FORGED.contains(&kind)
        && alarms::count(tx, kind, at.before(Span::hours(1)), ALARMS_MAX)? >= ALARMS_MAX;
    if is_flood {
        told();
        let message = format!("{ALARMS_MAX} of the kind {kind} within an hour; the log has more");
        // Another hour's flood is another alarm.
        let id = alarm_id(FLOOD, None, &format!("{message} {}", hour(at)));
        alarms::raise(tx, (id, FLOOD), None, &message, at)?;
    } else if alarms::raise(tx, (alarm_id(kind, order, message), kind), order, message, at)? {
        told();
    }
    Ok(())
}

/// The number of the hour that a moment lies in.
fn hour(at: Time) -> i64 {
    at.since(Time::from_secs(0)).as_secs().wrapping_div(3_600)
}

/// Kind, order and message make an alarm what it is.
pub(crate) fn alarm_id(kind: &str, order: Option<OrderId>, message: &str) -> AlarmId {
    let order = order.map(|order| order.to_string()).unwrap_or_default();
    let digest = Sha256::digest(format!("{kind}\u{1f}{order}\u{1f}{message}"));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, of)| *byte = of);
    AlarmId::from_random(bytes)
}
