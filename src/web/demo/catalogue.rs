//! What the demo shop sells: three stores and fourteen items, drawn and written for it.

use domain::item::PackageKind;

/// A store of the demo.
#[derive(Debug, Clone, Copy)]
pub struct DemoStore {
    /// Its name.
    pub name: &'static str,
    /// What it says about itself.
    pub description: &'static str,
    /// Name of its crest in the gallery.
    pub crest: &'static str,
    /// What it sells.
    pub items: &'static [DemoItem],
}

/// An item of the demo.
#[derive(Debug, Clone, Copy)]
pub struct DemoItem {
    /// Its name.
    pub name: &'static str,
    /// What its maker says about it.
    pub description: &'static str,
    /// Name of its picture in the gallery.
    pub picture: &'static str,
    /// How it can be had.
    pub packages: &'static [DemoPackage],
}

/// A package of the demo.
#[derive(Debug, Clone, Copy)]
pub struct DemoPackage {
    /// Its name beside the item's.
    pub name: &'static str,
    /// How it reaches its buyer.
    pub kind: PackageKind,
    /// Price of one in US cents.
    pub price_cents: u64,
    /// Shipping of the whole line in US cents; zero unless it is shipped.
    pub shipping_cents: u64,
    /// Until when after payment it is dispatched, in hours.
    pub handling_hours: u32,
}

const fn shipped(
    name: &'static str,
    price_cents: u64,
    shipping_cents: u64,
    handling_hours: u32,
) -> DemoPackage {
    DemoPackage { name, kind: PackageKind::Shipped, price_cents, shipping_cents, handling_hours }
}

const fn digital(name: &'static str, price_cents: u64) -> DemoPackage {
    DemoPackage {
        name,
        kind: PackageKind::Digital,
        price_cents,
        shipping_cents: 0,
        handling_hours: 24,
    }
}

const fn service(name: &'static str, price_cents: u64, handling_hours: u32) -> DemoPackage {
    DemoPackage { name, kind: PackageKind::Service, price_cents, shipping_cents: 0, handling_hours }
}

/// The stores.
pub const STORES: &[DemoStore] = &[FERN_AND_KILN, HARBOUR_SUPPLY, SIGNAL_AND_NOISE];

const FERN_AND_KILN: DemoStore = DemoStore {
    name: "Fern & Kiln",
    description: "Stoneware, paper, wool and honey from a workshop of three at the end of a valley. We make in \
        small batches, fire on Thursdays and pack on Fridays. What breaks on the way, we make again.",
    crest: "crest-kiln",
    items: &[
        DemoItem {
            name: "Tideline mug",
            description: "Thrown by hand from speckled stoneware and dipped in a blue that runs a little differently \
                on each one. It holds 340 ml, fits two fingers in the handle and stands the dishwasher. The foot is \
                ground smooth, so it will not scratch your table.\n\nFired once a week; what you get is from the \
                last kiln.",
            picture: "stoneware-mug",
            packages: &[
                shipped("One mug", 3_200, 490, 72),
                shipped("A pair", 5_900, 690, 72),
                shipped("Set of six", 16_500, 1_190, 240),
            ],
        },
        DemoItem {
            name: "Shearwater blanket",
            description: "Woven from undyed and indigo wool on a loom older than all of us together. Dense enough for \
                a cold car, soft enough for a sleeping child, and it only gets better. 140 by 190 centimetres, edges \
                turned and sewn by hand.",
            picture: "wool-blanket",
            packages: &[
                shipped("Throw, 140 × 190 cm", 14_900, 990, 72),
                shipped("Bed, 200 × 240 cm", 24_900, 1_490, 336),
            ],
        },
        DemoItem {
            name: "Proof book",
            description: "A notebook of 192 pages, sewn in sections so that it lies flat from the first to the last. \
                The label is set in lead and printed on a hand press; the cloth is made from linen ends of a mill down \
                the road. Takes fountain pen ink without bleeding.",
            picture: "letterpress-notebook",
            packages: &[
                shipped("Plain", 2_600, 390, 48),
                shipped("Ruled", 2_600, 390, 48),
                shipped("Three of a kind", 6_900, 590, 48),
            ],
        },
        DemoItem {
            name: "Heather honey",
            description: "One late-summer harvest from eleven hives on the moor above the workshop. Thick as jelly, \
                dark as tea and a little bitter at the end, as heather honey should be. Cold pressed, never heated.",
            picture: "heather-honey",
            packages: &[
                shipped("Jar, 340 g", 1_400, 590, 72),
                shipped("Case of six jars", 7_500, 990, 72),
            ],
        },
    ],
};

const HARBOUR_SUPPLY: DemoStore = DemoStore {
    name: "Harbour Supply",
    description: "Plain, repairable things for desk, coat and bicycle, sent from an old chandlery by the water. \
        Everything we sell can be taken apart with a screwdriver, and we keep the spare parts.",
    crest: "crest-harbour",
    items: &[
        DemoItem {
            name: "Watchmaker's lamp",
            description: "A desk lamp of oiled walnut and raw brass with an arm that stays where you put it. The shade \
                throws a warm, sharp-edged pool of light on your work and none into your eyes. Rewired to order with a \
                plug for your country; the bulb is included.",
            picture: "walnut-lamp",
            packages: &[shipped("Lamp, with bulb", 24_800, 1_890, 120)],
        },
        DemoItem {
            name: "Field jacket in washed linen",
            description: "Four pockets, corozo buttons and a collar that stands up to wind. The linen is washed twice \
                before it is cut, so it arrives already soft and will not shrink again. Cut straight; take your usual \
                size.",
            picture: "linen-jacket",
            packages: &[
                shipped("Small", 18_500, 890, 72),
                shipped("Medium", 18_500, 890, 72),
                shipped("Large", 18_500, 890, 72),
            ],
        },
        DemoItem {
            name: "Brass fountain pen",
            description: "Turned from a single bar and left without lacquer, so it takes on the colour of your hand. The \
                steel nib is tuned and tested wet before it leaves us. Takes standard cartridges, or the converter in \
                the box.",
            picture: "brass-pen",
            packages: &[shipped("Fine nib", 7_400, 490, 48), shipped("Medium nib", 7_400, 490, 48)],
        },
        DemoItem {
            name: "Bicycle bell",
            description: "One clear note that people turn to with a smile instead of a start. The dome is spun from \
                bell brass, the clamp fits bars from 22 to 32 millimetres. Installed in a minute with the key that \
                comes with it.",
            picture: "bike-bell",
            packages: &[shipped("One bell", 2_900, 390, 48)],
        },
        DemoItem {
            name: "Pocket camera, serviced",
            description: "A compact rangefinder from 1974, cleaned, its shutter timed and its light seals renewed on our \
                own bench. The 40 mm lens is sharp from corner to corner by f/5.6. Comes with a roll of film, a strap \
                and a year of guarantee.",
            picture: "film-camera",
            packages: &[shipped("Camera with strap and film", 21_500, 1_290, 96)],
        },
        DemoItem {
            name: "Sixty-five keyboard",
            description: "Sixty-seven keys in a case milled from one block, on switches that we oil by hand. It sounds \
                like rain on a tent and remembers three layouts. Works with anything that has USB; firmware and case \
                drawings are open.",
            picture: "keyboard",
            packages: &[
                shipped("Assembled", 16_900, 1_290, 168),
                shipped("Kit to solder", 12_900, 990, 72),
            ],
        },
    ],
};

const SIGNAL_AND_NOISE: DemoStore = DemoStore {
    name: "Signal & Noise",
    description: "Sounds, letters and words by two people and a great many cables. Files come as a link in the \
        order within a day; what we do by the hour, we do ourselves.",
    crest: "crest-signal",
    items: &[
        DemoItem {
            name: "Slow Weather, 64 synth patches",
            description: "Pads that drift, basses that breathe and a few bells that should not work but do. Made over one \
                winter on a single hardware synthesiser and rebuilt for three common soft ones. Every patch has its \
                wheel and aftertouch mapped.",
            picture: "synth-patches",
            packages: &[
                digital("Personal licence", 1_900),
                digital("Studio licence, five seats", 6_900),
            ],
        },
        DemoItem {
            name: "Dusk, a field-recording library",
            description: "Nine hours from forests, harbours and one very patient marsh, recorded in the blue half-hour \
                after sunset. Stereo at 96 kHz, cut into 140 files with notes on place, weather and microphones. Free \
                of wind, planes and people.",
            picture: "field-recordings",
            packages: &[
                digital("Whole library, 31 GB", 3_900),
                digital("With the ambisonic originals", 9_900),
            ],
        },
        DemoItem {
            name: "Ledger, a text face",
            description: "A type family for long reading and long columns: figures that line up, a true italic and small \
                capitals in five weights. Drawn for a bank that never opened; it deserved better. Desktop and web files \
                with a licence you can read in a minute.",
            picture: "typeface",
            packages: &[digital("One weight", 4_500), digital("Whole family, ten styles", 18_000)],
        },
        DemoItem {
            name: "An hour of translation",
            description: "German or Polish into English that reads as if it had been written so: letters, contracts, \
                manuals, liner notes. An hour is about 450 words, with a second look the next morning. Tell us after \
                ordering what it is about; we sign what needs signing.",
            picture: "translation",
            packages: &[
                service("One hour", 5_500, 72),
                service("A day of seven hours", 35_000, 168),
            ],
        },
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::gallery;
    use domain::refusal::Faults;
    use domain::{item, store};

    #[test]
    fn a_vendor_could_have_typed_all_of_it() {
        for shop in STORES {
            assert_eq!(store::parse_name(shop.name).as_deref(), Ok(shop.name));
            assert!(store::parse_description(shop.description).is_ok());
            for thing in shop.items {
                assert_eq!(item::parse_name(thing.name).as_deref(), Ok(thing.name));
                assert!(item::parse_description(thing.description).is_ok(), "{}", thing.name);
                assert!(!thing.description.contains("  "), "{}", thing.name);
                for package in thing.packages {
                    assert!(can_be_sold(package), "{}: {}", thing.name, package.name);
                }
            }
        }
    }

    fn can_be_sold(package: &DemoPackage) -> bool {
        let dollars = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        let mut faults = Faults::default();
        let draft = item::PackageDraft::parse(
            item::PackageInput {
                name: package.name,
                kind: package.kind.as_str(),
                price: &dollars(package.price_cents),
                shipping: &dollars(package.shipping_cents),
                handling_hours: &package.handling_hours.to_string(),
            },
            &mut faults,
        );
        draft.is_some_and(|draft| {
            draft.price.get() == package.price_cents && draft.name == package.name
        })
    }

    #[test]
    fn every_picture_exists_and_every_item_has_its_own() {
        let mut names: Vec<_> =
            STORES.iter().flat_map(|store| store.items).map(|item| item.picture).collect();
        assert!(
            STORES
                .iter()
                .all(|store| gallery::CRESTS.iter().any(|crest| crest.name == store.crest))
        );
        names.sort_unstable();
        let mut known: Vec<_> = gallery::PICTURES.iter().map(|picture| picture.name).collect();
        known.sort_unstable();
        assert_eq!(names, known);
    }
}
