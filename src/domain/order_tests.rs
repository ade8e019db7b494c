use super::*;
use crate::chain::ChainId;

fn offer(price: u64, shipping: u64) -> Offer {
    Offer {
        package: PackageId::from_random([1; 16]),
        item: ItemId::from_random([2; 16]),
        title: "Mug, one".to_owned(),
        kind: if shipping > 0 { PackageKind::Shipped } else { PackageKind::Digital },
        price: Cents::new(price).unwrap(),
        shipping: Cents::new(shipping).unwrap(),
        handling_hours: 48,
    }
}

const NOW: Time = Time::from_secs(1_800_000_000);

fn chain() -> AssetNow {
    AssetNow {
        asset: Asset::native_of(ChainId::DEVELOPMENT),
        spec: ChainId::DEVELOPMENT.spec().unwrap(),
        reachable: true,
        leg_fee: Amount::from_u128(42_000_000_000_000),
        resolver: false,
    }
}

fn rate() -> Rate {
    Rate { usd: UsdMicros::new(2_500_000_000).unwrap(), fetched_at: NOW }
}

#[test]
fn a_basket_sums_its_lines_and_carriage() {
    let basket = Basket::of(&[(offer(2_800, 490), 3)]).unwrap();
    assert_eq!(basket.total.get(), 3 * 2_800 + 490);
    assert_eq!(basket.lines.len(), 2);
    assert!(basket.ships);
    assert_eq!(basket.inspection_hours, 336);
    let digital = Basket::of(&[(offer(2_800, 0), 1)]).unwrap();
    assert!(!digital.ships);
    assert_eq!((digital.lines.len(), digital.inspection_hours), (1, 72));
}

#[test]
fn the_hash_moves_with_every_field_of_a_line() {
    let lines = Basket::of(&[(offer(2_800, 490), 3)]).unwrap().lines;
    let hash = lines_hash(&lines);
    let changes: [fn(&mut Line); 4] = [
        |line| line.title.push('!'),
        |line| line.quantity = 4,
        |line| line.unit = Cents::new(1).unwrap(),
        |line| line.total = Cents::new(1).unwrap(),
    ];
    for change in changes {
        let mut other = lines.clone();
        change(&mut other[0]);
        assert_ne!(lines_hash(&other), hash);
    }
}

#[test]
fn a_quote_is_the_price_at_the_rate() {
    let quote = quote(Cents::new(2_500).unwrap(), chain(), Some(rate()), NOW).unwrap();
    assert_eq!(quote.due, Amount::parse("0.01", 18).unwrap());
    assert_eq!(quote.expires_at, NOW.after(Span::minutes(60)));
}

#[test]
fn a_quote_in_a_stablecoin_stands_for_a_day() {
    let token = Some(crate::EvmAddress::from_bytes([7; 20]));
    let asset = Asset { token, symbol: "USDC".parse().unwrap(), decimals: 6, ..chain().asset };
    let dollar = Rate { usd: crate::asset::STABLE_USD, fetched_at: NOW };
    let now = AssetNow { asset, leg_fee: Amount::from_u128(300_000), ..chain() };
    let quote = quote(Cents::new(2_550).unwrap(), now, Some(dollar), NOW).unwrap();
    assert_eq!(quote.due, Amount::from_u128(25_500_000));
    assert_eq!(quote.expires_at, NOW.after(Span::hours(24)));
}

#[test]
fn a_stale_rate_prices_nothing() {
    let later = NOW.after(Span::minutes(11));
    assert_eq!(
        quote(Cents::new(2_500).unwrap(), chain(), Some(rate()), later),
        Err(OrderRefusal::NoRate)
    );
    assert_eq!(quote(Cents::new(2_500).unwrap(), chain(), None, NOW), Err(OrderRefusal::NoRate));
}

#[test]
fn the_minimum_it_names_is_one_that_it_accepts() {
    let Err(OrderRefusal::TooSmall(least)) =
        quote(Cents::new(1).unwrap(), chain(), Some(rate()), NOW)
    else {
        panic!("a cent is too small an order");
    };
    assert!(quote(least, chain(), Some(rate()), NOW).is_ok());
}

#[test]
fn placing_is_refused_for_each_reason() {
    let basket = Basket::of(&[(offer(2_800, 490), 1)]).unwrap();
    let good = Placement {
        basket: &basket,
        asset: chain(),
        rate: Some(rate()),
        escrow_open: true,
        own_store: false,
        payout_address: true,
        secured: true,
        open_unpaid: 0,
        now: NOW,
    };
    assert!(place(&good).is_ok());
    let unreachable = AssetNow { reachable: false, ..chain() };
    for (placement, refusal) in [
        (Placement { own_store: true, ..good.clone() }, OrderRefusal::OwnStore),
        (Placement { escrow_open: false, ..good.clone() }, OrderRefusal::Paused),
        (Placement { payout_address: false, ..good.clone() }, OrderRefusal::NoPayoutAddress),
        (Placement { secured: false, ..good.clone() }, OrderRefusal::NoDeposit),
        (Placement { open_unpaid: 10, ..good.clone() }, OrderRefusal::TooManyUnpaid(10)),
        (Placement { asset: unreachable, ..good.clone() }, OrderRefusal::Chain),
        (Placement { rate: None, ..good.clone() }, OrderRefusal::NoRate),
    ] {
        assert_eq!(place(&placement), Err(refusal));
    }
}

#[test]
fn funded_within_the_tolerance_only() {
    let due = Amount::from_u128(10_000);
    let tolerance = Bps::percent(1);
    assert!(is_funded(Amount::from_u128(9_900), due, tolerance));
    assert!(!is_funded(Amount::from_u128(9_899), due, tolerance));
    assert!(!is_funded(Amount::from_u128(9_999), due, Bps::ZERO));
}
