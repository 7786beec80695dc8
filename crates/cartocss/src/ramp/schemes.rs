//! The colour schemes of `cartocolor()` and `colorbrewer()`.

const CARTOCOLOR: &str = include_str!("../../data/cartocolor.txt");
const COLORBREWER: &str = include_str!("../../data/colorbrewer.txt");

/// Names of a family's schemes, and their colours as they are written.
fn lines(family: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let text = if family == "colorbrewer" { COLORBREWER } else { CARTOCOLOR };
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
}

/// Names of a family's schemes, with the most classes that each has.
pub(crate) fn all(family: &str) -> impl Iterator<Item = (&'static str, usize)> {
    lines(family).filter_map(|(name, sizes)| Some((name, Scheme::read(sizes)?.most())))
}

/// The colours of a scheme for each number of classes that it has. Qualitative schemes of CARTO have one more colour than
/// classes, for all other values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scheme(Vec<(usize, Vec<&'static str>)>);

impl Scheme {
    /// The scheme of a name, which is case sensitive.
    pub(super) fn find(family: &str, name: &str) -> Option<Self> {
        let (_, sizes) = lines(family).find(|(known, _)| *known == name)?;
        Self::read(sizes)
    }

    fn read(sizes: &'static str) -> Option<Self> {
        let size = |size: &'static str| {
            let (classes, colors) = size.split_once(':')?;
            Some((classes.parse().ok()?, colors.split(',').collect()))
        };
        sizes.split(' ').map(size).collect::<Option<_>>().map(Self)
    }

    /// The greatest number of classes.
    pub(super) fn most(&self) -> usize {
        self.0.iter().map(|(classes, _)| *classes).max().unwrap_or(0)
    }

    /// A number of classes that the scheme has.
    pub(super) fn clamped(&self, classes: f64) -> usize {
        let least = self.0.iter().map(|(classes, _)| *classes).min().unwrap_or(0);
        (classes.max(0.0) as usize).clamp(least, self.most())
    }

    /// The colours for a number of classes.
    pub(super) fn colors(&self, classes: usize) -> Option<&[&'static str]> {
        self.0.iter().find(|(known, _)| *known == classes).map(|(_, colors)| colors.as_slice())
    }
}
