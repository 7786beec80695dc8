//! Files that clients send: a body goes piece by piece into a file without a name, which is gone when it is closed.

use super::import::Aside;
use axum::body::{Body, Bytes};
use futures_util::{Stream, StreamExt};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;

/// Time that one file may take to come.
pub const TIMEOUT: Duration = Duration::from_secs(60 * 60);
/// Time until the next piece of it is there.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pieces that wait for the disc.
const AHEAD: usize = 16;
/// Fields of a form beside the file, and bytes of each.
const MOST_FIELDS: usize = 50;
const LARGEST_FIELD: usize = 4 << 10;
/// Letters of a file's name that are kept.
const LONGEST_NAME: usize = 200;

/// A file that came.
#[derive(Debug)]
pub struct Upload {
    /// Its name, without the directories of whoever sent it.
    pub name: PathBuf,
    /// What is in it.
    pub file: File,
}

/// Why a file is not there.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// It has too many bytes.
    #[error("The file has more than {0} MB, which is all that this server takes")]
    TooLarge(u64),
    /// It did not come in time.
    #[error("The file did not come in time")]
    TooSlow,
    /// The client went away, or what it sent makes no sense.
    #[error("The file did not come whole: {0}")]
    Broken(String),
    /// There is no room for it.
    #[error("The server cannot keep the file: {0}")]
    Disc(std::io::Error),
}

/// What was sent: the file, if there is one, and the fields beside it.
#[derive(Debug, Default)]
pub struct Sent {
    /// The file.
    pub upload: Option<Upload>,
    /// The fields of a form.
    pub fields: Vec<(String, String)>,
}

/// Receives a body that is the file itself.
///
/// # Errors
/// It does not come, or is larger than `most` bytes.
pub async fn receive_file(name: &str, body: Body, most: u64) -> Result<Sent, UploadError> {
    let name = plain_name(name);
    let file = write(pieces(body), most).await?;
    Ok(Sent { upload: Some(Upload { name, file }), fields: Vec::new() })
}

/// Receives a form with a file in the field `file`.
///
/// # Errors
/// It does not come, is no such form, or the file is larger than `most` bytes.
pub async fn receive_form(boundary: String, body: Body, most: u64) -> Result<Sent, UploadError> {
    let mut form = multer::Multipart::new(pieces(body), boundary);
    let mut sent = Sent::default();
    while let Some(mut field) = form.next_field().await.map_err(of_form)? {
        let Some(name) = field.name().map(str::to_owned) else { continue };
        if let Some(file_name) = field.file_name().filter(|_| name == "file").map(plain_name) {
            if sent.upload.is_some() {
                return Err(UploadError::Broken("a form has one file".into()));
            }
            let rest = futures_util::stream::poll_fn(|context| field.poll_next_unpin(context));
            let file = write(rest.map(|piece| piece.map_err(of_form)), most).await?;
            sent.upload = Some(Upload { name: file_name, file });
            continue;
        }
        let mut value = Vec::new();
        while let Some(piece) = field.chunk().await.map_err(of_form)? {
            value.extend_from_slice(&piece);
            if value.len() > LARGEST_FIELD {
                return Err(UploadError::Broken(format!("the field {} is too long", name.escape_debug())));
            }
        }
        sent.fields.push((name, String::from_utf8_lossy(&value).into_owned()));
        if sent.fields.len() > MOST_FIELDS {
            return Err(UploadError::Broken("the form has too many fields".into()));
        }
    }
    Ok(sent)
}

/// Pieces of a body, each of which must come in time.
fn pieces(body: Body) -> impl Stream<Item = Result<Bytes, UploadError>> + Send + Unpin {
    let pieces = futures_util::stream::unfold(body.into_data_stream(), |mut pieces| async {
        let piece = match tokio::time::timeout(PATIENCE, pieces.next()).await {
            Ok(piece) => piece?.map_err(|error| {
                if crate::http::is_too_slow(&error) {
                    UploadError::TooSlow
                } else {
                    UploadError::Broken(error.to_string())
                }
            }),
            Err(_) => Err(UploadError::TooSlow),
        };
        Some((piece, pieces))
    });
    Box::pin(pieces)
}

/// What is wrong with a form, which may be what is wrong with the body.
fn of_form(error: multer::Error) -> UploadError {
    match error {
        multer::Error::StreamReadFailed(cause) => match cause.downcast::<UploadError>() {
            Ok(error) => *error,
            Err(cause) => UploadError::Broken(cause.to_string()),
        },
        error => UploadError::Broken(error.to_string()),
    }
}

/// Writes pieces into a file, in a thread that may wait for the disc.
async fn write(
    mut pieces: impl Stream<Item = Result<Bytes, UploadError>> + Unpin,
    most: u64,
) -> Result<File, UploadError> {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(AHEAD);
    let mut keep = move || {
        let mut file = tempfile::tempfile()?;
        while let Some(piece) = receiver.blocking_recv() {
            file.write_all(&piece)?;
        }
        Ok(file)
    };
    let writing = Aside::new(move || Ok(keep()));
    let mut size = 0;
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        size += piece.len() as u64;
        if size > most {
            return Err(UploadError::TooLarge(most >> 20));
        }
        // Whoever writes has stopped, and says why below.
        if sender.send(piece).await.is_err() {
            break;
        }
    }
    drop(sender);
    let written = writing.done().await.map_err(|error| UploadError::Disc(std::io::Error::other(error)))?;
    written.map_err(UploadError::Disc)
}

/// The name of a file alone, short, and without what no name has.
fn plain_name(name: &str) -> PathBuf {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: Vec<char> = last.chars().filter(|c| !c.is_control()).collect();
    // The ending is what matters most.
    let begin = plain.len().saturating_sub(LONGEST_NAME);
    plain.get(begin..).unwrap_or_default().iter().collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek, SeekFrom};

    fn form(parts: &[(&str, &str)]) -> Body {
        let mut text = String::new();
        for (disposition, content) in parts {
            text.push_str(&format!("--x\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n"));
        }
        Body::from(format!("{text}--x--\r\n"))
    }

    fn content(sent: &mut Sent) -> Option<(String, String)> {
        let upload = sent.upload.as_mut()?;
        let mut text = String::new();
        upload.file.seek(SeekFrom::Start(0)).ok()?;
        upload.file.read_to_string(&mut text).ok()?;
        Some((upload.name.display().to_string(), text))
    }

    #[tokio::test]
    async fn forms_have_a_file_and_fields() {
        let parts = [
            ("name=\"privacy\"", "public"),
            ("name=\"file\"; filename=\"C:\\a\\b c.csv\"", "x\r\ny"),
            ("name=\"n\"", "1"),
        ];
        let mut sent = receive_form("x".into(), form(&parts), 4).await.unwrap();
        assert_eq!(content(&mut sent), Some(("b c.csv".into(), "x\r\ny".into())));
        assert_eq!(sent.fields, [("privacy".into(), "public".into()), ("n".into(), "1".into())]);
        assert!(receive_form("x".into(), form(&[]), 4).await.is_ok_and(|sent| sent.upload.is_none()));
        // A field without the name of a file is none.
        assert!(receive_form("x".into(), form(&[("name=\"file\"", "a")]), 4).await.unwrap().upload.is_none());
    }

    #[tokio::test]
    async fn what_is_too_much_is_refused() {
        let file = [("name=\"file\"; filename=\"a\"", "12345"); 2];
        let refused =
            async |parts: &[(&str, &str)], most| receive_form("x".into(), form(parts), most).await.unwrap_err();
        assert!(matches!(refused(&file[..1], 4).await, UploadError::TooLarge(0)));
        assert!(matches!(refused(&file, 5).await, UploadError::Broken(_)));
        let long = "x".repeat(LARGEST_FIELD + 1);
        assert!(matches!(refused(&[("name=\"a\"", &long)], 5).await, UploadError::Broken(_)));
        assert!(matches!(refused(&[("name=\"a\"", "1"); MOST_FIELDS + 1], 5).await, UploadError::Broken(_)));
        assert!(matches!(receive_file("a", Body::from("12345"), 4).await, Err(UploadError::TooLarge(0))));
        assert!(matches!(receive_form("x".into(), Body::from("--y"), 4).await, Err(UploadError::Broken(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_come_is_not_waited_for() {
        let one = || futures_util::stream::once(async { Ok::<_, std::convert::Infallible>(Bytes::from_static(b"1")) });
        let body = || Body::from_stream(Box::pin(one().chain(futures_util::stream::pending())));
        assert!(matches!(receive_file("a", body(), 4).await, Err(UploadError::TooSlow)));
        assert!(matches!(receive_form("x".into(), body(), 4).await, Err(UploadError::TooSlow)));
    }

    #[test]
    fn names_are_those_of_files() {
        let name = |name: &str| plain_name(name).display().to_string();
        assert_eq!(name("../../etc/a.csv"), "a.csv");
        assert_eq!(name("C:\\Users\\me\\b.csv"), "b.csv");
        assert_eq!(name("a\n\0b.csv"), "ab.csv");
        let long = name(&format!("{}.csv", "\u{e9}".repeat(500)));
        assert!(long.chars().count() == LONGEST_NAME && long.ends_with(".csv"));
    }
}
