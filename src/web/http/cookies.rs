//! Our cookies: their names and flags, written in one place.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{self, HeaderMap};

/// The names of our cookies. With https each is bound to the host alone by its prefix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    /// The session's token.
    pub(crate) session: &'static str,
    /// What form tokens hang on before there is a session.
    pub(crate) visit: &'static str,
    /// A sealed sentence for the next page.
    pub(crate) flash: &'static str,
    /// Light or dark.
    pub(crate) theme: &'static str,
    secure: bool,
}

impl Names {
    pub(crate) const fn new(https: bool) -> Self {
        if https {
            Self {
                session: "__Host-session",
                visit: "__Host-visit",
                flash: "__Host-flash",
                theme: "__Host-theme",
                secure: true,
            }
        } else {
            Self {
                session: "session",
                visit: "visit",
                flash: "flash",
                theme: "theme",
                secure: false,
            }
        }
    }

    /// A cookie that lasts `secs` seconds; without a number as long as the browser runs.
    pub(crate) fn cookie(
        &self,
        name: &'static str,
        value: String,
        secs: Option<i64>,
    ) -> Cookie<'static> {
        let mut cookie = Cookie::new(name, value);
        cookie.set_path("/");
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Lax);
        if self.secure {
            cookie.set_secure(true);
        }
        cookie.set_max_age(secs.map(Duration::seconds));
        cookie
    }

    /// What makes a browser forget a cookie.
    pub(crate) fn forget(&self, name: &'static str) -> Cookie<'static> {
        self.cookie(name, String::new(), Some(0))
    }
}

/// The value of a cookie, `None` where it is not sent or sent more than once with different values:
/// which of them would be ours cannot be told.
pub(crate) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers
        .get_all(header::COOKIE)
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(|(key, value)| (key == name).then_some(value));
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn sent(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_static(line));
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let headers = sent(&["a=1; session=x; xsession=y", "theme=dark"]);
        assert_eq!(value(&headers, "session"), Some("x"));
        assert_eq!(value(&headers, "theme"), Some("dark"));
        assert_eq!(value(&headers, "ses"), None);
    }

    #[test]
    fn two_different_values_are_none() {
        assert_eq!(value(&sent(&["session=x; session=y"]), "session"), None);
        assert_eq!(value(&sent(&["session=x", "session=x"]), "session"), Some("x"));
    }

    #[test]
    fn flags_are_strict_and_the_prefix_needs_https() {
        let names = Names::new(true);
        let line = names.cookie(names.session, "v".to_owned(), Some(60)).to_string();
        assert!(line.starts_with("__Host-session=v;"), "{line}");
        for flag in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=60"] {
            assert!(line.contains(flag), "{line}");
        }
        assert!(!line.contains("Domain"), "{line}");
        let plain = Names::new(false);
        assert!(!plain.cookie(plain.session, "v".to_owned(), None).to_string().contains("Secure"));
        assert!(names.forget(names.flash).to_string().contains("Max-Age=0"));
    }
}
