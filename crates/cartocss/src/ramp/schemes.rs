//! The colour schemes of `cartocolor()` and `colorbrewer()`. A build that runs in a page does not have their colours.

#[cfg(feature = "standalone")]
pub(super) use known::Scheme;
#[cfg(feature = "standalone")]
pub(crate) use known::all;
#[cfg(not(feature = "standalone"))]
pub(super) use named::Scheme;

#[cfg(feature = "standalone")]
mod known {
    const CARTOCOLOR: &str = include_str!("../../data/cartocolor.txt");
    const COLORBREWER: &str = include_str!("../../data/colorbrewer.txt");

    /// Names of a family's schemes, and their colours as they are written.
    fn lines(family: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
        let text = if family == "colorbrewer" { COLORBREWER } else { CARTOCOLOR };
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
    }

    /// Names of a family's schemes, with the most classes that each has.
    pub(crate) fn all(family: &str) -> impl Iterator<Item = (&'static str, usize)> {
        lines(family).filter_map(|(name, sizes)| Some((name, Scheme::read(name, sizes)?.most())))
    }

    /// The family and name of a scheme, and its colours for each number of classes that it has. Qualitative schemes of CARTO have one more colour
    /// than classes, for all other values.
    #[derive(Clone, Debug, PartialEq)]
    pub(in crate::ramp) struct Scheme {
        pub(in crate::ramp) name: String,
        sizes: Vec<(usize, Vec<&'static str>)>,
    }

    impl Scheme {
        /// The scheme of a name, which is case sensitive.
        pub(in crate::ramp) fn find(family: &str, name: &str) -> Option<Self> {
            let (_, sizes) = lines(family).find(|(known, _)| *known == name)?;
            Self::read(&[family, " ", name, " "].concat(), sizes)
        }

        fn read(name: &str, sizes: &'static str) -> Option<Self> {
            let size = |size: &'static str| {
                let (classes, colors) = size.split_once(':')?;
                Some((classes.parse().ok()?, colors.split(',').collect()))
            };
            let sizes = sizes.split(' ').map(size).collect::<Option<_>>()?;
            Some(Self { name: name.to_owned(), sizes })
        }

        /// The greatest number of classes.
        pub(in crate::ramp) fn most(&self) -> usize {
            self.sizes.iter().map(|(classes, _)| *classes).max().unwrap_or(0)
        }

        /// A number of classes that the scheme has.
        pub(in crate::ramp) fn clamped(&self, classes: f64) -> usize {
            let least = self.sizes.iter().map(|(classes, _)| *classes).min().unwrap_or(0);
            (classes.max(0.0) as usize).clamp(least, self.most())
        }

        /// The colours for a number of classes.
        pub(in crate::ramp) fn colors(&self, classes: usize) -> Option<&[&'static str]> {
            self.sizes.iter().find(|(known, _)| *known == classes).map(|(_, colors)| colors.as_slice())
        }
    }
}

#[cfg(not(feature = "standalone"))]
mod named {
    /// The family and name of a scheme, whose colours somebody else must say.
    #[derive(Clone, Debug, PartialEq)]
    pub(in crate::ramp) struct Scheme {
        pub(in crate::ramp) name: String,
    }

    impl Scheme {
        pub(in crate::ramp) fn find(family: &str, name: &str) -> Option<Self> {
            Some(Self { name: [family, " ", name, " "].concat() })
        }

        pub(in crate::ramp) fn most(&self) -> usize {
            usize::MAX
        }

        pub(in crate::ramp) fn clamped(&self, classes: f64) -> usize {
            classes as usize
        }

        pub(in crate::ramp) fn colors(&self, _: usize) -> Option<&[&'static str]> {
            None
        }
    }
}
