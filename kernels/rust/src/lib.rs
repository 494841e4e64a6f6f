//! What loops over bytes on Footfall's hot path: Kafka records, log lines and events to columns.
//!
//! Plain Rust without a dependency. Python allocates every array and hands over its address; `boundary` is the one file that
//! touches addresses, everything else is slices whose bounds are checked, for the bytes are anybody's.

#![deny(unsafe_code, unsafe_op_in_unsafe_fn)]

mod addresses;
#[allow(unsafe_code)]
mod boundary;
mod calendar;
mod dictionary;
mod events;
mod hashes;
mod lines;
mod records;
