//! All connections of a listener, and which of them makes room when there are too many.

use super::Limits;
use super::activity::Activity;
use super::client::bucket;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::Notify;

/// Descriptors that are left to the database, files and whatever else is open.
const RESERVE: usize = 192;
/// With fewer the server could not work.
const LEAST: usize = 16;

/// All connections of a listener.
#[derive(Debug)]
pub struct Registry {
    limits: Limits,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    next: u64,
    all: HashMap<u64, Entry>,
    by_address: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Entry {
    /// None where the number of connections of one address does not count.
    address: Option<IpAddr>,
    activity: Arc<Activity>,
    end: Arc<Notify>,
}

/// A connection's place, which is free again when this is dropped.
pub(super) struct Place {
    number: u64,
    registry: Arc<Registry>,
    pub(super) activity: Arc<Activity>,
    /// Told when the connection has to make room.
    pub(super) end: Arc<Notify>,
}

impl Place {
    pub(super) fn limits(&self) -> &Limits {
        &self.registry.limits
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.lock().remove(self.number);
    }
}

impl Registry {
    /// Room for as many connections as the limits and the system's descriptors allow.
    pub fn new(limits: Limits, descriptors: Option<usize>) -> Registry {
        let possible = descriptors.map_or(usize::MAX, |descriptors| descriptors.saturating_sub(RESERVE).max(LEAST));
        let limits = Limits { connections: limits.connections.min(possible), ..limits };
        Registry { limits, known: Mutex::default() }
    }

    /// Connections that there are.
    pub fn len(&self) -> usize {
        self.lock().all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A place for a new connection; none when all others are at work.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr, is_exempt: bool) -> Option<Place> {
        let address = (!is_exempt).then(|| bucket(address));
        let mut known = self.lock();
        let of_address = address.and_then(|address| known.by_address.get(&address).copied()).unwrap_or(0);
        if of_address >= self.limits.per_address && !known.end_longest_waiting(|entry| entry.address == address) {
            return None;
        }
        if known.all.len() >= self.limits.connections && !known.end_longest_waiting(|_| true) {
            return None;
        }
        let number = known.next;
        known.next += 1;
        let (activity, end) = (Arc::new(Activity::new(Instant::now())), Arc::new(Notify::new()));
        known.all.insert(number, Entry { address, activity: activity.clone(), end: end.clone() });
        if let Some(address) = address {
            *known.by_address.entry(address).or_default() += 1;
        }
        Some(Place { number, registry: self.clone(), activity, end })
    }

    /// Ends a connection that waits for its client.
    pub(super) fn make_room(&self) {
        self.lock().end_longest_waiting(|_| true);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn end_longest_waiting(&mut self, may: impl Fn(&Entry) -> bool) -> bool {
        let waiting = self.all.iter().filter(|(_, entry)| may(entry)).filter_map(|(number, entry)| {
            let state = entry.activity.state();
            state.is_waiting().then_some((state.since, *number))
        });
        let Some((_, number)) = waiting.min() else { return false };
        if let Some(entry) = self.remove(number) {
            entry.end.notify_one();
        }
        true
    }

    fn remove(&mut self, number: u64) -> Option<Entry> {
        let entry = self.all.remove(&number)?;
        if let Some(address) = entry.address
            && let Some(count) = self.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&address);
            }
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::super::activity::Exchange;
    use super::*;

    fn registry(connections: usize, per_address: usize) -> Arc<Registry> {
        Arc::new(Registry::new(Limits { connections, per_address, ..Limits::default() }, None))
    }

    #[test]
    fn who_waits_longest_makes_room_and_who_works_stays() {
        let registry = registry(3, 3);
        let admit = || registry.admit(IpAddr::from([10, 0, 0, 1]), true);
        let (Some(first), Some(second), Some(third)) = (admit(), admit(), admit()) else { panic!("no places") };
        let work = [Exchange::begin(&first.activity), Exchange::begin(&third.activity)];
        let fourth = admit();
        assert!(fourth.is_some() && registry.len() == 3);
        assert!(!registry.lock().all.contains_key(&second.number));
        drop(second);
        assert_eq!(registry.len(), 3);
        let more = fourth.as_ref().map(|fourth| Exchange::begin(&fourth.activity));
        assert!(admit().is_none(), "all are at work");
        drop((work, more, first, third, fourth));
        assert!(registry.is_empty());
    }

    #[test]
    fn addresses_have_their_share() {
        let registry = registry(10, 2);
        let places: Vec<_> = (0..5).map(|_| registry.admit(IpAddr::from([10, 0, 0, 1]), false)).collect();
        assert!(places.iter().all(Option::is_some));
        assert_eq!(registry.len(), 2);
        // A network of IPv6 is one address.
        let of = |last| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        let more: Vec<_> = (0..5).map(|last| registry.admit(of(last), false)).collect();
        assert_eq!((registry.len(), registry.lock().by_address.len()), (4, 2));
        drop((places, more));
        assert!(registry.is_empty() && registry.lock().by_address.is_empty());
    }

    #[test]
    fn descriptors_are_left_for_others() {
        assert_eq!(Registry::new(Limits::default(), Some(512)).limits.connections, 512 - RESERVE);
        assert_eq!(Registry::new(Limits::default(), Some(10)).limits.connections, LEAST);
    }
}
