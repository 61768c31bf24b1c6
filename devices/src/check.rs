//! What a profile's numbers must satisfy together; each alone was checked as it was read.

use toml::{Table, Value};

use crate::{Device, DeviceError, FlashLaw, ProcessorKind, Sources};

/// A key and what is wrong with it, before it is known which file it stands in.
#[derive(Debug)]
pub(crate) struct Problem {
    key: String,
    text: String,
}

impl Problem {
    pub(crate) fn new(key: &str, text: impl Into<String>) -> Self {
        Self { key: key.to_owned(), text: text.into() }
    }

    /// The dotted key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The error, with the line of the key if the text is at hand.
    pub(crate) fn at(self, origin: &str, line: Option<usize>) -> DeviceError {
        DeviceError::Impossible { origin: origin.to_owned(), line, key: self.key, problem: self.text }
    }
}

/// That the profile could be a device.
pub(crate) fn possible(device: &Device, table: &Table) -> Result<(), Problem> {
    if device.schema != 1 {
        return Err(Problem::new("schema", format!("{} is not known here: this version reads 1", device.schema)));
    }
    memory(device)?;
    flash(device)?;
    runtimes(device)?;
    power(device)?;
    sources(device, table)
}

fn memory(device: &Device) -> Result<(), Problem> {
    let memory = &device.memory;
    if memory.app_limit > memory.total {
        return Err(Problem::new("memory.app-limit-mb", "above `total-mb`: an app can't use more than there is"));
    }
    if memory.app_limit_entitled.is_some_and(|entitled| entitled > memory.total) {
        return Err(Problem::new(
            "memory.app-limit-entitled-mb",
            "above `total-mb`: an app can't use more than there is",
        ));
    }
    if memory.app_limit_entitled.is_some_and(|entitled| entitled < memory.app_limit) {
        return Err(Problem::new("memory.app-limit-entitled-mb", "below `app-limit-mb`: an entitlement only adds"));
    }
    if memory.copy.get().saturating_mul(2) > memory.bandwidth.get() {
        let text =
            "above half of `bandwidth-mb-per-s`: a copied byte is read and written, give bytes copied per second";
        return Err(Problem::new("memory.copy-mb-per-s", text));
    }
    Ok(())
}

fn flash(device: &Device) -> Result<(), Problem> {
    if device.flash.law.ceiling() > device.memory.bandwidth {
        let key = match device.flash.law {
            FlashLaw::Parameters { .. } => "flash.ceiling-mb-per-s",
            FlashLaw::Grid { .. } => "flash.grid",
        };
        return Err(Problem::new(key, "above `memory.bandwidth-mb-per-s`: is the unit right?"));
    }
    if !device.flash.read_unit.get().is_power_of_two() {
        let text = format!(
            "{} bytes are no power of two, as the blocks of flash are: give one such as 4 or 16",
            device.flash.read_unit.get()
        );
        return Err(Problem::new("flash.read-unit-kib", text));
    }
    Ok(())
}

fn runtimes(device: &Device) -> Result<(), Problem> {
    if device.cpu.is_none() && device.gpu.is_none() && device.npu.is_none() {
        return Err(Problem::new("cpu", "no processor: give at least one of `[cpu]`, `[gpu]`, `[npu]`"));
    }
    if device.runtimes.is_empty() {
        return Err(Problem::new("runtime", "no runtime: give at least one `[[runtime]]`"));
    }
    for (index, runtime) in device.runtimes.iter().enumerate() {
        let (name, kind) = (&runtime.name, runtime.processor);
        let Some(processor) = device.processor(kind) else {
            let text = format!("{name} runs on the {kind}, which the profile lacks: add a `[{kind}]` or change it");
            return Err(Problem::new(&format!("runtime.{index}.processor"), text));
        };
        let format = runtime.compute_format;
        if processor.flops_per_s(format).is_none() {
            let known: Vec<&str> = processor.peak.keys().map(|format| format.as_str()).collect();
            let known = known.join(", ");
            let text = format!("{name} computes in {format}, which `{kind}.gflops` lacks: it has {known}");
            return Err(Problem::new(&format!("runtime.{index}.compute-format"), text));
        }
        if !runtime.lacks.is_empty() && (kind == ProcessorKind::Cpu || device.fallback(runtime).is_none()) {
            let text =
                format!("{name} on the {kind} has nothing to fall back to: add a `[[runtime]]` {name} on the cpu");
            return Err(Problem::new(&format!("runtime.{index}.lacks"), text));
        }
        if device.runtimes[..index].iter().any(|other| other.name == *name && other.processor == kind) {
            let text = format!("{name} on the {kind} is there twice: keep one");
            return Err(Problem::new(&format!("runtime.{index}.name"), text));
        }
    }
    Ok(())
}

fn power(device: &Device) -> Result<(), Problem> {
    if device.heat.sustained <= device.power.idle {
        return Err(Problem::new(
            "heat.sustained-mw",
            "not above `power.idle-mw`: the device would overheat while idle",
        ));
    }
    if device.class.has_battery() && device.battery.is_none() {
        return Err(Problem::new("battery", "a phone, tablet or laptop has one: give `energy-mwh`"));
    }
    Ok(())
}

/// That every source of a single key names a key which its section has.
fn sources(device: &Device, table: &Table) -> Result<(), Problem> {
    let sections = [
        ("memory", Some(&device.memory.source)),
        ("flash", Some(&device.flash.source)),
        ("cpu", device.cpu.as_ref().map(|section| &section.source)),
        ("gpu", device.gpu.as_ref().map(|section| &section.source)),
        ("npu", device.npu.as_ref().map(|section| &section.source)),
        ("power", Some(&device.power.source)),
        ("battery", device.battery.as_ref().map(|section| &section.source)),
        ("heat", Some(&device.heat.source)),
    ];
    for (name, sources) in sections {
        if let (Some(sources), Some(section)) = (sources, table.get(name)) {
            known_keys(name, sources, section)?;
        }
    }
    let entries = table.get("runtime").and_then(Value::as_array);
    for (index, (runtime, entry)) in device.runtimes.iter().zip(entries.into_iter().flatten()).enumerate() {
        known_keys(&format!("runtime.{index}"), &runtime.source, entry)?;
    }
    Ok(())
}

fn known_keys(section: &str, sources: &Sources, value: &Value) -> Result<(), Problem> {
    for key in sources.keys.keys() {
        let found = key.split('.').try_fold(value, |value, part| value.get(part));
        if found.is_none() || key == "source" {
            let text = format!("a source of `{key}`, which `{section}` lacks: name one of its keys, or `default`");
            return Err(Problem::new(&format!("{section}.source.{key}"), text));
        }
    }
    Ok(())
}
