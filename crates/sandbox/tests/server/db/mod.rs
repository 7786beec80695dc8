//! The database: logins, rights, damage.

mod closing;
mod concurrency;
mod damage;
mod functions;
mod leftovers;
mod logins;
mod pooled;
mod restore;
