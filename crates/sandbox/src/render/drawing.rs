//! Work of the processor that strangers ask for: compiling styles, drawing, encoding. Only so much is done at a time, none
//! of it for long, and none that nobody waits for any more.

use crate::map::error::ApiError;
use cartocss::Cancel;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Pixels that one image may have.
pub const MOST_PIXELS: u64 = 4096 * 4096;

/// Pixels of a unit in which the pixels of all images are counted.
const UNIT: u64 = 256 * 256;

/// Pixels of all images at a time: each takes up to 12 bytes while it is painted and encoded.
const MOST_PIXELS_OF_ALL: u64 = 2 * MOST_PIXELS;

/// Requests that wait for their turn; more would wait in vain.
const MOST_WAITING: usize = 1_000;

/// The places where drawing is done.
#[derive(Debug)]
pub struct Drawings {
    places: Arc<Semaphore>,
    /// Places for what is read, which is short: it does not wait for drawings.
    readings: Arc<Semaphore>,
    pixels: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    patience: Duration,
}

/// Ends the work when nobody waits for it: the answer came, took too long, or the client has left.
struct Guard(Cancel);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Drawings {
    /// So many drawings at a time, each of which may take so long, and may have waited as long before.
    pub fn new(most: usize, patience: Duration) -> Drawings {
        let places = || Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)));
        Drawings {
            places: places(),
            readings: places(),
            pixels: Arc::new(Semaphore::new((MOST_PIXELS_OF_ALL / UNIT) as usize)),
            queue: Arc::new(Semaphore::new(MOST_WAITING)),
            patience,
        }
    }

    /// Time that one drawing may take.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Draws an image of so many pixels, 0 for none, on a thread of its own. The work looks now and then whether it was
    /// cancelled; what it gives then is not looked at.
    ///
    /// # Errors
    /// 503 when there are too many others, 429 when it takes too long, 500 when it fails.
    pub async fn draw<T: Send + 'static>(
        &self,
        pixels: u64,
        work: impl FnOnce(&Cancel) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        self.run(&self.places, pixels, work).await
    }

    /// Reads what somebody has sent, such as a style or a picture.
    ///
    /// # Errors
    /// As those of [`Drawings::draw`].
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Cancel) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        self.run(&self.readings, 0, work).await
    }

    async fn run<T: Send + 'static>(
        &self,
        places: &Arc<Semaphore>,
        pixels: u64,
        work: impl FnOnce(&Cancel) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let turn = self.turn(places, pixels).await?;
        let guard = Guard(Cancel::default());
        let cancel = guard.0.clone();
        let done = tokio::task::spawn_blocking(move || {
            // The place is free when the work has ended, not when its answer was given up.
            let _turn = turn;
            work(&cancel)
        });
        match timeout(self.patience, done).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_)) => Err(ApiError::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "The drawing failed")),
            Err(_) => Err(ApiError::render_timeout()),
        }
    }

    async fn turn(&self, places: &Arc<Semaphore>, pixels: u64) -> Result<[OwnedSemaphorePermit; 2], ApiError> {
        let _waiting = self.queue.try_acquire().map_err(|_| ApiError::overloaded())?;
        let units = pixels.min(MOST_PIXELS_OF_ALL).div_ceil(UNIT);
        let turn = async {
            // Pixels first: who waits for them takes no place from small images.
            let pixels = self.pixels.clone().acquire_many_owned(units as u32).await?;
            Ok::<_, tokio::sync::AcquireError>([pixels, places.clone().acquire_owned().await?])
        };
        match timeout(self.patience, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(ApiError::overloaded()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    /// Work that goes on until it is cancelled.
    fn endless(cancel: &Cancel) {
        while !cancel.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn told<T>(result: Result<T, ApiError>) -> Option<(u16, Option<&'static str>)> {
        result.err().map(|error| (error.status.as_u16(), error.subtype))
    }

    #[tokio::test]
    async fn what_takes_too_long_ends() {
        let drawings = Drawings::new(1, Duration::from_secs(2));
        assert_eq!(told(drawings.draw(0, endless).await), Some((429, Some("render"))));
        // Its place is free again.
        assert_eq!(drawings.draw(1, |_| 7).await.ok(), Some(7));
        assert_eq!(drawings.draw(MOST_PIXELS, |_| 7).await.ok(), Some(7));
        let drawings = Drawings::new(1, Duration::from_secs(60));
        assert_eq!(told(drawings.draw(0, |_| panic!("a bug")).await), Some((500, None)));
        assert_eq!(drawings.read(|_| 7).await.ok(), Some(7));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_ends() {
        let drawings = Arc::new(Drawings::new(1, Duration::from_secs(60)));
        let begin = Instant::now();
        for _ in 0..3 {
            let left = tokio::time::timeout(Duration::from_millis(50), drawings.draw(0, endless)).await;
            assert!(left.is_err());
        }
        assert_eq!(drawings.draw(0, |_| 7).await.ok(), Some(7));
        assert!(begin.elapsed() < Duration::from_secs(5));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn only_so_many_are_drawn_at_a_time() {
        let drawings = Arc::new(Drawings::new(2, Duration::from_secs(10)));
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let all: Vec<_> = (0..20)
            .map(|_| {
                let (drawings, running, most) = (drawings.clone(), running.clone(), most.clone());
                tokio::spawn(async move {
                    let work = move |_: &Cancel| {
                        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(10));
                        running.fetch_sub(1, Ordering::SeqCst);
                    };
                    drawings.draw(UNIT, work).await.is_ok()
                })
            })
            .collect();
        for one in all {
            assert!(one.await.unwrap_or_default());
        }
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn who_waits_too_long_is_told_of_the_overload() {
        let drawings = Arc::new(Drawings::new(1, Duration::from_millis(200)));
        let slow = |_: &Cancel| std::thread::sleep(Duration::from_millis(600));
        let other = drawings.clone();
        let first = tokio::spawn(async move { told(other.draw(0, slow).await) });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(told(drawings.draw(0, |_| 7).await), Some((503, Some("overloaded"))));
        assert_eq!(drawings.read(|_| 7).await.ok(), Some(7), "what is short does not wait");
        assert_eq!(first.await.ok().flatten(), Some((429, Some("render"))));
        // Large images wait for each other's pixels, also where there are places enough.
        let drawings = Arc::new(Drawings::new(64, Duration::from_millis(200)));
        for _ in 0..2 {
            let other = drawings.clone();
            tokio::spawn(async move { other.draw(MOST_PIXELS, slow).await.is_ok() });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(told(drawings.draw(MOST_PIXELS, |_| 7).await), Some((503, Some("overloaded"))));
    }
}
