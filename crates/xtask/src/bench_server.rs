//! `bench --server`: tiles, grids and maps of the release server on a throw-away PostgreSQL cluster, and how many of them it
//! answers in a second. It prints a table and never fails on time.
use crate::load::{Client, Measured, Request, measure};
use crate::process::{Program, TempDir};
use crate::sandbox::{self, Database, Keys, Profile};
use crate::workspace::Workspace;
use crate::{console, ports, postgres};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::Duration;

/// Requests at a time.
const CLIENTS: usize = 4;
/// The README that has the table.
const README: &str = "crates/sandbox/README.md";

/// How the points are drawn: as CARTO draws them by itself, by seven classes.
const STYLE: &str = "#layer { marker-width: 7; marker-fill: #ff6600; marker-fill-opacity: 0.9; marker-line-color: #fff;
  marker-line-width: 1; marker-allow-overlap: true; [pop > 1000] { marker-fill: #ee4d5a; } [pop > 10000] { marker-fill: #d1495b; }
  [pop > 50000] { marker-fill: #66a182; } [pop > 100000] { marker-fill: #2e4057; } [pop > 500000] { marker-fill: #8d96a3; }
  [pop > 1000000] { marker-fill: #000; } }";

#[derive(clap::Args, Default)]
pub struct ServerOptions {
    /// Measure the server in place of the package: tiles, grids and maps on PostgreSQL
    #[arg(long, conflicts_with_all = ["quick", "only"])]
    pub server: bool,
    /// With --server, seconds of each measure
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// With --server, points of large tables that are measured too, such as 40000,400000,4000000
    #[arg(long, value_delimiter = ',')]
    points: Vec<u32>,
    /// With --server, a program to measure in place of the one that is built
    #[arg(long)]
    program: Option<PathBuf>,
}

/// Measures the server, and writes the table when that is wanted.
pub fn run(workspace: &Workspace, options: &ServerOptions, write: bool) -> Result<()> {
    let program = match &options.program {
        Some(program) => program.clone(),
        None => sandbox::build(workspace, Profile::Release)?,
    };
    let cluster = postgres::Cluster::start_installed()?;
    let (port, files) = (ports::free()?, TempDir::new()?);
    let recordings = workspace.root.join("tests/wire/data");
    let extra = ["--no-rate-limits".as_ref(), "--load-recordings".as_ref(), recordings.as_os_str()];
    let database = Database::Server(cluster.url.clone());
    let start = sandbox::Start { port, data: files.path(), database, keys: Keys::OfTests, further: &extra, ear: None };
    let server = sandbox::start(workspace, &program, start)?;
    let duration = Duration::from_secs(options.seconds);
    let mut lines = Vec::new();
    for (name, request) in measures(port)? {
        // The first requests find nothing kept: they are not what is measured.
        measure(port, CLIENTS, duration / 4, &request)?;
        lines.push(line("populated_places, 5,000 points", name, measure(port, CLIENTS, duration, &request)?));
        console::step("Measured", lines.last().map(String::as_str).unwrap_or_default());
    }
    for points in &options.points {
        let table = format!("points_{points}");
        let optimized = make_points(workspace, &program, &cluster.url, &table, *points)?;
        console::step("Made", format!("{table}; {optimized}"));
        let map = instantiate(port, &config(&format!("SELECT * FROM {table}"), STYLE))?;
        for zoom in 0..=5 {
            let request = tiles(&map, zoom, "png");
            measure(port, CLIENTS, duration / 4, &request)?;
            let measured = measure(port, CLIENTS, duration, &request)?;
            lines.push(line(
                &format!("{} points", console::thousands(u64::from(*points))),
                &format!("png z{zoom}"),
                measured,
            ));
            console::step("Measured", lines.last().map(String::as_str).unwrap_or_default());
        }
    }
    drop(server);
    let cores = available_parallelism().map_or(1, usize::from);
    let head = format!(
        "| {CLIENTS} requests at a time, {cores} cores | | rate | p50 | p99 |\n| --- | --- | ---: | ---: | ---: |\n"
    );
    let table = head + &lines.join("\n");
    println!("{table}");
    if write { into_readme(&workspace.root.join(README), &table) } else { Ok(()) }
}

type Made = Box<dyn Fn(usize) -> Request + Sync>;

/// The measures of the table of the recordings.
fn measures(port: u16) -> Result<Vec<(&'static str, Made)>> {
    let map = instantiate(port, &config("SELECT * FROM populated_places", STYLE))?;
    let new_map = |number: usize| {
        // Each of another colour, so that none was made before.
        let style = STYLE.replacen("#ff6600", &format!("#{:06x}", number % 0xff_ffff), 1);
        let body = config("SELECT * FROM populated_places", &style).to_string();
        Request { method: "POST", path: "/user/demo/api/v1/map".to_owned(), body }
    };
    Ok(vec![
        ("png z2", Box::new(tiles(&map, 2, "png"))),
        ("png z5", Box::new(tiles(&map, 5, "png"))),
        ("grid z2", Box::new(tiles(&map, 2, "grid.json"))),
        ("mvt z2", Box::new(tiles(&map, 2, "mvt"))),
        ("instantiation", Box::new(new_map)),
    ])
}

fn config(sql: &str, style: &str) -> Value {
    json!({ "version": "1.8.0", "layers": [{ "type": "mapnik", "options": {
        "sql": sql, "cartocss": style, "cartocss_version": "3.0.12", "interactivity": ["cartodb_id", "name"] } }] })
}

/// Makes a map and gives its id.
fn instantiate(port: u16, config: &Value) -> Result<String> {
    let request = Request { method: "POST", path: "/user/demo/api/v1/map".to_owned(), body: config.to_string() };
    let answer: Value = serde_json::from_slice(&Client::connect(port)?.send(&request)?)?;
    answer["layergroupid"].as_str().map(str::to_owned).context("the server gave no map")
}

/// Tiles of a zoom level all over the world, in an order that neither goes on beside the last one nor comes to an end.
fn tiles(map: &str, zoom: u32, format: &'static str) -> impl Fn(usize) -> Request + Sync + use<> {
    let (map, side) = (map.to_owned(), 1_usize << zoom);
    move |number| {
        let tile = number.wrapping_mul(7919) % (side * side);
        let layer = if format == "grid.json" { "0/" } else { "" };
        Request::get(format!("/user/demo/api/v1/map/{map}/{layer}{zoom}/{}/{}.{format}", tile % side, tile / side))
    }
}

/// Makes a table of points that are spread evenly, and what the server keeps of large tables. Tells how long that took.
fn make_points(workspace: &Workspace, program: &Path, url: &str, table: &str, points: u32) -> Result<String> {
    let bin = postgres::installation().context("PostgreSQL is gone")?;
    let name = format!("demo.{table}");
    let sql = format!(
        "CREATE TABLE {name} (cartodb_id integer PRIMARY KEY, the_geom geometry(Point, 4326),
           the_geom_webmercator geometry(Point, 3857), name text, pop integer);
         INSERT INTO {name} SELECT n, ST_Transform(g, 4326), g, 'place ' || n, (10 ^ (random() * 7))::integer
           FROM (SELECT n, ST_SetSRID(ST_MakePoint((random() - 0.5) * 40075016, (random() - 0.5) * 40075016), 3857) AS g
                   FROM generate_series(1, {points}) AS n OFFSET 0) AS made;
         CREATE INDEX ON {name} USING gist (the_geom_webmercator);
         ANALYZE {name};
         GRANT SELECT ON {name} TO PUBLIC"
    );
    Program::new(bin.join("psql")).args([url, "-v", "ON_ERROR_STOP=1", "-qc", &sql]).run_quietly("psql")?;
    let begin = std::time::Instant::now();
    let optimize = workspace.program(program).args(["optimize", "--user", "demo", table]).env("DATABASE_URL", url);
    optimize.run_quietly("carto-sandbox optimize")?;
    Ok(format!("optimized in {}", console::duration(begin.elapsed())))
}

fn line(table: &str, name: &str, measured: Measured) -> String {
    let Measured { rate, p50, p99 } = measured;
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    format!("| {table} | {name} | {rate:.0}/s | {} | {} |", milliseconds(p50), milliseconds(p99))
}

fn into_readme(file: &Path, table: &str) -> Result<()> {
    let text = std::fs::read_to_string(file)?;
    let text = between(&text, "rates", table).context("the README has no place for the table")?;
    Ok(std::fs::write(file, text)?)
}

/// A text with other content between two marks.
fn between(text: &str, name: &str, content: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- end of {name} -->"));
    let from = text.find(&begin)? + begin.len();
    let to = from + text.get(from..)?.find(&end)?;
    Some(format!("{}\n{content}\n{}", text.get(..from)?, text.get(to..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_tile_of_a_zoom_level_has_its_turn() {
        for zoom in 0..6 {
            let request = tiles("m", zoom, "png");
            let paths: HashSet<String> = (0..1 << (2 * zoom)).map(|number| request(number).path).collect();
            assert_eq!(paths.len(), 1 << (2 * zoom));
        }
        assert_eq!(tiles("m", 0, "grid.json")(3).path, "/user/demo/api/v1/map/m/0/0/0/0.grid.json");
    }

    #[test]
    fn tables_are_put_between_their_marks() {
        let text = "a\n<!-- rates -->\nold\n<!-- end of rates -->\nb";
        let expected = "a\n<!-- rates -->\nnew\n<!-- end of rates -->\nb";
        assert_eq!(between(text, "rates", "new").as_deref(), Some(expected));
        assert_eq!(between("nothing", "rates", "new"), None);
    }
}
