//! How often users and addresses may ask, as real servers limit it: each part of the APIs by itself, requests spread over
//! time.

use crate::db::Database;
use crate::http::listen::client::bucket;
use crate::map::error::ApiError;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use lru::LruCache;
use moka::future::Cache;
use serde::Deserialize;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Users, addresses and parts that are remembered; beyond it those that asked least lately are forgotten.
const REMEMBERED: usize = 100_000;
/// Users that are known to be there, for a while.
const KNOWN_USERS: u64 = 10_000;
const KNOWN_FOR: Duration = Duration::from_secs(60);
/// As many requests counts one that showed a wrong key to the Auth API.
const FAILURE: u32 = 10;

/// Parts of the APIs that limits are for.
pub const PARTS: &[&str] = &[
    "analysis",
    "anonymous",
    "attributes",
    "auth",
    "cluster",
    "dataview",
    "dataview_search",
    "import",
    "query",
    "static",
    "tile",
];

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// All that ask for something of a user.
    #[default]
    User,
    /// All that come from an address, whatever user they are about. Those of this computer are not counted, but for the
    /// part `auth`.
    Address,
}

/// A limit.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Whom it is for; everybody else when it is not said.
    pub user: Option<String>,
    /// One of [`PARTS`]: `anonymous` makes maps, `query` is the SQL API; all parts, each by itself, when it is not said.
    pub part: Option<String>,
    /// Whose requests are counted together.
    #[serde(default)]
    pub per: Per,
    /// Requests within [`Rule::seconds`].
    pub requests: u32,
    /// A time in seconds.
    pub seconds: u32,
}

/// What counts unless the operator says otherwise. A page with 100 layers, or an office behind one address, is far from
/// it; what a script does that asks as often as it can is not.
pub fn defaults() -> Vec<Rule> {
    let rule = |part: &str, per, requests| Rule { user: None, part: Some(part.into()), per, requests, seconds: 60 };
    vec![
        rule("anonymous", Per::Address, 1_200),
        rule("query", Per::Address, 1_200),
        rule("static", Per::Address, 300),
        rule("auth", Per::Address, 300),
        rule("import", Per::Address, 600),
        rule("tile", Per::Address, 24_000),
        rule("dataview", Per::Address, 6_000),
        rule("dataview_search", Per::Address, 1_200),
        rule("attributes", Per::Address, 6_000),
        rule("cluster", Per::Address, 6_000),
        rule("analysis", Per::Address, 6_000),
        rule("anonymous", Per::User, 12_000),
        rule("query", Per::User, 12_000),
        rule("static", Per::User, 3_000),
    ]
}

/// What a limit says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Requests that may come at once.
    pub limit: u32,
    /// Those of them that are left.
    pub remaining: u32,
    /// Seconds until all of them are left.
    pub reset: u64,
    /// Seconds to wait, when the request is one too many.
    pub retry_after: Option<u64>,
}

impl Standing {
    /// Tells clients.
    pub fn write(&self, headers: &mut HeaderMap) {
        let mut put = |name: &'static str, number: u64| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(number));
        };
        put("carto-rate-limit-limit", self.limit.into());
        put("carto-rate-limit-remaining", self.remaining.into());
        put("carto-rate-limit-reset", self.reset);
        if let Some(seconds) = self.retry_after {
            put("retry-after", seconds);
        }
    }
}

/// Who is counted, for which part. Names of users who are not there are none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    User(String),
    Address(Option<IpAddr>),
}

/// All limits, and who has asked when.
#[derive(Debug)]
pub struct RateLimits {
    rules: Vec<Rule>,
    /// When each will have all requests of a part again.
    full: Mutex<LruCache<(Who, &'static str), Instant>>,
    users: Cache<String, ()>,
}

impl Default for RateLimits {
    fn default() -> RateLimits {
        RateLimits {
            rules: Vec::new(),
            full: Mutex::new(LruCache::unbounded()),
            users: Cache::builder().max_capacity(KNOWN_USERS).time_to_live(KNOWN_FOR).build(),
        }
    }
}

impl RateLimits {
    /// Limits by rules; the first one that fits counts, those for a user before those for everybody, and [`defaults`] at
    /// last, if they are wanted. Limits of users and limits of addresses count side by side.
    ///
    /// # Errors
    /// A rule makes no sense.
    pub fn new(mut rules: Vec<Rule>, with_defaults: bool) -> Result<RateLimits, String> {
        for rule in &rules {
            if rule.requests == 0 || rule.seconds == 0 {
                return Err("A rate limit needs requests and seconds, both at least 1.".into());
            }
            if let Some(part) = rule.part.as_deref().filter(|part| !PARTS.contains(part)) {
                return Err(format!("There is no part \"{part}\" to limit: {}.", PARTS.join(", ")));
            }
        }
        rules.sort_by_key(|rule| (rule.user.is_none(), rule.part.is_none()));
        if with_defaults {
            rules.extend(defaults());
        }
        Ok(RateLimits { rules, ..RateLimits::default() })
    }

    /// Counts a request; `None` where there is no limit. Of two limits the one with less left is told.
    pub async fn count(
        &self,
        database: &Database,
        user: &str,
        part: &'static str,
        address: Option<IpAddr>,
        now: Instant,
    ) -> Option<Standing> {
        let of_address = self.of_address(user, part, address, now, 1);
        if of_address.is_some_and(|standing| standing.retry_after.is_some()) {
            return of_address;
        }
        let of_user = match self.rule(user, part, Per::User) {
            // Whoever makes names up must not fill the memory.
            Some(rule) if self.is_user(database, user).await => {
                Some(self.take(rule, (Who::User(user.to_owned()), part), now, 1))
            }
            _ => None,
        };
        of_address
            .into_iter()
            .chain(of_user)
            .min_by_key(|standing| (standing.retry_after.is_none(), standing.remaining))
    }

    /// Counts a wrong key that was shown to the Auth API as many requests.
    pub fn count_failure(&self, user: &str, address: Option<IpAddr>, now: Instant) {
        self.of_address(user, "auth", address, now, FAILURE - 1);
    }

    fn of_address(
        &self,
        user: &str,
        part: &'static str,
        address: Option<IpAddr>,
        now: Instant,
        requests: u32,
    ) -> Option<Standing> {
        let rule = self.rule(user, part, Per::Address).filter(|_| address.is_some() || part == "auth")?;
        Some(self.take(rule, (Who::Address(address.map(bucket)), part), now, requests))
    }

    fn rule(&self, user: &str, part: &str, per: Per) -> Option<&Rule> {
        self.rules.iter().find(|rule| {
            rule.per == per
                && rule.user.as_deref().is_none_or(|of| of == user)
                && rule.part.as_deref().is_none_or(|of| of == part)
        })
    }

    /// Whether a user is there, as far as it was known a moment ago.
    async fn is_user(&self, database: &Database, user: &str) -> bool {
        if self.users.contains_key(user) {
            return true;
        }
        let found = crate::db::roles::is_username(user)
            && crate::accounts::users::find(database, user).await.is_ok_and(|found| found.is_some());
        if found {
            self.users.insert(user.to_owned(), ()).await;
        }
        found
    }

    fn take(&self, rule: &Rule, key: (Who, &'static str), now: Instant, requests: u32) -> Standing {
        let interval = Duration::from_secs(rule.seconds.into()) / rule.requests;
        let whole = interval * rule.requests;
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        let then = full.get(&key).copied().unwrap_or(now).max(now);
        let standing = |then: Instant, retry_after| {
            let missing = then.saturating_duration_since(now);
            let left = (whole - missing.min(whole)).as_nanos() / interval.as_nanos().max(1);
            let remaining = u32::try_from(left).unwrap_or(u32::MAX);
            Standing { limit: rule.requests, remaining, reset: missing.as_secs_f64().round() as u64, retry_after }
        };
        let after = then + interval;
        if after.saturating_duration_since(now) > whole {
            let wait = (after - whole).saturating_duration_since(now);
            // Rounded up: who waits so long is let in.
            return standing(then, Some(wait.as_secs() + 1));
        }
        // What counts more than one takes what is there.
        let after = (then + interval * requests).min(now + whole);
        full.put(key, after);
        if full.len() > REMEMBERED {
            full.pop_lru();
        }
        standing(after, None)
    }
}

/// The Maps API's answer to one request too many.
pub fn too_many() -> ApiError {
    let message = "You are over platform's limits: too many requests. Please contact us to know more details";
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, message).of_kind("limit").of_subtype("rate-limit")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(user: Option<&str>, part: Option<&str>, requests: u32, seconds: u32) -> Rule {
        let (user, part) = (user.map(str::to_owned), part.map(str::to_owned));
        Rule { user, part, per: Per::Address, requests, seconds }
    }

    const ADDRESS: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)));

    #[test]
    fn requests_are_counted_as_recorded() {
        let limits = RateLimits::new(vec![rule(None, Some("tile"), 2, 60)], false).unwrap_or_default();
        let now = Instant::now();
        let at = |seconds| limits.of_address("ada", "tile", ADDRESS, now + Duration::from_secs(seconds), 1);
        let standing = |remaining, reset, retry_after| Some(Standing { limit: 2, remaining, reset, retry_after });
        assert_eq!(at(0), standing(1, 30, None));
        assert_eq!(at(0), standing(0, 60, None));
        assert_eq!(at(0), standing(0, 60, Some(31)));
        assert_eq!(at(20), standing(0, 40, Some(11)));
        assert_eq!(at(31), standing(0, 59, None));
        assert_eq!(at(1000), standing(1, 30, None));
        let other = Some(IpAddr::from([192, 0, 2, 2]));
        assert_eq!(limits.of_address("ada", "tile", other, now, 1), standing(1, 30, None));
        assert_eq!(limits.of_address("ada", "query", ADDRESS, now, 1), None);
        assert_eq!(limits.of_address("ada", "tile", None, now, 1), None, "this computer");
    }

    #[test]
    fn wrong_keys_count_more() {
        let limits = RateLimits::new(Vec::new(), true).unwrap_or_default();
        let now = Instant::now();
        let attempts = (0..1000).take_while(|_| {
            let standing = limits.of_address("ada", "auth", ADDRESS, now, 1);
            limits.count_failure("ada", ADDRESS, now);
            standing.is_some_and(|standing| standing.retry_after.is_none())
        });
        assert_eq!(attempts.count(), 30);
        // Another address is not concerned, and this computer is counted, too.
        for address in [None, Some(IpAddr::from([192, 0, 2, 2]))] {
            let standing = limits.of_address("ada", "auth", address, now, 1);
            assert_eq!(standing.map(|standing| standing.remaining), Some(299));
        }
    }

    #[test]
    fn defaults_are_rules_and_memory_is_bounded() {
        let limits = RateLimits::new(Vec::new(), true).unwrap_or_default();
        assert!(!limits.rules.is_empty());
        let now = Instant::now();
        for number in 0..150_000_u32 {
            limits.of_address("ada", "tile", Some(IpAddr::V4(number.into())), now, 1);
        }
        assert_eq!(limits.full.lock().map(|full| full.len()).ok(), Some(REMEMBERED));
    }

    #[test]
    fn a_users_own_rule_goes_first() {
        let rules = vec![rule(None, None, 1, 1), rule(Some("ada"), None, 9, 1), rule(Some("ada"), Some("query"), 5, 1)];
        let limits = RateLimits::new(rules, false).unwrap_or_default();
        let limit = |user, part| limits.of_address(user, part, ADDRESS, Instant::now(), 1).map(|given| given.limit);
        assert_eq!((limit("ada", "query"), limit("ada", "tile"), limit("bob", "tile")), (Some(5), Some(9), Some(1)));
        assert!(RateLimits::new(vec![rule(None, Some("nope"), 1, 1)], false).is_err());
        assert!(RateLimits::new(vec![rule(None, None, 0, 1)], false).is_err());
    }
}
