//! A hundred thousand timers over restarts, outages and a clock that jumps: each comes once, and those of
//! one notebook in the order of their times. (A million is the bench's.)

use cauce_model::Duration;
use cauce_runtime::{EntityAddress, Runtime};
use futures_util::future::join_all;

use crate::stage::{Do, GRACE, Stage, T0, lines, once_around, rows_of, tell, who, within};

const NOTEBOOKS: u64 = 2000;
const EACH: u64 = 50;
const TIMERS: u8 = 1;

/// A time within the hour for each, the same in every run and in no order.
fn second(notebook: u64, n: u64) -> i64 {
    ((notebook * 7919 + n * 104_729 + n * n * 31) % 3600) as i64
}

async fn all_around(runtime: &Runtime) {
    // Each time around handles a group of those that are due, and there are more.
    let one_each: Vec<EntityAddress> = (0..4).map(|partition| who("x", partition)).collect();
    join_all(one_each.iter().map(|of| once_around(runtime, of))).await;
}

/// Goes around until so many are left.
async fn until_left(runtime: &Runtime, left: usize) {
    within("timers", async {
        loop {
            for _ in 0..10 {
                all_around(runtime).await;
            }
            if rows_of(runtime.store(), TIMERS).await <= left {
                return;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_timers_come_once_each_and_in_order_whatever_happens_to_clock_and_process() {
    let stage = Stage::in_memory();
    let mut runtime = stage.start().await;
    let notebooks: Vec<EntityAddress> =
        (0..NOTEBOOKS).map(|n| who(&format!("n{n}-"), (n % 4) as u16)).collect();
    let mut seconds: Vec<i64> = Vec::new();
    let set = notebooks.iter().zip(0..).map(|(notebook, i)| {
        let all = (0..EACH).map(|n| {
            let second = second(i, n);
            Do::Remind(T0 + Duration::seconds(second + 1), format!("{second:04} {n}"))
        });
        tell(&runtime, notebook, Do::All(all.collect()))
    });
    join_all(set).await;
    for i in 0..NOTEBOOKS {
        seconds.extend((0..EACH).map(|n| second(i, n)));
    }
    let left = |at: i64| seconds.iter().filter(|second| **second + 1 > at).count();
    assert_eq!(rows_of(runtime.store(), TIMERS).await, (NOTEBOOKS * EACH) as usize);

    let at = |second: i64| T0 + Duration::seconds(second);
    // In normal running.
    for second in [1, 60, 61, 300, 600, 601] {
        stage.clock.set(at(second));
        until_left(&runtime, left(second)).await;
        assert_eq!(rows_of(runtime.store(), TIMERS).await, left(second), "none comes before its time");
    }
    // The clock is set back, by less and by more than is in memory.
    for second in [500, -9000, 601] {
        stage.clock.set(at(second));
        all_around(&runtime).await;
        assert_eq!(rows_of(runtime.store(), TIMERS).await, left(601));
    }
    // The process ends in the midst of it, and again; nothing is put in order.
    for second in [700, 800, 900] {
        stage.clock.set(at(second) + Duration::millis(500));
        all_around(&runtime).await;
        drop(runtime);
        runtime = stage.start().await;
        all_around(&runtime).await;
    }
    stage.clock.advance(GRACE);
    until_left(&runtime, left(900 + GRACE.0 / 1000)).await;
    // An outage of a quarter of an hour.
    runtime.stop().await;
    drop(runtime);
    stage.clock.set(at(1800) + Duration::millis(500));
    let runtime = stage.start().await;
    all_around(&runtime).await;
    assert_eq!(rows_of(runtime.store(), TIMERS).await, left(910), "they wait for what arrives late");
    stage.clock.set(at(1805));
    until_left(&runtime, left(910) - (left(1800) - left(1805))).await;
    stage.clock.set(at(1811));
    until_left(&runtime, left(1811)).await;
    // The clock jumps ahead by hours, and back.
    stage.clock.set(at(9 * 3600));
    until_left(&runtime, 0).await;
    stage.clock.set(at(2000));
    all_around(&runtime).await;

    for (notebook, i) in notebooks.iter().zip(0..) {
        let held = lines(runtime.store(), notebook).await;
        let mut expected: Vec<String> = (0..EACH).map(|n| format!("{:04} {n}", second(i, n))).collect();
        expected.sort_by_key(|line| line[..4].to_owned());
        let mut sorted = held.clone();
        sorted.sort();
        expected.sort();
        assert_eq!(sorted, expected, "each once");
        // What came due during the outage came after what came due in the five seconds after it.
        let order = |line: &String| -> i64 {
            let due = line[..4].parse::<i64>().unwrap() + 1;
            if due > 1800 && due <= 1805 { 911 } else { due }
        };
        let late = |line: &&String| !(911..=1811).contains(&(line[..4].parse::<i64>().unwrap() + 1));
        let on_time: Vec<i64> = held.iter().filter(late).map(order).collect();
        assert!(on_time.is_sorted(), "in the order of their times: {on_time:?}");
    }
    runtime.stop().await;
}
