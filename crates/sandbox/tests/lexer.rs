//! The guard's lexer beside PostgreSQL's own: where ours sees tokens, PostgreSQL sees the same.
//!
//! The test needs `node` and `npm ci`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use carto_sandbox::sql_guard::lexer::{self, LexError, Token};
use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

/// What texts are mixed of: all that begins, ends or looks like the beginning of something.
const PIECES: &[&str] = &[
    "'", "'", "''", "\"", "\"\"", "$$", "$a$", "$1", "$", "E'", "e'", "N'", "B'", "x'", "U&'", "u&\"", "\\", "\\'",
    "\\\\", "\\x41", "\\101", "\\u0041", "--", "/*", "*/", "/", "*", "-", "+", "||", "<", ">", "=", "<>", "!=", "~",
    "!", "@", "#", "%", "^", "&", "|", "`", "?", "::", ":=", ":", "..", ".", ",", ";", "(", ")", "[", "]", "{", "=>",
    "->", "->>", "<->", "\n", "\n", " ", " ", "\t", "\r", "a", "select", "A1", "b$c", "_", "é", "\u{a0}", "\u{2028}",
    "1", "23", "1.5", ".5", "e5", "E", "x", "n", "u", "0", "00",
];

/// A small generator: the same texts in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }

    fn text(&mut self) -> String {
        (0..=self.below(14)).map(|_| PIECES[self.below(PIECES.len())]).collect()
    }
}

#[test]
fn tokens_are_those_of_postgresql() {
    const TEXTS: usize = 100_000;
    let mut random = Random(0x1234_5678_9abc_def1);
    let texts: Vec<String> = (0..TEXTS).map(|_| random.text()).collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres-tokens.mjs");
    let mut node = Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = node.stdin.take().unwrap();
    let lines: Vec<String> = texts.iter().map(|text| serde_json::to_string(text).unwrap()).collect();
    let writer = std::thread::spawn(move || lines.iter().for_each(|line| writeln!(stdin, "{line}").unwrap()));
    let (mut same, mut refused, mut wrong) = (0, 0, Vec::new());
    let mut answers = BufReader::new(node.stdout.take().unwrap()).lines();
    for text in &texts {
        let theirs: Option<Vec<[usize; 2]>> = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
        match (lexer::located(text), theirs) {
            (Ok(ours), Some(theirs)) => {
                // PostgreSQL makes a word of the letter of N'…', and a text of the rest; the others are one token.
                let spans = |(token, range): &(Token, Range<usize>)| match token {
                    Token::Special('N', _) => vec![[range.start, range.start + 1], [range.start + 1, range.end]],
                    _ => vec![[range.start, range.end]],
                };
                let ours: Vec<[usize; 2]> = ours.iter().flat_map(spans).collect();
                if ours == theirs {
                    same += 1;
                } else {
                    wrong.push(format!("{text:?}: ours {ours:?}, theirs {theirs:?}"));
                }
            }
            // What PostgreSQL cannot read runs nowhere; what we do not read is not run.
            (Ok(ours), None) => wrong.push(format!("{text:?}: ours {ours:?}, theirs none")),
            (Err(LexError::UnicodeEscapes), _) => {}
            // Signs without a meaning are tokens for PostgreSQL's lexer, and an error for its grammar.
            (Err(LexError::Malformed), Some(_)) => refused += usize::from(!text.contains(['\\', '{', '$'])),
            (Err(LexError::Malformed), None) => {}
        }
    }
    writer.join().unwrap();
    node.wait().unwrap();
    assert!(wrong.is_empty(), "{} of {TEXTS} differ:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    // A test that compares nothing proves nothing, and a lexer that refuses what PostgreSQL reads is no use.
    assert!(same > TEXTS / 5, "{same} texts were read by both");
    assert!(refused < TEXTS / 20, "{refused} texts were refused that PostgreSQL reads");
}

#[test]
fn what_is_written_is_read_as_the_same_tokens() {
    let mut random = Random(0xfeed_beef_1234_5677);
    let mut read = 0;
    for _ in 0..100_000 {
        let text = random.text();
        let Ok(tokens) = lexer::tokens(&text) else { continue };
        read += 1;
        assert_eq!(lexer::tokens(&lexer::written(&tokens)).as_ref(), Ok(&tokens), "{text:?}");
    }
    assert!(read > 10_000, "{read}");
}
