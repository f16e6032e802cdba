//! Roots of the eight-leaf tree that Certificate Transparency implementations share.

use tlog::{Frontier, Hash, empty_root, leaf_hash, merkle_root};

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const LEAVES_AND_ROOTS: [(&[u8], &str); 8] = [
    (b"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    (b"\x00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    (b"\x10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    (b"\x20\x21", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    (b"\x30\x31", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    (b"\x40\x41\x42\x43", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    (
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    ),
    (
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ),
];

#[test]
fn both_ways_to_a_root_give_the_published_ones() {
    assert_eq!(empty_root().to_string(), EMPTY);
    assert_eq!(merkle_root(&[]).to_string(), EMPTY);
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root().to_string(), EMPTY);
    let mut leaves = Vec::new();
    for (content, root) in LEAVES_AND_ROOTS {
        leaves.push(leaf_hash(content));
        frontier.append(leaf_hash(content));
        assert_eq!(merkle_root(&leaves).to_string(), root);
        assert_eq!(frontier.root().to_string(), root);
    }
}

#[test]
fn a_hash_has_one_hex_and_one_base64_text() {
    let hash = empty_root();
    let base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    assert_eq!(EMPTY.parse(), Ok(hash));
    assert_eq!(hash.to_base64(), base64);
    assert_eq!(Hash::from_base64(base64), Ok(hash));
    for wrong in [
        "",
        &EMPTY[1..],
        &EMPTY.to_uppercase(),
        &EMPTY.replace('e', "g"),
        &format!("{EMPTY}0"),
        &EMPTY.replacen("e3", "\u{e9}", 1),
    ] {
        assert!(wrong.parse::<Hash>().is_err(), "{wrong:?}");
    }
    for wrong in [
        "",
        &base64[..43],
        &base64.replace('+', "-").replace('/', "_"),
        &base64.replace("U=", "V="),
        &base64.replace("FU=", "FUA"),
        &base64.replace("FU=", "F=="),
        &base64.replace("FU=", "FU\n"),
        &format!("{base64}="),
    ] {
        assert!(Hash::from_base64(wrong).is_err(), "{wrong:?}");
    }
    assert_eq!(Hash::try_from(&hash.as_bytes()[..]), Ok(hash));
    assert!(Hash::try_from(&hash.as_bytes()[1..]).is_err());
}
