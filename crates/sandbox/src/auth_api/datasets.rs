//! The datasets of a user: which there are, and what is told of them.

use crate::accounts::keys::Account;
use crate::db::admin::Ask;
use crate::db::{Database, Param, QueryError, changes, quote_identifier};
use serde_json::{Value, json};
use tokio_postgres::Row;

/// Rows that are looked at for types of geometries, where the column takes all.
const SAMPLE: u32 = 1_000;

/// What a dataset is to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A table, which may have parts.
    Table,
    /// A query with a name.
    View,
    /// One whose rows are kept.
    MaterializedView,
    /// A table somewhere else.
    ForeignTable,
}

impl Kind {
    fn read(letter: &str) -> Kind {
        match letter {
            "v" => Kind::View,
            "m" => Kind::MaterializedView,
            "f" => Kind::ForeignTable,
            _ => Kind::Table,
        }
    }

    /// What SQL calls it.
    pub fn sql(self) -> &'static str {
        match self {
            Kind::Table => "TABLE",
            Kind::View => "VIEW",
            Kind::MaterializedView => "MATERIALIZED VIEW",
            Kind::ForeignTable => "FOREIGN TABLE",
        }
    }
}

/// A dataset.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Whether everybody may read it.
    pub is_public: bool,
    /// Whether it has the columns of CARTO's datasets.
    pub is_cartodbfied: bool,
    /// When it was changed, as far as that was noticed.
    pub updated_at: Option<String>,
}

/// What the database knows about the content of a dataset without reading it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Rows, by its statistics.
    pub rows: Option<i64>,
    /// Bytes, with indexes.
    pub size: Option<i64>,
    /// Types of geometries, as PostGIS names them.
    pub geometry_types: Vec<String>,
    /// West, south, east and north of all geometries, about.
    pub bounds: Option<[f64; 4]>,
}

/// A page of a user's tables by name, and how many there are; those with `like` in their names, if it says something.
///
/// # Errors
/// The database fails.
pub async fn list(
    database: &Database,
    account: &Account,
    like: &str,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Dataset>, i64), QueryError> {
    changes::settle_all(database, Some(&account.schema)).await?;
    let schema = || Box::new(account.schema.clone());
    let like = || Box::new(like.to_lowercase());
    let named = "strpos(c.relname, $2) > 0";
    let total = database.ask(&format!("SELECT count(*) FROM {FROM} AND {named}"), vec![schema(), like()]).await?;
    let sql = format!("SELECT {COLUMNS} FROM {FROM} AND {named} ORDER BY c.relname LIMIT $4 OFFSET $5");
    let params: Vec<Param> = vec![schema(), like(), Box::new(account.user_id), Box::new(limit), Box::new(offset)];
    let rows = database.ask(&sql, params).await?;
    Ok((rows.iter().map(dataset).collect(), total.first().map_or(0, |row| row.get(0))))
}

/// The dataset of this name, if there is one, with the time of its last change.
///
/// # Errors
/// The database fails.
pub async fn find(database: &Database, account: &Account, name: &str) -> Result<Option<Dataset>, QueryError> {
    changes::settle_all(database, Some(&account.schema)).await?;
    look_up(database, account, name).await
}

/// The dataset of this name as it is known, also within other work.
///
/// # Errors
/// The database fails.
pub async fn look_up(database: &impl Ask, account: &Account, name: &str) -> Result<Option<Dataset>, QueryError> {
    if name.contains('\0') {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM {FROM} AND c.relname = $2");
    let params: Vec<Param> =
        vec![Box::new(account.schema.clone()), Box::new(name.to_owned()), Box::new(account.user_id)];
    let rows = database.ask(&sql, params).await?;
    Ok(rows.first().map(dataset))
}

/// The tables of a schema.
const FROM: &str = "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind = ANY ('{r,v,m,f,p}')";

/// What is told of a table; the third parameter is the number of the user.
const COLUMNS: &str = "c.relname::text, c.relkind::text,
     coalesce((SELECT has_table_privilege(k.role, c.oid, 'SELECT')
                 FROM sandbox.api_keys k WHERE k.user_id = $3 AND k.type = 'default'), false),
     (SELECT count(*) = 3 FROM pg_attribute a
       WHERE a.attrelid = c.oid AND NOT a.attisdropped
             AND a.attname = ANY ('{cartodb_id,the_geom,the_geom_webmercator}')),
     (SELECT to_char(t.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')
        FROM sandbox.tables t WHERE t.schema_name = n.nspname AND t.name = c.relname)";

fn dataset(row: &Row) -> Dataset {
    Dataset {
        name: row.get(0),
        kind: Kind::read(row.get(1)),
        is_public: row.get(2),
        is_cartodbfied: row.get(3),
        updated_at: row.get(4),
    }
}

/// What the database knows about the content of a dataset.
///
/// # Errors
/// The database fails.
pub async fn facts(database: &impl Ask, account: &Account, dataset: &Dataset) -> Result<Facts, QueryError> {
    // The extent is that of the index, or of the statistics. The table is found first: of one that has the same name
    // somewhere else nothing is asked.
    let sql = "WITH t AS MATERIALIZED
                    (SELECT c.oid, c.relkind, c.reltuples, n.nspname::text AS schema, c.relname::text AS name
                       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                      WHERE n.nspname = $1 AND c.relname = $2)
               SELECT CASE WHEN t.relkind = ANY ('{r,m,p}') AND t.reltuples >= 0 THEN t.reltuples::bigint END,
                      CASE WHEN t.relkind = ANY ('{r,m}') THEN pg_total_relation_size(t.oid) END,
                      g.kind, g.is_empty,
                      ST_XMin(g.extent), ST_YMin(g.extent), ST_XMax(g.extent), ST_YMax(g.extent)
                 FROM t LEFT JOIN LATERAL
                      (SELECT postgis_typmod_type(a.atttypmod) AS kind,
                              EXISTS (SELECT 1 FROM pg_stats s
                                       WHERE s.schemaname = t.schema AND s.tablename = t.name
                                             AND s.attname = a.attname AND s.null_frac = 1) AS is_empty,
                              CASE WHEN t.relkind = ANY ('{r,m}')
                                   THEN ST_EstimatedExtent(t.schema, t.name, a.attname::text) END AS extent
                         FROM pg_attribute a
                        WHERE a.attrelid = t.oid AND NOT a.attisdropped AND a.attname = 'the_geom'
                              AND a.atttypid = 'geometry'::regtype) g ON true";
    let params: Vec<Param> = vec![Box::new(account.schema.clone()), Box::new(dataset.name.clone())];
    let rows = match database.ask(sql, params).await {
        Ok(rows) => rows,
        // Somebody dropped or renamed it meanwhile.
        Err(QueryError::Database(_)) => return Ok(Facts::default()),
        Err(error) => return Err(error),
    };
    let Some(row) = rows.first() else { return Ok(Facts::default()) };
    let (kind, is_empty): (Option<&str>, Option<bool>) = (row.get(2), row.get(3));
    let geometry_types = match kind.map(|kind| kind.trim_end_matches(['Z', 'M'])) {
        None => Vec::new(),
        Some(_) if is_empty == Some(true) => Vec::new(),
        Some("Geometry") => sampled(database, account, dataset).await?,
        Some(kind) => vec![format!("ST_{kind}")],
    };
    let corner = |index: usize| row.get::<_, Option<f64>>(index);
    let bounds = match (corner(4), corner(5), corner(6), corner(7)) {
        (Some(west), Some(south), Some(east), Some(north)) if !geometry_types.is_empty() => {
            Some([west, south, east, north])
        }
        _ => None,
    };
    Ok(Facts { rows: row.get(0), size: row.get(1), geometry_types, bounds })
}

/// Types of geometries among the first rows of a table. A view's query is not run for that.
async fn sampled(database: &impl Ask, account: &Account, dataset: &Dataset) -> Result<Vec<String>, QueryError> {
    if matches!(dataset.kind, Kind::View | Kind::ForeignTable) {
        return Ok(vec!["ST_Geometry".into()]);
    }
    let table = format!("{}.{}", quote_identifier(&account.schema), quote_identifier(&dataset.name));
    let sql = format!(
        "SELECT DISTINCT ST_GeometryType(the_geom) FROM (SELECT the_geom FROM {table} LIMIT {SAMPLE}) AS sample
          WHERE the_geom IS NOT NULL ORDER BY 1"
    );
    match database.ask(&sql, Vec::new()).await {
        Ok(rows) => Ok(rows.iter().map(|row| row.get(0)).collect()),
        // Somebody dropped or renamed it meanwhile.
        Err(QueryError::Database(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// A dataset in the list of `/api/v4/datasets`.
pub fn plain(account: &Account, dataset: &Dataset) -> Value {
    json!({
        "name": dataset.name,
        "table_schema": account.schema,
        "privacy": if dataset.is_public { "public" } else { "private" },
        "cartodbfied": dataset.is_cartodbfied,
        "updated_at": dataset.updated_at,
        "shared": null,
    })
}

fn privacy(dataset: &Dataset) -> &'static str {
    if dataset.is_public { "PUBLIC" } else { "PRIVATE" }
}

/// A dataset as older clients know it: a visualization with a table.
pub fn visualization(account: &Account, dataset: &Dataset, facts: &Facts) -> Value {
    let Dataset { name, updated_at, .. } = dataset;
    let privacy = privacy(dataset);
    json!({
        "id": name,
        "name": name,
        "display_name": name,
        "type": "table",
        "kind": if dataset.is_cartodbfied { "geom" } else { "regular" },
        "privacy": privacy,
        "description": null,
        "tags": [],
        "created_at": updated_at,
        "updated_at": updated_at,
        "locked": false,
        "dependent_visualizations": [],
        "dependent_visualizations_count": 0,
        "permission": { "id": name, "owner": { "username": account.username }, "acl": [] },
        "table": {
            "id": name,
            "name": name,
            "privacy": privacy,
            "updated_at": updated_at,
            "row_count": facts.rows,
            "size": facts.size,
            "geometry_types": facts.geometry_types,
            "bbox": facts.bounds,
        },
    })
}

/// A dataset as a table with a visualization.
pub fn table(account: &Account, dataset: &Dataset, facts: &Facts) -> Value {
    json!({
        "id": dataset.name,
        "name": dataset.name,
        "privacy": privacy(dataset),
        "schema": account.schema,
        "updated_at": dataset.updated_at,
        "rows_counted": facts.rows,
        "table_size": facts.size,
        "geometry_types": facts.geometry_types,
        "description": null,
        "map_id": null,
        "table_visualization": visualization(account, dataset, facts),
        "dependent_visualizations": [],
        "non_dependent_visualizations": [],
        "synchronization": null,
    })
}
