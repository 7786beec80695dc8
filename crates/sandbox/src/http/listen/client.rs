//! Which address a request comes from, also where proxies stand in between.

use crate::StartError;
use axum::http::{HeaderMap, HeaderName};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The address that a request comes from; none for this computer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Client(pub Option<IpAddr>);

/// How the client reaches the server, where a trusted proxy tells it. It is for addresses in answers: what is refused by the
/// name that a request was sent to is refused by `Host`, which pages cannot choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// Whether the client speaks TLS.
    pub is_secure: bool,
    /// The host that the client knows, with its port.
    pub host: Option<String>,
}

/// The proxies whose word is taken for where requests come from: those of this computer, and those that are named.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<Network>);

/// Addresses with a common beginning.
#[derive(Clone, Copy, Debug)]
struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    fn read(text: &str) -> Option<Network> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok()).filter(|bits| *bits <= most)?;
        Some(Network { address, bits })
    }

    fn has(&self, other: IpAddr) -> bool {
        let differing = match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (own.to_bits() ^ other.to_bits()).checked_shr(32 - self.bits),
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = (own.to_bits() ^ other.to_bits()).checked_shr(128 - self.bits);
                return differing.unwrap_or(0) == 0;
            }
            _ => return false,
        };
        differing.unwrap_or(0) == 0
    }
}

impl Proxies {
    /// Proxies by address or network, such as `10.0.0.0/8`.
    ///
    /// # Errors
    /// One is neither.
    pub fn new(named: &[String]) -> Result<Proxies, StartError> {
        let wrong = |text: &str| {
            StartError(format!("\"{text}\" is no address of a proxy, such as 192.0.2.7 or a network 10.0.0.0/8."))
        };
        Ok(Proxies(named.iter().map(|text| Network::read(text).ok_or_else(|| wrong(text))).collect::<Result<_, _>>()?))
    }

    /// Whether an address is this computer's or a named proxy's.
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || self.0.iter().any(|network| network.has(address))
    }

    /// Where a request comes from: the last address that no trusted proxy has.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let mut client = peer.to_canonical();
        let lines: Vec<&str> =
            headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default()).collect();
        let mut told = lines.iter().rev().flat_map(|line| line.rsplit(','));
        while self.is_trusted(client) {
            match told.next().and_then(address) {
                Some(address) => client = address,
                None => break,
            }
        }
        Client(Some(client).filter(|client| !client.is_loopback()))
    }

    /// What the proxy that sends a request tells of its client, if it is a trusted one.
    pub fn forwarded(&self, peer: IpAddr, headers: &HeaderMap) -> Forwarded {
        if !self.is_trusted(peer) {
            return Forwarded::default();
        }
        // Of several proxies the first one has seen the client.
        let first = |name: HeaderName| {
            let line = headers.get(name)?.to_str().ok()?;
            line.split(',').next().map(str::trim).filter(|text| !text.is_empty())
        };
        let is_secure = first(FORWARDED_PROTO).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        Forwarded { is_secure, host: first(FORWARDED_HOST).map(str::to_owned) }
    }
}

/// An address as proxies write it, some with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// What counts as one address: somebody with one address of IPv6 has a network of them.
pub fn bucket(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn client(peer: &str, told: &[&'static str], named: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in told {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        let named: Vec<String> = named.iter().map(|text| (*text).to_owned()).collect();
        let proxies = Proxies::new(&named).unwrap_or_default();
        peer.parse().ok().and_then(|peer| proxies.client(peer, &headers).0).map(|address| address.to_string())
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let of = |text: &str| Some(text.to_owned());
        assert_eq!(client("192.0.2.1", &["198.51.100.7"], &[]), of("192.0.2.1"));
        assert_eq!(client("127.0.0.1", &[], &[]), None);
        assert_eq!(client("127.0.0.1", &["198.51.100.7"], &[]), of("198.51.100.7"));
        // What the client itself wrote stands before what the proxy added.
        assert_eq!(client("127.0.0.1", &["1.1.1.1, 198.51.100.7"], &[]), of("198.51.100.7"));
        assert_eq!(client("10.0.0.2", &["1.1.1.1", "198.51.100.7, 10.9.9.9"], &["10.0.0.0/8"]), of("198.51.100.7"));
        assert_eq!(client("10.0.0.2", &["nonsense"], &["10.0.0.2"]), of("10.0.0.2"));
        assert_eq!(client("::1", &["[2001:db8::7]:443"], &[]), of("2001:db8::7"));
        assert_eq!(client("::ffff:10.0.0.2", &["198.51.100.7:99"], &["10.0.0.2"]), of("198.51.100.7"));
        assert_eq!(client("10.0.0.2", &["198.51.100.7"], &["0.0.0.0/0"]), of("198.51.100.7"));
    }

    #[test]
    fn only_trusted_proxies_tell_of_the_client() {
        let of = |peer: &str, told: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in told {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            let proxies = Proxies::new(&["10.0.0.0/8".to_owned()]).unwrap_or_default();
            let forwarded = peer.parse().map(|peer| proxies.forwarded(peer, &headers)).unwrap_or_default();
            (forwarded.is_secure, forwarded.host)
        };
        let maps = || Some("maps.example.com".to_owned());
        let both = [("x-forwarded-proto", "HTTPS"), ("x-forwarded-host", "maps.example.com")];
        assert_eq!(of("10.0.0.7", &both), (true, maps()));
        assert_eq!(of("127.0.0.1", &both), (true, maps()));
        assert_eq!(of("192.0.2.7", &both), (false, None));
        let chain = [("x-forwarded-proto", "https, http"), ("x-forwarded-host", "maps.example.com, inner:80")];
        assert_eq!(of("10.0.0.7", &chain), (true, maps()));
        assert_eq!(of("10.0.0.7", &[("x-forwarded-proto", "http"), ("x-forwarded-host", " ")]), (false, None));
        assert_eq!(of("10.0.0.7", &[("x-forwarded-proto", "javascript")]), (false, None));
    }

    #[test]
    fn networks_are_checked() {
        for wrong in ["", "a", "10.0.0.0/33", "10.0.0.0/x", "::/129"] {
            assert!(Proxies::new(&[wrong.into()]).is_err(), "{wrong}");
        }
        let network = Network::read("2001:db8::/32");
        assert!(network.is_some_and(|network| network.has(IpAddr::from([0x2001, 0xdb8, 9, 0, 0, 0, 0, 1]))));
        assert!(network.is_some_and(|network| !network.has(IpAddr::from([0x2001, 0xdb9, 0, 0, 0, 0, 0, 1]))));
    }
}
