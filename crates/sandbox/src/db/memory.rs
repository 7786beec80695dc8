//! How much memory all requests under way may hold together.
//!
//! What is counted are rows as they come from the database, with what it takes to keep them, and answers until they are
//! sent. A request that finds no room waits, and gives up after a while.

use super::QueryError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How long a request waits for room.
const PATIENCE: Duration = Duration::from_secs(5);
/// The least that a server works with, in bytes.
const LEAST: usize = 64 << 20;
/// What is assumed of a machine that does not tell how much memory it has, in bytes.
const ASSUMED: usize = 8 << 30;

tokio::task_local! {
    /// What the request of this task holds.
    static HELD: Arc<Held>;
}

/// The memory that requests share.
#[derive(Debug)]
pub struct Memory {
    total: usize,
    used: Mutex<usize>,
    freed: Notify,
}

impl Memory {
    /// Memory of so many bytes.
    pub fn new(total: usize) -> Arc<Memory> {
        Arc::new(Memory { total: total.max(LEAST), used: Mutex::default(), freed: Notify::new() })
    }

    /// A quarter of the machine's, or of what the process is allowed.
    pub fn quarter() -> Arc<Memory> {
        Memory::new(machine().unwrap_or(ASSUMED) / 4)
    }

    /// Bytes that are held now.
    pub fn used(&self) -> usize {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something that holds nothing yet.
    pub fn hold(self: &Arc<Self>) -> Arc<Held> {
        Arc::new(Held { memory: self.clone(), bytes: AtomicUsize::new(0) })
    }

    fn try_take(&self, bytes: usize) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let is_room = used.saturating_add(bytes) <= self.total;
        if is_room {
            *used += bytes;
        }
        is_room
    }

    fn give_back(&self, bytes: usize) {
        if bytes > 0 {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            *used = used.saturating_sub(bytes);
            drop(used);
            self.freed.notify_waiters();
        }
    }
}

/// What one request, or one connection with the database, holds; it is given back in the end.
#[derive(Debug)]
pub struct Held {
    memory: Arc<Memory>,
    bytes: AtomicUsize,
}

impl Held {
    /// Waits until there is room for so many bytes more.
    ///
    /// # Errors
    /// [`QueryError::TooLarge`] where one request would hold more than half of all memory, [`QueryError::Overloaded`]
    /// where others give nothing back in time.
    pub async fn grow(&self, bytes: usize) -> Result<(), QueryError> {
        if self.bytes().saturating_add(bytes) > self.memory.total / 2 {
            return Err(QueryError::TooLarge);
        }
        let room = async {
            loop {
                // Listening begins before the look, so that nothing that is given back in between is missed.
                let freed = self.memory.freed.notified();
                let mut freed = std::pin::pin!(freed);
                freed.as_mut().enable();
                if self.memory.try_take(bytes) {
                    self.bytes.fetch_add(bytes, Ordering::Relaxed);
                    return;
                }
                freed.await;
            }
        };
        tokio::time::timeout(PATIENCE, room).await.map_err(|_| QueryError::Overloaded)
    }

    /// Takes so many bytes more if there is room now, for what can be done without.
    pub fn try_grow(&self, bytes: usize) -> bool {
        let is_taken = self.memory.try_take(bytes);
        if is_taken {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        is_taken
    }

    /// Gives back what is more than so many bytes.
    pub fn shrink_to(&self, bytes: usize) {
        let before = self.bytes.fetch_min(bytes, Ordering::Relaxed);
        self.memory.give_back(before.saturating_sub(bytes));
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

/// Does the work of a request: what its queries bring is held by `held`.
pub async fn within<T>(held: Arc<Held>, work: impl Future<Output = T>) -> T {
    HELD.scope(held, work).await
}

/// What the request of this task holds, if this is the task of a request.
pub fn current() -> Option<Arc<Held>> {
    HELD.try_with(Arc::clone).ok()
}

/// Bytes of memory of the machine, or of the group of processes that this one belongs to.
fn machine() -> Option<usize> {
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let machine = line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.saturating_mul(1024);
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let of_group = limits.iter().filter_map(|file| std::fs::read_to_string(file).ok()?.trim().parse::<usize>().ok());
    Some(of_group.fold(machine, usize::min))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_room_waits_or_gives_up() {
        let memory = Memory::new(LEAST);
        let (first, second) = (memory.hold(), memory.hold());
        assert!(first.grow(LEAST / 2).await.is_ok() && second.grow(LEAST / 2).await.is_ok());
        assert!(matches!(first.grow(1).await, Err(QueryError::TooLarge)));
        let third = memory.hold();
        assert!(matches!(third.grow(1).await, Err(QueryError::Overloaded)));
        let (grown, ()) = tokio::join!(third.grow(10), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            second.shrink_to(100);
        });
        assert!(grown.is_ok());
        assert_eq!((memory.used(), third.bytes()), (LEAST / 2 + 110, 10));
        drop((first, second, third));
        assert_eq!(memory.used(), 0);
    }

    #[tokio::test]
    async fn work_finds_what_its_request_holds() {
        let held = Memory::new(LEAST).hold();
        assert!(current().is_none());
        let found = within(held.clone(), async { current().is_some_and(|found| Arc::ptr_eq(&found, &held)) }).await;
        assert!(found);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_machine_tells_its_memory() {
        assert!(machine().is_some_and(|bytes| bytes > LEAST));
    }
}
