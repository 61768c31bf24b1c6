//! Candle's own speed with a GGUF file of the Llama family: `candle_speed FILE PROMPT_TOKENS TOKENS` prints tokens a second, from
//! the second token on. `benches/infer.py` runs it beside ours, on one thread (`CANDLE_NUM_THREADS=1 RAYON_NUM_THREADS=1`).

use std::time::Instant;

use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::ModelWeights;

#[expect(clippy::print_stdout, reason = "an example that prints one number")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [path, prompt, tokens] = &std::env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("candle_speed FILE PROMPT_TOKENS TOKENS".into());
    };
    let (prompt, tokens): (usize, usize) = (prompt.parse()?, tokens.parse()?);
    let mut file = std::fs::File::open(path)?;
    let content = Content::read(&mut file)?;
    let mut model = ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?;
    let mut forward = |tokens: &[u32], position: usize| {
        let logits = model.forward(&Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?, position)?;
        logits.flatten_all()?.argmax(0)?.to_scalar::<u32>()
    };
    // Which tokens does not matter.
    let given: Vec<u32> = (0..u32::try_from(prompt)?).map(|place| 300 + place).collect();
    let mut next = forward(&given, 0)?;
    let since = Instant::now();
    for number in 1..tokens {
        next = forward(&[next], prompt + number - 1)?;
    }
    println!("{:.3}", (tokens - 1) as f64 / since.elapsed().as_secs_f64());
    Ok(())
}
