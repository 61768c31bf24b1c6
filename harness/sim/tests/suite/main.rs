//! The simulated platform held to closed forms and to a slow twin.

mod allocations;
mod compute;
mod energy;
mod flash;
mod flash_queue;
mod flash_twin;
mod grid;
mod head;
mod heat;
mod memory;
mod profile;
mod random;
mod repeat;
mod scatter;
mod slow_flash;
mod table;
mod ten_minutes;
