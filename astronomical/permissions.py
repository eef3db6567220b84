"""Copy owner, mode and access list of a file to the file that will replace it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

__all__ = ["UNSUPPORTED", "copy_permissions"]

#: Errors of file systems that do not support an operation.
UNSUPPORTED = frozenset(
    {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV, errno.EINVAL, errno.EACCES}
)
_ACCESS_LIST = "system.posix_acl_access"


def copy_permissions(path: Path, file: BinaryIO) -> None:
    """Copy owner, mode and access list of a file to the new file that will replace it."""
    if os.name != "posix":
        return
    try:
        old = path.lstat()
    except OSError:
        return
    if not stat.S_ISREG(old.st_mode):
        return
    handle, mode = file.fileno(), stat.S_IMODE(old.st_mode) & 0o777
    now = os.fstat(handle)
    _change_mode(handle, mode & 0o700)  # only for the owner until the group is set
    if (now.st_uid, now.st_gid) != (old.st_uid, old.st_gid):
        for uid, gid in ((old.st_uid, old.st_gid), (-1, old.st_gid)):
            with contextlib.suppress(OSError):
                os.fchown(handle, uid, gid)
                break
    now = os.fstat(handle)
    if now.st_gid != old.st_gid:  # members of another group get no more than others
        mode = (mode & ~0o070) | ((mode & 0o007) << 3 & mode)
    if now.st_uid != old.st_uid:
        mode |= 0o600
    _change_mode(handle, mode)
    _copy_access_list(path, handle)


def _change_mode(handle: int, mode: int) -> None:
    try:
        os.fchmod(handle, mode)
    except OSError as error:
        if error.errno not in UNSUPPORTED:  # some file systems have no modes
            raise


def _copy_access_list(path: Path, handle: int) -> None:
    if not hasattr(os, "getxattr"):
        return
    try:
        access = os.getxattr(path, _ACCESS_LIST, follow_symlinks=False)
    except OSError:  # there is none, or the file system does not support any
        with contextlib.suppress(OSError):  # and remove a list inherited from the folder
            os.removexattr(handle, _ACCESS_LIST)
        return
    with contextlib.suppress(OSError):
        os.setxattr(handle, _ACCESS_LIST, access)
