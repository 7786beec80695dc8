//! The maps of all users: in the database, and those that are used in memory, too.
//!
//! Anybody may make maps, so there is an end to what is kept of them. A map that was asked for once it was made goes after
//! those that nobody ever asked for, and the one that was used last goes last.

use crate::StartError;
use crate::db::{Database, QueryError};
use crate::map::layergroup::Layergroup;
use moka::future::Cache;
use moka::notification::RemovalCause;
use moka::policy::EvictionPolicy;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes of the texts of maps that are kept in memory.
const KEPT_BYTES: u64 = 16 << 20;
/// What a map counts at least: no more than 1,000 are kept.
const LEAST_BYTES: u32 = (KEPT_BYTES / 1_000) as u32;
/// Uses of maps that are no more in memory, and not written down yet.
const PENDING: usize = 20_000;
/// Uses that are written down at once.
const BATCH: usize = 2_000;
/// How often uses are written down, and what is too much or too old goes.
pub const CLEANING: Duration = Duration::from_secs(300);

/// What is kept of the maps of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Maps that were used. Of those that nobody asked for yet a quarter as many are kept beside them.
    pub maps: usize,
    /// Bytes of all of them, in the same way.
    pub bytes: usize,
}

impl Default for Caps {
    fn default() -> Caps {
        Caps { maps: 5_000, bytes: 16 << 20 }
    }
}

impl Caps {
    /// Whether the server can work with them.
    ///
    /// # Errors
    /// A number is too small, or too large.
    pub fn check(&self) -> Result<(), StartError> {
        if !(8..=10_000_000).contains(&self.maps) {
            return Err(StartError("The number of maps of a user must be between 8 and 10000000.".into()));
        }
        if !(1 << 20..=1 << 40).contains(&self.bytes) {
            return Err(StartError("The maps of a user must have between 1 and 1048576 MB.".into()));
        }
        Ok(())
    }
}

/// Number of a user and id of a map.
type Key = (i32, String);

#[derive(Clone)]
struct Kept {
    layergroup: Arc<Layergroup>,
    bytes: u32,
    is_used: Arc<AtomicBool>,
}

impl Kept {
    fn new(layergroup: Arc<Layergroup>, bytes: usize, is_used: bool) -> Kept {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).max(LEAST_BYTES);
        Kept { layergroup, bytes, is_used: Arc::new(AtomicBool::new(is_used)) }
    }
}

/// Maps that were used and had to leave the memory.
type Pending = Arc<Mutex<HashSet<Key>>>;

/// The maps of all users.
pub struct Layergroups {
    caps: Caps,
    memory: Cache<Key, Kept>,
    pending: Pending,
    /// Maps and bytes of each user that were stored since somebody cleaned up.
    stored: Mutex<HashMap<i32, (usize, usize)>>,
}

impl Layergroups {
    /// No map yet in memory.
    pub fn new(caps: Caps) -> Layergroups {
        let pending = Pending::default();
        let leaving = pending.clone();
        let leave = move |key: Arc<Key>, kept: Kept, cause: RemovalCause| {
            let mut leaving = lock(&leaving);
            // One that was deleted is not written down.
            if cause == RemovalCause::Size && kept.is_used.load(Ordering::Relaxed) && leaving.len() < PENDING {
                leaving.insert(key.as_ref().clone());
            }
        };
        let memory = Cache::builder()
            .max_capacity(KEPT_BYTES)
            .weigher(|_, kept: &Kept| kept.bytes)
            .eviction_policy(EvictionPolicy::lru())
            .eviction_listener(leave)
            .build();
        Layergroups { caps, memory, pending, stored: Mutex::default() }
    }

    /// Keeps a map for later requests, also of another run of the sandbox.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn put(&self, database: &Database, user: i32, layergroup: Layergroup) -> Result<(), QueryError> {
        let key = (user, layergroup.id.clone());
        if let Some(kept) = self.use_kept(&key).await
            && kept.dependencies == layergroup.dependencies
        {
            if let Some(version) = layergroup.described.version() {
                kept.described.set_version(version);
            }
            return Ok(());
        }
        let text = layergroup.to_text();
        let bytes = text.len();
        // The same map may be made of other tables now: views change.
        let sql = "INSERT INTO sandbox.layergroups (user_id, id, config, is_used) VALUES ($1, $2, $3, false)
                   ON CONFLICT (user_id, id) DO UPDATE SET config = excluded.config, used_at = now(), is_used = true";
        database.admin_query(sql, vec![Box::new(user), Box::new(key.1.clone()), Box::new(text)]).await?;
        self.keep(key, Kept::new(Arc::new(layergroup), bytes, false)).await;
        if self.is_time_to_clean(user, bytes) {
            self.clean(database, Some(user)).await?;
        }
        Ok(())
    }

    /// The map of this id, from memory or from the database.
    ///
    /// # Errors
    /// The database is not reachable.
    pub async fn get(&self, database: &Database, user: i32, id: &str) -> Result<Option<Arc<Layergroup>>, QueryError> {
        // Ids are hexadecimal: anything else is not worth a question.
        if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let key = (user, id.to_owned());
        if let Some(layergroup) = self.use_kept(&key).await {
            return Ok(Some(layergroup));
        }
        let sql = "SELECT config FROM sandbox.layergroups WHERE user_id = $1 AND id = $2";
        let rows = database.admin_query(sql, vec![Box::new(user), Box::new(key.1.clone())]).await?;
        let Some(text) = rows.first().map(|row| row.get::<_, &str>(0)) else { return Ok(None) };
        let found = Layergroup::from_text(text).map(Arc::new);
        if let Some(layergroup) = &found {
            self.keep(key, Kept::new(layergroup.clone(), text.len(), true)).await;
        }
        Ok(found)
    }

    /// Writes down which maps were used, then forgets those that are too many, or that nobody used for a week: pages make
    /// theirs anew.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn clean(&self, database: &Database, user: Option<i32>) -> Result<(), QueryError> {
        self.write_uses(database).await?;
        let few = |number: usize, part: usize| i64::try_from(number / part).unwrap_or(i64::MAX);
        let sql = "DELETE FROM sandbox.layergroups g USING (
                     SELECT user_id, id, is_used, used_at, row_number() OVER newest AS maps,
                            sum(octet_length(config)::bigint) OVER newest AS bytes
                       FROM sandbox.layergroups WHERE $1::int IS NULL OR user_id = $1
                     WINDOW newest AS (PARTITION BY user_id, is_used ORDER BY used_at DESC, id)) AS ranked
                   WHERE g.user_id = ranked.user_id AND g.id = ranked.id
                     AND (ranked.maps > CASE WHEN ranked.is_used THEN $2::bigint ELSE $4::bigint END
                          OR ranked.bytes > CASE WHEN ranked.is_used THEN $3::bigint ELSE $5::bigint END
                          OR ranked.used_at < now() - interval '7 days')
               RETURNING g.user_id, g.id";
        let Caps { maps, bytes } = self.caps;
        let caps = [few(maps, 1), few(bytes, 1), few(maps, 4), few(bytes, 4)];
        let mut parameters: Vec<crate::db::Param> = vec![Box::new(user)];
        parameters.extend(caps.map(|cap| Box::new(cap) as crate::db::Param));
        let gone = database.admin_query(sql, parameters).await?;
        for row in gone {
            self.memory.invalidate(&(row.get(0), row.get(1))).await;
        }
        let mut stored = lock(&self.stored);
        match user {
            Some(user) => drop(stored.remove(&user)),
            None => stored.clear(),
        }
        Ok(())
    }

    /// Writes down which maps were used since the last time: once for many requests.
    async fn write_uses(&self, database: &Database) -> Result<(), QueryError> {
        let used = self.take_uses();
        let sql = "UPDATE sandbox.layergroups g SET used_at = now(), is_used = true
                     FROM unnest($1::int[], $2::text[]) AS used (user_id, id)
                    WHERE g.user_id = used.user_id AND g.id = used.id";
        for part in used.chunks(BATCH) {
            let (users, ids): (Vec<i32>, Vec<String>) = part.iter().cloned().unzip();
            database.admin_query(sql, vec![Box::new(users), Box::new(ids)]).await?;
        }
        Ok(())
    }

    async fn use_kept(&self, key: &Key) -> Option<Arc<Layergroup>> {
        let kept = self.memory.get(key).await?;
        kept.is_used.store(true, Ordering::Relaxed);
        Some(kept.layergroup)
    }

    async fn keep(&self, key: Key, kept: Kept) {
        self.memory.insert(key, kept).await;
        // What is too much goes now, and not some time later.
        self.memory.run_pending_tasks().await;
    }

    /// Whether so much of a user was stored that it is time to clean up.
    fn is_time_to_clean(&self, user: i32, bytes: usize) -> bool {
        let mut stored = lock(&self.stored);
        let stored = stored.entry(user).or_default();
        *stored = (stored.0 + 1, stored.1 + bytes);
        stored.0 >= self.caps.maps / 8 || stored.1 >= self.caps.bytes / 8
    }

    fn take_uses(&self) -> Vec<Key> {
        let mut used: Vec<Key> = lock(&self.pending).drain().collect();
        let in_memory = self.memory.iter().filter(|(_, kept)| kept.is_used.swap(false, Ordering::Relaxed));
        used.extend(in_memory.map(|(key, _)| key.as_ref().clone()));
        // In one order, so that two servers on one database do not wait for each other.
        used.sort_unstable();
        used
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn the_memory_has_an_end_and_the_last_used_stay() {
        const MOST: u64 = KEPT_BYTES / LEAST_BYTES as u64;
        let layergroups = Layergroups::new(Caps::default());
        let map = Arc::new(Layergroup::new(json!({}), None));
        let keep = async |key, bytes, is_used| layergroups.keep(key, Kept::new(map.clone(), bytes, is_used)).await;
        let favourite = (1, "favourite".to_owned());
        keep(favourite.clone(), 100, false).await;
        for number in 0..3 * MOST {
            keep((1, number.to_string()), 100, false).await;
            assert!(layergroups.use_kept(&favourite).await.is_some(), "after {number}");
        }
        assert_eq!(layergroups.memory.entry_count(), MOST);
        for number in 0..100 {
            keep((2, number.to_string()), 1 << 20, true).await;
        }
        let (maps, bytes) = (layergroups.memory.entry_count(), layergroups.memory.weighted_size());
        assert!(bytes <= KEPT_BYTES && maps <= 16, "{maps} maps, {bytes} bytes");
        let uses = layergroups.take_uses();
        assert!(uses.contains(&favourite) && uses.len() == 101, "{} uses", uses.len());
        assert!(layergroups.take_uses().is_empty());
    }

    #[test]
    fn caps_are_checked() {
        assert!(Caps::default().check().is_ok());
        assert!(Caps { maps: 0, ..Caps::default() }.check().is_err());
        assert!(Caps { bytes: 10, ..Caps::default() }.check().is_err());
    }
}
