//! Pictures that styles draw: those of data URLs, and those of hosts that the operator trusts.
//!
//! A server that fetched every address that a style names could be sent anywhere in its own network: no host is asked
//! that was not allowed, and none that one of them redirects to.

use crate::map::error::ApiError;
use crate::render::drawing::Drawings;
use axum::http::Uri;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cartocss::Stylesheet;
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Bytes of a fetched picture.
const MOST_BYTES: u64 = 512 * 1024;
/// Pictures of one style.
const MOST_PICTURES: usize = 64;
/// Bytes of all pictures that are kept.
const MOST_KEPT: u64 = 32 << 20;
/// How long a picture is kept before it is fetched again.
const KEPT: Duration = Duration::from_secs(600);
/// Time to fetch a picture.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pictures that are fetched at a time.
const MOST_FETCHES: usize = 16;

/// Fetches pictures, and keeps them for a while.
#[derive(Debug)]
pub struct Pictures {
    /// Lowercase names, with a port where it is not the scheme's own.
    hosts: Vec<String>,
    agent: ureq::Agent,
    fetches: Semaphore,
    kept: Cache<String, Arc<str>>,
}

impl Pictures {
    /// Pictures of these hosts, such as `icons.example.com` or `localhost:8000`.
    pub fn new(hosts: &[String]) -> Pictures {
        let agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0).build().into();
        let hosts = hosts.iter().map(|host| host.trim().to_ascii_lowercase()).collect();
        let size = |address: &String, data: &Arc<str>| u32::try_from(address.len() + data.len()).unwrap_or(u32::MAX);
        let kept = Cache::builder().max_capacity(MOST_KEPT).weigher(size).time_to_live(KEPT).build();
        Pictures { hosts, agent, fetches: Semaphore::new(MOST_FETCHES), kept }
    }

    /// Puts the data of all pictures into a style in place of their addresses, and looks at them if it is told where.
    ///
    /// # Errors
    /// 400, after the name of the style: a host that is not allowed or has no such picture, or data that are none.
    pub async fn embed(&self, style: &mut Stylesheet, name: &str, checked: Option<&Drawings>) -> Result<(), ApiError> {
        let addresses = style.pictures();
        if addresses.len() > MOST_PICTURES {
            let message = format!("{name}: a style may have {MOST_PICTURES} pictures");
            return Err(ApiError::bad_request(message).of_kind("layer"));
        }
        for address in addresses {
            let refused = |why: String| {
                ApiError::bad_request(format!("{name}: the picture {} cannot be drawn: {why}", shown(&address)))
                    .of_kind("layer")
            };
            let data = self.data(&address).await.map_err(&refused)?;
            if let Some(drawings) = checked {
                let looked = data.clone();
                let found = drawings.read(move |_| tiles::check_picture(&looked)).await?;
                found.map_err(|error| refused(error.to_string()))?;
            }
            style.embed_picture(&address, &data);
        }
        Ok(())
    }

    /// The data URL of a picture.
    async fn data(&self, address: &str) -> Result<Arc<str>, String> {
        if address.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
            return Ok(address.into());
        }
        let host = host_of(address).ok_or("its address is neither a data URL nor one of http or https")?;
        if !self.hosts.contains(&host) {
            return Err(format!("this server fetches no pictures from {host}; send it as a data URL"));
        }
        // Requests that want it at the same time wait for one answer.
        let fetched = self.kept.try_get_with_by_ref(address, async {
            let data = format!("data:;base64,{}", STANDARD.encode(self.fetch(address).await?));
            Ok::<_, String>(Arc::from(data))
        });
        fetched.await.map_err(Arc::unwrap_or_clone)
    }

    /// The bytes of a tile of another server, which is asked anew each time.
    ///
    /// # Errors
    /// In a part of a sentence: a host that is not allowed, or has no such tile.
    pub async fn tile(&self, address: &str) -> Result<Vec<u8>, String> {
        let host = host_of(address).ok_or("its address is none of http or https")?;
        if !self.hosts.contains(&host) {
            return Err(format!(
                "this server fetches no tiles from {host}; its operator allows hosts with --picture-host"
            ));
        }
        self.fetch(address).await
    }

    /// Fetches from a host that is allowed.
    async fn fetch(&self, address: &str) -> Result<Vec<u8>, String> {
        let turn = tokio::time::timeout(PATIENCE, self.fetches.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err("too many others are fetched at the moment".into()) };
        let (agent, wanted) = (self.agent.clone(), address.to_owned());
        let fetched = tokio::task::spawn_blocking(move || fetch(&agent, &wanted)).await;
        fetched.map_err(|_| "it cannot be fetched".to_owned())?
    }
}

/// The host of an address of the web, with its port where one is named.
fn host_of(address: &str) -> Option<String> {
    let uri = address.parse::<Uri>().ok().filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")))?;
    // Who is named before an @ is no host.
    Some(uri.authority()?.as_str().rsplit('@').next()?.to_ascii_lowercase())
}

fn fetch(agent: &ureq::Agent, address: &str) -> Result<Vec<u8>, String> {
    let mut answer = agent.get(address).call().map_err(|error| match error {
        ureq::Error::StatusCode(status) => format!("its host answers {status}"),
        ureq::Error::Timeout(_) => "its host takes too long".to_owned(),
        _ => "its host cannot be reached".to_owned(),
    })?;
    // With no redirects allowed, one is an answer like others.
    if answer.status() != 200 {
        return Err(format!("its host answers {}", answer.status().as_u16()));
    }
    let bytes = answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
    bytes.map_err(|_| format!("it has more than {MOST_BYTES} bytes, or is cut off"))
}

/// The beginning of an address, for a message; queries may hold keys.
pub(super) fn shown(address: &str) -> String {
    const LONGEST: usize = 80;
    let plain = address.split(['?', '#']).next().unwrap_or_default();
    let short: String = plain.chars().take(LONGEST).collect();
    if short.len() < address.len() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const SVG: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'><rect width='4' height='4'/></svg>";

    /// A host with a picture, a redirection and something that is none.
    fn host() -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (name, asked) = (listener.local_addr().unwrap().to_string(), Arc::new(AtomicUsize::new(0)));
        let count = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let mut request = [0; 1024];
                let length = stream.read(&mut request).unwrap();
                let path = String::from_utf8_lossy(&request[..length]).split(' ').nth(1).unwrap().to_owned();
                let (head, body) = match path.as_str() {
                    "/a.svg" => ("200 OK", SVG),
                    "/text" => ("200 OK", "nothing to see"),
                    "/away" => ("302 Found\r\nlocation: http://127.0.0.1:1/", ""),
                    _ => ("404 Not Found", ""),
                };
                let length = body.len();
                write!(stream, "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
                    .unwrap();
            }
        });
        (name, asked)
    }

    async fn drawn(pictures: &Pictures, address: &str) -> Result<Stylesheet, String> {
        let mut style = Stylesheet::parse(&format!("#l {{ marker-file: url('{address}'); }}")).unwrap();
        let drawings = Drawings::new(2, Duration::from_secs(10));
        pictures.embed(&mut style, "style0", Some(&drawings)).await.map_err(|error| error.message)?;
        Ok(style)
    }

    #[tokio::test]
    async fn allowed_hosts_are_asked_once() {
        let (host, asked) = host();
        let pictures = Pictures::new(std::slice::from_ref(&host));
        let address = format!("http://{host}/a.svg");
        let (one, other) = tokio::join!(drawn(&pictures, &address), drawn(&pictures, &address));
        for style in [one, other, drawn(&pictures, &address).await] {
            assert!(style.unwrap().pictures()[0].starts_with("data:;base64,"));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_drawn_is_told() {
        let (host, asked) = host();
        let pictures = Pictures::new(std::slice::from_ref(&host));
        let why = async |address: &str| drawn(&pictures, address).await.unwrap_err();
        let away = why(&format!("http://{host}/away")).await;
        assert!(away.starts_with("style0: the picture http://127.0.0.1:") && away.ends_with("its host answers 302"));
        let none = why(&format!("http://{host}/none?api_key=sesame")).await;
        assert!(none.ends_with("/none… cannot be drawn: its host answers 404"), "{none}");
        assert!(why(&format!("http://{host}/text")).await.contains("neither an SVG nor a PNG"));
        let before = asked.load(Ordering::SeqCst);
        for foreign in ["http://169.254.169.254/latest", &format!("http://{host}@example.com/a.svg")] {
            assert!(why(foreign).await.contains("this server fetches no pictures from"), "{foreign}");
        }
        assert!(why("file:///etc/passwd").await.contains("neither a data URL nor"));
        assert!(why("../a.svg").await.contains("neither a data URL nor"));
        assert_eq!(asked.load(Ordering::SeqCst), before);
    }

    #[tokio::test]
    async fn data_urls_need_no_host() {
        let pictures = Pictures::new(&[]);
        let encoded = STANDARD.encode(SVG);
        assert!(drawn(&pictures, &format!("data:image/svg+xml;base64,{encoded}")).await.is_ok());
        assert!(drawn(&pictures, "data:text/plain,hello").await.is_err());
    }
}
