//! A map that is open to whoever asks, for the time of one request.

use crate::Sandbox;
use crate::accounts::keys::{self, Access, Token};
use crate::map::error::ApiError;
use crate::map::layer_source::LayerSource;
use crate::map::layergroup::Layergroup;
use std::sync::Arc;

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
        if let Some(known) = self.map.described.get(index) {
            return Ok(known);
        }
        let layer_id = self.map.layer_id(index);
        let refuse = |unusable: crate::query::source::Unusable| unusable.of_layer(&layer_id);
        let source = LayerSource::open(self.sandbox, &self.access.role, &self.map, index, None, refuse).await?;
        let source = Arc::new(source);
        self.map.described.put(index, source.clone());
        Ok(source)
    }
}
