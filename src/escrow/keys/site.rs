//! What the site signs, and nothing but that: terms.

use bip32::XPrv;
use db::ledger::Sealed;
use domain::EvmAddress;
use domain::clock::Time;
use domain::seal::Terms;
use verify::signature::Signature;

use super::{Keys, address_of, bad, child};
use crate::evm::tx::sign_digest;
use crate::fault::Fault;

impl Keys {
    /// The key by which this site signs terms.
    ///
    /// # Errors
    /// [`Fault::Key`] beyond 2^31 - 1.
    pub fn site(&self, generation: u32) -> Result<EvmAddress, Fault> {
        address_of(self.site_key(generation)?.private_key())
    }

    /// Signs the canonical text of terms (EIP-191), so that whoever has it can tell that this site
    /// sealed them.
    ///
    /// # Errors
    /// [`Fault::Key`] beyond 2^31 - 1.
    pub fn sign_terms(&self, generation: u32, terms: &Terms) -> Result<Signature, Fault> {
        let digest = verify::message::digest(&terms.to_text());
        let (r, s, odd) = sign_digest(&digest, self.site_key(generation)?.private_key())?;
        Signature::from_parts(r, s, odd).map_err(|error| bad(&error))
    }

    /// The row that seals terms, with this site's signature over them.
    ///
    /// # Errors
    /// [`Fault::Key`] beyond 2^31 - 1.
    pub fn seal_signed(&self, generation: u32, terms: &Terms, at: Time) -> Result<Sealed, Fault> {
        let sealed = self.seal().seal(terms, at).map_err(|error| bad(&error))?;
        let signature = self.sign_terms(generation, terms)?.to_string();
        Ok(Sealed { signed: Some((self.site(generation)?, signature)), ..sealed })
    }

    fn site_key(&self, generation: u32) -> Result<XPrv, Fault> {
        child(&child(&self.held.site, generation)?, 0)
    }
}
