//! How far L1 lags behind: what was sealed, what was taken, and the stage.

use ballast_types::{BatchIndex, L1Message, L1Payload, Millis, Source, SystemCommand};

use crate::world::{ONE, START, World, market};

const MINUTE: u64 = 60_000;

fn seal(world: &mut World, at: u64) {
    let index = world.it.batch;
    world.input(at, None, Source::System(SystemCommand::SealBatch { index }));
}

fn take(world: &mut World, at: u64, batch: u64) {
    let (batch_hash, prevrandao) = Default::default();
    let payload = L1Payload::BatchPosted { index: BatchIndex(batch), batch_hash, l1_block: 1, prevrandao };
    let message = L1Message { index: world.it.l1_messages, l1_block: 1, l1_time: 1, payload };
    world.input(at, None, Source::L1(message));
}

/// The posted time, and the batch that is awaited with the time of its seal, in minutes.
fn stands(world: &World) -> (u64, Option<(u64, u64)>) {
    let minutes = |time: Millis| (time.0 - START) / MINUTE;
    (minutes(world.it.posted), world.it.checkpoint.map(|(batch, sealed)| (batch.0, minutes(sealed))))
}

fn stage(world: &mut World, at: u64) -> u8 {
    world.tick(at, 1_000);
    world.it.stage
}

/// Three batches are sealed and one is taken: the third is awaited from then on, whatever of those before it comes.
#[test]
fn the_lag_goes_by_a_checkpoint() {
    let mut world = World::of(market("ONE", false));
    world.it = world.it.clone().minding_lag();
    take(&mut world, MINUTE, 5);
    assert_eq!((world.it.posted, world.it.checkpoint), (Millis(0), None), "nothing was sealed");
    assert_eq!(stage(&mut world, MINUTE), 0);
    assert_eq!(stands(&world), (1, None));
    for minute in [2, 4, 6] {
        seal(&mut world, minute * MINUTE);
        assert_eq!(stands(&world), (1, Some((1, 2))));
    }
    take(&mut world, 6 * MINUTE, 0);
    assert_eq!(stands(&world), (1, Some((1, 2))));
    take(&mut world, 7 * MINUTE, 1);
    assert_eq!(stands(&world), (2, Some((3, 6))));
    take(&mut world, 8 * MINUTE, 2);
    assert_eq!(stands(&world), (2, Some((3, 6))));

    assert_eq!(stage(&mut world, 12 * MINUTE), 0, "ten minutes are not more than ten");
    assert_eq!(world.it.interest_limit(ONE), None);
    assert_eq!(stage(&mut world, 12 * MINUTE + 1), 1);
    assert_eq!(world.it.interest_limit(ONE), Some(0), "what it is now, though its parameters limit nothing");
    take(&mut world, 12 * MINUTE + 1, 3);
    assert_eq!(stands(&world), (6, None));
    assert_eq!(stage(&mut world, 12 * MINUTE + 2), 1, "six minutes are not less than five");
    seal(&mut world, 13 * MINUTE);
    take(&mut world, 13 * MINUTE, 9);
    assert_eq!(stands(&world), (13, None));
    assert_eq!(stage(&mut world, 14 * MINUTE), 0);
}
