//! The calls that are stood in front of. Each writes down what is needed, then calls the C library's own.

use crate::journal::{self, absolute};
use libc::{c_char, c_int, c_void, mode_t, off64_t, size_t, ssize_t};
use std::cell::Cell;

thread_local! {
    /// Set while the journal itself works: its own file operations pass through unseen.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `note` with the journal, once: never from within itself.
fn noting(note: impl FnOnce(&journal::Journal)) {
    let _ = INSIDE.try_with(|inside| {
        if !inside.replace(true) {
            if let Some(journal) = journal::get() {
                note(journal);
            }
            inside.set(false);
        }
    });
}

/// Holds the turn over the note and the call itself.
fn in_turn<T>(note: impl FnOnce(&journal::Journal), call: impl FnOnce() -> T) -> T {
    if INSIDE.try_with(Cell::get).unwrap_or(true) {
        return call();
    }
    let _turn = journal::turn();
    noting(note);
    call()
}

macro_rules! next {
    ($name:literal, fn($($type:ty),*) -> $result:ty) => {{
        // SAFETY: the C library's own function of this name has this signature.
        unsafe {
            let found = libc::dlsym(libc::RTLD_NEXT, concat!($name, "\0").as_ptr().cast());
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($type),*) -> $result>(found)
        }
    }};
}

macro_rules! writes {
    ($($name:ident $word:literal ($fd:ident $(, $argument:ident: $type:ty)*) offset $offset:expr, length $length:expr;)+) => {$(
        /// Stands in front of the C library's call of this name.
        ///
        /// # Safety
        /// As the C library's.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($fd: c_int $(, $argument: $type)*) -> ssize_t {
            let own = next!($word, fn(c_int $(, $type)*) -> ssize_t);
            in_turn(
                |journal| journal.before_write($fd, $offset, $length),
                // SAFETY: the arguments are handed on as they came.
                || unsafe { own($fd $(, $argument)*) },
            )
        }
    )+};
}

/// Where the next `write` of this descriptor goes.
fn position(fd: c_int) -> i64 {
    // SAFETY: no memory is touched.
    unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFL);
        let whence = if flags & libc::O_APPEND != 0 { libc::SEEK_END } else { libc::SEEK_CUR };
        if whence == libc::SEEK_END {
            let here = libc::lseek(fd, 0, libc::SEEK_CUR);
            let end = libc::lseek(fd, 0, libc::SEEK_END);
            libc::lseek(fd, here, libc::SEEK_SET);
            end
        } else {
            libc::lseek(fd, 0, libc::SEEK_CUR)
        }
    }
}

/// Sum of the lengths of the pieces.
fn total(pieces: *const libc::iovec, count: c_int) -> usize {
    // SAFETY: the caller of writev promises `count` pieces.
    let pieces = unsafe { std::slice::from_raw_parts(pieces, usize::try_from(count).unwrap_or(0)) };
    pieces.iter().map(|piece| piece.iov_len).sum()
}

writes! {
    write "write" (fd, bytes: *const c_void, length: size_t) offset position(fd), length length;
    pwrite "pwrite" (fd, bytes: *const c_void, length: size_t, offset: off64_t) offset offset, length length;
    pwrite64 "pwrite64" (fd, bytes: *const c_void, length: size_t, offset: off64_t) offset offset, length length;
    writev "writev" (fd, pieces: *const libc::iovec, count: c_int) offset position(fd), length total(pieces, count);
}

macro_rules! on_descriptor {
    ($($name:ident($fd:ident $(, $argument:ident: $type:ty)*) $word:literal $when:ident $note:expr;)+) => {$(
        /// Stands in front of the C library's call of this name.
        ///
        /// # Safety
        /// As the C library's.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($fd: c_int $(, $argument: $type)*) -> c_int {
            let own = next!($word, fn(c_int $(, $type)*) -> c_int);
            on_descriptor!(@$when own, $fd, ($($argument),*), $note)
        }
    )+};
    (@before $own:ident, $fd:ident, ($($argument:ident),*), $note:expr) => {
        // SAFETY: the arguments are handed on as they came.
        in_turn($note, || unsafe { $own($fd $(, $argument)*) })
    };
    (@after $own:ident, $fd:ident, ($($argument:ident),*), $note:expr) => {
        in_turn(|_| {}, || {
            // SAFETY: the arguments are handed on as they came.
            let result = unsafe { $own($fd $(, $argument)*) };
            if result == 0 {
                noting($note);
            }
            result
        })
    };
}

on_descriptor! {
    ftruncate(fd, length: off64_t) "ftruncate" before |journal| journal.before_truncate(fd, length);
    ftruncate64(fd, length: off64_t) "ftruncate64" before |journal| journal.before_truncate(fd, length);
    fsync(fd) "fsync" after |journal| journal.synced(fd);
    fdatasync(fd) "fdatasync" after |journal| journal.synced(fd);
}

macro_rules! opens {
    ($($name:ident [$($folder:ident: $folder_type:ty)?] $word:literal at $at:expr;)+) => {$(
        /// Stands in front of the C library's call of this name.
        ///
        /// # Safety
        /// As the C library's. The mode is read as if it were always given; the C library ignores it where it is not.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($folder: $folder_type,)? path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
            let own = next!($word, fn($($folder_type,)? *const c_char, c_int, mode_t) -> c_int);
            if INSIDE.try_with(Cell::get).unwrap_or(true) || flags & (libc::O_CREAT | libc::O_TRUNC) == 0 {
                // SAFETY: the arguments are handed on as they came.
                return unsafe { own($($folder,)? path, flags, mode) };
            }
            let _turn = journal::turn();
            let mut made = None;
            noting(|journal| {
                // SAFETY: the caller's path is a zero-terminated string.
                let Some(path) = (unsafe { absolute($at, path) }).filter(|path| journal.watches(path)) else { return };
                if path.symlink_metadata().is_err() {
                    made = Some(path);
                } else if flags & libc::O_TRUNC != 0 {
                    if let Ok(file) = std::fs::File::open(&path) {
                        journal.before_truncate(std::os::fd::AsRawFd::as_raw_fd(&file), 0);
                    }
                }
            });
            // SAFETY: the arguments are handed on as they came.
            let result = unsafe { own($($folder,)? path, flags, mode) };
            if let Some(path) = made.filter(|_| result >= 0) {
                noting(|journal| journal.created(&path));
            }
            result
        }
    )+};
}

opens! {
    open [] "open" at libc::AT_FDCWD;
    open64 [] "open64" at libc::AT_FDCWD;
    openat [folder: c_int] "openat" at folder;
    openat64 [folder: c_int] "openat64" at folder;
}

macro_rules! entries {
    ($(
        $name:ident($($argument:ident: $type:ty),*) $word:literal $when:ident
        ($journal:ident, $($path:ident at $folder:expr),*) => $note:expr;
    )+) => {$(
        /// Stands in front of the C library's call of this name.
        ///
        /// # Safety
        /// As the C library's.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $type),*) -> c_int {
            let own = next!($word, fn($($type),*) -> c_int);
            let note = |$journal: &journal::Journal| {
                // SAFETY: the caller's paths are zero-terminated strings.
                $(let Some($path) = (unsafe { absolute($folder, $path) }) else { return };)*
                $note;
            };
            // SAFETY: the arguments are handed on as they came.
            entries!(@$when note, || unsafe { own($($argument),*) })
        }
    )+};
    (@before $note:ident, $call:expr) => { in_turn($note, $call) };
    (@after $note:ident, $call:expr) => {
        in_turn(|_| {}, || {
            let result = $call();
            if result == 0 {
                noting($note);
            }
            result
        })
    };
}

entries! {
    unlink(path: *const c_char) "unlink" before
        (journal, path at libc::AT_FDCWD) => journal.before_remove(&path);
    unlinkat(folder: c_int, path: *const c_char, flags: c_int) "unlinkat" before
        (journal, path at folder) => if flags & libc::AT_REMOVEDIR == 0 { journal.before_remove(&path) };
    rename(from: *const c_char, to: *const c_char) "rename" before
        (journal, from at libc::AT_FDCWD, to at libc::AT_FDCWD) => journal.before_rename(&from, &to);
    renameat(folder: c_int, from: *const c_char, to_folder: c_int, to: *const c_char) "renameat" before
        (journal, from at folder, to at to_folder) => journal.before_rename(&from, &to);
    link(from: *const c_char, to: *const c_char) "link" after
        (journal, to at libc::AT_FDCWD) => journal.created(&to);
    linkat(folder: c_int, from: *const c_char, to_folder: c_int, to: *const c_char, flags: c_int) "linkat" after
        (journal, to at to_folder) => journal.created(&to);
    mkdir(path: *const c_char, mode: mode_t) "mkdir" after
        (journal, path at libc::AT_FDCWD) => journal.created(&path);
}
