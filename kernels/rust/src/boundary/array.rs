//! An array of Python's, as it comes over.

use std::mem::{align_of, size_of};

/// Where an array lies, and what it is.
///
/// Python promises that `at` is the address of `items` items of `item_bytes` each, one behind the other, and that they may be
/// written where `is_writeable` is not 0. It may be anything when there are none.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Array {
    at: *mut u8,
    items: usize,
    item_bytes: usize,
    is_writeable: usize,
}

/// What an item may be: a plain number, for which any bytes stand.
pub trait Item: Copy {}

impl Item for u8 {}
impl Item for i16 {}
impl Item for i32 {}
impl Item for u32 {}
impl Item for i64 {}
impl Item for u64 {}

impl Array {
    /// Look at the items; none when they are of another size than `T`.
    ///
    /// # Safety
    /// The array is as it says, and nobody changes it meanwhile.
    pub unsafe fn given<'a, T: Item>(self) -> Option<&'a [T]> {
        if self.items == 0 {
            return Some(&[]);
        }
        if !self.holds::<T>() {
            return None;
        }
        Some(unsafe { std::slice::from_raw_parts(self.at.cast(), self.items) })
    }

    /// Take the items to write to; none when they are of another size than `T`, or only to be read.
    ///
    /// # Safety
    /// As `given`, and nobody else looks at the items meanwhile.
    pub unsafe fn wanted<'a, T: Item>(self) -> Option<&'a mut [T]> {
        if self.items == 0 {
            return Some(&mut []);
        }
        if self.is_writeable == 0 || !self.holds::<T>() {
            return None;
        }
        Some(unsafe { std::slice::from_raw_parts_mut(self.at.cast(), self.items) })
    }

    fn holds<T: Item>(self) -> bool {
        self.item_bytes == size_of::<T>() && self.at as usize % align_of::<T>() == 0 && !self.at.is_null()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(of: &mut [u32], item_bytes: usize, is_writeable: usize) -> Array {
        Array { at: of.as_mut_ptr().cast(), items: of.len(), item_bytes, is_writeable }
    }

    #[test]
    fn only_what_fits_is_a_slice() {
        let mut numbers = [1_u32, 2, 3];
        unsafe {
            assert_eq!(array(&mut numbers, 4, 0).given::<u32>(), Some(&[1_u32, 2, 3][..]));
            assert_eq!(array(&mut numbers, 4, 0).given::<u64>(), None);
            assert_eq!(array(&mut numbers, 4, 0).wanted::<u32>(), None);
            assert_eq!(array(&mut numbers, 4, 1).wanted::<i16>(), None);
            assert!(array(&mut numbers, 4, 1).wanted::<u32>().is_some());
            let skewed =
                Array { at: numbers.as_mut_ptr().cast::<u8>().add(1), items: 1, item_bytes: 4, is_writeable: 0 };
            assert_eq!(skewed.given::<u32>(), None);
            let nothing = Array { at: std::ptr::null_mut(), items: 0, item_bytes: 1, is_writeable: 0 };
            assert_eq!(nothing.given::<u64>(), Some(&[][..]));
        }
    }
}
