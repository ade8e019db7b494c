//! Where a ledger lies, in words that a copy of it does not share: the file system's number and the
//! birth of the file, or when the server made the table. Moving a file within a file system keeps
//! them; copying it, or loading a dump, does not.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::UNIX_EPOCH;

use crate::config::DbConfig;
use crate::conn::Conn;
use crate::error::DbError;
use crate::owners::Owner;

/// Where the tables of escrow lie.
pub(crate) fn of_ledger(config: &DbConfig, conn: &mut Conn) -> Result<String, DbError> {
    match config.file(Owner::Escrow) {
        Some(file) => {
            let about = fs::metadata(&file).map_err(|error| {
                DbError::Down(format!("{} cannot be looked at: {error}", file.display()))
            })?;
            let born = about.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok());
            Ok(format!("file {} born {}", about.ino(), born.map_or(0, |born| born.as_micros())))
        }
        None => on_server(conn),
    }
}

#[cfg(feature = "mariadb")]
fn on_server(conn: &mut Conn) -> Result<String, DbError> {
    #[derive(diesel::QueryableByName)]
    struct Made {
        #[diesel(sql_type = diesel::sql_types::Text)]
        made: String,
    }
    let select = "SELECT CONCAT('table made ', DATE_FORMAT(create_time, '%Y-%m-%dT%H:%i:%S')) AS made \
                  FROM information_schema.tables \
                  WHERE table_schema = DATABASE() AND table_name = 'installation'";
    let made: Made = diesel::RunQueryDsl::get_result(diesel::sql_query(select), conn)?;
    Ok(made.made)
}

#[cfg(not(feature = "mariadb"))]
fn on_server(_: &mut Conn) -> Result<String, DbError> {
    Err(DbError::Failed("this build has no engine for the server".to_owned()))
}
