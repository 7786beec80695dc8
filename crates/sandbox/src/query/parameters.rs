//! What a request says beside its address.

/// The parameters of a request, decoded.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'a>(pub &'a [(String, String)]);

impl<'a> Parameters<'a> {
    /// The first one of this name.
    pub fn get(self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
