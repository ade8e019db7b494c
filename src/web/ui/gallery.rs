//! Pictures of our own making, from which vendors choose. They are part of the binary.

/// A picture.
#[derive(Debug, Clone, Copy)]
pub struct Picture {
    /// Its name in the database and in addresses.
    pub name: &'static str,
    /// What it shows, for those who do not see it.
    pub alt: &'static str,
    /// The file's name.
    pub file: &'static str,
    /// The file's content.
    pub(crate) svg: &'static [u8],
}

macro_rules! picture {
    ($name:literal, $alt:literal) => {
        Picture {
            name: $name,
            alt: $alt,
            file: concat!($name, ".svg"),
            svg: include_bytes!(concat!("../../../assets/img/", $name, ".svg")),
        }
    };
}

/// Pictures of items.
pub const PICTURES: &[Picture] = &[
    picture!("stoneware-mug", "A stoneware mug with a drip of blue glaze"),
    picture!("walnut-lamp", "A desk lamp of walnut and brass, lit"),
    picture!("linen-jacket", "An olive field jacket on a wooden hanger"),
    picture!("letterpress-notebook", "A cloth-bound notebook with a printed label"),
    picture!("brass-pen", "A brass fountain pen and a line of ink"),
    picture!("wool-blanket", "A folded wool blanket with stripes"),
    picture!("keyboard", "A compact mechanical keyboard"),
    picture!("film-camera", "A pocket film camera"),
    picture!("heather-honey", "A jar of heather honey"),
    picture!("bike-bell", "A brass bicycle bell on a handlebar"),
    picture!("synth-patches", "Knobs and waves of a synthesiser"),
    picture!("field-recordings", "A sound wave over hills at dusk"),
    picture!("typeface", "A large letter R with its construction lines"),
    picture!("translation", "Two speech bubbles with letters of two scripts"),
];

/// Crests of stores.
pub const CRESTS: &[Picture] = &[
    picture!("crest-kiln", "A flame in an arched kiln"),
    picture!("crest-harbour", "A lighthouse above waves"),
    picture!("crest-signal", "A signal between two dots"),
];

/// Shown where a name leads nowhere.
pub(crate) const PLACEHOLDER: Picture = picture!("placeholder", "");

/// A picture or crest by its name.
pub fn find(name: &str) -> Option<&'static Picture> {
    PICTURES.iter().chain(CRESTS).find(|picture| picture.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_small_plain_and_named_once() {
        for picture in PICTURES.iter().chain(CRESTS).chain([&PLACEHOLDER]) {
            let svg = std::str::from_utf8(picture.svg).unwrap();
            assert!(svg.len() <= 6 * 1024, "{} has {} bytes", picture.file, svg.len());
            assert!(
                svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\""),
                "{}",
                picture.file
            );
            for forbidden in ["<script", "<style", "style=", "href=\"http", "<foreignObject", " on"]
            {
                let found = svg
                    .match_indices(forbidden)
                    .find(|(at, _)| forbidden != " on" || is_handler(svg, *at));
                assert!(found.is_none(), "{forbidden} in {}", picture.file);
            }
            assert!(
                PICTURES.iter().chain(CRESTS).filter(|other| other.name == picture.name).count()
                    <= 1
            );
        }
    }

    /// Whether ` on` begins an attribute such as ` onload="`.
    fn is_handler(svg: &str, at: usize) -> bool {
        svg[at + 1..]
            .split(|c: char| !c.is_ascii_alphabetic())
            .next()
            .is_some_and(|word| svg[at + 1 + word.len()..].starts_with("=\""))
    }

    #[test]
    fn pictures_are_found_by_name_alone() {
        assert_eq!(find("brass-pen").unwrap().file, "brass-pen.svg");
        assert!(find("placeholder").is_none() && find("brass-pen.svg").is_none());
    }
}
