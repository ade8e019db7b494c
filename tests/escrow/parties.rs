//! What parties and staff of a world do in a dispute, as web writes it.

use db::accounts::{self, UserRow};
use db::addresses::{self, AddressRequest, Purpose};
use db::intents::{self, IntentRow};
use db::ledger::Sealed;
use db::offers::{self, OfferRow};
use db::rulings::{self, RequestRow};
use db::{codec, tx};
use domain::EvmAddress;
use domain::clock::Clock;
use domain::ids::{AddressRequestId, OrderId, UserId};
use domain::intent::{ActorRole, IntentAction};
use domain::pledge::Pledge;
use domain::seal::Terms;
use testkit::Wallet;
use verify::consent::{Consent, challenge};

use crate::world::World;

impl World {
    /// Somebody becomes staff.
    pub(crate) fn staff(&self, byte: u8) -> UserId {
        let id = UserId::from_random([byte; 16]);
        self.account(id, &format!("staff{byte}"), "staff");
        id
    }

    pub(crate) fn customer(&self, id: UserId, name: &str) {
        self.account(id, name, "customer");
    }

    fn account(&self, id: UserId, name: &str, role: &str) {
        let now = codec::stamp(self.clock.now());
        let row = UserRow {
            id: id.to_string(),
            username: name.to_owned(),
            username_key: name.to_owned(),
            password_hash: String::new(),
            role: role.to_owned(),
            refund_address: None,
            banned_at: None,
            created_at: now,
            password_changed_at: now,
        };
        tx::write(&self.web, "account", move |tx| accounts::insert(tx, &row)).unwrap();
    }

    pub(crate) fn party(&self, role: ActorRole) -> UserId {
        if role == ActorRole::Buyer { self.buyer } else { self.vendor }
    }

    /// A party offers the buyer this share in percent.
    pub(crate) fn offer(&self, order: OrderId, by: ActorRole, percent: i32) -> i32 {
        let n = self.web.read(|conn| offers::next_number(conn, order)).unwrap();
        let row = self.offer_row(order, n, by, percent);
        tx::write(&self.web, "offer", move |tx| offers::insert(tx, &row)).unwrap();
        n
    }

    pub(crate) fn offer_row(
        &self,
        order: OrderId,
        n: i32,
        by: ActorRole,
        percent: i32,
    ) -> OfferRow {
        OfferRow {
            order_id: order.to_string(),
            n,
            author_id: self.party(by).to_string(),
            author_role: by.to_string(),
            buyer_bps: percent * 100,
            request_id: "test".to_owned(),
            created_at: codec::stamp(self.clock.now()),
            signature: None,
            signature_expires: None,
        }
    }

    /// The other party is shown an offer.
    pub(crate) fn show(&self, order: OrderId, n: i32) {
        let (viewer, at) = (self.buyer, self.clock.now());
        tx::write(&self.web, "seen", move |tx| offers::see(tx, (order, n), viewer, at)).unwrap();
    }

    /// The row of a request about an offer or a ruling.
    pub(crate) fn about(
        &self,
        order: OrderId,
        (action, about): (IntentAction, i32),
        (role, actor): (ActorRole, UserId),
    ) -> IntentRow {
        let n = self.web.read(|conn| intents::next_number(conn, order)).unwrap();
        IntentRow {
            actor_id: actor.to_string(),
            about_n: Some(about),
            ..self.intent(order, n, action, role)
        }
    }

    pub(crate) fn send(&self, row: IntentRow) {
        tx::write(&self.web, "intent", move |tx| intents::insert(tx, &row)).unwrap();
    }

    /// Places a request when escrow reaches a point.
    pub(crate) fn ask_at(&self, point: &'static str, row: IntentRow) {
        let (web, clock) = (self.web.clone(), std::sync::Arc::clone(&self.clock));
        self.script.on(point, move || {
            let row = IntentRow { created_at: codec::stamp(clock.now()), ..row.clone() };
            tx::write(&web, "ask", move |tx| intents::insert(tx, &row)).unwrap();
        });
    }

    pub(crate) fn accept(&self, order: OrderId, offer: i32, role: ActorRole) {
        let who = (role, self.party(role));
        self.send(self.about(order, (IntentAction::Accept, offer), who));
    }

    pub(crate) fn contest(&self, order: OrderId, ruling: i32, role: ActorRole) {
        let who = (role, self.party(role));
        self.send(self.about(order, (IntentAction::Contest, ruling), who));
    }

    pub(crate) fn confirm(&self, order: OrderId, ruling: i32, staff: UserId) {
        self.send(self.about(order, (IntentAction::Confirm, ruling), (ActorRole::Staff, staff)));
    }

    /// A staff member gives the buyer this share in percent.
    pub(crate) fn rule(&self, order: OrderId, staff: UserId, percent: i32) {
        self.send(self.ruling_row(order, staff, percent));
    }

    /// The row of the request by which he does, once web has what he wants to rule.
    pub(crate) fn ruling_row(&self, order: OrderId, staff: UserId, percent: i32) -> IntentRow {
        let request = RequestRow {
            order_id: order.to_string(),
            n: 0,
            staff_id: staff.to_string(),
            buyer_bps: percent * 100,
            reason: "The pictures show it.".to_owned(),
            request_id: "test".to_owned(),
            created_at: codec::stamp(self.clock.now()),
        };
        let ask = move |tx: &mut db::WebTx<'_>| rulings::request(tx, request.clone());
        let n = tx::write(&self.web, "ruling", ask).unwrap();
        self.about(order, (IntentAction::Rule, n), (ActorRole::Staff, staff))
    }

    /// The last ruling that escrow keeps.
    pub(crate) fn ruling(&self, order: OrderId) -> Option<rulings::Ruling> {
        self.escrow.read(|conn| rulings::last(conn, order)).unwrap()
    }

    /// The buyer names a wallet, with this proof.
    pub(crate) fn request_signer(
        &self,
        address: EvmAddress,
        proof: impl Fn(UserId, AddressRequestId) -> Option<String>,
    ) {
        self.request_signer_of(self.buyer, address, proof);
    }

    /// Somebody names a wallet, with this proof.
    pub(crate) fn request_signer_of(
        &self,
        user: UserId,
        address: EvmAddress,
        proof: impl Fn(UserId, AddressRequestId) -> Option<String>,
    ) {
        let id = AddressRequestId::from_random(self.fresh_id());
        let request = AddressRequest {
            id,
            purpose: Purpose::Signer(user),
            address,
            by: user,
            at: self.clock.now(),
            proof: proof(user, id),
        };
        tx::write(&self.web, "request", move |tx| addresses::insert(tx, &request)).unwrap();
    }

    /// The buyer names a wallet, which signs for it.
    pub(crate) fn name_signer(&self, wallet: &Wallet) {
        self.name_signer_of(self.buyer, wallet);
    }

    /// Somebody names a wallet, which signs for it.
    pub(crate) fn name_signer_of(&self, user: UserId, wallet: &Wallet) {
        self.request_signer_of(user, wallet.address(), |user, request| {
            Some(wallet.sign_text(&challenge(&user.to_string(), &request.to_string())))
        });
    }

    pub(crate) fn seal_of(&self, order: OrderId) -> Sealed {
        self.escrow.read(|conn| db::ledger::sealed(conn, order)).unwrap().unwrap()
    }

    pub(crate) fn terms_of(&self, order: OrderId) -> Terms {
        self.keys.seal().open(&self.seal_of(order)).unwrap()
    }

    /// The number of the next request about an order.
    pub(crate) fn next_number(&self, order: OrderId) -> i32 {
        self.web.read(|conn| intents::next_number(conn, order)).unwrap()
    }

    /// An hour from now.
    pub(crate) fn deadline(&self) -> u64 {
        u64::try_from(self.clock.now().as_secs() + 3_600).unwrap()
    }

    /// What a wallet is asked to sign for an act under a number.
    pub(crate) fn to_sign(&self, order: OrderId, pledge: Pledge, n: i32) -> Consent {
        self.terms_of(order).consent(pledge, u32::try_from(n).unwrap(), self.deadline())
    }
}
