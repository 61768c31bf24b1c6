//! Tokens at the beginning of a log that no text has: a server sends itself thousands of equal ones to find out how much
//! memory it needs, and a logger that is already on writes them down.

use super::rows::Rows;

/// Fewer equal tokens in a row may be a text's own: spaces, or a repeated word.
const EQUAL_TOKENS_MIN: usize = 16;

/// How many tokens at the beginning have the same ids, in the same order, in every layer; 0 if that is a text's own.
pub(super) fn tokens(rows: &Rows, layers: usize) -> usize {
    let mut tokens = rows.tokens(layers);
    let Some(first) = tokens.next() else { return 0 };
    let equal = 1 + tokens.take_while(|token| token.iter().zip(first).all(|(a, b)| rows.ids(a) == rows.ids(b))).count();
    let all = rows.tokens(layers).count();
    if (EQUAL_TOKENS_MIN..all).contains(&equal) { equal } else { 0 }
}

/// In words.
pub(super) fn described(tokens: usize) -> String {
    format!("a warm-up: the first {tokens} tokens are all equal, as a server's own are before the first request")
}
