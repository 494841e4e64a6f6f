//! The functions that Python calls: addresses become slices here, and a panic becomes a number, never a crash.
//!
//! Every array comes as its address and its number of items. What a function returns is a count, or a negative number from
//! the list below. Python keeps the arrays alive, apart from each other, and does not touch them during a call.

use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::addresses;
use crate::dictionary;
use crate::events;
use crate::hashes;
use crate::lines;
use crate::records;

/// Changes whenever a function is added, or takes other arguments than before; `library.py` asks for its own number.
const INTERFACE: u32 = 1;
/// The kernel itself is wrong; the message of the panic is not printed, for it may quote what was read.
const FAULT: i64 = -1000;

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

/// See `dictionary::encode`.
///
/// # Safety
/// Each address is that of as many items as the number behind it says; `codes` and `firsts` may be written.
#[no_mangle]
pub unsafe extern "C" fn footfall_encode(
    raw: *const u8,
    raw_items: usize,
    starts: *const i64,
    starts_items: usize,
    ends: *const i64,
    ends_items: usize,
    codes: *mut i32,
    codes_items: usize,
    firsts: *mut i32,
    firsts_items: usize,
    seed: u64,
) -> i64 {
    let (raw, starts, ends) = unsafe { (given(raw, raw_items), given(starts, starts_items), given(ends, ends_items)) };
    let (codes, firsts) = unsafe { (wanted(codes, codes_items), wanted(firsts, firsts_items)) };
    guarded(|| dictionary::encode(raw, starts, ends, codes, firsts, seed))
}

/// See `hashes::digest`.
///
/// # Safety
/// Each address is that of as many items as the number behind it says; `digests` may be written.
#[no_mangle]
pub unsafe extern "C" fn footfall_digest(
    raw: *const u8,
    raw_items: usize,
    starts: *const i32,
    starts_items: usize,
    ends: *const i32,
    ends_items: usize,
    key: *const u8,
    key_items: usize,
    person: *const u8,
    person_items: usize,
    digests: *mut u8,
    digests_items: usize,
    size: u64,
) -> i64 {
    let (raw, starts, ends) = unsafe { (given(raw, raw_items), given(starts, starts_items), given(ends, ends_items)) };
    let (key, person) = unsafe { (given(key, key_items), given(person, person_items)) };
    let digests = unsafe { wanted(digests, digests_items) };
    guarded(|| {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") {
            return unsafe { digest_wider(raw, starts, ends, key, person, digests, size as usize) };
        }
        hashes::digest(raw, starts, ends, key, person, digests, size as usize)
    })
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

/// See `hashes::visitors::join`.
///
/// # Safety
/// Each address is that of as many items as the number behind it says; `numbers` may be written.
#[no_mangle]
pub unsafe extern "C" fn footfall_join(
    address: *const i32,
    address_items: usize,
    address_hashes: *const u64,
    address_hashes_items: usize,
    agent: *const i32,
    agent_items: usize,
    agent_hashes: *const u64,
    agent_hashes_items: usize,
    site: *const i32,
    site_items: usize,
    site_hashes: *const u64,
    site_hashes_items: usize,
    rows: *const i64,
    rows_items: usize,
    numbers: *mut u64,
    numbers_items: usize,
) -> i64 {
    let codes = unsafe { (given(address, address_items), given(agent, agent_items), given(site, site_items)) };
    let address =
        hashes::visitors::Part { codes: codes.0, hashes: unsafe { given(address_hashes, address_hashes_items) } };
    let agent = hashes::visitors::Part { codes: codes.1, hashes: unsafe { given(agent_hashes, agent_hashes_items) } };
    let site = hashes::visitors::Part { codes: codes.2, hashes: unsafe { given(site_hashes, site_hashes_items) } };
    let (rows, numbers) = unsafe { (given(rows, rows_items), wanted(numbers, numbers_items)) };
    guarded(|| hashes::visitors::join(&address, &agent, &site, rows, numbers))
}

/// See `addresses::locate`.
///
/// # Safety
/// Each address is that of as many items as the number behind it says; `found` and `left` may be written.
#[no_mangle]
pub unsafe extern "C" fn footfall_locate(
    raw: *const u8,
    raw_items: usize,
    bounds: *const i32,
    bounds_items: usize,
    v4_starts: *const u32,
    v4_starts_items: usize,
    v4_places: *const i16,
    v4_places_items: usize,
    v6_starts: *const u64,
    v6_starts_items: usize,
    v6_places: *const i16,
    v6_places_items: usize,
    found: *mut i16,
    found_items: usize,
    left: *mut i64,
    left_items: usize,
) -> i64 {
    let (raw, bounds) = unsafe { (given(raw, raw_items), given(bounds, bounds_items)) };
    let (starts, places) = unsafe { (given(v4_starts, v4_starts_items), given(v4_places, v4_places_items)) };
    let v4 = addresses::Intervals { starts, places };
    let (starts, places) = unsafe { (given(v6_starts, v6_starts_items), given(v6_places, v6_places_items)) };
    let v6 = addresses::Intervals { starts, places };
    let (found, left) = unsafe { (wanted(found, found_items), wanted(left, left_items)) };
    guarded(|| addresses::locate(raw, bounds, &v4, &v6, found, left))
}

/// See `addresses::unusual`.
///
/// # Safety
/// Each address is that of as many items as the number behind it says; `marks` may be written.
#[no_mangle]
pub unsafe extern "C" fn footfall_unusual(
    raw: *const u8,
    raw_items: usize,
    bounds: *const i32,
    bounds_items: usize,
    marks: *mut u8,
    marks_items: usize,
) -> i64 {
    let (raw, bounds) = unsafe { (given(raw, raw_items), given(bounds, bounds_items)) };
    let marks = unsafe { wanted(marks, marks_items) };
    guarded(|| addresses::unusual(raw, bounds, marks))
}

/// See `events::read`.
///
/// # Safety
/// Each address is that of as many items as the number behind it says; those from `rows` on may be written.
#[no_mangle]
pub unsafe extern "C" fn footfall_events(
    raw: *const u8,
    raw_items: usize,
    starts: *const i64,
    starts_items: usize,
    ends: *const i64,
    ends_items: usize,
    names: *const u8,
    names_items: usize,
    name_ends: *const i64,
    name_ends_items: usize,
    forms: *const u8,
    forms_items: usize,
    rows: *mut i32,
    rows_items: usize,
    codes: *mut i32,
    codes_items: usize,
    texts: *mut u8,
    texts_items: usize,
    bounds: *mut i32,
    bounds_items: usize,
    sizes: *mut i64,
    sizes_items: usize,
    bytes_max: u64,
    seed: u64,
) -> i64 {
    let (raw, starts, ends) = unsafe { (given(raw, raw_items), given(starts, starts_items), given(ends, ends_items)) };
    let (names, name_ends) = unsafe { (given(names, names_items), given(name_ends, name_ends_items)) };
    let forms = unsafe { given(forms, forms_items) };
    let (rows, codes) = unsafe { (wanted(rows, rows_items), wanted(codes, codes_items)) };
    let (texts, bounds) = unsafe { (wanted(texts, texts_items), wanted(bounds, bounds_items)) };
    let sizes = unsafe { wanted(sizes, sizes_items) };
    let input = events::Input { raw, starts, ends, names, name_ends, forms, bytes_max: bytes_max as usize, seed };
    guarded(|| events::read(&input, events::Output { rows, codes, texts, bounds, sizes }))
}

/// See `events::forms::judge`.
///
/// # Safety
/// Each address is that of as many items as the number behind it says; `sure` may be written.
#[no_mangle]
pub unsafe extern "C" fn footfall_judge(
    data: *const u8,
    data_items: usize,
    offsets: *const i32,
    offsets_items: usize,
    sure: *mut u8,
    sure_items: usize,
    form: u64,
    length_max: u64,
) -> i64 {
    let (data, offsets) = unsafe { (given(data, data_items), given(offsets, offsets_items)) };
    let sure = unsafe { wanted(sure, sure_items) };
    guarded(|| events::forms::judge(data, offsets, sure, form, length_max as usize))
}

/// See `events::times::read`.
///
/// # Safety
/// Each address is that of as many items as the number behind it says; those from `micros` on may be written.
#[no_mangle]
pub unsafe extern "C" fn footfall_times(
    data: *const u8,
    data_items: usize,
    offsets: *const i32,
    offsets_items: usize,
    micros: *mut i64,
    micros_items: usize,
    minutes: *mut i16,
    minutes_items: usize,
    good: *mut u8,
    good_items: usize,
) -> i64 {
    let (data, offsets) = unsafe { (given(data, data_items), given(offsets, offsets_items)) };
    let (micros, minutes) = unsafe { (wanted(micros, micros_items), wanted(minutes, minutes_items)) };
    let good = unsafe { wanted(good, good_items) };
    guarded(|| events::times::read(data, offsets, micros, minutes, good))
}

/// See `events::uuids::hash`.
///
/// # Safety
/// Each address is that of as many items as the number behind it says; `hashes` may be written.
#[no_mangle]
pub unsafe extern "C" fn footfall_uuids(
    data: *const u8,
    data_items: usize,
    offsets: *const i32,
    offsets_items: usize,
    hashes: *mut u64,
    hashes_items: usize,
    first: u64,
    second: u64,
) -> i64 {
    let (data, offsets) = unsafe { (given(data, data_items), given(offsets, offsets_items)) };
    let hashes = unsafe { wanted(hashes, hashes_items) };
    guarded(|| events::uuids::hash(data, offsets, first, second, hashes))
}

/// See `lines::read`.
///
/// # Safety
/// Each address is that of as many items as the number behind it says; the six arrays of `lines::Output` may be written.
#[no_mangle]
pub unsafe extern "C" fn footfall_lines(
    raw: *const u8,
    raw_items: usize,
    offsets: *const i64,
    offsets_items: usize,
    present: *const u8,
    present_items: usize,
    longs: *mut i64,
    longs_items: usize,
    shorts: *mut i16,
    shorts_items: usize,
    codes: *mut i32,
    codes_items: usize,
    sizes: *mut i64,
    sizes_items: usize,
    bounds: *mut i32,
    bounds_items: usize,
    content: *mut u8,
    content_items: usize,
    seed: u64,
) -> i64 {
    let (raw, offsets) = unsafe { (given(raw, raw_items), given(offsets, offsets_items)) };
    let input = lines::Input { raw, offsets, present: unsafe { given(present, present_items) }, seed };
    let (longs, shorts) = unsafe { (wanted(longs, longs_items), wanted(shorts, shorts_items)) };
    let (codes, sizes) = unsafe { (wanted(codes, codes_items), wanted(sizes, sizes_items)) };
    let (bounds, content) = unsafe { (wanted(bounds, bounds_items), wanted(content, content_items)) };
    let mut output = lines::Output { longs, shorts, codes, sizes, bounds, content };
    guarded(|| lines::read(&input, &mut output))
}

/// See `records::read`. `nulls` gets how many keys and values there are none of.
///
/// # Safety
/// Each address is that of as many items as the number behind it says; all but `data` and `pieces` may be written.
#[no_mangle]
pub unsafe extern "C" fn footfall_records(
    data: *const u8,
    data_items: usize,
    pieces: *const i64,
    pieces_items: usize,
    offsets: *mut i64,
    offsets_items: usize,
    sent_ms: *mut i64,
    sent_ms_items: usize,
    backfill: *mut u8,
    backfill_items: usize,
    keys: *mut u8,
    keys_items: usize,
    key_edges: *mut i32,
    key_edges_items: usize,
    key_bits: *mut u8,
    key_bits_items: usize,
    values: *mut u8,
    values_items: usize,
    value_edges: *mut i32,
    value_edges_items: usize,
    value_bits: *mut u8,
    value_bits_items: usize,
    nulls: *mut i64,
    nulls_items: usize,
    offset_from: u64,
    row: u64,
) -> i64 {
    let (data, pieces) = unsafe { (given(data, data_items), given(pieces, pieces_items)) };
    let (offsets, sent_ms) = unsafe { (wanted(offsets, offsets_items), wanted(sent_ms, sent_ms_items)) };
    let (backfill, nulls) = unsafe { (wanted(backfill, backfill_items), wanted(nulls, nulls_items)) };
    let (keys, key_edges) = unsafe { (wanted(keys, keys_items), wanted(key_edges, key_edges_items)) };
    let (values, value_edges) = unsafe { (wanted(values, values_items), wanted(value_edges, value_edges_items)) };
    let (key_bits, value_bits) = unsafe { (wanted(key_bits, key_bits_items), wanted(value_bits, value_bits_items)) };
    guarded(|| {
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
    })
}

/// Look at an array of Python's.
///
/// # Safety
/// `at` is the address of `items` items that nobody changes meanwhile; it may be anything when there are none.
unsafe fn given<'a, T>(at: *const T, items: usize) -> &'a [T] {
    if items == 0 {
        return &[];
    }
    unsafe { std::slice::from_raw_parts(at, items) }
}

/// Take an array of Python's to write to.
///
/// # Safety
/// As `given`, and nobody else looks at the items meanwhile.
unsafe fn wanted<'a, T>(at: *mut T, items: usize) -> &'a mut [T] {
    if items == 0 {
        return &mut [];
    }
    unsafe { std::slice::from_raw_parts_mut(at, items) }
}

/// Give a count to Python; a panic is a fault, and never goes on into a caller that knows nothing of it.
fn guarded(work: impl FnOnce() -> i64) -> i64 {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(FAULT)
}
