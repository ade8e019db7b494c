//! What the operator sets for web. The environment is read here and nowhere else in this crate.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use actix_web::http::Uri;
use db::DbConfig;
use domain::limits::REFERRAL;
use domain::money::Bps;
use domain::user::Username;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::admin::Walls;

/// The environment names that web may see.
pub const VARS: &[&str] = &[
    "ACCOUNT_CREATION_MIN_INTERVAL_MINUTES",
    "ADMIN_PASSWORD",
    "ADMIN_USERNAME",
    "COOKIE_ENCRYPTION_SALT",
    "CSRF_SALT",
    "DB_DRIVER",
    "DB_DSN",
    "DB_PASSWORD",
    "DB_USER",
    "DEVNET_URL",
    "LISTEN",
    "REFERRAL_PERCENT",
    "SESSION_SALT",
    "SITE_NAME",
    "SITE_URL",
    "TRUSTED_PROXIES",
    "WALLS",
];

/// A salt has at least so many characters.
const SALT_CHARS: usize = 32;
/// Texts of documentation and examples: whoever keeps one has not set his own.
const WELL_KNOWN: [&str; 8] =
    ["change", "default", "example", "placeholder", "your-", "0123456789", "abcdefgh", "xxxx"];
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
const DEFAULT_INTERVAL_MINUTES: u32 = 10;

/// A setting that cannot be used: one sentence that names the variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// What the operator set, checked. Its `Debug` form shows no secret.
pub struct Config {
    /// Where the database is.
    pub db: DbConfig,
    /// The site's own address, which every link and every check of an origin starts from.
    pub site_url: SiteUrl,
    /// The site's name on every page.
    pub site_name: String,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Networks of the proxies in front, which are believed about whom they speak for.
    pub trusted_proxies: Vec<IpNet>,
    /// The secrets that keys are derived from.
    pub salts: Salts,
    /// The administrator to create where no account has this name.
    pub admin: Option<Admin>,
    /// Minutes between two registrations from one address; 0 for no limit.
    pub registration_minutes: u32,
    /// Which share of the commission whoever brought a buyer gets; zero for none.
    pub referral: Bps,
    /// The page of the development chain that pays; only under `demo`, on this machine itself.
    pub devnet_url: Option<String>,
    /// The walls as `serve` tried them; `None` where it did not.
    pub walls: Option<Walls>,
}

/// The three secrets of web.
pub struct Salts {
    /// Of session tokens' hashes.
    pub session: SecretString,
    /// Of sealed cookies and delivery addresses.
    pub cookie: SecretString,
    /// Of form tokens.
    pub csrf: SecretString,
}

/// The first administrator.
pub struct Admin {
    /// Name.
    pub username: Username,
    /// Password as it was set.
    pub password: SecretString,
}

/// The site's address: scheme, host and port, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteUrl {
    origin: String,
    authority: String,
    host: String,
    https: bool,
}

impl SiteUrl {
    /// `https://shop.example`, as browsers write an origin.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Host and port as the `Host` header has them; the scheme's own port is left out.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether visitors come by https.
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// Whether the host is this machine itself.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    fn parse(text: &str) -> Result<Self, ConfigError> {
        let form = || {
            bad(format!(
                "SITE_URL is {text:?}; it wants scheme and host alone, as https://shop.example"
            ))
        };
        let uri: Uri = text.parse().ok().ok_or_else(form)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(form());
        };
        let https = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(form()),
        };
        let bare = uri.path() == "/" && uri.query().is_none() && !text.contains('#');
        if !bare || authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(form());
        }
        let host = authority.host().to_ascii_lowercase();
        // An onion address is its own key; any other network reads along.
        if !https && !is_loopback(&host) && !host.ends_with(".onion") {
            return Err(bad(format!(
                "SITE_URL is {text:?}; http:// is for this machine and for .onion alone, so it wants https://"
            )));
        }
        let own_port = if https { 443 } else { 80 };
        let authority = match authority.port_u16() {
            Some(port) if port != own_port => format!("{host}:{port}"),
            _ => host.clone(),
        };
        Ok(Self { origin: format!("{scheme}://{authority}"), authority, host, https })
    }
}

/// Whether `host` names this machine itself.
pub(crate) fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[derive(Deserialize)]
struct Vars {
    account_creation_min_interval_minutes: Option<String>,
    admin_password: Option<SecretString>,
    admin_username: Option<String>,
    cookie_encryption_salt: Option<SecretString>,
    csrf_salt: Option<SecretString>,
    db_driver: Option<String>,
    db_dsn: Option<String>,
    db_password: Option<SecretString>,
    db_user: Option<String>,
    devnet_url: Option<String>,
    listen: Option<String>,
    referral_percent: Option<String>,
    session_salt: Option<SecretString>,
    site_name: Option<String>,
    site_url: Option<String>,
    trusted_proxies: Option<String>,
    walls: Option<String>,
}

impl Config {
    /// Reads the settings out of `vars`; names that are not in [`VARS`] are not looked at.
    ///
    /// # Errors
    /// One sentence that names the variable to mend.
    pub fn from_vars(
        vars: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        // An empty value is one that a compose file left open.
        let ours = vars
            .into_iter()
            .filter(|(name, value)| VARS.contains(&name.as_str()) && !value.is_empty());
        let vars: Vars = envy::from_iter(ours).map_err(|error| bad(error.to_string()))?;
        let listen = listen(vars.listen.as_deref())?;
        let site_url = match vars.site_url.as_deref() {
            Some(text) => SiteUrl::parse(text)?,
            None => {
                return Err(bad(
                    "SITE_URL is missing; it is the shop's address, as https://shop.example",
                ));
            }
        };
        // A page that pays by itself belongs on nobody's site but a visitor's own.
        let demo = site_url.is_loopback() && !site_url.is_https();
        let db = DbConfig::new(
            vars.db_driver.as_deref(),
            vars.db_dsn.as_deref(),
            vars.db_user.as_deref(),
            vars.db_password.as_ref().map(ExposeSecret::expose_secret),
        )
        .map_err(|error| bad(error.to_string()))?;
        Ok(Self {
            db,
            site_url,
            site_name: site_name(vars.site_name)?,
            listen,
            trusted_proxies: proxies(vars.trusted_proxies.as_deref().unwrap_or_default())?,
            salts: Salts::read(vars.session_salt, vars.cookie_encryption_salt, vars.csrf_salt)?,
            admin: admin(vars.admin_username, vars.admin_password)?,
            registration_minutes: minutes(vars.account_creation_min_interval_minutes)?,
            referral: referral(vars.referral_percent)?,
            devnet_url: vars.devnet_url.filter(|_| demo),
            walls: walls(vars.walls.as_deref())?,
        })
    }
}

impl Salts {
    fn read(
        session: Option<SecretString>,
        cookie: Option<SecretString>,
        csrf: Option<SecretString>,
    ) -> Result<Self, ConfigError> {
        let session = salt("SESSION_SALT", session)?;
        let cookie = salt("COOKIE_ENCRYPTION_SALT", cookie)?;
        let csrf = salt("CSRF_SALT", csrf)?;
        let pairs = [
            ("COOKIE_ENCRYPTION_SALT", "SESSION_SALT", &cookie, &session),
            ("CSRF_SALT", "SESSION_SALT", &csrf, &session),
            ("CSRF_SALT", "COOKIE_ENCRYPTION_SALT", &csrf, &cookie),
        ];
        for (name, other, a, b) in pairs {
            if a.expose_secret() == b.expose_secret() {
                return Err(bad(format!(
                    "{name} is the same as {other}; each wants a value of its own"
                )));
            }
        }
        Ok(Self { session, cookie, csrf })
    }
}

fn salt(name: &str, value: Option<SecretString>) -> Result<SecretString, ConfigError> {
    let Some(value) = value else {
        return Err(bad(format!("{name} is missing; make one with: openssl rand -hex 32")));
    };
    let text = value.expose_secret();
    if text.chars().count() < SALT_CHARS {
        return Err(bad(format!(
            "{name} is too short; it wants at least {SALT_CHARS} random characters"
        )));
    }
    let folded = text.to_lowercase();
    let mut kinds: Vec<char> = folded.chars().collect();
    kinds.sort_unstable();
    kinds.dedup();
    // 32 random hexadecimal digits have fewer than 8 kinds once in ten million tries.
    if kinds.len() < 8 || WELL_KNOWN.iter().any(|known| folded.contains(known)) {
        return Err(bad(format!("{name} is not random; make one with: openssl rand -hex 32")));
    }
    Ok(value)
}

fn listen(text: Option<&str>) -> Result<SocketAddr, ConfigError> {
    let text = text.unwrap_or(DEFAULT_LISTEN);
    let form =
        || bad(format!("LISTEN is {text:?}; it wants an address and a port, as {DEFAULT_LISTEN}"));
    text.parse().ok().ok_or_else(form)
}

fn walls(text: Option<&str>) -> Result<Option<Walls>, ConfigError> {
    let read = |text| {
        serde_json::from_str(text)
            .map_err(|_bad| bad("WALLS is for `holdfast serve` to set; unset it"))
    };
    text.map(read).transpose()
}

/// Addresses and networks between commas. A list that holds everybody would let everybody choose an
/// address of his own.
fn proxies(text: &str) -> Result<Vec<IpNet>, ConfigError> {
    let parse = |entry: &str| {
        let alone = entry.parse().map(|address: IpAddr| IpNet::from(address.to_canonical()));
        alone.ok().or_else(|| entry.parse().ok()).filter(|net| net.prefix_len() > 0).ok_or_else(|| {
            bad(format!(
                "TRUSTED_PROXIES has {entry:?}; it wants addresses or networks of proxies, as 127.0.0.1,10.0.0.0/8"
            ))
        })
    };
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(parse).collect()
}

fn site_name(text: Option<String>) -> Result<String, ConfigError> {
    let text = text.unwrap_or_else(|| "Holdfast".to_owned());
    domain::text::line(&text, 60).map_err(|why| bad(format!("SITE_NAME cannot be used: {why}")))
}

fn admin(
    username: Option<String>,
    password: Option<SecretString>,
) -> Result<Option<Admin>, ConfigError> {
    let (username, password) = match (username, password) {
        (None, None) => return Ok(None),
        (Some(username), Some(password)) => (username, password),
        (Some(_), None) => {
            return Err(bad("ADMIN_PASSWORD is missing although ADMIN_USERNAME is set"));
        }
        (None, Some(_)) => {
            return Err(bad("ADMIN_USERNAME is missing although ADMIN_PASSWORD is set"));
        }
    };
    let username = Username::parse_official(&username)
        .map_err(|why| bad(format!("ADMIN_USERNAME cannot be used: {why}")))?;
    crate::accounts::strength::check(password.expose_secret(), username.as_str())
        .map_err(|why| bad(format!("ADMIN_PASSWORD cannot be used: {why}")))?;
    Ok(Some(Admin { username, password }))
}

fn minutes(text: Option<String>) -> Result<u32, ConfigError> {
    const NAME: &str = "ACCOUNT_CREATION_MIN_INTERVAL_MINUTES";
    let Some(text) = text else { return Ok(DEFAULT_INTERVAL_MINUTES) };
    let minutes: Option<u32> = text.parse().ok();
    minutes
        .filter(|minutes| *minutes <= 1_440)
        .ok_or_else(|| bad(format!("{NAME} is {text:?}; it wants minutes from 0 to 1440")))
}

fn referral(text: Option<String>) -> Result<Bps, ConfigError> {
    let Some(text) = text else { return Ok(REFERRAL) };
    let share = text.parse().ok().map(Bps::percent).filter(|share| *share <= REFERRAL);
    share.ok_or_else(|| bad(format!("REFERRAL_PERCENT is {text:?}; it wants percent from 0 to 50")))
}

fn bad(sentence: impl Into<String>) -> ConfigError {
    ConfigError(sentence.into())
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("db", &self.db)
            .field("site_url", &self.site_url.origin)
            .field("site_name", &self.site_name)
            .field("listen", &self.listen)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("admin", &self.admin.as_ref().map(|admin| admin.username.as_str()))
            .field("registration_minutes", &self.registration_minutes)
            .field("devnet_url", &self.devnet_url)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
