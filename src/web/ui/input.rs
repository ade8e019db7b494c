//! Fields of a form: a label, a hint, what is wrong with it, and the wiring between them.

use domain::refusal::Fault;
use maud::{Markup, Render, html};

/// What every kind of field has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wiring<'a> {
    pub(super) name: &'static str,
    pub(super) label: &'a str,
    pub(super) hint: Option<&'a str>,
    pub(super) error: Option<&'a str>,
    pub(super) optional: bool,
}

impl<'a> Wiring<'a> {
    pub(super) const fn new(name: &'static str, label: &'a str) -> Self {
        Self { name, label, hint: None, error: None, optional: false }
    }

    pub(super) fn fault(&mut self, faults: &'a [Fault]) {
        self.error = faults
            .iter()
            .find(|fault| fault.field == self.name)
            .map(|fault| fault.message.as_str());
    }

    pub(super) fn id(&self) -> String {
        format!("f-{}", self.name)
    }

    /// Ids of the texts that describe the field; `None` when there is none.
    pub(super) fn described_by(&self) -> Option<String> {
        let error = self.error.map(|_| format!("e-{}", self.name));
        let hint = self.hint.map(|_| format!("h-{}", self.name));
        let ids: Vec<_> = error.into_iter().chain(hint).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    pub(super) fn invalid(&self) -> Option<&'static str> {
        self.error.map(|_| "true")
    }

    pub(super) fn texts(&self) -> Markup {
        html! {
            @if let Some(hint) = self.hint { p.hint id=(format!("h-{}", self.name)) { (hint) } }
            @if let Some(error) = self.error { p.fault id=(format!("e-{}", self.name)) { (error) } }
        }
    }

    pub(super) fn around(&self, control: Markup) -> Markup {
        html! {
            div.field {
                label for=(self.id()) {
                    (self.label) @if self.optional { span.field-optional { " (optional)" } }
                }
                (control)
                (self.texts())
            }
        }
    }
}

/// A field of one line.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    wiring: Wiring<'a>,
    kind: &'static str,
    class: &'static str,
    mode: Option<&'static str>,
    value: &'a str,
    required: bool,
    autofocus: bool,
    autocomplete: Option<&'static str>,
    max: Option<usize>,
    prefix: Option<&'a str>,
    suffix: Option<&'a str>,
}

impl<'a> Field<'a> {
    const fn new(name: &'static str, label: &'a str, kind: &'static str) -> Self {
        Self {
            wiring: Wiring::new(name, label),
            kind,
            class: "input",
            mode: None,
            value: "",
            required: false,
            autofocus: false,
            autocomplete: None,
            max: None,
            prefix: None,
            suffix: None,
        }
    }

    /// Any text.
    pub const fn text(name: &'static str, label: &'a str) -> Self {
        Self::new(name, label, "text")
    }

    /// A password; its value is never sent back to the browser.
    pub const fn password(name: &'static str, label: &'a str) -> Self {
        Self::new(name, label, "password")
    }

    /// A number or a price. A text field to the browser: it must not round or localise it.
    pub const fn number(name: &'static str, label: &'a str) -> Self {
        Self {
            class: "input input-number",
            mode: Some("decimal"),
            ..Self::new(name, label, "text")
        }
    }

    /// A mail address.
    pub const fn email(name: &'static str, label: &'a str) -> Self {
        Self::new(name, label, "email")
    }

    /// Words to search for.
    pub const fn search(name: &'static str, label: &'a str) -> Self {
        Self::new(name, label, "search")
    }

    /// An address on a chain.
    pub const fn address(name: &'static str, label: &'a str) -> Self {
        Self { class: "input input-mono", max: Some(64), ..Self::new(name, label, "text") }
    }

    /// What stands in it.
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

    /// What is wrong with it.
    #[must_use]
    pub const fn error(mut self, error: Option<&'a str>) -> Self {
        self.wiring.error = error;
        self
    }

    /// The browser refuses to send it empty.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Says that it may stay empty.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.wiring.optional = true;
        self
    }

    /// What browsers and password managers may fill in, by HTML's word for it.
    #[must_use]
    pub const fn autocomplete(mut self, what: &'static str) -> Self {
        self.autocomplete = Some(what);
        self
    }

    /// The most characters.
    #[must_use]
    pub const fn max(mut self, characters: usize) -> Self {
        self.max = Some(characters);
        self
    }

    /// A unit before it: `$`.
    #[must_use]
    pub const fn prefix(mut self, unit: &'a str) -> Self {
        self.prefix = Some(unit);
        self
    }

    /// A unit after it: `hours`.
    #[must_use]
    pub const fn suffix(mut self, unit: &'a str) -> Self {
        self.suffix = Some(unit);
        self
    }

    /// The cursor starts here.
    #[must_use]
    pub const fn autofocus(mut self) -> Self {
        self.autofocus = true;
        self
    }
}

impl Render for Field<'_> {
    fn render(&self) -> Markup {
        let value = if self.kind == "password" { "" } else { self.value };
        // Names and addresses are not words: no keyboard should correct them.
        let plain =
            matches!(self.class, "input input-mono") || self.autocomplete == Some("username");
        self.wiring.around(html! {
            span.input-box {
                @if let Some(unit) = self.prefix { span.input-unit aria-hidden="true" { (unit) } }
                input class=(self.class) id=(self.wiring.id()) type=(self.kind) name=(self.wiring.name) value=(value)
                    inputmode=[self.mode] autocomplete=[self.autocomplete] maxlength=[self.max]
                    spellcheck=[plain.then_some("false")] autocapitalize=[plain.then_some("none")]
                    aria-describedby=[self.wiring.described_by()] aria-invalid=[self.wiring.invalid()]
                    required[self.required] autofocus[self.autofocus];
                @if let Some(unit) = self.suffix { span.input-unit { (unit) } }
            }
        })
    }
}

/// A field of several lines.
#[derive(Debug, Clone, Copy)]
pub struct TextArea<'a> {
    wiring: Wiring<'a>,
    value: &'a str,
    rows: u8,
    required: bool,
    max: Option<usize>,
    autocomplete: Option<&'static str>,
}

impl<'a> TextArea<'a> {
    /// An empty one of five lines.
    pub const fn new(name: &'static str, label: &'a str) -> Self {
        let wiring = Wiring::new(name, label);
        Self { wiring, value: "", rows: 5, required: false, max: None, autocomplete: None }
    }

    /// What stands in it.
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

    /// What is wrong with it.
    #[must_use]
    pub const fn error(mut self, error: Option<&'a str>) -> Self {
        self.wiring.error = error;
        self
    }

    /// The browser refuses to send it empty.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Says that it may stay empty.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.wiring.optional = true;
        self
    }

    /// What browsers may fill in, by HTML's word for it.
    #[must_use]
    pub const fn autocomplete(mut self, what: &'static str) -> Self {
        self.autocomplete = Some(what);
        self
    }

    /// The most characters.
    #[must_use]
    pub const fn max(mut self, characters: usize) -> Self {
        self.max = Some(characters);
        self
    }

    /// Its height in lines.
    #[must_use]
    pub const fn rows(mut self, rows: u8) -> Self {
        self.rows = rows;
        self
    }
}

impl Render for TextArea<'_> {
    fn render(&self) -> Markup {
        // The parser drops one line end right after the tag, so one of our own goes before the text.
        self.wiring.around(html! {
            textarea.input id=(self.wiring.id()) name=(self.wiring.name) rows=(self.rows) maxlength=[self.max]
                autocomplete=[self.autocomplete] aria-describedby=[self.wiring.described_by()]
                aria-invalid=[self.wiring.invalid()] required[self.required] { "\n" (self.value) }
        })
    }
}

/// One of a few words from a list.
#[derive(Debug, Clone, Copy)]
pub struct Select<'a> {
    wiring: Wiring<'a>,
    options: &'a [(&'a str, &'a str)],
    value: &'a str,
}

impl<'a> Select<'a> {
    /// A list of values and their words.
    pub const fn new(
        name: &'static str,
        label: &'a str,
        options: &'a [(&'a str, &'a str)],
    ) -> Self {
        Self { wiring: Wiring::new(name, label), options, value: "" }
    }

    /// The value that is chosen.
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

    /// What is wrong with it.
    #[must_use]
    pub const fn error(mut self, error: Option<&'a str>) -> Self {
        self.wiring.error = error;
        self
    }
}

impl Render for Select<'_> {
    fn render(&self) -> Markup {
        self.wiring.around(html! {
            select.input id=(self.wiring.id()) name=(self.wiring.name) aria-invalid=[self.wiring.invalid()]
                aria-describedby=[self.wiring.described_by()] {
                @for (value, text) in self.options {
                    option value=(value) selected[*value == self.value] { (text) }
                }
            }
        })
    }
}

/// A box to tick; sends `on`.
pub fn checkbox(name: &'static str, label: &str, checked: bool) -> Markup {
    html! {
        div.field.field-check {
            input id=(format!("f-{name}")) type="checkbox" name=(name) checked[checked];
            label for=(format!("f-{name}")) { (label) }
        }
    }
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
