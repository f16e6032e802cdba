//! Seeded choices without state: every order, day and delivery has its own numbers, so any part
//! of a month can be made again without making what stands before it.

/// What a number decides. Each purpose draws from a stream of its own.
#[derive(Clone, Copy)]
pub enum Salt {
    Placed,
    Course,
    Gateway,
    OtherGateway,
    Customer,
    Place,
    ManyTaxes,
    Lines,
    Shipping,
    Discount,
    DiscountCode,
    Tip,
    TipAmount,
    GiftLine,
    GiftAmount,
    CardValue,
    Edited,
    Updated,
    RefundWhen,
    RefundLine,
    DisputeEnd,
    Unfooting,
    Stale,
    Unknown,
    UnknownAmount,
    PayoutGap,
    Duplicated,
    DuplicatedBy,
    Reordered,
    ReorderedBy,
    Spoilt,
    SpoiltBy,
    Token,
    FilePeriod,
    FileWhole,
    FilePacked,
    /// The first of many: one per line, see [`Draws::nth`].
    Product = 100,
    /// The first of many: one per line.
    Quantity = 200,
}

/// The finaliser of SplitMix64: every input bit changes about half of the output bits.
pub const fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// FNV-1a, for names that take part in a seed.
pub const fn text(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    hash
}

/// The numbers of one thing.
#[derive(Clone, Copy)]
pub struct Draws(u64);

impl Draws {
    /// The numbers of thing `index` under `seed`.
    pub const fn of(seed: u64, index: u64) -> Self {
        Self(mix(seed ^ mix(index)))
    }

    /// A number of 64 bits.
    pub const fn number(self, salt: Salt) -> u64 {
        self.nth(salt, 0)
    }

    /// The `n`th number of one purpose.
    pub const fn nth(self, salt: Salt, n: u64) -> u64 {
        mix(self.0 ^ (salt as u64 + n).wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    /// A number below `n`; 0 when `n` is 0.
    pub const fn below(self, salt: Salt, n: u64) -> u64 {
        scale(self.number(salt), n)
    }

    /// True in `per_mille` of 1,000 cases.
    pub const fn chance(self, salt: Salt, per_mille: u16) -> bool {
        self.below(salt, 1_000) < per_mille as u64
    }

    /// One of `list`.
    pub fn pick<T: Copy>(self, salt: Salt, list: &[T]) -> T {
        list[usize::try_from(self.below(salt, list.len() as u64)).expect("an index fits")]
    }
}

/// Maps a 64-bit number onto 0..n evenly.
pub const fn scale(number: u64, n: u64) -> u64 {
    ((number as u128 * n as u128) >> 64) as u64
}
