//! What the settings refuse and what they make of the rest.

use super::*;

const GOOD: [(&str, &str); 4] = [
    ("SITE_URL", "https://shop.example"),
    ("SESSION_SALT", "c0ffee6b1f9a4d27835e6a90b7d1428e"),
    ("COOKIE_ENCRYPTION_SALT", "5d81e07b9c2f4a36af10d4c8e92b7365"),
    ("CSRF_SALT", "e94b72c8a15f4d03b6d7082f1ac53e69"),
];

fn with(changes: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut vars: Vec<(String, String)> =
        GOOD.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (name, value) in changes {
        vars.retain(|(known, _)| known != name);
        vars.push(((*name).to_owned(), (*value).to_owned()));
    }
    Config::from_vars(vars)
}

#[test]
fn the_least_that_is_set_is_enough() {
    let config = with(&[("HOME", "/root")]).unwrap();
    assert_eq!(config.site_url.origin(), "https://shop.example");
    assert_eq!(config.site_name, "Holdfast");
    assert_eq!(config.listen.to_string(), DEFAULT_LISTEN);
    assert_eq!(config.registration_minutes, 10);
    assert!(config.trusted_proxies.is_empty());
    assert!(config.admin.is_none());
}

#[test]
fn each_fault_names_its_variable() {
    let long = "x".repeat(61);
    for (name, value) in [
        ("SITE_URL", ""),
        ("SITE_URL", "shop.example"),
        ("SITE_URL", "ftp://shop.example"),
        ("SITE_URL", "http://shop.example"),
        ("SITE_URL", "http://localhost.shop.example"),
        ("SITE_URL", "http://onion"),
        ("SITE_URL", "https://shop.example/path"),
        ("SITE_URL", "https://shop.example/?q"),
        ("SITE_URL", "https://user@shop.example"),
        ("SESSION_SALT", ""),
        ("SESSION_SALT", "c0ffee"),
        ("SESSION_SALT", "change-me-change-me-change-me-1234567890"),
        ("CSRF_SALT", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("CSRF_SALT", "c0ffee6b1f9a4d27835e6a90b7d1428e"),
        ("COOKIE_ENCRYPTION_SALT", "c0ffee6b1f9a4d27835e6a90b7d1428e"),
        ("LISTEN", "8080"),
        ("TRUSTED_PROXIES", "nginx"),
        ("TRUSTED_PROXIES", "127.0.0.1 10.0.0.1"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("TRUSTED_PROXIES", "127.0.0.1,0.0.0.0/0"),
        ("TRUSTED_PROXIES", "::/0"),
        ("SITE_NAME", long.as_str()),
        ("DB_DRIVER", "postgres"),
        ("DB_DSN", "data"),
        ("ADMIN_PASSWORD", "correct horse battery"),
        ("ACCOUNT_CREATION_MIN_INTERVAL_MINUTES", "-1"),
        ("REFERRAL_PERCENT", "51"),
    ] {
        let said = match with(&[(name, value)]) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("{name}={value} was accepted"),
        };
        let names =
            said.contains(name) || (name == "ADMIN_PASSWORD" && said.contains("ADMIN_USERNAME"));
        assert!(names, "{name}={value}: {said}");
        assert!(!said.contains('\n'), "{said}");
    }
    let weak = with(&[("ADMIN_USERNAME", "boss"), ("ADMIN_PASSWORD", "password")]);
    assert!(weak.unwrap_err().to_string().starts_with("ADMIN_PASSWORD"));
}

#[test]
fn the_page_that_pays_is_for_this_machine_alone() {
    for (site, kept) in [
        ("http://127.0.0.1:8080", true),
        ("http://localhost", true),
        ("https://localhost", false),
        ("https://shop.example", false),
        ("http://holdfastexample.onion", false),
    ] {
        let config = with(&[("SITE_URL", site), ("DEVNET_URL", "http://127.0.0.1:9")]).unwrap();
        assert_eq!(config.devnet_url.is_some(), kept, "{site}");
    }
}

#[test]
fn proxies_are_a_list_of_addresses_and_networks() {
    let nets = |text| with(&[("TRUSTED_PROXIES", text)]).unwrap().trusted_proxies;
    assert_eq!(nets(""), []);
    let shown: Vec<_> = nets("127.0.0.1, ::1 ,10.1.2.0/24,fd00::/8,::ffff:192.0.2.1,")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(shown, ["127.0.0.1/32", "::1/128", "10.1.2.0/24", "fd00::/8", "192.0.2.1/32"]);
}

#[test]
fn no_secret_is_shown() {
    let config = with(&[("ADMIN_USERNAME", "boss"), ("ADMIN_PASSWORD", "correct horse")]).unwrap();
    let shown = format!("{config:?}");
    for secret in ["c0ffee", "5d81e0", "e94b72", "correct horse"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn an_origin_is_written_as_browsers_do() {
    let origin = |text| SiteUrl::parse(text).unwrap();
    assert_eq!(origin("https://Shop.Example:443/").origin(), "https://shop.example");
    assert_eq!(origin("http://127.0.0.1:8080").authority(), "127.0.0.1:8080");
    assert!(origin("http://localhost:1").is_loopback());
    assert!(!origin("http://localhost:1").is_https());
}
