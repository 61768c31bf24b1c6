//! Flash that is hot, or that waits for room: reads slow down, those in flight too, and no byte is lost.

use tightfit_devices::Device;
use tightfit_engine::platform::{Cause, KernelKind, Platform, Touched};
use tightfit_sim::{
    Pressure,
    flash::{Flash, Slowness},
    service::ServiceTable,
};

use crate::profile::{ALONE, cool, device_with, kernel, platform, read};

fn flash(lanes: usize) -> Flash {
    let mut flash = Flash::new(ServiceTable::new(&cool(ALONE, 32).flash.law, 4), lanes, lanes);
    flash.reserve(16);
    flash
}

#[test]
fn what_remains_of_a_read_is_stretched() {
    let mut flash = flash(1);
    let ticket = flash.submit(100_000, Cause::Demand);
    // Half of its 200 us pass, the other half takes twice as long.
    flash.advance(100_000);
    flash.slow_down(Slowness { stretch_ppm: 2_000_000, reclaim_ps_per_byte: 0 });
    assert_eq!(flash.clone().advance_until_landed(ticket), 300_000);
    flash.advance(200_000);
    flash.slow_down(Slowness::NONE);
    assert_eq!(flash.advance_until_landed(ticket), 250_000, "a quarter was left");
    assert_eq!((flash.landed_bytes(), flash.busy_ns()), (100_000, 250_000));
}

#[test]
fn room_is_made_for_one_read_after_the_other() {
    let reclaim = Slowness { stretch_ppm: 1_000_000, reclaim_ps_per_byte: 5000 };
    for lanes in [1, 2, 4] {
        let mut flash = flash(lanes);
        flash.slow_down(reclaim);
        let tickets: Vec<_> = (0..4).map(|_| flash.submit(100_000, Cause::Demand)).collect();
        let last_ns = tickets.into_iter().map(|ticket| flash.advance_until_landed(ticket)).max();
        // Four times 500 us of reclaim, whatever the lanes; the reads themselves share it out.
        let turns = 4 / lanes as u64;
        assert_eq!(last_ns, Some(turns * 200_000 + 4 * 500_000), "{lanes} lanes");
        assert_eq!(flash.landed_bytes(), 400_000);
    }
}

#[test]
fn pressure_grows_from_its_beginning_to_the_limit() {
    let pressure = Pressure { from_bytes: 600, limit_bytes: 1000, reclaim_bytes_per_s: 100_000_000 };
    let at = |bytes| pressure.reclaim_ps_per_byte(bytes);
    assert_eq!([at(0), at(600), at(700), at(1000), at(2000)], [0, 0, 2500, 10_000, 10_000]);
}

#[test]
fn a_held_footprint_slows_reads_as_its_platform_was_told() {
    let pressure = Pressure { from_bytes: 600, limit_bytes: 1000, reclaim_bytes_per_s: 100_000_000 };
    let read_ns = |footprint_bytes| {
        let mut platform = platform(&cool(ALONE, 32), 1).with_pressure(Some(pressure));
        platform.hold(footprint_bytes);
        let ticket = platform.submit(&read(100_000, Cause::Demand), &[]);
        platform.wait(ticket);
        platform.now_ns()
    };
    assert_eq!([read_ns(600), read_ns(800), read_ns(1000)], [200_000, 700_000, 1_200_000]);
    let mut free = platform(&cool(ALONE, 32), 1);
    free.hold(u64::MAX);
    let ticket = free.submit(&read(100_000, Cause::Demand), &[]);
    free.wait(ticket);
    assert_eq!(free.now_ns(), 200_000, "a device whose system is not known to slow reads");
}

#[test]
fn hot_flash_reads_at_the_share_that_is_left() {
    let hot: Device = device_with(&format!("{ALONE}hot-share = 0.5\n"), 32, [500, 3000, 2000], 1, "");
    let read_ns = |device: &Device, fill_ppm| {
        let mut platform = platform(device, 1).with_heat(fill_ppm);
        // A kernel of 100 us, after 10 ms of moves, lets the heat be seen.
        platform.move_row(0, 1, 200_000_000);
        platform.run(&kernel(KernelKind::FeedForward, 1, 100), Touched::default());
        let start_ns = platform.now_ns();
        let ticket = platform.submit(&read(100_000, Cause::Demand), &[]);
        platform.wait(ticket);
        platform.now_ns() - start_ns
    };
    assert_eq!(read_ns(&hot, 900_000), 200_000, "below a full store");
    assert_eq!(read_ns(&hot, 1_300_000), 400_000, "well above it");
    assert!((200_000..400_000).contains(&read_ns(&hot, 1_055_000)), "in between");
    assert_eq!(read_ns(&cool(ALONE, 32), 1_300_000), 200_000, "a flash that does not mind");
}
