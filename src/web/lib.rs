//! web
mod assets;
mod ui;
