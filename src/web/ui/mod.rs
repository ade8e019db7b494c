//! The look of the shop: pure functions from small values to markup.
//!
//! Nothing here reads a clock, a configuration or a database. Attributes that a browser follows take
//! [`url::Url`] or [`url::ExternalUrl`] only, so that no text of a user ends up in one, and no markup
//! is taken over unescaped anywhere.

mod brand;
mod catalogue;
mod deal;
mod files;
mod form;
pub mod gallery;
mod input;
mod layout;
mod money;
mod order;
mod panel;
mod picker;
mod qr;
mod sign;
mod time;
pub mod url;

pub use catalogue::{
    Card, StoreCard, card_grid, crest, figure, hero, how_it_works, prose, store_grid,
};
pub use deal::{Confirm, PayBox, confirm, pay_box, receipt, secret, secrets};
pub use files::{Attached, file_field, files};
pub use form::{
    Look, actions, fault_summary, form, form_swap, form_with_files, hidden, link, link_button,
    outside, post_button, submit, submit_as,
};
pub use input::{Field, Select, TextArea, checkbox};
pub use layout::{
    Banner, Chrome, Flash, Theme, Tone, Viewer, breadcrumbs, layout, live, narrow, page_head,
    panel, split, split_three,
};
pub use money::{Money, address, amount, amount_exact, copy, hash, price, price_from};
pub use order::{
    Entry, NextStep, Progress, Proof, Status, badge, next_step, order_steps, timeline,
};
pub use panel::{callout, empty, error_body, pager, table, tag, terms, visually_hidden};
pub use picker::{Choice, Choices, PicturePicker};
pub use qr::qr;
pub use sign::{Signing, sign_box, verbatim};
pub use time::{day, rfc3339, time};

#[cfg(test)]
mod page_tests;
