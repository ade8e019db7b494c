//! What can be paid in now: coins and tokens as escrow last saw them, each with its newest rate.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use db::{DbError, clamps, placing};
use domain::clamps::Clamps;
use domain::ids::RateId;
use domain::order::{AssetNow, Rate};

use super::App;

/// An asset with its newest rate.
pub type Payable = (AssetNow, Option<(RateId, Rate)>);

/// What can be paid in, and how far an order may go by escrow's bounds.
#[derive(Debug)]
pub struct Market {
    /// Coins and tokens with their rates.
    pub payable: Vec<Payable>,
    /// Escrow's bounds.
    pub clamps: Clamps,
}

/// A market and when it was looked at.
pub(super) type Seen = (Instant, Arc<Market>);

impl App {
    /// What can be paid in on the chains that escrow serves, with rates. Remembered as long as escrow's pulse is: it is the
    /// same for everybody, and escrow checks the order again by its own tables.
    ///
    /// # Errors
    /// What the database says.
    pub async fn market(&self) -> Result<Arc<Market>, DbError> {
        let known = self.market.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, market)) = known
            && at.elapsed() < self.pulse_life
        {
            return Ok(market);
        }
        let look = |conn: &mut db::Conn| {
            let assets = placing::assets(conn)?.into_iter();
            let rated = |now: AssetNow| {
                let rate = placing::newest_rate(conn, now.asset.rate_name())?;
                Ok((now, rate))
            };
            let payable = assets.map(rated).collect::<Result<_, DbError>>()?;
            Ok(Market { payable, clamps: clamps::all(conn)? })
        };
        let market: Arc<Market> = Arc::new(self.read(look).await?);
        let seen = Some((Instant::now(), Arc::clone(&market)));
        *self.market.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(market)
    }
}
