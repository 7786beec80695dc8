//! A throw-away PostgreSQL cluster with PostGIS for the wire tests.
use crate::apt;
use anyhow::Result;

const PACKAGES: [&str; 3] = ["postgresql", "postgis", "postgresql-15-postgis-3"];

pub fn ensure() -> Result<()> {
    apt::install(&PACKAGES, "the wire tests on PostgreSQL")
}
