//! What JavaScript sees of a map.

use crate::dataview::Told;
use crate::digits::Digits;
use crate::json::Json;
use crate::map::Map;
use crate::paint::Run;
use crate::pointer::Pointer;
use cartocss::Host;
use tiles::{TileId, Typesetter, Writing};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "carto-engine")]
extern "C" {
    /// Whether a regular expression matches a text: 0, 1, or 2 when it is none.
    fn matches(pattern: &str, text: &str) -> u8;
    /// The number that a text stands for.
    fn number(text: &str) -> f64;
    /// A text in large letters.
    fn large(text: &str) -> String;
    /// A text in small letters.
    fn small(text: &str) -> String;
    /// A number as text.
    #[wasm_bindgen(js_name = text)]
    fn text_of(number: f64) -> String;
    /// How wide a text is in a font with a size of 1.
    fn width(text: &str, bold: bool) -> f32;
    /// How much texts cover of each pixel of an image.
    fn cover(texts: &str, places: &[f32], bold: bool, size: f32, line: f32, width: u32, height: u32) -> Vec<u8>;
}

#[wasm_bindgen]
extern "C" {
    /// A number from 0 to 1.
    #[wasm_bindgen(js_namespace = Math)]
    fn random() -> f64;
}

/// The browser's fonts.
#[derive(Debug)]
struct Fonts;

impl Typesetter for Fonts {
    fn width(&self, text: &str, is_bold: bool) -> f32 {
        width(text, is_bold)
    }

    fn cover(&self, writing: &Writing<'_>) -> Vec<u8> {
        let Writing { texts, places, is_bold, size, line, width, height } = *writing;
        cover(texts, places, is_bold, size, line, width, height)
    }
}

/// Whether the browser draws text, and tells what it has drawn: some keep that from pages that could know people by it.
fn has_fonts() -> bool {
    let covered = |text| cover(text, &[1.0, 14.0, 0.0], false, 14.0, 0.0, 16, 16);
    let is_bare = |pixel: &u8| *pixel == 0;
    width("x", false) > 0.0 && covered(" ").iter().all(is_bare) && !covered("x").iter().all(is_bare)
}

fn matched(pattern: &str, text: &str) -> Option<bool> {
    let answer = matches(pattern, text);
    (answer < 2).then_some(answer == 1)
}

fn read(digits: &str) -> f64 {
    number(digits)
}

fn write(number: f64) -> String {
    text_of(number)
}

/// Texts that come as JSON: lists of texts would bring code of their own along.
fn texts(json: &str) -> Vec<String> {
    let list = Json::parse(json);
    list.iter().flat_map(Json::items).filter_map(Json::text).map(str::to_owned).collect()
}

/// The map of one client.
#[wasm_bindgen]
pub struct VectorMap(Map);

#[wasm_bindgen]
impl VectorMap {
    /// A map without layers.
    #[wasm_bindgen(constructor)]
    pub fn new() -> VectorMap {
        // Words of tiles are anybody's.
        compact::seed((random() * 2_f64.powi(53)) as u64 | 1);
        cartocss::run_in(Host {
            matches: matched,
            number: read,
            large: |text| large(text),
            small: |text| small(text),
            text: write,
        });
        VectorMap(Map::new(Digits { read, write }, has_fonts().then_some(&Fonts)))
    }

    /// The answer to a map, when it can be told here.
    pub fn answer(&mut self, config: &str) -> Option<String> {
        self.0.answer(config)
    }

    /// A map as the server is asked for it.
    pub fn asked(config: &str) -> String {
        Map::asked(config)
    }

    /// Takes the server's answer to a map.
    pub fn take(&mut self, config: &str, answer: &str) {
        let _ = self.0.take(config, answer);
    }

    /// The maps of vector tiles that are missed, as JSON: numbers of sources, columns, and maps.
    pub fn wanted(&self, config: Option<String>) -> String {
        let wanted = self.0.wanted(config.as_deref()).into_iter().map(|(source, columns, config)| {
            let columns = columns.iter().map(|column| column.as_str().into()).collect();
            Json::List(vec![(source as usize).into(), Json::List(columns), config.as_str().into()])
        });
        Json::List(wanted.collect()).written()
    }

    /// Takes the server's answer to a map of vector tiles with columns that are told as JSON; an empty one when there is none.
    #[wasm_bindgen(js_name = takeTiles)]
    pub fn take_tiles(&mut self, source: u32, columns: &str, answer: &str) {
        self.0.take_tiles(source, &texts(columns), answer);
    }

    /// The present map, when the server does not have it.
    pub fn twin(&self) -> Option<String> {
        self.0.twin()
    }

    /// Takes the server's answer to it.
    #[wasm_bindgen(js_name = takeTwin)]
    pub fn take_twin(&mut self, answer: &str) {
        let _ = self.0.take_twin(answer);
    }

    /// Takes the address of the images that would be shown, and the subdomains that have them, as JSON.
    pub fn show(&mut self, address: &str, subdomains: &str) -> bool {
        self.0.show(address, texts(subdomains))
    }

    /// What a picture of the visible layers would look like.
    pub fn look(&self) -> String {
        self.0.look()
    }

    /// How a layer is drawn.
    pub fn mode(&self, id: &str) -> Option<String> {
        self.0.mode(id).map(str::to_owned)
    }

    /// The vector tiles that are needed, as JSON: numbers of tiles and addresses.
    pub fn missing(&mut self, z: u32, x: u32, y: u32) -> String {
        let missing = self.0.missing(TileId { z, x, y });
        let written =
            missing.iter().map(|(number, url)| Json::List(vec![(*number as usize).into(), url.as_str().into()]));
        Json::List(written.collect()).written()
    }

    /// Keeps a vector tile.
    pub fn put(&mut self, number: u32, z: u32, x: u32, y: u32, bytes: &[u8]) {
        self.0.put(number, TileId { z, x, y }, bytes);
    }

    /// How a tile is painted, as JSON: addresses of images, and pairs of places of layers that are painted here. Nothing when
    /// the server is to have the present map first.
    pub fn runs(&mut self, z: u32, x: u32, y: u32, scale: u32) -> Option<String> {
        let runs = self.0.runs(TileId { z, x, y }, scale)?;
        let written = runs.iter().map(|run| match run {
            Run::Here(first, end) => Json::List(vec![(*first).into(), (*end).into()]),
            Run::Image(url) => url.as_str().into(),
        });
        Some(Json::List(written.collect()).written())
    }

    /// Paints visible layers.
    pub fn paint(&mut self, first: usize, end: usize, z: u32, x: u32, y: u32, scale: u32) -> Vec<u8> {
        self.0.paint((first, end), TileId { z, x, y }, scale)
    }

    /// The answer of a dataview: nothing when the server is to be asked, an empty text when tiles should be waited for.
    pub fn dataview(&mut self, address: &str) -> Option<String> {
        match self.0.dataview(address) {
            Told::Here(answer) => Some(answer),
            Told::Later => Some(String::new()),
            Told::There => None,
        }
    }

    /// The server's address of a grid or a dataview; nothing when the server is to have the present map first.
    #[wasm_bindgen(js_name = serverAddress)]
    pub fn server_address(&self, address: &str) -> Option<String> {
        self.0.server_address(address)
    }

    /// What is told of the pointer to layers that are given as JSON, as JSON; nothing when the server is to be asked.
    pub fn pointer(&mut self, click: bool, zoom: u32, x: f64, y: f64, ids: &str) -> Option<String> {
        self.0.pointer(Pointer { is_click: click, zoom, x, y }, &texts(ids))
    }

    /// The layers that the pointer has left, as JSON.
    pub fn leave(&mut self) -> String {
        self.0.leave()
    }
}
