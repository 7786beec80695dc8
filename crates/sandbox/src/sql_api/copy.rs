//! `COPY` over HTTP: rows in and out as streams, packed with gzip if the client wants.

use super::error::SqlError;
use super::{Extent, note_changes};
use crate::Sandbox;
use crate::accounts::keys::{Account, Key};
use crate::db::QueryError;
use crate::db::copy::CopyError;
use crate::sql_guard::GuardError;
use crate::sql_guard::copy::{CheckedCopy, check_copy};
use axum::body::{Body, Bytes};
use flate2::Compression;
use flate2::write::{GzEncoder, MultiGzDecoder};
use futures_util::{Stream, StreamExt};
use std::io::Write;
use std::time::Duration;

/// Time that one `COPY` may take.
pub const TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// Time until the next piece of the rows is there.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes that are unpacked at once: each may become a thousand.
const UNPACKED_AT_ONCE: usize = 4 << 10;

/// Checks the statement of a request; `is_in` is which way its rows should go.
///
/// # Errors
/// It is another statement, or not allowed.
pub fn checked(query: Option<&str>, is_in: bool) -> Result<CheckedCopy, SqlError> {
    let query = query.map(str::trim).filter(|query| !query.is_empty());
    let query = query.ok_or_else(|| SqlError::bad_request("SQL is missing"))?;
    let copy = check_copy(query).map_err(|refusal| match refusal {
        GuardError::Forbidden(message) => SqlError::forbidden(message),
        GuardError::TooLong => SqlError::bad_request("The query is too long for the sandbox"),
        GuardError::NotAQuery => SqlError::bad_request(match is_in {
            true => "The sandbox runs COPY table (columns) FROM STDIN here, with options in parentheses",
            false => {
                "The sandbox runs COPY table TO STDOUT or COPY (query) TO STDOUT here, with options in parentheses"
            }
        }),
    })?;
    match (is_in, copy.into.is_some()) {
        (true, false) => Err(SqlError::bad_request("COPY … TO STDOUT goes to /api/v2/sql/copyto")),
        (false, true) => Err(SqlError::bad_request("COPY … FROM STDIN goes to /api/v2/sql/copyfrom")),
        _ => Ok(copy),
    }
}

/// Puts the rows of a body into a table; tells how many there were.
///
/// # Errors
/// As real servers answer them.
pub async fn copy_in(
    sandbox: &Sandbox,
    account: &Account,
    key: &Key,
    copy: CheckedCopy,
    body: Body,
    is_packed: bool,
) -> Result<u64, SqlError> {
    let pieces = in_time(body.into_data_stream());
    let count = match is_packed {
        true => sandbox.database.copy_in(&key.role, copy.sql, unpacked(pieces), TIMEOUT).await,
        false => sandbox.database.copy_in(&key.role, copy.sql, pieces, TIMEOUT).await,
    };
    let count = count.map_err(|error| match error {
        CopyError::Query(error) => error.into(),
        CopyError::Data(words) => SqlError::bad_request(words),
    })?;
    note_changes(&sandbox.database, account, &Vec::from_iter(copy.into), Extent::ManyRows).await?;
    Ok(count)
}

/// The rows of a query as a body.
///
/// # Errors
/// As real servers answer them.
pub async fn copy_out(sandbox: &Sandbox, key: &Key, copy: CheckedCopy, is_packed: bool) -> Result<Body, SqlError> {
    let mut pieces = sandbox.database.copy_out(&key.role, copy.sql, TIMEOUT).await?;
    // The status of an answer is told before its body.
    let first = pieces.recv().await.transpose()?;
    let rest = futures_util::stream::unfold(pieces, |mut pieces| async { Some((pieces.recv().await?, pieces)) });
    let all = futures_util::stream::iter(first.map(Ok)).chain(rest);
    Ok(if is_packed { Body::from_stream(packed(all)) } else { Body::from_stream(all) })
}

/// Pieces of a body, each of which must come in time: a session of the database waits for it.
fn in_time<E: std::fmt::Display + Send>(
    pieces: impl Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
) -> impl Stream<Item = Result<Bytes, String>> + Send + 'static {
    futures_util::stream::unfold(pieces, |mut pieces| async {
        let piece = match tokio::time::timeout(PATIENCE, pieces.next()).await {
            Ok(piece) => piece?.map_err(|error| format!("The rows did not come: {error}")),
            Err(_) => Err("The rows did not come in time".to_owned()),
        };
        Some((piece, pieces))
    })
}

/// Unpacks what comes, a little at a time.
fn unpacked(
    pieces: impl Stream<Item = Result<Bytes, String>> + Send + 'static,
) -> impl Stream<Item = Result<Bytes, String>> + Send + 'static {
    let broken = |error: std::io::Error| format!("The rows are not packed with gzip: {error}");
    let small = pieces.flat_map(|piece| {
        let parts = match piece {
            Ok(piece) => (0..piece.len().div_ceil(UNPACKED_AT_ONCE))
                .map(|part| {
                    let begin = part * UNPACKED_AT_ONCE;
                    Ok(Some(piece.slice(begin..piece.len().min(begin + UNPACKED_AT_ONCE))))
                })
                .collect(),
            Err(error) => vec![Err(error)],
        };
        futures_util::stream::iter(parts)
    });
    // One more to tell the end.
    let small = small.chain(futures_util::stream::once(async { Ok(None) }));
    let unpacked = small.scan(MultiGzDecoder::new(Vec::new()), move |decoder, part| {
        let done = part.and_then(|part| {
            match part {
                Some(part) => decoder.write_all(&part),
                None => decoder.try_finish(),
            }
            .map_err(broken)?;
            Ok(Bytes::from(std::mem::take(decoder.get_mut())))
        });
        std::future::ready(Some(done))
    });
    unpacked.filter(|piece| std::future::ready(!matches!(piece, Ok(piece) if piece.is_empty())))
}

/// Packs what goes out.
fn packed(
    pieces: impl Stream<Item = Result<Bytes, QueryError>> + Send + 'static,
) -> impl Stream<Item = Result<Bytes, QueryError>> + Send + 'static {
    let pieces = pieces.map(|piece| piece.map(Some)).chain(futures_util::stream::once(async { Ok(None) }));
    let packed = pieces.scan(GzEncoder::new(Vec::new(), Compression::fast()), |encoder, piece| {
        let done = piece.and_then(|piece| {
            // Writing to memory does not fail.
            let written = match piece {
                Some(piece) => encoder.write_all(&piece),
                None => encoder.try_finish(),
            };
            written.map_err(|_| QueryError::Lost)?;
            Ok(Bytes::from(std::mem::take(encoder.get_mut())))
        });
        std::future::ready(Some(done))
    });
    packed.filter(|piece| std::future::ready(!matches!(piece, Ok(piece) if piece.is_empty())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt;

    async fn joined(pieces: impl Stream<Item = Result<Bytes, String>>) -> Result<Vec<u8>, String> {
        pieces
            .try_fold(Vec::new(), |mut all, piece| async move {
                all.extend_from_slice(&piece);
                Ok(all)
            })
            .await
    }

    #[tokio::test]
    async fn what_is_packed_can_be_unpacked() {
        let rows: Vec<Bytes> = (0..2_000).map(|n| Bytes::from(format!("{n}\trow\n"))).collect();
        let whole: Vec<u8> = rows.iter().flatten().copied().collect();
        let small = packed(futures_util::stream::iter(rows.into_iter().map(Ok)));
        let small = joined(small.map_err(|error| error.to_string())).await.unwrap_or_default();
        assert!(!small.is_empty() && small.len() < whole.len() / 2);
        let pieces: Vec<_> = small.chunks(7).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        assert_eq!(joined(unpacked(futures_util::stream::iter(pieces))).await, Ok(whole));
    }

    #[tokio::test]
    async fn what_is_not_packed_or_broken_off_is_refused() {
        let read = async |bytes: &'static [u8]| {
            joined(unpacked(futures_util::stream::iter([Ok(Bytes::from_static(bytes))]))).await
        };
        assert!(read(b"1\ta\n").await.is_err_and(|error| error.contains("gzip")));
        assert!(read(b"\x1f\x8b\x08\x00").await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn rows_that_do_not_come_are_not_waited_for() {
        let one = futures_util::stream::once(async { Ok::<_, std::convert::Infallible>(Bytes::from_static(b"1\n")) });
        let mut pieces = std::pin::pin!(in_time(Box::pin(one.chain(futures_util::stream::pending()))));
        assert_eq!(pieces.next().await, Some(Ok(Bytes::from_static(b"1\n"))));
        assert_eq!(pieces.next().await, Some(Err("The rows did not come in time".to_owned())));
    }

    #[test]
    fn statements_go_the_right_way() {
        assert!(checked(Some("COPY t FROM STDIN"), true).is_ok());
        assert!(checked(Some("COPY t TO STDOUT"), true).is_err_and(|error| error.message.contains("copyto")));
        assert!(checked(Some("COPY t FROM STDIN"), false).is_err_and(|error| error.message.contains("copyfrom")));
        assert_eq!(checked(None, true).err().map(|error| error.message).as_deref(), Some("SQL is missing"));
        assert!(checked(Some("COPY t FROM '/etc/passwd'"), true).is_err_and(|error| error.status == 400));
        assert!(checked(Some("COPY pg_shadow TO STDOUT"), false).is_err_and(|error| error.status == 403));
    }
}
