//! What can be paid in now: coins and tokens as escrow last saw them, each with its newest rate.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use db::{DbError, placing};
use domain::ids::RateId;
use domain::order::{AssetNow, Rate};

use super::App;

/// An asset with its newest rate.
pub type Payable = (AssetNow, Option<(RateId, Rate)>);

/// A market and when it was looked at.
pub(super) type Seen = (Instant, Arc<Vec<Payable>>);

impl App {
    /// What can be paid in on the chains that escrow serves, with rates. Remembered as long as escrow's pulse is: it is the
    /// same for everybody, and escrow checks the order again by its own tables.
    ///
    /// # Errors
    /// What the database says.
    pub async fn market(&self) -> Result<Arc<Vec<Payable>>, DbError> {
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
            assets.map(rated).collect()
        };
        let market: Arc<Vec<Payable>> = Arc::new(self.read(look).await?);
        let seen = Some((Instant::now(), Arc::clone(&market)));
        *self.market.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(market)
    }
}
