//! Makes a month and says what it comes to: `cargo run --release --example month -- 50000 1`.
//! Time it from outside to know the speed of the generator.

use workload::{Shape, expected, month};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse::<u64>().ok());
    let orders = numbers.next().and_then(|n| u32::try_from(n).ok()).unwrap_or(1_000);
    let shape = Shape { orders, seed: numbers.next().unwrap_or(1), ..Shape::default() };
    let (mut count, mut bytes) = (0_u64, 0_u64);
    for delivery in month(&shape) {
        count += 1;
        bytes += delivery.raw.body.len() as u64;
    }
    println!("{count} deliveries, {bytes} bytes of bodies");
    if numbers.next().is_none() {
        println!("{:#?}", expected(&shape));
    }
}
