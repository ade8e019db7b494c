use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;

/// A journal in a folder of its own.
fn file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.jsonl");
    (folder, path)
}

fn open(path: &Path) -> World {
    let clock = Arc::new(AtomicU64::new(START));
    let chain = Chain::open(path, options(&clock)).unwrap();
    World { chain, clock }
}

/// Every block with all that is in it.
fn whole(world: &World) -> Vec<Value> {
    (0..=world.chain.height())
        .map(|number| world.get("eth_getBlockByNumber", json!([format!("{number:#x}"), true])))
        .collect()
}

#[test]
fn a_chain_comes_back_block_by_block() {
    let (_folder, path) = file();
    let world = open(&path);
    world.chain.faucet(SHOP, eth(3)).unwrap();
    world.chain.pay(SHOP, eth(1)).unwrap();
    world.pass(30);
    world.chain.mine().unwrap();
    world.chain.advance(86_400).unwrap();
    world.chain.pay(SHOP, eth(1)).unwrap();
    world.chain.set_base_fee(7);
    world.chain.pay(SHOP, eth(1)).unwrap();
    let snapshot = world.chain.snapshot();
    world.chain.reorg(3, true).unwrap();
    world.chain.mine().unwrap();
    world.chain.reorg(1, false).unwrap();
    world.chain.pay(SHOP, eth(4)).unwrap();
    let forked = whole(&world);
    drop(world);

    let world = open(&path);
    assert_eq!(whole(&world), forked);
    assert!(!world.chain.revert(snapshot).unwrap(), "snapshots are not kept");
    world.pass(100);
    let time = world.chain.mine().unwrap().timestamp;
    assert_eq!(time, START + 86_500, "time is still ahead by as much");
    world.chain.pay(SHOP, eth(1)).unwrap();
}

#[test]
fn a_revert_comes_back_too() {
    let (_folder, path) = file();
    let world = open(&path);
    world.chain.pay(SHOP, eth(1)).unwrap();
    world.chain.pay(SHOP, eth(2)).unwrap();
    let (snapshot, before) = (world.chain.snapshot(), whole(&world));
    world.chain.reorg(1, false).unwrap();
    world.chain.pay(SHOP, eth(4)).unwrap();
    world.chain.revert(snapshot).unwrap();
    assert_eq!(whole(&world), before);
    world.chain.mine().unwrap();
    let after = whole(&world);
    drop(world);
    assert_eq!(whole(&open(&path)), after);
}

#[test]
fn a_torn_last_line_is_dropped() {
    let (_folder, path) = file();
    let world = open(&path);
    world.chain.pay(SHOP, eth(1)).unwrap();
    world.chain.pay(SHOP, eth(1)).unwrap();
    let blocks = whole(&world);
    drop(world);
    let good = std::fs::read(&path).unwrap();

    for torn in
        [b"{\"block\":{\"time\":17".as_slice(), b"{\"block\":{\"time\":1800000000}}", b"\0\0"]
    {
        std::fs::write(&path, [&good, torn].concat()).unwrap();
        let world = open(&path);
        assert_eq!(whole(&world), blocks);
        assert_eq!(std::fs::read(&path).unwrap(), good, "the file is whole again");
    }

    // Cut anywhere in the last line, the block before it stays.
    let line = good[..good.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for end in [line + 1, good.len() - 1] {
        std::fs::write(&path, &good[..end]).unwrap();
        assert_eq!(whole(&open(&path)), blocks[..2]);
    }
    let world = open(&path);
    world.chain.pay(SHOP, eth(1)).unwrap();
    let blocks = whole(&world);
    drop(world);
    assert_eq!(whole(&open(&path)), blocks, "and it goes on from there");
}

#[test]
fn a_corrupt_line_before_the_last_is_not_passed_over() {
    let (_folder, path) = file();
    drop(open(&path));
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"block\":{\"time\":5}}\nnonsense\n{\"block\":{\"time\":6}}\n").unwrap();
    drop(file);
    let error = Chain::open(&path, Options::default()).err().unwrap();
    assert!(error.message.ends_with("line 2 is corrupt"), "{error}");
}

#[test]
fn one_chain_holds_a_journal() {
    let (_folder, path) = file();
    let world = open(&path);
    let error = Chain::open(&path, Options::default()).err().unwrap();
    assert!(error.message.contains("in use"), "{error}");
    drop(world);
    open(&path);
}

#[test]
fn idle_blocks_are_small_in_the_journal() {
    let (_folder, path) = file();
    let world = open(&path);
    for _ in 0..100 {
        world.pass(2);
        world.chain.tick(2).unwrap();
    }
    assert_eq!(world.chain.height(), 100);
    let bytes = std::fs::metadata(&path).unwrap().len();
    assert!(bytes < 100 * 40, "{bytes}");
    let blocks = whole(&world);
    drop(world);
    assert_eq!(whole(&open(&path)), blocks);
}

#[test]
fn old_empty_blocks_and_old_states_are_forgotten() {
    let world = world();
    let paid = world.chain.pay(SHOP, eth(1)).unwrap();
    world.chain.mine().unwrap();
    for _ in 0..4_096 {
        world.chain.faucet(SHOP, U256::from(1)).unwrap();
    }
    for _ in 0..16_384 {
        world.chain.mine().unwrap();
    }
    let block =
        |number: u64| world.get("eth_getBlockByNumber", json!([format!("{number:#x}"), false]));
    assert_eq!(block(2), Value::Null, "an empty block of long ago");
    assert_ne!(block(1), Value::Null, "one that holds a payment stays");
    assert_eq!(block(0)["number"], "0x0", "and the genesis");
    assert!(world.chain.mined(paid).is_some());
    let old = world.ask("eth_getBalance", json!([SHOP, "0x1"])).unwrap_err();
    assert_eq!(old.1, "the state of block 1 is not available");
    assert_eq!(world.balance(SHOP, "0x3"), eth(1) + U256::from(1));
}
