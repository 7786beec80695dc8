//! How far cargo is, read from the bar that it draws on terminals.

/// Who hears how far something is, where somebody does.
pub type Ear<'a> = Option<&'a (dyn Fn(String) + Sync)>;

/// What a bar says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Crates that are compiled, of how many.
    Crates(u64, u64),
    /// Crates that are still to be downloaded.
    Downloads(u64),
}

impl std::fmt::Display for Progress {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Progress::Crates(done, all) => write!(to, "compiled {done} of {all} crates"),
            Progress::Downloads(left) => write!(to, "downloading, {left} crates to go"),
        }
    }
}

/// A piece of what cargo writes to stderr.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Progress(Progress),
    /// A bar that says nothing of numbers.
    Bar,
    /// What is no bar.
    Line(&'a str),
}

impl Piece<'_> {
    /// `text` ends where cargo wrote a carriage return or a line's end.
    pub fn of(text: &str) -> Piece<'_> {
        let words = text.trim_start_matches("\x1b[K").trim();
        if let Some(left) = words.strip_prefix("Downloading ") {
            let number = left.split(' ').next().and_then(|left| left.parse().ok());
            return number.map_or(Piece::Line(text), |left| Piece::Progress(Progress::Downloads(left)));
        }
        // A bar, in brackets behind one word.
        let bar =
            words.split_once(" [").filter(|(before, _)| !before.contains(' ')).and_then(|(_, bar)| bar.split_once(']'));
        match bar {
            Some((bar, behind)) if bar.chars().all(|sign| "=> ".contains(sign)) => {
                crates(behind).map_or(Piece::Bar, Piece::Progress)
            }
            _ => Piece::Line(text),
        }
    }
}

/// What stands behind a bar: `12/340: serde, libc`.
fn crates(behind: &str) -> Option<Progress> {
    let (done, all) = behind.trim().split(':').next()?.split_once('/')?;
    Some(Progress::Crates(done.parse().ok()?, all.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_read_and_lines_are_left() {
        let crates = |done, all| Piece::Progress(Progress::Crates(done, all));
        assert_eq!(Piece::of("    Building [====>      ] 12/340: serde, libc(build)...   "), crates(12, 340));
        assert_eq!(Piece::of("\x1b[K    Building [=========> ] 339/340: carto-sandbox(bin)"), crates(339, 340));
        let left = |left| Piece::Progress(Progress::Downloads(left));
        assert_eq!(Piece::of(" Downloading 14 crates, remaining bytes: 1.6MiB      "), left(14));
        assert_eq!(Piece::of(" Downloading 0 crates, extracting regex-automata ..."), left(0));
        assert_eq!(Piece::of("    Building [====>      ]"), Piece::Bar);
        for line in [
            "   Compiling serde v1.0.0",
            " Downloading crates ...",
            "error[E0308]: mismatched types",
            " 1 | let a = [=> ];",
            "",
            "warning: [x]",
        ] {
            assert_eq!(Piece::of(line), Piece::Line(line));
        }
    }
}
