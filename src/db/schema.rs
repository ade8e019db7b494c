//! The tables as diesel knows them; names and order of columns are those of `migrations/`.
//!
//! Nullable columns are `Nullable`; times are `Timestamp`, amounts 78-digit text.
#![expect(
    missing_docs,
    reason = "the migrations and docs/DATA_MODEL.md say what each column means"
)]

diesel::table! {
    users (id) {
        id -> Text,
        username -> Text,
        username_key -> Text,
        password_hash -> Text,
        role -> Text,
        refund_address -> Nullable<Text>,
        banned_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        password_changed_at -> Timestamp,
    }
}

diesel::table! {
    recovery_codes (user_id, code_hash) {
        user_id -> Text,
        code_hash -> Text,
        created_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Text,
        user_id -> Text,
        created_at -> Timestamp,
        seen_at -> Timestamp,
        expires_at -> Timestamp,
        authenticated_at -> Timestamp,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Text,
        user_id -> Text,
        name -> Text,
        prefix -> Text,
        key_hash -> Text,
        scope -> Text,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    attempts (bucket, at, nonce) {
        bucket -> Text,
        at -> Timestamp,
        nonce -> Text,
    }
}

diesel::table! {
    idempotency_keys (user_id, idem_key) {
        user_id -> Text,
        idem_key -> Text,
        request_hash -> Text,
        target_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    stores (id) {
        id -> Text,
        name -> Text,
        name_key -> Text,
        description -> Text,
        picture -> Text,
        tier -> Text,
        suspended_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    store_users (store_id, user_id) {
        store_id -> Text,
        user_id -> Text,
        role -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    items (id) {
        id -> Text,
        store_id -> Text,
        name -> Text,
        description -> Text,
        picture -> Text,
        from_cents -> Nullable<BigInt>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    packages (id) {
        id -> Text,
        item_id -> Text,
        name -> Text,
        kind -> Text,
        price_cents -> BigInt,
        shipping_cents -> BigInt,
        handling_hours -> Integer,
        created_at -> Timestamp,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    address_requests (id) {
        id -> Text,
        owner_kind -> Text,
        owner_id -> Text,
        purpose -> Text,
        family -> Text,
        address -> Text,
        requested_by -> Text,
        created_at -> Timestamp,
        proof -> Nullable<Text>,
    }
}

diesel::table! {
    invite_codes (user_id) {
        user_id -> Text,
        code -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    invitations (user_id) {
        user_id -> Text,
        inviter_id -> Text,
        n -> Integer,
        created_at -> Timestamp,
    }
}

diesel::table! {
    store_tiers (store_id, n) {
        store_id -> Text,
        n -> Integer,
        was -> Text,
        tier -> Text,
        staff_id -> Text,
        reason -> Text,
        request_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    orders (id) {
        id -> Text,
        buyer_id -> Text,
        store_id -> Text,
        chain_id -> BigInt,
        token -> Text,
        decimals -> Integer,
        amount -> Text,
        total_cents -> BigInt,
        rate_id -> Text,
        rate_usd_micros -> BigInt,
        refund_address -> Text,
        commission_bps -> Integer,
        tolerance_bps -> Integer,
        handling_hours -> Integer,
        inspection_hours -> Integer,
        ships -> Bool,
        lines_hash -> Text,
        request_id -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        token_address -> Nullable<Text>,
        leg_fee -> Nullable<Text>,
        tier -> Nullable<Text>,
        referrer_id -> Nullable<Text>,
        referral_bps -> Nullable<Integer>,
    }
}

diesel::table! {
    order_lines (order_id, n) {
        order_id -> Text,
        n -> Integer,
        kind -> Text,
        package_id -> Nullable<Text>,
        item_id -> Nullable<Text>,
        title -> Text,
        unit_cents -> BigInt,
        quantity -> Integer,
        total_cents -> BigInt,
    }
}

diesel::table! {
    order_deliveries (order_id) {
        order_id -> Text,
        ciphertext -> Nullable<Binary>,
        created_at -> Timestamp,
        erased_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    order_intents (order_id, n) {
        order_id -> Text,
        n -> Integer,
        action -> Text,
        actor_id -> Text,
        actor_role -> Text,
        request_id -> Text,
        created_at -> Timestamp,
        about_n -> Nullable<Integer>,
        signature -> Nullable<Text>,
        signature_expires -> Nullable<BigInt>,
    }
}

diesel::table! {
    dispute_offers (order_id, n) {
        order_id -> Text,
        n -> Integer,
        author_id -> Text,
        author_role -> Text,
        buyer_bps -> Integer,
        request_id -> Text,
        created_at -> Timestamp,
        signature -> Nullable<Text>,
        signature_expires -> Nullable<BigInt>,
    }
}

diesel::table! {
    offer_views (order_id, offer_n) {
        order_id -> Text,
        offer_n -> Integer,
        viewer_id -> Text,
        seen_at -> Timestamp,
    }
}

diesel::table! {
    dispute_rulings (order_id, n) {
        order_id -> Text,
        n -> Integer,
        staff_id -> Text,
        buyer_bps -> Integer,
        reason -> Text,
        request_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    dispute_claims (order_id, n) {
        order_id -> Text,
        n -> Integer,
        author_id -> Text,
        author_role -> Text,
        body -> Text,
        request_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    dispute_files (order_id, claim_n, n) {
        order_id -> Text,
        claim_n -> Integer,
        n -> Integer,
        author_id -> Text,
        name -> Text,
        kind -> Text,
        bytes -> BigInt,
        sha256 -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    disputes (order_id) {
        order_id -> Text,
        opened_by -> Text,
        opener_role -> Text,
        reason -> Text,
        statement -> Text,
        request_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    shipment_events (order_id, seq) {
        order_id -> Text,
        seq -> Integer,
        status -> Text,
        note -> Text,
        actor_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    escrow_heartbeat (id) {
        id -> Integer,
        started_at -> Timestamp,
        beat_at -> Timestamp,
        desk_at -> Timestamp,
        chain_at -> Timestamp,
        ran_micros -> BigInt,
        ran_at -> Nullable<Timestamp>,
        quiet_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    order_deadlines (order_id) {
        order_id -> Text,
        kind -> Text,
        due_micros -> BigInt,
        extended -> Bool,
        set_at -> Timestamp,
    }
}

diesel::table! {
    controls (name) {
        name -> Text,
        value -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    installation (id) {
        id -> Integer,
        fingerprint -> Text,
        generation -> Integer,
        created_at -> Timestamp,
        install_id -> Nullable<Text>,
        place -> Nullable<Text>,
        mac -> Nullable<Text>,
    }
}

diesel::table! {
    chains (chain_id) {
        chain_id -> BigInt,
        name -> Text,
        token -> Text,
        decimals -> Integer,
        state -> Text,
        note -> Text,
        head_number -> BigInt,
        final_number -> BigInt,
        final_hash -> Text,
        final_at -> Timestamp,
        leg_fee -> Text,
        checked_at -> Timestamp,
        resolver -> Bool,
    }
}

diesel::table! {
    rates (id) {
        id -> Text,
        token -> Text,
        usd_micros -> BigInt,
        source -> Text,
        quoted_at -> Timestamp,
        fetched_at -> Timestamp,
    }
}

diesel::table! {
    address_book (owner_kind, owner_id, purpose, family, seq) {
        owner_kind -> Text,
        owner_id -> Text,
        purpose -> Text,
        family -> Text,
        seq -> Integer,
        address -> Text,
        request_id -> Text,
        seen_at -> Timestamp,
        counts_from -> Timestamp,
    }
}

diesel::table! {
    derivations (purpose, generation, idx) {
        purpose -> Integer,
        generation -> Integer,
        idx -> BigInt,
        address -> Text,
        order_id -> Nullable<Text>,
        issued_at -> Timestamp,
    }
}

diesel::table! {
    seals (order_id) {
        order_id -> Text,
        chain_id -> BigInt,
        address -> Text,
        terms -> Binary,
        mac -> Text,
        sealed_at -> Timestamp,
        signer -> Nullable<Text>,
        signature -> Nullable<Text>,
    }
}

diesel::table! {
    site_keys (generation) {
        generation -> Integer,
        address -> Text,
        since -> Timestamp,
    }
}

diesel::table! {
    order_events (order_id, seq) {
        order_id -> Text,
        seq -> Integer,
        kind -> Text,
        status -> Text,
        amount -> Text,
        actor_role -> Text,
        actor_id -> Nullable<Text>,
        comment -> Text,
        case_no -> Nullable<Integer>,
        intent_n -> Nullable<Integer>,
        tx_hash -> Nullable<Text>,
        terminal -> Nullable<Integer>,
        hash -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    order_state (order_id) {
        order_id -> Text,
        store_id -> Text,
        buyer_id -> Text,
        status -> Text,
        chain_id -> BigInt,
        address -> Nullable<Text>,
        due -> Text,
        credited -> Text,
        unfinal -> Text,
        paying -> Bool,
        disputed -> Bool,
        held_reason -> Nullable<Text>,
        last_seq -> Integer,
        funded_at -> Nullable<Timestamp>,
        expires_at -> Timestamp,
        next_check_at -> Timestamp,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        token_address -> Nullable<Text>,
        token -> Text,
        decimals -> Integer,
        deposit -> Bool,
    }
}

diesel::table! {
    deposits (order_id, seq) {
        order_id -> Text,
        seq -> Integer,
        chain_id -> BigInt,
        amount -> Text,
        credited_total -> Text,
        block_number -> BigInt,
        block_hash -> Text,
        block_at -> Timestamp,
        credited_at -> Timestamp,
        from_address -> Nullable<Text>,
        tx_hash -> Nullable<Text>,
    }
}

diesel::table! {
    intent_answers (order_id, n) {
        order_id -> Text,
        n -> Integer,
        outcome -> Text,
        reason -> Text,
        answered_at -> Timestamp,
    }
}

diesel::table! {
    payout_holds (order_id, seq) {
        order_id -> Text,
        seq -> Integer,
        case_no -> Integer,
        kind -> Text,
        intent_n -> Nullable<Integer>,
        state -> Text,
        held_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
        buyer_bps -> Nullable<Integer>,
        ruling_n -> Nullable<Integer>,
    }
}

diesel::table! {
    noted_offers (order_id, n) {
        order_id -> Text,
        n -> Integer,
        author_id -> Nullable<Text>,
        author_role -> Nullable<Text>,
        buyer_bps -> Nullable<Integer>,
        noted_at -> Timestamp,
        signature -> Nullable<Text>,
    }
}

diesel::table! {
    rulings (order_id, n) {
        order_id -> Text,
        n -> Integer,
        staff_id -> Text,
        buyer_bps -> Integer,
        reason -> Text,
        state -> Text,
        second -> Bool,
        contested_by -> Nullable<Text>,
        confirmed_by -> Nullable<Text>,
        due_micros -> BigInt,
        cents -> BigInt,
        noted_at -> Timestamp,
    }
}

diesel::table! {
    staff_seen (user_id) {
        user_id -> Text,
        seen_at -> Timestamp,
    }
}

diesel::table! {
    payouts (order_id, case_no) {
        order_id -> Text,
        case_no -> Integer,
        kind -> Text,
        state -> Text,
        watermark -> Text,
        available -> Text,
        fee_reserve -> Text,
        held_reason -> Nullable<Text>,
        held_owner -> Nullable<Text>,
        held_deadline -> Nullable<Timestamp>,
        planned_at -> Timestamp,
        done_at -> Nullable<Timestamp>,
        buyer_bps -> Nullable<Integer>,
        ruling_n -> Nullable<Integer>,
    }
}

diesel::table! {
    legs (order_id, case_no, leg) {
        order_id -> Text,
        case_no -> Integer,
        leg -> Integer,
        role -> Text,
        to_address -> Text,
        amount -> Text,
        chain_id -> BigInt,
        from_address -> Text,
        nonce -> Nullable<BigInt>,
        gas_limit -> BigInt,
        fee_ceiling -> Text,
        state -> Text,
        tx_hash -> Nullable<Text>,
        block_hash -> Nullable<Text>,
        state_at -> Timestamp,
        token_address -> Nullable<Text>,
        by_transfer -> Bool,
    }
}

diesel::table! {
    chain_attempts (order_id, case_no, leg, attempt) {
        order_id -> Text,
        case_no -> Integer,
        leg -> Integer,
        attempt -> Integer,
        tx_hash -> Text,
        raw -> Binary,
        max_fee -> Text,
        max_tip -> Text,
        signed_at -> Timestamp,
    }
}

diesel::table! {
    receipts (chain_id, tx_hash, order_id, case_no, leg) {
        chain_id -> BigInt,
        tx_hash -> Text,
        order_id -> Text,
        case_no -> Integer,
        leg -> Integer,
        role -> Text,
        to_address -> Text,
        amount -> Text,
        fee_paid -> Text,
        succeeded -> Bool,
        block_number -> BigInt,
        block_hash -> Text,
        block_at -> Timestamp,
        recorded_at -> Timestamp,
    }
}

diesel::table! {
    alarms (id) {
        id -> Text,
        kind -> Text,
        order_id -> Nullable<Text>,
        message -> Text,
        raised_at -> Timestamp,
    }
}

diesel::table! {
    tokens (chain_id, address) {
        chain_id -> BigInt,
        address -> Text,
        symbol -> Text,
        decimals -> Integer,
        code_hash -> Text,
        domain -> Text,
        state -> Text,
        note -> Text,
        leg_fee -> Text,
        checked_at -> Timestamp,
    }
}

diesel::table! {
    gas_wallets (chain_id) {
        chain_id -> BigInt,
        address -> Text,
        balance -> Text,
        checked_at -> Timestamp,
    }
}

diesel::table! {
    relays (chain_id, from_address, nonce) {
        chain_id -> BigInt,
        from_address -> Text,
        nonce -> BigInt,
        order_id -> Text,
        case_no -> Integer,
        leg -> Integer,
        first_attempt -> Integer,
        taken_at -> Timestamp,
    }
}

diesel::table! {
    strays (order_id, chain_id, token_address) {
        order_id -> Text,
        chain_id -> BigInt,
        token_address -> Text,
        symbol -> Text,
        decimals -> Integer,
        amount -> Text,
        block_number -> BigInt,
        seen_at -> Timestamp,
    }
}

diesel::table! {
    journal_entries (order_id, entry) {
        order_id -> Text,
        entry -> Integer,
        books -> Text,
        booked_at -> Timestamp,
    }
}

diesel::table! {
    journal_lines (order_id, entry, line) {
        order_id -> Text,
        entry -> Integer,
        line -> Integer,
        from_account -> Text,
        to_account -> Text,
        chain_id -> BigInt,
        token_address -> Text,
        symbol -> Text,
        decimals -> Integer,
        amount -> Text,
    }
}

diesel::table! {
    book_accounts (order_id, chain_id, token_address, account) {
        order_id -> Text,
        token_address -> Text,
        account -> Text,
        chain_id -> BigInt,
        symbol -> Text,
        decimals -> Integer,
        given -> Text,
        taken -> Text,
        standing -> Bool,
    }
}

diesel::table! {
    book_totals (chain_id, token_address, account) {
        chain_id -> BigInt,
        token_address -> Text,
        account -> Text,
        symbol -> Text,
        decimals -> Integer,
        given -> Text,
        taken -> Text,
    }
}

diesel::table! {
    book_sights (chain_id, token_address) {
        chain_id -> BigInt,
        token_address -> Text,
        symbol -> Text,
        decimals -> Integer,
        addresses -> BigInt,
        held -> Text,
        booked -> Text,
        block_number -> BigInt,
        block_at -> Timestamp,
        counted_at -> Timestamp,
    }
}

diesel::table! {
    courier_heartbeat (id) {
        id -> Integer,
        started_at -> Timestamp,
        beat_at -> Timestamp,
    }
}

diesel::table! {
    courier_jobs (name) {
        name -> Text,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        outcome -> Text,
        period_secs -> Integer,
        failed -> Bool,
    }
}

diesel::table! {
    escrow_jobs (name) {
        name -> Text,
        period_secs -> Integer,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        outcome -> Text,
        failed -> Bool,
    }
}

diesel::table! {
    outbox (id) {
        id -> Text,
        user_id -> Text,
        role -> Text,
        order_id -> Text,
        what -> Text,
        occasion -> BigInt,
        channel -> Text,
        address -> Text,
        note -> Text,
        happened_at -> Timestamp,
        due_at -> Nullable<Timestamp>,
        state -> Text,
        attempts -> Integer,
        next_try_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    feeds (name) {
        name -> Text,
        read_until -> Timestamp,
        row_id -> Text,
        row_n -> Integer,
    }
}

diesel::table! {
    notice_marks (user_id) {
        user_id -> Text,
        read_until -> Timestamp,
    }
}

diesel::table! {
    store_stats (store_id) {
        store_id -> Text,
        released_orders -> BigInt,
        counted_at -> Timestamp,
    }
}

diesel::table! {
    reseal_requests (order_id, party, step) {
        order_id -> Text,
        party -> Text,
        step -> Text,
        address -> Text,
        actor_id -> Text,
        request_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    payout_requests (order_id, case_no, seq) {
        order_id -> Text,
        case_no -> Integer,
        seq -> Integer,
        tx_hash -> Nullable<Text>,
        state -> Text,
        outcome -> Text,
        asked_at -> Timestamp,
        answered_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    reseals (order_id, party) {
        order_id -> Text,
        party -> Text,
        address -> Text,
        due_micros -> BigInt,
        mac -> Text,
        state -> Text,
        reason -> Text,
        seen_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    later_seals (order_id, seq) {
        order_id -> Text,
        seq -> Integer,
        chain_id -> BigInt,
        address -> Text,
        terms -> Binary,
        mac -> Text,
        sealed_at -> Timestamp,
        signer -> Nullable<Text>,
        signature -> Nullable<Text>,
    }
}

diesel::table! {
    limits (name) {
        name -> Text,
        value -> BigInt,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    order_values (order_id) {
        order_id -> Text,
        cents -> BigInt,
        sealed_at -> Timestamp,
    }
}

diesel::table! {
    payout_values (order_id, case_no) {
        order_id -> Text,
        case_no -> Integer,
        chain_id -> BigInt,
        cents -> BigInt,
        planned_at -> Timestamp,
    }
}

diesel::table! {
    evidence (n) {
        n -> BigInt,
        kind -> Text,
        row_key -> Text,
        digest -> Text,
        head -> Text,
    }
}

diesel::table! {
    evidence_head (id) {
        id -> Integer,
        n -> BigInt,
        head -> Text,
    }
}

diesel::table! {
    evidence_anchors (n) {
        n -> BigInt,
        head -> Text,
        anchored_at -> Timestamp,
    }
}

diesel::table! {
    top_ups (order_id, case_no, n) {
        order_id -> Text,
        case_no -> Integer,
        n -> Integer,
        chain_id -> BigInt,
        from_address -> Text,
        nonce -> BigInt,
        to_address -> Text,
        amount -> Text,
        state -> Text,
        state_at -> Timestamp,
        tx_hash -> Nullable<Text>,
        block_number -> Nullable<BigInt>,
        fee_paid -> Nullable<Text>,
    }
}

diesel::table! {
    vendor_deposits (id) {
        id -> Text,
        store_id -> Text,
        lodged_by -> Text,
        chain_id -> BigInt,
        token_address -> Nullable<Text>,
        token -> Text,
        decimals -> Integer,
        amount -> Text,
        return_address -> Text,
        request_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    deposit_withdrawals (deposit_id, n) {
        deposit_id -> Text,
        n -> Integer,
        actor_id -> Text,
        request_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    deposit_rules (kind, n) {
        kind -> Text,
        n -> Integer,
        min_cents -> BigInt,
        staff_id -> Text,
        request_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    address_book,
    address_requests,
    alarms,
    api_keys,
    attempts,
    book_accounts,
    book_sights,
    book_totals,
    chain_attempts,
    chains,
    controls,
    courier_heartbeat,
    courier_jobs,
    deposit_rules,
    deposit_withdrawals,
    deposits,
    derivations,
    dispute_claims,
    dispute_files,
    dispute_offers,
    dispute_rulings,
    disputes,
    escrow_heartbeat,
    escrow_jobs,
    evidence,
    evidence_anchors,
    evidence_head,
    feeds,
    gas_wallets,
    idempotency_keys,
    installation,
    intent_answers,
    invitations,
    invite_codes,
    items,
    journal_entries,
    journal_lines,
    later_seals,
    legs,
    limits,
    noted_offers,
    notice_marks,
    offer_views,
    order_deadlines,
    order_deliveries,
    order_events,
    order_intents,
    order_lines,
    order_state,
    order_values,
    orders,
    outbox,
    packages,
    payout_holds,
    payout_requests,
    payout_values,
    payouts,
    rates,
    receipts,
    recovery_codes,
    relays,
    reseal_requests,
    reseals,
    rulings,
    seals,
    sessions,
    shipment_events,
    site_keys,
    staff_seen,
    store_stats,
    store_tiers,
    store_users,
    stores,
    strays,
    tokens,
    top_ups,
    users,
    vendor_deposits,
);
