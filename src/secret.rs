//! The secret file: opened here and nowhere else, and refused where it lies loosely. Its content
//! is never read by this process.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::process::geteuid;

use crate::Stop;

/// Largest secret file in bytes.
const MAX_BYTES: u64 = 16 * 1024;

/// Opens the secret file for escrow.
///
/// # Errors
/// [`Stop::Config`] naming SECRET_FILE when it is not a plain file of ours or root's that nobody
/// else can read, that has one name, and that lies in a folder nobody else can write.
pub(crate) fn open(path: &Path) -> Result<File, Stop> {
    checked(path).map_err(|why| {
        Stop::Config(format!("SECRET_FILE {} cannot be used: {why}", path.display()))
    })
}

fn checked(path: &Path) -> Result<File, String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::metadata(folder.unwrap_or(Path::new(".")))
        .map_err(|error| format!("its folder cannot be looked at ({error})"))?;
    if folder.mode() & 0o022 != 0 {
        return Err("others may write in its folder; take that away with chmod go-w".to_owned());
    }
    if !is_ours(folder.uid()) {
        return Err(format!("its folder belongs to user {}, neither root nor you", folder.uid()));
    }
    // Not to wait for the other end where the name is that of a pipe.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path)
        .map_err(|error| match error.raw_os_error() {
            Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => {
                "it is a symbolic link; name the file itself".to_owned()
            }
            _ if error.kind() == io::ErrorKind::NotFound => "it is not there".to_owned(),
            _ => format!("it cannot be opened ({error})"),
        })?;
    let about = file.metadata().map_err(|error| format!("it cannot be looked at ({error})"))?;
    let kind = about.file_type();
    if kind.is_dir() {
        return Err("it is a folder".to_owned());
    }
    if kind.is_fifo() || !kind.is_file() {
        return Err("it is no plain file".to_owned());
    }
    if about.nlink() != 1 {
        return Err("it has more than one name (hard links); keep one".to_owned());
    }
    if about.mode() & 0o077 != 0 {
        return Err(format!(
            "its mode {:o} lets others in; close it with chmod 600",
            about.mode() & 0o7777
        ));
    }
    if !is_ours(about.uid()) {
        return Err(format!("it belongs to user {}, neither root nor you", about.uid()));
    }
    match about.size() {
        0 => Err("it is empty".to_owned()),
        1..=MAX_BYTES => Ok(file),
        size => Err(format!("it has {size} bytes, more than {MAX_BYTES}")),
    }
}

fn is_ours(uid: u32) -> bool {
    uid == 0 || uid == geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// A good secret in a folder of its own, spoilt by `spoil`; what is then said of it.
    fn said(spoil: impl Fn(&Path, &Path)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret.env");
        fs::write(&file, "MNEMONIC=none\n").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        spoil(folder.path(), &file);
        match open(&file) {
            Ok(_) => "fine".to_owned(),
            Err(stop) => {
                assert_eq!(stop.code(), crate::CONFIG);
                stop.to_string()
            }
        }
    }

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn each_bad_file_is_refused_in_its_own_words() {
        assert_eq!(said(|_, _| {}), "fine");
        assert_eq!(said(|_, file| mode(file, 0o400)), "fine");
        let mut words: Vec<String> = vec![
            said(|_, file| fs::remove_file(file).unwrap()),
            said(|folder, file| {
                fs::rename(file, folder.join("real")).unwrap();
                symlink(folder.join("real"), file).unwrap();
            }),
            said(|folder, file| fs::hard_link(file, folder.join("other")).unwrap()),
            said(|_, file| mode(file, 0o640)),
            said(|_, file| mode(file, 0o604)),
            said(|folder, _| mode(folder, 0o770)),
            said(|_, file| fs::write(file, "").unwrap()),
            said(|_, file| fs::write(file, vec![b'#'; 16 * 1024 + 1]).unwrap()),
            said(|_, file| {
                fs::remove_file(file).unwrap();
                fs::create_dir(file).unwrap();
            }),
            said(|_, file| {
                fs::remove_file(file).unwrap();
                rustix::fs::mknodat(
                    rustix::fs::CWD,
                    file,
                    rustix::fs::FileType::Fifo,
                    rustix::fs::Mode::RUSR,
                    0,
                )
                .unwrap();
            }),
        ];
        for word in &mut words {
            assert!(word.starts_with("SECRET_FILE /"), "{word}");
            *word = word.split_once("cannot be used: ").unwrap().1.to_owned();
        }
        let all = words.len();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), all, "two faults read the same: {words:#?}");
    }

    #[test]
    fn the_largest_file_is_accepted() {
        let big = |_: &Path, file: &Path| fs::write(file, vec![b'#'; 16 * 1024]).unwrap();
        assert_eq!(said(big), "fine");
    }
}
