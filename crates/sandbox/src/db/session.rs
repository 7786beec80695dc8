//! A session of a key on a server, for one query.
//!
//! A session goes back to its pool only when its query has come to an end. One whose query took too long, or whose client
//! went away, is not used again: its process is ended from the side, for some functions of the database cannot be
//! interrupted, and whoever got that session next would wait for them.

use super::QueryError;
use super::connection::{self, Object, Pool};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_postgres::Client;

/// A session that nobody else uses meanwhile.
pub struct Session {
    /// None once it has gone back.
    connection: Option<Object>,
    role: String,
    leaving: Arc<Leaving>,
}

impl Session {
    /// A session of a role.
    pub fn new(connection: Object, role: &str, leaving: &Arc<Leaving>) -> Session {
        Session { connection: Some(connection), role: role.to_owned(), leaving: leaving.clone() }
    }

    /// The connection.
    ///
    /// # Errors
    /// It has gone back.
    pub fn client(&mut self) -> Result<&mut Client, QueryError> {
        self.connection.as_mut().map(|connection| &mut ***connection).ok_or(QueryError::Lost)
    }

    /// Hands a result on; the session goes back unless its query may still run.
    ///
    /// # Errors
    /// The one it is given, or why the connection was ended from this side.
    pub fn finish<T>(mut self, result: Result<T, QueryError>) -> Result<T, QueryError> {
        let fault = self.connection.as_ref().and_then(|connection| connection.fault());
        match (&result, fault) {
            (Err(_), Some(fault)) => Err(fault),
            (Err(QueryError::Timeout | QueryError::Lost), None) => result,
            _ => {
                drop(self.connection.take());
                result
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.leaving.end(connection, &self.role);
        }
    }
}

/// Sessions that were ended in the middle of their work, and whose processes are not gone yet.
pub struct Leaving {
    administrators: Pool,
    /// Sessions that a role may have.
    sessions: usize,
    by_role: Mutex<HashMap<String, usize>>,
}

impl Leaving {
    /// None yet; the connections of the administrator end them.
    pub fn new(administrators: Pool, sessions: usize) -> Leaving {
        Leaving { administrators, sessions, by_role: Mutex::default() }
    }

    /// Whether a role may have another session: not while twice as many as it may use are stuck.
    ///
    /// # Errors
    /// [`QueryError::Overloaded`] when it may not.
    pub fn check(&self, role: &str) -> Result<(), QueryError> {
        let by_role = self.by_role.lock().unwrap_or_else(PoisonError::into_inner);
        if by_role.get(role).is_some_and(|count| *count >= self.sessions * 2) {
            Err(QueryError::Overloaded)
        } else {
            Ok(())
        }
    }

    fn end(self: &Arc<Self>, connection: Object, role: &str) {
        // Out of the pool, which may make another one in its place.
        let connection = Object::take(connection);
        let pid = connection.pid();
        connection.abandon();
        let (Ok(runtime), Some(pid)) = (tokio::runtime::Handle::try_current(), pid) else { return };
        *self.by_role.lock().unwrap_or_else(PoisonError::into_inner).entry(role.to_owned()).or_default() += 1;
        let (leaving, role) = (self.clone(), role.to_owned());
        runtime.spawn(async move {
            connection::terminate(&leaving.administrators, pid, &role).await;
            let mut by_role = leaving.by_role.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = by_role.get_mut(&role) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    by_role.remove(&role);
                }
            }
        });
    }
}
