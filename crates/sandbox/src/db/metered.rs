//! A connection with a database that is looked at while it is read: no message may be larger than a limit, and the memory
//! of a large one is there before it comes.

use super::QueryError;
use super::memory::{Held, Memory};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of a message; rows are messages. Larger ones end the connection.
const LARGEST: usize = 80 << 20;
/// Bytes from which on a message is large.
const LARGE: usize = 256 << 10;
/// The kind of a message, and its length without the kind.
const HEAD: usize = 5;

/// Why a connection was ended from this side.
#[derive(Debug, Default)]
pub struct Fault(AtomicU8);

impl Fault {
    /// What the query of the connection failed with, if it was this.
    pub fn error(&self) -> Option<QueryError> {
        match self.0.load(Ordering::Relaxed) {
            1 => Some(QueryError::TooLarge),
            2 => Some(QueryError::Overloaded),
            _ => None,
        }
    }

    fn set(&self, error: &QueryError) {
        self.0.store(if matches!(error, QueryError::TooLarge) { 1 } else { 2 }, Ordering::Relaxed);
    }
}

type Growth = Pin<Box<dyn Future<Output = Result<(), QueryError>> + Send>>;

/// A stream that counts the messages of PostgreSQL's protocol, of the side of the server.
pub struct Metered<S> {
    stream: S,
    fault: Arc<Fault>,
    held: Arc<Held>,
    /// What is known of the next message's head.
    head: [u8; HEAD],
    known: usize,
    /// Bytes of the message that are still to come.
    rest: usize,
    /// Room that is waited for.
    growth: Option<Growth>,
}

impl<S> Metered<S> {
    /// Looks at a stream from its first message on.
    pub fn new(stream: S, memory: &Arc<Memory>, fault: Arc<Fault>) -> Metered<S> {
        Metered { stream, fault, held: memory.hold(), head: [0; HEAD], known: 0, rest: 0, growth: None }
    }

    /// Follows what was read.
    fn follow(&mut self, mut bytes: &[u8]) -> Result<(), QueryError> {
        while !bytes.is_empty() {
            if self.rest > 0 {
                let passed = self.rest.min(bytes.len());
                self.rest -= passed;
                bytes = bytes.get(passed..).unwrap_or_default();
                continue;
            }
            if self.known == 0 {
                // The last message is somebody else's now.
                self.held.shrink_to(0);
            }
            let taken = (HEAD - self.known).min(bytes.len());
            for (place, byte) in self.head.iter_mut().skip(self.known).zip(bytes) {
                *place = *byte;
            }
            self.known += taken;
            bytes = bytes.get(taken..).unwrap_or_default();
            if self.known == HEAD {
                self.known = 0;
                let [_, length @ ..] = self.head;
                // The length counts itself.
                self.rest = (u32::from_be_bytes(length) as usize).saturating_sub(HEAD - 1);
                if self.rest > LARGEST {
                    return Err(QueryError::TooLarge);
                }
                if self.rest > LARGE {
                    let (held, length) = (self.held.clone(), self.rest);
                    self.growth = Some(Box::pin(async move { held.grow(length).await }));
                }
            }
        }
        Ok(())
    }

    fn refuse(&self, error: &QueryError) -> io::Error {
        self.fault.set(error);
        io::Error::other(error.to_string())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(growth) = self.growth.as_mut() {
            let grown = ready!(growth.as_mut().poll(cx));
            self.growth = None;
            if let Err(error) = grown {
                return Poll::Ready(Err(self.refuse(&error)));
            }
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let read = buffer.filled().get(before..).unwrap_or_default();
        if let Err(error) = self.follow(read) {
            // An error has read nothing.
            buffer.set_filled(before);
            return Poll::Ready(Err(self.refuse(&error)));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    fn message(length: usize) -> Vec<u8> {
        let mut bytes = vec![b'D'];
        bytes.extend(u32::try_from(length + 4).unwrap_or(u32::MAX).to_be_bytes());
        bytes.resize(HEAD + length, 7);
        bytes
    }

    async fn read(bytes: Vec<u8>, memory: &Arc<Memory>) -> (io::Result<usize>, Option<QueryError>) {
        let fault = Arc::<Fault>::default();
        let mut metered = Metered::new(bytes.as_slice(), memory, fault.clone());
        let mut taken = Vec::new();
        (metered.read_to_end(&mut taken).await, fault.error())
    }

    #[tokio::test(start_paused = true)]
    async fn messages_that_are_too_large_end_a_connection() {
        let memory = Memory::new(256 << 20);
        let fine = [message(3), message(LARGE + 1), message(0), message(9)].concat();
        let length = fine.len();
        let (read_bytes, fault) = read(fine, &memory).await;
        assert!(read_bytes.is_ok_and(|bytes| bytes == length) && fault.is_none());
        assert_eq!(memory.used(), 0);
        // It is told by its head, before it has come.
        let mut head = message(1);
        head.extend(message(LARGEST + 1).into_iter().take(HEAD));
        let (read_bytes, fault) = read(head, &memory).await;
        assert!(read_bytes.is_err() && matches!(fault, Some(QueryError::TooLarge)));
        let other = memory.hold();
        let another = memory.hold();
        assert!(other.grow(128 << 20).await.is_ok() && another.grow(127 << 20).await.is_ok());
        let (read_bytes, fault) = read(message(2 << 20), &memory).await;
        assert!(read_bytes.is_err() && matches!(fault, Some(QueryError::Overloaded)));
    }
}
