//! The shop on MariaDB as an operator sets it up: an account a role, tables made by a fourth, and
//! a whole purchase through the real processes.

use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use db::{DbConfig, WebDb, orders, pulse, story};
use devnet::{Address, Chain, Options, PayPage, U256};
use diesel::connection::SimpleConnection;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use domain::EvmAddress;
use domain::ids::OrderId;
use testkit::Data;
use testkit::server::{PASSWORD, Server};

use crate::client::Browser;
use crate::shop::{PHRASE, Running, Shop, within, words};

/// Long enough for a machine that does other things as well.
const LONG: Duration = Duration::from_secs(120);
/// A phrase of BIP-39's own examples.
const ANOTHER: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const REFUND: &str = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

/// What the server answers to whoever may do everything.
pub(crate) fn asked(select: &str) -> Vec<String> {
    let rows: Vec<Text> = sql_query(select).load(&mut Server::get().admin()).unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

/// Settings by which a shop finds its tables on the server; escrow's account is in the secret file.
pub(crate) fn settle(shop: &mut Shop, data: &Data) {
    let user = |role| data.user(role).unwrap();
    let dsn = data.dsn().unwrap();
    for (name, value) in [
        ("DB_DRIVER", "mariadb".to_owned()),
        ("DB_DSN", dsn),
        ("DB_USER", user("web")),
        ("DB_PASSWORD", PASSWORD.to_owned()),
        ("COURIER_DB_USER", user("courier")),
        ("COURIER_DB_PASSWORD", PASSWORD.to_owned()),
    ] {
        shop.set(name, &value);
    }
    let secret = std::fs::read_to_string(shop.secret()).unwrap();
    let account = format!("ESCROW_DB_USER={}\nESCROW_DB_PASSWORD={PASSWORD}\n", user("escrow"));
    std::fs::write(shop.secret(), secret + &account).unwrap();
}

/// Lets the account of whoever makes the tables be known to one command.
pub(crate) fn as_owner(shop: &mut Shop, data: &Data, args: &[&str]) -> std::process::Output {
    shop.set("OWNER_DB_USER", &data.user("owner").unwrap()).set("OWNER_DB_PASSWORD", PASSWORD);
    let output = shop.run(args);
    shop.vars.remove("OWNER_DB_USER");
    shop.vars.remove("OWNER_DB_PASSWORD");
    output
}

/// Gives the roles' accounts the rights that the binary prints.
pub(crate) fn grant(shop: &Shop) {
    let printed = shop.run(&["migrate", "--print-grants"]);
    assert!(printed.status.success(), "{}", words(&printed));
    Server::get().admin().batch_execute(&String::from_utf8(printed.stdout).unwrap()).unwrap();
}

/// A chain that listens, and the shop's settings for it.
fn chain(shop: &Shop) -> Chain {
    let chain = Chain::new(Options::default());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let page = PayPage { site_url: shop.vars["SITE_URL"].clone() };
    let served = chain.clone();
    thread::spawn(move || devnet::serve(served, listener, page));
    let secret = std::fs::read_to_string(shop.secret()).unwrap();
    let url = format!("http://{at}");
    let prices = format!("PRICES_URL={url}/prices/v1/demo/tokens/by-symbol");
    let secret = secret
        .replace("RPC_URL_DEV=http://127.0.0.1:9", &format!("RPC_URL_DEV={url}"))
        .replace("PRICES_URL=http://127.0.0.1:9", &prices)
        // The first accounts of the shop's usual phrase are the demo's people.
        .replace(PHRASE, ANOTHER);
    std::fs::write(shop.secret(), secret).unwrap();
    chain
}

fn signed_in(shop: &Shop, name: &str) -> Browser {
    let addr: SocketAddr = shop.address().parse().unwrap();
    let mut browser = Browser::new(addr, shop.vars["SITE_URL"].clone());
    browser.see("/login");
    browser.act("/login", &[("username", name), ("password", name)]);
    browser
}

/// What stands between `before` and the next quote.
fn after<'a>(page: &'a str, before: &str) -> &'a str {
    let rest = page.split(before).nth(1).unwrap_or_else(|| panic!("no {before}: {page}"));
    rest.split(['"', '&', '?']).next().unwrap()
}

/// The page of the order that the buyer placed.
fn ordered(buyer: &mut Browser, data: &Data) -> String {
    let select = "SELECT p.id AS text FROM packages p JOIN items i ON i.id = p.item_id \
                  WHERE i.name = 'Tideline mug' ORDER BY p.price_cents LIMIT 1";
    let package = data.texts(db::Owner::Web, select).pop().unwrap();
    let checkout = buyer.see(&format!("/checkout?package={package}&quantity=1"));
    let form = after(&checkout, "name=\"form\" value=\"").to_owned();
    let pay = after(&checkout, "name=\"pay\" value=\"").to_owned();
    let fields = [
        ("form", form.as_str()),
        ("package", &package),
        ("quantity", "1"),
        ("pay", &pay),
        ("refund_address", REFUND),
        ("delivery", "Ada Lovelace\n12 St James Square"),
    ];
    buyer.act("/orders", &fields)
}

fn buy(shop: &Shop, data: &Data, (web, chain): (&WebDb, &Chain)) {
    let mut buyer = signed_in(shop, "buyer");
    let page = ordered(&mut buyer, data);
    let order: OrderId = page.trim_start_matches("/orders/").parse().unwrap();
    let state = || web.read(|conn| story::state(conn, order)).unwrap();
    let address = within(LONG, "an address is issued", || state()?.address);
    let address: EvmAddress = address.parse().unwrap();
    let row = web.read(|conn| orders::by_id(conn, order)).unwrap().unwrap();
    let due: u128 = row.amount.parse().unwrap();
    chain.pay(Address::from(*address.as_bytes()), U256::from(due)).unwrap();
    let is = |status: &str| (state()?.status == status).then_some(());
    within(LONG, "the order is funded", || is("COMPLETED"));

    let terms = web.read(|conn| story::sealed_terms(conn, order)).unwrap().unwrap();
    let payee = Address::from(*terms.terms.payout.as_bytes());
    let before = chain.balance(payee);
    let confirm = format!("{page}/confirm-receipt");
    buyer.see(&confirm);
    assert_eq!(buyer.act(&confirm, &[]), page);
    within(LONG, "the vendor is paid", || is("RELEASED"));
    let legs = web.read(|conn| story::legs(conn, order)).unwrap();
    assert!(legs.iter().all(|leg| leg.state == "final") && legs.len() == 2, "{legs:?}");
    assert!(chain.balance(payee) > before);
    assert!(buyer.see(&page).contains("Released"));
}

/// Each role is on the server under its own account, and under no other.
fn each_has_its_account(data: &Data) {
    let schema = data.dsn().unwrap().rsplit('/').next().unwrap().to_owned();
    let select = format!(
        "SELECT DISTINCT user AS text FROM information_schema.processlist \
         WHERE db = '{schema}' ORDER BY user"
    );
    let wanted = ["courier", "escrow", "web"].map(|role| data.user(role).unwrap());
    assert_eq!(asked(&select), wanted);
}

#[test]
fn a_purchase_with_an_account_a_role() {
    let (mut shop, data) = (Shop::bare(), Data::unmigrated_mariadb());
    settle(&mut shop, &data);
    let said = shop.refused(&["serve"]);
    assert!(said.contains("Access denied"), "{said}");
    let made = as_owner(&mut shop, &data, &["migrate"]);
    assert!(made.status.success() && words(&made).contains("orders"), "{}", words(&made));
    grant(&shop);
    let denied = shop.run(&["migrate"]);
    assert_eq!(denied.status.code(), Some(1), "web makes no tables: {}", words(&denied));

    let chain = chain(&shop);
    let web = DbConfig::new(
        Some("mariadb"),
        data.dsn().as_deref(),
        data.user("web").as_deref(),
        Some(PASSWORD),
    );
    let web = web.unwrap();
    web::demo::seed(&web, domain::clock::Clock::now(&web::SystemClock)).unwrap();
    let door = WebDb::open(&web).unwrap();
    let running = shop.serve();
    let open = || door.read(pulse::chain_states).unwrap().iter().any(|chain| chain.2 == "ok");
    within(LONG, "escrow sees its chain", || open().then_some(()));
    buy(&shop, &data, (&door, &chain));
    each_has_its_account(&data);
    verbs(&shop, &running);
}

/// The operator's verbs act as the owner of what they write.
fn verbs(shop: &Shop, running: &Running) {
    for verb in ["pause", "resume"] {
        let output = shop.run(&["admin", verb]);
        assert!(output.status.success(), "{}", words(&output));
    }
    let output = shop.run(&["admin", "ban", "--name", "vendor"]);
    assert!(output.status.success(), "{}", words(&output));
    within(LONG, "check finds all well", || {
        let told = shop.run(&["check"]);
        let said = words(&told);
        assert!(said.contains("a MariaDB server"), "{said}");
        told.status.success().then_some(())
    });
    assert!(!running.said().contains("panicked"), "{}", running.said());
}
