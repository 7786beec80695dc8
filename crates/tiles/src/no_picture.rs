//! In place of `picture` in a build without pictures: there are none, so markers and patterns that want one are not drawn.

use crate::cache::MarkerCache;
use crate::drawing::Pixmap;
use cartocss::MarkerPicture;

/// Pixels of a picture's side.
pub(crate) const LARGEST: f32 = 1024.0;

/// What is known of a picture before it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct KnownPicture {
    /// Width and height that it has by itself.
    pub(crate) size: (f32, f32),
    /// What it is told from others by.
    pub(crate) id: u128,
}

/// No pictures.
#[derive(Debug)]
pub(crate) struct Pictures;

impl Pictures {
    pub(crate) fn new(_cache: &MarkerCache) -> Self {
        Self
    }

    /// The picture of an address.
    pub(crate) fn known(&mut self, _address: &str) -> Option<KnownPicture> {
        None
    }

    /// A picture of a marker.
    pub(crate) fn marker(
        &mut self,
        _style: &MarkerPicture,
        _size: (f32, f32),
        _angle: f32,
        _middle: (f32, f32),
        _image_size: (u32, u32),
    ) -> Option<Pixmap> {
        None
    }

    /// A picture as it is repeated in patterns.
    pub(crate) fn tile(&mut self, _address: &str, _scale: f32) -> Option<&Pixmap> {
        None
    }
}
