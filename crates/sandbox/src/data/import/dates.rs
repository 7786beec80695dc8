//! Dates and times as files write them.

/// Whether a text is a date, with or without a time of day: `2020-01-02`, `2020/1/2`, `2020-01-02T10:20:30Z`,
/// `2020-01-02 10:20:30.5 UTC`, `2020-01-02 10:20+02:00`.
pub fn is_time(value: &str) -> bool {
    let length = value.find(['T', ' ']).unwrap_or(value.len());
    let (date, rest) = value.split_at(length);
    is_date(date) && (rest.is_empty() || rest.get(1..).is_some_and(is_clock))
}

/// A date with the year first; which of the others comes first in the rest of the world, nobody knows.
fn is_date(date: &str) -> bool {
    let sign = if date.contains('/') { '/' } else { '-' };
    let mut parts = date.split(sign);
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    match (number(year, 4, 4), number(month, 1, 2), number(day, 1, 2)) {
        (Some(year @ 1..), Some(month @ 1..=12), Some(day @ 1..)) => day <= days(year, month),
        _ => false,
    }
}

/// A time of day with or without seconds, a fraction and a time zone.
fn is_clock(text: &str) -> bool {
    let length = text.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(text.len());
    let (clock, zone) = text.split_at(length);
    let mut parts = clock.split(':');
    let is_clock = parts.next().and_then(|hours| number(hours, 1, 2)).is_some_and(|hours| hours < 24)
        && parts.next().and_then(|minutes| number(minutes, 2, 2)).is_some_and(|minutes| minutes < 60)
        && parts.next().is_none_or(|seconds| {
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
            number(whole, 2, 2).is_some_and(|seconds| seconds < 60) && number(fraction, 1, 9).is_some()
        })
        && parts.next().is_none();
    is_clock && is_zone(zone)
}

/// A time zone: none, `Z`, `UTC`, `GMT`, or so many hours and minutes away from it.
fn is_zone(zone: &str) -> bool {
    let zone = zone.trim_start_matches(' ');
    if matches!(zone, "" | "Z" | "UTC" | "GMT") {
        return true;
    }
    zone.strip_prefix(['+', '-']).is_some_and(|offset| {
        let (hours, minutes) = match offset.split_once(':') {
            Some(parts) => parts,
            None => offset.split_at_checked(offset.len().min(2)).unwrap_or((offset, "")),
        };
        number(hours, 2, 2).is_some_and(|hours| hours < 15)
            && (minutes.is_empty() || number(minutes, 2, 2).is_some_and(|minutes| minutes < 60))
    })
}

fn number(text: &str, least: usize, most: usize) -> Option<u32> {
    let is_number = (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told() {
        for time in [
            "2020-01-02",
            "2020/01/02",
            "2020/1/2",
            "2020-02-29",
            "2020-01-02T03:04:05Z",
            "2020-01-02 10:20:30 UTC",
            "2020/01/02 9:20",
            "2020-01-02 03:04:05.678+02",
            "2020-01-02T03:04:05-02:30",
            "2020-01-02T03:04:05.123456+0230",
        ] {
            assert!(is_time(time), "{time}");
        }
        for text in [
            "",
            "2020",
            "2020-13-01",
            "2021-02-29",
            "0000-01-01",
            "01/02/2020",
            "2020-01/02",
            "20-01-02",
            "2020-01-02T",
            "2020-01-02 24:00",
            "2020-01-02 10:60",
            "2020-01-02 10:20:30 soon",
            "2020-01-02 10:20:30.",
            "2020-01-02 10:20:30+99",
            "2020-01-02-03",
            "２020-01-02",
        ] {
            assert!(!is_time(text), "{text}");
        }
    }
}
