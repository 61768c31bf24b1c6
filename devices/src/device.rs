//! A device: the whole profile, read and checked.

use std::{borrow::Cow, collections::BTreeMap, fmt, fs, path::Path, sync::LazyLock};

use serde::Deserialize;

use crate::{
    Battery, DeviceError, Flash, Heat, Memory, Power, Processor, ProcessorKind, Runtime, SourceKind, Sourced, check,
    embedded, layers::Layers, near, overrides, read, render, sourced_numbers,
};

/// What kind of thing the device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A telephone.
    Phone,
    /// A tablet.
    Tablet,
    /// A laptop.
    Laptop,
    /// A desktop computer.
    Desktop,
    /// A single-board computer.
    Board,
}

impl Class {
    /// Whether such a device lives on a battery, so that its profile must say how large.
    #[must_use]
    pub const fn has_battery(self) -> bool {
        matches!(self, Self::Phone | Self::Tablet | Self::Laptop)
    }
}

/// The operating system that the app limit and the page are of; named in `tightfit list devices`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// iOS: a hard limit per app, then a kill.
    Ios,
    /// iPadOS: as iOS, with a larger share.
    Ipados,
    /// macOS: compresses and swaps.
    Macos,
    /// Android: reclaims, then a kill.
    Android,
    /// Linux: reclaims and swaps, then a kill.
    Linux,
    /// Windows: swaps.
    Windows,
}

impl fmt::Display for Class {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Phone => "phone",
            Self::Tablet => "tablet",
            Self::Laptop => "laptop",
            Self::Desktop => "desktop",
            Self::Board => "board",
        })
    }
}

impl fmt::Display for Os {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Ios => "iOS",
            Self::Ipados => "iPadOS",
            Self::Macos => "macOS",
            Self::Android => "Android",
            Self::Linux => "Linux",
            Self::Windows => "Windows",
        })
    }
}

/// A device profile, checked: every number is in its unit type and possible together with the others.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Version of the file's format; always 1.
    pub schema: u32,
    /// The name used on the command line.
    #[serde(deserialize_with = "read::text")]
    pub name: String,
    /// The name used in reports.
    #[serde(deserialize_with = "read::text")]
    pub title: String,
    /// Other names that people publish measurements of it under.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// System on chip.
    #[serde(deserialize_with = "read::text")]
    pub soc: String,
    /// What kind of thing it is.
    pub class: Class,
    /// Its operating system.
    pub os: Os,
    /// DRAM.
    pub memory: Memory,
    /// Flash.
    pub flash: Flash,
    /// CPU, if it is described.
    pub cpu: Option<Processor>,
    /// GPU, if it is described.
    pub gpu: Option<Processor>,
    /// Neural engine, if it is described.
    pub npu: Option<Processor>,
    /// Programs that run models, in the file's order.
    #[serde(rename = "runtime")]
    pub runtimes: Vec<Runtime>,
    /// Power.
    pub power: Power,
    /// Battery, on devices that have one.
    pub battery: Option<Battery>,
    /// Heat.
    pub heat: Heat,
    #[serde(skip)]
    numbers: Vec<Sourced>,
}

impl Device {
    /// Names of the embedded profiles, sorted.
    #[must_use]
    pub fn names() -> &'static [&'static str] {
        embedded::NAMES
    }

    /// The TOML text of an embedded profile, as written: what it is built on is not in it.
    #[must_use]
    pub fn embedded(name: &str) -> Option<&'static str> {
        embedded::profile(name)
    }

    /// What a profile may be built on besides other profiles (chips, systems, storage, classes of runtimes): name and text,
    /// whose first line says what it is. Sorted by name.
    #[must_use]
    pub fn parts() -> &'static [(&'static str, &'static str)] {
        embedded::PARTS
    }

    /// The built-in profile that published tables mean by `name`: one of its names or aliases, or else one of the chip `soc`.
    #[must_use]
    pub fn known_as(name: &str, soc: &str) -> Option<Self> {
        static KNOWN: LazyLock<Vec<Device>> = LazyLock::new(|| {
            let load = |name: &&str| Device::load(name).expect("a built-in profile is right");
            Device::names().iter().map(load).collect()
        });
        let of_chip = |device: &&Self| !soc.is_empty() && plain(&device.soc) == plain(soc);
        KNOWN.iter().find(|device| device.is_called(name)).or_else(|| KNOWN.iter().find(of_chip)).cloned()
    }

    /// Whether published tables mean this device by `name`: it is its name, title or one of its aliases, however written.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        let mut names = [&self.name, &self.title].into_iter().chain(&self.aliases);
        names.any(|known| plain(known) == plain(name))
    }

    /// A profile by embedded name, or from a path that ends in `.toml`.
    pub fn load(name_or_path: &str) -> Result<Self, DeviceError> {
        Self::load_with(name_or_path, &[])
    }

    /// The same, with dotted keys set first; see [`Device::parse_with`].
    pub fn load_with(name_or_path: &str, overrides: &[(String, toml::Value)]) -> Result<Self, DeviceError> {
        Self::parse_with(name_or_path, &text_of(name_or_path)?, overrides)
    }

    /// A profile from its text; `origin` names the text in errors.
    pub fn parse(origin: &str, text: &str) -> Result<Self, DeviceError> {
        let layers = Layers::read(origin, text)?;
        let mut device: Self = layers.parse()?;
        let table: toml::Table = layers.parse()?;
        check::possible(&device, &table).map_err(|problem| {
            let (origin, line) = layers.place(problem.key());
            problem.at(origin, line)
        })?;
        device.numbers = sourced_numbers(&table);
        Ok(device)
    }

    /// A profile from its text with dotted keys set first, such as `flash.read-latency-us` or `runtime.0.bandwidth-share`.
    ///
    /// The text must be right by itself. The source of a key set here becomes "assumed, set by the user".
    pub fn parse_with(origin: &str, text: &str, overrides: &[(String, toml::Value)]) -> Result<Self, DeviceError> {
        if overrides.is_empty() {
            return Self::parse(origin, text);
        }
        Self::tabled(origin, text, overrides).map(|(device, _)| device)
    }

    /// The same, with the table that it was read from.
    fn tabled(
        origin: &str,
        text: &str,
        overrides: &[(String, toml::Value)],
    ) -> Result<(Self, toml::Table), DeviceError> {
        let device = Self::parse(origin, text)?;
        let mut table: toml::Table = Layers::read(origin, text)?.parse()?;
        if overrides.is_empty() {
            return Ok((device, table));
        }
        let origin = &format!("{origin} with settings");
        for (key, value) in overrides {
            overrides::set(&mut table, key, value.clone()).map_err(|problem| problem.at(origin, None))?;
        }
        Ok((Self::of_table(origin, &table)?, table))
    }

    /// The profile by embedded name or path, with keys set and the table that it was read from.
    pub(crate) fn load_tabled(
        name_or_path: &str,
        overrides: &[(String, toml::Value)],
    ) -> Result<(Self, toml::Table), DeviceError> {
        Self::tabled(name_or_path, &text_of(name_or_path)?, overrides)
    }

    /// The profile that a whole table describes; `origin` names it in errors.
    pub(crate) fn of_table(origin: &str, table: &toml::Table) -> Result<Self, DeviceError> {
        let in_toml = |problem| DeviceError::Toml { origin: origin.to_owned(), problem: Box::new(problem) };
        let mut device: Self = table.clone().try_into().map_err(in_toml)?;
        check::possible(&device, table).map_err(|problem| problem.at(origin, None))?;
        device.numbers = sourced_numbers(table);
        Ok(device)
    }

    /// The text of a profile by embedded name or path, with what it is built on merged in: it reads as the same device.
    pub fn whole_text(name_or_path: &str) -> Result<String, DeviceError> {
        let text = text_of(name_or_path)?;
        Self::parse(name_or_path, &text)?;
        let layers = Layers::read(name_or_path, &text)?;
        if layers.is_one_file() { Ok(text.into_owned()) } else { Ok(render::text(&layers.parse()?)) }
    }

    /// Every number of the profile as it was read, with its source, in the file's sections.
    #[must_use]
    pub fn sourced(&self) -> &[Sourced] {
        &self.numbers
    }

    /// How many of its numbers are of each kind of source; runtimes are left out, for their numbers are a fit's.
    #[must_use]
    pub fn kinds(&self) -> BTreeMap<SourceKind, usize> {
        let mut kinds = BTreeMap::new();
        for number in self.numbers.iter().filter(|number| !number.key.starts_with("runtime.")) {
            *kinds.entry(number.kind).or_default() += 1;
        }
        kinds
    }

    /// A runtime by name and processor.
    #[must_use]
    pub fn runtime(&self, name: &str, processor: ProcessorKind) -> Option<&Runtime> {
        self.runtimes.iter().find(|runtime| runtime.name == name && runtime.processor == processor)
    }

    /// The same device with a runtime in place of its own of that name and processor.
    #[must_use]
    pub fn with_runtime(mut self, runtime: Runtime) -> Self {
        let same = |own: &&mut Runtime| own.name == runtime.name && own.processor == runtime.processor;
        if let Some(own) = self.runtimes.iter_mut().find(same) {
            *own = runtime;
        }
        self
    }

    /// What `runtime` leaves to the CPU what it lacks: itself on the CPU.
    #[must_use]
    pub fn fallback(&self, runtime: &Runtime) -> Option<&Runtime> {
        self.runtime(&runtime.name, ProcessorKind::Cpu)
    }

    /// A processor, if the profile describes it.
    #[must_use]
    pub fn processor(&self, kind: ProcessorKind) -> Option<&Processor> {
        match kind {
            ProcessorKind::Cpu => self.cpu.as_ref(),
            ProcessorKind::Gpu => self.gpu.as_ref(),
            ProcessorKind::Npu => self.npu.as_ref(),
        }
    }
}

/// Text of a profile by embedded name, or of a file whose path ends in `.toml`.
fn text_of(name_or_path: &str) -> Result<Cow<'static, str>, DeviceError> {
    if let Some(text) = Device::embedded(name_or_path) {
        return Ok(Cow::Borrowed(text));
    }
    let path = Path::new(name_or_path);
    if path.extension().is_none_or(|extension| extension != "toml") {
        let near = near::suggestion(name_or_path, Device::names());
        return Err(DeviceError::Unknown { name: name_or_path.to_owned(), near });
    }
    let text = fs::read_to_string(path).map_err(|problem| DeviceError::File { path: path.to_owned(), problem })?;
    Ok(Cow::Owned(text))
}

/// Letters and digits, in lower case: what is left of a name that everybody writes in another way.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
