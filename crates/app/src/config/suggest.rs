//! TOML errors with their place and the nearest known key.

use serde::de::DeserializeOwned;

/// Reads `text`; an error names the key, the line and, for an unknown key, the nearest known one.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let input = toml::Deserializer::parse(text).map_err(|e| place(text, &e, ""))?;
    serde_path_to_error::deserialize(input).map_err(|e| {
        let path = e.path().to_string();
        place(text, e.inner(), &path)
    })
}

fn place(text: &str, error: &toml::de::Error, path: &str) -> String {
    let line = error
        .span()
        .and_then(|span| text.get(..span.start))
        .map(|before| before.matches('\n').count() + 1);
    let message = error.message().lines().next().unwrap_or_default();
    let message = match unknown(message) {
        Some((word, known)) => match nearest(&word, &known) {
            Some(near) => format!("unknown key `{word}`; did you mean `{near}`?"),
            None => format!("unknown key `{word}`; known here: {}", known.join(", ")),
        },
        None => message.to_owned(),
    };
    let line = line.map(|n| format!("line {n}: ")).unwrap_or_default();
    let path = if path.is_empty() || path == "." { String::new() } else { format!("{path}: ") };
    format!("{line}{path}{message}")
}

/// The unknown word and the known ones, out of serde's message.
fn unknown(message: &str) -> Option<(String, Vec<String>)> {
    if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
        return None;
    }
    let mut words = message.split('`').skip(1).step_by(2).map(str::to_owned);
    let word = words.next()?;
    Some((word, words.collect()))
}

fn nearest<'a>(word: &str, known: &'a [String]) -> Option<&'a String> {
    known
        .iter()
        .map(|k| (distance(word, k), k))
        .filter(|(d, k)| *d <= 2 || d * 3 <= k.len())
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
