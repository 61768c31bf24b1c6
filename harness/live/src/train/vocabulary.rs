//! Byte-level byte pairs learned from the text (as GPT-2 has them), kept as the `tokenizer.json` that others read too.

use std::path::Path;

use tokenizers::decoders::byte_level::ByteLevel as ByteLevelDecoder;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, Tokenizer, Trainer};

use crate::LiveError;

/// Longest piece of text that is turned into tokens at once: a paragraph or so, cut at a line end.
const PIECE_BYTES: usize = 1 << 16;

/// A vocabulary, and how many bytes of text each of its tokens stands for.
#[derive(Debug)]
pub struct Vocabulary {
    inner: Tokenizer,
    bytes: Vec<usize>,
}

impl Vocabulary {
    /// Learns `size` tokens from a text, or reads them back where the file is there; it is written where it is not.
    pub fn learn(text: &str, size: usize, path: &Path) -> Result<Self, LiveError> {
        let failed =
            |error: tokenizers::Error| LiveError::Tokenizer { path: path.to_path_buf(), reason: error.to_string() };
        let inner = if path.exists() {
            Tokenizer::from_file(path).map_err(failed)?
        } else {
            let inner = learned(text, size).map_err(failed)?;
            inner.save(path, true).map_err(failed)?;
            inner
        };
        if inner.get_vocab_size(true) != size {
            let reason = format!("has {} tokens where the recipe wants {size}; remove it", inner.get_vocab_size(true));
            return Err(LiveError::Tokenizer { path: path.to_path_buf(), reason });
        }
        // A token is written with one character a byte.
        let count = |id: u32| inner.id_to_token(id).map_or(0, |token| token.chars().count());
        let bytes = (0..).take(size).map(count).collect();
        Ok(Self { inner, bytes })
    }

    /// Tokens of a text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, LiveError> {
        let mut tokens = Vec::new();
        for piece in pieces(text) {
            let failed =
                |error: tokenizers::Error| LiveError::Text { problem: format!("can't be told in tokens: {error}") };
            tokens.extend_from_slice(self.inner.encode_fast(piece, false).map_err(failed)?.get_ids());
        }
        Ok(tokens)
    }

    /// Bytes of text that a token stands for.
    #[must_use]
    pub fn bytes(&self, token: u32) -> usize {
        self.bytes[token as usize]
    }
}

fn learned(text: &str, size: usize) -> tokenizers::Result<Tokenizer> {
    // Arguments: no leading space, offsets that nobody reads, GPT-2's splitting.
    let splitting = ByteLevel::new(false, false, true);
    let alphabet = ByteLevel::alphabet().into_iter().collect();
    let mut trainer = BpeTrainer::builder().vocab_size(size).initial_alphabet(alphabet).show_progress(false).build();
    trainer.feed(pieces(text).into_iter(), |piece| {
        let mut split = PreTokenizedString::from(piece);
        splitting.pre_tokenize(&mut split)?;
        let words = split.get_splits(OffsetReferential::Original, OffsetType::Byte);
        Ok(words.into_iter().map(|(word, _, _)| word.to_owned()).collect())
    })?;
    let mut model = BPE::default();
    trainer.train(&mut model)?;
    let mut inner = Tokenizer::new(model);
    inner.with_pre_tokenizer(Some(splitting));
    inner.with_decoder(Some(ByteLevelDecoder::default()));
    Ok(inner)
}

/// The text in pieces that end with a line.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while rest.len() > PIECE_BYTES {
        let end =
            rest.as_bytes()[..PIECE_BYTES].iter().rposition(|&byte| byte == b'\n').map_or(rest.len(), |end| end + 1);
        let (piece, behind) = rest.split_at(end);
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    pieces
}
