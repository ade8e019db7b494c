use super::*;

const GOOD: PackageInput<'_> = PackageInput {
    name: "One mug",
    kind: "shipped",
    price: "28",
    shipping: "4.90",
    handling_hours: "",
};

#[test]
fn a_package_is_parsed_whole() {
    let mut faults = Faults::default();
    let draft = PackageDraft::parse(GOOD, &mut faults).unwrap();
    assert_eq!((draft.price.get(), draft.shipping.get(), draft.handling_hours), (2_800, 490, 72));
}

#[test]
fn every_fault_is_named_at_once() {
    let mut faults = Faults::default();
    let input =
        PackageInput { name: "", kind: "gift", price: "0", shipping: "x", handling_hours: "721" };
    assert_eq!(PackageDraft::parse(input, &mut faults), None);
    let fields: Vec<_> = faults.into_vec().into_iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["name", "kind", "price", "shipping", "handling_hours"]);
}

#[test]
fn what_is_not_shipped_has_no_shipping_price() {
    let mut faults = Faults::default();
    assert_eq!(PackageDraft::parse(PackageInput { kind: "digital", ..GOOD }, &mut faults), None);
    assert!(!faults.is_empty());
}

#[test]
fn a_patch_changes_what_it_names_and_keeps_the_rest() {
    let mut faults = Faults::default();
    let numbers = PackageNumbers {
        name: Some("Two mugs"),
        kind: Some("shipped"),
        price_cents: Some(5_000),
        ..PackageNumbers::default()
    };
    let draft = PackagePatch::parse(numbers, &mut faults).alone(&mut faults).unwrap();
    assert!(faults.is_empty());
    assert_eq!((draft.shipping.get(), draft.handling_hours), (0, 72));
    let package = Package {
        id: PackageId::from_random([1; 16]),
        item: ItemId::from_random([2; 16]),
        name: draft.name,
        kind: draft.kind,
        price: draft.price,
        shipping: Cents::new(490).unwrap(),
        handling_hours: 24,
        created_at: Time::from_micros(0),
        withdrawn_at: None,
    };
    let dearer = PackagePatch { price: Cents::new(6_000), ..PackagePatch::default() };
    let after = dearer.over(&package).unwrap();
    assert_eq!((after.price.get(), after.shipping.get(), after.handling_hours), (6_000, 490, 24));
    let digital = PackagePatch { kind: Some(PackageKind::Digital), ..PackagePatch::default() };
    assert!(digital.over(&package).is_err());
}

#[test]
fn numbers_of_a_program_are_bounded_like_those_of_a_person() {
    for (price, shipping, hours) in [(0, -1, 0), (-1, i64::MIN, 721), (i64::MAX, i64::MAX, -1)] {
        let mut faults = Faults::default();
        let numbers = PackageNumbers {
            price_cents: Some(price),
            shipping_cents: Some(shipping),
            handling_hours: Some(hours),
            ..PackageNumbers::default()
        };
        PackagePatch::parse(numbers, &mut faults);
        let fields: Vec<_> = faults.into_vec().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["price_cents", "shipping_cents", "handling_hours"]);
    }
    let mut faults = Faults::default();
    assert_eq!(PackagePatch::default().alone(&mut faults), None);
    assert_eq!(faults.into_vec().len(), 3);
}

#[test]
fn quantities_are_few_and_never_none() {
    assert_eq!(parse_quantity("99"), Ok(99));
    for bad in ["0", "100", "-1", "1.5", "", "1e1"] {
        assert!(parse_quantity(bad).is_err(), "{bad}");
    }
}
