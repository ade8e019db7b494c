//! Choices of which one is taken: packages, chains, pictures.

use domain::refusal::Fault;
use maud::{Markup, Render, html};

use super::gallery::{CRESTS, PICTURES, Picture};
use super::input::Wiring;
use super::url;

/// One of several things to choose from.
#[derive(Debug)]
pub struct Choice<'a> {
    /// What is sent.
    pub value: &'a str,
    /// What it is called.
    pub label: &'a str,
    /// What more there is to say: price, handling time.
    pub detail: Markup,
    /// Shown, but not to be had now.
    pub disabled: bool,
}

/// A group of choices as cards.
#[derive(Debug)]
pub struct Choices<'a> {
    wiring: Wiring<'a>,
    choices: Vec<Choice<'a>>,
    value: &'a str,
}

impl<'a> Choices<'a> {
    /// A group under a legend.
    pub const fn new(name: &'static str, legend: &'a str, choices: Vec<Choice<'a>>) -> Self {
        Self { wiring: Wiring::new(name, legend), choices, value: "" }
    }

    /// The value that is chosen; where none is, the first one that can be had.
    #[must_use]
    pub const fn value(mut self, value: &'a str) -> Self {
        self.value = value;
        self
    }

    /// A sentence of help below it.
    #[must_use]
    pub const fn hint(mut self, hint: &'a str) -> Self {
        self.wiring.hint = Some(hint);
        self
    }

    /// Takes its own fault out of all.
    #[must_use]
    pub fn faults(mut self, faults: &'a [Fault]) -> Self {
        self.wiring.fault(faults);
        self
    }

    fn chosen(&self) -> Option<usize> {
        let open = |choice: &Choice<'_>| !choice.disabled;
        let asked =
            self.choices.iter().position(|choice| open(choice) && choice.value == self.value);
        asked.or_else(|| self.choices.iter().position(open))
    }
}

impl Render for Choices<'_> {
    fn render(&self) -> Markup {
        let chosen = self.chosen();
        group(
            &self.wiring,
            "choices",
            html! {
                @for (n, choice) in self.choices.iter().enumerate() {
                    label.choice {
                        input type="radio" id=[first_id(&self.wiring, n)] name=(self.wiring.name) value=(choice.value)
                            checked[chosen == Some(n)] disabled[choice.disabled] required;
                        span.choice-label { (choice.label) }
                        span.choice-detail { (choice.detail) }
                    }
                }
            },
        )
    }
}

/// A group of pictures of the gallery.
#[derive(Debug)]
pub struct PicturePicker<'a> {
    wiring: Wiring<'a>,
    pictures: &'static [Picture],
    value: &'a str,
}

impl<'a> PicturePicker<'a> {
    /// All pictures of items under a legend.
    pub const fn new(name: &'static str, legend: &'a str) -> Self {
        Self { wiring: Wiring::new(name, legend), pictures: PICTURES, value: "" }
    }

    /// All crests of stores under a legend.
    pub const fn crests(name: &'static str, legend: &'a str) -> Self {
        Self { wiring: Wiring::new(name, legend), pictures: CRESTS, value: "" }
    }

    /// The picture that is chosen; where none is, the first.
    #[must_use]
    pub const fn value(mut self, value: &'a str) -> Self {
        self.value = value;
        self
    }

    /// Takes its own fault out of all.
    #[must_use]
    pub fn faults(mut self, faults: &'a [Fault]) -> Self {
        self.wiring.fault(faults);
        self
    }
}

impl Render for PicturePicker<'_> {
    fn render(&self) -> Markup {
        let chosen =
            self.pictures.iter().position(|picture| picture.name == self.value).unwrap_or(0);
        group(
            &self.wiring,
            "pictures",
            html! {
                @for (n, picture) in self.pictures.iter().enumerate() {
                    label.picture-choice {
                        input type="radio" id=[first_id(&self.wiring, n)] name=(self.wiring.name) value=(picture.name)
                            checked[n == chosen];
                        img src=(url::picture(picture.name)) alt=(picture.alt) width="640" height="480" loading="lazy";
                    }
                }
            },
        )
    }
}

/// The first choice has the field's id, so that a fault above the form can lead here.
fn first_id(wiring: &Wiring<'_>, n: usize) -> Option<String> {
    (n == 0).then(|| format!("f-{}", wiring.name))
}

fn group(wiring: &Wiring<'_>, class: &str, choices: Markup) -> Markup {
    html! {
        fieldset.field aria-describedby=[wiring.described_by()] aria-invalid=[wiring.invalid()] {
            legend { (wiring.label) }
            div class=(class) { (choices) }
            (wiring.texts())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices<'a>() -> Vec<Choice<'a>> {
        [("a", true), ("b", false), ("c", false)]
            .map(|(value, disabled)| Choice {
                value,
                label: "<L>",
                detail: html! { "d" },
                disabled,
            })
            .into()
    }

    #[test]
    fn one_that_can_be_had_is_always_chosen() {
        for (asked, got) in [("", "b"), ("a", "b"), ("c", "c"), ("x", "b")] {
            let markup =
                Choices::new("package", "Package", choices()).value(asked).render().into_string();
            assert_eq!(markup.matches(" checked").count(), 1);
            assert!(markup.contains(&format!("value=\"{got}\" checked")), "{markup}");
            assert!(markup.contains("&lt;L&gt;"), "{markup}");
        }
    }

    #[test]
    fn a_fault_describes_the_whole_group() {
        let faults = [Fault::new("picture", "Choose one")];
        let markup =
            PicturePicker::new("picture", "Picture").faults(&faults).render().into_string();
        assert!(
            markup.contains("<fieldset class=\"field\" aria-describedby=\"e-picture\""),
            "{markup}"
        );
        assert!(markup.contains("id=\"f-picture\""), "{markup}");
        assert_eq!(markup.matches("type=\"radio\"").count(), PICTURES.len());
    }
}
