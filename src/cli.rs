//! What a person can type, and what it calls.

#[cfg(feature = "devnet")]
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use domain::EvmAddress;

#[cfg(feature = "devnet")]
use crate::demo::World;
use crate::role::Role;
use crate::step::Step;
use crate::{
    Stop, admin, backup, check, derive, grants, payouts, probe, recover, role, serve, step, terms,
};

const ENVIRONMENT: &str = "\
Environment (also read from a file .env in the working folder; the environment wins):
  SITE_URL                 the shop's address, as https://shop.example
  SITE_NAME                the shop's name on every page (Holdfast)
  LISTEN                   address and port to listen on (127.0.0.1:8080)
  TRUSTED_PROXIES          addresses or networks of proxies whose X-Forwarded-For counts
  SESSION_SALT             secret of sessions, 32 random characters or more
  COOKIE_ENCRYPTION_SALT   secret of sealed cookies and delivery addresses, likewise
  CSRF_SALT                secret of form tokens, likewise
  SECRET_FILE              file with the keys of escrow, mode 0600
  DB_DRIVER                sqlite or mariadb (sqlite)
  DB_DSN                   sqlite:<folder> or mysql://host:port/database (sqlite:data)
  DB_USER, DB_PASSWORD     account of web on MariaDB (escrow has its own in the secret file)
  COURIER_DB_USER, COURIER_DB_PASSWORD
                           account of courier on MariaDB
  OWNER_DB_USER, OWNER_DB_PASSWORD
                           account that makes the tables on MariaDB, for `migrate` alone
  ADMIN_USERNAME           administrator to create where there is none of this name
  ADMIN_PASSWORD           and the password to give to that account
  ACCOUNT_CREATION_MIN_INTERVAL_MINUTES
                           minutes between two registrations from one address (10)
  REFERRAL_PERCENT         share of the commission for whoever brought the buyer, 0 to 50 (50)

The secret file alone holds, as NAME=VALUE lines, MNEMONIC or ACCOUNT_KEY, ALCHEMY_API_KEY, ALCHEMY_NETWORK,
and for the chains _MAINNET, _SEPOLIA and _BASE: COMMISSION_WALLET_, RESOLVER_WALLET_, RPC_URL_ and
TOKENS_. `serve` does not start while one of these is in its environment.

Exit codes: 0 ended on request, 1 failed, 78 a setting must be mended first.";

const EXAMPLES: &str = "\
Examples:
  holdfast demo                             a shop to try out, with a chain of its own
  holdfast migrate && holdfast serve        a shop in earnest
  holdfast admin create-user --name ada --role admin
  holdfast check --health                   for a container's health check
  holdfast verify-terms order.txt --signer 0x…

`holdfast help serve` lists the environment.";

/// A self-hosted escrow marketplace: shop, escrow and housekeeping in one binary.
#[derive(Parser)]
#[command(name = "holdfast", version, about, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Opens a shop to try out: goods, people and a development chain; what no verb at all does
    #[cfg(feature = "devnet")]
    Demo(DemoArgs),
    /// Runs the shop; it wants its tables made (`migrate`) and its settings given
    #[command(after_help = ENVIRONMENT)]
    Serve(ServeArgs),
    /// Makes the tables, or brings them to the version of this binary
    #[command(after_help = ENVIRONMENT)]
    Migrate(MigrateArgs),
    /// Copies a stopped shop from SQLite files to MariaDB and compares it there row by row
    #[cfg(feature = "mariadb")]
    #[command(after_help = ENVIRONMENT)]
    MigrateTo {
        /// Where to, as mysql://host:port/database; empty, and with OWNER_DB_USER as its owner
        #[arg(long, value_name = "DSN")]
        dsn: String,
    },
    /// Copies a shop's SQLite files, which may run meanwhile, into a new folder
    #[command(after_help = ENVIRONMENT)]
    Backup {
        /// The folder to be made
        folder: PathBuf,
    },
    /// Puts such a copy into an empty data folder; escrow then starts paused
    #[command(after_help = ENVIRONMENT)]
    Restore {
        /// The folder that `backup` made
        folder: PathBuf,
    },
    /// Has escrow take over a ledger that lies elsewhere than where it last ran
    #[command(after_help = ENVIRONMENT)]
    Adopt {
        /// It is an older copy: start paused, and under addresses that were never issued
        #[arg(long)]
        restored: bool,
    },
    /// What only the operator may do
    #[command(subcommand)]
    Admin(Admin),
    /// Says which walls stand and whether everything answers
    Check(CheckArgs),
    /// Says of an order's signed terms who signed them and what they are; needs no shop
    VerifyTerms {
        /// The text as the order's page or its API gives it; - reads the standard input
        file: PathBuf,
        /// Fail unless this address, the site's published key, signed it
        #[arg(long, value_name = "ADDRESS")]
        signer: Option<EvmAddress>,
    },
    /// Finds money at escrow's addresses by the keys alone, and moves it if asked to
    #[command(after_help = RECOVERY)]
    Recover(RecoverArgs),
    /// A role of a running shop
    #[command(hide = true)]
    Role {
        #[arg(value_parser = Role::of)]
        role: Role,
        /// Level of isolation that it must reach; real money is refused at 0
        #[arg(long, default_value_t = 0)]
        level: u8,
    },
    /// Shuts itself in as a role would and tries what must not work there
    #[command(hide = true)]
    Probe {
        #[arg(value_parser = Role::of)]
        role: Role,
    },
    /// Derives the keys of escrow from the secret file on its input
    #[command(hide = true)]
    Derive,
    /// Does nothing, to be attacked
    #[command(hide = true)]
    Stand,
    /// One piece of work on the database in a process of its own
    #[command(hide = true)]
    Step { step: Step },
}

/// Settings of `demo`.
#[cfg(feature = "devnet")]
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// Address and port of the shop; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Folder for everything that the demo keeps
    #[arg(long, value_name = "DIR", default_value = "data/demo")]
    pub(crate) data: PathBuf,
    /// What a new folder is filled with
    #[arg(long, value_enum, default_value_t = World::Demo)]
    pub(crate) world: World,
    /// Seconds before each restart of a role
    #[arg(long, hide = true, value_delimiter = ',', default_values_t = serve::RESTART_SECS)]
    pub(crate) restart_secs: Vec<u64>,
}

/// Settings of `serve` beside the environment.
#[derive(Args)]
pub(crate) struct ServeArgs {
    /// Which roles to run here
    #[arg(long, value_delimiter = ',', value_name = "ROLES",
          default_values_t = [Role::Web, Role::Escrow, Role::Courier])]
    pub(crate) roles: Vec<Role>,
    /// Run although no wall stands between the shop and the keys; never with a main net
    #[arg(long)]
    pub(crate) accept_no_isolation: bool,
    /// Seconds before each restart of a role
    #[arg(long, hide = true, value_delimiter = ',', default_values_t = serve::RESTART_SECS)]
    pub(crate) restart_secs: Vec<u64>,
}

/// What `migrate` does instead.
#[derive(Args)]
pub(crate) struct MigrateArgs {
    /// Change nothing, and print the statements that give each role's account on MariaDB its rights
    #[arg(long)]
    pub(crate) print_grants: bool,
    /// The host part of those accounts
    #[arg(long, value_name = "HOST", default_value = "%", requires = "print_grants")]
    pub(crate) from_host: String,
}

#[derive(Subcommand)]
enum Admin {
    /// Creates an account; asks for its password, or reads one line where input is no terminal
    CreateUser {
        /// Name to log in with
        #[arg(long)]
        name: String,
        /// What the account may do: customer, staff or admin
        #[arg(long, default_value = "customer", value_parser = ["customer", "staff", "admin"])]
        role: String,
    },
    /// Gives an account another password and ends its sessions
    SetPassword {
        /// Name of the account
        #[arg(long)]
        name: String,
    },
    /// Closes an account at once: its sessions end and its API keys stop working
    Ban {
        /// Name of the account
        #[arg(long)]
        name: String,
    },
    /// Opens a closed account again
    Unban {
        /// Name of the account
        #[arg(long)]
        name: String,
    },
    /// Prints a new phrase of 24 words for MNEMONIC; it is kept nowhere
    NewPhrase,
    /// Stops all payouts and new orders until `resume`
    Pause,
    /// Ends a pause
    Resume,
    /// Says what escrow bounds, and how far
    Limits,
    /// Sets one of these bounds
    Limit {
        /// Its name, as `limits` says it
        name: String,
        /// In the unit that its name ends with
        value: u64,
    },
    /// Payouts that cannot go on by themselves
    #[command(subcommand)]
    Payout(Payout),
    /// Prints the addresses of the keys by which this site signs terms, the present one first
    SiteKeys,
}

#[derive(Subcommand)]
enum Payout {
    /// Says which are held, why, and who can help them on
    List,
    /// Has escrow look again at once; what failed on the chain is then paid anew, less its fee
    Retry {
        /// The order, 32 digits as in the address of its page
        order: String,
        /// Number of the payout; without it the first that is held
        #[arg(long)]
        case: Option<i32>,
        /// The chain tx that used the nonce of a payment, to be taken down as that payment
        #[arg(long, value_name = "HASH")]
        tx: Option<String>,
    },
}

/// What `check` shows.
#[derive(Args)]
#[command(after_help = ENVIRONMENT)]
pub(crate) struct CheckArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Walk along the evidence as well: every row that a party wrote, and escrow's anchors
    #[arg(long)]
    pub(crate) evidence: bool,
    /// Only go through the books: every account against payments, payouts and the chains
    #[arg(long, conflicts_with = "health")]
    pub(crate) books: bool,
    /// Only ask the running shop's /health, say nothing, and exit 0 or 1
    #[arg(long)]
    pub(crate) health: bool,
    /// Look at a demo in this folder instead of the shop that the environment names
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

const RECOVERY: &str = "\
It reads the secret file that SECRET_FILE names, and no ledger: what DB_DSN leads to is only looked at
to see that no escrow runs there and, before money is moved, that no order was ever taken up there.
Without --count it tries keys until --gap of them in a row were never used. Addresses that were
emptied of tokens look unused, so name the count where it is known.";

/// Settings of `recover` beside the environment.
#[derive(Args)]
pub(crate) struct RecoverArgs {
    /// Move what is found to this address, whose key is elsewhere
    #[arg(long, requires = "to")]
    pub(crate) sweep: bool,
    /// Of a shop that goes on: move only what came on another chain than its order's
    #[arg(long, requires = "sweep")]
    pub(crate) strayed: bool,
    /// The address to move it to
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<String>,
    /// Do not ask before anything is moved
    #[arg(long, requires = "sweep")]
    pub(crate) yes: bool,
    /// Try so many keys of each generation
    #[arg(long, value_name = "N", conflicts_with = "gap")]
    pub(crate) count: Option<u32>,
    /// Stop after so many keys in a row that were never used
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub(crate) gap: u32,
    /// How many generations of keys to try: one, and one more for each restore
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) generations: u32,
}

/// Does what the command line asks for.
pub(crate) fn run() -> Result<(), Stop> {
    match Cli::parse().verb {
        #[cfg(feature = "devnet")]
        None => crate::demo::run(&DemoArgs {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("data/demo"),
            world: World::Demo,
            restart_secs: serve::RESTART_SECS.to_vec(),
        }),
        #[cfg(not(feature = "devnet"))]
        None => serve::run(&ServeArgs {
            roles: vec![Role::Web, Role::Escrow, Role::Courier],
            accept_no_isolation: false,
            restart_secs: serve::RESTART_SECS.to_vec(),
        }),
        #[cfg(feature = "devnet")]
        Some(Verb::Demo(args)) => crate::demo::run(&args),
        Some(Verb::Serve(args)) => serve::run(&args),
        Some(Verb::Migrate(args)) if args.print_grants => grants::print(&args.from_host),
        Some(Verb::Migrate(_)) => step::migrate(),
        #[cfg(feature = "mariadb")]
        Some(Verb::MigrateTo { dsn }) => crate::moving::run(&dsn),
        Some(Verb::Backup { folder }) => backup::make(&folder),
        Some(Verb::Restore { folder }) => backup::restore(&folder),
        Some(Verb::Adopt { restored }) => backup::adopt(restored),
        Some(Verb::Admin(Admin::CreateUser { name, role })) => admin::create_user(&name, &role),
        Some(Verb::Admin(Admin::SetPassword { name })) => admin::set_password(&name),
        Some(Verb::Admin(Admin::Ban { name })) => admin::set_banned(&name, true),
        Some(Verb::Admin(Admin::Unban { name })) => admin::set_banned(&name, false),
        Some(Verb::Admin(Admin::NewPhrase)) => admin::new_phrase(),
        Some(Verb::Admin(Admin::Pause)) => admin::pause(true),
        Some(Verb::Admin(Admin::Resume)) => admin::pause(false),
        Some(Verb::Admin(Admin::Limits)) => admin::limits(),
        Some(Verb::Admin(Admin::Limit { name, value })) => admin::limit(&name, value),
        Some(Verb::Admin(Admin::Payout(Payout::List))) => payouts::list(),
        Some(Verb::Admin(Admin::Payout(Payout::Retry { order, case, tx }))) => {
            payouts::retry(&order, case, tx.as_deref())
        }
        Some(Verb::Admin(Admin::SiteKeys)) => admin::site_keys(),
        Some(Verb::Check(args)) => check::run(&args),
        Some(Verb::VerifyTerms { file, signer }) => terms::verify(&file, signer),
        Some(Verb::Recover(args)) => recover::run(&args),
        Some(Verb::Role { role, level }) => role::run(role, level),
        Some(Verb::Probe { role }) => probe::run(role),
        Some(Verb::Derive) => derive::run(),
        Some(Verb::Stand) => probe::stand(),
        Some(Verb::Step { step }) => step::run(step),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_one_cannot_type_is_not_shown() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.contains("serve") && help.contains("Examples:"), "{help}");
        for hidden in ["\n  role", "\n  step", "\n  probe", "\n  stand", "\n  derive"] {
            assert!(!help.contains(hidden), "{help}");
        }
    }

    #[test]
    fn roles_are_listed_with_commas() {
        let cli = Cli::try_parse_from(["holdfast", "serve", "--roles", "web,courier"]).unwrap();
        match cli.verb {
            Some(Verb::Serve(args)) => assert_eq!(args.roles, [Role::Web, Role::Courier]),
            _ => panic!("not serve"),
        }
        assert!(Cli::try_parse_from(["holdfast", "serve", "--roles", "root"]).is_err());
    }
}
