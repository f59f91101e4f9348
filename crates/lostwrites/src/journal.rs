//! The journal: how to undo each change since the last sync.
//!
//! One file per watched inode (`f<inode>`, overwritten ranges and sizes) and one per directory (`d<inode>`, entries
//! made, removed, renamed). All through direct system calls, so that the preload layer does not meet itself.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// Where to watch and where to write.
pub(crate) struct Journal {
    root: PathBuf,
    folder: PathBuf,
    deaf: bool,
}

static JOURNAL: OnceLock<Option<Journal>> = OnceLock::new();
static TURN: Mutex<()> = Mutex::new(());
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// The journal of this process, if it is asked for.
pub(crate) fn get() -> Option<&'static Journal> {
    JOURNAL
        .get_or_init(|| {
            let root = std::env::var_os(crate::ROOT)?;
            let folder = std::env::var_os(crate::JOURNAL)?;
            let deaf = std::env::var_os(crate::DEAF).is_some();
            Some(Journal { root: root.into(), folder: folder.into(), deaf })
        })
        .as_ref()
}

/// One change at a time: the order in the journal is the order on the disk.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Journal {
    /// True if changes to this path are written down.
    pub(crate) fn watches(&self, path: &Path) -> bool {
        path.starts_with(&self.root) && !path.as_os_str().as_bytes().ends_with(b"-shm")
    }

    /// The path of an open file, if it is watched.
    pub(crate) fn watched_fd(&self, fd: libc::c_int) -> Option<PathBuf> {
        let path = std::fs::read_link(format!("/proc/self/fd/{fd}")).ok()?;
        self.watches(&path).then_some(path)
    }

    /// Writes down the bytes a write is about to cover, and the size before it.
    pub(crate) fn before_write(&self, fd: libc::c_int, offset: i64, length: usize) {
        let Some(path) = self.watched_fd(fd) else { return };
        let Some(status) = stat(fd) else { return };
        let size = status.st_size;
        let covered = usize::try_from((size - offset).max(0)).unwrap_or(0).min(length);
        let mut old = vec![0_u8; covered];
        let mut done = 0;
        while done < covered {
            // SAFETY: `old` has `covered - done` bytes left from `done` on.
            let read = unsafe {
                libc::syscall(
                    libc::SYS_pread64,
                    fd,
                    old[done..].as_mut_ptr(),
                    covered - done,
                    offset + done as i64,
                )
            };
            if read <= 0 {
                break;
            }
            done += usize::try_from(read).unwrap_or(0);
        }
        if done < covered && !self.can_read(fd) {
            // Opened for writing only: read through a descriptor of our own.
            if let Ok(bytes) = std::fs::read(&path) {
                let from = usize::try_from(offset).unwrap_or(0);
                old.copy_from_slice(bytes.get(from..from + covered).unwrap_or(&vec![0; covered]));
            }
        }
        let head = [offset.to_le_bytes(), size.to_le_bytes()].concat();
        self.append(&format!("f{}", status.st_ino), b"W", &head, &old);
    }

    fn can_read(&self, fd: libc::c_int) -> bool {
        // SAFETY: F_GETFL takes no argument and touches no memory of ours.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
        flags & libc::O_ACCMODE != libc::O_WRONLY
    }

    /// Writes down what a change of the size is about to cut off.
    pub(crate) fn before_truncate(&self, fd: libc::c_int, length: i64) {
        let Some(status) = stat(fd) else { return };
        let cut = usize::try_from((status.st_size - length).max(0)).unwrap_or(0);
        self.before_write(fd, length.min(status.st_size), cut);
    }

    /// The file (or directory) is on the disk: nothing to undo in it.
    pub(crate) fn synced(&self, fd: libc::c_int) {
        if self.deaf || self.watched_fd(fd).is_none() {
            return;
        }
        let Some(status) = stat(fd) else { return };
        let kind = if status.st_mode & libc::S_IFMT == libc::S_IFDIR { 'd' } else { 'f' };
        let _ = std::fs::write(self.folder.join(format!("{kind}{}", status.st_ino)), b"");
    }

    /// An entry was made.
    pub(crate) fn created(&self, path: &Path) {
        if !self.watches(path) {
            return;
        }
        self.entry(path, b'C', path.as_os_str(), OsStr::new(""));
    }

    /// An entry is about to go: keeps what it names under a name of the journal's.
    pub(crate) fn before_remove(&self, path: &Path) {
        if !self.watches(path) || path.symlink_metadata().is_err() {
            return;
        }
        let saved = self.save(path);
        self.entry(path, b'U', path.as_os_str(), saved.as_os_str());
    }

    /// An entry is about to be renamed, perhaps over another.
    pub(crate) fn before_rename(&self, from: &Path, to: &Path) {
        if !self.watches(to) || from.symlink_metadata().is_err() {
            return;
        }
        if to.symlink_metadata().is_ok() {
            let saved = self.save(to);
            self.entry(to, b'U', to.as_os_str(), saved.as_os_str());
        }
        self.entry(to, b'R', from.as_os_str(), to.as_os_str());
    }

    fn save(&self, path: &Path) -> PathBuf {
        let saved = self.folder.join(format!("saved-{}", NUMBER.fetch_add(1, Ordering::SeqCst)));
        let (Ok(old), Ok(new)) = (text(path), text(&saved)) else { return saved };
        // SAFETY: both are zero-terminated strings that live until the call returns.
        unsafe {
            libc::syscall(libc::SYS_linkat, libc::AT_FDCWD, old.as_ptr(), libc::AT_FDCWD, new.as_ptr(), 0)
        };
        saved
    }

    fn entry(&self, path: &Path, kind: u8, first: &OsStr, second: &OsStr) {
        let Some(parent) = path.parent() else { return };
        let Ok(data) = std::fs::metadata(parent) else { return };
        let inode = std::os::unix::fs::MetadataExt::ino(&data);
        let names = [first.as_bytes(), b"\0", second.as_bytes()].concat();
        self.append(&format!("d{inode}"), &[kind], &[], &names);
    }

    /// Appends one record: its number, then kind, head and body, each with its length.
    fn append(&self, file: &str, kind: &[u8], head: &[u8], body: &[u8]) {
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let mut record = number.to_le_bytes().to_vec();
        for part in [kind, head, body] {
            record.extend_from_slice(&(part.len() as u64).to_le_bytes());
            record.extend_from_slice(part);
        }
        let Ok(path) = text(&self.folder.join(file)) else { return };
        // SAFETY: the path is a zero-terminated string, the record a slice of the length given.
        unsafe {
            let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC;
            let fd = libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path.as_ptr(), flags, 0o600);
            if fd >= 0 {
                libc::syscall(libc::SYS_write, fd, record.as_ptr(), record.len());
                libc::syscall(libc::SYS_close, fd);
            }
        }
    }
}

fn stat(fd: libc::c_int) -> Option<libc::stat> {
    let mut status = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: fstat fills the whole structure when it returns 0.
    unsafe { (libc::fstat(fd, status.as_mut_ptr()) == 0).then(|| status.assume_init()) }
}

fn text(path: &Path) -> Result<CString, std::ffi::NulError> {
    CString::new(path.as_os_str().as_bytes())
}

/// The absolute path of a call's argument.
///
/// # Safety
/// `name` must be a zero-terminated string or null.
pub(crate) unsafe fn absolute(folder: libc::c_int, name: *const libc::c_char) -> Option<PathBuf> {
    if name.is_null() {
        return None;
    }
    // SAFETY: promised by the caller.
    let bytes = unsafe { std::ffi::CStr::from_ptr(name) }.to_bytes().to_vec();
    let path = PathBuf::from(OsString::from_vec(bytes));
    if path.is_absolute() {
        return Some(path);
    }
    let base = match folder {
        libc::AT_FDCWD => std::env::current_dir().ok()?,
        fd => std::fs::read_link(format!("/proc/self/fd/{fd}")).ok()?,
    };
    Some(base.join(path))
}
