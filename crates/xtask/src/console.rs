//! What a person reads while a command works: progress on stderr, results on stdout.
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// One line for a step that is about to run.
pub fn step(verb: &str, what: impl AsRef<str>) {
    let what = what.as_ref();
    let mut stderr = std::io::stderr().lock();
    // A reader who has left (`… | head`) must not keep the work, or its clean-up, from being done.
    let _ = if stderr.is_terminal() {
        writeln!(stderr, "\x1b[1;32m{verb:>12}\x1b[0m {what}")
    } else {
        writeln!(stderr, "{verb:>12} {what}")
    };
}

/// Something that was left out or that the reader should know.
pub fn note(what: impl AsRef<str>) {
    step("Note", what);
}

/// `4.2 s`, `3 min 07 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// `12,345`
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Hides the hosts of addresses in other programs' output: a log is no place to spread somebody's private registry.
pub fn without_hosts(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let end = after.find(|c: char| !(c.is_alphanumeric() || "-._:@[]%".contains(c))).unwrap_or(after.len());
        let (host, tail) = after.split_at(end);
        let local = ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| host.starts_with(name));
        clean.push_str(if local { host } else { "…" });
        rest = tail;
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_digits_by_three() {
        assert_eq!(["0", "999", "1,000", "70,000", "1,234,567"], [0, 999, 1_000, 70_000, 1_234_567].map(thousands)[..]);
    }

    #[test]
    fn durations_read_like_a_clock() {
        assert_eq!(duration(Duration::from_millis(4_230)), "4.2 s");
        assert_eq!(duration(Duration::from_secs(187)), "3 min 07 s");
    }

    #[test]
    fn hides_hosts_and_keeps_the_local_ones() {
        assert_eq!(
            without_hosts("GET https://user:pw@mirror.example:8080/a/b failed, see http://127.0.0.1:8181/x"),
            "GET https://…/a/b failed, see http://127.0.0.1:8181/x"
        );
        assert_eq!(without_hosts("no address"), "no address");
    }
}
