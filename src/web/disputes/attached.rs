//! Files that go with a statement: kept first, named by rows in the write that adds the statement.

use db::files::FileRow;
use db::{WebTx, codec};
use domain::clock::{Span, Time};
use domain::file::FileKind;
use domain::ids::{OrderId, UserId};
use domain::limits::{FILES_A_DAY, FILES_A_DISPUTE};
use domain::refusal::Refusal;

use crate::error::AppError;
use crate::files::Received;
use crate::files::upload::{block, no_room, store};
use crate::orders::actions::act::Undone;
use crate::state::App;

/// Files as they came, each under its safe name.
pub(crate) type Files = Vec<(String, Received)>;

/// A file that lies in its place.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    name: String,
    kind: FileKind,
    bytes: i64,
    sha256: String,
}

/// Moves files to their places. If the write that is to name them fails, they are swept later.
pub(crate) async fn keep(app: &App, files: Files) -> Result<Vec<Kept>, AppError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let kept = |(name, file): &(String, Received)| Kept {
        name: name.clone(),
        kind: file.kind,
        bytes: i64::try_from(file.bytes).unwrap_or(i64::MAX),
        sha256: file.sha256.clone(),
    };
    let kept = files.iter().map(kept).collect();
    let folder = store(app)?.clone();
    let files = files.into_iter().map(|(_, file)| file).collect();
    block(move || folder.keep(files)).await?.map_err(|error| no_room(&error))?;
    Ok(kept)
}

/// Adds rows for the files of a statement. The author's turn is taken already.
pub(crate) fn attach(
    tx: &mut WebTx<'_>,
    (order, claim): (OrderId, i32),
    (author, at): (UserId, Time),
    files: &[Kept],
) -> Result<(), Undone> {
    let more = i64::try_from(files.len()).unwrap_or(i64::MAX);
    if more == 0 {
        return Ok(());
    }
    if db::files::count(tx, order, author)?.saturating_add(more) > FILES_A_DISPUTE {
        return Err(Undone::Refused(Refusal::TooManyFiles));
    }
    let today = db::files::count_since(tx, author, at.before(Span::days(1)))?;
    if today.saturating_add(more) > FILES_A_DAY {
        return Err(Undone::Refused(Refusal::FilesToday));
    }
    for (n, file) in (1..).zip(files) {
        let row = FileRow {
            order_id: order.to_string(),
            claim_n: claim,
            n,
            author_id: author.to_string(),
            name: file.name.clone(),
            kind: file.kind.to_string(),
            bytes: file.bytes,
            sha256: file.sha256.clone(),
            created_at: codec::stamp(at),
        };
        db::files::insert(tx, &row)?;
    }
    Ok(())
}
