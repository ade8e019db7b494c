//! Moments on pages: UTC in the markup, turned into the reader's own time by the script.

use domain::clock::Time;
use maud::{Markup, html};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_SECS: i64 = 86_400;

/// A moment to the minute: `21 Nov 2026, 02:42 UTC`.
pub fn time(at: Time) -> Markup {
    let parts = Parts::of(at);
    html! {
        time datetime=(parts.iso()) data-local="minute" { (parts.day()) ", " (parts.clock()) " UTC" }
    }
}

/// A moment to the day: `21 Nov 2026`.
pub fn day(at: Time) -> Markup {
    let parts = Parts::of(at);
    html! { time datetime=(parts.iso()) data-local="day" { (parts.day()) } }
}

/// A moment as machines read it: `2026-11-21T09:30:00Z` (RFC 3339, whole seconds).
pub fn rfc3339(at: Time) -> String {
    Parts::of(at).iso()
}

struct Parts {
    year: i64,
    month: i64,
    day: i64,
    second_of_day: i64,
}

impl Parts {
    /// The proleptic Gregorian date, after Howard Hinnant's `civil_from_days`: years begin in March
    /// there, so that the leap day comes last.
    fn of(at: Time) -> Self {
        let secs = at.as_secs();
        let days = secs.div_euclid(DAY_SECS).saturating_add(719_468);
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: of_year - (153 * shifted + 2) / 5 + 1,
            second_of_day: secs.rem_euclid(DAY_SECS),
        }
    }

    fn day(&self) -> String {
        let month = usize::try_from(self.month - 1).ok().and_then(|n| MONTHS.get(n)).unwrap_or(&"");
        format!("{} {month} {}", self.day, self.year)
    }

    fn clock(&self) -> String {
        format!("{:02}:{:02}", self.second_of_day / 3_600, self.second_of_day % 3_600 / 60)
    }

    fn iso(&self) -> String {
        let Self { year, month, day, .. } = self;
        format!("{year:04}-{month:02}-{day:02}T{}:{:02}Z", self.clock(), self.second_of_day % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc() {
        for (secs, iso, shown) in [
            (0, "1970-01-01T00:00:00Z", "1 Jan 1970, 00:00 UTC"),
            (951_825_599, "2000-02-29T11:59:59Z", "29 Feb 2000, 11:59 UTC"),
            (1_795_228_961, "2026-11-21T02:42:41Z", "21 Nov 2026, 02:42 UTC"),
            (-1, "1969-12-31T23:59:59Z", "31 Dec 1969, 23:59 UTC"),
        ] {
            let markup = time(Time::from_secs(secs)).into_string();
            assert!(markup.contains(&format!("datetime=\"{iso}\"")), "{markup}");
            assert!(markup.contains(shown), "{markup}");
        }
        assert!(day(Time::from_secs(0)).into_string().ends_with(">1 Jan 1970</time>"));
    }
}
