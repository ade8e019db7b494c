//! Copies the tables of every owner from SQLite files to a MariaDB server, in one transaction, and
//! compares them there row by row before it is committed: the server has all of it or nothing.

use std::fmt::Write;

use chrono::NaiveDateTime;
use diesel::connection::{DefaultLoadingMode, SimpleConnection};
use diesel::sql_types::{BigInt, Text};
use diesel::{MysqlConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};

use crate::config::DbConfig;
use crate::conn::{Conn, Mode};
use crate::error::DbError;
use crate::migrate;
use crate::owners::{OWNERS, Owner};

/// What a copy came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Whether it was there already, from an earlier run.
    pub before: bool,
    /// Every table with the count of its rows, each of which was compared.
    pub tables: Vec<(&'static str, u64)>,
}

/// Why nothing was copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// The database failed or refused.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Files are copied to a server, nothing else.
    #[error("what is copied are SQLite files, and where to is a MariaDB server")]
    Direction,
    /// The target holds something.
    #[error("the target is not empty: its table {0} holds rows that the files do not")]
    NotEmpty(String),
    /// The target is somebody else's.
    #[error("the target holds a table {0}, which is not Holdfast's; choose a database of its own")]
    Foreign(String),
    /// What arrived is not what was sent.
    #[error("the copy of table {0} differs from row {1} on; nothing was kept")]
    Differs(&'static str, u64),
}

/// Statements are cut at about this many bytes; servers take sixteen times as much.
const STATEMENT_BYTES: usize = 1 << 20;

/// Copies the tables that `from` holds to `to`, whose account must be the one that makes tables
/// there. The files are read as `reader` and must not be written meanwhile. May be run again after
/// it was cut off at any point; where all of it is there already, that is what it says.
///
/// # Errors
/// [`CopyError`]; nothing is kept then but empty tables.
pub fn copy(from: &DbConfig, to: &DbConfig, reader: Owner) -> Result<Copied, CopyError> {
    let (mut source, mut target) =
        match (Conn::open(from, reader, Mode::Read)?, Conn::open(to, Owner::Web, Mode::Bare)?) {
            (Conn::Sqlite(source), Conn::Mysql(target)) => (source, target),
            _ => return Err(CopyError::Direction),
        };
    refuse_foreign(&mut target)?;
    migrate::run_all(to)?;
    let tables = tables(&mut source, reader)?;
    if let Some(full) = first_full(&mut target, &tables)? {
        return match compare_all(&mut source, &mut target, &tables) {
            Ok(tables) => Ok(Copied { before: true, tables }),
            Err(CopyError::Differs(..)) => Err(CopyError::NotEmpty(full.to_owned())),
            Err(error) => Err(error),
        };
    }
    // Rows come table by table; that nothing points nowhere in the end, the comparison shows.
    run(&mut target, "SET SESSION foreign_key_checks = 0; START TRANSACTION;")?;
    for table in &tables {
        fill(&mut source, &mut target, table)?;
    }
    let tables = compare_all(&mut source, &mut target, &tables)?;
    run(&mut target, "COMMIT;")?;
    Ok(Copied { before: false, tables })
}

fn run(target: &mut MysqlConnection, sql: &str) -> Result<(), DbError> {
    target.batch_execute(sql).map_err(DbError::from)
}

/// How a column is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Words,
    Bytes,
    Time,
}

impl Kind {
    /// The kind of a type of SQLite's migrations.
    fn of(declared: &str) -> Result<Self, DbError> {
        let declared = declared.to_ascii_uppercase();
        match declared.split('(').next().unwrap_or_default() {
            "INTEGER" | "BIGINT" | "BOOLEAN" => Ok(Self::Number),
            "TEXT" | "CHAR" | "VARCHAR" => Ok(Self::Words),
            "BLOB" => Ok(Self::Bytes),
            "TIMESTAMP" => Ok(Self::Time),
            other => Err(DbError::Schema(format!("a column of type {other} cannot be copied"))),
        }
    }
}

/// A table as it is read on either side.
struct Table {
    name: &'static str,
    schema: &'static str,
    columns: Vec<(String, Kind)>,
    key: String,
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    pk: i64,
}

fn tables(source: &mut SqliteConnection, reader: Owner) -> Result<Vec<Table>, DbError> {
    let one = |(name, owner, _): &(&'static str, Owner, _)| {
        let schema = if *owner == reader { "main" } else { owner.name() };
        let mut columns: Vec<Column> = sql_query(format!(
            "SELECT name, type AS kind, pk FROM pragma_table_info('{name}', '{schema}') ORDER BY cid"
        ))
        .load(source)?;
        let kinds = columns.iter().map(|column| Ok((column.name.clone(), Kind::of(&column.kind)?)));
        let kinds = kinds.collect::<Result<Vec<_>, DbError>>()?;
        columns.retain(|column| column.pk > 0);
        columns.sort_by_key(|column| column.pk);
        let key: Vec<_> = columns.into_iter().map(|column| column.name).collect();
        if key.is_empty() {
            return Err(DbError::Schema(format!("the table {name} has no primary key")));
        }
        Ok(Table { name, schema, columns: kinds, key: key.join(", ") })
    };
    OWNERS.iter().map(one).collect()
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Table {
    /// Reads each row as one line: fields parted by commas, N for none, numbers in digits, all
    /// else in hexadecimal digits. It comes in the order of the key, which both engines take by
    /// the bytes.
    fn select(&self, local: bool) -> String {
        let field = |(name, kind): &(String, Kind)| match (kind, local) {
            (Kind::Number, true) => format!("COALESCE(CAST({name} AS TEXT), 'N')"),
            (Kind::Number, false) => format!("COALESCE(CAST({name} AS CHAR), 'N')"),
            (Kind::Time, false) => {
                format!("COALESCE(HEX(DATE_FORMAT({name}, '%Y-%m-%d %H:%i:%s.%f')), 'N')")
            }
            // SQLite's HEX makes an empty text of nothing.
            _ => format!("CASE WHEN {name} IS NULL THEN 'N' ELSE HEX({name}) END"),
        };
        let fields: Vec<_> = self.columns.iter().map(field).collect();
        let line = if local {
            fields.join(" || ',' || ")
        } else {
            format!("CONCAT_WS(',', {})", fields.join(", "))
        };
        let prefix = if local { format!("{}.", self.schema) } else { String::new() };
        format!("SELECT {line} AS line FROM {prefix}{} ORDER BY {}", self.name, self.key)
    }

    /// The fields of a line as literals of MariaDB, which are the same for the same value wherever
    /// it comes from.
    fn literals(&self, line: &str) -> Result<Vec<String>, DbError> {
        let fields: Vec<_> = line.split(',').collect();
        let bad = |name: &str| DbError::Corrupt(format!("{}.{name}", self.name));
        if fields.len() != self.columns.len() {
            return Err(bad("*"));
        }
        let literal = |(field, (name, kind)): (&&str, &(String, Kind))| {
            let literal = match kind {
                _ if *field == "N" => Some("NULL".to_owned()),
                Kind::Number => field.parse::<i64>().ok().map(|number| number.to_string()),
                Kind::Words => is_hex(field).then(|| format!("CONVERT(X'{field}' USING utf8mb4)")),
                Kind::Bytes => is_hex(field).then(|| format!("X'{field}'")),
                Kind::Time => time(field).map(|time| format!("'{}'", time.format("%F %T%.6f"))),
            };
            literal.ok_or_else(|| bad(name))
        };
        fields.iter().zip(&self.columns).map(literal).collect()
    }

    fn insert(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        format!("INSERT INTO {} ({}) VALUES ", self.name, names.join(", "))
    }
}

fn is_hex(field: &str) -> bool {
    field.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The time that the text behind the digits names.
fn time(field: &str) -> Option<NaiveDateTime> {
    let pairs = field.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let text = String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()?;
    NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f").ok()
}

/// The first table that has rows.
fn first_full(
    target: &mut MysqlConnection,
    tables: &[Table],
) -> Result<Option<&'static str>, DbError> {
    for table in tables {
        let rows: Vec<Line> =
            sql_query(format!("SELECT '' AS line FROM {} LIMIT 1", table.name)).load(target)?;
        if !rows.is_empty() {
            return Ok(Some(table.name));
        }
    }
    Ok(None)
}

fn refuse_foreign(target: &mut MysqlConnection) -> Result<(), CopyError> {
    let found: Vec<Line> = sql_query(
        "SELECT table_name AS line FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'",
    )
    .load(target)
    .map_err(DbError::from)?;
    let ours =
        |name: &str| name == migrate::LEDGER || OWNERS.iter().any(|(table, ..)| *table == name);
    match found.into_iter().find(|row| !ours(&row.line)) {
        None => Ok(()),
        Some(row) => Err(CopyError::Foreign(row.line)),
    }
}

fn fill(
    source: &mut SqliteConnection,
    target: &mut MysqlConnection,
    table: &Table,
) -> Result<(), DbError> {
    let begin = table.insert();
    let mut statement = String::new();
    for row in sql_query(table.select(true)).load_iter::<Line, DefaultLoadingMode>(source)? {
        let literals = table.literals(&row?.line)?.join(", ");
        let parted = if statement.is_empty() { &begin } else { ", " };
        // Writing into a string cannot fail.
        let _written = write!(statement, "{parted}({literals})");
        if statement.len() >= STATEMENT_BYTES {
            run(target, &statement)?;
            statement.clear();
        }
    }
    if statement.is_empty() { Ok(()) } else { run(target, &statement) }
}

fn compare_all(
    source: &mut SqliteConnection,
    target: &mut MysqlConnection,
    tables: &[Table],
) -> Result<Vec<(&'static str, u64)>, CopyError> {
    let one = |table: &Table| Ok((table.name, compare(source, target, table)?));
    tables.iter().map(one).collect()
}

/// Compares a table row by row and answers how many there are.
fn compare(
    source: &mut SqliteConnection,
    target: &mut MysqlConnection,
    table: &Table,
) -> Result<u64, CopyError> {
    let mut ours = sql_query(table.select(true))
        .load_iter::<Line, DefaultLoadingMode>(source)
        .map_err(DbError::from)?;
    let mut theirs = sql_query(table.select(false))
        .load_iter::<Line, DefaultLoadingMode>(target)
        .map_err(DbError::from)?;
    let read = |row: Option<diesel::QueryResult<Line>>| match row {
        None => Ok(None),
        Some(row) => table.literals(&row.map_err(DbError::from)?.line).map(Some),
    };
    let mut rows: u64 = 0;
    loop {
        let (our, their) = (read(ours.next())?, read(theirs.next())?);
        if our != their {
            return Err(CopyError::Differs(table.name, rows.saturating_add(1)));
        }
        if our.is_none() {
            return Ok(rows);
        }
        rows = rows.saturating_add(1);
    }
}
