use super::*;

#[test]
fn a_field_names_its_label_hint_and_fault() {
    let faults = [Fault::new("price", "More than <zero>.")];
    let markup = Field::number("price", "Price")
        .value("0\"")
        .hint("In dollars")
        .faults(&faults)
        .required()
        .render();
    let markup = markup.into_string();
    for part in [
        "<label for=\"f-price\">Price",
        "id=\"f-price\"",
        "aria-describedby=\"e-price h-price\"",
        "aria-invalid=\"true\"",
        "id=\"h-price\">In dollars<",
        "id=\"e-price\">More than &lt;zero&gt;.<",
        "value=\"0&quot;\"",
        "inputmode=\"decimal\"",
        " required",
    ] {
        assert!(markup.contains(part), "{part} in {markup}");
    }
}

#[test]
fn a_good_field_is_not_called_invalid() {
    let other = [Fault::new("name", "Wrong")];
    let markup = Field::text("price", "Price").faults(&other).render().into_string();
    assert!(!markup.contains("aria-invalid") && !markup.contains("aria-describedby"), "{markup}");
}

#[test]
fn a_password_is_never_sent_back() {
    let markup = Field::password("password", "Password").value("hunter22").render().into_string();
    assert!(!markup.contains("hunter22"), "{markup}");
}

#[test]
fn a_text_keeps_its_first_line_end() {
    let markup = TextArea::new("text", "Text").value("\n</textarea>").render().into_string();
    assert!(markup.contains(">\n\n&lt;/textarea&gt;</textarea>"), "{markup}");
}

#[test]
fn a_list_shows_what_is_chosen() {
    let options = [("a", "Letter <A>"), ("b", "Letter B")];
    let markup = Select::new("letter", "Letter", &options).value("b").render().into_string();
    assert!(markup.contains("<option value=\"a\">Letter &lt;A&gt;<"), "{markup}");
    assert!(markup.contains("<option value=\"b\" selected>"), "{markup}");
}

#[test]
fn a_box_is_tied_to_its_label() {
    let markup = checkbox("ok", "Yes", true).into_string();
    assert!(
        markup.contains("id=\"f-ok\"")
            && markup.contains("for=\"f-ok\"")
            && markup.contains(" checked")
    );
}
