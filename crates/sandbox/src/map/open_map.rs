//! A map that is open to whoever asks, for the time of one request.

use crate::Sandbox;
use crate::accounts::keys::{self, Access, Token};
use crate::db::changes;
use crate::map::error::ApiError;
use crate::map::layer_source::LayerSource;
use crate::map::layergroup::Layergroup;
use std::sync::Arc;
use std::time::Duration;

/// How long what the database said of a layer is believed where nobody notes that its data change.
const BELIEVED: Duration = Duration::from_secs(10);

/// A map, and what the key of a request may do with it.
pub struct OpenMap<'a> {
    /// The server.
    pub sandbox: &'a Sandbox,
    /// What the key may do.
    pub access: Access,
    /// The map.
    pub map: Arc<Layergroup>,
    /// Its id, as the request has it.
    pub id: &'a str,
}

impl<'a> OpenMap<'a> {
    /// Checks the key, then finds the map: a layergroup carries no permission.
    ///
    /// # Errors
    /// As [`keys::authorize`]; 400 for an unknown layergroup.
    pub async fn open(
        sandbox: &'a Sandbox,
        username: &str,
        token: Option<&Token>,
        id: &'a str,
    ) -> Result<OpenMap<'a>, ApiError> {
        let database = &sandbox.database;
        let access = keys::authorize(database, username, token).await?;
        let found = sandbox.layergroups.get(database, access.user_id, id).await;
        let map = found.map_err(ApiError::from_query)?.ok_or_else(|| ApiError::unknown_layergroup(id))?;
        Ok(OpenMap { sandbox, access, map, id })
    }

    /// What a layer of the map draws; the database is asked about it once.
    ///
    /// # Errors
    /// As [`LayerSource::open`], in the words of the drawing library.
    pub async fn layer_source(&self, index: usize) -> Result<Arc<LayerSource>, ApiError> {
        let oldest = if self.map.dependencies.is_steady { Duration::MAX } else { BELIEVED };
        if let Some(known) = self.map.described.get(index, oldest) {
            return Ok(known);
        }
        let version = self.map.described.version();
        let layer_id = self.map.layer_id(index);
        let refuse = |unusable: crate::query::source::Unusable| unusable.of_layer(&layer_id);
        let source = LayerSource::open(self.sandbox, &self.access.role, &self.map, index, None, refuse).await?;
        let source = Arc::new(source);
        self.map.described.put(index, source.clone(), version);
        Ok(source)
    }

    /// Whether what was made of the map just now is all that will ever be made of it at a version: its data are of that
    /// version, and will have another one when they change.
    ///
    /// # Errors
    /// The database is not reachable.
    pub async fn is_fixed_at(&self, number: i64) -> Result<bool, ApiError> {
        let (dependencies, described) = (&self.map.dependencies, &self.map.described);
        if !dependencies.is_steady {
            return Ok(false);
        }
        let now = changes::version(&self.sandbox.database, &dependencies.tables).await;
        let now = now.map_err(ApiError::from_query)?;
        let was_known = described.version() == Some(now.number);
        if !now.is_behind {
            described.set_version(now.number);
        }
        Ok(was_known && now.is_still(number))
    }
}
