//! The development chain by itself, for measurements of a shop that `serve` runs: settings from the
//! environment, one line on standard output once it serves, blocks until it is killed.
#![expect(clippy::unwrap_used, reason = "a measurement that fails says so and ends")]

fn main() {
    let vars = std::env::vars().filter(|(name, _)| devnet::VARS.contains(&name.as_str()));
    let config = devnet::Config::from_vars(vars).unwrap();
    devnet::run(config, || Ok(()), |line| println!("{line}")).unwrap();
}
