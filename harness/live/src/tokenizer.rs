//! Text to token numbers and back, from the vocabulary and merges that a GGUF file carries, or from `tokenizer.json`.
//!
//! candle's own GGUF tokenizer falls back to GPT-2's splitting for names that it does not know, `smollm` among them,
//! and adds a leading space: numbers and first words would come out as other tokens. Names that are not known *here*
//! are refused instead.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tokenizers::decoders::byte_level::ByteLevel as ByteLevelDecoder;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, PreTokenizerWrapper, SplitDelimiterBehavior};

use serde_json::Value;

use crate::LiveError;
use crate::folder::Folder;
use crate::gguf::Gguf;

/// Splitting names that are known, as `tokenizer.ggml.pre` has them.
const SUPPORTED_SPLITTING: &str = "smollm, gpt-2, llama-bpe, llama3, smaug-bpe, qwen2";

/// Llama 3 groups up to three digits; Qwen 2 takes them one by one.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Tokens that end an answer, whatever the metadata name as the one end.
const ENDS: &[&str] = &["<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "</s>"];

/// `tokenizer.ggml.token_type` of control tokens and of tokens that users defined.
const CONTROL: usize = 3;
const USER_DEFINED: usize = 4;

/// A tokenizer.
#[derive(Debug)]
pub struct Tokenizer {
    path: PathBuf,
    inner: tokenizers::Tokenizer,
    start: Option<u32>,
    ends: BTreeSet<u32>,
}

impl Tokenizer {
    /// Builds the tokenizer of a model file.
    pub fn load(gguf: &Gguf) -> Result<Self, LiveError> {
        let kind = gguf.text("tokenizer.ggml.model")?;
        if kind != "gpt2" {
            let feature = format!("tokenizer `{kind}`");
            return Err(gguf.unsupported(feature, "record a model with a byte-level BPE vocabulary (`gpt2`)"));
        }
        let tokens = gguf.texts("tokenizer.ggml.tokens")?;
        let failed = |error: tokenizers::Error| tokenizer_error(gguf.path(), &error);
        let vocabulary: Vocab = (0..).zip(&tokens).map(|(id, token)| (token.clone(), id)).collect();
        let bpe = BPE::builder().vocab_and_merges(vocabulary, merges(gguf)?);
        let whole_words = gguf.optional_text("tokenizer.ggml.pre")?.is_some_and(|pre| pre == "llama-bpe");
        let bpe = bpe.ignore_merges(whole_words).build().map_err(failed)?;

        let mut inner = tokenizers::Tokenizer::new(bpe);
        inner.with_pre_tokenizer(Some(splitting(gguf)?));
        inner.with_decoder(Some(ByteLevelDecoder::default()));
        inner.add_special_tokens(special(gguf, &tokens)?).map_err(failed)?;
        let start = if gguf.flag("tokenizer.ggml.add_bos_token", false)? {
            Some(narrow(gguf, "tokenizer.ggml.bos_token_id")?)
        } else {
            None
        };
        let mut ends: BTreeSet<u32> = ENDS.iter().filter_map(|end| inner.token_to_id(end)).collect();
        ends.insert(narrow(gguf, "tokenizer.ggml.eos_token_id")?);
        Ok(Self { path: gguf.path().to_path_buf(), inner, start, ends })
    }

    /// Reads the `tokenizer.json` of a checkpoint.
    pub fn of_folder(folder: &Folder) -> Result<Self, LiveError> {
        let path = folder.path().join("tokenizer.json");
        let inner = tokenizers::Tokenizer::from_file(&path).map_err(|error| tokenizer_error(&path, &error))?;
        let mut ends: BTreeSet<u32> = ENDS.iter().filter_map(|end| inner.token_to_id(end)).collect();
        let stated = folder.config().get("eos_token_id");
        let stated = stated.map_or(&[][..], |ids| ids.as_array().map_or(std::slice::from_ref(ids), Vec::as_slice));
        ends.extend(stated.iter().filter_map(Value::as_u64).filter_map(|id| u32::try_from(id).ok()));
        let settings = folder.json("tokenizer_config.json")?;
        let adds = settings.as_ref().and_then(|settings| settings.get("add_bos_token")).and_then(Value::as_bool);
        let start = folder.config().get("bos_token_id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
        let start = start.filter(|_| adds == Some(true));
        Ok(Self { path, inner, start, ends })
    }

    /// Token numbers of a text, the start token first where the model wants one. Control tokens such as
    /// `<|im_start|>` are recognised in the text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, LiveError> {
        let encoding = self.inner.encode_fast(text, false).map_err(|error| tokenizer_error(&self.path, &error))?;
        Ok(self.start.into_iter().chain(encoding.get_ids().iter().copied()).collect())
    }

    /// The text of token numbers, control tokens left out.
    pub fn decode(&self, tokens: &[u32]) -> Result<String, LiveError> {
        self.inner.decode(tokens, true).map_err(|error| tokenizer_error(&self.path, &error))
    }

    /// Tokens that end an answer.
    #[must_use]
    pub fn ends(&self) -> &BTreeSet<u32> {
        &self.ends
    }
}

/// How text is split before merging, by the name in the file.
fn splitting(gguf: &Gguf) -> Result<PreTokenizerWrapper, LiveError> {
    // Arguments: no leading space, offsets that nobody reads here, GPT-2's pattern or none.
    let byte_level = |pattern| PreTokenizerWrapper::from(ByteLevel::new(false, false, pattern));
    let pattern = |pattern: &str| {
        let pattern = SplitPattern::Regex(pattern.to_owned());
        Split::new(pattern, SplitDelimiterBehavior::Isolated, false)
            .map(PreTokenizerWrapper::from)
            .map_err(|error| tokenizer_error(gguf.path(), &error))
    };
    let steps = match gguf.optional_text("tokenizer.ggml.pre")?.unwrap_or("gpt-2") {
        "smollm" => vec![Digits::new(true).into(), byte_level(true)],
        "gpt-2" | "gpt2" => vec![byte_level(true)],
        "llama-bpe" | "llama3" | "smaug-bpe" => vec![pattern(LLAMA3)?, byte_level(false)],
        "qwen2" => vec![pattern(QWEN2)?, byte_level(false)],
        other => {
            let way_out = format!("record a model that uses one of: {SUPPORTED_SPLITTING}");
            return Err(gguf.unsupported(format!("text splitting `{other}`"), way_out));
        }
    };
    Ok(Sequence::new(steps).into())
}

fn merges(gguf: &Gguf) -> Result<Vec<(String, String)>, LiveError> {
    let key = "tokenizer.ggml.merges";
    let pair = |line: &String| line.split_once(' ').map(|(left, right)| (left.to_owned(), right.to_owned()));
    let pairs = gguf.texts(key)?.iter().map(pair).collect::<Option<Vec<_>>>();
    pairs.ok_or_else(|| gguf.problem(key, "has an entry that is no pair"))
}

/// Control and user-defined tokens: found in text as they stand, never split.
fn special(gguf: &Gguf, tokens: &[String]) -> Result<Vec<AddedToken>, LiveError> {
    let key = "tokenizer.ggml.token_type";
    let kinds = gguf.integers(key)?;
    if kinds.len() != tokens.len() {
        return Err(gguf.problem(key, "is not as long as the vocabulary"));
    }
    let marked = tokens.iter().zip(kinds).filter(|(_, kind)| [CONTROL, USER_DEFINED].contains(kind));
    Ok(marked.map(|(token, kind)| AddedToken::from(token.clone(), kind == CONTROL)).collect())
}

fn narrow(gguf: &Gguf, key: &str) -> Result<u32, LiveError> {
    u32::try_from(gguf.integer(key)?).map_err(|_| gguf.problem(key, "is above 2^32"))
}

fn tokenizer_error(path: &Path, error: &tokenizers::Error) -> LiveError {
    LiveError::Tokenizer { path: path.to_path_buf(), reason: error.to_string() }
}
