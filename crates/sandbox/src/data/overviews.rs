//! Overviews of large tables: what of a table of points can be seen at low zoom levels, in the order in which tiles want it.
//!
//! An overview is a table of the sandbox's own, which no key can read: whoever may read the dataset gets it from the
//! server. It holds the points of a dataset in squares of 64 pixels, with their columns as arrays, and says which version of
//! the dataset it is of; of another one it is not used. Of each zoom level it keeps what [`crate::render::crowd`] keeps: the
//! topmost points of a pixel. A level that would keep nearly all has none of its own.

use crate::db::admin::{AdminTransaction, Ask};
use crate::db::{Database, Param, QueryError, changes, quote_identifier};
use crate::query::source::View;
use crate::render::crowd::{CROWD, STACKED};
use std::collections::HashMap;
use std::time::Duration;

/// The deepest zoom level that has an overview.
pub const DEEPEST: u32 = 5;
/// The level of all points, in squares of the deepest one.
pub const ALL_POINTS: u32 = DEEPEST + 1;
/// Pixels of a square's side.
const SQUARE: f64 = 64.0;
/// Points of a square that are read first. They cover it, if they are spread evenly and markers have the usual size.
const FIRST: u32 = 2048;
/// A level is worth its room when it leaves out one of so many points.
const WORTH: i64 = 5;
/// Bytes of a column's values on average, and columns: longer texts are read from the table.
const LONGEST: i32 = 40;
const MOST_COLUMNS: usize = 64;
/// Points of the largest table that gets an overview.
const MOST_POINTS: i64 = 100_000_000;
/// Points from which a new dataset gets an overview by itself.
const MANY_POINTS: f64 = 1_000_000.0;
/// Datasets of which is remembered that their overview was tried.
const MOST_TRIED: usize = 10_000;
/// Time without changes after which the server makes an overview anew.
pub const REST: Duration = Duration::from_secs(300);
/// Time that one step may take, and all of them.
const STEP_TIME: &str = "15min";
const TIME: Duration = Duration::from_secs(60 * 60);

/// Why a table gets no overview.
#[derive(Debug, thiserror::Error)]
pub enum OverviewError {
    /// There is no such dataset.
    #[error("User {0} has no dataset {1}.")]
    Unknown(String, String),
    /// The embedded database is for small data.
    #[error("The embedded database has no overviews: they need a PostgreSQL server.")]
    Embedded,
    /// It took too long.
    #[error("The overview takes longer than an hour, and was given up.")]
    TooSlow,
    /// The database refuses.
    #[error("The database refuses: {0}.")]
    Query(#[from] QueryError),
}

/// What became of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has an overview of so many points.
    Made(i64),
    /// It has so few points that tiles are quick without.
    Small,
    /// It has lines or areas, which overviews are not made of.
    NotPoints,
    /// It has more points than an overview is made of.
    TooLarge,
    /// Another process is making it.
    Busy,
}

/// Metres of a square's side.
pub fn square(level: u32) -> f64 {
    SQUARE * pixel(level)
}

fn pixel(level: u32) -> f64 {
    View::pixel_at(level.min(DEEPEST))
}

/// The table of an overview.
pub fn relation(id: i32) -> String {
    format!("sandbox.overview_{id}")
}

/// A column that an overview keeps: its name, and the type of its values in it.
struct Kept {
    name: String,
    kind: &'static str,
}

/// Makes the overview of a dataset, or makes it anew. Those who read and write the dataset meanwhile do not wait.
///
/// # Errors
/// There is no such dataset, or the database refuses; then the dataset is as it was.
pub async fn build(database: &Database, schema: &str, table: &str) -> Result<Outcome, OverviewError> {
    if database.is_embedded() {
        return Err(OverviewError::Embedded);
    }
    let known = "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  JOIN sandbox.users u ON u.schema_name = n.nspname
                  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'the_geom_webmercator'
                 WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'r'";
    let parameters = || -> Vec<Param> { vec![Box::new(schema.to_owned()), Box::new(table.to_owned())] };
    if database.admin_query(known, parameters()).await?.is_empty() {
        return Err(OverviewError::Unknown(schema.to_owned(), table.to_owned()));
    }
    // What changes from here on moves the version, and the overview is not used.
    let version = changes::settled(database, &[(schema.to_owned(), table.to_owned())]).await?.number;
    let name = format!("{}.{}", quote_identifier(schema), quote_identifier(table));
    database.admin(&format!("ANALYZE {name}")).await?;
    let work = database.begin().await?;
    let made = tokio::time::timeout(TIME, build_in(&work, (schema, table), &name, version)).await;
    work.end(made.unwrap_or(Err(OverviewError::TooSlow))).await
}

async fn build_in(
    work: &AdminTransaction,
    (schema, table): (&str, &str),
    name: &str,
    version: i64,
) -> Result<Outcome, OverviewError> {
    // Points of one moment, whoever writes meanwhile.
    work.run(&format!(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
         SET LOCAL statement_timeout TO '{STEP_TIME}'; SET LOCAL lock_timeout TO '30s'; SET LOCAL timezone TO 'UTC';
         SET LOCAL synchronize_seqscans TO off; SET LOCAL max_parallel_workers_per_gather TO 0;
         SET LOCAL work_mem TO '128MB'; SET LOCAL jit TO off"
    ))
    .await?;
    let lock = "SELECT pg_try_advisory_xact_lock(hashtext('carto-sandbox overview of ' || $1))";
    let locked = work.ask(lock, vec![Box::new(name.to_owned())]).await?;
    if !locked.first().is_some_and(|row| row.get::<_, bool>(0)) {
        return Ok(Outcome::Busy);
    }
    let odd = format!(
        "SELECT 1 FROM {name} WHERE public.GeometryType(the_geom_webmercator) <> 'POINT'
            AND the_geom_webmercator IS NOT NULL LIMIT 1"
    );
    if !work.ask(&odd, Vec::new()).await?.is_empty() {
        forget(work, schema, table).await?;
        return Ok(Outcome::NotPoints);
    }
    let columns = kept_columns(work, schema, table).await?;
    // Rows come as a tile without an overview gets them: in the order of the table.
    let values: String = columns
        .iter()
        .enumerate()
        .map(|(index, kept)| format!(", {}::{} AS c{index}", quote_identifier(&kept.name), kept.kind))
        .collect();
    let names: String = (0..columns.len()).map(|index| format!(", c{index}")).collect();
    work.run(&format!(
        "CREATE TEMP TABLE overview_all ON COMMIT DROP AS
           SELECT row_number() OVER ()::bigint AS rank, x, y{names}
             FROM (SELECT public.ST_X(the_geom_webmercator) AS x, public.ST_Y(the_geom_webmercator) AS y{values}
                     FROM {name} OFFSET 0) AS place
            WHERE abs(x) < 1e9 AND abs(y) < 1e9"
    ))
    .await?;
    let points = count(work, "overview_all").await?;
    if points <= CROWD as i64 || points > MOST_POINTS {
        forget(work, schema, table).await?;
        return Ok(if points > MOST_POINTS { Outcome::TooLarge } else { Outcome::Small });
    }
    let next = work.ask("SELECT nextval('sandbox.overviews_id_seq')::integer", Vec::new()).await?;
    let id: i32 = next.first().map(|row| row.get(0)).ok_or(QueryError::Lost)?;
    let overview = relation(id);
    let arrays: String =
        columns.iter().enumerate().map(|(index, kept)| format!(", c{index} {}[]", kept.kind)).collect();
    work.run(&format!(
        "CREATE TABLE {overview} (level smallint NOT NULL, x integer NOT NULL, y integer NOT NULL,
           part smallint NOT NULL, total bigint NOT NULL, has_more boolean NOT NULL, points bytea{arrays},
           PRIMARY KEY (level, x, y, part))"
    ))
    .await?;
    // What was packed would have to be unpacked for each tile.
    let plain = (0..columns.len()).map(|index| format!("c{index}")).chain(["points".to_owned()]);
    let plain: Vec<String> = plain.map(|column| format!("ALTER {column} SET STORAGE EXTERNAL")).collect();
    work.run(&format!("ALTER TABLE {overview} {}", plain.join(", "))).await?;
    work.run(&squares(&overview, ALL_POINTS, "overview_all", &columns)).await?;
    // Squares are halves of squares: those of the deepest level are counted, and the others are sums of them.
    let side = square(DEEPEST);
    work.run(&format!(
        "CREATE TEMP TABLE overview_totals ON COMMIT DROP AS
           SELECT floor(x / {side:e})::integer AS x, floor(y / {side:e})::integer AS y, count(*) AS total
             FROM overview_all GROUP BY 1, 2"
    ))
    .await?;
    let mut below = "overview_all".to_owned();
    for level in (0..=DEEPEST).rev() {
        let thinned = format!("overview_{level}");
        let cell = pixel(level);
        work.run(&format!(
            "CREATE TEMP TABLE {thinned} ON COMMIT DROP AS
               SELECT rank, x, y{names} FROM (
                 SELECT *, row_number() OVER (PARTITION BY floor(x / {cell:e}), floor(y / {cell:e}) ORDER BY rank DESC) AS place
                   FROM {below}) AS stacked
                WHERE place <= {STACKED}"
        ))
        .await?;
        let halvings = DEEPEST - level;
        let squares_of_level = format!(
            "SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT x >> {halvings}, y >> {halvings} FROM pg_temp.overview_totals) AS s)
               FROM pg_temp.{thinned}"
        );
        let told = work.ask(&squares_of_level, Vec::new()).await?;
        let (left, full): (i64, i64) = told.first().map_or((0, 0), |row| (row.get(0), row.get(1)));
        // It leaves out many points, or many of its squares are read in part.
        if left <= points - points / WORTH || left * 2 > full * i64::from(FIRST) * 3 {
            work.run(&squares(&overview, level, &thinned, &columns)).await?;
        }
        // Every square of every level tells how many points there are.
        work.run(&format!(
            "INSERT INTO {overview} (level, x, y, part, total, has_more)
             SELECT {level}, x >> {halvings}, y >> {halvings}, 0, sum(total)::bigint, false
               FROM pg_temp.overview_totals GROUP BY 2, 3
                 ON CONFLICT (level, x, y, part) DO UPDATE SET total = excluded.total"
        ))
        .await?;
        if below != "overview_all" {
            work.run(&format!("DROP TABLE pg_temp.{below}")).await?;
        }
        below = thinned;
    }
    work.run(&format!("ANALYZE {overview} (level, x, y)")).await?;
    // At last, for whoever reads the one before would wait from here on.
    forget(work, schema, table).await?;
    let sql = "INSERT INTO sandbox.overviews (id, schema_name, name, relation, version, columns)
               SELECT $1, $2, $3, to_regclass($4)::oid, $5, $6";
    let names: Vec<String> = columns.into_iter().map(|kept| kept.name).collect();
    let row: Vec<Param> = vec![
        Box::new(id),
        Box::new(schema.to_owned()),
        Box::new(table.to_owned()),
        Box::new(name.to_owned()),
        Box::new(version),
        Box::new(names),
    ];
    work.ask(sql, row).await?;
    Ok(Outcome::Made(points))
}

/// The statement that puts points into squares, the topmost of each first.
fn squares(overview: &str, level: u32, from: &str, columns: &[Kept]) -> String {
    let side = square(level);
    let arrays: String = (0..columns.len()).map(|index| format!(", array_agg(c{index} ORDER BY rank DESC)")).collect();
    format!(
        "INSERT INTO {overview}
         SELECT {level}, x0, y0, CASE WHEN place > {FIRST} THEN 1 ELSE 0 END AS half, 0, max(place) < max(most),
                string_agg(float8send(x) || float8send(y) || int4send((rank - 2147483648)::integer), ''::bytea ORDER BY rank DESC){arrays}
           FROM (SELECT *, row_number() OVER (PARTITION BY x0, y0 ORDER BY rank DESC) AS place,
                        count(*) OVER (PARTITION BY x0, y0) AS most
                   FROM (SELECT *, floor(x / {side:e})::integer AS x0, floor(y / {side:e})::integer AS y0
                           FROM {from}) AS placed) AS sorted
          GROUP BY x0, y0, half"
    )
}

async fn count(work: &AdminTransaction, table: &str) -> Result<i64, QueryError> {
    let rows = work.ask(&format!("SELECT count(*) FROM pg_temp.{table}"), Vec::new()).await?;
    Ok(rows.first().map_or(0, |row| row.get(0)))
}

/// The columns that are kept: values that are short, as tiles read them.
async fn kept_columns(work: &AdminTransaction, schema: &str, table: &str) -> Result<Vec<Kept>, QueryError> {
    let sql = "SELECT a.attname::text, t.typname::text
                 FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                      LEFT JOIN pg_stats s ON s.schemaname = $1 AND s.tablename = $2 AND s.attname = a.attname AND NOT s.inherited
                WHERE a.attrelid = to_regclass($3) AND a.attnum > 0 AND NOT a.attisdropped
                      AND t.typname NOT IN ('geometry', 'geography', 'raster', 'bytea') AND t.typcategory <> 'A'
                      AND coalesce(s.avg_width, CASE WHEN t.typlen > 0 THEN t.typlen ELSE 1000 END) <= $4
                ORDER BY a.attnum LIMIT $5";
    let name = format!("{}.{}", quote_identifier(schema), quote_identifier(table));
    let rows = work.ask(
        sql,
        vec![
            Box::new(schema.to_owned()),
            Box::new(table.to_owned()),
            Box::new(name),
            Box::new(LONGEST),
            Box::new(MOST_COLUMNS as i64),
        ],
    );
    let kept = |row: &tokio_postgres::Row| Kept {
        name: row.get(0),
        kind: match row.get::<_, &str>(1) {
            "int2" | "int4" | "int8" => "int8",
            "float4" | "float8" | "numeric" => "float8",
            "bool" => "bool",
            _ => "text",
        },
    };
    Ok(rows.await?.iter().map(kept).collect())
}

/// Drops the overview of a dataset, if it has one.
///
/// # Errors
/// The database refuses.
pub async fn forget(work: &impl Ask, schema: &str, table: &str) -> Result<(), QueryError> {
    let sql = "DELETE FROM sandbox.overviews WHERE schema_name = $1 AND name = $2 RETURNING id";
    let gone = work.ask(sql, vec![Box::new(schema.to_owned()), Box::new(table.to_owned())]).await?;
    drop_relations(work, &gone).await
}

/// Drops all overviews of a schema.
///
/// # Errors
/// The database refuses.
pub async fn forget_all(work: &impl Ask, schema: &str) -> Result<(), QueryError> {
    let sql = "DELETE FROM sandbox.overviews WHERE schema_name = $1 RETURNING id";
    let gone = work.ask(sql, vec![Box::new(schema.to_owned())]).await?;
    drop_relations(work, &gone).await
}

/// Drops overviews of datasets that are gone, and what was left of others.
///
/// # Errors
/// The database refuses.
pub async fn sweep(database: &Database) -> Result<(), QueryError> {
    let sql = "DELETE FROM sandbox.overviews o
                WHERE NOT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                   WHERE c.oid = o.relation AND c.relname = o.name AND n.nspname = o.schema_name)
            RETURNING id";
    let gone = database.ask(sql, Vec::new()).await?;
    drop_relations(database, &gone).await
}

async fn drop_relations(work: &impl Ask, gone: &[tokio_postgres::Row]) -> Result<(), QueryError> {
    for row in gone {
        work.run(&format!("DROP TABLE IF EXISTS {}", relation(row.get(0)))).await?;
    }
    Ok(())
}

/// A dataset that wants an overview, or another one than it has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wanting {
    /// Its schema, which is the name of its user.
    pub schema: String,
    /// Its name.
    pub table: String,
    /// The version of its rows, in milliseconds since 1970; none when they never changed.
    pub version: Option<i64>,
}

/// Datasets of a user, or of all, whose overview is of an older version, and those of more than `rows` rows that have none;
/// but for those that changed in the last `rest`.
///
/// # Errors
/// The database refuses.
pub async fn wanting(
    database: &Database,
    schema: Option<&str>,
    rows: f64,
    rest: Duration,
) -> Result<Vec<Wanting>, QueryError> {
    changes::settle_all(database, schema).await?;
    let sql = "SELECT n.nspname::text, c.relname::text, v.version
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                      JOIN sandbox.users u ON u.schema_name = n.nspname
                      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'the_geom_webmercator'
                      LEFT JOIN sandbox.tables t ON t.schema_name = n.nspname AND t.name = c.relname
                      CROSS JOIN LATERAL (SELECT (extract(epoch FROM t.updated_at) * 1000)::bigint AS version) v
                      LEFT JOIN sandbox.overviews o ON o.relation = c.oid AND o.schema_name = n.nspname AND o.name = c.relname
                WHERE c.relkind = 'r' AND NOT c.relispartition AND ($1::text IS NULL OR n.nspname = $1)
                      AND (c.reltuples > $2::float8 OR o.id IS NOT NULL) AND o.version IS DISTINCT FROM v.version
                      AND (t.updated_at IS NULL OR t.updated_at <= now() - make_interval(secs => $3::float8))
                ORDER BY 1, 2";
    let parameters: Vec<Param> =
        vec![Box::new(schema.map(str::to_owned)), Box::new(rows), Box::new(rest.as_secs_f64())];
    let found = database.admin_query(sql, parameters).await?;
    Ok(found.iter().map(|row| Wanting { schema: row.get(0), table: row.get(1), version: row.get(2) }).collect())
}

/// Makes overviews anew while the server runs.
#[derive(Debug, Default)]
pub struct Refresh {
    /// What was tried of which version: a dataset of lines, or one that takes too long, is not tried again and again.
    tried: HashMap<(String, String), Option<i64>>,
}

impl Refresh {
    /// Makes the overviews of datasets that changed and have rested since, and of those that grew large, one after the
    /// other. What fails is written to the log, and is tried again when the dataset has changed.
    pub async fn turn(&mut self, database: &Database, rest: Duration) {
        if database.is_embedded() {
            return;
        }
        let wanting = match wanting(database, None, MANY_POINTS, rest).await {
            Ok(wanting) => wanting,
            Err(error) => return tracing::warn!("it is not known which overviews are out of date: {error}"),
        };
        for Wanting { schema, table, version } in wanting {
            let known = self.tried.get(&(schema.clone(), table.clone()));
            if known == Some(&version) {
                continue;
            }
            match build(database, &schema, &table).await {
                Ok(_) => {}
                Err(error) => tracing::warn!(schema, table, "an overview is not made anew: {error}"),
            }
            if self.tried.len() >= MOST_TRIED {
                self.tried.clear();
            }
            self.tried.insert((schema, table), version);
        }
    }
}

/// The statement that makes the table of all overviews.
pub const TABLE: &str = "
CREATE TABLE IF NOT EXISTS sandbox.overviews (
  id serial PRIMARY KEY,
  schema_name text NOT NULL,
  name text NOT NULL,
  relation oid NOT NULL,
  version bigint NOT NULL,
  columns text[] NOT NULL,
  UNIQUE (schema_name, name)
);
";

/// Makes the overview of a dataset that is new, if it is so large that it needs one. The dataset is there in any case: what
/// fails is written to the log.
pub async fn build_if_large(database: &Database, schema: &str, table: &str) {
    if database.is_embedded() {
        return;
    }
    let sql = "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'r' AND c.reltuples >= $3::float8";
    let parameters: Vec<Param> = vec![Box::new(schema.to_owned()), Box::new(table.to_owned()), Box::new(MANY_POINTS)];
    let built = async {
        let is_large = !database.admin_query(sql, parameters).await?.is_empty();
        if is_large { build(database, schema, table).await.map(drop) } else { Ok(()) }
    };
    if let Err(error) = built.await {
        tracing::warn!(table, "a dataset has no overview: {error}");
    }
}
