//! The maps of all users: in the database, and those that are used in memory, too.
//!
//! Anybody may make maps, so there is an end to what is kept of them. A map that was asked for once it was made goes after
//! those that nobody ever asked for, and the one that was used last goes last.

use crate::StartError;
use crate::db::{Database, QueryError};
use crate::map::layergroup::Layergroup;
use lru::LruCache;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Maps that are kept in memory, and bytes of their texts.
const KEPT: usize = 1_000;
const KEPT_BYTES: usize = 16 << 20;
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

struct Kept {
    layergroup: Arc<Layergroup>,
    bytes: usize,
    is_used: bool,
}

struct Memory {
    maps: LruCache<Key, Kept>,
    bytes: usize,
    /// Maps that were used and had to leave the memory.
    pending: HashSet<Key>,
    /// Maps and bytes of each user that were stored since somebody cleaned up.
    stored: HashMap<i32, (usize, usize)>,
}

/// The maps of all users.
pub struct Layergroups {
    caps: Caps,
    memory: Mutex<Memory>,
}

impl Layergroups {
    /// No map yet in memory.
    pub fn new(caps: Caps) -> Layergroups {
        let maps = LruCache::unbounded();
        let memory = Memory { maps, bytes: 0, pending: HashSet::new(), stored: HashMap::new() };
        Layergroups { caps, memory: Mutex::new(memory) }
    }

    /// Keeps a map for later requests, also of another run of the sandbox.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn put(&self, database: &Database, user: i32, layergroup: Layergroup) -> Result<(), QueryError> {
        let key = (user, layergroup.id.clone());
        if self.use_kept(&key).is_some() {
            return Ok(());
        }
        let text = layergroup.to_text();
        let bytes = text.len();
        let sql = "INSERT INTO sandbox.layergroups (user_id, id, config, is_used) VALUES ($1, $2, $3, false)
                   ON CONFLICT (user_id, id) DO UPDATE SET used_at = now(), is_used = true";
        database.admin_query(sql, vec![Box::new(user), Box::new(key.1.clone()), Box::new(text)]).await?;
        if self.keep(key, Arc::new(layergroup), bytes, false) {
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
        if let Some(layergroup) = self.use_kept(&key) {
            return Ok(Some(layergroup));
        }
        let sql = "SELECT config FROM sandbox.layergroups WHERE user_id = $1 AND id = $2";
        let rows = database.admin_query(sql, vec![Box::new(user), Box::new(key.1.clone())]).await?;
        let Some(text) = rows.first().map(|row| row.get::<_, &str>(0)) else { return Ok(None) };
        let found = Layergroup::from_text(text).map(Arc::new);
        if let Some(layergroup) = &found {
            self.keep(key, layergroup.clone(), text.len(), true);
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
        let mut memory = self.lock();
        for row in gone {
            memory.forget(&(row.get(0), row.get(1)));
        }
        match user {
            Some(user) => drop(memory.stored.remove(&user)),
            None => memory.stored.clear(),
        }
        Ok(())
    }

    /// Writes down which maps were used since the last time: once for many requests.
    async fn write_uses(&self, database: &Database) -> Result<(), QueryError> {
        let used = self.lock().take_uses();
        let sql = "UPDATE sandbox.layergroups g SET used_at = now(), is_used = true
                     FROM unnest($1::int[], $2::text[]) AS used (user_id, id)
                    WHERE g.user_id = used.user_id AND g.id = used.id";
        for part in used.chunks(BATCH) {
            let (users, ids): (Vec<i32>, Vec<String>) = part.iter().cloned().unzip();
            database.admin_query(sql, vec![Box::new(users), Box::new(ids)]).await?;
        }
        Ok(())
    }

    fn use_kept(&self, key: &Key) -> Option<Arc<Layergroup>> {
        let mut memory = self.lock();
        let kept = memory.maps.get_mut(key)?;
        kept.is_used = true;
        Some(kept.layergroup.clone())
    }

    /// Keeps a map in memory; tells whether so much was stored that it is time to clean up.
    fn keep(&self, key: Key, layergroup: Arc<Layergroup>, bytes: usize, is_used: bool) -> bool {
        let mut memory = self.lock();
        let user = key.0;
        memory.keep(key, Kept { layergroup, bytes, is_used });
        if is_used {
            return false;
        }
        let stored = memory.stored.entry(user).or_default();
        *stored = (stored.0 + 1, stored.1 + bytes);
        stored.0 >= self.caps.maps / 8 || stored.1 >= self.caps.bytes / 8
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn keep(&mut self, key: Key, kept: Kept) {
        self.bytes += kept.bytes;
        if let Some(old) = self.maps.put(key, kept) {
            self.bytes -= old.bytes;
        }
        while self.maps.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some((key, old)) = self.maps.pop_lru() else { break };
            self.bytes -= old.bytes;
            if old.is_used && self.pending.len() < PENDING {
                self.pending.insert(key);
            }
        }
    }

    fn forget(&mut self, key: &Key) {
        if let Some(old) = self.maps.pop(key) {
            self.bytes -= old.bytes;
        }
    }

    fn take_uses(&mut self) -> Vec<Key> {
        let mut used: Vec<Key> = self.pending.drain().collect();
        for (key, kept) in self.maps.iter_mut().filter(|(_, kept)| kept.is_used) {
            kept.is_used = false;
            used.push(key.clone());
        }
        // In one order, so that two servers on one database do not wait for each other.
        used.sort_unstable();
        used
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_memory_has_an_end_and_the_last_used_stay() {
        let layergroups = Layergroups::new(Caps::default());
        let map = Arc::new(Layergroup::new(json!({}), None));
        let favourite = (1, "favourite".to_owned());
        layergroups.keep(favourite.clone(), map.clone(), 100, false);
        for number in 0..3 * KEPT {
            layergroups.keep((1, number.to_string()), map.clone(), 100, false);
            assert!(layergroups.use_kept(&favourite).is_some(), "after {number}");
        }
        let size = |memory: MutexGuard<'_, Memory>| (memory.maps.len(), memory.bytes);
        assert_eq!(size(layergroups.lock()), (KEPT, KEPT * 100));
        for number in 0..100 {
            layergroups.keep((2, number.to_string()), map.clone(), 1 << 20, true);
        }
        let mut memory = layergroups.lock();
        assert!(memory.bytes <= KEPT_BYTES && memory.maps.len() <= 16, "{} bytes", memory.bytes);
        let uses = memory.take_uses();
        assert!(uses.contains(&favourite) && uses.len() == 101, "{} uses", uses.len());
        assert!(memory.take_uses().is_empty());
    }

    #[test]
    fn caps_are_checked() {
        assert!(Caps::default().check().is_ok());
        assert!(Caps { maps: 0, ..Caps::default() }.check().is_err());
        assert!(Caps { bytes: 10, ..Caps::default() }.check().is_err());
    }
}
