//! The role as it runs: its secret file, its threads, and a provider behind HTTP.

use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use db::orders::OrderRow;
use db::{codec, ledger, placing};
use devnet::{Chain, Options, PayPage};
use domain::clock::{Span, Time};
use domain::ids::OrderId;
use domain::money::Amount;
use escrow::{Config, ConfigError, RunError, Secrets};

use crate::world::{World, on_chain, wei};

const PHRASE: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";

fn config(world: &World) -> Config {
    let folder = world.data.config(db::Owner::Web).folder().unwrap().display().to_string();
    Config::from_vars([("DB_DSN".to_owned(), format!("sqlite:{folder}"))]).unwrap()
}

fn secret(world: &World, phrase: &str, port: u16) -> Result<Secrets, ConfigError> {
    let path = world.data.folder().unwrap().join("secret");
    let mut file =
        File::options().read(true).write(true).create(true).truncate(true).open(path).unwrap();
    writeln!(
        file,
        "MNEMONIC=\"{phrase}\"\nCOMMISSION_WALLET_DEV={}\nRPC_URL_DEV=http://127.0.0.1:{port}\n\
         PRICES_URL=http://127.0.0.1:{port}/prices/v1/demo/tokens/by-symbol",
        world.commission
    )
    .unwrap();
    Secrets::read(&file)
}

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Time::from_micros(i64::try_from(since.as_micros()).unwrap())
}

/// Waits for something that another thread does.
fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// An order placed at this moment, by the newest rate.
fn place_now(world: &World) -> OrderId {
    let (row, lines) = world.draft(5_000);
    let at = now();
    world.place((
        OrderRow {
            created_at: codec::stamp(at),
            expires_at: codec::stamp(at.after(Span::minutes(60))),
            ..row
        },
        lines,
    ))
}

#[test]
fn the_role_wakes_for_an_order_and_sees_its_payment() {
    let world = World::of(testkit::Data::sqlite());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let chain = Chain::new(Options::default());
    let served = chain.clone();
    let page = PayPage { site_url: "http://127.0.0.1:1".to_owned() };
    thread::spawn(move || devnet::serve(served, listener, page));

    let (tell, told) = channel();
    let (settings, secrets) = (config(&world), secret(&world, PHRASE, port).unwrap());
    thread::spawn(move || {
        let enclosed = |_: &escrow::Reach| Ok(());
        escrow::run(settings, secrets, enclosed, |line| tell.send(line.to_owned()).unwrap())
    });
    let line = told.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(line, "escrow for Development chain");
    assert!(world.web.read(db::pulse::look).unwrap().beat_at.is_some());

    wait("a rate", || world.web.read(|conn| placing::newest_rate(conn, "ETH")).unwrap());
    wait("the chain", || {
        let assets = world.web.read(placing::assets).unwrap();
        assets.last().is_some_and(|coin| coin.reachable).then_some(())
    });
    wait("the payout address", || {
        let known = world.web.read(|conn| placing::has_payout_address(conn, world.store, now()));
        known.unwrap().then_some(())
    });

    let placed = Instant::now();
    let order = place_now(&world);
    let state = wait("a seal", || world.web.read(|conn| ledger::state(conn, order)).unwrap());
    let took = placed.elapsed();
    assert!(took < Duration::from_secs(2), "sealed after {took:?}");

    chain.pay(on_chain(state.address.unwrap()), wei(state.due)).unwrap();
    wait("the funding", || (world.status(order) == "COMPLETED").then_some(()));
    assert_eq!(world.state(order).credited, Amount::parse("0.042", 18).unwrap());
}

#[test]
fn a_secret_or_a_ledger_that_does_not_fit_is_a_matter_of_configuration() {
    let world = World::on_files();
    let run = |phrase: &str| {
        let secrets = secret(&world, phrase, 1)?;
        escrow::run(config(&world), secrets, |_| Ok(()), |_| {})
    };
    let bad = run("legal winner");
    assert!(matches!(&bad, Err(RunError::Config(error)) if error.to_string().contains("MNEMONIC")));
    let other = run(&escrow::new_mnemonic().unwrap());
    assert!(matches!(&other, Err(RunError::Config(e)) if e.to_string().contains("another phrase")));
    let refused = escrow::run(
        config(&world),
        secret(&world, PHRASE, 1).unwrap(),
        |_| Err("the cage does not close".to_owned()),
        |_| {},
    );
    assert_eq!(refused, Err(RunError::Failed("the cage does not close".to_owned())));
}
