//! Files that people send: each lies once in web's own folder under the hash of its content.
//!
//! A file is written beside its place while it comes in, and moved there when it is whole and safe on
//! the disk; the row that names it follows. So whatever is cut off leaves at most a file that no row
//! names, which is removed later.

pub mod copy;
pub mod serve;
pub mod store;
pub(crate) mod sweep;
pub mod upload;

use std::path::PathBuf;

use db::{DbConfig, Owner};

use crate::routes::{ApiRoutes, PageRoutes};

pub use store::{Received, Store};

/// The folder's name beside web's file on SQLite.
const FOLDER: &str = "files";

/// Where files lie: where FILES_DIR says, else on SQLite beside web's own file. On MariaDB there is no
/// such place unless it is named.
pub fn folder(db: &DbConfig, files_dir: Option<&str>) -> Option<PathBuf> {
    let beside = || Some(db.file(Owner::Web)?.parent()?.join(FOLDER));
    files_dir.map(PathBuf::from).or_else(beside)
}

/// Pages.
pub fn pages(routes: &mut PageRoutes) {
    routes.get("/orders/{id}/files/{content}", serve::page);
}

/// JSON.
pub fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/orders/{id}/files/{content}", serve::api);
}
