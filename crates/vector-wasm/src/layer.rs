//! A layer of the map, in its present style.

use crate::json::Json;
use crate::newest;
use crate::source::{DataMap, Source};
use cartocss::Stylesheet;
use tiles::{LabelBox, TileId};
use vector::{Filter, Grid};

/// Where labels are, each with the feature that it names.
pub type Labels = Vec<(usize, LabelBox)>;

/// Tiles in which features can be found at a time, for each layer.
const MOST_GRIDS: usize = 16;

/// A layer.
#[derive(Debug)]
pub struct MapLayer {
    /// Its identifier, as JSON.
    pub id: String,
    /// The place of its source.
    pub source: usize,
    /// What is left of the rows of the source.
    pub filter: Option<Filter>,
    /// A map of the server that has it, and its place there.
    pub group: String,
    pub position: usize,
    /// Whether that map draws it as it is now.
    pub is_on_server: bool,
    style: Option<Stylesheet>,
    /// Its style as it is drawn.
    pub css: String,
    /// Its query, as the map asks for it.
    pub query: String,
    pub interactivity: Vec<String>,
    zooms: [u32; 2],
    /// Where features and their labels are in some tiles, those that were used last at the end.
    pub grids: Vec<(TileId, Grid, Labels)>,
}

impl MapLayer {
    /// A layer of a map that is drawn by a style.
    pub fn new(
        layer: &Json,
        source: usize,
        filter: Option<Filter>,
        (group, position): (&str, usize),
        css: &str,
    ) -> Option<MapLayer> {
        let options = layer.get("options")?;
        let zoom = |name: &str| options.get(name).and_then(Json::number);
        let interactivity = options.get("interactivity").map(Json::items).unwrap_or_default();
        Some(MapLayer {
            id: layer.get("id")?.written(),
            source,
            filter,
            group: group.to_owned(),
            position,
            is_on_server: true,
            style: Stylesheet::parse(css).ok(),
            css: css.to_owned(),
            query: String::new(),
            interactivity: interactivity.iter().filter_map(Json::text).map(str::to_owned).collect(),
            zooms: [zoom("minzoom").unwrap_or(0), zoom("maxzoom").unwrap_or(u32::MAX)],
            grids: Vec::new(),
        })
    }

    /// Its vector tiles, when the server makes any; of all sources of the map.
    pub fn tiles<'a>(&self, sources: &'a [Source]) -> Option<&'a DataMap> {
        sources.get(self.source)?.tiles.as_ref()
    }

    /// The style, when all of it can be drawn here, labels of points included. What nothing of ours draws, the server refuses in its
    /// own words.
    pub fn drawable(&self) -> Option<&Stylesheet> {
        self.style.as_ref().filter(|style| !style.draws_pictures() && style.undrawn().is_none())
    }

    /// Whether it is shown at a zoom level.
    pub fn is_at(&self, zoom: u32) -> bool {
        let [least, most] = self.zooms;
        (least..=most).contains(&zoom)
    }

    /// Keeps where the features of a tile are, and their labels.
    pub fn keep_grid(&mut self, tile: TileId, grid: Grid, labels: Labels) {
        newest::push(&mut self.grids, MOST_GRIDS, (tile, grid, labels));
    }
}
