//! A byte as decisions: a way down one tree, or down three.

/// A tree of 15 decisions, which begins at 1: where it goes on by a no and by a yes. Leaves are 16 and more.
pub struct Tree {
    branches: [u8; 32],
    /// For each decision the leaves that are behind a yes, as bits.
    behind_yes: [u16; 16],
}

/// The frequent bytes, the most frequent ones behind few decisions; the last leaf is for bytes that are none.
pub const FREQUENT: Tree = Tree::new([
    0, 0, 16, 2, 5, 3, 6, 4, 9, 31, 17, 18, 7, 8, 19, 20, 21, 22, 10, 11, 12, 13, 14, 15, 23, 24, 25, 26, 27, 28, 29,
    30,
]);
/// Half a byte, by its bits.
pub const HALF: Tree = Tree::new([
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    31,
]);

impl Tree {
    #[expect(clippy::indexing_slicing, reason = "it is computed by the compiler")]
    const fn new(branches: [u8; 32]) -> Tree {
        let mut behind = [0; 32];
        let mut behind_yes = [0; 16];
        // No branch of these trees is deeper than the number of decisions.
        let mut round = 0;
        while round < 16 {
            let mut node = 1;
            while node < 32 {
                if node > 15 {
                    behind[node] = 1 << (node - 16);
                } else {
                    behind_yes[node] = behind[branches[2 * node + 1] as usize];
                    behind[node] = behind[branches[2 * node] as usize] | behind_yes[node];
                }
                node += 1;
            }
            round += 1;
        }
        Tree { branches, behind_yes }
    }

    /// Whether a leaf is behind a yes.
    pub fn is_yes(&self, node: usize, leaf: u32) -> bool {
        (crate::at(&self.behind_yes, node) >> leaf) & 1 != 0
    }

    /// Where it goes on.
    pub fn next(&self, node: usize, yes: bool) -> usize {
        usize::from(*crate::at(&self.branches, 2 * node + usize::from(yes)))
    }
}
