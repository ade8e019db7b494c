//! The file that the chain survives in: one JSON line for each block and each cut, appended before
//! the change counts.
//!
//! A block that holds something is synced to the disk. An empty block is written but not synced:
//! it outlives the process at once and the machine with the next full block, and losing it loses
//! nothing but a few seconds of chain time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use alloy_primitives::Bytes;
use serde::{Deserialize, Serialize};

use crate::block::{Block, Grant};
use crate::error::ChainError;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Entry {
    /// A block was put on top.
    Block(BlockEntry),
    /// Every block above this height was dropped.
    Cut(u64),
    /// Chain time runs this many seconds ahead of the clock (or behind).
    Offset(i64),
}

/// What is needed to make a block again, to the same hash. What is left out is as it was in the
/// block before.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockEntry {
    pub(crate) time: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base_fee: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fork: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) grants: Vec<Grant>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) txs: Vec<Bytes>,
}

impl BlockEntry {
    pub(crate) fn of(block: &Block, parent: &Block) -> Self {
        Self {
            time: block.timestamp(),
            base_fee: Some(block.base_fee()).filter(|fee| *fee != parent.base_fee()),
            fork: Some(block.fork).filter(|fork| *fork != parent.fork),
            grants: block.grants.clone(),
            txs: block.mined.iter().map(|mined| mined.tx.raw.clone()).collect(),
        }
    }
}

/// The open file; nobody else may have it open as a journal.
pub(crate) struct Journal {
    file: File,
    /// Bytes that are whole lines.
    length: u64,
    /// A write failed and could not be taken back: the file and the chain no longer agree.
    broken: bool,
}

impl Journal {
    /// Opens or makes the file and hands over what it holds. A torn last line, as a crash leaves
    /// it, is cut off; a line that makes no sense before the last is an error.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<Entry>), ChainError> {
        let fault = |what: &str| {
            let shown = path.display().to_string();
            let what = what.to_owned();
            move |error: std::io::Error| ChainError::internal(format!("{what} {shown}: {error}"))
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o640)
            .open(path)
            .map_err(fault("cannot open"))?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => ChainError::internal(format!(
                "{} is in use by another development chain",
                path.display()
            )),
            TryLockError::Error(error) => fault("cannot lock")(error),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(fault("cannot read"))?;
        let (entries, length) = parse(&bytes).map_err(|line| {
            ChainError::internal(format!("{}: line {line} is corrupt", path.display()))
        })?;
        let mut journal = Self { file, length, broken: false };
        journal.rewind().map_err(fault("cannot repair"))?;
        Ok((journal, entries))
    }

    /// Appends lines as one write; with `sync` they are on the disk when this returns. On failure
    /// the file is as before.
    pub(crate) fn append(&mut self, entries: &[Entry], sync: bool) -> Result<(), ChainError> {
        if self.broken {
            return Err(ChainError::internal("the journal is broken: restart the chain"));
        }
        let mut lines = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut lines, entry).map_err(ChainError::internal)?;
            lines.push(b'\n');
        }
        let written = self
            .file
            .write_all(&lines)
            .and_then(|()| if sync { self.file.sync_data() } else { Ok(()) });
        if let Err(error) = written {
            self.broken = self.rewind().is_err();
            return Err(ChainError::internal(format!("cannot write the journal: {error}")));
        }
        self.length = self.length.saturating_add(u64::try_from(lines.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    fn rewind(&mut self) -> std::io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        Ok(())
    }
}

/// The entries, and how many bytes are whole lines; or the number of the line that is corrupt.
fn parse(bytes: &[u8]) -> Result<(Vec<Entry>, u64), usize> {
    let mut entries = Vec::new();
    let mut length: usize = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let end = length.saturating_add(line.len());
        match serde_json::from_slice(line) {
            Ok(entry) if line.ends_with(b"\n") => entries.push(entry),
            // Whole or not, what has no line end yet was never counted.
            _ if end == bytes.len() => break,
            _ => return Err(index.saturating_add(1)),
        }
        length = end;
    }
    Ok((entries, u64::try_from(length).unwrap_or(u64::MAX)))
}

/// The lines that put these blocks on top of `parent`.
pub(crate) fn blocks<'a>(
    parent: &Arc<Block>,
    blocks: impl Iterator<Item = &'a Arc<Block>>,
) -> Vec<Entry> {
    let mut parent = Arc::clone(parent);
    blocks
        .map(|block| {
            let entry = BlockEntry::of(block, &parent);
            parent = Arc::clone(block);
            Entry::Block(entry)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, U256};

    use super::*;
    use crate::node::Node;

    #[test]
    fn what_cannot_be_written_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chain.jsonl");
        std::fs::write(&path, "").unwrap();
        // Every write to it fails.
        let file = File::open(&path).unwrap();
        let journal = Journal { file, length: 0, broken: false };
        let mut node = Node::resume(0, journal, Vec::new()).unwrap();
        let who = Address::with_last_byte(0x77);
        for _ in 0..2 {
            assert_eq!(node.faucet(who, U256::from(1), 5).unwrap_err().code, -32603);
            assert_eq!(node.mine(5, usize::MAX).unwrap_err().code, -32603);
            assert_eq!(node.advance(5).unwrap_err().code, -32603);
        }
        assert_eq!(node.ledger.height(), 0);
        assert_eq!(node.now(5), 5);
        assert_eq!(node.ledger.tip_state().balance(who), U256::ZERO);
    }
}
