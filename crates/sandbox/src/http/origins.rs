//! Which pages are trusted with master keys, and under which names the server manages keys.
//!
//! A browser tells with each request where it comes from (`Origin`, `Referer`, `Sec-Fetch-Site`), which keeps pages of other
//! origins from changing things, and which name it was sent to (`Host`), which keeps out names that somebody else has
//! pointed to this address (DNS rebinding). Programs tell nothing of the kind, and are trusted with the key they have.

use crate::StartError;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use std::net::{IpAddr, Ipv6Addr};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A host as the names of origins and `Host` have it, in one spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Name(String),
    Address(IpAddr),
}

impl Host {
    fn read(text: &str) -> Option<Host> {
        if let Some(inside) = text.strip_prefix('[') {
            let address: Ipv6Addr = inside.strip_suffix(']')?.parse().ok()?;
            return Some(Host::Address(address.to_canonical()));
        }
        let text = text.strip_suffix('.').unwrap_or(text);
        if let Ok(IpAddr::V4(address)) = text.parse() {
            return Some(Host::Address(address.into()));
        }
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        text.split('.').all(is_label).then(|| Host::Name(text.to_ascii_lowercase()))
    }

    /// Whether it is this computer, whatever a name server says.
    fn is_local(&self) -> bool {
        match self {
            Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Address(address) => address.is_loopback(),
        }
    }
}

/// A host with a port, where one is said.
fn host_and_port(text: &str) -> Option<(Host, Option<u16>)> {
    let at = text.rfind(':').filter(|at| text.rfind(']').is_none_or(|bracket| bracket < *at));
    let Some((host, port)) = at.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) else {
        return Some((Host::read(text)?, None));
    };
    if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((Host::read(host)?, Some(port.parse().ok()?)))
}

/// Where a page comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    is_secure: bool,
    host: Host,
    port: u16,
}

impl Origin {
    /// Reads `https://host:port`, and nothing else than that.
    fn read(text: &str) -> Option<Origin> {
        let (scheme, rest) = text.split_once("://")?;
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let (host, port) = host_and_port(rest)?;
        Some(Origin { is_secure, host, port: port.unwrap_or(if is_secure { 443 } else { 80 }) })
    }

    /// The origin of a page's address.
    fn of_page(address: &str) -> Option<Origin> {
        let begin = address.find("://")? + 3;
        let end = address.get(begin..)?.find(['/', '?', '#']).map_or(address.len(), |at| begin + at);
        Origin::read(address.get(..end)?)
    }

    /// Whether `Host` names the same: a proxy in between may have another scheme.
    fn is_at(&self, (host, port): &(Host, Option<u16>)) -> bool {
        let default = if self.is_secure { 443 } else { 80 };
        self.host == *host && self.port == port.unwrap_or(default)
    }
}

/// A name, or all names below one.
#[derive(Clone, Debug)]
enum PublicHost {
    One(Host),
    Below(String),
}

impl PublicHost {
    fn read(text: &str) -> Option<PublicHost> {
        match text.strip_prefix("*.") {
            Some(name) => match Host::read(name)? {
                Host::Name(name) => Some(PublicHost::Below(format!(".{name}"))),
                Host::Address(_) => None,
            },
            // A port is of no use, but easily written.
            None => host_and_port(text).map(|(host, _)| PublicHost::One(host)),
        }
    }

    fn is(&self, host: &Host) -> bool {
        match (self, host) {
            (PublicHost::One(known), host) => known == host,
            (PublicHost::Below(end), Host::Name(name)) => name.ends_with(end),
            (PublicHost::Below(_), Host::Address(_)) => false,
        }
    }
}

/// Whom the operator trusts.
#[derive(Clone, Debug)]
pub struct Trust {
    listen: IpAddr,
    origins: Vec<Origin>,
    hosts: Vec<PublicHost>,
}

impl Trust {
    /// Trusts this computer, the address that is listened on, and what the operator names.
    ///
    /// # Errors
    /// An origin is none, or a host is none.
    pub fn new(listen: IpAddr, origins: &[String], hosts: &[String]) -> Result<Trust, StartError> {
        let origin = |text: &String| {
            let wrong = || StartError(format!("\"{text}\" is no origin, such as https://maps.example.com."));
            Origin::read(text.strip_suffix('/').unwrap_or(text)).ok_or_else(wrong)
        };
        let host = |text: &String| {
            let wrong =
                || StartError(format!("\"{text}\" is no host, such as maps.example.com or *.maps.example.com."));
            PublicHost::read(text).ok_or_else(wrong)
        };
        Ok(Trust {
            listen: listen.to_canonical(),
            origins: origins.iter().map(origin).collect::<Result<_, _>>()?,
            hosts: hosts.iter().map(host).collect::<Result<_, _>>()?,
        })
    }

    /// Whether keys are managed under the name that a request was sent to; a request without one is no browser's.
    pub fn has_host(&self, sent_to: Option<&str>) -> bool {
        sent_to.is_none_or(|text| host_and_port(text).is_some_and(|(host, _)| self.is_public(&host)))
    }

    fn is_public(&self, host: &Host) -> bool {
        let is_listened_on = match host {
            // Nobody can point an address somewhere else.
            Host::Address(address) => *address == self.listen || self.listen.is_unspecified(),
            Host::Name(_) => false,
        };
        host.is_local()
            || is_listened_on
            || self.hosts.iter().any(|known| known.is(host))
            || self.origins.iter().any(|origin| origin.host == *host)
    }

    /// Whether pages of an origin may manage keys.
    pub fn has_origin(&self, origin: &HeaderValue, sent_to: Option<&str>) -> bool {
        origin.to_str().ok().and_then(Origin::read).is_some_and(|origin| self.is_trusted(&origin, sent_to))
    }

    fn is_trusted(&self, origin: &Origin, sent_to: Option<&str>) -> bool {
        let own = sent_to.and_then(host_and_port).filter(|(host, _)| self.is_public(host));
        origin.host.is_local() || self.origins.contains(origin) || own.is_some_and(|own| origin.is_at(&own))
    }

    /// Whether a browser sent a request for a page that is not trusted.
    pub fn is_foreign(&self, headers: &HeaderMap, sent_to: Option<&str>) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).iter().peekable();
        if origins.peek().is_some() {
            return !origins.all(|origin| self.has_origin(origin, sent_to));
        }
        // Requests for pictures and links have no origin, but mostly the address of the page.
        if let Some(page) = headers.get(header::REFERER) {
            let origin = page.to_str().ok().and_then(Origin::of_page);
            return !origin.is_some_and(|origin| self.is_trusted(&origin, sent_to));
        }
        // A page that keeps its address to itself cannot keep this one.
        headers.get(SEC_FETCH_SITE).is_some_and(|site| site != "same-origin" && site != "none")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust() -> Trust {
        let listen = IpAddr::from([192, 168, 7, 7]);
        let (origins, hosts) = (["https://maps.example.com/".to_owned()], ["*.keys.example.org".to_owned()]);
        match Trust::new(listen, &origins, &hosts) {
            Ok(trust) => trust,
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn origins_are_read_whole() {
        let trust = trust();
        let has = |origin: &str| HeaderValue::from_str(origin).is_ok_and(|origin| trust.has_origin(&origin, None));
        for origin in [
            "http://localhost",
            "http://localhost:8181",
            "HTTP://LOCALHOST:8181",
            "http://localhost.:8181",
            "http://demo.localhost",
            "http://127.0.0.1:1",
            "http://127.8.8.8",
            "https://[::1]:99",
            "http://[::ffff:127.0.0.1]",
            "https://maps.example.com",
            "https://maps.example.com:443",
            "https://Maps.Example.Com.",
        ] {
            assert!(has(origin), "{origin}");
        }
        for origin in [
            "",
            "null",
            "localhost",
            "//localhost",
            "ftp://localhost",
            "file://",
            "file://localhost",
            "chrome-extension://localhost",
            "javascript://localhost",
            "http://localhost.evil.com",
            "http://127.0.0.1.evil.com",
            "http://evil.com/localhost",
            "http://localhost@evil.com",
            "http://localhost:80@evil.com",
            "http://evil.com#localhost",
            "http://evil.com\\localhost",
            "http://localhost/",
            "http://localhost:",
            "http://localhost:x",
            "http://localhost:99999",
            "http://localhost,http://evil.com",
            "http:// localhost",
            "http://localhost..",
            "http://.localhost",
            "http://notlocalhost",
            "http://evillocalhost",
            "http://127.0.0.1:80:80",
            "http://[::1",
            "http://::1",
            "http://[127.0.0.1]",
            "http://0.0.0.0",
            "http://2130706433",
            "http://0x7f.1",
            "http://%6cocalhost",
            "http://l\u{f6}calhost",
            "http://maps.example.com",
            "https://maps.example.com:8443",
            "https://maps.example.com.evil.org",
            "https://evil.maps.example.com",
            "http://192.168.7.7",
        ] {
            assert!(!has(origin), "{origin}");
        }
    }

    #[test]
    fn names_that_keys_are_managed_under_are_known() {
        let trust = trust();
        for host in [
            "localhost:8182",
            "LOCALHOST",
            "demo.localhost:8182",
            "127.0.0.1:1",
            "[::1]:8182",
            "192.168.7.7:8182",
            "maps.example.com",
            "maps.example.com:443",
            "ada.keys.example.org",
        ] {
            assert!(trust.has_host(Some(host)), "{host}");
        }
        for host in [
            "",
            "evil.com",
            "localhost.evil.com:8182",
            "127.0.0.1.evil.com",
            "127.0.0.1.nip.io",
            "192.168.7.8",
            "keys.example.org",
            "evilkeys.example.org",
            "localhost@evil.com",
            "evil.com:localhost",
            "localhost:80, evil.com",
        ] {
            assert!(!trust.has_host(Some(host)), "{host}");
        }
        assert!(trust.has_host(None), "a program that says nothing");
        let open = Trust::new(IpAddr::from([0, 0, 0, 0]), &[], &[]);
        assert!(open.is_ok_and(|open| open.has_host(Some("10.0.0.9:80")) && !open.has_host(Some("evil.com"))));
        for wrong in ["localhost", "ftp://a", "https://a/b", "*"] {
            assert!(Trust::new(IpAddr::from([127, 0, 0, 1]), &[wrong.into()], &[]).is_err(), "{wrong}");
        }
        assert!(Trust::new(IpAddr::from([127, 0, 0, 1]), &[], &["https://a".into()]).is_err());
    }

    #[test]
    fn browsers_tell_whose_request_it_is() {
        let trust = trust();
        let is_foreign = |told: &[(&str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in told {
                let name = HeaderName::from_bytes(name.as_bytes());
                if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
                    headers.append(name, value);
                }
            }
            trust.is_foreign(&headers, Some("192.168.7.7:8182"))
        };
        assert!(!is_foreign(&[]), "a program");
        assert!(!is_foreign(&[("origin", "http://192.168.7.7:8182")]), "our own address");
        assert!(is_foreign(&[("origin", "http://192.168.7.7:8181")]), "another port of it");
        assert!(!is_foreign(&[("origin", "http://localhost:8181"), ("sec-fetch-site", "cross-site")]));
        assert!(is_foreign(&[("origin", "null")]));
        assert!(is_foreign(&[("origin", "http://localhost"), ("origin", "http://evil.com")]));
        assert!(is_foreign(&[("origin", "https://evil.com"), ("referer", "http://localhost/")]));
        assert!(is_foreign(&[("referer", "https://evil.com/localhost")]));
        assert!(is_foreign(&[("referer", "https://localhost@evil.com/")]));
        assert!(!is_foreign(&[("referer", "http://localhost:8181/keys.html?x"), ("sec-fetch-site", "cross-site")]));
        for (site, foreign) in [("cross-site", true), ("same-site", true), ("same-origin", false), ("none", false)] {
            assert_eq!(is_foreign(&[("sec-fetch-site", site)]), foreign, "{site}");
        }
        // A name that somebody points here is no address of ours.
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static("http://evil.com:8182"));
        assert!(trust.is_foreign(&headers, Some("evil.com:8182")));
    }
}
