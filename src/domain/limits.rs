//! Bounds that escrow keeps whatever the site asks for, and sizes of what people type.

use crate::clock::Span;
use crate::money::Bps;

/// How much short of the sum a payment may be and still count, unless the order says less.
pub const TOLERANCE: Bps = Bps::percent(1);
/// The most that any order may set.
pub const TOLERANCE_MAX: Bps = Bps::percent(5);
/// A payment above the sum by more than this comes back as a leg of its own.
pub const SURPLUS: Bps = Bps::percent(1);
/// The highest commission a seal accepts.
pub const COMMISSION_MAX: Bps = Bps::percent(20);
/// Which share of the commission whoever brought the buyer gets, unless the site says less; also the
/// most that a seal accepts.
pub const REFERRAL: Bps = Bps::percent(50);
/// What a ruling costs where the site takes a fee for it: half of it from each side.
pub const RESOLVER_FEE: Bps = Bps::percent(10);
/// The smallest order: this many times the fee of moving its money once.
pub const MIN_ORDER_FEES: u64 = 20;
/// A delivery address is erased this long after its order ended.
pub const DELIVERY_KEPT: Span = Span::days(30);
/// Unpaid orders a buyer may have open.
pub const OPEN_UNPAID_MAX: i64 = 10;
/// Orders a buyer may place in a day, whatever becomes of them: each takes an address that is watched
/// for ever.
pub const ORDERS_A_DAY: i64 = 60;
/// A changed payout address counts after this; a first one at once.
pub const ADDRESS_COOLDOWN: Span = Span::hours(48);
/// Another address for a sealed order counts after this, by the clock of deadlines.
pub const RESEAL_AFTER: Span = Span::hours(72);
/// Escrow's heartbeat is stale when older than this.
pub const HEARTBEAT_STALE: Span = Span::secs(5);
/// After an order's handling time has passed without dispatch, the buyer is paid back this much later.
pub const REFUND_AFTER: Span = Span::days(7);
/// How much inspection time a buyer may add, once.
pub const INSPECTION_EXTENSION: Span = Span::days(7);
/// A gap in escrow's life from which on deadlines are quiet for a while.
pub const DEADLINE_GAP: Span = Span::hours(1);
/// How long no deadline fires after such a gap.
pub const DEADLINE_GRACE: Span = Span::hours(24);
/// How long a dispute may last; then the money goes where silence leads to.
pub const DISPUTE_TIME: Span = Span::days(14);
/// How long before the end of the handling time its vendor is reminded, and before the time of a held
/// payout is over whoever can help it on.
pub const DUE_REMINDER: Span = Span::hours(24);
/// How long before the end of the inspection time its buyer is reminded: first, and once more.
pub const INSPECTION_REMINDERS: [Span; 2] = [Span::days(3), Span::days(1)];
/// Nobody is reminded of a deadline that began so recently: he was just told of it.
pub const REMINDER_QUIET: Span = Span::hours(24);
/// How long what somebody was told is kept.
pub const NOTICES_KEPT: Span = Span::days(90);
/// When staff are reminded of a dispute that nobody has ended.
pub const DISPUTE_REMINDER: Span = Span::days(7);
/// A ruling is carried out this long after both parties could read it.
pub const RULING_NOTICE: Span = Span::hours(24);
/// What a second staff member has at least, once one was called.
pub const SECOND_TIME: Span = Span::days(7);
/// Who has been staff for less does not count as second.
pub const STAFF_SENIOR: Span = Span::hours(72);
/// What one staff member may rule about alone in a day, in US cents; beyond it a second one is needed.
pub const RULED_A_DAY: u64 = 1_000_000;
/// Offers that each party may make in a dispute.
pub const OFFERS_MAX: i64 = 20;
/// Statements that each may add to a dispute.
pub const CLAIMS_MAX: i64 = 50;
/// The longest statement in a dispute, in characters.
pub const CLAIM_LENGTH: usize = 5_000;
/// The longest reason of a ruling, in characters.
pub const RULING_LENGTH: usize = 2_000;
/// A funded order without an outcome is called stuck after this, and staff are alarmed.
pub const STUCK_AFTER: Span = Span::hours(720);
/// The longest handling time a package may name, in hours.
pub const HANDLING_HOURS_MAX: u32 = 720;
/// Handling time unless the package says otherwise, in hours.
pub const HANDLING_HOURS: u32 = 72;
/// Inspection time of shipped goods, in hours.
pub const INSPECTION_SHIPPED_HOURS: u32 = 336;
/// Inspection time of digital goods and services, in hours.
pub const INSPECTION_DIGITAL_HOURS: u32 = 72;
/// Most units of one package in one order.
pub const QUANTITY_MAX: u32 = 99;
/// Sums above this, in US cents, want a password typed within [`AUTHENTICATED_FRESH`].
pub const STEP_UP_CENTS: u64 = 50_000;
/// How long a typed password counts for money acts.
pub const AUTHENTICATED_FRESH: Span = Span::minutes(5);
/// How long a session lives after its last use.
pub const SESSION_LIFE: Span = Span::days(14);
