//! The one text of a checkpoint.

use tlog::{Checkpoint, CheckpointError, Head, empty_root, leaf_hash};

use crate::support::{log, origin};

const TEXT: &str = "books.example.com/t/01k2v9\n1234067\n\
                    bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n";

#[test]
fn a_checkpoint_is_three_lines() {
    let checkpoint = Checkpoint { origin: origin(), size: 1_234_067, root: leaf_hash(b"") };
    assert_eq!(checkpoint.encode(), TEXT);
    assert_eq!(Checkpoint::parse(TEXT), Ok(checkpoint));
}

#[test]
fn every_log_can_be_checkpointed_and_read_back() {
    let empty = Head::new(origin()).checkpoint();
    assert_eq!(empty.root, empty_root());
    for checkpoint in [empty, log(1).0.checkpoint(), log(9).0.checkpoint()] {
        assert_eq!(Checkpoint::parse(&checkpoint.encode()), Ok(checkpoint));
    }
}

#[test]
fn any_other_text_is_refused() {
    type Check = fn(&CheckpointError) -> bool;
    let table: [(String, Check); 13] = [
        (String::new(), |e| matches!(e, CheckpointError::NoLineEnd)),
        (TEXT.trim_end().to_owned(), |e| matches!(e, CheckpointError::NoLineEnd)),
        ("\n".to_owned(), |e| matches!(e, CheckpointError::LineCount { found: 1 })),
        (format!("{TEXT}extension\n"), |e| matches!(e, CheckpointError::LineCount { found: 4 })),
        (format!("{TEXT}\n\u{2014} key AAAA\n"), |e| {
            matches!(e, CheckpointError::LineCount { found: 5 })
        }),
        (format!("\n{TEXT}"), |e| matches!(e, CheckpointError::LineCount { found: 4 })),
        (TEXT.replace("books", "my books"), |e| matches!(e, CheckpointError::BadOrigin { .. })),
        (TEXT.replace('\n', "\r\n"), |e| matches!(e, CheckpointError::BadOrigin { .. })),
        (TEXT.replace("1234067", "01234067"), |e| matches!(e, CheckpointError::BadSize)),
        (TEXT.replace("1234067", "9223372036854775808"), |e| matches!(e, CheckpointError::BadSize)),
        (TEXT.replace("B0=", "B1="), |e| matches!(e, CheckpointError::BadRoot { .. })),
        (TEXT.replace("1234067", "0"), |e| matches!(e, CheckpointError::SizeAndRoot { size: 0 })),
        (
            TEXT.replace("bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=", &empty_root().to_base64()),
            |e| matches!(e, CheckpointError::SizeAndRoot { size: 1_234_067 }),
        ),
    ];
    for (text, is_expected) in table {
        let error = Checkpoint::parse(&text).unwrap_err();
        assert!(is_expected(&error), "{text:?}: {error:?}");
    }
}
