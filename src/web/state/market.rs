//! What can be paid with now: chains as escrow last saw them, each with the newest rate of its coin.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use db::{DbError, placing};
use domain::ids::RateId;
use domain::order::{ChainNow, Rate};

use super::App;

/// A chain with the newest rate of its coin.
pub type Payable = (ChainNow, Option<(RateId, Rate)>);

/// A market and when it was looked at.
pub(super) type Seen = (Instant, Arc<Vec<Payable>>);

impl App {
    /// The chains that escrow serves, with rates. Remembered as long as escrow's pulse is: it is the
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
            let chains = placing::chains(conn)?.into_iter();
            chains.map(|chain| Ok((chain, placing::newest_rate(conn, chain.spec.coin)?))).collect()
        };
        let market: Arc<Vec<Payable>> = Arc::new(self.read(look).await?);
        let seen = Some((Instant::now(), Arc::clone(&market)));
        *self.market.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(market)
    }
}
