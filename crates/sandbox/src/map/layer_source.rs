//! What a layer draws: its source with the filters of dataviews, aggregated where the layer says so.

use crate::Sandbox;
use crate::db::Role;
use crate::map::error::ApiError;
use crate::map::layergroup::Layergroup;
use crate::query::aggregation::{self, Aggregation};
use crate::query::filters;
use crate::query::source::{self, Description, Unusable};
use crate::render::ramps;
use cartocss::ramp::Compiled;

/// The query of a layer and what the database says of it.
#[derive(Clone, Debug)]
pub struct LayerSource {
    /// The query; it may speak of the view.
    pub sql: String,
    /// Columns of the query, and rows and tables of what it is made of.
    pub description: Description,
    /// How it is aggregated, if it is.
    pub aggregation: Option<Aggregation>,
    /// The style with classes in place of ramps.
    pub style: Option<Compiled>,
}

impl LayerSource {
    /// Asks the database about a layer; `known` is what was said of its source without aggregation.
    ///
    /// # Errors
    /// The database refuses the query, as `refuse` puts it; 400 when what should be aggregated cannot be.
    pub async fn open(
        sandbox: &Sandbox,
        role: &Role,
        map: &Layergroup,
        index: usize,
        known: Option<Description>,
        refuse: impl Fn(Unusable) -> ApiError,
    ) -> Result<LayerSource, ApiError> {
        let options = &map.raw["layers"][index]["options"];
        let aggregation = Aggregation::read(options)?;
        let sql = map.config.layers.get(index).and_then(|layer| filters::layer_sql(map, layer));
        let sql = sql.ok_or_else(|| ApiError::bad_request("Missing sql for layer").of_kind("layer"))?;
        let (database, limits) = (&sandbox.database, sandbox.limits);
        let described = match known {
            Some(known) => known,
            None => source::describe(database, role, &sql, limits).await.map_err(&refuse)?,
        };
        let aggregated = match aggregation.filter(|wish| described.rows >= wish.threshold) {
            Some(aggregation) => match geometry_type(sandbox, role, &sql).await?.as_deref() {
                None | Some("ST_Point") => {
                    let sql = aggregation.sql(&sql, &described.columns);
                    let columns = source::describe(database, role, &sql, limits).await.map_err(&refuse)?.columns;
                    Some((aggregation, sql, columns))
                }
                Some(shape) if options["aggregation"].is_object() => return Err(aggregation::no_points(shape)),
                // Nobody asked for it.
                Some(_) => None,
            },
            None => None,
        };
        let style = match map.config.layers.get(index).and_then(|layer| layer.cartocss.as_ref()) {
            Some(cartocss) => {
                // Classes are those of the whole source, but for columns that only its aggregation has.
                let sql_of = |column: &str| match &aggregated {
                    Some((_, aggregated, _)) if described.column(column).is_none() => aggregated.as_str(),
                    _ => sql.as_str(),
                };
                Some(ramps::compile(sandbox, role, &sql_of, cartocss).await?)
            }
            None => None,
        };
        Ok(match aggregated {
            Some((aggregation, sql, columns)) => {
                let description = Description { columns, ..described };
                LayerSource { sql, description, aggregation: Some(aggregation), style }
            }
            None => LayerSource { sql, description: described, aggregation: None, style },
        })
    }
}

/// The shape of a query's geometry, by the name of PostGIS; `None` without any.
///
/// # Errors
/// The database refuses the query.
pub async fn geometry_type(sandbox: &Sandbox, role: &Role, sql: &str) -> Result<Option<String>, ApiError> {
    let sql = source::checked(&aggregation::geometry_type_sql(sql), &source::View::WORLD)
        .map_err(|refusal| crate::query::features::refused(&refusal))?;
    let rows = sandbox.database.read(role, (&sql).into(), Vec::new(), sandbox.limits).await;
    let rows = rows.map_err(ApiError::from_query)?;
    Ok(rows.first().and_then(|row| row.try_get::<_, Option<String>>(0).ok().flatten()))
}
