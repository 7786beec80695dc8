//! Tiles and grids: `GET …/{layergroupid}/{layers}/{z}/{x}/{y}.{format}`.

use super::{LayergroupRequest, Reply};
use crate::errors::ApiError;

/// Answers a tile or a grid.
pub(super) async fn tile(
    request: &LayergroupRequest<'_>,
    _layers: Option<&str>,
    _coordinates: [&str; 3],
) -> Result<Reply, ApiError> {
    request.open().await?;
    Err(ApiError::bad_request("Unsupported format png"))
}
