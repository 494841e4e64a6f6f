//! The functions that Python calls: addresses become slices here, and a panic becomes a number, never a crash.
//!
//! Each array comes as an `Array`, which is no slice of items of another size. What a function returns is a count, or a
//! negative number. Python keeps the arrays alive, apart from each other, and does not touch them during a call.

mod array;

use std::panic::{catch_unwind, AssertUnwindSafe};

use self::array::Array;
use crate::{addresses, events, hashes, lines, records};

/// Changes whenever a function comes or goes, or takes other arguments than before; `library.py` asks for its own number.
const INTERFACE: u32 = 3;
/// The kernel itself is wrong; the message of the panic is not printed, for it may quote what was read.
const FAULT: i64 = -1000;
/// An array has items of another size than the function wants, or is only to be read.
const MISFIT: i64 = -1001;

/// Give the number of the interface.
#[no_mangle]
pub extern "C" fn footfall_interface() -> u32 {
    INTERFACE
}

/// Give the fingerprint of the sources that this library was built from, or zero when nobody said.
#[no_mangle]
pub extern "C" fn footfall_source() -> u64 {
    option_env!("FOOTFALL_KERNELS_SOURCE").and_then(|text| u64::from_str_radix(text, 16).ok()).unwrap_or(0)
}

/// Keep the text of a panic to ourselves; called once, when the library is loaded.
#[no_mangle]
pub extern "C" fn footfall_quiet() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// Make a function that Python calls: arrays that are `given` or `wanted`, each with the type of its items, then numbers.
macro_rules! exported {
    ($(#[$about:meta])* $name:ident($($array:ident: $way:ident $item:ty),+; $($number:ident),*) $work:block) => {
        $(#[$about])*
        ///
        /// # Safety
        /// Each array is what it says, until the function returns.
        #[no_mangle]
        pub unsafe extern "C" fn $name($($array: Array,)+ $($number: u64),*) -> i64 {
            $(let $array = match unsafe { $array.$way::<$item>() } {
                Some(items) => items,
                None => return MISFIT,
            };)+
            guarded(|| $work)
        }
    };
}

exported! {
    /// See `hashes::digest`.
    footfall_digest(
        raw: given u8, starts: given i32, ends: given i32, key: given u8, person: given u8, digests: wanted u8; size
    ) {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") {
            return unsafe { digest_wider(raw, starts, ends, key, person, digests, size as usize) };
        }
        hashes::digest(raw, starts, ends, key, person, digests, size as usize)
    }
}

/// Do the same, compiled for processors with AVX2, whose registers hold four words: in half the time.
///
/// # Safety
/// The processor has AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn digest_wider(
    raw: &[u8],
    starts: &[i32],
    ends: &[i32],
    key: &[u8],
    person: &[u8],
    digests: &mut [u8],
    size: usize,
) -> i64 {
    hashes::digest(raw, starts, ends, key, person, digests, size)
}

exported! {
    /// See `hashes::visitors::join`.
    footfall_join(
        address: given i32, address_hashes: given u64,
        agent: given i32, agent_hashes: given u64,
        site: given i32, site_hashes: given u64,
        rows: given i64, numbers: wanted u64;
    ) {
        let address = hashes::visitors::Part { codes: address, hashes: address_hashes };
        let agent = hashes::visitors::Part { codes: agent, hashes: agent_hashes };
        let site = hashes::visitors::Part { codes: site, hashes: site_hashes };
        hashes::visitors::join(&address, &agent, &site, rows, numbers)
    }
}

exported! {
    /// See `addresses::locate`.
    footfall_locate(
        raw: given u8, bounds: given i32,
        v4_starts: given u32, v4_places: given i16, v6_starts: given u64, v6_places: given i16,
        found: wanted i16, left: wanted i64;
    ) {
        let v4 = addresses::Intervals { starts: v4_starts, places: v4_places };
        let v6 = addresses::Intervals { starts: v6_starts, places: v6_places };
        addresses::locate(raw, bounds, &v4, &v6, found, left)
    }
}

exported! {
    /// See `addresses::unusual`.
    footfall_unusual(raw: given u8, bounds: given i32, marks: wanted u8;) {
        addresses::unusual(raw, bounds, marks)
    }
}

exported! {
    /// See `events::read`.
    footfall_events(
        raw: given u8, starts: given i64, ends: given i64, names: given u8, name_ends: given i64, forms: given u8,
        rows: wanted i32, codes: wanted i32, texts: wanted u8, bounds: wanted i32, sizes: wanted i64;
        bytes_max, seed
    ) {
        let input = events::Input { raw, starts, ends, names, name_ends, forms, bytes_max: bytes_max as usize, seed };
        events::read(&input, events::Output { rows, codes, texts, bounds, sizes })
    }
}

exported! {
    /// See `events::forms::judge`.
    footfall_judge(data: given u8, offsets: given i32, sure: wanted u8; form, length_max) {
        events::forms::judge(data, offsets, sure, form, length_max as usize)
    }
}

exported! {
    /// See `events::times::read`.
    footfall_times(data: given u8, offsets: given i32, micros: wanted i64, minutes: wanted i16, good: wanted u8;) {
        events::times::read(data, offsets, micros, minutes, good)
    }
}

exported! {
    /// See `events::uuids::hash`.
    footfall_uuids(data: given u8, offsets: given i32, hashes: wanted u64; first, second) {
        events::uuids::hash(data, offsets, first, second, hashes)
    }
}

exported! {
    /// See `lines::read`.
    footfall_lines(
        raw: given u8, offsets: given i64, present: given u8,
        longs: wanted i64, shorts: wanted i16, codes: wanted i32, sizes: wanted i64, bounds: wanted i32,
        content: wanted u8;
        seed
    ) {
        let input = lines::Input { raw, offsets, present, seed };
        lines::read(&input, &mut lines::Output { longs, shorts, codes, sizes, bounds, content })
    }
}

exported! {
    /// See `records::read`. `nulls` gets how many keys and values there are none of.
    footfall_records(
        data: given u8, pieces: given i64,
        offsets: wanted i64, sent_ms: wanted i64, backfill: wanted u8,
        keys: wanted u8, key_edges: wanted i32, key_bits: wanted u8,
        values: wanted u8, value_edges: wanted i32, value_bits: wanted u8, nulls: wanted i64;
        offset_from, row
    ) {
        let keys = records::Texts { bytes: keys, edges: key_edges, bits: key_bits, nulls: 0 };
        let values = records::Texts { bytes: values, edges: value_edges, bits: value_bits, nulls: 0 };
        let mut columns = records::Columns { offsets, sent_ms, backfill, keys, values };
        match records::read(data, pieces, offset_from as i64, row as usize, &mut columns) {
            Ok(count) => {
                nulls[0] = columns.keys.nulls;
                nulls[1] = columns.values.nulls;
                count as i64
            }
            Err(fault) => fault as i64,
        }
    }
}

/// Give a count to Python; a panic is a fault, and never goes on into a caller that knows nothing of it.
fn guarded(work: impl FnOnce() -> i64) -> i64 {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(FAULT)
}
