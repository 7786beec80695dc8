//! What a layer draws: its source with the filters of dataviews, aggregated where the layer says so.

use crate::Sandbox;
use crate::db::{Role, quote_identifier};
use crate::map::error::ApiError;
use crate::map::layergroup::Layergroup;
use crate::query::aggregation::{self, Aggregation};
use crate::query::filters;
use crate::query::source::{self, Description, Unusable};
use crate::render::ramps;
use cartocss::ramp::Compiled;
use serde_json::Value;

/// The column that is drawn.
const GEOMETRY: &str = "the_geom_webmercator";
/// Numbers of reference systems that PostGIS has room for.
const MOST_SRID: i64 = 999_999;

/// The query of a layer and what the database says of it.
#[derive(Clone, Debug)]
pub struct LayerSource {
    /// The query; it may speak of the view.
    pub sql: String,
    /// The query before it is aggregated.
    pub plain: String,
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
        let sql = filters::layer_sql(map, index);
        let sql = sql.ok_or_else(|| ApiError::bad_request("Missing sql for layer").of_kind("layer"))?;
        let (database, limits) = (&sandbox.database, sandbox.limits);
        let described = match known {
            Some(known) => known,
            None => source::describe(database, role, &sql, limits).await.map_err(&refuse)?,
        };
        let (sql, described) = match projected(&sql, &described, options)? {
            Some(sql) => {
                let columns = source::describe(database, role, &sql, limits).await.map_err(&refuse)?.columns;
                (sql, Description { columns, ..described })
            }
            None => (sql, described),
        };
        let aggregated = match aggregation.filter(|requested| described.rows >= requested.threshold) {
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
            Some((aggregation, aggregated, columns)) => {
                let (plain, sql) = (sql, aggregated);
                let description = Description { columns, ..described };
                LayerSource { sql, plain, description, aggregation: Some(aggregation), style }
            }
            None => LayerSource { plain: sql.clone(), sql, description: described, aggregation: None, style },
        })
    }
}

/// The query with its geometry in Web Mercator, where it has another name or reference system, or no type; `None` where it
/// is as it should be.
fn projected(sql: &str, description: &Description, options: &Value) -> Result<Option<String>, ApiError> {
    let srid = match &options["srid"] {
        Value::Null => None,
        srid => {
            let number = srid.as_i64().or_else(|| srid.as_str()?.parse().ok());
            let number = number.filter(|number| (1..=MOST_SRID).contains(number));
            let refused = || ApiError::bad_request(format!("Invalid srid of a layer: {srid}")).of_kind("layer");
            Some(number.ok_or_else(refused)?)
        }
    };
    let named = options["geom_column"].as_str().filter(|name| !name.is_empty()).unwrap_or(GEOMETRY);
    let kind = description.column(named).map(|column| column.kind.name());
    // A geometry of nothing has the type of a text.
    let is_typed = !matches!(kind, Some("text" | "unknown" | "geography" | "bytea"));
    let is_usual = named == GEOMETRY && srid.is_none_or(|srid| srid == 3857);
    if is_typed && is_usual {
        return Ok(None);
    }
    let mut geometry = quote_identifier(named);
    if !is_typed {
        geometry = format!("{geometry}::geometry");
    }
    if !is_usual {
        let srid = srid.unwrap_or(3857);
        geometry = format!(
            "ST_Transform(CASE WHEN ST_SRID({geometry}) = 0 THEN ST_SetSRID({geometry}, {srid}) ELSE {geometry} END, 3857)"
        );
    }
    let mut selected: Vec<String> = Vec::new();
    if description.column(GEOMETRY).is_none() {
        selected.push("*".to_owned());
    } else {
        let others = description.columns.iter().filter(|column| column.name != GEOMETRY);
        selected.extend(others.map(|column| quote_identifier(&column.name)));
    }
    selected.push(format!("{geometry} AS \"{GEOMETRY}\""));
    Ok(Some(format!("SELECT {} FROM ({sql}\n) AS projected", selected.join(", "))))
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
