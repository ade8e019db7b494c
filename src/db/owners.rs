//! Who writes which table, and how: the one list that grants, guards and tests are made from.

/// The role that writes a table; on SQLite each has a file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The shop: people, stores, orders and what they ask for.
    Web,
    /// The keeper of keys: seals, order events, payouts.
    Escrow,
    /// The sender of messages and keeper of statistics.
    Courier,
}

impl Owner {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Web, Self::Escrow, Self::Courier];

    /// The name of the role, which is also that of its file and attached schema.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Escrow => "escrow",
            Self::Courier => "courier",
        }
    }

    /// The others, the most trusted first: a plain table name is looked up in this order, so that
    /// no less trusted file can put a table of its own before a more trusted one's.
    pub const fn others(self) -> [Self; 2] {
        match self {
            Self::Web => [Self::Escrow, Self::Courier],
            Self::Escrow => [Self::Web, Self::Courier],
            Self::Courier => [Self::Escrow, Self::Web],
        }
    }
}

/// What the owner of a table may do to its rows. Everybody may read, nobody else may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verbs {
    /// Rows may be added.
    pub insert: bool,
    /// Rows may be changed.
    pub update: bool,
    /// Rows may be removed.
    pub delete: bool,
}

impl Verbs {
    /// Rows are added and stay as they are.
    pub const HISTORY: Self = Self { insert: true, update: false, delete: false };
    /// Rows are added and changed, never removed.
    pub const REVISED: Self = Self { insert: true, update: true, delete: false };
    /// Rows come and go.
    pub const FREE: Self = Self { insert: true, update: true, delete: true };

    /// The words of SQL for what is allowed, or for what is not.
    pub fn words(self, allowed: bool) -> Vec<&'static str> {
        [("INSERT", self.insert), ("UPDATE", self.update), ("DELETE", self.delete)]
            .into_iter()
            .filter_map(|(word, may)| (may == allowed).then_some(word))
            .collect()
    }
}

/// Every table, who writes it and how.
pub const OWNERS: &[(&str, Owner, Verbs)] = &[
    ("users", Owner::Web, Verbs::REVISED),
    ("recovery_codes", Owner::Web, Verbs::FREE),
    ("sessions", Owner::Web, Verbs::FREE),
    ("api_keys", Owner::Web, Verbs::REVISED),
    ("attempts", Owner::Web, Verbs::FREE),
    ("idempotency_keys", Owner::Web, Verbs::FREE),
    ("stores", Owner::Web, Verbs::REVISED),
    ("store_users", Owner::Web, Verbs::FREE),
    ("items", Owner::Web, Verbs::REVISED),
    ("packages", Owner::Web, Verbs::REVISED),
    ("address_requests", Owner::Web, Verbs::HISTORY),
    ("invite_codes", Owner::Web, Verbs::HISTORY),
    ("invitations", Owner::Web, Verbs::HISTORY),
    ("store_tiers", Owner::Web, Verbs::HISTORY),
    ("orders", Owner::Web, Verbs::HISTORY),
    ("order_lines", Owner::Web, Verbs::HISTORY),
    ("order_deliveries", Owner::Web, Verbs::REVISED),
    ("order_intents", Owner::Web, Verbs::HISTORY),
    ("disputes", Owner::Web, Verbs::HISTORY),
    ("dispute_offers", Owner::Web, Verbs::HISTORY),
    ("offer_views", Owner::Web, Verbs::HISTORY),
    ("dispute_rulings", Owner::Web, Verbs::HISTORY),
    ("dispute_claims", Owner::Web, Verbs::HISTORY),
    ("dispute_files", Owner::Web, Verbs::HISTORY),
    ("shipment_events", Owner::Web, Verbs::HISTORY),
    ("reseal_requests", Owner::Web, Verbs::HISTORY),
    ("evidence", Owner::Web, Verbs::HISTORY),
    ("evidence_head", Owner::Web, Verbs::REVISED),
    ("vendor_deposits", Owner::Web, Verbs::HISTORY),
    ("deposit_withdrawals", Owner::Web, Verbs::HISTORY),
    ("deposit_rules", Owner::Web, Verbs::HISTORY),
    ("notice_marks", Owner::Web, Verbs::REVISED),
    ("escrow_heartbeat", Owner::Escrow, Verbs::REVISED),
    ("controls", Owner::Escrow, Verbs::REVISED),
    ("installation", Owner::Escrow, Verbs::REVISED),
    ("chains", Owner::Escrow, Verbs::REVISED),
    ("rates", Owner::Escrow, Verbs::HISTORY),
    ("address_book", Owner::Escrow, Verbs::HISTORY),
    ("derivations", Owner::Escrow, Verbs::HISTORY),
    ("seals", Owner::Escrow, Verbs::HISTORY),
    ("site_keys", Owner::Escrow, Verbs::HISTORY),
    ("order_events", Owner::Escrow, Verbs::HISTORY),
    ("order_state", Owner::Escrow, Verbs::REVISED),
    ("order_deadlines", Owner::Escrow, Verbs::FREE),
    ("deposits", Owner::Escrow, Verbs::HISTORY),
    ("intent_answers", Owner::Escrow, Verbs::HISTORY),
    ("noted_offers", Owner::Escrow, Verbs::HISTORY),
    ("rulings", Owner::Escrow, Verbs::REVISED),
    ("staff_seen", Owner::Escrow, Verbs::FREE),
    ("payout_holds", Owner::Escrow, Verbs::REVISED),
    ("payouts", Owner::Escrow, Verbs::REVISED),
    ("legs", Owner::Escrow, Verbs::REVISED),
    ("chain_attempts", Owner::Escrow, Verbs::HISTORY),
    ("receipts", Owner::Escrow, Verbs::HISTORY),
    ("alarms", Owner::Escrow, Verbs::HISTORY),
    ("tokens", Owner::Escrow, Verbs::REVISED),
    ("gas_wallets", Owner::Escrow, Verbs::REVISED),
    ("relays", Owner::Escrow, Verbs::HISTORY),
    ("top_ups", Owner::Escrow, Verbs::REVISED),
    ("strays", Owner::Escrow, Verbs::REVISED),
    ("payout_requests", Owner::Escrow, Verbs::REVISED),
    ("reseals", Owner::Escrow, Verbs::REVISED),
    ("later_seals", Owner::Escrow, Verbs::HISTORY),
    ("limits", Owner::Escrow, Verbs::REVISED),
    ("order_values", Owner::Escrow, Verbs::HISTORY),
    ("payout_values", Owner::Escrow, Verbs::HISTORY),
    ("evidence_anchors", Owner::Escrow, Verbs::HISTORY),
    ("journal_entries", Owner::Escrow, Verbs::HISTORY),
    ("journal_lines", Owner::Escrow, Verbs::HISTORY),
    ("book_accounts", Owner::Escrow, Verbs::REVISED),
    ("book_totals", Owner::Escrow, Verbs::REVISED),
    ("book_sights", Owner::Escrow, Verbs::REVISED),
    ("escrow_jobs", Owner::Escrow, Verbs::REVISED),
    ("courier_heartbeat", Owner::Courier, Verbs::REVISED),
    ("courier_jobs", Owner::Courier, Verbs::REVISED),
    ("store_stats", Owner::Courier, Verbs::REVISED),
    ("outbox", Owner::Courier, Verbs::FREE),
    ("feeds", Owner::Courier, Verbs::REVISED),
];

/// The statements that give `account` (as `'web'@'%'`) on MariaDB what its role may do in
/// `database`: read everything, write its own tables by the verbs of [`OWNERS`].
pub fn grants(owner: Owner, database: &str, account: &str) -> Vec<String> {
    let tables = OWNERS.iter().filter(|(_, whose, _)| *whose == owner).map(|(table, _, verbs)| {
        format!("GRANT {} ON `{database}`.`{table}` TO {account}", verbs.words(true).join(", "))
    });
    std::iter::once(format!("GRANT SELECT ON `{database}`.* TO {account}")).chain(tables).collect()
}

/// The statements that guard the tables of `owner` on SQLite against the verbs that it does not
/// have. They last as long as the connection, so no migration can forget one.
pub(crate) fn guards(owner: Owner) -> String {
    let own = OWNERS.iter().filter(|(_, whose, _)| *whose == owner);
    own.flat_map(|(table, _, verbs)| {
        verbs.words(false).into_iter().map(move |verb| {
            format!(
                "CREATE TEMP TRIGGER guard_{table}_{verb} BEFORE {verb} ON main.{table} \
                 BEGIN SELECT RAISE(ABORT, '{table} refuses {verb}'); END;"
            )
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_name_only_the_role_s_own_tables() {
        let web = grants(Owner::Web, "shop", "'web'@'%'");
        assert_eq!(web[0], "GRANT SELECT ON `shop`.* TO 'web'@'%'");
        assert!(web.contains(&"GRANT INSERT ON `shop`.`orders` TO 'web'@'%'".to_owned()));
        assert!(web.contains(&"GRANT INSERT, UPDATE ON `shop`.`users` TO 'web'@'%'".to_owned()));
        assert!(!web.iter().any(|line| line.contains("seals")));
    }

    #[test]
    fn no_table_is_named_twice() {
        let mut names: Vec<_> = OWNERS.iter().map(|(table, ..)| table).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), OWNERS.len());
    }
}
