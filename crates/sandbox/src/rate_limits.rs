//! How often users may ask, as real servers limit it: each part of the APIs by itself, requests spread over time.

use crate::errors::ApiError;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Users and parts that are remembered; beyond it those that may ask again anyway are forgotten.
const REMEMBERED: usize = 100_000;

/// Parts of the APIs that limits are for.
pub const PARTS: &[&str] =
    &["analysis", "anonymous", "attributes", "cluster", "dataview", "dataview_search", "query", "static", "tile"];

/// A limit.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Whom it is for; everybody else when it is not said.
    pub user: Option<String>,
    /// One of [`PARTS`]: `anonymous` makes maps, `query` is the SQL API; all parts, each by itself, when it is not said.
    pub part: Option<String>,
    /// Requests within [`Rule::seconds`].
    pub requests: u32,
    /// A time in seconds.
    pub seconds: u32,
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

/// All limits, and who has asked when.
#[derive(Debug, Default)]
pub struct RateLimits {
    rules: Vec<Rule>,
    /// When each user will have all requests of a part again.
    full: Mutex<HashMap<(String, &'static str), Instant>>,
}

impl RateLimits {
    /// Limits by rules; the first one that fits counts, those for a user before those for everybody.
    ///
    /// # Errors
    /// A rule makes no sense.
    pub fn new(mut rules: Vec<Rule>) -> Result<RateLimits, String> {
        for rule in &rules {
            if rule.requests == 0 || rule.seconds == 0 {
                return Err("A rate limit needs requests and seconds, both at least 1.".into());
            }
            if let Some(part) = rule.part.as_deref().filter(|part| !PARTS.contains(part)) {
                return Err(format!("There is no part \"{part}\" to limit: {}.", PARTS.join(", ")));
            }
        }
        rules.sort_by_key(|rule| (rule.user.is_none(), rule.part.is_none()));
        Ok(RateLimits { rules, full: Mutex::default() })
    }

    /// Counts a request; `None` where there is no limit.
    pub fn count(&self, user: &str, part: &'static str, now: Instant) -> Option<Standing> {
        let fits = |rule: &&Rule| {
            rule.user.as_deref().is_none_or(|of| of == user) && rule.part.as_deref().is_none_or(|of| of == part)
        };
        let rule = self.rules.iter().find(fits)?;
        let interval = Duration::from_secs(rule.seconds.into()) / rule.requests;
        let whole = interval * rule.requests;
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        if full.len() > REMEMBERED {
            full.retain(|_, then| *then > now);
        }
        let then = full.get(&(user.to_owned(), part)).copied().unwrap_or(now).max(now);
        let after = then + interval;
        let standing = |then: Instant, retry_after| {
            let missing = then.saturating_duration_since(now);
            let left = (whole - missing.min(whole)).as_nanos() / interval.as_nanos().max(1);
            let remaining = u32::try_from(left).unwrap_or(u32::MAX);
            Standing { limit: rule.requests, remaining, reset: missing.as_secs_f64().round() as u64, retry_after }
        };
        if after.saturating_duration_since(now) > whole {
            let wait = (after - whole).saturating_duration_since(now);
            // Rounded up: who waits so long is let in.
            return Some(standing(then, Some(wait.as_secs() + 1)));
        }
        full.insert((user.to_owned(), part), after);
        Some(standing(after, None))
    }
}

/// The Maps API's answer to one request too many.
pub fn too_many() -> ApiError {
    let message = "You are over platform's limits: too many requests. Please contact us to know more details";
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, message).of_kind("limit").of_subtype("rate-limit")
}

/// The part that the rest of an address of the Maps API belongs to.
pub fn part_of_maps(segments: &[String]) -> &'static str {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        [] => "anonymous",
        ["static", ..] => "static",
        [_, "dataview", _, "search"] => "dataview_search",
        [_, "dataview", ..] => "dataview",
        [_, "analysis", ..] => "analysis",
        [_, _, "attributes", _] => "attributes",
        [_, _, _, "cluster", _] => "cluster",
        _ => "tile",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(user: Option<&str>, part: Option<&str>, requests: u32, seconds: u32) -> Rule {
        Rule { user: user.map(str::to_owned), part: part.map(str::to_owned), requests, seconds }
    }

    #[test]
    fn requests_are_counted_as_recorded() {
        let limits = RateLimits::new(vec![rule(None, Some("tile"), 2, 60)]).unwrap_or_default();
        let now = Instant::now();
        let at = |seconds| limits.count("ada", "tile", now + Duration::from_secs(seconds));
        let standing = |remaining, reset, retry_after| Some(Standing { limit: 2, remaining, reset, retry_after });
        assert_eq!(at(0), standing(1, 30, None));
        assert_eq!(at(0), standing(0, 60, None));
        assert_eq!(at(0), standing(0, 60, Some(31)));
        assert_eq!(at(20), standing(0, 40, Some(11)));
        assert_eq!(at(31), standing(0, 59, None));
        assert_eq!(at(1000), standing(1, 30, None));
        assert_eq!(limits.count("bob", "tile", now), standing(1, 30, None));
        assert_eq!(limits.count("ada", "query", now), None);
    }

    #[test]
    fn a_users_own_rule_goes_first() {
        let rules = vec![rule(None, None, 1, 1), rule(Some("ada"), None, 9, 1), rule(Some("ada"), Some("query"), 5, 1)];
        let limits = RateLimits::new(rules).unwrap_or_default();
        let limit = |user, part| limits.count(user, part, Instant::now()).map(|standing| standing.limit);
        assert_eq!((limit("ada", "query"), limit("ada", "tile"), limit("bob", "tile")), (Some(5), Some(9), Some(1)));
        assert!(RateLimits::new(vec![rule(None, Some("nope"), 1, 1)]).is_err());
        assert!(RateLimits::new(vec![rule(None, None, 0, 1)]).is_err());
    }

    #[test]
    fn addresses_have_their_part() {
        let part = |path: &str| {
            part_of_maps(&path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(part(""), "anonymous");
        assert_eq!(part("a:1/0/1/2/3.png"), "tile");
        assert_eq!(part("a:1/1/2/3.png"), "tile");
        assert_eq!(part("a:1/dataview/x"), "dataview");
        assert_eq!(part("a:1/dataview/x/search"), "dataview_search");
        assert_eq!(part("a:1/0/attributes/3"), "attributes");
        assert_eq!(part("static/center/a:1/1/0/0/1/1.png"), "static");
    }
}
