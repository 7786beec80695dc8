//! Small pictures of markers, which are painted again and again.

use crate::cache::{Look, LookKey, MarkerCache};
use crate::canvas::{Canvas, Sprite};
use crate::coverage::MarkerMask;
use crate::drawing::FillRule;
use crate::maps::FastMap;
use crate::marker::{Form, Marker, MarkerKey};
use crate::picture::Pictures;
use crate::view::Pixel;
use cartocss::CompOp;
use std::sync::Arc;

/// Markers that are no larger are painted from sprites.
const LARGEST_SPRITE: f32 = 160.0;

/// With more sprites than this, markers differ so much that further ones are drawn for fewer places and sizes.
const MANY_SPRITES: usize = 1024;

/// Sprites that are kept, and pixels of all of them.
const MOST_SPRITES: usize = 8192;
const MOST_SPRITE_PIXELS: usize = 16 << 20;

/// Looks whose sprites are found without a hash: most markers of an image have one of a few.
const QUICK_LOOKS: usize = 4;

/// The sprites of one look for each place within a pixel, as far as they were needed.
type Places = Vec<Option<Option<Arc<Sprite>>>>;

/// The sprites of one image, in their colours.
#[derive(Debug)]
pub(crate) struct Sprites {
    quick: Vec<(MarkerKey, i32, Places)>,
    sprites: FastMap<(MarkerKey, [i32; 3]), Option<Arc<Sprite>>>,
    /// Pixels of all of them.
    pixels: usize,
    /// What is the same in other images.
    cache: MarkerCache,
}

impl Sprites {
    pub(crate) fn new(cache: MarkerCache) -> Self {
        Self { quick: Vec::new(), sprites: FastMap::default(), pixels: 0, cache }
    }

    /// Paints a marker.
    pub(crate) fn paint(&mut self, canvas: &mut Canvas, pictures: &mut Pictures, marker: &Marker<'_>, at: Pixel) {
        let comp_op = marker.comp_op();
        if marker.longest() > LARGEST_SPRITE {
            if marker.has_picture() {
                let ((x, _), (y, _)) = (split(at.x, 1), split(at.y, 1));
                if let Some(sprite) = picture(pictures, marker, [1, 0, 0]) {
                    canvas.paint(&sprite, x, y, comp_op);
                }
                return;
            }
            paint_large(canvas, marker, at, comp_op);
            return;
        }
        if let Some((sprite, x, y)) = self.find(pictures, marker, at) {
            canvas.paint(&sprite, x, y, comp_op);
        }
    }

    /// The sprite of a marker that is not too large for one, and the pixel to paint it at.
    pub(crate) fn find(
        &mut self,
        pictures: &mut Pictures,
        marker: &Marker<'_>,
        at: Pixel,
    ) -> Option<(Arc<Sprite>, i32, i32)> {
        if marker.longest() > LARGEST_SPRITE {
            return None;
        }
        let (places, marker) = match self.sprites.len() {
            MANY_SPRITES.. => (marker.places().min(4), marker.rounded()),
            _ => (marker.places(), *marker),
        };
        let ((x, part_x), (y, part_y)) = (split(at.x, places), split(at.y, places));
        if self.sprites.len() >= MOST_SPRITES || self.pixels > MOST_SPRITE_PIXELS {
            self.sprites.clear();
            self.quick.clear();
            self.pixels = 0;
        }
        let (place, key) = ([places, part_x, part_y], marker.key());
        let mut known = self.quick.iter().position(|(look, of, _)| *of == places && *look == key);
        if known.is_none() && self.quick.len() < QUICK_LOOKS {
            known = Some(self.quick.len());
            self.quick.push((key, places, vec![None; (places * places) as usize]));
        }
        let slot = known.and_then(|known| self.quick.get_mut(known)?.2.get_mut((part_y * places + part_x) as usize));
        if let Some(Some(sprite)) = &slot {
            return sprite.clone().map(|sprite| (sprite, x, y));
        }
        let cache = &self.cache;
        let sprite = self.sprites.entry((key, place)).or_insert_with(|| {
            let sprite = sprite(cache, pictures, (&marker, &key), place);
            self.pixels += sprite.as_ref().map_or(0, |sprite| sprite.image.pixels().len());
            sprite
        });
        if let Some(slot) = slot {
            *slot = Some(sprite.clone());
        }
        sprite.clone().map(|sprite| (sprite, x, y))
    }
}

/// A marker in its colours: as it is kept, or a shape from its mask.
fn sprite(
    cache: &MarkerCache,
    pictures: &mut Pictures,
    (marker, key): (&Marker<'_>, &MarkerKey),
    place: [i32; 3],
) -> Option<Arc<Sprite>> {
    let look = cache.get(LookKey::Sprite(*key, place), || {
        let sprite = match marker.has_picture() {
            true => picture(pictures, marker, place),
            false => colored(cache, marker, key.form, place),
        };
        sprite.map(|sprite| Look::Sprite(Arc::new(sprite)))
    });
    match look? {
        Look::Sprite(sprite) => Some(sprite),
        Look::Mask(_) | Look::Cells(_) | Look::Letters(_) => None,
    }
}

/// A shape in its colours, from the mask that is the same for all colours.
fn colored(cache: &MarkerCache, marker: &Marker<'_>, form: Form, place: [i32; 3]) -> Option<Sprite> {
    let look =
        cache.get(LookKey::Mask(form, place), || MarkerMask::new(marker, place).map(|mask| Look::Mask(Arc::new(mask))));
    match look? {
        Look::Mask(mask) => mask.sprite(marker.fill(), marker.line_color()).map(Sprite::trimmed),
        Look::Sprite(_) | Look::Cells(_) | Look::Letters(_) => None,
    }
}

/// A marker that is a picture.
fn picture(pictures: &mut Pictures, marker: &Marker<'_>, place: [i32; 3]) -> Option<Sprite> {
    let (reach_x, reach_y) = marker.reach();
    let image_size = (u32::try_from(reach_x * 2).ok()?, u32::try_from(reach_y * 2).ok()?);
    let image = pictures.marker(marker.picture()?, marker.size(), marker.angle(), marker.middle(place), image_size)?;
    Some(Sprite { image, left: -reach_x, top: -reach_y })
}

fn paint_large(canvas: &mut Canvas, marker: &Marker<'_>, at: Pixel, comp_op: CompOp) {
    let Some(shape) = marker.shape(at.x as f32, at.y as f32) else { return };
    canvas.fill_path(&shape, FillRule::Winding, marker.fill(), comp_op, 1.0);
    if let Some(line) = marker.line(&shape) {
        canvas.fill_path(&line, FillRule::Winding, marker.line_color(), comp_op, 1.0);
    }
}

/// A coordinate as whole pixels and one of the places within a pixel.
fn split(coordinate: f64, places: i32) -> (i32, i32) {
    let place = (coordinate * f64::from(places)).round() as i32;
    (place.div_euclid(places), place.rem_euclid(places))
}
