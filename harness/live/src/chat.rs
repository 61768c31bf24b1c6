//! Chat templates: how a user's message is wrapped for a model that was trained on conversations.
//!
//! GGUF files carry the template as a Jinja program. Rather than run it, the one family that matters here is
//! recognised: `ChatML`, with the system prompt that the program itself puts in when none is given.

use serde_json::Value;

use crate::LiveError;
use crate::folder::Folder;
use crate::gguf::Gguf;

const SYSTEM_OPENS: &str = "<|im_start|>system\n";
const CLOSES: &str = "<|im_end|>";
const WAY_OUT: &str = "record with the chat template off, the prompt being sent as it is";

/// A conversation format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatTemplate {
    system: Option<String>,
}

impl ChatTemplate {
    /// Recognises the template that a model file carries.
    pub fn load(gguf: &Gguf) -> Result<Self, LiveError> {
        let program = gguf.optional_text("tokenizer.chat_template")?;
        Self::known(program).map_err(|feature| gguf.unsupported(feature, WAY_OUT))
    }

    /// Recognises the template that a checkpoint carries, in `tokenizer_config.json`.
    pub fn of_folder(folder: &Folder) -> Result<Self, LiveError> {
        let settings = folder.json("tokenizer_config.json")?;
        let program = settings.as_ref().and_then(|settings| settings.get("chat_template")).and_then(Value::as_str);
        Self::known(program).map_err(|feature| folder.unsupported(feature, WAY_OUT))
    }

    fn known(program: Option<&str>) -> Result<Self, &'static str> {
        let program = program.ok_or("a chat without a chat template")?;
        Self::recognise(program).ok_or("a chat template other than ChatML")
    }

    /// `None` where the program does not write `ChatML`.
    #[must_use]
    pub fn recognise(program: &str) -> Option<Self> {
        if !program.contains("<|im_start|>") || !program.contains(CLOSES) {
            return None;
        }
        let after = program.split_once(SYSTEM_OPENS).or_else(|| program.split_once(r"<|im_start|>system\n"));
        let system = after.and_then(|(_, rest)| rest.split_once(CLOSES)).map(|(system, _)| system);
        // What has quotes or braces in it is program, not prose.
        let system = system.filter(|system| !system.contains(['\'', '{', '}', '+']));
        Some(Self { system: system.map(str::to_owned) })
    }

    /// The system prompt that the model was trained with, where the template has one.
    #[must_use]
    pub fn system(&self) -> Option<&str> {
        self.system.as_deref()
    }

    /// The message of a user, and the opening of the answer.
    #[must_use]
    pub fn wrap(&self, message: &str) -> String {
        let system = self.system.as_deref().map(|system| format!("{SYSTEM_OPENS}{system}{CLOSES}\n"));
        let system = system.unwrap_or_default();
        format!("{system}<|im_start|>user\n{message}{CLOSES}\n<|im_start|>assistant\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `SmolLM2-135M-Instruct` carries it.
    const SMOLLM2: &str = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\
        {{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}\
        {% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}\
        {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    #[test]
    fn smollm2_speaks_with_its_own_system_prompt() {
        let template = ChatTemplate::recognise(SMOLLM2).expect("ChatML");
        let expected = "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face\
            <|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
        assert_eq!(template.wrap("Hi"), expected);
    }

    #[test]
    fn a_template_without_a_default_system_prompt_gets_none() {
        let program = "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>'}}";
        let template = ChatTemplate::recognise(program).expect("ChatML");
        assert_eq!(template.system(), None);
        assert_eq!(template.wrap("Hi"), "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
    }

    #[test]
    fn other_formats_are_not_guessed_at() {
        assert_eq!(ChatTemplate::recognise("{{ '[INST] ' + message['content'] + ' [/INST]' }}"), None);
    }
}
