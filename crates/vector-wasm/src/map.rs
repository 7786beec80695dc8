//! The map of one client: what is on it, what of it can be drawn here, and which questions to the server can be answered here.
//!
//! To the engine of the client this is the server. A map that differs from the last one only in styles, filters, order or
//! number of its layers is answered here, so that it needs no request; any other goes to the server, whose answer is
//! remembered. Vector tiles come from maps of their own, one for each source, with no more columns than are needed.

use crate::config::{
    analyses, are_known, dataview_query, layers_of, made_of, mapnik, no_rules, node_query, plain, query_of,
};
use crate::digits::Digits;
use crate::json::Json;
use crate::layer::MapLayer;
use crate::newest;
use crate::ramps::KnownRamps;
use crate::shapes::ShapesOfTiles;
use crate::source::{COUNTED, FAR, NEAR, Source};
use cartocss::Stylesheet;
use tiles::{MarkerCache, Typesetter};
use vector::{Filter, Store, unfiltered};

/// Bytes of all tiles.
const MOST_BYTES: usize = 64 << 20;
/// Styles whose colours over the data the server has told, at most.
const MOST_STYLES: usize = 256;
/// Sources that are remembered beside those of the map.
const MOST_SOURCES: usize = 32;

/// What the server made of a style.
#[derive(Debug)]
struct Made {
    /// The query whose data it was made for, and when those changed.
    of: String,
    css: String,
    drawn: String,
    /// What it tells of it.
    about: Json,
}

/// The map.
#[derive(Debug)]
pub struct Map {
    pub(crate) digits: Digits,
    /// The last map that the server has agreed to, and its answer.
    known: Option<(Json, Json)>,
    /// The map that the engine has, what it is called, and what the server calls the one that is the same.
    pub(crate) current: Json,
    name: String,
    server: Option<String>,
    /// Its layers, bottom first.
    pub(crate) layers: Vec<MapLayer>,
    pub(crate) sources: Vec<Source>,
    /// Queries that were seen in filters, each with the whole.
    filtered: Vec<(String, String)>,
    /// Dataviews that are not those of the server's last map: their queries, and the name of the map since which they are so.
    dataviews: Vec<(String, String, String)>,
    /// Identifiers of the layers that are shown.
    shown: Vec<String>,
    /// An address of tiles: what is before the name of the map, and what is behind the tile's own part.
    pub(crate) address: (String, String),
    pub(crate) subdomains: Vec<String>,
    made: Vec<Made>,
    ramps: KnownRamps,
    answers: usize,
    /// Counts sources and maps of vector tiles.
    last_number: u32,
    pub(crate) store: Store,
    pub(crate) markers: MarkerCache,
    pub(crate) shapes: ShapesOfTiles,
    /// Whether there is somebody who draws text.
    has_letters: bool,
    /// The zoom level that was drawn last.
    pub(crate) zoom: u32,
    /// Layers with a feature under the pointer.
    pub(crate) hovered: Vec<String>,
}

/// What is before the name of a map in addresses.
pub(crate) const MAPS: &str = "/api/v1/map/";

impl Map {
    /// A map without layers; without somebody who draws text, the server draws what has labels.
    pub fn new(digits: Digits, typesetter: Option<&'static dyn Typesetter>) -> Map {
        let markers = MarkerCache::default();
        Map {
            digits,
            known: None,
            current: Json::null(),
            name: String::new(),
            server: None,
            layers: Vec::new(),
            sources: Vec::new(),
            filtered: Vec::new(),
            dataviews: Vec::new(),
            shown: Vec::new(),
            address: (String::new(), String::new()),
            subdomains: Vec::new(),
            made: Vec::new(),
            ramps: KnownRamps::default(),
            answers: 0,
            last_number: 0,
            store: Store::new(MOST_BYTES),
            shapes: ShapesOfTiles::default(),
            has_letters: typesetter.is_some(),
            markers: typesetter.map_or(markers.clone(), |typesetter| markers.with_typesetter(typesetter)),
            zoom: 0,
            hovered: Vec::new(),
        }
    }

    /// The answer to a map, when it can be told here.
    pub fn answer(&mut self, config: &str) -> Option<String> {
        let config = Json::parse(config)?;
        let (known, answer) = self.known.as_ref()?;
        let group = answer.get("layergroupid")?.text()?;
        if !are_known(config.get("dataviews"), known.get("dataviews")) {
            return None;
        }
        // What is not a known query has to be one that is filtered here, or the server would say what is wrong with it.
        for node in analyses(&config).iter().filter(|node| !analyses(known).contains(node)) {
            self.resolve(node_query(node)?, None, group)?;
        }
        let metas = mapnik(answer);
        let (mut layers, mut told) = (Vec::new(), Vec::new());
        for layer in layers_of(&config) {
            let position = layers_of(known).iter().position(|other| plain(other) == plain(layer))?;
            let before = layers_of(known).get(position)?;
            let css = layer.at(&["options", "cartocss"])?.text()?;
            let (index, meta) = metas.get(position)?;
            let query = query_of(&config, layer)?;
            let (source, filter) = self.resolve(query, Some(layer), group)?;
            let of = made_of(query, group);
            let (drawn, about) = self.drawn(css, &of)?;
            let mut made = MapLayer::new(layer, source, filter, (group, *index), &drawn)?;
            made.query.push_str(query);
            made.is_on_server = query_of(known, before) == Some(query)
                && before.at(&["options", "cartocss"]).and_then(Json::text) == Some(css);
            if !self.is_drawn(&made) {
                return None;
            }
            layers.push(made);
            let mut entry = (*meta).clone();
            if let Some(meta) = entry.get_mut("meta") {
                meta.set("cartocss", drawn.as_str().into());
                meta.set("cartocss_meta", about);
            }
            told.push(entry);
        }
        self.answers += 1;
        let name = [group, "~", Json::from(self.answers).written().as_str()].concat();
        let mut answer = answer.clone();
        answer.set("layergroupid", name.as_str().into());
        let metadata = answer.get_mut("metadata")?;
        metadata.set("layers", Json::List(told));
        self.dataviews = self.renamed(&config, metadata, &name);
        self.set(name, None, layers, config);
        Some(answer.written())
    }

    /// What the server makes of a style, and what it tells of it; nothing when it must be asked.
    fn drawn(&self, css: &str, of: &str) -> Option<(String, Json)> {
        match self.made.iter().find(|made| made.css == css && made.of == of) {
            Some(made) => Some((made.drawn.clone(), made.about.clone())),
            None if compact::find(css, "ramp(").is_some() => self.ramps.compile(of, css, self.digits),
            None => Some((css.to_owned(), no_rules())),
        }
    }

    /// Gives dataviews whose data are others now another address.
    fn renamed(&self, config: &Json, metadata: &mut Json, name: &str) -> Vec<(String, String, String)> {
        let mut named = Vec::new();
        let Some((known, answer)) = &self.known else { return named };
        let group = answer.get("layergroupid").and_then(Json::text).unwrap_or_default();
        let Some(Json::Object(dataviews)) = config.get("dataviews") else { return named };
        for (id, dataview) in dataviews {
            let query = dataview_query(config, dataview);
            if query == known.at(&["dataviews", id]).and_then(|dataview| dataview_query(known, dataview)) {
                continue;
            }
            let query = query.unwrap_or_default();
            let before = self.dataviews.iter().find(|(known, of, _)| known == id && of == query);
            let name = before.map_or(name, |(_, _, name)| name.as_str()).to_owned();
            let urls = metadata.get_mut("dataviews").and_then(|all| all.get_mut(id)).and_then(|one| one.get_mut("url"));
            if let Some(Json::Object(urls)) = urls {
                for (_, url) in urls {
                    if let Json::Text(url) = url
                        && let Some((host, rest)) = compact::split_once(url, group)
                    {
                        *url = [host, &name, rest].concat();
                    }
                }
            }
            named.push((id.clone(), query.to_owned(), name));
        }
        named
    }

    fn set(&mut self, name: String, server: Option<String>, layers: Vec<MapLayer>, config: Json) {
        self.hovered.retain(|id| layers.iter().any(|layer| layer.id == *id));
        (self.name, self.server, self.layers, self.current) = (name, server, layers, config);
    }

    /// A map as the server is asked for it: it is to tell what columns there are.
    pub fn asked(config: &str) -> String {
        let Some(mut json) = Json::parse(config) else { return config.to_owned() };
        let yes = || Json::from(true);
        if let Some(Json::List(layers)) = json.get_mut("layers") {
            for options in layers.iter_mut().filter_map(|layer| layer.get_mut("options")) {
                options.set("metadata", Json::object([("columns", yes()), ("geometryType", yes())]));
            }
        }
        json.written()
    }

    /// Takes the server's answer to a map.
    pub fn take(&mut self, config: &str, answer: &str) -> Option<()> {
        let (config, answer) = (Json::parse(config)?, Json::parse(answer)?);
        let group = answer.get("layergroupid")?.text()?;
        // What failed may work now.
        self.sources.iter_mut().for_each(|source| source.has_failed = false);
        let mut layers = Vec::new();
        for (layer, (index, meta)) in layers_of(&config).iter().zip(mapnik(&answer)) {
            let query = query_of(&config, layer).unwrap_or_default();
            let (source, filter) = self.settle(query, layer, meta, group);
            let css = layer.at(&["options", "cartocss"])?.text()?;
            let drawn = meta.at(&["meta", "cartocss"]).and_then(Json::text).unwrap_or(css);
            let about = meta.at(&["meta", "cartocss_meta"]).cloned().unwrap_or_else(no_rules);
            let of = made_of(query, group);
            self.made.retain(|made| made.css != css || made.of != of);
            self.ramps.learn(&of, css, drawn, &about, self.digits);
            let made = Made { of, css: css.to_owned(), drawn: drawn.to_owned(), about };
            newest::push(&mut self.made, MOST_STYLES, made);
            let mut made = MapLayer::new(layer, source, filter, (group, index), drawn)?;
            made.query.push_str(query);
            layers.push(made);
        }
        self.dataviews.clear();
        self.set(group.to_owned(), Some(group.to_owned()), layers, config.clone());
        self.known = Some((config, answer));
        self.forget();
        Some(())
    }

    /// The source of a layer of the server's, and the filter that is left to be applied here: filters that change often are,
    /// so that the next change needs no server.
    fn settle(&mut self, query: &str, layer: &Json, meta: &Json, group: &str) -> (usize, Option<Filter>) {
        if let Some(index) = self.sources.iter().position(|source| source.is_of(query, layer, group)) {
            return (index, None);
        }
        self.last_number += 1;
        let source = Source::new(self.last_number, query, layer, meta, group);
        let inner = unfiltered(query, &self.digits.read);
        let base = inner.as_ref().map_or(query, |(base, _)| base).to_owned();
        let has_changed = self.filtered.iter().any(|(of, whole)| *of == base && whole != query);
        if !self.filtered.iter().any(|(_, whole)| whole == query) {
            newest::push(&mut self.filtered, MOST_SOURCES, (base, query.to_owned()));
        }
        let here = inner.filter(|(_, filter)| has_changed && filter.check(&source.all()).is_ok());
        if let Some((base, filter)) = here {
            let known = self.sources.iter().position(|source| source.is_of(base, layer, group));
            let index = known.unwrap_or_else(|| {
                self.sources.push(source.of_query(base));
                self.sources.len() - 1
            });
            return (index, Some(filter));
        }
        self.sources.push(source);
        (self.sources.len() - 1, None)
    }

    /// Lets go of sources when there are too many.
    fn forget(&mut self) {
        if self.sources.len() <= MOST_SOURCES {
            return;
        }
        let mut moved = vec![usize::MAX; self.sources.len()];
        let mut left = Vec::new();
        for (index, source) in std::mem::take(&mut self.sources).into_iter().enumerate() {
            if self.layers.iter().any(|layer| layer.source == index) {
                if let Some(place) = moved.get_mut(index) {
                    *place = left.len();
                }
                left.push(source);
            } else if let Some(tiles) = source.tiles {
                self.store.remove_layer(tiles.number);
            }
        }
        self.sources = left;
        for layer in &mut self.layers {
            layer.source = moved.get(layer.source).copied().unwrap_or_default();
        }
    }

    /// The source of a query, and the filter that is to be applied here.
    pub(crate) fn resolve(&self, query: &str, layer: Option<&Json>, group: &str) -> Option<(usize, Option<Filter>)> {
        let none = Json::null();
        let layer = layer.unwrap_or(&none);
        let find = |query: &str| self.sources.iter().position(|source| source.is_of(query, layer, group));
        if let Some(index) = find(query) {
            return Some((index, None));
        }
        let (base, filter) = unfiltered(query, &self.digits.read)?;
        let index = find(base)?;
        filter.check(&self.sources.get(index)?.all()).ok()?;
        Some((index, Some(filter)))
    }

    /// The name of the last map of the server.
    pub(crate) fn group(&self) -> &str {
        self.known.as_ref().and_then(|(_, answer)| answer.get("layergroupid")?.text()).unwrap_or_default()
    }

    /// Whether all of a layer can be drawn here.
    pub(crate) fn is_drawn(&self, layer: &MapLayer) -> bool {
        let (Some(style), Some(source)) = (layer.drawable(), self.sources.get(layer.source)) else { return false };
        let is_filtered = layer
            .filter
            .as_ref()
            .is_none_or(|filter| source.schema().is_some_and(|schema| filter.check(schema).is_ok()));
        is_filtered
            && self.can_label(style, source)
            && source.tiles.is_some()
            && !(source.has_areas && style.draws_aside())
            && style.columns().iter().all(|column| source.has(column))
    }

    /// Whether the labels of a style, if it has any, can be drawn here.
    fn can_label(&self, style: &Stylesheet, source: &Source) -> bool {
        !style.draws_text() || self.has_letters && source.has_places()
    }

    /// The maps of vector tiles that are missed, for the map that the engine has, or the one that it asks for: the number of
    /// the source, the columns, and the map.
    pub fn wanted(&self, config: Option<&str>) -> Vec<(u32, Vec<String>, String)> {
        let asked = config.and_then(Json::parse);
        let config = asked.as_ref().unwrap_or(&self.current);
        let group = self.group();
        let mut needed: Vec<(usize, Vec<String>)> = Vec::new();
        for layer in layers_of(config) {
            let Some(query) = query_of(config, layer) else { continue };
            let Some((source, filter)) = self.resolve(query, Some(layer), group) else { continue };
            let css = layer.at(&["options", "cartocss"]).and_then(Json::text).unwrap_or_default();
            let of = made_of(query, group);
            let Some((drawn, _)) = self.drawn(css, &of) else { continue };
            let Some(made) = MapLayer::new(layer, source, None, ("", 0), &drawn) else { continue };
            let (Some(style), Some(of)) = (made.drawable(), self.sources.get(source)) else { continue };
            if !self.can_label(style, of) || !style.columns().iter().all(|column| of.could_have(column)) {
                continue;
            }
            let mut columns = style.columns().to_vec();
            if style.reaches_beyond(NEAR.into()) {
                columns.push(FAR.to_owned());
            }
            columns.extend(made.interactivity);
            if let Some(filter) = filter {
                filter.columns(&mut columns);
            }
            self.dataview_columns(config, source, &mut columns);
            match needed.iter_mut().find(|(known, _)| *known == source) {
                Some((_, known)) => known.append(&mut columns),
                None => needed.push((source, columns)),
            }
        }
        let wanted = |(index, needed): (usize, Vec<String>)| {
            let source = self.sources.get(index)?;
            let columns = source.wanted(&needed)?;
            let config = source.config(&columns);
            Some((source.number, columns, config))
        };
        needed.into_iter().filter_map(wanted).collect()
    }

    /// Adds the columns that dataviews over a source read.
    fn dataview_columns(&self, config: &Json, source: usize, columns: &mut Vec<String>) {
        let Some(Json::Object(dataviews)) = config.get("dataviews") else { return };
        for (_, dataview) in dataviews {
            let query = dataview_query(config, dataview).unwrap_or_default();
            let Some((_, filter)) = self.resolve(query, None, self.group()).filter(|(of, _)| *of == source) else {
                continue;
            };
            columns.push(COUNTED.to_owned());
            let names = ["column", "aggregationColumn"].into_iter();
            columns.extend(names.filter_map(|name| dataview.at(&["options", name])?.text()).map(str::to_owned));
            if let Some(filter) = filter {
                filter.columns(columns);
            }
        }
    }

    /// Takes the server's answer to a map of vector tiles.
    pub fn take_tiles(&mut self, source: u32, columns: &[String], answer: &str) {
        self.last_number += 1;
        let number = self.last_number;
        let Some(source) = self.sources.iter().position(|known| known.number == source) else { return };
        let before = self.sources.get_mut(source).and_then(|source| source.take(columns, answer, number));
        if let Some(before) = before {
            self.store.remove_layer(before);
        }
        self.layers.iter_mut().filter(|layer| layer.source == source).for_each(|layer| layer.grids.clear());
    }

    /// The map that the engine has, when the server does not have it.
    pub fn twin(&self) -> Option<String> {
        self.server.is_none().then(|| self.current.written())
    }

    /// Takes the server's answer to it.
    pub fn take_twin(&mut self, answer: &str) -> Option<()> {
        let answer = Json::parse(answer)?;
        let group = answer.get("layergroupid")?.text()?;
        for (layer, (position, _)) in self.layers.iter_mut().zip(mapnik(&answer)) {
            (layer.group, layer.position, layer.is_on_server) = (group.to_owned(), position, true);
        }
        self.server = Some(group.to_owned());
        Some(())
    }

    /// The server's address of a grid or a dataview of the map; `None` when the server does not have that map.
    pub fn server_address(&self, address: &str) -> Option<String> {
        let Some((host, rest)) = compact::split_once(address, MAPS) else { return Some(address.to_owned()) };
        let Some((name, rest)) = rest.split_once('/').filter(|(name, _)| name.contains('~')) else {
            return Some(address.to_owned());
        };
        if let Some(dataview) = rest.strip_prefix("dataview/") {
            return Some([host, MAPS, self.server.as_deref()?, "/dataview/", dataview].concat());
        }
        let (number, rest) = rest.split_once('/')?;
        let index = number.parse::<usize>().ok()?;
        let layer = self.layers.get(index).filter(|layer| layer.is_on_server && name == self.name)?;
        Some([host, MAPS, &layer.group, "/", &Json::from(layer.position).written(), "/", rest].concat())
    }

    /// Takes the address of the images that would be shown, which says which layers are; none shows nothing. Says whether
    /// this is the map that is known here.
    pub fn show(&mut self, address: &str, subdomains: Vec<String>) -> bool {
        self.shown.clear();
        let parts = compact::split_once(address, MAPS).and_then(|(host, rest)| {
            let (name, rest) = rest.split_once('/')?;
            let (list, rest) = rest.split_once('/')?;
            Some((host, name, list, compact::split_once(rest, ".png")?.1))
        });
        let Some((host, name, list, query)) = parts else { return address.is_empty() };
        if name != self.name {
            return false;
        }
        self.address = ([host, MAPS].concat(), query.to_owned());
        self.subdomains = subdomains;
        // In an answer of ours, as in those of the server, they are counted from the bottom.
        let positions: Vec<usize> = match name.contains('~') {
            true => (0..self.layers.len()).collect(),
            false => self.layers.iter().map(|layer| layer.position).collect(),
        };
        for number in list.split(',') {
            let index =
                number.parse::<usize>().ok().and_then(|number| positions.iter().position(|other| *other == number));
            let layer = index.and_then(|index| self.layers.get(index));
            self.shown.extend(layer.map(|layer| layer.id.clone()));
        }
        true
    }

    /// The places of the layers that are shown, bottom first.
    pub(crate) fn visible(&self) -> Vec<usize> {
        let shown = |(index, layer): (usize, &MapLayer)| self.shown.contains(&layer.id).then_some(index);
        self.layers.iter().enumerate().filter_map(shown).collect()
    }

    /// What a picture of the visible layers would look like: it changes when anything has to be drawn again.
    pub fn look(&self) -> String {
        let mut look = String::new();
        for layer in self.visible().into_iter().filter_map(|index| self.layers.get(index)) {
            let number = layer.tiles(&self.sources).map(|tiles| tiles.number);
            let group = if self.is_drawn(layer) { "" } else { &layer.group };
            let number = Json::from(number.unwrap_or_default() as usize).written();
            for part in [&layer.id, &layer.css, &layer.query, group, &number] {
                look.push_str(part);
                look.push('\n');
            }
        }
        look
    }

    /// How a layer is drawn: `vector`, or `image` when the server draws it. Nothing for a layer that is not known.
    pub fn mode(&self, id: &str) -> Option<&'static str> {
        let layer = self.layers.iter().find(|layer| layer.id == id)?;
        Some(if self.is_drawn(layer) { "vector" } else { "image" })
    }
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
