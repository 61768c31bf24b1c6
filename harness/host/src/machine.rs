//! What this machine is: what a measured number must be read with. Nothing here is measured; the system says it.

use std::path::Path;

use sysinfo::{Disks, System};

use crate::kernels::Level;

/// Facts by key, with the unit in the key. What the system does not say is left out.
#[must_use]
pub fn facts(folder: &Path) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut add = |key: &'static str, value: Option<String>| {
        facts.extend(value.filter(|value| !value.is_empty()).map(|value| (key, value)));
    };
    if let Ok(mut system) = System::new() {
        system.refresh_memory();
        system.refresh_cpu_all();
        let brand = system.cpus().first().map(|cpu| cpu.brand().trim().to_owned());
        add("processor", brand);
        add("processors", Some(system.cpus().len().to_string()));
        add("memory-mb", Some((system.total_memory() / 1_000_000).to_string()));
        let limit =
            system.cgroup_limits().map(|limits| limits.total_memory).filter(|&limit| limit < system.total_memory());
        add("memory-limit-mb", limit.map(|limit| (limit / 1_000_000).to_string()));
    }
    add("kernels", Some(format!("{:?}", Level::detect()).to_lowercase()));
    add("system", System::long_os_version().ok());
    add("system-kernel", System::kernel_version().ok());
    add("load-average", System::load_average().ok().map(|load| format!("{:.2}", load.one)));
    add("disk", disk(folder));
    facts
}

/// Memory that this process holds and that no file is behind: what a limit counts besides the page cache. None where the
/// system does not say.
#[must_use]
pub fn process_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// The disk that a folder lies on: the one whose mount point is the longest beginning of its path.
fn disk(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let disks = Disks::new_with_refreshed_list().ok()?;
    let of_folder = |disk: &&sysinfo::Disk| folder.starts_with(disk.mount_point());
    let disk = disks.iter().filter(of_folder).max_by_key(|disk| disk.mount_point().as_os_str().len())?;
    let [name, file_system] = [disk.name(), disk.file_system()].map(|text| text.to_string_lossy());
    Some(format!("{name}, {file_system}, {} GB", disk.total_space() / 1_000_000_000))
}
