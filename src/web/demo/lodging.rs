//! What the people of a demo do about deposits.

use domain::EvmAddress;
use domain::chain::ChainId;
use domain::ids::{OrderId, StoreId};
use domain::item::PackageKind;
use domain::money::{Amount, Cents};

use super::director::{Director, Missed};
use crate::deposits::actions::{self, Wish};
use crate::http::viewer::Account;
use crate::stores::reads;

impl Director {
    /// A vendor lodges `amount` base units of a token, for the first store that is his.
    ///
    /// # Errors
    /// When he has none, or the shop refuses it.
    pub fn lodge(
        &self,
        vendor: &str,
        (chain, token): (ChainId, EvmAddress),
        amount: Amount,
    ) -> Result<OrderId, Missed> {
        let (who, store) = self.vendor(vendor)?;
        let assets = self.run(actions::assets(self.app()))?;
        let mut assets = assets.into_iter().map(|now| now.asset);
        let asset = assets.find(|asset| asset.chain == chain && asset.token == Some(token));
        let wish = Wish { asset, amount: Some(amount), request_id: "demo" };
        self.run(actions::lodge(self.app(), &who, store, wish))
    }

    /// Where his deposit is to be paid to, once escrow has issued an address.
    ///
    /// # Errors
    /// When it is not his.
    pub fn lodging(&self, vendor: &str, deposit: OrderId) -> Result<Option<EvmAddress>, Missed> {
        let (who, store) = self.vendor(vendor)?;
        let own = self.run(actions::of_store(self.app(), &who, store))?;
        let id = deposit.to_string();
        let found = own.deposits.into_iter().find(|one| one.row.id == id);
        let found = found.ok_or_else(|| Missed("there is no such deposit".to_owned()))?;
        Ok(found.state.and_then(|state| state.address))
    }

    /// Staff demand a least deposit of whoever sells a kind of package.
    ///
    /// # Errors
    /// When they are not staff.
    pub fn demand(&self, staff: &str, kind: PackageKind, least: Cents) -> Result<(), Missed> {
        let who = self.account(staff)?;
        self.run(actions::demand(self.app(), &who, (kind.as_str(), Some(least)), "demo"))
    }

    fn vendor(&self, name: &str) -> Result<(Account, StoreId), Missed> {
        let who = self.account(name)?;
        let own = self.run(reads::mine(self.app(), &who))?;
        let (store, _) =
            own.into_iter().next().ok_or_else(|| Missed(format!("{name} has no store")))?;
        Ok((who, store.id))
    }
}
