//! What inviters ask for; pages and routes both call these.

use db::addresses::{self, AddressRequest, Book, Purpose};
use db::referrals::{self, Earning};
use db::{DbError, clamps, turns};
use domain::EvmAddress;
use domain::clamps::Bound;
use domain::clock::{Span, Time};
use domain::ids::{AddressRequestId, OrderId};
use domain::money::Bps;
use domain::referral::InviteCode;

use crate::error::AppError;
use crate::http::limits::{self, Limit};
use crate::http::paging::{self, Cursor};
use crate::http::viewer::Account;
use crate::state::App;

const CHANGES: Limit = Limit { name: "referral-address", max: 10, window: Span::days(1) };
/// Codes that are tried for an account before it is told to come again.
const TRIES: u32 = 5;

/// What an account is told about its referrals.
#[derive(Debug)]
pub(super) struct Referrals {
    /// Its code.
    pub(super) code: InviteCode,
    /// Its link: [`register_link`].
    pub(super) link: String,
    /// How many accounts it invited.
    pub(super) invited: i32,
    /// Which share of the commission it gets with new orders.
    pub(super) share: Bps,
    /// Where it is paid.
    pub(super) book: Book,
    /// What it was paid, by the age of the orders, newest first.
    pub(super) earnings: Vec<Earning>,
    /// Where the older ones begin.
    pub(super) next: Option<Cursor>,
}

/// An account's referrals with up to `limit` payments older than the cursor. Its code is made when it
/// is first asked for.
pub(super) async fn referrals(
    app: &App,
    who: &Account,
    (before, limit): (Option<Cursor>, u32),
) -> Result<Referrals, AppError> {
    let before = before.map(place).transpose()?;
    let (user, most) = (who.id, i64::from(limit).saturating_add(1));
    let code = code(app, who).await?;
    let (invited, book, rows, bound) = app
        .read(move |conn| {
            let book = addresses::book(conn, Purpose::Referral(user))?;
            let rows = referrals::earnings(conn, user, before, most)?;
            Ok((referrals::invited(conn, user)?, book, rows, clamps::all(conn)?))
        })
        .await?;
    let after = |row: &Earning| Cursor { at: row.placed_at, id: row.order.to_string() };
    let (earnings, next) = paging::split(rows, limit, after);
    Ok(Referrals {
        link: register_link(app, &code),
        code,
        invited,
        share: app.config.referral.min(bound.bps(Bound::Referral)),
        book,
        earnings,
        next,
    })
}

/// The address of the form of registration with a code in it.
fn register_link(app: &App, code: &InviteCode) -> String {
    let path = crate::ui::url::register().query("ref", code);
    format!("{}{path}", app.config.site_url.origin())
}

fn place(cursor: Cursor) -> Result<(Time, OrderId), AppError> {
    let wrong = "This is no place in the list.";
    let id = cursor.id.parse().ok().ok_or_else(|| AppError::fault("cursor", wrong))?;
    Ok((cursor.at, id))
}

/// The code of an account.
async fn code(app: &App, who: &Account) -> Result<InviteCode, AppError> {
    let user = who.id;
    for _ in 0..TRIES {
        if let Some(code) = app.read(move |conn| referrals::code_of(conn, user)).await? {
            return Ok(code);
        }
        let (code, now) = (InviteCode::from_random(app.random()), app.now());
        let made = code.clone();
        let made =
            app.write("invite-code", move |tx| referrals::insert_code(tx, user, &made, now)).await;
        match made {
            Ok(()) => return Ok(code),
            // It has one meanwhile, or somebody else has this one.
            Err(DbError::Unique(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(AppError::Internal("no invitation code was to be had".to_owned()))
}

/// What the book says about where an account is paid.
pub(super) async fn book(app: &App, who: &Account) -> Result<Book, AppError> {
    let purpose = Purpose::Referral(who.id);
    Ok(app.read(move |conn| addresses::book(conn, purpose)).await?)
}

/// Asks escrow to pay the account's referrals to an address. The first one counts as soon as escrow
/// has entered it, a later one 48 hours after that.
pub(super) async fn set_address(
    app: &App,
    who: &Account,
    address: EvmAddress,
) -> Result<(), AppError> {
    limits::admit(app, CHANGES, &who.id.to_string()).await?;
    let request = AddressRequest {
        id: AddressRequestId::from_random(app.random()),
        purpose: Purpose::Referral(who.id),
        address,
        by: who.id,
        at: app.now(),
        proof: None,
    };
    app.write("referral-address", move |tx| -> Result<(), AppError> {
        turns::of_user(tx, request.by)?;
        let before = addresses::asked(tx, request.purpose)?;
        if before.is_some_and(|(_, asked, _)| asked == address) {
            return Err(AppError::fault("address", "This is your referral address already."));
        }
        Ok(addresses::insert(tx, &request)?)
    })
    .await
}
